/*
 * test_cost.c: the cost of the largest legal requests, counted in comparisons and hashes of texts and in
 * bytes of memory, grows with the size of item and request together, never with their product.
 */
#include "base/text.h"
#include "services/dynamodb/dynamodb_internal.h"

#include "items.h"

/* ---- counting: the linker redirects calls to these functions, see meson.build ---- */

static size_t steps, bytes, searches, looks;

/* What str_equal() calls for texts of the same size. */
int __real_memcmp(const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size)
{
    steps++;
    return __real_memcmp(a, b, size);
}

int __real_str_compare(str a, str b);
int __wrap_str_compare(str a, str b);
int __wrap_str_compare(str a, str b)
{
    steps++;
    return __real_str_compare(a, b);
}

uint64_t __real_keyed_hash(str text);
uint64_t __wrap_keyed_hash(str text);
uint64_t __wrap_keyed_hash(str text)
{
    steps++;
    return __real_keyed_hash(text);
}

void *__real_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    bytes += size;
    return __real_arena_alloc(arena, size);
}

void *__real_memmem(const void *text, size_t size, const void *part, size_t part_size);
void *__wrap_memmem(const void *text, size_t size, const void *part, size_t part_size);
void *__wrap_memmem(const void *text, size_t size, const void *part, size_t part_size)
{
    searches++;
    return __real_memmem(text, size, part, part_size);
}

enum value_type __real_dynamodb_value_type(const struct dynamodb_attribute_value *value);
enum value_type __wrap_dynamodb_value_type(const struct dynamodb_attribute_value *value);
enum value_type __wrap_dynamodb_value_type(const struct dynamodb_attribute_value *value)
{
    looks++;
    return __real_dynamodb_value_type(value);
}

static void count_from_here(void)
{
    steps = bytes = searches = looks = 0;
}

/* ---- large values ---- */

static const bool yes = true;

static struct dynamodb_attribute_value list_of_nulls(size_t count)
{
    struct dynamodb_attribute_value value = {DYNAMODB_ATTRIBUTE_VALUE_L, .l = {.count = count}};

    value.l.items = arena_alloc(&scratch, count * sizeof *value.l.items);
    for (size_t i = 0; i < count; i++)
        value.l.items[i] = (struct dynamodb_attribute_value){DYNAMODB_ATTRIBUTE_VALUE_NULL, .null = &yes};
    return value;
}

/* x0, x1, …, or in the opposite order. */
static struct str_list texts(size_t count, bool backwards)
{
    struct str_list list = {arena_alloc(&scratch, count * sizeof *list.items), count};

    for (size_t i = 0; i < count; i++)
        list.items[i] = arena_format(&scratch, "x%zu", backwards ? count - 1 - i : i);
    return list;
}

static struct str_list numbers(size_t count, bool backwards)
{
    struct str_list list = {arena_alloc(&scratch, count * sizeof *list.items), count};

    for (size_t i = 0; i < count; i++)
        list.items[i] = arena_format(&scratch, "%zu", backwards ? count - 1 - i : i);
    return list;
}

static struct dynamodb_attribute_map map_of(size_t count, bool backwards)
{
    struct str_list names = texts(count, backwards);
    struct dynamodb_attribute_map map = {.count = count};

    map.items = arena_alloc(&scratch, count * sizeof *map.items);
    for (size_t i = 0; i < count; i++)
        map.items[i] = (struct dynamodb_attribute_map_entry){names.items[i],
                                                             {DYNAMODB_ATTRIBUTE_VALUE_NULL, .null = &yes}};
    return map;
}

/* An item, or the values of an expression, with up to two attributes. */
static struct dynamodb_attribute_map pair(str first, struct dynamodb_attribute_value first_value, str second,
                                          struct dynamodb_attribute_value second_value)
{
    struct dynamodb_attribute_map map = {arena_alloc(&scratch, 2 * sizeof *map.items), 2};

