/*
 * dialect.c: SQS's dialect of JSON and Query.
 *
 * JSON clients also get the codes of the Query protocol: in the refusals of the front end, and in a header of
 * each error.
 */
#include "engine/dialect.h"

#include "base/list.h"
#include "engine/call.h"
#include "sqs_model.h"

/*
 * When a form lacks the queue, the path names it: curl and old clients call
 * https://sqs.us-east-1.amazonaws.com/123456789012/orders?Action=ReceiveMessage
 */
static void add_queue_of_path(struct arena *arena, str path, struct form *form)
{
    while (str_ends_with(path, S("/")))
        path.size--;
    if (path.size > 0 && !str_present(form_get(form, S("QueueUrl"))))
        *list_add(arena, form) = (struct form_field){S("QueueUrl"), path};
}

/* "/<account>/<name>", "/queue/<region>/<account>/<name>" */
static bool is_queue_path(str path)
{
    enum { ACCOUNT_DIGITS = 12 };
    str segment, account = {0}, name = {0};
    int64_t number;

    while (str_next(&path, '/', &segment))
        if (!str_empty(segment)) {
            account = name;
            name = segment;
        }
    return account.size == ACCOUNT_DIGITS && str_to_i64(account, &number) && number >= 0;
}

/* TagQueue's tags are "Tag.1.Key" in some SDKs and "Tags.1.Key" in others; SQS accepts both. */
static void call_tags_alike(struct arena *arena, struct form *form)
{
    for (size_t i = 0; i < form->count; i++)
        if (str_starts_with(form->items[i].name, S("Tags.")))
            form->items[i].name = arena_join(arena, S("Tag."), str_from(form->items[i].name, 5));
}

static void tidy_form(struct arena *arena, str path, struct form *form)
{
    add_queue_of_path(arena, path, form);
    call_tags_alike(arena, form);
}

static str bad_value_sentence(struct arena *arena, const struct form_mismatch *mismatch)
{
    return arena_format(arena, "Value %.*s for parameter %.*s is invalid. Reason: Must be %s.",
                        STR_ARGS(mismatch->value), STR_ARGS(mismatch->name),
                        mismatch->shape->type == SHAPE_INTEGER ? "an integer" : "of its type");
}

/* The sentence about an unknown queue still speaks of SQS's first protocol, SOAP, in XML only. */
static str error_sentence(const struct failure *failure)
{
    return failure->error == &SQS_QUEUE_DOES_NOT_EXIST
               ? S("The specified queue does not exist for this wsdl version.")
               : failure->message;
}

static const struct error bad_value = {.name = "InvalidParameterValue", .status = 400, .sender = true};

static const struct json_alias query_json_names[] = {
    {"Messages", "messages"},
    {"QueueUrls", "queueUrls"},
    {NULL, NULL},
};

const struct dialect SQS_DIALECT = {
    .refusals = QUERY_REFUSALS,
    .validate = validate_plain,
    .mismatch_sentence = coral_mismatch_sentence,
    .query_error_header = true,
    .tidy_form = tidy_form,
    .bad_value = &bad_value,
    .bad_value_sentence = bad_value_sentence,
    .error_sentence = error_sentence,
    .error_end = "<Detail/>",
    .query_json_names = query_json_names,
    .is_resource_path = is_queue_path,
    .resource_member = "QueueUrl",
    .resource_finder = "GetQueueUrl",
};
