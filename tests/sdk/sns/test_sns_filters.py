"""SNS: filter policies choose which messages a subscriber gets."""

import itertools
import json

import changes
import filter_policies
import orderly_server
import pytest
from botocore.exceptions import ClientError
from counted import sums
from orderly_fixtures import ACCOUNT
from trace_reader import Traces


def attribute(value):
    if isinstance(value, list):
        return {"DataType": "String.Array", "StringValue": json.dumps(value)}
    if isinstance(value, bytes):
        return {"DataType": "Binary", "BinaryValue": value}
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "Number", "StringValue": json.dumps(value)}


def published(scope, message):
    if scope == "MessageBody":
        return {"Message": json.dumps(message)}
    return {"Message": "x", "MessageAttributes": {name: attribute(value) for name, value in message.items()}}


def drained(sqs, queue):
    """Every message of the queue, which nothing else sends to."""
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
        yield from messages


def test_each_row_of_the_documentation_is_taken_or_left(sns, sqs, make_topic, make_queue, allow_topic):
    rows = list(filter_policies.rows())
    assert len(rows) >= 250
    queue = make_queue()
    expected, which = set(), {}
    for (scope, policy), group in itertools.groupby(rows, lambda row: (row[0], json.dumps(row[1]))):
        topic = make_topic("t" + str(len(which)))
        if not which:
            allow_topic(queue, topic.rsplit(":", 1)[0] + ":*")
        attributes = {"FilterPolicyScope": scope, "FilterPolicy": policy}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue), Attributes=attributes)
        for row in group:
            one = sns.publish(TopicArn=topic, **published(scope, row[2]))["MessageId"]
            which[one] = row
            expected |= {one} if row[3] else set()
    arrived = {json.loads(message["Body"])["MessageId"] for message in drained(sqs, queue)}
    assert [which[one] for one in arrived ^ expected] == []


@pytest.fixture
def taken(sns, drain, subscribed):
    """taken(policy attributes) returns publish(), which says whether the subscriber got the message."""

    def make(**attributes):
        topic, queue, subscription = subscribed(RawMessageDelivery="true", **attributes)

        def publish(**message):
            sns.publish(TopicArn=topic, **message)
            return [one["Body"] for one in drain(queue)] != []

        publish.topic, publish.queue, publish.subscription = topic, queue, subscription
        return publish

    return make


def set_attribute(sns, subscription, name, value):
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)


def shown(sns, subscription):
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    return {name: value for name, value in attributes.items() if name.startswith("Filter")}


def colour(value):
    return {"Message": "x", "MessageAttributes": {"colour": attribute(value)}}


def test_a_policy_can_be_set_changed_and_removed(sns, taken):
    publish = taken()
    assert shown(sns, publish.subscription) == {}
    assert publish(Message="x")
    set_attribute(sns, publish.subscription, "FilterPolicy", '{"colour": ["red"]}')
    assert shown(sns, publish.subscription) == {
        "FilterPolicy": '{"colour": ["red"]}', "FilterPolicyScope": "MessageAttributes"}
    assert publish(**colour("red")) and not publish(**colour("blue")) and not publish(Message="x")
    set_attribute(sns, publish.subscription, "FilterPolicy", '{"colour": ["blue"]}')
    assert publish(**colour("blue")) and not publish(**colour("red"))
    set_attribute(sns, publish.subscription, "RawMessageDelivery", "true")
    assert publish(**colour("blue")) and not publish(**colour("red"))
    set_attribute(sns, publish.subscription, "FilterPolicyScope", "MessageBody")
    assert publish(Message='{"colour": "blue"}') and not publish(**colour("blue"))
    set_attribute(sns, publish.subscription, "FilterPolicy", "{}")
    assert shown(sns, publish.subscription) == {}
    assert publish(Message="x")


