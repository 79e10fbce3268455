#!/usr/bin/env python3
"""The same requests to Orderly and to Dynoxide, and each reply that differs, as Markdown, to be judged by AWS's documentation.

The requests: those below, valid ones among them, in one history of tables and items; then each bad request of
tests/wire/dynamodb/refusals.  Dates, ids and the order of sets and scans, which no document promises, are not compared.
"""

import argparse
import itertools
import json
import re
import sys
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from peers import ROOT, Orderly, default_binary, dynoxide

sys.path.insert(0, str(ROOT / "tests" / "wire"))
import test_refusals  # noqa: E402

VOLATILE = {"CreationDateTime", "TableId", "LatestStreamLabel", "LastUpdateToPayPerRequestDateTime", "ApproximateCreationDateTime",
            "SequenceNumber", "StartingSequenceNumber", "EndingSequenceNumber", "eventID", "ShardId", "BackupCreationDateTime",
            "EarliestRestorableDateTime", "LatestRestorableDateTime", "LastIncreaseDateTime", "LastDecreaseDateTime"}
UNORDERED = {"SS", "NS", "BS", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "Tags"}
ARN = re.compile(r"arn:aws:dynamodb:[^:]*:\d*(:[^/]*/[^/\"']*)(/stream/[^/\"']*)?")


# --- The requests --------------------------------------------------------------------------------


def attributes(**kinds):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def keys(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def tables():
    one = {"TableName": "one", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes(id="S"), "KeySchema": keys("id")}
    projected = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}
    yield "CreateTable", one
    yield "CreateTable", one
    yield "CreateTable", {
        "TableName": "orders", "AttributeDefinitions": attributes(user="S", number="N", status="S", at="N"),
        "KeySchema": keys("user", "number"), "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        "GlobalSecondaryIndexes": [{"IndexName": "byStatus", "KeySchema": keys("status", "at"), "Projection": projected,
                                    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}],
        "LocalSecondaryIndexes": [{"IndexName": "byTime", "KeySchema": keys("user", "at"), "Projection": {"ProjectionType": "ALL"}}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    for name in ("one", "orders", "none", "a", "x" * 256, ""):
        yield "DescribeTable", {"TableName": name}
    for asked in ({}, {"Limit": 1}, {"ExclusiveStartTableName": "one"}, {"Limit": 0}, {"Limit": 101}, {"ExclusiveStartTableName": "z"}):
        yield "ListTables", asked
    ways = ({"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": enabled}} for enabled in (False, True, True))
    for way in ways:
        yield "UpdateTimeToLive", {"TableName": "one", **way}
    yield "DescribeTimeToLive", {"TableName": "one"}
    yield "DescribeTimeToLive", {"TableName": "orders"}
    bad = ({"KeySchema": []}, {"KeySchema": keys("x")}, {"AttributeDefinitions": attributes(id="S", more="S")}, {"BillingMode": "FREE"},
           {"AttributeDefinitions": attributes(id="BOOL")}, {"BillingMode": "PROVISIONED"}, {"TableName": "a"}, {"TableName": "sp ace"},
           {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}, {"GlobalSecondaryIndexes": []},
           {"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": keys("id"), "Projection": {"ProjectionType": "ALL"}}]},
           {"GlobalSecondaryIndexes": [{"IndexName": "global", "KeySchema": keys("id"), "Projection": {}}]},
           {"StreamSpecification": {"StreamEnabled": True}}, {"KeySchema": keys("id") + keys("id")})
    for change in bad:
        yield "CreateTable", {**one, "TableName": "bad", **change}


def item(number, **more):
    return {"user": {"S": "u"}, "number": {"N": str(number)}, "status": {"S": "placed" if number % 2 else "shipped"},
            "at": {"N": str(100 - number)}, "total": {"N": f"{number}.50"}, **more}


