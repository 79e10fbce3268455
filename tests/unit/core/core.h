#pragma once

/*
 * core.h: an engine with the toy service, a client without sockets, and the world around them: who may
 * do what, who carries effects out, and the disk.
 */
#include "unit.h"
#undef fail /* cmocka's; the engine has its own */

#include "engine/engine.h"
#include "toy.h"

/* ---- the engine ---- */

/* cmocka's setup and teardown: an engine on a new folder. */
int core_setup(void **state);
int core_teardown(void **state);
#define engine_test(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

/* Before core_setup(): a service besides the toy. */
void core_add_module(const struct module *module);

struct engine *core_engine(void);
/* What the next start takes; core_setup() sets it anew. */
struct engine_options *core_options(void);
void core_stop(void);  /* engine_stop() */
void core_close(void); /* engine_free() */
void core_start(void); /* again, on the same folder */
void core_restart(void);

/* ---- a client ---- */

struct request;

/* How the requests from now on are signed; "unknown" is what they start with. */
void sign_as(const char *access_key_id, const char *secret, const char *session_token);
void sign_at(int64_t signed_ms); /* 0: now */
void sign_for(const char *service);
/* Where they come from; core_setup() says 127.0.0.1. */
void come_from(const char *source_ip);

/* Send it and return at once.  All are freed at the end of the test. */
struct request *begin(const char *operation, const char *json, ...) __attribute__((format(printf, 2, 3)));
struct request *begin_json(const char *operation, str json); /* of any size */
/* Of another service: the operation as X-Amz-Target names it. */
struct request *begin_target(const char *target, str json);
struct request *begin_run(const char *steps);
struct request *begin_http(const char *method, const char *path, const char *body); /* unsigned */
/* With that header, too; sandbox: at the port of that one, NULL: at the public one. */
struct request *begin_http_at(const char *sandbox, const char *path, const char *name, const char *value);
struct request *begin_signed_http(const char *method, const char *path, const char *body);
/* As begin(), as a form: the Query protocol. */
struct request *begin_query(const char *action);
/* As begin_query(), with that header instead of a signature; NULL: with none. */
struct request *begin_with(const char *authorization);
void cancel(struct request *request);
/* Of a reply that is sent piece by piece: body_of() is the piece that came last. */
bool has_more(struct request *request);
void take_more(struct request *request);
/* Its client goes while it has more: true when its door hears of it, and it is answered again. */
bool leave_stream(struct request *request);
enum outcome outcome_of(struct request *request);

bool is_answered(struct request *request);
/* Wait for the answer. */
int status_of(struct request *request);
str body_of(struct request *request);
str type_of(struct request *request);
str header_in_reply(struct request *request, const char *name); /* absent when there is none */
/* 1 when it was the first to be answered in this test, and so on. */
unsigned place_of(struct request *request);
void free_request(struct request *request);

/* And wait for the answer. */
int run(const char *steps);
str get(const char *key); /* absent when there is none */
void advance_clock(int64_t by_ms);
/* Whatever has been begun has now run once (and is answered or parked). */
void let_run(void);
/* Wait until Get answers that. */
void wait_for_item(const char *key, const char *value);

#define assert_run(steps) assert_int_equal(run(steps), 200)
#define assert_item(key, value) assert_text(get(key), value)
#define assert_no_item(key) assert_absent(get(key))

/* ---- the world ---- */

/* "alice" may do everything but with what is named "denied"; her key is AKIAALICE.  ASIASESSION is a session
 * of hers.  An access key has been created when this says so. */
void have_access_keys(bool have);
void session_expires(int64_t at_ms);

/* Wait until that many effects have been started; *count of them is what there is then. */
void wait_for_effects(size_t count);
size_t effect_count(void);
str effect_at(size_t index); /* "id payload" */

/* This process's fdatasync() waits.  Wait until somebody waits in it. */
void hold_disk(bool hold);
void wait_until_disk_is_asked(void);
/* Nothing can be written to any file. */
void fill_disk(bool full);
