#pragma once

/*
 * model.h: what tools/modelc makes of an X.model: services, operations, shapes and errors as
 * constant tables over the typed C structs of the generated header.
 *
 * How a shape looks in C:
 *
 *   string, blob (decoded)     str; absent is data == NULL
 *   boolean                    bool         as a required member, list item or map value;
 *   integer, long              int64_t      as an optional member a `const T *`, NULL when
 *   float, double              double       absent
 *   timestamp                  int64_t, milliseconds since 1970
 *   opaque                     str: present when a request asks for something there; never sent
 *   structure, union           inside a list or map: the struct itself;
 *                              as a member: `const struct x *`, NULL when absent
 *   list<T>                    struct { T *items; size_t count; }, absent is items == NULL
 *   map<string, T>             struct { struct { str key; T value; } *items; size_t count; }
 *
 * So a table that knows offsets and shapes can fill and read any of them, and no service ever
 * sees a protocol.
 */
#include "base/arena.h"

struct call;
struct context_list;
struct dialect;
struct resource;
enum outcome { DONE, FAILED, PARKED };

enum shape_type {
    SHAPE_STRING,
    SHAPE_BLOB,
    SHAPE_BOOLEAN,
    SHAPE_INTEGER,
    SHAPE_DOUBLE,
    SHAPE_TIMESTAMP,
    SHAPE_OPAQUE,
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_MAP,
};

enum timestamp_format { TIMESTAMP_DEFAULT, TIMESTAMP_ISO8601, TIMESTAMP_EPOCH, TIMESTAMP_HTTP };

struct member;

struct shape {
    const char *name; /* as AWS spells it */
    enum shape_type type;
    bool is_union;  /* a structure with exactly one member present */
    bool sensitive; /* its value is never logged or echoed */
    bool refuses;   /* one of its members, or of theirs, has a refusal */
    uint32_t size;  /* sizeof the C type, as in a list */
    uint16_t member_count;
    const struct member *members;                  /* of a structure */
    const struct shape *key, *element;             /* of a list or map */
    const char *item_name, *key_name, *value_name; /* of a list or map in Query/XML */
    const char *xml_name;                          /* of a structure that is a whole body; NULL: its name */
    const char *xml_namespace, *xml_prefix;        /* that a structure's element declares; NULL: none */
    bool has_min, has_max;
    int64_t min, max;          /* range of a number; length of a string, blob, list or map */
    const char *pattern;       /* NULL when there is none */
    const char *const *values; /* of an enum, NULL-terminated; NULL when there is none */
};

enum location { IN_BODY, IN_PATH, IN_QUERY, IN_HEADER, IN_HEADERS, IN_STATUS, IN_PAYLOAD, IN_EVENTS };

/* What a request may not ask for. */
struct member_refusal {
    const struct error *error;
    const char *sentence;      /* NULL: "Orderly does not support NAME yet; see docs/compatibility.md." */
    const char *const *except; /* values that are taken all the same, NULL-terminated; or NULL */
};

struct member {
    str name;       /* in C's and JSON's words: QueueUrl */
    str json_name;  /* REST-JSON and JSON */
    str query_name; /* Query and XML, or the header, path or query parameter */
    const struct shape *shape;
    uint32_t offset;
    bool required;
    bool flattened;
    bool attribute; /* in XML, of the structure's element */
    enum location location;
    enum timestamp_format timestamp_format;
    const struct member_refusal *refusal;
};

/* What a structure without members points at, so that nobody walks from NULL. */
extern const struct member no_members[1];

struct error {
    const char *name;         /* QueueDoesNotExist */
    const char *query_code;   /* AWS.SimpleQueueService.NonExistentQueue; name when the same */
    const char *prefix;       /* of __type; the service's unless the error has its own; NULL: none */
    const char *message_name; /* the message's member in JSON: "message", or "Message" */
    int status;
    bool sender;               /* the client's fault */
    const struct shape *shape; /* members beside the message, NULL when there are none */
    const void *defaults;      /* a struct of that shape, sent when the handler gives no details; or NULL */
};

enum operation_flags {
    OPERATION_READS = 1,     /* runs on a server thread against a read snapshot */
    OPERATION_INTERNAL = 2,  /* no client can call it: timers, effects' ends, pollers */
    OPERATION_ANONYMOUS = 4, /* needs no authorize(): GetCallerIdentity, the Runtime API */
    OPERATION_LONG = 16,     /* its read, or its preparation, may take more than a millisecond: see call.h */
    OPERATION_LARGE = 32,    /* its body may have LIMIT_HTTP_BODY_BYTES */
    OPERATION_FREES = 64,    /* frees space, or moves on what is there: also runs on a full disk */
    OPERATION_PREPARED_IF_LARGE = 128, /* prepared only when its body is large: see call.h */
    OPERATION_NO_OUTPUT = 8,  /* AWS's model has none: the body is empty, in Query there is no result */
    OPERATION_UNSIGNED = 512, /* also answers a GET without a signature: the caller is PRINCIPAL_ANONYMOUS */
    OPERATION_NO_INPUT = 256,
    OPERATION_STREAMS = 1024, /* its reply is a stream of events, one member of its output: see call.h */
};

