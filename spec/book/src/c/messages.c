#include "messages.h"

#include <string.h>

enum { U8 = 0xFF, U16 = 0xFFFF };
static const uint32_t U32 = 0xFFFFFFFF;
enum { CLEAR_MAX = CW_FRAME_MIN - CW_FRAME_OVERHEAD };

/* ANCHOR: clear */
bool cw_read_hello(struct cw_span message, struct cw_hello *out, struct cw_fault *fault)
{
    struct cw_cursor in = cw_begin(message, CW_HELLO, CLEAR_MAX);
    uint32_t last = 0;
    out->versions.count = cw_count(&in, 1, 8);
    out->versions.items = message.bytes + in.at;
    for (size_t index = 0; index < out->versions.count; index++) {
        size_t start = in.at;
        uint32_t version = cw_number(&in, 1, 1, U8);
        if (version <= last)
            cw_refuse(&in, CW_CODEC_RULE_ORDER, start);
        last = version;
    }
    out->max_frame = (uint16_t)cw_number(&in, 2, CW_FRAME_MIN, CW_FRAME_MAX);
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}

bool cw_read_connect(struct cw_span message, struct cw_connect *out, struct cw_fault *fault)
{
    struct cw_cursor in = cw_begin(message, CW_CONNECT, CLEAR_MAX);
    out->hello = cw_bytes(&in, 5, 64);
    out->method = (uint8_t)cw_number(&in, 1, 0, U8);
    out->client_id = cw_name(&in, 1, 32);
    out->generation = cw_number(&in, 4, 0, U32);
    out->before = cw_span(message.bytes, in.at);
    out->handshake = cw_bytes(&in, 48, 128);
    out->behind = cw_span(message.bytes + in.at, message.size - in.at);
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}
/* ANCHOR_END: clear */

/* ANCHOR: request */
/* A list of structures: each field is read for itself, so that a fault names its own place. */
static struct cw_list read_offers(struct cw_cursor *in)
{
    struct cw_list offers;
    offers.count = cw_count(in, 0, 64);
    offers.items = in->message.bytes + in->at;
    for (size_t index = 0; index < offers.count; index++) {
        size_t start = in->at;
        cw_number(in, 2, 0, U16); /* service */
        cw_number(in, 1, 0, U8);  /* format */
        if (in->fault.rule == 0 && index > 0 && memcmp(offers.items + 3 * index - 3, offers.items + 3 * index, 3) >= 0)
            cw_refuse(in, CW_CODEC_RULE_ORDER, start);
    }
    if (in->fault.rule != 0)
        offers.count = 0;
    return offers;
}

bool cw_read_request(struct cw_span message, struct cw_request *out, struct cw_fault *fault)
{
    uint8_t code = message.size > 0 ? message.bytes[0] : 0;
    struct cw_cursor in = cw_begin(message, code, CW_MESSAGE_MAX);
    struct cw_request none = { 0 };
    *out = none;
    out->code = code;
    switch (code) {
    case CW_PLATFORM_AUTH:
        out->offers = read_offers(&in);
        break;
    case CW_RELAY:
        out->payload = cw_bytes(&in, 16, 479);
        break;
    case CW_SERVICE_LIST:
        out->from = cw_number(&in, 1, 0, U8);
        break;
    case CW_INSTRUCT:
        out->job = cw_exactly(&in, 16);
        out->service = (uint16_t)cw_number(&in, 2, 0, U16);
        out->payload = cw_bytes(&in, 0, 400);
        break;
    case CW_JOB_DATA:
        out->job = cw_exactly(&in, 16);
        out->part = (uint16_t)cw_number(&in, 2, 0, U16);
        break;
    case CW_JOB_STATUS:
    case CW_JOB_ABORT:
        out->job = cw_exactly(&in, 16);
        break;
    case CW_DIAGNOSTICS:
        out->from = cw_number(&in, 4, 0, U32);
        break;
    case CW_READER_STATUS:
    case CW_DISCONNECT:
        break;
    default:
        /* A code that is none of these comes before every other fault. */
        in.fault.rule = 0;
        cw_refuse(&in, CW_CODEC_RULE_MESSAGE_TYPE, 0);
    }
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}
/* ANCHOR_END: request */

bool cw_read_login_result(struct cw_span message, struct cw_login_result *out, struct cw_fault *fault)
{
    struct cw_cursor in = cw_begin(message, CW_LOGIN_RESULT, CW_RELAYED_MAX);
    out->outcome = cw_closed(&in, CW_LOGIN_OUTCOME_SUCCESS, CW_LOGIN_OUTCOME_DENIED);
    out->reader_id = cw_name(&in, 1, 32);
    out->client_id = cw_name(&in, 1, 32);
    out->all_services = cw_bool(&in);
    out->services = cw_list(&in, 0, 64, 2, true);
    out->lifetime = cw_number(&in, 4, 1, 604800);
    cw_number(&in, 4, 0, U32); /* software_latest */
    cw_number(&in, 4, 0, U32); /* authentication_latest */
    cw_number(&in, 4, 0, U32); /* logic_latest */
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}