@pytest.mark.parametrize("size", [0, 1100, 100_000])
@pytest.mark.parametrize("others", [0, 12, 45])
def test_a_larger_message_is_matched_in_advance_with_the_same_verdicts(sns, sqs, subscribed, make_queue, allow_topic, size, others):
    """On both sides of the size that a worker matches, and of what one transaction reaches: filters, subscribers."""
    topic, yes, _ = subscribed(RawMessageDelivery="true", FilterPolicyScope="MessageBody", FilterPolicy='{"n": [1]}')
    policies = {
        "all": {}, "no": {"FilterPolicyScope": "MessageBody", "FilterPolicy": '{"n": [2]}'},
        "red": {"FilterPolicy": '{"colour": ["red"]}'}, "blue": {"FilterPolicy": '{"colour": ["blue"]}'},
        "absent": {"FilterPolicyScope": "MessageBody", "FilterPolicy": '{"list": {"x": [{"exists": false}]}}'}}
    queues = {"yes": yes, **{name: make_queue() for name in policies}, **{f"no-{i}": make_queue() for i in range(others)}}
    for name, queue in queues.items():
        if name == "yes":
            continue
        allow_topic(queue, topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue),
                      Attributes={"RawMessageDelivery": "true", **policies.get(name, policies["no"])})
    body = json.dumps({"n": 1, "list": [{}, {"x": 1}], "text": "x" * size})
    message = {"Message": body, "MessageAttributes": {"colour": attribute("red")}}
    sns.publish(TopicArn=topic, **message)
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", **message}, {"Id": "2", "Message": '{"n": 2}'}])
    expected = {"yes": 2, "all": 3, "red": 2, "absent": 1}
    got = {}

    def read():
        for name, queue in queues.items():
            for one in drained(sqs, queue):
                got.setdefault(name, []).append(one["Body"])
        return sum(map(len, got.values())) >= sum(expected.values()) + 1 + others

    orderly_server.wait_until(read)
    counts = {name: len(bodies) for name, bodies in got.items()}
    assert counts == {**expected, "no": 1, **{f"no-{i}": 1 for i in range(others)}}
    assert got["yes"] == [body] * 2 and got["red"] == [body] * 2


def test_a_body_that_is_no_object_is_left(taken):
    publish = taken(FilterPolicy='{"a": [{"exists": false}]}', FilterPolicyScope="MessageBody")
    assert publish(Message="{}")
    assert [text for text in ("", "[]", '"a"', "{", "5") if text and publish(Message=text)] == []


def test_an_array_that_is_none_is_left(taken):
    publish = taken(FilterPolicy='{"b": [{"exists": false}]}')
    assert publish(Message="x", MessageAttributes={"a": attribute([1])})
    for broken in ("[1,", "{}", "5"):
        value = {"DataType": "String.Array", "StringValue": broken}
        assert not publish(Message="x", MessageAttributes={"a": value})


def test_the_body_of_the_protocol_is_filtered(taken):
    publish = taken(FilterPolicy='{"a": [1]}', FilterPolicyScope="MessageBody")
    for_queues = {"default": "x", "sqs": '{"a": 1}'}
    assert publish(MessageStructure="json", Message=json.dumps(for_queues))
    assert not publish(MessageStructure="json", Message=json.dumps({"default": "x"}))


NESTED = '{"a": {"b": [1]}}'
TOO_DEEP = "Filter policy scope MessageAttributes does not support nested filter policy"


