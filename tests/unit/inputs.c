/* From what the user gives to the files that are read. */
#include "../../io/csv.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rr_error err;
static char home[] = "/tmp/rr-inputs-XXXXXX";

static void make(const char *name)
{
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
}

static void enter_directory(void)
{
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_assert_int_eq(chdir(home), 0);
    mkdir("usage", 0700);
    mkdir("usage/inner", 0700);
    mkdir("empty", 0700);
    mkdir("mixed", 0700);
    static const char *const names[] = {
        "usage/b.csv", "usage/a.csv.zst", "usage/.hidden.txt",  "usage/_done",
        "Z.csv",       "e[1].csv",        "usage/inner/in.csv", "mixed/read.me",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make(names[i]);
    ck_assert_int_eq(symlink("Z.csv", "link.csv"), 0);
}

static void leave_directory(void)
{
    static const char *const names[] = {
        "usage/b.csv", "usage/a.csv.zst", "usage/.hidden.txt",  "usage/_done",   "Z.csv",
        "e[1].csv",    "link.csv",        "usage/inner/in.csv", "mixed/read.me",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
    rmdir("usage/inner");
    rmdir("usage");
    rmdir("empty");
    rmdir("mixed");
    rmdir(home);
}

/* The paths that `given` (up to NULL) expand to, joined by blanks; or the error's text. */
static const char *expand(const char *const *given)
{
    static char joined[2048];
    char *list[8] = {0};
    int n = 0;
    for (; given[n] != NULL; n++)
        list[n] = strdup(given[n]);
    char **paths;
    size_t n_paths;
    int failed = rr_inputs_expand(list, n, &paths, &n_paths, &err);
    for (int i = 0; i < n; i++)
        free(list[i]);
    if (failed)
        return err.text;
    joined[0] = '\0';
    for (size_t i = 0; i < n_paths; i++) {
        strcat(strcat(joined, i ? " " : ""), paths[i]);
        free(paths[i]);
    }
    free(paths);
    return joined;
}

#define EXPAND(...) expand((const char *const[]){__VA_ARGS__, NULL})

START_TEST(paths_are_sorted_and_each_once)
{
    ck_assert_str_eq(EXPAND("Z.csv"), "Z.csv");
    ck_assert_str_eq(EXPAND("usage"), "usage/a.csv.zst usage/b.csv");
    ck_assert_str_eq(EXPAND("usage//", "Z.csv", "usage/b.csv", "Z.csv"),
                     "Z.csv usage/a.csv.zst usage/b.csv");
    ck_assert_str_eq(EXPAND("usage/*.csv*"), "usage/a.csv.zst usage/b.csv");
    ck_assert_str_eq(EXPAND("us*", "Z.csv"), "Z.csv usage/a.csv.zst usage/b.csv");
    ck_assert_str_eq(EXPAND("e[1].csv"), "e[1].csv");
}
END_TEST

START_TEST(what_is_not_there_or_not_read_is_an_error)
{
    ck_assert_str_eq(EXPAND("none.csv"), "none.csv: no such file, and no file matches it");
    ck_assert_str_eq(EXPAND("Z.csv", "no*.csv"), "no*.csv: no such file, and no file matches it");
    ck_assert_str_eq(EXPAND("empty"), "empty: the directory holds no usage files");
    ck_assert_str_eq(EXPAND("mixed"), "mixed/read.me: only .csv and .csv.zst files are read");
    ck_assert_str_eq(EXPAND("usage/_done"), "usage/_done: only .csv and .csv.zst files are read");
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    make("latin\xe9.csv");
    ck_assert_str_eq(EXPAND("Z.csv", "latin*"),
                     "latin\xe9.csv: this name is not UTF-8; give the file another");
    unlink("latin\xe9.csv");
}
END_TEST

START_TEST(one_file_is_not_read_twice)
{
    ck_assert_str_eq(EXPAND("Z.csv", "link.csv"), "link.csv: is the same file as Z.csv and would "
                                                  "be read twice; give one of them");
    ck_assert_str_eq(EXPAND("./Z.csv", "Z.csv"), "Z.csv: is the same file as ./Z.csv and would "
                                                 "be read twice; give one of them");
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inputs");
    TCase *tcase = tcase_create("inputs");
    tcase_add_unchecked_fixture(tcase, enter_directory, leave_directory);
    tcase_add_test(tcase, paths_are_sorted_and_each_once);
    tcase_add_test(tcase, what_is_not_there_or_not_read_is_an_error);
    tcase_add_test(tcase, one_file_is_not_read_twice);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
