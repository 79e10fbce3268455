"""DynamoDB: large items that a stream and a history keep are stored once; large requests store them ahead, as drafts."""

import concurrent.futures
import contextlib
import functools

import orderly_server
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from changes import ALWAYS_OVER, NO_HURRY, OwnServer, largest_run, under_way
from dynamodb_tables import has_filled_indexes
from images import MISCOUNTED

LARGE, SMALL = 5_000, 3_000
DAY = 24 * 3600
KEY = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
BOTH = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


class Images(OwnServer):
    """A server whose tables have an index by `kind`, and on demand a stream and a history."""

    @property
    def dynamodb(self):
        return self.client("dynamodb")

    def table(self, name="kept", history=True, **more):
        self.dynamodb.create_table(
            TableName=name, **KEY, **more,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "kind")],
            GlobalSecondaryIndexes=[{"IndexName": "by-kind", "Projection": {"ProjectionType": "ALL"},
                                     "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}]}])
        if history:
            self.recover(name, True)
        return name

    def recover(self, name, on):
        self.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on})

    def put(self, name, item):
        self.dynamodb.put_item(TableName=name, Item=item)

    def items(self, name, **arguments):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=name, **arguments)
        return sorted((item for page in pages for item in page["Items"]), key=str)

    def uses(self):
        """How many rows name each image."""
        assert self.rows(MISCOUNTED) == []
        return sorted(uses for (uses,) in self.rows("select uses from dynamodb_image where draft is null and uses > 0"))

    def wait_for_no_images(self):
        self.wait_for_no_rows("select id from dynamodb_image union all select image_id from dynamodb_content")

    def records(self, name):
        streams = self.client("dynamodbstreams")
        arn = self.dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            reply = streams.get_records(ShardIterator=iterator)
            if not reply["Records"]:
                return
            yield from ((record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage")) for record in reply["Records"])
            iterator = reply.get("NextShardIterator")


@pytest.fixture
def own():
    images = Images()
    yield images
    images.end()


def item(id_="a", kind="k", size=LARGE, letter="x"):
    return {"id": {"S": id_}, "kind": {"S": kind}, "text": {"S": letter * size}}


# --- One copy for all rows -------------------------------------------------------------------------


def test_an_item_that_a_stream_and_a_history_keep_is_stored_once(own):
    own.table(StreamSpecification=BOTH)
    first, second = item(letter="x"), item(letter="y")
    own.put("kept", first)
    assert own.uses() == [2]  # by the item and a record
    own.put("kept", second)
    assert own.uses() == [2, 3]  # the first by two records and a version
    own.dynamodb.delete_item(TableName="kept", Key={"id": {"S": "a"}})
    assert own.uses() == [3, 3]
    assert own.rows("select count(*) from dynamodb_content") == [(2,)]
    assert list(own.records("kept")) == [(None, first), (first, second), (second, None)]


@pytest.mark.parametrize("view, history, uses", [
    (None, False, []), ("KEYS_ONLY", False, []), ("NEW_IMAGE", False, [1, 2]), ("OLD_IMAGE", False, [1, 1]),
    (None, True, [1, 1]), ("NEW_AND_OLD_IMAGES", False, [2, 2])])
def test_what_a_table_keeps_decides_whether_items_are_images(own, view, history, uses):
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}} if view else {}
    own.table(history=history, **stream)
    own.put("kept", item())
    own.put("kept", item(letter="y"))
    assert own.uses() == uses
    assert own.items("kept") == [item(letter="y")]


@pytest.mark.parametrize("size, uses", [(4096 - 24 - 1, []), (4096 - 24, [2])])  # names, types and lengths take 24 bytes
def test_items_below_4_kb_are_copied(own, size, uses):
    own.table(StreamSpecification=BOTH)
    own.put("kept", item(size=size))
    assert own.uses() == uses


