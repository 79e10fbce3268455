"""DynamoDB: indexes of items with long keys."""

import pytest
from changes import OwnServer

NAMES = ("id", "at", "kind", "sort")
GLOBAL, LOCAL = "by-kind", "by-sort"


def schema(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def index(name, *keys, projection="ALL"):
    return {"IndexName": name, "KeySchema": schema(*keys), "Projection": {"ProjectionType": projection}}


def place(item):
    return item["id"]["S"], item["at"]["S"]


class Table(OwnServer):
    @property
    def dynamodb(self):
        return self.client("dynamodb")

    def make(self, globals_=(index(GLOBAL, "kind", "sort"),), **more):
        self.dynamodb.create_table(
            TableName="long", BillingMode="PAY_PER_REQUEST", KeySchema=schema("id", "at"),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in NAMES],
            GlobalSecondaryIndexes=list(globals_), LocalSecondaryIndexes=[index(LOCAL, "id", "sort")], **more)

    def put(self, *items):
        for item in items:
            self.dynamodb.put_item(TableName="long", Item=item)

    def scanned(self, name=GLOBAL, **arguments):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName="long", IndexName=name, **arguments)
        return sorted((item for page in pages for item in page["Items"]), key=place)

    def queried(self, kind, size=None, forward=True):
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName="long", IndexName=GLOBAL, KeyConditionExpression="kind = :k", ScanIndexForward=forward,
            ExpressionAttributeValues={":k": {"S": kind}}, PaginationConfig={"PageSize": size})
        return [item for page in pages for item in page["Items"]]

    def selected(self, kind, size):
        arguments = {"Statement": f'SELECT * FROM "long"."{GLOBAL}" WHERE kind = ? ORDER BY sort',
                     "Parameters": [{"S": kind}], "Limit": size}
        items, token = [], {}
        while token is not None:
            reply = self.dynamodb.execute_statement(**arguments, **token)
            items += reply["Items"]
            token = {"NextToken": reply["NextToken"]} if "NextToken" in reply else None
        return items


@pytest.fixture
def own():
    table = Table()
    yield table
    table.end()


def item(id_, at, kind, sort):
    return {name: {"S": text} for name, text in zip(NAMES, (id_, at, kind, sort))}


# --- Places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shortens", [1, 0])  # 0: an index of a database from before
def test_items_with_keys_of_any_length_are_found_by_indexes(own, shortens):
    own.make()
    own.change(f"update dynamodb_index set shortens = {shortens}")
    lengths = (1, 128, 129, 2047)
    items = [item(f"{i}" + "i" * n, "a" * 1000 + letter, letter * n, f"{i % 3}" * 1024)
             for n in lengths for letter in "kl" for i in range(4)]
    own.put(*items)
    assert own.scanned() == own.scanned(LOCAL) == own.scanned(Limit=5) == sorted(items, key=place)
    for n in lengths:
        for kind in ("k" * n, "l" * n):
            wanted = sorted((one for one in items if one["kind"]["S"] == kind), key=place)
            found = own.queried(kind)
            assert sorted(found, key=place) == wanted and [one["sort"]["S"] for one in found] == sorted(one["sort"]["S"] for one in wanted)
            assert own.queried(kind, 1) == own.selected(kind, 1) == found
            assert own.queried(kind, 1, forward=False) == own.queried(kind, forward=False) == found[::-1]
    for one in items:
        own.put({**one, "kind": {"S": "m" * 2048}})
    assert len(own.queried("m" * 2048)) == len(own.scanned()) == len(items)
    for one in items:
        own.dynamodb.delete_item(TableName="long", Key={name: one[name] for name in ("id", "at")})
    assert own.scanned() == own.scanned(LOCAL) == [] and own.rows("select * from dynamodb_entry") == []


@pytest.mark.parametrize("length, stored", [(128, 4 + 128), (129, 4 + 129), (2048, 4 + 129)])
def test_the_place_of_an_entry_has_no_long_partition_key(own, length, stored):
    own.make()
    own.put(item("a", "b", "k" * length, "s"))
    [(hash_key,)] = own.rows(f"select hash_key from dynamodb_entry join dynamodb_index on index_id = id where name = '{GLOBAL}'")
    assert len(hash_key) == stored and hash_key[4:101] == b"k" * 97
    assert (hash_key[101:] == b"k" * (length - 97)) == (length == 128)


@pytest.mark.parametrize("length, stored", [(128 - 5, 128), (128 - 4, 129), (2048, 129)])  # 2 bytes end each key, and one is "b"
def test_the_place_of_an_entry_has_no_long_key_of_the_table(own, length, stored):
    own.make()
    own.put(item("i" * length, "b", "k", "s"))
    [(range_key,)] = own.rows(f"select range_key from dynamodb_entry join dynamodb_index on index_id = id where name = '{GLOBAL}'")
    assert range_key[:3] == b"s\0\1" and len(range_key) == 3 + stored


def test_a_database_from_before_keeps_whole_keys_in_its_indexes(own):
    own.make()
    own.put(item("i" * 200, "b", "k" * 200, "s"))
    own.change("delete from dynamodb_entry", "alter table dynamodb_index drop column shortens",
               "update schema_version set version = 13 where name = 'dynamodb'")
    own.put(item("i" * 200, "c", "k" * 200, "s"))
    assert {len(key) for (key,) in own.rows("select hash_key from dynamodb_entry")} == {204}
