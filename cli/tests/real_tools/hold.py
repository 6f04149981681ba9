"""Holds the card in a reader, says so, and keeps it until its input ends."""

import sys
import time

from smartcard.Exceptions import CardConnectionException
from smartcard.System import readers

# Whoever had the card before may be about to let it go.
PATIENCE_S = 30


def hold(reader):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        connection = reader.createConnection()
        try:
            connection.connect()
            return connection
        except CardConnectionException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


(reader,) = [reader for reader in readers() if sys.argv[1] in str(reader)]
connection = hold(reader)
print("held", flush=True)
sys.stdin.read()
connection.disconnect()
