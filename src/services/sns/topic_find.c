/*
 * topic_find.c: from ARNs to topics.
 */
#include "sns_internal.h"

#include "aws/arn.h"

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

bool sns_topic_open(const struct call *call, str arn, struct topic *topic)
{
    return sns_topic_open_in_context(call, arn, (struct context_list){0}, topic);
}

bool sns_topic_authorize(const struct call *call, str arn, const struct sns_topic_row *row,
                         struct context_list context)
{
    if (row) {
        context.resource_tags = sns_topic_tags_in_context;
        context.resource_id = row->id;
    }
    return authorize_in_context(call, arn, row ? row->policy : (str){0}, &context);
}

bool sns_topic_open_in_context(const struct call *call, str topic_arn, struct context_list context,
                               struct topic *topic)
{
    struct arn arn;

    if (!arn_parse(topic_arn, &arn) || !str_equal(arn.service, S("sns")) ||
        !str_equal(arn.region, call->region) || str_index(arn.resource, ':') >= 0)
        return sns_arn_refuse(call, "TopicArn", topic_arn);
    topic->arn = topic_arn;
    bool found = sns_find_topic(
        call->txn,
        &(struct sns_find_topic_params){.account = arn.account, .region = arn.region, .name = arn.resource},
        &topic->row);
    if (!sns_topic_authorize(call, topic_arn, found ? &topic->row : NULL, context))
        return false;
    if (!found)
        fail(call, &SNS_NOT_FOUND_EXCEPTION, "Topic does not exist");
    return found;
}

bool sns_page_after(const struct call *call, str token, int64_t *after)
{
    *after = 0;
    if (!str_present(token) || str_to_i64(token, after))
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
