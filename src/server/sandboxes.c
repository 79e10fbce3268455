/*
 * sandboxes.c: the child processes of functions, which the engine's effects start and stop.
 *
 * The engine starts effects on its own thread; here an effect becomes an order for the main loop, because
 * everything about sandboxes runs there.  sandbox.h lists the files.
 *
 * To add an effect, add it to engine/sandbox.model, and a runner to the table below.
 */
#include "server/sandbox.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ---- effects ---- */

struct order {
    struct task task;
    void (*carry_out)(struct sandboxes *sandboxes, str payload);
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

static void start(struct sandboxes *sandboxes, str payload)
{
    struct sandbox_start_input in = {0};

    check(sandbox_start_read(&sandboxes->arena, payload, &in));
    if (!find(sandboxes, in.sandbox_id) && !sandboxes->winding_down)
        sandbox_begin(sandboxes, payload, &in);
}

static void stop(struct sandboxes *sandboxes, str payload)
{
    struct sandbox_stop_input in = {0};

    check(sandbox_stop_read(&sandboxes->arena, payload, &in));
    struct sandbox *sandbox = find(sandboxes, in.sandbox_id);
    if (!sandbox) {
        sandbox_post_not_started(sandboxes, in.sandbox_id, "NotRunning", (str){0});
        return;
    }
    if (!sandbox->reason)
        sandbox->reason = "Stopped";
    sandbox_kill(sandbox, SIGKILL);
}

/* A sandbox that has ended meanwhile needs nothing of what follows. */
static void run(struct sandboxes *sandboxes, str payload)
{
    struct sandbox_run_input in = {0};

    check(sandbox_run_read(&sandboxes->arena, payload, &in));
    struct sandbox *sandbox = find(sandboxes, in.sandbox_id);
    if (sandbox)
        sandbox_ask(sandbox, MESSAGE_RUN, 0);
}

static void terminate(struct sandboxes *sandboxes, str payload)
{
    struct sandbox_terminate_input in = {0};

    check(sandbox_terminate_read(&sandboxes->arena, payload, &in));
    struct sandbox *sandbox = find(sandboxes, in.sandbox_id);
    if (sandbox)
        sandbox_ask(sandbox, MESSAGE_TERMINATE, (int)in.grace_ms);
}

static void subscribe(struct sandboxes *sandboxes, str payload)
{
    struct sandbox_subscribe_input in = {0};

    check(sandbox_subscribe_read(&sandboxes->arena, payload, &in));
    struct sandbox *sandbox = find(sandboxes, in.sandbox_id);
    if (sandbox)
        sandbox_subscribe(sandbox, &in);
}

static void tell(struct sandboxes *sandboxes, str payload)
{
    struct sandbox_tell_input in = {0};

    check(sandbox_tell_read(&sandboxes->arena, payload, &in));
    struct sandbox *sandbox = find(sandboxes, in.sandbox_id);
    if (sandbox)
        sandbox_tell(sandbox, &in);
}

static void carry_out(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    struct sandboxes *sandboxes = order->sandboxes;

    (void)loop;
    if (!sandboxes->done)
        order->carry_out(sandboxes, (str){order->payload, order->payload_size});
    arena_reset(&sandboxes->arena);
    free(order);
}

static void give_order(struct sandboxes *sandboxes, str payload,
                       void (*carried_out)(struct sandboxes *sandboxes, str payload))
{
    struct order *order = malloc(sizeof *order + payload.size);

    check(order != NULL);
    order->task.run = carry_out;
    order->carry_out = carried_out;
    order->sandboxes = sandboxes;
    order->payload_size = payload.size;
    memcpy(order->payload, payload.data, payload.size);
    loop_post(sandboxes->loop, &order->task);
}

void sandboxes_start_effect(void *sandboxes, str payload)
{
    give_order(sandboxes, payload, start);
}

void sandboxes_stop_effect(void *sandboxes, str payload)
{
    give_order(sandboxes, payload, stop);
}

void sandboxes_run_effect(void *sandboxes, str payload)
{
    give_order(sandboxes, payload, run);
}

void sandboxes_terminate_effect(void *sandboxes, str payload)
{
    give_order(sandboxes, payload, terminate);
}

void sandboxes_subscribe_effect(void *sandboxes, str payload)
{
    give_order(sandboxes, payload, subscribe);
}

void sandboxes_tell_effect(void *sandboxes, str payload)
{
    give_order(sandboxes, payload, tell);
}

/* ---- life ---- */

struct sandboxes *sandboxes_new(struct loop *loop)
{
    struct sandboxes *sandboxes = calloc(1, sizeof *sandboxes);

