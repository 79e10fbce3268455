"""Data protection policies of topics: what they find, deny, mask and report."""

import json
import re
from random import Random

import pytest
from botocore.exceptions import ClientError
from orderly_fixtures import ACCOUNT
from trace_reader import Traces

ALL = ["CreditCardNumber", "EmailAddress", "IpAddress", "OpenSshPrivateKey", "PgpPrivateKey", "PhoneNumber-US",
       "PkcsPrivateKey", "PuttyPrivateKey", "Ssn-US", "AwsSecretKey", "CepCode", "Cnpj", "CpfCode", "CreditCardExpiration",
       "CreditCardSecurityCode", "DrugEnforcementAgencyNumber"]
DENY = {"Deny": {}}
MASK = {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}}
REDACT = {"Deidentify": {"RedactConfig": {}}}
GROUP = "/aws/vendedlogs/findings"
DENIED = re.compile("explicit deny in a data protection policy$")


def identifier(name):
    return f"arn:aws:dataprotection::aws:data-identifier/{name}"


def statement(operation, names=ALL, direction="Inbound", principals=("*",)):
    return {"Sid": "s", "DataDirection": direction, "Principal": list(principals),
            "DataIdentifier": [identifier(name) for name in names], "Operation": operation}


def policy_of(*statements):
    return json.dumps({"Name": "p", "Description": "d", "Version": "2021-06-01", "Statement": statements})


def put(sns, topic, *statements):
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=policy_of(*statements))


def text_of(sqs, queue, wait_seconds=20):
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=wait_seconds).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


# --- The policy --------------------------------------------------------------------------------


def test_a_policy_is_kept_as_it_was_put_until_an_empty_one_comes(sns, make_topic):
    topic, text = make_topic(), policy_of(statement(DENY)) + "  "
    assert "DataProtectionPolicy" not in sns.get_data_protection_policy(ResourceArn=topic)
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=text)
    assert sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == text
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy="")
    assert "DataProtectionPolicy" not in sns.get_data_protection_policy(ResourceArn=topic)


def test_a_topic_is_created_with_its_policy(sns, unique, refused):
    request = {"Name": unique(), "DataProtectionPolicy": policy_of(statement(DENY))}
    topic = sns.create_topic(**request)["TopicArn"]
    assert sns.create_topic(**request)["TopicArn"] == topic
    assert sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == request["DataProtectionPolicy"]
    error = refused(sns.create_topic, **{**request, "DataProtectionPolicy": policy_of(statement(MASK))})
    assert error["code"] == "InvalidParameter"


def changed(**members):
    return {**statement(DENY), **members}


@pytest.mark.parametrize("policy", [
    "text", "[]", "{}", json.dumps({"Name": "p", "Version": "2021-06-01"}),
    json.dumps({"Name": "p", "Version": "2012-10-17", "Statement": []}),
    json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": [], "Configuration": {}}),
    policy_of(changed(DataDirection="Sideways")), policy_of(changed(Principal=[])), policy_of(changed(Principal="*")),
    policy_of(changed(DataIdentifier=[])), policy_of(changed(DataIdentifier=[identifier("Name")])),
    policy_of(changed(DataIdentifier=["EmailAddress"])), policy_of(changed(NotPrincipal=["*"])),
    policy_of(changed(Operation={})), policy_of(changed(Operation={**DENY, **MASK})), policy_of(changed(Operation={"Deny": {"a": 1}})),
    policy_of(changed(Operation={"Deidentify": {}})),
    policy_of(changed(Operation={"Deidentify": {"MaskConfig": {"MaskWithCharacter": "##"}}})),
    policy_of(changed(Operation={"Audit": {"SampleRate": "100", "FindingsDestination": {}}})),
    policy_of(changed(Operation={"Audit": {"SampleRate": "5"}})),
    policy_of(changed(Operation={"Audit": {"SampleRate": "5", "FindingsDestination": {"S3": {"Bucket": "b"}}}})),
    policy_of(changed(Operation={"Audit": {"SampleRate": "5", "FindingsDestination": {"CloudWatchLogs": {"LogGroup": "x"}}}})),
    policy_of(*[statement({"Audit": {"SampleRate": "5", "NoFindingsDestination": {}}})] * 2),
    policy_of(statement({"Audit": {"SampleRate": "5", "NoFindingsDestination": {}}}, direction="Outbound")),
    policy_of(statement(DENY)) + " " * 30720,
])
def test_a_policy_that_cannot_be_is_refused(sns, make_topic, refused, policy):
    error = refused(sns.put_data_protection_policy, ResourceArn=make_topic(), DataProtectionPolicy=policy)
    assert error["code"] == "InvalidParameter" and "DataProtectionPolicy Reason: " in error["message"]


