/* Link frames: kind, number, payload, CRC-32C, in COBS, ended by one 00. */
#ifndef CW_LINK_H
#define CW_LINK_H

#include "bytes.h"
#include "cardwire.h"

enum { CW_DELIMITER = 0x00, CW_FRAME_HEAD = 9, CW_CHECKSUM = 4 };

/* The most bytes that a frame of so many decoded bytes takes on the line, its delimiter included. */
#define CW_LINE_SIZE(decoded) ((decoded) + ((decoded) + 253) / 254 + 1)

struct cw_frame {
    uint8_t kind;
    uint64_t number;
    struct cw_span payload;
};

enum cw_frame_fault {
    CW_FRAME_GOOD,
    CW_FRAME_COBS,
    CW_FRAME_TOO_SHORT,
    CW_FRAME_TOO_LONG,
    CW_FRAME_CHECKSUM,
    CW_FRAME_KIND,
};

/* Finds frames in a stream of bytes. */
struct cw_deframer {
    uint8_t line[CW_LINE_SIZE(CW_FRAME_MIN)];
    size_t size;
    bool overflow;
};

/* Continues a CRC; the first call begins with 0. */
uint32_t cw_crc32c(uint32_t crc, const uint8_t *bytes, size_t size);

/* Reads a frame from what stands between two delimiters, decoding it in place. */
enum cw_frame_fault cw_frame_decode(uint8_t *line, size_t size, struct cw_frame *frame);

/* Writes a frame with its delimiter; returns its length on the line, 0 where there is no room. */
size_t cw_frame_encode(const struct cw_frame *frame, uint8_t *out, size_t room);

/* Takes one byte of the line; true when it ended a frame that is good, which then stands in `frame`. */
bool cw_deframer_take(struct cw_deframer *deframer, uint8_t byte, struct cw_frame *frame);

#endif
