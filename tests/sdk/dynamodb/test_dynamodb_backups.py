"""Backups of tables, and tables restored from them or as of a moment, as boto3 sees them."""

import datetime
import itertools
import threading

import pytest
from changes import ALWAYS_OVER
from dynamodb_tables import KEY, advance, connect, now_of, serving, table_of, units

DAY_MS = 24 * 3_600_000


@pytest.fixture(scope="module")
def served():
    """A server whose clock may move, and its client."""
    with serving() as both:
        yield both


@pytest.fixture
def dynamodb(served):
    return served[1]


@pytest.fixture
def name(dynamodb, unique):
    """A new table."""
    table = unique("t")
    dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **KEY)
    return table


@pytest.fixture
def back_up(dynamodb, wait_until):
    """back_up(table) returns the ARN of a new backup that is complete."""

    def make(table):
        arn = dynamodb.create_backup(TableName=table, BackupName="kept")["BackupDetails"]["BackupArn"]
        wait_until(lambda: details_of(dynamodb, arn)["BackupStatus"] == "AVAILABLE")
        return arn

    return make


@pytest.fixture
def wait_active(dynamodb, wait_until):
    return lambda table: wait_until(lambda: table_of(dynamodb, table)["TableStatus"] == "ACTIVE")


def details_of(dynamodb, arn):
    return dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]


def put(dynamodb, table, *ids, **more):
    for one in ids:
        dynamodb.put_item(TableName=table, Item={"id": {"S": one}, **more})


def delete(dynamodb, table, *ids):
    for one in ids:
        dynamodb.delete_item(TableName=table, Key={"id": {"S": one}})


def items_of(dynamodb, table, **more):
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, **more)
    return sorted((item for page in pages for item in page["Items"]), key=str)


def at(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)


# --- Backups -------------------------------------------------------------------------------------


def test_a_backup_is_made_described_listed_and_deleted(dynamodb, name, wait_until, refused):
    put(dynamodb, name, "a", "b")
    made = dynamodb.create_backup(TableName=name, BackupName="first")["BackupDetails"]
    arn, table = made["BackupArn"], table_of(dynamodb, name)
    assert arn.startswith(table["TableArn"] + "/backup/0")
    assert {**made, "BackupCreationDateTime": None} == {
        "BackupArn": arn, "BackupName": "first", "BackupSizeBytes": 6, "BackupStatus": "CREATING", "BackupType": "USER",
        "BackupCreationDateTime": None}
    wait_until(lambda: details_of(dynamodb, arn)["BackupStatus"] == "AVAILABLE")
    description = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]
    assert description == {
        "BackupDetails": {**made, "BackupStatus": "AVAILABLE"},
        "SourceTableDetails": {
            "TableName": name, "TableId": table["TableId"], "TableArn": table["TableArn"], "TableSizeBytes": 6,
            "KeySchema": KEY["KeySchema"], "TableCreationDateTime": table["CreationDateTime"], "ItemCount": 2,
            "ProvisionedThroughput": units(0, 0), "BillingMode": "PAY_PER_REQUEST"},
        "SourceTableFeatureDetails": {}}
    [listed] = dynamodb.list_backups(TableName=name)["BackupSummaries"]
    assert listed == {**made, "BackupStatus": "AVAILABLE", "TableName": name, "TableId": table["TableId"],
                      "TableArn": table["TableArn"]}
    deleted = dynamodb.delete_backup(BackupArn=arn)["BackupDescription"]
    assert deleted["BackupDetails"]["BackupStatus"] == "DELETED"
    for call in (dynamodb.describe_backup, dynamodb.delete_backup):
        answer = refused(call, BackupArn=arn)
        assert (answer["code"], answer["message"]) == ("BackupNotFoundException", f"Backup not found: {arn}")
    assert dynamodb.list_backups(TableName=name)["BackupSummaries"] == []


