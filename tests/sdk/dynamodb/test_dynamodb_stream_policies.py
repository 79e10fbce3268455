"""The resource policies of DynamoDB streams: they bind, also for other accounts, and what is refused."""

import json
import urllib.parse
import urllib.request

import boto3
import pytest
from botocore.config import Config
from dynamodb_tables import INVALID
from orderly_fixtures import ACCOUNT, zip_of
from stream_world import SAY, World
from table_policies import NOT_FOUND, OTHER, is_allowed, policy, statement

DAY = 24 * 3600
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DOCUMENT = f"{INVALID}Invalid policy document: "
READS = [f"dynamodb:{one}" for one in ("DescribeStream", "GetShardIterator", "GetRecords")]


@pytest.fixture(scope="module")
def world():
    made = World()
    yield made
    made.server.end()


@pytest.fixture
def dynamodb(world):
    return world.client("dynamodb")


@pytest.fixture
def stream(world):
    return world.table()[1]


def client_of(world, service, access_key, secret="test"):
    return boto3.client(
        service, endpoint_url=world.server.endpoint, region_name="us-east-1", aws_access_key_id=access_key,
        aws_secret_access_key=secret, config=Config(retries={"max_attempts": 0}, parameter_validation=False))


def reader_with(world, *statements):
    """A client of a new user of the account, with these permissions; its ARN."""
    iam, user = world.client("iam"), world.name("user")
    arn = iam.create_user(UserName=user)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return client_of(world, "dynamodbstreams", key["AccessKeyId"], key["SecretAccessKey"]), arn


def requests_of(world, stream):
    """The arguments of each operation about the stream."""
    streams = world.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    place = {"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    return {"describe_stream": {"StreamArn": stream}, "get_shard_iterator": place,
            "get_records": {"ShardIterator": streams.get_shard_iterator(**place)["ShardIterator"]}}


def allowed_of(client, requests):
    return {name for name, arguments in requests.items() if is_allowed(getattr(client, name), **arguments)}


# --- Setting, showing and removing -------------------------------------------------------------------


def test_a_policy_is_put_shown_and_removed(dynamodb, stream, refused):
    def allow(resource):
        return policy(statement("Allow", ROOT, READS, resource))

    answer = refused(dynamodb.get_resource_policy, ResourceArn=stream)
    assert (answer["code"], answer["message"]) == ("PolicyNotFoundException", NOT_FOUND + stream)
    assert "RevisionId" not in dynamodb.delete_resource_policy(ResourceArn=stream)
    first = dynamodb.put_resource_policy(
        ResourceArn=stream, Policy=allow(stream), ExpectedRevisionId="NO_POLICY")["RevisionId"]
    shown = dynamodb.get_resource_policy(ResourceArn=stream)
    assert (json.loads(shown["Policy"]), shown["RevisionId"]) == (json.loads(allow(stream)), first)
    assert dynamodb.put_resource_policy(ResourceArn=stream, Policy=allow(stream))["RevisionId"] == first
    second = dynamodb.put_resource_policy(ResourceArn=stream, Policy=allow("*"), ExpectedRevisionId=first)["RevisionId"]
    assert int(second) > int(first)
    assert dynamodb.delete_resource_policy(ResourceArn=stream, ExpectedRevisionId=second)["RevisionId"] == second
    assert int(dynamodb.delete_resource_policy(ResourceArn=stream)["RevisionId"]) > int(second)
    assert refused(dynamodb.get_resource_policy, ResourceArn=stream)["code"] == "PolicyNotFoundException"


def test_the_expected_revision_decides(dynamodb, stream, refused):
    label, document = stream.split("/")[3], policy(statement("Allow", ACCOUNT, READS, "*"))

    def message(call, **more):
        answer = refused(call, ResourceArn=stream, **more)
        assert answer["code"] == "PolicyNotFoundException"
        return answer["message"].removeprefix(NOT_FOUND)

    assert message(dynamodb.delete_resource_policy, ExpectedRevisionId="7") == (
        f"Requested update for policy with revision id 7, but stream {label} has no associated policy.")
    revision = dynamodb.put_resource_policy(ResourceArn=stream, Policy=document)["RevisionId"]
    assert message(dynamodb.put_resource_policy, Policy=document, ExpectedRevisionId="7") == (
        f"Requested update for policy with revision id 7, but the policy associated to target stream {label} has "
        f"revision id {revision}.")
    assert message(dynamodb.put_resource_policy, Policy=document, ExpectedRevisionId="NO_POLICY") == (
        f"Requested policy update expecting none to be present for stream {label}, but a policy exists with revision "
        f"id {revision}.")


