#pragma once

/*
 * sandboxes.h: the sandboxes of a version: when one starts, what it asks for, how it ends.
 */
#include "invocations.h"

/* sandboxes.c: the pool of a function's child processes */
/* The name that idle sandboxes of a version park for. */
str lambda_version_work(const struct call *call, int64_t version_id);
/* Add a sandbox's row, so that it counts; a worker verifies its code before it is launched. */
void lambda_sandbox_add(const struct call *call, const struct function *function, bool provisioned);
/*
 * End the version's sandboxes of earlier generations, unless they are busy: those end when they are done.
 */
void lambda_sandboxes_retire(const struct call *call, const struct function *function);
/* End the sandboxes of one version, or of all of the function's (NULL). */
void lambda_sandboxes_kill(const struct call *call, const struct function *function,
                           const int64_t *version_id);
/* End the sandbox; its row remains until it has ended. */
void lambda_sandbox_stop(const struct call *call, str sandbox_id);
/* Let the sandbox's timer run at that time at the latest. */
void lambda_sandbox_check_at(const struct call *call, struct lambda_get_sandbox_row *sandbox, int64_t due_ms);
/* The sandbox has answered: it becomes idle, or ends if it has served long enough. */
void lambda_sandbox_release(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox);
/* The same, with the reason that its extensions are told: "spindown", "timeout", "failure". */
void lambda_sandbox_end(const struct call *call, str sandbox_id, str reason);
/* Set the sandbox's state, and end it. */
void lambda_sandbox_stop_as(const struct call *call, str sandbox_id, enum lambda_sandbox_state state);
/* Remove its row, and everything that belongs to it. */
void lambda_sandbox_forget(const struct call *call, const struct lambda_get_sandbox_row *sandbox);
/* The time by which a sandbox launched now must have finished its first invocation. */
int64_t lambda_first_deadline_ms(const struct call *call, const struct function *function);
/* At a start: no sandbox of the former server runs any more. */
void lambda_sandboxes_forget(const struct call *call);

/* concurrency.c */
/* The number of invocations of the function that may be in flight: reserved, or what the account has left. */
int64_t lambda_concurrency_limit(const struct call *call, const struct function *function);
/* May one more invocation begin now? */
bool lambda_concurrency_is_free(const struct call *call, const struct function *function);
/* Why it may not begin, for a trace. */
str lambda_throttle_sentence(const struct call *call, const struct function *function);
/* As lambda_concurrency_is_free().  False: fail() has been called. */
bool lambda_concurrency_check(const struct call *call, const struct function *function);
/*
 * May a function's provisioned concurrency, which was before, take that much of the account's unreserved
 * concurrency?  False: fail() has been called.
 */
bool lambda_provisioned_check(const struct call *call, int64_t requested, int64_t before);

/*
 * May the call's account store that much code more, and give some back?  Every version counts, also when it
 * shares its package.  False: fail() has been called.
 */
bool lambda_code_storage_check(const struct call *call, int64_t added, int64_t given_back);

/* provisioned.c */
/*
 * What functions without reserved concurrency of the caller's account and region provision, and one function.
 */
int64_t lambda_provisioned_sum(const struct call *call);
int64_t lambda_provisioned_of(const struct call *call, int64_t function_id);
/* The provisioned sandboxes that a version has: those that start are counted, too. */
int64_t lambda_provisioned_sandboxes(const struct call *call, int64_t version_id);
/* Start or let go provisioned sandboxes, now that something has changed. */
void lambda_provisioned_follow(const struct call *call, int64_t function_id);
/* The qualifier is deleted, or its configuration. */
void lambda_provisioned_remove(const struct call *call, int64_t function_id, str qualifier);
/* A provisioned sandbox of the version did not start. */
void lambda_provisioned_failed(const struct call *call, const struct function *function);
/* At a start: start all provisioned sandboxes. */
void lambda_provisioned_resume(const struct call *call);

/* scheduler.c */
/* Give queued invocations of a version a sandbox: wake an idle one, or start some. */
void lambda_function_dispatch(const struct call *call, const struct function *function);
/* The limit of the function has changed. */
void lambda_function_reschedule(const struct call *call, int64_t function_id);
/* How many of the wanted sandboxes may be started now? */
int64_t lambda_sandboxes_allowed(const struct call *call, const struct function *function, int64_t wanted);
/* Does the function have more sandboxes than its reserved concurrency allows? */
bool lambda_sandboxes_exceed(const struct call *call, const struct function *function);
/* A sandbox of the version took that long to start, or an invocation to run. */
void lambda_pace_note_start(int64_t version_id, int64_t ms);
void lambda_pace_note_duration(int64_t version_id, int64_t ms);

/* sandbox_life.c */
/*
 * The invocation that fails because the sandbox did not start: the first queued one; false for a provisioned
 * sandbox, whose failure is noted, and when nothing is queued.
 */
