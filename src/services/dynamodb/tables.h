#pragma once

/*
 * tables.h: tables: how requests name them, what they are made of, and what changes them.
 */
#include "dynamodb_internal.h"

/* table_find.c */
/* As dynamodb_locate_table(), but the ARN may be that of another region. */
bool dynamodb_locate_anywhere(const struct call *call, str given, struct resource *found);
/* False, after fail(), when another account has the table or stream that was located. */
bool dynamodb_refuse_other_account(const struct call *call, const struct resource *found);
/* Find the table or the stream of that ARN; false when it does not exist. */
bool dynamodb_locate_arn(const struct call *call, str text, struct resource *found);
struct json_writer;
void dynamodb_describe(const struct call *call, str arn, struct json_writer *state);
/*
 * The table of the request; its row.id is 0 when the table does not exist.  NULL: the given name is not
 * valid, and fail() has been called.
 */
const struct table *dynamodb_table_of(const struct call *call);
/* The same for a request about several tables: that of call_resource(call, index). */
const struct table *dynamodb_table_at(const struct call *call, size_t index);

/* partiql_open.c: is it a SELECT of ExecuteStatement, by dynamodb_as_reading()? */
bool dynamodb_is_select(const struct call *call);
/* Is it there, and neither being made nor being deleted? */
bool dynamodb_table_is_made(const struct table *table);
/* For a request about items: false, after fail(), when the table does not exist. */
bool dynamodb_table_serves(const struct call *call, const struct table *table);
/* The same, and has it throughput left?  A page asks for that of its index later. */
bool dynamodb_table_open(const struct call *call, const struct table *table);
/* The table of that id; false when it does not exist any more. */
bool dynamodb_table_of_id(const struct call *call, int64_t id, struct table *table);

/* tables.c */
/* Is it being filled from a backup, or from another table? */
bool dynamodb_table_is_restored(const struct call *call, const struct table *table);
/*
 * For a request about a table's settings, which AWS does not know while it restores the table: false, after
 * fail(), when it does not exist or is being restored.
 */
bool dynamodb_table_is_known(const struct call *call, const struct table *table);
struct dynamodb_settings_row dynamodb_settings_of(const struct call *call, const struct table *table);
struct dynamodb_table_description *dynamodb_table_describe(const struct call *call, const struct table *table,
                                                           const struct dynamodb_settings_row *row);
/* The number of its items, and their bytes. */
struct dynamodb_read_count_row dynamodb_counted(const struct call *call, const struct table *table);
/* Store a new table, which has been checked: its account, region and name are filled in. */
struct dynamodb_settings_row dynamodb_table_add(const struct call *call,
                                                const struct dynamodb_create_table_input *in,
                                                struct table *table);
/* Remove the table; its items are removed later. */
void dynamodb_table_remove(const struct call *call, const struct table *table);

/* table_status.c */
bool dynamodb_table_is(str status, enum dynamodb_table_status one);
/* False, after fail(), while the table is CREATING or DELETING. */
bool dynamodb_table_is_settled(const struct call *call, const struct table *table);
/* Fail with a ResourceInUseException; returns false. */
bool dynamodb_refuse_in_use(const struct call *call, str reason);
/* End the table's status when --table-delay is over: at once without it. */
void dynamodb_table_settle_later(const struct call *call, const struct dynamodb_settle_table_input *in);

/* table_busy.c */
/* What changes, or is to be changed, of a table. */
enum table_change {
    TABLE_IDLE,
    TABLE_IOPS, /* throughput, or the billing mode */
    TABLE_STREAM,
    TABLE_CLASS,
    TABLE_INDEX,        /* one is made or deleted */
    TABLE_INDEX_UPDATE, /* the throughput of one */
    TABLE_BOUNDS,       /* OnDemandThroughput */
};
/* The running change as dynamodb_table.changing has it: IOPS, STREAM, or the class that the table gets. */
str dynamodb_change_text(enum table_change change, str table_class);
/* False, after fail(), while another change does not allow it. */
bool dynamodb_table_may_change(const struct call *call, const struct table *table,
                               const struct dynamodb_settings_row *row, enum table_change asked);
