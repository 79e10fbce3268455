// The shop of shop.test.mjs in the words of each library.  To add a library, add a function to SHOPS: given the name of a
// table that is missing, it makes the table (keys, the index byStatus, TTL on expiresAt) and returns the shop's functions.
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as documents from "@aws-sdk/lib-dynamodb";
import dynamoose from "dynamoose";
import * as toolbox from "dynamodb-toolbox";
import { Entity, Service } from "electrodb";
import { connect, endpoint } from "./support.mjs";

export const client = connect(dynamodb.DynamoDBClient);
const documentClient = documents.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const ORDER = ["userId", "orderId", "status", "placedAt", "sku", "quantity", "expiresAt"];

const only = (names, item) => Object.fromEntries(names.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));
const orderOf = (item) => item && only(ORDER, item);
const ordersIn = (items) => items.map(orderOf);
const userKey = (userId) => `USER#${userId}`;
const orderKey = (userId, orderId) => ({ pk: userKey(userId), sk: `ORDER#${orderId}` });
const productKey = (sku) => ({ pk: `PRODUCT#${sku}`, sk: "PRODUCT" });
const orderItem = (order) => ({ ...orderKey(order.userId, order.orderId), ...order });

// BatchWriteItem takes 25 items.
function* batches(items) {
  for (let i = 0; i < items.length; i += 25) yield items.slice(i, i + 25);
}

async function makeTable(TableName, statusKey, timeKey, timeType) {
  const key = (HASH, RANGE) => [{ AttributeName: HASH, KeyType: "HASH" }, { AttributeName: RANGE, KeyType: "RANGE" }];
  await client.send(new dynamodb.CreateTableCommand({
    TableName, BillingMode: "PAY_PER_REQUEST", KeySchema: key("pk", "sk"),
    AttributeDefinitions: [["pk", "S"], ["sk", "S"], [statusKey, "S"], [timeKey, timeType]].map(
      ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    GlobalSecondaryIndexes: [{ IndexName: "byStatus", KeySchema: key(statusKey, timeKey), Projection: { ProjectionType: "ALL" } }],
  }));
  await dynamodb.waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName });
  await client.send(new dynamodb.UpdateTimeToLiveCommand({
    TableName, TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true } }));
}

async function openDocuments(TableName) {
  const send = (command) => documentClient.send(command);
  const putNew = (order) => ({ Put: { TableName, Item: orderItem(order), ConditionExpression: "attribute_not_exists(pk)" } });
  const lower = ({ sku, quantity }) => ({ Update: {
    TableName, Key: productKey(sku), UpdateExpression: "SET stock = stock - :n", ConditionExpression: "stock >= :n",
    ExpressionAttributeValues: { ":n": quantity } } });

  await makeTable(TableName, "status", "placedAt", "N");
  return {
    addProduct: (sku, stock) => send(new documents.PutCommand({ TableName, Item: { ...productKey(sku), sku, stock } })),
    stockOf: async (sku) => (await send(new documents.GetCommand({ TableName, Key: productKey(sku) }))).Item.stock,
    async addOrders(orders) {
      for (const batch of batches(orders))
        await send(new documents.BatchWriteCommand({
          RequestItems: { [TableName]: batch.map((order) => ({ PutRequest: { Item: orderItem(order) } })) } }));
    },
    order: async (userId, orderId) =>
      orderOf((await send(new documents.GetCommand({ TableName, Key: orderKey(userId, orderId) }))).Item),
    async orders(keys) {
      const Keys = keys.map(([userId, orderId]) => orderKey(userId, orderId));
      const reply = await send(new documents.BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }));
      return ordersIn(reply.Responses[TableName]);
    },
    async ordersOf(userId, Limit, ExclusiveStartKey) {
      const page = await send(new documents.QueryCommand({
        TableName, Limit, ExclusiveStartKey, KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues: { ":pk": userKey(userId), ":sk": "ORDER#" } }));
      return { orders: ordersIn(page.Items), cursor: page.LastEvaluatedKey };
    },
    withStatus: async (status) => ordersIn((await send(new documents.QueryCommand({
      TableName, IndexName: "byStatus", KeyConditionExpression: "#s = :s",
      ExpressionAttributeNames: { "#s": "status" }, ExpressionAttributeValues: { ":s": status } }))).Items),
    ship: (userId, orderId) => send(new documents.UpdateCommand({
      TableName, Key: orderKey(userId, orderId), UpdateExpression: "SET #s = :shipped", ConditionExpression: "#s = :placed",
      ExpressionAttributeNames: { "#s": "status" }, ExpressionAttributeValues: { ":shipped": "shipped", ":placed": "placed" } })),
    place: (order) => send(new documents.TransactWriteCommand({ TransactItems: [putNew(order), lower(order)] })),
  };
}

