/*
 * interpreters.c: the machine's interpreters.
 *
 * AWS provides an interpreter of each version; Orderly uses the installed one, preferably of the requested
 * version.  A worker looks for each interpreter when a function first needs it, until it is found, because
 * starting an interpreter to ask for its version takes a while.
 *
 * To add a language, add a row to the table of families; launch.c has its command.
 */
#include "lambda_internal.h"
#include "runtimes.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ANSWER_PATH,
    ANSWER_VERSION,
    ANSWER_FOLDERS,
    ANSWER_LIBRARY = ANSWER_FOLDERS + INTERPRETER_FOLDERS,
    ANSWERS
};

struct found {
    atomic_bool there; /* the other members do not change any more */
    char answers[ANSWERS][PATH_MAX];
    struct interpreter interpreter;
};

static struct found all[MOST_RUNTIMES];
static pthread_mutex_t looking = PTHREAD_MUTEX_INITIALIZER;

/*
 * Run an interpreter, which prints its path, its version, and the folders that it needs, a line each; then,
 * of a language that has one, where its library is.
 */
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
    return pclose(answer) == 0 && count >= ANSWER_LIBRARY && found->answers[ANSWER_PATH][0] == '/';
}

bool lambda_program_find(const char *program, char path[static PATH_MAX])
{
    const char *value = getenv("PATH");
    str folders = str_of(value ? value : ""), folder;

    while (str_next(&folders, ':', &folder)) {
        int size = snprintf(path, PATH_MAX, "%.*s/%s", STR_ARGS(folder), program);
        if (size < PATH_MAX && access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static bool is_on_path(const char *program)
{
    char path[PATH_MAX];

    return lambda_program_find(program, path);
}

/* ---- Python ---- */

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
        "print(\"%%d.%%d\" %% sys.version_info[:2]); print(sys.prefix); print(sys.base_prefix); "
        "print()' 2>/dev/null",
        name);
    return query_interpreter(command, found);
}

static bool find_python(const struct runtime *runtime, struct found *found)
{
    return query_python(runtime->name, found) || query_python("python3", found);
}

static bool is_python_there(const struct runtime *runtime)
{
    return is_on_path(runtime->name) || is_on_path("python3");
}

/* ---- Node.js ---- */

/* Node.js needs nothing beside it: the program is one file. */
static bool find_node(const struct runtime *runtime, struct found *found)
{
    (void)runtime;
    return query_interpreter(
        "node -p 'p = process; d = path.dirname(p.execPath); "
        "[p.execPath, p.versions.node.split(\".\")[0], d, d, \"\"].join(\"\\n\")' 2>/dev/null",
        found);
}

static bool is_node_there(const struct runtime *runtime)
{
    (void)runtime;
    return is_on_path("node");
}

static str not_installed(const struct call *call, const struct runtime *runtime)
{
    return arena_format(call->arena, "%s is not installed on this machine.", runtime->family);
}

/* ---- Java ---- */

/* AWS's client in the server's folder of runtimes, which tools/setup --java puts there. */
static bool has_java_client(void)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.*s/java/lib/libaws-lambda-jni.so",
             STR_ARGS(lambda_options()->runtimes_folder));
    return access(path, R_OK) == 0;
}

/* The client's classes as this build of the JVM loads them, if its installation has made it an archive. */
static void find_archive(const struct jdk *jdk, struct found *found)
{
    char *archive = found->answers[ANSWER_LIBRARY], *folder = found->answers[ANSWER_FOLDERS + 2];
    str runtimes = lambda_options()->runtimes_folder;

    snprintf(folder, PATH_MAX, "%.*s/java", STR_ARGS(runtimes));
    snprintf(archive, PATH_MAX, "%.*s/java/archives/%s.jsa", STR_ARGS(runtimes), jdk->build);
    if (*jdk->build && access(archive, R_OK) == 0)
        return;
    *archive = *folder = '\0';
}

/* The systems' packages of Java keep its settings elsewhere, and link to them. */
static void find_settings(const char *home, char *folder)
{
    static const char *const settings[] = {"conf/net.properties", "jre/lib/net.properties"};
    char path[PATH_MAX + 32];

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        snprintf(path, sizeof path, "%s/%s", home, settings[i]);
        if (!realpath(path, folder))
            continue;
        *strrchr(folder, '/') = '\0';
        return;
    }
    snprintf(folder, PATH_MAX, "%s", home);
}

static bool find_java(const struct runtime *runtime, struct found *found)
{
    struct jdk best, newest;

    if (!has_java_client() || !lambda_jdk_find(atoi(runtime->version), &best, &newest))
        return false;
    snprintf(found->answers[ANSWER_PATH], PATH_MAX, "%.*s/bin/java", PATH_MAX - 16, best.home);
    snprintf(found->answers[ANSWER_VERSION], PATH_MAX, "%d", best.version);
    snprintf(found->answers[ANSWER_FOLDERS], PATH_MAX, "%s", best.home);
    find_settings(best.home, found->answers[ANSWER_FOLDERS + 1]);
    find_archive(&best, found);
    return true;
}

