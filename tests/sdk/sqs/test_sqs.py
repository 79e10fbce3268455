"""SQS as boto3 sees it: JSON 1.0 with a current botocore, the Query protocol with an old one."""

import base64
import hashlib
import http.client
import io
import json
import struct
import threading
import time
import urllib.parse

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from orderly_fixtures import ACCOUNT


def send(sqs, url, body="hello", **arguments):
    return sqs.send_message(QueueUrl=url, MessageBody=body, **arguments)


def receive(sqs, url, count=10, **arguments):
    arguments = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"], **arguments}
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, **arguments).get("Messages", [])


def attributes_of(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"])["Attributes"]


def ready_and_in_flight(sqs, url):
    found = attributes_of(sqs, url)
    return found["ApproximateNumberOfMessages"], found["ApproximateNumberOfMessagesNotVisible"]


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def md5_of_attributes(attributes):
    """The digest as AWS's developer guide defines it."""
    digest = hashlib.md5()
    for name in sorted(attributes):
        value = attributes[name]
        data_type = value["DataType"].encode()
        digest.update(struct.pack(">I", len(name.encode())) + name.encode())
        digest.update(struct.pack(">I", len(data_type)) + data_type)
        binary = value["DataType"].startswith("Binary")
        content = value["BinaryValue"] if binary else value["StringValue"].encode()
        digest.update((b"\x02" if binary else b"\x01") + struct.pack(">I", len(content)) + content)
    return digest.hexdigest()


def in_background(function):
    """Starts the function on a thread; returns a function that waits for the result."""
    box = {}

    def run():
        try:
            box["value"] = function()
        except Exception as error:  # raised in the waiting thread
            box["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result(timeout_seconds=60):
        thread.join(timeout_seconds)
        assert not thread.is_alive(), "still waiting"
        if "error" in box:
            raise box["error"]
        return box["value"]

    result.waits = thread.is_alive
    return result


class Reply(io.BytesIO):
    def stream(self, **_):
        yield self.read()


def send_and_say(sent):
    """A handler of the event before-send: it sends the request itself, to set `sent` when the last byte has left."""

    def send(request, **_):
        connection = http.client.HTTPConnection(urllib.parse.urlparse(request.url).netloc, timeout=120)
        connection.request(request.method, "/", request.body, dict(request.headers))
        sent.set()
        reply = connection.getresponse()
        answer = AWSResponse(request.url, reply.status, dict(reply.headers), Reply(reply.read()))
        connection.close()
        return answer

    return send


@pytest.fixture
def parked_receive(sqs, endpoint):
    """parked_receive(url) starts a receive that waits 20 s, and returns once the server has it."""

    def start(url, **arguments):
        own = boto3.client(
            "sqs",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        sent = threading.Event()
        own.meta.events.register("before-send.sqs.ReceiveMessage", send_and_say(sent))
        result = in_background(lambda: receive(own, url, WaitTimeSeconds=20, **arguments))
        assert sent.wait(60)
        for _ in range(20):  # each is a whole round trip: the receive arrived long before the last one
            attributes_of(sqs, url, "QueueArn")
        return result

    return start


# --- Queues ------------------------------------------------------------------------------------


def test_a_queues_url_names_host_account_and_queue(sqs, endpoint, unique):
    url = sqs.create_queue(QueueName=unique())["QueueUrl"]
    assert url == f"{endpoint}/{ACCOUNT}/{unique()}"
    assert sqs.get_queue_url(QueueName=unique())["QueueUrl"] == url


def test_a_new_queue_has_the_defaults_of_aws(sqs, make_queue):
    url = make_queue()
    attributes = attributes_of(sqs, url)
    assert attributes["QueueArn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rsplit('/', 1)[1]}"
    expected = {
        "VisibilityTimeout": "30",
        "MessageRetentionPeriod": "345600",
        "MaximumMessageSize": "1048576",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    }
    assert {name: attributes.get(name) for name in expected} == expected
    assert attributes["CreatedTimestamp"].isdigit() and attributes["LastModifiedTimestamp"].isdigit()
    assert "Policy" not in attributes and "RedrivePolicy" not in attributes


def test_only_the_attributes_asked_for_are_answered(sqs, make_queue):
    assert attributes_of(sqs, make_queue(), "DelaySeconds", "VisibilityTimeout") == {
        "DelaySeconds": "0",
        "VisibilityTimeout": "30",
    }


def test_creating_a_queue_again_with_the_same_attributes_answers_the_same_url(sqs, unique):
    first = sqs.create_queue(QueueName=unique(), Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    assert sqs.create_queue(QueueName=unique(), Attributes={"VisibilityTimeout": "5"})["QueueUrl"] == first
    assert sqs.create_queue(QueueName=unique())["QueueUrl"] == first


def test_creating_a_queue_again_with_other_attributes_is_refused(sqs, unique, refused):
    sqs.create_queue(QueueName=unique(), Attributes={"VisibilityTimeout": "5"})
    error = refused(sqs.create_queue, QueueName=unique(), Attributes={"VisibilityTimeout": "6"})
    assert (error["code"], error["status"]) == ("QueueAlreadyExists", 400)
    assert error["message"] == (
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout"
    )


def test_creating_a_queue_again_compares_what_the_attributes_mean(sqs, make_queue, unique, refused):
    target = make_queue.arn(make_queue())
    policies = [
        json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3}),
        json.dumps({"maxReceiveCount": "3", "deadLetterTargetArn": target}, indent=2),
    ]
    urls = {
        sqs.create_queue(QueueName=unique(), Attributes={"RedrivePolicy": policy})["QueueUrl"]
        for policy in policies
    }
    assert len(urls) == 1
    error = refused(sqs.create_queue, QueueName=unique(), Attributes={"Colour": "red"})
    assert error["code"] == "InvalidAttributeName"
    error = refused(sqs.create_queue, QueueName=unique(), Attributes={"DelaySeconds": "901"})
    assert error["code"] == "InvalidAttributeValue"


@pytest.mark.parametrize("name", ["with space", "dotted.name", "x" * 81, "slash/ed", "ümlaut"])
def test_a_queue_name_outside_the_rules_is_refused(sqs, refused, name):
    error = refused(sqs.create_queue, QueueName=name)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert error["message"] == (
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )


def test_a_queue_name_of_eighty_characters_is_fine(sqs, unique):
    name = (unique() + "-" * 80)[:79] + "_"
    assert sqs.create_queue(QueueName=name)["QueueUrl"].endswith("/" + name)


@pytest.mark.parametrize(
    "attribute, value",
    [
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "-1"),
        ("VisibilityTimeout", "soon"),
        ("DelaySeconds", "901"),
        ("MessageRetentionPeriod", "59"),
        ("MessageRetentionPeriod", "1209601"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("KmsDataKeyReusePeriodSeconds", "59"),
        ("KmsDataKeyReusePeriodSeconds", "86401"),
        ("SqsManagedSseEnabled", "maybe"),
        ("Policy", "not json"),
        ("Policy", '{"Statement": "none"}'),
        ("RedrivePolicy", "not json"),
    ],
)
def test_an_attribute_outside_its_range_is_refused(sqs, unique, refused, attribute, value):
    error = refused(sqs.create_queue, QueueName=unique(), Attributes={attribute: value})
    assert error["status"] == 400
    assert error["code"] in ("InvalidAttributeValue", "InvalidParameterValue")
    assert attribute in error["message"]
    assert refused(sqs.get_queue_url, QueueName=unique())["code"] == "AWS.SimpleQueueService.NonExistentQueue"


@pytest.mark.parametrize(
    "attribute, least, most",
    [
        ("VisibilityTimeout", 0, 43200),
        ("DelaySeconds", 0, 900),
        ("MessageRetentionPeriod", 60, 1209600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("MaximumMessageSize", 1024, 1048576),
        ("KmsDataKeyReusePeriodSeconds", 60, 86400),
    ],
)
def test_an_attribute_may_be_at_both_ends_of_its_range(sqs, make_queue, attribute, least, most):
    url = make_queue(KmsMasterKeyId="alias/key", **{attribute: least})  # the reuse of KMS's keys is shown with their id only
    assert attributes_of(sqs, url, attribute) == {attribute: str(least)}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: str(most)})
    assert attributes_of(sqs, url, attribute) == {attribute: str(most)}


def test_an_attribute_that_does_not_exist_is_refused(sqs, make_queue, unique, refused):
    error = refused(sqs.create_queue, QueueName=unique(), Attributes={"Colour": "red"})
    assert (error["code"], error["message"]) == ("InvalidAttributeName", "Unknown Attribute Colour.")
    error = refused(sqs.get_queue_attributes, QueueUrl=make_queue(), AttributeNames=["Colour"])
    assert (error["code"], error["message"]) == ("InvalidAttributeName", "Unknown Attribute Colour.")


@pytest.mark.parametrize("text", ["bell\a", "\uffff"])
def test_an_attribute_that_xml_cannot_carry_is_refused(sqs, make_queue, refused, text):
    error = refused(sqs.set_queue_attributes, QueueUrl=make_queue(), Attributes={"KmsMasterKeyId": text})
    assert (error["code"], error["message"]) == (
        "InvalidAttributeValue", "Invalid value for the parameter KmsMasterKeyId.")


def test_set_attributes_take_effect_and_can_be_read(sqs, make_queue):
    url = make_queue()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7", "DelaySeconds": "3"})
    assert attributes_of(sqs, url, "VisibilityTimeout", "DelaySeconds") == {
        "VisibilityTimeout": "7",
        "DelaySeconds": "3",
    }


def test_a_queue_is_encrypted_by_one_service_at_a_time(sqs, make_queue, refused):
    names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
    url = make_queue(KmsMasterKeyId="alias/key", KmsDataKeyReusePeriodSeconds=6000)
    assert attributes_of(sqs, url, *names) == {
        "KmsMasterKeyId": "alias/key",
        "KmsDataKeyReusePeriodSeconds": "6000",
        "SqsManagedSseEnabled": "false",
    }
    both = {"KmsMasterKeyId": "alias/key", "SqsManagedSseEnabled": "true"}
    error = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=both)
    assert error["code"] == "InvalidAttributeName"
    assert error["message"] == (
        "You can use one type of server-side encryption (SSE) at one time. "
        "You can either enable KMS SSE or SQS SSE."
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert attributes_of(sqs, url, *names) == {"SqsManagedSseEnabled": "true"}


def test_a_missing_queue_is_said_to_be_missing(sqs, endpoint, refused):
    url = f"{endpoint}/{ACCOUNT}/nowhere-to-be-found"
    calls = [
        (sqs.get_queue_url, {"QueueName": "nowhere-to-be-found"}),
        (sqs.get_queue_attributes, {"QueueUrl": url}),
        (sqs.set_queue_attributes, {"QueueUrl": url, "Attributes": {"DelaySeconds": "1"}}),
        (sqs.send_message, {"QueueUrl": url, "MessageBody": "x"}),
        (sqs.receive_message, {"QueueUrl": url}),
        (sqs.delete_message, {"QueueUrl": url, "ReceiptHandle": "x"}),
        (sqs.purge_queue, {"QueueUrl": url}),
    ]
    for call, arguments in calls:
        error = refused(call, **arguments)
        assert error["code"] == "AWS.SimpleQueueService.NonExistentQueue", arguments
        assert error["status"] == 400
        assert error["message"].startswith("The specified queue does not exist")


def test_a_deleted_queue_is_gone_with_its_messages(sqs, make_queue, refused, advance_clock):
    url = make_queue()
    send(sqs, url)
    sqs.delete_queue(QueueUrl=url)
    assert refused(send, sqs=sqs, url=url)["code"] == "AWS.SimpleQueueService.NonExistentQueue"
    advance_clock(61)  # AWS lets a name be used again after 60 seconds
    sqs.create_queue(QueueName=url.rsplit("/", 1)[1])
    assert receive(sqs, url) == []


def test_queues_are_listed_by_prefix_and_by_page(sqs, unique):
    urls = sorted(sqs.create_queue(QueueName=f"{unique()}-{i}")["QueueUrl"] for i in range(5))
    sqs.create_queue(QueueName=unique("other"))
    assert sorted(sqs.list_queues(QueueNamePrefix=unique())["QueueUrls"]) == urls

    pages, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        reply = sqs.list_queues(QueueNamePrefix=unique(), MaxResults=2, **more)
        pages.append(reply["QueueUrls"])
        token = reply.get("NextToken")
        if not token:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(url for page in pages for url in page) == urls
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="no-queue-is-called-so")


@pytest.mark.parametrize(
    "form",
    [
        "http://sqs.us-east-1.localhost.localstack.cloud:4566/{account}/{name}",
        "https://sqs.us-east-1.amazonaws.com/{account}/{name}",
        "https://queue.amazonaws.com/{account}/{name}",
        "http://somewhere-else:1/{account}/{name}", "http://sqs.internal.eu-west-1:1/{account}/{name}",
        "http://localhost:4566/queue/us-east-1/{account}/{name}",
    ],
)
def test_a_queue_url_is_matched_by_its_path(sqs, make_queue, form):
    if sqs.meta.service_model.metadata["protocol"] == "query":
        pytest.skip("a botocore of the Query protocol sends to the host in the URL")
    url = make_queue()
    other = form.format(account=ACCOUNT, name=url.rsplit("/", 1)[1])
    send(sqs, other, "by another name")
    assert [m["Body"] for m in receive(sqs, url)] == ["by another name"]


@pytest.mark.parametrize("host", ["https://sqs.eu-west-1.amazonaws.com", "https://eu-west-1.queue.amazonaws.com",
                                  "http://sqs.eu-west-1.localhost.localstack.cloud:4566"])
def test_a_queue_url_of_another_region_is_refused(sqs, make_queue, host):
    if sqs.meta.service_model.metadata["protocol"] == "query":
        pytest.skip("a botocore of the Query protocol sends to the host in the URL")
    url = make_queue()
    with pytest.raises(sqs.exceptions.InvalidAddress) as caught:
        send(sqs, f"{host}/{ACCOUNT}/{url.rsplit('/', 1)[1]}", "astray")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert caught.value.response["Error"]["Message"] == f"The address {host}/ is not valid for this endpoint."
    assert receive(sqs, url) == []


def test_accounts_and_regions_are_separate_worlds(client, unique):
    here = client("sqs")
    elsewhere = client("sqs", region_name="eu-west-1")
    stranger = client("sqs", aws_access_key_id="123456789012")
    here.create_queue(QueueName=unique())
    assert "QueueUrls" not in elsewhere.list_queues(QueueNamePrefix=unique())
    assert "QueueUrls" not in stranger.list_queues(QueueNamePrefix=unique())
    theirs = stranger.create_queue(QueueName=unique())["QueueUrl"]
    assert theirs.endswith(f"/123456789012/{unique()}")
    assert attributes_of(stranger, theirs, "QueueArn") == {
        "QueueArn": f"arn:aws:sqs:us-east-1:123456789012:{unique()}"
    }


# --- Messages ----------------------------------------------------------------------------------


def test_a_message_comes_back_as_it_was_sent(sqs, make_queue):
    url = make_queue()
    body = 'tab\t, line\n, return\r, quote ", <&>, é, 漢字, 𝄞 and a \ufffd'
    sent = send(sqs, url, body)
    assert sent["MD5OfMessageBody"] == md5(body)
    [message] = receive(sqs, url)
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfBody"] == md5(body)
    attributes = message["Attributes"]
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["SenderId"]
    assert len(attributes["SentTimestamp"]) == 13
    assert int(attributes["ApproximateFirstReceiveTimestamp"]) >= int(attributes["SentTimestamp"])


def test_only_the_system_attributes_asked_for_come_along(sqs, make_queue):
    url = make_queue(VisibilityTimeout=0)
    send(sqs, url)
    assert "Attributes" not in receive(sqs, url, AttributeNames=[])[0]
    [message] = receive(sqs, url, AttributeNames=["SentTimestamp"])
    assert list(message["Attributes"]) == ["SentTimestamp"]


def test_message_attributes_come_back_with_their_md5(sqs, make_queue):
    url = make_queue()
    attributes = {
        "Name": {"DataType": "String", "StringValue": "grüße"},
        "number": {"DataType": "Number", "StringValue": "12.50"},
        "typed": {"DataType": "String.json", "StringValue": "{}"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff\x10"},
        "png": {"DataType": "Binary.png", "BinaryValue": bytes(range(256))},
    }
    sent = send(sqs, url, MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(attributes)
    [message] = receive(sqs, url)
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == md5_of_attributes(attributes)


def test_message_attributes_are_chosen_by_name_and_prefix(sqs, make_queue):
    url = make_queue(VisibilityTimeout=0)
    attributes = {
        name: {"DataType": "String", "StringValue": name} for name in ("order.id", "order.user", "colour")
    }
    send(sqs, url, MessageAttributes=attributes)
    assert "MessageAttributes" not in receive(sqs, url, MessageAttributeNames=[])[0]
    [message] = receive(sqs, url, MessageAttributeNames=["colour"])
    assert message["MessageAttributes"] == {"colour": attributes["colour"]}
    assert message["MD5OfMessageAttributes"] == md5_of_attributes({"colour": attributes["colour"]})
    [message] = receive(sqs, url, MessageAttributeNames=["order.*"])
    assert sorted(message["MessageAttributes"]) == ["order.id", "order.user"]


def test_a_trace_header_is_a_system_attribute_of_its_own(sqs, make_queue):
    url = make_queue()
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
    sent = send(sqs, url, MessageSystemAttributes=system)
    assert sent["MD5OfMessageSystemAttributes"] == md5_of_attributes(system)
    [message] = receive(sqs, url)
    assert message["Attributes"]["AWSTraceHeader"] == header


TRACE_ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"


def test_the_trace_header_of_a_request_is_its_messages(sqs, make_queue, trace_headed):
    url = make_queue()
    header = trace_headed(TRACE_ROOT + ";Parent=53995c3f42cd8ad8;Sampled=1")
    sent = send(sqs, url)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "hello"}])
    assert "MD5OfMessageSystemAttributes" not in sent
    assert [message["Attributes"]["AWSTraceHeader"] for message in receive(sqs, url)] == [header] * 2


