"""The two handshakes of Noise that Cardwire uses, in the words of the chapter Security.

`NNpsk0` as responder, towards the client; `IK` as initiator, towards the cloud. The primitives come from a library;
what is here is the order in which they are used.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

TAG = 16


class HandshakeError(Exception):
    """The other end's message does not authenticate, or gives an all-zero Diffie-Hellman result."""


class Cipher:
    """One direction of a channel: a key, and the number of the next message."""

    def __init__(self, key: bytes) -> None:
        self._aead = ChaCha20Poly1305(key)
        self.next = 0

    def seal(self, plain: bytes, number: int | None = None, ad: bytes = b"") -> bytes:
        """Seals under a number, or under the next one."""
        return self._aead.encrypt(self._nonce(number), plain, ad)

    def open(self, sealed: bytes, number: int | None = None, ad: bytes = b"") -> bytes | None:
        """What was sealed, or None where it does not authenticate."""
        try:
            return self._aead.decrypt(self._nonce(number), sealed, ad)
        except InvalidTag:
            return None

    def _nonce(self, number: int | None) -> bytes:
        if number is None:
            number = self.next
            self.next += 1
        return bytes(4) + number.to_bytes(8, "little")


class _Symmetric:
    def __init__(self, name: str, prologue: bytes) -> None:
        encoded = name.encode("ascii")
        self.h = encoded.ljust(32, b"\x00") if len(encoded) <= 32 else hashlib.sha256(encoded).digest()
        self.ck = self.h
        self.cipher: Cipher | None = None
        self.mix_hash(prologue)

    def mix_hash(self, data: bytes) -> None:
        self.h = hashlib.sha256(self.h + data).digest()

    def mix_key(self, material: bytes) -> None:
        self.ck, key, _ = _hkdf(self.ck, material)
        self.cipher = Cipher(key)

    def mix_key_and_hash(self, material: bytes) -> None:
        self.ck, hashed, key = _hkdf(self.ck, material)
        self.mix_hash(hashed)
        self.cipher = Cipher(key)

    def seal(self, plain: bytes) -> bytes:
        assert self.cipher is not None
        sealed = self.cipher.seal(plain, ad=self.h)
        self.mix_hash(sealed)
        return sealed

    def open(self, sealed: bytes) -> bytes:
        assert self.cipher is not None
        plain = self.cipher.open(sealed, ad=self.h)
        if plain is None:
            raise HandshakeError
        self.mix_hash(sealed)
        return plain

    def split(self) -> tuple[Cipher, Cipher]:
        initiator, responder, _ = _hkdf(self.ck, b"")
        return Cipher(initiator), Cipher(responder)


def respond_nnpsk0(
    psk: bytes, prologue: bytes, message: bytes, ephemeral: X25519PrivateKey
) -> tuple[bytes, Cipher, Cipher, bytes]:
    """The second message, the client's cipher, the reader's cipher and the handshake hash."""
    state = _Symmetric("Noise_NNpsk0_25519_ChaChaPoly_SHA256", prologue)
    state.mix_key_and_hash(psk)
    theirs = message[:32]
    state.mix_hash(theirs)
    state.mix_key(theirs)
    state.open(message[32:])
    ours = ephemeral.public_key().public_bytes_raw()
    state.mix_hash(ours)
    state.mix_key(ours)
    state.mix_key(dh(ephemeral, theirs))
    answer = ours + state.seal(b"")
    client, reader = state.split()
    return answer, client, reader, state.h


class InitiatorIK:
    """The reader's half of a login's handshake with its cloud."""

    def __init__(self, prologue: bytes, static: X25519PrivateKey, cloud: bytes, ephemeral: X25519PrivateKey) -> None:
        self._state = _Symmetric("Noise_IK_25519_ChaChaPoly_SHA256", prologue)
        self._static = static
        self._cloud = cloud
        self._ephemeral = ephemeral
        self._state.mix_hash(cloud)

    def first(self) -> bytes:
        """The first message."""
        state = self._state
        ours = self._ephemeral.public_key().public_bytes_raw()
        state.mix_hash(ours)
        state.mix_key(dh(self._ephemeral, self._cloud))
        static = state.seal(self._static.public_key().public_bytes_raw())
        state.mix_key(dh(self._static, self._cloud))
        return ours + static + state.seal(b"")

    def second(self, message: bytes) -> tuple[Cipher, Cipher]:
        """Takes the second message; the reader's cipher and the cloud's."""
        if len(message) != 32 + TAG:
            raise HandshakeError
        state = self._state
        theirs = message[:32]
        state.mix_hash(theirs)
        state.mix_key(dh(self._ephemeral, theirs))
        state.mix_key(dh(self._static, theirs))
        state.open(message[32:])
        return state.split()


def dh(private: X25519PrivateKey, public: bytes) -> bytes:
    """X25519, without the all-zero result."""
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise HandshakeError from None


def _hkdf(ck: bytes, material: bytes) -> tuple[bytes, bytes, bytes]:
    t = _hmac(ck, material)
    a = _hmac(t, b"\x01")
    b = _hmac(t, a + b"\x02")
    return a, b, _hmac(t, b + b"\x03")


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
