/*
 * sandbox_init.c: process 1 of a sandbox.
 *
 * It is a copy of the launcher.  It confines itself, starts programs as its children, which inherit the
 * confinement, and reports the result on the control socket.  Then it only waits for them: see
 * sandbox_children.c.
 */
#include "server/launcher_internal.h"

#include "base/arena.h"
#include "base/list.h"
#include "base/text.h"
#include "sandbox_model.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* ---- messages to the server ---- */

void sandbox_give_up(const struct launch *launch, const char *text)
{
    struct message message = message_of(MESSAGE_FAILED);

    snprintf(message.text, sizeof message.text, "%s", text);
    message_send(launch->control_fd, &message);
    _exit(EXIT_FAILURE);
}

static _Noreturn void give_up_at(const struct launch *launch, const char *step)
{
    char text[MESSAGE_TEXT_BYTES];

    snprintf(text, sizeof text, "cannot %s: %s", step, strerror(errno));
    sandbox_give_up(launch, text);
}

/* ---- the request ---- */

struct text_list {
    const char **items;
    size_t count;
};

static void add_text(struct arena *arena, struct text_list *list, const char *text)
{
    const char **added = list_add(arena, list);

    *added = text;
}

static bool is_within(str path, str folder)
{
    return str_starts_with(path, folder) && (path.size == folder.size || path.data[folder.size] == '/');
}

static str path_outside(struct arena *arena, const struct launch *launch, str path)
{
    const struct {
        str inside;
        const char *folder;
    } places[] = {{S(TASK_FOLDER), launch->code},
                  {S(RUNTIME_FOLDER), launch->runtime},
                  {S(LAYERS_FOLDER), launch->layers}};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].folder && is_within(path, places[i].inside))
            return arena_join(arena, str_of(places[i].folder), str_from(path, places[i].inside.size));
    return path;
}

/* An option with a path: "-Dname=/var/runtime/file". */
static void add_as_seen(struct arena *arena, const struct launch *launch, str part, struct text *seen)
{
    ptrdiff_t name = str_starts_with(part, S("-")) ? str_index(part, '=') : -1;
    size_t size = name >= 0 ? (size_t)name + 1 : 0;

    text_add(seen, str_head(part, size));
    text_add(seen, path_outside(arena, launch, str_from(part, size)));
}

/*
 * Without its own files a sandbox sees the machine's folders under their own names: a path, or each of some
 * with colons between them, as in PATH.
 */
static const char *as_seen(struct arena *arena, const struct launcher_state *state,
                           const struct launch *launch, str text)
{
    struct text seen = text_in(arena);
    str part, rest = text;

    if (state->namespaces)
        return arena_cstr(arena, text);
    while (str_next(&rest, ':', &part)) {
        add_as_seen(arena, launch, part, &seen);
        if (str_present(rest))
            text_add_char(&seen, ':');
    }
    return arena_cstr(arena, text_str(&seen));
}

static const char *folder_of(struct arena *arena, str folder)
{
    return str_present(folder) && !str_empty(folder) ? arena_cstr(arena, folder) : NULL;
}

static const char *const *texts_of(struct arena *arena, const struct launcher_state *state,
                                   const struct launch *launch, const struct str_list *list)
{
    struct text_list texts = {0};

    for (size_t i = 0; i < list->count; i++)
        add_text(arena, &texts, as_seen(arena, state, launch, list->items[i]));
    add_text(arena, &texts, NULL);
    return texts.items;
}

static const char *endpoint_variable(struct arena *arena, const struct launcher_state *state, str name)
{
    str url = state->namespaces ? arena_format(arena, "http://127.0.0.1:%d", state->options.endpoint_port)
                                : state->options.endpoint_url;

    return arena_concat(arena, name, S("="), url).data;
}

