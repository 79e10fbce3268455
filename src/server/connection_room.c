/*
 * connection_room.c: memory and disk space for the requests of a connection, from the budget of its share.
 */
#include "server/connection_internal.h"

struct want {
    struct slot *slot;
    struct share *share;
    size_t bytes, disk_bytes;
};

static bool take_room(void *context)
{
    struct want *want = context;
    struct slot *slot = want->slot;

    if (want->bytes > slot->charged) {
        if (!share_take(slot->share, want->bytes, want->bytes - slot->charged))
            return false;
        slot->charged = want->bytes;
    }
    return slot_take_disk(slot, want->share, want->disk_bytes);
}

/* The disk space of the request's body with `more` further bytes. */
static size_t disk_bytes_of(const struct slot *slot, size_t more)
{
    size_t bytes = http_parser_received(slot->parser) + more, step = LIMIT_SPOOL_STEP_BYTES;

    return slot->exchange.spools && bytes > LIMIT_SPOOLED_BODY_BYTES ? (bytes + step - 1) / step * step : 0;
}

bool connection_pay_for(struct connection *connection, size_t more)
{
    struct slot *slot = connection->slot;
    struct want want = {slot, connection->share, SLOT_BYTES + http_parser_held(slot->parser, more),
                        disk_bytes_of(slot, more)};

    if (!slot->share) {
        slot->share = connection->share;
        share_keep(slot->share);
    }
    if (take_room(&want))
        return true;
    quiet_move(connection->loop, connection, NULL); /* it does not count as stalled itself */
    quiet_end_stalled(connection->loop, take_room, &want);
    return take_room(&want);
}

bool connection_settle_charge(struct connection *connection)
{
    if (http_parser_held(connection->slot->parser, 0) > SLOT_BYTES)
        return connection_pay_for(connection, 0);
    slot_end_charge(connection->slot);
    return true;
}