def test_backups_are_listed_by_table_type_time_and_page(served, dynamodb, name, back_up, refused):
    arns = []
    for _ in range(3):
        arns.append(back_up(name))
        advance(served[0], 1000)
    times = [details_of(dynamodb, arn)["BackupCreationDateTime"] for arn in arns]

    def listed(**filters):
        return [one["BackupArn"] for one in dynamodb.list_backups(TableName=name, **filters)["BackupSummaries"]]

    assert listed() == listed(BackupType="ALL") == listed(BackupType="USER") == arns
    assert listed(BackupType="SYSTEM") == listed(BackupType="AWS_BACKUP") == []
    assert listed(TimeRangeLowerBound=times[1]) == arns[1:]
    assert listed(TimeRangeUpperBound=times[1]) == arns[:1]
    first = dynamodb.list_backups(TableName=name, Limit=2)
    assert first["LastEvaluatedBackupArn"] == arns[1]
    assert listed(ExclusiveStartBackupArn=arns[1]) == arns[2:]
    assert "LastEvaluatedBackupArn" not in dynamodb.list_backups(TableName=name, Limit=3)
    assert refused(dynamodb.list_backups, TimeRangeLowerBound=times[1], TimeRangeUpperBound=times[0])["message"] == (
        "One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound")
    assert dynamodb.list_backups(TableName="no-such-table")["BackupSummaries"] == []
    arn = table_of(dynamodb, name)["TableArn"]
    assert [one["BackupArn"] for one in dynamodb.list_backups(TableName=arn)["BackupSummaries"]] == arns
    for foreign, sentence in (
            (arn.replace("us-east-1", "eu-west-1"), "1 validation error detected: Invalid AWS region in '{}'"),
            (arn.replace("000000000000", "222222222222"),
             "This action is only supported by accounts that match the resource owner’s account."),
            (arn.replace(":table/", ":queue/"), "1 validation error detected: Invalid resource type in '{}'")):
        answer = refused(dynamodb.list_backups, TableName=foreign)
        assert (answer["code"], answer["message"]) == ("ValidationException", sentence.format(foreign))


@pytest.mark.parametrize("arn", ["arn:aws:dynamodb:us-east-1:000000000000:table/some-table", "x" * 40])
def test_what_is_no_backups_arn_is_refused(dynamodb, refused, arn):
    for call in (dynamodb.describe_backup, dynamodb.delete_backup):
        answer = refused(call, BackupArn=arn)
        assert (answer["code"], answer["message"]) == ("ValidationException", "Invalid Backup ARN")


def test_a_missing_table_has_no_backups(dynamodb, refused):
    for call, more in ((dynamodb.create_backup, {"BackupName": "one"}), (dynamodb.describe_continuous_backups, {}),
                       (dynamodb.update_continuous_backups,
                        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}})):
        answer = refused(call, TableName="no-such-table", **more)
        assert (answer["code"], answer["message"]) == ("TableNotFoundException", "Table not found: no-such-table")


# --- Restoring a backup --------------------------------------------------------------------------


def test_a_restored_table_is_the_table_as_it_was(dynamodb, name, back_up, wait_active):
    put(dynamodb, name, "kept", "changed", "deleted", v={"N": "1"})
    before = items_of(dynamodb, name)
    arn = back_up(name)
    put(dynamodb, name, "changed", "new", v={"N": "2"})
    delete(dynamodb, name, "deleted")
    reply = dynamodb.restore_table_from_backup(TargetTableName=f"{name}-2", BackupArn=arn)["TableDescription"]
    source = table_of(dynamodb, name)
    assert reply["TableStatus"] == "CREATING"
    assert reply["RestoreSummary"] == {
        "SourceBackupArn": arn, "SourceTableArn": source["TableArn"], "RestoreInProgress": True,
        "RestoreDateTime": details_of(dynamodb, arn)["BackupCreationDateTime"]}
    wait_active(f"{name}-2")
    restored = table_of(dynamodb, f"{name}-2")
    assert "RestoreSummary" not in restored
    assert (restored["ItemCount"], restored["TableSizeBytes"]) == (3, sum(len("id" + one["id"]["S"]) + 3 for one in before))
    assert items_of(dynamodb, f"{name}-2") == before


