"""Who is on whose side, by name: what matching and conflicts ask before they compare whose deed something was."""

from django.db import connection

from claims import prepared
from claims.models import Party, Source, SourceName
from tracker.analysis.wording import fold

# Where two sources share a name, that of the one counts that comes last by its own name.
_NAMED = f"""
    SELECT name, party FROM (
        SELECT 0 AS place, name AS source, id AS source_id, name, name AS party FROM {Party._meta.db_table}
        UNION ALL
        SELECT 1, source.name, source.id, known_as.name, party.name
        FROM {Source._meta.db_table} source
            JOIN {Party._meta.db_table} party ON party.id = source.party_id
            JOIN {SourceName._meta.db_table} known_as ON known_as.source_id = source.id
    ) named
    ORDER BY place, source, source_id
"""  # noqa: S608 - only names of tables are put in


def parties_by_name() -> dict[str, str]:
    """Whose side a folded name is of: a party's own name, or that of a source that belongs to one. One query."""
    with connection.cursor() as cursor:
        prepared.execute(cursor, _NAMED)
        return {fold(name): party for name, party in cursor.fetchall() if name and party}
