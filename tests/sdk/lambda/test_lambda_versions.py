"""Lambda's versions and aliases: published, invoked, weighted, allowed, deleted."""

import base64
import hashlib
import json
import re

import boto3
import pytest
from botocore.config import Config
from orderly_fixtures import ACCOUNT, LAMBDA_TRUST, function_arn, zip_of

SAY = "def handler(event, context):\n    return '{}'\n"
WHO = """
import os
def handler(event, context):
    print("hello from", context.function_version)
    return [os.environ["AWS_LAMBDA_FUNCTION_VERSION"], context.function_version, context.invoked_function_arn,
            context.log_stream_name]
"""
OTHER = "111111111111"
REVISION = ("The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id")


@pytest.fixture
def put_code(functions):
    """put_code(function, source, ...) changes a function's code."""

    def put(name, source, **arguments):
        return functions.update_function_code(FunctionName=name, ZipFile=zip_of({"index.py": source}), **arguments)

    return put


@pytest.fixture
def said(functions):
    """said(FunctionName=…, …) returns the function's answer and the version that was executed."""

    def invoke(**arguments):
        reply = functions.invoke(**arguments)
        return json.loads(reply["Payload"].read()), reply["ExecutedVersion"]

    return invoke


@pytest.fixture
def make_two(make_function, functions, put_code):
    """make_two() returns a function with the versions 1 and 2, which say "one" and "two"; $LATEST says "new"."""

    def make(**arguments):
        name = make_function(SAY.format("one"), **arguments)
        functions.publish_version(FunctionName=name)
        put_code(name, SAY.format("two"))
        functions.publish_version(FunctionName=name)
        put_code(name, SAY.format("new"))
        return name

    return make


def numbers(functions, name):
    return [version["Version"] for version in functions.list_versions_by_function(FunctionName=name)["Versions"]]


def expect(error, code, status, message):
    assert (error["code"], error["status"], error["message"]) == (code, status, message)


# --- Publishing --------------------------------------------------------------------------------


def test_a_published_version_is_what_latest_was_and_does_not_change(functions, make_function, put_code, said):
    name = make_function(SAY.format("one"), Description="all", Timeout=7, Environment={"Variables": {"AB": "c"}})
    latest = functions.get_function_configuration(FunctionName=name)
    published = functions.publish_version(FunctionName=name, Description="the first")
    different = {"FunctionArn", "Version", "Description", "RevisionId", "ResponseMetadata", "State", "StateReason",
                 "StateReasonCode", "LastUpdateStatus"}
    assert {k: v for k, v in published.items() if k not in different} == {
        k: v for k, v in latest.items() if k not in different}
    assert (published["FunctionArn"], published["Version"], published["Description"]) == (
        function_arn(name, "1"), "1", "the first")
    assert published["ResponseMetadata"]["HTTPStatusCode"] == 201
    put_code(name, SAY.format("two"))
    functions.update_function_configuration(FunctionName=name, Timeout=8)
    kept = functions.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (kept["Timeout"], kept["CodeSha256"], kept["RevisionId"]) == (
        7, latest["CodeSha256"], published["RevisionId"])
    assert said(FunctionName=name) == ("two", "$LATEST")
    for asked in ({"FunctionName": name, "Qualifier": "1"}, {"FunctionName": f"{name}:1"},
                  {"FunctionName": f"{ACCOUNT}:function:{name}:1"}, {"FunctionName": function_arn(name, "1")},
                  {"FunctionName": function_arn(name, "1"), "Qualifier": "1"}):
        assert said(**asked) == ("one", "1")
        assert functions.get_function(**asked)["Configuration"]["FunctionArn"] == function_arn(name, "1")


def test_the_same_code_and_configuration_are_published_once(functions, make_function, put_code):
    name = make_function(SAY.format("one"))
    first = functions.publish_version(FunctionName=name, Description="first")
    again = functions.publish_version(FunctionName=name, Description="second")
    states = {"State", "StateReason", "StateReasonCode", "LastUpdateStatus", "ResponseMetadata"}
    first, again = ({k: v for k, v in reply.items() if k not in states} for reply in (first, again))
    assert again == first
    put_code(name, SAY.format("one"))
    assert functions.publish_version(FunctionName=name)["Version"] == "1"
    functions.update_function_configuration(FunctionName=name, Description="another")
    assert functions.publish_version(FunctionName=name)["Version"] == "2"
    put_code(name, SAY.format("two"))
    assert functions.publish_version(FunctionName=name)["Version"] == "3"
    assert numbers(functions, name) == ["$LATEST", "1", "2", "3"]


