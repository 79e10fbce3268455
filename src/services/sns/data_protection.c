/*
 * data_protection.c: a topic's data protection policy: it denies messages with sensitive data, masks or
 * removes the data, and reports it to a log group.
 *
 * Inbound statements are about the principal that publishes, and change the message for everybody; outbound
 * ones are about the principal that has subscribed.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
 */
#include "services/sns/data_identifiers.h"
#include "services/sns/feedback.h"
#include "services/sns/subscription.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/time.h"
#include "wire/json.h"

enum { MAX_STATEMENTS = 32, MAX_IDENTIFIERS = 32, MAX_PRINCIPALS = 100, MAX_SAMPLE_RATE = 99, PERCENT = 100 };

static const str identifier_prefix = STR_INIT("arn:aws:dataprotection::aws:data-identifier/");
static const str vended_prefix = STR_INIT("/aws/vendedlogs/");

/* ---- the policy ---- */

static bool refuse(const struct call *call, const char *reason)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: DataProtectionPolicy Reason: %s",
         reason);
    return false;
}

/* Are all members of the object among these names? */
static bool has_only(const struct json *object, const str *names, size_t count)
{
    for (size_t i = 0; i < object->count; i++)
        if (!str_is_one_of(object->members[i].name, names, count))
            return false;
    return true;
}

static bool texts_check(const struct json *texts, size_t most)
{
    if (!json_is(texts, JSON_ARRAY) || texts->count == 0 || texts->count > most)
        return false;
    for (size_t i = 0; i < texts->count; i++)
        if (texts->items[i].type != JSON_STRING)
            return false;
    return true;
}

static str identifier_name(str identifier)
{
    return str_starts_with(identifier, identifier_prefix) ? str_from(identifier, identifier_prefix.size)
                                                          : (str){0};
}

static bool identifiers_check(const struct call *call, const struct json *identifiers)
{
    if (!texts_check(identifiers, MAX_IDENTIFIERS))
        return refuse(call, "DataIdentifier must be a list of data identifiers");
    for (size_t i = 0; i < identifiers->count; i++)
        if (!sns_data_identifier_is_known(identifier_name(identifiers->items[i].text)))
            return refuse(
                call,
                arena_cstr(call->arena,
                           arena_concat(call->arena, S("Orderly does not support the data identifier "),
                                        identifiers->items[i].text, S("; see docs/compatibility.md."))));
    return true;
}

static bool destination_check(const struct call *call, const struct json *destination)
{
    static const str logs[] = {STR_INIT("CloudWatchLogs")};
    str group = json_get_str(json_get(destination, S("CloudWatchLogs")), S("LogGroup"));

    if (!destination)
        return true;
    if (!json_is(destination, JSON_OBJECT) || !has_only(destination, logs, 1))
        return refuse(call,
                      "Orderly supports log groups as the only destinations; see docs/compatibility.md.");
    return destination->count == 0 || str_starts_with(group, vended_prefix) ||
           refuse(call, "LogGroup must begin with /aws/vendedlogs/");
}

static int64_t sample_rate(const struct json *audit)
{
    int64_t rate;

    return str_to_i64(json_get_str(audit, S("SampleRate")), &rate) && rate >= 0 && rate <= MAX_SAMPLE_RATE
               ? rate
               : -1;
}

static bool audit_check(const struct call *call, const struct json *audit)
{
    static const str names[] = {STR_INIT("SampleRate"), STR_INIT("FindingsDestination"),
                                STR_INIT("NoFindingsDestination")};
    const struct json *findings = json_get(audit, S("FindingsDestination")),
                      *none = json_get(audit, S("NoFindingsDestination"));

    if (!has_only(audit, names, sizeof names / sizeof *names) || sample_rate(audit) < 0)
        return refuse(call, "Audit needs a SampleRate between 0 and 99");
    if (!findings && !none)
        return refuse(call, "Audit needs a FindingsDestination or a NoFindingsDestination");
    return destination_check(call, findings) && destination_check(call, none) &&
           authorize_action(call, S("logs:CreateLogDelivery"), &(struct resource){.arn = S("*")});
}

