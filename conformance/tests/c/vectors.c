/* Puts values to the book's C code and prints what comes out: one command a line, one answer a line. */
#include "channel.h"
#include "messages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 8, LINE = 20000, BYTES = LINE / 2 };

struct argument {
    uint8_t bytes[BYTES];
    size_t size;
};

static struct argument arguments[ARGUMENTS];
static struct cw_login login;
static struct cw_channel channel;

static void print_hex(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    putchar(size == 0 ? '-' : ' ');
}

/* Hexadecimal digits; `-` is no byte. */
static bool read_hex(const char *text, struct argument *out)
{
    out->size = 0;
    if (strcmp(text, "-") == 0)
        return true;
    for (; text[0] != 0; text += 2) {
        char digits[3] = { text[0], text[1], 0 };
        char *end;
        if (text[1] == 0 || out->size == BYTES)
            return false;
        out->bytes[out->size++] = (uint8_t)strtoul(digits, &end, 16);
        if (*end != 0)
            return false;
    }
    return true;
}

static void frame_command(void)
{
    static const char *const faults[] = { "", "cobs", "too-short", "too-long", "checksum", "kind" };
    struct cw_frame frame;
    enum cw_frame_fault fault = cw_frame_decode(arguments[0].bytes, arguments[0].size, &frame);
    if (fault != CW_FRAME_GOOD) {
        printf("%s", faults[fault]);
        return;
    }
    uint8_t again[BYTES];
    printf("%d %" PRIu64 " ", frame.kind, frame.number);
    print_hex(frame.payload.bytes, frame.payload.size);
    print_hex(again, cw_frame_encode(&frame, again, sizeof again));
}

static void feed_command(void)
{
    static struct cw_deframer deframer;
    struct cw_frame frame;
    for (size_t i = 0; i < arguments[0].size; i++)
        if (cw_deframer_take(&deframer, arguments[0].bytes[i], &frame))
            printf("%" PRIu64 " ", frame.number);
}

static void message_command(const char *place)
{
    struct cw_span bytes = cw_span(arguments[0].bytes, arguments[0].size);
    struct cw_fault fault = { 0, 0 };
    struct cw_hello hello;
    struct cw_connect connect;
    struct cw_request request;
    struct cw_login_result result;
    struct cw_update_request update;
    struct cw_manifest manifest;
    struct cw_logic logic;
    size_t items;
    uint8_t code = bytes.size > 0 ? bytes.bytes[0] : 0;
    bool good;
    if (strcmp(place, "clear-request") == 0)
        good = code == CW_CONNECT ? cw_read_connect(bytes, &connect, &fault) : cw_read_hello(bytes, &hello, &fault);
    else if (strcmp(place, "request") == 0)
        good = cw_read_request(bytes, &request, &fault);
    else if (strcmp(place, "channel-request") == 0)
        good = code == CW_LOGIN_RESULT ? cw_read_login_result(bytes, &result, &fault)
                                       : cw_read_update_request(bytes, &update, &fault);
    else if (strcmp(place, "document:manifest") == 0)
        good = cw_read_manifest(bytes, &manifest, &fault);
    else if (strcmp(place, "document:logic") == 0)
        good = cw_read_logic(bytes, &logic, &fault);
    else if (strcmp(place, "document:service_data") == 0)
        good = cw_read_service_data(bytes, &items, &fault);
    else {
        printf("no decoder for %s", place);
        return;
    }
    if (good)
        printf("good");
    else
        printf("%d %d", fault.rule, fault.offset);
}

static void print_keys(const struct cw_keys *keys)
{
    print_hex(keys->initiator, CW_KEY);
    print_hex(keys->responder, CW_KEY);
    print_hex(keys->hash, CW_HASH);
}

/* psk, prologue, first message, ephemeral key */
static void client_command(void)
{
    struct cw_span prologue = cw_span(arguments[1].bytes, arguments[1].size);
    uint8_t second[CW_CLIENT_SECOND];
    struct cw_keys keys;
    if (!cw_client_handshake(arguments[0].bytes, &prologue, 1, arguments[2].bytes, arguments[3].bytes, second, &keys)) {
        printf("refused");
        return;
    }
    print_hex(second, sizeof second);
    print_keys(&keys);
}

/* static key, cloud's public key, header, ephemeral key */
static void begin_command(void)
{
    uint8_t first[CW_CLOUD_FIRST];
    struct cw_span header = cw_span(arguments[2].bytes, arguments[2].size);
    if (cw_login_begin(&login, arguments[0].bytes, arguments[1].bytes, header, arguments[3].bytes, first))
        print_hex(first, sizeof first);
    else
        printf("refused");
}

/* static key, second message */
static void finish_command(void)
{
    struct cw_keys keys;
    if (cw_login_finish(&login, arguments[0].bytes, arguments[1].bytes, &keys))
        print_keys(&keys);
    else
        printf("refused");
}

/* initiator's key, responder's key */
static void channel_command(void)
{
    struct cw_keys keys;
    memcpy(keys.initiator, arguments[0].bytes, CW_KEY);
    memcpy(keys.responder, arguments[1].bytes, CW_KEY);
    cw_channel_begin(&channel, &keys);
}

/* number, sealed bytes */
static void open_command(void)
{
    static const char *const names[] = { "request", "repeat", "dropped", "exhausted" };
    uint8_t plain[CW_MESSAGE_MAX + CW_TAG];
    struct cw_frame frame = { CW_FRAME_KIND_SEALED, cw_get(arguments[0].bytes, 8),
                              cw_span(arguments[1].bytes, arguments[1].size) };
    size_t size = 0;
    enum cw_opened opened = cw_channel_open(&channel, &frame, plain, &size);
    printf("%s ", names[opened]);
    if (opened == CW_OPENED_REQUEST)
        print_hex(plain, size);
}

/* plain text */
static void answer_command(void)
{
    uint8_t sealed[BYTES + CW_TAG];
    struct cw_frame frame;
    cw_channel_answer(&channel, cw_span(arguments[0].bytes, arguments[0].size), sealed, &frame);
    print_hex(frame.payload.bytes, frame.payload.size);
}

/* public key, label, message, signature */
static void verify_command(void)
{
    bool good = cw_ed25519_verify(arguments[0].bytes, cw_span(arguments[1].bytes, arguments[1].size),
                                  cw_span(arguments[2].bytes, arguments[2].size), arguments[3].bytes);
    printf(good ? "good" : "refused");
}

static bool run(const char *command)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } commands[] = {
        { "frame", frame_command }, { "feed", feed_command },       { "client", client_command },
        { "begin", begin_command }, { "finish", finish_command },   { "channel", channel_command },
        { "open", open_command },   { "answer", answer_command },   { "verify", verify_command },
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(command, commands[i].name) == 0) {
            commands[i].run();
            return true;
        }
    }
    return false;
}

int main(void)
{
    static char line[LINE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *command = strtok(line, " \n");
        const char *place = command;
        if (command != NULL && strncmp(command, "at:", 3) == 0)
            command = NULL;
        for (size_t i = 0; i < ARGUMENTS; i++) {
            const char *word = strtok(NULL, " \n");
            if (word == NULL)
                break;
            if (!read_hex(word, &arguments[i])) {
                fprintf(stderr, "not hexadecimal: %s\n", word);
                return 2;
            }
        }
        if (place == NULL)
            continue;
        if (command == NULL)
            message_command(place + 3);
        else if (!run(command)) {
            fprintf(stderr, "no command %s\n", command);
            return 2;
        }
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
