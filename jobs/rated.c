/* Rated lines as rows of the result files. */
#include "rated.h"

#include "../io/memory.h"

const char rr_lines_header[] =
    "account,contract,period,plan,charge,detail,from,to,quantity,exact,amount,currency\n";
const char rr_invoices_header[] = "account,period,currency,lines,total\n";
const char rr_shares_header[] = "contract,period,charge,detail,from,account,quantity,amount\n";
const char rr_unrated_header[] = "account,period,meter,detail,quantity,records,reason\n";

enum { MANY_BYTES = 64 * 1024 };

void rr_rated_clear(struct rr_rated *rated)
{
    rated->n_lines = 0;
    rated->n_unrated = 0;
    rated->n_shares = 0;
}

void rr_rated_fini(struct rr_rated *rated)
{
    free(rated->lines);
    free(rated->unrated);
    free(rated->shares);
    free(rated->by_invoice);
    *rated = (struct rr_rated){0};
}

void rr_rated_rows_fini(struct rr_rated_rows *rows)
{
    rr_line_fini(&rows->lines);
    rr_line_fini(&rows->invoices);
    rr_line_fini(&rows->shares);
    rr_line_fini(&rows->unrated);
}

/* Room for one more of `n` items. */
static void *grow(void *items, uint32_t n, uint32_t *size, size_t item)
{
    if (n < *size)
        return items;
    *size = *size ? *size * 2 : 64;
    return rr_realloc(items, *size * item);
}

struct rr_rated_line *rr_rated_add_line(struct rr_rated *rated)
{
    rated->lines = grow(rated->lines, rated->n_lines, &rated->lines_size, sizeof *rated->lines);
    return &rated->lines[rated->n_lines++];
}

struct rr_unrated *rr_rated_add_unrated(struct rr_rated *rated)
{
    rated->unrated =
        grow(rated->unrated, rated->n_unrated, &rated->unrated_size, sizeof *rated->unrated);
    return &rated->unrated[rated->n_unrated++];
}

struct rr_share *rr_rated_add_share(struct rr_rated *rated)
{
    rated->shares =
        grow(rated->shares, rated->n_shares, &rated->shares_size, sizeof *rated->shares);
    return &rated->shares[rated->n_shares++];
}

struct rr_text rr_line_payer(const struct rr_rated_line *line)
{
    return line->contract && line->contract->bill_to.len > 0 ? line->contract->bill_to
                                                             : line->account;
}

static struct rr_text contract_name(const struct rr_rated_line *line)
{
    return line->contract ? line->contract->name : (struct rr_text){0};
}

