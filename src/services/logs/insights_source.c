/*
 * insights_source.c: the SOURCE command, which names a query's groups by their prefixes, classes and
 * accounts; a subquery's may name one group instead.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html
 */
#include "insights_program.h"

#include "base/list.h"

enum { MOST_PREFIXES = 5, MOST_ACCOUNTS = 20, MOST_CLASSES = 2 };

static const char *const classes[] = {"STANDARD", "INFREQUENT_ACCESS"};

static bool is_class(str text)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (str_equal(text, str_of(classes[i])))
            return true;
    return false;
}

/* ['a', 'b'] */
static bool parse_texts(struct insights_parser *parser, size_t most, struct insights_texts *texts)
{
    if (!logs_insights_take_symbol(parser, "["))
        return logs_insights_unexpected(parser);
    do {
        if (parser->token.kind != TOKEN_STRING || texts->count == most)
            return logs_insights_unexpected(parser);
        *list_add(parser->arena, texts) = parser->token.text;
        logs_insights_next(parser);
    } while (logs_insights_take_symbol(parser, ","));
    return logs_insights_take_symbol(parser, "]") || logs_insights_unexpected(parser);
}

static bool parse_classes(struct insights_parser *parser, struct insights_texts *texts)
{
    struct insights_token first = parser->token;

    if (!parse_texts(parser, MOST_CLASSES, texts))
        return false;
    for (size_t i = 0; i < texts->count; i++)
        if (!is_class(texts->items[i]))
            return logs_insights_complain(parser, &first,
                                          S("a class of log groups is STANDARD or INFREQUENT_ACCESS"));
    return true;
}

/* namePrefix: [...]; each name at most once. */
static bool parse_selector(struct insights_parser *parser, struct insights_source *source)
{
    struct insights_token name = parser->token;
    struct insights_texts *texts = logs_insights_take_word(parser, "namePrefix")           ? &source->prefixes
                                   : logs_insights_take_word(parser, "class")              ? &source->classes
                                   : logs_insights_take_word(parser, "accountIdentifiers") ? &source->accounts
                                                                                           : NULL;

    if (logs_insights_is_word(parser, "tags"))
        return logs_insights_complain(
            parser, &name,
            S("Orderly does not select log groups by their tags in SOURCE; see docs/compatibility.md."));
    if (!texts)
        return logs_insights_unexpected(parser);
    if (texts->count > 0)
        return logs_insights_complain(parser, &name, S("SOURCE names a selection twice"));
    if (!logs_insights_take_symbol(parser, ":"))
        return logs_insights_unexpected(parser);
    if (texts == &source->classes)
        return parse_classes(parser, texts);
    return parse_texts(parser, texts == &source->prefixes ? MOST_PREFIXES : MOST_ACCOUNTS, texts);
}

bool logs_insights_source(struct insights_parser *parser)
{
    struct insights_source *source = arena_new(parser->arena, struct insights_source);

    if (parser->program->source || parser->program->count > 0)
        return logs_insights_complain(parser, &parser->token, S("SOURCE is the first command of a query"));
    if (parser->is_subquery && parser->token.kind == TOKEN_STRING && !str_empty(parser->token.text)) {
        source->group = parser->token.text;
        parser->program->source = source;
        logs_insights_next(parser);
        return true;
    }
    if (logs_insights_is_word(parser, "dataSource"))
        return logs_insights_complain(parser, &parser->token,
                                      S("Orderly has no data sources; see SOURCE in docs/compatibility.md."));
    if (!logs_insights_take_word(parser, "logGroups") || !logs_insights_take_symbol(parser, "("))
        return logs_insights_unexpected(parser);
    parser->program->source = source;
    if (logs_insights_take_symbol(parser, ")"))
        return true;
    do {
        if (!parse_selector(parser, source))
            return false;
    } while (logs_insights_take_symbol(parser, ","));
    return logs_insights_take_symbol(parser, ")") || logs_insights_unexpected(parser);
}
