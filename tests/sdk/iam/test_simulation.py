"""SimulateCustomPolicy, SimulatePrincipalPolicy, and the lists of the condition keys that they need."""

import json

import pytest
from botocore.exceptions import ClientError
from orderly_fixtures import ACCOUNT
from policies import allow, clear, deny, role_arn, statements

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
ELSEWHERE = "arn:aws:sqs:us-east-1:111122223333:orders"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
LINES = """{
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "first", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {
            "Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"
        }
    ]
}"""


@pytest.fixture
def custom(iam):
    """custom(document, action, …) returns all results, whatever the size of a page."""

    def simulate(documents, actions, **arguments):
        documents = documents if isinstance(documents, list) else [documents]
        actions = actions if isinstance(actions, list) else [actions]
        pages = iam.get_paginator("simulate_custom_policy").paginate(
            PolicyInputList=documents, ActionNames=actions, **arguments)
        return [result for page in pages for result in page["EvaluationResults"]]

    return simulate


@pytest.fixture
def principal(iam):
    def simulate(arn, actions, **arguments):
        actions = actions if isinstance(actions, list) else [actions]
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=arn, ActionNames=actions, **arguments)
        return [result for page in pages for result in page["EvaluationResults"]]

    return simulate


@pytest.fixture
def alice(iam, unique, new_policy):  # a policy is deleted after its user
    name = unique("alice")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    yield name, arn
    clear(iam, "user", name)


def entry(name, *values, kind="string"):
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": kind}


def place(policy, kind, start, end):
    return {"SourcePolicyId": policy, "SourcePolicyType": kind,
            "StartPosition": {"Line": start[0], "Column": start[1]}, "EndPosition": {"Line": end[0], "Column": end[1]}}


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def decisions(results):
    return [result["EvalDecision"] for result in results]


def test_the_example_of_awss_documentation_is_answered_with_the_statements_place(custom):
    document = ('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
                '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}')
    table = "arn:aws:dynamodb:us-west-2:128716708097:table/AnExampleTable"
    [result] = custom(document, "dynamodb:CreateBackup", ResourceArns=[table],
                      ContextEntries=[entry("aws:CurrentTime", "2019-04-25T11:00:00Z", kind="date")])
    matched = [place("PolicyInputList.1", "none", (1, 38), (1, 167))]
    assert result == {
        "EvalActionName": "dynamodb:CreateBackup", "EvalResourceName": table, "EvalDecision": "allowed",
        "MatchedStatements": matched, "MissingContextValues": [], "EvalDecisionDetails": {},
        "ResourceSpecificResults": [{
            "EvalResourceName": table, "EvalResourceDecision": "allowed", "MatchedStatements": matched,
            "MissingContextValues": [], "EvalDecisionDetails": {}}]}


def test_the_denying_statement_alone_is_told_of_a_document_of_several_lines(custom):
    send, delete, other = custom([LINES, statements(allow("sns:*"))],
                                 ["sqs:SendMessage", "sqs:DeleteQueue", "s3:GetObject"])
    assert send == {"EvalActionName": "sqs:SendMessage", "EvalResourceName": "*", "EvalDecision": "allowed",
                    "MatchedStatements": [place("PolicyInputList.1", "none", (4, 10), (4, 80))],
                    "MissingContextValues": []}
    assert (delete["EvalDecision"], delete["MatchedStatements"]) == (
        "explicitDeny", [place("PolicyInputList.1", "none", (5, 10), (7, 10))])
    assert (other["EvalDecision"], other["MatchedStatements"]) == ("implicitDeny", [])


def test_a_text_with_braces_and_quotes_does_not_move_a_statements_place(custom):
    document = '{"Id": "é{[\\"}\\\\", "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:*", "Resource": "*"}]}'
    [result] = custom(document, "a:B")
    start = document.index('{"Effect') + 2
    assert result["MatchedStatements"] == [
        place("PolicyInputList.1", "none", (1, start), (1, document.index("]}", start) + 1))]


