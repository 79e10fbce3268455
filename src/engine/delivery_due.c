/*
 * delivery_due.c: deliveries that are due: which attempt begins, and which has to wait for its target.
 *
 * A target with bounds has, besides the attempts under way, deliveries that are held.  Nobody looks at those
 * again but who makes room: the end of an attempt lets the oldest one go; and where attempts are spread over
 * time, one of them, the head, waits for the next moment, and its attempt makes the next one the head.  So as
 * long as something is held, an attempt is under way or a head waits.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/log.h"
#include "base/time.h"

void deliveries_due_at(struct engine *engine, int64_t due_ms)
{
    if (due_ms < engine->next_delivery_ms)
        engine->next_delivery_ms = due_ms;
}

static void set_state(struct txn *txn, int64_t id, enum engine_delivery_state state, int64_t due_ms)
{
    engine_set_delivery_state(
        txn, &(struct engine_set_delivery_state_params){.id = id, .state = state, .due_ms = due_ms});
}

/* ---- bounds ---- */

static struct engine_delivery_target_row target_of(struct txn *txn, str name)
{
    struct engine_delivery_target_row target;

    if (!engine_find_delivery_target(txn, &(struct engine_find_delivery_target_params){name}, &target))
        target = (struct engine_delivery_target_row){.target = name};
    return target;
}

/* False: nothing is held. */
static bool find_held(struct txn *txn, str target, int64_t *id)
{
    struct engine_find_held_delivery_row held;
    bool found = engine_find_held_delivery(txn, &(struct engine_find_held_delivery_params){target}, &held);

    *id = found ? held.id : 0;
    return found;
}

void delivery_target_has_room(struct engine *engine, str target)
{
    int64_t held;

    if (!find_held(engine->txn, target, &held) || target_of(engine->txn, target).head)
        return;
    set_state(engine->txn, held, ENGINE_DELIVERY_STATE_WAITING, engine->now_ms);
    deliveries_due_at(engine, engine->now_ms);
}

static bool has_enough_under_way(struct engine *engine, const struct engine_delivery_row *row)
{
    struct engine_count_begun_deliveries_row begun;

    return row->at_once > 0 &&
           engine_count_begun_deliveries(
               engine->txn,
               &(struct engine_count_begun_deliveries_params){.target = row->target, .limit = row->at_once},
               &begun) &&
           begun.count >= row->at_once;
}

static bool is_head(const struct engine_delivery_row *row, const struct engine_delivery_target_row *target)
{
    return target->head && *target->head == row->id;
}

static void make_head(struct engine *engine, struct engine_delivery_target_row *target, const int64_t *id)
{
    int64_t due_ms = (target->next_us + US_PER_MS - 1) / US_PER_MS;

    target->head = id;
    set_state(engine->txn, *id, ENGINE_DELIVERY_STATE_WAITING, due_ms);
    deliveries_due_at(engine, due_ms);
    engine_set_delivery_target(engine->txn, target);
}

/* Is there room for the attempt?  If not, the delivery waits as the head, or is held. */
static bool has_room(struct engine *engine, const struct engine_delivery_row *row,
                     struct engine_delivery_target_row *target)
{
    if (has_enough_under_way(engine, row)) {
        if (is_head(row, target)) {
            target->head = NULL;
            engine_set_delivery_target(engine->txn, target);
        }
    } else if (!row->per_second || target->next_us <= engine->now_ms * US_PER_MS) {
        return true;
    } else if (!target->head) {
        make_head(engine, target, &row->id);
        return false;
    }
    set_state(engine->txn, row->id, ENGINE_DELIVERY_STATE_HELD, row->due_ms);
    return false;
}

/* The delivery does not wait any more: if it was the head, the oldest that is held is the next one. */
static void pass_head_on(struct engine *engine, const struct engine_delivery_row *row,
                         struct engine_delivery_target_row *target)
{
    int64_t held;

    if (target->head && !is_head(row, target)) {
        engine_set_delivery_target(engine->txn, target);
    } else if (find_held(engine->txn, row->target, &held)) {
        make_head(engine, target, arena_i64(&engine->batch->arena, held));
    } else {
        target->head = NULL;
        engine_set_delivery_target(engine->txn, target);
    }
}

/* An attempt begins now: when may the next one? */
static void take_room(struct engine *engine, const struct engine_delivery_row *row,
                      struct engine_delivery_target_row *target)
{
    int64_t now_us = engine->now_ms * US_PER_MS;

    if (row->per_second)
        target->next_us = (target->next_us > now_us ? target->next_us : now_us) + US_PER_S / row->per_second;
    if (row->per_second || is_head(row, target))
        pass_head_on(engine, row, target);
}

/* ---- what is due ---- */

/* The attempt, or the dead letter.  NULL: this program does not know it any more, which the log says. */
static struct exchange *exchange_of(struct engine *engine, const struct engine_delivery_row *row,
                                    bool is_over)
{
    str operation_name = is_over ? row->dead_letter : row->operation;
    const struct operation *operation = operation_of_key(engine, operation_name);

    if (!operation) {
        log_warn("delivery of an unknown operation dropped", log_field("operation", operation_name));
        return NULL;
    }
    struct exchange *exchange = internal_exchange(engine, operation, row->account, row->region, row->input);
    if (!exchange)
        return NULL;
    exchange->call.delivery = delivery_attempt_of(&exchange->arena, row, is_over);
    exchange->call.trace_id = arena_copy(&exchange->arena, row->trace_id);
    exchange->decoded = arena_mark(&exchange->arena);
    exchange->from_timer = true;
    return exchange;
}

