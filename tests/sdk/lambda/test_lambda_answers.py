"""What AWS itself was seen to answer, where its documentation does not say: sentences, what is missing, orders."""

import json

import pytest
from orderly_fixtures import ACCOUNT, REGION, function_arn, zip_of

SOURCE = "def handler(event, context): return event"
MISSING, INVALID = "ResourceNotFoundException", "InvalidParameterValueException"
STALE = ("The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
         "the latest Revision Id")


@pytest.fixture
def expect(refused):
    """expect(code, status, message, call, …): the call is refused so, and its error has AWS's usual Type, or has_type."""

    def check(code, status, message, call, has_type=True, **arguments):
        error = refused(call, **arguments)
        assert (error["code"], error["status"], error["message"]) == (code, status, message)
        assert error["reply"].get("Type") == ("User" if has_type else None)

    return check


@pytest.fixture
def two_names(functions, make_function):
    """A function with version 1 and an alias of it."""
    name = make_function(SOURCE)
    functions.publish_version(FunctionName=name)
    functions.create_alias(FunctionName=name, Name="alias", FunctionVersion="1")
    return name


@pytest.mark.parametrize("operation", ["get", "delete", "update"])
def test_a_missing_event_invoke_config_is_told_with_the_arn_of_the_request(functions, two_names, expect, operation):
    call = getattr(functions, operation + "_function_event_invoke_config")
    change = {"MaximumRetryAttempts": 1} if operation == "update" else {}
    for qualifier in ("$LATEST", "1", "alias"):
        expect(MISSING, 404, f"The function {function_arn(two_names, qualifier)} doesn't have an EventInvokeConfig", call,
               FunctionName=two_names, Qualifier=qualifier, **change)
    for name, qualifier in (("nobody", None), ("nobody", "7"), (two_names, "7")):
        sentence = f"The function {function_arn(name, qualifier or '$LATEST')} doesn't have an EventInvokeConfig"
        expect(MISSING, 404, "The function doesn't exist." if change else sentence, call,
               FunctionName=name, **({"Qualifier": qualifier} if qualifier else {}), **change)


@pytest.mark.parametrize("service", ["iam", "kinesis"])
@pytest.mark.parametrize("config, told", [
    ({"OnSuccess": "ARN"}, "onSuccess=OnSuccess(destination=ARN), onFailure=null"),
    ({"OnFailure": "ARN"}, "onSuccess=null, onFailure=OnFailure(destination=ARN)"),
    ({"OnFailure": "ARN", "OnSuccess": None}, "onSuccess=OnSuccess(destination=null), onFailure=OnFailure(destination=ARN)")])
def test_a_destination_of_another_service_is_told_with_the_whole_config(functions, make_function, expect, config, told, service):
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:function:x"
    destinations = {side: {"Destination": arn} if given else {} for side, given in config.items()}
    expect(INVALID, 400,
           f"The provided destination config DestinationConfig({told.replace('ARN', arn)}) is invalid.",
           functions.put_function_event_invoke_config,
           FunctionName=make_function(SOURCE), DestinationConfig=destinations)


@pytest.mark.parametrize("operation, sentence", [
    ("create", "Function does not exist"), ("update", "Function does not exist"),
    ("get", "The resource you requested does not exist."), ("delete", "The resource you requested does not exist.")])
def test_a_url_of_a_missing_function_is_told_by_operation(functions, two_names, expect, operation, sentence):
    change = {"AuthType": "NONE"} if operation in ("create", "update") else {}
    for name, qualifier in (("nobody", {}), (two_names, {"Qualifier": "other"})):
        expect(MISSING, 404, sentence, getattr(functions, operation + "_function_url_config"),
               FunctionName=name, **qualifier, **change)


def test_a_change_of_a_url_tells_its_mode_if_the_mode_was_chosen(functions, two_names):
    plain, chosen = {"FunctionName": two_names}, {"FunctionName": two_names, "Qualifier": "alias"}
    assert "InvokeMode" not in functions.create_function_url_config(AuthType="NONE", **plain)
    assert "InvokeMode" not in functions.update_function_url_config(AuthType="AWS_IAM", **plain)
    assert functions.get_function_url_config(**plain)["InvokeMode"] == "BUFFERED"
    for call in (functions.create_function_url_config, functions.update_function_url_config):
        assert call(AuthType="NONE", InvokeMode="BUFFERED", **chosen)["InvokeMode"] == "BUFFERED"
    functions.update_function_url_config(InvokeMode="RESPONSE_STREAM", **chosen)
    assert functions.update_function_url_config(AuthType="NONE", **chosen)["InvokeMode"] == "RESPONSE_STREAM"


