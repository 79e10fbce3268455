#pragma once

/*
 * limits.h: every size that Orderly bounds itself by, in one place.
 *
 * AWS's own limits on a shape are in the service's model; these limits protect the machine.
 */
enum {
    LIMIT_ARENA_BLOCK_BYTES = 8 * 1024 - 64,
    LIMIT_CALL_MEMORY_BYTES = 256 * 1024 * 1024,  /* of one request's arena */
    LIMIT_CALLS_MEMORY_BYTES = 512 * 1024 * 1024, /* of all requests' large blocks */
    LIMIT_MEMORY_RESERVE_BYTES = 4 * 1024 * 1024, /* for allocations that must not fail, see base/memory.h */
    LIMIT_MALLOC_MMAP_BYTES = 1024 * 1024,     /* a larger block goes back to the system when it is freed */
    LIMIT_MALLOC_KEPT_BYTES = 4 * 1024 * 1024, /* free memory kept at the end of the heap */
    LIMIT_HTTP_HEAD_BYTES = 64 * 1024,         /* request line and headers */
    LIMIT_HTTP_HEADERS = 100,
    LIMIT_HTTP_TRAILERS = 8,
    LIMIT_HTTP_BODY_BYTES = 70 * 1024 * 1024, /* a zipped function of 50 MiB in base64 */
    LIMIT_BODY_MIB = 8, /* default, the model may set another: 1 MiB of text, each character of it escaped */
    LIMIT_ADMIN_BODY_BYTES = 1024 * 1024,  /* also of requests that are not AWS operations */
    LIMIT_BODIES_BYTES = 96 * 1024 * 1024, /* of requests being read, over all connections: large ones, */
    LIMIT_SMALL_BODIES_BYTES = 32 * 1024 * 1024, /* and as much again for small ones */
    LIMIT_SMALL_BODY_BYTES = 64 * 1024,
    LIMIT_UNSIGNED_BODY_BYTES = 64 * 1024,
    LIMIT_SPOOLED_BODY_BYTES = 1024 * 1024,   /* a larger body goes to a file, in pieces of this size */
    LIMIT_SPOOLS_BYTES = 1024 * 1024 * 1024,  /* of these files, over all connections */
    LIMIT_SPOOL_STEP_BYTES = 8 * 1024 * 1024, /* each file is charged in steps of this size */
    LIMIT_BODY_WAIT_MS = 5 * 1000,            /* a request waits this long for room in these */
    LIMIT_HTTP_HEAD_TIMEOUT_MS = 10 * 1000,   /* from the first byte to the end of the head */
    LIMIT_HTTP_BODY_TIMEOUT_MS = 60 * 1000,
    LIMIT_HTTP_IDLE_TIMEOUT_MS = 350 * 1000, /* as AWS's load balancers */
    LIMIT_CONNECTIONS = 16384,
    LIMIT_DESCRIPTORS_KEPT = 256,        /* for the database and functions' pipes and ports */
    LIMIT_SHOWN_VALUE_BYTES = 16 * 1024, /* of a wrong value, quoted in the error's sentence */
    LIMIT_JSON_DEPTH = 128,
    LIMIT_JSON_VALUES = 4 * 1024 * 1024, /* of one document: 160 MiB of tree */
    LIMIT_CBOR_DEPTH = 128,
    LIMIT_CBOR_VALUES = 4 * 1024 * 1024,          /* of one document: 160 MiB of pairs */
    LIMIT_EVENT_HEADERS = 255,                    /* of one message of an event stream */
    LIMIT_EVENT_HEADERS_BYTES = 128 * 1024,       /* the same bounds as AWS's clients have, */
    LIMIT_EVENT_PAYLOAD_BYTES = 24 * 1024 * 1024, /* for the headers and for the payload */
    LIMIT_XML_DEPTH = 128,
    LIMIT_XML_ATTRIBUTES = 64, /* of one element: each is compared with those before it */
    LIMIT_FORM_FIELDS = 1024 * 1024,
    LIMIT_CLOCK_SKEW_MS = 15 * 60 * 1000,     /* of a signature */
    LIMIT_REQUEST_TAGS = 200,                 /* or names of tags: policies compare each with each pattern */
    LIMIT_BATCH_CALLS = 512,                  /* one commit */
    LIMIT_LOOP_BODY_BYTES = 256 * 1024,       /* a larger one is verified and decoded by a worker, */
    LIMIT_SHORT_BODY_BYTES = 4 * 1024 * 1024, /* and a still larger one counts as long work */
    LIMIT_UNPREPARED_BODY_BYTES = 2 * 1024,   /* a larger body is prepared, if its model allows it */
    LIMIT_WORK_WAITING = 8192,                /* jobs of one class in the pool, */
    LIMIT_WORK_OF_ONE_CLIENT = 1024,          /* and of one client among them */
    LIMIT_PREPARATIONS = 4,                   /* of one write, whose data may change again and again */
    LIMIT_LONG_READ_MS = 50,                  /* after this, a long read should answer with what it has */
    LIMIT_BATCH_MS = 10,                      /* of calls in one batch */
    LIMIT_WAL_BYTES = 32 * 1024 * 1024,       /* a checkpoint starts at this size */
    LIMIT_HOP_NAME_BYTES = 256,               /* of an ARN or an id; longer texts of a hop are cut off, */
    LIMIT_HOP_REASON_BYTES = 1024,
    LIMIT_HOP_DETAIL_BYTES = 4096,
    LIMIT_HOP_TEXT_BYTES = 4096, /* a message is found by the words at its beginning */
    LIMIT_TRACE_HOPS = 1000,
    LIMIT_TRACE_WORDS = 512,
    LIMIT_TRACE_WAITING_BYTES = 8 * 1024 * 1024,   /* of hops: then they are indexed in every pause */
    LIMIT_TRACE_PRESSING_BYTES = 32 * 1024 * 1024, /* then they are indexed even while calls come */
    LIMIT_TRACE_BEHIND_BYTES = 64 * 1024 * 1024,   /* more are not kept: the oldest are dropped */
    LIMIT_INFLOW_BYTES = 256 * 1024 * 1024,        /* a body that its handler takes piece by piece */
    LIMIT_STREAMS = 256,                           /* replies sent piece by piece at one time, */
    LIMIT_STREAM_PIECE_BYTES = 256 * 1024,         /* a piece of them, */
    LIMIT_STREAM_PLACE_BYTES = 256,                /* and what their handlers keep between two pieces */
    LIMIT_UNPACKED_REPLY_BYTES = 8 * 1024, /* a larger one is compressed when the client accepts gzip, */
    LIMIT_LOOP_PACKED_BYTES = 64 * 1024,   /* and a still larger one is compressed by a worker */
    LIMIT_RELAXED_SYNC_MS = 100,
    LIMIT_UNAWAITED_SYNC_MS = 20,       /* how long a commit that nobody waits for may stay unsynced */
    LIMIT_QUICK_SYNC_US = 200,          /* how long the last sync took if an idle engine syncs itself, */
    LIMIT_QUICK_SYNC_BYTES = 64 * 1024, /* and how much waits to be synced then */
};
