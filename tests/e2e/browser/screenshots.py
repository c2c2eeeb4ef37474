"""Pictures of every page: the whole site with its seeds is started, and looked at wide and narrow, light and dark.

``make screenshots`` writes them to docs/images/desk/.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.e2e.browser.chromium import NARROW, WIDE, Desk, browser_on_this_machine, launch
from tests.e2e.running import Run, reachable_by_postgres
from tests.servers import ROOT

FOLDER = ROOT / "docs" / "images" / "desk"
PORT = 18060
LARGEST = 200_000  # bytes of one picture
TALLEST = 2200  # pixels of a page that are shown
PAGES = {
    "login": "/admin/login/",
    "dashboard": "/admin/",
    "claims": "/admin/claims/claim/",
    "sources": "/admin/claims/source/",
}


def main() -> int:
    """Start the site, go through its pages, stop it; 1 where there is no browser."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="", help="names of pages that contain this")
    only = asked.parse_args().only
    path = browser_on_this_machine()
    if path is None:
        print("No Chromium on this machine.")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = reachable_by_postgres(Path(name))
        run = Run(folder / "home", folder / "log", port=PORT)
        run.start()
        try:
            take_all(run, path, only)
        finally:
            run.kill_everything()
    return 0


def take_all(run: Run, chromium: str, only: str) -> None:
    """Take every picture of a running site."""
    address, passwords = run.wait_for_address(within=600.0), run.logins()
    pages = PAGES | desk_pages(run)
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        for narrow in (False, True):
            for dark in (False, True):
                context = browser.new_context(
                    viewport=NARROW if narrow else WIDE, color_scheme="dark" if dark else "light",
                    reduced_motion="reduce", locale="en-GB", has_touch=narrow,
                )  # fmt: skip
                desk = Desk(context, address=address)
                for name, path in pages.items():
                    if only in name:
                        page = desk.open(path)
                        take(page, f"{name}-{'narrow' if narrow else 'wide'}-{'dark' if dark else 'light'}")
                    if name == "login":
                        desk.sign_in("editor", passwords["editor"])
                for fault in desk.watch.faults:
                    print(fault)
                context.close()


def desk_pages(run: Run) -> dict[str, str]:
    """The addresses of the desk's pages about the seeds' most telling rows, by name."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.browser.filling", "--for-pictures"],
        cwd=ROOT, env=run.environment, stdout=subprocess.PIPE, timeout=120, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout)["pages"])


def take(page: Page, name: str) -> None:
    """One picture, as small as it can be without looking worse; the page's beginning where it is very long."""
    size = page.viewport_size or WIDE
    height = page.evaluate("Math.max(document.documentElement.scrollHeight, innerHeight)")
    # A window as tall as the page: what keeps to the window's edges is then at the page's.
    page.set_viewport_size({"width": size["width"], "height": min(height, TALLEST)})
    page.wait_for_timeout(700)  # charts are drawn, fonts are there
    image = Image.open(io.BytesIO(page.screenshot()))
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    for colours in (256, 128, 64, 32):
        written = io.BytesIO()
        image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        if written.tell() <= LARGEST:
            break
    (FOLDER / f"{name}.png").write_bytes(written.getvalue())
    print(f"{name}.png {written.tell() // 1000} kB")


if __name__ == "__main__":
    raise SystemExit(main())
