"""DynamoDB streams as event sources: records, order, retries, bisection, destinations, windows, and restarts."""

import collections
import json

import changes
import counted
import pytest
from orderly_fixtures import ACCOUNT, function_arn, zip_of
from stream_world import PARTIAL, PICKY, READER, SAY, World
from trace_reader import Traces

INVALID = "InvalidParameterValueException"
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@pytest.fixture(scope="module")
def world():
    made = World()
    yield made
    made.server.end()


@pytest.fixture
def own_world():
    made = World()
    yield made
    made.server.end()


def failure_of(call, **arguments):
    with pytest.raises(Exception) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


# --- the mapping -----------------------------------------------------------------------------------


def test_a_new_mapping_is_described_with_awss_defaults(world):
    function, (_, stream) = world.function(SAY), world.table()
    made = world.functions.create_event_source_mapping(
        FunctionName=function, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", Enabled=False)
    uuid = made["UUID"]
    for key in ("ResponseMetadata", "LastModified", "UUID"):
        made.pop(key)
    assert made == {
        "BatchSize": 100, "BisectBatchOnFunctionError": False, "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": stream, "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:{uuid}",
        "FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}", "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed", "MaximumBatchingWindowInSeconds": 0, "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1, "ParallelizationFactor": 1, "StartingPosition": "TRIM_HORIZON", "State": "Disabled",
        "StateTransitionReason": "User action", "TumblingWindowInSeconds": 0}


CHANGES = [
    {"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300}, {"ParallelizationFactor": 10},
    {"MaximumRecordAgeInSeconds": 60}, {"MaximumRecordAgeInSeconds": 604800}, {"BisectBatchOnFunctionError": True},
    {"MaximumRetryAttempts": 0}, {"MaximumRetryAttempts": 10000}, {"TumblingWindowInSeconds": 900},
    {"FunctionResponseTypes": ["ReportBatchItemFailures"]}, {"FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}},
]


@pytest.mark.parametrize("change", CHANGES, ids=json.dumps)
def test_each_setting_of_a_stream_is_taken_at_creation_and_by_an_update(world, change):
    function, (_, stream) = world.function(SAY), world.table()
    uuid = world.map(function, stream, Enabled=False)
    before = world.functions.get_event_source_mapping(UUID=uuid)
    changing = {"LastModified", "State", "ResponseMetadata", "UUID", "EventSourceMappingArn"}

    def settings(reply):
        return {key: value for key, value in reply.items() if key not in changing}

    assert settings(world.functions.update_event_source_mapping(UUID=uuid, **change)) == {**settings(before), **change}
    assert settings(world.functions.get_event_source_mapping(UUID=uuid)) == {**settings(before), **change}
    world.functions.delete_event_source_mapping(UUID=uuid)
    uuid = world.map(function, stream, Enabled=False, **change)
    assert settings(world.functions.get_event_source_mapping(UUID=uuid)) == {**settings(before), **change}


UNSUPPORTED = "Unsupported %s parameter for given event source mapping type."
REFUSED = [
    ({"StartingPosition": None}, "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
                                 "Member must not be null."),
    ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1}, "Unsupported starting position for arn type: {stream}"),
    ({"ScalingConfig": {"MaximumConcurrency": 2}}, UNSUPPORTED % "ScalingConfig"),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 2}}, UNSUPPORTED % "ProvisionedPollerConfig"),
    ({"DestinationConfig": {"OnSuccess": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}}}, UNSUPPORTED % "DestinationConfig"),
    ({"MaximumRecordAgeInSeconds": 59}, "MaximumRecordAgeInSeconds must be -1, or at least 60."),
    ({"MaximumRecordAgeInSeconds": 0}, "MaximumRecordAgeInSeconds must be -1, or at least 60."),
    ({"BatchSize": 11}, None),
    ({"FilterCriteria": {"Filters": [{"Pattern": "x"}]}}, "Invalid filter pattern definition."),
    ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::bucket"}}},
     "Orderly does not support an S3 bucket as a destination yet (arn:aws:s3:::bucket); see docs/compatibility.md."),
    ({"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere"}}},
     f"The destination ARN arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere is invalid."),
    ({"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo"}}},
     f"The destination ARN arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo is invalid."),
    ({"DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"}}},
     f"The destination ARN arn:aws:lambda:us-east-1:{ACCOUNT}:function:f is invalid."),
]


@pytest.mark.parametrize("arguments, sentence", [one for one in REFUSED if one[1]], ids=[json.dumps(one[0]) for one in REFUSED if one[1]])
def test_what_a_stream_cannot_have_is_refused(world, arguments, sentence):
    function, (_, stream) = world.function(SAY), world.table()
    arguments = {"StartingPosition": "LATEST", **arguments}
    arguments = {key: value for key, value in arguments.items() if value is not None}
    assert failure_of(world.functions.create_event_source_mapping, FunctionName=function, EventSourceArn=stream, **arguments) == (
        INVALID, 400, sentence.replace("{stream}", stream))
    assert world.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"] == []


@pytest.mark.parametrize("arguments", [
    {"ParallelizationFactor": 0}, {"ParallelizationFactor": 11}, {"MaximumRetryAttempts": -2}, {"MaximumRetryAttempts": 10001},
    {"MaximumRecordAgeInSeconds": 604801}, {"TumblingWindowInSeconds": 901}, {"TumblingWindowInSeconds": -1}, {"BatchSize": 10001},
    {"StartingPosition": "NOWHERE"},
], ids=json.dumps)
def test_a_stream_setting_outside_its_range_is_refused(world, arguments):
    function, (_, stream) = world.function(SAY), world.table()
    arguments = {"StartingPosition": "LATEST", **arguments}
    code, status, _ = failure_of(world.functions.create_event_source_mapping, FunctionName=function, EventSourceArn=stream, **arguments)
    assert (code, status) == ("ValidationException", 400)


@pytest.mark.parametrize("missing", READER)
def test_a_role_that_may_not_read_the_stream_cannot_be_given_it(world, missing):
    function, (_, stream) = world.function(SAY, allow=[one for one in READER if one != missing]), world.table()
    assert failure_of(world.functions.create_event_source_mapping, FunctionName=function, EventSourceArn=stream,
                      StartingPosition="LATEST") == (
        INVALID, 400, f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, "
                      "DescribeStream, and ListStreams Actions on your stream in IAM.")