def test_the_trace_header_in_a_message_is_preferred_to_its_requests(sqs, make_queue, trace_headed):
    url = make_queue()
    trace_headed(TRACE_ROOT + ";Sampled=0")
    own = TRACE_ROOT + ";Sampled=1"
    send(sqs, url, MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": own}})
    assert receive(sqs, url)[0]["Attributes"]["AWSTraceHeader"] == own


@pytest.mark.parametrize(
    "rest, is_carried", [("s" * (1024 - len(TRACE_ROOT) - 1), True), ("s" * (1024 - len(TRACE_ROOT)), False)])
def test_a_message_carries_a_trace_header_of_1024_bytes(sqs, make_queue, trace_headed, rest, is_carried):
    url = make_queue()
    header = trace_headed(TRACE_ROOT + ";" + rest)
    send(sqs, url)
    assert receive(sqs, url)[0]["Attributes"].get("AWSTraceHeader") == (header if is_carried else None)


def test_a_header_that_names_no_trace_is_not_a_messages(sqs, make_queue, trace_headed):
    url = make_queue()
    trace_headed("Root=zzz;Sampled=1")
    send(sqs, url)
    assert "AWSTraceHeader" not in receive(sqs, url)[0]["Attributes"]


@pytest.mark.parametrize("subscribers", [1, 40])
def test_the_trace_header_of_a_publish_is_its_messages_at_queues(
    client, sqs, make_queue, allow_topic, unique, trace_headed, subscribers):
    sns = client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    urls = [make_queue() for _ in range(subscribers)]
    for url in urls:
        allow_topic(url, topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(url))
    header = trace_headed(TRACE_ROOT + ";Sampled=1", "sns")
    sns.publish(TopicArn=topic, Message="hello")
    for url in urls:
        [message] = receive(sqs, url, WaitTimeSeconds=20)
        assert message["Attributes"]["AWSTraceHeader"] == header


def test_a_header_stays_with_a_message_through_a_dead_letter_queue_and_back(sqs, make_queue, trace_headed, wait_until):
    dead = make_queue()
    policy = json.dumps({"deadLetterTargetArn": make_queue.arn(dead), "maxReceiveCount": 1})
    url = make_queue(RedrivePolicy=policy, VisibilityTimeout="0")
    header = trace_headed(TRACE_ROOT + ";Sampled=1", "sqs")
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    for _ in range(2):
        receive(sqs, url)
    [message] = receive(sqs, dead, VisibilityTimeout=0)
    assert message["Attributes"]["AWSTraceHeader"] == header
    sqs.start_message_move_task(SourceArn=make_queue.arn(dead))
    [message] = wait_until(lambda: receive(sqs, url))
    assert message["Attributes"]["AWSTraceHeader"] == header


@pytest.mark.parametrize(
    "attribute, reason",
    [
        (
            {"DataType": "Colour", "StringValue": "x"},
            "The type of message (user) attribute 'odd' is invalid. You must use only the following "
            "supported type prefixes: Binary, Number, String.",
        ),
        ({"DataType": "String", "StringValue": ""}, "must contain a non-empty value of type 'String'."),
        ({"DataType": "Binary", "StringValue": "x"}, "must contain a non-empty value of type 'Binary'."),
        ({"DataType": "String", "StringValue": "bell\a"}, "Invalid characters"),
        ({"DataType": "String", "StringValue": "x", "BinaryValue": b"x"}, "has multiple values"),
        ({"DataType": "String." + "é" * 250, "StringValue": "x"}, "longer than 256 characters"),
        ({"DataType": "String.bell\a", "StringValue": "x"}, "Invalid characters"),
        ({"DataType": "Binary.\uffff", "BinaryValue": b"x"}, "Invalid characters"),
        ({"DataType": "Number", "StringValue": "twelve"}, "to a number"),
        ({"DataType": "Number", "StringValue": " 1"}, "to a number"),
        ({"DataType": "Number", "StringValue": "0x10"}, "to a number"),
        ({"DataType": "Number", "StringValue": "inf"}, "to a number"),
        ({"DataType": "Number", "StringValue": "nan"}, "to a number"),
        ({"DataType": "Number", "StringValue": "1e127"}, "to a number"),
        ({"DataType": "Number", "StringValue": "1" * 39}, "to a number"),
    ],
)
def test_a_message_attribute_outside_the_rules_is_refused(sqs, make_queue, refused, attribute, reason):
    url = make_queue()
    error = refused(send, sqs=sqs, url=url, MessageAttributes={"odd": attribute})
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert "'odd'" in error["message"]
    assert reason in error["message"]
    assert receive(sqs, url) == []


@pytest.mark.parametrize("number", ["0", "-1", "+1.50", ".5", "1e-128", "9.9E+125", "1" * 38, "1" + "0" * 100])
def test_a_number_may_have_thirty_eight_digits(sqs, make_queue, number):
    url = make_queue()
    attributes = {"n": {"DataType": "Number", "StringValue": number}}
    send(sqs, url, MessageAttributes=attributes)
    assert receive(sqs, url)[0]["MessageAttributes"] == attributes


@pytest.mark.parametrize("label", ["é" * 249, "tab\t", "€"])
def test_a_message_attribute_keeps_the_label_of_its_type(sqs, make_queue, label):
    url = make_queue()
    attributes = {"n": {"DataType": f"String.{label}", "StringValue": "x"}}
    send(sqs, url, MessageAttributes=attributes)
    assert receive(sqs, url)[0]["MessageAttributes"] == attributes


@pytest.mark.parametrize("name", ["n" * 256, "a-b_c.1", "attr.1øßä", "Àſ"])
def test_a_message_attribute_keeps_its_name(sqs, make_queue, name):
    url = make_queue()
    attributes = {name: {"DataType": "String", "StringValue": "x"}}
    send(sqs, url, MessageAttributes=attributes)
    assert receive(sqs, url)[0]["MessageAttributes"] == attributes


@pytest.mark.parametrize("name", ["n" * 257, ".n", "n.", "n..n", "n n", "n¿", "nƀ", "n€"])
def test_a_message_attributes_name_outside_the_rules_is_refused(sqs, make_queue, refused, name):
    attributes = {name: {"DataType": "String", "StringValue": "x"}}
    error = refused(send, sqs=sqs, url=make_queue(), MessageAttributes=attributes)
    assert (error["code"], error["message"]) == (
        "InvalidParameterValue",
        f"Message (user) attribute name '{name}' can only contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and "
        "period (.) characters, and must be 1 to 256 characters long.",
    )


def test_eleven_message_attributes_are_one_too_many(sqs, make_queue, refused):
    attributes = {f"a{i}": {"DataType": "String", "StringValue": "x"} for i in range(11)}
    error = refused(send, sqs=sqs, url=make_queue(), MessageAttributes=attributes)
    assert error["code"] == "InvalidParameterValue"
    assert error["message"] == "Number of message attributes [11] exceeds the allowed maximum [10]."


@pytest.mark.parametrize(
    "name, attribute",
    [
        ("Colour", {"DataType": "String", "StringValue": "red"}),
        ("AWSTraceHeader", {"DataType": "Number", "StringValue": "1"}),
        ("AWSTraceHeader", {"DataType": "Binary", "BinaryValue": b"Root=1"}),
        ("AWSTraceHeader", {"DataType": "String", "StringValue": ""}),
        ("AWSTraceHeader", {"DataType": "String", "StringValue": "Root=1\a"}),
        ("AWSTraceHeader", {"DataType": "String", "StringValue": "Root=1\ufffe"}),
    ],
)
def test_a_system_attribute_that_does_not_exist_is_refused(sqs, make_queue, refused, name, attribute):
    url = make_queue()
    error = refused(send, sqs=sqs, url=url, MessageSystemAttributes={name: attribute})
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert name in error["message"]
    assert receive(sqs, url) == []


@pytest.mark.parametrize("group", ["with space", "x" * 129, "grüße"])
def test_a_message_group_outside_the_rules_is_refused(sqs, make_queue, refused, group):
    url = make_queue()
    error = refused(send, sqs=sqs, url=url, MessageGroupId=group)
    assert (error["code"], error["message"]) == (
        "InvalidParameterValue",
        f"Value {group} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
        "alphanumeric and punctuation characters. 1 to 128 in length.",
    )
    send(sqs, url, MessageGroupId="tenant-1:a/b~c!")
    assert receive(sqs, url)[0]["Attributes"]["MessageGroupId"] == "tenant-1:a/b~c!"


def test_an_empty_body_is_refused(sqs, make_queue, refused):
    error = refused(send, sqs=sqs, url=make_queue(), body="")
    assert (error["code"], error["status"]) == ("MissingParameter", 400)
    assert "MessageBody" in error["message"]


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1f", "\ufffe", "\uffff"])
def test_characters_that_xml_cannot_carry_are_refused(sqs, make_queue, refused, character):
    url = make_queue()
    error = refused(send, sqs=sqs, url=url, body=f"a{character}b")
    assert (error["code"], error["status"]) == ("InvalidMessageContents", 400)
    assert receive(sqs, url) == []


def test_a_message_may_be_as_long_as_the_limit_and_no_longer(sqs, make_queue, refused):
    url = make_queue(MaximumMessageSize=1024)
    send(sqs, url, "é" * 512)
    error = refused(send, sqs=sqs, url=url, body="é" * 512 + "x")
    assert error["code"] == "InvalidParameterValue"
    assert error["message"] == "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    attribute = {"n": {"DataType": "String", "StringValue": "v" * 10}}
    error = refused(send, sqs=sqs, url=url, body="x" * 1008, MessageAttributes=attribute)  # 1008 + 1 + 6 + 10
    assert error["code"] == "InvalidParameterValue"
    send(sqs, url, "x" * 1007, MessageAttributes=attribute)


def test_a_message_of_a_mebibyte_passes_through(sqs, make_queue, refused):
    url = make_queue()
    body = "0123456789abcdef" * 65536
    send(sqs, url, body)
    assert receive(sqs, url)[0]["Body"] == body
    error = refused(send, sqs=sqs, url=url, body=body + "x")
    assert (error["code"], error["message"]) == (
        "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.")
    attribute = {"n": {"DataType": "String", "StringValue": "v" * 93}}  # 1 + 6 + 93
    assert refused(send, sqs=sqs, url=url, body=body[99:], MessageAttributes=attribute)["code"] == "InvalidParameterValue"
    send(sqs, url, body[100:], MessageAttributes=attribute)
    assert receive(sqs, url, MessageAttributeNames=["All"])[0]["MessageAttributes"] == attribute


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_outside_its_range_is_refused(sqs, make_queue, refused, delay):
    error = refused(send, sqs=sqs, url=make_queue(), DelaySeconds=delay)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert error["message"] == (
        f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
    )


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"MaxNumberOfMessages": 0}, "MaxNumberOfMessages"),
        ({"MaxNumberOfMessages": 11}, "MaxNumberOfMessages"),
        ({"WaitTimeSeconds": 21}, "WaitTimeSeconds"),
        ({"WaitTimeSeconds": -1}, "WaitTimeSeconds"),
        ({"VisibilityTimeout": 43201}, "VisibilityTimeout"),
    ],
)
def test_what_a_receive_asks_for_must_be_in_range(sqs, make_queue, refused, arguments, name):
    error = refused(sqs.receive_message, QueueUrl=make_queue(), **arguments)
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert error["message"].startswith(f"Value {arguments[name]} for parameter {name} is invalid. Reason: ")
    if name == "WaitTimeSeconds":
        assert error["message"].endswith("Must be >= 0 and <= 20, if provided.")


