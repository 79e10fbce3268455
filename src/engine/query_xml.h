#pragma once

/*
 * query_xml.h: XML bodies, of Query and REST-XML.  Internal to these protocols.
 */
#include "base/text.h"
#include "engine/shape.h"

struct call;
struct failure;
struct http_reply;
struct xml_node;

/* The members that are present and travel in the body, as elements. */
void structure_to_xml(struct text *text, const struct shape *shape, const void *structure);
/* Fill the structure from the element's children, marking what is required and missing; false when a text is
 * not of its member's type. */
bool xml_to_structure(struct arena *arena, const struct shape *shape, const struct xml_node *node, bool mark,
                      void *structure);
/*
 * The start tag of a structure: its namespace (that of the service, which may be NULL, when the shape has
 * none of its own), and the members that are attributes.
 */
void xml_open_structure(struct text *text, str name, const struct shape *shape, const struct service *service,
                        const void *structure);

/* protocol_query.c: the call's failure, in an ErrorResponse or by itself; and what a client makes of either.
 */
void write_xml_error(struct text *text, const struct call *call);
void write_bare_xml_error(struct text *text, const struct call *call);
void read_xml_error(struct arena *arena, const struct http_reply *reply, struct failure *failure);
