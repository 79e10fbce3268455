"""GetFederationToken: a user's session for somebody else may do what its own policy and the user's both allow."""

import pytest
from botocore.exceptions import ClientError
from orderly_fixtures import ACCOUNT
from policies import allow, clear, deny, statements, trust

LOGS_ONLY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SQS_FULL = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
FEDERATE = allow("sts:GetFederationToken")
ROOT_KEYS = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x"}


def federated(name, account=ACCOUNT):
    return f"arn:aws:sts::{account}:federated-user/{name}"


@pytest.fixture
def user(iam, client, unique):
    """user(*statements): the user's name is user.name; returns clients that act as this user."""
    name = unique("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def make(*items):
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=statements(*items))
        return lambda service: client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    make.name = name
    yield make
    if any(one["UserName"] == name for one in iam.list_users(MaxItems=1000)["Users"]):
        clear(iam, "user", name)


@pytest.fixture
def acting(client):
    """acting(reply of GetFederationToken) returns clients of the session."""
    return lambda reply: lambda service: client(
        service, aws_access_key_id=reply["Credentials"]["AccessKeyId"],
        aws_secret_access_key=reply["Credentials"]["SecretAccessKey"], aws_session_token=reply["Credentials"]["SessionToken"])


def may(call, **arguments):
    try:
        call(**arguments)
        return True
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError"), error
        return False


