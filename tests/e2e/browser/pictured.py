"""What the pictures show besides the seeds: a desk at which people have begun to work."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from claims import models
from claims.choices import ContradictionState
from claims.services.actor import Actor
from claims.services.assignments import assign
from claims.services.comments import add_comment
from claims.services.contradictions import decide_contradiction
from claims.services.sources import grade_source
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
        decide_contradiction(
            conflict, state=ContradictionState.CONFIRMED, by=reviewer, reason="Both speak of the same day and place."
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
    asked = {"search": "?q=Osk+bridge"}
    return {"pages": {name: places.desk_path(name, world) + asked.get(name, "") for name in places.desk_pages()}}
