"""Global tables of one region, as boto3 sees them."""

import pytest
from dynamodb_tables import INVALID, KEY, advance, connect, serving, units

REGION, OTHER = "us-east-1", "eu-west-1"
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
INDEX = {"IndexName": "by-n", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
OFF = {"AutoScalingDisabled": True}
NO_REPLICA = "The specified replica is no longer part of the global table."
NOT_HERE = (f"Region {OTHER} is not supported. The latest version of global tables are only supported in the following "
            f"regions: [{REGION}]")


@pytest.fixture(scope="module")
def dynamodb(endpoint):
    return connect(endpoint)


@pytest.fixture
def make(dynamodb, unique):
    """make(**parameters) returns the name of a new table; join=True makes it global."""
    made = []

    def make_table(join=False, **parameters):
        name = f"{unique('g')}-{len(made)}"
        dynamodb.create_table(TableName=name, **{**KEY, "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": STREAM, **parameters})
        made.append(name)
        if join:
            create(dynamodb, name)
        return name

    yield make_table
    for name in made:
        dynamodb.delete_table(TableName=name)


def create(client, name, *regions):
    group = [{"RegionName": region} for region in regions or [REGION]]
    return client.create_global_table(GlobalTableName=name, ReplicationGroup=group)["GlobalTableDescription"]


def update(client, name, *updates):
    changes = [{action: {"RegionName": region}} for action, region in updates]
    return client.update_global_table(GlobalTableName=name, ReplicaUpdates=changes)["GlobalTableDescription"]


def described(client, name):
    return client.describe_global_table(GlobalTableName=name)["GlobalTableDescription"]


def is_refused(refused, call, code, sentence, **arguments):
    answer = refused(call, **arguments)
    assert (answer["code"], answer["message"], answer["status"]) == (code, sentence, 400)


def is_missing(refused, client, name):
    is_refused(refused, client.describe_global_table, "GlobalTableNotFoundException",
               f"Global table with name: '{name}' does not exist.", GlobalTableName=name)


def test_a_table_becomes_global_and_is_so_until_its_replica_is_removed(dynamodb, make, refused):
    name = make()
    is_missing(refused, dynamodb, name)
    description = create(dynamodb, name)
    assert description == {
        "ReplicationGroup": [{"RegionName": REGION, "ReplicaStatus": "CREATING"}],
        "GlobalTableArn": f"arn:aws:dynamodb::000000000000:global-table/{name}",
        "CreationDateTime": description["CreationDateTime"], "GlobalTableStatus": "CREATING", "GlobalTableName": name}
    assert described(dynamodb, name) == {**description, "GlobalTableStatus": "ACTIVE",
                                         "ReplicationGroup": [{"RegionName": REGION, "ReplicaStatus": "ACTIVE"}]}
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert not {"Replicas", "GlobalTableVersion", "GlobalTableSettingsReplicationMode"} & table.keys()
    assert update(dynamodb, name, ("Delete", REGION)) == {
        **description, "GlobalTableStatus": "UPDATING",
        "ReplicationGroup": [{"RegionName": REGION, "ReplicaStatus": "DELETING"}]}
    is_missing(refused, dynamodb, name)
    assert dynamodb.describe_table(TableName=name)["Table"] == table


def test_a_replica_may_be_added_again_in_the_request_that_removes_it(dynamodb, make):
    name = make(join=True)
    before = described(dynamodb, name)
    assert update(dynamodb, name, ("Delete", REGION), ("Create", REGION)) == {
        **before, "GlobalTableStatus": "UPDATING",
        "ReplicationGroup": [{"RegionName": REGION, "ReplicaStatus": "UPDATING"}]}
    assert described(dynamodb, name) == before


def test_a_deleted_table_is_no_global_table(dynamodb, refused):
    dynamodb.create_table(TableName="soon-gone", **KEY, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM)
    create(dynamodb, "soon-gone")
    dynamodb.delete_table(TableName="soon-gone")
    is_missing(refused, dynamodb, "soon-gone")


@pytest.mark.parametrize("group", [[], [{}], [{"RegionName": REGION}, {"RegionName": REGION}]])
def test_a_group_names_the_region_once(dynamodb, make, refused, group):
    is_refused(refused, dynamodb.create_global_table, "ValidationException", INVALID, GlobalTableName=make(),
               ReplicationGroup=group)


def test_replicas_of_other_regions_are_refused(dynamodb, make, refused):
    name = make()
    for group in ([OTHER], [REGION, OTHER]):
        is_refused(refused, lambda group=group: create(dynamodb, name, *group), "ValidationException", NOT_HERE)
    create(dynamodb, name)
    is_refused(refused, lambda: update(dynamodb, name, ("Create", OTHER)), "ValidationException", NOT_HERE)
    is_refused(refused, lambda: update(dynamodb, name, ("Delete", OTHER)), "ReplicaNotFoundException", NO_REPLICA)
    assert described(dynamodb, name)["ReplicationGroup"] == [{"RegionName": REGION, "ReplicaStatus": "ACTIVE"}]


def test_only_an_empty_table_with_a_stream_of_both_images_becomes_global(dynamodb, make, refused):
    unfit = f"{INVALID}A replica must have a stream with the view type NEW_AND_OLD_IMAGES"
    for stream in ({"StreamEnabled": False}, {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}):
        name = make(StreamSpecification=stream)
        is_refused(refused, lambda name=name: create(dynamodb, name), "ValidationException", unfit)
    name = make()
    dynamodb.put_item(TableName=name, Item={"id": {"S": "a"}})
    is_refused(refused, lambda: create(dynamodb, name), "ValidationException",
               f"{INVALID}A table that has items cannot become the replica of a global table")
    dynamodb.delete_item(TableName=name, Key={"id": {"S": "a"}})
    create(dynamodb, name)
    dynamodb.put_item(TableName=name, Item={"id": {"S": "a"}})
    is_refused(refused, lambda: update(dynamodb, name, ("Delete", REGION), ("Create", REGION)), "ValidationException",
               f"{INVALID}A table that has items cannot become the replica of a global table")


def test_a_missing_table_and_one_that_is_global_are_refused(dynamodb, make, refused):
    is_refused(refused, lambda: create(dynamodb, "nothing"), "TableNotFoundException",
               "Table not found: Table: 'nothing' not found in region: 'us-east-1'.")
    name = make(join=True)
    is_refused(refused, lambda: create(dynamodb, name), "GlobalTableAlreadyExistsException",
               f"Global table with name: '{name}' already exists with replicas in regions: us-east-1.")


def test_wrong_updates_change_nothing(dynamodb, make, refused):
    is_refused(refused, lambda: update(dynamodb, "nothing", ("Delete", REGION)), "GlobalTableNotFoundException",
               "Global table with name: 'nothing' does not exist.")
    name = make(join=True)
    here = {"RegionName": REGION}
    for updates in ([], [{}], [{"Create": here, "Delete": here}]):
        is_refused(refused, dynamodb.update_global_table, "ValidationException", INVALID, GlobalTableName=name,
                   ReplicaUpdates=updates)
    is_refused(refused, lambda: update(dynamodb, name, ("Create", REGION)), "ReplicaAlreadyExistsException",
               "The specified replica is already part of the global table.")
    is_refused(refused, lambda: update(dynamodb, name, ("Delete", REGION), ("Delete", REGION)), "ReplicaNotFoundException",
               NO_REPLICA)
    assert described(dynamodb, name)["GlobalTableStatus"] == "ACTIVE"


def test_the_stream_of_a_replica_stays_open(dynamodb, make, refused):
    name = make(join=True)
    is_refused(refused, dynamodb.update_table, "ValidationException",
               f"{INVALID}Disabling Stream is not allowed for a Global Table replica.", TableName=name,
               StreamSpecification={"StreamEnabled": False})
    update(dynamodb, name, ("Delete", REGION))
    dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})


