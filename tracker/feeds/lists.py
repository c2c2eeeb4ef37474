"""Importing and exporting the list of feeds."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User

from claims.errors import ClaimsError
from claims.models import Dossier
from tracker.feeds.opml import Outline, read_opml, write_opml
from tracker.feeds.services import FeedThere, add_feed
from tracker.models import Feed, FeedKind

TOLD = 5  # of what was left out


@dataclass(slots=True)
class Imported:
    """What became of a list: how many feeds it added, how many were there, and what was left out with the reason."""

    added: int = 0
    there: int = 0
    left_out: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"{self.added} feeds added, {self.there} were there already."
        if self.left_out:
            more = f" and {len(self.left_out) - TOLD} more" if len(self.left_out) > TOLD else ""
            said += f" Left out: {'; '.join(self.left_out[:TOLD])}{more}."
        return said


def import_list(payload: bytes, *, name: str, dossier: Dossier | None, by: User | None) -> Imported:
    """Add the feeds of an OPML file, in its folders. Importing it again adds nothing. Raises ``IngestError``."""
    outlines, left_out = read_opml(payload, name=name)
    told = Imported(left_out=left_out)
    for outline in outlines:
        try:
            add_feed(address=outline.address, title=outline.title, group=outline.group, dossier=dossier, by=by)
        except FeedThere:
            told.there += 1
        except ClaimsError as refused:
            told.left_out.append(str(refused))
        else:
            told.added += 1
    return told


def exported() -> bytes:
    """All feeds that other readers can read too, as OPML: no folders of files, no watched pages."""
    feeds = Feed.objects.filter(kind__in=[FeedKind.FEED, FeedKind.SITEMAP]).order_by("group", "title", "pk")
    outlines = (Outline(feed.address, feed.title, feed.site, feed.group) for feed in feeds)
    return write_opml(outlines, title="Corroborate")
