/* The book's `subscriptions`: a list in the book, or a CSV file beside it (RFC 4180). A row gives an
 * account a plan, or makes it a member of a contract. */
#include "book_csv.h"

#include "../io/memory.h"

#include <stdlib.h>

/* One row as it is read, with the places of its parts. */
struct draft {
    const char *file;
    struct rr_place place;
    struct rr_text account;
    struct rr_text plan; /* one of them is empty */
    struct rr_text contract;
    struct rr_place plan_place;
    struct rr_place contract_place;
    int32_t start; /* INT32_MIN: none */
    int32_t end;
    struct rr_place start_place;
    struct rr_place end_place;
    bool good; /* all parts could be read */
};

static void wrong(struct rr_book_reader *reader, const struct draft *draft, struct rr_place place,
                  const char *text)
{
    rr_mistake_add(reader->mistakes, draft->file, place, "%s", text);
}

static void check_order(struct rr_book_reader *reader, const struct draft *draft)
{
    if (draft->end <= draft->start)
        wrong(reader, draft, draft->end_place,
              "`end` is not after `start`; `end` is the first day that is no longer subscribed");
}

/* Room for it was made before. */
static void add_subscription(struct rr_book_reader *reader, const struct draft *draft)
{
    struct rr_book *book = reader->book;
    int plan = rr_book_find_plan(book, draft->plan);
    if (plan == RR_NO_COLUMN && !reader->plans_wrong)
        rr_mistake_add(reader->mistakes, draft->file, draft->plan_place,
                       "plan `%.*s` is not among `plans`%s", RR_SHOW(draft->plan),
                       rr_suggest(reader, draft->plan, rr_plan_names(reader)));
    if (draft->start == INT32_MIN) {
        wrong(reader, draft, draft->start_place, "a subscription has no `start`; add it");
        return;
    }
    check_order(reader, draft);
    rr_check_cut(reader, draft->file, draft->start_place, "`start`", draft->start);
    if (draft->end != RR_OPEN_END)
        rr_check_cut(reader, draft->file, draft->end_place, "`end`", draft->end);
    struct rr_subscription subscription = {.account = draft->account,
                                           .plan = plan,
                                           .start = draft->start,
                                           .end = draft->end,
                                           .source = draft->file,
                                           .line = draft->place.line};
    if (reader->take == NULL)
        book->subscriptions[book->n_subscriptions++] = subscription;
    else if (!reader->take_failed && plan != RR_NO_COLUMN && draft->end > draft->start)
        reader->take_failed = reader->take(reader->taker, &subscription, reader->take_error) != 0;
}

/* Only what is inside of the contract's time cuts. */
static void check_stay_cuts(struct rr_book_reader *reader, const struct draft *draft,
                            const struct rr_contract *contract)
{
    if (draft->start > contract->start && draft->start < contract->end)
        rr_check_cut(reader, draft->file, draft->start_place, "`start`", draft->start);
    if (draft->end > contract->start && draft->end < contract->end)
        rr_check_cut(reader, draft->file, draft->end_place, "`end`", draft->end);
}

static void add_member(struct rr_book_reader *reader, const struct draft *draft)
{
    struct rr_book *book = reader->book;
    int contract = rr_book_find_contract(book, draft->contract);
    check_order(reader, draft);
    if (contract == RR_NO_COLUMN) {
        if (!reader->contracts_wrong)
            rr_mistake_add(reader->mistakes, draft->file, draft->contract_place,
                           "contract `%.*s` is not among `contracts`%s", RR_SHOW(draft->contract),
                           rr_suggest(reader, draft->contract, rr_contract_names(reader)));
        return;
    }
    check_stay_cuts(reader, draft, &book->contracts[contract]);
    struct rr_stay stay = {.account = draft->account,
                           .contract = contract,
                           .start = draft->start,
                           .end = draft->end,
                           .source = draft->file,
                           .line = draft->place.line,
                           .column = draft->place.column};
    rr_add_stay(reader, &stay);
}

