"""Functions that invoke themselves by queues, topics, destinations and calls are stopped after sixteen invocations."""

import datetime
import json

import pytest
from orderly_fixtures import ACCOUNT
from queues import awaited
from trace_reader import Traces

STOPPED = ("Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your "
           "function's invocation.")
HEAD = "import boto3, json, os\nurl = os.environ['AWS_ENDPOINT_URL']\n"
TO_QUEUE = HEAD + (
    "def handler(event, context):\n"
    "    print('ran')\n"
    "    boto3.client('sqs', endpoint_url=url).send_message(QueueUrl='{queue}', MessageBody='again'{more})\n")
TO_TOPIC = HEAD + (
    "def handler(event, context):\n"
    "    print('ran')\n"
    "    boto3.client('sns', endpoint_url=url).publish(TopicArn='{topic}', Message='again')\n")
TO_ITSELF = HEAD + (
    "def handler(event, context):\n"
    "    print('ran')\n"
    "    boto3.client('lambda', endpoint_url=url).invoke(FunctionName=context.function_name, InvocationType='Event',\n"
    "                                                    Payload=json.dumps(event))\n")


@pytest.fixture
def stopped_hops(endpoint):
    """stopped_hops(queue's ARN) returns (attempt, reason) of each time that a message came again without an invocation."""
    traces = Traces(endpoint)

    def read(arn):
        hops = [hop for one in traces.find(resource=arn) for hop in traces.get("/" + one["traceId"])["hops"]]
        return [(hop["attempt"], hop["reason"]) for hop in hops
                if (hop["kind"], hop["verdict"], hop["resource"]) == ("retried", "failed", arn)]

    return read


def runs(log_of, name, *texts):
    return sum("ran" in message for message in log_of(name, *texts))


@pytest.fixture
def make_queue(sqs, unique):
    """make_queue(**attributes) returns the URL and the ARN of a new queue."""

    def make(kind="q", **attributes):
        name = unique(kind)[:70] + (".fifo" if "FifoQueue" in attributes else "")
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    return make


@pytest.fixture
def dropped(client, advance_clock):
    """dropped(function) returns its RecursiveInvocationsDropped, after a minute, when they are metrics."""

    def read(name):
        advance_clock(60)
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName="RecursiveInvocationsDropped", StartTime=end - datetime.timedelta(days=40),
            EndTime=end, Period=86400 * 60, Statistics=["Sum"],
            Dimensions=[{"Name": "FunctionName", "Value": name}])["Datapoints"]
        return sum(point["Sum"] for point in points)

    return read


@pytest.fixture
def dead(make_queue, sqs):
    """A queue, and what it gets first."""
    url, arn = make_queue("dead")

    def first():
        return json.loads(awaited(sqs, url)[0]["Body"])

    return arn, first


@pytest.fixture
def role(make_role):
    return make_role(allow=["sqs:*", "sns:*", "lambda:*"])


def test_a_loop_over_a_queue_ends_after_sixteen_invocations_in_its_dead_letter_queue(
        client, sqs, make_function, make_queue, log_of, dropped, role, wait_until, advance_clock, stopped_hops):
    dead_url, dead_arn = make_queue("dead")
    url, arn = make_queue(VisibilityTimeout="60", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}))
    name = make_function(TO_QUEUE.format(queue=url, more=""), Role=role)
    client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    sqs.send_message(QueueUrl=url, MessageBody="begin")
    wait_until(lambda: runs(log_of, name) == 16, 60)

    def dead_letters():
        advance_clock(20)  # a message that was received is hidden for a minute
        return sqs.receive_message(QueueUrl=dead_url, WaitTimeSeconds=1).get("Messages")

    body = wait_until(dead_letters)
    assert [message["Body"] for message in body] == ["again"]
    wait_until(lambda: dropped(name) == 1)
    assert runs(log_of, name) == 16
    assert stopped_hops(arn) == [
        (1, "the message has been in a loop through the function, which is not invoked again for it")]


def test_a_function_may_be_allowed_to_loop(client, sqs, make_function, make_queue, log_of, dropped, role):
    url, arn = make_queue()
    name = make_function(TO_QUEUE.format(queue=url, more=""), Role=role)
    client("lambda").put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    mapping = client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)["UUID"]
    sqs.send_message(QueueUrl=url, MessageBody="begin")
    while runs(log_of, name) < 20:
        pass
    client("lambda").delete_event_source_mapping(UUID=mapping)
    assert dropped(name) == 0


