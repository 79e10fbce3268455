"""DynamoDB: indexes of items with long keys, and their entries that are stored before their rows (swaps)."""

import concurrent.futures
import contextlib
import functools

import orderly_server
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from changes import ALWAYS_OVER, NO_HURRY, OwnServer, largest_run, under_way
from dynamodb_tables import has_filled_indexes

NAMES = ("id", "at", "kind", "sort")
GLOBAL, LOCAL = "by-kind", "by-sort"


def schema(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def index(name, *keys, projection="ALL"):
    return {"IndexName": name, "KeySchema": schema(*keys), "Projection": {"ProjectionType": projection}}


def place(item):
    return item["id"]["S"], item["at"]["S"]


class Table(OwnServer):
    @property
    def dynamodb(self):
        return self.client("dynamodb")

    def make(self, globals_=(index(GLOBAL, "kind", "sort"),), local=True):
        self.dynamodb.create_table(
            TableName="long", BillingMode="PAY_PER_REQUEST", KeySchema=schema("id", "at"),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in NAMES],
            GlobalSecondaryIndexes=list(globals_), **({"LocalSecondaryIndexes": [index(LOCAL, "id", "sort")]} if local else {}))

    def put(self, *items):
        for item in items:
            self.dynamodb.put_item(TableName="long", Item=item)

    def scanned(self, name=GLOBAL, **arguments):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName="long", IndexName=name, **arguments)
        return sorted((item for page in pages for item in page["Items"]), key=place)

    def queried(self, kind, size=None, forward=True):
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName="long", IndexName=GLOBAL, KeyConditionExpression="kind = :k", ScanIndexForward=forward,
            ExpressionAttributeValues={":k": {"S": kind}}, PaginationConfig={"PageSize": size})
        return [item for page in pages for item in page["Items"]]

    def selected(self, kind, size):
        arguments = {"Statement": f'SELECT * FROM "long"."{GLOBAL}" WHERE kind = ? ORDER BY sort',
                     "Parameters": [{"S": kind}], "Limit": size}
        items, token = [], {}
        while token is not None:
            reply = self.dynamodb.execute_statement(**arguments, **token)
            items += reply["Items"]
            token = {"NextToken": reply["NextToken"]} if "NextToken" in reply else None
        return items


@pytest.fixture
def own():
    table = Table()
    yield table
    table.end()


def item(id_, at, kind, sort):
    return {name: {"S": text} for name, text in zip(NAMES, (id_, at, kind, sort))}


# --- Places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shortens", [1, 0])  # 0: an index of a database from before
def test_items_with_keys_of_any_length_are_found_by_indexes(own, shortens):
    own.make()
    own.change(f"update dynamodb_index set shortens = {shortens}")
    lengths = (1, 128, 129, 2047)
    items = [item(f"{i}" + "i" * n, "a" * 1000 + letter, letter * n, f"{i % 3}" * 1024)
             for n in lengths for letter in "kl" for i in range(4)]
    own.put(*items)
    assert own.scanned() == own.scanned(LOCAL) == own.scanned(Limit=5) == sorted(items, key=place)
    for n in lengths:
        for kind in ("k" * n, "l" * n):
            wanted = sorted((one for one in items if one["kind"]["S"] == kind), key=place)
            found = own.queried(kind)
            assert sorted(found, key=place) == wanted and [one["sort"]["S"] for one in found] == sorted(one["sort"]["S"] for one in wanted)
            assert own.queried(kind, 1) == own.selected(kind, 1) == found
            assert own.queried(kind, 1, forward=False) == own.queried(kind, forward=False) == found[::-1]
    for one in items:
        own.put({**one, "kind": {"S": "m" * 2048}})
    assert len(own.queried("m" * 2048)) == len(own.scanned()) == len(items)
    for one in items:
        own.dynamodb.delete_item(TableName="long", Key={name: one[name] for name in ("id", "at")})
    assert own.scanned() == own.scanned(LOCAL) == [] and own.rows("select * from dynamodb_entry") == []


