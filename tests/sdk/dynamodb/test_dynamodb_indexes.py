"""Secondary indexes of DynamoDB tables."""

import json

import pytest
from botocore.exceptions import ClientError
from dynamodb_tables import has_filled_indexes

S, N, B = "S", "N", "B"


def schema(*names):
    """schema("h") or schema("h", "r") or schema(["a", "b"], ["c", "d"])"""
    parts = [name if isinstance(name, list) else [name] for name in names]
    return [
        {"AttributeName": name, "KeyType": kind} for part, kind in zip(parts, ("HASH", "RANGE")) for name in part
    ]


def index(name, *names, projection="ALL", include=None, **more):
    chosen = {"ProjectionType": projection}
    if include is not None:
        chosen = {"ProjectionType": "INCLUDE", "NonKeyAttributes": include}
    return {"IndexName": name, "KeySchema": schema(*names), "Projection": chosen, **more}


def definitions(**types):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


@pytest.fixture
def make_table(dynamodb, unique):
    """make_table(schema("id"), types, GlobalSecondaryIndexes=[...]) returns the name of a new table."""
    made = []

    def make(keys, types, **more):
        name = f"t{len(made)}.{unique('t')}"
        arguments = {"BillingMode": "PAY_PER_REQUEST", **more}
        dynamodb.create_table(
            TableName=name, KeySchema=keys, AttributeDefinitions=definitions(**types), **arguments
        )
        made.append(name)
        return name

    yield make
    for name in made:
        try:
            dynamodb.delete_table(TableName=name)
        except ClientError:
            pass


@pytest.fixture
def orders(make_table):
    """A table with indexes of all kinds and projections."""
    return make_table(
        schema("customer", "order"),
        {"customer": S, "order": S, "status": S, "cents": N, "placed": S},
        GlobalSecondaryIndexes=[
            index("by_status", "status", "cents"),
            index("by_placed", "placed", projection="KEYS_ONLY"),
            index("by_cents", "cents", "placed", include=["note"]),
        ],
        LocalSecondaryIndexes=[index("by_local_cents", "customer", "cents", projection="KEYS_ONLY")],
    )


def item(**values):
    """Texts, numbers and bytes as attribute values."""
    return {
        name: {"S": value} if isinstance(value, str) else {"B": value} if isinstance(value, bytes) else {"N": str(value)}
        for name, value in values.items()
    }


def put(dynamodb, table, **values):
    return dynamodb.put_item(TableName=table, Item=item(**values), ReturnConsumedCapacity="INDEXES")


def query(dynamodb, table, name, condition, values, **more):
    return dynamodb.query(
        TableName=table,
        IndexName=name,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=item(**{f":{key}": value for key, value in values.items()}),
        ReturnConsumedCapacity="INDEXES",
        **more,
    )


def described(dynamodb, table, name):
    found = dynamodb.describe_table(TableName=table)["Table"]
    every = found.get("GlobalSecondaryIndexes", []) + found.get("LocalSecondaryIndexes", [])
    return next(one for one in every if one["IndexName"] == name)


# --- Making and describing ---------------------------------------------------------------------


def test_a_table_is_described_with_its_indexes(dynamodb, orders):
    found = dynamodb.describe_table(TableName=orders)["Table"]
    arn = found["TableArn"]
    assert found["AttributeDefinitions"] == definitions(cents=N, customer=S, order=S, placed=S, status=S)
    assert found["LocalSecondaryIndexes"] == [
        {
            **index("by_local_cents", "customer", "cents", projection="KEYS_ONLY"),
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{arn}/index/by_local_cents",
        }
    ]
    assert found["GlobalSecondaryIndexes"] == [
        {
            **one,
            "IndexStatus": "ACTIVE",
            "ProvisionedThroughput": {
                "NumberOfDecreasesToday": 0,
                "ReadCapacityUnits": 0,
                "WriteCapacityUnits": 0,
            },
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{arn}/index/{one['IndexName']}",
            "WarmThroughput": {
                "ReadUnitsPerSecond": 12000,
                "WriteUnitsPerSecond": 4000,
                "Status": "ACTIVE",
            },
        }
        for one in (
            index("by_status", "status", "cents"),
            index("by_placed", "placed", projection="KEYS_ONLY"),
            index("by_cents", "cents", "placed", include=["note"]),
        )
    ]


def test_projected_attributes_are_described_in_the_order_of_their_names(dynamodb, make_table):
    table = make_table(schema("id"), {"id": S}, GlobalSecondaryIndexes=[index("by_id", "id", include=["zz", "aa", "mm"])])
    assert described(dynamodb, table, "by_id")["Projection"]["NonKeyAttributes"] == ["aa", "mm", "zz"]


def test_the_size_and_the_count_of_an_index_are_those_of_what_it_projects(dynamodb, orders):
    put(dynamodb, orders, customer="c", order="1", status="new", cents=12, placed="today", note="n", more="m" * 50)
    put(dynamodb, orders, customer="c", order="2", cents=7)
    sizes = {
        name: (described(dynamodb, orders, name)["ItemCount"], described(dynamodb, orders, name)["IndexSizeBytes"])
        for name in ("by_status", "by_placed", "by_cents", "by_local_cents")
    }
    key = len("customer" "c" "order" "1")
    cents = len("cents") + 2
    overhead = 100  # of each entry
    assert sizes == {
        "by_status": (1, key + len("status" "new" "placed" "today" "note" "n" "more") + 50 + cents + overhead),
        "by_placed": (1, key + len("placed" "today") + overhead),
        "by_cents": (1, key + cents + len("placed" "today" "note" "n") + overhead),
        "by_local_cents": (2, 2 * (key + cents + overhead)),
    }


PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}
INVALID = "One or more parameter values were invalid: "
TYPES = {"a": S, "b": S, "c": S, "d": S, "e": S, "f": S, "g": S, "h": S, "i": S, "j": S}


def names(count, prefix="x"):
    return [f"{prefix}{number}" for number in range(count)]


