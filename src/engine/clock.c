/*
 * clock.c: the engine's time.  It never goes back while anything is stored.
 *
 * It is the machine's monotonic clock plus the largest lead that the wall clock has ever had over it: so it
 * follows the wall clock forward, and continues when the wall clock steps back.  About once a second the
 * current time is stored, and the next start begins above the stored time.
 *
 * The offset of the admin endpoint comes on top, and is stored, so that records from the moved time are not
 * in the future after a restart.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/time.h"

#include <stdatomic.h>

enum { KEEP_EVERY_MS = 1000 };

static void raise_to(_Atomic int64_t *ahead_us, int64_t value_us)
{
    int64_t now_us = atomic_load_explicit(ahead_us, memory_order_relaxed);

    while (value_us > now_us && !atomic_compare_exchange_weak(ahead_us, &now_us, value_us))
        ;
}

/*
 * The wall clock is read first: a thread that is interrupted in between sees a smaller lead, never a larger
 * one.
 */
static int64_t unmoved_ms(struct engine *engine)
{
    int64_t wall_us = wall_clock_us(), now_us = monotonic_us();

    raise_to(&engine->clock_ahead_us, wall_us - now_us);
    return (now_us + atomic_load_explicit(&engine->clock_ahead_us, memory_order_relaxed)) / US_PER_MS;
}

int64_t engine_now_ms(struct engine *engine)
{
    return unmoved_ms(engine) + engine->clock_offset_ms;
}

static bool setting_read(const struct engine *engine, str name, int64_t *value)
{
    struct engine_get_setting_row setting;

    return engine_get_setting(engine->txn, &(struct engine_get_setting_params){.name = name}, &setting) &&
           str_to_i64(setting.value, value);
}

static void setting_write(struct txn *txn, str name, int64_t value)
{
    struct arena arena = {0};
    str text = arena_format(&arena, "%lld", (long long)value);

    engine_put_setting(txn, &(struct engine_put_setting_params){.name = name, .value = text});
    arena_free(&arena);
}

void clock_restore(struct engine *engine)
{
    int64_t offset_ms, highest_ms;

    if (setting_read(engine, S("clock_offset_ms"), &offset_ms))
        engine->clock_offset_ms = offset_ms;
    /* Nothing was stored more than KEEP_EVERY_MS after the stored time. */
    if (setting_read(engine, S("clock_highest_ms"), &highest_ms) && unmoved_ms(engine) < highest_ms)
        raise_to(&engine->clock_ahead_us, (highest_ms + KEEP_EVERY_MS) * US_PER_MS - monotonic_us());
}

void clock_keep(struct engine *engine)
{
    int64_t now_ms = unmoved_ms(engine);

    if (now_ms < engine->clock_kept_ms + KEEP_EVERY_MS || !txn_has_written(engine->txn))
        return;
    engine->clock_kept_ms = now_ms;
    setting_write(engine->txn, S("clock_highest_ms"), now_ms);
}

void clock_advance(struct engine *engine, struct txn *txn, int64_t by_ms)
{
    engine->clock_offset_ms += by_ms;
    setting_write(txn, S("clock_offset_ms"), engine->clock_offset_ms);
}