def test_at_most_as_many_messages_come_as_were_asked_for(sqs, make_queue):
    url = make_queue()
    for i in range(12):
        send(sqs, url, str(i))
    assert len(receive(sqs, url, 1)) == 1
    assert len(receive(sqs, url, 10)) == 10
    assert len(receive(sqs, url, 10)) == 1
    assert receive(sqs, url, 10) == []


def test_the_numbers_of_messages_are_counted(sqs, make_queue):
    url = make_queue()
    send(sqs, url)
    send(sqs, url)
    send(sqs, url, DelaySeconds=900)
    receive(sqs, url, 1)
    counts = attributes_of(
        sqs,
        url,
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    assert [counts[name] for name in sorted(counts)] == ["1", "1", "1"]


# --- Time --------------------------------------------------------------------------------------


def test_a_message_is_hidden_until_its_visibility_timeout_passes(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout=600)
    send(sqs, url)
    [first] = receive(sqs, url)
    advance_clock(540)
    assert receive(sqs, url) == []
    advance_clock(60)
    [second] = receive(sqs, url)
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId"):
        assert second["Attributes"][name] == first["Attributes"][name]


def received(sqs, url, **arguments):
    return [one["Body"] for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **arguments).get("Messages", [])]


def received_one(sqs, url):
    return [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]]


