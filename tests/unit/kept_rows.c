/* Rows of an account, found by halves: against all rows, in tables with names of every kind. */
#include "unit.h"
#include "unit_ranks.h"

#include "../../io/memory.h"
#include "../../jobs/kept_rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char header[] = "account,rest\n";

struct table {
    struct rr_result_facts facts;
    struct rr_line text;
    char folder[64];
};

/* Names that rise: plain, with a comma, with quotes, with a line end and what looks like a row behind it. */
static bool all_false; /* all names hold what looks like a row before all others */

static struct rr_text name_of(int n, char name[64])
{
    static const char *const tails[] = {"", ",x", "\"q\"", "line\nend"};
    const char *tail = all_false ? ",\nA,false row\n" : tails[n % 4];
    snprintf(name, 64, "a%05d%s", n, tail);
    return rr_text_of(name);
}

static uint32_t rows_of(int n)
{
    return n % 7 == 0 ? 400 : (uint32_t)n % 3;
}

static void put_rows(int n, struct rr_line *out)
{
    char name[64], rest[64];
    for (uint32_t i = 0; i < rows_of(n); i++) {
        snprintf(rest, sizeof rest, "row %u of %d", i, n);
        rr_line_field(out, name_of(n, name));
        rr_line_field(out, rr_text_of(rest));
        rr_line_end(out);
    }
}

static void make_table(struct table *t, int n)
{
    char path[256];
    *t = (struct table){0};
    snprintf(t->folder, sizeof t->folder, "/tmp/rr-kept-rows-%d", (int)getpid());
    snprintf(t->facts.dir, sizeof t->facts.dir, "%s", t->folder);
    snprintf(path, sizeof path, "mkdir -p %s", t->folder);
    RANKS_MUST_EQUAL(system(path), 0);
    t->facts.json = json_pack("{s:{s:{}, s:{}}}", "files", "t.csv", "p.csv.zst");
    rr_line_put(&t->text, header, strlen(header));
    for (int i = 0; i < n; i++)
        put_rows(i, &t->text);
    snprintf(path, sizeof path, "%s/t.csv", t->folder);
    FILE *file = fopen(path, "w");
    RANKS_MUST(file && fwrite(t->text.bytes, 1, t->text.used, file) == t->text.used);
    fclose(file);
    snprintf(path, sizeof path, "zstd -qf %s/t.csv -o %s/p.csv.zst", t->folder, t->folder);
    RANKS_MUST_EQUAL(system(path), 0);
}

static void drop_table(struct table *t)
{
    char command[256];
    snprintf(command, sizeof command, "rm -r %s", t->folder);
    RANKS_MUST_EQUAL(system(command), 0);
    json_decref(t->facts.json);
    rr_line_fini(&t->text);
}

static int n_astray; /* searches that were led astray by what looks like a row */

static void expect(const struct table *t, const char *table, bool thorough, struct rr_text key,
                   const struct rr_line *rows)
{
    struct rr_line found = {0};
    struct rr_error err;
    int result = rr_kept_rows_read(&t->facts, table, header, key, thorough, &found, &err);
    RANKS_MUST(result == 0);
    bool same = rr_text_equal(rr_line_text(&found), rr_line_text(rows));
    rr_line_fini(&found);
    if (same)
        return;
    RANKS_MUST(!thorough);
    n_astray++;
    expect(t, table, true, key, rows);
}

static void expect_all(const struct table *t, int n, int step)
{
    char name[64];
    for (int i = 0; i < n; i += step) {
        struct rr_line rows = {0}, none = {0};
        put_rows(i, &rows);
        expect(t, "t.csv", false, name_of(i, name), &rows);
        if (i % 97 == 0) {
            expect(t, "t.csv", true, name_of(i, name), &rows);
            expect(t, "p.csv", false, name_of(i, name), &rows);
        }
        snprintf(name, sizeof name, "a%05d,w", i); /* between two */
        expect(t, "t.csv", false, rr_text_of(name), &none);
        rr_line_fini(&rows);
    }
}

static void every_account_is_found(void)
{
    struct table t;
    struct rr_line none = {0};
    make_table(&t, 2500);
    RANKS_MUST(t.text.used > 3u << 20);
    expect_all(&t, 2500, 1);
    RANKS_MUST(n_astray == 0);
    expect(&t, "t.csv", false, rr_text_of("A"), &none);
    expect(&t, "t.csv", false, rr_text_of("z"), &none);
    expect(&t, "t.csv", true, rr_text_of("z"), &none);
    drop_table(&t);
}

static void small_and_empty_tables(void)
{
    for (int n = 0; n < 12; n++) {
        struct table t;
        struct rr_line none = {0};
        make_table(&t, n);
        expect_all(&t, n, 1);
        expect(&t, "t.csv", false, rr_text_of("z"), &none);
        expect(&t, "p.csv", false, rr_text_of("z"), &none);
        drop_table(&t);
    }
}

/* Then a table is read from its front. */
static void names_that_look_like_rows(void)
{
    struct table t;
    all_false = true;
    make_table(&t, 100);
    n_astray = 0;
    expect_all(&t, 100, 1);
    RANKS_MUST(n_astray > 0);
    drop_table(&t);
}

int main(int argc, char **argv)
{
    struct rr_comm comm;
    void (*const tests[])(void) = {every_account_is_found, small_and_empty_tables,
                                   names_that_look_like_rows, NULL};
    return unit_ranks_main(&argc, &argv, tests, &comm);
}
