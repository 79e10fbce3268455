"""FIFO topics: their names and attributes, deduplication, sequence numbers."""

import hashlib
import json

import pytest
from test_sns import sns, sqs  # noqa: F401

ACCOUNT = "000000000000"


@pytest.fixture
def make_fifo(sns, unique):  # noqa: F811
    made = []

    def make(**attributes):
        name = f"{unique('t')}-{len(made)}.fifo"
        made.append(sns.create_topic(Name=name, Attributes={"FifoTopic": "true", **attributes})["TopicArn"])
        return made[-1]

    yield make
    for topic in made:
        sns.delete_topic(TopicArn=topic)


@pytest.fixture
def fifo(sns, make_fifo, make_queue, allow_topic):  # noqa: F811
    """fifo(**attributes) returns (topic, queue); the queue gets envelopes."""

    def make(**attributes):
        topic, queue = make_fifo(**attributes), make_queue()
        allow_topic(queue, topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
        return topic, queue

    return make


def publish(sns, topic, text, group="g", **more):  # noqa: F811
    reply = sns.publish(TopicArn=topic, Message=text, MessageGroupId=group, **more)
    return reply["MessageId"], reply["SequenceNumber"]


def received(drain, queue):
    return [json.loads(message["Body"]) for message in drain(queue)]


# --- Names and attributes ----------------------------------------------------------------------


@pytest.mark.parametrize("name, fifo", [("a.fifo", None), ("a.fifo", "false"), ("a", "true"), (".fifo", "true"),
                                        ("a.b.fifo", "true"), ("n" * 252 + ".fifo", "true"), ("fifo", "true")])
def test_the_suffix_and_the_attribute_belong_together(sns, refused, name, fifo):  # noqa: F811
    error = refused(sns.create_topic, Name=name, Attributes={"FifoTopic": fifo} if fifo else {})
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: Topic Name")


def test_a_fifo_topics_name_may_have_256_characters(sns):  # noqa: F811
    topic = sns.create_topic(Name="n" * 251 + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    assert len(topic.split(":")[-1]) == 256
    sns.delete_topic(TopicArn=topic)


def test_a_standard_topic_cannot_become_a_fifo_topic(sns, unique, refused):  # noqa: F811
    topic = sns.create_topic(Name=unique())["TopicArn"]
    error = refused(sns.create_topic, Name=unique(), Attributes={"FifoTopic": "true"})
    assert error["message"] == "Invalid parameter: Topic Name"
    for value in ("true", "false"):
        error = refused(sns.set_topic_attributes, TopicArn=topic, AttributeName="FifoTopic", AttributeValue=value)
        assert error["message"] == "Invalid parameter: AttributeName"
    assert sns.create_topic(Name=unique(), Attributes={"FifoTopic": "false"})["TopicArn"] == topic


def test_a_fifo_topic_shows_its_attributes(sns, make_fifo):  # noqa: F811
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


def test_a_standard_topic_shows_no_attribute_of_fifo_topics(sns, unique):  # noqa: F811
    topic = sns.create_topic(Name=unique())["TopicArn"]
    names = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert not {"FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope"} & set(names)


@pytest.mark.parametrize("name, value", [("ContentBasedDeduplication", "yes"), ("FifoThroughputScope", "Queue"),
                                         ("FifoThroughputScope", "")])
def test_an_attribute_of_fifo_topics_has_only_aws_s_values(sns, make_fifo, refused, name, value):  # noqa: F811
    error = refused(sns.set_topic_attributes, TopicArn=make_fifo(), AttributeName=name, AttributeValue=value)
    assert error["message"] == f"Invalid parameter: {name}"


def test_a_standard_topic_refuses_the_attributes_of_fifo_topics(sns, unique, refused):  # noqa: F811
    error = refused(sns.create_topic, Name=unique(), Attributes={"ContentBasedDeduplication": "true"})
    assert error["code"] == "InvalidParameter" and "ContentBasedDeduplication" in error["message"]


def test_only_queues_subscribe_to_a_fifo_topic(sns, make_fifo, refused):  # noqa: F811
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    error = refused(sns.subscribe, TopicArn=make_fifo(), Protocol="lambda", Endpoint=function)
    assert error["message"] == "Invalid parameter: Invalid protocol type: lambda"


def test_a_fifo_queue_cannot_subscribe_to_a_standard_topic(sns, unique, refused):  # noqa: F811
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
def test_a_message_without_its_ids_is_refused(sns, make_fifo, refused, more, message):  # noqa: F811
    topic = make_fifo()
    assert refused(sns.publish, TopicArn=topic, Message="m", **more)["message"] == f"Invalid parameter: {message}"
    if len(more) == 1:
        error = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "m", **more}])
        assert error["message"] == f"Invalid parameter: {message}"
    publish(sns, topic, "m", MessageDeduplicationId="d" * 128)


