#pragma once

/*
 * data_identifiers.h: sensitive data in a text, by the names of AWS's managed data identifiers.
 *
 * To add one, write a function that adds what it finds, in time linear in the text, and give it a line in the
 * table of data_identifiers.c.
 */
#include "base/list.h"

/* Bytes start to end-1 of the text. */
struct finding {
    size_t start, end;
};
struct findings {
    struct arena *arena;
    struct finding *items; /* in order, without overlaps */
    size_t count;
};

/* Is it one that Orderly can find? */
bool sns_data_identifier_is_known(str name);
/* All places of that kind of data. */
struct findings sns_data_find(struct arena *arena, str name, str text);
