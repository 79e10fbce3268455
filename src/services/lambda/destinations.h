#pragma once

/*
 * destinations.h: the end of asynchronous invocations: retries, and what is sent on about it.
 */
#include "invocations.h"

/* destinations.c */
struct metric;
enum destination_kind { DESTINATION_QUEUE, DESTINATION_TOPIC, DESTINATION_FUNCTION };
/* What is sent on for a function, under its role. */
struct letter {
    const struct function *function;
    str target_arn, body;
    str request_id, trace_id;    /* of the invocation that it is about; either may be absent */
    str lineage;                 /* of that invocation's event */
    str error_message;           /* present: the attributes of a dead letter are sent, too */
    const struct metric *losses; /* counts letters that were lost */
};
struct destination {
    enum destination_kind kind;
    const char *service; /* in ARNs */
    const char *action;  /* "SendMessage", that the role needs */
    const char *title;   /* "SQS" */
    int64_t most_bytes;  /* of a letter */
    enum outcome (*send)(const struct call *call, const struct principal *role, const struct letter *letter,
                         struct failure *failure);
};
/* The kind of that ARN's resource; NULL: nothing can be sent there. */
const struct destination *lambda_destination_of(str target_arn);
/* JSON as it is sent: queues and topics refuse U+FFFE and U+FFFF, which JSON may have in its strings. */
str lambda_letter_text(const struct call *call, const struct destination *kind, str json);
bool lambda_destination_exists(const struct call *call, str target_arn);
/* May the function's role send there? */
bool lambda_destination_allows(const struct call *call, const struct function *function,
                               const struct destination *kind, str target_arn);
/* False: the letter is lost, which has been counted and logged. */
bool lambda_letter_send(const struct call *call, const struct letter *letter);

/* event_config.c */
/* May the function's role send there?  Nowhere (empty) is fine.  False: fail() has been called. */
bool lambda_destination_check(const struct call *call, const struct function *function, str destination);
/* The qualifier by which an invocation named the function: "$LATEST" if it named none. */
str lambda_event_qualifier(str function_arn);
/* The config of invocations that name the function so.  False: it has no such config. */
bool lambda_event_config_find(const struct call *call, const struct function *function, str function_arn,
                              struct lambda_event_config_row *config);

/* records.c */
/* How an asynchronous invocation has ended. */
struct event_end {
    bool is_success;
    const char *condition; /* "Success", "RetriesExhausted", "EventAgeExceeded" */
    int64_t attempts;
    str error, payload; /* of the last attempt, as in struct result */
    bool is_cut;        /* the payload was too large to be kept */
};
/* Send the invocation's record to the destination of its event invoke config, if there is one. */
void lambda_record_send(const struct call *call, const struct function *function,
                        const struct lambda_get_event_row *event, const struct event_end *end);

/* dead_letters.c */
/* Send the event of a failed invocation to the function's dead-letter target, if it has one. */
void lambda_dead_letter_send(const struct call *call, const struct function *function,
                             const struct lambda_get_event_row *event);
/*
 * Is the target a queue or a topic of the function's region that its role may send to?  It need not exist.
 * False: fail() has been called.
 */
bool lambda_dead_letter_check(const struct call *call, const struct function *function);

/* event_routes.c */
/*
 * The version of the function that an event by that name is for now: an alias may have got another one.
 * False: the name is no longer one of the function.
 */
bool lambda_event_route(const struct call *call, int64_t function_id, str function_arn,
                        struct function *function);
/* Queue the event for that version. */
void lambda_event_move(const struct call *call, int64_t invocation_id, const struct function *function);
/* The alias has changed: events for a version to which it sends nothing any more go to another one. */
void lambda_events_reroute(const struct call *call, const struct function *function,
                           const struct lambda_alias_row *before, const struct lambda_alias_row *alias);

/* retries.c */
/* The event of that row must not be run, because it is in a loop. */
void lambda_event_break(const struct call *call, const struct function *function, int64_t invocation_id);
/* An attempt at an asynchronous invocation has ended: it is tried again later, or forgotten. */
void lambda_event_end(const struct call *call, const struct function *function,
                      const struct lambda_find_invocation_row *invocation, const struct result *result);
/* The execution that an asynchronous invocation has started has ended: a failed one becomes a dead letter. */
void lambda_event_conclude(const struct call *call, const struct function *function, int64_t invocation_id,
                           const struct result *result, str payload);
/* A queued invocation has become older than its function's config allows: it is given up, not run. */
bool lambda_event_expire(const struct call *call, int64_t invocation_id, int64_t queued_ms);
/* The same for all that wait for a sandbox of the version, which may not come: the oldest ones first. */
void lambda_events_expire(const struct call *call, int64_t version_id);
/*
 * The version's function has no concurrency at all: its queued asynchronous invocations are given up.  False:
 * the slice is over, and there are more.
 */
bool lambda_events_drop(const struct call *call, int64_t version_id);
/* The function is deleted: what of it waits for another attempt is not attempted. */
void lambda_retries_drop(const struct call *call, int64_t function_id);
/* "Runtime.ExitError: RequestId: … Error: …" */
str lambda_failure_text(const struct call *call, const struct result *result);
