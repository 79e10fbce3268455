/*
 * trace_read.c: GET /_orderly/traces, and one trace.
 *
 *     GET /_orderly/traces?message=&resource=&outcome=&text=&since=&until=&limit=&next=
 *
 * The newest first.  `message` and `resource` are a message's id and an ARN, `text` is words of the message
 * (all of them must be in it), `since` and `until` are milliseconds.  `outcome` finds ways on which something
 * ended like that at some time, and those that ended well by "ok".  A page is bounded in time, too: it may
 * have fewer traces than asked for, even none, and a `next`.
 *
 * The engine first has all hops indexed; then a worker reads.
 */
#include "engine/engine_internal.h"
#include "engine/trace_words.h"
#include "engine_sql.h"

#include "wire/form.h"
#include "wire/json.h"

enum { USUAL_LIMIT = 50, MOST_TRACES = 100, LOOK_AGAIN_MS = 1 };

/* What is being looked for. */
struct search {
    struct word_list words; /* all of them; the first is what the store is asked by */
    bool ends_well;
    int64_t since_ms, until_ms, limit, before_id;
};

/* ---- what is asked ---- */

static bool set_message(struct arena *arena, struct search *search, str value)
{
    *list_add(arena, &search->words) = word_of(WORD_MESSAGE, value);
    return !str_empty(value);
}

static bool set_resource(struct arena *arena, struct search *search, str value)
{
    *list_add(arena, &search->words) = word_of(WORD_RESOURCE, value);
    return !str_empty(value);
}

static bool set_text(struct arena *arena, struct search *search, str value)
{
    size_t before = search->words.count;

    words_of_text(arena, value, &search->words);
    return search->words.count > before;
}

static bool set_outcome(struct arena *arena, struct search *search, str value)
{
    enum verdict verdict;

    if (!verdict_find(value, &verdict))
        return false;
    search->ends_well = verdict == VERDICT_OK;
    if (!search->ends_well)
        *list_add(arena, &search->words) = word_of(WORD_VERDICT, value);
    return true;
}

static bool set_since(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->since_ms);
}

static bool set_until(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->until_ms);
}

static bool set_limit(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->limit) && search->limit >= 1 && search->limit <= MOST_TRACES;
}

static bool set_next(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->before_id);
}

/* In this order the store is asked: by what few traces have. */
static const struct parameter {
    str name, takes;
    bool (*set)(struct arena *arena, struct search *search, str value);
} parameters[] = {
    {STR_INIT("message"), STR_INIT("a message's id"), set_message},
    {STR_INIT("text"), STR_INIT("words of two characters and more"), set_text},
    {STR_INIT("resource"), STR_INIT("an ARN"), set_resource},
    {STR_INIT("outcome"),
     STR_INIT("ok, failed, denied, not-delivered, throttled, timed-out or dead-lettered"), set_outcome},
    {STR_INIT("since"), STR_INIT("milliseconds since 1970"), set_since},
    {STR_INIT("until"), STR_INIT("milliseconds since 1970"), set_until},
    {STR_INIT("limit"), STR_INIT("a number from 1 to 100"), set_limit},
    {STR_INIT("next"), STR_INIT("what an earlier reply gave"), set_next},
};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static bool is_parameter(str name)
{
    for (size_t i = 0; i < PARAMETERS; i++)
        if (str_equal(name, parameters[i].name))
            return true;
    return false;
}

/* False: the reply says what is wrong. */
static bool read_parameter(const struct call *call, const struct form *query,
                           const struct parameter *parameter, struct search *search, struct http_reply *reply)
{
    str value = form_get(query, parameter->name);

    if (!str_present(value) || parameter->set(call->arena, search, value))
        return true;
    door_refuse(
        call, reply, 400,
        arena_format(call->arena, "%.*s takes %.*s.", STR_ARGS(parameter->name), STR_ARGS(parameter->takes)));
    return false;
}

static bool read_search(const struct call *call, str query_text, struct search *search,
                        struct http_reply *reply)
{
    struct form query = {0};

