"""SQS: FIFO queues: groups are locked and in order, duplicates are found for five minutes, sequence numbers grow."""

import hashlib
import json
import threading

import pytest
from queues import arn, bodies
from refusals import refusal

MINUTE = 60


@pytest.fixture
def make(sqs, unique):
    """make(**attributes): the URL of a new FIFO queue."""
    made = []

    def queue(name=None, **attributes):
        name = name or f"{unique(f'q{len(made)}')[-70:].lstrip('-')}.fifo"
        made.append(sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true", **attributes})["QueueUrl"])
        return made[-1]

    yield queue
    for url in made:
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def queue(make):
    return make(ContentBasedDeduplication="true")


def attributes(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]


def send(sqs, url, body, group="g", **more):
    return sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **more)


def receive(sqs, url, most=10, **more):
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, **more).get("Messages", [])


def delete(sqs, url, *messages):
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_messages_of_a_group_come_in_their_order_and_the_group_is_locked_until_its_first_ones_are_deleted(sqs, queue):
    for body in "abcd":
        send(sqs, queue, body)
    first = receive(sqs, queue, 2)
    assert bodies(first) == ["a", "b"]
    assert receive(sqs, queue) == []
    delete(sqs, queue, first[1])
    assert receive(sqs, queue) == []
    delete(sqs, queue, first[0])
    assert bodies(receive(sqs, queue)) == ["c", "d"]


def test_a_receive_takes_what_there_is_of_one_group_and_then_of_the_next(sqs, queue):
    for body, group in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("c1", "c"), ("b2", "b")]:
        send(sqs, queue, body, group)
    assert bodies(receive(sqs, queue, 3)) == ["a1", "a2", "b1"]
    assert bodies(receive(sqs, queue)) == ["c1"]


def test_a_message_that_was_not_deleted_comes_again_before_the_rest_of_its_group(sqs, queue, advance_clock):
    for body in "abc":
        send(sqs, queue, body)
    assert bodies(receive(sqs, queue, 2, VisibilityTimeout=600)) == ["a", "b"]
    advance_clock(540)
    assert receive(sqs, queue) == []
    advance_clock(61)
    again = receive(sqs, queue, 3, AttributeNames=["ApproximateReceiveCount"])
    assert [(one["Body"], one["Attributes"]["ApproximateReceiveCount"]) for one in again] == [("a", "2"), ("b", "2"), ("c", "1")]


def test_a_handle_is_good_until_the_message_is_visible_again(sqs, queue, advance_clock):
    send(sqs, queue, "a")
    (message,) = receive(sqs, queue, VisibilityTimeout=10)
    handle = message["ReceiptHandle"]
    advance_clock(11)
    expired = ("InvalidParameterValue", f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
    assert refusal(sqs.delete_message, QueueUrl=queue, ReceiptHandle=handle) == expired
    assert refusal(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=5) == expired
    (message,) = receive(sqs, queue)
    delete(sqs, queue, message)
    delete(sqs, queue, message)


def test_changing_the_visibility_opens_the_group_or_keeps_it_locked(sqs, queue, advance_clock):
    send(sqs, queue, "a")
    send(sqs, queue, "b")
    (message,) = receive(sqs, queue, 1, VisibilityTimeout=100)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=600)
    advance_clock(540)
    assert receive(sqs, queue) == []
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(receive(sqs, queue)) == ["a", "b"]


@pytest.mark.parametrize("hidden, received", [(0, []), (1, ["a"]), (2, ["a", "b"])])
def test_messages_before_the_first_hidden_one_of_a_group_come_again(sqs, queue, advance_clock, hidden, received):
    for body in "abc":
        send(sqs, queue, body)
    messages = receive(sqs, queue, VisibilityTimeout=100)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=messages[hidden]["ReceiptHandle"], VisibilityTimeout=600)
    advance_clock(300)
    assert bodies(receive(sqs, queue, VisibilityTimeout=100)) == received
    advance_clock(301)
    assert bodies(receive(sqs, queue)) == ["a", "b", "c"]


def test_a_message_that_is_given_back_comes_before_the_rest_of_its_group_is_visible(sqs, queue):
    for body, group in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")]:
        send(sqs, queue, body, group)
    first, second = receive(sqs, queue, 2)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    again = receive(sqs, queue)
    assert bodies(again) == ["b1", "a1"]
    delete(sqs, queue, second, again[1])
    assert bodies(receive(sqs, queue)) == ["a3"]


