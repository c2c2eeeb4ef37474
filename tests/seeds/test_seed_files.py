"""The dispatches, what is expected of them, and what an editor set up beforehand agree with one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frontmatter
import pytest
import yaml

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
STANDINGS = {"single-origin", "echoed", "one-sided", "corroborated", "contested", "denied", "withdrawn"}
REASONS = {"syndicated copy", "same source", "chain", "circular", "superseded", "withdrawn"}

DISPATCHES = {path.stem: frontmatter.load(str(path)) for path in sorted(SEEDS.glob("*.md")) if path.name != "README.md"}
EXPECTED: list[dict[str, Any]] = yaml.safe_load((SEEDS / "expected.yaml").read_text(encoding="utf-8"))["dossiers"]
DOSSIERS: list[dict[str, Any]] = yaml.safe_load((SEEDS / "dossiers.yaml").read_text(encoding="utf-8"))["dossiers"]
CLAIMS = [(expected["slug"], claim) for expected in EXPECTED for claim in expected["claims"]]


def bodies(slug: str) -> dict[str, str]:
    return {name: post.content.lower() for name, post in DISPATCHES.items() if post["dossier"] == slug}


def known_names(slug: str) -> set[str]:
    return {source["name"] for dossier in DOSSIERS if dossier["slug"] == slug for source in dossier["sources"]}


def test_there_are_at_least_fourteen_dispatches() -> None:
    assert len(DISPATCHES) >= 14


@pytest.mark.parametrize("name", DISPATCHES)
def test_each_dispatch_says_where_when_and_by_whom_it_was_published(name: str) -> None:
    post = DISPATCHES[name]
    assert post["url"].startswith("https://")
    assert post["url"].split("/")[2].endswith(".example")
    assert post["published_at"].utcoffset() is not None
    assert post["language"] == "en"
    assert post["publisher"] in known_names(post["dossier"])


@pytest.mark.parametrize("name", DISPATCHES)
def test_a_fictional_dispatch_says_so_in_its_first_line_and_any_other_in_a_note(name: str) -> None:
    post = DISPATCHES[name]
    if post["fictional"]:
        assert "invented country" in post.content.splitlines()[0]
    else:
        assert "the publisher is invented" in post["note"]


def test_two_files_with_one_address_are_an_older_and_a_newer_version() -> None:
    first, second = DISPATCHES["velmora-09-first-version"], DISPATCHES["velmora-10-corrected-version"]
    assert first["url"] == second["url"]
    assert second["state"] == "corrected"
    assert second["updated_at"] > first["published_at"]


def test_every_standing_and_every_reason_is_shown() -> None:
    assert {claim["standing"] for _, claim in CLAIMS} == STANDINGS
    assert {item["reason"] for _, claim in CLAIMS for item in claim.get("discounted", [])} == REASONS
    assert {flag for _, claim in CLAIMS for flag in claim.get("flags", [])} == {
        "against-interest",
        "rising",
        "source-corrected",
    }


@pytest.mark.parametrize(("slug", "claim"), CLAIMS, ids=[claim["text"] for _, claim in CLAIMS])
def test_each_expected_claim_is_in_the_dispatches(slug: str, claim: dict[str, Any]) -> None:
    texts = bodies(slug)
    for fragment in [claim["text"], *claim.get("also", [])]:
        assert any(fragment.lower() in text for text in texts.values()), fragment
    for item in claim.get("discounted", []):
        assert item["document"] in texts
    circular = any(item["reason"] == "circular" for item in claim.get("discounted", []))
    assert claim["origins"] == (1 if circular else len(claim["supports"]))
    assert claim.get("refuting_origins", 0) == len(claim.get("refutes", []))


@pytest.mark.parametrize("expected", EXPECTED, ids=[expected["slug"] for expected in EXPECTED])
def test_each_side_of_a_contradiction_is_an_expected_wording(expected: dict[str, Any]) -> None:
    texts = bodies(expected["slug"])
    sides = [side for item in expected["contradictions"] for side in item["between"]]
    sides += [side for pair in expected["not_contradictions"] for side in pair]
    for side in sides:
        assert any(side.lower() in text for text in texts.values()), side


@pytest.mark.parametrize("dossier", DOSSIERS, ids=[dossier["slug"] for dossier in DOSSIERS])
def test_parents_and_parties_of_known_sources_are_known_themselves(dossier: dict[str, Any]) -> None:
    parties = {party["name"]: party["opposes"] for party in dossier["parties"]}
    names = known_names(dossier["slug"])
    assert len(names) == len(dossier["sources"])
    for name, opposes in parties.items():
        assert all(name in parties[other] for other in opposes)
    for source in dossier["sources"]:
        assert source.get("parent", source["name"]) in names
        assert source.get("party") is None or source["party"] in parties
        assert source["reliability"] in "ABCDEF"
    assert all(item["party"] in parties for item in dossier["favours"])
