"""SNS's screens, by the names that AWS's console gives its buttons and fields."""

import http.server
import json
import threading

import pytest
from keyboard import write_code
from playwright.sync_api import expect


@pytest.fixture
def topic(client, unique):
    """A topic's ARN."""
    return client("sns").create_topic(Name=unique("OrderTopic"))["TopicArn"]


@pytest.fixture
def queue(client, unique):
    """A queue's ARN."""
    return make_queue(client, unique("OrderQueue"))


def make_queue(client, name, **attributes):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def name_of(arn):
    return arn.rsplit(":", 1)[1]


def queue_policy(client, arn):
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=name_of(arn))["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    return json.loads(attributes["Policy"]) if "Policy" in attributes else None


def subscriptions(client, topic):
    return client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]


def subscribe(client, topic, queue, **attributes):
    reply = client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes, ReturnSubscriptionArn=True
    )
    return reply["SubscriptionArn"]


def allow(client, topic, queue):
    sqs = client("sqs")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    url = sqs.get_queue_url(QueueName=name_of(queue))["QueueUrl"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def receive(client, queue):
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=name_of(queue))["QueueUrl"]
    reply = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageSystemAttributeNames=["All"])
    [message] = reply["Messages"]
    return message


def test_a_standard_topic_is_created(console, client, unique):
    name = unique("OrderTopic")
    page = console("sns/topics")
    page.get_by_role("button", name="Create topic").first.click()
    page.get_by_label("Standard").check()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Display name").fill("Orders")
    page.get_by_role("button", name="Create topic").click()
    expect(page.get_by_text(f"Topic {name} created successfully.")).to_be_visible()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    arn = f"arn:aws:sns:us-east-1:000000000000:{name}"
    expect(page.get_by_text(arn)).to_be_visible()
    assert client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "Orders"


def test_a_fifo_topic_gets_its_suffix_and_tags(console, client, unique):
    name = unique("OrderTopic")
    page = console("sns/create-topic")
    page.get_by_label("FIFO (first-in, first-out)").check()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Content-based message deduplication").check()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("orders")
    page.get_by_role("button", name="Create topic").click()
    expect(page.get_by_role("heading", name=f"{name}.fifo")).to_be_visible()
    arn = f"arn:aws:sns:us-east-1:000000000000:{name}.fifo"
    attributes = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (attributes["FifoTopic"], attributes["ContentBasedDeduplication"]) == ("true", "true")
    assert client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "orders"}]


def test_a_refused_topic_is_refused_in_awss_words(console):
    page = console("sns/create-topic")
    page.get_by_label("Name", exact=True).fill("not a name")
    page.get_by_role("button", name="Create topic").click()
    expect(page.get_by_role("alert")).to_contain_text("Invalid parameter: Topic Name")


def test_a_queue_is_subscribed_and_the_topic_may_send_to_it(console, client, topic, queue):
    page = console(f"sns/topics/{name_of(topic)}")
    page.get_by_role("button", name="Create subscription").first.click()
    expect(page.get_by_label("Topic ARN")).to_have_value(topic)
    page.get_by_label("Protocol").select_option(label="Amazon SQS")
    page.get_by_label("Endpoint", exact=True).fill(queue)
    shown = json.loads(page.locator("pre").inner_text())
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_text("Subscription created successfully.")).to_be_visible()
    expect(page.get_by_text(f"{name_of(topic)} may send to {name_of(queue)}.")).to_be_visible()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    assert queue_policy(client, queue)["Statement"] == [shown]
    client("sns").publish(TopicArn=topic, Message="it arrives")
    assert json.loads(receive(client, queue)["Body"])["Message"] == "it arrives"


def test_the_queues_other_statements_stay(console, client, unique, topic, queue):
    other = client("sns").create_topic(Name=unique("Other"))["TopicArn"]
    allow(client, other, queue)
    [before] = queue_policy(client, queue)["Statement"]
    page = console(f"sns/create-subscription?topic={topic}")
    page.get_by_label("Endpoint", exact=True).fill(queue)
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_text(f"{name_of(topic)} may send to {name_of(queue)}.")).to_be_visible()
    statements = queue_policy(client, queue)["Statement"]
    assert statements[0] == before
    assert statements[1]["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}


def test_the_queues_policy_stays_when_the_question_is_answered_with_no(console, client, topic, queue):
    page = console(f"sns/create-subscription?topic={topic}")
    page.get_by_label("Endpoint", exact=True).fill(queue)
    page.get_by_label(f"Let {name_of(topic)} send to {name_of(queue)}").uncheck()
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_text("Subscription created successfully.")).to_be_visible()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    assert queue_policy(client, queue) is None


