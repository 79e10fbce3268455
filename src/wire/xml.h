#pragma once

/*
 * xml.h: writing XML replies, and reading them back (the command line is a client, too).
 */
#include "base/text.h"

/*
 * <name>, </name>, <name>text</name> with &, <, > and " escaped, and the carriage return, which written
 * plainly would be read back as a newline.  What XML 1.0 cannot carry in any form (other control
 * characters, U+FFFE, U+FFFF, what is no UTF-8) becomes U+FFFD: whatever the text, the reply is XML.
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
    str text;                  /* unescaped; of a leaf, empty elsewhere */
    struct xml_node *children; /* in source order */
    size_t count;
    struct xml_attribute *attributes;
    size_t attribute_count;
};

/*
 * The root element; NULL when the source is not well-formed.  No DTD, no external entities, nesting
 * up to LIMIT_XML_DEPTH.  Text may borrow from the source.
 */
const struct xml_node *xml_parse(struct arena *arena, str source);
/* The first child of that name, NULL when there is none or node is NULL. */
const struct xml_node *xml_child(const struct xml_node *node, str name);
/* The attribute of exactly that name, the absent str when the element lacks it. */
str xml_attribute(const struct xml_node *node, str name);
