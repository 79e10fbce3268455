"""FIFO topics: their names and attributes, deduplication, sequence numbers."""

import datetime
import hashlib
import json

import pytest
from deliveries import the_message
from orderly_fixtures import ACCOUNT


@pytest.fixture
def make_fifo(sns, unique):
    made = []

    def make(**attributes):
        name = f"{unique('t')}-{len(made)}.fifo"
        made.append(sns.create_topic(Name=name, Attributes={"FifoTopic": "true", **attributes})["TopicArn"])
        return made[-1]

    yield make
    for topic in made:
        sns.delete_topic(TopicArn=topic)


@pytest.fixture
def fifo(sns, make_fifo, make_queue, allow_topic):
    """fifo(**attributes) returns (topic, queue); the queue gets envelopes."""

    def make(**attributes):
        topic, queue = make_fifo(**attributes), make_queue()
        allow_topic(queue, topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
        return topic, queue

    return make


def publish(sns, topic, text, group="g", **more):
    reply = sns.publish(TopicArn=topic, Message=text, MessageGroupId=group, **more)
    return reply["MessageId"], reply["SequenceNumber"]


def received(drain, queue):
    return [json.loads(message["Body"]) for message in drain(queue)]


# --- Names and attributes ----------------------------------------------------------------------


@pytest.mark.parametrize("name, fifo", [("a.fifo", None), ("a.fifo", "false"), ("a", "true"), (".fifo", "true"),
                                        ("a.b.fifo", "true"), ("n" * 252 + ".fifo", "true"), ("fifo", "true")])
def test_the_suffix_and_the_attribute_belong_together(sns, refused, name, fifo):
    error = refused(sns.create_topic, Name=name, Attributes={"FifoTopic": fifo} if fifo else {})
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: Topic Name")


def test_a_fifo_topics_name_may_have_256_characters(sns):
    topic = sns.create_topic(Name="n" * 251 + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    assert len(topic.split(":")[-1]) == 256
    sns.delete_topic(TopicArn=topic)


def test_a_standard_topic_cannot_become_a_fifo_topic(sns, unique, refused):
    topic = sns.create_topic(Name=unique())["TopicArn"]
    error = refused(sns.create_topic, Name=unique(), Attributes={"FifoTopic": "true"})
    assert error["message"] == "Invalid parameter: Topic Name"
    for value in ("true", "false"):
        error = refused(sns.set_topic_attributes, TopicArn=topic, AttributeName="FifoTopic", AttributeValue=value)
        assert error["message"] == "Invalid parameter: AttributeName"
    assert sns.create_topic(Name=unique(), Attributes={"FifoTopic": "false"})["TopicArn"] == topic


def test_a_fifo_topic_shows_its_attributes(sns, make_fifo):
    topic = make_fifo()

    def shown():
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        return [attributes.get(name) for name in ("FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope")]

    assert shown() == ["true", "false", None]
    for name, value in (("ContentBasedDeduplication", "true"), ("FifoThroughputScope", "MessageGroup")):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert shown() == ["true", "true", "MessageGroup"]
    same = {"FifoTopic": "true", "ContentBasedDeduplication": "true", "FifoThroughputScope": "MessageGroup"}
    assert sns.create_topic(Name=topic.split(":")[-1], Attributes=same)["TopicArn"] == topic


def test_a_standard_topic_shows_no_attribute_of_fifo_topics(sns, unique):
    topic = sns.create_topic(Name=unique())["TopicArn"]
    names = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert not {"FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope"} & set(names)


@pytest.mark.parametrize("name, value", [("ContentBasedDeduplication", "yes"), ("FifoThroughputScope", "Queue"),
                                         ("FifoThroughputScope", "")])
def test_an_attribute_of_fifo_topics_has_only_aws_s_values(sns, make_fifo, refused, name, value):
    error = refused(sns.set_topic_attributes, TopicArn=make_fifo(), AttributeName=name, AttributeValue=value)
    assert error["message"] == f"Invalid parameter: {name}"


def test_a_standard_topic_refuses_the_attributes_of_fifo_topics(sns, unique, refused):
    error = refused(sns.create_topic, Name=unique(), Attributes={"ContentBasedDeduplication": "true"})
    assert error["code"] == "InvalidParameter" and "ContentBasedDeduplication" in error["message"]


def test_only_queues_subscribe_to_a_fifo_topic(sns, make_fifo, refused):
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    error = refused(sns.subscribe, TopicArn=make_fifo(), Protocol="lambda", Endpoint=function)
    assert error["message"] == "Invalid parameter: Invalid protocol type: lambda"


def test_a_fifo_queue_cannot_subscribe_to_a_standard_topic(sns, unique, refused):
    topic = sns.create_topic(Name=unique())["TopicArn"]
    error = refused(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q.fifo")
    assert error["message"] == ("Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed "
                                "to standard SNS topics")


# --- Messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("more, message", [
    ({"MessageDeduplicationId": "d"}, "The MessageGroupId parameter is required for FIFO topics"),
    ({"MessageGroupId": "g"}, "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                              "provided explicitly"),
    ({"MessageGroupId": "g", "MessageDeduplicationId": "d" * 129},
     "MessageDeduplicationId Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. "
     "1 to 128 in length"),
])
def test_a_message_without_its_ids_is_refused(sns, make_fifo, refused, more, message):
    topic = make_fifo()
    assert refused(sns.publish, TopicArn=topic, Message="m", **more)["message"] == f"Invalid parameter: {message}"
    if len(more) == 1:
        error = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "m", **more}])
        assert error["message"] == f"Invalid parameter: {message}"
    publish(sns, topic, "m", MessageDeduplicationId="d" * 128)


