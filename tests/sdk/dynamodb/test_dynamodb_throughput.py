"""Throughput, as --enforce-throughput enforces it: AWS's token buckets, on the server's clock."""

import itertools

import boto3
import pytest
from counted import minutes
from dynamodb_tables import KEY, advance, now_of, serving, units
from orderly_server import post

BURST_S = 300
MUCH = 1024 * (BURST_S + 90)  # of a full bucket of one unit a second: nothing more for 90 seconds
TABLE = ("The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning "
         "level with the UpdateTable API.")
INDEX = ("The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. "
         "Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable "
         "API")
BOUND = "Throughput exceeds the maximum OnDemandThroughput configured on table or index."


@pytest.fixture(scope="module")
def enforcing():
    """A server that enforces throughput, and its client."""
    with serving("--enforce-throughput") as both:
        yield both


numbers = itertools.count(1_000_000)


def put(client, table, size=1024, name=None):
    """Put an item of that many bytes, a new one unless it has a name."""
    name = name or str(next(numbers))
    client.put_item(TableName=table, Item={"id": {"S": name}, "v": {"S": "x" * (size - len("idv" + name))}})


def get(client, table):
    client.get_item(TableName=table, Key={"id": {"S": "1"}}, ConsistentRead=True)


def put_until_refused(client, table):
    """The number of single units that were accepted, and the refusal: the bucket fills while the test runs."""
    for accepted in itertools.count():
        try:
            put(client, table)
        except client.exceptions.ProvisionedThroughputExceededException as error:
            return accepted, error.response


def reason_of(answer):
    [reason] = answer["reply"].get("ThrottlingReasons") or answer["reply"]["throttlingReasons"]
    return reason["reason"], reason["resource"].split(":table/")[1]


