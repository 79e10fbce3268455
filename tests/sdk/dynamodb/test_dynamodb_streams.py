"""DynamoDB Streams: records of changes, shards, iterators, retention, and the stream of a table."""

import json
import random
import re

import pytest
from botocore.exceptions import ClientError
from refusals import refusal
from streams_world import VALIDATION, World, key_of, on

DAY, QUARTER, SHARD = 24 * 3600, 15 * 60, 4 * 3600
VIEWS = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.server.end()


# --- Records -----------------------------------------------------------------------------------


def change_everything(world, name):
    world.put(name, n={"N": "1"})
    world.tables.update_item(TableName=name, Key=key_of("a", 1), UpdateExpression="SET n = n + :one",
                             ExpressionAttributeValues={":one": {"N": "1"}})
    world.tables.delete_item(TableName=name, Key=key_of("a", 1))


@pytest.mark.parametrize("view", VIEWS)
def test_a_record_shows_what_its_view_type_says(world, view):
    name, arn = world.table(on(view))
    change_everything(world, name)
    first, second = {**key_of("a", 1), "n": {"N": "1"}}, {**key_of("a", 1), "n": {"N": "2"}}
    new, old = view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"), view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
    expected = [("INSERT", None, first), ("MODIFY", first, second), ("REMOVE", second, None)]
    records = world.records(arn)
    assert len(records) == 3
    for record, (event, before, after) in zip(records, expected):
        change = record["dynamodb"]
        assert record["eventName"] == event
        assert change.get("OldImage") == (before if old else None)
        assert change.get("NewImage") == (after if new else None)
        assert change["Keys"] == key_of("a", 1)
        assert change["StreamViewType"] == view


def test_a_record_has_all_members_of_awss(world):
    name, arn = world.table(on())
    world.put(name, n={"N": "1"})
    world.put(name, n={"N": "22"})
    first, second = world.records(arn)
    assert set(first) == {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb"}
    assert (first["eventVersion"], first["eventSource"], first["awsRegion"]) == ("1.1", "aws:dynamodb", "us-east-1")
    assert re.fullmatch("[0-9a-f]{32}", first["eventID"])
    assert first["eventID"] != second["eventID"]
    assert first["dynamodb"]["ApproximateCreationDateTime"].microsecond == 0
    # id: 2 + 1, at: 2 + 2, n: 1 + 2
    assert (first["dynamodb"]["SizeBytes"], second["dynamodb"]["SizeBytes"]) == (7 + 10, 7 + 10 + 10)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in (first, second)]
    assert numbers == sorted(numbers) and all(re.fullmatch("[1-9][0-9]{20,39}", number) for number in numbers)


def test_an_item_of_every_type_is_shown_as_it_was_written(world):
    name, arn = world.table(on("NEW_IMAGE"), sort=False)
    item = {"id": {"S": "a"}, "n": {"N": "-1.5"}, "b": {"B": b"\0x"}, "ss": {"SS": ["x"]}, "ns": {"NS": ["1"]},
            "bs": {"BS": [b"y"]}, "m": {"M": {"l": {"L": [{"NULL": True}, {"BOOL": False}]}}}, "e": {"S": ""}}
    world.tables.put_item(TableName=name, Item=item)
    assert [record["dynamodb"]["NewImage"] for record in world.records(arn)] == [item]


@pytest.mark.parametrize("view", VIEWS)
def test_a_write_that_changes_nothing_has_no_record(world, view):
    name, arn = world.table(on(view), sort=False)
    key = {"id": {"S": "a"}}
    world.tables.delete_item(TableName=name, Key=key)
    world.tables.put_item(TableName=name, Item={**key, "x": {"SS": ["p", "q"]}, "y": {"N": "1"}})
    world.tables.put_item(TableName=name, Item={"y": {"N": "1.0"}, "x": {"SS": ["q", "p"]}, **key})
    world.tables.update_item(TableName=name, Key=key, UpdateExpression="SET y = :v REMOVE z",
                             ExpressionAttributeValues={":v": {"N": "1"}})
    with pytest.raises(ClientError):
        world.tables.put_item(TableName=name, Item=key, ConditionExpression="attribute_not_exists(id)")
    assert [record["eventName"] for record in world.records(arn)] == ["INSERT"]
    world.tables.put_item(TableName=name, Item={**key, "x": {"SS": ["p", "r"]}, "y": {"N": "1"}})
    assert [record["eventName"] for record in world.records(arn)] == ["INSERT", "MODIFY"]


