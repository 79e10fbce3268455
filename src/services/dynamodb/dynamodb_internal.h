#pragma once

/*
 * dynamodb_internal.h: what the files of DynamoDB share.
 */
#include "base/list.h"
#include "dynamodb_model.h"
#include "dynamodb_sql.h"
#include "engine/call.h"
#include "expression.h"
#include "store/store.h"
#include "value.h"

/* A table as requests about its items need it. */
struct table {
    str given; /* as the client named it: the name or the ARN */
    str account, region, name, arn;
    struct dynamodb_find_table_row row;
};

/*
 * Which item of a table, as it is stored.  hash is spread_key() of the partition key's bytes, whose order is
 * that of a scan; memcmp order of range is DynamoDB's order of sort keys.  Without a sort key, it is empty.
 */
struct item_key {
    str hash, range;
};

/* table_find.c */
/* The table that an ARN names; false when no table has it. */
bool dynamodb_locate_arn(const struct call *call, str text, struct resource *found);
/*
 * The table that the request is about, whose row.id is 0 when it does not exist.  NULL: what is given is no
 * name, and fail() has been called.
 */
const struct table *dynamodb_table_of(const struct call *call);
/* For a request about items, which fails when there is no such table. */
bool dynamodb_table_open(const struct call *call, const struct table *table);
bool dynamodb_table_name_check(const struct call *call, str name);

/* table_check.c */
bool dynamodb_table_check(const struct call *call, const struct dynamodb_create_table_input *in);
/* Absent when there is no definition of that name. */
str dynamodb_definition_type(const struct dynamodb_attribute_definitions *definitions, str name);

/* item_key.c */
/* The key out of a whole item, or out of a request's Key that must hold nothing else. */
bool dynamodb_key_of_item(const struct call *call, const struct table *table,
                          const struct dynamodb_attribute_map *item, struct item_key *key);
bool dynamodb_key_of_request(const struct call *call, const struct table *table,
                             const struct dynamodb_attribute_map *map, struct item_key *key);
/* The same of a page's start: false and the sentence, nothing has failed yet. */
bool dynamodb_key_of_start(struct arena *arena, const struct table *table,
                           const struct dynamodb_attribute_map *map, struct item_key *key, str *problem);
/* The bytes of one attribute of the key. */
str dynamodb_key_bytes(struct arena *arena, const struct dynamodb_attribute_value *value);
/* Only the key's attributes of an item. */
struct dynamodb_attribute_map dynamodb_key_attributes(struct arena *arena, const struct table *table,
                                                      const struct dynamodb_attribute_map *item);

/* request.c */
/* Fail with a ValidationException; returns false. */
bool dynamodb_refuse(const struct call *call, str sentence);
/* Check a request's item or key, and rewrite its numbers. */
bool dynamodb_attributes_check(const struct call *call, const struct dynamodb_attribute_map *attributes);

/* The expressions of a request, an absent text is none. */
struct expressions {
    struct scope scope;
    const struct node *condition; /* ConditionExpression or FilterExpression, NULL when there is none */
    const struct node *key_condition;
    const struct projection *projection; /* NULL: everything */
    const char *projected_by;            /* the parameter that says so */
    struct update update;
};
struct expression_texts {
    str condition, filter, key_condition, projection, update;
    const struct str_map *names;
    const struct dynamodb_attribute_map *values; /* NULL: the operation knows none */
    const struct str_list *attributes_to_get;    /* the older way to project; NULL like values */
    const char *value_expressions;               /* "ConditionExpression is": what values could be for */
};
bool dynamodb_expressions_read(const struct call *call, const struct expression_texts *texts,
                               struct expressions *expressions);

/* What PutItem and DeleteItem ask alike. */
struct write_request {
    str condition, return_values;
    const struct str_map *names;
    const struct dynamodb_attribute_map *values, *attributes; /* of the expression; the item or key */
};
/* Read the condition into *expressions and check the rest.  False: fail() has been called. */
bool dynamodb_write_request_check(const struct call *call, const struct write_request *request,
                                  struct expressions *expressions);

/* access.c */
/* What a policy may ask of a request about items. */
struct access {
    const struct expressions *expressions;           /* NULL: it has none, or they are wrong */
    const struct dynamodb_attribute_map *attributes; /* the item, the key or the starting key */
    bool whole_table;                                /* Scan */
};
void dynamodb_access_in_context(const struct call *call, const struct table *table,
                                const struct access *access, struct context_list *context);
