"""A form that is open while another tab, or another client, changes the same thing: saving it changes only what was edited."""

import json

import pytest
from playwright.sync_api import expect


@pytest.fixture
def table(client, unique):
    name = unique("Orders")
    client("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}])
    return name


@pytest.fixture
def put(client, table):
    return lambda **attributes: client("dynamodb").put_item(
        TableName=table, Item={"orderId": {"S": "O1"}, **{name: {"S": text} for name, text in attributes.items()}})


@pytest.fixture
def stored(client, table):
    """The texts of the item besides its key."""

    def read():
        item = client("dynamodb").get_item(TableName=table, Key={"orderId": {"S": "O1"}})["Item"]
        return {name: value["S"] for name, value in item.items() if name != "orderId"}

    return read


@pytest.fixture
def item(console, table, put):
    """The form of an item with these attributes."""

    def open_form(**attributes):
        put(**attributes)
        page = console(f'dynamodb/tables/{table}/item?key={{"orderId":{{"S":"O1"}}}}')
        expect(page.get_by_label("Value of status")).to_have_value(attributes["status"])
        return page

    return open_form


def save(page, label="Save"):
    page.get_by_role("button", name=label, exact=True).click()


def test_a_queues_form_sets_what_was_edited(console, client, unique):
    url = client("sqs").create_queue(QueueName=unique("q"))["QueueUrl"]
    page = console(f"sqs/queues/{url.rsplit('/', 1)[1]}/edit")
    expect(page.get_by_label("Delivery delay")).to_have_value("0")
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77", "Policy": policy})
    page.get_by_label("Delivery delay").fill("5")
    save(page)
    expect(page.get_by_text(f"Queue {url.rsplit('/', 1)[1]} updated.")).to_be_visible()
    now = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (now["VisibilityTimeout"], now["DelaySeconds"], now["Policy"]) == ("77", "5", policy)


def test_an_items_form_writes_the_attributes_that_were_edited(item, put, stored):
    page = item(status="new", note="a", gone="b", same="c")
    put(status="new", note="theirs", gone="b", same="c", added="theirs")
    page.get_by_label("Value of status").fill("paid")
    page.get_by_role("button", name="Remove gone").click()
    save(page, "Save and close")
    expect(page.get_by_text("The item was saved.")).to_be_visible()
    assert stored() == {"status": "paid", "note": "theirs", "same": "c", "added": "theirs"}


def test_an_items_form_says_that_an_edited_attribute_was_changed_elsewhere(item, put, stored):
    page = item(status="new")
    put(status="theirs")
    page.get_by_label("Value of status").fill("mine")
    save(page, "Save and close")
    expect(page.get_by_text("was changed elsewhere since you opened it")).to_be_visible()
    assert stored() == {"status": "theirs"}


@pytest.mark.parametrize("section, title, add", [
    ("environment", "Edit environment variables", "Add environment variable"), ("tags", "Edit tags", "Add new tag")])
def test_a_functions_variables_and_tags_of_others_stay(console, client, make_function, section, title, add):
    name = make_function("def handler(event, context):\n    pass\n", Environment={"Variables": {"AA": "1"}}, Tags={"AA": "1"})
    functions = client("lambda")
    arn = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    page = console(f"lambda/functions/{name}?tab=configuration&section={section}")
    page.get_by_role("button", name=title).click()
    page.get_by_role("button", name=add).click()
    page.get_by_label("Key 2").fill("MINE")
    page.get_by_label("Value 2").fill("2")
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"AA": "1", "THEIRS": "3"}})
    functions.tag_resource(Resource=arn, Tags={"THEIRS": "3"})
    expect(page.get_by_role("cell", name="THEIRS")).to_be_attached()  # below the dialog
    save(page)
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()
    found = functions.get_function(FunctionName=name)
    assert (found["Configuration"]["Environment"]["Variables"] if section == "environment" else found["Tags"]) == {
        "AA": "1", "MINE": "2", "THEIRS": "3"}


def test_the_general_configuration_of_a_function_is_set_where_it_was_edited(console, client, make_function):
    name = make_function("def handler(event, context):\n    pass\n")
    functions = client("lambda")
    page = console(f"lambda/functions/{name}?tab=configuration&section=general")
    page.get_by_role("button", name="Edit general configuration").click()
    page.get_by_label("Memory (MB)").fill("256")
    functions.update_function_configuration(FunctionName=name, Timeout=77)
    save(page)
    expect(page.get_by_text("256 MB")).to_be_visible()
    now = functions.get_function_configuration(FunctionName=name)
    assert (now["MemorySize"], now["Timeout"]) == (256, 77)


def test_a_trigger_is_set_where_it_was_edited(console, client, make_function, make_role, unique):
    role = make_role(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    name = make_function("def handler(event, context):\n    pass\n", Role=role)
    queue = unique("q")
    client("sqs").create_queue(QueueName=queue)
    functions = client("lambda")
    uuid = functions.create_event_source_mapping(
        FunctionName=name, EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{queue}")["UUID"]
    page = console(f"lambda/functions/{name}?tab=configuration&section=triggers")
    page.get_by_role("button", name=f"Edit trigger {queue}").click()
    page.get_by_label("Batch size").fill("7")
    functions.update_event_source_mapping(UUID=uuid, FunctionResponseTypes=["ReportBatchItemFailures"])
    save(page)
    expect(page.get_by_text("Successfully updated the function").first).to_be_visible()
    now = functions.get_event_source_mapping(UUID=uuid)
    assert (now["BatchSize"], now["FunctionResponseTypes"]) == (7, ["ReportBatchItemFailures"])


def test_tags_of_others_stay_on_a_table_and_a_role(console, client, table, make_role):
    dynamodb, iam, role = client("dynamodb"), client("iam"), make_role().rsplit("/", 1)[1]
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    theirs = [{"Key": "theirs", "Value": "1"}]
    tag = {f"dynamodb/tables/{table}?tab=settings": lambda: dynamodb.tag_resource(ResourceArn=arn, Tags=theirs),
           f"iam/roles/{role}?tab=tags": lambda: iam.tag_role(RoleName=role, Tags=theirs)}
    for address, tag_elsewhere in tag.items():
        page = console(address)
        page.get_by_role("button", name="Manage tags").click()
        page.get_by_role("button", name="Add new tag").click()
        page.get_by_label("Key 1").fill("mine")
        page.get_by_label("Value 1").fill("2")
        tag_elsewhere()
        expect(page.get_by_text("theirs").first).to_be_attached()  # below the dialog
        save(page, "Save changes")
        expect(page.get_by_role("dialog")).to_have_count(0)
    expected = [{"Key": "mine", "Value": "2"}, {"Key": "theirs", "Value": "1"}]
    assert sorted(dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"], key=lambda one: one["Key"]) == expected
    assert sorted(iam.list_role_tags(RoleName=role)["Tags"], key=lambda one: one["Key"]) == expected
