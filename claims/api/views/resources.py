"""Every resource that is read, by its name in addresses."""

from claims.api.views.base import ReadOnly
from claims.api.views.claims import ClaimViewSet
from claims.api.views.contradictions import ContradictionViewSet
from claims.api.views.documents import DocumentViewSet
from claims.api.views.dossiers import DossierViewSet
from claims.api.views.events import EventViewSet
from claims.api.views.sources import SourceViewSet
from claims.api.views.statements import StatementViewSet
from claims.api.views.verdicts import VerdictViewSet

RESOURCES: dict[str, type[ReadOnly]] = {
    "dossiers": DossierViewSet,
    "documents": DocumentViewSet,
    "statements": StatementViewSet,
    "claims": ClaimViewSet,
    "contradictions": ContradictionViewSet,
    "sources": SourceViewSet,
    "verdicts": VerdictViewSet,
    "events": EventViewSet,
}
