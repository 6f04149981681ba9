"""What a reader is provisioned with, and its fresh keys (chapters Certification, Login)."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .schema import value

PRODUCTION = value("provisioning", "production")


@dataclass
class Identity:
    """Name, keys and clients of one reader."""

    reader_id: str
    provisioning: int
    static_key: bytes
    cloud_key: bytes
    authority_key: bytes
    clients: dict[tuple[str, int], bytes]
    """The pre-shared key of each client and generation."""
    boot_counter: int = 0
    keys_made: int = 0

    @classmethod
    def read(cls, path: Path) -> Identity:
        """The section `reader` of an identity's file, and nothing else of it."""
        with path.open("rb") as file:
            whole = tomllib.load(file)
        reader = whole["reader"]
        return cls(
            reader["id"],
            value("provisioning", whole["provisioning"]),
            bytes.fromhex(reader["static_key"]),
            bytes.fromhex(reader["cloud_public_key"]),
            bytes.fromhex(reader["authority_public_key"]),
            {
                (client["id"], client["generation"]): bytes.fromhex(client["pre_shared_key"])
                for client in reader["client"]
            },
        )

    def static(self) -> X25519PrivateKey:
        """The reader's static key."""
        return X25519PrivateKey.from_private_bytes(self.static_key)

    def ephemeral(self) -> X25519PrivateKey:
        """A key that was never there before, also where the random source repeats itself (CW-LOGIN-011)."""
        self.keys_made += 1
        info = self.boot_counter.to_bytes(4, "big") + self.keys_made.to_bytes(8, "big")
        derived = HKDF(SHA256(), 32, salt=None, info=info).derive(os.urandom(32) + self.static_key)
        return X25519PrivateKey.from_private_bytes(derived)
