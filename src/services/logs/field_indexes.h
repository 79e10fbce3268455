#pragma once

/*
 * field_indexes.h: index policies, and what an index knows of events.
 *
 * An index only saves reading: an entry, made by extraction, has the hashes of an event's indexed fields, and
 * a query does not read the events whose entries lack what it looks for.  An event without an entry is read.
 * Which events count as indexed follows from the policies alone: those that arrived while a policy had the
 * field.
 */
#include "insights_index.h"
#include "logs_internal.h"

struct index_field {
    str name, type;
    int64_t from_id, until_id; /* indexed are the events above from_id, up to until_id */
    int64_t ended_ms;          /* 0: the policy has it */
};

struct index_fields {
    struct index_field *items;
    size_t count;
};

struct index_policy {
    struct logs_index_policy_row row;
    struct index_fields fields;
};

struct index_policies {
    struct index_policy *items;
    size_t count;
};

enum { INDEX_KEPT_DAYS = 30 }; /* what has ended is still used for so long */

/* index_policies.c */
struct index_policy logs_index_policy_read(const struct call *call, const struct logs_index_policy_row *row);
/* The fields of a document.  False: fail() has been called. */
bool logs_index_document_read(const struct call *call, str document, struct index_fields *fields);
/* Make or change a policy of a group, or of the account (0). */
void logs_index_policy_put(const struct call *call, const struct logs_put_index_policy_row_params *params,
                           const struct index_fields *fields);
void logs_index_policy_end(const struct call *call, const struct logs_index_policy_row *row);
/*
 * The policies whose indexes count for a group of this account: the ones in effect, and those that have
 * ended.
 */
struct index_policies logs_index_policies_of(const struct call *call, int64_t group_id, str group_name);
bool logs_index_field_is_default(str name);
/* Is the group of this account indexed by that field, by a policy in effect or by default? */
bool logs_index_has(const struct call *call, const struct group *group, str field);

/* index_entries.c: the index of new events, made on a worker and stored by a call. */
struct index_step {
    struct index_policy policy; /* row.id 0: the group has none */
    struct index_found {
        int64_t first_ms, last_ms; /* 0: not found */
    } * found;                     /* for each field of the policy */
    struct {
        struct logs_add_index_entry_params *items;
        size_t count;
    } entries;
};
void logs_index_begin(const struct call *call, int64_t group_id, str group_name, struct index_step *step);
void logs_index_event(const struct call *call, struct index_step *step, const struct insights_event *event);
void logs_index_store(const struct call *call, int64_t group_id, const struct index_step *step);

/* For a query: which terms the index of a group decides. */
struct index_use;
/* NULL: the index is of no use to the query; *excludes: filterIndex leaves out the whole group. */
const struct index_use *logs_index_use(const struct call *call, int64_t group_id, str group_name,
                                       bool is_standard, const struct insights_terms *terms, bool *excludes);
/* May the query have to do with the event?  The entry's policy is NULL when there is no entry. */
bool logs_index_admits(const struct index_use *use, int64_t event_id, const int64_t *policy_id, str hashes);
