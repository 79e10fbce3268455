"""DynamoDB as boto3 sees it."""

import json
import random
import threading
import zlib
from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from orderly_fixtures import ACCOUNT


@pytest.fixture
def make_table(dynamodb, unique):
    """make_table(hash=("id", "S"), sort=None) returns the name of a new table."""
    made = []

    def make(hash=("id", "S"), sort=None, **more):
        keys = [hash] + ([sort] if sort else [])
        name = f"t{len(made)}.{unique('t')}"
        arguments = {"BillingMode": "PAY_PER_REQUEST", **more}
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for (key, _), kind in zip(keys, ("HASH", "RANGE"))
            ],
            **arguments,
        )
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        made.append(name)
        return name

    yield make
    for name in made:
        try:
            dynamodb.delete_table(TableName=name)
        except ClientError:  # deleted already, or protected
            pass


def put(dynamodb, table, **item):
    return dynamodb.put_item(TableName=table, Item=item)


def get(dynamodb, table, **key):
    return dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def pages_of(call, **arguments):
    """Every reply of a paged read, following LastEvaluatedKey."""
    replies, more = [], {}
    while True:
        reply = call(**arguments, **more)
        replies.append(reply)
        if "LastEvaluatedKey" not in reply:
            return replies
        more = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


def of_partition(table, value, name="id", **more):
    return {
        "TableName": table,
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": name},
        "ExpressionAttributeValues": {":value": value},
        **more,
    }


# --- Tables ------------------------------------------------------------------------------------


