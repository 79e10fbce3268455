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


@pytest.mark.parametrize("operation, more", [("tag_resource", {"Tags": {"a": "b"}}), ("untag_resource", {"TagKeys": ["a"]}),
                                             ("list_tags", {})])
def test_tags_of_what_is_missing_are_told_by_kind(functions, expect, operation, more):
    mapping = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:00000000-0000-0000-0000-000000000000"
    for arn, kind in ((mapping, "Event source mapping"), (function_arn("nobody"), "Function")):
        expect(MISSING, 404, f"{kind} not found: {arn}", getattr(functions, operation), Resource=arn, **more)


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


@pytest.mark.parametrize("runtime", ["python3.7", "nodejs12.x", "nodejs14.x", "ruby2.7", "java8", "go1.x", "provided",
                                     "dotnetcore3.1"])
def test_a_retired_runtime_is_told_without_a_successor(functions, make_function, expect, runtime):
    expect(INVALID, 400, f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
           "functions. We recommend you use a supported runtime while creating or updating functions.",
           functions.update_function_configuration, FunctionName=make_function(SOURCE), Runtime=runtime)


def test_aliases_are_not_deleted_with_functions_whether_they_exist_or_not(functions, two_names, expect):
    for name in (two_names, "nobody"):
        for qualifier in ("alias", "a" * 65, "2024-01-02"):
            expect(INVALID, 400, "Deletion of aliases is not currently supported.", functions.delete_function,
                   FunctionName=name, Qualifier=qualifier)
    expect(MISSING, 404, f"Function not found: {function_arn('nobody')}", functions.delete_function,
           FunctionName="nobody", Qualifier="2024")


