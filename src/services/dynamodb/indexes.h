#pragma once

/*
 * indexes.h: secondary indexes: their keys, what a request may say about them, and how one is filled.
 */
#include "dynamodb_internal.h"

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
/* In the order of their names, as AWS shows them. */
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
                                  const struct dynamodb_global_secondary_index_update_list *updates,
                                  const struct dynamodb_attribute_definitions *definitions);
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
/* How a request comes to speak of an index. */
enum index_request { INDEX_OF_NEW_TABLE, INDEX_ADDED, INDEX_CHANGED };
/* There is a throughput that the billing mode forbids, or none that it asks for. */
bool dynamodb_refuse_index_throughput(const struct call *call, str name, bool on_demand,
                                      enum index_request request);
/* Of a global index: is there the throughput that the billing mode asks for? */
bool dynamodb_index_throughput_check(const struct call *call, const struct index_definition *definition,
                                     bool on_demand, enum index_request request);

/* index_build.c */
/* Fill the new index with the items of its table, in later batches. */
void dynamodb_index_build(const struct call *call, const struct table *table, const struct index *index);
/* The index of the table that is being filled, or NULL. */
const struct index *dynamodb_backfilling_index(const struct table *table);
/* The index of the table that will be filled when --table-delay is over, or NULL. */
const struct index *dynamodb_allocating_index(const struct call *call, const struct table *table);
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

/* index_keys.c */
struct write;
/* dynamodb_index_keys_check() for an item to be put; it is checked once for the indexes that there are. */
bool dynamodb_put_keys_check(const struct call *call, struct write *write);
struct table_stamp dynamodb_table_stamp(const struct table *table);
bool dynamodb_stamps_equal(const struct table_stamp *a, const struct table_stamp *b);
