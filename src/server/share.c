/*
 * share.c: one entry per address that has a connection, and one per principal that has a stream, in maps
 * under a lock.
 *
 * An address's entry lives for as long as a connection or a request in flight refers to it, a principal's for
 * as long as it has a stream.
 */
#include "server/share.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "engine/engine.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OF_EIGHT = 7, IPV6_NETWORK_BYTES = 8 };

struct share {
    struct shares *shares;
    size_t connections, bytes, disk_bytes, streams, users;
    size_t key_size;
    char key[INET6_ADDRSTRLEN];
};

struct stream_owner {
    size_t streams;
    size_t key_size;
    char key[];
};

struct shares {
    pthread_mutex_t lock; /* protects all members */
    struct map by_address, owners;
    size_t most_connections, connections, bytes, disk_bytes, streams;
};

struct shares *shares_new(size_t descriptors, size_t own)
{
    struct shares *shares = memory_take(sizeof *shares);
    size_t kept = descriptors / 4 < LIMIT_DESCRIPTORS_KEPT ? descriptors / 4 : LIMIT_DESCRIPTORS_KEPT;

    if (kept < own)
        kept = own;
    pthread_mutex_init(&shares->lock, NULL);
    shares->most_connections =
        descriptors - kept < LIMIT_CONNECTIONS ? descriptors - kept : LIMIT_CONNECTIONS;
    return shares;
}

static void free_share(void *context, str key, void *share)
{
    (void)context, (void)key;
    free(share);
}

void shares_free(struct shares *shares)
{
    if (!shares)
        return;
    map_each(&shares->by_address, free_share, NULL); /* shares of connections that were never opened */
    map_free(&shares->by_address);
    map_each(&shares->owners, free_share, NULL);
    map_free(&shares->owners);
    pthread_mutex_destroy(&shares->lock);
    free(shares);
}

static size_t most_of(size_t all)
{
    return all / 8 * MOST_OF_EIGHT + all % 8 * MOST_OF_EIGHT / 8;
}

/* The owner of an IPv6 network has all its addresses, so they share one key. */
static void set_key(struct share *share, const char *address)
{
    struct in6_addr ipv6;

    share->key_size = strlen(address);
    memcpy(share->key, address, share->key_size);
    if (inet_pton(AF_INET6, address, &ipv6) == 1) {
        share->key_size = IPV6_NETWORK_BYTES;
        memcpy(share->key, &ipv6, IPV6_NETWORK_BYTES);
    }
}

/* Call it with the lock held. */
static struct share *find(struct shares *shares, const char *address)
{
    struct share wanted = {.shares = shares}, *share;

    set_key(&wanted, address);
    share = map_get(&shares->by_address, (str){wanted.key, wanted.key_size});
    if (!share) {
        share = memory_take(sizeof *share);
        *share = wanted;
        map_put(&shares->by_address, (str){share->key, share->key_size}, share);
    }
    return share;
}

struct share *share_enter(struct shares *shares, const char *address, enum share_limit *limit)
{
    pthread_mutex_lock(&shares->lock);
    struct share *share = find(shares, address);
    if (share->connections >= most_of(shares->most_connections))
        *limit = SHARE_OF_ADDRESS_TAKEN;
    else
        *limit = shares->connections >= shares->most_connections ? SHARE_OF_ALL_TAKEN : SHARE_FREE;
    share->users++;
    share->connections++;
    shares->connections++;
    pthread_mutex_unlock(&shares->lock);
    return share;
}

/* Call it with the lock held. */
static void drop_user(struct share *share)
{
    if (--share->users > 0)
        return;
    check(share->connections == 0 && share->bytes == 0 && share->disk_bytes == 0 && share->streams == 0);
    map_remove(&share->shares->by_address, (str){share->key, share->key_size});
    free(share);
}

void share_leave(struct share *share)
{
    struct shares *shares = share->shares;

    pthread_mutex_lock(&shares->lock);
    share->connections--;
    shares->connections--;
    drop_user(share);
    pthread_mutex_unlock(&shares->lock);
}

bool share_take(struct share *share, size_t whole, size_t more)
{
    struct shares *shares = share->shares;
    size_t all = LIMIT_BODIES_BYTES;

    if (whole <= LIMIT_SMALL_BODY_BYTES)
        all += LIMIT_SMALL_BODIES_BYTES;
    pthread_mutex_lock(&shares->lock);
    bool taken = shares->bytes + more <= all && share->bytes + more <= most_of(all);
    if (taken) {
        share->bytes += more;
        shares->bytes += more;
    }
    pthread_mutex_unlock(&shares->lock);
    return taken;
}