def test_a_message_whose_visibility_timeout_has_passed_comes_before_younger_ones(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout="600")
    for body in ("a", "b", "c"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
        advance_clock(1)
    assert received(sqs, url, VisibilityTimeout=400) == ["a", "b", "c"]
    advance_clock(1)
    sqs.send_message(QueueUrl=url, MessageBody="d")
    advance_clock(339)
    assert received(sqs, url, VisibilityTimeout=0) == ["d"]
    advance_clock(60)
    assert received(sqs, url) == ["a", "b", "c", "d"]
    sqs.send_message(QueueUrl=url, MessageBody="e")
    advance_clock(600)
    assert received(sqs, url) == ["a", "b", "c", "d", "e"]


def test_a_message_that_was_received_three_times_goes_to_the_end(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="a")
    advance_clock(1)
    sqs.send_message(QueueUrl=url, MessageBody="b")
    one_by_one = []
    for _ in range(4):
        one_by_one += received_one(sqs, url)
        advance_clock(1)
    assert one_by_one == ["a", "a", "a", "b"]
    sqs.send_message(QueueUrl=url, MessageBody="c")
    advance_clock(1)
    assert received(sqs, url) == ["b", "a", "c"]


def test_many_messages_whose_visibility_timeouts_pass_together_are_received_in_their_order(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout="600")
    bodies = [f"{i:03}" for i in range(120)]
    for first in range(0, 120, 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": bodies[first + i]} for i in range(10)])
    for first in range(0, 120, 10):
        assert received(sqs, url) == bodies[first:first + 10]
    sqs.send_message(QueueUrl=url, MessageBody="young")
    advance_clock(600)
    assert sum((received(sqs, url) for _ in range(13)), []) == [*bodies, "young"]


def test_a_message_whose_visibility_timeout_has_passed_is_deleted_by_its_handle(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout="600")
    for body in ("a", "b"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    assert len(received(sqs, url)) == 2
    advance_clock(600)
    handles = [one["ReceiptHandle"] for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]]
    advance_clock(600)
    sqs.send_message(QueueUrl=url, MessageBody="c")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a"  # "b" has its place again, too
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handles[1], VisibilityTimeout=300)
    assert received(sqs, url, VisibilityTimeout=0) == ["c"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[1])
    advance_clock(600)
    assert received(sqs, url) == ["c", "a"]  # "a" was received three times


def test_a_receives_own_visibility_timeout_wins_over_the_queues(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout=30)
    send(sqs, url)
    assert len(receive(sqs, url, VisibilityTimeout=300)) == 1
    advance_clock(240)
    assert receive(sqs, url) == []
    advance_clock(60)
    assert len(receive(sqs, url, VisibilityTimeout=0)) == 1
    assert len(receive(sqs, url)) == 1


def test_a_visibility_timeout_can_be_prolonged_and_given_up(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout=30)
    send(sqs, url)
    [message] = receive(sqs, url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1000)
    advance_clock(940)
    assert receive(sqs, url) == []
    advance_clock(60)
    [message] = receive(sqs, url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert len(receive(sqs, url)) == 1


@pytest.mark.parametrize("timeout", [-1, 43201])
def test_a_changed_visibility_timeout_must_be_in_range(sqs, make_queue, refused, timeout):
    url = make_queue()
    send(sqs, url)
    [message] = receive(sqs, url)
    error = refused(
        sqs.change_message_visibility,
        QueueUrl=url,
        ReceiptHandle=message["ReceiptHandle"],
        VisibilityTimeout=timeout,
    )
    assert (error["code"], error["status"]) == ("InvalidParameterValue", 400)
    assert error["message"].startswith(f"Value {timeout} for parameter VisibilityTimeout is invalid.")


def test_a_late_heartbeat_hides_a_message_that_nobody_else_has_received(sqs, make_queue, refused, advance_clock):
    url = make_queue(VisibilityTimeout=10)
    send(sqs, url)
    [message] = receive(sqs, url)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    advance_clock(7)
    sqs.change_message_visibility(**change, VisibilityTimeout=20)
    advance_clock(20)
    sqs.change_message_visibility(**change, VisibilityTimeout=100)
    assert receive(sqs, url) == []
    assert ready_and_in_flight(sqs, url) == ("0", "1")
    advance_clock(100)
    assert len(receive(sqs, url, VisibilityTimeout=1)) == 1
    advance_clock(1)
    error = refused(sqs.change_message_visibility, **change, VisibilityTimeout=100)
    assert (error["status"], error["code"]) == (400, "AWS.SimpleQueueService.MessageNotInflight")
    assert ready_and_in_flight(sqs, url) == ("1", "0")
    assert len(receive(sqs, url)) == 1


def test_an_earlier_handle_changes_the_visibility_too(sqs, make_queue, refused):
    url = make_queue()
    send(sqs, url)
    [first] = receive(sqs, url, VisibilityTimeout=0)
    [second] = receive(sqs, url)
    change = {"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 0}
    sqs.change_message_visibility(**change)
    [third] = receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=third["ReceiptHandle"])
    send(sqs, url, "another")
    assert [m["Body"] for m in receive(sqs, url)] == ["another"]
    error = refused(sqs.change_message_visibility, **change)
    assert error["code"] == "InvalidParameterValue"
    assert error["message"].endswith(
        "Reason: Message does not exist or is not available for visibility timeout change."
    )


def test_a_visibility_timeout_ends_within_twelve_hours_of_the_receive(sqs, make_queue, refused, advance_clock):
    url = make_queue(VisibilityTimeout=600)
    send(sqs, url)
    [message] = receive(sqs, url)
    advance_clock(300)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    error = refused(sqs.change_message_visibility, **change, VisibilityTimeout=43200)
    assert (error["code"], error["message"]) == (
        "InvalidParameterValue",
        "Value 43200 for parameter VisibilityTimeout is invalid. "
        "Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
    )
    sqs.change_message_visibility(**change, VisibilityTimeout=42800)


def test_a_delayed_message_arrives_after_its_delay(sqs, make_queue, advance_clock):
    url = make_queue(DelaySeconds=600, VisibilityTimeout=3600)
    send(sqs, url, "the queue's delay")
    send(sqs, url, "its own", DelaySeconds=0)
    assert [m["Body"] for m in receive(sqs, url)] == ["its own"]
    advance_clock(540)
    assert receive(sqs, url) == []
    advance_clock(60)
    assert [m["Body"] for m in receive(sqs, url)] == ["the queue's delay"]


def test_a_messages_own_delay_wins_over_the_queues(sqs, make_queue, advance_clock):
    url = make_queue(DelaySeconds=60)
    send(sqs, url, DelaySeconds=900)
    advance_clock(840)
    assert receive(sqs, url) == []
    advance_clock(60)
    assert len(receive(sqs, url)) == 1


def test_a_message_expires_after_the_retention_period(sqs, make_queue, advance_clock):
    url = make_queue(VisibilityTimeout=0)
    send(sqs, url, "old")
    advance_clock(345600 - 600)
    send(sqs, url, "young")
    advance_clock(540)
    assert sorted(m["Body"] for m in receive(sqs, url)) == ["old", "young"]
    advance_clock(60.1)
    assert [m["Body"] for m in receive(sqs, url, VisibilityTimeout=600)] == ["young"]
    assert attributes_of(sqs, url, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}


def test_a_short_retention_period_reaches_messages_sent_before_it(sqs, make_queue, advance_clock):
    url = make_queue()
    send(sqs, url)
    advance_clock(200)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "300"})
    advance_clock(40)
    assert len(receive(sqs, url, VisibilityTimeout=0)) == 1
    advance_clock(60.1)
    assert receive(sqs, url) == []


