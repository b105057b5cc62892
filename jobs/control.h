/* Control totals: what the producers of usage say that their files hold.
 *
 * A CSV file with the columns `file`, `records` and `quantity`, in any order, others ignored; one row for
 * each input. An empty quantity is not compared.
 */
#ifndef JOBS_CONTROL_H
#define JOBS_CONTROL_H

#include "book.h"

#include "../io/digest.h"
#include "../io/line.h"
#include "../runtime/manifest.h"

struct rr_control_row {
    struct rr_text file; /* a path as it was given to `run`, or the name that one input ends in */
    int line;
    uint64_t records;
    bool has_quantity;
    struct rr_sum quantity;
};

struct rr_control {
    const char *path;
    struct rr_control_row *rows;
    uint32_t n_rows;
    struct rr_digest digest; /* of the bytes */
    struct rr_arena *arena;
    char *bytes; /* where rr_control_read read them to */
};

/* Reads any bytes. Path and bytes are borrowed. NULL with RR_EXIT_DATA, file, line and cause, when they
 * are no control totals, or name a file twice. */
struct rr_control *rr_control_parse(const char *path, const char *bytes, size_t len,
                                    struct rr_error *err);
/* The same from a file; RR_EXIT_INPUT when it can't be read. Quantities are refused where the book's
 * `usage` names no column for them. */
struct rr_control *rr_control_read(const char *path, const struct rr_book *book,
                                   struct rr_error *err);
void rr_control_destroy(struct rr_control *control);

/* The header of control.csv. */
extern const char rr_control_header[];

/* Holds the inputs of a state against the totals. 0 when all of them agree; else -1 with RR_EXIT_DATA
 * naming the first files and by how much, and all differences as rows of control.csv in `list`, in order
 * of file. */
int rr_control_compare(const struct rr_control *control, const struct rr_manifest *manifest,
                       struct rr_line *list, struct rr_error *err);

#endif
