/* The sealed frames of one session: numbers, repeats, failures. */
#ifndef CW_CHANNEL_H
#define CW_CHANNEL_H

#include "link.h"
#include "noise.h"

struct cw_channel {
    uint8_t from_client[CW_KEY], to_client[CW_KEY];
    uint64_t next;       /* the number of the next request */
    uint64_t next_event;
    unsigned failures;
    uint8_t last[CW_HASH]; /* SHA-256 of the last authenticated request, sealed */
};

enum cw_opened {
    CW_OPENED_REQUEST, /* a new request, to be executed */
    CW_OPENED_REPEAT,  /* the last one again, to be answered with the same bytes */
    CW_OPENED_DROPPED,
    CW_OPENED_EXHAUSTED, /* the failure that ends the session */
};

void cw_channel_begin(struct cw_channel *channel, const struct cw_keys *keys);

/* Opens a sealed frame into `out`, which has room for its payload. */
enum cw_opened cw_channel_open(struct cw_channel *channel, const struct cw_frame *frame, uint8_t *out, size_t *size);

/* Seals the answer to the request that was opened last, or an event; `out` has room for the tag. False: Noise has no
 * more numbers. */
void cw_channel_answer(const struct cw_channel *channel, struct cw_span plain, uint8_t *out, struct cw_frame *frame);
bool cw_channel_event(struct cw_channel *channel, struct cw_span plain, uint8_t *out, struct cw_frame *frame);

#endif