bool dynamodb_table_may_be_deleted(const struct call *call, const struct table *table,
                                   const struct dynamodb_settings_row *row);

/* warm_throughput.c: what a table or global index serves at once, in units of a second. */
struct warm_units {
    int64_t read, write;
};
/* What the mode gives it; throughput is not used for an on-demand one. */
struct warm_units dynamodb_warm_least(bool on_demand,
                                      const struct dynamodb_provisioned_throughput *throughput);
/* Raise that of a table, or of an index, whose other settings are in the row; asked may be NULL. */
void dynamodb_warm_raise(struct dynamodb_settings_row *row, const struct dynamodb_warm_throughput *asked);
void dynamodb_warm_raise_index(struct dynamodb_index_settings_row *row,
                               const struct dynamodb_warm_throughput *asked);
/* What gets a warm throughput: "table" or "index NAME". */
struct warm_target {
    str what;
    bool on_demand;
    struct warm_units least;
};
/* That of a new table or index: false, after fail(), when it is below the least.  asked may be NULL. */
bool dynamodb_warm_check(const struct call *call, const struct dynamodb_warm_throughput *asked,
                         const struct warm_target *target);
/* False, after fail(), when it is below the present one, target->least. */
bool dynamodb_warm_update_check(const struct call *call, const struct dynamodb_warm_throughput *asked,
                                const struct warm_target *target);
/* False, after fail(), when it names no units; `of`: "" or " for index: NAME". */
bool dynamodb_warm_request_check(const struct call *call, const struct dynamodb_warm_throughput *asked,
                                 str of);
/* Raise it when --table-delay is over. */
void dynamodb_warm_settle_later(const struct call *call,
                                const struct dynamodb_settle_warm_throughput_input *in);

/* table_update.c */
/* Update a table as UpdateTable does; NULL after fail(). */
const struct dynamodb_table_description *dynamodb_table_update(const struct call *call,
                                                               const struct table *located,
                                                               const struct dynamodb_update_table_input *in);
/* The bound as it is stored: NULL for NO_BOUND. */
const int64_t *dynamodb_bound_of(const int64_t *asked);
/* OnDemandThroughput without members says nothing. */
bool dynamodb_has_bounds(const struct dynamodb_on_demand_throughput *bounds);
/* The number of times that the table's throughput has been lowered since midnight, UTC. */
int64_t dynamodb_decreases_today(const struct call *call, const struct dynamodb_settings_row *row);

/* resource_policy_check.c */
/*
 * False, after fail(), when the document cannot be the policy of a table, or of a stream.  *bound is its form
 * that is stored.
 */
bool dynamodb_policy_check(const struct call *call, str policy, bool of_stream, str *bound);

/* resource_policy_form.c */
/* The policy in the form in which AWS keeps it; a text that is not a JSON object stays as it is. */
str dynamodb_policy_form(struct arena *arena, str policy);
/* The same as AWS shows it: with the version that a document without one has. */
str dynamodb_policy_shown(struct arena *arena, str policy);

/* resource_policy.c */
/* The policy of a new table, which has been checked. */
void dynamodb_policy_begin(const struct call *call, const struct table *table, str policy);

/* table_check.c */
/* Of the index of that name, or, without a name, of a table. */
bool dynamodb_units_check(const struct call *call, const struct dynamodb_provisioned_throughput *throughput,
                          str index);
/* In OnDemandThroughput: without a bound. */
enum { NO_BOUND = -1 };
/* What OnDemandThroughput is for. */
struct bounds_target {
    str index;      /* absent: the table itself */
    bool on_demand; /* the table, when the request is done */
    bool changes;   /* by UpdateTable, where NO_BOUND removes a bound */
};
bool dynamodb_bounds_check(const struct call *call, const struct dynamodb_on_demand_throughput *bounds,
                           const struct bounds_target *target);
bool dynamodb_table_check(const struct call *call, const struct dynamodb_create_table_input *in);
/* The type in the definition of that name, or absent. */
str dynamodb_definition_type(const struct dynamodb_attribute_definitions *definitions, str name);

/* tags.c */
/* Check the tags of a request by themselves. */
bool dynamodb_tags_check(const struct call *call, const struct dynamodb_tag_list *tags);
