/*
 * launcher.c: the server's side of the launcher's socket and of the sandboxes' control sockets.
 *
 * These sockets keep packets apart (SOCK_SEQPACKET), so a message is one packet and a request is one packet.
 */
#include "server/launcher_internal.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
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

/*
 * The two ends of a channel.  A burst of requests waits in it: the kernel's own limit holds a dozen of those
 * with 4 KB of variables.  What an ordinary user may have is net.core.wmem_max.
 */
static bool open_channel(int ends[2])
{
    static const int waiting_bytes = 16 * 1024 * 1024;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &waiting_bytes, sizeof waiting_bytes) != 0)
        (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &waiting_bytes, sizeof waiting_bytes);
    return true;
}

/* ---- the first launcher ---- */

void launcher_start(struct launcher *launcher, const struct launcher_options *options)
{
    int ends[2];
    pid_t server = getpid();

    check(open_channel(ends));
    launcher->pid = fork();
    check(launcher->pid >= 0);
    if (launcher->pid == 0) {
        close(ends[0]);
        launcher_run(ends[1], options, server);
    }
    close(ends[1]);
    launcher->channel = ends[0];
    launcher->other_end = -1;
}

void launcher_stop(struct launcher *launcher)
{
    close(launcher->channel);
    launcher_drop_requests(launcher);
    if (launcher->pid)
        waitpid(launcher->pid, NULL, 0);
}

/* ---- the next ones ---- */

bool launcher_has_ended(const struct launcher *launcher)
{
    siginfo_t end = {0};

    return launcher->pid && waitid(P_PID, (id_t)launcher->pid, &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           end.si_pid != 0;
}

int launcher_bury(struct launcher *launcher)
{
    int status = 0;

    kill(launcher->pid, SIGKILL); /* if it lives, it cannot be reached */
    while (waitpid(launcher->pid, &status, 0) < 0 && errno == EINTR)
        ;
    launcher->pid = 0;
    return status;
}

bool launcher_renew(struct launcher *launcher)
{
    int ends[2];

    if (!open_channel(ends))
        return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    dup3(ends[0], launcher->channel, O_CLOEXEC);
    close(ends[0]);
    launcher->other_end = ends[1];
    return true;
}

void launcher_drop_requests(struct launcher *launcher)
{
    if (launcher->other_end >= 0)
        close(launcher->other_end);
    launcher->other_end = -1;
}

/* The words of the command, after its name. */
enum { URL_BYTES = 512 };
enum { WORD_SERVER = 1, WORD_MODE, WORD_OUTWARD, WORD_PORT, WORD_URL, WORDS };

static int spawn(pid_t *pid, int channel, char *const argv[])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;

    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, channel, LAUNCHER_CHANNEL);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    int error = posix_spawn(pid, "/proc/self/exe", &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

bool launcher_spawn(struct launcher *launcher, const struct launcher_options *options)
{
    char numbers[WORD_URL][16], url[URL_BYTES];
    char *argv[] = {"orderly",
                    LAUNCHER_COMMAND,
                    numbers[WORD_SERVER],
                    numbers[WORD_MODE],
                    numbers[WORD_OUTWARD],
                    numbers[WORD_PORT],
                    url,
                    NULL};
    const int values[WORD_URL] = {[WORD_SERVER] = getpid(),
                                  [WORD_MODE] = (int)options->mode,
                                  [WORD_OUTWARD] = options->outward,
                                  [WORD_PORT] = options->endpoint_port};

    for (int word = WORD_SERVER; word < WORD_URL; word++)
        snprintf(numbers[word], sizeof numbers[word], "%d", values[word]);
    snprintf(url, sizeof url, "%.*s", STR_ARGS(options->endpoint_url));
    errno = spawn(&launcher->pid, launcher->other_end, argv);
    if (errno != 0) {
        launcher->pid = 0;
        return false;
    }
    launcher_drop_requests(launcher); /* the launcher has its own copy of this end */
    return true;
}

static int number_of(const char *word)
{
    return (int)strtol(word, NULL, 10);
}

static bool is_channel(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int launcher_main(int argc, char **argv)
{
    static char url[URL_BYTES]; /* the launcher clears its arguments */

    if (argc != WORDS || !is_channel(LAUNCHER_CHANNEL)) {
        fputs("orderly: only the server runs " LAUNCHER_COMMAND ", to start functions.\n", stderr);
        return 2;
    }
    snprintf(url, sizeof url, "%s", argv[WORD_URL]);
    launcher_run(LAUNCHER_CHANNEL,
                 &(struct launcher_options){.mode = (enum sandbox_mode)number_of(argv[WORD_MODE]),
                                            .outward = number_of(argv[WORD_OUTWARD]) != 0,
                                            .endpoint_port = number_of(argv[WORD_PORT]),
                                            .endpoint_url = str_of(url)},
                 number_of(argv[WORD_SERVER]));
}