def test_publishing_changes_the_revision_of_latest(functions, make_function, refused):
    name = make_function(SAY.format("one"))
    before = functions.get_function_configuration(FunctionName=name)["RevisionId"]
    published = functions.publish_version(FunctionName=name, RevisionId=before)["RevisionId"]
    after = functions.get_function_configuration(FunctionName=name)["RevisionId"]
    assert len({before, published, after}) == 3
    expect(refused(functions.publish_version, FunctionName=name, RevisionId=before),
           "PreconditionFailedException", 412, REVISION)


def test_a_version_is_published_of_the_code_that_the_caller_knows(functions, make_function, refused):
    name = make_function(SAY.format("one"))
    digest = base64.b64encode(hashlib.sha256(zip_of({"index.py": SAY.format("one")})).digest()).decode()
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    expect(refused(functions.publish_version, FunctionName=name, CodeSha256=other),
           "InvalidParameterValueException", 400,
           f"CodeSHA256 ({other}) is different from current CodeSHA256 in $LATEST ({digest}). "
           "Please try again with the CodeSHA256 in $LATEST.")
    assert functions.publish_version(FunctionName=name, CodeSha256=digest)["Version"] == "1"


def test_a_function_can_be_published_as_it_is_created_and_as_its_code_is_changed(
    functions, unique, make_role, put_code, said
):
    name = unique("f")[:64]
    made = functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=make_role(), Publish=True, Timeout=30,
        Code={"ZipFile": zip_of({"index.py": SAY.format("one")})})
    assert (made["Version"], made["FunctionArn"]) == ("1", function_arn(name))
    changed = put_code(name, SAY.format("two"), Publish=True)
    assert (changed["Version"], changed["FunctionArn"]) == ("2", function_arn(name, "2"))
    assert numbers(functions, name) == ["$LATEST", "1", "2"]
    assert [said(FunctionName=name, Qualifier=one)[0] for one in ("1", "2", "$LATEST")] == ["one", "two", "two"]
    dry = put_code(name, SAY.format("three"), Publish=True, DryRun=True)
    assert dry["Version"] == "$LATEST"
    assert numbers(functions, name) == ["$LATEST", "1", "2"]
    functions.delete_function(FunctionName=name)