def test_a_role_that_may_not_send_to_the_destination_cannot_be_given_it(world):
    function, (_, stream) = world.function(SAY, allow=READER), world.table()
    _, queue = world.queue()
    code, status, message = failure_of(
        world.functions.create_event_source_mapping, FunctionName=function, EventSourceArn=stream, StartingPosition="LATEST",
        DestinationConfig={"OnFailure": {"Destination": queue}})
    assert (code, status, "SendMessage" in message) == (INVALID, 400, True)


def test_a_stream_that_does_not_exist_is_refused(world):
    stream = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/none/stream/2026-01-01T00:00:00.000"
    assert failure_of(world.functions.create_event_source_mapping, FunctionName=world.function(SAY), EventSourceArn=stream,
                      StartingPosition="LATEST") == (INVALID, 400, f"Stream not found: {stream}")


@pytest.mark.parametrize("arn, sentence", [
    ("arn:aws:kinesis:us-east-1:000000000000:stream/s", "Kinesis streams"),
    ("arn:aws:kafka:us-east-1:000000000000:cluster/c/1", "Amazon MSK clusters"),
    ("arn:aws:mq:us-east-1:000000000000:broker:b:1", "Amazon MQ brokers"),
    ("arn:aws:rds:us-east-1:000000000000:cluster:c", "DocumentDB clusters"),
    ("arn:aws:dynamodb:us-east-1:000000000000:table/t", None), ("arn:aws:s3:::bucket", None),
])
def test_other_sources_are_refused_clearly(world, arn, sentence):
    expected = (f"Orderly does not support {sentence} as event sources yet ({arn}); see docs/compatibility.md."
                if sentence else "Unrecognized event source.")
    assert failure_of(world.functions.create_event_source_mapping, FunctionName=world.function(SAY), EventSourceArn=arn,
                      StartingPosition="LATEST") == (INVALID, 400, expected)


def test_a_self_managed_kafka_cluster_is_refused(world):
    code, status, message = failure_of(
        world.functions.create_event_source_mapping, FunctionName=world.function(SAY), Topics=["t"],
        SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:9092"]}})
    assert (code, status) == (INVALID, 400)
    assert message in ("Orderly does not support Topics yet; see docs/compatibility.md.",
                       "Orderly does not support SelfManagedEventSource yet; see docs/compatibility.md.")


def test_a_second_mapping_of_the_same_stream_conflicts(world):
    function, (_, stream) = world.function(SAY), world.table()
    uuid = world.map(function, stream, Enabled=False)
    assert failure_of(world.functions.create_event_source_mapping, FunctionName=function, EventSourceArn=stream,
                      StartingPosition="LATEST") == (
        "ResourceConflictException", 409,
        f'The event source arn (" {stream} ") and function (" {function} ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}")


# --- records ---------------------------------------------------------------------------------------


def test_the_event_has_the_records_as_aws_sends_them(world):
    function, (table, stream) = world.function(SAY), world.table()
    dynamodb = world.client("dynamodb")
    world.put(table, "a", data={"B": b"foobar"}, n={"N": "1"})
    world.put(table, "a", l={"L": [{"BOOL": True}, {"NULL": True}]})
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "a"}})
    world.map(function, stream)
    events = world.wait(lambda: (lambda found: found if sum(len(e["Records"]) for e in found) == 3 else None)(world.said(function, "EVENT")))
    records = [record for event in events for record in event["Records"]]
    assert all(set(event) == {"Records"} for event in events)
    created = [record["dynamodb"].pop("ApproximateCreationDateTime") for record in records]
    assert all(isinstance(one, int) for one in created)
    numbers = [record["dynamodb"].pop("SequenceNumber") for record in records]
    assert numbers == sorted(numbers) and len(set(numbers)) == 3
    assert len({record.pop("eventID") for record in records}) == 3
    assert all(record["dynamodb"].pop("SizeBytes") > 0 for record in records)
    key, old = {"id": {"S": "a"}}, {"id": {"S": "a"}, "data": {"B": "Zm9vYmFy"}, "n": {"N": "1"}}
    new = {"id": {"S": "a"}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}}
    common = {"eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1", "eventSourceARN": stream}
    view = {"StreamViewType": "NEW_AND_OLD_IMAGES", "Keys": key}
    assert records == [
        {**common, "eventName": "INSERT", "dynamodb": {**view, "NewImage": old}},
        {**common, "eventName": "MODIFY", "dynamodb": {**view, "NewImage": new, "OldImage": old}},
        {**common, "eventName": "REMOVE", "dynamodb": {**view, "OldImage": new}}]


def test_an_item_that_expired_says_who_removed_it(own_world):
    world = own_world
    function, (table, stream) = world.function(SAY), world.table()
    dynamodb = world.client("dynamodb")
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    world.put(table, "a", ttl={"N": "1790000000"})
    world.map(function, stream)
    world.advance(2 * HOUR)
    world.wait(lambda: world.said(function, "EVENT"))
    world.advance(2 * DAY)

    def removed():
        return [record for event in world.said(function, "EVENT") for record in event["Records"] if record["eventName"] == "REMOVE"]

    [record] = world.wait(removed)
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_latest_begins_behind_what_was_written_before(world):
    function, (table, stream) = world.function(PICKY), world.table()
    world.put(table, "a", "b")
    world.map(function, stream, StartingPosition="LATEST")
    world.put(table, "c", "d")
    world.wait(lambda: sum(world.ids(function), []) == ["c", "d"])


def test_latest_of_a_stream_without_records_begins_with_the_first(world):
    function, (table, stream) = world.function(PICKY), world.table()
    world.map(function, stream, StartingPosition="LATEST", Enabled=False)
    world.put(table, "a")
    [mapping] = world.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    world.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    world.wait(lambda: world.ids(function) == [["a"]])
    world.wait(lambda: world.functions.get_event_source_mapping(UUID=mapping["UUID"])["LastProcessingResult"] == "OK")


def test_batches_have_at_most_the_batch_size_and_keep_the_order(world):
    function, (table, stream) = world.function(PICKY), world.table()
    world.put(table, *[f"{i:02}" for i in range(25)])
    world.map(function, stream, BatchSize=10)
    world.wait(lambda: sum(map(len, world.ids(function))) == 25)
    assert world.ids(function) == [[f"{i:02}" for i in range(start, min(start + 10, 25))] for start in (0, 10, 20)]


@pytest.fixture
def hasty_world():
    """A server that holds one record in a run of the poller, as on a machine that has much else to do."""
    made = World(environment={"ORDERLY_SLICE_US": "-1"})
    yield made
    made.close()


