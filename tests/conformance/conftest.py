"""A server with one row of everything, somebody of each role and a token of each scope."""

from tests.claims.admin.conftest import administrator
from tests.claims.api.conftest import case

__all__ = ["administrator", "case"]