def test_versions_are_listed_in_order_and_in_pages(functions, make_function, put_code):
    name = make_function(SAY.format("0"))
    for number in range(1, 11):
        put_code(name, SAY.format(number), Publish=True)
    pages = list(functions.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 4}))
    assert [[one["Version"] for one in page["Versions"]] for page in pages] == [
        ["$LATEST", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9", "10"]]
    assert [one["FunctionArn"] for one in pages[0]["Versions"]][:2] == [function_arn(name, "$LATEST"), function_arn(name, "1")]
    assert all("State" not in one and "LastUpdateStatus" not in one for one in pages[0]["Versions"])
    everything = [
        one["FunctionArn"]
        for page in functions.get_paginator("list_functions").paginate(
            FunctionVersion="ALL", PaginationConfig={"PageSize": 3})
        for one in page["Functions"]]
    own = [arn for arn in everything if f":{name}:" in arn]
    assert own == [function_arn(name, one) for one in ("$LATEST", *range(1, 11))]
    assert len(everything) == len(set(everything))
    assert [one["FunctionArn"] for page in functions.get_paginator("list_functions").paginate()
            for one in page["Functions"] if one["FunctionName"] == name] == [function_arn(name)]


def test_a_version_that_does_not_exist_is_not_found(functions, make_function, refused):
    name = make_function(SAY.format("one"))
    for qualifier in ("1", "7", "nowhere", "01"):
        for call in (functions.get_function, functions.get_function_configuration, functions.invoke):
            expect(refused(call, FunctionName=name, Qualifier=qualifier),
                   "ResourceNotFoundException", 404, f"Function not found: {function_arn(name, qualifier)}")


def test_an_invocation_of_a_missing_function_names_its_version(functions, refused):
    expect(refused(functions.invoke, FunctionName="nowhere"), "ResourceNotFoundException", 404,
           f"Function not found: {function_arn('nowhere', '$LATEST')}")
    expect(refused(functions.invoke, FunctionName="nowhere", Qualifier="3"), "ResourceNotFoundException", 404,
           f"Function not found: {function_arn('nowhere', '3')}")


def test_the_arn_of_all_functions_is_that_of_a_function_called_function(functions, refused):
    expect(refused(functions.get_function, FunctionName=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function"),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn('function')}")


def test_a_version_knows_itself(functions, make_function, said, log_of):
    name = make_function(WHO)
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    (variable, version, arn, stream), executed = said(FunctionName=name, Qualifier="live")
    assert (variable, version, arn, executed) == ("1", "1", function_arn(name, "live"), "1")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[1\][0-9a-f]{32}", stream)
    (variable, version, arn, stream), executed = said(FunctionName=name)
    assert (variable, version, arn, executed) == ("$LATEST", "$LATEST", function_arn(name), "$LATEST")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    starts = [line.split(" Version: ")[1].strip() for line in log_of(name, "hello from 1", "hello from $LATEST")
              if line.startswith("START")]
    assert sorted(starts) == ["$LATEST", "1"]


def test_an_asynchronous_invocation_runs_the_version_that_was_asked_for(functions, make_two, log_of):
    name = make_two()
    functions.invoke(FunctionName=name, Qualifier="2", InvocationType="Event")
    log = log_of(name, "REPORT")
    assert [line for line in log if line.startswith("START")][0].endswith("Version: 2\n")


# --- Deleting ----------------------------------------------------------------------------------


def test_a_version_is_deleted_by_itself(functions, make_two, said, refused):
    name = make_two()
    assert said(FunctionName=name, Qualifier="2") == ("two", "2")
    reply = functions.delete_function(FunctionName=name, Qualifier="2")
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert numbers(functions, name) == ["$LATEST", "1"]
    expect(refused(functions.invoke, FunctionName=name, Qualifier="2"), "ResourceNotFoundException", 404,
           f"Function not found: {function_arn(name, '2')}")
    assert said(FunctionName=name, Qualifier="1") == ("one", "1")
    assert said(FunctionName=name) == ("new", "$LATEST")
    assert functions.publish_version(FunctionName=name)["Version"] == "3"
    functions.delete_function(FunctionName=f"{name}:3")
    assert functions.publish_version(FunctionName=name)["Version"] == "4"


def test_a_version_that_does_not_exist_is_deleted_too(functions, make_function, refused):
    name = make_function(SAY.format("one"))
    assert functions.delete_function(FunctionName=name, Qualifier="1233")["ResponseMetadata"]["HTTPStatusCode"] == 204
    expect(refused(functions.delete_function, FunctionName="nowhere", Qualifier="1233"),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn('nowhere')}")
    for missing in (name, "nowhere"):
        expect(refused(functions.delete_function, FunctionName=missing, Qualifier="$LATEST"),
               "InvalidParameterValueException", 400,
               "$LATEST version cannot be deleted without deleting the function.")
    assert numbers(functions, name) == ["$LATEST"]


def test_a_version_that_aliases_name_is_not_deleted(functions, make_two, refused):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.create_alias(FunctionName=name, Name="next", FunctionVersion="2",
                           RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    expect(refused(functions.delete_function, FunctionName=name, Qualifier="1"), "ResourceConflictException", 409,
           "Unable to delete version because the following aliases reference it: [live, next]")
    expect(refused(functions.delete_function, FunctionName=name, Qualifier="live"),
           "InvalidParameterValueException", 400, "Deletion of aliases is not currently supported.")
    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_alias(FunctionName=name, Name="next")
    functions.delete_function(FunctionName=name, Qualifier="1")
    assert numbers(functions, name) == ["$LATEST", "2"]


def test_a_deleted_function_takes_its_versions_and_aliases_along(functions, make_two, make_role):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.delete_function(FunctionName=name)
    functions.create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=make_role(),
                              Code={"ZipFile": zip_of({"index.py": SAY.format("again")})})
    assert numbers(functions, name) == ["$LATEST"]
    assert functions.list_aliases(FunctionName=name)["Aliases"] == []
    assert functions.publish_version(FunctionName=name)["Version"] == "1"


def test_only_the_functions_own_name_is_changed(functions, make_two, put_code, refused):
    name = make_two()
    for change in (lambda: refused(put_code, name=f"{name}:1", source=SAY.format("x")),
                   lambda: refused(functions.update_function_configuration, FunctionName=f"{name}:1", Timeout=5),
                   lambda: refused(functions.publish_version, FunctionName=f"{name}:1")):
        assert change()["code"] in ("ResourceNotFoundException", "InvalidParameterValueException")
    assert functions.get_function_configuration(FunctionName=name, Qualifier="1")["Timeout"] == 30


# --- Aliases -----------------------------------------------------------------------------------


def test_an_alias_names_a_version(functions, make_two, said):
    name = make_two()
    made = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="what runs")
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    assert re.fullmatch(r"[0-9a-f-]{36}", made["RevisionId"])
    assert made == {"AliasArn": function_arn(name, "live"), "Name": "live", "FunctionVersion": "1",
                    "Description": "what runs", "RevisionId": made["RevisionId"]}
    shown = functions.get_alias(FunctionName=name, Name="live")
    shown.pop("ResponseMetadata")
    assert shown == made
    for asked in ({"FunctionName": name, "Qualifier": "live"}, {"FunctionName": f"{name}:live"},
                  {"FunctionName": function_arn(name, "live")}):
        assert said(**asked) == ("one", "1")
    found = functions.get_function(FunctionName=name, Qualifier="live")["Configuration"]
    assert (found["FunctionArn"], found["Version"]) == (function_arn(name, "live"), "1")
    changed = functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    changed.pop("ResponseMetadata")
    assert changed == {**made, "FunctionVersion": "2", "RevisionId": changed["RevisionId"]}
    assert changed["RevisionId"] != made["RevisionId"]
    assert said(FunctionName=name, Qualifier="live") == ("two", "2")
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST", Description="")
    assert said(FunctionName=name, Qualifier="live") == ("new", "$LATEST")
    assert functions.get_alias(FunctionName=name, Name="live")["Description"] == ""


def test_an_alias_without_a_description_has_an_empty_one(functions, make_two):
    assert functions.create_alias(FunctionName=make_two(), Name="live", FunctionVersion="1")["Description"] == ""


def test_an_alias_is_changed_by_those_who_know_it(functions, make_two, refused):
    name = make_two()
    old = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["RevisionId"]
    new = functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RevisionId=old)["RevisionId"]
    expect(refused(functions.update_alias, FunctionName=name, Name="live", FunctionVersion="1", RevisionId=old),
           "PreconditionFailedException", 412, REVISION)
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"
    functions.update_alias(FunctionName=name, Name="live", RevisionId=new)


def test_what_is_wrong_with_an_alias_is_said_in_awss_words(functions, make_two, refused):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    expect(refused(functions.create_alias, FunctionName=name, Name="live", FunctionVersion="2"),
           "ResourceConflictException", 409, f"Alias already exists: {function_arn(name, 'live')}")
    expect(refused(functions.create_alias, FunctionName=name, Name="other", FunctionVersion="3"),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn(name, '3')}")
    expect(refused(functions.get_alias, FunctionName=name, Name="other"),
           "ResourceNotFoundException", 404, f"Cannot find alias arn: {function_arn(name, 'other')}")
    expect(refused(functions.update_alias, FunctionName=name, Name="other"),
           "ResourceNotFoundException", 404, f"Alias not found: {function_arn(name, 'other')}")
    expect(refused(functions.create_alias, FunctionName="nowhere", Name="other", FunctionVersion="1"),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn('nowhere', '1')}")
    error = refused(functions.create_alias, FunctionName=name, Name="12", FunctionVersion="1")
    assert (error["code"], error["status"]) == ("ValidationException", 400)
    assert [one["Name"] for one in functions.list_aliases(FunctionName=name)["Aliases"]] == ["live"]


def test_deleting_an_alias_leaves_its_version(functions, make_two, said, refused):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for _ in range(2):
        assert functions.delete_alias(FunctionName=name, Name="live")["ResponseMetadata"]["HTTPStatusCode"] == 204
    expect(refused(functions.invoke, FunctionName=name, Qualifier="live"),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn(name, 'live')}")
    assert said(FunctionName=name, Qualifier="1") == ("one", "1")


def test_a_new_alias_has_nothing_of_a_deleted_one_of_its_name(functions, make_two, refused):
    name = make_two()
    alias = {"FunctionName": name, "Qualifier": "live"}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.create_function_url_config(AuthType="NONE", **alias)
    functions.put_function_event_invoke_config(MaximumRetryAttempts=0, **alias)
    functions.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=1, **alias)
    functions.add_permission(StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
                             FunctionUrlAuthType="NONE", **alias)
    functions.delete_alias(FunctionName=name, Name="live")
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    for call, code in ((functions.get_function_url_config, "ResourceNotFoundException"),
                       (functions.get_function_event_invoke_config, "ResourceNotFoundException"),
                       (functions.get_provisioned_concurrency_config, "ProvisionedConcurrencyConfigNotFoundException"),
                       (functions.get_policy, "ResourceNotFoundException")):
        assert refused(call, **alias)["code"] == code
    assert functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"] == []


