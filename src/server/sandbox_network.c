/*
 * sandbox_network.c: the network that a sandbox sees.
 *
 * Each sandbox has its own network, so its 127.0.0.1 has only its own listeners: the Runtime API and this
 * server's endpoint, as sockets that were opened in there and passed to the server.  Nobody else can reach
 * them, and a sandbox cannot reach another's.  The launcher enters a new network for each sandbox before the
 * sandbox is requested, because making a network takes half a millisecond.
 */
#include "server/launcher_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

int network_listen(int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || (bind(fd, (struct sockaddr *)(void *)&at, sizeof at) == 0 && listen(fd, BACKLOG) == 0))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int network_port(int fd)
{
    struct sockaddr_in at = {0};
    socklen_t size = sizeof at;

    getsockname(fd, (struct sockaddr *)(void *)&at, &size);
    return ntohs(at.sin_port);
}

static bool raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool raised = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

    if (fd >= 0)
        close(fd);
    return raised;
}

bool network_prepare(struct launcher_state *state)
{
    int port = state->options.endpoint_port;

    state->runtime_api_fd = state->endpoint_fd = -1;
    if (unshare(CLONE_NEWNET) != 0 || !raise_loopback() || (state->has_gateway && !gateway_connect(state)))
        return false;
    state->runtime_api_fd = network_listen(port == RUNTIME_API_PORT ? 0 : RUNTIME_API_PORT);
    state->endpoint_fd = network_listen(port);
    return state->runtime_api_fd >= 0 && state->endpoint_fd >= 0;
}