static bool deidentify_check(const struct call *call, const struct json *operation)
{
    const struct json *mask = json_get(operation, S("MaskConfig")),
                      *redact = json_get(operation, S("RedactConfig"));
    const struct json *with = json_get(mask, S("MaskWithCharacter"));

    if (operation->count != 1 || (mask ? !json_is(mask, JSON_OBJECT) : !json_is(redact, JSON_OBJECT)))
        return refuse(call, "Deidentify needs either MaskConfig or RedactConfig");
    return !mask ||
           (mask->count == 1 && json_is(with, JSON_STRING) && with->text.size == 1 &&
            with->text.data[0] > ' ' && with->text.data[0] <= '~') ||
           refuse(call, "MaskWithCharacter must be one character");
}

static bool operation_check(const struct call *call, const struct json *operation, bool inbound)
{
    const struct json *audit = json_get(operation, S("Audit")), *deny = json_get(operation, S("Deny")),
                      *deidentify = json_get(operation, S("Deidentify"));

    if (!json_is(operation, JSON_OBJECT) || operation->count != 1)
        return refuse(call, "Operation must be one of Audit, Deidentify and Deny");
    if (json_is(deny, JSON_OBJECT) && deny->count == 0)
        return true;
    if (json_is(deidentify, JSON_OBJECT))
        return deidentify_check(call, deidentify);
    if (!json_is(audit, JSON_OBJECT))
        return refuse(call, "Operation must be one of Audit, Deidentify and Deny");
    return inbound ? audit_check(call, audit) : refuse(call, "Audit is for Inbound messages");
}

static bool is_inbound(const struct json *statement)
{
    return str_equal(json_get_str(statement, S("DataDirection")), S("Inbound"));
}

static bool statement_check(const struct call *call, const struct json *statement)
{
    static const str names[] = {STR_INIT("Sid"), STR_INIT("DataDirection"), STR_INIT("DataIdentifier"),
                                STR_INIT("Principal"), STR_INIT("Operation")};
    bool inbound = is_inbound(statement);

    if (!json_is(statement, JSON_OBJECT) || !has_only(statement, names, sizeof names / sizeof *names))
        return refuse(call, "a statement has Sid, DataDirection, DataIdentifier, Principal and Operation");
    if (!inbound && !str_equal(json_get_str(statement, S("DataDirection")), S("Outbound")))
        return refuse(call, "DataDirection must be Inbound or Outbound");
    if (!texts_check(json_get(statement, S("Principal")), MAX_PRINCIPALS))
        return refuse(call, "Principal must be a list of ARNs");
    return identifiers_check(call, json_get(statement, S("DataIdentifier"))) &&
           operation_check(call, json_get(statement, S("Operation")), inbound);
}

static bool statements_check(const struct call *call, const struct json *statements)
{
    size_t audits = 0;

    if (!json_is(statements, JSON_ARRAY) || statements->count > MAX_STATEMENTS)
        return refuse(call, "Statement must be a list");
    for (size_t i = 0; i < statements->count; i++) {
        if (!statement_check(call, &statements->items[i]))
            return false;
        audits += json_get(json_get(&statements->items[i], S("Operation")), S("Audit")) != NULL;
    }
    return audits <= 1 || refuse(call, "a policy has at most one Audit statement");
}

bool sns_protection_check(const struct call *call, const struct topic *topic, str text)
{
    static const str names[] = {STR_INIT("Name"), STR_INIT("Description"), STR_INIT("Version"),
                                STR_INIT("Statement")};
    const struct json *policy = json_parse(call->arena, text, NULL);

    if (topic->row.fifo_id)
        return refuse(call, "FIFO topics have no data protection policy");
    if (text.size > MAX_POLICY_BYTES)
        return refuse(call, "the policy is longer than 30720 characters");
    if (!json_is(policy, JSON_OBJECT) || !str_is_xml_text(text))
        return refuse(call, "the policy is not a JSON object");
    if (!has_only(policy, names, sizeof names / sizeof *names) ||
        str_empty(json_get_str(policy, S("Name"))) ||
        !str_equal(json_get_str(policy, S("Version")), S("2021-06-01")))
        return refuse(call, "the policy needs Name, Version 2021-06-01 and Statement");
    return statements_check(call, json_get(policy, S("Statement")));
}

