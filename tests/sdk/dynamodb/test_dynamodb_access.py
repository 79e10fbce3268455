"""DynamoDB: what a policy can test in a request: keys, attributes, what is returned, tags."""

import functools

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def allowed_by(user_with):
    """allowed_by(*statements): a DynamoDB client of a user with only these statements."""
    return functools.partial(user_with, "dynamodb")


def statement(effect, actions="*", **condition):
    names = [actions] if isinstance(actions, str) else actions
    one = {"Effect": effect, "Action": [f"dynamodb:{name}" for name in names], "Resource": "*"}
    return {**one, "Condition": condition} if condition else one


@pytest.fixture
def make_table(dynamodb, unique):
    made = []

    def make(hash_type="S", **more):
        name = f"t{len(made)}.{unique('t')}"
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": "user", "AttributeType": hash_type},
                {"AttributeName": "game", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "user", "KeyType": "HASH"},
                {"AttributeName": "game", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )
        made.append(name)
        return name

    yield make
    for name in made:
        dynamodb.delete_table(TableName=name)


def is_denied(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            return True
        raise
    return False


def key(user, game="chess"):
    return {"user": {"S": user}, "game": {"S": game}}


def equals(value):
    return {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": value}]}


def item_calls(dynamodb, table, user):
    """Each operation on items, in that user's partition."""
    query = {
        "KeyConditionExpression": "#u = :u AND begins_with(game, :g)",
        "ExpressionAttributeNames": {"#u": "user"},
        "ExpressionAttributeValues": {":u": {"S": user}, ":g": {"S": "c"}},
    }
    turned = {**query, "KeyConditionExpression": "begins_with(game, :g) AND :u = #u"}
    return [
        (dynamodb.put_item, {"TableName": table, "Item": key(user)}),
        (dynamodb.get_item, {"TableName": table, "Key": key(user)}),
        (dynamodb.update_item, {"TableName": table, "Key": key(user)}),
        (dynamodb.delete_item, {"TableName": table, "Key": key(user)}),
        (dynamodb.query, {"TableName": table, **query}),
        (dynamodb.query, {"TableName": table, **turned}),
        (dynamodb.query, {"TableName": table, "KeyConditions": {"game": equals("chess"), "user": equals(user)}}),
    ]


@pytest.mark.parametrize("name", ["LeadingKeys", "FirstPartitionKeyValues"])
def test_the_documented_policy_for_leading_keys_binds(make_table, allowed_by, name):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    table = make_table()
    actions = ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"]
    own = allowed_by(
        statement("Allow", actions, **{"ForAllValues:StringEquals": {f"dynamodb:{name}": ["mine"]}})
    )
    for call, arguments in item_calls(own, table, "mine"):
        assert not is_denied(call, **arguments)
    for call, arguments in item_calls(own, table, "yours"):
        assert is_denied(call, **arguments)
    assert is_denied(own.scan, TableName=table)


PLACES = ["First", "Second", "Third", "Fourth"]


@pytest.mark.parametrize("place", range(4))
def test_each_value_of_a_partition_key_of_several_attributes_may_bind(dynamodb, unique, allowed_by, place):
    table, names = unique("several"), ["a", "b", "c", "d"]
    dynamodb.create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ["user", *names]],
        GlobalSecondaryIndexes=[{"IndexName": "all", "Projection": {"ProjectionType": "ALL"},
                                 "KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in names]}])
    own = allowed_by(statement("Allow", ["Query", "PutItem"], **{
        "ForAllValues:StringEquals": {f"dynamodb:{PLACES[place]}PartitionKeyValues": ["mine"]}}))

    def query(other):
        values = {f":{name}": {"S": "yours" if (at == place) is other else "mine"} for at, name in enumerate(names)}
        return is_denied(own.query, TableName=table, IndexName="all", ExpressionAttributeValues=values,
                         KeyConditionExpression=" AND ".join(f"{name} = :{name}" for name in reversed(names)))

    assert [query(other) for other in (False, True)] == [False, True]
    item = {"user": {"S": "mine"}, **{name: {"S": "yours"} for name in names}}
    assert not is_denied(own.put_item, TableName=table, Item=item)  # of the table's own key, which has one attribute
    dynamodb.delete_table(TableName=table)


def test_a_denial_by_leading_key_binds_however_a_number_is_written(make_table, allowed_by):
    table = make_table(hash_type="N")
    own = allowed_by(
        statement("Allow"),
        statement("Deny", **{"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["100"]}}),
    )
    for number, denied in (("100", True), ("1e2", True), ("100.0", True), ("101", False)):
        item = {"user": {"N": number}, "game": {"S": "x"}}
        assert is_denied(own.put_item, TableName=table, Item=item) is denied
        assert is_denied(own.get_item, TableName=table, Key=item) is denied


def test_a_scan_reads_all_keys_and_has_no_leading_key(make_table, allowed_by):
    table = make_table()
    only = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}
    own = allowed_by(statement("Allow", "Scan", **only))
    assert not is_denied(own.scan, TableName=table)
    assert not is_denied(own.scan, TableName=table, ExclusiveStartKey=key("yours"))


def attribute_calls(dynamodb, table, name):
    """Requests that name an attribute other than those of the key, each in another place."""
    keyed = {"TableName": table, "Key": key("mine")}
    value = {"ExpressionAttributeValues": {":v": {"S": "v"}}}
    renamed = {"ExpressionAttributeNames": {"#n": name}}
    query = {"TableName": table, "KeyConditionExpression": "#u = :v", **value}
    named = {"ExpressionAttributeNames": {"#n": name, "#u": "user"}}
    keys_too = {"ProjectionExpression": "game, #n.deep"}
    filtered = {name: equals("v")}
    return [
        (dynamodb.put_item, {"TableName": table, "Item": {**key("mine"), name: {"S": "v"}}}),
        (dynamodb.put_item, {"TableName": table, "Item": key("mine"), "ConditionExpression": "attribute_not_exists(#n)", **renamed}),
        (dynamodb.get_item, {**keyed, **keys_too, **renamed}),
        (dynamodb.get_item, {**keyed, "AttributesToGet": ["game", name]}),
        (dynamodb.update_item, {**keyed, "UpdateExpression": "SET #n = :v", **renamed, **value}),
        (dynamodb.update_item, {**keyed, "UpdateExpression": "SET score = if_not_exists(#n, :v)", **renamed, **value}),
        (dynamodb.update_item, {**keyed, "UpdateExpression": "REMOVE #n", **renamed}),
        (dynamodb.update_item, {**keyed, "UpdateExpression": "SET score = :v", "ConditionExpression": "NOT contains(#n, :v)", **renamed, **value}),
        (dynamodb.delete_item, {**keyed, "ConditionExpression": "attribute_not_exists(#n) OR attribute_exists(game)", **renamed}),
        (dynamodb.query, {**query, "FilterExpression": "#n > :v", "ProjectionExpression": "game", **named}),
        (dynamodb.query, {**query, **keys_too, **named}),
        (dynamodb.scan, {"TableName": table, **keys_too, **renamed}),
        (dynamodb.scan, {"TableName": table, "ScanFilter": filtered, "AttributesToGet": ["game"]}),
        (dynamodb.query, {"TableName": table, "KeyConditions": {"user": equals("v")}, "QueryFilter": filtered, "AttributesToGet": ["game"]}),
        (dynamodb.put_item, {"TableName": table, "Item": key("mine"), "Expected": {name: {"Exists": False}}}),
        (dynamodb.delete_item, {**keyed, "Expected": {"user": {"Exists": False}, name: {"Exists": False}}}),
        (dynamodb.update_item, {**keyed, "AttributeUpdates": {name: {"Action": "DELETE"}}}),
        (dynamodb.update_item, {**keyed, "AttributeUpdates": {name: {"Action": "ADD", "Value": {"L": []}}}, "Expected": {"user": {"Exists": False}}}),
        (dynamodb.scan, {"TableName": table, "ProjectionExpression": "game", "FilterExpression": "#n IN (:v)", **renamed, **value}),
    ]


def test_the_documented_policy_for_attributes_binds(dynamodb, make_table, allowed_by):
    table = make_table()
    dynamodb.put_item(TableName=table, Item={**key("mine"), "score": {"S": "v"}, "secret": {"S": "v"}})
    own = allowed_by(
        statement(
            "Allow",
            **{
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "game", "score"]},
                "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
            },
        )
    )
    for call, arguments in attribute_calls(own, table, "score"):
        try:
            assert not is_denied(call, **arguments), arguments
        except own.exceptions.ConditionalCheckFailedException:
            pass
    for call, arguments in attribute_calls(own, table, "secret"):
        assert is_denied(call, **arguments), arguments
    assert is_denied(own.get_item, TableName=table, Key=key("mine"))
    assert is_denied(own.scan, TableName=table)
    assert is_denied(own.put_item, TableName=table, Item=key("mine"), ReturnValues="ALL_OLD")
    assert is_denied(own.update_item, TableName=table, Key=key("mine"), ReturnValues="ALL_NEW")
    assert not is_denied(own.update_item, TableName=table, Key=key("mine"), ReturnValues="UPDATED_NEW")


def test_a_failed_condition_that_shows_the_item_counts_as_return_values(dynamodb, make_table, allowed_by):
    table = make_table()
    dynamodb.put_item(TableName=table, Item={**key("mine"), "secret": {"S": "v"}})
    own = allowed_by(statement("Allow", **{
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "game"]},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]}}))
    keyed, absent = {"TableName": table, "Key": key("mine")}, {"ConditionExpression": "attribute_not_exists(game)"}
    where = f'FROM "{table}" WHERE "user" = \'mine\' AND game = \'chess\' AND contains(game, \'go\')'
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    calls = [
        (own.put_item, {"TableName": table, "Item": key("mine"), **absent}, lambda one: one),
        (own.update_item, {**keyed, **absent}, lambda one: one),
        (own.delete_item, {**keyed, **absent}, lambda one: one),
        *((own.transact_write_items, action, lambda one, kind=kind: {"TransactItems": [{kind: one}]}) for kind, action in (
            ("Put", {"TableName": table, "Item": key("mine"), **absent}), ("Delete", {**keyed, **absent}),
            ("ConditionCheck", {**keyed, **absent}))),
        (own.execute_statement, {"Statement": f"DELETE {where}"}, lambda one: one),
        (own.execute_transaction, {"Statement": f"DELETE {where}"}, lambda one: {"TransactStatements": [one]}),
    ]
    for call, request, whole in calls:
        for one in (request, {**request, "ReturnValuesOnConditionCheckFailure": "NONE"}):
            with pytest.raises(ClientError, match="ConditionalCheckFailed"):
                call(**whole(one))
        assert is_denied(call, **whole({**request, **shown})), request


