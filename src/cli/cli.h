#pragma once

/*
 * cli.h: `orderly orders …`, the order notification system from the command line.
 *
 * A client like any other: it speaks AWS's API only, to whatever endpoint it is pointed at.
 */

/* argv[0] is "orders".  Returns the exit code: 0, 1 when something failed, 2 when it was called wrongly. */
int cli_orders(int argc, char **argv);
