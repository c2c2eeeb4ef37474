"""Statements that a connection plans once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import prepared

pytestmark = pytest.mark.django_db


def answered(statement, values=()):
    with connection.cursor() as cursor:
        prepared.execute(cursor, statement, values)
        return cursor.fetchall()


def test_values_are_put_where_they_are_marked_and_a_doubled_percent_sign_is_one():
    assert answered("SELECT %s || '-' || %s, 7 %% 4", ["it's", "100%"]) == [("it's-100%", 3)]
    assert answered("SELECT 1") == [(1,)]


def test_a_value_with_a_name_is_put_wherever_its_name_is():
    given = {"n": 3, "most": [1, 2], "unused": None}
    assert answered("SELECT %(n)s::int, %(n)s - 1 = ANY(%(most)s::bigint[]), 7 %% %(n)s", given) == [(3, True, 1)]


def test_a_connection_prepares_a_statement_once_whatever_its_values():
    with CaptureQueriesContext(connection) as sent:
        assert [answered("SELECT %s::int + 20177", [n]) for n in (1, 2)] == [[(20178,)], [(20179,)]]
    assert [one["sql"].split(" ", 1)[0] for one in sent] == ["PREPARE", "EXECUTE", "EXECUTE"]
