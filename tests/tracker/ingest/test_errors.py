"""Errors survive the way to another process and are fit for a terminal."""

from __future__ import annotations

import pickle

import pytest

from tracker.ingest.errors import ErrorCode, IngestError, shown


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(IngestError(ErrorCode.HTTP_STATUS, "It answered 503.", status=503)))
    assert (error.code, str(error), error.status, error.transient) == ("http_status", "It answered 503.", 503, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "a.txt"),
        ("a\x1b[31m\n.txt", "a\\x1b[31m\\n.txt"),
        ("a\ud800", "a\\ud800"),
        ("é 漢", "é 漢"),
        ("x" * 300, "x" * 200 + "…"),
    ],
)
def test_names_are_shown_on_one_short_line(name: str, text: str) -> None:
    assert shown(name) == text
