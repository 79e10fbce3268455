#pragma once

/*
 * data_pattern.h: the regular expressions of data identifiers.
 *
 * As AWS allows them: letters, digits, classes, repetitions and alternatives, but no groups.  So an
 * expression is a row of steps for each alternative, and a text is searched in one pass, whatever the
 * expression.
 */
#include "services/sns/data_identifiers.h"

struct data_pattern;

/* NULL: it is malformed, or too complicated. */
const struct data_pattern *sns_data_pattern_parse(struct arena *arena, str text);
/* Does the whole text match? */
bool sns_data_pattern_matches(struct arena *arena, const struct data_pattern *pattern, str text);
/* Add all places of the text; matches that overlap are one place. */
void sns_data_pattern_find(const struct data_pattern *pattern, str text, struct findings *findings);

/* data_keywords.c: the short names of identifiers whose data needs a word before it, and what they find. */
str sns_data_keyword_identifier(size_t index);
void sns_data_keyword_find(size_t index, str text, struct findings *findings);
