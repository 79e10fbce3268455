/*
 * parse_policy.c: the grammar of policy documents, and AWS's sentences about errors in it.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 *
 * AWS checks in several passes, and its sentence depends on their order: the syntax of the whole document,
 * its version, "legacy parsing", then actions and resources.
 */
#include "services/iam/policy_internal.h"

#include "aws/arn.h"
#include "base/list.h"

struct parser {
    struct arena *arena;  /* of the parsed policy */
    struct arena scratch; /* of the JSON tree */
    enum policy_kind kind;
    bool variables;    /* version 2012-10-17 has policy variables */
    bool in_force;     /* it is stored: what only new documents must meet is not asked */
    bool asks_context; /* a condition or a variable uses a service's key */
    bool legacy;       /* "legacy parsing" fails, if the syntax and the version are right */
    str problem;       /* the first one */
};

static const char SYNTAX[] = "Syntax errors in policy.";
static const char LEGACY[] = "The policy failed legacy parsing";

static bool broken(struct parser *parser, str sentence)
{
    if (!str_present(parser->problem))
        parser->problem = sentence;
    return false;
}

static bool syntax_error(struct parser *parser)
{
    return broken(parser, str_of(SYNTAX));
}

bool iam_is_policy_text(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\t' && text.data[i] != '\r' &&
            text.data[i] != '\n')
            return false;
    return true;
}

static bool name_is_one_of(str name, const char *const *names)
{
    for (; *names; names++)
        if (str_equal(name, str_of(*names)))
            return true;
    return false;
}

static bool only_known_members(const struct json *object, const char *const *names)
{
    for (uint32_t i = 0; i < object->count; i++)
        if (!name_is_one_of(object->members[i].name, names))
            return false;
    return true;
}

/* A text or a list of texts: item number `index`, false past the end. */
static bool text_at(const struct json *value, uint32_t index, const struct json **item)
{
    if (!json_is(value, JSON_ARRAY)) {
        *item = value;
        return index == 0;
    }
    *item = index < value->count ? &value->items[index] : NULL;
    return index < value->count;
}

static bool parse_patterns(struct parser *parser, const struct json *value, bool variables,
                           struct wildcard_list *list)
{
    const struct json *item;

    list_make_empty(parser->arena, list);
    for (uint32_t i = 0; text_at(value, i, &item); i++) {
        if (!json_is(item, JSON_STRING) || !iam_is_policy_text(item->text))
            return syntax_error(parser);
        struct wildcard *pattern = list_add(parser->arena, list);
        *pattern = wildcard_compile(parser->arena, item->text, true, variables);
        parser->asks_context |= pattern->has_variables;
    }
    return true;
}

/* A pair of elements, of which a statement may have only one. */
struct element {
    str plain, negated;
    bool has_variables;
};

static const struct element ACTION = {STR_INIT("Action"), STR_INIT("NotAction"), false};
static const struct element RESOURCE = {STR_INIT("Resource"), STR_INIT("NotResource"), true};

static bool parse_element(struct parser *parser, const struct json *statement, const struct element *element,
                          struct wildcard_list *list, bool *negated)
{
    const struct json *plain = json_get(statement, element->plain);
    const struct json *not = json_get(statement, element->negated);

    if (plain && not )
        return syntax_error(parser);
    *negated = not != NULL;
    if (!plain && !not )
        return true;
    return parse_patterns(parser, plain ? plain : not, element->has_variables && parser->variables, list);
}

