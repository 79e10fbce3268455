"""Both tutorials, click by click, from an empty server to the order in the table; then the message that fails: dead letter,
corrected, stored."""

import json
import pathlib

import pytest
from keyboard import Keyboard, Mouse
from playwright.sync_api import expect
from seeds import ORDER, PYTHON_ACCOUNT, PYTHON_POLICIES

FUNCTIONS = pathlib.Path(__file__).resolve().parents[2] / "apps/orders/functions"
FUNCTION_SECONDS = 25  # less than the queue's visibility timeout
STORED_SECONDS = 60
POISON = "Hello, I would like to order a laptop, please."


@pytest.fixture(params=[Mouse, Keyboard])
def hand(request, console, reset):
    """Who clicks: with the mouse, or with the keyboard alone."""
    reset()
    return request.param(console())


def go(hand, *names):
    """Click links of the list at the left, or of the page."""
    for name in names:
        hand.press(hand.page.get_by_role("link", name=name, exact=True).first)


def press(hand, name):
    hand.press(hand.page.get_by_role("button", name=name, exact=True).first)


def heading(hand, name):
    expect(hand.page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()


def create_table(hand):
    go(hand, "DynamoDB")
    press(hand, "Create table")
    hand.fill(hand.page.get_by_label("Table name"), "Orders")
    hand.fill(hand.page.get_by_label("Partition key", exact=True), "orderId")
    press(hand, "Create table")
    heading(hand, "Orders")


def create_topic(hand):
    go(hand, "SNS")
    press(hand, "Create topic")
    hand.check(hand.page.get_by_label("Standard"))
    hand.fill(hand.page.get_by_label("Name", exact=True), "OrderTopic")
    press(hand, "Create topic")
    heading(hand, "OrderTopic")


def create_queue(hand, name, dead_letters=None):
    go(hand, "SQS")
    press(hand, "Create queue")
    hand.check(hand.page.get_by_label("Standard"))
    hand.fill(hand.page.get_by_label("Name", exact=True), name)
    if dead_letters:
        group = hand.page.get_by_role("group", name="Set this queue to receive undeliverable messages")
        hand.check(group.get_by_label("Enabled"))
        hand.choose(hand.page.get_by_label("Choose queue"), label=dead_letters)
        hand.fill(hand.page.get_by_label("Maximum receives"), "3")
    press(hand, "Create queue")
    heading(hand, name)


def subscribe(hand):
    go(hand, "SNS", "OrderTopic")
    press(hand, "Create subscription")
    hand.choose(hand.page.get_by_label("Protocol"), label="Amazon SQS")
    account = hand.page.get_by_label("Account", exact=True).input_value()
    hand.fill(hand.page.get_by_label("Endpoint", exact=True), f"arn:aws:sqs:us-east-1:{account}:OrderQueue")
    press(hand, "Create subscription")
    expect(hand.page.get_by_text("Confirmed", exact=True)).to_be_visible()


def add_file(hand, name, content):
    """The only file of the function: what the console starts with is deleted."""
    press(hand, "New file")
    hand.fill(hand.page.get_by_label("File name"), name)
    press(hand, "Create")
    hand.fill(hand.page.get_by_role("textbox", name=name), content)
    press(hand, "Deploy")
    expect(hand.page.get_by_text("Successfully updated the function").first).to_be_visible()


def publish(hand, message):
    go(hand, "SNS", "OrderTopic")
    press(hand, "Publish message")
    hand.fill(hand.page.get_by_label("Message body to send to the endpoint"), message)
    press(hand, "Publish message")
    expect(hand.page.get_by_role("heading", name="Message published")).to_be_visible()


def give_time(client, account, function):
    """On a busy machine a cold start may take longer than the three seconds of the tutorials."""
    client("lambda", aws_access_key_id=account).update_function_configuration(FunctionName=function, Timeout=FUNCTION_SECONDS)


def item_appears(hand, client, account, order, wait_until):
    """The item is there, and in DynamoDB, Explore table items, it is shown."""
    dynamodb = client("dynamodb", aws_access_key_id=account)
    key = {"orderId": {"S": order["orderId"]}}
    try:
        wait_until(lambda: "Item" in dynamodb.get_item(TableName="Orders", Key=key), STORED_SECONDS, what="the order in the table")
    except AssertionError as error:
        raise AssertionError(f"{error}; the functions logged {log_events(client, account)}") from None
    go(hand, "DynamoDB", "Explore table items of Orders")
    press(hand, "Run")
    expect(hand.page.get_by_role("row").filter(has_text=order["orderId"])).to_be_visible()


def log_events(client, account):
    """What the account's functions have logged: it tells why an order did not arrive."""
    logs = client("logs", aws_access_key_id=account)
    groups = logs.describe_log_groups()["logGroups"]
    return [event["message"] for group in groups for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]]