def test_the_group_whose_next_message_has_waited_longest_comes_first(sqs, queue, advance_clock):
    for body in ["a1", "b1", "a2", "c1"]:
        send(sqs, queue, body, body[0])
        advance_clock(1)
    (message,) = receive(sqs, queue, 1)
    delete(sqs, queue, message)
    assert bodies(receive(sqs, queue)) == ["b1", "a2", "c1"]


def test_deleting_wakes_who_waits_for_the_group(sqs, queue):
    send(sqs, queue, "a")
    send(sqs, queue, "b")
    (message,) = receive(sqs, queue, 1)
    got = []
    waiter = threading.Thread(target=lambda: got.extend(receive(sqs, queue, WaitTimeSeconds=20)))
    waiter.start()
    delete(sqs, queue, message)
    waiter.join(10)
    assert bodies(got) == ["b"]


def test_a_duplicate_is_accepted_and_dropped_for_five_minutes(sqs, make, advance_clock):
    queue = make()
    first = send(sqs, queue, "a", MessageDeduplicationId="d")
    again = send(sqs, queue, "other", MessageDeduplicationId="d", group="h")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert again["MD5OfMessageBody"] == hashlib.md5(b"other").hexdigest()
    (message,) = receive(sqs, queue)
    delete(sqs, queue, message)
    advance_clock(4 * MINUTE)
    send(sqs, queue, "too early", MessageDeduplicationId="d")
    assert receive(sqs, queue) == []
    advance_clock(MINUTE + 1)
    send(sqs, queue, "late", MessageDeduplicationId="d")
    assert bodies(receive(sqs, queue)) == ["late"]


def test_an_id_may_be_used_again_after_exactly_five_minutes(sqs, make, advance_clock, now_ms):
    queue = make()
    send(sqs, queue, "first", MessageDeduplicationId="d")
    (message,) = receive(sqs, queue, AttributeNames=["SentTimestamp"])
    delete(sqs, queue, message)
    free_ms = int(message["Attributes"]["SentTimestamp"]) + 5 * MINUTE * 1000
    advance_clock((free_ms - now_ms()) / 1000 - 2)
    dropped, accepted = 0, []
    while not accepted:
        before = now_ms()
        send(sqs, queue, "again", MessageDeduplicationId="d")
        after = now_ms()
        accepted = receive(sqs, queue, AttributeNames=["SentTimestamp"])
        assert not accepted or after >= free_ms
        assert accepted or before < free_ms
        dropped += not accepted
    assert dropped > 0 and int(accepted[0]["Attributes"]["SentTimestamp"]) >= free_ms
    delete(sqs, queue, *accepted)


def test_duplicates_may_be_looked_for_within_their_group(sqs, make):
    queue = make(DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for group in ("a", "b", "a"):
        send(sqs, queue, group, group, MessageDeduplicationId="d")
    assert sorted(bodies(receive(sqs, queue))) == ["a", "b"]


def test_the_body_is_the_deduplication_id_when_the_queue_says_so(sqs, queue):
    attribute = {"n": {"DataType": "Number", "StringValue": "1"}}
    send(sqs, queue, "same")
    send(sqs, queue, "same", MessageAttributes=attribute)
    send(sqs, queue, "same", MessageDeduplicationId="another")
    messages = receive(sqs, queue, AttributeNames=["All"])
    assert [message["Attributes"]["MessageDeduplicationId"] for message in messages] == [
        hashlib.sha256(b"same").hexdigest(), "another"]


def test_sequence_numbers_have_twenty_digits_and_grow(sqs, queue):
    numbers = [send(sqs, queue, str(number), group)["SequenceNumber"] for number, group in enumerate("abab")]
    assert all(len(number) == 20 for number in numbers) and numbers == sorted(set(numbers))
    delete(sqs, queue, *receive(sqs, queue))
    last = send(sqs, queue, "last", "b")["SequenceNumber"]
    assert last > numbers[-1]
    (message,) = receive(sqs, queue, AttributeNames=["All"])
    shown = message["Attributes"]
    assert (shown["SequenceNumber"], shown["MessageGroupId"]) == (last, "b")


def test_entries_of_a_batch_keep_their_order(sqs, queue):
    reply = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": "1", "MessageBody": "a", "MessageGroupId": "g"}, {"Id": "2", "MessageBody": "b", "MessageGroupId": "g g"},
        {"Id": "3", "MessageBody": "c", "MessageGroupId": "g"}])
    assert [entry["Id"] for entry in reply["Successful"]] == ["1", "3"]
    assert reply["Successful"][0]["SequenceNumber"] < reply["Successful"][1]["SequenceNumber"]
    assert [(entry["Id"], entry["Code"]) for entry in reply["Failed"]] == [("2", "InvalidParameterValue")]
    assert bodies(receive(sqs, queue)) == ["a", "c"]


