/*
 * feedback.c: delivery status logging, what a topic's 15 feedback attributes ask for.
 *
 * A delivery adds a line to what its call collects; an internal operation writes the lines to CloudWatch Logs
 * under the topic's role, after the publishing is committed.  Lines are not stored before: a crash may lose
 * them, as AWS says that this logging is best effort.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
 *
 * To log the deliveries of a protocol, call sns_feedback_add() where their end is known.
 */
#include "feedback.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "logs_model.h"
#include "wire/json.h"

/* The protocols of subscriptions, and how attributes name them. */
static const struct {
    str protocol, prefix;
} protocols[] = {
    {STR_INIT("application"), STR_INIT("Application")},
    {STR_INIT("firehose"), STR_INIT("Firehose")},
    {STR_INIT("http"), STR_INIT("HTTP")},
    {STR_INIT("https"), STR_INIT("HTTP")},
    {STR_INIT("lambda"), STR_INIT("Lambda")},
    {STR_INIT("sqs"), STR_INIT("SQS")},
};
enum { PROTOCOLS = sizeof protocols / sizeof *protocols, PERCENT = 100, MAX_ROLE_ARN = 2048 };

static const str failure_role = STR_INIT("FailureFeedbackRoleArn");
static const str success_role = STR_INIT("SuccessFeedbackRoleArn");
static const str success_rate = STR_INIT("SuccessFeedbackSampleRate");

/* ---- the attributes ---- */

static bool is_prefix(str name, str suffix)
{
    str prefix = str_head(name, name.size - suffix.size);

    for (size_t i = 0; i < PROTOCOLS; i++)
        if (str_equal(prefix, protocols[i].prefix))
            return true;
    return false;
}

static bool has_suffix(str name, str suffix)
{
    return str_ends_with(name, suffix) && is_prefix(name, suffix);
}

bool sns_feedback_is_attribute(str name)
{
    return has_suffix(name, failure_role) || has_suffix(name, success_role) || has_suffix(name, success_rate);
}

static bool is_rate(str value)
{
    int64_t rate;

    return str_to_i64(value, &rate) && rate >= 0 && rate <= PERCENT;
}

static bool is_role(str value)
{
    struct arn arn;

    return value.size <= MAX_ROLE_ARN && arn_parse(value, &arn) && str_equal(arn.service, S("iam")) &&
           str_present(arn_account(value)) && str_starts_with(arn.resource, S("role/"));
}

/* The condition keys of a role that is passed to SNS. */
static void add_role_context(const struct call *call, const struct resource *resource,
                             struct context_list *context)
{
    (void)resource;
    context_add(call, context, S("iam:PassedToService"), S("sns.amazonaws.com"));
}

/* Does the caller have iam:PassRole on it? */
static bool may_pass(const struct call *call, str role_arn)
{
    return authorize_action(call, S("iam:PassRole"),
                            &(struct resource){.arn = role_arn, .add_context = add_role_context});
}

/* The attributes that are set. */
static struct str_map read_all(const struct call *call, str feedback)
{
    struct str_map all = {0};

    if (str_present(feedback))
        model_from_json(call->arena, &SNS_ATTRIBUTE_MAP, feedback, &all);
    return all;
}

bool sns_feedback_set(const struct call *call, str name, str value, str *feedback)
{
    struct str_map before = read_all(call, *feedback), after = {0};
    bool rate = str_ends_with(name, success_rate);

    if (!str_empty(value) && !(rate ? is_rate(value) : is_role(value))) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %.*s", STR_ARGS(name));
        return false;
    }
    if (!str_empty(value) && !rate && !may_pass(call, value))
        return false;
    for (size_t i = 0; i < before.count; i++)
        if (!str_equal(before.items[i].key, name))
            str_map_add(call->arena, &after, before.items[i].key, before.items[i].value);
    if (!str_empty(value))
        str_map_add(call->arena, &after, name, value);
    *feedback = after.count > 0 ? model_to_json(call->arena, &SNS_ATTRIBUTE_MAP, &after) : (str){0};
    return true;
}

str sns_feedback_get(const struct call *call, str feedback, str name)
{
    struct str_map all = read_all(call, feedback);

    return str_map_get(&all, name);
}

void sns_feedback_show(const struct call *call, str feedback, struct str_map *shown)
{
    struct str_map all = read_all(call, feedback);

    for (size_t i = 0; i < all.count; i++)
        str_map_add(call->arena, shown, all.items[i].key, all.items[i].value);
}

/* ---- what deliveries add ---- */

