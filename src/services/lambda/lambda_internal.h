#pragma once

/*
 * lambda_internal.h: what the files of Lambda share.
 *
 * A function runs in sandboxes (AWS says execution environments, which the model's shapes are
 * named after).  An invocation is a row: queued, then a sandbox's, then answered.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/time.h"
#include "engine/doors.h"
#include "lambda.h"
#include "lambda_model.h"
#include "lambda_sql.h"
#include "store/store.h"
#include "unzip.h"

/* An answer may be a hundred bytes longer than what is asked, as AWS's own sentences say. */
enum {
    SYNC_PAYLOAD_BYTES = 6291456,
    ASYNC_PAYLOAD_BYTES = 1024 * 1024,
    ANSWER_BYTES = 6291556,
    LARGE_PAYLOAD_BYTES = 4096, /* is kept apart from an invocation's row */
};

/* options.c */
const struct lambda_options *lambda_options(void);

/* A function is its row; its ARN is made from it. */
struct function {
    struct lambda_function_row row;
    str arn;
    str qualifier; /* that the request names it by; absent when there is none */
};

/* names.c */
/* "name", "function:name", "<account>:function:name", a whole ARN; each with or without a qualifier. */
struct function_name {
    str account, region, name;
    str qualifier; /* absent when there is none */
};
/* False when the text is none of them. */
bool lambda_function_name_parse(str text, struct function_name *name);
/* The caller's account and region where the text names none. */
struct function_name lambda_function_name_of(const struct call *call, str text);
/* The same of a request, with its Qualifier: of this region, and not contradicting itself.  False: fail(). */
bool lambda_function_name_open(const struct call *call, str text, str qualifier, struct function_name *name);
str lambda_function_arn(struct arena *arena, const struct function_name *name);
/* Its ARN as the request has it: with the qualifier, if there is one. */
str lambda_function_asked_arn(struct arena *arena, const struct function *function);
bool lambda_function_get(const struct call *call, int64_t id, struct function *function);
bool lambda_function_find(const struct call *call, str account, str region, str name,
                          struct function *function);
/* The function that the request names.  NULL: it is not there, and fail() has been called. */
const struct function *lambda_function_of(const struct call *call);
/* See struct module. */
bool lambda_locate_arn(const struct call *call, str text, struct resource *found);
/* The call in the account and region of the function: what is invoked for it happens there. */
struct call lambda_call_of_function(const struct call *call, const struct function *function);
/* Who the function is to other services: a session of its role.  NULL: Lambda may not assume it. */
const struct principal *lambda_function_role(const struct call *call, const struct function *function);
/* Lambda itself, acting for the function. */
const struct principal *lambda_principal(const struct call *call, const struct function *function);

/* configuration.c */
/* Put what the request says into the row, where it says something.  False: fail() has been called. */
bool lambda_configuration_apply(const struct call *call, const struct lambda_function_settings *in,
                                struct function *function);
/* What may not be asked of a new function; the rest is lambda_configuration_apply()'s.  False: fail(). */
bool lambda_configuration_check_new(const struct call *call, const struct lambda_create_function_request *in);
bool lambda_architectures_check(const struct call *call, const struct str_list *architectures);
int64_t lambda_function_storage_mb(const struct call *call, const struct function *function);
struct lambda_function_configuration *lambda_configuration_of(const struct call *call,
                                                              const struct function *function);
/* May Lambda assume the role?  False: fail() has been called. */
bool lambda_execution_role_check(const struct call *call, const struct function *function);

/* packages.c */
enum { UNZIPPED_BYTES = 262144000 }; /* the most, as AWS has it */
/* Check an uploaded package beside the engine, for lambda_package_check() of the same call. */
void lambda_package_prepare(const struct call *call, str zip);
/* Have the function name it, if it is good.  False: fail() has been called. */
bool lambda_package_check(const struct call *call, str zip, struct function *function);
/*
 * Keep what lambda_package_check() has found good.  PARKED: some of it is written, and the call runs again to
 * write more; what names it must be written after DONE.
 */
enum outcome lambda_package_store(const struct call *call, str zip, const struct function *function);
/* How large it is; -1 when no function names it. */
int64_t lambda_package_size(const struct call *call, str sha256);
/* From that place on, as much as lies together.  False: it is not there. */
bool lambda_package_read_piece(const struct call *call, str sha256, int64_t from, str *piece);
/* False: no function names it, or it is not there. */
bool lambda_package_read(const struct call *call, str sha256, str *zip);
/* Those that no function names go: what a reset has left, or a start finds. */
void lambda_packages_forget(const struct call *call);
/* A function or a sandbox names it no more: it goes unless another does. */
void lambda_package_release(const struct call *call, str sha256);
str lambda_package_digest(struct arena *arena, str zip);
/* In AWS's words, or ours for the disk (errno).  False: fail() has been called. */
bool lambda_unzip_check_result(const struct call *call, enum unzip_result result);

