#pragma once

/*
 * modelc.h: a service's model as modelc holds it between reading and writing.
 *
 * Shapes refer to each other by name.  Types written in place ("list<Tag>", "integer range 0..9")
 * are shapes too, known by the text that wrote them.  Everything lives in one arena until the end.
 */
#include "base/arena.h"
#include "base/list.h"
#include "base/text.h"

struct word {
    str text;
    bool quoted;
};

/* One non-empty line of a model. */
struct line {
    int number;
    bool indented;
    struct word *items;
    size_t count;
};

struct lines {
    struct line *items;
    size_t count;
};

/* A word of the source with its position, for complaints. */
struct name {
    str text;
    int line;
};

struct names {
    struct name *items;
    size_t count;
};

enum kind {
    KIND_STRING,
    KIND_BLOB,
    KIND_BOOLEAN,
    KIND_INTEGER,
    KIND_DOUBLE,
    KIND_TIMESTAMP,
    KIND_OPAQUE,
    KIND_STRUCTURE,
    KIND_LIST,
    KIND_MAP,
};

/* A member that a request may not use, and the sentence that the client gets. */
struct refusal {
    bool present;
    str sentence;        /* absent: the engine's own sentence */
    struct names except; /* values that are accepted */
    struct name error;   /* text absent: the service's `refusal` */
};

/* A namespace that an XML element declares. */
struct namespace_entry {
    str uri, prefix; /* absent: not given */
};

struct field {
    str name, c_name;
    int line;
    str type;  /* the name of a shape */
    str group; /* the group that it came from; absent: the structure's own member */
    bool required, flattened, attribute;
    struct namespace_entry declares;
    str wire_name;         /* absent: the same as the name */
    str default_text;      /* of an error's member: sent when the handler sets nothing */
    const char *location;  /* a name of enum location */
    const char *timestamp; /* a name of enum timestamp_format */
    struct refusal refusal;
};

struct fields {
    struct field *items;
    size_t count;
};

struct shape_entry {
    str name; /* as the source spells it */
    int line;
    enum kind kind;
    bool named; /* declared, so it has a constant in the header */
    bool is_union, is_error, is_group, is_event, sensitive;
    bool used;
    bool in_input; /* a client may send it */
    bool refuses;  /* a member, at any depth, is refused */
    struct fields fields;
    str key, element; /* of a list or map: names of shapes */
    str item_name, key_name, value_name;
    str element_name; /* of a structure that is a whole body in XML */
    struct namespace_entry declares, key_declares, element_declares; /* see struct shape of engine/model.h */
    bool has_min, has_max;
    int64_t min, max;
    str pattern;
    struct names values; /* of an enum */
    str tag;             /* the struct's tag, or the scalar's type, in C */
    str constant;        /* the struct shape's identifier in C */
};

struct shapes {
    struct shape_entry **items;
    size_t count;
};

/* A path into an input: "Entries.QueueUrl"; "RequestItems.key" ends at a map's keys. */
struct path {
    struct name text; /* absent: no path */
    struct path_step {
        const struct shape_entry *shape;
        size_t field; /* position among the shape's fields */
    } * items;
    size_t count;
    bool keys;
};

struct resource_entry {
    str name;
    int line;
    str arn; /* "arn:aws:sqs:{region}:{account}:{name}" */
    bool has_tags;
    struct names keys;         /* that its locator supplies, besides tags */
    bool is_named, takes_with; /* an `on` names it by a path, and by another text with that */
};

struct resources {
    struct resource_entry *items;
    size_t count;
};

/* on KIND PATH [with PATH] [else "text"] [or], on KIND by FUNCTION, on ARN; also ACTION */
struct permission_entry {
    int line;
    str action; /* absent: the operation's action */
    struct name kind;
    struct path path, with, when_asked;
    str when_is;   /* only if when_asked has this value */
    str function;  /* the function after `by` */
    str on;        /* an ARN, or "*" */
    str otherwise; /* what the locator gets when the request names no resource */
    bool also;
    bool or_others; /* a request of which no such line finds a resource is refused by the handler */
};

struct permissions {
    struct permission_entry *items;
    size_t count;
};

/* key NAME PATH [else "value"], key NAME … by FUNCTION */
struct key_entry {
    int line;
    str name;
    struct names others; /* further keys that the same function adds */
    struct path path;
    str function, otherwise;
};

struct keys {
    struct key_entry *items;
    size_t count;
};

/* action NAME on KIND key NAME …: an action without an operation, which services authorize. */
struct action_entry {
    str name; /* "PassRole" */
    struct name kind;
    struct names keys;
};

struct actions {
    struct action_entry *items;
    size_t count;
};

struct operation_entry {
    str name, c_name;
    int line;
    bool reads, internal, anonymous, prepared, prepared_if_large, takes_long, takes_large, takes_chunked,
        takes_pieces;
    bool frees, is_unfailing, is_unsigned, is_public;
    struct name input, output; /* text absent: AWS has no input or output */
    str input_tag, output_tag;
    struct names errors;
    str action; /* set by check.c: signing name and operation */
    struct permissions permissions;
    struct keys keys;
    str http_method, http_path;
    int http_status;
};

