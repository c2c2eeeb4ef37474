"""Promise 7: every change is on the ledger, sealed in commit order with no gaps, hash-chained, verifiable."""

import threading

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from claims.models import Dossier, Event
from claims.services import ledger
from claims.services.documents import open_dossier
from tests.factories import MACHINE, DossierFactory


def without_triggers(statement: str, *parameters: object) -> None:
    """Alter a row as somebody with full rights on the database could."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)


@pytest.mark.django_db(transaction=True)
def test_a_change_without_an_event_cannot_be_committed():
    with pytest.raises(IntegrityError, match="not on the ledger"):
        Dossier.objects.create(slug="silent", title="Silent")
    assert not Dossier.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_and_its_event_share_one_transaction():
    with transaction.atomic():
        open_dossier(slug="undone", actor=MACHINE)
        transaction.set_rollback(True)
    assert not Dossier.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_sealing_gives_gapless_places_in_a_chain_of_hashes():
    DossierFactory.create_batch(3)
    assert ledger.seal() == 3
    DossierFactory()
    assert ledger.seal() == 1
    events = list(Event.objects.sealed())
    assert [e.seq for e in events] == [1, 2, 3, 4]
    assert [e.prev_hash for e in events] == [ledger.GENESIS, *(e.hash for e in events[:-1])]
    assert ledger.first_broken(events) is None
    assert ledger.seal() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["delete", "update"])
def test_an_event_can_be_neither_edited_nor_deleted(change):
    DossierFactory()
    ledger.seal()
    event = Event.objects.get()
    attempt = {
        "delete": event.delete,
        "update": lambda: Event.objects.filter(pk=event.pk).update(verb="never happened"),
    }[change]
    with pytest.raises(DatabaseError, match=r"Cannot (delete|update)"), transaction.atomic():
        attempt()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tampering", "names"),
    [
        ("UPDATE claims_event SET state = '{}' WHERE seq = 2", "Event 2 .* altered"),
        ("UPDATE claims_event SET actor_label = 'user:somebody' WHERE seq = 3", "Event 3 .* altered"),
        ("DELETE FROM claims_event WHERE seq = 2", "Event 3 .* 1 missing"),
        ("UPDATE claims_event SET prev_hash = repeat('0', 64) WHERE seq = 4", "Event 4 .* does not follow"),
    ],
)
def test_verify_ledger_names_the_first_bad_event_after_a_row_was_altered_with_the_triggers_off(tampering, names):
    DossierFactory.create_batch(4)
    ledger.seal()
    call_command("verify_ledger")
    without_triggers(tampering)
    with pytest.raises(CommandError, match=names):
        call_command("verify_ledger")


@pytest.mark.django_db(transaction=True)
def test_verify_ledger_notices_a_cut_off_end_from_a_head_noted_earlier():
    DossierFactory.create_batch(3)
    ledger.seal()
    seq, digest = ledger.head()
    call_command("verify_ledger", head=f"{seq}:{digest}")
    without_triggers("DELETE FROM claims_event WHERE seq = 3")
    call_command("verify_ledger")
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_ledger", head=f"{seq}:{digest}")


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_sealed_after_those_already_sealed(settings):
    late = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None, "context": None})
    with late:
        late.execute(
            "INSERT INTO claims_event (actor_label, verb, object_type, object_uid, state, reason, prev_hash, hash)"
            " VALUES ('machine:late/1', 'created', 'test', gen_random_uuid(), '{}', '', '', '')"
        )
        DossierFactory()  # begins later, commits earlier
        assert ledger.seal() == 1
        assert Event.objects.sealed().get().actor_label == MACHINE.label
    late.close()
    assert ledger.seal() == 1
    assert [e.actor_label for e in Event.objects.sealed()] == [MACHINE.label, "machine:late/1"]


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_place_every_event_once():
    DossierFactory.create_batch(50)
    sealed = []

    def work() -> None:
        sealed.append(ledger.seal())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.seal()
    assert [e.seq for e in Event.objects.sealed()] == list(range(1, 51))
    assert ledger.first_broken(Event.objects.sealed()) is None
