#pragma once

/*
 * lambda_internal.h: what the files of Lambda share.
 *
 * A function runs in sandboxes (AWS calls them execution environments, and the model's shapes have that
 * name).  An invocation is a row: queued, then taken by a sandbox, then answered.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/time.h"
#include "engine/doors.h"
#include "engine/page.h"
#include "lambda.h"
#include "lambda_model.h"
#include "lambda_sql.h"
#include "store/store.h"
#include "unzip.h"

#include <limits.h>

/* An answer may be a hundred bytes longer than an event, as AWS's own sentences tell. */
enum {
    SYNC_PAYLOAD_BYTES = 6291456,
    ASYNC_PAYLOAD_BYTES = 1024 * 1024,
    ANSWER_BYTES = 6291556,
    LARGE_PAYLOAD_BYTES = 4096, /* a larger one is stored apart from its invocation's row */
};

/* options.c */
const struct lambda_options *lambda_options(void);

enum { LATEST = 0 }; /* the number of $LATEST */

/* A version of a function, and how a request names it. */
struct function {
    struct lambda_function_row row;       /* of the version, joined with that of its function */
    str arn;                              /* of the function, without a qualifier */
    str qualifier;                        /* the qualifier in the request */
    const struct lambda_alias_row *alias; /* the qualifier's, if it names an alias */
};

/* names.c */
/*
 * Parsed from "name", "function:name", "<account>:function:name" or a whole ARN; each with or without a
 * qualifier.
 */
struct function_name {
    str account, region, name;
    str qualifier;
};
/* False for any other text. */
bool lambda_function_name_parse(str text, struct function_name *name);
/* The same; account and region default to the caller's. */
struct function_name lambda_function_name_of(const struct call *call, str text);
/*
 * The name in a request, with its Qualifier: it must be in this region, and the two qualifiers must agree.
 * False: fail() has been called.
 */
bool lambda_function_name_open(const struct call *call, str text, str qualifier, struct function_name *name);
str lambda_function_arn(struct arena *arena, const struct function_name *name);
/* The function's ARN as the request names it: with the qualifier, if it has one. */
str lambda_function_asked_arn(struct arena *arena, const struct function *function);
/* The policy and the revision of the request's qualifier: each version and each alias has its own. */
str lambda_function_policy(const struct function *function);
str lambda_function_revision(const struct function *function);
/* The version that the request names.  NULL: it does not exist, and fail() has been called. */
const struct function *lambda_version_of(const struct call *call);
/* The same, in AWS's words for operations about what belongs to a version or to an alias. */
const struct function *lambda_qualified_of(const struct call *call);
/*
 * The function of a request about a whole function, as $LATEST.  NULL: it does not exist or the request names
 * another version, and fail() has been called.
 */
const struct function *lambda_function_of(const struct call *call);
/* The function of a request that must not have a qualifier.  NULL: fail() has been called. */
const struct function *lambda_unqualified_of(const struct call *call);
/* See struct module. */
bool lambda_locate_arn(const struct call *call, str text, struct resource *found);
void lambda_describe(const struct call *call, str text, struct json_writer *state);
/* The call in the function's account and region, where its invocations happen. */
struct call lambda_call_of_function(const struct call *call, const struct function *function);
/*
 * The function's principal for other services: a session of its role.  NULL: Lambda may not assume the role.
 */
const struct principal *lambda_function_role(const struct call *call, const struct function *function);
/* Lambda's own principal, acting for the function. */
const struct principal *lambda_principal(const struct call *call, const struct function *function);

/* versions.c */
/* "$LATEST", or the number. */
str lambda_version_text(struct arena *arena, int64_t number);
/* The number of the version that the qualifier names, absent for $LATEST.  False: it may name an alias. */
bool lambda_version_number(str qualifier, int64_t *number);
/* The version of that id, without a qualifier.  False: it does not exist. */
bool lambda_version_get(const struct call *call, int64_t version_id, struct function *function);
/*
 * The version that the name's qualifier names: $LATEST without one, and the first version of an alias.  The
 * name has an account and a region.  False: it does not exist.
 */
bool lambda_version_find(const struct call *call, const struct function_name *name,
                         struct function *function);
/* Choose the version of one invocation: that of a weighted alias is drawn. */
void lambda_version_route(const struct call *call, struct function *function);

/* The alias that the name's qualifier names, or NULL. */
const struct lambda_alias_row *lambda_alias_find(const struct call *call, const struct function_name *name);

/* functions.c */
/* False: a revision is given and is not the current one; fail() has been called. */
bool lambda_revision_check(const struct call *call, str given, str current);

/* publish.c */
/*
 * Publish $LATEST as a new version; or return the last version, if $LATEST is what it was published from:
 * then *is_new is false.  The description may be absent.  False: fail() has been called.
 */
