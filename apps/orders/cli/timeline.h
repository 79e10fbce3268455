#pragma once

/*
 * timeline.h: an order's way for people: a line for each step, with the reason of a failure.
 */
#include "base/arena.h"

struct way;

/* "topic OrderTopic" of an ARN; any other text as it is. */
str timeline_name(struct arena *arena, str text);
/* "No policy of role R allows dynamodb:PutItem on table Orders."  ARNs are named as timeline_name() does. */
str timeline_sentence(struct arena *arena, str reason);
/* "12 ms", "30.0 s" */
str timeline_time(struct arena *arena, int64_t ms);
void timeline_print(struct arena *arena, const struct way *way);
