#pragma once

/*
 * policy_document.h: a resource's policy, edited one statement at a time, each known by its Sid.
 *
 * What else the document says stays as it is, and so do statements that have no Sid.
 */
#include "wire/json.h"

struct policy_document {
    const struct json *document;   /* NULL when the text is not a JSON object */
    const struct json *statements; /* the document may hold a single one without an array around it */
    size_t count;
};

struct policy_document policy_document_read(struct arena *arena, str text);
bool policy_document_has(const struct policy_document *policy, str sid);
/*
 * The document with one more statement (JSON) at its end. `head` is what a new document says before its
 * statements: members with commas between them.
 */
str policy_document_add(struct arena *arena, const struct policy_document *policy, str head, str statement);
/* The document without that statement; absent when no other is left. */
str policy_document_remove(struct arena *arena, const struct policy_document *policy, str sid);
