/*
 * doctor.c: `orderly doctor`: what AWS accepts in silence, and what loses or repeats messages later.
 *
 * It looks at the queues that invoke functions, and at those that topics publish to, with the caller's own
 * permissions.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
#include "commands/doctor.h"
#include "commands/commands.h"

#include "aws/arn.h"
#include "base/list.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/run.h"
#include "lambda_model.h"
#include "sqs_model.h"
#include "wire/json.h"

#include <stdlib.h>

enum { DOCTOR = 1, EXIT_WARNED = 1, COLUMNS = 100, TIMEOUTS = 6, RECEIVES = 5 };

struct arguments {
    struct config_flags where;
};

static const struct cli_command COMMANDS[] = {
    {DOCTOR,
     0,
     "doctor",
     {NULL},
     "warn of settings that lose or repeat messages",
     "Looks at the queues that invoke functions, and warns of settings that AWS accepts but advises\n"
     "against. Looks at the subscriptions of queues, and at what the functions' roles may do: it warns\n"
     "of what keeps messages from their queue, their function or its log.\n"
     "The exit code is 0 when there is nothing to warn of, 1 when there is, 2 when that is not known.\n"},
};

static const struct cli_flag FLAGS[] = {CONFIG_FLAG_ROWS(offsetof(struct arguments, where))};

static const struct cli_table TABLE = {
    .program = "orderly",
    .summary = "Settings that lose or repeat messages.",
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .flags = FLAGS,
    .flag_count = sizeof FLAGS / sizeof *FLAGS,
    .footer = COMMANDS_FOOTER,
};

/* ---- one mapping ---- */

/* A queue that invokes a function. */
struct pair {
    const struct lambda_event_source_mapping_configuration *mapping;
    str queue, function;                       /* names */
    str problem;                               /* why the function cannot run; or absent */
    str role, log_group;                       /* the role's ARN, the log group's name */
    int64_t visibility_s, timeout_s, receives; /* receives: 0 without a dead-letter queue */
};

void doctor_warn(struct visit *visit, str from, str to, str sentence)
{
    str line =
        arena_format(visit->arena, "%.*s -> %.*s: %.*s", STR_ARGS(from), STR_ARGS(to), STR_ARGS(sentence));

    visit->warnings++;
    output_print_wrapped(visit->arena, output_text(visit->arena, line), 0, COLUMNS);
}

static void warn(struct visit *visit, const struct pair *pair, str sentence)
{
    doctor_warn(visit, pair->queue, pair->function, sentence);
}

static void examine(struct visit *visit, const struct pair *pair)
{
    struct arena *arena = visit->arena;
    int64_t batch = pair->mapping->batch_size ? *pair->mapping->batch_size : 1;

    if (str_present(pair->problem))
        warn(visit, pair, arena_concat(arena, S("the function cannot run: "), pair->problem));
    if (pair->visibility_s < TIMEOUTS * pair->timeout_s)
        warn(visit, pair,
             arena_format(
                 arena,
                 "the visibility timeout, %lld s, is less than six times the function's timeout, %lld s: "
                 "messages may come again while their batch is still tried. Set it to %lld s or more.",
                 (long long)pair->visibility_s, (long long)pair->timeout_s,
                 TIMEOUTS * (long long)pair->timeout_s));
    if (pair->receives == 0)
        warn(visit, pair,
             S("the queue has no dead-letter queue: a message that always fails comes again until it "
               "expires."));
    else if (pair->receives < RECEIVES)
        warn(visit, pair,
             arena_format(
                 arena,
                 "maxReceiveCount is %lld: throttling alone may send good messages to the dead-letter queue. "
                 "Set it to 5 or more.",
                 (long long)pair->receives));
    if (batch > 1 && pair->mapping->function_response_types.count == 0)
        warn(visit, pair,
             arena_format(
                 arena,
                 "one bad message of a batch of %lld makes all of them come again: let the function report "
                 "failures (ReportBatchItemFailures).",
                 (long long)batch));
}

/* ---- what the function's role may do ---- */

/* A stream of the function's log group, whose name does not matter. */
static str log_stream_of(struct arena *arena, const struct pair *pair)
{
    struct arn arn = {0};

    arn_parse(pair->mapping->function_arn, &arn);
    return arena_format(arena, "arn:%.*s:logs:%.*s:%.*s:log-group:%.*s:log-stream:any",
                        STR_ARGS(arn.partition), STR_ARGS(arn.region), STR_ARGS(arn.account),
                        STR_ARGS(pair->log_group));
}

static void examine_role(struct visit *visit, const struct pair *pair)
{
    str queue = pair->mapping->event_source_arn;
    const struct {
        str action, resource, consequence;
    } needs[] = {
        {S("sqs:ReceiveMessage"), queue, S("the function gets no messages: ")},
        {S("sqs:DeleteMessage"), queue, S("messages come again after they were processed: ")},
        {S("logs:PutLogEvents"), log_stream_of(visit->arena, pair), S("what the function prints is lost: ")},
    };

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        struct doctor_question question = {
            .principal = pair->role, .action = needs[i].action, .resource = needs[i].resource};
        str reason;
        if (doctor_denied(visit, &question, &reason))
            warn(visit, pair, arena_concat(visit->arena, needs[i].consequence, reason, S(".")));
    }
}

/* ---- asking ---- */

