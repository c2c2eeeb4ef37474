"""Primary keys before there are rows: rows that lead to each other can then be written in one go."""

from django.db import connection
from django.db.models import Model

_NEXT = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"


def reserved_keys(model: type[Model], count: int) -> list[int]:
    """So many keys, in rising order, that no other row of the model gets. One query; what is not used stays unused."""
    meta = model._meta
    if not count or meta.pk is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [meta.db_table, meta.pk.column, count])
        return sorted(key for (key,) in cursor.fetchall())
