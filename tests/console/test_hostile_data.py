"""What somebody has stored is text on every screen: never markup, a script, or a link that runs one."""

import json
import urllib.parse

import pytest
from playwright.sync_api import expect

MARKUP = '<img src=x onerror="window.taken=1"><script>window.taken=1</script>[x](javascript:window.taken=1)'
LINK = "javascript:window.taken=1"
FOUND = """() => window.taken !== undefined || [...document.querySelectorAll('img[src="x"], [onerror], a, iframe')].some(
    one => one.matches('img, [onerror]') || /^\\s*javascript:/i.test(one.getAttribute('href') ?? one.getAttribute('src') ?? ''))"""


def quote(text):
    return urllib.parse.quote(text, safe="")


@pytest.fixture
def queue(client, make_queue):
    url = make_queue()
    client("sqs").tag_queue(QueueUrl=url, Tags={"note": LINK})
    client("sqs").send_message(QueueUrl=url, MessageBody=MARKUP, MessageAttributes={
        "a": {"DataType": "String", "StringValue": MARKUP}})
    return url.rsplit("/", 1)[1]


@pytest.fixture
def topic(client, unique):
    return client("sns").create_topic(Name=unique("t"), Attributes={"DisplayName": LINK})["TopicArn"]


@pytest.fixture
def table(client, unique):
    dynamodb, name = client("dynamodb"), unique("tbl")
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    dynamodb.put_item(TableName=name, Item={"k": {"S": MARKUP}, MARKUP: {"S": LINK}})
    return name


@pytest.fixture
def role(client, unique):
    iam, name = client("iam"), unique("Role")
    iam.create_role(RoleName=name, Description=LINK, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:*", "Resource": f"arn:aws:sqs:*:*:{MARKUP}"}]}))
    return name


@pytest.fixture
def group(client, unique, now_ms):
    logs, name = client("logs"), unique("/group")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[{"timestamp": now_ms(), "message": MARKUP}])
    return name


@pytest.fixture
def alarm(client, unique):
    name = unique("alarm") + MARKUP
    client("cloudwatch").put_metric_alarm(AlarmName=name, AlarmDescription=LINK, Namespace="n", MetricName="m", Period=60,
                                          EvaluationPeriods=1, Statistic="Sum", Threshold=1,
                                          ComparisonOperator="GreaterThanThreshold")
    return name


@pytest.fixture
def dashboard(client, unique, group):
    cloudwatch, name = client("cloudwatch"), unique("board")
    cloudwatch.put_metric_data(Namespace=name, MetricData=[{"MetricName": "m", "Value": 1}])

    def widget(kind, **properties):
        return {"type": kind, "width": 12, "height": 4, "properties": properties}

    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": [
        widget("metric", title=MARKUP, region="us-east-1", metrics=[[name, "m", {"label": MARKUP}]], view="singleValue"),
        widget("text", markdown=f"{MARKUP}\n\n[here]({LINK}) has no value <iframe src='{LINK}'></iframe> ![x](x)"),
        widget("alarm", title="Alarms", alarms=[LINK, MARKUP]),
        widget("log", title="Logs", query=f"SOURCE '{group}' | fields @message"),
        widget("custom", title=MARKUP, endpoint=LINK),
    ], "start": "-P1M"}))
    return name


@pytest.fixture
def function(make_function):
    return make_function("def handler(event, context):\n    return 1\n", Description=MARKUP,
                         Environment={"Variables": {"NOTE": MARKUP}})


def visit(console, path, text):
    """Open a screen, wait until it shows the text, and look for what would run."""
    page = console(path)
    expect(page.get_by_text(text).or_(page.locator(f"input[value={json.dumps(text)}]")).first).to_be_attached()
    assert page.evaluate(FOUND) is False


def test_the_search_for_what_would_run_finds_it(console):
    """Otherwise the tests below would show nothing."""
    for markup in (MARKUP, f'<a href="{LINK}">x</a>', '<a href=" JavaScript:x">x</a>'):
        page = console("sqs/queues")
        insert = "document.querySelector('main').insertAdjacentHTML('beforeend', markup)"
        assert page.evaluate(f"markup => {{ {insert}; return ({FOUND})() }}", markup) is True


def test_a_message_and_a_tag_are_text(console, queue):
    page = console(f"sqs/queues/{queue}?tab=tags")
    page.wait_for_function("text => [...document.querySelectorAll('input')].some(one => one.value === text)", arg=LINK)
    assert page.evaluate(FOUND) is False
    page = console(f"sqs/queues/{queue}/messages")
    page.get_by_role("button", name="Peek at messages").click()
    expect(page.get_by_text("onerror=").first).to_be_visible()
    assert page.evaluate(FOUND) is False


def test_a_topics_display_name_is_text(console, topic):
    visit(console, f"sns/topics/{quote(topic)}", LINK)


def test_an_items_values_and_the_names_of_its_attributes_are_text(console, table):
    visit(console, f"dynamodb/tables/{table}/items", MARKUP)


def test_a_roles_description_and_its_policies_are_text(console, role):
    visit(console, f"iam/roles/{role}", LINK)
    visit(console, f"iam/roles/{role}/inline-policy/p", "sqs:*")


def test_a_log_line_is_text(console, group):
    visit(console, f"cloudwatch/log-groups/{quote(group)}/events", MARKUP)


def test_an_alarms_name_and_description_are_text(console, alarm):
    visit(console, "cloudwatch/alarms", alarm)
    visit(console, f"cloudwatch/alarms/{quote(alarm)}", LINK)


def test_a_functions_description_is_text(console, function):
    visit(console, f"lambda/functions/{function}", MARKUP)


def test_a_dashboards_widgets_are_text(console, dashboard):
    page = console(f"cloudwatch/dashboards/{dashboard}")
    for words in (MARKUP, "onerror=", "has no value"):
        expect(page.get_by_text(words).first).to_be_attached()
    expect(page.get_by_role("region", name="Logs").get_by_role("cell")).to_have_text(MARKUP)
    assert page.evaluate(FOUND) is False


@pytest.mark.parametrize("path", ["", "sqs/queues/", "lambda/functions/", "traces/", "dynamodb/tables/", "iam/roles/"])
def test_an_address_that_names_nothing_is_text(console, endpoint, path):
    page = console()
    page.goto(f"{endpoint}/_orderly/console/{path}{quote(MARKUP)}")
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("alert").or_(page.get_by_role("heading", level=1)).first).to_be_visible()
    assert page.evaluate(FOUND) is False


def test_what_reorders_a_text_is_shown_by_its_number(console, make_function):
    reordered = "\u202Egpj.exe"
    name = make_function(f"# {reordered}\ndef handler(event, context):\n    return 1\n", Description=f"order{reordered}")
    page = console(f"lambda/functions/{name}")
    expect(page.get_by_text("order⟨U+202E⟩gpj.exe")).to_be_visible()
    expect(page.get_by_role("textbox", name="index.py").get_by_label("Control character right-to-left override")).to_be_visible()
