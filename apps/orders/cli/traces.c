/*
 * traces.c: calls /_orderly/traces.
 */
#include "orders/cli/traces.h"
#include "orders/cli/printed.h"

#include "base/list.h"
#include "cli/output.h"
#include "wire/form.h"
#include "wire/server_sent_events.h"

enum { FORBIDDEN = 403, MOST_PAGES = 1000, PAGE = 100, MOST_EVENT_BYTES = 1024 * 1024, AGAIN_MS = 200 };

static const str traces_path = STR_INIT("/_orderly/traces");
static const str stream_path = STR_INIT("/_orderly/traces/stream");

/* With --auth strict, users of IAM are refused: for them the log has to do, as on AWS. */
static bool allowed(struct orders *orders, bool *may_read)
{
    struct http_reply reply = {0};

    if (!client_get(orders->client, orders->arena, traces_path, S("limit=1"), &reply, &orders->failure))
        return orders_complain(orders, "Asking for traces");
    *may_read = reply.status != FORBIDDEN;
    if (!*may_read)
        fputs(
            "orderly: Traces are not looked at: with --auth strict only the administrator may read them. The "
            "functions' log tells less.\n",
            stderr);
    return true;
}

bool orders_traces_served(struct orders *orders, bool *served)
{
    struct http_reply reply = {0};

    *served = orders->endpoint_kind == ENDPOINT_ORDERLY;
    if (orders->endpoint_kind != ENDPOINT_UNKNOWN)
        return true;
    orders->endpoint_kind = ENDPOINT_OTHER;
    if (!str_present(config_own_endpoint(orders->config)))
        return true;
    if (!client_get(orders->client, orders->arena, S("/_orderly/health"), S(""), &reply, &orders->failure))
        return orders_complain(orders, "Asking what answers there");
    const struct json *health = reply.status == 200 ? json_parse(orders->arena, reply.body, NULL) : NULL;
    *served = str_equal(json_get_str(health, S("edition")), S("orderly"));
    if (*served && !allowed(orders, served))
        return false;
    orders->endpoint_kind = *served ? ENDPOINT_ORDERLY : ENDPOINT_OTHER;
    return true;
}

static bool complain(struct orders *orders, const struct http_reply *reply)
{
    str message = json_get_str(json_parse(orders->arena, reply->body, NULL), S("message"));

    if (!str_present(message))
        message = arena_format(orders->arena, "the reply has the status %d.", reply->status);
    fprintf(stderr, "orderly: Reading the traces failed: %.*s\n",
            STR_ARGS(output_text(orders->arena, message)));
    return false;
}

/* NULL: the reason has been printed. */
static const struct json *get(struct orders *orders, str path, str query)
{
    struct http_reply reply = {0};

    if (!client_get(orders->client, orders->arena, path, query, &reply, &orders->failure)) {
        orders_complain(orders, "Reading the traces");
        return NULL;
    }
    const struct json *body = json_parse(orders->arena, reply.body, NULL);
    if (reply.status == 200 && json_is(body, JSON_OBJECT))
        return body;
    complain(orders, &reply);
    return NULL;
}

static int64_t number_of(const struct json *object, str name)
{
    const struct json *value = json_get(object, name);
    int64_t number;

    return json_is(value, JSON_NUMBER) && str_to_i64(value->text, &number) ? number : 0;
}

/* ---- finding them ---- */

static struct trace trace_of(const struct json *json)
{
    return (struct trace){
        .id = json_get_str(json, S("traceId")),
        .outcome = json_get_str(json, S("outcome")),
        .began_ms = number_of(json, S("beganMs")),
        .last_ms = number_of(json, S("lastMs")),
    };
}

static void add_text(struct text *text, str name, str value)
{
    if (str_present(value))
        form_add(text, name, value);
}

static void add_number(struct text *text, str name, int64_t value)
{
    if (value > 0)
        form_add(text, name, arena_format(text->arena, "%lld", (long long)value));
}

static str query_text(struct orders *orders, const struct traces_query *query, str next)
{
    struct text text = text_in(orders->arena);

    add_text(&text, S("text"), query->text);
    add_text(&text, S("message"), query->message);
    add_text(&text, S("resource"), query->resource);
    add_number(&text, S("since"), query->since_ms);
    add_number(&text, S("limit"), query->limit < PAGE ? query->limit : PAGE);
    add_text(&text, S("next"), next);
    return text_str(&text);
}

/* A page may have fewer traces than the limit, and still have a next page. */
bool orders_traces_find(struct orders *orders, const struct traces_query *query, struct trace_list *traces)
{
    str next = {0};

    for (size_t pages = 0; pages < MOST_PAGES && traces->count < (size_t)query->limit; pages++) {
        const struct json *page = get(orders, traces_path, query_text(orders, query, next));
        const struct json *found = json_get(page, S("traces"));
        if (!page)
            return false;
        for (uint32_t i = 0; json_is(found, JSON_ARRAY) && i < found->count; i++)
            *list_add(orders->arena, traces) = trace_of(&found->items[i]);
        next = json_get_str(page, S("next"));
        if (!str_present(next))
            break;
    }
    if (traces->count > (size_t)query->limit)
        traces->count = (size_t)query->limit;
    return true;
}

/* ---- one trace ---- */

