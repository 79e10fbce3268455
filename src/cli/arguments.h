#pragma once

/*
 * arguments.h: the words of a command line with commands: `orderly orders submit FILE --force`.
 *
 * A table names every command and every flag; parsing and help use only the table.  A flag's value is written
 * into the caller's struct, at the flag's offset.  To add a flag, add a member to that struct and a line to
 * its table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLI_OPERANDS = 2, CLI_TEXTS_AT_MOST = 32 };

struct cli_command {
    unsigned bit;  /* a power of two, so that a flag can belong to several commands */
    size_t needed; /* the number of operands that may not be missing: the first ones */
    const char *name, *operands[CLI_OPERANDS]; /* "submit", {"[FILE|-]"}; NULL after the last one */
    const char *summary, *text; /* one line without a full stop; the beginning of the command's own help */
};

/* The values of a flag that may be repeated, in their order. */
struct cli_texts {
    const char *items[CLI_TEXTS_AT_MOST];
    size_t count;
};

enum cli_kind {
    CLI_SWITCH, /* bool */
    CLI_TEXT,   /* const char *, never empty */
    CLI_TEXTS,  /* struct cli_texts: one value each time that the flag is given */
    CLI_NUMBER, /* int64_t */
};

enum { CLI_EVERY_COMMAND = -1 };

struct cli_flag {
    int commands; /* the bits of the commands that have this flag */
    enum cli_kind kind;
    const char *name, *value, *help; /* "--limit", "N" */
    size_t offset;
    int64_t min, max, fallback; /* of a number */
};

struct cli_table {
    const char *program; /* "orderly orders" */
    const char *summary;
    const struct cli_command *commands;
    size_t command_count;
    const struct cli_flag *flags;
    size_t flag_count;
    const char *footer; /* printed below the flags of every command */
};

struct cli_words {
    unsigned command;                   /* its bit */
    const char *operands[CLI_OPERANDS]; /* NULL where one is missing */
};

enum cli_result { CLI_RUN, CLI_HELPED, CLI_WRONG };
/* The exit code of a wrong command line. */
enum { CLI_EXIT_WRONG = 2 };

/*
 * Reads argv[1] and later arguments into `words`, and the flags into the struct at `values`, where it sets
 * the defaults of numbers first.  CLI_HELPED: the help has been printed on stdout.  CLI_WRONG: a sentence on
 * stderr says what is wrong.
 */
enum cli_result cli_parse(const struct cli_table *table, int argc, char **argv, struct cli_words *words,
                          void *values);
