#pragma once

/*
 * pages.h: pages of a Scan or a Query, of a table or an index.
 */
#include "dynamodb_internal.h"

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
/* The least range key behind that of a page's start. */
str dynamodb_page_after(const struct item_page *page, str range);
/* Check that no path of the expressions leads into an attribute of the keys. */
bool dynamodb_page_paths_check(const struct item_page *page);
/*
 * Check that the index has every attribute of the filter: one partition is read by no other filter, not even
 * of a local index.
 */
bool dynamodb_page_filter_check(const struct item_page *page);
/* Fail because of these attributes; returns false. */
bool dynamodb_page_refuse_filter(const struct item_page *page, const struct str_list *missing);
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