def test_writes_are_served_from_the_bucket_and_then_as_it_fills(enforcing):
    server, client = enforcing

    def check(bucket, then):
        """From `then` on there was a full bucket of that many units, and one more each second."""
        accepted, answer = put_until_refused(client, "writes")
        assert bucket <= accepted <= bucket + (now_of(server) - then) / 1000
        return answer

    then = now_of(server)
    client.create_table(TableName="writes", ProvisionedThroughput=units(1, 1), **KEY)
    put(client, "writes", 1024 * (BURST_S - 1))
    answer = check(1, then)
    assert (answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (TABLE, 400)
    assert reason_of({"reply": answer}) == ("TableWriteProvisionedThroughputExceeded", "writes")
    get(client, "writes")
    then = now_of(server)
    advance(server, 20_000)
    check(20, then - 1000)  # and what was left of a unit
    advance(server, 10 * BURST_S * 1000)  # no more than the burst is kept
    then = now_of(server)
    put(client, "writes", 1024 * BURST_S)
    check(0, then)


def test_a_request_may_overdraw_the_bucket_once(enforcing, refused):
    server, client = enforcing
    client.create_table(TableName="overdrawn", ProvisionedThroughput=units(1, 1), **KEY)
    put(client, "overdrawn", 1024 * (BURST_S - 1))
    put(client, "overdrawn", 1024 * 101)
    advance(server, 40_000)
    assert refused(put, client=client, table="overdrawn")["code"] == "ProvisionedThroughputExceededException"
    advance(server, 61_000)
    put(client, "overdrawn")


def test_reads_have_a_bucket_of_their_own(enforcing, refused):
    server, client = enforcing
    client.create_table(TableName="reads", ProvisionedThroughput=units(1, 1000), **KEY)
    put(client, "reads", 4096 * 90, name="1")
    for _ in range(4):  # 90 units each
        get(client, "reads")
    answer = refused(get, client=client, table="reads")
    assert (answer["message"], reason_of(answer)) == (TABLE, ("TableReadProvisionedThroughputExceeded", "reads"))
    assert refused(client.scan, TableName="reads")["code"] == "ProvisionedThroughputExceededException"
    put(client, "reads")
    advance(server, 61_000)
    get(client, "reads")


@pytest.fixture
def pair(enforcing, unique):
    """The names of two tables: the first one's throughput is used up, for reads and for writes."""
    _, client = enforcing
    names = [unique("a"), unique("b")]
    for name in names:
        client.create_table(TableName=name, ProvisionedThroughput=units(1, 1), **KEY)
        put(client, name, name="1")
    put(client, names[0], MUCH, name="2")
    for _ in range(4):  # 98 units each
        client.get_item(TableName=names[0], Key={"id": {"S": "2"}}, ConsistentRead=True)
    return names


def test_a_batch_leaves_what_is_throttled_and_is_refused_when_all_is(enforcing, pair, refused):
    _, client = enforcing
    keys = {"Keys": [{"id": {"S": "1"}}]}
    read = client.batch_get_item(RequestItems={name: keys for name in pair})
    assert {name: len(items) for name, items in read["Responses"].items()} == {pair[0]: 0, pair[1]: 1}
    assert read["UnprocessedKeys"] == {pair[0]: keys}
    writes = [{"PutRequest": {"Item": {"id": {"S": "3"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "1"}}}}]
    written = client.batch_write_item(RequestItems={name: writes for name in pair}, ReturnConsumedCapacity="TOTAL")
    assert written["UnprocessedItems"] == {pair[0]: writes}
    assert [one["TableName"] for one in written["ConsumedCapacity"]] == [pair[1]]
    assert [item["id"]["S"] for item in client.scan(TableName=pair[1])["Items"]] == ["3"]
    for call, asked in (client.batch_get_item, keys), (client.batch_write_item, writes):
        answer = refused(call, RequestItems={pair[0]: asked})
        assert (answer["code"], answer["message"]) == ("ProvisionedThroughputExceededException", TABLE)


def test_a_transaction_is_cancelled_by_an_action_that_is_throttled(enforcing, pair, refused):
    _, client = enforcing
    reasons = [{"Code": "ProvisionedThroughputExceeded", "Message": TABLE}, {"Code": "None"}]
    for call, actions in (
            (client.transact_write_items, [{"Put": {"TableName": name, "Item": {"id": {"S": "9"}}}} for name in pair]),
            (client.transact_get_items, [{"Get": {"TableName": name, "Key": {"id": {"S": "1"}}}} for name in pair])):
        answer = refused(call, TransactItems=actions)
        assert (answer["code"], answer["reply"]["CancellationReasons"]) == ("TransactionCanceledException", reasons)
    for statement in ("insert into \"{}\" value {{'id': '9'}}", "select * from \"{}\" where id = '1'"):
        answer = refused(client.execute_transaction,
                         TransactStatements=[{"Statement": statement.format(name)} for name in pair])
        assert (answer["code"], answer["reply"]["CancellationReasons"]) == ("TransactionCanceledException", reasons)
    assert client.scan(TableName=pair[1])["Count"] == 1


def test_an_on_demand_table_is_bounded_by_its_maximum_only(enforcing, refused):
    _, client = enforcing
    client.create_table(TableName="demand", BillingMode="PAY_PER_REQUEST", **KEY)
    for _ in range(3):
        put(client, "demand", 1024 * 390)
    client.update_table(TableName="demand", OnDemandThroughput={"MaxWriteRequestUnits": 1})
    put(client, "demand", MUCH)
    answer = refused(put, client=client, table="demand")
    assert (answer["code"], answer["message"]) == ("ThrottlingException", BOUND)
    assert reason_of(answer) == ("TableWriteMaxOnDemandThroughputExceeded", "demand")
    for _ in range(3):
        get(client, "demand")


def test_an_index_has_buckets_of_its_own(enforcing, refused):
    _, client = enforcing
    index = {"IndexName": "all", "KeySchema": KEY["KeySchema"], "Projection": {"ProjectionType": "ALL"},
             "ProvisionedThroughput": units(1, 1)}
    client.create_table(TableName="indexed", ProvisionedThroughput=units(1000, 1000), GlobalSecondaryIndexes=[index], **KEY)
    put(client, "indexed", MUCH)
    answer = refused(put, client=client, table="indexed")
    assert (answer["message"], reason_of(answer)) == (
        INDEX, ("IndexWriteProvisionedThroughputExceeded", "indexed/index/all"))
    for _ in range(7):  # about 49 units each
        client.scan(TableName="indexed", IndexName="all")
    assert reason_of(refused(client.scan, TableName="indexed", IndexName="all"))[0] == (
        "IndexReadProvisionedThroughputExceeded")
    client.scan(TableName="indexed")


def throttles(server, client, refused, size):
    """{(metric name, *its dimensions): sum} of a refused write of that size of a table's index, and a read of the table."""
    index = {"IndexName": "all", "KeySchema": KEY["KeySchema"], "Projection": {"ProjectionType": "ALL"},
             "ProvisionedThroughput": units(1, 1)}
    client.create_table(TableName="counted", ProvisionedThroughput=units(1, 1000), GlobalSecondaryIndexes=[index], **KEY)
    put(client, "counted", MUCH, name="1")
    refused(put, client=client, table="counted", size=size)
    for _ in range(4):
        get(client, "counted")
    refused(get, client=client, table="counted")
    advance(server, 60_000)
    cloudwatch = boto3.client("cloudwatch", endpoint_url=server.endpoint, region_name="us-east-1",
                              aws_access_key_id="test", aws_secret_access_key="test")
    return {name: values[2] for name, values in minutes(cloudwatch, now_of(server), "AWS/DynamoDB").items()
            if "Throttle" in name[0] or name[0] == "UserErrors"}


@pytest.mark.parametrize("size", [100, 4096])
def test_refusals_are_counted_for_the_table_and_for_its_index(refused, size):
    """A large write is prepared, and refused then and when it runs: that is one refusal."""
    with serving("--enforce-throughput") as (server, client):
        table, index = ("TableName", "counted"), ("GlobalSecondaryIndexName", "all")
        assert throttles(server, client, refused, size) == {
            ("WriteThrottleEvents", index, table): 1, ("WriteProvisionedThroughputThrottleEvents", index, table): 1,
            ("ReadThrottleEvents", table): 1, ("ReadProvisionedThroughputThrottleEvents", table): 1,
            ("ThrottledRequests", ("Operation", "PutItem"), table): 1,
            ("ThrottledRequests", ("Operation", "GetItem"), table): 1}


def test_without_the_option_nobody_is_refused():
    with serving() as (_, client):
        client.create_table(TableName="free", ProvisionedThroughput=units(1, 1), **KEY)
        for _ in range(3):
            put(client, "free", 1024 * BURST_S)
            get(client, "free")


def test_a_reset_fills_the_buckets(refused):
    with serving("--enforce-throughput") as (server, client):
        for _ in range(2):
            client.create_table(TableName="abc", ProvisionedThroughput=units(1, 1), **KEY)
            put(client, "abc", MUCH)
            assert refused(put, client=client, table="abc")["code"] == "ProvisionedThroughputExceededException"
            post(server.endpoint, "/_localstack/state/reset")
