/* Finding the structure of CSV text, 64 bytes at a time.
 *
 * A byte's meaning depends on where it stands: at the start of a field, in an unquoted field, in a
 * quoted one, or behind a quote in a quoted one. `struct rr_csv_state` carries this from block to
 * block. Two scans share it, so that they can never disagree on where a record ends: the index (all
 * fields of a batch) and the count (records of any stretch of text).
 *
 * After a closing quote only a comma, a line end or another quote may come. Where something else
 * does, the field goes on as an unquoted one, and its row is bad.
 */
#ifndef IO_CSV_SCAN_H
#define IO_CSV_SCAN_H

#include <rerate/batch.h>

struct rr_csv_state {
    uint64_t inside;      /* all ones within a quoted field, else 0 */
    uint64_t after_delim; /* 1 at the start of a field */
    uint64_t after_close; /* 1 behind a closing quote (or the first half of a doubled one) */
};

/* At the start of a record. */
#define RR_CSV_START ((struct rr_csv_state){.after_delim = 1})

/* What is found in a window of text, for at most a batch of records. Positions count from the
 * window's start. Field f of record i ends at end[first[i] + f] (the last field at stop[i], which
 * leaves a CR before the LF out) and starts behind the end before it. */
struct rr_csv_index {
    uint32_t *end; /* the caller's: end[-1] up to a slot for each byte scanned, and RR_CSV_SLACK */
    uint32_t n_ends;
    uint32_t n;          /* records */
    uint32_t next;       /* where the record behind the last one starts */
    uint32_t next_first; /* and its first field */
    bool inside;         /* the text ends inside a quoted field */
    bool unclosed;       /* and that is part of the last record */
    uint64_t odd;        /* not 0: there are bytes other than ASCII without NUL */
    uint64_t quotes;     /* not 0: there are quoted fields */
    uint64_t doubled;    /* not 0: there are doubled quotes in them */
    uint64_t stray;      /* not 0: something may stand behind a closing quote; look closer */
    uint32_t first[RR_BATCH_RECORDS];
    uint32_t stop[RR_BATCH_RECORDS];
    uint32_t n_fields[RR_BATCH_RECORDS];
};

enum { RR_CSV_SLACK = 72 };

/* Records counted over consecutive pieces of text. A record is counted at its line end. */
struct rr_csv_count {
    struct rr_csv_state state;
    uint64_t at_start; /* 1 at the start of a line */
    uint64_t after_cr; /* 1 behind a CR there */
    uint64_t records;
};

#define RR_CSV_COUNT_START ((struct rr_csv_count){.state = RR_CSV_START, .at_start = 1})

/* The scans for one instruction set. */
struct rr_csv_kernel {
    const char *name;

    /* Scans text[from, to), which starts at the start of a record, for complete lines. */
    void (*index)(struct rr_csv_index *index, const char *text, uint32_t from, uint32_t to);

    /* Counts on in text[0, len); with `one_line`, up to the first line end (of an empty line,
     * too). Returns how many bytes were scanned. */
    size_t (*count)(struct rr_csv_count *count, const char *text, size_t len, bool one_line);
};

/* Kernel `i`, from 0, the fastest first; NULL behind the last one this machine can run. */
const struct rr_csv_kernel *rr_csv_kernel(unsigned i);

/* Adds the record without a line end that the text indexed up to `to` ends with, if any. The batch
 * must not be full. */
void rr_csv_index_rest(struct rr_csv_index *index, uint32_t to);

#endif
