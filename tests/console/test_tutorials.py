"""Both tutorials, click by click, from an empty server to the order in the table; then the message that fails: dead letter,
corrected, stored."""

import json
import pathlib

import pytest
from playwright.sync_api import expect

FUNCTIONS = pathlib.Path(__file__).resolve().parents[2] / "apps/orders/functions"
ORDER = {
    "orderId": "O1234",
    "userId": "U123",
    "itemName": "Laptop",
    "quantity": 1,
    "status": "new",
    "timestamp": "2025-05-03T12:00:00Z",
}
POISON = "Hello, I would like to order a laptop, please."
PYTHON_ACCOUNT = "481665095854"
PYTHON_POLICIES = {
    "DynamoPutItemPolicy": ("dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{PYTHON_ACCOUNT}:table/Orders"),
    "SQSDeleteMessagePolicy": ("sqs:DeleteMessage", f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:*"),
    "SQSGetQueueAttributesPolicy": ("sqs:GetQueueAttributes", f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:*"),
    "SQSReceiveMessagePolicy": ("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:*"),
}


@pytest.fixture
def page(console, reset):
    reset()
    return console()


def go(page, *names):
    """Click links of the list at the left, or of the page."""
    for name in names:
        page.get_by_role("link", name=name, exact=True).first.click()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()


def heading(page, name):
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()


def create_table(page):
    go(page, "DynamoDB")
    press(page, "Create table")
    page.get_by_label("Table name").fill("Orders")
    page.get_by_label("Partition key", exact=True).fill("orderId")
    press(page, "Create table")
    heading(page, "Orders")


def create_topic(page):
    go(page, "SNS")
    press(page, "Create topic")
    page.get_by_label("Standard").check()
    page.get_by_label("Name", exact=True).fill("OrderTopic")
    press(page, "Create topic")
    heading(page, "OrderTopic")


def create_queue(page, name, dead_letters=None):
    go(page, "SQS")
    press(page, "Create queue")
    page.get_by_label("Standard").check()
    page.get_by_label("Name", exact=True).fill(name)
    if dead_letters:
        group = page.get_by_role("group", name="Set this queue to receive undeliverable messages")
        group.get_by_label("Enabled").check()
        page.get_by_label("Choose queue").select_option(dead_letters)
        page.get_by_label("Maximum receives").fill("3")
    press(page, "Create queue")
    heading(page, name)


def subscribe(page):
    go(page, "SNS", "OrderTopic")
    press(page, "Create subscription")
    page.get_by_label("Protocol").select_option(label="Amazon SQS")
    account = page.get_by_label("Account", exact=True).input_value()
    page.get_by_label("Endpoint", exact=True).fill(f"arn:aws:sqs:us-east-1:{account}:OrderQueue")
    press(page, "Create subscription")
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()


def add_file(page, name, content):
    """The only file of the function: what the console starts with is deleted."""
    press(page, "New file")
    page.get_by_label("File name").fill(name)
    press(page, "Create")
    page.get_by_role("textbox", name=name).fill(content)
    press(page, "Deploy")
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()


def publish(page, message):
    go(page, "SNS", "OrderTopic")
    press(page, "Publish message")
    page.get_by_label("Message body to send to the endpoint").fill(message)
    press(page, "Publish message")
    expect(page.get_by_role("heading", name="Message published")).to_be_visible()


def item_appears(page, client, account, order, wait_until):
    """The item is there, and in DynamoDB, Explore table items, it is shown."""
    dynamodb = client("dynamodb", aws_access_key_id=account)
    key = {"orderId": {"S": order["orderId"]}}
    wait_until(lambda: "Item" in dynamodb.get_item(TableName="Orders", Key=key), what="the order in the table")
    go(page, "DynamoDB", "Explore table items of Orders")
    press(page, "Run")
    expect(page.get_by_role("row").filter(has_text=order["orderId"])).to_be_visible()


def logs_appear(page, function):
    go(page, "Lambda", function)
    page.get_by_role("tab", name="Monitor").click()
    press_or_follow(page, "View CloudWatch logs")
    heading(page, f"/aws/lambda/{function}")
    press(page, "Search log group")
    expect(page.get_by_role("row").filter(has_text="O1234").first).to_be_visible()


def press_or_follow(page, name):
    page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name)).first.click()


def poison_is_corrected_and_stored(page, client, account, advance_clock, wait_until):
    publish(page, POISON)
    go(page, "Dead letters")
    row = page.get_by_role("row").filter(has_text=POISON)

    def dead():
        advance_clock(30)
        return row.count() > 0

    wait_until(dead, what="the poison message among the dead letters")
    page.get_by_label("Select all").check()
    press(page, "Edit and resend")
    corrected = {**ORDER, "orderId": "O5678"}
    page.get_by_role("textbox", name="Message").fill(json.dumps(corrected))
    press(page, "Resend")
    expect(page.get_by_text("Corrected, and sent back to OrderQueue")).to_be_visible()
    item_appears(page, client, account, corrected, wait_until)
    go(page, "Orders and traces")
    page.get_by_label("Where is order").fill("O1234")
    press(page, "Find")
    expect(page.get_by_role("row").filter(has_text="OrderTopic").first).to_be_visible()