VALUES = [{"S": ""}, {"S": "é漢"}, {"N": "1.0"}, {"N": "-0"}, {"N": "1e3"}, {"N": "0.000001"}, {"N": "1E-130"}, {"N": "9" * 38},
          {"N": "9" * 39}, {"N": "1E126"}, {"N": "x"}, {"N": ""}, {"N": " 1"}, {"B": "AP8="}, {"B": ""}, {"B": "*"}, {"BOOL": True}, {"NULL": True},
          {"NULL": False}, {"SS": ["b", "a"]}, {"SS": []}, {"SS": ["a", "a"]}, {"NS": ["2", "1"]}, {"NS": ["1", "1.0"]}, {"BS": ["YQ=="]},
          {"L": []}, {"L": [{"S": "a"}, {"M": {}}]}, {"M": {}}, {"M": {"a": {"L": [{"N": "1"}]}}}, {}, {"S": "a", "N": "1"}, {"X": "a"}]


def items():
    for value in VALUES:
        yield "PutItem", {"TableName": "one", "Item": {"id": {"S": "value"}, "v": value}, "ReturnConsumedCapacity": "TOTAL"}
        yield "GetItem", {"TableName": "one", "Key": {"id": {"S": "value"}}, "ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}
    for key in ({"id": {"N": "1"}}, {}, {"id": {"S": ""}}, {"id": {"S": "k" * 2049}}, {"id": {"S": "a"}, "more": {"S": "a"}}, {"ID": {"S": "a"}}):
        for operation in ("GetItem", "DeleteItem", "UpdateItem"):
            yield operation, {"TableName": "one", "Key": key}
        yield "PutItem", {"TableName": "one", "Item": key}
    for number, returned in itertools.product((1, 2), ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "x")):
        more = {"ReturnValues": returned, "ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}
        yield "PutItem", {"TableName": "orders", "Item": item(number), **more}
        yield "DeleteItem", {"TableName": "orders", "Key": {"user": {"S": "u"}, "number": {"N": str(number)}}, **more}
    for number in range(10):
        yield "PutItem", {"TableName": "orders", "Item": item(number, note={"S": "n" * 600}), "ReturnConsumedCapacity": "INDEXES"}
    for condition in ("attribute_exists(note)", "attribute_not_exists(note)", "total > :n", "size(note) > :n AND NOT at < :n", "#s IN (:s, :n)"):
        for check in ({}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}):
            yield "PutItem", {"TableName": "orders", "Item": item(3, note={"S": "m"}), "ConditionExpression": condition, **check,
                              **used(condition)}


UPDATES = ["SET a = :n", "SET a = a + :n", "SET a = a - :n, b = :s", "SET b = if_not_exists(b, :s)", "SET c = list_append(:l, :l)",
           "SET c[5] = :s", "SET c[0] = :n REMOVE c[1]", "SET d = :m", "SET d.x = :s", "SET d.y.z = :s", "REMOVE a, d.x", "ADD e :n", "ADD e :n, f :ss",
           "DELETE f :ss", "DELETE f :s", "ADD b :n", "SET a = b + :n", "SET a = missing + :n", "SET id = :s", "SET a = :n, a = :s",
           "SET d.x = :s, d = :m", "SET a = :n SET b = :s", "ADD a :n REMOVE a", "SET a = :n + :n", "SET #s = :s", "REMOVE missing", "SET c = list_append(c, :s)",
           "ADD c :n", "DELETE missing :ss", "SET a = size(b)", "", "SET", "SET a = :missing", "SET #m = :n", "SET status = :s"]
BOUND = {":n": {"N": "2"}, ":s": {"S": "placed"}, ":l": {"L": [{"N": "1"}]}, ":m": {"M": {}}, ":ss": {"SS": ["x", "y"]}, ":u": {"S": "u"}, ":t": {"N": "97"}}
NAMED = {"#s": "status", "#u": "user"}


def used(*expressions):
    """The names and values that expressions use and that are defined."""
    text = " ".join(expressions)
    names = {name: NAMED[name] for name in re.findall(r"#\w+", text) if name in NAMED}
    values = {name: BOUND[name] for name in re.findall(r":\w+", text) if name in BOUND}
    return {**({"ExpressionAttributeNames": names} if names else {}), **({"ExpressionAttributeValues": values} if values else {})}


def updates():
    for expression, returned in itertools.product(UPDATES, ("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")):
        yield "UpdateItem", {"TableName": "one", "Key": {"id": {"S": "u"}}, "UpdateExpression": expression, "ReturnValues": returned,
                             "ReturnConsumedCapacity": "TOTAL", **used(expression)}
    yield "UpdateItem", {"TableName": "orders", "Key": {"user": {"S": "u"}, "number": {"N": "4"}}, "UpdateExpression": "SET at = :n REMOVE #s",
                         "ReturnConsumedCapacity": "INDEXES", **used("#s :n")}


