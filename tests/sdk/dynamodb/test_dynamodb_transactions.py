"""DynamoDB: TransactWriteItems and TransactGetItems: all or nothing, reasons in order, tokens, capacity, permissions."""

import uuid

import pytest
from botocore.exceptions import ClientError
from dynamodb_tables import keyed_tables, order
from refusals import refusal

KILOBYTE = 1024
TOKEN_LIFE_S = 10 * 60
CHANGED = "DynamoDB rejected the request because you retried a request with a different payload but with an " \
          "idempotent token that was already used."
TOO_LARGE = "Transaction payload size cannot exceed 4MB. Payload Size: "
REPEATED = "Transaction request cannot include multiple operations on one item"


@pytest.fixture
def tables(dynamodb, unique):
    """Two tables: the first with a sort key."""
    names = [unique(kind)[-100:].lstrip("-.") for kind in ("orders", "stock")]
    with keyed_tables(dynamodb, dict(zip(names, (["user", "order"], ["sku"])))) as made:
        yield made


def sku(name, **more):
    return {"sku": {"S": name}, **more}


def put(table, item, **more):
    return {"Put": {"TableName": table, "Item": item, **more}}


def update(table, key, expression, **more):
    return {"Update": {"TableName": table, "Key": key, "UpdateExpression": expression, **more}}


def delete(table, key, **more):
    return {"Delete": {"TableName": table, "Key": key, **more}}


def check(table, key, condition, **more):
    return {"ConditionCheck": {"TableName": table, "Key": key, "ConditionExpression": condition, **more}}


def get(table, key, **more):
    return {"Get": {"TableName": table, "Key": key, **more}}


def answer(reply):
    return {name: part for name, part in reply.items() if name != "ResponseMetadata"}


def invalid(message):
    return "ValidationException", message


def reasons(call, *items):
    """The reasons of a cancelled transaction, whose message lists their codes."""
    with pytest.raises(ClientError) as caught:
        call(TransactItems=list(items))
    response = caught.value.response
    found = response["CancellationReasons"]
    assert response["Error"] == {
        "Code": "TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons "
                   f"[{', '.join(reason['Code'] for reason in found)}]"}
    return found


def items(dynamodb, table):
    return dynamodb.scan(TableName=table)["Items"]


FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}


def wrong(message):
    return {"Code": "ValidationError", "Message": message}


# ---- writes ----

def test_actions_of_all_kinds_are_done_together(dynamodb, tables):
    orders, stock = tables
    for name in ("pen", "cup", "hat"):
        dynamodb.put_item(TableName=stock, Item=sku(name, left={"N": "3"}))
    reply = dynamodb.transact_write_items(TransactItems=[
        put(orders, order(1, what={"S": "pen"}), ConditionExpression="attribute_not_exists(#o)",
            ExpressionAttributeNames={"#o": "order"}),
        update(stock, sku("pen"), "SET #l = #l - :n", ConditionExpression="#l >= :n",
               ExpressionAttributeNames={"#l": "left"}, ExpressionAttributeValues={":n": {"N": "1"}}),
        delete(stock, sku("cup")),
        check(stock, sku("hat"), "attribute_exists(sku)"),
        update(stock, sku("new"), "SET a = :a", ExpressionAttributeValues={":a": {"N": "1"}})])
    assert answer(reply) == {}
    assert items(dynamodb, orders) == [order(1, what={"S": "pen"})]
    assert sorted(items(dynamodb, stock), key=lambda item: item["sku"]["S"]) == [
        sku("hat", left={"N": "3"}), sku("new", a={"N": "1"}), sku("pen", left={"N": "2"})]


