"""Queues as event sources: filters, windows, concurrency, settings and their refusals, and metrics."""

import json

import boto3
import counted
import pytest
from botocore.config import Config
from orderly_fixtures import ACCOUNT, ECHO, POLLER, records_in
from queues import awaited

MINUTE = 60
FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
INVALID = "InvalidParameterValueException"


@pytest.fixture
def target(make_function, make_role, make_queue):
    """A function that may poll, and the ARN of a queue."""
    return make_function(ECHO, Role=make_role(allow=POLLER)), make_queue.arn(make_queue())


def criteria(*patterns):
    return {"Filters": [{"Pattern": one if isinstance(one, str) else json.dumps(one)} for one in patterns]}


# --- FilterCriteria ------------------------------------------------------------------------------


FILTERS = [
    ("JSON keys", [{"body": {"kind": ["new"]}}], ['{"kind": "new"}', '{"kind": "old"}', "kind new"], ['{"kind": "new"}']),
    ("numbers", [{"body": {"n": [{"numeric": [">", 9]}]}}], ['{"n": 9}', '{"n": 10}', '{"n": "10"}'], ['{"n": 10}']),
    ("plain text", [{"body": ["stop", {"prefix": "go"}]}], ["stop", "going", "halt", '{"go": 1}'], ["stop", "going"]),
    ("any of several", [{"body": {"a": [1]}}, {"body": {"b": [2]}}], ['{"a": 1}', '{"b": 2}', '{"a": 2}'], ['{"a": 1}', '{"b": 2}']),
    ("a missing key", [{"body": {"x": [{"exists": False}]}}], ['{"y": 1}', '{"x": 1}', "plain"], ['{"y": 1}']),
    ("the record", [{"eventSource": ["aws:sqs"]}], ['{"a": 1}', "plain"], ['{"a": 1}', "plain"]),
    ("nothing of it", [{"eventSource": ["aws:dynamodb"]}], ['{"a": 1}', "plain"], []),
    ("an array", [{"body": {"kind": ["new"]}}], ['[{"kind": "new"}]', "[]"], ['[{"kind": "new"}]']),
    ("a number alone is a text", [{"body": ["5"]}], ["5", "6"], ["5"]),
]


@pytest.mark.parametrize("patterns, bodies, taken", [one[1:] for one in FILTERS], ids=[one[0] for one in FILTERS])
def test_a_message_that_no_filter_takes_is_deleted_without_an_invocation(
    functions, sqs, triggered, log_of, wait_until, wait_empty, patterns, bodies, taken
):
    name, url, uuid = triggered(FilterCriteria=criteria(*patterns))
    assert functions.get_event_source_mapping(UUID=uuid)["FilterCriteria"] == criteria(*patterns)
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    wait_empty(url)
    wait_until(lambda: len(records_in(log_of(name))) >= len(taken))
    assert sorted(record["body"] for record in records_in(log_of(name))) == sorted(taken)


@pytest.mark.parametrize("pattern", ["single-string", '[{"eventName": ["INSERT"=123}]', "", "{}", '{"body": "text"}', '{"body": []}', None])
def test_what_is_no_pattern_is_refused(functions, target, refused, pattern):
    filters = {"Filters": [{} if pattern is None else {"Pattern": pattern}]}
    error = refused(functions.create_event_source_mapping, FunctionName=target[0], EventSourceArn=target[1], FilterCriteria=filters)
    assert (error["code"], error["status"], error["message"], error["reply"]["Type"]) == (
        INVALID, 400, "Invalid filter pattern definition.", "User")


def test_a_mapping_has_at_most_five_filters(functions, triggered, refused):
    patterns = [{"body": {"n": [i]}} for i in range(6)]
    _, _, uuid = triggered(FilterCriteria=criteria(*patterns[:5]))
    error = refused(functions.update_event_source_mapping, UUID=uuid, FilterCriteria=criteria(*patterns))
    assert (error["code"], "FilterCriteria" in error["message"]) == (INVALID, True)
    assert functions.get_event_source_mapping(UUID=uuid)["FilterCriteria"] == criteria(*patterns[:5])


