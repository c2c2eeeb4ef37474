"""News articles about the invented claims, as long as news is.

They hold what makes reading them work: sources quoted directly and indirectly, sources without a name, denials, and
copies by other outlets. The same seed gives the same articles. Nothing here is anybody's text.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from html import escape

import yaml

from benchmarks.invented_claims import Fact, World

OUTLETS = ("Velmora Wire", "The Osk Gazette", "Radio Dahl", "Lakeside Post", "The Border Courier", "Harbour News")
COPIED = 0.1  # of the articles are another outlet's words
DENIED = 0.15  # of what is said
ZONE = timezone(timedelta(hours=2))
SPEAKERS = ("the governor", "a doctor", "residents", "an aid worker", "a military spokesman", "two officials")
ASIDES = (
    "The road to {place} runs along the river and is narrow in many places.",
    "Winters are long there, and most families keep stores of wood and flour.",
    "Markets in the valley open before sunrise, and {place} has two of them.",
    "The ferry between {place} and {other} carries lorries twice a day in summer.",
    "Maps of the district show {place} and {other} a day's walk apart.",
)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as an outlet printed it."""

    number: int
    outlet: str
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    dossier: str

    @property
    def url(self) -> str:
        """An address that no other article has and nobody answers to."""
        return f"https://{self.outlet.lower().replace(' ', '-')}.invalid/{self.number}"

    @property
    def text(self) -> str:
        """Its words."""
        return "\n\n".join(self.paragraphs) + "\n"

    def markdown(self) -> bytes:
        """As a Markdown file with front matter."""
        facts = {
            "url": self.url, "title": self.title, "publisher": self.outlet, "published_at": self.published.isoformat(),
            "dossier": self.dossier, "language": "en",
        }  # fmt: skip
        return f"---\n{yaml.safe_dump(facts, allow_unicode=True)}---\n{self.text}".encode()

    def page(self) -> bytes:
        """As a page with the furniture that pages have."""
        body = "".join(f"<p>{escape(one)}</p>" for one in self.paragraphs)
        links = "".join(f'<li><a href="/{n}">Section {n}</a></li>' for n in range(30))
        return (
            f'<!doctype html><html lang="en"><head><title>{escape(self.title)}</title>'
            f'<meta property="og:site_name" content="{escape(self.outlet)}">'
            f'<meta property="article:published_time" content="{self.published.isoformat()}">'
            f"<style>{'.a{color:red}' * 50}</style></head><body><nav><ul>{links}</ul></nav>"
            f"<article><h1>{escape(self.title)}</h1>{body}</article><footer>{links}</footer></body></html>"
        ).encode()


def articles(*, seed: int = 1, long: bool = True, dossiers: int = 20) -> Iterator[Article]:
    """Articles without end: of about 300 words, or of two sentences."""
    chance = random.Random(seed)
    world = World(regions=dossiers, seed=seed, happening=seed + 1)
    facts = world.facts()
    last: list[Article] = []
    number = 0
    while True:
        number += 1
        if last and chance.random() < COPIED:
            copied = chance.choice(last)
            outlet = chance.choice([one for one in OUTLETS if one != copied.outlet])
            said = (*copied.paragraphs, f"– {copied.outlet}")
            yield Article(number, outlet, copied.title, said, copied.published + timedelta(hours=3), copied.dossier)
            continue
        first = next(facts)
        told = [first]
        while len(told) < (8 if long else 2):
            fact = next(facts)
            if fact.region == first.region:
                told.append(fact)
        paragraphs = tuple(_paragraph(fact, chance, long=long) for fact in told)
        moment = datetime.combine(max(fact.day for fact in told) + timedelta(days=1), time(9), ZONE)
        made = Article(
            number, chance.choice(OUTLETS), _heading(first), paragraphs, moment, f"region-{first.region}"
        )  # fmt: skip
        last = [*last[-50:], made]
        yield made


def _heading(fact: Fact) -> str:
    said = fact.said(0)
    return said[0].upper() + said[1:]


def _paragraph(fact: Fact, chance: random.Random, *, long: bool) -> str:
    said = fact.said(chance.randrange(fact.wordings))
    person, role = fact.words["person"], fact.words["role"]
    form = chance.randrange(5)
    if form == 0:
        words = f"{person}, the {role} of {fact.place}, said {said}."
    elif form == 1:
        words = f'"{said[0].upper() + said[1:]}," said {person}, a {role} in {fact.place}.'
    elif form == 2:
        words = f"According to the {fact.words['group']}, {said}."
    else:
        speaker = chance.choice(SPEAKERS)
        words = f"{speaker[0].upper() + speaker[1:]} in {fact.place} said that {said}."
    if chance.random() < DENIED:
        words += f" The {fact.words['rival']} denied that {fact.said(0)}."
    return f"{words} {chance.choice(ASIDES).format(**fact.words)}" if long else words