def logs_appear(hand, function):
    go(hand, "Lambda", function)
    hand.press(hand.page.get_by_role("tab", name="Monitor"))
    press_or_follow(hand, "View CloudWatch logs")
    heading(hand, f"/aws/lambda/{function}")
    press(hand, "Search log group")
    expect(hand.page.get_by_role("row").filter(has_text="O1234").first).to_be_visible()


def press_or_follow(hand, name):
    hand.press(hand.page.get_by_role("link", name=name).or_(hand.page.get_by_role("button", name=name)).first)


def poison_is_corrected_and_stored(hand, client, account, advance_clock, wait_until):
    publish(hand, POISON)
    go(hand, "Dead letters")
    row = hand.page.get_by_role("row").filter(has_text=POISON)

    def dead():
        advance_clock(30)
        return row.count() > 0

    wait_until(dead, what="the poison message among the dead letters")
    hand.check(hand.page.get_by_label("Select all"))
    press(hand, "Edit and resend")
    corrected = {**ORDER, "orderId": "O5678"}
    hand.fill(hand.page.get_by_role("textbox", name="Message"), json.dumps(corrected))
    press(hand, "Resend")
    expect(hand.page.get_by_text("Corrected, and sent back to OrderQueue")).to_be_visible()
    item_appears(hand, client, account, corrected, wait_until)
    go(hand, "Orders and traces")
    hand.fill(hand.page.get_by_label("Where is order"), "O1234")
    press(hand, "Find")
    expect(hand.page.get_by_role("row").filter(has_text="OrderTopic").first).to_be_visible()


def test_the_nodejs_tutorial(hand, client, advance_clock, wait_until):
    create_table(hand)
    create_topic(hand)
    create_queue(hand, "OrderDLQ")
    create_queue(hand, "OrderQueue", dead_letters="OrderDLQ")
    subscribe(hand)

    go(hand, "IAM")
    press(hand, "Create role")
    hand.check(hand.page.get_by_label("AWS service"))
    hand.choose(hand.page.get_by_label("Use case"), label="Lambda")
    press(hand, "Next")
    for policy in ("AmazonDynamoDBFullAccess", "AmazonSQSFullAccess", "AWSLambdaBasicExecutionRole"):
        hand.fill(hand.page.get_by_label("Search policies"), policy)
        hand.check(hand.page.get_by_label(f"Select {policy}", exact=True))
    press(hand, "Next")
    hand.fill(hand.page.get_by_label("Role name"), "LambdaOrderProcessorRole")
    press(hand, "Create role")
    heading(hand, "LambdaOrderProcessorRole")

    go(hand, "Lambda")
    press(hand, "Create function")
    hand.fill(hand.page.get_by_label("Function name"), "OrderProcessor")
    hand.choose(hand.page.get_by_label("Runtime", exact=True), label="Node.js 20.x")
    hand.check(hand.page.get_by_label("Use an existing role"))
    hand.choose(hand.page.get_by_label("Existing role", exact=True), label="LambdaOrderProcessorRole")
    press(hand, "Create function")
    heading(hand, "OrderProcessor")
    hand.fill(hand.page.get_by_role("textbox", name="index.mjs"), (FUNCTIONS / "nodejs/index.mjs").read_text())
    press(hand, "Deploy")
    expect(hand.page.get_by_text("Successfully updated the function").first).to_be_visible()
    hand.press(hand.page.get_by_role("tab", name="Configuration"))
    hand.press(hand.page.get_by_role("navigation", name="Configuration").get_by_role("button", name="Triggers"))
    add_trigger(hand)

    give_time(client, "test", "OrderProcessor")
    publish(hand, json.dumps(ORDER))
    item_appears(hand, client, "test", ORDER, wait_until)
    logs_appear(hand, "OrderProcessor")
    poison_is_corrected_and_stored(hand, client, "test", advance_clock, wait_until)


