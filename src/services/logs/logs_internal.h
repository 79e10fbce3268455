#pragma once

/*
 * logs_internal.h: what the files of CloudWatch Logs share.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "engine/call.h"
#include "engine/page.h"
#include "log_pattern.h"
#include "log_position.h"
#include "logs_model.h"
#include "logs_sql.h"
#include "store/store.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    PAGE_SIZE = 50, /* of groups and of streams */
    MAX_EXAMINED_GROUPS = 10000,
    PAGE_EVENTS = 10000,
    PAGE_BYTES = 1024 * 1024,
    EVENT_OVERHEAD_BYTES = 26, /* what AWS counts for an event in addition to its message */
};

struct group {
    struct logs_find_group_row row;
    str arn; /* without ":*" */
};

/* entity.c */
/* The errorType of an entity that AWS rejects; absent: it is accepted. */
str logs_entity_problem(const struct logs_entity *entity);

/* group_find.c */
str logs_group_arn(const struct call *call, str name);
str logs_stream_arn(const struct call *call, str group_name, str stream_name);
/*
 * The name in an identifier, which is a name or an ARN.  The ARN of a group in another account or region is
 * returned unchanged, and names nothing.
 */
str logs_group_name(const struct call *call, str identifier);
/* The group of the request.  NULL: it does not exist, and fail() has been called. */
const struct group *logs_group_of(const struct call *call);
/* The group of a request that names it by its name or by an identifier.  False: fail() has been called. */
bool logs_locate_one_group(const struct call *call, str name, str identifier, struct resource *found);
/* See struct module. */
bool logs_locate_arn(const struct call *call, str text, struct resource *found);
/* May events of the group become metrics and reach functions?  Only those of the standard class do. */
bool logs_group_is_standard(const struct group *group);
/* The same for a request; false: fail() has been called. */
bool logs_standard_check(const struct call *call, const struct group *group, str what);
/* The stream's id; false: it is missing, and fail() has been called. */
bool logs_stream_find(const struct call *call, const struct group *group, str name, int64_t *stream_id);
/* Events before this moment have expired, whether they are still stored or not. */
int64_t logs_group_oldest_ms(const struct call *call, const int64_t *retention_days);
/* The end, in the order of names, of those that begin with a prefix. */
str logs_prefix_end(const struct call *call, str prefix);
/* The first name on the page; the prefix may be empty. */
str logs_names_from(const struct call *call, str prefix, const struct page *page);
/* The page of a token.  False: fail() has been called. */
bool logs_page_open(const struct call *call, str token, const int64_t *limit, struct page *page);

/* tags.c */
/* For resource.add_context; the resource's row is the group. */
void logs_tags_in_context(const struct call *call, const struct resource *resource,
                          struct context_list *context);
/* False, after fail(): too many tags. */
bool logs_tags_put(const struct call *call, str arn, const struct str_map *tags);

/* resource_policies.c */
/* The policy of a group for the caller; absent unless it is a service. */
str logs_resource_policy_of(const struct call *call, str group_arn);
/* The group is deleted. */
void logs_resource_policies_remove(const struct call *call, str group_arn);

/* removal.c */
/* From now on, remove the events that the group's retention lets expire. */
void logs_expiry_start(const struct call *call, const struct group *group);
void logs_expiry_stop(const struct call *call, const struct group *group);
/* Remove the events of groups and streams that were just deleted. */
void logs_cleanup_start(const struct call *call);

/* live_tail.c */
/* Events of that group have been stored: show them to the sessions that follow it. */
void logs_tails_wake(const struct call *call, int64_t group_id);
