#pragma once

/*
 * load.h: one run of the load generator: what it was asked for, its connections, and the operations that it
 * can send (requests.c).
 */
#include "sign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BATCH = 10, /* messages */
    HANDLE_BYTES = 1024,
};

struct load;
struct connection;

/* To add one, write its request in requests.c, and give it a row of the table there. */
struct operation {
    const char *name;
    size_t ring_size;
    void (*write)(const struct load *load, size_t number, struct request *request);
    /* Of an operation that deletes what it receives. */
    void (*write_delete)(const struct load *load, const struct connection *connection,
                         struct request *request);
};

struct options {
    int port, connections;
    double seconds;
    long count;   /* stop after so many replies; 0: after `seconds` */
    int pause_ms; /* of each connection between a reply and its next request: a stream, not a flood */
    int pid;
    size_t items; /* of the table that batch-write filled */
    const char *queue_url, *table, *topic, *prefix;
    bool unsigned_requests;
};

struct load {
    struct options options;
    const struct operation *operation;
    struct signer signer;
    char host[32];
    struct request *ring;
    size_t next;
    uint32_t *samples_us;
    size_t sample_count, errors, sent, deleted; /* deleted: messages */
    uint64_t answered_us;                       /* the last reply */
    int epoll;
    bool draining; /* the queue is empty: stop */
    struct connection *connections;
};

struct connection {
    int socket;
    struct request request;
    bool owns_request;
    size_t sent;
    uint64_t began_us, resume_us; /* resume_us: 0 while a request is under way */
    char *reply;
    size_t reply_length, reply_room;
    size_t head_length, body_length;
    bool chunked, closing, head_seen;
    char handles[BATCH][HANDLE_BYTES]; /* of the messages to delete next */
    size_t handle_count;
};

/* Ends with an operation without a name. */
extern const struct operation OPERATIONS[];

/* GetItem of the order with that id. */
void load_write_get(const struct load *load, const char *id, struct request *request);
/* Publish of the order with that number. */
void load_write_publish(const struct load *load, size_t number, struct request *request);