def test_attributes_of_key_conditions_count_too(make_table, allowed_by):
    table = make_table()
    own = allowed_by(
        statement("Allow", "Query", **{"ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "score"]}})
    )
    query = {"TableName": table, "ProjectionExpression": "score"}
    by_text = {"ExpressionAttributeNames": {"#u": "user"}, "ExpressionAttributeValues": {":v": {"S": "v"}}}
    assert not is_denied(own.query, **query, KeyConditionExpression="#u = :v", **by_text)
    assert is_denied(own.query, **query, KeyConditionExpression="#u = :v AND game = :v", **by_text)
    assert not is_denied(own.query, **query, KeyConditions={"user": equals("v")})
    assert is_denied(own.query, **query, KeyConditions={"user": equals("v"), "game": equals("v")})


def test_select_and_consumed_capacity_can_be_asked_for(make_table, allowed_by):
    table = make_table()
    own = allowed_by(
        statement("Allow", StringEquals={"dynamodb:Select": "COUNT", "dynamodb:ReturnConsumedCapacity": "NONE"})
    )
    assert not is_denied(own.scan, TableName=table, Select="COUNT")
    assert is_denied(own.scan, TableName=table)
    assert is_denied(own.scan, TableName=table, Select="COUNT", ReturnConsumedCapacity="TOTAL")


def test_who_may_not_hears_nothing_of_what_is_wrong_with_the_request(make_table, allowed_by):
    table = make_table()
    own = allowed_by(statement("Allow", "GetItem"))
    assert is_denied(own.put_item, TableName=table, Item={})
    assert is_denied(own.scan, TableName=table, FilterExpression="no expression")
    assert is_denied(own.delete_item, TableName="nowhere", Key=key("a"))
    with pytest.raises(ClientError) as refused:
        own.get_item(TableName=table, Key=key("a"), ProjectionExpression="a b")
    assert refused.value.response["Error"]["Message"] == (
        'Invalid ProjectionExpression: Syntax error; token: "b", near: "a b"'
    )


def test_tags_of_a_table_can_be_asked_for(make_table, allowed_by):
    production = make_table(Tags=[{"Key": "env", "Value": "prod"}])
    other = make_table(Tags=[{"Key": "env", "Value": "dev"}])
    own = allowed_by(statement("Allow"), statement("Deny", StringEquals={"aws:ResourceTag/env": "prod"}))
    for call, arguments in item_calls(own, production, "mine"):
        assert is_denied(call, **arguments)
    assert is_denied(own.scan, TableName=production) and is_denied(own.describe_table, TableName=production)
    assert is_denied(own.delete_table, TableName=production)
    for call, arguments in item_calls(own, other, "mine"):
        assert not is_denied(call, **arguments)
    own = allowed_by(statement("Allow", StringEquals={"aws:ResourceTag/env": "prod"}))
    assert not is_denied(own.get_item, TableName=production, Key=key("mine"))
    assert is_denied(own.get_item, TableName=other, Key=key("mine"))


def test_tags_of_a_new_table_can_be_asked_for(dynamodb, unique, allowed_by):
    own = allowed_by(
        statement("Allow"),
        statement("Deny", "CreateTable", StringNotEquals={"aws:RequestTag/env": "dev"}),
        statement("Deny", "CreateTable", **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["owner"]}}),
    )
    name = unique("t")

    def create(**tags):
        return is_denied(
            own.create_table,
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": tag, "Value": value} for tag, value in tags.items()],
        )

    assert create()
    assert create(env="prod")
    assert create(env="dev", owner="me")
    assert not create(env="dev")
    dynamodb.delete_table(TableName=name)


