/* A strict reader of messages, and a writer. */
#ifndef CW_CODEC_H
#define CW_CODEC_H

#include "bytes.h"
#include "cardwire.h"

/* The rule that is broken (0: none) and where; both go into the error `malformed`. */
struct cw_fault {
    uint8_t rule;
    uint16_t offset;
};

/* Reads values one after another. The first fault stays, and from then on every value reads as zeros: a decoder is a
 * straight line of reads and asks once at its end. */
struct cw_cursor {
    struct cw_span message;
    size_t at;
    struct cw_fault fault;
};

/* Begins a message: its code and its size are checked. Of a document, whose kind is known beforehand, the size is
 * checked first. */
struct cw_cursor cw_begin(struct cw_span message, uint8_t code, size_t max_size);
struct cw_cursor cw_begin_document(struct cw_span document, uint8_t code, size_t max_size);

/* Numbers of 1, 2 or 4 bytes in their range. */
uint32_t cw_number(struct cw_cursor *in, size_t size, uint32_t min, uint32_t max);

/* Exactly so many bytes, 160 at most. */
const uint8_t *cw_exactly(struct cw_cursor *in, size_t size);

/* Bytes behind their length. */
struct cw_span cw_bytes(struct cw_cursor *in, size_t min, size_t max);

/* Text of the character set `name` behind its length. */
struct cw_span cw_name(struct cw_cursor *in, size_t min, size_t max);
bool cw_is_name(struct cw_span text);

/* 00 or 01. */
bool cw_bool(struct cw_cursor *in);

/* A value of a closed registry whose values are 0 to `last`, or `first` to `last`. */
uint8_t cw_closed(struct cw_cursor *in, uint8_t first, uint8_t last);

/* The count of a list whose items are read one by one. */
size_t cw_count(struct cw_cursor *in, size_t min, size_t max);

/* A list of items of one size behind its count; `ascending` where its items must ascend strictly. */
struct cw_list {
    const uint8_t *items;
    size_t count;
};
struct cw_list cw_list(struct cw_cursor *in, size_t min, size_t max, size_t item, bool ascending);

/* The extensions up to the end of the message; this version knows none. True: the whole message keeps the rules. */
bool cw_end(struct cw_cursor *in);

/* Notes a fault, if it is the first one. */
void cw_refuse(struct cw_cursor *in, uint8_t rule, size_t offset);

/* Writes values one after another; what does not fit makes the whole size 0. */
struct cw_writer {
    uint8_t *out;
    size_t room;
    size_t at;
};
void cw_write(struct cw_writer *out, uint64_t value, size_t size);
void cw_write_bytes(struct cw_writer *out, const void *bytes, size_t size);
/* Bytes behind their length, which has `prefix` bytes. */
void cw_write_span(struct cw_writer *out, struct cw_span span, size_t prefix);
size_t cw_written(const struct cw_writer *out);

#endif
