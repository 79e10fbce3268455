#pragma once

/*
 * log.h: the structured log on stderr: one line per event, `time level message key=value ...`.
 */
#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
/* "error", "warn", "info" or "debug"; false for any other word. */
bool log_level_parse(str word, enum log_level *level);
bool log_enabled(enum log_level level);

/* printf-style; the caller writes key=value pairs after the message.  No newline. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Limits lines that anybody can cause to one a second. */
struct log_pace {
    _Atomic int64_t next_us;
    _Atomic unsigned left_out;
};
/* Should the line be written now?  *left_out is the number of lines left out since the last one. */
bool log_due(struct log_pace *pace, unsigned *left_out);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) (log_enabled(LOG_DEBUG) ? log_write(LOG_DEBUG, __VA_ARGS__) : (void)0)
