"""What an ingestion found, as text for a terminal."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q
from rich.console import Console
from rich.table import Table

from claims.models import Claim, Contradiction, Document, Position, Statement
from tracker.models import Submission, SubmissionState
from tracker.submissions import Refused
from tracker.terminal import printable

COLOURS = {
    "corroborated": "green", "contested": "red", "denied": "red", "withdrawn": "magenta", "one-sided": "yellow",
    "echoed": "yellow",
}  # fmt: skip


def print_report(console: Console, submissions: Sequence[Submission], refused: Sequence[Refused]) -> None:
    """Documents, statements by source, claims with their standing, and what is contested and why."""
    for one in refused:
        console.print(f"[bold red]Not read[/] ({one.error.code}): {printable(one.error)}", soft_wrap=True)
    for submission in submissions:
        if submission.error:
            yet = "" if submission.state == SubmissionState.FAILED else " yet, and tried again later"
            console.print(
                f"[bold red]Not read[/]{yet} ({submission.error_code}): {printable(submission.error)}", soft_wrap=True
            )
    documents = []
    for submission in submissions:
        if submission.snapshot is not None:
            _document(console, submission)
            documents.append(submission.snapshot.document)
    if documents:
        _claims(console, documents)


def _document(console: Console, submission: Submission) -> None:
    snapshot = submission.snapshot
    if snapshot is None:
        return
    document = snapshot.document
    news = "" if submission.new_snapshot else " (known already: the same text as before)"
    if submission.new_snapshot and not submission.new_document:
        news = f" (version {snapshot.number}: its text has changed)"
    console.rule(f"[bold]{printable(document.title or document.url)}[/]{news}", align="left")
    facts = [document.publisher, document.published_at and f"{document.published_at:%d %B %Y}", document.url]
    console.print(printable(" · ".join(str(fact) for fact in facts if fact)), style="dim", soft_wrap=True)
    if snapshot.error:
        console.print(f"[bold red]Given up[/]: {printable(snapshot.error)}", soft_wrap=True)
    if document.origin is not None:
        console.print(
            f"A copy of {printable(document.origin)}: {printable(document.origin_explanation)}", style="yellow"
        )
    by_source: dict[str, list[Statement]] = defaultdict(list)
    for statement in snapshot.statements.current().select_related("source").order_by("pk"):
        by_source[statement.source.name if statement.source else "(source not named)"].append(statement)
    for name, statements in by_source.items():
        console.print(f"\n[bold cyan]{printable(name)}[/]")
        for statement in statements:
            cue = statement.cue_text or "–"
            denied = "[red]denies[/] " if statement.polarity == "denies" else ""
            aside = "" if statement.checkable else f" [dim]({statement.modality}, not checkable)[/]"
            console.print(f"  [dim]{printable(cue)}:[/] {denied}{printable(_one_line(statement.content_text))}{aside}")
    console.print()


def _claims(console: Console, documents: Sequence[Document]) -> None:
    claims = (
        Claim.objects.live()
        .filter(positions__superseded_at__isnull=True, positions__statement__snapshot__document__in=documents)
        .distinct()
        .order_by("pk")
    )
    table = Table("Claim", "Standing", "Origins", "Why", title="Claims", title_justify="left", show_lines=False)
    for claim in claims:
        colour = COLOURS.get(claim.standing, "white")
        flags = "".join(f"\n{flag}" for flag in claim.standing_flags)
        why = claim.standing_explanation.get("sentences", [""])[0]
        table.add_row(
            printable(_one_line(claim.text)),
            f"[{colour}]{claim.standing}[/]{flags}",
            str(claim.origins),
            printable(why),
        )
    console.print(table)
    found = Contradiction.objects.standing().filter(Q(claim__in=claims) | Q(other_claim__in=claims)).order_by("pk")
    if not found:
        console.print("Nothing is contested.")
        return
    console.rule("[bold red]Contested[/]", align="left")
    for contradiction in found:
        console.print(
            f"[bold]{contradiction.type}[/] ({contradiction.score:.2f}): {printable(contradiction.explanation)}"
        )
        for position in (contradiction.position, contradiction.other_position):
            console.print(f"    {printable(_side(position))}", style="dim")


def _side(position: Position) -> str:
    statement = position.statement
    source = statement.source.name if statement.source else "?"
    return f"{source} {statement.cue_text}: “{_one_line(statement.content_text)}” ({statement.snapshot.document})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
