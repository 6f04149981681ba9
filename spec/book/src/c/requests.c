#include "parts.h"

#include <string.h>

static const struct cw_error good = { 0, 0, 0 };

/* ANCHOR: state */
/* Whether a request has its place in the session's state; 0 or the error. */
static uint16_t misplaced(const struct cw_reader *reader, uint8_t code)
{
    uint8_t state = reader->session.state;
    switch (code) {
    case CW_SERVICE_LIST:
    case CW_INSTRUCT:
    case CW_JOB_DATA:
    case CW_JOB_STATUS:
    case CW_JOB_ABORT:
        return state == CW_SESSION_STATE_SERVING ? 0 : CW_ERROR_NOT_LOGGED_IN;
    case CW_RELAY:
        return state == CW_SESSION_STATE_CONNECTED ? CW_ERROR_LOGIN_EXPIRED : 0;
    default:
        return 0;
    }
}
/* ANCHOR_END: state */

static struct cw_error service_list(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    size_t from = request->from < reader->service_count ? request->from : reader->service_count;
    size_t count = reader->service_count - from < 6 ? reader->service_count - from : 6;
    cw_write(out, CW_SERVICE_LIST_ANSWER, 1);
    cw_write(out, reader->service_count, 1);
    cw_write(out, count, 1);
    for (size_t i = from; i < from + count; i++) {
        const struct cw_service *service = &reader->services[i];
        cw_write(out, service->service, 2);
        cw_write_span(out, cw_span(service->name, service->name_size), 1);
        cw_write(out, service->version, 2);
        cw_write(out, service->policy, 1);
        cw_write(out, service->enabled ? CW_WORKING_STATE_ENABLED : CW_WORKING_STATE_DISABLED, 1);
        cw_write_bytes(out, service->digest, CW_HASH);
    }
    return good;
}

static struct cw_error reader_status(struct cw_reader *reader, struct cw_writer *out)
{
    const struct cw_identity *identity = reader->identity;
    uint32_t failed = (uint32_t)reader->session.failed_before + reader->failures;
    cw_write(out, CW_READER_STATUS_ANSWER, 1);
    cw_write(out, reader->session.state, 1);
    cw_write(out, identity->provisioning, 1);
    cw_write(out, identity->hardware_class, 2);
    cw_write_span(out, identity->software, 1);
    cw_write(out, reader->boots, 4);
    cw_write(out, reader->now - reader->booted, 4);
    cw_write(out, failed < UINT16_MAX ? failed : UINT16_MAX, 2);
    cw_write(out, 1, 1); /* one slot, number 0 */
    cw_write(out, 0, 1);
    cw_write(out, reader->card ? CW_CARD_STATE_PRESENT : CW_CARD_STATE_ABSENT, 1);
    cw_write(out, reader->card_generation, 4);
    cw_write(out, CW_AT_COUNT, 1);
    for (size_t i = 0; i < CW_AT_COUNT; i++) {
        cw_write(out, reader->modules[i].id, 1);
        cw_write(out, reader->modules[i].state, 1);
    }
    return good;
}

/* ANCHOR: execute */
static struct cw_error execute(struct cw_reader *reader, struct cw_span message, struct cw_writer *out)
{
    struct cw_request request;
    struct cw_fault fault;
    struct cw_error error = good;
    /* The codec comes first, whatever the state is. */
    if (!cw_read_request(message, &request, &fault)) {
        error.code = CW_ERROR_MALFORMED;
        error.detail = fault.rule;
        error.offset = fault.offset;
        return error;
    }
    error.code = misplaced(reader, request.code);
    if (error.code != 0)
        return error;
    switch (request.code) {
    case CW_PLATFORM_AUTH:
        return cw_platform_auth(reader, &request, out);
    case CW_RELAY:
        return cw_relay(reader, &request, out);
    case CW_SERVICE_LIST:
        return service_list(reader, &request, out);
    case CW_INSTRUCT:
        return cw_instruct(reader, &request, out);
    case CW_JOB_DATA:
        return cw_job_data(reader, &request, out);
    case CW_JOB_STATUS:
        cw_write_job(reader, request.job, out);
        return good;
    case CW_JOB_ABORT:
        return cw_job_abort(reader, &request, out);
    case CW_READER_STATUS:
        return reader_status(reader, out);
    case CW_DIAGNOSTICS:
        return cw_diagnostics(reader, &request, out);
    default: /* disconnect: the decoder lets no other code through */
        cw_write(out, CW_DISCONNECT_ANSWER, 1);
        return good;
    }
}

/* Executes a request that is new, and seals its answer into the place that repeats are answered from. */
void cw_handle_request(struct cw_reader *reader, struct cw_span message)
{
    uint8_t plain[CW_MESSAGE_MAX], sealed[CW_MESSAGE_MAX + CW_TAG];
    struct cw_writer out = { plain, sizeof plain, 0 };
    struct cw_error error = execute(reader, message, &out);
    if (error.code != 0) {
        out.at = 0;
        cw_write(&out, CW_ERROR, 1);
        cw_write(&out, message.size > 0 ? message.bytes[0] : 0, 1);
        cw_write(&out, error.code, 2);
        cw_write(&out, error.detail, 2);
        cw_write(&out, error.offset, 2);
    }
    struct cw_frame frame;
    cw_channel_answer(&reader->session.channel, cw_span(plain, cw_written(&out)), sealed, &frame);
    reader->out.answer_size = cw_frame_encode(&frame, reader->out.answer, sizeof reader->out.answer);
    reader->out.answer_waits = true;
    if (plain[0] == CW_DISCONNECT_ANSWER)
        cw_end_session(reader);
    /* A service begins only now: its instruction is answered before it runs. */
    cw_run_go(reader);
}
/* ANCHOR_END: execute */
