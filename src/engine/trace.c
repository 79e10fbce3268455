/*
 * trace.c: hops as they happen.
 *
 * A hop costs its call next to nothing: its text is noted in the batch, and all hops of a batch are written
 * as a few rows (pages), in the same transaction as what they tell of.  trace_index.c takes the pages
 * apart later, when there is time; trace_read.c shows what that has made of them.
 *
 * To add a hop: add its kind (or verdict) to the end of the enum in hop.h and its name to the table below;
 * fill a struct trace_hop where the thing happens and call trace().  Where the hop belongs to a message or an
 * invocation, give the trace id that is stored with it; a request's own trace needs none.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/json.h"

#include <string.h>

enum { US = 1000, TRACE_DIGITS = 24, PAGE_HOPS = 32, PAGE_BYTES = 16 * 1024 };

static const char *const kind_names[HOP_KINDS] = {
    [HOP_PUBLISHED] = "published",
    [HOP_DELIVERED] = "delivered",
    [HOP_NOT_DELIVERED] = "not-delivered",
    [HOP_DENIED] = "denied",
    [HOP_SENT] = "sent",
    [HOP_RECEIVED] = "received",
    [HOP_INVOKED] = "invoked",
    [HOP_RETURNED] = "returned",
    [HOP_LOGGED] = "logged",
    [HOP_PUT] = "put",
    [HOP_DELETED] = "deleted",
    [HOP_DEAD_LETTERED] = "dead-lettered",
    [HOP_RETRIED] = "retried",
};

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_OK] = "ok",
    [VERDICT_FAILED] = "failed",
    [VERDICT_DENIED] = "denied",
    [VERDICT_NOT_DELIVERED] = "not-delivered",
    [VERDICT_THROTTLED] = "throttled",
    [VERDICT_TIMED_OUT] = "timed-out",
    [VERDICT_DEAD_LETTERED] = "dead-lettered",
};

str hop_kind_name(enum hop_kind kind)
{
    return str_of(kind_names[kind]);
}

str verdict_name(enum verdict verdict)
{
    return str_of(verdict_names[verdict]);
}

bool verdict_find(str name, enum verdict *verdict)
{
    for (int i = 0; i < VERDICTS; i++)
        if (str_equal(name, str_of(verdict_names[i]))) {
            *verdict = (enum verdict)i;
            return true;
        }
    return false;
}

/* ---- ids ---- */

/* The layout of https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
 */
static bool is_trace_id(str text)
{
    static const char layout[] = "1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx";

    if (text.size != sizeof layout - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool digit = text.data[i] && strchr("0123456789abcdefABCDEF", text.data[i]);
        if (layout[i] == 'x' ? !digit : text.data[i] != layout[i])
            return false;
    }
    return true;
}

/* "Root" of "Root=…;Parent=…"; absent when the header has no such part. */
static str part_of_header(str header, str name)
{
    str part;

    while (!str_empty(header) && str_next(&header, ';', &part)) {
        part = str_trim(part);
        if (str_starts_with(part, name) && part.size > name.size && part.data[name.size] == '=')
            return str_from(part, name.size + 1);
    }
    return (str){0};
}

str trace_of_header(str header)
{
    str id = part_of_header(header, S("Root"));

    return is_trace_id(id) ? id : (str){0};
}

int64_t trace_parent_of_header(struct arena *arena, str header)
{
    str text = part_of_header(header, S("Parent")), bytes;
    uint64_t id = 0;

    if (text.size != 2 * sizeof id || !hex_decode(arena, text, &bytes))
        return 0;
    for (size_t i = 0; i < bytes.size; i++)
        id = id << 8 | (unsigned char)bytes.data[i];
    return id <= INT64_MAX ? (int64_t)id : 0;
}

str trace_of_id(struct arena *arena, str uuid, int64_t at_ms)
{
    char digits[TRACE_DIGITS];
    uint32_t seconds = __builtin_bswap32((uint32_t)(at_ms / MS_PER_S));
    size_t size = 0;

    for (size_t i = 0; i < uuid.size && size < sizeof digits; i++)
        if (uuid.data[i] != '-')
            digits[size++] = uuid.data[i];
    memset(digits + size, '0', sizeof digits - size);
    return arena_concat(arena, S("1-"), hex_encode(arena, (str){(const char *)&seconds, sizeof seconds}),
                        S("-"), (str){digits, sizeof digits});
}

