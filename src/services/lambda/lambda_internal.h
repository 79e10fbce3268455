#pragma once

/*
 * lambda_internal.h: functions and their versions, which all files of Lambda share.
 *
 * A function runs in sandboxes (AWS calls them execution environments, and the model's shapes have that
 * name).  An invocation is a row: queued, then taken by a sandbox, then answered.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/time.h"
#include "engine/page.h"
#include "lambda.h"
#include "lambda_model.h"
#include "lambda_sql.h"
#include "store/store.h"

/* An answer may be a hundred bytes longer than an event, as AWS's own sentences tell. */
enum {
    SYNC_PAYLOAD_BYTES = 6291456,
    ASYNC_PAYLOAD_BYTES = 1024 * 1024,
    ANSWER_BYTES = 6291556,
    LARGE_PAYLOAD_BYTES = 4096, /* a larger one is stored apart from its invocation's row */
};

/* options.c */
const struct lambda_options *lambda_options(void);

enum { LATEST = 0 }; /* the number of $LATEST */

/* A version of a function, and how a request names it. */
struct function {
    struct lambda_function_row row;       /* of the version, joined with that of its function */
    str arn;                              /* of the function, without a qualifier */
    str qualifier;                        /* the qualifier in the request */
    const struct lambda_alias_row *alias; /* the qualifier's, if it names an alias */
};

/* names.c */
/*
 * Parsed from "name", "function:name", "<account>:function:name" or a whole ARN; each with or without a
 * qualifier.
 */
struct function_name {
    str account, region, name;
    str qualifier;
};
/* False for any other text. */
bool lambda_function_name_parse(str text, struct function_name *name);
/* Does the text name a version or an alias, not only the function? */
bool lambda_is_qualified(str text);
/* Fail: the request's function is missing.  The sentence names $LATEST when the request names no version. */
enum outcome lambda_latest_missing(const struct call *call);
/* The same; account and region default to the caller's. */
struct function_name lambda_function_name_of(const struct call *call, str text);
/*
 * The name in a request, with its Qualifier: it must be in this region, and the two qualifiers must agree.
 * False: fail() has been called.
 */
bool lambda_function_name_open(const struct call *call, str text, str qualifier, struct function_name *name);
str lambda_function_arn(struct arena *arena, const struct function_name *name);
/* The function's ARN as the request names it: with the qualifier, if it has one. */
str lambda_function_asked_arn(struct arena *arena, const struct function *function);
/* The policy and the revision of the request's qualifier: each version and each alias has its own. */
str lambda_function_policy(const struct function *function);
str lambda_function_revision(const struct function *function);
/* The version that the request names.  NULL: it does not exist, and fail() has been called. */
const struct function *lambda_version_of(const struct call *call);
/* The same, in AWS's words for operations about what belongs to a version or to an alias. */
const struct function *lambda_qualified_of(const struct call *call);
/*
 * The function of a request about a whole function, as $LATEST.  NULL: it does not exist or the request names
 * another version, and fail() has been called.
 */
const struct function *lambda_function_of(const struct call *call);
/* The function of a request that must not have a qualifier.  NULL: fail() has been called. */
const struct function *lambda_unqualified_of(const struct call *call);
/* See struct module. */
bool lambda_locate_arn(const struct call *call, str text, struct resource *found);
void lambda_describe(const struct call *call, str text, struct json_writer *state);
/* The call in the function's account and region, where its invocations happen. */
struct call lambda_call_of_function(const struct call *call, const struct function *function);
/*
 * The function's principal for other services: a session of its role.  NULL: Lambda may not assume the role.
 */
const struct principal *lambda_function_role(const struct call *call, const struct function *function);
/* Lambda's own principal, acting for the function. */
const struct principal *lambda_principal(const struct call *call, const struct function *function);

/* versions.c */
/* "$LATEST", or the number. */
str lambda_version_text(struct arena *arena, int64_t number);
/* The number of the version that the qualifier names, absent for $LATEST.  False: it may name an alias. */
bool lambda_version_number(str qualifier, int64_t *number);
/* The version of that id, without a qualifier.  False: it does not exist. */
bool lambda_version_get(const struct call *call, int64_t version_id, struct function *function);
/*
 * The version that the name's qualifier names: $LATEST without one, and the first version of an alias.  The
 * name has an account and a region.  False: it does not exist.
 */
