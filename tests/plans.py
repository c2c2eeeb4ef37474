"""How PostgreSQL goes about a query."""

from django.db import connection


def plan_of(search: str) -> str:
    """The plan where it may neither read everything nor sort what it can have in order, as among very many rows."""
    with connection.cursor() as cursor:
        for other_way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{other_way} = off")
        cursor.execute(f"EXPLAIN {search}")
        return "\n".join(line for (line,) in cursor.fetchall())
