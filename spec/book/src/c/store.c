#include "board.h"
#include "flash.h"
#include "link.h"

#include <string.h>

/* ANCHOR: layout */
/* A record has two pages. A new value goes to the page that does not hold the current one: erase, head and data, and
 * last the mark that makes it count. Whatever is cut, the page of the current value was not touched.
 *
 *   0  sequence number, one more than that of the other page
 *   4  length
 *   8  CRC-32C of sequence number, length and data
 *  12  the mark
 *  16  data */
enum { HEAD = 16, MARK_AT = 12, CHUNK = 64 };
static const uint8_t mark[4] = { 0x1C, 'C', 'W', '1' };

struct copy {
    bool whole;
    size_t page;
    uint32_t sequence;
    size_t size;
};
/* ANCHOR_END: layout */

/* ANCHOR: read */
/* The copy in a page: whole if it has the mark and the right checksum. */
static struct copy look(size_t page)
{
    struct copy copy = { false, page, 0, 0 };
    uint8_t head[HEAD], chunk[CHUNK];
    size_t start = page * CW_PAGE;
    if (!cw_flash_read(start, head, HEAD) || memcmp(head + MARK_AT, mark, sizeof mark) != 0)
        return copy;
    copy.sequence = (uint32_t)cw_get(head, 4);
    copy.size = (size_t)cw_get(head + 4, 4);
    if (copy.size > CW_PAGE - HEAD)
        return copy;
    uint32_t crc = cw_crc32c(0, head, 8);
    for (size_t at = 0; at < copy.size; at += CHUNK) {
        size_t size = copy.size - at < CHUNK ? copy.size - at : CHUNK;
        if (!cw_flash_read(start + HEAD + at, chunk, size))
            return copy;
        crc = cw_crc32c(crc, chunk, size);
    }
    copy.whole = crc == cw_get(head + 8, 4);
    return copy;
}

/* Of two whole copies the later one; the difference is right also where the number wraps. */
static struct copy current(unsigned record)
{
    struct copy one = look(2 * (size_t)record), other = look(2 * (size_t)record + 1);
    if (!one.whole || (other.whole && (uint32_t)(other.sequence - one.sequence) == 1))
        return other;
    return one;
}

size_t cw_board_load(unsigned record, uint8_t *out, size_t room)
{
    struct copy copy = current(record);
    if (!copy.whole || copy.size > room || !cw_flash_read(copy.page * CW_PAGE + HEAD, out, copy.size))
        return 0;
    return copy.size;
}
/* ANCHOR_END: read */

/* ANCHOR: write */
bool cw_board_store(unsigned record, const uint8_t *bytes, size_t size)
{
    struct copy old = current(record);
    uint8_t head[12];
    if (size > CW_PAGE - HEAD)
        return false;
    size_t page = old.whole ? old.page ^ 1 : 2 * (size_t)record;
    size_t start = page * CW_PAGE;
    cw_put(head, old.whole ? old.sequence + 1 : 0, 4);
    cw_put(head + 4, size, 4);
    cw_put(head + 8, cw_crc32c(cw_crc32c(0, head, 8), bytes, size), 4);
    if (!cw_flash_erase(page) || !cw_flash_program(start, head, sizeof head) ||
        !cw_flash_program(start + HEAD, bytes, size) || !cw_flash_program(start + MARK_AT, mark, sizeof mark))
        return false;
    /* Worn flash may take a byte and not keep it: nobody is told that something is stored which is not. */
    struct copy new = look(page);
    return new.whole && new.size == size;
}
/* ANCHOR_END: write */