bool lambda_publish(const struct call *call, const struct function *latest, str description,
                    struct function *published, bool *is_new);

/* configuration.c */
/* Set the row's columns from the settings that are present.  False: fail() has been called. */
bool lambda_configuration_apply(const struct call *call, const struct lambda_function_settings *in,
                                struct function *function);
/*
 * Checks for a new function only; lambda_configuration_apply() makes the others.  False: fail() has been
 * called.
 */
bool lambda_configuration_check_new(const struct call *call, const struct lambda_create_function_request *in);
bool lambda_architectures_check(const struct call *call, const struct str_list *architectures);
/* Set the description in the row's settings. */
void lambda_description_set(const struct call *call, struct function *function, str description);
int64_t lambda_function_storage_mb(const struct call *call, const struct function *function);
/* 2026-01-31T12:00:00.123+0000 */
str lambda_time_text(const struct call *call, int64_t ms);
/* A package's digest, in base64. */
str lambda_code_sha256(const struct call *call, str sha256);
struct lambda_function_configuration *lambda_configuration_of(const struct call *call,
                                                              const struct function *function);
/* Check the role's trust and the caller's right to pass it.  False: fail() has been called. */
bool lambda_execution_role_check(const struct call *call, const struct function *function);

/* packages.c */
enum { UNZIPPED_BYTES = 262144000 }; /* the most, of a function and its layers together, as AWS has it */
struct package {
    str sha256; /* in hexadecimal */
    int64_t size, unpacked_size;
};
/* On a worker, check an uploaded package for lambda_package_check() of the same call. */
void lambda_package_prepare(const struct call *call, str zip);
/* Check the package, and describe it.  False: fail() has been called. */
bool lambda_package_check(const struct call *call, str zip, struct package *package);
/*
 * Store a package that lambda_package_check() has accepted.  PARKED: some of it is written, and the call runs
 * again to write more; the row that owns it must be written after DONE.
 */
enum outcome lambda_package_store(const struct call *call, str zip, str sha256);
/* Its size in bytes; -1 when nobody owns it: no function, no layer's version, no function with that layer. */
int64_t lambda_package_size(const struct call *call, str sha256);
/* Read from that position to the end of the piece.  False: the package is missing. */
bool lambda_package_read_piece(const struct call *call, str sha256, int64_t from, str *piece);
/* False: nobody owns it, or it is missing. */
bool lambda_package_read(const struct call *call, str sha256, str *zip);
/* Remove packages that nobody owns: after a reset, or at a start. */
void lambda_packages_forget(const struct call *call);
/* An owner or a sandbox does not name it any more: remove it unless another one does. */
void lambda_package_release(const struct call *call, str sha256);
str lambda_package_digest(struct arena *arena, str zip);
/* Fail in AWS's words, or in ours for trouble with the disk (errno).  False: fail() has been called. */
bool lambda_unzip_check_result(const struct call *call, enum unzip_result result);

/* unpacked.c */
/*
 * Make sure that the folder of that name exists, with these packages unpacked one over the other, and has
 * their digests.  It may take long.  False: fail() has been called.
 */
bool lambda_unpacked_verify(const struct call *call, str name, const struct str_list *packages);
/* The path of the folder's code.  Absent for the empty name, and on trouble. */
str lambda_unpacked_folder(const struct call *call, str name);
/* A version or a sandbox does not name that folder any more: set it aside unless another one does. */
void lambda_unpacked_release(const struct call *call, str name);
/* The names of the extensions in that folder of layers. */
struct str_list lambda_unpacked_extensions(const struct call *call, str name);
/* At a start: existing folders are not trusted. */
void lambda_unpacked_forget(const struct call *call);

/* hot_reload.c */
/* Is the code of a version a folder of this machine, not a package? */
bool lambda_code_is_hot(str package);
/* Let that folder be the function's code.  False: it may not be, and fail() has been called. */
bool lambda_hot_code_set(const struct call *call, str folder, struct function *function);
/* May a sandbox have that folder now?  Absent, with the folder's fingerprint, or the reason why not. */
str lambda_hot_code_verify(const struct call *call, str package, str *fingerprint);
/* A sandbox starts with the folder as it is by that fingerprint. */
void lambda_hot_code_launched(const struct call *call, struct function *function,
                              const struct lambda_get_sandbox_row *sandbox, str fingerprint);
/* On a worker, read the folder for lambda_hot_code_review() of the same call. */
void lambda_hot_code_prepare(const struct call *call, str package);
enum hot_review {
    HOT_CURRENT,  /* the sandbox may take the next invocation, if there is one */
    HOT_UNKNOWN,  /* a worker must read the folder: move_to_worker() */
    HOT_OUTDATED, /* the sandbox ends, and another one has the code as it is now */
};
/* Is the code of a sandbox that asks for work still what is in the folder? */
enum hot_review lambda_hot_code_review(const struct call *call, struct function *function,
                                       const struct lambda_get_sandbox_row *sandbox);

