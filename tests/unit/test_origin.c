#include "unit.h"

#include "wire/origin.h"

static const str hosts[] = {STR_INIT("api.example.com"), STR_INIT("*.example.org"), STR_INIT("192.0.2.7"),
                            STR_INIT("2001:db8::7")};
static const str origins[] = {STR_INIT("http://localhost:3000"), STR_INIT("https://app.example.com")};
static const struct origin_rules rules = {hosts, 4, origins, 2};

static struct http_request request;

static void begin(void)
{
    request = (struct http_request){.method = S("GET"), .path = S("/"), .query = S("")};
}

static void add(str name, str value)
{
    http_header_add(&scratch, &request.headers, name, value);
}

static struct visitor visitor(void)
{
    return origin_visitor(&rules, &request, S("10.1.2.3"));
}

static enum host_kind kind_of(str host)
{
    begin();
    add(S("Host"), host);
    return visitor().host_kind;
}

static void assert_kinds(const str *names, size_t count, enum host_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (kind_of(names[i]) != kind)
            fail_msg("%.*s is %d", STR_ARGS(names[i]), (int)kind_of(names[i]));
}

TEST(loopback_and_the_address_called_are_ours)
{
    static const str ours[] = {STR_INIT("localhost"),
                               STR_INIT("localhost:4566"),
                               STR_INIT("LocalHost:1"),
                               STR_INIT("queue.localhost:65535"),
                               STR_INIT("a.b.localhost"),
                               STR_INIT("127.0.0.1"),
                               STR_INIT("127.0.0.1:4566"),
                               STR_INIT("127.255.0.1:4566"),
                               STR_INIT("[::1]"),
                               STR_INIT("[::1]:4566"),
                               STR_INIT("[0:0:0:0:0:0:0:1]:4566"),
                               STR_INIT("[::ffff:127.0.0.1]:4566"),
                               STR_INIT("10.1.2.3:4566"),
                               STR_INIT("[::ffff:10.1.2.3]"),
                               STR_INIT("localhost.localstack.cloud:4566"),
                               STR_INIT("sqs.us-east-1.localhost.localstack.cloud:4566"),
                               STR_INIT("stream-localhost:4566"),
                               STR_INIT("streaming-LocalHost"),
                               STR_INIT("stream-127.0.0.1:4566"),
                               STR_INIT("streaming-127.0.0.1"),
                               STR_INIT("api.example.com:8443"),
                               STR_INIT("a.b.example.org"),
                               STR_INIT("192.0.2.7:4566"),
                               STR_INIT("[2001:db8:0::7]:4566")};

    assert_kinds(ours, sizeof ours / sizeof *ours, HOST_OURS);
}

TEST(names_of_awss_form_are_served_but_not_ours)
{
    static const str aws[] = {STR_INIT("sqs.us-east-1.amazonaws.com"), STR_INIT("sts.amazonaws.com:443"),
                              STR_INIT("SQS.cn-north-1.amazonaws.com.cn"),
                              STR_INIT("lambda.eu-west-1.api.aws"),
                              STR_INIT("abc.lambda-url.us-east-1.on.aws")};

    assert_kinds(aws, sizeof aws / sizeof *aws, HOST_OF_AWS);
}

TEST(other_names_are_foreign)
{
    static const str foreign[] = {STR_INIT("rebind.example"),
                                  STR_INIT("rebind.example:4566"),
                                  STR_INIT("localhost.example"),
                                  STR_INIT("xlocalhost"),
                                  STR_INIT("evil-localhost"),
                                  STR_INIT("stream-localhost.example"),
                                  STR_INIT("stream-stream-localhost"),
                                  STR_INIT("stream-10.1.2.3"),
                                  STR_INIT("stream-api.example.com"),
                                  STR_INIT("localhost.localstack.cloud.evil.example"),
                                  STR_INIT("xlocalhost.localstack.cloud"),
                                  STR_INIT("amazonaws.com"),
                                  STR_INIT("evilamazonaws.com"),
                                  STR_INIT("on.aws"),
                                  STR_INIT("amazonaws.com.evil.example"),
                                  STR_INIT("x.api.example.com"),
                                  STR_INIT("example.org"),
                                  STR_INIT("notexample.org"),
                                  STR_INIT("10.1.2.4"),
                                  STR_INIT("0.0.0.0:4566"),
                                  STR_INIT("127.1"),
                                  STR_INIT("2130706433"),
                                  STR_INIT("0x7f000001"),
                                  STR_INIT("[::2]:4566"),
                                  STR_INIT("[::]:4566"),
                                  STR_INIT("192.0.2.8"),
                                  STR_INIT("128.0.0.1"),
                                  STR_INIT("126.255.255.255")};

    assert_kinds(foreign, sizeof foreign / sizeof *foreign, HOST_FOREIGN);
}

