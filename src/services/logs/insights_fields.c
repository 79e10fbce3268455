/*
 * insights_fields.c: the fields of an event: its own, those of Lambda's lines, and the members of JSON.
 *
 * A message that is a JSON object has its members as fields, "a.b" and "a.0.b" inside others.  Of a message
 * with other text before it, the first object counts, as AWS does for functions' logs.
 */
#include "insights_row.h"

#include "base/list.h"

enum { MOST_FIELDS = 200, UUID_SIZE = 36, MOST_COLUMNS = 4 };
static const double bytes_per_mb = 1e6;

typedef struct insights_value value;

value logs_insights_event_time(const struct insights_row *row)
{
    return row->event ? logs_insights_time((double)row->event->timestamp_ms) : (value){0};
}

/* ---- an event's own fields ---- */

static value field_timestamp(const struct insights_event *event)
{
    return logs_insights_time((double)event->timestamp_ms);
}

static value field_ingestion(const struct insights_event *event)
{
    return logs_insights_time((double)event->ingested_ms);
}

static value field_message(const struct insights_event *event)
{
    return logs_insights_text(event->message);
}

static value field_stream(const struct insights_event *event)
{
    return logs_insights_text(event->stream);
}

static value field_log(const struct insights_event *event)
{
    return logs_insights_text(event->log);
}

/* ---- Lambda's lines ---- */

static const str report = STR_INIT("REPORT RequestId: ");
static const str line_types[] = {STR_INIT("START"), STR_INIT("END"), STR_INIT("REPORT")};

/* "START RequestId: …": the type; absent for other lines. */
static str line_type(str message)
{
    for (size_t i = 0; i < sizeof line_types / sizeof *line_types; i++)
        if (str_starts_with(message, line_types[i]) &&
            str_starts_with(str_from(message, line_types[i].size), S(" RequestId: ")))
            return line_types[i];
    return (str){0};
}

static value field_type(const struct insights_event *event)
{
    return logs_insights_text(line_type(event->message));
}

static str word_at(str text)
{
    size_t size = 0;

    while (size < text.size && !char_is_space(text.data[size]))
        size++;
    return str_head(text, size);
}

static bool is_uuid(str text)
{
    if (text.size != UUID_SIZE)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if ((i == 8 || i == 13 || i == 18 || i == 23) != (text.data[i] == '-'))
            return false;
    return true;
}

/* Of START, END and REPORT, and of the lines of runtimes: one of their first columns, between tabs. */
static value field_request(const struct insights_event *event)
{
    str type = line_type(event->message), rest = event->message, column;

    if (str_present(type))
        return logs_insights_text(word_at(str_from(event->message, type.size + sizeof " RequestId: " - 1)));
    for (int i = 0; i < MOST_COLUMNS && str_next(&rest, '\t', &column); i++)
        if (is_uuid(str_trim(column)))
            return logs_insights_text(str_trim(column));
    return (value){0};
}

/* The word behind a label of a REPORT line.  The label begins a column. */
static value of_report(const struct insights_event *event, str label)
{
    str rest = event->message, column;

    if (!str_starts_with(event->message, report))
        return (value){0};
    while (str_next(&rest, '\t', &column)) {
        column = str_trim(column);
        if (str_starts_with(column, label))
            return logs_insights_text(word_at(str_trim(str_from(column, label.size))));
    }
    return (value){0};
}

static value megabytes_of_report(const struct insights_event *event, str label)
{
    value found = of_report(event, label);
    double megabytes;

    return logs_insights_is_number(&found, &megabytes) && found.kind == INSIGHTS_TEXT
               ? logs_insights_number(megabytes * bytes_per_mb)
               : (value){0};
}

#define REPORT_FIELD(name, read, label)                                                                      \
    static value name(const struct insights_event *event)                                                    \
    {                                                                                                        \
        return read(event, S(label));                                                                        \
    }
