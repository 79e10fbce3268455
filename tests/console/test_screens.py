"""The ten screens, and one trace, with the order system in them: what axe-core finds in light, dark and narrow pages, and their pictures.

ORDERLY_SCREENSHOTS=docs/console writes the pictures there.
"""

import json
import os
import pathlib
import re
import subprocess
import time

import boto3
import orderly_server
import pytest
from looks import address, each_look, resize, sideways
from playwright.sync_api import expect

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURES = os.environ.get("ORDERLY_SCREENSHOTS")
SCREENS = {
    "home": ("", "Home", "OrderProcessor"),
    "dynamodb": ("dynamodb/tables/Orders/items", "Explore items: Orders", "O1235"),
    "sns": ("sns/topics/OrderTopic", "OrderTopic", "OrderQueue"),
    "sqs": ("sqs/queues/OrderQueue", "OrderQueue", "OrderTopic"),
    "lambda": ("lambda/functions/OrderProcessor", "OrderProcessor", "bootstrap"),
    "iam": ("iam/roles/LambdaOrderProcessorRole", "LambdaOrderProcessorRole", "Permissions"),
    "cloudwatch": ("cloudwatch/log-groups/%2Faws%2Flambda%2FOrderProcessor/events", "Log events", "O1234"),
    "traces": ("traces", "Orders and traces", "OrderTopic"),
    "trace": ("traces?outcome=dead-lettered", "Orders and traces", "OrderTopic"),
    "dead-letters": ("dead-letters", "Dead letters", "I would like to order"),
    "server": ("server", "Clock and state", "Durability"),
}


@pytest.fixture(scope="module")
def order_system(endpoint, reset, client, wait_until, advance_clock):
    """The tour's system, with twelve orders stored and one dead letter."""
    reset()
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1",
                   "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

    def orders(*arguments):
        command = [orderly_server.binary(), "orders", *arguments]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=120)

    orders("deploy", "--visibility-timeout", "6")
    orders("submit", "apps/orders/orders.jsonl")
    wait_until(lambda: client("dynamodb").scan(TableName="Orders")["Count"] == 12, what="twelve orders")
    orders("submit", "--raw", "apps/orders/poison.txt")
    sqs = client("sqs")
    dead = sqs.get_queue_url(QueueName="OrderDLQ")["QueueUrl"]

    def arrived():
        advance_clock(7)
        reply = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
        return reply["Attributes"]["ApproximateNumberOfMessages"] == "1"

    wait_until(arrived, what="the dead letter")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_shows_the_order_system_without_violations(order_system, console, violations, screen):
    path, title, shown = SCREENS[screen]
    page = console(path)
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
    if screen == "dynamodb":
        page.get_by_role("button", name="Run").click()
    expect(page.get_by_text(shown).locator("visible=true").first).to_be_visible()
    if screen == "trace":
        page.get_by_role("row").filter(has_text="dead-lettered").get_by_role("link").click()
        expect(page.get_by_role("heading", level=1, name="One message's way")).to_be_visible()
    for look in each_look(page):
        if PICTURES:
            folder = pathlib.Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{screen}-{look}.png")
        assert violations(page) == [], look
        assert sideways(page) <= 0, look


def test_a_traces_address_shows_the_same_step_again(order_system, console):
    page = console("traces?text=laptop")
    page.get_by_role("row").filter(has_text="dead-lettered").get_by_role("link").click()
    page.get_by_role("button", name="dead-lettered").last.click()
    expect(page.get_by_role("heading", name="dead-lettered OrderDLQ")).to_be_visible()
    page.goto(address(page))
    expect(page.get_by_role("heading", name="dead-lettered OrderDLQ")).to_be_visible()


def test_a_step_shows_what_it_wrote(order_system, console):
    page = console("traces?resource=arn:aws:dynamodb:us-east-1:000000000000:table/Orders")
    page.get_by_role("table", name="Traces").get_by_role("link").first.click()
    page.get_by_role("button", name="put").first.click()
    written = page.get_by_role("table", name="What was written")
    row = written.get_by_role("row").filter(has_text="orderId")
    expect(row.get_by_role("cell")).to_have_text(["orderId", "–", re.compile("^O12"), "added"])
    expect(page.get_by_role("heading", name="The item as it is now")).to_be_visible()


def test_all_columns_of_the_traces_are_in_a_window_of_1280_pixels(order_system, console):
    page = console("traces")
    resize(page, 1280, 800)
    expect(page.get_by_role("row").filter(has_text="dead-lettered")).to_be_visible()
    scroller = page.get_by_role("region", name="Traces")
    assert scroller.evaluate("at => at.scrollWidth - at.clientWidth") <= 0


def test_all_columns_of_the_dead_letters_are_in_a_window_of_1280_pixels(order_system, console):
    page = console("dead-letters")
    resize(page, 1280, 800)
    expect(page.get_by_role("row").filter(has_text="I would like to")).to_contain_text("not a JSON object")
    scroller = page.get_by_role("region", name="Dead letters")
    assert scroller.evaluate("at => at.scrollWidth - at.clientWidth") <= 0


def test_traces_are_found_by_any_failure_and_by_the_time_that_they_took(order_system, console):
    page = console("traces")
    rows = page.get_by_role("table", name="Traces").get_by_role("row")
    expect(rows.filter(has_text="ok").first).to_be_visible()
    page.get_by_label("Outcome").select_option("Any failure")
    expect(rows.filter(has_text="dead-lettered")).to_have_count(1)
    expect(rows).to_have_count(2)  # with the head
    page.get_by_label("Took").select_option("5 s or more")  # it was received after each visibility timeout of 6 s
    expect(rows.filter(has_text="dead-lettered")).to_have_count(1)
    page.get_by_label("Took").select_option("5 min or more")
    expect(page.get_by_text("No traces")).to_be_visible()
    page.goto(address(page).replace("took=300000", "took=6000"))
    expect(page.get_by_label("Took")).to_have_value("6000")
    expect(rows.filter(has_text="dead-lettered")).to_have_count(1)


