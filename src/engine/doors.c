/*
 * doors.c: finds the door of a request.
 *
 * Every request is looked up here first, and nearly all have no door: so `first` rules most of them out by
 * their method and one character of their path, and `host_labels` by their host, which has to have one.
 */
#include "engine/engine_internal.h"

#include "base/check.h"
#include "base/memory.h"
#include "wire/uri.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    const struct door *door;
    str before, after; /* the two sides of the path's '*'; a path without one is `before` */
    bool has_star;
};

struct entry_list {
    struct entry *items;
    size_t count;
};

enum { METHOD_CLASSES = 2, CHARACTERS = 256 };

struct doors {
    struct arena arena;
    struct entry_list list;
    struct str_list host_labels;            /* of each door with a host the longest one besides '*' */
    bool first[METHOD_CLASSES][CHARACTERS]; /* by is_read(), and the path's second character */
};

/* ---- patterns ---- */

static bool is_head(str method)
{
    return str_equal(method, S("HEAD"));
}

static bool is_read(str method)
{
    return str_equal(method, S("GET")) || is_head(method);
}

static unsigned char second_of(str path)
{
    return path.size > 1 ? (unsigned char)path.data[1] : '\0';
}

static bool fits_method(const struct door *door, str method)
{
    return !door->method || str_equal(str_of(door->method), method) ||
           (is_head(method) && strcmp(door->method, "GET") == 0);
}

/* *rest is the text that matches the '*'. */
static bool fits_path(const struct entry *entry, str path, str *rest)
{
    str before = entry->before, after = entry->after;

    *rest = (str){0};
    if (!entry->has_star)
        return str_equal(before, path);
    if (path.size < before.size + after.size || !str_starts_with(path, before) || !str_ends_with(path, after))
        return false;
    *rest = str_head(str_from(path, before.size), path.size - before.size - after.size);
    return true;
}

static bool fits_host(str pattern, str host)
{
    str wanted, label;

    while (str_next(&pattern, '.', &wanted)) {
        if (!str_next(&host, '.', &label) || str_empty(label))
            return false;
        bool any = str_equal(wanted, S("*"));
        if (!any && !str_equal_nocase(wanted, label))
            return false;
        if (any && !str_present(pattern))
            return true;
    }
    return !str_present(host);
}

static bool asks_for_page(const struct http_request *request)
{
    return str_empty(request->query) && !str_present(http_header(&request->headers, S("Authorization"))) &&
           str_find(http_header(&request->headers, S("Accept")), S("text/html")) >= 0;
}

static bool contains(str host, str label)
{
    for (size_t at = 0; at + label.size <= host.size; at++)
        if (char_lower(host.data[at]) == char_lower(label.data[0]) &&
            str_starts_with_nocase(str_from(host, at), label))
            return true;
    return false;
}

/* Rules most hosts out. */
static bool may_fit_host(const struct doors *doors, str host)
{
    for (size_t i = 0; i < doors->host_labels.count; i++)
        if (contains(host, doors->host_labels.items[i]))
            return true;
    return false;
}

static bool fits(const struct entry *entry, const struct http_request *request, str host, str *rest)
{
    const struct door *door = entry->door;

    return fits_path(entry, request->path, rest) && fits_method(door, request->method) &&
           (!door->host || fits_host(str_of(door->host), host)) &&
           (!(door->flags & DOOR_TO_PAGE) || asks_for_page(request));
}

/* A host counts more than any path. */
static size_t weight(const struct door *door)
{
    return (door->host ? LIMIT_HTTP_HEAD_BYTES + strlen(door->host) : 0) + 2 * strlen(door->path) +
           (door->method != NULL);
}

/* ---- the table ---- */

static str longest_label(const struct door *door)
{
    str rest = str_of(door->host), label, longest = S("");

    while (str_next(&rest, '.', &label))
        if (!str_equal(label, S("*")) && label.size > longest.size)
            longest = label;
    return longest;
}

static struct entry entry_of(const struct door *door)
{
    str path = str_of(door->path);
    ptrdiff_t star = str_index(path, '*');

    if (star < 0)
        return (struct entry){.door = door, .before = path};
    return (struct entry){.door = door,
                          .has_star = true,
                          .before = str_head(path, (size_t)star),
                          .after = str_from(path, (size_t)star + 1)};
}

