/*
 * upcoming.c: what comes next by the engine's clock: timers, deliveries, calls that wait, and what services
 * know of.
 *
 * Of each kind the first moment after now counts.  What is due already is not upcoming: it happens now.  The
 * search is bounded: it reads MOST_ROWS timers and deliveries in the order of their time, so it always finds
 * the first one, and kinds that come behind so many others are not listed.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "wire/json.h"

#include <stdlib.h>

enum { MOST_ROWS = 1000, MOST_SHOWN = 10 };

struct upcoming {
    struct arena *arena;
    int64_t now_ms;
    struct moment {
        str what;
        int64_t at_ms;
    } * items;
    size_t count;
};

void upcoming_add(struct upcoming *upcoming, str what, int64_t at_ms)
{
    if (at_ms <= upcoming->now_ms || at_ms == INT64_MAX)
        return;
    for (size_t i = 0; i < upcoming->count; i++)
        if (str_equal(upcoming->items[i].what, what)) {
            if (at_ms < upcoming->items[i].at_ms)
                upcoming->items[i].at_ms = at_ms;
            return;
        }
    *list_add(upcoming->arena, upcoming) =
        (struct moment){.what = arena_copy(upcoming->arena, what), .at_ms = at_ms};
}

static void add_timers(const struct call *call, struct upcoming *upcoming)
{
    const struct engine_list_timers_params params = {.after_ms = upcoming->now_ms, .limit = MOST_ROWS};
    struct engine_list_timers_cursor cursor = engine_list_timers_open(call->txn, &params);
    struct engine_list_timers_row row;

    while (upcoming->count < MOST_SHOWN && engine_list_timers_next(&cursor, &row))
        upcoming_add(upcoming, row.operation, row.due_ms);
    engine_list_timers_close(&cursor);
}

static void add_deliveries(const struct call *call, struct upcoming *upcoming)
{
    const struct engine_list_due_deliveries_params params = {.after_ms = upcoming->now_ms,
                                                             .limit = MOST_ROWS};
    struct engine_list_due_deliveries_cursor cursor = engine_list_due_deliveries_open(call->txn, &params);
    struct engine_list_due_deliveries_row row;

    while (engine_list_due_deliveries_next(&cursor, &row))
        upcoming_add(upcoming, row.operation, row.due_ms);
    engine_list_due_deliveries_close(&cursor);
}

/* A stream's wait is only for its heartbeat. */
static void add_parked(void *context, const struct exchange *exchange, int64_t until_ms)
{
    struct upcoming *upcoming = context;

    if (exchange->operation)
        upcoming_add(upcoming, operation_key(upcoming->arena, exchange->operation), until_ms);
}

static int order_of(const void *a, const void *b)
{
    const struct moment *one = a, *other = b;

    return (one->at_ms > other->at_ms) - (one->at_ms < other->at_ms);
}

static struct upcoming find(const struct call *call)
{
    struct upcoming upcoming = {.arena = call->arena, .now_ms = engine_now_ms(call->engine)};
    struct call now = *call;

    now.now_ms = upcoming.now_ms;
    add_timers(&now, &upcoming);
    add_deliveries(&now, &upcoming);
    parking_see(&call->engine->parking, add_parked, &upcoming);
    for (const struct module *const *module = call->engine->options.modules; *module; module++)
        if ((*module)->upcoming)
            (*module)->upcoming(&now, &upcoming);
    if (upcoming.count > 1)
        qsort(upcoming.items, upcoming.count, sizeof *upcoming.items, order_of);
    return upcoming;
}

int64_t upcoming_first_ms(const struct call *call)
{
    struct upcoming upcoming = find(call);

    return upcoming.count ? upcoming.items[0].at_ms : INT64_MAX;
}

void upcoming_write(const struct call *call, struct json_writer *writer)
{
    struct upcoming upcoming = find(call);

    if (upcoming.count)
        json_i64_field(writer, S("next_ms"), upcoming.items[0].at_ms);
    json_name(writer, S("next"));
    json_open_array(writer);
    for (size_t i = 0; i < upcoming.count && i < MOST_SHOWN; i++) {
        json_open_object(writer);
        json_i64_field(writer, S("at_ms"), upcoming.items[i].at_ms);
        json_field(writer, S("what"), upcoming.items[i].what);
        json_close_object(writer);
    }
    json_close_array(writer);
}
