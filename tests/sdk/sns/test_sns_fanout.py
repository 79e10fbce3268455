"""SNS: a message for many queues is stored once, goes to some of them at a time, and reaches all of them."""

import hashlib
import json
import random

import changes
import pytest
from botocore.exceptions import ClientError
from bulk import Bulk

DELIVERIES_AT_ONCE = 100
DELIVERIES_PER_RUN = 1000
MAX_AT_ONCE = 32
MATCHED_AT_ONCE = 32 * 1024  # bytes of a message, for each filter policy


class Topics(changes.OwnServer):
    @property
    def sqs(self):
        return self.client("sqs")

    @property
    def sns(self):
        return self.client("sns")

    def topic(self, name="t", queues=0, raw=lambda i: False):
        """Makes a topic with that many subscribed queues; returns its ARN and the queues' URLs."""
        sns, sqs = Bulk(self.sns), Bulk(self.sqs)
        arn = sns.create_topic(Name=name)["TopicArn"]
        urls = []
        for i in range(queues):
            queue = f"{name}-{i}"
            policy = {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
                "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
            }
            attributes = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [policy]})}
            urls.append(sqs.create_queue(QueueName=queue, Attributes=attributes)["QueueUrl"])
            sns.subscribe(
                TopicArn=arn,
                Protocol="sqs",
                Endpoint=f"arn:aws:sqs:us-east-1:000000000000:{queue}",
                Attributes={"RawMessageDelivery": "true"} if raw(i) else {},
            )
        return arn, urls

    def take(self, url, sqs=None, **arguments):
        sqs = sqs or self.sqs
        arguments = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"], **arguments}
        messages = sqs.receive_message(QueueUrl=url, **arguments).get("Messages", [])
        for message in messages:
            assert message["MD5OfBody"] == hashlib.md5(message["Body"].encode()).hexdigest()
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages

    def wait_for_deliveries(self):
        self.wait_for_no_rows("select 1 from sns_fanout")

    def no_body_without_a_message(self):
        return self.rows("select count(*) from sqs_body where id not in (select body_id from sqs_message where body_id > 0)")


@pytest.fixture
def topics():
    one = Topics()
    yield one
    one.end()


# --- Few subscribers -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 1000, 3000, 250_000])
def test_what_a_queue_gets_does_not_depend_on_how_it_is_stored(topics, size):
    arn, urls = topics.topic(queues=5, raw=lambda i: i >= 3)
    text = '"é\n' + "x" * size
    attributes = {"colour": {"DataType": "String", "StringValue": "red"}}
    sent = topics.sns.publish(TopicArn=arn, Message=text, Subject="s", MessageAttributes=attributes)
    for i, url in enumerate(urls):
        [message] = topics.take(url)
        assert message["Attributes"]["SenderId"] == "AIDAIT2UOQQY3AUEKVGXU"
        if i >= 3:
            assert message["Body"] == text
            assert message["MessageAttributes"]["colour"]["StringValue"] == "red"
            continue
        envelope = json.loads(message["Body"])
        assert (envelope["Message"], envelope["MessageId"]) == (text, sent["MessageId"])
        subscription = envelope["UnsubscribeURL"].split("SubscriptionArn=")[1]
        [shown] = [
            s
            for s in topics.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
            if s["SubscriptionArn"] == subscription
        ]
        assert shown["Endpoint"].endswith(f":t-{i}")
    assert topics.rows("select count(*) from sqs_body") == [(0,)]


@pytest.mark.parametrize("queues, size, stored", [(1, 2048, 0), (1, 2049, 1), (2, 512, 0), (2, 513, 1)])
def test_a_body_above_2_kib_or_one_of_several_messages_above_512_bytes_has_a_row_of_its_own(topics, queues, size, stored):
    arn, urls = topics.topic(queues=queues, raw=lambda i: True)
    topics.sns.publish(TopicArn=arn, Message="x" * size)
    assert topics.rows("select count(*) from sqs_body") == [(stored,)]
    for url in urls:
        assert [message["Body"] for message in topics.take(url)] == ["x" * size]
    assert topics.rows("select count(*) from sqs_body") == [(0,)]


def test_a_large_body_is_stored_once_for_all_queues_of_a_form(topics):
    arn, urls = topics.topic(queues=20, raw=lambda i: i % 2 == 0)
    topics.sns.publish(TopicArn=arn, Message="x" * 200_000)
    assert [size > 200_000 - 1 for (size,) in topics.rows("select bytes from sqs_body")] == [True, True]
    assert topics.rows("select max(length(body)) < 200 from sqs_message") == [(1,)]
    for url in urls[:-1]:
        assert len(topics.take(url)) == 1
    assert topics.rows("select count(*) from sqs_body") == [(1,)]
    topics.take(urls[-1])
    assert topics.rows("select count(*) from sqs_body") == [(0,)]