def test_a_stale_revision_is_told_alike_for_policies(functions, two_names, expect):
    statement = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    for qualifier in ({}, {"Qualifier": "1"}, {"Qualifier": "alias"}):
        arguments = {"FunctionName": two_names, **qualifier}
        functions.add_permission(**arguments, **statement)
        expect("PreconditionFailedException", 412, STALE, functions.add_permission,
               **arguments, **{**statement, "StatementId": "t"}, RevisionId="x")
        expect("PreconditionFailedException", 412, STALE, functions.remove_permission,
               **arguments, StatementId="s", RevisionId="x")


def test_missing_policies_are_told_before_missing_versions_and_functions(functions, make_function, expect):
    name = make_function(SOURCE)
    expect(MISSING, 404, "The resource you requested does not exist.", functions.get_policy,
           FunctionName=name, Qualifier="42")
    expect(MISSING, 404, f"Cannot find alias arn: {function_arn(name, 'none')}", functions.get_policy,
           FunctionName=name, Qualifier="none")
    expect(MISSING, 404, f"Function not found: {function_arn('nobody')}", functions.get_policy, FunctionName="nobody")
    expect(MISSING, 404, f"No policy found for: {function_arn('nobody')}", functions.remove_permission,
           FunctionName="nobody", StatementId="s")
    expect(MISSING, 404, f"Cannot find alias arn: {function_arn(name, 'none')}", functions.remove_permission,
           FunctionName=name, StatementId="s", Qualifier="none")


def test_a_qualifier_that_no_alias_can_have_is_a_missing_function(functions, make_function, expect):
    name = make_function(SOURCE)
    expect(MISSING, 404, f"Function not found: {function_arn(name, 'with-$-inside')}", functions.add_permission,
           FunctionName=name, Qualifier="with-$-inside", StatementId="s", Action="lambda:InvokeFunction",
           Principal="s3.amazonaws.com")


def test_conditions_of_a_permission_come_in_awss_order(functions, make_function):
    statement = functions.add_permission(
        FunctionName=make_function(SOURCE), StatementId="s", Action="lambda:InvokeFunctionUrl", Principal="*",
        SourceArn="arn:aws:s3:::b", SourceAccount=ACCOUNT, PrincipalOrgID="o-1234567890", FunctionUrlAuthType="NONE",
        EventSourceToken="amzn1.ask.skill.x")["Statement"]
    condition = json.loads(statement)["Condition"]
    assert list(condition) == ["StringEquals", "ArnLike"]
    assert list(condition["StringEquals"].items()) == [
        ("AWS:SourceAccount", ACCOUNT), ("lambda:FunctionUrlAuthType", "NONE"), ("aws:PrincipalOrgID", "o-1234567890"),
        ("lambda:EventSourceToken", "amzn1.ask.skill.x")]


def test_code_signing_configs_are_looked_for_first_and_told_without_a_type(functions, make_function, expect):
    made = functions.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/p"]})
    arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    functions.delete_code_signing_config(CodeSigningConfigArn=arn)
    expect(MISSING, 404, f"The Lambda code signing configuration {arn} can not be found.",
           functions.get_code_signing_config, has_type=False, CodeSigningConfigArn=arn)
    name = make_function(SOURCE)
    for function in (name, "nobody"):
        expect("CodeSigningConfigNotFoundException", 404, "The code signing configuration cannot be found. Check that the "
               f"provided configuration is not deleted: {arn}.", functions.put_function_code_signing_config,
               FunctionName=function, CodeSigningConfigArn=arn)
    answer = functions.get_function_code_signing_config(FunctionName=name)
    assert set(answer) == {"ResponseMetadata"}


