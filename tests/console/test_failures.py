"""What a page says when it has nothing to show: a resource that does not exist, a screen that throws, a file that is gone."""

import json
import urllib.parse

import pytest
from looks import resize
from playwright.sync_api import expect

ARN = "arn:aws:sns:us-east-1:000000000000:absent"
# The address, and what its heading says.
MISSING = {
    "queue": ("sqs/queues/absent", "There is no queue absent"),
    "messages": ("sqs/queues/absent/messages", "There is no queue absent"),
    "edit queue": ("sqs/queues/absent/edit", "There is no queue absent"),
    "topic": ("sns/topics/absent", "There is no topic absent"),
    "edit topic": ("sns/topics/absent/edit", "There is no topic absent"),
    "subscription": (f"sns/subscriptions/{ARN}:00000000-0000-0000-0000-000000000000",
                     "There is no subscription 00000000-0000-0000-0000-000000000000"),
    "table": ("dynamodb/tables/absent", "There is no table absent"),
    "items": ("dynamodb/tables/absent/items", "There is no table absent"),
    "item": ("dynamodb/tables/absent/item", "There is no table absent"),
    "function": ("lambda/functions/absent", "There is no function absent"),
    "trigger": ("lambda/functions/absent/add-trigger", "There is no function absent"),
    "layer": ("lambda/layers/absent", "There is no layer absent"),
    "role": ("iam/roles/absent", "There is no role absent"),
    "user": ("iam/users/absent", "There is no user absent"),
    "policy": ("iam/policies/arn:aws:iam::000000000000:policy%2Fabsent", "There is no policy"),
    "log group": ("cloudwatch/log-groups/absent", "There is no log group absent"),
    "log events": ("cloudwatch/log-groups/absent/events", "There is no log group absent"),
    "alarm": ("cloudwatch/alarms/absent", "There is no alarm absent"),
    "dashboard": ("cloudwatch/dashboards/absent", "There is no dashboard absent"),
    "trace": ("traces/1-00000000-000000000000000000000000", "There is no trace 1-00000000-000000000000000000000000"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_the_page_of_what_does_not_exist_says_so(console, violations, kind):
    path, title = MISSING[kind]
    page = console(path)
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)
    assert violations(page) == []


def test_a_page_shows_what_is_made_later_and_says_when_it_is_deleted(console, client, unique):
    sqs, name = client("sqs"), unique("Later")
    page = console(f"sqs/queues/{name}")
    expect(page.get_by_role("heading", level=1, name=f"There is no queue {name}")).to_be_visible()
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
    sqs.delete_queue(QueueUrl=url)
    expect(page.get_by_role("heading", level=1, name=f"There is no queue {name}")).to_be_visible()


def test_the_page_of_an_item_that_is_gone_says_so(console, client, unique):
    dynamodb, name = client("dynamodb"), unique("Orders")
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    key = urllib.parse.quote(json.dumps({"id": {"S": "O1"}}))
    page = console(f"dynamodb/tables/{name}/item?key={key}")
    expect(page.get_by_role("heading", level=1, name="The item does not exist any more")).to_be_visible()
    dynamodb.put_item(TableName=name, Item={"id": {"S": "O1"}})
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Edit item")).to_be_visible()


def answer(page, target, body):
    """The server's answers to this operation are replaced by one."""

    def reply(route):
        if route.request.headers.get("x-amz-target", "").endswith("." + target):
            route.fulfill(json=body)
        else:
            route.fallback()

    page.route("**/*", reply)


def test_a_screen_that_throws_says_what_happened_and_has_a_way_on(console, violations):
    page = console("cloudwatch/alarms")
    broken = {"AlarmName": "odd", "AlarmArn": "arn", "StateValue": "SHOUTING", "StateReason": ""}
    answer(page, "DescribeAlarms", {"MetricAlarms": [broken], "CompositeAlarms": []})
    console("cloudwatch/alarms")
    expect(page.get_by_role("heading", level=1, name="This page has failed")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("undefined")
    assert violations(page) == []
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1, name="Alarms")).to_be_visible()

    answer(page, "DescribeAlarms", {"MetricAlarms": [broken], "CompositeAlarms": []})
    console("cloudwatch/alarms")
    page.get_by_role("link", name="Home", exact=True).last.click()
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()


def test_a_file_of_the_console_that_is_gone_is_said_and_loaded_anew(console):
    page = console("server")
    page.route("**/assets/queues-*.js", lambda route: route.fulfill(status=404, body="gone"))
    page.get_by_role("navigation", name="Services").get_by_role("link", name="SQS").click()
    expect(page.get_by_role("heading", level=1, name="This page could not be loaded")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_visible()


@pytest.mark.parametrize("path", ["sqs/queues/%E0%A4%A", "sqs/queues/100%", "no/such/page/%"])
def test_an_address_with_wrong_percent_signs_is_a_page(console, path):
    page = console(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="Services")).to_be_visible()


def test_a_denial_is_no_absence(console):
    page = console("server")
    denied = {"__type": "com.amazonaws.sqs#AccessDeniedException", "message": "no"}

    def refuse(route):
        if route.request.headers.get("x-amz-target", "").endswith("GetQueueUrl"):
            route.fulfill(status=403, body=json.dumps(denied), content_type="application/x-amz-json-1.0")
        else:
            route.fallback()

    page.route("**/*", refuse)
    console("sqs/queues/hidden")
    expect(page.get_by_role("alert")).to_contain_text("AccessDeniedException: no")
    expect(page.get_by_role("heading", level=1, name="hidden", exact=True)).to_be_visible()


