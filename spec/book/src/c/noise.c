#include "noise.h"

#include <string.h>

/* ANCHOR: state */
static const uint8_t nothing[1];

void cw_noise_nonce(uint8_t nonce[12], uint64_t number)
{
    memset(nonce, 0, 4);
    for (size_t at = 4; at < 12; at++) {
        nonce[at] = (uint8_t)number;
        number >>= 8;
    }
}

/* HMAC-SHA256 of up to two parts; the key is a hash. */
static void hmac(const uint8_t key[CW_HASH], struct cw_span one, struct cw_span two, uint8_t out[CW_HASH])
{
    uint8_t pad[64], inner[CW_HASH];
    for (size_t at = 0; at < sizeof pad; at++)
        pad[at] = (uint8_t)((at < CW_HASH ? key[at] : 0) ^ 0x36);
    struct cw_span parts[3] = { cw_span(pad, sizeof pad), one, two };
    cw_sha256(parts, 3, inner);
    for (size_t at = 0; at < sizeof pad; at++)
        pad[at] ^= 0x36 ^ 0x5C;
    parts[1] = cw_span(inner, sizeof inner);
    cw_sha256(parts, 2, out);
    cw_wipe(pad, sizeof pad);
    cw_wipe(inner, sizeof inner);
}

/* HKDF as Noise has it: two or three outputs of 32 bytes, one behind the other. */
static void hkdf(const uint8_t ck[CW_HASH], struct cw_span input, size_t outputs, uint8_t *out)
{
    uint8_t extracted[CW_HASH];
    hmac(ck, input, cw_span(nothing, 0), extracted);
    struct cw_span before = cw_span(nothing, 0);
    for (size_t index = 0; index < outputs; index++) {
        uint8_t count = (uint8_t)(index + 1);
        hmac(extracted, before, cw_span(&count, 1), out + index * CW_HASH);
        before = cw_span(out + index * CW_HASH, CW_HASH);
    }
    cw_wipe(extracted, sizeof extracted);
}

static void mix_hash(struct cw_noise *noise, struct cw_span data)
{
    struct cw_span parts[2] = { cw_span(noise->h, CW_HASH), data };
    cw_sha256(parts, 2, noise->h);
}

static void mix_key(struct cw_noise *noise, struct cw_span input)
{
    uint8_t out[2 * CW_HASH];
    hkdf(noise->ck, input, 2, out);
    memcpy(noise->ck, out, CW_HASH);
    memcpy(noise->k, out + CW_HASH, CW_KEY);
    noise->n = 0;
    cw_wipe(out, sizeof out);
}

static void mix_psk(struct cw_noise *noise, const uint8_t psk[CW_KEY])
{
    uint8_t out[3 * CW_HASH];
    hkdf(noise->ck, cw_span(psk, CW_KEY), 3, out);
    memcpy(noise->ck, out, CW_HASH);
    mix_hash(noise, cw_span(out + CW_HASH, CW_HASH));
    memcpy(noise->k, out + 2 * CW_HASH, CW_KEY);
    noise->n = 0;
    cw_wipe(out, sizeof out);
}

/* False: the result is all zero, and the handshake is over. */
static bool mix_dh(struct cw_noise *noise, const uint8_t private_key[CW_KEY], const uint8_t public_key[CW_KEY])
{
    uint8_t shared[CW_KEY];
    bool good = cw_x25519(shared, private_key, public_key);
    if (good)
        mix_key(noise, cw_span(shared, CW_KEY));
    cw_wipe(shared, sizeof shared);
    return good;
}

/* Seals a part of a handshake message; what came out is hashed. */
static void encrypt_and_hash(struct cw_noise *noise, struct cw_span plain, uint8_t *out)
{
    uint8_t nonce[12];
    cw_noise_nonce(nonce, noise->n++);
    cw_aead_seal(noise->k, nonce, cw_span(noise->h, CW_HASH), plain, out);
    mix_hash(noise, cw_span(out, plain.size + CW_TAG));
}

/* Opens the tag of an empty payload; the tag is hashed. */
static bool decrypt_nothing(struct cw_noise *noise, const uint8_t tag[CW_TAG])
{
    uint8_t nonce[12], none[1];
    cw_noise_nonce(nonce, noise->n++);
    if (!cw_aead_open(noise->k, nonce, cw_span(noise->h, CW_HASH), cw_span(tag, CW_TAG), none))
        return false;
    mix_hash(noise, cw_span(tag, CW_TAG));
    return true;
}

