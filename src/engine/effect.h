#pragma once

/*
 * effect.h: effects, work that the server does for services, and events, its reports; a model of effects
 * declares both, and modelc makes typed functions from the ones here.
 *
 * A call begins an effect, which is carried out at most once: as soon as the call's batch is committed,
 * without waiting for the disk.  It is not stored, so it is for work that a restart makes void (a sandbox),
 * or that a delivery tries again (a request to the outside).
 *
 * An event runs the internal operation that has it as its input, in any service.
 *
 * To add a kind of effect, declare it and its event in a model of effects (engine/sandbox.model), write its
 * runner (server/sandboxes.c) and the internal operation that takes the event.
 */
#include "engine/model.h"

struct engine;

struct effect_kind {
    const char *name; /* "sandbox.start" */
    const struct shape *input;
    const struct shape *ended; /* the event that reports its end */
};

/* Carries out the effects of a kind: start is called on the engine's thread; the payload is JSON. */
struct effect_runner {
    const struct effect_kind *kind;
    void (*start)(void *context, str payload);
    void *context;
};

/* Called by functions that modelc makes. */
void effect_begin(const struct call *call, const struct effect_kind *kind, const void *in);
/*
 * Post an event; any thread.  taken(context), unless NULL, is called on any thread when the event's results
 * are stored, or when the event is given up.
 */
void engine_post(struct engine *engine, const struct shape *event, const void *in,
                 void (*taken)(void *context), void *context);
