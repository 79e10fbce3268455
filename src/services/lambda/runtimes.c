/*
 * runtimes.c: the runtimes that we have, and what they run on here.
 *
 * AWS brings an interpreter of each version along; we take the one that is installed, preferably of
 * the version asked for.  A thread looks for each once, as the server starts.
 */
#include "lambda_internal.h"

#include "base/check.h"
#include "base/text.h"

#include <pthread.h>
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

enum { ANSWER_PATH, ANSWER_VERSION, ANSWER_FOLDERS, ANSWERS = ANSWER_FOLDERS + INTERPRETER_FOLDERS };

struct found {
    bool looked;
    char answers[ANSWERS][1024];
    struct interpreter interpreter;
};

static struct found all[RUNTIMES];
static struct found usual_python, usual_node; /* looked: and there; for the looking thread only */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t found_out = PTHREAD_COND_INITIALIZER;

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

static void keep(const struct found *there, struct found *found)
{
    found->interpreter = (struct interpreter){
        there->answers[ANSWER_PATH],
        there->answers[ANSWER_VERSION],
        {there->answers[ANSWER_FOLDERS], there->answers[ANSWER_FOLDERS + 1]},
    };
}

static void look(const struct runtime *runtime, struct found *found)
{
    bool is_python = strcmp(runtime->family, "python") == 0;
    const struct found *usual = is_python ? &usual_python : &usual_node;

    if (is_python && ask_python(runtime->name, found))
        keep(found, found);
    else if (usual->looked)
        keep(usual, found);
}

/* A version of Python may have an interpreter of its own; the rest share the family's. */
static void *look_for_all(void *unused)
{
    (void)unused;
    usual_python.looked = ask_python("python3", &usual_python);
    usual_node.looked = ask_node(&usual_node);
    for (size_t i = 0; i < RUNTIMES; i++) {
        if (runtimes[i].version)
            look(&runtimes[i], &all[i]);
        pthread_mutex_lock(&lock);
        all[i].looked = true;
        pthread_cond_broadcast(&found_out);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

void runtimes_look(void)
{
    pthread_t thread;

    check(pthread_create(&thread, NULL, look_for_all, NULL) == 0);
    pthread_detach(thread);
}

const struct interpreter *runtime_interpreter(const struct runtime *runtime)
{
    struct found *found = &all[runtime - runtimes];

    pthread_mutex_lock(&lock);
    while (!found->looked)
        pthread_cond_wait(&found_out, &lock);
    pthread_mutex_unlock(&lock);
    return &found->interpreter;
}
