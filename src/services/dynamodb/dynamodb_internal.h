#pragma once

/*
 * dynamodb_internal.h: what the files of DynamoDB share.
 */

#include "base/list.h"
#include "base/positions.h"
#include "base/text.h"
#include "dialect.h"
#include "dynamodb_model.h"
#include "dynamodb_sql.h"
#include "engine/call.h"
#include "expression.h"
#include "legacy.h"
#include "lookup.h"
#include "store/store.h"
#include "value.h"

/* An attribute of a key; type is S, N or B. */
struct key_attribute {
    str name, type;
};

/* The attributes of the partition key, then those of the sort key. */
struct key_schema {
    const struct key_attribute *items;
    size_t count, hash_count;
    bool shortens; /* of an index: long keys, in the places of entries */
};

/* A secondary index. */
struct index {
    int64_t id;
    str name;
    bool local;
    enum dynamodb_projection_type projection;
    struct key_schema keys;
    struct str_list non_key_attributes; /* for INCLUDE */
    bool backfilling;                   /* is being filled, and not read */
    bool deleted;                       /* by this request */
};
struct index_list {
    struct index *items;
    size_t count;
};

/* A table, as requests about its items need it. */
struct table {
    str given; /* the client's name for it: a name or an ARN */
    str account, region, name, arn;
    struct dynamodb_find_table_row row;
    struct key_schema keys; /* empty when the table does not exist */
    struct index_list indexes;
};

/*
 * The key of an item as it is stored.  hash is spread_key() of the partition key's bytes, in whose order a
 * scan reads; memcmp order of range is DynamoDB's order of sort keys.  Without a sort key, range is empty.
 */
struct item_key {
    str hash, range;
};

/* table_find.c */
/* As dynamodb_locate_table(), but the ARN may be that of another region. */
bool dynamodb_locate_anywhere(const struct call *call, str given, struct resource *found);
/* False, after fail(), when another account has the table that was located. */
bool dynamodb_refuse_other_account(const struct call *call, const struct resource *found);
/* Find the table that an ARN names; false when no table has it. */
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
/* partiql_open.c: is it a SELECT of ExecuteStatement, by dynamodb_pql_reading()? */
bool dynamodb_is_select(const struct call *call);
/* For a request about items: false, after fail(), when the table does not exist. */
bool dynamodb_table_open(const struct call *call, const struct table *table);
/* The table of that id; false when it does not exist any more. */
bool dynamodb_table_of_id(const struct call *call, int64_t id, struct table *table);

/* dynamodb.c */
/* --table-delay: how long a table is CREATING, UPDATING or DELETING. */
int64_t dynamodb_table_delay_ms(void);

/* The most that an item collection may have. */
int64_t dynamodb_collection_limit_bytes(void);

/* --enforce-throughput */
bool dynamodb_throughput_enforced(void);

/* throughput.c */
struct index;
/*
 * May the request use the table, or its index; and, if it writes, the table's global indexes?  False: fail()
 * has been called.  It may always when throughput is not enforced.
 */
bool dynamodb_throughput_admit(const struct call *call, const struct table *table, const struct index *index);
void dynamodb_throughput_charge(const struct call *call, const struct table *table, const struct index *index,
                                double units);
/* Before a reset. */
void dynamodb_throughput_forget(const struct call *call);

/* tables.c */
/* For a request about a table: false, after fail(), when it does not exist. */
bool dynamodb_table_exists(const struct call *call, const struct table *table);
struct dynamodb_settings_row dynamodb_settings_of(const struct call *call, const struct table *table);
struct dynamodb_table_description *dynamodb_table_describe(const struct call *call, const struct table *table,
                                                           const struct dynamodb_settings_row *row);
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
/* Both fail with a ResourceInUseException and return false; `why` is the sentence before the table's name. */
bool dynamodb_refuse_in_use(const struct call *call, const char *why, const struct table *table);
bool dynamodb_refuse_updating(const struct call *call, const struct table *table);
/* End the table's status when --table-delay is over: at once without it. */
void dynamodb_table_settle_later(const struct call *call, const struct dynamodb_settle_table_input *in);

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
/* The bound as it is stored: NULL for NO_BOUND. */
const int64_t *dynamodb_bound_of(const int64_t *asked);
/* The number of times that the table's throughput has been lowered since midnight, UTC. */
int64_t dynamodb_decreases_today(const struct call *call, const struct dynamodb_settings_row *row);

struct change;

/* backup_copy.c */
/* Keep the item as it is before the change: for tables whose row.is_kept is true. */
void dynamodb_version_keep(const struct call *call, const struct change *change);
/* The moment between the last change and the next one. */
int64_t dynamodb_version_now(const struct call *call);
/* Begin the copy; its id and its place are filled in. */
void dynamodb_copy_begin(const struct call *call, struct dynamodb_copy_row *copy);

/* backup_trim.c */
void dynamodb_history_trim_later(const struct call *call, int64_t table_id, int64_t due_ms);

