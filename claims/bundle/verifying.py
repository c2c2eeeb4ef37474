"""Is a bundle what its maker signed, and do its parts bear each other out? Names the first thing that is wrong."""

import base64
import hashlib
import json
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from claims import chain
from claims.bundle import keys, layout, proof, tokens

CHUNK = 1 << 16
LARGEST_MANIFEST = 1 << 28
# What reading a damaged archive may raise.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, IndexError)


class Fault(Exception):
    """What is wrong, and in which member."""

    def __init__(self, member: str, why: str) -> None:
        super().__init__(f"{member}: {why}")
        self.member, self.why = member, why


@dataclass(frozen=True, slots=True)
class Verified:
    """What a bundle holds in which nothing is wrong."""

    manifest: dict[str, Any]
    key: Ed25519PublicKey
    known_key: bool
    stamps: "Stamps"
    rows: int
    versions: int
    notices: int
    statements: int
    events: int


@dataclass(frozen=True, slots=True)
class Stamps:
    """What time stamps vouch for: so many events were there at the latest then.

    ``unchecked`` are those of which neither the bundle nor the caller has certificates to check them by.
    """

    count: int = 0
    events: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    unchecked: int = 0
    known_roots: bool = False


def verify(
    path: Path, *, key: Ed25519PublicKey | None = None, stamp_roots: Sequence[Certificate] | None = None
) -> Verified:
    """Verify all of a bundle. Raises :class:`Fault`.

    With a ``key``, only a signature of that key is taken; with ``stamp_roots``, only time stamps that lead to them.
    """
    with _named(path.name):
        archive = zipfile.ZipFile(path)
    with archive:
        opened = _Opened(archive, path.name)
        manifest, signed_with = _signed_manifest(opened, key)
        _members_as_listed(opened, manifest)
        newest, told = _events(opened)
        _tree(opened, manifest, told)
        stamps = _stamps(opened, told, stamp_roots)
        kinds = layout.FORMATS[manifest["format"]]
        rows = _rows_as_recorded(opened, newest, kinds)
        missing = _missing(manifest)
        versions, texts, removed = _versions(opened, missing)
        notices = _notices(opened, missing, texts) if "notices" in kinds else 0
        statements = _statements(opened, removed)
    return Verified(manifest, signed_with, key is not None, stamps, rows, versions, notices, statements, len(told))


class _Opened:
    """Members by name, each read in pieces, with a fault that names the member for whatever goes wrong."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive = archive
        self.names = archive.namelist()
        if len(set(self.names)) != len(self.names):
            twice = next(n for n in self.names if self.names.count(n) > 1)
            raise Fault(twice, f"there are two members of this name in {name}")

    def pieces(self, name: str) -> Iterator[bytes]:
        """All bytes of a member."""
        if name not in self.names:
            raise Fault(name, "it is missing")
        with _named(name), self.archive.open(name) as member:
            while piece := member.read(CHUNK):
                yield piece

    def whole(self, name: str) -> bytes:
        """All bytes of a small member at once."""
        if name in self.names and self.archive.getinfo(name).file_size > LARGEST_MANIFEST:
            raise Fault(name, "it is too large to be what its name says")
        return b"".join(self.pieces(name))

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The objects of a member of JSON Lines."""
        if name not in self.names:
            raise Fault(name, "it is missing")
        with _named(name), self.archive.open(name) as member:
            for line in member:
                yield json.loads(line)


@contextmanager
def _named(member: str) -> Iterator[None]:
    """Whatever reading a member raises is a fault of that member."""
    try:
        yield
    except UNREADABLE as error:
        raise Fault(member, f"it cannot be read: {error}") from error
    except MISSHAPEN as error:
        raise Fault(member, f"it is not what it should be: {type(error).__name__}: {error}") from error


def _signed_manifest(opened: _Opened, key: Ed25519PublicKey | None) -> tuple[dict[str, Any], Ed25519PublicKey]:
    content = opened.whole(layout.MANIFEST)
    with _named(layout.SIGNATURE):
        signature = json.loads(opened.whole(layout.SIGNATURE))
        if signature["algorithm"] != keys.ALGORITHM:
            raise Fault(layout.SIGNATURE, f"it is of the kind {signature['algorithm']!r}, which nobody here knows")
        used = keys.read(signature["public_key"])
        if signature["key_id"] != keys.key_id(used):
            raise Fault(layout.SIGNATURE, "its key is not the one that it names")
        if key is not None and keys.raw(key) != keys.raw(used):
            raise Fault(layout.SIGNATURE, f"it was made with the key {keys.key_id(used)}, not {keys.key_id(key)}")
        signed = base64.b64decode(signature["signature"], validate=True)
    try:
        used.verify(signed, content)
    except InvalidSignature as error:
        raise Fault(layout.MANIFEST, "it is not what was signed, or the signature is another's") from error
    with _named(layout.MANIFEST):
        manifest = json.loads(content)
        if manifest["format"] not in layout.FORMATS:
            known = " and ".join(layout.FORMATS)
            raise Fault(layout.MANIFEST, f"its format is {manifest['format']!r}, and only {known} are known here")
    return manifest, used