def test_who_makes_a_table_with_tags_must_be_allowed_to_tag_it(allowed_by, unique, refused):
    """https://github.com/hashicorp/terraform-provider-aws/issues/10943"""
    table = {
        "TableName": unique("tagged"),
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    tags = [{"Key": "env", "Value": "prod"}]
    makes_only = allowed_by(statement("Allow", ["CreateTable", "DeleteTable"]))
    error = refused(makes_only.create_table, Tags=tags, **table)
    assert error["code"] == "AccessDeniedException"
    assert " is not authorized to perform: dynamodb:TagResource on resource: " in error["message"]
    makes_only.create_table(**table)
    makes_only.delete_table(TableName=table["TableName"])
    tags_too = allowed_by(statement("Allow", ["CreateTable", "DeleteTable", "TagResource"]))
    tags_too.create_table(Tags=tags, **table)
    tags_too.delete_table(TableName=table["TableName"])


IN_TRANSACTIONS = {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems", "TransactGetItems"]}}
ITEM_ACTIONS = ["ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem", "GetItem"]


def actions_of(table):
    """Each action of a transaction, as (its permission, the action), each about an item of its own."""
    def key(game):
        return {"user": {"S": "me"}, "game": {"S": game}}

    return [
        ("PutItem", {"Put": {"TableName": table, "Item": key("put")}}),
        ("UpdateItem", {"Update": {"TableName": table, "Key": key("update"), "UpdateExpression": "REMOVE a"}}),
        ("DeleteItem", {"Delete": {"TableName": table, "Key": key("delete")}}),
        ("ConditionCheckItem", {"ConditionCheck": {"TableName": table, "Key": key("check"),
                                                   "ConditionExpression": "attribute_not_exists(a)"}})]


def test_each_action_of_a_transaction_needs_its_own_permission(allowed_by, make_table):
    table = make_table()
    every = actions_of(table)
    for name, action in every:
        others = [one for one in ITEM_ACTIONS if one != name]
        assert is_denied(allowed_by(statement("Allow", others)).transact_write_items,
                      TransactItems=[one for _, one in every])
        allowed_by(statement("Allow", name)).transact_write_items(TransactItems=[action])
    get = [{"Get": {"TableName": table, "Key": {"user": {"S": "me"}, "game": {"S": "put"}}}}]
    assert is_denied(allowed_by(statement("Allow", ITEM_ACTIONS[:-1])).transact_get_items, TransactItems=get)
    allowed_by(statement("Allow", "GetItem")).transact_get_items(TransactItems=get)


def test_a_policy_may_allow_or_deny_only_transactions(allowed_by, make_table):
    table = make_table()
    items = [one for _, one in actions_of(table)]
    key = {"user": {"S": "me"}, "game": {"S": "put"}}
    get = [{"Get": {"TableName": table, "Key": key}}]
    only = allowed_by(statement("Allow", ITEM_ACTIONS, **IN_TRANSACTIONS))
    only.transact_write_items(TransactItems=items)
    only.transact_get_items(TransactItems=get)
    assert is_denied(only.put_item, TableName=table, Item=key) and is_denied(only.get_item, TableName=table, Key=key)
    never = allowed_by(statement("Allow", ITEM_ACTIONS), statement("Deny", ITEM_ACTIONS, **IN_TRANSACTIONS))
    assert is_denied(never.transact_write_items, TransactItems=items) and is_denied(never.transact_get_items, TransactItems=get)
    never.put_item(TableName=table, Item=key)
    never.get_item(TableName=table, Key=key)


def test_each_action_of_a_transaction_has_its_own_leading_key(allowed_by, make_table):
    table = make_table()
    mine = allowed_by(statement("Allow", ITEM_ACTIONS, **{"StringEquals": {"dynamodb:LeadingKeys": "me"}}))
    own = actions_of(table)[1][1]
    other = {"Put": {"TableName": table, "Item": {"user": {"S": "you"}, "game": {"S": "x"}}}}
    mine.transact_write_items(TransactItems=[own])
    assert is_denied(mine.transact_write_items, TransactItems=[own, other])
    get = {"Get": {"TableName": table, "Key": {"user": {"S": "me"}, "game": {"S": "x"}}}}
    mine.transact_get_items(TransactItems=[get])
    assert is_denied(mine.transact_get_items, TransactItems=[get, {"Get": {
        "TableName": table, "Key": {"user": {"S": "you"}, "game": {"S": "x"}}}}])


def test_a_batch_of_writes_has_the_leading_keys_of_each_table(allowed_by, make_table):
    tables = [make_table(), make_table()]

    def batch(*users):
        return {table: [{"PutRequest": {"Item": {"user": {"S": user}, "game": {"S": "g"}}}}]
                for table, user in zip(tables, users)}

    mine = allowed_by(statement("Allow", "BatchWriteItem", **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "me"}}))
    mine.batch_write_item(RequestItems=batch("me", "me"))
    assert is_denied(mine.batch_write_item, RequestItems=batch("me", "you"))
    assert is_denied(allowed_by(statement("Allow", "PutItem")).batch_write_item, RequestItems=batch("me"))


