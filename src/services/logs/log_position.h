#pragma once

/*
 * log_position.h: an event's position in the order of time, in AWS's form: the 56 digits of an event id are
 * the number timestamp * 2^144 + (a number that distinguishes the events of one millisecond).
 */
#include "base/arena.h"

struct position {
    int64_t timestamp_ms, id;
};

/* 56 digits. */
str logs_position_text(struct arena *arena, struct position position);
/* False when the text is not such a number. */
bool logs_position_parse(str text, struct position *position);
