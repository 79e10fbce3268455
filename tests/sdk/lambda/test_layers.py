"""Layers: versions, their policies, and functions that have them."""

import base64
import hashlib
import io
import itertools
import json
import os
import re
import urllib.request
import zipfile

import pytest
from orderly_fixtures import ACCOUNT, REGION, zip_of

MIB = 1024 * 1024
OTHER = "111122223333"


@pytest.fixture
def others(client):
    """A client of another account."""
    return client("lambda", aws_access_key_id=OTHER)


@pytest.fixture
def publish(functions, unique):
    """publish({file: content}, **arguments) makes the first version of a layer, or another of `LayerName`."""

    count = itertools.count(1)

    def make(files, **arguments):
        content = {"ZipFile": files if isinstance(files, bytes) else zip_of(files)}
        name = arguments.pop("LayerName", None) or f"{unique('layer')}-{next(count)}"
        return functions.publish_layer_version(LayerName=name, Content=content, **arguments)

    return make


def zeroes(mebibytes):
    """A package of one file with so many mebibytes, small as a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("zeroes", bytes(mebibytes * MIB))
    return packed.getvalue()


def without_metadata(reply):
    return {key: value for key, value in reply.items() if key != "ResponseMetadata"}


def result_of(functions, name):
    reply = functions.invoke(FunctionName=name)
    answer = json.loads(reply["Payload"].read())
    assert "FunctionError" not in reply, answer
    return answer


# --- versions ----------------------------------------------------------------------------------


def test_a_version_is_shown_as_it_was_published(functions, unique):
    name, package = unique("layer"), zip_of({"python/one.py": "ONE = 1"})
    published = functions.publish_layer_version(
        LayerName=name,
        Description="tools",
        LicenseInfo="MIT",
        Content={"ZipFile": package},
        CompatibleRuntimes=["python3.13", "java21"],
        CompatibleArchitectures=["x86_64", "arm64"],
    )
    assert published["ResponseMetadata"]["HTTPStatusCode"] == 201
    shown = without_metadata(published)
    location, created = shown["Content"].pop("Location"), shown.pop("CreatedDate")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}"
    assert shown == {
        "Content": {
            "CodeSha256": base64.b64encode(hashlib.sha256(package).digest()).decode(),
            "CodeSize": len(package),
        },
        "LayerArn": arn,
        "LayerVersionArn": arn + ":1",
        "Description": "tools",
        "Version": 1,
        "CompatibleArchitectures": ["x86_64", "arm64"],
        "CompatibleRuntimes": ["python3.13", "java21"],
        "LicenseInfo": "MIT",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", created)
    assert urllib.request.urlopen(location).read() == package

    for again in (
        functions.get_layer_version(LayerName=name, VersionNumber=1),
        functions.get_layer_version(LayerName=arn, VersionNumber=1),
        functions.get_layer_version_by_arn(Arn=arn + ":1"),
    ):
        again = without_metadata(again)
        again["Content"].pop("Location")
        assert again.pop("CreatedDate") == created
        assert again == shown


def test_a_version_without_settings_has_an_empty_description(publish):
    shown = without_metadata(publish({"a": "b"}))
    assert sorted(shown) == ["Content", "CreatedDate", "Description", "LayerArn", "LayerVersionArn", "Version"]
    assert shown["Description"] == ""


def test_numbers_are_never_used_again(functions, publish, unique):
    name = unique("layer")
    assert [publish({"a": "b"}, LayerName=name)["Version"] for _ in range(2)] == [1, 2]
    for number in (1, 2, 2):
        reply = functions.delete_layer_version(LayerName=name, VersionNumber=number)
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert functions.list_layer_versions(LayerName=name)["LayerVersions"] == []
    assert publish({"a": "b"}, LayerName=name)["Version"] == 3


def test_versions_are_listed_in_pages_the_newest_first(functions, publish, unique):
    name = unique("layer")
    for runtime in ("python3.13", "nodejs22.x", "python3.13"):
        publish({"a": "b"}, LayerName=name, CompatibleRuntimes=[runtime], Description=runtime)
    pages = functions.get_paginator("list_layer_versions").paginate(
        LayerName=name, PaginationConfig={"PageSize": 1}
    )
    assert [[one["Version"] for one in page["LayerVersions"]] for page in pages] == [[3], [2], [1]]
    fitting = functions.list_layer_versions(LayerName=name, CompatibleRuntime="python3.13")["LayerVersions"]
    assert [one["Version"] for one in fitting] == [3, 1]
    fitting[0].pop("CreatedDate")
    assert fitting[0] == {
        "LayerVersionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}:3",
        "Version": 3,
        "Description": "python3.13",
        "CompatibleRuntimes": ["python3.13"],
    }
    assert functions.list_layer_versions(LayerName=name, CompatibleRuntime="python3.1" + "2")["LayerVersions"] == []


def test_layers_are_listed_with_their_newest_fitting_version(client, unique):
    functions = client("lambda", region_name="eu-west-3")
    names = sorted(unique("layer") + letter for letter in "ab")
    for name in names:
        for architecture in ("arm64", "x86_64"):
            functions.publish_layer_version(
                LayerName=name, Content={"ZipFile": zip_of({"a": "b"})}, CompatibleArchitectures=[architecture]
            )
    pages = functions.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1})
    listed = [layer for page in pages for layer in page["Layers"]]
    assert [(one["LayerName"], one["LatestMatchingVersion"]["Version"]) for one in listed] == [
        (names[0], 2),
        (names[1], 2),
    ]
    assert listed[0]["LayerArn"] == f"arn:aws:lambda:eu-west-3:{ACCOUNT}:layer:{names[0]}"
    arm = functions.list_layers(CompatibleArchitecture="arm64")["Layers"]
    assert [one["LatestMatchingVersion"]["Version"] for one in arm] == [1, 1]
    assert functions.list_layers(CompatibleRuntime="ruby3.4")["Layers"] == []
    functions.delete_layer_version(LayerName=names[0], VersionNumber=2)
    functions.delete_layer_version(LayerName=names[0], VersionNumber=1)
    assert [one["LayerName"] for one in functions.list_layers()["Layers"]] == [names[1]]


def test_what_is_not_there_is_not_found(functions, refused, unique):
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{unique('layer')}"
    missing = {"code": "ResourceNotFoundException", "status": 404}
    for error in (
        refused(functions.get_layer_version, LayerName=arn, VersionNumber=1),
        refused(functions.get_layer_version_by_arn, Arn=arn + ":1"),
    ):
        assert error["reply"]["Error"]["Code"] == missing["code"] and error["status"] == missing["status"]
        assert error["message"] == "The resource you requested does not exist."
    for operation in (functions.get_layer_version, functions.delete_layer_version):
        error = refused(operation, LayerName=arn, VersionNumber=0)
        assert (error["code"], error["message"]) == (
            "InvalidParameterValueException",
            "Layer Version Cannot be less than 1",
        )


@pytest.mark.parametrize(
    "content, message",
    [
        ({}, "Please provide a source for layer content."),
        ({"ZipFile": lambda: b"no zip"}, "Could not unzip uploaded file. Please check your file, then try to upload again."),
        ({"ZipFile": lambda: zeroes(251)}, "Unzipped size must be smaller than 262144000 bytes"),
    ],
    ids=["nothing", "no zip", "too large"],
)
def test_bad_content_is_refused(functions, refused, unique, content, message):
    made = {name: make() for name, make in content.items()}
    error = refused(functions.publish_layer_version, LayerName=unique("layer"), Content=made)
    assert (error["code"], error["message"]) == ("InvalidParameterValueException", message)


def test_a_large_version_can_be_fetched_again(publish):
    package = zip_of({"noise": os.urandom(3 * MIB)})
    location = publish(package)["Content"]["Location"]
    assert urllib.request.urlopen(location).read() == package


# --- policies ----------------------------------------------------------------------------------


def test_a_policy_is_edited_by_its_statements(functions, publish, refused, unique):
    arn = publish({"a": "b"}, LayerName=unique("layer"))["LayerVersionArn"]
    version = {"LayerName": arn.rpartition(":")[0], "VersionNumber": 1}
    nothing = refused(functions.get_layer_version_policy, **version)
    assert (nothing["code"], nothing["message"]) == (
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
    )
    grant = {"Action": "lambda:GetLayerVersion", **version}
    added = functions.add_layer_version_permission(StatementId="one", Principal=OTHER, **grant)
    one = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "lambda:GetLayerVersion",
        "Resource": arn,
    }
    assert json.loads(added["Statement"]) == one
    again = refused(functions.add_layer_version_permission, StatementId="one", Principal="*", **grant)
    assert (again["code"], again["message"]) == (
        "ResourceConflictException",
        "The statement id (one) provided already exists. Please provide a new statement id, or remove the existing "
        "statement.",
    )
    stale = refused(
        functions.add_layer_version_permission, StatementId="two", Principal="*", RevisionId="stale", **grant
    )
    assert (stale["code"], stale["message"]) == (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the "
        "latest Revision Id",
    )
    two = functions.add_layer_version_permission(
        StatementId="two", Principal="*", OrganizationId="o-abcdefghij", RevisionId=added["RevisionId"], **grant
    )
    policy = functions.get_layer_version_policy(**version)
    assert policy["RevisionId"] == two["RevisionId"] != added["RevisionId"]
    assert json.loads(policy["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [
            one,
            {
                "Sid": "two",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "lambda:GetLayerVersion",
                "Resource": arn,
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
            },
        ],
    }
    functions.remove_layer_version_permission(StatementId="one", **version)
    gone = refused(functions.remove_layer_version_permission, StatementId="one", **version)
    assert (gone["code"], gone["message"]) == (
        "ResourceNotFoundException",
        "Statement one is not found in resource policy.",
    )
    functions.remove_layer_version_permission(StatementId="two", **version)
    assert refused(functions.get_layer_version_policy, **version)["code"] == "ResourceNotFoundException"


def test_a_policy_of_a_missing_version_is_not_found(functions, refused, unique):
    version = {"LayerName": unique("layer"), "VersionNumber": 7}
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{version['LayerName']}:7"
    for call, arguments in (
        (functions.get_layer_version_policy, {}),
        (functions.remove_layer_version_permission, {"StatementId": "s"}),
        (
            functions.add_layer_version_permission,
            {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"},
        ),
    ):
        error = refused(call, **version, **arguments)
        assert (error["code"], error["message"]) == (
            "ResourceNotFoundException",
            f"Layer version {arn} does not exist.",
        )


def test_another_account_needs_a_statement(functions, others, publish, refused, unique):
    arn = publish({"a": "b"}, LayerName=unique("layer"))["LayerVersionArn"]
    denied = refused(others.get_layer_version_by_arn, Arn=arn)
    assert denied["code"] == "AccessDeniedException"
    assert denied["message"].endswith(
        f"is not authorized to perform: lambda:GetLayerVersion on resource: {arn} because no resource-based policy "
        "allows the lambda:GetLayerVersion action"
    )
    functions.add_layer_version_permission(
        LayerName=arn.rpartition(":")[0],
        VersionNumber=1,
        StatementId="all",
        Action="lambda:GetLayerVersion",
        Principal=OTHER,
    )
    assert others.get_layer_version_by_arn(Arn=arn)["LayerVersionArn"] == arn
    assert refused(others.list_layer_versions, LayerName=arn.rpartition(":")[0])["code"] == "AccessDeniedException"


# --- functions with layers ---------------------------------------------------------------------


def test_layers_come_one_over_the_other(functions, publish, make_function):
    layers = [
        publish({"python/tool.py": "NAME = 'first'", "first.txt": "1", "bin/tool": "#!/bin/sh\necho tool"}),
        publish({"python/tool.py": "NAME = 'second'", "second.txt": "2"}),
    ]
    name = make_function(
        """
