/*
 * sandbox_launch.c: what a function's process is started with: command, variables, folders, /tmp.
 *
 * Each gets a /tmp of its own, empty but for the folders of functions, runtimes and its own program,
 * where these lie below /tmp.  Where the kernel refuses that, TMPDIR names a folder of its own.
 */
#include "server/sandbox.h"

#include "base/check.h"
#include "base/folder.h"
#include "base/list.h"
#include "base/log.h"
#include "server/leftovers.h"
#include "wire/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDERS_KEPT = 4 };

struct text_list {
    const char **items;
    size_t count;
};

static void add_text(struct arena *arena, struct text_list *list, const char *text)
{
    const char **added = list_add(arena, list);

    *added = text;
}

/* ---- folders that stay visible ---- */

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* A folder below /tmp that must stay visible, unless one above it is kept already. */
static void keep_folder(struct arena *arena, struct text_list *kept, const char *folder)
{
    if (!folder || !is_below(folder, "/tmp"))
        return;
    for (size_t i = 0; i < kept->count; i++)
        if (is_below(folder, kept->items[i]))
            return;
    add_text(arena, kept, folder);
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? arena_cstr(arena, (str){path, (size_t)(slash - path)}) : NULL;
}

static struct text_list kept_folders(struct sandboxes *sandboxes, const struct launch *launch)
{
    struct arena *arena = &sandboxes->arena;
    struct text_list kept = {0};

    keep_folder(arena, &kept, sandboxes->folders[0]);
    keep_folder(arena, &kept, sandboxes->folders[1]);
    keep_folder(arena, &kept, launch->folder);
    keep_folder(arena, &kept, folder_of(arena, launch->argv[0]));
    check(kept.count <= FOLDERS_KEPT);
    add_text(arena, &kept, NULL);
    return kept;
}

/* ---- command and variables ---- */

static str scalar_text(const struct json *value)
{
    return json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER) ? value->text : S("");
}

static const char **command_of(struct arena *arena, const struct json *payload)
{
    const struct json *command = json_get(payload, S("command"));
    struct text_list argv = {0};

    if (!json_is(command, JSON_ARRAY) || command->count == 0)
        return NULL;
    for (uint32_t i = 0; i < command->count; i++)
        add_text(arena, &argv, arena_cstr(arena, scalar_text(&command->items[i])));
    add_text(arena, &argv, NULL);
    return argv.items;
}

static struct text_list variables_of(struct sandbox *sandbox, const struct json *payload)
{
    struct arena *arena = &sandbox->sandboxes->arena;
    const struct json *variables = json_get(payload, S("environment"));
    struct text_list list = {0};

    for (uint32_t i = 0; json_is(variables, JSON_OBJECT) && i < variables->count; i++) {
        const struct json_member *member = &variables->members[i];
        str value = scalar_text(&member->value);
        add_text(arena, &list,
                 arena_format(arena, "%.*s=%.*s", STR_ARGS(member->name), STR_ARGS(value)).data);
    }
    add_text(
        arena, &list,
        arena_format(arena, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%d", listener_port(&sandbox->listener)).data);
    add_text(arena, &list, leftovers_mark(arena));
    return list;
}

/* ---- /tmp ---- */

/* Without namespaces a folder of its own must do. */
static bool use_tmp_folder(struct sandbox *sandbox, struct text_list *variables)
{
    struct arena *arena = &sandbox->sandboxes->arena;
    char folder[] = "/tmp/orderly-XXXXXX";

    if (!mkdtemp(folder))
        return false;
    sandbox->tmp_folder = strdup(folder);
    add_text(arena, variables, arena_format(arena, "TMPDIR=%s", folder).data);
    return true;
}

void sandbox_remove_tmp(struct sandbox *sandbox)
{
    if (sandbox->tmp_folder)
        folder_remove(sandbox->tmp_folder);
    free(sandbox->tmp_folder);
}

static bool may_cover_tmp(const struct sandboxes *sandboxes, const struct launch *launch)
{
    if (sandboxes->no_private_tmp)
        return false;
    for (size_t i = 0; launch->kept[i]; i++)
        if (strcmp(launch->kept[i], "/tmp") == 0)
            return false;
    return true;
}

/* ---- the process ---- */

static bool launch_child(struct sandbox *sandbox, struct launch *request, struct text_list *variables,
                         struct launch_failure *failure)
{
    struct sandboxes *sandboxes = sandbox->sandboxes;

    add_text(&sandboxes->arena, variables, NULL);
    request->environment = variables->items;
    request->private_tmp = may_cover_tmp(sandboxes, request);
    if (request->private_tmp) {
        if (launch(request, &sandbox->child, failure))
            return true;
        if (!failure->of_private_tmp)
            return false;
        log_debug("no private /tmp for functions: cannot %s error=\"%s\"", failure->step,
                  strerror(failure->error));
        sandboxes->no_private_tmp = true;
    }
    variables->count--;
    if (!use_tmp_folder(sandbox, variables)) {
        *failure = (struct launch_failure){.step = "make a folder in /tmp", .error = errno};
        return false;
    }
    add_text(&sandboxes->arena, variables, NULL);
    request->environment = variables->items;
    request->private_tmp = false;
    return launch(request, &sandbox->child, failure);
}

bool sandbox_launch(struct sandbox *sandbox, const struct json *payload, str *message)
{
    struct arena *arena = &sandbox->sandboxes->arena;
    str folder = json_get_str(payload, S("workingDirectory"));
    struct launch request = {.argv = command_of(arena, payload),
                             .folder = str_present(folder) ? arena_cstr(arena, folder) : "/"};
    struct text_list variables = variables_of(sandbox, payload);
    struct launch_failure failure;
    int child_fd;

    if (!request.argv) {
        *message = S("the payload has no command");
        return false;
    }
    request.kept = kept_folders(sandbox->sandboxes, &request).items;
    if (!output_open(&sandbox->output, &child_fd)) {
        *message = arena_format(arena, "cannot make a pipe: %s", strerror(errno));
        return false;
    }
    request.output_fd = child_fd;
    bool started = launch_child(sandbox, &request, &variables, &failure);
    close(child_fd);
    if (!started) {
        *message =
            arena_format(arena, "cannot %s %s: %s", failure.step, request.argv[0], strerror(failure.error));
        output_close(&sandbox->output);
    }
    return started;
}
