"""What a large table costs: GetItem and PutItem beside a small table, pages of 1 MB beside sqlite3 reading the same file,
and bytes on disk.

sqlite3 is Python's: it reads the blobs of the same items in the same order from the server's file, and does nothing with
them; the server also makes JSON of them, and sends it.
"""

import pathlib
import sqlite3
import statistics
import time

SMALL = 10_000
PEER_ITEMS = 200_000  # a peer's file grows by as much for each of them as for millions
BATCH = 25  # as bench-load batch-write
SEGMENTS = 256  # as bench-load scan
PAGE_BYTES = 2**20
PARTITION = "P"
PARTITION_ITEMS = 1200  # of 1 KB: more than a page
FAR_REQUESTS = 20_000
SQLITE_READS_BYTES = 64 * 2**20


def create_table(dynamodb, name, *keys):
    kinds = {"orderId": "S", "line": "N"}
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kinds[key]} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))])
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def database_bytes(folder):
    """The size of the database in that folder, whose last pages may still be in its log."""
    [path] = pathlib.Path(folder).glob("*.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return database.execute("pragma page_count").fetchone()[0] * database.execute("pragma page_size").fetchone()[0]


def peer_disk(peer, dynamodb, load, counted_bytes):
    """The row of a peer with a database of its own: bytes on disk of the same items, PEER_ITEMS of them."""
    create_table(dynamodb, "Large", "orderId")
    load(peer, "batch-write", "--table", "Large", "--connections", 8, "--count", SMALL // BATCH)
    before = database_bytes(peer.folder)
    load(peer, "batch-write", "--table", "Large", "--connections", 8, "--prefix", "more-", "--count", PEER_ITEMS // BATCH)
    return disk_row(peer.name, counted_bytes, (database_bytes(peer.folder) - before) / PEER_ITEMS)


def disk_row(name, counted_bytes, disk_bytes):
    return ["", name, f"{counted_bytes:.0f}", f"{disk_bytes:.0f}", f"{disk_bytes / counted_bytes:.2f}"]


class Items:
    """One server with a small table, a large one, and one with a large partition."""

    def __init__(self, target, dynamodb, load, count):
        self.target, self.dynamodb, self.load, self.count = target, dynamodb, load, count
        self.samples = {}
        self.tables = {"Small": SMALL, "Large": count}
        for name, items in self.tables.items():
            create_table(dynamodb, name, "orderId")
            before = self.file_bytes()
            load(target, "batch-write", "--table", name, "--connections", 8, "--count", items // BATCH)
        self.disk_bytes = (self.file_bytes() - before) / count
        self.counted_bytes = self.table_bytes("Large") / count
        self.fill_partition()

    def fill_partition(self):
        create_table(self.dynamodb, "Pages", "orderId", "line")
        lines = [{"orderId": {"S": PARTITION}, "line": {"N": str(line)}, "note": {"S": "x" * 1000}} for line in range(PARTITION_ITEMS)]
        for first in range(0, PARTITION_ITEMS, BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in lines[first : first + BATCH]]
            self.dynamodb.batch_write_item(RequestItems={"Pages": puts})

    def table_bytes(self, name):
        return self.dynamodb.describe_table(TableName=name)["Table"]["TableSizeBytes"]

    def database(self):
        [path] = pathlib.Path(self.target.server.data).glob("*.db")
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def file_bytes(self):
        return database_bytes(self.target.server.data)

    def sample(self, key, value):
        self.samples.setdefault(key, []).append(value)

    def median(self, *key):
        return statistics.median(self.samples[key])

    def run(self, seconds):
        for operation in ("get-far", "put-far"):
            for name, items in self.tables.items():
                arguments = ["--table", name, "--items", items, "--connections", 16, "--count", FAR_REQUESTS]
                self.sample((operation, name), self.load(self.target, operation, *arguments)["cpu_us_per_request"])
        for operation, name in (("query", "Pages"), ("scan", "Large")):
            page = self.page_bytes(name)
            arguments = ["--table", name, "--prefix", PARTITION, "--connections", 4, "--seconds", seconds]
            self.sample((operation,), self.load(self.target, operation, *arguments)["per_second"] * page / 1e6)
            self.sample((operation, "sqlite3"), self.sqlite_rate(name, page if operation == "query" else SQLITE_READS_BYTES))

    def page_bytes(self, name):
        """What one reply has: a whole page, or all of a segment that is smaller."""
        return min(PAGE_BYTES, self.table_bytes(name) / (SEGMENTS if name == "Large" else 1))

    def sqlite_rate(self, name, most_bytes):
        """MB/s, counted as DynamoDB counts the items' bytes."""
        with self.database() as database:
            [table] = database.execute("select id from dynamodb_table where name = ?", [name]).fetchone()
            query = "select size_bytes, item from dynamodb_item where table_id = ? order by hash_key, range_key"
            read, began = 0, time.perf_counter()
            for size, _ in database.execute(query, [table]):
                read += size
                if read >= most_bytes:
                    break
            return read / (time.perf_counter() - began) / 1e6

    def growth(self):
        for operation, shown in (("get-far", "GetItem"), ("put-far", "PutItem")):
            small, large = self.median(operation, "Small"), self.median(operation, "Large")
            yield [shown, self.target.name, f"{small:.1f}", f"{large:.1f}", f"{large / small:.2f}"]

    def pages(self):
        for operation, shown in (("query", "Query"), ("scan", "Scan in segments")):
            ours, theirs = self.median(operation), self.median(operation, "sqlite3")
            yield [shown, self.target.name, f"{ours:.0f}", f"{theirs:.0f}", f"{ours / theirs:.2f}"]

    def disk(self):
        return disk_row(self.target.name, self.counted_bytes, self.disk_bytes)
