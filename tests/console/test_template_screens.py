"""What exists as an AWS CloudFormation template: of a page's resource, and of all of an account and region."""

import json

import pytest
import yaml
from keyboard import Keyboard
from looks import address, each_look, sideways
from playwright.sync_api import expect

SOURCE = "import os\n\ndef handler(event, context):\n    return os.environ['QUEUE']\n"


@pytest.fixture(scope="module", autouse=True)
def few_resources(reset):
    """A template has 500 at most."""
    reset()


@pytest.fixture
def shop(client, unique, make_queue, make_role, make_function):
    """A topic, a queue with its dead-letter queue, and a function that reads it: their names and ARNs."""
    sns, sqs, functions = client("sns"), client("sqs"), client("lambda")
    dead, url = make_queue(), make_queue()
    arn = {"dead": queue_arn(client, dead), "queue": queue_arn(client, url)}
    arn["topic"] = sns.create_topic(Name=unique("topic"))["TopicArn"]
    allowed = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                              "Resource": arn["queue"], "Condition": {"ArnLike": {"aws:SourceArn": arn["topic"]}}}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn["dead"], "maxReceiveCount": 3}), "Policy": json.dumps(allowed)})
    sns.subscribe(TopicArn=arn["topic"], Protocol="sqs", Endpoint=arn["queue"], Attributes={"RawMessageDelivery": "true"})
    arn["role"] = make_role(["sqs:*"])
    name = make_function(SOURCE, Runtime="python3.12", Role=arn["role"], Environment={"Variables": {"QUEUE": url}})
    arn["function"] = functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    mapping = functions.create_event_source_mapping(EventSourceArn=arn["queue"], FunctionName=name, BatchSize=5)
    yield {**arn, "names": {key: value.split(":")[-1].split("/")[-1] for key, value in arn.items()}}
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    sns.delete_topic(TopicArn=arn["topic"])


def queue_arn(client, url):
    return client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def downloaded(page):
    with page.expect_download() as file:
        page.get_by_role("button", name="Download").click()
    return file.value.suggested_filename, file.value.path().read_text()


def of_type(template, kind):
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == kind}


def only(template, kind):
    [(name, properties)] = of_type(template, kind).items()
    return name, properties


def test_a_functions_page_leads_to_its_template_with_what_belongs_to_it(console, shop):
    name = shop["names"]["function"]
    page = console(f"lambda/functions/{name}")
    page.get_by_role("link", name="As template").click()
    expect(page.get_by_role("heading", level=1, name=f"Template of {name}")).to_be_visible()
    file, text = downloaded(page)
    assert file == f"{name}.yaml"
    template = yaml.safe_load(text)
    function, its = only(template, "AWS::Lambda::Function")
    role, identity = only(template, "AWS::IAM::Role")
    assert its["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    assert its["Code"] == {"ZipFile": SOURCE}
    assert its["Runtime"] == "python3.12" and its["Handler"].startswith("index.")
    assert identity["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    mapping = only(template, "AWS::Lambda::EventSourceMapping")[1]
    assert (mapping["FunctionName"], mapping["BatchSize"]) == ({"Fn::GetAtt": [function, "Arn"]}, 5)
    assert mapping["EventSourceArn"] == {"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + shop["names"]["queue"]}
    expect(page.get_by_text("--capabilities CAPABILITY_NAMED_IAM")).to_be_visible()


def test_a_queues_template_has_its_dead_letter_queue_in_yaml_and_json_alike(shop, accessible_console):
    page = accessible_console(f"template?of=sqs/queues/{shop['names']['queue']}")
    expect(page.get_by_role("heading", name="Template (3)")).to_be_visible()
    as_yaml = yaml.safe_load(downloaded(page)[1])
    page.get_by_label("JSON", exact=True).check()
    file, text = downloaded(page)
    assert file.endswith(".json")
    assert json.loads(text) == as_yaml
    queue = next(one for one in of_type(as_yaml, "AWS::SQS::Queue").values() if "RedrivePolicy" in one)
    dead = next(name for name, one in of_type(as_yaml, "AWS::SQS::Queue").items() if "RedrivePolicy" not in one)
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": 3}
    page.goto(address(page))
    expect(page.get_by_label("JSON", exact=True)).to_be_checked()


@pytest.fixture
def accessible_console(console, violations):
    def visit(path):
        page = console(path)
        assert violations(page) == []
        return page

    return visit


def test_a_tables_template_has_its_keys_stream_and_time_to_live(console, client, unique):
    dynamodb, name = client("dynamodb"), unique("table")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True})
    page = console(f"template?of=dynamodb/tables/{name}")
    template = yaml.safe_load(downloaded(page)[1])
    dynamodb.delete_table(TableName=name)
    assert only(template, "AWS::DynamoDB::Table")[1] == {
        "TableName": name, "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"}, "DeletionProtectionEnabled": False,
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}


