/*
 * validate.c: does a decoded request match its model?
 *
 * There are two kinds of answers.  Services on AWS's Coral framework list all violations in one sentence:
 *
 *     2 validation errors detected: Value 'x y' at 'tableName' failed to satisfy constraint: Member must
 *     satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value null at 'keySchema.1.member.keyType'
 *     failed to satisfy constraint: Member must not be null
 *
 * For other services only missing members are reported here (missing.c); their handlers check the rest.
 */
#include "engine/call.h"
#include "engine/protocol/pattern.h"
#include "engine/protocol/protocol_internal.h"

#include "base/limits.h"
#include "base/text.h"

#include <inttypes.h>

enum { MOST_SENTENCES = 10 }; /* AWS stops there, too */

/* The place of the checked value, from the innermost part outwards. */
struct place {
    const struct place *outer;
    str member;    /* absent for an item */
    str key;       /* of a map's entry */
    size_t number; /* of a list's item, from 1 */
};

struct checker {
    const struct service *service;
    struct arena *arena;
    struct text sentences;
    int count;
    const char *alone; /* the message of a violation that is reported without the others; may be NULL */
    const char *operation;
    const struct reworded *reworded; /* of the dialect; NULL: the request is too deep for it */
    struct showing showing;
    bool incomplete; /* a required member of the input is missing: the operation's own words do not count */
};

/* ---- constraints ---- */

enum constraint { MOST = 1, LEAST = 2, PATTERN = 4, VALUES = 8 };

/* Java counts UTF-16 units. */
static int64_t text_length(str text)
{
    int64_t length = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        length += (byte & 0xc0) != 0x80;
        length += byte >= 0xf0;
    }
    return length;
}

static bool is_in(const char *const *values, str text)
{
    for (; *values; values++)
        if (str_equal(str_of(*values), text))
            return true;
    return false;
}

static unsigned broken_text(const struct shape *shape, str text)
{
    unsigned broken = 0;

    if (shape->values && !is_in(shape->values, text))
        broken |= VALUES;
    if (shape->pattern && !pattern_matches(shape->pattern, text))
        broken |= PATTERN;
    return broken;
}

static unsigned broken_range(const struct shape *shape, int64_t size)
{
    unsigned broken = 0;

    if (shape->has_max && size > shape->max)
        broken |= MOST;
    if (shape->has_min && size < shape->min)
        broken |= LEAST;
    return broken;
}

static unsigned broken_double(const struct shape *shape, double value)
{
    unsigned broken = 0;

    if (shape->has_max && !(value <= (double)shape->max))
        broken |= MOST;
    if (shape->has_min && !(value >= (double)shape->min))
        broken |= LEAST;
    return broken;
}

static bool is_constrained(const struct shape *shape)
{
    return shape->has_min || shape->has_max || shape->pattern || shape->values;
}

/* The constraints on the value itself, without those on its contents. */
static unsigned broken_constraints(const struct shape *shape, const void *value)
{
    if (!is_constrained(shape))
        return 0;
    switch (shape->type) {
    case SHAPE_STRING:
        return broken_text(shape, *(const str *)value) |
               (shape->has_min || shape->has_max ? broken_range(shape, text_length(*(const str *)value)) : 0);
    case SHAPE_BLOB:
        return broken_range(shape, (int64_t)((const str *)value)->size);
    case SHAPE_INTEGER:
        return broken_range(shape, *(const int64_t *)value);
    case SHAPE_DOUBLE:
        return broken_double(shape, *(const double *)value);
    case SHAPE_LIST:
    case SHAPE_MAP:
        return broken_range(shape, (int64_t)items_read(value).count);
    default:
        return 0;
    }
}

/* ---- words ---- */

static void add_range(struct text *text, const struct shape *shape, const char *relation, int64_t bound)
{
    bool number = shape->type == SHAPE_INTEGER || shape->type == SHAPE_DOUBLE;

    text_format(text, "Member must have %s %s than or equal to %" PRId64 "%s", number ? "value" : "length",
                relation, bound, shape->type == SHAPE_DOUBLE ? ".0" : "");
}

