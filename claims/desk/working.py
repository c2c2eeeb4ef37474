"""What the panel "working together" shows of an object: who is here or works on it, what is asked, said, thought."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from claims.desk.reviewing import ASKED, DECIDES, answer_in_words, answers_to, opinions_on
from claims.models import Assignment, Comment, Disagreement, Event, Mention, Presence
from claims.services.comments import pieces
from claims.services.holds import running_hold
from claims.services.opinions import QUESTIONS, decided_answer
from claims.services.versions import version_of

SHOWN = 50  # comments: the newest
ALL = 500  # comments, when the earlier ones are asked for
NAMED = 12  # people who are here
CHANGES = 5  # changes told since the page was opened


def panel_state(row: Any, user: User, *, seen: int = 0, everything: bool = False) -> dict[str, Any]:
    """The panel's contents for this person, as JSON values; a fixed number of queries.

    ``seen`` is the version of the object that the person's page shows, 0 where it does not know yet.
    """
    return {
        "version": version_of(row.uid),
        "changed": _changed(row, user, seen),
        "here": _here(row, user),
        "hold": _hold(row, user),
        "assignment": _assignment(row, user),
        **_comments(row, user, limit=ALL if everything else SHOWN),
        "review": _review(row, user),
    }


def clock(at: datetime) -> str:
    """A moment as it is said among people: the time, and the day where that is another."""
    then = timezone.localtime(at)
    if then.date() == timezone.localdate():
        return formats.time_format(then, "H:i")
    day = formats.date_format(then, "j F" if then.year == timezone.localdate().year else "j F Y")
    return _("%(day)s, %(time)s") % {"day": day, "time": formats.time_format(then, "H:i")}


def _here(row: Any, user: User) -> dict[str, Any]:
    others = Presence.objects.about(row).now().exclude(user=user).select_related("user").order_by("user__username")
    names = [presence.user.get_username() for presence in others[: NAMED + 1]]
    return {"names": names[:NAMED], "more": len(names) > NAMED}


def _hold(row: Any, user: User) -> dict[str, Any] | None:
    hold = running_hold(row)
    if hold is None:
        return None
    before = getattr(hold, "took_over", None)
    mine, since = hold.holder_id == user.pk, {"who": hold.holder.get_username(), "when": clock(hold.taken_at)}
    if mine and before is not None:
        words = _("You took over from %(who)s at %(when)s.") % {**since, "who": before.holder.get_username()}
    elif mine:
        words = _("You work on this since %(when)s.") % since
    elif before is not None and before.holder_id == user.pk:
        words = _("%(who)s took over from you at %(when)s.") % since
    else:
        words = _("%(who)s is working on this since %(when)s.") % since
    taken = not mine and before is not None and before.holder_id == user.pk
    return {"id": hold.pk, "mine": mine, "words": words, "taken_from_me": taken}


def _assignment(row: Any, user: User) -> dict[str, Any] | None:
    asked = Assignment.objects.about(row).open().select_related("to", "by").first()
    if asked is None:
        return None
    names = {"to": asked.to.get_username(), "by": asked.by.get_username(), "when": clock(asked.at)}
    if asked.to_id == user.pk == asked.by_id:
        words = _("You see to this since %(when)s.") % names
    elif asked.to_id == user.pk:
        words = _("%(by)s asked you to see to this at %(when)s.") % names
    elif asked.to_id == asked.by_id:
        words = _("%(to)s sees to this since %(when)s.") % names
    else:
        words = _("%(by)s asked %(to)s to see to this at %(when)s.") % names
    return {"id": asked.pk, "mine": asked.to_id == user.pk, "words": words, "note": asked.note}


def _comments(row: Any, user: User, *, limit: int) -> dict[str, Any]:
    named = Prefetch("mentioned", Mention.objects.select_related("user"))
    found = Comment.objects.about(row).select_related("author").prefetch_related(named).order_by("-pk")[: limit + 1]
    newest = list(found)
    return {
        "comments": [_comment(comment, user) for comment in reversed(newest[:limit])],
        "earlier": len(newest) > limit,
    }


def _comment(comment: Comment, user: User) -> dict[str, Any]:
    """One comment; of a withdrawn one nothing but that it was there."""
    names = [mention.user.get_username() for mention in comment.mentioned.all()]
    parts = [] if comment.withdrawn else pieces(comment.text, names)
    return {
        "id": comment.pk,
        "who": comment.author.get_username(),
        "when": clock(comment.at),
        "at": comment.at.isoformat(),
        "mine": comment.author_id == user.pk,
        "to_me": user.get_username() in names and not comment.withdrawn,
        "withdrawn": comment.withdrawn,
        "pieces": [{"text": piece.text, "name": piece.name} for piece in parts],
    }


def _review(row: Any, user: User) -> dict[str, Any] | None:
    """What people think about the question that the object asks; ``None`` while nobody has said anything."""
    question = QUESTIONS.get(type(row))
    if question is None:
        return None
    told = opinions_on([(row._meta.model_name, row.uid)], unsure=True).get((row._meta.model_name, row.uid), [])
    if not told:
        return None
    return {
        "asked": str(ASKED[question]),
        "differ": Disagreement.objects.about(row).filter(question=question).open().exists(),
        "opinions": [
            {
                "id": opinion.pk,
                "who": opinion.person.get_username(),
                "answer": answer_in_words(question, opinion.answer),
                "reason": opinion.reason,
                "when": clock(opinion.at),
                "mine": opinion.person_id == user.pk,
            }
            for opinion in told
        ],
        "answers": answers_to(question) if user.has_perm(DECIDES[question]) and decided_answer(row) else [],
    }


def _changed(row: Any, user: User, seen: int) -> str:
    """What others have changed since version ``seen``, in words; empty when nothing, or nothing that is known."""
    if not seen:
        return ""
    later = Event.objects.filter(object_uid=row.uid, pk__gt=seen).exclude(actor=user).order_by("pk")[: CHANGES + 1]
    told = [
        _("%(who)s: %(what)s (%(when)s)") % {
            "who": event.actor_label.removeprefix("user:"), "what": event.verb, "when": clock(event.recorded_at),
        }
        for event in later
    ]  # fmt: skip
    return "; ".join([*told[:CHANGES], *(["…"] if len(told) > CHANGES else [])])