def test_a_text_without_its_default_is_told_before_missing_ids(sns, make_fifo, refused):
    topic, entry = make_fifo(), {"Message": '{"sqs": "m"}', "MessageStructure": "json"}
    for call, more in ((sns.publish, entry), (sns.publish_batch, {"PublishBatchRequestEntries": [{"Id": "a", **entry}]})):
        message = "Invalid parameter: Message Structure - No default entry in JSON message body"
        assert refused(call, TopicArn=topic, **more)["message"] == message


@pytest.mark.parametrize("fifo", [True, False])
def test_a_standard_queue_gets_the_group_of_a_standard_topic_only(
        sns, sqs, make_fifo, make_topic, make_queue, allow_topic, fifo):
    topic, queue = make_fifo() if fifo else make_topic(), make_queue()
    allow_topic(queue, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
    sns.publish(TopicArn=topic, Message="m", MessageGroupId="g", **({"MessageDeduplicationId": "d"} if fifo else {}))
    shown = the_message(sqs, queue)["Attributes"]
    assert shown.get("MessageGroupId") == (None if fifo else "g")
    assert "MessageDeduplicationId" not in shown


def test_sequence_numbers_grow_and_the_envelope_shows_them(sns, fifo, drain):
    topic, queue = fifo()
    replies = [publish(sns, topic, str(i), MessageDeduplicationId=str(i)) for i in range(3)]
    numbers = [number for _, number in replies]
    assert numbers == sorted(set(numbers)) and {len(number) for number in numbers} == {20}
    envelopes = received(drain, queue)
    assert [(one["Message"], one["MessageId"], one["SequenceNumber"]) for one in envelopes] == [
        (str(i), *reply) for i, reply in enumerate(replies)]
    assert list(envelopes[0]) == ["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"]


def test_a_repeated_id_is_accepted_and_not_delivered_for_five_minutes(sns, fifo, drain, advance_clock):
    topic, queue = fifo()
    first = publish(sns, topic, "first", MessageDeduplicationId="d")
    assert publish(sns, topic, "other text", group="other", MessageDeduplicationId="d") == first
    advance_clock(240)
    assert publish(sns, topic, "again", MessageDeduplicationId="d") == first
    advance_clock(61)
    later = publish(sns, topic, "later", MessageDeduplicationId="d")
    assert later[0] != first[0] and later[1] > first[1]
    assert [one["Message"] for one in received(drain, queue)] == ["first", "later"]


def test_deduplication_by_content_compares_texts_and_an_id_wins(sns, fifo, drain):
    topic, queue = fifo(ContentBasedDeduplication="true")
    first = publish(sns, topic, "same")
    assert publish(sns, topic, "same", Subject="differs") == first
    assert publish(sns, topic, "same", MessageDeduplicationId="own") != first
    assert publish(sns, topic, "different") != first
    assert [one["Message"] for one in received(drain, queue)] == ["same", "same", "different"]


def test_deduplication_may_be_of_each_group(sns, fifo, drain):
    topic, queue = fifo(FifoThroughputScope="MessageGroup")
    for group in ("a", "b", "a"):
        publish(sns, topic, group, group=group, MessageDeduplicationId="d")
    assert [one["Message"] for one in received(drain, queue)] == ["a", "b"]


def test_a_batch_is_numbered_and_deduplicated(sns, fifo, drain):
    topic, queue = fifo(ContentBasedDeduplication="true")
    entries = [{"Id": str(i), "Message": text, "MessageGroupId": "g"} for i, text in enumerate("abab")]
    reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]
    told = [(one["MessageId"], one["SequenceNumber"]) for one in reply]
    assert told[:2] == told[2:] and told[0] != told[1]
    assert [one["Message"] for one in received(drain, queue)] == ["a", "b"]