@pytest.mark.parametrize("length, stored", [(128, 4 + 128), (129, 4 + 129), (2048, 4 + 129)])
def test_the_place_of_an_entry_has_no_long_partition_key(own, length, stored):
    own.make()
    own.put(item("a", "b", "k" * length, "s"))
    [(hash_key,)] = own.rows(f"select hash_key from dynamodb_entry join dynamodb_index on index_id = id where name = '{GLOBAL}'")
    assert len(hash_key) == stored and hash_key[4:101] == b"k" * 97
    assert (hash_key[101:] == b"k" * (length - 97)) == (length == 128)


@pytest.mark.parametrize("length, stored", [(128 - 5, 128), (128 - 4, 129), (2048, 129)])  # 2 bytes end each key, and one is "b"
def test_the_place_of_an_entry_has_no_long_key_of_the_table(own, length, stored):
    own.make()
    own.put(item("i" * length, "b", "k", "s"))
    [(range_key,)] = own.rows(f"select range_key from dynamodb_entry join dynamodb_index on index_id = id where name = '{GLOBAL}'")
    assert range_key[:3] == b"s\0\1" and len(range_key) == 3 + stored


def test_a_database_from_before_keeps_whole_keys_in_its_indexes(own):
    own.make()
    own.put(item("i" * 200, "b", "k" * 200, "s"))
    own.change("delete from dynamodb_entry", "alter table dynamodb_index drop column shortens", "drop table dynamodb_swap",
               "drop view dynamodb_whole_item", "drop index dynamodb_table_global", "alter table dynamodb_table drop column global_ms",
               "alter table dynamodb_table drop column changing",
               "alter table dynamodb_stream drop column policy", "alter table dynamodb_stream drop column policy_revision",
               "update schema_version set version = 13 where name = 'dynamodb'")
    own.put(item("i" * 200, "c", "k" * 200, "s"))
    assert {len(key) for (key,) in own.rows("select hash_key from dynamodb_entry")} == {204}


# --- Swaps -----------------------------------------------------------------------------------------

COUNT = 45  # items whose new entries in 20 indexes have more than a megabyte
TWENTY = [index(f"index{i}", "kind", "sort") for i in range(20)]
ROWLESS = "select item_id from dynamodb_entry where item_id not in (select id from dynamodb_item)"
MISCOUNTED = """
    with entry(index_id, entries, bytes) as (
        select index_id, count(*), sum(size_bytes) from dynamodb_entry group by index_id)
    select index_id from dynamodb_index_count counted left join entry using (index_id)
    where counted.entries <> coalesce(entry.entries, 0) or counted.bytes <> coalesce(entry.bytes, 0)"""


def long_item(i, kind, **more):
    return {**item(f"{i:04}" * 512, f"{i:04}" * 256, f"{kind}{i:03}" * 512, f"{kind}{i:03}" * 256), **more}


def long_items(kind, count=COUNT, **more):
    return [long_item(i, kind, **more) for i in range(count)]


def key_of(item):
    return {name: item[name] for name in ("id", "at")}


def puts(items):
    return [{"Put": {"TableName": "long", "Item": one}} for one in items]


def deletes(items):
    return [{"Delete": {"TableName": "long", "Key": key_of(one)}} for one in items]


def transact(own, actions):
    own.dynamodb.transact_write_items(TransactItems=actions)


def wait_for_the_end(own):
    own.wait_for_no_rows("select id from dynamodb_swap")
    assert own.rows(ROWLESS) == own.rows(MISCOUNTED) == []


def check(own, items, indexes=("index0", "index19", LOCAL)):
    """All ways of reading find these items, also when all is done."""
    items = sorted(items, key=place)
    for _ in range(2):
        found = own.dynamodb.get_paginator("scan").paginate(TableName="long")
        assert sorted((one for page in found for one in page["Items"]), key=place) == items
        for name in indexes:
            assert own.scanned(name) == own.scanned(name, Limit=7) == items
        wait_for_the_end(own)
    table = own.dynamodb.describe_table(TableName="long")["Table"]
    assert {one["ItemCount"] for one in [table, *table["GlobalSecondaryIndexes"]]} == {len(items)}


