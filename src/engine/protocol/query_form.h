#pragma once

/*
 * query_form.h: the form bodies of the Query protocol.  Internal to query.c.
 */
#include "base/text.h"
#include "engine/dialect.h"
#include "engine/protocol/shape.h"

/* Fill the structure; unknown fields are ignored.  Sorts the form. */
bool form_to_structure(struct arena *arena, const struct shape *shape, struct form *form, void *structure,
                       struct form_mismatch *mismatch);
/* Write the present members, each name with `prefix` before it. */
void structure_to_form(struct text *text, const struct shape *shape, str prefix, const void *structure);