def test_a_batch_waits_for_the_records_that_are_read_in_the_next_run(hasty_world):
    world = hasty_world
    function, (table, stream) = world.function(PICKY), world.table()
    world.put(table, *"abcdefg")
    world.map(function, stream, BatchSize=5)
    world.wait(lambda: sum(world.ids(function), []) == [*"abcdefg"])
    assert world.ids(function) == [[*"abcde"], [*"fg"]]


def test_records_that_were_read_are_sent_when_no_more_can_be_read(hasty_world):
    world = hasty_world
    function, (table, stream) = world.function(PICKY), world.table()
    world.put(table, *"abc")
    world.map(function, stream)
    world.wait(lambda: world.ids(function) == [[*"abc"]])
    world.put(table, "d")
    world.wait(lambda: world.ids(function) == [[*"abc"], ["d"]])


def test_a_window_gathers_records(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    uuid = world.map(function, stream, MaximumBatchingWindowInSeconds=300, BatchSize=5)
    hold(world, table, ["a", "b"])
    world.advance(240)
    world.put(table, "c")
    world.advance(61)
    world.wait(lambda: world.ids(function) == [["a", "b", "c"]])
    world.put(table, *"defgh")
    world.wait(lambda: world.ids(function) == [["a", "b", "c"], list("defgh")])
    world.put(table, "i")
    world.functions.update_event_source_mapping(UUID=uuid, MaximumBatchingWindowInSeconds=0)
    world.wait(lambda: world.ids(function)[2:] == [["i"]])


def test_records_that_no_filter_takes_are_left_out(world):
    function, (table, stream) = world.function(PICKY), world.table()
    world.map(function, stream, FilterCriteria={"Filters": [{"Pattern": json.dumps(
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"n": {"N": ["1", "3"]}}}})}]})
    for i in range(5):
        world.put(table, f"k{i}", n={"N": str(i)})
    world.put(table, "k0", n={"N": "1"})
    world.put(table, "k9", n={"N": "3"})
    world.wait(lambda: sum(world.ids(function), []) == ["k1", "k3", "k9"])


def test_shards_are_read_one_after_the_other(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    for i in range(4):
        world.put(table, f"s{i}")
        world.advance(4 * HOUR + 1)
    world.map(function, stream, BatchSize=1)
    world.wait(lambda: sum(world.ids(function), []) == ["s0", "s1", "s2", "s3"])
    world.advance(5 * HOUR)
    world.put(table, "s4")
    world.wait(lambda: sum(world.ids(function), []) == ["s0", "s1", "s2", "s3", "s4"])


SLOW = """
import json, time
def handler(event, context):
    ids = [(r["dynamodb"]["Keys"]["id"]["S"], r["dynamodb"]["NewImage"]["n"]["N"]) for r in event["Records"]]
    print("BEGIN " + json.dumps(ids))
    time.sleep(0.4)
    print("IDS " + json.dumps(ids))
"""


def test_lanes_work_at_the_same_time_and_keep_the_order_of_each_item(world):
    slow = SLOW.replace("0.4", "1.5 if ids[0][1] == '0' else 0")  # long enough for another process to start
    function, (table, stream) = world.function(slow), world.table()
    keys = [f"k{i}" for i in range(8)]
    for n in range(3):
        for key in keys:
            world.put(table, key, n={"N": str(n)})
    world.map(function, stream, ParallelizationFactor=4, BatchSize=1)
    world.wait(lambda: len(world.ids(function)) == 24)
    order = collections.defaultdict(list)
    for [[key, n]] in world.ids(function):
        order[key].append(n)
    assert order == {key: ["0", "1", "2"] for key in keys}
    assert most_at_once(world, function) > 1


def most_at_once(world, function):
    """How many batches were under way at the same time, by the log."""
    pages = world.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
    events = sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
    under_way = most = 0
    for event in events:
        under_way += event["message"].startswith("BEGIN ")
        under_way -= event["message"].startswith("IDS ")
        most = max(most, under_way)
    return most


def test_with_one_lane_no_two_batches_are_under_way(world):
    function, (table, stream) = world.function(SLOW), world.table()
    for n in range(4):
        world.put(table, f"k{n}", n={"N": str(n)})
    world.map(function, stream, BatchSize=1)
    world.wait(lambda: len(world.ids(function)) == 4)
    assert most_at_once(world, function) == 1


# --- failures ----------------------------------------------------------------------------------------


def test_a_batch_that_fails_is_tried_again_and_then_its_place_is_sent_on(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    world.put(table, "a", "bad", "c")
    uuid = world.map(function, stream, BatchSize=2, MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": queue}})
    for tries in (1, 2, 3):
        world.wait(lambda tries=tries: world.ids(function)[:tries] == [["a", "bad"]] * tries)
        assert world.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] in (
            "PROBLEM: Function call failed", "No records processed", "OK")
    world.wait(lambda: world.ids(function) == [["a", "bad"]] * 3 + [["c"]])
    [letter] = world.letters(url)
    records = {record["dynamodb"]["Keys"]["id"]["S"]: record["dynamodb"] for record in records_of(world, stream)}
    arrived = orderly_server_time(records["a"]["ApproximateCreationDateTime"])
    request_id, timestamp = letter["requestContext"].pop("requestId"), letter.pop("timestamp")
    assert len(request_id) == 36 and timestamp.endswith("Z") and "." in timestamp
    assert letter == {
        "requestContext": {"functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}",
                           "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 3},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "DDBStreamBatchInfo": {
            "shardId": shard_of(world, stream), "startSequenceNumber": records["a"]["SequenceNumber"],
            "endSequenceNumber": records["bad"]["SequenceNumber"], "approximateArrivalOfFirstRecord": arrived,
            "approximateArrivalOfLastRecord": orderly_server_time(records["bad"]["ApproximateCreationDateTime"]),
            "batchSize": 2, "streamArn": stream}}
    world.wait(lambda: world.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK")


def records_of(world, stream):
    streams = world.client("dynamodbstreams")
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard_of(world, stream), ShardIteratorType="TRIM_HORIZON")
    return streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]


def shard_of(world, stream):
    [shard] = world.client("dynamodbstreams").describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    return shard["ShardId"]


def orderly_server_time(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_bisection_finds_the_poison_record_without_using_up_retries(world):
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    world.put(table, *"abc", "bad", *"efgh")
    world.map(function, stream, MaximumRetryAttempts=0, BisectBatchOnFunctionError=True,
              DestinationConfig={"OnFailure": {"Destination": queue}})
    every = [*"abc", "bad", *"efgh"]
    world.wait(lambda: world.ids(function)[-1:] == [every[4:]])
    assert world.ids(function) == [every, every[:4], every[:2], every[2:4], ["c"], ["bad"], every[4:]]
    [letter] = world.letters(url)
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1
    assert letter["requestContext"]["approximateInvokeCount"] == 1


def test_only_what_was_not_done_of_a_batch_is_tried_again(own_world):
    world = own_world
    function, (table, stream) = world.function(PARTIAL), world.table()
    url, queue = world.queue()
    world.put(table, "a", "bad", "c", "bad2")
    world.map(function, stream, MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"],
              DestinationConfig={"OnFailure": {"Destination": queue}})
    world.wait(lambda: world.ids(function)[:1] == [["a", "bad", "c", "bad2"]])
    world.put(table, "e")
    world.wait(lambda: world.ids(function) == [["a", "bad", "c", "bad2"], ["bad", "c", "bad2"], ["e"]])
    [letter] = world.letters(url)
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 3
    assert letter["requestContext"]["approximateInvokeCount"] == 2
    assert "functionError" not in letter["responseContext"]


def test_a_letter_names_the_version_that_a_weighted_alias_has_drawn(world):
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    for description in ("one", "two"):
        world.functions.update_function_configuration(FunctionName=function, Description=description)
        world.functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
        world.functions.publish_version(FunctionName=function)
    world.functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                                 RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    world.put(table, "bad")
    world.map(f"{function}:live", stream, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}})
    [letter] = world.wait(lambda: world.letters(url))
    assert letter["responseContext"]["executedVersion"] == "2"
    assert letter["requestContext"]["functionArn"].endswith(f":{function}:live")


