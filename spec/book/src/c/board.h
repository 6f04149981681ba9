/* What the reader asks of its board. None of these functions waits for anything. */
#ifndef CW_BOARD_H
#define CW_BOARD_H

#include "bytes.h"

/* Records that outlive a loss of power. Each is read and written whole. */
enum {
    CW_RECORD_BOOTS = 0,    /* 4 bytes */
    CW_RECORD_FAILURES = 1, /* 2 bytes */
    CW_RECORD_JOURNAL = 2,  /* CW_JOURNAL bytes */
    CW_RECORD_UPDATE = 3,   /* an update that is being put into force: 2 bytes, its manifest, its bytes */
    CW_RECORD_LOGIC = 4,    /* and more, CW_STORED in all: 4 bytes and the document */
};

/* False: the source's test has failed. */
bool cw_board_random(uint8_t *out, size_t size);

/* The length of a record, 0 where it is not there. */
size_t cw_board_load(unsigned record, uint8_t *out, size_t room);

/* After a loss of power at any moment the old record is there or the new one. False: the new one may not be. */
bool cw_board_store(unsigned record, const uint8_t *bytes, size_t size);

/* Modules. Enabling is answered with CW_EVENT_ENABLED when the module has settled; disabling takes effect at once. */
void cw_board_enable(uint8_t module);
void cw_board_disable(uint8_t module);
void cw_board_card_reset(void);                                 /* answered with CW_EVENT_ATR or CW_EVENT_MUTE */
void cw_board_card_transmit(const uint8_t *tpdu, size_t size);  /* with CW_EVENT_RESPONSE or CW_EVENT_MUTE */
void cw_board_show(uint8_t pattern);                            /* with CW_EVENT_SHOWN */
void cw_board_ask(uint8_t prompt);                              /* with CW_EVENT_ENTERED, within CW_T_ENTRY */
void cw_board_poll(void);                                       /* with CW_EVENT_FOUND */

/* What the board tells the reader of its modules. */
enum cw_event_kind {
    CW_EVENT_ENABLED, /* `module` is supplied and settled */
    CW_EVENT_FAILED,  /* `module` did not power up, or vanished */
    CW_EVENT_ATR,
    CW_EVENT_RESPONSE, /* response data and status word of one TPDU */
    CW_EVENT_MUTE,
    CW_EVENT_SHOWN,
    CW_EVENT_ENTERED,  /* four to eight digits; none: the card holder cancelled, or was too slow */
    CW_EVENT_FOUND,    /* what the card in the field tells, as data objects; none: there is no card */
    CW_EVENT_CARD_IN, /* the contact-detect switch */
    CW_EVENT_CARD_OUT,
};

struct cw_event {
    enum cw_event_kind kind;
    uint8_t module;
    struct cw_span bytes;
};

#endif
