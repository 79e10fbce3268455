#pragma once

/*
 * cbor_shape.h: typed structs in CBOR.  Internal to cbor.c.
 */
#include "engine/protocol/shape.h"
#include "wire/cbor.h"

/*
 * Fill the structure from a map; null is absent, unknown members are ignored.  mark: missing required members
 * are marked for validate().  False: a value does not match the model; *wrong is its member.
 */
bool cbor_to_structure(struct arena *arena, const struct shape *shape, const struct cbor *map, bool mark,
                       void *structure, const struct member **wrong);
/* Write the present members into an open map. */
void cbor_write_members(struct text *text, const struct shape *shape, const void *structure);
