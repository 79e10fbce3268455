"""Lambda's screens: a function from its creation to its trigger, by the buttons' names."""

import json
import re

import pytest
from keyboard import write_code
from orderly_fixtures import ACCOUNT, zip_of
from playwright.sync_api import expect

POLICIES = {
    "SQSDeleteMessagePolicy": "sqs:DeleteMessage",
    "SQSGetQueueAttributesPolicy": "sqs:GetQueueAttributes",
    "SQSReceiveMessagePolicy": "sqs:ReceiveMessage",
}
ORDER_CODE = """import json

def lambda_handler(event, context):
    print("order", event["orderId"])
    if event["orderId"] == "bad":
        raise ValueError("no such order")
    return {"stored": event["orderId"]}
"""


@pytest.fixture
def page(console):
    return console("lambda/functions")


@pytest.fixture
def created(console, page, unique):
    """created("Python 3.9") makes a function by the form "Create function", and returns its name."""

    def create(runtime, architecture="x86_64"):
        name = unique("Function")
        console("lambda/functions")
        page.get_by_role("button", name="Create function").first.click()
        page.get_by_label("Function name").fill(name)
        page.get_by_label("Runtime", exact=True).select_option(label=runtime)
        page.get_by_label(architecture).check()
        page.get_by_label("Create a new role with basic Lambda permissions").check()
        page.get_by_role("button", name="Create function").click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        return name

    return create


def tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def section(page, name):
    tab(page, "Configuration")
    page.get_by_role("navigation", name="Configuration").get_by_role("button", name=name).click()


def run(page, event):
    """The region with the result of a test with this event."""
    tab(page, "Test")
    write_code(page, "Event JSON", json.dumps(event))
    page.get_by_role("button", name="Test", exact=True).click()
    return page.get_by_label("Execution result")


def role_of(client, function):
    return client("lambda").get_function_configuration(FunctionName=function)["Role"].split("/")[-1]


def test_a_new_function_gets_a_role_with_the_basic_policy_as_on_aws(created, client):
    name = created("Python 3.9")
    iam = client("iam")
    role = iam.get_role(RoleName=role_of(client, name))["Role"]
    assert role["Path"] == "/service-role/"
    assert role["RoleName"].startswith(f"{name}-role-") and len(role["RoleName"]) == len(name) + len("-role-") + 8
    [attached] = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert attached["PolicyArn"].startswith(
        f"arn:aws:iam::{ACCOUNT}:policy/service-role/AWSLambdaBasicExecutionRole-"
    )
    version = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "logs:CreateLogGroup", "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:*"},
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/{name}:*"],
            },
        ],
    }


def test_index_py_is_added_deployed_and_run_with_its_handler(created, page):
    created("Python 3.9")
    page.get_by_role("button", name="New file").click()
    page.get_by_label("File name").fill("index.py")
    page.get_by_role("button", name="Create", exact=True).click()
    write_code(page, "index.py", ORDER_CODE)
    expect(page.get_by_text("Changes not deployed")).to_be_visible()
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()
    expect(page.get_by_role("button", name="Deploy", exact=True)).to_be_disabled()

    page.get_by_role("button", name="Edit runtime settings").click()
    page.get_by_label("Handler", exact=True).fill("index.lambda_handler")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("index.lambda_handler")).to_be_visible()

    result = run(page, {"orderId": "O1234"})
    expect(result).to_contain_text("Executing function: succeeded")
    expect(result.get_by_label("Result")).to_have_text('{\n  "stored": "O1234"\n}')
    expect(result.get_by_label("Log output")).to_contain_text("order O1234")
    expect(result).to_contain_text("128 MB")

    result = run(page, {"orderId": "bad"})
    expect(result).to_contain_text("Executing function: failed")
    expect(result).to_contain_text("ValueError no such order")
    expect(result.get_by_label("Stack trace")).to_contain_text("index.py")


def test_a_node_function_starts_with_awss_code_and_runs(created, page):
    created("Node.js 20.x")
    expect(page.get_by_role("button", name="index.mjs", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="index.mjs")).to_contain_text("Hello from Lambda!")
    result = run(page, {"key1": "value1"})
    expect(result.get_by_label("Result")).to_contain_text('"statusCode": 200')


