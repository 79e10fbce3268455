"""The trace of a message whose function returned without an error, and which is delivered again nevertheless."""

import json
import urllib.request

import pytest
from orderly_fixtures import ACCOUNT, POLLER

REPORTS = """
def handler(event, context):
    failed = [record for record in event["Records"] if record["body"] == "bad"]
    for record in failed:
        print("looking at", record["messageId"])
        print("no sense in", record["messageId"])
        print("next")
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}
"""
REPORTS_AT_LENGTH = """
def handler(event, context):
    [record] = event["Records"]
    print("no sense in", record["messageId"])
    print("\\n".join(["next"] * 1000))
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
"""
PRINTS_MUCH_AT_ONCE = """
import os
def handler(event, context):
    [record] = event["Records"]
    line = "no sense in " + record["messageId"] + "\\n"
    rest = (("x" * 199 + "\\n") * 100)[-(%d - len(line)):]
    os.write(1, (line + rest).encode())
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
"""
KEPT_BYTES = 16 * 1024
MALFORMED = """
def handler(event, context):
    return {"batchItemFailures": [{"itemIdentifier": "nobody"}]}
"""


@pytest.fixture
def hops_of(endpoint):
    """hops_of(message id) returns the hops of its trace."""

    def read(path):
        with urllib.request.urlopen(f"{endpoint}/_orderly/traces{path}") as reply:
            return json.load(reply)

    def find(message):
        traces = read(f"?message={message}")["traces"]
        return read("/" + traces[0]["traceId"])["hops"] if traces else []

    return find


@pytest.fixture
def sent(client, make_queue, make_function, make_role, hops_of, wait_until):
    """sent(source, "text", ...) returns the queue's ARN, and the hops of each message once the function has returned."""

    def has_returned(hops):
        return "returned" in [hop["kind"] for hop in hops]

    def send(source, *bodies):
        url = make_queue()
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rsplit('/', 1)[1]}"
        ids = [client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"] for body in bodies]
        name = make_function(source, Role=make_role(allow=POLLER))
        client("lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"])
        wait_until(lambda: all(has_returned(hops_of(one)) for one in ids))
        return arn, ids, [hops_of(one) for one in ids]

    return send


def kinds(hops):
    return [hop["kind"] for hop in hops]


def test_a_message_that_is_reported_as_failed_says_what_was_printed_about_it(sent):
    arn, (bad, _), (failed, handled) = sent(REPORTS, "bad", "good")
    assert kinds(handled)[-2:] == ["returned", "deleted"]
    *_, returned, retried = failed
    assert (returned["kind"], returned["verdict"]) == ("returned", "ok")
    assert retried == {
        "id": retried["id"], "parent": returned["id"], "kind": "retried", "atMs": returned["atMs"], "durationMs": 0,
        "attempt": 1, "verdict": "failed", "resource": arn, "messageId": bad, "requestId": returned["requestId"],
        "reason": f"the function reported this message as failed, and printed: no sense in {bad}"}


def test_what_was_printed_about_a_message_is_told_also_when_it_is_in_the_log_before_the_function_returns(sent):
    _, [bad], [hops] = sent(REPORTS_AT_LENGTH, "bad")
    assert hops[-1]["reason"] == f"the function reported this message as failed, and printed: no sense in {bad}"


@pytest.mark.parametrize("size, told", [(KEPT_BYTES, ", and printed: no sense in {}"), (KEPT_BYTES + 1, "")])
def test_of_much_that_is_in_the_log_before_the_function_returns_the_last_16_kb_are_kept_in_whole_lines(sent, size, told):
    _, [bad], [hops] = sent(PRINTS_MUCH_AT_ONCE % size, "bad")
    assert hops[-1]["reason"] == f"the function reported this message as failed{told.format(bad)}"


def test_a_report_that_names_another_message_brings_back_the_whole_batch(sent):
    _, _, [hops] = sent(MALFORMED, "good")
    assert (hops[-1]["kind"], hops[-1]["verdict"], hops[-1]["reason"]) == (
        "retried", "failed",
        "what the function reported of failed messages cannot be understood, so all of them come again")


def test_the_ways_of_a_batchs_other_messages_say_where_they_go_on(sent, endpoint):
    _, ids, ways = sent(REPORTS, "one", "two", "three")
    invoked = [next(hop for hop in hops if hop["kind"] == "invoked") for hops in ways]
    assert len({hop["requestId"] for hop in invoked}) == 1
    with urllib.request.urlopen(f"{endpoint}/_orderly/traces?message={ids[0]}") as reply:
        first = json.load(reply)["traces"][0]["traceId"]
    assert [hop.get("detail") for hop in invoked] == [None, {"goesOnIn": first}, {"goesOnIn": first}]
