"""The list of queues, when not all of them are loaded."""

import pytest
from bulk import Bulk
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def queues(reset, client, advance_clock):
    """1001 queues; the last one is the fullest and the oldest, and then comes the one in the middle."""
    reset()
    sqs = Bulk(client("sqs"))
    for number in range(1001):
        sqs.create_queue(QueueName=f"queue-{number:04}")
    last = sqs.get_queue_url(QueueName="queue-1000")["QueueUrl"]
    for url in (last, last, last.replace("1000", "0500")):
        sqs.send_message(QueueUrl=url, MessageBody="m")
        advance_clock(10)


@pytest.mark.parametrize("header", ["Messages available", "Age of oldest message"])
def test_the_fullest_and_the_oldest_of_all_queues_come_first_though_they_were_not_loaded(queues, console, header):
    page = console("sqs/queues")
    expect(page.get_by_role("heading", level=2, name="Queues (1000+)")).to_be_visible()
    head = page.get_by_role("columnheader", name=header)
    head.get_by_role("button").click()
    expect(page.get_by_role("heading", level=2, name="Queues (1001)")).to_be_visible()
    head.get_by_role("button").click()
    expect(head).not_to_contain_text("loaded")
    rows = page.get_by_role("table", name="Queues").get_by_role("row")
    for row, name in ((1, "queue-1000"), (2, "queue-0500")):
        expect(rows.nth(row)).to_contain_text(name)
    page.get_by_role("columnheader", name="Name", exact=True).get_by_role("button").click()
    expect(page.get_by_role("heading", level=2, name="Queues (1000+)")).to_be_visible()


def test_what_is_sorted_while_an_event_waits_for_the_figures_is_loaded(console, client, unique):
    name, held = unique("a-queue"), []  # early in the order of names
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    page = console()
    page.route("**/_orderly/sqs/queues*", lambda route: route.continue_() if held else held.append(route))
    console("sqs/queues")
    page.get_by_role("searchbox", name="Search queues").fill(name)
    row = page.get_by_role("row").filter(has_text=name)
    expect(row.get_by_role("cell", name="0", exact=True)).to_have_count(3)
    with page.expect_request(lambda request: request.headers.get("x-amz-target") == "AmazonSQS.GetQueueAttributes"):
        client("sqs").send_message(QueueUrl=url, MessageBody="m")
    assert held
    page.get_by_role("columnheader", name="Age of oldest message").get_by_role("button").click()
    expect(row.get_by_role("cell", name="–", exact=True)).to_have_count(2)
