import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  paginateScan,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import { connect, unique } from "./support.mjs";

const client = connect(dynamodb.DynamoDBClient);
const documents = DynamoDBDocumentClient.from(client);
const TableName = unique("js");

before(async () => {
  await client.send(
    new dynamodb.CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "at", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        { AttributeName: "at", KeyType: "RANGE" },
      ],
    }),
  );
  await dynamodb.waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName });
});

after(() => client.send(new dynamodb.DeleteTableCommand({ TableName })));

test("a document comes back as it was put", async () => {
  const Item = {
    id: "document",
    at: 1,
    text: "é 漢字",
    price: 12.5,
    yes: true,
    nothing: null,
    tags: new Set(["a", "b"]),
    bytes: new Uint8Array([0, 255]),
    nested: { list: [1, "two", { three: 3 }] },
  };
  await documents.send(new PutCommand({ TableName, Item }));
  const found = await documents.send(new GetCommand({ TableName, Key: { id: "document", at: 1 } }));
  assert.deepEqual({ ...found.Item, bytes: [...found.Item.bytes] }, { ...Item, bytes: [0, 255] });
});

test("a query is in the order of its numbers, and pages", async () => {
  for (const at of [10, 9, -1, 100]) await documents.send(new PutCommand({ TableName, Item: { id: "query", at } }));
  const query = {
    TableName,
    KeyConditionExpression: "id = :id",
    ExpressionAttributeValues: { ":id": "query" },
    Limit: 3,
  };
  const first = await documents.send(new QueryCommand(query));
  assert.deepEqual(first.Items.map((item) => item.at), [-1, 9, 10]);
  const second = await documents.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
  assert.deepEqual(second.Items.map((item) => item.at), [100]);
});

test("a scan in pages sees every item", async () => {
  for (let at = 0; at < 7; at++) await documents.send(new PutCommand({ TableName, Item: { id: "scan", at } }));
  const seen = [];
  for await (const page of paginateScan({ client: documents, pageSize: 2 }, { TableName })) seen.push(...page.Items);
  assert.equal(seen.filter((item) => item.id === "scan").length, 7);
});

test("a transaction is whole, or cancelled with its reasons in order", async () => {
  const key = (at) => ({ id: "transaction", at });
  const transact = (...TransactItems) => documents.send(new TransactWriteCommand({ TransactItems }));
  const put = (at, more) => ({ Put: { TableName, Item: { ...key(at), ...more } } });
  const absent = { ConditionExpression: "attribute_not_exists(id)" };
  const read = async (...ats) => {
    const TransactItems = ats.map((at) => ({ Get: { TableName, Key: key(at) } }));
    return (await documents.send(new TransactGetCommand({ TransactItems }))).Responses;
  };

  const RequestItems = { [TableName]: [{ PutRequest: { Item: { ...key(1), left: 5 } } }] };
  assert.deepEqual((await documents.send(new BatchWriteCommand({ RequestItems }))).UnprocessedItems, {});
  const less = { UpdateExpression: "SET #l = #l - :n", ExpressionAttributeNames: { "#l": "left" } };
  await transact(put(2, { tags: ["a"] }), {
    Update: { TableName, Key: key(1), ...less, ExpressionAttributeValues: { ":n": 2 } },
  });
  await assert.rejects(
    transact(put(3), { ConditionCheck: { TableName, Key: key(1), ...absent, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } }),
    (error) => {
      assert(error instanceof dynamodb.TransactionCanceledException);
      assert.deepEqual(error.CancellationReasons.map(({ Code, Item }) => [Code, Item]), [
        ["None", undefined],
        ["ConditionalCheckFailed", { id: { S: "transaction" }, at: { N: "1" }, left: { N: "3" } }],
      ]);
      return true;
    },
  );
  assert.deepEqual(await read(1, 2, 3), [{ Item: { ...key(1), left: 3 } }, { Item: { ...key(2), tags: ["a"] } }, {}]);
});

test("a missing table is an error of its own class", async () => {
  await assert.rejects(
    documents.send(new GetCommand({ TableName: "nowhere-to-be-found", Key: { id: "x" } })),
    dynamodb.ResourceNotFoundException,
  );
});