def test_a_topic_made_again_remembers_no_ids(sns, unique):
    def make():
        return sns.create_topic(Name=unique() + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]

    first = publish(sns, make(), "m", MessageDeduplicationId="d")
    sns.delete_topic(TopicArn=make())
    assert publish(sns, make(), "m", MessageDeduplicationId="d")[0] != first[0]
    sns.delete_topic(TopicArn=make())


def test_many_subscribers_get_messages_in_order(sns, fifo, drain):
    topic, queue = fifo(ContentBasedDeduplication="true")
    missing = [sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing-{i}")
               for i in range(150)]
    texts = [str(i) for i in range(5)]
    for text in texts[:4]:
        publish(sns, topic, text)
    for one in missing:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    publish(sns, topic, texts[4])
    got = []
    while len(got) < len(texts):
        got += received(drain, queue)
    assert [one["Message"] for one in got] == texts
    assert [one["SequenceNumber"] for one in got] == sorted(one["SequenceNumber"] for one in got)
    assert [one for one in got if "Signature" in one] == []


# --- FIFO queues -------------------------------------------------------------------------------


@pytest.fixture
def make_fifo_queue(sqs, make_queue, unique, allow_topic):
    """make_fifo_queue(topic) returns (url, arn) of a FIFO queue that takes the topic's messages."""
    made = []

    def make(topic):
        made.append(sqs.create_queue(QueueName=f"{unique('q')}-{len(made)}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"])
        allow_topic(made[-1], topic)
        return made[-1], make_queue.arn(made[-1])

    return make


def take_all(sqs, url):
    taken = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += messages
    return taken


@pytest.mark.parametrize("raw", ["false", "true"])
def test_a_fifo_queue_gets_the_topics_groups_ids_and_order(sns, sqs, make_fifo, make_fifo_queue, raw):
    topic = make_fifo()
    queue, arn = make_fifo_queue(topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": raw})
    sent = [(f"m{i}", "ab"[i % 2], f"d{i}") for i in range(6)]
    for text, group, deduplication in sent + sent[:2]:
        publish(sns, topic, text, group=group, MessageDeduplicationId=deduplication)
    got = take_all(sqs, queue)
    told = [(message["Body"] if raw == "true" else json.loads(message["Body"])["Message"],
             message["Attributes"]["MessageGroupId"], message["Attributes"]["MessageDeduplicationId"]) for message in got]
    for group in "ab":
        assert [one for one in told if one[1] == group] == [one for one in sent if one[1] == group]
    assert len(told) == len(sent)


def test_a_digest_of_the_text_is_the_deduplication_id_in_the_queue(sns, sqs, make_fifo, make_fifo_queue):
    topic = make_fifo(ContentBasedDeduplication="true")
    queue, arn = make_fifo_queue(topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    publish(sns, topic, "text")
    [message] = take_all(sqs, queue)
    assert message["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"text").hexdigest()


def test_what_a_fifo_queue_refuses_goes_to_a_fifo_dead_letter_queue(
        sns, sqs, make_fifo, make_fifo_queue):
    topic = make_fifo()
    dead, dead_arn = make_fifo_queue(topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone.fifo",
                  Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})})
    publish(sns, topic, "m", MessageDeduplicationId="d")
    [message] = take_all(sqs, dead)
    assert (json.loads(message["Body"])["Message"], message["Attributes"]["MessageGroupId"],
            message["Attributes"]["MessageDeduplicationId"]) == ("m", "g", "d")


# --- Archives and replays ----------------------------------------------------------------------


def archive_of(sns, topic):
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    return attributes.get("ArchivePolicy"), attributes.get("BeginningArchiveTime")


def set_archive(sns, topic, policy):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="ArchivePolicy", AttributeValue=policy)


