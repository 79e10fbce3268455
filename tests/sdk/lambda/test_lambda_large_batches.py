"""Batches that a queue's mapping gathers in its window: their messages are handled some at a time, and survive kills."""

import json
import urllib.request

import boto3
import changes
import orderly_server
import pytest
from orderly_fixtures import LAMBDA_TRUST, POLLER, zip_of

WAITING, HIDDEN = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
MANY = 1500
# It answers with what the first message asks for, and says which batch it got.
ANSWERS = """
import json, os, time
def handler(event, context):
    records = event["Records"]
    print("GOT %d %d" % (len(records), len({one["messageId"] for one in records})))
    failed = [one["messageId"] for one in records if one["body"] in os.environ.get("FAILS", "").split(",")]
    for one in failed:
        print("cannot do", one)
    if os.environ.get("MADE_UP"):
        failed.append("nobody")
    if os.environ.get("RAISES"):
        raise ValueError("no")
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed], "padding": "x" * int(os.environ.get("PADDING", "0"))}
"""


class Orders:
    """A server with a queue and a function that gets the queue's messages."""

    def __init__(self, *arguments, variables=None, environment=None, **mapping):
        self.server = orderly_server.Server(*arguments, environment=environment).start()
        role = self.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": POLLER, "Resource": "*"}]}
        self.client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(document))
        self.client("iam").attach_role_policy(
            RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
        self.functions, self.sqs = self.client("lambda"), self.client("sqs")
        self.url = self.sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
        self.functions.create_function(
            FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Timeout=60, MemorySize=512,
            Code={"ZipFile": zip_of({"index.py": ANSWERS})}, Environment={"Variables": variables or {}})
        self.mapping = self.functions.create_event_source_mapping(
            FunctionName="f", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:orders", BatchSize=10000,
            MaximumBatchingWindowInSeconds=300, **mapping)["UUID"]

    def client(self, service):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test")

    def send(self, bodies):
        sent = []
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[start:start + 10])]
            sent += [one["MessageId"] for one in self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)["Successful"]]
        return sent

    def left(self, name):
        return int(self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name])

    def gathered(self, count):
        orderly_server.wait_until(lambda: self.left(HIDDEN) == count, 60, f"{count} messages to be gathered")

    def window_ends(self):
        self.server.advance_clock(300)

    def got(self):
        logs = self.client("logs")
        try:
            found = logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="GOT")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [one["message"].strip() for one in found]

    def wait_got(self, count):
        return orderly_server.wait_until(lambda: len(self.got()) >= count and self.got(), 60, f"{count} batches")

    def wait_gone(self):
        orderly_server.wait_until(lambda: self.left(HIDDEN) + self.left(WAITING) == 0, 60, "the messages' deletion")

    def rows(self):
        """The numbers of rows of batches and of their parts."""
        return tuple(changes.rows(self.server, f"select count(*) from {table}")[0][0]
                     for table in ("lambda_batch", "lambda_batch_part"))

    def wait_for_no_rows(self):
        orderly_server.wait_until(lambda: self.rows() == (0, 0), 60, "the removal of the batches")

    def close(self):
        self.server.end()


