#pragma once

/*
 * rest_path.h: paths of the REST protocols: "/2015-03-31/functions/{FunctionName}/policy?List=ALL".
 * Internal to route.c and rest.c.
 */
#include "base/arena.h"
#include "wire/form.h"

/*
 * How well the request fits: the number of literal parts, 0 when it does not fit at all.  A label takes
 * one segment, "{Path+}" takes all there are.
 */
int rest_path_fit(str pattern, str path, const struct form *query);
/* What that label stands for in the path, still encoded; the absent str when the pattern has no such label.
 */
str rest_path_label(str pattern, str path, str label);
/* The pattern with each label replaced by what `value_of` says, encoded. */
str rest_path_fill(struct arena *arena, str pattern, str (*value_of)(void *context, str label),
                   void *context);