def test_aliases_are_listed_in_order_in_pages_and_by_version(functions, make_two):
    name = make_two()
    for alias, version in (("c", "1"), ("a", "2"), ("d", "2"), ("b", "1"), ("e", "$LATEST")):
        functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    pages = list(functions.get_paginator("list_aliases").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 2}))
    assert [[one["Name"] for one in page["Aliases"]] for page in pages] == [["a", "b"], ["c", "d"], ["e"]]
    for version, names in (("1", ["b", "c"]), ("2", ["a", "d"]), ("$LATEST", ["e"])):
        found = functions.list_aliases(FunctionName=name, FunctionVersion=version)["Aliases"]
        assert [one["Name"] for one in found] == names


# --- Weights -----------------------------------------------------------------------------------


def test_an_alias_shares_its_invocations_between_two_versions(functions, make_two, said):
    name = make_two()
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    made = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=routing)
    assert made["RoutingConfig"] == routing
    assert functions.get_alias(FunctionName=name, Name="live")["RoutingConfig"] == routing
    answers = [said(FunctionName=name, Qualifier="live") for _ in range(60)]
    assert set(answers) == {("one", "1"), ("two", "2")}


@pytest.mark.parametrize("weight, expected", [(0.0, ("one", "1")), (1.0, ("two", "2"))])
def test_the_bounds_of_a_weight_are_never_and_always(functions, make_two, said, weight, expected):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1",
                           RoutingConfig={"AdditionalVersionWeights": {"2": weight}})
    assert {said(FunctionName=name, Qualifier="live") for _ in range(15)} == {expected}