    map.items[0] = (struct dynamodb_attribute_map_entry){first, first_value};
    map.items[1] = (struct dynamodb_attribute_map_entry){second, second_value};
    return map;
}

static struct dynamodb_attribute_value text_value(str text)
{
    return dynamodb_value_of(VALUE_S, text);
}

/* ---- expressions ---- */

static struct scope scope_of(const struct dynamodb_attribute_map *values)
{
    static const struct str_map no_names;

    return (struct scope){.arena = &scratch,
                          .names = &no_names,
                          .values = values,
                          .values_used = arena_alloc(&scratch, values->count + 1)};
}

static bool holds(str text, const struct dynamodb_attribute_map *item,
                  const struct dynamodb_attribute_map *values)
{
    struct scope scope = scope_of(values);
    str problem = {0};
    const struct node *condition = dynamodb_condition_parse(&scope, text, &problem);

    if (!condition)
        print_error("%.*s\n", STR_ARGS(problem));
    assert_non_null(condition);
    count_from_here();
    return dynamodb_expression_holds(&scratch, condition, item);
}

static void update(str text, struct dynamodb_attribute_map *item, const struct dynamodb_attribute_map *values)
{
    struct scope scope = scope_of(values);
    struct update parsed;
    str problem = {0};
    bool fine = dynamodb_update_parse(&scope, text, &parsed, &problem);

    count_from_here();
    fine = fine && dynamodb_update_apply(&scratch, &parsed, item, &problem);
    if (!fine)
        print_error("%.*s\n", STR_ARGS(problem));
    assert_true(fine);
}

/* first, then `one` with each number, joined by the separator. */
static str repeated(str first, const char *one, const char *separator, size_t count)
{
    struct text text = text_in(&scratch);

    text_add(&text, first);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, str_of(i ? separator : ""));
        for (const char *c = one; *c; c++) {
            if (*c == '%')
                text_add_i64(&text, (int64_t)(300000 + i));
            else
                text_add_char(&text, *c);
        }
    }
    return text_str(&text);
}

/* ---- updates ---- */

static size_t bytes_of_additions(size_t elements, size_t actions)
{
    struct dynamodb_attribute_map item = pair(S("id"), text_value(S("a")), S("l"), list_of_nulls(elements));
    struct dynamodb_attribute_map values = pair(S(":v"), text_value(S("v")), S(":w"), text_value(S("w")));

    update(repeated(S("SET "), "l[%]=:v", ",", actions), &item, &values);
    assert_int_equal(item.items[1].value.l.count, elements + actions);
    return bytes;
}

TEST(a_list_is_copied_once_however_many_elements_are_added_to_it)
{
    size_t one = bytes_of_additions(190000, 1), many = bytes_of_additions(190000, 250);

    assert_in_range(many, 0, one + one / 10);
}

TEST(attributes_are_added_to_a_large_item_without_searching_it_for_each)
{
    enum { ATTRIBUTES = 58000, ACTIONS = 350 };
    struct dynamodb_attribute_map item = map_of(ATTRIBUTES, false);
    struct dynamodb_attribute_map values = pair(S(":v"), text_value(S("v")), S(":w"), text_value(S("w")));
    size_t item_bytes = ATTRIBUTES * sizeof *item.items;

    update(repeated(S("SET "), "y%=:v", ",", ACTIONS), &item, &values);
    assert_int_equal(item.count, ATTRIBUTES + ACTIONS);
    assert_text(item.items[item.count - 1].key, "y300349");
    assert_in_range(steps, 0, 3 * ATTRIBUTES + 100 * ACTIONS);
    assert_in_range(bytes, 0, 2 * item_bytes);
}

TEST(attributes_are_removed_from_a_large_item_in_one_walk)
{
    enum { ATTRIBUTES = 58000, ACTIONS = 400 };
    struct dynamodb_attribute_map item = map_of(ATTRIBUTES, false), values = {0};

    update(repeated(S("REMOVE "), "y%", ",", ACTIONS), &item, &values);
    assert_int_equal(item.count, ATTRIBUTES);
    assert_in_range(steps, 0, 3 * ATTRIBUTES + 100 * ACTIONS);
}

