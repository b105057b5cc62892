/* The book: how usage records are read, what is metered, and what it costs.
 *
 * A book is read once from YAML, proved, and never changed. Everything in it lives in its own
 * arena. Meters, plans and charges are plain tables: whoever rates walks them, and knows no YAML.
 * The rules are those of docs/book.md; what it names and this version lacks is refused by name.
 */
#ifndef JOBS_BOOK_H
#define JOBS_BOOK_H

#include "../io/arena.h"
#include "../io/digest.h"
#include "../io/zone.h"
#include <rerate/batch.h>
#include <rerate/decimal.h>
#include <rerate/error.h>

enum rr_period { RR_DAY, RR_WEEK, RR_MONTH, RR_QUARTER, RR_YEAR };
enum rr_bucket { RR_BUCKET_HOUR, RR_BUCKET_DAY, RR_BUCKET_PERIOD };
enum rr_rounding { RR_HALF_UP, RR_HALF_EVEN, RR_UP, RR_DOWN };
enum rr_duplicates { RR_FIRST, RR_LAST, RR_REFUSE };

enum {
    RR_NO_COLUMN = -1,
    RR_DIMENSIONS_MAX = 32,
    RR_VALUES_MAX = 16, /* different columns that meters aggregate */
    RR_METERS_MAX = 1000,
    RR_PLANS_MAX = 100000,
    RR_CHARGES_MAX = 10000, /* of a version */
    RR_TIERS_MAX = 10000,   /* of a charge */
    RR_CASES_MAX = 10000,   /* of a charge */
    RR_CONTRACTS_MAX = 100000,
};
#define RR_OPEN_END INT32_MAX /* a subscription or tier that has no end */

/* A place in the book, for messages. */
struct rr_place {
    int line;   /* from 1 */
    int column; /* from 1 */
};

/* Where a field of a record comes from: a column of the batch, or always the same text. */
struct rr_field {
    int column; /* index into rr_usage.columns, or RR_NO_COLUMN when constant */
    struct rr_text constant;
};

/* What meters aggregate: a column read as a number, or, for `unique`, as the text that it is. */
struct rr_value {
    struct rr_field field;
    bool is_text;
};

struct rr_usage {
    struct rr_text
        *columns; /* names of all columns in use, each once: what a reader is asked for */
    int n_columns;
    struct rr_field account;
    struct rr_field timestamp;
    struct rr_field event_id;
    bool has_event_id;
    struct rr_field version; /* only with an event id, as is `voids` */
    bool has_version;
    struct rr_field voids;
    bool has_void;
    struct rr_field meter;
    bool has_meter;
    int quantity; /* the column that `quantity` names, or RR_NO_COLUMN: its sums are held against
                     control totals, whatever meters take of it */
    struct rr_text *dimensions; /* names, in the book's order */
    struct rr_field *dimension_fields;
    int n_dimensions;
    struct rr_text *no_value; /* texts that mean 'no value'; the empty text unless the book says */
    int n_no_value;
    struct rr_value *values; /* what meters aggregate, each once */
    int n_values;
    bool skip_unknown_meters;
    enum rr_duplicates duplicates;
};

/* One condition of a `where`: a dimension that must hold one of these texts. */
struct rr_condition {
    int dimension; /* in a meter: index into rr_usage.dimensions; in a charge: into rr_meter.by */
    struct rr_text *any;
    int n_any;
};

struct rr_meter {
    struct rr_text name;
    struct rr_text aggregate; /* as the book has it */
    struct rr_text kernel;    /* the aggregate, or `level` for time_weighted with `values: level` */
    struct rr_text match;     /* the value in the meter column */
    int value;                /* index into rr_usage.values; RR_NO_COLUMN for count */
    rr_decimal p;             /* percentile: 0 < p <= 100; else 0 */
    bool per_event;           /* some charge prices its records one by one: their values are kept */
    struct rr_condition *where;
    int n_where;
    int *by; /* dimensions kept in the key: indexes into rr_usage.dimensions, in the order given */
    int n_by;
    struct rr_place place;
};

