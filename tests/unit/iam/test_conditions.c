#include "policy_fixture.h"

#include "aws/wildcard.h"

#include <string.h>

static const struct context_value CONTEXT[] = {
    {STR_INIT("sqs:Size"), STR_INIT("12.5")},
    {STR_INIT("dynamodb:LeadingKeys"), STR_INIT("alice")},
    {STR_INIT("dynamodb:LeadingKeys"), STR_INIT("bob")},
    {STR_INIT("sns:Protocol"), STR_INIT("SQS")},
};

/* Does a statement with this Condition apply to the caller's request? */
static bool holds_for(const struct principal *caller, str condition)
{
    struct policy_request request = asks(caller, S("dynamodb:PutItem"), S(TABLE));
    str text = arena_format(&scratch,
                            "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'*',"
                            "'Resource':'*','Condition':{%.*s}}}",
                            STR_ARGS(condition));

    request.context = CONTEXT;
    request.context_count = sizeof CONTEXT / sizeof *CONTEXT;
    return evaluated(policy_of(POLICY_INLINE, text), &request) == POLICY_ALLOWS;
}

static bool holds(str condition)
{
    return holds_for(&BOB, condition);
}

TEST(texts_are_compared_exactly_or_without_case_or_by_pattern)
{
    assert_true(holds(S("'StringEquals':{'aws:username':'bob'}")));
    assert_true(holds(S("'stringequals':{'AWS:UserName':['alice','bob']}")));
    assert_false(holds(S("'StringEquals':{'aws:username':'Bob'}")));
    assert_true(holds(S("'StringEqualsIgnoreCase':{'aws:username':'BOB'}")));
    assert_true(holds(S("'StringLike':{'aws:PrincipalArn':'arn:aws:iam::*:user/b?b'}")));
    assert_false(holds(S("'StringEquals':{'aws:PrincipalArn':'arn:aws:iam::*:user/bob'}")));
}

TEST(a_negated_operator_wants_none_of_the_values)
{
    assert_false(holds(S("'StringNotEquals':{'aws:username':['alice','bob']}")));
    assert_true(holds(S("'StringNotEquals':{'aws:username':['alice','carol']}")));
    assert_false(holds(S("'StringNotLike':{'aws:username':'b*'}")));
    assert_true(holds(S("'StringNotEqualsIgnoreCase':{'aws:username':'alice'}")));
}

TEST(a_missing_key_satisfies_only_negated_and_if_exists_operators)
{
    assert_false(holds(S("'StringEquals':{'aws:SourceArn':'x'}")));
    assert_true(holds(S("'StringNotEquals':{'aws:SourceArn':'x'}")));
    assert_true(holds(S("'StringEqualsIfExists':{'aws:SourceArn':'x'}")));
    assert_false(holds(S("'StringEqualsIfExists':{'aws:username':'x'}")));
    assert_true(holds(S("'Null':{'aws:SourceArn':'true'}")));
    assert_false(holds(S("'Null':{'aws:username':true}")));
    assert_true(holds(S("'Null':{'aws:username':'false'}")));
}

TEST(numbers_are_compared_as_numbers)
{
    assert_true(holds(S("'NumericEquals':{'sqs:Size':'12.50'}")));
    assert_true(holds(S("'NumericLessThan':{'sqs:Size':100}")));
    assert_false(holds(S("'NumericGreaterThan':{'sqs:Size':'12.5'}")));
    assert_true(holds(S("'NumericGreaterThanEquals':{'sqs:Size':'12.5'}")));
    assert_true(holds(S("'NumericNotEquals':{'sqs:Size':'3'}")));
    assert_false(holds(S("'NumericEquals':{'aws:username':'3'}")));
}