bool lambda_version_find(const struct call *call, const struct function_name *name,
                         struct function *function);
/* Choose the version of one invocation: that of a weighted alias is drawn. */
void lambda_version_route(const struct call *call, struct function *function);

/* The alias that the name's qualifier names, or NULL. */
const struct lambda_alias_row *lambda_alias_find(const struct call *call, const struct function_name *name);

/* functions.c */
/* False: a revision is given and is not the current one; fail() has been called. */
bool lambda_revision_check(const struct call *call, str given, str current);

/* publish.c */
/*
 * Publish $LATEST as a new version; or return the last version, if $LATEST is what it was published from:
 * then *is_new is false.  The description may be absent.  False: fail() has been called.
 */
bool lambda_publish(const struct call *call, const struct function *latest, str description,
                    struct function *published, bool *is_new);

/* configuration.c */
/* Set the row's columns from the settings that are present.  False: fail() has been called. */
bool lambda_configuration_apply(const struct call *call, const struct lambda_function_settings *in,
                                struct function *function);
/*
 * Checks for a new function only; lambda_configuration_apply() makes the others.  False: fail() has been
 * called.
 */
bool lambda_configuration_check_new(const struct call *call, const struct lambda_create_function_request *in);
bool lambda_architectures_check(const struct call *call, const struct str_list *architectures);
/* Set the description in the row's settings. */
void lambda_description_set(const struct call *call, struct function *function, str description);
int64_t lambda_function_storage_mb(const struct call *call, const struct function *function);
/* 2026-01-31T12:00:00.123+0000 */
str lambda_time_text(const struct call *call, int64_t ms);
/* A package's digest, in base64. */
str lambda_code_sha256(const struct call *call, str sha256);
struct lambda_function_configuration *lambda_configuration_of(const struct call *call,
                                                              const struct function *function);
/* Check the role's trust and the caller's right to pass it.  False: fail() has been called. */
bool lambda_execution_role_check(const struct call *call, const struct function *function);

/* code_signing.c */
/*
 * May a function of the account have this config?  An absent or empty ARN is good.  False: the account has no
 * such config, and fail() has been called.
 */
bool lambda_code_signing_check(const struct call *call, str account, str arn);

/* page.c */
/* The page of a list's marker, with at most `most` items.  False: fail() has been called. */
bool lambda_page_open(const struct call *call, str marker, const int64_t *max_items, int64_t most,
                      struct page *page);

/* permissions.c */
struct json_writer;
/* Write the member Principal: a service's host name, an account, an ARN, or "*". */
void lambda_policy_principal(const struct call *call, struct json_writer *writer, str principal);
/* *policy is the old one, or none, with the statement of that id.  False: fail() has been called. */
bool lambda_policy_add(const struct call *call, str old, str sid, str statement, str *policy);
/* *policy is the old one without that statement; absent without any.  False: fail() has been called. */
bool lambda_policy_remove(const struct call *call, str old, str sid, str *policy);

/* tags.c */
/* False, after fail(): too many tags, or AWS's own. */
bool lambda_resource_tags_put(const struct call *call, str resource, const struct str_map *tags);

/* management.c */
/*
 * The words of a reply to the creation, or to a change, of a version, which is complete when the reply is
 * sent.
 */
void lambda_configuration_creating(const struct call *call, struct lambda_function_configuration *out);
void lambda_configuration_updating(const struct call *call, struct lambda_function_configuration *out);
str lambda_runtime_version_arn(const struct call *call, const struct function *function);
struct runtime;
/* "python:3.11.v1"; version: of the interpreter, or NULL. */
str lambda_runtime_version_text(const struct call *call, const struct runtime *runtime, const char *version);

/* deletion.c */
/* An alias or a version is deleted: its URL, event invoke config and provisioned concurrency go, too. */
void lambda_qualifier_forget(const struct call *call, int64_t function_id, str qualifier);