def test_a_bootstrap_stays_executable_when_another_file_is_edited(created, page, client):
    name = created("Amazon Linux 2023")
    page.get_by_role("button", name="function.sh").click()
    write_code(page, "function.sh", 'function handler () {\n  echo "{\\"edited\\": true}"\n}\n')
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()
    result = run(page, {})
    expect(result.get_by_label("Result")).to_have_text('{\n  "edited": true\n}')
    assert client("lambda").get_function_configuration(FunctionName=name)["Handler"] == "function.handler"


def test_files_are_renamed_and_deleted(created, page, client):
    name = created("Python 3.9")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_label("File name").fill("lib/orders.py")
    page.get_by_role("dialog").get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("textbox", name="lib/orders.py")).to_be_visible()
    page.get_by_role("button", name="Delete file").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("The package is empty.")).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_role("textbox", name="lambda_function.py")).to_be_visible()
    assert client("lambda").get_function_configuration(FunctionName=name)["Handler"] == "lambda_function.lambda_handler"


def test_a_zip_file_replaces_the_code(created, page):
    created("Python 3.9")
    page.get_by_role("button", name="Upload from .zip file").click()
    package = zip_of({"lambda_function.py": "def lambda_handler(event, context):\n    return 'zipped'\n"})
    page.get_by_label("Zip file", exact=True).set_input_files(
        {"name": "code.zip", "mimeType": "application/zip", "buffer": package}
    )
    expect(page.get_by_role("dialog")).to_contain_text("1 files")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("textbox", name="lambda_function.py")).to_contain_text("zipped")
    expect(run(page, {}).get_by_label("Result")).to_have_text('"zipped"')


def test_a_retired_runtime_is_refused_in_awss_words(console, page, unique):
    console("lambda/create-function")
    page.get_by_label("Function name").fill(unique("Retired"))
    page.get_by_label("Runtime", exact=True).select_option(label="Python 2.7 (retired)")
    page.get_by_role("button", name="Create function").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "The runtime parameter of python2.7 is no longer supported for creating or updating AWS Lambda functions."
    )


def test_a_refused_trigger_is_allowed_with_one_button_and_keeps_the_form(created, page, client, make_queue):
    name = created("Python 3.9")
    queue = make_queue()
    arn, queue_name = make_queue.arn(queue), queue.split("/")[-1]
    page.get_by_role("button", name="Add trigger").first.click()
    page.get_by_label("Source").select_option("SQS")
    page.get_by_label("SQS queue", exact=True).select_option(queue_name)
    expect(page.get_by_text("has no dead-letter queue")).to_be_visible()
    page.get_by_label("Batch size").fill("7")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text(
        "InvalidParameterValueException: The function execution role does not have permissions to call "
        "ReceiveMessage on SQS"
    )
    expect(page.get_by_label("Batch size")).to_have_value("7")
    page.get_by_role("button", name=f"Allow this function to read {queue_name}").click()
    expect(page.get_by_label(f"Trigger {queue_name}", exact=True)).to_be_visible()

    [mapping] = client("lambda").list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert (mapping["EventSourceArn"], mapping["BatchSize"]) == (arn, 7)
    iam, role = client("iam"), role_of(client, name)
    assert sorted(iam.list_role_policies(RoleName=role)["PolicyNames"]) == sorted(POLICIES)
    for policy, action in POLICIES.items():
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        statement = {"Effect": "Allow", "Action": action, "Resource": arn}
        assert document == {"Version": "2012-10-17", "Statement": [statement]}


