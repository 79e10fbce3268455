/*
 * test_seals.c: unseal() accepts what seal() has made, and nothing else.
 */
#include "core.h"

#include <stdio.h>
#include <string.h>

static char sealed[256];

/* Write the seal to sealed[]. */
static void make_seal(const char *purpose, const char *data)
{
    char steps[256];

    snprintf(steps, sizeof steps, "seal s %s %s", purpose, data);
    assert_run(steps);
    str found = get("s");
    snprintf(sealed, sizeof sealed, "%.*s", STR_ARGS(found));
}

static str unsealed(const char *purpose, const char *text)
{
    char steps[512];

    snprintf(steps, sizeof steps, "unseal u %s %s", purpose, text);
    assert_run(steps);
    return get("u");
}

TEST(a_seal_gives_back_what_was_sealed)
{
    static const char *const data[] = {"", "a", "ab", "abc", "a longer text of several words"};

    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        make_seal("toy/page", data[i]);
        assert_true(str_is_word(str_of(sealed), S("-_")));
        assert_int_equal(strlen(sealed), ((16 + strlen(data[i])) * 4 + 2) / 3);
        assert_str(unsealed("toy/page", sealed), str_of(data[i]));
    }
}

TEST(a_seal_is_good_for_its_purpose_only)
{
    make_seal("toy/page", "data");
    assert_text(unsealed("toy/pag", sealed), "refused");
    assert_text(unsealed("toy/pages", sealed), "refused");
    assert_text(unsealed("toy/other", sealed), "refused");
    assert_text(unsealed("toy/page", sealed), "data");
}

TEST(a_seal_with_any_character_changed_added_or_missing_is_refused)
{
    make_seal("toy/page", "data");
    for (size_t i = 0; sealed[i]; i++) {
        char kept = sealed[i];
        sealed[i] = kept == 'A' ? 'B' : 'A';
        assert_text(unsealed("toy/page", sealed), "refused");
        sealed[i] = kept;
    }
    size_t size = strlen(sealed);
    sealed[size] = 'A', sealed[size + 1] = '\0';
    assert_text(unsealed("toy/page", sealed), "refused");
    for (; size > 0; size--) {
        sealed[size - 1] = '\0';
        assert_text(unsealed("toy/page", sealed), "refused");
    }
}

TEST(a_seal_is_good_after_a_restart_and_after_a_reset)
{
    make_seal("toy/page", "data");
    core_restart();
    assert_text(unsealed("toy/page", sealed), "data");
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 200);
    assert_text(unsealed("toy/page", sealed), "data");
    core_restart();
    assert_text(unsealed("toy/page", sealed), "data");
}

TEST(a_seal_of_another_store_is_refused)
{
    make_seal("toy/page", "data");
    core_teardown(NULL);
    core_setup(NULL);
    assert_text(unsealed("toy/page", sealed), "refused");
}

TESTS(engine_test(a_seal_gives_back_what_was_sealed), engine_test(a_seal_is_good_for_its_purpose_only),
      engine_test(a_seal_with_any_character_changed_added_or_missing_is_refused),
      engine_test(a_seal_is_good_after_a_restart_and_after_a_reset),
      engine_test(a_seal_of_another_store_is_refused))