SOURCE_OF_JSON = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
HIDDEN = "Unexpected character ('{}' (code {})): "
DEEP = "Document nesting depth (129) exceeds the maximum allowed (128, from `StreamReadConstraints.getMaxNestingDepth()`)"
# A payload, the sentence about it, the line and the column: two were recorded from AWS, the others are Jackson 2.17's.
NO_JSON = [
    (b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt", "Invalid UTF-8 start byte 0x87", 1, 3),
    (b"\x99\xeb,j\x07\xa1zYh", f"Unexpected character ((CTRL-CHAR, code 153)): expected a valid value {VALUES}", 1, 1),
    (b'{"a":}', HIDDEN.format("}", 125) + "expected a value", 1, 6),
    (b'{"a":]}', HIDDEN.format("]", 93) + f"expected a valid value {VALUES}", 1, 6),
    (b"[1,]", HIDDEN.format("]", 93) + "expected a value", 1, 4),
    (b"[,1]", HIDDEN.format(",", 44) + "expected a value", 1, 2),
    (b"nope", f"Unrecognized token 'nope': was expecting {VALUES}", 1, 5),
    (b"a=b&c=d", f"Unrecognized token 'a': was expecting {VALUES}", 1, 3),
    (b"\n\r\n\r nope]", f"Unrecognized token 'nope': was expecting {VALUES}", 4, 7),
    (b"ab\xc3\xa9c d", f"Unrecognized token 'ab\u00e9c': was expecting {VALUES}", 1, 7),
    (b"tru", f"Unrecognized token 'tru': was expecting {VALUES}", 1, 4),
    (b"truex", f"Unrecognized token 'truex': was expecting {VALUES}", 1, 6),
    (b"a" * 256, f"Unrecognized token '{'a' * 256}...': was expecting {VALUES}", 1, 257),
    (b"a" * 255, f"Unrecognized token '{'a' * 255}': was expecting {VALUES}", 1, 256),
    (b'{"a":1}x', f"Unrecognized token 'x': was expecting {VALUES}", 1, 9),
    (b"NaN", "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", 1, 4),
    (b"-INF", "Non-standard token '-INF': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", 1, 5),
    (b"{", f"Unexpected end-of-input: expected close marker for Object (start marker at {SOURCE_OF_JSON}1, column: 1])", 1, 2),
    (b'{"a":\n[1', f"Unexpected end-of-input: expected close marker for Array (start marker at {SOURCE_OF_JSON}2, column: 1])",
     2, 3),
    (b'{"a":1,', "Unexpected end-of-input within/between Object entries", 1, 8),
    (b'{"a"', "Unexpected end-of-input within/between Object entries", 1, 5),
    (b"[1,", "Unexpected end-of-input within/between Array entries", 1, 4),
    (b"{]", f"Unexpected close marker ']': expected '}}' (for Object starting at {SOURCE_OF_JSON}1, column: 1])", 1, 2),
    (b'{"a":1}}', f"Unexpected close marker '}}': expected ']' (for root starting at {SOURCE_OF_JSON}1])", 1, 8),
    (b"[1 2]", HIDDEN.format("2", 50) + "was expecting comma to separate Array entries", 1, 4),
    (b'{"a":1 "b":2}', HIDDEN.format('"', 34) + "was expecting comma to separate Object entries", 1, 8),
    (b"{a:1}", HIDDEN.format("a", 97) + "was expecting double-quote to start field name", 1, 2),
    (b'{"a":1,}', HIDDEN.format("}", 125) + "was expecting double-quote to start field name", 1, 8),
    (b"{\xe2\x82\xac:1}", "Unexpected character ('\u20ac' (code 8364 / 0x20ac)): was expecting double-quote to start field name",
     1, 4),
    (b'{"a" 1}', HIDDEN.format("1", 49) + "was expecting a colon to separate field name and value", 1, 6),
    (b"//c", HIDDEN.format("/", 47) + "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not "
     "enabled for parser)", 1, 1),
    (b'"abc', "Unexpected end-of-input in VALUE_STRING", 1, 5),
    (b'{"a', "Unexpected end-of-input in field name", 1, 4),
    (b'{"a":"\n"}', "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string "
     "value", 1, 7),
    (b'{"a\n":1}', "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in name", 1, 4),
    (b"[1\x012]", "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens", 1, 4),
    (b'"\\x"', "Unrecognized character escape 'x' (code 120)", 1, 3),
    (b'"\\u12g4"', HIDDEN.format("g", 103) + "expected a hex-digit for character escape sequence", 1, 6),
    (b'"\\u12', "Unexpected end-of-input in character escape sequence", 1, 6),
    (b'"\xff"', "Invalid UTF-8 start byte 0xff", 1, 3),
    (b'"\xe2\x82("', "Invalid UTF-8 middle byte 0x28", 1, 5),
    (b"01", "Invalid numeric value: Leading zeroes not allowed", 1, 2),
    (b"-", "Unexpected end-of-input in null", 1, 2),
    (b"[-x", "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric "
     "value", 1, 3),
    (b"+1", "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: enable "
     "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow", 1, 2),
    (b"-.5", HIDDEN.format(".", 46) + f"expected a valid value {VALUES}", 1, 2),
    (b"1.", "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit", 1, 2),
    (b"1ex", "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit", 1, 3),
    (b"[1e+", "Unexpected end-of-input in START_ARRAY", 1, 5),
    (b"12abc", HIDDEN.format("a", 97) + "Expected space separating root-level values", 1, 3),
    (b"[-0.5", f"Unexpected end-of-input: expected close marker for Array (start marker at {SOURCE_OF_JSON}1, column: 1])", 1, 6),
    (b"  ", "No content to map due to end-of-input", 1, None),
    (b"[" * 129, DEEP, None, None),
]


def test_a_payload_that_is_no_json_is_told_in_the_words_of_awss_parser(functions, make_function, expect):
    name = make_function(SOURCE)
    for payload, sentence, line, column in NO_JSON:
        place = f"\n at {SOURCE_OF_JSON}{line}" + (f", column: {column}]" if column else "]") if line else ""
        expect("InvalidRequestContentException", 400,
               f"Could not parse request body into json: Could not parse payload into json: {sentence}{place}",
               functions.invoke, FunctionName=name, Payload=payload)


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
    error = refused(functions.put_function_recursion_config, FunctionName=name, RecursiveLoop="x")
    assert error["message"].endswith("Member must satisfy enum value set: [Terminate, Allow]")


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
