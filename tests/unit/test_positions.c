#include "unit.h"

#include "base/positions.h"

enum { COUNT = 1000 };

static str number(size_t i)
{
    return arena_format(&scratch, "%zu", i);
}

static bool holds(const struct positions *positions, const str *texts, str text)
{
    uint64_t slot = keyed_hash(text);

    for (size_t i; positions_next(positions, &slot, &i);)
        if (str_equal(texts[i], text))
            return true;
    return false;
}

TEST(what_was_added_is_found_and_nothing_else)
{
    struct positions positions = positions_for(&scratch, COUNT);
    str texts[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        texts[i] = number(i);
        positions_add(&positions, keyed_hash(texts[i]), i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(holds(&positions, texts, number(i)));
        assert_false(holds(&positions, texts, number(COUNT + i)));
    }
}

TEST(positions_with_one_hash_are_all_offered)
{
    struct positions positions = positions_for(&scratch, 3);
    uint64_t slot = 7;
    size_t position, sum = 0, count = 0;

    for (size_t i = 0; i < 3; i++)
        positions_add(&positions, 7, i);
    while (positions_next(&positions, &slot, &position)) {
        sum += position;
        count++;
    }
    assert_int_equal(count, 3);
    assert_int_equal(sum, 3);
}

TEST(a_table_without_room_offers_nothing)
{
    struct positions positions = positions_for(&scratch, 0);
    uint64_t slot = keyed_hash(S("x"));
    size_t position;

    assert_false(positions_next(&positions, &slot, &position));
}

/* The bytes after the last whole word are hashed, and so is the length. */
TEST(a_hash_looks_at_every_byte)
{
    char text[20] = {0};

    for (size_t size = 0; size < sizeof text; size++) {
        uint64_t hash = keyed_hash((str){text, size});
        assert_true(hash == keyed_hash((str){text, size}));
        assert_true(hash != keyed_hash((str){text, size + 1}));
        for (size_t i = 0; i < size; i++) {
            text[i] = 1;
            assert_true(hash != keyed_hash((str){text, size}));
            text[i] = 0;
        }
    }
}

TESTS(test(what_was_added_is_found_and_nothing_else), test(positions_with_one_hash_are_all_offered),
      test(a_table_without_room_offers_nothing), test(a_hash_looks_at_every_byte))