/* layers.c */
struct layer_version {
    struct lambda_layer_version_row row;
    str arn;
};
/* The version of that ARN.  False: it does not exist. */
bool lambda_layer_version_find(const struct call *call, str arn, struct layer_version *version);

/* code_signing.c */
/*
 * May a function of the account have this config?  An absent or empty ARN is good.  False: the account has no
 * such config, and fail() has been called.
 */
bool lambda_code_signing_check(const struct call *call, str account, str arn);

/* layer_sets.c */
/* The layers of a version of a function, in their order: those of its set. */
struct lambda_layer_set_rows lambda_layer_set(const struct call *call, str id);
struct str_list lambda_layer_packages(const struct call *call, const struct lambda_layer_set_rows *layers);
/*
 * Find the layers that a request names, in its order, and name their set in the function's row.  False:
 * fail() has been called.
 */
bool lambda_layers_find(const struct call *call, const struct str_list *arns, struct function *function,
                        struct lambda_layer_set_rows *layers);
/* Are the function's code and these layers small enough together?  False: fail() has been called. */
bool lambda_function_size_check(const struct call *call, const struct function *function,
                                const struct lambda_layer_set_rows *layers);
void lambda_layer_set_store(const struct call *call, str id, const struct lambda_layer_set_rows *layers);
/* A version of a function does not name that set any more: remove it unless another one does. */
void lambda_layer_set_release(const struct call *call, str id);

/* download.c */
enum outcome lambda_package_download(const struct call *call, const struct visit *visit,
                                     struct http_reply *reply);
/* A URL of the package, which expires. */
str lambda_package_url(const struct call *call, str sha256);

/* page.c */
/* The page of a list's marker, with at most `most` items.  False: fail() has been called. */
bool lambda_page_open(const struct call *call, str marker, const int64_t *max_items, int64_t most,
                      struct page *page);

/* permissions.c */
struct json_writer;
/* Write the member Principal: a service's host name, an account, an ARN, or "*". */
void lambda_policy_principal(const struct call *call, struct json_writer *writer, str principal);
/* *policy is the old one, or none, with the statement of that id.  False: fail() has been called. */
bool lambda_policy_add(const struct call *call, str old, str sid, str statement, str *policy);
/* *policy is the old one without that statement; absent without any.  False: fail() has been called. */
bool lambda_policy_remove(const struct call *call, str old, str sid, str *policy);

/* tags.c */
/* False, after fail(): too many tags, or AWS's own. */
bool lambda_resource_tags_put(const struct call *call, str resource, const struct str_map *tags);

/* runtimes.c */
enum { MOST_RUNTIMES = 64 };
struct runtime {
    const char *name;    /* "python3.11" */
    const char *family;  /* "python", "nodejs", "java", "ruby", or "provided" */
    const char *version; /* of AWS's interpreter; NULL for provided */
};
/* The runtime of that name, or NULL. */
const struct runtime *lambda_runtime_find(str name);
/* May a function have the runtime of that name?  False: fail() has been called, in AWS's words. */
bool lambda_runtime_check(const struct call *call, str name);
/* Its place among all runtimes, below MOST_RUNTIMES. */
size_t lambda_runtime_number(const struct runtime *runtime);

/* interpreters.c */
enum { INTERPRETER_FOLDERS = 3 };
struct interpreter {
    const char *path; /* NULL: it is not installed */
    const char *version;
    const char *folders[INTERPRETER_FOLDERS]; /* the machine's folders that it needs; or NULL */
    const char *library; /* of AWS's client: Ruby's folder, Java's archive; "" for none */
};
/* Look for the runtime's interpreter, unless it has been found.  It may run the interpreter, which takes
 * long.
 */
void lambda_runtime_look(const struct runtime *runtime);
/* The interpreter that was found; NULL for none, and for provided runtimes. */
const struct interpreter *lambda_runtime_interpreter(const struct runtime *runtime);
/* Is there a program with the interpreter's name, and what it needs?  Does not run it. */
bool lambda_runtime_is_installed(const struct runtime *runtime);
/* The sentence for a runtime without an interpreter. */
str lambda_runtime_problem(const struct call *call, const struct runtime *runtime);
/* Find the program on the server's PATH; false if it is not there. */
bool lambda_program_find(const char *program, char path[static PATH_MAX]);