static void add_row(struct rr_book_reader *reader, const struct draft *draft)
{
    if (!draft->good)
        return;
    if (draft->plan.len > 0 && draft->contract.len > 0)
        wrong(reader, draft, draft->contract_place,
              "a row has a `plan` or a `contract`, and this one has both; leave one of them empty");
    else if (draft->plan.len > 0)
        add_subscription(reader, draft);
    else if (draft->contract.len > 0)
        add_member(reader, draft);
    else
        wrong(reader, draft, draft->plan_place,
              "this row has neither a `plan` nor a `contract`; name one of them");
}

/* ---- a list in the book ---- */

static void read_account(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct draft *draft = into;
    draft->good = rr_read_text(reader, node, "`account`", &draft->account) && draft->good;
}

/* A key without a value is left out, as an empty field of a CSV file is. */
static bool is_empty(const struct rr_yaml *node)
{
    return node->kind == RR_YAML_TEXT && (node->text.len == 0 || rr_yaml_is_null(node));
}

static void read_plan(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct draft *draft = into;
    draft->plan_place = node->place;
    if (!is_empty(node))
        draft->good = rr_read_text(reader, node, "`plan`", &draft->plan) && draft->good;
}

static void read_contract(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct draft *draft = into;
    draft->contract_place = node->place;
    if (!is_empty(node))
        draft->good = rr_read_text(reader, node, "`contract`", &draft->contract) && draft->good;
}

static void read_start(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct draft *draft = into;
    draft->start_place = node->place;
    if (!is_empty(node))
        draft->good = rr_read_day(reader, node, "`start`", &draft->start) && draft->good;
}

static void read_end(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct draft *draft = into;
    draft->end_place = node->place;
    if (!is_empty(node))
        draft->good = rr_read_day(reader, node, "`end`", &draft->end) && draft->good;
}

const struct rr_book_key rr_subscription_keys[] = {
    {"account", read_account, RR_KEY_REQUIRED},   {"plan", read_plan, RR_KEY_OPTIONAL},
    {"start", read_start, RR_KEY_OPTIONAL},       {"end", read_end, RR_KEY_OPTIONAL},
    {"contract", read_contract, RR_KEY_OPTIONAL}, {0},
};

static void read_list(struct rr_book_reader *reader, const struct rr_yaml *node)
{
    struct rr_book *book = reader->book;
    book->subscriptions = rr_book_alloc(reader, (size_t)node->n, sizeof *book->subscriptions);
    for (int i = 0; i < node->n; i++) {
        const struct rr_yaml *item = node->item[i];
        int found_before = reader->mistakes->n_found;
        struct draft draft = {.file = book->path,
                              .place = item->place,
                              .plan_place = item->place,
                              .start_place = item->place,
                              .start = INT32_MIN,
                              .end = RR_OPEN_END,
                              .good = true};
        rr_read_keys(reader, item, "a subscription", rr_subscription_keys, &draft);
        if (reader->mistakes->n_found == found_before)
            add_row(reader, &draft);
    }
}

/* ---- a CSV file ---- */

static bool csv_text(struct rr_book_csv *csv, int column, struct rr_text *out)
{
    int i = csv->column[column];
    struct rr_text text = csv->field[i];
    const char *wrong = NULL;
    if (text.len == 0)
        wrong = "this field is empty; fill it in";
    else if (!rr_is_utf8(text) || memchr(text.ptr, '\0', text.len) != NULL)
        wrong = "this field is not UTF-8 text; write the file as UTF-8";
    if (wrong != NULL)
        rr_book_csv_wrong(csv, csv->place[i], wrong);
    *out = text;
    return wrong == NULL;
}

