/*
 * memory.c: malloc() with a reserve behind it.
 *
 * The reserve is one block that nobody uses.  The first small allocation that fails frees it and tries again.
 */
#include "base/memory.h"

#include "base/check.h"
#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *reserve;
static atomic_bool spent = true; /* true while the reserve is not allocated */

static bool take_reserve(void)
{
    pthread_mutex_lock(&lock);
    if (!reserve)
        reserve = malloc(LIMIT_MEMORY_RESERVE_BYTES);
    bool taken = reserve != NULL;
    atomic_store(&spent, !taken);
    pthread_mutex_unlock(&lock);
    return taken;
}

static void give_up_reserve(void)
{
    pthread_mutex_lock(&lock);
    free(reserve);
    reserve = NULL;
    atomic_store(&spent, true);
    pthread_mutex_unlock(&lock);
}

bool memory_is_short(void)
{
    return atomic_load_explicit(&spent, memory_order_relaxed) && !take_reserve();
}

void *memory_take(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory && size > 0) {
        give_up_reserve();
        memory = calloc(1, size);
        check(memory != NULL);
    }
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    void *larger = realloc(memory, size);

    if (!larger && size > 0) {
        give_up_reserve();
        larger = realloc(memory, size);
        check(larger != NULL);
    }
    return larger;
}

void memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/*
 * Fixed thresholds: glibc would raise its own after the first large block is freed, and keep up to 64 MiB of
 * every thread's heap for ever.
 */
void memory_configure(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LIMIT_MALLOC_MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, LIMIT_MALLOC_KEPT_BYTES);
#endif
    take_reserve();
}
