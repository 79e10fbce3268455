#pragma once

/*
 * commands.h: the commands of `orderly orders`, one file each.
 *
 * To add a command, write it in a file of its own, declare it here, and add a row to the tables of
 * arguments.c and commands.c.
 */
struct orders;

/* argv[0] is "orders".  Returns the exit code: 0, 1 when something failed, 2 for a wrong command line. */
int orders_main(int argc, char **argv);

/* Each returns the exit code. */
int orders_burst(struct orders *orders);
int orders_deploy(struct orders *orders);
int orders_dlq(struct orders *orders);
int orders_list(struct orders *orders);
int orders_show(struct orders *orders);
int orders_submit(struct orders *orders);
int orders_wait(struct orders *orders);
int orders_watch(struct orders *orders);