static bool csv_day(struct rr_book_csv *csv, int column, int32_t *day)
{
    int i = csv->column[column];
    if (rr_day_parse(csv->field[i], day))
        return true;
    rr_mistake_add(csv->mistakes, csv->path, csv->place[i],
                   "`%s`: `%.*s` is not a date of the years 1678 to 2261; write YYYY-MM-DD",
                   rr_row_names[column], RR_SHOW(csv->field[i]));
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return rr_text_compare(*(const struct rr_text *)a, *(const struct rr_text *)b);
}

static bool is_wanted(const struct rr_book_reader *reader, struct rr_text account)
{
    return reader->only == NULL || bsearch(&account, reader->only, reader->n_only,
                                           sizeof *reader->only, compare_names) != NULL;
}

static void take_record(struct rr_book_reader *reader, struct rr_book_csv *csv)
{
    int contract = csv->column[RR_ROW_CONTRACT];
    struct draft draft = {.file = csv->path,
                          .place = csv->place[0],
                          .plan_place = csv->place[csv->column[RR_ROW_PLAN]],
                          .start_place = csv->place[csv->column[RR_ROW_START]],
                          .end_place = csv->place[csv->column[RR_ROW_END]],
                          .start = INT32_MIN,
                          .end = RR_OPEN_END};
    if (reader->take && contract != RR_NO_COLUMN && csv->field[contract].len > 0)
        return;
    if (!is_wanted(reader, csv->field[csv->column[RR_ROW_ACCOUNT]]))
        return;
    draft.good = csv_text(csv, RR_ROW_ACCOUNT, &draft.account);
    if (csv->field[csv->column[RR_ROW_PLAN]].len > 0)
        draft.good = csv_text(csv, RR_ROW_PLAN, &draft.plan) && draft.good;
    if (contract != RR_NO_COLUMN && csv->field[contract].len > 0) {
        draft.contract_place = csv->place[contract];
        draft.good = csv_text(csv, RR_ROW_CONTRACT, &draft.contract) && draft.good;
    }
    if (csv->field[csv->column[RR_ROW_START]].len > 0)
        draft.good = csv_day(csv, RR_ROW_START, &draft.start) && draft.good;
    if (csv->field[csv->column[RR_ROW_END]].len > 0)
        draft.good = csv_day(csv, RR_ROW_END, &draft.end) && draft.good;
    add_row(reader, &draft);
}

