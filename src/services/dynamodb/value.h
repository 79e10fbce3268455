#pragma once

/*
 * value.h: attribute values and items: which may be stored, how values compare, and how an item is stored.
 *
 * Numbers inside a checked value have the one text that number.h gives them, so equal values are equal texts.
 */
#include "base/arena.h"
#include "base/positions.h"
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
/* The sentence for an item that is nested too deeply: of PartiQL, and of everything else. */
#define DYNAMODB_NESTED_TOO_DEEPLY "Nesting Levels have exceeded supported limits"
extern const str dynamodb_item_too_deep;

extern const str dynamodb_empty_attribute_name;

_Static_assert(DYNAMODB_ATTRIBUTE_VALUE_S == VALUE_S + 1 && DYNAMODB_ATTRIBUTE_VALUE_BOOL == VALUE_BOOL + 1,
               "the types are the members of the model, in its order");

/* The type of a value; VALUE_NONE, too, for the several members of an unchecked one. */
enum value_type dynamodb_value_type(const struct dynamodb_attribute_value *value);

static inline bool dynamodb_value_is(const struct dynamodb_attribute_value *value, enum value_type type)
{
    return value->is == type + 1;
}

/* A string, a number or a binary: its text is `s`. */
static inline bool dynamodb_value_is_scalar(const struct dynamodb_attribute_value *value)
{
    return value->is - 1 <= VALUE_B;
}

/* A set of any type: its elements are `ss`. */
static inline bool dynamodb_value_is_set(const struct dynamodb_attribute_value *value)
{
    return value->is - 1 >= VALUE_SS && value->is - 1 <= VALUE_BS;
}

/* A value of type S, N or B. */
static inline struct dynamodb_attribute_value dynamodb_value_of(enum value_type type, str text)
{
    return (struct dynamodb_attribute_value){.is = type + 1, .s = text};
}
/* "S", "NULL"; and back, VALUE_NONE for an unknown name. */
str dynamodb_value_type_name(enum value_type type);
enum value_type dynamodb_value_type_named(str name);

/*
 * AWS checks the values of some operations in an older layer, which reads numbers and words refusals
 * differently.
 */
enum value_layer { VALUE_LAYER_CURRENT, VALUE_LAYER_OLDER };

/* Is it a valid value?  Its numbers are rewritten to their one text.  False: *problem is AWS's sentence. */
bool dynamodb_value_check(struct arena *arena, enum value_layer layer, struct dynamodb_attribute_value *value,
                          str *problem);
bool dynamodb_item_check(struct arena *arena, enum value_layer layer,
                         const struct dynamodb_attribute_map *item, str *problem);
/* The first text that equals an earlier one, or NULL. */
const str *dynamodb_first_repeated(struct arena *arena, const struct str_list *texts);

/* value_compare.c */
/* Is the text in the list, whose positions these are? */
bool dynamodb_texts_hold(const struct str_list *texts, const struct positions *positions, str text);
/* Both values have been checked.  Rewinds the arena. */
bool dynamodb_value_equal(struct arena *arena, const struct dynamodb_attribute_value *a,
                          const struct dynamodb_attribute_value *b);
/* Compare two strings, numbers or binaries; false for types without an order. */
bool dynamodb_value_compare(const struct dynamodb_attribute_value *a,
                            const struct dynamodb_attribute_value *b, int *order);

/* The item's attribute of that name, or NULL.  For many searches use lookup.h. */
const struct dynamodb_attribute_value *dynamodb_item_get(const struct dynamodb_attribute_map *item, str name);

/* names.c */
/* Sort the names, each once. */
void dynamodb_names_sort(struct str_list *names);
/* Does a list that it has sorted have that name? */
bool dynamodb_names_have(const struct str_list *names, str name);

/* item_blob.c */
struct item_size {
    size_t bytes; /* as AWS counts it towards the 400 KB */
    int depth;    /* levels of nesting, for MAX_ITEM_DEPTH */
};
/* The blob of a checked item.  Over 400 KB it is incomplete, and the depth unknown. */
str dynamodb_item_encode(struct arena *arena, const struct dynamodb_attribute_map *item,
                         struct item_size *size);
/* The bytes of a checked value, as AWS counts them towards the 400 KB; over 400 KB only that it is larger. */
size_t dynamodb_value_bytes(const struct dynamodb_attribute_value *value);
/* The decoded item points into the blob. */
struct dynamodb_attribute_map dynamodb_item_decode(struct arena *arena, str blob);
/* Only the attributes of those names, which are sorted; what the others have is skipped. */
struct dynamodb_attribute_map dynamodb_item_pick(struct arena *arena, str blob, const struct str_list *names);
