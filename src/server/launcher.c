/*
 * launcher.c: the server's side of the launcher's socket and of the sandboxes' control sockets.
 *
 * These sockets keep packets apart (SOCK_SEQPACKET), so a message is one packet and a request is one packet.
 */
#include "server/launcher_internal.h"

#include "base/check.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

union descriptors {
    struct cmsghdr header; /* aligns the buffer */
    char bytes[CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
};

static bool send_packet(int socket, str bytes, const int *fds, size_t count)
{
    union descriptors control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes.data, bytes.size};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};

    if (count > 0) {
        packet.msg_control = control.bytes;
        packet.msg_controllen = CMSG_SPACE(count * sizeof *fds);
        struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof *fds);
        memcpy(CMSG_DATA(header), fds, count * sizeof *fds);
    }
    return sendmsg(socket, &packet, MSG_NOSIGNAL) >= 0;
}

ssize_t packet_receive(int socket, void *bytes, size_t size, int fds[static MESSAGE_FDS],
                       bool *fds_are_missing)
{
    union descriptors control = {0};
    struct iovec part = {bytes, size};
    struct msghdr packet = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    ssize_t received = recvmsg(socket, &packet, MSG_CMSG_CLOEXEC);

    for (int i = 0; i < MESSAGE_FDS; i++)
        fds[i] = -1;
    *fds_are_missing = received > 0 && packet.msg_flags & MSG_CTRUNC;
    if (received <= 0)
        return received;
    struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    return received;
}

bool message_send(int socket, const struct message *message)
{
    size_t count = 0;

    while (count < MESSAGE_FDS && message->fds[count] >= 0)
        count++;
    return send_packet(socket, (str){(const char *)message, sizeof *message}, message->fds, count);
}

bool message_receive(int socket, struct message *message)
{
    int fds[MESSAGE_FDS];
    bool fds_are_missing;
    ssize_t size = packet_receive(socket, message, sizeof *message, fds, &fds_are_missing);

    if (size == 0)
        errno = 0;
    if (size <= 0)
        return false;
    check(size == sizeof *message);
    memcpy(message->fds, fds, sizeof fds);
    message->fds_are_missing = fds_are_missing;
    message->text[sizeof message->text - 1] = '\0';
    return true;
}

struct message message_of(enum message_kind kind)
{
    struct message message = {.kind = kind};

    for (int i = 0; i < MESSAGE_FDS; i++)
        message.fds[i] = -1;
    return message;
}

bool launcher_request(const struct launcher *launcher, str payload, const int fds[static REQUEST_FDS])
{
    size_t count = fds[REQUEST_EXTENSION_OUTPUT] >= 0 ? REQUEST_FDS : REQUEST_EXTENSION_OUTPUT;

    if (payload.size > REQUEST_BYTES) {
        errno = EMSGSIZE;
        return false;
    }
    return send_packet(launcher->channel, payload, fds, count);
}

void launcher_start(struct launcher *launcher, const struct launcher_options *options)
{
    int ends[2];
    pid_t server = getpid();

    check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    launcher->pid = fork();
    check(launcher->pid >= 0);
    if (launcher->pid == 0) {
        close(ends[0]);
        launcher_run(ends[1], options, server);
    }
    close(ends[1]);
    launcher->channel = ends[0];
}

void launcher_stop(struct launcher *launcher)
{
    close(launcher->channel);
    waitpid(launcher->pid, NULL, 0);
}
