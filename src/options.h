#pragma once

/*
 * options.h: the server's flags and environment variables.
 */
#include "base/arena.h"
#include "base/log.h"
#include "engine/engine.h"
#include "store/store.h"

struct names {
    str *items;
    size_t count;
};

struct options {
    struct arena *arena; /* of all the texts */
    str host;
    int port;
    str data; /* the folder of the database and the unpacked functions */
    enum durability durability;
    bool data_is_flag;
    bool in_memory;
    bool strict_auth;
    enum enforcement enforcement;
    bool sqs_waits;
    int64_t table_delay_ms;
    bool enforces_throughput;
    struct names allowed_hosts, allowed_origins;
    struct names hot_reload; /* folders */
    str root_access_key_id, root_secret;
    str region, account;
    str runtimes;
    str sandbox; /* "required", "preferred", "off" */
    bool function_network;
    str smtp;    /* the relay for mails; empty: they go to a folder */
    int threads; /* 0: the server decides */
    enum log_level log_level;
    enum log_format log_format;
    struct trace_keep trace_keep;
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

/* Read the environment, then the flags, which win.  At OPTIONS_BAD *problem says what is wrong. */
enum options_result options_read(struct arena *arena, int argc, char **argv, struct options *options,
                                 str *problem);
void options_print_help(void);
/* Warn of variables that begin with ORDERLY_ and that neither the server nor its tests read. */
void options_warn_of_unknown_variables(struct arena *arena);
