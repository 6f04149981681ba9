"""Updates of service logic: offers, bytes, commits (chapter Updates). Software and keys are of kinds not supported."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .codec import CodecError, Fields, decode_document, encode
from .control import SERVICE_MODULES
from .program import LogicError, Program, verify
from .schema import limit, value
from .services import Services
from .store import Record

NONE = value("update_state", "none")
RECEIVING = value("update_state", "receiving")
RECEIVED = value("update_state", "received")
INSTALLED = value("update_state", "installed")

LOGIC = value("update_kind", "logic")
_WITHOUT_SERVICE = {value("update_kind", name) for name in ("software", "authentication")}
_LOGIC_MAX = limit("logic_max")

# The y of the points of small order, in every encoding that libraries take: 0, 1, -1, the two of order 8, and the
# first three plus or without the prime.
_SMALL_ORDER = {
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
}


class Refused(Exception):
    """An update's message is refused, with this error and detail."""

    def __init__(self, error: str, detail: int = 0, *, drop: bool = False) -> None:
        super().__init__(error)
        self.error = value("error", error)
        self.detail = detail
        self.drop = drop


@dataclass
class _Kept:
    digest: bytes
    components: list[Fields]
    state: int = RECEIVING
    data: bytearray = field(default_factory=bytearray)

    def size(self) -> int:
        return sum(int(component["size"]) for component in self.components)

    def contents(self) -> list[bytes]:
        position = 0
        out = []
        for component in self.components:
            out.append(bytes(self.data[position : position + component["size"]]))
            position += component["size"]
        return out

    def check_digests(self) -> None:
        for component, content in zip(self.components, self.contents(), strict=True):
            if hashlib.sha256(content).digest() != component["content_digest"]:
                raise Refused("update-digest", drop=True)


class Updates:
    """One update at a time."""

    def __init__(self, authority: bytes, hardware_class: int, services: Services) -> None:
        self._authority = authority
        self._hardware_class = hardware_class
        self._services = services
        self._kept: _Kept | None = None

    def take(self, name: str, fields: Fields) -> bytes:
        """Does what a message of the cloud says, and gives the answer to it."""
        digest = hashlib.sha256(fields["manifest"]).digest() if name == "update_offer" else fields["digest"]
        refused: Refused | None = None
        try:
            match name:
                case "update_offer":
                    self._offer(digest, fields["manifest"], fields["signature"])
                case "update_chunk":
                    self._chunk(self._of(digest), fields["offset"], fields["data"])
                case "update_commit":
                    self._commit(self._of(digest))
        except Refused as error:
            refused = error
            if error.drop:
                self._kept = None
        return self._answer("update_result" if name == "update_commit" else "update_status", digest, refused)

    def _answer(self, name: str, digest: bytes, refused: Refused | None) -> bytes:
        kept = self._kept if self._kept is not None and self._kept.digest == digest else None
        return encode(
            name,
            {
                "digest": digest,
                "state": kept.state if kept else NONE,
                "next_offset": len(kept.data) if kept else 0,
                "error": refused.error if refused else 0,
                "detail": refused.detail if refused else 0,
                **counters(self._services.store.record),
            },
        )

    def _of(self, digest: bytes) -> _Kept:
        if self._kept is None or self._kept.digest != digest:
            raise Refused("update-order")
        return self._kept

    def _offer(self, digest: bytes, encoded: bytes, signature: bytes) -> None:
        if not signed(self._authority, encoded, signature):
            raise Refused("update-signature")
        try:
            manifest = decode_document(encoded, "manifest")
        except CodecError as error:
            raise Refused("malformed", error.rule) from None
        components = manifest["components"]
        before = (-1, -1)
        for component in components:
            place = (component["kind"], component["service"])
            if component["kind"] in _WITHOUT_SERVICE and component["service"] != 0:
                raise Refused("malformed", value("codec_rule", "range"))
            if place <= before:
                raise Refused("malformed", value("codec_rule", "order"))
            before = place
        if manifest["hardware_class"] != self._hardware_class:
            raise Refused("update-hardware")
        known = self._kept is not None and self._kept.digest == digest
        counter = self._services.store.record.logic_counter
        _each(components, "not-supported", lambda component: component["kind"] == LOGIC)
        _each(components, "update-counter", lambda component: known or component["counter"] > counter)
        _each(components, "update-size", lambda component: component["size"] <= _LOGIC_MAX)
        _each(components, "update-precursor", lambda component: component["min_software"] == 0)
        if not known:
            self._kept = _Kept(digest, components)

    def _chunk(self, kept: _Kept, offset: int, data: bytes) -> None:
        if kept.state != RECEIVING or offset != len(kept.data):
            raise Refused("update-order")
        if offset + len(data) > kept.size():
            raise Refused("update-size")
        kept.data += data
        if len(kept.data) == kept.size():
            kept.check_digests()
            kept.state = RECEIVED

    def _commit(self, kept: _Kept) -> None:
        if kept.state == INSTALLED:
            return
        if kept.state != RECEIVED:
            raise Refused("update-order")
        kept.check_digests()
        logic: dict[int, bytes] = {}
        programs: dict[int, Program] = {}
        for component, content in zip(kept.components, kept.contents(), strict=True):
            service = component["service"]
            try:
                programs[service] = verify(content, service, SERVICE_MODULES)
            except LogicError as error:
                raise Refused("update-logic", error.rule, drop=True) from None
            logic[service] = content
        counter = max(component["counter"] for component in kept.components)
        if not self._services.has_room(set(logic)) or not self._services.install(logic, programs, counter):
            raise Refused("storage-failed", drop=True)
        kept.state = INSTALLED


def _each(components: list[Fields], error: str, right: Callable[[Fields], bool]) -> None:
    """Holds every component to one check; `detail` is the place of the first that fails it."""
    for place, component in enumerate(components):
        if not right(component):
            raise Refused(error, place)


def counters(record: Record) -> dict[str, int]:
    """The update counters in force."""
    return {"software_counter": 0, "authentication_counter": 0, "logic_counter": record.logic_counter}


def signed(authority: bytes, manifest: bytes, signature: bytes) -> bool:
    """Whether a manifest is signed by the authority, strictly: the library holds the scalar below the order."""
    for point in (authority, signature[:32]):
        if point[:31] + bytes([point[31] & 0x7F]) in _SMALL_ORDER:
            return False
    try:
        Ed25519PublicKey.from_public_bytes(authority).verify(signature, b"cardwire/1 manifest" + manifest)
    except (InvalidSignature, ValueError):
        return False
    return True
