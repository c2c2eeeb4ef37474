"""Rows for tests. Each is recorded on the ledger as the services do it: the database refuses it otherwise."""

import hashlib
from typing import Any

import factory
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from claims import models
from claims.choices import ContradictionType, Stance
from claims.models.base import Recorded
from claims.services import ledger
from claims.services.actor import Actor
from claims.services.claims import Reasoned, Side, take_positions

MACHINE = Actor.machine("test", "1")


class RecordedFactory(factory.django.DjangoModelFactory):
    """Saves the row and its event in one transaction."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Recorded], *args: Any, **kwargs: Any) -> Recorded:
        with transaction.atomic():
            row = super()._create(model_class, *args, **kwargs)
            ledger.record(MACHINE, "created", row)
        return row


class UserFactory(factory.django.DjangoModelFactory):
    """A person, in the group named by ``role``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    is_staff = True

    @factory.post_generation
    def role(self, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if create and extracted:
            self.groups.add(Group.objects.get(name=extracted))


class PartyFactory(RecordedFactory):
    class Meta:
        model = models.Party

    slug = factory.Sequence(lambda n: f"party-{n}")
    name = factory.LazyAttribute(lambda o: o.slug.title())


class SourceFactory(RecordedFactory):
    class Meta:
        model = models.Source
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Source {n}")
    kind = "organisation"

    @factory.post_generation
    def names(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and self.named_in is None:
            models.SourceName.objects.create(source=self, name=self.name, key=models.name_key(self.name))


class ChannelFactory(RecordedFactory):
    class Meta:
        model = models.Channel

    name = factory.Sequence(lambda n: f"Channel {n}")


class DossierFactory(RecordedFactory):
    class Meta:
        model = models.Dossier

    slug = factory.Sequence(lambda n: f"dossier-{n}")
    title = factory.LazyAttribute(lambda o: o.slug.title())


class DocumentFactory(RecordedFactory):
    class Meta:
        model = models.Document

    dossier = factory.SubFactory(DossierFactory)
    url = factory.Sequence(lambda n: f"https://outlet.example/{n}")
    title = factory.Sequence(lambda n: f"Dispatch {n}")
    publisher = factory.SubFactory(SourceFactory, kind="news media")
    published_at = factory.LazyFunction(timezone.now)


class SnapshotFactory(RecordedFactory):
    class Meta:
        model = models.Snapshot

    document = factory.SubFactory(DocumentFactory)
    number = 1
    fetched_at = factory.LazyFunction(timezone.now)
    fetched_from = factory.SelfAttribute("document.url")
    warc_path = "aa/test.warc.gz"
    warc_offset = 0
    warc_length = 1
    text = factory.Sequence(lambda n: f"The mayor of Town {n} said the bridge was closed.")
    payload_sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.text.encode()).hexdigest())
    text_sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.text.encode()).hexdigest())
    extractor = "test"
    extractor_version = "1"


class NoticeFactory(RecordedFactory):
    class Meta:
        model = models.Notice

    snapshot = factory.SubFactory(SnapshotFactory)
    state = "retracted"
    words = "creativeWorkStatus: Retracted"
    fetched_at = factory.LazyFunction(timezone.now)
    fetched_from = factory.SelfAttribute("snapshot.document.url")
    warc_path = "bb/test.warc.gz"
    warc_offset = 0
    warc_length = 1
    warc_sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.warc_path.encode()).hexdigest())
    payload_sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.words.encode()).hexdigest())


class StatementFactory(RecordedFactory):
    class Meta:
        model = models.Statement

    snapshot = factory.SubFactory(SnapshotFactory)
    source = factory.SubFactory(SourceFactory)
    source_text = factory.SelfAttribute("source.name")
    content_text = "the bridge was closed"
    content_spans = factory.Sequence(lambda n: [[n, n + 21]])
    quotation = "indirect"
    extractor = "test"
    extractor_version = "1"


class ClaimFactory(RecordedFactory):
    class Meta:
        model = models.Claim

    dossier = factory.SubFactory(DossierFactory)
    text = factory.Sequence(lambda n: f"bridge {n} was closed")


class PositionFactory(RecordedFactory):
    class Meta:
        model = models.Position

    statement = factory.SubFactory(StatementFactory)
    claim = factory.SubFactory(ClaimFactory)
    stance = Stance.SUPPORTS
    score = 0.9
    algorithm = "test"
    algorithm_version = "1"


class ContradictionFactory(RecordedFactory):
    class Meta:
        model = models.Contradiction

    claim = factory.SubFactory(ClaimFactory)
    position = factory.SubFactory(PositionFactory, claim=factory.SelfAttribute("..claim"))
    other_position = factory.SubFactory(PositionFactory, claim=factory.SelfAttribute("..claim"), stance=Stance.REFUTES)
    type = ContradictionType.NEGATION
    score = 0.9
    explanation = "One says that the bridge was closed, the other denies it."
    algorithm = "test"
    algorithm_version = "1"


class JudgementFactory(RecordedFactory):
    class Meta:
        model = models.Judgement

    claim = factory.SubFactory(ClaimFactory)
    other_claim = factory.SubFactory(ClaimFactory, dossier=factory.SelfAttribute("..claim.dossier"))
    score = 0.5
    algorithm = "test"
    algorithm_version = "1"


class VerdictFactory(RecordedFactory):
    class Meta:
        model = models.Verdict

    claim = factory.SubFactory(ClaimFactory)
    credibility = 2
    rationale = "Two independent origins and a photograph."
    author = factory.SubFactory(UserFactory)


def take_position(
    statement: models.Statement, *, claim: models.Claim, stance: str = Stance.SUPPORTS
) -> models.Position | None:
    """Let a machine place one statement; ``None`` where that changes nothing."""
    why = Reasoned(0.9, "test", "1", ["the same words"])
    taken = take_positions([Side(statement, claim, stance, why)], actor=MACHINE)
    return taken[0] if taken else None
