#pragma once

/*
 * leftovers.h: processes that functions started and that have outlived their server.
 */
#include "base/arena.h"

/* The variable, "NAME=value", that a function's process is started with and hands down; in arena. */
const char *leftovers_mark(struct arena *arena);

/* Kills those of all servers that are gone, and of this one: call it while no function runs. */
void leftovers_kill(void);
