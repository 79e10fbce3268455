"""Asynchronous invocations of functions: event invoke configs, destinations and their records, ages, restarts."""

import base64
import functools
import json
import re

import boto3
import changes
import orderly_server
import pytest
from botocore.config import Config
from counted import sums
from orderly_fixtures import LAMBDA_TRUST, zip_of
from queues import awaited
from trace_reader import Traces

MINUTE = 60
FUNCTION = """
def handler(event, context):
    if "why" in event:
        raise ValueError(event["why"])
    return {"got": event}
"""
# Runs until a message is in the queue "gate", when it is asked to.
GATED = """
import boto3, os
def handler(event, context):
    if event == "gate":
        queues = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        gate = queues.get_queue_url(QueueName="gate")["QueueUrl"]
        while "Messages" not in queues.receive_message(QueueUrl=gate, WaitTimeSeconds=20):
            pass
"""
SEND = ["sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction"]


@pytest.fixture
def target(make_queue):
    """(url, ARN) of a new queue."""
    url = make_queue()
    return url, make_queue.arn(url)


@pytest.fixture
def sender(make_function, make_role):
    """The name of a function whose role may send anywhere."""
    return make_function(FUNCTION, Role=make_role(SEND))


@pytest.fixture
def arn_of(functions):
    return lambda name: functions.get_function_configuration(FunctionName=name)["FunctionArn"]


def config_of(reply):
    return {key: value for key, value in reply.items() if key not in ("ResponseMetadata", "LastModified")}


def record_in(client, url, wait=20):
    [message] = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=wait, MessageAttributeNames=["All"])["Messages"]
    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert "MessageAttributes" not in message
    return json.loads(message["Body"])


def nothing_in(client, url):
    return "Messages" not in client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)


def send(functions, name, event, **arguments):
    reply = functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **arguments)
    assert (reply["StatusCode"], reply["Payload"].read()) == (202, b"")
    return reply["ResponseMetadata"]["RequestId"]


# --- The config --------------------------------------------------------------------------------