def test_an_alias_of_a_missing_function_is_told_with_its_version(functions, two_names, expect):
    expect(MISSING, 404, f"Function not found: {function_arn('nobody', '1')}", functions.create_alias,
           FunctionName="nobody", Name="a", FunctionVersion="1")
    expect(INVALID, 400, "$LATEST is not supported for an alias pointing to more than 1 version", functions.create_alias,
           has_type=False, FunctionName=two_names, Name="a", FunctionVersion="$LATEST",
           RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})


@pytest.mark.parametrize("weight, shown", [(2, "2.0"), (1.5, "1.5"), (100, "100.0")])
def test_a_weight_is_shown_as_java_shows_it(functions, two_names, refused, weight, shown):
    error = refused(functions.create_alias, FunctionName=two_names, Name="a", FunctionVersion="1",
                    RoutingConfig={"AdditionalVersionWeights": {"2": weight}})
    assert f"Value '{{2={shown}}}' at 'routingConfig.additionalVersionWeights'" in error["message"]


def test_tags_change_the_revision_of_a_function(functions, make_function, expect):
    name = make_function(SOURCE)
    arn = function_arn(name)

    def revision():
        return functions.get_function_configuration(FunctionName=name)["RevisionId"]

    seen = [revision()]
    for change in (lambda: functions.tag_resource(Resource=arn, Tags={"a": "b"}),
                   lambda: functions.untag_resource(Resource=arn, TagKeys=["a"])):
        change()
        seen.append(revision())
    assert len(set(seen)) == 3
    expect(INVALID, 400, "An error occurred and the request cannot be processed.", functions.tag_resource,
           Resource=arn, Tags={})
    assert revision() == seen[-1]


def test_a_version_is_active_once_published_and_being_created_with_new_code(functions, make_function):
    name = make_function(SOURCE)
    published = functions.publish_version(FunctionName=name)
    assert (published["Version"], published["State"], published["LastUpdateStatus"]) == ("1", "Active", "Successful")
    code = zip_of({"index.py": SOURCE + "\n"})
    updated = functions.update_function_code(FunctionName=name, ZipFile=code, Publish=True)
    assert (updated["Version"], updated["State"], updated["StateReasonCode"]) == ("2", "Pending", "Creating")
    assert "LastUpdateStatus" not in updated
    unpublished = functions.update_function_code(FunctionName=name, ZipFile=code)
    assert (unpublished["Version"], unpublished["State"], unpublished["LastUpdateStatus"]) == (
        "$LATEST", "Active", "InProgress")