/* An empty policy removes the topic's. */
enum outcome sns_put_data_protection_policy(const struct call *call,
                                            const struct sns_put_data_protection_policy_input *in,
                                            struct sns_put_data_protection_policy_output *out)
{
    const struct topic *topic = sns_topic_of(call);
    bool empty = str_empty(in->data_protection_policy);

    (void)out;
    if (!topic || (!empty && !sns_protection_check(call, topic, in->data_protection_policy)))
        return FAILED;
    sns_set_data_protection(call->txn, &(struct sns_set_data_protection_params){
                                           .id = topic->row.id,
                                           .data_protection = empty ? (str){0} : in->data_protection_policy});
    return DONE;
}

enum outcome sns_get_data_protection_policy(const struct call *call,
                                            const struct sns_get_data_protection_policy_input *in,
                                            struct sns_get_data_protection_policy_response *out)
{
    const struct topic *topic = sns_topic_of(call);

    (void)in;
    if (!topic)
        return FAILED;
    out->data_protection_policy = topic->row.data_protection;
    return DONE;
}

/* ---- the principals of a statement ---- */

/* The role of a session "arn:aws:sts::<account>:assumed-role/<role>/<session>". */
static str role_of_session(const struct call *call, str principal)
{
    struct arn arn;
    str rest, role;

    if (!arn_parse(principal, &arn) || !str_starts_with(arn.resource, S("assumed-role/")))
        return (str){0};
    rest = str_from(arn.resource, S("assumed-role/").size);
    str_next(&rest, '/', &role);
    return arena_concat(call->arena, S("arn:aws:iam::"), arn.account, S(":role/"), role);
}

/* Does the statement name the principal, its role, or its account? */
static bool is_about(const struct call *call, const struct json *statement, str principal)
{
    const struct json *named = json_get(statement, S("Principal"));
    str account = arn_account(principal);

    for (size_t i = 0; i < named->count; i++) {
        str name = named->items[i].text;
        if (str_equal(name, S("*")) || str_equal(name, principal) ||
            str_equal(name, role_of_session(call, principal)) ||
            (str_present(account) &&
             (str_equal(name, account) || str_equal(name, arn_of_root(call->arena, account)))))
            return true;
    }
    return false;
}

/* ---- what a statement does ---- */

/* The bytes of the text that a statement's identifiers find. */
static bool *marks_of(struct scan *scan, const struct json *statement, size_t *count)
{
    const struct json *identifiers = json_get(statement, S("DataIdentifier"));
    bool *marks = arena_alloc(scan->arena, scan->text.size * sizeof *marks + 1);

    *count = 0;
    for (size_t i = 0; i < identifiers->count; i++) {
        const struct findings *found = sns_data_find(scan, identifier_name(identifiers->items[i].text));
        *count += found->count;
        for (size_t f = 0; f < found->count; f++)
            for (size_t at = found->items[f].start; at < found->items[f].end; at++)
                marks[at] = true;
    }
    return marks;
}

/* The text with each character of the data replaced by the mask, or without the data. */
static str changed(const struct call *call, const struct json *deidentify, str text, const bool *marks)
{
    str mask = json_get_str(json_get(deidentify, S("MaskConfig")), S("MaskWithCharacter"));
    struct text after = text_in(call->arena);

    for (size_t at = 0, size; (size = str_character_size(text, at)) > 0; at += size)
        if (!marks[at])
            text_add(&after, (str){text.data + at, size});
        else if (str_present(mask))
            text_add(&after, mask);
    return text_str(&after);
}

