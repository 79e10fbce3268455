#pragma once

/*
 * arguments.h: the parsed command line of `orderly orders`: the command, its flags, its operand.
 */
#include "cli/arguments.h"
#include "client/config.h"

enum command {
    COMMAND_DEPLOY = 1,
    COMMAND_SUBMIT = 2,
    COMMAND_LIST = 4,
    COMMAND_SHOW = 8,
    COMMAND_WATCH = 16,
    COMMAND_DLQ = 32,
    COMMAND_BURST = 64,
    COMMAND_WAIT = 128,
};

struct arguments {
    enum command command;
    struct config_flags where;
    const char *operand; /* the order, or the file; may be NULL */
    const char *function, *zip, *raw, *file;
    int64_t parallel, count, limit, wait_seconds, visibility_seconds, dead_letters;
    bool force, json, redrive, purge;
};

/* argv[0] is "orders". */
enum cli_result orders_arguments_parse(int argc, char **argv, struct arguments *arguments);