def test_settings_of_a_table_are_unknown_while_it_is_restored(refused, wait_until):
    with serving("--table-delay", "600") as (server, client):
        client.create_table(TableName="source", BillingMode="PAY_PER_REQUEST", **KEY)
        advance(server, 600_000)
        wait_until(lambda: table_of(client, "source")["TableStatus"] == "ACTIVE")
        put(client, "source", "a")
        backup = client.create_backup(TableName="source", BackupName="kept")["BackupDetails"]["BackupArn"]
        wait_until(lambda: details_of(client, backup)["BackupStatus"] == "AVAILABLE")
        client.restore_table_from_backup(TargetTableName="target", BackupArn=backup)
        found = table_of(client, "target")
        assert (found["TableStatus"], found["RestoreSummary"]["RestoreInProgress"]) == ("CREATING", True)
        name, arn = {"TableName": "target"}, {"ResourceArn": found["TableArn"]}
        unknown = ("ResourceNotFoundException", "Requested resource not found: Table: target not found")
        untagged = ("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {found['TableArn']} not found")
        not_backed = ("TableNotFoundException", "Table not found: target")
        policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"dynamodb:Scan","Resource":"*"}]}'
        for call, arguments, expected in (
                (client.update_table, {**name, "DeletionProtectionEnabled": True}, unknown),
                (client.update_time_to_live, {**name, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "t"}}, unknown),
                (client.describe_time_to_live, name, unknown),
                (client.put_resource_policy, {**arn, "Policy": policy}, unknown),
                (client.get_resource_policy, arn, unknown),
                (client.delete_resource_policy, arn, unknown),
                (client.tag_resource, {**arn, "Tags": [{"Key": "k", "Value": "v"}]}, untagged),
                (client.untag_resource, {**arn, "TagKeys": ["k"]}, untagged),
                (client.list_tags_of_resource, arn, untagged),
                (client.describe_continuous_backups, name, not_backed),
                (client.create_backup, {**name, "BackupName": "another"}, not_backed),
                (client.create_table, {**name, **KEY, "BillingMode": "PAY_PER_REQUEST"}, (
                    "ResourceInUseException", "Attempt to change a resource which is still in use: Table is being used: target")),
                (client.restore_table_from_backup, {"TargetTableName": "target", "BackupArn": backup}, (
                    "TableInUseException", f"Table: target is already being restored from backup: {backup}"))):
            answer = refused(call, **arguments)
            assert (answer["code"], answer["message"]) == expected
        assert refused(client.delete_table, **name)["code"] == "ResourceInUseException"
        advance(server, 600_000)
        wait_until(lambda: table_of(client, "target")["TableStatus"] == "ACTIVE")
        assert items_of(client, "target") == [{"id": {"S": "a"}}]
        client.tag_resource(**arn, Tags=[{"Key": "k", "Value": "v"}])


def test_a_backup_outlives_its_table(dynamodb, name, back_up, wait_active):
    put(dynamodb, name, "a")
    arn = back_up(name)
    dynamodb.delete_table(TableName=name)
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **KEY)
    dynamodb.restore_table_from_backup(TargetTableName=f"{name}-2", BackupArn=arn)
    wait_active(f"{name}-2")
    assert items_of(dynamodb, f"{name}-2") == [{"id": {"S": "a"}}]


