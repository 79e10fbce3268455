#pragma once

/*
 * share.h: what the clients of one address, or one sandbox, take: connections, memory for requests being
 * read, disk for large ones, and replies sent piece by piece.
 *
 * Memory of all requests that are not whole yet has a budget, and so have the numbers of connections
 * and streams; one
 * of them gets seven eighths of either at most, so that others always get in.  Any thread.
 */
#include <stdbool.h>
#include <stddef.h>

struct share;
struct shares;

/* `descriptors` is how many the process may open. */
struct shares *shares_new(size_t descriptors);
void shares_free(struct shares *shares);

/* What speaks against one more connection. */
enum share_limit { SHARE_FREE, SHARE_OF_ADDRESS_TAKEN, SHARE_OF_ALL_TAKEN };

/* The share of that address (or the sandbox of that id), with one connection more; the limit that was reached
 * before it. */
struct share *share_enter(struct shares *shares, const char *address, enum share_limit *limit);
void share_leave(struct share *share);

/*
 * Memory for a request that will hold `whole` bytes, `more` of which are new.  Small requests have room of
 * their own, which large ones cannot take.  False when there is none; give back what was taken.  Keep the
 * share by share_keep() for as long as something is taken.
 */
bool share_take(struct share *share, size_t whole, size_t more);
void share_give(struct share *share, size_t bytes);
/* As much of the disk, for a body that is spooled. */
bool share_take_disk(struct share *share, size_t bytes);
void share_give_disk(struct share *share, size_t bytes);
/* One reply more that is sent piece by piece; false when there are too many. */
bool share_begin_stream(struct share *share);
void share_end_stream(struct share *share);
void share_keep(struct share *share);
void share_let_go(struct share *share);