/* java.c, jdks.c */
struct sandbox_start_input;
struct jdk {
    int version;    /* 17; 0: none */
    char build[64]; /* "17.0.15+6" */
    char home[PATH_MAX];
};
/* The installation of the version, or of the next newer one, and *newest of all.  False: all are too old. */
bool lambda_jdk_find(int version, struct jdk *best, struct jdk *newest);
/* Add the command that runs a function in Java. */
void lambda_java_command(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox, const struct interpreter *interpreter,
                         struct sandbox_start_input *in);

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

/* management.c */
/* The words of a reply to the creation, or to a change, of a version, which is complete when the reply is
 * sent. */
void lambda_configuration_creating(const struct call *call, struct lambda_function_configuration *out);
void lambda_configuration_updating(const struct call *call, struct lambda_function_configuration *out);
str lambda_runtime_version_arn(const struct call *call, const struct function *function);
/* "python:3.11.v1"; version: of the interpreter, or NULL. */
str lambda_runtime_version_text(const struct call *call, const struct runtime *runtime, const char *version);

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
 * May a function take that much of the account's unreserved concurrency, and give some back?  False: fail()
 * has been called.  what: as AWS's sentence names it.
 */
bool lambda_unreserved_check(const struct call *call, const char *what, int64_t taken, int64_t given_back);

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
/* The invocation has its result. */
void lambda_phase_answered(const struct call *call, str sandbox_id);
/* The function's program reports that it cannot begin. */
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

/* invocations.c */
/* The name that the caller of a synchronous invocation parks for. */
str lambda_invocation_answer(const struct call *call, str request_id);
/* The result of an invocation: error is "Unhandled" and payload its report, or error is absent. */
struct result {
    str error, payload;
    str status; /* for the log, of a runtime that failed: "timeout", "error"; or absent */
    str error_type;
    bool goes_on; /* extensions still work: the invocation's END and REPORT, and its duration, come later */
};
struct result lambda_result_error(const struct call *call, const char *type, str message);
/* Queue an invocation, and return its id; the params name the function and one of its versions. */
int64_t lambda_invocation_add(const struct call *call, struct lambda_add_invocation_params params);
/*
 * Give the version's oldest queued invocation to a sandbox, with its whole payload; false: nothing is
 * queued.  A synchronous caller holds its large payload itself: when it has gone, its invocation is removed.
 * read: what a worker has read, or NULL.
 */
struct read_event;
bool lambda_invocation_take(const struct call *call, const struct lambda_take_invocation_params *params,
                            const struct read_event *read, struct lambda_take_invocation_row *invocation);
/* The columns of an asynchronous invocation's row, as its whole payload. */
str lambda_invocation_payload(const struct call *call, int64_t id, str payload, bool is_apart);
void lambda_invocation_remove(const struct call *call, int64_t id);
bool lambda_invocation_of_sandbox(const struct call *call, str sandbox_id,
                                  struct lambda_find_invocation_row *invocation);
/* The version's oldest queued invocation. */
bool lambda_invocation_next(const struct call *call, const struct function *function,
                            struct lambda_find_invocation_row *invocation);

/* large_events.c: events that are not in the row of their invocation */
struct stored_event {
    int64_t id;
    str request_id;
    str payload;
    bool is_apart;
    const int64_t *batch_id, *lane_id; /* or NULL */
};
str lambda_stored_event(const struct call *call, const struct stored_event *stored);
/*
 * What a worker has read: an invocation's event; of a durable execution's run its state, as of that sequence.
 */
struct read_event {
    int64_t invocation_id, sequence;
    str text;
};
/* Is the next event of the version large, and not the one that a worker has read (or NULL)?  If so, move. */
bool lambda_event_is_unread(const struct call *call, const struct function *function,
                            const struct read_event *read);
/* On a worker: leave the next event of the version, if it is large. */
void lambda_event_prepare(const struct call *call, const struct function *function);

/* answers.c: what functions answer, as JSON */
bool lambda_answer_is_large(str payload);
/* On a worker, read the answer of the Runtime API's call; failures: also those that it reports of a batch. */
void lambda_answer_prepare(const struct call *call, str payload, bool failures);
/* NULL: it is not JSON. */
const struct json *lambda_answer_json(const struct call *call, str payload);
/* The ids that a function reports as failed, sorted.  False: its answer is malformed. */
bool lambda_event_failures(const struct call *call, str answer, struct str_list *ids);

/* invoke.c */
/*
 * The invocation has ended: log it, answer its caller, retry or remove it.  sandbox is NULL when it never had
 * one.
 */
void lambda_invocation_finish(const struct call *call, const struct function *function,
                              const struct lambda_get_sandbox_row *sandbox,
                              const struct lambda_find_invocation_row *invocation,
                              const struct result *result);

/* An invocation has taken that long. */
void lambda_duration_count(const struct call *call, const struct function *function, int64_t ms);

