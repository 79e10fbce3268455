"""Mobile push and text messages: applications, endpoints, settings, and the outbox that has what was sent."""

import json
import re
import urllib.parse
import urllib.request

import pytest
from orderly_fixtures import ACCOUNT

SECRET = {"PlatformCredential": "secret", "PlatformPrincipal": "key"}


@pytest.fixture
def make_app(sns, unique):
    made = []

    def make(platform="GCM", **attributes):
        made.append(sns.create_platform_application(Name=unique("app"), Platform=platform, Attributes={**SECRET, **attributes})
                    ["PlatformApplicationArn"])
        return made[-1]

    yield make
    for app in made:
        sns.delete_platform_application(PlatformApplicationArn=app)


@pytest.fixture
def outbox(endpoint):
    """outbox("sms", target) returns the messages, "push" those to mobile endpoints; outbox.clear(kind, target)."""
    paths = {"sms": ("sms-messages", "phoneNumber", "sms_messages"),
             "push": ("platform-endpoint-messages", "endpointArn", "platform_endpoint_messages")}

    def ask(kind, target, method="GET", **more):
        path, name, _ = paths[kind]
        query = urllib.parse.urlencode({**({name: target} if target else {}), **more})
        return urllib.request.urlopen(urllib.request.Request(f"{endpoint}/_aws/sns/{path}?{query}", method=method))

    def read(kind, target, **more):
        with ask(kind, target, **more) as reply:
            whole = json.load(reply)
        assert list(whole) == [paths[kind][2], "region"] and set(whole[paths[kind][2]]) <= {target}
        return whole[paths[kind][2]].get(target, [])

    def clear(kind, target):
        with ask(kind, target, "DELETE") as reply:
            assert reply.status == 204

    read.clear, read.ask = clear, ask
    return read


# --- Applications ------------------------------------------------------------------------------


def test_an_application_lives_from_create_to_delete(sns, make_app, unique, refused):
    app = make_app("APNS_SANDBOX", EventEndpointCreated="topic")
    assert app == f"arn:aws:sns:us-east-1:{ACCOUNT}:app/APNS_SANDBOX/{unique('app')}"
    shown = {"Enabled": "true", "EventEndpointCreated": "topic"}
    assert sns.get_platform_application_attributes(PlatformApplicationArn=app)["Attributes"] == shown
    sns.set_platform_application_attributes(PlatformApplicationArn=app,
                                            Attributes={"Enabled": "false", "SuccessFeedbackSampleRate": "5"})
    shown = {"EventEndpointCreated": "topic", "Enabled": "false", "SuccessFeedbackSampleRate": "5"}
    assert sns.get_platform_application_attributes(PlatformApplicationArn=app)["Attributes"] == shown
    listed = [one for one in sns.list_platform_applications()["PlatformApplications"]
              if one["PlatformApplicationArn"] == app]
    assert listed == [{"PlatformApplicationArn": app, "Attributes": shown}]
    endpoint = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="t")["EndpointArn"]
    for _ in range(2):
        sns.delete_platform_application(PlatformApplicationArn=app)
    for call, arguments, message in [
            (sns.get_platform_application_attributes, {"PlatformApplicationArn": app}, "PlatformApplication does not exist"),
            (sns.set_platform_application_attributes, {"PlatformApplicationArn": app, "Attributes": {"Enabled": "true"}},
             "PlatformApplication does not exist"),
            (sns.list_endpoints_by_platform_application, {"PlatformApplicationArn": app}, "PlatformApplication does not exist"),
            (sns.create_platform_endpoint, {"PlatformApplicationArn": app, "Token": "t"}, "PlatformApplication does not exist"),
            (sns.get_endpoint_attributes, {"EndpointArn": endpoint}, "Endpoint does not exist")]:
        error = refused(call, **arguments)
        assert (error["code"], error["status"], error["message"]) == ("NotFound", 404, message)
    again = make_app("APNS_SANDBOX")
    assert again == app and sns.list_endpoints_by_platform_application(PlatformApplicationArn=app)["Endpoints"] == []


@pytest.mark.parametrize("wrong, message", [
    ({"Platform": "PIGEON"}, "Platform Reason: PIGEON is not supported"),
    ({"Name": ""}, "Name Reason: cannot be empty"),
    ({"Name": "n" * 257}, "Name Reason: must be at most 256 characters long"),
    ({"Name": "a/b"}, "Name Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"),
    ({"Attributes": {"PlatformPrincipal": "key"}}, "PlatformCredential Reason: Invalid value for attribute: PlatformCredential: cannot be empty"),
    ({"Attributes": {**SECRET, "Colour": "red"}}, "Attributes Reason: Invalid attribute name"),
])
def test_an_application_that_cannot_be_is_refused(sns, refused, wrong, message):
    right = {"Name": "right", "Platform": "GCM", "Attributes": SECRET}
    error = refused(sns.create_platform_application, **{**right, **wrong})
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid parameter: {message}")


