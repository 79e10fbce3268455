#pragma once

/*
 * documents.h: comparing policies.
 */
#include "base/arena.h"

/* Do two JSON documents say the same?  Members may stand in any order; 3 is "3", one item is a list of one.
 */
bool documents_equal(struct arena *arena, str a, str b);