def test_a_fifo_topic_has_no_policy(sns, unique, refused):
    topic = sns.create_topic(Name=unique() + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    error = refused(sns.put_data_protection_policy, ResourceArn=topic, DataProtectionPolicy=policy_of(statement(DENY)))
    assert error["message"] == "Invalid parameter: DataProtectionPolicy Reason: FIFO topics have no data protection policy"


# --- What is found -----------------------------------------------------------------------------

KEY = "-----BEGIN {0}-----\nAAAA\n-----END {0}-----"
FOUND = [  # identifier, data, not data
    ("EmailAddress", ["mary@example.com", "a.b+c@x-y.co.uk", "m_1@a.io"],
     ["mary@example", "@example.com", "mary@.com", "a@b.c", "mary at example.com"]),
    ("CreditCardNumber", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "2223003122003222"],
     ["4111111111111112", "41111111111111", "411111111111111x", "x4111111111111111", "0000000000000000", "4111  1111 1111 1111"]),
    ("IpAddress", ["10.0.0.1", "255.255.255.255", "2001:db8::1", "::1", "fe80::1:2"],
     ["10.0.0.256", "10.0.0", "1.2.3.4.5", "12:30", "x10.0.0.1"]),
    ("Ssn-US", ["123-45-6789", "123 45 6789"], ["000-12-3456", "666-12-3456", "900-12-3456", "123-00-6789", "123-45-0000",
                                                "123-45-67890", "123456789", "1123-45-6789"]),
    ("PhoneNumber-US", ["212-555-0100", "(212) 555-0100", "+1 212 555 0100", "+12125550100", "212.555.0100"],
     ["112-555-0100", "212-155-0100", "212-555-01000", "2125550100"]),
    ("OpenSshPrivateKey", [KEY.format("OPENSSH PRIVATE KEY")], [KEY.format("PRIVATE KEY"), "OPENSSH PRIVATE KEY"]),
    ("PgpPrivateKey", [KEY.format("PGP PRIVATE KEY BLOCK")], [KEY.format("PGP PUBLIC KEY BLOCK")]),
    ("PkcsPrivateKey", [KEY.format("PRIVATE KEY"), KEY.format("RSA PRIVATE KEY"), KEY.format("ENCRYPTED PRIVATE KEY")],
     [KEY.format("CERTIFICATE"), KEY.format("OPENSSH PRIVATE KEY")]),
]


FOUND += [
    ("PuttyPrivateKey", ["PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 01aF"], ["PuTTY-User-Key", "Private-MAC: 01"])]


SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NEAR_A_WORD = [  # identifier, word, data, not data
    ("AwsSecretKey", ["credentials", "Secret Access Key", "secretkey"], [SECRET], [SECRET + "x", SECRET[1:]]),
    ("CepCode", ["CEP"], ["01310-100", "01310100"], ["1310-100", "01310-1000"]),
    ("Cnpj", ["cnpj"], ["11.222.333/0001-81", "11222333000181"], ["11.222.333/0001-8", "112223330001811"]),
    ("CpfCode", ["cpf", "cadastro de pessoa física"], ["111.444.777-35", "11144477735"], ["111.444.777-3", "111444777355"]),
    ("CreditCardExpiration", ["expiry", "exp_m"], ["12/29", "1-29", "12/2029"], ["29/12", "12/1929", "12 29"]),
    ("CreditCardSecurityCode", ["cvv", "card-verification-value"], ["123", "1234"], ["12", "12345", "x123"]),
    ("DrugEnforcementAgencyNumber", ["DEA number"], ["AB1234567"], ["A1234567", "AB12345678"]),
]