/* unpacked.c */
/*
 * Have the package's folder be there, as its digest says.  It may take long.  False: fail() has been called.
 */
bool lambda_unpacked_verify(const struct call *call, str sha256);
/* Where it is: below it are code/ and node_modules.  Absent on trouble. */
str lambda_unpacked_folder(const struct call *call, str sha256);
/* Nobody names that package. */
void lambda_unpacked_retire(const struct call *call, str sha256);
/* Have what was set aside deleted, when there is any. */
void lambda_unpacked_clear(const struct call *call);
/* At start: what lies there is not trusted. */
void lambda_unpacked_forget(const struct call *call);

/* download.c */
enum outcome lambda_package_download(const struct call *call, const struct visit *visit,
                                     struct http_reply *reply);
/* Where its package can be had, for a while. */
str lambda_package_url(const struct call *call, const struct function *function);

/* tags.c */
/* False: too many, or AWS's own; fail() has been called. */
bool lambda_resource_tags_put(const struct call *call, str resource, const struct str_map *tags);

/* runtimes.c */
struct runtime {
    const char *name;    /* "python3.11" */
    const char *family;  /* "python", "nodejs", or "provided" */
    const char *version; /* of the interpreter that AWS has; NULL for provided */
};
/* NULL when we have none of that name. */
const struct runtime *lambda_runtime_find(str name);
/* All names, as AWS lists an enum's values. */
str lambda_runtime_names(struct arena *arena);
enum { INTERPRETER_FOLDERS = 2 };
struct interpreter {
    const char *path;
    const char *version;
    const char *folders[INTERPRETER_FOLDERS]; /* what it needs of the machine; NULL: none */
};
/* Look for what runs it, unless it has been found.  It asks the interpreter, which takes long. */
void lambda_runtime_look(const struct runtime *runtime);
/* What was found; NULL: nothing, or it is a provided runtime. */
const struct interpreter *lambda_runtime_interpreter(const struct runtime *runtime);
/* Without asking it: is there a program of its name? */
bool lambda_runtime_is_installed(const struct runtime *runtime);
/* Why nothing runs it. */
str lambda_runtime_problem(const struct call *call, const struct runtime *runtime);

/* sandboxes.c: the pool of a function's child processes */
enum { SANDBOXES_PER_FUNCTION = 10 };
/* Queued invocations get a sandbox: an idle one is woken, or one is started. */
void lambda_function_dispatch(const struct call *call, const struct function *function);
/* What idle sandboxes of a function wait for. */
str lambda_function_work(const struct call *call, int64_t function_id);
/* End the sandboxes that are not at work; the busy ones end after it, for their generation is over. */
void lambda_sandboxes_retire(const struct call *call, const struct function *function);
void lambda_sandboxes_kill(const struct call *call, const struct function *function);
/* End it; its row stays until it has ended. */
void lambda_sandbox_stop(const struct call *call, str sandbox_id);
/* Have it looked after at that time at the latest. */
void lambda_sandbox_check_at(const struct call *call, struct lambda_get_sandbox_row *sandbox, int64_t due_ms);
/* It has given its answer: it is idle, or has served long enough. */
void lambda_sandbox_release(const struct call *call, const struct function *function,
                            const struct lambda_get_sandbox_row *sandbox);
/* Set its state, and end it. */
void lambda_sandbox_stop_as(const struct call *call, str sandbox_id, enum lambda_sandbox_state state);
/* Its row goes, and what belongs to it. */
void lambda_sandbox_forget(const struct call *call, const struct lambda_get_sandbox_row *sandbox);
/* When a sandbox that is launched now must have begun and ended its first invocation. */
int64_t lambda_first_deadline_ms(const struct call *call, const struct function *function);
/* At start: nothing of what ran before runs any more. */
void lambda_sandboxes_forget(const struct call *call);

/* launch.c */
/* Have the server start that sandbox, whose code is there, and which is to end at *retire_ms.  False:
 * *problem says why it cannot run.
 */
bool lambda_sandbox_start(const struct call *call, const struct function *function,
                          const struct lambda_get_sandbox_row *sandbox, int64_t *retire_ms, str *problem);

