"""The ways of messages and invocations: their hops, how traces are found, and how long they are kept."""

import contextlib
import json
import re
import sqlite3
import uuid
from pathlib import Path

import boto3
import orderly_server
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from orderly_fixtures import ACCOUNT, POLLER
from trace_reader import Traces, arn_of_queue, body, kinds

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
PUTS = """
import boto3, os

def handler(event, context):
    table = boto3.client("dynamodb")
    for record in event["Records"]:
        table.put_item(TableName=os.environ["TABLE"], Item={"id": {"S": record["body"]}})
"""


# --- Ways ----------------------------------------------------------------------------------------


def test_a_published_message_is_followed_to_its_end(client, traces, make_queue, make_topic, order):
    url = make_queue()
    topic, sqs = make_topic(url), client("sqs")

    published = client("sns").publish(TopicArn=topic, Message=body(order))["MessageId"]
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    hops = traces.hops(text=order)
    assert kinds(hops) == ["published", "delivered", "received", "deleted"]
    assert [hop["parent"] for hop in hops] == [None] + [hop["id"] for hop in hops[:-1]]
    assert [hop["messageId"] for hop in hops] == [published] + [message["MessageId"]] * 3
    assert [hop["resource"] for hop in hops] == [topic] + [arn_of_queue(url)] * 3
    assert [hop["attempt"] for hop in hops] == [0, 0, 1, 1]
    assert {hop["verdict"] for hop in hops} == {"ok"}
    [trace] = traces.find(message=message["MessageId"])
    assert trace == {
        "traceId": trace["traceId"],
        "beganMs": hops[0]["atMs"],
        "lastMs": hops[-1]["atMs"],
        "outcome": "ok",
        "hops": 4,
        "resources": [topic, arn_of_queue(url)],
        "messageIds": [published, message["MessageId"]],
    }
    assert re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", trace["traceId"])


def test_a_message_that_was_sent_has_a_way_from_its_first_receive_on(client, traces, make_queue, order):
    url, sqs = make_queue(), client("sqs")

    sent = sqs.send_message(QueueUrl=url, MessageBody=body(order))["MessageId"]
    assert traces.find(text=order) == []
    received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MessageSystemAttributeNames=["AWSTraceHeader"])
    hops = traces.hops(text=order)
    assert [(hop["kind"], hop["messageId"]) for hop in hops] == [("sent", sent), ("received", sent)]
    assert hops[1]["parent"] == hops[0]["id"]
    [trace] = traces.find(message=sent)
    assert received["Messages"][0]["Attributes"] == {"AWSTraceHeader": "Root=" + trace["traceId"]}
    sqs.receive_message(QueueUrl=url)
    hops = traces.hops(text=order)
    assert [(hop["kind"], hop["attempt"]) for hop in hops] == [("sent", 0), ("received", 1), ("received", 2)]


def test_without_a_queue_policy_the_hop_says_which_statement_is_missing(client, traces, make_queue, make_topic, order):
    url = make_queue()
    topic = make_topic(url, allowed=False)

    client("sns").publish(TopicArn=topic, Message=body(order))
    hops = traces.hops(text=order, outcome="not-delivered")
    assert kinds(hops) == ["published", "not-delivered"]
    lost = hops[1]
    assert (lost["verdict"], lost["resource"], lost["parent"]) == ("not-delivered", arn_of_queue(url), hops[0]["id"])
    assert lost["reason"] == (
        f"the policy of {arn_of_queue(url)} has no statement that allows sns.amazonaws.com sqs:SendMessage for {topic}:"
        " there is no such policy"
    )
    assert traces.find(text=order, outcome="ok") == []


def test_a_subscription_of_a_missing_queue_says_that_the_queue_does_not_exist(client, traces, make_queue, make_topic, order):
    url = make_queue()
    topic = make_topic(url)
    missing = arn_of_queue(url) + "-misspelt"
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=missing)

    client("sns").publish(TopicArn=topic, Message=body(order))
    [lost] = [hop for hop in traces.hops(text=order) if hop["verdict"] == "not-delivered"]
    assert (lost["resource"], lost["reason"]) == (missing, "The specified queue does not exist.")


