"""The worst requests to DynamoDB: items of 400 KB in every shape, expressions of 4 KB about them, pages of a
megabyte."""

import concurrent.futures
import re
import time
import uuid

TABLE, SMALL, INDEXED = "worst", "worst-small", "worst-indexed"
KEY = {"id": {"S": "a"}}
NULL = {"NULL": True}
QUESTIONS = 150


def make_table(dynamodb, name=TABLE, sort=False):
    keys = ["id"] + (["at"] if sort else [])
    try:
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))],
            BillingMode="PAY_PER_REQUEST",
        )
    except dynamodb.exceptions.ResourceInUseException:
        pass


def nulls(count):
    return {"L": [NULL] * count}


def many_attributes(count=57_000):
    return {f"x{i}": NULL for i in range(count)}


def numbers(count=90_000, step=1):
    return {"NS": [str(i) for i in range(count)][::step]}


def texts(count=60_000, step=1):
    return {"SS": [f"x{i}" for i in range(count)][::step]}


def nested(levels=31):
    value = nulls(150_000)
    for _ in range(levels - 1):
        value = {"M": {"m": value}}
    return value


def item(**attributes):
    """Makes the table and puts that item."""

    def prepare(dynamodb):
        make_table(dynamodb)
        dynamodb.put_item(TableName=TABLE, Item={**KEY, **attributes})

    return prepare


def put(**attributes):
    return lambda dynamodb: dynamodb.put_item(TableName=TABLE, Item={**KEY, **attributes})


def update(expression, **arguments):
    return lambda dynamodb: dynamodb.update_item(TableName=TABLE, Key=KEY, UpdateExpression=expression, **arguments)


def when(condition, **values):
    """A write that changes nothing, if the condition holds."""
    given = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
    return lambda dynamodb: dynamodb.update_item(TableName=TABLE, Key=KEY, ConditionExpression=condition, **given)


def repeated(one, separator, count):
    return separator.join(one.replace("%", str(100_000 + i)) for i in range(count))


def questions(value):
    """(a condition of many false contains(c, …), their values)"""
    return repeated("contains(c,:v%)", " OR ", QUESTIONS), {f"v{100_000 + i}": value(i) for i in range(QUESTIONS)}


def asked(value):
    condition, values = questions(value)
    return when(f"NOT ({condition})", **values)


def filtered(read, value, **arguments):
    condition, values = questions(value)
    return lambda dynamodb: getattr(dynamodb, read)(
        **{**arguments, "FilterExpression": condition,
           "ExpressionAttributeValues": {**arguments.get("ExpressionAttributeValues", {}),
                                         **{f":{name}": value for name, value in values.items()}}})


def large_items(dynamodb):
    make_table(dynamodb, "worst-pages", sort=True)
    for i in range(4):
        dynamodb.put_item(TableName="worst-pages", Item={**KEY, "at": {"S": str(i)}, "c": {"S": "ab" * 190_000}})


def small_items(dynamodb, count=20_000):
    make_table(dynamodb, SMALL)
    if dynamodb.scan(TableName=SMALL, Limit=1)["Count"]:
        return
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: dynamodb.put_item(TableName=SMALL, Item={"id": {"S": f"{i:06}"}}), range(count)))


BATCH_KEYS = [{"id": {"S": f"{i}"}} for i in range(42)]


def batch_of(count=len(BATCH_KEYS), **attributes):
    """Makes large items, by default as many as a BatchGetItem takes."""

    def make(dynamodb):
        make_table(dynamodb, "worst-batch")
        for key in BATCH_KEYS[:count]:
            dynamodb.put_item(TableName="worst-batch", Item={**key, **attributes})

    return make


def batch_put(count, **attributes):
    requests = [{"PutRequest": {"Item": {**key, **attributes}}} for key in BATCH_KEYS[:count]]
    return lambda dynamodb: dynamodb.batch_write_item(RequestItems={"worst-batch": requests})


def transact_get(count):
    gets = [{"Get": {"TableName": "worst-batch", "Key": key}} for key in BATCH_KEYS[:count]]
    return lambda dynamodb: dynamodb.transact_get_items(TransactItems=gets)


def transact_write(*actions):
    """The transaction of those actions, each with a key of its own."""
    items = [{kind: {"TableName": "worst-batch", **part(key)}} for key, (kind, part) in zip(BATCH_KEYS, actions)]
    return lambda dynamodb: dynamodb.transact_write_items(TransactItems=items)


def transact_put(count, **attributes):
    return transact_write(*[("Put", lambda key: {"Item": {**key, **attributes}})] * count)


def transact_asked(count):
    """Each action asks QUESTIONS of its item."""
    condition, values = questions(lambda i: {"S": "a" * 250 + f"b{i}"})
    asked = {"ConditionExpression": f"NOT ({condition})", "ExpressionAttributeValues": {f":{n}": v for n, v in values.items()}}
    return transact_write(*[("ConditionCheck", lambda key: {"Key": key, **asked})] * count)


