#pragma once

/*
 * runtimes.h: the runtimes that functions name, and the machine's interpreters for them.
 */
#include "lambda_internal.h"
#include <limits.h>

/* runtimes.c */
enum { MOST_RUNTIMES = 64 };
struct runtime {
    const char *name;    /* "python3.11" */
    const char *family;  /* "python", "nodejs", "java", "ruby", or "provided" */
    const char *version; /* of AWS's interpreter; NULL for provided */
};
/* The runtime of that name, or NULL. */
const struct runtime *lambda_runtime_find(str name);
/* May a function have the runtime of that name?  False: fail() has been called, in AWS's words. */
bool lambda_runtime_check(const struct call *call, str name);
/* May its functions have SnapStart?  https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html */
bool lambda_runtime_takes_snapshots(const struct runtime *runtime);
/* Its place among all runtimes, below MOST_RUNTIMES. */
size_t lambda_runtime_number(const struct runtime *runtime);

/* interpreters.c */
enum { INTERPRETER_FOLDERS = 3 };
struct interpreter {
    const char *path; /* NULL: it is not installed */
    const char *version;
    const char *folders[INTERPRETER_FOLDERS]; /* the machine's folders that it needs; or NULL */
    const char *library; /* of AWS's client: Ruby's folder, Java's archive; "" for none */
};
/* Look for the runtime's interpreter, unless it has been found.  It may run the interpreter, which takes
 * long.
 */
void lambda_runtime_look(const struct runtime *runtime);
/* The interpreter that was found; NULL for none, and for provided runtimes. */
const struct interpreter *lambda_runtime_interpreter(const struct runtime *runtime);
/* Is there a program with the interpreter's name, and what it needs?  Does not run it. */
bool lambda_runtime_is_installed(const struct runtime *runtime);
/* The sentence for a runtime without an interpreter. */
str lambda_runtime_problem(const struct call *call, const struct runtime *runtime);
/* Find the program on the server's PATH; false if it is not there. */
bool lambda_program_find(const char *program, char path[static PATH_MAX]);

/* java.c, jdks.c */
struct sandbox_start_input;
struct jdk {
    int version;    /* 17; 0: none */
    char build[64]; /* "17.0.15+6" */
    char home[PATH_MAX];
};
/* The installation of the version, or of the next newer one, and *newest of all.  False: all are too old. */
bool lambda_jdk_find(int version, struct jdk *best, struct jdk *newest);
/* Add the command that runs a function in Java. */
void lambda_java_command(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox, const struct interpreter *interpreter,
                         struct sandbox_start_input *in);
