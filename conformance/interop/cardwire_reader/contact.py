"""The contact card's module: command APDUs in, response data and status word out (chapter Modules)."""

from __future__ import annotations

from dataclasses import dataclass

from .card import Card
from .schema import limit

REGISTER_SIZE = limit("register_size")
_TPDUS_MAX = limit("tpdus_max")


class CardMute(Exception):
    """The card gave no answer."""


class CardDamaged(Exception):
    """The card's answer breaks the transport rules, or does not come to an end."""


@dataclass(frozen=True)
class Response:
    """What a command gave, and how many TPDUs it took."""

    data: bytes
    status: int
    tpdus: int


def exchange(card: Card, command: bytes, *, question: bool = False) -> Response:
    """Sends a command of T=0 and fetches all that the card announces.

    A question for the tries of a secret is not put again with another length: it would present something.
    """
    case_4 = len(command) > 5 and len(command) == 6 + command[4]
    tpdu = command + b"\x00" if len(command) == 4 else command[:-1] if case_4 else command
    kept = b""
    warning: int | None = None
    for count in range(1, _TPDUS_MAX + 1):
        answer = card.transmit(tpdu)
        if not answer:
            raise CardMute
        if len(answer) < 2:
            raise CardDamaged
        data, status = answer[:-2], int.from_bytes(answer[-2:], "big")
        kept += data
        if len(kept) > REGISTER_SIZE:
            raise CardDamaged
        high, low = status >> 8, status & 0xFF
        if high in (0x61, 0x9F):
            tpdu = _get_response(command, low)
        elif high == 0x6C and len(tpdu) == 5 and not question:
            tpdu = tpdu[:4] + bytes([low])
        elif high in (0x62, 0x63) and not data and count == 1 and case_4:
            warning = status
            tpdu = _get_response(command, 0)
        else:
            return Response(kept, status if warning is None else warning, count)
        if count == _TPDUS_MAX and high in (0x61, 0x9F):
            raise CardDamaged
    return Response(kept, status if warning is None else warning, _TPDUS_MAX)


def _get_response(command: bytes, length: int) -> bytes:
    return bytes([command[0], 0xC0, 0x00, 0x00, length])
