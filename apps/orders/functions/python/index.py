import json

import boto3

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table("Orders")


def lambda_handler(event, context):
    for record in event["Records"]:
        # The queue's message is an SNS notification; the order is its Message.
        notification = json.loads(record["body"])
        order = json.loads(notification["Message"])
        print("Received order:", order)

        table.put_item(Item=order)
        print("Stored order:", order["orderId"])

    return {"statusCode": 200, "body": json.dumps("Orders processed")}
