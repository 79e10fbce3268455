"""A small model of a table with secondary indexes, beside a server that has the same table.

An index always equals its table's scan: filtered by the index's key, cut down to its projection, in the order of its
sort key, with exact counts and sizes.
"""

import functools
import random

import boto3
import orderly_server
from botocore.config import Config
from botocore.exceptions import ClientError
from dynamodb_tables import has_filled_indexes

TYPES = {"a": "S", "b": "N", "c": "B", "d": "S", "e": "N"}
NUMBERS = [number for number in range(1, 99) if number % 10]
TEXTS = ["", "x", "xy", "x\0", "\0", "\x7fz", "éé"]


def value_of(dice, kind):
    if kind == "S":
        return {"S": dice.choice(TEXTS[1:])}
    if kind == "N":
        return {"N": str(dice.choice(NUMBERS))}
    return {"B": dice.choice(TEXTS[1:]).encode()}


def size_of(item):
    """As AWS counts it; numbers have no zeros at the end."""
    sizes = {"S": lambda text: len(text.encode()), "N": lambda text: 1 + (len(text) + 1) // 2, "B": len}
    return sum(len(name) + sizes[kind](content) for name, value in item.items() for kind, content in value.items())


def order_of(value):
    ((kind, content),) = value.items()
    return float(content) if kind == "N" else content.encode() if kind == "S" else content


class Index:
    def __init__(self, dice, name, local_to=None):
        names = dice.sample(sorted(TYPES), dice.randint(1, 5))
        at = dice.randint(1, min(4, len(names)))
        self.name, self.local = name, local_to is not None
        self.hash, self.range = names[:at], names[at : at + 4]
        if local_to:
            self.hash, self.range = [local_to], names[:1]
        self.projection = dice.choice(["ALL", "KEYS_ONLY", "INCLUDE"])
        self.include = dice.sample(["a", "b", "f", "g", "none"], 2) if self.projection == "INCLUDE" else []

    @property
    def keys(self):
        return self.hash + self.range

    def definition(self):
        projection = {"ProjectionType": self.projection}
        if self.include:
            projection["NonKeyAttributes"] = self.include
        return {
            "IndexName": self.name,
            "KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in self.hash]
            + [{"AttributeName": name, "KeyType": "RANGE"} for name in self.range],
            "Projection": projection,
        }

    def fits(self, name, value):
        ((kind, content),) = value.items()
        return name not in TYPES or (kind == TYPES[name] and content not in ("", b""))

    def holds(self, item):
        return all(name in item and self.fits(name, item[name]) for name in self.keys)

    def project(self, item):
        names = {"id", "at", *self.keys, *self.include}
        return {name: value for name, value in item.items() if self.projection == "ALL" or name in names}


class World:
    """A server of its own with one table, and what the table and its indexes must have; `more`: of CreateTable."""

    def __init__(self, seed, indexes=1, **more):
        self.dice = random.Random(seed)
        self.server = orderly_server.Server().start()
        self.connect()
        self.items, self.made = {}, 0
        self.indexes = [Index(self.dice, "local", local_to="id"), *(self.new_index() for _ in range(indexes))]
        self.dynamodb.create_table(
            TableName="model",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=self.definitions({"id", "at", *(name for index in self.indexes for name in index.keys)}),
            LocalSecondaryIndexes=[self.indexes[0].definition()],
            GlobalSecondaryIndexes=[index.definition() for index in self.indexes[1:]],
            **more,
        )

    @functools.cache
    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )

    def connect(self):
        self.dynamodb = self.client("dynamodb")

    def close(self):
        """At the end of a test that has passed, and of one that has not."""
        self.server.kill()
        self.server.remove_data()

    def restart(self):
        self.server.kill()
        self.server.start()
        self.connect()

    @staticmethod
    def definitions(names):
        types = {"id": "S", "at": "N", **TYPES}
        return [{"AttributeName": name, "AttributeType": types[name]} for name in sorted(names)]

    def new_index(self):
        self.made += 1
        return Index(self.dice, f"index{self.made}")

    # --- What a client does --------------------------------------------------------------------

    def random_key(self):
        return {"id": {"S": self.dice.choice("pqrstuvw")}, "at": {"N": str(self.dice.choice(NUMBERS))}}

    def random_attributes(self):
        names = [name for name in [*TYPES, "f", "g"] if self.dice.random() < 0.75]
        found = {name: value_of(self.dice, TYPES.get(name, "S")) for name in names}
        if self.dice.random() < 0.1:
            found["f"] = {"S": self.dice.choice("xyz") * 5_000}  # stored once for all rows that keep it
        if found and self.dice.random() < 0.15:
            found[self.dice.choice(sorted(found))] = self.dice.choice([{"S": ""}, {"N": "7"}, {"S": "other"}])
        return found

    def may_change(self, before, after):
        return all(
            index.fits(name, after[name]) or before.get(name) == after[name]
            for index in self.indexes
            for name in index.keys
            if name in after
        )

    def write(self, call, key, before, after, **arguments):
        allowed = after is None or self.may_change(before, after)
        try:
            getattr(self.dynamodb, call)(TableName="model", **arguments)
        except ClientError as error:
            assert not allowed and error.response["Error"]["Code"] == "ValidationException", error
            return
        assert allowed, arguments
        self.items.pop(str(key), None)
        if after is not None:
            self.items[str(key)] = after

    def put(self):
        key = self.random_key()
        item = {**key, **self.random_attributes()}
        self.write("put_item", key, {}, item, Item=item)

    def update(self):
        key, changes = self.random_key(), self.random_attributes()
        before = self.items.get(str(key), {})
        removed = [name for name in [*TYPES, "f", "g"] if name not in changes and self.dice.random() < 0.3]
        kept = {name: value for name, value in before.items() if name not in removed}
        texts = []
        if changes:
            texts.append("SET " + ", ".join(f"{name} = :{name}" for name in changes))
        if removed:
            texts.append("REMOVE " + ", ".join(removed))
        if not changes:
            return
        values = {f":{name}": value for name, value in changes.items()}
        after = {**key, **kept, **changes}
        self.write(
            "update_item", key, before, after,
            Key=key, UpdateExpression=" ".join(texts), ExpressionAttributeValues=values,
        )

    def delete(self):
        key = self.random_key()
        self.write("delete_item", key, {}, None, Key=key)

    # --- What must be true ---------------------------------------------------------------------

    def described(self):
        return self.dynamodb.describe_table(TableName="model")["Table"]

    def is_active(self):
        return has_filled_indexes(self.dynamodb, "model")

    def read(self, call, **arguments):
        limit = self.dice.choice([40, 1000])
        pages = self.dynamodb.get_paginator(call).paginate(TableName="model", Limit=limit, **arguments)
        return [item for page in pages for item in page.get("Items", [])]

    def check_index(self, index, description):
        held = [item for item in self.items.values() if index.holds(item)]
        expected = [index.project(item) for item in held]
        found = self.read("scan", IndexName=index.name)
        assert sorted(map(repr, map(sorted_items, found))) == sorted(map(repr, map(sorted_items, expected)))
        assert (description["ItemCount"], description["IndexSizeBytes"]) == (
            len(held), sum(100 + size_of(entry) for entry in expected))
        for item in held[:3]:
            self.check_partition(index, [item[name] for name in index.hash], held)

    def check_partition(self, index, values, held):
        found = self.read(
            "query",
            IndexName=index.name,
            ScanIndexForward=(forward := self.dice.random() < 0.5),
            KeyConditionExpression=" AND ".join(f"{name} = :{name}" for name in index.hash),
            ExpressionAttributeValues={f":{name}": value for name, value in zip(index.hash, values)},
        )
        orders = [[order_of(item[name]) for name in index.range] for item in found]
        assert orders == sorted(orders, reverse=not forward)
        assert len(found) == sum([item[name] for name in index.hash] == values for item in held)

    def check(self):
        orderly_server.wait_until(self.is_active, what="ACTIVE")
        assert sorted(map(repr, map(sorted_items, self.read("scan")))) == sorted(
            map(repr, map(sorted_items, self.items.values()))
        )
        found = self.described()
        assert (found["ItemCount"], found["TableSizeBytes"]) == (
            len(self.items), sum(size_of(item) for item in self.items.values()))
        descriptions = {
            one["IndexName"]: one for one in found["GlobalSecondaryIndexes"] + found["LocalSecondaryIndexes"]
        }
        assert set(descriptions) == {index.name for index in self.indexes}
        for index in self.indexes:
            self.check_index(index, descriptions[index.name])


def sorted_items(item):
    return sorted(item.items())