def test_indexes_come_back_or_are_left_out(dynamodb, unique, back_up, wait_active, refused):
    name = unique("t")
    by_v = {"IndexName": "by-v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[by_v],
                          **{**KEY, "AttributeDefinitions": [*KEY["AttributeDefinitions"],
                                                             {"AttributeName": "v", "AttributeType": "S"}]})
    put(dynamodb, name, "a", "b", v={"S": "x"}, w={"S": "y"})
    arn = back_up(name)
    [info] = dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["SourceTableFeatureDetails"][
        "GlobalSecondaryIndexes"]
    assert info == by_v
    dynamodb.restore_table_from_backup(TargetTableName=f"{name}-2", BackupArn=arn)
    wait_active(f"{name}-2")
    assert items_of(dynamodb, f"{name}-2", IndexName="by-v") == items_of(dynamodb, name, IndexName="by-v") != []
    renamed = {**by_v, "IndexName": "renamed"}
    dynamodb.restore_table_from_backup(TargetTableName=f"{name}-3", BackupArn=arn, GlobalSecondaryIndexOverride=[renamed])
    wait_active(f"{name}-3")
    assert len(items_of(dynamodb, f"{name}-3", IndexName="renamed")) == 2
    dynamodb.restore_table_from_backup(TargetTableName=f"{name}-4", BackupArn=arn, GlobalSecondaryIndexOverride=[])
    wait_active(f"{name}-4")
    assert "GlobalSecondaryIndexes" not in table_of(dynamodb, f"{name}-4")
    other = {**by_v, "Projection": {"ProjectionType": "ALL"}}
    assert refused(dynamodb.restore_table_from_backup, TargetTableName=f"{name}-5", BackupArn=arn,
                   GlobalSecondaryIndexOverride=[other])["message"] == (
        "Invalid Request: Index by-v does not match a secondary index that existed in the source table and cannot be "
        "created during the restore operation")


def test_an_index_comes_back_once(dynamodb, unique, back_up, wait_active, refused):
    name = unique("t")
    by_v = {"IndexName": "by-v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]}}
    by_w = {**by_v, "IndexName": "by-w", "KeySchema": [{"AttributeName": "w", "KeyType": "HASH"}]}
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=[by_v, by_w], KeySchema=KEY["KeySchema"],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "v", "w")])
    arn = back_up(name)

    def restore(indexes):
        return dynamodb.restore_table_from_backup(
            TargetTableName=f"{name}-2", BackupArn=arn, GlobalSecondaryIndexOverride=indexes)

    for one in by_v, {**by_v, "IndexName": "again"}:
        assert refused(restore, indexes=[by_v, one])["message"] == (
            f"Invalid Request: Index {one['IndexName']} does not match a secondary index that existed in the source table "
            "and cannot be created during the restore operation")
    assert refused(restore, indexes=[by_v, {**by_w, "IndexName": "by-v"}])["message"] == (
        "One or more parameter values were invalid: Duplicate index name: by-v")
    turned = {**by_v, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}}
    restore([{**by_w, "IndexName": "by-v"}, {**turned, "IndexName": "by-w"}])
    wait_active(f"{name}-2")
    assert {one["IndexName"]: one["KeySchema"] for one in table_of(dynamodb, f"{name}-2")["GlobalSecondaryIndexes"]} == {
        "by-v": by_w["KeySchema"], "by-w": by_v["KeySchema"]}