def test_an_update_changes_the_filter_and_an_empty_one_takes_it_away(functions, sqs, triggered, log_of, wait_empty):
    name, url, uuid = triggered(FilterCriteria=criteria({"body": {"n": [1]}}))
    functions.update_event_source_mapping(UUID=uuid, FilterCriteria=criteria({"body": {"n": [2]}}))
    for n in (1, 2):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": n}))
    wait_empty(url)
    assert "FilterCriteria" not in functions.update_event_source_mapping(UUID=uuid, FilterCriteria={})
    sqs.send_message(QueueUrl=url, MessageBody='{"n": 3}')
    log_of(name, '\\"n\\": 3')
    assert [record["body"] for record in records_in(log_of(name))] == ['{"n": 2}', '{"n": 3}']


def test_messages_of_a_fifo_queue_are_filtered_too(sqs, triggered, log_of, wait_empty):
    name, url, _ = triggered(queue=FIFO, FilterCriteria=criteria({"body": [{"prefix": "yes"}]}))
    for body in ("yes 1", "no 1", "yes 2", "no 2"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    wait_empty(url)
    assert [record["body"] for record in records_in(log_of(name, "yes 2"))] == ["yes 1", "yes 2"]


@pytest.mark.parametrize("window, digests", [
    (0, ["md5OfBody"]), (1, ["md5OfMessageAttributes", "md5OfBody"])])
def test_a_record_without_attributes_has_a_null_digest_of_them_after_a_window(sqs, triggered, log_of, window, digests):
    name, url, _ = triggered(MaximumBatchingWindowInSeconds=window, BatchSize=1)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [record] = records_in(log_of(name, "EVENT "))
    assert [member for member in record if member.startswith("md5")] == digests
    assert record.get("md5OfMessageAttributes") is None
    assert record["messageAttributes"] == {}


# --- batches and concurrency -----------------------------------------------------------------------


def test_a_batch_of_thousands_gathers_during_its_window(functions, sqs, triggered, log_of, wait_until, advance_clock):
    name, url, uuid = triggered("""
def handler(event, context):
    print("COUNT %d" % len(event["Records"]))
""", BatchSize=10000, MaximumBatchingWindowInSeconds=300, queue={"VisibilityTimeout": 900}, Enabled=False)
    for start in range(0, 1200, 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(start, start + 10)])
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    hidden = "ApproximateNumberOfMessagesNotVisible"
    wait_until(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[hidden])["Attributes"][hidden] == "1200")
    assert log_of(name) == []
    advance_clock(300)
    assert [line for line in log_of(name, "COUNT ") if line.startswith("COUNT")] == ["COUNT 1200\n"]


@pytest.mark.parametrize("window", [0, 1])
@pytest.mark.parametrize("change", ["deleted", "disabled", "reports no more"])
def test_a_message_that_is_reported_as_failed_comes_again_though_its_mapping_has_changed_meanwhile(
    functions, sqs, make_queue, make_function, gate, log_of, wait_until, advance_clock, change, window
):
    name = make_function(gate.source("""return {"batchItemFailures": [
        {"itemIdentifier": one["messageId"]} for one in event["Records"] if one["body"] == "bad"]}"""), Role=gate.role(*POLLER))
    url = make_queue(VisibilityTimeout=900)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": one, "MessageBody": one} for one in ("good", "bad")])
    uuid = functions.create_event_source_mapping(
        EventSourceArn=make_queue.arn(url), FunctionName=name, FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumBatchingWindowInSeconds=window)["UUID"]
    log_of(name, "ENTERED")
    if change == "deleted":
        functions.delete_event_source_mapping(UUID=uuid)
    elif change == "disabled":
        functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    else:
        functions.update_event_source_mapping(UUID=uuid, FunctionResponseTypes=[])
    gate.open()

    def left():
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(int(attributes[one]) for one in attributes if one.startswith("ApproximateNumber"))

    wait_until(lambda: left() < 2, what="the good message to be deleted")
    if change == "reports no more":
        functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    advance_clock(900)
    [again] = awaited(sqs, url, MaxNumberOfMessages=10)
    assert again["Body"] == "bad"


HOLDS = """
import time
def handler(event, context):
    print("IN " + event["Records"][0]["body"])
    time.sleep(1.5)
    print("OUT")
"""