@pytest.mark.parametrize("name, words, data, others", NEAR_A_WORD, ids=[name for name, *_ in NEAR_A_WORD])
def test_some_data_are_found_only_behind_their_words(sns, sqs, subscribed, name, words, data, others):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    put(sns, topic, statement(MASK, [name]))

    def masked(text):
        sns.publish(TopicArn=topic, Message=text)
        return text_of(sqs, queue)[0]

    for word in words:
        for one in data:
            assert masked(f"é {word}: {one}.") == f"é {word}: {'#' * len(one)}."
            assert masked(word + " " * 30 + one) == word + " " * 30 + "#" * len(one)
            assert masked(word + " " * 31 + one) == word + " " * 31 + one
            assert masked(f"x{word} {one} {word}") == f"x{word} {one} {word}"
        for one in others:
            assert masked(f"{word} {one}") == f"{word} {one}"


@pytest.mark.parametrize("name, data, others", FOUND, ids=[name for name, _, _ in FOUND])
def test_data_are_masked_and_what_only_looks_like_them_is_not(sns, sqs, subscribed, name, data, others):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    put(sns, topic, statement(MASK, [name]))
    for text in [f"é, {one}." for one in data] + data:
        one = next(one for one in data if one in text and len(one) >= len(text) - len("é, .") - 1)
        sns.publish(TopicArn=topic, Message=text)
        assert text_of(sqs, queue) == [text.replace(one, "#" * len(one))], text
    for text in others:
        sns.publish(TopicArn=topic, Message=text)
        assert text_of(sqs, queue) == [text]
    together = " | ".join(data)
    sns.publish(TopicArn=topic, Message=together)
    assert text_of(sqs, queue) == [" | ".join("#" * len(one) for one in data)]


# --- A policy's own identifiers ----------------------------------------------------------------


def custom_policy(*identifiers, operation=MASK, names=None):
    given = {**statement(operation), "DataIdentifier": names or [one["Name"] for one in identifiers]}
    return json.dumps({"Name": "p", "Version": "2021-06-01", "Configuration": {"CustomDataIdentifier": list(identifiers)},
                       "Statement": [given]})


def custom(regex, name="EmployeeId"):
    return {"Name": name, "Regex": regex}


CUSTOM = [  # expression, message, what subscribers get
    (r"EID-\d{9}-US", "EID-123456789-US, EID-12345678-US", "################, EID-12345678-US"),
    (r"[A-Z]{2,3}", "AB ABC A ABCD", "## ### A ####"),
    (r"a|bc+|^x", "xa bccc x", "## #### x"),
    (r"x$", "x x", "x #"),
    (r"[^a-c ]", "abc é d", "abc # #"),
    (r".e", "é he", "é ##"),
    (r"a*", "baab", "b##b"),
    (r"\w+@\w+\.com", "to m_1@x.com.", "to #########."),
    (r"a.?b", "ab axb a\nb", "## ### a\nb"),
    (r"[\]\-\d]+", "[4]-x", "[###x"),
    (r"ab{2,}?", "ab abb abbb", "ab ### ####"),
]


@pytest.mark.parametrize("regex, text, masked", CUSTOM, ids=[regex for regex, _, _ in CUSTOM])
def test_a_policys_own_identifier_finds_what_its_expression_says(sns, sqs, subscribed, regex, text, masked):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=custom_policy(custom(regex)))
    sns.publish(TopicArn=topic, Message=text)
    assert text_of(sqs, queue) == [masked]


def random_regex(random):
    def step():
        atom = random.choice(["a", "b", "c", ".", "[ab]", "[^a]", r"\w", r"\D"])
        return atom + random.choice(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"])

    branches = ["".join(step() for _ in range(random.randint(1, 4))) for _ in range(random.choice([1, 1, 2]))]
    return "|".join(random.choice(["", "", "^"]) + branch for branch in branches)


def covered(regex, text):
    """The text with every character masked that is in any match."""
    compiled = re.compile(regex, re.ASCII)
    places = set()
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if compiled.fullmatch(text, start, end):
                places.update(range(start, end))
    return "".join("#" if i in places else c for i, c in enumerate(text))


@pytest.mark.parametrize("seed", range(3))
def test_random_expressions_find_what_pythons_engine_finds(sns, sqs, subscribed, seed):
    random = Random(seed)
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    for _ in range(40):
        regex = random_regex(random)
        text = "".join(random.choice("aaabbc 1é") for _ in range(random.randint(1, 12)))
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=custom_policy(custom(regex)))
        sns.publish(TopicArn=topic, Message=text)
        assert text_of(sqs, queue) == [covered(regex, text)], (regex, text)


