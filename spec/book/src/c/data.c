#include "parts.h"

#include <string.h>

enum { ITEMS = 2, ITEMS_MAX = 32 };

void cw_data_begin(struct cw_data *data, uint8_t format)
{
    memset(data, 0, sizeof *data);
    data->format = format;
    data->end = ITEMS;
    data->native = 2; /* code and count */
    data->cbor = 1;   /* the head of the array */
}

/* ANCHOR: cbor */
/* The head of a data item of CBOR: the shortest one. */
static size_t head(uint8_t *out, uint8_t major, uint32_t n)
{
    size_t size = n < 24 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 4;
    uint8_t small = size == 0 ? (uint8_t)n : (uint8_t)(size == 4 ? 26 : 23 + size);
    out[0] = (uint8_t)(major << 5 | small);
    cw_put(out + 1, n, size);
    return 1 + size;
}
/* ANCHOR_END: cbor */

/* ANCHOR: add */
/* False: the data would be too large, in either format, and nothing is added. */
bool cw_data_add(struct cw_data *data, struct cw_span name, uint8_t kind, struct cw_span value)
{
    uint8_t name_head[5], value_head[5];
    bool number = kind == CW_ITEM_KIND_NUMBER;
    uint32_t n = number ? (uint32_t)cw_get(value.bytes, 4) : (uint32_t)value.size;
    uint8_t major = number ? 0 : kind == CW_ITEM_KIND_TEXT ? 3 : 2;
    size_t name_size = head(name_head, 3, (uint32_t)name.size), value_size = head(value_head, major, n);
    size_t native = 1 + name.size + 1 + 1 + value.size;
    size_t cbor = 1 + name_size + name.size + value_size + (number ? 0 : value.size);
    /* From the 24th item on the head of the array has one byte more. */
    if (data->items == 23)
        cbor++;
    if (data->items == ITEMS_MAX || data->native + native > CW_JOB_DATA_MAX || data->cbor + cbor > CW_JOB_DATA_MAX)
        return false;
    data->items++;
    data->native += native;
    data->cbor += cbor;
    struct cw_writer out = { data->bytes, sizeof data->bytes, data->end };
    if (data->format == CW_FORMAT_CBOR) {
        cw_write(&out, 0x82, 1);
        cw_write_bytes(&out, name_head, name_size);
        cw_write_bytes(&out, name.bytes, name.size);
        cw_write_bytes(&out, value_head, value_size);
        cw_write_bytes(&out, value.bytes, number ? 0 : value.size);
    } else {
        cw_write_span(&out, name, 1);
        cw_write(&out, kind, 1);
        cw_write_span(&out, value, 1);
    }
    data->end = out.at;
    return true;
}
/* ANCHOR_END: add */

/* The whole: the head is put before the items. */
struct cw_span cw_data_whole(struct cw_data *data)
{
    uint8_t before[5];
    size_t size = 2;
    if (data->format == CW_FORMAT_CBOR) {
        size = head(before, 4, (uint32_t)data->items);
    } else {
        before[0] = CW_SERVICE_DATA;
        before[1] = (uint8_t)data->items;
    }
    uint8_t *start = data->bytes + ITEMS - size;
    memcpy(start, before, size);
    return cw_span(start, data->end - (ITEMS - size));
}
