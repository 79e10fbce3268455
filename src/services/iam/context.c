/*
 * context.c: the values of a request for the keys of conditions and variables.
 *
 * Keys are looked up when a policy is parsed; only a service's own keys are compared by name later.
 */
#include "services/iam/policy_internal.h"

#include "aws/arn.h"
#include "base/text.h"
#include "base/time.h"

struct known_key {
    str name;
    enum context_key key;
};

static const struct known_key KNOWN_KEYS[] = {
    {STR_INIT("aws:CurrentTime"), KEY_CURRENT_TIME},
    {STR_INIT("aws:EpochTime"), KEY_EPOCH_TIME},
    {STR_INIT("aws:MultiFactorAuthPresent"), KEY_MFA_PRESENT},
    {STR_INIT("aws:PrincipalAccount"), KEY_PRINCIPAL_ACCOUNT},
    {STR_INIT("aws:PrincipalArn"), KEY_PRINCIPAL_ARN},
    {STR_INIT("aws:PrincipalIsAWSService"), KEY_PRINCIPAL_IS_SERVICE},
    {STR_INIT("aws:PrincipalServiceName"), KEY_PRINCIPAL_SERVICE_NAME},
    {STR_INIT("aws:PrincipalType"), KEY_PRINCIPAL_TYPE},
    {STR_INIT("aws:RequestedRegion"), KEY_REQUESTED_REGION},
    {STR_INIT("aws:ResourceAccount"), KEY_RESOURCE_ACCOUNT},
    {STR_INIT("aws:SecureTransport"), KEY_SECURE_TRANSPORT},
    {STR_INIT("aws:SourceAccount"), KEY_SOURCE_ACCOUNT},
    {STR_INIT("aws:SourceOwner"), KEY_SOURCE_OWNER},
    {STR_INIT("aws:SourceArn"), KEY_SOURCE_ARN},
    {STR_INIT("aws:SourceIp"), KEY_SOURCE_IP},
    {STR_INIT("aws:TokenIssueTime"), KEY_TOKEN_ISSUE_TIME},
    {STR_INIT("aws:userid"), KEY_USER_ID},
    {STR_INIT("aws:username"), KEY_USER_NAME},
    {STR_INIT("aws:ViaAWSService"), KEY_VIA_AWS_SERVICE},
    {STR_INIT("lambda:SourceFunctionArn"), KEY_SOURCE_FUNCTION_ARN},
};

enum context_key iam_context_key_find(str key, str *name)
{
    static const str TAG = STR_INIT("aws:PrincipalTag/");

    *name = key;
    if (str_equal_nocase(str_head(key, TAG.size), TAG)) {
        *name = str_from(key, TAG.size);
        return KEY_PRINCIPAL_TAG;
    }
    for (size_t i = 0; i < sizeof KNOWN_KEYS / sizeof *KNOWN_KEYS; i++)
        if (str_equal_nocase(key, KNOWN_KEYS[i].name))
            return KNOWN_KEYS[i].key;
    return KEY_OTHER;
}

str iam_context_key_name(struct arena *arena, enum context_key key, str name)
{
    return key == KEY_PRINCIPAL_TAG ? arena_join(arena, S("aws:PrincipalTag/"), name) : name;
}

static str truth(bool value)
{
    return value ? S("true") : S("false");
}

static str principal_type(const struct principal *caller)
{
    switch (caller->kind) {
    case PRINCIPAL_ROOT:
        return S("Account");
    case PRINCIPAL_USER:
        return S("User");
    case PRINCIPAL_ROLE:
        return S("AssumedRole");
    case PRINCIPAL_FEDERATED:
        return S("FederatedUser");
    case PRINCIPAL_ANONYMOUS:
        return S("Anonymous");
    case PRINCIPAL_SERVICE:
    case PRINCIPAL_SANDBOX:
        break;
    }
    return (str){0};
}

/* The value of a key with at most one value, or absent. */
static str single_value(const struct policy_request *request, enum context_key key)
{
    const struct principal *caller = request->caller;
    bool is_service = caller->kind == PRINCIPAL_SERVICE,
         is_session = caller->kind == PRINCIPAL_ROLE || is_session_of_key(caller);

    switch (key) {
    case KEY_CURRENT_TIME:
        return time_iso8601(request->arena, request->now_ms);
    case KEY_EPOCH_TIME:
        return arena_format(request->arena, "%lld", (long long)(request->now_ms / MS_PER_S));
    case KEY_MFA_PRESENT:
        return is_session ? S("false") : (str){0}; /* absent for long-lived keys */
    case KEY_PRINCIPAL_ACCOUNT:
        return is_service ? (str){0} : caller->account;
    case KEY_PRINCIPAL_ARN:
        return request->principal_arn;
    case KEY_PRINCIPAL_IS_SERVICE:
        return truth(is_service);
    case KEY_PRINCIPAL_SERVICE_NAME:
        return is_service ? caller->name : (str){0};
    case KEY_PRINCIPAL_TYPE:
        return principal_type(caller);
    case KEY_REQUESTED_REGION:
        return request->region;
    case KEY_RESOURCE_ACCOUNT:
        return arn_account(request->resource);
    case KEY_SECURE_TRANSPORT:
        return truth(request->secure_transport);
    case KEY_SOURCE_ACCOUNT:
        return caller->source_account;
    case KEY_SOURCE_OWNER:
        return is_service ? caller->source_account : caller->account;
    case KEY_SOURCE_ARN:
        return caller->source_arn;
    case KEY_SOURCE_FUNCTION_ARN:
        return caller->function_arn;
    case KEY_SOURCE_IP:
        return request->source_ip;
    case KEY_TOKEN_ISSUE_TIME:
        return is_session ? time_iso8601_ms(request->arena, caller->issued_ms) : (str){0};
    case KEY_USER_ID:
        return caller->id;
    case KEY_USER_NAME:
        return caller->kind == PRINCIPAL_USER ? caller->name : (str){0};
    case KEY_VIA_AWS_SERVICE:
        return S("false"); /* services here act as themselves or as a role, never on behalf of their caller */
    case KEY_OTHER:
    case KEY_PRINCIPAL_TAG:
        break;
    }
    return (str){0};
}

