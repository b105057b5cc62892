/* Writing corrections. */
#include "corrections_out.h"

#include "money.h"

const char rr_corrections_header[] = "payer,account,period,corrects,charge,detail,currency,amount,"
                                     "price_effect,usage_effect,rounding,kind\n";

const char *rr_correction_kind(const struct rr_sum *delta)
{
    if (rr_sum_is_zero(delta))
        return "none";
    return delta->high < 0 ? "credit" : "debit";
}

void rr_corrections_out_fini(struct rr_corrections_out *out)
{
    rr_line_fini(&out->key);
    rr_line_fini(&out->row);
}

/* By payer, account, corrected period, charge, detail, currency. */
static struct rr_text key_of(struct rr_corrections_out *out, const struct rr_correction *c)
{
    const struct rr_text parts[] = {c->payer,  c->account, c->corrects,
                                    c->charge, c->detail,  c->currency};
    rr_line_clear(&out->key);
    for (int i = 0; i < 6; i++) {
        rr_line_put(&out->key, parts[i].ptr, parts[i].len);
        rr_line_put(&out->key, "", 1);
    }
    return rr_line_text(&out->key);
}

static void put_sum(struct rr_line *row, const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_line_plain(row, text, rr_sum_format(sum, text));
}

static void format_row(struct rr_corrections_out *out, const struct rr_correction *c)
{
    char amount[RR_SUM_TEXT];
    struct rr_line *row = &out->row;
    struct rr_text kind = rr_text_of(rr_correction_kind(&c->effects.delta));
    rr_line_clear(row);
    rr_line_field(row, c->payer);
    rr_line_field(row, c->account);
    rr_line_field(row, rr_text_of(out->book_in));
    rr_line_field(row, c->corrects);
    rr_line_field(row, c->charge);
    rr_line_field(row, c->detail);
    rr_line_field(row, c->currency);
    rr_line_plain(row, amount, rr_money_format(&c->effects.delta, c->currency, amount));
    put_sum(row, &c->effects.price);
    put_sum(row, &c->effects.usage);
    put_sum(row, &c->effects.rounding);
    rr_line_field(row, kind);
    rr_line_end(row);
}

int rr_corrections_out_put(struct rr_corrections_out *out, const struct rr_correction *c,
                           struct rr_error *err)
{
    struct rr_text key = key_of(out, c);
    format_row(out, c);
    if (rr_output_add(out->rows, key, rr_line_text(&out->row), err) != 0)
        return -1;
    if (rr_sum_is_zero(&c->effects.delta))
        return 0; /* nobody is billed for it */
    rr_line_clear(&out->row);
    rr_focus_put(out->of, c, out->book_in, &out->row);
    return rr_output_add(out->focus, key, rr_line_text(&out->row), err);
}
