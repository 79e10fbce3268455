#pragma once

/*
 * event_pattern_internal.h: a parsed pattern.
 */
#include "aws/event_pattern.h"

enum { EVENT_ADDRESS_BYTES = 16 };

/* How numbers are compared: as whole multiples of a small power of ten. */
struct event_numbers {
    double most; /* the range is -most to most */
    double scale;
};
/* False when the number is out of range; then it is compared as text. */
bool event_number_read(const struct event_numbers *numbers, str text, int64_t *number);

/* Make the fields whose names have dots nodes in nodes: {"a.b": …} is {"a": {"b": …}}. */
struct event_node;
void event_pattern_split(struct arena *arena, struct event_node *root);

/* An IPv4 or IPv6 address: *size is 4 or 16. */
bool event_address_read(str text, unsigned char address[EVENT_ADDRESS_BYTES], size_t *size);

/* For qsort() and bsearch() over the two lists below. */
int event_compare_texts(const void *a, const void *b);
int event_compare_integers(const void *a, const void *b);

struct event_texts {
    str *items;
    size_t count;
};
struct event_integers {
    int64_t *items;
    size_t count;
};

/* Values that are compared for equality, each list in order. */
struct event_set {
    struct event_texts strings;
    struct event_texts others; /* null, true, false, and numbers out of range, as written */
    struct event_integers numbers;
};

enum event_rule_kind {
    EVENT_RULE_PREFIX,
    EVENT_RULE_SUFFIX,
    EVENT_RULE_EQUALS, /* ignores case */
    EVENT_RULE_WILDCARD,
    EVENT_RULE_NUMERIC,
    EVENT_RULE_CIDR,
    EVENT_RULE_EXISTS,
    EVENT_RULE_ANYTHING_BUT,
};

struct event_rule {
    enum event_rule_kind kind;
    bool ignore_case;
    str text;                    /* of a prefix, a suffix or an equality */
    struct event_texts segments; /* of a wildcard: the texts between its stars */
    int64_t bottom, top;         /* of a range, both included */
    unsigned char first_address[EVENT_ADDRESS_BYTES], last_address[EVENT_ADDRESS_BYTES];
    size_t address_size;
    bool exists;
    struct event_set but;          /* of anything-but: these values and … */
    struct event_rules *but_rules; /* … what these rules match are excluded */
};
struct event_rules {
    struct event_rule *items;
    size_t count;
};

struct event_field {
    str name;
    struct event_node *inner; /* keys inside the field; NULL: the rules below */
    struct event_set set;
    struct event_rules rules;
    size_t absence; /* not 0 if {"exists": false} is among the rules: the number of this field among those */
};

/* An object: all its fields must match, and one node of each $or. */
struct event_node {
    struct {
        struct event_field *items;
        size_t count;
    } fields;
    struct event_nodes {
        struct event_node *items;
        size_t count;
    } either; /* an object has at most one $or */
};

struct event_pattern {
    struct event_numbers numbers;
    struct event_node root;
    size_t absences; /* of its fields, those with an `absence` */
};