# --- Endpoints ---------------------------------------------------------------------------------


def test_an_endpoint_lives_from_create_to_delete(sns, make_app, refused):
    app = make_app()
    made = {"PlatformApplicationArn": app, "Token": "t1", "CustomUserData": "mary"}
    endpoint = sns.create_platform_endpoint(**made)["EndpointArn"]
    assert re.fullmatch(app.replace(":app/", ":endpoint/") + "/[0-9a-f-]{36}", endpoint)
    assert sns.create_platform_endpoint(**made)["EndpointArn"] == endpoint
    error = refused(sns.create_platform_endpoint, **{**made, "CustomUserData": "eve"})
    assert error["message"] == (f"Invalid parameter: Token Reason: Endpoint {endpoint} already exists with the same Token, "
                                "but different attributes.")
    shown = {"Enabled": "true", "Token": "t1", "CustomUserData": "mary"}
    assert sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"] == shown
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Token": "t2", "Enabled": "false"})
    shown = {"Enabled": "false", "Token": "t2", "CustomUserData": "mary"}
    assert sns.list_endpoints_by_platform_application(PlatformApplicationArn=app)["Endpoints"] == [
        {"EndpointArn": endpoint, "Attributes": shown}]
    for _ in range(2):
        sns.delete_endpoint(EndpointArn=endpoint)
    assert refused(sns.get_endpoint_attributes, EndpointArn=endpoint)["message"] == "Endpoint does not exist"


def test_a_token_belongs_to_one_endpoint(sns, make_app, refused):
    app = make_app()
    first, second = (sns.create_platform_endpoint(PlatformApplicationArn=app, Token=token)["EndpointArn"] for token in "ab")
    error = refused(sns.set_endpoint_attributes, EndpointArn=second, Attributes={"Token": "a"})
    assert error["code"] == "InvalidParameter" and first in error["message"]


@pytest.mark.parametrize("size, fits", [(2048, True), (2049, False)])
def test_user_data_has_at_most_2048_bytes(sns, make_app, refused, size, fits):
    request = {"PlatformApplicationArn": make_app(), "Token": "t", "CustomUserData": "u" * size}
    if fits:
        sns.create_platform_endpoint(**request)
    else:
        assert refused(sns.create_platform_endpoint, **request)["message"] == (
            "Invalid parameter: CustomUserData Reason: must be at most 2048 bytes long in UTF-8 encoding")


def test_endpoints_are_listed_in_pages(sns, make_app):
    app = make_app()
    made = {sns.create_platform_endpoint(PlatformApplicationArn=app, Token=f"t{i}")["EndpointArn"] for i in range(101)}
    pages = sns.get_paginator("list_endpoints_by_platform_application").paginate(PlatformApplicationArn=app)
    sizes, listed = [], set()
    for page in pages:
        sizes.append(len(page["Endpoints"]))
        listed |= {one["EndpointArn"] for one in page["Endpoints"]}
    assert (sizes, listed) == ([100, 1], made)


# --- Messages to endpoints ---------------------------------------------------------------------


def test_a_message_to_an_endpoint_is_in_the_outbox_with_its_platforms_text(sns, make_app, outbox):
    target = sns.create_platform_endpoint(PlatformApplicationArn=make_app(), Token="t")["EndpointArn"]
    texts = {"default": "d", "GCM": json.dumps({"notification": {"title": "hi"}}), "APNS": "{}"}
    attributes = {"AWS.SNS.MOBILE.APNS.PRIORITY": {"DataType": "String", "StringValue": "10"}}
    message_id = sns.publish(TargetArn=target, Message=json.dumps(texts), MessageStructure="json", Subject="s",
                             MessageAttributes=attributes)["MessageId"]
    assert outbox("push", target) == [{
        "TargetArn": target, "TopicArn": None, "SubscriptionArn": None, "MessageId": message_id, "Message": texts["GCM"],
        "MessageAttributes": attributes, "MessageStructure": "json", "Subject": "s"}]
    outbox.clear("push", target)
    assert outbox("push", target) == []