/* backups.c */
str dynamodb_backup_arn(const struct call *call, const struct dynamodb_backup_row *row);
str dynamodb_backup_table_arn(const struct call *call, const struct dynamodb_backup_row *row);
/* The backup of call_resource(call, index); NULL, after fail(), when it does not exist. */
const struct dynamodb_backup_row *dynamodb_backup_at(const struct call *call, size_t index);
/* What CreateTable needs to make such a table. */
struct dynamodb_create_table_input dynamodb_definition_of(const struct call *call, const struct table *table,
                                                          const struct dynamodb_settings_row *row);
struct dynamodb_create_table_input dynamodb_backup_definition(const struct call *call,
                                                              const struct dynamodb_backup_row *row);
/* Call this before a table with point-in-time recovery is deleted. */
void dynamodb_backup_deleted(const struct call *call, const struct table *table);

/* recovery.c */
/* For a request about backups: false, after fail(), when the table does not exist or is being made. */
bool dynamodb_table_backed(const struct call *call, const struct table *table);
/* The moments as of which a table can be restored. */
struct recovery {
    int64_t days, earliest_ms, latest_ms;
};
/* False: point-in-time recovery is off. */
bool dynamodb_recovery_of(const struct call *call, int64_t table_id, struct recovery *recovery);

/* restore.c */
/* NULL: the table is not being restored. */
const struct dynamodb_restore_summary *dynamodb_restore_summary_of(const struct call *call, int64_t table_id);

/* resource_policy.c */
/* False, after fail(), when the document cannot be a table's policy. */
bool dynamodb_policy_check(const struct call *call, str policy);
/* The policy of a new table, which has been checked. */
void dynamodb_policy_begin(const struct call *call, const struct table *table, str policy);

/* table_check.c */
bool dynamodb_units_check(const struct call *call, const struct dynamodb_provisioned_throughput *throughput);
/* In OnDemandThroughput: without a bound. */
enum { NO_BOUND = -1 };
bool dynamodb_on_demand_check(const struct call *call, const struct dynamodb_on_demand_throughput *bounds,
                              bool on_demand);
bool dynamodb_table_check(const struct call *call, const struct dynamodb_create_table_input *in);
/* The type in the definition of that name, or absent. */
str dynamodb_definition_type(const struct dynamodb_attribute_definitions *definitions, str name);

/* index.c */
enum { MAX_INDEX_KEY_ATTRIBUTES = 4 }; /* of a partition key, and of a sort key */
/* Fill in table->indexes. */
void dynamodb_indexes_read(const struct call *call, struct table *table);
/* NULL: the table has no index of that name. */
const struct index *dynamodb_index_named(const struct table *table, str name);
str dynamodb_index_arn(struct arena *arena, const struct table *table, str name);
/*
 * The place in the index of an item, or of a page's start, that has the attributes of both keys.  False: the
 * index does not hold it.
 */
bool dynamodb_index_place(struct lookups *lookups, const struct table *table, const struct index *index,
                          const struct dynamodb_attribute_map *item, struct item_key *place);
/* Places as bytes: a part of a sort key is escaped, then ended. */
void dynamodb_key_escape(struct text *text, str bytes);
void dynamodb_key_end(struct text *text);
/* The partition of those bytes of the attributes of a partition key. */
str dynamodb_partition(struct arena *arena, const struct key_schema *keys, const str *parts);
bool dynamodb_index_projects(const struct table *table, const struct index *index, str attribute);
/* The attributes of the item that are in the index. */
struct dynamodb_attribute_map dynamodb_index_project(struct lookups *lookups, const struct table *table,
                                                     const struct index *index,
                                                     const struct dynamodb_attribute_map *item);
/* Add the names of the attributes that it projects, if its projection is not ALL. */
void dynamodb_index_names(struct arena *arena, const struct table *table, const struct index *index,
                          struct str_list *names);
/* The attributes of the index's key, then those of the table's key that it lacks. */
struct key_schema dynamodb_index_whole_key(struct arena *arena, const struct table *table,
                                           const struct index *index);

/* key_names.c */
void dynamodb_name_add(struct arena *arena, struct str_list *names, str name);
/* How large AWS's hash table of the names is at first. */
enum name_table { NAME_TABLE_OF_THEIR_NUMBER, NAME_TABLE_OF_DEFAULT_SIZE };
/* Different names, as a sentence lists them. */
str dynamodb_names_text(struct arena *arena, const struct str_list *names, enum name_table table);

/* index_check.c */
/* A secondary index as a request describes it. */
struct index_definition {
    bool local;
    str name;
    const struct dynamodb_key_schema *keys;
    const struct dynamodb_projection *projection;
    const struct dynamodb_provisioned_throughput *throughput;
    const struct dynamodb_on_demand_throughput *bounds;
    const struct dynamodb_warm_throughput *warm;
};
struct index_definition_list {
    struct index_definition *items;
    size_t count;
};
/* The local ones, then the global ones. */
struct index_definition_list dynamodb_definitions_of(struct arena *arena,
                                                     const struct dynamodb_create_table_input *in);