def test_a_message_that_nobody_deletes_ends_in_the_dead_letter_queue(client, traces, make_queue, order):
    dead = make_queue()
    policy = json.dumps({"deadLetterTargetArn": arn_of_queue(dead), "maxReceiveCount": 2})
    url, sqs = make_queue(RedrivePolicy=policy), client("sqs")

    sqs.send_message(QueueUrl=url, MessageBody=body(order))
    for _ in range(3):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    hops = traces.hops(text=order)
    assert [(hop["kind"], hop["attempt"]) for hop in hops] == [
        ("sent", 0), ("received", 1), ("received", 2), ("dead-lettered", 2),
    ]
    assert hops[-1]["resource"] == arn_of_queue(dead)
    assert hops[-1]["reason"] == f"It was received 2 times from {arn_of_queue(url)}, and not deleted."
    [trace] = traces.find(resource=arn_of_queue(dead))
    assert trace["outcome"] == "dead-lettered"


# --- Functions -----------------------------------------------------------------------------------


@pytest.fixture
def trigger(client, make_queue, make_function, make_role):
    """trigger(source, allow=, environment=, queue attributes) returns the URL of a queue that triggers that function."""

    def make(source, allow=(), variables=None, **queue):
        url = make_queue(VisibilityTimeout=30, **queue)
        name = make_function(source, Role=make_role(allow=[*POLLER, *allow]), Environment={"Variables": variables or {}})
        client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn_of_queue(url), BatchSize=1)
        return url

    return make


