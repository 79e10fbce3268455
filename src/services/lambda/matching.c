/*
 * matching.c: records that take long to match, or to write, are matched by a worker.
 *
 * A poller usually matches the records of a receive where it has received them.  When they are large for that
 * (filter.c), it stores that it matches, begins MatchRecords, and receives nothing until that has ended: so
 * records keep their order, and no more batches are under way than may be.  The row's ticket is of one such
 * call: a mapping that is changed, deleted or disabled meanwhile, and a restart, remove the row, and what the
 * call brings is dropped.  Nothing is lost by that: messages become visible again, and the place in a stream
 * moves only with the records that are held.
 */
#include "sources.h"

#include "base/hash.h"

/*
 * A call that has not come back by then never will: memory has run out for it twice.  The poller goes on
 * without it.
 */
enum { GIVEN_UP_MS = 10 * 60 * MS_PER_S };

void lambda_matching_forget(const struct call *call, int64_t mapping_id)
{
    lambda_end_matching(call->txn, &(struct lambda_end_matching_params){.mapping_id = mapping_id});
}

/* Nothing more is sent on.  Without a window only a call of this file gathers records. */
static void give_up(const struct call *call, const struct lambda_mapping_row *mapping)
{
    lambda_matching_forget(call, mapping->id);
    if (mapping->window_seconds == 0)
        lambda_gathering_drop(call, mapping->id);
}

void lambda_matching_begin(const struct call *call, struct poll *poll, str receipts)
{
    const struct lambda_matching_row matching = {.mapping_id = poll->mapping.id,
                                                 .ticket = random_uuid(call->arena),
                                                 .begun_ms = call->now_ms,
                                                 .receipts = receipts};

    lambda_begin_matching(call->txn, &matching);
    poll->mapping.matching_ms = &call->now_ms;
    spawn(
        call, &LAMBDA_MATCH_RECORDS, (str){0},
        &(struct lambda_match_records_request){.mapping_id = matching.mapping_id, .ticket = matching.ticket});
}

bool lambda_matching_is_on(const struct call *call, struct poll *poll, int64_t *until_ms)
{
    *until_ms = INT64_MAX;
    if (!poll->mapping.matching_ms)
        return false;
    *until_ms = *poll->mapping.matching_ms + GIVEN_UP_MS;
    if (call->now_ms < *until_ms)
        return true;
    give_up(call, &poll->mapping);
    poll->mapping.matching_ms = NULL;
    return false;
}

/* ---- the call ---- */

static const struct event_source *source_of(const struct poll *poll)
{
    return lambda_event_source_of(poll->mapping.source_arn);
}

static bool find_own(const struct call *call, const struct lambda_match_records_request *in,
                     struct lambda_matching_row *matching)
{
    return lambda_find_matching(
               call->txn, &(struct lambda_find_matching_params){.mapping_id = in->mapping_id}, matching) &&
           str_equal(matching->ticket, in->ticket);
}

void lambda_match_records_prepare(const struct call *call, const struct lambda_match_records_request *in)
{
    struct lambda_matching_row matching;
    struct poll poll;
    struct call there;
    str problem;

    if (find_own(call, in, &matching) && lambda_poll_open(call, in->mapping_id, &there, &poll, &problem))
        leave_prepared(call, source_of(&poll)->match(&there, &poll, &matching));
}

static void *matched_of(const struct call *call, const struct poll *poll,
                        const struct lambda_matching_row *matching)
{
    void *matched = prepared(call);

    return matched ? matched : source_of(poll)->match(call, poll, matching);
}

enum outcome lambda_match_records(const struct call *call, const struct lambda_match_records_request *in,
                                  struct lambda_match_records_output *out)
{
    struct lambda_matching_row matching;
    struct poll poll = {0};
    struct call there;
    str problem;

    (void)out;
    if (call->last_run || !find_own(call, in, &matching))
        return DONE;
    void *matched = lambda_poll_open(call, in->mapping_id, &there, &poll, &problem)
                        ? matched_of(&there, &poll, &matching)
                        : NULL;
    if (!matched)
        give_up(call, &poll.mapping);
    else if (!source_of(&poll)->take(&there, &poll, &matching, matched))
        return park(call, arena_join(call->arena, S("lambda/matching/"), in->ticket), call->now_ms);
    lambda_matching_forget(call, in->mapping_id);
    lambda_poller_wake(call, in->mapping_id);
    return DONE;
}
