/*
 * fuzz_origin.c: for any Host, Origin and Sec-Fetch-Site (one line each), no page counts as a program, and
 * values that the server may repeat are harmless in a URL, a log line and HTML.
 */
#include "fuzz.h"
#include "wire/origin.h"

static const str hosts[] = {STR_INIT("a.example"), STR_INIT("*.b.example"), STR_INIT("192.0.2.1")};
static const str origins[] = {STR_INIT("http://localhost:3000")};
static const struct origin_rules rules = {hosts, 3, origins, 1};

static void check_harmless(str text, str others)
{
    check(text.size <= 512);
    check(str_is_word(text, others));
}

static void check_sender(const struct visitor *visitor, str origin, str site)
{
    switch (visitor->sender) {
    case SENDER_PROGRAM:
        check(!str_present(origin) && !str_present(site));
        break;
    case SENDER_TYPED_URL:
        check(!str_present(origin) && str_equal(site, S("none")));
        break;
    case SENDER_ALLOWED_PAGE:
        check(str_equal(origin, origins[0]) && str_equal(visitor->origin, origin));
        break;
    case SENDER_OWN_PAGE:
        check(visitor->host_kind == HOST_OURS);
        check(!str_present(origin) || str_equal_nocase(str_from(origin, 7), visitor->host));
        break;
    case SENDER_FOREIGN_PAGE:
        check(str_present(origin) || str_present(site));
        break;
    }
}

FUZZ(arena, input)
{
    static const str names[] = {STR_INIT("Host"), STR_INIT("Origin"), STR_INIT("Sec-Fetch-Site")};
    struct http_request request = {.method = S("GET"), .path = S("/"), .query = S("")};
    str values[3] = {{0}, {0}, {0}};

    for (size_t i = 0; i < 3 && str_next(&input, '\n', &values[i]); i++)
        http_header_add(arena, &request.headers, names[i], values[i]);
    struct visitor visitor = origin_visitor(&rules, &request, S("10.0.0.1"));
    check_sender(&visitor, values[1], values[2]);
    if (visitor.host_kind == HOST_OURS || visitor.host_kind == HOST_OF_AWS ||
        visitor.host_kind == HOST_FOREIGN)
        check_harmless(visitor.host, S("-_.:[]"));
    if (str_present(visitor.origin))
        check_harmless(visitor.origin, S("-_.:[]/+"));
}
