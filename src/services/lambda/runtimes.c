/*
 * runtimes.c: the names of runtimes.
 *
 * To add a runtime, add a row to the first table below; a language of its own also needs a row in
 * interpreters.c.
 */
#include "runtimes.h"
#include "lambda_internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct runtime runtimes[] = {
    {"nodejs16.x", "nodejs", "16"},     {"nodejs18.x", "nodejs", "18"},
    {"nodejs20.x", "nodejs", "20"},     {"nodejs22.x", "nodejs", "22"},
    {"nodejs24.x", "nodejs", "24"},     {"nodejs26.x", "nodejs", "26"},
    {"python3.8", "python", "3.8"},     {"python3.9", "python", "3.9"},
    {"python3.10", "python", "3.10"},   {"python3.11", "python", "3.11"},
    {"python3.12", "python", "3.12"},   {"python3.13", "python", "3.13"},
    {"python3.14", "python", "3.14"},   {"python3.15", "python", "3.15"},
    {"java8.al2", "java", "8"},         {"java8.al2023", "java", "8"},
    {"java11", "java", "11"},           {"java11.al2023", "java", "11"},
    {"java17", "java", "17"},           {"java17.al2023", "java", "17"},
    {"java21", "java", "21"},           {"java25", "java", "25"},
    {"ruby3.2", "ruby", "3.2"},         {"ruby3.3", "ruby", "3.3"},
    {"ruby3.4", "ruby", "3.4"},         {"ruby4.0", "ruby", "4.0"},
    {"provided.al2", "provided", NULL}, {"provided.al2023", "provided", NULL},
};

/* Runtimes for which AWS makes no functions any more. */
static const char *const retired[] = {
    "nodejs",     "nodejs4.3",  "nodejs4.3-edge", "nodejs6.10",    "nodejs8.10",    "nodejs10.x",
    "nodejs12.x", "nodejs14.x", "python2.7",      "python3.6",     "python3.7",     "java8",
    "ruby2.5",    "ruby2.7",    "dotnetcore1.0",  "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",
    "dotnet5.0",  "go1.x",      "provided",
};

enum { RUNTIMES = sizeof runtimes / sizeof *runtimes };

_Static_assert((int)RUNTIMES <= MOST_RUNTIMES, "interpreters.c has a place for each runtime");

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
        if (!str_equal(name, str_of(retired[i])))
            continue;
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The runtime parameter of %.*s is no longer supported for creating or updating AWS Lambda "
             "functions. We recommend you use a supported runtime while creating or updating functions.",
             STR_ARGS(name));
        return false;
    }
    return true;
}

/* .NET's functions run as provided ones, with AWS's own client in their packages. */
static bool dotnet_check(const struct call *call, str name)
{
    static const char prefix[] = "dotnet";
    size_t size = sizeof prefix - 1;

    if (!str_starts_with(name, str_of(prefix)) || name.size == size || name.data[size] < '0' ||
        name.data[size] > '9')
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Orderly does not run %.*s by itself: use the runtime provided.al2023 with a bootstrap that starts "
         "AWS's runtime interface client, Amazon.Lambda.RuntimeSupport (NuGet), which the package brings "
         "along.",
         STR_ARGS(name));
    return false;
}

bool lambda_runtime_check(const struct call *call, str name)
{
    if (lambda_runtime_find(name))
        return true;
    if (retired_check(call, name) && dotnet_check(call, name))
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Value %.*s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: %.*s "
             "or be a valid ARN",
             STR_ARGS(name), STR_ARGS(names(call->arena)));
    return false;
}

bool lambda_runtime_takes_snapshots(const struct runtime *runtime)
{
    enum { FIRST_JAVA = 11, FIRST_PYTHON = 12 };
    static const char python[] = "3.";

    if (strcmp(runtime->family, "java") == 0)
        return strtol(runtime->version, NULL, 10) >= FIRST_JAVA;
    return strcmp(runtime->family, "python") == 0 &&
           strtol(runtime->version + strlen(python), NULL, 10) >= FIRST_PYTHON;
}

size_t lambda_runtime_number(const struct runtime *runtime)
{
    return (size_t)(runtime - runtimes);
}