# --- Long polling ------------------------------------------------------------------------------


def test_a_waiting_receive_is_answered_by_a_later_send(sqs, make_queue, parked_receive):
    url = make_queue()
    waiting = parked_receive(url)
    sent = send(sqs, url, "awaited")
    [message] = waiting()
    assert (message["Body"], message["MessageId"]) == ("awaited", sent["MessageId"])


def test_a_waiting_receive_answers_empty_when_its_time_is_up(sqs, make_queue, parked_receive, advance_clock):
    url = make_queue()
    waiting = parked_receive(url)
    advance_clock(1)
    attributes_of(sqs, url)
    assert waiting.waits()
    advance_clock(20)
    assert waiting() == []


def test_a_waiting_receive_gets_a_message_whose_visibility_timeout_ends(sqs, make_queue, parked_receive, advance_clock):
    url = make_queue(VisibilityTimeout=19)
    send(sqs, url)
    [first] = receive(sqs, url)
    waiting = parked_receive(url)
    advance_clock(1)
    attributes_of(sqs, url)
    assert waiting.waits()
    advance_clock(18)
    [second] = waiting()
    assert second["MessageId"] == first["MessageId"]


def test_a_waiting_receive_gets_a_delayed_message_when_it_is_due(sqs, make_queue, parked_receive, advance_clock):
    url = make_queue()
    send(sqs, url, "due", DelaySeconds=19)
    waiting = parked_receive(url)
    advance_clock(1)
    attributes_of(sqs, url)
    assert waiting.waits()
    advance_clock(18)
    assert [m["Body"] for m in waiting()] == ["due"]


def test_a_waiting_receive_gets_a_message_of_a_fifo_queue_whose_delay_is_shortened(sqs, unique, parked_receive):
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "DelaySeconds": "900"}
    url = sqs.create_queue(QueueName=f"{unique()[-70:]}.fifo", Attributes=attributes)["QueueUrl"]
    send(sqs, url, "a", MessageGroupId="g")
    waiting = parked_receive(url)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    assert [message["Body"] for message in waiting()] == ["a"]


def test_a_waiting_receive_gets_a_message_that_is_given_back(sqs, make_queue, parked_receive):
    url = make_queue()
    send(sqs, url)
    [message] = receive(sqs, url)
    waiting = parked_receive(url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert [m["MessageId"] for m in waiting()] == [message["MessageId"]]


def test_the_queues_own_wait_time_makes_a_receive_wait(sqs, make_queue):
    url = make_queue(ReceiveMessageWaitTimeSeconds=20)
    waiting = in_background(lambda: receive(sqs, url))
    send(sqs, url, "awaited")
    assert [m["Body"] for m in waiting()] == ["awaited"]
    began = time.monotonic()
    assert receive(sqs, url, WaitTimeSeconds=0) == []
    assert time.monotonic() - began < 19


def test_many_waiting_receives_share_the_messages_without_one_coming_twice(sqs, make_queue, parked_receive):
    url = make_queue()
    waiting = [parked_receive(url, count=1) for _ in range(10)]
    for i in range(10):
        send(sqs, url, str(i))
    bodies = [message["Body"] for result in waiting for message in result()]
    assert sorted(bodies, key=int) == [str(i) for i in range(10)]


def test_a_message_wakes_the_receive_that_has_waited_longest(sqs, make_queue, parked_receive):
    url = make_queue()
    first, second = parked_receive(url), parked_receive(url)
    send(sqs, url, "one")
    assert [m["Body"] for m in first()] == ["one"]
    send(sqs, url, "two")
    assert [m["Body"] for m in second()] == ["two"]


def test_deleting_a_queue_ends_the_receives_that_wait_on_it(sqs, make_queue, parked_receive, advance_clock):
    url = make_queue()
    waiting = parked_receive(url)
    sqs.delete_queue(QueueUrl=url)
    advance_clock(20)
    try:
        assert waiting() == []
    except Exception as error:
        assert "NonExistentQueue" in str(error)


def test_eight_clients_take_every_message_exactly_once(sqs, make_queue):
    url = make_queue()

    def produce(worker):
        for i in range(25):
            send(sqs, url, f"{worker}-{i}")

    def consume():
        bodies = []
        while True:
            messages = receive(sqs, url, WaitTimeSeconds=1)
            if not messages:
                return bodies
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(message["Body"])

    producers = [in_background(lambda worker=worker: produce(worker)) for worker in range(4)]
    consumers = [in_background(consume) for _ in range(4)]
    for producer in producers:
        producer()
    taken = [body for consumer in consumers for body in consumer()]
    assert sorted(taken) == sorted(f"{worker}-{i}" for worker in range(4) for i in range(25))


# --- Deleting ----------------------------------------------------------------------------------


def test_a_deleted_message_never_comes_again(sqs, make_queue, advance_clock):
    url = make_queue()
    send(sqs, url)
    [message] = receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    advance_clock(31)
    assert receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])  # a second delete succeeds, too


def test_a_handle_still_deletes_after_the_visibility_timeout_if_nobody_else_received(sqs, make_queue, advance_clock):
    url = make_queue()
    send(sqs, url)
    [message] = receive(sqs, url)
    advance_clock(31)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert receive(sqs, url) == []