bool lambda_sandbox_next(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox,
                         struct lambda_find_invocation_row *invocation);

void lambda_sandbox_note_memory(const struct call *call, struct lambda_get_sandbox_row *sandbox,
                                const int64_t *bytes);
/* Why a sandbox's work fails. */
struct sandbox_end {
    const char *type;
    str message;
    const char *status; /* as in struct result */
};
struct result lambda_sandbox_result(const struct call *call, const struct sandbox_end *end, str request_id);
/* The end of one of the processes of a sandbox with extensions. */
struct sandbox_end lambda_process_end(const struct call *call, const struct sandbox_process_exited *in);

/* launch.c */
/*
 * Start that sandbox, whose code is verified, with the extensions of those names; it is to end at *retire_ms.
 * False: *problem says why it cannot run.
 */
bool lambda_sandbox_start(const struct call *call, const struct function *function,
                          const struct lambda_get_sandbox_row *sandbox, const struct str_list *extensions,
                          int64_t *retire_ms, str *problem);

/* runtime_api.c */
/* The sandbox that calls, its function, and the call in that function's account and region. */
struct lambda_asker {
    struct lambda_get_sandbox_row sandbox;
    struct function function;
    struct call call;
};
/* False: the sandbox has no more work to do, and its call must lambda_asker_leave(). */
bool lambda_asker_find(const struct call *call, struct lambda_asker *asker);
/* The sandbox will be killed in a moment, and needs no answer. */
enum outcome lambda_asker_leave(const struct call *call);
/* The sandbox is ready for invocations. */
void lambda_sandbox_initialized(const struct call *call, const struct function *function,
                                struct lambda_get_sandbox_row *sandbox);

/* extensions.c */
enum { MOST_EXTENSIONS = 10 }; /* of a sandbox */
/* "Ready", as AWS's log has it. */
str lambda_extension_state_name(enum lambda_extension_state state);
/* The registered extension of the calling sandbox with that identifier.  False: fail() has been called. */
bool lambda_extension_find(const struct call *call, str identifier, struct lambda_extension_row *extension);
/* Give the extension an event as soon as it asks for one. */
void lambda_extension_notify(const struct call *call, const struct lambda_extension_row *extension,
                             enum lambda_extension_event event);

/* phases.c */
/* The sandbox is not started, because it would have that many external extensions. */
void lambda_phase_tell_too_many(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox,
                                const struct str_list *extensions);
/* The sandbox is being started, with external extensions of those names. */
void lambda_phase_begin(const struct call *call, str sandbox_id, const struct str_list *extensions);
/* All external extensions have registered: start the function's program. */
void lambda_phase_run(const struct call *call, str sandbox_id);
/* May internal extensions still register? */
bool lambda_phase_takes_extensions(const struct call *call, const struct lambda_get_sandbox_row *sandbox);
bool lambda_phase_takes_subscriptions(const struct lambda_get_sandbox_row *sandbox);
/* An extension is ready for its next event: perhaps the phase is over. */
void lambda_phase_check(const struct call *call, const struct function *function,
                        struct lambda_get_sandbox_row *sandbox);
/*
 * The function's program asks for its next event, in a sandbox with extensions.  True: extensions still work,
 * and the call must lambda_phase_wait().
 */
bool lambda_phase_goes_on(const struct call *call, const struct function *function,
                          struct lambda_get_sandbox_row *sandbox);
enum outcome lambda_phase_wait(const struct call *call, str sandbox_id);
/* What extensions are told of an invocation. */
struct lambda_phase_invocation {
    str request_id, function_arn, tracing;
    int64_t deadline_ms;
};
void lambda_phase_invoke(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox,
                         const struct lambda_phase_invocation *invocation);
/* The invocation has its result.  answer: as in struct result. */
struct sent_answer;
void lambda_phase_answered(const struct call *call, str sandbox_id, const struct sent_answer *answer);
/* The function's program reports that it cannot begin: so the oldest waiting invocation fails, too. */
void lambda_phase_init_failed(const struct call *call, const struct function *function,
                              const struct lambda_get_sandbox_row *sandbox, const struct result *result);
/* What the sandbox does fails, and it shuts down. */
void lambda_phase_fail(const struct call *call, const struct function *function,
                       struct lambda_get_sandbox_row *sandbox, const struct sandbox_end *end, str reason);
/* Shut a sandbox with extensions down.  False: it has none. */
bool lambda_phase_shut_down(const struct call *call, str sandbox_id, str reason);
void lambda_phase_forget(const struct call *call, str sandbox_id);

/* subscriptions.c */
/* What an extension wants to be told, and where. */
struct telemetry_subscription {
    bool is_logs; /* by the Logs API */
    bool objects; /* its version of the events has lines in JSON as objects */
    str name;     /* of the extension */
    struct str_list types;
    int64_t port;
    str path; /* absent: by TCP */
    int64_t max_items, max_bytes, timeout_ms;
};
