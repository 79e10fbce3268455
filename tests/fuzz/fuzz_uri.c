/*
 * fuzz_uri.c: any bytes survive percent encoding; the parts of a URL lie inside it.
 */
#include "fuzz.h"
#include "wire/uri.h"

static void round_trip(struct arena *arena, str bytes, bool keep_slash)
{
    struct text text = text_in(arena);
    str decoded;

    uri_encode(&text, bytes, keep_slash);
    check(uri_decode(arena, text_str(&text), &decoded));
    check(str_equal(decoded, bytes));
}

FUZZ(arena, input)
{
    struct uri uri;
    str decoded;

    round_trip(arena, input, true);
    round_trip(arena, input, false);
    if (uri_decode(arena, input, &decoded))
        check(decoded.size <= input.size);
    if (!uri_parse(input, &uri))
        return;
    check(uri.port >= 0 && uri.port <= 65535);
    check(uri.path.size > 0 && str_present(uri.query));
    check(str_present(uri.scheme) == str_present(uri.host));
    check(uri.scheme.size + uri.host.size + uri.path.size + uri.query.size <= input.size + 1);
}