def batch_get(**arguments):
    return lambda dynamodb: dynamodb.batch_get_item(RequestItems={"worst-batch": {"Keys": BATCH_KEYS, **arguments}})


def query(**arguments):
    return {"TableName": "worst-pages", "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": "a"}}, **arguments}


def definitions(dynamodb):
    dynamodb.create_table(
        TableName="worst-definitions", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": f"a{i}", "AttributeType": "S"} for i in range(100_000)])


def large_table_again(dynamodb):
    """Several requests: a table is filled, and deleted with its items."""
    small_items(dynamodb, 2_000)
    dynamodb.delete_table(TableName=SMALL)


def index(name, key="kind", **projection):
    return {"IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "Projection": projection or {"ProjectionType": "ALL"}}


def indexed_table(dynamodb):
    """A table with as many indexes as possible, each of them with attributes of its own."""
    try:
        dynamodb.create_table(
            TableName=INDEXED, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
            GlobalSecondaryIndexes=[
                index(f"index{i}", ProjectionType="INCLUDE", NonKeyAttributes=[f"x{i * 5 + j}" for j in range(5)])
                for i in range(20)])
    except dynamodb.exceptions.ResourceInUseException:
        pass


def put_indexed(dynamodb):
    """Two requests, so that each entry is moved."""
    for kind in "ab":
        dynamodb.put_item(TableName=INDEXED, Item={**many_attributes(), "id": {"S": "1"}, "kind": {"S": kind}})


SHARED = "worst-shared"


def table_of_shared(dynamodb):
    """A table whose 20 indexes all project the same attribute."""
    try:
        dynamodb.create_table(
            TableName=SHARED, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
            GlobalSecondaryIndexes=[
                index(f"index{i}", ProjectionType="INCLUDE", NonKeyAttributes=["c"]) for i in range(20)])
    except dynamodb.exceptions.ResourceInUseException:
        pass


def put_shared(count):
    items = [{**key, "kind": {"S": "a"}, "c": numbers(70_000)} for key in BATCH_KEYS[:count]]
    return lambda dynamodb: dynamodb.batch_write_item(
        RequestItems={SHARED: [{"PutRequest": {"Item": item}} for item in items]})


def moved(write, items_of):
    """Two requests, so that each entry is moved: the item is a map that 20 indexes include."""
    kinds = {kind: items_of(kind) for kind in "ab"}

    def request(dynamodb):
        for items in kinds.values():
            getattr(dynamodb, write)(**items)

    return request


def large_maps(kind):
    return [{**key, "kind": {"S": kind}, "c": {"M": many_attributes(45_000)}} for key in BATCH_KEYS[:9]]


def maps_of_batch(kind):
    return {"RequestItems": {SHARED: [{"PutRequest": {"Item": item}} for item in large_maps(kind)]}}


def maps_of_transaction(kind):
    return {"TransactItems": [{"Put": {"TableName": SHARED, "Item": item}} for item in large_maps(kind)]}


def maps_of_statements(kind):
    return {"TransactStatements": [{"Statement": f"UPDATE \"{SHARED}\" SET kind = ? WHERE id = ?", "Parameters": [{"S": kind}, key["id"]]}
                                   for key in BATCH_KEYS[:9]]}


def table_of_maps(dynamodb):
    table_of_shared(dynamodb)
    dynamodb.batch_write_item(**maps_of_batch("a"))


def table_of_expiring(dynamodb):
    table_of_shared(dynamodb)
    try:
        dynamodb.update_time_to_live(TableName=SHARED, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
    except dynamodb.exceptions.ClientError:
        pass  # it has been enabled


def put_expired(dynamodb):
    """Items that a timer deletes at once, with their entries in 20 indexes."""
    ends = {"N": str(int(time.time()) - 60)}
    items = [{"id": {"S": str(uuid.uuid4())}, "kind": {"S": "a"}, "ends": ends, "c": {"M": many_attributes(15_000)}} for _ in range(25)]
    dynamodb.batch_write_item(RequestItems={SHARED: [{"PutRequest": {"Item": item}} for item in items]})


COPIED = [f"worst-copied-{i}" for i in range(25)]


def copying_tables(count):
    """Tables that store each change many times: 20 indexes, a stream with both images, and what was before."""

    def make(dynamodb):
        for name in COPIED[:count]:
            try:
                dynamodb.create_table(
                    TableName=name, BillingMode="PAY_PER_REQUEST",
                    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
                    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                    GlobalSecondaryIndexes=[index(f"index{i}") for i in range(20)])
            except dynamodb.exceptions.ResourceInUseException:
                continue
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})

    return make


def text_of_kind(kind, key, size):
    return {"id": {"S": str(key)}, "kind": {"S": kind}, "c": {"S": kind * size}}


def copied_transaction(size):
    """Of 100 items, each with a condition."""
    condition = {"ConditionExpression": "NOT contains(c, :v)", "ExpressionAttributeValues": {":v": {"S": "z"}},
                 "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return lambda kind: {"TransactItems": [
        {"Put": {"TableName": COPIED[0], "Item": text_of_kind(kind, i, size), **condition}} for i in range(100)]}


