"""One running site and one browser for all tests of this folder; a context of their own for the people of a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser.chromium import NAMED, NARROW, REQUIRED, WIDE, Desk, browser_on_this_machine, launch
from tests.e2e.running import Run, reachable_by_postgres
from tests.servers import ROOT, pages

PORT = 18040
HOME_PAGE = """<html><head><title>The Karsk Ferryman</title>
<link rel="alternate" type="application/rss+xml" title="All the news" href="/feed.xml"></head><body>
<h1>The Karsk Ferryman</h1><p>A paper for the two banks of the river.</p></body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Karsk Ferryman</title><link>http://{host}/</link>
<description>All the news</description><item><title>The winter timetable</title><link>http://{host}/ferry</link>
<guid>ferry-1</guid></item></channel></rss>"""
FERRY = """<html><head><title>The winter timetable</title></head><body><article><h1>The winter timetable</h1>
<p>From the first of the month the ferry leaves at nine and at five. It takes carts, horses and bicycles.</p>
<p>There is no ferry on the day of the river's feast. Tickets are cheaper by the dozen.</p></article></body></html>"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or whichever the machine has."""
    path = browser_on_this_machine()
    if path is None:
        missing = f"no Chromium on this machine: install it, or name it in {NAMED}"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        started = launch(playwright, path)
        yield started
        started.close()


@pytest.fixture(scope="package")
def newspaper() -> Iterator[str]:
    """The ``host:port`` of a newspaper on this machine: a home page that names its feed, and what that lists."""
    answers: dict[str, tuple[int, str, bytes]] = {}
    with pages(answers) as host:
        answers["/"] = (200, "text/html", HOME_PAGE.encode())
        answers["/feed.xml"] = (200, "application/rss+xml", FEED.format(host=host).encode())
        answers["/ferry"] = (200, "text/html", FERRY.encode())
        yield host


@pytest.fixture(scope="package")
def site(browser: Browser, newspaper: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole product, running, with the seeds read and the rows of :mod:`tests.e2e.browser.filling` added."""
    folder = reachable_by_postgres(tmp_path_factory.mktemp("site"))
    run = Run(folder / "home", folder / "log", port=PORT, LANGUAGES="en-gb,ar", FETCH_ALLOW_HOSTS=newspaper)
    run.start()
    try:
        yield Site(run)
    finally:
        run.kill_everything()


class Site:
    """Where it answers, who may sign in, and what it holds."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.address = run.wait_for_address()
        self.passwords = run.logins()
        self.rows = fill(run)
        self.signed_in: dict[str, Any] = {}  # by name: what the browser keeps once the form was sent


def fill(run: Run) -> dict[str, Any]:
    """Add what the tests need besides the seeds; their addresses by name."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.browser.filling"],
        cwd=ROOT, env=run.environment, stdout=subprocess.PIPE, timeout=120, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# Who sits down at the desk: a name of the site's logins, and how the browser is set.
SitDown = Callable[..., Desk]


@pytest.fixture
def desk(browser: Browser, site: Site) -> Iterator[SitDown]:
    """Sit a person down at a browser. Whatever a page does wrong meanwhile fails the test at its end."""
    sat: list[Desk] = []

    def sit_down(name: str | None = "editor", *, narrow: bool = False, dark: bool = False, **options: Any) -> Desk:
        context = browser.new_context(
            viewport=NARROW if narrow else WIDE,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            storage_state=site.signed_in.get(name) if name else None,
            has_touch=narrow,
            **{"locale": "en-GB", **options},
        )
        one = Desk(context, address=site.address)
        sat.append(one)
        if name and name not in site.signed_in:
            one.sign_in(name, site.passwords[name])
            site.signed_in[name] = context.storage_state()
        return one

    yield sit_down
    faults = [fault for one in sat for fault in one.watch.faults]
    for one in sat:
        one.context.close()
    assert faults == []
