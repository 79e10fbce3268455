"""Changing tables, and the statuses of tables, as boto3 sees them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from changes import ALWAYS_OVER
from dynamodb_tables import INVALID, KEY, advance, connect, has_filled_indexes, now_of, serving, table_of, units

IN_USE = "Attempt to change a resource which is still in use: "
DELAY_S = 600
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def dynamodb(endpoint):
    return connect(endpoint)


def warm(read, write, status="ACTIVE"):
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status}


@pytest.fixture
def make_table(dynamodb, unique):
    """make_table(**parameters) returns the name of a new table."""
    made = []

    def make(**parameters):
        name = f"{unique('t')}-{len(made)}"
        dynamodb.create_table(TableName=name, **{**KEY, "BillingMode": "PAY_PER_REQUEST", **parameters})
        made.append(name)
        return name

    yield make
    for name in made:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)


@pytest.fixture
def provisioned(make_table):
    """The name of a new table with five units of each kind."""
    return make_table(BillingMode="PROVISIONED", ProvisionedThroughput=units(5, 5))


# --- UpdateTable ---------------------------------------------------------------------------------


def test_throughput_is_raised_and_lowered_and_the_reply_shows_the_old_one(dynamodb, provisioned, now_ms):
    before_ms = now_ms()
    reply = dynamodb.update_table(TableName=provisioned, ProvisionedThroughput=units(6, 4))["TableDescription"]
    assert (reply["TableStatus"], reply["ProvisionedThroughput"]) == (
        "UPDATING", {"NumberOfDecreasesToday": 0, **units(5, 5)})
    found = table_of(dynamodb, provisioned)
    dates = [found["ProvisionedThroughput"].pop(name) for name in ("LastIncreaseDateTime", "LastDecreaseDateTime")]
    assert all(before_ms <= round(date.timestamp() * 1000) <= now_ms() for date in dates)
    assert found["TableStatus"] == "ACTIVE"
    assert found["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 1, **units(6, 4)}
    assert found["WarmThroughput"] == warm(6, 5)
    assert "BillingModeSummary" not in found


@pytest.mark.parametrize("more", [{}, {"BillingMode": "PROVISIONED"}])
def test_throughput_that_does_not_change_is_refused(dynamodb, provisioned, refused, more):
    assert refused(dynamodb.update_table, TableName=provisioned, ProvisionedThroughput=units(5, 5), **more)["message"] == (
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
        "Current WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.")


def test_throughput_is_lowered_four_times_a_day_then_once_an_hour(refused):
    with serving() as (server, dynamodb):
        dynamodb.create_table(TableName="abc", **KEY, ProvisionedThroughput=units(20, 20))
        advance(server, 25 * HOUR_MS - now_of(server) % (24 * HOUR_MS))  # one o'clock
        for read in range(19, 15, -1):
            dynamodb.update_table(TableName="abc", ProvisionedThroughput=units(read, 20))
        answer = refused(dynamodb.update_table, TableName="abc", ProvisionedThroughput=units(15, 20))
        assert (answer["code"], answer["status"]) == ("LimitExceededException", 400)
        assert answer["message"].startswith(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
            "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
            "seconds. Number of decreases today: 4. Last decrease at ")
        assert " 1:00:" in answer["message"] and " 2:00:" in answer["message"]
        dynamodb.update_table(TableName="abc", ProvisionedThroughput=units(30, 20))
        advance(server, HOUR_MS)
        dynamodb.update_table(TableName="abc", ProvisionedThroughput=units(15, 20))
        assert table_of(dynamodb, "abc")["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5
        advance(server, 22 * HOUR_MS)  # midnight
        assert table_of(dynamodb, "abc")["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
        dynamodb.update_table(TableName="abc", ProvisionedThroughput=units(14, 20))


def test_billing_changes_to_on_demand_and_back(dynamodb, provisioned):
    reply = dynamodb.update_table(TableName=provisioned, BillingMode="PAY_PER_REQUEST",
                                  OnDemandThroughput={"MaxReadRequestUnits": 7})["TableDescription"]
    assert (reply["TableStatus"], reply["BillingModeSummary"]["BillingMode"]) == ("UPDATING", "PAY_PER_REQUEST")
    found = table_of(dynamodb, provisioned)
    assert found["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(0, 0)}
    assert found["OnDemandThroughput"] == {"MaxReadRequestUnits": 7}
    assert found["WarmThroughput"] == warm(12000, 4000)
    switched = found["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
    dynamodb.update_table(TableName=provisioned, BillingMode="PROVISIONED", ProvisionedThroughput=units(2, 3))
    found = table_of(dynamodb, provisioned)
    assert found["BillingModeSummary"] == {
        "BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": switched}
    assert found["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(2, 3)}
    assert found["WarmThroughput"] == warm(12000, 4000)
    assert "OnDemandThroughput" not in found


def test_the_bounds_of_an_on_demand_table_change_one_by_one_and_minus_one_removes_them(dynamodb, make_table):
    name = make_table(OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert table_of(dynamodb, name)["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
    reply = dynamodb.update_table(TableName=name, OnDemandThroughput={"MaxWriteRequestUnits": 1})["TableDescription"]
    assert (reply["TableStatus"], reply["OnDemandThroughput"]) == (
        "ACTIVE", {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 1})
    reply = dynamodb.update_table(TableName=name, OnDemandThroughput={"MaxReadRequestUnits": -1})["TableDescription"]
    assert reply["OnDemandThroughput"] == {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 1}
    assert table_of(dynamodb, name)["OnDemandThroughput"] == {"MaxWriteRequestUnits": 1}
    dynamodb.update_table(TableName=name, OnDemandThroughput={"MaxWriteRequestUnits": -1})
    assert "OnDemandThroughput" not in table_of(dynamodb, name)


def test_warm_throughput_only_rises(dynamodb, make_table, refused):
    name = make_table(WarmThroughput={"ReadUnitsPerSecond": 13000})
    assert table_of(dynamodb, name)["WarmThroughput"] == warm(13000, 4000)
    reply = dynamodb.update_table(TableName=name, WarmThroughput={"WriteUnitsPerSecond": 4001})["TableDescription"]
    assert (reply["TableStatus"], reply["WarmThroughput"]) == ("ACTIVE", warm(13000, 4000, "UPDATING"))
    assert table_of(dynamodb, name)["WarmThroughput"] == warm(13000, 4001)
    dynamodb.update_table(TableName=name, WarmThroughput={"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4001})
    for kind, lower in (("Read", {"ReadUnitsPerSecond": 12999}), ("Write", {"WriteUnitsPerSecond": 4000})):
        assert refused(dynamodb.update_table, TableName=name, WarmThroughput=lower)["message"] == (
            f"{INVALID}Requested {kind}UnitsPerSecond for WarmThroughput for table is lower than current "
            "WarmThroughput, decreasing WarmThroughput is not supported")


def test_the_class_of_a_table_changes(dynamodb, make_table):
    name = make_table()
    dynamodb.update_table(TableName=name, TableClass="STANDARD")
    assert "TableClassSummary" not in table_of(dynamodb, name)
    reply = dynamodb.update_table(TableName=name, TableClass="STANDARD_INFREQUENT_ACCESS")["TableDescription"]
    assert reply["TableStatus"] == "UPDATING" and "TableClassSummary" not in reply
    summary = table_of(dynamodb, name)["TableClassSummary"]
    assert (summary["TableClass"], sorted(summary)) == (
        "STANDARD_INFREQUENT_ACCESS", ["LastUpdateDateTime", "TableClass"])


def test_deletion_protection_is_turned_on_and_off(dynamodb, make_table, refused):
    name = make_table()
    reply = dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)["TableDescription"]
    assert (reply["TableStatus"], reply["DeletionProtectionEnabled"]) == ("ACTIVE", True)
    assert refused(dynamodb.delete_table, TableName=name)["message"] == (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    assert table_of(dynamodb, name)["DeletionProtectionEnabled"] is False


STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
DELETION = [{"Delete": {"IndexName": "none"}}]
NOTHING = ("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
           "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
           "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")


@pytest.mark.parametrize(("request_", "sentence"), [
    ({}, NOTHING),
    ({"OnDemandThroughput": {}}, NOTHING),
    ({"AttributeDefinitions": KEY["AttributeDefinitions"]}, NOTHING),
    ({"SSESpecification": {"Enabled": False}, "DeletionProtectionEnabled": True},
     f"{INVALID}Server-Side Encryption modification must be the only operation in the request"),
    ({"TableClass": "STANDARD", "DeletionProtectionEnabled": True},
     f"{INVALID}TableClass modification must be the only operation in the request"),
    ({"DeletionProtectionEnabled": True, "WarmThroughput": {"ReadUnitsPerSecond": 1}},
     f"{INVALID}DeletionProtection modification must be the only operation in the request"),
    ({"WarmThroughput": {"ReadUnitsPerSecond": 1}, "BillingMode": "PAY_PER_REQUEST"},
     f"{INVALID}WarmThroughput must be the only operation in the request"),
    ({"OnDemandThroughput": {"MaxReadRequestUnits": 1}, "ProvisionedThroughput": units(1, 1)},
     f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"),
    ({"StreamSpecification": STREAM, "ProvisionedThroughput": units(1, 1)},
     f"{INVALID}You cannot modify stream status while updating table IOPS"),
    ({"StreamSpecification": STREAM, "ProvisionedThroughput": units(1, 1), "BillingMode": "PROVISIONED"},
     f"{INVALID}You cannot modify stream status while updating table IOPS"),
    ({"GlobalSecondaryIndexUpdates": DELETION, "ProvisionedThroughput": units(1, 1)},
     f"{INVALID}You cannot create or delete index while updating table IOPS"),
    ({"GlobalSecondaryIndexUpdates": DELETION, "StreamSpecification": STREAM},
     f"{INVALID}You cannot create or delete index while changing stream status"),
    ({"GlobalSecondaryIndexUpdates": [], "BillingMode": "PAY_PER_REQUEST"},
     f"{INVALID}List of GlobalSecondaryIndexUpdates is empty"),
    ({"BillingMode": "PROVISIONED"},
     f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED"),
    ({"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units(1, 1)},
     f"{INVALID}ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"),
    ({"ProvisionedThroughput": units(1000000000001, 1)},
     "Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
    ({"WarmThroughput": {}},
     f"{INVALID}WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified"),
    ({"SSESpecification": {"Enabled": False}}, f"{INVALID}Table is already encrypted by default"),
    ({"SSESpecification": {}}, f"{INVALID}Table is already encrypted by default"),
    ({"SSESpecification": {"Enabled": True}},
     "Orderly has no KMS, so tables are encrypted by keys of DynamoDB only; see docs/compatibility.md."),
    ({"MultiRegionConsistency": "STRONG"},
     "Orderly has one region, so tables have no replicas; see docs/compatibility.md."),
    ({"OnDemandThroughput": {"MaxReadRequestUnits": 1}},
     f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is "
     "PROVISIONED"),
])
def test_an_update_is_refused(dynamodb, provisioned, refused, request_, sentence):
    before = table_of(dynamodb, provisioned)
    answer = refused(dynamodb.update_table, TableName=provisioned, **request_)
    assert (answer["code"], answer["message"]) == ("ValidationException", sentence)
    assert table_of(dynamodb, provisioned) == before


def test_an_on_demand_table_refuses_throughput_and_bounds_below_one(dynamodb, make_table, refused):
    name = make_table()
    assert refused(dynamodb.update_table, TableName=name, ProvisionedThroughput=units(1, 1))["message"] == (
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST")
    for bound in (0, -2):
        assert refused(dynamodb.update_table, TableName=name,
                       OnDemandThroughput={"MaxWriteRequestUnits": bound})["message"] == (
            f"{INVALID}Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range")


def test_a_missing_table_is_not_found(dynamodb, refused):
    answer = refused(dynamodb.update_table, TableName="no-such-table", DeletionProtectionEnabled=True)
    assert (answer["code"], answer["message"]) == (
        "ResourceNotFoundException", "Requested resource not found: Table: no-such-table not found")


@pytest.mark.parametrize(("request_", "sentence"), [
    ({"WarmThroughput": {"ReadUnitsPerSecond": 11999}},
     "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand"),
    ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 5), "WarmThroughput": {"WriteUnitsPerSecond": 4}},
     "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of "
     "ProvisionedThroughput"),
    *(({"OnDemandThroughput": {"MaxReadRequestUnits": bound}},
       "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range") for bound in (0, -1)),
    ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 5), "OnDemandThroughput": {"MaxReadRequestUnits": 1}},
     "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."),
])
def test_a_new_table_is_refused(dynamodb, unique, refused, request_, sentence):
    answer = refused(dynamodb.create_table, TableName=unique("t"), **KEY, **{"BillingMode": "PAY_PER_REQUEST", **request_})
    assert (answer["code"], answer["message"]) == ("ValidationException", INVALID + sentence)


# --- Statuses ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow():
    """A server whose tables take their time, and its client."""
    with serving("--table-delay", str(DELAY_S)) as both:
        yield both


@pytest.fixture
def settle(slow, wait_until):
    """settle(name, status) lets the delay of a table pass, and checks that it lasts until then."""

    def pass_by(name, status):
        server, client = slow
        advance(server, DELAY_S * 1000 - 60_000)
        assert table_of(client, name)["TableStatus"] == status
        advance(server, 60_000)

        def is_settled():
            try:
                return table_of(client, name)["TableStatus"] == "ACTIVE"
            except client.exceptions.ResourceNotFoundException:
                return True

        wait_until(is_settled)

    return pass_by


def test_a_table_is_created_and_deleted_in_the_time_of_the_delay(slow, settle, refused):
    _, client = slow
    reply = client.create_table(TableName="made", **KEY, BillingMode="PAY_PER_REQUEST")["TableDescription"]
    assert reply["TableStatus"] == "CREATING"
    item = {"TableName": "made", "Item": {"id": {"S": "1"}}}
    creating = ("ResourceInUseException", f"{IN_USE}Table is being created: made")
    for call, parameters in ((client.create_table, {**KEY, "BillingMode": "PAY_PER_REQUEST"}),
                             (client.delete_table, {}), (client.update_table, {"DeletionProtectionEnabled": True})):
        answer = refused(call, TableName="made", **parameters)
        assert (answer["code"], answer["message"]) == creating
    arn = table_of(client, "made")["TableArn"]
    answer = refused(client.tag_resource, ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert (answer["code"], answer["message"]) == creating
    answer = refused(client.update_time_to_live, TableName="made", TimeToLiveSpecification={"Enabled": True, "AttributeName": "t"})
    assert (answer["code"], answer["message"]) == ("ResourceInUseException", f"{IN_USE}Table made is being created")
    no_time_to_live = "Cannot describe time to live while table is in {0} state: Current table state is {0}"
    assert refused(client.describe_time_to_live, TableName="made")["message"] == no_time_to_live.format("CREATING")
    not_found = ("ResourceNotFoundException", "Requested resource not found")
    answer = refused(client.put_item, **item)
    assert (answer["code"], answer["message"]) == not_found
    settle("made", "CREATING")
    client.put_item(**item)

    assert client.delete_table(TableName="made")["TableDescription"]["TableStatus"] == "DELETING"
    for call, parameters in ((client.delete_table, {}), (client.update_table, {"DeletionProtectionEnabled": True})):
        answer = refused(call, TableName="made", **parameters)
        assert (answer["code"], answer["message"]) == ("ResourceInUseException", f"{IN_USE}Table is being deleted: made")
    assert refused(client.describe_time_to_live, TableName="made")["message"] == no_time_to_live.format("DELETING")
    answer = refused(client.scan, TableName="made")
    assert (answer["code"], answer["message"]) == not_found
    assert table_of(client, "made")["TableStatus"] == "DELETING"
    assert client.list_tables()["TableNames"] == ["made"]
    settle("made", "DELETING")
    assert client.list_tables()["TableNames"] == []


def gsi(**more):
    return {"IndexName": "gsi", "KeySchema": KEY["KeySchema"], "Projection": {"ProjectionType": "ALL"}, **more}


def test_a_table_is_not_deleted_while_an_index_is_filled(refused):
    with serving(**ALWAYS_OVER) as (_, client):
        client.create_table(TableName="filled", BillingMode="PAY_PER_REQUEST", **KEY)
        for first in range(0, 500, 25):
            client.batch_write_item(RequestItems={"filled": [
                {"PutRequest": {"Item": {"id": {"S": str(first + one)}}}} for one in range(25)]})
        client.update_table(TableName="filled", AttributeDefinitions=KEY["AttributeDefinitions"],
                            GlobalSecondaryIndexUpdates=[{"Create": gsi()}])
        answer = refused(client.delete_table, TableName="filled")
        assert (answer["code"], answer["message"]) == (
            "ResourceInUseException", f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.")


def index_of(client, name):
    [found] = table_of(client, name)["GlobalSecondaryIndexes"]
    return found


def update_gsi(client, name, **what):
    return client.update_table(
        TableName=name, GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "gsi", **what}}])["TableDescription"]


def test_the_warm_throughput_of_an_index_only_rises(dynamodb, make_table, refused):
    name = make_table(GlobalSecondaryIndexes=[gsi(WarmThroughput={"ReadUnitsPerSecond": 13000})])
    assert index_of(dynamodb, name)["WarmThroughput"] == warm(13000, 4000)
    reply = update_gsi(dynamodb, name, WarmThroughput={"WriteUnitsPerSecond": 4001})
    [index] = reply["GlobalSecondaryIndexes"]
    assert (reply["TableStatus"], index["IndexStatus"], index["WarmThroughput"]) == (
        "ACTIVE", "ACTIVE", warm(13000, 4000, "UPDATING"))
    assert index_of(dynamodb, name)["WarmThroughput"] == warm(13000, 4001)
    assert table_of(dynamodb, name)["WarmThroughput"] == warm(12000, 4000)
    update_gsi(dynamodb, name, WarmThroughput={"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4001})
    for kind, lower in (("Read", {"ReadUnitsPerSecond": 12999}), ("Write", {"WriteUnitsPerSecond": 4000})):
        assert refused(update_gsi, client=dynamodb, name=name, WarmThroughput=lower)["message"] == (
            f"{INVALID}Requested {kind}UnitsPerSecond for WarmThroughput for index gsi is lower than current "
            "WarmThroughput, decreasing WarmThroughput is not supported")
    assert refused(update_gsi, client=dynamodb, name=name, WarmThroughput={})["message"] == (
        f"{INVALID}WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for "
        "index: gsi")
    assert refused(update_gsi, client=dynamodb, name=name)["message"] == (
        f"{INVALID}The only Updates for index: gsi when TableThroughputMode is PAY_PER_REQUEST can be to "
        "OnDemandThroughput, WarmThroughput")


def test_the_warm_throughput_of_a_new_index_is_not_below_what_its_mode_gives(dynamodb, make_table, refused, unique):
    five = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5, 5)}
    for table, index, asked, sentence in (
            ({"BillingMode": "PAY_PER_REQUEST"}, {}, {"ReadUnitsPerSecond": 11999},
             "Requested ReadUnitsPerSecond for WarmThroughput for index gsi is lower than initial throughput for OnDemand"),
            (five, {"ProvisionedThroughput": units(5, 6)}, {"WriteUnitsPerSecond": 5},
             "Requested WriteUnitsPerSecond for WarmThroughput for index gsi is lower than WriteCapacityUnits of "
             "ProvisionedThroughput")):
        answer = refused(dynamodb.create_table, TableName=unique("t"), **KEY, **table,
                         GlobalSecondaryIndexes=[gsi(**index, WarmThroughput=asked)])
        assert answer["message"] == INVALID + sentence
    name = make_table(**five, GlobalSecondaryIndexes=[gsi(ProvisionedThroughput=units(5, 6),
                                                          WarmThroughput={"WriteUnitsPerSecond": 6})])
    assert index_of(dynamodb, name)["WarmThroughput"] == warm(5, 6)
    update_gsi(dynamodb, name, ProvisionedThroughput=units(2, 9))
    assert index_of(dynamodb, name)["WarmThroughput"] == warm(5, 9)


def test_the_warm_throughput_of_an_index_rises_at_the_end_of_the_delay(slow, settle, wait_until):
    server, client = slow
    client.create_table(TableName="warming", BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[gsi()], **KEY)
    settle("warming", "CREATING")
    update_gsi(client, "warming", WarmThroughput={"ReadUnitsPerSecond": 12001})
    assert index_of(client, "warming")["WarmThroughput"] == warm(12000, 4000, "UPDATING")
    advance(server, DELAY_S * 1000)
    wait_until(lambda: index_of(client, "warming")["WarmThroughput"] == warm(12001, 4000))
    client.delete_table(TableName="warming")
    settle("warming", "DELETING")


def test_an_update_ends_with_the_delay_and_items_are_served_meanwhile(slow, settle, refused):
    _, client = slow
    client.create_table(TableName="upd", **KEY, ProvisionedThroughput=units(1, 1))
    settle("upd", "CREATING")
    client.update_table(TableName="upd", ProvisionedThroughput=units(2, 2))
    found = table_of(client, "upd")
    assert (found["TableStatus"], found["ProvisionedThroughput"]["ReadCapacityUnits"]) == ("UPDATING", 1)
    client.put_item(TableName="upd", Item={"id": {"S": "1"}})
    for parameters in ({"ProvisionedThroughput": units(3, 3)}, {"BillingMode": "PAY_PER_REQUEST"}):
        answer = refused(client.update_table, TableName="upd", **parameters)
        assert (answer["code"], answer["message"]) == (
            "ResourceInUseException", f"{IN_USE}Table IOPS are currently being updated. Table: upd")
    answer = refused(client.delete_table, TableName="upd")
    assert (answer["code"], answer["message"]) == (
        "ResourceInUseException", f"{IN_USE}Table: upd is in the process of being updated.")
    client.update_table(TableName="upd", WarmThroughput={"ReadUnitsPerSecond": 9})
    settle("upd", "UPDATING")
    found = table_of(client, "upd")
    assert (found["ProvisionedThroughput"]["ReadCapacityUnits"], found["WarmThroughput"]) == (2, warm(9, 2))
    client.delete_table(TableName="upd")
    settle("upd", "DELETING")


NEW_INDEX = {"AttributeDefinitions": KEY["AttributeDefinitions"],
             "GlobalSecondaryIndexUpdates": [{"Create": gsi(IndexName="new")}]}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
RARE = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
BOUNDS = {"OnDemandThroughput": {"MaxReadRequestUnits": 9}}
TO_PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(1, 1)}
CLASS_RUNS = "Table: busy TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"


@pytest.mark.parametrize(("running", "sentences"), [
    (TO_PROVISIONED, [
        ({"ProvisionedThroughput": units(2, 2)}, "Table IOPS are currently being updated. Table: busy"),
        (STREAM, "Can't enable or disable stream while table IOPS are being updated. Table: busy"),
        (RARE, "Can't update table class while table IOPS are being updated. Table: busy"),
        ({**NEW_INDEX, "GlobalSecondaryIndexUpdates": [{"Create": gsi(IndexName="new", ProvisionedThroughput=units(1, 1))}]},
         "Can't create or delete indexes while table IOPS are being updated. Table: busy"),
        (None, "Table: busy is in the process of being updated.")]),
    (STREAM, [
        (TO_PROVISIONED, "Can't change table IOPS when stream status is being updated. {stream}"),
        ({"StreamSpecification": {"StreamEnabled": False}}, "A stream status change is currently in progress. {stream}"),
        (RARE, "Can't update table class when stream status is being updated. {stream}"),
        (BOUNDS, "OnDemandThroughput cannot be updated while stream status update is in progress"),
        (NEW_INDEX, "Can't create or delete an index when stream status is being updated. {stream}"),
        (None, "Cannot delete table while stream is being enabled/disabled.")]),
    (RARE, [
        (TO_PROVISIONED, f"Can't change table IOPS when a table class update is in progress. {CLASS_RUNS}"),
        (STREAM, f"Can't change stream status when a table class update is in progress. {CLASS_RUNS}"),
        (RARE, f"Can't update table class when a table class update is in progress. {CLASS_RUNS}"),
        (BOUNDS, "OnDemandThroughput cannot be updated while TableClass update is in progress. "
                 "TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"),
        (NEW_INDEX, f"Can't create or delete an index when a table class update is in progress. {CLASS_RUNS}"),
        (None, "Table: busy is in the process of being updated.")]),
    (NEW_INDEX, [
        (TO_PROVISIONED, "Can't change table IOPS when an index is being created. Table: busy Indexes: [new]"),
        (STREAM, "Can't change stream status when an index is being created. Table: busy Indexes: [new]"),
        (RARE, "Can't update table class when an index is being created. Table: busy Indexes: [new]"),
        (BOUNDS, "OnDemandThroughput cannot be updated while index creation is in progress for indexes: [new]"),
        ({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "new"}}]},
         "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the index is "
         "active. Table: busy Index: new"),
        ({"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "new", **BOUNDS}}]},
         "Index is being created but is not backfilling yet.  Table: busy Index: new"),
        (None, "Cannot delete table while indexes are being created, updated, or deleted.")]),
])
def test_what_a_changing_table_refuses_names_both_changes(slow, settle, wait_until, refused, running, sentences):
    _, client = slow
    client.create_table(TableName="busy", **KEY, BillingMode="PAY_PER_REQUEST")
    settle("busy", "CREATING")
    client.update_table(TableName="busy", **running)
    stream = f"Table: busy Stream: {table_of(client, 'busy').get('LatestStreamLabel')} Operation: ENABLE"
    for asked, sentence in sentences:
        answer = refused(client.delete_table if asked is None else client.update_table, TableName="busy", **asked or {})
        assert (answer["code"], answer["message"]) == (
            "ResourceInUseException", IN_USE + sentence.format(stream=stream))
    client.update_table(TableName="busy", DeletionProtectionEnabled=False)
    settle("busy", "UPDATING")
    wait_until(lambda: has_filled_indexes(client, "busy"))
    client.delete_table(TableName="busy")
    settle("busy", "DELETING")


def test_the_phases_of_a_new_index(slow, settle, wait_until):
    _, client = slow
    client.create_table(TableName="phases", **KEY, BillingMode="PAY_PER_REQUEST")
    settle("phases", "CREATING")
    reply = client.update_table(TableName="phases", **NEW_INDEX)["TableDescription"]
    for shown in (reply, table_of(client, "phases")):
        [index] = shown["GlobalSecondaryIndexes"]
        assert (shown["TableStatus"], index["IndexStatus"], index["Backfilling"]) == ("UPDATING", "CREATING", False)
    settle("phases", "UPDATING")
    wait_until(lambda: has_filled_indexes(client, "phases"))
    client.delete_table(TableName="phases")
    settle("phases", "DELETING")


def test_a_table_whose_index_is_filled_is_active_and_lets_the_index_be_deleted():
    with serving(**ALWAYS_OVER) as (_, client):
        client.create_table(TableName="filled", BillingMode="PAY_PER_REQUEST", **KEY)
        for first in range(0, 500, 25):
            client.batch_write_item(RequestItems={"filled": [
                {"PutRequest": {"Item": {"id": {"S": str(first + one)}}}} for one in range(25)]})
        reply = client.update_table(TableName="filled", **NEW_INDEX)["TableDescription"]
        assert (reply["TableStatus"], reply["GlobalSecondaryIndexes"][0]["Backfilling"]) == ("UPDATING", False)
        found = table_of(client, "filled")
        assert (found["TableStatus"], found["GlobalSecondaryIndexes"][0]["Backfilling"]) == ("ACTIVE", True)
        client.update_table(TableName="filled", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "new"}}])
        assert "GlobalSecondaryIndexes" not in table_of(client, "filled")


def test_the_waiters_of_boto3_wait():
    with serving("--table-delay", str(DELAY_S)) as (server, client), ThreadPoolExecutor(1) as pool:

        def wait(waiter):
            waiting = pool.submit(client.get_waiter(waiter).wait, TableName="abc", WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
            assert not waiting.done()
            advance(server, DELAY_S * 1000)
            waiting.result()

        client.create_table(TableName="abc", **KEY, BillingMode="PAY_PER_REQUEST")
        assert table_of(client, "abc")["TableStatus"] == "CREATING"
        wait("table_exists")
        client.put_item(TableName="abc", Item={"id": {"S": "1"}})
        client.delete_table(TableName="abc")
        wait("table_not_exists")


def test_a_status_outlives_a_restart(wait_until):
    with serving("--durability", "full", "--table-delay", "600") as (server, client):
        client.create_table(TableName="abc", **KEY, BillingMode="PAY_PER_REQUEST")
        server.kill()
        server.start()
        assert table_of(client, "abc")["TableStatus"] == "CREATING"
        advance(server, 600_000)
        wait_until(lambda: table_of(client, "abc")["TableStatus"] == "ACTIVE")
