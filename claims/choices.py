"""Every closed list of values, each also enforced by a check constraint on its column."""

from typing import Any

from django.db import models


class SourceKind(models.TextChoices):
    """What sort of body a source is."""

    PERSON = "person", "person"
    ORGANISATION = "organisation", "organisation"
    GOVERNMENT = "government", "government"
    ARMED_FORCE = "armed force", "armed force"
    STATE_MEDIA = "state media", "state media"
    NEWS_MEDIA = "news media", "news media"
    MONITOR = "monitor", "monitor"
    INTERNATIONAL_BODY = "international body", "international body"
    UNNAMED = "unnamed", "unnamed"
    UNKNOWN = "unknown", "unknown"


class Scope(models.TextChoices):
    """What a token may be used for, within what its user may do."""

    READ = "read", "read"
    REVIEW = "review", "review"
    SUBMIT = "submit", "submit"
    ADMIN = "admin", "admin"


class SubscriptionState(models.TextChoices):
    """Whether a subscription is delivered to."""

    ACTIVE = "active", "active"
    PAUSED = "paused", "paused by a person"
    DEAD = "dead", "paused because its address no longer answers"


class DeliveryState(models.TextChoices):
    """What became of one delivery."""

    PENDING = "pending", "to be delivered"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "given up"
    SKIPPED = "skipped", "not for its owner to see any more"


class Topic(models.TextChoices):
    """Changes that a subscription may be narrowed to."""

    STANDING = "standing", "standings of claims"
    VERDICT = "verdict", "published, superseded and withdrawn verdicts"


class Reliability(models.TextChoices):
    """How far a source is trusted, judged apart from any one thing it says (NATO, the Admiralty code)."""

    A = "A", "A: completely reliable"
    B = "B", "B: usually reliable"
    C = "C", "C: fairly reliable"
    D = "D", "D: not usually reliable"
    E = "E", "E: unreliable"
    F = "F", "F: reliability cannot be judged"


class Credibility(models.IntegerChoices):
    """How credible one piece of information is, judged apart from who says it (NATO, the Admiralty code)."""

    CONFIRMED = 1, "1: confirmed by other sources"
    PROBABLY_TRUE = 2, "2: probably true"
    POSSIBLY_TRUE = 3, "3: possibly true"
    DOUBTFUL = 4, "4: doubtful"
    IMPROBABLE = 5, "5: improbable"
    UNVERIFIABLE = 6, "6: truth cannot be judged"


class DocumentState(models.TextChoices):
    """What its publisher has done with a document."""

    LIVE = "live", "live"
    CORRECTED = "corrected", "corrected"
    RETRACTED = "retracted", "retracted"
    GONE = "gone", "gone"


class Quotation(models.TextChoices):
    """How much of a statement's content is the source's own words (PARC3)."""

    DIRECT = "direct", "direct"
    INDIRECT = "indirect", "indirect"
    MIXED = "mixed", "mixed"


class Polarity(models.TextChoices):
    """Whether the source asserts the content or denies it."""

    AFFIRMS = "affirms", "affirms"
    DENIES = "denies", "denies"


class Modality(models.TextChoices):
    """What kind of act a statement is."""

    ASSERTED = "asserted", "asserted"
    HEDGED = "hedged", "hedged"
    APPEAL = "appeal", "appeal"
    INTENTION = "intention", "intention"
    QUESTION = "question", "question"
    BELIEF = "belief", "belief"


class StatementState(models.TextChoices):
    """What has been decided about a statement. A correction is a new row; the old one becomes ``corrected``."""

    SUGGESTED = "suggested", "suggested by a machine"
    CONFIRMED = "confirmed", "confirmed"
    CORRECTED = "corrected", "replaced by a correction"
    REJECTED = "rejected", "rejected"


class ClaimKind(models.TextChoices):
    """What a claim is about: something that happened, or a figure."""

    EVENT = "event", "event"
    FIGURE = "figure", "figure"


class Stance(models.TextChoices):
    """A statement's position on a claim. Only ``supports`` can corroborate; ``reports`` relays somebody else's word."""

    SUPPORTS = "supports", "supports"
    REFUTES = "refutes", "refutes"
    REPORTS = "reports", "reports"


class Decider(models.TextChoices):
    """Who made a row: what a person decided, no machine changes."""

    MACHINE = "machine", "machine"
    PERSON = "person", "person"


class ContradictionType(models.TextChoices):
    """Kinds of conflict, after de Marneffe, Rafferty and Manning (2008)."""

    NEGATION = "negation", "negation"
    ANTONYM = "antonym", "antonym"
    NUMERIC = "numeric", "numeric"
    TEMPORAL = "temporal", "temporal"
    LOCATION = "location", "location"
    ACTOR = "actor", "actor"
    OTHER = "other", "other"


class ContradictionState(models.TextChoices):
    """What has been decided about a contradiction. ``lapsed``: a machine's suggestion whose evidence went away."""

    SUGGESTED = "suggested", "suggested by a machine"
    CONFIRMED = "confirmed", "confirmed"
    DISMISSED = "dismissed", "dismissed"
    RESOLVED = "resolved", "resolved"
    LAPSED = "lapsed", "lapsed"


class JudgementAnswer(models.TextChoices):
    """A reviewer's answer to "are these the same claim?" (nomenklatura)."""

    PENDING = "pending", "not judged yet"
    POSITIVE = "positive", "the same"
    NEGATIVE = "negative", "not the same"
    UNSURE = "unsure", "unsure"


class VerdictState(models.TextChoices):
    """The life of a verdict."""

    DRAFT = "draft", "draft"
    PROPOSED = "proposed", "proposed"
    PUBLISHED = "published", "published"
    SUPERSEDED = "superseded", "superseded"
    WITHDRAWN = "withdrawn", "withdrawn"


class ItemType(models.TextChoices):
    """What people work on together at the desk; the values are names of models."""

    CLAIM = "claim", "claim"
    CONTRADICTION = "contradiction", "contradiction"
    DOCUMENT = "document", "document"
    DOSSIER = "dossier", "dossier"
    JUDGEMENT = "judgement", "pair of claims"
    SOURCE = "source", "source"
    STATEMENT = "statement", "statement"
    VERDICT = "verdict", "verdict"


class Question(models.TextChoices):
    """What reviewers decide on the same item, so that their opinions can be compared."""

    CONFLICT = "conflict", "Do they conflict?"
    ATTRIBUTION = "attribution", "Does the text say this?"
    SAME_CLAIM = "same claim", "Are they the same claim?"


class Answer(models.TextChoices):
    """A person's answer to a question; :data:`ANSWERS` says which belong to which."""

    YES = "yes", "yes"
    NO = "no", "no"
    OTHERWISE = "otherwise", "not as it was read"
    UNSURE = "unsure", "unsure"
    NONE = "none", "no opinion any more"


def known(field: str, choices: type[models.Choices], *, name: str, or_blank: bool = False) -> models.CheckConstraint:
    """The constraint that ``field`` holds one of ``choices`` (or nothing, where ``or_blank``)."""
    values: list[Any] = [*choices.values, *([""] if or_blank else [])]
    return models.CheckConstraint(name=name, condition=models.Q(**{f"{field}__in": values}))
