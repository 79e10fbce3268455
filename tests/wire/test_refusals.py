"""Tables of bad requests and the messages that refuse them: dynamodb/refusals/*.txt; README.md has the format."""

import json
import pathlib
import uuid

import pytest
import wire

HERE = pathlib.Path(__file__).resolve().parent / "dynamodb" / "refusals"
FEWEST = 1000  # requests in all tables together
NAMES = {"#a": "a", "#b": "b"}
VALUES = {
    ":s": {"S": "a"},
    ":z": {"S": "z"},
    ":n": {"N": "1"},
    ":two": {"N": "2"},
    ":b": {"B": "YQ=="},
    ":ss": {"SS": ["a"]},
    ":ns": {"NS": ["1"]},
    ":bs": {"BS": ["YQ=="]},
    ":m": {"M": {}},
    ":l": {"L": []},
    ":bool": {"BOOL": True},
    ":null": {"NULL": True},
}
TABLES = {
    "hash-table": [("p", "S", "HASH")],
    "range-table": [("p", "S", "HASH"), ("s", "N", "RANGE")],
    "binary-table": [("p", "B", "HASH")],
}


def read_table(path):
    """[[(operation, request), …] of each request line], as texts; without request lines each row is a request."""
    requests, rows = [], []
    for line in path.read_text().splitlines():
        if line.startswith("> "):
            requests.append([line[2:], "{message}"])
        elif line.startswith("< "):
            requests[-1][1] = line[2:]
        elif line and not line.startswith("#"):
            row, arrow, message = (" " + line).partition(" ==> ")
            assert arrow, f"{path.name}: a row needs ==>: {line}"
            rows.append((row.strip(), message))
    return requests or [["{row}", "{message}"]], rows


def fill(template, row, message):
    request, expected = template
    text = request.replace('"{row}"', json.dumps(row)).replace("{row}", row)
    text = text.replace("{names}", json.dumps(NAMES)).replace("{values}", json.dumps(VALUES))
    return text.replace("{256}", "a" * 256), expected.replace("{message}", message).replace("{256}", "a" * 256)


CASES = [
    pytest.param(template, rows, id=f"{path.stem}-{number}-{template[0].split(' ')[0].strip('{}')}")
    for path in sorted(HERE.glob("*.txt"))
    for requests, rows in [read_table(path)]
    for number, template in enumerate(requests)
]


def send(endpoint, operation, body):
    message = wire.Message("POST /", [("X-Amz-Target", f"DynamoDB_20120810.{operation}")], body)
    return wire.send(endpoint, message)


@pytest.fixture(scope="module")
def tables(endpoint):
    unique = "r" + uuid.uuid4().hex[:12]
    for name, keys in TABLES.items():
        reply = send(
            endpoint,
            "CreateTable",
            json.dumps(
                {
                    "TableName": f"{unique}-{name}",
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": key, "AttributeType": type} for key, type, _ in keys],
                    "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, _, kind in keys],
                }
            ),
        )
        assert reply.status == 200, reply.body
    return {f"{{{name}}}": f"{unique}-{name}" for name in TABLES}


def refused(endpoint, text, tables):
    for placeholder, name in tables.items():
        text = text.replace(placeholder, name)
    operation, _, body = text.partition(" ")
    reply = send(endpoint, operation, body)
    said = json.loads(reply.body)
    return reply.status, said.get("__type", "").split("#")[-1], said.get("message", said.get("Message"))


@pytest.mark.parametrize("template, rows", CASES)
def test_each_request_is_refused_in_awss_words(template, rows, endpoint, tables):
    wrong = []
    for row, message in rows:
        text, expected = fill(template, row, message)
        for placeholder, name in tables.items():
            expected = expected.replace(placeholder, name)
        kind, colon, sentence = expected.partition("! ")
        kind, sentence = (kind, sentence) if colon and kind.endswith("Exception") else ("ValidationException", expected)
        answer = refused(endpoint, text, tables)
        if answer != (400, kind, sentence):
            wrong.append(f"{text}\n    wanted {kind}: {sentence}\n    got    {answer}")
    assert not wrong, f"{len(wrong)} of {len(rows)}:\n" + "\n".join(wrong)


def test_there_are_enough_of_them():
    assert sum(len(case.values[1]) for case in CASES) >= FEWEST
