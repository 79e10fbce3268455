#pragma once

/*
 * dynamodb_internal.h: tables and items, as requests about items need them; reads and writes of items.
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
    bool made, deleted;                 /* by this request */
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

/* What the row of a located resource is: a struct table, also for an index; a struct stream; a backup's. */
enum resource_kind { RESOURCE_TABLE, RESOURCE_STREAM, RESOURCE_BACKUP };

/*
 * The key of an item as it is stored.  hash is spread_key() of the partition key's bytes, in whose order a
 * scan reads; memcmp order of range is DynamoDB's order of sort keys.  Without a sort key, range is empty.
 */
struct item_key {
    str hash, range;
};

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

/* table_find.c */
enum resource_kind dynamodb_resource_kind(const struct resource *resource);

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
/*
 * The same for a page's start, which may have other attributes, too: on false *problem is the sentence, and
 * fail() has not been called.
 */
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
/* The same, with AWS's words for values of parameters before the sentence. */
bool dynamodb_refuse_parameter(const struct call *call, str sentence);
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
    double factor; /* of a table's units: 2 in a transaction; those of its indexes are not doubled */
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
/* The call, as one of an operation that only reads: its units are those of reads. */
const struct call *dynamodb_as_reading(const struct call *call);

/* metrics.c */
/* Of a request that has succeeded, for the table or its global index; index: NULL for the table. */
void dynamodb_count_capacity(const struct call *call, const struct table *table, const struct index *index,
                             double units);
void dynamodb_count_throttle(const struct call *call, const struct table *table, const struct index *index,
                             bool on_demand);
void dynamodb_count_returned(const struct call *call, const struct table *table, int64_t items);
/* A write of a transaction conflicts with another request. */
void dynamodb_count_conflict(const struct call *call, const struct table *table);
/* An item of the table was deleted by time to live. */
void dynamodb_count_expired(const struct call *call, const struct table *table);
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
/*
 * What of a table a prepared write depends on.  Every new index has a higher id, so two sets of indexes
 * differ.
 */
struct table_stamp {
    size_t indexes;
    int64_t last_index_id, stream_id;
};

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
    int64_t swap;     /* has stored the new item's entries; 0: none */
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
void dynamodb_entries_change(const struct call *call, const struct change *change, int64_t row);
/* For an index that is being filled: add the entry of that item, if the index can hold it. */
void dynamodb_entry_add(const struct call *call, const struct table *table, const struct index *index,
                        const struct stored *stored);
/* The bytes of the entries that the changes add, remove or resize. */
int64_t dynamodb_entries_moved_bytes(const struct entry_change *changes, size_t count);
/* The attributes of an item that say where its entries are; absent for an absent item. */
str dynamodb_entries_source(const struct call *call, const struct table *table, str blob);
/*
 * For swaps.c: add the entries of a row after the changes, or remove those of an item's row; does not count
 * them. Returns their bytes.
 */
int64_t dynamodb_entries_add(const struct call *call, const struct table *table,
                             const struct entry_change *changes, int64_t row);
int64_t dynamodb_entries_remove(const struct call *call, const struct table *table, str blob, int64_t row);

/* swaps.c */
/* An item's row is replaced by another one, whose entries have been stored before; id 0: it stays. */
struct swap {
    int64_t id;
    int64_t old_row; /* 0: none */
};

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
    bool of_statement; /* PartiQL's */
    bool inserts;      /* its INSERT: the condition is that there is no such item */

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
    struct swap swap;                   /* dynamodb_swaps_write() */
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
/*
 * Set the key, and check it and the request's paths against the table's schema.  False: fail() has been
 * called.
 */
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

    int attempts;          /* preparations so far */
    int64_t drafts;        /* the number of the first draft; 0: there shall be none */
    bool drafted, swapped; /* by dynamodb_drafts_write(): has it drafts of items, and of their entries? */
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
/* fail() with the reason of each write, in their order; returns FAILED. */
enum outcome dynamodb_set_cancel(const struct call *call, const struct write_set *set);
/* Of a set that is stored: the capacity, and the metrics of collections, if they are asked for. */
void dynamodb_set_capacity(const struct call *call, const struct write_set *set, enum use_kind kind,
                           str asked, struct dynamodb_consumed_capacity_list *shown);
/* Of a set that has been stored before, as on AWS: what reading its items consumes. */
void dynamodb_set_repeat(const struct call *call, const struct write_set *set, str asked,
                         struct dynamodb_consumed_capacity_list *shown);
void dynamodb_set_collections(const struct call *call, const struct write_set *set, str asked,
                              struct dynamodb_item_collection_metrics_list_map *shown);

/* swaps.c */
/*
 * Do the first `count` writes, which may succeed, change so many entries that it pays to swap the items'
 * rows?
 */
bool dynamodb_swaps_pay(const struct write_set *set, size_t count);
/* Store the entries of the new rows.  False: the slice is spent. */
bool dynamodb_swaps_write(const struct call *call, struct write_set *set, size_t count, struct slice *slice);
/* What dynamodb_change_apply() shall use; 0 when the item's row is not the one that the swap is about. */
int64_t dynamodb_swap_of(const struct write *write);
/*
 * Remove the entries without a row of the swaps with those numbers.  False: there are more.
 */
bool dynamodb_swaps_end(const struct call *call, int64_t low, int64_t high);

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
/* For their timer. */
void dynamodb_drafts_remove(const struct call *call, int64_t drafts);

/* transaction.c */
enum { MAX_TRANSACTION_BYTES = 4 * 1024 * 1024 };
/* Fail with a TransactionCanceledException: one reason for each failure; error == NULL: None. */
enum outcome dynamodb_transaction_cancel(const struct call *call, const struct failure *failures,
                                         size_t count);
/* Always false, after fail().  `bytes` are those of all its items. */
bool dynamodb_transaction_refuse_size(const struct call *call, int64_t bytes);
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
