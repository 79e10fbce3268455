/*
 * tags.c: tags of alarms and dashboards.
 */
#include "alarm.h"
#include "dashboard.h"

#include "aws/arn.h"
#include "services/tags/tags.h"

/* The ARN, and whether there is something with it. */
struct tagged {
    str arn;
    bool exists;
};

bool cloudwatch_locate_tagged(const struct call *call, str given, struct resource *found)
{
    struct tagged *tagged = arena_new(call->arena, struct tagged);
    struct cloudwatch_alarm_row alarm;
    struct arn arn;

    *tagged = (struct tagged){.arn = given};
    if (!arn_parse(given, &arn) || !str_equal(arn.service, S("cloudwatch")) ||
        !str_equal(arn.account, call->account) ||
        !(str_starts_with(arn.resource, S("alarm:")) ? str_equal(arn.region, call->region)
                                                     : str_starts_with(arn.resource, S("dashboard/")))) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The value %.*s for parameter ResourceARN is invalid.", STR_ARGS(given));
        return false;
    }
    tagged->exists = str_starts_with(arn.resource, S("alarm:")) ? cloudwatch_alarm_find(call, given, &alarm)
                                                                : cloudwatch_dashboard_exists(call, &arn);
    *found = (struct resource){.arn = given, .row = tagged};
    if (tagged->exists)
        found->add_context = tags_add_context;
    return true;
}

bool cloudwatch_locate_arn(const struct call *call, str text, struct resource *found)
{
    bool well = cloudwatch_locate_tagged(call, text, found);

    if (!well)
        take_failure(call);
    return well && found->add_context;
}

/* NULL: fail() has been called. */
static const str *tagged_arn(const struct call *call)
{
    const struct tagged *tagged = call_resource(call, 0)->row;

    if (!tagged->exists)
        fail(call, &CLOUDWATCH_RESOURCE_NOT_FOUND_EXCEPTION, "Unknown");
    return tagged->exists ? &tagged->arn : NULL;
}

bool cloudwatch_tags_put(const struct call *call, str arn, const struct str_map *tags,
                         const struct error *error)
{
    if (!tags_keys_check(call, tags, error, ""))
        return false;
    if (tags_put(call, arn, tags, TAG_CASE_MATTERS))
        return true;
    fail(call, error, "A resource can have no more than 50 tags.");
    return false;
}

enum outcome cloudwatch_tag_resource(const struct call *call, const struct cloudwatch_tag_resource_input *in,
                                     struct cloudwatch_tag_resource_output *out)
{
    const str *arn = tagged_arn(call);
    struct str_map tags = TAGS_MAP(call->arena, &in->tags);

    (void)out;
    return arn && cloudwatch_tags_put(call, *arn, &tags, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION)
               ? DONE
               : FAILED;
}

enum outcome cloudwatch_untag_resource(const struct call *call,
                                       const struct cloudwatch_untag_resource_input *in,
                                       struct cloudwatch_untag_resource_output *out)
{
    const str *arn = tagged_arn(call);

    (void)out;
    if (!arn)
        return FAILED;
    tags_remove(call, *arn, &in->tag_keys, TAG_CASE_MATTERS);
    return DONE;
}

enum outcome cloudwatch_list_tags_for_resource(const struct call *call,
                                               const struct cloudwatch_list_tags_for_resource_input *in,
                                               struct cloudwatch_list_tags_for_resource_output *out)
{
    const str *arn = tagged_arn(call);

    (void)in;
    if (!arn)
        return FAILED;
    struct str_map tags = tags_of(call->txn, call->arena, *arn);
    list_make_empty(call->arena, &out->tags);
    for (size_t i = 0; i < tags.count; i++)
        *list_add(call->arena, &out->tags) = (struct cloudwatch_tag){tags.items[i].key, tags.items[i].value};
    return DONE;
}