def _members_as_listed(opened: _Opened, manifest: dict[str, Any]) -> None:
    listed = {member["name"]: member for member in manifest["members"]}
    unlisted = set(opened.names) - set(listed) - {layout.MANIFEST, layout.SIGNATURE}
    if unlisted:
        raise Fault(min(unlisted), "the manifest knows nothing of it")
    for name, member in listed.items():
        found, size = hashlib.sha256(), 0
        for piece in opened.pieces(name):
            found.update(piece)
            size += len(piece)
        if (found.hexdigest(), size) != (member["sha256"], member["size"]):
            raise Fault(name, "its bytes are not those that the manifest lists")


def _events(opened: _Opened) -> tuple[dict[str, tuple[int, str]], dict[int, str]]:
    """The newest event of each object, by place and hash of the state; and the hash of every event, by its place."""
    newest: dict[str, tuple[int, str]] = {}
    told: dict[int, str] = {}
    before = (0, chain.GENESIS)
    for event in opened.lines(layout.EVENTS):
        with _named(layout.EVENTS):
            seq, named = event["seq"], f"event {event['seq']}"
            if not isinstance(seq, int) or seq <= before[0]:
                raise Fault(layout.EVENTS, f"{named} is not in its place")
            if seq == before[0] + 1 and event["prev_hash"] != before[1]:
                raise Fault(layout.EVENTS, f"{named} does not follow from the event before it")
            if chain.digest_of(event) != event["hash"]:
                raise Fault(layout.EVENTS, f"{named} does not hash to what was sealed")
            told[seq] = event["hash"]
            newest[event["object_uid"]] = (seq, _fingerprint(event["state"]))
            before = (seq, event["hash"])
    return newest, told


def _tree(opened: _Opened, manifest: dict[str, Any], told: dict[int, str]) -> None:
    """The root that the events told and the proof of all others lead to is the one that was signed."""
    ledger = manifest["ledger"]
    size, head = ledger["size"], ledger["head"]
    with _named(layout.OTHERS):
        others = {(one["first"], one["last"]): one["root"] for one in opened.lines(layout.OTHERS)}
        if max(told, default=0) > size or told.get(size, head) != head:
            raise Fault(layout.EVENTS, f"they do not end where the manifest says that the ledger ends, at {size}")
        known = {**told, size: head} if size else told
        if proof.root_from(size, known, others) != ledger["root"]:
            raise Fault(layout.OTHERS, "the events do not lead to the root of the ledger that was signed")


def _stamps(opened: _Opened, told: dict[int, str], given: Sequence[Certificate] | None) -> Stamps:
    """Each token holds, and the events told are among those that it was given over."""
    with _named(layout.STAMP_ROOTS):
        pem = opened.whole(layout.STAMP_ROOTS)
        roots = tokens.read_roots(pem) if given is None and pem else given or []
    places, covered, moments, unchecked, before = sorted(told), 0, list[datetime](), 0, 0
    for stamp in opened.lines(layout.STAMPS):
        with _named(layout.STAMPS):
            first, last, named = stamp["first"], stamp["last"], f"the stamp over {stamp['first']} to {stamp['last']}"
            if not before < first <= last:
                raise Fault(layout.STAMPS, f"{named} is not in its place")
            before = last
            inside = places[bisect_left(places, first) : bisect_right(places, last)]
            others = {(one, other): root for one, other, root in stamp["others"]}
            within = {seq - first + 1: told[seq] for seq in inside}
            if proof.root_from(last - first + 1, within, others) != stamp["root"]:
                raise Fault(layout.STAMPS, f"{named} was given over other events")
            token, root = base64.b64decode(stamp["token"], validate=True), bytes.fromhex(stamp["root"])
            if not roots:
                unchecked += 1
                continue
            try:
                moment = tokens.check_token(token, root, roots=roots)
            except tokens.BadToken as error:
                raise Fault(layout.STAMPS, f"the token of {named} does not hold: {error}") from error
            if moment != datetime.fromisoformat(stamp["stamped_at"]):
                raise Fault(layout.STAMPS, f"the token of {named} vouches for another moment")
            covered += len(inside)
            moments.append(moment)
    earliest, latest = min(moments, default=None), max(moments, default=None)
    return Stamps(len(moments), covered, earliest, latest, unchecked, given is not None)


