/*
 * alarm_rule.c: reads a rule into a tree, and evaluates it.
 *
 * NOT binds closer than AND, and AND closer than OR.  Depth and number of elements are bounded, since rules
 * are evaluated whenever one of their alarms changes.
 */
#include "alarm_rule.h"

#include "base/list.h"

enum { MOST_DEPTH = 100 };

enum rule_kind { RULE_TRUE, RULE_FALSE, RULE_NOT, RULE_AND, RULE_OR, RULE_AT_LEAST };

struct alarm_rule {
    enum rule_kind kind;
    const struct alarm_rule *left, *right;
    /* AT_LEAST; ALARM(a), OK(a) and INSUFFICIENT_DATA(a) are one of one alarm. */
    struct str_list alarms;
    enum cloudwatch_state_value state;
    bool other_state; /* NOT before the state */
    int64_t least;
    bool percent;
};

struct parser {
    struct arena *arena;
    str rest;
    struct str_list *alarms;
    str problem;
    size_t elements, depth;
};

static const struct alarm_rule *either(struct parser *parser);
static const struct alarm_rule *one_within(struct parser *parser);

/* ---- words ---- */

static void *refuse(struct parser *parser, const char *what)
{
    if (!str_present(parser->problem))
        parser->problem = arena_format(parser->arena, "%s near '%.*s'", what,
                                       STR_ARGS(str_head_whole(str_trim(parser->rest), 20)));
    return NULL;
}