def test_global_tables_are_listed_by_name_and_region():
    with serving() as (_, client):
        for name in ("aaa", "bbb", "ccc", "not"):
            client.create_table(TableName=name, **KEY, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM)
        for name in ("ccc", "aaa", "bbb"):
            create(client, name)

        def listed(**parameters):
            reply = client.list_global_tables(**parameters)
            assert all(one["ReplicationGroup"] == [{"RegionName": REGION}] for one in reply["GlobalTables"])
            return [one["GlobalTableName"] for one in reply["GlobalTables"]], reply.get("LastEvaluatedGlobalTableName")

        assert listed() == (["aaa", "bbb", "ccc"], None)
        assert listed(Limit=3, RegionName=REGION) == (["aaa", "bbb", "ccc"], None)
        assert listed(Limit=2) == (["aaa", "bbb"], "bbb")
        assert listed(Limit=2, ExclusiveStartGlobalTableName="bbb") == (["ccc"], None)
        assert listed(RegionName=OTHER) == ([], None)


def test_a_page_of_global_tables_has_at_most_a_hundred():
    with serving() as (_, client):
        for number in range(101):
            client.create_table(TableName=f"t{number:03}", **KEY, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM)
            create(client, f"t{number:03}")
        for limit in ({}, {"Limit": 100}, {"Limit": 1000}):
            reply = client.list_global_tables(**limit)
            assert (len(reply["GlobalTables"]), reply["LastEvaluatedGlobalTableName"]) == (100, "t099")
        reply = client.list_global_tables(ExclusiveStartGlobalTableName="t000")
        assert (len(reply["GlobalTables"]), "LastEvaluatedGlobalTableName" in reply) == (100, False)