def add_trigger(hand, refused=False):
    press(hand, "Add trigger")
    hand.choose(hand.page.get_by_label("Source"), label="SQS")
    hand.choose(hand.page.get_by_label("SQS queue", exact=True), label="OrderQueue")
    press(hand, "Add")
    if refused:
        expect(hand.page.get_by_role("alert")).to_contain_text("does not have permissions to call ReceiveMessage on SQS")
        press(hand, "Allow this function to read OrderQueue")
    expect(hand.page.get_by_label("Trigger OrderQueue", exact=True)).to_be_visible()


def test_the_python_tutorial_in_its_own_account(hand, client, advance_clock, wait_until):
    hand.choose(hand.page.get_by_label("Account", exact=True), label=PYTHON_ACCOUNT)
    create_table(hand)
    create_topic(hand)
    create_queue(hand, "OrderQueueDLQ")
    create_queue(hand, "OrderQueue", dead_letters="OrderQueueDLQ")
    subscribe(hand)

    go(hand, "Lambda")
    press(hand, "Create function")
    hand.fill(hand.page.get_by_label("Function name"), "ProcessOrderFunction")
    hand.choose(hand.page.get_by_label("Runtime", exact=True), label="Python 3.9")
    hand.check(hand.page.get_by_label("x86_64"))
    press(hand, "Create function")
    heading(hand, "ProcessOrderFunction")
    add_file(hand, "index.py", (FUNCTIONS / "python/index.py").read_text())
    press(hand, "Edit runtime settings")
    hand.fill(hand.page.get_by_label("Handler", exact=True), "index.lambda_handler")
    press(hand, "Save")
    expect(hand.page.get_by_text("index.lambda_handler")).to_be_visible()
    add_trigger(hand, refused=True)

    go(hand, "IAM")
    hand.press(hand.page.get_by_role("link", name="ProcessOrderFunction-role").first)
    expect(hand.page.get_by_role("link", name="AWSLambdaBasicExecutionRole").first).to_be_visible()
    for name, (action, resource) in PYTHON_POLICIES.items():
        if hand.page.get_by_role("link", name=name, exact=True).count():
            continue  # the button at the trigger has written it for this queue
        press(hand, "Add permissions")
        hand.press(hand.page.get_by_role("menuitem", name="Create inline policy"))
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        hand.fill(hand.page.get_by_role("textbox", name="Policy editor"), json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        hand.fill(hand.page.get_by_label("Policy name"), name)
        press(hand, "Create policy")
        expect(hand.page.get_by_role("link", name=name, exact=True)).to_be_visible()

    give_time(client, PYTHON_ACCOUNT, "ProcessOrderFunction")
    publish(hand, json.dumps(ORDER))
    item_appears(hand, client, PYTHON_ACCOUNT, ORDER, wait_until)
    logs_appear(hand, "ProcessOrderFunction")
    poison_is_corrected_and_stored(hand, client, PYTHON_ACCOUNT, advance_clock, wait_until)