BAD_REPORTS = ['{"batchItemFailures": [{"itemIdentifier": "7"}]}', '{"batchItemFailures": [{"itemIdentifier": ""}]}',
               '{"batchItemFailures": [{"itemIdentifier": None}]}', '{"batchItemFailures": [{"id": "7"}]}', '"text"']
GOOD_REPORTS = ["None", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": None}']
REPORTS = """
import json
def handler(event, context):
    print("IDS " + json.dumps([record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]))
    return %s
"""


@pytest.mark.parametrize("report", BAD_REPORTS)
def test_a_report_that_makes_no_sense_fails_the_whole_batch(world, report):
    function, (table, stream) = world.function(REPORTS % report), world.table()
    url, queue = world.queue()
    world.put(table, "a", "b")
    world.map(function, stream, MaximumRetryAttempts=0, FunctionResponseTypes=["ReportBatchItemFailures"],
              DestinationConfig={"OnFailure": {"Destination": queue}})
    [letter] = world.wait(lambda: world.letters(url))
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 2


@pytest.mark.parametrize("report", GOOD_REPORTS)
def test_a_report_without_failures_means_that_all_went_well(world, report):
    function, (table, stream) = world.function(REPORTS % report), world.table()
    world.put(table, "a", "b")
    uuid = world.map(function, stream, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.wait(lambda: world.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "OK")


def test_records_that_are_too_old_are_given_up_and_younger_ones_are_not(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    world.put(table, "old")
    world.advance(61)
    world.put(table, "young")
    world.map(function, stream, MaximumRecordAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": queue}})
    world.wait(lambda: world.ids(function) == [["young"]])
    [letter] = world.letters(url)
    assert letter["requestContext"]["condition"] == "RecordAgeExceeded"
    assert letter["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in letter
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_batch_that_fails_is_tried_until_it_is_too_old(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    world.map(function, stream, MaximumRecordAgeInSeconds=3600, DestinationConfig={"OnFailure": {"Destination": queue}})
    world.put(table, "bad")
    world.wait(lambda: ["bad"] in world.ids(function))
    for minute in range(9):
        tried = len(world.ids(function))
        if minute == 5:
            world.put(table, "good")
        world.advance(61)
        world.wait(lambda tried=tried: len(world.ids(function)) > tried)
    assert world.letters(url) == []
    world.advance(3600 - 9 * 61)
    [letter] = world.wait(lambda: world.letters(url))
    assert (letter["requestContext"]["condition"], letter["DDBStreamBatchInfo"]["batchSize"]) == ("RecordAgeExceeded", 1)
    assert letter["requestContext"]["approximateInvokeCount"] == 1  # as on AWS, which does not tell how often it was tried
    assert "responseContext" not in letter
    world.wait(lambda: world.ids(function)[-1] == ["good"])


@pytest.mark.parametrize("age", [60, 3600])
def test_a_batch_that_waits_for_a_function_without_concurrency_until_it_is_too_old_is_given_up(own_world, age):
    world = own_world
    function, (table, stream), (url, queue) = world.function("import time\ntime.sleep(300)\n"), world.table(), world.queue()
    world.map(function, stream, MaximumRecordAgeInSeconds=age, DestinationConfig={"OnFailure": {"Destination": queue}})
    world.put(table, "a")
    world.wait(lambda: changes.rows(world.server, "select state from lambda_invocation") == [("queued",)])
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": PICKY}))
    world.wait(lambda: changes.rows(world.server, "select count(*) from lambda_sandbox") == [(0,)])
    world.advance(62)
    world.put(table, "b")
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    world.wait(lambda: ["b"] in world.ids(function))
    letters = world.letters(url)
    assert [one["requestContext"]["condition"] for one in letters] == ["RecordAgeExceeded"] * (age == 60)
    assert world.ids(function) == [["a"]] * (age != 60) + [["b"]]
    hops = [hop for one in Traces(world.server.endpoint).find(resource=function_arn(function))
            for hop in Traces(world.server.endpoint).get("/" + one["traceId"])["hops"]]
    assert [hop["reason"] for hop in hops if hop["kind"] == "throttled"] == [
        "the function had no room for the batch before its records became too old, so they are given up"] * (age == 60)


def test_a_topic_is_told_of_given_up_records_too(world):
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    topic = world.client("sns").create_topic(Name=world.name("topic"))["TopicArn"]
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}]})})
    world.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    world.put(table, "bad")
    world.map(function, stream, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": topic}})
    [letter] = world.wait(lambda: world.letters(url))
    assert json.loads(letter["Message"])["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_mapping_may_name_a_version_or_an_alias(world):
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    world.functions.publish_version(FunctionName=function)
    world.functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": SAY}))
    made = world.functions.create_event_source_mapping(
        FunctionName=f"{function}:live", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}})
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}:live"
    assert made["FunctionArn"] == arn
    assert world.map(function, stream, Enabled=False)
    world.put(table, "bad")
    [letter] = world.wait(lambda: world.letters(url))
    assert letter["requestContext"]["functionArn"] == arn
    assert letter["responseContext"]["executedVersion"] == "1"
    assert world.ids(function) == [["bad"]]


