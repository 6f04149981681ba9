/* The book's reader as a process: its link is standard input and output, its flash a file, its card simulated.
 *
 *   reader IDENTITY FLASH
 *
 * The identity file holds one value to a line, a name and hexadecimal digits. */
#define _POSIX_C_SOURCE 200809L

#include "card.h"
#include "flash.h"
#include "reader.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 2 * (CW_RECORD_LOGIC + CW_STORED) };

/* The budget that the guide states: what is larger does not compile. */
typedef char reader_fits_its_budget[sizeof(struct cw_reader) <= 13700 ? 1 : -1];

static int flash_file, random_file;
static struct cw_event pending;
static bool is_pending;
static uint32_t pending_since;

static void fail(const char *what)
{
    fprintf(stderr, "reader: %s\n", what);
    exit(1);
}

/* The flash: a file as large as the chip. */

bool cw_flash_read(size_t offset, uint8_t *out, size_t size)
{
    return pread(flash_file, out, size, (off_t)offset) == (ssize_t)size;
}

bool cw_flash_program(size_t offset, const uint8_t *bytes, size_t size)
{
    uint8_t old[CW_PAGE];
    if (size > sizeof old || !cw_flash_read(offset, old, size))
        return false;
    for (size_t i = 0; i < size; i++)
        old[i] &= bytes[i];
    return pwrite(flash_file, old, size, (off_t)offset) == (ssize_t)size;
}

bool cw_flash_erase(size_t page)
{
    uint8_t erased[CW_PAGE];
    memset(erased, 0xFF, sizeof erased);
    return pwrite(flash_file, erased, sizeof erased, (off_t)(page * CW_PAGE)) == (ssize_t)sizeof erased;
}

bool cw_board_random(uint8_t *out, size_t size)
{
    return read(random_file, out, size) == (ssize_t)size;
}

/* Modules: one command is under way at a time, and takes as long as a quick card does. */
enum { COMMAND_MS = 2 };

static uint32_t now(void);

static void tell(enum cw_event_kind kind, uint8_t module, struct cw_span bytes)
{
    pending.kind = kind;
    pending.module = module;
    pending.bytes = bytes;
    is_pending = true;
    pending_since = now();
}

void cw_board_enable(uint8_t module)
{
    if (module == CW_MODULE_CONTACT_CARD)
        card_power(true);
    tell(CW_EVENT_ENABLED, module, cw_span(NULL, 0));
}

void cw_board_disable(uint8_t module)
{
    if (module == CW_MODULE_CONTACT_CARD)
        card_power(false);
    /* What has no supply has nothing to tell any more. */
    if (is_pending && pending.module == module)
        is_pending = false;
}

void cw_board_card_reset(void)
{
    struct cw_span atr = card_reset();
    tell(atr.size > 0 ? CW_EVENT_ATR : CW_EVENT_MUTE, CW_MODULE_CONTACT_CARD, atr);
}

void cw_board_card_transmit(const uint8_t *tpdu, size_t size)
{
    struct cw_span response = card_transmit(tpdu, size);
    tell(response.size > 0 ? CW_EVENT_RESPONSE : CW_EVENT_MUTE, CW_MODULE_CONTACT_CARD, response);
}

void cw_board_show(uint8_t pattern)
{
    (void)pattern;
    tell(CW_EVENT_SHOWN, CW_MODULE_INDICATOR, cw_span(NULL, 0));
}

/* A keypad at which nobody stands, and a field in which a card lies. */
void cw_board_ask(uint8_t prompt)
{
    (void)prompt;
    tell(CW_EVENT_ENTERED, CW_MODULE_PIN_PAD, cw_span(NULL, 0));
}

void cw_board_poll(void)
{
    static const uint8_t card[] = { 0x80, 0x04, 0x08, 0x01, 0x02, 0x03, 0x81, 0x02, 0x00, 0x04, 0x82, 0x01, 0x20 };
    tell(CW_EVENT_FOUND, CW_MODULE_CONTACTLESS_CARD, cw_span(card, sizeof card));
}

