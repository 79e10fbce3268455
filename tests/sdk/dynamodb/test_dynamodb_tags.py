"""Tags of tables, as boto3 sees them: what is refused, and in AWS's sentences."""

import boto3
import pytest
from botocore.config import Config
from orderly_fixtures import ACCOUNT


@pytest.fixture(scope="module")
def dynamodb(endpoint):
    """A client that leaves all checks to the server."""
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(parameter_validation=False, retries={"max_attempts": 0}))


@pytest.fixture
def table(dynamodb, unique):
    """The ARN of a new table with a tag."""
    made = dynamodb.create_table(
        TableName=unique("t"), BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "kept", "Value": "v"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])["TableDescription"]
    yield made["TableArn"]
    dynamodb.delete_table(TableName=made["TableName"])


def tags(values):
    return [{"Key": key, "Value": value} for key, value in values.items()]


def tags_of(dynamodb, arn):
    pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def test_tags_are_set_changed_removed_and_listed(dynamodb, table):
    longest = {"k" * 128: "v" * 256, "a+b-c=d.e_f:g/h@i": "", "ключ": "表"}
    dynamodb.tag_resource(ResourceArn=table, Tags=tags({"kept": "new", **longest}))
    assert tags_of(dynamodb, table) == {"kept": "new", **longest}
    dynamodb.untag_resource(ResourceArn=table, TagKeys=["k" * 128, "ключ", "unknown"])
    assert tags_of(dynamodb, table) == {"kept": "new", "a+b-c=d.e_f:g/h@i": ""}


def test_tags_are_listed_ten_in_a_page(dynamodb, table):
    dynamodb.tag_resource(ResourceArn=table, Tags=tags({f"k{i:02}": str(i) for i in range(9)}))
    assert "NextToken" not in dynamodb.list_tags_of_resource(ResourceArn=table)
    dynamodb.tag_resource(ResourceArn=table, Tags=tags({f"k{i:02}": str(i) for i in range(20)}))
    pages = list(dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=table))
    assert [len(page["Tags"]) for page in pages] == [10, 10, 1]
    assert tags_of(dynamodb, table) == {"kept": "v", **{f"k{i:02}": str(i) for i in range(20)}}


def test_a_table_has_at_most_fifty_tags(dynamodb, table, refused):
    full = {"kept": "v", **{f"k{i}": "v" for i in range(49)}}
    dynamodb.tag_resource(ResourceArn=table, Tags=tags(full))
    assert tags_of(dynamodb, table) == full
    sentence = "Number of Tags exceed the current limit for the provided ResourceArn"
    for more in ({"one": "more"}, {f"n{i}": "v" for i in range(51)}):
        error = refused(dynamodb.tag_resource, ResourceArn=table, Tags=tags(more))
        assert (error["code"], error["message"], error["status"]) == ("ValidationException", sentence, 400)
    assert refused(dynamodb.untag_resource, ResourceArn=table, TagKeys=[f"n{i}" for i in range(51)])["message"] == sentence
    assert tags_of(dynamodb, table) == full


@pytest.mark.parametrize("bad, sentence", [
    ({"Key": "k" * 129, "Value": "v"}, "The Tag Key provided is invalid, Key: " + "k" * 129),
    ({"Key": "", "Value": "v"}, "The Tag Key provided is invalid, Key: "),
    ({"Key": "a,b", "Value": "v"}, "The Tag Key provided is invalid, Key: a,b"),
    ({"Key": "k", "Value": "v" * 257}, "The Tag Value provided is invalid, Value: " + "v" * 257),
    ({"Key": "k", "Value": "100%"}, "The Tag Value provided is invalid, Value: 100%"),
    ({"Key": "aws:stage", "Value": "v"}, "Tag Key cannot be prefixed with aws:, Key: aws:stage"),
    ({"Key": "good", "Value": "v"}, "Duplicate Tag Keys provided as input: Duplicate Tag Key found good"),
])
def test_bad_tags_are_refused_and_none_of_the_request_is_set(dynamodb, table, refused, unique, bad, sentence):
    both = [{"Key": "good", "Value": "v"}, bad]
    for error in (refused(dynamodb.tag_resource, ResourceArn=table, Tags=both),
                  refused(dynamodb.create_table, TableName=unique("new"), BillingMode="PAY_PER_REQUEST", Tags=both,
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])):
        assert (error["code"], error["message"]) == ("ValidationException", sentence)
    assert tags_of(dynamodb, table) == {"kept": "v"}


def test_requests_without_tags_are_refused(dynamodb, table, refused):
    assert refused(dynamodb.tag_resource, ResourceArn=table, Tags=[])["message"] == \
        "Atleast one Tag needs to be provided as Input."
    assert refused(dynamodb.untag_resource, ResourceArn=table, TagKeys=[])["message"] == \
        "Atleast one Tag Key needs to be provided as Input."
    assert refused(dynamodb.list_tags_of_resource, ResourceArn=table, NextToken="made up")["message"] == "Invalid NextToken"


def test_what_is_no_table_has_no_tags(dynamodb, table, refused):
    requests = ((dynamodb.tag_resource, {"Tags": tags({"k": "v"})}), (dynamodb.untag_resource, {"TagKeys": ["k"]}),
                (dynamodb.list_tags_of_resource, {}))
    missing = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/nowhere"
    for call, more in requests:
        error = refused(call, ResourceArn=missing, **more)
        assert (error["code"], error["message"], error["status"]) == (
            "ResourceNotFoundException", f"Requested resource not found: ResourceArn: {missing} not found", 400)
        for arn in ("a:b:c:d:e:f/g", table + "/index/i", table.replace("us-east-1", "eu-west-1"), table.replace("dynamodb", "sqs")):
            error = refused(call, ResourceArn=arn, **more)
            assert (error["code"], error["message"]) == (
                "ValidationException", f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")


@pytest.mark.parametrize("text", ["nowhere", "a:b:c:d:e:f", "a:b:c:d:e/f", "a:b:c:d:e:f/", "a:b:c:d:e:/g", "a::c:d:e:f/g"])
def test_for_what_has_not_the_form_of_an_arn_nobody_has_permission(dynamodb, refused, text):
    for call, action, more in ((dynamodb.tag_resource, "TagResource", {"Tags": tags({"k": "v"})}),
                               (dynamodb.untag_resource, "UntagResource", {"TagKeys": ["k"]}),
                               (dynamodb.list_tags_of_resource, "ListTagsOfResource", {})):
        error = refused(call, ResourceArn=text, **more)
        assert (error["code"], error["message"], error["status"]) == (
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: dynamodb:{action} on resource: {text}", 400)


def test_tags_go_with_their_table(dynamodb, table):
    name = table.rsplit("/", 1)[1]
    described = dynamodb.describe_table(TableName=name)["Table"]
    dynamodb.delete_table(TableName=name)
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=described["KeySchema"],
                          AttributeDefinitions=described["AttributeDefinitions"])
    assert tags_of(dynamodb, table) == {}