def test_anything_is_found_by_its_name_with_the_keyboard_alone(order_system, console):
    page = console()
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()
    expect(page.locator("i.live")).to_be_visible()  # the page listens to keys, too
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="A page, a queue")).to_be_focused()
    page.keyboard.type("OrderDLQ")
    expect(page.get_by_role("option", name="OrderDLQ Queue")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="OrderDLQ")).to_be_visible()


def test_a_click_is_shown_as_a_command_of_the_cli(order_system, console, unique):
    name = unique("Clicked")
    page = console("sqs/create-queue")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create queue").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    page.get_by_role("button", name="As CLI").click()
    command = page.get_by_role("dialog").get_by_text("aws sqs create-queue").inner_text()
    assert json.loads(command.split("--cli-input-json ")[1].strip("'"))["QueueName"] == name


def test_a_message_is_peeked_at_without_counting_and_polled_with(order_system, console, client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("Peeked"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="look at me")
    page = console(f"sqs/queues/{url.rsplit('/', 1)[1]}/messages")
    row = page.get_by_role("row").filter(has_text="look at me")
    expect(row.get_by_role("cell").last).to_have_text("0")
    page.get_by_label("Poll", exact=True).check()
    page.get_by_label("Maximum message count").fill("1")
    page.get_by_role("button", name="Poll for messages").click()
    expect(row.get_by_role("cell").last).to_have_text("1")


def test_a_queue_that_changes_is_shown_as_it_is_at_once(order_system, console, client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("Live"))["QueueUrl"]
    page = console(f"sqs/queues/{url.rsplit('/', 1)[1]}")
    available = page.locator("dt", has_text="Messages available").locator("xpath=following-sibling::dd")
    expect(available).to_have_text("0")
    sqs.send_message(QueueUrl=url, MessageBody="new")
    expect(available).to_have_text("1")


def test_the_server_tells_its_figures_and_follows_events(order_system, console, client, unique):
    asked = []
    page, began = console("server"), time.monotonic()
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/_orderly/metrics") else None)
    facts = page.locator("dl.facts")
    for name in ("Memory", "Database"):
        expect(facts.locator("dt", has_text=name).locator("xpath=following-sibling::dd")).to_have_text(re.compile(r"^[\d.]+ [KMG]B$"))
    expect(facts.locator("dt", has_text="Streams").locator("xpath=following-sibling::dd")).to_contain_text("of 256, 224 for one address")
    requests = page.get_by_role("table", name="Services").get_by_role("row").filter(has=page.get_by_role("cell", name="sqs", exact=True)).get_by_role("cell").nth(2)
    before = int(requests.inner_text().replace(",", ""))
    url = client("sqs").create_queue(QueueName=unique("Counted"))["QueueUrl"]
    for _ in range(5):
        client("sqs").send_message(QueueUrl=url, MessageBody="m")
    expect(requests).not_to_have_text(f"{before:,}")
    assert int(requests.inner_text().replace(",", "")) > before
    # Many events, and few loads, see calm.test.ts: the server tells of one queue four times a second.
    assert len(asked) <= 4 + 4 * (time.monotonic() - began)


def test_the_clock_goes_to_the_next_thing(chromium, unhurried_server):
    sqs = boto3.client("sqs", endpoint_url=unhurried_server.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=300)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{unhurried_server.endpoint}/_orderly/console/server")
    button = page.get_by_role("button", name="To the next")
    expect(page.get_by_role("cell", name="sqs/visibility", exact=True)).to_be_visible()
    for _ in range(40):  # other things may come before it
        button.click()
        expect(page.get_by_text("The clock is at the next event").first).to_be_visible()
        if "Messages" in sqs.receive_message(QueueUrl=url, VisibilityTimeout=0):
            break
    else:
        raise AssertionError("the delay has not ended")
    expect(page.get_by_role("cell", name="sqs/visibility", exact=True)).to_have_count(0)
    context.close()


def test_what_comes_by_itself_is_no_longer_next(chromium, unhurried_server):
    sqs = boto3.client("sqs", endpoint_url=unhurried_server.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="q")["QueueUrl"], MessageBody="late", DelaySeconds=300)
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/_orderly/events", lambda route: route.abort())  # of time that passes no event tells
    page.clock.install()
    page.goto(f"{unhurried_server.endpoint}/_orderly/console/server")
    row = page.get_by_role("cell", name="sqs/visibility", exact=True)
    expect(row).to_be_visible()
    unhurried_server.advance_clock(301)
    page.clock.run_for(1000)  # after its drawing, the page has begun to wait
    page.clock.fast_forward(301_000)
    expect(row).to_have_count(0)
    context.close()


def test_the_clock_says_where_it_goes_and_goes_to_the_chosen_moment(chromium, unhurried_server, wait_until):
    sqs = boto3.client("sqs", endpoint_url=unhurried_server.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=900)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{unhurried_server.endpoint}/_orderly/console/server")
    first = page.get_by_role("region", name="What comes next").get_by_role("row").nth(1).get_by_role("cell").first
    expect(first).to_be_visible()
    # Both at one moment: what comes next may come between two looks.
    wait_until(lambda: page.get_by_role("button", name=f"To the next: {first.inner_text()}", exact=True, disabled=False).count())
    page.get_by_role("button", name="Move to sqs/visibility").click()
    expect(page.get_by_text("The clock is at sqs/visibility")).to_be_visible()
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"][0]["Body"] == "late"
    context.close()
