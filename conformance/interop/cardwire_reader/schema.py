"""`spec/protocol.toml` as data: messages, registries, limits and timers by their names."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PATH = Path(__file__).resolve().parents[3] / "spec" / "protocol.toml"

PRIMITIVE_WIDTH = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


def _load() -> dict[str, Any]:
    with _PATH.open("rb") as file:
        return tomllib.load(file)


SCHEMA = _load()
MESSAGES: dict[str, dict[str, Any]] = {message["name"]: message for message in SCHEMA["message"]}
DOCUMENTS: dict[str, dict[str, Any]] = {document["name"]: document for document in SCHEMA["document"]}
STRUCTURES: dict[str, dict[str, Any]] = {structure["name"]: structure for structure in SCHEMA["structure"]}
REGISTRIES: dict[str, dict[str, Any]] = SCHEMA["registry"]
INSTRUCTIONS: dict[int, dict[str, Any]] = {entry["opcode"]: entry for entry in SCHEMA["instruction"]}


@cache
def value(registry: str, name: str) -> int:
    """The number of a registered name."""
    for entry in REGISTRIES[registry]["values"]:
        if entry["name"] == name:
            return int(entry["value"])
    raise KeyError(f"{registry} has no value {name}")


@cache
def values(registry: str) -> frozenset[int]:
    """All registered numbers."""
    return frozenset(entry["value"] for entry in REGISTRIES[registry]["values"])


def limit(name: str) -> int:
    """A limit's figure."""
    return int(SCHEMA["limit"][name]["value"])


def seconds(timer: str) -> float:
    """A timer's span in seconds."""
    return float(SCHEMA["timer"][timer]["value"]) / 1000


def places(direction: str, channel: str, *, answers: bool = False) -> dict[int, dict[str, Any]]:
    """The messages that may arrive at one place, by their codes."""
    return {
        message["code"]: message
        for message in SCHEMA["message"]
        if message["direction"] == direction
        and message["channel"] == channel
        and (answers or not message.get("answer", False))
    }