def test_a_handle_that_never_was_is_refused(sqs, make_queue, refused):
    url = make_queue()
    error = refused(sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")
    assert (error["code"], error["status"]) == ("ReceiptHandleIsInvalid", 404)
    assert error["message"] == 'The input receipt handle "nonsense" is not a valid receipt handle.'
    error = refused(
        sqs.change_message_visibility, QueueUrl=url, ReceiptHandle="nonsense", VisibilityTimeout=1
    )
    assert error["code"] == "ReceiptHandleIsInvalid"


def test_a_handle_of_another_queue_is_refused(sqs, make_queue, refused):
    url, other = make_queue(), make_queue()
    send(sqs, url)
    [message] = receive(sqs, url)
    handle = message["ReceiptHandle"]
    assert refused(sqs.delete_message, QueueUrl=other, ReceiptHandle=handle)["code"] == "ReceiptHandleIsInvalid"
    change = {"QueueUrl": other, "ReceiptHandle": handle, "VisibilityTimeout": 1}
    assert refused(sqs.change_message_visibility, **change)["code"] == "ReceiptHandleIsInvalid"


def test_a_handle_that_no_receive_gave_out_is_refused(sqs, make_queue, refused):
    url = make_queue()
    send(sqs, url)
    [message] = receive(sqs, url)
    true = message["ReceiptHandle"]
    old_layout = struct.pack("<5q", 0x4F524432, 1, 1, 1, 2**63 - 1)  # the form of handles in versions that did not seal them
    changed = [true[:i] + ("A" if true[i] != "A" else "B") + true[i + 1 :] for i in range(0, len(true), 5)]
    for forged in [base64.b64encode(old_layout).decode(), true[:-1], true + "A", "", "é", *changed]:
        for call, more in ((sqs.delete_message, {}), (sqs.change_message_visibility, {"VisibilityTimeout": 43200})):
            error = refused(call, QueueUrl=url, ReceiptHandle=forged, **more)
            assert error["code"] in ("ReceiptHandleIsInvalid", "MissingParameter"), forged
    assert attributes_of(sqs, url)["ApproximateNumberOfMessagesNotVisible"] == "1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=true)
    assert attributes_of(sqs, url)["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_the_visibility_of_a_message_ends_twelve_hours_after_its_receive(sqs, make_queue, refused, advance_clock, now_ms):
    """To the second, although the clock goes on: where a second has ended meanwhile, the next one is tried."""
    url = make_queue()
    send(sqs, url)
    [message] = receive(sqs, url, VisibilityTimeout=40000)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    received_ms = int(message["Attributes"]["ApproximateFirstReceiveTimestamp"])
    advance_clock(30000)
    while True:
        begun_seconds = -((received_ms - now_ms()) // 1000)
        most = 43200 - begun_seconds
        error = refused(sqs.change_message_visibility, **change, VisibilityTimeout=most + 1)
        assert error["message"].endswith("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
        try:
            sqs.change_message_visibility(**change, VisibilityTimeout=most)
            return
        except sqs.exceptions.ClientError:
            assert now_ms() > received_ms + begun_seconds * 1000


def test_a_purge_empties_the_queue_as_often_as_one_likes(sqs, make_queue, advance_clock):
    url = make_queue()
    for _ in range(2):
        send(sqs, url)
        send(sqs, url)
        receive(sqs, url, 1)
        sqs.purge_queue(QueueUrl=url)
        advance_clock(61)
        assert receive(sqs, url) == []


def test_the_name_of_a_deleted_queue_can_be_used_at_once(sqs, make_queue):
    url = make_queue()
    send(sqs, url)
    for _ in range(2):
        sqs.delete_queue(QueueUrl=url)
        assert sqs.create_queue(QueueName=url.rsplit("/", 1)[1])["QueueUrl"] == url
    assert receive(sqs, url) == []


# --- Batches -----------------------------------------------------------------------------------


def test_a_batch_answers_for_each_of_its_entries(sqs, make_queue):
    url = make_queue()
    reply = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "good", "MessageBody": "fine"},
            {"Id": "bad", "MessageBody": "bad\x01character"},
            {"Id": "late", "MessageBody": "late", "DelaySeconds": 901},
            {
                "Id": "typed",
                "MessageBody": "typed",
                "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "1"}},
            },
        ],
    )
    succeeded = {entry["Id"]: entry for entry in reply["Successful"]}
    failed = {entry["Id"]: entry for entry in reply["Failed"]}
    assert sorted(succeeded) == ["good", "typed"]
    assert succeeded["good"]["MD5OfMessageBody"] == md5("fine")
    assert succeeded["typed"]["MD5OfMessageAttributes"] == md5_of_attributes(
        {"n": {"DataType": "Number", "StringValue": "1"}}
    )
    assert sorted(failed) == ["bad", "late"]
    assert failed["bad"]["Code"] == "InvalidMessageContents" and failed["bad"]["SenderFault"] is True
    assert failed["late"]["Code"] == "InvalidParameterValue"
    assert sorted(m["Body"] for m in receive(sqs, url)) == ["fine", "typed"]


@pytest.mark.parametrize(
    "ids, code, message",
    [
        (
            [],
            "AWS.SimpleQueueService.EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            [str(i) for i in range(11)],
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (["a", "b", "a"], "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id a repeated."),
        (
            ["with space"],
            "AWS.SimpleQueueService.InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long.",
        ),
    ],
)
def test_a_batch_outside_the_rules_is_refused_whole(sqs, make_queue, refused, ids, code, message):
    url = make_queue()
    entries = [{"Id": one, "MessageBody": "x"} for one in ids]
    error = refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)
    assert (error["code"], error["message"], error["status"]) == (code, message, 400)
    assert receive(sqs, url) == []


def test_an_entry_with_an_empty_body_fails_alone(sqs, make_queue):
    entries = [{"Id": "full", "MessageBody": "x"}, {"Id": "empty", "MessageBody": ""}]
    reply = sqs.send_message_batch(QueueUrl=make_queue(), Entries=entries)
    assert [entry["Id"] for entry in reply["Successful"]] == ["full"]
    assert reply["Failed"] == [
        {
            "Id": "empty",
            "SenderFault": True,
            "Code": "EmptyValue",
            "Message": "No Value Found for SendMessageBatchRequestEntry.2.MessageBody.",
        }
    ]


def test_an_entry_that_is_too_long_for_its_queue_fails_alone(sqs, make_queue):
    url = make_queue(MaximumMessageSize="1024")
    entries = [{"Id": "fits", "MessageBody": "x" * 1024}, {"Id": "long", "MessageBody": "x" * 1025}]
    reply = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in reply["Successful"]] == ["fits"]
    assert reply["Failed"] == [
        {
            "Id": "long",
            "SenderFault": True,
            "Code": "InvalidParameterValue",
            "Message": "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
        }
    ]


def test_a_batch_may_not_be_longer_than_a_mebibyte(sqs, make_queue, refused):
    url = make_queue()
    entries = [{"Id": str(i), "MessageBody": "x" * 524288} for i in range(2)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 2
    entries[1]["MessageBody"] += "x"
    error = refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)
    assert error["code"] == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert error["message"] == (
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    )


def test_a_batchs_attributes_count_against_its_size(sqs, make_queue, refused):
    attributes = {"n": {"DataType": "String", "StringValue": "v" * 100000}}
    entries = [
        {"Id": "a", "MessageBody": "x" * 500000},
        {"Id": "b", "MessageBody": "x" * 500000, "MessageAttributes": attributes},
    ]
    error = refused(sqs.send_message_batch, QueueUrl=make_queue(), Entries=entries)
    assert error["code"] == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert error["message"] == (
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1100007 bytes."
    )


def test_batches_delete_and_change_visibility(sqs, make_queue, advance_clock):
    url = make_queue()
    for i in range(4):
        send(sqs, url, str(i))
    messages = {m["Body"]: m["ReceiptHandle"] for m in receive(sqs, url)}
    reply = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "ReceiptHandle": messages["0"]},
            {"Id": "b", "ReceiptHandle": messages["1"]},
            {"Id": "c", "ReceiptHandle": "nonsense"},
        ],
    )
    assert sorted(entry["Id"] for entry in reply["Successful"]) == ["a", "b"]
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in reply["Failed"]] == [
        ("c", "ReceiptHandleIsInvalid", True)
    ]
    reply = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "now", "ReceiptHandle": messages["2"], "VisibilityTimeout": 0},
            {"Id": "later", "ReceiptHandle": messages["3"], "VisibilityTimeout": 600},
            {"Id": "never", "ReceiptHandle": messages["3"], "VisibilityTimeout": 43201},
        ],
    )
    assert sorted(entry["Id"] for entry in reply["Successful"]) == ["later", "now"]
    assert [(e["Id"], e["Code"]) for e in reply["Failed"]] == [("never", "InvalidParameterValue")]
    assert [m["Body"] for m in receive(sqs, url)] == ["2"]
    advance_clock(540)
    assert [m["Body"] for m in receive(sqs, url, VisibilityTimeout=0)] == ["2"]
    advance_clock(60)
    assert sorted(m["Body"] for m in receive(sqs, url)) == ["2", "3"]


# --- Dead letters ------------------------------------------------------------------------------


def redrive(make_queue, dead_letters, count=3):
    return json.dumps({"deadLetterTargetArn": make_queue.arn(dead_letters), "maxReceiveCount": count})


def test_a_message_goes_to_the_dead_letter_queue_after_exactly_three_receives(sqs, make_queue, advance_clock):
    dead_letters = make_queue()
    url = make_queue(VisibilityTimeout=600, RedrivePolicy=redrive(make_queue, dead_letters))
    attributes = {"reason": {"DataType": "String", "StringValue": "poison"}}
    sent = send(sqs, url, "poison", MessageAttributes=attributes)
    for count in ("1", "2", "3"):
        [message] = receive(sqs, url)
        assert message["Attributes"]["ApproximateReceiveCount"] == count
        sent_timestamp = message["Attributes"]["SentTimestamp"]
        assert receive(sqs, dead_letters) == []
        advance_clock(600.1)
    assert receive(sqs, url) == []

    [dead] = receive(sqs, dead_letters)
    assert dead["Body"] == "poison"
    assert dead["MessageId"] == sent["MessageId"]
    assert dead["MessageAttributes"] == attributes
    assert dead["Attributes"]["SentTimestamp"] == sent_timestamp
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == make_queue.arn(url)
    advance_clock(3600)
    assert receive(sqs, url) == []


def test_a_dead_letter_wakes_who_waits_on_the_dead_letter_queue(sqs, make_queue, parked_receive):
    dead_letters = make_queue()
    url = make_queue(VisibilityTimeout=0, RedrivePolicy=redrive(make_queue, dead_letters, 1))
    sent = send(sqs, url)
    assert len(receive(sqs, url)) == 1
    waiting = parked_receive(dead_letters)
    assert receive(sqs, url) == []
    assert [m["MessageId"] for m in waiting()] == [sent["MessageId"]]


