/*
 * trace.c: the hops of each trace, one row in the same transaction as what they tell of.
 *
 * Rows lie in the order of their trace's id, which begins with the time: so writing one mostly goes to the
 * end of the table.  An id that a client brings may claim any time, so rows are forgotten by their own.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/hash.h"
#include "base/time.h"

#include <string.h>

enum { MS = 1000, US = 1000, PRUNE_EVERY_MS = 10 * 1000, PRUNE_ROWS = 100 };

/*
 * "1-<seconds, 8 hex digits>-<24 hex digits>".  AWS draws all 24 at random; here the first 8 count the
 * second's fraction, for the sake of the table's order.
 */
str trace_id_new(struct arena *arena, int64_t now_ms)
{
    uint64_t random = random_u64();
    uint32_t fraction = (uint32_t)(now_ms % MS) << 20 | (uint32_t)(monotonic_us() & 0xfffff);
    uint32_t words[] = {
        __builtin_bswap32((uint32_t)(now_ms / MS)),
        __builtin_bswap32(fraction),
        (uint32_t)random,
        (uint32_t)(random >> 32),
    };
    str digits = hex_encode(arena, (str){(const char *)words, sizeof words});

    return arena_concat(arena, S("1-"), str_head(digits, 8), S("-"), str_from(digits, 8));
}

/* The layout of https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
 */
bool is_trace_id(str text)
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

void trace_in(const struct call *call, str trace_id, str kind, str resource_arn, str detail)
{
    if ((call->operation && call->operation->flags & OPERATION_READS) || store_is_full(call->engine->store))
        return;
    engine_add_trace(call->txn, &(struct engine_add_trace_params){
                                    .trace_id = trace_id,
                                    .sequence = call->engine->next_hop++,
                                    .at_ms = call->now_ms,
                                    .kind = kind,
                                    .resource = resource_arn,
                                    .detail = detail,
                                });
}

void trace(const struct call *call, str kind, str resource_arn, str detail)
{
    trace_in(call, call->trace_id, kind, resource_arn, detail);
}

void trace_start(struct engine *engine)
{
    engine->next_hop = engine_now_ms(engine) * US; /* above all that an earlier run gave out */
}

void trace_prune(struct engine *engine)
{
    const struct engine_prune_trace_params old = {.before_ms = engine->now_ms - LIMIT_TRACE_AGE_MS,
                                                  .limit = PRUNE_ROWS};
    int64_t pruned;

    if (engine->now_ms < engine->prune_ms)
        return;
    do
        pruned = engine_prune_trace(engine->txn, &old);
    while (pruned == PRUNE_ROWS && !slice_has_passed(engine));
    engine->prune_behind = pruned == PRUNE_ROWS;
    engine->prune_ms = engine->now_ms + (engine->prune_behind ? 1 : PRUNE_EVERY_MS);
}
