"""DynamoDB: time to live."""

import json
import re
import urllib.request

import counted
import orderly_server
import pytest
from refusals import refusal
from streams_world import VALIDATION, World, on

HOUR, DAY = 3600, 24 * 3600
FIVE_YEARS = 5 * 365 * DAY


class Expiring(World):
    @property
    def now(self):
        with urllib.request.urlopen(self.server.endpoint + "/_orderly/clock") as reply:
            return json.load(reply)["now_ms"] // 1000

    def ttl(self, name, enabled=True, attribute="due"):
        return self.tables.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute})

    def add(self, name, id_, **attributes):
        self.tables.put_item(TableName=name, Item={"id": {"S": id_}, **attributes})

    def due(self, name, id_, in_seconds):
        self.add(name, id_, due={"N": str(self.now + in_seconds)})

    def ids(self, name):
        pages = self.tables.get_paginator("scan").paginate(TableName=name)
        return sorted(item["id"]["S"] for page in pages for item in page["Items"])

    def wait_for(self, name, ids):
        orderly_server.wait_until(lambda: self.ids(name) == sorted(ids), what=f"the items {ids}, not {self.ids(name)}")

    def status(self, name):
        return self.tables.describe_time_to_live(TableName=name)["TimeToLiveDescription"]

    def settle(self, name):
        orderly_server.wait_until(lambda: self.status(name)["TimeToLiveStatus"] == "ENABLED", what="the table is filled")


@pytest.fixture(scope="module")
def world():
    world = Expiring()
    yield world
    world.server.end()


@pytest.fixture
def expiring(world):
    """A table with time to live, whose stream shows keys: (name, ARN of the stream)."""
    name, arn = world.table(on("OLD_IMAGE"), sort=False)
    world.ttl(name)
    world.settle(name)
    return name, arn


# --- Settings ----------------------------------------------------------------------------------


def test_time_to_live_is_enabled_and_disabled(world):
    name, _ = world.table(sort=False)
    assert world.status(name) == {"TimeToLiveStatus": "DISABLED"}
    specification = {"Enabled": True, "AttributeName": "due"}
    assert world.ttl(name)["TimeToLiveSpecification"] == specification
    world.settle(name)
    assert world.status(name) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "due"}
    world.advance(HOUR)
    world.ttl(name, enabled=False)
    assert world.status(name) == {"TimeToLiveStatus": "DISABLED"}


def test_update_time_to_live_refuses_what_aws_refuses(world):
    name, _ = world.table(sort=False)

    def refused(enabled=True, attribute="due"):
        return refusal(world.ttl, name=name, enabled=enabled, attribute=attribute)

    disabled, enabled = ((VALIDATION, f"TimeToLive is already {word}") for word in ("disabled", "enabled"))
    too_soon = (VALIDATION, "Time to live has been modified multiple times within a fixed interval")
    assert refused(enabled=False) == disabled
    world.ttl(name)
    assert refused() == enabled
    for value in (True, False):
        assert refused(enabled=value, attribute="other") == (
            VALIDATION, "TimeToLive is active on a different AttributeName: current AttributeName is due")
    world.advance(HOUR - 60)
    assert refused(enabled=False) == too_soon
    world.advance(65)
    world.ttl(name, enabled=False)
    assert refused(enabled=False) == disabled
    assert refused() == too_soon
    world.advance(HOUR)
    world.ttl(name, attribute="other")
    assert refusal(world.ttl, name="nowhere") == (
        "ResourceNotFoundException", "Requested resource not found: Table: nowhere not found")
    assert refusal(world.status, name="nowhere") == (
        "ResourceNotFoundException", "Requested resource not found: Table: nowhere not found")


def test_the_attributes_name_has_at_most_255_characters(world):
    name, _ = world.table(sort=False)
    code, sentence = refusal(world.ttl, name=name, attribute="x" * 256)
    assert (code, re.search("Member must have length less than or equal to 255", sentence) is not None) == (VALIDATION, True)
    world.ttl(name, attribute="x" * 255)


# --- Expiry ------------------------------------------------------------------------------------


def test_an_item_expires_when_its_time_has_passed(world, expiring):
    name, arn = expiring
    world.due(name, "soon", 1000)
    world.due(name, "later", 3000)
    world.add(name, "never")
    world.advance(940)
    assert world.ids(name) == ["later", "never", "soon"]
    world.advance(65)
    world.wait_for(name, ["later", "never"])
    world.advance(2000)
    world.wait_for(name, ["never"])


def test_an_expired_item_has_a_record_by_the_service(world, expiring):
    name, arn = expiring
    world.due(name, "a", 600)
    world.add(name, "b")
    world.tables.delete_item(TableName=name, Key={"id": {"S": "b"}})
    item = world.tables.get_item(TableName=name, Key={"id": {"S": "a"}})["Item"]
    world.advance(610)
    world.wait_for(name, [])
    removals = [record for record in world.records(arn) if record["eventName"] == "REMOVE"]
    assert [record.get("userIdentity") for record in removals] == [
        None, {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}]
    assert removals[1]["dynamodb"]["OldImage"] == item


