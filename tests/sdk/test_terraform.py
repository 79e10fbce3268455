"""The calls with which Terraform's AWS provider makes, reads and tags a table and a function.

The order is the provider's: create, wait, then read until nothing differs; tags are read and changed apart.
"""

import pytest
from orderly_fixtures import ACCOUNT, zip_of


def without_metadata(reply):
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


@pytest.fixture
def table(client, unique):
    """The name of a table made as by `aws_dynamodb_table`."""
    dynamodb, name = client("dynamodb"), unique("t")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "stage", "Value": "test"}],
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}])
    yield name
    dynamodb.delete_table(TableName=name)


def test_a_table_is_read_as_terraform_expects_it(client, table):
    dynamodb = client("dynamodb")
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert without_metadata(dynamodb.describe_continuous_backups(TableName=table)) == {
        "ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED",
                                         "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}}
    assert without_metadata(dynamodb.describe_time_to_live(TableName=table)) == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    assert without_metadata(dynamodb.list_tags_of_resource(ResourceArn=described["TableArn"])) == {
        "Tags": [{"Key": "stage", "Value": "test"}]}


def test_terraform_changes_the_tags_of_a_table(client, table):
    dynamodb = client("dynamodb")
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["stage"])
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "me"}])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "me"}]


def test_what_terraform_reads_of_a_missing_table_is_not_found(client, refused):
    dynamodb = client("dynamodb")
    error = refused(dynamodb.describe_continuous_backups, TableName="nowhere")
    assert (error["code"], error["message"], error["status"]) == ("TableNotFoundException", "Table not found: nowhere", 400)
    error = refused(dynamodb.describe_time_to_live, TableName="nowhere")
    assert (error["code"], error["message"], error["status"]) == (
        "ResourceNotFoundException", "Requested resource not found: Table: nowhere not found", 400)


@pytest.fixture
def function(client, unique, make_role):
    """The name of a function made as by `aws_lambda_function`."""
    functions, name = client("lambda"), unique("f")[:64]
    functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=make_role(), MemorySize=128, Timeout=3,
        Code={"ZipFile": zip_of({"index.py": "def handler(event, context):\n    return event\n"})},
        Environment={"Variables": {"TABLE": "Orders"}}, Tags={"stage": "test"})
    yield name
    functions.delete_function(FunctionName=name)


def test_a_function_has_one_version(client, function):
    functions = client("lambda")
    read = functions.get_function_configuration(FunctionName=function)
    left_out = ("State", "LastUpdateStatus", "RuntimeVersionConfig")
    version = {name: value for name, value in without_metadata(read).items() if name not in left_out}
    version["FunctionArn"] += ":$LATEST"
    for arguments in ({}, {"MaxItems": 1}, {"MaxItems": 10000}):
        assert without_metadata(functions.list_versions_by_function(FunctionName=function, **arguments)) == {
            "Versions": [version]}
    assert functions.list_versions_by_function(FunctionName=read["FunctionArn"])["Versions"] == [version]


def test_a_made_up_marker_of_versions_is_refused(client, function, refused):
    error = refused(client("lambda").list_versions_by_function, FunctionName=function, Marker="made up")
    assert (error["code"], error["message"]) == ("InvalidParameterValueException", "Invalid Marker.")


def test_a_function_has_no_code_signing_configuration(client, function):
    signing = client("lambda").get_function_code_signing_config(FunctionName=function)
    assert without_metadata(signing) == {}


def test_what_terraform_reads_of_a_missing_function_is_not_found(client, refused):
    functions = client("lambda")
    for call in (functions.list_versions_by_function, functions.get_function_code_signing_config):
        error = refused(call, FunctionName="nowhere")
        assert (error["code"], error["message"], error["status"]) == (
            "ResourceNotFoundException", f"Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:nowhere", 404)
