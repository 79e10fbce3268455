"""SNS: HTTP endpoints: their confirmation, what they get, and what is tried again."""

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from counted import sums
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from deliveries import retries, subscribe, the_message, visit
from orderly_fixtures import ACCOUNT
from trace_reader import Traces

DAY = 86400


def attributes_of(sns, subscription):
    return sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]


def counts(sns, topic):
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    return tuple(int(attributes["Subscriptions" + kind]) for kind in ("Confirmed", "Pending", "Deleted"))


def verify(message, *names):
    """The signature verifies with the certificate that the message names."""
    with urllib.request.urlopen(message["SigningCertURL"]) as reply:
        key = x509.load_pem_x509_certificate(reply.read()).public_key()
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    algorithm = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()
    key.verify(base64.b64decode(message["Signature"]), text.encode(), padding.PKCS1v15(), algorithm)


# --- Confirmation ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_endpoint_is_asked_for_a_confirmation(sns, web, endpoint, make_topic, version):
    topic = make_topic(SignatureVersion=version)
    assert subscribe(sns, topic, web) == "pending confirmation"
    path, headers, body = web.take()
    request = json.loads(body)
    assert path == "/hook"
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert headers["x-amz-sns-message-id"] == request["MessageId"]
    assert headers["x-amz-sns-topic-arn"] == topic
    assert "x-amz-sns-subscription-arn" not in headers and "Accept" not in headers
    assert headers["Connection"] == "Keep-Alive"
    assert list(request) == ["Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp",
                             "SignatureVersion", "Signature", "SigningCertURL"]
    assert request["Message"] == (f"You have chosen to subscribe to the topic {topic}.\n"
                                  "To confirm the subscription, visit the SubscribeURL included in this message.")
    assert re.fullmatch("[0-9a-f]{288}", request["Token"])
    assert request["SubscribeURL"] == f"{endpoint}/?Action=ConfirmSubscription&TopicArn={topic}&Token={request['Token']}"
    assert request["SignatureVersion"] == version
    verify(request, "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert counts(sns, topic) == (0, 1, 0)


def test_a_subscription_that_waits_gets_nothing_until_it_is_confirmed(sns, web, make_topic):
    topic = make_topic()
    arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=web.url, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(topic + ":")
    request = json.loads(web.take()[2])
    sns.publish(TopicArn=topic, Message="too early")
    shown = attributes_of(sns, arn)
    assert (shown["PendingConfirmation"], shown["ConfirmationWasAuthenticated"]) == ("true", "false")
    assert sns.confirm_subscription(TopicArn=topic, Token=request["Token"])["SubscriptionArn"] == arn
    shown = attributes_of(sns, arn)
    assert (shown["PendingConfirmation"], shown["ConfirmationWasAuthenticated"]) == ("false", "true")
    sns.publish(TopicArn=topic, Message="in time")
    assert json.loads(web.take()[2])["Message"] == "in time"
    assert web.requests.empty()
    assert counts(sns, topic) == (1, 0, 0)
    # A second time changes nothing.
    assert sns.confirm_subscription(TopicArn=topic, Token=request["Token"])["SubscriptionArn"] == arn
    assert counts(sns, topic) == (1, 0, 0)


def test_subscribing_again_sends_another_token_and_the_old_one_ends(sns, web, make_topic, refused):
    topic = make_topic()
    subscribe(sns, topic, web)
    first = json.loads(web.take()[2])["Token"]
    assert subscribe(sns, topic, web) == "pending confirmation"
    second = json.loads(web.take()[2])["Token"]
    assert second != first
    assert refused(sns.confirm_subscription, TopicArn=topic, Token=first)["message"] == "Invalid parameter: Token"
    arn = sns.confirm_subscription(TopicArn=topic, Token=second)["SubscriptionArn"]
    assert subscribe(sns, topic, web) == arn
    assert counts(sns, topic) == (1, 0, 0)


@pytest.mark.parametrize("topic, token, problem", [
    ("here", "abc123", "Invalid parameter: Token"), ("here", "ab" * 144, "Invalid parameter: Token"),
    ("arn:aws:sns:eu-west-1:000000000000:t", "ab", "Invalid parameter: Token"), ("here", "randomtoken", "Invalid token"),
    ("nonsense", "ab", "Invalid parameter: Topic"), ("arn:aws:sqs:us-east-1:000000000000:q", "ab", "Invalid parameter: Topic")])
def test_a_token_that_never_was_is_refused(sns, make_topic, refused, topic, token, problem):
    error = refused(sns.confirm_subscription, TopicArn=make_topic() if topic == "here" else topic, Token=token)
    assert (error["code"], error["message"]) == ("InvalidParameter", problem)


def test_a_token_does_not_confirm_in_another_region(sns, web, make_topic, refused):
    topic = make_topic()
    subscribe(sns, topic, web)
    token = json.loads(web.take()[2])["Token"]
    error = refused(sns.confirm_subscription, TopicArn=topic.replace("us-east-1", "eu-west-1"), Token=token)
    assert error["message"] == "Invalid parameter: Topic"


def test_a_token_ends_after_two_days_and_its_subscription_with_it(sns, web, make_topic, refused, advance_clock, wait_until):
    topic = make_topic()
    subscribe(sns, topic, web)
    late = json.loads(web.take()[2])["Token"]
    advance_clock(2 * DAY)
    assert refused(sns.confirm_subscription, TopicArn=topic, Token=late)["message"] == "Invalid parameter: Token"
    wait_until(lambda: sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [])
    assert counts(sns, topic) == (0, 0, 1)
    subscribe(sns, topic, web)
    # The first request may have come again: the clock was moved perhaps before its answer was read.
    in_time = next(token for token in iter(lambda: json.loads(web.take()[2])["Token"], None) if token != late)
    advance_clock(2 * DAY - 60)
    sns.confirm_subscription(TopicArn=topic, Token=in_time)
    advance_clock(120)
    assert counts(sns, topic) == (1, 0, 1)


def test_only_the_owner_ends_a_subscription_that_was_confirmed_so(sns, web, make_topic):
    topic = make_topic()
    subscribe(sns, topic, web)
    request = json.loads(web.take()[2])
    status, body = visit(request["SubscribeURL"] + "&AuthenticateOnUnsubscribe=true")
    assert status == 403 and "<Code>AuthorizationError</Code>" in body
    sns.confirm_subscription(TopicArn=topic, Token=request["Token"], AuthenticateOnUnsubscribe="true")
    sns.publish(TopicArn=topic, Message="m")
    status, body = visit(json.loads(web.take()[2])["UnsubscribeURL"])
    assert status == 403 and "<Code>AuthorizationError</Code>" in body
    assert counts(sns, topic) == (1, 0, 0)


def test_an_unsigned_end_can_be_undone(sns, web, confirmed):
    topic, subscription = confirmed()
    sns.publish(TopicArn=topic, Message="m")
    status, _ = visit(json.loads(web.take()[2])["UnsubscribeURL"])
    assert status == 200
    _, headers, body = web.take()
    request = json.loads(body)
    assert headers["x-amz-sns-message-type"] == request["Type"] == "UnsubscribeConfirmation"
    assert headers["x-amz-sns-subscription-arn"] == subscription
    assert request["Message"] == (f"You have chosen to deactivate subscription {subscription}.\nTo cancel this operation "
                                  "and restore the subscription, visit the SubscribeURL included in this message.")
    verify(request, "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "Deleted"
    assert counts(sns, topic) == (0, 0, 1)
    sns.publish(TopicArn=topic, Message="not for it")
    assert visit(request["SubscribeURL"])[0] == 200
    sns.publish(TopicArn=topic, Message="again")
    assert json.loads(web.take()[2])["Message"] == "again"
    assert counts(sns, topic) == (1, 0, 1)


@pytest.mark.parametrize("user, shown", [("me:secret@", "me:****@"), ("me:secret:secret@", "me:****@"), (":secret@", ":****@"),
                                         ("me@", "me@")])
def test_the_password_in_a_url_is_listed_and_traced_as_stars(sns, web, endpoint, make_topic, wait_until, user, shown):
    topic, url = make_topic(), web.url.replace("//", f"//{user}") + "/a:b@c"
    arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url, ReturnSubscriptionArn=True)["SubscriptionArn"]
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["Endpoint"] == url.replace(user, shown)
    assert attributes_of(sns, arn)["Endpoint"] == url
    assert visit(json.loads(web.take()[2])["SubscribeURL"])[0] == 200
    sns.publish(TopicArn=topic, Message="m")
    wait_until(lambda: last_attempt(endpoint, topic) == "delivered")
    assert "secret" not in json.dumps(Traces(endpoint).hops(resource=topic))


def test_a_queue_of_another_account_must_confirm(sns, client, make_topic, unique):
    topic, theirs = make_topic(), client("sqs", aws_access_key_id="123456789012")
    queue = theirs.create_queue(QueueName=unique("q"))["QueueUrl"]
    arn = theirs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                 "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
    theirs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17",
                                                                                    "Statement": [statement]})})
    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"] == "pending confirmation"
    request = json.loads(the_message(theirs, queue)["Body"])
    assert request["Type"] == "SubscriptionConfirmation"
    assert visit(request["SubscribeURL"])[0] == 200
    sns.publish(TopicArn=topic, Message="m")
    assert json.loads(the_message(theirs, queue)["Body"])["Message"] == "m"