/* The hash of a request's payload; the worker that has read a large one has computed it. */
str lambda_payload_hash(const struct call *call, str payload);
/* Is the payload of a client's request JSON, and not too large?  False: fail() has been called. */
bool lambda_payload_check(const struct call *call, str payload, bool asynchronous);
/* Add a synchronous invocation, and wait for its answer.  FAILED: it is refused. */
enum outcome lambda_invocation_begin(const struct call *call, const struct lambda_invocation_request *in,
                                     const struct function *function, bool streams);
/* Wait for its answer, and meanwhile show its event. */
enum outcome lambda_invocation_wait(const struct call *call, const struct lambda_invocation_request *in);

/* Answer the caller of a synchronous invocation; a large answer stays in memory, because no caller waits for
 * it after a restart. */
void lambda_invocation_answer_caller(const struct call *call,
                                     const struct lambda_find_invocation_row *invocation,
                                     const struct result *result, str tail);

/* durable_start.c */
bool lambda_function_is_durable(const struct function *function);
/* May the request invoke the function, as a durable one or not?  False: fail() has been called. */
bool lambda_durable_check(const struct call *call, const struct function *function,
                          const struct lambda_invocation_request *in, bool streams);
/* The request names an execution that has ended: answer with its result.  False: it does not. */
bool lambda_durable_answered(const struct call *call, const struct function *function,
                             const struct lambda_invocation_request *in, str payload,
                             struct lambda_invocation_response *out);
/*
 * Start the execution of that name, or find it (any: absent); the invocation waits for its end, if it runs.
 * False: it has another payload, and fail() has been called.
 */
bool lambda_durable_invoke(const struct call *call, const struct function *function, str name,
                           struct lambda_add_invocation_params *start);
/* The ARN of that execution, or absent (NULL). */
str lambda_durable_arn(const struct call *call, const int64_t *execution_id);

/* durable_run.c */
/* The event of a run that begins now; absent: the execution has ended. */
str lambda_run_event(const struct call *call, int64_t execution_id, const struct read_event *read);
/* The largest part of the event, for a worker; absent: the execution has ended. */
str lambda_run_state(const struct call *call, int64_t execution_id, int64_t *sequence);
bool lambda_run_state_is_current(const struct call *call, int64_t execution_id, int64_t sequence);
void lambda_run_end(const struct call *call, const struct lambda_find_invocation_row *invocation,
                    const struct result *result);

/* durable_chained.c */
/* A function that an execution has invoked has ended; or will never run, because it is deleted. */
void lambda_chained_invocation_end(const struct call *call,
                                   const struct lambda_find_invocation_row *invocation,
                                   const struct result *result);
void lambda_chained_invocation_lost(const struct call *call, int64_t execution_id, str operation_id);

/* durable_end.c */
/* The function is deleted, or one of its versions: so are its executions. */
void lambda_executions_drop(const struct call *call, int64_t function_id, const int64_t *version_id);

/* response_stream.c */
/*
 * Give a piece of the answer to the caller, who takes it as a stream.  PARKED: the call runs again when the
 * piece was taken; DONE: it was, or the caller left.
 */
enum outcome lambda_stream_pass(const struct call *call, const struct lambda_find_invocation_row *invocation,
                                uint64_t before, str bytes);
/* Is that more than a streamed answer may have? */
bool lambda_stream_is_full(uint64_t bytes);
struct result lambda_stream_overflow(const struct call *call);
/* The invocation has ended; a payload that is still to be sent was not streamed. */
void lambda_stream_end(const struct call *call, const struct lambda_find_invocation_row *invocation,
                       const struct result *result, str tail);

/* For the caller's call: the next piece.  False: nothing new was handed over. */
bool lambda_stream_next(const struct call *call, str *piece);
/* So many bytes more have been taken. */
void lambda_stream_keep(const struct call *call, size_t size);
/* Wait for the next piece, or for the end; it lets the function go on. */
enum outcome lambda_stream_wait(const struct call *call);
/* The caller has gone: what the function still answers is dropped. */
enum outcome lambda_stream_leave(const struct call *call, const struct lambda_find_by_request_row *row);

/* urls.c */
#define LAMBDA_URL_PATH "/_orderly/lambda-url/"
/* NULL: it has none. */
const struct lambda_cors *lambda_url_cors(const struct call *call, const struct lambda_url_row *row);

/* url_requests.c */
struct http_request;
struct json;
/* A request to a function URL. */
struct url_request {
    struct lambda_url_row row;
    struct function function;
    const struct lambda_cors *cors; /* NULL: the URL has none */
    str domain, path;               /* as the event tells them */
    struct {
        str access_key_id, service, region;
    } signature; /* of a request to a URL that asks for one; if it was not good the call has no caller */
};
enum outcome lambda_url_answer(const struct call *call, const struct visit *visit, struct http_reply *reply);
/* Does the URL ask for a signature? */
bool lambda_url_is_signed(const struct url_request *url);