@pytest.mark.parametrize(
    "policy, problem",
    [
        ("nonsense", "FilterPolicy: failed to parse JSON."),
        ('["a"]', "FilterPolicy: Filter is not an object"),
        ('{"a": "b"}', 'FilterPolicy: "a" must be an object or an array'),
        ('{"a": [["b"]]}', "FilterPolicy: Match value must be String, number, true, false, or null"),
        ('{"a": [{"begins": "b"}]}', "FilterPolicy: Unrecognized match type begins"),
        (NESTED, TOO_DEEP),
        (json.dumps({key: ["x"] for key in "abcdef"}), "FilterPolicy: Filter policy can not have more than 5 keys"),
        (json.dumps({"a": list(range(151))}), "FilterPolicy: Filter policy is too complex"),
        ('{"a": ["' + "x" * (256 * 1024) + '"]}', "FilterPolicy: failed to parse JSON."),
    ],
    ids=range(9),
)
def test_a_policy_outside_the_rules_is_refused(sns, make_queue, subscribed, refused, policy, problem):
    topic, queue, subscription = subscribed()
    change = {"SubscriptionArn": subscription, "AttributeName": "FilterPolicy", "AttributeValue": policy}
    error = refused(sns.set_subscription_attributes, **change)
    assert (error["code"], error["status"], error["message"]) == ("InvalidParameter", 400, "Invalid parameter: " + problem)
    new = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": make_queue.arn(make_queue())}
    error = refused(sns.subscribe, **new, Attributes={"FilterPolicy": policy})
    assert error["message"] == "Invalid parameter: Attributes Reason: " + problem


def test_the_largest_policies_are_accepted(sns, subscribed):
    _, _, subscription = subscribed()
    frame = '{"a": [""]}'
    for policy in (
        json.dumps({key: ["x"] for key in "abcde"}),
        json.dumps({"a": list(range(150))}),
        frame.replace('""', '"' + "x" * (256 * 1024 - len(frame)) + '"'),
    ):
        set_attribute(sns, subscription, "FilterPolicy", policy)
        assert shown(sns, subscription)["FilterPolicy"] == policy


def test_a_scope_that_is_none_or_does_not_fit_is_refused(sns, subscribed, refused):
    _, _, subscription = subscribed(FilterPolicy=NESTED, FilterPolicyScope="MessageBody")

    def problem(value):
        change = {"SubscriptionArn": subscription, "AttributeName": "FilterPolicyScope", "AttributeValue": value}
        return refused(sns.set_subscription_attributes, **change)["message"]

    ours = "FilterPolicyScope: Invalid value [Nothing]. Please use either MessageBody or MessageAttributes"
    assert problem("Nothing") == f"Invalid parameter: {ours}"
    assert problem("MessageAttributes") == f"Invalid parameter: {TOO_DEEP}"
    assert shown(sns, subscription) == {"FilterPolicy": NESTED, "FilterPolicyScope": "MessageBody"}


def test_subscribing_again_with_another_policy_is_refused(sns, make_queue, subscribed, refused):
    topic, queue, subscription = subscribed(FilterPolicy='{"a": [1]}')
    same = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": make_queue.arn(queue)}
    assert sns.subscribe(**same)["SubscriptionArn"] == subscription
    assert sns.subscribe(**same, Attributes={"FilterPolicy": '{"a": [1]}'})["SubscriptionArn"] == subscription
    by_attributes = {"FilterPolicyScope": "MessageAttributes"}  # which is the default
    assert sns.subscribe(**same, Attributes=by_attributes)["SubscriptionArn"] == subscription
    problem = "Attributes Reason: Subscription already exists with different attributes"
    for other in ({"FilterPolicy": '{"a": [2]}'}, {"FilterPolicyScope": "MessageBody"}):
        assert refused(sns.subscribe, **same, Attributes=other)["message"] == f"Invalid parameter: {problem}"


def test_a_topic_has_two_hundred_policies_at_most(sns, make_topic, refused):
    topic = make_topic()
    policy = {"FilterPolicy": '{"a": [1]}'}

    def new(i, attributes):
        target = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{i}"
        return {"TopicArn": topic, "Protocol": "sqs", "Endpoint": target, "Attributes": attributes}

    made = [sns.subscribe(**new(i, policy))["SubscriptionArn"] for i in range(200)]
    error = refused(sns.subscribe, **new(200, policy))
    assert (error["code"], error["status"]) == ("FilterPolicyLimitExceeded", 403)
    plain = sns.subscribe(**new(200, {}))["SubscriptionArn"]
    change = {"SubscriptionArn": plain, "AttributeName": "FilterPolicy", "AttributeValue": policy["FilterPolicy"]}
    assert refused(sns.set_subscription_attributes, **change)["code"] == "FilterPolicyLimitExceeded"
    set_attribute(sns, made[0], "FilterPolicy", '{"a": [2]}')  # a change is no new policy
    sns.unsubscribe(SubscriptionArn=made[1])
    sns.set_subscription_attributes(**change)