/* For a hop about a delivery while none of its operations runs. */
static struct call call_about(struct engine *engine, const struct engine_delivery_row *row)
{
    return (struct call){
        .engine = engine,
        .txn = engine->txn,
        .arena = &engine->batch->arena,
        .account = row->account,
        .region = row->region,
        .request_id = S(""),
        .now_ms = engine->now_ms,
    };
}

static void end(struct engine *engine, const struct engine_delivery_row *row,
                struct engine_delivery_target_row *target)
{
    delivery_remove(engine->txn, row->id, row->body);
    if (is_head(row, target))
        pass_head_on(engine, row, target);
    delivery_target_has_room(engine, row->target);
}

/* NULL: there is no room for the attempt, or it cannot be made. */
static struct exchange *begin_attempt(struct engine *engine, const struct engine_delivery_row *row,
                                      struct engine_delivery_target_row *target)
{
    if (!has_room(engine, row, target))
        return NULL;
    struct exchange *exchange = exchange_of(engine, row, false);
    if (!exchange) {
        end(engine, row, target);
        return NULL;
    }
    set_state(engine->txn, row->id, ENGINE_DELIVERY_STATE_BEGUN, engine->now_ms);
    take_room(engine, row, target);
    return exchange;
}

/* It has become too old.  NULL: it has no dead letter. */
static struct exchange *begin_dead_letter(struct engine *engine, const struct engine_delivery_row *row,
                                          struct engine_delivery_target_row *target)
{
    struct call call = call_about(engine, row);
    struct exchange *exchange = NULL;

    delivery_trace_given_up(&call, row, S("it is too old"));
    if (str_present(row->dead_letter))
        exchange = exchange_of(engine, row, true);
    if (!exchange) {
        end(engine, row, target);
        return NULL;
    }
    set_state(engine->txn, row->id, ENGINE_DELIVERY_STATE_BEGUN, engine->now_ms);
    if (is_head(row, target))
        pass_head_on(engine, row, target);
    return exchange;
}

/* NULL: nothing is to be run for it now. */
static struct exchange *begin(struct engine *engine, const struct engine_delivery_row *row)
{
    struct engine_delivery_target_row target = target_of(engine->txn, row->target);

    if (target.ended) {
        delivery_remove(engine->txn, row->id, row->body);
        return NULL;
    }
    return delivery_is_too_old(row, engine->now_ms) ? begin_dead_letter(engine, row, &target)
                                                    : begin_attempt(engine, row, &target);
}

static void learn_next(struct engine *engine)
{
    struct engine_find_next_delivery_row next;

    engine->next_delivery_ms = engine_find_next_delivery(engine->txn, &next) ? next.due_ms : INT64_MAX;
}

struct exchange *deliveries_take_due(struct engine *engine)
{
    const struct engine_find_due_delivery_params due = {.now_ms = engine->now_ms};
    struct engine_delivery_row row;

    while (engine->next_delivery_ms <= engine->now_ms) {
        txn_use_arena(engine->txn, &engine->batch->arena);
        if (!engine_find_due_delivery(engine->txn, &due, &row)) {
            learn_next(engine);
            continue;
        }
        struct exchange *exchange = begin(engine, &row);
        if (exchange || slice_has_passed(engine))
            return exchange;
    }
    return NULL;
}

/* ---- targets that have ended ---- */

static bool remove_one(struct engine *engine, str target)
{
    struct engine_find_delivery_of_row row;

    if (!engine_find_delivery_of(engine->txn, &(struct engine_find_delivery_of_params){target}, &row))
        return false;
    delivery_remove(engine->txn, row.id, row.body);
    return true;
}

void deliveries_remove_ended(struct engine *engine)
{
    struct engine_find_ended_delivery_target_row target;

    while (engine->drop_deliveries_ms <= engine->now_ms) {
        txn_use_arena(engine->txn, &engine->batch->arena);
        if (!engine_find_ended_delivery_target(engine->txn, &target))
            engine->drop_deliveries_ms = INT64_MAX;
        else if (!remove_one(engine, target.target))
            engine_remove_delivery_target(
                engine->txn, &(struct engine_remove_delivery_target_params){.target = target.target});
        if (slice_has_passed(engine))
            break;
    }
}

void deliveries_start(struct engine *engine)
{
    struct engine_find_last_delivery_row last = {0};
    int64_t first = engine->now_ms * US_PER_MS; /* above all that an earlier run gave out */

    engine_find_last_delivery(engine->txn, &last);
    engine->next_delivery = last.id >= first ? last.id + 1 : first;
    engine->next_delivery_ms = engine->drop_deliveries_ms = 0;
    engine_begin_deliveries_again(engine->txn);
}

void deliveries_are_forgotten(struct engine *engine)
{
    engine->next_delivery_ms = engine->drop_deliveries_ms = INT64_MAX;
}

void deliveries_look_again(struct engine *engine, int64_t at_ms)
{
    engine->next_delivery_ms = engine->drop_deliveries_ms = at_ms;
}
