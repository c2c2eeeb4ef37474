"""Whether the ways by which documents come in are heard of: silence of a channel shows on the claims that it feeds."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from claims.models import Channel, Claim, Position
from claims.models.channel import FED_WITHIN
from claims.services import ledger, standings
from claims.services.actor import Actor


@transaction.atomic
def open_channel(*, name: str, actor: Actor) -> Channel:
    """A new channel, which is not silent."""
    channel = Channel.objects.create(name=name[:300])
    ledger.record(actor, "opened", channel)
    return channel


@transaction.atomic
def rename_channel(channel: Channel, *, name: str, actor: Actor) -> Channel:
    """Give a channel another name; explanations that name it are written anew."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if name[:300] not in ("", channel.name):
        channel.name = name[:300]
        channel.save(update_fields=["name"])
        ledger.record(actor, "renamed", channel)
        if channel.silent_since is not None:
            standings.refresh(fed_by(channel), actor=actor)
    return channel


@transaction.atomic
def note_silence(channel: Channel, *, since: datetime, why: str, actor: Actor) -> Channel:
    """Note that nothing comes from a channel any more, and why; the claims that it feeds are flagged."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if (channel.silent_since, channel.silence) != (since, why):
        verb = "fell silent" if channel.silent_since is None else "silence explained"
        flagged = set(fed_by(channel))
        channel.silent_since, channel.silence = since, why
        channel.save(update_fields=["silent_since", "silence"])
        ledger.record(actor, verb, channel, reason=why)
        standings.refresh(flagged | set(fed_by(channel)), actor=actor)
    return channel


@transaction.atomic
def note_heard(channel: Channel, *, actor: Actor, reason: str = "") -> Channel:
    """Note that a channel is heard of again, or that nobody listens for it; the flag goes from its claims."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if channel.silent_since is not None:
        flagged = list(fed_by(channel))
        channel.silent_since, channel.silence = None, ""
        channel.save(update_fields=["silent_since", "silence"])
        ledger.record(actor, "heard again", channel, reason=reason)
        standings.refresh(flagged, actor=actor)
    return channel


def fed_by(channel: Channel) -> QuerySet[Claim, int]:
    """The claims whose standing a silent channel degrades: those of what it brought in the days before."""
    if channel.silent_since is None:
        return Claim.objects.none().values_list("pk", flat=True)
    said = Position.objects.current().filter(
        statement__snapshot__document__channel=channel,
        statement__snapshot__document__first_seen_at__gte=channel.silent_since - FED_WITHIN,
    )
    return Claim.objects.filter(positions__in=said).values_list("pk", flat=True).distinct()