def test_one_false_condition_cancels_all_actions(dynamodb, tables):
    orders, stock = tables
    dynamodb.put_item(TableName=stock, Item=sku("pen", left={"N": "0"}))
    dynamodb.put_item(TableName=stock, Item=sku("cup"))
    found = reasons(
        dynamodb.transact_write_items,
        put(orders, order(1)),
        update(stock, sku("pen"), "SET #l = #l - :n", ConditionExpression="#l >= :n",
               ExpressionAttributeNames={"#l": "left"}, ExpressionAttributeValues={":n": {"N": "1"}}),
        delete(stock, sku("cup")),
        check(stock, sku("missing"), "attribute_exists(sku)"))
    assert found == [NONE, FAILED, NONE, FAILED]
    assert items(dynamodb, orders) == []
    assert sorted(items(dynamodb, stock), key=lambda item: item["sku"]["S"]) == [sku("cup"), sku("pen", left={"N": "0"})]


@pytest.mark.parametrize("of", ["Put", "Update", "Delete", "ConditionCheck"])
def test_a_reason_shows_the_item_when_it_is_asked_for(dynamodb, tables, of):
    stock = tables[1]
    old = sku("pen", left={"N": "0"}, l={"L": [{"BOOL": True}]})
    dynamodb.put_item(TableName=stock, Item=old)
    false = {"ConditionExpression": "attribute_exists(nothing)"}

    def action(key, **more):
        return {of: {"TableName": stock, **({"Item": key} if of == "Put" else {"Key": key}), **false,
                     **({"UpdateExpression": "REMOVE a"} if of == "Update" else {}), **more}}

    assert reasons(dynamodb.transact_write_items,
                   action(sku("pen"), ReturnValuesOnConditionCheckFailure="ALL_OLD"),
                   action(sku("missing"), ReturnValuesOnConditionCheckFailure="ALL_OLD")) == [{**FAILED, "Item": old}, FAILED]
    assert reasons(dynamodb.transact_write_items,
                   action(sku("pen"), ReturnValuesOnConditionCheckFailure="NONE")) == [FAILED]


KEY_MISMATCH = "The provided key element does not match the schema"


@pytest.mark.parametrize("action, message", [
    (lambda t: put(t, {"sku": {"N": "5"}}),
     "One or more parameter values were invalid: Type mismatch for key sku expected: S actual: N"),
    (lambda t: put(t, {"sku": {"L": []}}),
     "One or more parameter values were invalid: Type mismatch for key sku expected: S actual: L"),
    (lambda t: put(t, {"other": {"S": "x"}}), "One or more parameter values were invalid: Missing the key sku in the item"),
    (lambda t: delete(t, {"sku": {"N": "5"}}), KEY_MISMATCH),
    (lambda t: delete(t, {}), KEY_MISMATCH),
    (lambda t: delete(t, sku("x", more={"S": "y"})), KEY_MISMATCH),
    (lambda t: check(t, {"sku": {"BOOL": True}}, "attribute_exists(sku)"), KEY_MISMATCH),
    (lambda t: update(t, {"sku": {"N": "5"}}, "REMOVE a"), KEY_MISMATCH),
    (lambda t: update(t, sku("x"), "REMOVE sku"),
     "One or more parameter values were invalid: Cannot update attribute sku. This attribute is part of the key"),
    (lambda t: update(t, sku("x"), "SET a = b"),
     "The provided expression refers to an attribute that does not exist in the item"),
    (lambda t: update(t, sku("pen"), "SET #l = #l + :s", ExpressionAttributeNames={"#l": "text"},
                      ExpressionAttributeValues={":s": {"N": "1"}}), "An operand in the update expression has an incorrect data type"),
    (lambda t: update(t, sku("pen"), "SET big = :b, big2 = :b", ExpressionAttributeValues={":b": {"S": "x" * 210_000}}),
     "Item size to update has exceeded the maximum allowed size"),
])
def test_what_is_wrong_with_one_action_is_its_reason(dynamodb, tables, action, message):
    stock = tables[1]
    dynamodb.put_item(TableName=stock, Item=sku("pen", text={"S": "t"}))
    assert reasons(dynamodb.transact_write_items, put(stock, sku("new")), action(stock), delete(stock, sku("old"))) == [
        NONE, wrong(message), NONE]
    assert items(dynamodb, stock) == [sku("pen", text={"S": "t"})]


EMPTY_KEY = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " \
            "string value. Key: sku"
