/*
 * query_xml.c: typed structs to XML, in the form of AWS's Query services, and back for the client.
 *
 *     <Attributes><entry><key>…</key><value>…</value></entry></Attributes>     a map
 *     <Attribute><Name>…</Name><Value>…</Value></Attribute>                    the same flattened
 *     <Topics><member><TopicArn>…</TopicArn></member></Topics>                 a list
 *
 * A present, empty list is an empty element; flattened it has no element.
 */
#include "engine/protocol/query_xml.h"

#include "wire/xml.h"

static str name_or(const char *name, str usual)
{
    return name ? str_of(name) : usual;
}

static bool is_flattened(const struct member *member)
{
    return member && member->flattened;
}

/* ---- to XML ---- */

/* An element that is written, and what decides its form. */
struct element {
    str name;
    const struct xml_namespace *declares;
    const struct member *member; /* NULL: an item, a map's key or a map's value */
    enum timestamp_format moments;
};

static void write_value(struct text *text, const struct element *element, const struct shape *shape,
                        const void *value);

static void add_attribute(struct text *text, str name, str value)
{
    text_add_char(text, ' ');
    text_add(text, name);
    text_add(text, S("=\""));
    xml_text(text, value);
    text_add_char(text, '"');
}

/* The start tag but for its end. */
static void begin_tag(struct text *text, str name, const struct xml_namespace *declares)
{
    text_add_char(text, '<');
    text_add(text, name);
    if (declares->uri)
        add_attribute(text,
                      declares->prefix ? arena_format(text->arena, "xmlns:%s", declares->prefix) : S("xmlns"),
                      str_of(declares->uri));
}

static void open_element(struct text *text, str name, const struct xml_namespace *declares)
{
    begin_tag(text, name, declares);
    text_add_char(text, '>');
}

static void write_items(struct text *text, const struct shape *shape, const struct element *element,
                        struct items items)
{
    size_t size = item_size(shape);

    for (size_t i = 0; i < items.count; i++)
        write_value(text, element, shape->element, items.data + i * size);
}

static void write_entries(struct text *text, const struct shape *shape, const struct element *element,
                          struct items items)
{
    struct element key = {name_or(shape->key_name, S("key")), &shape->key_declares, NULL, element->moments};
    struct element value = {name_or(shape->value_name, S("value")), &shape->element_declares, NULL,
                            element->moments};
    size_t size = item_size(shape);

    for (size_t i = 0; i < items.count; i++) {
        char *entry = items.data + i * size;
        open_element(text, element->name, element->declares);
        write_value(text, &key, shape->key, entry);
        write_value(text, &value, shape->element, entry + MAP_VALUE_OFFSET);
        xml_close(text, element->name);
    }
}

/* The elements of a flattened collection have the member's own name and namespace. */
static void write_collection(struct text *text, const struct element *element, const struct shape *shape,
                             const void *value)
{
    static const struct xml_namespace none = {NULL, NULL};
    bool list = shape->type == SHAPE_LIST;
    void (*write)(struct text *, const struct shape *, const struct element *, struct items) =
        list ? write_items : write_entries;
    struct element flat = {element->name, element->declares, NULL, element->moments};
    struct element inner = {name_or(shape->item_name, list ? S("member") : S("entry")),
                            list ? &shape->element_declares : &none, NULL, element->moments};

    if (is_flattened(element->member)) {
        write(text, shape, &flat, items_read(value));
        return;
    }
    open_element(text, element->name, element->declares);
    write(text, shape, &inner, items_read(value));
    xml_close(text, element->name);
}

static void write_value(struct text *text, const struct element *element, const struct shape *shape,
                        const void *value)
{
    enum timestamp_format own = element->member ? element->member->timestamp_format : TIMESTAMP_DEFAULT;
    enum timestamp_format format = own == TIMESTAMP_DEFAULT ? element->moments : own;

    switch (shape->type) {
    case SHAPE_STRUCTURE:
        xml_open_structure(text, element->name, element->declares->uri ? element->declares : &shape->declares,
                           shape, value);
        structure_to_xml(text, shape, value, element->moments);
        xml_close(text, element->name);
        break;
    case SHAPE_LIST:
    case SHAPE_MAP:
        write_collection(text, element, shape, value);
        break;
    default:
        open_element(text, element->name, element->declares);
        xml_text(text, scalar_to_text(text->arena, shape, format, value));
        xml_close(text, element->name);
    }
}