bool dynamodb_indexes_check(const struct call *call, const struct dynamodb_create_table_input *in);
/* Is each key attribute defined? */
bool dynamodb_keys_defined_check(const struct call *call, const struct dynamodb_key_schema *keys,
                                 const struct dynamodb_attribute_definitions *definitions);
bool dynamodb_refuse_long_schema(const struct call *call, const struct dynamodb_key_schema *keys, str path);
/* The shape of a key of one or two attributes. */
bool dynamodb_table_keys_check(const struct call *call, const struct dynamodb_key_schema *keys);
/* Is each defined attribute one of a key? */
bool dynamodb_definitions_used_check(const struct call *call, const struct dynamodb_create_table_input *in);

/* index_describe.c */
struct key_schema dynamodb_schema_of(struct arena *arena, const struct dynamodb_key_schema *keys,
                                     const struct dynamodb_attribute_definitions *definitions);
/* Store the key of an index; index 0 is the table. */
void dynamodb_keys_store(const struct call *call, int64_t table_id, int64_t index_number,
                         const struct key_schema *schema);
/* Add an empty index to the table. */
void dynamodb_index_make(const struct call *call, struct table *table,
                         const struct index_definition *definition,
                         const struct dynamodb_attribute_definitions *definitions);
struct dynamodb_key_schema dynamodb_keys_described(struct arena *arena, const struct key_schema *schema);
struct dynamodb_attribute_definitions dynamodb_definitions_described(struct arena *arena,
                                                                     const struct table *table);
/* Add the indexes to a description of the table that is complete otherwise. */
void dynamodb_indexes_describe(const struct call *call, const struct table *table,
                               enum dynamodb_table_status status,
                               struct dynamodb_table_description *description);
/* Remove the index at once, and its entries later. */
void dynamodb_index_remove(const struct call *call, const struct index *index);

/* index_update.c */
struct index_update_request {
    const struct dynamodb_global_secondary_index_update_list *updates;
    const struct dynamodb_attribute_definitions *definitions;
    bool was_on_demand, on_demand; /* the table before and after the request */
};
/* Check the updates by themselves. */
bool dynamodb_index_updates_check(const struct call *call,
                                  const struct dynamodb_global_secondary_index_update_list *updates);
/* Check them against the table. */
bool dynamodb_index_updates_fit(const struct call *call, const struct table *table,
                                const struct index_update_request *request);
/* Leave what ends later to the end of --table-delay; call it when the reply has been made. */
void dynamodb_index_updates_settle(const struct call *call, const struct table *table,
                                   const struct dynamodb_global_secondary_index_update_list *updates);
void dynamodb_index_updates_apply(const struct call *call, struct table *table,
                                  const struct index_update_request *request);
/* index_check.c: a new index of an existing table. */
bool dynamodb_new_index_check(const struct call *call, const struct table *table,
                              const struct index_definition *definition,
                              const struct index_update_request *request);
/* Of a global index: is there the throughput that the billing mode asks for? */
bool dynamodb_index_throughput_check(const struct call *call, const struct index_definition *definition,
                                     bool on_demand);

/* index_build.c */
/* Fill the new index with the items of its table, in later batches. */
void dynamodb_index_build(const struct call *call, const struct table *table, const struct index *index);
/* The index of the table that is being filled, or NULL. */
const struct index *dynamodb_backfilling_index(const struct table *table);
/* Does the index hold the items up to that key? */
bool dynamodb_index_has_reached(const struct call *call, const struct index *index,
                                const struct item_key *key);

/* index_keys.c */
/*
 * Can the item be in the table's indexes?  `before` is the item that an update changes (empty for a new one),
 * NULL for a put.
 */
bool dynamodb_index_keys_check(const struct call *call, const struct table *table,
                               const struct dynamodb_attribute_map *before,
                               const struct dynamodb_attribute_map *item);

/* tags.c */
/* Check the tags of a request by themselves. */
bool dynamodb_tags_check(const struct call *call, const struct dynamodb_tag_list *tags);

/* item_key.c */
enum { MAX_HASH_BYTES = 2048, MAX_RANGE_BYTES = 1024 };
extern const str dynamodb_hash_too_long, dynamodb_range_too_long, dynamodb_key_mismatch;
bool dynamodb_key_has_type(const struct dynamodb_attribute_value *value, str type);
/* The places of the items that a request names, to find one that it names twice. */
struct item_places {
    struct item_place {
        int64_t table_id;
        struct item_key key;
    } * items;
    size_t count;
    struct positions found;
};
struct item_places dynamodb_places_for(struct arena *arena, size_t most);
/* False: the place has been added before. */
bool dynamodb_places_add(struct item_places *places, int64_t table_id, struct item_key key);

/* Read the key from a whole item, or from a request's Key, which may contain nothing else. */
bool dynamodb_key_of_item(const struct call *call, const struct key_schema *schema,
                          const struct dynamodb_attribute_map *item, struct item_key *key);
