"""What a killed process had comes back as soon as somebody can know that it is dead."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.models import Snapshot
from tests import factories
from tracker import claimants, pipeline
from tracker.models import Submission
from tracker.submissions import submit


@pytest.fixture
def killed() -> str:
    """The name of a process that was killed."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    name = claimants._name(process.pid)
    assert not claimants.is_known_dead(name)
    process.kill()
    process.wait()
    return name


def test_the_living_and_strangers_are_not_taken_for_dead(killed):
    assert claimants.is_known_dead(killed)
    assert not claimants.is_known_dead(claimants.this_process())
    assert not claimants.is_known_dead(f"elsewhere {killed}")
    _, pid, start = claimants.this_process().rsplit(" ", 2)
    assert claimants.is_known_dead(f"{claimants._machine()} {pid} {float(start) - 1:.2f}"), "its number was given again"


@given(st.text())
def test_an_odd_name_is_nobody_known(name):
    assert not claimants.is_known_dead(name)


@pytest.mark.django_db
def test_only_what_the_dead_had_is_given_back_and_then_done(killed):
    submission = submit(address="a.txt", payload=b"The mayor of Besk said the school was open.", announce=False)
    held = factories.SnapshotFactory()
    Submission.objects.claim(submission.pk, seconds=60, by=killed)
    Snapshot.objects.claim(held.pk, seconds=60, by="another machine 7 1.00")
    pipeline.work_off()
    assert Submission.objects.get().state == "done"
    assert [pk for _, pk in pipeline.outstanding()] == [held.pk]
    assert claimants.release_the_dead() == 0