static str attribute(const struct call *call, const struct feedback *feedback, str protocol, str suffix)
{
    for (size_t i = 0; i < PROTOCOLS; i++)
        if (str_equal(protocol, protocols[i].protocol))
            return str_map_get(&feedback->attributes, arena_join(call->arena, protocols[i].prefix, suffix));
    return (str){0};
}

/* Failures are all logged, successes by the sample rate. */
static bool is_sampled(const struct call *call, const struct feedback *feedback,
                       const struct delivery_status *status)
{
    str text = status->failure ? S("100") : attribute(call, feedback, status->protocol, success_rate);
    int64_t rate = 0;

    return str_present(text) && str_to_i64(text, &rate) && (int64_t)(random_u64() % PERCENT) < rate;
}

/* "2016-01-31 23:33:14.123" */
static str time_of_log(const struct call *call, int64_t ms)
{
    str text = time_iso8601_ms(call->arena, ms);
    ptrdiff_t at = str_index(text, 'T');

    return arena_concat(call->arena, str_head(text, (size_t)at), S(" "),
                        str_from(str_head(text, text.size - 1), (size_t)at + 1));
}

str sns_feedback_md5(const struct call *call, struct feedback *feedback)
{
    if (!str_present(feedback->text_md5)) {
        struct md5 digest = md5(feedback->message->text);
        feedback->text_md5 = hex_encode(call->arena, HASH_STR(digest));
    }
    return feedback->text_md5;
}

static void add_notification(const struct call *call, struct json_writer *line, struct feedback *feedback)
{
    json_name(line, S("notification"));
    json_open_object(line);
    json_field(line, S("messageMD5Sum"), sns_feedback_md5(call, feedback));
    json_field(line, S("messageId"), feedback->message->id);
    json_field(line, S("topicArn"), feedback->topic_arn);
    json_field(line, S("timestamp"), time_of_log(call, feedback->message->published_ms));
    json_close_object(line);
}

/* The error of a delivery that failed: of a queue, only SNS's log tells whether it exists. */
struct provider_error {
    str code;
    int64_t status;
};

static struct provider_error error_of(const struct call *call, const struct delivery_status *status)
{
    const struct error *error = status->failure->error;
    struct resource queue = {0};

    if (error)
        return (struct provider_error){str_of(error->query_code), error->status};
    if (str_equal(status->protocol, S("sqs")) && !resource_of_arn(call, status->destination, &queue))
        return (struct provider_error){S("AWS.SimpleQueueService.NonExistentQueue"), 400};
    return (struct provider_error){S("AccessDenied"), 403};
}

static int64_t status_code_of(const struct call *call, const struct delivery_status *status)
{
    if (status->status_code)
        return status->status_code;
    if (status->failure)
        return error_of(call, status).status;
    return str_equal(status->protocol, S("lambda")) ? 202 : 200;
}

/* What the receiver answered, as the text of a JSON object. */
static str response_of(const struct call *call, const struct delivery_status *status)
{
    struct json_writer writer = json_writer_in(call->arena);
    bool queue = str_equal(status->protocol, S("sqs")), function = str_equal(status->protocol, S("lambda"));

    if (str_present(status->provider_response))
        return status->provider_response;
    json_open_object(&writer);
    if (status->failure) {
        json_field(&writer, S("ErrorCode"), error_of(call, status).code);
        json_field(&writer, S("ErrorMessage"), status->failure->message);
    }
    if (queue || function)
        json_field(&writer, queue ? S("sqsRequestId") : S("lambdaRequestId"),
                   status->failure ? S("Unrecoverable") : random_uuid(call->arena));
    if (queue)
        json_field(&writer, S("sqsMessageId"), status->provider_id);
    json_close_object(&writer);
    return json_written(&writer);
}

static str line_of(const struct call *call, struct feedback *feedback, const struct delivery_status *status)
{
    struct json_writer line = json_writer_in(call->arena);

    json_open_object(&line);
    add_notification(call, &line, feedback);
    json_name(&line, S("delivery"));
    json_open_object(&line);
    json_field(&line, S("deliveryId"), random_uuid(call->arena));
    json_field(&line, S("destination"), status->destination);
    json_field(&line, S("providerResponse"), response_of(call, status));
    json_i64_field(&line, S("dwellTimeMs"), call->now_ms - feedback->message->published_ms);
    if (!str_equal(status->protocol, S("lambda"))) /* whose attempts AWS does not tell */
        json_i64_field(&line, S("attempts"), status->attempts ? status->attempts : 1);
    json_i64_field(&line, S("statusCode"), status_code_of(call, status));
    json_close_object(&line);
    json_field(&line, S("status"), status->failure ? S("FAILURE") : S("SUCCESS"));
    json_close_object(&line);
    return json_written(&line);
}

