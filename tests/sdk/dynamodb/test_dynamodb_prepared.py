"""DynamoDB: a write that a worker has prepared has the same result as one that the engine does alone."""

import itertools
import random
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from counted import sums

PADDING = b" " * 3000  # more than LIMIT_UNPREPARED_BODY_BYTES


def pad(params, **_):
    params["body"] += PADDING


@pytest.fixture(scope="module")
def padded(endpoint):
    """padded() returns a new client of DynamoDB whose requests are all large enough to be prepared."""

    def make():
        client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, read_timeout=60),
        )
        client.meta.events.register("before-call.dynamodb", pad)
        return client

    return make


numbers_of_tables = itertools.count()


def new_table(dynamodb, key_type="S"):
    name = f"prepared-{next(numbers_of_tables)}"
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": key_type}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def reply_of(call, table, arguments):
    """The call's answer, without the request's id and the table's name."""
    try:
        reply = call(TableName=table, **arguments)
    except ClientError as error:
        reply = error.response
    metadata = reply.pop("ResponseMetadata")
    reply.get("ConsumedCapacity", {}).pop("TableName", None)
    return metadata["HTTPStatusCode"], reply


def random_value(pick):
    return pick.choice(
        [
            {"N": pick.choice(["1", "01.50", "1e3", "-7", "9.9e125", "bad"])},
            {"S": "x" * pick.choice([0, 1, 5000])},
            {"L": [{"N": str(i)} for i in range(pick.randrange(4))]},
            {"NS": pick.choice([["1", "2.0"], ["2", "3"], ["1", "1.0"]])},
            {"M": {"a": {"L": [{"NULL": True}] * 50}}},
            {"S": "y" * 250_000},
        ]
    )


CONDITIONS = ["attribute_exists(a)", "attribute_not_exists(id)", "a = :v", "size(b) > :v", "NOT contains(b, :v)", "a ="]
UPDATES = [
    "SET a = :v", "SET a = a + :v", "SET b = list_append(b, :v)", "SET a.a[1] = :v, c = if_not_exists(b, :v)", "REMOVE b",
    "ADD a :v", "DELETE b :v", "SET id = :v", "SET b = :v REMOVE a", "SET c = c", "SET d = :v, b = :v",
]


OPERATORS = ["EQ", "NE", "GT", "CONTAINS", "NOT_CONTAINS", "NULL", "NOT_NULL", "IN"]


def random_legacy(pick, updates):
    """The parameters from before the expressions."""
    given = {}
    if pick.random() < 0.6:
        conditions = {
            name: {"ComparisonOperator": operator, "AttributeValueList": [] if "NULL" in operator else [random_value(pick)]}
            for name, operator in zip(pick.sample("abc", 2), pick.choices(OPERATORS, k=2))
        }
        given = {"Expected": conditions, "ConditionalOperator": pick.choice(["AND", "OR"])}
    if updates:
        actions = pick.choices(["PUT", "ADD", "DELETE"], k=2)
        values = [{"Value": random_value(pick)} if pick.random() < 0.8 else {} for _ in actions]
        given["AttributeUpdates"] = {name: {"Action": action, **value} for name, action, value in zip("ab", actions, values)}
    return given


def random_request(pick):
    kind = pick.choice(["put_item", "update_item", "update_item", "update_item", "delete_item"])
    key = {"id": {"S": pick.choice("pq")}}
    arguments = {"ReturnConsumedCapacity": pick.choice(["NONE", "TOTAL", "INDEXES"])}
    texts = []
    legacy = pick.random() < 0.3
    if legacy:
        arguments.update(random_legacy(pick, kind == "update_item"))
    elif pick.random() < 0.4:
        texts.append(arguments.setdefault("ConditionExpression", pick.choice(CONDITIONS)))
    if kind == "put_item":
        arguments["Item"] = {**key, "a": random_value(pick), "b": random_value(pick)}
    else:
        arguments["Key"] = key
    if kind == "update_item" and not legacy and pick.random() < 0.95:
        texts.append(arguments.setdefault("UpdateExpression", pick.choice(UPDATES)))
    if any(":v" in text for text in texts):
        arguments["ExpressionAttributeValues"] = {":v": random_value(pick)}
    if pick.random() < 0.6:
        choices = ["ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"] if kind == "update_item" else ["ALL_OLD", "ALL_NEW"]
        arguments["ReturnValues"] = pick.choice(choices)
    if pick.random() < 0.5:
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return kind, arguments


