"""The newsroom's own working notes: who looks at what, who works on it, what is said about it and who decided how.

None of it is public, so none of it is on the ledger (docs/adr/0011). What people said or decided is kept by triggers.
"""

from datetime import timedelta
from typing import Any, Self, TypeVar
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.choices import Answer, ItemType, Question, known
from claims.models.base import never_deleted

PRESENT_SECONDS = 60  # without a heartbeat somebody is no longer looking
Row = TypeVar("Row", bound="About")


class AboutQuerySet(models.QuerySet[Row]):
    """Reads of notes by what they are about."""

    def about(self, row: Any) -> Self:
        """The notes about this row of the domain."""
        return self.filter(object_type=row._meta.model_name, object_uid=row.uid)


class About(models.Model):
    """A note about one object of the domain, named by its type and public id."""

    object_type = models.CharField(max_length=20, choices=ItemType)
    object_uid = models.UUIDField("public id of the object")

    class Meta:
        abstract = True
        constraints = [known("object_type", ItemType, name="%(class)s_about_known")]

    @property
    def item(self) -> tuple[str, UUID]:
        """What it is about: the type and the public id."""
        return self.object_type, self.object_uid


# --- Now -------------------------------------------------------------------------------------------------------------


class PresenceQuerySet(AboutQuerySet["Presence"]):
    """Reads of who is where."""

    def now(self) -> Self:
        """Those whose heartbeat was heard lately. The moment is the database's."""
        return self.filter(seen_at__gte=Now() - timedelta(seconds=PRESENT_SECONDS))


class Presence(About):
    """Somebody has this object open. It ends :data:`PRESENT_SECONDS` after the last heartbeat; such rows may go."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta(About.Meta):
        ordering = ["pk"]
        verbose_name_plural = "presences"
        constraints = [
            *About.Meta.constraints,
            models.UniqueConstraint(name="presence_once", fields=["object_uid", "object_type", "user"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} looks at {self.object_type} {self.object_uid}"


class HoldQuerySet(AboutQuerySet["Hold"]):
    """Reads of who works on what."""

    def running(self) -> Self:
        """Holds that were neither ended nor left to expire."""
        return self.filter(ended_at__isnull=True, expires_at__gt=Now())


class Hold(About):
    """Somebody works on this object: a word to the others, which stops nobody's write. One row a spell.

    A hold that was taken over names the one that did, so that its holder can be told.
    """

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Moved on by each heartbeat of its holder.")
    ended_at = models.DateTimeField(null=True, blank=True)
    taken_over_by = models.OneToOneField("self", models.CASCADE, null=True, blank=True, related_name="took_over")

    objects = HoldQuerySet.as_manager()

    class Meta(About.Meta):
        ordering = ["-pk"]
        constraints = [
            *About.Meta.constraints,
            # One at a time; an expired one is ended before the next begins.
            models.UniqueConstraint(
                name="hold_one_at_a_time", fields=["object_uid", "object_type"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="hold_expires_later", condition=Q(expires_at__gt=F("taken_at"))),
            models.CheckConstraint(
                name="hold_taken_over_is_ended", condition=Q(taken_over_by__isnull=True) | Q(ended_at__isnull=False)
            ),
        ]
        indexes = [
            # Whether somebody's hold was taken over.
            models.Index(name="hold_by_object", fields=["object_uid", "holder", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.holder} works on {self.object_type} {self.object_uid}"


class Visit(models.Model):
    """When somebody was last here, and when before that: what "since you were last here" counts from."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visit")
    seen_at = models.DateTimeField(help_text="The last time that the desk heard of him or her.")
    last_here_at = models.DateTimeField(null=True, blank=True, help_text="The end of the visit before this one.")

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user}: {self.seen_at}"


# --- Asked and said --------------------------------------------------------------------------------------------------


class AssignmentQuerySet(AboutQuerySet["Assignment"]):
    """Reads of who was asked to see to what."""

    def open(self) -> Self:
        """Neither done nor passed on, oldest first."""
        return self.filter(done_at__isnull=True).order_by("at", "pk")


