/*
 * xml.c: as much XML as AWS's protocols use: elements and text.
 *
 * The reader accepts elements, attributes, character references, the five predefined entities, CDATA,
 * comments and processing instructions, and refuses everything else.
 */
#include "wire/xml.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/utf8.h"

#include <string.h>

/* ---- writing ---- */

void xml_open(struct text *text, str name)
{
    text_add_char(text, '<');
    text_add(text, name);
    text_add_char(text, '>');
}

void xml_close(struct text *text, str name)
{
    text_add(text, S("</"));
    text_add(text, name);
    text_add_char(text, '>');
}

void xml_element(struct text *text, str name, str value)
{
    xml_open(text, name);
    xml_text(text, value);
    xml_close(text, name);
}

/* A byte that is not copied as it is, or begins a longer sequence. */
static bool is_special(char c)
{
    unsigned char byte = (unsigned char)c;

    return c == '&' || c == '<' || c == '>' || c == '"' || (byte < 0x20 && c != '\n' && c != '\t') ||
           byte >= 0x80;
}

/* U+FFFE and U+FFFF, which XML 1.0 excludes though they are UTF-8. */
static bool is_noncharacter(str character)
{
    return str_equal(character, S("\xef\xbf\xbe")) || str_equal(character, S("\xef\xbf\xbf"));
}

/*
 * The escape or the replacement of the character at the beginning of `rest`; *size is the size of that
 * character.
 */
static str escaped(str rest, size_t *size)
{
    *size = utf8_sequence(rest.data, rest.data + rest.size);
    str character = str_head(rest, *size);

    switch (rest.data[0]) {
    case '&':
        return S("&amp;");
    case '<':
        return S("&lt;");
    case '>':
        return S("&gt;");
    case '"':
        return S("&quot;");
    case '\r':
        return S("&#xD;");
    default:
        break;
    }
    if (*size > 1 && !is_noncharacter(character))
        return character;
    *size = *size ? *size : 1;
    return S(UTF8_REPLACEMENT);
}

void xml_text(struct text *text, str value)
{
    size_t run = 0, size;

    for (size_t i = 0; i < value.size; i += size) {
        size = 1;
        if (!is_special(value.data[i]))
            continue;
        str written = escaped(str_from(value, i), &size);
        if (written.data == value.data + i)
            continue;
        text_add(text, (str){value.data + run, i - run});
        text_add(text, written);
        run = i + size;
    }
    text_add(text, str_from(value, run));
}

/* ---- reading ---- */

struct reader {
    str rest;
    struct arena *arena;
    size_t depth;
};

static void skip(struct reader *reader, size_t size)
{
    reader->rest = str_from(reader->rest, size);
}

static bool skip_exact(struct reader *reader, str expected)
{
    if (!str_starts_with(reader->rest, expected))
        return false;
    skip(reader, expected.size);
    return true;
}

static bool skip_space(struct reader *reader)
{
    size_t size = 0;

    while (size < reader->rest.size && char_is_space(reader->rest.data[size]))
        size++;
    skip(reader, size);
    return size > 0;
}

/* Take everything up to `closing`, and skip `closing`. */
static bool read_until(struct reader *reader, str closing, str *inside)
{
    ptrdiff_t at = str_find(reader->rest, closing);

    if (at < 0)
        return false;
    *inside = str_head(reader->rest, (size_t)at);
    skip(reader, (size_t)at + closing.size);
    return true;
}

static bool name_char(char c, bool first)
{
    bool start =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (unsigned char)c >= 0x80;

    return start || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static bool read_name(struct reader *reader, str *name)
{
    size_t size = 0;

    while (size < reader->rest.size && name_char(reader->rest.data[size], size == 0))
        size++;
    *name = str_head(reader->rest, size);
    skip(reader, size);
    return size > 0;
}

/* "#10" or "#xA" */
static bool char_reference(str text, uint32_t *code_point)
{
    bool hex = text.size > 1 && text.data[1] == 'x';
    uint32_t base = hex ? 16 : 10;
    str digits = str_from(text, hex ? 2 : 1);

    *code_point = 0;
    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : base;
        if (digit >= base)
            return false;
        *code_point = *code_point * base + digit;
        if (*code_point > 0x10ffff)
            return false;
    }
    return *code_point > 0 && (*code_point < 0xd800 || *code_point > 0xdfff);
}