def test_receiving_a_large_message_does_not_write_its_body_again(topics):
    url = topics.sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    topics.sqs.send_message(QueueUrl=url, MessageBody="x" * 900_000)
    topics.restart_recording(written="insert on sqs_body")
    for _ in range(3):
        [message] = topics.sqs.receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "x" * 900_000
    assert topics.stop_and_read() == []
    assert topics.rows("select length(body), body_id from sqs_message") == [(0, 1)]


# --- Many subscribers ----------------------------------------------------------------------------


def bodies(topics, urls):
    sqs = Bulk(topics.sqs)
    return [[json.loads(m["Body"])["Message"] for m in topics.take(url, sqs)] for url in urls]


@pytest.mark.parametrize(
    "slices, largest",
    [(changes.ALWAYS_OVER, DELIVERIES_AT_ONCE),
     (changes.NO_HURRY, DELIVERIES_PER_RUN + 50)],  # 10 that the first run has left, four times 210, and 200
)
def test_many_queues_get_the_messages_some_at_a_time(topics, slices, largest):
    count = 2 * DELIVERIES_AT_ONCE + 10
    arn, urls = topics.topic(queues=count)
    topics.restart_recording(slices, delivered="insert on sqs_message", run="insert on engine_timer")
    entries = [{"Id": str(i), "Message": f"{i} " + "x" * 20_000} for i in range(10)]
    topics.sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    topics.wait_for_deliveries()
    [(stored,)] = topics.rows("select sum(bytes) from sqs_body")
    assert stored < 10 * 3 * 25_000  # each message is delivered in three parts
    words = topics.stop_and_read()
    assert words.count("delivered") == 10 * count
    assert changes.largest_run(words, "delivered", until="run") == largest
    for got in bodies(topics, urls):
        assert [text[0] for text in got] == list("0123456789")
    assert topics.rows("select count(*) from sqs_body") == [(0,)]
    assert topics.rows("select count(*) from sns_fanout_message") == [(0,)]


@pytest.mark.parametrize("count", [MAX_AT_ONCE, MAX_AT_ONCE + 1])
def test_up_to_32_queues_have_the_message_when_the_publisher_is_answered(topics, count):
    arn, urls = topics.topic(queues=count)
    topics.restart_recording(later="insert on sns_fanout")
    topics.sns.publish(TopicArn=arn, Message="hello")
    if count == MAX_AT_ONCE:
        assert bodies(topics, urls) == [["hello"]] * count
    topics.wait_for_deliveries()
    assert topics.stop_and_read() == ["later"] * (count > MAX_AT_ONCE)


@pytest.mark.parametrize("size", [MATCHED_AT_ONCE // 2, MATCHED_AT_ONCE // 2 + 1])
def test_two_filter_policies_choose_at_once_while_a_message_is_small(topics, size):
    arn, urls = topics.topic(queues=2)
    for one in topics.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]:
        topics.sns.set_subscription_attributes(
            SubscriptionArn=one["SubscriptionArn"], AttributeName="FilterPolicy", AttributeValue='{"n": [{"exists": false}]}')
    topics.restart_recording(later="insert on sns_fanout")
    topics.sns.publish(TopicArn=arn, Message="x" * size)
    topics.wait_for_deliveries()
    assert bodies(topics, urls) == [["x" * size]] * 2
    assert topics.stop_and_read() == ["later"] * (size > MATCHED_AT_ONCE // 2)


def test_after_a_crash_every_queue_gets_the_message_once(topics):
    arn, urls = topics.topic(queues=150)
    for round_ in range(3):
        topics.sns.publish(TopicArn=arn, Message=f"round {round_} " + "x" * 5000)
        topics.server.kill()
        topics.server.start()
        topics.wait_for_deliveries()
        for got in bodies(topics, urls):
            assert [text[:7] for text in got] == [f"round {round_}"]
    assert topics.no_body_without_a_message() == [(0,)]


def test_a_data_protection_policy_applies_to_every_queue_also_after_a_crash(topics):
    arn, urls = topics.topic(queues=45)
    mask = {"DataDirection": "Outbound", "Principal": ["*"], "Operation": {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}},
            "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/IpAddress"]}
    topics.sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy=json.dumps(
        {"Name": "p", "Version": "2021-06-01", "Statement": [mask]}))
    for round_ in range(3):
        topics.sns.publish(TopicArn=arn, Message=f"round {round_} at 10.0.0.1")
        if round_ < 2:
            topics.server.kill()
            topics.server.start()
        topics.wait_for_deliveries()
        for got in bodies(topics, urls):
            assert got == [f"round {round_} at ########"]


def test_a_queue_that_refuses_or_is_gone_does_not_keep_the_message_from_the_others(topics):
    arn, urls = topics.topic(queues=40)
    topics.sqs.set_queue_attributes(QueueUrl=urls[3], Attributes={"Policy": ""})
    topics.sqs.delete_queue(QueueUrl=urls[5])
    topics.sqs.set_queue_attributes(QueueUrl=urls[7], Attributes={"MaximumMessageSize": "1024"})  # does not bind SNS
    topics.sns.publish(TopicArn=arn, Message="x" * 4000)
    topics.wait_for_deliveries()
    got = [len(topics.take(url)) for i, url in enumerate(urls) if i != 5]
    assert got == [1, 1, 1, 0, 1, 1, 1] + [1] * 32


