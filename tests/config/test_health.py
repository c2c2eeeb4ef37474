"""Readiness: the database and its tables decide; the broker is told of."""

import pytest
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db


def test_it_is_ready_with_database_tables_and_broker():
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "broker": "answers"})


def test_a_migration_that_is_not_applied_makes_it_not_ready():
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'claims'")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'claims' AND name = %s", [cursor.fetchone()[0]])
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "1 migrations are not applied"})


def test_a_broker_that_is_away_is_told_and_leaves_it_ready(monkeypatch):
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "broker": "away"})
