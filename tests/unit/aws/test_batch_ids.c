#include "aws/batch_ids.h"

#include "unit.h"

static size_t bad;

static enum batch_ids check_of(size_t count, const char *const *texts)
{
    str ids[12] = {{0}};

    for (size_t i = 0; i < count; i++)
        ids[i] = str_of(texts[i]);
    return batch_ids_check(ids, count, &bad);
}

static const char *const eleven[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};

TEST(a_batch_has_one_to_ten_entries)
{
    assert_int_equal(check_of(0, eleven), BATCH_IDS_NONE);
    assert_int_equal(check_of(1, eleven), BATCH_IDS_FINE);
    assert_int_equal(check_of(10, eleven), BATCH_IDS_FINE);
    assert_int_equal(check_of(11, eleven), BATCH_IDS_TOO_MANY);
}

TEST(an_id_has_one_to_eighty_characters)
{
    static const char letters[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678_-";
    const char *const longest[] = {letters + 1}, *const longer[] = {letters}, *const none[] = {""};

    assert_int_equal(check_of(1, longest), BATCH_IDS_FINE);
    assert_int_equal(check_of(1, longer), BATCH_IDS_MALFORMED);
    assert_int_equal(check_of(1, none), BATCH_IDS_MALFORMED);
}

TEST(the_first_problem_is_told_with_its_place)
{
    const char *const malformed[] = {"a", "b.c", "a"}, *const repeated[] = {"a", "B", "b", "B", "."};

    assert_int_equal(check_of(3, malformed), BATCH_IDS_MALFORMED);
    assert_int_equal(bad, 1);
    assert_int_equal(check_of(5, repeated), BATCH_IDS_REPEATED);
    assert_int_equal(bad, 3);
}

TESTS(test(a_batch_has_one_to_ten_entries), test(an_id_has_one_to_eighty_characters),
      test(the_first_problem_is_told_with_its_place))
