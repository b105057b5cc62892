/* Rows of tables. */
#include "report_rows.h"

#include "../io/table.h"

int rr_report_rows(const char *path, const char *header, rr_report_take *take, void *self,
                   struct rr_error *err)
{
    const struct rr_text *fields;
    struct rr_table *table = rr_table_open(path, header, err);
    if (table == NULL)
        return -1;
    int got = 0;
    while ((got = rr_table_next(table, &fields, err)) > 0)
        if (take(self, fields, err) != 0) {
            got =
                rr_fail_prefix(err, "%s: row %llu", path, (unsigned long long)rr_table_row(table));
            break;
        }
    rr_table_close(table);
    return got;
}

int rr_report_decimals(const struct rr_text *fields, int n, rr_decimal *out, struct rr_error *err)
{
    for (int i = 0; i < n; i++)
        if (rr_decimal_parse(fields[i].ptr, fields[i].len, false, &out[i]) != RR_DECIMAL_OK)
            return rr_fail(err, RR_EXIT_DATA, "'%.*s' is to be a decimal", RR_SHOW(fields[i]));
    return 0;
}