TEST(a_session_says_when_it_began_and_that_no_mfa_was_asked)
{
    static const struct principal SESSION = {
        .kind = PRINCIPAL_ROLE,
        .arn = STR_INIT("arn:aws:sts::000000000000:assumed-role/R/s"),
        .id = STR_INIT("AROAQWERTYUIOPASDFGHJ:s"),
        .account = STR_INIT("000000000000"),
        .name = STR_INIT("R"),
        .issued_ms = 1767225600000, /* 2026-01-01 */
    };

    assert_true(holds_for(&SESSION, S("'DateLessThan':{'aws:TokenIssueTime':'2026-01-01T00:00:00.001Z'}")));
    assert_false(holds_for(&SESSION, S("'DateLessThan':{'aws:TokenIssueTime':'2026-01-01T00:00:00Z'}")));
    assert_true(holds_for(&SESSION, S("'Bool':{'aws:MultiFactorAuthPresent':'false'}")));
    assert_false(holds(S("'DateLessThan':{'aws:TokenIssueTime':'2099-01-01T00:00:00Z'}")));
    assert_true(holds(S("'Null':{'aws:MultiFactorAuthPresent':'true'}")));
    assert_true(holds(S("'Bool':{'aws:ViaAWSService':'false'}")));
}

TEST(dates_are_iso_8601_or_seconds)
{
    assert_true(holds(S("'DateGreaterThan':{'aws:CurrentTime':'2025-12-31T23:59:59Z'}")));
    assert_true(holds(S("'DateLessThanEquals':{'aws:CurrentTime':'2026-01-01T00:00:00Z'}")));
    assert_true(holds(S("'DateEquals':{'aws:CurrentTime':'2026-01-01'}")));
    assert_true(holds(S("'DateEquals':{'aws:EpochTime':'1767225600'}")));
    assert_false(holds(S("'DateLessThan':{'aws:CurrentTime':'2026-01-01T00:00:00Z'}")));
    assert_true(holds(S("'DateEquals':{'aws:CurrentTime':'2026-01'}")));
    assert_true(holds(S("'DateEquals':{'aws:CurrentTime':['2026-02','2026-01-01T00:00Z']}")));
    assert_true(holds(S("'DateEquals':{'aws:CurrentTime':'2026-01-01T02:00+02:00'}")));
    assert_false(holds(S("'DateEquals':{'aws:CurrentTime':['2026-02','2026-01-01T00:01Z']}")));
}

TEST(addresses_are_compared_by_their_prefix)
{
    assert_true(holds(S("'IpAddress':{'aws:SourceIp':'203.0.113.0/24'}")));
    assert_true(holds(S("'IpAddress':{'aws:SourceIp':['10.0.0.0/8','203.0.113.7']}")));
    assert_false(holds(S("'IpAddress':{'aws:SourceIp':'203.0.113.8/30'}")));
    assert_true(holds(S("'NotIpAddress':{'aws:SourceIp':'2001:db8::/32'}")));
    assert_true(holds(S("'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}")));
}

TEST(the_prefix_of_an_address_has_no_sign)
{
    static const char *const ranges[] = {"0.0.0.0/-0", "0.0.0.0/-1", "0.0.0.0/33",
                                         "0.0.0.0/",   "0.0.0.0/x",  "::/129"};
    str problem;

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        assert_null(iam_policy_parse(&scratch, POLICY_INLINE,
                                     quoted(arena_format(&scratch,
                                                         "{'Statement':{'Effect':'Allow','Action':'*',"
                                                         "'Resource':'*','Condition':{'IpAddress':"
                                                         "{'aws:SourceIp':'%s'}}}}",
                                                         ranges[i])),
                                     &problem));
}

TEST(arns_are_compared_part_by_part)
{
    assert_true(holds(S("'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:user/*'}")));
    assert_true(holds(S("'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::000000000000:*'}")));
    assert_false(holds(S("'ArnLike':{'aws:PrincipalArn':'arn:aws:*'}")));
    assert_true(holds(S("'ArnNotLike':{'aws:PrincipalArn':'arn:aws:sts::*:*'}")));
}

TEST(booleans_are_compared_without_case)
{
    assert_true(holds(S("'Bool':{'aws:SecureTransport':'False'}")));
    assert_true(holds(S("'Bool':{'aws:PrincipalIsAWSService':false}")));
    assert_false(holds(S("'Bool':{'aws:SecureTransport':true}")));
}

