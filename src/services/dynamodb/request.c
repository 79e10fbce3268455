/*
 * request.c: what requests about items share: values to check, and expressions to parse.
 */
#include "dynamodb_internal.h"

#include "base/text.h"

enum { MAX_PLACEHOLDER_BYTES = 255 };

bool dynamodb_refuse(const struct call *call, str sentence)
{
    fail(call, &DYNAMODB_VALIDATION_EXCEPTION, "%.*s", STR_ARGS(sentence));
    return false;
}

bool dynamodb_refuse_parameter(const struct call *call, str sentence)
{
    return dynamodb_refuse(
        call, arena_join(call->arena, S("One or more parameter values were invalid: "), sentence));
}

bool dynamodb_attributes_check(const struct call *call, const struct dynamodb_attribute_map *attributes)
{
    str problem;

    return dynamodb_item_check(call->arena, dynamodb_value_layer(call), attributes, &problem) ||
           dynamodb_refuse_request(call, problem);
}

/* The older layer says where in the request a value is, the current one does not. */
static bool refuse_value(const struct call *call, str problem, str told)
{
    return dynamodb_refuse_request(call, dynamodb_value_layer(call) == VALUE_LAYER_OLDER ? told : problem);
}

/* The same for the starting key of a page. */
static bool start_check(const struct call *call, const struct dynamodb_attribute_map *start)
{
    str problem;

    return dynamodb_item_check(call->arena, dynamodb_value_layer(call), start, &problem) ||
           refuse_value(
               call, problem,
               arena_format(call->arena, "The provided starting key is invalid: %.*s", STR_ARGS(problem)));
}

/* ---- names and values ---- */

