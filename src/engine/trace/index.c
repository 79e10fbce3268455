/*
 * index.c: turns pages of hops into traces that can be found, and deletes old traces.
 *
 * Pages are indexed when no call has come for a while; when there are many, in every pause; when there are
 * very many, whether calls come or not.  Slices are short while clients wait: so indexing costs no call
 * anything, and a trace's row is usually written once for many hops.  A request that reads traces first has
 * the remaining pages indexed.  When hops come faster than that for long, the oldest pages are dropped: a
 * trace costs several times what its message does, and messages come first.
 *
 * Traces are deleted by the time of their last hop, in the engine's time: an id from a client may claim any
 * time.  They are also deleted while all of them take more space than --trace-keep allows; sizes are
 * estimates.
 */
#include "engine/trace/trace_internal.h"
#include "engine/trace/words.h"
#include "engine_sql.h"

#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/json.h"

#include <string.h>

enum {
    INDEX_IDLE_MS = 100, /* no call has come for so long */
    PAUSE_MS = 20,       /* the same, when many pages wait */
    TEND_AGAIN_MS = 20,  /* while clients wait: a slice of indexing and one of pruning at this interval */
    PRUNE_EVERY_MS = 10 * 1000,
    TELL_DROPPED_EVERY_MS = 60 * 1000,
    PAGES_AT_ONCE = 16,
    WAYS_AT_ONCE = 32,
    TRACE_ROW_BYTES = 300,
    RUN_ROW_BYTES = 40,
    WORD_BYTES = 16, /* in its trace's row, and in its range's */
    HOP_COLUMNS = 12,
    MOST_NAMES = 32, /* of resources, and of messages, in a trace's row */
};

/* ---- reading hops ---- */

static int64_t number_at(const struct json *array, size_t at)
{
    int64_t value = 0;

    if (at < array->count && array->items[at].type == JSON_NUMBER)
        str_to_i64(array->items[at].text, &value);
    return value;
}

static str text_at(const struct json *array, size_t at)
{
    return at < array->count && array->items[at].type == JSON_STRING ? array->items[at].text : (str){0};
}

bool hop_read(const struct json *array, struct stored_hop *hop)
{
    if (!json_is(array, JSON_ARRAY) || array->count < HOP_COLUMNS)
        return false;
    *hop = (struct stored_hop){
        .id = number_at(array, 0),
        .hop =
            {
                .kind = (enum hop_kind)number_at(array, 1),
                .verdict = (enum verdict)number_at(array, 2),
                .at_ms = number_at(array, 3),
                .duration_ms = number_at(array, 4),
                .attempt = number_at(array, 5),
                .parent = number_at(array, 6),
                .resource_arn = text_at(array, 7),
                .message_id = text_at(array, 8),
                .request_id = text_at(array, 9),
                .reason = text_at(array, 10),
            },
    };
    const struct json *detail = &array->items[11];
    hop->detail = json_is(detail, JSON_OBJECT) ? detail : NULL;
    return (unsigned)hop->hop.kind < HOP_KINDS && (unsigned)hop->hop.verdict < VERDICTS;
}

/* ---- a page's traces ---- */

struct way {
    struct engine_trace_row row; /* its id is 0 until it is stored */
    int64_t size_before;
    struct word_list words;
    size_t stored_words, resources, message_ids; /* how many of each the row has */
    struct json_writer run;                      /* the hops of these pages */
    size_t hops;                                 /* how many they are */
};

struct index {
    struct engine *engine;
    struct arena arena;
    struct {
        struct way *items;
        size_t count;
    } ways;
    int64_t first_hop, last_hop, runs;
    int64_t opened; /* the range of traces that was opened last */
};

static size_t count_names(str names)
{
    size_t count = 0;
    str one;

    while (!str_empty(names) && str_next(&names, '\n', &one))
        count++;
    return count;
}

static struct way *way_of(struct index *index, str trace_id, int64_t at_ms)
{
    for (size_t i = 0; i < index->ways.count; i++)
        if (str_equal(index->ways.items[i].row.trace_id, trace_id))
            return &index->ways.items[i];
    struct way *way = list_add(&index->arena, &index->ways);
    if (engine_find_trace(index->engine->txn, &(struct engine_find_trace_params){.trace_id = trace_id},
                          &way->row))
        way->size_before = way->row.bytes;
    else
        way->row = (struct engine_trace_row){
            .trace_id = trace_id,
            .began_ms = at_ms,
            .bytes = TRACE_ROW_BYTES,
            .resources = S(""),
            .message_ids = S(""),
            .words = S(""),
        };
    for (; way->stored_words < way->row.words.size / sizeof(int64_t); way->stored_words++)
        memcpy(list_add(&index->arena, &way->words),
               way->row.words.data + way->stored_words * sizeof(int64_t), sizeof(int64_t));
    way->run = json_writer_in(&index->arena);
    json_open_array(&way->run);
    way->resources = count_names(way->row.resources);
    way->message_ids = count_names(way->row.message_ids);
    return way;
}

