/*
 * way_log.c: an order's way from the function's log and the dead-letter queue, for endpoints without traces.
 *
 * The C function's line has every time.  For orders of the other functions the log has only what Lambda
 * writes around the text that mentions them: when the invocation began, and that it ended.
 */
#include "orders/cli/function_log.h"
#include "orders/cli/way.h"

#include "base/list.h"

enum { LONGEST_INVOCATION_MS = 15 * 60 * 1000 };

static const str topic = STR_INIT("topic " ORDERS_TOPIC), queue = STR_INIT("queue " ORDERS_QUEUE),
                 function = STR_INIT("function " ORDERS_FUNCTION), table = STR_INIT("table " ORDERS_TABLE),
                 log_group = STR_INIT("log group " ORDERS_LOG_GROUP);

/* False when the time is unknown, or an earlier line has added the step. */
static bool add_step(struct orders *orders, struct way *way, const char *name, str resource, int64_t at_ms)
{
    if (at_ms < 0)
        return false;
    for (size_t i = 0; i < way->steps.count; i++)
        if (str_equal(way->steps.items[i].name, str_of(name)) && way->steps.items[i].at_ms == at_ms)
            return false;
    *list_add(orders->arena, &way->steps) =
        (struct way_step){.at_ms = at_ms, .name = str_of(name), .resource = resource};
    return true;
}

static void add_failure(struct orders *orders, struct way *way, int64_t at_ms, str reason)
{
    if (!add_step(orders, way, "failed", function, at_ms))
        return;
    struct way_step *step = &way->steps.items[way->steps.count - 1];
    step->verdict = S("failed");
    step->reason = way->reason = reason;
}

/* ---- the C function's lines ---- */

static const struct log_line *last_outcome(const struct log_lines *lines, str order_id)
{
    const struct log_line *last = NULL;

    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        if (line->kind == LOG_OUTCOME && str_equal(line->order_id, order_id) &&
            (!last || line->queued_ms >= last->queued_ms))
            last = line;
    }
    return last;
}

static void add_outcome(struct orders *orders, struct way *way, const struct log_line *line)
{
    add_step(orders, way, "published", topic, line->published_ms);
    add_step(orders, way, "queued", queue, line->queued_ms);
    add_step(orders, way, "received", queue, line->received_ms);
    if (add_step(orders, way, "started", function, line->started_ms))
        way->steps.items[way->steps.count - 1].attempt = line->receive_count;
    add_step(orders, way, "stored", table, line->stored_ms);
    if (line->stored_ms < 0)
        add_failure(orders, way, line->logged_ms, line->reason);
    add_step(orders, way, "logged", log_group, line->logged_ms);
}

static void add_outcomes(struct orders *orders, struct way *way, const struct log_lines *lines,
                         const struct log_line *last)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        if (line->kind != LOG_OUTCOME || !str_equal(line->order_id, way->order_id))
            continue;
        if (str_equal(line->message_id, last->message_id))
            add_outcome(orders, way, line);
        way->messages += line->receive_count == 1;
    }
}

/* ---- the other functions' lines ---- */

static const struct log_line *last_mention(const struct log_lines *lines, str order_id)
{
    for (size_t i = lines->count; i > 0; i--)
        if (lines->items[i - 1].kind == LOG_MENTION && str_equal(lines->items[i - 1].order_id, order_id))
            return &lines->items[i - 1];
    return NULL;
}

/* Python's lines do not name their invocation: it is the last one that began in their stream. */
static bool find_invocation(struct orders *orders, const struct log_line *mention, str *request_id)
{
    struct log_lines lines = {0};
    struct log_query query = {.stream = mention->stream,
                              .from_ms = mention->logged_ms - LONGEST_INVOCATION_MS,
                              .to_ms = mention->logged_ms + 1};

    *request_id = mention->request_id;
    if (str_present(*request_id))
        return true;
    if (!log_read(orders, &query, &lines))
        return false;
    for (size_t i = 0; i < lines.count; i++)
        if (lines.items[i].kind == LOG_START)
            *request_id = lines.items[i].request_id;
    return true;
}

