/* Traces: what prices tell comes to the amount that they return; and what a record of them keeps. */
#include "unit.h"

#include "../../jobs/trace_record.h"

#include <rerate/job.h>
#include <string.h>

static rr_decimal decimal(const char *text)
{
    rr_decimal out = 0;
    ck_assert_msg(rr_decimal_parse(text, strlen(text), false, &out) == RR_DECIMAL_OK, "%s", text);
    return out;
}

/* ---- prices ---- */

enum { HEARD = 32 };

struct listener {
    struct rr_step step[HEARD];
    struct rr_amount amount[HEARD];
    int n;
};

static void listen(void *self, const struct rr_step *step)
{
    struct listener *l = self;
    ck_assert(l->n < HEARD);
    l->step[l->n] = *step;
    if (step->amount)
        l->amount[l->n] = *step->amount;
    l->n++;
}

static struct rr_tier tiers[] = {
    {true, 10 * RR_DECIMAL_ONE, 5 * RR_DECIMAL_ONE, 2 * RR_DECIMAL_ONE},
    {true, 20 * RR_DECIMAL_ONE, 4 * RR_DECIMAL_ONE, 0},
    {false, 0, RR_DECIMAL_ONE, 3 * RR_DECIMAL_ONE}};

/* A charge with all that changes an amount. */
static struct rr_charge charge_of(struct rr_case *which)
{
    struct rr_charge charge = {.cases = which, .n_cases = 1, .free = RR_DECIMAL_ONE};
    charge.discount = decimal("12.5");
    charge.bounds = (struct rr_bounds){true, true, decimal("0.5"), decimal("70")};
    return charge;
}

/* What is told of a price, for 25 units of 3 records in 10 of 30 days. */
static struct rr_amount hear(const struct rr_price *price, struct listener *l)
{
    struct rr_case which = {.price = *price};
    const struct rr_charge charge = charge_of(&which);
    const struct rr_counted values[] = {{.value = {(uint64_t)decimal("7"), 0}, .records = 2},
                                        {.value = {(uint64_t)decimal("11"), 0}, .records = 1}};
    const struct rr_trace trace = {l, listen};
    struct rr_priced usage = {decimal("25"), 3, values, 2, &trace}, alone = usage;
    struct rr_amount amount, silent;
    *l = (struct listener){0};
    ck_assert(
        rr_charge_amount(&charge, price, &usage, (struct rr_part){10, 30}, decimal("3"), &amount));
    alone.trace = NULL;
    ck_assert(
        rr_charge_amount(&charge, price, &alone, (struct rr_part){10, 30}, decimal("3"), &silent));
    ck_assert_mem_eq(&amount, &silent, sizeof amount);
    return amount;
}

static bool told(const struct listener *l, enum rr_step_kind kind)
{
    for (int i = 0; i < l->n; i++)
        if (l->step[i].kind == kind)
            return true;
    return false;
}

