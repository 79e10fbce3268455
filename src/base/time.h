#pragma once

/*
 * time.h: the machine's clocks, and the ways AWS writes a moment.
 *
 * A moment is an int64_t of milliseconds since 1970 in UTC.  Only the engine's clock and the server read the
 * machine's clocks; all other code gets now_ms as an argument.
 */
#include "base/arena.h"

enum { MS_PER_S = 1000, US_PER_MS = 1000, US_PER_S = 1000000 };

int64_t wall_clock_ms(void);
int64_t wall_clock_us(void);
int64_t monotonic_us(void);
/* For tests: a wall clock, in microseconds, in place of the machine's; NULL brings the machine's back. */
void wall_clock_replace(int64_t (*now_us)(void));

str time_iso8601(struct arena *arena, int64_t ms);    /* 2026-01-31T12:00:00Z */
str time_iso8601_ms(struct arena *arena, int64_t ms); /* 2026-01-31T12:00:00.123Z */
str time_amz_date(struct arena *arena, int64_t ms);   /* 20260131T120000Z */
str time_http_date(struct arena *arena, int64_t ms);  /* Sat, 31 Jan 2026 12:00:00 GMT */
str time_common_log(struct arena *arena, int64_t ms); /* 31/Jan/2026:12:00:00 +0000 */
str time_path_date(struct arena *arena, int64_t ms);  /* 2026/01/31 */

/* Any ISO 8601 date and time with Z or an offset, fractions allowed; false for any other text. */
bool time_parse_iso8601(str text, int64_t *ms);
bool time_parse_amz_date(str text, int64_t *ms);
bool time_parse_http_date(str text, int64_t *ms);
