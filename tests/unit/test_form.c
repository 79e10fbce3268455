#include "unit.h"

#include "wire/form.h"

static struct form form;

TEST(fields_are_read_in_order)
{
    assert_true(form_parse(&scratch, S("Action=Publish&Message=a+b%26c%3D&Version=2010-03-31"), &form));
    assert_int_equal(form.count, 3);
    assert_text(form.items[0].name, "Action");
    assert_text(form_get(&form, S("Message")), "a b&c=");
    assert_text(form_get(&form, S("Version")), "2010-03-31");
    assert_absent(form_get(&form, S("version")));
}

TEST(names_are_decoded_too)
{
    assert_true(form_parse(&scratch, S("a%2Eb=1"), &form));
    assert_text(form_get(&form, S("a.b")), "1");
}

TEST(a_field_without_equals_sign_is_empty_not_absent)
{
    assert_true(form_parse(&scratch, S("list-type&prefix="), &form));
    assert_text(form_get(&form, S("list-type")), "");
    assert_text(form_get(&form, S("prefix")), "");
}

TEST(only_the_first_equals_sign_separates)
{
    assert_true(form_parse(&scratch, S("token=YQ==&=x"), &form));
    assert_text(form_get(&form, S("token")), "YQ==");
    assert_text(form_get(&form, S("")), "x");
}

TEST(empty_pieces_are_skipped)
{
    assert_true(form_parse(&scratch, S("&&a=1&"), &form));
    assert_int_equal(form.count, 1);
    assert_true(form_parse(&scratch, S(""), &form));
    assert_int_equal(form.count, 0);
    assert_true(form_parse(&scratch, (str){0}, &form));
    assert_int_equal(form.count, 0);
}

TEST(the_first_of_a_repeated_name_is_given)
{
    assert_true(form_parse(&scratch, S("a=1&a=2"), &form));
    assert_text(form_get(&form, S("a")), "1");
}

TEST(bad_escapes_and_invalid_utf8_are_refused)
{
    static const str bad[] = {STR_INIT("a=%"),   STR_INIT("a=%2"),   STR_INIT("a=%zz"),      STR_INIT("%=1"),
                              STR_INIT("a=%ff"), STR_INIT("a=\xff"), STR_INIT("a=%ed%a0%80")};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(form_parse(&scratch, bad[i], &form));
}

TEST(a_query_keeps_bad_escapes)
{
    form = form_read_query(&scratch, S("a=50%&&b=%41%4+%zz&%=%c3%a9&c"));
    assert_int_equal(form.count, 4);
    assert_text(form_get(&form, S("a")), "50%");
    assert_text(form_get(&form, S("b")), "A%4 %zz");
    assert_text(form_get(&form, S("%")), "\xc3\xa9");
    assert_text(form_get(&form, S("c")), "");
    assert_int_equal(form_read_query(&scratch, (str){0}).count, 0);
}

TEST(what_was_added_is_read_back)
{
    struct text text = text_in(&scratch);

    form_add(&text, S("a b"), S("1+1=2&\xc3\xa9"));
    form_add(&text, S("c"), S(""));
    assert_text(text_str(&text), "a+b=1%2B1%3D2%26%C3%A9&c=");
    assert_true(form_parse(&scratch, text_str(&text), &form));
    assert_text(form_get(&form, S("a b")), "1+1=2&\xc3\xa9");
    assert_text(form_get(&form, S("c")), "");
}

TESTS(test(fields_are_read_in_order), test(names_are_decoded_too),
      test(a_field_without_equals_sign_is_empty_not_absent), test(only_the_first_equals_sign_separates),
      test(empty_pieces_are_skipped), test(the_first_of_a_repeated_name_is_given),
      test(bad_escapes_and_invalid_utf8_are_refused), test(a_query_keeps_bad_escapes),
      test(what_was_added_is_read_back))