/* invocations.c */
/* What the caller of a synchronous invocation waits for. */
str lambda_invocation_answer(const struct call *call, str request_id);
/* How an invocation ended: error is "Unhandled" and payload its report, or error is absent. */
struct result {
    str error, payload;
    str status; /* of a runtime that failed, for the log: "timeout", "error"; or absent */
    str error_type;
};
struct result lambda_result_error(const struct call *call, const char *type, str message);
/* What sandbox_id is at, or the oldest queued one of the function. */
void lambda_invocation_add(const struct call *call, struct lambda_add_invocation_params params);
str lambda_invocation_payload(const struct call *call, const struct lambda_take_invocation_row *invocation);
void lambda_invocation_remove(const struct call *call, int64_t id);
bool lambda_invocation_of_sandbox(const struct call *call, str sandbox_id,
                                  struct lambda_find_invocation_row *invocation);
bool lambda_invocation_next(const struct call *call, const struct function *function,
                            struct lambda_find_invocation_row *invocation);

/* invoke.c */
/* It has ended: log it, answer whoever waits, retry or forget it.  sandbox may be NULL: it never had one. */
void lambda_invocation_finish(const struct call *call, const struct function *function,
                              const struct lambda_get_sandbox_row *sandbox,
                              const struct lambda_find_invocation_row *invocation,
                              const struct result *result);

/* retries.c */
/* An attempt at an asynchronous invocation has ended: it is tried again later, or forgotten. */
void lambda_event_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result);
/* The function is deleted: what of it waits for another attempt is not attempted. */
void lambda_retries_drop(const struct call *call, int64_t function_id);
/* "Runtime.ExitError: RequestId: … Error: …" */
str lambda_failure_text(const struct call *call, const struct result *result);

struct logs_input_log_events;
/* logs.c */
/* A line of our own, kept back until the next flush. */
void lambda_log_keep(const struct call *call, str sandbox_id, int64_t timestamp_ms, str text);
/* What the sandbox printed. */
void lambda_log_output(const struct call *call, const struct function *function,
                       struct lambda_get_sandbox_row *sandbox, const struct sandbox_output_line_list *lines);
/* Write what is kept back into the function's log stream.  invocation: the one under way, or NULL. */
void lambda_log_flush(const struct call *call, const struct function *function,
                      const struct lambda_get_sandbox_row *sandbox,
                      const struct lambda_find_invocation_row *invocation);
/* END and REPORT; the tail for a caller who wants it, else the absent str. */
str lambda_log_end(const struct call *call, const struct function *function,
                   const struct lambda_get_sandbox_row *sandbox,
                   const struct lambda_find_invocation_row *invocation, const struct result *result,
                   struct logs_input_log_events *output);

/* hops.c */
/* A message of a batch, as the invocation's row keeps it: a line of `receipts` behind the queue's ARN. */
struct receipt {
    str message_id, handle, trace_id;
    int64_t attempt; /* how often it has been received */
};
str lambda_receipt_text(const struct call *call, const struct receipt *receipt);
/* The next of them; *receipts begins with the first line.  False: there are no more. */
bool lambda_receipt_next(str *receipts, struct receipt *receipt);
/*
 * The hop in the trace of the invocation; of a batch in that of each message.  The id of the first.
 */
int64_t lambda_invocation_hop(const struct call *call, str trace_id, str receipts,
                              const struct trace_hop *hop);
/*
 * A hop in the trace of each message of the batch that comes again, though the function returned: of those
 * that it reported as failed, or of all (NULL) when what it reported cannot be understood.  The reason has
 * what the function printed last about the message.
 */
void lambda_retried_hops(const struct call *call, const struct lambda_find_invocation_row *invocation,
                         const struct str_list *failures, const struct logs_input_log_events *output);

/* event.c */
struct sqs_message;
/* One of the event's Records. */
str lambda_event_record(const struct call *call, const struct sqs_message *message, str queue_arn);
/* The trace that the message came with; absent when nothing says. */
str lambda_event_trace_id(const struct sqs_message *message);
/* The ids that a function says it failed at.  False: what it answered makes no sense. */
bool lambda_event_failures(const struct call *call, str answer, struct str_list *ids);

/* mappings.c */
/* The mapping of that id, there or not. */
void lambda_mapping_locate(const struct call *call, str account, str region, str uuid,
                           struct resource *found);

/* poller.c */
str lambda_source_queue_url(const struct call *call, str queue_arn);
/* Poll from now on, as that mapping's row says. */
void lambda_poller_begin(const struct call *call, int64_t mapping_id);
/* The mapping was changed or is about to go. */
void lambda_poller_end(const struct call *call, int64_t mapping_id);
/* At start: nobody polls any more, so all that are enabled begin. */
void lambda_pollers_resume(const struct call *call);
/* A batch came back from its function. */
void lambda_batch_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result,
                      const struct logs_input_log_events *output);
