"""Lists in pages: all services make them the same way, and accept only tokens of the same operation."""

import itertools
import json

import boto3
import pytest
from botocore.config import Config

import orderly_fixtures
from orderly_fixtures import LAMBDA_TRUST

ACCOUNTS = itertools.count(700000000000)  # each test has an account of its own


@pytest.fixture
def of(endpoint):
    """of("sqs") returns a client in an empty account."""
    account = str(next(ACCOUNTS))

    def make(service):
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account,
                            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))

    make.account = account
    return make


# Each kind makes an item of that name, deletes it, and lists names: (names, token) of one page.


class Queues:
    error = ("InvalidParameterValue",
             "Value {token} for parameter NextToken is invalid. Reason: It must be one that an earlier page came with.")

    def __init__(self, of):
        self.sqs = of("sqs")

    def make(self, name):
        self.sqs.create_queue(QueueName=name)

    def delete(self, name):
        self.sqs.delete_queue(QueueUrl=name)

    def page(self, limit, token):
        reply = self.sqs.list_queues(MaxResults=limit, **({"NextToken": token} if token else {}))
        return [url.rsplit("/", 1)[1] for url in reply.get("QueueUrls", [])], reply.get("NextToken")


class Sources(Queues):
    def __init__(self, of):
        super().__init__(of)
        self.url = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        self.policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{of.account}:dead-letters", "maxReceiveCount": 3}

    def make(self, name):
        self.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(self.policy)})

    def page(self, limit, token):
        reply = self.sqs.list_dead_letter_source_queues(
            QueueUrl=self.url, MaxResults=limit, **({"NextToken": token} if token else {}))
        return [url.rsplit("/", 1)[1] for url in reply["queueUrls"]], reply.get("NextToken")


class Functions:
    error = ("InvalidParameterValueException", "Invalid Marker.")

    def __init__(self, of):
        self.functions, iam = of("lambda"), of("iam")
        self.role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        self.code = {"ZipFile": orderly_fixtures.zip_of({"index.py": "def handler(event, context): pass"})}

    def make(self, name):
        self.functions.create_function(FunctionName=name, Runtime="python3.12", Handler="index.handler", Role=self.role,
                                       Code=self.code)

    def delete(self, name):
        self.functions.delete_function(FunctionName=name)

    def page(self, limit, token):
        reply = self.functions.list_functions(MaxItems=limit, **({"Marker": token} if token else {}))
        return [function["FunctionName"] for function in reply["Functions"]], reply.get("NextMarker")


class Groups:
    error = ("InvalidParameterException", "The specified nextToken is invalid.")

    def __init__(self, of):
        self.logs = of("logs")

    def make(self, name):
        self.logs.create_log_group(logGroupName=name)

    def delete(self, name):
        self.logs.delete_log_group(logGroupName=name)

    def page(self, limit, token):
        reply = self.logs.describe_log_groups(limit=limit, **({"nextToken": token} if token else {}))
        return [group["logGroupName"] for group in reply["logGroups"]], reply.get("nextToken")


class Streams(Groups):
    def __init__(self, of):
        super().__init__(of)
        self.logs.create_log_group(logGroupName="g")

    def make(self, name):
        self.logs.create_log_stream(logGroupName="g", logStreamName=name)

    def delete(self, name):
        self.logs.delete_log_stream(logGroupName="g", logStreamName=name)

    order = {}

    def page(self, limit, token):
        reply = self.logs.describe_log_streams(
            logGroupName="g", limit=limit, **self.order, **({"nextToken": token} if token else {}))
        return [stream["logStreamName"] for stream in reply["logStreams"]], reply.get("nextToken")


class StreamsByTime(Streams):
    order = {"orderBy": "LastEventTime"}


class Users:
    error = ("ValidationError", "Invalid Marker.")

    def __init__(self, of):
        self.iam = of("iam")

    def make(self, name):
        self.iam.create_user(UserName=name)

    def delete(self, name):
        self.iam.delete_user(UserName=name)

    def page(self, limit, token):
        reply = self.iam.list_users(MaxItems=limit, **({"Marker": token} if token else {}))
        assert reply["IsTruncated"] == ("Marker" in reply)
        return [user["UserName"] for user in reply["Users"]], reply.get("Marker")


class Tags(Users):
    def __init__(self, of):
        super().__init__(of)
        self.iam.create_user(UserName="u")

    def make(self, name):
        self.iam.tag_user(UserName="u", Tags=[{"Key": name, "Value": ""}])

    def delete(self, name):
        self.iam.untag_user(UserName="u", TagKeys=[name])

    def page(self, limit, token):
        reply = self.iam.list_user_tags(UserName="u", MaxItems=limit, **({"Marker": token} if token else {}))
        return [tag["Key"] for tag in reply["Tags"]], reply.get("Marker")


class Tables:
    error = None  # the token is a name, and any name is valid

    def __init__(self, of):
        self.dynamodb = of("dynamodb")

    def make(self, name):
        self.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])

    def delete(self, name):
        self.dynamodb.delete_table(TableName=name)

    def page(self, limit, token):
        more = {"ExclusiveStartTableName": token} if token else {}
        reply = self.dynamodb.list_tables(Limit=limit, **more)
        return reply["TableNames"], reply.get("LastEvaluatedTableName")


KINDS = [Queues, Sources, Functions, Groups, Streams, StreamsByTime, Users, Tags, Tables]
NAMES = ["item-1", "item-2", "item-3", "item-4"]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def listed(request, of):
    """A list of four items."""
    made = request.param(of)
    for name in NAMES:
        made.make(name)
    return made


def test_a_page_has_a_token_when_there_are_more_items_and_only_then(listed):
    first, token = listed.page(3, None)
    assert first == NAMES[:3] and token
    assert listed.page(3, token) == (NAMES[3:], None)
    assert listed.page(4, None) == (NAMES, None)
    assert listed.page(5, None) == (NAMES, None)


def test_pages_of_one_item_come_one_after_the_other(listed):
    names, token = [], None
    for _ in NAMES:
        page, token = listed.page(1, token)
        names += page
    assert (names, token) == (NAMES, None)


def test_what_is_deleted_between_two_pages_moves_no_other_item(listed):
    _, token = listed.page(2, None)
    listed.delete("item-1")
    listed.delete("item-2")
    assert listed.page(2, token) == (NAMES[2:], None)


def test_a_token_that_nobody_gave_out_is_refused(listed, refused):
    if listed.error:
        for token in "nonsense", "item-1":
            error = refused(lambda: listed.page(2, token))
            assert (error["code"], error["message"]) == (listed.error[0], listed.error[1].format(token=token))


@pytest.mark.parametrize(("one", "other"), [(Queues, Sources), (Groups, Streams), (Users, Tags)])
def test_a_token_of_another_operation_is_refused(of, refused, one, other):
    giver, taker = one(of), other(of)
    for name in NAMES:
        giver.make(name)
    _, token = giver.page(1, None)
    error = refused(lambda: taker.page(1, token))
    assert (error["code"], error["message"]) == (taker.error[0], taker.error[1].format(token=token))