def test_a_new_table_is_described_as_it_was_asked_for(dynamodb, make_table):
    name = make_table(("orderId", "S"), ("at", "N"))
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["TableName"] == name
    assert table["TableStatus"] == "ACTIVE"
    assert table["TableArn"] == f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}"
    assert table["KeySchema"] == [
        {"AttributeName": "orderId", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ]
    assert sorted(one["AttributeName"] for one in table["AttributeDefinitions"]) == ["at", "orderId"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["ItemCount"] == 0 and table["TableSizeBytes"] == 0
    assert len(table["TableId"]) == 36
    assert table["CreationDateTime"]
    assert table["DeletionProtectionEnabled"] is False


def test_a_table_with_provisioned_throughput_says_so(dynamodb, make_table):
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}
    name = make_table(BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    described = dynamodb.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
    assert (described["ReadCapacityUnits"], described["WriteCapacityUnits"]) == (5, 7)
    assert described["NumberOfDecreasesToday"] == 0


@pytest.mark.parametrize(
    "settings, reads, writes",
    [
        ({"BillingMode": "PAY_PER_REQUEST"}, 12000, 4000),
        (
            {
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
            },
            5,
            7,
        ),
    ],
)
def test_only_describe_table_shows_the_warm_throughput(dynamodb, unique, settings, reads, writes):
    name = unique("warm")
    created = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        **settings,
    )
    described = dynamodb.describe_table(TableName=name)["Table"]
    deleted = dynamodb.delete_table(TableName=name)
    assert described["WarmThroughput"] == {
        "ReadUnitsPerSecond": reads,
        "WriteUnitsPerSecond": writes,
        "Status": "ACTIVE",
    }
    assert "WarmThroughput" not in created["TableDescription"]
    assert "WarmThroughput" not in deleted["TableDescription"]


def test_a_table_cannot_be_created_twice(dynamodb, make_table, refused):
    name = make_table()
    error = refused(
        dynamodb.create_table,
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert (error["code"], error["status"]) == ("ResourceInUseException", 400)
    assert error["message"] == f"Table already exists: {name}"


def attributes_defined(count):
    return [{"AttributeName": f"a{number}", "AttributeType": "S"} for number in range(count)]


@pytest.mark.parametrize(
    "change, text",
    [
        ({"AttributeDefinitions": [{"AttributeName": "other", "AttributeType": "S"}]}, "One or more parameter values were invalid: "),
        (
            {
                "AttributeDefinitions": [
                    {"AttributeName": "id", "AttributeType": "S"},
                    {"AttributeName": "unused", "AttributeType": "S"},
                ]
            },
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly "
            "match number of attributes defined in AttributeDefinitions",
        ),
        (
            {"AttributeDefinitions": attributes_defined(167)},
            "One or more parameter values were invalid: Some index key attributes are not defined in "
            "AttributeDefinitions. Keys: [id], AttributeDefinitions: [",
        ),
        (
            {"AttributeDefinitions": attributes_defined(168)},
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly "
            "match number of attributes defined in AttributeDefinitions",
        ),
        (
            {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}] * 11},
            "1 validation error detected: Value '["
            + ", ".join(["KeySchemaElement(attributeName=id, keyType=HASH)"] * 10)
            + "]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
        ),
        (
            {"BillingMode": "PROVISIONED"},
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
            "specified when BillingMode is PROVISIONED",
        ),
        (
            {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in ("id", "b", "c")]},
            "1 validation error detected: Value '[KeySchemaElement(attributeName=id, keyType=HASH), "
            "KeySchemaElement(attributeName=b, keyType=HASH), KeySchemaElement(attributeName=c, "
            "keyType=HASH)]' at 'keySchema' failed to satisfy constraint: Member must have length less than "
            "or equal to 2",
        ),
        ({"TableName": "no spaces"}, ""),
        ({"TableName": "ab"}, ""),
        ({"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "BOOL"}]}, "1 validation error detected: "),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(dynamodb, unique, refused, change, text):
    plain = boto3.client(
        "dynamodb",
        endpoint_url=dynamodb.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=boto3.session.Config(parameter_validation=False, retries={"max_attempts": 0}),
    )
    arguments = {
        "TableName": unique(),
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        **change,
    }
    error = refused(plain.create_table, **arguments)
    assert (error["code"], error["status"]) == ("ValidationException", 400)
    assert error["message"].startswith(text)
    assert refused(dynamodb.describe_table, TableName=unique())["code"] == "ResourceNotFoundException"


def test_a_missing_table_is_said_to_be_missing(dynamodb, refused):
    key = {"id": {"S": "x"}}
    name = "nowhere-to-be-found"
    for call in (dynamodb.describe_table, dynamodb.delete_table):
        error = refused(call, TableName=name)
        assert (error["code"], error["status"]) == ("ResourceNotFoundException", 400)
        assert error["message"] == f"Requested resource not found: Table: {name} not found"
    for call, arguments in [
        (dynamodb.put_item, {"Item": key}),
        (dynamodb.get_item, {"Key": key}),
        (dynamodb.delete_item, {"Key": key}),
        (dynamodb.scan, {}),
        (dynamodb.query, {k: v for k, v in of_partition(name, {"S": "x"}).items() if k != "TableName"}),
    ]:
        error = refused(call, TableName=name, **arguments)
        assert (error["code"], error["message"]) == ("ResourceNotFoundException", "Requested resource not found")


def test_a_deleted_table_is_gone_with_its_items(dynamodb, make_table):
    name = make_table()
    put(dynamodb, name, id={"S": "a"})
    described = dynamodb.describe_table(TableName=name)["Table"]
    deleted = {**described, "TableStatus": "DELETING"}
    for gone in ("AttributeDefinitions", "KeySchema", "CreationDateTime", "WarmThroughput"):
        del deleted[gone]
    assert dynamodb.delete_table(TableName=name)["TableDescription"] == deleted
    dynamodb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    assert name not in dynamodb.list_tables()["TableNames"]
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert get(dynamodb, name, id={"S": "a"}) is None


def test_a_protected_table_stays(dynamodb, make_table, refused):
    name = make_table(DeletionProtectionEnabled=True)
    error = refused(dynamodb.delete_table, TableName=name)
    assert (error["code"], error["message"]) == (
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
        "first.",
    )
    assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True


def test_tables_are_listed_in_order_and_by_page(dynamodb, make_table):
    names = sorted(make_table() for _ in range(3))
    listed = [name for page in dynamodb.get_paginator("list_tables").paginate(Limit=2) for name in page["TableNames"]]
    assert set(names) <= set(listed) and listed == sorted(listed)
    page = dynamodb.list_tables(ExclusiveStartTableName=names[0], Limit=1)
    assert page["TableNames"] == [names[1]]
    assert page["LastEvaluatedTableName"] == names[1]


def test_regions_and_accounts_have_tables_of_their_own(client, make_table):
    name = make_table()
    assert name not in client("dynamodb", region_name="eu-west-1").list_tables()["TableNames"]
    assert name not in client("dynamodb", aws_access_key_id="123456789012").list_tables()["TableNames"]


def test_a_table_may_be_named_by_its_arn(dynamodb, make_table):
    name = make_table()
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}"
    put(dynamodb, arn, id={"S": "a"})
    assert get(dynamodb, name, id={"S": "a"}) == {"id": {"S": "a"}}


# # --- Items: values -----------------------------------------------------------------------------

EVERYTHING = {
    "id": {"S": "everything"},
    "string": {"S": 'quote " backslash \\ newline \n é 漢字 𝄞'},
    "empty": {"S": ""},
    "number": {"N": "12.5"},
    "binary": {"B": bytes(range(256))},
    "no bytes": {"B": b""},
    "true": {"BOOL": True},
    "false": {"BOOL": False},
    "null": {"NULL": True},
    "strings": {"SS": ["a", "b", "c"]},
    "numbers": {"NS": ["-1", "0", "2.5"]},
    "binaries": {"BS": [b"\x00", b"\xff\x01"]},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"L": []}, {"M": {}}, {"NULL": True}]},
    "map": {"M": {"inner": {"M": {"deeper": {"BS": [b"z"]}}}, " ": {"S": "a blank name"}}},
    "ünïcode name.with-dots": {"S": "y"},
}


def normal(value):
    """An attribute value with its sets sorted."""
    (kind, content), = value.items()
    if kind in ("SS", "NS", "BS"):
        return {kind: sorted(content)}
    if kind == "L":
        return {kind: [normal(one) for one in content]}
    if kind == "M":
        return {kind: {name: normal(one) for name, one in content.items()}}
    return value


def test_every_type_comes_back_as_it_was_put(dynamodb, make_table):
    table = make_table()
    dynamodb.put_item(TableName=table, Item=EVERYTHING)
    item = get(dynamodb, table, id={"S": "everything"})
    assert normal({"M": item}) == normal({"M": EVERYTHING})


