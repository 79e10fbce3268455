"""put.py FROM SECONDS: puts items one after the other, as the order function does; prints how many it put in these
seconds. FROM is a Unix time."""

import itertools
import os
import sys
import time

import boto3

table = boto3.resource("dynamodb").Table("Orders")
start, seconds = map(float, sys.argv[1:])
count = 0

for number in itertools.count():
    if time.time() >= start + seconds:
        break
    table.put_item(Item={"orderId": f"{os.getpid()}-{number}", "userId": "U1", "itemName": "Laptop", "quantity": 1,
                         "status": "placed", "timestamp": "2026-01-31T12:00:00Z"})
    count += time.time() >= start
print(count)
