/* The flash beneath the records: erased bytes are FF, programming clears bits, erasing sets a whole page. A loss of
 * power may hit before, after or inside each of these. False: it was not done. */
#ifndef CW_FLASH_H
#define CW_FLASH_H

#include "bytes.h"

/* A page holds the largest record and 16 bytes more; each record has two pages. */
enum { CW_PAGE = 2048 };

bool cw_flash_read(size_t offset, uint8_t *out, size_t size);
bool cw_flash_program(size_t offset, const uint8_t *bytes, size_t size);
bool cw_flash_erase(size_t page);

#endif
