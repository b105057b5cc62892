/* Any bytes as a file of control totals: rows, or one mistake with its place. What was read, written
 * plainly, is read again as the same; so is a file with another mark, line ends and quotes. */
#include "../../jobs/control.h"
#include "../../io/memory.h"
#include "fuzz.h"

static struct rr_control *parse(const char *bytes, size_t len)
{
    struct rr_error err = {0};
    struct rr_control *c = rr_control_parse("c.csv", bytes, len, &err);
    CHECK((c == NULL) == (err.text[0] != '\0') && (c != NULL || err.code == RR_EXIT_DATA));
    return c;
}

static void put_quoted(struct rr_line *line, struct rr_text text)
{
    rr_line_put(line, "\"", 1);
    for (uint32_t i = 0; i < text.len; i++) {
        rr_line_put(line, text.ptr + i, 1);
        if (text.ptr[i] == '"')
            rr_line_put(line, "\"", 1);
    }
    rr_line_put(line, "\"", 1);
}

/* With a mark at the front, columns in another order, one more, and all names in quotes. */
static void put_otherwise(struct rr_line *line, const struct rr_control_row *row)
{
    char text[RR_SUM_TEXT + 64];
    int n = snprintf(text, sizeof text, "\"%llu\",,", (unsigned long long)row->records);
    rr_line_put(line, text, (size_t)n);
    put_quoted(line, row->file);
    rr_line_put(line, ",", 1);
    if (row->has_quantity)
        rr_line_put(line, text, rr_sum_format(&row->quantity, text));
    rr_line_put(line, "\r\n", 2);
}

static void put_plainly(struct rr_line *line, const struct rr_control_row *row)
{
    char text[RR_SUM_TEXT];
    rr_line_field(line, row->file);
    rr_line_number(line, row->records);
    rr_line_plain(line, text, row->has_quantity ? rr_sum_format(&row->quantity, text) : 0);
    rr_line_end(line);
}

static void check_again(const struct rr_control *c, const char *header,
                        void (*put)(struct rr_line *line, const struct rr_control_row *row))
{
    struct rr_line line = {0};
    rr_line_put(&line, header, strlen(header));
    for (uint32_t i = 0; i < c->n_rows; i++)
        put(&line, &c->rows[i]);
    struct rr_control *back = parse(line.bytes, line.used);
    CHECK(back != NULL && back->n_rows == c->n_rows);
    for (uint32_t i = 0; i < c->n_rows; i++) {
        const struct rr_control_row *a = &c->rows[i], *b = &back->rows[i];
        CHECK(rr_text_equal(a->file, b->file) && a->records == b->records);
        CHECK(a->has_quantity == b->has_quantity && rr_sum_equal(&a->quantity, &b->quantity));
    }
    rr_control_destroy(back);
    rr_line_fini(&line);
}

/* Held against a state of two inputs. */
static void compare(const struct rr_control *c)
{
    struct rr_error err = {0};
    struct rr_line list = {0};
    struct rr_manifest *m = rr_manifest_create(8, "meters", "", 0);
    rr_manifest_add_file(m, "usage/a.csv", 100, 5);
    rr_manifest_add_file(m, "usage/b.csv", 100, 5);
    int result = rr_control_compare(c, m, &list, &err);
    CHECK((result != 0) == (err.text[0] != '\0'));
    rr_line_fini(&list);
    rr_manifest_destroy(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    size_t len;
    char *bytes = (char *)take_copy(&in, size, &len);
    struct rr_control *c = parse(bytes, len);
    if (c != NULL) {
        check_again(c, "file,records,quantity\n", put_plainly);
        check_again(c, "\xEF\xBB\xBFrecords,note,file,quantity\r\n", put_otherwise);
        compare(c);
    }
    rr_control_destroy(c);
    free(bytes);
    return 0;
}
