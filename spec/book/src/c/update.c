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
    error.code = 0;
    if (!cw_read_manifest(request->manifest, &manifest, &fault)) {
        error.code = CW_ERROR_MALFORMED;
        error.detail = fault.rule;
    } else if (manifest.hardware_class != reader->identity->hardware_class) {
        error.code = CW_ERROR_UPDATE_HARDWARE;
    } else if (manifest.kind != CW_UPDATE_KIND_LOGIC) {
        error.code = CW_ERROR_NOT_SUPPORTED;
    } else if (is_kept(update, digest)) {
        return error; /* as far as it has come */
    } else if (manifest.counter <= reader->logic_counter) {
        error.code = CW_ERROR_UPDATE_COUNTER;
    } else if (manifest.size > CW_LOGIC_MAX) {
        error.code = CW_ERROR_UPDATE_SIZE;
    } else {
        drop(update);
        update->state = CW_UPDATE_STATE_RECEIVING;
        memcpy(update->digest, digest, CW_HASH);
        memcpy(update->content_digest, manifest.content_digest, CW_HASH);
        update->counter = manifest.counter;
        update->service = manifest.service;
        update->size = manifest.size;
    }
    return error;
}
/* ANCHOR_END: offer */

/* ANCHOR: chunk */
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
    struct cw_span whole = cw_span(update->bytes, update->size);
    cw_sha256(&whole, 1, digest);
    if (memcmp(digest, update->content_digest, CW_HASH) != 0) {
        drop(update);
        return CW_ERROR_UPDATE_DIGEST;
    }
    update->state = CW_UPDATE_STATE_RECEIVED;
    return 0;
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
    error = cw_install(reader, cw_span(update->bytes, update->size), update->service, update->counter);
    if (error.code == 0)
        update->state = CW_UPDATE_STATE_INSTALLED;
    else
        drop(update);
    return error;
}
/* ANCHOR_END: chunk */

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
    bool kept;
    if (code == CW_LOGIN_RESULT ? !cw_read_login_result(message, &result, &fault)
                                : !cw_read_update_request(message, &request, &fault)) {
        error.code = CW_ERROR_MALFORMED;
        error.detail = fault.rule;
    } else if (code == CW_LOGIN_RESULT) {
        error.code = CW_ERROR_UNEXPECTED;
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
        /* A commit that fails drops the manifest: what kind it was is asked before. */
        kept = is_kept(update, request.digest);
        error = commit(reader, request.digest);
        cw_write(out, CW_UPDATE_RESULT, 1);
        cw_write_bytes(out, request.digest, CW_HASH);
        cw_write(out, kept ? CW_UPDATE_KIND_LOGIC : 0, 1);
        cw_write(out, error.code, 2);
        cw_write(out, error.detail, 2);
        cw_write(out, kept ? reader->logic_counter : 0, 4);
    }
}
/* ANCHOR_END: message */
