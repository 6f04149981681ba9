/* What crypto.h asks for, from libsodium: for the tests of the book's C code, and as an example of how little it takes. */
#include "crypto.h"

#include <sodium.h>
#include <string.h>

/* Label and manifest: the longest that a reader verifies. */
enum { SIGNED_MAX = 512 };

void cw_sha256(const struct cw_span *parts, size_t count, uint8_t out[CW_HASH])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t at = 0; at < count; at++)
        crypto_hash_sha256_update(&state, parts[at].bytes, parts[at].size);
    crypto_hash_sha256_final(&state, out);
}

bool cw_x25519(uint8_t out[CW_KEY], const uint8_t private_key[CW_KEY], const uint8_t public_key[CW_KEY])
{
    return crypto_scalarmult(out, private_key, public_key) == 0;
}

void cw_x25519_public(uint8_t out[CW_KEY], const uint8_t private_key[CW_KEY])
{
    crypto_scalarmult_base(out, private_key);
}

void cw_aead_seal(const uint8_t key[CW_KEY], const uint8_t nonce[12], struct cw_span associated, struct cw_span in,
                  uint8_t *out)
{
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in.bytes, in.size, associated.bytes, associated.size, NULL,
                                              nonce, key);
}

bool cw_aead_open(const uint8_t key[CW_KEY], const uint8_t nonce[12], struct cw_span associated, struct cw_span in,
                  uint8_t *out)
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in.bytes, in.size, associated.bytes,
                                                     associated.size, nonce, key) == 0;
}

/* libsodium refuses keys and signatures of small order. */
bool cw_ed25519_verify(const uint8_t public_key[CW_KEY], struct cw_span label, struct cw_span message,
                       const uint8_t signature[CW_SIGNATURE])
{
    uint8_t both[SIGNED_MAX];
    if (label.size > sizeof both || message.size > sizeof both - label.size)
        return false;
    memcpy(both, label.bytes, label.size);
    memcpy(both + label.size, message.bytes, message.size);
    return crypto_sign_verify_detached(signature, both, label.size + message.size, public_key) == 0;
}

bool cw_same(const void *one, const void *other, size_t size)
{
    return sodium_memcmp(one, other, size) == 0;
}

void cw_wipe(void *bytes, size_t size)
{
    sodium_memzero(bytes, size);
}