# --- tumbling windows --------------------------------------------------------------------------------


SUMS = """
import json
def handler(event, context):
    event["Records"] = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("EVENT " + json.dumps(event))
    return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}
"""


def at_window_start(world, seconds):
    from urllib.request import urlopen
    with urlopen(world.server.endpoint + "/_orderly/clock") as reply:
        now_ms = json.load(reply)["now_ms"]
    world.advance((seconds * 1000 - now_ms % (seconds * 1000)) / 1000)


def test_a_tumbling_window_keeps_its_state_until_its_last_invocation(own_world):
    world = own_world
    function, (table, stream) = world.function(SUMS), world.table()
    at_window_start(world, 600)
    world.map(function, stream, TumblingWindowInSeconds=600, BatchSize=2)
    world.put(table, *"abc")
    world.wait(lambda: sum(len(one["Records"]) for one in world.said(function, "EVENT")) == 3)
    world.advance(600)
    events = world.wait(lambda: (lambda found: found if found[-1:] and found[-1]["isFinalInvokeForWindow"] else None)(
        world.said(function, "EVENT")))
    assert [one["isFinalInvokeForWindow"] for one in events] == [False] * (len(events) - 1) + [True]
    assert (events[0]["state"], events[-1]["state"], events[-1]["Records"]) == ({}, {"n": 3}, [])
    assert len({json.dumps(one["window"]) for one in events}) == 1
    assert {(one["shardId"], one["eventSourceARN"], one["isWindowTerminatedEarly"]) for one in events} == {
        (shard_of(world, stream), stream, False)}
    world.put(table, "d")
    later = world.wait(lambda: world.said(function, "EVENT")[len(events):])
    assert (later[0]["state"], later[0]["Records"]) == ({}, ["d"])
    assert later[0]["window"]["start"] == events[0]["window"]["end"]


def test_a_short_window_ends_though_no_record_comes(own_world):
    world = own_world
    function, (table, stream) = world.function(SUMS), world.table()
    at_window_start(world, 60)
    world.map(function, stream, TumblingWindowInSeconds=60)
    world.put(table, "a")
    world.wait(lambda: any("END" in line for line in world.log(function)))
    world.advance(60)
    world.wait(lambda: [one["isFinalInvokeForWindow"] for one in world.said(function, "EVENT")] == [False, True])


def test_a_batch_that_is_tried_again_gets_the_window_that_its_mapping_has_got_meanwhile(own_world):
    world = own_world
    function, (table, stream) = world.function("""
import json
def handler(event, context):
    print("EVENT " + json.dumps([event.get("state"), len(event["Records"])]))
    return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}
"""), world.table()
    at_window_start(world, 600)
    uuid = world.map(function, stream)
    world.put(table, "a")
    world.wait(lambda: [None, 1] in world.said(function, "EVENT"))
    world.functions.update_event_source_mapping(UUID=uuid, TumblingWindowInSeconds=600)
    world.wait(lambda: [{}, 1] in world.said(function, "EVENT"))
    world.put(table, "b")
    world.wait(lambda: world.said(function, "EVENT")[-1:] == [[{"n": 1}, 1]])


def test_a_windows_last_invocation_that_fails_is_given_up_when_it_is_too_old(own_world):
    world = own_world
    function, (table, stream) = world.function(SUMS.replace("return", "return 1 / (not event['isFinalInvokeForWindow']) and")), world.table()
    at_window_start(world, 60)
    world.map(function, stream, TumblingWindowInSeconds=60, MaximumRecordAgeInSeconds=120)
    world.put(table, "a")
    world.wait(lambda: any("END" in line for line in world.log(function)))
    world.advance(60)
    world.wait(lambda: sum(one["isFinalInvokeForWindow"] for one in world.said(function, "EVENT")) >= 2)  # it is tried again
    world.advance(120)
    world.put(table, "b")
    world.wait(lambda: [one["state"] for one in world.said(function, "EVENT") if one["Records"] == ["b"]] == [{}])


def test_a_record_of_the_next_window_ends_the_one_before(own_world):
    world = own_world
    function, (table, stream) = world.function(SUMS), world.table()
    at_window_start(world, 60)
    world.put(table, "a", "b")
    world.advance(60)
    world.put(table, "c")
    world.map(function, stream, TumblingWindowInSeconds=60)
    world.wait(lambda: len(world.said(function, "EVENT")) >= 3)
    assert [(one["Records"], one["isFinalInvokeForWindow"], one["state"]) for one in world.said(function, "EVENT")[:3]] == [
        (["a", "b"], False, {}), ([], True, {"n": 2}), (["c"], False, {})]


def test_an_answer_without_a_state_is_a_failure_of_a_tumbling_window(world):
    function, (table, stream) = world.function(SAY), world.table()
    url, queue = world.queue()
    world.put(table, "a")
    world.map(function, stream, TumblingWindowInSeconds=60, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}})
    [letter] = world.wait(lambda: world.letters(url))
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_window_whose_state_is_too_large_is_ended_early(own_world):
    world = own_world
    function, (table, stream) = world.function("""
import json
def handler(event, context):
    print("EVENT " + json.dumps([len(event["Records"]), len(json.dumps(event["state"])) > 1000, event["isWindowTerminatedEarly"],
                                 event["isFinalInvokeForWindow"]]))
    return {"state": {"x": "y" * 1100000}}
"""), world.table()
    at_window_start(world, 600)
    world.put(table, "a")
    world.map(function, stream, TumblingWindowInSeconds=600)
    world.wait(lambda: world.said(function, "EVENT") == [[1, False, False, False], [0, True, True, False]])
    world.put(table, "b")
    world.wait(lambda: world.said(function, "EVENT")[2:3] == [[1, False, False, False]])