/* url_event.c */
str lambda_url_event(const struct call *call, const struct url_request *url,
                     const struct http_request *request);

/* url_reply.c */
/* The reply that the answer describes.  False: it is malformed. */
bool lambda_url_reply(const struct call *call, str payload, struct http_reply *reply);
/* Its status, headers and cookies only; the reply keeps its status when the answer has none. */
bool lambda_url_head(const struct call *call, const struct json *answer, struct http_reply *reply);

/* destinations.c */
struct metric;
enum destination_kind { DESTINATION_QUEUE, DESTINATION_TOPIC, DESTINATION_FUNCTION };
/* What is sent on for a function, under its role. */
struct letter {
    const struct function *function;
    str target_arn, body;
    str request_id, trace_id;    /* of the invocation that it is about; either may be absent */
    str lineage;                 /* of that invocation's event */
    str error_message;           /* present: the attributes of a dead letter are sent, too */
    const struct metric *losses; /* counts letters that were lost */
};
struct destination {
    enum destination_kind kind;
    const char *service; /* in ARNs */
    const char *action;  /* "SendMessage", that the role needs */
    const char *title;   /* "SQS" */
    int64_t most_bytes;  /* of a letter */
    enum outcome (*send)(const struct call *call, const struct principal *role, const struct letter *letter,
                         struct failure *failure);
};
/* The kind of that ARN's resource; NULL: nothing can be sent there. */
const struct destination *lambda_destination_of(str target_arn);
bool lambda_destination_exists(const struct call *call, str target_arn);
/* May the function's role send there? */
bool lambda_destination_allows(const struct call *call, const struct function *function,
                               const struct destination *kind, str target_arn);
/* False: the letter is lost, which has been counted and logged. */
bool lambda_letter_send(const struct call *call, const struct letter *letter);

/* event_config.c */
/* May the function's role send there?  Nowhere (empty) is fine.  False: fail() has been called. */
bool lambda_destination_check(const struct call *call, const struct function *function, str destination);
/* The qualifier by which an invocation named the function: "$LATEST" if it named none. */
str lambda_event_qualifier(str function_arn);
/* The config of invocations that name the function so.  False: it has no such config. */
bool lambda_event_config_find(const struct call *call, const struct function *function, str function_arn,
                              struct lambda_event_config_row *config);

/* records.c */
/* How an asynchronous invocation has ended. */
struct event_end {
    bool is_success;
    const char *condition; /* "Success", "RetriesExhausted", "EventAgeExceeded" */
    int64_t attempts;
    str error, payload; /* of the last attempt, as in struct result */
    bool is_cut;        /* the payload was too large to be kept */
};
/* Send the invocation's record to the destination of its event invoke config, if there is one. */
void lambda_record_send(const struct call *call, const struct function *function,
                        const struct lambda_get_event_row *event, const struct event_end *end);

/* dead_letters.c */
/* Send the event of a failed invocation to the function's dead-letter target, if it has one. */
void lambda_dead_letter_send(const struct call *call, const struct function *function,
                             const struct lambda_get_event_row *event);
/*
 * Is the target a queue or a topic of the function's region that its role may send to?  It need not exist.
 * False: fail() has been called.
 */
bool lambda_dead_letter_check(const struct call *call, const struct function *function);

/* deletion.c */
/* An alias or a version is deleted: its URL, event invoke config and provisioned concurrency go, too. */
void lambda_qualifier_forget(const struct call *call, int64_t function_id, str qualifier);

/* recursion.c */
/* The lineage in a trace's header, or absent. */
str lambda_lineage_of_header(struct arena *arena, str header);
/* Of two events that come in one batch; either may be absent. */
str lambda_lineage_join(struct arena *arena, str one, str other);
/* With one more invocation of the function. */
str lambda_lineage_next(struct arena *arena, const struct function *function, str text);
/* The header of a trace for what leaves an invocation of the function whose event has that lineage. */
str lambda_trace_header(struct arena *arena, const struct function *function, str trace_id, str text);
/* Is the function not to be invoked for an event of that lineage? */
bool lambda_loop_is_over(const struct call *call, const struct function *function, str text);
/* Count an invocation that was dropped; at_once: although the call fails. */
void lambda_loop_count(const struct call *call, const struct function *function, bool at_once);
/* For the call's own event.  False: fail() has been called. */
bool lambda_loop_check(const struct call *call, const struct function *function);

