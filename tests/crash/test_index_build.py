"""An index that is built for a table with items survives kills in the middle of its building."""

import changes
import orderly_server
from wire_client import WireClient

TABLE, INDEX = "crash-index", "by-group"
ITEMS, BATCH, KILLS = 10_000, 25, 4


def item(number, group):
    return {"id": {"S": f"{number:05}"}, "group": {"S": f"g{group}"}}


def make_table(client):
    client.dynamodb(
        "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    for first in range(0, ITEMS, BATCH):
        client.dynamodb("BatchWriteItem", RequestItems={TABLE: [
            {"PutRequest": {"Item": item(number, number % 7)}} for number in range(first, first + BATCH)]})


def make_index(client):
    client.dynamodb("UpdateTable", TableName=TABLE, AttributeDefinitions=[
        {"AttributeName": name, "AttributeType": "S"} for name in ("id", "group")],
        GlobalSecondaryIndexUpdates=[{"Create": {
            "IndexName": INDEX, "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}}}])


def index_status(client):
    return client.dynamodb("DescribeTable", TableName=TABLE)["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"]


def items(client, **index):
    found, page = [], {}
    while not found or "LastEvaluatedKey" in page:
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}
        page = client.dynamodb("Scan", TableName=TABLE, **index, **start)
        found += page["Items"]
    return sorted((one["id"]["S"], one["group"]["S"]) for one in found)


def test_an_index_equals_its_table_although_the_server_is_killed_while_it_is_built(server):
    client, unfinished = WireClient(server.port), 0
    make_table(client)
    server.stop()
    server.environment = changes.ALWAYS_OVER  # the index is built in the smallest steps: it lasts beyond the last kill
    server.start()
    client = WireClient(server.port)
    make_index(client)
    for kill in range(KILLS):
        server.kill()
        if kill == KILLS - 1:
            server.environment = {}
        server.start()
        client = WireClient(server.port)
        unfinished += index_status(client) == "CREATING"
        for number in range(kill, ITEMS, ITEMS // 10):  # some before and some behind what the index has
            client.dynamodb("PutItem", TableName=TABLE, Item=item(number, 10 + kill))
        client.dynamodb("DeleteItem", TableName=TABLE, Key={"id": {"S": f"{ITEMS - 1 - kill:05}"}})
    assert unfinished == KILLS
    orderly_server.wait_until(lambda: index_status(client) == "ACTIVE", what="the index")
    everything = items(client)
    assert len(everything) == ITEMS - KILLS
    assert items(client, IndexName=INDEX) == everything