/* The identity. */

static size_t from_hex(const char *text, uint8_t *out, size_t room)
{
    size_t size = 0;
    for (; text[0] != 0 && text[1] != 0 && size < room; text += 2) {
        char digits[3] = { text[0], text[1], 0 };
        out[size++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

static struct cw_span name_of(const char *text)
{
    size_t size = strlen(text);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        fail("no memory for a name");
    memcpy(bytes, text, size);
    return cw_span(bytes, size);
}

static void read_identity(const char *path, struct cw_identity *identity)
{
    FILE *file = fopen(path, "r");
    char name[32], value[128];
    if (file == NULL)
        fail("the identity can't be read");
    identity->hardware_class = CW_HARDWARE_CLASS_REFERENCE_HOST;
    identity->provisioning = CW_PROVISIONING_CERTIFICATION;
    identity->software = name_of("book-reader-1.0.0");
    while (fscanf(file, "%31s %127s", name, value) == 2) {
        struct cw_client *client = &identity->clients[identity->client_count];
        if (strcmp(name, "reader_id") == 0)
            identity->reader_id = name_of(value);
        else if (strcmp(name, "static_key") == 0)
            from_hex(value, identity->static_key, CW_KEY);
        else if (strcmp(name, "cloud") == 0)
            from_hex(value, identity->cloud, CW_KEY);
        else if (strcmp(name, "authority") == 0)
            from_hex(value, identity->authority, CW_KEY);
        else if (strcmp(name, "client") == 0 && identity->client_count < CW_CLIENTS)
            client->id = name_of(value);
        else if (strcmp(name, "generation") == 0)
            client->generation = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(name, "psk") == 0 && from_hex(value, client->psk, CW_KEY) == CW_KEY)
            identity->client_count++;
    }
    fclose(file);
}

/* The reader's clock: it begins shortly before its largest value, so that every run crosses the turn. */
static uint32_t now(void)
{
    static uint64_t start;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t millis = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
    if (start == 0)
        start = millis;
    return (uint32_t)(millis - start) - 3000;
}

static bool write_all(const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

int main(int count, char **arguments)
{
    static struct cw_reader reader;
    static struct cw_identity identity;
    uint8_t input[512];
    if (count != 3)
        fail("usage: reader IDENTITY FLASH");
    read_identity(arguments[1], &identity);
    random_file = open("/dev/urandom", O_RDONLY);
    flash_file = open(arguments[2], O_RDWR | O_CREAT, 0600);
    if (flash_file < 0 || random_file < 0)
        fail("flash or random source can't be opened");
    for (size_t page = (size_t)lseek(flash_file, 0, SEEK_END) / CW_PAGE; page < PAGES; page++)
        if (!cw_flash_erase(page))
            fail("the flash can't be made");
    cw_reader_boot(&reader, &identity, now());
    struct cw_event card = { CW_EVENT_CARD_IN, CW_MODULE_CONTACT_CARD, { NULL, 0 } };
    cw_reader_event(&reader, card, now());
    for (;;) {
        const uint8_t *frame;
        size_t size;
        while ((size = cw_reader_output(&reader, &frame)) > 0)
            if (!write_all(frame, size))
                return 0;
        if (is_pending && now() - pending_since >= COMMAND_MS) {
            struct cw_event event = pending;
            is_pending = false;
            cw_reader_event(&reader, event, now());
            continue;
        }
        struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
        if (poll(&in, 1, is_pending ? 1 : 20) > 0) {
            ssize_t taken = read(STDIN_FILENO, input, sizeof input);
            if (taken <= 0)
                return 0;
            for (size_t at = 0; at < (size_t)taken;) {
                at += cw_reader_take(&reader, input + at, (size_t)taken - at, now());
                while ((size = cw_reader_output(&reader, &frame)) > 0)
                    if (!write_all(frame, size))
                        return 0;
            }
        }
        cw_reader_time(&reader, now());
    }
}