@pytest.mark.parametrize("environment, least, most", [(NO_HURRY, 100, 420), (ALWAYS_OVER, 21, 21)])
def test_many_long_entries_are_stored_and_removed_in_bounded_runs(own, environment, least, most):
    own.make(TWENTY)
    transact(own, puts(long_items("a")))
    wait_for_the_end(own)
    own.restart_recording(environment, stored="insert on dynamodb_entry", swapped="delete on dynamodb_item",
                          removed="delete on dynamodb_entry", first="insert on engine_timer", run="update on engine_timer",
                          last="delete on engine_timer")
    transact(own, puts(long_items("b")))
    wait_for_the_end(own)
    words = [word if word in ("stored", "swapped", "removed") else "run" for word in own.stop_and_read()]
    assert words.count("stored") == words.count("removed") == 21 * COUNT and words.count("swapped") == COUNT
    assert [word for i, word in enumerate(words) if word != "run" and word not in words[:i]] == ["stored", "swapped", "removed"]
    assert "run" not in words[words.index("swapped"):words.index("swapped") + COUNT]
    assert "stored" not in words[words.index("swapped"):]
    for word in ("stored", "removed"):
        assert least <= largest_run(words, word, "run") <= most
    check(own, long_items("b"))


def test_a_run_ends_at_most_fifty_swaps(own):
    own.make(TWENTY)
    own.restart_recording(NO_HURRY, ended="delete on dynamodb_swap", first="insert on engine_timer",
                          run="update on engine_timer", last="delete on engine_timer")
    transact(own, puts(long_items("a", 100)))
    wait_for_the_end(own)
    words = [word if word == "ended" else "run" for word in own.stop_and_read()]
    assert words.count("ended") == 100 and largest_run(words, "ended", "run") == 50


def swaps_of_a_megabyte(kind, longer):
    """64 items; 32 of them cost a megabyte when they are moved if the sort keys of 25 are longer.

    Swapping an item with B bytes costs 2 B, and 2 for each byte of its entries in 16 indexes: 34 for a byte of its sort key.
    """
    return [item(f"{i:050}", "a" * 50, kind * 100, "s" * (753 if i % 32 < longer else 752)) for i in range(64)]


@pytest.mark.parametrize("longer, most", [(25, 32), (24, 33)])
def test_a_run_stores_and_ends_swaps_of_a_megabyte_and_one_more_when_bytes_are_left(own, longer, most):
    own.make(TWENTY[:16], local=False)
    transact(own, puts(swaps_of_a_megabyte("a", longer)))
    wait_for_the_end(own)
    own.restart_recording(NO_HURRY, stored="insert on dynamodb_swap", ended="delete on dynamodb_swap",
                          first="insert on engine_timer", run="update on engine_timer", last="delete on engine_timer")
    transact(own, puts(swaps_of_a_megabyte("b", longer)))
    wait_for_the_end(own)
    words = [word if word in ("stored", "ended") else "run" for word in own.stop_and_read()]
    assert words.count("stored") == words.count("ended") == 64
    assert largest_run(words, "stored", "run") == largest_run(words, "ended", "run") == most


@pytest.mark.parametrize("more, swapped", [("", []), ("s", ["swap"] * 64)])
def test_a_megabyte_of_entries_is_stored_in_one_run_and_a_little_more_is_not(own, more, swapped):
    own.make(TWENTY[:16], local=False)
    # An entry has 4 bytes before the partition key, and 2 after each other one.
    items = [item(f"{i:050}", "a" * 50, "k" * 100, "s" * 814) for i in range(64)]
    items[0]["sort"]["S"] += more
    own.restart_recording(NO_HURRY, swap="insert on dynamodb_swap")
    transact(own, puts(items))
    assert own.stop_and_read() == swapped


def test_items_are_put_moved_resized_and_deleted_by_swaps(own):
    own.make(TWENTY)
    a, b = long_items("a"), long_items("b", text={"S": "b"})
    transact(own, puts(a))
    check(own, a)
    transact(own, puts(b))
    check(own, b)
    resized = [{**one, "text": {"S": "resized"}} for one in b]
    transact(own, [{"Update": {"TableName": "long", "Key": key_of(one), "UpdateExpression": "SET #t = :t",
                               "ExpressionAttributeNames": {"#t": "text"},
                               "ExpressionAttributeValues": {":t": one["text"]}}} for one in resized])
    assert {count for count, in own.rows("select count(*) from dynamodb_item where table_id > 0 and id > 0")} == {0}
    check(own, resized)
    transact(own, deletes(resized[:40]) + puts([long_item(i, "c") for i in range(40, 80)]))
    left = [long_item(i, "c") for i in range(40, 80)]
    check(own, left)
    own.put(*a[:2])
    own.put(long_item(50, "d"))
    own.dynamodb.delete_item(TableName="long", Key=key_of(long_item(51, "c")))
    check(own, [*a[:2], long_item(50, "d"), *(one for one in left if one["id"]["S"][:4] not in ("0050", "0051"))])