@pytest.mark.parametrize(
    "sent, stored",
    [
        ("0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("1.50", "1.5"),
        ("+3", "3"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("12E-4", "0.0012"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("-0.00000000000000000000000000000000000001", "-0.00000000000000000000000000000000000001"),
        ("1234567890123456789.0123456789012345678", "1234567890123456789.0123456789012345678"),
        ("100000000000000000000000000000000000000000", "100000000000000000000000000000000000000000"),
        ("9.9999999999999999999999999999999999999E+125", "99999999999999999999999999999999999999" + "0" * 88),
        ("1E-130", "0." + "0" * 129 + "1"),
    ],
)
def test_numbers_keep_38_digits_and_are_written_plainly(dynamodb, make_table, sent, stored):
    table = make_table()
    put(dynamodb, table, id={"S": "n"}, n={"N": sent}, s={"NS": [sent]}, l={"L": [{"N": sent}]})
    item = get(dynamodb, table, id={"S": "n"})
    assert item["n"] == {"N": stored}
    assert item["s"] == {"NS": [stored]}
    assert item["l"] == {"L": [{"N": stored}]}


@pytest.mark.parametrize(
    "number, message",
    [
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("0." + "1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("-1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("1E-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        ("twelve", "The parameter cannot be converted to a numeric value: twelve"),
        ("", "The parameter cannot be converted to a numeric value: "),
        ("1 2", "The parameter cannot be converted to a numeric value: 1 2"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        ("Infinity", "The parameter cannot be converted to a numeric value: Infinity"),
        ("0x10", "The parameter cannot be converted to a numeric value: 0x10"),
    ],
)
def test_what_is_no_number_in_range_is_refused(dynamodb, make_table, refused, number, message):
    table = make_table()
    error = refused(put, dynamodb=dynamodb, table=table, id={"S": "n"}, n={"N": number})
    assert (error["code"], error["status"]) == ("ValidationException", 400)
    assert error["message"] == f"1 validation error detected: {message}"
    assert get(dynamodb, table, id={"S": "n"}) is None


@pytest.mark.parametrize(
    "value, text",
    [
        ({"SS": []}, "may not be empty"),
        ({"NS": []}, "may not be empty"),
        ({"BS": []}, "not be empty"),
        ({"SS": ["a", "a"]}, "contains duplicates"),
        ({"NS": ["1", "1.0"]}, "contains duplicates"),
        ({"BS": [b"a", b"a"]}, "contains duplicates"),
        ({"NULL": False}, "Null attribute value types must have the value of true"),
        ({"L": [{"M": {"deep": {"SS": []}}}]}, "may not be empty"),
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
    ],
)
def test_a_value_outside_the_rules_is_refused(dynamodb, make_table, refused, value, text):
    table = make_table()
    error = refused(put, dynamodb=dynamodb, table=table, id={"S": "x"}, value=value)
    assert (error["code"], error["status"]) == ("ValidationException", 400)
    assert text in error["message"]
    assert get(dynamodb, table, id={"S": "x"}) is None


def nested(levels):
    value = {"S": "bottom"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


def test_lists_and_maps_may_be_nested_32_levels_deep(dynamodb, make_table, refused):
    table = make_table()
    put(dynamodb, table, id={"S": "deep"}, value=nested(31))
    assert get(dynamodb, table, id={"S": "deep"})["value"] == nested(31)
    for levels in (32, 40, 62, 63, 120):
        error = refused(put, dynamodb=dynamodb, table=table, id={"S": "deeper"}, value=nested(levels))
        assert error["code"] == "ValidationException"
        assert error["message"] == (
            "1 validation error detected: Nesting Levels have exceeded supported limits: Attributes in the item have "
            "nested levels beyond supported limit"
        )


def test_an_item_may_be_400_kib_and_no_more(dynamodb, make_table, refused):
    table = make_table()
    room = 400 * 1024 - len("id") - len("a") - len("payload")
    put(dynamodb, table, id={"S": "a"}, payload={"S": "x" * room})
    assert len(get(dynamodb, table, id={"S": "a"})["payload"]["S"]) == room
    error = refused(put, dynamodb=dynamodb, table=table, id={"S": "b"}, payload={"S": "x" * (room + 1)})
    assert (error["code"], error["message"]) == (
        "ValidationException",
        "Item size has exceeded the maximum allowed size",
    )
    assert get(dynamodb, table, id={"S": "b"}) is None


# --- Items: keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item, message",
    [
        ({"other": {"S": "x"}}, "One or more parameter values were invalid: Missing the key id in the item"),
        (
            {"id": {"N": "1"}},
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N",
        ),
        (
            {"id": {"S": ""}},
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
            "an empty string value. Key: id",
        ),
    ],
)
def test_an_item_without_a_proper_key_is_refused(dynamodb, make_table, refused, item, message):
    error = refused(dynamodb.put_item, TableName=make_table(), Item=item)
    assert (error["code"], error["status"], error["message"]) == ("ValidationException", 400, message)


@pytest.mark.parametrize(
    "key", [{"other": {"S": "x"}}, {"id": {"N": "1"}}, {"id": {"S": "x"}, "more": {"S": "y"}}, {}]
)
def test_a_key_that_does_not_match_the_schema_is_refused(dynamodb, make_table, refused, key):
    table = make_table()
    for call in (dynamodb.get_item, dynamodb.delete_item):
        error = refused(call, TableName=table, Key=key)
        assert (error["code"], error["status"]) == ("ValidationException", 400)
        assert error["message"] in (
            "The provided key element does not match the schema",
            "The number of conditions on the keys is invalid",
        )


def test_a_partition_key_may_be_2048_bytes_and_a_sort_key_1024(dynamodb, make_table, refused):
    table = make_table(sort=("at", "S"))
    key = {"id": {"S": "k" * 2048}, "at": {"S": "s" * 1024}}
    put(dynamodb, table, **key)
    assert get(dynamodb, table, **key) == key
    for name, length in (("id", 2049), ("at", 1025)):
        error = refused(put, dynamodb=dynamodb, table=table, **{**key, name: {"S": "x" * length}})
        assert error["code"] == "ValidationException"
        assert error["message"] in (
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
            "One or more parameter values were invalid: "
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        )


@pytest.mark.parametrize(
    "kind, one, same, other",
    [
        ("N", {"N": "1"}, {"N": "1.0"}, {"N": "10"}),
        ("B", {"B": b"\x00\xff"}, {"B": b"\x00\xff"}, {"B": b"\x00"}),
        ("S", {"S": "é"}, {"S": "é"}, {"S": "e\u0301"}),
    ],
)
def test_keys_of_every_type_find_their_item(dynamodb, make_table, kind, one, same, other):
    table = make_table(("id", kind))
    put(dynamodb, table, id=one, v={"S": "first"})
    put(dynamodb, table, id=other, v={"S": "other"})
    put(dynamodb, table, id=same, v={"S": "second"})
    assert get(dynamodb, table, id=one)["v"] == {"S": "second"}
    assert get(dynamodb, table, id=other)["v"] == {"S": "other"}
    assert dynamodb.scan(TableName=table)["Count"] == 2


# --- Items: putting, deleting ------------------------------------------------------------------


def test_a_put_replaces_the_whole_item_and_can_answer_the_old_one(dynamodb, make_table):
    table = make_table()
    put(dynamodb, table, id={"S": "a"}, old={"S": "gone"})
    new = {"id": {"S": "a"}, "new": {"N": "1"}}
    reply = dynamodb.put_item(TableName=table, Item=new, ReturnValues="ALL_OLD")
    assert reply["Attributes"] == {"id": {"S": "a"}, "old": {"S": "gone"}}
    assert get(dynamodb, table, id={"S": "a"}) == new
    reply = dynamodb.put_item(TableName=table, Item={"id": {"S": "b"}}, ReturnValues="ALL_OLD")
    assert "Attributes" not in reply


def test_a_put_cannot_answer_the_new_item(dynamodb, make_table, refused):
    error = refused(
        dynamodb.put_item, TableName=make_table(), Item={"id": {"S": "a"}}, ReturnValues="ALL_NEW"
    )
    assert (error["code"], error["message"]) == (
        "ValidationException",
        "1 validation error detected: ReturnValues can only be ALL_OLD or NONE",
    )
    error = refused(
        dynamodb.put_item, TableName="any", Item={"id": {"S": "a"}}, ReturnValues="NEW"
    )
    assert error["message"] == (
        "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: "
        "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
    )


def test_a_deleted_item_is_gone_and_deleting_again_is_fine(dynamodb, make_table):
    table = make_table()
    item = {"id": {"S": "a"}, "n": {"N": "1"}}
    dynamodb.put_item(TableName=table, Item=item)
    key = {"id": {"S": "a"}}
    assert dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"] == item
    assert get(dynamodb, table, **key) is None
    assert "Attributes" not in dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")


def test_a_get_of_nothing_answers_no_item(dynamodb, make_table):
    assert "Item" not in dynamodb.get_item(TableName=make_table(), Key={"id": {"S": "a"}})


@pytest.mark.parametrize(
    "placeholder, name, message",
    [
        ("#" + "a" * 255, "x", "invalid key: The expression attribute map contains a key that is too long; size of key: 256"),
        ("#a-b", "x", 'invalid key: Syntax error; key: "#a-b"'),
        ("#a", "", "invalid value: Empty attribute name for key #a"),
    ],
)
def test_a_placeholder_of_a_name_must_be_one(dynamodb, make_table, refused, placeholder, name, message):
    error = refused(
        dynamodb.scan,
        TableName=make_table(),
        FilterExpression=f"attribute_exists({placeholder})",
        ExpressionAttributeNames={placeholder: name},
    )
    assert error["message"] == f"ExpressionAttributeNames contains {message}"


def test_a_placeholder_of_a_value_is_255_bytes_at_most(dynamodb, make_table, refused):
    arguments = {"TableName": make_table(), "FilterExpression": "id = :" + "a" * 254}
    dynamodb.scan(**arguments, ExpressionAttributeValues={":" + "a" * 254: {"S": "x"}})
    arguments["FilterExpression"] += "a"
    error = refused(dynamodb.scan, **arguments, ExpressionAttributeValues={":" + "a" * 255: {"S": "x"}})
    assert error["message"] == (
        "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is "
        "too long;"
    )


def test_an_update_that_only_takes_away_makes_no_item(dynamodb, make_table):
    table = make_table()
    for expression, values in (
        ("REMOVE a", None),
        ("DELETE a :set", {":set": {"SS": ["x"]}}),
    ):
        arguments = {"ExpressionAttributeValues": values} if values else {}
        reply = dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "a"}},
            UpdateExpression=expression,
            ReturnValues="ALL_NEW",
            ReturnConsumedCapacity="TOTAL",
            **arguments,
        )
        assert "Attributes" not in reply
        assert reply["ConsumedCapacity"]["CapacityUnits"] == 1
        assert get(dynamodb, table, id={"S": "a"}) is None
    reply = dynamodb.update_item(TableName=table, Key={"id": {"S": "a"}}, ReturnValues="ALL_NEW")
    assert reply["Attributes"] == {"id": {"S": "a"}} == get(dynamodb, table, id={"S": "a"})


def test_a_path_into_an_item_that_is_not_there_is_refused(dynamodb, make_table):
    table = make_table()
    for expression, values in (("REMOVE a.b", None), ("REMOVE c[0]", None), ("DELETE a.b :set", {":set": {"SS": ["x"]}})):
        arguments = {"ExpressionAttributeValues": values} if values else {}
        with pytest.raises(dynamodb.exceptions.ClientError) as refused:
            dynamodb.update_item(TableName=table, Key={"id": {"S": "a"}}, UpdateExpression=expression, **arguments)
        assert refused.value.response["Error"]["Message"] == (
            "The document path provided in the update expression is invalid for update"
        )


def test_the_keys_of_an_item_that_is_not_there_can_be_read(dynamodb, make_table):
    table = make_table()
    for expression in ("SET b = id", "SET b = if_not_exists(zz, id)"):
        key = {"id": {"S": expression}}
        reply = dynamodb.update_item(TableName=table, Key=key, UpdateExpression=expression, ReturnValues="ALL_NEW")
        assert reply["Attributes"] == {"id": {"S": expression}, "b": {"S": expression}}


# As AWS answers ScyllaDB's test_update_item_returnvalues_nested: what is at the same path after, or before the update.
@pytest.mark.parametrize("update, new, old", [
    ("SET l[1] = :v", "v", "1"), ("SET l[2] = :v", "v", "2"), ("SET l[3] = :v", "v", None), ("SET l[4] = :v", None, None),
    ("SET l[100] = :v", None, None), ("SET l[100] = :v, l[1] = :v", "v", "1"), ("REMOVE l[1]", "2", "1"), ("REMOVE l[2]", None, "2"),
    ("REMOVE l[2], l[3]", None, "2"), ("REMOVE l[3]", None, None),
])
def test_the_updated_values_of_a_list_are_those_at_the_same_places(dynamodb, make_table, update, new, old):
    table = make_table()
    values = {"ExpressionAttributeValues": {":v": {"S": "v"}}} if ":v" in update else {}
    for kind, value in (("UPDATED_NEW", new), ("UPDATED_OLD", old)):
        put(dynamodb, table, id={"S": "x"}, l={"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]})
        reply = dynamodb.update_item(TableName=table, Key={"id": {"S": "x"}}, UpdateExpression=update, ReturnValues=kind, **values)
        assert reply.get("Attributes") == (value and {"l": {"L": [{"S": value}]}})


def test_a_condition_keeps_an_item_from_being_put_twice(dynamodb, make_table, refused):
    table = make_table()
    arguments = {"TableName": table, "ConditionExpression": "attribute_not_exists(id)"}
    dynamodb.put_item(Item={"id": {"S": "a"}, "v": {"N": "1"}}, **arguments)
    error = refused(dynamodb.put_item, Item={"id": {"S": "a"}, "v": {"N": "2"}}, **arguments)
    assert (error["code"], error["status"]) == ("ConditionalCheckFailedException", 400)
    assert error["message"] == "The conditional request failed"
    assert get(dynamodb, table, id={"S": "a"})["v"] == {"N": "1"}


def test_consumed_capacity_is_told_when_asked(dynamodb, make_table):
    table = make_table()
    reply = dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"]["TableName"] == table
    assert reply["ConsumedCapacity"]["CapacityUnits"] == 1.0
    key = {"id": {"S": "a"}}
    for consistent, units in ((False, 0.5), (True, 1.0)):
        reply = dynamodb.get_item(
            TableName=table, Key=key, ConsistentRead=consistent, ReturnConsumedCapacity="TOTAL"
        )
        assert reply["ConsumedCapacity"]["CapacityUnits"] == units
    assert "ConsumedCapacity" not in dynamodb.get_item(TableName=table, Key=key)


def test_every_reply_carries_the_crc_of_its_body(make_table, endpoint):
    own = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    seen = []

    def check(response_dict, **_):
        seen.append(int(response_dict["headers"]["x-amz-crc32"]) == zlib.crc32(response_dict["body"]))

    own.meta.events.register("response-received.dynamodb", check)
    table = make_table()
    put(own, table, id={"S": "é"})
    get(own, table, id={"S": "é"})
    with pytest.raises(own.exceptions.ResourceNotFoundException):
        own.describe_table(TableName="nowhere-to-be-found")
    assert seen == [True, True, True]


def test_many_clients_put_and_read_without_losing_an_item(dynamodb, make_table):
    table = make_table()
    wrong = []

    def work(worker):
        for i in range(25):
            key = {"id": {"S": f"{worker}-{i}"}}
            put(dynamodb, table, **key, n={"N": str(i)})
            if get(dynamodb, table, **key) != {**key, "n": {"N": str(i)}}:
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(page["Count"] for page in pages_of(dynamodb.scan, TableName=table)) == 200


def test_python_values_make_the_round_trip_through_boto3s_own_types(dynamodb, make_table):
    table = make_table()
    value = {
        "id": "python",
        "price": Decimal("19.99"),
        "tags": {"a", "b"},
        "sizes": {Decimal(1), Decimal("2.5")},
        "blob": Binary(b"\x00\x01"),
        "nested": {"list": [1, None, True, {"x": "y"}]},
    }
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    dynamodb.put_item(TableName=table, Item={name: serialize(one) for name, one in value.items()})
    item = get(dynamodb, table, id={"S": "python"})
    assert {name: deserialize(one) for name, one in item.items()} == value


def test_an_update_nests_no_deeper_than_an_item_may(dynamodb, make_table):
    def nested(levels):
        return {"M": {"m": nested(levels - 1)}} if levels > 1 else {"S": "x"}

    table = make_table()
    put(dynamodb, table, id={"S": "a"}, m={"M": {}})
    arguments = {"TableName": table, "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET m.m = :v"}
    dynamodb.update_item(**arguments, ExpressionAttributeValues={":v": nested(31)})
    with pytest.raises(ClientError) as refused:
        dynamodb.update_item(**arguments, ExpressionAttributeValues={":v": nested(32)})
    assert refused.value.response["Error"]["Message"] == (
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
    )
    assert get(dynamodb, table, id={"S": "a"})["m"] == nested(32)


def consumed(call, table, mode="TOTAL", **arguments):
    return call(TableName=table, ReturnConsumedCapacity=mode, **arguments).get("ConsumedCapacity")


def item_of_size(size, one="a"):
    """Names and values count: id, its key of one letter, p, and the filling."""
    return {"id": {"S": one}, "p": {"S": "x" * (size - 4)}}


@pytest.mark.parametrize("size, units", [(1024, 1.0), (1025, 2.0), (2048, 2.0), (2049, 3.0), (400 * 1024, 400.0)])
def test_a_write_consumes_a_unit_for_each_kilobyte_begun(dynamodb, make_table, size, units):
    table = make_table()
    whole = {"TableName": table, "CapacityUnits": units}
    key, item = {"id": {"S": "a"}}, item_of_size(size)
    assert consumed(dynamodb.put_item, table, Item=item) == whole
    assert consumed(dynamodb.put_item, table, "INDEXES", Item=item) == {**whole, "Table": {"CapacityUnits": units}}
    assert consumed(dynamodb.put_item, table, "NONE", Item=item) is None
    assert consumed(dynamodb.update_item, table, Key=key, UpdateExpression="SET p = p") == whole
    assert consumed(dynamodb.put_item, table, Item=key) == whole  # the larger of the sizes before and after
    dynamodb.put_item(TableName=table, Item=item)
    assert consumed(dynamodb.update_item, table, Key=key, UpdateExpression="REMOVE p") == whole
    dynamodb.put_item(TableName=table, Item=item)
    assert consumed(dynamodb.delete_item, table, Key=key) == whole
    assert consumed(dynamodb.delete_item, table, Key=key) == {**whole, "CapacityUnits": 1.0}


@pytest.mark.parametrize("size, units", [(4096, 1.0), (4097, 2.0), (8192, 2.0), (8193, 3.0), (400 * 1024, 100.0)])
def test_a_read_consumes_a_unit_for_each_four_kilobytes_begun_or_half_of_it(dynamodb, make_table, size, units):
    table = make_table()
    dynamodb.put_item(TableName=table, Item=item_of_size(size))
    key, query = {"id": {"S": "a"}}, of_partition(table, {"S": "a"})
    del query["TableName"]
    for call, arguments in ((dynamodb.get_item, {"Key": key}), (dynamodb.query, query), (dynamodb.scan, {})):
        whole = {"TableName": table, "CapacityUnits": units / 2}
        assert consumed(call, table, **arguments) == whole
        assert consumed(call, table, ConsistentRead=False, **arguments) == whole
        whole = {"TableName": table, "CapacityUnits": units}
        assert consumed(call, table, ConsistentRead=True, **arguments) == whole
        assert consumed(call, table, "INDEXES", ConsistentRead=True, **arguments) == {
            **whole,
            "Table": {"CapacityUnits": units},
        }
        assert consumed(call, table, "NONE", **arguments) is None


def test_a_page_consumes_what_its_items_are_together(dynamodb, make_table):
    table = make_table()
    for one, size in (("a", 2000), ("b", 2000), ("c", 97)):
        dynamodb.put_item(TableName=table, Item=item_of_size(size, one))
    nothing = {"FilterExpression": "attribute_exists(nowhere)"}
    assert consumed(dynamodb.scan, table, ConsistentRead=True)["CapacityUnits"] == 2.0
    assert consumed(dynamodb.scan, table, **nothing)["CapacityUnits"] == 1.0
    dynamodb.put_item(TableName=table, Item=item_of_size(96, "c"))
    assert consumed(dynamodb.scan, table, ConsistentRead=True)["CapacityUnits"] == 1.0
    assert consumed(dynamodb.get_item, table, Key={"id": {"S": "none"}}) == {"TableName": table, "CapacityUnits": 0.5}


# --- Scan and Query ----------------------------------------------------------------------------


def test_a_scan_in_pages_sees_every_item_once(dynamodb, make_table):
    table = make_table()
    ids = {f"id-{i}" for i in range(25)}
    for one in ids:
        put(dynamodb, table, id={"S": one})
    pages = pages_of(dynamodb.scan, TableName=table, Limit=10)
    assert [page["Count"] for page in pages][:2] == [10, 10]
    assert all(page["ScannedCount"] == page["Count"] for page in pages)
    assert sorted(item["id"]["S"] for page in pages for item in page["Items"]) == sorted(ids)
    assert list(pages[0]["LastEvaluatedKey"]) == ["id"]
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == 25
    assert "Items" not in dynamodb.scan(TableName=table, Select="COUNT")


def test_a_page_ends_at_a_megabyte(dynamodb, make_table):
    table = make_table(sort=("at", "N"))
    for i in range(15):
        put(dynamodb, table, id={"S": "a"}, at={"N": str(i)}, payload={"S": "x" * 100_000})
    for pages in (
        pages_of(dynamodb.scan, TableName=table),
        pages_of(dynamodb.query, **of_partition(table, {"S": "a"})),
    ):
        assert len(pages) >= 2
        assert pages[0]["Count"] <= 11
        assert sum(page["Count"] for page in pages) == 15


def test_the_segments_of_a_parallel_scan_share_the_items(dynamodb, make_table):
    table = make_table()
    for i in range(40):
        put(dynamodb, table, id={"S": f"id-{i}"})
    segments = [
        [
            item["id"]["S"]
            for page in pages_of(dynamodb.scan, TableName=table, Segment=segment, TotalSegments=4)
            for item in page["Items"]
        ]
        for segment in range(4)
    ]
    assert sorted(one for segment in segments for one in segment) == sorted(f"id-{i}" for i in range(40))


@pytest.mark.parametrize(
    "kind, values",
    [
        ("N", ["-1E+100", "-20", "-3.5", "-3.4", "-0.001", "0", "1E-100", "0.5", "2", "10", "9E+99"]),
        ("S", ["A", "B", "a", "a\x00", "aa", "b", "é", "漢", "𝄞"]),
        ("B", [b"\x00", b"\x00\x00", b"\x00\xff", b"\x01", b"\x7f", b"\x80", b"\xff"]),
    ],
)
def test_a_query_answers_in_the_order_of_the_sort_key(dynamodb, make_table, kind, values):
    table = make_table(sort=("at", kind))
    for position in random.Random(1).sample(range(len(values)), len(values)):
        put(dynamodb, table, id={"S": "a"}, at={kind: values[position]}, position={"N": str(position)})
        put(dynamodb, table, id={"S": "b"}, at={kind: values[position]})
    query = of_partition(table, {"S": "a"})
    positions = [int(item["position"]["N"]) for item in dynamodb.query(**query)["Items"]]
    assert positions == list(range(len(values)))
    backwards = dynamodb.query(**query, ScanIndexForward=False)["Items"]
    assert [int(item["position"]["N"]) for item in backwards] == positions[::-1]


@pytest.mark.parametrize("forward", [True, False])
def test_a_query_in_pages_sees_the_partition_once_and_nothing_else(dynamodb, make_table, forward):
    table = make_table(sort=("at", "N"))
    for i in range(7):
        for partition in ("a", "ab", "b"):
            put(dynamodb, table, id={"S": partition}, at={"N": str(i)})
    pages = pages_of(dynamodb.query, **of_partition(table, {"S": "ab"}), Limit=3, ScanIndexForward=forward)
    items = [(item["id"]["S"], int(item["at"]["N"])) for page in pages for item in page["Items"]]
    assert items == [("ab", i) for i in (range(7) if forward else reversed(range(7)))]
    assert pages[0]["Count"] == 3
    assert sorted(pages[0]["LastEvaluatedKey"]) == ["at", "id"]


def test_a_query_of_an_empty_partition_answers_nothing(dynamodb, make_table):
    reply = dynamodb.query(**of_partition(make_table(), {"S": "none"}))
    assert (reply["Items"], reply["Count"], reply["ScannedCount"]) == ([], 0, 0)
    assert "LastEvaluatedKey" not in reply


@pytest.mark.parametrize(
    "change",
    [
        {"KeyConditionExpression": "#key = "},
        {"KeyConditionExpression": "#key = :missing"},
        {"KeyConditionExpression": "#missing = :value"},
        {"KeyConditionExpression": "other = :value", "ExpressionAttributeNames": None},
        {"ExpressionAttributeValues": {":value": {"N": "1"}}},
    ],
)
def test_a_query_that_makes_no_sense_is_refused(dynamodb, make_table, refused, change):
    arguments = {**of_partition(make_table(), {"S": "a"}), **change}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    error = refused(dynamodb.query, **arguments)
    assert (error["code"], error["status"]) == ("ValidationException", 400)


@pytest.mark.parametrize(
    "more, message",
    [
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES"},
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        ),
        (
            {"Select": "SPECIFIC_ATTRIBUTES"},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        ),
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "id"},
            "Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES",
        ),
        (
            {"Select": "COUNT", "AttributesToGet": ["id"]},
            "Cannot specify the AttributesToGet when choosing to get only the Count",
        ),
    ],
)
def test_what_is_selected_must_fit_what_is_projected(dynamodb, make_table, refused, more, message):
    error = refused(dynamodb.scan, TableName=make_table(), **more)
    assert (error["code"], error["message"]) == ("ValidationException", message)


# --- Permissions -------------------------------------------------------------------------------


def test_a_role_may_do_only_what_its_policy_allows(dynamodb, client, make_table, make_role, refused):
    table = make_table()
    role = make_role(allow=["dynamodb:GetItem", "sts:AssumeRole"], managed=())
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
    client("iam").update_assume_role_policy(
        RoleName=role.rsplit("/", 1)[1], PolicyDocument=json.dumps(trust)
    )
    credentials = client("sts").assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    reader = client(
        "dynamodb",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    put(dynamodb, table, id={"S": "a"})
    assert get(reader, table, id={"S": "a"}) == {"id": {"S": "a"}}
    error = refused(put, dynamodb=reader, table=table, id={"S": "b"})
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/reader"
    assert (error["code"], error["status"]) == ("AccessDeniedException", 400)
    assert error["message"] == (
        f"User: {session} is not authorized to perform: dynamodb:PutItem on resource: "
        f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table} because no identity-based policy allows "
        "the dynamodb:PutItem action"
    )
    assert get(dynamodb, table, id={"S": "b"}) is None


def test_an_attribute_that_is_defined_twice_is_named_before_the_numbers_are_compared(dynamodb, refused):
    error = refused(
        dynamodb.create_table,
        TableName="defined-twice",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}] * 2,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert (error["code"], error["message"]) == (
        "ValidationException",
        "Attribute Name is duplicated: id",
    )


# --- Paths into keys ---------------------------------------------------------------------------


def into_key(name):
    return (
        "ValidationException",
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: " + name,
    )


@pytest.mark.parametrize("path, name", [("id.x", "id"), ("id[0]", "id"), ("place.x", "place"), ("place[0].x", "place")])
@pytest.mark.parametrize(
    "operation, arguments",
    [
        ("get_item", {"Key": {}, "ProjectionExpression": "note, {path}"}),
        ("put_item", {"Item": {}, "ConditionExpression": "attribute_not_exists({path})"}),
        ("delete_item", {"Key": {}, "ConditionExpression": "NOT note = {path}"}),
        ("update_item", {"Key": {}, "UpdateExpression": "REMOVE o", "ConditionExpression": "size({path}) > size(o)"}),
        ("update_item", {"Key": {}, "UpdateExpression": "SET note = if_not_exists(o, {path})"}),
        ("scan", {"ProjectionExpression": "{path}"}),
        ("scan", {"FilterExpression": "note = o OR attribute_exists({path})"}),
        ("query", {"ProjectionExpression": "{path}"}),
    ],
)
def test_a_path_into_a_key_attribute_is_refused(dynamodb, make_table, refused, operation, arguments, path, name):
    key = {"id": {"S": "a"}, "place": {"S": "b"}}
    arguments = {
        parameter: value.format(path=path) if isinstance(value, str) else key for parameter, value in arguments.items()
    }
    if operation == "query":
        arguments |= {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": key["id"]}}
    error = refused(getattr(dynamodb, operation), TableName=make_table(sort=("place", "S")), **arguments)
    assert (error["code"], error["message"]) == into_key(name)


def test_a_batch_of_gets_refuses_a_path_into_a_key_attribute(dynamodb, make_table, refused):
    asked = {"Keys": [{"id": {"S": "a"}}], "ProjectionExpression": "id.x"}
    error = refused(dynamodb.batch_get_item, RequestItems={make_table(): asked})
    assert (error["code"], error["message"]) == into_key("id")


def test_a_path_into_an_attribute_that_is_no_key_of_this_table_is_fine(dynamodb, make_table):
    table = make_table()
    put(dynamodb, table, id={"S": "a"}, place={"M": {"x": {"S": "b"}, "id": {"S": "c"}}})
    reply = dynamodb.get_item(TableName=table, Key={"id": {"S": "a"}}, ProjectionExpression="id, place.x, place.id")
    assert reply["Item"] == {"id": {"S": "a"}, "place": {"M": {"x": {"S": "b"}, "id": {"S": "c"}}}}


def bad_expressions(*kinds):
    """Expressions of these kinds, each with a syntax error of its own."""
    texts = {"KeyConditionExpression": "id == :id", "FilterExpression": "<>", "ProjectionExpression": "a b"}
    return {kind: texts[kind] for kind in kinds}


@pytest.mark.parametrize(
    "operation, kinds, message",
    [
        (
            "query",
            ["KeyConditionExpression", "FilterExpression", "ProjectionExpression"],
            'Invalid KeyConditionExpression: Syntax error; token: "=", near: "== :id"',
        ),
        (
            "query",
            ["FilterExpression", "ProjectionExpression"],
            'Invalid FilterExpression: Syntax error; token: "<>", near: "<>"',
        ),
        (
            "scan",
            ["FilterExpression", "ProjectionExpression"],
            'Invalid FilterExpression: Syntax error; token: "<>", near: "<>"',
        ),
        ("scan", ["ProjectionExpression"], 'Invalid ProjectionExpression: Syntax error; token: "b", near: "a b"'),
    ],
)
def test_a_key_condition_is_read_before_the_filter_and_the_filter_before_the_projection(
    dynamodb, make_table, refused, operation, kinds, message
):
    arguments = bad_expressions(*kinds)
    if operation == "query":
        arguments = {
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": "a"}},
            **arguments,
        }
    error = refused(getattr(dynamodb, operation), TableName=make_table(), **arguments)
    assert (error["code"], error["message"]) == ("ValidationException", message)


@pytest.mark.parametrize(
    "sort, condition, message",
    [
        (
            ("place", "S"),
            "id = :v AND place = :v AND note = :v",
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
        ),
        (
            None,
            "id = :v AND place = :v AND note = :v AND z = :v",
            "The number of query conditions (4) exceeds the number of key attributes defined in the schema (1)",
        ),
        (("place", "S"), "id = :v AND note = :v", "Query condition missed key schema element: place"),
        (
            ("place", "S"),
            "id = :v AND place = :v AND note = :v AND note < :v",
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
        ),
    ],
)
def test_a_query_has_at_most_one_condition_for_each_key_attribute(
    dynamodb, make_table, refused, sort, condition, message
):
    error = refused(
        dynamodb.query,
        TableName=make_table(sort=sort),
        KeyConditionExpression=condition,
        ExpressionAttributeValues={":v": {"S": "a"}},
    )
    assert (error["code"], error["message"]) == ("ValidationException", message)