static bool is_digits(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

bool iam_is_unique_id(str text)
{
    return text.size >= 16 && (str_starts_with(text, S("AIDA")) || str_starts_with(text, S("AROA")));
}

static bool classify_arn(struct principal_pattern *principal)
{
    str account = arn_account(principal->source);
    struct arn arn;

    if (!arn_parse(principal->source, &arn) || !is_digits(account) ||
        str_index(principal->source, '*') >= 0 ||
        !(str_equal(arn.service, S("iam")) || str_equal(arn.service, S("sts"))))
        return false;
    bool whole_account = str_ends_with(principal->source, S(":root"));
    principal->type = whole_account ? PRINCIPAL_IS_ACCOUNT : PRINCIPAL_IS_ARN;
    principal->name = whole_account ? account : principal->source;
    return true;
}

static bool classify_aws_principal(struct principal_pattern *principal)
{
    str text = principal->source;

    principal->name = text;
    if (str_equal(text, S("*")))
        principal->type = PRINCIPAL_IS_ANYONE;
    else if (text.size == 12 && is_digits(text))
        principal->type = PRINCIPAL_IS_ACCOUNT;
    else if (iam_is_unique_id(text))
        principal->type = PRINCIPAL_IS_UNIQUE_ID;
    else
        return classify_arn(principal);
    return true;
}

static bool classify(struct principal_pattern *principal, str kind)
{
    if (str_equal(kind, S("AWS")))
        return classify_aws_principal(principal);
    principal->name = principal->source;
    principal->type = str_equal(kind, S("Service")) ? PRINCIPAL_IS_SERVICE : PRINCIPAL_IS_FOREIGN;
    if (principal->type == PRINCIPAL_IS_SERVICE)
        return str_index(principal->source, '.') > 0;
    return str_equal(kind, S("Federated")) || str_equal(kind, S("CanonicalUser"));
}

static bool add_principal(struct parser *parser, str kind, const struct json *item,
                          struct principal_list *list)
{
    struct principal_pattern *principal = list_add(parser->arena, list);

    if (!json_is(item, JSON_STRING) || !iam_is_policy_text(item->text))
        return syntax_error(parser);
    principal->source = arena_copy(parser->arena, item->text);
    if (classify(principal, kind))
        return true;
    bool service = str_equal(kind, S("Service"));
    return broken(parser, arena_format(parser->arena, "Invalid principal in policy: \"%.*s\":\"%.*s\"",
                                       STR_ARGS(service ? S("SERVICE") : kind), STR_ARGS(item->text)));
}

static bool parse_principals(struct parser *parser, const struct json *value, struct principal_list *list)
{
    const struct json *item;

    list_make_empty(parser->arena, list);
    if (json_is(value, JSON_STRING) && str_equal(value->text, S("*")))
        return add_principal(parser, S("AWS"), value, list);
    if (!json_is(value, JSON_OBJECT))
        return syntax_error(parser);
    for (uint32_t i = 0; i < value->count; i++)
        for (uint32_t j = 0; text_at(&value->members[i].value, j, &item); j++)
            if (!add_principal(parser, value->members[i].name, item, list))
                return false;
    return true;
}

static bool parse_principal_element(struct parser *parser, const struct json *json,
                                    struct statement *statement)
{
    const struct json *plain = json_get(json, S("Principal")), *not = json_get(json, S("NotPrincipal"));

    if (plain && not )
        return syntax_error(parser);
    statement->not_principals = not != NULL;
    if (!plain && !not )
        return true;
    return parse_principals(parser, plain ? plain : not, &statement->principals);
}

static bool asks_context(const struct condition *condition)
{
    bool asks = condition->key == KEY_OTHER;

    for (size_t i = 0; i < condition->values.count; i++)
        asks |= condition->values.items[i].pattern.has_variables;
    return asks;
}

/* A text, a number or a boolean, or a list of them. */
static bool has_plain_values(const struct json *value)
{
    const struct json *item;

    for (uint32_t i = 0; text_at(value, i, &item); i++)
        if (json_is(item, JSON_OBJECT) || json_is(item, JSON_ARRAY) || json_is(item, JSON_NULL))
            return false;
    return true;
}

static bool parse_operator(struct parser *parser, const struct json_member *member,
                           struct statement *statement)
{
    if (!json_is(&member->value, JSON_OBJECT))
        return syntax_error(parser);
    for (uint32_t i = 0; i < member->value.count; i++) {
        struct condition *condition = list_add(parser->arena, &statement->conditions);
        if (iam_parse_condition(parser->arena, member->name, &member->value.members[i], parser->variables,
                                condition)) {
            parser->asks_context |= asks_context(condition);
            continue;
        }
        bool date = condition->operator&& condition->operator->type == VALUE_DATE;
        if (!date || !has_plain_values(&member->value.members[i].value))
            return syntax_error(parser);
        parser->legacy = true;
    }
    return true;
}

static bool parse_conditions(struct parser *parser, const struct json *value, struct statement *statement)
{
    if (!value)
        return true;
    if (!json_is(value, JSON_OBJECT))
        return syntax_error(parser);
    for (uint32_t i = 0; i < value->count; i++)
        if (!parse_operator(parser, &value->members[i], statement))
            return false;
    return true;
}

static bool parse_effect(struct parser *parser, str effect, struct statement *statement)
{
    statement->deny = str_equal(effect, S("Deny"));
    if (statement->deny || str_equal(effect, S("Allow")))
        return true;
    if (!str_equal_nocase(effect, S("Deny")) && !str_equal_nocase(effect, S("Allow")))
        return syntax_error(parser);
    parser->legacy = true; /* the wrong case */
    return true;
}

static bool parse_statement(struct parser *parser, const struct json *json, struct statement *statement)
{
    static const char *const ELEMENTS[] = {"Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
                                           "NotAction", "Resource", "NotResource", "Condition",    NULL};
    const struct json *sid = json_get(json, S("Sid"));

    if (!json_is(json, JSON_OBJECT) || !only_known_members(json, ELEMENTS) ||
        (sid && !json_is(sid, JSON_STRING)))
        return syntax_error(parser);
    statement->sid = sid ? arena_copy(parser->arena, sid->text) : (str){0};
    return parse_effect(parser, json_get_str(json, S("Effect")), statement) &&
           parse_element(parser, json, &ACTION, &statement->actions, &statement->not_actions) &&
           parse_element(parser, json, &RESOURCE, &statement->resources, &statement->not_resources) &&
           parse_principal_element(parser, json, statement) &&
           parse_conditions(parser, json_get(json, S("Condition")), statement);
}

/* The statement number `index` of an object or a list of them. */
static const struct json *statement_at(const struct json *statements, uint32_t index)
{
    const struct json *item;

    return text_at(statements, index, &item) ? item : NULL;
}

static bool sids_are_unique(const struct json *statements)
{
    const struct json *statement;

    for (uint32_t i = 0; (statement = statement_at(statements, i)); i++) {
        str sid = json_get_str(statement, S("Sid"));
        for (uint32_t j = 0; j < i && sid.size > 0; j++)
            if (str_equal(sid, json_get_str(statement_at(statements, j), S("Sid"))))
                return false;
    }
    return true;
}

/* Policies of resources, and those that were stored before this was asked, may have others. */
static bool check_sids(struct parser *parser, const struct policy *policy)
{
    bool asked = parser->kind == POLICY_MANAGED || parser->kind == POLICY_INLINE;

    for (size_t i = 0; asked && !parser->in_force && i < policy->statements.count; i++)
        if (!str_is_word(policy->statements.items[i].sid, S("")))
            return broken(parser,
                          S("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies "
                            "the regular expression [0-9A-Za-z]*"));
    return true;
}

static bool check_action(struct parser *parser, str action)
{
    str rest = action, vendor;

    if (str_equal(action, S("*")))
        return true;
    str_next(&rest, ':', &vendor);
    if (!str_present(rest))
        return broken(parser,
                      S("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
    if (str_index(rest, ':') >= 0)
        return broken(parser, S("Actions/Condition can contain only one colon."));
    for (size_t i = 0; i < vendor.size; i++) {
        char c = vendor.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '.' && !str_equal(vendor, S("*")))
            return broken(parser, arena_format(parser->arena, "Vendor %.*s is not valid", STR_ARGS(vendor)));
    }
    if (parser->kind == POLICY_TRUST && !str_equal_nocase(vendor, S("sts")))
        return broken(parser, S("AssumeRole policy may only specify STS AssumeRole actions."));
    return true;
}

static size_t count_parts(str arn)
{
    size_t parts = 0;
    str part;

    while (str_next(&arn, ':', &part))
        parts++;
    return parts;
}

static bool has_wildcard(str text)
{
    return str_index(text, '*') >= 0 || str_index(text, '?') >= 0;
}

/* Is it the partition of a resource, or may it match one? */
static bool is_partition(str text)
{
    return str_starts_with(text, S("aws")) || str_index(text, '*') >= 0;
}

/*
 * An ARN has six parts.  AWS accepts five with a wildcard, which may match the missing part, and it accepts
 * three and four, which name nothing.
 */
static bool check_legacy_arn(struct parser *parser, str resource)
{
    size_t parts = count_parts(resource);
    str rest = resource, part, partition = {0}, service = {0};

    str_next(&rest, ':', &part);
    str_next(&rest, ':', &partition);
    str_next(&rest, ':', &service);
    if (!is_partition(partition))
        return true;
    bool too_few = parts < 6 && (str_find(resource, S("::")) >= 0 || (parts == 5 && !has_wildcard(resource)));
    return parser->kind == POLICY_RESOURCE || !(too_few || (parts >= 3 && str_empty(service))) ||
           broken(parser, str_of(LEGACY));
}

/* ARNs of IAM, and most ARNs of S3, have no region. */
static bool check_region(struct parser *parser, str service, str rest, str resource)
{
    bool iam = str_equal(service, S("iam")), s3 = str_equal(service, S("s3"));
    str region, account;

    if (!(iam || s3) || !str_next(&rest, ':', &region) || str_empty(region))
        return true;
    if (s3 && str_next(&rest, ':', &account) && str_present(rest) && str_starts_with(rest, S("accesspoint/")))
        return true;
    return broken(parser, arena_format(parser->arena,
                                       iam ? "IAM resource %.*s cannot contain region information."
                                           : "Resource %.*s can not contain region information.",
                                       STR_ARGS(resource)));
}

/* What IAM has begins with its kind; `rest` is the region, the account and the resource. */
static bool check_path(struct parser *parser, str service, str rest)
{
    static const char *const KINDS[] = {"user/",
                                        "federated-user/",
                                        "role/",
                                        "group/",
                                        "instance-profile/",
                                        "mfa/",
                                        "server-certificate/",
                                        "policy/",
                                        "sms-mfa/",
                                        "saml-provider/",
                                        "oidc-provider/",
                                        "report/",
                                        "access-report/"};
    str region, account, kind, path;

    if (!str_equal(service, S("iam")) || parser->in_force || !str_next(&rest, ':', &region) ||
        !str_next(&rest, ':', &account) || !str_present(rest))
        return true;
    path = rest;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (str_starts_with(path, str_of(KINDS[i])))
            return true;
    str_next(&rest, '/', &kind);
    if (str_equal(path, S("root")) || has_wildcard(kind) || str_index(kind, '$') >= 0)
        return true;
    return broken(parser,
                  S("IAM resource path must either be \"*\", root, or start with user/, federated-user/, "
                    "role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, "
                    "saml-provider/, oidc-provider/, report/, access-report/."));
}

/* AWS names the resource as an ARN of six parts, the missing ones with wildcards. */
static bool wrong_partition(struct parser *parser, str partition, str rest)
{
    str arn = arena_concat(parser->arena, S("arn:"), partition);
    size_t parts = 2 + (str_present(rest) ? count_parts(rest) : 0);

    if (str_present(rest))
        arn = arena_concat(parser->arena, arn, S(":"), rest);
    for (; parts < 6; parts++)
        arn = arena_join(parser->arena, arn, S(":*"));
    return broken(parser,
                  arena_format(parser->arena, "Partition \"%.*s\" is not valid for resource \"%.*s\".",
                               STR_ARGS(partition), STR_ARGS(arn)));
}

static bool check_resource(struct parser *parser, str resource)
{
    str rest = resource, part, partition, service;

    if (str_equal(resource, S("*")) || parser->kind == POLICY_RESOURCE)
        return true; /* each service has its own rules for the resources in its policies */
    str_next(&rest, ':', &part);
    bool has_partition = str_next(&rest, ':', &partition);
    if (has_partition && !is_partition(partition))
        return wrong_partition(parser, partition, rest);
    if (!has_partition || !str_equal(part, S("arn")))
        return broken(parser, arena_format(parser->arena, "Resource %.*s must be in ARN format or \"*\".",
                                           STR_ARGS(resource)));
    if (!str_next(&rest, ':', &service) || has_wildcard(service))
        return broken(parser, S("Resource vendor must be fully qualified and cannot contain regexes."));
    return check_region(parser, service, rest, resource) && check_path(parser, service, rest);
}

static bool check_element(struct parser *parser, const struct json *statements, const struct element *element,
                          bool (*check_text)(struct parser *, str))
{
    const struct json *statement, *item;

    for (uint32_t i = 0; (statement = statement_at(statements, i)); i++) {
        const struct json *value = json_get(statement, element->plain);
        if (!value)
            value = json_get(statement, element->negated);
        for (uint32_t j = 0; value && text_at(value, j, &item); j++)
            if (!check_text(parser, item->text))
                return false;
    }
    return true;
}

static bool have_actions(const struct policy *policy)
{
    for (size_t i = 0; i < policy->statements.count; i++)
        if (policy->statements.items[i].actions.count == 0)
            return false;
    return true;
}

static bool is_of_identity(const struct policy *policy)
{
    return policy->kind == POLICY_MANAGED || policy->kind == POLICY_INLINE || policy->kind == POLICY_SESSION;
}

static bool have_resources(const struct policy *policy)
{
    for (size_t i = 0; i < policy->statements.count; i++)
        if (policy->statements.items[i].resources.count == 0)
            return false;
    return true;
}

/* The required and the forbidden elements of each kind of policy. */
static bool check_elements(struct parser *parser, const struct policy *policy)
{
    bool identity = is_of_identity(policy);

    for (size_t i = 0; i < policy->statements.count; i++) {
        const struct statement *statement = &policy->statements.items[i];
        bool resources = statement->resources.count > 0;
        bool principals = statement->principals.items != NULL;
        if (identity && principals)
            return broken(parser, S("Policy document should not specify a principal."));
        if (policy->kind == POLICY_TRUST && resources)
            return broken(parser, S("Has prohibited field Resource"));
        if (!identity && !principals)
            return broken(parser, S("Missing required field Principal"));
        if (!identity && statement->principals.count == 0)
            return broken(parser, S("Missing required field Principal cannot be empty!"));
    }
    return true;
}

static bool parse_statements(struct parser *parser, const struct json *statements, struct policy *policy)
{
    const struct json *json;

    for (uint32_t i = 0; (json = statement_at(statements, i)); i++) {
        if (i == POLICY_MAX_STATEMENTS)
            return syntax_error(parser);
        if (!parse_statement(parser, json, list_add(parser->arena, &policy->statements)))
            return false;
    }
    return policy->statements.count > 0 || syntax_error(parser);
}

static bool parse_version(struct parser *parser, const struct json *version)
{
    if (!version)
        return true;
    if (!json_is(version, JSON_STRING))
        return syntax_error(parser);
    parser->variables = str_equal(version->text, S("2012-10-17"));
    return parser->variables || str_equal(version->text, S("2008-10-17")) || syntax_error(parser);
}

static bool parse_document(struct parser *parser, const struct json *document, struct policy *policy)
{
    static const char *const ELEMENTS[] = {"Version", "Id", "Statement", NULL};
    const struct json *statements = json_get(document, S("Statement")), *id = json_get(document, S("Id"));

    if (!only_known_members(document, ELEMENTS) || !statements || (id && !json_is(id, JSON_STRING)))
        return syntax_error(parser);
    if (!parse_version(parser, json_get(document, S("Version"))) ||
        !parse_statements(parser, statements, policy))
        return false;
    if (parser->kind == POLICY_MANAGED && !parser->variables)
        return broken(parser, S("Policy document must be version 2012-10-17 or greater."));
    if (parser->legacy)
        return broken(parser, str_of(LEGACY));
    if (!check_element(parser, statements, &RESOURCE, check_legacy_arn))
        return false;
    if (!check_sids(parser, policy))
        return false;
    if (!sids_are_unique(statements))
        return broken(parser, S("Statement IDs (SID) in a single policy must be unique."));
    if (!have_actions(policy))
        return broken(parser, S("Policy statement must contain actions."));
    if (!check_element(parser, statements, &RESOURCE, check_resource))
        return false;
    if (is_of_identity(policy) && !have_resources(policy))
        return broken(parser, S("Policy statement must contain resources."));
    return check_element(parser, statements, &ACTION, check_action) && check_elements(parser, policy);
}

static const struct policy *parse(struct parser *parser, str document)
{
    struct policy *policy = arena_new(parser->arena, struct policy);
    const struct json *json = json_parse(&parser->scratch, document, NULL);

    policy->kind = parser->kind;
    if (!json_is(json, JSON_OBJECT))
        broken(parser,
               parser->kind == POLICY_TRUST ? S("This policy contains invalid Json") : str_of(SYNTAX));
    else if (json_has_repeats(&parser->scratch, json))
        syntax_error(parser); /* a key that occurs twice: parsers disagree about which one counts */
    else
        parse_document(parser, json, policy);
    arena_free(&parser->scratch);
    policy->asks_context = parser->asks_context;
    return str_present(parser->problem) ? NULL : policy;
}

const struct policy *iam_policy_parse(struct arena *arena, enum policy_kind kind, str document, str *problem)
{
    struct parser parser = {.arena = arena, .kind = kind};
    const struct policy *policy = parse(&parser, document);

    *problem = parser.problem;
    return policy;
}

const struct policy *iam_policy_read(struct arena *arena, enum policy_kind kind, str document)
{
    static const struct policy unreadable = {.unreadable = true};
    struct parser parser = {.arena = arena, .kind = kind, .in_force = true};
    const struct policy *policy = parse(&parser, document);

    return policy ? policy : &unreadable;
}
