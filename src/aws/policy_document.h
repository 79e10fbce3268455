#pragma once

/*
 * policy_document.h: a resource's policy, edited one statement at a time; a statement is known by its Sid.
 *
 * An edit keeps all other members of the document, and statements without a Sid.
 */
#include "wire/json.h"

struct policy_document {
    const struct json *document;   /* NULL when the text is not a JSON object */
    const struct json *statements; /* an array, or a single statement without an array */
    size_t count;
};

struct policy_document policy_document_read(struct arena *arena, str text);
/* The statement with that Sid, or NULL. */
const struct json *policy_document_find(const struct policy_document *policy, str sid);
/*
 * The document with one more statement (JSON) at its end.  `head` is the text of a new document before its
 * statements: members with commas between them.
 */
str policy_document_add(struct arena *arena, const struct policy_document *policy, str head, str statement);
/* The document without that statement; absent when it was the last one. */
str policy_document_remove(struct arena *arena, const struct policy_document *policy, str sid);
