/*
 * test_uses.c: how many uses of an identity are kept in memory, what happens beyond, and what is taken from
 * there to be stored.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"
#include "unit.h"

#include <stdio.h>

enum { MOST_USES = 128, MANY_OWNERS = 512, MOST_OWNERS = 4096, SEEN_FOR_MS = 10 * 1000 };

static struct arena arena;

static struct iam_uses uses_of(str id)
{
    struct iam_uses uses = {0};

    iam_uses_noted(&arena, id, &uses);
    return uses;
}

static struct cached_identity identity_of(const char *id)
{
    return (struct cached_identity){.unique_id = str_of(id), .seen = iam_seen_uses(&arena)};
}

/* True: the uses are to be taken soon. */
static bool use(const struct cached_identity *identity, str action, str resource, int64_t now_ms)
{
    return iam_use_note(identity, &(struct question){.action = action, .resource_arn = resource},
                        S("us-east-1"), now_ms);
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
    iam_uses_forget();
    struct cached_identity one = identity_of("AROA1"), other = identity_of("AROA2");
    str send = S("sqs:SendMessage");

    use(&one, send, S("arn:q"), 10);
    use(&one, send, S("arn:q"), 10 + SEEN_FOR_MS - 1); /* too soon to be worth noting */
    use(&other, send, S("arn:q"), 20);
    struct iam_uses uses = uses_of(S("AROA1"));
    assert_int_equal(uses.count, 1);
    assert_text(uses.items[0].action, "sqs:SendMessage");
    assert_text(uses.items[0].resource, "arn:q");
    assert_int_equal(uses.items[0].last_ms, 10);
    assert_text(uses.items[0].region, "us-east-1");
    use(&one, send, S("arn:q"), 10 + SEEN_FOR_MS);
    assert_int_equal(uses_of(S("AROA1")).items[0].last_ms, 10 + SEEN_FOR_MS);
    assert_int_equal(uses_of(S("AROA3")).count, 0);
    arena_free(&arena);
}

TEST(resources_that_look_alike_at_their_end_are_two)
{
    iam_uses_forget();
    struct cached_identity one = identity_of("AROA1");

    use(&one, S("sqs:SendMessage"), S("arn:a:queue"), 10);
    use(&one, S("sqs:SendMessage"), S("arn:b:queue"), 10);
    assert_int_equal(uses_of(S("AROA1")).count, 2);
    arena_free(&arena);
}

TEST(an_action_with_more_resources_than_are_kept_has_one_use_for_all)
{
    iam_uses_forget();
    struct cached_identity one = identity_of("AROA1");
    str send = S("sqs:SendMessage");

    use(&one, S("sqs:ReceiveMessage"), S("arn:q"), 1);
    for (size_t i = 0; i < MOST_USES - 1; i++)
        use(&one, send, resource(i), 10 + (int64_t)i);
    struct iam_uses full = uses_of(S("AROA1"));
    assert_int_equal(full.count, MOST_USES);
    assert_true(str_present(full.items[1].resource));
    use(&one, send, resource(MOST_USES), 500);
    struct iam_uses merged = uses_of(S("AROA1"));
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
    iam_uses_forget();
    struct cached_identity one = identity_of("AROA1");

    for (size_t i = 0; i < MOST_USES; i++)
        use(&one, action(i), S("arn:q"), 1);
    assert_false(uses_of(S("AROA1")).partial);
    use(&one, action(MOST_USES), S("arn:q"), 1);
    struct iam_uses uses = uses_of(S("AROA1"));
    assert_true(uses.partial);
    assert_int_equal(uses.count, MOST_USES);
    arena_free(&arena);
}

TEST(of_too_many_identities_the_longest_idle_is_forgotten)
{
    iam_uses_forget();
    for (size_t i = 0; i < MOST_OWNERS; i++) {
        struct cached_identity one = identity_of(arena_cstr(&arena, resource(i)));
        use(&one, S("sqs:SendMessage"), S("arn:q"), i == 3 ? 1 : 10 + (int64_t)i);
    }
    assert_int_equal(uses_of(resource(3)).count, 1);
    struct cached_identity more = identity_of("AROA");
    use(&more, S("sqs:SendMessage"), S("arn:q"), 1000);
    assert_int_equal(uses_of(resource(3)).count, 0);
    assert_int_equal(uses_of(resource(0)).count, 1);
    assert_int_equal(uses_of(S("AROA")).count, 1);
    iam_uses_forget();
    assert_int_equal(uses_of(S("AROA")).count, 0);
    arena_free(&arena);
}

/* The identity with that number uses something. */
static bool use_by(size_t number)
{
    struct cached_identity one = identity_of(arena_cstr(&arena, resource(number)));

    return use(&one, S("sqs:SendMessage"), S("arn:q"), 10 + (int64_t)number);
}

