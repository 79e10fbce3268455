"""The order function in C: partial batch failures, and the log line with an order's times."""

import json

import pytest
from queues import awaited
from seeds import ORDER, ORDER_ITEM, Flow, deploy


@pytest.fixture(scope="module")
def flow(client, reset, wait_until, advance_clock, order_package):
    reset()
    topic, queue, dead_letters = deploy(client, wait_until, order_package)
    return Flow(client, wait_until, advance_clock, topic, queue, dead_letters, "OrderProcessor")


def outcomes(flow, order_id):
    lines = [json.loads(line) for line in flow.log() if line.startswith('{"')]
    return [line for line in lines if line.get("orderId") == order_id]


def test_an_order_is_stored_and_its_log_line_tells_its_times_in_order(flow):
    flow.publish(ORDER)
    assert flow.stored("O1234") == ORDER_ITEM
    [line] = flow.wait_until(lambda: outcomes(flow, "O1234"), what="the order's log line")
    assert line["outcome"] == "stored" and line["receiveCount"] == 1
    assert line["published"] <= line["queued"] <= line["received"]


def test_an_order_published_twice_is_stored_once(flow):
    for _ in range(2):
        flow.publish({**ORDER, "orderId": "twice"})
    flow.stored("twice")
    flow.wait_for_empty_queue()
    assert len([item for item in flow.all_items() if item["orderId"]["S"] == "twice"]) == 1
    assert flow.counts(flow.dead_letters_url) == 0


def test_poison_among_good_orders_goes_alone_to_the_dead_letter_queue(flow):
    good = [f"good-{i}" for i in range(9)]
    entries = [{"Id": one, "Message": json.dumps({**ORDER, "orderId": one})} for one in good]
    entries.insert(4, {"Id": "poison", "Message": json.dumps({"orderId": "no-quantity"})})
    flow.sns.publish_batch(TopicArn=flow.topic, PublishBatchRequestEntries=entries)
    for one in good:
        flow.stored(one)
    for tries in (1, 2, 3):
        flow.wait_until(lambda tries=tries: len(outcomes(flow, "no-quantity")) >= tries, what=f"try {tries}")
        flow.wait_until(lambda: flow.counts(flow.queue_url) == 1, what="the good orders to be deleted")
        flow.advance_clock(flow.visibility_timeout() + 1)
    [dead] = awaited(flow.sqs, flow.dead_letters_url)
    assert json.loads(json.loads(dead["Body"])["Message"]) == {"orderId": "no-quantity"}
    assert [line["receiveCount"] for line in outcomes(flow, "no-quantity")] == [1, 2, 3]
    assert {line["outcome"] for line in outcomes(flow, "no-quantity")} == {"rejected"}
    assert flow.item("no-quantity") is None


def test_a_thousand_orders_are_each_stored(flow):
    ids = [f"bulk-{i}" for i in range(1000)]
    for start in range(0, 1000, 10):
        flow.sns.publish_batch(
            TopicArn=flow.topic,
            PublishBatchRequestEntries=[
                {"Id": one, "Message": json.dumps({**ORDER, "orderId": one})} for one in ids[start : start + 10]
            ],
        )
    flow.wait_until(
        lambda: flow.counts(flow.queue_url) == 0, timeout_seconds=90, what="the queue to be worked off"
    )
    assert set(ids) <= {item["orderId"]["S"] for item in flow.all_items()}
