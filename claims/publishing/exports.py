"""Exports over HTTP: ``exports/claims.csv``, ``exports/statements.jsonl`` and so on."""

import hashlib
from typing import Any

from django.db.models import Max, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from claims.access import Access, access_of
from claims.api.etags import Conditional
from claims.api.filtering import StrictFilterBackend
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.models import Event
from claims.publishing import export
from claims.publishing.reach import mask_for, readable
from claims.publishing.renderers import OneShape
from claims.publishing.tables import TABLES, Table
from claims.services.protection import protection_version

# From here on /changes goes on: an export shows everything up to this place on the ledger, and perhaps a little more.
PLACE = "Ledger-Seq"
_FORM = OpenApiParameter(
    "form", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(export.MEDIA_TYPES), description="The form of the file."
)


class ExportView(Conditional, GenericAPIView[Any]):
    """All rows of a list in one file."""

    table: Table
    name: str
    permission_classes = [MayView]
    content_negotiation_class = OneShape
    filter_backends = [StrictFilterBackend]
    pagination_class = None
    schema = ProblemSchema()

    def get_queryset(self) -> QuerySet[Any]:
        """What the caller may read of the table."""
        access = access_of(self.request)
        return readable(self.table.rows(access), access)

    def get(self, request: Request, form: str) -> HttpResponseBase:
        """The file, sent while it is read; 304 when nothing has changed on the ledger since the caller had it."""
        rows = self.table.values(self.filter_queryset(self.get_queryset()), access_of(request))
        newest = Event.objects.aggregate(key=Max("pk"), place=Max("seq"))
        headers = {
            "ETag": self._tag(request, (newest["key"], newest["place"])),
            "Content-Disposition": f'attachment; filename="{self.name}-{timezone.now():%Y%m%dT%H%M%SZ}.{form}"',
            PLACE: str(newest["place"] or 0),
        }
        had = get_conditional_response(request._request, etag=headers["ETag"])
        if had is not None and had.status_code == 304:
            return HttpResponse(status=304, headers={"ETag": headers["ETag"]})
        shown = mask_for(access_of(request))
        pieces = export.encoded(export.from_one_snapshot(rows), names=self.table.names, form=form, shown=shown)
        return StreamingHttpResponse(pieces, content_type=export.MEDIA_TYPES[form], headers=headers)

    def _tag(self, request: Request, newest: tuple[Any, ...]) -> str:
        asked = sorted((name, value) for name, values in request.query_params.lists() for value in values)
        access = access_of(request)
        seen = (access.user.pk, access.sees_protected, None if access.dossiers is None else sorted(access.dossiers))
        named = (newest, protection_version(), request.path, asked, seen, self.table.names)
        return f'"{hashlib.sha256(repr(named).encode()).hexdigest()[:32]}"'


def _view(name: str, table: Table) -> Any:
    """The view of one table."""
    named = {"name": name, "table": table, "filterset_class": table.filterset, "shows": table.shows}
    view: Any = type(
        f"{name.capitalize()}Export", (ExportView,), {**named, "queryset": table.rows(Access.of_everything())}
    )
    columns = ", ".join(table.names)
    described = extend_schema(
        operation_id=f"export_{name}",
        summary=f"All {name} in one file",
        description=f"{table.about} One row each, the oldest first, from one moment. Columns: {columns}.",
        parameters=[_FORM],
        filters=True,
        responses={(200, kind.partition(";")[0]): OpenApiTypes.STR for kind in export.MEDIA_TYPES.values()},
    )
    return extend_schema_view(get=described)(view).as_view()


VIEWS = {name: _view(name, table) for name, table in TABLES.items()}
