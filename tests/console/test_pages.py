"""What all pages share: their address in another tab, and what is said on the page after."""

import re

import boto3
import pytest
from keyboard import Keyboard
from looks import resize
from playwright.sync_api import expect

TUTORIAL_ACCOUNT = "481665095854"


@pytest.fixture
def elsewhere(endpoint, unique):
    """The name of a queue that exists in another account and another region only."""
    name = unique("elsewhere")
    boto3.client("sqs", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id=TUTORIAL_ACCOUNT,
                 aws_secret_access_key="test").create_queue(QueueName=name)
    return name


def test_a_pages_address_shows_the_same_in_another_tab_also_of_another_account_and_region(console, elsewhere):
    page = console("sqs/queues")
    page.get_by_label("Account", exact=True).select_option(TUTORIAL_ACCOUNT)
    page.get_by_label("Region", exact=True).select_option("eu-west-1")
    queue = page.get_by_role("link", name=elsewhere, exact=True)
    expect(page).to_have_url(re.compile(rf"/sqs/queues\?account={TUTORIAL_ACCOUNT}&region=eu-west-1$"))
    with page.context.expect_page() as opened:
        queue.click(modifiers=["Control"])
    other = opened.value
    expect(other.get_by_role("heading", level=1, name=elsewhere)).to_be_visible()
    expect(other.get_by_label("Account", exact=True)).to_have_value(TUTORIAL_ACCOUNT)
    expect(other.get_by_label("Region", exact=True)).to_have_value("eu-west-1")

    other.get_by_role("tab", name="Access policy").click()
    expect(other).to_have_url(re.compile(rf"/{elsewhere}\?(?=.*tab=).*account={TUTORIAL_ACCOUNT}&region=eu-west-1$"))
    other.get_by_label("Account", exact=True).select_option("000000000000")
    other.get_by_label("Region", exact=True).select_option("us-east-1")
    expect(other.get_by_role("heading", level=1, name=f"There is no queue {elsewhere}")).to_be_visible()
    expect(other).to_have_url(re.compile(rf"/{elsewhere}\?tab=[a-z-]+$"))
    other.go_back()
    expect(other.get_by_label("Account", exact=True)).to_have_value("000000000000")