static bool is_same(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool clashes(const struct doors *doors, const struct door *door)
{
    for (size_t i = 0; i < doors->list.count; i++) {
        const struct door *other = doors->list.items[i].door;
        if (is_same(door->path, other->path) && is_same(door->host, other->host) &&
            is_same(door->method, other->method))
            return true;
    }
    return false;
}

static void mark_first(struct doors *doors, const struct door *door)
{
    str path = str_of(door->path);
    bool any_character = path.size > 1 && path.data[1] == '*';

    for (int read = 0; read < METHOD_CLASSES; read++) {
        if (door->method && is_read(str_of(door->method)) != read)
            continue;
        for (int c = 0; any_character && c < CHARACTERS; c++)
            doors->first[read][c] = true;
        doors->first[read][second_of(path)] = true;
    }
}

static void add_host(struct doors *doors, const struct door *door)
{
    str label = longest_label(door);

    check(!str_empty(label));
    *list_add(&doors->arena, &doors->host_labels) = label;
}

static bool add_all(struct doors *doors, const struct door *door, const struct door **clash)
{
    for (; door && door->path; door++) {
        check(door->path[0] == '/' && door->answer);
        check(!(door->flags & DOOR_STREAMS) || door->flags & (DOOR_ON_WORKER | DOOR_ON_ENGINE));
        if (clashes(doors, door)) {
            *clash = door;
            return false;
        }
        *list_add(&doors->arena, &doors->list) = entry_of(door);
        if (door->host)
            add_host(doors, door);
        else
            mark_first(doors, door);
    }
    return true;
}

struct doors *doors_new(const struct module *const *modules, const struct door **clash)
{
    struct doors *doors = memory_take(sizeof *doors);
    bool good = add_all(doors, ADMIN_DOORS, clash);

    for (; *modules && good; modules++)
        good = add_all(doors, (*modules)->doors, clash);
    if (good)
        return doors;
    doors_free(doors);
    return NULL;
}

void doors_free(struct doors *doors)
{
    if (doors)
        arena_free(&doors->arena);
    free(doors);
}

const struct door *doors_find(const struct doors *doors, const struct http_request *request, str *rest)
{
    const struct door *best = NULL;
    str named = doors->host_labels.count > 0 ? http_header(&request->headers, S("Host")) : (str){0};
    bool may_fit = may_fit_host(doors, named);
    struct uri host = {0};
    str found;

    if (!may_fit && !doors->first[is_read(request->method)][second_of(request->path)])
        return NULL;
    if (may_fit)
        uri_parse_host(named, &host);
    for (size_t i = 0; i < doors->list.count; i++) {
        const struct entry *entry = &doors->list.items[i];
        const struct door *door = entry->door;
        if (!fits(entry, request, host.host, &found) || (best && weight(door) <= weight(best)))
            continue;
        best = door;
        *rest = found;
    }
    return best;
}

/* ---- permissions ---- */

/* A content type that a form, or a script without a preflight, can send. */
static bool is_form_type(str content_type)
{
    static const str types[] = {STR_INIT("application/x-www-form-urlencoded"),
                                STR_INIT("multipart/form-data"), STR_INIT("text/plain")};
    str type;

    str_next(&content_type, ';', &type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal_nocase(str_trim(type), types[i]))
            return true;
    return false;
}

static bool could_be_a_form(const struct http_request *request)
{
    const struct http_headers *headers = &request->headers;
    str content_type = http_header(headers, S("Content-Type"));

    if (str_present(http_header(headers, S("X-Orderly-Admin"))) ||
        str_present(http_header(headers, S("Authorization"))))
        return false;
    if (!str_empty(content_type))
        return is_form_type(content_type);
    return !str_empty(request->body) || str_present(http_header(headers, S("Origin")));
}

static bool refuse(struct exchange *exchange, int status, str message)
{
    reply_message(exchange, status, message);
    return false;
}

bool doors_admit(struct exchange *exchange, struct auth *auth, struct store_reader *reader)
{
    unsigned flags = exchange->door->flags;

    /* A door's body is verified and read on the loop. */
    if (exchange->request->body.size > LIMIT_LOOP_BODY_BYTES && !(flags & DOOR_LARGE))
        return refuse(exchange, 413, S("That is more than any admin path takes."));
    if (!(flags & DOOR_OPEN) && exchange->call.engine->options.strict_auth &&
        !auth_is_administrator(auth, exchange, reader))
        return refuse(exchange, 403,
                      S("With --auth strict this path needs a signature with the administrator's access key "
                        "(--root-access-key-id)."));
    if (!(flags & DOOR_CHANGES))
        return true;
    if (exchange->reads_only) {
        door_refuse_write(exchange);
        return false;
    }
    if (could_be_a_form(exchange->request))
        return refuse(exchange, 403,
                      S("A form of a web page could send this, too. Send it with Content-Type: "
                        "application/json (curl --json), or with the header X-Orderly-Admin."));
    return true;
}

/* ---- running ---- */

static bool has_answer(const struct exchange *exchange)
{
    return exchange->reply.status != 0 || (exchange->call.stream && exchange->call.stream->begun);
}

void doors_run(struct exchange *exchange)
{
    const struct visit visit = {.request = exchange->request,
                                .rest = exchange->door_rest,
                                .from_foreign_page = exchange->foreign_page,
                                .from_allowed_page = str_present(exchange->allowed_origin)};

    exchange->reply = (struct http_reply){0};
    stream_begin_run(exchange);
    exchange->outcome = exchange->door->answer(&exchange->call, &visit, &exchange->reply);
    stream_end_run(exchange);
    if (exchange->outcome == DONE && !has_answer(exchange)) { /* its client has gone before it began */
        call_fail_unavailable(&exchange->call);
        exchange->outcome = FAILED;
    }
}