TEST(elements_are_added_to_and_deleted_from_a_large_set_by_their_hashes)
{
    enum { ELEMENTS = 60000 };
    struct dynamodb_attribute_value set = {DYNAMODB_ATTRIBUTE_VALUE_SS, .ss = texts(ELEMENTS, false)},
                                    back = {DYNAMODB_ATTRIBUTE_VALUE_SS, .ss = texts(ELEMENTS, true)};
    struct dynamodb_attribute_map item = pair(S("id"), text_value(S("a")), S("s"), set);
    struct dynamodb_attribute_map values = pair(S(":v"), back, S(":w"), back);

    update(S("ADD s :v"), &item, &values);
    assert_int_equal(item.items[1].value.ss.count, ELEMENTS);
    assert_in_range(steps, 0, 10 * ELEMENTS);
    update(S("DELETE s :v"), &item, &values);
    assert_int_equal(item.count, 1);
    assert_in_range(steps, 0, 10 * ELEMENTS);
}

static str refused(str text, struct dynamodb_attribute_map item)
{
    struct dynamodb_attribute_map values = {0};
    struct scope scope = scope_of(&values);
    struct update parsed;
    str problem = {0};

    assert_true(dynamodb_update_parse(&scope, text, &parsed, &problem));
    count_from_here();
    assert_false(dynamodb_update_apply(&scratch, &parsed, &item, &problem));
    return problem;
}

TEST(an_update_that_multiplies_a_list_is_refused_before_its_memory_is_taken)
{
    struct dynamodb_attribute_map item = pair(S("id"), text_value(S("a")), S("l"), list_of_nulls(190000));

    assert_text(refused(repeated(S("SET "), "y%=list_append(l,l)", ",", 150), item),
                "Item size to update has exceeded the maximum allowed size");
    assert_in_range(bytes, 0, (size_t)100 * 1024 * 1024);
}

TEST(a_blob_is_not_written_beyond_what_an_item_may_have)
{
    enum { COPIES = 200 };
    struct dynamodb_attribute_map item = map_of(COPIES, false);
    struct item_size size;

    for (size_t i = 0; i < COPIES; i++)
        item.items[i].value = list_of_nulls(1000);
    for (size_t i = 1; i < COPIES; i++)
        item.items[i].value.l = (struct dynamodb_attribute_value_list){item.items[0].value.l.items, 1000};
    count_from_here();
    dynamodb_item_encode(&scratch, &item, &size);
    assert_in_range(size.bytes, 400000, 410000);
    item.items[0].value = list_of_nulls(3 * MAX_ITEM_BYTES);
    count_from_here();
    dynamodb_item_encode(&scratch, &item, &size);
    assert_true(size.bytes > MAX_ITEM_BYTES);
    assert_in_range(bytes, 0, 4 * MAX_ITEM_BYTES);
}

/* An item of 400 KB has at most this many values. */
TEST(a_list_that_is_put_in_many_places_is_walked_once_and_refused)
{
    enum { ELEMENTS = 190000, PLACES = 400 };
    struct dynamodb_attribute_map values = {0};
    struct dynamodb_attribute_map item = pair(S("id"), text_value(S("a")), S("l"), list_of_nulls(ELEMENTS));
    struct item_size size;

    update(repeated(S("SET "), "y%=l", ",", PLACES), &item, &values);
    dynamodb_item_encode(&scratch, &item, &size);
    assert_true(size.bytes > MAX_ITEM_BYTES);
    assert_in_range(looks, 0, MAX_ITEM_BYTES);
    assert_in_range(bytes, 0, 8 * MAX_ITEM_BYTES);
}

/* ---- conditions ---- */