# --- Messages ----------------------------------------------------------------------------------


def test_a_notification_has_aws_s_headers_and_the_envelope(sns, web, endpoint, confirmed):
    topic, subscription = confirmed()
    colour = {"colour": {"DataType": "String", "StringValue": "red"}}
    published = sns.publish(TopicArn=topic, Message="é", Subject="s", MessageAttributes=colour)["MessageId"]
    path, headers, body = web.take()
    message = json.loads(body)
    assert path == "/hook"
    assert {name: headers[name] for name in headers if name.startswith("x-amz-sns-")} == {
        "x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": published, "x-amz-sns-topic-arn": topic,
        "x-amz-sns-subscription-arn": subscription}
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
    assert (headers["Accept-Encoding"], headers["Connection"]) == ("gzip,deflate", "Keep-Alive")
    assert "Accept" not in headers
    assert list(message) == ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion",
                             "Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes"]
    assert (message["MessageId"], message["Message"], message["Subject"]) == (published, "é", "s")
    assert message["UnsubscribeURL"] == f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription}"
    verify(message, "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


def test_a_raw_message_is_the_body(sns, web, confirmed):
    topic, subscription = confirmed(RawMessageDelivery="true")
    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "d", "http": "for http"}))
    _, headers, body = web.take()
    assert body == b"for http"
    assert (headers["x-amz-sns-rawdelivery"], headers["x-amz-sns-subscription-arn"]) == ("true", subscription)


