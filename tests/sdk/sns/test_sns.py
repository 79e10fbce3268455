"""SNS as boto3 sees it, and the messages that it leaves on subscribed queues."""

import base64
import datetime
import json
import re
import urllib.error
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from deliveries import the_message
from orderly_fixtures import ACCOUNT

# --- Topics ------------------------------------------------------------------------------------


def test_creating_a_topic_twice_answers_the_same_arn(sns, unique):
    first = sns.create_topic(Name=unique())["TopicArn"]
    assert first == f"arn:aws:sns:us-east-1:{ACCOUNT}:{unique()}"
    assert sns.create_topic(Name=unique())["TopicArn"] == first


def test_creating_a_topic_again_with_its_own_attributes_and_tags_answers_the_same_arn(sns, unique):
    whole = {"Attributes": {"DisplayName": "Orders", "SignatureVersion": "2"}, "Tags": [{"Key": "a", "Value": "1"}]}
    first = sns.create_topic(Name=unique(), **whole)["TopicArn"]
    assert sns.create_topic(Name=unique(), **whole)["TopicArn"] == first
    assert sns.create_topic(Name=unique(), Attributes={"DisplayName": "Orders"})["TopicArn"] == first
    assert sns.create_topic(Name=unique(), Attributes={"SignatureVersion": "2"})["TopicArn"] == first


@pytest.mark.parametrize(
    "attributes", [{"DisplayName": "Other"}, {"SignatureVersion": "1"}, {"TracingConfig": "Active"}, {"Policy": "{}"}]
)
def test_creating_a_topic_again_with_other_attributes_is_refused(sns, unique, refused, attributes):
    sns.create_topic(Name=unique(), Attributes={"DisplayName": "Orders", "SignatureVersion": "2"})
    error = refused(sns.create_topic, Name=unique(), Attributes=attributes)
    assert (error["code"], error["message"]) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )


@pytest.mark.parametrize("tags", [{"a": "2"}, {"b": "1"}])
def test_creating_a_topic_again_with_other_tags_is_refused(sns, unique, refused, tags):
    sns.create_topic(Name=unique(), Tags=[{"Key": "a", "Value": "1"}])
    error = refused(sns.create_topic, Name=unique(), Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    assert (error["code"], error["message"]) == (
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )


def data_protection(name):
    operation = {"Deny": {}}
    statement = {"Sid": "s", "DataDirection": "Inbound", "Principal": ["*"], "Operation": operation,
                 "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]}
    return json.dumps({"Name": name, "Version": "2021-06-01", "Statement": [statement]})


def test_creating_a_topic_again_with_another_data_protection_policy_is_refused(sns, unique, refused):
    topic = sns.create_topic(Name=unique(), DataProtectionPolicy=data_protection("a"))["TopicArn"]
    for same in ({}, {"DataProtectionPolicy": ""}, {"DataProtectionPolicy": data_protection("a")}):
        assert sns.create_topic(Name=unique(), **same)["TopicArn"] == topic
    error = refused(sns.create_topic, Name=unique(), DataProtectionPolicy=data_protection("b"))
    assert (error["code"], error["message"]) == (
        "InvalidParameter", "Invalid parameter: DataProtectionPolicy Reason: Topic already exists with a different policy")


@pytest.mark.parametrize("version", [None, "1", "2"])
def test_a_topic_shows_all_its_attributes_and_no_others(sns, make_topic, version):
    given = {"DisplayName": "Orders", "TracingConfig": "PassThrough", "KmsMasterKeyId": "alias/aws/sns"}
    if version:
        given["SignatureVersion"] = version
    arn = make_topic(**given)
    shown = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert json.loads(shown.pop("Policy"))["Id"] == "__default_policy_ID"
    assert json.loads(shown.pop("EffectiveDeliveryPolicy"))["http"]["disableSubscriptionOverrides"] is False
    assert shown == {
        "TopicArn": arn,
        "Owner": ACCOUNT,
        "DisplayName": "Orders",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
        "KmsMasterKeyId": "alias/aws/sns",
        "TracingConfig": "PassThrough",
        **({"SignatureVersion": "2"} if version == "2" else {}),
    }


@pytest.mark.parametrize("name", ["", "with space", "dotted.name", "x" * 257])
def test_a_topic_name_outside_the_rules_is_refused(sns, refused, name):
    error = refused(sns.create_topic, Name=name)
    assert (error["code"], error["status"]) == ("InvalidParameter", 400)
    assert error["message"] == "Invalid parameter: Topic Name"


def test_a_topics_attributes_can_be_read_and_set(sns, make_topic):
    arn = make_topic(DisplayName="Orders")
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["TopicArn"] == arn
    assert attributes["Owner"] == ACCOUNT
    assert attributes["DisplayName"] == "Orders"
    assert attributes["SubscriptionsConfirmed"] == "0"
    statement = json.loads(attributes["Policy"])["Statement"][0]
    assert statement["Resource"] == arn
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    assert "http" in json.loads(attributes["EffectiveDeliveryPolicy"])
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Other")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "Other"


def test_a_display_name_has_a_hundred_characters_at_most(sns, make_topic, refused):
    arn = make_topic(DisplayName="é" * 100)
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "é" * 100
    change = {"TopicArn": arn, "AttributeName": "DisplayName", "AttributeValue": "é" * 101}
    assert refused(sns.set_topic_attributes, **change)["message"] == "Invalid parameter: DisplayName"


def test_an_attribute_that_topics_do_not_have_is_refused(sns, make_topic, refused):
    error = refused(
        sns.set_topic_attributes, TopicArn=make_topic(), AttributeName="Colour", AttributeValue="red"
    )
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: AttributeName")


@pytest.mark.parametrize(
    "name, value",
    [("SignatureVersion", "3"), ("Policy", "not json"), ("Policy", '{"Statement": "none"}'), ("DisplayName", "x" * 101)],
)
def test_a_topics_attribute_with_a_value_it_cannot_have_is_refused(sns, make_topic, refused, name, value):
    error = refused(sns.set_topic_attributes, TopicArn=make_topic(), AttributeName=name, AttributeValue=value)
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid parameter: {name}")


def test_topics_are_listed(sns, make_topic):
    arn = make_topic()
    arns = [topic["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for topic in page["Topics"]]
    assert arn in arns


def test_more_than_a_hundred_topics_are_listed_in_pages(sns, unique):
    made = {sns.create_topic(Name=f"{unique()}-{i}")["TopicArn"] for i in range(101)}
    first = sns.list_topics()
    assert len(first["Topics"]) == 100 and first["NextToken"]
    listed = {t["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for t in page["Topics"]}
    assert made <= listed
    for arn in made:
        sns.delete_topic(TopicArn=arn)


def test_a_deleted_topic_is_gone_and_deleting_again_is_fine(sns, unique, refused):
    arn = sns.create_topic(Name=unique())["TopicArn"]
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)
    error = refused(sns.get_topic_attributes, TopicArn=arn)
    assert (error["code"], error["status"], error["message"]) == ("NotFound", 404, "Topic does not exist")
    assert refused(sns.publish, TopicArn=arn, Message="x")["code"] == "NotFound"


@pytest.mark.parametrize("arn, elements", [("", 1), ("nonsense", 1), ("arn:aws:sns", 3)])
def test_an_arn_with_too_few_elements_is_refused(sns, refused, arn, elements):
    reason = f"Reason: An ARN must have at least 6 elements, not {elements}"
    error = refused(sns.publish, TopicArn=arn, Message="x")
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid parameter: TopicArn {reason}")
    error = refused(sns.unsubscribe, SubscriptionArn=arn)
    assert error["message"] == f"Invalid parameter: SubscriptionArn {reason}"


def test_the_arn_of_a_topic_is_none_of_a_subscription(sns, refused):
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:nonexistent"
    change = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    for call, more in ((sns.unsubscribe, {}), (sns.get_subscription_attributes, {}), (sns.set_subscription_attributes, change)):
        error = refused(call, SubscriptionArn=arn, **more)
        assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: SubscriptionId")


def test_a_topic_is_reached_through_its_own_region(client, subscribed, refused):
    topic, _, subscription = subscribed()
    elsewhere = client("sns", region_name="eu-west-1")
    for call in (elsewhere.get_topic_attributes, elsewhere.list_subscriptions_by_topic):
        error = refused(call, TopicArn=topic)
        assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: TopicArn")
    error = refused(elsewhere.publish, TopicArn=topic, Message="x")
    assert error["message"] == "Invalid parameter: TopicArn"
    error = refused(elsewhere.get_subscription_attributes, SubscriptionArn=subscription)
    assert error["message"] == "Invalid parameter: SubscriptionArn"


def test_a_topic_has_the_tags_it_is_given(sns, make_topic, refused):
    def tags(**values):
        return [{"Key": key, "Value": value} for key, value in values.items()]

    topic = make_topic()
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == []
    sns.tag_resource(ResourceArn=topic, Tags=tags(team="orders", stage="test"))
    sns.tag_resource(ResourceArn=topic, Tags=tags(team="shop"))
    sns.untag_resource(ResourceArn=topic, TagKeys=["stage"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == tags(team="shop")
    error = refused(sns.tag_resource, ResourceArn=topic, Tags=tags(a="1") + tags(a="2"))
    assert (error["code"], error["message"]) == (
        "InvalidParameter",
        "Invalid parameter: Duplicated keys are not allowed.",
    )
    many = tags(**{f"k{i}": "v" for i in range(50)})
    assert refused(sns.tag_resource, ResourceArn=topic, Tags=many)["code"] == "TagLimitExceeded"
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == tags(team="shop")
    sns.tag_resource(ResourceArn=topic, Tags=many[:49])
    assert len(sns.list_tags_for_resource(ResourceArn=topic)["Tags"]) == 50
    assert refused(sns.tag_resource, ResourceArn=topic, Tags=many[49:])["code"] == "TagLimitExceeded"
    assert len(sns.list_tags_for_resource(ResourceArn=topic)["Tags"]) == 50


def test_creating_a_topic_again_with_tags_it_does_not_have_is_refused(sns, unique, refused):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    arns = {sns.create_topic(Name=unique(), Tags=some)["TopicArn"] for some in (tags, tags, tags[:1], [])}
    assert len(arns) == 1
    for other in ([{"Key": "a", "Value": "2"}], [{"Key": "c", "Value": "3"}]):
        error = refused(sns.create_topic, Name=unique(), Tags=other)
        assert (error["code"], error["message"]) == (
            "InvalidParameter",
            "Invalid parameter: Tags Reason: Topic already exists with different tags",
        )


# --- Subscriptions -----------------------------------------------------------------------------


def test_a_queue_in_the_same_account_is_subscribed_without_confirmation(sns, make_queue, subscribed):
    topic, queue, subscription = subscribed()
    assert re.fullmatch(re.escape(topic) + r":[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", subscription)
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["SubscriptionArn"] == subscription
    assert attributes["TopicArn"] == topic
    assert attributes["Protocol"] == "sqs"
    assert attributes["Endpoint"] == make_queue.arn(queue)
    assert attributes["Owner"] == ACCOUNT
    assert attributes["SubscriptionPrincipal"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert attributes["PendingConfirmation"] == "false"
    assert attributes["ConfirmationWasAuthenticated"] == "true"
    assert attributes["RawMessageDelivery"] == "false"
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"


def test_subscribing_again_answers_the_same_subscription(sns, make_queue, subscribed):
    topic, queue, subscription = subscribed()
    again = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
    assert again["SubscriptionArn"] == subscription


def test_subscriptions_are_listed_by_topic_and_all(sns, make_queue, subscribed):
    topic, queue, subscription = subscribed()
    expected = {
        "SubscriptionArn": subscription,
        "Owner": ACCOUNT,
        "Protocol": "sqs",
        "Endpoint": make_queue.arn(queue),
        "TopicArn": topic,
    }
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [expected]
    pages = sns.get_paginator("list_subscriptions").paginate()
    assert expected in [one for page in pages for one in page["Subscriptions"]]


def test_a_missing_topic_cannot_be_subscribed_to(sns, make_queue, refused):
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:nowhere-to-be-found"
    error = refused(sns.subscribe, TopicArn=arn, Protocol="sqs", Endpoint=make_queue.arn(make_queue()))
    assert (error["code"], error["status"], error["message"]) == ("NotFound", 404, "Topic does not exist")
    assert refused(sns.list_subscriptions_by_topic, TopicArn=arn)["code"] == "NotFound"


@pytest.mark.parametrize(
    "protocol, target",
    [("pigeon", "arn:aws:sqs:us-east-1:000000000000:q"), ("sqs", "http://not-an-arn"), ("sqs", "")],
)
def test_a_protocol_or_endpoint_that_makes_no_sense_is_refused(sns, make_topic, refused, protocol, target):
    error = refused(sns.subscribe, TopicArn=make_topic(), Protocol=protocol, Endpoint=target)
    assert (error["code"], error["status"]) == ("InvalidParameter", 400)
    assert error["message"].startswith("Invalid parameter: ")


def test_a_subscription_is_listed_to_its_owner_wherever_the_topic_is(sns, client, make_topic, unique):
    topic, stranger = make_topic(), client("sns", aws_access_key_id="123456789012")
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Subscribe", "Resource": topic}
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    target = f"arn:aws:sqs:us-east-1:123456789012:{unique()}"
    stranger.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=target)

    def listed(caller):
        pages = caller.get_paginator("list_subscriptions").paginate()
        return [one["TopicArn"] for page in pages for one in page["Subscriptions"] if one["Endpoint"] == target]

    assert listed(stranger) == [topic]
    assert listed(sns) == []


def test_a_page_token_that_never_was_is_refused(sns, make_topic, refused):
    error = refused(sns.list_subscriptions, NextToken="nonsense")
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: NextToken")
    error = refused(sns.list_subscriptions_by_topic, TopicArn=make_topic(), NextToken="nonsense")
    assert error["message"] == "Invalid parameter: NextToken"


def test_a_protocol_that_does_not_exist_is_named(sns, make_topic, refused):
    error = refused(sns.subscribe, TopicArn=make_topic(), Protocol="pigeon", Endpoint="coop")
    assert error["message"] == "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"


def test_a_subscriptions_attribute_outside_the_rules_is_refused(sns, make_queue, subscribed, refused):
    topic, queue, subscription = subscribed()

    def fault(name, value):
        change = {"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value}
        error = refused(sns.set_subscription_attributes, **change)
        assert (error["code"], error["status"]) == ("InvalidParameter", 400)
        return error["message"]

    assert fault("Colour", "red") == "Invalid parameter: AttributeName"
    wrong = "RawMessageDelivery: Invalid value [maybe]. Must be true or false."
    assert fault("RawMessageDelivery", "maybe") == f"Invalid parameter: {wrong}"
    ours = "Orderly does not support SubscriptionRoleArn yet; see docs/compatibility.md."
    assert fault("SubscriptionRoleArn", "x") == f"Invalid parameter: AttributeName Reason: {ours}"
    new = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": make_queue.arn(make_queue())}
    error = refused(sns.subscribe, **new, Attributes={"RawMessageDelivery": "maybe"})
    assert error["message"] == f"Invalid parameter: Attributes Reason: {wrong}"


def test_an_unsubscribed_queue_gets_no_more(sns, subscribed, drain, refused):
    topic, queue, subscription = subscribed()
    sns.publish(TopicArn=topic, Message="before")
    sns.unsubscribe(SubscriptionArn=subscription)
    sns.publish(TopicArn=topic, Message="after")
    assert [json.loads(m["Body"])["Message"] for m in drain(queue)] == ["before"]
    error = refused(sns.get_subscription_attributes, SubscriptionArn=subscription)
    assert (error["code"], error["message"]) == ("NotFound", "Subscription does not exist")
    sns.unsubscribe(SubscriptionArn=subscription)


# --- Publishing --------------------------------------------------------------------------------


def test_the_envelope_holds_what_aws_puts_there_in_its_order(sns, sqs, subscribed):
    topic, queue, subscription = subscribed()
    published = sns.publish(TopicArn=topic, Message='{"orderId": "O1234"}', Subject="An order")
    body = the_message(sqs, queue)["Body"]
    envelope = json.loads(body)
    assert list(envelope) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
    ]
    assert envelope["Type"] == "Notification"
    assert envelope["MessageId"] == published["MessageId"]
    assert envelope["TopicArn"] == topic
    assert envelope["Subject"] == "An order"
    assert envelope["Message"] == '{"orderId": "O1234"}'
    assert envelope["SignatureVersion"] == "1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", envelope["Timestamp"])
    assert subscription in envelope["UnsubscribeURL"]


def followed(url, method="GET"):
    """The status and the body of the reply to an unsigned request."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_a_queues_subscription_does_not_end_by_its_unsigned_url(sns, sqs, subscribed):
    topic, queue, subscription = subscribed()
    sns.publish(TopicArn=topic, Message="x")
    url = json.loads(the_message(sqs, queue)["Body"])["UnsubscribeURL"]
    everything = {"Effect": "Allow", "Principal": "*", "Action": "SNS:*", "Resource": topic}
    for policy in (None, json.dumps({"Version": "2012-10-17", "Statement": [everything]})):
        if policy:
            sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        status, body = followed(url)
        assert status == 403 and "<Code>AuthorizationError</Code>" in body
        assert "User: anonymous is not authorized to perform: SNS:Unsubscribe on resource: " in body
    assert sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]["TopicArn"] == topic


def test_only_a_get_of_an_operation_for_it_may_be_unsigned(endpoint, subscribed):
    _, _, subscription = subscribed()
    for url, method in (
        (f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription}&Version=2010-03-31", "POST"),
        (f"{endpoint}/?Action=ListTopics&Version=2010-03-31", "GET"),
    ):
        status, body = followed(url, method)
        assert status == 403 and "<Code>MissingAuthenticationToken</Code>" in body


def test_characters_that_queues_refuse_are_escaped_in_the_envelope(sns, sqs, subscribed, drain):
    topic, queue, subscription = subscribed()
    value = {"DataType": "String", "StringValue": "\uffff"}
    sns.publish(TopicArn=topic, Message="a\ufffeb\uffffc\ufffd", MessageAttributes={"k": value})
    [message] = drain(queue)
    envelope = json.loads(message["Body"])
    assert envelope["Message"] == "a\ufffeb\uffffc\ufffd"
    assert envelope["UnsubscribeURL"].endswith(f"SubscriptionArn={subscription}")
    assert envelope["MessageAttributes"] == {"k": {"Type": "String", "Value": "\uffff"}}


def test_message_attributes_stand_at_the_envelopes_end(sns, sqs, subscribed):
    topic, queue, _ = subscribed()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "new"},
        "count": {"DataType": "Number", "StringValue": "3"},
        "list": {"DataType": "String.Array", "StringValue": '["a", "b"]'},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
    }
    sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    message = the_message(sqs, queue)
    envelope = json.loads(message["Body"])
    assert list(envelope)[-1] == "MessageAttributes" and "Subject" not in envelope
    assert envelope["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "new"},
        "count": {"Type": "Number", "Value": "3"},
        "list": {"Type": "String.Array", "Value": '["a", "b"]'},
        "bytes": {"Type": "Binary", "Value": base64.b64encode(b"\x00\x01\xff").decode()},
    }
    assert "MessageAttributes" not in message


def signed_text(envelope):
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    return "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope).encode()


@pytest.mark.parametrize("version, digest", [("1", hashes.SHA1), ("2", hashes.SHA256)])
@pytest.mark.parametrize("subject", [{}, {"Subject": "An order"}])
def test_the_signature_verifies_against_the_certificate_served(
    sns, sqs, subscribed, version, digest, subject
):
    topic, queue, _ = subscribed()
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version)
    sns.publish(TopicArn=topic, Message='é {"orderId": "O1234"}\n', **subject)
    envelope = json.loads(the_message(sqs, queue)["Body"])
    assert envelope["SignatureVersion"] == version
    assert envelope["SigningCertURL"].startswith("http") and envelope["SigningCertURL"].endswith(".pem")
    with urllib.request.urlopen(envelope["SigningCertURL"], timeout=60) as reply:
        certificate = x509.load_pem_x509_certificate(reply.read())
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime.days == 10 * 365 and certificate.not_valid_after_utc > datetime.datetime.now(datetime.timezone.utc)
    key = certificate.public_key()
    signature = base64.b64decode(envelope["Signature"])
    key.verify(signature, signed_text(envelope), padding.PKCS1v15(), digest())
    envelope["Message"] += "!"
    with pytest.raises(Exception):
        key.verify(signature, signed_text(envelope), padding.PKCS1v15(), digest())


def test_raw_delivery_makes_the_body_the_message_and_carries_the_attributes(sns, sqs, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    attributes = {
        "kind": {"DataType": "String", "StringValue": "new"},
        "count": {"DataType": "Number", "StringValue": "3"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
    }
    sns.publish(TopicArn=topic, Message="as it is", MessageAttributes=attributes)
    message = the_message(sqs, queue)
    assert message["Body"] == "as it is"
    assert message["MessageAttributes"] == attributes


def test_raw_delivery_can_be_switched_on_later(sns, sqs, subscribed):
    topic, queue, subscription = subscribed()
    sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["RawMessageDelivery"] == "true"
    sns.publish(TopicArn=topic, Message="raw")
    assert the_message(sqs, queue)["Body"] == "raw"


def test_a_raw_message_with_more_than_ten_attributes_is_not_delivered(sns, drain, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    many = {f"a{i}": {"DataType": "String", "StringValue": "x"} for i in range(11)}
    sns.publish(TopicArn=topic, Message="too many", MessageAttributes=many)
    sns.publish(TopicArn=topic, Message="fine")
    assert [m["Body"] for m in drain(queue)] == ["fine"]


def test_every_subscriber_gets_its_copy_with_the_same_message_id(sns, sqs, make_topic, make_queue, allow_topic):
    topic = make_topic()
    queues = [make_queue() for _ in range(3)]
    for queue in queues:
        allow_topic(queue, topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
    published = sns.publish(TopicArn=topic, Message="to all")["MessageId"]
    messages = [the_message(sqs, queue) for queue in queues]
    assert {json.loads(m["Body"])["MessageId"] for m in messages} == {published}
    assert len({m["MessageId"] for m in messages}) == 3
    assert all(m["MessageId"] != published for m in messages)


def test_a_queue_whose_policy_does_not_let_sns_in_gets_nothing(sns, make_topic, make_queue, drain, allow_topic):
    topic, other, queue = make_topic(), make_topic("other"), make_queue()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
    sns.publish(TopicArn=topic, Message="no policy")
    allow_topic(queue, other)
    sns.publish(TopicArn=topic, Message="the policy names another topic")
    allow_topic(queue, topic)
    sns.publish(TopicArn=topic, Message="allowed")
    assert [json.loads(m["Body"])["Message"] for m in drain(queue)] == ["allowed"]


def test_the_json_structure_chooses_the_message_by_protocol(sns, sqs, subscribed, refused):
    topic, queue, _ = subscribed()
    text = json.dumps({"default": "for all", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=text, MessageStructure="json")
    assert json.loads(the_message(sqs, queue)["Body"])["Message"] == "for queues"
    sns.publish(TopicArn=topic, Message='{"default": "for all"}', MessageStructure="json")
    assert json.loads(the_message(sqs, queue)["Body"])["Message"] == "for all"
    error = refused(sns.publish, TopicArn=topic, Message='{"sqs": "x"}', MessageStructure="json")
    assert error["code"] == "InvalidParameter"
    assert error["message"] == (
        "Invalid parameter: Message Structure - No default entry in JSON message body"
    )


def test_the_json_structure_names_no_key_twice(sns, make_topic, refused):
    error = refused(sns.publish, TopicArn=make_topic(), MessageStructure="json",
                    Message='{"default": "one", "sqs": "x", "default": "other"}')
    assert (error["code"], error["message"]) == (
        "InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse")


def test_an_empty_message_is_refused(sns, make_topic, refused):
    error = refused(sns.publish, TopicArn=make_topic(), Message="")
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: Empty message")


def test_a_message_longer_than_256_kib_is_refused(sns, make_topic, refused):
    topic = make_topic()
    sns.publish(TopicArn=topic, Message="x" * 262144)
    error = refused(sns.publish, TopicArn=topic, Message="x" * 262145)
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: Message too long")


@pytest.mark.parametrize("subject", ["", "x" * 101, "two\nlines"])
def test_a_subject_outside_the_rules_is_refused(sns, make_topic, refused, subject):
    error = refused(sns.publish, TopicArn=make_topic(), Message="x", Subject=subject)
    assert (error["code"], error["status"]) == ("InvalidParameter", 400)
    assert "Subject" in error["message"]


@pytest.mark.parametrize(
    "value, problem",
    [
        (
            {"DataType": "String", "StringValue": ""},
            "The message attribute 'n' must contain non-empty message attribute value for message attribute "
            "type 'String'.",
        ),
        (
            {"DataType": "Number", "BinaryValue": b"1"},
            "The message attribute 'n' with type 'Number' must use field 'String'.",
        ),
        (
            {"DataType": "Binary", "StringValue": "x"},
            "The message attribute 'n' with type 'Binary' must use field 'Binary'.",
        ),
        (
            {"DataType": "String", "StringValue": "x", "BinaryValue": b"y"},
            "The message attribute 'n' with type 'String' has multiple values.",
        ),
        *(
            (
                {"DataType": data_type, "StringValue": "1"},
                "The message attribute 'n' has an invalid message attribute type, the set of supported type "
                "prefixes is Binary, Number, and String.",
            )
            for data_type in ("String.", "Number.", "Strings")
        ),
        (
            {"DataType": "Colour", "StringValue": "x"},
            "The message attribute 'n' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String.",
        ),
        (
            {"DataType": "String." + "x" * 250, "StringValue": "x"},
            "Length of message attribute type must be less than 256 bytes.",
        ),
        ({"DataType": "Number", "StringValue": "twelve"}, "Could not cast message attribute 'n' value to number."),
        ({"DataType": "Number", "StringValue": "inf"}, "Could not cast message attribute 'n' value to number."),
    ],
)
def test_an_attributes_value_must_be_of_its_type(sns, make_topic, refused, value, problem):
    error = refused(sns.publish, TopicArn=make_topic(), Message="x", MessageAttributes={"n": value})
    assert (error["code"], error["status"]) == ("ParameterValueInvalid", 400)
    assert error["message"] == problem


def test_an_attributes_type_may_have_a_long_label(sns, make_topic):
    value = {"DataType": "String." + "x" * 249, "StringValue": "x"}
    assert sns.publish(TopicArn=make_topic(), Message="x", MessageAttributes={"n": value})["MessageId"]


@pytest.mark.parametrize(
    "name, problem",
    [
        ("n" * 257, "Length of message attribute name must be less than 256 bytes."),
        (".n", "Invalid message attribute name starting with character '.' was found."),
        ("n.", "Invalid message attribute name ending with character '.' was found."),
        ("n..n", "Message attribute name can not have successive '.' character."),
        (
            "n^n",
            "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only "
            "include alphanumeric characters, hyphens, underscores, or dots.",
        ),
        (
            "aws.n",
            "Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon.",
        ),
    ],
)
def test_an_attributes_name_outside_the_rules_is_refused(sns, make_topic, refused, name, problem):
    attributes = {name: {"DataType": "String", "StringValue": "x"}}
    error = refused(sns.publish, TopicArn=make_topic(), Message="x", MessageAttributes=attributes)
    assert (error["code"], error["message"]) == ("ParameterValueInvalid", problem)


# --- Batches -----------------------------------------------------------------------------------


def test_a_batch_publishes_each_entry(sns, subscribed, drain):
    topic, queue, _ = subscribed()
    entries = [{"Id": f"e{i}", "Message": f"m{i}", "Subject": f"s{i}"} for i in range(10)]
    reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert reply["Failed"] == []
    published = {entry["Id"]: entry["MessageId"] for entry in reply["Successful"]}
    envelopes = {json.loads(m["Body"])["Message"]: json.loads(m["Body"]) for m in drain(queue)}
    assert sorted(envelopes) == sorted(f"m{i}" for i in range(10))
    for i in range(10):
        assert envelopes[f"m{i}"]["MessageId"] == published[f"e{i}"]
        assert envelopes[f"m{i}"]["Subject"] == f"s{i}"


@pytest.mark.parametrize(
    "bad, code",
    [
        ({"Message": "{}", "MessageStructure": "json"}, "InvalidParameter"),
        (
            {"Message": "x", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "twelve"}}},
            "ParameterValueInvalid",
        ),
    ],
)
def test_a_batch_with_a_bad_entry_is_refused_whole(sns, subscribed, drain, refused, bad, code):
    topic, queue, _ = subscribed()
    entries = [{"Id": "good", "Message": "fine"}, {"Id": "bad", **bad}]
    error = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert (error["code"], error["status"]) == (code, 400)
    assert drain(queue) == []


def test_a_batch_reports_the_entries_that_fail_alone_and_publishes_the_others(sns, subscribed, drain):
    topic, queue, _ = subscribed()
    bad = {
        "empty": ({"Message": ""}, "Empty message"),
        "subject": ({"Message": "x", "Subject": "two\nlines"}, "Subject"),
        "group": ({"Message": "x", "MessageGroupId": "with space"},
                  "MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. "
                  "1 to 128 in length"),
        "again": ({"Message": "x", "MessageDeduplicationId": "d"},
                  "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
                  "for this topic type"),
    }
    entries = [{"Id": "good", "Message": "fine"}, *({"Id": name, **entry} for name, (entry, _) in bad.items()),
               {"Id": "last", "Message": "fine, too"}]
    reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in reply["Successful"]] == ["good", "last"]
    assert reply["Failed"] == [{"Id": name, "Code": "InvalidParameter", "Message": f"Invalid parameter: {message}",
                                "SenderFault": True} for name, (_, message) in bad.items()]
    assert sorted(json.loads(m["Body"])["Message"] for m in drain(queue)) == ["fine", "fine, too"]


@pytest.mark.parametrize(
    "ids, code",
    [
        ([], "EmptyBatchRequest"),
        ([str(i) for i in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["with space"], "InvalidBatchEntryId"),
    ],
)
def test_a_batch_outside_the_rules_is_refused_whole(sns, subscribed, drain, refused, ids, code):
    topic, queue, _ = subscribed()
    entries = [{"Id": one, "Message": "x"} for one in ids]
    error = refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert (error["code"], error["status"]) == (code, 400)
    assert drain(queue) == []


def test_a_batch_longer_than_256_kib_is_refused(sns, make_topic, refused):
    entries = [{"Id": str(i), "Message": "x" * 140000} for i in range(2)]
    error = refused(sns.publish_batch, TopicArn=make_topic(), PublishBatchRequestEntries=entries)
    assert (error["code"], error["message"]) == (
        "BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
    attributes = {"n": {"DataType": "String", "StringValue": "x" * 20000}}
    entries = [{"Id": str(i), "Message": "x" * 120000, "MessageAttributes": attributes} for i in range(2)]
    error = refused(sns.publish_batch, TopicArn=make_topic(), PublishBatchRequestEntries=entries)
    assert error["code"] == "BatchRequestTooLong"


# --- Permissions -------------------------------------------------------------------------------


def test_a_topics_policy_that_denies_binds(sns, make_topic, refused):
    topic = make_topic()
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    error = refused(sns.publish, TopicArn=topic, Message="x")
    assert (error["code"], error["status"]) == ("AuthorizationError", 403)
    assert "is not authorized to perform: SNS:Publish on resource: " + topic in error["message"]
    assert "explicit deny in a resource-based policy" in error["message"]


def test_another_account_may_not_publish_unless_the_topics_policy_says_so(sns, sqs, client, subscribed, refused):
    topic, queue, _ = subscribed()
    stranger = client("sns", aws_access_key_id="123456789012")
    assert refused(stranger.publish, TopicArn=topic, Message="x")["code"] == "AuthorizationError"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    stranger.publish(TopicArn=topic, Message="from abroad")
    assert json.loads(the_message(sqs, queue)["Body"])["Message"] == "from abroad"
