/*
 * fuzz_xml.c: any tree and any text can be written and then read; characters that XML can carry survive.
 */
#include "base/utf8.h"
#include "fuzz.h"
#include "wire/xml.h"

#include <string.h>

static void write_tree(struct text *text, const struct xml_node *node)
{
    text_format(text, "<%.*s", STR_ARGS(node->name));
    for (size_t i = 0; i < node->attribute_count; i++) {
        text_format(text, " %.*s=\"", STR_ARGS(node->attributes[i].name));
        xml_text(text, node->attributes[i].value);
        text_add_char(text, '"');
    }
    text_add_char(text, '>');
    xml_text(text, node->text);
    for (size_t i = 0; i < node->count; i++)
        write_tree(text, &node->children[i]);
    xml_close(text, node->name);
}

static void check_equal(const struct xml_node *a, const struct xml_node *b)
{
    check(b != NULL && str_equal(a->name, b->name) && str_equal(a->text, b->text) && a->count == b->count);
    check(a->attribute_count == b->attribute_count);
    for (size_t i = 0; i < a->attribute_count; i++)
        check(str_equal(a->attributes[i].name, b->attributes[i].name) &&
              str_equal(a->attributes[i].value, b->attributes[i].value));
    for (size_t i = 0; i < a->count; i++)
        check_equal(&a->children[i], &b->children[i]);
}

static const struct xml_node *tree_again(struct arena *arena, const struct xml_node *root)
{
    struct text text = text_in(arena);

    write_tree(&text, root);
    const struct xml_node *again = xml_parse(arena, text_str(&text));
    check(again != NULL);
    return again;
}

static str text_again(struct arena *arena, str input)
{
    struct text text = text_in(arena);

    xml_element(&text, S("t"), input);
    const struct xml_node *node = xml_parse(arena, text_str(&text));
    check(node != NULL);
    return node->text;
}

static bool can_be_carried(str input)
{
    if (!utf8_valid(input) || str_find(input, S("\xef\xbf\xbe")) >= 0 ||
        str_find(input, S("\xef\xbf\xbf")) >= 0)
        return false;
    for (size_t i = 0; i < input.size; i++)
        if ((unsigned char)input.data[i] < ' ' && !strchr("\t\n\r", input.data[i]))
            return false;
    return str_index(input, '\0') < 0;
}

FUZZ(arena, input)
{
    const struct xml_node *root = xml_parse(arena, input);
    str text = text_again(arena, input);

    check(str_equal(text_again(arena, text), text));
    check(!can_be_carried(input) || str_equal(text, input));
    if (!root)
        return;
    root = tree_again(arena, root);
    check_equal(root, tree_again(arena, root));
}