def test_a_load_that_the_server_could_not_answer_is_tried_again(console, client, unique):
    """The screen shows the queue as it was, and no event comes any more."""
    sqs, name = client("sqs"), unique("Queue")
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "31"})["QueueUrl"]
    page = console(f"sqs/queues/{name}")
    expect(page.get_by_text("31 s", exact=True)).to_be_visible()
    failed = []

    def fail(route):
        if not route.request.headers.get("x-amz-target", "").startswith("AmazonSQS."):
            route.continue_()
        elif len(failed) < 2:
            failed.append(route.request)
            route.abort() if len(failed) == 1 else route.fulfill(status=503, body="{}")
        else:
            route.continue_()

    page.route("**/", fail)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "32"})
    expect(page.get_by_text("32 s", exact=True)).to_be_visible()
    assert len(failed) == 2


def test_what_the_server_refuses_is_not_asked_again(console):
    asked = []
    page = console("server")
    url = page.url

    def refuse(route):
        asked.append(route.request)
        route.fulfill(status=403, content_type="application/json", body='{"__type": "AccessDeniedException", "message": "no"}')

    page.goto("about:blank")  # what this screen asked for has come
    page.clock.install()
    page.route("**/_orderly/events", lambda route: route.abort())  # a change on the server is a reason to ask again
    page.route("**/_orderly/clock", refuse)
    page.goto(url)
    expect(page.get_by_text("AccessDeniedException: no")).to_be_visible()
    page.clock.run_for(60_000)
    assert len(asked) == 1


def failing(page, status, code):
    """Each call of AWS's API fails like that."""
    page.route("**/", lambda route: route.continue_() if route.request.method == "GET" else route.fulfill(
        status=status, content_type="application/json", body=json.dumps({"__type": code, "message": "no"})))


@pytest.mark.parametrize("status, code", [(403, "AccessDeniedException"), (503, "ServiceUnavailable")])
def test_what_could_not_be_listed_is_not_said_to_be_nothing(console, status, code):
    page = console("server")
    failing(page, status, code)
    page.get_by_role("navigation", name="Services").get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()
    expect(page.get_by_text(f"{code}: no")).to_be_visible()
    expect(page.get_by_text("Nothing exists yet")).to_have_count(0)
    expect(page.get_by_text("Loading…")).to_have_count(0)
    expect(page.get_by_role("heading", name="Build the order system")).to_have_count(0)


@pytest.mark.parametrize("path", [f"sns/topics/{'T' * 256}/edit", f"cloudwatch/log-groups/{'G' * 512}/events"])
def test_the_longest_names_do_not_widen_the_page(console, client, path):
    client("sns").create_topic(Name="T" * 256)
    client("logs").create_log_group(logGroupName="G" * 512)
    try:
        page = console(path)
        expect(page.get_by_text(path.split("/")[2]).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    finally:
        client("sns").delete_topic(TopicArn=f"arn:aws:sns:us-east-1:000000000000:{'T' * 256}")
        client("logs").delete_log_group(logGroupName="G" * 512)


@pytest.fixture
def alone(chromium, own_server):
    """A page of a server that may be ended."""
    page = chromium.new_page()
    page.goto(f"{own_server.endpoint}/_orderly/console/sqs/queues")
    expect(page.get_by_title("What changes is shown at once")).to_be_visible()
    yield page
    page.close()


def test_a_page_says_that_the_server_is_away_until_it_is_back(own_server, alone):
    away = alone.get_by_role("status").get_by_text("The server does not answer")
    expect(away).to_be_hidden()
    own_server.stop()
    expect(away).to_be_visible()
    own_server.start()
    expect(away).to_be_hidden()


def test_a_screen_that_was_asked_for_while_the_server_was_away_comes_when_it_is_back(own_server, alone):
    own_server.stop()
    alone.get_by_role("link", name="DynamoDB").click()
    expect(alone.get_by_role("alert")).to_contain_text("Orderly does not answer. Is the server running?")
    own_server.start()
    expect(alone.get_by_role("heading", level=1, name="Tables")).to_be_visible()


def test_a_messages_dialog_has_room_for_its_body_and_its_whole_attributes(console, client, make_queue):
    url = make_queue()
    long = "v" * 3000
    client("sqs").send_message(QueueUrl=url, MessageBody="A" * 1000, MessageAttributes={
        "n" * 100: {"DataType": "String", "StringValue": long}})
    page = console(f"sqs/queues/{url.rsplit('/', 1)[1]}/messages")
    page.get_by_role("button", name="Peek at messages").click()
    page.get_by_role("row").nth(1).get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    assert dialog.bounding_box()["width"] == 960
    cell = dialog.get_by_role("cell", name=long)
    assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
    resize(page, 380, 800)
    assert 330 < dialog.bounding_box()["width"] < 380
    assert cell.evaluate("cell => cell.getBoundingClientRect().right <= innerWidth")


def test_a_name_of_any_length_leaves_room_for_its_page(console, client, unique):
    name = (unique("T") + "T" * 256)[:256]
    client("sns").create_topic(Name=name)
    page = console("sns/topics/" + name)
    resize(page, 380, 800)
    assert page.get_by_role("heading", level=1, name=name).bounding_box()["height"] < 110
