"""A message that is ready, over one smtplib connection, again and again.

python -m tests.bench.rivals.one_connection PORT COUNT FILE    FILE is the message as it goes over the wire
"""

import smtplib
import sys
from pathlib import Path

port, count, message = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_bytes()
with smtplib.SMTP("127.0.0.1", port, "localhost") as server:
    for number in range(count):
        server.sendmail("bounce@campaign.example", [f"contact@organisation-{number}.example"], message)