def test_a_provisioned_table_has_local_indexes_without_a_throughput(dynamodb, make_table):
    table = make_table(
        schema("a", "b"), {"a": "S", "b": "S", "c": "S"}, **PROVISIONED, LocalSecondaryIndexes=[index("one", "a", "c")]
    )
    [made] = dynamodb.describe_table(TableName=table)["Table"]["LocalSecondaryIndexes"]
    assert made["KeySchema"] == schema("a", "c")
    assert "ProvisionedThroughput" not in made


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"GlobalSecondaryIndexes": []}, INVALID + "List of GlobalSecondaryIndexes is empty"),
        ({"LocalSecondaryIndexes": []}, INVALID + "List of LocalSecondaryIndexes is empty"),
        (
            {"KeySchema": schema("a"), "LocalSecondaryIndexes": [index("one", "a", "c")]},
            INVALID + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ),
        (
            {"LocalSecondaryIndexes": [index("one", "a")]},
            INVALID + "Index KeySchema does not have a range key for index: one",
        ),
        (
            {"LocalSecondaryIndexes": [index("one", "b", "c")]},
            INVALID + "Index KeySchema does not have the same leading hash key as table KeySchema for index: one. "
            "index hash key: b, table hash key: a",
        ),
        (
            {"LocalSecondaryIndexes": [index(name, "a", "c") for name in names(6, "index")]},
            INVALID + "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
        ),
        (
            {"GlobalSecondaryIndexes": [index(name, "c") for name in names(21, "index")]},
            INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", "c"), index("one", "d")]},
            INVALID + "Duplicate index name: one",
        ),
        (
            {
                "LocalSecondaryIndexes": [index("one", "a", "c")],
                "GlobalSecondaryIndexes": [index("one", "d")],
            },
            INVALID + "Duplicate index name: one",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", "z")]},
            INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [z], "
            "AttributeDefinitions: [a, b, c, d, e, f, g, h, i, j]",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", "c", "c")]},
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", ["c", "c"])]},
            "The KeySchema contains multiple key attributes with the same name",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", [], "c")]},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            {
                "GlobalSecondaryIndexes": [
                    {**index("one"), "KeySchema": schema("c", "d") + schema("e")},
                ]
            },
            INVALID + "All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", list("cdefg"))]},
            INVALID + "The KeySchema exceeds the maximum allowed number of HASH key attributes",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", "c", list("defgh"))]},
            INVALID + "The KeySchema exceeds the maximum allowed number of RANGE key attributes",
        ),
        (
            {"GlobalSecondaryIndexes": [{**index("one", "c"), "Projection": {}}]},
            INVALID + "Unknown ProjectionType: null",
        ),
        (
            {
                "GlobalSecondaryIndexes": [
                    {**index("one", "c"), "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["z"]}}
                ]
            },
            INVALID + "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            {"GlobalSecondaryIndexes": [index("one", "c", projection="INCLUDE")]},
            INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            {
                "AttributeDefinitions": definitions(a=S, b=N, c=S),
                "GlobalSecondaryIndexes": [index("one", "c", include=["x", "y", "x"])],
            },
            INVALID + "Duplicate element in NonKeyAttributes: x",
        ),
        (
            {
                "GlobalSecondaryIndexes": [
                    index(name, "c", include=names(20 if at < 5 else 1)) for at, name in enumerate(names(6, "index"))
                ]
            },
            INVALID + "Number of NonKeyAttributes of all indexes exceeds per-table limit of 100",
        ),
        (
            {
                "GlobalSecondaryIndexes": [
                    index(
                        "one", "c", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
                    )
                ]
            },
            INVALID + "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST",
        ),
        (
            {**PROVISIONED, "GlobalSecondaryIndexes": [index("one", "c")]},
            INVALID + "ProvisionedThroughput is not specified for index: one",
        ),
        (
            {
                **PROVISIONED,
                "GlobalSecondaryIndexes": [
                    index("one", "c", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1000000000001})
                ],
            },
            "Given value 1000000000001 for WriteCapacityUnits is out of bounds for index one",
        ),
        (
            {
                **PROVISIONED,
                "GlobalSecondaryIndexes": [
                    index("one", "c", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                          OnDemandThroughput={"MaxReadRequestUnits": 1})
                ],
            },
            INVALID + "MaxReadRequestUnits for OnDemandThroughput for index: one cannot be specified when table BillingMode is "
            "PROVISIONED.",
        ),
        *((
            {"GlobalSecondaryIndexes": [index("one", "c", OnDemandThroughput={"MaxReadRequestUnits": bound})]},
            INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for index : one is outside of valid range",
        ) for bound in (0, -1)),
        (
            {"GlobalSecondaryIndexes": [index("one", "c")]},
            INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: "
            "[a, b, c, d, e, f, g, h, i, j], keys used: [a, b, c]",
        ),
        (
            {"GlobalSecondaryIndexes": [index("x y z", "c")]},
            "1 validation error detected: Value 'x y z' at 'globalSecondaryIndexes.1.member.indexName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
    ],
)
def test_create_table_refuses_wrong_indexes(dynamodb, unique, refused, arguments, sentence):
    arguments = {
        "TableName": unique("t"),
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": schema("a", "b"),
        "AttributeDefinitions": definitions(**TYPES),
        **arguments,
    }
    error = refused(dynamodb.create_table, **arguments)
    assert (error["code"], error["message"]) == ("ValidationException", sentence)


def test_unused_definitions_are_listed_in_the_order_of_javas_hash_tables(dynamodb, unique, refused):
    error = refused(
        dynamodb.create_table,
        TableName=unique("t"),
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema("orderId"),
        AttributeDefinitions=definitions(PK=S, h=S, a=S, unused=S, orderId=S, customerId=S, createdAt=S, status=S),
        GlobalSecondaryIndexes=[index("one", "customerId", "createdAt"), index("two", "status")],
    )
    assert error["message"].endswith("keys used: [createdAt, orderId, customerId, status]")


def test_a_table_may_have_as_many_indexes_and_key_attributes_as_aws_allows(dynamodb, make_table):
    table = make_table(
        schema("a", "b"),
        TYPES,
        LocalSecondaryIndexes=[index(name, "a", "c") for name in names(5, "local")],
        GlobalSecondaryIndexes=[index(name, list("cdef"), list("ghij")) for name in names(20, "global")],
    )
    found = dynamodb.describe_table(TableName=table)["Table"]
    assert [one["KeySchema"] for one in found["GlobalSecondaryIndexes"]] == [schema(list("cdef"), list("ghij"))] * 20
    assert len(found["LocalSecondaryIndexes"]) == 5
    put(dynamodb, table, **{name: name for name in "abcdefghij"})
    assert described(dynamodb, table, "global19")["ItemCount"] == 1


# --- Writing -----------------------------------------------------------------------------------


