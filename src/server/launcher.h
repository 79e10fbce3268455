#pragma once

/*
 * launcher.h: a child process for a function, confined, in well under a millisecond.
 */
#include "base/str.h"

#include <sys/types.h>

struct launch {
    const char *const *argv; /* NULL-terminated; a name without a slash is looked for in our PATH */
    const char *const *environment;
    const char *folder;      /* to work in */
    int output_fd;           /* standard output and standard error */
    bool private_tmp;        /* an empty /tmp of its own ... */
    const char *const *kept; /* ... but for these folders below it; NULL-terminated */
};

struct launched {
    pid_t pid;  /* leads a session and a process group of its own */
    int pid_fd; /* readable when it has ended */
};

struct launch_failure {
    const char *step;    /* what could not be done */
    bool of_private_tmp; /* it may work without one */
    int error;           /* errno */
};

/*
 * The thread that calls this must live as long as the process: the child is killed when it ends.
 * False and *failure when the child could not be made or its program could not be executed.
 */
bool launch(const struct launch *launch, struct launched *launched, struct launch_failure *failure);