def copied_batch(kind):
    """Of an item in each of 25 tables."""
    return {"RequestItems": {name: [{"PutRequest": {"Item": text_of_kind(kind, 1, 160_000)}}] for name in COPIED}}


LONG_KEYS = "worst-long-keys"


def table_of_long_keys(dynamodb):
    """A table with 20 indexes whose entries have as long keys as possible."""
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("kind", "HASH"), ("sort", "RANGE"))]
    try:
        dynamodb.create_table(
            TableName=LONG_KEYS, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "kind", "sort")],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {"IndexName": f"index{i}", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}} for i in range(20)])
    except dynamodb.exceptions.ResourceInUseException:
        pass


def long_keys(kind, count):
    texts = {"id": "{i:04}" * 512, "at": "{i:04}" * 256, "kind": "{kind}{i:03}" * 512, "sort": "{kind}{i:03}" * 256}
    return [{name: {"S": text.format(i=i, kind=kind)} for name, text in texts.items()} for i in range(count)]


def long_keys_of_transaction(kind):
    return {"TransactItems": [{"Put": {"TableName": LONG_KEYS, "Item": item}} for item in long_keys(kind, 100)]}


def resized_by_transaction(kind):
    """Every entry stays in its place and has another size."""
    return {"TransactItems": [{"Put": {"TableName": LONG_KEYS, "Item": {**item, "c": {"S": kind * ord(kind)}}}}
                              for item in long_keys("c", 100)]}


def long_keys_of_batch(kind):
    return {"RequestItems": {LONG_KEYS: [{"PutRequest": {"Item": item}} for item in long_keys(kind, 25)]}}


def items_of_4_kb(dynamodb, count=300):
    make_table(dynamodb, "worst-4-kb", sort=True)
    attributes = {f"attribute{i:02}": {"S": "v" * 85} for i in range(40)}
    for i in range(count):
        dynamodb.put_item(TableName="worst-4-kb", Item={**KEY, "at": {"S": f"{i:05}"}, **attributes})


def selected(key):
    return {"Statement": 'SELECT * FROM "worst-batch" WHERE id = ?', "Parameters": [key["id"]]}


KEYS_ONLY = "worst-keys-only"


def large_items_by_keys(dynamodb, count=12):
    """An index that shows only the keys of lists of 190,000 nulls."""
    try:
        dynamodb.create_table(
            TableName=KEYS_ONLY, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
            GlobalSecondaryIndexes=[index("by-kind", ProjectionType="KEYS_ONLY")])
    except dynamodb.exceptions.ResourceInUseException:
        return
    for i in range(count):
        dynamodb.put_item(TableName=KEYS_ONLY, Item={"id": {"S": str(i)}, "kind": {"S": "a"}, "l": nulls(190_000)})


def many_indexes(dynamodb):
    dynamodb.create_table(
        TableName="worst-indexes", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
        GlobalSecondaryIndexes=[index(f"index{i}") for i in range(5_000)])


def make_index(dynamodb):
    """Two requests: an index is made, and deleted while it is being filled."""
    dynamodb.update_table(TableName=SMALL, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          GlobalSecondaryIndexUpdates=[{"Create": index("by-id", "id")}])
    dynamodb.update_table(TableName=SMALL, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-id"}}])


def items_of_40_kb(dynamodb):
    make_table(dynamodb, "worst-40-kb")
    for i in range(100):
        dynamodb.put_item(TableName="worst-40-kb", Item={"id": {"S": f"{i}"}, "c": {"S": "a" * 40_000}})


def refused_by_names(dynamodb):
    """A filter with 300 operators about as many names, none of which the items have."""
    dynamodb.scan(TableName=SMALL, FilterExpression=repeated("#n% = :v", " OR ", 150),
                  ExpressionAttributeNames={f"#n{100_000 + i}": f"n{i}" for i in range(150)},
                  ExpressionAttributeValues={":v": NULL})


NAMES = 300


def named(path, separator, values=None):
    """The arguments of an expression of as many paths, whose % are numbers, and their names."""
    expression = repeated(path, separator, NAMES // path.count("%"))
    given = {"ExpressionAttributeNames": {name: f"n{i}" for i, name in enumerate(re.findall(r"#\w+", expression))}}
    return expression, {**given, "ExpressionAttributeValues": values} if values else given


def named_condition(kind="ConditionExpression", **values):
    """A false condition with 300 operators about 300 names."""
    expression, given = named("#n%.#m% = :v", " OR ", {":v": NULL, **values})
    return {kind: expression, **given}


def named_paths():
    expression, given = named("#n%", ",")
    return {"ProjectionExpression": expression, **given}


def named_update():
    expression, given = named("#n%=:v", ",", {":v": NULL})
    return {"UpdateExpression": f"SET {expression}", **given}


def one_partition(dynamodb, count=20_000):
    """Small items that one Query reads."""
    make_table(dynamodb, "worst-partition", sort=True)
    if dynamodb.scan(TableName="worst-partition", Limit=1)["Count"]:
        return
    put_many(dynamodb, "worst-partition", [{**KEY, "at": {"S": f"{i:06}"}} for i in range(count)])


def put_many(dynamodb, table, items):
    batches = [items[i:i + 25] for i in range(0, len(items), 25)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda batch: dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]}), batches))


