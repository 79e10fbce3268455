#pragma once

/*
 * changes.h: what changes.c and change_stream.c share: events about what committed calls have changed.
 */
#include "engine/engine_internal.h"
#include "wire/json.h"

/* What streams wait for. */
#define CHANGES_COME S("engine/changes")

/* Who reads events: those of its account, and those of no account. */
struct listener {
    str account;
    bool administrator;
};

/* Somebody listens for the next seconds.  Returns the number of the next event. */
int64_t changes_listen(struct engine *engine);
/* Make events of what is pending, if it is time.  Wakes the streams that wait. */
void changes_tell(const struct call *call);
/* The time for the next events; INT64_MAX: nothing is pending. */
int64_t changes_tell_ms(const struct engine *engine);
/*
 * Append the events from that number on which the listener may read, up to about that many bytes.  Returns
 * the number of the first event that was not looked at.
 */
int64_t changes_read(const struct engine *engine, const struct listener *listener, int64_t from,
                     struct text *piece, size_t most_bytes);
/* How many events from that number on are not there any more. */
int64_t changes_lost(const struct engine *engine, int64_t from);
void changes_write_lost(struct json_writer *writer, int64_t count);
void changes_write_clock(const struct call *call, struct json_writer *writer);
