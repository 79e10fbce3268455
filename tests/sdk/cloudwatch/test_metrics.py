"""What the services count, as metrics of a minute: each with exactly its dimensions and its figures."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from counted import minutes

MINUTE = 60


@pytest.fixture
def metrics(endpoint, advance_clock, now_ms, wait_until):
    """metrics(namespace, account, wanted) waits until the minute is stored, with that metric in it; see counted.minutes"""

    def read(namespace, account, wanted):
        def found():
            read = minutes(client_of(endpoint, account, "cloudwatch"), now_ms(), namespace)
            return read if wanted in {name for name, *_ in read} else None

        advance_clock(MINUTE)
        assert wait_until(found)
        return found()

    # no minute ends during a test
    advance_clock((MINUTE * 1000 - now_ms() % (MINUTE * 1000)) / 1000)
    return read


def client_of(endpoint, account, service="dynamodb"):
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account,
                        aws_secret_access_key="x", config=Config(retries={"max_attempts": 0}))


def make_table(dynamodb):
    dynamodb.create_table(TableName="counted", BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])


def key(text):
    return {"id": {"S": text}}


def test_dynamodb_counts_capacity_items_and_errors(endpoint, metrics):
    account = "111122223333"
    dynamodb = client_of(endpoint, account)
    make_table(dynamodb)
    for text in "abc":
        dynamodb.put_item(TableName="counted", Item={**key(text), "text": {"S": "x" * 2000}})
    dynamodb.update_item(TableName="counted", Key=key("d"), UpdateExpression="SET n = :n",
                         ExpressionAttributeValues={":n": {"N": "1"}})
    dynamodb.get_item(TableName="counted", Key=key("a"))
    dynamodb.get_item(TableName="counted", Key=key("a"), ConsistentRead=True)
    dynamodb.scan(TableName="counted")
    dynamodb.query(TableName="counted", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": {"S": "b"}})
    for refused in (lambda: dynamodb.put_item(TableName="counted", Item=key("a"), ConditionExpression="attribute_not_exists(id)"),
                    lambda: dynamodb.put_item(TableName="counted", Item={"other": {"S": "x"}}),
                    lambda: dynamodb.get_item(TableName="missing", Key=key("a"))):
        with pytest.raises(ClientError):
            refused()
    found = metrics("AWS/DynamoDB", account, "UserErrors")
    table = ("TableName", "counted")
    latencies = {name: found.pop(name) for name in list(found) if name[0] == "SuccessfulRequestLatency"}
    assert found == {
        ("ConsumedWriteCapacityUnits", table): ("Count", 4, 7, 1, 2),
        ("ConsumedReadCapacityUnits", table): ("Count", 4, 3, 0.5, 1),
        ("ReturnedItemCount", ("Operation", "Scan"), table): ("Count", 1, 4, 4, 4),
        ("ReturnedItemCount", ("Operation", "Query"), table): ("Count", 1, 1, 1, 1),
        ("ConditionalCheckFailedRequests", table): ("Count", 1, 1, 1, 1),
        ("UserErrors",): ("Count", 2, 2, 1, 1),
    }
    assert {name[1][1]: (unit, count) for name, (unit, count, *_) in latencies.items()} == {
        "PutItem": ("Milliseconds", 3), "UpdateItem": ("Milliseconds", 1), "GetItem": ("Milliseconds", 2),
        "Scan": ("Milliseconds", 1), "Query": ("Milliseconds", 1)}
    assert all(name[2] == table and 0 < least <= total for name, (_, _, total, least, _) in latencies.items())


def test_dynamodb_counts_the_capacity_of_a_global_index_apart_from_its_tables(endpoint, metrics):
    account = "111122225555"
    dynamodb = client_of(endpoint, account)
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]
    dynamodb.create_table(
        TableName="counted", BillingMode="PAY_PER_REQUEST", KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "n")],
        GlobalSecondaryIndexes=[{"IndexName": "global", "KeySchema": keys[:1], "Projection": {"ProjectionType": "ALL"}}],
        LocalSecondaryIndexes=[{"IndexName": "local", "KeySchema": keys, "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    dynamodb.put_item(TableName="counted", Item={**key("a"), "n": {"S": "1"}, "text": {"S": "x" * 2000}})
    dynamodb.scan(TableName="counted", IndexName="global")
    dynamodb.scan(TableName="counted", IndexName="local")
    found = metrics("AWS/DynamoDB", account, "ConsumedReadCapacityUnits")
    table, index = ("TableName", "counted"), ("GlobalSecondaryIndexName", "global")
    assert {name: values for name, values in found.items() if name[0].startswith("Consumed")} == {
        ("ConsumedWriteCapacityUnits", table): ("Count", 1, 3, 3, 3),  # two of the item, one of the local index
        ("ConsumedWriteCapacityUnits", index, table): ("Count", 1, 2, 2, 2),
        ("ConsumedReadCapacityUnits", table): ("Count", 1, 0.5, 0.5, 0.5),
        ("ConsumedReadCapacityUnits", index, table): ("Count", 1, 0.5, 0.5, 0.5),
    }


def test_requests_about_a_backup_or_a_stream_count_for_no_table(endpoint, metrics, wait_until):
    account = "111122226666"
    dynamodb = client_of(endpoint, account)
    make_table(dynamodb)
    stream = dynamodb.update_table(TableName="counted", StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})["TableDescription"]["LatestStreamArn"]
    backup = dynamodb.create_backup(TableName="counted", BackupName="kept")["BackupDetails"]["BackupArn"]
    wait_until(lambda: dynamodb.describe_backup(BackupArn=backup)["BackupDescription"]["BackupDetails"]["BackupStatus"]
               == "AVAILABLE")
    dynamodb.delete_resource_policy(ResourceArn=stream)
    dynamodb.delete_resource_policy(ResourceArn=stream.split("/stream/")[0])
    dynamodb.delete_backup(BackupArn=backup)
    found = metrics("AWS/DynamoDB", account, "SuccessfulRequestLatency")
    assert {name[1:]: count for name, (_, count, *_) in found.items() if name[0] == "SuccessfulRequestLatency"} == {
        (("Operation", operation), ("TableName", "counted")): 1
        for operation in ("UpdateTable", "CreateBackup", "DeleteResourcePolicy")}


def test_reads_of_a_stream_count_their_records_and_bytes(endpoint, metrics):
    account = "111122227777"
    dynamodb, streams = client_of(endpoint, account), client_of(endpoint, account, "dynamodbstreams")
    make_table(dynamodb)
    stream = dynamodb.update_table(TableName="counted", StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})["TableDescription"]
    for text in "abc":
        dynamodb.put_item(TableName="counted", Item={**key(text), "n": {"N": "1"}})
    (shard,) = streams.describe_stream(StreamArn=stream["LatestStreamArn"])["StreamDescription"]["Shards"]
    read = {"ShardIterator": streams.get_shard_iterator(
        StreamArn=stream["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]}
    sizes = []
    for limit in (2, 2, 2):  # the last one finds nothing, and counts as a request only
        page = streams.get_records(**read, Limit=limit)
        sizes += [record["dynamodb"]["SizeBytes"] for record in page["Records"]]
        read = {"ShardIterator": page["NextShardIterator"]}
    with pytest.raises(ClientError):
        streams.get_records(ShardIterator="none")
    found = metrics("AWS/DynamoDB", account, "UserErrors")
    of_stream = (("Operation", "GetRecords"), ("StreamLabel", stream["LatestStreamLabel"]), ("TableName", "counted"))
    latency = found.pop(("SuccessfulRequestLatency", *of_stream))
    assert latency[:2] == ("Milliseconds", 3)
    assert {name: values for name, values in found.items() if of_stream[1] in name} == {
        ("ReturnedRecordsCount", *of_stream): ("Count", 2, 3, 1, 2),
        ("ReturnedBytes", *of_stream): ("Bytes", 2, sum(sizes), sizes[2], sizes[0] + sizes[1]),
    }
    assert found[("UserErrors",)] == ("Count", 1, 1, 1, 1)


def test_reads_alone_are_stored_when_their_minute_is_over(endpoint, metrics):
    account = "111122224444"
    dynamodb = client_of(endpoint, account)
    make_table(dynamodb)
    for _ in range(5):
        dynamodb.get_item(TableName="counted", Key=key("a"))
    found = metrics("AWS/DynamoDB", account, "ConsumedReadCapacityUnits")
    assert found[("ConsumedReadCapacityUnits", ("TableName", "counted"))] == ("Count", 5, 2.5, 0.5, 0.5)
