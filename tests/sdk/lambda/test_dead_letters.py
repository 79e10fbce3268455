"""A function's dead-letter target: what is checked, and what arrives there when all attempts have failed."""

import json

import pytest
from counted import minutes
from orderly_fixtures import ACCOUNT, zip_of

FAILS = "def handler(event, context):\n    raise ValueError(event['why'])\n"
MINUTE = 60


@pytest.fixture
def queue(client, unique):
    """(url, ARN) of a new queue."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
    yield url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def topic(client, unique, queue):
    """The ARN of a topic that delivers to the queue."""
    sqs, sns = client("sqs"), client("sns")
    arn = sns.create_topic(Name=unique("dead"))["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                 "Resource": queue[1]}
    sqs.set_queue_attributes(QueueUrl=queue[0], Attributes={
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue[1])
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def use_up_retries(client, log_of, wait_until, advance_clock):
    """use_up_retries(function, event) invokes it, and waits for its three attempts; returns the request's id."""

    def use_up(name, event):
        reply = client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
        request_id = reply["ResponseMetadata"]["RequestId"]
        for attempt, pause in ((1, MINUTE), (2, 2 * MINUTE), (3, 0)):
            wait_until(lambda attempt=attempt: len(
                [line for line in log_of(name) if line.startswith(f"REPORT RequestId: {request_id}")]) == attempt)
            if pause:
                advance_clock(pause)
        return request_id

    return use_up


def received(client, url, wait=0):
    return client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=wait).get("Messages", [])


def attributes(request_id, message):
    return {"RequestID": {"DataType": "String", "StringValue": request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": message}}


def test_a_queue_gets_the_event_with_its_attributes(client, make_function, make_role, queue, use_up_retries):
    url, arn = queue
    name = make_function(FAILS, Role=make_role(["sqs:SendMessage"]), DeadLetterConfig={"TargetArn": arn})
    assert client("lambda").get_function_configuration(FunctionName=name)["DeadLetterConfig"] == {"TargetArn": arn}
    event = {"why": "not today é"}
    request_id = use_up_retries(name, event)
    [message] = received(client, url, wait=10)
    assert json.loads(message["Body"]) == event
    assert message["MessageAttributes"] == attributes(request_id, "not today é")
    assert received(client, url) == []


@pytest.mark.parametrize("why, told", [("a\0b\x1b[0mc\r\nd", "a b [0mc\r\nd"), ("\ufffe é \uffff\ufffd", "  é  \ufffd"), ("\x01", " ")])
def test_an_error_that_an_attribute_cannot_hold_does_not_lose_the_event(client, make_function, make_role, queue, use_up_retries, why, told):
    url, arn = queue
    name = make_function(FAILS, Role=make_role(["sqs:SendMessage"]), DeadLetterConfig={"TargetArn": arn})
    request_id = use_up_retries(name, {"why": why})
    [message] = received(client, url, wait=10)
    assert (json.loads(message["Body"]), message["MessageAttributes"]) == ({"why": why}, attributes(request_id, told))


def test_a_topic_gets_it_too(client, make_function, make_role, queue, topic, use_up_retries):
    name = make_function(FAILS, Role=make_role(["sns:Publish"]), DeadLetterConfig={"TargetArn": topic})
    request_id = use_up_retries(name, {"why": "no"})
    [message] = received(client, queue[0], wait=10)
    envelope = json.loads(message["Body"])
    assert (envelope["TopicArn"], json.loads(envelope["Message"])) == (topic, {"why": "no"})
    assert envelope["MessageAttributes"] == {
        "RequestID": {"Type": "String", "Value": request_id}, "ErrorCode": {"Type": "Number", "Value": "200"},
        "ErrorMessage": {"Type": "String", "Value": "no"}}


@pytest.mark.parametrize("message, told", [
    ("x" * 1024, "x" * 1024), ("x" * 1025, "x" * 1024), ("é" * 512, "é" * 512), ("x" + "é" * 512, "x" + "é" * 511)])
def test_the_error_message_is_cut_after_a_kilobyte_between_characters(
    client, make_function, make_role, queue, use_up_retries, message, told
):
    name = make_function(FAILS, Role=make_role(["sqs:SendMessage"]), DeadLetterConfig={"TargetArn": queue[1]})
    request_id = use_up_retries(name, {"why": message})
    [letter] = received(client, queue[0], wait=10)
    assert letter["MessageAttributes"] == attributes(request_id, told)


def test_an_event_that_succeeds_at_last_is_no_dead_letter(
    client, make_function, make_role, queue, log_of, wait_until, advance_clock
):
    source = "import os\ndef handler(event, context):\n    if not os.path.exists('/tmp/seen'):\n        open('/tmp/seen', 'w').close()\n        raise ValueError('once')\n"
    name = make_function(source, Role=make_role(["sqs:SendMessage"]), DeadLetterConfig={"TargetArn": queue[1]})
    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload="{}")
    for attempt in (1, 2):
        wait_until(lambda attempt=attempt: len([line for line in log_of(name) if line.startswith("REPORT")]) == attempt)
        advance_clock(MINUTE)
    advance_clock(7 * 3600)
    assert received(client, queue[0], wait=1) == []


def test_a_dead_letter_that_cannot_be_sent_is_counted_and_the_event_is_gone(
    client, now_ms, make_function, make_role, queue, use_up_retries, advance_clock, wait_until
):
    url, arn = queue
    role = make_role(["sqs:SendMessage"])
    name = make_function(FAILS, Role=role, DeadLetterConfig={"TargetArn": arn})
    client("iam").delete_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="inline")
    use_up_retries(name, {"why": "no"})
    advance_clock(MINUTE)
    errors = ("DeadLetterErrors", ("FunctionName", name))
    assert wait_until(lambda: minutes(client("cloudwatch"), now_ms(), "AWS/Lambda", FunctionName=name).get(errors)) == (
        "Count", 1, 1, 1, 1)
    client("iam").put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="inline", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}))
    advance_clock(7 * 3600)
    assert received(client, url, wait=1) == []


