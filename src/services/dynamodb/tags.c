/*
 * tags.c: the tags of tables, by their ARN.
 *
 * A table is never being made or deleted when a request finds it, so none fails with ResourceInUseException.
 */
#include "dynamodb_internal.h"
#include "tables.h"

#include "aws/arn.h"
#include "engine/page.h"
#include "services/tags/tags.h"

enum { TAGS_PER_PAGE = 10, ARN_COLONS = 5 };

static bool refuse_number(const struct call *call)
{
    return dynamodb_refuse(call, S("Number of Tags exceed the current limit for the provided ResourceArn"));
}

static bool refuse_text(const struct call *call, const char *problem, str text)
{
    return dynamodb_refuse(call, arena_format(call->arena, "%s: %.*s", problem, STR_ARGS(text)));
}

/* Letters, digits and spaces of any script, and _ . : / = + - @; but of what is not ASCII, anything. */
static bool is_tag_text(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x80 && !str_is_word((str){text.data + i, 1}, S(" _.:/=+-@")))
            return false;
    return true;
}

static bool key_check(const struct call *call, str key)
{
    if (str_empty(key) || str_characters(key) > TAG_KEY_MAX_CHARACTERS || !is_tag_text(key))
        return refuse_text(call, "The Tag Key provided is invalid, Key", key);
    return !tag_key_is_reserved(key) || refuse_text(call, "Tag Key cannot be prefixed with aws:, Key", key);
}

static bool value_check(const struct call *call, str value)
{
    return (str_characters(value) <= TAG_VALUE_MAX_CHARACTERS && is_tag_text(value)) ||
           refuse_text(call, "The Tag Value provided is invalid, Value", value);
}

static bool is_new(const struct call *call, const struct dynamodb_tag_list *tags, size_t at)
{
    str key = tags->items[at].key;

    for (size_t i = 0; i < at; i++)
        if (str_equal(tags->items[i].key, key))
            return dynamodb_refuse(call, arena_format(call->arena,
                                                      "Duplicate Tag Keys provided as input: Duplicate Tag "
                                                      "Key found %.*s",
                                                      STR_ARGS(key)));
    return true;
}

bool dynamodb_tags_check(const struct call *call, const struct dynamodb_tag_list *tags)
{
    if (tags->count > TAGS_MAX)
        return refuse_number(call);
    for (size_t i = 0; i < tags->count; i++)
        if (!key_check(call, tags->items[i].key) || !value_check(call, tags->items[i].value) ||
            !is_new(call, tags, i))
            return false;
    return true;
}

static bool keys_check(const struct call *call, const struct str_list *keys)
{
    if (keys->count == 0)
        return dynamodb_refuse(call, S("Atleast one Tag Key needs to be provided as Input."));
    if (keys->count > TAGS_MAX)
        return refuse_number(call);
    for (size_t i = 0; i < keys->count; i++)
        if (!key_check(call, keys->items[i]))
            return false;
    return true;
}

/* a:b:c:d:e:f/g, as AWS asks before anything else; who gives another text has no permission for it. */
static bool form_check(const struct call *call, str given)
{
    str rest = given, part;

    for (int i = 0; i < ARN_COLONS; i++)
        if (!str_next(&rest, ':', &part) || str_empty(part))
            rest = (str){0};
    ptrdiff_t slash = str_index(rest, '/');
    if (slash > 0 && (size_t)slash + 1 < rest.size)
        return true;
    fail(call, call->operation->service->access_denied,
         "User: %.*s is not authorized to perform: dynamodb:%s on resource: %.*s",
         STR_ARGS(call->caller->arn), call->operation->name, STR_ARGS(given));
    return false;
}

/* Only ARNs of this region's tables; not those of their indexes or streams. */
bool dynamodb_locate_tagged(const struct call *call, str given, struct resource *found)
{
    struct arn arn = {0};

    if (!form_check(call, given))
        return false;
    if (arn_parse(given, &arn) && str_equal(arn.service, S("dynamodb")) &&
        str_equal(arn.partition, S("aws")) && str_equal(arn.region, call->region) &&
        str_starts_with(arn.resource, S("table/")) &&
        str_index(str_from(arn.resource, sizeof "table/" - 1), '/') < 0)
        return dynamodb_locate_table(call, given, found);
    return dynamodb_refuse(call, arena_format(call->arena,
                                              "Invalid TableArn: Invalid ResourceArn provided as input %.*s",
                                              STR_ARGS(given)));
}

/* The request's table; NULL, after fail(), when AWS does not know it. */
static const struct table *tagged_table(const struct call *call)
{
    const struct table *table = call_resource(call, 0)->row;

    if (table->row.id && !dynamodb_table_is_restored(call, table))
        return table;
    fail(call, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION,
         "Requested resource not found: ResourceArn: %.*s not found", STR_ARGS(table->given));
    return NULL;
}

enum outcome dynamodb_tag_resource(const struct call *call, const struct dynamodb_tag_resource_input *in,
                                   struct dynamodb_tag_resource_output *out)
{
    (void)out;
    if (in->tags.count == 0)
        dynamodb_refuse(call, S("Atleast one Tag needs to be provided as Input."));
    if (in->tags.count == 0 || !dynamodb_tags_check(call, &in->tags))
        return FAILED;
    const struct table *table = tagged_table(call);
    struct str_map tags = TAGS_MAP(call->arena, &in->tags);
    if (!table || !dynamodb_table_is_settled(call, table) ||
        (!tags_put(call, table->arn, &tags, TAG_CASE_MATTERS) && !refuse_number(call)))
        return FAILED;
    return DONE;
}

enum outcome dynamodb_untag_resource(const struct call *call, const struct dynamodb_untag_resource_input *in,
                                     struct dynamodb_untag_resource_output *out)
{
    (void)out;
    if (!keys_check(call, &in->tag_keys))
        return FAILED;
    const struct table *table = tagged_table(call);
    if (!table)
        return FAILED;
    tags_remove(call, table->arn, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome dynamodb_list_tags_of_resource(const struct call *call,
                                            const struct dynamodb_list_tags_of_resource_input *in,
                                            struct dynamodb_list_tags_of_resource_output *out)
{
    const struct table *table = tagged_table(call);
    struct page page;

    if (!table)
        return FAILED;
    if (!page_begin(call, in->next_token, TAGS_PER_PAGE, &page)) {
        dynamodb_refuse(call, S("Invalid NextToken"));
        return FAILED;
    }
    struct str_map tags = tags_of(call->txn, call->arena, table->arn);
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < tags.count; i++) {
        if (page_is_past(&page, tags.items[i].key))
            continue;
        if (!page_takes(&page, tags.items[i].key))
            break;
        *list_add(call->arena, &out->tags) =
            (struct dynamodb_tag){.key = tags.items[i].key, .value = tags.items[i].value};
    }
    out->next_token = page_end(call, &page);
    return DONE;
}