def test_a_loop_of_a_fifo_queue_keeps_its_groups_later_messages(client, sqs, make_function, make_queue, log_of, dropped,
                                                                role, wait_until, stopped_hops):
    url, arn = make_queue(FifoQueue="true", VisibilityTimeout="43200")
    source = TO_QUEUE.format(queue=url, more=", MessageGroupId='g', MessageDeduplicationId=context.aws_request_id")
    name = make_function(source, Role=role)
    client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    sqs.send_message(QueueUrl=url, MessageBody="begin", MessageGroupId="g", MessageDeduplicationId="1")
    wait_until(lambda: runs(log_of, name) == 16, 60)
    sqs.send_message(QueueUrl=url, MessageBody="later", MessageGroupId="g", MessageDeduplicationId="2")
    wait_until(lambda: dropped(name) == 1)
    assert runs(log_of, name) == 16
    assert [reason for _, reason in stopped_hops(arn)] == [
        "the message has been in a loop through the function, which is not invoked again for it"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_loop_over_a_topic_ends_at_the_on_failure_destination_and_the_dead_letter_queue(
        client, make_function, make_queue, unique, log_of, dropped, role, dead, sqs, wait_until):
    topic = client("sns").create_topic(Name=unique("t"))["TopicArn"]
    letters_url, letters_arn = make_queue("letters")
    name = make_function(TO_TOPIC.format(topic=topic), Role=role, DeadLetterConfig={"TargetArn": letters_arn})
    functions = client("lambda")
    arn = functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": dead[0]}})
    functions.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction",
                             Principal="sns.amazonaws.com", SourceArn=topic)
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    client("sns").publish(TopicArn=topic, Message="begin")
    record = dead[1]()
    assert (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"]) == (
        "RecursiveInvocation", 0)
    assert record["requestPayload"]["Records"][0]["Sns"]["Message"] == "again"
    letter = awaited(sqs, letters_url)[0]
    assert json.loads(letter["Body"]) == record["requestPayload"]
    wait_until(lambda: runs(log_of, name) == 16)
    wait_until(lambda: dropped(name) == 1)


def test_a_function_that_invokes_itself_is_stopped(client, make_function, log_of, dropped, role, dead, wait_until):
    name = make_function(TO_ITSELF, Role=role)
    client("lambda").put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": dead[0]}})
    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"a": 1}')
    record = dead[1]()
    assert (record["requestContext"]["condition"], record["requestPayload"]) == ("RecursiveInvocation", {"a": 1})
    wait_until(lambda: runs(log_of, name) == 16)
    wait_until(lambda: dropped(name) == 1)


def test_two_functions_that_are_each_others_destination_are_a_loop_too(client, make_function, log_of, role, dead, wait_until):
    names = [make_function("def handler(event, context):\n    print('ran')\n", Role=role) for _ in range(2)]
    for name, other in (names, reversed(names)):
        arn = client("lambda").get_function(FunctionName=other)["Configuration"]["FunctionArn"]
        client("lambda").put_function_event_invoke_config(
            FunctionName=name, DestinationConfig={"OnFailure": {"Destination": dead[0]}, "OnSuccess": {"Destination": arn}})
    client("lambda").invoke(FunctionName=names[0], InvocationType="Event", Payload=b"{}")
    assert dead[1]()["requestContext"]["condition"] == "RecursiveInvocation"
    wait_until(lambda: [runs(log_of, name) for name in names] == [16, 16])


@pytest.fixture
def invoke_with(client, make_function):
    """invoke_with(lineage) invokes a function with that lineage; {} is its own part of it."""
    functions = client("lambda")
    name = make_function("import os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']\n")

    def add_header(params, **_):
        params["headers"]["X-Amzn-Trace-Id"] = f"Root=1-5759e988-bd862e3fe1be46a994272793;Lineage={add_header.lineage}"

    def invoke(lineage):
        add_header.lineage = lineage
        functions.meta.events.register("before-call.lambda.Invoke", add_header, "lineage")
        try:
            header = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
        finally:
            functions.meta.events.unregister("before-call.lambda.Invoke", add_header, "lineage")
        return header.split("Lineage=")[1]

    invoke.name = name
    return invoke


def test_the_sixteenth_invocation_runs_and_the_seventeenth_is_refused(invoke_with, refused, dropped, wait_until):
    own = invoke_with("").split(":")[0]
    assert invoke_with("") == f"{own}:1"
    assert invoke_with(f"{own}:15") == f"{own}:16"
    for lineage in (f"{own}:16", f"0a0a0a0a:1|{own}:16", f"0a0a0a0a:1%7C{own}:16", f"{own}:99999999999"):
        error = refused(invoke_with, lineage=lineage)
        assert (error["code"], error["message"], error["status"]) == ("RecursiveInvocationException", STOPPED, 400)
        assert error["reply"]["Type"] == "User"
    wait_until(lambda: dropped(invoke_with.name) == 4)


def test_a_refused_request_is_in_its_trace(invoke_with, refused, endpoint, wait_until):
    own = invoke_with("0a0a0a0a:16").split("|")[1].split(":")[0]
    traces, arn = Traces(endpoint), f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{invoke_with.name}"

    def not_invoked():
        return [(hop["verdict"], hop["reason"]) for hop in traces.get("/1-5759e988-bd862e3fe1be46a994272793")["hops"]
                if (hop["kind"], hop["resource"]) == ("not-delivered", arn)]

    assert not_invoked() == []
    assert refused(invoke_with, lineage=f"{own}:16")["code"] == "RecursiveInvocationException"
    assert wait_until(not_invoked) == [
        ("not-delivered", "the request has been in a loop through the function, so the function is not invoked")]


def test_a_lineage_keeps_others_and_leaves_out_what_is_none(invoke_with):
    own = invoke_with("").split(":")[0]
    assert invoke_with("0a0a0a0a:5|1b1b1b1b:16") == f"0a0a0a0a:5|1b1b1b1b:16|{own}:1"
    assert invoke_with(f"x|0a0a0a0a|0a0a0a0a:|:3|0a0a0a0a:-1|0a0a0a0a:0|abc:1|{own}:x|||") == f"{own}:1"
    many = "|".join(f"{number:08x}:1" for number in range(40))
    assert invoke_with(many).split("|") == [*many.split("|")[9:], f"{own}:1"]