static const char **variables_of(struct arena *arena, const struct launcher_state *state,
                                 const struct launch *launch, const struct sandbox_start_input *in,
                                 const struct str_list *left_out)
{
    struct text_list list = {0};

    for (size_t i = 0; i < in->environment.count; i++) {
        const struct str_map_entry *variable = &in->environment.items[i];
        if (str_is_one_of(variable->key, left_out->items, left_out->count))
            continue;
        add_text(arena, &list,
                 arena_format(arena, "%.*s=%s", STR_ARGS(variable->key),
                              as_seen(arena, state, launch, variable->value))
                     .data);
    }
    if (str_present(in->port_variable))
        add_text(arena, &list,
                 arena_format(arena, "%.*s=127.0.0.1:%d", STR_ARGS(in->port_variable),
                              network_port(state->runtime_api_fd))
                     .data);
    if (str_present(in->endpoint_variable) &&
        !str_present(str_map_get(&in->environment, in->endpoint_variable)))
        add_text(arena, &list, endpoint_variable(arena, state, in->endpoint_variable));
    add_text(arena, &list, NULL);
    return list.items;
}

static void read_request(struct arena *arena, const struct launcher_state *state, str request,
                         struct launch *launch)
{
    enum { STORAGE_BYTES = 512 * 1024 * 1024 };
    struct sandbox_start_input in = {0};

    if (!sandbox_start_read(arena, request, &in))
        sandbox_give_up(launch, "the payload is not what it should be");
    launch->code = folder_of(arena, in.code);
    launch->runtime = folder_of(arena, in.runtime);
    launch->layers = folder_of(arena, in.layers);
    launch->memory_bytes = in.memory_bytes ? *in.memory_bytes : 0;
    launch->storage_bytes = in.storage_bytes ? *in.storage_bytes : STORAGE_BYTES;
    launch->folders = texts_of(arena, state, launch, &in.folders);
    launch->argv = texts_of(arena, state, launch, &in.command);
    launch->variables = variables_of(arena, state, launch, &in, &(struct str_list){0});
    launch->extensions = texts_of(arena, state, launch, &in.extensions);
    if (launch->extensions[0])
        launch->extension_variables = variables_of(arena, state, launch, &in, &in.runtime_only);
    if (str_present(in.problem))
        sandbox_give_up(launch, arena_cstr(arena, in.problem));
    if (!launch->argv[0])
        sandbox_give_up(launch, "the payload has no command");
}

/* ---- confinement ---- */

static void die_with_launcher(const struct launcher_state *state, const struct launch *launch)
{
    struct pollfd server = {.fd = launch->control_fd}, launcher = {.fd = state->process_fd, .events = POLLIN};

    /*
     * Without namespaces process 1 gets a signal that it can handle, because it has to kill the other
     * processes first.
     */
    if (prctl(PR_SET_PDEATHSIG, state->namespaces ? SIGKILL : SIGUSR1, 0, 0, 0) != 0)
        give_up_at(launch, "ask to die with the server");
    if ((poll(&server, 1, 0) > 0 && (server.revents & POLLHUP)) || poll(&launcher, 1, 0) > 0)
        _exit(EXIT_FAILURE);
}

static void confine(const struct launcher_state *state, struct launch *launch)
{
    const char *step;

    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* needed while it writes to its own files in /proc */
    if (!cgroup_enter(state, launch))
        give_up_at(launch, "bound its memory");
    if (state->namespaces && !root_enter(state, launch))
        give_up_at(launch, "mount its files");
    if (!rules_apply(state, launch, &step))
        give_up_at(launch, step);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!state->namespaces && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        give_up_at(launch, "adopt its processes");
    die_with_launcher(state, launch);
}

/* ---- its life ---- */

static void say_started(const struct launcher_state *state, const struct launch *launch, pid_t function)
{
    struct message message = message_of(MESSAGE_STARTED);

    message.pid = function;
    message.fds[STARTED_RUNTIME_API] = state->runtime_api_fd;
    message.fds[STARTED_PROC] = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    message.fds[STARTED_TMP] = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
    message.fds[STARTED_ENDPOINT] = state->endpoint_fd;
    message.status = state->namespaces;
    message_send(launch->control_fd, &message);
}

void sandbox_run(const struct launcher_state *state, str request, struct launch *launch)
{
    struct arena arena = {0};

    read_request(&arena, state, request, launch);
    confine(state, launch);
    children_run(state, launch, say_started);
}

void sandbox_try(const struct launcher_state *state, struct launch *launch)
{
    launch->folders = (const char *const[]){NULL};
    launch->storage_bytes = 4096;
    confine(state, launch);
    say_started(state, launch, 0);
    _exit(EXIT_SUCCESS);
}