def test_an_image_is_read_by_every_kind_of_read(own):
    own.table(StreamSpecification=BOTH)
    stored = [item("a"), item("b", letter="y"), item("c", size=SMALL)]
    for one in stored:
        own.put("kept", one)
    key = {"id": {"S": "a"}}
    d = own.dynamodb
    values = {"ExpressionAttributeValues": {":v": {"S": "k"}}, "KeyConditionExpression": "kind = :v"}
    assert own.items("kept") == own.items("kept", IndexName="by-kind") == stored
    for forward in (True, False):
        by_key = d.query(TableName="kept", ScanIndexForward=forward, KeyConditionExpression="id = :v",
                         ExpressionAttributeValues={":v": {"S": "a"}})
        by_index = d.query(TableName="kept", IndexName="by-kind", ScanIndexForward=forward, **values)
        assert by_key["Items"] == stored[:1] and sorted(by_index["Items"], key=str) == stored
    assert d.get_item(TableName="kept", Key=key)["Item"] == stored[0]
    assert d.batch_get_item(RequestItems={"kept": {"Keys": [key]}})["Responses"]["kept"] == stored[:1]
    assert d.transact_get_items(TransactItems=[{"Get": {"TableName": "kept", "Key": key}}])["Responses"] == [{"Item": stored[0]}]
    assert d.execute_statement(Statement="SELECT * FROM kept WHERE id = 'a'")["Items"] == stored[:1]
    changed = d.update_item(TableName="kept", Key=key, UpdateExpression="SET n = :n", ReturnValues="ALL_OLD",
                            ConditionExpression="size(#t) = :s", ExpressionAttributeNames={"#t": "text"},
                            ExpressionAttributeValues={":n": {"N": "1"}, ":s": {"N": str(LARGE)}})
    assert changed["Attributes"] == stored[0]


