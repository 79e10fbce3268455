#pragma once

/*
 * metrics_internal.h: how much the server does: the times of its calls, its load, and what services count.
 */
#include "engine/engine_internal.h"
#include "wire/json.h"

/* meter.c: how long calls and batches take.  Any thread. */
enum meter_place { METER_ENGINE, METER_LOOP };
struct meter *meter_new(void);
void meter_free(struct meter *meter);
/* The operation is NULL for an admin path. */
void meter_call(struct engine *engine, const struct operation *operation, enum meter_place place,
                int64_t took_us);
/* A batch had to wait that long before it could begin. */
void meter_batch(struct engine *engine, int64_t waited_us);
void meter_write(struct engine *engine, struct json_writer *writer);

/* load.c: how much the server has to do. */
struct load *load_new(void);
void load_free(struct load *load);
/* A client's request of that module's service has its reply. */
void load_request(struct engine *engine, size_t module, bool failed);
/* Write the members "server" and "services". */
void load_write(struct engine *engine, struct json_writer *writer);

/* metrics.c: the counts of services, see engine/count.h */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
void metrics_forget(struct metrics *metrics);
/* Take the counts of the batch's calls, and store what is due, before the batch is committed. */
void metrics_tend(struct engine *engine);
/* Called when the batch was committed, or when it was not. */
void metrics_committed(struct engine *engine);
void metrics_undone(struct engine *engine);
/* Must another batch run before the server stops? */
bool metrics_are_unstored(const struct engine *engine);
int64_t metrics_next_due_ms(const struct engine *engine);
/* shares.c */
enum { METRIC_SHARES = 16 };
/* The share of this thread; threads have the same one when there are more. */
size_t metric_share_number(void);
struct metric_shares;
struct metric_shares *metric_shares_new(void);
void metric_shares_free(struct metric_shares *shares);
/* When the first count was made that the engine has not taken; INT64_MAX: no count. */
int64_t metric_shares_began_ms(const struct metric_shares *shares);
/* Take a share, which the caller frees; NULL: no more.  *at is 0 at first. */
struct minute;
struct minute *metric_shares_take(struct metric_shares *shares, size_t *at);
void metric_shares_forget(struct metric_shares *shares);
/* Count nothing any more. */
void metric_shares_end(struct metric_shares *shares);
/* A client's request has its reply: call its module's request_ended(). */
void metrics_request_ended(const struct exchange *exchange);
