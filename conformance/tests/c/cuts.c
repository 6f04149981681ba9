/* The book's store on a flash whose power goes off: at every place of a store, and at every place of the one after it.
 * What is read then is the old value or the new one. Prints how many pairs of cuts were tried. */
#include "board.h"
#include "flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 2, LONGEST = 48, SEEDS = 8 };

struct flash {
    uint8_t bytes[PAGES * CW_PAGE];
    /* Bytes that can be programmed, and pages that can be erased, before the cut. */
    unsigned power;
    uint64_t noise;
};

static struct flash flash;

static uint8_t random_byte(void)
{
    flash.noise ^= flash.noise << 13;
    flash.noise ^= flash.noise >> 7;
    flash.noise ^= flash.noise << 17;
    return (uint8_t)(flash.noise >> 32);
}

bool cw_flash_read(size_t offset, uint8_t *out, size_t size)
{
    memcpy(out, flash.bytes + offset, size);
    return true;
}

bool cw_flash_program(size_t offset, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t *byte = flash.bytes + offset + i, after = *byte & bytes[i], some = random_byte();
        if (flash.power == 0) {
            /* In the middle of a byte: some of its bits are cleared. */
            *byte = (uint8_t)((*byte & ~some) | (after & some));
            return false;
        }
        flash.power--;
        *byte = after;
    }
    return true;
}

bool cw_flash_erase(size_t page)
{
    uint8_t *start = flash.bytes + page * CW_PAGE;
    if (flash.power > 0) {
        flash.power--;
        memset(start, 0xFF, CW_PAGE);
        return true;
    }
    /* In the middle of a page: from half its bits to one in sixteen are set. */
    unsigned density = random_byte() % 4u;
    for (size_t i = 0; i < CW_PAGE; i++) {
        uint8_t some = 0xFF;
        for (unsigned k = 0; k <= density; k++)
            some &= random_byte();
        start[i] |= some;
    }
    return false;
}

static void demand(bool holds, const char *what)
{
    if (!holds) {
        printf("%s\n", what);
        exit(1);
    }
}

static bool stores(const char *value)
{
    return cw_board_store(0, (const uint8_t *)value, strlen(value));
}

static const char *loaded(void)
{
    static char text[CW_PAGE + 1];
    size_t size = cw_board_load(0, (uint8_t *)text, CW_PAGE);
    text[size] = 0;
    return text;
}

static bool is(const char *value)
{
    return strcmp(loaded(), value) == 0;
}

int main(void)
{
    static const char *const before[] = { "first", "the second, longer" };
    static struct flash start, cut_once;
    unsigned long pairs = 0;
    for (size_t stored = 0; stored <= 2; stored++) {
        const char *old = stored == 0 ? "" : before[stored - 1];
        memset(flash.bytes, 0xFF, sizeof flash.bytes);
        flash.noise = 1;
        flash.power = 1000;
        for (size_t i = 0; i < stored; i++)
            demand(stores(before[i]), "a store without a cut fails");
        start = flash;
        for (unsigned first = 0; first < LONGEST * SEEDS; first++) {
            flash = start;
            flash.power = first / SEEDS;
            flash.noise = 1 + first;
            bool done = stores("third");
            flash.power = 1000;
            bool is_new = is("third");
            demand(is_new || (!done && is(old)), "after one cut neither the old nor the new value is there");
            cut_once = flash;
            for (unsigned second = 0; second < LONGEST; second++) {
                flash = cut_once;
                flash.power = second;
                flash.noise = 100000 + first * LONGEST + second;
                bool again = stores("and the fourth");
                flash.power = 1000;
                demand(is("and the fourth") || (!again && is(is_new ? "third" : old)),
                       "after two cuts neither the old nor the new value is there");
                demand(stores("last") && is("last"), "after two cuts nothing can be stored");
                pairs++;
            }
        }
    }
    printf("%lu pairs of cuts\n", pairs);
    return 0;
}