bool cw_read_update_request(struct cw_span message, struct cw_update_request *out, struct cw_fault *fault)
{
    uint8_t code = message.size > 0 ? message.bytes[0] : 0;
    struct cw_cursor in = cw_begin(message, code, CW_RELAYED_MAX);
    struct cw_update_request none = { 0 };
    *out = none;
    out->code = code;
    switch (code) {
    case CW_UPDATE_OFFER:
        out->manifest = cw_bytes(&in, 1, 255);
        out->signature = cw_exactly(&in, 64);
        break;
    case CW_UPDATE_CHUNK:
        out->digest = cw_exactly(&in, 32);
        out->offset = cw_number(&in, 4, 0, U32);
        out->data = cw_bytes(&in, 1, 400);
        break;
    case CW_UPDATE_COMMIT:
    case CW_UPDATE_QUERY:
        out->digest = cw_exactly(&in, 32);
        break;
    case CW_JOB_SECRETS:
        cw_exactly(&in, 16); /* job */
        cw_number(&in, 2, 0, 0xFFFF); /* service */
        cw_bytes(&in, 1, 400); /* parameters */
        break;
    default:
        in.fault.rule = 0;
        cw_refuse(&in, CW_CODEC_RULE_MESSAGE_TYPE, 0);
    }
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}

bool cw_read_manifest(struct cw_span message, struct cw_manifest *out, struct cw_fault *fault)
{
    struct cw_cursor in = cw_begin_document(message, CW_MANIFEST, 255);
    out->hardware_class = (uint16_t)cw_number(&in, 2, 0, U16);
    out->count = cw_count(&in, 1, CW_COMPONENTS);
    for (size_t at = 0; at < out->count; at++) {
        struct cw_component *component = &out->components[at];
        component->kind = (uint8_t)cw_number(&in, 1, 0, U8);
        component->service = (uint16_t)cw_number(&in, 2, 0, U16);
        component->counter = cw_number(&in, 4, 1, U32);
        component->size = cw_number(&in, 4, 1, 16777216);
        component->content_digest = cw_exactly(&in, 32);
        component->min_software = cw_number(&in, 4, 0, U32);
    }
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}

bool cw_read_logic(struct cw_span message, struct cw_logic *out, struct cw_fault *fault)
{
    struct cw_cursor in = cw_begin_document(message, CW_LOGIC, CW_LOGIC_MAX);
    out->service = (uint16_t)cw_number(&in, 2, 0, U16);
    out->name = cw_name(&in, 1, 32);
    out->version = (uint16_t)cw_number(&in, 2, 0, U16);
    out->policy = cw_closed(&in, CW_POLICY_WHOLE_SERVICE, CW_POLICY_PER_STEP);
    out->on_client_loss = cw_closed(&in, CW_CLIENT_LOSS_ABORT, CW_CLIENT_LOSS_FINISH);
    out->modules = cw_list(&in, 0, 8, 1, true);
    out->parameter_count = cw_count(&in, 0, CW_PARAMETERS);
    for (size_t index = 0; index < out->parameter_count; index++) {
        struct cw_parameter *parameter = &out->parameters[index];
        parameter->name = cw_name(&in, 1, 24);
        parameter->kind = cw_closed(&in, CW_ITEM_KIND_TEXT, CW_ITEM_KIND_NUMBER);
        parameter->source = cw_closed(&in, CW_PARAMETER_SOURCE_CLIENT, CW_PARAMETER_SOURCE_CLOUD);
        parameter->occurrence = cw_closed(&in, CW_OCCURRENCE_REQUIRED, CW_OCCURRENCE_ANY);
        parameter->minimum = (uint16_t)cw_number(&in, 2, 0, U16);
        parameter->maximum = (uint16_t)cw_number(&in, 2, 0, U16);
    }
    out->budget = (uint16_t)cw_number(&in, 2, 1, CW_LOGIC_STEPS_MAX);
    out->code = cw_bytes(&in, 1, 900);
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}

bool cw_read_service_data(struct cw_span message, size_t *items, struct cw_fault *fault)
{
    struct cw_cursor in = cw_begin_document(message, CW_SERVICE_DATA, CW_JOB_DATA_MAX);
    *items = cw_count(&in, 0, 32);
    for (size_t item = 0; item < *items; item++) {
        cw_name(&in, 1, 24);
        cw_closed(&in, CW_ITEM_KIND_TEXT, CW_ITEM_KIND_NUMBER);
        cw_bytes(&in, 0, 255);
    }
    bool good = cw_end(&in);
    *fault = in.fault;
    return good;
}