def test_a_global_table_is_being_created_for_the_delay():
    with serving("--table-delay", "600") as (server, client):
        client.create_table(TableName="slow", **KEY, BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM)
        advance(server, 600_000)
        create(client, "slow")
        status = lambda: (described(client, "slow")["GlobalTableStatus"],  # noqa: E731
                          described(client, "slow")["ReplicationGroup"][0]["ReplicaStatus"])
        advance(server, 500_000)
        assert status() == ("CREATING", "CREATING")
        advance(server, 100_000)
        assert status() == ("ACTIVE", "ACTIVE")


# ---- settings ----

def settings(client, name):
    reply = client.describe_global_table_settings(GlobalTableName=name)
    assert reply["GlobalTableName"] == name
    return reply["ReplicaSettings"]


def change(client, name, **parameters):
    return client.update_global_table_settings(GlobalTableName=name, **parameters)["ReplicaSettings"]


@pytest.fixture
def provisioned(make):
    return make(join=True, BillingMode="PROVISIONED", ProvisionedThroughput=units(5, 6),
                AttributeDefinitions=[*KEY["AttributeDefinitions"], {"AttributeName": "n", "AttributeType": "S"}],
                GlobalSecondaryIndexes=[{**INDEX, "ProvisionedThroughput": units(7, 8)}])


def replica(status, table, index, **more):
    return [{
        "RegionName": REGION, "ReplicaStatus": status, "ReplicaProvisionedReadCapacityUnits": table[0],
        "ReplicaProvisionedReadCapacityAutoScalingSettings": OFF, "ReplicaProvisionedWriteCapacityUnits": table[1],
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": OFF,
        "ReplicaGlobalSecondaryIndexSettings": [{
            "IndexName": "by-n", "IndexStatus": "ACTIVE", "ProvisionedReadCapacityUnits": index[0],
            "ProvisionedReadCapacityAutoScalingSettings": OFF, "ProvisionedWriteCapacityUnits": index[1],
            "ProvisionedWriteCapacityAutoScalingSettings": OFF}], **more}]


def test_the_settings_are_those_of_the_replica(dynamodb, provisioned):
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (5, 6), (7, 8))


def test_settings_of_an_on_demand_table_have_no_units(dynamodb, make):
    name = make(join=True)
    (shown,) = settings(dynamodb, name)
    assert shown["ReplicaBillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (shown["ReplicaProvisionedReadCapacityUnits"], shown["ReplicaProvisionedWriteCapacityUnits"]) == (0, 0)
    assert "ReplicaGlobalSecondaryIndexSettings" not in shown


def test_units_are_changed_each_by_itself(dynamodb, provisioned):
    assert change(dynamodb, provisioned, GlobalTableProvisionedWriteCapacityUnits=16)[0]["ReplicaStatus"] == "UPDATING"
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (5, 16), (7, 8))
    change(dynamodb, provisioned, ReplicaSettingsUpdate=[{"RegionName": REGION, "ReplicaProvisionedReadCapacityUnits": 15}])
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (15, 16), (7, 8))
    change(dynamodb, provisioned,
           GlobalTableGlobalSecondaryIndexSettingsUpdate=[{"IndexName": "by-n", "ProvisionedWriteCapacityUnits": 18}])
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (15, 16), (7, 18))
    change(dynamodb, provisioned, ReplicaSettingsUpdate=[{"RegionName": REGION, "ReplicaGlobalSecondaryIndexSettingsUpdate": [
        {"IndexName": "by-n", "ProvisionedReadCapacityUnits": 17}]}])
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (15, 16), (17, 18))


def test_units_of_a_table_and_its_index_are_changed_together(dynamodb, provisioned):
    change(dynamodb, provisioned, GlobalTableProvisionedWriteCapacityUnits=16,
           GlobalTableGlobalSecondaryIndexSettingsUpdate=[{"IndexName": "by-n", "ProvisionedWriteCapacityUnits": 18}],
           ReplicaSettingsUpdate=[{"RegionName": REGION, "ReplicaProvisionedReadCapacityUnits": 15,
                                   "ReplicaGlobalSecondaryIndexSettingsUpdate": [
                                       {"IndexName": "by-n", "ProvisionedReadCapacityUnits": 17}]}])
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (15, 16), (17, 18))


