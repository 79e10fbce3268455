/*
 * sandbox_subscriber.c: an extension that gets telemetry: its batches, and their way to it.
 *
 * Events are gathered until they are many, or old; then the batch is sent.  One batch is on its way at a
 * time, and meanwhile at most one more is gathered: what does not fit is dropped and counted, and the next
 * batch ends with the count.  So a slow extension holds nobody, and bounds its memory, which is its
 * sandbox's.
 *
 * The extension listens in the sandbox's network, where the server cannot connect: process 1 makes the
 * socket. A batch for HTTP has a connection of its own and waits for the reply's end; lines for TCP share
 * one.
 */
#include "server/sandbox.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_ATTEMPTS = 8,
    FIRST_PAUSE_MS = 50,     /* after a failed attempt; doubled after each further one */
    PATIENCE_MS = 10 * 1000, /* with one attempt */
    HEAD_BYTES = 512,
    STATUS_BYTES = 12,            /* "HTTP/1.1 200" */
    MOST_REPLY_BYTES = 64 * 1024, /* read and dropped; a longer reply is not waited for */
};

/* Events between '[' and ']', or in lines. */
struct batch {
    char *bytes;
    size_t size, capacity, items;
};

/* A connection to the extension; it outlives the subscriber until libuv has closed it. */
struct connection_to {
    uv_tcp_t tcp; /* first; its data is the subscriber, or NULL */
    uv_connect_t connect;
    uv_write_t write;
    struct batch *batch; /* that is written */
    char head[HEAD_BYTES];
    char status[STATUS_BYTES];
    size_t status_size, reply_size;
    char input[4096];
};

/* ---- batches ---- */

static void batch_free(struct batch *batch)
{
    if (batch)
        free(batch->bytes);
    free(batch);
}

/* False: memory is short. */
static bool append(struct batch *batch, str bytes)
{
    if (batch->size + bytes.size > batch->capacity) {
        size_t capacity = (batch->size + bytes.size) * 2;
        char *larger = realloc(batch->bytes, capacity);
        if (!larger)
            return false;
        batch->bytes = larger;
        batch->capacity = capacity;
    }
    memcpy(batch->bytes + batch->size, bytes.data, bytes.size);
    batch->size += bytes.size;
    return true;
}

static bool add_event(const struct subscriber *subscriber, struct batch *batch, str event)
{
    size_t size = batch->size;
    bool by_http = subscriber->path != NULL;

    if ((by_http && !append(batch, batch->items ? S(",") : S("["))) || !append(batch, event) ||
        (!by_http && !append(batch, S("\n")))) {
        batch->size = size;
        return false;
    }
    batch->items++;
    return true;
}

static str dropped_event(struct arena *arena, const struct subscriber *subscriber)
{
    struct json_writer writer = json_writer_in(arena);
    int64_t now_ms = engine_now_ms(subscriber->sandbox->sandboxes->loop->engine);

    json_open_object(&writer);
    json_field(&writer, S("time"), time_iso8601_ms(arena, now_ms));
    json_field(&writer, S("type"), S("platform.logsDropped"));
    json_name(&writer, S("record"));
    json_open_object(&writer);
    json_field(&writer, S("reason"),
               S("Consumer seems to have fallen behind as it has not acknowledged receipt of logs."));
    json_i64_field(&writer, S("droppedRecords"), (int64_t)subscriber->dropped_records);
    json_i64_field(&writer, S("droppedBytes"), (int64_t)subscriber->dropped_bytes);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}

static void tell_of_drops(struct subscriber *subscriber, struct batch *batch)
{
    struct arena arena = {0};

    if (subscriber->dropped_records == 0)
        return;
    if (add_event(subscriber, batch, dropped_event(&arena, subscriber)))
        subscriber->dropped_records = subscriber->dropped_bytes = 0;
    arena_free(&arena);
}

static void drop(struct subscriber *subscriber, size_t records, size_t bytes)
{
    subscriber->dropped_records += records;
    subscriber->dropped_bytes += bytes;
}

/* ---- sending ---- */

static void begin_attempt(struct subscriber *subscriber);

static void on_tcp_closed(uv_handle_t *tcp)
{
    struct connection_to *connection = (struct connection_to *)tcp;

    batch_free(connection->batch);
    free(connection);
}

/* The batch that is written stays until libuv has let go of it. */
static void disconnect(struct subscriber *subscriber, bool done_with_batch)
{
    struct connection_to *connection = (struct connection_to *)subscriber->tcp;

    if (!connection)
        return;
    if (done_with_batch)
        connection->batch = subscriber->sent;
    connection->tcp.data = NULL;
    subscriber->tcp = NULL;
    uv_close((uv_handle_t *)&connection->tcp, on_tcp_closed);
}

