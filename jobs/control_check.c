/* Control totals against the inputs that were read. */
#include "control.h"

#include "../io/memory.h"
#include "../runtime/state.h"

#include <stdio.h>

enum { SHOWN = 3 }; /* differences in a message */

const char rr_control_header[] = "file,what,expected,have,difference\n";

enum what { NO_INPUT, NOT_EXPECTED, OTHER_RECORDS, OTHER_QUANTITY };

static const char *const what_name[] = {"no_input", "not_expected", "records", "quantity"};

struct difference {
    struct rr_text file;
    enum what what;
    uint64_t expected_records, have_records;
    struct rr_sum expected, have; /* quantities */
};

struct input {
    struct rr_text path;
    struct rr_text name; /* behind the last slash */
    const struct rr_input_tally *tally;
    const struct rr_control_row *row; /* that names it, or NULL */
};

struct comparison {
    const struct rr_control *control;
    struct input *inputs; /* in order of path */
    struct input **by_name;
    uint32_t n_inputs;
    struct difference *differences;
    uint32_t n, size;
};

static int by_path(const void *a, const void *b)
{
    const struct input *left = a, *right = b;
    return rr_text_compare(left->path, right->path);
}

static int by_name(const void *a, const void *b)
{
    const struct input *left = *(struct input *const *)a, *right = *(struct input *const *)b;
    return rr_text_compare(left->name, right->name);
}

static void list_inputs(struct comparison *c, const struct rr_manifest *m)
{
    c->inputs = rr_calloc(m->n_files, sizeof *c->inputs);
    c->by_name = rr_calloc(m->n_files, sizeof *c->by_name);
    for (uint32_t i = 0; i < m->n_files; i++) {
        const char *path = m->files[i].path, *slash = strrchr(path, '/');
        if (path[0] == '\0')
            continue;
        c->inputs[c->n_inputs++] = (struct input){
            rr_text_of(path), rr_text_of(slash ? slash + 1 : path), &m->files[i].tally, NULL};
    }
    if (c->n_inputs == 0)
        return;
    qsort(c->inputs, c->n_inputs, sizeof *c->inputs, by_path);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        c->by_name[i] = &c->inputs[i];
    qsort(c->by_name, c->n_inputs, sizeof *c->by_name, by_name);
}

/* The inputs whose name this is: how many, and one of them. */
static uint32_t find_name(const struct comparison *c, struct rr_text name, struct input **found)
{
    uint32_t low = 0, high = c->n_inputs, n = 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rr_text_compare(c->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < c->n_inputs ? c->by_name[low] : NULL;
    while (low + n < c->n_inputs && rr_text_equal(c->by_name[low + n]->name, name))
        n++;
    return n;
}

/* The input that a row names, NULL when there is none; -1 when that can't be told. */
static int find_input(const struct comparison *c, const struct rr_control_row *row,
                      struct input **found, struct rr_error *err)
{
    const struct input key = {.path = row->file};
    *found =
        c->n_inputs == 0 ? NULL : bsearch(&key, c->inputs, c->n_inputs, sizeof *c->inputs, by_path);
    if (*found)
        return 0;
    uint32_t n = find_name(c, row->file, found);
    if (n == 0)
        *found = NULL;
    if (n > 1)
        return rr_fail(err, RR_EXIT_DATA,
                       "%s:%d: `%.*s` is the name of %u inputs, as %.*s; write the path as it was "
                       "given to `run`",
                       c->control->path, row->line, RR_SHOW(row->file), n, RR_SHOW((*found)->path));
    return 0;
}

static void add(struct comparison *c, struct difference difference)
{
    if (c->n == c->size) {
        c->size = c->size ? 2 * c->size : 64;
        c->differences = rr_realloc(c->differences, c->size * sizeof *c->differences);
    }
    c->differences[c->n++] = difference;
}

static void compare_totals(struct comparison *c, const struct input *input)
{
    const struct rr_control_row *row = input->row;
    if (row->records != input->tally->read)
        add(c, (struct difference){.file = input->path,
                                   .what = OTHER_RECORDS,
                                   .expected_records = row->records,
                                   .have_records = input->tally->read});
    if (row->has_quantity && !rr_sum_equal(&row->quantity, &input->tally->quantity))
        add(c, (struct difference){.file = input->path,
                                   .what = OTHER_QUANTITY,
                                   .expected = row->quantity,
                                   .have = input->tally->quantity});
}

static int compare_row(struct comparison *c, const struct rr_control_row *row, struct rr_error *err)
{
    struct input *input;
    if (find_input(c, row, &input, err) != 0)
        return -1;
    if (input == NULL) {
        add(c, (struct difference){
                   .file = row->file, .what = NO_INPUT, .expected_records = row->records});
        return 0;
    }
    if (input->row)
        return rr_fail(err, RR_EXIT_DATA,
                       "%s:%d: `%.*s` is the input %.*s, which line %d names already; keep one of "
                       "them",
                       c->control->path, row->line, RR_SHOW(row->file), RR_SHOW(input->path),
                       input->row->line);
    input->row = row;
    compare_totals(c, input);
    return 0;
}

static int in_order(const void *a, const void *b)
{
    const struct difference *left = a, *right = b;
    int order = rr_text_compare(left->file, right->file);
    return order ? order : (left->what > right->what) - (left->what < right->what);
}

/* What is expected, what there is, and how much there is too much. */
struct words {
    char expected[RR_SUM_TEXT], have[RR_SUM_TEXT], difference[RR_SUM_TEXT];
};

static struct words words_of(const struct difference *d)
{
    struct words w = {"", "", ""};
    if (d->what == OTHER_QUANTITY) {
        struct rr_sum more = d->have, expected = rr_sum_negated(&d->expected);
        rr_sum_merge(&more, &expected);
        rr_sum_format(&d->expected, w.expected);
        rr_sum_format(&d->have, w.have);
        rr_sum_format(&more, w.difference);
        return w;
    }
    if (d->what != NOT_EXPECTED)
        snprintf(w.expected, sizeof w.expected, "%llu", (unsigned long long)d->expected_records);
    if (d->what != NO_INPUT)
        snprintf(w.have, sizeof w.have, "%llu", (unsigned long long)d->have_records);
    if (d->what == OTHER_RECORDS) {
        bool less = d->have_records < d->expected_records;
        uint64_t by =
            less ? d->expected_records - d->have_records : d->have_records - d->expected_records;
        snprintf(w.difference, sizeof w.difference, "%s%llu", less ? "-" : "",
                 (unsigned long long)by);
    }
    return w;
}

static void list(const struct comparison *c, struct rr_line *out)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct words w = words_of(&c->differences[i]);
        rr_line_field(out, c->differences[i].file);
        rr_line_field(out, rr_text_of(what_name[c->differences[i].what]));
        rr_line_field(out, rr_text_of(w.expected));
        rr_line_field(out, rr_text_of(w.have));
        rr_line_field(out, rr_text_of(w.difference));
        rr_line_end(out);
    }
}