def test_a_batch_and_statements_swap_rows_too(own):
    own.make(TWENTY)
    items = [item(f"{i:04}" * 512, f"{i:04}" * 256, "k" * 2048, "s" * 1024) for i in range(25)]
    for kind in "ab":  # each moves entries of more than a megabyte
        items = [{**one, "kind": {"S": kind * 2048}, "sort": {"S": kind * 1024}} for one in items]
        own.dynamodb.batch_write_item(RequestItems={"long": [{"PutRequest": {"Item": one}} for one in items]})
    assert {row < 0 for row, in own.rows("select id from dynamodb_item where table_id > 0")} == {True}
    check(own, items)
    moved = [{**one, "kind": {"S": "c"}} for one in items]
    own.dynamodb.execute_transaction(TransactStatements=[
        {"Statement": 'UPDATE "long" SET kind = ? WHERE id = ? AND "at" = ?', "Parameters": [one["kind"], one["id"], one["at"]]}
        for one in moved])
    check(own, moved)


def test_a_query_of_an_index_continues_among_swapped_rows(own):
    own.make([index(GLOBAL, "kind", "sort"), *TWENTY[:19]])
    items = [{**long_item(i, "a"), "kind": {"S": "k"}, "sort": {"S": f"{i // 5:03}" + "s" * 1000}} for i in range(COUNT)]
    transact(own, puts(items))
    own.put(*({**one, "text": {"S": "x"}} for one in items[::2]))
    own.put({**long_item(100, "a"), "kind": {"S": "k"}, "sort": {"S": "004" + "s" * 1000}})
    found = own.queried("k")
    assert len(found) == COUNT + 1 and [one["sort"]["S"] for one in found] == sorted(one["sort"]["S"] for one in found)
    for size in (1, 3):
        assert own.queried("k", size) == own.selected("k", size) == found
        assert own.queried("k", size, forward=False) == found[::-1]


def test_nobody_sees_half_of_a_swap(own):
    own.make([index("index0", "kind", "sort", projection="KEYS_ONLY"), *TWENTY[1:]])
    transact(own, puts(long_items("a")))
    own.server.stop()
    own.server.environment = ALWAYS_OVER
    own.server.start()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        sent = pool.submit(lambda: [transact(own, puts(long_items(kind))) for kind in "bcb"])
        seen = set()
        while not sent.done():
            read = Table.client(own, "dynamodb").scan(TableName="long", IndexName="index0")
            assert read["Count"] == read["ScannedCount"] == COUNT and "LastEvaluatedKey" not in read
            kinds = {one["kind"]["S"][0] for one in read["Items"]}
            assert len(kinds) == 1
            seen |= kinds
        sent.result()
    assert len(seen) > 1
    check(own, long_items("b"))


def test_a_kill_among_swaps_loses_nothing_and_leaves_nothing(own):
    own.make(TWENTY)
    transact(own, puts(long_items("a")))
    wait_for_the_end(own)
    own.server.stop()
    own.server.environment = ALWAYS_OVER
    own.server.start()
    for wanted in ("select id from dynamodb_swap", "select id from dynamodb_swap limit 1 offset 40"):
        with under_way(own, wanted, *(functools.partial(transact, own, puts(long_items(kind))) for kind in "ba")) as sent:
            own.server.kill()
            with contextlib.suppress(ClientError, BotoCoreError):
                sent.result()
        own.server.start()
        found = own.scanned("index0")
        assert found in (long_items("a"), long_items("b"))
        own.advance(120)
        check(own, found)


