#pragma once

/*
 * rest_path.h: paths of the REST protocols: "/2015-03-31/functions/{FunctionName}/policy?List=ALL".
 * Internal to route.c and rest.c.
 */
#include "base/arena.h"
#include "wire/form.h"

/*
 * How well the request fits: the number of literal parts, 0 when it does not fit.  A label matches one
 * segment, "{Path+}" matches all the rest.
 */
int rest_path_fit(str pattern, str path, const struct form *query);
/* The part of the path that matches that label, still encoded; absent when the pattern lacks the label. */
str rest_path_label(str pattern, str path, str label);
/* The pattern with each label replaced by the result of `value_of`, encoded. */
str rest_path_fill(struct arena *arena, str pattern, str (*value_of)(void *context, str label),
                   void *context);