@pytest.fixture
def signed_in(console, client, unique):
    """signed_in() returns a page in which a user of IAM is signed in, and the user's ARN."""

    def sign_in():
        iam, name = client("iam"), unique("user")[-60:].lstrip("-")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName=name)["AccessKey"]
        page = console()
        page.evaluate("session => sessionStorage.setItem('orderly.session', JSON.stringify(session))", {
            "region": "us-east-1",
            "credentials": {"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}})
        return page, arn

    return sign_in


def who_acts(page, arn):
    return page.get_by_role("button", name=f"{arn.split(':')[-1]}: who acts")


def open_elsewhere(page, endpoint, queue):
    """Opens the address of a queue of another account and another region, which asks what to do."""
    page.goto(f"{endpoint}/_orderly/console/sqs/queues/{queue}?account={TUTORIAL_ACCOUNT}&region=eu-west-1")
    expect(page.get_by_role("heading", level=1, name="This page belongs to another account")).to_be_visible()


def test_an_address_of_another_account_asks_before_it_ends_a_session(signed_in, endpoint, elsewhere):
    page, arn = signed_in()
    open_elsewhere(page, endpoint, elsewhere)
    expect(page.get_by_text(f"You are signed in as {arn} in account 000000000000. This page belongs to account {TUTORIAL_ACCOUNT}.")
           ).to_be_visible()
    assert page.evaluate("JSON.parse(sessionStorage.getItem('orderly.session')).credentials.accessKeyId").startswith("AKIA")
    page.reload()
    expect(page.get_by_role("heading", level=1, name="This page belongs to another account")).to_be_visible()
    page.get_by_role("button", name="Stay in account 000000000000").click()
    expect(page.get_by_role("heading", level=1, name=f"There is no queue {elsewhere}")).to_be_visible()
    expect(who_acts(page, arn)).to_be_visible()
    expect(page.get_by_label("Region", exact=True)).to_have_value("us-east-1")
    expect(page).to_have_url(re.compile(f"/{elsewhere}$"))
    page.reload()
    expect(who_acts(page, arn)).to_be_visible()


def test_who_switches_sees_the_other_accounts_page_in_its_region(signed_in, endpoint, elsewhere):
    page, _ = signed_in()
    open_elsewhere(page, endpoint, elsewhere)
    Keyboard(page).press(page.get_by_role("button", name=f"Switch to account {TUTORIAL_ACCOUNT}"))
    expect(page.get_by_role("heading", level=1, name=elsewhere)).to_be_visible()
    expect(who_acts(page, f"arn:aws:iam::{TUTORIAL_ACCOUNT}:root")).to_be_visible()
    expect(page.get_by_label("Account", exact=True)).to_have_value(TUTORIAL_ACCOUNT)
    expect(page.get_by_label("Region", exact=True)).to_have_value("eu-west-1")
    page.reload()
    expect(page.get_by_role("heading", level=1, name=elsewhere)).to_be_visible()


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (1280, "dark"), (380, "light"), (380, "dark")])
def test_the_question_is_accessible_and_fits(signed_in, endpoint, elsewhere, violations, width, scheme):
    page, _ = signed_in()
    resize(page, width, 800)
    page.emulate_media(color_scheme=scheme)
    open_elsewhere(page, endpoint, elsewhere)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("address", ["sqs/queues?account=1234&region=eu west", "sqs/queues?account=&region="])
def test_an_address_that_names_no_account_is_of_the_servers_own(console, address):
    page = console(address)
    expect(page.get_by_label("Account", exact=True)).to_have_value("000000000000")
    expect(page.get_by_label("Region", exact=True)).to_have_value("us-east-1")


def test_what_a_form_did_is_said_on_the_page_it_leads_to_and_not_on_the_next(console, unique):
    page, name = console("sqs/create-queue"), unique("said")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create queue").click()
    said = page.get_by_text(f"Queue {name} created successfully.")
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(said).to_be_visible()
    page.get_by_role("tab", name="Access policy").click()
    expect(said).to_be_visible()
    page.get_by_role("link", name="SNS", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Topics")).to_be_visible()
    expect(said).to_have_count(0)


def test_a_policy_that_is_looked_at_while_a_role_is_made_opens_in_a_tab_of_its_own(console):
    page = console("iam/create-role")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("checkbox", name="Select AmazonSQSFullAccess").check()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="AmazonSQSFullAccess").click()
    expect(opened.value.get_by_role("heading", level=1, name="AmazonSQSFullAccess")).to_be_visible()
    expect(page.get_by_role("heading", name="Permissions policies (1 selected)")).to_be_visible()


def test_the_events_of_one_stream_give_their_room_to_the_message(console, client, unique, now_ms):
    group, logs, line = unique("/log/group"), client("logs"), "a line of seventy characters, " * 2
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[{"timestamp": now_ms(), "message": line}])
    page = console(f"cloudwatch/log-groups/{group.replace('/', '%2F')}/events")
    events = page.get_by_role("table", name="Log events")
    expect(events.get_by_role("columnheader")).to_have_text(["Timestamp", "Message", "Log stream"])
    message = events.get_by_role("button", name="a line of")
    assert message.evaluate("at => at.closest('td').scrollWidth <= at.closest('td').clientWidth")
    page.get_by_label("Log stream").fill("one")
    expect(events.get_by_role("columnheader")).to_have_text(["Timestamp", "Message"])


@pytest.mark.parametrize("path", ["sqs/queues", "server"])
def test_a_wide_window_is_used_to_its_end(console, path):
    page = console(path)
    resize(page, 2560, 1200)
    assert page.evaluate("document.documentElement.clientWidth - document.querySelector('main').getBoundingClientRect().right") == 0


def test_a_wide_window_has_an_arn_on_one_line_and_no_endless_field(console, client, unique):
    name, table = unique("wide")[-20:], unique("wide")
    client("sqs").create_queue(QueueName=name)
    client("dynamodb").create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    page = console(f"sqs/queues/{name}")
    resize(page, 2560, 1200)
    arn = page.get_by_text(f"arn:aws:sqs:us-east-1:000000000000:{name}", exact=True).first
    expect(arn).to_be_visible()
    lines = "at => { const all = new Range(); all.selectNodeContents(at); return all.getClientRects().length }"
    assert arn.evaluate(lines) == 1
    width = "at => at.getBoundingClientRect().width"
    page = console("iam/create-role")
    tiles = page.get_by_role("group", name="Trusted entity type")
    expect(tiles).to_be_visible()
    assert tiles.evaluate(width) <= 1000
    page = console(f"dynamodb/tables/{table}/item")
    value = page.get_by_label("Value of orderId")
    expect(value).to_be_visible()
    assert value.evaluate(width) <= 1000