TEST(set_operators_look_at_every_or_any_value_of_the_request)
{
    assert_true(holds(S("'ForAllValues:StringEquals':{'dynamodb:LeadingKeys':['alice','bob','carol']}")));
    assert_false(holds(S("'ForAllValues:StringEquals':{'dynamodb:LeadingKeys':['alice']}")));
    assert_true(holds(S("'ForAnyValue:StringEquals':{'dynamodb:LeadingKeys':'${aws:username}'}")));
    assert_false(holds(S("'ForAnyValue:StringEquals':{'dynamodb:LeadingKeys':['carol']}")));
    assert_true(holds(S("'ForAllValues:StringEquals':{'sns:Nothing':'x'}")));
    assert_false(holds(S("'ForAnyValue:StringEquals':{'sns:Nothing':'x'}")));
    assert_false(holds(S("'ForAnyValue:StringNotEquals':{'sns:Nothing':'x'}")));
    assert_true(holds(S("'ForAnyValue:StringNotEquals':{'dynamodb:LeadingKeys':'alice'}")));
}

TEST(all_conditions_of_a_statement_must_hold)
{
    assert_true(holds(S(
        "'StringEquals':{'aws:username':'bob','sns:protocol':'SQS'},'Bool':{'aws:SecureTransport':false}")));
    assert_false(holds(S("'StringEquals':{'aws:username':'bob','sns:protocol':'sms'}")));
}

TEST(variables_are_filled_in_and_a_missing_one_matches_nothing)
{
    assert_true(holds(S("'StringEquals':{'aws:userid':'${aws:userid}'}")));
    assert_true(holds(S("'StringLike':{'aws:PrincipalArn':'*/${aws:username}'}")));
    assert_false(holds(S("'StringEquals':{'aws:username':'${aws:PrincipalTag/team}'}")));
}

TEST(a_service_is_known_by_what_it_acts_for)
{
    struct principal sns = {.kind = PRINCIPAL_SERVICE,
                            .name = S("sns.amazonaws.com"),
                            .source_arn = S("arn:aws:sns:us-east-1:000000000000:OrderTopic"),
                            .source_account = S("000000000000")};

    assert_true(holds_for(&sns, S("'ArnLike':{'aws:SourceArn':'arn:aws:sns:*:*:Order*'},"
                                  "'StringEquals':{'aws:SourceAccount':'000000000000',"
                                  "'aws:PrincipalServiceName':'sns.amazonaws.com'},"
                                  "'Bool':{'aws:PrincipalIsAWSService':'true'}")));
    assert_false(holds_for(&sns, S("'StringLike':{'aws:PrincipalArn':'*'}")));
}

static enum policy_verdict verdict_on(const char *effect, const char *rest)
{
    struct policy_request request = asks(&BOB, S("lambda:RemovePermission"), S(TABLE));
    str text = arena_format(&scratch, "{'Version':'2012-10-17','Statement':{'Effect':'%s','Action':'*',%s}}",
                            effect, rest);

    return evaluated(policy_of(POLICY_INLINE, text), &request);
}

static enum policy_verdict verdict_of(const struct policy_request *request, const char *effect,
                                      const char *condition)
{
    str text = arena_format(&scratch,
                            "{'Version':'2012-10-17','Statement':{'Effect':'%s','Action':'*','Resource':'*',"
                            "'Condition':{%s}}}",
                            effect, condition);

    return evaluated(policy_of(POLICY_INLINE, text), request);
}

/* AWS supplies aws:UserAgent, and Orderly never does. */
TEST(what_is_not_known_denies_and_does_not_allow)
{
    static const char *const unknown[] = {
        "'Resource':'*','Condition':{'StringEquals':{'aws:UserAgent':'x'}}",
        "'Resource':'*','Condition':{'StringNotEquals':{'AWS:useragent':'x'}}",
        "'Resource':'*','Condition':{'StringEqualsIfExists':{'aws:UserAgent':'x'}}",
        "'Resource':'*','Condition':{'ForAllValues:StringEquals':{'aws:UserAgent':'x'}}",
        "'Resource':'*','Condition':{'Null':{'aws:UserAgent':'true'}}",
        "'Resource':'*','Condition':{'Null':{'aws:UserAgent':'false'}}",
        "'Resource':'*','Condition':{'StringNotEquals':{'aws:username':'${aws:UserAgent}'}}",
        "'Resource':'*','Condition':{'StringEquals':{'aws:username':'bob','aws:UserAgent':'x'}}",
        "'Resource':'arn:aws:dynamodb:*:*:table/${aws:UserAgent}'",
        "'NotResource':'arn:aws:dynamodb:*:*:table/${aws:UserAgent}'",
    };

    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(verdict_on("Deny", unknown[i]), POLICY_DENIES);
        assert_int_equal(verdict_on("Allow", unknown[i]), POLICY_SILENT);
    }
}

