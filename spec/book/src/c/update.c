#include "parts.h"

#include <string.h>

static const char label[] = "cardwire/1 manifest";

static void drop(struct cw_update *update)
{
    memset(update, 0, sizeof *update);
}

static bool is_kept(const struct cw_update *update, const uint8_t *digest)
{
    return update->state != CW_UPDATE_STATE_NONE && memcmp(update->digest, digest, CW_HASH) == 0;
}

/* ANCHOR: offer */
/* 0, or the rule that components break which do not each replace another thing, in ascending order. */
static uint8_t order(const struct cw_manifest *manifest)
{
    long last = -1;
    for (size_t at = 0; at < manifest->count; at++) {
        const struct cw_component *component = &manifest->components[at];
        long place = component->kind * 65536L + component->service;
        if (component->kind != CW_UPDATE_KIND_LOGIC && component->kind <= CW_UPDATE_KIND_AUTHENTICATION &&
            component->kind > 0 && component->service != 0)
            return CW_CODEC_RULE_RANGE;
        if (place <= last)
            return CW_CODEC_RULE_ORDER;
        last = place;
    }
    return 0;
}

/* Checks a manifest that decodes, one check of all components after the other; `detail` is the place of the component. */
static struct cw_error check(const struct cw_reader *reader, const struct cw_manifest *manifest, bool kept)
{
    struct cw_error error = { 0, 0, 0 };
    size_t size = 0;
    const uint16_t checks[] = { CW_ERROR_NOT_SUPPORTED, CW_ERROR_UPDATE_COUNTER, CW_ERROR_UPDATE_SIZE,
                                CW_ERROR_UPDATE_PRECURSOR };
    if (manifest->hardware_class != reader->identity->hardware_class) {
        error.code = CW_ERROR_UPDATE_HARDWARE;
        return error;
    }
    for (size_t check = 0; check < sizeof checks / sizeof *checks; check++) {
        if (kept && check > 0)
            return error; /* as far as it has come */
        for (size_t at = 0; at < manifest->count; at++) {
            const struct cw_component *component = &manifest->components[at];
            /* This reader takes logic only, and its software has never been updated. */
            const bool fails[] = { component->kind != CW_UPDATE_KIND_LOGIC,
                                   component->counter <= reader->logic_counter, component->size > CW_LOGIC_MAX,
                                   component->min_software > 0 };
            if (fails[check]) {
                error.code = checks[check];
                error.detail = (uint16_t)at;
                return error;
            }
        }
        if (checks[check] != CW_ERROR_UPDATE_SIZE)
            continue;
        for (size_t at = 0; at < manifest->count; at++)
            size += manifest->components[at].size;
        if (size > CW_LOGIC_MAX) {
            error.code = CW_ERROR_UPDATE_SIZE;
            return error;
        }
    }
    return error;
}

static struct cw_error offer(struct cw_reader *reader, const struct cw_update_request *request, const uint8_t *digest)
{
    struct cw_update *update = &reader->update;
    struct cw_error error = { CW_ERROR_UPDATE_SIGNATURE, 0, 0 };
    struct cw_manifest manifest;
    struct cw_fault fault;
    /* Nothing of a manifest is read before its signature is right. */
    if (!cw_ed25519_verify(reader->identity->authority, cw_span(label, sizeof label - 1), request->manifest,
                           request->signature))
        return error;
    bool good = cw_read_manifest(request->manifest, &manifest, &fault);
    uint8_t rule = good ? order(&manifest) : fault.rule;
    if (rule != 0) {
        error.code = CW_ERROR_MALFORMED;
        error.detail = rule;
        return error;
    }
    bool kept = is_kept(update, digest);
    error = check(reader, &manifest, kept);
    if (kept || error.code != 0)
        return error;
    drop(update);
    update->state = CW_UPDATE_STATE_RECEIVING;
    memcpy(update->digest, digest, CW_HASH);
    memcpy(update->manifest, request->manifest.bytes, request->manifest.size);
    update->manifest_size = request->manifest.size;
    for (size_t at = 0; at < manifest.count; at++)
        update->size += manifest.components[at].size;
    return error;
}
/* ANCHOR_END: offer */

/* ANCHOR: chunk */
/* The manifest that is kept; it was read before. */
static struct cw_manifest kept_manifest(const struct cw_update *update)
{
    struct cw_manifest manifest = { 0 };
    struct cw_fault fault;
    if (!cw_read_manifest(cw_span(update->manifest, update->manifest_size), &manifest, &fault))
        manifest.count = 0;
    return manifest;
}