START_TEST(the_last_amount_is_that_of_the_line)
{
    static const struct {
        struct rr_price price;
        enum rr_step_kind kind;
    } cases[] = {
        {{.key = RR_FLAT, .prorate = true, .amount = 7 * RR_DECIMAL_ONE}, RR_STEP_FEE},
        {{.key = RR_PER_UNIT, .amount = RR_DECIMAL_ONE / 8}, RR_STEP_PER_UNIT},
        {{.key = RR_GRADUATED, .tiers = tiers, .n_tiers = 3}, RR_STEP_TIER},
        {{.key = RR_GRADUATED_PERCENT, .tiers = tiers, .n_tiers = 3}, RR_STEP_TIER},
        {{.key = RR_VOLUME, .tiers = tiers, .n_tiers = 3}, RR_STEP_VOLUME},
        {{.key = RR_PACKAGE, .package_size = 7 * RR_DECIMAL_ONE, .amount = 2 * RR_DECIMAL_ONE},
         RR_STEP_PACKAGE},
        {{.key = RR_PERCENT, .amount = 3 * RR_DECIMAL_ONE, .fixed = RR_DECIMAL_ONE},
         RR_STEP_PERCENT},
        {{.key = RR_PERCENT, .amount = 3 * RR_DECIMAL_ONE, .fixed = RR_DECIMAL_ONE}, RR_STEP_FIXED},
        {{.key = RR_PER_EVENT, .amount = 3 * RR_DECIMAL_ONE, .fixed = RR_DECIMAL_ONE},
         RR_STEP_EVENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct listener l;
        struct rr_amount amount = hear(&cases[i].price, &l);
        ck_assert(told(&l, cases[i].kind) && told(&l, RR_STEP_DISCOUNT));
        ck_assert(told(&l, RR_STEP_MOST) && told(&l, RR_STEP_LEAST));
        ck_assert(told(&l, RR_STEP_CONTRACT_DISCOUNT) == (cases[i].price.key != RR_FLAT));
        ck_assert_mem_eq(&l.amount[l.n - 1], &amount, sizeof amount);
    }
}
END_TEST

START_TEST(tiers_sum_to_the_quantity)
{
    const struct rr_price price = {.key = RR_GRADUATED, .tiers = tiers, .n_tiers = 3};
    struct listener l;
    rr_decimal sum = 0;
    hear(&price, &l);
    ck_assert(l.step[0].kind == RR_STEP_FREE && l.step[0].result == decimal("24"));
    for (int i = 1; i <= 3; i++) {
        ck_assert(l.step[i].kind == RR_STEP_TIER && l.step[i].number == i);
        ck_assert(l.step[i].tier == &tiers[i - 1]);
        sum += l.step[i].quantity;
    }
    ck_assert(sum == decimal("24"));
}
END_TEST

START_TEST(values_of_amounts)
{
    struct rr_amount amount;
    rr_decimal value;
    bool more;
    ck_assert(rr_amount_of(decimal("10"), 1, 4, &amount) &&
              rr_amount_value(&amount, &value, &more));
    ck_assert(value == decimal("2.5") && !more);
    ck_assert(rr_amount_of(decimal("10"), 1, 3, &amount) &&
              rr_amount_value(&amount, &value, &more));
    ck_assert(value == decimal("3.333333333333333333") && more);
    ck_assert(rr_amount_of(decimal("-10"), 2, 3, &amount) &&
              rr_amount_value(&amount, &value, &more));
    ck_assert(value == decimal("-6.666666666666666667") && more);
    amount = (struct rr_amount){rr_wide_product(RR_DECIMAL_LIMIT - 1, RR_DECIMAL_LIMIT - 1),
                                {{1}, false}};
    ck_assert(!rr_amount_value(&amount, &value, &more));
}
END_TEST

/* ---- the record ---- */

static struct rr_plan plan = {.name = {"basic", 5}, .currency = "USD", .minor_digits = 2};
static struct rr_contract pool = {.name = {"deal", 4}, .pool = true, .bill_to = {"payer", 5}};
static struct rr_book book = {.n_meters = 1};

#define TELL(record, ...)                                                                          \
    rr_trace_record_trace(record)->tell(rr_trace_record_trace(record)->self,                       \
                                        &(const struct rr_step){__VA_ARGS__})

static struct rr_rated_line line_of(const char *account, const char *charge, int32_t period)
{
    return (struct rr_rated_line){.account = rr_text_of(account),
                                  .plan = &plan,
                                  .charge = rr_text_of(charge),
                                  .period = period,
                                  .money = RR_DECIMAL_ONE};
}

/* Tells a line of a segment, with nothing but itself. */
static void tell_line(struct rr_trace_record *record, const struct rr_rated_line *line)
{
    struct rr_segment segment = {.account = line->account};
    TELL(record, .kind = RR_STEP_CHARGE, .segment = &segment);
    TELL(record, .kind = RR_STEP_LINE, .line = line, .number = 1);
}

START_TEST(kept_are_the_lines_of_the_account)
{
    struct rr_trace_record *record = rr_trace_record_create(&book, rr_text_of("acme"), 10, NULL);
    struct rr_rated_line lines[] = {line_of("zeta", "a", 10),  line_of("acme", "b", 11),
                                    line_of("payer", "c", 10), line_of("payer", "d", 10),
                                    line_of("acme", "a", 9),   line_of("acme", "a", 10)};
    struct rr_share shares[] = {{rr_text_of("acme"), 1, 2}, {rr_text_of("zeta"), 3, 4}};
    lines[2].contract = lines[3].contract = &pool;
    for (int i = 0; i < 6; i++)
        tell_line(record, &lines[i]);
    /* The share of one pooled line is the account's, of the other another's; what is earlier is dropped. */
    lines[2].n_share = lines[3].n_share = 1;
    lines[3].first_share = 1;
    lines[5].offset = 7;
    lines[4] = lines[5];
    struct rr_rated rated = {.lines = lines, .n_lines = 5, .shares = shares, .n_shares = 2};
    rr_trace_record_take(record, &rated);
    const struct rr_told *kept = rr_trace_record_told(record);
    ck_assert_uint_eq(kept->n_lines, 3);
    ck_assert(rr_text_equal(kept->line[0].line.charge, rr_text_of("a")));
    ck_assert(kept->line[0].line.period == 10 && kept->line[0].line.offset == 7);
    ck_assert(rr_text_equal(kept->line[1].line.account, rr_text_of("payer")));
    ck_assert(kept->line[1].n_shares == 1 && kept->line[1].share[0].money == 2);
    ck_assert(rr_text_equal(kept->line[2].line.charge, rr_text_of("b")));
    rr_trace_record_destroy(record);
}
END_TEST

START_TEST(long_lists_are_sums)
{
    struct rr_trace_record *record = rr_trace_record_create(&book, rr_text_of("acme"), 0, NULL);
    struct rr_rated_line line = line_of("acme", "a", 1), other = line_of("zeta", "x", 1);
    struct rr_segment segment = {0};
    struct rr_amount amount;
    TELL(record, .kind = RR_STEP_CHARGE, .segment = &segment);
    for (int i = 1; i <= RR_EVENTS_TOLD + 20; i++) {
        ck_assert(rr_amount_of(i * RR_DECIMAL_ONE, 1, 1, &amount));
        TELL(record, .kind = RR_STEP_EVENT, .count = 2, .quantity = i, .amount = &amount);
    }
    for (int i = 0; i < 5; i++)
        TELL(record, .kind = RR_STEP_COUNTED, .line = &other);
    other.charge = rr_text_of("y");
    TELL(record, .kind = RR_STEP_COUNTED, .line = &other);
    TELL(record, .kind = RR_STEP_TAKEN, .line = &other, .result = 3, .quantity = 9);
    TELL(record, .kind = RR_STEP_TAKEN, .line = &other, .result = 4, .quantity = 5);
    TELL(record, .kind = RR_STEP_LINE, .line = &line, .number = 1);
    struct rr_rated rated = {.lines = &line, .n_lines = 1};
    rr_trace_record_take(record, &rated);
    const struct rr_told_line *kept = rr_trace_record_told(record)->line;
    ck_assert_uint_eq(kept->n_steps, 1 + RR_EVENTS_TOLD + 1 + 3);
    const struct rr_step *rest = &kept->step[1 + RR_EVENTS_TOLD];
    rr_decimal value;
    bool more;
    ck_assert(rr_amount_value(rest->amount, &value, &more));
    ck_assert(rest->number == 20 && rest->count == 40 && rest->quantity == 0);
    ck_assert(value == (RR_EVENTS_TOLD + 20) * RR_DECIMAL_ONE);
    ck_assert(kept->step[RR_EVENTS_TOLD].number == 1 && kept->step[RR_EVENTS_TOLD].count == 2);
    ck_assert(rest[1].kind == RR_STEP_COUNTED && rest[1].count == 5);
    ck_assert(rest[1].result == 5 * RR_DECIMAL_ONE && rest[2].count == 1);
    ck_assert(rest[3].kind == RR_STEP_TAKEN && rest[3].count == 2 && rest[3].result == 7);
    ck_assert(rest[3].quantity == 5);
    rr_trace_record_destroy(record);
}
END_TEST

/* The n-th cell came from file n, and from file 9. */
static const struct rr_origin *origin_of(void *self, const struct rr_cell *cell)
{
    static const char *const paths[] = {"f0", "f1", "f2"};
    static struct rr_origin_file files[2];
    static struct rr_origin origin;
    struct rr_record_counts counts = {.counted = cell->records, .withheld[RR_DUPLICATE] = 1};
    (void)self;
    files[0] = (struct rr_origin_file){(uint32_t)cell->bucket, paths[cell->bucket], counts};
    files[1] = (struct rr_origin_file){9, "f9", counts};
    counts.counted *= 2;
    counts.withheld[RR_DUPLICATE] *= 2;
    origin = (struct rr_origin){.counts = counts, .files = files, .n_files = 2};
    return &origin;
}

/* Tells a line of these groups; returns its usage. */
static struct rr_told_usage usage_of(struct rr_trace_record *record, const uint32_t *group, int n,
                                     int nth)
{
    struct rr_rated_line line = line_of("acme", "a", 1);
    struct rr_segment segment = {0};
    line.from = nth;
    TELL(record, .kind = RR_STEP_CHARGE, .segment = &segment);
    for (int i = 0; i < n; i++)
        TELL(record, .kind = RR_STEP_GROUP, .group = group[i]);
    TELL(record, .kind = RR_STEP_LINE, .line = &line, .number = 1);
    struct rr_rated rated = {.lines = &line, .n_lines = 1};
    rr_trace_record_take(record, &rated);
    return rr_trace_record_told(record)->line[nth].usage;
}

START_TEST(files_of_all_groups_sum_up)
{
    const struct rr_told_origins origins = {NULL, origin_of};
    struct rr_trace_record *record = rr_trace_record_create(&book, rr_text_of("acme"), 0, &origins);
    struct rr_cell cell[] = {{.bucket = 1, .records = 3},
                             {.bucket = 0, .records = 4},
                             {.bucket = 2, .records = 5},
                             {.meter = 1, .records = 100}};
    TELL(record, .kind = RR_STEP_CELL, .cell = &cell[0], .group = 0);
    TELL(record, .kind = RR_STEP_CELL, .cell = &cell[3],
         .group = 1); /* values of the same records */
    TELL(record, .kind = RR_STEP_CELL, .cell = &cell[1], .group = 1);
    TELL(record, .kind = RR_STEP_CELL, .cell = &cell[0], .group = RR_NO_GROUP);
    TELL(record, .kind = RR_STEP_CELL, .cell = &cell[2], .group = 2);
    struct rr_told_usage usage = usage_of(record, (const uint32_t[]){0, 1}, 2, 0);
    ck_assert(usage.known && usage.n_files == 3);
    ck_assert(usage.counts.counted == 14 && usage.counts.withheld[RR_DUPLICATE] == 4);
    ck_assert_str_eq(usage.file[0].path, "f0");
    ck_assert(usage.file[0].counts.counted == 4);
    ck_assert_str_eq(usage.file[1].path, "f1");
    ck_assert_str_eq(usage.file[2].path, "f9");
    ck_assert(usage.file[2].counts.counted == 7 &&
              usage.file[2].counts.withheld[RR_DUPLICATE] == 2);
    rr_trace_record_destroy(record);
    record = rr_trace_record_create(&book, rr_text_of("acme"), 0, NULL);
    TELL(record, .kind = RR_STEP_CELL, .cell = &cell[2], .group = 2);
    usage = usage_of(record, (const uint32_t[]){2}, 1, 0);
    ck_assert(!usage.known && usage.counts.counted == 5 && usage.n_files == 0);
    rr_trace_record_destroy(record);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_last_amount_is_that_of_the_line,
                            tiers_sum_to_the_quantity,
                            values_of_amounts,
                            kept_are_the_lines_of_the_account,
                            long_lists_are_sums,
                            files_of_all_groups_sum_up,
                            NULL};
    return unit_main("trace", tests);
}
