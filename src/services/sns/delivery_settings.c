/*
 * delivery_settings.c: delivery policies of subscriptions and topics: when what an HTTP endpoint did not take
 * is tried again, how fast it gets messages, and their content type.
 *
 * A subscription's policy has {"healthyRetryPolicy": …, "throttlePolicy": …, "requestPolicy": …}, a topic's
 * the same for all its subscriptions as {"http": {"defaultHealthyRetryPolicy": …, "defaultThrottlePolicy": …,
 * "defaultRequestPolicy": …, "disableSubscriptionOverrides": …}}.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
#include "subscription.h"

#include "base/time.h"
#include "wire/json.h"

enum {
    MAX_DELAY_S = 3600,
    MAX_RETRIES = 100,
    MAX_PER_SECOND = 1000000,
    AT_ONCE = 8,
    BUSY_MAX_MS = 60 * 1000
};

static const str default_content_type = STR_INIT("text/plain; charset=UTF-8");

struct delivery_settings {
    int64_t min_delay, max_delay, retries, no_delay, min_delays, max_delays; /* delays in seconds */
    enum delivery_backoff backoff;
    int64_t per_second; /* 0: no bound */
    str content_type;
};

static const struct figure {
    str name;
    size_t offset;
    int64_t least, most;
} figures[] = {
    {STR_INIT("minDelayTarget"), offsetof(struct delivery_settings, min_delay), 1, MAX_DELAY_S},
    {STR_INIT("maxDelayTarget"), offsetof(struct delivery_settings, max_delay), 1, MAX_DELAY_S},
    {STR_INIT("numRetries"), offsetof(struct delivery_settings, retries), 0, MAX_RETRIES},
    {STR_INIT("numMaxDelayRetries"), offsetof(struct delivery_settings, max_delays), 0, MAX_RETRIES},
    {STR_INIT("numNoDelayRetries"), offsetof(struct delivery_settings, no_delay), 0, MAX_RETRIES},
    {STR_INIT("numMinDelayRetries"), offsetof(struct delivery_settings, min_delays), 0, MAX_RETRIES},
};

static const str backoffs[] = {
    [BACKOFF_LINEAR] = STR_INIT("linear"),
    [BACKOFF_ARITHMETIC] = STR_INIT("arithmetic"),
    [BACKOFF_GEOMETRIC] = STR_INIT("geometric"),
    [BACKOFF_EXPONENTIAL] = STR_INIT("exponential"),
};
enum { BACKOFFS = sizeof backoffs / sizeof *backoffs };

static int64_t *figure_in(struct delivery_settings *settings, const struct figure *figure)
{
    return (int64_t *)(void *)((char *)settings + figure->offset);
}

static bool read_figure(const struct json *value, int64_t least, int64_t most, int64_t *figure)
{
    return json_is(value, JSON_NUMBER) && str_to_i64(value->text, figure) && *figure >= least &&
           *figure <= most;
}

/* What is wrong, or NULL.  Members that are missing or null keep their values. */
static const char *read_retries(const struct json *policy, struct delivery_settings *settings)
{
    const struct json *backoff = json_get(policy, S("backoffFunction"));

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        const struct json *value = json_get(policy, figures[i].name);
        if (value && !json_is(value, JSON_NULL) &&
            !read_figure(value, figures[i].least, figures[i].most, figure_in(settings, &figures[i])))
            return figures[i].name.data;
    }
    for (size_t i = BACKOFF_LINEAR; json_is(backoff, JSON_STRING) && i < BACKOFFS; i++)
        if (str_equal(backoff->text, backoffs[i])) {
            settings->backoff = (enum delivery_backoff)i;
            backoff = NULL;
        }
    if (backoff && !json_is(backoff, JSON_NULL))
        return "backoffFunction";
    if (settings->min_delay > settings->max_delay)
        return "minDelayTarget must be less than or equal to maxDelayTarget";
    return settings->no_delay + settings->min_delays + settings->max_delays > settings->retries
               ? "numRetries must be at least the sum of the retries of its phases"
               : NULL;
}

static const char *read_throttle(const struct json *policy, struct delivery_settings *settings)
{
    const struct json *rate = json_get(policy, S("maxReceivesPerSecond"));

    return !rate || json_is(rate, JSON_NULL) || read_figure(rate, 1, MAX_PER_SECOND, &settings->per_second)
               ? NULL
               : "maxReceivesPerSecond";
}

