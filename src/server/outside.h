#pragma once

/*
 * outside.h: requests to the outside, which the engine's effects begin (engine/outside.model).
 *
 * One thread makes all of them, some at a time: a slow endpoint holds neither the engine nor a loop.  When
 * too many wait, a further one is reported as busy.  A request that is under way when the server stops is not
 * reported: its delivery begins again at the next start.
 */
#include "engine/engine.h"

struct outside;

struct outside_options {
    str smtp;    /* "smtp://host:25": the relay for mails; empty: mails go to the folder */
    str mailbox; /* a folder, which is made with the first mail */
    bool strict; /* endpoints on this machine are out of bounds */
};

/* The options' texts must stay valid. */
struct outside *outside_new(const struct outside_options *options);
/* Begin with the effects that were started before, too. */
void outside_open(struct outside *outside, struct engine *engine);
/* No further event is posted.  Call it before engine_stop(). */
void outside_close(struct outside *outside);
void outside_free(struct outside *outside);

/* The runner of OUTSIDE_SEND. */
void outside_start_effect(void *outside, str payload);