def test_the_delivery_policy_says_the_content_type(sns, web, confirmed):
    topic, _ = confirmed(DeliveryPolicy='{"requestPolicy": {"headerContentType": "application/json"}}')
    sns.publish(TopicArn=topic, Message="{}")
    assert web.take()[1]["Content-Type"] == "application/json"


def test_a_topic_with_many_subscribers_reaches_its_endpoints(sns, web, confirmed, unique):
    topic, subscription = confirmed()
    for i in range(33):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique('q' + str(i))}")
    published = sns.publish(TopicArn=topic, Message="m", Subject="s")["MessageId"]
    message = json.loads(web.take()[2])
    assert (message["MessageId"], message["Subject"], message["Message"]) == (published, "s", "m")
    verify(message, "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


# --- Failures ----------------------------------------------------------------------------------


def attempts_of(endpoint, topic):
    hops = Traces(endpoint).hops(resource=topic)
    return [(hop["kind"], hop["verdict"], hop.get("attempt"), hop.get("reason")) for hop in hops if hop["kind"] != "published"]


def last_attempt(endpoint, topic):
    attempts = attempts_of(endpoint, topic)
    return attempts and attempts[-1][0]


def test_what_is_answered_with_500_is_tried_again(sns, web, endpoint, confirmed, advance_clock, wait_until):
    topic, _ = confirmed()
    web.answer(500, 503)
    sns.publish(TopicArn=topic, Message="m")
    bodies = [web.take()[2]]
    for _ in range(2):
        wait_until(lambda: last_attempt(endpoint, topic) == "retried")
        assert web.requests.empty()
        advance_clock(20)
        bodies.append(web.take()[2])
    assert bodies == [bodies[0]] * 3
    wait_until(lambda: last_attempt(endpoint, topic) == "delivered")
    assert [hop[:3] for hop in attempts_of(endpoint, topic)] == [
        ("not-delivered", "failed", 1), ("retried", "ok", 2), ("not-delivered", "failed", 2), ("retried", "ok", 3),
        ("delivered", "ok", 3)]
    assert attempts_of(endpoint, topic)[0][3] == "The endpoint answered with status 500."


def test_an_answer_without_an_end_is_taken_by_its_status(sns, web, endpoint, confirmed, wait_until):
    topic, _ = confirmed()
    web.answer("endless")
    sns.publish(TopicArn=topic, Message="m")
    web.take()
    wait_until(lambda: last_attempt(endpoint, topic) is not None)
    assert attempts_of(endpoint, topic) == [("delivered", "ok", 1, None)]


def test_an_answer_whose_headers_have_no_end_fails_and_says_so(sns, web, endpoint, confirmed, wait_until):
    topic, _ = confirmed()
    web.answer("endless header")
    sns.publish(TopicArn=topic, Message="m")
    web.take()
    wait_until(lambda: last_attempt(endpoint, topic) is not None)
    first = attempts_of(endpoint, topic)[0]
    assert first[:3] == ("not-delivered", "failed", 1) and "headers" in first[3], first


@pytest.fixture
def hanging(sns, web, make_topic):
    """hanging(count) returns a topic with as many endpoints, which answer nothing but their confirmation."""

    def make(count):
        topic = make_topic("hangs")
        for i in range(count):
            subscribe(sns, topic, web, path=f"/hanging/{i}")
            path, _, body = web.take()
            assert path == f"/hanging/{i}" and visit(json.loads(body)["SubscribeURL"])[0] == 200
        web.hang("/hanging/")
        return topic

    return make


def test_endpoints_that_hang_do_not_hold_the_others(sns, web, endpoint, hanging, confirmed, wait_until):
    """A subscription has eight requests under way at most, and all of them together 128 that are not slow."""
    topic, _ = confirmed()
    hangs = hanging(16)
    for _ in range(9):
        sns.publish(TopicArn=hangs, Message="m")
    wait_until(lambda: web.requests.qsize() == 16 * 8)
    sns.publish(TopicArn=topic, Message="in time")
    wait_until(lambda: web.requests.qsize() > 16 * 8)
    seen = [web.take() for _ in range(16 * 8 + 1)]
    assert [json.loads(body)["Message"] for path, _, body in seen if path == "/hook"] == ["in time"]
    assert Traces(endpoint).find(resource=hangs, outcome="any-failure") == []  # no attempt had to end first


@pytest.fixture
def dead_letters(make_queue, allow_topic, confirmed):
    def make(**attributes):
        queue = make_queue()
        topic, subscription = confirmed(RedrivePolicy=json.dumps({"deadLetterTargetArn": make_queue.arn(queue)}), **attributes)
        allow_topic(queue, topic)
        return topic, subscription, queue

    return make


ONE_RETRY = '{"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 5, "maxDelayTarget": 5}}'


@pytest.mark.parametrize("status", [500, 429])
def test_when_its_retries_are_used_up_a_message_is_a_dead_letter(sns, sqs, web, dead_letters, advance_clock, wait_until, endpoint, status):
    topic, subscription, queue = dead_letters(DeliveryPolicy=ONE_RETRY)
    web.answer(status, status)
    published = sns.publish(TopicArn=topic, Message="m")["MessageId"]
    web.take()
    wait_until(lambda: last_attempt(endpoint, topic) == "retried")
    advance_clock(5)
    web.take()
    message = the_message(sqs, queue)
    envelope = json.loads(message["Body"])
    assert (envelope["MessageId"], envelope["Message"]) == (published, "m")
    assert envelope["UnsubscribeURL"].endswith(subscription)
    assert "MessageAttributes" not in message
    assert web.requests.empty()


@pytest.mark.parametrize("last, ends", [(500, {}), (404, {}), (200, {"NumberOfNotificationsDelivered": 1})])
def test_each_attempt_that_fails_is_counted(client, now_ms, sns, web, endpoint, confirmed, advance_clock, wait_until, last, ends):
    topic, _ = confirmed(DeliveryPolicy=ONE_RETRY)
    web.answer(500, last)
    sns.publish(TopicArn=topic, Message="m")
    wait_until(lambda: last_attempt(endpoint, topic) == "retried")
    advance_clock(5)
    wait_until(lambda: last_attempt(endpoint, topic) != "retried")
    advance_clock(60)
    counted = {"NumberOfMessagesPublished": 1, "NumberOfNotificationsFailed": 1 if ends else 2, **ends}
    assert wait_until(lambda: sums(client("cloudwatch"), now_ms(), "AWS/SNS", TopicName=topic.rsplit(":", 1)[1]) == counted)


@pytest.mark.parametrize("status", [400, 404, 302])
def test_what_the_endpoint_refuses_for_good_is_a_dead_letter_at_once(sns, sqs, web, dead_letters, status):
    topic, _, queue = dead_letters(RawMessageDelivery="true")
    web.answer(status)
    sns.publish(TopicArn=topic, Message="m")
    web.take()
    assert the_message(sqs, queue)["Body"] == "m"
    assert web.requests.empty()


@pytest.mark.parametrize("raw", ["true", "false"])
def test_a_dead_letter_has_its_message_attributes_beside_a_raw_body_only(sns, sqs, web, dead_letters, raw):
    topic, _, queue = dead_letters(RawMessageDelivery=raw)
    web.answer(400)
    given = {"a": {"DataType": "String", "StringValue": "b"}, "n": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=given)
    web.take()
    message = the_message(sqs, queue)
    assert message.get("MessageAttributes") == (given if raw == "true" else None)
    assert raw == "true" or sorted(json.loads(message["Body"])["MessageAttributes"]) == ["a", "n"]


def test_an_endpoint_that_is_not_there_is_tried_again(sns, web, endpoint, confirmed, wait_until):
    topic, _ = confirmed()
    web.end()
    sns.publish(TopicArn=topic, Message="m")
    wait_until(lambda: [hop[:3] for hop in attempts_of(endpoint, topic)] == [("not-delivered", "failed", 1), ("retried", "ok", 2)])
    assert "connect" in attempts_of(endpoint, topic)[0][3]


def test_a_subscription_that_ends_gets_no_retry(sns, web, endpoint, confirmed, advance_clock, wait_until):
    topic, subscription = confirmed()
    web.answer(500)
    sns.publish(TopicArn=topic, Message="m")
    web.take()
    wait_until(lambda: last_attempt(endpoint, topic) == "retried")
    sns.unsubscribe(SubscriptionArn=subscription)
    advance_clock(60)
    sns.publish(TopicArn=topic, Message="n")
    assert web.requests.empty()


# --- Delivery policies -------------------------------------------------------------------------

DEFAULT = {"healthyRetryPolicy": {"minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
                                  "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear"},
           "sicklyRetryPolicy": None, "throttlePolicy": None,
           "requestPolicy": {"headerContentType": "text/plain; charset=UTF-8"}, "guaranteed": False}


def effective(sns, subscription):
    return json.loads(attributes_of(sns, subscription)["EffectiveDeliveryPolicy"])


def set_policy(sns, subscription, policy):
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="DeliveryPolicy", AttributeValue=policy)


