/*
 * way.c: reads the item, then one of the two sources.
 */
#include "orders/cli/way.h"

#include "orders/cli/traces.h"

const char *way_end_name(enum way_end end)
{
    static const char *const names[] = {
        [WAY_UNKNOWN] = "unknown",    [WAY_PENDING] = "on its way", [WAY_STORED] = "stored",
        [WAY_DEAD] = "dead-lettered", [WAY_LOST] = "not delivered", [WAY_EXPIRED] = "expired",
    };

    return names[end];
}

bool way_is_given_up(enum way_end end)
{
    return end == WAY_DEAD || end == WAY_LOST || end == WAY_EXPIRED;
}

bool way_find(struct orders *orders, str order_id, bool look_for_dead, struct way *way)
{
    bool traced;

    *way = (struct way){.order_id = order_id};
    if (!orders_traces_served(orders, &traced) || !orders_get(orders, order_id, &way->item))
        return false;
    if (way->item.count > 0)
        way->end = WAY_STORED;
    return traced ? way_from_traces(orders, way) : way_from_log(orders, look_for_dead, way);
}
