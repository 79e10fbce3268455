/*
 * hops.c: the hops of one trace, the hop that caused each, and what of it a reader may see.
 */
#include "engine/hop_detail.h"
#include "engine/trace/search.h"
#include "engine_sql.h"

#include "aws/arn.h"
#include "base/list.h"

/* In order of time; hops of the same millisecond in the order in which they were written. */
static void add_in_order(struct arena *arena, struct stored_hops *hops, const struct stored_hop *hop)
{
    list_add(arena, hops);
    size_t place = hops->count - 1;

    for (; place > 0 && hops->items[place - 1].hop.at_ms > hop->hop.at_ms; place--)
        hops->items[place] = hops->items[place - 1];
    hops->items[place] = *hop;
}

void trace_run_read(struct arena *arena, str run, struct stored_hops *hops)
{
    const struct json *array = json_parse(arena, run, NULL);
    struct stored_hop hop;

    for (size_t i = 0; json_is(array, JSON_ARRAY) && i < array->count; i++)
        if (hop_read(&array->items[i], &hop))
            add_in_order(arena, hops, &hop);
}

struct stored_hops trace_hops_of(const struct call *call, int64_t trace)
{
    struct engine_list_trace_runs_rows rows = engine_list_trace_runs(
        call->txn, &(struct engine_list_trace_runs_params){.trace = trace, .limit = LIMIT_TRACE_HOPS});
    struct stored_hops hops = {0};

    for (size_t i = 0; i < rows.count; i++)
        trace_run_read(call->arena, rows.items[i].hops, &hops);
    return hops;
}

static bool is_same(str a, str b)
{
    return str_present(a) && str_equal(a, b);
}

/* The newest hop before `at` that may be its parent. */
static int64_t last_of_message(const struct stored_hops *hops, size_t at)
{
    for (size_t i = at; i > 0; i--)
        if (is_same(hops->items[i - 1].hop.message_id, hops->items[at].hop.message_id))
            return hops->items[i - 1].id;
    return 0;
}

static int64_t first_of_request(const struct stored_hops *hops, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_same(hops->items[i].hop.request_id, hops->items[at].hop.request_id))
            return hops->items[i].id;
    return 0;
}

static int64_t first_published(const struct stored_hops *hops, size_t at)
{
    enum hop_kind kind = hops->items[at].hop.kind;

    for (size_t i = 0;
         i < at && (kind == HOP_DELIVERED || kind == HOP_NOT_DELIVERED || kind == HOP_FILTERED_OUT); i++)
        if (hops->items[i].hop.kind == HOP_PUBLISHED)
            return hops->items[i].id;
    return 0;
}

static int64_t known_parent(const struct stored_hops *hops, size_t at)
{
    int64_t parent = hops->items[at].hop.parent;

    for (size_t i = 0; parent && i < hops->count; i++)
        if (hops->items[i].id == parent && i != at)
            return parent;
    return 0;
}

int64_t trace_hop_parent(const struct stored_hops *hops, size_t at)
{
    static int64_t (*const rules[])(const struct stored_hops *hops, size_t at) = {
        known_parent, last_of_message, first_of_request, first_published};
    int64_t parent = 0;

    for (size_t i = 0; !parent && i < sizeof rules / sizeof *rules; i++)
        parent = rules[i](hops, at);
    return parent;
}

static void write_id(struct arena *arena, struct json_writer *writer, str name, int64_t id)
{
    json_name(writer, name);
    if (id)
        json_string(writer, arena_format(arena, "%lld", (long long)id));
    else
        json_null(writer);
}

/* In open mode a request without a good signature is the administrator's, as at other doors. */
static bool reads_all_details(const struct call *call)
{
    return !call->engine->options.strict_auth && call->caller->kind == PRINCIPAL_ANONYMOUS;
}

/* NULL: who may read traces may read all of that service's details. */
static const struct hop_details *details_of(const struct call *call, str service)
{
    const struct hop_details *const *details = call->engine->options.hop_details;

    for (; details && *details; details++)
        if (str_equal(service, str_of((*details)->service->signing_name)))
            return *details;
    return NULL;
}

static void write_detail(const struct call *call, struct json_writer *writer, const struct stored_hop *stored)
{
    struct arn arn = {0};
    bool known = !reads_all_details(call) && arn_parse(stored->hop.resource_arn, &arn);
    const struct hop_details *details = known ? details_of(call, arn.service) : NULL;
    struct call there = call_in(call, arn.account, arn.region);
    str lacks = details ? details->lacks(&there, stored->hop.resource_arn, stored->detail) : (str){0};

    if (str_present(lacks)) {
        json_field(writer, S("withheld"), lacks);
        return;
    }
    json_name(writer, S("detail"));
    json_value(writer, stored->detail);
}

void trace_hop_write(const struct call *call, struct json_writer *writer, const struct stored_hops *hops,
                     size_t at, str trace_id)
{
    const struct stored_hop *stored = &hops->items[at];
    const struct trace_hop *hop = &stored->hop;
    struct arena *arena = call->arena;

    json_open_object(writer);
    if (str_present(trace_id))
        json_field(writer, S("traceId"), trace_id);
    write_id(arena, writer, S("id"), stored->id);
    write_id(arena, writer, S("parent"), trace_hop_parent(hops, at));
    json_field(writer, S("kind"), hop_kind_name(hop->kind));
    json_i64_field(writer, S("atMs"), hop->at_ms);
    json_i64_field(writer, S("durationMs"), hop->duration_ms);
    json_i64_field(writer, S("attempt"), hop->attempt);
    json_field(writer, S("verdict"), verdict_name(hop->verdict));
    json_field(writer, S("resource"), hop->resource_arn);
    json_field(writer, S("messageId"), hop->message_id);
    json_field(writer, S("requestId"), hop->request_id);
    json_field(writer, S("reason"), hop->reason);
    if (stored->detail)
        write_detail(call, writer, stored);
    json_close_object(writer);
}
