"""Subscription filters of CloudWatch Logs: events that reach functions, and what is refused."""

import json

import boto3
import orderly_server
import pytest
from orderly_fixtures import ACCOUNT
from receivers import INVALID, RECEIVER, arn_of, batches_of, events_of
from refusals import refusal


@pytest.fixture
def group(logs, unique):
    name = f"/tests/{unique('subscribed')}"
    logs.create_log_group(logGroupName=name)
    for stream in ("s", "t"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return name


@pytest.fixture
def put(logs, group, now_ms):
    """put(message, ...) writes events of now."""

    def write(*messages, stream="s"):
        at_ms = now_ms()
        logs.put_log_events(logGroupName=group, logStreamName=stream,
                            logEvents=[{"timestamp": at_ms, "message": message} for message in messages])

    return write


@pytest.fixture
def receiver(client, group, make_function):
    """A function that the group may invoke."""
    name = make_function(RECEIVER)
    client("lambda").add_permission(
        FunctionName=name, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com",
        SourceAccount=ACCOUNT, SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*")
    return name


@pytest.fixture
def put_filter(logs, group):
    def make(function, pattern="", name="f", **more):
        logs.put_subscription_filter(logGroupName=group, filterName=name, filterPattern=pattern,
                                     destinationArn=more.pop("arn", None) or arn_of(function), **more)

    return make


def test_matching_events_reach_the_function_as_on_aws(logs, put_filter, receiver, put, group, log_of):
    put_filter(receiver, "ERROR")
    put("an ERROR", "all fine", "another ERROR")
    [batch] = batches_of(log_of(receiver, "another ERROR"))
    events = logs.filter_log_events(logGroupName=group, filterPattern="ERROR")["events"]
    assert batch == {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": group, "logStream": "s", "subscriptionFilters": ["f"],
        "logEvents": [{"id": event["eventId"], "timestamp": event["timestamp"], "message": event["message"]}
                      for event in events]}


def test_columns_come_with_their_values(put_filter, receiver, put, log_of):
    put_filter(receiver, "[ip, ..., status=5*]")
    put("10.0.0.1 GET 500", "10.0.0.1 GET 200")
    [batch] = batches_of(log_of(receiver, "10.0.0.1"))
    assert batch["logEvents"][0]["extractedFields"] == {"ip": "10.0.0.1", "2": "GET", "status": "500"}
    assert len(batch["logEvents"]) == 1


def test_a_batch_has_events_of_one_stream(put_filter, receiver, put, log_of):
    put_filter(receiver)
    put("the first", stream="s")
    put("the second", stream="t")
    found = batches_of(log_of(receiver, "the first", "the second"))
    assert sorted((batch["logStream"], events_of([batch])) for batch in found) == [
        ("s", ["the first"]), ("t", ["the second"])]


def test_many_events_come_in_several_batches_and_each_once(put_filter, receiver, put, log_of, wait_until):
    put_filter(receiver)
    messages = [f"{i:05} " + "x" * 250 for i in range(2500)]
    put(*messages)
    wait_until(lambda: len(events_of(batches_of(log_of(receiver)))) >= 2500)
    assert sorted(events_of(batches_of(log_of(receiver)))) == [message[:40] for message in messages]


def test_a_group_has_two_subscriptions(logs, put_filter, receiver, put, log_of, group):
    put_filter(receiver, "ERROR", name="errors")
    put_filter(receiver, "WARN", name="warnings", distribution="Random")
    assert refusal(put_filter, receiver, name="third") == ("LimitExceededException", "Resource limit exceeded.")
    put_filter(receiver, "%WARN%", name="warnings")
    put("an ERROR", "a WARN")
    found = batches_of(log_of(receiver, "an ERROR", "a WARN"))
    assert sorted((batch["subscriptionFilters"], events_of([batch])) for batch in found) == [
        (["errors"], ["an ERROR"]), (["warnings"], ["a WARN"])]
    described = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert all(entry.pop("creationTime") > 0 for entry in described)
    common = {"logGroupName": group, "destinationArn": arn_of(receiver), "distribution": "ByLogStream",
              "applyOnTransformedLogs": False}
    assert described == [{"filterName": "errors", "filterPattern": "ERROR", **common},
                         {"filterName": "warnings", "filterPattern": "%WARN%", **common}]
    assert [entry["filterName"] for entry in logs.describe_subscription_filters(
        logGroupName=group, filterNamePrefix="w")["subscriptionFilters"]] == ["warnings"]
    pages = logs.get_paginator("describe_subscription_filters").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 1})
    assert [[entry["filterName"] for entry in page["subscriptionFilters"]] for page in pages] == [["errors"], ["warnings"]]


def test_a_deleted_subscription_delivers_nothing(logs, put_filter, receiver, put, group, log_of):
    put_filter(receiver, name="gone")
    put_filter(receiver, name="stays")
    logs.delete_subscription_filter(logGroupName=group, filterName="gone")
    put("an event")
    [batch] = batches_of(log_of(receiver, "an event"))
    assert batch["subscriptionFilters"] == ["stays"]
    assert refusal(logs.delete_subscription_filter, logGroupName=group, filterName="gone") == (
        "ResourceNotFoundException", "The specified subscription filter does not exist.")


def test_a_function_must_allow_the_group(client, put_filter, make_function, receiver, group):
    sentence = ("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
                "your function.")
    silent = make_function(RECEIVER)
    assert refusal(put_filter, silent) == (INVALID, sentence)
    assert refusal(put_filter, "nowhere") == (INVALID, sentence)
    client("lambda").add_permission(
        FunctionName=silent, StatementId="other", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com",
        SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}-other:*")
    assert refusal(put_filter, silent) == (INVALID, sentence)
    put_filter(receiver)