import os, subprocess, tool
def handler(event, context):
    return [tool.NAME, sorted(os.listdir("/opt")), subprocess.check_output("tool", text=True), os.environ["PATH"]]
""",
        Layers=[layer["LayerVersionArn"] for layer in layers],
    )
    assert result_of(functions, name) == [
        "second",
        ["bin", "first.txt", "python", "second.txt"],
        "tool\n",
        "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    ]
    shown = functions.get_function_configuration(FunctionName=name)
    assert shown["Layers"] == [
        {"Arn": layer["LayerVersionArn"], "CodeSize": layer["Content"]["CodeSize"]} for layer in layers
    ]
    functions.update_function_configuration(
        FunctionName=name, Layers=[layer["LayerVersionArn"] for layer in reversed(layers)]
    )
    assert result_of(functions, name)[0] == "first"


def test_layers_stay_until_an_update_names_others(functions, publish, make_function):
    layer = publish({"python/tool.py": "NAME = 'tool'"})["LayerVersionArn"]
    name = make_function("import tool\ndef handler(event, context): return tool.NAME", Layers=[layer])
    functions.update_function_configuration(FunctionName=name, Timeout=9)
    assert result_of(functions, name) == "tool"
    gone = functions.update_function_configuration(FunctionName=name, Layers=[])
    assert "Layers" not in gone
    failed = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
    assert failed["errorMessage"] == "Unable to import module 'index': No module named 'tool'"


def test_a_function_keeps_a_deleted_layer(functions, publish, make_function):
    layer = publish({"python/tool.py": "NAME = 'tool'"})
    name = make_function(
        "import tool\ndef handler(event, context): return tool.NAME", Layers=[layer["LayerVersionArn"]]
    )
    functions.delete_layer_version(LayerName=layer["LayerArn"], VersionNumber=1)
    assert result_of(functions, name) == "tool"
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"AB": "C"}})
    assert result_of(functions, name) == "tool"


def test_node_finds_layers_by_require_and_import(functions, publish, make_function):
    layer = publish(
        {
            "nodejs/node_modules/tool/package.json": '{"name": "tool", "main": "index.js"}',
            "nodejs/node_modules/tool/index.js": "module.exports = { name: 'common' };",
            "nodejs/node22/node_modules/fresh/index.js": "module.exports = { name: 'of 22' };",
        }
    )["LayerVersionArn"]
    common = "const tool = require('tool'), fresh = require('fresh'); exports.handler = async () => [tool.name, fresh.name];"
    module = "import tool from 'tool'; import fresh from 'fresh'; import '@aws-sdk/client-sqs'; export const handler = async () => [tool.name, fresh.name];"
    for files in ({"index.js": common}, {"index.mjs": module}):
        name = make_function(files, Runtime="nodejs22.x", Layers=[layer], MemorySize=512)
        assert result_of(functions, name) == ["common", "of 22"]


def test_a_bootstrap_may_come_from_a_layer(functions, publish, make_function):
    bootstrap = """#!/bin/sh