@pytest.fixture
def table(client, unique):
    client("dynamodb").create_table(
        TableName=unique("t"),
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return unique("t")


def test_every_message_that_waits_for_a_throttled_function_says_so_once(client, traces, trigger, wait_until):
    sqs, functions, batches = client("sqs"), client("lambda"), 26  # more messages than are traced in one look
    url = trigger("def handler(event, context): pass")
    [mapping] = functions.list_event_source_mappings(EventSourceArn=arn_of_queue(url))["EventSourceMappings"]
    name = mapping["FunctionArn"].rsplit(":", 1)[1]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    delayed = sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)["MessageId"]
    sent = [entry["MessageId"] for _ in range(batches) for entry in sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": "m"} for i in range(10)])["Successful"]]

    def kinds(message):
        return [hop["kind"] for trace in traces.find(message=message) for hop in traces.get("/" + trace["traceId"])["hops"]]

    wait_until(lambda: kinds(sent[-1]) == ["throttled"])
    assert [kinds(message) for message in sent] == [["throttled"]] * len(sent)
    assert kinds(delayed) == []
    [hop] = traces.hops(message=sent[0])
    assert (hop["verdict"], hop["resource"], hop["attempt"]) == ("throttled", mapping["FunctionArn"], 1)
    assert hop["reason"] == "the function's reserved concurrency is 0, so its trigger takes no messages"
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    wait_until(lambda: "deleted" in kinds(sent[0]))
    assert kinds(sent[0])[:4] == ["sent", "throttled", "received", "invoked"]


def test_what_a_function_does_for_a_message_is_on_its_way(client, traces, trigger, table, order, wait_until):
    url = trigger(PUTS, allow=["dynamodb:PutItem"], variables={"TABLE": table})
    client("sqs").send_message(QueueUrl=url, MessageBody=order)
    wait_until(lambda: any("deleted" in kinds(traces.get("/" + one["traceId"])["hops"]) for one in traces.find(text=order)))
    hops = {hop["kind"]: hop for hop in traces.hops(text=order)}
    assert sorted(hops) == sorted(["sent", "received", "invoked", "put", "logged", "returned", "deleted"])
    parents = {kind: next((one["kind"] for one in hops.values() if one["id"] == hop["parent"]), None) for kind, hop in hops.items()}
    assert parents == {
        "sent": None, "received": "sent", "invoked": "received", "put": "invoked", "logged": "invoked",
        "returned": "invoked", "deleted": "returned",
    }
    assert hops["put"]["resource"].endswith(":table/" + table)
    assert hops["put"]["detail"] == {"key": {"id": {"S": order}}, "before": None, "after": {"id": {"S": order}}}
    assert {hop["verdict"] for hop in hops.values()} == {"ok"}


def test_what_a_function_does_for_a_client_begins_with_its_invocation(client, traces, make_function, make_role, table, order, wait_until):
    role = make_role(allow=["dynamodb:PutItem"])
    name = make_function(PUTS, Role=role, Environment={"Variables": {"TABLE": table}})
    client("lambda").invoke(FunctionName=name, Payload=json.dumps({"Records": [{"body": order}]}))
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    wait_until(lambda: any("returned" in kinds(traces.get("/" + one["traceId"])["hops"]) for one in traces.find(resource=function)))
    hops = traces.hops(resource=function)
    assert sorted(kinds(hops)) == ["invoked", "logged", "put", "returned"]
    assert [hop["parent"] for hop in hops] == [None] + [hops[0]["id"]] * 3 and hops[0]["kind"] == "invoked"


def test_a_denied_write_of_a_function_says_which_policy_lacks_it(client, traces, trigger, table, order, wait_until):
    url = trigger(PUTS, variables={"TABLE": table})
    client("sqs").send_message(QueueUrl=url, MessageBody=order)
    wait_until(lambda: traces.find(text=order, outcome="failed"))
    hops = {hop["kind"]: hop for hop in traces.hops(text=order, outcome="denied")}
    assert hops["denied"]["parent"] == hops["invoked"]["id"]
    role = hops["denied"]["reason"].split(" allows ")[0]
    assert re.fullmatch(rf"no policy of arn:aws:iam::{ACCOUNT}:role/\S+", role)
    assert hops["denied"]["reason"].endswith(f" allows dynamodb:PutItem on {hops['denied']['resource']}")
    assert hops["returned"]["verdict"] == "failed" and "AccessDeniedException" in hops["returned"]["reason"]


READS = PUTS.replace("table.put_item(TableName=os.environ[\"TABLE\"], Item=", "table.get_item(TableName=os.environ[\"TABLE\"], Key=")


def test_a_denied_read_of_a_function_is_on_the_way_too(client, traces, trigger, table, order, wait_until):
    url = trigger(READS, variables={"TABLE": table})
    client("sqs").send_message(QueueUrl=url, MessageBody=order)
    wait_until(lambda: traces.find(text=order, outcome="failed"))
    hops = {hop["kind"]: hop for hop in traces.hops(text=order, outcome="denied")}
    assert hops["denied"]["parent"] == hops["invoked"]["id"]
    assert hops["denied"]["reason"].endswith(f" allows dynamodb:GetItem on {hops['denied']['resource']}")
    assert hops["denied"]["resource"].endswith(":table/" + table)
    assert "AccessDeniedException" in hops["returned"]["reason"]


# --- Items ---------------------------------------------------------------------------------------


@pytest.fixture
def write(endpoint, traces):
    """write(keys=…) returns a client of DynamoDB whose requests name one trace, and the way to read its hops as somebody."""

    def make():
        trace_id = f"1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}"
        dynamodb = boto3.client("dynamodb", endpoint_url=endpoint, **KEYS)
        dynamodb.meta.events.register(
            "before-sign.dynamodb.*", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", f"Root={trace_id}"))

        def hops(keys=None):
            request = AWSRequest("GET", f"{endpoint}/_orderly/traces/{trace_id}")
            if keys:
                SigV4Auth(Credentials(*keys), "sqs", "us-east-1").add_auth(request)
            return traces.get("/" + trace_id, **dict(request.headers.items()))["hops"]

        return dynamodb, hops

    return make


def test_a_write_shows_the_item_before_and_after(write, table):
    dynamodb, hops = write()
    key = {"id": {"S": "O1"}}
    dynamodb.put_item(TableName=table, Item={**key, "n": {"N": "1"}})
    dynamodb.put_item(TableName=table, Item={**key, "n": {"N": "2"}})
    dynamodb.update_item(TableName=table, Key=key, UpdateExpression="SET tags = :t REMOVE n",
                         ExpressionAttributeValues={":t": {"SS": ["a", "b"]}})
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": {"id": {"S": "O2"}}}}])
    dynamodb.delete_item(TableName=table, Key=key)
    dynamodb.delete_item(TableName=table, Key=key)  # there is nothing any more: no hop
    tagged = {**key, "tags": {"SS": ["a", "b"]}}
    assert [(hop["kind"], hop["detail"]) for hop in hops()] == [
        ("put", {"key": key, "before": None, "after": {**key, "n": {"N": "1"}}}),
        ("put", {"key": key, "before": {**key, "n": {"N": "1"}}, "after": {**key, "n": {"N": "2"}}}),
        ("put", {"key": key, "before": {**key, "n": {"N": "2"}}, "after": tagged}),
        ("put", {"key": {"id": {"S": "O2"}}, "before": None, "after": {"id": {"S": "O2"}}}),
        ("deleted", {"key": key, "before": tagged, "after": None}),
    ]


def test_an_item_is_shown_up_to_1280_bytes_of_json(write, table):
    dynamodb, hops = write()

    def item(size, text="x"):
        bare = {"id": {"S": "O1"}, "v": {"S": ""}}
        return {"id": {"S": "O1"}, "v": {"S": text * (size - len(json.dumps(bare, separators=(",", ":"))))}}

    def quotation_marks(count):
        return {"id": {"S": "O1"}, "v": {"S": '"' * count}}

    for one in (item(1280), item(1281), item(1280, "y"), quotation_marks(700), {"id": {"S": "O1"}}):
        dynamodb.put_item(TableName=table, Item=one)
    key = {"id": {"S": "O1"}}
    assert [hop["detail"] for hop in hops()] == [
        {"key": key, "before": None, "after": item(1280)},
        {"key": key, "before": item(1280)},
        {"key": key, "after": item(1280, "y")},
        {"key": key, "before": item(1280, "y")},  # each of them has two bytes in JSON
        {"key": key, "after": key},
    ]


def test_a_hop_that_shows_two_items_with_the_longest_key_is_whole(write, table):
    dynamodb, hops = write()
    key = {"id": {"S": "k" * 1200}}
    dynamodb.put_item(TableName=table, Item={**key, "n": {"N": "1"}})
    dynamodb.put_item(TableName=table, Item={**key, "n": {"N": "2"}})
    assert hops()[1]["detail"] == {"key": key, "before": {**key, "n": {"N": "1"}}, "after": {**key, "n": {"N": "2"}}}


def test_a_trace_keeps_its_first_thousand_hops(write, table, traces):
    dynamodb, hops = write()
    for lot in range(40):
        puts = [{"PutRequest": {"Item": {"id": {"S": f"{lot}-{i}"}}}} for i in range(25)]
        dynamodb.batch_write_item(RequestItems={table: puts})
    assert len(hops()) == 1000
    dynamodb.put_item(TableName=table, Item={"id": {"S": "one more"}})
    [trace] = traces.find(resource=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}")
    assert trace["hops"] == 1001
    assert [hop["detail"]["key"]["id"]["S"] for hop in hops()] == [f"{lot}-{i}" for lot in range(40) for i in range(25)]


def test_who_may_not_read_the_item_does_not_see_it_in_traces(client, write, table, user_with, make_role):
    dynamodb, hops = write()
    for name in ("mine", "theirs"):
        dynamodb.put_item(TableName=table, Item={"id": {"S": name}, "secret": {"S": "of " + name}})
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}"
    allow = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arn}

    def seen(keys=None):
        return [(hop.get("detail", {}).get("after", {}).get("secret", {}).get("S"), hop.get("withheld")) for hop in hops(keys)]

    def as_user(*statements):
        credentials = user_with("dynamodb", *statements)._request_signer._credentials
        return seen((credentials.access_key, credentials.secret_key))

    both, none = [("of mine", None), ("of theirs", None)], [(None, "dynamodb:GetItem")] * 2
    everything_else = {"Effect": "Allow", "NotAction": "dynamodb:GetItem", "Resource": "*"}
    mine = {**allow, "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}}
    other_table = {**allow, "Resource": arn + "x"}
    assert seen() == both == seen(("test", "test"))
    assert as_user(everything_else) == none
    assert as_user(everything_else, other_table) == none
    assert as_user(allow) == both
    assert as_user(mine) == [both[0], none[1]]
    assert as_user(allow, {**allow, "Effect": "Deny"}) == none
    assert seen(("481665095854", "any")) == none

    role = make_role(allow=["sqs:*"])
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    client("iam").update_assume_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [trust]}))
    role = client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    assert seen((role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])) == none
    client("dynamodb").put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": arn}]}))
    assert as_user(allow) == none
    client("dynamodb").delete_table(TableName=table)
    assert as_user(allow) == both and as_user(everything_else) == none