    check(sandboxes != NULL);
    sandboxes->loop = loop;
    uv_timer_init(&loop->uv, &sandboxes->tick);
    uv_timer_init(&loop->uv, &sandboxes->grace);
    uv_timer_init(&loop->uv, &sandboxes->relaunch);
    sandboxes->tick.data = sandboxes->grace.data = sandboxes->relaunch.data = sandboxes;
    return sandboxes;
}

/* Log once how well sandboxes isolate on this machine. */
static void log_state(const struct sandboxes *sandboxes, const struct message *message)
{
    if (message->kind == MESSAGE_NO_WAY_OUT)
        log_warn("functions reach no network beyond this server", log_field("reason", message->text));
    else if (sandboxes->mode == SANDBOX_OFF)
        log_warn("functions run without a sandbox: they can do what the server's user can");
    else if (*message->text && sandboxes->mode == SANDBOX_REQUIRED)
        log_error("no function will run: sandboxes are not complete on this machine",
                  log_field("reason", message->text));
    else if (*message->text)
        log_warn("functions are not separated from each other and the server",
                 log_field("reason", message->text));
    else if (message->status)
        log_info("sandboxes have the server's user id outside, for the server is not root");
}

void sandboxes_hear_launcher(uv_poll_t *poll, int unused, int events)
{
    struct sandboxes *sandboxes = poll->data;
    struct message message;

    (void)unused, (void)events;
    while (message_receive(sandboxes->launcher.channel, &message))
        log_state(sandboxes, &message);
    if (errno != EAGAIN)
        sandboxes_lost_launcher(sandboxes);
}

void sandboxes_launch(struct sandboxes *sandboxes, const struct launcher_options *options)
{
    launcher_start(&sandboxes->launcher, options);
    sandboxes->mode = options->mode;
    sandboxes->options = *options;
    sandboxes->launched = true;
    sandboxes->launched_ms = uv_now(&sandboxes->loop->uv);
    sandboxes->launcher_poll.data = sandboxes;
    check(uv_poll_init(&sandboxes->loop->uv, &sandboxes->launcher_poll, sandboxes->launcher.channel) == 0);
    uv_poll_start(&sandboxes->launcher_poll, UV_READABLE, sandboxes_hear_launcher);
}

void sandboxes_free(struct sandboxes *sandboxes)
{
    if (sandboxes->launched)
        launcher_stop(&sandboxes->launcher);
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

static bool have_extensions(const struct sandboxes *sandboxes)
{
    for (const struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        if (sandbox_has_extensions(sandbox))
            return true;
    return false;
}

static void wind_on(struct sandboxes *sandboxes)
{
    void (*wound_down)(struct loop * loop) = sandboxes->wound_down;

    sandboxes->wound_down = NULL;
    uv_timer_stop(&sandboxes->grace);
    wound_down(sandboxes->loop);
}

static void on_winding_over(uv_timer_t *grace)
{
    wind_on(grace->data);
}

void sandboxes_wind_down(struct sandboxes *sandboxes, void (*wound_down)(struct loop *loop))
{
    sandboxes->winding_down = true;
    sandboxes->wound_down = wound_down;
    if (!have_extensions(sandboxes)) {
        wind_on(sandboxes);
        return;
    }
    sandbox_ending_post(sandboxes->loop->engine, &(struct sandbox_ending){0}, NULL, NULL);
    uv_timer_start(&sandboxes->grace, on_winding_over, WIND_DOWN_MS, 0);
}

void sandboxes_finish_when_all_ended(struct sandboxes *sandboxes)
{
    if (sandboxes->wound_down && !have_extensions(sandboxes))
        wind_on(sandboxes);
    sandboxes_relaunch(sandboxes);
    if (!sandboxes->done || sandboxes->first || uv_is_closing((uv_handle_t *)&sandboxes->tick))
        return;
    if (sandboxes->launched)
        uv_close((uv_handle_t *)&sandboxes->launcher_poll, NULL);
    uv_close((uv_handle_t *)&sandboxes->tick, NULL);
    uv_close((uv_handle_t *)&sandboxes->grace, NULL);
    uv_close((uv_handle_t *)&sandboxes->relaunch, NULL);
    sandboxes->done(sandboxes->loop);
}

void sandboxes_end(struct sandboxes *sandboxes, void (*done)(struct loop *loop))
{
    sandboxes->done = done;
    launcher_drop_requests(&sandboxes->launcher);
    kill_all(sandboxes, SIGTERM);
    uv_timer_start(&sandboxes->grace, on_grace_over, STOP_GRACE_MS, 0);
    sandboxes_finish_when_all_ended(sandboxes);
}