@pytest.mark.parametrize("seed", range(4))
def test_a_prepared_write_answers_and_stores_what_an_unprepared_one_does(dynamodb, padded, seed):
    pick = random.Random(seed)
    prepared = padded()
    plain_table, prepared_table = new_table(dynamodb), new_table(dynamodb)
    statuses = set()
    for _ in range(120):
        kind, arguments = random_request(pick)
        plain_reply = reply_of(getattr(dynamodb, kind), plain_table, arguments)
        prepared_reply = reply_of(getattr(prepared, kind), prepared_table, arguments)
        assert prepared_reply == plain_reply, (kind, arguments)
        statuses.add(plain_reply[0])
        for key in "pq":
            arguments = {"Key": {"id": {"S": key}}, "ReturnConsumedCapacity": "TOTAL"}
            assert reply_of(dynamodb.get_item, prepared_table, arguments) == reply_of(
                dynamodb.get_item, plain_table, arguments
            )
    assert statuses == {200, 400}


def in_threads(count, work):
    problems = []

    def run(worker):
        try:
            work(worker)
        except Exception as problem:  # raised below, on the test's own thread
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(worker,)) for worker in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems[0]


def test_prepared_writes_that_race_come_to_what_they_do_one_after_the_other(dynamodb, padded):
    """Each update returns the item before and after it: so the updates form a chain, whatever each was prepared from."""
    table = new_table(dynamodb)
    dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}, "made": {"L": []}, "filler": {"S": "x" * 50_000}})
    left = []

    def work(worker):
        client = padded()
        for turn in range(25):
            reply = client.update_item(
                TableName=table,
                Key={"id": {"S": "a"}},
                UpdateExpression="SET made = list_append(made, :one)",
                ExpressionAttributeValues={":one": {"L": [{"S": f"{worker}/{turn}"}]}},
                ReturnValues="UPDATED_NEW",
            )
            left.append([entry["S"] for entry in reply["Attributes"]["made"]["L"]])

    in_threads(6, work)
    left.sort(key=len)
    assert [len(log) for log in left] == list(range(1, 151))
    assert all(after[:-1] == before for before, after in itertools.pairwise(left))
    stored = dynamodb.get_item(TableName=table, Key={"id": {"S": "a"}})["Item"]["made"]["L"]
    assert [entry["S"] for entry in stored] == left[-1]
    assert len(set(left[-1])) == 150