# --- Finding -------------------------------------------------------------------------------------


def test_pages_follow_one_another_from_the_newest_on(client, traces, unique, order):
    topic = client("sns").create_topic(Name=unique("t"))["TopicArn"]
    sent = [client("sns").publish(TopicArn=topic, Message=f"{order} {i}")["MessageId"] for i in range(5)]
    first = traces.page(resource=topic, limit=2)
    second = traces.page(resource=topic, limit=2, next=first["next"])
    third = traces.page(resource=topic, limit=2, next=second["next"])
    found = [one["messageIds"][0] for page in (first, second, third) for one in page["traces"]]
    assert found == sent[::-1] and "next" not in third
    began = traces.find(message=sent[2])[0]["beganMs"]
    assert sent[2] in [one["messageIds"][0] for one in traces.find(text=order, since=began, until=began)]
    assert sent[2] not in [one["messageIds"][0] for one in traces.find(text=order, since=traces.find(message=sent[4])[0]["beganMs"] + 1)]


@pytest.fixture
def ends(client, make_queue, make_topic):
    """ends(order) makes a trace of each end: the ids of the messages, by its name, the oldest first."""

    def make(order):
        sns, sqs = client("sns"), client("sqs")
        well, lost = make_topic(make_queue(), name="well"), make_topic(make_queue(), allowed=False, name="lost")
        topic = make_topic(make_queue(), name="choosy")
        [choosy] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        sns.set_subscription_attributes(SubscriptionArn=choosy["SubscriptionArn"], AttributeName="FilterPolicy",
                                        AttributeValue='{"colour": ["red"]}')
        dead = make_queue()
        redrive = json.dumps({"deadLetterTargetArn": arn_of_queue(dead), "maxReceiveCount": 1})
        once = make_queue(RedrivePolicy=redrive)
        made = {
            "not-delivered": sns.publish(TopicArn=lost, Message=order)["MessageId"],
            "ok": sns.publish(TopicArn=well, Message=order)["MessageId"],
            "dead-lettered": sqs.send_message(QueueUrl=once, MessageBody=order)["MessageId"],
        }
        for _ in range(2):
            sqs.receive_message(QueueUrl=once, VisibilityTimeout=0)
        return {**made, "filtered-out": sns.publish(TopicArn=topic, Message=order)["MessageId"]}

    return make


