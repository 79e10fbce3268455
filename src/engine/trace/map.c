/*
 * map.c: GET /_orderly/map: which resource gave work to which, and how often, from the traces.
 *
 *     GET /_orderly/map?since=&next=
 *
 * An edge leads from the topic to the queue, from the queue to the function or to its dead-letter queue, from
 * the function to the table and the log group.  `count` is the number of steps, `failed` of those that did
 * not end well.  A page covers the traces that ended after `since` (milliseconds; the last hour without it),
 * newest first, as far as its time allows, or until it has MOST_EDGES edges; then it has a `next`, and a
 * client adds the pages up.
 */
#include "engine/trace/search.h"
#include "engine_sql.h"

#include "wire/form.h"

enum { HOUR_MS = 3600 * 1000, MOST_EDGES = 1000 };

struct edge_list {
    struct edge {
        str from, to;
        enum hop_kind kind;
        int64_t count, failed, last_ms;
    } * items;
    size_t count;
};

/* Steps that another resource caused, and what a dead letter comes from. */
static bool is_edge(enum hop_kind kind)
{
    static const bool edges[HOP_KINDS] = {
        [HOP_DELIVERED] = true, [HOP_NOT_DELIVERED] = true, [HOP_FILTERED_OUT] = true,
        [HOP_SENT] = true,      [HOP_INVOKED] = true,       [HOP_PUT] = true,
        [HOP_LOGGED] = true,    [HOP_DEAD_LETTERED] = true,
    };

    return edges[kind];
}

static const struct trace_hop *hop_of_id(const struct stored_hops *hops, int64_t id)
{
    for (size_t i = 0; id && i < hops->count; i++)
        if (hops->items[i].id == id)
            return &hops->items[i].hop;
    return NULL;
}

/*
 * The receive of the message before that hop: a dead letter comes from its queue, whatever failed meanwhile.
 */
static const struct trace_hop *receive_before(const struct stored_hops *hops, size_t at)
{
    for (size_t i = at; i > 0; i--)
        if (hops->items[i - 1].hop.kind == HOP_RECEIVED &&
            str_equal(hops->items[i - 1].hop.message_id, hops->items[at].hop.message_id))
            return &hops->items[i - 1].hop;
    return NULL;
}

static const struct trace_hop *cause_of(const struct stored_hops *hops, size_t at)
{
    return hops->items[at].hop.kind == HOP_DEAD_LETTERED ? receive_before(hops, at)
                                                         : hop_of_id(hops, trace_hop_parent(hops, at));
}

static struct edge *edge_of(struct arena *arena, struct edge_list *edges, str from,
                            const struct trace_hop *hop)
{
    for (size_t i = 0; i < edges->count; i++) {
        struct edge *edge = &edges->items[i];
        if (edge->kind == hop->kind && str_equal(edge->from, from) && str_equal(edge->to, hop->resource_arn))
            return edge;
    }
    struct edge *edge = list_add(arena, edges);
    *edge = (struct edge){.from = from, .to = hop->resource_arn, .kind = hop->kind};
    return edge;
}

static void add_hops(struct arena *arena, struct edge_list *edges, const struct stored_hops *hops)
{
    for (size_t i = 0; i < hops->count; i++) {
        const struct trace_hop *hop = &hops->items[i].hop,
                               *cause = is_edge(hop->kind) ? cause_of(hops, i) : NULL;
        if (!cause || !str_present(cause->resource_arn) || !str_present(hop->resource_arn) ||
            str_equal(cause->resource_arn, hop->resource_arn))
            continue;
        struct edge *edge = edge_of(arena, edges, cause->resource_arn, hop);
        edge->count++;
        edge->failed += verdict_is_failure(hop->verdict);
        if (hop->at_ms > edge->last_ms)
            edge->last_ms = hop->at_ms;
    }
}

/* The end of the last page: its trace's time and row. */
struct span {
    int64_t since_ms, before_ms, before_id;
};

/* False: this is the last page; otherwise the next one begins before span's new end. */
static bool read_traces(const struct call *call, struct span *span, struct edge_list *edges)
{
    struct engine_list_traces_by_age_params params = {
        .since_ms = span->since_ms, .before_ms = span->before_ms, .before_id = span->before_id};
    struct engine_list_traces_by_age_cursor cursor = engine_list_traces_by_age_open(call->txn, &params);
    struct engine_list_traces_by_age_row row;
    bool any = false, more;

    while ((more = engine_list_traces_by_age_next(&cursor, &row)) &&
           !(any && (edges->count >= MOST_EDGES || time_is_up(call)))) {
        struct stored_hops hops = trace_hops_of(call, row.id);
        add_hops(call->arena, edges, &hops);
        *span = (struct span){span->since_ms, row.last_ms, row.id};
        any = true;
    }
    engine_list_traces_by_age_close(&cursor);
    return more;
}

static void write_edges(struct json_writer *writer, const struct edge_list *edges)
{
    json_name(writer, S("edges"));
    json_open_array(writer);
    for (size_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->items[i];
        json_open_object(writer);
        json_field(writer, S("from"), edge->from);
        json_field(writer, S("to"), edge->to);
        json_field(writer, S("kind"), hop_kind_name(edge->kind));
        json_i64_field(writer, S("count"), edge->count);
        json_i64_field(writer, S("failed"), edge->failed);
        json_i64_field(writer, S("lastMs"), edge->last_ms);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* False: the reply says what is wrong. */
static bool read_span(const struct call *call, str query, struct span *span, struct http_reply *reply)
{
    struct form form = {0};
    bool good = form_parse(call->arena, query, &form);
    str since = form_get(&form, S("since")), next = form_get(&form, S("next")), before;

    *span = (struct span){call->now_ms - HOUR_MS, INT64_MAX, INT64_MAX};
    if (good && str_present(since))
        good = str_to_i64(since, &span->since_ms);
    if (good && str_present(next))
        good = str_next(&next, '.', &before) && str_to_i64(before, &span->before_ms) && str_present(next) &&
               str_to_i64(next, &span->before_id);
    if (!good)
        door_refuse(call, reply, 400,
                    S("since takes milliseconds since 1970, and next what an earlier reply gave."));
    return good;
}

enum outcome traces_map(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct edge_list edges = {0};
    struct span span;

    if (!read_span(call, visit->request->query, &span, reply))
        return DONE;
    if (!txn_reads_only(call->txn))
        return trace_index_first(call, reply);
    bool more = read_traces(call, &span, &edges);
    json_open_object(&writer);
    json_i64_field(&writer, S("sinceMs"), span.since_ms);
    write_edges(&writer, &edges);
    if (more)
        json_field(
            &writer, S("next"),
            arena_format(call->arena, "%lld.%lld", (long long)span.before_ms, (long long)span.before_id));
    json_close_object(&writer);
    return trace_reply(reply, &writer);
}