    *search = (struct search){.until_ms = INT64_MAX, .limit = USUAL_LIMIT, .before_id = INT64_MAX};
    if (!form_parse(call->arena, query_text, &query)) {
        door_refuse(call, reply, 400, S("The query cannot be read."));
        return false;
    }
    for (size_t i = 0; i < query.count; i++)
        if (!is_parameter(query.items[i].name)) {
            door_refuse(
                call, reply, 400,
                S("Traces are found by message, text, resource, outcome, since, until, limit and next."));
            return false;
        }
    for (size_t i = 0; i < PARAMETERS; i++)
        if (!read_parameter(call, &query, &parameters[i], search, reply))
            return false;
    return true;
}

/* ---- finding traces ---- */

static bool has_words(const struct call *call, const struct search *search, int64_t trace)
{
    struct engine_find_trace_word_row row;

    for (size_t i = 1; i < search->words.count; i++)
        if (!engine_find_trace_word(
                call->txn,
                &(struct engine_find_trace_word_params){.word = search->words.items[i], .trace = trace},
                &row))
            return false;
    return true;
}

static bool is_sought(const struct call *call, const struct search *search,
                      const struct engine_trace_row *row)
{
    return row->last_ms >= search->since_ms && row->began_ms <= search->until_ms &&
           (!search->ends_well || row->outcome == VERDICT_OK) && has_words(call, search, row->id);
}

static void write_names(struct json_writer *writer, str name, str names)
{
    str one;

    json_name(writer, name);
    json_open_array(writer);
    while (!str_empty(names) && str_next(&names, '\n', &one))
        json_string(writer, one);
    json_close_array(writer);
}

static void write_trace(struct json_writer *writer, const struct engine_trace_row *row)
{
    json_open_object(writer);
    json_field(writer, S("traceId"), row->trace_id);
    json_i64_field(writer, S("beganMs"), row->began_ms);
    json_i64_field(writer, S("lastMs"), row->last_ms);
    json_field(writer, S("outcome"), verdict_name((enum verdict)row->outcome));
    json_i64_field(writer, S("hops"), row->hops);
    write_names(writer, S("resources"), row->resources);
    write_names(writer, S("messageIds"), row->message_ids);
    json_close_object(writer);
}

/* Statements that walk from the newest trace on: over all, or over those with a word. */
struct walk {
    bool by_word;
    struct engine_list_traces_cursor all;
    struct engine_list_traces_by_word_cursor some;
};

static struct walk walk_begin(const struct call *call, const struct search *search,
                              const struct engine_list_traces_params *all,
                              struct engine_list_traces_by_word_params *some)
{
    struct walk walk = {.by_word = search->words.count > 0};

    if (walk.by_word)
        walk.some = engine_list_traces_by_word_open(call->txn, some);
    else
        walk.all = engine_list_traces_open(call->txn, all);
    return walk;
}

static bool walk_next(struct walk *walk, struct engine_trace_row *row)
{
    return walk->by_word ? engine_list_traces_by_word_next(&walk->some, row)
                         : engine_list_traces_next(&walk->all, row);
}

static void walk_end(struct walk *walk)
{
    if (walk->by_word)
        engine_list_traces_by_word_close(&walk->some);
    else
        engine_list_traces_close(&walk->all);
}

/* The id to go on before; 0: that was all. */
static int64_t write_found(const struct call *call, const struct search *search, struct json_writer *writer)
{
    struct engine_list_traces_params all = {.before_id = search->before_id};
    struct engine_list_traces_by_word_params some = {.word = search->words.count ? search->words.items[0] : 0,
                                                     .before_id = search->before_id};
    struct walk walk = walk_begin(call, search, &all, &some);
    struct engine_trace_row row;
    int64_t found = 0, last_id = 0, next = 0;

    while (walk_next(&walk, &row)) {
        if (last_id && (found == search->limit || time_is_up(call))) {
            next = last_id;
            break;
        }
        last_id = row.id;
        if (is_sought(call, search, &row)) {
            write_trace(writer, &row);
            found++;
        }
    }
    walk_end(&walk);
    return next;
}

static enum outcome reply_written(struct http_reply *reply, const struct json_writer *writer)
{
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(writer)};
    return DONE;
}

/*
 * On the engine: everything that was traced before this request must be found.  Then a worker runs the
 * handler again.
 */
