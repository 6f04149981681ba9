#include "parts.h"

#include <string.h>

/* ANCHOR: fresh */
/* 32 bytes that never come again, also where the random source is weak: it is mixed with the reader's own key, the boot
 * counter and a count. False: the source's test has failed, and nobody is let in. */
bool cw_fresh(struct cw_reader *reader, uint8_t out[CW_KEY])
{
    uint8_t random[CW_KEY], counts[12];
    if (!cw_board_random(random, sizeof random))
        return false;
    cw_put(counts, reader->boots, 4);
    cw_put(counts + 4, ++reader->drawn, 8);
    struct cw_span parts[3] = {
        { random, sizeof random },
        { reader->identity->static_key, CW_KEY },
        { counts, sizeof counts },
    };
    cw_sha256(parts, 3, out);
    cw_wipe(random, sizeof random);
    return true;
}
/* ANCHOR_END: fresh */

/* ANCHOR: boot */
static bool count_boot(struct cw_reader *reader)
{
    uint8_t record[4];
    if (cw_board_load(CW_RECORD_BOOTS, record, sizeof record) == sizeof record)
        reader->boots = (uint32_t)cw_get(record, sizeof record);
    if (reader->boots < UINT32_MAX)
        reader->boots++;
    cw_put(record, reader->boots, sizeof record);
    return cw_board_store(CW_RECORD_BOOTS, record, sizeof record);
}

void cw_reader_boot(struct cw_reader *reader, const struct cw_identity *identity, uint32_t now)
{
    static const uint8_t ids[CW_AT_COUNT] = { CW_MODULE_SECURITY, CW_MODULE_CONTACT_CARD, CW_MODULE_CONTACTLESS_CARD,
                                              CW_MODULE_INDICATOR, CW_MODULE_PIN_PAD };
    uint8_t fresh[CW_KEY];
    memset(reader, 0, sizeof *reader);
    reader->identity = identity;
    reader->now = reader->booted = now;
    for (size_t i = 0; i < CW_AT_COUNT; i++) {
        reader->modules[i].id = ids[i];
        reader->modules[i].state = CW_WORKING_STATE_DISABLED;
        if (i != CW_AT_SECURITY)
            cw_board_disable(ids[i]);
    }
    /* Without a boot that is counted no key is sure to be new: no challenge, and nobody is let in. */
    if (count_boot(reader) && cw_fresh(reader, fresh)) {
        memcpy(reader->challenge, fresh, sizeof reader->challenge);
        reader->has_challenge = true;
    }
    cw_load_failures(reader);
    cw_load_jobs(reader);
    cw_load_logic(reader);
    cw_resume_update(reader);
}
/* ANCHOR_END: boot */

/* ANCHOR: end */
void cw_disable_services(struct cw_reader *reader)
{
    reader->session.granted = false;
    for (size_t i = 0; i < reader->service_count; i++) {
        struct cw_service *service = &reader->services[i];
        if (service->enabled) {
            service->enabled = false;
            cw_record_change(reader, CW_SUBJECT_SERVICE_INTERFACE, service->service, CW_WORKING_STATE_DISABLED);
        }
    }
}

/* No keys, no login, no enabled interface stay behind; a running service has lost its client. */
void cw_end_session(struct cw_reader *reader)
{
    struct cw_out *out = &reader->out;
    if (!reader->session.open)
        return;
    cw_disable_services(reader);
    cw_record_change(reader, CW_SUBJECT_PLATFORM_INTERFACE, 0, CW_WORKING_STATE_DISABLED);
    cw_wipe(&reader->session, sizeof reader->session);
    reader->has_connect = false;
    out->event_waits = false;
    /* An answer on its way, such as disconnect_answer, still goes; it is not repeated. */
    if (!out->answer_waits)
        cw_wipe(out->answer, sizeof out->answer);
    cw_run_client_lost(reader);
}
/* ANCHOR_END: end */