def test_billing_mode_and_class_are_changed(dynamodb, provisioned):
    change(dynamodb, provisioned, ReplicaSettingsUpdate=[
        {"RegionName": REGION, "ReplicaTableClass": "STANDARD_INFREQUENT_ACCESS"}])
    assert settings(dynamodb, provisioned)[0]["ReplicaTableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    change(dynamodb, provisioned, GlobalTableBillingMode="PAY_PER_REQUEST")
    assert settings(dynamodb, provisioned)[0]["ReplicaBillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


TWICE = [{"RegionName": REGION, "ReplicaProvisionedReadCapacityUnits": 9}] * 2
LACKING = "The operation tried to access a nonexistent index."


@pytest.mark.parametrize(("request_", "code", "sentence"), [
    ({"ReplicaSettingsUpdate": [{"RegionName": OTHER, "ReplicaTableClass": "STANDARD"}]}, "ReplicaNotFoundException", NO_REPLICA),
    ({"ReplicaSettingsUpdate": TWICE}, "ValidationException", f"{INVALID}ReplicaSettingsUpdate must name each region once"),
    ({"GlobalTableGlobalSecondaryIndexSettingsUpdate": [{"IndexName": "none", "ProvisionedWriteCapacityUnits": 1}]},
     "IndexNotFoundException", LACKING),
    ({"ReplicaSettingsUpdate": [{"RegionName": REGION, "ReplicaGlobalSecondaryIndexSettingsUpdate": [
        {"IndexName": "none", "ProvisionedReadCapacityUnits": 1}]}]}, "IndexNotFoundException", LACKING),
    ({"GlobalTableBillingMode": "PAY_PER_REQUEST", "GlobalTableProvisionedWriteCapacityUnits": 9}, "ValidationException",
     f"{INVALID}ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"),
    ({"GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate": {"MinimumUnits": 1}}, "ValidationException",
     "Nothing scales the throughput of tables; see docs/compatibility.md."),
])
def test_wrong_settings_change_nothing(dynamodb, provisioned, refused, request_, code, sentence):
    is_refused(refused, dynamodb.update_global_table_settings, code, sentence, GlobalTableName=provisioned, **request_)
    assert settings(dynamodb, provisioned) == replica("ACTIVE", (5, 6), (7, 8))


def test_a_table_that_is_not_global_has_no_settings(dynamodb, make, refused):
    name = make()
    for call, more in ((dynamodb.describe_global_table_settings, {}),
                       (dynamodb.update_global_table_settings, {"GlobalTableBillingMode": "PAY_PER_REQUEST"})):
        is_refused(refused, call, "GlobalTableNotFoundException", f"Global table with name: '{name}' does not exist.",
                   GlobalTableName=name, **more)


# ---- version 2019.11.21 ----

LOCAL = ("Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as "
         "required.")
STRANGERS = ("Update global table operation failed because one or more replicas were not part of the global table. Please "
             f"retry the request without these replicas: [{OTHER}].")
NO_REPLICAS = "Orderly has one region, so tables have no replicas; see docs/compatibility.md."
THERE, HERE = {"RegionName": OTHER}, {"RegionName": REGION}


@pytest.mark.parametrize(("updates", "sentence"), [
    ([{"Create": HERE}], LOCAL),
    ([{"Delete": HERE}], LOCAL),
    ([{"Create": THERE}], NOT_HERE),
    ([{"Delete": THERE}], STRANGERS),
    ([{"Update": THERE}], "There are no actions specified in the Replica Update Action of the request."),
    ([{"Update": {**THERE, "TableClassOverride": "STANDARD"}}], NO_REPLICAS),
    ([{"Create": {**THERE, "KMSMasterKeyId": "k"}}], NO_REPLICAS),
    ([{"Disassociate": {**THERE, "DisassociationMode": "WAIT_FOR_REPLICATION"}}], NO_REPLICAS),
    ([{}], "There are no actions specified in the Replica Update Action of the request."),
    ([{"Create": THERE, "Delete": THERE}], "Update table operation with more than one type of replica actions not allowed."),
    ([{"Create": THERE}, {"Create": HERE}],
     "Update table operation with more than one create or delete replica actions not allowed"),
])
def test_replica_updates_are_refused_as_aws_does(dynamodb, make, refused, updates, sentence):
    name = make(join=True)
    before = dynamodb.describe_table(TableName=name)
    is_refused(refused, dynamodb.update_table, "ValidationException", sentence, TableName=name, ReplicaUpdates=updates)
    assert dynamodb.describe_table(TableName=name)["Table"] == before["Table"]
