/* Lines of an impact. */
#include "impact_lines.h"

#include "../io/memory.h"
#include "impact_tables.h"
#include "matching.h"
#include "money.h"
#include "rated.h"
#include "row_fields.h"

#include <stdio.h>

const char rr_impact_lines_header[] =
    "account,period,charge,detail,currency,old,new,delta,price_effect,usage_effect,rounding\n";

/* The parts of a key. */
enum { KEY_ACCOUNT, KEY_PERIOD, KEY_CHARGE, KEY_DETAIL, KEY_CURRENCY, KEY_PARTS };

/* What stands before the payer in a value. */
struct value_head {
    rr_decimal amount, exact;
    unsigned sides;
    bool prepaid;
};

/* What the lines of one key come to that one payer pays for. */
struct payer_sums {
    struct rr_line payer;
    bool prepaid;
    struct rr_sum sum[RR_AMOUNTS];
};

struct lines {
    const struct rr_impact_lines *in;
    struct rr_matching *matching;
    bool payers_differ;
    struct rr_line unquoted, key, value, row;
    struct payer_sums *payer; /* of the key in hand */
    int n_payers, payers_size;
};

/* ---- rows ---- */

struct line_row {
    struct rr_text field[RR_LINE_COLUMNS];
    rr_decimal amount, exact;
};

static int take_row(struct lines *l, struct rr_text *rows, struct line_row *row,
                    struct rr_error *err)
{
    if (!rr_row_take(rows, row->field, RR_LINE_COLUMNS, &l->unquoted))
        return rr_fail(err, RR_EXIT_DATA, "lines.csv: account '%.*s': has a row that is no line",
                       RR_SHOW(row->field[RR_LINE_ACCOUNT]));
    const struct rr_text *amount = &row->field[RR_LINE_AMOUNT], *exact = &row->field[RR_LINE_EXACT];
    if (rr_decimal_parse(amount->ptr, amount->len, false, &row->amount) == RR_DECIMAL_OK &&
        rr_decimal_parse(exact->ptr, exact->len, false, &row->exact) == RR_DECIMAL_OK)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "lines.csv: account '%.*s': '%.*s' is no amount",
                   RR_SHOW(row->field[RR_LINE_ACCOUNT]), RR_SHOW(*amount));
}

static void count_by(struct lines *l, const char *dimension, struct rr_text currency,
                     struct rr_text name, unsigned sides, rr_decimal amount, rr_decimal exact)
{
    const struct rr_text key[] = {rr_text_of(dimension), currency, name};
    rr_amounts_add(rr_keyed_sums_at(&l->in->totals->by, key, 3)->sum, sides, amount, exact);
}

static void count_row(struct lines *l, int source, unsigned sides, const struct line_row *row)
{
    const struct rr_text *f = row->field;
    rr_impact_totals_read(l->in->totals, RR_IMPACT_LINES, source, f[RR_LINE_CURRENCY],
                          f[RR_LINE_PERIOD], row->amount, row->exact);
    count_by(l, "plan", f[RR_LINE_CURRENCY], f[RR_LINE_PLAN], sides, row->amount, row->exact);
    count_by(l, "charge", f[RR_LINE_CURRENCY], f[RR_LINE_CHARGE], sides, row->amount, row->exact);
}

static int put(struct lines *l, const struct rr_text key[KEY_PARTS], const struct value_head *head,
               struct rr_text payer, struct rr_error *err)
{
    rr_line_clear(&l->key);
    rr_line_clear(&l->value);
    for (int i = 0; i < KEY_PARTS; i++) {
        rr_line_put(&l->key, key[i].ptr, key[i].len);
        rr_line_put(&l->key, "", 1);
    }
    rr_line_put(&l->value, (const char *)head, sizeof *head);
    rr_line_put(&l->value, payer.ptr, payer.len);
    return rr_matching_put(l->matching, rr_line_text(&l->key), rr_line_text(&l->value), err);
}

static int put_row(struct lines *l, int source, unsigned sides, const struct line_row *row,
                   struct rr_error *err)
{
    const struct rr_text *f = row->field;
    const struct rr_text key[] = {f[RR_LINE_ACCOUNT], f[RR_LINE_PERIOD], f[RR_LINE_CHARGE],
                                  f[RR_LINE_DETAIL], f[RR_LINE_CURRENCY]};
    struct value_head head = {row->amount, row->exact, sides, false};
    struct rr_text payer = {0};
    if (l->in->corrections && rr_impact_is_closed(l->in->sides, f[RR_LINE_PERIOD])) {
        payer = rr_impact_payer(l->in->sides, source, f[RR_LINE_ACCOUNT], f[RR_LINE_CONTRACT]);
        head.prepaid =
            rr_focus_is_prepaid(l->in->corrections->of, f[RR_LINE_CHARGE], f[RR_LINE_CONTRACT]);
    }
    return put(l, key, &head, payer, err);
}