def test_no_more_batches_are_under_way_than_the_maximum_concurrency(functions, sqs, triggered, log_of, wait_until, wait_empty):
    name, url, uuid = triggered(HOLDS, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2}, Enabled=False)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(6)])
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    hidden, most = "ApproximateNumberOfMessagesNotVisible", 0

    def done():
        nonlocal most
        most = max(most, int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[hidden])["Attributes"][hidden]))
        return len([line for line in log_of(name) if line.startswith("OUT")]) == 6

    wait_until(done)
    assert most == 2
    wait_empty(url)


WAITS = """
import time
def handler(event, context):
    print("AT " + event["Records"][0]["attributes"]["ApproximateFirstReceiveTimestamp"])
    time.sleep(600)
"""


def receive_times(log_of, name):
    return sorted(int(line.split()[1]) for line in log_of(name) if line.startswith("AT "))


def fill(sqs, url, count, **more):
    for start in range(0, count, 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "MessageBody": str(i), **{key: value % i for key, value in more.items()}} for i in range(start, min(start + 10, count))])


@pytest.fixture
def waiting(functions, triggered):
    """A disabled mapping of a queue whose function does not return; its function, its queue and its id."""
    made = []

    def make(queue=None, **mapping):
        name, url, uuid = triggered(WAITS, queue={"VisibilityTimeout": 5400, **(queue or {})}, function={"Timeout": 900, "MemorySize": 128},
                                    BatchSize=1, Enabled=False, **mapping)
        made.append(name)
        return name, url, uuid

    yield make
    for name in made:
        functions.delete_function(FunctionName=name)


def test_five_batches_are_under_way_and_one_more_every_fifth_of_a_second(functions, sqs, waiting, log_of, wait_until):
    name, url, uuid = waiting()
    fill(sqs, url, 9)
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: len(receive_times(log_of, name)) == 9, timeout_seconds=120)
    times = receive_times(log_of, name)
    assert all(times[i] - times[4] >= 200 * (i - 4) for i in range(5, 9)), times


def test_the_concurrency_of_the_function_bounds_the_batches_of_its_queue(functions, sqs, waiting, log_of, wait_until, advance_clock):
    name, url, uuid = waiting()
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
    fill(sqs, url, 12)
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: len(receive_times(log_of, name)) == 7, timeout_seconds=120)
    advance_clock(60)
    sent = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (sent["ApproximateNumberOfMessages"], sent["ApproximateNumberOfMessagesNotVisible"]) == ("5", "7")


def test_a_fifo_queue_has_as_many_batches_under_way_as_groups(functions, sqs, waiting, log_of, wait_until):
    name, url, uuid = waiting(queue=FIFO)
    fill(sqs, url, 8, MessageGroupId="g%d")
    sqs.send_message(QueueUrl=url, MessageBody="second", MessageGroupId="g0")
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: len(receive_times(log_of, name)) == 8, timeout_seconds=120)
    sent = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (sent["ApproximateNumberOfMessages"], sent["ApproximateNumberOfMessagesNotVisible"]) == ("1", "8")


# --- settings --------------------------------------------------------------------------------------


KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
CHANGES = [
    ({"BatchSize": 7}, {"BatchSize": 7}),
    ({"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300}, {"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300}),
    ({"ScalingConfig": {"MaximumConcurrency": 1000}}, {"ScalingConfig": {"MaximumConcurrency": 1000}}),
    ({"FunctionResponseTypes": ["ReportBatchItemFailures"]}, {"FunctionResponseTypes": ["ReportBatchItemFailures"]}),
    ({"KMSKeyArn": KEY}, {"KMSKeyArn": KEY}),
    ({"MetricsConfig": {"Metrics": ["EventCount"]}}, {"MetricsConfig": {"Metrics": ["EventCount"]}}),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 3}}, {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 200}}),
    ({"ProvisionedPollerConfig": {"MaximumPollers": 2}}, {"ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 2}}),
    ({"ProvisionedPollerConfig": {"MaximumPollers": 10000}}, {"ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 10000}}),
]


@pytest.mark.parametrize("change, shown", CHANGES, ids=[next(iter(one[0])) + str(i) for i, one in enumerate(CHANGES)])
def test_each_setting_is_taken_at_creation_and_by_an_update_and_leaves_the_others(functions, target, change, shown):
    plain = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1])
    changing = {"LastModified", "State", "ResponseMetadata", "UUID", "EventSourceMappingArn"}

    def settings(reply):
        return {key: value for key, value in reply.items() if key not in changing}

    reply = functions.update_event_source_mapping(UUID=plain["UUID"], **change)
    assert (reply["State"], settings(reply)) == ("Updating", {**settings(plain), **shown})
    reply = functions.get_event_source_mapping(UUID=plain["UUID"])
    assert (reply["State"], settings(reply)) == ("Enabled", {**settings(plain), **shown})
    functions.delete_event_source_mapping(UUID=plain["UUID"])
    again = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1], **change)
    assert (again["State"], settings(again)) == ("Creating", {**settings(plain), **shown})
    functions.delete_event_source_mapping(UUID=again["UUID"])


