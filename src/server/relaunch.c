/*
 * relaunch.c: what follows the end of a launcher: a new one.
 *
 * The kernel may kill the launcher when memory is short, or an operator may.  All its sandboxes die with it,
 * and the engine hears of each end.  Requests for new sandboxes wait in the next launcher's channel, which
 * exists at once.  The next launcher starts when the last sandbox of the one before has ended, because it
 * gives its sandboxes the same user ids, and later when launchers do not live long.
 */
#include "server/sandbox.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* A launcher that has lived so long had no trouble from its beginning. */
enum { STEADY_MS = 60 * 1000, FIRST_DELAY_MS = 250, LONGEST_DELAY_MS = 10 * 1000 };

static bool has_older_sandboxes(const struct sandboxes *sandboxes)
{
    for (const struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        if (sandbox->launch != sandboxes->launch)
            return true;
    return false;
}

static uint64_t next_delay(const struct sandboxes *sandboxes)
{
    uint64_t twice = 2 * sandboxes->relaunch_delay_ms;

    if (uv_now(&sandboxes->loop->uv) - sandboxes->launched_ms >= STEADY_MS)
        return 0;
    if (twice < FIRST_DELAY_MS)
        return FIRST_DELAY_MS;
    return twice < LONGEST_DELAY_MS ? twice : LONGEST_DELAY_MS;
}

static void on_delay_over(uv_timer_t *timer)
{
    sandboxes_relaunch(timer->data);
}

static void wait_longer(struct sandboxes *sandboxes)
{
    sandboxes->relaunch_delay_ms = next_delay(sandboxes);
    uv_timer_start(&sandboxes->relaunch, on_delay_over, sandboxes->relaunch_delay_ms, 0);
}

static bool start_next(struct sandboxes *sandboxes)
{
    struct launcher *launcher = &sandboxes->launcher;

    if (launcher->other_end < 0 && !launcher_renew(launcher))
        return false;
    uv_poll_start(&sandboxes->launcher_poll, UV_READABLE, sandboxes_hear_launcher);
    return launcher_spawn(launcher, &sandboxes->options);
}

void sandboxes_relaunch(struct sandboxes *sandboxes)
{
    if (!sandboxes->launched || sandboxes->launcher.pid || sandboxes->done ||
        uv_is_active((uv_handle_t *)&sandboxes->relaunch) || has_older_sandboxes(sandboxes))
        return;
    sandboxes->launched_ms = uv_now(&sandboxes->loop->uv);
    if (start_next(sandboxes)) {
        log_info("the launcher of sandboxes was started again", log_field("pid", sandboxes->launcher.pid));
        return;
    }
    log_error("the launcher of sandboxes cannot be started again: no function starts",
              log_field("reason", strerror(errno)));
    wait_longer(sandboxes);
}

/* What they were busy with fails; what has not begun waits for another sandbox. */
static void give_reason(struct sandboxes *sandboxes)
{
    for (struct sandbox *sandbox = sandboxes->first; sandbox; sandbox = sandbox->next)
        if (!sandbox->reason)
            sandbox->reason = "LauncherEnded";
}

void sandboxes_lost_launcher(struct sandboxes *sandboxes)
{
    int status = launcher_bury(&sandboxes->launcher);

    uv_poll_stop(&sandboxes->launcher_poll);
    give_reason(sandboxes);
    sandboxes->launch++;
    launcher_renew(&sandboxes->launcher);
    wait_longer(sandboxes);
    log_error("the launcher of sandboxes has ended, and all functions with it: it will be started again",
              log_field("signal", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "none"),
              log_field("delay_ms", sandboxes->relaunch_delay_ms));
}

bool sandbox_lost_launcher(struct sandbox *sandbox)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    if (launcher_has_ended(&sandboxes->launcher))
        sandboxes_lost_launcher(sandboxes);
    return sandbox->launch != sandboxes->launch;
}