# --- Restoring ----------------------------------------------------------------------------------------------------


WRITES_AND_READS = ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"]


@pytest.fixture
def restores(dynamodb, make_table, wait_until):
    """[(the name of an operation that restores a table, what it restores)]"""
    table = make_table()
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    backup = dynamodb.create_backup(TableName=table, BackupName="kept")["BackupDetails"]["BackupArn"]
    wait_until(lambda: dynamodb.describe_backup(
        BackupArn=backup)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "AVAILABLE")
    yield [("restore_table_from_backup", {"BackupArn": backup}),
           ("restore_table_to_point_in_time", {"SourceTableName": table, "UseLatestRestorableTime": True})]
    dynamodb.delete_backup(BackupArn=backup)


def test_restoring_takes_permission_to_read_and_write_the_new_table(dynamodb, allowed_by, restores, unique, wait_until):
    for number, (operation, source) in enumerate(restores):
        target = unique(f"t{number}")
        everything = statement("Allow")
        for action in WRITES_AND_READS:
            one_less = [everything, {**statement("Deny", action), "Resource": f"arn:aws:dynamodb:*:*:table/{target}"}]
            assert is_denied(getattr(allowed_by(*one_less), operation), TargetTableName=target, **source), action
        own = "RestoreTableFromBackup" if "BackupArn" in source else "RestoreTableToPointInTime"
        assert is_denied(getattr(allowed_by(statement("Allow", own)), operation), TargetTableName=target, **source)
        just_enough = [statement("Allow", own), {**statement("Allow", WRITES_AND_READS),
                                                 "Resource": f"arn:aws:dynamodb:*:*:table/{target}"}]
        getattr(allowed_by(*just_enough), operation)(TargetTableName=target, **source)
        wait_until(lambda: dynamodb.describe_table(TableName=target)["Table"]["TableStatus"] == "ACTIVE")
        dynamodb.delete_table(TableName=target)


