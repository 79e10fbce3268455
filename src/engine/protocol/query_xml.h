#pragma once

/*
 * query_xml.h: XML bodies, of Query and REST-XML.  Internal to these protocols.
 */
#include "base/text.h"
#include "engine/protocol/shape.h"

struct call;
struct failure;
struct http_reply;
struct xml_node;

/*
 * Write the present members that travel in the body as elements.  `moments` is the format of timestamps whose
 * member does not name one.
 */
void structure_to_xml(struct text *text, const struct shape *shape, const void *structure,
                      enum timestamp_format moments);
/*
 * Fill the structure from the element's children, and mark missing required members; false when a text does
 * not have its member's type.
 */
bool xml_to_structure(struct arena *arena, const struct shape *shape, const struct xml_node *node, bool mark,
                      void *structure);
/* Write the start tag of a structure: the namespace that it declares, and the members that are attributes. */
void xml_open_structure(struct text *text, str name, const struct xml_namespace *declares,
                        const struct shape *shape, const void *structure);

/* query.c: the call's failure, in an ErrorResponse or as the root; a client reads either. */
void write_xml_error(struct text *text, const struct call *call);
void write_bare_xml_error(struct text *text, const struct call *call);
void read_xml_error(struct arena *arena, const struct http_reply *reply, struct failure *failure);