static int compare_numbers(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

/* By charge, detail, from. */
static int compare_ends(const struct rr_rated_line *x, const struct rr_rated_line *y)
{
    int order = rr_text_compare(x->charge, y->charge);
    if (order == 0)
        order = rr_text_compare(x->detail, y->detail);
    return order ? order : compare_numbers(x->from, y->from);
}

int rr_line_order(const struct rr_rated_line *a, const struct rr_rated_line *b)
{
    int order = compare_numbers(a->period, b->period);
    if (order == 0)
        order = rr_text_compare(a->account, b->account);
    return order ? order : compare_ends(a, b);
}

/* By account, contract, period, plan, charge, detail, from. Periods of one kind sort as numbers as they
 * do as text. */
static int compare_lines(const void *a, const void *b)
{
    const struct rr_rated_line *x = a, *y = b;
    int order = rr_text_compare(x->account, y->account);
    if (order == 0 && x->contract != y->contract)
        order = rr_text_compare(contract_name(x), contract_name(y));
    if (order == 0)
        order = compare_numbers(x->period, y->period);
    if (order == 0 && x->plan != y->plan)
        order = rr_text_compare(x->plan->name, y->plan->name);
    return order ? order : compare_ends(x, y);
}

static int compare_unrated(const void *a, const void *b)
{
    const struct rr_unrated *x = a, *y = b;
    int order = rr_text_compare(x->account, y->account);
    if (order == 0)
        order = compare_numbers(x->period, y->period);
    if (order == 0)
        order = rr_text_compare(x->meter, y->meter);
    if (order == 0)
        order = rr_text_compare(x->detail, y->detail);
    if (order == 0)
        order = strcmp(x->reason, y->reason);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void put_period(struct rr_line *row, struct rr_stamp *stamp, enum rr_period kind,
                       int32_t period)
{
    if (stamp->len == 0 || stamp->number != period) {
        rr_period_format(kind, period, stamp->text);
        stamp->number = period;
        stamp->len = (uint32_t)strlen(stamp->text);
    }
    rr_line_plain(row, stamp->text, stamp->len);
}

static void put_day(struct rr_line *row, struct rr_stamp *stamp, int32_t day)
{
    if (stamp->len == 0 || stamp->number != day) {
        rr_day_format(day, stamp->text);
        stamp->number = day;
        stamp->len = 10;
    }
    rr_line_plain(row, stamp->text, stamp->len);
}

static void put_decimal(struct rr_line *row, rr_decimal value)
{
    char text[RR_DECIMAL_TEXT];
    size_t len = rr_decimal_format(value, text);
    rr_line_plain(row, text, len);
}

static void put_money(struct rr_line *row, rr_decimal money, int minor_digits)
{
    char text[RR_DECIMAL_TEXT];
    size_t len = rr_decimal_format_fixed(money, (unsigned)minor_digits, text);
    rr_line_plain(row, text, len);
}

static void write_line(const struct rr_rated_line *line, enum rr_period kind,
                       struct rr_rated_rows *rows)
{
    struct rr_line *row = &rows->lines;
    rr_line_field(row, line->account);
    rr_line_field(row, contract_name(line));
    put_period(row, &rows->period, kind, line->period);
    rr_line_field(row, line->plan->name);
    rr_line_field(row, line->charge);
    rr_line_field(row, line->detail);
    put_day(row, &rows->from, line->from);
    put_day(row, &rows->to, line->to);
    put_decimal(row, line->quantity);
    put_decimal(row, line->exact);
    put_money(row, line->money, line->plan->minor_digits);
    rr_line_field(row, rr_text_of(line->plan->currency));
    rr_line_end(row);
}

static void count_line(const struct rr_rated_line *line, struct rr_totals *totals)
{
    struct rr_total *total =
        rr_totals_at(totals, line->plan->currency, line->period, line->plan->minor_digits);
    total->lines++;
    rr_sum_add(&total->amount, line->money);
    rr_sum_add(&total->exact, line->exact);
}

/* Rows of one kind that were gathered go to the sink. */
static int hand_on(int (*take)(void *, struct rr_text, const struct rr_line *, struct rr_error *),
                   void *self, struct rr_text key, struct rr_line *rows, struct rr_error *err)
{
    int result = rows->used > 0 ? take(self, key, rows, err) : 0;
    rr_line_clear(rows);
    return result;
}

/* The same as soon as they are many: an account may have any number. */
static int hand_on_many(int (*take)(void *, struct rr_text, const struct rr_line *,
                                    struct rr_error *),
                        void *self, struct rr_text key, struct rr_line *rows, struct rr_error *err)
{
    return rows->used >= MANY_BYTES ? hand_on(take, self, key, rows, err) : 0;
}

static int write_lines(const struct rr_rated *rated, enum rr_period kind,
                       struct rr_rated_rows *rows, const struct rr_rated_sink *sink,
                       struct rr_totals *totals, struct rr_error *err)
{
    for (uint32_t i = 0; i < rated->n_lines;) {
        struct rr_text account = rated->lines[i].account;
        for (; i < rated->n_lines && rr_text_equal(rated->lines[i].account, account); i++) {
            write_line(&rated->lines[i], kind, rows);
            count_line(&rated->lines[i], totals);
            if (hand_on_many(sink->lines, sink->self, account, &rows->lines, err) != 0)
                return -1;
        }
        if (hand_on(sink->lines, sink->self, account, &rows->lines, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- invoices: one for each payer, period and currency ---- */

static int compare_invoices(const struct rr_rated_line *x, const struct rr_rated_line *y)
{
    int order = rr_text_compare(rr_line_payer(x), rr_line_payer(y));
    if (order == 0)
        order = compare_numbers(x->period, y->period);
    return order ? order : strcmp(x->plan->currency, y->plan->currency);
}

static int compare_invoice_lines(const void *a, const void *b)
{
    const struct rr_rated_line *x = *(const struct rr_rated_line *const *)a;
    const struct rr_rated_line *y = *(const struct rr_rated_line *const *)b;
    int order = compare_invoices(x, y);
    return order ? order : (x > y) - (x < y);
}

/* The lines of one invoice. */
static int write_invoice(const struct rr_rated_line *const *lines, uint32_t n, enum rr_period kind,
                         struct rr_rated_rows *rows, struct rr_totals *totals, struct rr_error *err)
{
    struct rr_line *row = &rows->invoices;
    const struct rr_rated_line *head = lines[0];
    struct rr_text payer = rr_line_payer(head);
    struct rr_sum sum = {0};
    rr_decimal amount;
    for (uint32_t i = 0; i < n; i++)
        rr_sum_add(&sum, lines[i]->money);
    if (!rr_sum_decimal(&sum, &amount))
        return rr_fail(err, RR_EXIT_DATA,
                       "account '%.*s': the total of an invoice has more than 20 digits",
                       RR_SHOW(payer));
    struct rr_total *total =
        rr_totals_at(totals, head->plan->currency, head->period, head->plan->minor_digits);
    total->invoiced_lines += n;
    rr_sum_add(&total->invoiced, amount);
    rr_line_field(row, payer);
    put_period(row, &rows->period, kind, head->period);
    rr_line_field(row, rr_text_of(head->plan->currency));
    rr_line_number(row, n);
    put_money(row, amount, head->plan->minor_digits);
    rr_line_end(row);
    return 0;
}

/* Lines of one account without a contract are in the order of their invoices already, but for
 * currencies. */
static const struct rr_rated_line **order_invoices(struct rr_rated *rated)
{
    uint32_t n = rated->n_lines;
    if (n > rated->by_invoice_size) {
        rated->by_invoice_size = 2 * n;
        rated->by_invoice =
            rr_realloc(rated->by_invoice, rated->by_invoice_size * sizeof *rated->by_invoice);
    }
    bool sorted = true;
    for (uint32_t i = 0; i < n; i++) {
        rated->by_invoice[i] = &rated->lines[i];
        sorted &= i == 0 || compare_invoices(&rated->lines[i - 1], &rated->lines[i]) <= 0;
    }
    if (!sorted)
        qsort(rated->by_invoice, n, sizeof *rated->by_invoice, compare_invoice_lines);
    return rated->by_invoice;
}

static int write_invoices(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                          const struct rr_rated_sink *sink, struct rr_totals *totals,
                          struct rr_error *err)
{
    const struct rr_rated_line **lines = order_invoices(rated);
    for (uint32_t i = 0; i < rated->n_lines;) {
        struct rr_text payer = rr_line_payer(lines[i]);
        while (i < rated->n_lines && rr_text_equal(rr_line_payer(lines[i]), payer)) {
            uint32_t end = i + 1;
            while (end < rated->n_lines && compare_invoices(lines[i], lines[end]) == 0)
                end++;
            if (write_invoice(lines + i, end - i, kind, rows, totals, err) != 0)
                return -1;
            i = end;
        }
        if (hand_on(sink->invoices, sink->self, payer, &rows->invoices, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- shares and unrated usage ---- */

static void write_share(const struct rr_rated_line *line, const struct rr_share *share,
                        enum rr_period kind, struct rr_rated_rows *rows)
{
    struct rr_line *row = &rows->shares;
    rr_line_field(row, line->contract->name);
    put_period(row, &rows->period, kind, line->period);
    rr_line_field(row, line->charge);
    rr_line_field(row, line->detail);
    put_day(row, &rows->from, line->from);
    rr_line_field(row, share->account);
    put_decimal(row, share->quantity);
    put_money(row, share->money, line->plan->minor_digits);
    rr_line_end(row);
}

/* Lines are in order, and a pooled contract's all stand on one account. */
static int write_shares(const struct rr_rated *rated, enum rr_period kind,
                        struct rr_rated_rows *rows, const struct rr_rated_sink *sink,
                        struct rr_error *err)
{
    for (uint32_t i = 0; i < rated->n_lines;) {
        const struct rr_contract *contract = rated->lines[i].contract;
        for (; i < rated->n_lines && rated->lines[i].contract == contract; i++) {
            const struct rr_rated_line *line = &rated->lines[i];
            for (uint32_t s = line->first_share; s < line->first_share + line->n_share; s++) {
                write_share(line, &rated->shares[s], kind, rows);
                if (hand_on_many(sink->shares, sink->self, contract->name, &rows->shares, err) != 0)
                    return -1;
            }
        }
        if (contract && hand_on(sink->shares, sink->self, contract->name, &rows->shares, err) != 0)
            return -1;
    }
    return 0;
}

static void write_unrated_row(const struct rr_unrated *unrated, enum rr_period kind,
                              struct rr_rated_rows *rows)
{
    struct rr_line *row = &rows->unrated;
    rr_line_field(row, unrated->account);
    put_period(row, &rows->period, kind, unrated->period);
    rr_line_field(row, unrated->meter);
    rr_line_field(row, unrated->detail);
    put_decimal(row, unrated->quantity);
    rr_line_number(row, unrated->records);
    rr_line_field(row, rr_text_of(unrated->reason));
    rr_line_end(row);
}

static int write_unrated(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                         const struct rr_rated_sink *sink, struct rr_error *err)
{
    for (uint32_t i = 0; i < rated->n_unrated; i++)
        rated->unrated[i].order = i;
    if (rated->n_unrated > 1)
        qsort(rated->unrated, rated->n_unrated, sizeof *rated->unrated, compare_unrated);
    for (uint32_t i = 0; i < rated->n_unrated;) {
        struct rr_text account = rated->unrated[i].account;
        for (; i < rated->n_unrated && rr_text_equal(rated->unrated[i].account, account); i++) {
            write_unrated_row(&rated->unrated[i], kind, rows);
            if (hand_on_many(sink->unrated, sink->self, account, &rows->unrated, err) != 0)
                return -1;
        }
        if (hand_on(sink->unrated, sink->self, account, &rows->unrated, err) != 0)
            return -1;
    }
    return 0;
}

/* Segments and charges come in order, so lines mostly do. */
static void sort_lines(struct rr_rated *rated)
{
    for (uint32_t i = 1; i < rated->n_lines; i++)
        if (compare_lines(&rated->lines[i - 1], &rated->lines[i]) > 0) {
            qsort(rated->lines, rated->n_lines, sizeof *rated->lines, compare_lines);
            return;
        }
}

int rr_rated_write_part(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                        const struct rr_rated_sink *sink, struct rr_totals *totals,
                        struct rr_error *err)
{
    sort_lines(rated);
    if (write_lines(rated, kind, rows, sink, totals, err) != 0)
        return -1;
    return write_unrated(rated, kind, rows, sink, err);
}

int rr_rated_write(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                   const struct rr_rated_sink *sink, struct rr_totals *totals, struct rr_error *err)
{
    sort_lines(rated);
    if (write_lines(rated, kind, rows, sink, totals, err) != 0 ||
        write_invoices(rated, kind, rows, sink, totals, err) != 0)
        return -1;
    if (rated->n_shares > 0 && write_shares(rated, kind, rows, sink, err) != 0)
        return -1;
    return write_unrated(rated, kind, rows, sink, err);
}