def test_an_index_is_filled_with_images_and_images_expire(own):
    own.table(StreamSpecification=BOTH)
    for one in "abc":
        own.put("kept", {**item(one), "ends": {"N": "1700000000"}, "more": {"S": one}})
    own.dynamodb.update_table(
        TableName="kept", AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("id", "kind", "more")],
        GlobalSecondaryIndexUpdates=[{"Create": {
            "IndexName": "by-more", "KeySchema": [{"AttributeName": "more", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}}])
    orderly_server.wait_until(lambda: len(own.dynamodb.describe_table(TableName="kept")["Table"]["GlobalSecondaryIndexes"]) == 2
                              and has_filled_indexes(own.dynamodb, "kept"), what="the index")
    assert [one["more"]["S"] for one in own.items("kept", IndexName="by-more")] == ["a", "b", "c"]
    own.dynamodb.update_time_to_live(TableName="kept", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
    orderly_server.wait_until(lambda: not own.items("kept"), what="the items to expire")
    assert own.uses() == [3, 3, 3]


def test_an_item_from_before_the_stream_becomes_an_image_when_it_is_kept_twice(own):
    own.table(history=False)
    own.put("kept", item())
    assert own.uses() == []
    own.recover("kept", True)
    own.dynamodb.update_table(TableName="kept", StreamSpecification=BOTH)
    own.put("kept", item(letter="y"))
    assert own.uses() == [2, 2]
    assert list(own.records("kept")) == [(item(), item(letter="y"))]


def test_a_table_is_restored_from_images(own):
    own.table()
    for letter in "xyz":
        own.put("kept", item(letter=letter))
        own.put("kept", item("b", letter=letter))
        own.advance(10)
    at = own.rows("select min(changed_ms) from dynamodb_version where item is null and image_id is not null")[0][0] / 1000
    own.dynamodb.restore_table_to_point_in_time(
        SourceTableName="kept", TargetTableName="restored", RestoreDateTime=at - 5)
    orderly_server.wait_until(lambda: own.dynamodb.describe_table(TableName="restored")["Table"]["TableStatus"] == "ACTIVE", what="it")
    assert own.items("restored") == own.items("restored", IndexName="by-kind") == [item(), item("b")]
    arn = own.dynamodb.create_backup(TableName="kept", BackupName="one")["BackupDetails"]["BackupArn"]
    orderly_server.wait_until(lambda: own.dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
                              ["BackupStatus"] == "AVAILABLE", what="the backup")
    own.dynamodb.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
    orderly_server.wait_until(lambda: own.dynamodb.describe_table(TableName="again")["Table"]["TableStatus"] == "ACTIVE", what="it")
    assert own.items("again") == own.items("kept") == [item(letter="z"), item("b", letter="z")]


# --- Removing --------------------------------------------------------------------------------------


def test_an_image_goes_with_the_last_row_that_names_it(own):
    own.table(StreamSpecification=BOTH)
    for letter in "xyz":
        own.put("kept", item(letter=letter))
    assert own.uses() == [2, 3, 3]
    own.put("kept", item("b", size=SMALL))  # an open stream keeps its newest record
    own.advance(DAY + 120)
    orderly_server.wait_until(lambda: own.uses() == [1, 1, 1], what="the records to go")
    own.recover("kept", False)
    orderly_server.wait_until(lambda: own.uses() == [1], what="the versions to go")
    assert own.items("kept") == [item(letter="z"), item("b", size=SMALL)]
    own.dynamodb.delete_table(TableName="kept")
    own.wait_for_no_images()


@pytest.mark.parametrize("environment, most", [(NO_HURRY, 100), (ALWAYS_OVER, 1)])
def test_images_are_removed_in_bounded_runs(own, environment, most):
    own.table()
    own.put("kept", item())
    own.put("kept", item("b", size=SMALL))  # its version is small
    own.change(
        """with recursive n(i) as (select 1 union all select i + 1 from n where i < 250)
        insert into dynamodb_image (id, uses) select 1000 + i, 0 from n""",
        "insert into dynamodb_content select id, zeroblob(5000) from dynamodb_image where id > 1000")
    own.restart_recording(environment, removed="delete on dynamodb_content", run="delete on engine_timer")
    own.dynamodb.delete_table(TableName="kept")
    own.wait_for_no_images()
    assert largest_run(own.stop_and_read(), "removed", "run") == most


# --- Drafts ----------------------------------------------------------------------------------------


def transaction(kind, letter, count=40, size=40_000, table="kept"):
    return [{"Put": {"TableName": table, "Item": item(f"{i:03}", kind, size, letter)}} for i in range(count)]


def written(kind, letter, count=40, size=40_000):
    return [item(f"{i:03}", kind, size, letter) for i in range(count)]


DRAFTED = "insert on dynamodb_content"


@pytest.mark.parametrize("environment, least, most", [(NO_HURRY, 20, 27), (ALWAYS_OVER, 1, 1)])
def test_a_large_transaction_stores_its_items_in_bounded_runs(own, environment, least, most):
    own.table(StreamSpecification=BOTH)
    own.restart_recording(environment, draft=DRAFTED, first="insert on engine_timer", run="update on engine_timer",
                          entry="insert on dynamodb_entry")
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x"))
    words = ["run" if word == "first" else word for word in own.stop_and_read()]
    assert words.count("draft") == 40 and words.count("entry") == 40
    assert least <= largest_run(words, "draft", "run") <= most
    assert words.index("entry") > max(i for i, word in enumerate(words) if word == "draft")
    assert own.items("kept") == own.items("kept", IndexName="by-kind") == written("a", "x")
    assert own.uses() == [2] * 40
    assert own.rows("select * from dynamodb_image where draft is not null") == []
    assert own.rows("select * from engine_timer where operation = 'RemoveImages'") == []


def test_a_run_stores_at_most_fifty_drafts(own):
    own.table()
    own.restart_recording(NO_HURRY, draft=DRAFTED, first="insert on engine_timer", run="update on engine_timer")
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x", 100, 12_000))
    words = ["run" if word == "first" else word for word in own.stop_and_read()]
    assert words.count("draft") == 100 and largest_run(words, "draft", "run") == 50
    assert own.items("kept") == written("a", "x", 100, 12_000)


@pytest.mark.parametrize("less, most", [(0, 32), (1, 33)])
def test_a_run_stores_drafts_of_a_megabyte_and_one_more_when_a_byte_is_left(own, less, most):
    own.table()
    actions = transaction("a", "x", 64, 32 * 1024 - 27)  # names, types and lengths take 27 bytes
    actions[0]["Put"]["Item"] = item("000", "a", 32 * 1024 - 27 - less)
    own.restart_recording(NO_HURRY, draft=DRAFTED, first="insert on engine_timer", run="update on engine_timer")
    own.dynamodb.transact_write_items(TransactItems=actions)
    words = ["run" if word == "first" else word for word in own.stop_and_read()]
    assert words.count("draft") == 64 and largest_run(words, "draft", "run") == most
    assert own.rows("select sum(length(content)) from dynamodb_content") == [(2 * 1024 * 1024 - less,)]


@pytest.mark.parametrize("count, drafted", [(20, False), (30, True)])  # of 40 KB
def test_only_more_than_a_megabyte_is_drafted(own, count, drafted):
    own.table()
    own.restart_recording(ALWAYS_OVER, draft=DRAFTED, entry="insert on dynamodb_entry", run="insert on engine_timer")
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x", count))
    words = [word for word in own.stop_and_read() if word != "run"]
    assert words == (["draft"] * count + ["entry"] * count if drafted else ["draft", "entry"] * count)


@pytest.mark.parametrize("more, drafted", [(0, False), (1, True)])
def test_a_megabyte_is_not_drafted_and_a_byte_more_is(own, more, drafted):
    own.table()
    actions = transaction("a", "x", 32, 32 * 1024 - 27)  # names, types and lengths take 27 bytes
    actions[-1]["Put"]["Item"]["text"]["S"] += "x" * more
    own.restart_recording(NO_HURRY, draft=DRAFTED, entry="insert on dynamodb_entry")
    own.dynamodb.transact_write_items(TransactItems=actions)
    assert own.stop_and_read() == (["draft"] * 32 + ["entry"] * 32 if drafted else ["draft", "entry"] * 32)
    assert own.rows("select sum(length(content)) from dynamodb_content") == [(1024 * 1024 + more,)]


def test_a_table_that_keeps_nothing_and_has_no_index_has_no_drafts(own):
    own.dynamodb.create_table(TableName="plain", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **KEY)
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x", table="plain"))
    assert own.items("plain") == written("a", "x") and own.uses() == []


def test_items_from_before_are_drafted_too(own):
    own.table(history=False)
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x", 20))  # too small for drafts
    own.recover("kept", True)
    own.dynamodb.update_table(TableName="kept", StreamSpecification=BOTH)
    own.restart_recording(NO_HURRY, draft=DRAFTED, entry="insert on dynamodb_entry", run="insert on engine_timer")
    own.dynamodb.transact_write_items(TransactItems=transaction("b", "y", 20))
    words = own.stop_and_read()
    assert words.count("draft") == 40
    assert words.index("entry") > max(i for i, word in enumerate(words) if word == "draft")
    assert own.uses() == [2] * 40
    assert sorted(own.records("kept"), key=str) == sorted(zip(written("a", "x", 20), written("b", "y", 20)), key=str)


def test_a_batch_is_drafted_and_written_whole(own):
    own.table(StreamSpecification=BOTH)
    for letter in "xy":
        reply = own.dynamodb.batch_write_item(RequestItems={"kept": [
            {"PutRequest": {"Item": one}} for one in written("a", letter, 25, 160_000)]})
        assert not reply["UnprocessedItems"]
    assert own.items("kept") == written("a", "y", 25, 160_000)
    assert own.uses() == [2] * 25 + [3] * 25


def test_a_batch_that_has_no_room_drafts_no_more_than_it_writes(own):
    own.table()
    reply = own.dynamodb.batch_write_item(RequestItems={"kept": [
        {"PutRequest": {"Item": one}} for one in written("a", "x", 25, 390_000)]})
    left = len(reply["UnprocessedItems"]["kept"])
    assert own.items("kept") == written("a", "x", 25 - left, 390_000)
    assert own.rows("select count(*) from dynamodb_image") == [(25 - left,)]


def test_statements_are_drafted(own):
    own.table(StreamSpecification=BOTH)
    inserts = [{"Statement": "INSERT INTO kept VALUE {'id': ?, 'kind': ?, 'text': ?}",
                "Parameters": [one["id"], one["kind"], one["text"]]} for one in written("a", "x")]
    own.restart_recording(NO_HURRY, draft=DRAFTED, entry="insert on dynamodb_entry")
    own.dynamodb.execute_transaction(TransactStatements=inserts)
    words = own.stop_and_read()
    assert words == ["draft"] * 40 + ["entry"] * 40
    assert own.items("kept") == written("a", "x") and own.uses() == [2] * 40


def test_a_transaction_that_is_refused_has_no_drafts(own):
    own.table()
    condition = {"ConditionExpression": "attribute_exists(id)"}
    refused = transaction("a", "x")
    refused[-1]["Put"].update(condition)
    too_large = transaction("a", "x", 20, 390_000)
    own.restart_recording(NO_HURRY, draft=DRAFTED)
    for actions in (refused, too_large):
        with pytest.raises(ClientError):
            own.dynamodb.transact_write_items(TransactItems=actions)
    assert own.stop_and_read() == [] and own.items("kept") == []


def test_a_request_leaves_the_drafts_of_others(own):
    own.table()
    own.change("insert into dynamodb_image (id, uses, draft) values (1001, 0, 512), (1002, 0, 767)",
               "insert into dynamodb_content select id, zeroblob(5000) from dynamodb_image where id > 1000")
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x"))
    assert own.rows("select id from dynamodb_image where draft is not null") == [(1001,), (1002,)]
    assert own.uses() == [1] * 40


def test_transactions_about_the_same_items_count_exactly(own):
    """Items change while others' drafts are being stored: they are computed again, or cancelled."""
    own.table(StreamSpecification=BOTH)
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x", 30))

    def add(number):
        client, done = Images.client(own, "dynamodb"), 0
        for turn in range(4):
            actions = [{"Update": {
                "TableName": "kept", "Key": {"id": {"S": f"{i:03}"}}, "UpdateExpression": "SET kind = :k, #t = :t ADD n :one",
                "ExpressionAttributeNames": {"#t": "text"},
                "ExpressionAttributeValues": {":k": {"S": f"{number}"}, ":t": {"S": f"{turn}" * 40_000}, ":one": {"N": "1"}}}}
                for i in range(30)]
            with contextlib.suppress(client.exceptions.TransactionCanceledException):
                client.transact_write_items(TransactItems=actions)
                done += 1
        return done

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(add, range(4)))
    assert done > 0
    found = own.items("kept")
    assert {one["n"]["N"] for one in found} == {str(done)} and len({str([one["kind"], one["text"]]) for one in found}) == 1
    assert own.items("kept", IndexName="by-kind") == found
    orderly_server.wait_until(lambda: not own.rows("select 1 from dynamodb_image where uses = 0 and draft is null"), what="removal")
    own.advance(120)
    orderly_server.wait_until(lambda: not own.rows("select 1 from dynamodb_image where uses = 0"), what="the drafts to go")
    assert own.rows(MISCOUNTED) == []


def test_a_kill_among_drafts_loses_nothing_and_leaves_nothing(own):
    own.table(StreamSpecification=BOTH)
    own.dynamodb.transact_write_items(TransactItems=transaction("a", "x"))
    own.server.stop()
    own.server.environment = ALWAYS_OVER
    own.server.start()
    calls = [functools.partial(own.dynamodb.transact_write_items, TransactItems=transaction(kind, letter))
             for kind, letter in (("b", "y"), ("a", "x"))]
    with under_way(own, "select 1 from dynamodb_image where draft is not null", *calls) as sent:
        own.server.kill()
        with contextlib.suppress(ClientError, BotoCoreError):
            sent.result()
    own.server.start()
    found = own.items("kept")
    assert found in (written("a", "x"), written("b", "y"))
    assert own.items("kept", IndexName="by-kind") == found
    assert own.rows(MISCOUNTED) == []
    own.advance(120)
    orderly_server.wait_until(lambda: not own.rows("select 1 from dynamodb_image where uses = 0"), what="the drafts to go")
    own.dynamodb.transact_write_items(TransactItems=transaction("c", "z"))
    assert own.items("kept", IndexName="by-kind") == written("c", "z")


# --- Databases from before -------------------------------------------------------------------------

BEFORE_IMAGES = [
    "alter table dynamodb_table drop column changing",
    "alter table dynamodb_stream drop column policy", "alter table dynamodb_stream drop column policy_revision",
    "drop view dynamodb_whole_item",
    "drop index dynamodb_table_global", "alter table dynamodb_table drop column global_ms",
    "drop table dynamodb_swap", "alter table dynamodb_index drop column shortens",
    "drop table dynamodb_image", "drop table dynamodb_content", "alter table dynamodb_item drop column image_id",
    "alter table dynamodb_version drop column image_id", "alter table dynamodb_record drop column old_image_id",
    "alter table dynamodb_record drop column new_image_id",
    "update schema_version set version = 12 where name = 'dynamodb'",
]


def test_a_database_from_before_images_is_brought_up_to_date(own):
    own.table(StreamSpecification=BOTH)
    own.put("kept", item(size=SMALL))
    own.dynamodb.create_table(TableName="plain", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **KEY)
    own.put("plain", item())
    large = own.rows("select item, size_bytes from dynamodb_item where length(item) > 4096")[0]
    own.change(*BEFORE_IMAGES, f"update dynamodb_item set item = x'{large[0].hex()}', size_bytes = {large[1]}")
    assert own.items("kept") == [item()]
    own.put("kept", item(letter="y"))
    assert own.uses() == [2, 2]
    assert list(own.records("kept")) == [(None, item(size=SMALL)), (item(), item(letter="y"))]