void xml_open_structure(struct text *text, str name, const struct xml_namespace *declares,
                        const struct shape *shape, const void *structure)
{
    begin_tag(text, name, declares);
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        const void *value = member->attribute ? member_value(member, structure) : NULL;
        if (value)
            add_attribute(text, member->query_name,
                          scalar_to_text(text->arena, member->shape, member->timestamp_format, value));
    }
    text_add_char(text, '>');
}

void structure_to_xml(struct text *text, const struct shape *shape, const void *structure,
                      enum timestamp_format moments)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        const void *value = member_value(member, structure);
        if (!value || member->location != IN_BODY || member->attribute)
            continue;
        struct element element = {member->query_name, &member->declares, member, moments};
        write_value(text, &element, member->shape, value);
    }
}

/* ---- from XML ---- */

struct reader {
    struct arena *arena;
    bool mark; /* mark missing members */
};

static bool read_value(const struct reader *reader, const struct member *member, const struct shape *shape,
                       const struct xml_node *node, void *value);

static bool read_structure(const struct reader *reader, const struct shape *shape,
                           const struct xml_node *node, void *structure);

static bool read_entry(const struct reader *reader, const struct shape *shape, const struct xml_node *node,
                       char *entry)
{
    const struct xml_node *key = xml_child(node, name_or(shape->key_name, S("key")));
    const struct xml_node *value = xml_child(node, name_or(shape->value_name, S("value")));

    *entry_key(entry) = key ? key->text : S("");
    return !value || read_value(reader, NULL, shape->element, value, entry + MAP_VALUE_OFFSET);
}

/* Read the children of the node with the name `name` as a collection. */
static bool read_collection(const struct reader *reader, const struct shape *shape,
                            const struct xml_node *node, str name, void *value)
{
    size_t size = item_size(shape);
    struct items items = items_new(reader->arena, shape, node->count);

    items.count = 0;
    for (size_t i = 0; i < node->count; i++) {
        const struct xml_node *child = &node->children[i];
        if (!str_equal(child->name, name))
            continue;
        char *item = items.data + items.count++ * size;
        bool read = shape->type == SHAPE_LIST ? read_value(reader, NULL, shape->element, child, item)
                                              : read_entry(reader, shape, child, item);
        if (!read)
            return false;
    }
    items_write(value, items);
    return true;
}

static bool read_value(const struct reader *reader, const struct member *member, const struct shape *shape,
                       const struct xml_node *node, void *value)
{
    enum timestamp_format format = member ? member->timestamp_format : TIMESTAMP_DEFAULT;

    switch (shape->type) {
    case SHAPE_OPAQUE:
        *(str *)value = node->count > 0 || node->text.size > 0 ? S("") : (str){0};
        return true;
    case SHAPE_STRUCTURE:
        return read_structure(reader, shape, node, value);
    case SHAPE_LIST:
        return read_collection(reader, shape, node, name_or(shape->item_name, S("member")), value);
    case SHAPE_MAP:
        return read_collection(reader, shape, node, name_or(shape->item_name, S("entry")), value);
    default:
        return scalar_from_text(reader->arena, shape, format, node->text, value);
    }
}

static bool read_attribute(const struct reader *reader, const struct member *member,
                           const struct xml_node *node, void *structure)
{
    str text = xml_attribute(node, member->query_name);

    return !str_present(text) || scalar_from_text(reader->arena, member->shape, member->timestamp_format,
                                                  text, member_room(reader->arena, member, structure));
}

static bool read_member(const struct reader *reader, const struct member *member, const struct xml_node *node,
                        void *structure)
{
    const struct xml_node *child = xml_child(node, member->query_name);

    if (member->attribute)
        return read_attribute(reader, member, node, structure);
    if (!child || member->location != IN_BODY)
        return true;
    void *room = member_room(reader->arena, member, structure);
    return is_flattened(member) ? read_collection(reader, member->shape, node, member->query_name, room)
                                : read_value(reader, member, member->shape, child, room);
}

static bool read_structure(const struct reader *reader, const struct shape *shape,
                           const struct xml_node *node, void *structure)
{
    if (reader->mark)
        mark_missing(shape, structure);
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++)
        if (!read_member(reader, member, node, structure))
            return false;
    return true;
}

bool xml_to_structure(struct arena *arena, const struct shape *shape, const struct xml_node *node, bool mark,
                      void *structure)
{
    struct reader reader = {arena, mark};

    return read_structure(&reader, shape, node, structure);
}