static enum outcome index_first(const struct call *call, struct http_reply *reply)
{
    if (!may_move_to_worker(call))
        return door_refuse(call, reply, 503, S("The server is stopping."));
    if (trace_is_indexed(call->engine))
        return move_to_worker(call);
    if (!call->engine->batch->has_indexed)
        trace_index(call->engine);
    return park(call, S("engine/traces"), call->now_ms + LOOK_AGAIN_MS);
}

enum outcome traces_list(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct search search;

    if (!read_search(call, visit->request->query, &search, reply))
        return DONE;
    if (!txn_reads_only(call->txn))
        return index_first(call, reply);
    json_open_object(&writer);
    json_name(&writer, S("traces"));
    json_open_array(&writer);
    int64_t next = write_found(call, &search, &writer);
    json_close_array(&writer);
    if (next)
        json_field(&writer, S("next"), arena_format(call->arena, "%lld", (long long)next));
    json_close_object(&writer);
    return reply_written(reply, &writer);
}

/* ---- one trace ---- */

struct stored_hops {
    struct stored_hop *items;
    size_t count;
};

/* In order of time; of the same millisecond, in the order in which they were written. */
static void add_in_order(struct arena *arena, struct stored_hops *hops, const struct stored_hop *hop)
{
    list_add(arena, hops);
    size_t place = hops->count - 1;

    for (; place > 0 && hops->items[place - 1].hop.at_ms > hop->hop.at_ms; place--)
        hops->items[place] = hops->items[place - 1];
    hops->items[place] = *hop;
}

static struct stored_hops hops_of(const struct call *call, int64_t trace)
{
    struct engine_list_trace_hops_rows rows = engine_list_trace_hops(
        call->txn, &(struct engine_list_trace_hops_params){.trace = trace, .limit = LIMIT_TRACE_HOPS});
    struct stored_hops hops = {0};
    struct stored_hop hop;

    for (size_t i = 0; i < rows.count; i++)
        if (hop_read(json_parse(call->arena, rows.items[i].hop, NULL), 0, &hop))
            add_in_order(call->arena, &hops, &hop);
    return hops;
}

static bool is_same(str a, str b)
{
    return str_present(a) && str_equal(a, b);
}

/* Hops before `at` that may be its parent. */
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

    for (size_t i = 0; i < at && (kind == HOP_DELIVERED || kind == HOP_NOT_DELIVERED); i++)
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

/*
 * The hop that says so itself, or the one before it of the same message, or the one that its request began
 * with.
 */
static int64_t parent_of(const struct stored_hops *hops, size_t at)
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

static void write_hop(struct arena *arena, struct json_writer *writer, const struct stored_hops *hops,
                      size_t at)
{
    const struct stored_hop *stored = &hops->items[at];
    const struct trace_hop *hop = &stored->hop;

    json_open_object(writer);
    write_id(arena, writer, S("id"), stored->id);
    write_id(arena, writer, S("parent"), parent_of(hops, at));
    json_field(writer, S("kind"), hop_kind_name(hop->kind));
    json_i64_field(writer, S("atMs"), hop->at_ms);
    json_i64_field(writer, S("durationMs"), hop->duration_ms);
    json_i64_field(writer, S("attempt"), hop->attempt);
    json_field(writer, S("verdict"), verdict_name(hop->verdict));
    json_field(writer, S("resource"), hop->resource_arn);
    json_field(writer, S("messageId"), hop->message_id);
    json_field(writer, S("requestId"), hop->request_id);
    json_field(writer, S("reason"), hop->reason);
    if (stored->detail) {
        json_name(writer, S("detail"));
        json_value(writer, stored->detail);
    }
    json_close_object(writer);
}

enum outcome traces_show(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct engine_trace_row row;

    if (!txn_reads_only(call->txn))
        return index_first(call, reply);
    if (!engine_find_trace(call->txn, &(struct engine_find_trace_params){.trace_id = visit->rest}, &row))
        return door_refuse(call, reply, 404, S("There is no such trace."));
    struct stored_hops hops = hops_of(call, row.id);
    json_open_object(&writer);
    json_field(&writer, S("traceId"), row.trace_id);
    json_name(&writer, S("hops"));
    json_open_array(&writer);
    for (size_t i = 0; i < hops.count; i++)
        write_hop(call->arena, &writer, &hops, i);
    json_close_array(&writer);
    json_close_object(&writer);
    return reply_written(reply, &writer);
}
