/*
 * environments.c: the child processes of functions, as the engine's effects start and stop them.
 *
 * The engine starts an effect on any thread; here that becomes an order, which the main loop carries
 * out, as everything about environments runs there.  environment.h says which file does what.
 */
#include "server/environment.h"

#include "base/check.h"
#include "base/log.h"
#include "server/leftovers.h"
#include "wire/json.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- effects ---- */

struct order {
    struct task task;
    struct environments *environments;
    size_t payload_size;
    char payload[];
};

static struct environment *find(struct environments *environments, str id)
{
    for (struct environment *environment = environments->first; environment; environment = environment->next)
        if (str_equal(environment->port.listener, id))
            return environment;
    return NULL;
}

/* The payload of an order, and whom it is about; NULL when there is nothing to do any more. */
static const struct json *read_order(const struct order *order, str *id)
{
    struct arena *arena = &order->environments->arena;
    const struct json *payload = json_parse(arena, (str){order->payload, order->payload_size}, NULL);

    *id = json_get_str(payload, S("environmentId"));
    if (!str_present(*id)) {
        log_error("an environment's effect has no environmentId");
        return NULL;
    }
    return order->environments->done ? NULL : payload;
}

/* An effect may be started twice; the second time changes nothing. */
static void carry_out_start(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    str id;
    const struct json *payload = read_order(order, &id);

    (void)loop;
    if (payload && !find(order->environments, id))
        environment_begin(order->environments, id, payload);
    arena_reset(&order->environments->arena);
    free(order);
}

static void carry_out_stop(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    str id;
    const struct json *payload = read_order(order, &id);
    struct environment *environment = payload ? find(order->environments, id) : NULL;

    (void)loop;
    if (environment) {
        if (!environment->reason)
            environment->reason = "Stopped";
        environment_kill(environment, SIGKILL);
    } else if (payload) {
        environment_post_not_started(order->environments, id, "NotRunning", (str){0});
    }
    arena_reset(&order->environments->arena);
    free(order);
}

static void give_order(struct environments *environments, str payload,
                       void (*run)(struct loop *, struct task *))
{
    struct order *order = malloc(sizeof *order + payload.size);

    check(order != NULL);
    order->task.run = run;
    order->environments = environments;
    order->payload_size = payload.size;
    memcpy(order->payload, payload.data, payload.size);
    loop_post(environments->loop, &order->task);
}

void environments_start_effect(void *environments, str id, str payload)
{
    (void)id;
    give_order(environments, payload, carry_out_start);
}

void environments_stop_effect(void *environments, str id, str payload)
{
    (void)id;
    give_order(environments, payload, carry_out_stop);
}

/* ---- life ---- */

struct environments *environments_new(struct loop *loop, const struct server_options *options)
{
    struct environments *environments = calloc(1, sizeof *environments);

    check(environments != NULL);
    leftovers_kill();
    environments->loop = loop;
    environments->folders[0] = options->functions_folder ? realpath(options->functions_folder, NULL) : NULL;
    environments->folders[1] = options->runtimes_folder ? realpath(options->runtimes_folder, NULL) : NULL;
    uv_timer_init(&loop->uv, &environments->tick);
    uv_timer_init(&loop->uv, &environments->grace);
    environments->tick.data = environments->grace.data = environments;
    return environments;
}

void environments_free(struct environments *environments)
{
    leftovers_kill();
    free(environments->folders[0]);
    free(environments->folders[1]);
    arena_free(&environments->arena);
    free(environments);
}

static void kill_all(struct environments *environments, int number)
{
    for (struct environment *environment = environments->first; environment; environment = environment->next)
        environment_kill(environment, number);
}

static void on_grace_over(uv_timer_t *grace)
{
    kill_all(grace->data, SIGKILL);
}

void environments_finish_when_all_ended(struct environments *environments)
{
    if (!environments->done || environments->first || uv_is_closing((uv_handle_t *)&environments->tick))
        return;
    uv_close((uv_handle_t *)&environments->tick, NULL);
    uv_close((uv_handle_t *)&environments->grace, NULL);
    environments->done(environments->loop);
}

void environments_end(struct environments *environments, void (*done)(struct loop *loop))
{
    environments->done = done;
    kill_all(environments, SIGTERM);
    uv_timer_start(&environments->grace, on_grace_over, STOP_GRACE_MS, 0);
    environments_finish_when_all_ended(environments);
}