def test_a_config_is_put_changed_shown_listed_and_deleted(functions, sender, arn_of, target, refused):
    arn = arn_of(sender)
    put = functions.put_function_event_invoke_config(FunctionName=sender, MaximumRetryAttempts=1)
    assert config_of(put) == {"FunctionArn": f"{arn}:$LATEST", "MaximumRetryAttempts": 1,
                              "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}
    changed = functions.update_function_event_invoke_config(
        FunctionName=sender, MaximumEventAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": target[1]}})
    whole = {"FunctionArn": f"{arn}:$LATEST", "MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60,
             "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": target[1]}}}
    assert config_of(changed) == whole
    assert changed["LastModified"] >= put["LastModified"]
    assert config_of(functions.get_function_event_invoke_config(FunctionName=sender, Qualifier="$LATEST")) == whole
    [listed] = functions.list_function_event_invoke_configs(FunctionName=sender)["FunctionEventInvokeConfigs"]
    assert config_of(listed) == whole
    replaced = functions.put_function_event_invoke_config(FunctionName=sender, MaximumEventAgeInSeconds=21600)
    assert config_of(replaced) == {"FunctionArn": f"{arn}:$LATEST", "MaximumEventAgeInSeconds": 21600,
                                   "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}
    functions.delete_function_event_invoke_config(FunctionName=sender)
    missing = f"The function {arn}:$LATEST doesn't have an EventInvokeConfig"
    for call in (functions.get_function_event_invoke_config, functions.delete_function_event_invoke_config):
        error = refused(call, FunctionName=sender)
        assert (error["code"], error["message"], error["status"]) == ("ResourceNotFoundException", missing, 404)
    error = refused(functions.update_function_event_invoke_config, FunctionName=sender, MaximumRetryAttempts=0)
    assert (error["code"], error["message"]) == ("ResourceNotFoundException", missing)
    assert functions.list_function_event_invoke_configs(FunctionName=sender)["FunctionEventInvokeConfigs"] == []


def test_an_empty_destination_removes_the_one_before(functions, sender, target):
    functions.put_function_event_invoke_config(
        FunctionName=sender, DestinationConfig={"OnFailure": {"Destination": target[1]}, "OnSuccess": {"Destination": target[1]}})
    changed = functions.update_function_event_invoke_config(
        FunctionName=sender, DestinationConfig={"OnFailure": {"Destination": ""}})
    assert changed["DestinationConfig"] == {"OnSuccess": {"Destination": target[1]}, "OnFailure": {}}


@pytest.mark.parametrize("member, good, bad", [
    ("MaximumRetryAttempts", (0, 2), 3), ("MaximumEventAgeInSeconds", (60, 21600), 21601)])
def test_numbers_have_bounds(functions, sender, refused, member, good, bad):
    for value in good:
        assert functions.put_function_event_invoke_config(FunctionName=sender, **{member: value})[member] == value
    error = refused(functions.put_function_event_invoke_config, FunctionName=sender, **{member: bad})
    assert (error["code"], error["status"]) == ("ValidationException", 400)
    assert f"Member must have value less than or equal to {good[1]}" in error["message"]


def test_a_config_of_an_unknown_function_or_of_nothing_is_refused(functions, sender, refused):
    error = refused(functions.put_function_event_invoke_config, FunctionName="nobody", MaximumRetryAttempts=1)
    assert (error["code"], error["message"]) == ("ResourceNotFoundException", "The function doesn't exist.")
    error = refused(functions.put_function_event_invoke_config, FunctionName=sender)
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException", "You must specify at least one of error handling or destination setting.")


@pytest.mark.parametrize("destination, message", [
    ("arn:aws:events:us-east-1:000000000000:event-bus/default",
     "Orderly does not support an EventBridge event bus as a destination yet (ARN); see docs/compatibility.md."),
    ("arn:aws:s3:::bucket", "Orderly does not support an S3 bucket as a destination yet (ARN); see docs/compatibility.md."),
    ("arn:aws:sqs:us-east-1:000000000000:no-such-queue", "The destination ARN ARN is invalid."),
    ("arn:aws:sns:us-east-1:000000000000:no-such-topic", "The destination ARN ARN is invalid."),
    ("arn:aws:lambda:us-east-1:000000000000:function:no-such-function", "The destination ARN ARN is invalid."),
])
def test_a_destination_that_nothing_can_be_sent_to_is_refused(functions, sender, refused, destination, message):
    for kind in ("OnSuccess", "OnFailure"):
        error = refused(functions.put_function_event_invoke_config, FunctionName=sender,
                        DestinationConfig={kind: {"Destination": destination}})
        assert (error["code"], error["message"]) == (
            "InvalidParameterValueException", message.replace("ARN)", destination + ")").replace("ARN ARN", f"ARN {destination}"))


def test_a_function_is_no_destination_for_itself(functions, sender, arn_of, refused):
    for suffix in ("", ":$LATEST"):
        error = refused(functions.put_function_event_invoke_config, FunctionName=sender,
                        DestinationConfig={"OnSuccess": {"Destination": arn_of(sender) + suffix}})
        assert (error["code"], error["message"]) == (
            "InvalidParameterValueException", "You can't specify the function as a destination for itself.")


@pytest.mark.parametrize("service, action", [("sqs", "SendMessage"), ("sns", "Publish"), ("lambda", "InvokeFunction")])
def test_the_role_must_be_allowed_to_send(client, functions, make_function, make_role, target, unique, arn_of, refused,
                                          service, action):
    arn = {"sqs": lambda: target[1],
           "sns": lambda: client("sns").create_topic(Name=unique("t"))["TopicArn"],
           "lambda": lambda: arn_of(make_function(FUNCTION))}[service]()
    without, allowed = make_function(FUNCTION), make_function(FUNCTION, Role=make_role([f"{service}:{action}"]))
    config = {"OnFailure": {"Destination": arn}}
    error = refused(functions.put_function_event_invoke_config, FunctionName=without, DestinationConfig=config)
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException", f"The function's execution role does not have permissions to call {action} on {arn}")
    assert functions.put_function_event_invoke_config(FunctionName=allowed, DestinationConfig=config)["DestinationConfig"] == {
        "OnSuccess": {}, **config}


# --- Records -----------------------------------------------------------------------------------


def expected(record, request_id, arn, condition, count, request, **answer):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["timestamp"])
    return {"version": "1.0", "timestamp": record["timestamp"],
            "requestContext": {"requestId": request_id, "functionArn": f"{arn}:$LATEST", "condition": condition,
                               "approximateInvokeCount": count},
            "requestPayload": request, **answer}