@pytest.mark.parametrize("given, empty", [
    ({"ScalingConfig": {"MaximumConcurrency": 2}}, {"ScalingConfig": {}}),
    ({"KMSKeyArn": KEY}, {"KMSKeyArn": ""}),
    ({"MetricsConfig": {"Metrics": ["EventCount"]}}, {"MetricsConfig": {"Metrics": []}}),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 3}}, {"ProvisionedPollerConfig": {}}),
    ({"FilterCriteria": criteria({"body": ["x"]})}, {"FilterCriteria": {"Filters": []}}),
], ids=lambda one: next(iter(one)))
def test_an_empty_setting_takes_it_away(functions, target, given, empty):
    made = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1], **given)
    [name] = given
    assert made[name] == {"MinimumPollers": 3, "MaximumPollers": 200} if name == "ProvisionedPollerConfig" else given[name]
    assert name not in functions.update_event_source_mapping(UUID=made["UUID"], **empty)
    assert name not in functions.get_event_source_mapping(UUID=made["UUID"])
    functions.delete_event_source_mapping(UUID=made["UUID"])


UNSUPPORTED = "Unsupported %s parameter for given event source mapping type."


@pytest.mark.parametrize("arguments, sentence", [
    ({"ParallelizationFactor": 1}, UNSUPPORTED % "ParallelizationFactor"),
    ({"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}}}, UNSUPPORTED % "DestinationConfig"),
    ({"MaximumRecordAgeInSeconds": 60}, UNSUPPORTED % "MaximumRecordAgeInSeconds"),
    ({"BisectBatchOnFunctionError": True}, UNSUPPORTED % "BisectBatchOnFunctionError"),
    ({"MaximumRetryAttempts": 1}, UNSUPPORTED % "MaximumRetryAttempts"),
    ({"TumblingWindowInSeconds": 1}, UNSUPPORTED % "TumblingWindowInSeconds"),
    ({"MetricsConfig": {"Metrics": ["KafkaMetrics"]}}, UNSUPPORTED % "MetricsConfig"),
    ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, "MinimumPollers and MaximumPollers must be at least 2 for SQS event sources."),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 9, "MaximumPollers": 8}}, "MinimumPollers must be less than or equal to MaximumPollers."),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 2}, "ScalingConfig": {"MaximumConcurrency": 2}},
     "ScalingConfig and ProvisionedPollerConfig cannot be used together."),
    ({"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
], ids=lambda one: next(iter(one)) if isinstance(one, dict) else "")
def test_a_setting_that_a_queue_cannot_have_is_refused(functions, target, refused, arguments, sentence):
    error = refused(functions.create_event_source_mapping, FunctionName=target[0], EventSourceArn=target[1], **arguments)
    assert (error["code"], error["status"], error["message"]) == (INVALID, 400, sentence)
    assert functions.list_event_source_mappings(FunctionName=target[0])["EventSourceMappings"] == []


@pytest.mark.parametrize("arguments", [
    {"ScalingConfig": {"MaximumConcurrency": 1}}, {"ScalingConfig": {"MaximumConcurrency": 1001}},
    {"BatchSize": 0}, {"BatchSize": 10001}, {"MaximumBatchingWindowInSeconds": 301}, {"MaximumBatchingWindowInSeconds": -1},
    {"ProvisionedPollerConfig": {"MaximumPollers": 10001}}, {"ProvisionedPollerConfig": {"MinimumPollers": 201}},
    {"FilterCriteria": criteria("x" * 4097)}, {"FunctionResponseTypes": ["ReportBatchItemFailures"] * 2},
], ids=json.dumps)
def test_a_setting_outside_its_range_is_refused(endpoint, target, refused, arguments):
    unchecked = boto3.client("lambda", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                             aws_secret_access_key="test", config=Config(parameter_validation=False))
    error = refused(unchecked.create_event_source_mapping, FunctionName=target[0], EventSourceArn=target[1], **arguments)
    assert (error["code"], error["status"]) == ("ValidationException", 400)


