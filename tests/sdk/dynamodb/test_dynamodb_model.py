"""All ways of writing beside the model: one item, batches, transactions, PartiQL, time to live, over kills.

The items equal the model's, each index equals a scan, the stream replayed gives the table, and the counts are exact, also
those of the rows that share a large item.
A write that was under way when the server was killed is sent again: it is done once.
"""

import collections
import threading
import uuid

import orderly_server
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from changes import rows
from dynamodb_model import TYPES, World, sorted_items
from images import MISCOUNTED

ROUNDS, STEPS, INDEXES = 8, 40, 3
HOUR = 3600
NAMES = [*TYPES, "f", "g"]
CODES = {
    "ConditionalCheckFailedException": "condition", "ConditionalCheckFailed": "condition",
    "DuplicateItemException": "condition", "DuplicateItem": "condition",
    "ValidationException": "invalid", "ValidationError": "invalid", "None": None,
}


class Write:
    """A put, an update or a delete of one item, as each operation writes it, and what it does to the model."""

    def __init__(self, world):
        self.world, self.key = world, world.random_key()
        dice = world.dice
        self.kind = dice.choice(["Put", "Put", "Update", "Update", "Delete"])
        self.condition = dice.choice([None, None, "exists", "absent", "equal"])
        self.changes = world.random_attributes()
        if self.kind == "Update":
            self.changes = self.changes or {"f": {"S": "x"}}
        if dice.random() < 0.3:
            self.changes["ttl"] = {"N": str(world.later(dice.randint(1, 12)))}
        before = world.items.get(str(self.key), {})
        if before and dice.random() < 0.1:  # as it is
            self.kind, self.changes = "Put", {name: value for name, value in before.items() if name not in self.key}
        self.removed = [name for name in [*NAMES, "ttl"] if name not in self.changes and dice.random() < 0.2]
        self.wanted = before.get("f", {"S": "x"})

    # --- What it does ---

    def holds(self, before):
        return {None: True, "exists": before is not None, "absent": before is None,
                "equal": before is not None and before.get("f") == self.wanted}[self.condition]

    def outcome(self, before):
        """Why it is refused, or None; and the item after it."""
        if self.kind == "Put":
            after = {**self.key, **self.changes}
            if not self.world.may_change({}, after):
                return "invalid", before
            return (None, after) if self.holds(before) else ("condition", before)
        if not self.holds(before):
            return "condition", before
        if self.kind == "Delete":
            return None, None
        old = before or {}
        after = {**self.key, **{name: value for name, value in old.items() if name not in self.removed}, **self.changes}
        after["count"] = {"N": str(int(old.get("count", {"N": "0"})["N"]) + 1)}
        return (None, after) if self.world.may_change(old, after) else ("invalid", before)

    # --- How it is written ---

    def arguments(self):
        found = {"TableName": "model", **({"Item": {**self.key, **self.changes}} if self.kind == "Put" else {"Key": self.key})}
        values = {}
        if self.kind == "Update":
            texts = ["SET " + ", ".join(f"#{name} = :{name}" for name in self.changes), "ADD #count :one"]
            if self.removed:
                texts.append("REMOVE " + ", ".join(f"#{name}" for name in self.removed))
            found["UpdateExpression"] = " ".join(texts)
            found["ExpressionAttributeNames"] = {f"#{name}": name for name in [*self.changes, *self.removed, "count"]}
            values = {":one": {"N": "1"}, **{f":{name}": value for name, value in self.changes.items()}}
        if self.condition:
            found["ConditionExpression"] = {
                "exists": "attribute_exists(id)", "absent": "attribute_not_exists(id)", "equal": "f = :wanted"}[self.condition]
        if self.condition == "equal":
            values[":wanted"] = self.wanted
        return {**found, "ExpressionAttributeValues": values} if values else found

    def statement(self):
        """The same in PartiQL, whose INSERT, UPDATE and DELETE have conditions of their own."""
        where, keys = 'WHERE "id" = ? AND "at" = ?', [self.key["id"], self.key["at"]]
        if self.kind == "Put":
            item = {**self.key, **self.changes}
            self.condition = "absent"
            return {"Statement": 'INSERT INTO "model" VALUE {' + ", ".join(f"'{name}': ?" for name in item) + "}",
                    "Parameters": list(item.values())}
        self.condition = self.condition if self.condition == "equal" else "exists" if self.kind == "Update" else None
        extra, wanted = (" AND f = ?", [self.wanted]) if self.condition == "equal" else ("", [])
        if self.kind == "Delete":
            return {"Statement": f'DELETE FROM "model" {where}{extra}', "Parameters": keys + wanted}
        self.removed = [name for name in self.removed if name in self.world.items.get(str(self.key), {})]
        sets = " ".join(f'SET "{name}" = ?' for name in self.changes)
        counted = self.world.items.get(str(self.key), {}).get("count", {"N": "0"})
        removes = "".join(f' REMOVE "{name}"' for name in self.removed)
        return {"Statement": f'UPDATE "model" {sets} SET "count" = ?{removes} {where}{extra}',
                "Parameters": [*self.changes.values(), {"N": str(int(counted["N"]) + 1)}, *keys, *wanted]}