/* Add to a list, of *count names, with a name on each line. */
static void add_name(struct index *index, str *names, size_t *count, str name)
{
    str rest = *names, one;

    if (str_empty(name) || *count == MOST_NAMES)
        return;
    while (!str_empty(rest) && str_next(&rest, '\n', &one))
        if (str_equal(one, name))
            return;
    *names = *count ? arena_concat(&index->arena, *names, S("\n"), name) : name;
    ++*count;
}

static void add_word(struct index *index, struct way *way, enum word_kind kind, str text)
{
    int64_t word = word_of(kind, text);

    if (!str_empty(text) && !word_listed(&way->words, word) && way->words.count < LIMIT_TRACE_WORDS)
        *list_add(&index->arena, &way->words) = word;
}

static bool is_end(const struct trace_hop *hop)
{
    bool made_good = hop->kind == HOP_DELIVERED && hop->attempt > 1;

    return hop->kind == HOP_RETURNED || hop->kind == HOP_DELETED || made_good;
}

/*
 * The trace's outcome after another hop.  A later attempt that succeeds repairs a failure; a failed delivery
 * remains, and so does a denial that is not tried again.
 */
static enum verdict outcome_after(enum verdict outcome, const struct trace_hop *hop)
{
    bool sticks = outcome == VERDICT_NOT_DELIVERED || outcome == VERDICT_DENIED;

    if (hop->verdict == VERDICT_FILTERED_OUT)
        return outcome;
    if (hop->verdict == VERDICT_OK)
        return is_end(hop) && !sticks ? VERDICT_OK : outcome;
    return outcome == VERDICT_NOT_DELIVERED ? outcome : hop->verdict;
}

static void write_text(struct json_writer *writer, str value)
{
    if (str_present(value))
        json_string(writer, value);
    else
        json_null(writer);
}

/* In the form that hop_read() parses. */
static void write_hop(struct json_writer *writer, const struct trace_hop *hop, int64_t id)
{
    const int64_t numbers[] = {id,         (int64_t)hop->kind, (int64_t)hop->verdict,
                               hop->at_ms, hop->duration_ms,   hop->attempt,
                               hop->parent};

    json_open_array(writer);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_i64(writer, numbers[i]);
    write_text(writer, hop->resource_arn);
    write_text(writer, hop->message_id);
    write_text(writer, hop->request_id);
    write_text(writer, hop->reason);
    if (str_present(hop->detail))
        json_raw(writer, hop->detail);
    else
        json_null(writer);
    json_close_array(writer);
}

static void add_words(struct index *index, struct way *way, const struct trace_hop *hop)
{
    add_word(index, way, WORD_RESOURCE, hop->resource_arn);
    add_word(index, way, WORD_MESSAGE, hop->message_id);
    if (hop->verdict != VERDICT_OK)
        add_word(index, way, WORD_VERDICT, verdict_name(hop->verdict));
    if (way->words.count + MOST_WORDS_OF_TEXT <= LIMIT_TRACE_WORDS)
        words_of_text(&index->arena, hop->text, &way->words);
}

static void index_hop(struct index *index, const struct trace_hop *hop, int64_t id)
{
    struct way *way = way_of(index, hop->trace_id, hop->at_ms);
    struct engine_trace_row *row = &way->row;

    if (hop->at_ms < row->began_ms)
        row->began_ms = hop->at_ms;
    if (hop->at_ms > row->last_ms)
        row->last_ms = hop->at_ms;
    row->outcome = outcome_after((enum verdict)row->outcome, hop);
    add_name(index, &row->resources, &way->resources, hop->resource_arn);
    add_name(index, &row->message_ids, &way->message_ids, hop->message_id);
    add_words(index, way, hop);
    if (row->hops++ >= LIMIT_TRACE_HOPS)
        return;
    index->runs += way->hops++ == 0;
    index->first_hop = index->first_hop ? index->first_hop : id;
    index->last_hop = id;
    write_hop(&way->run, hop, id);
}

