"""Tables for tests about several tables."""

import contextlib


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