@pytest.fixture(scope="module")
def there(client):
    """The same service in another region, with a table."""
    dynamodb = client("dynamodb", region_name="eu-west-1")
    made = dynamodb.create_table(
        TableName="elsewhere", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])["TableDescription"]
    yield dynamodb, made["TableArn"]
    dynamodb.delete_table(TableName="elsewhere")


def calls_by_arn(dynamodb, arn):
    key = {"k": {"S": "1"}}
    return [
        (dynamodb.get_item, {"TableName": arn, "Key": key}),
        (dynamodb.put_item, {"TableName": arn, "Item": key}),
        (dynamodb.scan, {"TableName": arn}),
        (dynamodb.batch_get_item, {"RequestItems": {arn: {"Keys": [key]}}}),
        (dynamodb.transact_write_items, {"TransactItems": [{"Put": {"TableName": arn, "Item": key}}]}),
        (dynamodb.execute_statement, {"Statement": f'SELECT * FROM "{arn}"'}),
        (dynamodb.describe_table, {"TableName": arn}),
        (dynamodb.delete_table, {"TableName": arn}),
        (dynamodb.create_backup, {"TableName": arn, "BackupName": "mine"}),
    ]


def test_no_request_reaches_a_table_of_another_region(dynamodb, there, refused):
    elsewhere, arn = there
    chinese = arn.replace("arn:aws:", "arn:aws-cn:")
    for wrong, problem in ((arn, "region"), (chinese, "partition")):
        for call, arguments in calls_by_arn(dynamodb, wrong):
            answer = refused(call, **arguments)
            assert (answer["code"], answer["message"]) == (
                "ValidationException", f"1 validation error detected: Invalid AWS {problem} in '{wrong}'")
        assert refused(dynamodb.list_tags_of_resource, ResourceArn=wrong)["message"] == (
            f"Invalid TableArn: Invalid ResourceArn provided as input {wrong}")
        assert refused(dynamodb.get_resource_policy, ResourceArn=wrong)["message"] == (
            f"One or more parameter values were invalid: Invalid resource Arn: {wrong}")
    no_table = arn.replace("eu-west-1", "us-east-1").replace(":table/", ":tables/")
    assert refused(dynamodb.describe_table, TableName=no_table)["message"] == (
        f"1 validation error detected: Invalid resource type in '{no_table}'")
    for call, arguments in calls_by_arn(elsewhere, arn)[:-2]:
        call(**arguments)