def test_events_wait_for_a_permission_that_was_taken_away(client, put_filter, receiver, put, log_of, make_function):
    functions, other = client("lambda"), make_function(RECEIVER)
    functions.add_permission(FunctionName=other, StatementId="logs", Action="lambda:InvokeFunction",
                             Principal="logs.amazonaws.com")
    put_filter(receiver)
    put_filter(other, name="other")
    functions.remove_permission(FunctionName=receiver, StatementId="logs")
    put("a patient event")
    log_of(other, "a patient event")  # so the first attempt to reach the receiver has failed
    functions.add_permission(FunctionName=receiver, StatementId="logs", Action="lambda:InvokeFunction",
                             Principal="logs.amazonaws.com")
    assert events_of(batches_of(log_of(receiver, "a patient event"))) == ["a patient event"]


@pytest.mark.parametrize("arn, sentence", [
    ("arn:aws:kinesis:us-east-1:000000000000:stream/s",
     "destinationArn for vendor kinesis cannot be used without roleArn"),
    ("arn:aws:firehose:us-east-1:000000000000:deliverystream/s",
     "Orderly delivers log events to Lambda functions only, not to firehose."),
    ("arn:aws:logs:us-east-1:000000000000:destination:d",
     "Orderly delivers log events to Lambda functions only, not to logs."),
    ("arn:aws:lambda:us-east-1:000000000000:layer:l", "The specified destination ARN is not valid."),
    ("nothing", "The specified destination ARN is not valid."),
    ("arn:aws:lambda:eu-west-1:000000000000:function:f", "destinationArn must be in the same region as the log group."),
])
def test_other_destinations_are_refused(put_filter, arn, sentence):
    assert refusal(put_filter, None, arn=arn) == (INVALID, sentence)


def test_a_kinesis_stream_is_refused_with_its_role(put_filter):
    assert refusal(put_filter, None, arn="arn:aws:kinesis:us-east-1:000000000000:stream/s",
                   roleArn=f"arn:aws:iam::{ACCOUNT}:role/r") == (
        INVALID, "Orderly delivers log events to Lambda functions only, not to kinesis.")


def test_a_function_of_another_account_is_refused_before_the_group_is_looked_for(logs, group):
    for name in (group, "none"):
        assert refusal(logs.put_subscription_filter, logGroupName=name, filterName="f", filterPattern="",
                       destinationArn="arn:aws:lambda:us-east-1:111111111111:function:f") == (
            "AccessDeniedException", "Cross-account lambda invocation passing is not allowed. You must use "
                                     "DestinationPolicies to create cross account lambda triggers.")


def test_what_a_function_cannot_have_is_refused(put_filter, receiver):
    assert refusal(put_filter, receiver, roleArn=f"arn:aws:iam::{ACCOUNT}:role/r") == (
        INVALID, "destinationArn for vendor lambda cannot be used with roleArn")
    assert refusal(put_filter, receiver, "a:b") == (INVALID, "Invalid filter pattern")
    assert refusal(put_filter, receiver, applyOnTransformedLogs=True) == (
        INVALID, "The log group has no transformer, so applyOnTransformedLogs cannot be true.")


def test_a_subscription_cannot_lead_back_to_its_group(client, logs, make_function):
    sentence = ("The function writes to this log group, directly or by other subscriptions: each event would cause "
                "another one.")
    first, second = make_function(RECEIVER), make_function(RECEIVER)
    for name in (first, second):
        client("lambda").add_permission(FunctionName=name, StatementId="logs", Action="lambda:InvokeFunction",
                                        Principal="logs.amazonaws.com")
        logs.create_log_group(logGroupName=f"/aws/lambda/{name}")

    def subscribe(group, function):
        logs.put_subscription_filter(logGroupName=f"/aws/lambda/{group}", filterName="f", filterPattern="",
                                     destinationArn=arn_of(function))

    assert refusal(subscribe, first, first) == (INVALID, sentence)
    subscribe(first, second)
    assert refusal(subscribe, second, first) == (INVALID, sentence)


def test_a_kill_loses_and_repeats_no_count_of_a_metric_filter():
    server = orderly_server.Server(keep_data=True).start()
    try:
        def client(service):
            return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1",
                                aws_access_key_id="test", aws_secret_access_key="test")

        logs = client("logs")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        logs.put_metric_filter(logGroupName="g", filterName="f", filterPattern="{ $.n >= 0 }", metricTransformations=[
            {"metricName": "N", "metricNamespace": "Shop", "metricValue": "$.n"}])
        at_ms = server.advance_clock(0)
        written = 0
        for _ in range(3):
            for _ in range(4):
                logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
                    {"timestamp": at_ms, "message": json.dumps({"n": n})} for n in range(2000)])
                written += 2000
            server.kill()
            server.start()
            logs = client("logs")

        def samples():
            points = client("cloudwatch").get_metric_statistics(
                Namespace="Shop", MetricName="N", Period=86400, Statistics=["SampleCount"],
                StartTime=at_ms / 1000 - 86400, EndTime=at_ms / 1000 + 86400)["Datapoints"]
            return sum(point["SampleCount"] for point in points)

        orderly_server.wait_until(lambda: samples() >= written)
        assert samples() == written
    finally:
        server.end()
