"""A client of the changes that may be killed at any instant: what it was told and how far it is are kept at once.

Run as a program: ``one_reader.py ADDRESS TOKEN FILE``. What is told twice, or out of turn, ends it with an error.
"""

import http.client
import json
import sqlite3
import sys
import time
from urllib.parse import urlsplit


def main(address: str, token: str, file: str) -> None:
    kept = sqlite3.connect(file, isolation_level=None)
    kept.execute("PRAGMA journal_mode = WAL")
    kept.execute("CREATE TABLE IF NOT EXISTS told (n INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER UNIQUE, uid TEXT)")
    kept.execute("CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER)")
    kept.execute("INSERT OR IGNORE INTO place VALUES (1, 0)")
    server = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    while True:
        [after] = kept.execute("SELECT seq FROM place").fetchone()
        server.request(
            "GET", f"/api/v1/changes?after={after}&wait=20&limit=1000", headers={"Authorization": f"Token {token}"}
        )
        answer = server.getresponse()
        body = answer.read()
        if answer.status == 503:
            time.sleep(0.2)
            continue
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {body!r}")
        page = json.loads(body)
        told = [(change["seq"], change["uid"]) for change in page["changes"]]
        if [seq for seq, _ in told] != list(range(after + 1, page["next"] + 1)):
            raise SystemExit(f"not what comes after {after}: {told}")
        kept.execute("BEGIN")
        kept.executemany("INSERT INTO told (seq, uid) VALUES (?, ?)", told)
        kept.execute("UPDATE place SET seq = ?", [page["next"]])
        kept.execute("COMMIT")


if __name__ == "__main__":
    main(*sys.argv[1:])
