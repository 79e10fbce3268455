"""DynamoDB: the parameters from before the expressions.  What refuses them is in tests/wire/dynamodb/refusals."""

import pytest
from botocore.exceptions import ClientError

ITEM = {
    "s": {"S": "hello"},
    "n": {"N": "10"},
    "b": {"B": b"hi there"},
    "ss": {"SS": ["cat", "dog"]},
    "ns": {"NS": ["2", "4"]},
    "bs": {"BS": [b"x", b"y"]},
    "l": {"L": [{"S": "cat"}, {"N": "4"}, {"BOOL": True}, {"NULL": True}]},
    "m": {"M": {"deep": {"N": "1"}}},
    "bool": {"BOOL": True},
    "null": {"NULL": True},
    "a.b": {"S": "dotted"},
}

# attribute, operator, values, does it hold for ITEM?
COMPARISONS = [
    ("s", "EQ", [{"S": "hello"}], True),
    ("s", "EQ", [{"S": "hell"}], False),
    ("n", "EQ", [{"N": "1e1"}], True),
    ("n", "EQ", [{"S": "10"}], False),
    ("b", "EQ", [{"B": b"hi there"}], True),
    ("ss", "EQ", [{"SS": ["dog", "cat"]}], True),
    ("ss", "EQ", [{"SS": ["dog"]}], False),
    ("ns", "EQ", [{"NS": ["4.0", "2"]}], True),
    ("l", "EQ", [ITEM["l"]], True),
    ("l", "EQ", [{"L": []}], False),
    ("m", "EQ", [{"M": {"deep": {"N": "1.0"}}}], True),
    ("m", "EQ", [{"M": {}}], False),
    ("bool", "EQ", [{"BOOL": True}], True),
    ("bool", "EQ", [{"BOOL": False}], False),
    ("null", "EQ", [{"NULL": True}], True),
    ("a.b", "EQ", [{"S": "dotted"}], True),
    ("none", "EQ", [{"S": "x"}], False),
    ("s", "NE", [{"S": "hell"}], True),
    ("s", "NE", [{"S": "hello"}], False),
    ("n", "NE", [{"N": "10.0"}], False),
    ("n", "NE", [{"S": "10"}], True),
    ("m", "NE", [ITEM["m"]], False),
    ("none", "NE", [{"S": "x"}], True),
    ("n", "LE", [{"N": "10"}], True),
    ("n", "LE", [{"N": "9"}], False),
    ("s", "LE", [{"S": "hello"}], True),
    ("b", "LE", [{"B": b"hi"}], False),
    ("n", "LE", [{"S": "99"}], False),
    ("none", "LE", [{"N": "10"}], False),
    ("n", "LT", [{"N": "11"}], True),
    ("n", "LT", [{"N": "10"}], False),
    ("s", "LT", [{"S": "hellp"}], True),
    ("none", "LT", [{"N": "10"}], False),
    ("n", "GE", [{"N": "10"}], True),
    ("n", "GE", [{"N": "11"}], False),
    ("b", "GE", [{"B": b"hi"}], True),
    ("none", "GE", [{"N": "0"}], False),
    ("n", "GT", [{"N": "9"}], True),
    ("n", "GT", [{"N": "10"}], False),
    ("ss", "GT", [{"S": "a"}], False),
    ("none", "GT", [{"N": "0"}], False),
    ("null", "NOT_NULL", [], True),
    ("none", "NOT_NULL", [], False),
    ("none", "NULL", [], True),
    ("null", "NULL", [], False),
    ("s", "CONTAINS", [{"S": "ell"}], True),
    ("s", "CONTAINS", [{"S": "dog"}], False),
    ("s", "CONTAINS", [{"N": "1"}], False),
    ("b", "CONTAINS", [{"B": b"the"}], True),
    ("ss", "CONTAINS", [{"S": "cat"}], True),
    ("ss", "CONTAINS", [{"S": "ca"}], False),
    ("ns", "CONTAINS", [{"N": "4.0"}], True),
    ("bs", "CONTAINS", [{"B": b"y"}], True),
    ("l", "CONTAINS", [{"N": "4"}], True),
    ("l", "CONTAINS", [{"BOOL": True}], True),
    ("l", "CONTAINS", [{"NULL": True}], True),
    ("l", "CONTAINS", [{"BOOL": False}], False),
    ("m", "CONTAINS", [{"S": "deep"}], False),
    ("none", "CONTAINS", [{"S": "x"}], False),
    ("s", "NOT_CONTAINS", [{"S": "dog"}], True),
    ("s", "NOT_CONTAINS", [{"S": "ell"}], False),
    ("s", "NOT_CONTAINS", [{"N": "1"}], True),
    ("ns", "NOT_CONTAINS", [{"N": "1"}], True),
    ("ns", "NOT_CONTAINS", [{"N": "2"}], False),
    ("l", "NOT_CONTAINS", [{"N": "1"}], True),
    ("l", "NOT_CONTAINS", [{"S": "cat"}], False),
    ("none", "NOT_CONTAINS", [{"S": "x"}], False),
    ("s", "BEGINS_WITH", [{"S": "hell"}], True),
    ("s", "BEGINS_WITH", [{"S": "ell"}], False),
    ("b", "BEGINS_WITH", [{"B": b"hi"}], True),
    ("n", "BEGINS_WITH", [{"S": "1"}], False),
    ("none", "BEGINS_WITH", [{"S": "x"}], False),
    ("n", "IN", [{"N": "9"}, {"N": "10.0"}], True),
    ("n", "IN", [{"N": "9"}, {"N": "11"}], False),
    ("s", "IN", [{"S": "hello"}], True),
    ("ns", "IN", [{"N": "2"}, {"N": "4"}], False),
    ("none", "IN", [{"S": "x"}], False),
    ("n", "BETWEEN", [{"N": "9"}, {"N": "10"}], True),
    ("n", "BETWEEN", [{"N": "10"}, {"N": "10"}], True),
    ("n", "BETWEEN", [{"N": "10.1"}, {"N": "12"}], False),
    ("n", "BETWEEN", [{"N": "1"}, {"N": "9"}], False),
    ("s", "BETWEEN", [{"S": "a"}, {"S": "i"}], True),
    ("b", "BETWEEN", [{"B": b"a"}, {"B": b"b"}], False),
    ("none", "BETWEEN", [{"N": "0"}, {"N": "99"}], False),
]