/* The code point of the entity name between '&' and ';'. */
static bool entity(str name, uint32_t *code_point)
{
    static const struct {
        str name;
        char c;
    } predefined[] = {{STR_INIT("amp"), '&'},
                      {STR_INIT("lt"), '<'},
                      {STR_INIT("gt"), '>'},
                      {STR_INIT("quot"), '"'},
                      {STR_INIT("apos"), '\''}};

    if (str_starts_with(name, S("#")))
        return char_reference(name, code_point);
    for (size_t i = 0; i < sizeof predefined / sizeof *predefined; i++)
        if (str_equal(name, predefined[i].name)) {
            *code_point = (uint32_t)predefined[i].c;
            return true;
        }
    return false;
}

static bool unescape_entity(str *rest, char **to)
{
    enum { LONGEST = 12 };
    uint32_t code_point;
    ptrdiff_t end = str_index(str_head(*rest, LONGEST), ';');

    if (end < 0 || !entity(str_head(*rest, (size_t)end), &code_point))
        return false;
    *to = utf8_write(*to, code_point); /* never longer than the reference */
    *rest = str_from(*rest, (size_t)end + 1);
    return true;
}

static bool plain(str raw)
{
    for (size_t i = 0; i < raw.size; i++)
        if (raw.data[i] == '&' ||
            ((unsigned char)raw.data[i] < 0x20 && raw.data[i] != '\n' && raw.data[i] != '\t'))
            return false;
    return true;
}

/* Replace references by their characters (not in CDATA), and every line end by a newline. */
static bool unescape(struct arena *arena, str raw, bool cdata, str *text)
{
    if (plain(raw)) {
        *text = raw;
        return true;
    }
    char *start = arena_alloc(arena, raw.size), *to = start;
    for (str rest = raw; rest.size > 0;) {
        char c = rest.data[0];
        rest = str_from(rest, 1);
        if (c == '&' && !cdata) {
            if (!unescape_entity(&rest, &to))
                return false;
        } else if (c == '\r') {
            *to++ = '\n';
            rest = str_from(rest, str_starts_with(rest, S("\n")));
        } else if ((unsigned char)c < 0x20 && c != '\n' && c != '\t') {
            return false;
        } else {
            *to++ = c;
        }
    }
    *text = (str){start, (size_t)(to - start)};
    return true;
}

static bool read_attribute(struct reader *reader, struct xml_node *node)
{
    str name, value;

    if (!read_name(reader, &name))
        return false;
    skip_space(reader);
    if (!skip_exact(reader, S("=")))
        return false;
    skip_space(reader);
    bool single = str_starts_with(reader->rest, S("'"));
    if (!single && !str_starts_with(reader->rest, S("\"")))
        return false;
    skip(reader, 1);
    if (!read_until(reader, single ? S("'") : S("\""), &value) || str_index(value, '<') >= 0 ||
        !unescape(reader->arena, value, false, &value))
        return false;
    if (node->attribute_count == LIMIT_XML_ATTRIBUTES || str_present(xml_attribute(node, name)))
        return false;
    node->attributes =
        list_grow(reader->arena, node->attributes, node->attribute_count, sizeof *node->attributes);
    node->attributes[node->attribute_count++] = (struct xml_attribute){name, value};
    return true;
}

/* Skip a comment or a processing instruction; *skipped is false when there is neither. */
static bool skip_aside(struct reader *reader, bool *skipped)
{
    str inside;

    *skipped = true;
    if (skip_exact(reader, S("<!--")))
        return read_until(reader, S("--"), &inside) && skip_exact(reader, S(">"));
    if (skip_exact(reader, S("<?")))
        return read_until(reader, S("?>"), &inside);
    *skipped = false;
    return true;
}

/* The text of an element, which comments and CDATA may break into pieces. */
struct content {
    str first;
    struct text joined;
};

static void content_add(struct content *content, str piece)
{
    if (content->first.size == 0 && content->joined.size == 0) {
        content->first = piece;
        return;
    }
    if (content->joined.size == 0)
        text_add(&content->joined, content->first);
    text_add(&content->joined, piece);
}