/* ---- what matching hands on ---- */

/* Where payers differ, an equal line may be another's to pay. */
static bool needs_payers(const struct lines *l, const struct line_row *row)
{
    return l->payers_differ && row->field[RR_LINE_CONTRACT].len > 0 &&
           rr_impact_is_closed(l->in->sides, row->field[RR_LINE_PERIOD]);
}

static int find_payers(struct lines *l, struct rr_text rows, struct rr_error *err)
{
    struct line_row row = {0};
    while (rows.len > 0) {
        if (take_row(l, &rows, &row, err) != 0)
            return -1;
        if (needs_payers(l, &row))
            return 1;
    }
    return 0;
}

static int take_same(void *self, struct rr_text rows, struct rr_error *err)
{
    struct lines *l = self;
    struct line_row row = {0};
    int declined = l->payers_differ ? find_payers(l, rows, err) : 0;
    if (declined != 0)
        return declined;
    while (rows.len > 0) {
        if (take_row(l, &rows, &row, err) != 0)
            return -1;
        count_row(l, RR_FROM_ALL, RR_ALL_SIDES, &row);
    }
    return 0;
}

static int take_rows(void *self, int source, struct rr_text rows, struct rr_error *err)
{
    struct lines *l = self;
    struct line_row row = {0};
    while (rows.len > 0) {
        if (take_row(l, &rows, &row, err) != 0)
            return -1;
        unsigned sides = rr_impact_sides_of(l->in->sides, source, row.field[RR_LINE_PERIOD]);
        count_row(l, source, sides, &row);
        if (sides != 0 && put_row(l, source, sides, &row, err) != 0)
            return -1;
    }
    return 0;
}

/* Corrections that went out are part of the base of the period that they correct. */
static int take_issued(void *self, struct rr_text rows, struct rr_error *err)
{
    struct lines *l = self;
    struct rr_issued_row row;
    rr_issued_row_decode(rows, &row);
    const struct rr_text key[] = {row.account, row.corrects, row.charge, row.detail, row.currency};
    const struct value_head head = {row.amount, row.exact, RR_BASE, false};
    rr_impact_totals_read(l->in->totals, RR_IMPACT_LINES, RR_FROM_CORRECTIONS, row.currency,
                          row.corrects, row.amount, row.exact);
    count_by(l, "plan", row.currency, (struct rr_text){0}, RR_BASE, row.amount, row.exact);
    count_by(l, "charge", row.currency, row.charge, RR_BASE, row.amount, row.exact);
    return put(l, key, &head, row.payer, err);
}

static struct payer_sums *sums_of(struct lines *l, struct rr_text payer)
{
    for (int i = 0; i < l->n_payers; i++)
        if (rr_text_equal(rr_line_text(&l->payer[i].payer), payer))
            return &l->payer[i];
    if (l->n_payers == l->payers_size) {
        l->payers_size++;
        l->payer = rr_realloc(l->payer, (size_t)l->payers_size * sizeof *l->payer);
        memset(&l->payer[l->n_payers], 0, sizeof *l->payer);
    }
    struct payer_sums *sums = &l->payer[l->n_payers++];
    rr_line_clear(&sums->payer);
    rr_line_put(&sums->payer, payer.ptr, payer.len);
    sums->prepaid = false;
    memset(sums->sum, 0, sizeof sums->sum);
    return sums;
}

static int take_value(void *self, struct rr_text value, struct rr_error *err)
{
    struct lines *l = self;
    struct value_head head;
    (void)err;
    memcpy(&head, value.ptr, sizeof head);
    struct rr_text payer = {value.ptr + sizeof head, value.len - (uint32_t)sizeof head};
    struct payer_sums *sums = sums_of(l, payer);
    sums->prepaid |= head.prepaid;
    rr_amounts_add(sums->sum, head.sides, head.amount, head.exact);
    return 0;
}

static void split_key(struct rr_text key, struct rr_text part[KEY_PARTS])
{
    const char *at = key.ptr;
    for (int i = 0; i < KEY_PARTS; i++) {
        part[i] = rr_text_of(at);
        at += part[i].len + 1;
    }
}

