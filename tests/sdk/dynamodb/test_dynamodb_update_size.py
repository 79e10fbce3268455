"""DynamoDB: an UpdateItem is charged for what its expression writes, to the byte, beside the size of the item.

Recorded from AWS by paritysuite/dynamodb-conformance (itemSizeBySurface): the charges are those of us-east-1.
"""

import pytest
from botocore.exceptions import ClientError
from dynamodb_tables import keyed_tables

MOST = 400 * 1024
TOO_LARGE = "Item size to update has exceeded the maximum allowed size"
KEY = {"p": {"S": "k"}}
PAD = 3 + 19 + len("b")  # what `SET b = :pad` is charged for, beside the bytes of :pad
TEN, ONE = {"S": "y" * 10}, {"N": "1"}


@pytest.fixture
def table(dynamodb, unique):
    with keyed_tables(dynamodb, {unique("t"): ["p"]}) as (name,):
        yield name


def update(dynamodb, table, expression, values, **more):
    """The sentence that refuses the update, or None."""
    try:
        dynamodb.update_item(TableName=table, Key=KEY, UpdateExpression=expression, ExpressionAttributeValues=values, **more)
    except ClientError as error:
        return error.response["Error"]["Message"]
    return None


CHARGES = [
    ("SET c = :c", {}, {":c": {"S": "y"}}, 19 + 1 + 1),
    ("SET c = :c", {}, {":c": {"S": "y" * 500}}, 19 + 1 + 500),
    ("SET l[0] = :c", {"l": {"L": []}}, {":c": TEN}, 19 + 1 + (4 + 1) + 10),
    ("SET m.leaf = :c", {"m": {"M": {}}}, {":c": TEN}, 19 + 1 + (4 + 4) + 10),
    ("SET c = :c", {}, {":c": {"L": [TEN]}}, 19 + 1 + (3 + 1 + 10)),
    ("SET c = :c", {}, {":c": {"M": {"a": {"S": "y" * 100}}}}, 19 + 1 + (3 + 1 + 1 + 100)),
    ("SET c = abcdefghij", {"abcdefghij": TEN}, {}, 19 + 1 + (1 + 14 + 10)),
    ("SET c = m.a.z", {"m": {"M": {"a": {"M": {"z": TEN}}}}}, {}, 19 + 1 + (1 + 3 * 15)),
    ("SET c = l[10]", {"l": {"L": [{"S": "e"}] * 11}}, {}, 19 + 1 + (1 + 15 + 16)),
    ("SET l = list_append(l, :new)", {"l": {"L": [TEN]}}, {":new": {"L": [TEN]}}, 19 + 1 + 37 + 16 + 14),
    ("SET n = n + :one", {"n": {"N": "12345678901234567890"}}, {":one": ONE}, 19 + 1 + 34 + 16 + 2),
    ("SET n = n - :one", {"n": ONE}, {":one": ONE}, 19 + 1 + 37 + 16 + 2),
    ("SET c = if_not_exists(c, :v)", {}, {":v": TEN}, 19 + 1 + 39 + 16 + 10),
    ("SET c = if_not_exists(c, :v), d = if_not_exists(d, :v)", {"c": TEN, "d": TEN}, {":v": TEN}, 2 * (19 + 1 + 39 + 16 + 10)),
    ("ADD abcdefghij :one", {"abcdefghij": ONE}, {":one": ONE}, 19 + 10 + 2),
    ("ADD ss :new", {"ss": {"SS": ["p" * 5]}}, {":new": {"SS": ["s" * 500]}}, 19 + 2 + 500),
    ("REMOVE abcdefghij", {"abcdefghij": TEN}, {}, 1 + 10),
    ("REMOVE m.yyy", {"m": {"M": {"yyy": TEN}}}, {}, 1 + 1 + (4 + 3)),
    ("REMOVE l[10]", {"l": {"L": [{"S": "e"}] * 11}}, {}, 1 + 1 + (4 + 2)),
    ("DELETE ss :rm", {"ss": {"SS": ["p", "q" * 20]}}, {":rm": {"SS": ["q" * 20]}}, 1 + 2),
]


@pytest.mark.parametrize("clause, before, values, charge", CHARGES, ids=[f"{i} {row[0]}" for i, row in enumerate(CHARGES)])
def test_a_clause_is_charged_for_what_it_writes(dynamodb, table, clause, before, values, charge):
    expression = f"SET b = :pad, {clause[4:]}" if clause.startswith("SET") else f"SET b = :pad {clause}"
    dynamodb.put_item(TableName=table, Item={**KEY, **before})
    most = MOST - PAD - charge
    assert update(dynamodb, table, expression, {**values, ":pad": {"S": "x" * (most + 1)}}) == TOO_LARGE
    assert update(dynamodb, table, expression, {**values, ":pad": {"S": "x" * most}}) is None


def test_the_key_and_what_is_left_alone_count_for_the_item_only(dynamodb, table):
    left = {"u": {"S": "y" * 30}}
    item = lambda pad: {**KEY, **left, "b": {"S": "x" * pad}}
    most = MOST - len("p" + "k" + "u" + "b") - 30
    dynamodb.put_item(TableName=table, Item=item(1))
    assert update(dynamodb, table, "SET b = :pad", {":pad": {"S": "x" * (most + 1)}}) == TOO_LARGE
    assert update(dynamodb, table, "SET b = :pad", {":pad": {"S": "x" * most}}) is None
    assert dynamodb.get_item(TableName=table, Key=KEY)["Item"] == item(most)


def test_the_charge_comes_before_the_condition(dynamodb, table):
    dynamodb.put_item(TableName=table, Item={**KEY, "c": {"S": "small"}})
    huge = {":huge": {"S": "h" * (MOST + 100)}}
    for condition in ({}, {"ConditionExpression": "attribute_exists(c)"}, {"ConditionExpression": "attribute_exists(nope)"}):
        assert update(dynamodb, table, "SET c = if_not_exists(c, :huge)", huge, **condition) == TOO_LARGE


def test_other_ways_to_write_are_charged_for_the_item_only(dynamodb, table):
    fill = {"S": "x" * (MOST - len("p" + "k" + "b"))}
    assert update(dynamodb, table, "SET b = :pad", {":pad": fill}) == TOO_LARGE
    dynamodb.update_item(TableName=table, Key=KEY, AttributeUpdates={"b": {"Action": "PUT", "Value": fill}})
    dynamodb.transact_write_items(TransactItems=[{"Update": {
        "TableName": table, "Key": KEY, "UpdateExpression": "SET b = :pad", "ExpressionAttributeValues": {":pad": fill}}}])
    dynamodb.execute_statement(Statement=f'UPDATE "{table}" SET b = ? WHERE p = ?', Parameters=[fill, KEY["p"]])
    assert dynamodb.get_item(TableName=table, Key=KEY)["Item"] == {**KEY, "b": fill}
