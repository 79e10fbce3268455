/*
 * log_line.c: an event of the log as a line, in either format.
 *
 * Names and messages of clients may contain any bytes: a line always is one line of valid UTF-8.
 */
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *const format_names[] = {"text", "json"};

static int position(str word, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (str_equal(word, str_of(names[i])))
            return i;
    return -1;
}

bool log_level_parse(str word, enum log_level *level)
{
    int found = position(word, level_names, LOG_DEBUG + 1);

    if (found >= 0)
        *level = (enum log_level)found;
    return found >= 0;
}

bool log_format_parse(str word, enum log_format *format)
{
    int found = position(word, format_names, LOG_AS_JSON + 1);

    if (found >= 0)
        *format = (enum log_format)found;
    return found >= 0;
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static bool is_plain(char c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* How many characters in a row are shown as they are, quoted or not. */
static size_t plain_size(const char *at, const char *end)
{
    size_t size = 0;

    while (at + size < end && is_plain(at[size]))
        size++;
    return size;
}

/* Control characters as in JSON; `escaped` are further characters that get a backslash. */
static void add_escaped(struct text *line, str value, str escaped)
{
    str text = str_head_whole(value, LOG_TEXT_BYTES);
    const char *at = text.data, *end = at + text.size;

    while (at < end) {
        size_t size = plain_size(at, end);
        if (size > 0) {
            text_add(line, (str){at, size});
            at += size;
            continue;
        }
        size = utf8_sequence(at, end);
        if (size == 0)
            text_add(line, S(UTF8_REPLACEMENT));
        else if (is_control(*at))
            text_format(line, "\\u%04x", (unsigned char)*at);
        else {
            if (str_index(escaped, *at) >= 0)
                text_add_char(line, '\\');
            text_add(line, (str){at, size});
        }
        at += size ? size : 1;
    }
}

static void add_quoted(struct text *line, str value)
{
    text_add_char(line, '"');
    add_escaped(line, value, S("\"\\"));
    text_add_char(line, '"');
}

/* May a text line show the value as it is? */
static bool is_bare(str value)
{
    return value.size > 0 && value.size <= LOG_TEXT_BYTES &&
           plain_size(value.data, value.data + value.size) == value.size;
}

static void add_value(struct text *line, const struct log_field *field, bool may_be_bare)
{
    if (!str_present(field->text))
        text_add_i64(line, field->number);
    else if (may_be_bare && is_bare(field->text))
        text_add(line, field->text);
    else
        add_quoted(line, field->text);
}

static void add_as_text(struct text *line, const struct log_event *event)
{
    text_add(line, time_iso8601_ms(line->arena, event->time_ms));
    text_add_char(line, ' ');
    text_add(line, str_of(level_names[event->level]));
    text_add_char(line, ' ');
    add_escaped(line, event->message, S(""));
    for (const struct log_field *field = event->fields; field->key; field++)
        if (!field->is_left_out && !field->is_in_message) {
            text_add_char(line, ' ');
            text_add(line, str_of(field->key));
            text_add_char(line, '=');
            add_value(line, field, true);
        }
}

static void add_as_json(struct text *line, const struct log_event *event)
{
    text_format(line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":",
                time_iso8601_ms(line->arena, event->time_ms).data, level_names[event->level]);
    add_quoted(line, event->message);
    for (const struct log_field *field = event->fields; field->key; field++)
        if (!field->is_left_out) {
            text_format(line, ",\"%s\":", field->key);
            add_value(line, field, false);
        }
    text_add_char(line, '}');
}

str log_line(struct arena *arena, enum log_format format, const struct log_event *event)
{
    struct text line = text_in(arena);

    if (format == LOG_AS_JSON)
        add_as_json(&line, event);
    else
        add_as_text(&line, event);
    return text_str(&line);
}
