#include "unit.h"

#include "base/text.h"
#include "engine/trace_words.h"

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

TESTS(test(words_are_runs_of_letters_digits_and_underscores), test(case_does_not_matter),
      test(a_word_has_two_to_sixty_four_characters), test(a_word_counts_once),
      test(names_of_members_are_no_words), test(a_text_has_at_most_sixty_four_words),
      test(the_same_text_is_another_word_of_another_kind))