static void add_identifier(struct scan *scan, struct json_writer *line, str name, size_t *count)
{
    const struct findings *found = sns_data_find(scan, name);

    if (found->count == 0)
        return;
    *count += found->count;
    json_open_object(line);
    json_field(line, S("name"), name);
    json_i64_field(line, S("count"), (int64_t)found->count);
    json_name(line, S("detections"));
    json_open_array(line);
    for (size_t i = 0; i < found->count; i++) {
        json_open_object(line);
        json_i64_field(line, S("start"), (int64_t)found->items[i].start + 1);
        json_i64_field(line, S("end"), (int64_t)found->items[i].end);
        json_close_object(line);
    }
    json_close_array(line);
    json_close_object(line);
}

/* Report what was found in a message, or that nothing was, to the log group of the statement. */
static void report(const struct call *call, const struct topic *topic, const struct json *statement,
                   const struct message *message)
{
    const struct json *audit = json_get(json_get(statement, S("Operation")), S("Audit"));
    const struct json *identifiers = json_get(statement, S("DataIdentifier"));
    struct json_writer line = json_writer_in(call->arena);
    struct sns_log_line_list lines = {0};
    struct scan scan = {.arena = call->arena, .text = message->published_text};
    size_t count = 0;

    json_open_object(&line);
    json_field(&line, S("messageId"), message->id);
    json_field(&line, S("auditTimestamp"), time_iso8601(call->arena, call->now_ms));
    json_field(&line, S("callerPrincipal"), call->caller->arn);
    json_field(&line, S("resourceArn"), topic->arn);
    json_name(&line, S("dataIdentifiers"));
    json_open_array(&line);
    for (size_t i = 0; i < identifiers->count; i++)
        add_identifier(&scan, &line, identifier_name(identifiers->items[i].text), &count);
    json_close_array(&line);
    json_close_object(&line);
    const struct json *destination =
        json_get(audit, count > 0 ? S("FindingsDestination") : S("NoFindingsDestination"));
    str group = json_get_str(json_get(destination, S("CloudWatchLogs")), S("LogGroup"));
    if (!str_present(group))
        return;
    *list_add(call->arena, &lines) = (struct sns_log_line){.group = group, .text = json_written(&line)};
    sns_log_lines(call, topic->arn, &lines);
}

static const struct json *statements_of(const struct call *call, const struct topic *topic)
{
    return json_get(json_parse(call->arena, topic->row.data_protection, NULL), S("Statement"));
}

/* False, after fail(): the statement denies the message. */
static bool apply_inbound(const struct call *call, const struct topic *topic, const struct json *statement,
                          struct scan *scan, struct message *message)
{
    const struct json *operation = json_get(statement, S("Operation"));
    size_t count;

    if (!is_inbound(statement) || !is_about(call, statement, call->caller->arn) ||
        json_get(operation, S("Audit")))
        return true;
    sns_scan_text(scan, message->text);
    const bool *marks = marks_of(scan, statement, &count);
    if (count == 0)
        return true;
    if (json_get(operation, S("Deidentify"))) {
        message->text = changed(call, json_get(operation, S("Deidentify")), message->text, marks);
        return true;
    }
    fail(call, &SNS_AUTHORIZATION_ERROR_EXCEPTION,
         "User: %.*s is not authorized to perform: SNS:Publish on resource: %.*s with an explicit deny in a "
         "data "
         "protection policy",
         STR_ARGS(call->caller->arn), STR_ARGS(topic->arn));
    return false;
}

bool sns_protect_inbound(const struct call *call, const struct topic *topic, struct message *message)
{
    struct scan scan = {.arena = call->arena};
    const struct json *statements;

    if (!str_present(topic->row.data_protection))
        return true;
    statements = statements_of(call, topic);
    for (size_t i = 0; statements && i < statements->count; i++)
        if (!apply_inbound(call, topic, &statements->items[i], &scan, message))
            return false;
    return true;
}