def test_the_nodejs_tutorial(page, client, advance_clock, wait_until):
    create_table(page)
    create_topic(page)
    create_queue(page, "OrderDLQ")
    create_queue(page, "OrderQueue", dead_letters="OrderDLQ")
    subscribe(page)

    go(page, "IAM")
    press(page, "Create role")
    page.get_by_label("AWS service").check()
    page.get_by_label("Use case").select_option("Lambda")
    press(page, "Next")
    for policy in ("AmazonDynamoDBFullAccess", "AmazonSQSFullAccess", "AWSLambdaBasicExecutionRole"):
        page.get_by_label("Search policies").fill(policy)
        page.get_by_label(f"Select {policy}", exact=True).check()
    press(page, "Next")
    page.get_by_label("Role name").fill("LambdaOrderProcessorRole")
    press(page, "Create role")
    heading(page, "LambdaOrderProcessorRole")

    go(page, "Lambda")
    press(page, "Create function")
    page.get_by_label("Function name").fill("OrderProcessor")
    page.get_by_label("Runtime", exact=True).select_option(label="Node.js 20.x")
    page.get_by_label("Use an existing role").check()
    page.get_by_label("Existing role", exact=True).select_option(label="LambdaOrderProcessorRole")
    press(page, "Create function")
    heading(page, "OrderProcessor")
    page.get_by_role("textbox", name="index.mjs").fill((FUNCTIONS / "nodejs/index.mjs").read_text())
    press(page, "Deploy")
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()
    page.get_by_role("tab", name="Configuration").click()
    page.get_by_role("navigation", name="Configuration").get_by_role("button", name="Triggers").click()
    add_trigger(page)

    publish(page, json.dumps(ORDER))
    item_appears(page, client, "test", ORDER, wait_until)
    logs_appear(page, "OrderProcessor")
    poison_is_corrected_and_stored(page, client, "test", advance_clock, wait_until)


def add_trigger(page, refused=False):
    press(page, "Add trigger")
    page.get_by_label("Source").select_option("SQS")
    page.get_by_label("SQS queue", exact=True).select_option("OrderQueue")
    press(page, "Add")
    if refused:
        expect(page.get_by_role("alert")).to_contain_text("does not have permissions to call ReceiveMessage on SQS")
        press(page, "Allow this function to read OrderQueue")
    expect(page.get_by_label("Trigger OrderQueue", exact=True)).to_be_visible()


def test_the_python_tutorial_in_its_own_account(page, client, advance_clock, wait_until):
    page.get_by_label("Account", exact=True).select_option(PYTHON_ACCOUNT)
    create_table(page)
    create_topic(page)
    create_queue(page, "OrderQueueDLQ")
    create_queue(page, "OrderQueue", dead_letters="OrderQueueDLQ")
    subscribe(page)

    go(page, "Lambda")
    press(page, "Create function")
    page.get_by_label("Function name").fill("ProcessOrderFunction")
    page.get_by_label("Runtime", exact=True).select_option(label="Python 3.9")
    page.get_by_label("x86_64").check()
    press(page, "Create function")
    heading(page, "ProcessOrderFunction")
    add_file(page, "index.py", (FUNCTIONS / "python/index.py").read_text())
    press(page, "Edit runtime settings")
    page.get_by_label("Handler", exact=True).fill("index.lambda_handler")
    press(page, "Save")
    expect(page.get_by_text("index.lambda_handler")).to_be_visible()
    add_trigger(page, refused=True)

    go(page, "IAM")
    page.get_by_role("link", name="ProcessOrderFunction-role").first.click()
    for name, (action, resource) in PYTHON_POLICIES.items():
        if page.get_by_role("link", name=name, exact=True).count():
            continue  # the button at the trigger has written it for this queue
        press(page, "Add permissions")
        page.get_by_role("menuitem", name="Create inline policy").click()
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        page.get_by_role("textbox", name="Policy editor").fill(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        page.get_by_label("Policy name").fill(name)
        press(page, "Create policy")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()

    publish(page, json.dumps(ORDER))
    item_appears(page, client, PYTHON_ACCOUNT, ORDER, wait_until)
    logs_appear(page, "ProcessOrderFunction")
    poison_is_corrected_and_stored(page, client, PYTHON_ACCOUNT, advance_clock, wait_until)
