/* What a report is made of: JSON that stays in its script element, rollups, the largest accounts. */
#include "unit.h"

#include "../../io/line.h"
#include "../../jobs/report_accounts.h"
#include "../../jobs/report_json.h"
#include "../../jobs/report_rollup.h"

#include <stdlib.h>

static void assert_dump(json_t *value, const char *want)
{
    char *text = json_dumps(value, JSON_COMPACT);
    ck_assert_str_eq(text, want);
    free(text);
    json_decref(value);
}

START_TEST(no_name_leaves_its_script)
{
    struct rr_line out = {0};
    json_t *value = json_pack("[s]", "</script><!--&\"\\\n\xe2\x80\xae\xe2\x80\xa8");
    rr_script_json(value, &out);
    rr_line_put(&out, "", 1);
    ck_assert_str_eq(out.bytes,
                     "[\"\\u003c/script\\u003e\\u003c!--\\u0026\\\"\\\\\\n\\u202E\\u2028\"]");
    json_t *back = json_loads(out.bytes, 0, NULL);
    ck_assert(json_equal(back, value));
    json_decref(back);
    json_decref(value);
    rr_line_fini(&out);
}
END_TEST

static void add(struct rr_rollup *rollup, const char *currency, const char *name, int units)
{
    const struct rr_text parts[] = {rr_text_of(currency), rr_text_of(name)};
    const rr_decimal value = units * (RR_DECIMAL_ONE / 100);
    rr_rollup_add(rollup, parts, &value);
}

START_TEST(what_is_left_out_is_summed)
{
    struct rr_rollup *rollup = rr_rollup_create(2, "m");
    add(rollup, "USD", "b", 500);
    add(rollup, "USD", "a", -900);
    add(rollup, "USD", "c", 7);
    add(rollup, "USD", "c", 1);
    assert_dump(rr_rollup_json(rollup, 2),
                "{\"rows\":[[\"USD\",\"a\",1,\"-9.00\"],[\"USD\",\"b\",1,"
                "\"5.00\"]],\"left_out\":1,\"rest\":[[\"USD\",2,"
                "\"0.08\"]]}");
    rr_rollup_destroy(rollup);
}
END_TEST

START_TEST(days_become_months)
{
    struct rr_rollup *rollup = rr_rollup_create(2, "m");
    add(rollup, "JPY", "2025-03-01", 100);
    add(rollup, "JPY", "2025-03-02", 200);
    rollup = rr_rollup_shorten(rollup, 1, 7);
    assert_dump(rr_rollup_json(rollup, 9),
                "{\"rows\":[[\"JPY\",\"2025-03\",2,\"3\"]],\"left_out\":0}");
    rr_rollup_destroy(rollup);
}
END_TEST

static void bill(struct rr_accounts *accounts, const char *account, int cents)
{
    const rr_decimal amount = cents * (RR_DECIMAL_ONE / 100);
    rr_accounts_add(accounts, rr_text_of(account), rr_text_of("USD"), &amount);
}

START_TEST(of_equal_accounts_the_first_is_shown)
{
    struct rr_accounts *accounts = rr_accounts_create(1, 2);
    bill(accounts, "a", 100);
    bill(accounts, "aa", 999);
    bill(accounts, "b", 300);
    bill(accounts, "b", -200);
    bill(accounts, "c", 100);
    bill(accounts, "d", 0);
    bill(accounts, "e", -99);
    json_t *all = rr_accounts_json(accounts), *one = json_array_get(all, 0);
    ck_assert_int_eq(json_integer_value(json_object_get(one, "accounts")), 6);
    assert_dump(json_incref(json_object_get(one, "most")),
                "[[\"aa\",1,\"9.99\"],[\"a\",1,\"1.00\"]]");
    assert_dump(json_incref(json_object_get(one, "least")), "[[\"e\",1,\"-0.99\"]]");
    assert_dump(json_incref(json_object_get(one, "sizes")),
                "[[-1,1,\"-0.99\"],[0,1,\"0.00\"],[2,4,\"12.99\"]]");
    json_decref(all);
    rr_accounts_destroy(accounts);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {no_name_leaves_its_script, what_is_left_out_is_summed,
                                  days_become_months, of_equal_accounts_the_first_is_shown, NULL};
    return unit_main("report", tests);
}
