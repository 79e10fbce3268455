/*
 * runtimes.c: the supported runtimes, and the machine's interpreters for them.
 *
 * AWS provides an interpreter of each version; Orderly uses the installed one, preferably of the requested
 * version.  A worker looks for each interpreter when a function first needs it, until it is found, because
 * starting an interpreter to ask for its version takes a while.
 *
 * To add a runtime, add a row to the first table below.
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
    {"nodejs16.x", "nodejs", "16"},     {"nodejs18.x", "nodejs", "18"},
    {"nodejs20.x", "nodejs", "20"},     {"nodejs22.x", "nodejs", "22"},
    {"nodejs24.x", "nodejs", "24"},     {"nodejs26.x", "nodejs", "26"},
    {"python3.8", "python", "3.8"},     {"python3.9", "python", "3.9"},
    {"python3.10", "python", "3.10"},   {"python3.11", "python", "3.11"},
    {"python3.12", "python", "3.12"},   {"python3.13", "python", "3.13"},
    {"python3.14", "python", "3.14"},   {"python3.15", "python", "3.15"},
    {"provided.al2", "provided", NULL}, {"provided.al2023", "provided", NULL},
};

/* Runtimes for which AWS makes no functions any more, and what it recommends instead. */
static const struct {
    const char *name, *successor;
} retired[] = {
    {"nodejs", "nodejs20.x"},     {"nodejs4.3", "nodejs20.x"},  {"nodejs4.3-edge", "nodejs20.x"},
    {"nodejs6.10", "nodejs20.x"}, {"nodejs8.10", "nodejs20.x"}, {"nodejs10.x", "nodejs20.x"},
    {"nodejs12.x", "nodejs20.x"}, {"nodejs14.x", "nodejs20.x"}, {"python2.7", "python3.11"},
    {"python3.6", "python3.11"},  {"python3.7", "python3.11"},  {"java8", "java21"},
    {"dotnetcore1.0", "dotnet8"}, {"dotnetcore2.0", "dotnet8"}, {"dotnetcore2.1", "dotnet8"},
    {"dotnetcore3.1", "dotnet8"}, {"dotnet5.0", "dotnet8"},     {"ruby2.5", "ruby3.3"},
    {"ruby2.7", "ruby3.3"},       {"go1.x", "provided.al2023"}, {"provided", "provided.al2023"},
};

/* Languages that run as provided functions, with AWS's own runtime interface clients. */
static const struct {
    const char *prefix, *client;
} others[] = {
    {"java", "com.amazonaws:aws-lambda-java-runtime-interface-client (Maven)"},
    {"ruby", "aws_lambda_ric (RubyGems)"},
    {"dotnet", "Amazon.Lambda.RuntimeSupport (NuGet)"},
};

enum { RUNTIMES = sizeof runtimes / sizeof *runtimes };

enum { ANSWER_PATH, ANSWER_VERSION, ANSWER_FOLDERS, ANSWERS = ANSWER_FOLDERS + INTERPRETER_FOLDERS };

struct found {
    atomic_bool there; /* the other members do not change any more */
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

/* All names, in the form in which AWS lists an enum's values. */
static str names(struct arena *arena)
{
    struct text list = text_in(arena);

    text_add(&list, S("["));
    for (size_t i = 0; i < RUNTIMES; i++) {
        if (i > 0)
            text_add(&list, S(", "));
        text_add(&list, str_of(runtimes[i].name));
    }
    text_add(&list, S("]"));
    return text_str(&list);
}

static bool retired_check(const struct call *call, str name)
{
    for (size_t i = 0; i < sizeof retired / sizeof *retired; i++) {
        if (!str_equal(name, str_of(retired[i].name)))
            continue;
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The runtime parameter of %.*s is no longer supported for creating or updating AWS Lambda "
             "functions. "
             "We recommend you use %s while creating or updating functions.",
             STR_ARGS(name), retired[i].successor);
        return false;
    }
    return true;
}

static bool others_check(const struct call *call, str name)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t size = strlen(others[i].prefix);
        if (!str_starts_with(name, str_of(others[i].prefix)) || name.size == size || name.data[size] < '0' ||
            name.data[size] > '9')
            continue;
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Orderly does not run %.*s by itself: use the runtime provided.al2023 with a bootstrap that "
             "starts AWS's "
             "runtime interface client, %s, which the package brings along.",
             STR_ARGS(name), others[i].client);
        return false;
    }
    return true;
}

bool lambda_runtime_check(const struct call *call, str name)
{
    if (lambda_runtime_find(name))
        return true;
    if (retired_check(call, name) && others_check(call, name))
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Value %.*s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: %.*s "
             "or be a valid ARN",
             STR_ARGS(name), STR_ARGS(names(call->arena)));
    return false;
}

/* Run an interpreter, which prints its path, its version, and the folders that it needs, a line each. */
static bool query_interpreter(const char *command, struct found *found)
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
 * Version managers install wrapper scripts, which would cost each start a tenth of a second.  Symbolic links
 * are followed: a sandbox has only the interpreter's own folders.
 */
static bool query_python(const char *name, struct found *found)
{
    char command[512];

    snprintf(
        command, sizeof command,
        "%s -c 'import os, sys; own = (sys.prefix + \"/\", sys.base_prefix + \"/\"); path = sys.executable; "
        "print(path if path.startswith(own) else os.path.realpath(path)); "
        "print(\"%%d.%%d\" %% sys.version_info[:2]); print(sys.prefix); print(sys.base_prefix)' 2>/dev/null",
        name);
    return query_interpreter(command, found);
}

/* Node.js needs nothing beside it: the program is one file. */
static bool query_node(struct found *found)
{
    return query_interpreter("node -p 'p = process; d = path.dirname(p.execPath); "
                             "[p.execPath, p.versions.node.split(\".\")[0], d, d].join(\"\\n\")' 2>/dev/null",
                             found);
}

static bool is_python(const struct runtime *runtime)
{
    return strcmp(runtime->family, "python") == 0;
}

static bool look(const struct runtime *runtime, struct found *found)
{
    bool there = is_python(runtime) ? query_python(runtime->name, found) || query_python("python3", found)
                                    : query_node(found);

    if (there)
        found->interpreter = (struct interpreter){
            found->answers[ANSWER_PATH],
            found->answers[ANSWER_VERSION],
            {found->answers[ANSWER_FOLDERS], found->answers[ANSWER_FOLDERS + 1]},
        };
    return there;
}

/* The versions of one family often share an interpreter, but each may have its own. */
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
