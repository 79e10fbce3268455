#pragma once

/*
 * world.h: what core.c and world.c share.
 */
#include "engine/engine.h"

extern const struct identity_provider world_identity;
extern const struct effect_runner world_runners[];
void world_reset(void);

/* Everything that tests wait for changes between these two calls. */
void lock_news(void);
void unlock_news(void);
void wait_for_news(void); /* call it with the lock held; aborts after a minute without news */