def test_a_dead_letter_expires_by_its_original_time(sqs, make_queue, advance_clock):
    dead_letters = make_queue(MessageRetentionPeriod=3600)
    url = make_queue(VisibilityTimeout=0, RedrivePolicy=redrive(make_queue, dead_letters, 1))
    send(sqs, url)
    advance_clock(3000)
    receive(sqs, url)
    receive(sqs, url)
    assert attributes_of(sqs, dead_letters, "ApproximateNumberOfMessages") == {
        "ApproximateNumberOfMessages": "1"
    }
    advance_clock(540)
    assert len(receive(sqs, dead_letters, VisibilityTimeout=0)) == 1
    advance_clock(60.1)
    assert receive(sqs, dead_letters) == []


def test_a_good_message_is_not_held_up_by_a_poisonous_one(sqs, make_queue):
    dead_letters = make_queue()
    url = make_queue(VisibilityTimeout=0, RedrivePolicy=redrive(make_queue, dead_letters, 1))
    send(sqs, url, "poison")
    receive(sqs, url)
    send(sqs, url, "good")
    assert [m["Body"] for m in receive(sqs, url)] == ["good"]
    assert [m["Body"] for m in receive(sqs, dead_letters)] == ["poison"]


def test_a_queue_that_is_its_own_dead_letter_queue_returns_its_messages(sqs, make_queue):
    url = make_queue(VisibilityTimeout=0)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive(make_queue, url, 1)})
    sent = send(sqs, url)
    for _ in range(3):
        assert [m["MessageId"] for m in receive(sqs, url)] == [sent["MessageId"]]


@pytest.mark.parametrize("count", [0, 1001])
def test_max_receive_count_must_be_between_one_and_a_thousand(sqs, make_queue, unique, refused, count):
    policy = redrive(make_queue, make_queue(), count)
    error = refused(sqs.create_queue, QueueName=unique("bad"), Attributes={"RedrivePolicy": policy})
    assert error["code"] == "InvalidParameterValue"
    assert "maxReceiveCount" in error["message"]


def test_a_dead_letter_queue_must_exist(sqs, unique, refused):
    target = f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere-to-be-found"
    policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 3})
    error = refused(sqs.create_queue, QueueName=unique("bad"), Attributes={"RedrivePolicy": policy})
    assert error["status"] == 400
    assert error["code"] in ("InvalidParameterValue", "AWS.SimpleQueueService.NonExistentQueue")


def test_a_redrive_policy_is_shown_in_one_form(sqs, make_queue):
    target = make_queue.arn(make_queue())
    url = make_queue(RedrivePolicy=json.dumps({"maxReceiveCount": "3", "deadLetterTargetArn": target}, indent=2))
    assert attributes_of(sqs, url, "RedrivePolicy") == {
        "RedrivePolicy": f'{{"deadLetterTargetArn":"{target}","maxReceiveCount":3}}'
    }


@pytest.mark.parametrize(
    "policy, reason",
    [
        ("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
        (
            '{"maxReceiveCount": 3}',
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
        ),
        (
            '{"maxReceiveCount": 3, "deadLetterTargetArn": "dummy"}',
            "Invalid value for deadLetterTargetArn.",
        ),
        (
            '{"maxReceiveCount": 3, "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:q", "more": 1}',
            "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].",
        ),
    ],
)
def test_a_redrive_policy_of_another_form_is_refused(sqs, unique, refused, policy, reason):
    error = refused(sqs.create_queue, QueueName=unique("bad"), Attributes={"RedrivePolicy": policy})
    assert (error["code"], error["message"]) == (
        "InvalidParameterValue",
        f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}",
    )


@pytest.mark.parametrize("elsewhere", [{"aws_access_key_id": "123456789012"}, {"region_name": "eu-west-1"}])
def test_a_dead_letter_queue_must_be_in_the_same_account_and_region(client, sqs, unique, refused, elsewhere):
    there = client("sqs", **elsewhere)
    url = there.create_queue(QueueName=unique("dead"))["QueueUrl"]
    policy = json.dumps(
        {"deadLetterTargetArn": attributes_of(there, url, "QueueArn")["QueueArn"], "maxReceiveCount": 1}
    )
    error = refused(sqs.create_queue, QueueName=unique("bad"), Attributes={"RedrivePolicy": policy})
    assert error["code"] == "InvalidParameterValue"
    assert "as the source." in error["message"]


@pytest.mark.parametrize(
    "policy",
    [
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "byQueue", "sourceQueueArns": []},
        {"redrivePermission": "byQueue", "sourceQueueArns": ["dummy"]},
        {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:us-east-1:000000000000:q"] * 11},
        {"redrivePermission": "allowAll", "sourceQueueArns": ["arn:aws:sqs:us-east-1:000000000000:q"]},
        {"redrivePermission": "allowAll", "unknown": "x" * 8192},
    ],
)
def test_a_redrive_allow_policy_names_its_sources_or_none(sqs, make_queue, refused, policy):
    error = refused(
        sqs.set_queue_attributes,
        QueueUrl=make_queue(),
        Attributes={"RedriveAllowPolicy": json.dumps(policy)},
    )
    assert error["status"] == 400
    assert "RedriveAllowPolicy" in error["message"]


def test_a_redrive_allow_policy_binds(sqs, make_queue, refused):
    def allow(permission, *sources):
        named = {"sourceQueueArns": list(sources)} if sources else {}
        policy = json.dumps({"redrivePermission": permission, **named})
        sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"RedriveAllowPolicy": policy})

    dead_letters, url = make_queue(), make_queue()
    attributes = {"RedrivePolicy": redrive(make_queue, dead_letters)}
    for permission, sources in [("denyAll", []), ("byQueue", [make_queue.arn(dead_letters)])]:
        allow(permission, *sources)
        error = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)
        assert error["code"] == "InvalidParameterValue"
    for permission, sources in [("byQueue", [make_queue.arn(url)] + [make_queue.arn(dead_letters)] * 9), ("allowAll", [])]:
        allow(permission, *sources)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_a_redrive_allow_policy_binds_when_a_message_is_to_move(sqs, make_queue):
    dead_letters = make_queue()
    url = make_queue(RedrivePolicy=redrive(make_queue, dead_letters, 1), VisibilityTimeout=0)
    sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"RedriveAllowPolicy": '{"redrivePermission": "denyAll"}'})
    send(sqs, url, "stays")
    for _ in range(3):
        assert [message["Body"] for message in receive(sqs, url)] == ["stays"]
    assert receive(sqs, dead_letters) == []
    sqs.set_queue_attributes(QueueUrl=dead_letters, Attributes={"RedriveAllowPolicy": '{"redrivePermission": "allowAll"}'})
    assert receive(sqs, url) == []
    assert [message["Body"] for message in receive(sqs, dead_letters)] == ["stays"]


# --- Policies ----------------------------------------------------------------------------------


def policy(effect, principal, action, resource, **more):
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_deny_in_the_queues_policy_binds_even_the_administrator(sqs, make_queue, refused):
    url = make_queue()
    arn = make_queue.arn(url)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy("Deny", "*", "sqs:SendMessage", arn)})
    error = refused(send, sqs=sqs, url=url)
    assert (error["code"], error["status"]) == ("AccessDenied", 403)
    assert "is not authorized to perform: sqs:sendmessage on resource: " + arn.lower() in error["message"].lower()
    assert "explicit deny in a resource-based policy" in error["message"]
    assert receive(sqs, url) == []  # without a denial it is delivered
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    send(sqs, url)
    assert "Policy" not in attributes_of(sqs, url)


def test_another_account_may_send_only_when_the_queues_policy_says_so(sqs, client, make_queue, refused):
    url = make_queue()
    stranger = client("sqs", aws_access_key_id="123456789012")
    error = refused(send, sqs=stranger, url=url)
    assert error["code"] in ("AccessDenied", "AWS.SimpleQueueService.NonExistentQueue")
    allow = policy("Allow", {"AWS": "123456789012"}, "sqs:SendMessage", make_queue.arn(url))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allow})
    send(stranger, url, "from abroad")
    assert refused(receive, sqs=stranger, url=url)["code"] in (
        "AccessDenied",
        "AWS.SimpleQueueService.NonExistentQueue",
    )
    [message] = receive(sqs, url)
    assert message["Body"] == "from abroad"


def test_a_queues_policy_is_answered_as_it_was_written(sqs, make_queue):
    url = make_queue()
    text = policy("Allow", {"AWS": "123456789012"}, "sqs:SendMessage", make_queue.arn(url))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})
    assert json.loads(attributes_of(sqs, url, "Policy")["Policy"]) == json.loads(text)


def permit(sqs, url, label="label", accounts=("123456789012",), actions=("SendMessage",)):
    sqs.add_permission(QueueUrl=url, Label=label, AWSAccountIds=list(accounts), Actions=list(actions))


def policy_of(sqs, url):
    return json.loads(attributes_of(sqs, url, "Policy")["Policy"])


