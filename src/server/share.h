#pragma once

/*
 * share.h: what the clients of one address, or one sandbox, use: connections, memory for requests being read,
 * disk for large ones, and replies sent piece by piece.
 *
 * All incomplete requests together have a budget of memory, and the numbers of connections and streams are
 * limited, too; one share gets at most seven eighths of each, so that others always get some.  So does one
 * principal of the streams, from however many addresses it asks.  Any thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct share;
struct shares;
struct server_load;

/* A reply that is sent piece by piece.  All zeroes: none. */
struct share_stream {
    struct share *share;
    struct stream_owner *owner; /* the principal; or NULL */
};

/* `descriptors`: how many the process may open; `own`: how many of them it needs without any connection. */
struct shares *shares_new(size_t descriptors, size_t own);
void shares_free(struct shares *shares);

/* The limit that one more connection, or one more stream, would exceed. */
enum share_limit { SHARE_FREE, SHARE_OF_ADDRESS_TAKEN, SHARE_OF_PRINCIPAL_TAKEN, SHARE_OF_ALL_TAKEN };

/*
 * The share of that address (or of the sandbox with that id), with one connection more; *limit is the limit
 * that was reached before.
 */
struct share *share_enter(struct shares *shares, const char *address, enum share_limit *limit);
void share_leave(struct share *share);

/*
 * Take memory for a request that will hold `whole` bytes, `more` of which are new.  Small requests have
 * separate room, which large ones cannot take.  False when there is no room; give back what was taken.  Hold
 * the share by share_keep() while memory is taken.
 */
bool share_take(struct share *share, size_t whole, size_t more);
void share_give(struct share *share, size_t bytes);
/* Take disk space for a body that goes to a file; false when there is too little. */
bool share_take_disk(struct share *share, size_t bytes);
void share_give_disk(struct share *share, size_t bytes);
/*
 * Count one more reply that is sent piece by piece to that principal, unless a limit is reached.  The stream
 * that is counted is *stream; an absent principal counts for its address only.
 */
enum share_limit share_begin_stream(struct share *share, str principal, struct share_stream *stream);
void share_end_stream(struct share_stream *stream);
/* What all clients have now, and what they may have. */
void shares_load(struct shares *shares, struct server_load *load);
void share_keep(struct share *share);
void share_let_go(struct share *share);
