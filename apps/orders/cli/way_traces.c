/*
 * way_traces.c: an order's way from the newest trace whose message contains the order's id.
 */
#include "orders/cli/traces.h"
#include "orders/cli/way.h"

#include "base/list.h"

#include <ctype.h>

/* The limit up to which messages of one order are counted. */
enum { MOST_MESSAGES = 100 };

/*
 * The function's requests are in the trace of the first message of the batch, even if they concern another
 * message.
 */
static bool is_of_another_order(struct arena *arena, const struct trace_entry *hop, str order_id)
{
    str id = trace_entry_order(arena, hop);

    return str_present(id) && !str_equal(id, order_id);
}

static void add_step(struct orders *orders, struct way *way, const struct trace_entry *hop)
{
    if (is_of_another_order(orders->arena, hop, way->order_id))
        return;
    *list_add(orders->arena, &way->steps) = (struct way_step){
        .at_ms = hop->at_ms,
        .name = hop->kind,
        .resource = hop->resource,
        .attempt = hop->attempt,
        .took_ms = hop->took_ms,
        .verdict = hop->verdict,
        .reason = hop->reason,
    };
}

static const struct trace_entry *invoked_by(const struct trace *trace, str request_id)
{
    for (size_t i = 0; i < trace->hops.count; i++)
        if (str_equal(trace->hops.items[i].kind, S("invoked")) &&
            str_equal(trace->hops.items[i].request_id, request_id))
            return &trace->hops.items[i];
    return NULL;
}

/*
 * The function was invoked with several messages: its requests and its output are in the trace of the first
 * message.  False: the reason has been printed.
 */
static bool add_steps_elsewhere(struct orders *orders, struct way *way, const struct trace_entry *hop)
{
    struct trace other = {.id = json_get_str(hop->detail, S("goesOnIn"))};

    if (!str_present(other.id))
        return true;
    if (!orders_traces_read(orders, &other))
        return false;
    const struct trace_entry *invoked = invoked_by(&other, hop->request_id);
    for (size_t i = 0; invoked && i < other.hops.count; i++)
        if (str_equal(other.hops.items[i].parent, invoked->id) &&
            str_empty(other.hops.items[i].message_id)) /* otherwise the message's own trace has it */
            add_step(orders, way, &other.hops.items[i]);
    return true;
}

static bool add_steps(struct orders *orders, struct way *way, const struct trace *trace)
{
    for (size_t i = 0; i < trace->hops.count; i++) {
        add_step(orders, way, &trace->hops.items[i]);
        if (!add_steps_elsewhere(orders, way, &trace->hops.items[i]))
            return false;
    }
    return true;
}

/* An earlier message may have brought the order into the table; the end is that of the last message. */
static enum way_end end_of(const struct way *way, const struct trace *trace)
{
    if (trace_has_kind(trace, S("expired")))
        return WAY_EXPIRED;
    if (trace_has_kind(trace, S("dead-lettered")))
        return WAY_DEAD;
    if (trace_has_kind(trace, S("not-delivered")) && !trace_has_kind(trace, S("delivered")))
        return WAY_LOST;
    return way->item.count > 0 ? WAY_STORED : WAY_PENDING;
}

/* Traces are found by words of at least two characters. */
static bool is_word(str text)
{
    size_t run = 0;

    for (size_t i = 0; i < text.size && run < 2; i++) {
        unsigned char c = (unsigned char)text.data[i];
        run = isalnum(c) || c == '_' || c >= 0x80 ? run + 1 : 0;
    }
    return run >= 2;
}

bool way_from_traces(struct orders *orders, struct way *way)
{
    struct trace_list traces = {0};

    if (!is_word(way->order_id))
        return true;
    if (!orders_traces_find(orders, &(struct traces_query){.text = way->order_id, .limit = MOST_MESSAGES},
                            &traces))
        return false;
    if (traces.count == 0)
        return true;
    struct trace *newest = &traces.items[0];
    if (!orders_traces_read(orders, newest))
        return false;
    way->trace_id = newest->id;
    way->messages = traces.count;
    way->end = end_of(way, newest);
    if (way->end != WAY_STORED)
        way->reason = trace_reason(newest);
    return add_steps(orders, way, newest);
}
