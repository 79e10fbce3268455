"""STS GetSessionToken: temporary credentials of a user or a root, which may do what it may, but not manage IAM."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from iam_house import House, allow
from orderly_fixtures import ACCOUNT

NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, {"Bool": {"aws:MultiFactorAuthPresent": "false"}}


@pytest.fixture(scope="module")
def house():
    one = House()
    yield one
    one.end()


@pytest.fixture(scope="module")
def ann(house):
    """ann(service): a client with her long-lived key."""
    _, acting = house.user("ann", allow(["sqs:CreateQueue", "sqs:ListQueues", "iam:*", "sts:*"]))
    return acting


def session(house, sts, **more):
    """session(service): a client with a session's credentials, which are its member `keys`."""
    keys = sts.get_session_token(**more)["Credentials"]

    def acting(service):
        return house.client(service, key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])

    acting.keys = keys
    return acting


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


def test_a_session_is_its_user_and_may_do_what_it_may(house, ann):
    acting = session(house, ann("sts"))
    assert acting.keys["AccessKeyId"].startswith("ASIA")
    mine, its = ann("sts").get_caller_identity(), acting("sts").get_caller_identity()
    assert [its[name] for name in ("Arn", "UserId", "Account")] == [mine[name] for name in ("Arn", "UserId", "Account")]
    assert acting("sqs").create_queue(QueueName="by-session")["QueueUrl"] in acting("sqs").list_queues()["QueueUrls"]
    assert refusal(acting("sqs").purge_queue, QueueUrl=house.server.endpoint + f"/{ACCOUNT}/by-session") == (
        403, "AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: sqs:PurgeQueue on resource: "
                             f"arn:aws:sqs:us-east-1:{ACCOUNT}:by-session because no identity-based policy allows the "
                             "sqs:PurgeQueue action")


def test_a_session_manages_no_identities_and_asks_for_no_other_session(house, ann):
    acting = session(house, ann("sts"))
    assert refusal(acting("iam").list_users) == (
        403, "InvalidClientTokenId", "The security token included in the request is invalid")
    assert refusal(acting("sts").get_session_token) == (
        403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    assert refusal(acting("sts").get_access_key_info, AccessKeyId=acting.keys["AccessKeyId"]) == (
        403, "AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")
    assert ann("iam").list_users()["Users"] != []
    assert ann("sts").get_access_key_info(AccessKeyId=acting.keys["AccessKeyId"])["Account"] == ACCOUNT


def test_a_session_of_a_role_asks_for_no_session_and_one_of_a_user_assumes_roles(house, ann):
    role = house.role("helper")
    assert refusal(house.acting(role)("sts").get_session_token) == (
        403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    assumed = session(house, ann("sts"))("sts").assume_role(RoleArn=role, RoleSessionName="me")
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/helper/me"


def test_a_root_has_sessions_too(house):
    acting = session(house, house.client("sts"))
    assert acting("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert acting("sqs").create_queue(QueueName="by-root")["QueueUrl"]
    assert refusal(acting("iam").list_users)[:2] == (403, "InvalidClientTokenId")


def lasts(house, sts, seconds, **asked):
    """Does a session that begins now last so long?  Ends are told in whole seconds."""
    before = house.server.advance_clock(0)
    ends = sts.get_session_token(**asked)["Credentials"]["Expiration"].timestamp()
    return before // 1000 <= ends - seconds <= house.server.advance_clock(0) / 1000


@pytest.mark.parametrize("asked, seconds", [(None, 43200), (900, 900), (129600, 129600)])
def test_a_session_of_a_user_lasts_as_long_as_asked(house, ann, asked, seconds):
    assert lasts(house, ann("sts"), seconds, **({"DurationSeconds": asked} if asked else {}))


@pytest.mark.parametrize("asked, seconds", [(None, 3600), (900, 900), (3600, 3600), (3601, 3600), (129600, 3600)])
def test_a_session_of_a_root_lasts_at_most_an_hour(house, asked, seconds):
    assert lasts(house, house.client("sts"), seconds, **({"DurationSeconds": asked} if asked else {}))


@pytest.mark.parametrize("least", [0, 300, 4096])
def test_a_token_is_as_long_as_asked(ann, least):
    keys = ann("sts").get_session_token(MinimumSessionTokenSize=least)["Credentials"]
    assert max(least, 192) <= len(keys["SessionToken"]) < max(least, 192) + 4


@pytest.mark.parametrize("asked, bound", [(899, "greater than or equal to 900"), (129601, "less than or equal to 129600")])
def test_other_durations_are_refused(house, asked, bound):
    sts = boto3.client("sts", endpoint_url=house.server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                       aws_secret_access_key="test", config=Config(parameter_validation=False))
    assert refusal(sts.get_session_token, DurationSeconds=asked) == (
        400, "ValidationError", f"1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy "
                                f"constraint: Member must have value {bound}")


@pytest.mark.parametrize("given", [{"SerialNumber": "arn:aws:iam::1:mfa/a", "TokenCode": "123456"}, {"TokenCode": "123456"}])
def test_no_code_of_a_device_is_right(ann, given):
    assert refusal(ann("sts").get_session_token, **given) == (
        403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")


@pytest.mark.parametrize("condition, by_key", [(NO_MFA[0], True), (NO_MFA[1], False)], ids=["if-exists", "present"])
def test_a_session_has_no_device_and_a_key_does_not_say(house, condition, by_key):
    """A key's requests have no aws:MultiFactorAuthPresent, a session's have false."""
    name = "cleo" + str(by_key)
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": condition}
    _, acting = house.user(name, allow("sqs:*"), deny)
    denied = (403, "AccessDenied")
    assert refusal(session(house, acting("sts"))("sqs").list_queues)[:2] == denied
    if by_key:
        assert refusal(acting("sqs").list_queues)[:2] == denied
    else:
        acting("sqs").list_queues()


def test_a_session_ends_in_time_and_with_its_user(house):
    _, acting = house.user("dora", allow("sqs:*"))
    one, other = session(house, acting("sts"), DurationSeconds=900), session(house, acting("sts"), DurationSeconds=1800)
    house.server.advance_clock(895)
    one("sqs").list_queues()
    house.server.advance_clock(10)
    assert refusal(one("sqs").list_queues)[:2] == (403, "ExpiredToken")
    other("sqs").list_queues()
    house.iam.delete_user_policy(UserName="dora", PolicyName="own")
    for key in house.iam.list_access_keys(UserName="dora")["AccessKeyMetadata"]:
        house.iam.delete_access_key(UserName="dora", AccessKeyId=key["AccessKeyId"])
    house.iam.delete_user(UserName="dora")
    house.iam.create_user(UserName="dora")
    assert refusal(other("sqs").list_queues)[:2] == (403, "InvalidClientTokenId")


def test_a_session_outlives_a_restart(house, ann):
    acting = session(house, ann("sts"))
    house.server.stop()
    house.server.start()
    assert acting("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"