static const char *read_request(const struct json *policy, struct delivery_settings *settings)
{
    static const str types[] = {
        STR_INIT("text/plain"),
        STR_INIT("text/css"),
        STR_INIT("text/csv"),
        STR_INIT("text/html"),
        STR_INIT("text/xml"),
        STR_INIT("application/atom+xml"),
        STR_INIT("application/json"),
        STR_INIT("application/octet-stream"),
        STR_INIT("application/soap+xml"),
        STR_INIT("application/x-www-form-urlencoded"),
        STR_INIT("application/xhtml+xml"),
        STR_INIT("application/xml"),
        STR_INIT("multipart/form-data"),
    };
    const struct json *type = json_get(policy, S("headerContentType"));
    str rest = type ? type->text : (str){0}, media_type;

    if (!type || json_is(type, JSON_NULL))
        return NULL;
    if (!json_is(type, JSON_STRING) || !str_next(&rest, ';', &media_type) ||
        !str_is_one_of(media_type, types, sizeof types / sizeof *types) ||
        (str_present(rest) && !str_equal_nocase(str_trim(rest), S("charset=UTF-8"))))
        return "headerContentType";
    settings->content_type = type->text;
    return NULL;
}

struct policy_names {
    str retries, throttle, request;
};
static const struct policy_names of_subscription = {STR_INIT("healthyRetryPolicy"),
                                                    STR_INIT("throttlePolicy"), STR_INIT("requestPolicy")},
                                 of_topic = {STR_INIT("defaultHealthyRetryPolicy"),
                                             STR_INIT("defaultThrottlePolicy"),
                                             STR_INIT("defaultRequestPolicy")};

static const char *read_policy(const struct json *policy, const struct policy_names *names,
                               struct delivery_settings *settings)
{
    const char *problem = read_retries(json_get(policy, names->retries), settings);

    if (!problem)
        problem = read_throttle(json_get(policy, names->throttle), settings);
    return problem ? problem : read_request(json_get(policy, names->request), settings);
}

static struct delivery_settings defaults(void)
{
    return (struct delivery_settings){.min_delay = 20,
                                      .max_delay = 20,
                                      .retries = 3,
                                      .backoff = BACKOFF_LINEAR,
                                      .content_type = default_content_type};
}

static struct delivery_policy policy_of(const struct delivery_settings *settings)
{
    return (struct delivery_policy){
        .immediate_retries = settings->no_delay,
        .pre_backoff_retries = settings->min_delays,
        .backoff_retries =
            settings->retries - settings->no_delay - settings->min_delays - settings->max_delays,
        .post_backoff_retries = settings->max_delays,
        .backoff = settings->backoff,
        .min_delay_ms = settings->min_delay * MS_PER_S,
        .max_delay_ms = settings->max_delay * MS_PER_S,
        .throttle_min_ms = MS_PER_S,
        .throttle_max_ms = BUSY_MAX_MS,
        .at_once = AT_ONCE,
        .per_second = settings->per_second,
    };
}

/* What is wrong with a policy that sets these settings, or absent. */
static str problem_of(const struct call *call, const struct json *policy, const struct policy_names *names)
{
    struct delivery_settings settings = defaults();
    const char *problem = read_policy(policy, names, &settings);

    if (problem)
        return arena_format(call->arena, "DeliveryPolicy: %s", problem);
    struct delivery_policy times = policy_of(&settings);
    return delivery_policy_total_ms(&times) > INT64_C(1000) * MAX_DELAY_S
               ? S("DeliveryPolicy: the total retry time must be at most 3600 seconds")
               : (str){0};
}

str sns_delivery_policy_problem(const struct call *call, str value)
{
    const struct json *policy = json_parse(call->arena, value, NULL);

    return json_is(policy, JSON_OBJECT) ? problem_of(call, policy, &of_subscription)
                                        : S("DeliveryPolicy: failed to parse JSON.");
}

str sns_topic_delivery_policy_problem(const struct call *call, str value)
{
    const struct json *policy = json_parse(call->arena, value, NULL);

    return json_is(policy, JSON_OBJECT) ? problem_of(call, json_get(policy, S("http")), &of_topic)
                                        : S("DeliveryPolicy: failed to parse JSON.");
}

/* Stored policies were checked; a topic's may be older than the checks: what is wrong in it has no effect. */
static struct delivery_settings settings_of(const struct call *call, str topic_policy,
                                            str subscription_policy)
{
    struct delivery_settings settings = defaults(), read = settings;
    const struct json *topic = json_get(json_parse(call->arena, topic_policy, NULL), S("http"));
    const struct json *own = json_parse(call->arena, subscription_policy, NULL);

    if (!read_policy(topic, &of_topic, &read))
        settings = read;
    read = settings;
    if (!json_is(json_get(topic, S("disableSubscriptionOverrides")), JSON_TRUE) &&
        !read_policy(own, &of_subscription, &read))
        settings = read;
    return settings;
}

struct delivery_policy sns_delivery_policy(const struct call *call, str topic_policy, str subscription_policy)
{
    struct delivery_settings settings = settings_of(call, topic_policy, subscription_policy);

    return policy_of(&settings);
}

str sns_content_type(const struct call *call, str topic_policy, str subscription_policy)
{
    return settings_of(call, topic_policy, subscription_policy).content_type;
}