def test_batches_and_transactions_have_a_record_for_each_item_that_changes(world):
    name, arn = world.table(on("KEYS_ONLY"))
    put = [{"Put": {"TableName": name, "Item": key_of("a", at)}} for at in range(3)]
    world.tables.transact_write_items(TransactItems=put)
    world.tables.batch_write_item(RequestItems={name: [
        {"PutRequest": {"Item": key_of("a", 0)}}, {"DeleteRequest": {"Key": key_of("a", 1)}},
        {"PutRequest": {"Item": key_of("a", 3)}}, {"DeleteRequest": {"Key": key_of("a", 9)}}]})
    with pytest.raises(ClientError):
        world.tables.transact_write_items(TransactItems=[
            {"Delete": {"TableName": name, "Key": key_of("a", 2)}},
            {"ConditionCheck": {"TableName": name, "Key": key_of("a", 3), "ConditionExpression": "attribute_not_exists(id)"}}])
    records = [(record["eventName"], record["dynamodb"]["Keys"]["at"]["N"]) for record in world.records(arn)]
    assert records == [("INSERT", "0"), ("INSERT", "1"), ("INSERT", "2"), ("REMOVE", "1"), ("INSERT", "3")]


def test_a_large_item_that_a_worker_prepares_has_both_images(world):
    name, arn = world.table(on(), sort=False)
    sizes = (100_000, 200_000)
    for size in sizes:
        world.tables.put_item(TableName=name, Item={"id": {"S": "a"}, "x": {"S": "x" * size}})
    last = world.records(arn)[-1]["dynamodb"]
    assert [len(last[image]["x"]["S"]) for image in ("OldImage", "NewImage")] == list(sizes)


def test_a_table_without_a_stream_has_no_records(world):
    name, arn = world.table()
    change_everything(world, name)
    assert arn is None
    assert world.streams.list_streams(TableName=name)["Streams"] == []
    assert "StreamSpecification" not in world.tables.describe_table(TableName=name)["Table"]


# --- Reading -----------------------------------------------------------------------------------


def test_get_records_reads_in_pages_from_each_kind_of_place(world):
    name, arn = world.table(on("KEYS_ONLY"))
    latest = world.iterator(arn, "LATEST")
    for at in range(5):
        world.put(name, at=at)
    records, following = world.read(world.iterator(arn), Limit=2)
    assert [record["dynamodb"]["Keys"]["at"]["N"] for record in records] == ["0", "1"]
    rest, following = world.read(following)
    assert [record["dynamodb"]["Keys"]["at"]["N"] for record in rest] == ["2", "3", "4"]
    assert world.read(following)[0] == []
    assert world.read(latest)[0] == records + rest
    assert world.read(world.iterator(arn, "LATEST"))[0] == []
    number = records[1]["dynamodb"]["SequenceNumber"]
    assert world.read(world.iterator(arn, "AT_SEQUENCE_NUMBER", SequenceNumber=number))[0] == records[1:] + rest
    assert world.read(world.iterator(arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=number))[0] == rest


