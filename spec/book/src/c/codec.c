#include "codec.h"

#include <string.h>

/* What a value reads as behind a fault: enough zeros for the largest one of exact size. */
static const uint8_t zeros[160];

/* ANCHOR: cursor */
void cw_refuse(struct cw_cursor *in, uint8_t rule, size_t offset)
{
    if (in->fault.rule == 0) {
        in->fault.rule = rule;
        in->fault.offset = (uint16_t)offset;
    }
    in->at = in->message.size;
}

static struct cw_cursor begin(struct cw_span message, uint8_t code, size_t max_size, bool size_first)
{
    struct cw_cursor in = { message, 1, { 0, 0 } };
    bool fits = message.size <= max_size, is_meant = message.size > 0 && message.bytes[0] == code;
    if (!fits && (size_first || is_meant))
        cw_refuse(&in, CW_CODEC_RULE_MESSAGE_SIZE, 0);
    else if (!is_meant)
        cw_refuse(&in, CW_CODEC_RULE_MESSAGE_TYPE, 0);
    return in;
}

struct cw_cursor cw_begin(struct cw_span message, uint8_t code, size_t max_size)
{
    return begin(message, code, max_size, false);
}

struct cw_cursor cw_begin_document(struct cw_span document, uint8_t code, size_t max_size)
{
    return begin(document, code, max_size, true);
}

/* Takes bytes; where they are not there the value that begins at `start` is truncated. */
static const uint8_t *take(struct cw_cursor *in, size_t size, size_t start)
{
    if (in->fault.rule != 0 || size > in->message.size - in->at) {
        cw_refuse(in, CW_CODEC_RULE_TRUNCATED, start);
        return zeros;
    }
    const uint8_t *bytes = in->message.bytes + in->at;
    in->at += size;
    return bytes;
}

/* A number, length or count in its bounds; `rule` names what it is. */
static uint32_t bounded(struct cw_cursor *in, size_t size, uint32_t min, uint32_t max, uint8_t rule)
{
    size_t start = in->at;
    uint32_t value = (uint32_t)cw_get(take(in, size, start), size);
    if (in->fault.rule == 0 && (value < min || value > max))
        cw_refuse(in, rule, start);
    return in->fault.rule == 0 ? value : min;
}

/* A length or count has one byte where its upper bound is below 256, else two. */
static size_t prefix(size_t max)
{
    return max < 256 ? 1 : 2;
}
/* ANCHOR_END: cursor */

uint32_t cw_number(struct cw_cursor *in, size_t size, uint32_t min, uint32_t max)
{
    return bounded(in, size, min, max, CW_CODEC_RULE_RANGE);
}

const uint8_t *cw_exactly(struct cw_cursor *in, size_t size)
{
    return take(in, size, in->at);
}

/* ANCHOR: values */
struct cw_span cw_bytes(struct cw_cursor *in, size_t min, size_t max)
{
    size_t start = in->at;
    size_t size = bounded(in, prefix(max), (uint32_t)min, (uint32_t)max, CW_CODEC_RULE_LENGTH);
    /* Also where the bytes behind the prefix are missing, the field begins with its prefix. */
    const uint8_t *bytes = take(in, size, start);
    return cw_span(bytes, in->fault.rule == 0 ? size : 0);
}

bool cw_is_name(struct cw_span text)
{
    for (size_t at = 0; at < text.size; at++) {
        uint8_t c = text.bytes[at];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return true;
}

struct cw_span cw_name(struct cw_cursor *in, size_t min, size_t max)
{
    size_t start = in->at;
    struct cw_span text = cw_bytes(in, min, max);
    if (cw_is_name(text))
        return text;
    cw_refuse(in, CW_CODEC_RULE_TEXT, start);
    return cw_span(zeros, 0);
}

bool cw_bool(struct cw_cursor *in)
{
    return bounded(in, 1, 0, 1, CW_CODEC_RULE_BOOLEAN) == 1;
}

uint8_t cw_closed(struct cw_cursor *in, uint8_t first, uint8_t last)
{
    return (uint8_t)bounded(in, 1, first, last, CW_CODEC_RULE_VALUE);
}

size_t cw_count(struct cw_cursor *in, size_t min, size_t max)
{
    size_t count = bounded(in, prefix(max), (uint32_t)min, (uint32_t)max, CW_CODEC_RULE_COUNT);
    return in->fault.rule == 0 ? count : 0;
}

struct cw_list cw_list(struct cw_cursor *in, size_t min, size_t max, size_t item, bool ascending)
{
    struct cw_list list;
    list.count = cw_count(in, min, max);
    list.items = in->message.bytes + in->at;
    for (size_t index = 0; index < list.count; index++) {
        size_t start = in->at;
        const uint8_t *bytes = take(in, item, start);
        if (in->fault.rule == 0 && ascending && index > 0 && memcmp(bytes - item, bytes, item) >= 0)
            cw_refuse(in, CW_CODEC_RULE_ORDER, start);
    }
    if (in->fault.rule != 0)
        list.count = 0;
    return list;
}
/* ANCHOR_END: values */

/* ANCHOR: extensions */
bool cw_end(struct cw_cursor *in)
{
    int last = -1;
    while (in->fault.rule == 0 && in->at < in->message.size) {
        size_t start = in->at;
        uint16_t tag = (uint16_t)cw_get(take(in, 2, start), 2);
        if (in->fault.rule == 0 && (tag & 0x7FFF) <= last)
            cw_refuse(in, CW_CODEC_RULE_EXTENSION_ORDER, start);
        last = tag & 0x7FFF;
        take(in, (size_t)cw_get(take(in, 2, start), 2), start);
        if ((tag & 0x8000) != 0)
            cw_refuse(in, CW_CODEC_RULE_EXTENSION_CRITICAL, start);
    }
    return in->fault.rule == 0;
}
/* ANCHOR_END: extensions */

/* ANCHOR: writer */
void cw_write(struct cw_writer *out, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    cw_put(bytes, value, size);
    cw_write_bytes(out, bytes, size);
}

void cw_write_bytes(struct cw_writer *out, const void *bytes, size_t size)
{
    if (out->at > out->room || size > out->room - out->at) {
        out->at = out->room + 1;
        return;
    }
    if (size > 0)
        memcpy(out->out + out->at, bytes, size);
    out->at += size;
}

void cw_write_span(struct cw_writer *out, struct cw_span span, size_t prefix_size)
{
    cw_write(out, span.size, prefix_size);
    cw_write_bytes(out, span.bytes, span.size);
}

size_t cw_written(const struct cw_writer *out)
{
    return out->at <= out->room ? out->at : 0;
}
/* ANCHOR_END: writer */
