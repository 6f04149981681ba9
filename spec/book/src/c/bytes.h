/* Spans of bytes, and big-endian numbers in them. */
#ifndef CW_BYTES_H
#define CW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else. */
struct cw_span {
    const uint8_t *bytes;
    size_t size;
};

static inline struct cw_span cw_span(const void *bytes, size_t size)
{
    struct cw_span span = { bytes, size };
    return span;
}

static inline uint64_t cw_get(const uint8_t *from, size_t size)
{
    uint64_t value = 0;
    for (size_t at = 0; at < size; at++)
        value = value << 8 | from[at];
    return value;
}

static inline void cw_put(uint8_t *to, uint64_t value, size_t size)
{
    while (size > 0) {
        to[--size] = (uint8_t)value;
        value >>= 8;
    }
}

#endif
