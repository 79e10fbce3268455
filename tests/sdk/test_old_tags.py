"""A data folder of an earlier version, in which each service had a table of tags of its own, opens with all its tags;
and what it has of functions is counted.

old_tags.sql is `sqlite3 orderly.db .dump` of that folder.
"""

import contextlib
import pathlib
import sqlite3

import boto3
import pytest

import orderly_server

HERE = "us-east-1:000000000000"
MAPPING = "b5766820-f2b5-46b8-999d-10def180300d"
TAGS = {
    f"arn:aws:dynamodb:{HERE}:table/orders": {"team": "shop"},
    "arn:aws:iam::000000000000:policy/shop/Read": {"Owner": "mary"},
    "arn:aws:iam::000000000000:role/shop/Orders": {"Team": "shop", "zone": "z"},
    "arn:aws:iam::000000000000:user/Mary": {"Team": "people"},
    f"arn:aws:lambda:{HERE}:event-source-mapping:{MAPPING}": {"kind": "mapping"},
    f"arn:aws:lambda:{HERE}:function:handle": {"team": "shop"},
    f"arn:aws:logs:{HERE}:log-group:/orders": {"team": "shop", "ünï": "cødé"},
    f"arn:aws:sns:{HERE}:orders": {"a": "1", "team": "shop"},
    "arn:aws:sqs:eu-central-1:123456789012:orders": {"where": "eu"},
    f"arn:aws:sqs:{HERE}:orders": {"Team": "upper", "empty": "", "team": "shop"},
}


@pytest.fixture
def server(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "orderly.db")) as database:
        database.executescript((pathlib.Path(__file__).parent / "old_tags.sql").read_text())
    started = orderly_server.Server(data=str(tmp_path)).start()
    yield started
    started.stop()


@pytest.fixture
def of(server):
    """of("sqs") returns a client of the server."""

    def make(service, region="us-east-1", account="test"):
        return boto3.client(service, endpoint_url=server.endpoint, region_name=region, aws_access_key_id=account,
                            aws_secret_access_key="test")

    return make


def stored(server, sql):
    with contextlib.closing(sqlite3.connect(pathlib.Path(server.data) / "orderly.db")) as database:
        return database.execute(sql).fetchall()


def as_map(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def test_tags_of_an_earlier_version_are_kept_by_their_resources_arn(server):
    found = stored(server, "select owner, coalesce(spelling, key), value from aws_tag")
    tables = stored(server, "select name from sqlite_schema where name like '%\\_tag' escape '\\'")
    assert sorted(found) == sorted((owner, key, value) for owner, tags in TAGS.items() for key, value in tags.items())
    assert tables == [("aws_tag",)]


def test_every_service_lists_the_tags_of_an_earlier_version(of):
    listed = {
        f"arn:aws:sqs:{HERE}:orders": of("sqs").list_queue_tags(QueueUrl="orders")["Tags"],
        f"arn:aws:logs:{HERE}:log-group:/orders":
            of("logs").list_tags_for_resource(resourceArn=f"arn:aws:logs:{HERE}:log-group:/orders")["tags"],
        f"arn:aws:lambda:{HERE}:function:handle": of("lambda").get_function(FunctionName="handle")["Tags"],
        f"arn:aws:lambda:{HERE}:event-source-mapping:{MAPPING}":
            of("lambda").list_tags(Resource=f"arn:aws:lambda:{HERE}:event-source-mapping:{MAPPING}")["Tags"],
        f"arn:aws:sns:{HERE}:orders":
            as_map(of("sns").list_tags_for_resource(ResourceArn=f"arn:aws:sns:{HERE}:orders")["Tags"]),
        "arn:aws:iam::000000000000:role/shop/Orders": as_map(of("iam").list_role_tags(RoleName="Orders")["Tags"]),
        "arn:aws:iam::000000000000:user/Mary": as_map(of("iam").list_user_tags(UserName="Mary")["Tags"]),
        "arn:aws:iam::000000000000:policy/shop/Read":
            as_map(of("iam").list_policy_tags(PolicyArn="arn:aws:iam::000000000000:policy/shop/Read")["Tags"]),
    }
    assert listed == {owner: TAGS[owner] for owner in listed}


def test_a_key_of_an_earlier_version_is_found_without_its_case_where_case_does_not_count(of):
    of("iam").untag_user(UserName="Mary", TagKeys=["TEAM"])
    assert of("iam").list_user_tags(UserName="Mary")["Tags"] == []
    of("sqs").untag_queue(QueueUrl="orders", TagKeys=["Team"])
    assert of("sqs").list_queue_tags(QueueUrl="orders")["Tags"] == {"empty": "", "team": "shop"}


def test_a_key_of_a_policy_of_an_earlier_version_has_its_case(of):
    iam, arn = of("iam"), "arn:aws:iam::000000000000:policy/shop/Read"
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "owner", "Value": "bob"}])
    assert as_map(iam.list_policy_tags(PolicyArn=arn)["Tags"]) == {"Owner": "mary", "owner": "bob"}
    iam.untag_policy(PolicyArn=arn, TagKeys=["Owner"])
    assert as_map(iam.list_policy_tags(PolicyArn=arn)["Tags"]) == {"owner": "bob"}


def test_a_deleted_resource_leaves_no_tags_to_one_of_its_name(server, of):
    policy = "arn:aws:iam::000000000000:policy/shop/Read"
    of("sqs").delete_queue(QueueUrl="orders")
    of("sqs", "eu-central-1", "123456789012").delete_queue(QueueUrl="orders")
    of("sns").delete_topic(TopicArn=f"arn:aws:sns:{HERE}:orders")
    of("dynamodb").delete_table(TableName="orders")
    of("logs").delete_log_group(logGroupName="/orders")
    of("lambda").delete_event_source_mapping(UUID=MAPPING)
    of("lambda").delete_function(FunctionName="handle")
    of("iam").detach_role_policy(RoleName="Orders", PolicyArn=policy)
    of("iam").delete_role(RoleName="Orders")
    of("iam").delete_user(UserName="Mary")
    of("iam").delete_policy(PolicyArn=policy)
    assert stored(server, "select * from aws_tag") == []


def test_the_code_of_an_earlier_version_is_counted(of):
    assert of("lambda").get_account_settings()["AccountUsage"] == {"TotalCodeSize": 122, "FunctionCount": 1}
    of("lambda").delete_function(FunctionName="handle")
    assert of("lambda").get_account_settings()["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
