/* A batch of usage records as a reader hands them on: views of text, column by column.
 *
 * Column c of record i is `column[c][i]`; the columns are those that were asked for when the
 * input was opened, in that order. Views live until the next batch is read from the same reader.
 * A record that could not be read as a row has `reject[i]` set and empty columns; its raw text
 * is there all the same.
 */
#ifndef RERATE_BATCH_H
#define RERATE_BATCH_H

#include <rerate/text.h>

enum {
    RR_BATCH_RECORDS = 1024,
    RR_BATCH_COLUMNS = 64,       /* the most columns that a book may name */
    RR_NAME_MAX = 4096,          /* bytes of an account, a meter or a dimension's value */
    RR_RECORD_MAX = 1024 * 1024, /* bytes of a record; a longer one is `too_long` */
};

/* Why a record is quarantined. Where several hold, the first of this order is given. */
enum rr_reject {
    RR_ACCEPT = 0,
    RR_TOO_LONG,     /* a record over RR_RECORD_MAX, or a name over RR_NAME_MAX */
    RR_BAD_ROW,      /* another number of fields than the header, or an unclosed quote */
    RR_BAD_ENCODING, /* a column in use is not UTF-8, or holds NUL */
    RR_MISSING_ACCOUNT,
    RR_MISSING_EVENT_ID,
    RR_BAD_VERSION,
    RR_BAD_VOID,
    RR_BAD_TIMESTAMP, /* missing ones too */
    RR_OUT_OF_RANGE,  /* a timestamp outside 1678..2261, or a quantity with too many digits */
    RR_UNKNOWN_METER,
    RR_MISSING_QUANTITY,
    RR_BAD_QUANTITY,
    RR_REJECT_CODES, /* how many there are */
};

/* The code as it stands in files: "bad_row". */
const char *rr_reject_name(enum rr_reject code);

struct rr_batch {
    uint32_t n; /* records, at most RR_BATCH_RECORDS */
    uint32_t n_columns;
    uint64_t first_record; /* number of record 0 in its file, from 1 */
    struct rr_text *column[RR_BATCH_COLUMNS];
    uint64_t *offset;    /* byte where the record starts, uncompressed */
    struct rr_text *raw; /* its bytes without the line end, cut at RR_RECORD_MAX */
    uint8_t *reject;     /* enum rr_reject */
};

#endif
