/*
 * listener.c: a listening socket on a loop.
 *
 * One socket accepts for all threads.  SO_REUSEPORT would let the kernel spread connections by hash, which
 * leaves some threads idle when there are only a few busy clients, and resets connections that wait in a
 * queue that is being closed.  Clients keep their connections, so accepting is rare.
 */
#include "server/server_internal.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPTS_PER_WAKE_UP = 64, REST_MS = 100, SHORT_REST_MS = 5 };

static struct address address_of(const struct sockaddr_storage *from)
{
    static const char mapped[] = "::ffff:";
    struct address address = {""};

    if (from->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)from)->sin_addr, address.text,
                  sizeof address.text);
    else
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, address.text,
                  sizeof address.text);
    if (strncmp(address.text, mapped, sizeof mapped - 1) == 0 && strchr(address.text, '.'))
        memmove(address.text, address.text + sizeof mapped - 1, strlen(address.text) - sizeof mapped + 2);
    return address;
}

struct address address_called(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t size = sizeof at;

    return getsockname(fd, (struct sockaddr *)&at, &size) == 0 ? address_of(&at) : (struct address){""};
}

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *rest)
{
    struct listener *listener = rest->data;

    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

/* Stop polling for a moment: the socket stays readable, so a loop that does not accept would spin. */
static void rest_for(struct listener *listener, unsigned ms)
{
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->rest, on_rested, ms, 0);
}

static void rest_after(struct listener *listener, int error)
{
    static struct log_pace refusals;
    bool room_comes = listener->starved && (error == EMFILE || error == ENFILE);
    unsigned left_out;

    if (log_due(&refusals, &left_out))
        log_warn("cannot accept a connection", log_field("error", strerror(error)),
                 log_field("also", left_out));
    if (room_comes)
        listener->starved(listener);
    rest_for(listener, room_comes ? SHORT_REST_MS : REST_MS);
}

static bool passing(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;

    (void)status, (void)events;
    for (int i = 0; i < ACCEPTS_PER_WAKE_UP; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;

        if (listener->crowded && listener->crowded(listener)) {
            rest_for(listener, SHORT_REST_MS);
            return;
        }
        int fd = accept4(listener->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            struct address address = address_of(&from);
            listener->accepted(listener, fd, &address);
        } else if (errno == EAGAIN) {
            return;
        } else if (!passing(errno)) {
            rest_after(listener, errno);
            return;
        }
    }
}

static int bind_to(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int yes = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;

    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static str cannot_listen(struct arena *arena, const char *host, int port)
{
    return arena_format(arena, "cannot listen on %s:%d: %s%s", host, port, strerror(errno),
                        errno == EADDRINUSE ? " (choose another port with --port)" : "");
}

static int open_socket(const char *host, int port, struct arena *arena, str *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    char service[16];

    snprintf(service, sizeof service, "%d", port);
    int failure = getaddrinfo(host, service, &hints, &found);
    if (failure != 0) {
        *error = arena_format(arena, "%s: %s", host, gai_strerror(failure));
        return -1;
    }
    int fd = bind_to(found);
    if (fd < 0)
        *error = cannot_listen(arena, host, port);
    freeaddrinfo(found);
    return fd;
}

static void init_handles(struct listener *listener, struct loop *loop)
{
    uv_poll_init(&loop->uv, &listener->poll, listener->fd);
    uv_timer_init(&loop->uv, &listener->rest);
    listener->poll.data = listener->rest.data = listener;
}

bool listener_bind(struct listener *listener, struct loop *loop, const char *host, int port,
                   struct arena *arena, str *error)
{
    listener->fd = open_socket(host, port, arena, error);
    if (listener->fd < 0)
        return false;
    init_handles(listener, loop);
    return true;
}

bool listener_listen(struct listener *listener)
{
    if (listen(listener->fd, BACKLOG) != 0)
        return false;
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
    return true;
}

void listener_adopt(struct listener *listener, struct loop *loop)
{
    init_handles(listener, loop);
    uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

int listener_port(const struct listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {0};
    socklen_t size = sizeof at;

    check(getsockname(listener->fd, &at.any, &size) == 0);
    return ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
}

str listener_url(const struct listener *listener, struct arena *arena)
{
    struct address address = address_called(listener->fd);
    bool is_ipv6 = strchr(address.text, ':') != NULL;

    return arena_format(arena, is_ipv6 ? "http://[%s]:%d" : "http://%s:%d", address.text,
                        listener_port(listener));
}

str listener_local_url(const struct listener *listener, struct arena *arena)
{
    struct address address = address_called(listener->fd);

    if (strcmp(address.text, "0.0.0.0") == 0 || strcmp(address.text, "::") == 0)
        return arena_format(arena, "http://127.0.0.1:%d", listener_port(listener));
    return listener_url(listener, arena);
}

static void on_rest_closed(uv_handle_t *rest)
{
    struct listener *listener = rest->data;

    uv_close((uv_handle_t *)&listener->poll, listener->closed);
}

void listener_close(struct listener *listener, uv_close_cb closed)
{
    uv_poll_stop(&listener->poll);
    close(listener->fd);
    listener->closed = closed;
    uv_close((uv_handle_t *)&listener->rest, on_rest_closed);
}
