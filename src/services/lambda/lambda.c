/*
 * lambda.c: the two services, and their start and reset hooks.
 */
#include "lambda.h"

#include "batches.h"
#include "code.h"
#include "lambda_internal.h"
#include "runtime_model.h"
#include "sandboxes.h"
#include "urls.h"

/*
 * After a restart re-queue async invocations; drop sync ones (their callers retry) and batches (their
 * messages reappear), unless they wait for a durable execution.
 */
static void resume_invocations(const struct call *call)
{
    struct function function;

    lambda_remove_orphans(call->txn);
    lambda_remove_orphaned_payloads(call->txn);
    lambda_requeue_all(call->txn);
    struct lambda_list_waiting_versions_rows rows = lambda_list_waiting_versions(call->txn);
    for (size_t i = 0; i < rows.count; i++) {
        if (!lambda_version_get(call, rows.items[i].version_id, &function))
            continue;
        struct call there = lambda_call_of_function(call, &function);
        lambda_function_dispatch(&there, &function);
    }
}

static void start(const struct call *call)
{
    lambda_unpacked_forget(call);
    lambda_sandboxes_forget(call);
    lambda_reset_lanes(call->txn);
    lambda_packages_forget(call);
    resume_invocations(call);
    lambda_gathered_forget(call);
    lambda_forget_matching(call->txn);
    lambda_provisioned_resume(call);
    lambda_pollers_resume(call);
}

static void reset(const struct call *call)
{
    struct lambda_list_all_sandboxes_rows rows = lambda_list_all_sandboxes(call->txn);

    for (size_t i = 0; i < rows.count; i++)
        lambda_sandbox_stop(call, rows.items[i].id);
}

enum {
    URL_FLAGS =
        DOOR_OPEN | DOOR_ON_ENGINE | DOOR_ON_WORKER | DOOR_STREAMS | DOOR_LARGE | DOOR_CALLER | DOOR_PAGES
};

static const struct door doors[] = {
    {.method = "GET",
     .path = "/_lambda/code/*",
     .answer = lambda_package_download,
     .flags = DOOR_OPEN | DOOR_ON_WORKER | DOOR_STREAMS},
    {.host = "*.lambda-url.*",
     .path = "/*",
     .answer = lambda_url_answer,
     .flags = URL_FLAGS,
     .service = &LAMBDA_SERVICE},
    {.path = LAMBDA_URL_PATH "*",
     .answer = lambda_url_answer,
     .flags = URL_FLAGS,
     .service = &LAMBDA_SERVICE},
    {0},
};

const struct module LAMBDA_MODULE = {
    .service = &LAMBDA_SERVICE,
    .usage = "Lambda",
    .schema = &LAMBDA_SCHEMA,
    .start = start,
    .reset = reset,
    .outlives_reset = "lambda_piece",
    .doors = doors,
    .locate_arn = lambda_locate_arn,
    .describe = lambda_describe,
};

const struct module RUNTIME_MODULE = {.service = &RUNTIME_SERVICE};
