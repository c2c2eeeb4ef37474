"""What ``seeds/expected.yaml`` asks of the database after the dispatches have been read."""

from collections.abc import Iterator
from typing import Any

from claims.models import Claim, Contradiction, Position, Source
from claims.services.standings import body, vouching


def shortfalls(dossier: dict[str, Any]) -> Iterator[str]:
    """Every way in which the database falls short of what one dossier expects, in words."""
    for expected in dossier["claims"]:
        yield from _claim_shortfalls(dossier["slug"], expected)
    yield from _contradiction_shortfalls(dossier)


def claim_with(slug: str, text: str) -> Claim | None:
    """The claim that holds the statement whose content contains ``text``."""
    position = (
        Position.objects.filter(
            superseded_at__isnull=True,
            claim__dossier__slug=slug,
            statement__content_text__icontains=text,
        )
        .exclude(stance="reports")
        .order_by("pk")
        .first()
    )
    return position.claim if position else None


def _claim_shortfalls(slug: str, expected: dict[str, Any]) -> Iterator[str]:
    claim = claim_with(slug, expected["text"])
    if claim is None:
        yield f"{expected['text']!r}: no such claim"
        return
    for wording in expected.get("also", []):
        other = claim_with(slug, wording)
        if other != claim:
            yield f"{wording!r} is on {other}, not on {claim}"
    wanted = {
        "standing": expected["standing"],
        "origins": expected["origins"],
        "refuting_origins": expected.get("refuting_origins", 0),
        "standing_flags": sorted(expected.get("flags", [])),
    }
    for field, value in wanted.items():
        found = getattr(claim, field)
        if (sorted(found) if isinstance(found, list) else found) != value:
            yield f"{expected['text']!r}: {field} is {found}, not {value} ({claim.standing_explanation['sentences']})"
    explanation = claim.standing_explanation
    for side, names in (("supporting", expected.get("supports", [])), ("refuting", expected.get("refutes", []))):
        found_names = {name for origin in explanation[side] for name in origin["names"]}
        for name in names:
            if name not in found_names and f"{name}, {_body_of(name)}" not in found_names:
                yield f"{expected['text']!r}: {name} is not among the {side} origins {sorted(found_names)}"
    yield from _discount_shortfalls(claim, expected)


def _body_of(name: str) -> str:
    source = Source.objects.filter(name=name).first()
    return body(source).name if source else ""


def _discount_shortfalls(claim: Claim, expected: dict[str, Any]) -> Iterator[str]:
    found = set()
    for discount in claim.standing_explanation["discounted"]:
        statement = Position.objects.get(uid=discount["position"]).statement
        name = vouching(statement).name
        file = statement.snapshot.submissions.first().address.rsplit("/", 1)[-1].removesuffix(".md")
        found.add((file, name, discount["reason"]))
    for one in expected.get("discounted", []):
        if (one["document"], one["source"], one["reason"]) not in found:
            yield f"{expected['text']!r}: {one} is not among {sorted(found)}"


def _contradiction_shortfalls(dossier: dict[str, Any]) -> Iterator[str]:
    slug = dossier["slug"]
    left = list(Contradiction.objects.standing().filter(claim__dossier__slug=slug))
    for expected in dossier.get("contradictions", []):
        claims = {claim_with(slug, side) for side in expected["between"]}
        match = next(
            (c for c in left if c.type == expected["type"] and claims == {c.claim, c.other_claim or c.claim}), None
        )
        if match is None:
            yield f"{expected}: not proposed"
        else:
            left.remove(match)
    yield from (f"proposed without being expected: {c.type}: {c.explanation}" for c in left)
