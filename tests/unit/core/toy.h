#pragma once

/*
 * toy.h: a service that does as it is told.
 *
 * Run's script is steps between semicolons:
 *
 *     put KEY VALUE        add KEY VALUE (to what is there)
 *     fail                 break (a statement that cannot work)
 *     use BYTES            (of the call's arena)
 *     hook                 call toy_hook()
 *     ask RESOURCE         authorize
 *     long                 the reply is long to encode
 *     sleep NAME           park for ever, whatever happens
 *     wait NAME KEY MS     park until KEY is there, the time is over or the server stops
 *     wake NAME            wake_all NAME
 *     invoke STEPS         fails when they do            (steps within a step stand between bars)
 *     try STEPS            goes on when they fail
 *     foresee KEY INTO     spawn ForeseeLater
 *     glance KEY INTO      invoke Glance
 *     spawn STEPS          timer ID MS STEPS             cancel ID
 *     poll ID STEPS        unpoll ID            poke ID             rest MS (of a poller)
 *     effect ID PAYLOAD    end ID               count THING N
 *     sweep NAME N         add NAME to "swept" N times, in slices, and call toy_hook() each time
 *     hops ID N            write N hops of that trace          (hops ID N TEXT)
 *     seal KEY PURPOSE DATA      unseal KEY PURPOSE SEAL (into KEY; "refused")
 *
 * Deliveries, by toy_policy; whether an attempt that ended is followed by another one goes to "again", as y
 * or n:
 *
 *     post NAME TARGET STEPS             STEPS make an attempt; its dead letter goes to "grave"
 *     post_many N NAME TARGET BODY STEPS     N that share a body; BODY "-": they have none
 *     posted NAME TARGET VERDICT REASON  the first attempt has ended so; the others note "tries" and are well
 *     settle VERDICT REASON              the attempt that runs has ended: delivered, failed, throttled,
 * refused settle_as KEY                      as that item says; absent: it goes on note KEY ID add the
 * attempt's number to KEY, and put its id into ID, if that is named settle_later ID VERDICT REASON     the
 * attempt that has been noted stamp KEY                          add the time to KEY read KEY add its body to
 * KEY drop TARGET
 *
 * Send and Receive are a queue with long polling, Get reads an item.
 *
 * Look is a long read: it answers "early" when its time was up, else "whole".
 *
 * Glance is a short one, which moves to a worker when what it finds begins with "much".
 *
 * Doors: /toy/letters/TEXT is a stream of TEXT's letters, made on a worker; it fails at an 'x', and is sent
 * whole without letters.  /toy/items/NAME is a stream of the items NAME0, NAME1, …, which waits for "NAME" to
 * be woken when there is none; it ends with one that is "end", and puts its place into "left" when its client
 * leaves. /toy/change changes something, and *.toy-url.* has a door to all its paths.
 *
 * Foresee writes what its prepare function has seen in Key into Into, "nothing" when there was nothing
 * prepared.  It waits until After is there, and invokes itself for Also.  ForeseeMuch is prepared when its
 * body is large, or when Key's value begins with "much".
 */
#include "engine/delivery.h"
#include "engine/doors.h"

extern const struct module TOY_MODULE;

/* Steps for the start hook to do, and to spawn; absent: none. */
extern str toy_start, toy_poller;
/* Of the deliveries that are added next; core_setup() sets both anew. */
extern struct delivery_policy toy_policy;
extern bool toy_has_graves;
/* Of all deliveries. */
#define TOY_TRACE "1-00000000-00000000000000000000000a"
extern void (*toy_hook)(void);
/* Called on a worker's thread by Foresee's preparation and by Look, with their key. */
extern void (*toy_work_hook)(str key);
