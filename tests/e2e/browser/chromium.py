"""The machine's own Chromium, and what a page may never do in it."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response

REQUIRED = "BROWSER_TESTS"  # set to "required", a machine without a browser fails the tests instead of skipping them
NAMED = "CHROMIUM"  # the path of the browser, where it is not on the PATH by one of these names
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
NO_HOST = re.compile(r"^(data|blob|about):")
# What a page's script would do if it could; the policy's own events are told on the console besides.
WATCHED = """
document.addEventListener("securitypolicyviolation", (refused) => console.error(
  `the policy refused ${refused.effectiveDirective}: ${refused.blockedURI} ${refused.sample} (${refused.sourceFile})`));
window.fired = (where) => console.error(`text from outside was executed: ${where}`);
"""


def browser_on_this_machine() -> str | None:
    """The path of a Chromium, or ``None``. Nothing is ever downloaded."""
    return os.environ.get(NAMED) or next((path for name in NAMES if (path := shutil.which(name))), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """A browser without a window that knows no host but this machine."""
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # it does not start as root otherwise
    return playwright.chromium.launch(executable_path=path, args=arguments)


class Watch:
    """Everything wrong that pages of one context do: errors, refused policies, other hosts, unexpected refusals."""

    def __init__(self, context: BrowserContext, *, address: str) -> None:
        self.faults: list[str] = []
        self._host = urlsplit(address).netloc
        self._expected: set[int] = set()
        context.add_init_script(WATCHED)
        context.on("console", self._on_console)
        context.on(
            "weberror",
            lambda error: self.faults.append(f"script failed: {error.error} at {error.page and error.page.url}"),
        )
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("dialog", self._on_dialog)

    @contextlib.contextmanager
    def refusals(self, *statuses: int) -> Iterator[None]:
        """The server may answer with these statuses meanwhile."""
        before, self._expected = self._expected, self._expected | set(statuses)
        yield
        self._expected = before

    def _on_console(self, message: ConsoleMessage) -> None:
        # Answers of 400 and more are judged by their status, not by what the browser says of them.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text} at {message.page and message.page.url}")

    def _on_request(self, request: Request) -> None:
        if not NO_HOST.match(request.url) and urlsplit(request.url).netloc != self._host:
            self.faults.append(f"asked another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.faults.append(f"{response.status} for {response.request.method} {response.url}")

    def _on_dialog(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.faults.append(f"a dialog: {dialog.message}")
        dialog.accept()


class Desk:
    """The site in the browser of one person: a context, its watch, and a page."""

    def __init__(self, context: BrowserContext, *, address: str) -> None:
        self.context, self.address = context, address.rstrip("/")
        self.watch = Watch(context, address=address)
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)

    def open(self, path: str) -> Page:
        """Go to a path of the site and wait until the page's scripts are there."""
        self.page.goto(self.address + path, wait_until="load")
        return self.page

    def sign_in(self, name: str, password: str) -> None:
        """Through the form, as people do."""
        self.open("/admin/login/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.address}/admin/")

    def reads(self) -> str:
        """The page's words, as they are shown."""
        return self.page.locator("body").inner_text()