def test_an_account_has_ten_thousand_policies_at_most():
    own = changes.OwnServer()
    sns = own.client("sns")
    topic = sns.create_topic(Name="first")["TopicArn"]
    target = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    first = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=target, Attributes={"FilterPolicy": '{"a": [1]}'})["SubscriptionArn"]
    own.server.stop()
    with changes.database(own.server) as database:
        columns = [name for (_, name, *_) in database.execute("pragma table_info(sns_subscription)") if name not in ("id", "arn", "topic_id", "endpoint")]
        names = ", ".join(columns)
        database.execute(f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < 9998)
            insert into sns_subscription (arn, endpoint, topic_id, {names}) select s.arn || i, s.endpoint || i, 1000 + i / 200, {names}
            from sns_subscription s, n""")
    own.server.start()
    sns = own.client("sns")
    other = sns.create_topic(Name="other")["TopicArn"]

    def subscribe(i):
        return sns.subscribe(TopicArn=other, Protocol="sqs", Endpoint=target + str(i), Attributes={"FilterPolicy": '{"a": [1]}'})

    subscribe(1)
    with pytest.raises(ClientError, match="Filter policy limit exceeded for account") as caught:
        subscribe(2)
    assert caught.value.response["Error"]["Code"] == "FilterPolicyLimitExceeded"
    sns.unsubscribe(SubscriptionArn=first)
    subscribe(2)
    own.end()


def filtered_out(cloudwatch, now_ms, topic):
    prefix = "NumberOfNotificationsFilteredOut"
    found = sums(cloudwatch, now_ms, "AWS/SNS", TopicName=topic.rsplit(":", 1)[1])
    return {name.removeprefix(prefix): total for name, total in found.items() if name.startswith(prefix)}


ONLY_RED = {"FilterPolicy": '{"colour": ["red"]}'}
BROKEN = {"Message": "x", "MessageAttributes": {"a": {"DataType": "String.Array", "StringValue": "x"}}}


@pytest.mark.parametrize(
    "policy, messages, counted",
    [
        (ONLY_RED, [colour("red"), colour("blue"), {"Message": "x"}, BROKEN],
         {"": 3, "-MessageAttributes": 3, "-NoMessageAttributes": 1, "-InvalidAttributes": 1}),
        ({**ONLY_RED, "FilterPolicyScope": "MessageBody"}, [{"Message": '{"colour": "red"}'}, {"Message": "{}"}, BROKEN],
         {"": 2, "-MessageBody": 2, "-InvalidMessageBody": 1}),
    ],
    ids=["attributes", "body"],
)
def test_what_is_filtered_out_is_counted(client, now_ms, sns, taken, advance_clock, wait_until, policy, messages, counted):
    topic = taken(**policy).topic
    for message in messages:
        sns.publish(TopicArn=topic, **message)
    advance_clock(60)
    assert wait_until(lambda: filtered_out(client("cloudwatch"), now_ms(), topic) == counted)


def test_the_trace_says_what_was_filtered_out(endpoint, taken, make_queue):
    traces = Traces(endpoint)
    publish = taken(FilterPolicy='{"a": [1]}', FilterPolicyScope="MessageBody")
    assert not publish(Message="{}") and publish(Message='{"a": 1}')
    published, filtered_out = traces.hops(outcome="filtered-out", resource=publish.topic)
    assert filtered_out.items() >= {
        "kind": "filtered-out", "verdict": "filtered-out", "resource": make_queue.arn(publish.queue),
        "parent": published["id"], "reason": "The filter policy does not match the message's body."}.items()
    # It is no failure.
    assert len(traces.find(outcome="ok", resource=publish.topic)) == 2