def reads():
    pages = ({}, {"Limit": 2}, {"ScanIndexForward": False, "Limit": 3}, {"Select": "COUNT"}, {"ReturnConsumedCapacity": "INDEXES"},
             {"ProjectionExpression": "total, #s"}, {"FilterExpression": "at > :t"}, {"Limit": 0}, {"Select": "ALL_PROJECTED_ATTRIBUTES"},
             {"ConsistentRead": True, "ReturnConsumedCapacity": "TOTAL"}, {"Select": "SPECIFIC_ATTRIBUTES"})
    ranges = {None: ["#u = :u", "#u = :u AND number > :n", "#u = :u AND number BETWEEN :n AND :t", "#u = :u AND begins_with(number, :n)",
                     "#u = :u OR number = :n", "number = :n", "#u > :u", "#u = :u AND total = :n"],
              "byStatus": ["#s = :s", "#s = :s AND at >= :t"], "byTime": ["#u = :u AND at < :t"], "byNothing": ["#u = :u"]}
    for index, conditions in ranges.items():
        for condition, page in itertools.product(conditions, pages):
            asked = {"TableName": "orders", "KeyConditionExpression": condition, **({"IndexName": index} if index else {}), **page}
            yield "Query", {**asked, **used(condition, page.get("ProjectionExpression", ""), page.get("FilterExpression", ""))}
        for page in pages:
            if "Limit" not in page and "ScanIndexForward" not in page:
                asked = {"TableName": "orders", **({"IndexName": index} if index else {}), **page}
                yield "Scan", {**asked, **used(page.get("ProjectionExpression", ""), page.get("FilterExpression", ""))}
    for segment, total in ((0, 1), (1, 1), (0, 0), (None, 2), (0, None), (0, 1_000_001)):
        bounds = {"Segment": segment, "TotalSegments": total}
        yield "Scan", {"TableName": "orders", "Select": "COUNT", **{name: value for name, value in bounds.items() if value is not None}}
    for projection in ("total", "a.b", "c[0]", "total, total", "status", "", "#x", "note.x"):
        yield "GetItem", {"TableName": "orders", "Key": {"user": {"S": "u"}, "number": {"N": "1"}}, "ProjectionExpression": projection}