def test_an_iterator_at_a_timestamp_begins_with_its_second(world):
    name, arn = world.table(on("KEYS_ONLY"))
    for at in range(3):
        world.put(name, at=at)
        world.advance(10)
    times = [record["dynamodb"]["ApproximateCreationDateTime"].timestamp() for record in world.records(arn)]

    def ats(moment):
        records = world.read(world.iterator(arn, "AT_TIMESTAMP", Timestamp=moment))[0]
        return [record["dynamodb"]["Keys"]["at"]["N"] for record in records]

    assert ats(times[1]) == ["1", "2"]
    assert ats(times[1] + 0.001) == ["2"]
    assert ats(times[2] + 1) == []
    assert ats(times[0] - 2 * DAY) == ["0", "1", "2"]
    assert refusal(world.iterator, arn=arn, kind="AT_TIMESTAMP", Timestamp=times[2] + 3600) == (
        VALIDATION, "One or more parameter values were invalid: Timestamp must not be in the future")


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_the_starting_number_of_a_shard_without_records_names_its_first_record(world, kind):
    name, arn = world.table(on())
    start = world.shards(arn)[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    iterator = world.iterator(arn, kind, SequenceNumber=start)
    world.put(name)
    assert len(world.read(iterator)[0]) == 1


def test_get_records_returns_at_most_a_thousand(world):
    name, arn = world.table(on("KEYS_ONLY"))
    for first in range(0, 1001, 25):
        world.tables.batch_write_item(RequestItems={name: [
            {"PutRequest": {"Item": key_of("a", at)}} for at in range(first, min(first + 25, 1001))]})
    iterator = world.iterator(arn)
    records, following = world.read(iterator)
    assert (len(records), len(world.read(following)[0])) == (1000, 1)
    assert world.read(iterator, Limit=1000)[0] == records
    assert refusal(world.streams.get_records, ShardIterator=iterator, Limit=1001) == (
        VALIDATION, "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: Member must have "
        "value less than or equal to 1000")


def test_a_page_of_records_has_at_most_a_megabyte(world):
    name, arn = world.table(on("NEW_IMAGE"), sort=False)
    # a record has the key twice, 3 bytes each, and 1 byte for the attribute's name
    sizes = [349_518, 349_518, 349_519, 400_000, 400_000, 400_000]
    assert sum(size + 7 for size in sizes[:3]) == 1024 * 1024
    for i, size in enumerate(sizes):
        world.tables.put_item(TableName=name, Item={"id": {"S": str(i)}, "x": {"S": "x" * size}})
    pages, iterator = [], world.iterator(arn)
    while sum(pages) < len(sizes):
        records, iterator = world.read(iterator)
        pages.append(len(records))
    assert pages == [3, 2, 1]


def test_get_shard_iterator_refuses_what_aws_refuses(world):
    name, arn = world.table(on())
    other = world.table(on())[1]
    shard = world.shards(arn)[0]["ShardId"]
    number = world.shards(arn)[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    strange = world.shards(other)[0]["SequenceNumberRange"]["StartingSequenceNumber"]

    def refused(**changed):
        return refusal(world.streams.get_shard_iterator,
                       **{"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "LATEST", **changed})

    invalid = "One or more parameter values were invalid: SequenceNumber "
    assert refused(StreamArn="x" * 40) == (VALIDATION, "Invalid StreamArn")
    missing = arn[:-1] + "x"
    assert refused(StreamArn=missing) == (
        "ResourceNotFoundException", f"Requested resource not found: Stream: {missing} not found")
    assert refused(ShardId="x" * 30) == ("ResourceNotFoundException", "Requested resource not found: Shard does not exist")
    assert refused(ShardIteratorType="AT_SEQUENCE_NUMBER") == (
        VALIDATION, invalid + "is required when ShardIteratorType is AT_SEQUENCE_NUMBER")
    assert refused(SequenceNumber=number) == (
        VALIDATION, invalid + "must not be specified when ShardIteratorType is LATEST")
    for wrong in (strange, "1" * 21, number[:-1] + "9", "9" * 28):
        assert refused(ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=wrong) == (
            VALIDATION, invalid + "is not in the shard")
    assert refused(ShardIteratorType="AT_TIMESTAMP") == (
        VALIDATION, "One or more parameter values were invalid: Timestamp is required when ShardIteratorType is AT_TIMESTAMP")
    assert refusal(world.streams.get_records, ShardIterator="x") == (VALIDATION, "Invalid ShardIterator")


def test_a_stream_and_its_iterators_belong_to_one_region(world):
    name, arn = world.table(on())
    world.put(name)
    iterator = world.iterator(arn)
    elsewhere = world.client("dynamodbstreams", region="eu-west-1")
    assert refusal(elsewhere.describe_stream, StreamArn=arn) == (VALIDATION, "Invalid StreamArn")
    assert refusal(elsewhere.get_records, ShardIterator=iterator) == (VALIDATION, "Invalid ShardIterator")
    assert len(world.read(iterator)[0]) == 1


def test_an_iterator_lasts_fifteen_minutes(world):
    name, arn = world.table(on())
    world.put(name)
    iterator = world.iterator(arn)
    world.advance(QUARTER - 60)
    assert len(world.read(iterator)[0]) == 1
    world.advance(65)
    assert refusal(world.streams.get_records, ShardIterator=iterator) == (
        "ExpiredIteratorException", "Shard iterator has expired")


# --- Shards and retention ----------------------------------------------------------------------


def test_a_shard_is_followed_by_a_child_after_four_hours(world):
    name, arn = world.table(on("KEYS_ONLY"))
    world.put(name, at=1)
    begin = world.iterator(arn)
    world.advance(SHARD - 60)
    world.put(name, at=2)
    assert len(world.shards(arn)) == 1
    world.advance(65)
    world.put(name, at=3)
    parent, child = world.shards(arn)
    assert (parent.get("ParentShardId"), child["ParentShardId"]) == (None, parent["ShardId"])
    assert parent["ShardId"] < child["ShardId"]
    assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
    begin = world.iterator(arn, shard=0)
    records, following = world.read(begin, Limit=1)
    assert (len(records), following is None) == (1, False)
    records, following = world.read(following)
    assert [record["dynamodb"]["Keys"]["at"]["N"] for record in records] == ["2"]
    assert following is None
    assert records[0]["dynamodb"]["SequenceNumber"] == parent["SequenceNumberRange"]["EndingSequenceNumber"]
    records, following = world.read(world.iterator(arn, shard=1))
    assert [record["dynamodb"]["Keys"]["at"]["N"] for record in records] == ["3"]
    assert records[0]["dynamodb"]["SequenceNumber"] == child["SequenceNumberRange"]["StartingSequenceNumber"]
    children = {"ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]}}
    assert world.describe(arn, **children)["Shards"] == [child]
    children["ShardFilter"]["ShardId"] = child["ShardId"]
    assert world.describe(arn, **children)["Shards"] == []


def test_a_shard_without_records_ends_when_it_is_closed(world):
    name, arn = world.table(on())
    latest = world.iterator(arn, "LATEST")
    assert world.read(latest)[1] is not None
    world.tables.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    for iterator in (latest, world.iterator(arn), world.iterator(arn, "LATEST")):
        assert world.read(iterator) == ([], None)


def test_describe_stream_lists_shards_in_pages(world):
    name, arn = world.table(on("KEYS_ONLY"))
    for at in range(3):
        world.put(name, at=at)
        world.advance(SHARD)
    world.put(name, at=3)
    names = [shard["ShardId"] for shard in world.shards(arn)]
    assert len(names) == 4
    page = world.describe(arn, Limit=3)
    assert ([shard["ShardId"] for shard in page["Shards"]], page["LastEvaluatedShardId"]) == (names[:3], names[2])
    page = world.describe(arn, Limit=3, ExclusiveStartShardId=names[2])
    assert [shard["ShardId"] for shard in page["Shards"]] == names[3:]
    assert "LastEvaluatedShardId" not in page
    assert "LastEvaluatedShardId" not in world.describe(arn, Limit=4)
    world.describe(arn, Limit=100)
    assert refusal(world.describe, arn=arn, Limit=101)[0] == VALIDATION


def test_records_are_trimmed_after_twenty_four_hours(world):
    name, arn = world.table(on("KEYS_ONLY"))
    world.put(name, at=1)
    world.advance(3600)
    world.put(name, at=2)
    first, second = world.records(arn)
    world.advance(DAY - 3600 - 60)
    assert len(world.records(arn)) == 2
    old = world.iterator(arn, "AT_SEQUENCE_NUMBER", SequenceNumber=first["dynamodb"]["SequenceNumber"])
    world.advance(65)
    assert world.records(arn) == [second]
    trimmed = ("TrimmedDataAccessException", "The data you are trying to access has been trimmed")
    assert refusal(world.streams.get_records, ShardIterator=old) == trimmed
    assert refusal(world.iterator, arn=arn, kind="AT_SEQUENCE_NUMBER",
                   SequenceNumber=first["dynamodb"]["SequenceNumber"]) == trimmed
    after = world.iterator(arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=first["dynamodb"]["SequenceNumber"])
    assert world.read(after)[0] == [second]


def test_an_idle_stream_goes_on_after_its_records_are_trimmed(world):
    name, arn = world.table(on("KEYS_ONLY"))
    world.put(name, at=1)
    last = world.records(arn)[-1]["dynamodb"]["SequenceNumber"]
    world.advance(3 * DAY)
    assert world.records(arn) == []
    world.put(name, at=2)
    [record] = world.records(arn)
    assert record["dynamodb"]["SequenceNumber"] > last
    assert len(world.shards(arn)) == 2


# --- The stream of a table ---------------------------------------------------------------------


def latest(world, name):
    table = world.tables.describe_table(TableName=name)["Table"]
    return table.get("StreamSpecification"), table.get("LatestStreamArn"), table.get("LatestStreamLabel")


def test_a_stream_is_described(world):
    name, arn = world.table(on("NEW_IMAGE"))
    specification, same, label = latest(world, name)
    assert specification == on("NEW_IMAGE")
    assert same == arn == f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}/stream/{label}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", label)
    about = world.describe(arn)
    [shard] = about.pop("Shards")
    assert about.pop("CreationRequestDateTime").strftime("%Y-%m-%dT%H:%M:%S") == label[:-4]
    assert about == {
        "StreamArn": arn, "StreamLabel": label, "StreamStatus": "ENABLED", "StreamViewType": "NEW_IMAGE",
        "TableName": name, "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]}
    assert 28 <= len(shard["ShardId"]) <= 65
    assert set(shard) == {"ShardId", "SequenceNumberRange"}


def test_a_stream_is_enabled_and_disabled_by_update_table(world):
    name, _ = world.table()

    def update(specification):
        return world.tables.update_table(TableName=name, StreamSpecification=specification)["TableDescription"]

    def refused(specification):
        return refusal(world.tables.update_table, TableName=name, StreamSpecification=specification)

    invalid = "One or more parameter values were invalid: "
    off = {"StreamEnabled": False}
    none = (VALIDATION, f"Table has no stream to disable: TableName: {name}")
    assert refused(off) == none
    assert refused({"StreamEnabled": True}) == (
        VALIDATION, invalid + "If stream is being enabled then UpdateViewType is required")
    told = update(on("KEYS_ONLY"))
    assert (told["TableStatus"], told["StreamSpecification"]) == ("UPDATING", on("KEYS_ONLY"))
    first = told["LatestStreamArn"]
    for view in ("KEYS_ONLY", "NEW_IMAGE"):
        assert refused(on(view)) == (VALIDATION, f"Table already has an enabled stream: TableName: {name}")
    assert refused({**off, "StreamViewType": "KEYS_ONLY"}) == (
        VALIDATION, invalid + "If stream is being disabled, then UpdateViewType must not be specified")
    world.put(name, at=1)
    assert "StreamSpecification" not in update(off)
    world.put(name, at=2)
    assert latest(world, name)[:2] == (None, first)
    assert refused(off) == none
    about = world.describe(first)
    assert about["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in about["Shards"][0]["SequenceNumberRange"]
    records, following = world.read(world.iterator(first))
    assert (len(records), following) == (1, None)
    second = update(on("NEW_IMAGE"))["LatestStreamArn"]
    assert second != first
    world.put(name, at=3)
    assert [record["dynamodb"]["Keys"]["at"]["N"] for record in world.records(second)] == ["3"]
    assert [stream["StreamArn"] for stream in world.streams.list_streams(TableName=name)["Streams"]] == [first, second]


def test_create_table_refuses_a_wrong_stream_specification(world):
    def refused(specification):
        return refusal(world.table, stream=specification)

    created = "One or more parameter values were invalid: Table is being created with a stream "
    assert refused({"StreamEnabled": True}) == (VALIDATION, created + "enabled, UpdateViewType is required")
    assert refused({"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}) == (
        VALIDATION, created + "disabled, UpdateViewType should not be specified")
    assert refused(on("nothing"))[0] == VALIDATION
    name, arn = world.table({"StreamEnabled": False})
    assert (arn, latest(world, name)) == (None, (None, None, None))


def test_the_stream_of_a_deleted_table_stays_readable_for_twenty_four_hours(world):
    name, arn = world.table(on())
    world.put(name)
    world.tables.delete_table(TableName=name)
    world.advance(DAY - 60)
    assert world.describe(arn)["StreamStatus"] == "DISABLED"
    assert len(world.records(arn)) == 1
    iterator = world.iterator(arn)
    world.advance(65)
    missing = ("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
    assert refusal(world.describe, arn=arn) == missing
    assert refusal(world.streams.get_records, ShardIterator=iterator) == missing
    assert world.streams.list_streams(TableName=name)["Streams"] == []


def test_a_table_that_is_made_again_has_a_stream_of_its_own(world):
    name, arn = world.table(on(), sort=False)
    world.tables.put_item(TableName=name, Item={"id": {"S": "a"}})
    world.tables.delete_table(TableName=name)
    world.count -= 1
    again, other = world.table(on(), sort=False)
    assert again == name and other != arn
    assert (len(world.records(arn)), len(world.records(other))) == (1, 0)


def test_list_streams_pages_through_all_streams(world):
    arns = sorted(world.table(on())[1] for _ in range(3))
    found, start = [], {}
    while True:
        page = world.streams.list_streams(Limit=2, **start)
        assert len(page["Streams"]) <= 2
        found += page["Streams"]
        if "LastEvaluatedStreamArn" not in page:
            break
        start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    listed = [stream["StreamArn"] for stream in found]
    assert listed == sorted(set(listed)) and set(arns) <= set(listed)
    name = arns[0].split("/")[1]
    assert [stream for stream in found if stream["TableName"] == name] == [
        {"StreamArn": arns[0], "TableName": name, "StreamLabel": arns[0].split("/")[-1]}]
    world.streams.list_streams(Limit=100)
    assert refusal(world.streams.list_streams, Limit=101) == (
        VALIDATION, "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have "
        "value less than or equal to 100")
    assert refusal(world.streams.list_streams, ExclusiveStartStreamArn="x" * 40) == (VALIDATION, "Invalid StreamArn")


# --- Permissions -------------------------------------------------------------------------------


def test_a_policy_names_the_stream(world):
    name, arn = world.table(on())
    world.put(name)
    iam = world.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    streams = world.client("dynamodbstreams", key)
    shard = world.shards(arn)[0]["ShardId"]
    iterator = world.iterator(arn)
    asked = {
        "DescribeStream": {"StreamArn": arn},
        "GetShardIterator": {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "LATEST"},
        "GetRecords": {"ShardIterator": iterator},
    }
    for operation, arguments in asked.items():
        for resource, allowed in ((arn, True), (arn.split("/stream/")[0], False)):
            statement = {"Effect": "Allow", "Action": f"dynamodb:{operation}", "Resource": resource}
            iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [statement]}))
            if allowed:
                streams._make_api_call(operation, arguments)
            else:
                assert refusal(streams._make_api_call, operation_name=operation, api_params=arguments)[0] == "AccessDeniedException"
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "dynamodb:ListStreams", "Resource": arn.split("/stream/")[0] + "/stream/*"}]}))
    assert len(streams.list_streams(TableName=name)["Streams"]) == 1
    assert refusal(streams.list_streams)[0] == "AccessDeniedException"


