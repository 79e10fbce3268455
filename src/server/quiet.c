/*
 * quiet.c: connections that wait for their client, in the order in which they began to wait.
 *
 * Each loop has two lists, the longest waiting connection first: connections without a request, and those
 * that are receiving one.  When descriptors or memory run short, the connection that has waited longest is
 * closed.
 */
#include "server/server_internal.h"

static const uint64_t STALLED_NS = 1000000000, LATER_NS = UINT64_C(1) << 62;

static void unlink_from(struct quiet *quiet)
{
    struct quiet_list *list = quiet->list;

    *(quiet->before ? &connection_quiet(quiet->before)->after : &list->longest) = quiet->after;
    *(quiet->after ? &connection_quiet(quiet->after)->before : &list->last) = quiet->before;
    *quiet = (struct quiet){0};
}

static void append_to(struct quiet_list *list, struct connection *connection)
{
    struct quiet *quiet = connection_quiet(connection);

    *quiet = (struct quiet){.list = list, .before = list->last, .since_ns = uv_hrtime()};
    *(list->last ? &connection_quiet(list->last)->after : &list->longest) = connection;
    list->last = connection;
}

void quiet_move(struct loop *loop, struct connection *connection, struct quiet_list *list)
{
    uint64_t since_ns = UINT64_MAX;

    if (connection_quiet(connection)->list)
        unlink_from(connection_quiet(connection));
    if (list)
        append_to(list, connection);
    if (loop->idle.longest)
        since_ns = connection_quiet(loop->idle.longest)->since_ns;
    else if (loop->receiving.longest)
        since_ns = connection_quiet(loop->receiving.longest)->since_ns + LATER_NS;
    atomic_store_explicit(&loop->quiet_since_ns, since_ns, memory_order_relaxed);
}

static struct connection *longest_of(const struct quiet_list *list, const struct share *share)
{
    struct connection *connection = list->longest;

    while (connection && share && connection_share(connection) != share)
        connection = connection_quiet(connection)->after;
    return connection;
}

bool quiet_close_longest(struct loop *loop, const struct share *share)
{
    struct connection *connection = longest_of(&loop->idle, share);

    if (!connection)
        connection = longest_of(&loop->receiving, share);
    if (!connection)
        return false;
    connection_close(connection);
    return true;
}

void quiet_end_stalled(struct loop *loop, bool (*enough)(void *context), void *context)
{
    uint64_t now_ns = uv_hrtime();
    struct connection *connection;

    while ((connection = loop->receiving.longest) &&
           now_ns - connection_quiet(connection)->since_ns >= STALLED_NS && !enough(context))
        connection_close(connection);
}
