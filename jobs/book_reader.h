/* What the parts of the book's reader share: noting mistakes, and reading mappings by tables of
 * keys. A part reads on after a mistake and leaves a harmless value, so that one run tells all
 * that is wrong; a book with a mistake is never returned. Private to book*.c. */
#ifndef JOBS_BOOK_READER_H
#define JOBS_BOOK_READER_H

#include "book.h"
#include "yaml.h"

struct rr_contract_draft;

struct rr_book_reader {
    struct rr_book *book;
    const char *file; /* the one being read: the book's, or that of its contracts */
    struct rr_mistakes *mistakes;
    const struct rr_yaml *quantity; /* usage.quantity, NULL when left out or wrong */
    bool quantity_wrong;
    bool event_id_given;               /* even a wrong one */
    bool dimensions_wrong;             /* then nothing is said of dimensions that are not known */
    const struct rr_yaml *meter_const; /* usage.meter when it is constant */
    const char **plan_names;           /* made when first needed */
    const char **contract_names;       /* made when first needed */
    bool plans_wrong, contracts_wrong, subscriptions_wrong; /* then what names them is let pass */
    struct rr_contract_draft *contracts; /* what rr_settle_contracts still needs of each */
    rr_subscription_taker take;          /* where subscriptions go; NULL: into the book */
    void *taker;
    struct rr_error *take_error;
    bool take_failed;
    const struct rr_text *only; /* accounts, sorted, whose subscriptions are read; NULL: all */
    uint32_t n_only;
    int stays_room;
    int64_t n_merged; /* charges in the plans of contracts */
};