UNUSED = "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"


def bad_name(member):
    return f"1 validation error detected: Value 'bad!name' at 'transactItems.{member}.tableName' failed to satisfy constraint: " \
           "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"


@pytest.mark.parametrize("action, message", [
    (lambda t: {}, "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"),
    (lambda t: {**put(t, sku("a")), **delete(t, sku("b"))},
     "TransactItems can only contain one of Check, Put, Update or Delete"),
    (lambda t: put(t, sku("")), EMPTY_KEY),
    (lambda t: update(t, sku(""), "REMOVE a"), EMPTY_KEY),
    (lambda t: delete(t, sku("")), EMPTY_KEY),
    (lambda t: check(t, sku(""), "attribute_exists(a)"), EMPTY_KEY),
    (lambda t: put("bad!name", sku("a")), bad_name("2.member.put")),
    (lambda t: update("bad!name", sku("a"), "REMOVE a"), bad_name("2.member.update")),
    (lambda t: delete("bad!name", sku("a")), bad_name("2.member.delete")),
    (lambda t: check("bad!name", sku("a"), "attribute_exists(a)"), bad_name("2.member.conditionCheck")),
    (lambda t: put(t, sku("a"), ConditionExpression=""), "Invalid ConditionExpression: The expression can not be empty;"),
    (lambda t: check(t, sku("a"), ""), "Invalid ConditionExpression: The expression can not be empty;"),
    (lambda t: update(t, sku("a"), ""), "Invalid UpdateExpression: The expression can not be empty;"),
    (lambda t: check(t, sku("a"), "attribute_not_exists("),
     'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("'),
    (lambda t: check(t, sku("a"), "attribute_exists(a)", ExpressionAttributeValues={":v": {"S": "x"}}), UNUSED),
    (lambda t: put(t, sku("a"), ConditionExpression="attribute_exists(a)", ExpressionAttributeValues={":v": {"S": "x"}}), UNUSED),
    (lambda t: update(t, sku("a"), "REMOVE a", ExpressionAttributeValues={":v": {"S": "x"}}), UNUSED),
    (lambda t: put(t, sku("a", s={"SS": []})), "One or more parameter values were invalid: An string set  may not be empty"),
    (lambda t: delete(t, sku("first")), REPEATED),
    (lambda t: check(t, sku("first"), "attribute_exists(a)"), REPEATED),
])
def test_what_is_wrong_with_the_request_is_refused_at_once(dynamodb, tables, action, message):
    stock = tables[1]
    assert refusal(dynamodb.transact_write_items, TransactItems=[put(stock, sku("first")), action(stock)]) == invalid(message)
    assert items(dynamodb, stock) == []


def test_the_same_key_in_two_tables_is_two_items(dynamodb, tables):
    orders, stock = tables
    dynamodb.transact_write_items(TransactItems=[put(orders, order(1, "a")), put(orders, order(2, "a")), put(stock, sku("a"))])
    assert len(items(dynamodb, orders)) == 2
    arn = dynamodb.describe_table(TableName=stock)["Table"]["TableArn"]
    assert refusal(dynamodb.transact_write_items, TransactItems=[put(stock, sku("b")), put(arn, sku("b"))]) == invalid(REPEATED)


def test_a_missing_table_is_not_found(dynamodb, tables):
    assert refusal(dynamodb.transact_write_items, TransactItems=[put(tables[1], sku("a")), put("nowhere-at-all", sku("a"))]) == (
        "ResourceNotFoundException", "Requested resource not found")


def test_a_transaction_has_at_most_100_actions(dynamodb, tables):
    stock = tables[1]
    dynamodb.transact_write_items(TransactItems=[put(stock, sku(str(i))) for i in range(100)])
    assert dynamodb.scan(TableName=stock, Select="COUNT")["Count"] == 100
    code, message = refusal(dynamodb.transact_write_items, TransactItems=[delete(stock, sku(str(i))) for i in range(101)])
    assert code == "ValidationException"
    assert message.endswith("at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100")