static uint16_t chunk(struct cw_update *update, const struct cw_update_request *request)
{
    uint8_t digest[CW_HASH];
    if (!is_kept(update, request->digest) || update->state != CW_UPDATE_STATE_RECEIVING ||
        request->offset != update->received)
        return CW_ERROR_UPDATE_ORDER;
    if (request->data.size > update->size - update->received)
        return CW_ERROR_UPDATE_SIZE;
    memcpy(update->bytes + update->received, request->data.bytes, request->data.size);
    update->received += request->data.size;
    if (update->received < update->size)
        return 0;
    struct cw_manifest manifest = kept_manifest(update);
    const uint8_t *bytes = update->bytes;
    for (size_t at = 0; at < manifest.count; at++) {
        struct cw_span content = cw_span(bytes, manifest.components[at].size);
        cw_sha256(&content, 1, digest);
        if (memcmp(digest, manifest.components[at].content_digest, CW_HASH) != 0) {
            drop(update);
            return CW_ERROR_UPDATE_DIGEST;
        }
        bytes += content.size;
    }
    update->state = CW_UPDATE_STATE_RECEIVED;
    return 0;
}
/* ANCHOR_END: chunk */

/* ANCHOR: commit */
/* What decides that an update of several components is carried out: one record with all of it. */
static uint8_t note[2 + CW_MANIFEST_ROOM + CW_LOGIC_MAX];

/* Carries out what is decided, from the first component on. Doing it twice does no harm. */
static bool carry_out(struct cw_reader *reader, const struct cw_manifest *manifest)
{
    struct cw_update *update = &reader->update;
    const uint8_t *bytes = update->bytes;
    for (size_t at = 0; at < manifest->count; at++) {
        const struct cw_component *component = &manifest->components[at];
        if (!cw_install(reader, cw_span(bytes, component->size), component->service, component->counter))
            return false;
        update->part_done = manifest->count > 1;
        bytes += component->size;
    }
    update->part_done = false;
    update->state = CW_UPDATE_STATE_INSTALLED;
    if (manifest->count > 1)
        (void)cw_board_store(CW_RECORD_UPDATE, note, 0);
    return true;
}

static struct cw_error put_into_force(struct cw_reader *reader)
{
    struct cw_update *update = &reader->update;
    struct cw_manifest manifest = kept_manifest(update);
    struct cw_error error = { 0, 0, 0 };
    size_t services = reader->service_count, stored = 0;
    const uint8_t *bytes = update->bytes;
    for (size_t at = 0; at < reader->service_count; at++)
        stored += reader->services[at].slot >= 0;
    /* Everything is checked before anything is changed. */
    for (size_t at = 0; at < manifest.count && !update->part_done; at++) {
        const struct cw_component *component = &manifest.components[at];
        error.detail = cw_check_logic(cw_span(bytes, component->size), component->service);
        if (error.detail != 0) {
            error.code = CW_ERROR_UPDATE_LOGIC;
            return error;
        }
        const struct cw_service *service = cw_service_of(reader, component->service);
        services += service == NULL;
        /* Logic in the place of a preset takes a record too. */
        stored += service == NULL || service->slot < 0;
        bytes += component->size;
    }
    error.code = CW_ERROR_STORAGE_FAILED;
    if (services > CW_SERVICES || stored > CW_STORED)
        return error;
    if (manifest.count > 1 && !update->part_done) {
        cw_put(note, update->manifest_size, 2);
        memcpy(note + 2, update->manifest, update->manifest_size);
        memcpy(note + 2 + update->manifest_size, update->bytes, update->size);
        if (!cw_board_store(CW_RECORD_UPDATE, note, 2 + update->manifest_size + update->size))
            return error;
    }
    if (carry_out(reader, &manifest))
        error.code = 0;
    else if (manifest.count > 1 && !update->part_done)
        (void)cw_board_store(CW_RECORD_UPDATE, note, 0);
    return error;
}

static struct cw_error commit(struct cw_reader *reader, const uint8_t *digest)
{
    struct cw_update *update = &reader->update;
    struct cw_error error = { CW_ERROR_UPDATE_ORDER, 0, 0 };
    if (!is_kept(update, digest) || update->state == CW_UPDATE_STATE_RECEIVING)
        return error;
    error.code = 0;
    if (update->state == CW_UPDATE_STATE_INSTALLED)
        return error; /* it is done already */
    error = put_into_force(reader);
    if (error.code != 0 && !update->part_done)
        drop(update);
    return error;
}

