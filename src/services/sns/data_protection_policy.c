/*
 * data_protection_policy.c: the data protection policies of topics: how they are checked, put and shown.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
 */
#include "services/sns/data_identifiers.h"
#include "services/sns/data_pattern.h"
#include "services/sns/sns_internal.h"

#include "wire/json.h"

#include <string.h>

enum { MAX_IDENTIFIERS = 32, MAX_PRINCIPALS = 100, MAX_SAMPLE_RATE = 99 };

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

/* ---- the policy's own identifiers ---- */

enum { MAX_CUSTOM_NAME = 128, MAX_CUSTOM_REGEX = 200 };

static bool consists_of(str text, const char *signs)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool alphanumeric = (c >= '0' && c <= '9') || (char_lower(c) >= 'a' && char_lower(c) <= 'z');
        if (!alphanumeric && (!c || !strchr(signs, c)))
            return false;
    }
    return true;
}

/* The custom identifier of that name among the first `count`. */
static bool has_custom(const struct json *customs, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(json_get_str(&customs->items[i], S("Name")), name))
            return true;
    return false;
}

static bool custom_check(const struct call *call, const struct json *customs, size_t index)
{
    static const str names[] = {STR_INIT("Name"), STR_INIT("Regex")};
    const struct json *custom = &customs->items[index];
    str name = json_get_str(custom, S("Name")), regex = json_get_str(custom, S("Regex"));

    if (!json_is(custom, JSON_OBJECT) || !has_only(custom, names, sizeof names / sizeof *names) ||
        str_empty(name) || str_empty(regex))
        return refuse(call, "a custom data identifier has Name and Regex");
    if (name.size > MAX_CUSTOM_NAME || !consists_of(name, "_-"))
        return refuse(call, "the Name of a custom data identifier has up to 128 letters, digits, _ and -");
    if (sns_data_identifier_is_managed(name) || has_custom(customs, index, name))
        return refuse(call, "the Name of a custom data identifier is used already");
    if (regex.size > MAX_CUSTOM_REGEX || !consists_of(regex, "_#=@/;,- ^$?[]{}|\\*+."))
        return refuse(call,
                      "the Regex of a custom data identifier has up to 200 of the characters that AWS lists");
    return sns_data_pattern_parse(call->arena, regex) ||
           refuse(call, "the Regex of a custom data identifier is malformed or too complicated");
}

/* `configuration` may be NULL. */
static bool configuration_check(const struct call *call, const struct json *configuration)
{
    static const str names[] = {STR_INIT("CustomDataIdentifier")};
    const struct json *customs = json_get(configuration, names[0]);

    if (!configuration)
        return true;
    if (!json_is(configuration, JSON_OBJECT) || !has_only(configuration, names, 1) ||
        !json_is(customs, JSON_ARRAY) || customs->count > MAX_CUSTOM_IDENTIFIERS)
        return refuse(call, "Configuration has up to 10 custom data identifiers");
    for (size_t i = 0; i < customs->count; i++)
        if (!custom_check(call, customs, i))
            return false;
    return true;
}

/* ---- statements ---- */

static bool identifiers_check(const struct call *call, const struct json *customs,
                              const struct json *identifiers)
{
    if (!texts_check(identifiers, MAX_IDENTIFIERS))
        return refuse(call, "DataIdentifier must be a list of data identifiers");
    for (size_t i = 0; i < identifiers->count; i++)
        if (!sns_data_identifier_is_known(identifiers->items[i].text) &&
            !has_custom(customs, customs ? customs->count : 0, identifiers->items[i].text))
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

static bool statement_check(const struct call *call, const struct json *customs, const struct json *statement)
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
    return identifiers_check(call, customs, json_get(statement, S("DataIdentifier"))) &&
           operation_check(call, json_get(statement, S("Operation")), inbound);
}

static bool statements_check(const struct call *call, const struct json *policy)
{
    const struct json *statements = json_get(policy, S("Statement"));
    const struct json *customs = json_get(json_get(policy, S("Configuration")), S("CustomDataIdentifier"));
    size_t audits = 0;

    if (!json_is(statements, JSON_ARRAY) || statements->count > MAX_STATEMENTS)
        return refuse(call, "Statement must be a list");
    for (size_t i = 0; i < statements->count; i++) {
        if (!statement_check(call, customs, &statements->items[i]))
            return false;
        audits += json_get(json_get(&statements->items[i], S("Operation")), S("Audit")) != NULL;
    }
    return audits <= 1 || refuse(call, "a policy has at most one Audit statement");
}

bool sns_protection_check(const struct call *call, const struct topic *topic, str text)
{
    static const str names[] = {STR_INIT("Name"), STR_INIT("Description"), STR_INIT("Version"),
                                STR_INIT("Configuration"), STR_INIT("Statement")};
    if (topic->row.fifo_id)
        return refuse(call, "FIFO topics have no data protection policy");
    if (text.size > MAX_POLICY_BYTES)
        return refuse(call, "the policy is longer than 30720 characters");
    const struct json *policy = json_parse(call->arena, text, NULL);
    if (!json_is(policy, JSON_OBJECT) || !str_is_xml_text(text))
        return refuse(call, "the policy is not a JSON object");
    if (!has_only(policy, names, sizeof names / sizeof *names) ||
        str_empty(json_get_str(policy, S("Name"))) ||
        !str_equal(json_get_str(policy, S("Version")), S("2021-06-01")))
        return refuse(call, "the policy needs Name, Version 2021-06-01 and Statement");
    return configuration_check(call, json_get(policy, S("Configuration"))) && statements_check(call, policy);
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