bool dynamodb_key_of_request(const struct call *call, const struct key_schema *schema,
                             const struct dynamodb_attribute_map *map, struct item_key *key);
/* The same for an item of BatchWriteItem, which is refused as a key is. */
bool dynamodb_key_of_batched_item(const struct call *call, const struct key_schema *schema,
                                  const struct dynamodb_attribute_map *item, struct item_key *key);
/* Only the sizes of the key's attributes: those that are missing, or have a wrong type, are not refused. */
bool dynamodb_key_sizes_check(const struct call *call, const struct key_schema *schema,
                              const struct dynamodb_attribute_map *map);
/* The same for a page's start, which may have other attributes, too: on false *problem is the sentence, and
 * fail() has not been called. */
bool dynamodb_key_of_start(struct arena *arena, const struct key_schema *schema,
                           const struct dynamodb_attribute_map *map, struct item_key *key, str *problem);
/* The bytes of one attribute of the key. */
str dynamodb_key_bytes(struct arena *arena, const struct dynamodb_attribute_value *value);
/* The key's attributes of an item. */
struct dynamodb_attribute_map dynamodb_key_attributes(struct arena *arena, const struct key_schema *schema,
                                                      const struct dynamodb_attribute_map *item);

/* request.c */
/* Fail with a ValidationException; returns false. */
bool dynamodb_refuse(const struct call *call, str sentence);
/* Check a request's item or key, and rewrite its numbers. */
bool dynamodb_attributes_check(const struct call *call, const struct dynamodb_attribute_map *attributes);

/* The expressions of a request; an absent text means no expression. */
struct expressions {
    struct scope scope;
    const struct node *condition; /* ConditionExpression, FilterExpression or an older condition, or NULL */
    const char *filtered_by;      /* what a Query's condition is, in sentences */
    struct key_condition key;
    const struct projection *projection; /* NULL: all attributes */
    const char *projected_by;            /* the parameter with the projection */
    struct update update;
};
struct expression_texts {
    str condition, filter, key_condition, projection, update;
    const struct str_map *names;
    const struct dynamodb_attribute_map *values; /* NULL: the operation has no values */
    struct legacy_parameters legacy;
    const char
        *value_expressions; /* "FilterExpression is": the parameters that may use values; may be NULL */
    const struct dynamodb_attribute_map *attributes; /* the request's item, key or starting key, or NULL */
    bool attributes_are_start;
    bool needs_key_condition;
};
bool dynamodb_expressions_read(const struct call *call, const struct expression_texts *texts,
                               struct expressions *expressions);

/* Check that no path of the expressions leads into an attribute of the key: a "Key" or an "IndexKey". */
bool dynamodb_key_paths_check(const struct call *call, const struct key_schema *schema,
                              const struct expressions *expressions, const char *kind);

/* access.c */
/* What a policy may test in a request about items. */
struct access {
    const struct expressions *expressions;           /* NULL: the request has none, or malformed ones */
    const struct dynamodb_attribute_map *attributes; /* the item, the key or the starting key */
    str index_name;                                  /* absent: the request is about the table */
    bool whole_table;                                /* true for a Scan */
};
void dynamodb_access_in_context(const struct call *call, const struct table *table,
                                const struct access *access, struct context_list *context);
/* Add dynamodb:Select: the request's value, or the value that its projection implies. */
void dynamodb_select_in_context(const struct call *call, str asked, const struct expressions *expressions,
                                str index_name, struct context_list *context);
/*
 * Add dynamodb:ReturnValues.  A write that shows the whole item when its condition is false counts as one
 * with ALL_OLD: a policy that restricts attributes restricts it, too.
 */
void dynamodb_return_values_in_context(const struct call *call, str return_values, str on_failure,
                                       struct context_list *context);
/*
 * The expressions, if they were parsed (`well`); else NULL, and the failure is forgotten: the handler fails
 * again.
 */
const struct expressions *dynamodb_read_for_context(const struct call *call, bool well,
                                                    const struct expressions *expressions);

/* capacity.c */
enum { WRITE_UNIT_BYTES = 1024, READ_UNIT_BYTES = 4096 };
double dynamodb_write_units(int64_t size_bytes);
double dynamodb_read_units(int64_t size_bytes, const bool *consistent);
/* Count the consumed capacity; returns it if the request asks for it, else NULL. */
const struct dynamodb_consumed_capacity *
dynamodb_capacity_of(const struct call *call, const struct table *table, str asked, double units);
/* The same with the units of each of table->indexes; 0 for those that the request did not touch. */
const struct dynamodb_consumed_capacity *dynamodb_capacity_with_indexes(const struct call *call,
                                                                        const struct table *table, str asked,
                                                                        double units,
                                                                        const double *index_units);
