"""Code signing configs, and the functions that have one."""

import re

import pytest
from orderly_fixtures import ACCOUNT, REGION, zip_of

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-"
OTHER = "111111111111"
PROFILE = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/profile/version"


@pytest.fixture
def config(functions):
    """A new config."""
    publishers = {"SigningProfileVersionArns": [PROFILE]}
    return functions.create_code_signing_config(AllowedPublishers=publishers)["CodeSigningConfig"]


def test_a_config_is_shown_as_it_was_made_and_changed(functions, config):
    arn = config["CodeSigningConfigArn"]
    assert re.fullmatch(re.escape(ARN) + "[a-z0-9]{17}", arn)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", config.pop("LastModified"))
    made = {
        "CodeSigningConfigId": arn.rpartition(":")[2],
        "CodeSigningConfigArn": arn,
        "AllowedPublishers": {"SigningProfileVersionArns": [PROFILE]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
    }
    assert config == made
    functions.update_code_signing_config(
        CodeSigningConfigArn=arn, Description="d", CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})
    functions.update_code_signing_config(
        CodeSigningConfigArn=arn, AllowedPublishers={"SigningProfileVersionArns": [PROFILE + "2"]})
    shown = functions.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    shown.pop("LastModified")
    assert shown == {
        **made,
        "Description": "d",
        "AllowedPublishers": {"SigningProfileVersionArns": [PROFILE + "2"]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
    }
    functions.tag_resource(Resource=arn, Tags={"a": "b"})
    assert functions.list_tags(Resource=arn)["Tags"] == {"a": "b"}


def test_configs_are_listed_in_pages_and_go(client, refused):
    functions = client("lambda", region_name="eu-north-1")
    publishers = {"SigningProfileVersionArns": [PROFILE]}
    arns = sorted(functions.create_code_signing_config(AllowedPublishers=publishers)["CodeSigningConfig"][
        "CodeSigningConfigArn"] for _ in range(3))
    pages = functions.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 2})
    assert [[one["CodeSigningConfigArn"] for one in page["CodeSigningConfigs"]] for page in pages] == [
        arns[:2], arns[2:]]
    for arn in arns:
        functions.delete_code_signing_config(CodeSigningConfigArn=arn)
    assert functions.list_code_signing_configs()["CodeSigningConfigs"] == []
    for operation in ("get", "update", "delete"):
        error = refused(getattr(functions, operation + "_code_signing_config"), CodeSigningConfigArn=arns[0])
        assert (error["code"], error["reply"].get("Message")) == (
            "ResourceNotFoundException", f"The Lambda code signing configuration {arns[0]} can not be found.")


def test_a_function_gets_and_loses_a_config(functions, config, make_function, refused):
    arn, source = config["CodeSigningConfigArn"], "def handler(event, context): pass"
    with_it, later = make_function(source, CodeSigningConfigArn=arn), make_function(source)
    of = {"FunctionName": later}
    assert "CodeSigningConfigArn" not in functions.get_function_code_signing_config(**of)
    put = functions.put_function_code_signing_config(CodeSigningConfigArn=arn, **of)
    assert (put["CodeSigningConfigArn"], put["FunctionName"]) == (arn, later)
    assert functions.get_function_code_signing_config(**of)["CodeSigningConfigArn"] == arn
    pages = functions.get_paginator("list_functions_by_code_signing_config").paginate(
        CodeSigningConfigArn=arn, PaginationConfig={"PageSize": 1})
    names = sorted([with_it, later])
    assert [page["FunctionArns"] for page in pages] == [
        [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"] for name in names]
    assert refused(functions.delete_code_signing_config, CodeSigningConfigArn=arn)["code"] == "ResourceConflictException"
    for name in names:
        functions.delete_function_code_signing_config(FunctionName=name)
    functions.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_a_config_is_seen_only_in_its_own_region(client, config, refused):
    away, arn = client("lambda", region_name="eu-west-1"), config["CodeSigningConfigArn"]
    for operation in ("get", "update", "delete"):
        error = refused(getattr(away, operation + "_code_signing_config"), CodeSigningConfigArn=arn)
        assert error["code"] == "ResourceNotFoundException"
    client("lambda").delete_code_signing_config(CodeSigningConfigArn=arn)


def test_a_function_gets_no_config_of_another_account_which_so_may_delete_its_own(
        client, functions, make_function, make_role, refused, unique):
    others = client("lambda", aws_access_key_id=OTHER)
    arn = others.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [PROFILE]})[
        "CodeSigningConfig"]["CodeSigningConfigArn"]
    name = make_function("def handler(event, context): pass")
    error = refused(functions.put_function_code_signing_config, FunctionName=name, CodeSigningConfigArn=arn)
    assert error["code"] == "AccessDeniedException"
    error = refused(functions.create_function, FunctionName=unique("f"), Runtime="python3.11", Handler="a.b",
                    Role=make_role(), Code={"ZipFile": zip_of({"a.py": "b = None"})}, CodeSigningConfigArn=arn)
    assert error["code"] == "CodeSigningConfigNotFoundException"
    functions.add_permission(FunctionName=name, StatementId="all", Action="lambda:*", Principal=OTHER)
    error = refused(others.put_function_code_signing_config, CodeSigningConfigArn=arn,
                    FunctionName=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
    assert error["code"] == "CodeSigningConfigNotFoundException"
    others.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_a_function_gets_no_config_that_does_not_exist(functions, make_function, make_role, refused, unique):
    arn = ARN + "0" * 17
    sentence = ("The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
                f"{arn}.")
    name = make_function("def handler(event, context): pass")
    for error in (
        refused(functions.put_function_code_signing_config, FunctionName=name, CodeSigningConfigArn=arn),
        refused(functions.create_function, FunctionName=unique("f"), Runtime="python3.11", Handler="a.b",
                Role=make_role(), Code={"ZipFile": b"x"}, CodeSigningConfigArn=arn),
    ):
        assert (error["code"], error["reply"].get("Message")) == ("CodeSigningConfigNotFoundException", sentence)
