"""GET /_orderly/iam/last-accessed: what a role or user used, and what of its policies it never used."""

import json
import urllib.error
import urllib.parse
import urllib.request

import orderly_server
import pytest
from orderly_fixtures import ACCOUNT

REGION = f"us-east-1:{ACCOUNT}"


def ask(endpoint, **query):
    try:
        with urllib.request.urlopen(f"{endpoint}/_orderly/iam/last-accessed?{urllib.parse.urlencode(query)}") as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


@pytest.fixture
def last_accessed(endpoint):
    """last_accessed(ARN) returns what that identity used."""

    def get(arn):
        status, found = ask(endpoint, **{"as": arn})
        assert status == 200, found
        return found

    return get


@pytest.fixture
def acting(client, unique):
    """acting(policies of statements, …) returns the ARN of a role with these inline policies, and clients that act as it."""
    iam = client("iam")
    name = unique("role")[-60:].lstrip("-")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}],
             "Version": "2012-10-17"}

    def make(**policies):
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        for policy, statement in policies.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy,
                                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
        keys = client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return arn, lambda service: client(service, aws_access_key_id=keys["AccessKeyId"],
                                           aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"])

    return make


def allow(actions, resource="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def arn_of(url):
    return f"arn:aws:sqs:{REGION}:" + url.rsplit("/", 1)[1]


def unused(found):
    return [(one["policy"], one["statement"]) for one in found["statements"] if not one["used"]]


def test_a_role_is_told_what_it_used_and_what_it_never_used(acting, last_accessed, make_queue, now_ms):
    mine, other, before = make_queue(), make_queue(), now_ms()
    arn, clients = acting(
        queues=[allow(["sqs:SendMessage", "sqs:ReceiveMessage"], arn_of(mine)), allow("sqs:SendMessage", arn_of(other), Sid="Other")],
        rest=[allow("sns:*"), {"Effect": "Allow", "NotAction": ["sns:*", "sqs:*"], "Resource": "*"},
              {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}],
    )
    assert last_accessed(arn)["uses"] == []
    sqs = clients("sqs")
    sqs.send_message(QueueUrl=mine, MessageBody="m")
    with pytest.raises(sqs.exceptions.ClientError):
        sqs.purge_queue(QueueUrl=mine)  # denied: no use
    found = last_accessed(arn)
    [use] = found["uses"]
    assert use == {"action": "sqs:SendMessage", "resource": arn_of(mine), "lastMs": use["lastMs"]}
    assert before <= use["lastMs"] <= now_ms() and found["sinceMs"] <= before and found["partial"] is False
    assert found["statements"] == [
        {"policy": "queues", "statement": 1, "used": True, "actions": [True, False]},
        {"policy": "queues", "statement": 2, "sid": "Other", "used": False, "actions": [False]},
        {"policy": "rest", "statement": 1, "used": False, "actions": [False]},
        {"policy": "rest", "statement": 2, "used": False},
    ]
    clients("dynamodb").list_tables()
    sqs.send_message(QueueUrl=other, MessageBody="m")
    assert [one["action"] for one in last_accessed(arn)["uses"]][:2] in (
        ["sqs:SendMessage", "dynamodb:ListTables"], ["dynamodb:ListTables", "sqs:SendMessage"])
    assert unused(last_accessed(arn)) == [("rest", 1)]


def test_attached_policies_are_told_by_their_arn_and_changes_count_at_once(acting, client, last_accessed):
    arn, clients = acting(own=[allow("sqs:*")])
    managed = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
    client("iam").attach_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyArn=managed)
    assert ("own", 1) in unused(last_accessed(arn)) and (managed, 1) in unused(last_accessed(arn))
    clients("dynamodb").list_tables()
    assert (managed, 1) not in unused(last_accessed(arn))
    client("iam").put_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyName="own", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [allow("dynamodb:ListTables"), allow("dynamodb:ListBackups")]}))
    assert [one for one in unused(last_accessed(arn)) if one[0] == "own"] == [("own", 2)]