def is_creating(dynamodb, backup):
    described = dynamodb.describe_backup(BackupArn=backup)["BackupDescription"]
    return described["BackupDetails"]["BackupStatus"] == "CREATING"


def backup_of(dynamodb, table):
    backup = dynamodb.create_backup(TableName=table, BackupName="worst")["BackupDetails"]["BackupArn"]
    while is_creating(dynamodb, backup):
        time.sleep(0.01)
    return backup


def back_up(dynamodb):
    """Two requests: a backup is made; it is deleted as soon as it is complete."""
    dynamodb.delete_backup(BackupArn=backup_of(dynamodb, SMALL))


def restored(dynamodb, restore):
    """Restores a table by `restore`, and returns its name when it is complete."""
    name = f"worst-{uuid.uuid4()}"
    restore(name)
    while dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "CREATING":
        time.sleep(0.01)
    return name


def restore_backup(dynamodb):
    """Two requests: a table is restored, and deleted when it is complete."""
    backup = dynamodb.list_backups(TableName=SMALL)["BackupSummaries"][0]["BackupArn"]
    dynamodb.delete_table(TableName=restored(
        dynamodb, lambda name: dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=backup)))


def backed_up(dynamodb):
    small_items(dynamodb)
    backup_of(dynamodb, SMALL)


def restore_moment(dynamodb):
    """Two requests: a table is restored, and deleted when it is complete."""
    dynamodb.delete_table(TableName=restored(dynamodb, lambda name: dynamodb.restore_table_to_point_in_time(
        SourceTableName="worst-history", TargetTableName=name, UseLatestRestorableTime=True)))


def table_with_history(dynamodb, count=20_000):
    make_table(dynamodb, "worst-history")
    dynamodb.update_continuous_backups(
        TableName="worst-history", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for text in "ab":
        put_many(dynamodb, "worst-history", [{"id": {"S": f"{i:06}"}, "c": {"S": text}} for i in range(count)])


def backup_of_ended(dynamodb, count=50_000):
    """Their time to live is long over, but no table expires them."""
    make_table(dynamodb, "worst-ended")
    ends = {"N": str(int(time.time()) - 60)}
    put_many(dynamodb, "worst-ended", [{"id": {"S": f"{i:06}"}, "ends": ends} for i in range(count)])
    backup_of(dynamodb, "worst-ended")


def expire_all(dynamodb):
    """Several requests: a table is restored, its items expire, and it is deleted."""
    backup = dynamodb.list_backups(TableName="worst-ended")["BackupSummaries"][0]["BackupArn"]
    name = restored(dynamodb, lambda name: dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=backup))
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"})
    while dynamodb.describe_table(TableName=name)["Table"]["ItemCount"]:
        time.sleep(0.01)
    dynamodb.delete_table(TableName=name)