def test_a_success_is_recorded_in_a_queue(client, functions, sender, arn_of, target):
    functions.put_function_event_invoke_config(
        FunctionName=sender, DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    request_id = send(functions, sender, {"order": "é"})
    record = record_in(client, target[0])
    assert record == expected(record, request_id, arn_of(sender), "Success", 1, {"order": "é"},
                              responseContext={"statusCode": 200, "executedVersion": "$LATEST"},
                              responsePayload={"got": {"order": "é"}})


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_failure_is_recorded_after_its_retries(client, functions, sender, arn_of, target, advance_clock, log_of,
                                                 wait_until, retries):
    functions.put_function_event_invoke_config(
        FunctionName=sender, MaximumRetryAttempts=retries, DestinationConfig={"OnFailure": {"Destination": target[1]}})
    request_id = send(functions, sender, {"why": "no"})
    for attempt in range(1, retries + 1):
        wait_until(lambda attempt=attempt: sum(line.startswith("REPORT") for line in log_of(sender)) == attempt)
        assert nothing_in(client, target[0])
        advance_clock(attempt * MINUTE)
    record = record_in(client, target[0])
    answer = record["responsePayload"]
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "no")
    assert record == expected(record, request_id, arn_of(sender), "RetriesExhausted", retries + 1, {"why": "no"},
                              responseContext={"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                              responsePayload=answer)
    assert sum(line.startswith("REPORT") for line in log_of(sender)) == retries + 1


def test_a_failure_whose_next_attempt_would_be_too_late_is_recorded_at_once(client, functions, sender, arn_of, target):
    functions.put_function_event_invoke_config(
        FunctionName=sender, MaximumEventAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": target[1]}})
    request_id = send(functions, sender, {"why": "no"})
    record = record_in(client, target[0])
    assert record["requestContext"] == {"requestId": request_id, "functionArn": arn_of(sender) + ":$LATEST",
                                        "condition": "EventAgeExceeded", "approximateInvokeCount": 1}


def test_the_dead_letter_queue_gets_the_event_besides_the_record(client, functions, make_function, make_role, make_queue, target):
    dead = make_queue()
    name = make_function(FUNCTION, Role=make_role(SEND), DeadLetterConfig={"TargetArn": make_queue.arn(dead)})
    functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": target[1]}})
    send(functions, name, {"why": "no"})
    assert record_in(client, target[0])["requestPayload"] == {"why": "no"}
    [letter] = awaited(client("sqs"), dead)
    assert json.loads(letter["Body"]) == {"why": "no"}


def test_a_character_that_json_may_have_and_a_queue_refuses_is_sent_escaped(client, functions, make_function, make_role,
                                                                          make_queue, target):
    dead, event = make_queue(), {"why": "\ufffe and \uffff, not \ufffd"}
    name = make_function(FUNCTION, Role=make_role(SEND), DeadLetterConfig={"TargetArn": make_queue.arn(dead)})
    functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": target[1]}})
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event, ensure_ascii=False).encode())
    assert record_in(client, target[0])["requestPayload"] == event
    [letter] = awaited(client("sqs"), dead)
    assert letter["Body"] == '{"why": "\\ufffe and \\uffff, not \ufffd"}'


@pytest.mark.parametrize("count, sent", [(80_000, "\uffffx\ufffe"), (80_650, "\ufffdx\ufffd"), (100_000, "\ufffdx\ufffd")])
def test_escapes_that_would_make_a_dead_letter_too_long_are_replaced(client, functions, make_function, make_role, make_queue, count, sent):
    dead, event = make_queue(), "\uffffx\ufffe" * count
    name = make_function(FUNCTION, Role=make_role(SEND), DeadLetterConfig={"TargetArn": make_queue.arn(dead)})
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"why": "no", "text": event}, ensure_ascii=False).encode())
    [letter] = awaited(client("sqs"), dead)
    assert json.loads(letter["Body"])["text"] == sent * count