@pytest.mark.parametrize("lacking, message", [
    ("MessageGroupId", "The request must contain the parameter MessageGroupId."),
    ("MessageDeduplicationId",
     "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
])
def test_an_entry_without_an_id_that_its_queue_needs_refuses_the_whole_batch(sqs, make, lacking, message):
    queue = make()
    entries = [{"Id": one, "MessageBody": one, "MessageGroupId": "g", "MessageDeduplicationId": one} for one in "ab"]
    without = {name: value for name, value in entries[1].items() if name != lacking}
    assert refusal(sqs.send_message_batch, QueueUrl=queue, Entries=[entries[0], without]) == ("InvalidParameterValue", message)
    assert receive(sqs, queue) == []
    assert len(sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 2


@pytest.mark.parametrize("more, code, message", [
    ({}, "MissingParameter", "The request must contain the parameter MessageGroupId."),
    ({"MessageGroupId": "g"}, "InvalidParameterValue",
     "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
    ({"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 5}, "InvalidParameterValue",
     "Value 5 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."),
    ({"MessageGroupId": "g g", "MessageDeduplicationId": "d"}, "InvalidParameterValue",
     "Value g g for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and "
     "punctuation characters. 1 to 128 in length."),
    ({"MessageGroupId": "g", "MessageDeduplicationId": "x" * 129}, "InvalidParameterValue",
     f"Value {'x' * 129} for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include "
     "alphanumeric and punctuation characters. 1 to 128 in length."),
])
def test_what_a_send_must_and_may_not_have(sqs, make, more, code, message):
    queue = make()
    assert refusal(sqs.send_message, QueueUrl=queue, MessageBody="b", **more) == (code, message)
    send(sqs, queue, "b", "g" * 128, MessageDeduplicationId="x" * 128, DelaySeconds=0)


def test_the_queues_delay_holds_for_each_message(sqs, make, advance_clock):
    queue = make(DelaySeconds="600", ContentBasedDeduplication="true")
    send(sqs, queue, "a")
    advance_clock(300)
    send(sqs, queue, "b")
    advance_clock(301)
    (message,) = receive(sqs, queue)
    delete(sqs, queue, message)
    assert receive(sqs, queue) == []
    advance_clock(300)
    assert [message["Body"], *bodies(receive(sqs, queue))] == ["a", "b"]


def test_counts_of_a_fifo_queue_are_those_of_its_messages(sqs, queue):
    for body in "abc":
        send(sqs, queue, body)
    receive(sqs, queue, 2)
    assert attributes(sqs, queue, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                      "ApproximateNumberOfMessagesDelayed") == {
        "ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "2", "ApproximateNumberOfMessagesDelayed": "0"}


# ---- attempts ----


def test_the_same_attempt_gets_the_same_messages_and_handles_again(sqs, queue, advance_clock):
    for body in "abc":
        send(sqs, queue, body)
    first = receive(sqs, queue, 2, ReceiveRequestAttemptId="one", VisibilityTimeout=200, AttributeNames=["ApproximateReceiveCount"])
    advance_clock(140)
    assert receive(sqs, queue, 2, ReceiveRequestAttemptId="one", VisibilityTimeout=200, AttributeNames=["ApproximateReceiveCount"]) == first
    advance_clock(140)
    assert receive(sqs, queue, ReceiveRequestAttemptId="two") == []
    for message in first:
        delete(sqs, queue, message)
    assert bodies(receive(sqs, queue, ReceiveRequestAttemptId="two")) == ["c"]


def hide(sqs, queue, message):
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=100)


@pytest.mark.parametrize("modify", [delete, hide])
def test_an_attempt_whose_messages_were_modified_cannot_be_repeated(sqs, queue, advance_clock, refused, modify):
    for body in "abc":
        send(sqs, queue, body)
    first = receive(sqs, queue, 2, ReceiveRequestAttemptId="one", VisibilityTimeout=100)
    modify(sqs, queue, first[1])
    error = refused(receive, sqs=sqs, url=queue, ReceiveRequestAttemptId="one")
    assert (error["status"], error["code"], error["message"]) == (
        400, "InvalidParameterValue",
        "Value one for parameter ReceiveRequestAttemptId is invalid. "
        "Reason: The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.")
    advance_clock(201)
    assert bodies(receive(sqs, queue, 1, ReceiveRequestAttemptId="one")) == ["a"]


def test_an_attempt_is_forgotten_when_its_messages_are_visible_again(sqs, queue, advance_clock):
    send(sqs, queue, "a")
    (first,) = receive(sqs, queue, ReceiveRequestAttemptId="one", VisibilityTimeout=10)
    advance_clock(11)
    (again,) = receive(sqs, queue, ReceiveRequestAttemptId="one")
    assert again["Body"] == "a" and again["ReceiptHandle"] != first["ReceiptHandle"]


# ---- dead letters ----


def test_a_dead_letter_goes_to_a_fifo_queue_in_its_group_and_the_next_message_comes(sqs, make, advance_clock):
    dead = make()
    queue = make(ContentBasedDeduplication="true", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1}))
    for body in "ab":
        send(sqs, queue, body)
    (message,) = receive(sqs, queue, 1, VisibilityTimeout=0, AttributeNames=["All"])
    advance_clock(7)
    assert bodies(receive(sqs, queue)) == ["b"]
    (letter,) = receive(sqs, dead, AttributeNames=["All"])
    assert (letter["Body"], letter["MessageId"], letter["Attributes"]["MessageGroupId"]) == ("a", message["MessageId"], "g")
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == arn(sqs, queue)
    assert letter["Attributes"]["MessageDeduplicationId"] == message["MessageId"]
    assert int(letter["Attributes"]["SentTimestamp"]) >= int(message["Attributes"]["SentTimestamp"]) + 7000


def test_a_dead_letter_queue_is_of_the_same_type(sqs, make, make_queue):
    standard, fifo = make_queue(), make()
    for source, target in ((fifo, standard), (standard, fifo)):
        policy = json.dumps({"deadLetterTargetArn": arn(sqs, target), "maxReceiveCount": 3})
        assert refusal(sqs.set_queue_attributes, QueueUrl=source, Attributes={"RedrivePolicy": policy}) == (
            "InvalidParameterValue", f"Value {policy} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same "
            "type of queue as the source.")


def test_a_message_that_expires_opens_its_group(sqs, make, advance_clock):
    queue = make(MessageRetentionPeriod="600", ContentBasedDeduplication="true")
    send(sqs, queue, "old")
    advance_clock(300)
    send(sqs, queue, "new")
    receive(sqs, queue, 1, VisibilityTimeout=43200)
    advance_clock(400)
    assert bodies(receive(sqs, queue, WaitTimeSeconds=20)) == ["new"]


# ---- making and changing ----


def test_a_fifo_queue_shows_its_attributes(sqs, make):
    shown = attributes(sqs, make(), "All")
    assert {name: shown[name] for name in ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")} == {
        "FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}


@pytest.mark.parametrize("name, given, code, message", [
    ("plain", {"FifoQueue": "true"}, "InvalidParameterValue",
     "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be "
     "1 to 80 in length"),
    (f"{'x' * 76}.fifo", {"FifoQueue": "true"}, "InvalidParameterValue",
     "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be "
     "1 to 80 in length"),
    ("named.fifo", {}, "InvalidParameterValue",
     "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"),
    ("plain", {"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    ("plain", {"ContentBasedDeduplication": "true"}, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."),
    ("plain", {"DeduplicationScope": "queue"}, "InvalidAttributeName",
     "You can specify the DeduplicationScope only when FifoQueue is set to true."),
    ("plain", {"FifoThroughputLimit": "perQueue"}, "InvalidAttributeName",
     "You can specify the FifoThroughputLimit only when FifoQueue is set to true."),
    ("a.fifo", {"FifoQueue": "true", "DeduplicationScope": "all"}, "InvalidAttributeValue",
     "Invalid value for the parameter DeduplicationScope."),
    ("a.fifo", {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}, "InvalidAttributeValue",
     "Invalid value for the parameter FifoThroughputLimit. Reason: The perMessageGroupId value is allowed only when the value for "
     "DeduplicationScope is messageGroup."),
])
def test_how_a_queue_may_not_be_made(sqs, name, given, code, message):
    assert refusal(sqs.create_queue, QueueName=name, Attributes=given) == (code, message)


def test_a_name_may_have_80_characters_with_its_suffix(sqs, make):
    assert make(f"{'x' * 75}.fifo").endswith(f"/{'x' * 75}.fifo")
    assert sqs.get_queue_url(QueueName=f"{'x' * 75}.fifo")["QueueUrl"].endswith(".fifo")


def test_the_type_of_a_queue_stays(sqs, make, make_queue):
    fifo = make()
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
    assert refusal(sqs.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"}) == (
        "InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
    assert refusal(sqs.set_queue_attributes, QueueUrl=make_queue(), Attributes={"FifoQueue": "true"})[0] == "InvalidAttributeName"
    assert attributes(sqs, fifo, "FifoQueue", "ContentBasedDeduplication") == {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


def test_a_purge_forgets_messages_groups_and_duplicates(sqs, queue):
    send(sqs, queue, "a")
    receive(sqs, queue)
    send(sqs, queue, "b")
    sqs.purge_queue(QueueUrl=queue)
    assert receive(sqs, queue) == []
    send(sqs, queue, "a")
    assert bodies(receive(sqs, queue)) == ["a"]


# ---- delays ----

COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"]


def counts(sqs, url):
    """(ready, delayed, in flight)"""
    shown = attributes(sqs, url, *COUNTS)
    return tuple(int(shown[name]) for name in COUNTS)


def set_delay(sqs, url, seconds):
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": str(seconds)})


def test_a_new_delay_applies_to_the_messages_in_the_queue_from_their_sending_on(sqs, make, advance_clock):
    queue = make(ContentBasedDeduplication="true", DelaySeconds="900")
    send(sqs, queue, "a1", "a")
    advance_clock(300)
    send(sqs, queue, "b1", "b")
    send(sqs, queue, "a2", "a")
    assert counts(sqs, queue) == (0, 3, 0)
    set_delay(sqs, queue, 200)
    assert counts(sqs, queue) == (1, 2, 0)
    assert bodies(receive(sqs, queue, VisibilityTimeout=900)) == ["a1"]
    advance_clock(201)
    assert counts(sqs, queue) == (2, 0, 1)
    assert bodies(receive(sqs, queue)) == ["b1"]


def test_a_longer_delay_hides_messages_that_nobody_has_received(sqs, make, advance_clock):
    queue = make(ContentBasedDeduplication="true", VisibilityTimeout="0")
    send(sqs, queue, "received", "a")
    assert bodies(receive(sqs, queue)) == ["received"]
    send(sqs, queue, "old", "b")
    advance_clock(100)
    send(sqs, queue, "new", "c")
    set_delay(sqs, queue, 101 + MINUTE)
    assert counts(sqs, queue) == (1, 2, 0)
    assert bodies(receive(sqs, queue)) == ["received"]
    advance_clock(MINUTE + 1)
    assert bodies(receive(sqs, queue)) == ["received", "old"]
    set_delay(sqs, queue, 900)
    assert bodies(receive(sqs, queue)) == ["received", "old"]


@pytest.mark.parametrize("before, after", [(900, 0), (0, 900)])
def test_the_delay_of_many_messages_changes_and_their_groups_keep_their_order(sqs, make, wait_until, advance_clock, before, after):
    queue, many, groups = make(ContentBasedDeduplication="true", DelaySeconds=str(before)), 410, 41
    for first in range(0, many, 10):
        sqs.send_message_batch(QueueUrl=queue, Entries=[
            {"Id": str(i), "MessageBody": str(i), "MessageGroupId": str(i % groups)} for i in range(first, first + 10)])
    set_delay(sqs, queue, after)
    wait_until(lambda: counts(sqs, queue) == ((many, 0, 0) if after == 0 else (0, many, 0)))
    advance_clock(after)
    taken = [message for _ in range(groups) for message in receive(sqs, queue)]
    assert bodies(taken) == [str(i) for group in range(groups) for i in range(group, many, groups)]


def test_a_standard_queues_new_delay_leaves_its_messages_as_they_are(sqs, make_queue):
    queue = make_queue(DelaySeconds="900")
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    set_delay(sqs, queue, 0)
    assert counts(sqs, queue) == (0, 1, 0)