def condition(operator, *values):
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


@pytest.fixture
def table(dynamodb, unique):
    """A table of p and s with a global index of g and h and a local one of p and n."""
    name = unique("legacy")
    types = {"p": "S", "s": "N", "g": "S", "h": "S", "n": "N"}
    key = lambda first, second: [
        {"AttributeName": first, "KeyType": "HASH"},
        {"AttributeName": second, "KeyType": "RANGE"},
    ]
    all_of_it = {"ProjectionType": "ALL"}
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
        KeySchema=key("p", "s"),
        GlobalSecondaryIndexes=[{"IndexName": "global", "KeySchema": key("g", "h"), "Projection": all_of_it}],
        LocalSecondaryIndexes=[{"IndexName": "local", "KeySchema": key("p", "n"), "Projection": all_of_it}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def hash_table(dynamodb, unique):
    name = unique("legacy")
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


KEY = {"p": {"S": "a"}}


def stored(dynamodb, table, key=KEY):
    return dynamodb.get_item(TableName=table, Key=key).get("Item")


def succeeds(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ConditionalCheckFailedException", error
        return False
    return True


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return error["Message"]


# ---- conditions ----


def test_each_operator_decides_whether_a_write_is_made(dynamodb, hash_table):
    wrong = []
    for attribute, operator, values, expected in COMPARISONS:
        item = {**KEY, **ITEM}
        dynamodb.put_item(TableName=hash_table, Item=item)
        asked = {"TableName": hash_table, "Expected": {attribute: condition(operator, *values)}}
        made = [
            succeeds(dynamodb.put_item, Item=item, **asked),
            succeeds(dynamodb.update_item, Key=KEY, AttributeUpdates={"new": {"Value": {"N": "1"}}}, **asked),
            succeeds(dynamodb.delete_item, Key=KEY, **asked),
        ]
        if made != [expected] * 3 or stored(dynamodb, hash_table) != (None if expected else item):
            wrong.append((attribute, operator, values, made))
    assert not wrong


def test_each_operator_filters_scans_and_queries(dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={**KEY, **ITEM})
    wrong = []
    for attribute, operator, values, expected in COMPARISONS:
        kept = {attribute: condition(operator, *values)}
        scanned = dynamodb.scan(TableName=hash_table, ScanFilter=kept)
        queried = dynamodb.query(
            TableName=hash_table, KeyConditions={"p": condition("EQ", KEY["p"])}, QueryFilter=kept
        )
        for reply in (scanned, queried):
            if (reply["Count"], reply["ScannedCount"], len(reply["Items"])) != (expected, 1, expected):
                wrong.append((attribute, operator, values))
    assert not wrong


@pytest.mark.parametrize(
    "expected, holds",
    [
        ({"n": {"Value": {"N": "10.0"}}}, True),
        ({"n": {"Value": {"N": "11"}}}, False),
        ({"n": {"Value": {"N": "10"}, "Exists": True}}, True),
        ({"none": {"Value": {"N": "10"}}}, False),
        ({"none": {"Exists": False}}, True),
        ({"null": {"Exists": False}}, False),
        ({"n": {"ComparisonOperator": "GT", "Value": {"N": "9"}}}, True),
        ({"n": {"ComparisonOperator": "GT", "Value": {"N": "10"}}}, False),
        ({"n": {"ComparisonOperator": "NOT_NULL"}}, True),
        ({"n": {"ComparisonOperator": "NULL"}}, False),
        ({"p": {"Value": {"S": "a"}}}, True),
        ({}, True),
    ],
)
def test_a_value_or_its_existence_is_expected(expected, holds, dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={**KEY, **ITEM})
    assert succeeds(dynamodb.put_item, TableName=hash_table, Item=KEY, Expected=expected) is holds
    assert stored(dynamodb, hash_table) == (KEY if holds else {**KEY, **ITEM})


@pytest.mark.parametrize(
    "operator, holds", [(None, (True, False, False)), ("AND", (True, False, False)), ("OR", (True, True, False))]
)
def test_all_conditions_hold_or_one_of_them(operator, holds, dynamodb, hash_table):
    true, false = condition("EQ", ITEM["s"]), condition("NE", ITEM["n"])
    also_true, also_false = condition("NOT_NULL"), condition("NULL")
    given = {} if operator is None else {"ConditionalOperator": operator}
    maps = ({"s": true, "m": also_true}, {"s": true, "n": false}, {"n": false, "m": also_false})
    dynamodb.put_item(TableName=hash_table, Item={**KEY, **ITEM})
    for conditions, expected in zip(maps, holds):
        query = {"KeyConditions": {"p": condition("EQ", KEY["p"])}, "QueryFilter": conditions}
        assert dynamodb.scan(TableName=hash_table, ScanFilter=conditions, **given)["Count"] == expected
        assert dynamodb.query(TableName=hash_table, **query, **given)["Count"] == expected
        assert succeeds(
            dynamodb.update_item, TableName=hash_table, Key=KEY, Expected=conditions, **given
        ) is expected


def test_a_failed_condition_returns_the_item_that_is_asked_for(dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={**KEY, **ITEM})
    with pytest.raises(ClientError) as caught:
        dynamodb.delete_item(
            TableName=hash_table,
            Key=KEY,
            Expected={"s": {"Exists": False}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"] == {**KEY, **ITEM}


# ---- updates ----


def updated(dynamodb, table, updates, before=None, **more):
    """The reply, and the item afterwards."""
    if before is not None:
        dynamodb.put_item(TableName=table, Item={**KEY, **before})
    reply = dynamodb.update_item(TableName=table, Key=KEY, AttributeUpdates=updates, **more)
    return reply.get("Attributes"), stored(dynamodb, table)


@pytest.mark.parametrize(
    "before, update, after",
    [
        (None, {"Value": {"S": "x"}}, {"S": "x"}),
        ({"N": "1"}, {"Action": "PUT", "Value": {"L": [{"N": "1.0"}]}}, {"L": [{"N": "1"}]}),
        ({"N": "1"}, {"Action": "DELETE"}, None),
        (None, {"Action": "DELETE"}, None),
        ({"SS": ["a", "b"]}, {"Action": "DELETE", "Value": {"SS": ["b", "c"]}}, {"SS": ["a"]}),
        ({"NS": ["1", "2"]}, {"Action": "DELETE", "Value": {"NS": ["1.0", "2"]}}, None),
        (None, {"Action": "DELETE", "Value": {"SS": ["b"]}}, None),
        ({"N": "1"}, {"Action": "ADD", "Value": {"N": "2.5"}}, {"N": "3.5"}),
        ({"N": "1"}, {"Action": "ADD", "Value": {"N": "-1"}}, {"N": "0"}),
        (None, {"Action": "ADD", "Value": {"N": "3"}}, {"N": "3"}),
        ({"NS": ["1"]}, {"Action": "ADD", "Value": {"NS": ["1", "2"]}}, {"NS": ["1", "2"]}),
        (None, {"Action": "ADD", "Value": {"BS": [b"a"]}}, {"BS": [b"a"]}),
        ({"L": [{"N": "1"}]}, {"Action": "ADD", "Value": {"L": [{"N": "1"}, {"S": "x"}]}}, {"L": [{"N": "1"}, {"N": "1"}, {"S": "x"}]}),
        (None, {"Action": "ADD", "Value": {"L": [{"N": "1"}]}}, {"L": [{"N": "1"}]}),
    ],
)
def test_each_action_has_its_result(before, update, after, dynamodb, hash_table):
    old = {"other": {"S": "o"}, **({"a": before} if before else {})}
    reply, item = updated(dynamodb, hash_table, {"a": update}, old, ReturnValues="UPDATED_NEW")
    assert item == {**KEY, "other": {"S": "o"}, **({"a": after} if after else {})}
    assert reply == ({"a": after} if after else None)


def test_several_attributes_are_updated_at_once_and_from_the_old_item(dynamodb, hash_table):
    before = {"a": {"N": "1"}, "b": {"S": "x"}, "c": {"SS": ["x", "y"]}}
    updates = {
        "a": {"Action": "ADD", "Value": {"N": "1"}},
        "b": {"Action": "DELETE"},
        "c": {"Action": "DELETE", "Value": {"SS": ["x"]}},
        "d.e[0]": {"Value": {"S": "a whole name"}},
    }
    reply, item = updated(dynamodb, hash_table, updates, before, ReturnValues="UPDATED_OLD")
    assert reply == before
    assert item == {**KEY, "a": {"N": "2"}, "c": {"SS": ["y"]}, "d.e[0]": {"S": "a whole name"}}


@pytest.mark.parametrize(
    "updates, created",
    [
        ({"a": {"Value": {"S": "x"}}}, {"a": {"S": "x"}}),
        ({"a": {"Action": "ADD", "Value": {"N": "1"}}}, {"a": {"N": "1"}}),
        ({}, {}),
        ({"a": {"Action": "DELETE"}}, None),
        ({"a": {"Action": "DELETE", "Value": {"SS": ["a"]}}}, None),
    ],
)
def test_an_item_is_created_unless_something_is_only_deleted(updates, created, dynamodb, hash_table):
    _, item = updated(dynamodb, hash_table, updates)
    assert item == (None if created is None else {**KEY, **created})


@pytest.mark.parametrize(
    "before, action, value",
    [
        ({"S": "x"}, "ADD", {"N": "1"}),
        ({"N": "1"}, "ADD", {"NS": ["1"]}),
        ({"SS": ["1"]}, "ADD", {"NS": ["1"]}),
        ({"SS": ["1"]}, "ADD", {"L": [{"S": "1"}]}),
        ({"L": []}, "ADD", {"N": "1"}),
        ({"SS": ["1"]}, "DELETE", {"NS": ["1"]}),
        ({"N": "1"}, "DELETE", {"NS": ["1"]}),
    ],
)
def test_an_attribute_of_another_type_is_not_updated(before, action, value, dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={**KEY, "a": before})
    updates = {"a": {"Action": action, "Value": value}}
    said = refusal(dynamodb.update_item, TableName=hash_table, Key=KEY, AttributeUpdates=updates)
    assert said == "Type mismatch for attribute to update"
    assert stored(dynamodb, hash_table) == {**KEY, "a": before}


def test_a_sum_may_overflow_and_an_item_may_become_too_large(dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={**KEY, "n": {"N": "9e125"}, "l": {"L": [{"S": "x" * 300000}]}})
    add = lambda name, value: {name: {"Action": "ADD", "Value": value}}
    said = refusal(
        dynamodb.update_item, TableName=hash_table, Key=KEY, AttributeUpdates=add("n", {"N": "9e125"})
    )
    assert said == "Number overflow. Attempting to store a number with magnitude larger than supported range"
    said = refusal(
        dynamodb.update_item,
        TableName=hash_table,
        Key=KEY,
        AttributeUpdates=add("l", {"L": [{"S": "y" * 200000}]}),
    )
    assert said == "Item size to update has exceeded the maximum allowed size"


# ---- keys ----


@pytest.fixture
def filled(dynamodb, table):
    for s in range(1, 6):
        item = {"p": {"S": "a"}, "s": {"N": str(s)}, "n": {"N": str(10 - s)}, "g": {"S": "x"}, "h": {"S": f"h{s}x"}}
        dynamodb.put_item(TableName=table, Item={**item, "odd": {"BOOL": s % 2 == 1}})
    dynamodb.put_item(TableName=table, Item={"p": {"S": "b"}, "s": {"N": "1"}})
    return table


def found(dynamodb, table, conditions, **more):
    return [int(item["s"]["N"]) for item in dynamodb.query(TableName=table, KeyConditions=conditions, **more)["Items"]]


@pytest.mark.parametrize(
    "operator, values, expected",
    [
        ("EQ", ["3"], [3]),
        ("EQ", ["3.0"], [3]),
        ("EQ", ["9"], []),
        ("LE", ["3"], [1, 2, 3]),
        ("LT", ["3"], [1, 2]),
        ("GE", ["3"], [3, 4, 5]),
        ("GT", ["3"], [4, 5]),
        ("BETWEEN", ["2", "4"], [2, 3, 4]),
    ],
)
def test_each_operator_chooses_keys(operator, values, expected, dynamodb, filled):
    keys = {"p": condition("EQ", {"S": "a"}), "s": condition(operator, *[{"N": value} for value in values])}
    assert found(dynamodb, filled, keys) == expected
    assert found(dynamodb, filled, keys, ScanIndexForward=False) == expected[::-1]


def test_one_condition_chooses_the_partition(dynamodb, filled):
    assert found(dynamodb, filled, {"p": condition("EQ", {"S": "a"})}) == [1, 2, 3, 4, 5]
    assert found(dynamodb, filled, {"p": condition("EQ", {"S": "b"})}) == [1]


@pytest.mark.parametrize(
    "name, conditions, expected",
    [
        ("global", {"g": condition("EQ", {"S": "x"})}, [1, 2, 3, 4, 5]),
        ("global", {"g": condition("EQ", {"S": "x"}), "h": condition("BEGINS_WITH", {"S": "h3"})}, [3]),
        ("global", {"g": condition("EQ", {"S": "x"}), "h": condition("GT", {"S": "h3x"})}, [4, 5]),
        ("global", {"g": condition("EQ", {"S": "x"}), "h": condition("BETWEEN", {"S": "h2"}, {"S": "h4x"})}, [2, 3, 4]),
        ("local", {"p": condition("EQ", {"S": "a"})}, [5, 4, 3, 2, 1]),
        ("local", {"p": condition("EQ", {"S": "a"}), "n": condition("LE", {"N": "7"})}, [5, 4, 3]),
    ],
)
def test_the_keys_of_an_index_are_chosen(name, conditions, expected, dynamodb, filled):
    assert found(dynamodb, filled, conditions, IndexName=name) == expected


def test_a_key_of_an_index_has_its_own_refusals(dynamodb, filled):
    query = {"TableName": filled, "IndexName": "global"}
    g = condition("EQ", {"S": "x"})
    assert (
        refusal(dynamodb.query, KeyConditions={"p": g}, **query) == "Query condition missed key schema element: g"
    )
    assert (
        refusal(dynamodb.query, KeyConditions={"g": g, "h": condition("NE", {"S": "x"})}, **query)
        == "Attempted conditional constraint is not an indexable operation"
    )
    assert (
        refusal(dynamodb.query, KeyConditions={"g": g}, QueryFilter={"h": g}, **query)
        == "QueryFilter can only contain non-primary key attributes: Primary key attribute: h"
    )


def test_an_index_may_have_several_attributes_in_its_key(dynamodb, unique):
    name = unique("legacy")
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in "pgh"],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "both",
                "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"} for attribute in "gh"],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"p": {"S": "a"}, "g": {"S": "x"}, "h": {"S": "y"}}
    dynamodb.put_item(TableName=name, Item=item)
    g, h = condition("EQ", {"S": "x"}), condition("EQ", {"S": "y"})
    query = {"TableName": name, "IndexName": "both"}
    assert dynamodb.query(**query, KeyConditions={"g": g, "h": h})["Items"] == [item]
    assert dynamodb.query(**query, KeyConditions={"g": g, "h": g})["Items"] == []
    said = refusal(dynamodb.query, **query, KeyConditions={"g": g})
    assert said == "HASH key attributes h must have equality conditions specified in the query"
    dynamodb.delete_table(TableName=name)