def test_a_trigger_is_edited_disabled_enabled_and_deleted(console, page, client, triggered, wait_until):
    name, queue, uuid = triggered("def handler(event, context):\n    pass\n")
    functions, source = client("lambda"), queue.split("/")[-1]
    state = lambda: functions.get_event_source_mapping(UUID=uuid)  # noqa: E731
    console(f"lambda/functions/{name}?tab=configuration&section=triggers")
    page.get_by_role("button", name=f"Edit trigger {source}").click()
    page.get_by_label("Report batch item failures").check()
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Filter 1", exact=True).fill('{"body": {"status": ["new"]}}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()
    assert state()["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert state()["FilterCriteria"] == {"Filters": [{"Pattern": '{"body": {"status": ["new"]}}'}]}

    page.get_by_role("button", name=f"Disable trigger {source}").click()
    wait_until(lambda: state()["State"] == "Disabled", what="the trigger to be disabled")
    page.reload()
    page.get_by_role("button", name=f"Enable trigger {source}").click()
    wait_until(lambda: state()["State"] == "Enabled", what="the trigger to be enabled")
    page.get_by_role("button", name=f"Delete trigger {source}").click()
    page.get_by_label("To confirm, type confirm").fill("confirm")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    wait_until(
        lambda: not functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"],
        what="the trigger to be gone",
    )


def test_a_topic_triggers_a_function_and_its_right_goes_with_it(created, page, client, unique):
    name, topic = created("Python 3.9"), client("sns").create_topic(Name=unique("Topic"))["TopicArn"]
    page.get_by_role("button", name="Add trigger").first.click()
    page.get_by_label("Source").select_option("SNS")
    page.get_by_label("SNS topic", exact=True).select_option(topic)
    page.get_by_role("button", name="Add", exact=True).click()
    label = topic.split(":")[-1]
    expect(page.get_by_label(f"Trigger {label}", exact=True)).to_be_visible()
    [subscription] = client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert subscription["Endpoint"].endswith(f":function:{name}")
    page.get_by_role("button", name=f"Delete trigger {label}").click()
    page.get_by_label("To confirm, type confirm").fill("confirm")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_label(f"Trigger {label}", exact=True)).to_have_count(0)
    assert client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    section(page, "Permissions")
    expect(page.get_by_text("No policy statements")).to_be_visible()


def test_a_real_message_becomes_a_test_event_and_is_not_received(created, page, client, make_queue):
    created("Python 3.9")
    queue = make_queue()
    client("sqs").send_message(QueueUrl=queue, MessageBody="an order", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "new"}})
    tab(page, "Test")
    page.get_by_role("button", name="From a real message").click()
    page.get_by_label("Queue").select_option(queue.split("/")[-1])
    page.get_by_role("button", name="Use").click()
    page.get_by_label("Event name").fill("real")
    page.get_by_role("button", name="Save").click()
    page.reload()
    editor = page.get_by_role("textbox", name="Event JSON")
    expect(editor).to_contain_text('"body": "an order"')
    expect(editor).to_contain_text('"stringValue": "new"')
    [message] = client("sqs").receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_the_configuration_is_changed_section_by_section(created, page, client):
    name = created("Python 3.9")
    functions = client("lambda")
    section(page, "General configuration")
    page.get_by_role("button", name="Edit general configuration").click()
    page.get_by_label("Memory (MB)").fill("256")
    page.get_by_label("Timeout (sec)").fill("15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("256 MB")).to_be_visible()

    section(page, "Environment variables")
    page.get_by_role("button", name="Edit environment variables").click()
    page.get_by_role("button", name="Add environment variable").click()
    page.get_by_label("Key 1").fill("TABLE")
    page.get_by_label("Value 1").fill("Orders")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Orders")).to_be_visible()

    section(page, "Tags")
    page.get_by_role("button", name="Edit tags").click()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("shop")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="shop")).to_be_visible()

    section(page, "Concurrency")
    page.get_by_role("button", name="Edit concurrency").click()
    page.get_by_label("Reserve concurrency").check()
    page.get_by_label("Reserved concurrency").fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Use unreserved account concurrency")).to_have_count(0)

    section(page, "Asynchronous invocation")
    page.get_by_role("button", name="Edit asynchronous configuration").click()
    page.get_by_label("Retry attempts").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    section(page, "Monitoring and operations tools")
    page.get_by_role("button", name="Edit logging configuration").click()
    page.get_by_label("JSON").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Application log level")).to_be_visible()

    found = functions.get_function(FunctionName=name)
    configuration = found["Configuration"]
    assert (configuration["MemorySize"], configuration["Timeout"]) == (256, 15)
    assert configuration["Environment"]["Variables"] == {"TABLE": "Orders"}
    assert configuration["LoggingConfig"]["LogFormat"] == "JSON"
    assert found["Tags"] == {"team": "shop"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    assert functions.get_function_event_invoke_config(FunctionName=name)["MaximumRetryAttempts"] == 1


def test_a_destination_that_the_role_may_not_reach_is_refused_and_a_url_answers(created, page, client, make_queue):
    name = created("Python 3.9")
    section(page, "Destinations")
    page.get_by_role("tabpanel").get_by_role("button", name="Add destination").click()
    page.get_by_label("Destination", exact=True).fill(make_queue.arn(make_queue()))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("does not have permissions to call SendMessage")
    page.get_by_role("button", name="Cancel").click()

    section(page, "Function URL")
    page.get_by_role("button", name="Create function URL").click()
    page.get_by_label("NONE", exact=False).last.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Successfully updated the function")).to_be_visible()
    assert client("lambda").get_function_url_config(FunctionName=name)["AuthType"] == "NONE"
    statements = json.loads(client("lambda").get_policy(FunctionName=name)["Policy"])["Statement"]
    assert {"FunctionURLAllowPublicAccess", "FunctionURLAllowInvokeAction"} == {one["Sid"] for one in statements}


def test_versions_are_published_and_aliases_share_their_traffic(created, page, client):
    name = created("Python 3.9")
    page.get_by_role("button", name="Publish new version").click()
    page.get_by_label("Version description").fill("first")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Successfully published version 1")).to_be_visible()
    tab(page, "Versions")
    expect(page.get_by_role("cell", name="first")).to_be_visible()

    tab(page, "Aliases")
    page.get_by_role("button", name="Create alias").click()
    page.get_by_label("Name", exact=True).fill("live")
    page.get_by_label("Version", exact=True).select_option("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="live", exact=True)).to_be_visible()
    assert client("lambda").get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    page.get_by_role("button", name="Delete alias live").click()
    page.get_by_label("To confirm, type confirm").fill("confirm")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("You have not created any aliases.")).to_be_visible()


def test_a_function_is_deleted_only_after_its_name_is_typed(created, page, client):
    name = created("Python 3.9")
    page.get_by_role("button", name="Delete", exact=True).click()
    button = page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True)
    expect(button).to_be_disabled()
    page.get_by_label(f"To confirm, type {name}").fill(name)
    button.click()
    expect(page.get_by_text(f"Successfully deleted the function {name}.")).to_be_visible()
    assert name not in [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]]


