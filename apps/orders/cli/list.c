/*
 * list.c: `orderly orders list`: the table, a page at a time.
 */
#include "orders/cli/commands.h"
#include "orders/cli/items.h"
#include "orders/cli/orders.h"

#include "base/list.h"
#include "cli/output.h"

#include <stdlib.h>

enum { CELL_COLUMNS = 40 };

static const str COLUMNS[] = {STR_INIT("orderId"),  STR_INIT("userId"), STR_INIT("itemName"),
                              STR_INIT("quantity"), STR_INIT("status"), STR_INIT("timestamp")};
static const bool RIGHT[] = {false, false, false, true, false, false};
enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

static int compare_items(const void *left, const void *right)
{
    return str_compare(item_text(left, S("orderId")), item_text(right, S("orderId")));
}

static bool scan(struct orders *orders, struct dynamodb_item_list *items)
{
    struct dynamodb_scan_input in = {.table_name = S(ORDERS_TABLE)};
    size_t limit = (size_t)orders->arguments->limit;

    do {
        struct dynamodb_scan_output out = {0};
        if (!orders_call(orders, &DYNAMODB_SCAN, &in, &out))
            return orders_complain_missing(orders, "Reading the table");
        for (size_t i = 0; i < out.items.count; i++)
            *list_add(orders->arena, items) = out.items.items[i];
        in.exclusive_start_key = out.last_evaluated_key;
    } while (in.exclusive_start_key.count >
             0); /* read all pages: the first order by id may be on the last page */
    if (items->count > 0)
        qsort(items->items, items->count, sizeof *items->items, compare_items);
    if (items->count > limit)
        items->count = limit;
    return true;
}

static void print_json(struct orders *orders, const struct dynamodb_item_list *items)
{
    struct json_writer writer = json_writer_in(orders->arena);

    json_open_array(&writer);
    for (size_t i = 0; i < items->count; i++)
        item_write_json(&writer, &items->items[i]);
    json_close_array(&writer);
    printf("%.*s\n", STR_ARGS(json_written(&writer)));
}

static void print_table(struct orders *orders, const struct dynamodb_item_list *items)
{
    struct arena *arena = orders->arena;
    struct output_table table = {.columns = COLUMN_COUNT, .rows = items->count + 1, .right = RIGHT};

    table.cells = arena_alloc(arena, table.rows * COLUMN_COUNT * sizeof *table.cells);
    for (size_t column = 0; column < COLUMN_COUNT; column++) {
        table.cells[column] = COLUMNS[column];
        for (size_t i = 0; i < items->count; i++) {
            str text = item_text(&items->items[i], COLUMNS[column]);
            table.cells[(i + 1) * COLUMN_COUNT + column] = output_line(arena, text, CELL_COLUMNS);
        }
    }
    output_print_table(arena, &table);
    printf("\n%.*s %s.\n", STR_ARGS(output_count(arena, (int64_t)items->count)),
           items->count == 1 ? "order" : "orders");
}

int orders_list(struct orders *orders)
{
    struct dynamodb_item_list items = {0};

    if (!scan(orders, &items))
        return EXIT_FAILURE;
    if (orders->arguments->json)
        print_json(orders, &items);
    else if (items.count == 0)
        puts("The table has no orders yet. Publish some: orderly orders submit FILE");
    else
        print_table(orders, &items);
    return EXIT_SUCCESS;
}