static struct trace_entry hop_of(const struct json *json)
{
    return (struct trace_entry){
        .id = json_get_str(json, S("id")),
        .parent = json_get_str(json, S("parent")),
        .kind = json_get_str(json, S("kind")),
        .verdict = json_get_str(json, S("verdict")),
        .resource = json_get_str(json, S("resource")),
        .message_id = json_get_str(json, S("messageId")),
        .request_id = json_get_str(json, S("requestId")),
        .reason = json_get_str(json, S("reason")),
        .at_ms = number_of(json, S("atMs")),
        .took_ms = number_of(json, S("durationMs")),
        .attempt = number_of(json, S("attempt")),
        .detail = json_get(json, S("detail")),
    };
}

bool orders_traces_read(struct orders *orders, struct trace *trace)
{
    str path = arena_concat(orders->arena, traces_path, S("/"), trace->id);
    const struct json *json = get(orders, path, S("")), *hops = json_get(json, S("hops"));

    if (!json)
        return false;
    trace->hops.items = NULL;
    trace->hops.count = 0;
    for (uint32_t i = 0; json_is(hops, JSON_ARRAY) && i < hops->count; i++)
        *list_add(orders->arena, &trace->hops) = hop_of(&hops->items[i]);
    return true;
}

bool orders_traces_newest(struct orders *orders, const struct traces_query *query, struct trace *trace)
{
    struct traces_query one = *query;
    struct trace_list traces = {0};

    one.limit = 1;
    *trace = (struct trace){0};
    if (!orders_traces_find(orders, &one, &traces))
        return false;
    if (traces.count == 0)
        return true;
    *trace = traces.items[0];
    return orders_traces_read(orders, trace);
}

/* ---- as they happen ---- */

struct following {
    struct orders *orders;
    const struct traces_follower *follower;
    struct arena arena; /* of the event's bytes received so far, and of the last hop's id */
    struct text bytes;
    str last_hop;
    bool begun, enough;
};

static void take_event(struct following *following, const struct server_sent_event *event)
{
    const struct traces_follower *follower = following->follower;
    struct arena *arena = following->orders->arena;
    struct arena_mark mark = arena_mark(arena);

    if (!following->begun)
        follower->begun(follower->context);
    following->begun = true;
    if (str_equal(event->name, S("hop"))) {
        const struct json *json = json_parse(arena, event->data, NULL);
        struct trace_entry hop = hop_of(json);
        following->enough = !follower->hop(follower->context, json_get_str(json, S("traceId")), &hop);
    }
    arena_rewind(arena, mark);
}

/* Handle all complete events; the rest waits for more bytes. */
static bool take_bytes(void *context, str bytes)
{
    struct following *following = context;
    struct server_sent_event event;
    struct arena next = {0};

    text_add(&following->bytes, bytes);
    str rest = text_str(&following->bytes), last = following->last_hop;
    while (!following->enough && server_sent_event_read(&following->arena, &rest, &event)) {
        last = str_present(event.id) ? event.id : last;
        take_event(following, &event);
    }
    struct text left = text_in(&next);
    text_add(&left, rest);
    following->last_hop = arena_copy(&next, last);
    arena_free(&following->arena);
    following->arena = next;
    left.arena = &following->arena;
    following->bytes = left;
    return !following->enough && left.size <= MOST_EVENT_BYTES;
}

static bool follow_once(struct following *following, str resource)
{
    struct orders *orders = following->orders;
    struct client_reader reader = {following, take_bytes};
    struct http_reply reply = {0};
    struct text query = text_in(orders->arena);

    add_text(&query, S("resource"), resource);
    add_text(&query, S("after"), following->last_hop);
    following->bytes = text_in(&following->arena);
    if (!client_follow(orders->client, orders->arena, stream_path, text_str(&query), &reader, &reply,
                       &orders->failure))
        return orders_complain(orders, "Following the traces");
    return reply.status == 200 ? true : complain(orders, &reply);
}

bool orders_traces_follow(struct orders *orders, str resource, const struct traces_follower *follower)
{
    struct following following = {.orders = orders, .follower = follower};
    struct arena_mark mark = arena_mark(orders->arena);
    bool good = true;

    while (good && !following.enough) {
        if (following.begun)
            pause_ms(AGAIN_MS); /* the server has ended the stream */
        good = follow_once(&following, resource);
        arena_rewind(orders->arena, mark);
    }
    arena_free(&following.arena);
    return good;
}

/* ---- contents ---- */

bool trace_has_kind(const struct trace *trace, str kind)
{
    for (size_t i = 0; i < trace->hops.count; i++)
        if (str_equal(trace->hops.items[i].kind, kind))
            return true;
    return false;
}

str trace_reason(const struct trace *trace)
{
    for (size_t i = trace->hops.count; i > 0; i--)
        if (!str_equal(trace->hops.items[i - 1].verdict, S("ok")) &&
            str_present(trace->hops.items[i - 1].reason))
            return trace->hops.items[i - 1].reason;
    return (str){0};
}

str trace_entry_order(struct arena *arena, const struct trace_entry *entry)
{
    str id = json_get_str(json_get(json_get(entry->detail, S("key")), S("orderId")), S("S")), before;

    return str_present(id) ? id : json_get_str(printed_json(arena, entry->reason, &before), S("orderId"));
}
