#pragma once

/*
 * data_identifiers.h: sensitive data in a text, by the names of AWS's managed data identifiers, and by the
 * regular expressions of a policy's own ones.
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

/* Identifiers are given as policies name them: "arn:aws:dataprotection::aws:data-identifier/EmailAddress". */

struct json;

/* Is it a managed one that Orderly can find? */
bool sns_data_identifier_is_known(str identifier);
/* "EmailAddress" */
str sns_data_identifier_name(str identifier);

/* Is there a managed one of that short name? */
bool sns_data_identifier_is_managed(str name);

enum {
    PLAIN_IDENTIFIERS = 9,
    KEYWORD_IDENTIFIERS = 7,
    DATA_IDENTIFIERS = PLAIN_IDENTIFIERS + KEYWORD_IDENTIFIERS,
    MAX_CUSTOM_IDENTIFIERS = 10,
};

/* A text, and what has been looked for in it: each kind of data is searched once.  Begins as {.arena, .text,
 * .custom}.
 */
struct scan {
    struct arena *arena;
    str text;
    const struct json *custom; /* the policy's own identifiers, [{"Name": …, "Regex": …}]; or NULL */
    struct findings found[DATA_IDENTIFIERS + MAX_CUSTOM_IDENTIFIERS];
    bool searched[DATA_IDENTIFIERS + MAX_CUSTOM_IDENTIFIERS];
};
/* Another text, unless it is the same. */
void sns_scan_text(struct scan *scan, str text);
/* All places of that kind of data. */
const struct findings *sns_data_find(struct scan *scan, str identifier);