@pytest.mark.parametrize("count, whole", [(170_000, True), (180_000, False)])
def test_a_record_has_no_payloads_when_only_its_escaped_characters_make_it_too_large(client, functions, make_function, make_role,
                                                                                  target, count, whole):
    name = make_function("def handler(event, context):\n    return 1\n", Role=make_role(SEND))
    functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    event = "\uffff" * count
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event, ensure_ascii=False).encode())
    record = record_in(client, target[0])
    assert record["requestContext"]["condition"] == "Success"
    assert record.get("requestPayload") == (event if whole else None)


@pytest.fixture
def stopped(functions, make_function, make_role, make_queue, target):
    """(a function that has run once and whose events are recorded in `target`, its dead letter queue's URL)."""
    dead = make_queue()
    name = make_function(FUNCTION, Role=make_role(SEND), DeadLetterConfig={"TargetArn": make_queue.arn(dead)})
    functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnFailure": {"Destination": target[1]}})
    assert functions.invoke(FunctionName=name)["StatusCode"] == 200
    return name, dead


def reasons(endpoint, arn):
    """What the traces through the function tell."""
    traces = Traces(endpoint)
    hops = [hop for one in traces.find(resource=arn) for hop in traces.get("/" + one["traceId"])["hops"]]
    return [hop["reason"] for hop in hops if hop["kind"] == "not-delivered"]


def test_an_event_of_a_function_without_concurrency_is_given_up_at_once(client, functions, stopped, arn_of, target, log_of, endpoint):
    name, dead = stopped
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    request_id = send(functions, name, {"order": 1})
    record = record_in(client, target[0])
    assert record == expected(record, request_id, arn_of(name), "ZeroReservedConcurrency", 0, {"order": 1})
    [letter] = awaited(client("sqs"), dead)
    assert json.loads(letter["Body"]) == {"order": 1}
    assert sum(line.startswith("START") for line in log_of(name)) == 1
    assert reasons(endpoint, arn_of(name)) == ["the function's reserved concurrency is 0, so its events are given up"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    send(functions, name, {"order": 2})
    assert nothing_in(client, target[0])


def test_a_retry_of_a_function_that_lost_its_concurrency_is_given_up(client, functions, stopped, arn_of, target, advance_clock,
                                                                   log_of, wait_until):
    name, _ = stopped
    request_id = send(functions, name, {"why": "no"})
    wait_until(lambda: sum(line.startswith("REPORT") for line in log_of(name)) == 2)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    advance_clock(MINUTE)
    record = record_in(client, target[0])
    assert record["requestContext"] == {"requestId": request_id, "functionArn": arn_of(name) + ":$LATEST",
                                        "condition": "ZeroReservedConcurrency", "approximateInvokeCount": 1}
    assert sum(line.startswith("REPORT") for line in log_of(name)) == 2


@pytest.mark.parametrize("body, said", [("raise ValueError('no')", "REPORT"), ("import time; print('ENTERED'); time.sleep(25)", "ENTERED")],
                         ids=["waits for its retry", "runs"])
def test_an_event_of_a_version_that_is_deleted_goes_to_the_version_that_its_alias_has_got(
    functions, make_function, advance_clock, log_of, wait_until, body, said
):
    name = make_function(f"def handler(event, context):\n    {body}\n")
    first = functions.publish_version(FunctionName=name)["Version"]
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=first)
    functions.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=b'"late"')
    functions.invoke(FunctionName=name, Qualifier=first, InvocationType="Event", Payload=b'"gone"')
    wait_until(lambda: sum(line.startswith(said) for line in log_of(name)) == 2)
    functions.update_function_code(FunctionName=name, ZipFile=zip_of({"index.py": "def handler(event, context): print('GOT ' + event)"}))
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=functions.publish_version(FunctionName=name)["Version"])
    functions.delete_function(FunctionName=name, Qualifier=first)
    if said == "REPORT":
        advance_clock(MINUTE)
    log_of(name, "GOT late")
    assert not any("GOT gone" in line for line in log_of(name))


@pytest.fixture
def two_versions(functions, sender, target):
    """A function whose version 1 fails with the events that version 2 takes; `live` is 1.  Both tell the target."""
    functions.publish_version(FunctionName=sender)
    functions.update_function_code(FunctionName=sender, ZipFile=zip_of({"index.py": "def handler(event, context): return 2"}))
    functions.get_waiter("function_updated_v2").wait(FunctionName=sender, WaiterConfig={"Delay": 1})
    functions.publish_version(FunctionName=sender)
    functions.create_alias(FunctionName=sender, Name="live", FunctionVersion="1")
    for qualifier in ("live", "1"):
        functions.put_function_event_invoke_config(FunctionName=sender, Qualifier=qualifier, DestinationConfig={
            kind: {"Destination": target[1]} for kind in ("OnSuccess", "OnFailure")})
    return sender


