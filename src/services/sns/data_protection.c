/*
 * data_protection.c: what a topic's data protection policy does with a message: it denies messages with
 * sensitive data, masks or removes the data, and reports it to a log group.
 *
 * Inbound statements are about the principal that publishes, and change the message for everybody, one after
 * the other; outbound ones are about the principal that has subscribed, and look at the message as the
 * inbound ones have left it.  A text is searched once for each kind of data, and changed once for all
 * subscribers that the same statements are about: on a worker, when the message was prepared.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
 */
#include "services/sns/data_identifiers.h"
#include "services/sns/feedback.h"
#include "services/sns/subscription.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/time.h"
#include "wire/json.h"

enum {
    PERCENT = 100,
    MAX_DETECTIONS = 250, /* of each kind in a report, which has to fit into a log event */
};
_Static_assert(MAX_STATEMENTS <= 32, "a version has a bit for each statement");

/* The message as these statements leave it, for the subscribers that they are about. */
struct version {
    uint32_t statements; /* a bit for each */
    bool denied;
    struct message message;
};

struct protection {
    str policy;
    const struct json *statements;
    struct scan published, accepted; /* what the publisher has sent; what the inbound statements have left */
    bool audited;
    struct sns_log_line_list reports; /* of the audit: at most one */
    struct {
        struct version *items;
        size_t count;
    } versions;
};

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

/* The names by which a statement may mean a principal; absent ones mean nobody. */
struct identity {
    str principal, role, account, root;
};

static struct identity identity_of(const struct call *call, str principal)
{
    str account = arn_account(principal);

    return (struct identity){
        .principal = principal,
        .role = role_of_session(call, principal),
        .account = account,
        .root = str_present(account) ? arn_of_root(call->arena, account) : (str){0},
    };
}

/* Does the statement name the principal, its role, or its account? */
static bool is_about(const struct json *statement, const struct identity *identity)
{
    const struct json *named = json_get(statement, S("Principal"));

    for (size_t i = 0; i < named->count; i++) {
        str name = named->items[i].text;
        if (str_equal(name, S("*")) || str_equal(name, identity->principal) ||
            (str_present(identity->role) && str_equal(name, identity->role)) ||
            (str_present(identity->account) &&
             (str_equal(name, identity->account) || str_equal(name, identity->root))))
            return true;
    }
    return false;
}

static bool is_inbound(const struct json *statement)
{
    return str_equal(json_get_str(statement, S("DataDirection")), S("Inbound"));
}

static const struct json *operation_of(const struct json *statement, str name)
{
    return json_get(json_get(statement, S("Operation")), name);
}

/* ---- what a statement does ---- */

/*
 * Give the bytes that the statement's identifiers find, and that no other statement has, its number in
 * `marks`.  Returns how many places they have found.
 */
static size_t mark(struct scan *scan, const struct json *statement, uint8_t number, uint8_t *marks)
{
    const struct json *identifiers = json_get(statement, S("DataIdentifier"));
    size_t count = 0;

    for (size_t i = 0; i < identifiers->count; i++) {
        const struct findings *found = sns_data_find(scan, identifiers->items[i].text);
        count += found->count;
        for (size_t f = 0; f < found->count; f++)
            for (size_t at = found->items[f].start; at < found->items[f].end; at++)
                marks[at] = marks[at] ? marks[at] : number;
    }
    return count;
}

/* The scanned text with each marked character replaced by its statement's mask, or left out. */
static str changed(const struct scan *scan, const struct json *statements, const uint8_t *marks)
{
    struct text after = text_in(scan->arena);
    str text = scan->text, masks[MAX_STATEMENTS + 1] = {0};

    for (size_t i = 0; i < statements->count; i++)
        masks[i + 1] =
            json_get_str(json_get(operation_of(&statements->items[i], S("Deidentify")), S("MaskConfig")),
                         S("MaskWithCharacter"));
    for (size_t at = 0, size; (size = str_character_size(text, at)) > 0; at += size)
        if (!marks[at])
            text_add(&after, (str){text.data + at, size});
        else if (str_present(masks[marks[at]]))
            text_add(&after, masks[marks[at]]);
    return text_str(&after);
}

static uint8_t *no_marks(const struct scan *scan)
{
    return arena_alloc(scan->arena, scan->text.size + 1);
}

