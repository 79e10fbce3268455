#pragma once

/*
 * fuzz.h: what every fuzz target includes.  A target gets bytes and checks its invariants; a failed check()
 * is a finding.
 */
#include "base/arena.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* static void fuzz(struct arena *arena, str input), called with an empty arena. */
#define FUZZ(arena, input)                                                                                   \
    static void fuzz(struct arena *arena, str input);                                                        \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                             \
    {                                                                                                        \
        struct arena memory = {0};                                                                           \
        fuzz(&memory, (str){size ? (const char *)data : "", size});                                          \
        arena_free(&memory);                                                                                 \
        return 0;                                                                                            \
    }                                                                                                        \
    static void fuzz(struct arena *arena, str input)
