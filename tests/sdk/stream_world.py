"""A server with DynamoDB streams as event sources of functions, for the tests of stream batches."""

import json

import orderly_server
from orderly_fixtures import zip_of
from own_world import OwnWorld

READER = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"]
LETTERS = ["sqs:SendMessage", "sns:Publish"]

SAY = """
import json
def handler(event, context):
    print("EVENT " + json.dumps(event))
"""
# Says the keys of its batch, and fails when one of them is bad.
PICKY = """
import json
def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("IDS " + json.dumps(ids))
    if any(one.startswith("bad") for one in ids):
        raise ValueError("no")
"""
# Reports the first bad record of its batch.
PARTIAL = """
import json
def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("IDS " + json.dumps(ids))
    bad = [one["dynamodb"]["SequenceNumber"] for one in event["Records"]
           if one["dynamodb"]["Keys"]["id"]["S"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}
"""


class World(OwnWorld):
    """A server with tables and their streams.

    The first retries of a batch come after one, two and four seconds of the server's clock: tests that count them wait
    for them, because a clock that is moved ahead also ends what runs just then.
    """

    def function(self, source, allow=(*READER, *LETTERS)):
        name = self.name("function")
        self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="index.handler", Timeout=30, Role=self.role(list(allow)),
            Code={"ZipFile": zip_of({"index.py": source})})
        self.functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    def table(self, view="NEW_AND_OLD_IMAGES"):
        name = self.name("table")
        made = self.client("dynamodb").create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
        return name, made["TableDescription"]["LatestStreamArn"]

    def put(self, table, *ids, **attributes):
        for one in ids:
            self.client("dynamodb").put_item(TableName=table, Item={"id": {"S": one}, **attributes})

    def put_many(self, table, ids, **attributes):
        """Many items at once, in the order of their ids."""
        for start in range(0, len(ids), 25):
            puts = [{"PutRequest": {"Item": {"id": {"S": one}, **attributes}}} for one in ids[start:start + 25]]
            assert self.client("dynamodb").batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}

    def map(self, function, stream, **settings):
        settings = {"StartingPosition": "TRIM_HORIZON", **settings}
        return self.functions.create_event_source_mapping(FunctionName=function, EventSourceArn=stream, **settings)["UUID"]

    def queue(self):
        url = self.client("sqs").create_queue(QueueName=self.name("queue"))["QueueUrl"]
        arn = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def letters(self, url):
        found = self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=0)
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]

    def log(self, function):
        logs = self.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    def said(self, function, word):
        return [json.loads(line[len(word) + 1:]) for line in self.log(function) if line.startswith(word + " ")]

    def ids(self, function):
        return self.said(function, "IDS")

    def wait(self, condition):
        return orderly_server.wait_until(condition)