def set_replay(sns, subscription, policy):
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="ReplayPolicy",
                                    AttributeValue=json.dumps(policy) if policy else "")


def stamp(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


THIRTY = '{"MessageRetentionPeriod":"30"}'


@pytest.fixture
def archived(sns, fifo):
    """archived() returns (topic, queue) of a topic with an archive, which is turned off at the end."""
    made = []

    def make():
        made.append(fifo(ContentBasedDeduplication="true", ArchivePolicy=THIRTY))
        return made[-1]

    yield make
    for topic, _ in made:
        set_archive(sns, topic, "{}")


def replay_of(sns, subscription):
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    return attributes.get("ReplayPolicy"), attributes.get("ReplayStatus")


@pytest.fixture
def replayed(sns, sqs, make_queue, allow_topic, wait_until):
    """replayed(topic, policy) subscribes a new queue with that policy and returns what it gets, and its subscription."""

    def run(topic, policy, **attributes):
        queue = make_queue()
        allow_topic(queue, topic)
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue), ReturnSubscriptionArn=True,
                                     Attributes={"ReplayPolicy": json.dumps(policy), **attributes})["SubscriptionArn"]
        wait_until(lambda: replay_of(sns, subscription)[1] == "Completed")
        return take_all(sqs, queue), subscription, queue

    return run


def test_an_archive_policy_is_shown_with_the_time_that_the_archive_begins(sns, make_fifo, refused, now_ms):
    topic, before = make_fifo(), now_ms()
    assert archive_of(sns, topic) == (None, None)
    set_archive(sns, topic, THIRTY)
    policy, begins = archive_of(sns, topic)
    assert policy == THIRTY and stamp(before) <= begins <= stamp(now_ms())
    error = refused(sns.delete_topic, TopicArn=topic)
    assert (error["code"], error["status"]) == ("InvalidState", 400)
    set_archive(sns, topic, '{"MessageRetentionPeriod":365}')
    assert archive_of(sns, topic) == ('{"MessageRetentionPeriod":"365"}', begins)
    set_archive(sns, topic, "{}")
    assert archive_of(sns, topic) == (None, None)


@pytest.mark.parametrize("policy", ["x", "[]", '{"MessageRetentionPeriod":"0"}', '{"MessageRetentionPeriod":"366"}',
                                    '{"MessageRetentionPeriod":"soon"}', '{"Other":"1"}'])
def test_an_archive_policy_that_cannot_be_is_refused(sns, make_fifo, refused, policy):
    error = refused(sns.set_topic_attributes, TopicArn=make_fifo(), AttributeName="ArchivePolicy", AttributeValue=policy)
    assert error["message"] == ("Invalid parameter: ArchivePolicy Reason: MessageRetentionPeriod must be a number of days "
                                "from 1 to 365")


def test_a_standard_topic_has_no_archive(sns, unique, refused):
    error = refused(sns.create_topic, Name=unique(), Attributes={"ArchivePolicy": THIRTY})
    assert error["message"] == "Invalid parameter: ArchivePolicy Reason: only FIFO topics have an archive"


def test_a_replay_delivers_the_messages_of_its_time_again_in_order(sns, archived, replayed, now_ms, advance_clock, drain):
    topic, queue = archived()
    start = now_ms()
    for i in range(50):
        publish(sns, topic, f"m{i}")
    advance_clock(2)
    between = now_ms()
    advance_clock(2)
    publish(sns, topic, "late")
    first = {one["MessageId"]: one for one in received(drain, queue)}
    got, subscription, _ = replayed(topic, {"PointType": "Timestamp", "StartingPoint": stamp(start)})
    envelopes = [json.loads(message["Body"]) for message in got]
    assert [one["Message"] for one in envelopes] == [f"m{i}" for i in range(50)] + ["late"]
    for one in envelopes:
        assert one["Replayed"] == "true"
        same = ("MessageId", "SequenceNumber", "Timestamp", "Message")
        assert [one[name] for name in same] == [first[one["MessageId"]][name] for name in same]
    got, _, _ = replayed(topic, {"PointType": "Timestamp", "StartingPoint": stamp(between)}, RawMessageDelivery="true")
    assert [message["Body"] for message in got] == ["late"]
    window = {"PointType": "Timestamp", "StartingPoint": stamp(start), "EndingPoint": stamp(between)}
    got, subscription, other = replayed(topic, window, RawMessageDelivery="true")
    assert [message["Body"] for message in got] == [f"m{i}" for i in range(50)]
    assert replay_of(sns, subscription) == (json.dumps(window), "Completed")
    publish(sns, topic, "new")
    assert [message["Body"] for message in drain(other)] == ["new"]