def test_an_item_without_a_key_attribute_is_not_in_the_index(dynamodb, orders):
    put(dynamodb, orders, customer="c", order="1", status="new")
    put(dynamodb, orders, customer="c", order="2", cents=1)
    assert described(dynamodb, orders, "by_status")["ItemCount"] == 0
    dynamodb.update_item(
        TableName=orders,
        Key=item(customer="c", order="1"),
        UpdateExpression="SET cents = :t",
        ExpressionAttributeValues={":t": {"N": "5"}},
    )
    assert query(dynamodb, orders, "by_status", "#s = :s", {"s": "new"}, ExpressionAttributeNames={"#s": "status"})[
        "Items"
    ] == [item(customer="c", order="1", status="new", cents=5)]
    dynamodb.update_item(TableName=orders, Key=item(customer="c", order="1"), UpdateExpression="REMOVE cents")
    assert described(dynamodb, orders, "by_status")["ItemCount"] == 0
    assert described(dynamodb, orders, "by_local_cents")["ItemCount"] == 1


@pytest.mark.parametrize(
    "values, sentence",
    [
        (
            {"cents": "text"},
            INVALID + "Type mismatch for Index Key cents Expected: N Actual: S IndexName: by_cents",
        ),
        ({"status": 1}, INVALID + "Type mismatch for Index Key status Expected: S Actual: N IndexName: by_status"),
        (
            {"status": ""},
            "One or more parameter values are not valid. A value specified for a secondary index key is not "
            "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
            "IndexName: by_status, IndexKey: status",
        ),
        (
            {"status": "s" * 2049, "cents": 1},
            INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            {"placed": "s" * 1025, "cents": 1},
            INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
    ],
)
def test_an_item_that_cannot_be_in_an_index_is_refused(dynamodb, orders, refused, values, sentence):
    values = {"customer": "c", "order": "1", **values}
    error = refused(dynamodb.put_item, TableName=orders, Item=item(**values))
    assert (error["code"], error["message"]) == ("ValidationException", sentence)
    if "status" in values and values["status"] == "":
        sentence = (
            "One or more parameter values are not valid. The update expression attempted to update a secondary "
            "index key to a value that is not supported. The AttributeValue for a key attribute cannot contain "
            "an empty string value."
        )
    set_all = ", ".join(f"#{name} = :{name}" for name in values if name not in ("customer", "order"))
    error = refused(
        dynamodb.update_item,
        TableName=orders,
        Key=item(customer="c", order="1"),
        UpdateExpression=f"SET {set_all}",
        ExpressionAttributeNames={f"#{name}": name for name in values if name not in ("customer", "order")},
        ExpressionAttributeValues=item(
            **{f":{name}": value for name, value in values.items() if name not in ("customer", "order")}
        ),
    )
    assert (error["code"], error["message"]) == ("ValidationException", sentence)
    assert dynamodb.scan(TableName=orders)["Count"] == 0


def test_keys_of_an_index_may_have_their_largest_sizes(dynamodb, orders):
    put(dynamodb, orders, customer="c", order="1", status="s" * 2048, cents=1, placed="p" * 1024)
    for name in ("by_status", "by_placed", "by_cents"):
        assert described(dynamodb, orders, name)["ItemCount"] == 1


def units(reply):
    consumed = reply["ConsumedCapacity"]
    parts = {"Table": consumed["Table"]["CapacityUnits"]}
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        parts |= {name: one["CapacityUnits"] for name, one in consumed.get(kind, {}).items()}
    assert consumed["CapacityUnits"] == sum(parts.values())
    return parts


def test_a_write_consumes_what_it_changes_in_the_indexes(dynamodb, orders):
    new = dict(customer="c", order="1", status="new", cents=1, note="n")
    assert units(put(dynamodb, orders, **new)) == {"Table": 1, "by_status": 1, "by_local_cents": 1}
    assert units(put(dynamodb, orders, **new)) == {"Table": 1}
    assert units(put(dynamodb, orders, **new | {"note": "other"})) == {"Table": 1, "by_status": 1}
    assert units(put(dynamodb, orders, **new | {"cents": 2})) == {"Table": 1, "by_status": 2, "by_local_cents": 2}
    assert units(put(dynamodb, orders, **new | {"cents": 2, "note": "n" * 1500})) == {"Table": 2, "by_status": 2}
    assert units(put(dynamodb, orders, **new | {"cents": 3})) == {"Table": 2, "by_status": 3, "by_local_cents": 2}
    deleted = dynamodb.delete_item(
        TableName=orders, Key=item(customer="c", order="1"), ReturnConsumedCapacity="INDEXES"
    )
    assert units(deleted) == {"Table": 1, "by_status": 1, "by_local_cents": 1}
    cents = dynamodb.put_item(TableName=orders, Item=item(**new), ReturnConsumedCapacity="TOTAL")
    assert cents["ConsumedCapacity"] == {"TableName": orders, "CapacityUnits": 3}


def test_a_failed_condition_leaves_the_indexes_alone(dynamodb, orders, refused):
    put(dynamodb, orders, customer="c", order="1", status="new", cents=1)
    error = refused(
        dynamodb.put_item,
        TableName=orders,
        Item=item(customer="c", order="1", status="old", cents=2),
        ConditionExpression="attribute_not_exists(cents)",
    )
    assert error["code"] == "ConditionalCheckFailedException"
    assert dynamodb.scan(TableName=orders, IndexName="by_status")["Items"] == [
        item(customer="c", order="1", status="new", cents=1)
    ]


# --- Reading -----------------------------------------------------------------------------------


def test_a_query_of_an_index_is_in_the_order_of_its_sort_key(dynamodb, orders):
    centss = [3, -7, 100, 0.5, 20, 20, 20]
    for at, cents in enumerate(centss):
        put(dynamodb, orders, customer=f"c{at % 3}", order=str(at), status="new", cents=cents)
    more = {"ExpressionAttributeNames": {"#s": "status"}}
    found = query(dynamodb, orders, "by_status", "#s = :s", {"s": "new"}, **more)
    assert [float(one["cents"]["N"]) for one in found["Items"]] == sorted(centss)
    found = query(dynamodb, orders, "by_status", "#s = :s", {"s": "new"}, ScanIndexForward=False, **more)
    assert [float(one["cents"]["N"]) for one in found["Items"]] == sorted(centss, reverse=True)
    found = query(dynamodb, orders, "by_status", "#s = :s AND cents BETWEEN :a AND :b", {"s": "new", "a": 3, "b": 20}, **more)
    assert [one["cents"]["N"] for one in found["Items"]] == ["3", "20", "20", "20"]
    for operator, count in (("=", 3), ("<", 3), ("<=", 6), (">", 1), (">=", 4)):
        found = query(dynamodb, orders, "by_status", f"#s = :s AND cents {operator} :a", {"s": "new", "a": 20}, **more)
        assert found["Count"] == count, operator


def pages(call, **arguments):
    while True:
        reply = call(**arguments)
        yield reply
        if "LastEvaluatedKey" not in reply:
            return
        arguments["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


@pytest.mark.parametrize("forward", [True, False])
def test_a_query_of_an_index_pages_through_equal_keys(dynamodb, orders, forward):
    for at in range(9):
        put(dynamodb, orders, customer=f"c{at % 2}", order=str(at), status="new", cents=at // 5)
    read = list(
        pages(
            dynamodb.query,
            TableName=orders,
            IndexName="by_status",
            KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues=item(**{":s": "new"}),
            ScanIndexForward=forward,
            Limit=2,
        )
    )
    assert [page["Count"] for page in read] == [2, 2, 2, 2, 1]
    assert all(set(page["LastEvaluatedKey"]) == {"status", "cents", "customer", "order"} for page in read[:-1])
    assert sorted(one["order"]["S"] for page in read for one in page["Items"]) == [str(at) for at in range(9)]


def test_a_page_begins_after_an_item_that_has_been_deleted(dynamodb, orders):
    for at in range(4):
        put(dynamodb, orders, customer="c", order=str(at), status="new", cents=1)
    arguments = dict(TableName=orders, IndexName="by_status", Limit=2)
    first = dynamodb.scan(**arguments)
    last = first["LastEvaluatedKey"]
    dynamodb.delete_item(TableName=orders, Key={name: last[name] for name in ("customer", "order")})
    second = dynamodb.scan(**arguments, ExclusiveStartKey=last)
    read = [one["order"]["S"] for one in first["Items"] + second["Items"]]
    assert sorted(read) == ["0", "1", "2", "3"]


def test_an_index_returns_what_it_projects(dynamodb, orders):
    whole = dict(customer="c", order="1", status="new", cents=1, placed="p", note="n", more="m")
    put(dynamodb, orders, **whole)
    keys = dict(customer="c", order="1")
    projected = {
        "by_status": whole,
        "by_placed": keys | {"placed": "p"},
        "by_cents": keys | {"placed": "p", "cents": 1, "note": "n"},
        "by_local_cents": keys | {"cents": 1},
    }
    for name, values in projected.items():
        assert dynamodb.scan(TableName=orders, IndexName=name)["Items"] == [item(**values)]
        every = dynamodb.scan(TableName=orders, IndexName=name, Select="ALL_PROJECTED_ATTRIBUTES")
        assert every["Items"] == [item(**values)]
        assert dynamodb.scan(TableName=orders, IndexName=name, Select="COUNT")["Count"] == 1


def test_a_filter_sees_what_the_index_projects(dynamodb, orders):
    put(dynamodb, orders, customer="c", order="1", cents=1, placed="p", note="n", more="m")
    arguments = dict(TableName=orders, IndexName="by_cents")
    assert dynamodb.scan(**arguments, FilterExpression="attribute_exists(note)")["Count"] == 1
    unseen = dynamodb.scan(**arguments, FilterExpression="attribute_exists(more)")
    assert (unseen["Count"], unseen["ScannedCount"]) == (0, 1)


@pytest.mark.parametrize("name, condition", [("by_placed", "placed = :c"), ("by_local_cents", "customer = :c")])
@pytest.mark.parametrize("select", ["ALL_PROJECTED_ATTRIBUTES", "COUNT"])
def test_a_query_of_an_index_is_filtered_by_what_the_index_projects(dynamodb, orders, refused, name, condition, select):
    values = item(**{":c": "c", ":o": "o"})
    asked = dict(TableName=orders, IndexName=name, KeyConditionExpression=condition, Select=select)
    filters = {
        "note = :o": "note",
        "nn <> more.x": "more, nn",
        "size(zz) > :o AND NOT (attribute_exists(#a) OR zz = :c)": "a, zz",
    }
    for text, lacking in filters.items():
        names = {"ExpressionAttributeNames": {"#a": "a"}} if "#a" in text else {}
        given = {key: values[key] for key in values if key in text or key in condition}
        error = refused(dynamodb.query, **asked, **names, FilterExpression=text, ExpressionAttributeValues=given)
        assert error["message"] == (
            INVALID + f"Secondary index {name} does not project one or more filter attributes: [{lacking}]"
        )
    old = {"KeyConditions": {condition[:-5]: {"ComparisonOperator": "EQ", "AttributeValueList": [values[":c"]]}}}
    del asked["KeyConditionExpression"]
    error = refused(dynamodb.query, **asked, **old, QueryFilter={"note": {"ComparisonOperator": "NULL"}})
    assert error["message"].endswith("does not project one or more filter attributes: [note]")
    assert dynamodb.query(**asked, **old, QueryFilter={"order": {"ComparisonOperator": "NULL"}})["Count"] == 0


def test_a_global_index_does_not_lead_to_other_attributes(dynamodb, orders, refused):
    arguments = dict(TableName=orders, IndexName="by_cents")
    error = refused(dynamodb.scan, **arguments, ProjectionExpression="note, more")
    assert error["message"] == INVALID + "Global secondary index by_cents does not project [more]"
    error = refused(dynamodb.scan, **arguments, Select="ALL_ATTRIBUTES")
    assert error["message"] == (
        INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index by_cents because its "
        "projection type is not ALL"
    )
    assert dynamodb.scan(TableName=orders, IndexName="by_status", Select="ALL_ATTRIBUTES")["Count"] == 0


def test_a_local_index_leads_to_the_items(dynamodb, orders):
    whole = dict(customer="c", order="1", cents=1, more="m" * 5000)
    put(dynamodb, orders, **whole)
    values = {"c": "c"}
    found = query(dynamodb, orders, "by_local_cents", "customer = :c", values)
    assert (found["Items"], units(found)) == (
        [item(customer="c", order="1", cents=1)],
        {"Table": 0, "by_local_cents": 0.5},
    )
    found = query(dynamodb, orders, "by_local_cents", "customer = :c", values, Select="ALL_ATTRIBUTES")
    assert (found["Items"], units(found)) == ([item(**whole)], {"Table": 1, "by_local_cents": 0.5})
    found = query(
        dynamodb, orders, "by_local_cents", "customer = :c", values, ProjectionExpression="more", ConsistentRead=True
    )
    assert (found["Items"], units(found)) == ([item(more="m" * 5000)], {"Table": 2, "by_local_cents": 1})


@pytest.mark.parametrize("operation", ["query", "scan"])
def test_reads_of_an_index_are_checked(dynamodb, orders, refused, operation):
    call = getattr(dynamodb, operation)
    more = {}
    if operation == "query":
        more = dict(KeyConditionExpression="placed = :p", ExpressionAttributeValues=item(**{":p": "p"}))
    error = refused(call, TableName=orders, IndexName="by_placed", ConsistentRead=True, **more)
    assert (error["code"], error["message"]) == (
        "ValidationException",
        "Consistent reads are not supported on global secondary indexes",
    )
    error = refused(call, TableName=orders, IndexName="none", **more)
    assert error["message"] == "The table does not have the specified index: none"
    error = refused(
        call, TableName=orders, IndexName="by_placed", ExclusiveStartKey=item(customer="c", order="1"), **more
    )
    assert error["message"].startswith("The provided starting key is invalid")
    error = refused(
        call,
        TableName=orders,
        IndexName="by_placed",
        FilterExpression="customer.x = :q" if operation == "scan" else "customer.x = :q",
        **{**more, "ExpressionAttributeValues": item(**{":q": "q"}) | more.get("ExpressionAttributeValues", {})},
    )
    assert error["message"].endswith("are not allowed: Key: customer")
    if operation == "scan":
        error = refused(
            call,
            TableName=orders,
            IndexName="by_placed",
            FilterExpression="placed.x = :q",
            ExpressionAttributeValues=item(**{":q": "q"}),
        )
        assert error["message"].endswith("are not allowed: IndexKey: placed")


def test_a_filter_may_name_the_tables_key_but_not_the_indexs(dynamodb, orders, refused):
    put(dynamodb, orders, customer="c", order="1", placed="p")
    found = query(
        dynamodb, orders, "by_placed", "placed = :p", {"p": "p", "c": "c"}, FilterExpression="customer = :c"
    )
    assert found["Count"] == 1
    error = refused(
        dynamodb.query,
        TableName=orders,
        IndexName="by_placed",
        KeyConditionExpression="placed = :p",
        FilterExpression="placed = :p",
        ExpressionAttributeValues=item(**{":p": "p"}),
    )
    assert error["message"] == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: placed"
    )


def test_segments_of_a_parallel_scan_share_the_index(dynamodb, orders):
    for at in range(60):
        put(dynamodb, orders, customer="c", order=str(at), placed=f"p{at}")
    parts = [
        dynamodb.scan(TableName=orders, IndexName="by_placed", Segment=segment, TotalSegments=4)["Items"]
        for segment in range(4)
    ]
    assert sorted(int(one["order"]["S"]) for part in parts for one in part) == list(range(60))
    assert sum(1 for part in parts if part) > 1


# --- Keys of several attributes ----------------------------------------------------------------


@pytest.fixture
def several(dynamodb, make_table):
    """As in AWS's examples: two attributes of the partition key, three of the sort key."""
    table = make_table(
        schema("id"),
        {"id": S, "a": S, "b": N, "c": S, "d": N, "e": B},
        GlobalSecondaryIndexes=[index("many", ["a", "b"], ["c", "d", "e"])],
    )
    rows = [
        ("1", "x", 1, "live", 2, b"\0"),
        ("2", "x", 1, "live", 2, b"\0\0"),
        ("3", "x", 1, "live", 10, b"z"),
        ("4", "x", 1, "liv", 10, b"z"),
        ("5", "x", 1, "live\0", 10, b"z"),
        ("6", "x", 2, "live", 1, b"z"),
        ("7", "x1", 1, "live", 1, b"z"),
    ]
    for row in rows:
        put(dynamodb, table, **dict(zip(("id", "a", "b", "c", "d", "e"), row)))
    put(dynamodb, table, id="8", a="x", b=1, c="live", d=2)
    return table


@pytest.mark.parametrize(
    "condition, found",
    [
        ("", "41235"),
        ("c = :live", "123"),
        ("begins_with(c, :live)", "1235"),
        ("c > :live", "5"),
        ("c >= :live", "1235"),
        ("c < :live", "4"),
        ("c <= :live", "4123"),
        ("c BETWEEN :liv AND :live", "4123"),
        ("c = :live AND d = :two", "12"),
        ("c = :live AND d > :two", "3"),
        ("d <= :two AND c = :live", "12"),
        ("c = :live AND d = :two AND e = :zero", "1"),
        ("c = :live AND d = :two AND begins_with(e, :zero)", "12"),
        ("c = :live AND d = :two AND e > :zero", "2"),
    ],
)
def test_conditions_on_several_sort_key_attributes(dynamodb, several, condition, found):
    values = {"live": "live", "liv": "liv", "two": 2, "zero": b"\0"}
    values = {name: value for name, value in values.items() if f":{name}" in condition.replace(")", " ").split() + [
        word.strip("(),") for word in condition.split()
    ]}
    whole = "a = :x AND b = :one" + (f" AND {condition}" if condition else "")
    for forward in (True, False):
        ids = "".join(
            one["id"]["S"]
            for one in query(
                dynamodb, several, "many", whole, {"x": "x", "one": 1, **values}, ScanIndexForward=forward
            )["Items"]
        )
        assert ids == (found if forward else found[::-1])


@pytest.mark.parametrize(
    "condition, sentence",
    [
        ("a = :v", "HASH key attributes b must have equality conditions specified in the query"),
        ("a > :v AND c = :v", "HASH key attributes a, b must have equality conditions specified in the query"),
        (
            "a = :v AND b = :n AND d = :n",
            "RANGE key attributes c must have equality conditions specified in the query because a condition is "
            "present on key attribute d",
        ),
        (
            "a = :v AND b = :n AND c > :v AND e = :v",
            "RANGE key attributes c, d must have equality conditions specified in the query because a condition is "
            "present on key attribute e",
        ),
        ("a = :v AND b = :n AND id = :v", "Query condition missed key schema element: c"),
        (
            "a = :v AND b = :n AND c = :v AND d = :n AND e = :v AND id = :v",
            "The number of query conditions (6) exceeds the number of key attributes defined in the schema (5)",
        ),
        ("a = :v AND b = :v", INVALID + "Condition parameter type does not match schema type"),
    ],
)
def test_conditions_on_several_attributes_are_checked(dynamodb, several, refused, condition, sentence):
    values = {":v": {"S": "v"}} | ({":n": {"N": "1"}} if ":n" in condition else {})
    error = refused(
        dynamodb.query,
        TableName=several,
        IndexName="many",
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
    )
    assert (error["code"], error["message"]) == ("ValidationException", sentence)


def test_pages_of_an_index_with_several_attributes(dynamodb, several):
    arguments = dict(TableName=several, IndexName="many", Limit=1)
    condition = dict(
        KeyConditionExpression="a = :x AND b = :one", ExpressionAttributeValues=item(**{":x": "x", ":one": 1})
    )
    read = list(pages(dynamodb.query, **arguments, **condition))
    assert "".join(one["id"]["S"] for page in read for one in page["Items"]) == "41235"
    assert set(read[0]["LastEvaluatedKey"]) == {"a", "b", "c", "d", "e", "id"}
    read = list(pages(dynamodb.query, **arguments, **condition, ScanIndexForward=False))
    assert "".join(one["id"]["S"] for page in read for one in page["Items"]) == "53214"
    assert sorted(one["id"]["S"] for page in pages(dynamodb.scan, **arguments) for one in page["Items"]) == list("1234567")


# --- Item collections --------------------------------------------------------------------------


def test_only_tables_with_local_indexes_have_item_collections(dynamodb, orders, several):
    asked = {"ReturnItemCollectionMetrics": "SIZE"}
    metrics = {"ItemCollectionKey": item(customer="c"), "SizeEstimateRangeGB": [0.0, 1.0]}
    written = dynamodb.put_item(TableName=orders, Item=item(customer="c", order="1", cents=1), **asked)
    assert written["ItemCollectionMetrics"] == metrics
    key = dict(TableName=orders, Key=item(customer="c", order="1"))
    updated = dynamodb.update_item(**key, UpdateExpression="REMOVE cents", **asked)
    assert updated["ItemCollectionMetrics"] == metrics
    assert dynamodb.delete_item(**key, **asked)["ItemCollectionMetrics"] == metrics
    assert "ItemCollectionMetrics" not in dynamodb.delete_item(**key)
    assert "ItemCollectionMetrics" not in dynamodb.put_item(TableName=several, Item=item(id="1"), **asked)


def test_an_item_and_its_entries_in_local_indexes_have_400_kb_together(dynamodb, make_table, refused):
    table = make_table(schema("id", "at"), {"id": S, "at": S, "a": S, "b": S}, LocalSecondaryIndexes=[
        index("all", "id", "a"), index("keys", "id", "b", projection="KEYS_ONLY")],
        GlobalSecondaryIndexes=[index("global", "b")])
    key = item(id="1", at="2")
    keys = len("id" "1" "at" "2" "a" "3" "b" "4")  # of the item, and of its entry in `all`
    most = (400 * 1024 - 2 * keys - len("id" "1" "at" "2" "b" "4") - 2 * len("v")) // 2
    update = {"TableName": table, "Key": key, "UpdateExpression": "SET v = :v"}
    for size, fits in ((most, True), (most + 1, False)):
        whole = item(id="1", at="2", a="3", b="4", v="x" * size)
        if fits:
            dynamodb.put_item(TableName=table, Item=whole)
            continue
        answer = refused(dynamodb.put_item, TableName=table, Item=whole)
        assert (answer["code"], answer["message"]) == (
            "ValidationException", "Item size has exceeded the maximum allowed size")
        answer = refused(dynamodb.update_item, **update, ExpressionAttributeValues=item(**{":v": "x" * size}))
        assert answer["message"] == "Item size to update has exceeded the maximum allowed size"
    dynamodb.put_item(TableName=table, Item=item(id="1", at="2", b="4", v="x" * 300_000))  # not in `all`


# --- Policies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["query", "scan"])
def test_reading_an_index_is_allowed_by_its_arn(client, dynamodb, orders, unique, refused, operation):
    iam = client("iam")
    arn = dynamodb.describe_table(TableName=orders)["Table"]["TableArn"]
    user = unique("user")
    iam.create_user(UserName=user)
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:Scan"], "Resource": f"{arn}/index/by_placed"}
        ],
    }
    iam.put_user_policy(UserName=user, PolicyName="read", PolicyDocument=json.dumps(policy))
    reader = client(
        "dynamodb", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"]
    )
    more = {}
    if operation == "query":
        more = dict(KeyConditionExpression="placed = :p", ExpressionAttributeValues=item(**{":p": "p"}))
    call = getattr(reader, operation)
    assert call(TableName=orders, IndexName="by_placed", **more)["Count"] == 0
    for other in ({}, {"IndexName": "by_cents"}):
        error = refused(call, TableName=orders, **other, **more)
        assert error["code"] == "AccessDeniedException"
        resource = arn + (f"/index/{other['IndexName']}" if other else "")
        assert f"is not authorized to perform: dynamodb:{operation.title()} on resource: {resource} " in error["message"]