static void put_money(struct rr_line *row, const struct rr_sum *amount, struct rr_text currency)
{
    char text[RR_SUM_TEXT];
    rr_line_plain(row, text, rr_money_format(amount, currency, text));
}

static void put_sum(struct rr_line *row, const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_line_plain(row, text, rr_sum_format(sum, text));
}

static int write_line(struct lines *l, struct rr_text key, const struct rr_text part[KEY_PARTS],
                      const struct rr_sum sum[RR_AMOUNTS], const struct rr_effects *effects,
                      struct rr_error *err)
{
    struct rr_line *row = &l->row;
    rr_line_clear(row);
    for (int i = 0; i < KEY_PARTS; i++)
        rr_line_field(row, part[i]);
    put_money(row, &sum[RR_BASE_AMOUNT], part[KEY_CURRENCY]);
    put_money(row, &sum[RR_NEW_AMOUNT], part[KEY_CURRENCY]);
    put_money(row, &effects->delta, part[KEY_CURRENCY]);
    put_sum(row, &effects->price);
    put_sum(row, &effects->usage);
    put_sum(row, &effects->rounding);
    rr_line_end(row);
    rr_impact_totals_write(l->in->totals, RR_IMPACT_LINES, part[KEY_CURRENCY], part[KEY_PERIOD],
                           effects);
    return rr_output_add(l->in->output, key, rr_line_text(row), err);
}

static int write_correction(struct lines *l, const struct rr_text part[KEY_PARTS],
                            const struct payer_sums *payer, struct rr_error *err)
{
    const struct rr_correction correction = {.payer = rr_line_text(&payer->payer),
                                             .account = part[KEY_ACCOUNT],
                                             .corrects = part[KEY_PERIOD],
                                             .charge = part[KEY_CHARGE],
                                             .detail = part[KEY_DETAIL],
                                             .currency = part[KEY_CURRENCY],
                                             .effects = rr_effects_of(payer->sum),
                                             .prepaid = payer->prepaid};
    if (!rr_effects_differ(&correction.effects))
        return 0;
    rr_impact_totals_write(l->in->totals, RR_IMPACT_CORRECTIONS, part[KEY_CURRENCY],
                           part[KEY_PERIOD], &correction.effects);
    return rr_corrections_out_put(l->in->corrections, &correction, err);
}

/* In a closed period there is a row where there is something to correct. */
static int end_key(void *self, struct rr_text key, struct rr_error *err)
{
    struct lines *l = self;
    struct rr_text part[KEY_PARTS];
    struct rr_sum sum[RR_AMOUNTS] = {0};
    int result = 0;
    split_key(key, part);
    for (int i = 0; i < l->n_payers; i++)
        for (int a = 0; a < RR_AMOUNTS; a++)
            rr_sum_merge(&sum[a], &l->payer[i].sum[a]);
    const struct rr_effects effects = rr_effects_of(sum);
    bool closed = l->in->corrections && rr_impact_is_closed(l->in->sides, part[KEY_PERIOD]);
    if (closed ? rr_effects_differ(&effects) : rr_effects_any(&effects))
        result = write_line(l, key, part, sum, &effects, err);
    for (int i = 0; i < l->n_payers && closed && result == 0; i++)
        result = write_correction(l, part, &l->payer[i], err);
    l->n_payers = 0;
    return result;
}

static int end_account(void *self, struct rr_text account, struct rr_error *err)
{
    (void)self, (void)account, (void)err;
    return 0;
}

/* ---- all of it ---- */

static void fini_lines(struct lines *l)
{
    for (int i = 0; i < l->payers_size; i++)
        rr_line_fini(&l->payer[i].payer);
    free(l->payer);
    rr_line_fini(&l->unquoted);
    rr_line_fini(&l->key);
    rr_line_fini(&l->value);
    rr_line_fini(&l->row);
}

int rr_impact_lines_match(const struct rr_impact_lines *in, struct rr_error *err)
{
    struct lines l = {.in = in,
                      .payers_differ = in->corrections && rr_impact_payers_differ(in->sides)};
    const struct rr_matcher matcher = {&l,         take_same, take_rows,  take_issued,
                                       take_value, end_key,   end_account};
    l.matching = rr_matching_create(in->comm, in->beside, in->memory, &matcher);
    const struct rr_impact_match match = {in->comm,      in->sides,  "lines.csv", rr_lines_header,
                                          RR_BY_ACCOUNT, in->beside, in->memory};
    int result = rr_impact_match(&match, l.matching, err);
    rr_matching_destroy(l.matching);
    fini_lines(&l);
    return result;
}
