"""A small named cast with fixed rights, and what every test may use.

Django is imported by the fixtures that need it, so that the pure tests run without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def person(name: str, role: str) -> User:
    """Somebody in the group of this name."""
    from tests.factories import UserFactory

    return UserFactory(username=name, role=role)


@pytest.fixture
def reader(db: None) -> User:
    """May look at everything and change nothing."""
    return person("rita-reader", "reader")


@pytest.fixture
def reviewer(db: None) -> User:
    """May decide on what machines propose, and propose verdicts."""
    return person("rolf-reviewer", "reviewer")


@pytest.fixture
def editor(db: None) -> User:
    """May approve verdicts and change sources besides."""
    return person("edda-editor", "editor")
