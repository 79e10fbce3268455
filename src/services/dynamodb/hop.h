#pragma once

/*
 * hop.h: what a write's hop tells of the item.
 */
#include "dynamodb_internal.h"

/* As JSON; call it before the item changes. */
str dynamodb_hop_detail(const struct call *call, const struct write *write);