static void batch_is_over(struct subscriber *subscriber)
{
    uv_timer_stop(&subscriber->patience);
    subscriber->wants_socket = false;
    subscriber->sent = NULL;
    subscriber->attempts = 0;
    bool is_full = subscriber->gathered &&
                   (subscriber->gathered->items >= subscriber->max_items ||
                    subscriber->gathered->size >= subscriber->max_bytes || subscriber->dropped_records > 0);
    if (subscriber->overdue || is_full)
        subscriber_flush(subscriber);
}

static void batch_has_arrived(struct subscriber *subscriber)
{
    if (subscriber->path) {
        disconnect(subscriber, true);
    } else {
        batch_free(subscriber->sent);
    }
    batch_is_over(subscriber);
}

static void batch_is_lost(struct subscriber *subscriber)
{
    struct batch *batch = subscriber->sent;

    drop(subscriber, batch->items, batch->size);
    if (subscriber->tcp)
        disconnect(subscriber, true);
    else
        batch_free(batch);
    batch_is_over(subscriber);
}

static void on_pause_over(uv_timer_t *timer)
{
    begin_attempt(timer->data);
}

static void on_patience_over(uv_timer_t *timer)
{
    batch_is_lost(timer->data);
}

/*
 * A connection that an attempt leaves still writes the batch, until it is closed: the next one gets a copy.
 */
static struct batch *copy_of(const struct batch *batch)
{
    struct batch *copy = memory_take(sizeof *copy);

    if (!append(copy, (str){batch->bytes, batch->size})) {
        batch_free(copy);
        return NULL;
    }
    copy->items = batch->items;
    return copy;
}

static void attempt_failed(struct subscriber *subscriber)
{
    struct batch *copy = NULL;

    if (subscriber->attempts >= MOST_ATTEMPTS) {
        batch_is_lost(subscriber);
        return;
    }
    if (subscriber->tcp) {
        copy = copy_of(subscriber->sent);
        if (!copy) {
            batch_is_lost(subscriber);
            return;
        }
        disconnect(subscriber, true);
        subscriber->sent = copy;
    }
    uv_timer_start(&subscriber->patience, on_pause_over, (uint64_t)FIRST_PAUSE_MS << subscriber->attempts, 0);
}

static bool is_success(const struct connection_to *connection)
{
    return connection->status_size == STATUS_BYTES && memcmp(connection->status, "HTTP/1.", 7) == 0 &&
           connection->status[9] == '2';
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct connection_to *connection = (struct connection_to *)stream;
    struct subscriber *subscriber = connection->tcp.data;

    if (!subscriber || size == 0)
        return;
    if (size > 0) {
        size_t more = STATUS_BYTES - connection->status_size;
        more = more < (size_t)size ? more : (size_t)size;
        memcpy(connection->status + connection->status_size, buffer->base, more);
        connection->status_size += more;
        connection->reply_size += (size_t)size;
        if (!subscriber->path || connection->reply_size < MOST_REPLY_BYTES)
            return;
    }
    if (!subscriber->path && !subscriber->sent)
        disconnect(subscriber, false);
    else if (subscriber->path && is_success(connection))
        batch_has_arrived(subscriber);
    else
        attempt_failed(subscriber);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct connection_to *connection = (struct connection_to *)handle;

    (void)size;
    *buffer = uv_buf_init(connection->input, sizeof connection->input);
}

static void on_written(uv_write_t *write, int status)
{
    struct subscriber *subscriber = write->handle->data;

    if (!subscriber)
        return;
    if (status < 0)
        attempt_failed(subscriber);
    else if (!subscriber->path)
        batch_has_arrived(subscriber);
}

static void write_batch(struct subscriber *subscriber)
{
    struct connection_to *connection = (struct connection_to *)subscriber->tcp;
    struct batch *batch = subscriber->sent;
    int head = 0;

    if (subscriber->path)
        head =
            snprintf(connection->head, sizeof connection->head,
                     "POST %s HTTP/1.1\r\nHost: sandbox.localdomain:%d\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                     subscriber->path, subscriber->port, batch->size);
    check(head >= 0 && (size_t)head < sizeof connection->head);
    uv_buf_t parts[] = {uv_buf_init(connection->head, (unsigned)head),
                        uv_buf_init(batch->bytes, (unsigned)batch->size)};
    if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, parts, 2, on_written) != 0)
        attempt_failed(subscriber);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct subscriber *subscriber = connect->handle->data;

    if (!subscriber)
        return;
    if (status < 0 || uv_read_start(connect->handle, on_alloc, on_read) != 0)
        attempt_failed(subscriber);
    else
        write_batch(subscriber);
}

