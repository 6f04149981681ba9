/* A reader, whole. The board owns clock, link, storage and modules; this is everything between them. */
#ifndef CW_READER_H
#define CW_READER_H

#include "board.h"
#include "channel.h"
#include "messages.h"

/* ANCHOR: sizes */
enum {
    CW_CLIENTS = 4,
    CW_SERVICES = 24, /* presets, and what updates add */
    CW_STORED = 8,    /* of them with logic that came by an update: a record of lasting memory each */
    CW_JOBS = CW_JOB_MEMORY + 1,
    CW_RECORDS = 128, /* diagnostics; at least CW_DIAGNOSTICS_MIN */
    CW_MANIFEST_ROOM = 255, /* the largest manifest */
    CW_CODE_MAX = 900,
    CW_PARAMETERS_MAX = 400, /* bytes of parameters in an instruction */
    CW_LINE = CW_LINE_SIZE(CW_FRAME_MIN),
    CW_LINE_CLEAR = CW_LINE_SIZE(128),
    CW_LINE_EVENT = CW_LINE_SIZE(64),
    CW_PART = 400, /* bytes of service data in one part */
    CW_JOURNAL = 91,
};
/* ANCHOR_END: sizes */

/* What a reader is provisioned with. Names have 1 to 32 characters. */
struct cw_client {
    struct cw_span id;
    uint32_t generation;
    uint8_t psk[CW_KEY];
};
struct cw_identity {
    struct cw_span reader_id, software;
    uint16_t hardware_class;
    uint8_t provisioning;
    uint8_t static_key[CW_KEY], cloud[CW_KEY], authority[CW_KEY];
    struct cw_client clients[CW_CLIENTS];
    size_t client_count;
};

/* ANCHOR: session */
enum cw_login_state {
    CW_LOGIN_NONE,
    CW_LOGIN_HANDSHAKE, /* the second handshake message is waited for */
    CW_LOGIN_CONFIRMED, /* login_result is waited for */
    CW_LOGIN_OPEN,
};

struct cw_session {
    bool open;
    uint8_t state; /* registry session_state */
    const struct cw_client *client;
    uint8_t hash[CW_HASH];
    struct cw_channel channel;
    uint32_t heard;
    uint16_t failed_before;
    enum cw_login_state login;
    uint32_t login_began;
    struct cw_login handshake;
    uint8_t to_cloud[CW_KEY], from_cloud[CW_KEY];
    uint64_t sent, received;
    bool granted;
    uint32_t granted_at, lifetime;
};
/* ANCHOR_END: session */

struct cw_service {
    uint16_t service;
    uint8_t name[32];
    size_t name_size;
    uint16_t version;
    uint8_t policy;
    uint8_t digest[CW_HASH];
    int slot;              /* of the record that holds its logic, or below 0: a preset */
    uint8_t offered;       /* the format of the client's offer, 0: none */
    bool enabled;
};

struct cw_job {
    bool known;
    uint8_t id[16];
    uint16_t service;
    uint8_t instruction[CW_HASH], logic_digest[CW_HASH];
    uint8_t state;
    uint16_t outcome, status_word, step, data_length;
};

struct cw_module {
    uint8_t id, state;
    bool waiting; /* for the board: to settle, or to answer a command */
    uint32_t since;
};
enum { CW_AT_SECURITY, CW_AT_CARD, CW_AT_CONTACTLESS, CW_AT_INDICATOR, CW_AT_PIN_PAD, CW_AT_COUNT };

struct cw_record {
    uint32_t number, tick;
    uint8_t subject, state;
    uint16_t id;
};

/* ANCHOR: machine */
/* One instruction of execution logic. Which members are set follows from the opcode; operands of one type stand in their
 * order. */
struct cw_step {
    uint8_t opcode;
    struct cw_span bytes, le; /* command, header, value, name; the Le of `command` */
    uint8_t reg[4], regs;
    uint8_t into;             /* the last register: what a call is answered into */
    uint8_t number[3];        /* small numbers and values of registries */
    uint16_t word[2], target;
};

struct cw_register {
    uint8_t bytes[CW_REGISTER_SIZE];
    size_t size;
    bool secret;
};

/* Service data, written in the format of the interface. The items begin at 2: the head before them has one byte or
 * two. */
