#pragma once

/*
 * thread.h: threads have names, which top -H and profilers show.
 */

/* Name the calling thread; at most fifteen characters. */
void thread_set_name(const char *name);