/* A message's first written hop may stand for the hop "sent", too. */
static void index_record(struct index *index, struct trace_hop hop, int64_t id)
{
    struct trace_hop sent = {
        .kind = HOP_SENT,
        .at_ms = hop.sent_ms,
        .resource_arn = hop.resource_arn,
        .message_id = hop.message_id,
        .request_id = S(""),
        .text = hop.text,
    };

    if (!str_present(hop.trace_id))
        hop.trace_id = trace_of_id(&index->arena, hop.message_id, hop.sent_ms);
    if (hop.tells_sent) {
        sent.trace_id = hop.trace_id;
        index_hop(index, &sent, id - 1);
        hop.text = (str){0};
    }
    index_hop(index, &hop, id);
}

/* The ids of all runs end with the last hop's. */
static void store_run(struct index *index, struct way *way)
{
    if (way->hops == 0)
        return;
    json_close_array(&way->run);
    engine_add_trace_run(index->engine->txn, &(struct engine_add_trace_run_params){
                                                 .id = index->last_hop - --index->runs,
                                                 .first_hop = index->first_hop,
                                                 .trace = way->row.id,
                                                 .hops = json_written(&way->run),
                                             });
}

/* The trace has words that its range does not list. */
static void open_range(struct index *index, int64_t trace)
{
    if (index->opened != trace_range(trace))
        trace_range_open(index->engine, trace);
    index->opened = trace_range(trace);
}

/* Returns how much its size has grown. */
static int64_t store_way(struct index *index, struct way *way)
{
    struct engine *engine = index->engine;
    struct engine_trace_row *row = &way->row;
    size_t new_words = way->words.count - way->stored_words;

    row->words = (str){(const char *)way->words.items, way->words.count * sizeof(int64_t)};
    row->bytes += (int64_t)new_words * WORD_BYTES;
    if (way->hops > 0)
        row->bytes += (int64_t)json_written(&way->run).size + RUN_ROW_BYTES;
    if (row->id)
        engine_update_trace(engine->txn, row);
    else
        row->id = engine_add_trace(engine->txn, row);
    store_run(index, way);
    if (new_words > 0)
        open_range(index, row->id);
    return row->bytes - way->size_before;
}

static void read_page(struct index *index, str page)
{
    struct trace_hop hop;
    int64_t id;

    while (record_read(&page, &hop, &id))
        index_record(index, hop, id);
}

static void store_ways(struct index *index)
{
    int64_t grown = 0;

    for (size_t i = 0; i < index->ways.count; i++)
        grown += store_way(index, &index->ways.items[i]);
    engine_change_trace_size(index->engine->txn, &(struct engine_change_trace_size_params){.by = grown});
}

/* Index some pages together, so that a trace's row is written once for them.  False: there are no more. */
static bool index_pages(struct engine *engine)
{
    struct index index = {.engine = engine, .opened = -1};
    struct engine_next_trace_page_row page = {0};
    int64_t last_id = 0;
    int pages = 0;
    bool more;

    txn_use_arena(engine->txn, &index.arena);
    do {
        more = engine_next_trace_page(engine->txn, &(struct engine_next_trace_page_params){.id = last_id},
                                      &page);
        if (!more)
            break;
        last_id = page.id;
        engine->trace_page_bytes -= page.bytes;
        read_page(&index, page.hops);
    } while (index.ways.count < WAYS_AT_ONCE && ++pages < PAGES_AT_ONCE);
    engine_remove_trace_pages(engine->txn, &(struct engine_remove_trace_pages_params){.last_id = last_id});
    store_ways(&index);
    txn_use_arena(engine->txn, &engine->batch->arena);
    arena_free(&index.arena);
    return more;
}

static bool drop_page(struct engine *engine)
{
    struct engine_next_trace_page_row page;

    if (!engine_next_trace_page(engine->txn, &(struct engine_next_trace_page_params){.id = 0}, &page))
        return false;
    engine->trace_page_bytes -= page.bytes;
    engine_remove_trace_pages(engine->txn, &(struct engine_remove_trace_pages_params){.last_id = page.id});
    return true;
}

/* ---- scheduling ---- */

void trace_page_added(struct engine *engine, int64_t bytes)
{
    engine->trace_page_bytes += bytes;
    if (engine->index_ms == INT64_MAX)
        engine->index_ms = engine->now_ms + INDEX_IDLE_MS;
}

void trace_recount(struct engine *engine)
{
    engine->trace_page_bytes = -1;
    engine->index_ms = engine->prune_ms = engine->close_ranges_ms = 0;
}

static void count_pages(struct engine *engine)
{
    struct engine_size_of_trace_pages_row size = {0};

    engine_size_of_trace_pages(engine->txn, &size);
    engine->trace_page_bytes = size.bytes;
}

