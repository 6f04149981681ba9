#include "parts.h"

#include <string.h>

struct text {
    uint8_t *out;
    size_t size;
    bool overflow;
};

static void put(struct text *text, uint8_t byte)
{
    if (text->size < CW_REGISTER_SIZE)
        text->out[text->size++] = byte;
    else
        text->overflow = true;
}

/* A character in UTF-8, U+FFFD for what is none; what does not fit makes the whole value too long. */
static void put_character(struct text *text, uint32_t c)
{
    if (c > 0xFFFF || (c >= 0xD800 && c < 0xE000))
        c = 0xFFFD;
    if (c < 0x80) {
        put(text, (uint8_t)c);
    } else if (c < 0x800) {
        put(text, (uint8_t)(0xC0 | c >> 6));
        put(text, (uint8_t)(0x80 | (c & 0x3F)));
    } else {
        put(text, (uint8_t)(0xE0 | c >> 12));
        put(text, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        put(text, (uint8_t)(0x80 | (c & 0x3F)));
    }
}

/* ANCHOR: digits */
/* Digits in swapped nibbles up to the first F. */
static bool digits(struct text *text, struct cw_span in)
{
    for (size_t at = 0; at < 2 * in.size; at++) {
        uint8_t nibble = at % 2 == 0 ? in.bytes[at / 2] & 0x0F : in.bytes[at / 2] >> 4;
        if (nibble == 0x0F)
            return true;
        if (nibble > 9)
            return false;
        put(text, (uint8_t)('0' + nibble));
    }
    return true;
}

static bool imsi(struct text *text, struct cw_span in)
{
    if (in.size == 0 || in.bytes[0] == 0 || in.bytes[0] > in.size - 1 || in.bytes[1] >> 4 > 9)
        return false;
    put(text, (uint8_t)('0' + (in.bytes[1] >> 4)));
    return digits(text, cw_span(in.bytes + 2, (size_t)in.bytes[0] - 1));
}
/* ANCHOR_END: digits */

/* The GSM default alphabet (3GPP TS 23.038, 6.2.1). */
static const uint16_t gsm[128] = {
    '@', 0xA3, '$', 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, ' ', 0xD8, 0xF8, ' ', 0xC5, 0xE5,
    0x394, '_', 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xFFFD, 0xC6, 0xE6, 0xDF, 0xC9,
    ' ', '!', '"', '#', 0xA4, '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    0xA1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xC4, 0xD6, 0xD1, 0xDC, 0xA7,
    0xBF, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xE4, 0xF6, 0xF1, 0xFC, 0xE0,
};

/* ANCHOR: alpha */
/* A name of characters of the default alphabet, or of UCS2. */
static bool name(struct text *text, struct cw_span in)
{
    if (in.size > 0 && in.bytes[0] == 0x80) {
        for (size_t at = 1; at + 1 < in.size; at += 2) {
            uint32_t c = (uint32_t)cw_get(in.bytes + at, 2);
            if (c == 0xFFFF)
                break;
            put_character(text, c);
        }
        return true;
    }
    for (size_t at = 0; at < in.size && in.bytes[at] != 0xFF; at++)
        put_character(text, in.bytes[at] < 0x80 ? gsm[in.bytes[at]] : 0xFFFD);
    return true;
}

/* The same, or a number of characters some of which are counted from a base. */
static bool alpha(struct text *text, struct cw_span in)
{
    size_t form = in.size > 0 ? in.bytes[0] : 0, head = form == 0x81 ? 3 : 4;
    if (form != 0x81 && form != 0x82)
        return name(text, in);
    if (in.size < head || in.bytes[1] > in.size - head)
        return false;
    uint32_t base = form == 0x81 ? (uint32_t)in.bytes[2] << 7 : (uint32_t)cw_get(in.bytes + 2, 2);
    for (size_t at = head; at < head + in.bytes[1]; at++)
        put_character(text, in.bytes[at] < 0x80 ? gsm[in.bytes[at]] : base + (in.bytes[at] & 0x7Fu));
    return true;
}
/* ANCHOR_END: alpha */

static const char symbols[] = "0123456789*#";

/* The type of a number, and its digits: `length` bytes in all, from 1 on. */
static bool number_of(struct text *text, const uint8_t *number, size_t length)
{
    if ((number[0] & 0x70) == 0x10)
        put(text, '+');
    for (size_t at = 0; at < 2 * (length - 1); at++) {
        uint8_t byte = number[1 + at / 2], nibble = at % 2 == 0 ? byte & 0x0F : byte >> 4;
        if (nibble == 0x0F)
            break;
        if (nibble > 11)
            return false;
        put(text, (uint8_t)symbols[nibble]);
    }
    return true;
}

static bool dialling_number(struct text *text, struct cw_span in)
{
    if (in.size < 14)
        return false;
    const uint8_t *number = in.bytes + in.size - 14;
    if (number[0] == 0x00 || number[0] == 0xFF)
        return true;
    return number_of(text, number + 1, number[0] > 11 ? 11 : number[0]);
}

static bool sc_address(struct text *text, struct cw_span in)
{
    if (in.size != 12)
        return false;
    if (in.bytes[0] == 0x00 || in.bytes[0] == 0xFF)
        return true;
    return in.bytes[0] <= 11 && number_of(text, in.bytes + 1, in.bytes[0]);
}

static bool number(struct text *text, struct cw_span in)
{
    if (in.size == 0 || in.size > 4)
        return false;
    for (size_t at = in.size; at < 4; at++)
        put(text, 0);
    for (size_t at = 0; at < in.size; at++)
        put(text, in.bytes[at]);
    return true;
}

/* ANCHOR: to_alpha */
/* The character of well-formed UTF-8 that begins here. */
static uint32_t character(struct cw_span in, size_t *at)
{
    uint8_t first = in.bytes[(*at)++];
    size_t more = first < 0x80 ? 0 : first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    uint32_t c = more == 0 ? first : first & (0x3Fu >> more);
    for (; more > 0; more--)
        c = c << 6 | (in.bytes[(*at)++] & 0x3Fu);
    return c;
}

/* Its byte in the default alphabet, or below 0. A space stands there at three places, of which the last one counts. */
static int in_gsm(uint32_t c)
{
    int found = -1;
    for (int byte = 0; byte < 128; byte++)
        if (gsm[byte] == c)
            found = byte;
    return found;
}

static bool to_alpha(struct text *text, struct cw_span in)
{
    bool short_form = true;
    if (!cw_is_utf8(in))
        return false;
    for (size_t at = 0; at < in.size;) {
        uint32_t c = character(in, &at);
        if (c > 0xFFFF || c == 0xFFFD || c == 0xFFFF)
            return false;
        short_form = short_form && in_gsm(c) >= 0;
    }
    if (!short_form)
        put(text, 0x80);
    for (size_t at = 0; at < in.size;) {
        uint32_t c = character(in, &at);
        if (!short_form)
            put(text, (uint8_t)(c >> 8));
        put(text, short_form ? (uint8_t)in_gsm(c) : (uint8_t)c);
    }
    return true;
}
/* ANCHOR_END: to_alpha */

/* Twelve bytes: length, type, and digits in swapped nibbles. */
static bool to_number(struct text *text, struct cw_span in)
{
    uint8_t out[12];
    size_t sign = in.size > 0 && in.bytes[0] == '+' ? 1 : 0, digits_in = in.size - sign;
    memset(out, 0xFF, sizeof out);
    if (digits_in > 20 || (sign == 1 && digits_in == 0))
        return false;
    if (digits_in > 0) {
        out[0] = (uint8_t)(1 + (digits_in + 1) / 2);
        out[1] = sign == 1 ? 0x91 : 0x81;
    }
    for (size_t at = 0; at < digits_in; at++) {
        const uint8_t *symbol = memchr(symbols, in.bytes[sign + at], 12);
        if (symbol == NULL)
            return false;
        unsigned nibble = (unsigned)(symbol - (const uint8_t *)symbols);
        out[2 + at / 2] = at % 2 == 0 ? (uint8_t)(0xF0 | nibble) : (uint8_t)(nibble << 4 | (out[2 + at / 2] & 0x0F));
    }
    for (size_t at = 0; at < sizeof out; at++)
        put(text, out[at]);
    return true;
}

bool cw_convert(uint8_t conversion, struct cw_span in, uint8_t out[CW_REGISTER_SIZE], size_t *size)
{
    struct text text = { out, 0, false };
    bool good = true;
    switch (conversion) {
    case CW_CONVERSION_NONE:
        for (size_t at = 0; at < in.size; at++)
            put(&text, in.bytes[at]);
        break;
    case CW_CONVERSION_SWAPPED_DIGITS:
        good = digits(&text, in);
        break;
    case CW_CONVERSION_IMSI:
        good = imsi(&text, in);
        break;
    case CW_CONVERSION_SPN:
        /* Behind the display condition. */
        good = in.size > 0 && name(&text, cw_span(in.bytes + 1, in.size - 1));
        break;
    case CW_CONVERSION_DIALLING_NUMBER:
        good = dialling_number(&text, in);
        break;
    case CW_CONVERSION_ALPHA:
        good = alpha(&text, in);
        break;
    case CW_CONVERSION_SC_ADDRESS:
        good = sc_address(&text, in);
        break;
    case CW_CONVERSION_NUMBER:
        good = number(&text, in);
        break;
    case CW_CONVERSION_TO_ALPHA:
        good = to_alpha(&text, in);
        break;
    case CW_CONVERSION_TO_DIALLING_NUMBER:
        good = to_number(&text, in);
        put(&text, 0xFF);
        put(&text, 0xFF);
        break;
    case CW_CONVERSION_TO_SC_ADDRESS:
        good = to_number(&text, in);
        break;
    default:
        good = false;
    }
    *size = text.size;
    return good && !text.overflow;
}

bool cw_is_utf8(struct cw_span text)
{
    for (size_t at = 0; at < text.size; at++) {
        uint8_t first = text.bytes[at];
        size_t more = first < 0x80 ? 0 : first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || more > text.size - at - 1)
            return false;
        for (size_t i = 1; i <= more; i++)
            if ((text.bytes[at + i] & 0xC0) != 0x80)
                return false;
        uint8_t second = more > 0 ? text.bytes[at + 1] : 0;
        /* Overlong forms, surrogates, and what lies above U+10FFFF. */
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
            (first == 0xF4 && second > 0x8F))
            return false;
        at += more;
    }
    return true;
}
