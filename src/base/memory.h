#pragma once

/*
 * memory.h: memory for what must not fail: connections, queues, the engine's own lists.
 *
 * When the system has no more memory, these allocations use up a reserve.  They are small and bounded; the
 * server asks memory_is_short() and refuses new requests until the reserve is whole again.  Memory whose size
 * a client chooses comes from a guarded arena instead (base/arena.h), which may fail.
 */
#include <stdbool.h>
#include <stddef.h>

/* Zeroed.  Never NULL: when the reserve is used up, too, a check fails. */
void *memory_take(size_t size);
/* As realloc(); the added part is not zeroed. */
void *memory_resize(void *memory, size_t size);
/* Is the reserve used up?  Tries to allocate it again first.  Any thread. */
bool memory_is_short(void);
/* Give free memory back to the system; call it after something large was freed. */
void memory_trim(void);
/* Tell malloc() how much freed memory to keep.  Call it before the first allocation. */
void memory_configure(void);
