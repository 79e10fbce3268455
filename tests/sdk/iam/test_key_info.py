"""STS GetAccessKeyInfo: the account of an access key, for every caller and in every state of the key."""

import pytest
from botocore.exceptions import ClientError
from iam_house import House, allow
from orderly_fixtures import ACCOUNT

OTHER = "222222222222"
DAY = 86400


@pytest.fixture(scope="module")
def house():
    one = House()
    yield one
    one.end()


def account_of(house, key, caller="test"):
    return house.client("sts", key=caller).get_access_key_info(AccessKeyId=key)["Account"]


def new_key(house, user, **caller):
    iam = house.client("iam", **caller)
    iam.create_user(UserName=user)
    return iam.create_access_key(UserName=user)["AccessKey"]


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


def test_any_account_learns_the_account_of_a_key(house):
    mine, theirs = new_key(house, "ann")["AccessKeyId"], new_key(house, "ben", key=OTHER)["AccessKeyId"]
    root = house.client("iam", key=OTHER).create_access_key()["AccessKey"]["AccessKeyId"]
    for caller in ("test", OTHER):
        assert [account_of(house, key, caller) for key in (mine, theirs, root)] == [ACCOUNT, OTHER, OTHER]


def test_an_inactive_key_has_an_account_and_a_deleted_one_has_none(house):
    key = new_key(house, "cleo")["AccessKeyId"]
    house.iam.update_access_key(UserName="cleo", AccessKeyId=key, Status="Inactive")
    assert account_of(house, key) == ACCOUNT
    house.iam.delete_access_key(UserName="cleo", AccessKeyId=key)
    assert refusal(house.client("sts").get_access_key_info, AccessKeyId=key) == (
        400, "ValidationError", f"The access key ID {key} does not exist.")


def test_a_key_of_a_session_has_the_account_of_its_role_also_when_it_has_expired(house):
    arn = house.role("helper")
    key = house.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]["AccessKeyId"]
    assert key.startswith("ASIA") and account_of(house, key, OTHER) == ACCOUNT
    house.server.advance_clock(DAY)
    assert account_of(house, key) == ACCOUNT


@pytest.mark.parametrize("size", [16, 128])
def test_a_key_that_never_was_has_no_account(house, size):
    key = "A" * size
    assert refusal(house.client("sts").get_access_key_info, AccessKeyId=key) == (
        400, "ValidationError", f"The access key ID {key} does not exist.")


def test_a_user_needs_the_permission_to_ask(house):
    arn, denied = house.user("dora", allow("iam:*"))
    key = house.iam.list_access_keys(UserName="dora")["AccessKeyMetadata"][0]["AccessKeyId"]
    assert refusal(denied("sts").get_access_key_info, AccessKeyId=key) == (
        403, "AccessDenied", f"User: {arn} is not authorized to perform: sts:GetAccessKeyInfo on resource: * because "
                             "no identity-based policy allows the sts:GetAccessKeyInfo action")
    _, allowed = house.user("eve", allow("sts:GetAccessKeyInfo"))
    assert allowed("sts").get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
