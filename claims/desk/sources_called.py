"""Sources by what somebody types of a name: few queries and few rows, however many sources there are."""

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet

from claims.models import Document, Source, SourceName, name_key

SHORTEST = 2  # letters; fewer lead to everybody


def sources_called(typed: str, *, in_document: Document, most: int) -> list[Source]:
    """At most ``most`` sources that may be meant: one of whose names begins so, then those spelt alike.

    What was merged is left out, and so is whoever speaks unnamed in another document.
    """
    key = name_key(typed)
    if len(key) < SHORTEST:
        return []
    begins = SourceName.objects.filter(key__startswith=key).values_list("source", "source__merged_into")[: most * 5]
    meant = {merged or source for source, merged in begins}
    found = list(_open(in_document).filter(pk__in=meant).order_by("name")[:most])
    unnamed = _open(in_document).filter(named_in=in_document, name__icontains=typed).order_by("name")
    found += [one for one in unnamed[:most] if one not in found]
    if len(found) < most:
        alike = _open(in_document).filter(name__trigram_word_similar=typed)
        likeliest = alike.annotate(alike=TrigramWordSimilarity(typed, "name")).order_by("-alike", "name")
        found += [one for one in likeliest[:most] if one not in found]
    return found[:most]


def _open(document: Document) -> QuerySet[Source]:
    return Source.objects.standing_alone().filter(Q(named_in__isnull=True) | Q(named_in=document))