static bool is_java_there(const struct runtime *runtime)
{
    struct jdk best, newest;

    return has_java_client() && lambda_jdk_find(atoi(runtime->version), &best, &newest);
}

static str java_problem(const struct call *call, const struct runtime *runtime)
{
    struct jdk best, newest;
    str needed =
        arena_format(call->arena, "%s needs a JDK of version %s or later", runtime->name, runtime->version);

    if (lambda_jdk_find(atoi(runtime->version), &best, &newest))
        return arena_format(call->arena,
                            "AWS's runtime interface client for Java is not installed: %.*s/java/install, or "
                            "tools/setup --java, installs it.",
                            STR_ARGS(lambda_options()->runtimes_folder));
    if (newest.version == 0)
        return arena_format(call->arena, "java is not installed on this machine: %.*s.", STR_ARGS(needed));
    return arena_format(call->arena, "%.*s; the newest on this machine is %d, in %s.", STR_ARGS(needed),
                        newest.version, newest.home);
}

/* ---- Ruby ---- */

static const char ruby_client[] = "aws_lambda_ric";

/* The machine's Ruby with AWS's gem; its path and the gem's folder, with the folder of all gems. */
static bool find_ruby(const struct runtime *runtime, struct found *found)
{
    char command[512];

    (void)runtime;
    snprintf(command, sizeof command,
             "ruby -e 'spec = Gem::Specification.find_by_name(\"%s\"); puts RbConfig.ruby, "
             "RUBY_VERSION[/[0-9]+[.][0-9]+/], RbConfig::CONFIG[\"prefix\"], spec.base_dir, "
             "\"\", spec.full_require_paths[0]' 2>/dev/null",
             ruby_client);
    return query_interpreter(command, found);
}

static bool is_ruby_there(const struct runtime *runtime)
{
    (void)runtime;
    return is_on_path("ruby");
}

static str ruby_problem(const struct call *call, const struct runtime *runtime)
{
    if (!is_on_path("ruby"))
        return not_installed(call, runtime);
    return arena_format(
        call->arena, "AWS's runtime interface client for Ruby is not installed: gem install %s installs it.",
        ruby_client);
}

/* ---- all of them ---- */

static const struct family {
    const char *name;
    bool (*find)(const struct runtime *runtime, struct found *found); /* may take long */
    bool (*is_there)(const struct runtime *runtime);
    str (*problem)(const struct call *call, const struct runtime *runtime);
} families[] = {
    {"python", find_python, is_python_there, not_installed},
    {"nodejs", find_node, is_node_there, not_installed},
    {"java", find_java, is_java_there, java_problem},
    {"ruby", find_ruby, is_ruby_there, ruby_problem},
};

/* Of a runtime that needs an interpreter. */
static const struct family *family_of(const struct runtime *runtime)
{
    size_t i = 0;

    while (strcmp(families[i].name, runtime->family) != 0)
        i++;
    return &families[i];
}

static struct found *found_of(const struct runtime *runtime)
{
    return &all[lambda_runtime_number(runtime)];
}

static bool look(const struct runtime *runtime, struct found *found)
{
    if (!family_of(runtime)->find(runtime, found))
        return false;
    found->interpreter = (struct interpreter){.path = found->answers[ANSWER_PATH],
                                              .version = found->answers[ANSWER_VERSION],
                                              .library = found->answers[ANSWER_LIBRARY]};
    for (size_t i = 0; i < INTERPRETER_FOLDERS; i++)
        if (*found->answers[ANSWER_FOLDERS + i])
            found->interpreter.folders[i] = found->answers[ANSWER_FOLDERS + i];
    return true;
}

/* The versions of one family often share an interpreter, but each may have its own. */
void lambda_runtime_look(const struct runtime *runtime)
{
    struct found *found = found_of(runtime);

    if (!runtime->version || atomic_load(&found->there))
        return;
    pthread_mutex_lock(&looking);
    if (!atomic_load(&found->there))
        atomic_store(&found->there, look(runtime, found));
    pthread_mutex_unlock(&looking);
}

const struct interpreter *lambda_runtime_interpreter(const struct runtime *runtime)
{
    const struct found *found = found_of(runtime);

    return atomic_load(&found->there) ? &found->interpreter : NULL;
}

bool lambda_runtime_is_installed(const struct runtime *runtime)
{
    return !runtime->version || lambda_runtime_interpreter(runtime) || family_of(runtime)->is_there(runtime);
}

str lambda_runtime_problem(const struct call *call, const struct runtime *runtime)
{
    return family_of(runtime)->problem(call, runtime);
}