/* retries.c */
/* The event of that row must not be run, because it is in a loop. */
void lambda_event_break(const struct call *call, const struct function *function, int64_t invocation_id);
/* An attempt at an asynchronous invocation has ended: it is tried again later, or forgotten. */
void lambda_event_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result);
/* The execution that an asynchronous invocation has started has ended: a failed one becomes a dead letter. */
void lambda_event_conclude(const struct call *call, const struct function *function, int64_t invocation_id,
                           const struct result *result, str payload);
/* A queued invocation has become older than its function's config allows: it is given up, not run. */
bool lambda_event_expire(const struct call *call, int64_t invocation_id);
/*
 * The version's function has no concurrency at all: its queued asynchronous invocations are given up.  False:
 * the slice is over, and there are more.
 */
bool lambda_events_drop(const struct call *call, int64_t version_id);
/* The function is deleted: what of it waits for another attempt is not attempted. */
void lambda_retries_drop(const struct call *call, int64_t function_id);
/* "Runtime.ExitError: RequestId: … Error: …" */
str lambda_failure_text(const struct call *call, const struct result *result);

/* platform_events.c: absent texts are events below the function's level */
bool lambda_log_is_json(const struct function *function);
str lambda_event_init_start(const struct call *call, const struct function *function, str runtime_version,
                            str runtime_version_arn);
str lambda_event_init_done(const struct call *call, const struct function *function,
                           const struct result *result);
str lambda_event_init_report(const struct call *call, const struct function *function, int64_t init_ms,
                             const struct result *result);
str lambda_event_start(const struct call *call, const struct function *function,
                       const struct lambda_find_invocation_row *invocation);
/* What the log tells of an invocation that has ended. */
struct invocation_report {
    str request_id;
    const struct result *result;
    int64_t duration_ms, billed_ms, memory_bytes;
    const int64_t *init_ms; /* NULL: the sandbox was warm */
};
str lambda_event_runtime_done(const struct call *call, const struct function *function,
                              const struct invocation_report *report);
str lambda_event_report(const struct call *call, const struct function *function,
                        const struct invocation_report *report);
str lambda_event_over(const struct call *call, const struct function *function, str request_id);
str lambda_event_extension(const struct call *call, const struct function *function,
                           const struct lambda_extension_row *extension);
str lambda_event_subscription(const struct call *call, const struct function *function,
                              const struct telemetry_subscription *subscription);
/* Is the level of a line of the function's own high enough for its log? */
bool lambda_log_keeps(const struct call *call, const struct function *function, str line);

struct logs_input_log_events;
/* logs.c */
/* Note the beginning, and the end, of a sandbox's initialization. */
void lambda_log_init_start(const struct call *call, const struct function *function, str sandbox_id);
void lambda_log_init_end(const struct call *call, const struct function *function, str sandbox_id,
                         int64_t init_ms);
/* The event of the beginning, for a log in JSON. */
str lambda_log_init_event(const struct call *call, const struct function *function);
/* Note how an extension began, and its subscription to telemetry. */
void lambda_log_extension(const struct call *call, const struct function *function, str sandbox_id,
                          const struct lambda_extension_row *extension);
void lambda_log_subscription(const struct call *call, const struct function *function, str sandbox_id,
                             const struct telemetry_subscription *subscription);
/* Add a line of our own, which is held back until the next flush. */
void lambda_log_keep(const struct call *call, str sandbox_id, int64_t timestamp_ms, str text);
/* Add the sandbox's output. */
void lambda_log_output(const struct call *call, const struct function *function,
                       struct lambda_get_sandbox_row *sandbox, const struct sandbox_output_line_list *lines);
/* Write the lines held back into the function's log stream.  invocation: the current one, or NULL. */
void lambda_log_flush(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox,
                      const struct lambda_find_invocation_row *invocation);
/*
 * Write END and REPORT; returns the tail for a caller that asked for it, or absent.  Adds to *output what the
 * function has printed; of a batch's invocation, also the last part of what is written already.
 */
str lambda_log_end(const struct call *call, const struct function *function,
                   const struct lambda_get_sandbox_row *sandbox,
                   const struct lambda_find_invocation_row *invocation, const struct result *result,
                   struct logs_input_log_events *output);

/* Write END and REPORT of an invocation that was answered before. */
void lambda_log_report(const struct call *call, const struct function *function,
                       const struct lambda_get_sandbox_row *sandbox, const struct invocation_report *report);

/* telemetry.c: events for extensions; nothing happens in a sandbox without a subscription */
str lambda_telemetry_init_start(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox);
void lambda_telemetry_subscribed(const struct call *call, const struct function *function,
                                 const struct lambda_get_sandbox_row *sandbox,
                                 const struct telemetry_subscription *subscription);
