/* Rated lines as rows of the result files. */
#include "rated.h"

#include "../io/memory.h"

const char rr_lines_header[] =
    "account,contract,period,plan,charge,detail,from,to,quantity,exact,amount,currency\n";
const char rr_invoices_header[] = "account,period,currency,lines,total\n";
const char rr_unrated_header[] = "account,period,meter,detail,quantity,records,reason\n";

void rr_rated_clear(struct rr_rated *rated)
{
    rated->n_lines = 0;
    rated->n_unrated = 0;
}

void rr_rated_fini(struct rr_rated *rated)
{
    free(rated->lines);
    free(rated->unrated);
    *rated = (struct rr_rated){0};
}

void rr_rated_rows_fini(struct rr_rated_rows *rows)
{
    rr_line_fini(&rows->lines);
    rr_line_fini(&rows->invoices);
    rr_line_fini(&rows->unrated);
}

struct rr_rated_line *rr_rated_add_line(struct rr_rated *rated)
{
    if (rated->n_lines == rated->lines_size) {
        rated->lines_size = rated->lines_size ? rated->lines_size * 2 : 64;
        rated->lines = rr_realloc(rated->lines, rated->lines_size * sizeof *rated->lines);
    }
    return &rated->lines[rated->n_lines++];
}

struct rr_unrated *rr_rated_add_unrated(struct rr_rated *rated)
{
    if (rated->n_unrated == rated->unrated_size) {
        rated->unrated_size = rated->unrated_size ? rated->unrated_size * 2 : 64;
        rated->unrated = rr_realloc(rated->unrated, rated->unrated_size * sizeof *rated->unrated);
    }
    return &rated->unrated[rated->n_unrated++];
}

/* By period, plan, charge, detail, from. Periods of one kind sort as numbers as they do as text. */
static int compare_lines(const void *a, const void *b)
{
    const struct rr_rated_line *x = a, *y = b;
    if (x->segment->period != y->segment->period)
        return x->segment->period < y->segment->period ? -1 : 1;
    int order = rr_text_compare(x->segment->plan->name, y->segment->plan->name);
    if (order == 0)
        order = rr_text_compare(x->charge->id, y->charge->id);
    if (order == 0)
        order = rr_text_compare(x->detail, y->detail);
    if (order != 0)
        return order;
    return (x->segment->from > y->segment->from) - (x->segment->from < y->segment->from);
}

