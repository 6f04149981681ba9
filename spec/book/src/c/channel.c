#include "channel.h"

#include <string.h>

static const struct cw_span none = { NULL, 0 };

void cw_channel_begin(struct cw_channel *channel, const struct cw_keys *keys)
{
    memset(channel, 0, sizeof *channel);
    memcpy(channel->from_client, keys->initiator, CW_KEY);
    memcpy(channel->to_client, keys->responder, CW_KEY);
    channel->next_event = (uint64_t)1 << 63;
}

/* ANCHOR: open */
enum cw_opened cw_channel_open(struct cw_channel *channel, const struct cw_frame *frame, uint8_t *out, size_t *size)
{
    uint8_t nonce[12], digest[CW_HASH];
    struct cw_span sealed = frame->payload;
    if (sealed.size >= CW_TAG && sealed.size <= CW_MESSAGE_MAX + CW_TAG) {
        cw_sha256(&sealed, 1, digest);
        cw_noise_nonce(nonce, frame->number);
        if (frame->number == channel->next && cw_aead_open(channel->from_client, nonce, none, sealed, out)) {
            memcpy(channel->last, digest, CW_HASH);
            channel->next++;
            *size = sealed.size - CW_TAG;
            return CW_OPENED_REQUEST;
        }
        /* The last request byte for byte. Another message under the same number is a failure like any other. */
        if (channel->next > 0 && frame->number == channel->next - 1 && cw_same(digest, channel->last, CW_HASH))
            return CW_OPENED_REPEAT;
    }
    channel->failures++;
    return channel->failures >= CW_FAILURES_MAX ? CW_OPENED_EXHAUSTED : CW_OPENED_DROPPED;
}
/* ANCHOR_END: open */

/* ANCHOR: seal */
static void seal(const struct cw_channel *channel, uint64_t number, struct cw_span plain, uint8_t *out,
                 struct cw_frame *frame)
{
    uint8_t nonce[12];
    cw_noise_nonce(nonce, number);
    cw_aead_seal(channel->to_client, nonce, none, plain, out);
    frame->kind = CW_FRAME_KIND_SEALED;
    frame->number = number;
    frame->payload = cw_span(out, plain.size + CW_TAG);
}

void cw_channel_answer(const struct cw_channel *channel, struct cw_span plain, uint8_t *out, struct cw_frame *frame)
{
    seal(channel, channel->next - 1, plain, out, frame);
}

bool cw_channel_event(struct cw_channel *channel, struct cw_span plain, uint8_t *out, struct cw_frame *frame)
{
    /* 2^64 - 1 is no nonce of Noise. */
    if (channel->next_event == UINT64_MAX)
        return false;
    seal(channel, channel->next_event++, plain, out, frame);
    return true;
}
/* ANCHOR_END: seal */
