#include "unit.h"

#include "base/text.h"
#include "engine/trace/words.h"

#include <stdlib.h>
#include <string.h>

static struct word_list words_in(str text)
{
    struct word_list words = {0};

    words_of_text(&scratch, text, &words);
    return words;
}

static bool has(const char *text, const char *word)
{
    struct word_list words = words_in(str_of(text)), one = words_in(str_of(word));

    assert_int_equal(one.count, 1);
    return word_listed(&words, one.items[0]);
}

static str repeated(char c, size_t count)
{
    struct text text = text_in(&scratch);

    while (count-- > 0)
        text_add_char(&text, c);
    return text_str(&text);
}

TEST(words_are_runs_of_letters_digits_and_underscores)
{
    assert_int_equal(words_in(S("O1234, a_b;(x1)")).count, 3);
    assert_true(has("order O1234!", "O1234"));
    assert_true(has("caf\xc3\xa9 noir", "caf\xc3\xa9"));
    assert_false(has("O1234", "O123"));
}

TEST(case_does_not_matter)
{
    assert_true(has("LAPTOP", "laptop"));
}

TEST(a_word_has_two_to_sixty_four_characters)
{
    assert_int_equal(words_in(S("a")).count, 0);
    assert_int_equal(words_in(S("ab")).count, 1);
    assert_int_equal(words_in(repeated('x', 64)).count, 1);
    assert_int_equal(words_in(repeated('x', 65)).count, 0);
}

TEST(a_word_counts_once)
{
    assert_int_equal(words_in(S("one two One TWO one")).count, 2);
}

TEST(names_of_members_are_no_words)
{
    assert_false(has("{\"orderId\": \"O1\"}", "orderId"));
    assert_false(has("{\\\"orderId\\\":\\\"O1\\\"}", "orderId"));
    assert_false(has("{\"orderId\"  : 1}", "orderId"));
    assert_true(has("{\"orderId\": \"O1\"}", "O1"));
    assert_true(has("[\"orderId\"]", "orderId"));
}

TEST(a_text_has_at_most_sixty_four_words)
{
    struct text text = text_in(&scratch);

    for (int i = 0; i < MOST_WORDS_OF_TEXT; i++)
        text_format(&text, "w%d ", i);
    assert_int_equal(words_in(text_str(&text)).count, MOST_WORDS_OF_TEXT);
    text_add(&text, S("more"));
    assert_int_equal(words_in(text_str(&text)).count, MOST_WORDS_OF_TEXT);
}

TEST(the_same_text_is_another_word_of_another_kind)
{
    assert_true(word_of(WORD_RESOURCE, S("denied")) != word_of(WORD_VERDICT, S("denied")));
}

enum { FIRST = 3 * TRACES_OF_RANGE, RANGE = 3 };

static const int64_t word = INT64_C(0x7fedcba987654321), negative = -INT64_C(0x123456789abcdef0);

/* The places of two words: one is in some traces, the other in the first and the last. */
static str places(void)
{
    static uint64_t sorted[5];
    const uint64_t made[] = {word_place(word, FIRST + 50), word_place(word, FIRST + 7),
                             word_place(negative, FIRST), word_place(word, FIRST + 8),
                             word_place(negative, FIRST + TRACES_OF_RANGE - 1)};

    memcpy(sorted, made, sizeof made);
    qsort(sorted, 5, sizeof *sorted, word_place_order);
    return (str){(const char *)sorted, sizeof sorted};
}

TEST(a_word_is_found_in_the_newest_trace_of_a_range_up_to_one)
{
    static const struct {
        int64_t last, found;
    } cases[] = {{TRACES_OF_RANGE - 1, 50}, {50, 50}, {49, 8}, {8, 8}, {7, 7}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(word_newest(places(), RANGE, word, FIRST + cases[i].last), FIRST + cases[i].found);
    assert_int_equal(word_newest(places(), RANGE, word, FIRST + 6), 0);
    assert_int_equal(word_newest(places(), RANGE, negative, FIRST + TRACES_OF_RANGE - 1),
                     FIRST + TRACES_OF_RANGE - 1);
    assert_int_equal(word_newest(places(), RANGE, negative, FIRST + TRACES_OF_RANGE - 2), FIRST);
}

TEST(a_word_that_no_trace_of_the_range_has_is_not_found)
{
    assert_int_equal(word_newest(places(), RANGE, word + TRACES_OF_RANGE, FIRST + TRACES_OF_RANGE - 1), 0);
    assert_int_equal(word_newest(places(), RANGE, word - TRACES_OF_RANGE, FIRST + TRACES_OF_RANGE - 1), 0);
    assert_int_equal(word_newest(S(""), RANGE, word, FIRST + TRACES_OF_RANGE - 1), 0);
}

TEST(a_range_is_64_traces)
{
    assert_int_equal(trace_range(FIRST - 1), RANGE - 1);
    assert_int_equal(trace_range(FIRST), RANGE);
    assert_int_equal(trace_range(trace_range_last(RANGE)), RANGE);
    assert_int_equal(trace_range_first(RANGE), FIRST);
    assert_int_equal(trace_range_last(RANGE), FIRST + 63);
}

TEST(a_stored_list_has_its_words_and_no_others)
{
    const int64_t list[] = {word, negative};
    str stored = {(const char *)list, sizeof list};

    assert_true(word_stored(stored, word));
    assert_true(word_stored(stored, negative));
    assert_false(word_stored(stored, word + 1));
    assert_false(word_stored(S(""), word));
}

TESTS(test(words_are_runs_of_letters_digits_and_underscores), test(case_does_not_matter),
      test(a_word_has_two_to_sixty_four_characters), test(a_word_counts_once),
      test(names_of_members_are_no_words), test(a_text_has_at_most_sixty_four_words),
      test(the_same_text_is_another_word_of_another_kind),
      test(a_word_is_found_in_the_newest_trace_of_a_range_up_to_one),
      test(a_word_that_no_trace_of_the_range_has_is_not_found), test(a_range_is_64_traces),
      test(a_stored_list_has_its_words_and_no_others))