def test_an_endpoint_is_content_with_its_platforms_text(sns, make_app, make_topic, outbox, refused):
    target = sns.create_platform_endpoint(PlatformApplicationArn=make_app(), Token="t")["EndpointArn"]
    sns.publish(TargetArn=target, Message='{"GCM": "text"}', MessageStructure="json")
    assert [one["Message"] for one in outbox("push", target)] == ["text"]
    for text, to in (('{"APNS": "text"}', {"TargetArn": target}), ('{"GCM": {"text": 1}}', {"TargetArn": target}),
                     ('{"GCM": "text"}', {"TopicArn": make_topic()}), ('{"sms": "text"}', {"PhoneNumber": "+15550100"})):
        error = refused(sns.publish, Message=text, MessageStructure="json", **to)
        assert error["message"] == "Invalid parameter: Message Structure - No default entry in JSON message body"


def test_a_message_to_a_missing_endpoint_is_refused(sns, refused):
    error = refused(sns.publish, TargetArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:endpoint/APNS/none/x", Message="m")
    assert (error["code"], error["status"], error["message"]) == (
        "InvalidParameter", 400, "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified")


def test_a_message_to_a_disabled_endpoint_or_application_is_refused(sns, make_app, outbox, refused):
    app = make_app()
    target = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="t", Attributes={"Enabled": "False"})["EndpointArn"]
    error = refused(sns.publish, TargetArn=target, Message="m")
    assert (error["code"], error["message"]) == ("EndpointDisabled", "Endpoint is disabled")
    sns.set_platform_application_attributes(PlatformApplicationArn=app, Attributes={"Enabled": "false"})
    error = refused(sns.publish, TargetArn=target, Message="m")
    assert (error["code"], error["message"]) == ("PlatformApplicationDisabled", "Platform application is disabled")
    assert outbox("push", target) == []


def test_an_endpoint_subscribes_to_a_topic(sns, make_app, make_topic, outbox, refused):
    topic = make_topic()
    missing = f"arn:aws:sns:us-east-1:{ACCOUNT}:endpoint/GCM/none/x"
    error = refused(sns.subscribe, TopicArn=topic, Protocol="application", Endpoint=missing)
    assert error["message"] == f"Invalid parameter: Endpoint Reason: Endpoint does not exist for endpoint {missing}"
    target = sns.create_platform_endpoint(PlatformApplicationArn=make_app(), Token="t")["EndpointArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=target,
                                 ReturnSubscriptionArn=True)["SubscriptionArn"]
    message_id = sns.publish(TopicArn=topic, Message="to all")["MessageId"]
    sns.set_endpoint_attributes(EndpointArn=target, Attributes={"Enabled": "false"})
    sns.publish(TopicArn=topic, Message="lost")
    assert outbox("push", target) == [{
        "TargetArn": target, "TopicArn": topic, "SubscriptionArn": subscription, "MessageId": message_id, "Message": "to all",
        "MessageAttributes": {}, "MessageStructure": None, "Subject": None}]


# --- Text messages -----------------------------------------------------------------------------


@pytest.fixture
def number(unique):
    return "+1555" + str(int(unique().split("-")[-1], 16) % 10**7).zfill(7)


def test_a_text_message_is_in_the_outbox_with_the_accounts_settings(sns, number, outbox):
    sns.set_sms_attributes(attributes={"DefaultSenderID": "Shop1", "DefaultSMSType": "Transactional"})
    message_id = sns.publish(PhoneNumber=number, Message="hello")["MessageId"]
    sns.set_sms_attributes(attributes={"DefaultSenderID": "", "DefaultSMSType": ""})
    assert outbox("sms", number) == [{
        "PhoneNumber": number, "TopicArn": None, "SubscriptionArn": None, "MessageId": message_id, "Message": "hello",
        "MessageAttributes": {}, "MessageStructure": None, "Subject": None, "SenderID": "Shop1", "SMSType": "Transactional"}]
    assert outbox("sms", number, region="eu-west-1") == [] and outbox("sms", number, accountId="111111111111") == []
    outbox.clear("sms", number)
    assert outbox("sms", number) == []