def test_the_effective_policy_is_the_subscription_s_or_the_topic_s(sns, confirmed):
    topic, subscription = confirmed()
    assert effective(sns, subscription) == DEFAULT
    of_topic = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 7}, "defaultThrottlePolicy": {"maxReceivesPerSecond": 3}}}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(of_topic))
    assert effective(sns, subscription)["healthyRetryPolicy"] == {**DEFAULT["healthyRetryPolicy"], "numRetries": 7}
    own = json.dumps({"healthyRetryPolicy": {"numRetries": 5, "numMinDelayRetries": 2, "backoffFunction": "geometric"}})
    set_policy(sns, subscription, own)
    assert attributes_of(sns, subscription)["DeliveryPolicy"] == (
        '{"healthyRetryPolicy":{"numRetries":5,"numMinDelayRetries":2,"backoffFunction":"geometric"},'
        '"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,"guaranteed":false}')
    assert effective(sns, subscription)["healthyRetryPolicy"] == {
        **DEFAULT["healthyRetryPolicy"], "numRetries": 5, "numMinDelayRetries": 2, "backoffFunction": "geometric"}
    assert effective(sns, subscription)["throttlePolicy"] == {"maxReceivesPerSecond": 3}
    of_topic["http"]["disableSubscriptionOverrides"] = True
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(of_topic))
    assert effective(sns, subscription)["healthyRetryPolicy"]["numRetries"] == 7
    set_policy(sns, subscription, "")
    assert "DeliveryPolicy" not in attributes_of(sns, subscription)