struct cw_data {
    uint8_t format;
    uint8_t bytes[CW_JOB_DATA_MAX + 2];
    size_t end, items;
    size_t native, cbor; /* sizes in both formats */
};

struct cw_machine {
    struct cw_logic logic; /* its spans point into the reader's `document`, or into a preset */
    struct {
        uint8_t format, bytes[CW_PARAMETERS_MAX], taken[CW_PARAMETERS];
        size_t size;
    } parameters;
    uint16_t steps, status_word;
    uint8_t percent;
    size_t next;
    struct cw_register registers[CW_REGISTERS];
    struct {
        size_t body;
        uint8_t left;
    } loops[CW_LOOP_DEPTH_MAX];
    size_t depth;
    bool critical, wrote; /* between `critical` and `settled`; whether a write was sent since */
};
/* ANCHOR_END: machine */

/* ANCHOR: run */
enum cw_phase {
    CW_PHASE_IDLE,
    CW_PHASE_ENABLING, /* whole-service: the declared module `index` comes next */
    CW_PHASE_SETTLING,
    CW_PHASE_RUNNING,
    CW_PHASE_CALLING,
    CW_PHASE_WAITING, /* for a module's answer */
};

struct cw_run {
    enum cw_phase phase;
    struct cw_job *job;
    size_t index;
    struct cw_step call;
    bool stop, journalled;
    uint16_t stop_outcome;
    uint8_t command[261]; /* the command APDU of the present call */
    size_t command_size;
    bool presents;        /* `pin` has asked for the tries, and presents: a second command of one instruction */
    bool calls_again;
    uint8_t tpdu[260];
    size_t tpdu_size;
    uint8_t response[CW_REGISTER_SIZE];
    size_t response_size, exchanges;
    bool case_4;
    uint16_t warning; /* 0: none */
};
/* ANCHOR_END: run */

struct cw_update {
    uint8_t state;
    bool part_done; /* a commit has begun to be carried out */
    uint8_t digest[CW_HASH];
    size_t manifest_size, size, received;
    uint8_t manifest[CW_MANIFEST_ROOM], bytes[CW_LOGIC_MAX];
};

struct cw_out {
    uint8_t clear[CW_LINE_CLEAR], answer[CW_LINE], event[CW_LINE_EVENT];
    size_t clear_size, answer_size, event_size;
    bool clear_waits, answer_waits, event_waits;
};

struct cw_reader {
    const struct cw_identity *identity;
    uint32_t now, booted, boots;
    uint64_t drawn; /* keys and challenges made since boot */
    bool has_challenge;
    uint8_t challenge[16];
    uint16_t failures;
    bool carried; /* some of them were before the last reset */
    bool backs_off;
    uint32_t backoff_since, backoff;
    bool has_connect; /* an accepted connect whose answer may be asked for again */
    uint64_t connect_number;
    uint8_t connect_digest[CW_HASH];
    bool card;
    uint32_t card_generation;
    struct cw_deframer in;
    struct cw_out out;
    struct cw_session session;
    struct cw_service services[CW_SERVICES];
    size_t service_count;
    uint32_t logic_counter;
    struct cw_module modules[CW_AT_COUNT];
    struct cw_job jobs[CW_JOBS]; /* in the order in which they were accepted */
    struct cw_run run;
    uint8_t document[CW_LOGIC_MAX + 4]; /* of the running service, where it is no preset */
    struct cw_machine machine;
    struct cw_data data;
    struct cw_update update;
    struct cw_record records[CW_RECORDS];
    uint32_t next_record;
};

/* ANCHOR: api */
/* Begins after a reset: locked, every module disabled, no card seen. */
void cw_reader_boot(struct cw_reader *reader, const struct cw_identity *identity, uint32_t now);

/* Takes bytes of the link up to the end of a frame, and tells how many it took. Nothing is taken while output waits. */
size_t cw_reader_take(struct cw_reader *reader, const uint8_t *bytes, size_t size, uint32_t now);

/* The next frame for the link; 0 where there is none. */
size_t cw_reader_output(struct cw_reader *reader, const uint8_t **bytes);

/* What a module did; that time has passed (ten times a second will do); that the link was reset. */
void cw_reader_event(struct cw_reader *reader, struct cw_event event, uint32_t now);
void cw_reader_time(struct cw_reader *reader, uint32_t now);
void cw_reader_link_reset(struct cw_reader *reader, uint32_t now);
/* ANCHOR_END: api */

#endif