def test_billing_is_kept_or_overridden(dynamodb, name, back_up, wait_active, refused):
    arn = back_up(name)

    def restore(number, **overrides):
        dynamodb.restore_table_from_backup(TargetTableName=f"{name}-{number}", BackupArn=arn, **overrides)
        wait_active(f"{name}-{number}")
        return table_of(dynamodb, f"{name}-{number}")

    assert restore(2)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert restore(3, OnDemandThroughputOverride={"MaxReadRequestUnits": 7})["OnDemandThroughput"] == {
        "MaxReadRequestUnits": 7}
    provisioned = restore(4, BillingModeOverride="PROVISIONED", ProvisionedThroughputOverride=units(3, 4))
    assert provisioned["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(3, 4)}
    for overrides, sentence in (
            ({"ProvisionedThroughputOverride": units(1, 1)},
             "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"),
            ({"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": units(1, 1)},
             "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"),
            ({"BillingModeOverride": "PROVISIONED"},
             "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"),
            ({"OnDemandThroughputOverride": {"MaxWriteRequestUnits": 0}},
             "Requested MaxWriteRequestUnits for OnDemandThroughput is outside of valid range")):
        answer = refused(dynamodb.restore_table_from_backup, TargetTableName=f"{name}-5", BackupArn=arn, **overrides)
        assert (answer["code"], answer["message"]) == ("ValidationException", f"Invalid Request: {sentence}")
    answer = refused(dynamodb.restore_table_from_backup, TargetTableName=name, BackupArn=arn)
    assert (answer["code"], answer["message"]) == ("TableAlreadyExistsException", f"Table already exists: {name}")


def test_a_backup_is_as_of_one_moment_while_the_table_changes(wait_until):
    """Items are written in turn, and copied one in a run: at any moment, those written last are ahead by one."""
    ids = [f"{one:04}" for one in range(1000)]
    with serving(**ALWAYS_OVER) as (_, dynamodb):
        dynamodb.create_table(TableName="moving", BillingMode="PAY_PER_REQUEST", **KEY)
        for first in range(0, len(ids), 25):
            dynamodb.batch_write_item(RequestItems={"moving": [
                {"PutRequest": {"Item": {"id": {"S": one}, "v": {"N": "0"}}}} for one in ids[first : first + 25]]})
        done = threading.Event()

        def write():
            client = connect(dynamodb.meta.endpoint_url)
            for number in itertools.count(1):
                for one in ids:
                    if done.is_set():
                        return
                    put(client, "moving", one, v={"N": str(number)})

        writer = threading.Thread(target=write)
        writer.start()
        wait_until(lambda: any(item["v"]["N"] != "0" for item in items_of(dynamodb, "moving")))
        arn = dynamodb.create_backup(TableName="moving", BackupName="moving")["BackupDetails"]["BackupArn"]
        wait_until(lambda: details_of(dynamodb, arn)["BackupStatus"] == "AVAILABLE")
        done.set()
        writer.join()
        dynamodb.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)
        wait_until(lambda: table_of(dynamodb, "restored")["TableStatus"] == "ACTIVE")
        found = {item["id"]["S"]: int(item["v"]["N"]) for item in items_of(dynamodb, "restored")}
        values = [found[one] for one in ids]
        assert values == sorted(values, reverse=True) and values[0] - values[-1] <= 1


# --- Point-in-time recovery ----------------------------------------------------------------------


def recovery_of(dynamodb, name):
    description = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert description["ContinuousBackupsStatus"] == "ENABLED"
    return description["PointInTimeRecoveryDescription"]


def turn(dynamodb, name, on, **more):
    specification = {"PointInTimeRecoveryEnabled": on, **more}
    return dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification=specification)["ContinuousBackupsDescription"]