def test_a_routing_without_versions_ends_the_sharing(functions, make_two, said):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1",
                           RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    functions.update_alias(FunctionName=name, Name="live", Description="still shared")
    assert said(FunctionName=name, Qualifier="live") == ("two", "2")
    changed = functions.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert "RoutingConfig" not in changed
    assert said(FunctionName=name, Qualifier="live") == ("one", "1")


@pytest.mark.parametrize("version, weights, code, message", [
    ("1", {"2": 0.1, "3": 0.1}, "InvalidParameterValueException",
     "Number of items in AdditionalVersionWeights cannot be greater than 1"),
    ("1", {"1": 0.1}, "InvalidParameterValueException",
     "Invalid function version 1. Function version 1 is already included in routing configuration."),
    ("$LATEST", {"1": 0.1}, "InvalidParameterValueException",
     "$LATEST is not supported for an alias pointing to more than 1 version"),
    ("1", {"9": 0.1}, "ResourceNotFoundException", "Function not found: {arn}:9"),
    ("1", {"2": 1.01}, "ValidationException", None),
    ("1", {"$LATEST": 0.1}, "ValidationException", None),
])
def test_a_routing_that_is_wrong_is_refused(functions, make_two, refused, version, weights, code, message):
    name = make_two()
    error = refused(functions.create_alias, FunctionName=name, Name="live", FunctionVersion=version,
                    RoutingConfig={"AdditionalVersionWeights": weights})
    assert error["code"] == code
    if message:
        assert error["message"] == message.format(arn=function_arn(name))
    assert functions.list_aliases(FunctionName=name)["Aliases"] == []