def test_a_policy_on_its_bounds_is_accepted(sns, confirmed):
    _, subscription = confirmed()
    for policy in (
        retries(numRetries=0), retries(numRetries=100, minDelayTarget=36, maxDelayTarget=36),
        retries(numRetries=1, minDelayTarget=3600, maxDelayTarget=3600),
        retries(numRetries=3, numNoDelayRetries=1, numMinDelayRetries=1, numMaxDelayRetries=1),
        '{"throttlePolicy": {"maxReceivesPerSecond": 1}}',
        '{"requestPolicy": {"headerContentType": "application/json; charset=utf-8"}}',
    ):
        set_policy(sns, subscription, policy)


@pytest.mark.parametrize(
    "policy",
    ["x", "[]", retries(numRetries=101), retries(numRetries=-1), retries(minDelayTarget=0),
     retries(minDelayTarget=21), retries(maxDelayTarget=3601), retries(numRetries="3"),
     retries(numRetries=100, minDelayTarget=37, maxDelayTarget=37),
     retries(numRetries=2, numNoDelayRetries=1, numMinDelayRetries=1, numMaxDelayRetries=1),
     retries(backoffFunction="steep"), '{"throttlePolicy": {"maxReceivesPerSecond": 0}}',
     '{"requestPolicy": {"headerContentType": "image/png"}}', retries(unknown="x" * 30720)],
)
def test_a_policy_outside_the_rules_is_refused(sns, confirmed, refused, policy):
    _, subscription = confirmed()
    change = {"SubscriptionArn": subscription, "AttributeName": "DeliveryPolicy", "AttributeValue": policy}
    error = refused(sns.set_subscription_attributes, **change)
    assert error["code"] == "InvalidParameter" and error["message"].startswith("Invalid parameter: DeliveryPolicy: ")
    assert "DeliveryPolicy" not in attributes_of(sns, subscription)


def test_a_queue_has_no_delivery_policy(sns, make_topic, refused):
    error = refused(sns.subscribe, TopicArn=make_topic(), Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q",
                    Attributes={"DeliveryPolicy": "{}"})
    problem = "Attributes Reason: Delivery protocol [sqs] does not support specification of a delivery policy."
    assert error["message"] == f"Invalid parameter: {problem}"


@pytest.mark.parametrize(
    "protocol, target",
    [("http", "https://x"), ("https", "http://x"), ("http", "http://"), ("http", "http:///x"), ("http", "http://a b"),
     ("http", "x"), ("http", "file:///etc/passwd")],
)
def test_a_url_of_another_protocol_is_refused(sns, make_topic, refused, protocol, target):
    error = refused(sns.subscribe, TopicArn=make_topic(), Protocol=protocol, Endpoint=target)
    assert error["message"] == "Invalid parameter: Endpoint must match the specified protocol"