def test_who_subscribes_after_the_publishing_does_not_get_the_message(topics):
    arn, urls = topics.topic(queues=130)
    topics.sns.publish(TopicArn=arn, Message="early")
    late = topics.topic(queues=0)[0]
    assert late == arn
    url = topics.sqs.create_queue(
        QueueName="late", Attributes={"Policy": topics.sqs.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["Policy"])["Attributes"]["Policy"]}
    )["QueueUrl"]
    topics.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:late")
    topics.wait_for_deliveries()
    assert topics.take(url) == []
    assert bodies(topics, urls) == [["early"]] * 130


def test_a_deleted_topic_delivers_what_it_accepted_and_is_gone_at_once(topics):
    arn, urls = topics.topic(queues=130)
    [subscription, *_] = topics.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    topics.sns.publish(TopicArn=arn, Message="last")
    topics.sns.delete_topic(TopicArn=arn)
    assert topics.sns.list_subscriptions()["Subscriptions"] == []
    with pytest.raises(ClientError, match="NotFound"):
        topics.sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    again = topics.sns.create_topic(Name="t")["TopicArn"]
    assert topics.sns.get_topic_attributes(TopicArn=again)["Attributes"]["SubscriptionsConfirmed"] == "0"
    topics.wait_for_deliveries()
    assert bodies(topics, urls) == [["last"]] * 130
    topics.wait_for_no_rows("select 1 from sns_subscription")
    assert topics.rows("select count(*) from sns_topic") == [(1,)]


def test_a_topics_subscriptions_are_removed_some_at_a_time(topics):
    arn, _ = topics.topic(queues=1)
    topics.server.stop()
    with changes.database(topics.server) as database:
        database.execute(
            """with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
            insert into sns_subscription (topic_id, arn, owner, protocol, endpoint, raw_delivery)
            select topic_id, arn || i, owner, protocol, endpoint || i, 0 from n, (select * from sns_subscription)"""
        )
    changes.record(topics.server, removed="delete on sns_subscription", run="insert on engine_timer")
    topics.server.start()
    topics.sns.delete_topic(TopicArn=arn)
    topics.wait_for_no_rows("select 1 from sns_topic")
    words = topics.stop_and_read()
    assert words.count("removed") == 1201
    assert changes.largest_run(words, "removed", until="run") == 500


def test_a_topic_counts_its_subscriptions(topics):
    arn, _ = topics.topic(queues=3)
    [first, *_] = topics.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    topics.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=first["Endpoint"])
    topics.sns.unsubscribe(SubscriptionArn=first["SubscriptionArn"])
    topics.sns.unsubscribe(SubscriptionArn=first["SubscriptionArn"])
    shown = topics.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (shown["SubscriptionsConfirmed"], shown["SubscriptionsDeleted"]) == ("2", "1")


# # --- Bodies are neither lost nor left ------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_body_lives_as_long_as_a_message_has_it(topics, seed):
    chance = random.Random(seed)
    arn, urls = topics.topic(queues=6, raw=lambda i: i % 2 == 0)
    dead = topics.sqs.create_queue(QueueName="dead", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
    redrive = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1}
    topics.sqs.set_queue_attributes(QueueUrl=urls[0], Attributes={"RedrivePolicy": json.dumps(redrive)})

    def publish():
        topics.sns.publish(TopicArn=arn, Message=chance.choice("abc") * chance.choice([10, 2100, 5000, 60_000]))

    def send():
        topics.sqs.send_message(QueueUrl=chance.choice(urls), MessageBody="z" * chance.choice([5, 2048, 2049, 90_000]))

    def receive_without_deleting():
        topics.sqs.receive_message(QueueUrl=chance.choice(urls), MaxNumberOfMessages=10, VisibilityTimeout=chance.choice([0, 60]))

    def delete():
        for message in topics.take(chance.choice([*urls, dead])):
            assert len(message["Body"]) >= 5

    def purge():
        topics.advance(61)
        topics.sqs.purge_queue(QueueUrl=chance.choice(urls))

    def expire():
        topics.advance(100_000)

    for _ in range(60):
        chance.choice([publish, publish, send, receive_without_deleting, delete, delete, purge, expire])()
    orphans = "select 1 from sqs_message m where body_id > 0 and not exists (select 1 from sqs_body b where b.id = m.body_id)"
    assert topics.rows(orphans) == []
    assert topics.no_body_without_a_message() == [(0,)]
    topics.advance(100)
    for url in [*urls, dead]:
        for _ in range(100):
            if not topics.take(url):
                break
    topics.wait_for_no_rows("select 1 from sqs_generation where remove_before_ms is not null")
    topics.advance(1_300_000)
    topics.wait_for_no_rows("select 1 from sqs_message")
    assert topics.rows("select count(*) from sqs_body") == [(0,)]
