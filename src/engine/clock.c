/*
 * clock.c: the engine's time.  It never goes back while anything is stored.
 *
 * It is the machine's monotonic clock plus how far the wall clock has ever been ahead of that: so it follows
 * the wall clock forward, and goes on by itself when the wall clock steps back.  The highest time that
 * something was stored at is stored, too, about once a second, and the next start begins above it.
 *
 * What the admin endpoint moved time forward by comes on top, and is stored, so that what was written in
 * the moved time is not in the future after a restart.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/time.h"

#include <stdatomic.h>

enum { US_PER_MS = 1000, KEEP_EVERY_MS = 1000 };

static void raise_to(_Atomic int64_t *ahead_us, int64_t value_us)
{
    int64_t now_us = atomic_load_explicit(ahead_us, memory_order_relaxed);

    while (value_us > now_us && !atomic_compare_exchange_weak(ahead_us, &now_us, value_us))
        ;
}

/* The wall clock is read first: a thread that is interrupted in between then sees it behind, never ahead. */
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
    /* What was stored after the time was kept last is less than that much later. */
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