/* No pattern is compared with a key's value of that size. */
TEST(a_value_too_long_for_patterns_denies_and_does_not_allow)
{
    static const char *const patterns[] = {
        "'StringLike':{'sns:Endpoint':'b*'}",
        "'StringNotLike':{'sns:Endpoint':'a*'}",
        "'ForAnyValue:ArnLike':{'sns:Endpoint':'arn:aws:sqs:*:*:q'}",
    };
    char *value = arena_alloc(&scratch, WILDCARD_MAX_TEXT + 1);
    struct context_value endpoint = {S("sns:Endpoint"), {value, WILDCARD_MAX_TEXT + 1}};
    struct policy_request request = asks(&BOB, S("sns:Subscribe"), S("arn:aws:sns:us-east-1:000000000000:t"));

    memset(value, 'a', WILDCARD_MAX_TEXT + 1);
    request.context = &endpoint;
    request.context_count = 1;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        assert_int_equal(verdict_of(&request, "Deny", patterns[i]), POLICY_DENIES);
        assert_int_equal(verdict_of(&request, "Allow", patterns[i]), POLICY_SILENT);
    }
    assert_int_equal(verdict_of(&request, "Allow", "'StringNotEquals':{'sns:Endpoint':'a'}"), POLICY_ALLOWS);
    endpoint.value.size = WILDCARD_MAX_TEXT;
    assert_int_equal(verdict_of(&request, "Deny", patterns[0]), POLICY_SILENT);
    assert_int_equal(verdict_of(&request, "Allow", "'StringLike':{'sns:Endpoint':'a*'}"), POLICY_ALLOWS);
}

TEST(what_is_known_decides_beside_what_is_not)
{
    const char *other_user =
        "'Resource':'*','Condition':{'StringEquals':{'aws:username':'eve','aws:UserAgent':'x'}}";
    const char *there = "'Resource':['*','arn:aws:dynamodb:*:*:table/${aws:UserAgent}']";

    assert_int_equal(verdict_on("Deny", other_user), POLICY_SILENT);
    assert_int_equal(verdict_on("Allow", there), POLICY_ALLOWS);
}

/* As on AWS, which leaves the key out with the other actions. */
TEST(what_aws_would_leave_out_too_is_absent)
{
    assert_true(holds(S("'StringNotEquals':{'aws:SourceVpc':'x'}")));
    assert_true(holds(S("'Null':{'aws:SourceVpc':'true'}")));
    assert_false(holds(S("'StringEquals':{'aws:SourceVpc':'x'}")));
}

TEST(a_value_that_the_service_does_not_know_is_unknown)
{
    const struct context_value context[] = {{S("lambda:VpcIds"), {0}},
                                            {S("lambda:SubnetIds"), S("subnet-1")}};
    struct policy_request request = asks(&BOB, S("lambda:CreateFunction"), S(TABLE));
    static const char *const conditions[] = {
        "'StringEquals':{'lambda:VpcIds':'vpc-1'}",
        "'StringNotEquals':{'LAMBDA:vpcids':'vpc-1'}",
        "'Null':{'lambda:VpcIds':'true'}",
    };

    request.context = context;
    request.context_count = 2;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        assert_int_equal(verdict_of(&request, "Deny", conditions[i]), POLICY_DENIES);
        assert_int_equal(verdict_of(&request, "Allow", conditions[i]), POLICY_SILENT);
    }
    assert_int_equal(verdict_of(&request, "Allow", "'StringEquals':{'lambda:SubnetIds':'subnet-1'}"),
                     POLICY_ALLOWS);
    request.context_count = 0;
    assert_int_equal(verdict_of(&request, "Deny", conditions[0]), POLICY_SILENT);
    assert_int_equal(verdict_of(&request, "Deny", conditions[1]), POLICY_DENIES);
}