def told(record):
    context = record["requestContext"]
    return (context["functionArn"].rsplit(":", 1)[1], record["responseContext"]["executedVersion"], context["condition"],
            context["approximateInvokeCount"])


def reports(log):
    return sum(line.startswith("REPORT") for line in log)


def test_a_retry_runs_the_version_that_its_alias_has_got_since(client, functions, two_versions, target, advance_clock, log_of,
                                                               wait_until):
    for qualifier in ("live", "1"):
        send(functions, two_versions, {"why": "no"}, Qualifier=qualifier)
    wait_until(lambda: reports(log_of(two_versions)) == 2)
    functions.update_alias(FunctionName=two_versions, Name="live", FunctionVersion="2")
    advance_clock(MINUTE)
    assert told(record_in(client, target[0])) == ("live", "2", "Success", 2)
    wait_until(lambda: reports(log_of(two_versions)) == 4)
    advance_clock(2 * MINUTE)
    assert told(record_in(client, target[0])) == ("1", "1", "RetriesExhausted", 3)


@pytest.mark.parametrize("change", [{"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.0}}},
                                    {"FunctionVersion": "2", "RoutingConfig": {"AdditionalVersionWeights": {"1": 1.0}}}, None],
                         ids=["no weight", "all the weight", "deleted"])
def test_a_retry_runs_the_version_to_which_its_alias_still_sends_or_has_sent_it(
    functions, two_versions, advance_clock, log_of, wait_until, change
):
    send(functions, two_versions, {"why": "no"}, Qualifier="live")
    wait_until(lambda: reports(log_of(two_versions)) == 1)
    if change:
        functions.update_alias(FunctionName=two_versions, Name="live", **change)
    else:
        functions.delete_alias(FunctionName=two_versions, Name="live")
    advance_clock(MINUTE)
    wait_until(lambda: reports(log_of(two_versions)) == 2)
    assert sum("[ERROR]" in line for line in log_of(two_versions)) == 2


@pytest.mark.parametrize("change, version", [
    ({"FunctionVersion": "2"}, "2"), ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.0}}}, "2"),
    ({"FunctionVersion": "2", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.0}}}, "2"),
    ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.0}}}, "1")])
def test_events_that_wait_for_concurrency_go_to_the_version_that_their_alias_has_got(house, wait_until, change, version):
    house.make(GATED)
    gate = house.client("sqs").create_queue(QueueName="gate")["QueueUrl"]
    functions = house.client("lambda")
    functions.publish_version(FunctionName="f")
    functions.update_function_configuration(FunctionName="f", Description="two")
    functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    for qualifier in ("live", "1"):
        functions.put_function_event_invoke_config(FunctionName="f", Qualifier=qualifier, DestinationConfig={
            "OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:records"}})
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    send(functions, "f", "gate")
    wait_until(lambda: len(running(house)) == 1)
    for qualifier in ("live", "1", "live"):
        send(functions, "f", 0, Qualifier=qualifier)
    functions.update_alias(FunctionName="f", Name="live", **change)
    house.client("sqs").send_message(QueueUrl=gate, MessageBody="go on")
    records = [house.record() for _ in range(4)]
    assert sorted(told(record) for record in records) == [
        ("$LATEST", "$LATEST", "Success", 1), ("1", "1", "Success", 1), *[("live", version, "Success", 1)] * 2]


