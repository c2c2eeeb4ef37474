"""The cast and the case of the API's tests serve here too."""

from tests.claims.api.conftest import api, case, client_of, uids

__all__ = ["api", "case", "client_of", "uids"]