def test_a_replayed_message_carries_the_trace_header_of_its_publishing(
        sns, archived, replayed, now_ms, trace_headed):
    (topic, _), start = archived(), now_ms()
    header = trace_headed("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", "sns")
    sns.publish(TopicArn=topic, Message="headed", MessageGroupId="g", MessageDeduplicationId="1")
    [message], _, _ = replayed(topic, {"PointType": "Timestamp", "StartingPoint": stamp(start)})
    assert json.loads(message["Body"])["Message"] == "headed"
    assert message["Attributes"]["AWSTraceHeader"] == header


def test_messages_that_come_during_a_replay_follow_it(sns, archived, make_queue, allow_topic, now_ms, wait_until, sqs):
    topic, _ = archived()
    start = now_ms()
    for i in range(10):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
            {"Id": str(j), "Message": str(i * 10 + j), "MessageGroupId": "g"} for j in range(10)])
    queue = make_queue()
    allow_topic(queue, topic)
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue), ReturnSubscriptionArn=True,
        Attributes={"RawMessageDelivery": "true", "ReplayPolicy": json.dumps(
            {"PointType": "Timestamp", "StartingPoint": stamp(start)})})["SubscriptionArn"]
    for i in range(100, 110):
        publish(sns, topic, str(i))
    wait_until(lambda: replay_of(sns, subscription)[1] == "Completed")
    assert [message["Body"] for message in take_all(sqs, queue)] == [str(i) for i in range(110)]
    set_replay(sns, subscription, None)
    assert replay_of(sns, subscription) == (None, None)


def test_a_replay_chooses_large_and_small_messages_by_the_filter_policy_in_order(sns, archived, replayed, now_ms):
    topic, _ = archived()
    start = now_ms()
    texts = [json.dumps({"kind": "odd" if i % 2 else "even", "i": i, "filling": "x" * (5000 if i % 3 else 10)}) for i in range(60)]
    for i in range(0, 60, 10):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
            {"Id": str(j), "Message": texts[i + j], "MessageGroupId": "g"} for j in range(10)])
    got, _, _ = replayed(topic, {"PointType": "Timestamp", "StartingPoint": stamp(start)}, RawMessageDelivery="true",
                         FilterPolicyScope="MessageBody", FilterPolicy='{"kind": ["odd"]}')
    assert [message["Body"] for message in got] == texts[1::2]


def test_an_archive_forgets_what_is_older_than_its_days_and_what_was_turned_off(
        sns, archived, replayed, now_ms, advance_clock):
    topic, _ = archived()
    policy = {"PointType": "Timestamp", "StartingPoint": stamp(now_ms())}
    publish(sns, topic, "old")
    advance_clock(30 * 86400 + 1)
    publish(sns, topic, "young")
    assert [json.loads(one["Body"])["Message"] for one in replayed(topic, policy)[0]] == ["young"]
    set_archive(sns, topic, "{}")
    set_archive(sns, topic, THIRTY)
    assert replayed(topic, policy)[0] == []


@pytest.mark.parametrize("policy", ["x", "{}", '{"PointType":"Offset","StartingPoint":"2026-01-01T00:00:00Z"}',
                                    '{"PointType":"Timestamp","StartingPoint":"yesterday"}',
                                    '{"PointType":"Timestamp","StartingPoint":"2026-01-02T00:00:00Z","EndingPoint":"2026-01-01T00:00:00Z"}'])
def test_a_replay_policy_that_cannot_be_is_refused(sns, archived, refused, policy):
    topic, _ = archived()
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    error = refused(sns.set_subscription_attributes, SubscriptionArn=subscription["SubscriptionArn"],
                    AttributeName="ReplayPolicy", AttributeValue=policy)
    assert error["code"] == "InvalidParameter" and error["message"].startswith("Invalid parameter: ReplayPolicy: ")


def test_a_topic_without_an_archive_has_nothing_to_replay(sns, fifo, refused):
    topic, _ = fifo()
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    error = refused(sns.set_subscription_attributes, SubscriptionArn=subscription["SubscriptionArn"],
                    AttributeName="ReplayPolicy", AttributeValue='{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z"}')
    assert error["message"] == "Invalid parameter: ReplayPolicy: the topic has no ArchivePolicy"
