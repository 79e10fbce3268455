/*
 * sandboxes.c: the child processes of functions, as the engine's effects start and stop them.
 *
 * The engine starts an effect on any thread; here that becomes an order, which the main loop carries
 * out, as everything about sandboxes runs there.  sandbox.h says which file does what.
 */
#include "server/sandbox.h"

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
    struct sandboxes *sandboxes;
    size_t payload_size;
    char payload[];
};

static struct sandbox *find(struct sandboxes *sandboxes, str id)
{
    for (struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        if (str_equal(sandbox->port.sandbox, id))
            return sandbox;
    return NULL;
}

/* The payload of an order, and whom it is about; NULL when there is nothing to do any more. */
static const struct json *read_order(const struct order *order, str *id)
{
    struct arena *arena = &order->sandboxes->arena;
    const struct json *payload = json_parse(arena, (str){order->payload, order->payload_size}, NULL);

    *id = json_get_str(payload, S("sandboxId"));
    if (!str_present(*id)) {
        log_error("a sandbox's effect has no sandboxId");
        return NULL;
    }
    return order->sandboxes->done ? NULL : payload;
}

/* An effect may be started twice; the second time changes nothing. */
static void carry_out_start(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    str id;
    const struct json *payload = read_order(order, &id);

    (void)loop;
    if (payload && !find(order->sandboxes, id))
        sandbox_begin(order->sandboxes, id, payload);
    arena_reset(&order->sandboxes->arena);
    free(order);
}

static void carry_out_stop(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    str id;
    const struct json *payload = read_order(order, &id);
    struct sandbox *sandbox = payload ? find(order->sandboxes, id) : NULL;

    (void)loop;
    if (sandbox) {
        if (!sandbox->reason)
            sandbox->reason = "Stopped";
        sandbox_kill(sandbox, SIGKILL);
    } else if (payload) {
        sandbox_post_not_started(order->sandboxes, id, "NotRunning", (str){0});
    }
    arena_reset(&order->sandboxes->arena);
    free(order);
}

static void give_order(struct sandboxes *sandboxes, str payload, void (*run)(struct loop *, struct task *))
{
    struct order *order = malloc(sizeof *order + payload.size);

    check(order != NULL);
    order->task.run = run;
    order->sandboxes = sandboxes;
    order->payload_size = payload.size;
    memcpy(order->payload, payload.data, payload.size);
    loop_post(sandboxes->loop, &order->task);
}

void sandboxes_start_effect(void *sandboxes, str id, str payload)
{
    (void)id;
    give_order(sandboxes, payload, carry_out_start);
}

void sandboxes_stop_effect(void *sandboxes, str id, str payload)
{
    (void)id;
    give_order(sandboxes, payload, carry_out_stop);
}

/* ---- life ---- */

struct sandboxes *sandboxes_new(struct loop *loop, const struct server_options *options)
{
    struct sandboxes *sandboxes = calloc(1, sizeof *sandboxes);

    check(sandboxes != NULL);
    leftovers_kill();
    sandboxes->loop = loop;
    sandboxes->folders[0] = options->functions_folder ? realpath(options->functions_folder, NULL) : NULL;
    sandboxes->folders[1] = options->runtimes_folder ? realpath(options->runtimes_folder, NULL) : NULL;
    uv_timer_init(&loop->uv, &sandboxes->tick);
    uv_timer_init(&loop->uv, &sandboxes->grace);
    sandboxes->tick.data = sandboxes->grace.data = sandboxes;
    return sandboxes;
}

void sandboxes_free(struct sandboxes *sandboxes)
{
    leftovers_kill();
    free(sandboxes->folders[0]);
    free(sandboxes->folders[1]);
    arena_free(&sandboxes->arena);
    free(sandboxes);
}

static void kill_all(struct sandboxes *sandboxes, int number)
{
    for (struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        sandbox_kill(sandbox, number);
}

static void on_grace_over(uv_timer_t *grace)
{
    kill_all(grace->data, SIGKILL);
}

void sandboxes_finish_when_all_ended(struct sandboxes *sandboxes)
{
    if (!sandboxes->done || sandboxes->first || uv_is_closing((uv_handle_t *)&sandboxes->tick))
        return;
    uv_close((uv_handle_t *)&sandboxes->tick, NULL);
    uv_close((uv_handle_t *)&sandboxes->grace, NULL);
    sandboxes->done(sandboxes->loop);
}

void sandboxes_end(struct sandboxes *sandboxes, void (*done)(struct loop *loop))
{
    sandboxes->done = done;
    kill_all(sandboxes, SIGTERM);
    uv_timer_start(&sandboxes->grace, on_grace_over, STOP_GRACE_MS, 0);
    sandboxes_finish_when_all_ended(sandboxes);
}
