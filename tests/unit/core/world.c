/*
 * world.c: the world around the engine under test: identities, effects, the disk.
 */
#include "world.h"
#include "core.h"

#include "base/check.h"
#include "base/limits.h"
#include "world_model.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_EFFECTS = 64, EFFECT_BYTES = 64 };

/* lock_news() protects all of it. */
static struct {
    bool have_access_keys;
    int64_t session_expires_ms;
    char effects[MAX_EFFECTS][EFFECT_BYTES];
    size_t effect_count;
    bool disk_held;
    size_t disk_askers;
    bool disk_is_quick;
    unsigned syncs_of_engine;
    bool paused, goes_on;
} world;

void world_reset(void)
{
    lock_news();
    memset(&world, 0, sizeof world);
    world.session_expires_ms = INT64_MAX;
    unlock_news();
}

/* ---- identities ---- */

void have_access_keys(bool have)
{
    lock_news();
    world.have_access_keys = have;
    unlock_news();
}

void session_expires(int64_t at_ms)
{
    lock_news();
    world.session_expires_ms = at_ms;
    unlock_news();
}

static bool find_credentials(struct txn *txn, struct arena *arena, str access_key_id, int64_t now_ms,
                             struct credentials *credentials)
{
    bool session = str_equal(access_key_id, S("ASIASESSION"));

    (void)txn, (void)arena, (void)now_ms;
    if (!session && !str_equal(access_key_id, S("AKIAALICE")))
        return false;
    lock_news();
    *credentials = (struct credentials){
        .secret = S("secret"),
        .session_token = session ? S("token") : (str){0},
        .expires_ms = session ? world.session_expires_ms : INT64_MAX,
        .principal = {.kind = PRINCIPAL_USER,
                      .name = S("alice"),
                      .id = S("AIDAALICE"),
                      .account = S("000000000000"),
                      .arn = S("arn:aws:iam::000000000000:user/alice")},
    };
    unlock_news();
    return true;
}

static bool object(const struct call *call, const struct question *question, str key,
                   struct objection *objection)
{
    objection->message =
        arena_format(call->arena, "%.*s may not %.*s%s%.*s.", STR_ARGS(call->caller->name),
                     STR_ARGS(question->action), str_empty(key) ? "" : " for ", STR_ARGS(key));
    return false;
}

/* Allows everything, except on "denied", or where a condition key is "denied" or 13. */
static bool answer_question(const struct call *call, const struct question *question,
                            struct objection *objection)
{
    if (str_equal(question->resource_arn, S("denied")))
        return object(call, question, S(""), objection);
    struct context_list context = {0};
    if (question->context->supply)
        question->context->supply(call, question->context->source, &context);
    for (size_t i = 0; i < context.count; i++)
        if (str_equal(context.items[i].value, S("denied")) || str_equal(context.items[i].value, S("13")))
            return object(call, question, context.items[i].key, objection);
    return true;
}

static bool find_role(const struct call *call, str role_arn, str session_name, struct principal *principal)
{
    (void)call, (void)role_arn, (void)session_name, (void)principal;
    return false;
}

static bool has_access_keys(struct txn *txn)
{
    (void)txn;
    lock_news();
    bool have = world.have_access_keys;
    unlock_news();
    return have;
}

static bool is_policy(const struct call *call, str document)
{
    (void)call;
    (void)document;
    return true;
}

static bool bind_policy(const struct call *call, str document, str *bound)
{
    (void)call;
    *bound = document;
    return true;
}

static str show_policy(const struct call *call, str bound)
{
    (void)call;
    return bound;
}

const struct identity_provider world_identity = {
    .find_credentials = find_credentials,
    .authorize = answer_question,
    .find_role = find_role,
    .has_access_keys = has_access_keys,
    .is_resource_policy = is_policy,
    .bind_policy = bind_policy,
    .show_policy = show_policy,
};

/* ---- effects ---- */

static void start_effect(void *context, str payload)
{
    struct arena arena = {0};
    struct world_act_input in = {0};

    (void)context;
    check(world_act_read(&arena, payload, &in));
    lock_news();
    if (world.effect_count < MAX_EFFECTS)
        snprintf(world.effects[world.effect_count++], EFFECT_BYTES, "%.*s %.*s", STR_ARGS(in.id),
                 STR_ARGS(in.text));
    unlock_news();
    arena_free(&arena);
}

const struct effect_runner world_runners[] = {{&WORLD_ACT, start_effect, NULL}, {NULL, NULL, NULL}};

void wait_for_effects(size_t count)
{
    lock_news();
    while (world.effect_count < count)
        wait_for_news();
    unlock_news();
}

size_t effect_count(void)
{
    lock_news();
    size_t count = world.effect_count;
    unlock_news();
    return count;
}

str effect_at(size_t index)
{
    assert_true(index < effect_count());
    return str_of(world.effects[index]);
}

/* ---- the disk ---- */

static bool runs_on(const char *thread)
{
    char name[16];

    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 && strcmp(name, thread) == 0;
}

static void wait_for_disk(void)
{
    lock_news();
    world.disk_askers++;
    unlock_news();
    lock_news();
    while (world.disk_held)
        wait_for_news();
    world.disk_askers--;
    unlock_news();
}

/* Returns whether it takes no time. */
static bool note_sync(void)
{
    lock_news();
    bool quick = world.disk_is_quick;
    world.syncs_of_engine += runs_on("engine");
    unlock_news();
    return quick;
}

/*
 * Commits become durable on the thread "sync"; SQLite's syncs of checkpoints do not count.  The disk is slow:
 * the engine never waits for it itself, so a test may hold it.
 */
int fdatasync(int file)
{
    if (runs_on("sync"))
        wait_for_disk();
    if (note_sync())
        return 0;
    usleep(2 * LIMIT_QUICK_SYNC_US);
    return (int)syscall(SYS_fdatasync, file);
}

void have_quick_disk(void)
{
    lock_news();
    world.disk_is_quick = true;
    unlock_news();
}

unsigned syncs_of_engine(void)
{
    lock_news();
    unsigned count = world.syncs_of_engine;
    unlock_news();
    return count;
}

void hold_disk(bool hold)
{
    lock_news();
    world.disk_held = hold;
    unlock_news();
}

void wait_until_disk_is_asked(void)
{
    lock_news();
    while (!world.disk_held || !world.disk_askers)
        wait_for_news();
    unlock_news();
}

void fill_disk(bool full)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* ---- a pause ---- */

void pause_at_hook(void)
{
    lock_news();
    world.paused = true;
    unlock_news();
    lock_news();
    while (!world.goes_on)
        wait_for_news();
    unlock_news();
}

void wait_until_paused(void)
{
    lock_news();
    while (!world.paused)
        wait_for_news();
    unlock_news();
}

void go_on(void)
{
    lock_news();
    world.goes_on = true;
    unlock_news();
}
