/*
 * log_line.c: parses lines of the function's log.
 */
#include "orders/cli/log_line.h"

#include "wire/json.h"

enum { UUID_SIZE = 36 };

static int64_t number_of(const struct json *object, str name)
{
    const struct json *value = json_get(object, name);
    int64_t number;

    return json_is(value, JSON_NUMBER) && str_to_i64(value->text, &number) ? number : -1;
}

static bool read_outcome(struct arena *arena, struct log_line *line)
{
    const struct json *json =
        str_starts_with(line->text, S("{\"")) ? json_parse(arena, str_trim(line->text), NULL) : NULL;

    line->outcome = json_get_str(json, S("outcome"));
    if (!str_present(line->outcome))
        return false;
    line->kind = LOG_OUTCOME;
    line->order_id = json_get_str(json, S("orderId"));
    line->message_id = json_get_str(json, S("messageId"));
    line->request_id = json_get_str(json, S("requestId"));
    line->reason = json_get_str(json, S("reason"));
    line->published_ms = number_of(json, S("published"));
    line->queued_ms = number_of(json, S("queued"));
    line->received_ms = number_of(json, S("received"));
    line->started_ms = number_of(json, S("started"));
    line->stored_ms = number_of(json, S("stored"));
    line->receive_count = number_of(json, S("receiveCount"));
    return true;
}

static bool is_uuid(str text)
{
    for (size_t i = 0; i < UUID_SIZE; i++) {
        char c = text.data[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !digit)
            return false;
    }
    return true;
}

/* "START RequestId: 8f50…", or Node.js's "2026-01-31T12:00:00.123Z\t8f50…\tINFO\t…". */
static str find_request_id(str text)
{
    ptrdiff_t label = str_find(text, S("RequestId: "));
    ptrdiff_t tab = str_index(text, '\t');
    str id = {0};

    if (label >= 0)
        id = str_from(text, (size_t)label + 11);
    else if (tab >= 0)
        id = str_from(text, (size_t)tab + 1);
    id = str_head(id, UUID_SIZE);
    return id.size == UUID_SIZE && is_uuid(id) ? id : (str){0};
}

static bool is_in(char c, str set)
{
    return str_index(set, c) >= 0;
}

static str up_to(str text, str ends)
{
    size_t size = 0;

    while (size < text.size && !is_in(text.data[size], ends))
        size++;
    return str_head(text, size);
}

/* `orderId: 'O1'` of Node.js, `'orderId': 'O1'` of Python, `Stored order: O1`. */
static str find_order_id(str text)
{
    ptrdiff_t stored = str_find(text, S("Stored order: "));
    ptrdiff_t name = str_find(text, S("orderId"));

    if (stored >= 0)
        return str_trim(str_from(text, (size_t)stored + 14));
    if (name < 0)
        return (str){0};
    text = str_from(text, (size_t)name + 7);
    while (text.size > 0 && is_in(text.data[0], S("'\": ")))
        text = str_from(text, 1);
    return up_to(text, S("'\",}\r\n"));
}

static bool is_problem(str text)
{
    return str_find(text, S("Task timed out")) >= 0 || str_find(text, S("ERROR")) >= 0 ||
           str_find(text, S("Error")) >= 0;
}

struct log_line log_line_read(struct arena *arena, str text, int64_t logged_ms)
{
    struct log_line line = {.text = text,
                            .logged_ms = logged_ms,
                            .published_ms = -1,
                            .queued_ms = -1,
                            .received_ms = -1,
                            .started_ms = -1,
                            .stored_ms = -1,
                            .receive_count = -1};

    if (read_outcome(arena, &line))
        return line;
    line.request_id = find_request_id(text);
    if (str_starts_with(text, S("START RequestId")))
        line.kind = LOG_START;
    else if (str_starts_with(text, S("REPORT RequestId")))
        line.kind = LOG_REPORT;
    else if (is_problem(text))
        line.kind = LOG_PROBLEM;
    else if (str_present(line.order_id = find_order_id(text)))
        line.kind = LOG_MENTION;
    if (line.kind == LOG_MENTION && str_find(text, S("Stored order: ")) >= 0)
        line.stored_ms = logged_ms;
    return line;
}
