"""kill -9 in the middle of transactions: each one is whole or absent, and a repeated token is not done twice.

Large ones are stored ahead, in several batches, in a table that keeps its history.
"""

import http.client
import os
import random
import threading

import orderly_server
import pytest
from changes import rows
from images import MISCOUNTED
from wire_client import WireClient

CYCLES = int(os.environ.get("CRASH_CYCLES", "8"))
TABLE, ITEMS, WORKERS = "transactions", 5, 4
LARGE = 300_000  # bytes of an item
GONE = (ConnectionError, http.client.HTTPException, OSError)


def key(worker, part):
    return {"id": {"S": f"{worker}-{part}"}}


def transaction(worker, number, size):
    """Writes the number to every item of the worker; each item counts its transactions."""
    values = {":n": {"N": str(number)}, ":text": {"S": str(number % 10) * size or "-"}, ":one": {"N": "1"}}
    return {"ClientRequestToken": f"{worker}-{number}", "TransactItems": [
        {"Update": {"TableName": TABLE, "Key": key(worker, part), "UpdateExpression": "SET n = :n, filler = :text ADD done :one",
                    "ExpressionAttributeValues": values}} for part in range(ITEMS)]}


class Worker(threading.Thread):
    """Sends one transaction after the other until the server is gone; begins with the one that was under way."""

    def __init__(self, port, name, tried, size):
        super().__init__(daemon=True)
        self.client, self.worker, self.tried, self.size = WireClient(port), name, tried, size
        self.problem = None

    def run(self):
        try:
            while True:
                self.client.dynamodb("TransactWriteItems", **transaction(self.worker, self.tried[self.worker], self.size))
                self.tried[self.worker] += 1
        except GONE:
            pass
        except Exception as problem:  # a reply that is neither a success nor a lost connection
            self.problem = problem


def numbers(client, worker):
    reply = client.dynamodb("TransactGetItems", TransactItems=[
        {"Get": {"TableName": TABLE, "Key": key(worker, part)}} for part in range(ITEMS)])
    found = [response.get("Item", {}) for response in reply["Responses"]]
    assert all(set(item["filler"]["S"]) <= {item["n"]["N"][-1], "-"} for item in found if item)
    return [(int(item["n"]["N"]), int(item["done"]["N"])) if item else (0, 0) for item in found]


@pytest.mark.parametrize("size", [0, LARGE])
def test_a_transaction_is_whole_or_absent_and_done_once(server, size):
    client = WireClient(server.port)
    client.dynamodb(
        "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    client.dynamodb("UpdateContinuousBackups", TableName=TABLE,
                    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    tried, chance = dict.fromkeys(range(WORKERS), 1), random.Random(os.environ.get("CRASH_SEED"))
    for cycle in range(CYCLES):
        workers = [Worker(server.port, name, tried, size) for name in range(WORKERS)]
        for worker in workers:
            worker.start()
        if size == 0 or cycle == CYCLES - 1:  # else it may be killed in the middle of the first one
            done = sum(tried.values()) + (4 if size == 0 else 1)
            orderly_server.wait_until(lambda: sum(tried.values()) >= done or not any(one.is_alive() for one in workers))
        workers[0].join(chance.uniform(0.05, 0.4))  # a worker ends only when the server does
        server.kill()
        for worker in workers:
            worker.join()
            assert worker.problem is None
        server.start()
        assert rows(server, MISCOUNTED) == []
        client = WireClient(server.port)
        for name in range(WORKERS):
            found = numbers(client, name)
            assert len(set(found)) == 1, f"half a transaction: {found}"
            assert found[0] in {(tried[name],) * 2, (tried[name] - 1,) * 2}, (found, tried[name])
    assert sum(tried.values()) > (4 * CYCLES if size == 0 else WORKERS)
