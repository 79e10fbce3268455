"""DynamoDB: BatchGetItem and BatchWriteItem: items of several tables, what is refused, what is left for another request."""

import pytest
from botocore.exceptions import ClientError
from dynamodb_tables import keyed_tables, order
from refusals import refusal

MEGABYTE = 1024 * 1024


@pytest.fixture
def tables(dynamodb, unique):
    """Two tables: the first with a sort key."""
    names = [unique(kind)[-100:].lstrip("-.") for kind in ("orders", "users")]
    with keyed_tables(dynamodb, dict(zip(names, (["user", "order"], ["user"])))) as made:
        yield made


def invalid(message):
    return "ValidationException", message


def answer(reply):
    return {name: part for name, part in reply.items() if name != "ResponseMetadata"}


def test_items_of_two_tables_come_in_the_order_of_their_keys(dynamodb, tables):
    orders, users = tables
    for number in (1, 2, 3):
        dynamodb.put_item(TableName=orders, Item=order(number, what={"S": f"w{number}"}, more={"S": "m"}))
    dynamodb.put_item(TableName=users, Item={"user": {"S": "a"}, "age": {"N": "7"}})
    reply = dynamodb.batch_get_item(RequestItems={
        orders: {"Keys": [order(3), order(9), order("1.0")], "ProjectionExpression": "#w", "ConsistentRead": True,
                 "ExpressionAttributeNames": {"#w": "what"}},
        users: {"Keys": [{"user": {"S": "a"}}, {"user": {"S": "b"}}]},
    })
    assert answer(reply) == {
        "Responses": {orders: [{"what": {"S": "w3"}}, {"what": {"S": "w1"}}], users: [{"user": {"S": "a"}, "age": {"N": "7"}}]},
        "UnprocessedKeys": {}}


def test_a_table_without_any_of_the_items_has_an_empty_list(dynamodb, tables):
    reply = dynamodb.batch_get_item(RequestItems={tables[1]: {"Keys": [{"user": {"S": "nobody"}}]}})
    assert answer(reply) == {"Responses": {tables[1]: []}, "UnprocessedKeys": {}}


def test_a_table_may_be_named_by_its_arn(dynamodb, tables):
    arn = dynamodb.describe_table(TableName=tables[1])["Table"]["TableArn"]
    dynamodb.put_item(TableName=tables[1], Item={"user": {"S": "a"}})
    reply = dynamodb.batch_get_item(RequestItems={arn: {"Keys": [{"user": {"S": "a"}}], "AttributesToGet": ["user"]}})
    assert answer(reply) == {"Responses": {arn: [{"user": {"S": "a"}}]}, "UnprocessedKeys": {}}


def test_a_key_may_not_be_asked_for_by_the_name_and_by_the_arn_of_its_table(dynamodb, tables):
    name = tables[0]
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    ask = {name: {"Keys": [order(1), order(2)]}, arn: {"Keys": [order(3), order("2.0")]}}
    with pytest.raises(ClientError, match="Provided list of item keys contains duplicates"):
        dynamodb.batch_get_item(RequestItems=ask)
    ask[arn]["Keys"].pop()
    assert list(dynamodb.batch_get_item(RequestItems=ask)["Responses"]) == [name, arn]


def test_each_item_is_rounded_up_to_units_by_itself(dynamodb, tables):
    orders, users = tables
    dynamodb.put_item(TableName=orders, Item=order(1, pad={"S": "x" * 4096}))
    dynamodb.put_item(TableName=orders, Item=order(2))
    asked = {orders: {"Keys": [order(1), order(2), order(3)], "ConsistentRead": True},
             users: {"Keys": [{"user": {"S": "a"}}, {"user": {"S": "b"}}]}}

    def consumed(how):
        return dynamodb.batch_get_item(RequestItems=asked, ReturnConsumedCapacity=how).get("ConsumedCapacity")

    assert consumed("TOTAL") == [{"TableName": orders, "CapacityUnits": 4.0}, {"TableName": users, "CapacityUnits": 1.0}]
    assert consumed("INDEXES") == [
        {"TableName": orders, "CapacityUnits": 4.0, "Table": {"CapacityUnits": 4.0}},
        {"TableName": users, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}]
    assert consumed("NONE") is None


