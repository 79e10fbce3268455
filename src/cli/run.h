#pragma once

/*
 * run.h: what every command line does around its commands.
 */
#include "base/arena.h"
#include "cli/arguments.h"

/*
 * Parse the words into `values`, see cli_parse(), and run the command.  Returns the program's exit code: that
 * of `run`, or CLI_EXIT_WRONG after wrong words.
 */
int cli_run(const struct cli_table *table, int argc, char **argv, void *values,
            int (*run)(struct arena *arena, const struct cli_words *words, const void *values));
/* Print the sentence as the program's complaint; returns EXIT_FAILURE. */
int cli_complain(struct arena *arena, str sentence);
/* Print a sentence about what goes on, on standard error, at the begin of a line. */
void cli_tell(str sentence);
/* The same for commands that answer with EXIT_FAILURE; returns another code, CLI_EXIT_WRONG. */
int cli_give_up(struct arena *arena, str sentence);