def test_a_template_is_copied_and_what_it_cannot_say_is_on_the_screen_and_in_it(chromium, endpoint, client, make_function):
    name = make_function({"index.py": SOURCE, "prices.py": "price = 42\n"}, Runtime="python3.12")
    client("lambda").publish_version(FunctionName=name)
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{endpoint}/_orderly/console/template?of=lambda/functions/{name}&format=json")
    expect(page.get_by_role("listitem").filter(has_text="put the package of")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="a template publishes only the code that is there now")).to_be_visible()
    page.get_by_role("button", name="Copy template").click()
    expect(page.get_by_text("The template is copied.")).to_be_visible()
    template = json.loads(page.evaluate("navigator.clipboard.readText()"))
    context.close()
    function, its = only(template, "AWS::Lambda::Function")
    assert its["Code"] == {"S3Bucket": {"Ref": f"{function}CodeBucket"}, "S3Key": {"Ref": f"{function}CodeKey"}}
    assert set(template["Parameters"]) == {f"{function}CodeBucket", f"{function}CodeKey"}
    assert len(template["Resources"][function]["Metadata"]["Orderly"]["NotInTemplate"]) == 2


def test_all_of_the_account_is_one_template_whose_parts_refer_to_each_other(console, shop):
    page = console("template")
    Keyboard(page).press(page.get_by_role("button", name="Create template"))
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    template = yaml.safe_load(downloaded(page)[1])
    names = shop["names"]
    queue = next(name for name, one in of_type(template, "AWS::SQS::Queue").items() if one["QueueName"] == names["queue"])
    topic = next(name for name, one in of_type(template, "AWS::SNS::Topic").items() if one["TopicName"] == names["topic"])
    assert {"TopicArn": {"Ref": topic}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": [queue, "Arn"]}, "RawMessageDelivery": True} in (
        of_type(template, "AWS::SNS::Subscription").values())
    policy = next(one for one in of_type(template, "AWS::SQS::QueuePolicy").values() if one["Queues"] == [{"Ref": queue}])
    assert policy["PolicyDocument"]["Statement"][0]["Condition"] == {"ArnLike": {"aws:SourceArn": {"Ref": topic}}}
    function = next(one for one in of_type(template, "AWS::Lambda::Function").values() if one["FunctionName"] == names["function"])
    assert function["Environment"] == {"Variables": {"QUEUE": {"Ref": queue}}}


def test_only_the_chosen_services_are_read_and_the_choice_is_part_of_the_address(console, shop):
    page = console("template")
    for service in ("SNS", "Lambda", "DynamoDB", "CloudWatch", "IAM"):
        page.get_by_label(service, exact=True).uncheck()
    page.goto(address(page))
    expect(page.get_by_label("SNS", exact=True)).not_to_be_checked()
    page.get_by_role("button", name="Create template").click()
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    template = yaml.safe_load(downloaded(page)[1])
    assert {one["Type"] for one in template["Resources"].values()} == {"AWS::SQS::Queue", "AWS::SQS::QueuePolicy"}
    page.get_by_label("SQS", exact=True).uncheck()
    expect(page.get_by_role("button", name="Create template")).to_be_disabled()


def test_what_is_refused_is_said_in_the_template(chromium, endpoint, user_with, shop):
    user = user_with("sqs", {"Effect": "Allow", "Action": ["sqs:*", "orderly:*"], "Resource": "*"})
    own = user._request_signer._credentials
    key = {"accessKeyId": own.access_key, "secretAccessKey": own.secret_key}
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{endpoint}/_orderly/console/template?services=SQS,SNS")
    expect(page.get_by_role("button", name="Create template")).to_be_visible()  # it has signed in, and stored that
    page.evaluate("key => sessionStorage.setItem('orderly.session', JSON.stringify({credentials: key, region: 'us-east-1'}))", key)
    page.reload()
    page.get_by_role("button", name="Create template").click()
    expect(page.get_by_role("listitem").filter(has_text="Topics: AuthorizationError")).to_be_visible()
    context.close()


def test_the_template_of_what_does_not_exist_says_so(console):
    page = console("template?of=sqs/queues/nope")
    expect(page.get_by_role("heading", level=1, name="There is no resource nope")).to_be_visible()
    page = console("template?of=traces")
    expect(page.get_by_text("There are no templates of this page")).to_be_visible()


def test_a_template_is_seen_in_every_look(console, violations, shop):
    page = console(f"template?of=lambda/functions/{shop['names']['function']}")
    expect(page.get_by_role("textbox", name="Template")).to_be_visible()
    for look in each_look(page):
        assert violations(page) == [], look
        assert sideways(page) <= 0, look
