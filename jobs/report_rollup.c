/* Rollups. A row's name in the dictionary is its parts, with a NUL between two of them: no name holds one. */
#include "report_rollup.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "currency.h"

#include <rerate/dictionary.h>

#include <string.h>

struct rr_rollup {
    int n_parts;
    const char *forms;
    struct rr_dictionary *names;
    struct rr_rollup_row *row; /* by the code of its name */
    uint32_t size;
    struct rr_line name;
};

struct rr_rollup *rr_rollup_create(int n_parts, const char *forms)
{
    rr_check(n_parts <= RR_ROLLUP_PARTS && strlen(forms) <= RR_ROLLUP_SUMS, "a rollup too wide");
    struct rr_rollup *r = rr_calloc(1, sizeof *r);
    *r = (struct rr_rollup){n_parts, forms, rr_dictionary_create(), NULL, 0, {0}};
    return r;
}

void rr_rollup_destroy(struct rr_rollup *r)
{
    if (r == NULL)
        return;
    rr_dictionary_destroy(r->names);
    rr_line_fini(&r->name);
    free(r->row);
    free(r);
}

struct rr_rollup_row *rr_rollup_at(struct rr_rollup *r, const struct rr_text *parts)
{
    rr_line_clear(&r->name);
    for (int i = 0; i < r->n_parts; i++) {
        if (i > 0)
            rr_line_put(&r->name, "", 1);
        rr_line_put(&r->name, parts[i].ptr, parts[i].len);
    }
    struct rr_text name = rr_line_text(&r->name);
    uint32_t n = rr_dictionary_size(r->names);
    uint32_t code = rr_dictionary_enter(r->names, name, rr_dictionary_hash(name));
    if (code == n && n == r->size) {
        r->size = n * 2 + 64;
        r->row = rr_realloc(r->row, r->size * sizeof *r->row);
    }
    if (code == n)
        r->row[n] = (struct rr_rollup_row){0};
    return &r->row[code];
}

void rr_rollup_add(struct rr_rollup *r, const struct rr_text *parts, const rr_decimal *values)
{
    struct rr_rollup_row *row = rr_rollup_at(r, parts);
    row->n++;
    for (int i = 0; r->forms[i]; i++)
        rr_sum_add(&row->sum[i], values[i]);
}

uint32_t rr_rollup_size(const struct rr_rollup *r)
{
    return rr_dictionary_size(r->names);
}

static void split_name(const struct rr_rollup *r, uint32_t code,
                       struct rr_text parts[RR_ROLLUP_PARTS])
{
    struct rr_text name = rr_dictionary_text(r->names, code);
    for (int i = 0; i < r->n_parts; i++) {
        const char *end = i + 1 < r->n_parts ? memchr(name.ptr, '\0', name.len) : NULL;
        uint32_t len = end ? (uint32_t)(end - name.ptr) : name.len;
        parts[i] = (struct rr_text){name.ptr, len};
        name.ptr += len + (end != NULL);
        name.len -= len + (end != NULL);
    }
}

static void merge_row(struct rr_rollup_row *into, const struct rr_rollup_row *from)
{
    into->n += from->n;
    for (int i = 0; i < RR_ROLLUP_SUMS; i++)
        rr_sum_merge(&into->sum[i], &from->sum[i]);
}

struct rr_rollup *rr_rollup_shorten(struct rr_rollup *r, int part, uint32_t len)
{
    struct rr_rollup *out = rr_rollup_create(r->n_parts, r->forms);
    for (uint32_t code = 0; code < rr_rollup_size(r); code++) {
        struct rr_text parts[RR_ROLLUP_PARTS];
        split_name(r, code, parts);
        if (parts[part].len > len)
            parts[part].len = len;
        merge_row(rr_rollup_at(out, parts), &r->row[code]);
    }
    rr_rollup_destroy(r);
    return out;
}

void rr_rollup_take(struct rr_rollup *into, const struct rr_rollup *from)
{
    for (uint32_t code = 0; code < rr_rollup_size(from); code++) {
        struct rr_text parts[RR_ROLLUP_PARTS];
        split_name(from, code, parts);
        merge_row(rr_rollup_at(into, parts), &from->row[code]);
    }
}