def reasons_of(writes, problems):
    """The reasons of a transaction: a put whose keys do not fit, of tables or indexes, is the only one, and the first."""
    unfit = [i for i, write in enumerate(writes) if write.kind == "Put" and problems[i] == "invalid"]
    return [problem if not unfit or i == unfit[0] else None for i, problem in enumerate(problems)]


def code_of(error):
    return CODES[error.response["Error"]["Code"]]


class Mixed(World):
    def __init__(self, seed):
        super().__init__(seed, INDEXES, StreamSpecification={
            "StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        self.began_s = self.now_ms() // 1000
        self.dynamodb.update_time_to_live(
            TableName="model", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        self.dynamodb.update_continuous_backups(
            TableName="model", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        self.arn = self.described()["LatestStreamArn"]
        self.replayed, self.last, self.hours = {}, "", 0
        self.done = collections.Counter()

    def now_ms(self):
        return self.server.advance_clock(0)

    def later(self, hours):
        """Half an hour after a full hour since the beginning: it passes only when the clock is moved; never ends with 0."""
        return (self.began_s + (self.hours + hours) * HOUR + HOUR // 2) // 10 * 10 + 1

    def keep(self, write, after):
        self.items.pop(str(write.key), None)
        if after is not None:
            self.items[str(write.key)] = after

    def before(self, write):
        return self.items.get(str(write.key))

    def several(self, most):
        """Writes of different items."""
        found = {str(write.key): write for write in (Write(self) for _ in range(self.dice.randint(1, most)))}
        return list(found.values())

    # --- Steps -----------------------------------------------------------------------------------

    def one(self, send=None, write=None):
        write = write or Write(self)
        send = send or (lambda: getattr(self.dynamodb, f"{write.kind.lower()}_item")(**write.arguments()))
        problem, after = write.outcome(self.before(write))
        try:
            send()
        except ClientError as error:
            assert code_of(error) == problem, (error, write.arguments())
        else:
            assert problem is None, write.arguments()
        self.keep(write, after)

    def statement(self):
        write = Write(self)
        statement = write.statement()
        self.one(lambda: self.dynamodb.execute_statement(**statement), write)

    def statements(self):
        """BatchExecuteStatement: each by itself."""
        writes = self.several(4)
        replies = self.dynamodb.batch_execute_statement(Statements=[write.statement() for write in writes])["Responses"]
        for write, reply in zip(writes, replies):
            problem, after = write.outcome(self.before(write))
            assert CODES[reply.get("Error", {"Code": "None"})["Code"]] == problem, (reply, write.statement())
            self.keep(write, after)

    def batch(self):
        writes = [write for write in self.several(6) if write.kind != "Update"]
        for write in writes:
            write.condition = None
        outcomes = [write.outcome(self.before(write)) for write in writes]
        requests = [{"PutRequest": {"Item": {**write.key, **write.changes}}} if write.kind == "Put"
                    else {"DeleteRequest": {"Key": write.key}} for write in writes]
        if not writes:
            return
        refused = any(problem for problem, _ in outcomes)
        try:
            reply = self.dynamodb.batch_write_item(RequestItems={"model": requests})
        except ClientError as error:
            assert refused and code_of(error) == "invalid"
            return
        assert not refused and not reply["UnprocessedItems"]
        for write, (_, after) in zip(writes, outcomes):
            self.keep(write, after)

    def transact(self, send=None):
        writes = self.several(4)
        token = uuid.UUID(int=self.dice.getrandbits(128)).hex
        outcomes = [write.outcome(self.before(write)) for write in writes]
        actions = [{write.kind: write.arguments()} for write in writes]
        request = {"TransactItems": actions, "ClientRequestToken": token}
        problems = reasons_of(writes, [problem for problem, _ in outcomes])
        for _ in range(self.dice.choice([1, 1, 2])):  # twice: done once
            try:
                (send or self.dynamodb.transact_write_items)(**request)
            except ClientError as error:
                reasons = error.response["CancellationReasons"]
                assert [CODES[reason["Code"]] for reason in reasons] == problems, (error, actions)
            else:
                assert not any(problems), actions
            send = None
        if not any(problems):
            for write, (_, after) in zip(writes, outcomes):
                self.keep(write, after)

    def pass_hours(self):
        """Items expire; the stream keeps a day."""
        self.hours += self.dice.randint(1, 3)
        self.server.advance_clock(self.began_s + self.hours * HOUR - self.now_ms() / 1000 + HOUR * 0.75)
        now_s = self.now_ms() // 1000
        for key, item in list(self.items.items()):
            if "ttl" in item and int(item["ttl"]["N"]) < now_s:
                del self.items[key]
        orderly_server.wait_until(lambda: self.described()["ItemCount"] == len(self.items), what="expiry")

    def killed(self):
        """The server is killed while a transaction is under way, and the client sends it again."""
        def send(**request):
            def first():
                try:
                    self.client("dynamodb").transact_write_items(**request)
                except (ClientError, BotoCoreError):
                    pass  # refused, or the server was gone

            sender = threading.Thread(target=first)
            sender.start()
            sender.join(self.dice.random() * 0.02)
            self.restart()
            sender.join()
            self.dynamodb.transact_write_items(**request)

        self.transact(send)

    def step(self):
        step = self.dice.choices(
            [self.one, self.statement, self.statements, self.batch, self.transact, self.pass_hours, self.killed, self.restart],
            [12, 4, 3, 4, 5, 0.8, 0.8, 0.8])[0]
        step()
        self.done[step.__name__] += 1

    # --- The stream ------------------------------------------------------------------------------

    def records(self):
        """Those that have not been read before, in order."""
        streams = self.client("dynamodbstreams")
        for shard in streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=self.arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while iterator:
                reply = streams.get_records(ShardIterator=iterator)
                new = [record for record in reply["Records"] if record["dynamodb"]["SequenceNumber"] > self.last]
                yield from new
                iterator = reply.get("NextShardIterator") if reply["Records"] else None

    def replay(self):
        for record in self.records():
            change = record["dynamodb"]
            key, old, new = str(change["Keys"]), change.get("OldImage"), change.get("NewImage")
            assert self.replayed.get(key) == old
            assert record["eventName"] == ("INSERT" if not old else "MODIFY" if new else "REMOVE") and old != new
            self.replayed.pop(key, None)
            if new:
                self.replayed[key] = new
            self.last = change["SequenceNumber"]

    def check(self):
        super().check()
        self.replay()
        assert rows(self.server, MISCOUNTED) == []
        assert sorted(map(repr, map(sorted_items, self.replayed.values()))) == sorted(
            map(repr, map(sorted_items, self.items.values())))


@pytest.mark.parametrize("seed", range(3))
def test_all_ways_of_writing_give_what_the_model_gives(seed):
    world = Mixed(seed)
    try:
        for _ in range(ROUNDS):
            for _ in range(STEPS):
                world.step()
            world.check()
        assert len(world.done) == 8, world.done  # every kind of step
        assert rows(world.server, "select count(*) from dynamodb_image where uses > 1") > [(0,)]
        world.server.stop()
    finally:
        world.close()
