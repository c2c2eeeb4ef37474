"""The ledger."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view

from claims import models
from claims.api import filters, loading
from claims.api.serializers.events import EventSerializer
from claims.api.views.base import ReadOnly


@extend_schema_view(list=extend_schema(summary="Events"), retrieve=extend_schema(summary="One event"))
class EventViewSet(ReadOnly):
    """Sealed events of the ledger: every change, who made it and what it led to, in an order without gaps.

    What the caller may not see is left out, so that places are missing here; `changes` names them. Verdicts that were
    never published are for those who write verdicts.
    """

    queryset = models.Event.objects.all()
    serializer_class = EventSerializer
    filterset_class = filters.EventFilter
    orderings = {"seq": "seq"}
    shows = (models.Event,)
    lookup_field = "seq"
    lookup_value_regex = "[0-9]{1,18}"
    lookup_value_converter = "int"
    tagged_by_ledger = False

    def rows(self) -> QuerySet[models.Event]:
        """Those that are sealed."""
        return loading.events()