json_t *rr_text_json(struct rr_text text)
{
    json_t *out = json_stringn(text.ptr ? text.ptr : "", text.len);
    return out ? out : json_string("\xef\xbf\xbd"); /* what is no UTF-8 is no name */
}

json_t *rr_sum_json(const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    return json_stringn(text, rr_sum_format(sum, text));
}

json_t *rr_money_json(const struct rr_sum *sum, struct rr_text currency)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal amount;
    int digits = rr_currency_digits(currency);
    if (digits < 0 || !rr_sum_decimal(sum, &amount) ||
        amount % (rr_decimal)rr_pow10(RR_DECIMAL_PLACES - (unsigned)digits) != 0)
        return rr_sum_json(sum);
    return json_stringn(text, rr_decimal_format_fixed(amount, (unsigned)digits, text));
}

static void put_sums(const struct rr_rollup *r, const struct rr_rollup_row *row,
                     struct rr_text currency, json_t *out)
{
    json_array_append_new(out, json_integer((json_int_t)row->n));
    for (int i = 0; r->forms[i]; i++)
        json_array_append_new(out, r->forms[i] == 'm' ? rr_money_json(&row->sum[i], currency)
                                                      : rr_sum_json(&row->sum[i]));
}

/* ---- which rows are shown ---- */

struct shown {
    struct rr_text name;
    uint32_t code;
    struct rr_sum size; /* of the first sum, without its sign */
};

static int by_name(const void *a, const void *b)
{
    return rr_text_compare(((const struct shown *)a)->name, ((const struct shown *)b)->name);
}

static int by_size(const void *a, const void *b)
{
    struct rr_sum minus = rr_sum_negated(&((const struct shown *)a)->size);
    rr_sum_merge(&minus, &((const struct shown *)b)->size);
    if (minus.high != 0 || minus.low[0] != 0 || minus.low[1] != 0)
        return minus.high < 0 ? -1 : 1; /* the greater one first */
    return by_name(a, b);
}

static struct shown *list_rows(const struct rr_rollup *r, uint32_t n)
{
    struct shown *list = rr_calloc(n + 1, sizeof *list);
    for (uint32_t i = 0; i < n; i++) {
        const struct rr_sum *sum = &r->row[i].sum[0];
        list[i] = (struct shown){rr_dictionary_text(r->names, i), i,
                                 sum->high < 0 ? rr_sum_negated(sum) : *sum};
    }
    return list;
}

static json_t *rest_json(const struct rr_rollup *r, const struct shown *list, uint32_t n)
{
    struct rr_rollup *rest = rr_rollup_create(1, r->forms);
    struct rr_text parts[RR_ROLLUP_PARTS];
    for (uint32_t i = 0; i < n; i++) {
        split_name(r, list[i].code, parts);
        merge_row(rr_rollup_at(rest, parts), &r->row[list[i].code]);
    }
    json_t *whole = rr_rollup_json(rest, UINT32_MAX);
    json_t *rows = json_incref(json_object_get(whole, "rows"));
    json_decref(whole);
    rr_rollup_destroy(rest);
    return rows;
}

static json_t *row_json(const struct rr_rollup *r, uint32_t code)
{
    struct rr_text parts[RR_ROLLUP_PARTS];
    json_t *out = json_array();
    split_name(r, code, parts);
    for (int i = 0; i < r->n_parts; i++)
        json_array_append_new(out, rr_text_json(parts[i]));
    put_sums(r, &r->row[code], parts[0], out);
    return out;
}

json_t *rr_rollup_json(const struct rr_rollup *r, uint32_t most)
{
    uint32_t n = rr_rollup_size(r), shown = n < most ? n : most;
    struct shown *list = list_rows(r, n);
    json_t *rows = json_array(), *out = json_object();
    if (shown < n)
        qsort(list, n, sizeof *list, by_size);
    qsort(list, shown, sizeof *list, by_name);
    for (uint32_t i = 0; i < shown; i++)
        json_array_append_new(rows, row_json(r, list[i].code));
    json_object_set_new(out, "rows", rows);
    json_object_set_new(out, "left_out", json_integer((json_int_t)(n - shown)));
    if (shown < n)
        json_object_set_new(out, "rest", rest_json(r, list + shown, n - shown));
    free(list);
    return out;
}
