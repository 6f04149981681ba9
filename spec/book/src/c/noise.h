/* Both handshakes of a reader: NNpsk0 with its client, IK with its cloud. All payloads are empty. */
#ifndef CW_NOISE_H
#define CW_NOISE_H

#include "crypto.h"

enum {
    CW_CLIENT_FIRST = CW_KEY + CW_TAG,
    CW_CLIENT_SECOND = CW_KEY + CW_TAG,
    CW_CLOUD_FIRST = CW_KEY + CW_KEY + CW_TAG + CW_TAG,
    CW_CLOUD_SECOND = CW_KEY + CW_TAG,
};

/* What a handshake gives. */
struct cw_keys {
    uint8_t initiator[CW_KEY]; /* seals what the initiator sends */
    uint8_t responder[CW_KEY]; /* seals what the responder sends */
    uint8_t hash[CW_HASH];
};

/* The symmetric state. */
struct cw_noise {
    uint8_t h[CW_HASH], ck[CW_HASH], k[CW_KEY];
    uint64_t n;
};

/* A login that waits for the cloud's half. */
struct cw_login {
    struct cw_noise noise;
    uint8_t ephemeral[CW_KEY];
};

/* The nonce of Noise: four zero bytes, then the number, little-endian. */
void cw_noise_nonce(uint8_t nonce[12], uint64_t number);

/* The reader's half with its client: reads the first message and, where it authenticates, writes the second. */
bool cw_client_handshake(const uint8_t psk[CW_KEY], const struct cw_span *prologue, size_t parts,
                         const uint8_t first[CW_CLIENT_FIRST], const uint8_t ephemeral[CW_KEY],
                         uint8_t second[CW_CLIENT_SECOND], struct cw_keys *keys);

/* The reader's half with its cloud, in two steps. False: a Diffie-Hellman result is all zero, or the cloud's message
 * does not authenticate. */
bool cw_login_begin(struct cw_login *login, const uint8_t static_key[CW_KEY], const uint8_t cloud[CW_KEY],
                    struct cw_span header, const uint8_t ephemeral[CW_KEY], uint8_t first[CW_CLOUD_FIRST]);
bool cw_login_finish(struct cw_login *login, const uint8_t static_key[CW_KEY],
                     const uint8_t second[CW_CLOUD_SECOND], struct cw_keys *keys);

#endif
