#pragma once

/*
 * policy.h: policy documents: parsing one, and deciding by several.
 *
 * Nothing here knows where policies are stored.  A parsed policy is immutable and lives as long as the arena
 * of its parsing; any thread may evaluate it.
 */
#include "engine/call.h"

enum policy_kind {
    POLICY_MANAGED, /* of an identity, as a separate document */
    POLICY_INLINE,  /* of an identity */
    POLICY_SESSION,
    POLICY_TRUST, /* of a role: who may assume it */
    POLICY_RESOURCE,
};

enum {
    POLICY_MAX_STATEMENTS = 1024, /* AWS limits policies by size; this limits the cost of one */
    /*
     * Conditions that cost one call more are unknown.  About ten milliseconds; a usual condition costs 100.
     */
    POLICY_MAX_EFFORT = 16 * 1000 * 1000
};

struct policy;

/*
 * NULL when the document breaks the grammar of its kind; *problem (in arena) is then AWS's sentence. The
 * document need not outlive the call.
 */
const struct policy *iam_policy_parse(struct arena *arena, enum policy_kind kind, str document, str *problem);

/*
 * The same for a document that is in force.  A document that cannot be understood, which an earlier version
 * may have stored, denies everything to everybody except the root of the resource's account, who can replace
 * it.
 */
const struct policy *iam_policy_read(struct arena *arena, enum policy_kind kind, str document);

/* Does it use condition keys of a service, tags among them? */
bool iam_policy_asks_context(const struct policy *policy);
/* Add its condition keys that no service of Orderly supplies, each once. */
void iam_policy_unsupplied_keys(const struct call *call, const struct policy *policy, struct str_list *keys);
/* Log these keys. */
void iam_policy_warn(const struct call *call, const struct policy *policy);

/* Is it a role's or user's unique id as a principal, or a session's: "AROA…:name"? */
bool iam_is_unique_id(str text);

/* A request to decide. */
struct policy_request {
    const struct principal *caller;
    str principal_arn; /* aws:PrincipalArn: for a session the role's ARN, with its path */
    const struct str_map *principal_tags;
    str action, resource;
    str region, source_ip;
    bool secure_transport;
    int64_t now_ms;
    const struct context_value *context;
    size_t context_count;
    struct arena *arena; /* for texts that the evaluation makes */
    int64_t *effort;     /* what conditions and variables have cost, see POLICY_MAX_EFFORT; or NULL */
    str resource_owner;  /* the account of a resource whose ARN has none; or absent */
    bool simulated;      /* condition keys have only the values in `context` */
};

/* The verdict of one policy, weakest first; the strongest of its matching statements counts. */
enum policy_verdict {
    POLICY_SILENT,
    POLICY_ALLOWS_ACCOUNT, /* the caller's whole account: that account's own policies must also allow */
    POLICY_ALLOWS_ROLE,    /* a session by its role or "*": boundary and session policy apply */
    POLICY_ALLOWS,
    POLICY_DENIES,
};

/* *statement is the number of the first statement with that verdict, from 1; 0: no statement. */
enum policy_verdict iam_policy_evaluate(const struct policy *policy, const struct policy_request *request,
                                        size_t *statement);

struct policy_reference {
    const struct policy *policy;
    str name;  /* of the inline policy, or the managed one's ARN */
    str group; /* the name of the user's group that has it; absent: the identity's own policy */
};

struct policy_list {
    struct policy_reference *items;
    size_t count;
};

/* All policies for one request. */
struct policy_set {
    struct policy_list identity;
    const struct policy *boundary; /* or NULL */
    const struct policy *session;  /* or NULL */
    const struct policy *resource; /* or NULL; a role's trust policy when `trust` */
    bool trust;
};

enum denial {
    NOT_DENIED,
    DENIED_EXPLICITLY_BY_RESOURCE,
    DENIED_EXPLICITLY_BY_TRUST,
    DENIED_EXPLICITLY_BY_IDENTITY,
    DENIED_EXPLICITLY_BY_BOUNDARY,
    DENIED_EXPLICITLY_BY_SESSION,
    NOT_ALLOWED_BY_RESOURCE,
    NOT_ALLOWED_BY_TRUST,
    NOT_ALLOWED_BY_IDENTITY,
    NOT_ALLOWED_BY_BOUNDARY,
    NOT_ALLOWED_BY_SESSION,
};

/* The statement that decides, or the fact that no statement allows. */
struct decision {
    enum denial denial;
    const struct policy *policy; /* NULL: no such policy, or it was not evaluated */
    str policy_name;             /* of an identity's policy; else absent */
    str policy_group;            /* the user's group that has it, or absent */
    str sid;                     /* of the statement; or absent */
    size_t statement;            /* its number, from 1; 0: no statement */
};
/*
 * Decide as AWS does:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
struct decision iam_policy_decide(const struct policy_set *set, const struct policy_request *request);
/* In words, in request->arena: the statement that denies, or the policy that lacks one. */
str iam_decision_reason(const struct decision *decision, const struct policy_request *request);
/* AWS's sentence for it, in request->arena. */
str iam_denial_message(enum denial denial, const struct policy_request *request);