# --- Removal -----------------------------------------------------------------------------------


def test_a_table_of_the_same_name_begins_with_empty_indexes(dynamodb, orders):
    found = dynamodb.describe_table(TableName=orders)["Table"]
    for at in range(300):
        put(dynamodb, orders, customer="c", order=str(at), placed="p", status="s", cents=at)
    again = {
        "TableName": orders,
        "KeySchema": found["KeySchema"],
        "AttributeDefinitions": definitions(customer=S, order=S, placed=S),
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [index("by_placed", "placed", projection="KEYS_ONLY")],
    }
    dynamodb.delete_table(TableName=orders)
    dynamodb.create_table(**again)
    assert dynamodb.scan(TableName=orders, IndexName="by_placed")["Count"] == 0
    put(dynamodb, orders, customer="c", order="1", placed="p")
    assert described(dynamodb, orders, "by_placed")["ItemCount"] == 1


# --- Indexes that come and go ------------------------------------------------------------------


def update_indexes(dynamodb, table, *updates, **types):
    return dynamodb.update_table(
        TableName=table,
        GlobalSecondaryIndexUpdates=list(updates),
        **({"AttributeDefinitions": definitions(**types)} if types else {}),
    )["TableDescription"]


@pytest.fixture
def active(dynamodb, wait_until):
    """active(table) waits until no index is being filled."""

    def wait(table):
        wait_until(lambda: has_filled_indexes(dynamodb, table), what="the indexes")

    return wait