def test_a_subscription_is_made_with_filter_raw_delivery_and_dead_letter_queue(console, client, unique, topic, queue):
    dead = make_queue(client, unique("DLQ"))
    page = console(f"sns/create-subscription?topic={topic}")
    page.get_by_label("Endpoint", exact=True).fill(queue)
    page.get_by_label("Enable raw message delivery").check()
    page.get_by_label("Subscription filter policy", exact=True).check()
    page.get_by_label("Message body", exact=True).check()
    write_code(page, "Filter policy", '{"status": ["confirmed"]}')
    page.get_by_label("Dead-letter queue").fill(dead)
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_text(f"{name_of(topic)} may send to {name_of(dead)}.")).to_be_visible()
    expect(page.get_by_text("It looks at the message body.")).to_be_visible()
    [made] = subscriptions(client, topic)
    attributes = client("sns").get_subscription_attributes(SubscriptionArn=made["SubscriptionArn"])["Attributes"]
    assert attributes["RawMessageDelivery"] == "true"
    assert json.loads(attributes["FilterPolicy"]) == {"status": ["confirmed"]}
    assert attributes["FilterPolicyScope"] == "MessageBody"
    assert json.loads(attributes["RedrivePolicy"]) == {"deadLetterTargetArn": dead}
    assert queue_policy(client, dead)["Statement"][0]["Resource"] == dead


def test_a_function_is_subscribed_and_the_topic_may_invoke_it(console, client, topic, make_function):
    function = make_function("def handler(event, context):\n    return None\n")
    arn = client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    page = console(f"sns/create-subscription?topic={topic}")
    page.get_by_label("Protocol").select_option(label="AWS Lambda")
    page.get_by_label("Endpoint", exact=True).fill(arn)
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_text(f"{name_of(topic)} may invoke {function}.")).to_be_visible()
    [statement] = json.loads(client("lambda").get_policy(FunctionName=function)["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": topic}}


def test_a_refused_subscription_keeps_what_was_entered(console, topic, queue):
    page = console(f"sns/create-subscription?topic={topic}")
    page.get_by_label("Endpoint", exact=True).fill(queue)
    page.get_by_label("Subscription filter policy", exact=True).check()
    write_code(page, "Filter policy", '{"status": 1}')
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_role("alert")).to_contain_text("InvalidParameter")
    expect(page.get_by_label("Endpoint", exact=True)).to_have_value(queue)


def test_a_subscription_is_edited(console, client, topic, queue):
    arn = subscribe(client, topic, queue, FilterPolicy='{"status": ["new"]}')
    page = console(f"sns/topics/{name_of(topic)}")
    page.get_by_role("link", name=name_of(arn)).click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Enable raw message delivery").check()
    page.get_by_label("Message body", exact=True).check()
    write_code(page, "Filter policy", '{"order": {"status": ["paid"]}}')
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Subscription saved successfully.")).to_be_visible()
    attributes = client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["RawMessageDelivery"] == "true"
    assert attributes["FilterPolicyScope"] == "MessageBody"
    assert json.loads(attributes["FilterPolicy"]) == {"order": {"status": ["paid"]}}


def test_subscriptions_of_all_topics_are_listed_and_deleted(console, client, topic, queue):
    subscribe(client, topic, queue)
    page = console("sns/subscriptions")
    page.get_by_label("Find subscriptions").fill(name_of(queue))
    expect(page.get_by_role("row").filter(has_text=queue)).to_contain_text(name_of(topic))
    page.get_by_label(f"Select {queue}").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted the subscription.")).to_be_visible()
    assert subscriptions(client, topic) == []


@pytest.fixture
def receiver():
    """An HTTP endpoint: its URL, and the messages that it was sent."""
    received = []
    came = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/orders", received, came
    server.shutdown()
    server.server_close()


def test_an_http_endpoint_is_pending_until_it_is_confirmed(console, client, topic, receiver):
    url, received, came = receiver
    page = console(f"sns/create-subscription?topic={topic}")
    page.get_by_label("Protocol").select_option(label="HTTP")
    page.get_by_label("Endpoint", exact=True).fill(url)
    page.get_by_role("button", name="Create subscription").click()
    expect(page.get_by_text("Subscription created successfully.")).to_be_visible()
    assert came.wait(60)
    page = console(f"sns/topics/{name_of(topic)}")
    row = page.get_by_role("row").filter(has_text=url)
    expect(row).to_contain_text("Pending confirmation")
    page.get_by_label(f"Select {url}").check()
    page.get_by_role("button", name="Confirm subscription").click()
    page.get_by_label("Subscription confirmation URL").fill(received[0]["SubscribeURL"])
    page.get_by_role("dialog").get_by_role("button", name="Confirm subscription").click()
    expect(row).to_contain_text("Confirmed")
    assert subscriptions(client, topic)[0]["SubscriptionArn"].startswith(topic)