class Assignment(About):
    """Somebody was asked to see to this object. Passing it on ends one assignment and begins another."""

    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    passed_on = models.BooleanField(default=False, help_text="Ended because somebody else sees to it now.")

    objects = AssignmentQuerySet.as_manager()

    class Meta(About.Meta):
        ordering = ["-pk"]
        indexes = [
            # What is assigned to somebody.
            models.Index(name="assignment_open", fields=["to", "at"], condition=Q(done_at__isnull=True)),
        ]
        constraints = [
            *About.Meta.constraints,
            # One person sees to an object.
            models.UniqueConstraint(
                name="assignment_to_one", fields=["object_uid", "object_type"], condition=Q(done_at__isnull=True)
            ),
            models.CheckConstraint(
                name="assignment_done_whole",
                condition=Q(done_at__isnull=True, done_by__isnull=True, passed_on=False)
                | Q(done_at__isnull=False, done_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="asked_is_kept", exclude=["done_at", "done_by", "passed_on"]),
            pgtrigger.Protect(
                name="done_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__done_at__isnull=False)
            ),
            never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_uid} to {self.to}"


class CommentQuerySet(AboutQuerySet["Comment"]):
    """Reads of what was said."""


class Comment(About):
    """What somebody said about an object. Never edited; its author may withdraw it, and then nobody is shown it."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    text = models.TextField()
    at = models.DateTimeField(db_default=Now(), editable=False)
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Mention", related_name="mentioned_in")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta(About.Meta):
        ordering = ["pk"]
        permissions = [("take_part", "Can hold, assign and comment on what is worked on")]
        indexes = [
            # What was said about an object, in its order.
            models.Index(name="comment_by_object", fields=["object_uid", "id"]),
        ]
        constraints = [
            *About.Meta.constraints,
            models.CheckConstraint(name="comment_says_something", condition=~Q(text="")),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="said_is_kept", exclude=["withdrawn_at"]),
            pgtrigger.Protect(
                name="withdrawn_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__withdrawn_at__isnull=False),
            ),
            never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.author} on {self.object_type} {self.object_uid}"

    @property
    def withdrawn(self) -> bool:
        """Whether its author took it back."""
        return self.withdrawn_at is not None


class MentionQuerySet(models.QuerySet["Mention"]):
    """Reads of who was named in comments."""

    def standing(self) -> Self:
        """Mentions in comments that were not withdrawn."""
        return self.filter(comment__withdrawn_at__isnull=True)

    def unread(self) -> Self:
        """Those that nobody has looked at yet."""
        return self.standing().filter(read_at__isnull=True)


class Mention(models.Model):
    """Somebody was named in a comment, and may have read it."""

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="mentioned")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="mentions")
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # What somebody was named in, newest first, and what of it he or she has not read.
            models.Index(name="mention_of", fields=["user", "-id"]),
            models.Index(name="mention_unread", fields=["user"], condition=Q(read_at__isnull=True)),
        ]
        constraints = [models.UniqueConstraint(name="mention_once", fields=["comment", "user"])]
        triggers = [
            pgtrigger.ReadOnly(name="mention_is_kept", exclude=["read_at"]),
            pgtrigger.Protect(
                name="read_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__read_at__isnull=False)
            ),
            never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.comment}"


# --- Decided ---------------------------------------------------------------------------------------------------------


class OpinionQuerySet(AboutQuerySet["Opinion"]):
    """Reads of who decided how."""

    def newest(self) -> Self:
        """The newest of each person on each question, whether or not he or she still holds one."""
        return self.filter(superseded_at__isnull=True)

    def held(self) -> Self:
        """The newest of each person, but for those who are unsure or took theirs back."""
        return self.newest().exclude(answer__in=[Answer.UNSURE, Answer.NONE])


class Opinion(About):
    """How one person answered a question about an object, and why. A later one of the same person supersedes it."""

    question = models.CharField(max_length=20, choices=Question)
    answer = models.CharField(max_length=10, choices=Answer)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="opinions")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    beside_others = models.BooleanField(
        default=False, help_text="Somebody else had already answered: people can be compared here."
    )
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = OpinionQuerySet.as_manager()

    class Meta(About.Meta):
        ordering = ["pk"]
        indexes = [
            # What the agreement figures look at: objects that several people decided, the latest first.
            models.Index(name="opinion_beside_others", fields=["question", "-id"], condition=Q(beside_others=True)),
        ]
        constraints = [
            *About.Meta.constraints,
            known("question", Question, name="opinion_question_known"),
            known("answer", Answer, name="opinion_answer_known"),
            models.UniqueConstraint(
                name="opinion_newest_once",
                fields=["object_uid", "object_type", "question", "person"],
                condition=Q(superseded_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="opinion_is_kept", exclude=["superseded_at"]),
            pgtrigger.Protect(
                name="superseded_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__superseded_at__isnull=False),
            ),
            never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.question} {self.answer}"


class DisagreementQuerySet(AboutQuerySet["Disagreement"]):
    """Reads of where people differ."""

    def open(self) -> Self:
        """Those that nobody has ended, oldest first."""
        return self.filter(ended_at__isnull=True).order_by("at", "pk")


class Disagreement(About):
    """Two people's newest opinions differ, until one of them changes or an editor settles it."""

    question = models.CharField(max_length=20, choices=Question)
    at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_answer = models.CharField(max_length=10, choices=Answer, blank=True)
    reason = models.TextField(blank=True)

    objects = DisagreementQuerySet.as_manager()

    class Meta(About.Meta):
        ordering = ["-pk"]
        permissions = [("settle_disagreement", "Can settle a disagreement between reviewers")]
        indexes = [
            # The queue.
            models.Index(name="disagreement_queue", fields=["at", "id"], condition=Q(ended_at__isnull=True)),
        ]
        constraints = [
            *About.Meta.constraints,
            known("question", Question, name="disagreement_question_known"),
            known("settled_answer", Answer, name="disagreement_answer_known", or_blank=True),
            models.UniqueConstraint(
                name="disagreement_open_once",
                fields=["object_uid", "object_type", "question"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="disagreement_settled_whole",
                condition=Q(settled_by__isnull=True, settled_answer="", reason="")
                | (Q(ended_at__isnull=False, settled_by__isnull=False) & ~Q(settled_answer="") & ~Q(reason="")),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="disagreement_is_kept", exclude=["ended_at", "settled_by", "settled_answer", "reason"]
            ),
            pgtrigger.Protect(
                name="ended_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)
            ),
            never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.object_type} {self.object_uid}"
