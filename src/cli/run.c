/*
 * run.c: see run.h.
 */
#include "cli/run.h"

#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int cli_complain(struct arena *arena, str sentence)
{
    fprintf(stderr, "orderly: %.*s\n", STR_ARGS(output_text(arena, sentence)));
    return EXIT_FAILURE;
}

void cli_tell(str sentence)
{
    if (isatty(STDERR_FILENO) == 1)
        fputs("\r\033[K", stderr); /* over a progress bar */
    fprintf(stderr, "orderly: %.*s\n", STR_ARGS(sentence));
}

int cli_give_up(struct arena *arena, str sentence)
{
    cli_complain(arena, sentence);
    return CLI_EXIT_WRONG;
}

int cli_run(const struct cli_table *table, int argc, char **argv, void *values,
            int (*run)(struct arena *arena, const struct cli_words *words, const void *values))
{
    struct cli_words words;
    struct arena arena = {0};

    output_start();
    enum cli_result result = cli_parse(table, argc, argv, &words, values);
    int status = result == CLI_WRONG ? CLI_EXIT_WRONG : EXIT_SUCCESS;
    if (result == CLI_RUN)
        status = run(&arena, &words, values);
    arena_free(&arena);
    return status;
}
