"""--iam: a call that policies deny is refused, allowed with a line in the log, or not evaluated."""

import json

import boto3
import changes
import pytest
from botocore.config import Config
from orderly_fixtures import zip_of

DENIED = "User: arn:aws:iam::000000000000:user/u is not authorized to perform: dynamodb:ListTables on resource: "


@pytest.fixture
def started():
    """started(*flags, **environment) returns a server with a user without permissions, and a topic that may not
    deliver."""
    servers = []

    def start(*flags, **environment):
        one = changes.OwnServer(*flags, environment=environment)
        servers.append(one)
        one.client("iam").create_user(UserName="u")
        key = one.client("iam").create_access_key(UserName="u")["AccessKey"]
        one.tables = boto3.client("dynamodb", endpoint_url=one.server.endpoint, region_name="us-east-1",
                                  aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                                  config=Config(retries={"max_attempts": 0}))
        one.url = one.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        one.topic = one.client("sns").create_topic(Name="t")["TopicArn"]
        one.client("sns").subscribe(TopicArn=one.topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:q",
                                    Attributes={"RawMessageDelivery": "true"})
        return one

    yield start
    for one in servers:
        one.end()


def delivered(one):
    one.client("sns").publish(TopicArn=one.topic, Message="m")
    return [message["Body"] for message in one.client("sqs").receive_message(QueueUrl=one.url).get("Messages", [])]


@pytest.mark.parametrize("flags, environment", [
    ([], {}), (["--iam", "on"], {}), ([], {"ORDERLY_IAM": "on"}), ([], {"ENFORCE_IAM": "1"}),
    (["--iam", "on"], {"ENFORCE_IAM": "0", "IAM_SOFT_MODE": "1"}),
])
def test_policies_bind(started, refused, wait_until, flags, environment):
    one = started(*flags, **environment)
    error = refused(one.tables.list_tables)
    assert error["code"] == "AccessDeniedException" and error["message"].startswith(DENIED)
    assert delivered(one) == []
    wait_until(lambda: " warn denied action=dynamodb:ListTables " in one.server.log)
    assert "--iam" not in one.server.log


@pytest.mark.parametrize("flags, environment", [
    (["--iam", "soft"], {}), ([], {"ORDERLY_IAM": "soft"}), ([], {"IAM_SOFT_MODE": "1"}),
    ([], {"ENFORCE_IAM": "1", "IAM_SOFT_MODE": "1"}),
])
def test_softly_they_are_only_spoken_of(started, wait_until, flags, environment):
    one = started(*flags, **environment)
    assert one.tables.list_tables()["TableNames"] == []
    assert delivered(one) == ["m"]
    wait_until(lambda: " warn would be denied action=dynamodb:ListTables reason=" in one.server.log)
    assert " warn policies do not bind (--iam soft): what they deny is let through, and said here\n" in one.server.log


@pytest.mark.parametrize("flags, environment", [
    (["--iam", "off"], {}), ([], {"ORDERLY_IAM": "off"}), ([], {"ENFORCE_IAM": "0"}),
])
def test_when_off_nobody_is_asked(started, flags, environment):
    one = started(*flags, **environment)
    assert one.tables.list_tables()["TableNames"] == []
    assert delivered(one) == ["m"]
    assert "denied" not in one.server.log
    assert " warn policies are not asked (--iam off): every known key may do everything\n" in one.server.log


def test_when_off_a_function_needs_no_trust_of_its_role(started):
    """The role trusts nobody, and allows nobody to read the queue."""
    nobody = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
    one = started("--iam", "off")
    role = one.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(nobody))["Role"]["Arn"]
    functions = one.client("lambda")
    functions.create_function(FunctionName="f", Role=role, Timeout=30, Runtime="python3.11", Handler="index.handler",
                              Code={"ZipFile": zip_of({"index.py": "def handler(event, context):\n    return event\n"})})
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    assert functions.invoke(FunctionName="f", Payload=b'"back"')["Payload"].read() == b'"back"'
    mapping = functions.create_event_source_mapping(
        FunctionName="f", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q")
    assert mapping["State"] == "Creating"
