/* Control totals: what is read of them, what is refused and where, and what they are held against. */
#include "unit.h"

#include "../../jobs/control.h"
#include "../../runtime/increments.h"

#include <stdio.h>
#include <string.h>

/* The bytes stand in memory of exactly their size, so that a sanitizer sees a read beside it. */
static struct rr_control *parse(const char *text, char **bytes, struct rr_error *err)
{
    size_t len = strlen(text);
    *bytes = malloc(len ? len : 1);
    memcpy(*bytes, text, len);
    return rr_control_parse("c.csv", *bytes, len, err);
}

START_TEST(reads_columns_by_name)
{
    struct rr_error err = {0};
    char *bytes;
    struct rr_control *c = parse("\xef\xbb\xbfnote,quantity,file,records\r\n"
                                 "x,-1.50,\"a \"\"b\"\".csv\",3\r\n"
                                 "\r\n"
                                 ",,z.csv,18446744073709551615",
                                 &bytes, &err);
    struct rr_sum want = {0};
    rr_sum_add(&want, -RR_DECIMAL_ONE - RR_DECIMAL_ONE / 2);
    ck_assert_msg(c != NULL, "%s", err.text);
    ck_assert_uint_eq(c->n_rows, 2);
    ck_assert(rr_text_equal(c->rows[0].file, rr_text_of("a \"b\".csv")));
    ck_assert_uint_eq(c->rows[0].records, 3);
    ck_assert(c->rows[0].has_quantity && rr_sum_equal(&c->rows[0].quantity, &want));
    ck_assert_int_eq(c->rows[0].line, 2);
    ck_assert(!c->rows[1].has_quantity && c->rows[1].records == UINT64_MAX);
    ck_assert_int_eq(c->rows[1].line, 4);
    rr_control_destroy(c);
    free(bytes);
}
END_TEST