static bool is_placeholder(str text, char mark)
{
    bool valid = text.size > 1 && text.data[0] == mark;

    for (size_t i = 1; valid && i < text.size; i++) {
        char c = text.data[i];
        valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    return valid;
}

static bool refuse_key(const struct call *call, const char *parameter, str key)
{
    return dynamodb_refuse_request(call, arena_format(call->arena,
                                                      "%s contains invalid key: Syntax error; key: \"%.*s\"",
                                                      parameter, STR_ARGS(key)));
}

static bool refuse_long_key(const struct call *call, const char *parameter, str size)
{
    return dynamodb_refuse_request(
        call, arena_format(call->arena,
                           "%s contains invalid key: The expression attribute map contains a key "
                           "that is too long;%.*s",
                           parameter, STR_ARGS(size)));
}

static bool check_name(const struct call *call, const struct str_map_entry *entry)
{
    if (entry->key.size > MAX_PLACEHOLDER_BYTES)
        return refuse_long_key(call, "ExpressionAttributeNames",
                               arena_format(call->arena, " size of key: %zu", entry->key.size));
    if (!is_placeholder(entry->key, '#'))
        return refuse_key(call, "ExpressionAttributeNames", entry->key);
    return !str_empty(entry->value) ||
           dynamodb_refuse_request(
               call, arena_format(call->arena,
                                  "ExpressionAttributeNames contains invalid value: Empty attribute name "
                                  "for key %.*s",
                                  STR_ARGS(entry->key)));
}

static bool check_names(const struct call *call, const struct str_map *names)
{
    if (!names->items)
        return true;
    if (names->count == 0)
        return dynamodb_refuse_request(call, S("ExpressionAttributeNames must not be empty"));
    for (size_t i = 0; i < names->count; i++)
        if (!check_name(call, &names->items[i]))
            return false;
    return true;
}

static bool check_value(const struct call *call, struct dynamodb_attribute_map_entry *entry)
{
    str problem;

    if (entry->key.size > MAX_PLACEHOLDER_BYTES)
        return refuse_long_key(call, "ExpressionAttributeValues", S("")); /* AWS does not tell the length */
    if (!is_placeholder(entry->key, ':'))
        return refuse_key(call, "ExpressionAttributeValues", entry->key);
    return dynamodb_value_check(call->arena, dynamodb_value_layer(call), &entry->value, &problem) ||
           refuse_value(call, problem,
                        arena_format(call->arena,
                                     "ExpressionAttributeValues contains invalid value: %.*s for key %.*s",
                                     STR_ARGS(problem), STR_ARGS(entry->key)));
}

static bool check_values(const struct call *call, const struct expression_texts *texts)
{
    if (!texts->values || !texts->values->items)
        return true;
    if (texts->values->count == 0)
        return dynamodb_refuse_request(call, S("ExpressionAttributeValues must not be empty"));
    for (size_t i = 0; i < texts->values->count; i++)
        if (!check_value(call, &texts->values->items[i]))
            return false;
    return true;
}

static bool refuse_unused(const struct call *call, const char *what, const struct text *unused)
{
    return unused->size == 0 ||
           dynamodb_refuse_request(
               call, arena_format(call->arena, "Value provided in %s unused in expressions: keys: {%.*s}",
                                  what, STR_ARGS(text_str(unused))));
}

static void add_unused(struct text *unused, bool used, str key)
{
    if (used)
        return;
    text_add(unused, unused->size ? S(", ") : S(""));
    text_add(unused, key);
}

static bool check_all_used(const struct call *call, const struct scope *scope)
{
    struct text names = text_in(call->arena), values = text_in(call->arena);

    for (size_t i = 0; i < scope->names->count; i++)
        add_unused(&names, scope->names_used[i], scope->names->items[i].key);
    for (size_t i = 0; i < scope->values->count; i++)
        add_unused(&values, scope->values_used[i], scope->values->items[i].key);
    return refuse_unused(call, "ExpressionAttributeNames", &names) &&
           refuse_unused(call, "ExpressionAttributeValues", &values);
}

/* ---- expressions ---- */

static bool refuse_expression(const struct call *call, const char *name, str problem)
{
    return dynamodb_refuse_request(call,
                                   arena_format(call->arena, "Invalid %s: %.*s", name, STR_ARGS(problem)));
}

static bool read_condition(const struct call *call, struct scope *scope, const char *name, str text,
                           const struct node **condition)
{
    str problem;

    if (!str_present(text))
        return true;
    *condition = dynamodb_condition_parse(scope, text, &problem);
    return *condition || refuse_expression(call, name, problem);
}

static bool read_projection(const struct call *call, struct scope *scope, str text,
                            const struct projection **projection)
{
    struct projection *parsed = arena_new(call->arena, struct projection);
    str problem;

    if (!str_present(text))
        return true;
    *projection = parsed;
    return dynamodb_projection_parse(scope, text, parsed, &problem) ||
           refuse_expression(call, "ProjectionExpression", problem);
}

static bool read_update(const struct call *call, struct scope *scope, str text, struct update *update)
{
    str problem;

    if (text.size > MAX_EXPRESSION_BYTES && dynamodb_value_layer(call) == VALUE_LAYER_OLDER)
        return refuse_expression(call, "UpdateExpression", S(DYNAMODB_EXPRESSION_TOO_LARGE));
    return !str_present(text) || dynamodb_update_parse(scope, text, update, &problem) ||
           refuse_expression(call, "UpdateExpression", problem);
}

/* AttributesToGet names whole attributes, with any characters. */
static bool read_attributes_to_get(const struct call *call, const struct str_list *names,
                                   struct expressions *expressions)
{
    struct projection *named = arena_new(call->arena, struct projection);
    const str *repeated;

    if (!names || !names->items)
        return true;
    repeated = dynamodb_first_repeated(call->arena, names);
    if (repeated)
        return dynamodb_refuse_request(
            call, arena_format(call->arena,
                               "One or more parameter values were invalid: Duplicate value in "
                               "attribute name: %.*s",
                               STR_ARGS(*repeated)));
    for (size_t i = 0; i < names->count; i++) {
        struct path path = {0};
        list_add(call->arena, &path)->name = names->items[i];
        *list_add(call->arena, named) = path;
    }
    dynamodb_projection_sort(named);
    expressions->projection = named;
    expressions->projected_by = "AttributesToGet";
    return true;
}

/* ---- which parameters may be together ---- */

static void add_parameter(struct text *parameters, bool present, const char *name)
{
    if (present)
        text_format(parameters, "%s%s", parameters->size ? ", " : "", name);
}

static str expressions_of(struct arena *arena, const struct expression_texts *texts)
{
    struct text list = text_in(arena);

    add_parameter(&list, str_present(texts->update), "UpdateExpression");
    add_parameter(&list, str_present(texts->projection), "ProjectionExpression");
    add_parameter(&list, str_present(texts->condition), "ConditionExpression");
    add_parameter(&list, str_present(texts->filter), "FilterExpression");
    add_parameter(&list, str_present(texts->key_condition), "KeyConditionExpression");
    return text_str(&list);
}

#define IS_GIVEN(parameter) ((parameter) && (parameter)->items)

/* KeyConditions may be beside other expressions. */
static str legacy_parameters_of(struct arena *arena, const struct expression_texts *texts)
{
    const struct legacy_parameters *legacy = &texts->legacy;
    struct text list = text_in(arena);

    add_parameter(&list, IS_GIVEN(legacy->attributes_to_get), "AttributesToGet");
    add_parameter(&list, IS_GIVEN(legacy->attribute_updates), "AttributeUpdates");
    add_parameter(&list, IS_GIVEN(legacy->expected), "Expected");
    add_parameter(&list, IS_GIVEN(legacy->scan_filter), "ScanFilter");
    add_parameter(&list, IS_GIVEN(legacy->query_filter), "QueryFilter");
    add_parameter(&list, str_present(legacy->conditional_operator), "ConditionalOperator");
    add_parameter(&list, IS_GIVEN(legacy->key_conditions) && str_present(texts->key_condition),
                  "KeyConditions");
    return text_str(&list);
}

static bool check_mixing(const struct call *call, const struct expression_texts *texts)
{
    str legacy = legacy_parameters_of(call->arena, texts);

    if (str_empty(legacy))
        return true;
    str modern = expressions_of(call->arena, texts);
    return str_empty(modern) ||
           dynamodb_refuse_request(
               call, arena_format(call->arena,
                                  "Can not use both expression and non-expression parameters in the same "
                                  "request: Non-expression parameters: {%.*s} Expression parameters: {%.*s}",
                                  STR_ARGS(legacy), STR_ARGS(modern)));
}

/* Are there names and values only beside expressions that can use them? */
static bool check_use(const struct call *call, const struct expression_texts *texts, bool any_expression)
{
    static const char unused[] = "ExpressionAttributeValues can only be specified when using expressions";

    if (texts->names->items && !any_expression)
        return dynamodb_refuse_request(
            call, S("ExpressionAttributeNames can only be specified when using expressions"));
    if (!texts->values || !texts->values->items || str_present(texts->condition) ||
        str_present(texts->filter) || str_present(texts->key_condition) || str_present(texts->update))
        return true;
    return dynamodb_refuse_request(
        call, texts->value_expressions
                  ? arena_format(call->arena, "%s: %s null", unused, texts->value_expressions)
                  : str_of(unused));
}

static bool check_attributes(const struct call *call, const struct expression_texts *texts)
{
    if (!texts->attributes)
        return true;
    return texts->attributes_are_start ? start_check(call, texts->attributes)
                                       : dynamodb_attributes_check(call, texts->attributes);
}

static bool check_key_condition_given(const struct call *call, const struct expression_texts *texts)
{
    return !texts->needs_key_condition || str_present(texts->key_condition) ||
           IS_GIVEN(texts->legacy.key_conditions) ||
           dynamodb_refuse_request(
               call, S("Either the KeyConditions or KeyConditionExpression parameter must be specified in "
                       "the request."));
}

static bool read_key_terms(const struct call *call, const struct node *condition, struct key_condition *key)
{
    str problem;

    return !condition || dynamodb_key_condition_read(call->arena, condition, key, &problem) ||
           dynamodb_refuse_request(call, problem);
}

static bool read_expressions(const struct call *call, const struct expression_texts *texts,
                             struct expressions *expressions)
{
    struct scope *scope = &expressions->scope;
    const struct node *key_condition = NULL;

    scope->names_used = arena_alloc(call->arena, scope->names->count + 1);
    scope->values_used = arena_alloc(call->arena, scope->values->count + 1);
    return read_update(call, scope, texts->update, &expressions->update) &&
           read_condition(call, scope, "ConditionExpression", texts->condition, &expressions->condition) &&
           read_condition(call, scope, "KeyConditionExpression", texts->key_condition, &key_condition) &&
           read_condition(call, scope, "FilterExpression", texts->filter, &expressions->condition) &&
           read_projection(call, scope, texts->projection, &expressions->projection) &&
           check_all_used(call, scope) && read_key_terms(call, key_condition, &expressions->key);
}

bool dynamodb_expressions_read(const struct call *call, const struct expression_texts *texts,
                               struct expressions *expressions)
{
    static const struct dynamodb_attribute_map no_values;
    const struct legacy_parameters *legacy = &texts->legacy;
    bool any = str_present(texts->update) || str_present(texts->condition) || str_present(texts->filter) ||
               str_present(texts->key_condition) || str_present(texts->projection);

    *expressions = (struct expressions){.scope = {.arena = call->arena,
                                                  .names = texts->names,
                                                  .values = texts->values ? texts->values : &no_values},
                                        .filtered_by = "Filter Expression"};
    if (str_present(texts->projection))
        expressions->projected_by = "ProjectionExpression";
    return check_mixing(call, texts) && check_use(call, texts, any) &&
           dynamodb_legacy_filter_read(call, legacy, expressions) &&
           read_attributes_to_get(call, legacy->attributes_to_get, expressions) &&
           check_attributes(call, texts) && check_key_condition_given(call, texts) &&
           dynamodb_legacy_updates_read(call, legacy, expressions) &&
           dynamodb_legacy_expected_read(call, legacy, expressions) && check_names(call, texts->names) &&
           check_values(call, texts) && (!any || read_expressions(call, texts, expressions)) &&
           dynamodb_legacy_key_conditions_read(call, legacy, expressions);
}

static bool update_enters(const struct update *update, str attribute)
{
    for (size_t i = 0; i < update->count; i++)
        if (dynamodb_path_enters(&update->items[i].path, attribute) ||
            (update->items[i].operand && dynamodb_condition_enters(update->items[i].operand, attribute)))
            return true;
    return false;
}

static bool projection_enters(const struct projection *projection, str attribute)
{
    for (size_t i = 0; i < projection->count; i++)
        if (dynamodb_path_enters(&projection->items[i], attribute))
            return true;
    return false;
}

static bool expressions_enter(const struct expressions *expressions, str attribute)
{
    return (expressions->condition && dynamodb_condition_enters(expressions->condition, attribute)) ||
           (expressions->projection && projection_enters(expressions->projection, attribute)) ||
           update_enters(&expressions->update, attribute);
}

bool dynamodb_key_paths_check(const struct call *call, const struct key_schema *schema,
                              const struct expressions *expressions, const char *kind)
{
    for (size_t i = 0; i < schema->count; i++)
        if (expressions_enter(expressions, schema->items[i].name))
            return dynamodb_refuse(
                call, arena_format(call->arena,
                                   "Key attributes must be scalars; list random access '[]' and map lookup "
                                   "'.' are not allowed: %s: %.*s",
                                   kind, STR_ARGS(schema->items[i].name)));
    return true;
}
