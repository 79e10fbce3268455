/*
 * sandboxes.c: the pool of warm sandboxes, which are child processes, of each version of a function.
 *
 * A sandbox's row begins with the effect that starts the sandbox and ends with the event that it has exited,
 * see sandbox_life.c.
 */
#include "sandboxes.h"
#include "code.h"
#include "lambda_internal.h"

#include "base/hash.h"

enum { INIT_MS = 10 * MS_PER_S };

str lambda_version_work(const struct call *call, int64_t version_id)
{
    return arena_format(call->arena, "lambda/work/%lld", (long long)version_id);
}

/* ---- beginning ---- */

static void check_later(const struct call *call, str sandbox_id, int64_t due_ms)
{
    timer_set(call, &LAMBDA_CHECK_SANDBOX, sandbox_id, due_ms,
              &(struct lambda_check_sandbox_request){.sandbox_id = sandbox_id});
}

void lambda_sandbox_check_at(const struct call *call, struct lambda_get_sandbox_row *sandbox, int64_t due_ms)
{
    if (due_ms >= sandbox->check_ms)
        return;
    sandbox->check_ms = due_ms;
    check_later(call, sandbox->id, due_ms);
    lambda_set_check(call->txn, &(struct lambda_set_check_params){.id = sandbox->id, .check_ms = due_ms});
}

int64_t lambda_first_deadline_ms(const struct call *call, const struct function *function)
{
    check(function->row.timeout_seconds > 0);
    return call->now_ms + INIT_MS + function->row.timeout_seconds * MS_PER_S;
}

void lambda_sandbox_add(const struct call *call, const struct function *function, bool provisioned)
{
    str id = random_uuid(call->arena);
    unsigned char bytes[16];
    int64_t deadline_ms = lambda_first_deadline_ms(call, function);

    random_bytes(bytes, sizeof bytes);
    str stream = hex_encode(call->arena, (str){(const char *)bytes, sizeof bytes});
    struct lambda_layer_set_rows layers = lambda_layer_set(call, function->row.layers);
    stream = arena_format(call->arena, "%.*s/[%.*s]%.*s", STR_ARGS(time_path_date(call->arena, call->now_ms)),
                          STR_ARGS(lambda_version_text(call->arena, function->row.number)), STR_ARGS(stream));
    lambda_add_sandbox(call->txn, &(struct lambda_add_sandbox_params){
                                      .id = id,
                                      .function_id = function->row.id,
                                      .version_id = function->row.version_id,
                                      .generation = function->row.generation,
                                      .started_ms = call->now_ms,
                                      .deadline_ms = deadline_ms,
                                      .check_ms = deadline_ms,
                                      .log_stream = stream,
                                      .package = function->row.package,
                                      .layers = function->row.layers,
                                      .provisioned = provisioned,
                                  });
    check_later(call, id, deadline_ms);
    spawn(call, &LAMBDA_LAUNCH_SANDBOX, (str){0},
          &(struct lambda_launch_sandbox_request){
              .sandbox_id = id,
              .package = function->row.package,
              .layers = function->row.layers,
              .layer_packages = lambda_layer_packages(call, &layers),
              .runtime = function->row.runtime,
          });
}

/* ---- ending ---- */

void lambda_sandbox_stop(const struct call *call, str sandbox_id)
{
    sandbox_stop_effect(call, &(struct sandbox_stop_input){.sandbox_id = sandbox_id});
}

void lambda_sandbox_stop_as(const struct call *call, str sandbox_id, enum lambda_sandbox_state state)
{
    lambda_set_sandbox_state(call->txn,
                             &(struct lambda_set_sandbox_state_params){.id = sandbox_id, .state = state});
    lambda_sandbox_stop(call, sandbox_id);
}

void lambda_sandbox_end(const struct call *call, str sandbox_id, str reason)
{
    if (!lambda_phase_shut_down(call, sandbox_id, reason))
        lambda_sandbox_stop_as(call, sandbox_id, LAMBDA_SANDBOX_STATE_STOPPING);
}

static bool is_unoccupied(enum lambda_sandbox_state state)
{
    return state == LAMBDA_SANDBOX_STATE_STARTING || state == LAMBDA_SANDBOX_STATE_IDLE;
}

void lambda_sandboxes_retire(const struct call *call, const struct function *function)
{
    struct lambda_list_sandboxes_rows rows = lambda_list_sandboxes(
        call->txn, &(struct lambda_list_sandboxes_params){.function_id = function->row.id,
                                                          .version_id = &function->row.version_id});

    for (size_t i = 0; i < rows.count; i++)
        if (is_unoccupied(rows.items[i].state) && rows.items[i].generation != function->row.generation)
            lambda_sandbox_end(call, rows.items[i].id, S("spindown"));
}

void lambda_sandboxes_kill(const struct call *call, const struct function *function,
                           const int64_t *version_id)
{
    struct lambda_list_sandboxes_rows rows = lambda_list_sandboxes(
        call->txn,
        &(struct lambda_list_sandboxes_params){.function_id = function->row.id, .version_id = version_id});

    for (size_t i = 0; i < rows.count; i++)
        if (is_unoccupied(rows.items[i].state) || rows.items[i].state == LAMBDA_SANDBOX_STATE_BUSY)
            lambda_sandbox_end(call, rows.items[i].id, S("spindown"));
}

void lambda_sandbox_release(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox)
{
    if (sandbox->generation != function->row.generation || call->now_ms >= sandbox->retire_ms ||
        lambda_sandboxes_exceed(call, function))
        lambda_sandbox_end(call, sandbox->id, S("spindown"));
    else
        lambda_set_idle(call->txn,
                        &(struct lambda_set_idle_params){.id = sandbox->id, .idle_since_ms = call->now_ms});
}

static void forget_by_id(const struct call *call, str sandbox_id)
{
    timer_cancel(call, &LAMBDA_CHECK_SANDBOX, sandbox_id);
    lambda_remove_lines(call->txn, &(struct lambda_remove_lines_params){.sandbox_id = sandbox_id});
    lambda_remove_sandbox(call->txn, &(struct lambda_remove_sandbox_params){.id = sandbox_id});
}

void lambda_sandbox_forget(const struct call *call, const struct lambda_get_sandbox_row *sandbox)
{
    forget_by_id(call, sandbox->id);
    if (sandbox->extensions > 0)
        lambda_phase_forget(call, sandbox->id);
    lambda_package_release(call, sandbox->package);
    lambda_unpacked_release(call, sandbox->layers);
}

void lambda_sandboxes_forget(const struct call *call)
{
    struct lambda_list_all_sandboxes_rows rows = lambda_list_all_sandboxes(call->txn);

    for (size_t i = 0; i < rows.count; i++)
        forget_by_id(call, rows.items[i].id);
    lambda_remove_all_lines(call->txn);
    lambda_remove_all_extensions(call->txn);
    lambda_remove_all_phases(call->txn);
}