/* What a request consumes of several tables, in the order in which it names them. */
struct table_uses {
    struct table_use {
        const struct table *table;
        double units, *index_units;
    } * items;
    size_t count;
    double factor; /* 2 in a transaction */
};
enum use_kind {
    USE_PLAIN,
    USE_READS, /* these two are of transactions */
    USE_WRITES,
};
/* index_units: of each of table->indexes, or NULL. */
void dynamodb_use_add(const struct call *call, struct table_uses *uses, const struct table *table,
                      double units, const double *index_units);
/* Count the consumed capacity; add it to *shown if the request asks for it. */
void dynamodb_uses_show(const struct call *call, const struct table_uses *uses, enum use_kind kind, str asked,
                        struct dynamodb_consumed_capacity_list *shown);

/* metrics.c */
/* Of a request that has succeeded, for the table or its global index; index: NULL for the table. */
void dynamodb_count_capacity(const struct call *call, const struct table *table, const struct index *index,
                             double units);
void dynamodb_count_throttle(const struct call *call, const struct table *table, const struct index *index,
                             bool on_demand);
void dynamodb_count_returned(const struct call *call, const struct table *table, int64_t items);
void dynamodb_request_ended(const struct call *call, int64_t took_us);

/* upkeep.c */
/* Call this for a deleted table. */
void dynamodb_items_remove_later(const struct call *call, int64_t table_id);
/* Call this for a deleted index. */
void dynamodb_entries_remove_later(const struct call *call, int64_t index_id);
/* Call this when a copy of a deleted table has ended. */
void dynamodb_items_removal_resume(const struct call *call);
void dynamodb_upkeep_start(const struct call *call);

/* A worker decodes and encodes an item with a larger blob. */
enum { LARGE_ITEM_BYTES = 32 * 1024 };

/* stored.c */
/* A stored item; id is 0 when it does not exist, image_id when its row has the content itself. */
struct stored {
    int64_t id, size_bytes, image_id;
    str blob;
    struct dynamodb_attribute_map item; /* the decoded blob, after dynamodb_item_decode() */
};
/* Read the item's row, with its blob. */
void dynamodb_stored_read(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored);
/* The same; the blob is absent if it is an image's. */
void dynamodb_stored_look(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored);
/* The same without the blob. */
void dynamodb_stored_find(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored);

/* images.c */
/* Is the item stored once for all rows that keep it? */
bool dynamodb_image_pays(str blob);
/* Store an image that so many rows name. */
int64_t dynamodb_image_add(const struct call *call, str blob, int64_t uses);
/* Store an image that no row names yet, by a number that no other draft has. */
int64_t dynamodb_image_draft(const struct call *call, str blob, int64_t number);
/* The draft becomes an image that so many rows name. */
void dynamodb_image_take(const struct call *call, int64_t id, int64_t uses);
/* So many more rows name the image, or fewer; does nothing for id 0. */
void dynamodb_image_use(const struct call *call, int64_t id, int64_t by);
/* A row that named that image, unless it is NULL, is being removed. */
void dynamodb_image_drop(const struct call *call, const int64_t *id);
str dynamodb_image_read(const struct call *call, int64_t id);
/* The id as a row has it: NULL for 0. */
const int64_t *dynamodb_image_name(const int64_t *id);
/* The id that a row has: 0 for NULL. */
int64_t dynamodb_image_named(const int64_t *name);
void dynamodb_images_remove_later(const struct call *call);

/* entries.c */
/* An item before or after a change, with its size; item.items is NULL without an item. */
struct item_image {
    struct dynamodb_attribute_map item;
    int64_t bytes;
};
/* What the change of an item does to one index; a place without a hash: there is no entry. */
struct entry_change {
    struct item_key before, after;
    int64_t before_bytes, after_bytes;
    double units; /* of writing */
};
/* For each of table->indexes; in loose memory. */
const struct entry_change *dynamodb_entries_plan(const struct call *call, const struct table *table,
                                                 const struct item_image *before,
                                                 const struct item_image *after);
/* What of a table a prepared write depends on.  Every new index has a higher id, so two sets of indexes
 * differ. */
struct table_stamp {
    size_t indexes;
    int64_t last_index_id, stream_id;
};

/* index_keys.c */
struct write;
/* dynamodb_index_keys_check() for an item to be put; it is checked once for the indexes that there are. */
bool dynamodb_put_keys_check(const struct call *call, struct write *write);
struct table_stamp dynamodb_table_stamp(const struct table *table);
bool dynamodb_stamps_equal(const struct table_stamp *a, const struct table_stamp *b);

/* change.c */
/* One item as it was and as it becomes.  A plan makes a change; only dynamodb_change_apply() stores it. */
struct change {
    const struct table *table;
    struct item_key key;
    struct stored before; /* its id is 0 when there was no item */
    str blob;             /* the new item; absent when there is no item afterwards */
    int64_t size_bytes;   /* of the new item */
    int64_t draft,
        draft_before; /* images of the new item, and of the old one, that have been stored; 0: none */
    int64_t image_id; /* of the new item, or 0: set by dynamodb_change_apply() */
    bool same;        /* the item is as it was, though its bytes may differ */
    bool expired;     /* a deletion by time to live */
    const struct entry_change *entries; /* of table->indexes; NULL: planned when the change is stored */
    double *index_units; /* the write units of each of table->indexes are added to it, unless it is NULL */
};
/*
 * Store the change, in the item's row, in the indexes, in the counts of the table, in its stream and in the
 * rows of time to live.
 */