def test_the_counts_and_indexes_follow_an_expired_item(world):
    name = "indexed"
    world.tables.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[{"IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                                 "Projection": {"ProjectionType": "ALL"}}])
    world.ttl(name)
    world.add(name, "a", g={"S": "x"}, due={"N": str(world.now + 600)})
    assert world.tables.scan(TableName=name, IndexName="by-g")["Count"] == 1
    world.advance(610)
    world.wait_for(name, [])
    assert world.tables.scan(TableName=name, IndexName="by-g")["Count"] == 0
    table = world.tables.describe_table(TableName=name)["Table"]
    assert (table["ItemCount"], table["TableSizeBytes"]) == (0, 0)


def test_expired_items_are_counted(world, expiring):
    name, _ = expiring
    for id_ in ("a", "b"):
        world.due(name, id_, 600)
    world.add(name, "kept")
    world.advance(610)
    world.wait_for(name, ["kept"])
    world.advance(60)
    found = counted.minutes(world.client("cloudwatch"), world.now * 1000, "AWS/DynamoDB", TableName=name)
    unit, _, total, *_ = found["TimeToLiveDeletedItemCount", ("TableName", name)]
    assert (unit, total) == ("Count", 2)


@pytest.mark.parametrize("change", ["put", "update", "remove"])
def test_a_change_of_the_attribute_moves_the_expiry(world, expiring, change):
    name, _ = expiring
    world.due(name, "a", 100)
    if change == "put":
        world.due(name, "a", 1000)
    else:
        world.tables.update_item(
            TableName=name, Key={"id": {"S": "a"}},
            **({"UpdateExpression": "SET due = due + :n", "ExpressionAttributeValues": {":n": {"N": "900"}}}
               if change == "update" else {"UpdateExpression": "REMOVE due"}))
    world.due(name, "b", 200)
    world.advance(250)
    world.wait_for(name, ["a"])
    world.advance(1000)
    world.wait_for(name, ["a"] if change == "remove" else [])


def test_only_numbers_of_seconds_in_the_last_five_years_expire(world, expiring):
    name, _ = expiring
    now = world.now
    kept = {
        "text": {"S": str(now)}, "set": {"NS": [str(now)]}, "milliseconds": {"N": str(now * 1000)},
        "large": {"N": "9" * 38}, "tiny": {"N": "1e-130"}, "zero": {"N": "0"}, "negative": {"N": "-1"},
        "old": {"N": str(now - FIVE_YEARS - 60)}, "map": {"M": {"due": {"N": str(now)}}},
    }
    gone = {"recent": {"N": str(now - 60)}, "oldest": {"N": str(now - FIVE_YEARS + 60)}, "fraction": {"N": f"{now - 60}.5"}}
    for id_, value in {**kept, **gone}.items():
        world.add(name, id_, due=value)
    world.wait_for(name, kept)
    world.due(name, "last", 1)
    world.advance(5)
    world.wait_for(name, kept)


def test_items_from_before_expire_too(world):
    name, _ = world.table(sort=False)
    due = {"due": {"N": str(world.now + 600)}}
    for first in range(0, 600, 25):
        world.tables.batch_write_item(RequestItems={name: [
            {"PutRequest": {"Item": {"id": {"S": f"{i:03}"}, **(due if i % 2 else {})}}} for i in range(first, first + 25)]})
    world.ttl(name)
    world.settle(name)
    assert len(world.ids(name)) == 600
    world.advance(610)
    world.wait_for(name, [f"{i:03}" for i in range(0, 600, 2)])


def test_nothing_expires_after_time_to_live_is_disabled(world):
    name, _ = world.table(sort=False)
    world.ttl(name, attribute="other")
    world.add(name, "a", due={"N": str(world.now + 2 * HOUR + 30)}, other={"N": str(world.now + HOUR + 60)})
    world.advance(HOUR)
    world.ttl(name, enabled=False, attribute="other")
    world.advance(HOUR)
    assert world.ids(name) == ["a"]
    world.ttl(name)
    world.settle(name)
    assert world.ids(name) == ["a"]
    world.advance(60)
    world.wait_for(name, [])


def test_expiry_goes_on_after_a_kill(world, expiring):
    name, _ = expiring
    world.due(name, "a", 600)
    world.server.kill()
    world.server.start()
    assert world.ids(name) == ["a"]
    world.advance(610)
    world.wait_for(name, [])


def test_a_deleted_table_takes_its_expiries_along(world):
    name, _ = world.table(sort=False)
    world.ttl(name)
    world.due(name, "a", 60)
    world.tables.delete_table(TableName=name)
    world.count -= 1
    again, _ = world.table(sort=False)
    assert again == name and world.status(name) == {"TimeToLiveStatus": "DISABLED"}
    world.add(name, "a", due={"N": str(world.now + 60)})
    world.advance(120)
    assert world.ids(name) == ["a"]