def test_keys_have_only_the_values_that_the_request_gives(custom):
    team = {"StringEquals": {"aws:PrincipalTag/team": "a", "AWS:username": "alice"}}
    document = statements(allow("sqs:*", "arn:aws:sqs:*:*:${aws:userid}", Condition=team))
    nothing, = custom(document, "sqs:SendMessage", ResourceArns=[QUEUE], CallerArn=ALICE)
    assert nothing["EvalDecision"] == "implicitDeny" and nothing["MissingContextValues"] == []
    assert nothing["ResourceSpecificResults"][0]["MissingContextValues"] == [
        "aws:PrincipalTag/team", "aws:userid", "AWS:username"]
    given = [entry("aws:principaltag/team", "a"), entry("aws:username", "alice"), entry("aws:userid", "orders")]
    all_given, = custom(document, "sqs:SendMessage", ResourceArns=[QUEUE], ContextEntries=given)
    assert all_given["EvalDecision"] == "allowed"
    assert all_given["ResourceSpecificResults"][0]["MissingContextValues"] == []
    some, = custom(document, "sqs:SendMessage", ContextEntries=given[1:])
    assert (some["EvalDecision"], some["MissingContextValues"]) == ("implicitDeny", ["aws:PrincipalTag/team"])


def test_a_key_that_real_requests_have_is_absent_without_an_entry(custom):
    agent = {"StringEquals": {"aws:UserAgent": "x"}}
    [result] = custom(statements(allow("sqs:*"), deny("sqs:*", Condition=agent)), "sqs:SendMessage")
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", ["aws:UserAgent"])
    [result] = custom(statements(allow("sqs:*"), deny("sqs:*", Condition=agent)), "sqs:SendMessage",
                      ContextEntries=[entry("aws:UserAgent", "x")])
    assert decisions([result]) == ["explicitDeny"]


def test_several_values_of_a_key_are_compared_by_set_operators(custom):
    document = statements(allow("dynamodb:*", Condition={"ForAllValues:StringEquals": {"dynamodb:Attributes": ["a", "b"]}}))
    for values, decision in [(["a", "b"], "allowed"), (["a", "c"], "implicitDeny")]:
        assert decisions(custom(document, "dynamodb:GetItem", ContextEntries=[
            entry("dynamodb:Attributes", *values, kind="stringList")])) == [decision]


@pytest.mark.parametrize("kind, right, wrong", [
    ("numeric", "1.5", "x"), ("boolean", "true", "yes"), ("ip", "10.0.0.0/8", "10.0.0"),
    ("date", "2019-04-25T11:00:00Z", "today"), ("binaryList", "AAAA", "AAA"), ("numericList", "7", "")])
def test_values_have_the_form_of_their_type(iam, kind, right, wrong):
    request = {"PolicyInputList": [statements(allow("sqs:*"))], "ActionNames": ["sqs:SendMessage"]}
    iam.simulate_custom_policy(**request, ContextEntries=[entry("aws:some-key", right, kind=kind)])
    assert refusal(iam.simulate_custom_policy, **request, ContextEntries=[entry("aws:some-key", right, wrong, kind=kind)]) == (
        "InvalidInput", "Invalid value of the context key aws:some-key.")


def test_a_boundary_limits_and_is_told(custom):
    boundary = statements(allow("sqs:SendMessage"), deny("sns:*"))
    send, receive, publish = custom(statements(allow("*")), ["sqs:SendMessage", "sqs:ReceiveMessage", "sns:Publish"],
                                    PermissionsBoundaryPolicyInputList=[boundary])
    assert decisions([send, receive, publish]) == ["allowed", "implicitDeny", "explicitDeny"]
    assert [one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for one in (send, receive, publish)] == [
        True, False, False]
    assert [[one["SourcePolicyId"] for one in result["MatchedStatements"]] for result in (send, receive, publish)] == [
        ["PolicyInputList.1"], [], ["PermissionsBoundaryPolicyInputList.1"]]