@pytest.mark.parametrize("words", [True, False])
def test_any_failure_finds_every_hop_that_went_wrong(traces, ends, order, words):
    made = ends(order)
    mine = {message: end for end, message in made.items()}
    [oldest] = traces.find(message=made["not-delivered"])
    these = {"text": order} if words else {"since": oldest["beganMs"]}

    def found(**filters):
        page = traces.page(limit=1, **these, **filters)
        ends = [one["messageIds"][0] for one in page["traces"]]
        while "next" in page:
            page = traces.page(limit=1, next=page["next"], **these, **filters)
            ends += [one["messageIds"][0] for one in page["traces"]]
        return [mine[message] for message in ends if message in mine]

    assert found() == ["filtered-out", "dead-lettered", "ok", "not-delivered"]
    assert found(outcome="any-failure") == ["dead-lettered", "not-delivered"]
    assert found(outcome="not-delivered") == ["not-delivered"]


def test_a_failure_that_a_later_attempt_repaired_is_found(client, traces, trigger, order, advance_clock, wait_until):
    fails_once = """
def handler(event, context):
    if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
        raise ValueError("not yet")
"""
    url = trigger(fails_once)
    client("sqs").send_message(QueueUrl=url, MessageBody=order)
    wait_until(lambda: traces.find(text=order, outcome="failed"))
    advance_clock(31)
    [trace] = wait_until(lambda: [one for one in traces.find(text=order) if one["outcome"] == "ok"])
    assert traces.find(text=order, outcome="any-failure") == [trace] == traces.find(text=order, outcome="ok")