def _rows_as_recorded(opened: _Opened, newest: dict[str, tuple[int, str]], kinds: Sequence[str]) -> int:
    """Each row is what its newest event says, and there is a row for every object that events tell of."""
    left = dict(newest)
    for kind in kinds:
        name = layout.rows_member(kind)
        for row in opened.lines(name):
            with _named(name):
                if left.pop(row["uid"], None) != (row["seq"], _fingerprint(row["state"])):
                    raise Fault(name, f"{row['uid']} is not what the ledger recorded of it last")
    if left:
        raise Fault(layout.EVENTS, f"events tell of {next(iter(left))}, of which there is no row")
    return len(newest)


def _missing(manifest: dict[str, Any]) -> set[str]:
    """The versions and notices whose originals the maker says are lost."""
    with _named(layout.MANIFEST):
        return {uid for one in manifest["missing"] for kind, uid in one.items() if kind != "why"}


def _versions(opened: _Opened, missing: set[str]) -> tuple[int, dict[str, str], set[str]]:
    """Each version's text and WARC file hash to what the ledger recorded; what is missing is said to be.

    How many there are, the hash of each one's text, and of which the ledger says that their contents were removed
    under a rule.
    """
    removed, texts = set[str](), dict[str, str]()
    count = 0
    name = layout.rows_member("snapshots")
    for row in opened.lines(name):
        with _named(name):
            uid, state = row["uid"], row["state"]
            text, texts[uid] = layout.text_member(uid), state["text_sha256"]
            if state.get("removed"):  # as the ledger recorded it
                removed.add(uid)
                continue
        if hashlib.sha256(b"".join(opened.pieces(text))).hexdigest() != texts[uid]:
            raise Fault(text, "it does not hash to what the ledger recorded")
        _original(opened, name, row, missing)
        count += 1
    return count, texts, removed


def _notices(opened: _Opened, missing: set[str], texts: dict[str, str]) -> int:
    """The WARC file of each page that took back a version hashes to what the ledger recorded; how many there are."""
    name, count = layout.rows_member("notices"), 0
    for row in opened.lines(name):
        with _named(name):
            state = row["state"]
            if texts.get(state["snapshot"]) != state["text_sha256"]:
                raise Fault(name, f"{row['uid']} speaks of another text than its version has")
            if state.get("removed"):
                continue
        _original(opened, name, row, missing)
        count += 1
    return count


def _original(opened: _Opened, name: str, row: dict[str, Any], missing: set[str]) -> None:
    with _named(name):
        uid, state = row["uid"], row["state"]
        payload, whole = state["payload_sha256"], state.get("warc_sha256", "")
    if uid not in missing:
        _warc(opened, layout.warc_member(uid), payload=payload, whole=whole)


def _warc(opened: _Opened, name: str, *, payload: str, whole: str) -> None:
    found = hashlib.sha256()
    for piece in opened.pieces(name):
        found.update(piece)
    if whole and found.hexdigest() != whole:
        raise Fault(name, "the file does not hash to what the ledger recorded")
    try:
        with _named(name), opened.archive.open(name) as member:
            payloads = [
                _sha256_of(record.content_stream())
                for record in ArchiveIterator(member)
                if record.rec_type in ("response", "resource")
            ]
    except ArchiveLoadFailed as error:
        raise Fault(name, f"it is no WARC file: {error}") from error
    if payloads != [payload]:
        raise Fault(name, "its payload does not hash to what the ledger recorded")


def _statements(opened: _Opened, removed: set[str]) -> int:
    """The words of each statement stand in the text where its spans say, as far as there is a text."""
    name, count = layout.rows_member("statements"), 0
    snapshot, text = "", ""
    for row in opened.lines(name):
        with _named(name):
            state, more = row["state"], row["more"]
            if state["snapshot"] in removed:
                continue
            if state["snapshot"] != snapshot:
                snapshot = state["snapshot"]
                text = b"".join(opened.pieces(layout.text_member(snapshot))).decode()
            for words, spans in (
                (state["content_text"], state["content_spans"]),
                (state["cue_text"], more["cue_spans"]),
                (state["source_text"], more["source_spans"]),
            ):
                if spans and " ".join(text[start:end] for start, end in spans) != words:
                    raise Fault(name, f"the words of {row['uid']} do not stand in the text where it says")
            count += 1
    return count


def _sha256_of(stream: Any) -> str:
    found = hashlib.sha256()
    while piece := stream.read(CHUNK):
        found.update(piece)
    return found.hexdigest()


def _fingerprint(state: Any) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
