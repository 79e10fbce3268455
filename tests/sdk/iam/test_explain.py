"""GET /_orderly/iam/explain: which statement of which policy decides, and which policies were evaluated."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from policies import allow, deny, role_arn, statements

ROOT = "arn:aws:iam::000000000000:root"


@pytest.fixture
def explain(endpoint):
    """explain(action, resource, who, *context) returns (status, answer)."""

    def ask(action, resource, who, *context):
        query = [("action", action), ("resource", resource), ("as", who), *(("context", one) for one in context)]
        query = urllib.parse.urlencode([(name, value) for name, value in query if value is not None])
        try:
            with urllib.request.urlopen(f"{endpoint}/_orderly/iam/explain?{query}") as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    return ask


@pytest.fixture
def queue(client, make_queue):
    url = make_queue()
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sqs").tag_queue(QueueUrl=url, Tags={"env": "prod"})
    return url, arn


@pytest.fixture
def role_with(iam, new_role):
    def make(*statement):
        name = new_role()
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=statements(*statement))
        return role_arn(name)

    return make


def test_the_allowing_statement_is_told(explain, role_with, queue):
    who = role_with(allow("sns:*"), allow("sqs:SendMessage", Sid="Send"))
    assert explain("sqs:SendMessage", queue[1], who) == (200, {
        "allowed": True, "reason": 'statement 2 ("Send") of the policy own allows it', "statement": 2, "sid": "Send",
        "policy": "own", "resourceFound": True, "lookedAt": ["own"]})


def test_a_denial_by_the_resource_s_tag_is_told(explain, role_with, queue):
    prod = {"StringEquals": {"aws:ResourceTag/env": "prod"}}
    who = role_with(allow("sqs:*"), deny("sqs:SendMessage", Sid="NotProd", Condition=prod))
    assert explain("sqs:SendMessage", queue[1], who) == (200, {
        "allowed": False, "statement": 2, "sid": "NotProd", "policy": "own", "resourceFound": True, "lookedAt": ["own"],
        "reason": f'the statement "NotProd" in the policy own of {who} denies {who.replace("iam", "sts", 1).replace(":role/", ":assumed-role/")}'
                  f'/explain sqs:SendMessage on {queue[1]}'})
    status, answer = explain("sqs:SendMessage", queue[1] + "-other", who)
    assert (status, answer["allowed"], answer["resourceFound"]) == (200, True, False)


def test_an_implicit_denial_says_what_was_looked_at(explain, role_with, queue):
    who = role_with(allow("sqs:ReceiveMessage"))
    assert explain("sqs:SendMessage", queue[1], who) == (200, {
        "allowed": False, "reason": f"no policy of {who} allows sqs:SendMessage on {queue[1]}", "resourceFound": True,
        "lookedAt": ["own"]})


def test_given_context_decides(explain, role_with):
    who = role_with(allow("sns:Subscribe", Condition={"StringEquals": {"sns:Protocol": "sqs"}}))
    topic = "arn:aws:sns:us-east-1:000000000000:explained"
    assert explain("sns:Subscribe", topic, who, "sns:Protocol=sqs")[1]["allowed"] is True
    assert explain("sns:Subscribe", topic, who, "sns:Protocol=http")[1]["allowed"] is False
    assert explain("sns:Subscribe", topic, who)[1]["allowed"] is False


def test_the_resource_s_own_policy_decides_for_services(explain, queue, client):
    own = statements({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                      "Resource": queue[1]})
    assert explain("sqs:SendMessage", queue[1], "sns.amazonaws.com")[1]["allowed"] is False
    client("sqs").set_queue_attributes(QueueUrl=queue[0], Attributes={"Policy": own})
    assert explain("sqs:SendMessage", queue[1], "sns.amazonaws.com") == (200, {
        "allowed": True, "reason": "statement 1 of the resource's own policy allows it", "statement": 1,
        "resourceFound": True, "lookedAt": ["the resource's own policy"]})


def test_the_administrator_may(explain, queue):
    assert explain("sqs:SendMessage", queue[1], ROOT) == (200, {
        "allowed": True, "reason": "the account's own administrator may do everything in it", "resourceFound": True,
        "lookedAt": []})


@pytest.mark.parametrize("action, resource, who, context, message", [
    (None, "arn:aws:sqs:us-east-1:000000000000:q", ROOT, (), "action=SERVICE:ACTION and resource=ARN are needed."),
    ("SendMessage", "arn:aws:sqs:us-east-1:000000000000:q", ROOT, (), "action=SERVICE:ACTION and resource=ARN are needed."),
    ("sqs:SendMessage", None, ROOT, (), "action=SERVICE:ACTION and resource=ARN are needed."),
    ("sqs:SendMessage", "*", None, (), "as= must be the ARN of a user, a role or a root that is there, or a service's host name."),
    ("sqs:SendMessage", "*", "arn:aws:iam::000000000000:user/nobody-is-called-so", (),
     "as= must be the ARN of a user, a role or a root that is there, or a service's host name."),
    ("sqs:SendMessage", "*", ROOT, ("=value",), "context= is written KEY=VALUE."),
])
def test_what_cannot_be_asked_is_refused(explain, action, resource, who, context, message):
    assert explain(action, resource, who, *context) == (400, {"message": message})


def test_passing_a_role_can_be_explained(explain, role_with):
    who = role_with(allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}))
    assert explain("iam:PassRole", who, who)[1]["allowed"] is False
    assert explain("iam:PassRole", who, who, "iam:PassedToService=lambda.amazonaws.com")[1]["allowed"] is True


def test_the_tags_and_the_policy_of_a_function_decide(explain, role_with, make_function, client):
    name = make_function("def handler(event, context):\n    return event\n", Tags={"env": "prod"})
    version = client("lambda").publish_version(FunctionName=name)["Version"]
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    who = role_with(allow("lambda:InvokeFunction", Sid="Prod", Condition={"StringEquals": {"aws:ResourceTag/env": "prod"}}))
    for resource in (arn, f"{arn}:live"):
        assert explain("lambda:InvokeFunction", resource, who) == (200, {
            "allowed": True, "reason": 'statement 1 ("Prod") of the policy own allows it', "statement": 1, "sid": "Prod",
            "policy": "own", "resourceFound": True, "lookedAt": ["own"]})
    client("lambda").add_permission(FunctionName=name, StatementId="sns", Action="lambda:InvokeFunction",
                                    Principal="sns.amazonaws.com")
    assert explain("lambda:InvokeFunction", arn, "sns.amazonaws.com") == (200, {
        "allowed": True, "reason": 'statement 1 ("sns") of the resource\'s own policy allows it', "statement": 1,
        "sid": "sns", "resourceFound": True, "lookedAt": ["the resource's own policy"]})
    status, answer = explain("lambda:InvokeFunction", f"{arn}-other", who)
    assert (status, answer["allowed"], answer["resourceFound"]) == (200, False, False)


def test_the_tags_and_the_function_of_a_mapping_decide(explain, role_with, make_function, make_role, make_queue, client):
    role = make_role(allow=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    name = make_function("def handler(event, context):\n    return event\n", Role=role)
    made = client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=make_queue.arn(make_queue()), Tags={"env": "prod"})
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    who = role_with(allow("lambda:DeleteEventSourceMapping", Condition={
        "StringEquals": {"aws:ResourceTag/env": "prod"}, "ArnEquals": {"lambda:FunctionArn": function}}))
    status, answer = explain("lambda:DeleteEventSourceMapping", made["EventSourceMappingArn"], who)
    assert (status, answer["allowed"], answer["resourceFound"]) == (200, True, True)
    status, answer = explain("lambda:DeleteEventSourceMapping", made["EventSourceMappingArn"][:-1] + "x", who)
    assert (status, answer["allowed"], answer["resourceFound"]) == (200, False, False)
    client("lambda").delete_event_source_mapping(UUID=made["UUID"])


def test_the_tags_of_a_group_decide_in_whichever_way_it_is_named(explain, role_with, client, unique):
    name = unique("group")
    client("logs").create_log_group(logGroupName=name, tags={"env": "prod"})
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    who = role_with(allow("logs:*", Condition={"StringEquals": {"aws:ResourceTag/env": "prod"}}))
    for resource in (arn, f"{arn}:*", f"{arn}:log-stream:", f"{arn}:log-stream:s"):
        status, answer = explain("logs:GetLogEvents", resource, who)
        assert (status, answer["allowed"], answer["resourceFound"]) == (200, True, True)
    for resource in (f"{arn}-other", f"{arn}".replace("us-east-1", "eu-west-1"), "arn:aws:logs:us-east-1:000000000000:destination:d"):
        status, answer = explain("logs:GetLogEvents", resource, who)
        assert (status, answer["allowed"], answer["resourceFound"]) == (200, False, False)
    client("logs").delete_log_group(logGroupName=name)


def test_a_condition_key_that_no_service_supplies_is_told(explain, role_with, queue):
    known = {"StringEquals": {"aws:ResourceTag/env": "prod", "sns:Protocol": "sqs", "aws:PrincipalType": "User"}}
    unknown = {"StringEquals": {"aws:PrincipalOrgID": "o-1", "sqs:Colour": "red", "aws:RequestTags/env": "prod"}}
    who = role_with(allow("sqs:*", Condition=unknown), deny("sqs:*", Condition={**known, **unknown}))
    status, answer = explain("sqs:SendMessage", queue[1], who)
    assert (status, answer["unsuppliedKeys"]) == (200, ["aws:PrincipalOrgID", "sqs:Colour", "aws:RequestTags/env"])
    assert "unsuppliedKeys" not in explain("sqs:SendMessage", queue[1], role_with(allow("sqs:*", Condition=known)))[1]