def test_a_resources_policy_grants_to_the_caller(custom):
    policy = statements({"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sqs:SendMessage", "Resource": QUEUE})
    [result] = custom(statements(allow("sns:*")), "sqs:SendMessage", ResourceArns=[QUEUE], ResourcePolicy=policy, CallerArn=ALICE)
    assert (result["EvalDecision"], result["EvalDecisionDetails"]) == ("allowed", {})
    assert [(one["SourcePolicyId"], one["SourcePolicyType"]) for one in result["MatchedStatements"]] == [
        ("ResourcePolicy", "resource")]
    bob = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert decisions(custom(statements(allow("sns:*")), "sqs:SendMessage", ResourceArns=[QUEUE], ResourcePolicy=policy,
                            CallerArn=bob)) == ["implicitDeny"]


def test_another_accounts_resource_needs_both_policies(custom):
    policy = statements({"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sqs:SendMessage", "Resource": "*"})
    for own, decision in [("sqs:*", "allowed"), ("sns:*", "implicitDeny")]:
        [result] = custom(statements(allow(own)), "sqs:SendMessage", ResourceArns=[ELSEWHERE], ResourcePolicy=policy, CallerArn=ALICE)
        assert (result["EvalDecision"], result["EvalDecisionDetails"]) == (
            decision, {"IAM Policy": decision, "Resource Policy": "allowed"})
    assert decisions(custom(statements(allow("sqs:*")), "sqs:SendMessage", ResourceArns=[ELSEWHERE], CallerArn=ALICE)) == ["implicitDeny"]


@pytest.mark.parametrize("owner", ["111122223333", "arn:aws:iam::111122223333:root"])
def test_the_owner_is_of_resources_whose_arn_has_no_account(custom, owner):
    request = {"ResourceArns": ["arn:aws:s3:::photos/*"], "CallerArn": ALICE}
    assert decisions(custom(statements(allow("s3:*")), "s3:GetObject", **request)) == ["allowed"]
    assert decisions(custom(statements(allow("s3:*")), "s3:GetObject", ResourceOwner=owner, **request)) == ["implicitDeny"]
    assert decisions(custom(statements(allow("sqs:*")), "sqs:SendMessage", ResourceOwner=owner, ResourceArns=[QUEUE], CallerArn=ALICE)) == ["allowed"]


def test_every_action_is_decided_on_every_resource_page_by_page(iam, custom):
    arns = [f"{QUEUE}-{i}" for i in range(3)]
    document = statements(allow("sqs:SendMessage", arns[1]), allow("sqs:ReceiveMessage"))
    request = {"PolicyInputList": [document], "ActionNames": ["sqs:SendMessage", "sqs:ReceiveMessage"], "ResourceArns": arns}
    expected = [("sqs:SendMessage", arns[0], "implicitDeny"), ("sqs:SendMessage", arns[1], "allowed"),
                ("sqs:SendMessage", arns[2], "implicitDeny"), *(("sqs:ReceiveMessage", arn, "allowed") for arn in arns)]
    results, marker, pages = [], {}, 0
    while marker is not None:
        page = iam.simulate_custom_policy(**request, MaxItems=4, **marker)
        assert 1 <= len(page["EvaluationResults"]) <= 4
        results += page["EvaluationResults"]
        pages, marker = pages + 1, {"Marker": page["Marker"]} if page["IsTruncated"] else None
    assert pages >= 2
    assert [(one["EvalActionName"], one["EvalResourceName"], one["EvalDecision"]) for one in results] == expected
    assert refusal(iam.simulate_custom_policy, **request, Marker="mine") == ("ValidationError", "Invalid Marker.")


def test_results_of_ten_thousand_statements_end_a_page(iam):
    document = statements(*({"Effect": "Allow", "Action": "a:B", "Resource": "*"} for _ in range(1000)))
    actions = ["a:B"] * 12
    page = iam.simulate_custom_policy(PolicyInputList=[document], ActionNames=actions)
    assert page["IsTruncated"] and 1 <= len(page["EvaluationResults"]) <= 10
    pages = iam.get_paginator("simulate_custom_policy").paginate(PolicyInputList=[document], ActionNames=actions)
    assert sum(len(page["EvaluationResults"]) for page in pages) == 12


