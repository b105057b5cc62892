/* Issued corrections. */
#include "issued_rows.h"

#include "corrections_out.h"
#include "row_fields.h"
#include "row_file.h"

enum {
    PAYER,
    ACCOUNT,
    PERIOD,
    CORRECTS,
    CHARGE,
    DETAIL,
    CURRENCY,
    AMOUNT,
    PRICE_EFFECT,
    USAGE_EFFECT,
    ROUNDING,
    KIND,
    COLUMNS
};

struct head {
    rr_decimal amount, exact;
};

struct reading {
    const char *path;
    enum rr_issued_by by;
    struct rr_pairs *pairs;
    struct rr_line unquoted, bytes;
};

static bool read_amounts(const struct rr_text *field, struct head *head)
{
    rr_decimal value[3];
    static const int columns[] = {AMOUNT, PRICE_EFFECT, USAGE_EFFECT};
    for (int i = 0; i < 3; i++)
        if (rr_decimal_parse(field[columns[i]].ptr, field[columns[i]].len, false, &value[i]) !=
            RR_DECIMAL_OK)
            return false;
    head->amount = value[0];
    return !rr_decimal_add_overflows(value[1], value[2], &head->exact);
}

static int add_row(struct reading *r, const struct rr_text *field, struct rr_error *err)
{
    static const int columns[] = {PAYER, ACCOUNT, CORRECTS, CHARGE, DETAIL, CURRENCY};
    struct head head;
    if (!read_amounts(field, &head))
        return rr_fail(err, RR_EXIT_DATA, "%s: payer '%.*s': has an amount that is none", r->path,
                       RR_SHOW(field[PAYER]));
    rr_line_clear(&r->bytes);
    rr_line_put(&r->bytes, (const char *)&head, sizeof head);
    for (int i = 0; i < 6; i++) {
        rr_line_put(&r->bytes, field[columns[i]].ptr, field[columns[i]].len);
        rr_line_put(&r->bytes, "", 1);
    }
    return rr_pairs_add(r->pairs, field[r->by == RR_BY_PAYER ? PAYER : ACCOUNT],
                        rr_line_text(&r->bytes), err);
}

static int add_rows(struct reading *r, struct rr_text rows, struct rr_error *err)
{
    struct rr_text field[COLUMNS];
    while (rows.len > 0) {
        if (!rr_row_take(&rows, field, COLUMNS, &r->unquoted))
            return rr_fail(err, RR_EXIT_DATA, "%s: has a row that is no correction", r->path);
        if (add_row(r, field, err) != 0)
            return -1;
    }
    return 0;
}

static int add_part(struct reading *r, const struct rr_row_file *file, struct rr_error *err)
{
    struct rr_row_blocks *blocks = rr_row_blocks_open(file, err);
    struct rr_text rows;
    int line, got = blocks ? 1 : -1;
    while (got > 0 && (got = rr_row_blocks_next(blocks, &rows, &line, err)) > 0) {
        uint32_t header = line == 1 ? (uint32_t)strcspn(rows.ptr, "\n") + 1 : 0;
        rows.ptr += header;
        rows.len -= header;
        if (add_rows(r, rows, err) != 0)
            got = -1;
    }
    rr_row_blocks_close(blocks);
    return got;
}

/* Collective. */
static int add_file(const struct rr_comm *comm, struct reading *r, struct rr_error *err)
{
    struct rr_row_file file;
    if (rr_row_file_cut(comm, r->path, &file, err) != 0)
        return -1;
    return rr_agree(comm, add_part(r, &file, err), err);
}

int rr_issued_rows_add(const struct rr_comm *comm, const struct rr_issued *issued,
                       enum rr_issued_by by, struct rr_pairs *pairs, struct rr_error *err)
{
    char path[RR_ISSUED_PATH];
    struct reading r = {.path = path, .by = by, .pairs = pairs};
    int result = 0;
    for (unsigned i = 0; i < issued->n && result == 0; i++)
        if (rr_issued_corrections(issued, i, path))
            result = add_file(comm, &r, err);
    rr_line_fini(&r.unquoted);
    rr_line_fini(&r.bytes);
    return result;
}

void rr_issued_row_decode(struct rr_text bytes, struct rr_issued_row *row)
{
    struct head head;
    struct rr_text *const texts[] = {&row->payer,  &row->account, &row->corrects,
                                     &row->charge, &row->detail,  &row->currency};
    memcpy(&head, bytes.ptr, sizeof head);
    row->amount = head.amount;
    row->exact = head.exact;
    const char *at = bytes.ptr + sizeof head;
    for (int i = 0; i < 6; i++) {
        *texts[i] = rr_text_of(at);
        at += texts[i]->len + 1;
    }
}
