/*
 * topic_find.c: from ARNs to topics.
 */
#include "sns_internal.h"

#include "aws/arn.h"
#include "services/tags/tags.h"
#include "wire/json.h"

enum { MIN_ARN_ELEMENTS = 6 };

bool sns_arn_refuse(const struct call *call, const char *parameter, str text)
{
    size_t elements = 0;
    str rest = text, element;

    while (str_next(&rest, ':', &element))
        elements++;
    if (elements < MIN_ARN_ELEMENTS)
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
             "Invalid parameter: %s Reason: An ARN must have at least 6 elements, not %zu", parameter,
             elements);
    else
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s", parameter);
    return false;
}

static void locate(const struct call *call, str topic_arn, const struct sns_find_topic_params *key,
                   struct resource *found)
{
    struct topic *topic = arena_new(call->arena, struct topic);

    found->arn = topic->arn = topic_arn;
    if (!sns_find_topic(call->txn, key, &topic->row))
        return;
    found->row = topic;
    found->policy = sns_topic_binding_policy(call, topic);
    found->add_context = tags_add_context;
}

/* In that region, or in any region if it is absent.  False: it is not the ARN of a topic there. */
static bool locate_in(const struct call *call, str region, str text, struct resource *found)
{
    struct arn arn;

    found->arn = text;
    if (!arn_parse(text, &arn) || !str_equal(arn.service, S("sns")) || str_index(arn.resource, ':') >= 0 ||
        (str_present(region) && !str_equal(arn.region, region)))
        return false;
    locate(
        call, text,
        &(struct sns_find_topic_params){.account = arn.account, .region = arn.region, .name = arn.resource},
        found);
    return true;
}

bool sns_locate_arn(const struct call *call, str text, struct resource *found)
{
    return locate_in(call, (str){0}, text, found) && found->row;
}

void sns_describe(const struct call *call, str text, struct json_writer *state)
{
    struct resource found = {0};

    if (!locate_in(call, (str){0}, text, &found))
        return;
    if (!found.row) {
        json_null(state);
        return;
    }
    json_open_object(state);
    json_close_object(state);
}

bool sns_locate_topic(const struct call *call, str topic_arn, struct resource *found)
{
    return locate_in(call, call->region, topic_arn, found) || sns_arn_refuse(call, "TopicArn", topic_arn);
}

/* CreateTopic does not evaluate the policy of an existing topic. */
bool sns_locate_new_topic(const struct call *call, const struct sns_create_topic_input *in,
                          struct resource *found)
{
    locate(
        call, arn(call, S("sns"), in->name),
        &(struct sns_find_topic_params){.account = call->account, .region = call->region, .name = in->name},
        found);
    found->policy = (str){0};
    return true;
}

const struct topic *sns_topic_of(const struct call *call)
{
    const struct topic *topic = call_resource(call, 0)->row;

    if (!topic)
        fail(call, &SNS_NOT_FOUND_EXCEPTION, "Topic does not exist");
    return topic;
}

bool sns_page_open(const struct call *call, str token, struct page *page)
{
    if (page_begin(call, token, PAGE_SIZE, page))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: NextToken");
    return false;
}

bool sns_topic_has_enveloped(const struct call *call, const struct topic *topic)
{
    struct sns_find_enveloped_row row;

    return sns_find_enveloped(call->txn, &(struct sns_find_enveloped_params){.topic_id = topic->row.id},
                              &row);
}