while true; do
  id=$(curl -s -D - -o /dev/null http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next |
       sed -n 's/^Lambda-Runtime-Aws-Request-Id: *\\([^\\r]*\\)\\r*$/\\1/ip')
  curl -s -o /dev/null -d '"from the layer"' http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response
done
"""
    layer = publish({"bootstrap": bootstrap})["LayerVersionArn"]
    name = make_function({"data": "x"}, Runtime="provided.al2023", Handler="x", Layers=[layer])
    assert result_of(functions, name) == "from the layer"


def test_layers_that_a_function_may_not_have_are_refused(functions, client, publish, refused, unique, make_function):
    name = make_function("def handler(event, context): pass")
    layers = [publish({"a": "b"})["LayerVersionArn"] for _ in range(6)]
    second = publish({"a": "c"}, LayerName=layers[0].split(":")[6])["LayerVersionArn"]
    missing = layers[0][:-1] + "9"
    elsewhere = client("lambda", region_name="eu-west-1").publish_layer_version(
        LayerName=unique("layer"), Content={"ZipFile": zip_of({"a": "b"})}
    )["LayerVersionArn"]

    def refusal(*arns):
        error = refused(functions.update_function_configuration, FunctionName=name, Layers=list(arns))
        assert error["code"] == "InvalidParameterValueException"
        return error["message"]

    functions.update_function_configuration(FunctionName=name, Layers=layers[:5])
    assert refusal(*layers) == "Cannot reference more than 5 layers."
    assert refusal(missing) == f"Layer version {missing} does not exist."
    assert refusal(elsewhere) == (
        f"Layers are not in the same region as the function. Layers are expected to be in region {REGION}."
    )
    assert refusal(layers[1], layers[0], second) == (
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{layers[0]} and {second} are versions of the same layer."
    )
    assert [one["Arn"] for one in functions.get_function_configuration(FunctionName=name)["Layers"]] == layers[:5]


def test_another_accounts_layer_needs_its_permission(functions, others, refused, unique, make_function):
    shared = others.publish_layer_version(
        LayerName=unique("layer"), Content={"ZipFile": zip_of({"python/tool.py": "NAME = 'shared'"})}
    )
    name = make_function("import tool\ndef handler(event, context): return tool.NAME")
    arguments = {"FunctionName": name, "Layers": [shared["LayerVersionArn"]]}
    assert refused(functions.update_function_configuration, **arguments)["code"] == "AccessDeniedException"
    others.add_layer_version_permission(
        LayerName=shared["LayerArn"],
        VersionNumber=1,
        StatementId="all",
        Action="lambda:GetLayerVersion",
        Principal="*",
    )
    functions.update_function_configuration(**arguments)
    assert result_of(functions, name) == "shared"


def test_a_layer_is_seen_only_in_its_own_region(client, publish, refused):
    made, away = publish({"a": "b"}), client("lambda", region_name="eu-west-1")
    version = {"LayerName": made["LayerArn"], "VersionNumber": 1}
    statement = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
    for call, arguments in (
        (away.get_layer_version, version),
        (away.get_layer_version_by_arn, {"Arn": made["LayerVersionArn"]}),
        (away.add_layer_version_permission, {**version, **statement}),
        (away.list_layer_versions, {"LayerName": made["LayerArn"]}),
        (away.publish_layer_version, {"LayerName": made["LayerArn"], "Content": {"ZipFile": zip_of({"a": "c"})}}),
    ):
        assert refused(call, **arguments)["code"] == "ResourceNotFoundException"
    away.delete_layer_version(**version)
    assert [one["Version"] for one in client("lambda").list_layer_versions(LayerName=made["LayerArn"])["LayerVersions"]] == [1]


def test_code_and_layers_are_small_enough_together(functions, publish, refused, make_function):
    source = b"def handler(event, context): pass"
    name = make_function({"index.py": source})
    half, rest = publish(zeroes(200))["LayerVersionArn"], publish(zeroes(50))["LayerVersionArn"]
    error = refused(functions.update_function_configuration, FunctionName=name, Layers=[half, rest])
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException",
        "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is "
        f"{250 * MIB + len(source)} bytes.",
    )
    functions.update_function_configuration(FunctionName=name, Layers=[half])
    error = refused(functions.update_function_code, FunctionName=name, ZipFile=zeroes(51))
    assert error["message"].endswith(f"The actual size is {251 * MIB} bytes.")
    functions.update_function_code(FunctionName=name, ZipFile=zeroes(50))
