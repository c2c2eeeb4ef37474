"""What the members of a bundle are called, and what the manifest calls its format."""

FORMAT = "corroborate-bundle/2"
README, MANIFEST, SIGNATURE = "README.txt", "manifest.json", "signature.json"
EVENTS, OTHERS = "ledger/events.jsonl", "ledger/others.jsonl"
STAMPS, STAMP_ROOTS = "ledger/stamps.jsonl", "ledger/stamp-roots.pem"
ROWS = (
    "dossier", "parties", "sources", "documents", "snapshots", "notices", "statements", "claims", "positions",
    "contradictions", "judgements", "verdicts",
)  # fmt: skip
# The rows of each format that is read here.
FORMATS = {FORMAT: ROWS, "corroborate-bundle/1": tuple(kind for kind in ROWS if kind != "notices")}


def rows_member(kind: str) -> str:
    """The member with the rows of one kind."""
    return f"rows/{kind}.jsonl"


def text_member(snapshot: str) -> str:
    """The member with the text of one version."""
    return f"texts/{snapshot}.txt"


def warc_member(kept: str) -> str:
    """The member with the WARC file of one version or notice, byte for byte as it is kept."""
    return f"warc/{kept}.warc.gz"


EXPLANATION = """\
An evidence bundle of Corroborate: one dossier, with the proof that it is as it was recorded.

rows/*.jsonl           the dossier's rows, one JSON object a line: "uid", "state" (what was recorded of it last), "seq"
                       (the event on the ledger that recorded it) and "more" (what only the signature vouches for)
texts/UID.txt          the text read from a version of a document; statements' spans count its code points from 0
warc/UID.warc.gz       that version as it was fetched (WARC 1.1): any tool for web archives reads it; or a notice,
                       the page by which the publisher corrected or retracted a version without changing its text
                       (neither of a row whose "state" says "removed": a rule of the dossier took its contents)
ledger/events.jsonl    every event of the ledger that tells of these rows, in its place
ledger/others.jsonl    for all other events, which are not told here, the roots of their Merkle trees
ledger/stamps.jsonl    time stamps of an authority (RFC 3161) over ranges of the ledger with some of these events:
                       "token" is its answer (DER, Base64), over the 32 bytes of "root", the root of the Merkle tree of
                       the events "first" to "last"; "others" has the roots of those that are not told, counted from 1
ledger/stamp-roots.pem the certificates that the tokens lead to, as whoever made the bundle trusts them
manifest.json          the SHA-256 of every member above, and the size, head and Merkle root of the whole ledger
signature.json         an Ed25519 signature of manifest.json, and the public key that it was made with

To verify: python -m claims.bundle FILE [--key PUBLIC_KEY] [--stamp-roots PEM_FILE]
By hand:   compare the SHA-256 of each member with the manifest, and the key with the one that the newsroom publishes.
           An event's hash is the SHA-256 of its other fields as JSON with sorted keys, without blanks, in UTF-8.
           A token: openssl ts -verify -data ROOT -in TOKEN -CAfile ledger/stamp-roots.pem, both decoded into files;
           compare the certificates with those that the authority publishes.
           The Merkle tree is that of RFC 6962 over the 32 bytes of each event's hash.
"""
