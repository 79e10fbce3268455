/*
 * hot_reload.c: functions whose code is a folder of this machine, which sandboxes see as it is.
 *
 * A version's `package` is then the folder's path, where others have a digest.  A user who may name a folder
 * can read it through a function, so only the server's own account may, and only folders that the option
 * --hot-reload names, or folders below them; never one with the server's own data.  That is checked for the
 * real path, without links, when code is set and again whenever a sandbox starts; the launcher mounts the
 * folder read-only and follows no link on the way to it.  Links inside it lead nowhere outside, because they
 * are followed among the sandbox's own files.
 *
 * There is no watcher.  A sandbox that is about to take an invocation has a worker compute the folder's
 * fingerprint.  When it differs from the version's, the version gets a new generation: so its sandboxes end,
 * and others start.
 */
#include "code.h"
#include "invocations.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "base/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What a worker has read for a sandbox. */
struct reading {
    str fingerprint;
    int64_t began_ms; /* the engine's time: later invocations may be about later changes */
    bool is_spent;
};

bool lambda_code_is_hot(str package)
{
    return str_starts_with(package, S("/"));
}

/* ---- which folders ---- */

static bool is_within(str path, str folder)
{
    return str_starts_with(path, folder) &&
           (path.size == folder.size || str_ends_with(folder, S("/")) || path.data[folder.size] == '/');
}

static bool is_allowed(str path)
{
    const struct lambda_options *options = lambda_options();

    for (size_t i = 0; i < options->hot_folders.count; i++)
        if (is_within(path, options->hot_folders.items[i]))
            return true;
    return false;
}

/* The server's own files are in the folder, or the folder is among them. */
static bool is_private(str path)
{
    char real[PATH_MAX];

    if (!realpath(lambda_options()->private_folder.data, real))
        return true;
    return is_within(path, str_of(real)) || is_within(str_of(real), path);
}

/* The folder without links, if sandboxes may have it.  Absent: *problem says why they may not. */
static str usable_folder(const struct call *call, str folder, str *problem)
{
    char path[PATH_MAX];

    *problem = (str){0};
    if (!str_starts_with(folder, S("/")) || memchr(folder.data, '\0', folder.size))
        *problem = S("The S3Key of a hot-reload function must be the absolute path of a folder.");
    else if (lambda_options()->hot_folders.count == 0)
        *problem = S("Functions may not have code in folders of the server's machine: start the server with "
                     "--hot-reload FOLDER to allow that below a folder.");
    else if (!realpath(arena_cstr(call->arena, folder), path) || !folder_exists(path))
        *problem = arena_format(call->arena,
                                "The hot-reload folder %.*s is not a folder of the server's "
                                "machine, or the server may not read it.",
                                STR_ARGS(folder));
    else if (!is_allowed(str_of(path)))
        *problem = arena_format(call->arena,
                                "The hot-reload folder %.*s is not below a folder that "
                                "--hot-reload names.",
                                STR_ARGS(folder));
    else if (is_private(str_of(path)))
        *problem = arena_format(call->arena,
                                "The hot-reload folder %.*s contains the server's own data, or "
                                "is among them.",
                                STR_ARGS(folder));
    return str_present(*problem) ? (str){0} : arena_copy(call->arena, str_of(path));
}

bool lambda_hot_code_set(const struct call *call, str folder, struct function *function)
{
    str own = lambda_options()->account, problem;

    if (!str_equal(function->row.account, own) || !str_equal(call->caller->account, own)) {
        fail(call, &LAMBDA_ACCESS_DENIED_EXCEPTION,
             "Only the server's own account, %.*s, may name folders of its machine.", STR_ARGS(own));
        return false;
    }
    str path = usable_folder(call, folder, &problem);
    if (str_present(problem)) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%.*s", STR_ARGS(problem));
        return false;
    }
    function->row.package = path;
    function->row.package_size = function->row.unpacked_size = 0;
    return true;
}

str lambda_hot_code_verify(const struct call *call, str package, str *fingerprint)
{
    struct sha256 digest;
    str problem, path = usable_folder(call, package, &problem);

    *fingerprint = S("");
    if (str_present(problem))
        return problem;
    if (!str_equal(path, package))
        return arena_format(call->arena, "The hot-reload folder %.*s is now a link to another one.",
                            STR_ARGS(package));
    if (!folder_fingerprint(path.data, UNZIP_MOST_ENTRIES, &digest))
        return arena_format(call->arena, "The hot-reload folder %.*s cannot be read: %s.", STR_ARGS(package),
                            errno == E2BIG ? "it has more than 65,536 files" : strerror(errno));
    *fingerprint = hex_encode(call->arena, HASH_STR(digest));
    return (str){0};
}

/* ---- changes ---- */

/* The folder has that fingerprint: if it had another one, the version's sandboxes are outdated. */
static void note(const struct call *call, struct function *function, str fingerprint)
{
    function->row.code_state = fingerprint;
    function->row.generation++;
    lambda_set_code_state(call->txn, &(struct lambda_set_code_state_params){
                                         .version_id = function->row.version_id,
                                         .code_state = fingerprint,
                                         .generation = function->row.generation,
                                     });
    lambda_sandboxes_retire(call, function);
}

void lambda_hot_code_launched(const struct call *call, struct function *function,
                              const struct lambda_get_sandbox_row *sandbox, str fingerprint)
{
    if (str_equal(function->row.code_state, fingerprint))
        return;
    lambda_set_sandbox_generation(call->txn,
                                  &(struct lambda_set_sandbox_generation_params){
                                      .id = sandbox->id, .generation = function->row.generation + 1});
    note(call, function, fingerprint);
}

static struct reading *read_folder(const struct call *call, str package)
{
    struct reading *reading = arena_new(call->arena, struct reading);

    reading->began_ms = call->now_ms;
    lambda_hot_code_verify(call, package, &reading->fingerprint);
    return reading;
}

void lambda_hot_code_prepare(const struct call *call, str package)
{
    leave_prepared(call, read_folder(call, package));
}

enum hot_review lambda_hot_code_review(const struct call *call, struct function *function,
                                       const struct lambda_get_sandbox_row *sandbox)
{
    struct lambda_find_invocation_row next;
    struct reading *reading = prepared(call);
    bool has_work = lambda_invocation_next(call, function, &next);
    bool is_fresh = reading && !reading->is_spent && has_work && next.queued_ms <= reading->began_ms;

    if (reading)
        reading->is_spent = true;
    if (!has_work)
        return HOT_CURRENT; /* it parks */
    if (!is_fresh && may_move_to_worker(call))
        return HOT_UNKNOWN;
    if (!is_fresh)
        reading = read_folder(call, function->row.package);
    if (!str_equal(function->row.code_state, reading->fingerprint))
        note(call, function, reading->fingerprint);
    if (sandbox->generation == function->row.generation)
        return HOT_CURRENT;
    lambda_sandbox_end(call, sandbox->id, S("spindown"));
    lambda_function_dispatch(call, function);
    return HOT_OUTDATED;
}
