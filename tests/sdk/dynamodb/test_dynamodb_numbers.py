"""DynamoDB's numbers against Python's decimal: their texts, sums, differences and order."""

import decimal
import itertools
import pathlib
import random
import subprocess

import orderly_server
import pytest

CONTEXT = decimal.Context(prec=600, Emin=-999999, Emax=999999)
DIGITS, LEAST, MOST = 38, -130, 125
RANDOM_PAIRS = 18000
NINES = "9" * DIGITS

CHOSEN = [
    "0",
    "-0.000",
    "1",
    "-1",
    "9",
    "10",
    "99",
    "100",
    "0.1",
    "-0.01",
    "1.50",
    "+2",
    ".5",
    "7.",
    "007",
    "1e2",
    "1E-2",
    "12345678901234567890",
    NINES,
    "-" + NINES,
    NINES + "0",
    "1" + "0" * 37,
    "1" + "0" * 38,
    "1" + "0" * 37 + "1",
    "0." + NINES,
    "0.0" + NINES,
    "1e37",
    "1e38",
    "1e-37",
    "1e-38",
    f"9.{NINES[1:]}e125",
    f"-9.{NINES[1:]}e125",
    f"9.{NINES}e125",
    "1e125",
    "-1e125",
    "5e125",
    "1e126",
    "-1e126",
    "1e88",
    "1e-130",
    "-1e-130",
    "2e-130",
    "1.1e-130",
    "1e-131",
    "1.5e-129",
    "1e-93",
    f"{NINES}e-130",
    f"{NINES}e88",
    f"{NINES}e87",
    f"{NINES}e-167",
]


def random_number(chance):
    digits = "".join(chance.choice("0123456789") for _ in range(chance.choice([1, 2, 3, 10, 20, 37, 38, 38, 39])))
    point = chance.randrange(len(digits) + 1)
    text = chance.choice(["", "", "-", "+"]) + digits[:point] + ("." if point < len(digits) else "") + digits[point:]
    exponent = chance.choice([0, 0, 0, chance.randint(-5, 5), chance.randint(-40, 40), chance.randint(-135, 130)])
    return text + (chance.choice("eE") + str(exponent) if exponent else "")


def near(chance, text):
    """Another number of about the same size: sums keep, lose and gain digits."""
    moved = decimal.Decimal(text).scaleb(chance.choice([-38, -37, -1, 0, 0, 0, 1, 37, 38]), CONTEXT)
    return str(CONTEXT.multiply(moved, chance.choice([1, -1, 1, -1, 2, decimal.Decimal("0.5")])))


def fault_of(number):
    """What keeps this decimal from being a number of DynamoDB, or None."""
    if number == 0:
        return None
    _, digits, exponent = number.normalize(CONTEXT).as_tuple()
    adjusted = exponent + len(digits) - 1
    if adjusted > MOST:
        return "overflow"
    if adjusted < LEAST:
        return "underflow"
    return "too-precise" if len(digits) > DIGITS else None


def shown(number):
    number = decimal.Decimal(0) if number == 0 else number.normalize(CONTEXT)
    return fault_of(number) or format(number, "f")


def expected(first, second):
    a, b = decimal.Decimal(first), decimal.Decimal(second)
    line = [shown(a), shown(b)]
    if not fault_of(a) and not fault_of(b):
        order = str(int(a.compare(b, CONTEXT)))
        line += [shown(CONTEXT.add(a, b)), shown(CONTEXT.subtract(a, b)), order, order]
    return " ".join(line)


def has_plain_zero(text):
    """AWS has bounds for the exponent of a zero: those cases are in tests/wire/dynamodb/refusals."""
    return decimal.Decimal(text) != 0 or "e" not in text.lower()


def pairs():
    chance = random.Random(38)
    yield from itertools.product(CHOSEN, CHOSEN)
    for _ in range(RANDOM_PAIRS):
        first = random_number(chance)
        second = random_number(chance) if chance.random() < 0.5 else near(chance, first)
        if has_plain_zero(first) and has_plain_zero(second):
            yield first, second


def test_texts_sums_differences_and_order_are_those_of_decimal():
    calculator = pathlib.Path(orderly_server.binary()).parent / "tests" / "unit" / "dynamodb" / "number_calculator"
    asked = list(pairs())
    lines = "".join(f"{first} {second}\n" for first, second in asked)
    done = subprocess.run([calculator], input=lines, capture_output=True, text=True, check=True, timeout=60)
    answers = [line.strip() for line in done.stdout.splitlines()]
    assert len(answers) == len(asked)
    wrong = [
        f"{pair}: wanted {wanted}, got {answer}"
        for pair, answer in zip(asked, answers)
        for wanted in [expected(*pair)]
        if answer != wanted
    ]
    assert not wrong, f"{len(wrong)} of {len(asked)}:\n" + "\n".join(wrong[:20])


# ---- over a socket ----

PAIRS_OF_A_REQUEST = 60


@pytest.fixture(scope="module")
def table(client):
    dynamodb = client("dynamodb")
    name = f"numbers-{random.getrandbits(40)}"
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


def storable_pairs(count):
    chance = random.Random(7)
    while count:
        first = random_number(chance)
        second = random_number(chance) if chance.random() < 0.5 else near(chance, first)
        if all(has_plain_zero(text) for text in (first, second)):
            answer = expected(first, second).split(" ")
            if len(answer) == 6 and not {"overflow", "underflow", "too-precise"} & set(answer):
                count -= 1
                yield first, second, answer


def test_updates_add_and_subtract_as_decimal_does(client, table):
    dynamodb = client("dynamodb")
    for number in range(5):
        chosen = list(itertools.islice(storable_pairs(PAIRS_OF_A_REQUEST * (number + 1)), PAIRS_OF_A_REQUEST * number, None))
        key = {"p": {"S": "sums"}, "s": {"N": str(number)}}
        dynamodb.put_item(TableName=table, Item={**key, **{f"c{i}": {"N": a} for i, (a, _, _) in enumerate(chosen)}})
        values = {f":a{i}": {"N": a} for i, (a, _, _) in enumerate(chosen)}
        values |= {f":b{i}": {"N": b} for i, (_, b, _) in enumerate(chosen)}
        sums = ",".join(f"x{i}=:a{i}+:b{i},y{i}=:a{i}-:b{i}" for i in range(len(chosen)))
        item = dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=f"SET {sums} ADD " + ",".join(f"c{i} :b{i}" for i in range(len(chosen))),
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )["Attributes"]
        for i, (_, _, (_, _, added, subtracted, _, _)) in enumerate(chosen):
            assert (item[f"x{i}"]["N"], item[f"y{i}"]["N"], item[f"c{i}"]["N"]) == (added, subtracted, added)


def test_sort_keys_are_in_the_order_of_decimals(client, table):
    dynamodb = client("dynamodb")
    numbers = {decimal.Decimal(text): text for first, second, _ in storable_pairs(150) for text in (first, second)}
    for text in numbers.values():
        dynamodb.put_item(TableName=table, Item={"p": {"S": "order"}, "s": {"N": text}})
    items = dynamodb.query(
        TableName=table,
        KeyConditionExpression="p = :p",
        ExpressionAttributeValues={":p": {"S": "order"}},
    )["Items"]
    assert [item["s"]["N"] for item in items] == [shown(number) for number in sorted(numbers)]