def test_a_topic_and_a_function_get_records_too(client, functions, make_function, make_queue, allow_topic, sender,
                                                arn_of, unique, log_of):
    url = make_queue()
    topic = client("sns").create_topic(Name=unique("t"))["TopicArn"]
    allow_topic(url, topic)
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(url), Attributes={"RawMessageDelivery": "true"})
    listener = make_function("import json\ndef handler(event, context): print('GOT ' + json.dumps(event))\n")
    functions.put_function_event_invoke_config(FunctionName=sender, MaximumRetryAttempts=0, DestinationConfig={
        "OnSuccess": {"Destination": topic}, "OnFailure": {"Destination": arn_of(listener)}})
    send(functions, sender, {"n": 1})
    assert record_in(client, url)["responsePayload"] == {"got": {"n": 1}}
    request_id = send(functions, sender, {"why": "no"})
    [line] = [line for line in log_of(listener, "GOT ") if line.startswith("GOT ")]
    record = json.loads(line[4:])
    assert record == expected(record, request_id, arn_of(sender), "RetriesExhausted", 1, {"why": "no"},
                              responseContext={"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
                              responsePayload=record["responsePayload"])


def test_a_config_is_of_the_qualifier_that_the_invoker_used(client, functions, sender, target):
    functions.put_function_event_invoke_config(
        FunctionName=sender, Qualifier="$LATEST", DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    send(functions, sender, {"n": 1}, Qualifier="$LATEST")
    assert record_in(client, target[0])["requestPayload"] == {"n": 1}
    send(functions, sender, {"n": 2})
    assert record_in(client, target[0])["requestPayload"] == {"n": 2}


def test_payloads_are_left_out_of_a_record_that_would_be_too_large(client, functions, sender, target):
    functions.put_function_event_invoke_config(
        FunctionName=sender, DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    send(functions, sender, {"pad": "x" * 600_000})
    record = record_in(client, target[0])
    assert ("requestPayload" in record, "responsePayload" in record, record["requestContext"]["condition"]) == (False, False, "Success")
    send(functions, sender, {"pad": "x" * 500_000})
    assert record_in(client, target[0])["responsePayload"] == {"got": {"pad": "x" * 500_000}}


def test_a_record_that_cannot_be_sent_is_counted_and_the_invocation_is_over(
    client, functions, make_function, make_role, target, now_ms, wait_until, advance_clock, log_of
):
    role = make_role(SEND)
    name = make_function(FUNCTION, Role=role)
    functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    client("iam").delete_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="inline")
    send(functions, name, {})
    log_of(name, "REPORT")
    advance_clock(MINUTE)

    def failures():
        return sums(client("cloudwatch"), now_ms(), "AWS/Lambda", FunctionName=name).get("DestinationDeliveryFailures")

    assert wait_until(failures) == 1
    assert nothing_in(client, target[0])


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_a_fifo_destination_is_taken_and_gets_nothing_which_is_counted(client, functions, sender, kind, unique, now_ms, wait_until,
                                                                       advance_clock, log_of):
    name = unique("d")[:70] + ".fifo"
    if kind == "queue":
        url = client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    else:
        arn = client("sns").create_topic(Name=name, Attributes={"FifoTopic": "true"})["TopicArn"]
    functions.put_function_event_invoke_config(FunctionName=sender, DestinationConfig={"OnSuccess": {"Destination": arn}})
    send(functions, sender, {})
    log_of(sender, "REPORT")
    advance_clock(MINUTE)

    def failures():
        return sums(client("cloudwatch"), now_ms(), "AWS/Lambda", FunctionName=sender).get("DestinationDeliveryFailures")

    assert wait_until(failures) == 1
    assert kind == "topic" or nothing_in(client, url)


# --- Limits and other ways to invoke -----------------------------------------------------------


def test_invoke_async_of_old_queues_an_event(functions, sender, target, client, refused):
    functions.put_function_event_invoke_config(
        FunctionName=sender, DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    reply = functions.invoke_async(FunctionName=sender, InvokeArgs=json.dumps({"old": True}))
    assert reply["Status"] == 202
    assert record_in(client, target[0])["requestPayload"] == {"old": True}
    error = refused(functions.invoke_async, FunctionName=sender, InvokeArgs=b"{")
    assert (error["code"], error["status"]) == ("InvalidRequestContentException", 400)
    error = refused(functions.invoke_async, FunctionName="nobody", InvokeArgs=b"{}")
    assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize("kind, most", [("Event", 1024 * 1024), ("RequestResponse", 6 * 1024 * 1024)])
def test_a_request_has_a_limit(functions, make_function, refused, kind, most):
    name = make_function("def handler(event, context): return len(event)\n")
    fits = json.dumps("x" * (most - 2))
    assert functions.invoke(FunctionName=name, InvocationType=kind, Payload=fits)["StatusCode"] in (200, 202)
    error = refused(functions.invoke, FunctionName=name, InvocationType=kind, Payload=fits[:-1] + 'x"')
    assert (error["code"], error["status"], error["message"]) == (
        "RequestTooLargeException", 413, f"Request must be smaller than {most} bytes for the InvokeFunction operation")


def test_an_answer_has_a_limit(functions, make_function):
    name = make_function("def handler(event, context): return 'x' * event\n")
    most = 6291556
    reply = functions.invoke(FunctionName=name, Payload=json.dumps(most - 2))
    assert ("FunctionError" in reply, len(reply["Payload"].read())) == (False, most)
    reply = functions.invoke(FunctionName=name, Payload=json.dumps(most - 1))
    assert (reply["FunctionError"], json.loads(reply["Payload"].read())) == ("Unhandled", {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({most} bytes)."})


def test_a_clients_context_has_a_limit(functions, make_function, refused):
    name = make_function("def handler(event, context): return len(context.client_context.custom['k'])\n")
    room = 3583 // 4 * 3

    def context(length):
        shell = len(json.dumps({"custom": {"k": ""}}))
        return base64.b64encode(json.dumps({"custom": {"k": "x" * (length - shell)}}).encode()).decode()

    assert len(context(room)) <= 3583 < len(context(room + 1))
    assert int(functions.invoke(FunctionName=name, ClientContext=context(room))["Payload"].read()) > 2000
    error = refused(functions.invoke, FunctionName=name, ClientContext=context(room + 1))
    assert (error["code"], error["message"]) == (
        "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")


def test_a_clients_context_is_for_synchronous_invocations_only(client, functions, sender, target, refused):
    source = "def handler(event, context): return context.client_context and context.client_context.custom"
    functions.update_function_code(FunctionName=sender, ZipFile=zip_of({"index.py": source}))
    functions.get_waiter("function_updated_v2").wait(FunctionName=sender, WaiterConfig={"Delay": 1})
    functions.put_function_event_invoke_config(FunctionName=sender, DestinationConfig={"OnSuccess": {"Destination": target[1]}})
    given = base64.b64encode(b'{"custom": {"k": "v"}}').decode()
    assert json.loads(functions.invoke(FunctionName=sender, ClientContext=given)["Payload"].read()) == {"k": "v"}
    send(functions, sender, {}, ClientContext=given)
    assert record_in(client, target[0])["responsePayload"] is None
    assert refused(functions.invoke, FunctionName=sender, InvocationType="Event", ClientContext="{}")["code"] == (
        "InvalidRequestContentException")


def test_a_tenant_is_refused_clearly(functions, sender, refused):
    error = refused(functions.invoke, FunctionName=sender, TenantId="blue")
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException", "Orderly does not support TenantId yet; see docs/compatibility.md.")


# --- Restarts ----------------------------------------------------------------------------------


class House:
    """A server of its own, with a function whose role may send, and a queue."""

    def __init__(self):
        self.server = orderly_server.Server(keep_data=True).start()
        self.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [*SEND, "sqs:GetQueueUrl", "sqs:ReceiveMessage", "logs:*"], "Resource": "*"}]}))
        self.url = self.client("sqs").create_queue(QueueName="records")["QueueUrl"]

    @functools.cache
    def client(self, service):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))

    def make(self, source, **config):
        self.client("lambda").create_function(
            FunctionName="f", Runtime="python3.11", Handler="index.handler", Timeout=60,
            Role="arn:aws:iam::000000000000:role/r", Code={"ZipFile": zip_of({"index.py": source})})
        self.client("lambda").put_function_event_invoke_config(FunctionName="f", DestinationConfig={
            kind: {"Destination": "arn:aws:sqs:us-east-1:000000000000:records"} for kind in ("OnSuccess", "OnFailure")}, **config)

    def reports(self):
        try:
            events = self.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
        except self.client("logs").exceptions.ResourceNotFoundException:
            return 0
        return sum(event["message"].startswith("REPORT") for event in events)

    def record(self):
        [message] = self.client("sqs").receive_message(QueueUrl=self.url.replace(
            self.url.split("/")[2], self.server.endpoint.split("/")[2]), WaitTimeSeconds=20)["Messages"]
        return json.loads(message["Body"])

    def crash(self):
        self.server.kill()
        self.server.start()


