#include "wire/server_sent_events.h"

#include "base/check.h"

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