@pytest.mark.parametrize("identifiers", [
    [custom("a", "x" * 129)], [custom("a", "x.y")], [custom("a", "")], [custom("a", "EmailAddress")], [custom("a"), custom("b")],
    [custom("a", f"n{i}") for i in range(11)], [custom("")], [custom("a" * 201)], [custom("(a)")], [custom("a&b")], [custom("é")],
    [custom("[a")], [custom("[]")], [custom("a**")], [custom("*a")], [custom("a{2,1}")], [custom("a{0}")], [custom("a{501}")],
    [custom("a{300}b{201}")], [custom("a||b")], [custom("a^b")], [custom("a$b")], [custom("^$")], [custom("\\b")], [custom("[b-a]")],
    [{"Name": "n"}], [{**custom("a"), "Keywords": []}],
])
def test_an_identifier_that_cannot_be_is_refused(sns, make_topic, refused, identifiers):
    error = refused(sns.put_data_protection_policy, ResourceArn=make_topic(), DataProtectionPolicy=custom_policy(*identifiers))
    assert error["code"] == "InvalidParameter" and "DataProtectionPolicy Reason: " in error["message"]


def test_the_largest_identifiers_are_accepted_and_an_unknown_one_is_not(sns, make_topic, refused):
    topic = make_topic()
    most = [custom("a{499}|" + "c", f"{i:0128}") for i in range(9)] + [custom("a" * 200)]
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=custom_policy(*most))
    error = refused(sns.put_data_protection_policy, ResourceArn=topic, DataProtectionPolicy=custom_policy(custom("a"), names=["Other"]))
    assert "data identifier Other" in error["message"]


# --- What a policy does ------------------------------------------------------------------------


def test_an_inbound_message_with_data_is_denied(sns, sqs, subscribed, refused):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    put(sns, topic, statement(DENY, ["EmailAddress"]))
    error = refused(sns.publish, TopicArn=topic, Message="to mary@example.com")
    assert (error["code"], error["status"]) == ("AuthorizationError", 403)
    assert error["message"].endswith("SNS:Publish on resource: " + topic + " with an explicit deny in a data protection policy")
    reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        {"Id": "bad", "Message": "mary@example.com"}, {"Id": "good", "Message": "mary"}])
    assert ([one["Id"] for one in reply["Successful"]], [(one["Id"], one["Code"]) for one in reply["Failed"]]) == (
        ["good"], [("bad", "AuthorizationError")])
    assert text_of(sqs, queue) == ["mary"]


def test_data_are_removed(sns, sqs, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    put(sns, topic, statement(REDACT, ["EmailAddress", "IpAddress"]))
    sns.publish(TopicArn=topic, Message="to mary@example.com at 10.0.0.1!")
    assert text_of(sqs, queue) == ["to  at !"]


def test_a_statement_is_about_its_principals(sns, sqs, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    for principal, applies in [(f"arn:aws:iam::{ACCOUNT}:root", True), (ACCOUNT, True), (f"arn:aws:iam::{ACCOUNT}:user/u", False),
                               ("arn:aws:iam::111111111111:root", False)]:
        for direction in ("Inbound", "Outbound"):
            put(sns, topic, statement(MASK, principals=[principal], direction=direction))
            sns.publish(TopicArn=topic, Message="10.0.0.1")
            assert text_of(sqs, queue) == ["########" if applies else "10.0.0.1"], (principal, direction)


def test_outbound_statements_decide_for_each_subscriber(
        sns, sqs, client, make_topic, make_queue, allow_topic, unique):
    topic, queues = make_topic(), [make_queue() for _ in range(3)]
    iam = client("iam")
    users = []
    for i, queue in enumerate(queues):
        allow_topic(queue, topic)
        user = f"{unique('u')[:50]}{i}"
        users.append(iam.create_user(UserName=user)["User"]["Arn"])
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        client("sns", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]).subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(queue))
    put(sns, topic, statement(MASK, direction="Outbound", principals=users[:1]),
        statement(DENY, direction="Outbound", principals=users[1:2]))
    sns.publish(TopicArn=topic, Message="10.0.0.1")

    def messages(queue):
        return [json.loads(body)["Message"] for body in text_of(sqs, queue)]

    masked, denied, clear = queues
    assert (messages(masked), messages(clear)) == (["########"], ["10.0.0.1"])
    put(sns, topic, statement(MASK, direction="Outbound", principals=users[:1]))
    sns.publish(TopicArn=topic, Message="10.0.0.2")
    assert messages(denied) == ["10.0.0.2"]