bool trace_is_indexed(struct engine *engine)
{
    struct engine_find_trace_page_row page;

    return !engine->batch->has_indexed && !trace_is_late(engine) &&
           !engine_find_trace_page(engine->txn, &page);
}

int64_t trace_put_off_ms(int64_t waiting_bytes)
{
    if (waiting_bytes >= LIMIT_TRACE_PRESSING_BYTES)
        return 0;
    return waiting_bytes >= LIMIT_TRACE_WAITING_BYTES ? PAUSE_MS : INDEX_IDLE_MS;
}

bool trace_is_behind(int64_t waiting_bytes)
{
    return waiting_bytes > LIMIT_TRACE_BEHIND_BYTES;
}

int64_t trace_tend_again_ms(bool while_clients_wait)
{
    return while_clients_wait ? TEND_AGAIN_MS : 1;
}

static int64_t again_ms(const struct engine *engine)
{
    return engine->now_ms + trace_tend_again_ms(clients_wait(engine));
}

void trace_index(struct engine *engine)
{
    bool more;

    trace_store(engine);
    engine->batch->has_indexed = true;
    do
        more = index_pages(engine);
    while (more && !slice_has_passed(engine));
    while (wake_oldest(engine, TRACE_HOPS_COME))
        ;
    engine->index_ms = more ? again_ms(engine) : INT64_MAX;
}

static void forget(struct engine *engine, const struct engine_find_oldest_trace_row *trace)
{
    engine_remove_trace_runs(engine->txn, &(struct engine_remove_trace_runs_params){.trace = trace->id});
    engine_remove_trace(engine->txn, &(struct engine_remove_trace_params){.id = trace->id});
    trace_range_lost(engine, trace->id);
    engine_change_trace_size(engine->txn, &(struct engine_change_trace_size_params){.by = -trace->bytes});
}

static bool is_too_much(struct engine *engine)
{
    struct engine_find_trace_size_row size = {0};

    engine_find_trace_size(engine->txn, &size);
    return size.bytes + engine->trace_page_bytes > engine->options.trace_keep.bytes;
}

/* Delete the oldest trace, or the oldest page when there are no traces.  False: all may stay. */
static bool prune_one(struct engine *engine)
{
    struct engine_find_oldest_trace_row oldest;
    struct arena_mark mark = arena_mark(&engine->batch->arena);
    bool found = engine_find_oldest_trace(engine->txn, &oldest);
    bool old = found && oldest.last_ms < engine->now_ms - engine->options.trace_keep.age_ms;
    bool prunes = old || is_too_much(engine);

    if (prunes && found)
        forget(engine, &oldest);
    else if (prunes)
        prunes = drop_page(engine);
    arena_rewind(&engine->batch->arena, mark);
    return prunes;
}

/* Drop pages of a flood, the oldest first. */
static void catch_up(struct engine *engine)
{
    int64_t before = engine->trace_page_bytes;

    while (trace_is_behind(engine->trace_page_bytes) && drop_page(engine) && !slice_has_passed(engine))
        ;
    if (before == engine->trace_page_bytes ||
        engine->now_ms < engine->hops_dropped_ms + TELL_DROPPED_EVERY_MS)
        return;
    log_warn("more hops come than can be indexed: the oldest are not kept",
             log_field("waiting_bytes", engine->trace_page_bytes));
    engine->hops_dropped_ms = engine->now_ms;
}

static void prune(struct engine *engine)
{
    bool more;

    do
        more = prune_one(engine) || trace_ranges_close(engine);
    while (more && !slice_has_passed(engine));
    engine->prune_behind = more;
    engine->prune_ms = more ? again_ms(engine) : engine->now_ms + PRUNE_EVERY_MS;
}

/* Calls have come: indexing waits for a pause, unless it is urgent or a stream waits for the hops. */
static void put_off(struct engine *engine)
{
    int64_t by_ms = trace_put_off_ms(engine->trace_page_bytes);

    if (engine->index_ms != INT64_MAX && by_ms > 0 && !parking_awaited(&engine->parking, TRACE_HOPS_COME))
        engine->index_ms = engine->now_ms + by_ms;
}

void trace_tend(struct engine *engine)
{
    txn_use_arena(engine->txn, &engine->batch->arena);
    if (engine->trace_page_bytes < 0)
        count_pages(engine);
    if (engine->batch->answers.count > 0)
        put_off(engine);
    catch_up(engine);
    bool indexes = engine->now_ms >= engine->index_ms;
    if (indexes)
        trace_index(engine);
    slice_begin(engine);
    if (indexes || engine->now_ms >= engine->prune_ms)
        prune(engine);
}
