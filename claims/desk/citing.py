"""Who cites whom in a dossier, read from its newest documents."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from claims.desk.citations import Cites
from claims.models import Dossier, Source, Statement
from claims.services.standings import body
from claims.services.weighing import read_sources


@dataclass(frozen=True, slots=True)
class Cited:
    """The citations in so many documents; ``more`` says that there are older ones. Bodies are named by their keys."""

    citations: list[Cites]
    bodies: Mapping[str, Source]
    documents: int
    more: bool


def citations_in(dossier: Dossier, *, most: int) -> Cited:
    """Whom the ``most`` newest documents cite, and which documents of others they copy.

    A publisher cites the source of a statement, unless the statement is nested in another one: then it is the source of
    the outer one who does. Bodies are those whose word it is, as in the standings of claims.
    """
    newest = dossier.documents.order_by("-first_seen_at", "-pk").values_list(
        "pk", "publisher_id", "origin__publisher_id"
    )
    documents = list(newest[: most + 1])
    more, documents = len(documents) > most, documents[:most]
    said = (
        Statement.objects.current()
        .filter(
            snapshot__document__in=[pk for pk, _publisher, _copied in documents],
            snapshot__latest=True,
            source__isnull=False,
        )
        .order_by()
        .values_list("snapshot__document__publisher", "parent__source", "source")
        .annotate(n=Count("pk"))
    )
    pairs = [(outer or publisher, source, n, 0) for publisher, outer, source, n in said]
    pairs += [(publisher, copied, 0, 1) for _pk, publisher, copied in documents]
    pairs = [pair for pair in pairs if pair[0] and pair[1]]
    sources = read_sources({pk for pair in pairs for pk in pair[:2]})
    keys = {pk: body(source).key for pk, source in sources.items()}
    return Cited(
        [Cites(keys[citing], keys[cited], statements, copies) for citing, cited, statements, copies in pairs],
        {keys[pk]: source.root for pk, source in sources.items()},
        len(documents),
        more,
    )