def test_conditions_and_variables_are_taken_to_fit(acting, last_accessed, make_queue):
    url = make_queue()
    never = {"StringEquals": {"aws:SourceIp": "203.0.113.1"}}
    arn, clients = acting(own=[
        allow("sqs:SendMessage"), allow("sqs:SendMessage", Condition=never),
        allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:${{aws:PrincipalTag/team}}-*"), allow("sqs:ReceiveMessage", Condition=never)])
    clients("sqs").send_message(QueueUrl=url, MessageBody="m")
    assert unused(last_accessed(arn)) == [("own", 4)]


def test_an_action_on_many_resources_is_a_use_of_any(acting, last_accessed):
    """128 pairs of an action and a resource are kept: see test_uses.c for both sides of the bound."""
    arn, clients = acting(own=[allow("sqs:SendMessage", f"arn:aws:sqs:{REGION}:never"), allow("sqs:*")])
    sqs = clients("sqs")

    def send(number):
        with pytest.raises(sqs.exceptions.QueueDoesNotExist):
            sqs.send_message(QueueUrl=f"{sqs.meta.endpoint_url}/{ACCOUNT}/missing{number}", MessageBody="m")

    for number in range(128):
        send(number)
    found = last_accessed(arn)
    assert len(found["uses"]) == 128 and unused(found) == [("own", 1)]
    send(128)
    found = last_accessed(arn)
    assert [(one["action"], one["resource"]) for one in found["uses"]] == [("sqs:SendMessage", None)]
    assert unused(found) == []


def test_what_is_only_asked_is_no_use(acting, endpoint, last_accessed, make_queue):
    url = make_queue()
    arn, _ = acting(own=[allow("sqs:*")])
    query = urllib.parse.urlencode({"action": "sqs:SendMessage", "resource": arn_of(url), "as": arn})
    with urllib.request.urlopen(f"{endpoint}/_orderly/iam/explain?{query}") as reply:
        assert json.load(reply)["allowed"]
    assert last_accessed(arn)["uses"] == []


def test_a_user_has_uses_too_and_a_function_uses_its_role(client, last_accessed, make_queue, user_with, make_role, make_function):
    url = make_queue()
    user_with("sqs", allow("sqs:SendMessage")).send_message(QueueUrl=url, MessageBody="m")
    users = [one["Arn"] for one in client("iam").list_users()["Users"]]
    assert [arn_of(url)] in [[use["resource"] for use in last_accessed(user)["uses"]] for user in users]
    role = make_role(allow=["dynamodb:ListTables"])
    name = make_function("import boto3\ndef handler(event, context): boto3.client('dynamodb').list_tables()", Role=role)
    assert "FunctionError" not in client("lambda").invoke(FunctionName=name)
    assert "dynamodb:ListTables" in [use["action"] for use in last_accessed(role)["uses"]]


@pytest.mark.parametrize("query", [{}, {"as": "nobody"}, {"as": f"arn:aws:iam::{ACCOUNT}:role/none"}, {"as": f"arn:aws:iam::{ACCOUNT}:root"}])
def test_who_is_not_there_used_nothing(endpoint, query):
    assert ask(endpoint, **query) == (400, {"message": "as= must be the ARN of a role or a user that is there."})


def test_a_reset_forgets_uses(own_server):
    import boto3

    server = own_server
    iam = boto3.client("iam", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    iam.create_user(UserName="u")
    arn = f"arn:aws:iam::{ACCOUNT}:user/u"
    first = ask(server.endpoint, **{"as": arn})[1]["sinceMs"]
    server.advance_clock(100)
    orderly_server.post(server.endpoint, "/_orderly/reset", "{}")
    iam.create_user(UserName="u")
    again = ask(server.endpoint, **{"as": arn})[1]
    assert again["sinceMs"] != first and again["uses"] == []