TEST(what_is_no_host_is_malformed)
{
    static const str malformed[] = {STR_INIT("evil.example/x?\"><script>"),
                                    STR_INIT("localhost/"),
                                    STR_INIT("localhost:"),
                                    STR_INIT("localhost:0"),
                                    STR_INIT("localhost:65536"),
                                    STR_INIT("localhost:4566:1"),
                                    STR_INIT("localhost:x"),
                                    STR_INIT("user@localhost"),
                                    STR_INIT("localhost."),
                                    STR_INIT(".localhost"),
                                    STR_INIT("a..localhost"),
                                    STR_INIT("local host"),
                                    STR_INIT("localhost,evil.example"),
                                    STR_INIT("[::1"),
                                    STR_INIT("::1"),
                                    STR_INIT("[localhost]"),
                                    STR_INIT("[::1]x"),
                                    STR_INIT("[::1%lo]"),
                                    STR_INIT("caf\xc3\xa9.localhost"),
                                    STR_INIT("*.localhost"),
                                    STR_INIT("a\"b.localhost"),
                                    STR_INIT("localhost:+80"),
                                    STR_INIT("127.0.0.1\0x"),
                                    STR_INIT("[::1\0]"),
                                    STR_INIT("<b>.localhost"),
                                    STR_INIT("localhost#"),
                                    STR_INIT(":4566")};

    assert_kinds(malformed, sizeof malformed / sizeof *malformed, HOST_MALFORMED);
}

TEST(a_name_may_be_as_long_as_dns_has_it)
{
    char name[264];

    memset(name, 'a', sizeof name);
    memcpy(name + 244, ".localhost", 10);
    assert_int_equal(kind_of((str){name + 1, 253}), HOST_OURS);
    assert_int_equal(kind_of((str){name, 254}), HOST_MALFORMED);
    memset(name, '0', sizeof name);
    memcpy(name, "localhost:", 10);
    name[258] = '1';
    assert_int_equal(kind_of((str){name, 259}), HOST_OURS);
    name[259] = '1';
    assert_int_equal(kind_of((str){name, 260}), HOST_MALFORMED);
}

TEST(there_is_one_host_header_or_none)
{
    begin();
    assert_int_equal(visitor().host_kind, HOST_ABSENT);
    add(S("Host"), S("localhost"));
    add(S("hOST"), S("localhost"));
    assert_int_equal(visitor().host_kind, HOST_MALFORMED);
}

/* The sender of a request to localhost:4566 with these headers; absent values add no header. */
static enum sender sender(str origin, str site, str agent)
{
    begin();
    add(S("Host"), S("localhost:4566"));
    if (str_present(origin))
        add(S("Origin"), origin);
    if (str_present(site))
        add(S("Sec-Fetch-Site"), site);
    if (str_present(agent))
        add(S("User-Agent"), agent);
    return visitor().sender;
}

static const str none = {0};

TEST(what_says_nothing_of_a_page_is_a_program)
{
    assert_int_equal(sender(none, none, none), SENDER_PROGRAM);
    assert_int_equal(sender(none, none, S("Boto3/1.44.5")), SENDER_PROGRAM);
    assert_int_equal(sender(none, none, S("Mozilla/5.0 (X11; Linux x86_64)")), SENDER_PROGRAM);
    add(S("Sec-Fetch-Mode"), S("cors")); /* Node.js's fetch() sends this and no other such header */
    assert_int_equal(visitor().sender, SENDER_PROGRAM);
}

TEST(an_origin_is_ours_allowed_or_foreign)
{
    static const str foreign[] = {STR_INIT("null"),
                                  STR_INIT(""),
                                  STR_INIT("http://localhost"),
                                  STR_INIT("http://localhost:4567"),
                                  STR_INIT("https://localhost:4566"),
                                  STR_INIT("http://127.0.0.1:4566"),
                                  STR_INIT("http://localhost:30000"),
                                  STR_INIT("http://localhost:3000/"),
                                  STR_INIT("http://localhost:3000.evil.example"),
                                  STR_INIT("https://localhost:3000"),
                                  STR_INIT("http://app.example.com"),
                                  STR_INIT("https://api.example.com"),
                                  STR_INIT("http://localhost:3000, https://app.example.com"),
                                  STR_INIT("http://evil.example")};

    assert_int_equal(sender(S("http://localhost:4566"), none, none), SENDER_OWN_PAGE);
    assert_int_equal(sender(S("http://localhost:3000"), none, none), SENDER_ALLOWED_PAGE);
    assert_int_equal(sender(S("https://app.example.com"), S("cross-site"), none), SENDER_ALLOWED_PAGE);
    assert_text(visitor().origin, "https://app.example.com");
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (sender(foreign[i], none, none) != SENDER_FOREIGN_PAGE)
            fail_msg("%.*s", STR_ARGS(foreign[i]));
    add(S("Origin"), S("http://localhost:3000"));
    assert_int_equal(visitor().sender, SENDER_FOREIGN_PAGE);
}