def test_a_hundred_keys_are_read_and_one_more_is_refused(dynamodb, tables):
    orders, users = tables
    keys = [order(number) for number in range(99)]
    one = {"user": {"S": "a"}}
    reply = dynamodb.batch_get_item(RequestItems={orders: {"Keys": keys}, users: {"Keys": [one]}})
    assert answer(reply) == {"Responses": {orders: [], users: []}, "UnprocessedKeys": {}}
    assert refusal(dynamodb.batch_get_item, RequestItems={orders: {"Keys": keys}, users: {"Keys": [one, {"user": {"S": "b"}}]}}) == invalid(
        "Too many items requested for the BatchGetItem call")


@pytest.mark.parametrize("part, message", [
    ({"Keys": [order(1), order(2), order("1.00")]}, "Provided list of item keys contains duplicates"),
    ({"Keys": [order(1), {"order": {"N": "1"}, "user": {"S": "a"}}]}, "Provided list of item keys contains duplicates"),
    ({"Keys": [order(1), {"user": {"S": "a"}}]}, "The provided key element does not match the schema"),
    ({"Keys": [{"user": {"S": "a"}, "order": {"S": "1"}}]}, "The provided key element does not match the schema"),
    ({"Keys": [order(1)], "ProjectionExpression": "a..b"},
     'Invalid ProjectionExpression: Syntax error; token: ".", near: "..b"'),
    ({"Keys": [order(1)], "ProjectionExpression": "a", "AttributesToGet": ["a"]},
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
     "{AttributesToGet} Expression parameters: {ProjectionExpression}"),
    ({"Keys": [order(1), order("x")], "ProjectionExpression": "a..b"},
     "The parameter cannot be converted to a numeric value: x"),
])
def test_what_a_part_may_not_say(dynamodb, tables, part, message):
    assert refusal(dynamodb.batch_get_item, RequestItems={tables[0]: part}) == invalid(message)


def test_all_tables_must_be_there_but_duplicates_are_found_first(dynamodb, tables):
    missing = {"user": {"S": "a"}}
    known = {tables[1]: {"Keys": [missing]}}
    assert refusal(dynamodb.batch_get_item, RequestItems={**known, "no-such-table": {"Keys": [missing]}}) == (
        "ResourceNotFoundException", "Requested resource not found")
    assert refusal(dynamodb.batch_get_item, RequestItems={**known, "no-such-table": {"Keys": [missing, missing]}}) == invalid(
        "Provided list of item keys contains duplicates")


def test_keys_over_sixteen_megabytes_are_left_with_all_that_was_asked_about_them(dynamodb, tables, wait_until):
    orders, users = tables
    size = 400 * 1024 - len("user" + "a" + "order" + "pad") - 3  # 400 KB with a number of 3 bytes
    for number in range(11, 53):
        dynamodb.put_item(TableName=orders, Item=order(number, pad={"S": "x" * (size + 1)}))
    part = {"ConsistentRead": True, "ProjectionExpression": "#o", "ExpressionAttributeNames": {"#o": "order"}}
    keys = [order(number) for number in range(11, 53)]
    rest = {users: {"Keys": [{"user": {"S": "a"}}]}}
    fit = 16 * MEGABYTE // (400 * 1024)

    def ask(keys):
        """How many items came: fewer than fit when the read's time is up."""
        reply = answer(dynamodb.batch_get_item(RequestItems={orders: {"Keys": keys, **part}, **rest}))
        count = len(reply["Responses"][orders])
        left = {orders: {"Keys": keys[count:], **part}} if keys[count:] else {}
        assert reply == {"Responses": {orders: [{"order": key["order"]} for key in keys[:count]], users: []},
                         "UnprocessedKeys": {**left, **rest} if left else {}}
        return count

    wait_until(lambda: ask(keys) == fit, timeout_seconds=100)
    assert ask(keys[fit:]) == len(keys) - fit


@pytest.mark.parametrize("more, fits", [(0, True), (1, False)])
def test_sixteen_megabytes_fit_and_one_byte_more_does_not(dynamodb, tables, wait_until, more, fits):
    _, users = tables
    largest, keys = 400 * 1024, [{"user": {"S": f"{number:02}"}} for number in range(41)]
    sizes = [largest] * 40 + [16 * MEGABYTE - 40 * largest + more]
    for key, size in zip(keys, sizes):
        dynamodb.put_item(TableName=users, Item={**key, "b": {"B": b"x" * (size - len("user") - 2 - len("b"))}})
    left = {} if fits else {users: {"Keys": keys[40:]}}

    def reply():
        return answer(dynamodb.batch_get_item(RequestItems={users: {"Keys": keys}}))

    read = wait_until(lambda: (lambda got: got if got["UnprocessedKeys"] == left else None)(reply()), timeout_seconds=100)
    assert [(item["user"], len(item["b"]["B"])) for item in read["Responses"][users]] == [
        (key["user"], size - 7) for key, size in list(zip(keys, sizes))[: 41 if fits else 40]]


