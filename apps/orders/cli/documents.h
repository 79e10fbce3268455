#pragma once

/*
 * documents.h: comparing policies.
 */
#include "base/arena.h"

/*
 * Do two JSON documents mean the same?  Members may be in any order; 3 equals "3", and a list of one item
 * equals the item.
 */
bool documents_equal(struct arena *arena, str a, str b);
