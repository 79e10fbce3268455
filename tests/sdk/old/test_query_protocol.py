"""SQS in the Query protocol, as SDKs older than November 2023 speak it (requirements.txt)."""

import pytest


@pytest.fixture
def sqs(client):
    return client("sqs")


def test_this_sdk_speaks_the_query_protocol(sqs):
    assert sqs.meta.service_model.metadata["protocol"] == "query"


def test_requests_are_forms_and_replies_are_xml(sqs, make_queue):
    seen = []
    url = make_queue()
    sqs.meta.events.register(
        "before-send.sqs.SendMessage", lambda request, **_: seen.append((request.url, request.body))
    )
    sqs.meta.events.register(
        "response-received.sqs.SendMessage", lambda response_dict, **_: seen.append(response_dict["headers"]["content-type"])
    )
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (_, body), content_type = seen
    assert "Action=SendMessage" in (body if isinstance(body, str) else body.decode())
    assert content_type.startswith("text/xml")


def test_bodies_that_xml_must_escape_come_back_as_they_were(sqs, make_queue):
    url = make_queue()
    body = "<a href=\"x\">&amp; it's]]></a>\r\n\ttab é 漢字 𝄞 \x85\u2028"
    sqs.send_message(QueueUrl=url, MessageBody=body)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == body


def test_maps_and_lists_are_flattened_both_ways(sqs, make_queue):
    url = make_queue(VisibilityTimeout=7, DelaySeconds=0)
    attributes = {f"name-{i}": {"DataType": "String", "StringValue": str(i)} for i in range(10)}
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"] == attributes
    asked = ["VisibilityTimeout", "QueueArn"]
    assert set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]) == set(asked)


def test_an_error_has_its_query_code_and_a_request_id(sqs, refused):
    error = refused(sqs.get_queue_url, QueueName="nowhere-to-be-found")
    assert error["code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert error["reply"]["Error"]["Type"] == "Sender"
    assert error["reply"]["ResponseMetadata"]["RequestId"]


def test_a_receive_of_nothing_answers_no_messages(sqs, make_queue):
    assert "Messages" not in sqs.receive_message(QueueUrl=make_queue())
