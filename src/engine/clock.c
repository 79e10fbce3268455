/*
 * clock.c: the engine's time: the machine's, moved forward by what the admin endpoint said.
 *
 * The offset is stored, so that what was written in the moved time is not in the future after a
 * restart.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/time.h"

int64_t engine_now_ms(const struct engine *engine)
{
    return wall_clock_ms() + engine->clock_offset_ms;
}

void clock_restore(struct engine *engine)
{
    struct engine_get_setting_row setting;
    int64_t offset_ms;

    if (engine_get_setting(engine->txn, &(struct engine_get_setting_params){.name = S("clock_offset_ms")},
                           &setting) &&
        str_to_i64(setting.value, &offset_ms))
        engine->clock_offset_ms = offset_ms;
}

void clock_advance(struct engine *engine, struct txn *txn, int64_t by_ms)
{
    struct arena arena = {0};

    engine->clock_offset_ms += by_ms;
    engine_put_setting(txn, &(struct engine_put_setting_params){
                                .name = S("clock_offset_ms"),
                                .value = arena_format(&arena, "%lld", (long long)engine->clock_offset_ms),
                            });
    arena_free(&arena);
}