def padded(name, size_bytes):
    return sku(name, p={"S": "x" * (size_bytes - len("sku" + name + "p"))})


def test_the_items_of_a_transaction_have_at_most_4_mb(dynamodb, tables):
    """Its refusal shows the bytes of all items, also of those behind the one that crosses the bound."""
    stock = tables[1]
    small = [sku("y"), sku("z")]
    too_large = invalid(f"{TOO_LARGE}: {TOO_LARGE}{4 * 1024 * KILOBYTE + 2 * len('skuy')}")
    most = [put(stock, padded(f"{i:02}", 256 * KILOBYTE)) for i in range(16)]
    dynamodb.transact_write_items(TransactItems=most)
    assert dynamodb.scan(TableName=stock, Select="COUNT", Limit=3)["Count"] == 3
    assert refusal(dynamodb.transact_write_items, TransactItems=[*most, *(put(stock, item) for item in small)]) == too_large
    assert "Item" not in dynamodb.get_item(TableName=stock, Key=sku("z"))
    gets = [get(stock, sku(f"{i:02}")) for i in range(16)]
    assert [len(response["Item"]["p"]["S"]) for response in dynamodb.transact_get_items(TransactItems=gets)["Responses"]] == [
        256 * KILOBYTE - len("sku" + "00" + "p")] * 16
    for item in small:
        dynamodb.put_item(TableName=stock, Item=item)
    assert refusal(dynamodb.transact_get_items, TransactItems=[*gets, *(get(stock, item) for item in small)]) == too_large
    deletes = [delete(stock, sku(f"{i:02}")) for i in range(16)]
    assert refusal(dynamodb.transact_write_items, TransactItems=[*deletes, *(delete(stock, item) for item in small)]) == too_large
    dynamodb.transact_write_items(TransactItems=deletes)
    assert items(dynamodb, stock) == small


