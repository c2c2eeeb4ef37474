"""Conflicts."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.serializers.claims import ClaimSerializer
from claims.api.serializers.contradictions import ContradictionSerializer
from claims.api.shaping import Expansion
from claims.api.views.base import ATTRIBUTION, ReadOnly


@extend_schema_view(list=extend_schema(summary="Contradictions"), retrieve=extend_schema(summary="One contradiction"))
class ContradictionViewSet(ReadOnly):
    """Conflicts between claims, or between positions on one claim, with both sides' statements and the reason.

    Lists leave out what was dismissed or resolved and what has lapsed, unless asked for it.
    """

    queryset = models.Contradiction.objects.all()
    serializer_class = ContradictionSerializer
    filterset_class = filters.ContradictionFilter
    orderings = {"score": "score"}
    expansions = {
        "claims": Expansion(
            ClaimSerializer,
            lambda row: [claim for claim in (row.claim_in_full, row.other_claim_in_full) if claim is not None],
            loading.with_claims,
            "the claims of both sides, as in the list of claims; one where its positions conflict",
            many=True,
        )
    }
    shows = (*ATTRIBUTION, models.Position, models.Claim, models.Contradiction)

    def rows(self) -> QuerySet[models.Contradiction]:
        """With both sides."""
        return loading.contradictions()