struct rr_tier {
    bool bounded;     /* the last tier is not */
    rr_decimal up_to; /* inclusive */
    rr_decimal unit;  /* price of one; graduated_percent: the rate, in percent */
    rr_decimal flat;  /* added when the tier is entered */
};

enum rr_price_key {
    RR_FLAT,
    RR_PER_UNIT,
    RR_GRADUATED,
    RR_VOLUME,
    RR_PACKAGE,
    RR_PERCENT,
    RR_PER_EVENT, /* percent with `per_event` */
    RR_GRADUATED_PERCENT,
};

/* A least and a most amount; either may be left out. */
struct rr_bounds {
    bool has_least, has_most;
    rr_decimal least, most;
};

/* A price key and its numbers. */
struct rr_price {
    enum rr_price_key key;
    rr_decimal amount;     /* flat: the fee; per_unit: the price; package: the price of one;
                              percent: the rate, in percent */
    bool prorate;          /* flat */
    struct rr_tier *tiers; /* graduated, volume, graduated_percent */
    struct rr_place *tier_places;
    int n_tiers;
    rr_decimal package_size;
    bool package_down;
    rr_decimal fixed;        /* percent: for each record */
    struct rr_bounds bounds; /* percent: of each record */
};

/* One of a charge's `cases`; a charge without any has a single one that always fits. */
struct rr_case {
    struct rr_condition *where; /* on the meter's `by` */
    int n_where;
    struct rr_text detail; /* the `where` as a line's detail shows it: `region=eu;model=x|y` */
    struct rr_price price;
    struct rr_place place;
};

enum rr_units_round { RR_UNITS_NONE, RR_UNITS_UP, RR_UNITS_DOWN, RR_UNITS_HALF_UP };

/* What the metered quantity is converted to first. */
struct rr_units {
    rr_decimal divide_by; /* > 0; 1 when nothing is said */
    enum rr_units_round round;
    int places; /* 0 .. 18; of a quantity that is rounded */
};

struct rr_charge {
    struct rr_text id;
    int meter; /* index into rr_book.meters, RR_NO_COLUMN for a flat fee (even one that names a
                  meter: it only lends its name to `id`) */
    struct rr_case *cases;
    int n_cases;
    bool only_used; /* `split` or `cases`: lines only where there is usage */
    struct rr_units units;
    rr_decimal free;
    struct rr_condition *where; /* conditions on the meter's `by` */
    int n_where;
    int *split; /* indexes into the meter's `by` */
    int n_split;
    struct rr_bounds bounds; /* `minimum` and `maximum`: of a whole period */
    rr_decimal discount;     /* in percent, 0 .. 100 */
    struct rr_place place;
};

struct rr_version {
    int32_t from; /* day */
    struct rr_charge *charges;
    int n_charges;
    struct rr_place place;
};

struct rr_plan {
    struct rr_text name;
    char currency[4];
    int minor_digits; /* digits of the minor unit: USD 2, JPY 0 */
    bool has_minimum;
    rr_decimal minimum;          /* of the metered lines of a whole period */
    struct rr_version *versions; /* `from` rises */
    int n_versions;
    struct rr_place place;
};

enum rr_term { RR_TERM_PERIOD, RR_TERM_QUARTER, RR_TERM_YEAR, RR_TERM_CONTRACT };

/* What is promised for each term. */
struct rr_commit {
    bool given;
    rr_decimal amount;
    enum rr_term every;
    bool upfront;
    bool has_overage;
    rr_decimal overage; /* what one of the amounts beyond costs: 1.25 */
    struct rr_place place;
};

struct rr_credit {
    struct rr_text id;
    rr_decimal amount;
    int32_t from, until;     /* days; RR_OPEN_END */
    int64_t priority;        /* 1 first */
    struct rr_text *charges; /* ids; none: all lines */
    int n_charges;
    struct rr_place place;
};

/* An account's time in a contract, within the contract's own. A row of the subscriptions that lies
 * outside of the contract's time altogether is a stay of no days (start == end): the account is no
 * member for it, but one with a deal, which has no default plan. */