def test_the_size_of_a_transaction_counts_items_that_nobody_has_computed(dynamodb, tables):
    """The results of 16 MB of items are computed before the transaction; of the others the stored items count."""
    stock = tables[1]
    count, size, growth = 45, 399 * KILOBYTE, len("n") + 2
    for i in range(count):
        dynamodb.put_item(TableName=stock, Item=padded(f"{i:02}", size))
    updates = [update(stock, sku(f"{i:02}"), "SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}}) for i in range(count)]
    code, message = refusal(dynamodb.transact_write_items, TransactItems=updates)
    shown = int(message.removeprefix(f"{TOO_LARGE}: {TOO_LARGE}"))
    assert code == "ValidationException" and count * size <= shown < count * (size + growth)


def test_reasons_show_large_items(dynamodb, tables):
    stock = tables[1]
    large = [padded(str(i), 390 * KILOBYTE) for i in range(3)]
    for item in large:
        dynamodb.put_item(TableName=stock, Item=item)
    found = reasons(dynamodb.transact_write_items, *(
        check(stock, sku(str(i)), "attribute_not_exists(sku)", ReturnValuesOnConditionCheckFailure="ALL_OLD") for i in range(3)))
    assert found == [{**FAILED, "Item": item} for item in large]


# ---- capacity ----

def test_writes_consume_twice_their_units(dynamodb, tables):
    orders, stock = tables
    dynamodb.put_item(TableName=stock, Item=padded("big", 3 * KILOBYTE))
    actions = [put(stock, padded("pen", KILOBYTE)), put(orders, order(1)), put(stock, padded("cup", KILOBYTE + 1)),
               check(stock, sku("big"), "attribute_exists(sku)"), delete(orders, order(7))]
    for asked, more in (("TOTAL", {}), ("INDEXES", {"Table": {"CapacityUnits": 0, "WriteCapacityUnits": 0}})):
        reply = dynamodb.transact_write_items(TransactItems=actions, ReturnConsumedCapacity=asked)
        assert answer(reply) == {"ConsumedCapacity": [
            {"TableName": table, "CapacityUnits": units, "WriteCapacityUnits": units,
             **{name: dict.fromkeys(part, units) for name, part in more.items()}}
            for table, units in ((stock, 2.0 * (1 + 2 + 3)), (orders, 2.0 * (1 + 1)))]}
    assert "ConsumedCapacity" not in dynamodb.transact_write_items(TransactItems=actions, ReturnConsumedCapacity="NONE")


def test_reads_consume_twice_their_units(dynamodb, tables):
    orders, stock = tables
    dynamodb.put_item(TableName=stock, Item=padded("big", 4 * KILOBYTE + 1))
    reply = dynamodb.transact_get_items(
        TransactItems=[get(orders, order(1)), get(stock, sku("big"), ProjectionExpression="sku"), get(stock, sku("none"))],
        ReturnConsumedCapacity="TOTAL")
    assert answer(reply) == {
        "ConsumedCapacity": [
            {"TableName": orders, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0},
            {"TableName": stock, "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}],
        "Responses": [{}, {"Item": sku("big")}, {}]}


# ---- tokens ----

def test_a_repeated_token_does_nothing_for_ten_minutes(dynamodb, tables, advance_clock):
    stock = tables[1]
    dynamodb.put_item(TableName=stock, Item=sku("n", n={"N": "0"}, p={"S": "x" * 5000}))
    request = {"ClientRequestToken": str(uuid.uuid4()), "ReturnConsumedCapacity": "TOTAL", "TransactItems": [
        update(stock, sku("n"), "ADD n :one", ExpressionAttributeValues={":one": {"N": "1"}})]}

    def count():
        return dynamodb.get_item(TableName=stock, Key=sku("n"))["Item"]["n"]["N"]

    assert answer(dynamodb.transact_write_items(**request)) == {"ConsumedCapacity": [
        {"TableName": stock, "CapacityUnits": 10.0, "WriteCapacityUnits": 10.0}]}
    again = {"ConsumedCapacity": [{"TableName": stock, "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}]}
    assert answer(dynamodb.transact_write_items(**request)) == again and count() == "1"
    advance_clock(TOKEN_LIFE_S - 60)
    assert answer(dynamodb.transact_write_items(**request)) == again and count() == "1"
    advance_clock(60)
    dynamodb.transact_write_items(**request)
    assert count() == "2"


def test_a_repeated_request_may_have_its_maps_and_sets_in_another_order(dynamodb, tables):
    stock, token = tables[1], str(uuid.uuid4())

    def asked(*names):
        return [put(stock, sku("a", SS={"M": {name: {"SS": list(names)} for name in names}},
                                **{name: {"NS": ["1", "2"]} for name in names}),
                    ConditionExpression="attribute_not_exists(#b) OR #c = :b OR #c = :c",
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues={f":{name}": {"S": name} for name in names}),
                put(stock, sku("b", l={"L": [{"S": "b"}, {"S": "c"}]}))]

    dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=asked("b", "c"))
    dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=asked("c", "b"))
    another = [asked("b", "c")[0], put(stock, sku("b", l={"L": [{"S": "c"}, {"S": "b"}]}))]  # lists have an order
    assert refusal(dynamodb.transact_write_items, ClientRequestToken=token, TransactItems=another) == (
        "IdempotentParameterMismatchException", CHANGED)


def test_a_token_is_of_one_request(dynamodb, tables):
    stock, token = tables[1], str(uuid.uuid4())
    dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=[put(stock, sku("a"))])
    for other in ([put(stock, sku("b"))], [put(stock, sku("a"), ConditionExpression="attribute_not_exists(sku)")],
                  [put(stock, sku("a")), put(stock, sku("b"))]):
        assert refusal(dynamodb.transact_write_items, ClientRequestToken=token, TransactItems=other) == (
            "IdempotentParameterMismatchException", CHANGED)
    assert items(dynamodb, stock) == [sku("a")]


def test_a_cancelled_transaction_leaves_no_token(dynamodb, tables):
    stock, token = tables[1], str(uuid.uuid4())
    request = {"ClientRequestToken": token, "TransactItems": [
        put(stock, sku("a"), ConditionExpression="attribute_exists(sku)")]}
    assert refusal(dynamodb.transact_write_items, **request)[0] == "TransactionCanceledException"
    dynamodb.put_item(TableName=stock, Item=sku("a", old={"BOOL": True}))
    dynamodb.transact_write_items(**request)
    assert items(dynamodb, stock) == [sku("a")]


def test_a_token_has_1_to_36_characters(dynamodb, tables):
    stock = tables[1]
    for token in ("x", "x" * 36):
        dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=[put(stock, sku(token))])
    assert refusal(dynamodb.transact_write_items, ClientRequestToken="x" * 37, TransactItems=[put(stock, sku("no"))]) == invalid(
        f"1 validation error detected: Value '{'x' * 37}' at 'clientRequestToken' failed to satisfy constraint: "
        "Member must have length less than or equal to 36")


# ---- reads ----

def test_items_come_in_the_order_of_their_gets(dynamodb, tables):
    orders, stock = tables
    dynamodb.put_item(TableName=orders, Item=order(1, what={"S": "pen"}, more={"M": {"x": {"N": "1"}, "y": {"N": "2"}}}))
    dynamodb.put_item(TableName=stock, Item=sku("pen", left={"N": "3"}))
    reply = dynamodb.transact_get_items(TransactItems=[
        get(stock, sku("pen")), get(orders, order(2)),
        get(orders, order("1.0"), ProjectionExpression="#w, more.y", ExpressionAttributeNames={"#w": "what"})])
    assert answer(reply) == {"Responses": [
        {"Item": sku("pen", left={"N": "3"})}, {}, {"Item": {"what": {"S": "pen"}, "more": {"M": {"y": {"N": "2"}}}}}]}


def test_ten_items_of_190_000_values_are_read_together(dynamodb, tables):
    table = tables[1]
    names = [f"large{i}" for i in range(10)]
    for name in names:
        dynamodb.put_item(TableName=table, Item={**sku(name), "l": {"L": [{"NULL": True}] * 47_500}})
        for _ in range(2):  # twice as many each time: this SDK takes a second for what the server needs no time for
            dynamodb.update_item(TableName=table, Key=sku(name), UpdateExpression="SET l = list_append(l, l)")
    reply = dynamodb.transact_get_items(
        TransactItems=[get(table, sku(name), ProjectionExpression="sku, l[189999], l[190000]") for name in names])
    assert [one["Item"] for one in reply["Responses"]] == [{**sku(name), "l": {"L": [{"NULL": True}]}} for name in names]


def test_an_item_without_any_of_the_projected_attributes_is_empty(dynamodb, tables):
    dynamodb.put_item(TableName=tables[1], Item=sku("pen"))
    assert answer(dynamodb.transact_get_items(TransactItems=[get(tables[1], sku("pen"), ProjectionExpression="nothing")])) == {
        "Responses": [{"Item": {}}]}


def test_a_key_that_does_not_fit_is_the_reason_of_its_get(dynamodb, tables):
    orders, stock = tables
    assert reasons(dynamodb.transact_get_items, get(stock, sku("a")), get(stock, {}), get(orders, sku("a"))) == [
        NONE, wrong(KEY_MISMATCH), NONE]


def test_the_first_key_that_does_not_fit_is_the_only_reason(dynamodb, tables):
    """Keys are checked before conditions; an update that fails on its item is a reason beside others."""
    stock = tables[1]
    absent = check(stock, sku("absent"), "attribute_exists(sku)")
    unfit, mismatch = {"sku": {"N": "5"}}, "One or more parameter values were invalid: Type mismatch for key sku expected: S actual: N"
    assert reasons(dynamodb.transact_write_items, absent, put(stock, unfit), put(stock, {"sku": {"N": "6"}})) == [
        NONE, wrong(mismatch), NONE]
    assert reasons(dynamodb.transact_write_items, delete(stock, unfit), put(stock, unfit), absent) == [
        wrong(KEY_MISMATCH), NONE, NONE]
    assert reasons(dynamodb.transact_write_items, absent, update(stock, sku("x"), "SET a = b")) == [
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
        wrong("The provided expression refers to an attribute that does not exist in the item")]
    assert refusal(dynamodb.transact_write_items, TransactItems=[
        put(stock, sku("a")), delete(stock, sku("a")), put(stock, unfit)]) == invalid(REPEATED)


@pytest.mark.parametrize("more, message", [
    (lambda t: get(t, sku("first")), REPEATED),
    (lambda t: get(t, sku("")), EMPTY_KEY),
    (lambda t: get("bad!name", sku("a")), bad_name("2.member.get")),
    (lambda t: get(t, sku("a"), ProjectionExpression="!!!"), 'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"'),
    (lambda t: get(t, sku("a"), ExpressionAttributeNames={"#n": "n"}),
     "ExpressionAttributeNames can only be specified when using expressions"),
])
def test_gets_that_are_refused_at_once(dynamodb, tables, more, message):
    stock = tables[1]
    assert refusal(dynamodb.transact_get_items, TransactItems=[get(stock, sku("first")), more(stock)]) == invalid(message)


def test_a_transaction_has_at_most_100_gets(dynamodb, tables):
    stock = tables[1]
    reply = dynamodb.transact_get_items(TransactItems=[get(stock, sku(str(i))) for i in range(100)])
    assert answer(reply) == {"Responses": [{}] * 100}
    code, message = refusal(dynamodb.transact_get_items, TransactItems=[get(stock, sku(str(i))) for i in range(101)])
    assert code == "ValidationException"
    assert message.endswith("at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100")


# ---- collections and indexes ----

def test_indexes_change_with_a_transaction_and_its_collections_are_shown(dynamodb, unique):
    table = unique("collections")[-100:].lstrip("-.")
    dynamodb.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("p", "s", "l", "g")],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        LocalSecondaryIndexes=[{"IndexName": "local", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
            {"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}]}],
        GlobalSecondaryIndexes=[{"IndexName": "global", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
            {"AttributeName": "g", "KeyType": "HASH"}]}])

    def item(p, s, **more):
        return {"p": {"S": p}, "s": {"S": s}, **more}

    reply = dynamodb.transact_write_items(
        TransactItems=[put(table, item("a", "1", l={"S": "x"})), put(table, item("a", "2", l={"S": "y"}, g={"S": "z"})),
                       put(table, item("b", "1")), check(table, item("c", "1"), "attribute_not_exists(p)")],
        ReturnConsumedCapacity="INDEXES", ReturnItemCollectionMetrics="SIZE")
    assert answer(reply) == {
        "ConsumedCapacity": [{
            "TableName": table, "CapacityUnits": 11.0, "WriteCapacityUnits": 11.0,
            "Table": {"CapacityUnits": 8.0, "WriteCapacityUnits": 8.0},
            "LocalSecondaryIndexes": {"local": {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}},
            "GlobalSecondaryIndexes": {"global": {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}}}],
        "ItemCollectionMetrics": {table: [
            {"ItemCollectionKey": {"p": {"S": name}}, "SizeEstimateRangeGB": [0.0, 1.0]} for name in ("a", "b")]}}
    found = dynamodb.query(TableName=table, IndexName="local", KeyConditionExpression="p = :p",
                           ExpressionAttributeValues={":p": {"S": "a"}})["Items"]
    assert found == [item("a", "1", l={"S": "x"}), item("a", "2", l={"S": "y"}, g={"S": "z"})]
    assert reasons(dynamodb.transact_write_items, put(table, item("a", "3", l={"N": "1"})), put(table, item("a", "4"))) == [
        wrong("One or more parameter values were invalid: Type mismatch for Index Key l Expected: S Actual: N IndexName: local"),
        NONE]
    dynamodb.delete_table(TableName=table)


def test_equal_numbers_are_one_request(dynamodb, tables):
    stock, token = tables[1], str(uuid.uuid4())
    for text in ("1", "1.0"):
        dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=[put(stock, sku("a", n={"N": text}))])
    assert items(dynamodb, stock) == [sku("a", n={"N": "1"})]
