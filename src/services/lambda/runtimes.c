/*
 * runtimes.c: the runtimes that we have, and what they run on here.
 *
 * AWS brings an interpreter of each version along; we take the one that is installed, preferably of
 * the version asked for.  Each is looked for once, on the engine thread.
 */
#include "lambda_internal.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct runtime runtimes[] = {
    {"nodejs18.x", "nodejs", "18"},     {"nodejs20.x", "nodejs", "20"},
    {"nodejs22.x", "nodejs", "22"},     {"nodejs24.x", "nodejs", "24"},
    {"python3.9", "python", "3.9"},     {"python3.10", "python", "3.10"},
    {"python3.11", "python", "3.11"},   {"python3.12", "python", "3.12"},
    {"python3.13", "python", "3.13"},   {"python3.14", "python", "3.14"},
    {"provided.al2", "provided", NULL}, {"provided.al2023", "provided", NULL},
};

enum { RUNTIMES = sizeof runtimes / sizeof *runtimes };

struct found {
    bool looked;
    char path[1024], version[64];
    struct interpreter interpreter;
};

const struct runtime *runtime_find(str name)
{
    for (size_t i = 0; i < RUNTIMES; i++)
        if (str_equal(name, str_of(runtimes[i].name)))
            return &runtimes[i];
    return NULL;
}

str runtime_names(struct arena *arena)
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

/* Have an interpreter tell its path and its version, in a line each.  False: there is no such one. */
static bool ask(const char *command, struct found *found)
{
    FILE *answer = popen(command, "re");

    if (!answer)
        return false;
    bool told = fgets(found->path, sizeof found->path, answer) &&
                fgets(found->version, sizeof found->version, answer);
    if (pclose(answer) != 0 || !told)
        return false;
    found->path[strcspn(found->path, "\n")] = '\0';
    found->version[strcspn(found->version, "\n")] = '\0';
    return found->path[0] == '/';
}

/* Version managers put scripts in the way, which would cost each start a tenth of a second. */
static bool ask_python(const char *name, struct found *found)
{
    char command[256];

    snprintf(
        command, sizeof command,
        "%s -c 'import sys; print(sys.executable); print(\"%%d.%%d\" %% sys.version_info[:2])' 2>/dev/null",
        name);
    return ask(command, found);
}

static bool look(const struct runtime *runtime, struct found *found)
{
    if (strcmp(runtime->family, "python") == 0)
        return ask_python(runtime->name, found) || ask_python("python3", found);
    return ask("node -p 'process.execPath + \"\\n\" + process.versions.node.split(\".\")[0]' 2>/dev/null",
               found);
}

const struct interpreter *runtime_interpreter(const struct runtime *runtime)
{
    static struct found all[RUNTIMES];
    struct found *found = &all[runtime - runtimes];

    if (!found->looked) {
        found->looked = true;
        if (look(runtime, found))
            found->interpreter = (struct interpreter){found->path, found->version};
    }
    return &found->interpreter;
}
