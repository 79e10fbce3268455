#pragma once

/*
 * cbor_shape.h: typed structs in CBOR.  Internal to protocol_cbor.c.
 */
#include "engine/shape.h"
#include "wire/cbor.h"

/*
 * Fill the structure from a map; null is absent, unknown members are ignored.  mark: what is required and
 * missing is marked for validate().  False: a value is not what the model says; *wrong is the member that
 * holds it.
 */
bool cbor_to_structure(struct arena *arena, const struct shape *shape, const struct cbor *map, bool mark,
                       void *structure, const struct member **wrong);
/* The members that are present, into a map that is open. */
void cbor_write_members(struct text *text, const struct shape *shape, const void *structure);