def test_a_trace_is_found_by_the_time_that_it_took(started):
    server = started()
    sqs = boto3.client("sqs", endpoint_url=server.endpoint, **KEYS)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for body, seconds in [("fast", 0), ("slow", 5)]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
        server.advance_clock(seconds)
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    traces = Traces(server.endpoint)
    [slow] = traces.find(text="slow")
    took = slow["lastMs"] - slow["beganMs"]
    assert took >= 5000
    assert len(traces.find(took=0)) == 2
    assert traces.find(took=took) == [slow] and traces.find(took=took, text="slow") == [slow]
    assert traces.find(took=took + 1) == [] == traces.find(took=took, outcome="any-failure")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "outcome=bad", "text=!", "since=x", "took=x", "took=-1", "colour=red", "message="])
def test_what_is_no_filter_is_refused(traces, query):
    assert traces.refusal("?" + query)[0] == 400


def test_a_trace_that_is_none_is_not_found(traces):
    assert traces.refusal("/1-00000000-000000000000000000000000") == (404, "There is no such trace.")


@pytest.mark.parametrize("before", [-2**63, 0, 1])
def test_no_trace_is_before_the_first(traces, client, make_queue, order, before):
    client("sqs").send_message(QueueUrl=make_queue(), MessageBody=order)
    for filters in ({}, {"text": order}, {"outcome": "any-failure"}):
        page = traces.page(next=before, **filters)
        assert (page["traces"], "next" in page) == ([], False)


@pytest.mark.parametrize("path", ["", "/1-00000000-000000000000000000000000"])
def test_a_foreign_page_reads_no_traces(traces, path):
    assert traces.refusal(path, Origin="http://evil.example")[0] == 403


# --- Keeping -------------------------------------------------------------------------------------


