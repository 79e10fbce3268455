"""The alias of an account."""

import pytest
from botocore.exceptions import ClientError
from orderly_fixtures import ACCOUNT

OTHER = "111122223333"


@pytest.fixture
def aliases(iam):
    """aliases() lists them; none remains after the test."""

    def listed(of=iam):
        page = of.list_account_aliases()
        assert not page["IsTruncated"] and "Marker" not in page
        return page["AccountAliases"]

    yield listed
    for alias in listed():
        iam.delete_account_alias(AccountAlias=alias)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_an_account_has_one_alias_and_a_new_one_replaces_it(iam, aliases):
    assert aliases() == []
    iam.create_account_alias(AccountAlias="orders-team")
    assert aliases() == ["orders-team"]
    iam.create_account_alias(AccountAlias="orders-2")
    assert aliases() == ["orders-2"]
    missing = ("NoSuchEntity", "The account alias with name orders-team cannot be found.")
    assert refusal(iam.delete_account_alias, AccountAlias="orders-team") == missing
    iam.delete_account_alias(AccountAlias="orders-2")
    assert aliases() == []
    iam.create_account_alias(AccountAlias="orders-team")


def test_an_alias_that_an_account_has_is_not_given_again(iam, client, aliases):
    other = client("iam", aws_access_key_id=OTHER)
    iam.create_account_alias(AccountAlias="orders-team")
    taken = ("EntityAlreadyExists", "The account alias orders-team already exists.")
    assert refusal(iam.create_account_alias, AccountAlias="orders-team") == taken
    assert refusal(other.create_account_alias, AccountAlias="orders-team") == taken
    assert refusal(other.delete_account_alias, AccountAlias="orders-team")[0] == "NoSuchEntity"
    other.create_account_alias(AccountAlias="orders-other")
    assert (aliases(), aliases(other)) == (["orders-team"], ["orders-other"])
    other.delete_account_alias(AccountAlias="orders-other")
    assert (aliases(), aliases(other)) == (["orders-team"], [])


@pytest.mark.parametrize("right, wrong", [("a1b", "a_b"), ("a" * 63, "a" * 64), ("a-b", "a--b"), ("1ab", "-ab"), ("ab1", "ab-"),
                                          ("abc", "aBc")])
def test_an_alias_has_small_letters_digits_and_single_dashes_between(iam, aliases, right, wrong):
    iam.create_account_alias(AccountAlias=right)
    assert aliases() == [right]
    assert refusal(iam.create_account_alias, AccountAlias=wrong)[0] == "ValidationError"
    assert aliases() == [right]
