#pragma once

/*
 * logs_internal.h: what the files of CloudWatch Logs share.
 */
#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "engine/call.h"
#include "log_pattern.h"
#include "log_position.h"
#include "logs_model.h"
#include "logs_sql.h"
#include "store/store.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    PAGE_SIZE = 50, /* of groups and of streams */
    PAGE_EVENTS = 10000,
    PAGE_BYTES = 1024 * 1024,
    EVENT_OVERHEAD_BYTES = 26, /* what AWS counts for an event beside its message */
};

struct group {
    struct logs_find_group_row row;
    str arn; /* without ":*" */
};

/* group_find.c */
str logs_group_arn(const struct call *call, str name);
str logs_stream_arn(const struct call *call, str group_name, str stream_name);
/*
 * The name in an identifier, which is a name or an ARN.  The ARN of a group in another world stays as it
 * is, and names nothing.
 */
str logs_group_name(const struct call *call, str identifier);
/* The group that the request names.  NULL: it is not there, and fail() has been called. */
const struct group *logs_group_of(const struct call *call);
/* See struct module. */
bool logs_locate_arn(const struct call *call, str text, struct resource *found);
/* The stream's id; false: it is not there, and fail() has been called. */
bool logs_stream_find(const struct call *call, const struct group *group, str name, int64_t *stream_id);
/* Events before this moment have expired, whether they are still stored or not. */
int64_t logs_group_oldest_ms(const struct call *call, const int64_t *retention_days);
/* Where, in the order of names, those that begin with a prefix end. */
str logs_prefix_end(const struct call *call, str prefix);
/* Where those begin that are behind the token, which is a name; the prefix is empty where all count. */
str logs_names_from(const struct call *call, str prefix, str token);

/* tags.c */
/* See struct resource, whose row is the group. */
void logs_tags_in_context(const struct call *call, const struct resource *resource,
                          struct context_list *context);
/* False: too many; fail() has been called. */
bool logs_tags_put(const struct call *call, const struct group *group, const struct str_map *tags);

/* removal.c */
/* From now on, remove what the group's retention makes expire. */
void logs_expiry_start(const struct call *call, const struct group *group);
void logs_expiry_stop(const struct call *call, const struct group *group);
/* Remove the events of groups and streams that were just deleted. */
void logs_cleanup_start(const struct call *call);
