/*
 * topics.c: making, listing and deleting topics.
 */
#include "sns_internal.h"

#include "base/hash.h"
#include "services/tags/tags.h"

enum { MAX_NAME = 256 };

static const str fifo_suffix = STR_INIT(".fifo");

/* Does the name have the suffix exactly if it is to be a FIFO topic's? */
static bool is_name(str name, bool fifo)
{
    bool suffixed = str_ends_with(name, fifo_suffix);
    str word = suffixed ? str_head(name, name.size - fifo_suffix.size) : name;

    return name.size <= MAX_NAME && suffixed == fifo && word.size >= 1 && str_is_word(word, S("-_"));
}

/* False: fail() has been called. */
static bool name_check(const struct call *call, const struct sns_create_topic_input *in, bool *fifo)
{
    str value = str_map_get(&in->attributes, S("FifoTopic"));

    *fifo = str_equal(value, S("true"));
    if (str_present(value) && !*fifo && !str_equal(value, S("false")))
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: FifoTopic");
    else if (!is_name(in->name, *fifo))
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: Topic Name");
    else
        return true;
    return false;
}

static str topic_arn(const struct call *call, str name)
{
    return arn(call, S("sns"), name);
}

/* The attribute that the name decides: the check of the name has read it. */
static bool is_fifo_topic(str attribute)
{
    return str_equal(attribute, S("FifoTopic"));
}

/* CreateTopic of an existing topic succeeds if it asks for the same topic. */
static enum outcome answer_existing(const struct call *call, const struct sns_create_topic_input *in,
                                    const struct topic *topic, struct sns_create_topic_response *out)
{
    for (size_t i = 0; i < in->attributes.count; i++)
        if (!is_fifo_topic(in->attributes.items[i].key) &&
            !sns_topic_attribute_is(call, topic, in->attributes.items[i].key, in->attributes.items[i].value))
            return fail(
                call, &SNS_INVALID_PARAMETER_EXCEPTION,
                "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    if (!str_empty(in->data_protection_policy) &&
        !str_equal(in->data_protection_policy, topic->row.data_protection))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                    "Invalid parameter: DataProtectionPolicy Reason: Topic already exists with a different "
                    "policy");
    if (!sns_topic_has_tags(call, topic, &in->tags))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                    "Invalid parameter: Tags Reason: Topic already exists with different tags");
    out->topic_arn = topic->arn;
    return DONE;
}

/* False: fail() has been called. */
static bool attributes_read(const struct call *call, const struct str_map *attributes, struct topic *topic)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (!is_fifo_topic(attributes->items[i].key) &&
            !sns_topic_attribute_set(call, topic, attributes->items[i].key, attributes->items[i].value))
            return false;
    return true;
}

enum outcome sns_create_topic(const struct call *call, const struct sns_create_topic_input *in,
                              struct sns_create_topic_response *out)
{
    const struct resource *resource = call_resource(call, 0);
    struct topic topic = {
        .arn = resource->arn,
        .row = {.account = call->account, .region = call->region, .name = in->name, .signature_version = 1}};
    bool fifo;

    if (!name_check(call, in, &fifo))
        return FAILED;
    if (resource->row)
        return answer_existing(call, in, resource->row, out);
    if (fifo)
        topic.row.fifo_id = arena_i64(call->arena, (int64_t)(random_u64() >> 1));
    if (!attributes_read(call, &in->attributes, &topic) ||
        (!str_empty(in->data_protection_policy) &&
         !sns_protection_check(call, &topic, in->data_protection_policy)))
        return FAILED;
    if (!str_empty(in->data_protection_policy))
        topic.row.data_protection = in->data_protection_policy;
    topic.row.id = sns_add_topic(call->txn, &topic.row);
    if (!sns_topic_put_tags(call, &topic, &in->tags))
        return FAILED;
    out->topic_arn = topic.arn;
    return DONE;
}

enum outcome sns_list_topics(const struct call *call, const struct sns_list_topics_input *in,
                             struct sns_list_topics_response *out)
{
    struct page page;

    if (!sns_page_open(call, in->next_token, &page))
        return FAILED;
    struct sns_list_topics_page_rows rows =
        sns_list_topics_page(call->txn, &(struct sns_list_topics_page_params){
                                            .account = call->account,
                                            .region = call->region,
                                            .name = page.after,
                                            .limit = page_rows(&page),
                                        });
    list_make_empty(call->arena, &out->topics);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++)
        list_add(call->arena, &out->topics)->topic_arn = topic_arn(call, rows.items[i].name);
    out->next_token = page_end(call, &page);
    return DONE;
}

/* Deleting a missing topic succeeds. */
enum outcome sns_delete_topic(const struct call *call, const struct sns_delete_topic_input *in,
                              struct sns_delete_topic_output *out)
{
    const struct topic *topic = call_resource(call, 0)->row;

    (void)in;
    (void)out;
    if (!topic)
        return DONE;
    if (topic->row.archive_id)
        return fail(call, &SNS_INVALID_STATE_EXCEPTION,
                    "Invalid state: Cannot delete a topic with an ArchivePolicy");
    tags_remove_all(call, topic->arn);
    sns_topic_end(call, topic);
    return DONE;
}