def test_an_index_is_filled_with_the_items_of_its_table(dynamodb, make_table, active, refused):
    table = make_table(schema("id"), {"id": S})
    for at in range(600):
        put(dynamodb, table, id=str(at), cents=at, **({"kind": f"k{at % 3}"} if at % 2 else {"kind": at}))
    made = update_indexes(
        dynamodb, table, {"Create": index("by_kind", "kind", "cents", projection="KEYS_ONLY")}, kind=S, cents=N
    )
    assert (made["TableStatus"], made["AttributeDefinitions"]) == ("UPDATING", definitions(cents=N, id=S, kind=S))
    assert made["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    # The table is written while the index is being filled.
    for at in range(0, 600, 7):
        dynamodb.delete_item(TableName=table, Key=item(id=str(at)))
    for at in range(1, 600, 7):
        put(dynamodb, table, id=str(at), cents=-at, kind="new")
    put(dynamodb, table, id="more", cents=1, kind="k1")
    active(table)
    of_table = [one for one in dynamodb.scan(TableName=table)["Items"] if "S" in one["kind"]]
    of_index = dynamodb.scan(TableName=table, IndexName="by_kind")["Items"]
    by_id = lambda one: one["id"]["S"]
    assert sorted(of_index, key=by_id) == sorted(of_table, key=by_id)
    found = described(dynamodb, table, "by_kind")
    assert (found["IndexStatus"], found["ItemCount"]) == ("ACTIVE", len(of_table))
    assert "Backfilling" not in found
    # Items that do not fit stay as they are, until their attribute changes.
    dynamodb.update_item(TableName=table, Key=item(id="2"), UpdateExpression="REMOVE cents")
    error = refused(dynamodb.put_item, TableName=table, Item=item(id="2", kind=1))
    assert error["message"] == INVALID + "Type mismatch for Index Key kind Expected: S Actual: N IndexName: by_kind"


def test_an_index_is_deleted(dynamodb, orders, refused):
    put(dynamodb, orders, customer="c", order="1", status="new", cents=1, placed="p")
    after = update_indexes(dynamodb, orders, {"Delete": {"IndexName": "by_status"}})
    statuses = {one["IndexName"]: one["IndexStatus"] for one in after["GlobalSecondaryIndexes"]}
    assert statuses == {"by_status": "DELETING", "by_placed": "ACTIVE", "by_cents": "ACTIVE"}
    found = dynamodb.describe_table(TableName=orders)["Table"]
    assert [one["IndexName"] for one in found["GlobalSecondaryIndexes"]] == ["by_placed", "by_cents"]
    assert found["AttributeDefinitions"] == definitions(cents=N, customer=S, order=S, placed=S)
    error = refused(dynamodb.scan, TableName=orders, IndexName="by_status")
    assert error["message"] == "The table does not have the specified index: by_status"
    put(dynamodb, orders, customer="c", order="2", status=1)
    assert dynamodb.scan(TableName=orders, IndexName="by_placed")["Count"] == 1


def test_an_index_of_the_same_name_may_follow(dynamodb, orders, active):
    put(dynamodb, orders, customer="c", order="1", status="new", cents=1, placed="p")
    update_indexes(dynamodb, orders, {"Delete": {"IndexName": "by_status"}})
    update_indexes(dynamodb, orders, {"Create": index("by_status", "placed", "status")}, placed=S, status=S)
    active(orders)
    assert dynamodb.scan(TableName=orders, IndexName="by_status")["Count"] == 1
    assert described(dynamodb, orders, "by_status")["KeySchema"] == schema("placed", "status")


UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
ONE = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


@pytest.mark.parametrize(
    "updates, code, sentence",
    [
        (
            [],
            "ValidationException",
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
            "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is "
            "required",
        ),
        (
            [{}],
            "ValidationException",
            INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null",
        ),
        (
            [{"Delete": {"IndexName": "by_placed"}}, {"Create": index("by_placed", "placed")}],
            "ValidationException",
            INVALID + "Only one global secondary index update per index is allowed simultaneously. Index: by_placed",
        ),
        (
            [{"Delete": {"IndexName": "by_placed"}}, {"Create": index("other", "placed")}],
            "LimitExceededException",
            ONE,
        ),
        (
            [{"Create": index("by_placed", "placed")}],
            "ValidationException",
            "Attempting to create an index which already exists",
        ),
        (
            [{"Create": index("by_local_cents", "placed")}],
            "ValidationException",
            "Attempting to create an index which already exists",
        ),
        (
            [{"Create": index("other", "undefined")}],
            "ValidationException",
            INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [undefined], "
            "AttributeDefinitions: [placed]",
        ),
        (
            [{"Create": index("other", "placed", projection="INCLUDE")}],
            "ValidationException",
            INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            [{"Delete": {"IndexName": "by_local_cents"}}],
            "ValidationException",
            "Cannot delete an index that is not a GlobalSecondaryIndex: by_local_cents",
        ),
        (
            [{"Delete": {"IndexName": "none"}}],
            "ResourceNotFoundException",
            "Requested resource not found: Index none for table {table}",
        ),
        (
            [{"Update": {"IndexName": "by_local_cents", "OnDemandThroughput": {"MaxReadRequestUnits": 1}}}],
            "ValidationException",
            "Cannot update an index that is not a GlobalSecondaryIndex: by_local_cents",
        ),
        (
            [{"Delete": {"IndexName": "by_placed"}, "Update": {"IndexName": "by_placed"}}],
            "ValidationException",
            INVALID + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
        ),
        (
            [{"Create": index("other", "placed", ProvisionedThroughput=UNITS)}],
            "ValidationException",
            INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: other when BillingMode is "
            "PAY_PER_REQUEST",
        ),
        *((
            [{"Update": {"IndexName": "by_placed", **update}}],
            "ValidationException",
            INVALID + "The only Updates for index: by_placed when TableThroughputMode is PAY_PER_REQUEST can be to "
            "OnDemandThroughput, WarmThroughput",
        ) for update in ({}, {"OnDemandThroughput": {}}, {"ProvisionedThroughput": UNITS})),
        *((
            [{"Update": {"IndexName": "by_placed", "OnDemandThroughput": {"MaxWriteRequestUnits": bound}}}],
            "ValidationException",
            INVALID + "Requested MaxWriteRequestUnits for OnDemandThroughput for index : by_placed is outside of valid range",
        ) for bound in (0, -2)),
        (
            [
                {
                    "Update": {
                        "IndexName": "none",
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    }
                }
            ],
            "ResourceNotFoundException",
            "Requested resource not found: Index none for table {table}",
        ),
    ],
)
def test_wrong_updates_of_indexes_are_refused(dynamodb, orders, refused, updates, code, sentence):
    error = refused(
        dynamodb.update_table,
        TableName=orders,
        AttributeDefinitions=definitions(placed=S),
        GlobalSecondaryIndexUpdates=updates,
    )
    assert (error["code"], error["message"]) == (code, sentence.format(table=orders))


def test_a_new_index_needs_definitions_and_a_place(dynamodb, make_table, refused):
    full = make_table(schema("id"), {"id": S}, GlobalSecondaryIndexes=[index(f"by_{i}", "id") for i in range(20)])
    creation = {"TableName": full, "GlobalSecondaryIndexUpdates": [{"Create": index("more", "id")}]}
    assert refused(dynamodb.update_table, **creation)["message"] == (
        INVALID + "AttributeDefinitions is not specified for index: more")
    error = refused(dynamodb.update_table, **creation, AttributeDefinitions=definitions(id=S))
    assert (error["code"], error["message"]) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20")


def test_the_bounds_of_an_index_change_one_by_one_and_minus_one_removes_them(dynamodb, make_table, refused):
    table = make_table(schema("id"), {"id": S}, GlobalSecondaryIndexes=[
        index("by_id", "id", OnDemandThroughput={"MaxReadRequestUnits": 5})])

    def bound(**units):
        update_indexes(dynamodb, table, {"Update": {"IndexName": "by_id", "OnDemandThroughput": units}})
        return described(dynamodb, table, "by_id").get("OnDemandThroughput")

    assert bound(MaxWriteRequestUnits=1) == {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 1}
    assert bound(MaxReadRequestUnits=-1) == {"MaxWriteRequestUnits": 1}
    assert bound(MaxWriteRequestUnits=-1) is None
    bounded = {"Update": {"IndexName": "by_id", "OnDemandThroughput": {"MaxReadRequestUnits": 1}}}
    reply = update_indexes(dynamodb, table, bounded)
    assert reply["TableStatus"] == "ACTIVE"  # a bound is a change of the index alone
    dynamodb.update_table(TableName=table, BillingMode="PROVISIONED", ProvisionedThroughput=UNITS, GlobalSecondaryIndexUpdates=[
        {"Update": {"IndexName": "by_id", "ProvisionedThroughput": UNITS}}])
    assert "OnDemandThroughput" not in described(dynamodb, table, "by_id")
    assert refused(dynamodb.update_table, TableName=table, GlobalSecondaryIndexUpdates=[bounded])["message"] == (
        INVALID + "MaxReadRequestUnits for OnDemandThroughput for index : by_id cannot be specified when the table BillingMode "
        "is PROVISIONED")


def test_the_throughput_of_an_index_is_updated(dynamodb, make_table, refused):
    units = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}
    table = make_table(
        schema("id"),
        {"id": S, "kind": S},
        **PROVISIONED,
        GlobalSecondaryIndexes=[index("by_kind", "kind", ProvisionedThroughput=units)],
    )
    more = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3}
    update_indexes(dynamodb, table, {"Update": {"IndexName": "by_kind", "ProvisionedThroughput": more}})
    assert described(dynamodb, table, "by_kind")["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **more}
    assert refused(dynamodb.update_table, TableName=table, GlobalSecondaryIndexUpdates=[
        {"Update": {"IndexName": "by_kind", "ProvisionedThroughput": more}}])["message"] == (
        "The provisioned throughput for the index by_kind will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for index by_kind: 5. Requested ReadCapacityUnits: 5. Current "
        "WriteCapacityUnits provisioned for index by_kind: 3. Requested WriteCapacityUnits: 3. Refer to the Amazon DynamoDB "
        "Developer Guide for current limits and how to request higher limits.")
    assert refused(dynamodb.update_table, TableName=table, AttributeDefinitions=definitions(kind=S), GlobalSecondaryIndexUpdates=[
        {"Create": index("more", "kind")}])["message"] == (
        INVALID + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: more")


def test_a_table_that_changes_its_billing_mode_takes_its_indexes_along(dynamodb, make_table, refused):
    units = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}
    table = make_table(schema("id"), {"id": S, "kind": S}, GlobalSecondaryIndexes=[index("by_kind", "kind")])
    provisioned = dict(TableName=table, BillingMode="PROVISIONED", ProvisionedThroughput=units)
    error = refused(dynamodb.update_table, **provisioned)
    assert error["message"] == INVALID + "ProvisionedThroughput must be specified for index: by_kind"
    warmth = {"Update": {"IndexName": "by_kind", "WarmThroughput": {"ReadUnitsPerSecond": 12001}}}
    assert refused(dynamodb.update_table, **provisioned, GlobalSecondaryIndexUpdates=[warmth])["message"] == error["message"]
    update = {"Update": {"IndexName": "by_kind", "ProvisionedThroughput": units}}
    dynamodb.update_table(**provisioned, GlobalSecondaryIndexUpdates=[update])
    assert described(dynamodb, table, "by_kind")["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units}
    dynamodb.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    none = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert described(dynamodb, table, "by_kind")["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **none}


# --- Large items ----------------------------------------------------------------------------------


def test_many_large_items_change_at_once_in_a_table_with_all_its_indexes(dynamodb, make_table):
    name = make_table(schema("id"), {"id": S, "group": S}, GlobalSecondaryIndexes=[
        index(f"by_{i}", "group", include=["numbers"]) for i in range(20)])
    large = {"group": {"S": "a"}, "numbers": {"NS": [str(i) for i in range(70_000)]}}
    keys = [{"id": {"S": str(i)}} for i in range(9)]
    for key in keys:
        dynamodb.put_item(TableName=name, Item={**key, **large})
    dynamodb.transact_write_items(TransactItems=[{"Update": {
        "TableName": name, "Key": key, "UpdateExpression": "SET #g = :b", "ExpressionAttributeNames": {"#g": "group"},
        "ExpressionAttributeValues": {":b": {"S": "b"}}}} for key in keys])
    for group, count in (("a", 0), ("b", 9)):
        pages = dynamodb.get_paginator("query").paginate(
            TableName=name, IndexName="by_19", Select="COUNT", KeyConditionExpression="#g = :g",
            ExpressionAttributeNames={"#g": "group"}, ExpressionAttributeValues={":g": {"S": group}})
        assert sum(page["Count"] for page in pages) == count
