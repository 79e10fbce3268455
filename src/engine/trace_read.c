/*
 * trace_read.c: GET /_orderly/traces, and one trace.
 *
 *     GET /_orderly/traces?message=&resource=&outcome=&text=&since=&until=&took=&limit=&next=
 *
 * The newest first.  `message` and `resource` are a message's id and an ARN, `text` is words of the message
 * (all of them must occur), `since` and `until` are milliseconds, and `took` those that a trace took at
 * least, from its first to its last hop.  `outcome` finds traces with a hop of that verdict, "any-failure"
 * those with a hop that failed in any way, and "ok" those that ended well.  A page is bounded in time, too:
 * it may have fewer traces than the limit, even none, and a `next`.
 *
 * The engine first indexes all hops; then a worker reads.  `lastHop` is the newest hop that the page covers:
 * GET /_orderly/traces/stream?after= continues from there.
 */
#include "engine/trace_search.h"
#include "engine_sql.h"

enum { LOOK_AGAIN_MS = 1 };

/* ---- finding traces ---- */

static bool is_sought(const struct call *call, const struct search *search,
                      const struct engine_trace_row *row)
{
    return row->last_ms >= search->since_ms && row->began_ms <= search->until_ms &&
           row->last_ms - row->began_ms >= search->took_ms &&
           (!search->ends_well || row->outcome == VERDICT_OK) && search_has_words(call, search, row->id);
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

/*
 * Traces from the newest on: all, those with a word, or those with one of some words.  The last are found by
 * the newest trace of each word: so failures are as quick to find when they are rare.
 */
struct walk {
    enum { WALK_ALL, WALK_BY_WORD, WALK_BY_WORDS } kind;
    bool is_open; /* `all`, which reads one trace, `before`, when traces are found by some words */
    struct engine_list_traces_cursor all;
    struct engine_list_traces_params before;
    struct engine_list_traces_by_word_cursor some;
    const struct word_list *words;
    int64_t newest[VERDICTS]; /* of each of the words; 0: there are no more */
};

static int64_t trace_before(const struct call *call, int64_t word, int64_t before_id)
{
    struct engine_find_trace_of_word_before_params params = {.word = word, .before_id = before_id};
    struct engine_find_trace_of_word_before_row row;

    return engine_find_trace_of_word_before(call->txn, &params, &row) ? row.trace : 0;
}

static struct walk walk_begin(const struct call *call, const struct search *search,
                              const struct engine_list_traces_params *all,
                              struct engine_list_traces_by_word_params *some)
{
    struct walk walk = {.kind = WALK_ALL};

    if (search->words.count > 0) {
        walk.kind = WALK_BY_WORD;
        walk.some = engine_list_traces_by_word_open(call->txn, some);
    } else if (search->failures.count > 0) {
        walk.kind = WALK_BY_WORDS;
        walk.words = &search->failures;
        for (size_t i = 0; i < walk.words->count; i++)
            walk.newest[i] = trace_before(call, walk.words->items[i], search->before_id);
    } else {
        walk.is_open = true;
        walk.all = engine_list_traces_open(call->txn, all);
    }
    return walk;
}

static void walk_end(struct walk *walk)
{
    if (walk->kind == WALK_BY_WORD)
        engine_list_traces_by_word_close(&walk->some);
    else if (walk->is_open)
        engine_list_traces_close(&walk->all);
    walk->is_open = false;
}

/* The newest trace that has one of the words; each of them then goes on before it. */
static bool next_of_words(const struct call *call, struct walk *walk, struct engine_trace_row *row)
{
    int64_t newest = 0;

    walk_end(walk);
    for (size_t i = 0; i < walk->words->count; i++)
        if (walk->newest[i] > newest)
            newest = walk->newest[i];
    if (!newest)
        return false;
    for (size_t i = 0; i < walk->words->count; i++)
        if (walk->newest[i] == newest)
            walk->newest[i] = trace_before(call, walk->words->items[i], newest);
    walk->before.before_id = newest + 1;
    walk->all = engine_list_traces_open(call->txn, &walk->before);
    walk->is_open = true;
    return engine_list_traces_next(&walk->all, row);
}

static bool walk_next(const struct call *call, struct walk *walk, struct engine_trace_row *row)
{
    switch (walk->kind) {
    case WALK_BY_WORD:
        return engine_list_traces_by_word_next(&walk->some, row);
    case WALK_BY_WORDS:
        return next_of_words(call, walk, row);
    default:
        return engine_list_traces_next(&walk->all, row);
    }
}

/* Write the traces found.  Returns the id before which the next page begins; 0: this is the last page. */
static int64_t write_found(const struct call *call, const struct search *search, struct json_writer *writer)
{
    struct engine_list_traces_params all = {.before_id = search->before_id};
    struct engine_list_traces_by_word_params some = {.word = search->words.count ? search->words.items[0] : 0,
                                                     .before_id = search->before_id};
    struct walk walk = walk_begin(call, search, &all, &some);
    struct engine_trace_row row;
    int64_t found = 0, last_id = 0, next = 0;

    while (walk_next(call, &walk, &row)) {
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

/* A stream of the hops after this one misses none that the page lacks. */
static void write_last_hop(const struct call *call, struct json_writer *writer)
{
    struct engine_find_last_trace_hop_row last = {0};

    engine_find_last_trace_hop(call->txn, &last);
    json_field(writer, S("lastHop"), arena_format(call->arena, "%lld", (long long)last.id));
}

enum outcome trace_reply(struct http_reply *reply, const struct json_writer *writer)
{
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(writer)};
    return DONE;
}

enum outcome trace_index_first(const struct call *call, struct http_reply *reply)
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

    if (!search_read(call, visit->request->query, SEARCH_PAGE, &search, reply))
        return DONE;
    if (!txn_reads_only(call->txn))
        return trace_index_first(call, reply);
    json_open_object(&writer);
    json_name(&writer, S("traces"));
    json_open_array(&writer);
    int64_t next = write_found(call, &search, &writer);
    json_close_array(&writer);
    write_last_hop(call, &writer);
    if (next)
        json_field(&writer, S("next"), arena_format(call->arena, "%lld", (long long)next));
    json_close_object(&writer);
    return trace_reply(reply, &writer);
}

/* ---- one trace ---- */

enum outcome traces_show(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct engine_trace_row row;

    if (!txn_reads_only(call->txn))
        return trace_index_first(call, reply);
    if (!engine_find_trace(call->txn, &(struct engine_find_trace_params){.trace_id = visit->rest}, &row))
        return door_refuse(call, reply, 404, S("There is no such trace."));
    struct stored_hops hops = trace_hops_of(call, row.id);
    json_open_object(&writer);
    json_field(&writer, S("traceId"), row.trace_id);
    json_name(&writer, S("hops"));
    json_open_array(&writer);
    for (size_t i = 0; i < hops.count; i++)
        trace_hop_write(call, &writer, &hops, i, (str){0});
    json_close_array(&writer);
    json_close_object(&writer);
    return trace_reply(reply, &writer);
}
