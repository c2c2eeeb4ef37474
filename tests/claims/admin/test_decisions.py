"""Every action does what its service does, asks for what it needs, and obeys the roles."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from claims import models
from claims.models import Claim, Contradiction, Document, Event, Judgement, Position, Source, Statement, Verdict
from claims.services import retention
from claims.services.claims import merge_claims
from claims.services.sources import merge_sources
from claims.services.verdicts import approve_verdict, propose_verdict
from tests import factories
from tests.claims.admin.conftest import page

EDITOR, REVIEWER = {"editor"}, {"editor", "reviewer"}
WHY = {"reason": "Seen on the recording."}


def judged(answer):
    return lambda row: row.answer == answer


def in_state(state):
    return lambda row: row.state == state


def a_verdict(*, state="draft"):
    author = factories.UserFactory(role="reviewer")
    verdict = factories.VerdictFactory(author=author)
    if state != "draft":
        verdict = propose_verdict(verdict, by=author)
    if state == "published":
        verdict = approve_verdict(verdict, by=factories.UserFactory(role="editor"))
    return verdict


def a_source_merge():
    return merge_sources(
        factories.SourceFactory(), target=factories.SourceFactory(), reason="same", by=factories.UserFactory()
    )


def a_claim_merge():
    claim = factories.ClaimFactory()
    target = factories.ClaimFactory(dossier=claim.dossier)
    return merge_claims(claim, target=target, by=factories.UserFactory(), reason="same")


def a_protected_source():
    return factories.SourceFactory(protected=True)


def a_protected_statement():
    return factories.StatementFactory(protected=True)


def a_held_dossier():
    return retention.place_hold(factories.DossierFactory(), by=factories.UserFactory(), **WHY)


def a_closed_dossier():
    return retention.close_dossier(factories.DossierFactory(), by=factories.UserFactory(), **WHY)


def with_target(factory, field, **options):
    """Answers that name another row, made when they are needed."""
    return lambda row: {field: factory(**{k: v(row) for k, v in options.items()}).pk}


# The row, the action, who may, the answers it asks for, and how the row is afterwards.
ACTIONS = [
    (factories.StatementFactory, "confirm", REVIEWER, {}, in_state("confirmed")),
    (factories.StatementFactory, "reject", REVIEWER, WHY, in_state("rejected")),
    (factories.ContradictionFactory, "confirm", REVIEWER, WHY, in_state("confirmed")),
    (factories.ContradictionFactory, "dismiss", REVIEWER, WHY, in_state("dismissed")),
    (factories.ContradictionFactory, "resolve", REVIEWER, WHY, in_state("resolved")),
    (factories.JudgementFactory, "positive", REVIEWER, WHY, judged("positive")),
    (factories.JudgementFactory, "negative", REVIEWER, WHY, judged("negative")),
    (factories.JudgementFactory, "unsure", REVIEWER, WHY, judged("unsure")),
    (a_verdict, "propose", REVIEWER, {}, in_state("proposed")),
    (lambda: a_verdict(state="proposed"), "approve", EDITOR, {}, in_state("published")),
    (lambda: a_verdict(state="proposed"), "give_back", EDITOR, WHY, in_state("draft")),
    (lambda: a_verdict(state="published"), "withdraw", EDITOR, WHY, in_state("withdrawn")),
    (factories.SourceFactory, "grade", EDITOR, {**WHY, "grade": "B"}, lambda row: row.reliability == "B"),
    (factories.SourceFactory, "merge", EDITOR, [WHY, with_target(factories.SourceFactory, "target")],
     lambda row: row.merged_into is not None),
    (a_source_merge, "undo", EDITOR, {}, lambda row: row.undone_at is not None),
    (a_claim_merge, "undo", EDITOR, {}, lambda row: row.undone_at is not None),
    (factories.ClaimFactory, "merge", EDITOR,
     [WHY, with_target(factories.ClaimFactory, "target", dossier=lambda row: row.dossier)],
     lambda row: row.merged_into is not None),
    (factories.DocumentFactory, "state", EDITOR, {"state": "retracted", "reason": ""}, in_state("retracted")),
    (factories.DocumentFactory, "origin", EDITOR, [WHY, with_target(factories.DocumentFactory, "origin")],
     lambda row: row.origin is not None and row.origin_decided_by_person),
    (factories.DossierFactory, "hold", EDITOR, WHY, lambda row: row.legal_hold),
    (a_held_dossier, "lift", EDITOR, WHY, lambda row: not row.legal_hold),
    (factories.DossierFactory, "retain", EDITOR, {**WHY, "unused_days": "30", "closed_days": ""},
     lambda row: (row.keep_unused_days, row.keep_closed_days) == (30, None)),
]  # fmt: skip
ONLY_ON_A_PAGE = [
    (factories.SourceFactory, "protect", EDITOR, WHY, lambda row: row.protected),
    (factories.StatementFactory, "protect", EDITOR, WHY, lambda row: row.protected),
    (a_protected_source, "unprotect", EDITOR, WHY, lambda row: not row.protected),
    (a_protected_statement, "unprotect", EDITOR, WHY, lambda row: not row.protected),
    (factories.SourceFactory, "alias", EDITOR, {"name": "The Other Name"},
     lambda row: row.names.filter(key="other name").exists()),
    (factories.DossierFactory, "close", EDITOR, WHY, lambda row: row.closed_at is not None),
    (a_closed_dossier, "reopen", EDITOR, WHY, lambda row: row.closed_at is None),
    (factories.PositionFactory, "place", REVIEWER,
     [{**WHY, "stance": "refutes"}, with_target(factories.ClaimFactory, "claim")],
     lambda row: row.superseded_at is not None and row.statement.positions.get(superseded_at=None).stance == "refutes"),
]  # fmt: skip


def named(case):
    made = case[0].__name__ if case[0].__name__ != "<lambda>" else "verdict"
    return f"{made}-{case[1]}"


def answers_for(row, answers):
    if isinstance(answers, list):
        return {**answers[0], **answers[1](row)}
    return answers


def chosen(row, action, **answers):
    return {"action": action, ACTION_CHECKBOX_NAME: [row.pk], **answers}


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["reader", "reviewer", "editor"])
@pytest.mark.parametrize("case", ACTIONS, ids=named)
def test_an_action_on_the_list_does_what_its_service_does_for_those_who_may(sign_in, request, case, role):
    make, action, may, answers, holds = case
    row = make()
    given = answers_for(row, answers)
    before = Event.objects.count()
    client = sign_in(request.getfixturevalue(role))
    response = client.post(page(type(row), "changelist"), chosen(row, action, decided="1", **given), follow=True)
    row.refresh_from_db()
    assert response.status_code == (200 if role in may else 403)
    assert holds(row) == (role in may)
    assert (Event.objects.count() > before) == (role in may)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["reader", "reviewer", "editor"])
@pytest.mark.parametrize("case", ACTIONS + ONLY_ON_A_PAGE, ids=named)
def test_an_action_on_a_rows_page_does_what_its_service_does_for_those_who_may(sign_in, request, case, role):
    make, action, may, answers, holds = case
    row = make()
    given = answers_for(row, answers)
    client = sign_in(request.getfixturevalue(role))
    address = page(type(row), f"{action}_this", row.pk)
    offered = address.encode() in client.get(page(type(row), "change", row.pk)).content
    assert offered == (role in may)
    assert client.get(address).status_code == (200 if role in may else 403)
    row.refresh_from_db()
    assert not holds(row), "a mere look must change nothing"
    response = client.post(address, given)
    row.refresh_from_db()
    assert holds(row) == (role in may)
    assert response.status_code == (302 if role in may else 403)


@pytest.mark.django_db
@pytest.mark.parametrize("case", [case for case in ACTIONS if case[3]], ids=named)
def test_an_action_on_the_list_first_asks_for_what_it_needs(sign_in, editor, case):
    make, action, _, _, holds = case
    row = make()
    response = sign_in(editor).post(page(type(row), "changelist"), chosen(row, action))
    assert response.status_code == 200
    assert response.templates[0].name == "admin/claims/decide.html"
    assert f'name="{ACTION_CHECKBOX_NAME}" value="{row.pk}"' in response.content.decode()
    row.refresh_from_db()
    assert not holds(row)


@pytest.mark.django_db
@pytest.mark.parametrize("case", [case for case in ACTIONS if case[3] == WHY and "unsure" not in case[1]], ids=named)
def test_a_reason_of_blanks_is_none(sign_in, editor, case):
    make, action, _, _, holds = case
    row = make()
    if isinstance(row, Judgement):
        return  # answers may go without a reason
    response = sign_in(editor).post(page(type(row), f"{action}_this", row.pk), {"reason": " \n "})
    assert response.status_code == 200
    assert response.context["form"].errors["reason"]
    row.refresh_from_db()
    assert not holds(row)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "offered"),
    [("draft", {"propose"}), ("proposed", {"approve", "give_back"}), ("published", {"withdraw"})],
)
def test_a_rows_page_offers_what_its_state_allows(sign_in, editor, state, offered):
    verdict = a_verdict(state=state)
    content = sign_in(editor).get(page(Verdict, "change", verdict.pk)).content.decode()
    actions = {"propose", "approve", "give_back", "withdraw"}
    assert {name for name in actions if page(Verdict, f"{name}_this", verdict.pk) in content} == offered


@pytest.mark.django_db
def test_nobody_approves_a_verdict_of_his_or_her_own(sign_in, editor):
    verdict = propose_verdict(factories.VerdictFactory(author=editor), by=editor)
    client = sign_in(editor)
    response = client.post(page(Verdict, "approve_this", verdict.pk), follow=True)
    assert said(response) == ["A verdict is approved by another person than its author."]
    verdict.refresh_from_db()
    assert verdict.state == "proposed"


@pytest.mark.django_db
def test_one_refusal_among_many_leaves_the_others_done(sign_in, reviewer):
    first, second = factories.StatementFactory(), factories.StatementFactory()
    client = sign_in(reviewer)
    client.post(page(Statement, "confirm_this", first.pk))
    response = client.post(
        page(Statement, "changelist"),
        {"action": "confirm", ACTION_CHECKBOX_NAME: [first.pk, second.pk]},
        follow=True,
    )
    assert sorted(said(response))[0] == "1 statement confirmed."
    assert any("already confirmed" in message for message in said(response))
    second.refresh_from_db()
    assert second.state == "confirmed"


@pytest.mark.django_db
def test_a_wrong_state_is_a_message_and_not_a_crash(sign_in, editor):
    client = sign_in(editor)
    verdict = a_verdict()
    for action in ("approve", "give_back", "withdraw"):
        response = client.post(page(Verdict, f"{action}_this", verdict.pk), WHY, follow=True)
        assert response.status_code == 200
        assert "only one that is" in said(response)[0]


@pytest.mark.django_db
def test_sources_of_two_dossiers_worth_of_unnamed_people_are_not_merged(sign_in, editor):
    one, other = (
        factories.SourceFactory(name="an official", kind="unnamed", named_in=factories.DocumentFactory())
        for _ in range(2)
    )
    response = sign_in(editor).post(page(Source, "merge_this", one.pk), {**WHY, "target": other.pk}, follow=True)
    assert "never merged" in said(response)[0]


@pytest.mark.django_db
def test_a_name_that_leads_elsewhere_is_refused(sign_in, editor):
    taken, other = factories.SourceFactory(name="The Monitor"), factories.SourceFactory()
    response = sign_in(editor).post(page(Source, "alias_this", other.pk), {"name": "the monitor"}, follow=True)
    assert "merge the two sources instead" in said(response)[0]
    assert not other.names.filter(key="monitor").exists()
    assert taken.names.count() == 1


@pytest.mark.django_db
def test_documents_never_copy_each_other_in_a_circle(sign_in, editor):
    first = factories.DocumentFactory()
    second = factories.DocumentFactory(origin=first, origin_explanation="copied")
    third = factories.DocumentFactory(origin=second, origin_explanation="copied")
    client = sign_in(editor)
    for origin in (first, second, third):
        response = client.post(page(Document, "origin_this", first.pk), {**WHY, "origin": origin.pk}, follow=True)
        assert "copies neither itself" in said(response)[0]
    first.refresh_from_db()
    assert first.origin is None


@pytest.mark.django_db
def test_an_origin_can_be_taken_back(sign_in, editor):
    copy = factories.DocumentFactory(origin=factories.DocumentFactory(), origin_explanation="copied")
    sign_in(editor).post(page(Document, "origin_this", copy.pk), {**WHY, "origin": ""})
    copy.refresh_from_db()
    assert copy.origin is None
    assert copy.origin_decided_by_person


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Statement, Contradiction, Judgement, Verdict, Source, Claim, Document, Position])
def test_an_action_on_a_row_that_is_gone_leads_home(sign_in, editor, model):
    for name in admin_actions(model):
        response = sign_in(editor).get(page(model, name, 999_999))
        assert response.status_code == 302


def admin_actions(model):
    from django.contrib import admin

    return admin.site.get_model_admin(model).actions_detail


@pytest.mark.django_db
def test_a_decision_is_on_the_ledger_under_the_persons_name(sign_in, reviewer):
    contradiction = factories.ContradictionFactory()
    sign_in(reviewer).post(page(Contradiction, "dismiss_this", contradiction.pk), WHY)
    event = Event.objects.get(object_uid=contradiction.uid, verb="dismissed")
    assert event.actor == reviewer
    assert event.reason == WHY["reason"]


@pytest.mark.django_db
def test_every_decision_of_the_admin_is_in_these_tables():
    from django.contrib import admin

    tested = {action for _, action, *_ in ACTIONS}
    tested_on_pages = {f"{action}_this" for _, action, *_ in ACTIONS + ONLY_ON_A_PAGE}
    elsewhere = {models.Subscription, models.Delivery}  # no decisions, and tested with their pages
    for model in {one for one in vars(models).values() if isinstance(one, type)} - elsewhere:
        if admin.site.is_registered(model):
            registered = admin.site.get_model_admin(model)
            # The pipeline's own action is tested with the pipeline's pages.
            assert set(registered.actions or []) - {"retry"} <= tested
            assert set(registered.actions_detail) - {"retry_this"} <= tested_on_pages