def test_every_tab_and_section_is_accessible(created, page, accessible):
    created("Python 3.9")
    accessible()
    for name in ["Test", "Monitor", "Aliases", "Versions"]:
        tab(page, name)
        accessible()
    sections = ["General configuration", "Triggers", "Permissions", "Destinations", "Function URL", "Tags"]
    for name in [*sections, "Environment variables", "Concurrency", "Asynchronous invocation"]:
        section(page, name)
        accessible()
    page.get_by_role("button", name="Add trigger").first.click()
    page.get_by_label("Source").select_option("SQS")
    accessible()


def test_monitor_leads_to_the_log(created, page):
    name = created("Python 3.9")
    run(page, {})
    tab(page, "Monitor")
    expect(page.get_by_role("link", name="View CloudWatch logs")).to_have_attribute(
        "href", f"/_orderly/console/cloudwatch/log-groups/%2Faws%2Flambda%2F{name}"
    )
    expect(page.get_by_text("Total concurrent executions")).to_be_visible()


def test_monitor_shows_what_another_client_invoked_once_its_minute_is_over(created, page, client, advance_clock):
    name = created("Python 3.9")
    tab(page, "Monitor")
    graph = page.get_by_role("figure").filter(has_text="Invocations")
    expect(graph.get_by_text("No data in this range")).to_be_visible()
    client("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    client("lambda").invoke(FunctionName=name, Payload=b"{}")
    advance_clock(60)
    expect(graph.get_by_role("button", name="Table of Invocations")).to_be_visible()


def test_the_runtimes_of_a_new_function_are_those_that_the_server_has(console, client, refused):
    error = refused(client("lambda").create_function, FunctionName="none", Runtime="cobol", Handler="a.b", Code={"ZipFile": b""},
                    Role="arn:aws:iam::000000000000:role/none")
    supported = set(re.findall(r"[a-z]+[0-9.]+[.a-z0-9]*", re.search(r"enum value set: \[(.*?)\]", error["message"]).group(1)))
    page = console("lambda/create-function")
    options = page.get_by_label("Runtime").locator("option")
    expect(options.first).to_be_attached()
    shown = options.all()
    offered = {option.get_attribute("value") for option in shown if "(retired)" not in option.inner_text()}
    assert "java8.al2023" in offered
    assert offered == supported