async function openElectro(table) {
  const options = { client: documentClient, table };
  const model = (entity) => ({ entity, service: "shop", version: "1" });
  const Order = new Entity({
    model: model("order"),
    attributes: { userId: { type: "string" }, orderId: { type: "string" }, status: { type: ["cart", "placed", "shipped", "lost"] },
      placedAt: { type: "number", padding: { length: 12, char: "0" } }, sku: { type: "string" }, quantity: { type: "number" },
      expiresAt: { type: "number" } },
    indexes: {
      byUser: { pk: { field: "pk", composite: ["userId"] }, sk: { field: "sk", composite: ["orderId"] } },
      byStatus: { index: "byStatus", pk: { field: "gsi1pk", composite: ["status"] }, sk: { field: "gsi1sk", composite: ["placedAt"] } },
    },
  }, options);
  const Product = new Entity({
    model: model("product"),
    attributes: { sku: { type: "string" }, stock: { type: "number" } },
    indexes: { bySku: { pk: { field: "pk", composite: ["sku"] }, sk: { field: "sk", composite: [] } } },
  }, options);
  const shop = new Service({ order: Order, product: Product }, options);

  await makeTable(table, "gsi1pk", "gsi1sk", "S");
  return {
    addProduct: (sku, stock) => Product.put({ sku, stock }).go(),
    stockOf: async (sku) => (await Product.get({ sku }).go()).data.stock,
    addOrders: async (orders) => void (await Order.put(orders).go()),
    order: async (userId, orderId) => (await Order.get({ userId, orderId }).go()).data ?? undefined,
    orders: async (keys) => (await Order.get(keys.map(([userId, orderId]) => ({ userId, orderId }))).go()).data,
    async ordersOf(userId, limit, cursor) {
      const page = await Order.query.byUser({ userId }).go({ limit, cursor });
      return { orders: page.data, cursor: page.cursor };
    },
    withStatus: async (status) => (await Order.query.byStatus({ status }).go()).data,
    ship: (userId, orderId) => Order.patch({ userId, orderId }).set({ status: "shipped" })
      .where(({ status }, { eq }) => eq(status, "placed")).go(),
    async place(order) {
      const { canceled, data } = await shop.transaction.write(({ order: orders, product }) => [
        orders.create(order).commit(),
        product.patch({ sku: order.sku }).subtract({ stock: order.quantity })
          .where(({ stock }, { gte }) => gte(stock, order.quantity)).commit(),
      ]).go();
      if (canceled) throw new Error(`[${data.map((one) => one.code).join(", ")}]`);
    },
  };
}

