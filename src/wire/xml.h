#pragma once

/*
 * xml.h: writing XML replies, and reading them back in the command line's client.
 */
#include "base/text.h"

/*
 * <name>, </name>, <name>text</name>, with &, <, > and " escaped, and the carriage return, which a reader
 * would otherwise turn into a newline.  Characters that XML 1.0 cannot carry in any form (other control
 * characters, U+FFFE, U+FFFF) and bytes that are not UTF-8 become U+FFFD: whatever the text is, the reply is
 * XML.
 */
void xml_open(struct text *text, str name);
void xml_close(struct text *text, str name);
void xml_element(struct text *text, str name, str value);
void xml_text(struct text *text, str value);

struct xml_attribute {
    str name; /* as it is written, with its prefix */
    str value;
};

struct xml_node {
    str name;                  /* without a namespace prefix */
    str text;                  /* unescaped; "" unless the element is a leaf */
    struct xml_node *children; /* in source order */
    size_t count;
    struct xml_attribute *attributes;
    size_t attribute_count;
};

/*
 * The root element; NULL when the source is not well-formed.  No DTD, no external entities, nesting up to
 * LIMIT_XML_DEPTH.  Text may borrow from the source.
 */
const struct xml_node *xml_parse(struct arena *arena, str source);
/* The first child of that name; NULL when no child has it, or when node is NULL. */
const struct xml_node *xml_child(const struct xml_node *node, str name);
/* The attribute of exactly that name, or the absent str. */
str xml_attribute(const struct xml_node *node, str name);
