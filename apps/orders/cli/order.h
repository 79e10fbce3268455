#pragma once

/*
 * order.h: what an order must be, by the same rules as the function that stores it
 * (apps/orders/functions/c/order.c).
 */
#include "base/arena.h"

/*
 * What is wrong with the text of an order: "quantity must be a positive integer"; absent for a valid order.
 * The sentence is on the arena or constant.
 */
str order_problem(struct arena *arena, str text);