void dynamodb_change_apply(const struct call *call, const struct change *change);
/* How many rows keep an item of that table as it was before a change: the history's, the stream's. */
int dynamodb_change_keeps(const struct table *table);
/* Does a change of that table store an item more than once? */
bool dynamodb_change_copies(const struct table *table);

/* streams.c */
str dynamodb_stream_arn(const struct call *call, const struct table *table, str label);
/* Check the request's specification, which may be NULL: of a new table, and of one that is updated. */
bool dynamodb_stream_check(const struct call *call,
                           const struct dynamodb_stream_specification *specification);
bool dynamodb_stream_request_check(const struct call *call,
                                   const struct dynamodb_stream_specification *specification);
/* Open or close the stream, as the specification says; then the settings are read again. */
bool dynamodb_stream_update(const struct call *call, const struct table *table,
                            const struct dynamodb_stream_specification *specification,
                            struct dynamodb_settings_row *settings);
void dynamodb_stream_open(const struct call *call, const struct table *table, str view_type);
/* Only for a table with an open stream. */
void dynamodb_stream_close(const struct call *call, const struct table *table);

/* stream_record.c */
/* The images that the record of a change has: of the item before it, and after it. */
struct record_images {
    bool old, new;
};
struct record_images dynamodb_stream_images(const struct change *change);
/* For dynamodb_change_apply(): add the record of a change to the table's open stream; needs before.blob. */
void dynamodb_stream_note(const struct call *call, const struct change *change);

/* time_to_live.c */
/* Note when the stored item expires, or that it never does.  Only for a table with time to live. */
void dynamodb_expiry_note(const struct call *call, const struct table *table, int64_t item_id, str blob);
/* For an item that is removed. */
void dynamodb_expiry_forget(const struct call *call, int64_t item_id);

/* entries.c */
/* For dynamodb_change_apply(): change the entries of an item, whose row has that id; needs before.blob. */
void dynamodb_entries_change(const struct call *call, const struct change *change, int64_t item_id);
/* For an index that is being filled: add the entry of that item, if the index can hold it. */
void dynamodb_entry_add(const struct call *call, const struct table *table, const struct index *index,
                        const struct stored *stored);

/* write.c */
enum write_kind {
    WRITE_PUTS,
    WRITE_UPDATES,
    WRITE_DELETES,
    WRITE_CHECKS, /* only the condition */
};
/* The write of one item, step by step. */
struct write {
    enum write_kind kind;
    const struct dynamodb_attribute_map *given; /* the item, or for the other kinds the key */
    str return_values, return_values_on_failure;
    bool inserts; /* PartiQL's INSERT: its condition is that there is no such item */

    /* Depends on the request alone: dynamodb_write_checked() */
    bool checked, valid;
    struct failure failure; /* if it is not valid */
    struct expressions expressions;

    const struct table *table;
    struct item_key key;

    /* Depends on the request and the stored item: dynamodb_plan_write() */
    struct stored stored;
    bool worked_out; /* the members below are computed from stored.blob, */
    bool late;       /* by the handler: nothing was prepared, or the item has changed since */
    bool holds;      /* the condition is true */
    str problem;     /* of the update, or absent */
    str blob;        /* to be stored; absent when nothing is */
    struct item_size size;
    bool same;                          /* as the stored item, though the bytes may differ */
    struct failure unfit;               /* why the new item cannot be in an index, or no error */
    const struct entry_change *entries; /* of the table's indexes, or NULL */
    struct table_stamp planned_for;     /* the table as same, unfit and entries suppose it */
    struct table_stamp checked_for;     /* and as it was when the keys of a put item were checked */
    struct dynamodb_attribute_map item; /* the new item; this and stored.item are for the reply */
    int64_t draft, draft_before;        /* as of struct change: dynamodb_drafts_write() */
    double *index_units;                /* of each of table->indexes: dynamodb_write_apply() */
};
/* The write that its preparation has left; without one, `given`. */
struct write dynamodb_write_begin(const struct call *call, struct write given);
/*
 * Has the request been checked before?  Then *valid is the result, and fail() has been called if it is false.
 */
bool dynamodb_write_was_checked(const struct call *call, const struct write *write);
/* Remember that result; returns it. */
bool dynamodb_write_checked(const struct call *call, struct write *write, bool valid);
/* Set the key, and check it and the request's paths against the table's schema.  False: fail() has been
 * called. */