def test_of_prepared_writes_that_race_under_one_condition_each_succeeds_once(dynamodb, padded):
    """The winner deletes, puts or updates the item; no request succeeds by the item's old content."""
    table = new_table(dynamodb)
    key = {"id": {"S": "a"}}
    dynamodb.put_item(TableName=table, Item={**key, "n": {"N": "0"}})
    won = []

    def work(worker):
        client = padded()
        for seen in range(40):
            condition = {
                "TableName": table,
                "ConditionExpression": "n = :seen" if seen % 3 != 2 else "attribute_exists(id) AND n = :seen",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
            values = {":seen": {"N": str(seen)}}
            try:
                if worker % 2:
                    client.put_item(**condition, Item={**key, "n": {"N": str(seen + 1)}}, ExpressionAttributeValues=values)
                else:
                    client.update_item(
                        **condition, Key=key, UpdateExpression="SET n = n + :one",
                        ExpressionAttributeValues={**values, ":one": {"N": "1"}},
                    )
                won.append(seen)
            except client.exceptions.ConditionalCheckFailedException as refused:
                assert int(refused.response["Item"]["n"]["N"]) > seen

    in_threads(4, work)
    assert sorted(won) == list(range(40))
    assert dynamodb.get_item(TableName=table, Key=key)["Item"]["n"] == {"N": "40"}


def test_an_item_that_is_deleted_once_by_many_prepared_deletes_is_returned_once(dynamodb, padded):
    table = new_table(dynamodb)
    returned = []
    items = [{"id": {"S": str(i)}, "v": {"S": "x" * 3000}} for i in range(20)]
    for item in items:
        dynamodb.put_item(TableName=table, Item=item)

    def work(_):
        client = padded()
        for item in items:
            reply = client.delete_item(TableName=table, Key={"id": item["id"]}, ReturnValues="ALL_OLD")
            returned.extend([reply["Attributes"]] if "Attributes" in reply else [])

    in_threads(4, work)
    assert sorted(returned, key=str) == sorted(items, key=str)


def test_a_large_item_is_read_like_a_small_one(dynamodb):
    """From 32 KB on, the read moves to a worker."""
    table = new_table(dynamodb)
    key = {"id": {"S": "a"}}
    for size in [32 * 1024 - 100, 32 * 1024 + 1, 400_000]:
        item = {**key, "t": {"S": "x" * size}, "n": {"N": "5"}}
        dynamodb.put_item(TableName=table, Item=item)
        reply = dynamodb.get_item(TableName=table, Key=key, ReturnConsumedCapacity="TOTAL", ConsistentRead=True)
        assert reply["Item"] == item
        assert reply["ConsumedCapacity"]["CapacityUnits"] == -(-(size + 8 + 3) // 4096)
        assert dynamodb.get_item(TableName=table, Key=key, ProjectionExpression="n")["Item"] == {"n": {"N": "5"}}


def test_a_number_is_the_same_after_a_request_has_moved_to_a_worker(dynamodb):
    """The first run has rewritten the item already."""
    table = new_table(dynamodb, "N")
    given, told = {"id": {"N": "0012.500"}}, {"id": {"N": "12.5"}}
    filler = {"S": "x" * 40_000}
    dynamodb.put_item(TableName=table, Item={**given, "filler": filler})
    assert dynamodb.get_item(TableName=table, Key=given)["Item"] == {**told, "filler": filler}
    reply = dynamodb.update_item(
        TableName=table,
        Key=given,
        UpdateExpression="SET n = :n, filler = :text",
        ConditionExpression="id = :id",
        ExpressionAttributeValues={":n": {"N": "003.10"}, ":id": {"N": "12.50"}, ":text": {"S": "short"}},
        ReturnValues="ALL_NEW",
    )
    assert reply["Attributes"] == {**told, "n": {"N": "3.1"}, "filler": {"S": "short"}}


def test_transactions_over_large_items_that_race_happen_whole_or_conflict(client, dynamodb, padded, advance_clock, now_ms,
                                                                          wait_until):
    """Each reads 1.2 MB, so that workers compute it, again when an item has changed meanwhile; in the end it conflicts."""
    table, places, attempts = new_table(dynamodb), range(20), 10
    for place in places:
        dynamodb.put_item(TableName=table, Item={"id": {"S": str(place)}, "n": {"N": "0"}, "text": {"S": "x" * 60_000}})
    actions = [{"Update": {"TableName": table, "Key": {"id": {"S": str(place)}}, "UpdateExpression": "ADD n :one",
                           "ExpressionAttributeValues": {":one": {"N": "1"}}}} for place in places]
    done, refused = [], []

    def run(client):
        for _ in range(attempts):
            try:
                client.transact_write_items(TransactItems=actions)
                done.append(1)
            except client.exceptions.TransactionCanceledException as error:
                refused.append([(reason["Code"], reason.get("Message")) for reason in error.response["CancellationReasons"]])

    threads = [threading.Thread(target=run, args=(padded(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(refused) == 4 * attempts and done
    for reasons in refused:
        assert set(reasons) <= {("None", None), ("TransactionConflict", "Transaction is ongoing for the item")}
        assert ("None", None) in reasons and len(reasons) == len(places)
    found = [dynamodb.get_item(TableName=table, Key={"id": {"S": str(place)}})["Item"]["n"]["N"] for place in places]
    assert found == [str(len(done))] * len(places)
    conflicts = sum(code == "TransactionConflict" for reasons in refused for code, _ in reasons)
    advance_clock(60)

    def counted():
        found = sums(client("cloudwatch"), now_ms(), "AWS/DynamoDB", TableName=table)
        return "ConsumedWriteCapacityUnits" in found and found.get("TransactionConflict", 0) == conflicts

    assert wait_until(counted)
