#include "unit.h"

#include "wire/uri.h"

static str encoded(str value, bool keep_slash)
{
    struct text text = text_in(&scratch);

    uri_encode(&text, value, keep_slash);
    return text_str(&text);
}

TEST(all_but_the_unreserved_characters_are_escaped)
{
    assert_text(encoded(S("AZaz09-._~"), false), "AZaz09-._~");
    assert_text(encoded(S(" +*%/?\xc3\xa9\0"), false), "%20%2B%2A%25%2F%3F%C3%A9%00");
    assert_text(encoded(S("a/b c"), true), "a/b%20c");
    assert_text(encoded(S(""), false), "");
}

TEST(escapes_are_decoded_and_plus_stays)
{
    str decoded;

    assert_true(uri_decode(&scratch, S("a%20b+%c3%A9"), &decoded));
    assert_text(decoded, "a b+\xc3\xa9");
    assert_true(uri_decode(&scratch, S(""), &decoded));
    assert_text(decoded, "");
    assert_false(uri_decode(&scratch, S("%4"), &decoded));
    assert_false(uri_decode(&scratch, S("%g0"), &decoded));
}

TEST(every_byte_survives_encoding)
{
    char bytes[256];
    str decoded;

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    assert_true(uri_decode(&scratch, encoded((str){bytes, 256}, false), &decoded));
    assert_str(decoded, ((str){bytes, 256}));
}

TEST(an_absolute_url_has_all_its_parts)
{
    struct uri uri;

    assert_true(uri_parse(S("https://user:p%40ss@example.com:8443/a/b%20c?x=1&y=?#top"), &uri));
    assert_text(uri.scheme, "https");
    assert_text(uri.userinfo, "user:p%40ss");
    assert_text(uri.host, "example.com");
    assert_int_equal(uri.port, 8443);
    assert_text(uri.path, "/a/b%20c");
    assert_text(uri.query, "x=1&y=?");
}

TEST(parts_not_given_have_their_defaults)
{
    struct uri uri;

    assert_true(uri_parse(S("http://localhost"), &uri));
    assert_text(uri.host, "localhost");
    assert_int_equal(uri.port, 0);
    assert_text(uri.path, "/");
    assert_text(uri.query, "");
    assert_absent(uri.userinfo);
    assert_true(uri_parse(S("http://localhost?a=1"), &uri));
    assert_text(uri.path, "/");
    assert_text(uri.query, "a=1");
}

TEST(an_ipv6_address_loses_its_brackets)
{
    struct uri uri;

    assert_true(uri_parse(S("http://[::1]:4566/"), &uri));
    assert_text(uri.host, "::1");
    assert_int_equal(uri.port, 4566);
}

TEST(an_origin_form_target_has_path_and_query_only)
{
    struct uri uri;

    assert_true(uri_parse(S("/000000000000/orders?Action=SendMessage"), &uri));
    assert_absent(uri.scheme);
    assert_absent(uri.host);
    assert_text(uri.path, "/000000000000/orders");
    assert_text(uri.query, "Action=SendMessage");
    assert_true(uri_parse(S("//evil/http://x"), &uri));
    assert_text(uri.path, "//evil/http://x");
    assert_absent(uri.host);
}

TEST(the_host_is_what_stands_behind_the_last_at_sign)
{
    struct uri uri;

    assert_true(uri_parse(S("http://good.com@evil.com/@x"), &uri));
    assert_text(uri.host, "evil.com");
}

TEST(what_is_no_url_is_refused)
{
    static const str bad[] = {STR_INIT(""),
                              STR_INIT("*"),
                              STR_INIT("example.com"),
                              STR_INIT("://x"),
                              STR_INIT("1http://x"),
                              STR_INIT("http://"),
                              STR_INIT("http:///path"),
                              STR_INIT("http://h:0/"),
                              STR_INIT("http://h:65536/"),
                              STR_INIT("http://h:8a/"),
                              STR_INIT("http://h:-1/"),
                              STR_INIT("http://[::1/"),
                              STR_INIT("http://[::1]x/"),
                              STR_INIT("http://u@/"),
                              STR_INIT("/a b"),
                              STR_INIT("/a\nb"),
                              STR_INIT("/\xc3\xa9"),
                              STR_INIT("/\x7f")};
    struct uri uri;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (uri_parse(bad[i], &uri))
            fail_msg("accepted: %.*s", STR_ARGS(bad[i]));
}

TESTS(test(all_but_the_unreserved_characters_are_escaped), test(escapes_are_decoded_and_plus_stays),
      test(every_byte_survives_encoding), test(an_absolute_url_has_all_its_parts),
      test(parts_not_given_have_their_defaults), test(an_ipv6_address_loses_its_brackets),
      test(an_origin_form_target_has_path_and_query_only),
      test(the_host_is_what_stands_behind_the_last_at_sign), test(what_is_no_url_is_refused))
