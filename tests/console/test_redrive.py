"""Dead letters go back to where they came from: from the page of their queue, as in AWS's console, and from the list of all."""

import json

import pytest
from looks import address
from playwright.sync_api import expect

DEAD = "a message that three receives did not help, with more words than a column of the list of all has room for"


@pytest.fixture
def queues(client, make_queue, wait_until):
    """Names of a queue and of its dead-letter queue, which has one message."""
    sqs = client("sqs")
    dead = make_queue()
    policy = json.dumps({"deadLetterTargetArn": make_queue.arn(dead), "maxReceiveCount": 1})
    queue = make_queue(RedrivePolicy=policy, VisibilityTimeout=0)
    sqs.send_message(QueueUrl=queue, MessageBody=DEAD)
    for _ in range(2):
        sqs.receive_message(QueueUrl=queue)

    def arrived():
        reply = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
        return reply["Attributes"]["ApproximateNumberOfMessages"] == "1"

    wait_until(arrived, what="the dead letter")
    yield queue.rsplit("/", 1)[1], dead.rsplit("/", 1)[1]
    sqs.purge_queue(QueueUrl=dead)  # other tests look at the list of all


def test_the_page_of_a_dead_letter_queue_starts_its_redrive(console, queues):
    queue, dead = queues
    page = console(f"sqs/queues/{queue}")
    expect(page.get_by_role("heading", level=1, name=queue, exact=True)).to_be_visible()
    page.get_by_role("tab", name="Dead-letter queue", exact=True).click()
    expect(page.get_by_text("This is no dead-letter queue")).to_be_visible()
    expect(page.get_by_role("button", name="Start DLQ redrive")).to_have_count(0)
    page.get_by_role("link", name=dead, exact=True).first.click()
    page.get_by_role("button", name="Start DLQ redrive").click()
    page.get_by_role("dialog", name="Dead-letter queue redrive").get_by_role("button", name="DLQ redrive").click()
    expect(page.get_by_text(f"The redrive of {dead} has begun")).to_be_visible()
    page.get_by_role("tab", name="Dead-letter queue redrive tasks").click()
    expect(page.get_by_role("row").filter(has_text="COMPLETED")).to_be_visible()
    page.goto(address(page).replace(dead, f"{queue}/messages"))
    expect(page.get_by_role("row").filter(has_text=DEAD[:20])).to_be_visible()


def test_the_list_of_dead_letters_says_what_a_redrive_did(console, queues):
    queue, dead = queues
    page = console("dead-letters")
    row = page.get_by_role("row").filter(has_text=dead)
    expect(row).to_contain_text(DEAD[:20])
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Redrive selected").press("Enter")
    expect(page.get_by_text("Sent back: 1. A message that fails again comes here again.")).to_be_visible()
    expect(row).to_have_count(0)
    expect(page.get_by_role("region", name="Dead letters")).to_be_focused()