struct rr_stay {
    struct rr_text account;
    int contract;       /* index into rr_book.contracts */
    int32_t start, end; /* days; RR_OPEN_END */
    const char *source; /* the file that says so, and where */
    int line, column;
};

struct rr_contract {
    struct rr_text name;
    struct rr_plan plan;   /* with the contract's own charges and minimum; its name is that of the
                               book's plan, empty where the contract names none */
    struct rr_charge *own; /* the charges of the contract itself, which stand in all versions too */
    int n_own;
    struct rr_text bill_to; /* who pays; where the book does not say, the first account by name of a
                               pooled contract or of one with a single account; empty: each account
                               its own */
    bool pool;
    int32_t start, end;  /* days; RR_OPEN_END */
    rr_decimal discount; /* in percent, of metered lines */
    struct rr_commit commit;
    struct rr_credit *credits; /* in the order in which they apply: priority, until, id */
    int n_credits;
    const char *file; /* the book, or the file of contracts */
    struct rr_place place;
};

struct rr_subscription {
    struct rr_text account;
    int plan;           /* index into rr_book.plans */
    int32_t start;      /* day, in */
    int32_t end;        /* day, out; RR_OPEN_END when open */
    const char *source; /* the file it stands in: the book, or the subscriptions CSV */
    int line;           /* in `source` */
};

/* A record of a file that is not read whole. */
struct rr_book_row {
    struct rr_text text;
    int line;
};

struct rr_book {
    struct rr_arena *arena;
    const char *path;
    struct rr_text source; /* the file's bytes, as they are published with a result */
    char currency[4];
    int minor_digits;
    struct rr_text timezone;
    struct rr_zone *zone;
    enum rr_period period;
    enum rr_rounding rounding;
    enum rr_bucket bucket;
    struct rr_usage usage;
    struct rr_meter *meters; /* sorted by name: the order in the file has no meaning */
    int n_meters;
    struct rr_plan *plans; /* sorted by name */
    int n_plans;
    int default_plan;                      /* index into plans, RR_NO_COLUMN when there is none */
    struct rr_subscription *subscriptions; /* sorted by account, start */
    int n_subscriptions;
    struct rr_contract *contracts; /* sorted by name */
    int n_contracts;
    struct rr_stay *stays; /* sorted by account, start; none overlap */
    int n_stays;
    struct rr_text subscriptions_path;   /* resolved beside the book; empty when there is no file */
    struct rr_text subscriptions_source; /* that file's bytes, or only its header */
    struct rr_book_row *rows;            /* then, the records that make members of contracts */
    uint32_t n_rows;
    struct rr_digest subscriptions_digest; /* of the whole file, unpacked */
    struct rr_text contracts_path;         /* the same for the file of contracts */
    struct rr_text contracts_source;       /* its bytes, or this rank's part and outlines */
    struct rr_digest contracts_digest;     /* of the whole file, unpacked */
};

/* A mistake in a book or its subscriptions. */
struct rr_mistake {
    const char *file;
    struct rr_place place;
    const char *text; /* "what was found; what would do" */
};

enum { RR_MISTAKES_MAX = 50 };

/* What is wrong with a book, or likely so, by file and line. Fill it with zeros before use and give it to
 * rr_mistakes_fini after. The first RR_MISTAKES_MAX that were met are kept. */
struct rr_mistakes {
    struct rr_arena *arena;
    int n_found;      /* all */
    int n_repeated;   /* of these, until they are sorted: the same behind another alias */
    int n;            /* kept */
    const char *mark; /* before each text: "warning: "; NULL for mistakes */
    struct rr_mistake item[RR_MISTAKES_MAX];
};

void rr_mistakes_fini(struct rr_mistakes *mistakes);

/* "FILE:LINE:COLUMN: MARK TEXT" for each on a line of its own, then how many more were found. The
 * caller frees it. */
char *rr_mistakes_text(const struct rr_mistakes *mistakes);

/* The bytes that a book is made of, as one rank reads them and the others receive them. All
 * memory is the struct's own, from malloc. */