# --- Policies and tags -------------------------------------------------------------------------


def permission(sid, **more):
    return {"StatementId": sid, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com", **more}


def statements(functions, name, **qualifier):
    return json.loads(functions.get_policy(FunctionName=name, **qualifier)["Policy"])["Statement"]


def test_the_function_each_version_and_each_alias_has_a_policy_of_its_own(functions, make_two, refused):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier in (None, "1", "live"):
        more = {"Qualifier": qualifier} if qualifier else {}
        added = functions.add_permission(FunctionName=name, **permission(f"s-{qualifier}"), **more)
        assert json.loads(added["Statement"])["Resource"] == function_arn(name, qualifier)
    for qualifier in (None, "1", "live"):
        more = {"Qualifier": qualifier} if qualifier else {}
        [statement] = statements(functions, name, **more)
        assert (statement["Sid"], statement["Resource"]) == (f"s-{qualifier}", function_arn(name, qualifier))
    expect(refused(functions.get_policy, FunctionName=name, Qualifier="2"), "ResourceNotFoundException", 404,
           "The resource you requested does not exist.")
    functions.remove_permission(FunctionName=name, StatementId="s-live", Qualifier="live")
    assert refused(functions.get_policy, FunctionName=name, Qualifier="live")["status"] == 404
    assert len(statements(functions, name)) == len(statements(functions, name, Qualifier="1")) == 1


def test_a_policy_changes_the_revision_of_what_has_it(functions, make_two, refused):
    name = make_two()
    old = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["RevisionId"]
    functions.add_permission(FunctionName=name, Qualifier="live", RevisionId=old, **permission("one"))
    new = functions.get_alias(FunctionName=name, Name="live")["RevisionId"]
    assert new != old
    assert functions.get_policy(FunctionName=name, Qualifier="live")["RevisionId"] == new
    error = refused(functions.add_permission, FunctionName=name, Qualifier="live", RevisionId=old, **permission("two"))
    assert (error["code"], error["status"]) == ("PreconditionFailedException", 412)


def test_a_missing_qualifier_has_no_policy(functions, make_two, refused):
    name = make_two()
    expect(refused(functions.add_permission, FunctionName=name, Qualifier="live", **permission("s")),
           "ResourceNotFoundException", 404, f"Cannot find alias arn: {function_arn(name, 'live')}")
    expect(refused(functions.add_permission, FunctionName=name, Qualifier="9", **permission("s")),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn(name, '9')}")
    expect(refused(functions.add_permission, FunctionName=name, Qualifier="$LATEST", **permission("s")),
           "InvalidParameterValueException", 400, "We currently do not support adding policies for $LATEST.")


def test_an_identity_policy_allows_one_qualifier(functions, make_two, user_with, refused):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    user = user_with("lambda", {"Effect": "Allow", "Action": "lambda:InvokeFunction",
                                "Resource": function_arn(name, "live")})
    assert json.loads(user.invoke(FunctionName=name, Qualifier="live")["Payload"].read()) == "one"
    for qualifier in ({}, {"Qualifier": "1"}, {"Qualifier": "2"}):
        error = refused(user.invoke, FunctionName=name, **qualifier)
        assert (error["code"], error["status"]) == ("AccessDeniedException", 403)


def test_a_topic_invokes_the_alias_whose_policy_allows_it(
    client, functions, make_function, unique, log_of
):
    name = make_function(WHO)
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    sns = client("sns")
    topic = sns.create_topic(Name=unique("t")[:60])["TopicArn"]
    functions.add_permission(FunctionName=name, Qualifier="live", SourceArn=topic, **permission("topic"))
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function_arn(name, "live"))
    sns.publish(TopicArn=topic, Message="hello")
    log_of(name, "hello from 1")


