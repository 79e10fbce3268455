#pragma once

/*
 * client.h: calling AWS: typed request in, typed reply out.
 *
 * A call is encoded with the tables of its service's model, signed and sent, and its reply is decoded.
 * Connections are kept.  A temporary failure (no answer, a 5xx, throttling) is retried with growing pauses;
 * so a call may reach the service twice, as with every AWS client.
 */
#include "client/config.h"
#include "engine/call.h"
#include "wire/http.h"

struct client;

/*
 * `config` must outlive the client.  `tell`, unless NULL, gets a sentence for people when a call has been
 * without an answer for some seconds, and still waits.
 */
struct client *client_open(const struct config *config, void (*tell)(str sentence));
void client_close(struct client *client);

/* `in` and `out` (zeroed) are the structs of the operation.  False: *failure says why. */
bool client_call(struct client *client, struct arena *arena, const struct operation *operation,
                 const void *in, void *out, struct failure *failure);

/*
 * GET a path of the configured endpoint that belongs to no service ("/_orderly/health"), signed.  True for
 * any reply, whatever its status; false, with *failure set, when there was no reply.
 */
bool client_get(struct client *client, struct arena *arena, str path, str query, struct http_reply *reply,
                struct failure *failure);

/*
 * The same for an endless reply: `take` gets each piece of the body as it arrives, until it returns false;
 * `take` may make calls meanwhile.  A reply with a status other than 200 is read completely into *reply.
 * Returns when `take` has enough or the reply has ended, for any reason.  False: there was no reply.
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
    /*
     * The next call, made on `arena`, which lives until the call ends; `tag` is for the caller's use.  False:
     * no more calls.
     */
    bool (*next)(void *context, struct arena *arena, const void **in, void **out, void **tag);
    /* `failure` is NULL when the call succeeded. */
    void (*end)(void *context, void *tag, const void *out, const struct failure *failure);
};
void client_call_many(struct client *client, size_t parallel, const struct client_stream *stream);

/* The failure when nothing answers at the endpoint; no service's model has it. */
extern const struct error UNREACHABLE;

/* Did the call fail with this error of a model?  A service may name it by either of its codes. */
bool failed_with(const struct failure *failure, const struct error *error);
/* For people: the service's sentence, and advice where there is some. */
str failure_sentence(struct arena *arena, const struct failure *failure);

/* Wait for the given time; no call proceeds meanwhile. */
void pause_ms(int64_t ms);
