#include "unit.h"

#include "base/limits.h"
#include "wire/xml.h"

#include <stdlib.h>

static const struct xml_node *parse(str source)
{
    return xml_parse(&scratch, source);
}

TEST(elements_are_written_with_their_text_escaped)
{
    struct text text = text_in(&scratch);

    xml_open(&text, S("R"));
    xml_element(&text, S("M"), S("<a href=\"x\">&'\xc3\xa9\t\n"));
    xml_element(&text, S("E"), (str){0});
    xml_close(&text, S("R"));
    assert_text(text_str(&text), "<R><M>&lt;a href=&quot;x&quot;&gt;&amp;'\xc3\xa9\t\n</M><E></E></R>");
}

TEST(a_carriage_return_survives_as_a_reference)
{
    struct text text = text_in(&scratch);

    xml_element(&text, S("M"), S("a\r\nb"));
    assert_text(text_str(&text), "<M>a&#xD;\nb</M>");
    assert_text(parse(text_str(&text))->text, "a\r\nb");
}

static str written(str value)
{
    struct text text = text_in(&scratch);

    xml_text(&text, value);
    return text_str(&text);
}

TEST(what_xml_cannot_carry_is_replaced)
{
    assert_text(written(S("a\0b\x01\x0b\x1f")), "a\xef\xbf\xbd"
                                                "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_text(written(S("\xef\xbf\xbe-\xef\xbf\xbf")), "\xef\xbf\xbd-\xef\xbf\xbd");
    assert_text(written(S("\x7f\xc2\x85\xef\xbf\xbd\xf0\x9f\xbf\xbf")),
                "\x7f\xc2\x85\xef\xbf\xbd\xf0\x9f\xbf\xbf");
}

TEST(what_is_no_utf_8_is_replaced_byte_by_byte)
{
    assert_text(written(S("a\xc3")), "a\xef\xbf\xbd");
    assert_text(written(S("\xff<\xed\xa0\x80")), "\xef\xbf\xbd&lt;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(a_reply_is_read_into_a_tree)
{
    const struct xml_node *root =
        parse(S("<?xml version='1.0'?>\n<R xmlns=\"http://x/\" a = 'b'>\n"
                "  <ns:Id>7</ns:Id><Id>8</Id><Empty/><Empty2 x='1' /></R >\n<!-- end -->"));

    assert_text(root->name, "R");
    assert_int_equal(root->count, 4);
    assert_text(root->text, "");
    assert_text(xml_child(root, S("Id"))->text, "7");
    assert_text(xml_child(root, S("Empty"))->text, "");
    assert_null(xml_child(root, S("Nope")));
    assert_null(xml_child(NULL, S("Id")));
}

TEST(references_and_cdata_are_unescaped)
{
    assert_text(parse(S("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x20aC;&#x1F600;</a>"))->text,
                "<>&\"'A\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_text(parse(S("<a>x<![CDATA[<&amp;>]]>y<!-- c -->z<?pi?></a>"))->text, "x<&amp;>yz");
    assert_text(parse(S("<a><![CDATA[]]></a>"))->text, "");
}

TEST(every_line_end_becomes_a_newline)
{
    assert_text(parse(S("<a>1\r\n2\r3\n4&#13;</a>"))->text, "1\n2\n3\n4\r");
}

TEST(what_is_not_well_formed_is_refused)
{
    static const str bad[] = {STR_INIT(""),
                              STR_INIT("x"),
                              STR_INIT("<a>"),
                              STR_INIT("<a></b>"),
                              STR_INIT("<a><b></a></b>"),
                              STR_INIT("<a/><b/>"),
                              STR_INIT("<a/>x"),
                              STR_INIT("< a/>"),
                              STR_INIT("<1/>"),
                              STR_INIT("<a b/>"),
                              STR_INIT("<a b=c/>"),
                              STR_INIT("<a b='<'/>"),
                              STR_INIT("<a b='1'c='2'/>"),
                              STR_INIT("<a b='&x;'/>"),
                              STR_INIT("<a>&x;</a>"),
                              STR_INIT("<a>&amp</a>"),
                              STR_INIT("<a>&#0;</a>"),
                              STR_INIT("<a>&#;</a>"),
                              STR_INIT("<a>&#xD800;</a>"),
                              STR_INIT("<a>&#x110000;</a>"),
                              STR_INIT("<a>&#99999999999999999999;</a>"),
                              STR_INIT("<a>\xff</a>"),
                              STR_INIT("<a>\x01</a>"),
                              STR_INIT("<a>]]></a>"),
                              STR_INIT("<a><![CDATA[x</a>"),
                              STR_INIT("<a><!-- -- --></a>"),
                              STR_INIT("<a><!-- </a>"),
                              STR_INIT("<n:a></m:a>"),
                              STR_INIT("<n:/>"),
                              STR_INIT("<:n/>"),
                              STR_INIT("<n:1/>"),
                              STR_INIT("<a:b:c/>"),
                              STR_INIT("<a></a"),
                              STR_INIT("<a"),
                              STR_INIT("<a b='")};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i]))
            fail_msg("accepted: %.*s", STR_ARGS(bad[i]));
}

TEST(document_types_and_entities_are_refused)
{
    assert_null(parse(S("<!DOCTYPE a><a/>")));
    assert_null(parse(S("<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>")));
    assert_null(parse(S("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>")));
}

TEST(nesting_is_allowed_up_to_the_limit)
{
    for (size_t depth = LIMIT_XML_DEPTH; depth <= LIMIT_XML_DEPTH + 1; depth++) {
        struct text text = text_in(&scratch);
        for (size_t i = 0; i < depth; i++)
            xml_open(&text, S("a"));
        for (size_t i = 0; i < depth; i++)
            xml_close(&text, S("a"));
        assert_int_equal(parse(text_str(&text)) != NULL, depth == LIMIT_XML_DEPTH);
    }
}

TEST(an_attribute_that_is_there_twice_is_refused)
{
    assert_null(parse(S("<r a='1' a='1'/>")));
    assert_null(parse(S("<r><c a='' b='2' a='1'/></r>")));
    assert_non_null(parse(S("<r a='1' n:a='1'><c a='1'/></r>")));
}

TEST(an_element_has_attributes_up_to_the_limit)
{
    for (int count = LIMIT_XML_ATTRIBUTES; count <= LIMIT_XML_ATTRIBUTES + 1; count++) {
        struct text text = text_in(&scratch);
        text_add(&text, S("<r"));
        for (int i = 0; i < count; i++)
            text_format(&text, " a%d=''", i);
        text_add(&text, S("/>"));
        assert_int_equal(parse(text_str(&text)) != NULL, count == LIMIT_XML_ATTRIBUTES);
    }
}

TEST(attributes_are_kept_with_their_prefixes)
{
    const struct xml_node *root = parse(S("<r a='1' n:b=\"&lt;2&gt;\"><c/></r>"));

    assert_text(xml_attribute(root, S("a")), "1");
    assert_text(xml_attribute(root, S("n:b")), "<2>");
    assert_absent(xml_attribute(root, S("b")));
    assert_absent(xml_attribute(&root->children[0], S("a")));
}

TEST(many_children_keep_their_order)
{
    struct text text = text_in(&scratch);

    xml_open(&text, S("r"));
    for (int i = 0; i < 100; i++)
        xml_element(&text, S("i"), arena_format(&scratch, "%d", i));
    xml_close(&text, S("r"));
    const struct xml_node *root = parse(text_str(&text));
    assert_int_equal(root->count, 100);
    assert_text(root->children[63].text, "63");
}

TESTS(test(elements_are_written_with_their_text_escaped), test(a_carriage_return_survives_as_a_reference),
      test(what_xml_cannot_carry_is_replaced), test(what_is_no_utf_8_is_replaced_byte_by_byte),
      test(a_reply_is_read_into_a_tree), test(references_and_cdata_are_unescaped),
      test(every_line_end_becomes_a_newline), test(what_is_not_well_formed_is_refused),
      test(document_types_and_entities_are_refused), test(nesting_is_allowed_up_to_the_limit),
      test(attributes_are_kept_with_their_prefixes), test(an_attribute_that_is_there_twice_is_refused),
      test(an_element_has_attributes_up_to_the_limit), test(many_children_keep_their_order))