def texts(**attributes):
    return {name.replace("_", "."): {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def test_a_text_message_overrides_the_accounts_settings(sns, number, make_topic, outbox):
    topic = make_topic()
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=number)
    sns.set_sms_attributes(attributes={"DefaultSenderID": "Shop1", "DefaultSMSType": "Transactional"})
    sns.publish(PhoneNumber=number, Message="both", MessageAttributes=texts(
        AWS_SNS_SMS_SenderID="My-Shop", AWS_SNS_SMS_SMSType="Promotional"))
    sns.publish(TopicArn=topic, Message="one", MessageAttributes=texts(AWS_SNS_SMS_SMSType="Promotional"))
    sns.set_sms_attributes(attributes={"DefaultSenderID": "", "DefaultSMSType": ""})
    assert [(one["Message"], one["SenderID"], one["SMSType"]) for one in outbox("sms", number)] == [
        ("both", "My-Shop", "Promotional"), ("one", "Shop1", "Promotional")]


def test_the_attributes_of_amazon_are_those_of_text_messages_and_of_mobile_push(sns, number, outbox, refused):
    known = texts(AWS_SNS_SMS_SenderID="Shop1", AWS_SNS_SMS_SMSType="Promotional", AWS_SNS_SMS_MaxPrice="0.5",
                  AWS_MM_SMS_EntityId="1701165718168578728", AWS_MM_SMS_TemplateId="1707166375278247471",
                  AWS_MM_SMS_OriginationNumber="+15550100", AWS_SNS_MOBILE_APNS_TTL="60")
    sns.publish(PhoneNumber=number, Message="m", MessageAttributes=known)
    assert outbox("sms", number)[0]["MessageAttributes"] == known
    for name in ("AWS.SNS.SMS.SenderId", "AWS.SNS.Other", "AWS.MM.SMS.Other", "aws.sns.sms.senderid"):
        error = refused(sns.publish, PhoneNumber=number, Message="m", MessageAttributes={
            name: {"DataType": "String", "StringValue": "x"}})
        assert (error["code"], error["message"]) == (
            "ParameterValueInvalid",
            "Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon.")


@pytest.mark.parametrize("wrong", ["+12a45", "call me", "", "+123", "1" * 16])
def test_a_text_message_to_no_phone_number_is_refused(sns, refused, wrong):
    error = refused(sns.publish, PhoneNumber=wrong, Message="m")
    assert (error["code"], error["message"]) == (
        "InvalidParameter", f"Invalid parameter: PhoneNumber Reason: {wrong} is not valid to publish to")


def test_a_message_has_one_kind_of_target(sns, make_topic, refused):
    error = refused(sns.publish, TopicArn=make_topic(), PhoneNumber="+15550100", Message="m")
    assert error["message"] == ("Invalid parameter: TopicArn or TargetArn Reason: TopicArn and TargetArn are mutually "
                                "exclusive")
    error = refused(sns.publish, Message="m")
    assert error["message"] == "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"


def test_a_phone_subscribes_until_its_owner_opts_out(sns, make_topic, number, endpoint, outbox, refused):
    topic = make_topic()
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=number)
    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "d", "sms": "short"}))
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=number)["isOptedOut"] is False
    stop = urllib.request.Request(f"{endpoint}/_aws/sns/phone-opt-outs", json.dumps({"phoneNumber": number}).encode(),
                                  {"Content-Type": "application/json"})
    with urllib.request.urlopen(stop) as reply:
        assert reply.status == 204
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=number)["isOptedOut"] is True
    assert number in sns.list_phone_numbers_opted_out()["phoneNumbers"]
    sns.publish(TopicArn=topic, Message="lost")
    sns.publish(PhoneNumber=number, Message="lost, too")
    assert refused(sns.create_sms_sandbox_phone_number, PhoneNumber=number)["code"] == "OptedOut"
    sns.opt_in_phone_number(phoneNumber=number)
    assert number not in sns.list_phone_numbers_opted_out()["phoneNumbers"]
    sns.publish(PhoneNumber=number, Message="back")
    assert [one["Message"] for one in outbox("sms", number)] == ["short", "back"]


@pytest.mark.parametrize("phone", ["phone", "NAA+15551234567", "+15--551234567", "+15551234567.", "/+15551234567", "+/1555123456"])
def test_a_phone_that_is_none_does_not_subscribe(sns, make_topic, refused, phone):
    error = refused(sns.subscribe, TopicArn=make_topic(), Protocol="sms", Endpoint=phone)
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid SMS endpoint: {phone}")


def test_a_phone_that_subscribes_may_be_written_with_signs_between_its_digits(sns, make_topic, number, outbox):
    topic, written = make_topic(), f"{number[:3]}/{number[3:5]}-{number[5:7]}.{number[7:]}"
    subscription = sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=written)["SubscriptionArn"]
    assert sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]["Endpoint"] == written
    sns.publish(TopicArn=topic, Message="m")
    assert [one["Message"] for one in outbox("sms", number)] == ["m"]