def test_a_users_policies_are_told_by_name_and_kind(iam, principal, alice, new_policy):
    name, arn = alice
    managed = new_policy(allow("sns:*"))
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=statements(allow("sqs:*")))
    iam.attach_user_policy(UserName=name, PolicyArn=managed)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess")
    results = principal(arn, ["sqs:SendMessage", "sns:Publish", "dynamodb:GetItem", "s3:GetObject", "lambda:InvokeFunction"],
                        PolicyInputList=[statements(allow("s3:*"))])
    assert [[(one["SourcePolicyId"], one["SourcePolicyType"]) for one in result["MatchedStatements"]] for result in results] == [
        [(f"user_{name}_own", "user")], [(managed.rsplit("/", 1)[1], "user-managed")],
        [("AmazonDynamoDBReadOnlyAccess", "aws-managed")], [("PolicyInputList.1", "none")], []]
    assert decisions(results) == ["allowed"] * 4 + ["implicitDeny"]


def test_a_users_boundary_counts_unless_the_request_has_another(iam, principal, alice, new_policy):
    name, arn = alice
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=statements(allow("*")))
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=new_policy(allow("sqs:*")))
    assert decisions(principal(arn, ["sqs:SendMessage", "sns:Publish"])) == ["allowed", "implicitDeny"]
    assert decisions(principal(arn, ["sqs:SendMessage", "sns:Publish"], PermissionsBoundaryPolicyInputList=[
        statements(allow("sns:*"))])) == ["implicitDeny", "allowed"]