def test_an_update_that_is_refused_changes_nothing(functions, target, refused):
    made = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1], BatchSize=5)
    refused(functions.update_event_source_mapping, UUID=made["UUID"], BatchSize=11, KMSKeyArn=KEY)
    shown = functions.get_event_source_mapping(UUID=made["UUID"])
    assert (shown["BatchSize"], "KMSKeyArn" in shown) == (5, False)
    functions.delete_event_source_mapping(UUID=made["UUID"])


# --- states, lists, conflicts, tags ------------------------------------------------------------------


def test_the_replies_show_each_change_under_way_and_then_its_result(functions, target):
    made = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1], Enabled=False)
    uuid = made["UUID"]
    states = [made["State"], functions.get_event_source_mapping(UUID=uuid)["State"]]
    for change in ({"Enabled": True}, {"Enabled": True}, {"Enabled": False}):
        states += [functions.update_event_source_mapping(UUID=uuid, **change)["State"],
                   functions.get_event_source_mapping(UUID=uuid)["State"]]
    states.append(functions.delete_event_source_mapping(UUID=uuid)["State"])
    assert states == ["Disabled", "Disabled", "Enabling", "Enabled", "Updating", "Enabled", "Disabling", "Disabled", "Deleting"]


def test_a_second_mapping_of_the_same_pair_conflicts_also_by_an_update(functions, target, make_function, make_role, refused):
    name, queue = target
    first = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queue)["UUID"]
    other = make_function(ECHO, Role=make_role(allow=POLLER))
    second = functions.create_event_source_mapping(FunctionName=other, EventSourceArn=queue)["UUID"]
    for call, arguments in ((functions.create_event_source_mapping, {"FunctionName": name, "EventSourceArn": queue}),
                            (functions.update_event_source_mapping, {"UUID": second, "FunctionName": name})):
        error = refused(call, **arguments)
        assert (error["code"], error["status"], error["message"]) == (
            "ResourceConflictException", 409,
            f'An event source mapping with SQS arn (" {queue} ") and function (" {name} ") already exists. '
            f"Please update or delete the existing mapping with UUID {first}")
    functions.delete_event_source_mapping(UUID=first)
    assert functions.update_event_source_mapping(UUID=second, FunctionName=name)["FunctionArn"].endswith(f":function:{name}")
    functions.delete_event_source_mapping(UUID=second)


def test_an_update_to_a_function_that_does_not_exist_is_refused(functions, target, refused):
    made = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1])
    error = refused(functions.update_event_source_mapping, UUID=made["UUID"], FunctionName="nowhere")
    assert (error["code"], error["status"], error["message"]) == (INVALID, 400, "Function does not exist")
    functions.delete_event_source_mapping(UUID=made["UUID"])


@pytest.mark.parametrize("gone", ["function", "queue", "role"])
def test_a_mapping_of_what_is_gone_can_be_disabled_and_deleted_but_not_enabled(functions, client, sqs, target, refused, gone):
    name, source = target
    role = functions.get_function_configuration(FunctionName=name)["Role"].rsplit("/", 1)[1]
    uuid = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=source)["UUID"]
    if gone == "function":
        functions.delete_function(FunctionName=name)
    elif gone == "queue":
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=source.rsplit(":", 1)[1])["QueueUrl"])
    else:
        client("iam").delete_role_policy(RoleName=role, PolicyName="inline")
    assert refused(functions.update_event_source_mapping, UUID=uuid, BatchSize=3)["code"] == INVALID
    assert functions.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    shown = functions.get_event_source_mapping(UUID=uuid)
    assert (shown["State"], shown["BatchSize"], shown["FunctionArn"].rsplit(":", 1)[1]) == ("Disabled", 10, name)
    assert functions.update_event_source_mapping(UUID=uuid, BatchSize=3)["BatchSize"] == 3
    assert refused(functions.update_event_source_mapping, UUID=uuid, Enabled=True)["code"] == INVALID
    assert refused(functions.update_event_source_mapping, UUID=uuid, FunctionName="nowhere")["message"] == "Function does not exist"
    assert functions.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert refused(functions.get_event_source_mapping, UUID=uuid)["status"] == 404


