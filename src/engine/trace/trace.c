/*
 * trace.c: notes hops as they happen.
 *
 * A hop costs its call next to nothing: its record is appended to the batch's, and all records are written as
 * a few rows (pages), in the same transaction as the steps themselves.  Hops of a plain message, which a
 * client sends, receives and deletes, may wait in memory for up to 100 ms, until they fill a page: a crash
 * loses them. index.c indexes the pages later, when the engine has time; read.c shows the result.
 *
 * To add a hop: add its kind (or verdict) to the end of the enum in hop.h and its name to the table below;
 * fill a struct trace_hop where the thing happens and call trace().  If the hop belongs to a message or an
 * invocation, give the trace id that is stored with it; the request's own trace needs none.
 */
#include "engine/hop_detail.h"
#include "engine/trace/trace_internal.h"
#include "engine_sql.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

enum { US = 1000, DIGITS_OF_ID = 20, PAGE_BYTES = 16 * 1024, LATE_MS = 100 };

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
    [HOP_FILTERED_OUT] = "filtered-out",
    [HOP_EXPIRED] = "expired",
    [HOP_THROTTLED] = "throttled",
};

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_OK] = "ok",
    [VERDICT_FAILED] = "failed",
    [VERDICT_DENIED] = "denied",
    [VERDICT_NOT_DELIVERED] = "not-delivered",
    [VERDICT_THROTTLED] = "throttled",
    [VERDICT_TIMED_OUT] = "timed-out",
    [VERDICT_DEAD_LETTERED] = "dead-lettered",
    [VERDICT_FILTERED_OUT] = "filtered-out",
    [VERDICT_EXPIRED] = "expired",
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

bool verdict_is_failure(enum verdict verdict)
{
    return verdict != VERDICT_OK && verdict != VERDICT_FILTERED_OUT;
}

/* ---- ids ---- */

/*
 * The layout of https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
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

str trace_header_part(str header, str name)
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
    str id = trace_header_part(header, S("Root"));

    return is_trace_id(id) ? id : (str){0};
}

int64_t trace_parent_of_header(struct arena *arena, str header)
{
    str text = trace_header_part(header, S("Parent")), bytes;
    uint64_t id = 0;

    if (text.size != 2 * sizeof id || !hex_decode(arena, text, &bytes))
        return 0;
    for (size_t i = 0; i < bytes.size; i++)
        id = id << 8 | (unsigned char)bytes.data[i];
    return id <= INT64_MAX ? (int64_t)id : 0;
}

str trace_of_id(struct arena *arena, str uuid, int64_t at_ms)
{
    char digits[DIGITS_OF_ID];
    uint64_t seconds = (uint64_t)at_ms / MS_PER_S, ms = (uint64_t)at_ms % MS_PER_S;
    uint64_t time = __builtin_bswap64(seconds << 32 | ms << 16);
    str hex = hex_encode(arena, (str){(const char *)&time, 6});
    size_t size = 0;

    for (size_t i = 0; i < uuid.size && size < sizeof digits; i++)
        if (uuid.data[i] != '-')
            digits[size++] = uuid.data[i];
    memset(digits + size, '0', sizeof digits - size);
    return arena_concat(arena, S("1-"), str_head(hex, 8), S("-"), str_from(hex, 8),
                        (str){digits, sizeof digits});
}

str trace_of_call(const struct call *call)
{
    return str_present(call->trace_id) ? call->trace_id
                                       : trace_of_id(call->arena, call->request_id, call->arrived_ms);
}

/* ---- noting hops ---- */

static bool keeps_hops(const struct call *call)
{
    const struct engine *engine = call->engine;
    bool reads = call->operation && call->operation->flags & OPERATION_READS;

    return !reads && engine->options.trace_keep.age_ms > 0 && !store_is_full(engine->store);
}

bool is_traced(const struct call *call)
{
    return str_present(call->trace_id) && keeps_hops(call);
}

/* The message's trace may be the request's own; otherwise its id is not needed yet. */
static void set_trace(const struct call *call, struct trace_hop *hop)
{
    if (str_present(hop->trace_id) || (hop->sent_ms && !str_present(call->trace_id)))
        return;
    hop->trace_id = hop->sent_ms ? trace_of_id(call->arena, hop->message_id, hop->sent_ms) : call->trace_id;
}

int64_t trace(const struct call *call, const struct trace_hop *given)
{
    struct engine *engine = call->engine;
    struct trace_hop hop = *given;

    set_trace(call, &hop);
    if (!(str_present(hop.trace_id) || hop.sent_ms) || !keeps_hops(call))
        return 0;
    if (!str_present(hop.request_id))
        hop.request_id = call->request_id;
    if (!hop.at_ms)
        hop.at_ms = call->now_ms;
    if (!hop.parent && str_present(hop.trace_id) && str_equal(hop.trace_id, call->trace_id))
        hop.parent = call->parent_hop;

    engine->next_hop += hop.tells_sent;
    record_write(&engine->batch->hops.records, &hop, engine->next_hop);
    engine->batch->hops_are_due |= str_present(hop.trace_id);
    return engine->next_hop++;
}

/* ---- writing them ---- */

static void store_records(struct engine *engine, str records)
{
    while (!str_empty(records)) {
        str page = records_head(records, PAGE_BYTES);
        engine_add_trace_page(engine->txn, &(struct engine_add_trace_page_params){
                                               .at_ms = engine->now_ms,
                                               .bytes = (int64_t)page.size,
                                               .hops = page,
                                           });
        trace_page_added(engine, (int64_t)page.size);
        records = str_from(records, page.size);
    }
}

static str not_stored(const struct batch *batch)
{
    return str_from(text_str(&batch->hops.records), batch->hops.stored);
}

void trace_store(struct engine *engine)
{
    struct batch *batch = engine->batch;

    if (!batch->late_are_stored)
        store_records(engine, text_str(&engine->late_hops));
    store_records(engine, not_stored(batch));
    batch->late_are_stored = true;
    batch->hops.stored = batch->hops.records.size;
}

void trace_finish(struct engine *engine)
{
    struct batch *batch = engine->batch;
    size_t late = batch->late_are_stored ? 0 : engine->late_hops.size;

    if (batch->hops_are_due || engine->last_run || engine->now_ms >= engine->late_ms ||
        late + not_stored(batch).size >= PAGE_BYTES)
        trace_store(engine);
}

static void drop_late(struct engine *engine)
{
    engine->late_hops.size = 0;
    engine->late_ms = INT64_MAX;
}

void trace_committed(struct engine *engine)
{
    str left = not_stored(engine->batch);

    if (engine->batch->late_are_stored)
        drop_late(engine);
    if (!str_empty(left) && engine->late_ms == INT64_MAX)
        engine->late_ms = engine->now_ms + LATE_MS;
    text_add(&engine->late_hops, left);
}

void trace_give_up(struct engine *engine)
{
    drop_late(engine);
}

bool trace_is_late(const struct engine *engine)
{
    return engine->late_hops.size > 0;
}

void trace_start(struct engine *engine)
{
    engine->late_hops = text_in(&engine->late_arena);
    engine->late_ms = INT64_MAX;
    engine->next_hop = engine_now_ms(engine) * US; /* above all numbers of earlier runs */
    trace_recount(engine);
}
