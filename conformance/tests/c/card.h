/* A simulated card: what the published services and the conformance suite need of one. */
#ifndef CARD_H
#define CARD_H

#include "bytes.h"

void card_power(bool on);
/* The answer to reset. */
struct cw_span card_reset(void);
/* The response to a TPDU, data and status word; nothing: the card is mute. */
struct cw_span card_transmit(const uint8_t *tpdu, size_t size);

#endif