static void add_values(struct text *text, const struct shape *shape)
{
    text_add(text, S("Member must satisfy enum value set: ["));
    for (size_t i = 0; shape->values[i]; i++)
        text_format(text, "%s%s", i ? ", " : "", shape->values[i]);
    text_add_char(text, ']');
}

static void add_constraint(struct text *text, const struct shape *shape, enum constraint constraint)
{
    switch (constraint) {
    case MOST:
        add_range(text, shape, "less", shape->max);
        break;
    case LEAST:
        add_range(text, shape, "greater", shape->min);
        break;
    case PATTERN:
        text_format(text, "Member must satisfy regular expression pattern: %s", shape->pattern);
        break;
    case VALUES:
        add_values(text, shape);
        break;
    }
}

/* "[Member must …, Member must …]": all constraints of an item, broken or not. */
static void add_all_constraints(struct text *text, const struct shape *shape, bool not_null)
{
    bool has[] = {shape->has_max, shape->has_min, shape->pattern != NULL, shape->values != NULL};
    bool any = false;

    text_add_char(text, '[');
    for (unsigned i = 0; i < sizeof has / sizeof *has; i++) {
        if (!has[i])
            continue;
        text_add(text, any ? S(", ") : S(""));
        add_constraint(text, shape, (enum constraint)(1u << i));
        any = true;
    }
    if (not_null)
        text_format(text, "%sMember must not be null", any ? ", " : "");
    text_add_char(text, ']');
}

/* With the members' names as the model has them, or as Java has them. */
static void add_place(struct text *text, const struct place *place, bool as_modelled)
{
    if (place->outer) {
        add_place(text, place->outer, as_modelled);
        text_add_char(text, '.');
    }
    if (str_present(place->member)) {
        if (as_modelled)
            text_add(text, place->member);
        else
            show_name(text, place->member);
        return;
    }
    if (str_present(place->key))
        text_add(text, place->key);
    else
        text_add_i64(text, (int64_t)place->number);
    text_add(text, S(".member"));
}

/* ---- sentences ---- */

/*
 * "Value '…' at '…' failed to satisfy constraint: "; a NULL value is shown as null, and one that
 * must not be told is left out.  False after MOST_SENTENCES.
 */
static bool begin_sentence(struct checker *checker, const struct place *place, const struct shape *shape,
                           const void *value)
{
    struct text *text = &checker->sentences;

    if (checker->count == MOST_SENTENCES)
        return false;
    text_add(text, checker->count++ ? S("; Value ") : S("Value "));
    if (!value) {
        text_add(text, S("null "));
    } else if (!shape->sensitive && !checker->service->dialect->values_are_untold) {
        text_add_char(text, '\'');
        show_value(text, &checker->showing, shape, value);
        text_add(text, S("' "));
    }
    text_add(text, S("at '"));
    add_place(text, place, false);
    text_add(text, S("' failed to satisfy constraint: "));
    return true;
}

/* The same about a size, in the newer framework: without the value. */
static bool begin_plain_sentence(struct checker *checker, const struct place *place)
{
    if (checker->count == MOST_SENTENCES)
        return false;
    text_add(&checker->sentences, checker->count++ ? S("; Value at '") : S("Value at '"));
    add_place(&checker->sentences, place, true);
    text_add(&checker->sentences, S("' failed to satisfy constraint: "));
    return true;
}

static void report_missing(struct checker *checker, const struct place *place, const struct member *member)
{
    if (begin_sentence(checker, place, member->shape, NULL))
        text_add(&checker->sentences, S("Member must not be null"));
}

static void report_broken(struct checker *checker, const struct place *place, const struct shape *shape,
                          const void *value, unsigned broken)
{
    static const enum constraint order[] = {VALUES, PATTERN, LEAST, MOST};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        bool plain = checker->showing.newer && (order[i] == LEAST || order[i] == MOST);
        if (broken & order[i] &&
            (plain ? begin_plain_sentence(checker, place) : begin_sentence(checker, place, shape, value)))
            add_constraint(&checker->sentences, shape, order[i]);
    }
}