void sns_audit(const struct call *call, const struct topic *topic, const struct message *message)
{
    const struct json *statements;

    if (!str_present(topic->row.data_protection))
        return;
    statements = statements_of(call, topic);
    for (size_t i = 0; statements && i < statements->count; i++) {
        const struct json *audit = json_get(json_get(&statements->items[i], S("Operation")), S("Audit"));
        if (audit && is_about(call, &statements->items[i], call->caller->arn) &&
            (int64_t)(random_u64() % PERCENT) < sample_rate(audit))
            report(call, topic, &statements->items[i], message);
    }
}

/* ---- outbound ---- */

static str principal_of(const struct call *call, const struct sns_subscriber_row *subscriber)
{
    struct sns_find_subscriber_principal_row row = {0};

    sns_find_subscriber_principal(call->txn,
                                  &(struct sns_find_subscriber_principal_params){.id = subscriber->id}, &row);
    return str_present(row.principal) ? row.principal : arn_of_root(call->arena, row.owner);
}

/* A bit for each statement about that subscriber. */
static uint32_t applying(const struct call *call, const struct json *statements,
                         const struct sns_subscriber_row *subscriber)
{
    str principal = principal_of(call, subscriber);
    uint32_t bits = 0;

    for (size_t i = 0; i < statements->count; i++)
        if (!is_inbound(&statements->items[i]) && is_about(call, &statements->items[i], principal))
            bits |= (uint32_t)1 << i;
    return bits;
}

/* The message as these statements leave it.  False: one of them denies it. */
static bool leave(const struct call *call, const struct json *statements, uint32_t bits, str *text)
{
    struct scan scan = {.arena = call->arena};

    for (size_t i = 0; i < statements->count; i++) {
        const struct json *operation = json_get(&statements->items[i], S("Operation"));
        size_t count = 0;
        if (!(bits & (uint32_t)1 << i))
            continue;
        sns_scan_text(&scan, *text);
        const bool *marks = marks_of(&scan, &statements->items[i], &count);
        if (count > 0 && json_get(operation, S("Deny")))
            return false;
        if (count > 0)
            *text = changed(call, json_get(operation, S("Deidentify")), *text, marks);
    }
    return true;
}

static void deliver(const struct call *call, struct broadcast *broadcast, const struct json *statements,
                    uint32_t bits, const struct sns_subscriber_rows *subscribers)
{
    static const struct failure denied = {.error = &SNS_AUTHORIZATION_ERROR_EXCEPTION,
                                          .message =
                                              STR_INIT("The data protection policy denies the message.")};
    struct broadcast changed_one = *broadcast;

    if (!leave(call, statements, bits, &changed_one.message.text)) {
        for (size_t i = 0; i < subscribers->count; i++) {
            struct sns_subscriber_row without_dead_letter = subscribers->items[i];
            without_dead_letter.redrive_policy = (str){0}; /* that queue may not have the data, either */
            sns_note_failed(call, broadcast, &without_dead_letter, &denied);
        }
        return;
    }
    if (str_equal(changed_one.message.text, broadcast->message.text)) {
        sns_transports_deliver(call, broadcast, subscribers);
        return;
    }
    changed_one.forms.items = NULL;
    changed_one.forms.count = 0;
    sns_transports_deliver(call, &changed_one, subscribers);
}

void sns_protect_outbound(const struct call *call, struct broadcast *broadcast,
                          const struct sns_subscriber_rows *subscribers)
{
    const struct json *statements = statements_of(call, &broadcast->topic);
    uint32_t *bits = arena_alloc(call->arena, subscribers->count * sizeof *bits);
    bool *done = arena_alloc(call->arena, subscribers->count * sizeof *done);

    for (size_t i = 0; i < subscribers->count; i++)
        bits[i] = applying(call, statements, &subscribers->items[i]);
    for (size_t first = 0; first < subscribers->count; first++) {
        struct sns_subscriber_rows same = {
            .items = arena_alloc(call->arena, (subscribers->count - first) * sizeof *same.items)};
        if (done[first])
            continue;
        for (size_t i = first; i < subscribers->count; i++)
            if (!done[i] && bits[i] == bits[first]) {
                same.items[same.count++] = subscribers->items[i];
                done[i] = true;
            }
        deliver(call, broadcast, statements, bits[first], &same);
    }
}