static bool is_word(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* The word that comes next, which stays in the rest. */
static str word(struct parser *parser)
{
    size_t size = 0;

    parser->rest = str_trim(parser->rest);
    while (size < parser->rest.size && is_word(parser->rest.data[size]))
        size++;
    return str_head(parser->rest, size);
}

static bool take_word(struct parser *parser, str wanted)
{
    if (!str_equal_nocase(word(parser), wanted))
        return false;
    parser->rest = str_from(parser->rest, wanted.size);
    return true;
}

static bool take_char(struct parser *parser, char c)
{
    parser->rest = str_trim(parser->rest);
    if (str_empty(parser->rest) || parser->rest.data[0] != c)
        return false;
    parser->rest = str_from(parser->rest, 1);
    return true;
}

static bool expect(struct parser *parser, char c)
{
    return take_char(parser, c) || refuse(parser, c == '('   ? "'(' is missing"
                                                  : c == ')' ? "')' is missing"
                                                             : "',' is missing");
}

/* ---- alarms ---- */

static void add_once(struct arena *arena, struct str_list *list, str name)
{
    if (!str_is_one_of(name, list->items, list->count))
        *list_add(arena, list) = name;
}

/* A name or ARN, in quotes or up to the next ',' or ')'. */
static bool name(struct parser *parser, struct str_list *names)
{
    bool quoted = take_char(parser, '"');
    str rest = parser->rest;
    size_t size = 0;

    while (size < rest.size &&
           (quoted ? rest.data[size] != '"' : rest.data[size] != ',' && rest.data[size] != ')'))
        size++;
    if (quoted && size == rest.size)
        return refuse(parser, "A quote is not closed");
    str found = quoted ? str_head(rest, size) : str_trim(str_head(rest, size));
    if (str_empty(found))
        return refuse(parser, "An alarm's name is missing");
    parser->rest = str_from(rest, size + quoted);
    add_once(parser->arena, parser->alarms, found);
    *list_add(parser->arena, names) = found;
    return parser->alarms->count <= MOST_RULE_ALARMS || refuse(parser, "More than 100 alarms");
}

/* (a, "b", c) */
static bool names(struct parser *parser, struct str_list *names)
{
    if (!expect(parser, '('))
        return false;
    do
        if (!name(parser, names))
            return false;
    while (take_char(parser, ','));
    return expect(parser, ')');
}

static bool take_state(struct parser *parser, enum cloudwatch_state_value *state)
{
    for (*state = CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA; *state <= CLOUDWATCH_STATE_VALUE_OK; ++*state)
        if (take_word(parser, cloudwatch_state_value_text(*state)))
            return true;
    return false;
}

/* ---- the grammar ---- */

static struct alarm_rule *node(struct parser *parser, enum rule_kind kind)
{
    struct alarm_rule *rule = arena_new(parser->arena, struct alarm_rule);

    rule->kind = kind;
    return ++parser->elements <= MOST_RULE_ELEMENTS ? rule : refuse(parser, "More than 500 elements");
}

static const struct alarm_rule *of_state(struct parser *parser, enum cloudwatch_state_value state)
{
    struct alarm_rule *rule = node(parser, RULE_AT_LEAST);

    if (!rule || !expect(parser, '(') || !name(parser, &rule->alarms) || !expect(parser, ')'))
        return NULL;
    rule->state = state;
    rule->least = 1;
    return rule;
}

static bool count(struct parser *parser, struct alarm_rule *rule)
{
    size_t size = 0;

    parser->rest = str_trim(parser->rest);
    while (size < parser->rest.size && parser->rest.data[size] >= '0' && parser->rest.data[size] <= '9')
        size++;
    if (!str_to_i64(str_head(parser->rest, size), &rule->least) || rule->least < 1)
        return refuse(parser, "A count is missing");
    parser->rest = str_from(parser->rest, size);
    rule->percent = take_char(parser, '%');
    return !rule->percent || rule->least <= 100 || refuse(parser, "More than 100%");
}

/* AT_LEAST(2, NOT OK, (a, b, c)), AT_LEAST(50%, ALARM, (a, b)) */
static const struct alarm_rule *at_least(struct parser *parser)
{
    struct alarm_rule *rule = node(parser, RULE_AT_LEAST);

    if (!rule || !expect(parser, '(') || !count(parser, rule) || !expect(parser, ','))
        return NULL;
    rule->other_state = take_word(parser, S("NOT"));
    if (!take_state(parser, &rule->state))
        return refuse(parser, "A state is missing");
    if (!expect(parser, ',') || !names(parser, &rule->alarms) || !expect(parser, ')'))
        return NULL;
    if (!rule->percent && (uint64_t)rule->least > rule->alarms.count)
        return refuse(parser, "AT_LEAST counts more alarms than it has");
    return rule;
}

static const struct alarm_rule *with(struct parser *parser, enum rule_kind kind,
                                     const struct alarm_rule *left, const struct alarm_rule *right)
{
    struct alarm_rule *rule = left && (right || kind == RULE_NOT) ? node(parser, kind) : NULL;

    if (rule) {
        rule->left = left;
        rule->right = right;
    }
    return rule;
}

static const struct alarm_rule *in_parentheses(struct parser *parser)
{
    const struct alarm_rule *rule = either(parser);

    return rule && expect(parser, ')') ? rule : NULL;
}

static const struct alarm_rule *one(struct parser *parser)
{
    enum cloudwatch_state_value state;

    if (take_word(parser, S("NOT")))
        return with(parser, RULE_NOT, one_within(parser), NULL);
    if (take_char(parser, '('))
        return in_parentheses(parser);
    if (take_word(parser, S("TRUE")))
        return node(parser, RULE_TRUE);
    if (take_word(parser, S("FALSE")))
        return node(parser, RULE_FALSE);
    if (take_word(parser, S("AT_LEAST")))
        return at_least(parser);
    if (take_state(parser, &state))
        return of_state(parser, state);
    return refuse(parser, "A function is missing");
}

static const struct alarm_rule *one_within(struct parser *parser)
{
    if (++parser->depth > MOST_DEPTH)
        return refuse(parser, "Too deep");
    const struct alarm_rule *rule = one(parser);
    parser->depth--;
    return rule;
}

static const struct alarm_rule *both(struct parser *parser)
{
    const struct alarm_rule *rule = one_within(parser);

    while (rule && take_word(parser, S("AND")))
        rule = with(parser, RULE_AND, rule, one_within(parser));
    return rule;
}

static const struct alarm_rule *either(struct parser *parser)
{
    const struct alarm_rule *rule = both(parser);

    while (rule && take_word(parser, S("OR")))
        rule = with(parser, RULE_OR, rule, both(parser));
    return rule;
}

const struct alarm_rule *cloudwatch_rule_parse(struct arena *arena, str text, struct str_list *alarms,
                                               str *problem)
{
    struct parser parser = {.arena = arena, .rest = text, .alarms = alarms};
    const struct alarm_rule *rule = either(&parser);

    if (rule && !str_empty(str_trim(parser.rest)))
        rule = refuse(&parser, "AND or OR is missing");
    *problem = parser.problem;
    return rule;
}

/* ---- what it says ---- */

static bool enough(const struct alarm_rule *rule,
                   enum cloudwatch_state_value (*state_of)(void *context, str alarm), void *context)
{
    int64_t found = 0, all = (int64_t)rule->alarms.count;

    for (size_t i = 0; i < rule->alarms.count; i++)
        found += (state_of(context, rule->alarms.items[i]) == rule->state) != rule->other_state;
    return rule->percent ? found * 100 >= rule->least * all : found >= rule->least;
}

bool cloudwatch_rule_holds(const struct alarm_rule *rule,
                           enum cloudwatch_state_value (*state_of)(void *context, str alarm), void *context)
{
    switch (rule->kind) {
    case RULE_NOT:
        return !cloudwatch_rule_holds(rule->left, state_of, context);
    case RULE_AND:
        return cloudwatch_rule_holds(rule->left, state_of, context) &&
               cloudwatch_rule_holds(rule->right, state_of, context);
    case RULE_OR:
        return cloudwatch_rule_holds(rule->left, state_of, context) ||
               cloudwatch_rule_holds(rule->right, state_of, context);
    case RULE_AT_LEAST:
        return enough(rule, state_of, context);
    default:
        return rule->kind == RULE_TRUE;
    }
}
