#include "base/log.h"

#include "base/time.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static atomic_int current_level = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

bool log_level_parse(str word, enum log_level *level)
{
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
        if (str_equal(word, str_of(level_names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
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

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;

    struct arena arena = {0};
    char message[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    str line = str_of(message);
    line = str_head_whole(line, line.size == sizeof message - 1 ? line.size - 1 : line.size);
    fprintf(stderr, "%s %s %.*s\n", time_iso8601_ms(&arena, wall_clock_ms()).data, level_names[level],
            STR_ARGS(line));
    arena_free(&arena);
}