bool doctor_call(struct visit *visit, const struct operation *operation, const void *in, void *out)
{
    return client_call(visit->client, visit->arena, operation, in, out, &visit->failure);
}

static int64_t number_of(const struct str_map *attributes, str name)
{
    str text = str_map_get(attributes, name);
    int64_t number = 0;

    if (str_present(text))
        str_to_i64(text, &number);
    return number;
}

/* 0: there is no dead-letter queue. */
static int64_t receives_of(struct arena *arena, const struct str_map *attributes)
{
    str policy = str_map_get(attributes, S("RedrivePolicy"));
    const struct json *count =
        str_present(policy) ? json_get(json_parse(arena, policy, NULL), S("maxReceiveCount")) : NULL;
    int64_t number = 0;

    if (count)
        str_to_i64(count->text, &number);
    return number;
}

bool doctor_queue_url(struct visit *visit, str arn, str *url)
{
    struct sqs_get_queue_url_request in = {.queue_name = arn_last(arn),
                                           .queue_owner_aws_account_id = arn_account(arn)};
    struct sqs_get_queue_url_result out = {0};

    if (!doctor_call(visit, &SQS_GET_QUEUE_URL, &in, &out))
        return false;
    *url = out.queue_url;
    return true;
}

static bool read_queue(struct visit *visit, str arn, struct pair *pair)
{
    struct sqs_get_queue_attributes_request in = {0};
    struct sqs_get_queue_attributes_result out = {0};

    if (!doctor_queue_url(visit, arn, &in.queue_url))
        return false;
    *list_add(visit->arena, &in.attribute_names) = S("All");
    if (!doctor_call(visit, &SQS_GET_QUEUE_ATTRIBUTES, &in, &out))
        return false;
    pair->visibility_s = number_of(&out.attributes, S("VisibilityTimeout"));
    pair->receives = receives_of(visit->arena, &out.attributes);
    return true;
}

static bool read_function(struct visit *visit, str arn, struct pair *pair)
{
    struct lambda_function_configuration out = {0};

    if (!doctor_call(visit, &LAMBDA_GET_FUNCTION_CONFIGURATION,
                     &(struct lambda_get_function_configuration_request){.function_name = arn}, &out))
        return false;
    pair->function = out.function_name;
    pair->role = out.role;
    pair->log_group = out.logging_config && str_present(out.logging_config->log_group)
                          ? out.logging_config->log_group
                          : arena_concat(visit->arena, S("/aws/lambda/"), out.function_name);
    if (str_equal(out.state, S("Failed")))
        pair->problem = out.state_reason;
    pair->timeout_s = out.timeout ? *out.timeout : 0;
    return true;
}

/* False: visit->failure says why it cannot be looked at. */
static bool look_at(struct visit *visit, const struct lambda_event_source_mapping_configuration *mapping)
{
    str arn = mapping->event_source_arn;
    struct pair pair = {.mapping = mapping, .queue = arn_last(arn)};

    if (str_find(arn, S(":sqs:")) < 0)
        return true;
    visit->mappings++;
    if (!read_function(visit, mapping->function_arn, &pair))
        return false;
    if (!read_queue(visit, arn, &pair)) {
        if (!failed_with(&visit->failure, &SQS_QUEUE_DOES_NOT_EXIST))
            return false;
        warn(visit, &pair, S("the function gets no messages: the queue does not exist."));
        return true;
    }
    examine_role(visit, &pair);
    examine(visit, &pair);
    return true;
}

static bool look_at_all(struct visit *visit)
{
    struct lambda_list_event_source_mappings_request in = {0};
    struct lambda_list_event_source_mappings_response out;

    do {
        out = (struct lambda_list_event_source_mappings_response){0};
        if (!doctor_call(visit, &LAMBDA_LIST_EVENT_SOURCE_MAPPINGS, &in, &out))
            return false;
        for (size_t i = 0; i < out.event_source_mappings.count; i++)
            if (!look_at(visit, &out.event_source_mappings.items[i]))
                return false;
        in.marker = out.next_marker;
    } while (str_present(in.marker) && !str_empty(in.marker));
    return true;
}

/* ---- the command ---- */

static int run(struct arena *arena, const struct cli_words *words, const void *values)
{
    const struct arguments *arguments = values;
    struct config config;
    str problem;

    (void)words;
    if (!config_read(arena, &arguments->where, &config, &problem))
        return cli_give_up(arena, problem);
    struct visit visit = {.client = client_open(&config, cli_tell), .arena = arena};
    bool own = str_present(config_own_endpoint(&config));
    bool looked = (!own || doctor_ask_about_policies(&visit)) && look_at_all(&visit) &&
                  doctor_look_at_subscriptions(&visit);
    client_close(visit.client);
    if (!looked)
        return cli_give_up(arena, failure_sentence(arena, &visit.failure));
    if (visit.warnings == 0)
        printf("Nothing to warn of: %lld event source mappings and %lld subscriptions of queues are as AWS "
               "advises.\n",
               (long long)visit.mappings, (long long)visit.subscriptions);
    return visit.warnings == 0 ? EXIT_SUCCESS : EXIT_WARNED;
}

/* The table's program is `orderly`, whose first argument is this command's name: the word before argv[0]. */
int doctor_main(int argc, char **argv)
{
    struct arguments arguments = {0};

    return cli_run(&TABLE, argc + 1, argv - 1, &arguments, run);
}