def test_a_window_whose_state_gets_too_large_in_the_middle_of_a_batch_is_ended_before_its_rest(own_world):
    world = own_world
    function, (table, stream) = world.function("""
import json
def handler(event, context):
    records = event["Records"]
    print("EVENT " + json.dumps([len(records), len(json.dumps(event["state"])) > 1000, event["isWindowTerminatedEarly"]]))
    failed = [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in records[1:]]
    return {"state": {"x": "y" * 1100000} if len(records) == 3 else {}, "batchItemFailures": failed if len(records) == 3 else []}
"""), world.table()
    at_window_start(world, 600)
    world.put(table, *"abc")
    world.map(function, stream, TumblingWindowInSeconds=600, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.wait(lambda: world.said(function, "EVENT") == [[3, False, False], [0, True, True], [2, False, False]])


def test_records_and_the_state_of_their_window_have_six_megabytes_together(own_world):
    world = own_world
    function, (table, stream) = world.function("""
import json
def handler(event, context):
    print("EVENT " + json.dumps([len(json.dumps(event)), len(event["Records"])]))
    return {"state": {"x": "y" * 1000000}}
"""), world.table("NEW_IMAGE")
    at_window_start(world, 600)
    world.put(table, *(str(i) for i in range(32)), x={"S": "x" * 390000})
    world.map(function, stream, TumblingWindowInSeconds=600, MaximumBatchingWindowInSeconds=1)
    world.wait(lambda: sum(count for _, count in world.said(function, "EVENT")) == 32)
    assert max(size for size, _ in world.said(function, "EVENT")) <= 6 * 1024 * 1024


def held_bytes(world):
    """Of the records that the world's mapping holds, with a comma each, as they are in an event."""
    return changes.rows(world.server, "select coalesce(sum(size + 1), 0) from lambda_record")[0][0]


def hold(world, table, ids, **attributes):
    count = changes.rows(world.server, "select count(*) from lambda_record")[0][0] + len(ids)
    world.put(table, *ids, **attributes)
    world.wait(lambda: changes.rows(world.server, "select count(*) from lambda_record")[0][0] == count)


EVENT_BYTES = 6 * 1024 * 1024 - 4096  # of records and a state


@pytest.mark.parametrize("more, batches", [(0, [16]), (1, [15, 1])])
def test_a_batch_has_just_under_six_megabytes(own_world, more, batches):
    world = own_world
    function, (table, stream) = world.function("def handler(event, context):\n    print('EVENT', len(event['Records']))\n"), world.table("NEW_IMAGE")
    world.map(function, stream, MaximumBatchingWindowInSeconds=300)
    hold(world, table, [f"a{i:02}" for i in range(15)], x={"S": "x" * 400000})
    around = held_bytes(world) // 15 - 400000
    hold(world, table, ["a15"], x={"S": "x" * (EVENT_BYTES - held_bytes(world) - around + more)})
    assert held_bytes(world) == EVENT_BYTES + more
    world.advance(300)
    world.wait(lambda: sum(world.said(function, "EVENT")) == 16)
    assert world.said(function, "EVENT") == batches


@pytest.mark.parametrize("more, batches", [(0, [15, 14]), (1, [15, 13, 1])])
def test_what_no_longer_fits_beside_a_state_that_has_grown_is_a_batch_of_its_own(own_world, more, batches):
    world = own_world
    function, (table, stream) = world.function("""
import json, os
def handler(event, context):
    records = event["Records"]
    print("EVENT " + json.dumps([len(records), len(json.dumps(event))]))
    failed = [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in records[1:15] if len(records) == 15]
    return {"state": {"x": "y" * (int(os.environ["STATE"]) - len('{"x":""}'))}, "batchItemFailures": failed}
"""), world.table("NEW_IMAGE")
    at_window_start(world, 900)
    world.map(function, stream, TumblingWindowInSeconds=900, MaximumBatchingWindowInSeconds=300, FunctionResponseTypes=["ReportBatchItemFailures"])
    hold(world, table, ["a"])
    first = held_bytes(world)
    hold(world, table, [f"a{i:02}" for i in range(14)], x={"S": "x" * 400000})
    state = EVENT_BYTES - (held_bytes(world) - first) + more
    world.functions.update_function_configuration(FunctionName=function, Environment={"Variables": {"STATE": str(state)}})
    world.functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    world.advance(300)
    said = world.wait(lambda: (lambda found: found if sum(count for count, _ in found) == 29 else None)(world.said(function, "EVENT")))
    assert [count for count, _ in said] == batches
    assert max(size for _, size in said) <= 6 * 1024 * 1024


def test_a_state_of_one_mebibyte_is_not_too_large(own_world):
    world = own_world
    function, (table, stream) = world.function("""
import json
def handler(event, context):
    print("EVENT " + json.dumps([len(event["Records"]), event["isWindowTerminatedEarly"]]))
    more = event["state"] != {} and event["Records"] != []
    return {"state": {"x": "y" * (1024 * 1024 - len('{"x":""}') + more)}}
"""), world.table()
    at_window_start(world, 600)
    world.put(table, "a")
    world.map(function, stream, TumblingWindowInSeconds=600)
    world.wait(lambda: world.said(function, "EVENT") == [[1, False]])
    world.put(table, "b")  # one byte more
    world.wait(lambda: world.said(function, "EVENT") == [[1, False], [1, False], [0, True]])


# --- changes, deletion, metrics ----------------------------------------------------------------------


def test_a_disabled_mapping_keeps_its_place(world):
    function, (table, stream) = world.function(PICKY), world.table()
    uuid = world.map(function, stream)
    world.put(table, "a")
    world.wait(lambda: world.ids(function) == [["a"]])
    assert world.functions.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    world.put(table, "b")
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    world.wait(lambda: world.ids(function) == [["a"], ["b"]])


# Says the keys of its batch, waits for a message, and fails when one of them is bad.
GATED = """
import boto3, json, os
def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("IDS " + json.dumps(ids))
    queues = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    while "Messages" not in queues.receive_message(QueueUrl="GATE", WaitTimeSeconds=20):
        pass
    bad = [one["dynamodb"]["SequenceNumber"] for one in event["Records"]
           if one["dynamodb"]["Keys"]["id"]["S"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}
"""


@pytest.mark.parametrize("written, again", [
    (["a", "b"], []), (["a", "bad", "c"], ["bad", "c"]), (["bad"], ["bad"])], ids=["all", "some", "none"])
def test_what_was_done_of_a_batch_while_its_mapping_was_disabled_is_not_done_again(world, written, again):
    gate, _ = world.queue()
    function = world.function(GATED.replace("GATE", gate), allow=[*READER, "sqs:ReceiveMessage"])
    table, stream = world.table()
    uuid = world.map(function, stream, Enabled=False, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.put(table, *written)
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    world.wait(lambda: world.ids(function) == [written])
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    world.client("sqs").send_message(QueueUrl=gate, MessageBody="go on")
    world.wait(lambda: any(line.startswith("REPORT") for line in world.log(function)))
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    world.put(table, "next")
    world.wait(lambda: len(world.ids(function)) == 2)
    assert world.ids(function) == [written, again or ["next"]]
    world.functions.delete_event_source_mapping(UUID=uuid)
    world.client("sqs").send_message(QueueUrl=gate, MessageBody="go on")


def test_a_mapping_that_is_mended_tries_its_batch_again(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    uuid = world.map(function, stream)
    world.put(table, "bad")
    world.wait(lambda: ["bad"] in world.ids(function))
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    world.put(table, "next")
    world.advance(HOUR)
    assert ["next"] not in world.ids(function)
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": PICKY.replace('raise ValueError("no")', 'pass')}))
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    world.wait(lambda: world.ids(function)[-1] == ["next"])
    assert {tuple(one) for one in world.ids(function)[:-1]} == {("bad",)}
    assert world.ids(function).count(["bad"]) > 1


def test_more_lanes_take_over_what_is_held_and_a_poison_record_holds_only_its_own(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    uuid = world.map(function, stream, BatchSize=1)
    others = [f"k{i}" for i in range(40)]
    world.put(table, "bad", *others)
    world.wait(lambda: ["bad"] in world.ids(function))
    world.functions.update_event_source_mapping(UUID=uuid, ParallelizationFactor=10)
    world.wait(lambda: len({one for [one] in world.ids(function)} - {"bad"}) >= 20)
    assert set(others) - {one for [one] in world.ids(function)}
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": PICKY.replace('raise ValueError("no")', 'pass')}))
    world.advance(61)
    world.wait(lambda: {one for [one] in world.ids(function)} == {"bad", *others})


@pytest.mark.parametrize("ends, again", [("well", []), ("with a failure", ["bad", "c"]), ("with the server", ["a", "bad", "c"])])
def test_a_batch_that_runs_ends_before_its_records_get_another_number_of_lanes(own_world, ends, again):
    world, written = own_world, ["a", "b" if ends == "well" else "bad", "c"]
    gate, _ = world.queue()
    function = world.function(GATED.replace("GATE", gate), allow=[*READER, "sqs:ReceiveMessage"])
    table, stream = world.table()
    uuid = world.map(function, stream, Enabled=False, BatchSize=3, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.put(table, *written)
    world.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    world.wait(lambda: world.ids(function) == [written])
    world.functions.update_event_source_mapping(UUID=uuid, ParallelizationFactor=10)
    world.put(table, "next")
    if ends == "with the server":
        world.server.kill()
        world.server.start()
    for _ in range(12):
        world.client("sqs").send_message(QueueUrl=gate, MessageBody="go on")
    world.wait(lambda: "next" in sum(world.ids(function), []) and set(again) <= set(sum(world.ids(function)[1:], [])))
    times = collections.Counter(sum(world.ids(function), []))
    assert {one for one in times if times[one] > 1} <= set(again)


@pytest.mark.parametrize("before, after", [(1, 4), (4, 1)])
def test_another_number_of_lanes_keeps_the_state_of_open_windows(own_world, before, after):
    world = own_world
    function, (table, stream) = world.function(SUMS), world.table()
    at_window_start(world, 600)
    uuid = world.map(function, stream, TumblingWindowInSeconds=600, ParallelizationFactor=before)
    world.put(table, *"abcdef")
    world.wait(lambda: changes.rows(world.server, "select sum(json_extract(window_state, '$.n')) from lambda_lane") == [(6,)])
    world.functions.update_event_source_mapping(UUID=uuid, ParallelizationFactor=after)
    world.put(table, *"ghij")
    world.wait(lambda: changes.rows(world.server, "select sum(json_extract(window_state, '$.n')) from lambda_lane") == [(10,)])
    world.server.kill()
    world.server.start()
    assert not any(one["isFinalInvokeForWindow"] for one in world.said(function, "EVENT"))
    world.advance(600)
    world.wait(lambda: finals(world, function) == 10)
    world.wait(lambda: changes.rows(world.server, "select count(*) from lambda_lane") == [(after,)])
    assert finals(world, function) == 10


def finals(world, function):
    """The number of records that the last invocations of windows tell of."""
    return sum(one["state"]["n"] for one in world.said(function, "EVENT") if one["isFinalInvokeForWindow"])


def test_an_update_of_the_retries_holds_for_a_batch_that_is_being_tried(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    uuid = world.map(function, stream, BatchSize=1, DestinationConfig={"OnFailure": {"Destination": queue}})
    world.put(table, "bad", "good")
    world.wait(lambda: ["bad"] in world.ids(function))
    world.functions.update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=1)
    world.wait(lambda: world.ids(function)[-1] == ["good"])
    [letter] = world.wait(lambda: world.letters(url))
    assert letter["requestContext"]["approximateInvokeCount"] == len(world.ids(function)) - 1


def test_a_deleted_mapping_leaves_nothing_that_runs(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    uuid = world.map(function, stream)
    world.put(table, "bad")
    world.wait(lambda: ["bad"] in world.ids(function))
    assert world.functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    world.put(table, "a")
    world.advance(HOUR)
    again = world.map(function, stream, StartingPosition="LATEST")
    world.put(table, "z")
    world.wait(lambda: [one for one in world.ids(function) if one != ["bad"]] == [["z"]])
    world.functions.delete_event_source_mapping(UUID=again)


def test_a_batch_whose_function_was_deleted_is_sent_to_the_function_that_is_made_anew(own_world):
    world = own_world
    function, (table, stream) = world.function(SLOW.replace("0.4", "25")), world.table()
    uuid = world.map(function, stream)
    world.put(table, "a", n={"N": "1"})
    world.wait(lambda: world.said(function, "BEGIN"))
    role = world.functions.get_function_configuration(FunctionName=function)["Role"]
    world.functions.delete_function(FunctionName=function)
    world.put(table, "b", n={"N": "2"})
    world.wait(lambda: "Function not found" in world.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])
    world.functions.create_function(FunctionName=function, Runtime="python3.11", Handler="index.handler", Timeout=30, Role=role,
                                    Code={"ZipFile": zip_of({"index.py": PICKY})})
    world.functions.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    world.advance(61)
    world.wait(lambda: world.ids(function) and sum(world.ids(function), []) == ["a", "b"])


def test_a_batch_whose_version_was_deleted_is_sent_to_the_one_that_the_alias_has_got(own_world):
    world = own_world
    function, (table, stream) = world.function(SLOW.replace("0.4", "25")), world.table()
    first = world.functions.publish_version(FunctionName=function)["Version"]
    world.functions.create_alias(FunctionName=function, Name="live", FunctionVersion=first)
    world.map(f"{function}:live", stream)
    world.put(table, "a", n={"N": "1"})
    world.wait(lambda: world.said(function, "BEGIN"))
    world.functions.update_function_code(FunctionName=function, ZipFile=zip_of({"index.py": PICKY}))
    world.functions.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    second = world.functions.publish_version(FunctionName=function)["Version"]
    world.functions.update_alias(FunctionName=function, Name="live", FunctionVersion=second)
    world.functions.delete_function(FunctionName=function, Qualifier=first)
    world.wait(lambda: world.ids(function) == [["a"]])


def test_iterator_age_and_event_counts_are_metrics(own_world):
    world = own_world
    function, (table, stream) = world.function(PARTIAL), world.table()
    _, queue = world.queue()
    at_window_start(world, MINUTE)
    world.put(table, "a", "bad", "skip")
    world.advance(20)
    uuid = world.map(function, stream, MaximumRetryAttempts=0, FunctionResponseTypes=["ReportBatchItemFailures"],
                     MetricsConfig={"Metrics": ["EventCount"]}, DestinationConfig={"OnFailure": {"Destination": queue}},
                     FilterCriteria={"Filters": [{"Pattern": '{"dynamodb": {"Keys": {"id": {"S": [{"anything-but": ["skip"]}]}}}}'}]})
    world.wait(lambda: world.ids(function) == [["a", "bad"]])
    world.advance(MINUTE)

    def now_ms():
        from urllib.request import urlopen
        with urlopen(world.server.endpoint + "/_orderly/clock") as reply:
            return json.load(reply)["now_ms"]

    cloudwatch = world.client("cloudwatch")
    world.wait(lambda: counted.sums(cloudwatch, now_ms(), "AWS/Lambda", EventSourceMappingUUID=uuid) == {
        "PolledEventCount": 3, "FilteredOutEventCount": 1, "InvokedEventCount": 2, "FailedInvokeEventCount": 1,
        "DroppedEventCount": 1, "OnFailureDestinationDeliveredEventCount": 1})
    age = counted.minutes(cloudwatch, now_ms(), "AWS/Lambda", FunctionName=function)[("IteratorAge", ("FunctionName", function))]
    assert age[0] == "Milliseconds" and 20000 <= age[2] < 40000


# --- restarts ----------------------------------------------------------------------------------------


def test_a_poison_record_is_bisected_retried_and_sent_on_and_the_others_keep_their_order_over_restarts(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    url, queue = world.queue()
    names = [f"{i:02}" for i in range(7)] + ["bad"] + [f"{i:02}" for i in range(8, 20)]
    world.map(function, stream, BatchSize=8, BisectBatchOnFunctionError=True, MaximumRetryAttempts=3,
              DestinationConfig={"OnFailure": {"Destination": queue}})
    world.put(table, *names)

    def tries():
        return world.ids(function).count(["bad"])

    world.wait(lambda: tries() >= 1)
    for attempt in (1, 2, 3):
        if attempt == 2:
            world.server.stop()
        else:
            world.server.kill()
        world.server.start()
        world.wait(lambda attempt=attempt: tries() >= attempt + 1)
    world.wait(lambda: world.ids(function)[-1][-1] == "19")
    [letter] = world.wait(lambda: world.letters(url))
    assert (letter["DDBStreamBatchInfo"]["batchSize"], letter["requestContext"]["condition"]) == (1, "RetryAttemptsExhausted")
    done = [one for batch in world.ids(function) if "bad" not in batch for one in batch]
    first = list(dict.fromkeys(done))
    assert first == [one for one in names if one != "bad"]


def test_a_server_killed_in_the_middle_of_a_batch_sends_the_same_batch_again(own_world):
    world = own_world
    function, (table, stream) = world.function(SLOW.replace("0.4", "3")), world.table()
    for n in range(5):
        world.put(table, f"k{n}", n={"N": str(n)})
    world.map(function, stream, BatchSize=3)
    world.wait(lambda: world.said(function, "BEGIN"))
    world.server.kill()
    world.server.start()
    world.wait(lambda: len(world.ids(function)) == 2)
    batches = [[key for key, _ in batch] for batch in world.ids(function)]
    assert batches == [["k0", "k1", "k2"], ["k3", "k4"]]
    assert [[key for key, _ in batch] for batch in world.said(function, "BEGIN")] == [batches[0]] * 2 + [batches[1]]


def test_a_server_killed_in_the_middle_of_a_retry_makes_the_same_retry_again(own_world):
    world = own_world
    function, (table, stream) = world.function(SLOW.replace("0.4", "5").replace('print("IDS', 'raise ValueError("no")\n    print("IDS')), world.table()
    url, queue = world.queue()
    world.put(table, "a", n={"N": "1"})
    world.map(function, stream, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": queue}})
    world.wait(lambda: len([line for line in world.log(function) if line.startswith("REPORT")]) == 1)
    world.wait(lambda: len(world.said(function, "BEGIN")) == 2)
    world.server.kill()
    world.server.start()
    [letter] = world.wait(lambda: world.letters(url))
    assert letter["requestContext"]["approximateInvokeCount"] == 2
    assert len(world.said(function, "BEGIN")) == 3


def test_no_record_is_lost_or_done_twice_over_many_kills_between_batches(own_world):
    world = own_world
    function, (table, stream) = world.function(PICKY), world.table()
    world.map(function, stream, BatchSize=4, StartingPosition="LATEST")
    sent = []
    for round_ in range(4):
        names = [f"r{round_}-{i}" for i in range(6)]
        world.put(table, *names)
        sent += names
        world.wait(lambda: list(dict.fromkeys(sum(world.ids(function), []))) == sent)
        world.server.kill()
        world.server.start()
    assert list(dict.fromkeys(sum(world.ids(function), []))) == sent