def test_a_policy_about_the_requested_region_is_not_gone_around_by_an_arn(allowed_by, there, refused):
    _, arn = there
    user = allowed_by(statement("Allow", StringEquals={"aws:RequestedRegion": "us-east-1"}))
    for call, arguments in calls_by_arn(user, arn):
        assert refused(call, **arguments)["code"] == "ValidationException"


def test_a_backup_and_a_stream_are_used_in_their_own_region_and_restored_in_any(
        dynamodb, client, there, refused, unique):
    elsewhere, arn = there
    backup = elsewhere.create_backup(TableName="elsewhere", BackupName="one")["BackupDetails"]["BackupArn"]
    for call in (dynamodb.describe_backup, dynamodb.delete_backup):
        assert refused(call, BackupArn=backup)["message"] == "Invalid Backup ARN"
    name = unique("restored")
    dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=name)
    elsewhere.describe_backup(BackupArn=backup)
    elsewhere.update_table(TableName="elsewhere",
                           StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    stream = elsewhere.describe_table(TableName="elsewhere")["Table"]["LatestStreamArn"]
    assert refused(client("dynamodbstreams").describe_stream, StreamArn=stream)["message"] == "Invalid StreamArn"
    client("dynamodbstreams", region_name="eu-west-1").describe_stream(StreamArn=stream)
