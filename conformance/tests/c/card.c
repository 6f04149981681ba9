#include "card.h"

#include <string.h>

struct file {
    uint16_t id;
    uint16_t parent;
    uint8_t record; /* the length of its one record, 0: transparent */
    const uint8_t *bytes;
    uint8_t size;
};

enum { MF = 0x3F00, USIM = 0x7FFF, NONE = 0 };

static const uint8_t atr[] = { 0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xE0, 0x73, 0xFE,
                               0x21, 0x13, 0x67, 0x43, 0x57, 0x2D, 0x53, 0x49, 0x4D, 0x31, 0x87 };
static const uint8_t iccid[] = { 0x98, 0x00, 0x00, 0x01, 0x01, 0x21, 0x43, 0x65, 0x87, 0xF3 };
static const uint8_t imsi[] = { 0x08, 0x09, 0x10, 0x10, 0x10, 0x32, 0x54, 0x76, 0x98 };
static const uint8_t spn[] = { 0x00, 'C', 'a', 'r', 'd', 'w', 'i', 'r', 'e', ' ', 'T', 'e', 's', 't', 0xFF, 0xFF, 0xFF };
static const uint8_t msisdn[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x08, 0x91,
                                  0x94, 0x51, 0x22, 0x88, 0x71, 0x83, 0xF6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
/* Its first seven bytes are what the service selects by. */
static const uint8_t aid[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02, 0xFF, 0x49, 0xFF, 0x05, 0x89 };

static const struct file files[] = {
    { 0x2FE2, MF, 0, iccid, sizeof iccid },
    { 0x6F07, USIM, 0, imsi, sizeof imsi },
    { 0x6F46, USIM, 0, spn, sizeof spn },
    { 0x6F40, USIM, sizeof msisdn, msisdn, sizeof msisdn },
};

static bool supplied, was_reset;
static uint16_t folder;
static const struct file *selected;
static uint8_t template[32], response[258];
static size_t template_size;

void card_power(bool on)
{
    supplied = on;
    was_reset = false;
}

struct cw_span card_reset(void)
{
    was_reset = supplied;
    folder = MF;
    selected = NULL;
    template_size = 0;
    return cw_span(atr, supplied ? sizeof atr : 0);
}

static struct cw_span answer(const uint8_t *bytes, size_t size, uint16_t status)
{
    memcpy(response, bytes, size);
    cw_put(response + size, status, 2);
    return cw_span(response, size + 2);
}

static struct cw_span status(uint16_t status_word)
{
    return answer(response, 0, status_word);
}

/* The template of what is selected now: file descriptor and identifier. */
static void make_template(uint16_t id, bool is_folder)
{
    const uint8_t bytes[] = { 0x62, 0x08, 0x82, 0x02, is_folder ? 0x78 : 0x41, 0x21, 0x83, 0x02,
                              (uint8_t)(id >> 8), (uint8_t)id };
    memcpy(template, bytes, sizeof bytes);
    template_size = sizeof bytes;
}

static struct cw_span select_file(const uint8_t *tpdu, size_t size)
{
    size_t lc = tpdu[4];
    uint16_t id = NONE;
    if (size != 5 + lc)
        return status(0x6700);
    if (tpdu[2] == 0x04 && lc >= 7 && lc <= sizeof aid && memcmp(tpdu + 5, aid, lc) == 0)
        id = USIM;
    else if (tpdu[2] == 0x00 && lc == 2)
        id = (uint16_t)cw_get(tpdu + 5, 2);
    const struct file *found = NULL;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i].id == id && files[i].parent == folder)
            found = &files[i];
    if (id == MF || id == USIM) {
        folder = id;
        selected = NULL;
    } else if (found != NULL) {
        selected = found;
    } else {
        return status(0x6A82);
    }
    make_template(id, found == NULL);
    /* P2 0C: no response data are wanted. */
    return tpdu[3] == 0x0C ? status(0x9000) : status((uint16_t)(0x6100 | template_size));
}

static struct cw_span read_file(const uint8_t *tpdu, bool record)
{
    if (selected == NULL)
        return status(0x6986);
    if (record != (selected->record > 0))
        return status(0x6981);
    if (record && tpdu[2] != 1)
        return status(0x6A83);
    size_t offset = record ? 0 : (size_t)(tpdu[2] << 8 | tpdu[3]);
    if (offset > selected->size)
        return status(0x6B00);
    size_t left = selected->size - offset;
    if (tpdu[4] == 0 || tpdu[4] > left || (record && tpdu[4] != left))
        return status((uint16_t)(0x6C00 | left));
    return answer(selected->bytes + offset, tpdu[4], 0x9000);
}

struct cw_span card_transmit(const uint8_t *tpdu, size_t size)
{
    if (!was_reset || size < 5)
        return cw_span(NULL, 0);
    switch (tpdu[1]) {
    case 0xA4:
        return select_file(tpdu, size);
    case 0xB0:
    case 0xB2:
        return size == 5 ? read_file(tpdu, tpdu[1] == 0xB2) : status(0x6700);
    case 0xC0:
        if (template_size == 0 || tpdu[4] != template_size)
            return status((uint16_t)(0x6C00 | template_size));
        return answer(template, template_size, 0x9000);
    case 0xF2:
        make_template(folder, true);
        if (tpdu[3] == 0x0C)
            return status(0x9000);
        return tpdu[4] == template_size ? answer(template, template_size, 0x9000)
                                        : status((uint16_t)(0x6C00 | template_size));
    case 0xD6:
    case 0xDC:
        return status(selected == NULL ? 0x6986 : 0x6982);
    default:
        return status(0x6D00);
    }
}