def global_tables(dynamodb, count=100):
    for i in range(count):
        name = f"worst-global-{i:03}"
        try:
            dynamodb.create_table(
                TableName=name, BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        except dynamodb.exceptions.ResourceInUseException:
            return
        dynamodb.create_global_table(GlobalTableName=name, ReplicationGroup=[{"RegionName": "us-east-1"}])


def statement(text, **arguments):
    return lambda dynamodb: dynamodb.execute_statement(Statement=text, **arguments)


def statements_of_8_kb():
    return [{"Statement": f'UPDATE "worst-hundred" {repeated("SET x%=1", " ", 579)} WHERE id=\'{i}\''} for i in range(100)]


def hundred_items(dynamodb):
    make_table(dynamodb, "worst-hundred")
    put_many(dynamodb, "worst-hundred", [{"id": {"S": f"{i}"}} for i in range(100)])


def hundred_actions(kind, part):
    """A transaction of that many actions, each with its own key."""
    return {"TransactItems": [{kind: {"TableName": "worst-hundred", **part({"id": {"S": f"{i}"}})}} for i in range(100)]}


def entry(name, request, prepare=make_table):
    return {"name": name, "service": "dynamodb", "prepare": prepare, "request": request}


REQUESTS = [
    entry("PutItem: a list of 190,000 nulls", put(l=nulls(190_000))),
    entry("PutItem: 57,000 attributes", put(**many_attributes())),
    entry("PutItem: a set of 90,000 numbers", put(s=numbers())),
    entry("PutItem: a set of 60,000 texts", put(s=texts())),
    entry("PutItem: nested 31 levels", put(m=nested())),
    entry("PutItem: one text of 400 KB", put(t={"S": "x" * 409_000})),
    entry("UpdateItem: 250 elements set in a list of 190,000",
          update("SET " + repeated("l[%]=:v", ",", 250), ExpressionAttributeValues={":v": NULL}), item(l=nulls(190_000))),
    entry("UpdateItem: 350 attributes set among 57,000",
          update("SET " + repeated("y%=:v", ",", 350), ExpressionAttributeValues={":v": NULL}), item(**many_attributes(55_000))),
    entry("UpdateItem: 500 attributes removed that are not among 57,000", update("REMOVE " + repeated("y%", ",", 500)),
          item(**many_attributes())),
    entry("UpdateItem: 60,000 texts added to a set that holds them",
          update("ADD s :v", ExpressionAttributeValues={":v": texts(step=-1)}), item(s=texts())),
    entry("UpdateItem: 60,000 other texts deleted from a set of 60,000",
          update("DELETE s :v", ExpressionAttributeValues={":v": {"SS": [f"y{i}" for i in range(60_000)]}}), item(s=texts())),
    entry("UpdateItem: a list of 190,000 appended to itself 150 times",
          update("SET " + repeated("y%=list_append(l,l)", ",", 150)), item(l=nulls(190_000))),
    entry("UpdateItem: a null appended to a list of 190,000",
          update("SET l=list_append(l,:v)", ExpressionAttributeValues={":v": nulls(1)}), item(l=nulls(190_000))),
    entry("UpdateItem: all of 400 KB returned", update("SET y=:v", ExpressionAttributeValues={":v": NULL}, ReturnValues="ALL_NEW"),
          item(l=nulls(190_000))),
    entry("UpdateItem: if a set of 90,000 numbers is equal", when("c = :v", v=numbers(step=-1)), item(c=numbers())),
    entry("UpdateItem: if a map of 40,000 is equal",
          when("c = :v", v={"M": dict(reversed(many_attributes(40_000).items()))}), item(c={"M": many_attributes(40_000)})),
    entry("UpdateItem: if 190 KB are not in 390 KB", when("NOT contains(c, :v)", v={"S": "a" * 190_000 + "b"}),
          item(c={"S": "a" * 390_000})),
    entry("UpdateItem: if 150 texts are not in 390 KB", asked(lambda i: {"S": "a" * 250 + f"b{i}"}), item(c={"S": "a" * 390_000})),
    entry("UpdateItem: if 150 texts are not in a set of 60,000", asked(lambda i: {"S": f"y{i}"}), item(c=texts())),
    entry("UpdateItem: if 150 texts are not in a list of 190,000", asked(lambda i: {"S": f"y{i}"}), item(c=nulls(190_000))),
    entry("UpdateItem: if 130 attributes are not in a map of 50,000",
          when("NOT (" + repeated("attribute_exists(c.y%)", " OR ", 130) + ")"), item(c={"M": many_attributes(50_000)})),
    entry("DeleteItem: if a set of 90,000 numbers is another one",
          lambda dynamodb: dynamodb.delete_item(TableName=TABLE, Key=KEY, ConditionExpression="c <> :v",
                                                ExpressionAttributeValues={":v": numbers(step=-1)}),
          item(c=numbers())),
    entry("GetItem: 500 paths of 57,000 attributes",
          lambda dynamodb: dynamodb.get_item(TableName=TABLE, Key=KEY, ProjectionExpression=repeated("y%", ",", 500)),
          item(**many_attributes())),
    entry("GetItem: 60,000 attributes named in a list",
          lambda dynamodb: dynamodb.get_item(TableName=TABLE, Key=KEY, AttributesToGet=[f"y{i}" for i in range(60_000)]),
          item(**many_attributes())),
    entry("GetItem: 50,000 names that no expression uses",
          lambda dynamodb: dynamodb.get_item(TableName=TABLE, Key=KEY, ProjectionExpression=repeated("#n%", ",", 500),
                                             ExpressionAttributeNames={f"#n{100_000 + i}": f"n{i}" for i in range(50_000)}),
          item(**many_attributes())),
    entry("GetItem: a list of 190,000 nulls", lambda dynamodb: dynamodb.get_item(TableName=TABLE, Key=KEY), item(l=nulls(190_000))),
    entry("BatchGetItem: 16 MB of texts", batch_get(), batch_of(c={"S": "a" * 390_000})),
    entry("BatchGetItem: lists of 190,000 nulls", batch_get(), batch_of(l=nulls(190_000))),
    entry("BatchGetItem: 500 paths of 57,000 attributes, 42 times", batch_get(ProjectionExpression=repeated("y%", ",", 500)),
          batch_of(**many_attributes())),
    entry("BatchGetItem: 100 keys of 1,500 attributes",
          lambda dynamodb: dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": [
              {f"a{i}": {"N": str(j)} for i in range(1_500)} for j in range(100)]}}), item()),
    entry("BatchWriteItem: 25 texts of 390 KB", batch_put(25, c={"S": "a" * 390_000}), lambda dynamodb: make_table(dynamodb, "worst-batch")),
    entry("BatchWriteItem: five lists of 190,000 nulls", batch_put(5, l=nulls(190_000)),
          lambda dynamodb: make_table(dynamodb, "worst-batch")),
    entry("TransactWriteItems: ten texts of 390 KB", transact_put(10, c={"S": "a" * 390_000}),
          lambda dynamodb: make_table(dynamodb, "worst-batch")),
    entry("TransactWriteItems: five lists of 190,000 nulls", transact_put(5, l=nulls(190_000)),
          lambda dynamodb: make_table(dynamodb, "worst-batch")),
    entry("TransactWriteItems: 150 texts looked for in each of ten items", transact_asked(10), batch_of(c={"S": "a" * 390_000})),
    entry("TransactGetItems: 4 MB of texts", transact_get(10), batch_of(c={"S": "a" * 390_000})),
    entry("TransactGetItems: 100 texts of 40 KB", lambda dynamodb: dynamodb.transact_get_items(TransactItems=[
        {"Get": {"TableName": "worst-40-kb", "Key": {"id": {"S": f"{i}"}}}} for i in range(100)]), items_of_40_kb),
    entry("TransactGetItems: ten lists of 190,000 nulls", transact_get(10), batch_of(l=nulls(190_000))),
    entry("ExecuteStatement: 150 texts looked for in a page of 1.2 MB",
          lambda dynamodb: dynamodb.execute_statement(
              Statement='SELECT * FROM "worst-pages" WHERE ' + " AND ".join(["NOT contains(c, ?)"] * QUESTIONS),
              Parameters=[{"S": "a" * 250 + f"b{i}"} for i in range(QUESTIONS)]), large_items),
    entry("BatchExecuteStatement: 25 texts of 390 KB inserted",
          lambda dynamodb: dynamodb.batch_execute_statement(Statements=[
              {"Statement": f"INSERT INTO \"{TABLE}\" VALUE {{'id': ?, 'c': ?}}",
               "Parameters": [{"S": str(uuid.uuid4())}, {"S": "a" * 390_000}]} for _ in range(25)]), item()),
    entry("BatchExecuteStatement: 25 updates of 8 KB",
          lambda dynamodb: dynamodb.batch_execute_statement(Statements=[
              {"Statement": f'UPDATE "worst-batch" {repeated("SET x%=1", " ", 579)} WHERE id=\'{i}\''} for i in range(25)]),
          batch_of(25, n=NULL)),
    entry("ExecuteTransaction: ten texts of 390 KB inserted",
          lambda dynamodb: dynamodb.execute_transaction(TransactStatements=[
              {"Statement": f"INSERT INTO \"{TABLE}\" VALUE {{'id': ?, 'c': ?}}",
               "Parameters": [{"S": str(uuid.uuid4())}, {"S": "a" * 390_000}]} for _ in range(10)]), item()),
    entry("ExecuteStatement: a text of 390 KB inserted",
          lambda dynamodb: dynamodb.execute_statement(
              Statement=f"INSERT INTO \"{TABLE}\" VALUE {{'id': ?, 'c': ?}}",
              Parameters=[{"S": str(uuid.uuid4())}, {"S": "a" * 390_000}]), item()),
    entry("ExecuteStatement: 42 keys of lists of 190,000 nulls",
          lambda dynamodb: dynamodb.execute_statement(
              Statement=f'SELECT * FROM "worst-batch" WHERE id IN ({",".join("?" * 42)})', Parameters=[key["id"] for key in BATCH_KEYS]),
          batch_of(l=nulls(190_000))),
    entry("BatchExecuteStatement: 25 lists of 190,000 nulls",
          lambda dynamodb: dynamodb.batch_execute_statement(Statements=[
              {"Statement": 'SELECT * FROM "worst-batch" WHERE id = ?', "Parameters": [key["id"]]} for key in BATCH_KEYS[:25]]),
          batch_of(l=nulls(190_000))),
    entry("ExecuteTransaction: ten lists of 190,000 nulls",
          lambda dynamodb: dynamodb.execute_transaction(TransactStatements=[
              {"Statement": 'SELECT * FROM "worst-batch" WHERE id = ?', "Parameters": [key["id"]]} for key in BATCH_KEYS[:10]]),
          batch_of(l=nulls(190_000))),
    entry("ExecuteStatement: a list of 190,000 nulls", lambda dynamodb: dynamodb.execute_statement(**selected(BATCH_KEYS[0])),
          batch_of(1, l=nulls(190_000))),
    entry("ExecuteTransaction: lists that are together larger than 4 MB",
          lambda dynamodb: dynamodb.execute_transaction(TransactStatements=[selected(key) for key in BATCH_KEYS[:12]]),
          batch_of(12, l=nulls(190_000))),
    entry("Query: a page of 4 KB items that the filter refuses",
          lambda dynamodb: dynamodb.query(**{**query(), "TableName": "worst-4-kb"}, FilterExpression="attribute_exists(nowhere)"),
          items_of_4_kb),
    entry("Query: the keys of lists of 190,000 nulls, by an index",
          lambda dynamodb: dynamodb.query(
              TableName=KEYS_ONLY, IndexName="by-kind", KeyConditionExpression="kind = :kind",
              ExpressionAttributeValues={":kind": {"S": "a"}}), large_items_by_keys),
    entry("Query: 150 texts looked for in a page of 1.2 MB",
          filtered("query", lambda i: {"S": "a" * 250 + f"b{i}"}, **query()), large_items),
    entry("Scan: 150 texts looked for in a page of 1.2 MB",
          filtered("scan", lambda i: {"S": "a" * 250 + f"b{i}"}, TableName="worst-pages"), large_items),
    entry("Scan: a page of 20,000 small items", lambda dynamodb: dynamodb.scan(TableName=SMALL), small_items),
    entry("Scan: 20,000 small items that the filter refuses",
          lambda dynamodb: dynamodb.scan(TableName=SMALL, FilterExpression="attribute_exists(nowhere)"), small_items),
    entry("Scan: one of 4,096 segments",
          lambda dynamodb: dynamodb.scan(TableName=SMALL, Segment=7, TotalSegments=4_096), small_items),
    entry("Scan: 20,000 small items that a filter of 300 operators refuses", refused_by_names, small_items),
    entry("GetItem: 300 names", lambda dynamodb: dynamodb.get_item(TableName=TABLE, Key=KEY, **named_paths()), item()),
    entry("BatchGetItem: 300 names, 100 items", lambda dynamodb: dynamodb.batch_get_item(RequestItems={
        "worst-hundred": {"Keys": [{"id": {"S": f"{i}"}} for i in range(100)], **named_paths()}}), hundred_items),
    entry("PutItem: a condition about 300 names",
          lambda dynamodb: dynamodb.put_item(TableName=TABLE, Item=KEY, **named_condition()), item()),
    entry("DeleteItem: a condition about 300 names",
          lambda dynamodb: dynamodb.delete_item(TableName=TABLE, Key=KEY, **named_condition()), item()),
    entry("UpdateItem: a condition about 300 names",
          lambda dynamodb: dynamodb.update_item(TableName=TABLE, Key=KEY, **named_condition()), item()),
    entry("UpdateItem: 300 names set", lambda dynamodb: dynamodb.update_item(TableName=TABLE, Key=KEY, **named_update()), item()),
    entry("Query: a filter about 300 names, and a page of 20,000 small items that it refuses",
          lambda dynamodb: dynamodb.query(
              TableName="worst-partition", KeyConditionExpression="id = :id",
              **named_condition("FilterExpression", **{":id": KEY["id"]})), one_partition),
    entry("Query: 300 names of a page of 20,000 small items",
          lambda dynamodb: dynamodb.query(
              TableName="worst-partition", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": KEY["id"]},
              **named_paths()), one_partition),
    entry("Query: a filter about 300 names, and a page of 4 KB items that it refuses",
          lambda dynamodb: dynamodb.query(
              TableName="worst-4-kb", KeyConditionExpression="id = :id",
              **named_condition("FilterExpression", **{":id": KEY["id"]})), items_of_4_kb),
    entry("Scan: a filter about 300 names, and 20,000 small items that it refuses",
          lambda dynamodb: dynamodb.scan(TableName=SMALL, **named_condition("FilterExpression")), small_items),
    entry("Scan: 300 names of 20,000 small items", lambda dynamodb: dynamodb.scan(TableName=SMALL, **named_paths()), small_items),
    entry("TransactWriteItems: 100 updates that set 300 names",
          lambda dynamodb: dynamodb.transact_write_items(
              **hundred_actions("Update", lambda key: {"Key": key, **named_update()})), hundred_items),
    entry("TransactWriteItems: 100 conditions about 300 names",
          lambda dynamodb: dynamodb.transact_write_items(
              **hundred_actions("ConditionCheck", lambda key: {"Key": key, **named_condition()})), hundred_items),
    entry("TransactGetItems: 300 names of each of 100 items",
          lambda dynamodb: dynamodb.transact_get_items(
              **hundred_actions("Get", lambda key: {"Key": key, **named_paths()})), hundred_items),
    entry("ExecuteStatement: a table of 20,000 small items", statement(f'SELECT * FROM "{SMALL}"'), small_items),
    entry("ExecuteStatement: 20,000 small items that 300 operators refuse",
          statement(f'SELECT * FROM "{SMALL}" WHERE {repeated("attribute%.of_the_item_that_is_not_there = 1", " OR ", 150)}'),
          small_items),
    entry("ExecuteStatement: 20,000 small items of which none is among 100 values",
          statement(f'SELECT * FROM "{SMALL}" WHERE id IN [{",".join("?" * 100)}] OR nowhere = 1',
                    Parameters=[{"S": "a" * 2_048 + f"{i}"} for i in range(100)]), small_items),
    entry("ExecuteStatement: 900 columns of 20,000 small items",
          statement(f'SELECT {repeated("id%", ",", 900)} FROM "{SMALL}"'), small_items),
    entry("ExecuteStatement: 20,000 small items, and 250 levels of parentheses",
          statement(f'SELECT * FROM "{SMALL}" WHERE {"(" * 250}nowhere = 1{")" * 250}'), small_items),
    entry("ExecuteStatement: 8 KB of parentheses", statement(f'SELECT * FROM "{SMALL}" WHERE {"(" * 8_000}'), small_items),
    entry("ExecuteStatement: an item of 2,000 lists in lists",
          statement(f'UPDATE "{TABLE}" SET l = [{",".join(["[]"] * 2_000)}] WHERE id = \'a\''), item()),
    entry("ExecuteTransaction: 100 updates of 8 KB",
          lambda dynamodb: dynamodb.execute_transaction(TransactStatements=statements_of_8_kb()), hundred_items),
    entry("ListGlobalTables: 100 tables", lambda dynamodb: dynamodb.list_global_tables(Limit=100), global_tables),
    entry("CreateBackup: 20,000 items", back_up, small_items),
    entry("RestoreTableFromBackup: 20,000 items", restore_backup, backed_up),
    entry("RestoreTableToPointInTime: 20,000 items that have changed", restore_moment, table_with_history),
    entry("UpdateTimeToLive: 50,000 items of a restored table expire at once", expire_all, backup_of_ended),
    entry("DescribeTable: 20,000 items", lambda dynamodb: dynamodb.describe_table(TableName=SMALL), small_items),
    entry("CreateTable: 100,000 attributes defined", definitions),
    entry("DeleteTable: 2,000 items, put again and again", large_table_again),
    entry("CreateTable: 5,000 indexes", many_indexes),
    entry("PutItem: 57,000 attributes, and 20 indexes", put_indexed, indexed_table),
    entry("BatchWriteItem: nine sets of 70,000 numbers, and 20 indexes with each", put_shared(9), table_of_shared),
    entry("BatchWriteItem: nine maps of 45,000 entries, moved in 20 indexes", moved("batch_write_item", maps_of_batch), table_of_maps),
    entry("TransactWriteItems: nine maps of 45,000 entries, moved in 20 indexes",
          moved("transact_write_items", maps_of_transaction), table_of_maps),
    entry("ExecuteTransaction: nine maps of 45,000 entries, moved in 20 indexes",
          moved("execute_transaction", maps_of_statements), table_of_maps),
    entry("TransactWriteItems: 100 small items, with 20 indexes, a stream and a history",
          moved("transact_write_items", copied_transaction(1)), copying_tables(1)),
    entry("TransactWriteItems: 100 texts of 40 KB, with 20 indexes, a stream and a history",
          moved("transact_write_items", copied_transaction(40_000)), copying_tables(1)),
    entry("BatchWriteItem: a text of 160 KB in each of 25 tables, with 20 indexes, a stream and a history",
          moved("batch_write_item", copied_batch), copying_tables(25)),
    entry("TransactWriteItems: 100 items with the longest keys, moved in 20 indexes",
          moved("transact_write_items", long_keys_of_transaction), table_of_long_keys),
    entry("TransactWriteItems: 100 items with the longest keys, resized in 20 indexes",
          moved("transact_write_items", resized_by_transaction), table_of_long_keys),
    entry("BatchWriteItem: 25 items with the longest keys, moved in 20 indexes",
          moved("batch_write_item", long_keys_of_batch), table_of_long_keys),
    entry("BatchWriteItem: 25 maps of 15,000 entries, which expire at once, and 20 indexes", put_expired, table_of_expiring),
    entry("Scan: an index", lambda dynamodb: dynamodb.scan(TableName=INDEXED, IndexName="index7"),
          lambda dynamodb: (indexed_table(dynamodb), put_indexed(dynamodb))),
    entry("UpdateTable: an index of 20,000 items", make_index, small_items),
]