def test_a_session_says_whom_it_is_for(user, acting):
    reply = user(FEDERATE)("sts").get_federation_token(Name="Bob", Policy=statements(allow("sqs:*")))
    assert reply["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:Bob", "Arn": federated("Bob")}
    assert reply["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert reply["PackedPolicySize"] == len(statements(allow("sqs:*"))) * 100 // 2048
    identity = acting(reply)("sts").get_caller_identity()
    assert (identity["Arn"], identity["UserId"], identity["Account"]) == (federated("Bob"), f"{ACCOUNT}:Bob", ACCOUNT)


def test_both_policies_must_allow(user, acting):
    sts = user(FEDERATE, allow(["sqs:ListQueues", "sns:ListTopics"]))("sts")
    session = acting(sts.get_federation_token(Name="Bob", Policy=statements(allow(["sqs:*", "dynamodb:*"]))))
    assert may(session("sqs").list_queues)
    assert not may(session("sns").list_topics)  # only the user's policy
    assert not may(session("dynamodb").list_tables)  # only the session's
    user(FEDERATE, allow("sqs:*"), deny("sqs:ListQueues"))
    assert not may(session("sqs").list_queues)
    session = acting(sts.get_federation_token(Name="Bob", PolicyArns=[{"arn": SQS_FULL}, {"arn": LOGS_ONLY}]))
    user(FEDERATE, allow("*"))
    assert may(session("sqs").list_queues)
    assert not may(session("sns").list_topics)


def test_without_a_policy_only_a_resource_s_policy_grants(user, acting, client, make_queue, iam):
    url = make_queue()
    reply = user(FEDERATE, allow("*"))("sts").get_federation_token(Name="Bob")
    assert "PackedPolicySize" not in reply
    sqs = acting(reply)("sqs")
    assert not may(sqs.list_queues)

    def let(who):
        policy = statements({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sqs:SendMessage", "Resource": "*"})
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return may(sqs.send_message, QueueUrl=url, MessageBody="m")

    assert let(federated("Bob"))
    assert not let(federated("Ann"))
    # What is granted to the user, the session's policy still limits.
    assert not let(iam.get_user(UserName=user.name)["User"]["Arn"])
    assert not let("*")
    session = acting(user(FEDERATE)("sts").get_federation_token(Name="Bob", Policy=statements(allow("sqs:SendMessage"))))
    assert may(session("sqs").send_message, QueueUrl=url, MessageBody="m")
    assert let(iam.get_user(UserName=user.name)["User"]["Arn"]) is False
    assert may(session("sqs").send_message, QueueUrl=url, MessageBody="m")


def test_a_deny_for_the_user_binds_whom_it_federates(user, acting, client, make_queue, iam):
    url, arn = make_queue(), iam.get_user(UserName=user.name)["User"]["Arn"]
    session = acting(user(FEDERATE, allow("*"))("sts").get_federation_token(Name="Bob", Policy=statements(allow("sqs:*"))))
    assert may(session("sqs").send_message, QueueUrl=url, MessageBody="m")
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": statements(
        {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": "sqs:SendMessage", "Resource": "*"})})
    assert not may(session("sqs").send_message, QueueUrl=url, MessageBody="m")


def test_a_federated_user_calls_no_iam_and_of_sts_only_get_caller_identity(user, acting, iam, new_role, refused):
    everything = statements(allow("*"))
    session = acting(user(allow("*"))("sts").get_federation_token(Name="Bob", Policy=everything))
    error = refused(session("iam").list_users)
    assert (error["code"], error["message"]) == (
        "InvalidClientTokenId", "The security token included in the request is invalid")
    role = new_role(trust(AWS=ACCOUNT))
    sts = session("sts")
    for call, arguments in [
            (sts.get_session_token, {}), (sts.get_federation_token, {"Name": "Eve"}),
            (sts.assume_role, {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": "s1"}),
            (sts.get_access_key_info, {"AccessKeyId": "ASIA" + "A" * 16})]:
        error = refused(call, **arguments)
        assert (error["code"], error["status"]) == ("AccessDenied", 403)
        assert error["message"].startswith("Cannot call ") and error["message"].endswith(" with session credentials")
    assert may(sts.get_caller_identity)


def test_only_a_long_lived_key_federates(user, client, new_role, become, iam, refused):
    role = new_role()
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=statements(allow("sts:*")))
    error = refused(become(role)("sts").get_federation_token, Name="Bob")
    assert (error["code"], error["message"]) == ("AccessDenied", "Cannot call GetFederationToken with session credentials")
    keys = user(allow("sts:*"))("sts").get_session_token()["Credentials"]
    sts = client("sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                 aws_session_token=keys["SessionToken"])
    assert refused(sts.get_federation_token, Name="Bob")["message"] == "Cannot call GetFederationToken with session credentials"


def test_a_policy_limits_the_names(user, refused):
    sts = user(allow("sts:GetFederationToken", federated("web-*")))("sts")
    assert may(sts.get_federation_token, Name="web-bob")
    error = refused(sts.get_federation_token, Name="bob")
    assert (error["code"], error["message"]) == (
        "AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:user/{user.name} is not authorized to perform: sts:GetFederationToken on "
        f"resource: {federated('bob')} because no identity-based policy allows the sts:GetFederationToken action")


@pytest.fixture
def lasts(now_ms):
    """lasts(seconds, ask): does the session that ask() begins last so long?  Ends are told in whole seconds."""

    def compare(seconds, ask):
        before = now_ms()
        ends = ask()["Credentials"]["Expiration"].timestamp()
        return before // 1000 <= ends - seconds <= now_ms() / 1000

    return compare


@pytest.mark.parametrize("asked, seconds", [(None, 3600), (900, 900), (3600, 3600), (3601, 3600), (129600, 3600)])
def test_the_root_federates_for_an_hour_at_most(client, lasts, asked, seconds):
    duration = {"DurationSeconds": asked} if asked else {}
    assert lasts(seconds, lambda: client("sts", **ROOT_KEYS).get_federation_token(Name="Bob", **duration))


def test_a_session_that_the_root_federates_may_do_what_its_policy_allows(client, acting):
    sts = client("sts", **ROOT_KEYS)
    session = acting(sts.get_federation_token(Name="Bob", Policy=statements(allow("sqs:ListQueues"))))
    assert may(session("sqs").list_queues)
    assert not may(session("sns").list_topics)
    assert not may(acting(sts.get_federation_token(Name="Bob"))("sqs").list_queues)


@pytest.mark.parametrize("asked, seconds", [(None, 43200), (900, 900), (129600, 129600)])
def test_a_user_federates_for_twelve_hours_if_it_does_not_say_otherwise(user, lasts, asked, seconds):
    duration = {"DurationSeconds": asked} if asked else {}
    assert lasts(seconds, lambda: user(FEDERATE)("sts").get_federation_token(Name="Bob", **duration))


def test_a_session_ends_with_its_user(user, acting, iam, refused):
    session = acting(user(FEDERATE, allow("sqs:*"))("sts").get_federation_token(Name="Bob", Policy=statements(allow("sqs:*"))))
    iam.update_user(UserName=user.name, NewUserName=user.name + "-renamed")
    assert may(session("sqs").list_queues)
    clear(iam, "user", user.name + "-renamed")
    iam.create_user(UserName=user.name)  # another one
    assert refused(session("sqs").list_queues)["status"] == 403
    iam.delete_user(UserName=user.name)


def test_condition_keys_of_a_federated_user(user, acting, client, make_queue):
    url = make_queue()
    session = acting(user(FEDERATE, allow("sqs:*"))("sts").get_federation_token(Name="Bob", Policy=statements(allow("sqs:*"))))
    sqs, attributes = session("sqs"), client("sqs").set_queue_attributes

    def denied_if(**condition):
        attributes(QueueUrl=url, Attributes={"Policy": statements(
            {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*", "Condition": condition})})
        return not may(sqs.send_message, QueueUrl=url, MessageBody="m")

    assert denied_if(StringEquals={"aws:PrincipalType": "FederatedUser"})
    assert denied_if(StringEquals={"aws:PrincipalArn": federated("Bob")})
    assert denied_if(StringEquals={"aws:userid": f"{ACCOUNT}:Bob"})
    assert denied_if(Null={"aws:username": "true"})
    assert denied_if(Null={"aws:TokenIssueTime": "false"})
    assert not denied_if(StringEquals={"aws:PrincipalType": "User"})


@pytest.mark.parametrize(("arguments", "code"), [
    ({"Name": "B"}, "ValidationError"), ({"Name": "B" * 33}, "ValidationError"),
    ({"DurationSeconds": 899}, "ValidationError"), ({"DurationSeconds": 129601}, "ValidationError"),
    ({"Policy": "{"}, "MalformedPolicyDocument"), ({"Policy": " " * 2049}, "ValidationError"),
    ({"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]}, "MalformedPolicyDocument"),
    ({"PolicyArns": [{"arn": LOGS_ONLY}] * 11}, "ValidationError"),
    ({"Tags": [{"Key": "k", "Value": "v"}]}, "ValidationError")])
def test_what_is_wrong_is_refused(user, refused, client, arguments, code):
    sts = user(FEDERATE)("sts")
    try:
        sts.get_federation_token(**{"Name": "Bob", **arguments})
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    except Exception as error:  # an SDK that checks lengths itself
        assert type(error).__name__ == "ParamValidationError"
    else:
        raise AssertionError("not refused")


def test_the_shortest_and_the_longest_are_taken(user):
    sts = user(FEDERATE)("sts")
    for arguments in ({"Name": "Bo"}, {"Name": "B" * 32}, {"DurationSeconds": 900}, {"PolicyArns": [{"arn": LOGS_ONLY}] * 10},
                      {"Policy": statements(allow("sqs:*")) + " " * (2048 - len(statements(allow("sqs:*"))))}):
        name = {"Name": "Bob", **arguments}["Name"]
        assert sts.get_federation_token(**{"Name": "Bob", **arguments})["FederatedUser"]["Arn"] == federated(name)