/* The operation's own words about a member of its input, or NULL. */
static const struct reworded *reworded_of(const struct checker *checker, const struct place *place,
                                          bool missing)
{
    const struct reworded *row = place->outer ? NULL : checker->reworded;

    for (; row && row->operation; row++)
        if (str_equal(str_of(row->operation), str_of(checker->operation)) &&
            str_equal(str_of(row->member), place->member) && row->missing == missing &&
            (missing || !checker->incomplete))
            return row;
    return NULL;
}

/* False: the operation has no words of its own for it. */
static bool report_reworded(struct checker *checker, const struct place *place, bool missing)
{
    const struct reworded *row = reworded_of(checker, place, missing);

    if (row && row->alone && !checker->alone)
        checker->alone = row->sentence;
    else if (row && checker->count < MOST_SENTENCES)
        text_format(&checker->sentences, "%s%s", checker->count++ ? "; " : "", row->sentence);
    return row;
}

/* A fault of a collection's items. */
struct fault {
    const char *who;
    const struct shape *item;
    bool arns_pass;
    bool null; /* an item is null */
};

/* For items AWS lists all their constraints, once for the whole collection. */
static void report_items(struct checker *checker, const struct place *place, const struct shape *collection,
                         const void *value, const struct fault *fault)
{
    if (!begin_sentence(checker, place, collection, value))
        return;
    text_format(&checker->sentences, "%s must satisfy constraint: ", fault->who);
    add_all_constraints(&checker->sentences, fault->item,
                        fault->null || !checker->service->dialect->null_items_are_untold);
}

/* ---- the walk ---- */

static void check_structure(struct checker *checker, const struct shape *shape, const void *structure,
                            const struct place *outer);
static void check_inside(struct checker *checker, const struct shape *shape, const void *value,
                         const struct place *place);

/* True when an item, or a key, is null or breaks its own constraints; fault->null tells which. */
static bool find_fault(struct items items, size_t size, size_t offset, struct fault *fault)
{
    for (size_t i = 0; i < items.count; i++) {
        const void *value = items.data + i * size + offset;
        if (fault->arns_pass && str_starts_with(*(const str *)value, S("arn:")))
            continue;
        fault->null = is_null_item(fault->item, value);
        if (fault->null || broken_constraints(fault->item, value))
            return true;
    }
    return false;
}

static bool holds_more(const struct shape *shape)
{
    return shape->type == SHAPE_STRUCTURE || shape->type == SHAPE_LIST || shape->type == SHAPE_MAP;
}

static void check_items(struct checker *checker, const struct shape *shape, const void *value,
                        const struct place *place)
{
    struct items items = items_read(value);
    size_t size = item_size(shape);
    bool map = shape->type == SHAPE_MAP;

    struct fault keys = {
        .who = "Map keys", .item = shape->key, .arns_pass = checker->service->dialect->keys_may_be_arns};
    struct fault values = {.who = map ? "Map value" : "Member", .item = shape->element};

    if (map && find_fault(items, size, 0, &keys))
        report_items(checker, place, shape, value, &keys);
    if (find_fault(items, size, map ? MAP_VALUE_OFFSET : 0, &values))
        report_items(checker, place, shape, value, &values);
    for (size_t i = 0; holds_more(shape->element) && i < items.count; i++) {
        char *item = items.data + i * size;
        struct place of_item = {.outer = place, .key = map ? *entry_key(item) : (str){0}, .number = i + 1};
        check_inside(checker, shape->element, map ? item + MAP_VALUE_OFFSET : item, &of_item);
    }
}

static void check_inside(struct checker *checker, const struct shape *shape, const void *value,
                         const struct place *place)
{
    if (shape->type == SHAPE_STRUCTURE)
        check_structure(checker, shape, value, place);
    else if (holds_more(shape))
        check_items(checker, shape, value, place);
}

static void check_structure(struct checker *checker, const struct shape *shape, const void *structure,
                            const struct place *outer)
{
    struct members members = members_in(shape, structure);

    for (const struct member *member = members.first; member < members.end; member++) {
        struct place place = {.outer = outer, .member = member->name};
        if (is_missing(member, structure)) {
            if (member->required && !report_reworded(checker, &place, true))
                report_missing(checker, &place, member);
            continue;
        }
        const void *value = member_value(member, structure);
        unsigned broken = broken_constraints(member->shape, value);
        if (broken && !report_reworded(checker, &place, false))
            report_broken(checker, &place, member->shape, value, broken);
        check_inside(checker, member->shape, value, &place);
    }
}

