"""DynamoDB: each run of a request changes a bounded number of rows; the database itself is checked, too."""

import contextlib
import sqlite3
import threading

import boto3
import changes
import orderly_server
import pytest
from botocore.config import Config

ROWS_PER_RUN = 250


class Tables:
    """A server of its own, which is stopped for reading and changing its database."""

    def __init__(self):
        self.server = orderly_server.Server().start()

    @property
    def dynamodb(self):
        return boto3.client(
            "dynamodb",
            endpoint_url=self.server.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, read_timeout=120),
        )

    def create(self, name):
        self.dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return name

    def put(self, name, ids):
        def work(own):
            dynamodb = self.dynamodb
            for one in own:
                dynamodb.put_item(TableName=name, Item={"id": {"S": one}})

        workers = [threading.Thread(target=work, args=(ids[i::4],)) for i in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def described(self, name):
        table = self.dynamodb.describe_table(TableName=name)["Table"]
        return table["ItemCount"], table["TableSizeBytes"]

    def scanned(self, name, **arguments):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=name, **arguments)
        return sorted(item["id"]["S"] for page in pages for item in page["Items"])

    def rows(self, table="dynamodb_item"):
        return changes.rows(self.server, f"select count(*) from {table}")[0][0]

    def change(self, *statements):
        """Run SQL on the server's database, while the server is stopped."""
        self.server.stop()
        with contextlib.closing(changes.database(self.server)) as database:
            for statement in statements:
                database.execute(statement)
        self.server.start()

    def multiply(self, count):
        """Add that many items that no client can read: copies of the first one with other keys."""
        self.change(
            f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
            insert into dynamodb_item (table_id, hash_key, range_key, size_bytes, item)
            select table_id, cast(hash_key || before || '.' || i as blob), range_key, size_bytes, item
            from n, (select * from dynamodb_item limit 1), (select count(*) as before from dynamodb_item)"""
        )


@pytest.fixture
def tables():
    own = Tables()
    yield own
    own.server.end()


def test_the_items_of_a_deleted_table_are_removed_from_the_store(tables):
    tables.create("orders")
    tables.put("orders", [f"id-{i}" for i in range(20)])
    assert tables.rows() == 20
    tables.dynamodb.delete_table(TableName="orders")
    orderly_server.wait_until(lambda: tables.rows() == 0, what="the items to go")
    orderly_server.wait_until(lambda: tables.rows("dynamodb_gone") == 0, what="the table to be forgotten")
    assert tables.rows("dynamodb_count") == 0


@pytest.mark.parametrize("environment, most", [(changes.NO_HURRY, ROWS_PER_RUN), (changes.ALWAYS_OVER, 1)])
def test_a_large_table_is_gone_at_once_and_its_items_in_bounded_runs(tables, environment, most):
    tables.create("orders")
    tables.put("orders", ["first"])
    tables.multiply(4 * ROWS_PER_RUN)
    tables.server.stop()
    changes.record(tables.server, removed="delete on dynamodb_item", run="delete on engine_timer")
    tables.server.environment = environment
    tables.server.start()
    tables.dynamodb.delete_table(TableName="orders")
    assert tables.dynamodb.list_tables()["TableNames"] == []
    tables.create("orders")
    assert tables.described("orders") == (0, 0)
    assert tables.scanned("orders") == []
    tables.put("orders", ["new"])
    orderly_server.wait_until(lambda: tables.rows() == 1, what="the old items to go")
    assert tables.scanned("orders") == ["new"]
    words = changes.recorded(tables.server)
    assert words.count("removed") == 4 * ROWS_PER_RUN + 1
    assert changes.largest_run(words, "removed", until="run") == most


def test_items_of_many_deleted_tables_go_in_one_run_after_the_other(tables):
    names = [tables.create(f"table-{i}") for i in range(5)]
    for name in names:
        tables.put(name, [f"id-{i}" for i in range(5)])
    for name in names[:4]:
        tables.dynamodb.delete_table(TableName=name)
    orderly_server.wait_until(lambda: tables.rows() == 5, what="the items to go")
    assert len(tables.scanned(names[4])) == 5


def test_removal_goes_on_after_a_restart(tables):
    tables.create("orders")
    tables.put("orders", ["first"])
    tables.multiply(8 * ROWS_PER_RUN)
    tables.dynamodb.delete_table(TableName="orders")
    tables.server.kill()
    tables.server.start()
    orderly_server.wait_until(lambda: tables.rows() == 0, what="the items to go")


def test_items_and_bytes_are_counted_by_every_kind_of_write(tables):
    tables.create("orders")
    tables.create("other")

    def size(text):
        return len("id") + len("a") + len("v") + len(text)

    def put(text, table="orders", **arguments):
        tables.dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}, "v": {"S": text}}, **arguments)

    def update(expression, **arguments):
        tables.dynamodb.update_item(
            TableName="orders", Key={"id": {"S": "a"}}, UpdateExpression=expression, **arguments
        )

    def delete():
        tables.dynamodb.delete_item(TableName="orders", Key={"id": {"S": "a"}})

    assert tables.described("orders") == (0, 0)
    delete()
    update("REMOVE v")
    assert tables.described("orders") == (0, 0)
    put("123")
    assert tables.described("orders") == (1, size("123"))
    put("456")
    assert tables.described("orders") == (1, size("456"))
    put("12345")
    assert tables.described("orders") == (1, size("12345"))
    update("SET v = :v", ExpressionAttributeValues={":v": {"S": "1"}})
    assert tables.described("orders") == (1, size("1"))
    with pytest.raises(tables.dynamodb.exceptions.ConditionalCheckFailedException):
        put("123456", ConditionExpression="attribute_not_exists(id)")
    assert tables.described("orders") == (1, size("1"))
    put("in the other table", table="other")
    tables.server.kill()
    tables.server.start()
    assert tables.described("orders") == (1, size("1"))
    assert tables.described("other") == (1, size("in the other table"))
    delete()
    assert tables.described("orders") == (0, 0)


def test_many_connections_count_exactly(tables):
    tables.create("orders")
    ids = [f"id-{i:03}" for i in range(300)]
    tables.put("orders", ids)
    tables.put("orders", ids)
    assert tables.described("orders") == (300, 300 * len("id" + ids[0]))


def test_a_key_has_one_item(tables):
    tables.create("orders")
    tables.put("orders", ["first"])
    with pytest.raises(sqlite3.IntegrityError, match="dynamodb_item.table_id, dynamodb_item.hash_key"):
        tables.change(
            """insert into dynamodb_item (table_id, hash_key, range_key, size_bytes, item)
            select table_id, hash_key, range_key, size_bytes, item from dynamodb_item"""
        )


# From a database of today to one before migration 4.
BEFORE_KEY_SCHEMAS = [
    "drop view dynamodb_whole_item",
    *(
        f"drop table dynamodb_{name}"
        for name in ("index", "index_attribute", "entry", "index_count", "gone_index", "collection", "backfill", "version", "backup", "backup_item", "copy", "stream", "shard",
                     "record", "expiry", "token", "image", "content", "swap")
    ),
    "alter table dynamodb_item drop column image_id",
    "drop index dynamodb_table_global",
    *(
        f"alter table dynamodb_table drop column {name}"
        for name in ("stream_id", "stream_view", "stream_label", "ttl_name", "ttl_changed_ms", "ttl_filling")
    ),
    *(
        f"alter table dynamodb_table drop column {name}"
        for name in ("status", "increased_ms", "decreased_ms", "decreases", "on_demand_ms", "class_ms", "warm_read_units",
                     "warm_write_units", "warming", "policy", "policy_revision", "recovery_ms", "recovery_days", "copies", "global_ms", "changing")
    ),
    "drop index dynamodb_item_key",
    "create index dynamodb_item_key on dynamodb_item (table_id, hash_key, range_key, size_bytes)",
    "drop table dynamodb_count",
    """create table dynamodb_count (table_id integer primary key, items integer, bytes integer,
    counted_items integer, counted_bytes integer, hash_key blob, range_key blob)""",
    "alter table dynamodb_table add column hash_name text",
    "alter table dynamodb_table add column hash_type text",
    "alter table dynamodb_table add column range_name text",
    "alter table dynamodb_table add column range_type text",
    "update dynamodb_table set (hash_name, hash_type) = (select name, type from dynamodb_key where table_id = id and kind = 'HASH')",
    "update dynamodb_table set (range_name, range_type) = (select name, type from dynamodb_key where table_id = id and kind = 'RANGE')",
    "drop table dynamodb_key",
    "update schema_version set version = 3 where name = 'dynamodb'",
]


def test_a_database_from_before_key_schemas_is_brought_up_to_date(tables):
    tables.create("orders")
    tables.create("empty")
    tables.dynamodb.create_table(
        TableName="lines",
        AttributeDefinitions=[
            {"AttributeName": "order", "AttributeType": "S"},
            {"AttributeName": "line", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "order", "KeyType": "HASH"}, {"AttributeName": "line", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tables.put("orders", ["a", "b", "c"])
    for line in ("2", "10", "1"):
        tables.dynamodb.put_item(TableName="lines", Item={"order": {"S": "a"}, "line": {"N": line}})
    names = ["empty", "lines", "orders"]
    before = [tables.dynamodb.describe_table(TableName=name)["Table"] for name in names]
    assert [table["ItemCount"] for table in before] == [0, 3, 3]
    tables.change(*BEFORE_KEY_SCHEMAS)
    assert [tables.dynamodb.describe_table(TableName=name)["Table"] for name in names] == before
    assert tables.scanned("orders") == ["a", "b", "c"]
    tables.put("orders", ["c", "d"])
    assert tables.described("orders")[0] == 4
    lines = tables.dynamodb.query(
        TableName="lines", KeyConditionExpression="#o = :a and line > :one",
        ExpressionAttributeNames={"#o": "order"}, ExpressionAttributeValues={":a": {"S": "a"}, ":one": {"N": "1"}},
    )
    assert [item["line"]["N"] for item in lines["Items"]] == ["2", "10"]


def test_a_database_from_before_scans_went_by_hash_is_brought_up_to_date(tables):
    tables.create("orders")
    ids = sorted(f"id-{i}" for i in range(50))
    tables.put("orders", ids)
    tables.change(
        *BEFORE_KEY_SCHEMAS,
        "drop index dynamodb_item_key",
        "update dynamodb_item set hash_key = substr(hash_key, 5)",
        "create index dynamodb_item_key on dynamodb_item (table_id, hash_key, range_key, size_bytes)",
        "drop table dynamodb_count",
        "drop table dynamodb_gone",
        "create table dynamodb_tag (table_id integer, name text, value text)",
        "update schema_version set version = 1 where name = 'dynamodb'",
        """insert into dynamodb_item (table_id, hash_key, range_key, size_bytes, item)
        select table_id + 1000, hash_key, range_key, size_bytes, item from dynamodb_item""",
    )
    assert tables.scanned("orders") == ids
    assert tables.dynamodb.get_item(TableName="orders", Key={"id": {"S": "id-7"}})["Item"] == {"id": {"S": "id-7"}}
    orderly_server.wait_until(lambda: tables.rows() == 50, what="what a deleted table has left to go")
    assert tables.described("orders")[0] == 50
    assert tables.rows("dynamodb_count") == 1


def test_segments_share_the_items_evenly_and_for_good(tables):
    tables.create("orders")
    ids = [f"order-{i * 7919 % 100000:05}" for i in range(400)]
    tables.put("orders", ids[:200])

    def segments():
        return [set(tables.scanned("orders", Segment=i, TotalSegments=4, Limit=7)) for i in range(4)]

    before = segments()
    assert sorted(one for segment in before for one in segment) == sorted(ids[:200])
    assert all(20 <= len(segment) <= 90 for segment in before)
    tables.put("orders", ids[200:])
    after = segments()
    assert sorted(one for segment in after for one in segment) == sorted(ids)
    assert all(old < new for old, new in zip(before, after))
    each = [tables.scanned("orders", Segment=i, TotalSegments=1_000_000) for i in (0, 999_999)]
    assert sum(map(len, each)) <= 4


def test_a_segment_of_a_scan_is_a_range_of_the_index(tables):
    plan = changes.rows(
        tables.server,
        """explain query plan select size_bytes, item from dynamodb_item
        where table_id = 1 and (hash_key, range_key) > (x'00', x'') and hash_key < x'01'
        order by hash_key, range_key""",
    )
    assert [row[3] for row in plan] == [
        "SEARCH dynamodb_item USING INDEX dynamodb_item_key "
        "(table_id=? AND (hash_key,range_key)>(?,?) AND hash_key<?)"
    ]


@pytest.mark.parametrize("size, fit", [(400 * 1024 - 50, 3), (100 * 1024 - 50, 11)])
def test_the_item_that_crosses_a_megabyte_belongs_to_the_page(tables, size, fit):
    tables.create("orders")
    for i in range(fit + 1):
        tables.dynamodb.put_item(
            TableName="orders", Item={"id": {"S": f"id-{i}"}, "payload": {"S": "x" * size}}
        )

    def page(**arguments):
        # A page also ends when its time is over, which a slow machine may reach first.
        return orderly_server.wait_until(
            lambda: (reply := tables.dynamodb.scan(TableName="orders", **arguments))["ScannedCount"] == fit and reply,
            what="a page that is full",
        )

    assert "LastEvaluatedKey" in page()
    last = page()["LastEvaluatedKey"]
    rest = orderly_server.wait_until(
        lambda: "LastEvaluatedKey" not in (reply := tables.dynamodb.scan(TableName="orders", ExclusiveStartKey=last)) and reply,
        what="a page whose time is not over",
    )
    assert rest["Count"] == 1
    nothing = page(FilterExpression="attribute_exists(nowhere)")
    assert nothing["Count"] == 0 and nothing["LastEvaluatedKey"] == last
