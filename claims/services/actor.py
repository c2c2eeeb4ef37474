"""Who acts: a signed-in person, or an algorithm with its version."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import User

from claims.choices import Decider


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change, as the ledger names it."""

    label: str
    user: User | None = None

    @classmethod
    def person(cls, user: User) -> Self:
        """A signed-in person."""
        return cls(f"user:{user.get_username()}", user)

    @classmethod
    def machine(cls, algorithm: str, version: str) -> Self:
        """An algorithm; what it does is a proposal."""
        return cls(f"machine:{algorithm}/{version}")

    @property
    def decider(self) -> Decider:
        """Whether a person or a machine acts."""
        return Decider.MACHINE if self.user is None else Decider.PERSON