def test_settings_are_set_one_by_one_and_an_empty_value_removes_one(client):
    there = client("sns", region_name="eu-west-2")
    assert there.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}
    whole = {"MonthlySpendLimit": "5", "DefaultSenderID": "a1", "DefaultSMSType": "Promotional", "UsageReportS3Bucket": "b",
             "DeliveryStatusIAMRole": f"arn:aws:iam::{ACCOUNT}:role/r", "DeliveryStatusSuccessSamplingRate": "100"}
    there.set_sms_attributes(attributes={name: whole[name] for name in list(whole)[:3]})
    there.set_sms_attributes(attributes={name: whole[name] for name in list(whole)[3:]})
    assert there.get_sms_attributes()["attributes"] == whole
    assert there.get_sms_attributes(attributes=["DefaultSenderID", "None"])["attributes"] == {"DefaultSenderID": "a1"}
    there.set_sms_attributes(attributes={name: "" for name in whole})
    assert there.get_sms_attributes()["attributes"] == {"MonthlySpendLimit": "1"}


@pytest.mark.parametrize("name, value, message", [
    ("Colour", "red", "Colour is not a valid attribute"), ("DefaultSMSType", "Loud", "DefaultSMSType is invalid"),
    ("DefaultSenderID", "twelveletter", "DefaultSenderID is invalid"), ("DefaultSenderID", "123", "DefaultSenderID is invalid"),
    ("DeliveryStatusSuccessSamplingRate", "101", "DeliveryStatusSuccessSamplingRate is invalid"),
    ("MonthlySpendLimit", "-1", "MonthlySpendLimit is invalid"),
])
def test_a_setting_that_cannot_be_is_refused(sns, refused, name, value, message):
    error = refused(sns.set_sms_attributes, attributes={name: value})
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid parameter: {message}")


def test_a_number_is_verified_by_the_password_that_it_got(client, outbox, refused):
    there, number = client("sns", region_name="eu-west-3"), "+15550123"
    assert there.get_sms_sandbox_account_status()["IsInSandbox"] is False
    there.create_sms_sandbox_phone_number(PhoneNumber=number)

    def status():
        return [(one["PhoneNumber"], one["Status"]) for one in there.list_sms_sandbox_phone_numbers()["PhoneNumbers"]]

    password = outbox("sms", number, region="eu-west-3")[-1]["Message"].split()[-1]
    wrong = str((int(password) + 1) % 10**6).zfill(6)
    error = refused(there.verify_sms_sandbox_phone_number, PhoneNumber=number, OneTimePassword=wrong)
    assert error["code"] in ("Verification", "VerificationException") and status() == [(number, "Pending")]
    there.verify_sms_sandbox_phone_number(PhoneNumber=number, OneTimePassword=password)
    assert status() == [(number, "Verified")]
    there.delete_sms_sandbox_phone_number(PhoneNumber=number)
    for call, more in [(there.delete_sms_sandbox_phone_number, {}),
                       (there.verify_sms_sandbox_phone_number, {"OneTimePassword": "12345"})]:
        assert refused(call, PhoneNumber=number, **more)["code"] == "ResourceNotFound"
    assert status() == []


def test_the_sandbox_has_room_for_ten_numbers(client, refused):
    there = client("sns", region_name="eu-north-1")
    numbers = [f"+1555020{i}" for i in range(10)]
    for number in numbers + numbers[:1]:
        there.create_sms_sandbox_phone_number(PhoneNumber=number)
    assert refused(there.create_sms_sandbox_phone_number, PhoneNumber="+15550300")["code"] == "UserError"
    pages = there.get_paginator("list_sms_sandbox_phone_numbers").paginate(PaginationConfig={"PageSize": 4})
    assert [[one["PhoneNumber"] for one in page["PhoneNumbers"]] for page in pages] == [
        numbers[:4], numbers[4:8], numbers[8:]]
    for number in numbers:
        there.delete_sms_sandbox_phone_number(PhoneNumber=number)


def test_no_numbers_are_leased(sns):
    assert sns.list_origination_numbers()["PhoneNumbers"] == []


def test_the_outbox_keeps_the_newest_thousand_messages(client, outbox):
    there = client("sns", region_name="eu-south-1")
    for i in range(1001):
        there.publish(PhoneNumber="+15550777", Message=str(i))
    kept = [one["Message"] for one in outbox("sms", "+15550777", region="eu-south-1")]
    assert kept == [str(i) for i in range(1, 1001)]
