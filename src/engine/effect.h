#pragma once

/*
 * effect.h: what the world does for services, and what it tells them; a model of effects declares both, and
 * modelc makes typed functions of the ones here.
 *
 * An effect begins with a call and is carried out once the call is durable.  It is stored until the service
 * ends it, and started again after a restart: so it happens at least once.  Its id is unique among its kind.
 * A `transient` one is void after a restart, and so waits for no disk: it is carried out as soon as the
 * call's batch is committed, at most once, and is not stored.
 *
 * An event is heard by the internal operation that has it as its input, whosever it is.
 */
#include "engine/model.h"

struct engine;

struct effect_kind {
    const char *name; /* "sandbox.start" */
    const struct shape *input;
    const struct shape *ended; /* the event that tells of its end */
    bool transient;
};

/* Someone who carries out effects of a kind; start is called on any thread once the effect may begin. */
struct effect_runner {
    const struct effect_kind *kind;
    void (*start)(void *context, str id, str payload);
    void *context;
};

/* Called by what modelc makes; effect_end() of one that is not transient. */
void effect_begin(const struct call *call, const struct effect_kind *kind, str id, const void *in);
void effect_end(const struct call *call, const struct effect_kind *kind, str id);
/*
 * Any thread.  taken(context), when it is not NULL, is called on any thread when what came of the event is
 * stored, or is given up.
 */
void engine_post(struct engine *engine, const struct shape *event, const void *in,
                 void (*taken)(void *context), void *context);
