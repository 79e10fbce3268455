/*
 * http_client.c: one exchange after the other.  Bodies come with a Content-Length or in chunks.
 *
 * The server may have closed a kept connection since its last use.  A request that got not one byte of a
 * reply is therefore sent once more on a new connection.
 */
#include "http_client.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 64 * 1024,
    MAX_HEAD_BYTES = 64 * 1024,
    LOOK_AT_CLOCK_MS = 10, /* while a call waits: so a timeout is at most this late */
};

static void disconnect(struct http_client *client)
{
    if (client->socket >= 0)
        close(client->socket);
    client->socket = -1;
    client->start = client->end = 0;
}

/* No call on the socket waits longer than LOOK_AT_CLOCK_MS, so none needs a poll() before it. */
static void set_options(const struct http_client *client)
{
    const struct timeval wait = {.tv_usec = LOOK_AT_CLOCK_MS * 1000L};

    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (client->timeout_ms == 0)
        return;
    setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(client->socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

static bool connect_to_server(struct http_client *client)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    const char *colon = strrchr(client->address, ':');
    char host[256];

    if (!colon || (size_t)(colon - client->address) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - client->address), client->address);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return false;
    for (const struct addrinfo *at = found; at && client->socket < 0; at = at->ai_next) {
        client->socket = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (client->socket >= 0 && connect(client->socket, at->ai_addr, at->ai_addrlen) != 0)
            disconnect(client);
    }
    freeaddrinfo(found);
    set_options(client);
    return client->socket >= 0;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_time(struct http_client *client)
{
    client->timed_out = client->timeout_ms > 0 && monotonic_ms() >= client->deadline_ms;
    return !client->timed_out;
}

/* A call on the socket has failed, but may be made again: a signal has come, or the call has waited. */
static bool may_go_on(struct http_client *client)
{
    return (errno == EINTR || errno == EAGAIN) && has_time(client);
}

static bool send_all(struct http_client *client, struct iovec *parts, int count)
{
    while (count > 0) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t sent = sendmsg(client->socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (!may_go_on(client))
                return false;
            continue;
        }
        for (; count > 0 && (size_t)sent >= parts->iov_len; parts++, count--)
            sent -= (ssize_t)parts->iov_len;
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + sent;
            parts->iov_len -= (size_t)sent;
        }
    }
    return true;
}

static void write_head(struct http_client *client, const char *method, const char *path, const char *headers,
                       size_t body_length)
{
    struct json_text *head = &client->request;

    head->length = 0;
    json_add_texts(head, method, " ", path, " HTTP/1.1\r\nHost: ", client->address, "\r\n", headers,
                   "Content-Length: ", NULL);
    json_add_integer(head, (int64_t)body_length);
    json_add_texts(head, "\r\n\r\n", NULL);
}

static bool send_request(struct http_client *client, const char *method, const char *path,
                         const char *headers, const char *body, size_t body_length)
{
    write_head(client, method, path, headers, body_length);
    struct iovec parts[] = {{client->request.data, client->request.length},
                            {(char *)(uintptr_t)body, body_length}};
    return send_all(client, parts, body_length > 0 ? 2 : 1);
}

/* Receive more bytes into the empty buffer; false at the connection's end. */
static bool receive(struct http_client *client)
{
    ssize_t received;

    if (!client->buffer)
        client->buffer = malloc(BUFFER_BYTES);
    if (!client->buffer || !has_time(client))
        return false;
    do
        received = recv(client->socket, client->buffer, BUFFER_BYTES, 0);
    while (received < 0 && may_go_on(client));
    client->start = 0;
    client->end = received > 0 ? (size_t)received : 0;
    return received > 0;
}

static bool append(char **text, size_t *length, size_t *capacity, const char *bytes, size_t size)
{
    if (*length + size + 1 > *capacity) {
        size_t wanted = (*length + size + 1) * 2;
        char *grown = realloc(*text, wanted);
        if (!grown)
            return false;
        *text = grown;
        *capacity = wanted;
    }
    memcpy(*text + *length, bytes, size);
    *length += size;
    (*text)[*length] = '\0';
    return true;
}

