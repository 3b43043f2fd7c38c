"""A plain loop of bare durable transactions: the rows that an endorsement leaves, by sqlite3 alone, one commit each.

python -m tests.bench.rivals.bare_transactions DATABASE FIRST COUNT    prints how many a second
"""

import json
import sqlite3
import sys
import time

database, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connection = sqlite3.connect(database, isolation_level=None)
for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
    connection.execute(f"PRAGMA {pragma}").close()
asked = connection.execute("SELECT id, organisation_id FROM invitations ORDER BY id LIMIT ? OFFSET ?", (count, first))
NOW = "2026-01-01 00:00:00.000000"
data = json.dumps({"name": "x" * 30, "group": "y" * 20, "version": 1, "fingerprint": "f" * 64, "authority": "z" * 15})
number = connection.execute("SELECT max(number) FROM history WHERE chain = 1").fetchone()[0]
waiting = asked.fetchall()
begun = time.perf_counter()
for id, organisation_id in waiting:
    number += 1
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO endorsements (letter_id, organisation_id, invitation_id, version, name, 'group', signatory, role, "
        "authority, authority_detail, show_signatory, sort_key, endorsed_at) "
        "VALUES (1, ?, ?, 1, ?, 'National charities', 'Sample Signatory', 'Chief Executive', 'chief-executive', '', 1, "
        "?, ?)",
        (organisation_id, id, f"Organisation {id}", f"organisation {id}", NOW),
    )
    connection.execute(
        "UPDATE invitations SET status = 'endorsed', changed_at = ?, answered_at = ?, answers = 1 WHERE id = ?",
        (NOW, NOW, id),
    )
    connection.execute(
        "INSERT INTO history (chain, number, at, who, deed, subject_id, data, previous, hash) "
        "VALUES (1, ?, ?, ?, 'endorsed', ?, ?, ?, ?)",
        (number, NOW, f"Organisation {id}", id, data, "a" * 64, "b" * 64),
    )
    connection.execute(
        "INSERT INTO outbox (message, recipient, letter_id, subject_id, data, state, queued_at, due_at) "
        "VALUES ('receipt', ?, 1, ?, '{\"kind\": \"endorsed\"}', 'waiting', ?, ?)",
        (f"contact@organisation-{id}.example", id, NOW, NOW),
    )
    connection.execute("COMMIT")
print(len(waiting) / (time.perf_counter() - begun))