bool dynamodb_write_find_key(const struct call *call, struct write *write);
/* In a preparation: compute the write's result, and leave it to the handler. */
void dynamodb_write_prepare(const struct call *call, struct write *write);
/* Has a worker computed the write from the item that is stored now? */
bool dynamodb_write_is_ready(const struct call *call, struct write *write);
/* Read the stored item, evaluate the condition, and compute the new item; stores nothing. */
enum outcome dynamodb_plan_write(const struct call *call, struct write *write);
/* Will the write be stored as a worker has computed it, if nothing changes until then? */
bool dynamodb_write_may_succeed(const struct write *write);
/* Store what has been planned. */
void dynamodb_write_apply(const struct call *call, struct write *write);
/* Both. */
enum outcome dynamodb_write_item(const struct call *call, struct write *write);
/* The bytes that decide the consumed capacity: the larger of the item's sizes before and after. */
int64_t dynamodb_write_bytes(const struct write *write);

/* item_write.c */
/* What a PutItem, an UpdateItem or a DeleteItem asks for. */
struct item_write {
    struct write write;            /* its kind, the given item or key, and the ReturnValues */
    struct expression_texts texts; /* without attributes, which are the given ones */
};
void dynamodb_item_write_context(const struct call *call, const struct item_write *asked,
                                 const struct resource *resource, struct context_list *context);
void dynamodb_item_write_prepare(const struct call *call, const struct item_write *asked);
/* *write is for the reply. */
enum outcome dynamodb_item_write(const struct call *call, const struct item_write *asked,
                                 struct write *write);

/* update.c */
/* Does the update leave the key's attributes alone?  False: fail() has been called. */
bool dynamodb_update_keys_check(const struct call *call, const struct key_schema *schema,
                                const struct update *update);

/* What ReturnValues asks of an update that is done: *attributes stays absent when there is nothing. */
void dynamodb_update_return(const struct call *call, str asked, const struct write *write,
                            struct dynamodb_attribute_map *attributes);

/* write_set.c */
/* The writes of one request to several items; no two of them are about the same item. */
struct write_set {
    struct write *items;
    size_t count;
    /* Depends on the request alone: dynamodb_set_checked() */
    bool checked, valid;
    struct failure failure; /* if it is not valid */
    str fingerprint;        /* of a request with a ClientRequestToken: the hash of the whole request */

    int attempts;   /* preparations so far */
    int64_t drafts; /* the number of the first draft; 0: there shall be none */
    bool drafted;   /* by dynamodb_drafts_write() */
};
/* What the request's preparation has left; else an empty set. */
struct write_set dynamodb_set_begin(const struct call *call);
/* For a preparation; `before`: what the one before it has left, or NULL. */
struct write_set dynamodb_set_anew(const struct write_set *before);
bool dynamodb_set_was_checked(const struct call *call, const struct write_set *set);
bool dynamodb_set_checked(const struct call *call, struct write_set *set, bool valid);
/* In a preparation: compute the results of the writes, and leave the set to the handler. */
void dynamodb_set_prepare(const struct call *call, struct write_set *set);
/* Are two writes, of those without a failure, about the same item? */
bool dynamodb_set_repeats(const struct call *call, const struct write_set *set);
/*
 * Plan all writes, then store all of them.  A write whose failure.error is set, or whose plan fails, cancels
 * the transaction: fail() with the reason of each write, in their order; nothing is stored.
 */
enum outcome dynamodb_set_transact(const struct call *call, struct write_set *set);
/* Of a set that is stored: the capacity, and the metrics of collections, if they are asked for. */
void dynamodb_set_capacity(const struct call *call, const struct write_set *set, enum use_kind kind,
                           str asked, struct dynamodb_consumed_capacity_list *shown);
/* Of a set that has been stored before, as on AWS: what reading its items consumes. */
void dynamodb_set_repeat(const struct call *call, const struct write_set *set, str asked,
                         struct dynamodb_consumed_capacity_list *shown);
void dynamodb_set_collections(const struct call *call, const struct write_set *set, str asked,
                              struct dynamodb_item_collection_metrics_list_map *shown);

/* drafts.c */
/* In a preparation that has computed the writes. */
void dynamodb_drafts_begin(struct write_set *set);
/*
 * If the first `count` writes are large, store their large items before the writes are stored.  DONE: all are
 * there, and the writes name them.  PARKED: the handler runs again.
 */
enum outcome dynamodb_drafts_write(const struct call *call, struct write_set *set, size_t count);
/* Call this when the writes are stored: drafts that none of them has taken are removed. */
void dynamodb_drafts_end(const struct call *call, const struct write_set *set);
void dynamodb_drafts_give_up(const struct call *call, int64_t drafts);

/* transaction.c */
enum { MAX_TRANSACTION_BYTES = 4 * 1024 * 1024 };
/* Fail with a TransactionCanceledException: one reason for each failure; error == NULL: None. */
enum outcome dynamodb_transaction_cancel(const struct call *call, const struct failure *failures,
                                         size_t count);
/* Always false, after fail(). */
bool dynamodb_transaction_refuse_size(const struct call *call);
bool dynamodb_transaction_refuse_repeated(const struct call *call);
/*
 * The open table of a transaction's action, whose name is at that member ("transactItems.1.member.put").
 * False: fail() has been called.
 */
