#pragma once

/*
 * toy.h: a service that follows a script.
 *
 * Run's script is steps between semicolons:
 *
 *     put KEY VALUE        add KEY VALUE (appends to the item)
 *     fail                 break (runs a statement that fails)
 *     use BYTES            (of the call's arena)        fail-full (fails, and leaves no memory)
 *     hook                 call toy_hook()
 *     ask RESOURCE         authorize
 *     long                 the reply is long to encode
 *     sleep NAME           park for ever
 *     wait NAME KEY MS     park until KEY exists, the time is over or the server stops
 *     wake NAME            wake_all NAME
 *     invoke STEPS         fails when they fail          (steps inside a step are between bars)
 *     try STEPS            continues when they fail
 *     foresee KEY INTO     spawn ForeseeLater
 *     glance KEY INTO      invoke Glance
 *     spawn STEPS          timer ID MS STEPS             cancel ID
 *     poll ID STEPS        unpoll ID            poke ID             rest MS (of a poller)
 *     effect ID PAYLOAD    count THING N
 *     sweep NAME N         add NAME to "swept" N times, in slices, and call toy_hook() each time
 *     hops ID N            write N hops of that trace          (hops ID N TEXT)
 *     seal KEY PURPOSE DATA      unseal KEY PURPOSE SEAL (into KEY; "refused")
 *
 * Deliveries (toy_post.c), with toy_policy.  STEPS make one attempt; the dead letter is added to "grave".
 * When an attempt ends, "y" (another one follows) or "n" is added to "again".
 *
 *     post NAME TARGET STEPS
 *     post_many N NAME TARGET BODY STEPS     N deliveries that share a body; BODY "-": no body
 *     posted NAME TARGET VERDICT REASON      the first attempt is over; later ones add to "tries" and succeed
 *     settle VERDICT REASON                  end this attempt: delivered, failed, throttled, refused
 *     settle_as KEY                          the same, with the item as the arguments; no item: do not end it
 *     settle_later ID VERDICT REASON         end the attempt whose id is in the item ID
 *     note KEY ID                            add the attempt's number to KEY, put its id into ID (if given)
 *     stamp KEY            add the time to KEY
 *     read KEY             add the body to KEY
 *     drop TARGET
 *
 * To add a step, write it in toy.c and add a row to its table of steps.
 *
 * Send and Receive are a queue with long polling, Get reads an item.
 *
 * Look is a long read: it answers "early" when its time was up, else "whole".
 *
 * Glance is a short read, which moves to a worker when the item begins with "much".
 *
 * Doors: /toy/letters/TEXT is a stream of TEXT's letters, made on a worker; it fails at an 'x', and is sent
 * whole without letters.  /toy/items/NAME is a stream of the items NAME0, NAME1, …; when the next one is
 * missing, it waits until "NAME" is woken; it ends with an item "end", and writes its place into "left" when
 * its client leaves.  /toy/change writes, and *.toy-url.* has a door for all its paths.
 *
 * Foresee writes into Into what its prepare function has read from Key, or "nothing" when nothing was
 * prepared; for a value "greedy" the preparation takes more memory than a call may have.  It waits until
 * After exists, and invokes itself for Also.  ForeseeMuch is prepared when its body is large, or when Key's
 * value begins with "much".
 */
#include "engine/delivery.h"
#include "engine/doors.h"

extern const struct module TOY_MODULE;

/* Steps that the start hook runs, and that it spawns; absent: none. */
extern str toy_start, toy_poller;
/* For the deliveries that are added next; core_setup() resets both. */
extern struct delivery_policy toy_policy;
extern bool toy_has_graves;
/* How often toy_locate_item() has run. */
extern _Atomic unsigned toy_located;
/* What a dead letter uses, in bytes; core_setup() sets 0. */
extern size_t toy_grave_bytes;
/* The trace of all deliveries. */
#define TOY_TRACE "1-00000000-00000000000000000000000a"
extern void (*toy_hook)(void);
/* Called on a worker's thread by Foresee's preparation and by Look, with their key. */
extern void (*toy_work_hook)(str key);