def test_a_user_is_the_caller_unless_the_request_names_another(principal, alice):
    _, arn = alice
    policy = statements({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sqs:SendMessage", "Resource": "*"})
    request = {"ResourceArns": [QUEUE], "ResourcePolicy": policy}
    assert decisions(principal(arn, "sqs:SendMessage", **request)) == ["allowed"]
    assert decisions(principal(arn, "sqs:SendMessage", CallerArn=ALICE, **request)) == ["implicitDeny"]


def test_a_role_has_its_policies_and_takes_no_resource_policy(iam, principal, new_role):
    name = new_role()
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=statements(allow("sqs:*")))
    [result] = principal(role_arn(name), "sqs:SendMessage")
    assert [(one["SourcePolicyId"], one["SourcePolicyType"]) for one in result["MatchedStatements"]] == [(f"role_{name}_own", "role")]
    request = {"PolicySourceArn": role_arn(name), "ActionNames": ["sqs:SendMessage"],
               "ResourcePolicy": statements({"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"})}
    assert refusal(iam.simulate_principal_policy, **request) == (
        "InvalidInput", "Simulation of resource-based policies isn't supported for IAM roles.")
    assert iam.simulate_principal_policy(CallerArn=ALICE, **request)["EvaluationResults"][0]["EvalDecision"] == "allowed"


DOCUMENT = statements(allow("sqs:*"))
RESOURCE_POLICY = statements({"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"})


@pytest.mark.parametrize("change, sentence", [
    ({"ActionNames": ["sqs:*"]}, "Invalid action name: sqs:*"),
    ({"ActionNames": ["sqs:"]}, "Invalid action name: sqs:"),
    ({"ActionNames": ["SendMessage"]}, "Invalid action name: SendMessage"),
    ({"ResourceArns": [QUEUE, "orders"]}, "ResourceNames are not in a valid ARN format: orders."),
    ({"CallerArn": "arn:aws:sts::000000000000:assumed-role/r/s"}, "Invalid Entity Arn: arn:aws:sts::000000000000:assumed-role/r/s"),
    ({"CallerArn": "arn:aws:iam::000000000000:root"}, "Invalid Entity Arn: arn:aws:iam::000000000000:root"),
    ({"ResourceOwner": "12345678901"}, "'12345678901' is not a valid as a Resource Owner."),
    ({"ResourcePolicy": RESOURCE_POLICY}, "CallerArn is required with a ResourcePolicy."),
    ({"PermissionsBoundaryPolicyInputList": [DOCUMENT, DOCUMENT]}, "You can input only one permissions boundary."),
    ({"ContextEntries": [{"ContextKeyValues": ["x"]}]}, "A context entry has no ContextKeyName."),
    ({"PolicyInputList": [DOCUMENT, "{}"]}, "Invalid policy PolicyInputList.2: Syntax errors in policy."),
    ({"ResourcePolicy": DOCUMENT, "CallerArn": ALICE}, "Invalid policy ResourcePolicy: Missing required field Principal"),
])
def test_what_cannot_be_simulated_is_refused(iam, change, sentence):
    request = {"PolicyInputList": [DOCUMENT], "ActionNames": ["sqs:SendMessage"], **change}
    assert refusal(iam.simulate_custom_policy, **request) == ("InvalidInput", sentence)


@pytest.mark.parametrize("operation", ["simulate_principal_policy", "get_context_keys_for_principal_policy"])
def test_the_source_is_a_user_or_a_role_that_exists(iam, operation, new_policy):
    def refused(arn):
        actions = {"ActionNames": ["sqs:SendMessage"]} if operation.startswith("simulate") else {}
        return refusal(getattr(iam, operation), PolicySourceArn=arn, **actions)

    for kind in ("user", "role", "group"):
        arn = f"arn:aws:iam::{ACCOUNT}:{kind}/nobody"
        assert refused(arn) == ("NoSuchEntity", f"ARN {arn} was not found.")
    for arn in (new_policy(), f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", "just-some-text-that-is-long"):
        assert refused(arn) == ("InvalidInput", f"Invalid Entity Arn: {arn}")


def test_keys_of_policies_are_listed_once(iam, alice):
    name, arn = alice
    one = statements(allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}", Condition={
        "StringLike": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}", "s3:prefix": "${aws:userid, 'none'}"}}))
    other = json.dumps({"Version": "2012-10-17", "Statement": {**deny("*"), "Condition": {
        "Bool": {"AWS:SecureTransport": "false", "aws:MultiFactorAuthPresent": "false"}, "Null": {"S3:Prefix": "true"}}}})
    keys = ["aws:MultiFactorAuthPresent", "aws:PrincipalTag/team", "aws:ResourceTag/team", "AWS:SecureTransport", "aws:username"]
    listed = iam.get_context_keys_for_custom_policy(PolicyInputList=[one, other])["ContextKeyNames"]
    assert [key for key in listed if key.lower() != "s3:prefix"] == keys
    assert [key.lower() for key in listed] == [*(key.lower() for key in keys), "s3:prefix"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[DOCUMENT])["ContextKeyNames"] == []
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=one)
    listed = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn, PolicyInputList=[other])["ContextKeyNames"]
    assert [key.lower() for key in listed] == [*(key.lower() for key in keys), "s3:prefix"]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"] == [
        "aws:PrincipalTag/team", "aws:ResourceTag/team", "aws:username", "s3:prefix"]
    assert refusal(iam.get_context_keys_for_custom_policy, PolicyInputList=["{}"]) == (
        "InvalidInput", "Invalid policy PolicyInputList.1: Syntax errors in policy.")


@pytest.mark.parametrize("value_size, other_keys, decision", [
    (7000, 0, "allowed"), (9000, 0, "implicitDeny"), (10, 400, "allowed"), (10, 600, "implicitDeny")])
@pytest.mark.parametrize("where", ["resource", "condition"])
def test_variables_that_insert_or_search_too_much_are_unknown(custom, where, value_size, other_keys, decision):
    pattern = "${aws:much}" * 2000
    statement = {"Effect": "Allow", "Action": "*"}
    if where == "resource":
        statement["NotResource"] = "arn:aws:sqs:*:*:" + pattern
    else:
        statement |= {"Resource": "*", "Condition": {"StringNotEquals": {"aws:other": pattern}}}
    entries = [entry("aws:much", "m" * value_size), entry("aws:other", "x"),
               *(entry(f"aws:key{number}", "x") for number in range(other_keys))]
    [result] = custom(json.dumps({"Version": "2012-10-17", "Statement": statement}), "sqs:SendMessage",
                      ResourceArns=[QUEUE], ContextEntries=entries)
    assert result["EvalDecision"] == decision