@pytest.fixture
def orders():
    """orders(...) makes a server with Orders."""
    made = []

    def make(*arguments, **more):
        made.append(Orders(*arguments, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def hops_of(orders, message_id, kinds):
    """The hops of these kinds in the trace of a message, by kind, when it has all of them."""

    def read(path):
        with urllib.request.urlopen(f"{orders.server.endpoint}/_orderly/traces{path}") as reply:
            return json.load(reply)

    def find():
        traces = read(f"?message={message_id}")["traces"]
        hops = read("/" + traces[0]["traceId"])["hops"] if traces else []
        found = {hop["kind"]: hop for hop in hops if hop["kind"] in kinds}
        return found if len(found) == len(kinds) else None

    return orderly_server.wait_until(find, 60, f"the hops {kinds}")


def test_each_message_of_a_large_batch_is_deleted_and_tells_its_way(orders):
    shop = orders()
    sent = shop.send([str(i) for i in range(MANY)])
    shop.gathered(MANY)
    assert shop.got() == []
    shop.window_ends()
    assert shop.wait_got(1) == [f"GOT {MANY} {MANY}"]
    shop.wait_gone()
    for message_id in (sent[0], sent[MANY // 2], sent[-1]):
        hops = hops_of(shop, message_id, {"invoked", "returned", "deleted"})
        assert {hop["verdict"] for hop in hops.values()} == {"ok"}
    shop.wait_for_no_rows()


def test_the_messages_that_a_large_batch_reports_come_again_and_tell_why(orders):
    shop = orders(variables={"FAILS": "3,777,1499"}, FunctionResponseTypes=["ReportBatchItemFailures"])
    sent = shop.send([str(i) for i in range(MANY)])
    shop.gathered(MANY)
    shop.window_ends()
    shop.wait_got(1)
    shop.gathered(3)
    retried = hops_of(shop, sent[777], {"retried"})["retried"]
    assert retried["reason"] == f"the function reported this message as failed, and printed: cannot do {sent[777]}"
    shop.functions.update_function_configuration(FunctionName="f", Environment={"Variables": {}})
    shop.functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    shop.server.advance_clock(3601)
    shop.gathered(3)
    shop.window_ends()
    assert shop.wait_got(2)[1] == "GOT 3 3"
    shop.wait_gone()


@pytest.mark.parametrize("variables", [{"MADE_UP": "1"}, {"RAISES": "1"}])
def test_a_large_batch_whose_failures_are_not_understood_comes_again_whole(orders, variables):
    shop = orders(variables=variables, FunctionResponseTypes=["ReportBatchItemFailures"])
    shop.send([str(i) for i in range(300)])
    shop.gathered(300)
    shop.window_ends()
    shop.wait_got(1)
    assert shop.left(HIDDEN) == 300
    shop.functions.update_event_source_mapping(UUID=shop.mapping, Enabled=False)
    shop.server.advance_clock(3601)
    orderly_server.wait_until(lambda: shop.left(WAITING) == 300, 30, "all messages")
    shop.wait_for_no_rows()


def test_a_large_answer_about_a_batch_is_understood(orders):
    shop = orders(variables={"FAILS": "7", "PADDING": "3000000"}, FunctionResponseTypes=["ReportBatchItemFailures"])
    shop.send([str(i) for i in range(50)])
    shop.gathered(50)
    shop.window_ends()
    shop.wait_got(1)
    shop.gathered(1)


def test_an_event_has_six_megabytes_at_most(orders):
    """Ten messages fit; the eleventh begins the next batch."""
    shop = orders()
    for i in range(5):
        shop.send([str(i) + "x" * 200_000])
    for i in range(6):
        shop.send([str(i) + "x" * 1_000_000])
    shop.wait_got(1)
    shop.gathered(1)
    shop.window_ends()
    assert shop.wait_got(2) == ["GOT 10 10", "GOT 1 1"]
    shop.wait_gone()


def test_messages_of_a_mapping_that_is_deleted_while_it_gathers_come_again(orders):
    shop = orders()
    shop.send([str(i) for i in range(100)])
    shop.gathered(100)
    shop.functions.delete_event_source_mapping(UUID=shop.mapping)
    shop.server.advance_clock(3601)
    orderly_server.wait_until(lambda: shop.left(WAITING) == 100, 30, "all messages")
    assert shop.got() == []
    shop.wait_for_no_rows()


def test_a_restart_forgets_what_was_gathered_and_the_messages_come_again(orders):
    shop = orders()
    shop.send([str(i) for i in range(100)])
    shop.gathered(100)
    shop.server.kill()
    shop.server.start()
    assert shop.rows()[0] == 0
    shop.server.advance_clock(3601)
    shop.gathered(100)
    shop.window_ends()
    assert shop.wait_got(1) == ["GOT 100 100"]
    shop.wait_gone()


def test_a_batch_that_the_function_has_done_does_not_come_again_after_a_kill(orders):
    """Deletions are as slow as they can be, and the server is killed in their middle."""
    shop = orders(environment={"ORDERLY_SLICE_US": "1"})
    expected, parts = [], 0
    while parts == 0:  # on a busy machine all may be deleted before the kill
        assert len(expected) < 5, "the server was killed too late each time"
        shop.send([str(i) for i in range(MANY)])
        shop.gathered(MANY)
        shop.window_ends()
        orderly_server.wait_until(lambda: shop.left(HIDDEN) < MANY, 60, "the first deletion")
        shop.server.kill()
        parts = shop.rows()[1]
        shop.server.start()
        shop.wait_gone()
        expected.append(f"GOT {MANY} {MANY}")
        assert shop.got() == expected
    shop.wait_for_no_rows()
