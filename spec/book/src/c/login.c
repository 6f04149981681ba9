#include "parts.h"

#include <string.h>

static const struct cw_error good = { 0, 0, 0 };

static struct cw_error refused(uint16_t code)
{
    struct cw_error error = { code, 0, 0 };
    return error;
}

void cw_drop_login(struct cw_reader *reader)
{
    struct cw_session *session = &reader->session;
    cw_wipe(&session->handshake, sizeof session->handshake);
    cw_wipe(session->to_cloud, CW_KEY);
    cw_wipe(session->from_cloud, CW_KEY);
    session->login = CW_LOGIN_NONE;
}

/* ANCHOR: begin */
static size_t write_header(const struct cw_reader *reader, uint8_t *bytes, size_t room)
{
    struct cw_writer out = { bytes, room, 0 };
    cw_write(&out, CW_LOGIN_HEADER, 1);
    cw_write(&out, CW_VERSION, 1);
    cw_write(&out, CW_SUITE_NOISE_IK, 1);
    cw_write_span(&out, reader->identity->reader_id, 1);
    cw_write(&out, reader->identity->hardware_class, 2);
    cw_write(&out, reader->boots, 4);
    cw_write_span(&out, reader->session.client->id, 1);
    cw_write_bytes(&out, reader->session.hash, CW_HASH);
    return cw_written(&out);
}

/* The first offer of each service that this reader has. */
static void remember_offers(struct cw_reader *reader, struct cw_list offers)
{
    for (size_t i = 0; i < reader->service_count; i++)
        reader->services[i].offered = 0;
    for (size_t i = offers.count; i > 0; i--) {
        const uint8_t *offer = offers.items + 3 * (i - 1);
        struct cw_service *service = cw_service_of(reader, (uint16_t)cw_get(offer, 2));
        if (service != NULL)
            service->offered = offer[2];
    }
}

struct cw_error cw_platform_auth(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    struct cw_session *session = &reader->session;
    const struct cw_identity *identity = reader->identity;
    uint8_t header[160], ephemeral[CW_KEY], first[CW_CLOUD_FIRST];
    struct cw_login handshake;
    size_t size = write_header(reader, header, sizeof header);
    if (!cw_fresh(reader, ephemeral) || !cw_login_begin(&handshake, identity->static_key, identity->cloud,
                                                        cw_span(header, size), ephemeral, first))
        return refused(CW_ERROR_STORAGE_FAILED);
    cw_wipe(ephemeral, sizeof ephemeral);
    cw_drop_login(reader);
    cw_disable_services(reader);
    remember_offers(reader, request->offers);
    session->handshake = handshake;
    cw_wipe(&handshake, sizeof handshake);
    session->login = CW_LOGIN_HANDSHAKE;
    session->login_began = reader->now;
    session->state = CW_SESSION_STATE_LOGIN;
    cw_write(out, CW_PLATFORM_AUTH_ANSWER, 1);
    cw_write_span(out, cw_span(header, size), 1);
    cw_write_bytes(out, first, sizeof first);
    return good;
}
/* ANCHOR_END: begin */

/* ANCHOR: transport */
/* Transport messages carry no number: each end counts its own. */
static size_t seal(struct cw_session *session, struct cw_span message, uint8_t *out)
{
    uint8_t nonce[12];
    cw_noise_nonce(nonce, session->sent++);
    cw_aead_seal(session->to_cloud, nonce, cw_span(NULL, 0), message, out);
    return message.size + CW_TAG;
}

static bool open(struct cw_session *session, struct cw_span sealed, uint8_t *out)
{
    uint8_t nonce[12];
    cw_noise_nonce(nonce, session->received);
    if (sealed.size > CW_RELAYED_MAX + CW_TAG ||
        !cw_aead_open(session->from_cloud, nonce, cw_span(NULL, 0), sealed, out))
        return false;
    session->received++;
    return true;
}
/* ANCHOR_END: transport */

