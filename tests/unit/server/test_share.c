#include "unit.h"

#include "base/limits.h"
#include "server/share.h"

enum {
    DESCRIPTORS = 100,
    OWN = 25,
    MOST = 75,
    OF_ADDRESS = 65
}; /* a quarter is reserved; one address may have seven eighths of the rest */

static struct shares *shares;

static void begin(void)
{
    shares = shares_new(DESCRIPTORS, OWN);
}

static struct share *enter(const char *address, size_t count, enum share_limit *limit)
{
    struct share *share = NULL;

    while (count-- > 0)
        share = share_enter(shares, address, limit);
    return share;
}

static void leave(struct share *share, size_t count)
{
    while (count-- > 0)
        share_leave(share);
}

TEST(one_address_gets_seven_eighths_of_the_connections)
{
    enum share_limit limit;

    begin();
    struct share *one = enter("10.0.0.1", OF_ADDRESS, &limit);
    assert_int_equal(limit, SHARE_FREE);
    enter("10.0.0.1", 1, &limit);
    assert_int_equal(limit, SHARE_OF_ADDRESS_TAKEN);
    leave(one, 1);
    struct share *other = enter("10.0.0.2", MOST - OF_ADDRESS, &limit);
    assert_int_equal(limit, SHARE_FREE);
    enter("10.0.0.2", 1, &limit);
    assert_int_equal(limit, SHARE_OF_ALL_TAKEN);
    leave(one, OF_ADDRESS);
    leave(other, MOST - OF_ADDRESS + 1);
    shares_free(shares);
}

TEST(what_the_server_needs_itself_is_no_connections)
{
    enum share_limit limit;

    shares = shares_new(DESCRIPTORS, DESCRIPTORS - 8);
    struct share *one = enter("10.0.0.1", 7, &limit), *other = enter("10.0.0.2", 1, &limit);
    assert_int_equal(limit, SHARE_FREE);
    enter("10.0.0.2", 1, &limit);
    assert_int_equal(limit, SHARE_OF_ALL_TAKEN);
    leave(one, 7);
    leave(other, 2);
    shares_free(shares);
}

TEST(a_network_of_ipv6_is_one_address)
{
    enum share_limit limit;

    begin();
    struct share *one = enter("2001:db8:0:1::1", 1, &limit);
    assert_ptr_equal(enter("2001:db8:0:1:ffff::2", 1, &limit), one);
    struct share *other = enter("2001:db8:0:2::1", 1, &limit);
    assert_ptr_not_equal(other, one);
    leave(one, 2);
    leave(other, 1);
    shares_free(shares);
}

TEST(one_address_gets_seven_eighths_of_the_memory_and_small_requests_have_room_of_their_own)
{
    enum share_limit limit;
    size_t all = LIMIT_BODIES_BYTES, most = all / 8 * 7, small = LIMIT_SMALL_BODY_BYTES;

    begin();
    struct share *one = enter("10.0.0.1", 1, &limit), *other = enter("10.0.0.2", 1, &limit);
    assert_true(share_take(one, most, most));
    assert_false(share_take(one, small + 1, 1));
    assert_true(share_take(one, small, small));
    assert_true(share_take(other, all - most - small, all - most - small));
    assert_false(share_take(other, small + 1, 1));
    assert_true(share_take(other, small, LIMIT_SMALL_BODIES_BYTES));
    assert_false(share_take(other, small, 1));
    share_give(one, most + small);
    assert_true(share_take(one, small + 1, 1));
    share_give(one, 1);
    share_give(other, all - most - small + LIMIT_SMALL_BODIES_BYTES);
    leave(one, 1);
    leave(other, 1);
    shares_free(shares);
}

TEST(a_request_in_flight_keeps_the_share_of_a_client_that_has_gone)
{
    enum share_limit limit;

    begin();
    struct share *share = enter("10.0.0.1", 1, &limit);
    share_keep(share);
    assert_true(share_take(share, 10, 10));
    leave(share, 1);
    share_give(share, 10);
    share_let_go(share);
    shares_free(shares);
}