/* At boot: carries out what was decided and not finished. */
void cw_resume_update(struct cw_reader *reader)
{
    struct cw_update *update = &reader->update;
    size_t size = cw_board_load(CW_RECORD_UPDATE, note, sizeof note);
    if (size <= 2 || cw_get(note, 2) > CW_MANIFEST_ROOM || cw_get(note, 2) > size - 2)
        return;
    update->manifest_size = (size_t)cw_get(note, 2);
    update->size = update->received = size - 2 - update->manifest_size;
    memcpy(update->manifest, note + 2, update->manifest_size);
    memcpy(update->bytes, note + 2 + update->manifest_size, update->size);
    struct cw_manifest manifest = kept_manifest(update);
    size_t needed = 0;
    uint32_t highest = 0;
    for (size_t at = 0; at < manifest.count; at++) {
        needed += manifest.components[at].size;
        if (manifest.components[at].counter > highest)
            highest = manifest.components[at].counter;
    }
    /* A note that could not be taken away is void once a newer update is in force. */
    if (needed != update->size || reader->logic_counter > highest) {
        drop(update);
        return;
    }
    struct cw_span whole = cw_span(update->manifest, update->manifest_size);
    cw_sha256(&whole, 1, update->digest);
    update->state = CW_UPDATE_STATE_RECEIVED;
    update->part_done = true;
    /* What fails now goes on at the next commit, or at the next start. */
    (void)carry_out(reader, &manifest);
}
/* ANCHOR_END: commit */

static void write_status(const struct cw_update *update, const uint8_t *digest, struct cw_error error,
                         struct cw_writer *out)
{
    bool kept = is_kept(update, digest);
    cw_write(out, CW_UPDATE_STATUS, 1);
    cw_write_bytes(out, digest, CW_HASH);
    cw_write(out, kept ? update->state : CW_UPDATE_STATE_NONE, 1);
    cw_write(out, kept ? update->received : 0, 4);
    cw_write(out, error.code, 2);
    cw_write(out, error.detail, 2);
}

/* ANCHOR: message */
/* A message of the cloud after login. */
void cw_cloud_message(struct cw_reader *reader, struct cw_span message, struct cw_writer *out)
{
    struct cw_update *update = &reader->update;
    struct cw_update_request request;
    struct cw_login_result result;
    struct cw_fault fault;
    struct cw_error error = { 0, 0, 0 };
    uint8_t digest[CW_HASH], code = message.size > 0 ? message.bytes[0] : 0;
    if (code == CW_LOGIN_RESULT ? !cw_read_login_result(message, &result, &fault)
                                : !cw_read_update_request(message, &request, &fault)) {
        error.code = CW_ERROR_MALFORMED;
        error.detail = fault.rule;
    } else if (code == CW_LOGIN_RESULT) {
        error.code = CW_ERROR_UNEXPECTED;
    } else if (code == CW_JOB_SECRETS) {
        error.code = CW_ERROR_NOT_SUPPORTED; /* this reader takes no secrets from a cloud */
    }
    if (error.code != 0) {
        cw_write(out, CW_CHANNEL_ERROR, 1);
        cw_write(out, code, 1);
        cw_write(out, error.code, 2);
        cw_write(out, error.detail, 2);
        return;
    }
    switch (code) {
    case CW_UPDATE_OFFER:
        cw_sha256(&request.manifest, 1, digest);
        error = offer(reader, &request, digest);
        write_status(update, digest, error, out);
        break;
    case CW_UPDATE_CHUNK:
        error.code = chunk(update, &request);
        write_status(update, request.digest, error, out);
        break;
    case CW_UPDATE_QUERY:
        write_status(update, request.digest, error, out);
        break;
    default:
        error = commit(reader, request.digest);
        cw_write(out, CW_UPDATE_RESULT, 1);
        cw_write_bytes(out, request.digest, CW_HASH);
        cw_write(out, is_kept(update, request.digest) ? update->state : CW_UPDATE_STATE_NONE, 1);
        cw_write(out, error.code, 2);
        cw_write(out, error.detail, 2);
        cw_write(out, 0, 4); /* software and authentication information were never updated */
        cw_write(out, 0, 4);
        cw_write(out, reader->logic_counter, 4);
    }
}
/* ANCHOR_END: message */
