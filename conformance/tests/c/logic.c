/* Puts execution logic to the book's C code and prints what comes out: one command a line, one answer a line.
 *
 *   verify DOCUMENT                               the rule that it breaks, 0: none
 *   convert CONVERSION BYTES                      the value, or `fault`
 *   run FORMAT DOCUMENT PARAMETERS RESPONSES      what the run led to
 *
 * Bytes are hexadecimal digits, `-` is none. Responses of the card stand one behind the other, each behind its length;
 * when they have come to their end the card says 9000. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 4, BYTES = 8000 };

static struct {
    uint8_t bytes[BYTES];
    size_t size;
} arguments[ARGUMENTS];

static struct cw_reader reader;
static struct cw_event pending;
static bool is_pending;
static size_t next_response;

bool cw_board_random(uint8_t *out, size_t size)
{
    memset(out, 0x5A, size);
    return true;
}

/* The only record is the logic under test. */
size_t cw_board_load(unsigned record, uint8_t *out, size_t room)
{
    if (record != CW_RECORD_LOGIC || arguments[1].size + 4 > room)
        return 0;
    memset(out, 0, 4);
    memcpy(out + 4, arguments[1].bytes, arguments[1].size);
    return arguments[1].size + 4;
}

bool cw_board_store(unsigned record, const uint8_t *bytes, size_t size)
{
    if (record == CW_RECORD_JOURNAL)
        printf("journal ");
    return bytes != NULL && size > 0;
}

static void tell(enum cw_event_kind kind, uint8_t module, const void *bytes, size_t size)
{
    struct cw_event event = { kind, module, cw_span(bytes, size) };
    pending = event;
    is_pending = true;
}

void cw_board_enable(uint8_t module)
{
    tell(CW_EVENT_ENABLED, module, NULL, 0);
}

void cw_board_disable(uint8_t module)
{
    (void)module;
}

void cw_board_card_reset(void)
{
    static const uint8_t atr[] = { 0x3B, 0x00 };
    printf("reset ");
    tell(CW_EVENT_ATR, CW_MODULE_CONTACT_CARD, atr, sizeof atr);
}

static void print_hex(struct cw_span span)
{
    for (size_t i = 0; i < span.size; i++)
        printf("%02x", span.bytes[i]);
    printf(span.size == 0 ? "- " : " ");
}

void cw_board_card_transmit(const uint8_t *tpdu, size_t size)
{
    static const uint8_t fine[] = { 0x90, 0x00 };
    print_hex(cw_span(tpdu, size));
    if (next_response == arguments[3].size) {
        tell(CW_EVENT_RESPONSE, CW_MODULE_CONTACT_CARD, fine, sizeof fine);
        return;
    }
    size_t length = arguments[3].bytes[next_response++], left = arguments[3].size - next_response;
    length = length < left ? length : left;
    tell(CW_EVENT_RESPONSE, CW_MODULE_CONTACT_CARD, arguments[3].bytes + next_response, length);
    next_response += length;
}

void cw_board_show(uint8_t pattern)
{
    printf("show%d ", pattern);
    tell(CW_EVENT_SHOWN, CW_MODULE_INDICATOR, NULL, 0);
}

void cw_board_ask(uint8_t prompt)
{
    printf("ask%d ", prompt);
    tell(CW_EVENT_ENTERED, CW_MODULE_PIN_PAD, "12345", prompt == CW_PROMPT_PUK ? 0 : 5);
}

void cw_board_poll(void)
{
    static const uint8_t card[] = { 0x80, 0x04, 0x08, 0x01, 0x02, 0x03, 0x82, 0x01, 0x20 };
    printf("poll ");
    tell(CW_EVENT_FOUND, CW_MODULE_CONTACTLESS_CARD, card, sizeof card);
}

static void verify(void)
{
    struct cw_logic logic;
    struct cw_fault fault;
    struct cw_span document = cw_span(arguments[0].bytes, arguments[0].size);
    printf("%d", cw_read_logic(document, &logic, &fault) ? cw_verify(&logic) : CW_LOGIC_RULE_DOCUMENT);
}

static void convert(void)
{
    uint8_t value[CW_REGISTER_SIZE];
    size_t size;
    if (cw_convert(arguments[0].bytes[0], cw_span(arguments[1].bytes, arguments[1].size), value, &size))
        print_hex(cw_span(value, size));
    else
        printf("fault");
}

static void run(void)
{
    static const struct cw_identity identity;
    const struct cw_service service = { .slot = 0 };
    struct cw_span parameters = cw_span(arguments[2].bytes, arguments[2].size);
    struct cw_job *job = &reader.jobs[0];
    static const uint8_t ids[CW_AT_COUNT] = { CW_MODULE_SECURITY, CW_MODULE_CONTACT_CARD, CW_MODULE_CONTACTLESS_CARD,
                                              CW_MODULE_INDICATOR, CW_MODULE_PIN_PAD };
    memset(&reader, 0, sizeof reader);
    for (size_t i = 0; i < CW_AT_COUNT; i++)
        reader.modules[i].id = ids[i];
    reader.identity = &identity;
    reader.card = true;
    next_response = 0;
    is_pending = false;
    uint16_t refused = cw_run_load(&reader, &service, job, arguments[0].bytes[0], parameters);
    if (refused != 0) {
        printf("refused %d", refused);
        return;
    }
    cw_run_go(&reader);
    while (is_pending) {
        is_pending = false;
        cw_run_event(&reader, pending);
    }
    for (size_t i = 0; i < sizeof reader.machine.registers; i++)
        if (((const uint8_t *)reader.machine.registers)[i] != 0)
            printf("registers are left ");
    printf("outcome %04x status %04x steps %d data ", job->outcome, job->status_word, job->step);
    print_hex(cw_data_whole(&reader.data));
}

static bool read_hex(const char *text, size_t index)
{
    arguments[index].size = 0;
    if (strcmp(text, "-") == 0)
        return true;
    for (; text[0] != 0; text += 2) {
        char digits[3] = { text[0], text[1], 0 };
        if (text[1] == 0 || arguments[index].size == BYTES)
            return false;
        arguments[index].bytes[arguments[index].size++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return true;
}

int main(void)
{
    static char line[4 * BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *command = strtok(line, " \n");
        size_t count = 0;
        for (const char *text; (text = strtok(NULL, " \n")) != NULL; count++)
            if (count == ARGUMENTS || !read_hex(text, count))
                return 1;
        if (command == NULL)
            return 1;
        if (strcmp(command, "verify") == 0)
            verify();
        else if (strcmp(command, "convert") == 0)
            convert();
        else
            run();
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