async function openDynamoose(name) {
  const ddb = new dynamoose.aws.ddb.DynamoDB({ endpoint, region: "us-east-1", maxAttempts: 1,
    credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  dynamoose.aws.ddb.set(ddb);
  const keys = { pk: { type: String, hashKey: true }, sk: { type: String, rangeKey: true } };
  const Order = dynamoose.model(`order-${name}`, new dynamoose.Schema({ ...keys, userId: String, orderId: String,
    status: { type: String, index: { name: "byStatus", type: "global", rangeKey: "placedAt" } },
    placedAt: Number, sku: String, quantity: Number, expiresAt: Number }));
  const Product = dynamoose.model(`product-${name}`, new dynamoose.Schema({ ...keys, sku: String, stock: Number }));
  const table = new dynamoose.Table(name, [Order, Product], {
    initialize: false, throughput: "ON_DEMAND", expires: { attribute: "expiresAt", ttl: null, items: { returnExpired: true } } });

  await table.initialize();
  return {
    addProduct: (sku, stock) => Product.create({ ...productKey(sku), sku, stock }),
    stockOf: async (sku) => (await Product.get(productKey(sku))).stock,
    async addOrders(orders) {
      for (const batch of batches(orders)) await Order.batchPut(batch.map(orderItem));
    },
    order: async (userId, orderId) => orderOf(seconds(await Order.get(orderKey(userId, orderId)))),
    orders: async (wanted) => ordersIn(await Order.batchGet(wanted.map(([userId, orderId]) => orderKey(userId, orderId)))),
    async ordersOf(userId, limit, cursor) {
      const query = Order.query("pk").eq(userKey(userId)).where("sk").beginsWith("ORDER#").limit(limit);
      const found = await (cursor ? query.startAt(cursor) : query).exec();
      return { orders: ordersIn(found), cursor: found.lastKey };
    },
    withStatus: async (status) => ordersIn(await Order.query("status").eq(status).using("byStatus").exec()),
    ship: (userId, orderId) => Order.update(orderKey(userId, orderId), { status: "shipped" },
      { condition: new dynamoose.Condition().where("status").eq("placed") }),
    place: (order) => dynamoose.transaction([
      Order.transaction.create(orderItem(order)),
      Product.transaction.update(productKey(order.sku), { $ADD: { stock: -order.quantity } },
        { condition: new dynamoose.Condition().where("stock").ge(order.quantity) }),
    ]),
  };
}

// Dynamoose gives the TTL attribute back as a Date.
const seconds = (item) => item && (item.expiresAt instanceof Date ? { ...item, expiresAt: item.expiresAt / 1000 } : item);

async function openToolbox(name) {
  const { item, number, string } = toolbox;
  const table = new toolbox.Table({
    name, documentClient, partitionKey: { name: "pk", type: "string" }, sortKey: { name: "sk", type: "string" },
    indexes: { byStatus: { type: "global", partitionKey: { name: "status", type: "string" }, sortKey: { name: "placedAt", type: "number" } } },
  });
  const Order = new toolbox.Entity({
    name: "order", table, timestamps: false, computeKey: ({ userId, orderId }) => orderKey(userId, orderId),
    schema: item({ userId: string().key(), orderId: string().key(), status: string(), placedAt: number(), sku: string(),
      quantity: number(), expiresAt: number().optional() }) });
  const Product = new toolbox.Entity({
    name: "product", table, timestamps: false, computeKey: ({ sku }) => productKey(sku),
    schema: item({ sku: string().key(), stock: number() }) });
  const query = (asked) => table.build(toolbox.QueryCommand).entities(Order).query(asked);

  await makeTable(name, "status", "placedAt", "N");
  return {
    addProduct: (sku, stock) => Product.build(toolbox.PutItemCommand).item({ sku, stock }).send(),
    stockOf: async (sku) => (await Product.build(toolbox.GetItemCommand).key({ sku }).send()).Item.stock,
    async addOrders(orders) {
      for (const batch of batches(orders))
        await toolbox.executeBatchWrite(table.build(toolbox.BatchWriteCommand).requests(
          ...batch.map((order) => Order.build(toolbox.BatchPutRequest).item(order))));
    },
    order: async (userId, orderId) => orderOf((await Order.build(toolbox.GetItemCommand).key({ userId, orderId }).send()).Item),
    async orders(keys) {
      const requests = keys.map(([userId, orderId]) => Order.build(toolbox.BatchGetRequest).key({ userId, orderId }));
      const { Responses } = await toolbox.executeBatchGet(table.build(toolbox.BatchGetCommand).requests(...requests));
      return Responses[0].filter(Boolean);
    },
    async ordersOf(userId, limit, exclusiveStartKey) {
      const page = await query({ partition: userKey(userId), range: { beginsWith: "ORDER#" } })
        .options({ limit, exclusiveStartKey }).send();
      return { orders: page.Items ?? [], cursor: page.LastEvaluatedKey };
    },
    withStatus: async (status) => (await query({ index: "byStatus", partition: status }).send()).Items,
    ship: (userId, orderId) => Order.build(toolbox.UpdateItemCommand).item({ userId, orderId, status: "shipped" })
      .options({ condition: { attr: "status", eq: "placed" } }).send(),
    place: (order) => toolbox.executeTransactWrite(
      Order.build(toolbox.PutTransaction).item(order).options({ condition: { attr: "userId", exists: false } }),
      Product.build(toolbox.UpdateTransaction).item({ sku: order.sku, stock: toolbox.$add(-order.quantity) })
        .options({ condition: { attr: "stock", gte: order.quantity } })),
  };
}

export const SHOPS = {
  "@aws-sdk/lib-dynamodb": openDocuments,
  ElectroDB: openElectro,
  Dynamoose: openDynamoose,
  "dynamodb-toolbox": openToolbox,
};
