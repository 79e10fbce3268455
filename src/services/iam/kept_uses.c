/*
 * kept_uses.c: what roles and users have used, and what access keys have signed, in the store.
 *
 * A poller stores what uses.c has noted, once a minute, earlier when many identities have uses, and when the
 * server stops: so the requests of a minute cost one write, and a crash loses the uses of a minute at most.
 */
#include "services/iam/iam_internal.h"

#include "base/hash.h"

enum { MINUTE_MS = 60 * 1000 };

#define POLLER S("uses")

/* ---- reading ---- */

static struct iam_uses load(const struct call *call, const struct identity *identity)
{
    struct iam_uses_of_owner_rows rows =
        iam_uses_of_owner(call->txn, &(struct iam_uses_of_owner_params){identity->row.unique_id});
    struct iam_uses uses = {.partial = identity->row.uses_partial};

    for (size_t i = 0; i < rows.count; i++)
        *list_add(call->arena, &uses) = (struct iam_use){
            .action = rows.items[i].action,
            .resource = str_empty(rows.items[i].resource) ? (str){0} : rows.items[i].resource,
            .region = rows.items[i].region,
            .last_ms = rows.items[i].last_ms};
    return uses;
}

struct iam_uses iam_uses_of(const struct call *call, const struct identity *identity)
{
    struct iam_uses uses = load(call, identity);
    struct iam_find_state_row state = {0};

    iam_find_state(call->txn, &state);
    uses.since_ms = state.uses_since_ms ? *state.uses_since_ms : 0;
    iam_uses_noted(call->arena, identity->row.unique_id, &uses);
    return uses;
}

const struct iam_use *iam_last_use(const struct iam_uses *uses)
{
    const struct iam_use *last = NULL;

    for (size_t i = 0; i < uses->count; i++)
        if (!last || uses->items[i].last_ms > last->last_ms)
            last = &uses->items[i];
    return last;
}

/* ---- storing ---- */

static void store_last(const struct call *call, const struct identity *identity, const struct iam_use *last)
{
    if (last && (!identity->row.last_used_ms || *identity->row.last_used_ms < last->last_ms))
        iam_set_last_used(call->txn, &(struct iam_set_last_used_params){.id = identity->row.id,
                                                                        .last_used_ms = &last->last_ms,
                                                                        .last_used_region = last->region});
}

/* A use for several resources replaces those for one. */
static void store_use(const struct call *call, str owner, const struct iam_use *use)
{
    if (!str_present(use->resource))
        iam_remove_uses(call->txn, &(struct iam_remove_uses_params){.owner = owner, .action = use->action});
    iam_put_use(call->txn,
                &(struct iam_put_use_params){.owner = owner,
                                             .action = use->action,
                                             .resource = str_present(use->resource) ? use->resource : S(""),
                                             .last_ms = use->last_ms,
                                             .region = use->region});
}

static void store_identity(const struct call *call, str unique_id, const struct iam_uses *noted)
{
    struct identity identity;

    if (!iam_identity_find_unique(call->txn, call->arena, unique_id, &identity))
        return; /* it was deleted */
    struct iam_uses uses = load(call, &identity);
    for (size_t i = 0; i < noted->count; i++)
        iam_uses_add(call->arena, &uses, &noted->items[i]);
    for (size_t i = 0; i < uses.count; i++)
        if (uses.items[i].changed)
            store_use(call, unique_id, &uses.items[i]);
    if ((uses.partial || noted->partial) && !identity.row.uses_partial)
        iam_set_uses_partial(call->txn, &(struct iam_set_uses_partial_params){.id = identity.row.id});
    store_last(call, &identity, iam_last_use(noted));
}

static void store(const struct call *call, str owner, const struct iam_uses *noted)
{
    if (str_starts_with(owner, IAM_LASTING_KEY_PREFIX))
        iam_store_key_use(call, owner, noted);
    else
        store_identity(call, owner, noted);
}

/* The number of the last transaction that stored uses: it is in the store if that was committed. */
static int64_t last_run;

enum outcome iam_keep_uses(const struct call *call, const struct iam_keep_uses_request *in,
                           struct iam_keep_uses_output *out)
{
    struct iam_find_state_row state = {0};
    struct iam_uses noted;
    bool any = false, more = false;
    str owner;

    (void)in, (void)out;
    iam_find_state(call->txn, &state);
    iam_uses_stored(state.uses_run == last_run);
    while (!more && iam_uses_take(call->arena, &owner, &noted)) {
        store(call, owner, &noted);
        any = true;
        more = !call->last_run && slice_is_over(call);
    }
    if (any) {
        last_run = (int64_t)(random_u64() >> 1);
        iam_set_uses_run(call->txn, &(struct iam_set_uses_run_params){.uses_run = last_run});
    }
    return call->last_run ? DONE : spawn_rest(call, more ? call->now_ms : call->now_ms + MINUTE_MS);
}

enum outcome iam_wake_keep_uses(const struct call *call, const struct iam_wake_keep_uses_request *in,
                                struct iam_wake_keep_uses_output *out)
{
    (void)in, (void)out;
    spawn_wake(call, &IAM_KEEP_USES, POLLER);
    return DONE;
}

void iam_uses_keep_soon(const struct call *call)
{
    run_soon(call, &IAM_WAKE_KEEP_USES, &(struct iam_wake_keep_uses_request){0});
}

void iam_uses_start(const struct call *call)
{
    struct iam_find_state_row state = {0};

    iam_uses_forget();
    iam_find_state(call->txn, &state);
    last_run = state.uses_run;
    if (!state.uses_since_ms)
        iam_set_uses_since(call->txn, &(struct iam_set_uses_since_params){.uses_since_ms = &call->now_ms});
    spawn(call, &IAM_KEEP_USES, POLLER, &(struct iam_keep_uses_request){0});
}