static int compare_unrated(const void *a, const void *b)
{
    const struct rr_unrated *x = a, *y = b;
    if (x->period != y->period)
        return x->period < y->period ? -1 : 1;
    int order = rr_text_compare(x->meter, y->meter);
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

static void write_line(const struct rr_rated *rated, const struct rr_rated_line *line,
                       enum rr_period kind, struct rr_rated_rows *rows)
{
    const struct rr_segment *segment = line->segment;
    struct rr_line *row = &rows->lines;
    rr_line_field(row, rated->account);
    rr_line_field(row, (struct rr_text){0}); /* no contract */
    put_period(row, &rows->period, kind, segment->period);
    rr_line_field(row, segment->plan->name);
    rr_line_field(row, line->charge->id);
    rr_line_field(row, line->detail);
    put_day(row, &rows->from, segment->from);
    put_day(row, &rows->to, segment->to);
    put_decimal(row, line->quantity);
    put_decimal(row, line->exact);
    put_money(row, line->money, segment->plan->minor_digits);
    rr_line_field(row, rr_text_of(segment->plan->currency));
    rr_line_end(row);
}

static void count_line(const struct rr_rated_line *line, struct rr_totals *totals)
{
    const struct rr_plan *plan = line->segment->plan;
    struct rr_total *total =
        rr_totals_at(totals, plan->currency, line->segment->period, plan->minor_digits);
    total->lines++;
    rr_sum_add(&total->amount, line->money);
    rr_sum_add(&total->exact, line->exact);
}

static bool same_invoice(const struct rr_rated_line *a, const struct rr_rated_line *b)
{
    return a->segment->period == b->segment->period &&
           strcmp(a->segment->plan->currency, b->segment->plan->currency) == 0;
}

/* The invoice that line `first` is the first of. */
static int write_invoice(const struct rr_rated *rated, uint32_t first, enum rr_period kind,
                         struct rr_rated_rows *rows, struct rr_totals *totals, struct rr_error *err)
{
    struct rr_line *row = &rows->invoices;
    const struct rr_rated_line *head = &rated->lines[first];
    const struct rr_plan *plan = head->segment->plan;
    struct rr_sum sum = {0};
    rr_decimal amount;
    uint64_t n = 0;
    for (uint32_t i = first; i < rated->n_lines; i++) {
        if (rated->lines[i].segment->period != head->segment->period)
            break;
        if (!same_invoice(head, &rated->lines[i]))
            continue;
        rr_sum_add(&sum, rated->lines[i].money);
        n++;
    }
    if (!rr_sum_decimal(&sum, &amount))
        return rr_fail(err, RR_EXIT_DATA,
                       "account '%.*s': the total of an invoice has more than 20 digits",
                       RR_SHOW(rated->account));
    struct rr_total *total =
        rr_totals_at(totals, plan->currency, head->segment->period, plan->minor_digits);
    total->invoiced_lines += n;
    rr_sum_add(&total->invoiced, amount);
    rr_line_field(row, rated->account);
    put_period(row, &rows->period, kind, head->segment->period);
    rr_line_field(row, rr_text_of(plan->currency));
    rr_line_number(row, n);
    put_money(row, amount, plan->minor_digits);
    rr_line_end(row);
    return 0;
}

/* The first line, from `first` on, of this period with the next greater currency than `after`. */
static uint32_t next_currency(const struct rr_rated *rated, uint32_t first, const char *after)
{
    uint32_t best = rated->n_lines;
    for (uint32_t i = first; i < rated->n_lines; i++) {
        const char *currency = rated->lines[i].segment->plan->currency;
        if (rated->lines[i].segment->period != rated->lines[first].segment->period)
            break;
        if (strcmp(currency, after) > 0 &&
            (best == rated->n_lines ||
             strcmp(currency, rated->lines[best].segment->plan->currency) < 0))
            best = i;
    }
    return best;
}

/* One invoice for each period and currency, in that order. */
static int write_invoices(const struct rr_rated *rated, enum rr_period kind,
                          struct rr_rated_rows *rows, struct rr_totals *totals,
                          struct rr_error *err)
{
    for (uint32_t first = 0; first < rated->n_lines;) {
        const char *after = "";
        for (uint32_t at; (at = next_currency(rated, first, after)) < rated->n_lines;
             after = rated->lines[at].segment->plan->currency) {
            if (write_invoice(rated, at, kind, rows, totals, err) != 0)
                return -1;
        }
        int32_t period = rated->lines[first].segment->period;
        while (first < rated->n_lines && rated->lines[first].segment->period == period)
            first++;
    }
    return 0;
}

static void write_unrated(const struct rr_rated *rated, const struct rr_unrated *unrated,
                          enum rr_period kind, struct rr_rated_rows *rows)
{
    struct rr_line *row = &rows->unrated;
    rr_line_field(row, rated->account);
    put_period(row, &rows->period, kind, unrated->period);
    rr_line_field(row, unrated->meter);
    rr_line_field(row, unrated->detail);
    put_decimal(row, unrated->quantity);
    rr_line_number(row, unrated->records);
    rr_line_field(row, rr_text_of(unrated->reason));
    rr_line_end(row);
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

int rr_rated_write(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                   struct rr_totals *totals, struct rr_error *err)
{
    rr_line_clear(&rows->lines);
    rr_line_clear(&rows->invoices);
    rr_line_clear(&rows->unrated);
    sort_lines(rated);
    for (uint32_t i = 0; i < rated->n_lines; i++) {
        write_line(rated, &rated->lines[i], kind, rows);
        count_line(&rated->lines[i], totals);
    }
    for (uint32_t i = 0; i < rated->n_unrated; i++)
        rated->unrated[i].order = i;
    if (rated->n_unrated > 1)
        qsort(rated->unrated, rated->n_unrated, sizeof *rated->unrated, compare_unrated);
    for (uint32_t i = 0; i < rated->n_unrated; i++)
        write_unrated(rated, &rated->unrated[i], kind, rows);
    return write_invoices(rated, kind, rows, totals, err);
}