# --- Replay ------------------------------------------------------------------------------------


def random_write(world, name, chance):
    key = {"id": {"S": chance.choice("abc")}, "at": {"N": str(chance.randrange(4))}}
    kind = chance.randrange(4)
    if kind == 0:
        world.tables.delete_item(TableName=name, Key=key)
    elif kind == 1:
        world.tables.put_item(TableName=name, Item={**key, "v": {"N": str(chance.randrange(3))}})
    elif kind == 2:
        world.tables.update_item(TableName=name, Key=key, UpdateExpression="ADD v :one SET w = :w",
                                 ExpressionAttributeValues={":one": {"N": "1"}, ":w": {"S": chance.choice("xy")}})
    else:
        world.tables.update_item(TableName=name, Key=key, UpdateExpression="REMOVE w")


def replayed(records):
    items = {}
    for record in records:
        change = record["dynamodb"]
        place = json.dumps(change["Keys"], sort_keys=True)
        assert items.get(place) == change.get("OldImage")
        assert change.get("OldImage") != change.get("NewImage")
        if record["eventName"] == "REMOVE":
            del items[place]
        else:
            assert (record["eventName"] == "INSERT") == (place not in items)
            items[place] = change["NewImage"]
    return items


def scanned(world, name):
    items = world.tables.scan(TableName=name)["Items"]
    return {json.dumps({"at": item["at"], "id": item["id"]}, sort_keys=True): item for item in items}


@pytest.mark.parametrize("seed", range(3))
def test_the_stream_replayed_gives_the_table(seed):
    world, chance = World(), random.Random(seed)
    name, arn = world.table(on())
    for stop in (world.server.stop, world.server.kill, lambda: None):
        for _ in range(150):
            random_write(world, name, chance)
            if chance.randrange(40) == 0:
                world.advance(chance.randrange(2 * 3600))
        stop()
        if stop.__name__ != "<lambda>":
            world.server.start()
    records = world.records(arn)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(set(numbers))
    assert replayed(records) == scanned(world, name)
    world.server.end()
