"""A Cardwire reader in Python, on standard input and output or on TCP: `python3 reader.py --help`."""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import sys
import time
from pathlib import Path

from cardwire_reader.identity import Identity
from cardwire_reader.link import Frame, Receiver
from cardwire_reader.reader import Reader
from cardwire_reader.schema import seconds
from cardwire_reader.store import Store

_IDENTITY = Path(__file__).resolve().parents[2] / "vectors" / "identities" / "certification.toml"
_SWITCH_PERIOD = 0.02
_IDLE = seconds("T_idle")
_READ = 4096


class Clock:
    """The reader's clock, which a lab may have run faster than others."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def now(self) -> float:
        """What it shows, in seconds."""
        return time.monotonic() * self._rate

    def until(self, moment: float) -> float:
        """How long that is on the wall."""
        return max(0.0, moment - self.now()) / self._rate


class Switch:
    """The contact-detect switch: a file that is there while a card is in the slot; without a path, one always is."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def closed(self) -> bool:
        """Whether a card is in the slot."""
        return self.path is None or self.path.exists()


class Line:
    """One link: two file descriptors that do not block."""

    def __init__(self, source: int, sink: int, clock: Clock) -> None:
        self.source = source
        self.sink = sink
        self._clock = clock
        self._receiver = Receiver()
        self._frames: list[Frame] = []
        self.heard = self._clock.now()
        os.set_blocking(source, False)
        os.set_blocking(sink, False)

    def serve(self, reader: Reader, switch: Switch, waiting: socket.socket | None = None) -> None:
        """Serves the link until it is reset; `waiting` is where further clients would come."""
        while True:
            self._flush(reader)
            reader.work()
            self._flush(reader)
            if self._frames and not reader.output:
                reader.take(self._frames.pop(0))
                continue
            readable, others = self._wait(reader, switch, waiting)
            reader.move_card(switch.closed())
            if readable and not self._receive():
                return
            if others and self._clock.now() - self.heard >= _IDLE:
                return

    def _receive(self) -> bool:
        try:
            data = os.read(self.source, _READ)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        self.heard = self._clock.now()
        self._frames += self._receiver.feed(data)
        return bool(data)

    def _flush(self, reader: Reader) -> None:
        try:
            while reader.output:
                del reader.output[: os.write(self.sink, reader.output)]
        except BlockingIOError:
            return
        except (ConnectionError, BrokenPipeError):
            # Who can't be written to any more can't be read from either: that ends the link.
            reader.output.clear()

    def _wait(self, reader: Reader, switch: Switch, waiting: socket.socket | None) -> tuple[bool, bool]:
        """Waits for the line, for a moment of the reader, or for the switch; what the line is ready for."""
        spans = [self._clock.until(wake)] if (wake := reader.wake()) is not None else []
        if switch.path is not None:
            spans.append(_SWITCH_PERIOD)
        with selectors.SelectSelector() as selector:
            if reader.output:
                selector.register(self.sink, selectors.EVENT_WRITE)
            elif not self._frames:
                selector.register(self.source, selectors.EVENT_READ)
            if waiting is not None and self._clock.now() - self.heard >= _IDLE:
                selector.register(waiting, selectors.EVENT_READ)
            ready = selector.select(min(spans, default=_SWITCH_PERIOD if waiting else None))
            keys = {key.fd for key, _ in ready}
        return self.source in keys and not reader.output, waiting is not None and waiting.fileno() in keys


def serve_tcp(reader: Reader, switch: Switch, clock: Clock, host: str, port: int) -> None:
    """Serves one connection after the other; further ones wait."""
    with socket.create_server((host, port)) as server:
        print(f"listening on tcp:{host}:{server.getsockname()[1]}", file=sys.stderr, flush=True)
        while True:
            wait_for_client(server, reader, switch, clock)
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Line(connection.fileno(), connection.fileno(), clock).serve(reader, switch, server)
            reader.link_lost()


def wait_for_client(server: socket.socket, reader: Reader, switch: Switch, clock: Clock) -> None:
    """Waits for the next client; what runs goes on meanwhile."""
    with selectors.SelectSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        while True:
            reader.work()
            reader.output.clear()
            reader.move_card(switch.closed())
            wake = reader.wake()
            span = _SWITCH_PERIOD if wake is None else min(_SWITCH_PERIOD, clock.until(wake))
            if selector.select(span):
                return


def main() -> None:
    """Reads the arguments, puts the reader together, and serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", metavar="HOST:PORT", help="serve TCP instead of standard input and output")
    parser.add_argument("--state", type=Path, metavar="FILE", help="what survives a reset; lost with the process else")
    parser.add_argument("--identity", type=Path, default=_IDENTITY, metavar="FILE", help="what it is provisioned with")
    parser.add_argument("--card-switch", type=Path, metavar="FILE", help="a card is in the slot while this is there")
    parser.add_argument("--exchange-ms", type=float, default=1.0, help="how long the card takes for an exchange")
    parser.add_argument("--clock-rate", type=float, default=1.0, help="for labs: its clock runs so many times as fast")
    arguments = parser.parse_args()
    clock = Clock(arguments.clock_rate)
    switch = Switch(arguments.card_switch)
    reader = Reader(
        Identity.read(arguments.identity),
        Store(arguments.state),
        clock.now,
        arguments.exchange_ms / 1000 * arguments.clock_rate,
        switch.closed(),
    )
    if arguments.listen:
        host, _, port = arguments.listen.rpartition(":")
        serve_tcp(reader, switch, clock, host, int(port))
    else:
        Line(sys.stdin.fileno(), sys.stdout.fileno(), clock).serve(reader, switch)


if __name__ == "__main__":
    main()
