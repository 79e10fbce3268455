#include "wire/server_sent_events.h"

#include "base/check.h"

/* ---- writing ---- */

static bool is_line(str text)
{
    return str_index(text, '\n') < 0 && str_index(text, '\r') < 0;
}

static void add_field(struct text *text, str name, str value)
{
    text_add(text, name);
    text_add(text, S(": "));
    text_add(text, value);
    text_add_char(text, '\n');
}

/* Cut the first line off *rest; each of \n, \r and \r\n ends one.  False after the last. */
static bool next_line(str *rest, str *line)
{
    size_t size = 0;

    if (!str_present(*rest))
        return false;
    while (size < rest->size && rest->data[size] != '\n' && rest->data[size] != '\r')
        size++;
    *line = str_head(*rest, size);
    if (size == rest->size)
        *rest = (str){0};
    else
        *rest = str_from(*rest, size + (str_starts_with(str_from(*rest, size), S("\r\n")) ? 2 : 1));
    return true;
}

void server_sent_event_write(struct text *text, const struct server_sent_event *event)
{
    str rest = str_present(event->data) ? event->data : S(""), line;

    check(is_line(event->name) && is_line(event->id) && str_index(event->id, '\0') < 0);
    if (str_present(event->name))
        add_field(text, S("event"), event->name);
    if (str_present(event->id))
        add_field(text, S("id"), event->id);
    while (next_line(&rest, &line))
        add_field(text, S("data"), line);
    text_add_char(text, '\n');
}

void server_sent_comment_write(struct text *text)
{
    text_add(text, S(":\n\n"));
}

/* ---- reading ---- */

/* Take a complete line off *rest; false when its end has not arrived. */
static bool take_line(str *rest, str *line)
{
    ptrdiff_t end = str_index(*rest, '\n');

    if (end < 0)
        return false;
    *line = str_head(*rest, (size_t)end);
    if (str_ends_with(*line, S("\r")))
        *line = str_head(*line, line->size - 1);
    *rest = str_from(*rest, (size_t)end + 1);
    return true;
}

static str value_of(str line, size_t name)
{
    str value = str_from(line, name < line.size ? name + 1 : name);

    return str_starts_with(value, S(" ")) ? str_from(value, 1) : value;
}

static void take_field(struct arena *arena, str line, struct server_sent_event *event)
{
    ptrdiff_t colon = str_index(line, ':');
    size_t name = colon < 0 ? line.size : (size_t)colon;
    str field = str_head(line, name), value = value_of(line, name);

    if (str_equal(field, S("event")))
        event->name = value;
    else if (str_equal(field, S("id")))
        event->id = value;
    else if (str_equal(field, S("data")))
        event->data = str_present(event->data) ? arena_concat(arena, event->data, S("\n"), value) : value;
}

bool server_sent_event_read(struct arena *arena, str *stream, struct server_sent_event *event)
{
    str rest = *stream, line;

    *event = (struct server_sent_event){0};
    while (take_line(&rest, &line)) {
        if (str_empty(line)) {
            *stream = rest;
            return true;
        }
        take_field(arena, line, event);
    }
    return false;
}
