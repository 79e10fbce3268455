#pragma once

/*
 * policy_internal.h: a parsed policy, shared by the parser and the evaluation.
 */
#include "aws/wildcard.h"
#include "services/iam/policy.h"
#include "wire/json.h"

enum principal_type {
    PRINCIPAL_IS_ANYONE,    /* "*" */
    PRINCIPAL_IS_ACCOUNT,   /* name: its 12 digits */
    PRINCIPAL_IS_ARN,       /* name: of a user, a role or a session */
    PRINCIPAL_IS_UNIQUE_ID, /* name: AIDA… or AROA… */
    PRINCIPAL_IS_SERVICE,   /* name: sns.amazonaws.com */
    PRINCIPAL_IS_FOREIGN,   /* federated and canonical users, which do not exist here */
};

struct principal_pattern {
    enum principal_type type;
    str name;
    str source; /* as written in the document */
};

enum context_key {
    KEY_OTHER, /* found by name in request->context */
    KEY_PRINCIPAL_TAG,
    KEY_CURRENT_TIME,
    KEY_EPOCH_TIME,
    KEY_MFA_PRESENT,
    KEY_PRINCIPAL_ACCOUNT,
    KEY_PRINCIPAL_ARN,
    KEY_PRINCIPAL_IS_SERVICE,
    KEY_PRINCIPAL_SERVICE_NAME,
    KEY_PRINCIPAL_TYPE,
    KEY_REQUESTED_REGION,
    KEY_RESOURCE_ACCOUNT,
    KEY_SECURE_TRANSPORT,
    KEY_SOURCE_ACCOUNT,
    KEY_SOURCE_ARN,
    KEY_SOURCE_FUNCTION_ARN,
    KEY_SOURCE_IP,
    KEY_SOURCE_OWNER,
    KEY_TOKEN_ISSUE_TIME,
    KEY_USER_ID,
    KEY_USER_NAME,
    KEY_VIA_AWS_SERVICE,
};

enum value_type { VALUE_STRING, VALUE_NUMBER, VALUE_DATE, VALUE_IP, VALUE_ARN, VALUE_BOOL, VALUE_NULL };

struct condition_operator {
    const char *name;
    enum value_type type;
    bool negated, ignore_case, wildcards;
    bool less, equal, greater; /* numbers and dates: the orders that match */
};

struct ip_range {
    unsigned char bytes[16];
    unsigned bits, size; /* length of the prefix; 4 or 16 bytes, 0 when the text is not an address */
};

struct condition_value {
    struct wildcard pattern;
    double number;  /* a number, or a date in milliseconds */
    bool is_number; /* also false while it is a variable */
    struct ip_range range;
};

enum set_operator { SET_NONE, SET_ALL, SET_ANY };

struct condition {
    const struct condition_operator *operator;
    enum set_operator set;
    bool if_exists;
    enum context_key key;
    str key_name; /* for KEY_OTHER the key, for KEY_PRINCIPAL_TAG the tag's name */
    struct {
        struct condition_value *items;
        size_t count;
    } values;
};

struct wildcard_list {
    struct wildcard *items;
    size_t count;
};
struct principal_list {
    struct principal_pattern *items;
    size_t count;
};
struct condition_list {
    struct condition *items;
    size_t count;
};

struct statement {
    str sid; /* or absent */
    bool deny, not_actions, not_resources, not_principals;
    struct wildcard_list actions;
    struct wildcard_list resources;   /* empty in a trust policy: any resource */
    struct principal_list principals; /* empty in an identity's policy: its owner */
    struct condition_list conditions;
};

struct policy {
    enum policy_kind kind;
    bool unreadable;   /* it has no statements then, and denies everything */
    bool asks_context; /* a condition or a variable uses a key that a service supplies */
    struct {
        struct statement *items;
        size_t count;
    } statements;
};

/* policy.c */
enum policy_verdict iam_statement_verdict(const struct statement *statement,
                                          const struct policy_request *request);
/* Does a statement's pattern mean that action? */
bool iam_is_action_of(const struct wildcard *pattern, str action);
/*
 * Could it be the statement that allows the request?  Variables and conditions are taken to fit; without a
 * resource, any fits.
 */
bool iam_statement_may_allow(const struct statement *statement, const struct policy_request *request);

/* decision.c: does the resource belong to another account than the caller? */
bool iam_is_another_account(const struct policy_request *request);

/* parse_policy.c: has it no control characters, which compiled patterns use? */
bool iam_is_policy_text(str text);

/*
 * parse_condition.c: parse one key of `"StringLike": {"aws:SourceArn": [ … ]}`.  False when the operator is
 * unknown or cannot take one of the values.
 */
bool iam_parse_condition(struct arena *arena, str operator_name, const struct json_member *key,
                         bool variables, struct condition *condition);
/* A value's text as a number, a date in milliseconds, an address or a range of addresses. */
bool iam_number_of_text(str text, double *number);
bool iam_date_of_text(str text, double *ms);
bool iam_ip_range_of_text(str text, struct ip_range *range);

/* UNKNOWN: an Allow must not apply, and a Deny must. */
enum answer { NO, YES, UNKNOWN };

/* condition.c */
enum answer iam_condition_holds(const struct condition *condition, const struct policy_request *request);

/* context.c: the values of keys. */
enum context_key iam_context_key_find(str key, str *name);
/* The whole key: the reverse of iam_context_key_find(). */
str iam_context_key_name(struct arena *arena, enum context_key key, str name);
/* The next value of a key; *position starts at 0.  False after the last one. */
bool iam_context_next(const struct policy_request *request, enum context_key key, str name, size_t *position,
                      str *value);
/* Does AWS supply that key with this action, but Orderly does not? */
bool iam_context_unknown(const struct policy_request *request, enum context_key key, str name);
/* Have the conditions and variables of this call cost more than POLICY_MAX_EFFORT? */
bool iam_effort_is_spent(const struct policy_request *request);
/* Is such a key among the pattern's variables, or is the call's effort spent? */
bool iam_wildcard_unknown(const struct wildcard *pattern, const struct policy_request *request);
/*
 * The pattern's text with the values of its variables; false when a variable has no value, or the call's
 * effort is spent.
 */
bool iam_wildcard_expand(const struct wildcard *pattern, const struct policy_request *request, str *text);

/*
 * context_keys.c: add the condition keys of the policy's conditions and variables, as it spells them; a key
 * may be added several times.
 */
void iam_policy_context_keys(struct arena *arena, const struct policy *policy, struct str_list *keys);
/* The order of keys, without regard to case. */
int iam_context_keys_compare(str one, str other);
/* Sort keys, without regard to case, and leave each once. */
void iam_context_keys_sort(struct str_list *keys);

/* unsupplied.c */
bool iam_key_is_unsupplied(const struct policy_request *request, str key);
