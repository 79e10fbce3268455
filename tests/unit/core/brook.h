#pragma once

/*
 * brook.h: a service whose replies are streams of events.
 *
 * Count sends the numbers from 1 on, odd numbers as documents and even numbers as bytes, and fails before
 * FailAt; CountLong does the same on a worker, and Recite is Count for protocols without paths.  Await sends
 * 1, waits a second, and sends a word; brook_has_heard says that it was told that its client has left.
 */
#include "engine/call.h"

extern const struct module BROOK_MODULE;
extern _Atomic bool brook_has_heard;
