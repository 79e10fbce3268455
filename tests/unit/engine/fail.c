/*
 * fail.c: fail() for tests: records the error, as the engine does.
 */
#include "engine/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum outcome fail(const struct call *call, const struct error *error, const char *format, ...)
{
    char *message;
    va_list args;

    va_start(args, format);
    int size = vasprintf(&message, format, args);
    va_end(args);
    call->progress->failure.error = error;
    call->progress->failure.message = arena_copy(call->arena, (str){message, (size_t)size});
    free(message);
    return FAILED;
}
