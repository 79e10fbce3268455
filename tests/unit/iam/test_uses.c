/*
 * test_uses.c: how many uses of an identity are kept, and what happens beyond.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"
#include "unit.h"

#include <stdio.h>

enum { MOST_USES = 128, MOST_OWNERS = 256, SEEN_FOR_MS = 10 * 1000 };

static struct arena arena;

static void begin(void)
{
    iam_uses_start(&(struct call){.now_ms = 5});
}

static struct cached_identity identity_of(const char *id)
{
    return (struct cached_identity){.unique_id = str_of(id), .seen = iam_seen_uses(&arena)};
}

static void use(const struct cached_identity *identity, str action, str resource, int64_t now_ms)
{
    iam_use_note(identity, &(struct question){.action = action, .resource_arn = resource}, now_ms);
}

static str resource(size_t number)
{
    return arena_format(&arena, "arn:%zu", number);
}

/* Actions are texts that stay where they are. */
static str action(size_t number)
{
    static char names[MOST_USES + 1][16];

    snprintf(names[number], sizeof names[number], "sqs:A%zu", number);
    return str_of(names[number]);
}

TEST(a_use_has_its_action_its_resource_and_its_last_time)
{
    begin();
    struct cached_identity one = identity_of("AROA1"), other = identity_of("AROA2");
    str send = S("sqs:SendMessage");

    use(&one, send, S("arn:q"), 10);
    use(&one, send, S("arn:q"), 10 + SEEN_FOR_MS - 1); /* too soon to be worth noting */
    use(&other, send, S("arn:q"), 20);
    struct iam_uses uses = iam_uses_of(&arena, S("AROA1"));
    assert_int_equal(uses.since_ms, 5);
    assert_int_equal(uses.count, 1);
    assert_text(uses.items[0].action, "sqs:SendMessage");
    assert_text(uses.items[0].resource, "arn:q");
    assert_int_equal(uses.items[0].last_ms, 10);
    use(&one, send, S("arn:q"), 10 + SEEN_FOR_MS);
    assert_int_equal(iam_uses_of(&arena, S("AROA1")).items[0].last_ms, 10 + SEEN_FOR_MS);
    assert_int_equal(iam_uses_of(&arena, S("AROA3")).count, 0);
    arena_free(&arena);
}

TEST(resources_that_look_alike_at_their_end_are_two)
{
    begin();
    struct cached_identity one = identity_of("AROA1");

    use(&one, S("sqs:SendMessage"), S("arn:a:queue"), 10);
    use(&one, S("sqs:SendMessage"), S("arn:b:queue"), 10);
    assert_int_equal(iam_uses_of(&arena, S("AROA1")).count, 2);
    arena_free(&arena);
}

TEST(an_action_with_more_resources_than_are_kept_has_one_use_for_all)
{
    begin();
    struct cached_identity one = identity_of("AROA1");
    str send = S("sqs:SendMessage");

    use(&one, S("sqs:ReceiveMessage"), S("arn:q"), 1);
    for (size_t i = 0; i < MOST_USES - 1; i++)
        use(&one, send, resource(i), 10 + (int64_t)i);
    struct iam_uses full = iam_uses_of(&arena, S("AROA1"));
    assert_int_equal(full.count, MOST_USES);
    assert_true(str_present(full.items[1].resource));
    use(&one, send, resource(MOST_USES), 500);
    struct iam_uses merged = iam_uses_of(&arena, S("AROA1"));
    assert_int_equal(merged.count, 2);
    assert_text(merged.items[0].resource, "arn:q");
    assert_text(merged.items[1].action, "sqs:SendMessage");
    assert_false(str_present(merged.items[1].resource));
    assert_int_equal(merged.items[1].last_ms, 500);
    assert_false(merged.partial);
    arena_free(&arena);
}

TEST(more_actions_than_are_kept_are_told)
{
    begin();
    struct cached_identity one = identity_of("AROA1");

    for (size_t i = 0; i < MOST_USES; i++)
        use(&one, action(i), S("arn:q"), 1);
    assert_false(iam_uses_of(&arena, S("AROA1")).partial);
    use(&one, action(MOST_USES), S("arn:q"), 1);
    struct iam_uses uses = iam_uses_of(&arena, S("AROA1"));
    assert_true(uses.partial);
    assert_int_equal(uses.count, MOST_USES);
    arena_free(&arena);
}

TEST(of_too_many_identities_the_longest_idle_is_forgotten)
{
    begin();
    for (size_t i = 0; i < MOST_OWNERS; i++) {
        struct cached_identity one = identity_of(arena_cstr(&arena, resource(i)));
        use(&one, S("sqs:SendMessage"), S("arn:q"), i == 3 ? 1 : 10 + (int64_t)i);
    }
    assert_int_equal(iam_uses_of(&arena, resource(3)).count, 1);
    struct cached_identity more = identity_of("AROA");
    use(&more, S("sqs:SendMessage"), S("arn:q"), 1000);
    assert_int_equal(iam_uses_of(&arena, resource(3)).count, 0);
    assert_int_equal(iam_uses_of(&arena, resource(0)).count, 1);
    assert_int_equal(iam_uses_of(&arena, S("AROA")).count, 1);
    begin();
    assert_int_equal(iam_uses_of(&arena, S("AROA")).count, 0);
    arena_free(&arena);
}

TESTS(test(a_use_has_its_action_its_resource_and_its_last_time),
      test(resources_that_look_alike_at_their_end_are_two),
      test(an_action_with_more_resources_than_are_kept_has_one_use_for_all),
      test(more_actions_than_are_kept_are_told), test(of_too_many_identities_the_longest_idle_is_forgotten))
