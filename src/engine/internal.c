/*
 * internal.c: calls that no client makes: timers, events, pollers.
 *
 * They are exchanges like any other, without a connection.
 */
#include "engine/engine_internal.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>

/* The administrator of the call's account: an internal call acts for another principal by invoke(). */
static const struct principal internal_caller = {.kind = PRINCIPAL_ROOT, .name = STR_INIT("internal")};

static const struct service *find_service(const struct engine *engine, str name)
{
    for (const struct module *const *module = engine->options.modules; *module; module++)
        if (str_equal(name, str_of((*module)->service->name)))
            return (*module)->service;
    return NULL;
}

bool internal_is(const struct exchange *exchange)
{
    return exchange->operation && exchange->operation->flags & OPERATION_INTERNAL;
}

bool internal_has_last_chance(struct exchange *exchange)
{
    bool has = internal_is(exchange) && exchange->operation->prepare && !exchange->from_timer &&
               !exchange->call.delivery && exchange->progress.exhausted && !exchange->last_chance;

    exchange->last_chance = exchange->last_chance || has;
    return has;
}

const struct principal *internal_principal(void)
{
    return &internal_caller;
}

str operation_key(struct arena *arena, const struct operation *operation)
{
    return arena_format(arena, "%s:%s", operation->service->name, operation->name);
}

static const struct operation *find_operation(const struct engine *engine, str service, str name)
{
    const struct service *found = find_service(engine, service);

    if (!found)
        return NULL;
    for (const struct operation *const *operation = found->operations; *operation; operation++)
        if (str_equal(name, str_of((*operation)->name)) && (*operation)->flags & OPERATION_INTERNAL)
            return *operation;
    return NULL;
}

const struct operation *operation_of_key(const struct engine *engine, str key)
{
    str service, name;

    return str_next(&key, ':', &service) && str_next(&key, ':', &name) ? find_operation(engine, service, name)
                                                                       : NULL;
}

static void drop(struct exchange *exchange)
{
    if (exchange->outcome == FAILED && exchange->progress.failure.error && !exchange->cancelled)
        log_warn("internal call failed", log_field("operation", exchange->operation->name),
                 log_field("error", exchange->progress.failure.error->name),
                 log_field("reason", exchange->progress.failure.message));
    if (exchange->taken)
        exchange->taken(exchange->connection);
    arena_free(&exchange->arena);
    free(exchange);
}

struct exchange *internal_exchange(struct engine *engine, const struct operation *operation, str account,
                                   str region, str input_json)
{
    struct exchange *exchange = memory_take(sizeof *exchange);
    struct arena *arena = &exchange->arena;
    int64_t now_ms = engine_now_ms(engine);

    exchange->operation = operation;
    exchange->answered = drop;
    exchange->in = arena_alloc(arena, operation->input->size);
    exchange->call = (struct call){
        .engine = engine,
        .arena = arena,
        .operation = operation,
        .caller = &internal_caller,
        .account = arena_copy(arena, account),
        .region = arena_copy(arena, region),
        .endpoint = engine->options.endpoint,
        .source_ip = S("127.0.0.1"),
        .request_id = random_uuid(arena),
        .now_ms = now_ms, /* for its prepare function */
        .arrived_ms = now_ms,
        .progress = &exchange->progress,
    };
    if (!model_from_json(arena, operation->input, arena_copy(arena, input_json), exchange->in)) {
        log_error("internal call does not fit its input", log_field("operation", operation->name));
        drop(exchange);
        return NULL;
    }
    exchange->decoded = arena_mark(arena);
    return exchange;
}

const struct operation *operation_that_hears(const struct engine *engine, const struct shape *event)
{
    for (const struct module *const *module = engine->options.modules; *module; module++) {
        const struct operation *const *operation = (*module)->service->operations;
        for (; *operation; operation++)
            if ((*operation)->input == event && (*operation)->flags & OPERATION_INTERNAL)
                return *operation;
    }
    return NULL;
}

/* In the default account and region. */
static struct exchange *exchange_for(struct engine *engine, const struct operation *operation, const void *in)
{
    struct arena arena = {0};
    struct exchange *exchange =
        internal_exchange(engine, operation, engine->options.default_account, engine->options.default_region,
                          model_to_json(&arena, operation->input, in));

    arena_free(&arena);
    check(exchange != NULL);
    return exchange;
}

void run_soon(const struct call *call, const struct operation *operation, const void *in)
{
    check(operation->flags & OPERATION_INTERNAL);
    engine_submit(call->engine, exchange_for(call->engine, operation, in));
}

void engine_post(struct engine *engine, const struct shape *event, const void *in,
                 void (*taken)(void *context), void *context)
{
    const struct operation *operation = operation_that_hears(engine, event);

    check(operation != NULL);
    struct exchange *exchange = exchange_for(engine, operation, in);
    exchange->taken = taken;
    exchange->connection = context;
    engine_submit(engine, exchange);
}
