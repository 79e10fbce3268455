"""DynamoDB's screens, by the names that AWS's console gives its buttons and fields."""

import csv
import json
import re

import pytest
from keyboard import write_code
from playwright.sync_api import expect


@pytest.fixture
def orders(client, unique):
    """A table of orders with an index by customer, and five orders; its name."""
    name = unique("Orders")
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "orderId", "KeyType": "HASH"},
            {"AttributeName": "placed", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "orderId", "AttributeType": "S"},
            {"AttributeName": "placed", "AttributeType": "N"},
            {"AttributeName": "customer", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-customer",
                "KeySchema": [
                    {"AttributeName": "customer", "KeyType": "HASH"},
                    {"AttributeName": "placed", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for i in range(5):
        dynamodb.put_item(TableName=name, Item=order(i))
    return name


def order(i):
    return {
        "orderId": {"S": f"O{i}"},
        "placed": {"N": str(100 + i)},
        "customer": {"S": f"C{i % 2}"},
        "total": {"N": f"{i * 10}.5"},
        "tags": {"SS": ["fast", "gift"]},
    }


def key(i):
    return {name: order(i)[name] for name in ("orderId", "placed")}


def stored(client, table):
    items = client("dynamodb").scan(TableName=table)["Items"]
    return {item["orderId"]["S"]: item for item in items}


def rows(page):
    return page.get_by_role("region", name="Items returned").locator("tbody tr")


def returned_ids(page):
    return rows(page).locator("td:nth-child(2)").all_inner_texts()


def act(page, name):
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=name).click()


def test_a_table_is_created_with_the_default_settings(console, client, unique):
    name = unique("Orders")
    page = console("dynamodb/tables")
    page.get_by_role("button", name="Create table").first.click()
    page.get_by_label("Table name").fill(name)
    page.get_by_label("Partition key", exact=True).fill("orderId")
    expect(page.get_by_label("Type of the partition key")).to_have_value("S")
    page.get_by_role("button", name="Create table").click()
    expect(page.get_by_text(f"The {name} table was created successfully.")).to_be_visible()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    table = client("dynamodb").describe_table(TableName=name)["Table"]
    assert table["KeySchema"] == [{"AttributeName": "orderId", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_a_table_is_created_with_customized_settings(console, client, unique):
    name = unique("Orders")
    page = console("dynamodb/create-table")
    page.get_by_label("Table name").fill(name)
    page.get_by_label("Partition key", exact=True).fill("orderId")
    page.get_by_label("Sort key", exact=False).first.fill("placed")
    page.get_by_label("Type of the sort key").first.select_option("N")
    page.get_by_label("Customize settings").check()
    page.get_by_label("Provisioned", exact=True).check()
    page.get_by_label("Provisioned read capacity units").fill("7")
    page.get_by_role("button", name="Create global index").click()
    page.get_by_label("Index partition key", exact=True).fill("customer")
    page.get_by_role("button", name="Create local index").click()
    local = page.get_by_role("group", name="orderId-index")
    local.get_by_label("Index sort key", exact=True).fill("total")
    local = page.get_by_role("group", name="orderId-total-index")
    local.get_by_label("Type of the index sort key").select_option("N")
    local.get_by_label("Only keys").check()
    page.get_by_label("New and old images").check()
    page.get_by_label("Turn on deletion protection").check()
    page.get_by_label("TTL attribute name").fill("expires")
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("orders")
    page.get_by_role("button", name="Create table").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()

    dynamodb = client("dynamodb")
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert {definition["AttributeName"] for definition in table["AttributeDefinitions"]} == {
        "orderId",
        "placed",
        "customer",
        "total",
    }
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["customer-index"]
    [index] = table["LocalSecondaryIndexes"]
    assert index["KeySchema"] == [
        {"AttributeName": "orderId", "KeyType": "HASH"},
        {"AttributeName": "total", "KeyType": "RANGE"},
    ]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["DeletionProtectionEnabled"] is True
    assert dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "expires"
    assert dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "team", "Value": "orders"}]


def test_a_refusal_stays_beside_what_was_entered(console, orders):
    page = console("dynamodb/create-table")
    page.get_by_label("Table name").fill(orders)
    page.get_by_label("Partition key", exact=True).fill("orderId")
    page.get_by_role("button", name="Create table").click()
    expect(page.get_by_role("alert")).to_have_text(f"ResourceInUseException: Table already exists: {orders}")
    expect(page.get_by_label("Table name")).to_have_value(orders)


def test_the_list_shows_each_table_with_its_keys_and_items(console, orders):
    page = console("dynamodb/tables")
    page.get_by_label("Find tables").fill(orders)
    row = page.get_by_role("row").filter(has_text=orders)
    expect(row).to_contain_text("Active")
    expect(row).to_contain_text("orderId (String)")
    expect(row).to_contain_text("placed (Number)")
    row.get_by_role("link", name="Explore table items").click()
    expect(page.get_by_role("heading", name=f"Explore items: {orders}")).to_be_visible()


def test_a_table_is_deleted_after_confirm_is_typed(console, client, orders):
    page = console(f"dynamodb/tables/{orders}")
    act(page, "Delete table")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    dialog.get_by_role("textbox").fill("confirm")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text(f"The table {orders} was deleted.")).to_be_visible()
    assert orders not in client("dynamodb").get_paginator("list_tables").paginate().build_full_result()["TableNames"]


def test_a_scan_shows_items_and_a_new_one_after_it_is_run_again(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    expect(rows(page)).to_have_count(5)
    assert sorted(returned_ids(page)) == ["O0", "O1", "O2", "O3", "O4"]
    client("dynamodb").put_item(TableName=orders, Item=order(5))
    page.get_by_role("button", name="Run", exact=True).click()
    expect(rows(page)).to_have_count(6)


@pytest.mark.parametrize(
    "operator, value, upper, found",
    [
        ("Equal to", "10.5", None, {"O1"}),
        ("Not equal to", "10.5", None, {"O0", "O2", "O3", "O4"}),
        ("Less than", "10.5", None, {"O0"}),
        ("Less than or equal to", "10.5", None, {"O0", "O1"}),
        ("Greater than", "30.5", None, {"O4"}),
        ("Greater than or equal to", "30.5", None, {"O3", "O4"}),
        ("Between", "10.5", "20.5", {"O1", "O2"}),
        ("In", "0.5, 40.5", None, {"O0", "O4"}),
        ("Not exists", None, None, set()),
    ],
)
def test_a_filter_keeps_what_its_condition_says(console, orders, operator, value, upper, found):
    page = console(f"dynamodb/tables/{orders}/items")
    expect(rows(page)).to_have_count(5)  # what the screen begins with
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Attribute name 1").fill("total")
    page.get_by_label("Condition 1").select_option(label=operator)
    if value is not None:
        page.get_by_label("Type 1").select_option(label="Number")
        page.get_by_label("Value 1", exact=True).fill(value)
    if upper is not None:
        page.get_by_label("Upper value 1").fill(upper)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(rows(page)).to_have_count(len(found))
    assert set(returned_ids(page)) == found
    expect(page.get_by_text("Items scanned: 5")).to_be_visible()


def test_an_index_is_queried_by_its_keys_and_the_address_shows_the_same(console, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_role("radio", name="Query").check()
    page.get_by_label("Select a table or index").select_option("by-customer")
    page.get_by_label("Partition key value").fill("C0")
    page.get_by_label("Sort key condition").select_option(label="Greater than")
    page.get_by_label("Sort key value").fill("100")
    page.get_by_label("Sort descending").check()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(rows(page)).to_have_count(2)
    assert returned_ids(page) == ["O4", "O2"]
    page.reload()
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_label("Partition key value")).to_have_value("C0")


def test_pages_load_on_until_all_items_are_shown(console, client, orders, wait_until):
    dynamodb = client("dynamodb")
    for first in range(10, 260, 25):
        requests = [{"PutRequest": {"Item": order(i)}} for i in range(first, first + 25)]
        dynamodb.batch_write_item(RequestItems={orders: requests})
    page = console(f"dynamodb/tables/{orders}/items")
    expect(page.get_by_role("heading", name="Items returned (100+)")).to_be_visible()
    scroller = page.get_by_role("region", name="Items returned")

    def scrolled_to_all():
        scroller.evaluate("element => element.scrollTo(0, element.scrollHeight)")
        scroller.evaluate("element => element.scrollIntoView({block: 'end'})")
        return page.get_by_role("heading", name="Items returned (255)").is_visible()

    wait_until(scrolled_to_all, what="all items")


def test_columns_are_chosen(console, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    expect(page.get_by_role("columnheader", name="total")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("dialog").get_by_label("total").uncheck()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("columnheader", name="total")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("columnheader", name="tags")).to_be_visible()
    expect(page.get_by_role("columnheader", name="total")).to_have_count(0)


def test_selected_items_are_deleted(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    for name in ("O1", "O3"):
        page.get_by_label(f"Select {name}").check()
    act(page, "Delete items")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Delete 2 items")).to_be_visible()
    dialog.get_by_role("textbox").fill("delete")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted 2 items.")).to_be_visible()
    expect(rows(page)).to_have_count(3)
    assert set(stored(client, orders)) == {"O0", "O2", "O4"}


def test_an_item_is_created_in_the_form_with_its_types(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_role("button", name="Create item").click()
    page.get_by_label("Value of orderId").fill("O9")
    page.get_by_label("Value of placed").fill("109")

    def add(kind, name):
        page.get_by_role("button", name="Add new attribute").click()
        page.get_by_role("menuitem", name=kind, exact=True).click()
        page.get_by_label(re.compile(r"^Name of Attribute \d+$")).last.fill(name)

    add("Boolean", "paid")
    page.get_by_label("Value of paid").select_option("false")
    add("Number set", "sizes")
    for i, size in enumerate(("1", "2.5")):
        page.get_by_role("button", name="Add element to sizes").click()
        page.get_by_label(f"Value of sizes › {i + 1}").fill(size)
    add("Map", "address")
    page.get_by_role("button", name="Insert a field into address").click()
    page.get_by_role("menuitem", name="String", exact=True).click()
    page.get_by_label("Name of address › Attribute 1").fill("city")
    page.get_by_label("Value of address › city").fill("Graz")
    page.get_by_role("button", name="Create item").click()
    expect(page.get_by_text("The item was created.")).to_be_visible()
    item = stored(client, orders)["O9"]
    item["sizes"]["NS"].sort()
    assert item == {
        "orderId": {"S": "O9"},
        "placed": {"N": "109"},
        "paid": {"BOOL": False},
        "sizes": {"NS": ["1", "2.5"]},
        "address": {"M": {"city": {"S": "Graz"}}},
    }


def test_an_item_whose_key_exists_is_not_created_over_it(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/item")
    page.get_by_label("Value of orderId").fill("O1")
    page.get_by_label("Value of placed").fill("101")
    page.get_by_role("button", name="Create item").click()
    expect(page.get_by_role("alert")).to_contain_text("ConditionalCheckFailedException")
    assert stored(client, orders)["O1"] == order(1)


def test_plain_json_keeps_sets_and_digits(console, client, orders):
    digits = "12345678901234567890.123456789"
    client("dynamodb").put_item(TableName=orders, Item={**order(1), "total": {"N": digits}})
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_role("link", name="O1", exact=True).click()
    page.get_by_role("button", name="JSON view").click()
    expect(page.get_by_text("a set or binary: tags.")).to_be_visible()
    write_code(
        page,
        "The item in JSON",
        f'{{"orderId": "O1", "placed": 101, "total": {digits}, "tags": ["later"], "note": ["a"]}}',
    )
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_text("The item was saved.")).to_be_visible()
    assert stored(client, orders)["O1"] == {
        **key(1),
        "total": {"N": digits},
        "tags": {"SS": ["later"]},
        "note": {"L": [{"S": "a"}]},
    }


def test_dynamodb_json_is_saved_as_it_is(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_role("link", name="O2", exact=True).click()
    page.get_by_role("button", name="JSON view").click()
    page.get_by_label("View DynamoDB JSON").check()
    item = {**key(2), "photo": {"B": "aGk="}, "list": {"L": [{"NULL": True}]}}
    write_code(page, "The item in DynamoDB JSON", json.dumps(item))
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_text("The item was saved.")).to_be_visible()
    assert stored(client, orders)["O2"] == {**key(2), "photo": {"B": b"hi"}, "list": {"L": [{"NULL": True}]}}


def test_an_item_whose_key_is_changed_replaces_the_old_one(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_role("link", name="O3", exact=True).click()
    page.get_by_label("Value of orderId").fill("O33")
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_text("The item was saved.")).to_be_visible()
    items = stored(client, orders)
    assert "O3" not in items
    assert items["O33"] == {**order(3), "orderId": {"S": "O33"}}


def test_an_item_is_duplicated(console, client, orders):
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_label("Select O4").check()
    act(page, "Duplicate item")
    page.get_by_label("Value of orderId").fill("O44")
    page.get_by_role("button", name="Create item").click()
    expect(page.get_by_text("The item was created.")).to_be_visible()
    items = stored(client, orders)
    assert items["O44"] == {**order(4), "orderId": {"S": "O44"}}
    assert items["O4"] == order(4)


def downloaded(page, name, folder):
    with page.expect_download() as started:
        act(page, name)
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_items_are_downloaded_and_imported_again(console, client, orders, tmp_path):
    page = console(f"dynamodb/tables/{orders}/items")
    expect(rows(page)).to_have_count(5)
    path = downloaded(page, "Download results as JSON lines", tmp_path)
    lines = [json.loads(line)["Item"] for line in path.read_text().splitlines()]
    assert {line["orderId"]["S"]: line for line in lines} == stored(client, orders)

    for i in range(5):
        client("dynamodb").delete_item(TableName=orders, Key=key(i))
    act(page, "Import JSON lines")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Import 5 items").click()
    expect(page.get_by_text("Imported 5 items.")).to_be_visible()
    assert stored(client, orders) == {f"O{i}": order(i) for i in range(5)}


def test_selected_items_are_downloaded_as_csv(console, orders, tmp_path):
    page = console(f"dynamodb/tables/{orders}/items")
    page.get_by_label("Select O2").check()
    path = downloaded(page, "Download selected items to CSV", tmp_path)
    with path.open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"orderId": "O2", "placed": "102", "customer": "C0", "total": "20.5", "tags": '[ "fast", "gift" ]'}
        ]


def test_a_broken_line_is_named_and_nothing_is_imported(console, client, orders, tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_text('{"orderId": "N1", "placed": 1}\n{"orderId"\n')
    page = console(f"dynamodb/tables/{orders}/items")
    act(page, "Import JSON lines")
    page.get_by_label("File").set_input_files(path)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Line 2:")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    assert "N1" not in stored(client, orders)


def test_an_index_is_created_and_deleted(console, client, orders):
    page = console(f"dynamodb/tables/{orders}?tab=indexes")
    page.get_by_role("button", name="Create index").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Index partition key", exact=True).fill("status")
    dialog.get_by_role("button", name="Create index").click()
    expect(page.get_by_text("The index status-index is being created.")).to_be_visible()

    def indexes():
        table = client("dynamodb").describe_table(TableName=orders)["Table"]
        return {index["IndexName"] for index in table["GlobalSecondaryIndexes"]}

    assert indexes() == {"by-customer", "status-index"}
    expect(page.get_by_role("row").filter(has_text="status-index")).to_contain_text("Active")
    page.get_by_label("Select status-index").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("delete")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("The index status-index is being deleted.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="status-index")).to_have_count(0)
    assert indexes() == {"by-customer"}


def test_a_stream_is_turned_on_and_off(console, client, orders):
    page = console(f"dynamodb/tables/{orders}?tab=streams")
    page.get_by_role("button", name="Turn on").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New image").check()
    dialog.get_by_role("button", name="Turn on stream").click()
    expect(page.get_by_text("The stream was turned on.")).to_be_visible()
    expect(page.get_by_text("No triggers")).to_be_visible()

    def stream():
        return client("dynamodb").describe_table(TableName=orders)["Table"].get("StreamSpecification")

    assert stream() == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("The stream was turned off.")).to_be_visible()
    assert stream() is None


def test_ttl_protection_and_tags_are_set(console, client, orders):
    page = console(f"dynamodb/tables/{orders}?tab=settings")
    page.get_by_role("button", name="Turn on", exact=True).click()
    page.get_by_label("TTL attribute name").fill("expires")
    page.get_by_role("button", name="Turn on TTL").click()
    expect(page.get_by_text("TTL was turned on.")).to_be_visible()
    page.get_by_role("button", name="Turn on deletion protection").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn on", exact=True).click()
    expect(page.get_by_role("button", name="Turn off deletion protection")).to_be_visible()
    page.get_by_role("button", name="Manage tags").click()
    page.get_by_role("button", name="Add new tag").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("orders")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The tags were changed.")).to_be_visible()

    dynamodb = client("dynamodb")
    table = dynamodb.describe_table(TableName=orders)["Table"]
    assert table["DeletionProtectionEnabled"] is True
    assert dynamodb.describe_time_to_live(TableName=orders)["TimeToLiveDescription"]["AttributeName"] == "expires"
    assert dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [{"Key": "team", "Value": "orders"}]


def test_a_backup_is_made_and_restored(console, client, orders, unique):
    copy = unique("Copy")
    page = console(f"dynamodb/tables/{orders}?tab=backups")
    page.get_by_role("button", name="Create on-demand backup").click()
    page.get_by_label("Backup name").fill("before")
    page.get_by_role("dialog").get_by_role("button", name="Create backup").click()
    expect(page.get_by_role("row").filter(has_text="before")).to_contain_text("Available")
    page.get_by_label("Select before").check()
    page.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_label("Name of restored table").fill(copy)
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name=copy)).to_be_visible()
    client("dynamodb").get_waiter("table_exists").wait(TableName=copy, WaiterConfig={"Delay": 1})
    assert stored(client, copy) == stored(client, orders)


def test_point_in_time_recovery_is_turned_on(console, client, orders):
    page = console(f"dynamodb/tables/{orders}?tab=backups")
    page.get_by_role("button", name="Turn on").click()
    page.get_by_label("Backup recovery period").fill("7")
    page.get_by_role("button", name="Turn on recovery").click()
    expect(page.get_by_text("7 days")).to_be_visible()
    described = client("dynamodb").describe_continuous_backups(TableName=orders)
    recovery = described["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert recovery["RecoveryPeriodInDays"] == 7


def test_a_resource_policy_is_written_and_deleted(console, client, orders):
    page = console(f"dynamodb/tables/{orders}?tab=permissions")
    page.get_by_role("button", name="Create table policy").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The policy was saved.")).to_be_visible()
    dynamodb = client("dynamodb")
    arn = dynamodb.describe_table(TableName=orders)["Table"]["TableArn"]
    policy = json.loads(dynamodb.get_resource_policy(ResourceArn=arn)["Policy"])
    assert policy["Statement"][0]["Action"] == ["dynamodb:GetItem", "dynamodb:Query"]
    page.get_by_role("button", name="Delete policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("confirm")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No resource-based policy")).to_be_visible()


def test_partiql_statements_run_one_after_the_other(console, client, orders):
    page = console("dynamodb/partiql")
    insert = f"INSERT INTO \"{orders}\" VALUE {{'orderId': 'P;1', 'placed': 1}}"
    select = f"SELECT orderId FROM \"{orders}\" WHERE orderId = 'P;1'"
    write_code(page, "PartiQL statements", f"{insert};\n{select};\nSELECT * FROM \"{orders}-not\"")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name="Completed (0 items)")).to_be_visible()
    expect(page.get_by_role("heading", name="Completed (1 items)")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("ResourceNotFoundException")
    assert stored(client, orders)["P;1"] == {"orderId": {"S": "P;1"}, "placed": {"N": "1"}}


def test_a_statement_begins_from_a_table(console, orders):
    page = console("dynamodb/partiql")
    page.get_by_label("Find tables").fill(orders)
    page.get_by_role("button", name=f"Scan {orders}").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name="Completed (5 items)")).to_be_visible()


@pytest.mark.parametrize(
    "screen",
    [
        "dynamodb/tables",
        "dynamodb/create-table",
        "dynamodb/tables/{}",
        "dynamodb/tables/{}?tab=indexes",
        "dynamodb/tables/{}?tab=backups",
        "dynamodb/tables/{}?tab=settings",
        "dynamodb/tables/{}/items",
        "dynamodb/tables/{}/item",
        "dynamodb/partiql",
    ],
)
def test_no_screen_has_a_violation_of_accessibility(console, orders, violations, screen):
    page = console(screen.format(orders))
    expect(page.get_by_text("Loading…")).to_have_count(0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
