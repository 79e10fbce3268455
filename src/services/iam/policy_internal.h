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
    PRINCIPAL_IS_FOREIGN,   /* federated and canonical users: nobody here */
};

struct principal_pattern {
    enum principal_type type;
    str name;
    str source; /* as the document has it */
};

enum context_key {
    KEY_OTHER, /* among request->context, by name */
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
    bool less, equal, greater; /* numbers and dates: which orders satisfy it */
};

struct ip_range {
    unsigned char bytes[16];
    unsigned bits, size; /* length of the prefix; 4 or 16 bytes, 0 when the text is no address */
};

struct condition_value {
    struct wildcard pattern;
    double number;  /* of a number, or a date in milliseconds */
    bool is_number; /* false too while it is a variable */
    struct ip_range range;
};

enum set_operator { SET_NONE, SET_ALL, SET_ANY };

struct condition {
    const struct condition_operator *operator;
    enum set_operator set;
    bool if_exists;
    enum context_key key;
    str key_name; /* of KEY_OTHER the key, of KEY_PRINCIPAL_TAG the tag's */
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
    str sid; /* absent when it has none */
    bool deny, not_actions, not_resources, not_principals;
    struct wildcard_list actions;
    struct wildcard_list resources;   /* none: of a trust policy, any */
    struct principal_list principals; /* none: of an identity's policy, whoever it is attached to */
    struct condition_list conditions;
};

struct policy {
    enum policy_kind kind;
    bool unreadable;   /* then it has no statements: it denies everything */
    bool asks_context; /* some condition or variable names a key that a service supplies */
    struct {
        struct statement *items;
        size_t count;
    } statements;
};

/* Without control characters, which compiled patterns use for themselves. */
bool iam_is_policy_text(str text);

/*
 * parse_condition.c: `"StringLike": {"aws:SourceArn": [ … ]}` for one key of it.  False when the
 * operator is unknown or cannot take one of the values.
 */
bool iam_parse_condition(struct arena *arena, str operator_name, const struct json_member *key,
                         bool variables, struct condition *condition);
/* A number, a date in milliseconds, an address or a range of them: what texts of values say. */
bool iam_number_of_text(str text, double *number);
bool iam_date_of_text(str text, double *ms);
bool iam_ip_range_of_text(str text, struct ip_range *range);

/* What is not known must neither allow nor keep a denial from applying. */
enum answer { NO, YES, UNKNOWN };

/* condition.c */
enum answer iam_condition_holds(const struct condition *condition, const struct policy_request *request);

/* context.c: the values of keys. */
enum context_key iam_context_key_find(str key, str *name);
/* The next value of a key; *position starts at 0.  False when there are no more. */
bool iam_context_next(const struct policy_request *request, enum context_key key, str name, size_t *position,
                      str *value);
/* Does AWS supply that key with this action, but nothing here? */
bool iam_context_unknown(const struct policy_request *request, enum context_key key, str name);
/* Is such a key among its variables? */
bool iam_wildcard_unknown(const struct wildcard *pattern, const struct policy_request *request);
/* unsupplied.c */
bool iam_key_is_unsupplied(const struct policy_request *request, str key);
/* Does some service here supply that key? */
bool iam_key_is_supplied(str key);
/* The pattern's text with its variables filled in; false when one of them has no value. */
bool iam_wildcard_expand(const struct wildcard *pattern, const struct policy_request *request, str *text);
