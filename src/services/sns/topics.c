/*
 * topics.c: making, listing and deleting topics.
 */
#include "sns_internal.h"

#include "services/tags/tags.h"

enum { MAX_NAME = 256 };

static bool is_name(str name)
{
    return name.size >= 1 && name.size <= MAX_NAME && str_is_word(name, S("-_"));
}

static bool name_check(const struct call *call, str name)
{
    bool valid = is_name(name);

    if (str_ends_with(name, S(".fifo"))) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
             "Invalid parameter: Topic Name: Orderly does not support FIFO topics yet; see "
             "docs/compatibility.md.");
        return false;
    }
    if (!valid)
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: Topic Name");
    return valid;
}

static str topic_arn(const struct call *call, str name)
{
    return arn(call, S("sns"), name);
}

/* CreateTopic of an existing topic succeeds if it asks for the same topic. */
static enum outcome answer_existing(const struct call *call, const struct sns_create_topic_input *in,
                                    const struct topic *topic, struct sns_create_topic_response *out)
{
    for (size_t i = 0; i < in->attributes.count; i++)
        if (!sns_topic_attribute_is(call, topic, in->attributes.items[i].key, in->attributes.items[i].value))
            return fail(
                call, &SNS_INVALID_PARAMETER_EXCEPTION,
                "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    if (!sns_topic_has_tags(call, topic, &in->tags))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                    "Invalid parameter: Tags Reason: Topic already exists with different tags");
    out->topic_arn = topic->arn;
    return DONE;
}

enum outcome sns_create_topic(const struct call *call, const struct sns_create_topic_input *in,
                              struct sns_create_topic_response *out)
{
    const struct resource *resource = call_resource(call, 0);
    struct topic topic = {
        .arn = resource->arn,
        .row = {.account = call->account, .region = call->region, .name = in->name, .signature_version = 1}};

    if (!name_check(call, in->name))
        return FAILED;
    if (resource->row)
        return answer_existing(call, in, resource->row, out);

    for (size_t i = 0; i < in->attributes.count; i++)
        if (!sns_topic_attribute_set(call, &topic, in->attributes.items[i].key,
                                     in->attributes.items[i].value))
            return FAILED;
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
    tags_remove_all(call, topic->arn);
    sns_topic_end(call, topic);
    return DONE;
}