struct feedback sns_feedback_begin(const struct call *call, const struct topic *topic,
                                   const struct message *message)
{
    return (struct feedback){
        .attributes = read_all(call, topic->row.feedback), .topic_arn = topic->arn, .message = message};
}

static str group_of(const struct call *call, str topic_arn, bool failed)
{
    struct arn arn = {0};

    arn_parse(topic_arn, &arn);
    return arena_concat(call->arena, S("sns/"), arn.region, S("/"), arn.account, S("/"), arn.resource,
                        failed ? S("/Failure") : S(""));
}

void sns_feedback_add(const struct call *call, struct feedback *feedback,
                      const struct delivery_status *status)
{
    str role = attribute(call, feedback, status->protocol, status->failure ? failure_role : success_role);

    if (!str_present(role) || !is_sampled(call, feedback, status))
        return;
    *list_add(call->arena, &feedback->lines) =
        (struct sns_log_line){.role_arn = role,
                              .group = group_of(call, feedback->topic_arn, status->failure != NULL),
                              .text = line_of(call, feedback, status)};
}

void sns_feedback_end(const struct call *call, const struct feedback *feedback)
{
    sns_log_lines(call, feedback->topic_arn, &feedback->lines);
}

void sns_log_lines(const struct call *call, str topic_arn, const struct sns_log_line_list *lines)
{
    struct arn arn;

    if (lines->count > 0 && arn_parse(topic_arn, &arn))
        spawn(call, &SNS_LOG_DELIVERIES, (str){0},
              &(struct sns_log_deliveries_request){
                  .account = arn.account, .region = arn.region, .at = call->now_ms, .lines = *lines});
}

/* ---- writing the lines ---- */

/* A topic writes into one stream of each of its groups, named by a UUID as on AWS. */
static str stream_name(const struct call *call, str group)
{
    struct md5 digest = md5(group);
    str hex = hex_encode(call->arena, HASH_STR(digest));

    return arena_concat(call->arena, str_head(hex, 8), S("-"), str_head(str_from(hex, 8), 4), S("-"),
                        str_head(str_from(hex, 12), 4), S("-"), str_head(str_from(hex, 16), 4), S("-"),
                        str_from(hex, 20));
}

/* What hinders it, or absent. */
static str put(const struct call *call, const struct principal *role,
               const struct logs_put_log_events_request *in)
{
    struct logs_write_events_response out = {0};
    struct failure failure;

    return invoke(call, role, &LOGS_WRITE_EVENTS, in, &out, &failure) == DONE ? out.problem : failure.message;
}

static void warn(str group, str reason)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_warn("the status of a delivery was not logged", log_field("group", group),
                 log_field("reason", reason), log_field("not_told_before", left_out));
}

static const struct principal *writer_of(const struct call *call, str role_arn)
{
    struct call ours = call_as(call, service_principal(call, S("sns.amazonaws.com"), (str){0}));
    struct principal *own = arena_new(call->arena, struct principal);

    if (str_present(role_arn))
        return role_principal(&ours, role_arn, S("sns"));
    *own = (struct principal){.kind = PRINCIPAL_ROOT,
                              .arn = arn_of_root(call->arena, call->account),
                              .id = call->account,
                              .account = call->account};
    return own;
}

static bool is_like(const struct sns_log_line *a, const struct sns_log_line *b)
{
    return str_equal(a->role_arn, b->role_arn) && str_equal(a->group, b->group);
}

/* Write the lines that have this line's role and group. */
static void write_like(const struct call *call, const struct sns_log_deliveries_request *in,
                       const struct sns_log_line *first)
{
    struct logs_put_log_events_request request = {.log_group_name = first->group,
                                                  .log_stream_name = stream_name(call, first->group)};
    const struct principal *writer = writer_of(call, first->role_arn);

    for (size_t i = 0; i < in->lines.count; i++)
        if (is_like(&in->lines.items[i], first))
            *list_add(call->arena, &request.log_events) =
                (struct logs_input_log_event){.timestamp = in->at, .message = in->lines.items[i].text};
    str problem = writer ? put(call, writer, &request) : S("SNS cannot assume the role");
    if (str_present(problem))
        warn(first->group, problem);
}

static bool was_written(const struct sns_log_deliveries_request *in, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_like(&in->lines.items[i], &in->lines.items[index]))
            return true;
    return false;
}

enum outcome sns_log_deliveries(const struct call *call, const struct sns_log_deliveries_request *in,
                                struct sns_log_deliveries_output *out)
{
    struct call there = call_in(call, in->account, in->region);

    (void)out;
    for (size_t i = 0; i < in->lines.count; i++)
        if (!was_written(in, i))
            write_like(&there, in, &in->lines.items[i]);
    return DONE;
}