/* ANCHOR: confirm */
/* The cloud's handshake message came: login_confirm goes. */
static uint16_t confirm(struct cw_reader *reader, struct cw_span second, uint8_t *sealed, size_t *size)
{
    struct cw_session *session = &reader->session;
    const struct cw_identity *identity = reader->identity;
    uint8_t message[128];
    struct cw_writer out = { message, sizeof message, 0 };
    struct cw_keys keys;
    if (second.size != CW_CLOUD_SECOND ||
        !cw_login_finish(&session->handshake, identity->static_key, second.bytes, &keys))
        return CW_ERROR_CLOUD_NOT_AUTHENTICATED;
    memcpy(session->to_cloud, keys.initiator, CW_KEY);
    memcpy(session->from_cloud, keys.responder, CW_KEY);
    cw_wipe(&keys, sizeof keys);
    session->sent = session->received = 0;
    session->login = CW_LOGIN_CONFIRMED;
    cw_write(&out, CW_LOGIN_CONFIRM, 1);
    cw_write_span(&out, identity->reader_id, 1);
    cw_write_span(&out, session->client->id, 1);
    cw_write_span(&out, identity->software, 1);
    cw_write(&out, 0, 4); /* no software and no authentication information is ever updated */
    cw_write(&out, 0, 4);
    cw_write(&out, reader->logic_counter, 4);
    *size = seal(session, cw_span(message, cw_written(&out)), sealed);
    return 0;
}
/* ANCHOR_END: confirm */

/* ANCHOR: result */
static bool same(struct cw_span one, struct cw_span other)
{
    return one.size == other.size && memcmp(one.bytes, other.bytes, one.size) == 0;
}

static bool is_granted(const struct cw_login_result *result, uint16_t service)
{
    bool listed = result->all_services;
    for (size_t i = 0; i < result->services.count; i++)
        listed = listed || cw_get(result->services.items + 2 * i, 2) == service;
    return listed;
}

/* login_result: the only thing that enables service interfaces. */
static uint16_t take_result(struct cw_reader *reader, struct cw_span sealed)
{
    struct cw_session *session = &reader->session;
    uint8_t message[CW_RELAYED_MAX];
    struct cw_login_result result;
    struct cw_fault fault;
    if (!open(session, sealed, message) ||
        !cw_read_login_result(cw_span(message, sealed.size - CW_TAG), &result, &fault))
        return CW_ERROR_CLOUD_NOT_AUTHENTICATED;
    if (!same(result.reader_id, reader->identity->reader_id) || !same(result.client_id, session->client->id))
        return CW_ERROR_LOGIN_MISMATCH;
    if (result.outcome != CW_LOGIN_OUTCOME_SUCCESS)
        return CW_ERROR_LOGIN_DENIED;
    session->login = CW_LOGIN_OPEN;
    session->state = CW_SESSION_STATE_SERVING;
    session->granted = true;
    session->granted_at = reader->now;
    session->lifetime = result.lifetime * 1000;
    for (size_t i = 0; i < reader->service_count; i++) {
        struct cw_service *service = &reader->services[i];
        if (service->offered != 0 && is_granted(&result, service->service)) {
            service->enabled = true;
            cw_record_change(reader, CW_SUBJECT_SERVICE_INTERFACE, service->service, CW_WORKING_STATE_ENABLED);
        }
    }
    return 0;
}
/* ANCHOR_END: result */

/* ANCHOR: relay */
struct cw_error cw_relay(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    struct cw_session *session = &reader->session;
    uint8_t message[CW_RELAYED_MAX], answer[CW_RELAYED_MAX], sealed[CW_RELAYED_MAX + CW_TAG];
    struct cw_writer inner = { answer, sizeof answer, 0 };
    size_t size = 0;
    uint16_t error = 0;
    switch (session->login) {
    case CW_LOGIN_NONE:
        return refused(CW_ERROR_LOGIN_EXPIRED);
    case CW_LOGIN_HANDSHAKE:
        error = confirm(reader, request->payload, sealed, &size);
        break;
    case CW_LOGIN_CONFIRMED:
        error = take_result(reader, request->payload);
        break;
    case CW_LOGIN_OPEN:
        if (!open(session, request->payload, message)) {
            /* The channel ends; session and grants stay. */
            cw_drop_login(reader);
            return refused(CW_ERROR_CLOUD_NOT_AUTHENTICATED);
        }
        cw_cloud_message(reader, cw_span(message, request->payload.size - CW_TAG), &inner);
        size = seal(session, cw_span(answer, cw_written(&inner)), sealed);
        break;
    }
    if (error != 0) {
        cw_drop_login(reader);
        session->state = CW_SESSION_STATE_CONNECTED;
        return refused(error);
    }
    cw_write(out, CW_RELAY_ANSWER, 1);
    cw_write(out, session->state, 1);
    cw_write_span(out, cw_span(sealed, size), 2);
    return good;
}
/* ANCHOR_END: relay */
