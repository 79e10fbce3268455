// put.mjs FROM SECONDS: puts items one after the other, as the order function does; prints how many it put in these
// seconds. FROM is a Unix time.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../runtimes/nodejs/bootstrap.mjs", import.meta.url));
const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { DynamoDBDocumentClient, PutCommand } = require("@aws-sdk/lib-dynamodb");

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const [from, seconds] = process.argv.slice(2).map(Number);
let count = 0;

for (let number = 0; Date.now() / 1000 < from + seconds; number++) {
  const Item = { orderId: `${process.pid}-${number}`, userId: "U1", itemName: "Laptop", quantity: 1, status: "placed", timestamp: "2026-01-31T12:00:00Z" };
  await client.send(new PutCommand({ TableName: "Orders", Item }));
  count += Date.now() / 1000 >= from;
}
console.log(count);