def test_of_two_outbound_statements_about_the_same_data_the_first_masks_it(sns, sqs, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    other = {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "*"}}}
    put(sns, topic, statement(MASK, ["IpAddress"], "Outbound"), statement(other, ["IpAddress", "EmailAddress"], "Outbound"),
        statement(REDACT, ["Ssn-US"], "Outbound"))
    sns.publish(TopicArn=topic, Message="10.0.0.1 é m@a.io 123-45-6789!")
    assert text_of(sqs, queue) == ["######## é ****** !"]


def test_a_policy_that_changes_applies_to_the_next_message(sns, sqs, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    for operation, text in [(MASK, "########"), (REDACT, ""), (MASK, "########")]:
        put(sns, topic, statement(operation), statement(operation, direction="Outbound"))
        sns.publish(TopicArn=topic, Message="at 10.0.0.1")
        assert text_of(sqs, queue) == ["at " + text]


def test_many_subscribers_get_masked_messages_too(sns, sqs, subscribed):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    for i in range(40):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing-{i}")
    put(sns, topic, statement(MASK, direction="Outbound"))
    sns.publish(TopicArn=topic, Message="10.0.0.1")
    assert text_of(sqs, queue) == ["########"]


def test_findings_are_reported_to_a_log_group(sns, make_topic, client, unique, wait_until):
    topic, group, clean = make_topic(), f"{GROUP}/{unique()}", f"{GROUP}/{unique('clean')}"
    put(sns, topic, statement({"Audit": {"SampleRate": "99", "FindingsDestination": {"CloudWatchLogs": {"LogGroup": group}},
                                         "NoFindingsDestination": {"CloudWatchLogs": {"LogGroup": clean}}}}),
        statement(MASK))

    def lines(name):
        try:
            return [json.loads(one["message"]) for one in client("logs").filter_log_events(logGroupName=name)["events"]]
        except ClientError:
            return []

    def published(text, name):
        ids = []

        def reported():
            ids.append(sns.publish(TopicArn=topic, Message=text)["MessageId"])
            return [line for line in lines(name) if line["messageId"] in ids]

        return wait_until(reported)[0]

    line = published("10.0.0.1 and mary@example.com, eve@example.com", group)
    assert line.pop("messageId") and line.pop("auditTimestamp")
    assert line == {
        "callerPrincipal": f"arn:aws:iam::{ACCOUNT}:root", "resourceArn": topic,
        "dataIdentifiers": [
            {"name": "EmailAddress", "count": 2, "detections": [{"start": 14, "end": 29}, {"start": 32, "end": 46}]},
            {"name": "IpAddress", "count": 1, "detections": [{"start": 1, "end": 8}]}]}
    assert published("nothing", clean)["dataIdentifiers"] == []


def test_a_large_hostile_message_is_searched_in_linear_time(sns, make_topic):
    topic = make_topic()
    put(sns, topic, statement(MASK))
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=custom_policy(
        custom("a*a*a*a*b"), custom(".*x.*y", "n1"), custom("[a-z@]{250}c", "n2"), custom(r"\w+\d+\w+\d+$", "n3")))
    sns.publish(TopicArn=topic, Message="a" * 262144)
    sns.publish(TopicArn=topic, Message="1a" * 131072)
    put(sns, topic, statement(MASK))
    for piece in ("a@", "1 ", "1:", "-----BEGIN PRIVATE KEY", "212-555-010", "a.b-", "(212) 555-", "@a."):
        sns.publish(TopicArn=topic, Message=(piece * 262144)[:262144])


# --- What another handler publishes ------------------------------------------------------------

SEARCHED_AT_ONCE = 16 * 1024
SAYS_MUCH = """
def handler(event, context):
    return "a@b.co " + "x" * int(event["more"])
"""


@pytest.fixture
def sends_on(client, make_function, make_role, subscribed):
    """(topic, queue, send): send(more) has a function send its answer on to the topic, with so many characters more."""
    topic, queue, _ = subscribed()
    name = make_function(SAYS_MUCH, Role=make_role(["sns:Publish"]))
    functions = client("lambda")
    functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": topic}})
    return topic, queue, lambda more: functions.invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps({"more": f"{more:06}"}))