static size_t count_lines(struct rr_text bytes)
{
    size_t n = 1;
    const char *end = bytes.ptr + bytes.len;
    for (const char *p = bytes.ptr; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

static void take_records(struct rr_book_reader *reader, struct rr_book_csv *csv)
{
    while (csv->p < csv->end) {
        if (!rr_book_csv_record(csv) || csv->n_fields == 0)
            continue;
        if (csv->n_fields == csv->n_header)
            take_record(reader, csv);
        else
            rr_mistake_add(reader->mistakes, csv->path, csv->place[0],
                           "%d fields where the header has %d; give as many", csv->n_fields,
                           csv->n_header);
    }
}

static void read_csv(struct rr_book_reader *reader, const char *path, struct rr_text bytes)
{
    struct rr_book *book = reader->book;
    struct rr_book_csv csv = {.mistakes = reader->mistakes, .arena = book->arena, .path = path};
    uint32_t bom = bytes.len >= 3 && memcmp(bytes.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    rr_book_csv_start(&csv, (struct rr_text){bytes.ptr + bom, bytes.len - bom}, 1);
    if (!rr_book_csv_header(&csv))
        return;
    book->subscriptions =
        rr_book_alloc(reader, count_lines(bytes) + book->n_rows, sizeof *book->subscriptions);
    take_records(reader, &csv);
    for (uint32_t i = 0; i < book->n_rows; i++) {
        rr_book_csv_start(&csv, book->rows[i].text, book->rows[i].line);
        take_records(reader, &csv);
    }
}

/* ---- records that the book does not hold ---- */

struct rr_row_reader {
    struct rr_book_reader reader;
    struct rr_book_csv csv;
};

struct rr_row_reader *rr_row_reader_create(struct rr_book *book, struct rr_mistakes *mistakes)
{
    struct rr_row_reader *r = rr_calloc(1, sizeof *r);
    struct rr_text header = book->subscriptions_source;
    uint32_t bom = header.len >= 3 && memcmp(header.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    r->reader = (struct rr_book_reader){
        .book = book, .file = book->subscriptions_path.ptr, .mistakes = mistakes};
    r->csv = (struct rr_book_csv){
        .mistakes = mistakes, .arena = rr_arena_create(), .path = book->subscriptions_path.ptr};
    rr_book_csv_start(&r->csv, (struct rr_text){header.ptr + bom, header.len - bom}, 1);
    rr_book_csv_header(&r->csv);
    return r;
}

void rr_row_reader_only(struct rr_row_reader *r, const struct rr_text *account, uint32_t n)
{
    r->reader.only = account;
    r->reader.n_only = n;
}

void rr_row_reader_destroy(struct rr_row_reader *r)
{
    rr_arena_destroy(r->csv.arena);
    free(r);
}

int rr_row_reader_read(struct rr_row_reader *r, struct rr_text rows, int line,
                       rr_subscription_taker take, void *self, struct rr_error *err)
{
    r->reader.take = take;
    r->reader.taker = self;
    r->reader.take_error = err;
    r->reader.take_failed = false;
    rr_book_csv_start(&r->csv, rows, line);
    take_records(&r->reader, &r->csv);
    rr_arena_reset(r->csv.arena);
    return r->reader.take_failed ? -1 : 0;
}

/* ---- both ---- */

static int compare_subscriptions(const void *left, const void *right)
{
    const struct rr_subscription *a = left, *b = right;
    int order = rr_text_compare(a->account, b->account);
    if (order == 0)
        order = (a->start > b->start) - (a->start < b->start);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* One account has one plan at a time. */
static void check_overlaps(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    const struct rr_subscription *latest = NULL; /* the one that ends last, of this account */
    for (int i = 0; i < book->n_subscriptions; i++) {
        const struct rr_subscription *s = &book->subscriptions[i];
        bool same = latest != NULL && rr_text_equal(latest->account, s->account);
        if (same && s->start < latest->end)
            rr_mistake_add(reader->mistakes, s->source, (struct rr_place){s->line, 1},
                           "account `%.*s` is already subscribed on line %d at that time; end one "
                           "before the other starts",
                           RR_SHOW(s->account), latest->line);
        if (!same || s->end > latest->end)
            latest = s;
    }
}

static void read_either(struct rr_book_reader *reader, const struct rr_yaml *node)
{
    struct rr_book *book = reader->book;
    struct rr_text path;
    if (node->kind == RR_YAML_LIST)
        read_list(reader, node);
    else if (node->kind == RR_YAML_MAP)
        RR_WRONG(reader, node,
                 "`subscriptions` is a file name or a list of {account, plan, start, end}, not a "
                 "mapping");
    else if (!rr_read_text(reader, node, "`subscriptions`", &path))
        return;
    else if (book->subscriptions_path.ptr == NULL)
        RR_WRONG(reader, node, "`subscriptions`: `%.*s` was not read with the book", RR_SHOW(path));
    else
        read_csv(reader, book->subscriptions_path.ptr, book->subscriptions_source);
}

void rr_read_subscriptions(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)into;
    struct rr_book *book = reader->book;
    int found_before = reader->mistakes->n_found;
    read_either(reader, node);
    reader->subscriptions_wrong = reader->mistakes->n_found > found_before;
    if (book->n_subscriptions < 2)
        return;
    qsort(book->subscriptions, (size_t)book->n_subscriptions, sizeof *book->subscriptions,
          compare_subscriptions);
    check_overlaps(reader);
}
