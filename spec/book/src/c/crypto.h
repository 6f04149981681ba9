/* What a reader wants of a cryptographic library. Nothing of this is to be written anew: each function is a few lines
 * around the library's own. */
#ifndef CW_CRYPTO_H
#define CW_CRYPTO_H

#include "bytes.h"

enum { CW_KEY = 32, CW_HASH = 32, CW_TAG = 16, CW_SIGNATURE = 64 };

/* SHA-256 of parts, one behind the other. */
void cw_sha256(const struct cw_span *parts, size_t count, uint8_t out[CW_HASH]);

/* X25519. False where the result is all zero. */
bool cw_x25519(uint8_t out[CW_KEY], const uint8_t private_key[CW_KEY], const uint8_t public_key[CW_KEY]);
void cw_x25519_public(uint8_t out[CW_KEY], const uint8_t private_key[CW_KEY]);

/* ChaCha20-Poly1305 with a nonce of 12 bytes (RFC 8439). Sealing writes the tag behind the ciphertext; opening takes it
 * from there, and says whether it is right before anybody sees the plain text. `out` may be `in`. */
void cw_aead_seal(const uint8_t key[CW_KEY], const uint8_t nonce[12], struct cw_span associated, struct cw_span in,
                  uint8_t *out);
bool cw_aead_open(const uint8_t key[CW_KEY], const uint8_t nonce[12], struct cw_span associated, struct cw_span in,
                  uint8_t *out);

/* Ed25519 over two parts, one behind the other; refuses keys and signatures of small order. */
bool cw_ed25519_verify(const uint8_t public_key[CW_KEY], struct cw_span label, struct cw_span message,
                       const uint8_t signature[CW_SIGNATURE]);

/* Compares in a time that says nothing of the bytes; erases in a way that the compiler keeps. */
bool cw_same(const void *one, const void *other, size_t size);
void cw_wipe(void *bytes, size_t size);

#endif
