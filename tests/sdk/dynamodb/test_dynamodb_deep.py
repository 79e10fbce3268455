"""Requests that are nested too deeply, and have another fault: which of the two is told.

As recorded in us-east-1 in October 2026 (paritysuite/dynamodb-conformance, deepRequests and partiqlParameterNumbers).
What is nested deeper than 62 levels is read by an older layer of AWS's: it knows other words for ReturnValues and
ConditionalOperator, and tells them first.
"""

import sys

import pytest
from dynamodb_tables import KEY

TOO_DEEP = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
ENVELOPED = "1 validation error detected: " + TOO_DEEP
OPERATOR = "1 validation error detected: {}ailed to satisfy constraint: Member must satisfy enum value set: [{}]"
OPERATOR_OLDER, OPERATOR_NEWER = (OPERATOR.format("Value 'XOR' at 'conditionalOperator' f", "OR, AND"),
                                  OPERATOR.format("F", "ALL, OR"))
VALUES_OLDER = ("1 validation error detected: Value 'BOGUS' at 'returnValues' failed to satisfy constraint: Member must satisfy "
                "enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]")
VALUES_NEWER = ("1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, "
                "UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]")
EMPTY = "Empty attribute name"
SYNTAX = 'Invalid ConditionExpression: Syntax error; token: "=", near: "= = b"'
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value: abc"
TABLE = "absent"
DEEPEST = 250  # levels that are read


@pytest.fixture(autouse=True)
def deep_client():
    """boto3 goes through a value by calls within calls"""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(before)


def deep(levels):
    value = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"n": value}}
    return value


def key(of="a"):
    return {"pk": of if isinstance(of, dict) else {"S": of}, "sk": {"S": "1"}}


@pytest.mark.parametrize("levels, sentence", [(40, OPERATOR_NEWER), (62, OPERATOR_NEWER), (63, OPERATOR_OLDER), (100, OPERATOR_OLDER)])
@pytest.mark.parametrize("operation", ["put_item", "update_item"])
def test_a_conditional_operator_is_told_before_the_depth(dynamodb, refused, operation, levels, sentence):
    expected = {"a": {"Value": deep(levels)}, "b": {"Exists": False}}
    more = {"Item": key()} if operation == "put_item" else {
        "Key": key(), "AttributeUpdates": {"x": {"Action": "PUT", "Value": {"S": "1"}}}}
    error = refused(getattr(dynamodb, operation), TableName=TABLE, Expected=expected, ConditionalOperator="XOR", **more)
    assert (error["code"], error["message"]) == ("ValidationException", sentence)


@pytest.mark.parametrize("levels, sentence", [(40, VALUES_NEWER), (62, VALUES_NEWER), (63, VALUES_OLDER), (DEEPEST, VALUES_OLDER)])
def test_return_values_are_told_before_the_depth(dynamodb, refused, levels, sentence):
    for more in ({"Key": key(), "ConditionExpression": "d = :v", "ExpressionAttributeValues": {":v": deep(levels)}},
                 {"Key": key(), "Expected": {"d": {"Value": deep(levels)}}}, {"Key": key(deep(levels))}):
        assert refused(dynamodb.delete_item, TableName=TABLE, ReturnValues="BOGUS", **more)["message"] == sentence


@pytest.mark.parametrize("levels, sentence", [(62, ENVELOPED), (63, "ReturnValues can only be ALL_OLD or NONE")])
def test_return_values_that_do_not_fit_are_told_first_by_the_older_layer(dynamodb, refused, levels, sentence):
    error = refused(dynamodb.delete_item, TableName=TABLE, Key=key(), ReturnValues="UPDATED_NEW", ConditionExpression="d = :v",
                    ExpressionAttributeValues={":v": deep(levels)})
    assert error["message"] == sentence


def put(item, **more):
    return {"Put": {"TableName": TABLE, "Item": item, **more}}


def delete(of, **more):
    return {"Delete": {"TableName": TABLE, "Key": key(of), **more}}


def check(of, **more):
    return {"ConditionCheck": {"TableName": TABLE, "Key": key(of), "ConditionExpression": "attribute_exists(a)", **more}}


def update(text, **values):
    return {"Update": {"TableName": TABLE, "Key": key(), "UpdateExpression": text,
                       "ExpressionAttributeValues": {":v": {"S": "x"}, **{f":{name}": value for name, value in values.items()}}}}


NAMELESS = {**key(), "": {"S": "x"}}


@pytest.mark.parametrize("levels", [40, 100])
@pytest.mark.parametrize("actions, sentence", [
    (lambda value: [put({**key("b"), "d": value}), put(NAMELESS)], TOO_DEEP),
    (lambda value: [put(NAMELESS), put({**key("b"), "d": value})], EMPTY),
    (lambda value: [put({**NAMELESS, "d": value})], EMPTY),
    (lambda value: [put({**key(), "d": value, "": {"S": "x"}})], EMPTY),
    (lambda value: [put(NAMELESS), check("b", ConditionExpression="d = :v", ExpressionAttributeValues={":v": value})], EMPTY),
    (lambda value: [delete(value), put(key(), ConditionExpression="a = = b")], TOO_DEEP),
    (lambda value: [put(key(), ConditionExpression="a = = b"), delete(value)], SYNTAX),
    (lambda value: [delete(value, ConditionExpression="a = = b")], SYNTAX),
    (lambda value: [update("SET a = :v", u={"S": "y"}), check(value)],
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}"),
    (lambda value: [update("SET " + ", ".join(f"a{i} = :v" for i in range(500))), check(value)],
     "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;"),
    (lambda value: [delete(value, ConditionExpression="a = :v" + " AND a = :v" * 373, ExpressionAttributeValues={":v": {"S": "x"}})],
     "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4109"),
])
def test_a_transaction_is_refused_for_its_first_fault(dynamodb, refused, actions, sentence, levels):
    error = refused(dynamodb.transact_write_items, TransactItems=actions(deep(levels)))
    assert (error["code"], error["message"]) == ("ValidationException", sentence)


@pytest.mark.parametrize("levels", [40, 100])
def test_parameters_of_a_statement_are_read_in_their_order(dynamodb, unique, refused, levels):
    table, value, word = unique("deep"), deep(levels), {"N": "abc"}
    dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **KEY)
    one, two = (f"SELECT * FROM \"{table}\" WHERE id = 'x' AND {condition}" for condition in ("x = ?", "x = ? AND y = ?"))
    for statement, parameters, sentence in (
            (two, [value, word], TOO_DEEP), (two, [word, value], NOT_A_NUMBER), (two, [value, {"N": "1e126"}], TOO_DEEP),
            (one, [{"M": {"d": value, "bad": word}}], TOO_DEEP), (one, [{"M": {"bad": word, "d": value}}], NOT_A_NUMBER)):
        assert refused(dynamodb.execute_statement, Statement=statement, Parameters=parameters)["message"] == sentence
        (answer,) = dynamodb.batch_execute_statement(Statements=[{"Statement": statement, "Parameters": parameters}])["Responses"]
        assert answer["Error"] == {"Code": "ValidationError", "Message": sentence}


def test_what_is_nested_still_deeper_is_not_read(dynamodb, refused):
    for levels in (DEEPEST, DEEPEST + 10, 400):
        assert refused(dynamodb.put_item, TableName=TABLE, Item={**key(), "d": deep(levels)})["message"] == ENVELOPED
    assert refused(dynamodb.delete_item, TableName=TABLE, Key=key(deep(260)), ReturnValues="BOGUS")["message"] == ENVELOPED
