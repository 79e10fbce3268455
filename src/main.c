/*
 * main.c: selects the command; for the server, connects the services to the engine, and the engine to the
 * server.
 */
#include "cli/arguments.h"
#include "commands/commands.h"
#include "engine/console.h"
#include "options.h"
#include "orders/cli/commands.h"
#include "server/launcher.h"
#include "server/server.h"
#include "services/dynamodb/dynamodb.h"
#include "services/iam/iam.h"
#include "services/lambda/lambda.h"
#include "services/services.h"
#include "services/sqs/sqs.h"

#include "base/folder.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/streams.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beside the installed binary (share/orderly/runtimes), or in the source tree of the build. */
static str find_runtimes(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path);
    str self = size > 0 ? (str){path, (size_t)size} : S("");
    str folder = str_head(self, (size_t)(str_last_index(self, '/') + 1));
    str installed = arena_format(arena, "%.*s../share/orderly/runtimes", STR_ARGS(folder));

    return folder_exists(installed.data) ? installed : S(ORDERLY_SOURCE "/runtimes");
}

/* The folder for unpacked functions: a temporary one in memory mode.  Absent, with errno set, on trouble. */
static str find_functions(struct arena *arena, const struct options *options)
{
    if (!options->in_memory)
        return arena_format(arena, "%.*s/functions", STR_ARGS(options->data));
    const char *tmp = getenv("TMPDIR");
    str path = arena_format(arena, "%s/orderly-functions-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    return str_of(mkdtemp((char *)(uintptr_t)path.data));
}

/* Beside the functions, whose folder is a temporary one in memory mode. */
static str find_mailbox(struct arena *arena, const struct options *options, str functions)
{
    return options->in_memory ? arena_format(arena, "%.*s/mail", STR_ARGS(functions))
                              : arena_format(arena, "%.*s/mail", STR_ARGS(options->data));
}

static str absolute(struct arena *arena, str path)
{
    char folder[PATH_MAX];

    if (str_starts_with(path, S("/")) || !getcwd(folder, sizeof folder))
        return path;
    return arena_format(arena, "%s/%.*s", folder, STR_ARGS(path));
}

/* The folder's path without ".." and links, as functions see it. */
static str real_folder(struct arena *arena, str path)
{
    char real[PATH_MAX];

    return realpath(arena_cstr(arena, path), real) ? arena_copy(arena, str_of(real)) : absolute(arena, path);
}

static struct str_list real_folders(struct arena *arena, const struct names *names)
{
    struct str_list folders = {0};

    for (size_t i = 0; i < names->count; i++)
        *list_add(arena, &folders) = real_folder(arena, names->items[i]);
    return folders;
}

/* The first folder of the flags that does not exist, or absent. */
static str missing_folder(struct arena *arena, const struct options *options)
{
    if (!str_empty(options->runtimes) && !folder_exists(arena_cstr(arena, options->runtimes)))
        return arena_format(arena, "--runtimes names %.*s, which is not a folder.",
                            STR_ARGS(options->runtimes));
    for (size_t i = 0; i < options->hot_reload.count; i++)
        if (!folder_exists(arena_cstr(arena, options->hot_reload.items[i])))
            return arena_format(arena, "--hot-reload names %.*s, which is not a folder.",
                                STR_ARGS(options->hot_reload.items[i]));
    return (str){0};
}

static int complain(str problem)
{
    fprintf(stderr, "orderly: %.*s\n", STR_ARGS(problem));
    return EXIT_FAILURE;
}

/* Of a wrong command line or variable. */
static int complain_of_words(str problem)
{
    complain(problem);
    return CLI_EXIT_WRONG;
}

static void warn_of_loss(const struct options *options)
{
    if (options->in_memory)
        log_warn("in memory: nothing is kept when the server stops");
    else if (options->durability == DURABILITY_RELAXED)
        log_warn("durability relaxed: a crash may lose what was answered in the last 100 ms");
}

static void warn_of_openness(const struct options *options)
{
    if (options->enforcement == ENFORCEMENT_OFF)
        log_warn("policies are not asked (--iam off): every known key may do everything");
    else if (options->enforcement == ENFORCEMENT_SOFT)
        log_warn("policies do not bind (--iam soft): what they deny is let through, and said here");
}

/*
 * A setting for tests, 0 when absent.  ORDERLY_SLICE_US: how much a run changes when its slice never ends, or
 * has ended at once.  ORDERLY_LONG_READ_MS: a busy machine cuts no page short.
 */
static int64_t test_setting(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoll(text, NULL, 10) : 0;
}

static const struct hop_details *const HOP_DETAILS[] = {&DYNAMODB_HOP_DETAILS, NULL};

static struct engine_options engine_options_of(struct arena *arena, const struct options *options,
                                               struct server *server, str endpoint)
{
    return (struct engine_options){
        .store =
            {
                .folder = arena_cstr(arena, options->data),
                .in_memory = options->in_memory,
                .durability = options->durability,
            },
        .modules = services,
        .identity =
            {
                .find_credentials = iam_find_credentials,
                .authorize = iam_authorize,
                .find_role = iam_find_role,
                .has_access_keys = iam_has_access_keys,
                .note_key_use = iam_note_key_use,
                .is_resource_policy = iam_is_resource_policy,
                .bind_policy = iam_bind_policy,
                .show_policy = iam_show_policy,
            },
        .effect_runners = server_effect_runners(server),
        .hop_details = HOP_DETAILS,
        .server_load = server_tell_load,
        .server_load_context = server,
        .rerun = getenv("ORDERLY_RERUN") != NULL,
        .slice_us = test_setting("ORDERLY_SLICE_US"),
        .long_read_ms = test_setting("ORDERLY_LONG_READ_MS"),
        .origin_rules =
            {
                .hosts = options->allowed_hosts.items,
                .host_count = options->allowed_hosts.count,
                .origins = options->allowed_origins.items,
                .origin_count = options->allowed_origins.count,
            },
        .strict_auth = options->strict_auth,
        .enforcement = options->enforcement,
        .root_access_key_id = options->root_access_key_id,
        .root_secret = options->root_secret,
        .default_region = options->region,
        .default_account = options->account,
        .trace_keep = options->trace_keep,
        .endpoint = endpoint,
        .console = CONSOLE_FILES,
    };
}

static enum sandbox_mode sandbox_mode_of(const struct options *options)
{
    if (str_equal(options->sandbox, S("off")))
        return SANDBOX_OFF;
    return str_equal(options->sandbox, S("required")) ? SANDBOX_REQUIRED : SANDBOX_PREFERRED;
}

static int serve_from(struct arena *arena, struct options *options, str functions)
{
    str error;
    str runtimes =
        real_folder(arena, str_empty(options->runtimes) ? find_runtimes(arena) : options->runtimes);
    struct server *server = server_new(
        &(struct server_options){
            .host = arena_cstr(arena, options->host),
            .port = options->port,
            .thread_count = (unsigned)options->threads,
            .sandbox = sandbox_mode_of(options),
            .function_network = options->function_network,
            .outside = {.smtp = options->smtp,
                        .mailbox = find_mailbox(arena, options, functions),
                        .strict = options->strict_auth},
        },
        arena, &error);
    if (!server)
        return complain(error);

    str endpoint = server_local_url(server, arena);
    sqs_configure(&(struct sqs_options){.waits = options->sqs_waits});
    dynamodb_configure(&(struct dynamodb_options){.table_delay_ms = options->table_delay_ms,
                                                  .enforces_throughput = options->enforces_throughput});
    lambda_configure(&(struct lambda_options){
        .functions_folder = functions,
        .runtimes_folder = runtimes,
        .endpoint = endpoint,
        .account = options->account,
        .private_folder = options->in_memory ? functions : options->data,
        .hot_folders = real_folders(arena, &options->hot_reload),
    });
    struct engine_options engine_options = engine_options_of(arena, options, server, endpoint);
    struct engine *engine = engine_start(&engine_options, arena, &error);
    if (!engine) {
        server_free(server);
        return complain(error);
    }
    warn_of_loss(options);
    warn_of_openness(options);
    bool started = server_start(server, engine, arena, &error);
    if (started)
        server_run(server);
    else
        engine_stop(engine);
    server_free(server);
    engine_free(engine);
    return started ? EXIT_SUCCESS : complain(error);
}

static int serve(struct arena *arena, struct options *options)
{
    str missing = missing_folder(arena, options);
    if (str_present(missing))
        return complain_of_words(missing);
    options->data = absolute(arena, options->data);
    str functions = find_functions(arena, options);
    if (!str_present(functions))
        return complain(arena_format(arena, "a folder for functions cannot be made: %s.", strerror(errno)));
    int status = serve_from(arena, options, functions);
    if (options->in_memory)
        folder_remove(functions.data);
    return status;
}

static int serve_command(int argc, char **argv)
{
    struct arena arena = {0};
    struct options options = {0};
    str problem = {0};
    int status = EXIT_SUCCESS;

    memory_configure();
    switch (options_read(&arena, argc, argv, &options, &problem)) {
    case OPTIONS_HELP:
        options_print_help();
        break;
    case OPTIONS_BAD:
        status = complain_of_words(problem);
        break;
    case OPTIONS_OK:
        log_set_level(options.log_level);
        log_set_format(options.log_format);
        options_warn_of_unknown_variables(&arena);
        status = serve(&arena, &options);
        break;
    }
    arena_free(&arena);
    return status;
}

static int version_command(int argc, char **argv)
{
    (void)argc, (void)argv;
    puts("orderly " ORDERLY_VERSION);
    return EXIT_SUCCESS;
}

static int help_command(int argc, char **argv);

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
    const char *help; /* the word after the name that prints its help; NULL: the general help */
} COMMANDS[] = {
    {"doctor", doctor_main, "--help"},    {"function", function_main, "help"},
    {"help", help_command, NULL},         {"iam", iam_main, "help"},
    {"orders", orders_main, "help"},      {"version", version_command, NULL},
    {"--version", version_command, NULL}, {LAUNCHER_COMMAND, launcher_main, NULL},
};

/* NULL: no command has that name. */
static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(name, COMMANDS[i].name) == 0)
            return &COMMANDS[i];
    return NULL;
}

/* "help orders submit" is "orders help submit". */
static int help_command(int argc, char **argv)
{
    static char help[8];
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;

    if (argc > 1 && !command) {
        fprintf(stderr, "orderly: %s is not a command. See orderly help.\n", argv[1]);
        return CLI_EXIT_WRONG;
    }
    if (!command || !command->help) {
        options_print_help();
        return EXIT_SUCCESS;
    }
    snprintf(help, sizeof help, "%s", command->help);
    argv[0] = argv[1];
    argv[1] = help;
    return command->run(argc, argv);
}

static int run_command(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;

    return command ? command->run(argc - 1, argv + 1) : serve_command(argc, argv);
}

int main(int argc, char **argv)
{
    streams_hold_places();
    /*
     * Nothing here uses local time.  Without TZ, libarchive's mktime() looks at /etc/localtime for each
     * entry.
     */
    setenv("TZ", "UTC", 0);
    int status = run_command(argc, argv);
    if (streams_written() || status != EXIT_SUCCESS)
        return status;
    return complain(S("the output could not be written."));
}
