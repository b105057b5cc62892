/* The YAML reader: places, aliases, and what it refuses. */
#include "../../jobs/yaml.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct rr_arena *arena;
static struct rr_mistakes mistakes;

static void setup(void)
{
    arena = rr_arena_create();
}

static void teardown(void)
{
    rr_arena_destroy(arena);
    rr_mistakes_fini(&mistakes);
}

static struct rr_yaml *parse(const char *text)
{
    rr_mistakes_fini(&mistakes);
    return rr_yaml_parse("b.yaml", rr_text_of(text), arena, &mistakes);
}

static void check_mistake(const char *text, int line, int column, const char *words)
{
    parse(text);
    ck_assert_msg(mistakes.n_found > 0, "%s", text);
    const struct rr_mistake *m = &mistakes.item[0];
    ck_assert_msg(strstr(m->text, words) != NULL, "%s: %s", text, m->text);
    ck_assert_msg(m->place.line == line && m->place.column == column, "%s: %d:%d", text,
                  m->place.line, m->place.column);
}

START_TEST(nodes_know_their_places)
{
    const struct rr_yaml *root = parse("# first\nä: [x, \"1.50\"]\nb:\n  c: {d: ~}\n");
    ck_assert_int_eq(mistakes.n_found, 0);
    ck_assert_int_eq(root->kind, RR_YAML_MAP);
    ck_assert_int_eq(root->n, 2);
    const struct rr_yaml *list = rr_yaml_get(root, "ä");
    ck_assert_int_eq(list->kind, RR_YAML_LIST);
    ck_assert_int_eq(list->item[1]->place.line, 2);
    ck_assert_int_eq(list->item[1]->place.column, 8); /* characters, not bytes */
    ck_assert(rr_text_equal(list->item[1]->text, rr_text_of("1.50")));
    ck_assert(list->item[0]->plain && !list->item[1]->plain);
    const struct rr_yaml *c = rr_yaml_get(rr_yaml_get(root, "b"), "c");
    ck_assert_int_eq(c->place.line, 4);
    ck_assert(rr_yaml_is_null(rr_yaml_get(c, "d")));
    ck_assert_ptr_null(rr_yaml_get(c, "e"));
    ck_assert_ptr_null(rr_yaml_get(list, "e"));
}
END_TEST

START_TEST(only_unquoted_nothing_is_null)
{
    const struct rr_yaml *root = parse("[, '', ~, '~', null, 'null', NULL, no, 0]");
    ck_assert_ptr_null(root);
    root = parse("['', ~, '~', null, 'null', NULL, no, 0]");
    const bool expected[] = {false, true, false, true, false, true, false, false};
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(rr_yaml_is_null(root->item[i]), expected[i]);
}
END_TEST

START_TEST(an_alias_is_its_node)
{
    const struct rr_yaml *root = parse("a: &x [1, 2]\nb: *x\nc: [*x, *x]\n");
    ck_assert_int_eq(mistakes.n_found, 0);
    ck_assert_ptr_eq(rr_yaml_get(root, "a"), rr_yaml_get(root, "b"));
    ck_assert_ptr_eq(rr_yaml_get(root, "c")->item[1], rr_yaml_get(root, "a"));
}
END_TEST

START_TEST(a_double_key_is_dropped_and_told)
{
    check_mistake("a: 1\nb: 2\na: 3\n", 3, 1, "`a` stands twice, first on line 1");
    const struct rr_yaml *root = parse("{b: 1, a: 1, b: 2, c: 3, b: 4}");
    ck_assert_int_eq(mistakes.n_found, 2);
    ck_assert_int_eq(root->n, 3);
    ck_assert(rr_text_equal(rr_yaml_get(root, "b")->text, rr_text_of("1")));
}
END_TEST

START_TEST(refuses_by_place)
{
    check_mistake("", 1, 1, "empty");
    check_mistake("# nothing\n", 1, 1, "empty");
    check_mistake("a: 1\n---\nb: 2\n", 2, 1, "second document");
    check_mistake("a: 1\n...\n}", 3, 1, "not YAML");
    check_mistake("a: [1\nb: 2", 2, 2, "not YAML");
    check_mistake("a: b: c", 1, 5, "not YAML");
    check_mistake("a: *b", 1, 4, "undefined alias");
    check_mistake("a: 1\nb: \"\x80\"", 2, 5, "not YAML");
    check_mistake("a: !!int 1", 1, 4, "tag");
    check_mistake("a: !!python/object 1", 1, 4, "tag");
    check_mistake("a: !x {b: 1}", 1, 4, "tag");
    check_mistake("{a: &x {b: 1}, <<: *x}", 1, 16, "merge keys");
    check_mistake("{[1]: 2}", 1, 2, "a key is a text");
    check_mistake("a: \"b\\0c\"", 1, 4, "NUL");
    check_mistake("a: &x [*x]", 1, 4, "holds itself");
    check_mistake("a: &x {b: {c: *x}}", 1, 4, "holds itself");
}
END_TEST

START_TEST(refuses_deep_nests)
{
    char text[512];
    memset(text, '[', 200);
    memset(text + 200, ']', 200);
    text[400] = '\0';
    ck_assert_ptr_null(parse(text));
    ck_assert_ptr_nonnull(strstr(mistakes.item[0].text, "nested too deeply"));
}
END_TEST

/* Nine lists, each of nine aliases of the one before: 10^9 nodes in a walk. */
START_TEST(refuses_aliases_that_explode)
{
    char text[1024];
    size_t len = (size_t)sprintf(text, "l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        len += (size_t)sprintf(text + len, "l%d: &l%d [", i, i);
        for (int j = 0; j < 9; j++)
            len += (size_t)sprintf(text + len, "%s*l%d", j > 0 ? ", " : "", i - 1);
        len += (size_t)sprintf(text + len, "]\n");
    }
    ck_assert_ptr_null(parse(text));
    ck_assert_ptr_nonnull(strstr(mistakes.item[0].text, "more than a million"));
}
END_TEST

START_TEST(passes_over_a_byte_order_mark)
{
    const struct rr_yaml *root = parse("\xEF\xBB\xBF"
                                       "a: 1");
    ck_assert_int_eq(mistakes.n_found, 0);
    ck_assert_ptr_nonnull(rr_yaml_get(root, "a"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = tcase_create("yaml");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nodes_know_their_places);
    tcase_add_test(tcase, only_unquoted_nothing_is_null);
    tcase_add_test(tcase, an_alias_is_its_node);
    tcase_add_test(tcase, a_double_key_is_dropped_and_told);
    tcase_add_test(tcase, refuses_by_place);
    tcase_add_test(tcase, refuses_deep_nests);
    tcase_add_test(tcase, refuses_aliases_that_explode);
    tcase_add_test(tcase, passes_over_a_byte_order_mark);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