def test_a_vpc_config_tells_that_ipv6_is_not_allowed(functions, make_function):
    name = make_function(SOURCE, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})
    assert functions.get_function_configuration(FunctionName=name)["VpcConfig"] == {
        "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "", "Ipv6AllowedForDualStack": False}


@pytest.mark.parametrize("runtime, accepted", [
    ("python3.11", False), ("python3.12", True), ("java8.al2", False), ("java11", True), ("nodejs22.x", False),
    ("ruby3.3", False), ("provided.al2023", False)])
def test_snapstart_is_for_some_runtimes(functions, make_function, expect, runtime, accepted):
    name = make_function(SOURCE)
    change = {"FunctionName": name, "Runtime": runtime, "SnapStart": {"ApplyOn": "PublishedVersions"}}
    if accepted:
        assert functions.update_function_configuration(**change)["SnapStart"]["ApplyOn"] == "PublishedVersions"
        expect(INVALID, 400, "nodejs22.x is not supported for SnapStart enabled functions.",
               functions.update_function_configuration, FunctionName=name, Runtime="nodejs22.x")
    else:
        expect(INVALID, 400, f"{runtime} is not supported for SnapStart enabled functions.",
               functions.update_function_configuration, **change)
        functions.update_function_configuration(**{**change, "SnapStart": {"ApplyOn": "None"}})


def test_an_image_is_not_given_to_a_function_of_a_package(functions, make_function, expect):
    expect(INVALID, 400, "Please don't provide ImageUri when updating a function with packageType Zip.",
           functions.update_function_code, FunctionName=make_function(SOURCE), ImageUri="i")


@pytest.mark.parametrize("runtime, successor", [
    ("python3.7", "python3.12"), ("nodejs12.x", "nodejs18.x"), ("nodejs14.x", "nodejs20.x"), ("ruby2.7", "ruby3.2"),
    ("java8", "java21"), ("go1.x", "provided.al2023"), ("provided", "provided.al2023"), ("dotnetcore3.1", "dotnet6")])
def test_a_retired_runtime_is_told_with_its_successor(functions, make_function, expect, runtime, successor):
    expect(INVALID, 400, f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
           f"functions. We recommend you use the new runtime ({successor}) while creating or updating functions.",
           functions.update_function_configuration, FunctionName=make_function(SOURCE), Runtime=runtime)


def test_empty_lists_of_a_layer_are_shown_and_absent_ones_are_not(functions, unique):
    content = {"ZipFile": zip_of({"a": "b"})}
    for lists in ({}, {"CompatibleRuntimes": [], "CompatibleArchitectures": []},
                  {"CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["x86_64"]}):
        made = functions.publish_layer_version(LayerName=unique("layer"), Content=content, **lists)
        read = functions.get_layer_version_by_arn(Arn=made["LayerVersionArn"])
        for answer in (made, read):
            assert {name: answer[name] for name in answer if name.startswith("Compatible")} == lists


def test_enums_are_told_in_awss_order(functions, make_function, refused, sqs, make_queue):
    name = make_function(SOURCE)
    error = refused(functions.create_function_url_config, FunctionName=name, AuthType="NONE", InvokeMode="x")
    assert error["message"].endswith("Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]")
    error = refused(functions.create_event_source_mapping, FunctionName=name, StartingPosition="0",
                    EventSourceArn=make_queue.arn(make_queue()))
    assert error["message"].endswith("Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]")


def test_a_mapping_that_is_made_disabled_is_disabled(functions, make_function, make_queue, make_role):
    name = make_function(SOURCE, Role=make_role(managed=("AmazonSQSFullAccess",)))
    made = functions.create_event_source_mapping(
        FunctionName=name, EventSourceArn=make_queue.arn(make_queue()), Enabled=False)
    assert made["State"] == "Disabled"


def test_a_mapping_shows_the_latest_version_if_it_was_named(functions, make_function, make_queue, make_role, refused):
    name = make_function(SOURCE, Role=make_role(managed=("AmazonSQSFullAccess",)))
    source = {"EventSourceArn": make_queue.arn(make_queue())}
    made = functions.create_event_source_mapping(FunctionName=f"{name}:$LATEST", Enabled=False, **source)
    assert made["FunctionArn"] == function_arn(name, "$LATEST")
    assert refused(functions.create_event_source_mapping, FunctionName=name, **source)["code"] == "ResourceConflictException"
    listed = functions.list_event_source_mappings(FunctionName=f"{name}:$LATEST")["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in listed] == [made["UUID"]]
    changed = functions.update_event_source_mapping(UUID=made["UUID"], FunctionName=name)
    assert changed["FunctionArn"] == function_arn(name)
    assert refused(functions.create_event_source_mapping, FunctionName=f"{name}:$LATEST", **source)["code"] == "ResourceConflictException"


def test_a_missing_wrapper_is_exit_status_127(functions, make_function):
    name = make_function(SOURCE, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/idontexist.sh"}})
    answer = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Error: Runtime exited with error: exit status 127")


def test_the_account_has_concurrency_told_without_a_type(functions, two_names, expect):
    free = functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    own = {"FunctionName": two_names, "Qualifier": "1"}
    expect(INVALID, 400, f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
           f"[{free}].", functions.put_provisioned_concurrency_config, has_type=False,
           ProvisionedConcurrentExecutions=free + 1, **own)
    expect(INVALID, 400, "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
           "below its minimum value of [100].", functions.put_provisioned_concurrency_config, has_type=False,
           ProvisionedConcurrentExecutions=free, **own)
    expect(INVALID, 400, "Specified ReservedConcurrentExecutions for function decreases account's "
           "UnreservedConcurrentExecution below its minimum value of [100].", functions.put_function_concurrency,
           has_type=False, FunctionName=two_names, ReservedConcurrentExecutions=free)
    expect(MISSING, 404, f"Function not found: {function_arn('nobody', '$LATEST')}", functions.put_function_concurrency,
           FunctionName="nobody", ReservedConcurrentExecutions=1)
