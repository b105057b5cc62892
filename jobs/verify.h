/* `rerate verify`: a workspace proved from its files alone, one line a check.
 *
 * A check is a row in a table: a name, what must have held before it makes sense, and a function. A
 * function looks at files and says what it saw (counts), or what is wrong and where. It holds nothing
 * that grows with records, lines or invoices: files are read as streams, and what must agree between two
 * of them is compared by digests (ledger.h), then looked for. All checks are made, whatever one of them
 * finds; those whose ground has failed are said not to have been made.
 */
#ifndef JOBS_VERIFY_H
#define JOBS_VERIFY_H

#include "meters.h"
#include "result_facts.h"

#include "../runtime/state.h"

enum { RR_VERIFY_PATH = 4096 };

/* What is being verified. */
struct rr_verify {
    const char *dir;
    bool need_inputs; /* an input that is not there is an error */
    /* The state. */
    struct rr_manifest *newest, *before; /* NULL: none, or damaged */
    const struct rr_manifest *manifest;  /* the newest that can be read */
    struct rr_book *book;                /* as much of it as the state text says */
    struct rr_calendar *calendar;
    struct rr_meters *meters;
    uint32_t *place_of;              /* of each file in the order of paths */
    struct rr_verify_events *events; /* what one pass over the records found; NULL before it */
    /* The result in hand. */
    char result[RR_VERIFY_PATH - 512]; /* its directory */
    json_t *facts;                     /* run.json, or NULL */
    json_t *reconciliation;            /* or NULL */
};

/* What a check came to. */
struct rr_finding {
    char seen[512]; /* what was looked at, when all is well */
    struct rr_error err;
};

void rr_seen(struct rr_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What checks may stand on, as bits. */
enum {
    RR_GROUND_MANIFEST = 1, /* the manifest can be read */
    RR_GROUND_RUNS = 2,     /* its runs are there and whole */
    RR_GROUND_ORDER = 4,    /* what is in them keeps its laws */
    RR_GROUND_FACTS = 8,    /* run.json can be read */
    RR_GROUND_RECONCILIATION = 16,
};

struct rr_verify_check {
    const char *name;
    unsigned needs; /* the ground it stands on */
    unsigned gives; /* the ground that it is, where it holds */
    int (*run)(struct rr_verify *verify, struct rr_finding *finding);
};

/* Ended by rows without a name. */
extern const struct rr_verify_check rr_state_checks[], rr_result_checks[], rr_impact_checks[];

/* Of a result, that its files are those it names, and no more. */
extern const struct rr_verify_check rr_result_file_checks[];

/* The workspace's own: what `latest` names, how it came to, and what went out to customers. */
int rr_verify_latest(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_history(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_issued(struct rr_verify *verify, struct rr_finding *finding);

/* Makes the checks of the state, which takes `what` RR_VERIFY_ALL, and of one result. What fails is told on
 * standard error; then RR_EXIT_DATA. `*passed` counts the others. */
enum rr_verify_extent { RR_VERIFY_FILES, RR_VERIFY_ALL };
int rr_verify_result(const char *workspace, unsigned result, enum rr_verify_extent what,
                     unsigned *passed, struct rr_error *err);

/* A JSON object of the result in hand, the caller's to release. NULL with what is wrong. */
json_t *rr_verify_load(const struct rr_verify *verify, const char *name, struct rr_error *err);
bool rr_verify_digest(const json_t *object, const char *name, struct rr_digest *digest);

/* Whether the folder in hand holds nothing but the files named in an object and `besides`, which ends with NULL
 * and begins with the file that names the others. */
int rr_verify_names(const struct rr_verify *verify, const json_t *files, const char *const *besides,
                    struct rr_error *err);

/* The checks of verify_books.c, verify_runs.c, verify_events.c, verify_inputs.c and verify_tables.c. */
int rr_verify_run_laws(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_records(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_events(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_cells(struct rr_verify *verify, struct rr_finding *finding);
void rr_verify_events_destroy(struct rr_verify_events *events);
int rr_verify_texts(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_books(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_input_facts(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_lines(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_invoices(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_totals(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_shares(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_unrated(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_quarantine(struct rr_verify *verify, struct rr_finding *finding);
int rr_verify_conflicts(struct rr_verify *verify, struct rr_finding *finding);

#endif