START_TEST(tells_where_what_is_wrong)
{
    static const char *const wrong[][2] = {
        {"",
         "c.csv:1:1: no column `file` in the header; it names file,records,quantity (and 2 more"},
        {"file,records\na,1\n", "c.csv:1:1: no column `quantity`"},
        {"file,records,quantity,file\n", "c.csv:1:23: this column stands twice"},
        {"file,records,quantity\na,1\n", "c.csv:2:1: 2 fields where the header has 3"},
        {"file,records,quantity\na,1,2,3\n", "c.csv:2:1: 4 fields where the header has 3"},
        {"file,records,quantity\na,,2\n", "c.csv:2:3: `records` : wants a whole number"},
        {"file,records,quantity\na,-1,2\n", "c.csv:2:3: `records` -1: wants a whole number"},
        {"file,records,quantity\na,18446744073709551616,2\n", "c.csv:2:3: `records` 1844"},
        {"file,records,quantity\na,1,2e3\n", "c.csv:2:5: `quantity` 2e3: wants a decimal number"},
        {"file,records,quantity\na,1,0.1234567890123456789\n", "c.csv:2:5: `quantity` 0.12"},
        {"file,records,quantity\n,1,2\n", "c.csv:2:1: `file` : wants the path"},
        {"file,records,quantity\n\xff,1,2\n", "c.csv:2:1: `file` ?: wants the path"},
        {"file,records,quantity\na,1,2\nb,1,2\na,1,2\n",
         "c.csv:4:1: `a` stands twice, first in line 2"},
        {"file,records,quantity\na,x,\nb,1\nc,\"1\n",
         "c.csv:2:3: `records` x: wants a whole number "
         "(and 2 more mistakes)"},
        {"file,\"records,quantity\na,1,2", "c.csv:1:7: a quote opens here and is never closed"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rr_error err = {0};
        char *bytes;
        ck_assert_msg(parse(wrong[i][0], &bytes, &err) == NULL, "%s", wrong[i][0]);
        ck_assert_int_eq(err.code, RR_EXIT_DATA);
        ck_assert_msg(strncmp(err.text, wrong[i][1], strlen(wrong[i][1])) == 0, "%s", err.text);
        free(bytes);
    }
}
END_TEST

/* Three inputs: of 5 records and 2.5, of 6 and 3.5, and so on; the last was dropped. */
static struct rr_manifest *inputs(void)
{
    static const char *const paths[] = {"u/b.csv", "u/a.csv", "v/a.csv", "u/gone.csv"};
    struct rr_manifest *m = rr_manifest_create(4096, "meters", "", 0);
    rr_increments_add(m, "");
    for (uint32_t i = 0; i < 4; i++) {
        rr_manifest_add_file(m, paths[i], 1, 1);
        m->files[i].tally.read = 5 + i;
        rr_sum_add(&m->files[i].tally.quantity, RR_DECIMAL_ONE * (2 + i) + RR_DECIMAL_ONE / 2);
    }
    rr_manifest_drop_file(m, 3);
    return m;
}

/* The rows of control.csv, and the message. */
static void compare(const char *rows, const char *want, const char *message)
{
    struct rr_error err = {0};
    struct rr_line list = {0};
    char *bytes, text[1024];
    snprintf(text, sizeof text, "file,records,quantity\n%s", rows);
    struct rr_control *c = parse(text, &bytes, &err);
    ck_assert_msg(c != NULL, "%s", err.text);
    struct rr_manifest *m = inputs();
    int result = rr_control_compare(c, m, &list, &err);
    ck_assert_int_eq(result, message ? -1 : 0);
    ck_assert_msg(rr_text_equal(rr_line_text(&list), rr_text_of(want)), "%.*s", (int)list.used,
                  list.bytes);
    ck_assert_msg(message == NULL || strstr(err.text, message), "%s", err.text);
    ck_assert(message == NULL || err.code == RR_EXIT_DATA);
    rr_line_fini(&list);
    rr_manifest_destroy(m);
    rr_control_destroy(c);
    free(bytes);
}

START_TEST(tells_by_how_much_inputs_differ)
{
    compare("u/a.csv,6,3.5\nv/a.csv,7,\nb.csv,5,2.50\n", "", NULL);
    compare("u/a.csv,6,3.25\nv/a.csv,9,\nb.csv,1,4\n",
            "u/a.csv,quantity,3.25,3.5,0.25\n"
            "u/b.csv,records,1,5,4\nu/b.csv,quantity,4,2.5,-1.5\n"
            "v/a.csv,records,9,7,-2\n",
            "the inputs are not as c.csv says: u/a.csv: quantity 3.5, expected 3.25 (+0.25); "
            "u/b.csv: records 5, expected 1 (+4); u/b.csv: quantity 2.5, expected 4 (-1.5); and 1 "
            "more differences");
    compare("u/a.csv,6,3.5\nu/gone.csv,8,\nx.csv,2,1\n",
            "u/b.csv,not_expected,,5,\nu/gone.csv,no_input,8,,\nv/a.csv,not_expected,,7,\n"
            "x.csv,no_input,2,,\n",
            "u/b.csv: an input with 5 records, and not expected; u/gone.csv: expected with 8 "
            "records, and no input; v/a.csv");
    compare("", "u/a.csv,not_expected,,6,\nu/b.csv,not_expected,,5,\nv/a.csv,not_expected,,7,\n",
            "not expected");
}
END_TEST

START_TEST(names_must_tell_one_input)
{
    compare("u/b.csv,5,\na.csv,6,\n", "", "c.csv:3: `a.csv` is the name of 2 inputs, as ");
    compare("u/b.csv,5,\nb.csv,5,\n", "",
            "c.csv:3: `b.csv` is the input u/b.csv, which line 2 names already");
    compare("b.csv,5,\nu/a.csv,6,\nw/a.csv,7,\n",
            "v/a.csv,not_expected,,7,\nw/a.csv,no_input,7,,\n", "w/a.csv: expected");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {reads_columns_by_name, tells_where_what_is_wrong,
                            tells_by_how_much_inputs_differ, names_must_tell_one_input, NULL};
    return unit_main("control", tests);
}
