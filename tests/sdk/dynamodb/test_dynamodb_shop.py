"""A small shop's access patterns with boto3's resource layer: Table, batch_writer, conditions, and the collection of all tables."""

from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def resource(endpoint):
    return boto3.resource("dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test")


def key(hash_, range_):
    return [{"AttributeName": hash_, "KeyType": "HASH"}, {"AttributeName": range_, "KeyType": "RANGE"}]


@pytest.fixture
def shop(resource, unique):
    table = resource.create_table(
        TableName=unique("shop"), BillingMode="PAY_PER_REQUEST", KeySchema=key("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind}
                              for name, kind in (("pk", "S"), ("sk", "S"), ("status", "S"), ("placedAt", "N"))],
        GlobalSecondaryIndexes=[{"IndexName": "byStatus", "KeySchema": key("status", "placedAt"),
                                 "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}}])
    table.wait_until_exists()
    resource.meta.client.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"AttributeName": "expiresAt", "Enabled": True})
    yield table
    table.delete()
    table.wait_until_not_exists()


def order(user, number, **more):
    return {"pk": f"USER#{user}", "sk": f"ORDER#{number:03}", "status": "placed", "placedAt": Decimal(number),
            "total": Decimal("12.50"), **more}


def keys_of(items):
    return [(item["pk"], item["sk"]) for item in items]


def test_a_table_tells_its_attributes(shop, resource):
    shop.reload()
    assert shop.table_status == "ACTIVE"
    assert shop.key_schema == key("pk", "sk")
    assert [index["IndexName"] for index in shop.global_secondary_indexes] == ["byStatus"]
    assert shop in list(resource.tables.all())
    assert shop.item_count == 0


def test_an_item_of_every_type_comes_back_as_it_was_put(shop):
    item = order("a", 1, tags={"x", "y"}, sizes={Decimal(1), Decimal("2.5")}, raw=boto3.dynamodb.types.Binary(b"\0\xff"),
                 blobs={boto3.dynamodb.types.Binary(b"a")}, gift=False, note=None, lines=[{"sku": "tea", "n": Decimal(2)}, []])
    shop.put_item(Item=item)
    assert shop.get_item(Key={"pk": "USER#a", "sk": "ORDER#001"}, ConsistentRead=True)["Item"] == item


def test_a_batch_writer_writes_many_orders_and_queries_page_them(shop):
    with shop.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for number in [*range(60), 7]:
            batch.put_item(Item=order("a", number))
        batch.put_item(Item=order("b", 1))
    asked = {"KeyConditionExpression": Key("pk").eq("USER#a") & Key("sk").between("ORDER#010", "ORDER#049"), "Limit": 15}
    found, sizes, page = [], [], {}
    while not sizes or "LastEvaluatedKey" in page:
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if sizes else {}
        page = shop.query(**asked, **start)
        sizes.append(page["Count"])
        found += page["Items"]
    assert sizes == [15, 15, 10]
    assert found == [order("a", number) for number in range(10, 50)]
    with shop.batch_writer() as batch:
        for item in found:
            batch.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    assert shop.scan(Select="COUNT")["Count"] == 21


def test_orders_are_found_by_status_through_the_index(shop):
    for user, number, status in (("a", 3, "lost"), ("b", 2, "lost"), ("a", 1, "placed")):
        shop.put_item(Item=order(user, number, status=status, note="not projected"))
    asked = {"IndexName": "byStatus", "KeyConditionExpression": Key("status").eq("lost") & Key("placedAt").gte(2)}
    assert shop.query(**asked, ScanIndexForward=False)["Items"] == [order("a", 3, status="lost"), order("b", 2, status="lost")]
    assert keys_of(shop.query(**asked, FilterExpression=Attr("pk").begins_with("USER#b") & Attr("total").is_in([Decimal("12.5")]))
                   ["Items"]) == [("USER#b", "ORDER#002")]
    assert keys_of(shop.scan(FilterExpression=~Attr("status").eq("lost") & Attr("note").exists())["Items"]) == [
        ("USER#a", "ORDER#001")]


def test_an_order_is_shipped_once(shop, resource):
    shop.put_item(Item=order("a", 1))
    ship = {"Key": {"pk": "USER#a", "sk": "ORDER#001"}, "UpdateExpression": "SET #s = :shipped ADD changes :one",
            "ConditionExpression": Attr("status").eq("placed"), "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":shipped": "shipped", ":one": 1}, "ReturnValues": "UPDATED_NEW"}
    assert shop.update_item(**ship)["Attributes"] == {"status": "shipped", "changes": Decimal(1)}
    with pytest.raises(resource.meta.client.exceptions.ConditionalCheckFailedException):
        shop.update_item(**ship)


def test_a_placed_order_lowers_the_stock_or_neither_is_done(shop, resource):
    stock = {"pk": "PRODUCT#tea", "sk": "PRODUCT"}
    shop.put_item(Item={**stock, "stock": 3})

    def place(item, quantity):
        resource.meta.client.transact_write_items(TransactItems=[
            {"Put": {"TableName": shop.name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}},
            {"Update": {"TableName": shop.name, "Key": stock, "UpdateExpression": "SET stock = stock - :n",
                        "ConditionExpression": "stock >= :n", "ExpressionAttributeValues": {":n": quantity}}}])

    place(order("a", 1), 2)
    for item, quantity, reasons in ((order("a", 2), 2, ["None", "ConditionalCheckFailed"]),
                                    (order("a", 1), 1, ["ConditionalCheckFailed", "None"])):
        with pytest.raises(ClientError) as caught:
            place(item, quantity)
        assert [reason["Code"] for reason in caught.value.response["CancellationReasons"]] == reasons
    assert shop.get_item(Key=stock)["Item"] == {**stock, "stock": Decimal(1)}
    keys = [{"pk": "USER#a", "sk": f"ORDER#{number:03}"} for number in (1, 2)]
    found = resource.batch_get_item(RequestItems={shop.name: {"Keys": keys, "ConsistentRead": True}})
    assert found["Responses"] == {shop.name: [order("a", 1)]}


def test_an_expired_order_leaves_the_table_and_the_index(shop, now_ms, advance_clock, wait_until):
    soon = Decimal(now_ms() // 1000 + 3600)
    shop.put_item(Item=order("a", 1, expiresAt=soon))
    shop.put_item(Item=order("a", 2))
    advance_clock(7200)
    wait_until(lambda: shop.scan()["Count"] == 1, what="the order to expire")
    placed = shop.query(IndexName="byStatus", KeyConditionExpression=Key("status").eq("placed"))["Items"]
    assert keys_of(placed) == [("USER#a", "ORDER#002")]