TEST(many_identities_are_told_once_until_uses_are_taken)
{
    enum { ACTIVE = 1100 };
    struct iam_uses taken;
    str id;

    iam_uses_forget();
    for (size_t i = 0; i < ACTIVE; i++)
        assert_int_equal(use_by(i), i == MANY_OWNERS - 1);
    for (size_t i = 0; i < ACTIVE; i++)
        assert_int_equal(uses_of(resource(i)).count, 1);
    iam_uses_stored(true);
    for (size_t i = 0; i < ACTIVE - (MANY_OWNERS - 2); i++)
        assert_true(iam_uses_take(&arena, &id, &taken));
    assert_false(use_by(ACTIVE));
    assert_true(use_by(ACTIVE + 1));
    assert_false(use_by(ACTIVE + 2));
    arena_free(&arena);
}

/* Of this text as a region and as a service: what a use of a key keeps, which is the same of both. */
static str kept_name(str name)
{
    static int64_t now_ms;
    const struct call call = {.arena = &arena, .region = name, .now_ms = now_ms += SEEN_FOR_MS};

    iam_uses_forget();
    iam_note_key_use(&call, S("AKIA1"), name);
    struct iam_uses uses = uses_of(S("AKIA1"));
    assert_int_equal(uses.count, 1);
    assert_str(uses.items[0].region, uses.items[0].action);
    return uses.items[0].region;
}

TEST(of_a_name_that_a_client_chooses_64_bytes_are_kept_in_whole_characters)
{
    str name = S("abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij");

    assert_str(kept_name(str_head(name, 64)), str_head(name, 64));
    assert_str(kept_name(str_head(name, 65)), str_head(name, 64));
    str accented = arena_join(&arena, str_head(name, 62), S("\xc3\xa9"));
    assert_str(kept_name(accented), accented);
    assert_str(kept_name(arena_join(&arena, str_head(name, 63), S("\xc3\xa9"))), str_head(name, 63));
    arena_free(&arena);
}

TEST(what_is_taken_is_told_until_it_is_stored)
{
    iam_uses_forget();
    struct cached_identity one = identity_of("AROA1");
    struct iam_uses taken;
    str id;

    use(&one, S("sqs:SendMessage"), S("arn:q"), 10);
    assert_true(iam_uses_take(&arena, &id, &taken));
    assert_text(id, "AROA1");
    assert_int_equal(taken.count, 1);
    assert_false(iam_uses_take(&arena, &id, &taken));
    assert_int_equal(uses_of(S("AROA1")).count, 1);
    iam_uses_stored(true);
    assert_int_equal(uses_of(S("AROA1")).count, 0);
    arena_free(&arena);
}

TEST(what_could_not_be_stored_is_taken_again_with_what_came_since)
{
    iam_uses_forget();
    struct cached_identity one = identity_of("AROA1");
    struct iam_uses taken;
    str id;

    use(&one, S("sqs:SendMessage"), S("arn:q"), 10);
    assert_true(iam_uses_take(&arena, &id, &taken));
    use(&one, S("sqs:SendMessage"), S("arn:q"), 10 + SEEN_FOR_MS);
    use(&one, S("sqs:ReceiveMessage"), S("arn:q"), 20);
    assert_int_equal(uses_of(S("AROA1")).count, 2);
    iam_uses_stored(false);
    assert_true(iam_uses_take(&arena, &id, &taken));
    assert_int_equal(taken.count, 2);
    assert_int_equal(iam_last_use(&taken)->last_ms, 10 + SEEN_FOR_MS);
    arena_free(&arena);
}

TEST(a_use_of_several_resources_replaces_those_of_one)
{
    struct iam_uses uses = {0};
    const struct iam_use one = {.action = S("sqs:SendMessage"), .resource = S("arn:q"), .last_ms = 5},
                         other = {.action = S("sqs:SendMessage"), .resource = S("arn:r"), .last_ms = 6},
                         several = {.action = S("sqs:SendMessage"), .last_ms = 4},
                         receive = {.action = S("sqs:ReceiveMessage"), .last_ms = 3};

    iam_uses_add(&arena, &uses, &one);
    iam_uses_add(&arena, &uses, &other);
    iam_uses_add(&arena, &uses, &several);
    assert_int_equal(uses.count, 1);
    assert_false(str_present(uses.items[0].resource));
    assert_int_equal(uses.items[0].last_ms, 6);
    assert_true(uses.items[0].changed);
    iam_uses_add(&arena, &uses, &receive);
    iam_uses_add(&arena, &uses, &one);
    assert_int_equal(uses.count, 2);
    arena_free(&arena);
}

TESTS(test(of_a_name_that_a_client_chooses_64_bytes_are_kept_in_whole_characters),
      test(many_identities_are_told_once_until_uses_are_taken),
      test(what_is_taken_is_told_until_it_is_stored),
      test(what_could_not_be_stored_is_taken_again_with_what_came_since),
      test(a_use_of_several_resources_replaces_those_of_one),
      test(a_use_has_its_action_its_resource_and_its_last_time),
      test(resources_that_look_alike_at_their_end_are_two),
      test(an_action_with_more_resources_than_are_kept_has_one_use_for_all),
      test(more_actions_than_are_kept_are_told), test(of_too_many_identities_the_longest_idle_is_forgotten))