@pytest.mark.parametrize("qualifier", ["1", "live", "9", "$LATEST"])
def test_versions_and_aliases_have_no_tags(functions, make_two, refused, qualifier):
    name = make_two()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for call, more in ((functions.tag_resource, {"Tags": {"a": "b"}}), (functions.list_tags, {}),
                       (functions.untag_resource, {"TagKeys": ["a"]})):
        expect(refused(call, Resource=function_arn(name, qualifier), **more), "InvalidParameterValueException", 400,
               "Tags on function aliases and versions are not supported. Please specify a function ARN.")


# --- Queues ------------------------------------------------------------------------------------


def test_a_mapping_invokes_an_alias_and_follows_it(
    client, functions, make_function, make_role, make_queue, put_code, log_of
):
    role = make_role(allow=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    name = make_function(WHO, Role=role)
    functions.publish_version(FunctionName=name)
    put_code(name, WHO + "\n", Publish=True)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    url = make_queue()
    made = functions.create_event_source_mapping(
        EventSourceArn=make_queue.arn(url), FunctionName=f"{name}:live", BatchSize=1)
    assert made["FunctionArn"] == function_arn(name, "live")
    client("sqs").send_message(QueueUrl=url, MessageBody="a")
    log_of(name, "hello from 1")
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    client("sqs").send_message(QueueUrl=url, MessageBody="b")
    log_of(name, "hello from 2")
    functions.delete_event_source_mapping(UUID=made["UUID"])


# --- Restarts ----------------------------------------------------------------------------------


def test_versions_and_aliases_survive_a_restart(own_server):
    def client(service):
        return boto3.client(service, endpoint_url=own_server.endpoint, region_name="us-east-1",
                            aws_access_key_id="test", aws_secret_access_key="test",
                            config=Config(retries={"max_attempts": 0}))

    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    functions = client("lambda")
    functions.create_function(FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Publish=True,
                              Timeout=10, Code={"ZipFile": zip_of({"index.py": SAY.format("one")})})
    functions.update_function_code(FunctionName="f", ZipFile=zip_of({"index.py": SAY.format("two")}), Publish=True)
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1",
                           RoutingConfig={"AdditionalVersionWeights": {"2": 0.0}})
    functions.add_permission(FunctionName="f", Qualifier="live", **permission("s"))
    before = [functions.get_alias(FunctionName="f", Name="live"), functions.get_policy(FunctionName="f", Qualifier="live"),
              functions.list_versions_by_function(FunctionName="f")]
    own_server.kill()
    own_server.start()
    functions = client("lambda")
    after = [functions.get_alias(FunctionName="f", Name="live"), functions.get_policy(FunctionName="f", Qualifier="live"),
             functions.list_versions_by_function(FunctionName="f")]
    for reply in before + after:
        reply.pop("ResponseMetadata")
    assert after == before
    assert json.loads(functions.invoke(FunctionName="f", Qualifier="live")["Payload"].read()) == "one"
    assert json.loads(functions.invoke(FunctionName="f", Qualifier="2")["Payload"].read()) == "two"
    functions.update_function_configuration(FunctionName="f", Timeout=11)
    assert functions.publish_version(FunctionName="f")["Version"] == "3"


def test_a_function_gets_no_role_of_another_account(client, functions, make_function, refused, unique):
    name, iam = make_function(SAY.format("x")), client("iam", aws_access_key_id=OTHER)
    role = iam.create_role(RoleName=unique("role")[:64], AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    functions.add_permission(FunctionName=name, StatementId="all", Action="lambda:*", Principal=OTHER)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    others = client("lambda", aws_access_key_id=OTHER)
    error = refused(others.update_function_configuration, FunctionName=arn, Role=role)
    assert (error["code"], error["status"], error["message"]) == (
        "AccessDeniedException", 403, "Cross-account pass role is not allowed.")
    assert others.update_function_configuration(FunctionName=arn, Timeout=7)["Timeout"] == 7
