#pragma once

/*
 * model.h: what tools/modelc generates from an X.model: services, operations, shapes and errors as constant
 * tables over the typed C structs of the generated header.
 *
 * How a shape looks in C:
 *
 *   string, blob (decoded)     str; absent is data == NULL
 *   boolean                    bool         as a required member, list item or map value;
 *   integer, long              int64_t      as an optional member a `const T *`,
 *   float, double              double       which may be NULL
 *   timestamp                  int64_t, milliseconds since 1970
 *   opaque                     str: present when a request uses the member; never sent
 *   structure, union           inside a list or map: the struct itself;
 *                              as a member: `const struct x *`, which may be NULL
 *   members of a union         have the same place: `is` tells which one is present, as X_MEMBER; 0: none
 *   list<T>                    struct { T *items; size_t count; }, absent is items == NULL
 *   map<string, T>             struct { struct { str key; T value; } *items; size_t count; }
 *
 * With offsets and shapes from a table, generic code fills and reads any of these structs, and services never
 * see a protocol.
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

/*
 * ISO 8601 has milliseconds unless they are zero; XML's default always has whole seconds.
 */
enum timestamp_format { TIMESTAMP_DEFAULT, TIMESTAMP_ISO8601, TIMESTAMP_EPOCH, TIMESTAMP_HTTP };

/* A namespace that an XML element declares: as xmlns, or as xmlns:prefix. */
struct xml_namespace {
    const char *uri;    /* NULL: it declares none */
    const char *prefix; /* or NULL */
};

struct member;

struct shape {
    const char *name; /* as AWS spells it */
    enum shape_type type;
    bool is_union;  /* a structure with exactly one member present */
    bool sensitive; /* never logged or echoed */
    bool refuses;   /* a member, at any depth, has a refusal */
    uint32_t size;  /* sizeof the C type, as a list's item */
    uint16_t member_count;
    const struct member *members;                  /* of a structure */
    const struct shape *key, *element;             /* of a list or map */
    const char *item_name, *key_name, *value_name; /* of a list or map in Query/XML */
    const char *xml_name;          /* of a structure that is a whole body; NULL: the shape's name */
    struct xml_namespace declares; /* by a structure's element */
    struct xml_namespace key_declares,
        element_declares; /* by the keys, and the items or values, in a list or map */
    bool has_min, has_max;
    int64_t min, max;          /* range of a number; length of a string, blob, list or map */
    const char *pattern;       /* NULL: any text */
    const char *const *values; /* of an enum, NULL-terminated; NULL: any text */
};

enum location { IN_BODY, IN_PATH, IN_QUERY, IN_HEADER, IN_HEADERS, IN_STATUS, IN_PAYLOAD, IN_EVENTS };

/* A member that a request may not use. */
struct member_refusal {
    const struct error *error;
    const char *sentence;      /* NULL: "Orderly does not support NAME yet; see docs/compatibility.md." */
    const char *const *except; /* accepted values, NULL-terminated; or NULL */
};

/* What `is` of a union has when a client sent several members, which its service refuses. */
enum { UNION_HAS_SEVERAL = 0xffff };

struct member {
    str name;       /* in C and JSON: QueueUrl */
    str json_name;  /* in REST-JSON and JSON */
    str query_name; /* in Query and XML, or of the header, path or query parameter */
    const struct shape *shape;
    uint32_t offset;
    uint16_t choice; /* what `is` of its union has when the member is present; 0: it is in a structure */
    bool required;
    bool flattened;
    bool attribute;                /* in XML an attribute of the structure's element */
    struct xml_namespace declares; /* by the member's element, instead of its structure's namespace */
    enum location location;
    enum timestamp_format timestamp_format;
    const struct member_refusal *refusal;
};

/* The members of a structure without members, so that no loop starts at NULL. */
extern const struct member no_members[1];

struct error {
    const char *name;         /* QueueDoesNotExist */
    const char *query_code;   /* AWS.SimpleQueueService.NonExistentQueue; may equal name */
    const char *prefix;       /* of __type; NULL: no prefix */
    const char *message_name; /* the message's member in JSON: "message", or "Message" */
    int status;
    bool sender;               /* the client's fault */
    const struct shape *shape; /* members besides the message; or NULL */
    const void *defaults;      /* a struct of that shape, sent when the handler sets no details; or NULL */
};

enum operation_flags {
    OPERATION_READS = 1,     /* runs on a server thread against a snapshot */
    OPERATION_INTERNAL = 2,  /* no client can call it: timers, events, pollers */
    OPERATION_ANONYMOUS = 4, /* needs no authorize(): GetCallerIdentity, the Runtime API */
    OPERATION_LONG = 16,     /* its read, or its preparation, may take more than a millisecond: see call.h */
    OPERATION_LARGE = 32,    /* its body may have LIMIT_HTTP_BODY_BYTES, and goes to a file as it comes */
    OPERATION_FREES = 64,    /* frees space, or finishes work: also runs on a full disk */
    OPERATION_PREPARED_IF_LARGE = 128, /* prepared only when its body is large: see call.h */
    OPERATION_NO_OUTPUT = 8,  /* AWS's model has no output: the body is empty, in Query it has no result */
    OPERATION_UNSIGNED = 512, /* also answers a GET without a signature: the caller is PRINCIPAL_ANONYMOUS */
    OPERATION_NO_INPUT = 256,
    OPERATION_PUBLIC = 2048,     /* also without a signature, if its resource's policy allows everybody */
    OPERATION_CHUNKED = 4096,    /* its body may come as aws-chunked: see chunked.c */
    OPERATION_UNFAILING = 8192,  /* internal, and its handler is always DONE: see invoke() */
    OPERATION_IN_PIECES = 16384, /* takes a body of unknown length piece by piece: see call.h */
    OPERATION_STREAMS = 1024,    /* its reply is a stream of events, one member of its output: see call.h */
};

