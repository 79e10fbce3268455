"""Tables and servers for tests of tables."""

import contextlib
import json
import urllib.request

import boto3
from botocore.config import Config
from orderly_server import Server


@contextlib.contextmanager
def keyed_tables(dynamodb, keys_of):
    """Tables {name: names of the keys} while the block runs; `order` is a number, every other key a text."""
    for name, keys in keys_of.items():
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "N" if key == "order" else "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))])
    yield list(keys_of)
    for name in keys_of:
        dynamodb.delete_table(TableName=name)


def order(number, user="a", **more):
    """An item of a table with the keys `user` and `order`."""
    return {"user": {"S": user}, "order": {"N": str(number)}, **more}

KEY = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
INVALID = "One or more parameter values were invalid: "


def connect(endpoint, key="test"):
    """A client that leaves all checks to the server."""
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key="test", config=Config(parameter_validation=False, retries={"max_attempts": 0}))


@contextlib.contextmanager
def serving(*arguments, **environment):
    """A server of its own, and its client."""
    server = Server("--durability", "relaxed", *arguments, environment=environment).start()
    try:
        yield server, connect(server.endpoint)
    finally:
        server.end()


def advance(server, by_ms):
    server.advance_clock(by_ms / 1000)


def now_of(server):
    with urllib.request.urlopen(server.endpoint + "/_orderly/clock") as reply:
        return json.load(reply)["now_ms"]


def units(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def table_of(client, name):
    return client.describe_table(TableName=name)["Table"]


def has_filled_indexes(client, name):
    """Are all global indexes of the table ACTIVE?"""
    return all(one["IndexStatus"] == "ACTIVE" for one in table_of(client, name).get("GlobalSecondaryIndexes", []))
