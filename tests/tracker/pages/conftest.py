"""The web server on loopback of the feeds' tests, and a page of it that is held."""

from tests.tracker.feeds.conftest import site

__all__ = ["site"]