str trace_of_call(const struct call *call)
{
    return str_present(call->trace_id) ? call->trace_id
                                       : trace_of_id(call->arena, call->request_id, call->arrived_ms);
}

/* ---- noting hops ---- */

static bool is_traced(const struct call *call, str trace_id)
{
    const struct engine *engine = call->engine;
    bool reads = call->operation && call->operation->flags & OPERATION_READS;

    return str_present(trace_id) && !reads && engine->options.trace_keep.age_ms > 0 &&
           !store_is_full(engine->store);
}

static void add_text(struct json_writer *writer, str value, size_t most)
{
    if (str_present(value))
        json_string(writer, str_head_whole(value, most));
    else
        json_null(writer);
}

/* As hop_read() in trace_index.c takes it apart. */
static void write_hop(struct json_writer *writer, const struct trace_hop *hop, int64_t id)
{
    const int64_t numbers[] = {id,         (int64_t)hop->kind, (int64_t)hop->verdict,
                               hop->at_ms, hop->duration_ms,   hop->attempt,
                               hop->parent};

    json_open_array(writer);
    json_string(writer, hop->trace_id);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_i64(writer, numbers[i]);
    add_text(writer, hop->resource_arn, LIMIT_HOP_NAME_BYTES);
    add_text(writer, hop->message_id, LIMIT_HOP_NAME_BYTES);
    add_text(writer, hop->request_id, LIMIT_HOP_NAME_BYTES);
    add_text(writer, hop->reason, LIMIT_HOP_REASON_BYTES);
    if (str_present(hop->detail) && hop->detail.size <= LIMIT_HOP_DETAIL_BYTES)
        json_raw(writer, hop->detail);
    else
        json_null(writer);
    add_text(writer, hop->text, LIMIT_HOP_TEXT_BYTES);
    json_close_array(writer);
}

int64_t trace(const struct call *call, const struct trace_hop *given)
{
    struct trace_hop hop = *given;

    if (!str_present(hop.trace_id))
        hop.trace_id = call->trace_id;
    if (!is_traced(call, hop.trace_id))
        return 0;
    if (!str_present(hop.request_id))
        hop.request_id = call->request_id;
    if (!hop.at_ms)
        hop.at_ms = call->now_ms;
    if (!hop.parent && str_equal(hop.trace_id, call->trace_id))
        hop.parent = call->parent_hop;

    struct batch *batch = call->engine->batch;
    struct json_writer writer = json_writer_in(&batch->arena);
    int64_t id = call->engine->next_hop++;
    write_hop(&writer, &hop, id);
    *list_add(&batch->arena, &batch->hops) = json_written(&writer);
    return id;
}

/* ---- writing them ---- */

/* Some hops, from the first that is not stored on. */
static str take_page(struct batch *batch)
{
    struct hop_list *hops = &batch->hops;
    struct text page = text_in(&batch->arena);
    size_t last = hops->stored + PAGE_HOPS;

    text_add_char(&page, '[');
    while (hops->stored < hops->count && hops->stored < last && page.size < PAGE_BYTES) {
        if (page.size > 1)
            text_add_char(&page, ',');
        text_add(&page, hops->items[hops->stored++]);
    }
    text_add_char(&page, ']');
    return text_str(&page);
}

void trace_store(struct engine *engine)
{
    struct batch *batch = engine->batch;

    while (batch->hops.stored < batch->hops.count) {
        str page = take_page(batch);
        engine_add_trace_page(engine->txn, &(struct engine_add_trace_page_params){
                                               .at_ms = engine->now_ms,
                                               .bytes = (int64_t)page.size,
                                               .hops = page,
                                           });
        trace_page_added(engine, (int64_t)page.size);
    }
}

void trace_start(struct engine *engine)
{
    engine->next_hop = engine_now_ms(engine) * US; /* above all that an earlier run gave out */
    trace_recount(engine);
}
