#pragma once

/*
 * variables.h: names of environment variables that nobody reads, because they are misspelt.
 */
#include "options.h"

/*
 * For each variable that begins with the prefix and is not known: a warn line with the nearest known name. A
 * known name that ends with * is all names that begin so.
 */
void variables_warn_of_unknown(struct arena *arena, str prefix, const struct names *known);
