/*
 * runtimes.c: the runtimes that we have, and what they run on here.
 *
 * AWS brings an interpreter of each version along; we take the one that is installed, preferably of
 * the version asked for.  Each is looked for when a function first needs it, and until it is found, on a
 * worker: an interpreter that has to be started to say what it is takes a good while.
 */
#include "lambda_internal.h"

#include "base/text.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct runtime runtimes[] = {
    {"nodejs18.x", "nodejs", "18"},     {"nodejs20.x", "nodejs", "20"},
    {"nodejs22.x", "nodejs", "22"},     {"nodejs24.x", "nodejs", "24"},
    {"python3.9", "python", "3.9"},     {"python3.10", "python", "3.10"},
    {"python3.11", "python", "3.11"},   {"python3.12", "python", "3.12"},
    {"python3.13", "python", "3.13"},   {"python3.14", "python", "3.14"},
    {"provided.al2", "provided", NULL}, {"provided.al2023", "provided", NULL},
};

enum { RUNTIMES = sizeof runtimes / sizeof *runtimes };

enum { ANSWER_PATH, ANSWER_VERSION, ANSWER_FOLDERS, ANSWERS = ANSWER_FOLDERS + INTERPRETER_FOLDERS };

struct found {
    atomic_bool there; /* the rest does not change any more */
    char answers[ANSWERS][1024];
    struct interpreter interpreter;
};

static struct found all[RUNTIMES];
static pthread_mutex_t looking = PTHREAD_MUTEX_INITIALIZER;

const struct runtime *lambda_runtime_find(str name)
{
    for (size_t i = 0; i < RUNTIMES; i++)
        if (str_equal(name, str_of(runtimes[i].name)))
            return &runtimes[i];
    return NULL;
}

str lambda_runtime_names(struct arena *arena)
{
    struct text names = text_in(arena);

    text_add(&names, S("["));
    for (size_t i = 0; i < RUNTIMES; i++) {
        if (i > 0)
            text_add(&names, S(", "));
        text_add(&names, str_of(runtimes[i].name));
    }
    text_add(&names, S("]"));
    return text_str(&names);
}

/* Have an interpreter tell its path, its version, and the folders that it needs, a line each. */
static bool ask(const char *command, struct found *found)
{
    FILE *answer = popen(command, "re");
    size_t count = 0;

    if (!answer)
        return false;
    while (count < ANSWERS && fgets(found->answers[count], sizeof found->answers[count], answer)) {
        char *line = found->answers[count++];
        line[strcspn(line, "\n")] = '\0';
    }
    return pclose(answer) == 0 && count == ANSWERS && found->answers[ANSWER_PATH][0] == '/';
}

/*
 * Version managers put scripts in the way, which would cost each start a tenth of a second.  A link from
 * elsewhere is followed: a sandbox has the interpreter's own folders only.
 */
static bool ask_python(const char *name, struct found *found)
{
    char command[512];

    snprintf(
        command, sizeof command,
        "%s -c 'import os, sys; own = (sys.prefix + \"/\", sys.base_prefix + \"/\"); path = sys.executable; "
        "print(path if path.startswith(own) else os.path.realpath(path)); "
        "print(\"%%d.%%d\" %% sys.version_info[:2]); print(sys.prefix); print(sys.base_prefix)' 2>/dev/null",
        name);
    return ask(command, found);
}

/* All that Node.js needs is beside it: the program is one file. */
static bool ask_node(struct found *found)
{
    return ask("node -p 'p = process; d = path.dirname(p.execPath); "
               "[p.execPath, p.versions.node.split(\".\")[0], d, d].join(\"\\n\")' 2>/dev/null",
               found);
}

static bool is_python(const struct runtime *runtime)
{
    return strcmp(runtime->family, "python") == 0;
}

static bool look(const struct runtime *runtime, struct found *found)
{
    bool there = is_python(runtime) ? ask_python(runtime->name, found) || ask_python("python3", found)
                                    : ask_node(found);

    if (there)
        found->interpreter = (struct interpreter){
            found->answers[ANSWER_PATH],
            found->answers[ANSWER_VERSION],
            {found->answers[ANSWER_FOLDERS], found->answers[ANSWER_FOLDERS + 1]},
        };
    return there;
}

/* Those of one family often are one interpreter, but each may have its own. */
void lambda_runtime_look(const struct runtime *runtime)
{
    struct found *found = &all[runtime - runtimes];

    if (!runtime->version || atomic_load(&found->there))
        return;
    pthread_mutex_lock(&looking);
    if (!atomic_load(&found->there))
        atomic_store(&found->there, look(runtime, found));
    pthread_mutex_unlock(&looking);
}

const struct interpreter *lambda_runtime_interpreter(const struct runtime *runtime)
{
    const struct found *found = &all[runtime - runtimes];

    return atomic_load(&found->there) ? &found->interpreter : NULL;
}

static bool is_on_path(const char *program)
{
    const char *path = getenv("PATH");
    str folders = str_of(path ? path : ""), folder;
    char file[PATH_MAX];

    while (str_next(&folders, ':', &folder)) {
        snprintf(file, sizeof file, "%.*s/%s", STR_ARGS(folder), program);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

bool lambda_runtime_is_installed(const struct runtime *runtime)
{
    if (!runtime->version || lambda_runtime_interpreter(runtime))
        return true;
    return is_python(runtime) ? is_on_path(runtime->name) || is_on_path("python3") : is_on_path("node");
}

str lambda_runtime_problem(const struct call *call, const struct runtime *runtime)
{
    return arena_format(call->arena, "%s is not installed on this machine.", runtime->family);
}
