/*
 * fuzz_xml.c: a tree survives being written and read again; so does any text.
 */
#include "fuzz.h"
#include "wire/utf8.h"
#include "wire/xml.h"

static void write_tree(struct text *text, const struct xml_node *node)
{
    xml_open(text, node->name);
    xml_text(text, node->text);
    for (size_t i = 0; i < node->count; i++)
        write_tree(text, &node->children[i]);
    xml_close(text, node->name);
}

static void check_equal(const struct xml_node *a, const struct xml_node *b)
{
    check(b != NULL && str_equal(a->name, b->name) && str_equal(a->text, b->text) && a->count == b->count);
    for (size_t i = 0; i < a->count; i++)
        check_equal(&a->children[i], &b->children[i]);
}

static void check_text(struct arena *arena, str input)
{
    struct text text = text_in(arena);

    xml_element(&text, S("t"), input);
    const struct xml_node *node = xml_parse(arena, text_str(&text));
    check(node != NULL && str_equal(node->text, input));
}

FUZZ(arena, input)
{
    struct text text = text_in(arena);
    const struct xml_node *root = xml_parse(arena, input);

    if (utf8_valid(input) && str_index(input, '\0') < 0)
        check_text(arena, input);
    if (!root)
        return;
    write_tree(&text, root);
    check_equal(root, xml_parse(arena, text_str(&text)));
}
