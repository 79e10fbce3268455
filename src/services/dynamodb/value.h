#pragma once

/*
 * value.h: attribute values and items: what may be stored, how values compare, and how an item is stored.
 *
 * Numbers inside a checked value are in the one text that number.h gives them, so equal values are equal
 * texts.
 */
#include "base/arena.h"
#include "dynamodb_model.h"

enum value_type {
    VALUE_S,
    VALUE_N,
    VALUE_B,
    VALUE_SS,
    VALUE_NS,
    VALUE_BS,
    VALUE_M,
    VALUE_L,
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_NONE, /* no member is present */
};

enum { MAX_ITEM_BYTES = 400 * 1024, MAX_ITEM_DEPTH = 32 };
/* The sentence for an item that is deeper. */
extern const str dynamodb_item_too_deep;

/* Of a value with one member; the first when there are several. */
enum value_type dynamodb_value_type(const struct dynamodb_attribute_value *value);
/* "S", "NULL"; and back, VALUE_NONE when there is no such type. */
str dynamodb_value_type_name(enum value_type type);
enum value_type dynamodb_value_type_named(str name);

/*
 * Is it one of DynamoDB's values?  Its numbers are rewritten in their one text.  False: *problem is
 * AWS's sentence.
 */
bool dynamodb_value_check(struct arena *arena, struct dynamodb_attribute_value *value, str *problem);
bool dynamodb_item_check(struct arena *arena, const struct dynamodb_attribute_map *item, str *problem);
/* The first text that another one before it equals; NULL when all are different. */
const str *dynamodb_first_repeated(struct arena *arena, const struct str_list *texts);

/* value_compare.c */
/* Both values have been checked.  The arena is as it was afterwards. */
bool dynamodb_value_equal(struct arena *arena, const struct dynamodb_attribute_value *a,
                          const struct dynamodb_attribute_value *b);
/* Of two strings, numbers or binaries; false when they have no order. */
bool dynamodb_value_compare(const struct dynamodb_attribute_value *a,
                            const struct dynamodb_attribute_value *b, int *order);

/* NULL when the item has no such attribute.  lookup.h is for those who ask often. */
const struct dynamodb_attribute_value *dynamodb_item_get(const struct dynamodb_attribute_map *item, str name);

/* item_blob.c */
struct item_size {
    size_t bytes; /* what AWS counts against the 400 KB */
    int depth;    /* levels of values, to be held against MAX_ITEM_DEPTH */
};
/* The blob of a checked item.  It is not whole, and the depth not known, when there are over 400 KB. */
str dynamodb_item_encode(struct arena *arena, const struct dynamodb_attribute_map *item,
                         struct item_size *size);
/* What is decoded points into the blob. */
struct dynamodb_attribute_map dynamodb_item_decode(struct arena *arena, str blob);
