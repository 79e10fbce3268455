#pragma once

/*
 * log.h: the log on stderr, one line per event: a time, a level, a message, and fields.
 *
 *     log_warn("a function failed", log_field("function", function->arn), log_field("attempts", 3));
 *
 * The same list of fields makes both formats:
 *
 *     2026-11-27T07:23:46.604Z warn a function failed function=arn:… attempts=3
 *     {"time":"2026-11-27T07:23:46.604Z","level":"warn","message":"a function failed","function":"arn:…",
 *      "attempts":3}
 *
 * The message is fixed, so that a program can look for it; what varies is in the fields.  A key is a word,
 * and not "time", "level" or "message".
 */
#include "base/arena.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_AS_TEXT, LOG_AS_JSON };

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
/* "error", "warn", "info" or "debug"; false for any other word. */
bool log_level_parse(str word, enum log_level *level);
/* "text" or "json"; false for any other word. */
bool log_format_parse(str word, enum log_format *format);
bool log_enabled(enum log_level level);

struct log_field {
    const char *key; /* NULL: the end of the list */
    str text;        /* absent: the value is the number */
    int64_t number;
    bool is_left_out;   /* an absent text: the line does not have the field */
    bool is_in_message; /* the message of a text line says it already: only JSON has the field */
};

/* log_field(key, value): of a str, a string or an integer. */
#define log_field(key, value)                                                                                \
    _Generic((value),                                                                                        \
        str: log_text_field,                                                                                 \
        char *: log_string_field,                                                                            \
        const char *: log_string_field,                                                                      \
        unsigned: log_unsigned_field,                                                                        \
        unsigned long: log_unsigned_field,                                                                   \
        unsigned long long: log_unsigned_field,                                                              \
        default: log_number_field)((key), (value))
/* The same; a text line does not have the field. */
#define log_said_field(key, value) log_as_said(log_field((key), (value)))

static inline struct log_field log_text_field(const char *key, str text)
{
    return (struct log_field){.key = key, .text = text, .is_left_out = !str_present(text)};
}

static inline struct log_field log_string_field(const char *key, const char *text)
{
    return log_text_field(key, str_of(text));
}

static inline struct log_field log_number_field(const char *key, int64_t number)
{
    return (struct log_field){.key = key, .number = number};
}

static inline struct log_field log_unsigned_field(const char *key, uint64_t number)
{
    return log_number_field(key, number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

static inline struct log_field log_as_said(struct log_field field)
{
    field.is_in_message = true;
    return field;
}

/*
 * An event, as a line of the log without its end; a text of more than LOG_TEXT_BYTES is cut between
 * characters.
 */
enum { LOG_TEXT_BYTES = 600 };
struct log_event {
    int64_t time_ms;
    enum log_level level;
    str message;
    const struct log_field *fields; /* ends with a field without a key */
};
str log_line(struct arena *arena, enum log_format format, const struct log_event *event);

void log_write(enum log_level level, str message, const struct log_field *fields);

/* Limits lines that anybody can cause to one a second. */
struct log_pace {
    _Atomic int64_t next_us;
    _Atomic unsigned left_out;
};
/* Should the line be written now?  *left_out is the number of lines left out since the last one. */
bool log_due(struct log_pace *pace, unsigned *left_out);

#define LOG_END ((struct log_field){0})
#define LOG_MESSAGE(message, ...) (message)
#define LOG_FIELDS(message, ...) __VA_ARGS__
#define LOG_EVENT(level, ...)                                                                                \
    log_write((level), str_of(LOG_MESSAGE(__VA_ARGS__, LOG_END)),                                            \
              (const struct log_field[]){LOG_FIELDS(__VA_ARGS__, LOG_END)})

#define log_error(...) LOG_EVENT(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_EVENT(LOG_WARN, __VA_ARGS__)
#define log_info(...) LOG_EVENT(LOG_INFO, __VA_ARGS__)
#define log_debug(...) (log_enabled(LOG_DEBUG) ? LOG_EVENT(LOG_DEBUG, __VA_ARGS__) : (void)0)