/* A path into a request, through every element of the lists and maps on it. */
struct member_path {
    const struct member *const *members; /* from structure to structure, NULL-terminated; NULL: no path */
    bool keys;                           /* it ends at a map's keys instead of its values */
};

/*
 * The permission that an operation needs before its handler runs: see call.h.  Exactly one of path,
 * locate_by, on and `also` says for which resources.
 */
struct permission {
    const char *action;      /* "sqs:SendMessage" */
    struct member_path path; /* to the texts that name the resources, which `locate` gets one by one */
    struct member_path with; /* to a text that `locate` gets with each of them: a qualifier */
    bool (*locate)(const struct call *call, str given, str with, struct resource *found);
    bool (*locate_by)(const struct call *call, const void *in, struct resource *found);
    const char *on;                /* a pattern of ARNs, "arn:aws:sqs:{region}:{account}:*", or "*" */
    const char *otherwise;         /* what `locate` gets when the path has no text; NULL: it is not called */
    bool also;                     /* for the resources of the permission before this one */
    struct member_path when_asked; /* only for a request that has a value there, */
    const char *when_is;           /* or only if it is this text; NULL: any */
};

/* A condition key that an operation supplies. */
struct condition_key {
    const char *name; /* "sns:Protocol" */
    enum key_source {
        KEY_IS_VALUE,
        KEY_IS_TAGS,
        KEY_IS_TAG_NAMES,
        KEY_IS_ADDED, /* added by the function of an earlier key */
    } source;
    struct member_path path; /* to its values */
    const char *otherwise;   /* the value for an absent member; or NULL */
    /* Adds the values; NULL: the values are those at the path. */
    void (*add)(const struct call *call, const void *in, const struct resource *resource,
                struct context_list *context);
};

struct operation {
    const char *name; /* SendMessage */
    const struct service *service;
    unsigned flags;
    const char *action;                  /* "sqs:SendMessage", the name in policies */
    const char *http_method, *http_path; /* REST: "/2015-03-31/functions/{FunctionName}" */
    int http_status;
    const struct shape *input, *output;
    const char *result_wrapper; /* Query: "SendMessageResult"; or NULL */
    /* in and out are the structs of input and output */
    enum outcome (*handler)(const struct call *call, const void *in, void *out);
    void (*prepare)(const struct call *call, const void *in); /* see call.h; or NULL */
    const struct permission
        *permissions; /* ends with one without an action; NULL: the handler calls authorize() */
    const struct condition_key *keys; /* ends with one without a name; or NULL */
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

/* An operation that AWS has; one that is not served answers 400. */
struct known_operation {
    const char *name, *note; /* note: NULL, or sentences about it */
};

struct service {
    const char *name;          /* "sqs": the prefix in C */
    const char *title;         /* "AmazonSQS" */
    const char *version;       /* "2012-11-05" */
    const char *signing_name;  /* in the credential scope */
    const char *target_prefix; /* X-Amz-Target before the dot, in RPC v2 the service's name; or NULL */
    const char *xml_namespace;
    const char *error_prefix; /* of __type: "com.amazonaws.sqs#" */
    enum protocol_name protocols[4];
    const struct dialect *dialect;                  /* see dialect.h */
    bool is_private;                                /* served only on the Runtime API's ports */
    int largest_body_mib;                           /* of a request; 0: LIMIT_BODY_MIB */
    const struct operation *const *operations;      /* NULL-terminated */
    const struct known_operation *known_operations; /* all of AWS's; ends with one without a name */
    const char *const *condition_keys; /* supplied; "aws:RequestTag/" is a family; NULL-terminated */
    const struct error *validation_error, *access_denied, *internal_error;
};

/* Types that all models share. */
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

/* The position of the text among an enum's values, from 1; 0 for an absent or unknown text. */
unsigned model_enum_of(const char *const *values, str text);

/* JSON of a modelled struct, and back; services store their shapes in this form. */
str model_to_json(struct arena *arena, const struct shape *shape, const void *value);
/* Set the members of `into` that are present in `from`: both are structures of that shape. */
void model_merge(const struct shape *shape, void *into, const void *from);
/* False when the text is not JSON of that shape. */
bool model_from_json(struct arena *arena, const struct shape *shape, str json, void *value);

/* The value of that key, or the absent str. */
str str_map_get(const struct str_map *map, str key);
/* Append an entry, unless the value is absent. */
void str_map_add(struct arena *arena, struct str_map *map, str key, str value);