static const struct principal WORKER = {
    .kind = PRINCIPAL_ROLE,
    .arn = STR_INIT("arn:aws:sts::000000000000:assumed-role/Worker/f"),
    .id = STR_INIT("AROAQWERTYUIOPASDFGHJ:f"),
    .account = STR_INIT("000000000000"),
    .name = STR_INIT("Worker"),
};

TEST(which_function_calls_is_known_of_a_function_s_own_session_only)
{
    struct principal sandbox = WORKER;

    sandbox.function_arn = S("arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_true(holds_for(&BOB, S("'Null':{'lambda:SourceFunctionArn':'true'}")));
    assert_true(holds_for(&WORKER, S("'Null':{'lambda:SourceFunctionArn':'true'}")));
    assert_true(
        holds_for(&sandbox, S("'ArnLike':{'lambda:SourceFunctionArn':'arn:aws:lambda:*:*:function:f'}")));
    assert_false(
        holds_for(&sandbox, S("'ArnLike':{'lambda:SourceFunctionArn':'arn:aws:lambda:*:*:function:g'}")));
}

enum { LONG_TEXT = 2048, LONG_PATTERN = 1900 };

/* A decision by one condition with a pattern of 1,900 bytes, for so many values of 2,048 bytes. */
static enum denial decide_by_long_values(const char *effect, size_t values, int64_t effort)
{
    char *text = arena_alloc(&scratch, LONG_TEXT);
    struct context_value *context = arena_alloc(&scratch, values * sizeof *context);
    memset(text, 'a', LONG_TEXT);
    str document = arena_format(&scratch,
                                "{'Statement':[{'Effect':'Allow','Action':'dynamodb:Get*','Resource':'*'},"
                                "{'Effect':'%s','Action':'*','Resource':'*','Condition':"
                                "{'ForAnyValue:StringLike':{'dynamodb:LeadingKeys':'*%.*s*'}}}]}",
                                effect, LONG_PATTERN, text);
    struct policy_reference identity = {.policy = policy_of(POLICY_INLINE, document), .name = S("own")};
    struct policy_set set = {.identity = {&identity, 1}};
    struct policy_request request = asks(&BOB, S("dynamodb:PutItem"), S(TABLE));

    for (size_t i = 0; i < values; i++)
        context[i] = (struct context_value){S("dynamodb:LeadingKeys"), {text, LONG_TEXT}};
    request.context = context;
    request.context_count = values;
    request.effort = &effort;
    return iam_policy_decide(&set, &request).denial;
}

TEST(what_costs_more_than_a_call_may_is_unknown)
{
    assert_int_equal(decide_by_long_values("Allow", 25, 0), NOT_DENIED);
    assert_int_equal(decide_by_long_values("Allow", 25, POLICY_MAX_EFFORT / 2), NOT_ALLOWED_BY_IDENTITY);
    assert_int_equal(decide_by_long_values("Allow", 50, 0), NOT_ALLOWED_BY_IDENTITY);
    assert_int_equal(decide_by_long_values("Deny", 50, 0), DENIED_EXPLICITLY_BY_IDENTITY);
}

TESTS(test(the_prefix_of_an_address_has_no_sign), test(what_costs_more_than_a_call_may_is_unknown),
      test(texts_are_compared_exactly_or_without_case_or_by_pattern),
      test(a_negated_operator_wants_none_of_the_values),
      test(a_missing_key_satisfies_only_negated_and_if_exists_operators),
      test(numbers_are_compared_as_numbers), test(a_session_says_when_it_began_and_that_no_mfa_was_asked),
      test(dates_are_iso_8601_or_seconds), test(addresses_are_compared_by_their_prefix),
      test(arns_are_compared_part_by_part), test(booleans_are_compared_without_case),
      test(set_operators_look_at_every_or_any_value_of_the_request),
      test(all_conditions_of_a_statement_must_hold),
      test(variables_are_filled_in_and_a_missing_one_matches_nothing),
      test(a_service_is_known_by_what_it_acts_for), test(what_is_not_known_denies_and_does_not_allow),
      test(a_value_too_long_for_patterns_denies_and_does_not_allow),
      test(what_is_known_decides_beside_what_is_not), test(what_aws_would_leave_out_too_is_absent),
      test(a_value_that_the_service_does_not_know_is_unknown),
      test(which_function_calls_is_known_of_a_function_s_own_session_only))