def test_mappings_are_listed_by_function_and_by_source_in_pages(functions, make_function, make_role, make_queue):
    names = [make_function(ECHO, Role=make_role(allow=POLLER)) for _ in range(2)]
    queues = [make_queue.arn(make_queue()) for _ in range(3)]
    made = {(name, queue): functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queue, Enabled=False)["UUID"]
            for name in names for queue in queues}

    def listed(**filters):
        pages = functions.get_paginator("list_event_source_mappings").paginate(**filters, PaginationConfig={"PageSize": 2})
        found = [[one["UUID"] for one in page["EventSourceMappings"]] for page in pages]
        assert max(map(len, found)) <= 2
        return sorted(sum(found, []))

    assert listed(FunctionName=names[0]) == sorted(made[names[0], queue] for queue in queues)
    assert listed(FunctionName=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{names[1]}") == sorted(
        made[names[1], queue] for queue in queues)
    assert listed(EventSourceArn=queues[2]) == sorted(made[name, queues[2]] for name in names)
    assert listed(FunctionName=names[0], EventSourceArn=queues[1]) == [made[names[0], queues[1]]]
    assert set(made.values()) <= set(listed())
    for uuid in made.values():
        functions.delete_event_source_mapping(UUID=uuid)


def test_a_mappings_tags_are_set_at_creation_changed_and_gone_with_it(functions, target, refused):
    made = functions.create_event_source_mapping(FunctionName=target[0], EventSourceArn=target[1], Tags={"a": "1", "b": "2"})
    arn = made["EventSourceMappingArn"]
    functions.tag_resource(Resource=arn, Tags={"b": "3", "c": "4"})
    functions.untag_resource(Resource=arn, TagKeys=["a"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "3", "c": "4"}
    functions.delete_event_source_mapping(UUID=made["UUID"])
    assert refused(functions.list_tags, Resource=arn)["code"] == "ResourceNotFoundException"


# --- metrics -----------------------------------------------------------------------------------------


HALF = """
def handler(event, context):
    print("GOT %d" % len(event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in event["Records"] if one["body"] == "yes bad"]}
"""


@pytest.mark.parametrize("asked", [True, False])
def test_the_event_counts_of_a_mapping_are_kept_if_it_asks_for_them(
    client, sqs, triggered, log_of, wait_until, advance_clock, now_ms, asked
):
    advance_clock((MINUTE * 1000 - now_ms() % (MINUTE * 1000)) / 1000)
    name, url, uuid = triggered(
        HALF, queue={"VisibilityTimeout": 3600}, FilterCriteria=criteria({"body": [{"prefix": "yes"}]}),
        FunctionResponseTypes=["ReportBatchItemFailures"], **({"MetricsConfig": {"Metrics": ["EventCount"]}} if asked else {}))
    for body in ("no", "yes 1", "yes bad", "yes 2"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def left():
        return [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][one] for one in names]

    def all_batches_have_ended():
        log = log_of(name)
        got = [int(line.split()[1]) for line in log if line.startswith("GOT ")]
        return sum(got) == 3 and sum(line.startswith("REPORT") for line in log) == len(got)

    wait_until(lambda: left() == ["0", "1"] and all_batches_have_ended())
    advance_clock(MINUTE)
    expected = {"PolledEventCount": 4, "FilteredOutEventCount": 1, "InvokedEventCount": 3, "FailedInvokeEventCount": 1,
                "DeletedEventCount": 2}
    def read(**dimensions):
        return counted.sums(client("cloudwatch"), now_ms(), "AWS/Lambda", **dimensions)

    if asked:
        wait_until(lambda: read(EventSourceMappingUUID=uuid) == expected)
    else:
        wait_until(lambda: "Invocations" in read(FunctionName=name))
        assert read(EventSourceMappingUUID=uuid) == {}