TEST(one_address_gets_seven_eighths_of_the_disk)
{
    enum share_limit limit;
    size_t all = LIMIT_SPOOLS_BYTES, most = all / 8 * 7;

    begin();
    struct share *one = enter("10.0.0.1", 1, &limit), *other = enter("10.0.0.2", 1, &limit);
    assert_true(share_take_disk(one, most));
    assert_false(share_take_disk(one, 1));
    assert_true(share_take_disk(other, all - most));
    assert_false(share_take_disk(other, 1));
    share_give_disk(one, 1);
    assert_true(share_take_disk(other, 1));
    assert_false(share_take_disk(one, 1));
    share_give_disk(one, most - 1);
    share_give_disk(other, all - most + 1);
    leave(one, 1);
    leave(other, 1);
    shares_free(shares);
}

static struct share_stream streams[LIMIT_STREAMS + 1];

TEST(one_address_gets_seven_eighths_of_the_streams_and_others_the_rest)
{
    enum share_limit limit;
    size_t most = LIMIT_STREAMS / 8 * 7;
    struct share_stream none = {0};

    begin();
    struct share *one = enter("10.0.0.1", 1, &limit), *other = enter("10.0.0.2", 1, &limit);
    for (size_t i = 0; i < most; i++)
        assert_int_equal(share_begin_stream(one, S(""), &streams[i]), SHARE_FREE);
    assert_int_equal(share_begin_stream(one, S(""), &none), SHARE_OF_ADDRESS_TAKEN);
    for (size_t i = most; i < LIMIT_STREAMS; i++)
        assert_int_equal(share_begin_stream(other, S(""), &streams[i]), SHARE_FREE);
    assert_int_equal(share_begin_stream(other, S(""), &none), SHARE_OF_ALL_TAKEN);
    assert_int_equal(share_begin_stream(one, S(""), &none), SHARE_OF_ADDRESS_TAKEN);
    share_end_stream(&streams[0]);
    assert_int_equal(share_begin_stream(other, S(""), &streams[0]), SHARE_FREE);
    assert_int_equal(share_begin_stream(one, S(""), &none), SHARE_OF_ALL_TAKEN);
    assert_null(none.share);
    for (size_t i = 0; i < LIMIT_STREAMS; i++)
        share_end_stream(&streams[i]);
    leave(one, 1);
    leave(other, 1);
    shares_free(shares);
}

TEST(one_principal_gets_seven_eighths_of_the_streams_whatever_its_addresses)
{
    enum share_limit limit;
    size_t most = LIMIT_STREAMS / 8 * 7;
    struct share_stream none = {0};

    begin();
    struct share *one = enter("10.0.0.1", 1, &limit), *other = enter("10.0.0.2", 1, &limit);
    for (size_t i = 0; i < most; i++)
        assert_int_equal(share_begin_stream(i % 2 ? one : other, S("mallory"), &streams[i]), SHARE_FREE);
    assert_int_equal(share_begin_stream(one, S("mallory"), &none), SHARE_OF_PRINCIPAL_TAKEN);
    assert_int_equal(share_begin_stream(one, S("alice"), &streams[most]), SHARE_FREE);
    share_end_stream(&streams[0]);
    assert_int_equal(share_begin_stream(other, S("mallory"), &streams[0]), SHARE_FREE);
    assert_int_equal(share_begin_stream(one, S("mallory"), &none), SHARE_OF_PRINCIPAL_TAKEN);
    for (size_t i = 0; i <= most; i++)
        share_end_stream(&streams[i]);
    leave(one, 1);
    leave(other, 1);
    shares_free(shares);
}

TESTS(test(one_address_gets_seven_eighths_of_the_connections),
      test(one_address_gets_seven_eighths_of_the_disk),
      test(one_address_gets_seven_eighths_of_the_streams_and_others_the_rest),
      test(one_principal_gets_seven_eighths_of_the_streams_whatever_its_addresses),
      test(what_the_server_needs_itself_is_no_connections), test(a_network_of_ipv6_is_one_address),
      test(one_address_gets_seven_eighths_of_the_memory_and_small_requests_have_room_of_their_own),
      test(a_request_in_flight_keeps_the_share_of_a_client_that_has_gone))
