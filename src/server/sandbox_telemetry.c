/*
 * sandbox_telemetry.c: what a sandbox's extensions are told of it: lines, and events of the platform.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
 */
#include "server/sandbox.h"

#include "base/time.h"
#include "wire/json.h"

#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    enum telemetry_type type;
} types[] = {
    {"platform", TELEMETRY_PLATFORM}, {"function", TELEMETRY_FUNCTION}, {"extension", TELEMETRY_EXTENSION}};

/* ---- subscriptions ---- */

static void unsubscribe(struct sandbox *sandbox, str name)
{
    for (struct subscriber **at = &sandbox->subscribers; *at; at = &(*at)->next)
        if (str_equal(str_of((*at)->name), name)) {
            struct subscriber *former = *at;
            *at = former->next;
            subscriber_close(former);
            return;
        }
}

void sandbox_subscribe(struct sandbox *sandbox, const struct sandbox_subscribe_input *in)
{
    unsubscribe(sandbox, in->name);
    struct subscriber *subscriber = subscriber_new(sandbox, in);
    for (size_t i = 0; i < in->types.count; i++)
        for (size_t j = 0; j < sizeof types / sizeof *types; j++)
            if (str_equal(in->types.items[i], str_of(types[j].name)))
                subscriber->takes[types[j].type] = true;
    subscriber->next = sandbox->subscribers;
    sandbox->subscribers = subscriber;
    for (size_t i = 0; subscriber->takes[TELEMETRY_PLATFORM] && i < in->events.count; i++)
        subscriber_add(subscriber, in->events.items[i]);
}

void sandbox_unsubscribe_all(struct sandbox *sandbox)
{
    while (sandbox->subscribers) {
        struct subscriber *first = sandbox->subscribers;
        sandbox->subscribers = first->next;
        subscriber_close(first);
    }
}

/* ---- events ---- */

void sandbox_flush_telemetry(struct sandbox *sandbox)
{
    for (struct subscriber *subscriber = sandbox->subscribers; subscriber; subscriber = subscriber->next)
        subscriber_flush(subscriber);
}

/* When the function's program has ended, the extensions have little time left: nothing waits for more. */
static void flush_at_the_end(struct sandbox *sandbox)
{
    if (sandbox->function_has_ended)
        sandbox_flush_telemetry(sandbox);
}

void sandbox_tell(struct sandbox *sandbox, const struct sandbox_tell_input *in)
{
    for (struct subscriber *subscriber = sandbox->subscribers; subscriber; subscriber = subscriber->next)
        if (subscriber->takes[TELEMETRY_PLATFORM] && (!in->logs || *in->logs == subscriber->is_logs))
            subscriber_add(subscriber, in->event);
    flush_at_the_end(sandbox);
}

static bool is_wanted(const struct sandbox *sandbox, enum telemetry_type type, bool objects)
{
    for (const struct subscriber *subscriber = sandbox->subscribers; subscriber;
         subscriber = subscriber->next)
        if (subscriber->takes[type] && subscriber->objects == objects)
            return true;
    return false;
}

/* object: the line as JSON, or NULL. */
static str line_event(struct arena *arena, str line, const struct json *object, enum telemetry_type type,
                      int64_t now_ms)
{
    struct json_writer writer = json_writer_in(arena);

    json_open_object(&writer);
    json_field(&writer, S("time"), time_iso8601_ms(arena, now_ms));
    json_field(&writer, S("type"), str_of(types[type].name));
    json_name(&writer, S("record"));
    if (object)
        json_value(&writer, object);
    else
        json_string(&writer, line);
    json_close_object(&writer);
    return json_written(&writer);
}

static const struct json *object_of(struct arena *arena, str line)
{
    const struct json *value = str_starts_with(line, S("{")) ? json_parse(arena, line, NULL) : NULL;

    return json_is(value, JSON_OBJECT) ? value : NULL;
}

/* Tell the subscribers that get objects, or those that do not. */
static void tell_line(struct sandbox *sandbox, bool objects, enum telemetry_type type, str event)
{
    for (struct subscriber *subscriber = sandbox->subscribers; subscriber; subscriber = subscriber->next)
        if (subscriber->takes[type] && subscriber->objects == objects)
            subscriber_add(subscriber, event);
}

void sandbox_tell_lines(struct sandbox *sandbox, const struct line_list *lines, enum line_source source,
                        int64_t now_ms)
{
    enum telemetry_type type = source == OF_FUNCTION ? TELEMETRY_FUNCTION : TELEMETRY_EXTENSION;
    struct arena *arena = &sandbox->sandboxes->arena;

    bool as_text = is_wanted(sandbox, type, false), as_objects = is_wanted(sandbox, type, true);

    for (size_t i = 0; (as_text || as_objects) && i < lines->count; i++) {
        struct arena_mark mark = arena_mark(arena);
        str line = lines->items[i];
        if (as_text)
            tell_line(sandbox, false, type, line_event(arena, line, NULL, type, now_ms));
        if (as_objects)
            tell_line(sandbox, true, type, line_event(arena, line, object_of(arena, line), type, now_ms));
        arena_rewind(arena, mark);
    }
    flush_at_the_end(sandbox);
}

/* All sockets are alike: the first subscriber that waits for one gets it. */
void sandbox_telemetry_socket(struct sandbox *sandbox, int fd)
{
    struct subscriber *subscriber = sandbox->subscribers;

    while (subscriber && !subscriber->wants_socket)
        subscriber = subscriber->next;
    if (subscriber)
        subscriber_connect(subscriber, fd);
    else if (fd >= 0)
        close(fd);
}

size_t sandbox_telemetry_bytes(const struct sandbox *sandbox)
{
    size_t bytes = 0;

    for (const struct subscriber *subscriber = sandbox->subscribers; subscriber;
         subscriber = subscriber->next)
        bytes += subscriber_held_bytes(subscriber);
    return bytes;
}