static size_t steps_of_equality(struct dynamodb_attribute_value a, struct dynamodb_attribute_value b)
{
    struct dynamodb_attribute_map item = pair(S("id"), text_value(S("a")), S("c"), a);
    struct dynamodb_attribute_map values = pair(S(":v"), b, S(":w"), b);

    assert_true(holds(S("c = :v AND c IN (:w, :v) AND NOT c <> :v"), &item, &values));
    return steps;
}

TEST(large_sets_are_equal_by_their_hashes)
{
    enum { ELEMENTS = 90000 };
    struct dynamodb_attribute_value a = {DYNAMODB_ATTRIBUTE_VALUE_NS, .ns = numbers(ELEMENTS, false)},
                                    b = {DYNAMODB_ATTRIBUTE_VALUE_NS, .ns = numbers(ELEMENTS, true)};

    assert_in_range(steps_of_equality(a, b), 0, 12 * ELEMENTS);
}

TEST(large_maps_are_equal_by_their_hashes)
{
    enum { ATTRIBUTES = 40000 };
    struct dynamodb_attribute_value a = {DYNAMODB_ATTRIBUTE_VALUE_M, .m = map_of(ATTRIBUTES, false)},
                                    b = {DYNAMODB_ATTRIBUTE_VALUE_M, .m = map_of(ATTRIBUTES, true)};

    assert_in_range(steps_of_equality(a, b), 0, 12 * ATTRIBUTES);
}

TEST(the_same_large_comparison_is_made_once)
{
    enum { ELEMENTS = 60000 };
    struct dynamodb_attribute_value a = {DYNAMODB_ATTRIBUTE_VALUE_SS, .ss = texts(ELEMENTS, false)},
                                    b = {DYNAMODB_ATTRIBUTE_VALUE_SS, .ss = texts(ELEMENTS, true)};
    struct dynamodb_attribute_map item = pair(S("c"), a, S("id"), text_value(S("a")));
    struct dynamodb_attribute_map values = pair(S(":v"), b, S(":w"), b);

    assert_true(holds(repeated(S(""), "c=:v", " AND ", 150), &item, &values));
    assert_in_range(steps, 0, 6 * ELEMENTS);
}

/* Conditions of 150 questions about one large attribute, all answered with no. */
static void ask_often(struct dynamodb_attribute_value value, struct dynamodb_attribute_map *values)
{
    enum { QUESTIONS = 150 };
    struct dynamodb_attribute_map item = pair(S("c"), value, S("id"), text_value(S("a")));

    values->items = arena_alloc(&scratch, QUESTIONS * sizeof *values->items);
    values->count = QUESTIONS;
    for (size_t i = 0; i < QUESTIONS; i++)
        values->items[i] = (struct dynamodb_attribute_map_entry){
            arena_format(&scratch, ":v%zu", 300000 + i), text_value(arena_format(&scratch, "y%zu", i))};
    assert_false(holds(repeated(S(""), "contains(c,:v%)", " OR ", QUESTIONS), &item, values));
}

TEST(many_questions_about_a_large_set_or_list_search_it_once)
{
    enum { ELEMENTS = 60000 };
    struct dynamodb_attribute_value set = {DYNAMODB_ATTRIBUTE_VALUE_SS, .ss = texts(ELEMENTS, false)},
                                    list = {DYNAMODB_ATTRIBUTE_VALUE_L, .l = {.count = ELEMENTS}};
    struct dynamodb_attribute_map values;

    ask_often(set, &values);
    assert_in_range(steps, 0, 10 * ELEMENTS);
    list.l.items = arena_alloc(&scratch, ELEMENTS * sizeof *list.l.items);
    for (size_t i = 0; i < ELEMENTS; i++)
        list.l.items[i] = text_value(set.ss.items[i]);
    ask_often(list, &values);
    assert_in_range(steps, 0, 10 * ELEMENTS);
    ask_often(list_of_nulls(ELEMENTS), &values);
    assert_in_range(steps, 0, 10 * ELEMENTS);
}

