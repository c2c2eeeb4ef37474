"""Handing in documents by hand, and what became of them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import factories
from tracker.models import Submission

LIST = reverse("admin:tracker_submission_changelist")
ADD = reverse("admin:tracker_submission_add")
HOSTILE = "<script>alert(1)</script>"


def address_of(submission, name="change"):
    return reverse(f"admin:tracker_submission_{name}", args=[submission.pk])


@pytest.fixture
def failed(db):
    return Submission.objects.create(address="https://gone.example/x", state="failed", error="404", attempts=3)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "may_add"), [("reader", False), ("reviewer", True), ("editor", True)])
def test_each_role_may_look_and_some_may_hand_in(client, request, failed, role, may_add):
    client.force_login(request.getfixturevalue(role))
    for address in (LIST, f"{LIST}?q=gone", f"{LIST}?state__exact=failed", address_of(failed)):
        assert client.get(address).status_code == 200
    assert client.get(ADD).status_code == (200 if may_add else 403)
    assert client.get(address_of(failed, "retry_this")).status_code == (200 if may_add else 403)
    assert client.post(address_of(failed), {"state": "done"}).status_code == 403
    assert client.get(address_of(failed, "delete")).status_code == 403


@pytest.mark.django_db
def test_nobody_else_sees_a_submission(client, failed):
    assert client.get(LIST).status_code == 302
    client.force_login(factories.UserFactory())
    assert client.get(LIST).status_code == 403
    assert client.get(address_of(failed)).status_code == 403


@pytest.mark.django_db
def test_an_address_is_handed_in(client, reviewer):
    client.force_login(reviewer)
    dossier = factories.DossierFactory(slug="gorge")
    response = client.post(ADD, {"address": "https://outlet.example/1", "dossier": dossier.slug})
    assert response.status_code == 302
    submission = Submission.objects.get()
    assert (submission.address, submission.dossier, submission.submitted_by, submission.state) == (
        "https://outlet.example/1", "gorge", reviewer, "queued",
    )  # fmt: skip
    assert submission.payload is None


@pytest.mark.django_db
def test_a_file_is_handed_in_with_its_bytes(client, reviewer):
    client.force_login(reviewer)
    file = SimpleUploadedFile("report.md", "The mayor said nò.".encode(), "text/markdown")
    client.post(ADD, {"address": "", "file": file, "dossier": ""})
    submission = Submission.objects.get()
    assert (submission.address, bytes(submission.payload)) == ("report.md", "The mayor said nò.".encode())
    assert submission.content_type == "text/markdown"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "one of the two"),
        ({"address": "https://a.example", "file": b"text"}, "one of the two"),
        ({"address": "javascript:alert(1)"}, "valid URL"),
        ({"address": "/etc/passwd"}, "valid URL"),
        ({"file": b""}, "empty"),
        ({"file": b"x" * 2000}, "larger than"),
        ({"address": "https://a.example", "dossier": "unheard-of"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_form(client, reviewer, settings, given, complaint):
    settings.FETCH_MAX_BYTES = 1000
    client.force_login(reviewer)
    if "file" in given:
        given = {**given, "file": SimpleUploadedFile("a.txt", given["file"])}
    response = client.post(ADD, given)
    assert response.status_code == 200
    assert complaint in str(response.context["adminform"].form.errors)
    assert not Submission.objects.exists()


@pytest.mark.django_db
def test_a_failed_submission_is_tried_again(client, reviewer, failed):
    client.force_login(reviewer)
    client.post(address_of(failed, "retry_this"))
    failed.refresh_from_db()
    assert (failed.state, failed.error, failed.attempts) == ("queued", "", 0)


@pytest.mark.django_db
def test_failed_submissions_are_tried_again_from_the_list(client, reader, reviewer, failed):
    for user, state in ((reader, "failed"), (reviewer, "queued")):
        client.force_login(user)
        client.post(LIST, {"action": "retry", "_selected_action": [failed.pk]})
        failed.refresh_from_db()
        assert failed.state == state


@pytest.mark.django_db
def test_a_hostile_address_is_shown_as_text(client, editor):
    client.force_login(editor)
    submission = Submission.objects.create(address=f"javascript:{HOSTILE}", state="failed", error=HOSTILE)
    for address in (LIST, address_of(submission), address_of(submission, "retry_this")):
        content = client.get(address).content.decode()
        assert HOSTILE not in content
        assert 'href="javascript:' not in content
        assert "&lt;script&gt;" in content


@pytest.mark.django_db
def test_the_list_costs_the_same_queries_however_many_rows(client, editor, django_assert_num_queries):
    client.force_login(editor)
    for n in range(4):
        snapshot = factories.SnapshotFactory()
        Submission.objects.create(address=f"https://a.example/{n}", state="done", snapshot=snapshot)
    with django_assert_num_queries(9):  # session, user, two for permissions, two counts, the rows, two filters
        client.get(LIST)


@pytest.mark.django_db
def test_what_was_given_up_is_found_explained_and_tried_again(client, reviewer):
    snapshot = factories.SnapshotFactory(error=f"It failed: {HOSTILE}", attempts=3)
    factories.SnapshotFactory()
    submission = Submission.objects.create(address="https://a.example", state="done", snapshot=snapshot)
    client.force_login(reviewer)
    snapshots = reverse("admin:claims_snapshot_changelist")
    for address, row in ((snapshots, snapshot), (LIST, submission)):
        page = client.get(f"{address}?given_up=yes")
        assert list(page.context["cl"].result_list) == [row]
        assert "It failed" in page.content.decode()
        assert HOSTILE not in page.content.decode()
    assert "It failed" in client.get(address_of(submission)).content.decode()
    assert "It failed" in client.get(reverse("admin:claims_snapshot_change", args=[snapshot.pk])).content.decode()
    client.post(reverse("admin:claims_snapshot_retry_this", args=[snapshot.pk]), {"decided": "yes"})
    snapshot.refresh_from_db()
    assert (snapshot.error, snapshot.attempts) == ("", 0)


@pytest.mark.django_db
def test_a_reader_tries_nothing_again(client, reader):
    snapshot = factories.SnapshotFactory(error="It failed.")
    client.force_login(reader)
    assert client.post(reverse("admin:claims_snapshot_retry_this", args=[snapshot.pk])).status_code == 403
    snapshot.refresh_from_db()
    assert snapshot.error
