/*
 * slice.c: bounds how long calls hold the engine thread.
 *
 * Every call, and all due timers of a batch together, have a slice of time.  It is short while clients wait,
 * for this batch's replies or for their calls to run, and longer while none waits: a call that arrives
 * meanwhile waits for the rest of the slice.
 */
#include "engine/engine_internal.h"

#include "base/time.h"

#include <stdatomic.h>

enum { SLICE_US = 2000, IDLE_SLICE_US = 8000 };

void slice_begin(struct engine *engine)
{
    engine->slice_began_us = monotonic_us();
}

bool clients_wait(const struct engine *engine)
{
    return engine->runnable.first || engine->batch->clients > 0 ||
           atomic_load_explicit(&engine->inbox_count, memory_order_relaxed) > 0;
}

bool slice_has_passed(const struct engine *engine)
{
    int64_t limit_us = engine->options.slice_us;

    if (limit_us == 0)
        limit_us = clients_wait(engine) ? SLICE_US : IDLE_SLICE_US;
    return monotonic_us() - engine->slice_began_us >= limit_us;
}

bool slice_is_over(const struct call *call)
{
    check_writes(call);
    return slice_has_passed(call->engine);
}

void slice_spend(struct slice *slice, int64_t rows, int64_t bytes)
{
    slice->rows -= rows;
    slice->bytes -= bytes;
    slice->begun |= rows > 0;
}

bool slice_is_spent(const struct call *call, const struct slice *slice)
{
    return slice->rows <= 0 || slice->bytes <= 0 || (slice->begun && slice_is_over(call));
}

void slice_again(const struct call *call, const struct operation *operation, str id, const void *in)
{
    timer_set(call, operation, id, call->now_ms + 1, in);
}