def test_a_permission_is_a_statement_of_the_queues_policy_until_it_is_removed(sqs, client, make_queue, refused):
    url = make_queue()
    stranger = client("sqs", aws_access_key_id="123456789012")
    permit(sqs, url)
    permit(sqs, url, "other", ["111111111111", "222222222222"], ["ReceiveMessage", "DeleteMessage"])
    assert policy_of(sqs, url) == {
        "Version": "2008-10-17",
        "Id": make_queue.arn(url) + "/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "label",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "SQS:SendMessage",
                "Resource": make_queue.arn(url),
            },
            {
                "Sid": "other",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
                "Action": ["SQS:ReceiveMessage", "SQS:DeleteMessage"],
                "Resource": make_queue.arn(url),
            },
        ],
    }
    send(stranger, url)
    error = refused(permit, sqs=sqs, url=url)
    assert error["message"] == "Value label for parameter Label is invalid. Reason: Already exists."
    sqs.remove_permission(QueueUrl=url, Label="label")
    refused(send, sqs=stranger, url=url)
    sqs.remove_permission(QueueUrl=url, Label="other")
    assert "Policy" not in attributes_of(sqs, url)
    error = refused(sqs.remove_permission, QueueUrl=url, Label="other")
    assert error["message"] == "Value other for parameter Label is invalid. Reason: can't find label."


def test_a_permission_leaves_the_rest_of_the_policy_as_it_is(sqs, make_queue):
    url = make_queue()
    own = {"Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": make_queue.arn(url)}
    written = {"Version": "2012-10-17", "Statement": own}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(written)})
    permit(sqs, url)
    changed = policy_of(sqs, url)
    assert changed["Version"] == "2012-10-17" and "Id" not in changed
    assert changed["Statement"][0] == own
    assert [statement.get("Sid") for statement in changed["Statement"]] == [None, "label"]


@pytest.mark.parametrize(
    "arguments, code",
    [
        ({"actions": ["DeleteQueue"]}, "InvalidParameterValue"),
        ({"actions": []}, "MissingParameter"),
        ({"actions": ["SendMessage"] * 8}, "OverLimit"),
        ({"accounts": ["somebody"]}, "InvalidParameterValue"),
        ({"accounts": []}, "InvalidParameterValue"),
        ({"accounts": ["123456789012"] * 51}, "OverLimit"),
        ({"label": "with space"}, "InvalidParameterValue"),
        ({"label": "x" * 81}, "InvalidParameterValue"),
    ],
)
def test_a_permission_outside_the_rules_is_refused(sqs, make_queue, refused, arguments, code):
    url = make_queue()
    assert refused(permit, sqs=sqs, url=url, **arguments)["code"] == code
    assert "Policy" not in attributes_of(sqs, url)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"actions": ["DeleteQueue"]},
            "Value SQS:DeleteQueue for parameter ActionName is invalid. "
            "Reason: Only the queue owner is allowed to invoke this action.",
        ),
        (
            {"actions": ["SendMessageBatch"]},
            "Value SQS:SendMessageBatch for parameter ActionName is invalid. "
            "Reason: Please refer to the appropriate WSDL for a list of valid actions.",
        ),
        (
            {"actions": ["Sing"]},
            "Value SQS:Sing for parameter ActionName is invalid. "
            "Reason: Please refer to the appropriate WSDL for a list of valid actions.",
        ),
        ({"accounts": ["*"]}, "Value [*] for parameter PrincipalId is invalid. Reason: Unable to verify."),
        ({"accounts": []}, "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify."),
    ],
)
def test_a_refused_permission_says_what_is_wrong_with_it(sqs, make_queue, refused, arguments, message):
    assert refused(permit, sqs=sqs, url=make_queue(), **arguments)["message"] == message


def statement(**more):
    return {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*", **more}


def policy_with(what, count):
    if what == "size":
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement(Sid="")]})
        return text.replace('"Sid": ""', f'"Sid": "{"x" * (count - len(text))}"')
    statements = {
        "actions": [statement(Action=["sqs:SendMessage"] * count)],
        "statements": [statement(Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}})] * count,
        "principals": [statement(Principal={"AWS": ["123456789012"] * (count - 1)}), statement()],
        "conditions": [statement(Condition={"StringEquals": {f"aws:PrincipalTag/{i}": "x" for i in range(count - 1)},
                                            "Bool": {"aws:SecureTransport": "true"}})],
    }[what]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(
    "what, most, sentence",
    [
        ("size", 8192, "Submitted policy is over max allowed size."),
        ("actions", 7, "8 actions were found in a statement from the submitted policy, max allowed is 7"),
        ("statements", 20, "21 statements were found in the submitted policy, max allowed is 20"),
        ("principals", 50, "51 principals were found in the submitted policy, max allowed is 50"),
        ("conditions", 10, "11 conditions were found in a statement from the submitted policy, max allowed is 10"),
    ],
)
def test_a_queues_policy_has_quotas(sqs, make_queue, unique, refused, what, most, sentence):
    url = make_queue(Policy=policy_with(what, most))
    for ask in (lambda attributes: refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes),
                lambda attributes: refused(sqs.create_queue, QueueName=unique("more"), Attributes=attributes)):
        error = ask({"Policy": policy_with(what, most + 1)})
        assert (error["status"], error["code"], error["message"]) == (403, "OverLimit", sentence)
    assert attributes_of(sqs, url, "Policy")["Policy"] == policy_with(what, most)


def test_each_statement_of_a_policy_has_one_resource(sqs, make_queue, unique, refused):
    arn = "arn:aws:sqs:us-east-1:000000000000:"
    one, other = statement(Resource=[arn + "a"]), statement(Resource=arn + "b")
    accepted, many = (json.dumps({"Version": "2012-10-17", "Statement": statements}) for statements in (
        [one, other], [one, statement(Resource=[arn + "a", arn + "b"])]))
    url = make_queue(Policy=accepted)
    for call, where in ((sqs.set_queue_attributes, {"QueueUrl": url}), (sqs.create_queue, {"QueueName": unique("many")})):
        error = refused(call, **where, Attributes={"Policy": many})
        assert (error["status"], error["code"], error["message"]) == (
            400, "InvalidAttributeValue", "Invalid value for the parameter Policy.")
    assert attributes_of(sqs, url, "Policy")["Policy"] == accepted


def test_the_size_of_a_policy_is_checked_before_its_text(sqs, make_queue, refused):
    url = make_queue()
    for size, code in [(8192, "InvalidAttributeValue"), (8193, "OverLimit")]:
        assert refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": "[" * size})["code"] == code


def test_a_permission_that_is_one_too_many_leaves_the_policy_as_it_is(sqs, make_queue, refused):
    url = make_queue()
    for i in range(20):
        permit(sqs, url, f"label-{i}")
    error = refused(permit, sqs=sqs, url=url, label="label-20")
    assert (error["code"], error["message"]) == ("OverLimit", "21 statements were found in the submitted policy, max allowed is 20")
    assert [one["Sid"] for one in policy_of(sqs, url)["Statement"]] == [f"label-{i}" for i in range(20)]


# --- Tags --------------------------------------------------------------------------------------


def test_a_queue_has_the_tags_it_is_given(sqs, unique, refused):
    url = sqs.create_queue(QueueName=unique(), tags={"team": "orders", "empty": ""})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"team": "shop", "größe": "ü" * 256})
    sqs.untag_queue(QueueUrl=url, TagKeys=["empty", "never"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "shop", "größe": "ü" * 256}
    many = {f"k{i}": "v" for i in range(49)}
    error = refused(sqs.tag_queue, QueueUrl=url, Tags=many)
    assert error["message"] == f"Too many tags added for queue {unique()}."
    assert len(sqs.list_queue_tags(QueueUrl=url)["Tags"]) == 2


@pytest.mark.parametrize(
    "tags, message",
    [
        ({"": "v"}, "Tag keys must be between 1 and 128 characters in length."),
        ({"k" * 129: "v"}, "Tag keys must be between 1 and 128 characters in length."),
        ({"k": "v" * 257}, "Tag values must be between 0 and 256 characters in length."),
    ],
)
def test_a_tag_outside_the_rules_is_refused(sqs, make_queue, refused, tags, message):
    url = make_queue()
    error = refused(sqs.tag_queue, QueueUrl=url, Tags=tags)
    assert (error["code"], error["message"]) == ("InvalidParameterValue", message)
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)


def test_no_tags_at_all_are_refused(sqs, make_queue, refused):
    url = make_queue()
    error = refused(sqs.tag_queue, QueueUrl=url, Tags={})
    assert (error["code"], error["message"]) == (
        "MissingParameter",
        "The request must contain the parameter Tags.",
    )
    refused(sqs.untag_queue, QueueUrl=url, TagKeys=[])


# --- Replies -----------------------------------------------------------------------------------


def test_every_reply_has_a_request_id_of_its_own(sqs, make_queue):
    url = make_queue()
    ids = {send(sqs, url)["ResponseMetadata"]["RequestId"] for _ in range(3)}
    assert len(ids) == 3 and "" not in ids


def test_a_wrong_signature_is_refused(client, refused, unique):
    iam = client("iam")
    iam.create_user(UserName=unique("u"))
    key = iam.create_access_key(UserName=unique("u"))["AccessKey"]
    liar = client("sqs", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key="not the secret")
    error = refused(liar.list_queues)
    assert error["status"] == 403
    assert error["code"] in ("SignatureDoesNotMatch", "InvalidSignatureException")