def groups():
    key = {"user": {"S": "u"}, "number": {"N": "5"}}
    ask = {"ReturnConsumedCapacity": "INDEXES"}
    yield "BatchGetItem", {"RequestItems": {"orders": {"Keys": [key]}}, **ask}
    yield "BatchGetItem", {"RequestItems": {"orders": {"Keys": [key, key]}}}
    yield "BatchGetItem", {"RequestItems": {"nowhere": {"Keys": [key]}}}
    yield "BatchGetItem", {"RequestItems": {}}
    yield "BatchGetItem", {"RequestItems": {"orders": {"Keys": []}}}
    put, delete = {"PutRequest": {"Item": item(20)}}, {"DeleteRequest": {"Key": {"user": {"S": "u"}, "number": {"N": "20"}}}}
    for writes in ([put], [delete], [put, delete], [put] * 26, [], [{}], [{**put, **delete}]):
        yield "BatchWriteItem", {"RequestItems": {"orders": writes}, "ReturnItemCollectionMetrics": "SIZE", **ask}
    writes = {"Put": {"TableName": "orders", "Item": item(21)}, "Delete": {"TableName": "orders", "Key": key},
              "ConditionCheck": {"TableName": "orders", "Key": key, "ConditionExpression": "attribute_exists(total)"},
              "Update": {"TableName": "one", "Key": {"id": {"S": "t"}}, "UpdateExpression": "SET a = :n", **used(":n")}}
    failing = {"ConditionCheck": {**writes["ConditionCheck"], "ConditionExpression": "attribute_not_exists(total)",
                                  "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}
    one = [{name: write} for name, write in writes.items()]
    for together in ([one[0], one[3]], [one[0], one[2]], [one[0], failing], [one[1], one[2]], [], [{}], [one[3]] * 101, [{**one[0], **one[1]}]):
        yield "TransactWriteItems", {"TransactItems": together, **ask}
    for token in ("first", "first", "x" * 37):
        yield "TransactWriteItems", {"TransactItems": [one[3]], "ClientRequestToken": token, **ask}
    yield "TransactWriteItems", {"TransactItems": [one[0]], "ClientRequestToken": "first"}
    get = {"Get": {"TableName": "orders", "Key": key}}
    for together in ([get], [get, get], [{"Get": {"TableName": "nowhere", "Key": key}}], [], [{"Get": {**get["Get"], "ProjectionExpression": "total"}}]):
        yield "TransactGetItems", {"TransactItems": together, **ask}
    yield "DescribeTable", {"TableName": "orders"}
    yield "UpdateTable", {"TableName": "orders"}
    yield "UpdateTable", {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}
    yield "DeleteTable", {"TableName": "nowhere"}


def bad_requests():
    for case in test_refusals.CASES:
        template, rows = case.values
        for row, message in rows:
            text, _ = test_refusals.fill(template, row, message)
            for name in test_refusals.TABLES:
                text = text.replace(f"{{{name}}}", f"refusals-{name}")
            operation, _, body = text.partition(" ")
            yield operation, body


def history():
    for part in (tables, items, updates, reads, groups):
        yield from part()
    for name, schema in test_refusals.TABLES.items():
        yield "CreateTable", {"TableName": f"refusals-{name}", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes(
            **{key: kind for key, kind, _ in schema}), "KeySchema": keys(*(key for key, _, _ in schema))}
    yield from bad_requests()


# --- The replies ---------------------------------------------------------------------------------


def send(port, operation, body):
    """(status, JSON of the reply)"""
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    signed = AWSRequest("POST", f"http://127.0.0.1:{port}/", data=body.encode(), headers=headers)
    SigV4Auth(Credentials("test", "test"), "dynamodb", "us-east-1").add_auth(signed)
    try:
        with urllib.request.urlopen(urllib.request.Request(signed.url, signed.data, dict(signed.headers)), timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"null")


def plain(operation, value, name=""):
    """A reply without what may differ."""
    if isinstance(value, dict):
        kept = {key: plain(operation, part, key) for key, part in value.items() if key not in VOLATILE}
        if "__type" in kept:
            return {"type": kept["__type"].split("#")[-1], **{k.lower(): v for k, v in kept.items() if k != "__type"}}
        return kept
    if isinstance(value, list):
        parts = [plain(operation, part) for part in value]
        unordered = name in UNORDERED or (operation == "Scan" and name == "Items")
        return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True)) if unordered else parts
    return ARN.sub(r"arn\1", value) if isinstance(value, str) else value


def differences(ports):
    for operation, asked in history():
        body = asked if isinstance(asked, str) else json.dumps(asked, ensure_ascii=False)
        replies = [(status, plain(operation, reply)) for status, reply in (send(port, operation, body) for port in ports)]
        yield operation, body, replies


def short(text, most=700):
    return text if len(text) <= most else text[:most] + " …"


def read_options():
    parser = argparse.ArgumentParser(prog="bench/run differential", description=__doc__)
    parser.add_argument("--status-only", action="store_true", help="only where one serves what the other refuses")
    return parser.parse_args()


def main():
    options = read_options()
    default_binary()
    peer = dynoxide()
    if not peer:
        raise SystemExit("Dynoxide is not installed: see bench/run")
    servers = [Orderly().start(), peer.start()]
    sent = different = 0
    try:
        for operation, body, (ours, theirs) in differences([server.port for server in servers]):
            sent += 1
            if ours == theirs or (options.status_only and ours[0] == theirs[0]):
                continue
            different += 1
            print(f"\n{operation} `{short(body)}`")
            for name, (status, reply) in (("Orderly", ours), (peer.name, theirs)):
                print(f"- {name}: {status} `{short(json.dumps(reply, ensure_ascii=False, sort_keys=True))}`")
    finally:
        for server in servers:
            server.stop()
    print(f"\n{sent} requests, {different} replies differ.")


if __name__ == "__main__":
    main()