TEST(each_item_of_a_page_is_searched_for_among_many_values_by_its_hash)
{
    enum { VALUES = 100 };
    struct dynamodb_attribute_map item = pair(S("c"), text_value(S("y99")), S("id"), text_value(S("a"))),
                                  values;

    values.items = arena_alloc(&scratch, VALUES * sizeof *values.items);
    values.count = VALUES;
    for (size_t i = 0; i < VALUES; i++)
        values.items[i] = (struct dynamodb_attribute_map_entry){
            arena_format(&scratch, ":v%zu", 300000 + i), text_value(arena_format(&scratch, "y%zu", i))};
    str asked = arena_join(&scratch, repeated(S("c IN ("), ":v%", ",", VALUES), S(")"));
    assert_true(holds(asked, &item, &values));
    assert_in_range(steps, 0, 10);
    item.items[0].value = text_value(S("z"));
    assert_false(holds(asked, &item, &values));
    assert_in_range(steps, 0, 10);
}

TEST(many_paths_into_a_large_map_search_it_once)
{
    enum { ATTRIBUTES = 58000, QUESTIONS = 130 };
    struct dynamodb_attribute_value map = {DYNAMODB_ATTRIBUTE_VALUE_M, .m = map_of(ATTRIBUTES, false)};
    struct dynamodb_attribute_map item = pair(S("id"), text_value(S("a")), S("c"), map), values = {0};

    assert_false(holds(repeated(S(""), "attribute_exists(c.y%)", " OR ", QUESTIONS), &item, &values));
    assert_in_range(steps, 0, 4 * ATTRIBUTES);
}

TEST(a_text_is_searched_for_another_by_a_linear_algorithm_and_once)
{
    size_t size = 390000, half = 190000;
    char *text = arena_alloc(&scratch, size), *part = arena_alloc(&scratch, half);

    memset(text, 'a', size);
    memset(part, 'a', half);
    part[half - 1] = 'b';
    struct dynamodb_attribute_map item =
        pair(S("id"), text_value(S("a")), S("c"), text_value((str){text, size}));
    struct dynamodb_attribute_map values =
        pair(S(":v"), text_value((str){part, half}), S(":w"), text_value(S("a")));
    assert_false(holds(repeated(S(""), "contains(c,:v)", " OR ", 150), &item, &values));
    assert_int_equal(searches, 1);
}

/* ---- checks and projections ---- */

TEST(elements_that_repeat_in_a_large_set_are_found_by_their_hashes)
{
    enum { ELEMENTS = 90000 };
    struct dynamodb_attribute_value set = {DYNAMODB_ATTRIBUTE_VALUE_SS, .ss = texts(ELEMENTS, false)},
                                    more = {DYNAMODB_ATTRIBUTE_VALUE_NS, .ns = numbers(ELEMENTS, false)};
    struct dynamodb_attribute_map item = pair(S("a"), set, S("b"), more);
    str problem = {0};

    count_from_here();
    assert_true(dynamodb_item_check(&scratch, VALUE_LAYER_CURRENT, &item, &problem));
    assert_in_range(steps, 0, 4 * ELEMENTS);
}

TEST(many_paths_of_a_large_item_are_projected_in_one_walk)
{
    enum { ATTRIBUTES = 58000, PATHS = 500 };
    struct dynamodb_attribute_map item = map_of(ATTRIBUTES, false), values = {0}, parts;
    struct scope scope = scope_of(&values);
    struct projection projection;
    str problem = {0};

    count_from_here();
    assert_true(
        dynamodb_projection_parse(&scope, repeated(S("x7,x5,"), "y%", ",", PATHS), &projection, &problem));
    parts = dynamodb_projection_apply(&scratch, &projection, &item);
    assert_int_equal(parts.count, 2);
    assert_text(parts.items[0].key, "x5");
    assert_in_range(steps, 0, 3 * ATTRIBUTES + 200 * PATHS);
}

