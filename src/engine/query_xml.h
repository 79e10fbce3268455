#pragma once

/*
 * query_xml.h: the XML bodies of the Query protocol.  Internal to protocol_query.c.
 */
#include "base/text.h"
#include "engine/shape.h"

struct xml_node;

/* The members that are present, as elements. */
void structure_to_xml(struct text *text, const struct shape *shape, const void *structure);
/* Fill the structure from the element's children; false when a text is not of its member's type. */
bool xml_to_structure(struct arena *arena, const struct shape *shape, const struct xml_node *node,
                      void *structure);