def test_recovery_is_turned_on_and_off(served, dynamodb, name, refused):
    assert recovery_of(dynamodb, name) == {"PointInTimeRecoveryStatus": "DISABLED"}
    on = turn(dynamodb, name, True)["PointInTimeRecoveryDescription"]
    assert (on["PointInTimeRecoveryStatus"], on["RecoveryPeriodInDays"]) == ("ENABLED", 35)
    assert on["EarliestRestorableDateTime"] == on["LatestRestorableDateTime"]
    turn(dynamodb, name, True, RecoveryPeriodInDays=1)
    advance(served[0], 2 * DAY_MS)
    now = recovery_of(dynamodb, name)
    assert now["RecoveryPeriodInDays"] == 1
    assert now["LatestRestorableDateTime"] - now["EarliestRestorableDateTime"] == datetime.timedelta(days=1)
    answer = refused(turn, dynamodb=dynamodb, name=name, on=False, RecoveryPeriodInDays=1)
    assert answer["message"] == (
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
    turn(dynamodb, name, False)
    assert recovery_of(dynamodb, name) == {"PointInTimeRecoveryStatus": "DISABLED"}
    turn(dynamodb, name, True)
    assert recovery_of(dynamodb, name)["RecoveryPeriodInDays"] == 35


def test_a_table_is_restored_as_of_any_moment(served, dynamodb, name, wait_active):
    server, _ = served
    put(dynamodb, name, "a", "b", v={"N": "0"})
    turn(dynamodb, name, True)
    moments = []
    for number in range(1, 4):
        advance(server, 60_000)
        put(dynamodb, name, "a", f"n{number}", v={"N": str(number)})
        if number == 2:
            delete(dynamodb, name, "b")
        moments.append((now_of(server), items_of(dynamodb, name)))
        advance(server, 60_000)
    for number, (moment, items) in enumerate(moments):
        target = f"{name}-{number}"
        reply = dynamodb.restore_table_to_point_in_time(
            SourceTableName=name, TargetTableName=target, RestoreDateTime=at(moment + 1))["TableDescription"]
        assert reply["RestoreSummary"]["SourceTableArn"] == table_of(dynamodb, name)["TableArn"]
        wait_active(target)
        assert items_of(dynamodb, target) == items
        assert table_of(dynamodb, target)["ItemCount"] == len(items)
    dynamodb.restore_table_to_point_in_time(
        SourceTableArn=table_of(dynamodb, name)["TableArn"], TargetTableName=f"{name}-now", UseLatestRestorableTime=True)
    wait_active(f"{name}-now")
    assert items_of(dynamodb, f"{name}-now") == items_of(dynamodb, name)


def test_a_moment_outside_the_period_is_refused(served, dynamodb, name, refused):
    server, _ = served

    def refusal(**parameters):
        return refused(dynamodb.restore_table_to_point_in_time, SourceTableName=name, TargetTableName=f"{name}-2",
                       **parameters)

    answer = refusal(UseLatestRestorableTime=True)
    assert (answer["code"], answer["message"]) == (
        "PointInTimeRecoveryUnavailableException", f"Point in time recovery is not enabled for table '{name}'")
    turn(dynamodb, name, True, RecoveryPeriodInDays=1)
    advance(server, 2 * DAY_MS)
    now = now_of(server)
    for moment in (now - DAY_MS - 5000, now + 60_000):
        answer = refusal(RestoreDateTime=at(moment))
        assert answer["code"] == "InvalidRestoreTimeException"
        assert answer["message"].startswith("RestoreDateTime '20")
        assert "' must be within EarliestRestorableDateTime '20" in answer["message"]
    assert refusal()["message"] == (
        "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both")
    assert refusal(RestoreDateTime=at(now), UseLatestRestorableTime=True)["message"].startswith(
        "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set")
    assert refused(dynamodb.restore_table_to_point_in_time, TargetTableName=f"{name}-2",
                   UseLatestRestorableTime=True)["message"] == (
        "The parameter 'TableName' is required but was not present in the request")


def test_the_last_items_of_a_deleted_table_are_a_system_backup(served, dynamodb, name, wait_until, wait_active, refused):
    put(dynamodb, name, *(f"{one:03}" for one in range(150)))
    turn(dynamodb, name, True)
    dynamodb.delete_table(TableName=name)
    assert dynamodb.list_backups(TableName=name)["BackupSummaries"] == []
    [backup] = dynamodb.list_backups(TableName=name, BackupType="SYSTEM")["BackupSummaries"]
    arn = backup["BackupArn"]
    assert (backup["BackupName"], arn[-9:]) == (f"{name}$DeletedTableBackup", "-00000000")
    assert backup["BackupExpiryDateTime"] - backup["BackupCreationDateTime"] == datetime.timedelta(days=35)
    wait_until(lambda: details_of(dynamodb, arn)["BackupStatus"] == "AVAILABLE")
    assert refused(dynamodb.delete_backup, BackupArn=arn)["message"].startswith(
        f"Invalid Request: User is not allowed to delete the system backup with arn {arn}. It will automatically expire on ")
    dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=arn)
    wait_active(name)
    assert table_of(dynamodb, name)["ItemCount"] == 150
    advance(served[0], 35 * DAY_MS)
    wait_until(lambda: dynamodb.list_backups(TableName=name, BackupType="ALL")["BackupSummaries"] == [])
