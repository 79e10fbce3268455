/*
 * leftovers.c: finding what functions started, when their server can no longer end it.
 *
 * A function's own process dies with the server, and its process group with it when the server sees
 * that.  What remains is what it started, if the server was killed (kill -9) or if it left the group.
 * It is known by a variable that it has inherited: the server's process id, and the process namespace
 * in which that is a number.  It is killed if it is our user's and no process has that id any more, or
 * if the id is now our own; an id that somebody else has got meanwhile spares it.  Who throws the
 * variable away is not found.
 */
#include "server/leftovers.h"

#include "base/check.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MARK_BYTES = 64 };

static void print_mark(char mark[static MARK_BYTES], pid_t server)
{
    struct stat namespace = {0};

    stat("/proc/self/ns/pid", &namespace);
    snprintf(mark, MARK_BYTES, "ORDERLY_SERVER=%llu:%d", (unsigned long long)namespace.st_ino, (int)server);
}

const char *leftovers_mark(struct arena *arena)
{
    char mark[MARK_BYTES];

    print_mark(mark, getpid());
    return arena_cstr(arena, str_of(mark));
}

static bool marks_leftover(const char *variable)
{
    const char *colon = strrchr(variable, ':');
    pid_t server = colon ? (pid_t)strtol(colon + 1, NULL, 10) : 0;
    char mark[MARK_BYTES];

    if (server <= 0)
        return false;
    print_mark(mark, server);
    return strcmp(variable, mark) == 0 && (server == getpid() || (kill(server, 0) != 0 && errno == ESRCH));
}

static bool is_leftover(int process)
{
    struct stat owner;
    char *variable = NULL;
    size_t room = 0;
    bool found = false;

    if (fstat(process, &owner) != 0 || owner.st_uid != geteuid())
        return false;
    int fd = openat(process, "environ", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    FILE *variables = fdopen(fd, "r");
    check(variables != NULL);
    while (!found && getdelim(&variable, &room, '\0', variables) > 0)
        found = strncmp(variable, "ORDERLY_", strlen("ORDERLY_")) == 0 && marks_leftover(variable);
    free(variable);
    fclose(variables);
    return found;
}

/* What was looked at and what is killed is one process, by its open folder, whoever gets its number. */
static bool kill_leftover(int proc, const char *name)
{
    int process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool killed = process >= 0 && is_leftover(process) &&
                  syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0U) == 0;

    if (process >= 0)
        close(process);
    return killed;
}

/* Processes are listed by their numbers, and numbers grow: what a leftover forks meanwhile comes later. */
void leftovers_kill(void)
{
    DIR *proc = opendir("/proc");
    unsigned count = 0;

    for (struct dirent *entry; proc && (entry = readdir(proc));)
        if (strtol(entry->d_name, NULL, 10) > 0 && strtol(entry->d_name, NULL, 10) != getpid())
            count += kill_leftover(dirfd(proc), entry->d_name);
    if (proc)
        closedir(proc);
    if (count > 0)
        log_info("killed what functions had left running processes=%u", count);
}