void subscriber_connect(struct subscriber *subscriber, int fd)
{
    struct connection_to *connection = fd >= 0 ? memory_take(sizeof *connection) : NULL;
    struct sockaddr_in at;

    subscriber->wants_socket = false;
    if (!connection) {
        attempt_failed(subscriber);
        return;
    }
    uv_ip4_addr("127.0.0.1", subscriber->port, &at);
    check(uv_tcp_init(&subscriber->sandbox->sandboxes->loop->uv, &connection->tcp) == 0);
    connection->tcp.data = subscriber;
    subscriber->tcp = &connection->tcp;
    if (uv_tcp_open(&connection->tcp, fd) != 0) {
        close(fd);
        attempt_failed(subscriber);
    } else if (uv_tcp_connect(&connection->connect, &connection->tcp, (struct sockaddr *)&at, on_connected) !=
               0) {
        attempt_failed(subscriber);
    }
}

static void begin_attempt(struct subscriber *subscriber)
{
    subscriber->attempts++;
    uv_timer_start(&subscriber->patience, on_patience_over, PATIENCE_MS, 0);
    if (subscriber->tcp) {
        write_batch(subscriber);
        return;
    }
    subscriber->wants_socket = true;
    sandbox_ask(subscriber->sandbox, MESSAGE_MAKE_SOCKET, 0);
}

void subscriber_flush(struct subscriber *subscriber)
{
    struct batch *batch = subscriber->gathered;

    subscriber->overdue = subscriber->sent && batch;
    if (!batch || subscriber->sent)
        return;
    uv_timer_stop(&subscriber->flush);
    tell_of_drops(subscriber, batch);
    if (subscriber->path && !append(batch, S("]"))) {
        drop(subscriber, batch->items, batch->size);
        batch_free(batch);
        batch = NULL;
    }
    subscriber->gathered = NULL;
    subscriber->sent = batch;
    if (batch)
        begin_attempt(subscriber);
}

/* ---- gathering ---- */

static void on_flush(uv_timer_t *timer)
{
    subscriber_flush(timer->data);
}

void subscriber_add(struct subscriber *subscriber, str event)
{
    struct batch *batch = subscriber->gathered;

    if (batch &&
        (batch->items >= subscriber->max_items || batch->size + event.size > subscriber->max_bytes)) {
        subscriber_flush(subscriber);
        batch = subscriber->gathered;
        if (batch) {
            drop(subscriber, 1, event.size);
            return;
        }
    }
    if (!batch) {
        batch = subscriber->gathered = memory_take(sizeof *batch);
        uv_timer_start(&subscriber->flush, on_flush, subscriber->timeout_ms, 0);
    }
    if (!add_event(subscriber, batch, event))
        drop(subscriber, 1, event.size);
    if (batch->items >= subscriber->max_items || batch->size >= subscriber->max_bytes)
        subscriber_flush(subscriber);
}

/* ---- life ---- */

static char *copied(str text)
{
    char *copy = memory_take(text.size + 1);

    memcpy(copy, text.data, text.size);
    return copy;
}

struct subscriber *subscriber_new(struct sandbox *sandbox, const struct sandbox_subscribe_input *in)
{
    struct subscriber *subscriber = memory_take(sizeof *subscriber);
    uv_loop_t *loop = &sandbox->sandboxes->loop->uv;

    subscriber->sandbox = sandbox;
    subscriber->name = copied(in->name);
    subscriber->path = str_present(in->path) ? copied(in->path) : NULL;
    subscriber->is_logs = in->logs && *in->logs;
    subscriber->objects = in->objects && *in->objects;
    subscriber->port = (int)in->port;
    subscriber->max_items = (size_t)in->max_items;
    subscriber->max_bytes = (size_t)in->max_bytes;
    subscriber->timeout_ms = (uint64_t)in->timeout_ms;
    uv_timer_init(loop, &subscriber->flush);
    uv_timer_init(loop, &subscriber->patience);
    subscriber->flush.data = subscriber->patience.data = subscriber;
    subscriber->open_handles = 2;
    return subscriber;
}

size_t subscriber_held_bytes(const struct subscriber *subscriber)
{
    size_t gathered = subscriber->gathered ? subscriber->gathered->capacity : 0;

    return gathered + (subscriber->sent ? subscriber->sent->capacity : 0);
}

static void on_timer_closed(uv_handle_t *timer)
{
    struct subscriber *subscriber = timer->data;

    if (--subscriber->open_handles > 0)
        return;
    free(subscriber->name);
    free(subscriber->path);
    free(subscriber);
}

void subscriber_close(struct subscriber *subscriber)
{
    if (subscriber->tcp)
        disconnect(subscriber, true);
    else
        batch_free(subscriber->sent);
    batch_free(subscriber->gathered);
    subscriber->sandbox = NULL;
    uv_close((uv_handle_t *)&subscriber->flush, on_timer_closed);
    uv_close((uv_handle_t *)&subscriber->patience, on_timer_closed);
}
