"""What API clients read. A view says what it loads, how it shows it and what that takes; the rest follows."""

from claims.api.views.base import ATTRIBUTION, ReadOnly
from claims.api.views.changes import ChangesView, StreamView
from claims.api.views.claims import ClaimViewSet
from claims.api.views.contradictions import ContradictionViewSet
from claims.api.views.documents import DocumentViewSet
from claims.api.views.dossiers import DossierViewSet
from claims.api.views.events import EventViewSet
from claims.api.views.pages import Docs, Nowhere, Root
from claims.api.views.resources import RESOURCES
from claims.api.views.sources import SourceViewSet
from claims.api.views.statements import StatementViewSet
from claims.api.views.verdicts import VerdictViewSet

__all__ = [
    "ATTRIBUTION",
    "RESOURCES",
    "ChangesView",
    "ClaimViewSet",
    "ContradictionViewSet",
    "Docs",
    "DocumentViewSet",
    "DossierViewSet",
    "EventViewSet",
    "Nowhere",
    "ReadOnly",
    "Root",
    "SourceViewSet",
    "StatementViewSet",
    "StreamView",
    "VerdictViewSet",
]
