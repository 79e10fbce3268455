"""GetAccessKeyLastUsed: what each access key signed last, also over restarts."""

import http.client

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import changes
import orderly_server
import pytest
from botocore.exceptions import ClientError
from iam_house import MINUTE, House, allow
from orderly_fixtures import ACCOUNT

NEVER = {"ServiceName": "N/A", "Region": "N/A"}
MANY = 512  # identities and keys whose uses are stored before the minute is over
SEEN = 10  # seconds in which one service's uses in one region are not noted again


@pytest.fixture
def house():
    one = House()
    yield one
    one.end()


class Key:
    """An access key of a user, or of the account's root."""

    def __init__(self, house, user=None):
        key = house.iam.create_access_key(**({"UserName": user} if user else {}))["AccessKey"]
        self.house, self.user, self.id, self.secret = house, user, key["AccessKeyId"], key["SecretAccessKey"]

    def client(self, service, region="us-east-1"):
        return self.house.client(service, region, self.id, self.secret)

    def answer(self):
        answer = self.house.iam.get_access_key_last_used(AccessKeyId=self.id)
        answer.pop("ResponseMetadata")
        return answer

    def used(self):
        return self.answer()["AccessKeyLastUsed"]

    def where(self):
        used = self.used()
        return used["ServiceName"], used["Region"]


def user_key(house, name, *statements):
    house.user(name, *statements)
    return Key(house, name)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def test_a_key_that_never_signed_has_no_date(house):
    key = user_key(house, "ann", allow("*"))
    assert key.answer() == {"UserName": "ann", "AccessKeyLastUsed": NEVER}


def test_a_key_tells_its_last_service_and_region(house):
    key = user_key(house, "ann", allow("*"))
    sqs, sns = key.client("sqs", "eu-west-1"), key.client("sns")
    sqs.list_queues()
    first = key.answer()
    assert set(first["AccessKeyLastUsed"]) == {"LastUsedDate", "ServiceName", "Region"}
    assert first["UserName"] == "ann" and key.where() == ("sqs", "eu-west-1")
    sns.list_topics()
    assert key.where() == ("sns", "us-east-1")
    sqs.list_queues()
    assert key.where() == ("sqs", "eu-west-1")
    key.client("cloudwatch", "eu-west-2").list_metrics()
    assert key.where() == ("cloudwatch", "eu-west-2")
    house.server.advance_clock(SEEN)
    before = key.used()["LastUsedDate"]
    key.client("cloudwatch", "eu-west-2").list_metrics()
    assert key.used()["LastUsedDate"] > before


def test_a_denied_request_is_a_use_and_one_that_the_key_did_not_sign_is_none(house):
    key = user_key(house, "ann")
    wrong = house.client("sqs", key=key.id, secret="wrong")
    assert refusal(wrong.list_queues)[0] == "SignatureDoesNotMatch"
    assert key.used() == NEVER
    assert refusal(key.client("sns").list_topics)[0] == "AuthorizationError"
    assert key.where() == ("sns", "us-east-1")
    house.iam.update_access_key(UserName="ann", AccessKeyId=key.id, Status="Inactive")
    assert refusal(key.client("sqs").list_queues)[0] == "InvalidClientTokenId"
    assert key.where() == ("sns", "us-east-1")


def test_each_key_of_a_user_has_its_own_last_use(house):
    house.iam.create_user(UserName="ann")
    one, two = Key(house, "ann"), Key(house, "ann")
    one.client("sts").get_caller_identity()
    assert one.where() == ("sts", "us-east-1") and two.used() == NEVER
    house.iam.delete_access_key(UserName="ann", AccessKeyId=one.id)
    assert refusal(house.iam.get_access_key_last_used, AccessKeyId=one.id)[0] == "AccessDenied"


def test_a_key_of_the_root_is_the_roots(house):
    key = Key(house)
    assert key.answer() == {"UserName": "root", "AccessKeyLastUsed": NEVER}
    key.client("dynamodb").list_tables()
    assert key.where() == ("dynamodb", "us-east-1")


def test_a_key_that_is_not_the_accounts_is_denied(house):
    house.iam.create_user(UserName="ann")
    foreign = house.client("iam", key="111122223333")
    foreign.create_user(UserName="far")
    keys = [foreign.create_access_key(UserName="far")["AccessKey"]["AccessKeyId"], "AKIA" + "A" * 16, "A" * 16, "A" * 128]
    arn = house.role("r")
    keys.append(house.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]["AccessKeyId"])
    for key in keys:
        assert refusal(house.iam.get_access_key_last_used, AccessKeyId=key) == (
            "AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform iam:GetAccessKeyLastUsed "
                            f"on resource: access key {key}")


def test_a_user_may_be_allowed_to_read_its_own_keys_uses(house):
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    ann, ben = (user_key(house, name, allow("iam:GetAccessKeyLastUsed", own)) for name in ("ann", "ben"))
    answer = ann.client("iam").get_access_key_last_used(AccessKeyId=ann.id)
    assert answer["UserName"] == "ann" and answer["AccessKeyLastUsed"]["ServiceName"] == "iam"
    code, message = refusal(ann.client("iam").get_access_key_last_used, AccessKeyId=ben.id)
    assert code == "AccessDenied" and f"on resource: arn:aws:iam::{ACCOUNT}:user/ben " in message


def test_last_uses_of_a_minute_survive_a_kill_and_a_stop_stores_the_rest(house):
    key = user_key(house, "ann", allow("*"))
    key.client("sqs").list_queues()
    before = key.answer()
    house.server.advance_clock(MINUTE)
    orderly_server.wait_until(
        lambda: changes.rows(house.server, "select 1 from iam_access_key where last_used_service = 'sqs'"), 30, "stored")
    assert key.answer() == before
    house.server.kill()
    house.server.start()
    assert key.answer() == before
    key.client("sns", "eu-west-1").list_topics()
    after = key.answer()
    assert key.where() == ("sns", "eu-west-1")
    house.server.stop()
    house.server.start()
    assert key.answer() == after


def sign_once(house, connection, keys):
    """Each (id, secret) signs one request, which needs no permission."""
    url, body = house.server.endpoint + "/", "Action=GetCallerIdentity&Version=2011-06-15"
    for credentials in keys:
        request = botocore.awsrequest.AWSRequest("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(*credentials), "sts", "us-east-1").add_auth(request)
        connection.request("POST", "/", body, dict(request.headers))
        reply = connection.getresponse()
        assert reply.read() and reply.status == 200


def test_the_uses_of_many_keys_are_stored_before_the_minute_is_over(house):
    iam, keys = house.iam, []
    for number in range(MANY // 2):
        iam.create_user(UserName=f"u{number}")
        for _ in range(2):
            key = iam.create_access_key(UserName=f"u{number}")["AccessKey"]
            keys.append((key["AccessKeyId"], key["SecretAccessKey"]))
    house.server.stop()  # its clock's minutes begin when it starts
    house.server.start()
    stored = lambda: len(changes.rows(house.server, "select 1 from iam_access_key where last_used_ms is not null"))
    connection = http.client.HTTPConnection(house.server.endpoint.split("//")[1])
    sign_once(house, connection, keys)
    orderly_server.wait_until(lambda: stored() == MANY, 30, "all uses in the store")
    house.server.kill()
    house.server.start()
    assert {iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]["ServiceName"] for key, _ in keys[::100]} == {"sts"}