def test_sequence_numbers_grow_and_the_envelope_shows_them(sns, fifo, drain):  # noqa: F811
    topic, queue = fifo()
    replies = [publish(sns, topic, str(i), MessageDeduplicationId=str(i)) for i in range(3)]
    numbers = [number for _, number in replies]
    assert numbers == sorted(set(numbers)) and {len(number) for number in numbers} == {20}
    envelopes = received(drain, queue)
    assert [(one["Message"], one["MessageId"], one["SequenceNumber"]) for one in envelopes] == [
        (str(i), *reply) for i, reply in enumerate(replies)]
    assert list(envelopes[0])[:4] == ["Type", "MessageId", "SequenceNumber", "TopicArn"]


def test_a_repeated_id_is_accepted_and_not_delivered_for_five_minutes(sns, fifo, drain, advance_clock):  # noqa: F811
    topic, queue = fifo()
    first = publish(sns, topic, "first", MessageDeduplicationId="d")
    assert publish(sns, topic, "other text", group="other", MessageDeduplicationId="d") == first
    advance_clock(299)
    assert publish(sns, topic, "again", MessageDeduplicationId="d") == first
    advance_clock(2)
    later = publish(sns, topic, "later", MessageDeduplicationId="d")
    assert later[0] != first[0] and later[1] > first[1]
    assert [one["Message"] for one in received(drain, queue)] == ["first", "later"]


def test_deduplication_by_content_compares_texts_and_an_id_wins(sns, fifo, drain):  # noqa: F811
    topic, queue = fifo(ContentBasedDeduplication="true")
    first = publish(sns, topic, "same")
    assert publish(sns, topic, "same", Subject="differs") == first
    assert publish(sns, topic, "same", MessageDeduplicationId="own") != first
    assert publish(sns, topic, "different") != first
    assert [one["Message"] for one in received(drain, queue)] == ["same", "same", "different"]


def test_deduplication_may_be_of_each_group(sns, fifo, drain):  # noqa: F811
    topic, queue = fifo(FifoThroughputScope="MessageGroup")
    for group in ("a", "b", "a"):
        publish(sns, topic, group, group=group, MessageDeduplicationId="d")
    assert [one["Message"] for one in received(drain, queue)] == ["a", "b"]


def test_a_batch_is_numbered_and_deduplicated(sns, fifo, drain):  # noqa: F811
    topic, queue = fifo(ContentBasedDeduplication="true")
    entries = [{"Id": str(i), "Message": text, "MessageGroupId": "g"} for i, text in enumerate("abab")]
    reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]
    told = [(one["MessageId"], one["SequenceNumber"]) for one in reply]
    assert told[:2] == told[2:] and told[0] != told[1]
    assert [one["Message"] for one in received(drain, queue)] == ["a", "b"]


def test_a_topic_made_again_remembers_no_ids(sns, unique):  # noqa: F811
    def make():
        return sns.create_topic(Name=unique() + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]

    first = publish(sns, make(), "m", MessageDeduplicationId="d")
    sns.delete_topic(TopicArn=make())
    assert publish(sns, make(), "m", MessageDeduplicationId="d")[0] != first[0]
    sns.delete_topic(TopicArn=make())


def test_many_subscribers_get_messages_in_order(sns, fifo, make_queue, drain):  # noqa: F811
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


# --- FIFO queues -------------------------------------------------------------------------------


@pytest.fixture
def make_fifo_queue(sqs, make_queue, unique, allow_topic):  # noqa: F811
    """make_fifo_queue(topic) returns (url, arn) of a FIFO queue that takes the topic's messages."""
    made = []

    def make(topic):
        made.append(sqs.create_queue(QueueName=f"{unique('q')}-{len(made)}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"])
        allow_topic(made[-1], topic)
        return made[-1], make_queue.arn(made[-1])

    return make


def take_all(sqs, url):  # noqa: F811
    taken = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += messages
    return taken


@pytest.mark.parametrize("raw", ["false", "true"])
def test_a_fifo_queue_gets_the_topics_groups_ids_and_order(sns, sqs, make_fifo, make_fifo_queue, raw):  # noqa: F811
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


def test_a_digest_of_the_text_is_the_deduplication_id_in_the_queue(sns, sqs, make_fifo, make_fifo_queue):  # noqa: F811
    topic = make_fifo(ContentBasedDeduplication="true")
    queue, arn = make_fifo_queue(topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    publish(sns, topic, "text")
    [message] = take_all(sqs, queue)
    assert message["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"text").hexdigest()


def test_what_a_fifo_queue_refuses_goes_to_a_fifo_dead_letter_queue(
        sns, sqs, make_fifo, make_fifo_queue):  # noqa: F811
    topic = make_fifo()
    dead, dead_arn = make_fifo_queue(topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone.fifo",
                  Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})})
    publish(sns, topic, "m", MessageDeduplicationId="d")
    [message] = take_all(sqs, dead)
    assert (json.loads(message["Body"])["Message"], message["Attributes"]["MessageGroupId"],
            message["Attributes"]["MessageDeduplicationId"]) == ("m", "g", "d")
