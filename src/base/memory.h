#pragma once

/*
 * memory.h: memory for what must not fail: connections, queues, the engine's own lists.
 *
 * When the system has no more, a reserve is given up for these.  They are small and bounded; whoever serves
 * requests asks memory_is_short() and refuses new ones until the reserve is whole again.  Memory whose size
 * a client chooses comes from a guarded arena instead (base/arena.h), which may fail.
 */
#include <stdbool.h>
#include <stddef.h>

/* Zeroed.  Never NULL: a check fails when the reserve is spent, too. */
void *memory_take(size_t size);
/* As realloc(); what is new is not zeroed. */
void *memory_resize(void *memory, size_t size);
/* Is the reserve gone?  Tries to get it back first.  Any thread. */
bool memory_is_short(void);
/* Give what is free back to the system; after something large. */
void memory_trim(void);
/* Before the first allocation: how malloc() shall keep what was freed. */
void memory_configure(void);
