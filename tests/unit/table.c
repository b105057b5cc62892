/* Tables: what this program writes is read back; anything else is refused, with its row. */
#include "unit.h"

#include "../../io/line.h"
#include "../../io/table.h"

#include <stdio.h>
#include <unistd.h>

static const char path[] = "test_table.csv";
static const char header[] = "a,b\n";

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    ck_assert(file != NULL && fwrite(text, 1, len, file) == len && fclose(file) == 0);
}

/* How many rows there are, or minus the row that is wrong. */
static int read_all(const char *text)
{
    struct rr_error err = {0};
    const struct rr_text *fields;
    int got, rows = 0;
    write_file(text, strlen(text));
    struct rr_table *table = rr_table_open(path, header, &err);
    if (table == NULL)
        return INT32_MIN;
    while ((got = rr_table_next(table, &fields, &err)) > 0)
        rows++;
    rr_table_close(table);
    unlink(path);
    ck_assert(got == 0 || strstr(err.text, "row ") != NULL);
    return got < 0 ? -(rows + 1) : rows;
}

START_TEST(only_what_is_written_is_read)
{
    ck_assert_int_eq(read_all("a,b\n"), 0);
    ck_assert_int_eq(read_all("a,b\n1,2\n,\n"), 2);
    ck_assert_int_eq(read_all("a,b\n\"x,\"\"\ny\",2\n"), 1);
    ck_assert_int_eq(read_all("a,c\n1,2\n"), INT32_MIN);
    ck_assert_int_eq(read_all(""), INT32_MIN);
    ck_assert_int_eq(read_all("a,b"), INT32_MIN);
    ck_assert_int_eq(read_all("a,b\n1\n"), -1);
    ck_assert_int_eq(read_all("a,b\n1,2\n1,2,3\n"), -2);
    ck_assert_int_eq(read_all("a,b\n1,2\n\n"), -2);
    ck_assert_int_eq(read_all("a,b\n1,2"), -1);
    ck_assert_int_eq(read_all("a,b\n1,2\r\n"), -1);
    ck_assert_int_eq(read_all("a,b\n\"1\",2\n"), -1);
    ck_assert_int_eq(read_all("a,b\n1,\"2\n"), -1);
    ck_assert_int_eq(read_all("a,b\n1,\"2,\"3\n"), -1);
    ck_assert_int_eq(read_all("a,b\n1\"x\",2\n"), -1);
}
END_TEST

/* Fields of all lengths and letters, over many pieces. */
START_TEST(what_is_written_is_read_back)
{
    enum { ROWS = 20000 };
    static const char letters[] = "ab,\"\n\r x";
    struct rr_line line = {0};
    uint64_t seed = 5;
    char field[2][64];
    rr_line_put(&line, header, strlen(header));
    for (int pass = 0; pass < 2; pass++) {
        struct rr_error err = {0};
        const struct rr_text *fields = NULL;
        struct rr_table *table = NULL;
        if (pass == 1) {
            write_file(line.bytes, line.used);
            table = rr_table_open(path, header, &err);
            ck_assert_msg(table != NULL, "%s", err.text);
        }
        seed = 5;
        for (int row = 0; row < ROWS; row++) {
            struct rr_text text[2];
            for (int f = 0; f < 2; f++) {
                text[f] = (struct rr_text){field[f], (uint32_t)(unit_random(&seed) % 40)};
                for (uint32_t i = 0; i < text[f].len; i++)
                    field[f][i] = letters[unit_random(&seed) % (sizeof letters - 1)];
            }
            if (pass == 0) {
                rr_line_field(&line, text[0]);
                rr_line_field(&line, text[1]);
                rr_line_end(&line);
                continue;
            }
            ck_assert_msg(rr_table_next(table, &fields, &err) == 1, "%s", err.text);
            ck_assert(rr_text_equal(fields[0], text[0]) && rr_text_equal(fields[1], text[1]));
        }
        if (pass == 1)
            ck_assert_int_eq(rr_table_next(table, &fields, &err), 0);
        rr_table_close(table);
    }
    unlink(path);
    rr_line_fini(&line);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {only_what_is_written_is_read, what_is_written_is_read_back, NULL};
    return unit_main("table", tests);
}