def test_the_policies_of_a_table_and_of_its_stream_are_apart(dynamodb, stream):
    table = stream.split("/stream/")[0]
    of_table = policy(statement("Allow", ROOT, "dynamodb:GetItem", table))
    of_stream = policy(statement("Allow", ROOT, "dynamodb:GetRecords", stream))
    dynamodb.put_resource_policy(ResourceArn=table, Policy=of_table)
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=of_stream)
    assert json.loads(dynamodb.get_resource_policy(ResourceArn=table)["Policy"]) == json.loads(of_table)
    dynamodb.delete_resource_policy(ResourceArn=table)
    assert json.loads(dynamodb.get_resource_policy(ResourceArn=stream)["Policy"]) == json.loads(of_stream)


def padded(size):
    document = policy(statement("Allow", ACCOUNT, "dynamodb:GetRecords", "*"))
    return document + " " * (size - len(document))


TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/x"


@pytest.mark.parametrize(("document", "sentence"), [
    ("{not json", f"{DOCUMENT}This policy contains invalid Json"),
    (policy(), f"{DOCUMENT}Could not parse the policy: Statement is empty!"),
    (policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": READS}), f"{DOCUMENT}Missing required field Resource"),
    (padded(20481), f"{INVALID}Maximum policy size of 20480 bytes exceeded"),
    (policy(statement("Allow", ACCOUNT, "dynamodb:ListStreams", "*")),
     f'{DOCUMENT}The following action names are invalid: "dynamodb:ListStreams"'),
    (policy(statement("Deny", "*", ["dynamodb:GetRecords", "dynamodb:GetItem", "sqs:SendMessage"], TABLE)),
     f'{DOCUMENT}The following action names are invalid: "dynamodb:GetItem", "sqs:SendMessage"'),
    (policy(statement("Allow", ACCOUNT, READS, TABLE)), f'{DOCUMENT}The relative-id "table/x" is invalid for ARN "{TABLE}"'),
    (policy(statement("Allow", "*", "dynamodb:GetRecords", "*")),
     "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure "
     "least-privilege form of access"),
    (policy(statement("Allow", f"arn:aws:iam::{ACCOUNT}:role/nobody-has-it", READS, "*")),
     "One or more parameter values were invalid: Invalid principal in policy document."),
])
def test_a_document_is_refused_before_the_stream_is_looked_for(dynamodb, stream, refused, document, sentence):
    for arn in (stream, f"{TABLE}/stream/2026-01-01T00:00:00.000"):
        answer = refused(dynamodb.put_resource_policy, ResourceArn=arn, Policy=document)
        assert (answer["code"], answer["message"]) == ("ValidationException", sentence)


@pytest.mark.parametrize("document", [
    padded(20480), policy(statement("Deny", "*", "dynamodb:Get*", f"{TABLE}/stream/*")),
    policy(statement("Allow", ACCOUNT, "DynamoDB:getrecords", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/*")),
    policy(statement("Deny", ACCOUNT, "*", f"{TABLE}/stream/of-another-table"))])
def test_a_document_is_taken(dynamodb, stream, document):
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=document)


@pytest.mark.parametrize(("actions", "resource", "sentence"), [
    (["dynamodb:GetItem", "dynamodb:GetRecords"], "*", 'The following action names are invalid: "dynamodb:GetRecords"'),
    ("dynamodb:ExecuteStatement", "*", 'The following action names are invalid: "dynamodb:ExecuteStatement"'),
    ("dynamodb:GetItem", f"{TABLE}/stream/*", f'The relative-id "table/x/stream/*" is invalid for ARN "{TABLE}/stream/*"'),
])
def test_the_policy_of_a_table_names_nothing_of_streams(dynamodb, stream, refused, actions, resource, sentence):
    answer = refused(dynamodb.put_resource_policy, ResourceArn=stream.split("/stream/")[0],
                     Policy=policy(statement("Allow", ACCOUNT, actions, resource)))
    assert answer["message"] == DOCUMENT + sentence


def test_a_stream_that_is_not_there_is_refused(dynamodb, stream, refused):
    missing = stream[:-1] + ("1" if stream[-1] == "0" else "0")
    name, label = missing.split("/")[1], missing.split("/")[3]
    for call, more in ((dynamodb.get_resource_policy, {}), (dynamodb.delete_resource_policy, {}),
                       (dynamodb.put_resource_policy, {"Policy": policy(statement("Allow", ACCOUNT, READS, "*"))})):
        answer = refused(call, ResourceArn=missing, **more)
        assert (answer["code"], answer["message"]) == (
            "ResourceNotFoundException",
            f"Requested resource not found: Stream: {label} not found for Table: {name}")
        elsewhere = stream.replace("us-east-1", "eu-west-1")
        assert refused(call, ResourceArn=elsewhere, **more)["message"] == f"{INVALID}Invalid resource Arn: {elsewhere}"


def test_a_policy_that_locks_its_author_out_needs_a_confirmation(dynamodb, stream, refused):
    document = policy(statement("Deny", ACCOUNT, "dynamodb:PutResourcePolicy", stream))
    assert refused(dynamodb.put_resource_policy, ResourceArn=stream, Policy=document)["message"] == (
        "The new resource policy will not allow you to update the resource policy in the future.")
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=document, ConfirmRemoveSelfResourceAccess=True)
    assert refused(dynamodb.put_resource_policy, ResourceArn=stream, Policy=document)["code"] == "AccessDeniedException"
    dynamodb.put_resource_policy(ResourceArn=stream.split("/stream/")[0], Policy=policy(
        statement("Deny", ACCOUNT, "dynamodb:GetItem", "*")))


def test_the_root_alone_removes_a_policy_that_denies_everything(world, dynamodb, stream, refused):
    dynamodb.put_resource_policy(ResourceArn=stream, ConfirmRemoveSelfResourceAccess=True, Policy=policy(
        {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:*", "Resource": stream}))
    assert refused(dynamodb.get_resource_policy, ResourceArn=stream)["code"] == "AccessDeniedException"
    dynamodb.delete_resource_policy(ResourceArn=stream)
    assert refused(dynamodb.get_resource_policy, ResourceArn=stream)["code"] == "PolicyNotFoundException"


# --- What it allows and denies -------------------------------------------------------------------------


@pytest.mark.parametrize("action", READS)
def test_a_policy_allows_a_user_one_action_who_has_no_permission_at_all(world, dynamodb, stream, action):
    requests, (reader, user) = requests_of(world, stream), reader_with(world)
    assert allowed_of(reader, requests) == set()
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy(statement("Allow", user, action, stream)))
    [allowed] = allowed_of(reader, requests)
    assert allowed.replace("_", "") == action.removeprefix("dynamodb:").lower()
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy(statement("Allow", user, READS, f"{stream}0")))
    assert allowed_of(reader, requests) == set()


@pytest.mark.parametrize("action", READS)
def test_a_denial_binds_for_everybody(world, dynamodb, stream, action):
    requests = requests_of(world, stream)
    reader, user = reader_with(world, {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    clients = (world.client("dynamodbstreams"), reader)
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy(
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": stream}))
    for client in clients:
        assert {name.replace("_", "") for name in set(requests) - allowed_of(client, requests)} == {
            action.removeprefix("dynamodb:").lower()}
    dynamodb.delete_resource_policy(ResourceArn=stream)
    assert all(allowed_of(client, requests) == set(requests) for client in clients)


def test_another_account_reads_the_stream_when_the_policy_allows_it(world, dynamodb, stream, refused):
    other, requests = client_of(world, "dynamodbstreams", OTHER), requests_of(world, stream)
    world.put(stream.split("/")[1], "a")
    assert allowed_of(other, requests) == set()
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy(statement("Allow", OTHER, "dynamodb:*", "*")))
    assert allowed_of(other, requests) == set(requests)
    assert [one["dynamodb"]["Keys"] for one in other.get_records(**requests["get_records"])["Records"]] == [{"id": {"S": "a"}}]
    theirs = client_of(world, "dynamodb", OTHER)
    for call in (theirs.get_resource_policy, theirs.delete_resource_policy):
        answer = refused(call, ResourceArn=stream)
        assert (answer["code"], answer["message"]) == (
            "ValidationException", "This action is only supported by accounts that match the resource owner’s account.")
    assert not is_allowed(theirs.describe_table, TableName=stream.split("/stream/")[0])


def test_the_policy_of_a_stream_is_told_by_explain(world, dynamodb, stream):
    _, user = reader_with(world)
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy(
        statement("Allow", user, "dynamodb:GetRecords", stream)))

    def explained(action, arn=stream):
        query = urllib.parse.urlencode({"action": action, "resource": arn, "as": user})
        with urllib.request.urlopen(f"{world.server.endpoint}/_orderly/iam/explain?{query}") as reply:
            return json.load(reply)

    assert explained("dynamodb:GetRecords") == {
        "allowed": True, "reason": "statement 1 of the resource's own policy allows it", "statement": 1,
        "resourceFound": True, "lookedAt": ["the resource's own policy"]}
    assert not explained("dynamodb:DescribeStream")["allowed"]
    assert not explained("dynamodb:GetRecords", stream + "0")["resourceFound"]


# --- Its end -------------------------------------------------------------------------------------------


def test_the_policy_of_a_disabled_stream_and_of_a_deleted_table_s_binds_and_changes_until_the_stream_is_gone():
    world = World()
    try:
        dynamodb = world.client("dynamodb")
        name, stream = world.table()
        requests, (reader, user) = requests_of(world, stream), reader_with(world)
        allow = policy(statement("Allow", user, READS, stream))
        dynamodb.put_resource_policy(ResourceArn=stream, Policy=allow)
        dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
        assert allowed_of(reader, requests) == set(requests)
        dynamodb.delete_resource_policy(ResourceArn=stream)
        assert allowed_of(reader, requests) == set()
        dynamodb.delete_table(TableName=name)
        dynamodb.put_resource_policy(ResourceArn=stream, Policy=allow)
        assert allowed_of(reader, requests) == set(requests)
        made = dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]
        assert allowed_of(reader, requests_of(world, made["LatestStreamArn"])) == set()
        world.server.kill()
        world.server.start()
        kept = world.client("dynamodb").get_resource_policy(ResourceArn=stream)["Policy"]
        assert json.loads(kept) == json.loads(allow)
        world.server.advance_clock(DAY + 1)
        with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.get_resource_policy(ResourceArn=stream)
    finally:
        world.server.end()


# --- Lambda --------------------------------------------------------------------------------------------


def test_a_function_of_another_account_is_triggered_by_the_stream_that_lets_its_role_read(world, dynamodb, stream):
    iam, functions = client_of(world, "iam", OTHER), client_of(world, "lambda", OTHER)
    role = iam.create_role(RoleName="reads", AssumeRolePolicyDocument=policy(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="reads", PolicyName="own", PolicyDocument=policy(
        {"Effect": "Allow", "Action": [*READS, "logs:*"], "Resource": "*"}))
    functions.create_function(FunctionName="theirs", Runtime="python3.11", Handler="index.handler", Role=role,
                              Timeout=30, Code={"ZipFile": zip_of({"index.py": SAY})})
    functions.get_waiter("function_active_v2").wait(FunctionName="theirs", WaiterConfig={"Delay": 1})
    mapping = {"FunctionName": "theirs", "EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON"}
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="Cannot access stream"):
        functions.create_event_source_mapping(**mapping)
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=policy(statement("Allow", role, READS, stream)))
    functions.create_event_source_mapping(**mapping)
    world.put(stream.split("/")[1], "a")
    logs = client_of(world, "logs", OTHER)

    def said():
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/theirs")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [one["message"] for one in events if one["message"].startswith("EVENT ")]

    [line] = world.wait(said)
    assert json.loads(line[6:])["Records"][0]["eventSourceARN"] == stream
