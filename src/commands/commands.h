#pragma once

/*
 * commands.h: the commands about a server's state: they ask, through /_orderly or AWS's operations, or
 * deploy.
 *
 * argv[0] is the command's name.  Each returns the exit code: 0, 1 for a "no" or a failure, 2 for a wrong
 * command line.
 */
int function_main(int argc, char **argv);
int iam_main(int argc, char **argv);
/* argv[-1] must be the program's name. */
int doctor_main(int argc, char **argv);

/* The end of each command's help. */
#define COMMANDS_FOOTER                                                                                      \
    "Without an endpoint, the command calls Orderly on this machine: http://127.0.0.1:4566.\n"
