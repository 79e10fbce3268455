/*
 * test_log_pattern.c: patterns of terms against messages.
 */
#include "unit.h"

#include "services/logs/log_pattern.h"
#include "services/logs/log_terms.h"

#include "base/hash.h"
#include "base/text.h"

static bool matches(const char *text, const char *message)
{
    struct pattern pattern;
    str problem;

    assert_true(logs_pattern_parse(&scratch, str_of(text), &pattern, &problem));
    return logs_pattern_matches(&pattern, str_of(message));
}

static str problem_of(const char *text)
{
    struct pattern pattern;
    str problem;

    assert_false(logs_pattern_parse(&scratch, str_of(text), &pattern, &problem));
    return problem;
}

TEST(the_empty_pattern_matches_everything)
{
    assert_true(matches("", "anything"));
    assert_true(matches("  ", ""));
}

TEST(every_term_must_be_in_the_message)
{
    assert_true(matches("ERROR disk", "disk: ERROR"));
    assert_false(matches("ERROR disk", "ERROR network"));
}

TEST(terms_match_in_their_own_case_and_inside_words)
{
    assert_false(matches("ERROR", "error"));
    assert_true(matches("ERROR", "[ERRORS]"));
}

TEST(a_phrase_matches_as_it_stands)
{
    assert_true(matches("\"network down\"", "the network down the road"));
    assert_false(matches("\"network down\"", "network is down"));
    assert_true(matches("\"a \\\"b\\\" \\\\c\"", "say a \"b\" \\c"));
    assert_true(matches("\"\"", "anything"));
}

TEST(excluded_terms_keep_messages_out)
{
    assert_true(matches("ERROR -disk", "ERROR network"));
    assert_false(matches("ERROR -disk", "ERROR disk"));
    assert_true(matches("-disk", "network"));
    assert_false(matches("-\"disk full\"", "disk full"));
}

TEST(one_optional_term_is_enough)
{
    assert_true(matches("?disk ?\"all fine\"", "all fine"));
    assert_true(matches("?disk ?fine", "disk"));
    assert_false(matches("?disk ?fine", "network"));
}

TEST(beside_other_terms_optional_ones_have_no_say)
{
    assert_true(matches("?disk ERROR", "ERROR"));
    assert_false(matches("?disk ERROR", "disk"));
    assert_true(matches("?disk -ERROR", "network"));
}

TEST(a_hyphen_inside_a_word_excludes_nothing)
{
    assert_true(matches("end-of-file", "an end-of-file"));
    assert_false(matches("end-of-file", "end"));
}

TEST(letters_of_other_alphabets_make_words)
{
    assert_true(matches("été", "un été chaud"));
}

TEST(what_is_no_pattern_is_refused)
{
    assert_text(problem_of("\"open"), "Invalid filter pattern");
    assert_text(problem_of("a:b"), "Invalid filter pattern");
    assert_text(problem_of("?"), "Invalid filter pattern");
    assert_text(problem_of("ERROR -"), "Invalid filter pattern");
}

/* The result of a plain search for each term. */
static bool contains(str message, str text)
{
    return str_empty(text) || str_find(message, text) >= 0;
}

/* Texts of few different letters contain, begin and end each other in every way. */
static str random_letters(size_t most)
{
    return random_text(&scratch, S("ab"), random_u64() % (most + 1));
}

TEST(a_walk_finds_what_a_search_for_each_term_finds)
{
    for (int round = 0; round < 3000; round++) {
        str a = random_letters(3), b = random_letters(4), c = random_letters(2), message = random_letters(12);
        const char *both =
            arena_format(&scratch, "\"%.*s\" \"%.*s\" -\"%.*s\"", STR_ARGS(a), STR_ARGS(b), STR_ARGS(c)).data;
        const char *either = arena_format(&scratch, "?\"%.*s\" ?\"%.*s\"", STR_ARGS(a), STR_ARGS(b)).data;
        const char *text = arena_cstr(&scratch, message);
        assert_int_equal(matches(both, text),
                         contains(message, a) && contains(message, b) && !contains(message, c));
        assert_int_equal(matches(either, text), contains(message, a) || contains(message, b));
    }
}

static uint64_t steps_of(const char *text, str message)
{
    struct pattern pattern;
    str problem;

    assert_true(logs_pattern_parse(&scratch, str_of(text), &pattern, &problem));
    logs_pattern_matches(&pattern, message);
    logs_pattern_matches(&pattern, message);
    return pattern.terms->steps / 2;
}

TEST(what_matching_costs_grows_with_the_message_and_not_with_the_terms)
{
    enum { TERMS = 40, MESSAGE = 10000 };
    struct text pattern = text_in(&scratch), message = text_in(&scratch);

    for (int i = 1; i <= TERMS; i++) { /* a, aa, aaa, …, and each with a different last letter */
        for (int letter = 0; letter < i; letter++)
            text_add_char(&pattern, 'a');
        text_format(&pattern, "%s ", i % 2 ? "b" : "");
    }
    for (int i = 0; i < MESSAGE; i++)
        text_add_char(&message, 'a');
    text_add_char(&pattern, '\0');
    assert_true(steps_of(pattern.data, text_str(&message)) <= MESSAGE + TERMS);
}

TESTS(test(the_empty_pattern_matches_everything), test(every_term_must_be_in_the_message),
      test(terms_match_in_their_own_case_and_inside_words), test(a_phrase_matches_as_it_stands),
      test(excluded_terms_keep_messages_out), test(one_optional_term_is_enough),
      test(beside_other_terms_optional_ones_have_no_say), test(a_hyphen_inside_a_word_excludes_nothing),
      test(letters_of_other_alphabets_make_words), test(what_is_no_pattern_is_refused),
      test(a_walk_finds_what_a_search_for_each_term_finds),
      test(what_matching_costs_grows_with_the_message_and_not_with_the_terms))