TEST(many_paths_of_a_small_item_take_only_the_memory_of_its_attributes)
{
    enum { PATHS = 500 };
    struct dynamodb_attribute_map values = {0}, parts,
                                  item = pair(S("id"), text_value(S("a")), S("x5"), text_value(S("b")));
    struct scope scope = scope_of(&values);
    struct projection projection;
    str problem = {0};

    assert_true(
        dynamodb_projection_parse(&scope, repeated(S("x5,"), "y%", ",", PATHS), &projection, &problem));
    count_from_here();
    parts = dynamodb_projection_apply(&scratch, &projection, &item);
    assert_int_equal(parts.count, 1);
    assert_in_range(bytes, 0, 1000);
}

/* ---- indexes ---- */

enum { INDEXES = 20, INCLUDED = 5 };

/* A table with the key x1 and that many indexes by x0, each with five more attributes of a large item. */
static struct table table_with_indexes(size_t count)
{
    static const struct key_attribute of_table = {STR_INIT("x1"), STR_INIT("S")},
                                      of_index = {STR_INIT("x0"), STR_INIT("S")};
    struct table table = {.keys = {&of_table, 1, 1}, .indexes = {.count = count}};

    table.indexes.items = arena_alloc(&scratch, count * sizeof *table.indexes.items);
    for (size_t i = 0; i < count; i++)
        table.indexes.items[i] = (struct index){
            .id = (int64_t)i + 1,
            .projection = DYNAMODB_PROJECTION_TYPE_INCLUDE,
            .keys = {&of_index, 1, 1},
            .non_key_attributes = texts(INCLUDED, true),
        };
    return table;
}

static size_t steps_of_a_plan(size_t indexes, const struct item_image *item)
{
    static const struct item_image nothing;
    struct call call = {.arena = &scratch};
    struct table table = table_with_indexes(indexes);

    count_from_here();
    const struct entry_change *entries = dynamodb_entries_plan(&call, &table, &nothing, item);
    for (size_t i = 0; i < indexes; i++)
        assert_true(str_present(entries[i].after.hash) && entries[i].after_bytes > 0);
    return steps;
}

TEST(entries_of_many_indexes_search_a_large_item_once)
{
    enum { ATTRIBUTES = 45000 };
    struct item_image item = {map_of(ATTRIBUTES, true), 300000};

    item.item.items[ATTRIBUTES - 1].value = text_value(S("a")); /* x0 */
    item.item.items[ATTRIBUTES - 2].value = text_value(S("b"));
    size_t one = steps_of_a_plan(1, &item), many = steps_of_a_plan(INDEXES, &item);
    assert_in_range(one, 0, 3 * ATTRIBUTES);
    assert_in_range(many, 0, one + (size_t)INDEXES * 200);
}

TESTS(test(entries_of_many_indexes_search_a_large_item_once),
      test(a_list_is_copied_once_however_many_elements_are_added_to_it),
      test(attributes_are_added_to_a_large_item_without_searching_it_for_each),
      test(attributes_are_removed_from_a_large_item_in_one_walk),
      test(elements_are_added_to_and_deleted_from_a_large_set_by_their_hashes),
      test(an_update_that_multiplies_a_list_is_refused_before_its_memory_is_taken),
      test(a_list_that_is_put_in_many_places_is_walked_once_and_refused),
      test(a_blob_is_not_written_beyond_what_an_item_may_have), test(large_sets_are_equal_by_their_hashes),
      test(large_maps_are_equal_by_their_hashes), test(the_same_large_comparison_is_made_once),
      test(many_questions_about_a_large_set_or_list_search_it_once),
      test(each_item_of_a_page_is_searched_for_among_many_values_by_its_hash),
      test(many_paths_into_a_large_map_search_it_once),
      test(a_text_is_searched_for_another_by_a_linear_algorithm_and_once),
      test(elements_that_repeat_in_a_large_set_are_found_by_their_hashes),
      test(many_paths_of_a_large_item_are_projected_in_one_walk),
      test(many_paths_of_a_small_item_take_only_the_memory_of_its_attributes))
