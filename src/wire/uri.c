/*
 * uri.c: percent encoding and cutting up URLs; nothing is normalised here.
 */
#include "wire/uri.h"

#include "wire/percent.h"

void uri_encode(struct text *text, str value, bool keep_slash)
{
    char *start = text_reserve(text, value.size * 3 + 1), *to = start;

    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (percent_unreserved(c) || (c == '/' && keep_slash))
            *to++ = c;
        else
            to = percent_escape(to, c);
    }
    text_grew(text, (size_t)(to - start));
}

bool uri_decode(struct arena *arena, str text, str *decoded)
{
    if (str_index(text, '%') < 0) {
        *decoded = str_present(text) ? text : S("");
        return true;
    }
    return percent_decode(arena, text, false, decoded);
}

/* A scheme begins with a letter; then come letters, digits, '+', '-', '.'. */
static bool scheme_valid(str scheme)
{
    for (size_t i = 0; i < scheme.size; i++) {
        char c = scheme.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && (i == 0 || !later))
            return false;
    }
    return scheme.size > 0;
}

/* URLs have no spaces, no control characters and no bytes beyond ASCII. */
static bool printable(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool port_parse(str text, int *port)
{
    int64_t number;

    if (text.size == 0 || text.data[0] == '-' || !str_to_i64(text, &number) || number < 1 || number > 65535)
        return false;
    *port = (int)number;
    return true;
}

bool uri_parse_host(str text, struct uri *uri)
{
    str after;

    if (str_starts_with(text, S("["))) {
        ptrdiff_t closing = str_index(text, ']');
        if (closing < 0)
            return false;
        uri->host = str_head(str_from(text, 1), (size_t)closing - 1);
        after = str_from(text, (size_t)closing + 1);
    } else {
        ptrdiff_t colon = str_index(text, ':');
        uri->host = colon < 0 ? text : str_head(text, (size_t)colon);
        after = str_from(text, uri->host.size);
    }
    if (uri->host.size == 0)
        return false;
    return after.size == 0 || (after.data[0] == ':' && port_parse(str_from(after, 1), &uri->port));
}

static bool authority_parse(str text, struct uri *uri)
{
    ptrdiff_t at = str_last_index(text, '@');

    if (at >= 0) {
        uri->userinfo = str_head(text, (size_t)at);
        text = str_from(text, (size_t)at + 1);
    }
    return uri_parse_host(text, uri);
}

static void path_and_query_parse(str text, struct uri *uri)
{
    ptrdiff_t hash = str_index(text, '#');

    if (hash >= 0)
        text = str_head(text, (size_t)hash);
    ptrdiff_t mark = str_index(text, '?');
    uri->path = mark < 0 ? text : str_head(text, (size_t)mark);
    uri->query = mark < 0 ? S("") : str_from(text, (size_t)mark + 1);
    if (uri->path.size == 0)
        uri->path = S("/");
}

/* The index of the first of "/?#", or the size. */
static size_t authority_size(str text)
{
    size_t i = 0;

    while (i < text.size && text.data[i] != '/' && text.data[i] != '?' && text.data[i] != '#')
        i++;
    return i;
}

bool uri_parse(str text, struct uri *uri)
{
    *uri = (struct uri){0};
    if (text.size == 0 || !printable(text))
        return false;
    if (text.data[0] == '/') {
        path_and_query_parse(text, uri);
        return true;
    }

    ptrdiff_t colon = str_find(text, S("://"));
    if (colon < 0)
        return false;
    uri->scheme = str_head(text, (size_t)colon);
    str rest = str_from(text, (size_t)colon + 3);
    size_t size = authority_size(rest);
    path_and_query_parse(str_from(rest, size), uri);
    return scheme_valid(uri->scheme) && authority_parse(str_head(rest, size), uri);
}
