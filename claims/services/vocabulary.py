"""Learning the words of what is searched, so that another spelling of one can be recognised."""

from django.db import connection, transaction

from claims.models.search import Word, WordsRead
from claims.spelling import LONGEST, spelling_key

LOCK = 0x30CAB  # a PostgreSQL advisory lock: one learner at a time
SHORTEST = 3
ROWS = 5000
# A row may be committed after one with a higher id: the last ones are looked at again.
AGAIN = 200
# Table, and what of it is searched.
READ = {
    "claims_source": "name",
    "claims_sourcename": "name",
    "claims_document": "title",
    "claims_claim": "text || ' ' || place",
    "claims_statement": "content_text || ' ' || source_text || ' ' || place",
}


def learn_words(*, rows: int = ROWS) -> int:
    """Learn the words of up to ``rows`` rows of each table that were not read before; return how many rows that were.

    Returns 0 at once while somebody else is learning. Safe to repeat, and to stop at any moment.
    """
    return sum(_learn(table, said, rows) for table, said in READ.items())


@transaction.atomic
def _learn(table: str, said: str, rows: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        mark, _ = WordsRead.objects.get_or_create(table=table)
        # The names of tables and columns are those above.
        cursor.execute(
            f"SELECT count(*), max(id) FROM (SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT %s) new",  # noqa: S608
            [mark.last_id, rows],
        )
        new, last = cursor.fetchone()
        if not new:
            return 0
        cursor.execute(
            f"SELECT DISTINCT word FROM {table}, "  # noqa: S608
            f"unnest(tsvector_to_array(to_tsvector('simple', unaccent(left({said}, 20000))))) word "
            "WHERE id > %s AND id <= %s AND length(word) BETWEEN %s AND %s AND word ~ '^[[:alpha:]]+$'",
            [mark.last_id - AGAIN, last, SHORTEST, LONGEST],
        )
        words = [word for (word,) in cursor.fetchall()]
    known = set(Word.objects.filter(word__in=words).values_list("word", flat=True))
    Word.objects.bulk_create(
        (Word(word=word, key=spelling_key(word)) for word in words if word not in known),
        batch_size=2000,
        ignore_conflicts=True,
    )
    mark.last_id = last
    mark.save(update_fields=["last_id"])
    return int(new)
