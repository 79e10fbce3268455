/*
 * way.c: from lines and items to hops.
 *
 * The C function's line knows every time. Of the other functions' orders we know what Lambda wrote around
 * the text that mentions them: when the invocation began and that it ended.
 */
#include "orders/cli/way.h"

#include "base/list.h"

enum { LONGEST_INVOCATION_MS = 15 * 60 * 1000 };

static void add_hop(struct orders *orders, struct way *way, const char *name, int64_t ms, str detail)
{
    if (ms < 0)
        return;
    for (size_t i = 0; i < way->hops.count; i++)
        if (way->hops.items[i].name == name && way->hops.items[i].ms == ms)
            return; /* a later receive repeats it */
    *list_add(orders->arena, &way->hops) = (struct hop){name, detail, ms};
}

/* ---- the table ---- */

static bool find_item(struct orders *orders, struct way *way)
{
    if (!orders_get(orders, way->order_id, &way->item))
        return false;
    if (way->item.count > 0)
        way->end = WAY_STORED;
    return true;
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
    str times = arena_format(orders->arena, "receive %lld", (long long)line->receive_count);
    bool stored = line->stored_ms >= 0;

    add_hop(orders, way, "published", line->published_ms, S("by " ORDERS_TOPIC));
    add_hop(orders, way, "queued", line->queued_ms, S("in " ORDERS_QUEUE));
    add_hop(orders, way, "received", line->received_ms, S("by Lambda"));
    add_hop(orders, way, "function started", line->started_ms, times);
    add_hop(orders, way, "stored", line->stored_ms, S("in " ORDERS_TABLE));
    if (!stored)
        add_hop(orders, way, "not stored", line->logged_ms, line->reason);
    add_hop(orders, way, "logged", line->logged_ms, stored ? (str){0} : line->outcome);
    way->reason = line->reason;
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

/* Python's lines do not name their invocation: it is the one that began last in their stream. */
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

/* What stands before "Received order" or "Stored order" is Lambda's: time, request and level. */
static str mention_text(str text)
{
    ptrdiff_t stored = str_find(text, S("Stored order")), received = str_find(text, S("Received order"));
    ptrdiff_t from = stored >= 0 ? stored : received;

    return from >= 0 ? str_from(text, (size_t)from) : text;
}

static void add_mention(struct orders *orders, struct way *way, const struct log_line *line)
{
    add_hop(orders, way, line->stored_ms >= 0 ? "stored" : "read", line->logged_ms, mention_text(line->text));
}

static void add_lines(struct orders *orders, struct way *way, const struct log_lines *lines,
                      enum log_kind kind, const char *hop)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        if (line->kind != kind)
            continue;
        add_hop(orders, way, hop, line->logged_ms, kind == LOG_PROBLEM ? line->text : (str){0});
        if (kind == LOG_PROBLEM)
            way->reason = line->text;
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
    add_lines(orders, way, &invocation, LOG_START, "function started");
    int64_t began_ms = way->hops.count > 0 ? way->hops.items[0].ms : last->logged_ms;
    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        if (line->kind == LOG_MENTION && str_equal(line->order_id, way->order_id) &&
            str_equal(line->stream, last->stream) && line->logged_ms >= began_ms)
            add_mention(orders, way, line);
    }
    add_lines(orders, way, &invocation, LOG_PROBLEM, "failed");
    add_lines(orders, way, &invocation, LOG_REPORT, "function ended");
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
    if (way->end == WAY_UNKNOWN && way->hops.count > 0)
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
        add_hop(orders, way, "published", way->letter.published_ms, S("by " ORDERS_TOPIC));
        add_hop(orders, way, "queued", way->letter.queued_ms, S("in " ORDERS_QUEUE));
    }
    way->letters_looked_at = letters.count;
    dead_letters_put_back(orders, &letters);
    return true;
}

/* In order of time; of the same millisecond, in the order in which they were added. */
static void sort_hops(struct way *way)
{
    for (size_t i = 1; i < way->hops.count; i++) {
        struct hop hop = way->hops.items[i];
        size_t place = i;
        for (; place > 0 && way->hops.items[place - 1].ms > hop.ms; place--)
            way->hops.items[place] = way->hops.items[place - 1];
        way->hops.items[place] = hop;
    }
}

bool way_find(struct orders *orders, str order_id, bool look_for_dead, struct way *way)
{
    *way = (struct way){.order_id = order_id};
    if (!find_item(orders, way) || !find_lines(orders, way))
        return false;
    if (look_for_dead && way->end != WAY_STORED && !find_dead(orders, way))
        return false;
    sort_hops(way);
    return true;
}