def test_every_table_must_be_allowed(tables, user_with):
    arns = [f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}" for name in tables]
    asked = {tables[0]: {"Keys": [order(1)]}, tables[1]: {"Keys": [{"user": {"S": "a"}}]}}
    allow = {"Effect": "Allow", "Action": "dynamodb:BatchGetItem"}
    for allowed, other in (arns, reversed(arns)):
        code, message = refusal(user_with("dynamodb", {**allow, "Resource": allowed}).batch_get_item, RequestItems=asked)
        assert code == "AccessDeniedException" and f"on resource: {other} because" in message
    assert answer(user_with("dynamodb", {**allow, "Resource": arns}).batch_get_item(RequestItems=asked))["UnprocessedKeys"] == {}


@pytest.mark.parametrize("condition, mine_only", [
    ({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}, True),
    ({"ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "order", "what"]},
      "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}, False),
])
def test_condition_keys_bind_for_every_key_of_the_batch(tables, user_with, condition, mine_only):
    own = user_with("dynamodb", {"Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": "*", "Condition": condition})
    part = {"ProjectionExpression": "what"}

    def denied(**part):
        try:
            own.batch_get_item(RequestItems={tables[0]: part})
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            return True
        return False

    assert not denied(Keys=[order(1, "mine"), order(2, "mine")], **part)
    assert denied(Keys=[order(1, "mine"), order(2, "yours")], **part) == mine_only
    assert denied(Keys=[order(1, "mine")], ProjectionExpression="what, secret") != mine_only
    assert denied(Keys=[order(1, "mine")]) != mine_only


# ---- BatchWriteItem ----

def put(item):
    return {"PutRequest": {"Item": item}}


def delete(key):
    return {"DeleteRequest": {"Key": key}}


def users_of(dynamodb, table):
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    return sorted(item["user"]["S"] for page in pages for item in page["Items"])


def person(called, **more):
    return {"user": {"S": called}, **more}


def test_a_batch_puts_and_deletes_items_of_several_tables(dynamodb, tables):
    orders, users = tables
    dynamodb.put_item(TableName=orders, Item=order(1))
    dynamodb.put_item(TableName=users, Item=person("old", age={"N": "1"}))
    reply = dynamodb.batch_write_item(RequestItems={
        orders: [delete(order("1.0")), put(order(2, what={"S": "pen"})), delete(order(3))],
        users: [put(person("old", name={"S": "x"})), put(person("new"))]})
    assert answer(reply) == {"UnprocessedItems": {}}
    assert dynamodb.scan(TableName=orders)["Items"] == [order(2, what={"S": "pen"})]
    assert sorted(dynamodb.scan(TableName=users)["Items"], key=str) == [person("new"), person("old", name={"S": "x"})]
    table = dynamodb.describe_table(TableName=users)["Table"]
    assert (table["ItemCount"], table["TableSizeBytes"]) == (2, len("user" "new") + len("user" "old" "name" "x"))


def test_a_batch_consumes_units_for_each_item(dynamodb, tables):
    orders, users = tables
    dynamodb.put_item(TableName=users, Item=person("big", p={"S": "x" * 2048}))
    reply = dynamodb.batch_write_item(
        RequestItems={users: [delete(person("big")), put(person("a")), delete(person("nobody"))], orders: [put(order(1))]},
        ReturnConsumedCapacity="TOTAL", ReturnItemCollectionMetrics="SIZE")
    assert answer(reply) == {"UnprocessedItems": {}, "ConsumedCapacity": [
        {"TableName": users, "CapacityUnits": 5.0}, {"TableName": orders, "CapacityUnits": 1.0}]}


MISMATCH = "The provided key element does not match the schema"
EMPTY_KEY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " \
            "string value. Key: user"
ONE_OF = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
DUPLICATES = "Provided list of item keys contains duplicates"


@pytest.mark.parametrize("requests, message", [
    ([{}], ONE_OF),
    ([{**put(person("a")), **delete(person("b"))}], ONE_OF),
    ([put({"user": {"N": "1"}})], MISMATCH),
    ([put({"user": {"L": []}})], MISMATCH),
    ([put({"name": {"S": "a"}})], MISMATCH),
    ([delete({"user": {"N": "1"}})], MISMATCH),
    ([delete(person("a", more={"S": "b"}))], MISMATCH),
    ([put(person(""))], EMPTY_KEY),
    ([delete(person(""))], EMPTY_KEY),
    ([put(person("first", s={"SS": []}))], "One or more parameter values were invalid: An string set  may not be empty"),
    ([put(person("big", p={"S": "x" * (400 * 1024 - len("user" "big" "p") + 1)}))],
     "Item size has exceeded the maximum allowed size"),
    ([put(person("first", a={"S": "b"}))], DUPLICATES),
    ([delete(person("first"))], DUPLICATES),
])
def test_a_batch_with_something_wrong_writes_nothing(dynamodb, tables, requests, message):
    users = tables[1]
    assert refusal(dynamodb.batch_write_item, RequestItems={users: [put(person("first")), *requests]}) == invalid(message)
    assert users_of(dynamodb, users) == []


def test_a_name_and_the_arn_of_a_table_are_one_table_to_a_batch(dynamodb, tables):
    arn = dynamodb.describe_table(TableName=tables[1])["Table"]["TableArn"]
    assert refusal(dynamodb.batch_write_item, RequestItems={tables[1]: [put(person("a"))], arn: [delete(person("a"))]}) == \
        invalid(DUPLICATES)
    dynamodb.batch_write_item(RequestItems={arn: [put(person("a"))], tables[0]: [put(order(1))]})
    assert users_of(dynamodb, tables[1]) == ["a"]


def test_a_missing_table_fails_the_whole_batch(dynamodb, tables):
    assert refusal(dynamodb.batch_write_item, RequestItems={tables[1]: [put(person("a"))], "nowhere-at-all": [put(person("a"))]}) == (
        "ResourceNotFoundException", "Requested resource not found")
    assert users_of(dynamodb, tables[1]) == []


def test_a_batch_has_at_most_25_requests(dynamodb, tables):
    orders, users = tables
    dynamodb.batch_write_item(RequestItems={users: [put(person(str(i))) for i in range(24)], orders: [put(order(1))]})
    assert len(users_of(dynamodb, users)) == 24
    assert refusal(dynamodb.batch_write_item, RequestItems={users: [delete(person(str(i))) for i in range(24)],
                                                            orders: [put(order(2)), put(order(3))]}) == \
        invalid("Too many items requested for the BatchWriteItem call")
    code, message = refusal(dynamodb.batch_write_item, RequestItems={users: [delete(person(str(i))) for i in range(26)]})
    assert code == "ValidationException" and "failed to satisfy constraint: Map value must satisfy constraint: [Member must " \
        "have length less than or equal to 25, Member must have length greater than or equal to 1]" in message


def test_what_is_more_than_4_mb_is_left_for_another_request(dynamodb, tables):
    """The first items with more than 4 MB together are written; the others come back, and are written by the next request."""
    users = tables[1]
    requests = {users: [put(person(f"{i:02}", p={"S": "x" * 390_000})) for i in range(25)]}
    written = []
    while requests:
        requests = dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
        written.append(len(users_of(dynamodb, users)))
    assert written == [11, 22, 25]
    requests = {users: [delete(person(f"{i:02}")) for i in range(25)]}
    left = dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
    assert left == {users: requests[users][11:]}


@pytest.mark.parametrize("view, kept", [("KEYS_ONLY", False), ("NEW_IMAGE", False), ("OLD_IMAGE", True), ("NEW_AND_OLD_IMAGES", True)])
def test_what_streams_and_histories_keep_does_not_count_towards_what_is_left(dynamodb, tables, view, kept):
    """They share the items, which are stored once."""
    table = tables[1]
    dynamodb.update_table(TableName=table, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    if kept:
        dynamodb.update_continuous_backups(TableName=table,
                                           PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    requests = {table: [put(person(f"{i:02}", p={"S": "x" * 390_000})) for i in range(12)]}
    left = dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
    assert left == {table: requests[table][11:]}
    assert users_of(dynamodb, table) == [f"{i:02}" for i in range(11)]