/* A way into a request, through every element of the lists and maps on it. */
struct member_path {
    const struct member *const *members; /* from structure to structure, NULL-terminated; NULL: no path */
    bool keys;                           /* it ends at a map's keys, not at its values */
};

/*
 * What an operation needs to be allowed, before its handler runs: see call.h.  Exactly one of path,
 * locate_by, on and `also` says what for.
 */
struct permission {
    const char *action;      /* "sqs:SendMessage" */
    struct member_path path; /* to the texts that name the resources, each of which `locate` finds */
    struct member_path with; /* to a text that `locate` is given with each of them: a qualifier */
    bool (*locate)(const struct call *call, str given, str with, struct resource *found);
    bool (*locate_by)(const struct call *call, const void *in, struct resource *found);
    const char *on;        /* a pattern of ARNs, "arn:aws:sqs:{region}:{account}:*", or "*" */
    const char *otherwise; /* what `locate` is given when the path has no text; NULL: it is not asked */
    bool also;             /* on the resources of the permission before this one */
    struct member_path when_asked; /* only for a request that has something there */
};

/* A condition key that an operation supplies. */
struct condition_key {
    const char *name; /* "sns:Protocol" */
    enum key_source {
        KEY_IS_VALUE,
        KEY_IS_TAGS,
        KEY_IS_TAG_NAMES,
        KEY_IS_ADDED, /* by the function of a key before it */
    } source;
    struct member_path path; /* to its values */
    const char *otherwise;   /* the value when the member is absent; or NULL */
    /* Adds its values itself; NULL: they are what is at the path. */
    void (*add)(const struct call *call, const void *in, const struct resource *resource,
                struct context_list *context);
};

struct operation {
    const char *name; /* SendMessage */
    const struct service *service;
    unsigned flags;
    const char *action;                  /* "sqs:SendMessage": what policies name */
    const char *http_method, *http_path; /* REST: "/2015-03-31/functions/{FunctionName}" */
    int http_status;
    const struct shape *input, *output;
    const char *result_wrapper; /* Query: "SendMessageResult"; NULL when there is none */
    /* in and out are the structs of input and output */
    enum outcome (*handler)(const struct call *call, const void *in, void *out);
    void (*prepare)(const struct call *call, const void *in); /* see call.h; NULL when there is none */
    const struct permission
        *permissions;                 /* up to one without an action; NULL: the handler asks authorize() */
    const struct condition_key *keys; /* up to one without a name; or NULL */
};

enum protocol_name {
    PROTOCOL_NONE,
    PROTOCOL_JSON_1_0,
    PROTOCOL_JSON_1_1,
    PROTOCOL_QUERY,
    PROTOCOL_REST_JSON,
    PROTOCOL_REST_XML,
    PROTOCOL_RPC_V2_CBOR,
};

struct service {
    const char *name;          /* "sqs": the prefix in C */
    const char *title;         /* "AmazonSQS" */
    const char *version;       /* "2012-11-05" */
    const char *signing_name;  /* in the credential scope */
    const char *target_prefix; /* X-Amz-Target before the dot, in RPC v2 the service's name; NULL: none */
    const char *xml_namespace;
    const char *error_prefix; /* of __type: "com.amazonaws.sqs#" */
    enum protocol_name protocols[4];
    const struct dialect *dialect;             /* see dialect.h */
    bool is_private;                           /* served on the ports of functions' processes only */
    int largest_body_mib;                      /* of a request; 0: LIMIT_BODY_MIB */
    const struct operation *const *operations; /* NULL-terminated */
    const char *const
        *known_operations; /* every operation AWS has, so that the rest answers 501; NULL-terminated */
    const char *const
        *condition_keys; /* that it supplies: "sns:Protocol", all of "aws:RequestTag/"; NULL-terminated */
    const struct error *validation_error, *access_denied, *internal_error;
};

/* Types that every model shares. */
struct str_list {
    str *items;
    size_t count;
};
struct i64_list {
    int64_t *items;
    size_t count;
};
struct double_list {
    double *items;
    size_t count;
};
struct str_map_entry {
    str key, value;
};
struct str_map {
    struct str_map_entry *items;
    size_t count;
};

/* The place of the text among an enum's values, from 1; 0 when it is absent or none of them. */
unsigned model_enum_of(const char *const *values, str text);

/* JSON of a modelled struct, and back; what services store of their shapes. */
str model_to_json(struct arena *arena, const struct shape *shape, const void *value);
/* False when the text is not JSON of that shape. */
bool model_from_json(struct arena *arena, const struct shape *shape, str json, void *value);

/* The value of that key, the absent str when there is none. */
str str_map_get(const struct str_map *map, str key);
/* One more at the end, unless the value is absent. */
void str_map_add(struct arena *arena, struct str_map *map, str key, str value);
