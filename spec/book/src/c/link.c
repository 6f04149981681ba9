#include "link.h"

/* ANCHOR: crc */
/* Four bits at a time: a table of 64 bytes. */
static const uint32_t crc_of_nibble[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t cw_crc32c(uint32_t crc, const uint8_t *bytes, size_t size)
{
    crc = ~crc;
    for (size_t at = 0; at < size; at++) {
        crc ^= bytes[at];
        crc = crc >> 4 ^ crc_of_nibble[crc & 0x0F];
        crc = crc >> 4 ^ crc_of_nibble[crc & 0x0F];
    }
    return ~crc;
}
/* ANCHOR_END: crc */

/* ANCHOR: cobs_decode */
/* Decodes COBS in place. False: a block reaches past the end, a zero stands inside, or an empty block follows a
 * full one at the end, which would be a second encoding of the same bytes. */
static bool cobs_decode(uint8_t *line, size_t size, size_t *decoded)
{
    size_t from = 0, to = 0;
    while (from < size) {
        size_t length = line[from];
        if (length == 0 || length > size - from)
            return false;
        for (size_t at = 1; at < length; at++) {
            if (line[from + at] == CW_DELIMITER)
                return false;
            line[to++] = line[from + at];
        }
        from += length;
        /* A block that is not full stands for its bytes and a zero; the last one's zero is the delimiter's. */
        if (length < 255 && from < size)
            line[to++] = 0;
        if (length == 255 && from + 1 == size && line[from] == 1)
            return false;
    }
    *decoded = to;
    return true;
}
/* ANCHOR_END: cobs_decode */

/* ANCHOR: frame_decode */
enum cw_frame_fault cw_frame_decode(uint8_t *line, size_t size, struct cw_frame *frame)
{
    size_t decoded;
    if (!cobs_decode(line, size, &decoded))
        return CW_FRAME_COBS;
    if (decoded < CW_FRAME_OVERHEAD)
        return CW_FRAME_TOO_SHORT;
    size_t body = decoded - CW_CHECKSUM;
    if (cw_crc32c(0, line, body) != cw_get(line + body, CW_CHECKSUM))
        return CW_FRAME_CHECKSUM;
    if (line[0] != CW_FRAME_KIND_CLEAR && line[0] != CW_FRAME_KIND_SEALED)
        return CW_FRAME_KIND;
    frame->kind = line[0];
    frame->number = cw_get(line + 1, 8);
    frame->payload = cw_span(line + CW_FRAME_HEAD, body - CW_FRAME_HEAD);
    return CW_FRAME_GOOD;
}

bool cw_deframer_take(struct cw_deframer *deframer, uint8_t byte, struct cw_frame *frame)
{
    if (byte != CW_DELIMITER) {
        if (deframer->size < sizeof deframer->line)
            deframer->line[deframer->size++] = byte;
        else
            deframer->overflow = true;
        return false;
    }
    size_t size = deframer->size;
    bool overflow = deframer->overflow;
    deframer->size = 0;
    deframer->overflow = false;
    /* Two delimiters in a row carry nothing. What is no frame costs itself and not the next one. */
    if (size == 0 || overflow)
        return false;
    if (cw_frame_decode(deframer->line, size, frame) != CW_FRAME_GOOD)
        return false;
    /* COBS may take less room than it can: the size that counts is the decoded one. */
    return frame->payload.size + CW_FRAME_OVERHEAD <= CW_FRAME_MIN;
}
/* ANCHOR_END: frame_decode */

/* ANCHOR: frame_encode */
/* Encodes part by part, so that a frame needs no second buffer. */
struct cobs {
    uint8_t *out;
    size_t room;
    size_t block; /* where the length byte of the open block stands */
    size_t next;  /* where the next byte goes */
};

static void cobs_close(struct cobs *cobs)
{
    if (cobs->block < cobs->room)
        cobs->out[cobs->block] = (uint8_t)(cobs->next - cobs->block);
    cobs->block = cobs->next++;
}

static void cobs_push(struct cobs *cobs, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        /* A full block is closed only when more follows: no empty block at the end. */
        if (cobs->next - cobs->block == 255)
            cobs_close(cobs);
        if (bytes[at] == CW_DELIMITER) {
            cobs_close(cobs);
        } else {
            if (cobs->next < cobs->room)
                cobs->out[cobs->next] = bytes[at];
            cobs->next++;
        }
    }
}

size_t cw_frame_encode(const struct cw_frame *frame, uint8_t *out, size_t room)
{
    uint8_t head[CW_FRAME_HEAD], checksum[CW_CHECKSUM];
    struct cobs cobs = { out, room, 0, 1 };
    head[0] = frame->kind;
    cw_put(head + 1, frame->number, 8);
    uint32_t crc = cw_crc32c(0, head, sizeof head);
    crc = cw_crc32c(crc, frame->payload.bytes, frame->payload.size);
    cw_put(checksum, crc, sizeof checksum);
    cobs_push(&cobs, head, sizeof head);
    cobs_push(&cobs, frame->payload.bytes, frame->payload.size);
    cobs_push(&cobs, checksum, sizeof checksum);
    cobs_close(&cobs);
    /* The block that closing has opened is not needed: the delimiter takes its place. */
    if (cobs.block >= room)
        return 0;
    out[cobs.block] = CW_DELIMITER;
    return cobs.block + 1;
}
/* ANCHOR_END: frame_encode */
