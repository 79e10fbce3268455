#pragma once

/*
 * delivery.h: what must reach somebody, and is tried again until it has or its policy is used up.
 *
 * A delivery is an internal operation that makes one attempt, its input, and a policy.  It is a row, so a
 * restart keeps it, and an attempt that was under way then begins again: it happens at least once.  When its
 * policy is used up, the queue runs the delivery's dead-letter operation in the transaction that removes it.
 * All times are the engine's clock's.
 *
 * To add a delivery, declare two internal operations with the same input in the service's model: the attempt
 * and, if there is something to do when all attempts have failed, the dead letter.  Then
 *
 *     delivery_add(call, &(struct delivery){.operation = &SNS_DELIVER_OUTSIDE,
 *                                           .dead_letter = &SNS_GIVE_UP_OUTSIDE,
 *                                           .target = S("sns/subscription/7"), .in = &in, .policy = policy});
 *
 * The attempt finds what it needs in its input and in call->delivery.  It may end later than its operation:
 * the code that hears how it went (the end of an effect, a function's answer) calls delivery_end() with
 * call->delivery->id, which never names another delivery.  An operation that FAILED is an attempt that
 * failed; one with an error of the server's own (5xx) counts as throttled.
 */
#include "engine/call.h"

/* How the delay grows from the first retry of the backoff phase to the last one; see delivery_policy.c. */
enum delivery_backoff {
    BACKOFF_LINEAR = 1,
    BACKOFF_ARITHMETIC,
    BACKOFF_GEOMETRIC,
    BACKOFF_EXPONENTIAL,
};

/*
 * When what has failed is tried again: in four phases, as Amazon SNS has them
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html).
 */
struct delivery_policy {
    int64_t immediate_retries;    /* without delay; then */
    int64_t pre_backoff_retries;  /* min_delay_ms apart; then */
    int64_t backoff_retries;      /* with delays from min_delay_ms to max_delay_ms; then */
    int64_t post_backoff_retries; /* max_delay_ms apart */
    enum delivery_backoff backoff;
    int64_t min_delay_ms, max_delay_ms;
    /*
     * What was throttled uses up no retries: it is tried again after throttle_min_ms, then after twice that
     * and so on up to throttle_max_ms, until it is too old.  0: it counts as failed.
     */
    int64_t throttle_min_ms, throttle_max_ms;
    int64_t max_age_ms; /* no attempt begins later than that after the delivery was added; 0: no bound */
    int64_t at_once;    /* attempts under way for the target; 0: no bound */
    int64_t per_second; /* attempts that begin for the target, evenly spread; 0: no bound */
};

struct delivery {
    const struct operation *operation;
    const struct operation *dead_letter; /* NULL: nothing is done */
    /*
     * The target that the deliveries belong to: they share the policy's bounds and are dropped together.  It
     * begins with the service's name, and names no other target later: "sns/subscription/<id>".
     */
    str target;
    const void *in; /* both operations' input */
    int64_t body;   /* delivery_body_add(); 0: none */
    const struct delivery_policy *policy;
    str resource_arn; /* of what is to be reached, for the trace; absent: not said */
    str trace_id;     /* absent: no trace */
    str request_id;   /* whose hops are its hops; absent: the call that adds it */
    int64_t added_ms; /* what its age counts from; 0: now */
};

/* How long all its retries take together, attempts aside. */
int64_t delivery_policy_total_ms(const struct delivery_policy *policy);

enum delivery_verdict {
    DELIVERY_DELIVERED,
    DELIVERY_FAILED,    /* try again */
    DELIVERY_THROTTLED, /* it could not be tried: throttled, or a system error */
    DELIVERY_REFUSED,   /* failed for good: trying again would change nothing */
};

/* How an attempt has ended. */
struct delivery_outcome {
    enum delivery_verdict verdict;
    str reason;     /* why it was not delivered */
    bool is_traced; /* the service has written the attempt's hop itself */
};

/* What an attempt's operation, or the dead letter's, finds in call->delivery. */
struct delivery_attempt {
    int64_t id;
    int64_t attempt; /* from 1 on; of a dead letter the number of attempts that were made */
    int64_t added_ms;
    int64_t body;
    bool is_over; /* no attempt begins any more: this is the dead letter */
    str reason;   /* of the last attempt that was not delivered; absent before one failed */
};

/* Its first attempt begins in this batch, unless there are many due. */
void delivery_add(const struct call *call, const struct delivery *delivery);
/*
 * For code that has made the first attempt without the queue: stores the delivery only if it is tried again.
 * What follows is delivery_end()'s.
 */
bool delivery_add_ended(const struct call *call, const struct delivery *delivery,
                        const struct delivery_outcome *outcome);
/*
 * The attempt under way has ended.  True: the delivery is tried again; otherwise it is gone, and if it was
 * given up, its dead-letter operation has run.  An attempt that is not under way is nobody's: false.
 */
bool delivery_end(const struct call *call, int64_t id, const struct delivery_outcome *outcome);
/*
 * The target is gone: none of its deliveries is attempted any more; they are removed in slices, without
 * dead letters.  Attempts under way are their service's to stop.
 */
void delivery_drop(const struct call *call, str target);

/*
 * A large text that many deliveries share.  It is removed with the last of them, so add it only together
 * with one.
 */
int64_t delivery_body_add(const struct call *call, str content);
/* Of the attempt, or the dead letter, that runs; absent when it has none. */
str delivery_body(const struct call *call);