struct operations {
    struct operation_entry *items;
    size_t count;
};

struct error_entry {
    str name;
    int line;
    int status;
    bool receiver; /* the service's fault, not the client's */
    str query_code, prefix, message_name;
    struct shape_entry *shape; /* members besides the message, or NULL */
    bool used;
};

struct errors {
    struct error_entry *items;
    size_t count;
};

/* Work that the server does for services; an event reports its end. */
struct effect_entry {
    str name;
    int line;
    struct name input, ended; /* text absent: not given */
};

struct effects {
    struct effect_entry *items;
    size_t count;
};

struct note {
    struct name subject; /* an operation, or Shape.Member */
    str text;
};

struct notes {
    struct note *items;
    size_t count;
};

struct model {
    struct arena *arena;
    str path; /* for complaints */
    str source;
    int complaints;

    str name, title, version;
    struct names protocols; /* as in the source: "json-1.0" */
    str target, xml_namespace, signing_name, error_prefix;
    struct name validation_error, access_denied, internal_error, refusal;
    struct names common_errors;
    str dialect; /* absent: the default dialect, coral */
    bool is_private;
    bool of_effects;          /* the file begins with `effects`: it has no service */
    int64_t largest_body_mib; /* 0: not given */

    struct shapes shapes;
    struct operations operations;
    struct errors errors;
    struct effects effects;
    struct resources resources;
    struct actions actions;
    struct names also;
    struct notes notes;
};

/* main.c */
/* Print "file:line: sentence" and count it.  Returns false. */
bool complain(struct model *model, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* lex.c */
struct lines lex(struct model *model);

/* parse.c */
/* Parse the model's source into its lists. */
void parse(struct model *model);

/* parse_service.c */
/* Parse one line of the service's header. */
void parse_header(struct model *model, const struct line *line);

/* parse_types.c */
/*
 * Parse the type at *at and move *at past it; types written in place are registered.  Absent after a
 * complaint.
 */
str parse_type(struct model *model, const struct line *line, size_t *at);
/* Parse "range a..b", "length a..b", "pattern" or "sensitive" at *at; false when another word is there. */
bool parse_constraint(struct model *model, const struct line *line, size_t *at, struct shape_entry *shape);

/* permissions.c: `resource …` and `action …` at the margin; `on`, `also` and `key` of an operation. */
void parse_resource(struct model *model, const struct line *line);
void parse_action(struct model *model, const struct line *line);
bool parse_permission_line(struct model *model, const struct line *line, struct operation_entry *operation);
void check_permissions(struct model *model);
struct resource_entry *find_resource(const struct model *model, str name);

/* check.c */
/* Check everything that can be wrong across lines; also gives each shape and operation its names in C. */
void check_model(struct model *model);

struct shape_entry *find_shape(const struct model *model, str name);
struct shape_entry *add_shape(struct model *model, str name, int line, enum kind kind);
/* Is a member of the operation's output `in eventstream`? */
bool operation_streams(const struct model *model, const struct operation_entry *operation);
bool names_contain(const struct names *names, str text);

/* names.c */
/* Does the name mean a structure of another model, as "sandbox.Exited"? */
bool is_foreign(str name);
/* "sandbox" of "sandbox.Exited". */
str foreign_model(str name);

/* MD5OfMessageBody → md5_of_message_body. */
str snake_case(struct arena *arena, str name);
str upper_case(struct arena *arena, str name);
/* snake_case, with an underscore after C's keywords. */
str c_identifier(struct arena *arena, str name);
/* The name of an enum in C: dynamodb_key_type. */
str enum_name(const struct model *model, const struct shape_entry *shape);
/* Give shapes, members and operations their names in C; complains about names that collide. */
void name_everything(struct model *model);
/* A scalar is a pointer in its struct unless it is required. */
bool is_scalar(enum kind kind);

/* emit_header.c */
void emit_header(const struct model *model, struct text *out);

/* emit_tables.c */
void emit_tables(const struct model *model, str header_name, struct text *out);
void add_literal(struct text *out, str text);

/* emit_permissions.c: the tables of permissions, and the prototypes of locators. */
void emit_permissions(const struct model *model, const struct operation_entry *operation, struct text *out);
void emit_locator_thunks(const struct model *model, struct text *out);
void emit_locators(const struct model *model, struct text *out);
/* The names of all condition keys that the service supplies. */
void emit_condition_keys(const struct model *model, struct text *out);
/* docs/permissions.md; sorts the models by name, as emit_docs() does. */
void emit_permission_docs(struct model *models, size_t count, struct text *out);

/* emit_docs.c */
int compare_models(const void *a, const void *b);
/* Sorts the models by name. */
void emit_docs(struct model *models, size_t count, struct text *out);