void lambda_telemetry_init_done(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox, const struct result *result);
void lambda_telemetry_extension(const struct call *call, const struct function *function,
                                const struct lambda_get_sandbox_row *sandbox,
                                const struct lambda_extension_row *extension);
void lambda_telemetry_init_report(const struct call *call, const struct function *function,
                                  const struct lambda_get_sandbox_row *sandbox, const struct result *result);
void lambda_telemetry_start(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox, str request_id);
void lambda_telemetry_runtime_done(const struct call *call, const struct function *function,
                                   const struct lambda_get_sandbox_row *sandbox,
                                   const struct lambda_get_phase_row *phase, const struct result *result);
void lambda_telemetry_report(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox,
                             const struct invocation_report *report);
/* The sandbox has failed before the function answered. */
void lambda_telemetry_failed(const struct call *call, const struct function *function,
                             const struct lambda_get_sandbox_row *sandbox,
                             const struct lambda_find_invocation_row *invocation,
                             const struct result *result);

/* hops.c */
/* A message of a batch, in the invocation's row: a line of `receipts` after the queue's ARN. */
struct receipt {
    str message_id, handle, trace_id;
    int64_t attempt; /* the number of its receives */
};
str lambda_receipt_text(const struct call *call, const struct receipt *receipt);
/* Take the next message off *receipts, which begins with the first line.  False: there are no more. */
bool lambda_receipt_next(str *receipts, struct receipt *receipt);
/*
 * Note a hop in the trace of the invocation; for a batch, in the trace of each message.  Returns the id of
 * the first.
 */
int64_t lambda_invocation_hop(const struct call *call, str trace_id, str receipts,
                              const struct trace_hop *hop);
/* The same in the traces of the messages of these lines only. */
int64_t lambda_messages_hop(const struct call *call, str trace_id, str lines, const struct trace_hop *hop);
/*
 * Note a hop in the trace of each message that is delivered again, though the function returned: those that
 * it reported as failed, or all of them (NULL) when its report cannot be understood.  The reason contains the
 * last line that the function printed about the message.
 */
void lambda_retried_hops(const struct call *call, const struct lambda_find_invocation_row *invocation,
                         const struct str_list *failures, const struct logs_input_log_events *output);
/* The same for one message; line: what the function printed about it, or absent. */
void lambda_retried_hop(const struct call *call, const struct receipt *receipt, str queue_arn, str request_id,
                        bool is_reported, str line);

/* lane_records.c */
/*
 * The event of a lane's batch; tail: what it has besides the records.  Absent: it is not under way any more.
 */
str lambda_lane_event(const struct call *call, int64_t lane_id, str request_id, str tail);

/* gathered.c */
/* The event of a batch whose messages were gathered. */
str lambda_gathered_event(const struct call *call, int64_t batch_id);
/* The batch was taken by a sandbox, as the hop of kind HOP_INVOKED tells; returns the hop's id. */
int64_t lambda_gathered_invoked(const struct call *call, const struct function *function,
                                const struct lambda_take_invocation_row *invocation,
                                const struct trace_hop *hop);
/* Its invocation has ended, as the hop of kind HOP_RETURNED tells. */
void lambda_gathered_returned(const struct call *call, int64_t batch_id, const struct trace_hop *hop);
void lambda_gathered_remove(const struct call *call, int64_t batch_id);
/* At a start: what no function has done comes again. */
void lambda_gathered_forget(const struct call *call);

/* event.c */
struct sqs_message;
/* One of the event's Records. */
str lambda_event_record(const struct call *call, const struct sqs_message *message, str queue_arn);
/* The same without its body, which may be large. */
str lambda_event_record_head(const struct call *call, const struct sqs_message *message, str queue_arn);
/* The trace that came with the message, or absent. */
str lambda_event_trace_id(const struct sqs_message *message);
str lambda_event_lineage(const struct call *call, const struct sqs_message *message);
/* Ids in an order by which they are found. */
void lambda_ids_sort(struct str_list *ids);
bool lambda_ids_have(const struct str_list *ids, str id);
/* How many of the sorted ids differ from the one before? */
size_t lambda_ids_distinct(const struct str_list *ids);

/* mappings.c */
/* The name of the function that the mapping invokes, with its qualifier. */
struct function_name lambda_mapping_target(const struct lambda_mapping_row *mapping);
/* The resource of a mapping's id, whether the mapping exists or not. */
void lambda_mapping_locate(const struct call *call, str account, str region, str uuid,
                           struct resource *found);

/* queue_source.c */
str lambda_source_queue_url(const struct call *call, str queue_arn);

/* poller.c */
/* At a start: start the pollers of all enabled mappings. */
void lambda_pollers_resume(const struct call *call);
/* The function has answered or failed a batch. */
void lambda_batch_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result,
                      const struct logs_input_log_events *output);