TEST(only_a_well_formed_origin_is_repeated)
{
    sender(S("http://evil.example"), none, none);
    assert_text(visitor().origin, "http://evil.example");
    sender(S("http://evil.example/\"><script>"), none, none);
    assert_absent(visitor().origin);
}

TEST(without_an_origin_the_site_tells)
{
    assert_int_equal(sender(none, S("cross-site"), none), SENDER_FOREIGN_PAGE);
    assert_int_equal(sender(none, S("same-site"), none), SENDER_FOREIGN_PAGE);
    assert_int_equal(sender(none, S("anything"), none), SENDER_FOREIGN_PAGE);
    assert_int_equal(sender(none, S(""), none), SENDER_FOREIGN_PAGE);
    assert_int_equal(sender(none, S("same-origin"), none), SENDER_OWN_PAGE);
    assert_int_equal(sender(none, S("none"), none), SENDER_TYPED_URL);
}

TEST(a_signed_url_from_a_browser_that_does_not_say_more_is_a_pages)
{
    sender(none, none, S("Mozilla/5.0 (X11; Linux x86_64)"));
    request.query = S("Action=CreateRole&X-Amz-Signature=0");
    assert_int_equal(visitor().sender, SENDER_FOREIGN_PAGE);
    sender(none, none, S("curl/7.88.1"));
    request.query = S("Action=CreateRole&X-Amz-Signature=0");
    assert_int_equal(visitor().sender, SENDER_PROGRAM);
    sender(none, S("none"), S("Mozilla/5.0 (X11; Linux x86_64)"));
    request.query = S("Action=CreateRole&X-Amz-Signature=0");
    assert_int_equal(visitor().sender, SENDER_TYPED_URL);
}

TEST(a_page_at_a_name_of_awss_form_is_not_ours)
{
    begin();
    add(S("Host"), S("x.s3.amazonaws.com"));
    add(S("Sec-Fetch-Site"), S("same-origin"));
    assert_int_equal(visitor().sender, SENDER_FOREIGN_PAGE);
    add(S("Origin"), S("http://x.s3.amazonaws.com"));
    assert_int_equal(visitor().sender, SENDER_FOREIGN_PAGE);
}

TEST(rules_are_checked)
{
    static const str good[] = {STR_INIT("http://localhost:3000"), STR_INIT("https://app.example.com"),
                               STR_INIT("http://[::1]:5173"),     STR_INIT("http://127.0.0.1:8080"),
                               STR_INIT("tauri://localhost"),     STR_INIT("chrome-extension://abcdef")};
    static const str bad[] = {STR_INIT("*"),
                              STR_INIT("null"),
                              STR_INIT(""),
                              STR_INIT("localhost:3000"),
                              STR_INIT("http://localhost:3000/"),
                              STR_INIT("http://localhost:3000/app"),
                              STR_INIT("http://localhost?x"),
                              STR_INIT("http://localhost#x"),
                              STR_INIT("http://*.example.com"),
                              STR_INIT("http://u:p@example.com"),
                              STR_INIT("http://Example.com"),
                              STR_INIT("http://example.com:80"),
                              STR_INIT("https://example.com:443"),
                              STR_INIT("http://"),
                              STR_INIT("http://a b")};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!origin_valid(good[i]))
            fail_msg("%.*s", STR_ARGS(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (origin_valid(bad[i]))
            fail_msg("%.*s", STR_ARGS(bad[i]));
    assert_true(origin_host_valid(S("a.example.com")) && origin_host_valid(S("*.example.com")) &&
                origin_host_valid(S("192.0.2.1")) && origin_host_valid(S("2001:db8::1")));
    assert_false(origin_host_valid(S("*")) || origin_host_valid(S("a.example.com:4566")) ||
                 origin_host_valid(S("http://a.example.com")) || origin_host_valid(S("a.*.com")) ||
                 origin_host_valid(S("")));
}

TESTS(test(loopback_and_the_address_called_are_ours), test(names_of_awss_form_are_served_but_not_ours),
      test(other_names_are_foreign), test(what_is_no_host_is_malformed),
      test(a_name_may_be_as_long_as_dns_has_it), test(there_is_one_host_header_or_none),
      test(what_says_nothing_of_a_page_is_a_program), test(an_origin_is_ours_allowed_or_foreign),
      test(only_a_well_formed_origin_is_repeated), test(without_an_origin_the_site_tells),
      test(a_signed_url_from_a_browser_that_does_not_say_more_is_a_pages),
      test(a_page_at_a_name_of_awss_form_is_not_ours), test(rules_are_checked))
