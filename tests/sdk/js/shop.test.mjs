// A small shop's access patterns, the same with each of four libraries: shop_clients.mjs knows how each says them.
import assert from "node:assert/strict";
import test, { after, before, describe } from "node:test";
import { DeleteTableCommand, DescribeTableCommand, DescribeTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { client, SHOPS } from "./shop_clients.mjs";
import { advanceClock, unique, until } from "./support.mjs";

const HOUR = 3600;
const order = (userId, number, more = {}) => ({
  userId, orderId: `o${String(number).padStart(3, "0")}`, status: "placed", placedAt: 1000 + number, sku: "tea", quantity: 2, ...more });
const names = (orders) => orders.map((one) => `${one.userId}/${one.orderId}`);

// The names of a user's orders, page by page.
async function pages(shop, userId, limit) {
  const found = [];
  let cursor;
  do {
    const page = await shop.ordersOf(userId, limit, cursor);
    found.push(page.orders.map((one) => one.orderId));
    ({ cursor } = page);
  } while (cursor);
  return found;
}

for (const [library, open] of Object.entries(SHOPS)) {
  describe(library, () => {
    const TableName = unique("shop");
    let shop;

    before(async () => void (shop = await open(TableName)));
    after(() => client.send(new DeleteTableCommand({ TableName })));

    test("the table is active, has its index, and expires items", async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
      assert.equal(Table.TableStatus, "ACTIVE");
      assert.deepEqual(Table.GlobalSecondaryIndexes.map((index) => [index.IndexName, index.IndexStatus, index.Projection]),
        [["byStatus", "ACTIVE", { ProjectionType: "ALL" }]]);
      assert.deepEqual(TimeToLiveDescription, { AttributeName: "expiresAt", TimeToLiveStatus: "ENABLED" });
    });

    test("a user's orders come in pages, in their order", async () => {
      await shop.addOrders(Array.from({ length: 40 }, (_, i) => order("ann", i)).concat(order("ben", 1)));
      const found = await pages(shop, "ann", 15);
      assert.deepEqual(found.map((page) => page.length), [15, 15, 10]);
      assert.deepEqual(found.flat(), Array.from({ length: 40 }, (_, i) => order("ann", i).orderId));
      assert.deepEqual(await pages(shop, "nobody", 15), [[]]);
    });

    test("an order comes back as it was added", async () => {
      const wanted = order("carl", 1, { expiresAt: 4102444800 });
      await shop.addOrders([wanted]);
      assert.deepEqual(await shop.order("carl", "o001"), wanted);
      assert.equal(await shop.order("carl", "o002"), undefined);
    });

    test("orders with a status are found through the index, in the order of their times", async () => {
      await shop.addOrders([order("dan", 3, { status: "lost" }), order("eve", 2, { status: "lost" }), order("dan", 1)]);
      assert.deepEqual(names(await shop.withStatus("lost")), ["eve/o002", "dan/o003"]);
    });

    test("an order is shipped once, and moves in the index", async () => {
      await shop.addOrders([order("fay", 1)]);
      await shop.ship("fay", "o001");
      await assert.rejects(shop.ship("fay", "o001"), /conditional request failed/);
      assert.equal((await shop.order("fay", "o001")).status, "shipped");
      assert.deepEqual(names(await shop.withStatus("shipped")), ["fay/o001"]);
    });

    test("a placed order lowers the stock, or neither is done", async () => {
      await shop.addProduct("tea", 3);
      await shop.place(order("gus", 1));
      assert.equal(await shop.stockOf("tea"), 1);
      await assert.rejects(shop.place(order("gus", 2)), /\[None, ConditionalCheckFailed\]/);
      await assert.rejects(shop.place(order("gus", 1, { quantity: 1 })), /\[ConditionalCheckFailed, None\]/);
      assert.equal(await shop.stockOf("tea"), 1);
      assert.deepEqual(await pages(shop, "gus", 10), [["o001"]]);
    });

    test("several orders are read at once", async () => {
      await shop.addOrders([order("hal", 1), order("hal", 2)]);
      const found = await shop.orders([["hal", "o001"], ["hal", "o002"], ["hal", "o003"]]);
      assert.deepEqual(names(found).sort(), ["hal/o001", "hal/o002"]);
    });

    test("an expired order leaves the table and the index", async () => {
      const { now_ms } = await (await fetch(`${process.env.ORDERLY_ENDPOINT}/_orderly/clock`)).json();
      const expiresAt = Math.floor(now_ms / 1000) + HOUR;
      await shop.addOrders([order("ida", 1, { status: "cart", expiresAt }), order("ida", 2, { status: "cart" })]);
      assert.equal((await shop.withStatus("cart")).length, 2);
      await advanceClock(2 * HOUR);
      await until(async () => (await pages(shop, "ida", 10))[0].length === 1, "the order to expire");
      assert.deepEqual(names(await shop.withStatus("cart")), ["ida/o002"]);
    });
  });
}