void share_give(struct share *share, size_t bytes)
{
    struct shares *shares = share->shares;

    pthread_mutex_lock(&shares->lock);
    check(bytes <= share->bytes);
    share->bytes -= bytes;
    shares->bytes -= bytes;
    pthread_mutex_unlock(&shares->lock);
}

bool share_take_disk(struct share *share, size_t bytes)
{
    struct shares *shares = share->shares;

    pthread_mutex_lock(&shares->lock);
    bool taken = shares->disk_bytes + bytes <= LIMIT_SPOOLS_BYTES &&
                 share->disk_bytes + bytes <= most_of(LIMIT_SPOOLS_BYTES);
    if (taken) {
        share->disk_bytes += bytes;
        shares->disk_bytes += bytes;
    }
    pthread_mutex_unlock(&shares->lock);
    return taken;
}

void share_give_disk(struct share *share, size_t bytes)
{
    pthread_mutex_lock(&share->shares->lock);
    check(bytes <= share->disk_bytes);
    share->disk_bytes -= bytes;
    share->shares->disk_bytes -= bytes;
    pthread_mutex_unlock(&share->shares->lock);
}

/* Call it with the lock held. */
static struct stream_owner *add_owner(struct shares *shares, str principal)
{
    struct stream_owner *owner = memory_take(sizeof *owner + principal.size);

    owner->streams = 0;
    owner->key_size = principal.size;
    memcpy(owner->key, principal.data, principal.size);
    map_put(&shares->owners, principal, owner);
    return owner;
}

/* Call it with the lock held. */
static enum share_limit stream_limit(const struct share *share, const struct stream_owner *owner)
{
    size_t most = most_of(LIMIT_STREAMS);

    if (share->streams >= most)
        return SHARE_OF_ADDRESS_TAKEN;
    if (owner && owner->streams >= most)
        return SHARE_OF_PRINCIPAL_TAKEN;
    return share->shares->streams >= LIMIT_STREAMS ? SHARE_OF_ALL_TAKEN : SHARE_FREE;
}

enum share_limit share_begin_stream(struct share *share, str principal, struct share_stream *stream)
{
    struct shares *shares = share->shares;

    pthread_mutex_lock(&shares->lock);
    struct stream_owner *owner = str_empty(principal) ? NULL : map_get(&shares->owners, principal);
    enum share_limit limit = stream_limit(share, owner);
    if (limit == SHARE_FREE) {
        if (!owner && !str_empty(principal))
            owner = add_owner(shares, principal);
        if (owner)
            owner->streams++;
        share->streams++;
        shares->streams++;
        share->users++;
        *stream = (struct share_stream){.share = share, .owner = owner};
    }
    pthread_mutex_unlock(&shares->lock);
    return limit;
}

void share_end_stream(struct share_stream *stream)
{
    struct share *share = stream->share;
    struct stream_owner *owner = stream->owner;
    struct shares *shares = share->shares;

    pthread_mutex_lock(&shares->lock);
    share->streams--;
    shares->streams--;
    if (owner && --owner->streams == 0) {
        map_remove(&shares->owners, (str){owner->key, owner->key_size});
        free(owner);
    }
    drop_user(share);
    *stream = (struct share_stream){0};
    pthread_mutex_unlock(&shares->lock);
}

void shares_load(struct shares *shares, struct server_load *load)
{
    pthread_mutex_lock(&shares->lock);
    *load = (struct server_load){
        .connections = shares->connections,
        .most_connections = shares->most_connections,
        .streams = shares->streams,
        .most_streams = LIMIT_STREAMS,
        .most_streams_of_address = most_of(LIMIT_STREAMS),
    };
    pthread_mutex_unlock(&shares->lock);
}

void share_keep(struct share *share)
{
    pthread_mutex_lock(&share->shares->lock);
    share->users++;
    pthread_mutex_unlock(&share->shares->lock);
}

void share_let_go(struct share *share)
{
    struct shares *shares = share->shares;

    pthread_mutex_lock(&shares->lock);
    drop_user(share);
    pthread_mutex_unlock(&shares->lock);
}