struct rr_book_files {
    char *path; /* as it was given; it opens every message */
    char *book;
    size_t book_len;
    char *subscriptions_path; /* resolved beside the book; NULL when the book names no file */
    char *subscriptions;
    size_t subscriptions_len;
    /* NULL: all records stand in `subscriptions`. Else that is the header, and these are the records that
     * make members of contracts, views into row_bytes; the others are read by rr_row_reader_read. */
    struct rr_book_row *rows;
    uint32_t n_rows;
    char *row_bytes;
    struct rr_digest subscriptions_digest; /* where there are rows */
    char *contracts_path;
    char *contracts;
    size_t contracts_len;
    bool contracts_apart; /* `contracts` are not the whole file, whose digest this is */
    struct rr_digest contracts_digest;
};

/* Reads the book and the files that its `subscriptions` and `contracts` name; a `.zst` file is
 * unpacked. A book too broken to name one is read alone: rr_book_parse says what is wrong with it.
 * Errors: RR_EXIT_INPUT (missing), RR_EXIT_IO; `files` is then empty. */
int rr_book_read(const char *path, struct rr_book_files *files, struct rr_error *err);
/* The same without subscriptions and contracts: only where they are. */
int rr_book_read_apart(const char *path, struct rr_book_files *files, struct rr_error *err);
/* The same where copies are kept of the files that it names; NULL: they are where it says. */
int rr_book_read_kept(const char *path, const char *subscriptions, const char *contracts,
                      struct rr_book_files *files, struct rr_error *err);
/* Then these, whole. */
int rr_book_read_subscriptions(struct rr_book_files *files, struct rr_error *err);
int rr_book_read_contracts(struct rr_book_files *files, struct rr_error *err);
void rr_book_files_fini(struct rr_book_files *files);

/* Makes and proves a book from bytes, which it copies. Returns NULL with RR_EXIT_BOOK: all that
 * is wrong is in `mistakes` (which may be NULL), the first of it in `err`. The only files read
 * here are those of the time zone database.
 * Not collective: the same bytes make the same book on every rank. */
struct rr_book *rr_book_parse(const struct rr_book_files *files, struct rr_mistakes *mistakes,
                              struct rr_error *err);

/* Reads records of the subscriptions that the book does not hold. Everything is borrowed. */
struct rr_row_reader;
struct rr_row_reader *rr_row_reader_create(struct rr_book *book, struct rr_mistakes *mistakes);
void rr_row_reader_destroy(struct rr_row_reader *reader);

/* From now on only records of these accounts, sorted by name, are read; NULL: all. */
void rr_row_reader_only(struct rr_row_reader *reader, const struct rr_text *account, uint32_t n);

/* Hands each record among `rows`, whole records of which the first stands in this line, that names a plan to
 * `take`, unless it is wrong; passes over those of contracts. Returns -1 as soon as `take` does. */
typedef int (*rr_subscription_taker)(void *self, const struct rr_subscription *subscription,
                                     struct rr_error *err);
int rr_row_reader_read(struct rr_row_reader *reader, struct rr_text rows, int line,
                       rr_subscription_taker take, void *self, struct rr_error *err);

/* What is right and likely wrong all the same: a meter that no charge prices, a gap between two
 * subscriptions, a tier that costs more than the one below. `warnings` is filled with zeros before,
 * and sorted after. */
void rr_book_warn(const struct rr_book *book, struct rr_mistakes *warnings);

/* rr_book_read, then rr_book_parse. */
struct rr_book *rr_book_open(const char *path, struct rr_error *err);
void rr_book_close(struct rr_book *book);

/* The part of the book that the state depends on (bucket, time zone and period, usage, meters),
 * as canonical text: two books with the same text can share a state. The caller frees it. */
char *rr_book_state_text(const struct rr_book *book);

/* A book that holds only what a state text says: bucket, time zone, period, usage and meters; its meters'
 * `p` are 0. What it makes of records is what the book of that text makes of them. NULL with RR_EXIT_IO for
 * a text that is none. */
struct rr_book *rr_book_of_state_text(const char *text, struct rr_error *err);

#endif
