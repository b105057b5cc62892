/* Credits, invoice by invoice. */
#include "credits.h"

#include "../io/memory.h"

static bool takes_charge(const struct rr_credit *credit, struct rr_text charge)
{
    for (int i = 0; i < credit->n_charges; i++)
        if (rr_text_equal(credit->charges[i], charge))
            return true;
    return credit->n_charges == 0;
}

static bool applies(const struct rr_deal_lines *deal, const struct rr_credit *credit,
                    int32_t period)
{
    return credit->from < rr_period_start(deal->book->period, period + 1) &&
           credit->until > rr_period_start(deal->book->period, period);
}

/* "credit:" and the credit's id. */
static struct rr_text charge_of(const struct rr_deal_lines *deal, const struct rr_credit *credit)
{
    static const char head[] = "credit:";
    uint32_t len = (uint32_t)sizeof head - 1 + credit->id.len;
    char *text = rr_arena_alloc(deal->texts, len);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof head - 1, credit->id.ptr, credit->id.len);
    return (struct rr_text){text, len};
}

/* Takes from the lines deal->line[from .. until) of one invoice: a line for each account. */
static void take(const struct rr_deal_lines *deal, const struct rr_credit *credit, uint32_t from,
                 uint32_t until, rr_decimal *balance)
{
    for (uint32_t i = from; i<until && * balance> 0;) {
        const struct rr_rated_line head = deal->rated->lines[deal->line[i]];
        rr_decimal taken = 0, some;
        RR_TELL(deal->trace, .kind = RR_STEP_CREDIT, .contract = deal->contract, .credit = credit,
                .quantity = *balance);
        for (; i < until; i++) {
            struct rr_rated_line *line = &deal->rated->lines[deal->line[i]];
            if (!rr_text_equal(line->account, head.account))
                break;
            if (!takes_charge(credit, line->charge))
                continue;
            some = rr_deal_take(line, *balance - taken);
            taken += some;
            if (some != 0)
                RR_TELL(deal->trace, .kind = RR_STEP_TAKEN, .line = line, .result = some,
                        .quantity = *balance - taken);
        }
        *balance -= taken;
        if (taken > 0)
            rr_deal_add(deal, head.period, head.account, charge_of(deal, credit), -taken, -taken);
    }
}

/* Lines stand by period, then by account: those of one invoice stand together, as a contract has one
 * payer, or each account pays for its own. */
static uint32_t invoice_end(const struct rr_deal_lines *deal, uint32_t from)
{
    const struct rr_rated_line *lines = deal->rated->lines, *head = &lines[deal->line[from]];
    uint32_t end = from + 1;
    while (end < deal->n && lines[deal->line[end]].period == head->period &&
           rr_text_equal(rr_line_payer(&lines[deal->line[end]]), rr_line_payer(head)))
        end++;
    return end;
}

int rr_credits_add(const struct rr_deal_lines *deal, struct rr_error *err)
{
    const struct rr_contract *contract = deal->contract;
    (void)err;
    if (contract->n_credits == 0)
        return 0;
    rr_decimal *balance = rr_malloc((size_t)contract->n_credits * sizeof *balance);
    for (int c = 0; c < contract->n_credits; c++)
        balance[c] = contract->credits[c].amount;
    for (uint32_t from = 0, until; from < deal->n; from = until) {
        int32_t period = deal->rated->lines[deal->line[from]].period;
        until = invoice_end(deal, from);
        for (int c = 0; c < contract->n_credits; c++)
            if (applies(deal, &contract->credits[c], period))
                take(deal, &contract->credits[c], from, until, &balance[c]);
    }
    free(balance);
    return 0;
}