static int show(const struct difference *d, char *out, size_t size)
{
    const struct words w = words_of(d);
    int len = d->file.len > 120 ? 120 : (int)d->file.len; /* the end of a path tells more */
    const char *file = d->file.ptr + (d->file.len - (uint32_t)len);
    if (d->what == NO_INPUT)
        return snprintf(out, size, "%.*s: expected with %s records, and no input", len, file,
                        w.expected);
    if (d->what == NOT_EXPECTED)
        return snprintf(out, size, "%.*s: an input with %s records, and not expected", len, file,
                        w.have);
    return snprintf(out, size, "%.*s: %s %s, expected %s (%s%s)", len, file, what_name[d->what],
                    w.have, w.expected, w.difference[0] == '-' ? "" : "+", w.difference);
}

static int refuse(const struct comparison *c, struct rr_error *err)
{
    char shown[RR_ERROR_TEXT / 2] = "", more[48] = "";
    size_t used = 0;
    uint32_t i = 0;
    for (; i < c->n && i < SHOWN; i++) {
        char one[RR_ERROR_TEXT / 2];
        size_t len = (size_t)show(&c->differences[i], one, sizeof one);
        if (used + len + 3 > sizeof shown)
            break;
        used += (size_t)snprintf(shown + used, sizeof shown - used, "%s%s", used ? "; " : "", one);
    }
    if (i < c->n)
        snprintf(more, sizeof more, "; and %u more differences", c->n - i);
    return rr_fail(err, RR_EXIT_DATA, "the inputs are not as %s says: %s%s", c->control->path,
                   shown, more);
}

int rr_control_compare(const struct rr_control *control, const struct rr_manifest *m,
                       struct rr_line *out, struct rr_error *err)
{
    struct comparison c = {.control = control};
    int result = 0;
    list_inputs(&c, m);
    for (uint32_t i = 0; i < control->n_rows && result == 0; i++)
        result = compare_row(&c, &control->rows[i], err);
    for (uint32_t i = 0; i < c.n_inputs && result == 0; i++)
        if (c.inputs[i].row == NULL)
            add(&c, (struct difference){.file = c.inputs[i].path,
                                        .what = NOT_EXPECTED,
                                        .have_records = c.inputs[i].tally->read});
    if (result == 0 && c.n > 0) {
        qsort(c.differences, c.n, sizeof *c.differences, in_order);
        list(&c, out);
        result = refuse(&c, err);
    }
    free(c.inputs);
    free(c.by_name);
    free(c.differences);
    return result;
}