static void write_retries(struct json_writer *writer, str name, struct delivery_settings *settings)
{
    json_name(writer, name);
    json_open_object(writer);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        json_i64_field(writer, figures[i].name, *figure_in(settings, &figures[i]));
    json_field(writer, S("backoffFunction"), backoffs[settings->backoff]);
    json_close_object(writer);
}

static void write_throttle(struct json_writer *writer, str name, const struct delivery_settings *settings)
{
    json_name(writer, name);
    json_open_object(writer);
    json_i64_field(writer, S("maxReceivesPerSecond"), settings->per_second);
    json_close_object(writer);
}

static void write_request(struct json_writer *writer, str name, const struct delivery_settings *settings)
{
    json_name(writer, name);
    json_open_object(writer);
    json_field(writer, S("headerContentType"), settings->content_type);
    json_close_object(writer);
}

str sns_topic_effective_delivery_policy(const struct call *call, str topic_policy)
{
    struct delivery_settings settings = settings_of(call, topic_policy, (str){0});
    const struct json *http = json_get(json_parse(call->arena, topic_policy, NULL), S("http"));
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, S("http"));
    json_open_object(&writer);
    write_retries(&writer, of_topic.retries, &settings);
    json_name(&writer, S("disableSubscriptionOverrides"));
    json_bool(&writer, json_is(json_get(http, S("disableSubscriptionOverrides")), JSON_TRUE));
    if (settings.per_second > 0)
        write_throttle(&writer, of_topic.throttle, &settings);
    write_request(&writer, of_topic.request, &settings);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}

str sns_effective_delivery_policy(const struct call *call, str topic_policy, str subscription_policy)
{
    struct delivery_settings settings = settings_of(call, topic_policy, subscription_policy);
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    write_retries(&writer, of_subscription.retries, &settings);
    json_name(&writer, S("sicklyRetryPolicy"));
    json_null(&writer);
    if (settings.per_second > 0) {
        write_throttle(&writer, of_subscription.throttle, &settings);
    } else {
        json_name(&writer, of_subscription.throttle);
        json_null(&writer);
    }
    write_request(&writer, of_subscription.request, &settings);
    json_name(&writer, S("guaranteed"));
    json_bool(&writer, false);
    json_close_object(&writer);
    return json_written(&writer);
}

/* ---- policies as they are shown ---- */

/* What the section has of these members, in their order; nothing, or null, if the section is missing. */
static void write_given(struct json_writer *writer, str name, const struct json *section,
                        bool null_if_missing)
{
    static const str members[] = {
        STR_INIT("minDelayTarget"),     STR_INIT("maxDelayTarget"),       STR_INIT("numRetries"),
        STR_INIT("numMaxDelayRetries"), STR_INIT("numNoDelayRetries"),    STR_INIT("numMinDelayRetries"),
        STR_INIT("backoffFunction"),    STR_INIT("maxReceivesPerSecond"), STR_INIT("headerContentType"),
    };
    bool given = json_is(section, JSON_OBJECT);

    if (!given && !null_if_missing)
        return;
    json_name(writer, name);
    if (!given) {
        json_null(writer);
        return;
    }
    json_open_object(writer);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct json *value = json_get(section, members[i]);
        if (!value || json_is(value, JSON_NULL))
            continue;
        json_name(writer, members[i]);
        json_value(writer, value);
    }
    json_close_object(writer);
}

str sns_delivery_policy_shown(const struct call *call, str policy)
{
    const struct json *own = json_parse(call->arena, policy, NULL);
    struct json_writer writer = json_writer_in(call->arena);

    if (!str_present(policy))
        return policy;
    json_open_object(&writer);
    write_given(&writer, of_subscription.retries, json_get(own, of_subscription.retries), true);
    json_name(&writer, S("sicklyRetryPolicy"));
    json_null(&writer);
    write_given(&writer, of_subscription.throttle, json_get(own, of_subscription.throttle), true);
    write_given(&writer, of_subscription.request, json_get(own, of_subscription.request), true);
    json_name(&writer, S("guaranteed"));
    json_bool(&writer, json_is(json_get(own, S("guaranteed")), JSON_TRUE));
    json_close_object(&writer);
    return json_written(&writer);
}

str sns_topic_delivery_policy_shown(const struct call *call, str policy)
{
    const struct json *http = json_get(json_parse(call->arena, policy, NULL), S("http"));
    struct json_writer writer = json_writer_in(call->arena);

    if (!str_present(policy))
        return policy;
    json_open_object(&writer);
    json_name(&writer, S("http"));
    json_open_object(&writer);
    write_given(&writer, of_topic.retries, json_get(http, of_topic.retries), false);
    json_name(&writer, S("disableSubscriptionOverrides"));
    json_bool(&writer, json_is(json_get(http, S("disableSubscriptionOverrides")), JSON_TRUE));
    write_given(&writer, of_topic.throttle, json_get(http, of_topic.throttle), false);
    write_given(&writer, of_topic.request, json_get(http, of_topic.request), false);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}