static void add_identifier(struct scan *scan, struct json_writer *line, str identifier, size_t *count)
{
    const struct findings *found = sns_data_find(scan, identifier);

    if (found->count == 0)
        return;
    *count += found->count;
    json_open_object(line);
    json_field(line, S("name"), sns_data_identifier_name(identifier));
    json_i64_field(line, S("count"), (int64_t)found->count);
    json_name(line, S("detections"));
    json_open_array(line);
    for (size_t i = 0; i < found->count && i < MAX_DETECTIONS; i++) {
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
    const struct json *identifiers = json_get(statement, S("DataIdentifier"));
    struct json_writer line = json_writer_in(call->arena);
    size_t count = 0;

    json_open_object(&line);
    json_field(&line, S("messageId"), message->id);
    json_field(&line, S("auditTimestamp"), time_iso8601(call->arena, call->now_ms));
    json_field(&line, S("callerPrincipal"), call->caller->arn);
    json_field(&line, S("resourceArn"), topic->arn);
    json_name(&line, S("dataIdentifiers"));
    json_open_array(&line);
    for (size_t i = 0; i < identifiers->count; i++)
        add_identifier(&message->protection->published, &line, identifiers->items[i].text, &count);
    json_close_array(&line);
    json_close_object(&line);
    const struct json *destination =
        json_get(operation_of(statement, S("Audit")),
                 count > 0 ? S("FindingsDestination") : S("NoFindingsDestination"));
    str group = json_get_str(json_get(destination, S("CloudWatchLogs")), S("LogGroup"));
    if (str_present(group))
        *list_add(call->arena, &message->protection->reports) =
            (struct sns_log_line){.group = group, .text = json_written(&line)};
}

/* ---- inbound ---- */

/* False, after fail(): the statement denies the message. */
static bool apply_inbound(const struct call *call, const struct topic *topic, size_t index,
                          struct message *message)
{
    const struct json *statements = message->protection->statements;
    struct scan *scan = &message->protection->accepted;
    uint8_t *marks = no_marks(scan);

    if (mark(scan, &statements->items[index], (uint8_t)(index + 1), marks) == 0)
        return true;
    if (operation_of(&statements->items[index], S("Deidentify"))) {
        message->text = changed(scan, statements, marks);
        sns_scan_text(scan, message->text);
        return true;
    }
    fail(call, &SNS_AUTHORIZATION_ERROR_EXCEPTION,
         "User: %.*s is not authorized to perform: SNS:Publish on resource: %.*s with an explicit deny in a "
         "data protection policy",
         STR_ARGS(call->caller->arn), STR_ARGS(topic->arn));
    return false;
}

static struct protection *protection_of(const struct call *call, str policy, const struct message *message)
{
    struct protection *protection = arena_new(call->arena, struct protection);
    const struct json *parsed = json_parse(call->arena, policy, NULL);
    const struct json *custom = json_get(json_get(parsed, S("Configuration")), S("CustomDataIdentifier"));

    *protection = (struct protection){
        .policy = policy,
        .statements = json_get(parsed, S("Statement")),
        .published = {.arena = call->arena, .text = message->published_text, .custom = custom},
        .accepted = {.arena = call->arena, .text = message->text, .custom = custom},
    };
    return protection;
}

void sns_protect_begin(const struct call *call, const struct topic *topic, struct message *message)
{
    message->protection = protection_of(call, topic->row.data_protection, message);
}

bool sns_protect_inbound(const struct call *call, const struct topic *topic, struct message *message)
{
    struct identity publisher = identity_of(call, call->caller->arn);

    if (!str_present(topic->row.data_protection))
        return true;
    sns_protect_begin(call, topic, message);
    const struct json *statements = message->protection->statements;
    for (size_t i = 0; statements && i < statements->count; i++) {
        const struct json *statement = &statements->items[i];
        if (is_inbound(statement) && !operation_of(statement, S("Audit")) &&
            is_about(statement, &publisher) && !apply_inbound(call, topic, i, message))
            return false;
    }
    return true;
}

str sns_protection_policy(const struct message *message)
{
    return message->protection->policy;
}

/* ---- audits ---- */

/* The policy's statement that reports what is published by the call's principal; NULL: none does. */
static const struct json *audit_statement(const struct call *call, const struct message *message)
{
    const struct json *statements = message->protection->statements;
    struct identity publisher = identity_of(call, call->caller->arn);

    for (size_t i = 0; statements && i < statements->count; i++)
        if (operation_of(&statements->items[i], S("Audit")) && is_about(&statements->items[i], &publisher))
            return &statements->items[i];
    return NULL;
}

void sns_audit_prepare(const struct call *call, const struct topic *topic, const struct message *message)
{
    const struct json *statement;
    int64_t rate;

    if (!message->protection || message->protection->audited)
        return;
    message->protection->audited = true;
    statement = audit_statement(call, message);
    if (statement && str_to_i64(json_get_str(operation_of(statement, S("Audit")), S("SampleRate")), &rate) &&
        (int64_t)(random_u64() % PERCENT) < rate)
        report(call, topic, statement, message);
}

void sns_audit(const struct call *call, const struct topic *topic, const struct message *message)
{
    sns_audit_prepare(call, topic, message);
    if (message->protection)
        sns_log_lines(call, topic->arn, &message->protection->reports);
}

/* ---- outbound ---- */

static struct identity subscriber_identity(const struct call *call,
                                           const struct sns_subscriber_row *subscriber)
{
    struct sns_find_subscriber_principal_row row = {0};

    sns_find_subscriber_principal(call->txn,
                                  &(struct sns_find_subscriber_principal_params){.id = subscriber->id}, &row);
    return identity_of(call,
                       str_present(row.principal) ? row.principal : arn_of_root(call->arena, row.owner));
}

/* A bit for each statement about that subscriber. */
static uint32_t applying(const struct call *call, const struct json *statements,
                         const struct sns_subscriber_row *subscriber)
{
    struct identity identity = subscriber_identity(call, subscriber);
    uint32_t bits = 0;

    for (size_t i = 0; statements && i < statements->count; i++)
        if (!is_inbound(&statements->items[i]) && is_about(&statements->items[i], &identity))
            bits |= (uint32_t)1 << i;
    return bits;
}

/* The text as these statements leave it.  False: one of them denies it. */
static bool leave(struct protection *protection, uint32_t bits, str *text)
{
    const struct json *statements = protection->statements;
    struct scan *scan = &protection->accepted;
    uint8_t *marks = bits ? no_marks(scan) : NULL;
    size_t count = 0;

    for (size_t i = 0; bits >> i && i < statements->count; i++) {
        if (!(bits >> i & 1))
            continue;
        size_t found = mark(scan, &statements->items[i], (uint8_t)(i + 1), marks);
        if (found > 0 && operation_of(&statements->items[i], S("Deny")))
            return false;
        count += found;
    }
    if (count > 0)
        *text = changed(scan, statements, marks);
    return true;
}

static const struct version *version_of(const struct call *call, const struct message *message, uint32_t bits)
{
    struct protection *protection = message->protection;

    for (size_t i = 0; i < protection->versions.count; i++)
        if (protection->versions.items[i].statements == bits)
            return &protection->versions.items[i];
    struct version *version = list_add(call->arena, &protection->versions);
    *version = (struct version){.statements = bits, .message = *message};
    version->denied = !leave(protection, bits, &version->message.text);
    return version;
}

void sns_protect_prepare(const struct call *call, const struct topic *topic, struct message *message,
                         const struct sns_subscriber_rows *subscribers)
{
    struct protection *protection = message->protection;
    bool enveloped = sns_topic_has_enveloped(call, topic);

    for (size_t i = 0; i < subscribers->count; i++)
        version_of(call, message, applying(call, protection->statements, &subscribers->items[i]));
    for (size_t i = 0; enveloped && i < protection->versions.count; i++) {
        struct message *changed_one = &protection->versions.items[i].message;
        if (!protection->versions.items[i].denied)
            sns_envelope_prepare(call, topic, sns_message_text_for(call, changed_one, S("sqs")), changed_one);
    }
}

static void deny(const struct call *call, struct broadcast *broadcast,
                 const struct sns_subscriber_rows *subscribers)
{
    static const struct failure denied = {.error = &SNS_AUTHORIZATION_ERROR_EXCEPTION,
                                          .message =
                                              STR_INIT("The data protection policy denies the message.")};

    for (size_t i = 0; i < subscribers->count; i++) {
        struct sns_subscriber_row without_dead_letter = subscribers->items[i];
        without_dead_letter.redrive_policy = (str){0}; /* that queue may not have the data, either */
        sns_note_failed(call, broadcast, &without_dead_letter, &denied);
    }
}

static void deliver(const struct call *call, struct broadcast *broadcast, uint32_t bits,
                    const struct sns_subscriber_rows *subscribers)
{
    const struct version *version = version_of(call, &broadcast->message, bits);
    struct broadcast changed_one = *broadcast;

    if (version->denied) {
        deny(call, broadcast, subscribers);
        return;
    }
    if (str_equal(version->message.text, broadcast->message.text)) {
        sns_transports_deliver(call, broadcast, subscribers);
        return;
    }
    changed_one.message = version->message;
    changed_one.forms.items = NULL;
    changed_one.forms.count = 0;
    sns_transports_deliver(call, &changed_one, subscribers);
}

void sns_protect_outbound(const struct call *call, struct broadcast *broadcast,
                          const struct sns_subscriber_rows *subscribers)
{
    uint32_t *bits = arena_alloc(call->arena, subscribers->count * sizeof *bits);
    bool *done = arena_alloc(call->arena, subscribers->count * sizeof *done);

    if (!broadcast->message.protection)
        sns_protect_begin(call, &broadcast->topic, &broadcast->message);
    for (size_t i = 0; i < subscribers->count; i++)
        bits[i] = applying(call, broadcast->message.protection->statements, &subscribers->items[i]);
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
        deliver(call, broadcast, bits[first], &same);
    }
}