static void add_mention(struct orders *orders, struct way *way, const struct log_line *line)
{
    bool stored = line->stored_ms >= 0;

    add_step(orders, way, stored ? "stored" : "read", stored ? table : function, line->logged_ms);
}

static void add_lines(struct orders *orders, struct way *way, const struct log_lines *lines,
                      enum log_kind kind, const char *name)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        if (line->kind == kind && kind == LOG_PROBLEM)
            add_failure(orders, way, line->logged_ms, line->text);
        else if (line->kind == kind)
            add_step(orders, way, name, function, line->logged_ms);
    }
}

static bool add_mentions(struct orders *orders, struct way *way, const struct log_lines *lines)
{
    const struct log_line *last = last_mention(lines, way->order_id);
    struct log_lines invocation = {0};
    struct log_query query = {0};

    if (!last)
        return true;
    if (!find_invocation(orders, last, &query.words))
        return false;
    query.stream = last->stream;
    query.from_ms = last->logged_ms - LONGEST_INVOCATION_MS;
    if (str_present(query.words) && !log_read(orders, &query, &invocation))
        return false;
    add_lines(orders, way, &invocation, LOG_START, "started");
    int64_t began_ms = way->steps.count > 0 ? way->steps.items[0].at_ms : last->logged_ms;
    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        if (line->kind == LOG_MENTION && str_equal(line->order_id, way->order_id) &&
            str_equal(line->stream, last->stream) && line->logged_ms >= began_ms)
            add_mention(orders, way, line);
    }
    add_lines(orders, way, &invocation, LOG_PROBLEM, "failed");
    add_lines(orders, way, &invocation, LOG_REPORT, "ended");
    return true;
}

static bool find_lines(struct orders *orders, struct way *way)
{
    struct log_lines lines = {0};
    struct log_query query = {.words = way->order_id};

    if (!log_read(orders, &query, &lines))
        return orders_complain(orders, "Reading the function's log");
    const struct log_line *last = last_outcome(&lines, way->order_id);
    if (last)
        add_outcomes(orders, way, &lines, last);
    else if (!add_mentions(orders, way, &lines))
        return orders_complain(orders, "Reading the function's log");
    if (way->end == WAY_UNKNOWN && way->steps.count > 0)
        way->end = WAY_PENDING;
    return true;
}

/* ---- the dead-letter queue ---- */

static bool find_dead(struct orders *orders, struct way *way)
{
    struct dead_letters letters = {0};

    if (!dead_letters_take(orders, &letters))
        return false;
    for (size_t i = 0; i < letters.count; i++) {
        if (!str_equal(letters.items[i].order_id, way->order_id))
            continue;
        way->end = WAY_DEAD;
        way->letter = letters.items[i];
        add_step(orders, way, "published", topic, way->letter.published_ms);
        add_step(orders, way, "queued", queue, way->letter.queued_ms);
    }
    way->letters_looked_at = letters.count;
    dead_letters_put_back(orders, &letters);
    return true;
}

/* In order of time; steps of the same millisecond stay in the order in which they were added. */
static void sort_steps(struct way *way)
{
    for (size_t i = 1; i < way->steps.count; i++) {
        struct way_step step = way->steps.items[i];
        size_t place = i;
        for (; place > 0 && way->steps.items[place - 1].at_ms > step.at_ms; place--)
            way->steps.items[place] = way->steps.items[place - 1];
        way->steps.items[place] = step;
    }
}

bool way_from_log(struct orders *orders, bool look_for_dead, struct way *way)
{
    if (!find_lines(orders, way) || (look_for_dead && way->end != WAY_STORED && !find_dead(orders, way)))
        return false;
    sort_steps(way);
    return true;
}
