#pragma once

/*
 * effect.h: effects, work that the server does for services, and events, its reports; a model of effects
 * declares both, and modelc makes typed functions from the ones here.
 *
 * A call begins an effect, which is carried out once the call is durable.  It is stored until the service
 * ends it, and started again after a restart: so it happens at least once.  Its id is unique within its kind.
 * A `transient` effect is not stored and does not wait for the disk: it is carried out as soon as the call's
 * batch is committed, at most once.  It is for work that a restart makes void.
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
    bool transient;
};

/*
 * Carries out the effects of a kind; start is called on any thread once the call that began the effect is
 * durable, or committed when the effect is transient.
 */
struct effect_runner {
    const struct effect_kind *kind;
    void (*start)(void *context, str id, str payload);
    void *context;
};

/* Called by functions that modelc makes.  A transient effect needs no effect_end(). */
void effect_begin(const struct call *call, const struct effect_kind *kind, str id, const void *in);
void effect_end(const struct call *call, const struct effect_kind *kind, str id);
/*
 * Post an event; any thread.  taken(context), unless NULL, is called on any thread when the event's results
 * are stored, or when the event is given up.
 */
void engine_post(struct engine *engine, const struct shape *event, const void *in,
                 void (*taken)(void *context), void *context);