@pytest.fixture
def house():
    one = House()
    yield one
    one.server.end()


def test_a_retry_survives_a_crash_before_it_and_during_it(house, wait_until):
    house.make("import time\ndef handler(event, context):\n    time.sleep(2)\n    raise ValueError('no')\n")
    reply = house.client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
    request_id = reply["ResponseMetadata"]["RequestId"]
    wait_until(lambda: house.reports() == 1)
    house.crash()  # the retry waits
    house.server.advance_clock(MINUTE)
    wait_until(lambda: running(house))
    house.crash()  # the retry is under way: it begins again
    wait_until(lambda: house.reports() == 2)
    house.server.advance_clock(2 * MINUTE)
    assert house.record()["requestContext"] == {
        "requestId": request_id, "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
        "condition": "RetriesExhausted", "approximateInvokeCount": 3}


def running(house):
    """Does a function's process run an invocation?"""
    return changes.rows(house.server, "select 1 from lambda_invocation where state = 'running'")


def test_all_waiting_events_are_given_up_when_a_function_loses_its_concurrency(house, wait_until):
    house.make("import time\ndef handler(event, context):\n    time.sleep(event)\n", MaximumEventAgeInSeconds=60)
    functions = house.client("lambda")
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"50")
    wait_until(lambda: len(running(house)) == 1)
    waiting = {functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"0")["ResponseMetadata"]["RequestId"]
               for _ in range(101)}
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    records = [house.record() for _ in range(101)]
    assert {record["requestContext"]["requestId"] for record in records} == waiting
    assert {record["requestContext"]["condition"] for record in records} == {"ZeroReservedConcurrency"}


