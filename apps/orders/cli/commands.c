/*
 * commands.c: `orderly orders`: finds the command, and runs it with a client.
 */
#include "orders/cli/commands.h"

#include "orders/cli/orders.h"

#include "cli/output.h"
#include "cli/run.h"

#include <stdlib.h>

static const struct {
    enum command command;
    int (*run)(struct orders *orders);
} RUNS[] = {
    {COMMAND_BURST, orders_burst}, {COMMAND_DEPLOY, orders_deploy}, {COMMAND_DLQ, orders_dlq},
    {COMMAND_LIST, orders_list},   {COMMAND_SHOW, orders_show},     {COMMAND_SUBMIT, orders_submit},
    {COMMAND_WAIT, orders_wait},   {COMMAND_WATCH, orders_watch},
};

static int run(struct orders *orders)
{
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++)
        if (RUNS[i].command == orders->arguments->command)
            return RUNS[i].run(orders);
    return CLI_EXIT_WRONG;
}

static int run_with_client(struct arena *arena, const struct arguments *arguments)
{
    struct config config;
    struct orders orders = {.arena = arena, .config = &config, .arguments = arguments};
    str problem;

    if (!config_read(arena, &arguments->where, &config, &problem)) {
        fprintf(stderr, "orderly: %.*s\n", STR_ARGS(problem));
        return EXIT_FAILURE;
    }
    if (config.assumed)
        fprintf(stderr, "No endpoint and no credentials are set: calling Orderly at %.*s.\n",
                STR_ARGS(config.endpoint));
    orders.client = client_open(&config, cli_tell);
    int status = run(&orders);
    client_close(orders.client);
    return status;
}

int orders_main(int argc, char **argv)
{
    struct arguments arguments;
    struct arena arena = {0};

    output_start();
    enum cli_result result = orders_arguments_parse(argc, argv, &arguments);
    int status = result == CLI_WRONG ? CLI_EXIT_WRONG : EXIT_SUCCESS;
    if (result == CLI_RUN)
        status = run_with_client(&arena, &arguments);
    arena_free(&arena);
    return status;
}