def publish(server, *texts):
    sns = boto3.client("sns", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    topic = sns.create_topic(Name="t")["TopicArn"]
    for text in texts:
        sns.publish(TopicArn=topic, Message=text)


def advance(server, seconds):
    server.advance_clock(seconds)


def test_traces_are_kept_as_long_as_is_asked(started):
    server = started("--trace-keep", "1h")
    publish(server, "first")
    advance(server, 3500)
    publish(server, "second")
    traces = Traces(server.endpoint)
    assert len(traces.find(text="first")) == 1
    advance(server, 200)
    publish(server, "third")
    orderly_server.wait_until(lambda: publish(server, "more") or not traces.find(text="first"))
    assert len(traces.find(text="second")) == 1


def test_traces_take_as_much_room_as_is_asked(started):
    server = started("--trace-keep", "40KiB")
    traces = Traces(server.endpoint)
    publish(server, *[f"old{i}" for i in range(20)])
    assert len(traces.find(limit=100)) == 20
    publish(server, *[f"new{i}" for i in range(200)])
    orderly_server.wait_until(lambda: not traces.find(text="old0"))
    assert len(traces.find(text="new199")) == 1


def test_what_was_not_written_yet_is_written_when_the_server_stops(started):
    server = started()
    sqs = boto3.client("sqs", endpoint_url=server.endpoint, **KEYS)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    for body in ["last words", "cut short"]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    server.stop()
    server.start()
    assert kinds(Traces(server.endpoint).hops(text="words")) == ["sent", "received", "deleted"]


def test_hops_of_one_message_are_found_however_they_are_written(started):
    """Hops of a traced request are written with its batch; hops of other requests a little later."""
    server = started()
    sqs = boto3.client("sqs", endpoint_url=server.endpoint, **KEYS)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    [message] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MessageSystemAttributeNames=["AWSTraceHeader"])["Messages"]
    header = message["Attributes"]["AWSTraceHeader"]
    sqs.meta.events.register("before-sign.sqs.DeleteMessage", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header))
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    traces = Traces(server.endpoint)
    assert kinds(traces.hops(text="hello")) == ["sent", "received", "received", "deleted"]
    [trace] = traces.find()
    assert (header, trace["hops"]) == ("Root=" + trace["traceId"], 4)


def test_nothing_is_traced_when_nothing_is_kept(started):
    server = started("--trace-keep", "0")
    publish(server, "first")
    assert Traces(server.endpoint).find() == []


@pytest.mark.parametrize("over", [0, 1])
def test_hops_that_wait_beyond_64_mebibytes_are_dropped_and_the_log_says_so(started, over):
    server = started()
    server.stop()
    with contextlib.closing(sqlite3.connect(Path(server.data) / "orderly.db")) as store, store:
        store.executemany("insert into engine_trace_page (at_ms, bytes, hops) values (0, ?, x'00')", [(over,), (64 << 20,)])
    server.start()
    assert Traces(server.endpoint).find() == []  # all that waited is indexed
    assert len([line for line in server.log_lines if "the oldest are not kept" in line]) == over


def test_a_loss_is_in_the_servers_log(started):
    server = started()
    publish(server, "first")
    keys = {"endpoint_url": server.endpoint, "region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    boto3.client("sqs", **keys).create_queue(QueueName="q")
    boto3.client("sns", **keys).subscribe(
        TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:t", Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
    publish(server, "second")
    [line] = orderly_server.wait_until(lambda: [one for one in server.log_lines if "was not delivered" in one])
    assert " warn " in line and "has no statement that allows sns.amazonaws.com sqs:SendMessage" in line


@pytest.mark.parametrize("received", [0, 1])
@pytest.mark.parametrize("by", ["receive", "sweep"])
def test_a_message_that_expired_says_so(client, make_queue, traces, order, advance_clock, wait_until, received, by):
    sqs = client("sqs")
    url = make_queue(MessageRetentionPeriod="60", VisibilityTimeout="0")
    sent = sqs.send_message(QueueUrl=url, MessageBody=order)
    for _ in range(received):
        assert sqs.receive_message(QueueUrl=url)["Messages"]
    advance_clock(61)
    if by == "receive":
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
    else:
        advance_clock(3600)

    def hops():
        found = traces.find(text=order)
        return traces.get("/" + found[0]["traceId"])["hops"] if found else []

    wait_until(lambda: hops() and hops()[-1]["kind"] == "expired")
    assert [hop["kind"] for hop in hops()] == ["sent"] + ["received"] * received + ["expired"]
    hop = hops()[-1]
    assert (hop["verdict"], hop["resource"], hop["messageId"]) == ("expired", make_queue.arn(url), sent["MessageId"])
    assert hop["reason"] == "It was in the queue for longer than its MessageRetentionPeriod, 60 s."
    assert hop["attempt"] == received
