#pragma once

/*
 * core.h: an engine with the toy service, a client without sockets, and the world around them: permissions,
 * effects, and the disk.
 */
#include "unit.h"
#undef fail /* cmocka's fail(); the engine has its own */

#include "engine/engine.h"
#include "toy.h"

/* ---- the engine ---- */

/* cmocka's setup and teardown: an engine on a new folder. */
int core_setup(void **state);
int core_teardown(void **state);
#define engine_test(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

/* Call it before core_setup(): adds a service besides the toy. */
void core_add_module(const struct module *module);

struct engine *core_engine(void);
/* The options of the next start; core_setup() resets them. */
struct engine_options *core_options(void);
void core_stop(void);  /* engine_stop() */
void core_close(void); /* engine_free() */
void core_start(void); /* starts again, on the same folder */
void core_restart(void);

/* ---- a client ---- */

struct request;

/* How the following requests are signed; at first with "unknown". */
void sign_as(const char *access_key_id, const char *secret, const char *session_token);
void sign_at(int64_t signed_ms); /* 0: now */
void sign_for(const char *service);
/* The source address of the following requests; core_setup() sets 127.0.0.1. */
void come_from(const char *source_ip);

/* Send a request and return at once.  All requests are freed at the end of the test. */
struct request *begin(const char *operation, const char *json, ...) __attribute__((format(printf, 2, 3)));
struct request *begin_json(const char *operation, str json); /* of any size */
/* The same for another service: the operation as X-Amz-Target names it. */
struct request *begin_target(const char *target, str json);
struct request *begin_run(const char *steps);
struct request *begin_http(const char *method, const char *path, const char *body); /* unsigned */
/* With that header, too.  At the port of that sandbox; NULL: at the public port. */
struct request *begin_http_at(const char *sandbox, const char *path, const char *name, const char *value);
struct request *begin_signed_http(const char *method, const char *path, const char *body);
/* As begin(), in the Query protocol. */
struct request *begin_query(const char *action);
/* As begin_query(), with that Authorization header instead of a signature; NULL: without one. */
struct request *begin_with(const char *authorization);
void cancel(struct request *request);
/* For a reply that is sent piece by piece: are there more pieces?  body_of() is the latest piece. */
bool has_more(struct request *request);
void take_more(struct request *request);
/* The client leaves before the last piece: true when its door is told, and the request is answered again. */
bool leave_stream(struct request *request);
enum outcome outcome_of(struct request *request);

bool is_answered(struct request *request);
/* Wait for the reply; returns its status. */
int status_of(struct request *request);
str body_of(struct request *request);
str type_of(struct request *request);
str header_in_reply(struct request *request, const char *name); /* or absent */
/* 1 for the first request that was answered in this test, and so on. */
unsigned place_of(struct request *request);
void free_request(struct request *request);

/* Run the steps and wait for the reply. */
int run(const char *steps);
str get(const char *key); /* absent when the item is missing */
void advance_clock(int64_t by_ms);
/* Wait until every request has run once (and is answered or parked). */
void let_run(void);
/* Wait until Get returns that value. */
void wait_for_item(const char *key, const char *value);

#define assert_run(steps) assert_int_equal(run(steps), 200)
#define assert_item(key, value) assert_text(get(key), value)
#define assert_no_item(key) assert_absent(get(key))

/* ---- the world ---- */

/*
 * "alice" may do everything except on resources that are named "denied"; her key is AKIAALICE.  ASIASESSION
 * is a session of hers.  have_access_keys(true) says that an access key has been created.
 */
void have_access_keys(bool have);
void session_expires(int64_t at_ms);

/* Wait until that many effects have been started; *count is their number then. */
void wait_for_effects(size_t count);
size_t effect_count(void);
str effect_at(size_t index); /* "id payload" */

/* With true, no commit becomes durable, and the function returns when one waits for the disk. */
void hold_disk(bool hold);
void wait_until_disk_is_asked(void);
/* Until the end of the test, syncs take no time: then an idle engine makes them itself, which is counted. */
void have_quick_disk(void);
unsigned syncs_of_engine(void);
/* Let all writes to files fail. */
void fill_disk(bool full);

/* A toy_hook: the engine waits in it, the first time, until the test lets it go on. */
void pause_at_hook(void);
void wait_until_paused(void);
void go_on(void);