/* Enums of the input itself. */
static void check_enums(struct checker *checker, const struct shape *shape, const void *in)
{
    struct members members = members_in(shape, in);

    for (const struct member *member = members.first; member < members.end; member++) {
        struct place place = {.member = member->name};
        if (!member->shape->values || is_missing(member, in))
            continue;
        const void *value = member_value(member, in);
        if (broken_constraints(member->shape, value))
            report_broken(checker, &place, member->shape, value, VALUES);
    }
}

static bool is_listed(const char *const *operations, const struct call *call)
{
    return operations && is_in(operations, str_of(call->operation->name));
}

static bool misses_member(const struct shape *shape, const void *structure)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (shape->members[i].required && is_missing(&shape->members[i], structure))
            return true;
    return false;
}

bool validate_coral(const struct call *call, const struct shape *shape, const void *in)
{
    const struct dialect *dialect = call->operation->service->dialect;
    struct checker checker = {
        .service = call->operation->service,
        .arena = call->arena,
        .sentences = text_in(call->arena),
        .operation = call->operation->name,
        .reworded = call->progress->deep ? NULL : dialect->reworded,
        .showing = {.newer = is_listed(dialect->newer_operations, call), .unmodelled = dialect->unmodelled},
        .incomplete = misses_member(shape, in)};

    if (is_listed(dialect->enums_first, call))
        check_enums(&checker, shape, in);
    if (checker.count == 0)
        check_structure(&checker, shape, in, NULL);
    if (checker.alone) {
        fail(call, checker.service->validation_error, "%s", checker.alone);
    } else if (checker.count > 0) {
        str sentences = text_str(&checker.sentences);
        fail(call, checker.service->validation_error, "%d validation error%s detected: %.*s", checker.count,
             checker.count == 1 ? "" : "s", STR_ARGS(sentences));
    } else {
        return true;
    }
    return false;
}

bool validate_plain(const struct call *call, const struct shape *shape, const void *in)
{
    const struct service *service = call->operation->service;
    str missing = missing_parameter(call->arena, shape, in);
    if (str_present(missing))
        fail(call, service->validation_error, "The request must contain the parameter %.*s.",
             STR_ARGS(missing));
    return !str_present(missing);
}

static bool is_first(const struct dialect *dialect, const struct member *member)
{
    for (const char *const *name = dialect->first_members; *name; name++)
        if (str_equal(member->name, str_of(*name)))
            return true;
    return false;
}

static bool check_first(const struct call *call, const struct shape *shape, const void *in)
{
    const struct dialect *dialect = call->operation->service->dialect;

    for (size_t i = 0; dialect->first_check && i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        if (is_first(dialect, member) && !is_missing(member, in) &&
            !dialect->first_check(call, *(const str *)member_value(member, in)))
            return false;
    }
    return true;
}

/* The number of items in the list or map at the end of the path. */
static size_t count_at(const struct shape *shape, const struct member_path *path, const void *in)
{
    const void *value = in;

    for (size_t i = 0; path->members[i] && value; i++) {
        value = member_value(path->members[i], value);
        shape = path->members[i]->shape;
    }
    return value && (shape->type == SHAPE_LIST || shape->type == SHAPE_MAP) ? items_read(value).count : 0;
}

/* No service lets a resource have as many tags; so many would hold the engine while policies are asked. */
static bool tags_check(const struct call *call, const struct shape *shape, const void *in)
{
    const struct condition_key *key = call->operation->keys;

    for (; key && key->name; key++)
        if ((key->source == KEY_IS_TAGS || key->source == KEY_IS_TAG_NAMES) && key->path.members &&
            count_at(shape, &key->path, in) > LIMIT_REQUEST_TAGS) {
            fail(call, call->operation->service->validation_error, "A request may have at most %d tags.",
                 LIMIT_REQUEST_TAGS);
            return false;
        }
    return true;
}

bool validate(const struct call *call, const struct shape *shape, const void *in)
{
    return check_first(call, shape, in) && call->operation->service->dialect->validate(call, shape, in) &&
           refused_check(call, shape, in) && tags_check(call, shape, in);
}
