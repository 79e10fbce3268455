/*
 * thread.c: names for threads.
 */
#include "base/thread.h"

#include <pthread.h>

void thread_set_name(const char *name)
{
#ifdef __APPLE__
    pthread_setname_np(name);
#else
    pthread_setname_np(pthread_self(), name);
#endif
}