# --- What CreateFunction and UpdateFunctionConfiguration check ---------------------------------


def new_function(unique, role, target):
    return {"FunctionName": unique("f")[:64], "Runtime": "python3.11", "Handler": "index.handler", "Role": role,
            "Code": {"ZipFile": zip_of({"index.py": FAILS})}, "DeadLetterConfig": {"TargetArn": target}}


@pytest.mark.parametrize("service, sentence", [
    ("sqs", "The provided execution role does not have permissions to call SendMessage on SQS"),
    ("sns", "The provided execution role does not have permissions to call Publish on SNS")])
def test_the_role_must_be_allowed_to_send(client, unique, make_role, refused, service, sentence):
    other = {"sqs": "sns:Publish", "sns": "sqs:SendMessage"}[service]
    error = refused(client("lambda").create_function,
                    **new_function(unique, make_role([other]), f"arn:aws:{service}:us-east-1:{ACCOUNT}:dead"))
    assert (error["code"], error["message"], error["status"]) == ("InvalidParameterValueException", sentence, 400)


REGION = "The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with."
SERVICE = "The service specified by the TargetArn is not supported for dead letter configuration."
NEITHER = "The TargetArn names neither an SQS queue nor an SNS topic."
FIFO = "FIFO %s is not supported for dead letter configuration"


@pytest.mark.parametrize("target, sentence", [
    (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", SERVICE), (f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s", SERVICE),
    (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", REGION), (f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", REGION), ("arn:aws:s3:::bucket", REGION),
    (f"arn:aws:sqs::{ACCOUNT}:q", REGION), ("arn:aws:sns:::t", REGION),
    (f"arn:aws:sns:us-east-1:{ACCOUNT}:t:1", NEITHER), ("arn:aws:sqs:us-east-1::q", NEITHER), ("arn:aws:sqs:us-east-1", NEITHER),
    (f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo", FIFO % "SQS queue"), (f"arn:aws:sns:us-east-1:{ACCOUNT}:t.fifo", FIFO % "SNS topic")])
def test_other_targets_are_refused_at_creation_and_by_an_update(client, unique, make_role, make_function, refused, target, sentence):
    functions, role = client("lambda"), make_role(["*"])
    name = make_function(FAILS, Role=role)
    wrong = {"DeadLetterConfig": {"TargetArn": target}}
    for error in (refused(functions.create_function, **new_function(unique, role, target)),
                  refused(functions.update_function_configuration, FunctionName=name, **wrong)):
        assert (error["code"], error["message"], error["status"]) == (
            "InvalidParameterValueException", f"Invalid dead letter queue ARN: {sentence}", 400)


def test_an_update_is_checked_and_an_empty_target_takes_it_off(client, make_function, make_role, queue, refused):
    functions = client("lambda")
    allowed, denied = make_role(["sqs:SendMessage"]), make_role()
    name = make_function(FAILS, Role=denied)
    sentence = "The provided execution role does not have permissions to call SendMessage on SQS"
    config = {"TargetArn": queue[1]}
    assert refused(functions.update_function_configuration, FunctionName=name, DeadLetterConfig=config)["message"] == sentence
    assert functions.update_function_configuration(FunctionName=name, Role=allowed, DeadLetterConfig=config)["DeadLetterConfig"] == config
    assert refused(functions.update_function_configuration, FunctionName=name, Role=denied)["message"] == sentence
    assert functions.update_function_configuration(FunctionName=name, Timeout=9)["DeadLetterConfig"] == config
    reply = functions.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in reply
    functions.update_function_configuration(FunctionName=name, Role=denied)