/* Append one line to the head, with a NUL in place of its line break. */
static bool read_line(struct http_client *client, struct http_reply *reply)
{
    for (;;) {
        if (client->start == client->end && !receive(client))
            return false;
        char *from = client->buffer + client->start;
        char *newline = memchr(from, '\n', client->end - client->start);
        size_t size = newline ? (size_t)(newline - from) + 1 : client->end - client->start;

        if (reply->head_length + size > MAX_HEAD_BYTES ||
            !append(&reply->head, &reply->head_length, &reply->head_capacity, from, size))
            return false;
        client->start += size;
        if (newline) {
            reply->head_length -= reply->head_length > 1 && newline > from && newline[-1] == '\r' ? 2 : 1;
            reply->head[reply->head_length++] = '\0';
            return true;
        }
    }
}

static bool read_body_bytes(struct http_client *client, struct http_reply *reply, size_t size)
{
    while (size > 0) {
        if (client->start == client->end && !receive(client))
            return false;
        size_t here = client->end - client->start < size ? client->end - client->start : size;
        if (!append(&reply->body, &reply->body_length, &reply->body_capacity, client->buffer + client->start,
                    here))
            return false;
        client->start += here;
        size -= here;
    }
    return true;
}

/* A line that is not part of the head: a chunk's size, or the empty line after a chunk. */
static bool read_chunk_line(struct http_client *client, struct http_reply *reply, size_t *number)
{
    size_t head_length = reply->head_length;
    if (!read_line(client, reply))
        return false;
    *number = strtoul(reply->head + head_length, NULL, 16);
    bool empty = reply->head[head_length] == '\0';
    reply->head_length = head_length;
    reply->head[head_length] = '\0';
    return !empty;
}

static bool read_chunks(struct http_client *client, struct http_reply *reply)
{
    size_t size, none;

    do {
        if (!read_chunk_line(client, reply, &size) || !read_body_bytes(client, reply, size))
            return false;
        if (size > 0)
            read_chunk_line(client, reply, &none);
    } while (size > 0);
    while (read_chunk_line(client, reply, &none))
        ; /* trailers */
    return true;
}

static bool read_head(struct http_client *client, struct http_reply *reply)
{
    static const char version[] = "HTTP/1.1 ";
    size_t line;

    do {
        line = reply->head_length;
        if (!read_line(client, reply))
            return false;
    } while (reply->head[line] != '\0');
    if (strncmp(reply->head, version, strlen(version)) != 0)
        return false;
    reply->status = (int)strtol(reply->head + strlen(version), NULL, 10);
    return reply->status > 0;
}

static bool read_reply(struct http_client *client, struct http_reply *reply)
{
    reply->head_length = reply->body_length = 0;
    if (!append(&reply->body, &reply->body_length, &reply->body_capacity, "", 0) || !read_head(client, reply))
        return false;
    if (strcasecmp(http_header(reply, "Transfer-Encoding"), "chunked") == 0)
        return read_chunks(client, reply);
    return read_body_bytes(client, reply, strtoul(http_header(reply, "Content-Length"), NULL, 10));
}

/* One try, or two if the server may have closed the connection. */
static bool exchange(struct http_client *client, const char *method, const char *path, const char *headers,
                     const char *body, size_t body_length, struct http_reply *reply)
{
    bool kept = client->socket >= 0;

    if (!kept && !connect_to_server(client))
        return false;
    reply->head_length = 0;
    if (send_request(client, method, path, headers, body, body_length) && read_reply(client, reply)) {
        if (strcasecmp(http_header(reply, "Connection"), "close") == 0)
            disconnect(client);
        return true;
    }
    disconnect(client);
    return kept && !client->timed_out && reply->head_length == 0 &&
           exchange(client, method, path, headers, body, body_length, reply);
}

bool http_exchange(struct http_client *client, const char *method, const char *path, const char *headers,
                   const char *body, size_t body_length, struct http_reply *reply)
{
    client->timed_out = false;
    client->deadline_ms = monotonic_ms() + client->timeout_ms;
    return exchange(client, method, path, headers, body, body_length, reply);
}

const char *http_header(const struct http_reply *reply, const char *name)
{
    size_t length = strlen(name), size;

    for (const char *line = reply->head; (size = strlen(line)) > 0; line += size + 1)
        if (size > length && line[length] == ':' && strncasecmp(line, name, length) == 0)
            return line + length + 1 + strspn(line + length + 1, " \t");
    return "";
}
