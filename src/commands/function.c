/*
 * function.c: `orderly function watch NAME FOLDER`: packs a folder and deploys it at each change, through
 * AWS's own API: so it works with a server on another machine, and with AWS.
 */
#include "commands/commands.h"

#include "base/hash.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/run.h"
#include "client/client.h"
#include "commands/package.h"
#include "commands/watch.h"
#include "lambda_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WATCH = 1, CONFLICT_MS = 1000, MOST_CONFLICTS = 60, ABSENT_MS = 500, AWAY_MS = 2000 };

struct arguments {
    struct config_flags where;
    struct cli_texts excluded;
};

static const struct cli_command COMMANDS[] = {
    {WATCH,
     2,
     "watch",
     {"NAME", "FOLDER"},
     "deploy a folder as a function's code, now and at each change",
     "Packs FOLDER and updates the code of the function NAME (a name or an ARN), which must exist; then\n"
     "waits for changes, and does it again. Ends with Ctrl-C. .git and __pycache__ are left out.\n"},
};

#define AT(member) offsetof(struct arguments, member)

static const struct cli_flag FLAGS[] = {
    {WATCH, CLI_TEXTS, "--exclude", "PATTERN",
     "leave out files and folders with such a name, or path in FOLDER (\"*.test.js\"); may be repeated",
     AT(excluded), 0, 0, 0},
    CONFIG_FLAG_ROWS(AT(where)),
};

static const struct cli_table TABLE = {
    .program = "orderly function",
    .summary = "Functions of Lambda.",
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .flags = FLAGS,
    .flag_count = sizeof FLAGS / sizeof *FLAGS,
    .footer = COMMANDS_FOOTER,
};

struct deployment {
    struct client *client;
    const char *function, *folder;
    struct package_options options;
    struct sha256 last; /* the digest of the package that was deployed last */
    bool has_last;
    bool away; /* the last attempt failed by something that may pass, and that has been told */
};

/* ---- deploying ---- */

/* AWS refuses a change while the last one is not complete. */
static bool update_code(struct deployment *deployment, struct arena *arena, str zip, struct failure *failure)
{
    struct lambda_update_function_code_request in = {.function_name = str_of(deployment->function),
                                                     .zip_file = zip};

    for (int i = 0;; i++) {
        struct lambda_function_configuration out = {0};
        *failure = (struct failure){0};
        if (client_call(deployment->client, arena, &LAMBDA_UPDATE_FUNCTION_CODE, &in, &out, failure))
            return true;
        if (i == MOST_CONFLICTS || !failed_with(failure, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION))
            return false;
        pause_ms(CONFLICT_MS);
    }
}

static void tell(struct arena *arena, const struct deployment *deployment, const struct package *package,
                 int64_t took_us)
{
    printf("%.*s  %s: %.*s %s, %.*s bytes as a package of %.*s, deployed in %.*s\n",
           STR_ARGS(output_time(arena, wall_clock_ms())), deployment->function,
           STR_ARGS(output_count(arena, package->files)), package->files == 1 ? "file" : "files",
           STR_ARGS(output_count(arena, package->unpacked_bytes)),
           STR_ARGS(output_count(arena, (int64_t)package->zip.size)),
           STR_ARGS(output_duration(arena, took_us)));
    fflush(stdout);
}

/* A server that starts again answers with 5xx for a moment, one that forgot all knows no function. */
static bool may_pass(const struct failure *failure)
{
    return failure->error == &UNREACHABLE || failure->error->status >= 500 ||
           failed_with(failure, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION);
}

static void tell_failure(struct deployment *deployment, struct arena *arena, const struct failure *failure,
                         str outside)
{
    bool known = deployment->away;

    deployment->away = deployment->has_last && may_pass(failure);
    if (known && deployment->away)
        return;
    cli_complain(arena, failure_sentence(arena, failure));
    if (str_present(outside))
        cli_complain(arena, arena_concat(arena, S("A link leads out of the folder: "), outside));
    if (deployment->away)
        cli_complain(arena, S("The folder is not deployed: trying it again until it is."));
}

/* Deploy the folder as it is, unless it was deployed like that.  False: that has been told. */
static bool deploy(struct deployment *deployment, struct arena *arena)
{
    int64_t began_us = monotonic_us();
    struct package package;
    struct failure failure;
    str problem;

    if (!package_pack(arena, deployment->folder, &deployment->options, &package, &problem)) {
        cli_complain(arena, problem);
        deployment->away = false;
        return false;
    }
    struct sha256 digest = sha256(package.zip);
    bool same = memcmp(digest.bytes, deployment->last.bytes, sizeof digest.bytes) == 0;
    if (deployment->has_last && same && !deployment->away)
        return true;
    if (!update_code(deployment, arena, package.zip, &failure)) {
        tell_failure(deployment, arena, &failure, package.outside);
        return false;
    }
    deployment->away = false;
    deployment->last = digest;
    deployment->has_last = true;
    tell(arena, deployment, &package, monotonic_us() - began_us);
    return true;
}

/* ---- watching ---- */

/* Tools that build remove their folder and make it again.  -1: the folder cannot be watched. */
static int begin_watch(const struct deployment *deployment, struct arena *arena)
{
    bool told = false;
    int watch;

    while ((watch = watch_begin(deployment->folder, &deployment->options)) < 0 && errno == ENOENT &&
           deployment->has_last) {
        if (!told)
            cli_complain(arena, arena_format(arena, "%s is gone: waiting for it.", deployment->folder));
        told = true;
        pause_ms(ABSENT_MS);
    }
    return watch;
}

/* Never returns unless something is wrong from the beginning, or the folder cannot be watched any more. */
static int watch(struct deployment *deployment)
{
    struct arena arena = {0};

    for (;;) {
        int changes = begin_watch(deployment, &arena);
        if (changes < 0) {
            cli_complain(&arena,
                         arena_format(&arena, "%s cannot be watched: %s.%s", deployment->folder,
                                      strerror(errno),
                                      errno == ENOSPC ? " See /proc/sys/fs/inotify/max_user_watches." : ""));
            break;
        }
        if (!deploy(deployment, &arena) && !deployment->has_last)
            break;
        watch_wait(changes, deployment->away ? AWAY_MS : -1);
        arena_free(&arena);
    }
    arena_free(&arena);
    return EXIT_FAILURE;
}

static int run(struct arena *arena, const struct cli_words *words, const void *values)
{
    const struct arguments *arguments = values;
    struct config config;
    str problem;

    if (!config_read(arena, &arguments->where, &config, &problem))
        return cli_complain(arena, problem);
    struct deployment deployment = {
        .client = client_open(&config, cli_tell),
        .function = words->operands[0],
        .folder = words->operands[1],
        .options = {arguments->excluded.items, arguments->excluded.count},
    };
    int status = watch(&deployment);
    client_close(deployment.client);
    return status;
}

int function_main(int argc, char **argv)
{
    struct arguments arguments = {0};

    return cli_run(&TABLE, argc, argv, &arguments, run);
}
