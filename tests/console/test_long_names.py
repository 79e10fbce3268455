"""The longest names and texts, without a blank, also from the right to the left: they widen neither a page nor a dialog."""

import json

import boto3
import pytest
from looks import resize
from playwright.sync_api import expect

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})
ACCOUNT = "256256256256"
QUEUE, TOPIC, TABLE, ROLE, INLINE, BOARD = "q" * 80, "t" * 256, "T" * 255, "R" * 64, "P" * 128, "B" * 255
RIGHT_TO_LEFT = "مرحبا"  # "hello"
WIDTHS = (320, 360, 1280)  # the first two look alike
OUT = """() => { const wide = e => e.scrollWidth - e.clientWidth;
  const cut = [...document.querySelectorAll('dialog[open], [role=menu]')].filter(e => {
    const at = e.getBoundingClientRect(); return wide(e) > 0 || at.left < 0 || at.right > document.documentElement.clientWidth });
  return [wide(document.documentElement), cut.map(e => e.textContent.slice(0, 60))] }"""

# What is opened, the page's address, its heading, and the buttons to press.
OPENED = {
    "the page that publishes": (f"sns/topics/{TOPIC}/publish", "Publish message to topic", []),
    "a topic": (f"sns/topics/{TOPIC}", TOPIC, ["Delete"]),
    "a queue": (f"sqs/queues/{QUEUE}", QUEUE, ["Delete"]),
    "a queue to be purged": (f"sqs/queues/{QUEUE}", QUEUE, ["Purge"]),
    "a table": (f"dynamodb/tables/{TABLE}", TABLE, ["Actions", "Delete table"]),
    "a role": (f"iam/roles/{ROLE}", ROLE, ["Delete"]),
    "a role's description": (f"iam/roles/{ROLE}", ROLE, ["Edit summary"]),
    "a role's menu": (f"iam/roles/{ROLE}", ROLE, ["Add permissions"]),
    "a dashboard": (f"cloudwatch/dashboards/{BOARD}", BOARD, ["Actions", "Delete dashboard"]),
}


@pytest.fixture(scope="module")
def longest(endpoint):
    """An account of their own, for no other test wants to meet them."""

    def of(service):
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=ACCOUNT, aws_secret_access_key="test")

    of("sqs").create_queue(QueueName=QUEUE)
    of("sns").create_topic(Name=TOPIC, Attributes={"DisplayName": RIGHT_TO_LEFT})
    of("dynamodb").create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "K" * 255, "KeyType": "HASH"}],
                                AttributeDefinitions=[{"AttributeName": "K" * 255, "AttributeType": "S"}])
    of("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=TRUST, Description="D" * 1000)
    of("iam").put_role_policy(RoleName=ROLE, PolicyName=INLINE, PolicyDocument=POLICY)
    of("cloudwatch").put_dashboard(DashboardName=BOARD, DashboardBody=json.dumps({"widgets": [
        {"type": "text", "width": 12, "height": 4, "properties": {"markdown": f"# {RIGHT_TO_LEFT * 50}"}}]}))


@pytest.mark.parametrize("opened", OPENED)
def test_the_longest_names_widen_neither_page_nor_dialog_nor_menu(longest, console, violations, opened):
    path, title, buttons = OPENED[opened]
    page = console(f"{path}?account={ACCOUNT}")
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
    for width in WIDTHS:
        resize(page, width, 640)
        for name in buttons:
            page.get_by_role("menuitem" if name.startswith("Delete ") else "button", name=name).first.click()
        if buttons:
            expect(page.locator("dialog[open], [role=menu]")).to_be_visible()
        assert page.evaluate(OUT) == [0, []], width
        assert width == 360 or violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open], [role=menu]")).to_have_count(0)
