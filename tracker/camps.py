"""Who is on whose side, by name: what matching and conflicts ask before they compare whose deed something was."""

from claims.models import Party, Source
from tracker.analysis.wording import fold


def parties_by_name() -> dict[str, str]:
    """Whose side a folded name is of: a party's own name, or that of a source that belongs to one. Two queries."""
    names = {fold(name): name for name in Party.objects.values_list("name", flat=True)}
    members = Source.objects.filter(party__isnull=False).values_list("names__name", "party__name")
    return names | {fold(name): party for name, party in members if name and party}