def test_an_event_that_waited_too_long_is_not_run(house, wait_until):
    house.make("import time\ndef handler(event, context):\n    time.sleep(event)\n", MaximumEventAgeInSeconds=60)
    functions = house.client("lambda")
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"600")
    late = functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"0")["ResponseMetadata"]["RequestId"]
    wait_until(lambda: len(running(house)) == 1)
    house.server.advance_clock(61)
    records = []
    while not any(record["requestContext"]["requestId"] == late for record in records):
        records.append(house.record())
    [record] = [record for record in records if record["requestContext"]["requestId"] == late]
    assert record == expected(record, late, "arn:aws:lambda:us-east-1:000000000000:function:f", "EventAgeExceeded", 0, 0)


def test_an_event_is_given_up_at_its_age_though_no_sandbox_comes_to_take_it(house, wait_until):
    house.make("import time\ndef handler(event, context):\n    time.sleep(event)\n", MaximumEventAgeInSeconds=60)
    functions = house.client("lambda")
    functions.update_function_configuration(FunctionName="f", Timeout=900)
    functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"600")
    wait_until(lambda: len(running(house)) == 1)
    late = functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"0")["ResponseMetadata"]["RequestId"]
    house.server.advance_clock(61)
    record = house.record()
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert record == expected(record, late, arn, "EventAgeExceeded", 0, 0)
    assert len(running(house)) == 1
    assert reasons(house.server.endpoint, arn) == [
        "the event has waited for the function for longer than its maximum age, so it is given up"]


def test_a_younger_event_with_a_shorter_age_is_given_up_before_an_older_one(house, wait_until):
    house.make("import time\ndef handler(event, context):\n    time.sleep(event)\n")
    functions = house.client("lambda")
    functions.update_function_configuration(FunctionName="f", Timeout=900)
    functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST")
    functions.put_function_event_invoke_config(FunctionName="f", Qualifier="live", MaximumEventAgeInSeconds=60, DestinationConfig={
        "OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:records"}})
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"600")
    wait_until(lambda: len(running(house)) == 1)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"0")
    late = {functions.invoke(FunctionName="f:live", InvocationType="Event", Payload=b"0")["ResponseMetadata"]["RequestId"]
            for _ in range(2)}
    house.server.advance_clock(61)
    records = [house.record() for _ in range(2)]
    assert {(one["requestContext"]["condition"], one["requestContext"]["requestId"]) for one in records} == {
        ("EventAgeExceeded", one) for one in late}
    assert changes.rows(house.server, "select count(*) from lambda_invocation where state = 'queued'") == [(1,)]