static bool next_named(const struct policy_request *request, str name, size_t *position, str *value)
{
    while (*position < request->context_count) {
        const struct context_value *entry = &request->context[(*position)++];
        if (str_equal_nocase(entry->key, name) && str_present(entry->value)) {
            *value = entry->value;
            return true;
        }
    }
    return false;
}

static str principal_tag(const struct policy_request *request, str name)
{
    const struct str_map *tags = request->principal_tags;

    for (size_t i = 0; tags && i < tags->count; i++)
        if (str_equal_nocase(tags->items[i].key, name))
            return tags->items[i].value;
    return (str){0};
}

/* Does the key have a value that its service does not know? */
static bool is_unknown(const struct policy_request *request, str name)
{
    for (size_t i = 0; i < request->context_count; i++)
        if (str_equal_nocase(request->context[i].key, name) && !str_present(request->context[i].value))
            return true;
    return false;
}

bool iam_context_next(const struct policy_request *request, enum context_key key, str name, size_t *position,
                      str *value)
{
    if (key == KEY_OTHER || request->simulated)
        return next_named(request, iam_context_key_name(request->arena, key, name), position, value);
    if ((*position)++ > 0)
        return false;
    *value = key == KEY_PRINCIPAL_TAG ? principal_tag(request, name) : single_value(request, key);
    return str_present(*value);
}

/* A value that looks like a wildcard cannot be inserted into a pattern. */
static bool is_plain(str value)
{
    for (size_t i = 0; i < value.size; i++)
        if ((unsigned char)value.data[i] <= WILD_VARIABLE)
            return false;
    return true;
}

/* `inside` is the text between the braces: a key, perhaps with a default: key, 'value'. */
static bool variable_value(const struct policy_request *request, str inside, str *value)
{
    str key_text, name, rest = inside;
    size_t position = 0;

    str_next(&rest, ',', &key_text);
    enum context_key key = iam_context_key_find(str_trim(key_text), &name);
    if (iam_context_next(request, key, name, &position, value)) {
        str second;
        return !iam_context_next(request, key, name, &position, &second) && is_plain(*value);
    }
    rest = str_trim(rest);
    if (rest.size < 2 || !str_starts_with(rest, S("'")) || !str_ends_with(rest, S("'")))
        return false;
    *value = str_head(str_from(rest, 1), rest.size - 2);
    return true;
}

/* ---- effort ---- */

/* Of a value in the context that is looked at for a variable; a byte that is inserted counts as one. */
enum { EFFORT_OF_LOOK = 16 };

bool iam_effort_is_spent(const struct policy_request *request)
{
    return request->effort && *request->effort > POLICY_MAX_EFFORT;
}

/* False: there is no such value, or the call's effort is spent. */
static bool paid_value(const struct policy_request *request, str inside, str *value)
{
    bool found = !iam_effort_is_spent(request) && variable_value(request, inside, value);

    if (request->effort)
        *request->effort +=
            EFFORT_OF_LOOK * (int64_t)request->context_count + (found ? (int64_t)value->size : 0);
    return found;
}

/* ---- patterns with variables ---- */

bool iam_wildcard_expand(const struct wildcard *pattern, const struct policy_request *request, str *expanded)
{
    struct text text = text_in(request->arena);
    str rest = pattern->text, piece, value;
    bool inside = false;

    if (!pattern->has_variables) {
        *expanded = pattern->text;
        return true;
    }
    for (; str_next(&rest, WILD_VARIABLE, &piece); inside = !inside) {
        if (inside && !paid_value(request, piece, &value))
            return false;
        text_add(&text, inside ? value : piece);
    }
    *expanded = text_str(&text);
    return true;
}

bool iam_context_unknown(const struct policy_request *request, enum context_key key, str name)
{
    size_t position = 0;
    str value;

    return key == KEY_OTHER && !request->simulated &&
           (is_unknown(request, name) ||
            (iam_key_is_unsupplied(request, name) && !next_named(request, name, &position, &value)));
}

bool iam_wildcard_unknown(const struct wildcard *pattern, const struct policy_request *request)
{
    str rest = pattern->text, piece, key_text, name;
    bool inside = false, unknown = pattern->has_variables && iam_effort_is_spent(request);

    for (; pattern->has_variables && str_next(&rest, WILD_VARIABLE, &piece); inside = !inside) {
        if (!inside || !str_next(&piece, ',', &key_text))
            continue;
        enum context_key key = iam_context_key_find(str_trim(key_text), &name);
        unknown |= iam_context_unknown(request, key, name);
    }
    return unknown;
}