REPORT_FIELD(field_duration, of_report, "Duration: ")
REPORT_FIELD(field_billed, of_report, "Billed Duration: ")
REPORT_FIELD(field_init, of_report, "Init Duration: ")
REPORT_FIELD(field_memory_size, megabytes_of_report, "Memory Size: ")
REPORT_FIELD(field_memory_used, megabytes_of_report, "Max Memory Used: ")
REPORT_FIELD(field_trace, of_report, "XRAY TraceId: ")
REPORT_FIELD(field_segment, of_report, "SegmentId: ")

static const struct event_field {
    const char *name;
    value (*read)(const struct insights_event *event);
} event_fields[] = {
    {"@timestamp", field_timestamp},
    {"@message", field_message},
    {"@logStream", field_stream},
    {"@log", field_log},
    {"@ingestionTime", field_ingestion},
    {"@requestId", field_request},
    {"@type", field_type},
    {"@duration", field_duration},
    {"@billedDuration", field_billed},
    {"@initDuration", field_init},
    {"@memorySize", field_memory_size},
    {"@maxMemoryUsed", field_memory_used},
    {"@xrayTraceId", field_trace},
    {"@xraySegmentId", field_segment},
};

/* ---- JSON ---- */

/* The size of the object at the beginning, by its braces outside of strings; 0: it does not end. */
static size_t object_size(str text)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && c == '{')
            depth++;
        else if (!in_string && c == '}' && --depth == 0)
            return i + 1;
    }
    return 0;
}

static value json_of(struct arena *arena, str message)
{
    ptrdiff_t begin = str_index(message, '{');

    if (begin < 0)
        return (value){0};
    str object = str_from(message, (size_t)begin);
    const struct json *json = json_parse(arena, str_head(object, object_size(object)), NULL);
    return logs_insights_of_json(json);
}

value logs_insights_field(struct arena *arena, struct insights_row *row, str name)
{
    if (!row->event)
        return (value){0};
    if (name.size > 0 && name.data[0] == '@')
        for (size_t i = 0; i < sizeof event_fields / sizeof *event_fields; i++)
            if (str_equal(name, str_of(event_fields[i].name)))
                return event_fields[i].read(row->event);
    if (!row->has_json) {
        row->json = json_of(arena, row->event->message);
        row->has_json = true;
    }
    return logs_insights_part(arena, &row->json, str_starts_with(name, S("@@")) ? str_from(name, 1) : name);
}

/* ---- all of them ---- */

static void add_field(struct arena *arena, struct insights_field_list *fields, str name, value found)
{
    if (found.kind != INSIGHTS_ABSENT && fields->count < MOST_FIELDS)
        *list_add(arena, fields) =
            (struct insights_field){.name = name, .value = logs_insights_show(arena, &found)};
}

static void flatten(struct arena *arena, const struct json *json, str prefix,
                    struct insights_field_list *fields)
{
    bool is_list = json_is(json, JSON_ARRAY);
    str dot = str_empty(prefix) ? S("") : S(".");

    if (!is_list && !json_is(json, JSON_OBJECT)) {
        add_field(arena, fields, prefix, logs_insights_of_json(json));
        return;
    }
    for (uint32_t i = 0; i < json->count && fields->count < MOST_FIELDS; i++) {
        str name = is_list ? arena_decimal(arena, i) : json->members[i].name;
        flatten(arena, is_list ? &json->items[i] : &json->members[i].value,
                arena_concat(arena, prefix, dot, name), fields);
    }
}

struct insights_field_list logs_insights_fields(struct arena *arena, const struct insights_event *event)
{
    struct insights_field_list fields = {0};
    value json = json_of(arena, event->message);

    for (size_t i = 0; i < sizeof event_fields / sizeof *event_fields; i++)
        add_field(arena, &fields, str_of(event_fields[i].name), event_fields[i].read(event));
    if (json.kind == INSIGHTS_JSON)
        flatten(arena, json.json, S(""), &fields);
    return fields;
}