/* dynamodb:Select, as the request says it or as it follows from what it projects. */
void dynamodb_select_in_context(const struct call *call, str asked, const struct expressions *expressions,
                                struct context_list *context);
/* The expressions if they were read well; else NULL, and the failure is forgotten: the handler finds it
 * again. */
const struct expressions *dynamodb_read_for_context(const struct call *call, bool well,
                                                    const struct expressions *expressions);

/* capacity.c */
enum { WRITE_UNIT_BYTES = 1024, READ_UNIT_BYTES = 4096 };
double dynamodb_write_units(int64_t size_bytes);
double dynamodb_read_units(int64_t size_bytes, const bool *consistent);
/* NULL unless the request asked for it. */
const struct dynamodb_consumed_capacity *dynamodb_consumed(const struct call *call, const struct table *table,
                                                           str asked, double units);

/* upkeep.c */
/* How many items a table has; of a large one, when it was last counted. */
struct dynamodb_count_items_row dynamodb_items_count(const struct call *call, int64_t table_id);
/* Of a new table; and of one that is gone for everybody who asks. */
void dynamodb_items_begin_counting(const struct call *call, int64_t table_id);
void dynamodb_items_remove_later(const struct call *call, int64_t table_id);
void dynamodb_upkeep_start(const struct call *call);

/* An item with a larger blob is decoded and encoded by a worker. */
enum { LARGE_ITEM_BYTES = 32 * 1024 };

/* stored.c */
/* An item that is there, perhaps: id is 0 when not. */
struct stored {
    int64_t id, size_bytes;
    str blob;
    struct dynamodb_attribute_map item; /* the blob, after dynamodb_item_decode() */
};
/* Its row, with the blob as it is. */
void dynamodb_stored_read(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored);
/* The same without the blob. */
void dynamodb_stored_find(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored);

/* write.c */
enum write_kind { WRITE_PUTS, WRITE_UPDATES, WRITE_DELETES };
/* The write of one item, step by step. */
struct write {
    enum write_kind kind;
    const struct dynamodb_attribute_map *given; /* the item, or else the key */
    str return_values, return_values_on_failure;

    /* Of the request alone: dynamodb_write_checked() */
    bool checked, valid;
    struct failure failure; /* when it is not valid */
    struct expressions expressions;

    const struct table *table;
    struct item_key key;

    /* Of the request and of what is stored: dynamodb_write_item() */
    struct stored stored;
    bool worked_out; /* the rest, from stored.blob */
    bool holds;      /* the condition */
    str problem;     /* of the update, absent when there is none */
    str blob;        /* what is to be stored, absent when nothing is */
    struct item_size size;
    struct dynamodb_attribute_map item; /* what the item becomes; this and stored.item for the reply */
};
/* A write as its preparation has left it; without one, as given. */
struct write dynamodb_write_begin(const struct call *call, struct write given);
/* Has the request been checked before?  Then the outcome is *valid, and fail() has been called when it is
 * not. */
bool dynamodb_write_was_checked(const struct call *call, const struct write *write);
/* Remember that outcome; returns it. */
bool dynamodb_write_checked(const struct call *call, struct write *write, bool valid);
/* Of a preparation: work out what the write comes to, and leave it to the handler. */
void dynamodb_write_prepare(const struct call *call, struct write *write);
/* Read what is stored, ask the condition, and write. */
enum outcome dynamodb_write_item(const struct call *call, struct write *write);

/* page.c */
/* A page of a Scan or a Query. */
struct page {
    const struct call *call;
    const struct table *table;
    const struct expressions *expressions;
    bool count_only;
    int64_t limit; /* INT64_MAX: none */
    int64_t count, scanned, size_bytes;
    str last; /* the blob of the last item that was looked at */
    bool more;
    struct dynamodb_attribute_map_list items;
};
/* What both have to say about Select, IndexName and a projection. */
bool dynamodb_page_begin(struct page *page, str select, str index_name, const int64_t *limit);
/* Look at one more item; false: the page is full, or has taken its time. */
bool dynamodb_page_add(struct page *page, int64_t size_bytes, str blob);
/* Where the next page begins, absent when this is the last. */
struct dynamodb_attribute_map dynamodb_page_next(const struct page *page);