/* ANCHOR: take */
static void sealed_frame(struct cw_reader *reader, const struct cw_frame *frame)
{
    uint8_t plain[CW_MESSAGE_MAX + CW_TAG];
    size_t size;
    if (!reader->session.open) {
        cw_refuse_frame(reader, frame->number);
        return;
    }
    switch (cw_channel_open(&reader->session.channel, frame, plain, &size)) {
    case CW_OPENED_REQUEST:
        reader->session.heard = reader->now;
        cw_handle_request(reader, cw_span(plain, size));
        break;
    case CW_OPENED_REPEAT:
        reader->out.answer_waits = true;
        break;
    case CW_OPENED_DROPPED:
        break;
    case CW_OPENED_EXHAUSTED:
        cw_end_session(reader);
        break;
    }
}

size_t cw_reader_take(struct cw_reader *reader, const uint8_t *bytes, size_t size, uint32_t now)
{
    struct cw_out *out = &reader->out;
    size_t taken = 0;
    struct cw_frame frame;
    cw_reader_time(reader, now);
    while (taken < size && !out->clear_waits && !out->answer_waits && !out->event_waits) {
        if (!cw_deframer_take(&reader->in, bytes[taken++], &frame))
            continue;
        if (frame.kind == CW_FRAME_KIND_CLEAR)
            cw_clear_frame(reader, &frame);
        else
            sealed_frame(reader, &frame);
    }
    return taken;
}

size_t cw_reader_output(struct cw_reader *reader, const uint8_t **bytes)
{
    struct cw_out *out = &reader->out;
    if (out->clear_waits) {
        out->clear_waits = false;
        *bytes = out->clear;
        return out->clear_size;
    }
    if (out->answer_waits) {
        out->answer_waits = false;
        *bytes = out->answer;
        return out->answer_size;
    }
    if (out->event_waits) {
        out->event_waits = false;
        *bytes = out->event;
        return out->event_size;
    }
    return 0;
}
/* ANCHOR_END: take */

/* A hint: one that has not gone out yet is replaced. */
void cw_send_event(struct cw_reader *reader, struct cw_span message)
{
    uint8_t sealed[32 + CW_TAG];
    struct cw_frame frame;
    struct cw_out *out = &reader->out;
    if (!reader->session.open || message.size == 0 || message.size > 32)
        return;
    if (cw_channel_event(&reader->session.channel, message, sealed, &frame)) {
        out->event_size = cw_frame_encode(&frame, out->event, sizeof out->event);
        out->event_waits = true;
    }
}

void cw_reader_event(struct cw_reader *reader, struct cw_event event, uint32_t now)
{
    bool card = event.kind == CW_EVENT_CARD_IN;
    cw_reader_time(reader, now);
    if ((card || event.kind == CW_EVENT_CARD_OUT) && card != reader->card) {
        uint8_t message[8];
        struct cw_writer out = { message, sizeof message, 0 };
        reader->card = card;
        reader->card_generation++;
        cw_write(&out, CW_CARD_EVENT, 1);
        cw_write(&out, 0, 1);
        cw_write(&out, card ? CW_CARD_STATE_PRESENT : CW_CARD_STATE_ABSENT, 1);
        cw_write(&out, reader->card_generation, 4);
        cw_send_event(reader, cw_span(message, cw_written(&out)));
    }
    cw_run_event(reader, event);
}

/* ANCHOR: time */
void cw_reader_time(struct cw_reader *reader, uint32_t now)
{
    struct cw_session *session = &reader->session;
    reader->now = now;
    if (reader->backs_off && cw_passed(reader, reader->backoff_since, reader->backoff))
        reader->backs_off = false;
    if (session->open && cw_passed(reader, session->heard, CW_T_IDLE))
        cw_end_session(reader);
    if (session->state == CW_SESSION_STATE_LOGIN && cw_passed(reader, session->login_began, CW_T_HANDSHAKE)) {
        cw_drop_login(reader);
        session->state = CW_SESSION_STATE_CONNECTED;
    }
    if (session->granted && cw_passed(reader, session->granted_at, session->lifetime)) {
        cw_disable_services(reader);
        cw_drop_login(reader);
        session->state = CW_SESSION_STATE_CONNECTED;
    }
    cw_run_time(reader);
}
/* ANCHOR_END: time */

void cw_reader_link_reset(struct cw_reader *reader, uint32_t now)
{
    cw_reader_time(reader, now);
    memset(&reader->in, 0, sizeof reader->in);
    cw_end_session(reader);
    reader->out.clear_waits = reader->out.answer_waits = reader->out.event_waits = false;
    cw_wipe(reader->out.answer, sizeof reader->out.answer);
}