def sent_on(sqs, queue):
    """What the function has sent on, as the topic left it."""
    [body] = text_of(sqs, queue)
    return json.loads(body)["Message"]


def test_what_a_function_sends_on_is_masked_whatever_its_size(sns, sqs, sends_on):
    topic, queue, send = sends_on
    put(sns, topic, statement(MASK, ["EmailAddress"]))
    for more in 10, 200_000:
        send(more)
        assert json.loads(sent_on(sqs, queue))["responsePayload"] == "#" * 6 + " " + "x" * more


def test_a_large_message_that_a_function_sends_on_is_denied_by_a_call_of_its_own(endpoint, sns, sqs, sends_on, wait_until):
    topic, queue, send = sends_on
    send(0)
    around = len(sent_on(sqs, queue))
    put(sns, topic, statement(DENY, ["EmailAddress"]))
    traces = Traces(endpoint)

    def reasons(trace):
        return [hop["reason"] for hop in traces.get("/" + trace["traceId"])["hops"] if hop["kind"] == "not-delivered"]

    def denied(known):
        return [reasons(trace) for trace in traces.find(resource=topic, outcome="not-delivered") if trace["traceId"] not in known]

    denials = []
    for size in SEARCHED_AT_ONCE, SEARCHED_AT_ONCE + 1:
        known = [trace["traceId"] for trace in traces.find(resource=topic, outcome="not-delivered")]
        send(size - around)
        assert wait_until(lambda: denied(known))
        denials += denied(known)
    at_once, later = denials
    assert [DENIED.search(reason) is not None for reason in at_once] == [True]
    assert [DENIED.search(reason) is not None for reason in later] == [True, False]
    assert later[1] == "It was given up after 1 attempt: trying again would change nothing."
    put(sns, topic, statement(MASK, ["EmailAddress"]))
    send(SEARCHED_AT_ONCE)
    assert "#" * 6 in sent_on(sqs, queue)


def test_a_denied_letter_is_lost_whatever_dead_letter_queues_there_are(
        client, endpoint, sns, sqs, make_queue, make_function, make_role, subscribed, wait_until):
    """Of the subscription, or of the topic as a function's own: no subscriber was to get it."""
    dead = make_queue()
    topic, queue, _ = subscribed(RedrivePolicy=json.dumps({"deadLetterTargetArn": make_queue.arn(dead)}))
    put(sns, topic, statement(DENY, ["EmailAddress"]))
    name = make_function("def handler(event, context): raise ValueError", Role=make_role(["sns:Publish"]),
                         DeadLetterConfig={"TargetArn": topic})
    functions = client("lambda")
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    traces = Traces(endpoint)
    for size in SEARCHED_AT_ONCE, SEARCHED_AT_ONCE + 1:
        known = len(traces.find(resource=topic, outcome="not-delivered"))
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps("a@b.co " + "x" * (size - 9)))
        assert wait_until(lambda: len(traces.find(resource=topic, outcome="not-delivered")) == known + 1)
    for url in queue, dead:
        assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_what_a_topic_has_accepted_goes_to_no_later_topic_of_its_name(
        client, endpoint, sns, sqs, make_queue, make_function, make_role, allow_topic, subscribed, wait_until):
    """The letters are accepted sooner than they are searched, so the topic is deleted before some are published."""
    many, received = 6, {}
    topic, queue, _ = subscribed()
    put(sns, topic, statement(MASK))
    name = make_function("", Role=make_role(["sns:Publish"]))
    functions, traces = client("lambda"), Traces(endpoint)
    functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig={"OnFailure": {"Destination": topic}})
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)  # each event is sent on at once
    for _ in range(many):
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps("a@" * 40_000))
    sns.delete_topic(TopicArn=topic)
    assert sns.create_topic(Name=topic.split(":")[-1])["TopicArn"] == topic
    later = make_queue()
    allow_topic(later, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=make_queue.arn(later))

    def lost():
        hops = [hop for trace in traces.find(resource=topic) for hop in traces.get("/" + trace["traceId"])["hops"]]
        return sum(hop.get("reason") == "the topic is gone" for hop in hops)

    def ended():
        for url in queue, later:
            received[url] = received.get(url, 0) + len(text_of(sqs, url, wait_seconds=0))
        return sum(received.values()) + lost() == many

    wait_until(ended)
    assert received[later] == 0
    sns.delete_topic(TopicArn=topic)