static str content_str(const struct content *content)
{
    if (content->joined.size > 0)
        return text_str(&content->joined);
    return content->first.size > 0 ? content->first : S("");
}

static bool read_text(struct reader *reader, struct content *content)
{
    str raw, piece;
    bool cdata = skip_exact(reader, S("<![CDATA["));

    if (cdata) {
        if (!read_until(reader, S("]]>"), &raw))
            return false;
    } else {
        ptrdiff_t end = str_index(reader->rest, '<');
        if (end < 0)
            return false;
        raw = str_head(reader->rest, (size_t)end);
        skip(reader, raw.size);
        if (str_find(raw, S("]]>")) >= 0)
            return false;
    }
    if (!unescape(reader->arena, raw, cdata, &piece))
        return false;
    content_add(content, piece);
    return true;
}

static bool read_element(struct reader *reader, struct xml_node *node);

static bool read_child(struct reader *reader, struct xml_node *node)
{
    node->children = list_grow(reader->arena, node->children, node->count, sizeof *node->children);
    return read_element(reader, &node->children[node->count++]);
}

/* Everything up to "</". */
static bool read_content(struct reader *reader, struct xml_node *node)
{
    struct content content = {.joined = text_in(reader->arena)};

    while (!skip_exact(reader, S("</"))) {
        bool skipped,
            text = !str_starts_with(reader->rest, S("<")) || str_starts_with(reader->rest, S("<![CDATA["));
        if (!skip_aside(reader, &skipped))
            return false;
        if (skipped)
            continue;
        if (!(text ? read_text(reader, &content) : read_child(reader, node)))
            return false;
    }
    node->text = node->count == 0 ? content_str(&content) : S("");
    return true;
}

static bool read_end_tag(struct reader *reader, str name)
{
    str closing;

    if (!read_name(reader, &closing) || !str_equal(closing, name))
        return false;
    skip_space(reader);
    return skip_exact(reader, S(">"));
}

/* The attributes and the end of a start tag. */
static bool read_start_tag(struct reader *reader, struct xml_node *node, bool *empty)
{
    for (;;) {
        bool space = skip_space(reader);
        *empty = skip_exact(reader, S("/>"));
        if (*empty || skip_exact(reader, S(">")))
            return true;
        if (!space || !read_attribute(reader, node))
            return false;
    }
}

/* The part after the prefix; false when either part is not a valid name. */
static bool local_part(str name, str *local)
{
    ptrdiff_t colon = str_index(name, ':');

    *local = str_from(name, (size_t)(colon + 1));
    return colon != 0 && local->size > 0 && str_index(*local, ':') < 0 && name_char(local->data[0], true);
}

static bool read_element(struct reader *reader, struct xml_node *node)
{
    str name;
    bool empty;

    if (++reader->depth > LIMIT_XML_DEPTH || !skip_exact(reader, S("<")) || !read_name(reader, &name) ||
        !local_part(name, &node->name) || !read_start_tag(reader, node, &empty))
        return false;
    node->text = S("");
    if (!empty && (!read_content(reader, node) || !read_end_tag(reader, name)))
        return false;
    reader->depth--;
    return true;
}

/* Skip what is allowed before and after the root. */
static bool skip_misc(struct reader *reader)
{
    bool skipped = true;

    while (skipped) {
        skip_space(reader);
        if (!skip_aside(reader, &skipped))
            return false;
    }
    return true;
}

const struct xml_node *xml_parse(struct arena *arena, str source)
{
    struct reader reader = {.rest = source, .arena = arena};
    struct xml_node *root = arena_new(arena, struct xml_node);

    if (!utf8_valid(source))
        return NULL;
    skip_exact(&reader, S("\xef\xbb\xbf"));
    if (!skip_misc(&reader) || !read_element(&reader, root) || !skip_misc(&reader) || reader.rest.size > 0)
        return NULL;
    return root;
}

const struct xml_node *xml_child(const struct xml_node *node, str name)
{
    for (size_t i = 0; node && i < node->count; i++)
        if (str_equal(node->children[i].name, name))
            return &node->children[i];
    return NULL;
}

str xml_attribute(const struct xml_node *node, str name)
{
    for (size_t i = 0; i < node->attribute_count; i++)
        if (str_equal(node->attributes[i].name, name))
            return node->attributes[i].value;
    return (str){0};
}