void rr_mistake_add(struct rr_mistakes *mistakes, const char *file, struct rr_place place,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
void rr_mistakes_sort(struct rr_mistakes *mistakes);

/* A mistake at a node of the file being read. */
#define RR_WRONG(reader, node, ...)                                                                \
    rr_mistake_add((reader)->mistakes, (reader)->file, (node)->place, __VA_ARGS__)

/* Zeroed memory of the book for n items. */
void *rr_book_alloc(struct rr_book_reader *reader, size_t n, size_t item);

bool rr_is_utf8(struct rr_text text);

/* ---- keys ---- */

enum rr_key_state {
    RR_KEY_OPTIONAL,
    RR_KEY_REQUIRED,
    RR_KEY_REFUSED, /* not for here: `read` says why */
};

/* A key of a mapping. Rows are read in the order of the table, whatever the order in the file,
 * so a row may count on those above it. */
struct rr_book_key {
    const char *name;
    void (*read)(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);
    enum rr_key_state state;
};

/* Reads a mapping by its table, which ends with a row without a name. `what` says what it is
 * the mapping of: "a meter". False when it is none. */
bool rr_read_keys(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                  const struct rr_book_key *keys, void *into);

/* For a key that is read elsewhere. */
void rr_leave_key(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);

/* The name of a table of names (which ends with NULL) that a text was meant to be, or NULL. */
const char *rr_nearest(struct rr_text text, const char *const *names);

/* "; did you mean `x`?", or "; known: NAMES". In the book's arena. */
const char *rr_suggest(struct rr_book_reader *reader, struct rr_text text,
                       const char *const *names);

/* ---- values: false after a mistake was noted ---- */

/* A text that is not empty. `what` names it in messages: "`currency`". */
bool rr_read_text(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                  struct rr_text *out);
/* The same, which may be empty when it is quoted. */
bool rr_read_any_text(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                      struct rr_text *out);
bool rr_read_decimal(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                     rr_decimal *out);
bool rr_read_not_negative(struct rr_book_reader *reader, const struct rr_yaml *node,
                          const char *what, rr_decimal *out);
/* A whole number, least <= n <= most. */
bool rr_read_whole(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   int least, int most, int *out);
/* An amount that is billed as it stands: not below 0, not finer than the currency's minor unit. */
bool rr_read_money(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   const struct rr_plan *currency_of, rr_decimal *out);
/* `{percent: 0 .. 100}` */
bool rr_read_discount(struct rr_book_reader *reader, const struct rr_yaml *node, rr_decimal *out);
bool rr_read_day(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                 int32_t *out);
bool rr_read_bool(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                  bool *out);
/* One of the names, as its index; `names` ends with NULL. */
bool rr_read_choice(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                    const char *const *names, int *out);
/* A list of different texts. With `one`, a single text serves as well, and an empty list is
 * refused. */
bool rr_read_texts(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   bool one, struct rr_text **out, int *n);
bool rr_read_currency(struct rr_book_reader *reader, const struct rr_yaml *node, char code[4],
                      int *digits);

/* The index of a text, or RR_NO_COLUMN. */
int rr_find_text(const struct rr_text *texts, int n, struct rr_text text);

/* ---- the parts ---- */

/* Their tables of keys; docs/book.schema.json has the same. */
extern const struct rr_book_key rr_top_keys[], rr_usage_keys[], rr_const_keys[], rr_meter_keys[],
    rr_plan_keys[], rr_version_keys[], rr_charge_keys[], rr_case_keys[], rr_units_keys[],
    rr_discount_keys[], rr_tier_keys[], rr_percent_tier_keys[], rr_package_keys[],
    rr_percent_keys[], rr_per_event_keys[], rr_contract_keys[], rr_commit_keys[], rr_credit_keys[],
    rr_subscription_keys[];

void rr_read_usage(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);
void rr_read_meters(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);
void rr_read_plans(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);
void rr_read_contracts(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);
void rr_read_subscriptions(struct rr_book_reader *reader, const struct rr_yaml *node, void *into);

/* What can only be said of contracts when their accounts are known. */
void rr_settle_contracts(struct rr_book_reader *reader);

/* A list of charges, each id once. `whose` says what they are listed in: "this version". */
void rr_read_charges(struct rr_book_reader *reader, const struct rr_yaml *node, const char *whose,
                     struct rr_charge **out, int *n);

/* The one price key in a charge or a case; a second one is a mistake. False when there is none.
 * `cases` is one too, which the caller reads. */
bool rr_read_price(struct rr_book_reader *reader, const struct rr_yaml *node,
                   struct rr_price *price);

/* A stay of an account, clipped to the contract's time. `stay` holds the dates that the book gives
 * (INT32_MIN: none, RR_OPEN_END: none). */
void rr_add_stay(struct rr_book_reader *reader, const struct rr_stay *stay);

/* `{dimension: value or list}` over the dimensions `names[0..n)`; `whose` says in a message
 * where they should have stood. */
void rr_read_where(struct rr_book_reader *reader, const struct rr_yaml *node,
                   const struct rr_text *names, int n, const char *whose, struct rr_condition **out,
                   int *n_out);
/* A list of dimensions as indexes into names[0..n). */
void rr_read_dimensions(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                        const struct rr_text *names, int n, const char *whose, int **out,
                        int *n_out);

/* The column's index in usage.columns, where it is added when it is new. */
int rr_usage_column(struct rr_book_reader *reader, const struct rr_yaml *node, struct rr_text name);
/* A column name, or `{const: text}`. */
bool rr_read_field(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   struct rr_field *out);

/* The entries of a mapping in the order of their keys. */
struct rr_entry {
    struct rr_text name;
    const struct rr_yaml *key;
    const struct rr_yaml *value;
};

/* Reads the names of a table such as `meters`: at least one, none empty, at most `most`. Returns
 * how many there are, 0 after a mistake. */
int rr_read_entries(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                    int most, struct rr_entry **out);

/* Index by name in the sorted tables, or RR_NO_COLUMN. */
int rr_book_find_meter(const struct rr_book *book, struct rr_text name);
int rr_book_find_plan(const struct rr_book *book, struct rr_text name);
int rr_book_find_contract(const struct rr_book *book, struct rr_text name);

/* For rr_suggest. */
const char **rr_plan_names(struct rr_book_reader *reader);
const char **rr_contract_names(struct rr_book_reader *reader);

/* Whether the buckets can be cut at the start of a day: with `bucket: period`, only where a
 * period starts. Otherwise notes that `what` needs `bucket: day`. */
bool rr_check_cut(struct rr_book_reader *reader, const char *file, struct rr_place place,
                  const char *what, int32_t day);

#endif
