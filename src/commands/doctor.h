#pragma once

/*
 * doctor.h: what the files of `orderly doctor` share: the visit, warnings, and questions about policies.
 */
#include "client/client.h"

struct visit {
    struct client *client;
    struct arena *arena;
    bool asks_policies; /* the endpoint is Orderly, and this caller may ask it what policies allow */
    struct failure failure;
    int64_t mappings, subscriptions, warnings;
};

/* Prints "FROM -> TO: SENTENCE". */
void doctor_warn(struct visit *visit, str from, str to, str sentence);

/* False: visit->failure says why. */
bool doctor_call(struct visit *visit, const struct operation *operation, const void *in, void *out);

/* The URL of the queue with this ARN.  False: visit->failure says why. */
bool doctor_queue_url(struct visit *visit, str arn, str *url);

/*
 * Whether policies keep `principal` (a role's ARN, or a service's host name, which acts for `source_arn`)
 * from `action` on `resource`, and why.  False when it is allowed, and when the endpoint cannot tell (AWS).
 */
struct doctor_question {
    str principal, source_arn, action, resource;
};
bool doctor_denied(struct visit *visit, const struct doctor_question *question, str *reason);
/*
 * Sets visit->asks_policies if the endpoint is Orderly and its policies bind.  False: nothing answers,
 * as visit->failure tells.
 */
bool doctor_ask_about_policies(struct visit *visit);

/* Looks at the subscriptions of queues.  False: visit->failure says why they cannot be looked at. */
bool doctor_look_at_subscriptions(struct visit *visit);
