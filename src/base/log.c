/*
 * log.c: which events are written, and how often.
 */
#include "base/log.h"

#include "base/time.h"

#include <stdatomic.h>
#include <stdio.h>

static atomic_int current_level = LOG_INFO;
static atomic_int current_format = LOG_AS_TEXT;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

void log_set_format(enum log_format format)
{
    atomic_store(&current_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

bool log_due(struct log_pace *pace, unsigned *left_out)
{
    enum { INTERVAL_US = 1000000 };
    int64_t now_us = monotonic_us(), next_us = atomic_load(&pace->next_us);

    if (now_us < next_us || !atomic_compare_exchange_strong(&pace->next_us, &next_us, now_us + INTERVAL_US)) {
        atomic_fetch_add(&pace->left_out, 1);
        return false;
    }
    *left_out = atomic_exchange(&pace->left_out, 0);
    return true;
}

/* The line goes out in one piece: lines of several threads do not mix. */
void log_write(enum log_level level, str message, const struct log_field *fields)
{
    struct arena arena = {0};
    const struct log_event event = {wall_clock_ms(), level, message, fields};

    if (!log_enabled(level))
        return;
    str line = log_line(&arena, (enum log_format)atomic_load(&current_format), &event);
    str ended = arena_join(&arena, line, S("\n"));
    fwrite(ended.data, 1, ended.size, stderr);
    arena_free(&arena);
}