def test_a_message_is_published_with_attributes_and_its_outcomes_are_shown(console, client, unique, topic, queue):
    allow(client, topic, queue)
    subscribe(client, topic, queue)
    filtered = make_queue(client, unique("Filtered"))
    subscribe(client, topic, filtered, FilterPolicy='{"status": ["cancelled"]}')
    denied = make_queue(client, unique("Denied"))
    subscribe(client, topic, denied)

    page = console(f"sns/topics/{name_of(topic)}")
    page.get_by_role("button", name="Publish message").click()
    page.get_by_label("Subject").fill("New order")
    page.get_by_label("Message body to send to the endpoint").fill('{"orderId": "O1234"}')
    attributes = [
        ("String", "status", "confirmed"),
        ("String.Array", "tags", '["a", "b"]'),
        ("Number", "total", "12.5"),
        ("Binary", "photo", "aGk="),
    ]
    for i, (kind, name, value) in enumerate(attributes, 1):
        page.get_by_role("button", name="Add another attribute").click()
        page.get_by_label(f"Type {i}").select_option(kind)
        page.get_by_label(f"Name {i}").fill(name)
        page.get_by_label(f"Value {i}").fill(value)
    page.get_by_role("button", name="Publish message").click()

    body = json.loads(receive(client, queue)["Body"])
    assert (body["Subject"], body["Message"]) == ("New order", '{"orderId": "O1234"}')
    assert body["MessageAttributes"] == {
        name: {"Type": kind, "Value": value} for kind, name, value in attributes
    }
    expect(page.get_by_text(body["MessageId"])).to_be_visible()

    def outcome(arn):
        return page.get_by_role("row").filter(has=page.get_by_role("link", name=name_of(arn), exact=True))

    expect(outcome(queue)).to_contain_text("Delivered")
    expect(outcome(filtered)).to_contain_text("Filtered out")
    expect(outcome(denied)).to_contain_text("Not delivered")
    expect(outcome(denied)).to_contain_text("has no statement that allows sns.amazonaws.com")


def test_each_protocol_gets_its_own_body_and_a_message_is_published_again(console, client, topic, queue):
    allow(client, topic, queue)
    subscribe(client, topic, queue, RawMessageDelivery="true")
    page = console(f"sns/topics/{name_of(topic)}/publish")
    page.get_by_label("Custom payload for each delivery protocol").check()
    page.get_by_label("Default message body").fill("for all")
    page.get_by_label("Add a message body for a protocol").select_option(label="Amazon SQS")
    page.get_by_label("Message body for Amazon SQS").fill("for queues")
    page.get_by_role("button", name="Publish message").click()
    first = receive(client, queue)
    page.get_by_role("button", name="Publish again").click()
    second = receive(client, queue)
    assert (first["Body"], second["Body"]) == ("for queues", "for queues")
    assert first["MessageId"] != second["MessageId"]
    expect(page.get_by_role("heading", name="Message published")).to_have_count(2)


def test_a_fifo_message_has_its_group_and_deduplication_id(console, client, unique):
    topic = client("sns").create_topic(Name=unique("T") + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    queue = make_queue(client, unique("Q") + ".fifo", FifoQueue="true")
    allow(client, topic, queue)
    subscribe(client, topic, queue)
    page = console(f"sns/topics/{name_of(topic)}/publish")
    page.get_by_label("Message group ID").fill("customer-7")
    page.get_by_label("Message deduplication ID").fill("once")
    page.get_by_label("Message body to send to the endpoint").fill("in order")
    page.get_by_role("button", name="Publish message").click()
    attributes = receive(client, queue)["Attributes"]
    assert (attributes["MessageGroupId"], attributes["MessageDeduplicationId"]) == ("customer-7", "once")


def test_a_topic_is_edited(console, client, topic):
    page = console(f"sns/topics/{name_of(topic)}")
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_label("Display name").fill("New name")
    page.get_by_label("Use the default delivery retry policy").uncheck()
    page.get_by_text("Amazon SQS", exact=True).click()
    page.get_by_label("Success sample rate (Amazon SQS)").fill("50")
    policy = json.loads(client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    policy["Statement"][0]["Sid"] = "changed"
    write_code(page, "Access policy", json.dumps(policy))
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("orders")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text(f"Topic {name_of(topic)} saved successfully.")).to_be_visible()
    attributes = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "New name"
    assert attributes["SQSSuccessFeedbackSampleRate"] == "50"
    assert json.loads(attributes["Policy"]) == policy
    assert json.loads(attributes["DeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert client("sns").list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "team", "Value": "orders"}]


def test_a_topic_is_deleted_after_delete_me_is_typed(console, client, topic):
    page = console(f"sns/topics/{name_of(topic)}")
    page.get_by_role("button", name="Delete", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    dialog.get_by_role("textbox").fill("delete me")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text(f"Deleted {name_of(topic)}.")).to_be_visible()
    assert topic not in [one["TopicArn"] for one in client("sns").list_topics()["Topics"]]


@pytest.mark.parametrize(
    "screen",
    [
        "sns/topics",
        "sns/create-topic",
        "sns/topics/{topic}",
        "sns/topics/{topic}/edit",
        "sns/topics/{topic}/publish",
        "sns/create-subscription",
        "sns/subscriptions",
        "sns/subscriptions/{subscription}",
    ],
)
def test_no_screen_has_a_violation_of_accessibility(console, client, topic, queue, violations, screen):
    subscription = subscribe(client, topic, queue)
    page = console(screen.format(topic=name_of(topic), subscription=subscription.replace(":", "%3A")))
    expect(page.get_by_text("Loading…")).to_have_count(0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
