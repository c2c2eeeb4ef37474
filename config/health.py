"""Two addresses for whoever watches the process: is it alive, and can it do its work?"""

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from tracker.broker import broker_fault
from tracker.schema import unapplied


@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process serves requests; touches nothing else."""
    return JsonResponse({"status": "live"})


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has the tables of this version, 503 when not.

    A broker that is away is told, and no reason to send nobody here: pages and API need none, and what is handed in
    waits in the database.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        missing = unapplied()
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "the database does not answer"}, status=503)
    if missing:
        return JsonResponse({"status": f"{len(missing)} migrations are not applied"}, status=503)
    return JsonResponse({"status": "ready", "broker": "away" if broker_fault() else "answers"})
