"""What we hold true."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.serializers.claims import ClaimSerializer
from claims.api.serializers.verdicts import VerdictSerializer
from claims.api.shaping import Expansion
from claims.api.views.base import ReadOnly


@extend_schema_view(list=extend_schema(summary="Verdicts"), retrieve=extend_schema(summary="One verdict"))
class VerdictViewSet(ReadOnly):
    """Verdicts: how credible a claim is held to be, why, and by which two people.

    A verdict that was superseded or withdrawn says so in `state`; lists leave it out unless asked for it. Drafts are
    nobody's word yet and not here.
    """

    queryset = models.Verdict.objects.all()
    serializer_class = VerdictSerializer
    filterset_class = filters.VerdictFilter
    orderings = {"published": "published_at", "credibility": "credibility"}
    expansions = {
        "claim": Expansion(
            ClaimSerializer, lambda verdict: verdict.claim_in_full, loading.with_claim, "as in the list of claims"
        )
    }
    shows = (models.Verdict, models.Evidence, models.Claim, models.Document, models.Snapshot)

    def rows(self) -> QuerySet[models.Verdict]:
        """With claim, people and evidence."""
        return loading.verdicts()
