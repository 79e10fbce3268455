#pragma once

/*
 * insights_index.h: what a query asks of field indexes, and the hashes by which an index finds fields'
 * values.
 */
#include "insights_row.h"

/* Behind the word filterIndex. */
bool logs_insights_filter_index(struct insights_parser *parser);
/* The equalities that a filter needs are looked up in the index, too: all rows that it passes have them. */
void logs_insights_index_filter(struct insights_parser *parser, const struct insights_node *condition);
bool logs_insights_is_generated(str field);
/* Equal values of a field have equal hashes. */
uint32_t logs_insights_index_hash(struct arena *arena, str field, const struct insights_value *value);