/* A name of up to 32 bytes is filled with zeros, a longer one is hashed. */
static void begin(struct cw_noise *noise, const char *name)
{
    struct cw_span text = cw_span(name, strlen(name));
    if (text.size <= CW_HASH) {
        memset(noise->h, 0, CW_HASH);
        memcpy(noise->h, text.bytes, text.size);
    } else {
        cw_sha256(&text, 1, noise->h);
    }
    memcpy(noise->ck, noise->h, CW_HASH);
}

static void split(struct cw_noise *noise, struct cw_keys *keys)
{
    uint8_t out[2 * CW_HASH];
    hkdf(noise->ck, cw_span(nothing, 0), 2, out);
    memcpy(keys->initiator, out, CW_KEY);
    memcpy(keys->responder, out + CW_HASH, CW_KEY);
    memcpy(keys->hash, noise->h, CW_HASH);
    cw_wipe(out, sizeof out);
}
/* ANCHOR_END: state */

/* ANCHOR: client */
bool cw_client_handshake(const uint8_t psk[CW_KEY], const struct cw_span *prologue, size_t parts,
                         const uint8_t first[CW_CLIENT_FIRST], const uint8_t ephemeral[CW_KEY],
                         uint8_t second[CW_CLIENT_SECOND], struct cw_keys *keys)
{
    struct cw_noise noise = { { 0 }, { 0 }, { 0 }, 0 };
    struct cw_span all[16] = { { noise.h, CW_HASH } };
    if (parts > 15)
        return false;
    begin(&noise, "Noise_NNpsk0_25519_ChaChaPoly_SHA256");
    /* MixHash(prologue), whose parts need not stand one behind the other. */
    memcpy(all + 1, prologue, parts * sizeof *prologue);
    cw_sha256(all, parts + 1, noise.h);

    /* -> psk, e: the client's message. */
    struct cw_span theirs = cw_span(first, CW_KEY);
    mix_psk(&noise, psk);
    mix_hash(&noise, theirs);
    mix_key(&noise, theirs);
    bool good = decrypt_nothing(&noise, first + CW_KEY);
    if (good) {
        /* <- e, ee: the reader's. */
        cw_x25519_public(second, ephemeral);
        mix_hash(&noise, cw_span(second, CW_KEY));
        mix_key(&noise, cw_span(second, CW_KEY));
        good = mix_dh(&noise, ephemeral, first);
    }
    if (good) {
        encrypt_and_hash(&noise, cw_span(nothing, 0), second + CW_KEY);
        split(&noise, keys);
    }
    cw_wipe(&noise, sizeof noise);
    return good;
}
/* ANCHOR_END: client */

/* ANCHOR: cloud */
bool cw_login_begin(struct cw_login *login, const uint8_t static_key[CW_KEY], const uint8_t cloud[CW_KEY],
                    struct cw_span header, const uint8_t ephemeral[CW_KEY], uint8_t first[CW_CLOUD_FIRST])
{
    static const char label[] = "cardwire/1 reader-cloud";
    struct cw_noise *noise = &login->noise;
    uint8_t length[2], own[CW_KEY];
    cw_put(length, header.size, sizeof length);
    begin(noise, "Noise_IK_25519_ChaChaPoly_SHA256");
    struct cw_span prologue[4] = {
        { noise->h, CW_HASH },
        { (const uint8_t *)label, sizeof label - 1 },
        { length, sizeof length },
        header,
    };
    cw_sha256(prologue, 4, noise->h);
    memcpy(login->ephemeral, ephemeral, CW_KEY);

    /* <- s, known before: the cloud's static key. */
    mix_hash(noise, cw_span(cloud, CW_KEY));
    /* -> e, es, s, ss */
    cw_x25519_public(first, ephemeral);
    mix_hash(noise, cw_span(first, CW_KEY));
    if (!mix_dh(noise, ephemeral, cloud))
        return false;
    cw_x25519_public(own, static_key);
    encrypt_and_hash(noise, cw_span(own, CW_KEY), first + CW_KEY);
    if (!mix_dh(noise, static_key, cloud))
        return false;
    encrypt_and_hash(noise, cw_span(nothing, 0), first + CW_KEY + CW_KEY + CW_TAG);
    return true;
}

bool cw_login_finish(struct cw_login *login, const uint8_t static_key[CW_KEY],
                     const uint8_t second[CW_CLOUD_SECOND], struct cw_keys *keys)
{
    struct cw_noise *noise = &login->noise;
    /* <- e, ee, se */
    mix_hash(noise, cw_span(second, CW_KEY));
    bool good = mix_dh(noise, login->ephemeral, second) && mix_dh(noise, static_key, second) &&
                decrypt_nothing(noise, second + CW_KEY);
    if (good)
        split(noise, keys);
    cw_wipe(login, sizeof *login);
    return good;
}
/* ANCHOR_END: cloud */