bool dynamodb_transaction_table_open(const struct call *call, const struct table *table, str member);

/* token.c */
/*
 * Has a request with that ClientRequestToken been done in the last ten minutes?  False: fail() has been
 * called, because that was another request.
 */
bool dynamodb_token_check(const struct call *call, str token, str fingerprint, bool *done);
/* Remember that the request is done. */
void dynamodb_token_store(const struct call *call, str token, str fingerprint);
/* The consumed capacity of the table and its indexes, if the request asks for it. */
const struct dynamodb_consumed_capacity *dynamodb_write_capacity(const struct call *call,
                                                                 const struct write *write, str asked);

/* key_range.c */
/* The keys of one partition from `low` on and below `high`. */
struct key_range {
    str partition, low, high;
};
/* Read a condition on a key of that schema; `places`: of an index.  False: fail() has been called. */
bool dynamodb_key_range_read(const struct call *call, const struct key_schema *schema, bool places,
                             const struct key_condition *key, struct key_range *range);
/* The next key. */
str dynamodb_key_after(struct arena *arena, str key);

/* collection.c */
/* By how much a change grows the item's collection, when the item itself grows by item_bytes. */
int64_t dynamodb_collection_growth(const struct table *table, const struct entry_change *entries,
                                   int64_t item_bytes);
/* The bytes of an item after a change, with those of its local entries. */
int64_t dynamodb_collection_share(const struct table *table, const struct entry_change *entries,
                                  int64_t item_bytes);
/* May the collection grow by that?  False: fail() has been called. */
bool dynamodb_collection_fits(const struct call *call, const struct table *table, str hash, int64_t growth);
/* Count the bytes of a change, in the items of that partition and their local entries. */
void dynamodb_collection_grow(const struct call *call, const struct table *table, str hash, int64_t bytes);
/* Of a write that is done, if the request asks for it and the table has local indexes; else NULL. */
const struct dynamodb_item_collection_metrics *
dynamodb_collection_metrics(const struct call *call, const struct write *write, str asked);

/* page.c */
/* A page of a Scan or a Query. */
struct item_page {
    const struct call *call;
    const struct table *table;
    const struct expressions *expressions;
    const struct index *index;     /* NULL: the table itself is read */
    const struct key_schema *keys; /* of the index, or the table */
    const bool *consistent_read;
    bool count_only;
    const struct projection *columns; /* of PartiQL, instead of the expressions' projection; or NULL */
    bool fetches;                     /* the items, for attributes that their entries lack */
    int64_t fetched_bytes;
    double fetched_units;
    int64_t limit; /* INT64_MAX: unlimited */
    int64_t count, scanned, size_bytes;
    str last; /* the blob of the last item that was read */
    bool more;
    bool leaves_large; /* to a worker: the read ends before an item of over LARGE_ITEM_BYTES */
    bool needs_worker; /* it did */
    /* The attributes that are decoded for the filter, and for the page; shown is empty: all. */
    struct str_list filtered, shown;
    struct dynamodb_item_list items;
};
/* The parameters that Scan and Query share. */
struct page_request {
    str select, index_name;
    const int64_t *limit;
    const bool *consistent_read;
};
/* Check them, with the projection. */
bool dynamodb_page_begin(struct item_page *page, const struct page_request *asked);
#define DYNAMODB_START_INVALID "The provided starting key is invalid"
/* Read ExclusiveStartKey, or set the sentence that refuses it. */
bool dynamodb_page_start(const struct item_page *page, const struct dynamodb_attribute_map *given,
                         struct item_key *start, str *problem);
/* Check that no path of the expressions leads into an attribute of the keys. */
bool dynamodb_page_paths_check(const struct item_page *page);
/* Check that the index has every attribute of the filter: one partition is read by no other filter, not even
 * of a local index. */
bool dynamodb_page_filter_check(const struct item_page *page);
/* Read one more item; false: the page is full, or its time is up. */
bool dynamodb_page_add(struct item_page *page, int64_t size_bytes, str blob);
/* The same for an entry of an index; item_bytes and blob are of its item. */
bool dynamodb_page_add_entry(struct item_page *page, int64_t size_bytes, int64_t item_bytes, str blob);
/* query.c, scan.c: read the items of a range, or of a span of all keys, until the page is full. */
struct key_span {
    struct item_key after; /* the items after this key */
    str end;               /* and below this key */
};
void dynamodb_page_fill_range(struct item_page *page, const struct key_range *range, bool forward);
void dynamodb_page_fill_span(struct item_page *page, const struct key_span *span);
/* All keys. */
struct key_span dynamodb_whole_span(struct arena *arena);
const struct dynamodb_consumed_capacity *dynamodb_page_capacity(const struct item_page *page, str asked);
/* The start of the next page; absent after the last page. */
struct dynamodb_attribute_map dynamodb_page_next(const struct item_page *page);
