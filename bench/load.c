/*
 * load.c: a load generator that signs its requests, for bench/run.
 *
 *     bench-load OPERATION [--port N] [--connections N] [--seconds S | --count N] [--pid SERVER] ...
 *
 * N keep-alive connections on one epoll loop, each with one request under way.  Requests are written and
 * signed in advance where possible (a ring of them), so that the generator uses little of the CPU that it
 * shares with the server.  Prints one JSON object.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_SAMPLES = 8 * 1024 * 1024,
    MAX_EVENTS = 256,
    REPLY_BYTES = 16 * 1024,
    WARM_UP_PERCENT = 15,
    PATIENCE_US = 30 * 1000 * 1000, /* the longest time without a reply: longer than the longest poll */
};

static void die(const char *what)
{
    fprintf(stderr, "bench-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- Connections -------------------------------------------------------------------------------- */

static int connect_to(const struct load *load)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)load->options.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void watch(struct load *load, struct connection *connection, bool writing)
{
    struct epoll_event event = {
        .events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0),
        .data.ptr = connection,
    };

    if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, connection->socket, &event) != 0)
        die("epoll_ctl");
}

static void open_connection(struct load *load, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    connection->socket = connect_to(load);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0)
        die("epoll_ctl");
}

static bool write_some(struct load *load, struct connection *connection)
{
    const struct request *request = &connection->request;

    while (connection->sent < request->length) {
        ssize_t wrote = send(connection->socket, request->bytes + connection->sent,
                             request->length - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (wrote < 0 && errno == EAGAIN) {
            watch(load, connection, true);
            return true;
        }
        if (wrote < 0)
            return false;
        connection->sent += (size_t)wrote;
    }
    return true;
}

/* The server has closed the connection, or is about to: ask again on a new one. */
static void reopen(struct load *load, struct connection *connection)
{
    close(connection->socket);
    open_connection(load, connection);
    connection->closing = false;
    connection->sent = 0;
    connection->reply_length = 0;
    connection->head_seen = false;
    if (!write_some(load, connection))
        die("send");
}

static void send_request(struct load *load, struct connection *connection, struct request request, bool owns)
{
    if (connection->owns_request)
        free(connection->request.bytes);
    connection->request = request;
    connection->owns_request = owns;
    connection->sent = 0;
    connection->reply_length = 0;
    connection->head_seen = false;
    connection->began_us = now_us();
    load->sent++;
    if (connection->closing || !write_some(load, connection))
        reopen(load, connection);
}

static void send_next(struct load *load, struct connection *connection)
{
    if (connection->handle_count && load->operation->write_delete) {
        struct request request;

        load->operation->write_delete(load, connection, &request);
        load->deleted += connection->handle_count;
        connection->handle_count = 0;
        send_request(load, connection, request, true);
        return;
    }
    if (load->options.count && load->sent >= (size_t)load->options.count)
        return;
    size_t number = load->next++;
    if (load->options.count && load->operation->ring_size > 1) {
        struct request request; /* a counted run sends each number once */

        load->operation->write(load, number, &request);
        send_request(load, connection, request, true);
        return;
    }
    send_request(load, connection, load->ring[number % load->operation->ring_size], false);
}

/*
 * The value, up to the line's end, of a header whose name is in lower case; NULL when the header is missing.
 */
static const char *header_value(const char *head, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            return line + 3 + length;
    return NULL;
}

static bool read_head(struct connection *connection)
{
    char *end = strstr(connection->reply, "\r\n\r\n");

    if (!end)
        return false;
    char after = end[2];
    end[2] = '\0';
    const char *length = header_value(connection->reply, "content-length");
    const char *coding = header_value(connection->reply, "transfer-encoding");
    connection->head_length = (size_t)(end + 4 - connection->reply);
    connection->body_length = length ? strtoul(length, NULL, 10) : 0;
    connection->chunked = coding && !length;
    const char *keep = header_value(connection->reply, "connection");
    connection->closing = keep && strncasecmp(keep + strspn(keep, " "), "close", 5) == 0;
    connection->head_seen = true;
    end[2] = after;
    return true;
}

static bool reply_whole(struct connection *connection)
{
    if (!connection->head_seen && !read_head(connection))
        return false;
    if (!connection->chunked)
        return connection->reply_length >= connection->head_length + connection->body_length;
    return connection->reply_length >= 5 &&
           memcmp(connection->reply + connection->reply_length - 5, "0\r\n\r\n", 5) == 0;
}

/* False when the server has closed the connection. */
static bool read_some(struct connection *connection)
{
    if (connection->reply_length + 1 >= connection->reply_room) {
        connection->reply_room = connection->reply_room ? 2 * connection->reply_room : REPLY_BYTES;
        connection->reply = realloc(connection->reply, connection->reply_room);
        if (!connection->reply)
            die("realloc");
    }
    ssize_t got = recv(connection->socket, connection->reply + connection->reply_length,
                       connection->reply_room - connection->reply_length - 1, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN;
    connection->reply_length += (size_t)got;
    connection->reply[connection->reply_length] = '\0';
    return got > 0;
}

static int status_of(const struct connection *connection)
{
    return connection->reply_length > 12 ? atoi(connection->reply + 9) : 0;
}

/* --- The run ------------------------------------------------------------------------------------ */

/* Note the first receipt handle after `from`; returns its end, or NULL. */
static const char *note_handle(struct connection *connection, const char *from)
{
    static const char name[] = "\"ReceiptHandle\"";
    const char *found = strstr(from, name);
    const char *begin = found ? strchr(found + sizeof name - 1, '"') : NULL;
    const char *end = begin ? strchr(begin + 1, '"') : NULL;

    if (!end || connection->handle_count == BATCH || (size_t)(end - begin) >= HANDLE_BYTES)
        return NULL;
    char *handle = connection->handles[connection->handle_count++];
    memcpy(handle, begin + 1, (size_t)(end - begin - 1));
    handle[end - begin - 1] = '\0';
    return end;
}

static void note_handles(struct load *load, struct connection *connection)
{
    const char *at = connection->reply + connection->head_length;

    if (!strstr(connection->request.bytes, "ReceiveMessage"))
        return;
    while (at)
        at = note_handle(connection, at);
    load->draining |= connection->handle_count == 0;
}

static void answered(struct load *load, struct connection *connection)
{
    if (status_of(connection) / 100 != 2) {
        if (load->errors++ == 0)
            fprintf(stderr, "bench-load: %.400s\n", connection->reply);
    }
    load->answered_us = now_us();
    if (load->sample_count < MAX_SAMPLES)
        load->samples_us[load->sample_count++] = (uint32_t)(load->answered_us - connection->began_us);
    if (load->operation->write_delete)
        note_handles(load, connection);
    if (load->options.pause_ms == 0)
        send_next(load, connection);
    else
        connection->resume_us = load->answered_us + (uint64_t)load->options.pause_ms * 1000;
}

static void resume_rested(struct load *load)
{
    uint64_t now = load->options.pause_ms ? now_us() : 0;

    for (int i = 0; now && i < load->options.connections; i++) {
        struct connection *connection = &load->connections[i];
        if (connection->resume_us && connection->resume_us <= now) {
            connection->resume_us = 0;
            send_next(load, connection);
        }
    }
}

static void turn(struct load *load, int timeout_ms)
{
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(load->epoll, events, MAX_EVENTS, load->options.pause_ms ? 1 : timeout_ms);

    resume_rested(load);
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;

        if (events[i].events & EPOLLOUT) {
            watch(load, connection, false);
            if (!write_some(load, connection))
                reopen(load, connection);
        }
        if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
            continue;
        if (!read_some(connection))
            reopen(load, connection);
        else if (reply_whole(connection))
            answered(load, connection);
    }
}

/* User and system time of a process so far, in microseconds; 0 if it does not exist. */
static uint64_t cpu_us(int pid)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;

    if (pid == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file))
        die(path);
    fclose(file);
    const char *fields = strrchr(line, ')');
    if (!fields ||
        sscanf(fields + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system) != 2)
        die(path);
    return (user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static bool finished(const struct load *load, uint64_t end_us)
{
    if (load->draining)
        return true;
    if (now_us() - load->answered_us > PATIENCE_US) {
        fprintf(stderr, "bench-load: the server does not answer\n");
        exit(1);
    }
    return load->options.count ? load->sample_count >= (size_t)load->options.count : now_us() >= end_us;
}

static int compare_us(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void report(const struct load *load, double seconds, uint64_t cpu)
{
    size_t count = load->sample_count;
    uint32_t *samples = load->samples_us;

    qsort(samples, count, sizeof *samples, compare_us);
    printf(
        "{\"operation\": \"%s\", \"connections\": %d, \"requests\": %zu, \"errors\": %zu, \"seconds\": %.3f, "
        "\"per_second\": %.1f, \"p50_us\": %u, \"p99_us\": %u, \"worst_us\": %u, \"cpu_us\": %llu, "
        "\"cpu_us_per_request\": %.2f, \"deleted\": %zu}\n",
        load->operation->name, load->options.connections, count, load->errors, seconds,
        (double)count / seconds, count ? samples[count / 2] : 0, count ? samples[count * 99 / 100] : 0,
        count ? samples[count - 1] : 0, (unsigned long long)cpu, count ? (double)cpu / (double)count : 0.0,
        load->deleted);
}

/* Count a stream's request without a reply at the end of the run as if it had been answered now. */
static void count_unanswered(struct load *load)
{
    uint64_t now = now_us();

    for (int i = 0; load->options.pause_ms && i < load->options.connections; i++)
        if (load->connections[i].resume_us == 0 && load->sample_count < MAX_SAMPLES)
            load->samples_us[load->sample_count++] = (uint32_t)(now - load->connections[i].began_us);
}

static void run(struct load *load)
{
    struct connection *connections = load->connections =
        calloc((size_t)load->options.connections, sizeof *connections);
    uint64_t length_us = (uint64_t)(load->options.seconds * 1e6);

    if (!connections)
        die("calloc");
    for (int i = 0; i < load->options.connections; i++) {
        open_connection(load, &connections[i]);
        send_next(load, &connections[i]);
    }
    if (!load->options.count) {
        uint64_t warm_us = now_us() + length_us * WARM_UP_PERCENT / 100;

        while (!load->draining && now_us() < warm_us)
            turn(load, 10);
        load->sample_count = load->deleted = 0;
    }
    uint64_t began_us = now_us(), cpu_before = cpu_us(load->options.pid);
    load->answered_us = began_us;
    while (!finished(load, began_us + length_us))
        turn(load, 10);
    count_unanswered(load);
    report(load, (double)(now_us() - began_us) / 1e6, cpu_us(load->options.pid) - cpu_before);
    free(connections);
}

/* --- The order flow: publish, then ask for the item until it is there -------------------------- */

static void exchange(struct load *load, struct connection *connection, struct request request)
{
    send_request(load, connection, request, true);
    do {
        struct epoll_event event;

        if (epoll_wait(load->epoll, &event, 1, 1000) < 0 && errno != EINTR)
            die("epoll_wait");
        if (!read_some(connection))
            die("the server closed the connection");
    } while (connection->reply_length == 0 || !reply_whole(connection));
    if (status_of(connection) / 100 != 2) {
        fprintf(stderr, "bench-load: %.1000s\n", connection->reply);
        exit(1);
    }
}

static bool item_there(struct load *load, struct connection *connection, const char *key)
{
    struct request request;

    load_write_get(load, key, &request);
    exchange(load, connection, request);
    return strstr(connection->reply + connection->head_length, "\"Item\"") != NULL;
}

static void run_flow(struct load *load)
{
    struct connection publisher = {.reply_room = 0}, reader = {.reply_room = 0};
    uint64_t began_us = now_us(), cpu_before = cpu_us(load->options.pid);

    open_connection(load, &publisher);
    open_connection(load, &reader);
    for (size_t i = 0; i < (size_t)load->options.count; i++) {
        struct request request;
        char key[64];

        snprintf(key, sizeof key, "%s%zu", load->options.prefix, i);
        load_write_publish(load, i, &request);
        uint64_t published_us = now_us();
        exchange(load, &publisher, request);
        while (!item_there(load, &reader, key)) {
            if (now_us() - published_us > PATIENCE_US) {
                fprintf(stderr, "bench-load: order %s did not arrive\n", key);
                exit(1);
            }
        }
        load->samples_us[load->sample_count++] = (uint32_t)(now_us() - published_us);
    }
    report(load, (double)(now_us() - began_us) / 1e6, cpu_us(load->options.pid) - cpu_before);
}

/* --- Main --------------------------------------------------------------------------------------- */

static void usage(void)
{
    fprintf(stderr, "usage: bench-load OPERATION [--port N] [--connections N] [--seconds S | --count N]\n"
                    "           [--pause-ms N] [--pid SERVER] [--queue-url URL] [--table NAME] [--topic ARN] "
                    "[--prefix ID]\n"
                    "           [--items N] [--unsigned]\noperations:");
    for (const struct operation *operation = OPERATIONS; operation->name; operation++)
        fprintf(stderr, " %s", operation->name);
    fprintf(stderr, "\n");
    exit(2);
}

static void read_int(const char *text, void *to)
{
    *(int *)to = atoi(text);
}

static void read_long(const char *text, void *to)
{
    *(long *)to = atol(text);
}

static void read_size(const char *text, void *to)
{
    *(size_t *)to = strtoul(text, NULL, 10);
}

static void read_double(const char *text, void *to)
{
    *(double *)to = atof(text);
}

static void read_text(const char *text, void *to)
{
    *(const char **)to = text;
}

#define AT(member) offsetof(struct options, member)

static const struct {
    const char *name;
    void (*read)(const char *text, void *to); /* NULL: a bool, without a value */
    size_t offset;
} flags[] = {
    {"port", read_int, AT(port)},
    {"connections", read_int, AT(connections)},
    {"seconds", read_double, AT(seconds)},
    {"count", read_long, AT(count)},
    {"pause-ms", read_int, AT(pause_ms)},
    {"pid", read_int, AT(pid)},
    {"queue-url", read_text, AT(queue_url)},
    {"table", read_text, AT(table)},
    {"topic", read_text, AT(topic)},
    {"prefix", read_text, AT(prefix)},
    {"items", read_size, AT(items)},
    {"unsigned", NULL, AT(unsigned_requests)},
};
enum { FLAGS = sizeof flags / sizeof *flags };

static struct options read_options(int argc, char **argv)
{
    struct options options = {.port = 4566,
                              .connections = 1,
                              .seconds = 3,
                              .items = 1,
                              .queue_url = "",
                              .table = "Orders",
                              .topic = "",
                              .prefix = "O"};
    struct option names[FLAGS + 1] = {0};

    for (size_t i = 0; i < FLAGS; i++)
        names[i] = (struct option){flags[i].name, flags[i].read ? required_argument : no_argument, NULL, 0};
    for (int result, i; (result = getopt_long(argc, argv, "", names, &i)) != -1;) {
        if (result != 0)
            usage();
        void *to = (char *)&options + flags[i].offset;
        if (flags[i].read)
            flags[i].read(optarg, to);
        else
            *(bool *)to = true;
    }
    return options;
}

/* Make the operation's requests, and send them again and again. */
static void run_ring(struct load *load)
{
    size_t size = load->operation->ring_size;

    load->ring = calloc(size, sizeof *load->ring);
    if (size == 0 || !load->ring)
        die("ring");
    for (size_t i = 0; i < size; i++)
        load->operation->write(load, i, &load->ring[i]);
    run(load);
    free(load->ring);
}

int main(int argc, char **argv)
{
    struct load load = {.options = read_options(argc, argv)};

    if (optind + 1 != argc)
        usage();
    for (const struct operation *operation = OPERATIONS; operation->name; operation++)
        if (strcmp(operation->name, argv[optind]) == 0)
            load.operation = operation;
    if (!load.operation || load.options.connections < 1 || load.options.items < 1)
        usage();

    snprintf(load.host, sizeof load.host, "127.0.0.1:%d", load.options.port);
    load.signer = (struct signer){"test", "test", "us-east-1", load.host};
    load.samples_us = malloc(MAX_SAMPLES * sizeof *load.samples_us);
    load.epoll = epoll_create1(0);
    if (!load.samples_us || load.epoll < 0)
        die("setup");
    if (strcmp(load.operation->name, "flow") == 0)
        run_flow(&load);
    else
        run_ring(&load);
    return load.errors ? 1 : 0;
}