def test_the_filter_of_an_index_may_be_about_the_keys_of_the_table(dynamodb, filled):
    keys = {"g": condition("EQ", {"S": "x"})}
    kept = {"s": condition("GE", {"N": "2"}), "odd": condition("EQ", {"BOOL": True})}
    assert found(dynamodb, filled, keys, IndexName="global", QueryFilter=kept) == [3, 5]
    kept = dynamodb.scan(TableName=filled, IndexName="global", ScanFilter=kept, ConditionalOperator="OR")
    assert sorted(item["s"]["N"] for item in kept["Items"]) == ["1", "2", "3", "4", "5"]


def test_pages_go_on_where_they_ended(dynamodb, filled):
    asked = {
        "TableName": filled,
        "KeyConditions": {"p": condition("EQ", {"S": "a"}), "s": condition("GT", {"N": "1"})},
        "QueryFilter": {"odd": condition("EQ", {"BOOL": True})},
        "Limit": 2,
    }
    first = dynamodb.query(**asked)
    assert [item["s"]["N"] for item in first["Items"]] == ["3"]
    assert first["LastEvaluatedKey"] == {"p": {"S": "a"}, "s": {"N": "3"}}
    second = dynamodb.query(**asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [item["s"]["N"] for item in second["Items"]] == ["5"]
    said = refusal(dynamodb.query, **asked, ExclusiveStartKey={"p": {"S": "a"}, "s": {"N": "1"}})
    assert said == "The provided starting key does not match the range key predicate"


def test_conditions_of_keys_may_be_beside_other_expressions(dynamodb, filled):
    keys = {"p": condition("EQ", {"S": "a"})}
    reply = dynamodb.query(
        TableName=filled,
        KeyConditions=keys,
        FilterExpression="odd = :t",
        ProjectionExpression="s",
        ExpressionAttributeValues={":t": {"BOOL": True}},
    )
    assert reply["Items"] == [{"s": {"N": "1"}}, {"s": {"N": "3"}}, {"s": {"N": "5"}}]
    reply = dynamodb.query(TableName=filled, KeyConditions=keys, AttributesToGet=["s"], Limit=1)
    assert reply["Items"] == [{"s": {"N": "1"}}]


# ---- long ones ----


def test_conditions_may_be_long_and_many(dynamodb, hash_table):
    dynamodb.put_item(TableName=hash_table, Item={**KEY, "n": {"N": "19999"}})
    many = condition("IN", *[{"N": str(number)} for number in range(20000)])
    assert succeeds(dynamodb.put_item, TableName=hash_table, Item=KEY, Expected={"n": many})
    several = {f"a{number}": condition("NULL") for number in range(5000)}
    assert dynamodb.scan(TableName=hash_table, ScanFilter=several)["Count"] == 1