def test_what_changes_meanwhile_is_kept(own):
    """Single writes and deletes, and transactions about the same items, while others' entries are being stored."""
    own.make(TWENTY)
    own.server.stop()
    own.server.environment = ALWAYS_OVER
    own.server.start()
    transact(own, puts(long_items("a", times={"N": "0"})))

    def add(kind):
        client, done = Table.client(own, "dynamodb"), 0
        for _ in range(3):
            with contextlib.suppress(client.exceptions.TransactionCanceledException):
                client.transact_write_items(TransactItems=[
                    {"Update": {"TableName": "long", "Key": key_of(one), "UpdateExpression": "SET kind = :k, sort = :s ADD #c :one",
                                "ExpressionAttributeNames": {"#c": "times"},
                                "ExpressionAttributeValues": {":k": one["kind"], ":s": one["sort"], ":one": {"N": "1"}}}}
                    for one in long_items(kind)])
                done += 1
        return done

    def touch(ids):
        client = Table.client(own, "dynamodb")
        for i in ids:
            key = key_of(long_item(i, "a"))
            client.update_item(TableName="long", Key=key, UpdateExpression="SET extra = :x", ExpressionAttributeValues={":x": {"S": "x"}})
        return 0

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        others = [pool.submit(touch, range(0, COUNT, 2))]
        done = sum(pool.map(add, "bc"))
        assert [one.result() for one in others] == [0] and done > 0
    found = sorted((one for page in own.dynamodb.get_paginator("scan").paginate(TableName="long") for one in page["Items"]), key=place)
    assert {one["times"]["N"] for one in found} == {str(done)} and len({one["kind"]["S"][0] for one in found}) == 1
    own.advance(120)
    check(own, found)


def test_no_new_row_has_the_id_of_a_swapped_one(own):
    own.make(TWENTY)
    own.put(*long_items("a"))
    [(most,)] = own.rows("select max(id) from dynamodb_item")
    transact(own, deletes(long_items("a")))
    own.put(item("new", "b", "k", "s"))
    assert own.rows(f"select id > {most} from dynamodb_item where table_id > 0") == [(1,)]
    check(own, [item("new", "b", "k", "s")])


def test_an_entry_of_a_row_that_is_gone_makes_room(own):
    own.make(TWENTY)
    own.put(long_item(1, "a"))
    own.change("update dynamodb_entry set item_id = 1000", "delete from dynamodb_item where table_id > 0",
               "update dynamodb_count set items = 0, bytes = 0", "update dynamodb_index_count set entries = 0, bytes = 0")
    assert own.scanned("index0") == []
    own.put(long_item(1, "a"))
    check(own, [long_item(1, "a")])


def test_swapped_items_expire(own):
    own.make(TWENTY)
    own.dynamodb.update_time_to_live(TableName="long", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
    transact(own, puts(long_items("a", ends={"N": "4000000000"})))
    transact(own, puts(long_items("b", ends={"N": "1700000000"})))
    orderly_server.wait_until(lambda: not own.scanned("index0"), what="expiry")
    assert own.rows("select * from dynamodb_expiry") == []
    check(own, [])


@pytest.mark.parametrize("reached", [0, 20])
def test_an_index_is_filled_while_rows_are_swapped(own, reached):
    own.make(TWENTY[:19])
    own.put(*long_items("a"))
    own.server.stop()
    own.server.environment = ALWAYS_OVER
    own.server.start()
    own.dynamodb.update_table(
        TableName="long", AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in NAMES],
        GlobalSecondaryIndexUpdates=[{"Create": TWENTY[19]}])
    filled = "select count(*) from dynamodb_entry join dynamodb_index on id = index_id where name = 'index19'"
    orderly_server.wait_until(lambda: own.rows(filled)[0][0] >= reached, what="entries")
    transact(own, puts(long_items("b")))
    own.put(*long_items("c")[::3])
    orderly_server.wait_until(lambda: has_filled_indexes(own.dynamodb, "long"), what="the index")
    check(own, [long_item(i, "b" if i % 3 else "c") for i in range(COUNT)])


def test_swaps_of_a_deleted_table_end(own):
    own.make(TWENTY)
    own.server.stop()
    own.server.environment = ALWAYS_OVER
    own.server.start()
    with under_way(own, "select 1 from dynamodb_swap",
                   *(functools.partial(transact, own, puts(long_items(kind))) for kind in "ab")) as sent:
        with contextlib.suppress(ClientError):
            Table.client(own, "dynamodb").delete_table(TableName="long")
        with contextlib.suppress(ClientError):
            sent.result()
    own.advance(120)
    own.wait_for_no_rows("select id from dynamodb_swap")
    own.wait_for_no_rows("select item_id from dynamodb_entry")
