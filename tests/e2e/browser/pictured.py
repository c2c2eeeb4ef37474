"""What the pictures show besides the seeds: a desk at which people have begun to work."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from claims import models
from claims.choices import Answer, ContradictionState
from claims.services.actor import Actor
from claims.services.assignments import assign
from claims.services.comments import add_comment
from claims.services.contradictions import decide_contradiction
from claims.services.opinions import give_second_opinion
from claims.services.sources import grade_source
from claims.services.statements import confirm_statement
from claims.services.verdicts import Link, approve_verdict, draft_verdict, propose_verdict
from tests.e2e.browser import places, rows


@transaction.atomic
def add() -> dict[str, Any]:
    """Decisions, a verdict and a grade on the seeds; the pages to take pictures of, by name."""
    reviewer, editor = (User.objects.get(username=name) for name in ("reviewer", "editor"))
    world = rows.of_the_seeds()
    claim = models.Claim.objects.get(uid=world["claim"]["uid"])
    shown = models.Contradiction.objects.get(uid=world["contradiction"]["uid"])
    others = models.Contradiction.objects.awaiting_review().exclude(pk=shown.pk)
    for conflict in others.filter(claim__dossier=claim.dossier)[:2]:
        decided = decide_contradiction(
            conflict, state=ContradictionState.CONFIRMED, by=reviewer, reason="Both speak of the same day and place."
        )
        give_second_opinion(
            decided, answer=Answer.NO, by=editor, reason="One speaks of the gate, the other of the yard behind it."
        )
    for number, statement in enumerate(models.Statement.objects.current().order_by("pk")[:6]):
        confirmed = confirm_statement(statement, by=reviewer)
        give_second_opinion(
            confirmed, answer=Answer.YES if number else Answer.OTHERWISE, by=editor, reason="Read beside the original."
        )
    snapshot = models.Snapshot.objects.get(uid=world["snapshot"]["uid"])
    verdict = draft_verdict(
        claim, credibility=3, rationale="Two origins agree; the denial names no reason and no witness.",
        evidence=[Link(url=snapshot.document.url, snapshot=snapshot, note="The account with the most detail.")],
        review_due=None, by=reviewer,
    )  # fmt: skip
    approve_verdict(propose_verdict(verdict, by=reviewer), by=editor)
    source = models.Source.objects.get(uid=world["source"]["uid"])
    grade_source(source, grade="C", reason="Often first, twice corrected by others.", actor=Actor.person(editor))
    add_comment(claim, author=reviewer, text="@editor The hospital's own account is still missing. Who asks them?")
    add_comment(shown, author=editor, text="Both counts may be right: the ministry counts fighters only.")
    assign(claim, to=editor, by=reviewer, note="Please look for the hospital's account.")
    changed = models.Snapshot.objects.filter(document__dossier=claim.dossier, number=2)[0].document
    asked = {"search": "?q=Osk+bridge"}
    about = {"document_difference": world | {"document": {"pk": changed.pk, "uid": str(changed.uid)}}}
    paths = {name: places.desk_path(name, about.get(name, world)) for name in places.desk_pages()}
    return {"pages": {name: path + asked.get(name, "") for name, path in paths.items()}}
