"""A full disk or a store that does not answer says nothing about a document: it waits, and nothing is given up."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import override_settings
from django.utils import timezone

from claims.models import Document, Snapshot
from tests.servers import pages
from tracker import pipeline
from tracker.models import Submission, SubmissionState
from tracker.submissions import retry, submit

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = b"The mayor of Arvel said the bridge at Arvel was closed on Monday.\n"


def no_room(tmp_path):
    return {"EVIDENCE_MIN_FREE_BYTES": 2**62}


def not_a_folder(tmp_path):
    (tmp_path / "evidence").write_text("in the way")
    return {"EVIDENCE_DIR": tmp_path / "evidence"}


def silent_store(tmp_path):
    return {
        "EVIDENCE_STORE": "s3://evidence",
        "EVIDENCE_S3_ENDPOINT": "http://127.0.0.1:9",  # nothing listens there
        "EVIDENCE_S3_ACCESS_KEY_ID": "unused",
        "EVIDENCE_S3_SECRET_ACCESS_KEY": "unused",
    }


@pytest.mark.parametrize("outage", [no_room, not_a_folder, silent_store])
def test_what_cannot_be_kept_waits_and_is_read_once_it_can(outage, tmp_path):
    submission = submit(address="arvel.txt", payload=TEXT, content_type="text/plain", announce=False)
    Submission.objects.update(attempts=pipeline.ATTEMPTS - 1)
    with override_settings(**outage(tmp_path)):
        pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.attempts) == (SubmissionState.QUEUED, pipeline.ATTEMPTS - 1)
    assert not Submission.objects.waiting().unclaimed().exists(), "it is not tried again at once"
    assert not Document.objects.exists()
    Submission.objects.update(claimed_until=Now())
    pipeline.work_off()
    assert Snapshot.objects.get().matched_with


def test_the_command_says_what_is_out_of_order(settings, tmp_path):
    settings.EVIDENCE_MIN_FREE_BYTES = 2**62
    (tmp_path / "arvel.txt").write_bytes(TEXT)
    with pytest.raises(CommandError, match=r"EVIDENCE_MIN_FREE_BYTES.*Nothing that was handed in is lost"):
        call_command("ingest", str(tmp_path / "arvel.txt"), "--here")
    assert Submission.objects.waiting().exists()


def test_nothing_more_is_fetched_while_the_analysis_lags(settings, monkeypatch):
    settings.ANALYSIS_BACKLOG = 2
    monkeypatch.setattr(pipeline, "messages_wait_in", lambda _: False)
    waiting = [
        submit(address=f"{n}.txt", payload=TEXT + str(n).encode(), content_type="text/plain", announce=False)
        for n in range(3)
    ]
    for submission in waiting:
        pipeline.read_submission(submission.pk)
    assert [s.state for s in Submission.objects.order_by("pk")] == ["done", "done", "queued"]
    assert pipeline.announce_outstanding() == 2  # the two analyses, and not the third fetch
    pipeline.analyse_snapshot(Snapshot.objects.order_by("pk")[0].pk)
    pipeline.read_submission(waiting[-1].pk)
    assert Submission.objects.get(pk=waiting[-1].pk).state == SubmissionState.DONE


def test_a_server_that_does_not_answer_is_asked_again_later_each_time_and_given_up_in_the_end(settings):
    settings.FETCH_ATTEMPTS, settings.FETCH_RETRY_SECONDS, settings.FETCH_HOST_DELAY_SECONDS = 3, 60.0, 0.0
    pauses = []
    with pages({"/down": (503, "text/plain", b"down")}) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset({host})
        submission = submit(address=f"http://{host}/down", announce=False)
        for failures in (1, 2):
            pipeline.read_submission(submission.pk)
            submission.refresh_from_db()
            assert (submission.state, submission.failures, submission.attempts) == ("queued", failures, 0)
            assert submission.error_code == "http_status"
            pauses.append((submission.claimed_until - timezone.now()).total_seconds())
            Submission.objects.update(claimed_until=Now())
        pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.error_code) == (SubmissionState.FAILED, "http_status")
    assert 29 <= pauses[0] <= 60 < pauses[1] <= 120
    retry(submission)
    submission.refresh_from_db()
    assert (submission.state, submission.failures) == (SubmissionState.QUEUED, 0)


def test_what_is_read_in_the_end_keeps_no_error_of_the_tries_before(settings):
    settings.FETCH_HOST_DELAY_SECONDS = 0.0
    with pages({}) as host:
        pass  # nothing listens there any more
    settings.FETCH_ALLOW_HOSTS = frozenset({host})
    submission = submit(address=f"http://{host}/", announce=False)
    pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.failures, submission.error_code) == (1, "connection_failed")
    Submission.objects.update(address="arvel.txt", payload=TEXT, content_type="text/plain", claimed_until=Now())
    pipeline.read_submission(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.error, submission.error_code) == (SubmissionState.DONE, "", "")
