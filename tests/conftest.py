"""A small named cast with fixed rights, and what every test may use."""

import pytest
from django.contrib.auth.models import User

from tests import factories


@pytest.fixture
def reader(db: None) -> User:
    """May look at everything and change nothing."""
    return factories.UserFactory(username="rita-reader", role="reader")


@pytest.fixture
def reviewer(db: None) -> User:
    """May decide on what machines propose, and propose verdicts."""
    return factories.UserFactory(username="rolf-reviewer", role="reviewer")


@pytest.fixture
def editor(db: None) -> User:
    """May approve verdicts and change sources besides."""
    return factories.UserFactory(username="edda-editor", role="editor")
