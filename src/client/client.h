#pragma once

/*
 * client.h: calling AWS: typed request in, typed reply out.
 *
 * A call is encoded with the tables of its service's model, signed, sent, and its reply decoded.
 * Connections are kept.  What may pass by itself (no answer, a 5xx, throttling) is tried again with
 * growing pauses; so a call may reach the service twice, as with every AWS client.
 */
#include "client/config.h"
#include "engine/call.h"
#include "wire/http.h"

struct client;

/* `config` must outlive the client. */
struct client *client_open(const struct config *config);
void client_close(struct client *client);

/* `in` and `out` (zeroed) are the structs of the operation.  False: *failure says why. */
bool client_call(struct client *client, struct arena *arena, const struct operation *operation,
                 const void *in, void *out, struct failure *failure);

/*
 * GET a path of the configured endpoint that is of no service ("/_orderly/health"), signed.  Any reply is an
 * answer.  False: nobody answered; *failure says so.
 */
bool client_get(struct client *client, struct arena *arena, str path, str query, struct http_reply *reply,
                struct failure *failure);

/*
 * The same for a reply that has no end: `take` gets each piece of its body as it comes, until it says that
 * it has enough; it may make calls meanwhile.  What is not answered with 200 is read whole into *reply.
 * Returns when there is enough or the reply has ended, however it did.  False: nobody answered.
 */
struct client_reader {
    void *context;
    bool (*take)(void *context, str bytes); /* false: enough */
};
bool client_follow(struct client *client, struct arena *arena, str path, str query,
                   const struct client_reader *reader, struct http_reply *reply, struct failure *failure);

/* The same operation many times, several at once. */
struct client_stream {
    const struct operation *operation;
    void *context;
    /* The next call, made on `arena`, which lasts until its end; `tag` is the caller's.  False: no more. */
    bool (*next)(void *context, struct arena *arena, const void **in, void **out, void **tag);
    /* `failure` is NULL when it was answered. */
    void (*end)(void *context, void *tag, const void *out, const struct failure *failure);
};
void client_call_many(struct client *client, size_t parallel, const struct client_stream *stream);

/* Nobody answered: of no service. */
extern const struct error UNREACHABLE;

/* Did the call fail with this error of a model?  A service may name it by either of its codes. */
bool failed_with(const struct failure *failure, const struct error *error);
/* For people: what the service said, and what to do about it where that is known. */
str failure_sentence(struct arena *arena, const struct failure *failure);

/* In the given time; nothing else happens meanwhile. */
void pause_ms(int64_t ms);
