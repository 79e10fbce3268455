#include "unit.h"

#include "base/hash.h"

#define assert_hex(hash, literal)                                                                            \
    do {                                                                                                     \
        __typeof__(hash) digest = (hash);                                                                    \
        assert_text(hex_encode(&scratch, HASH_STR(digest)), literal);                                        \
    } while (0)

TEST(md5_gives_the_examples_of_rfc_1321)
{
    assert_hex(md5(S("")), "d41d8cd98f00b204e9800998ecf8427e");
    assert_hex(md5(S("abc")), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(sha256_gives_the_examples_of_fips_180)
{
    assert_hex(sha256((str){0}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hex(sha256(S("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(hmac_gives_the_examples_of_rfc_4231)
{
    char long_key[131];

    memset(long_key, 0xaa, sizeof long_key);
    assert_hex(hmac_sha256(S("Jefe"), S("what do ya want for nothing?")),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_hex(hmac_sha256((str){long_key, sizeof long_key},
                           S("Test Using Larger Than Block-Size Key - Hash Key First")),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(crc32_gives_its_check_value)
{
    assert_true(crc32_of(S("123456789")) == 0xcbf43926u);
    assert_true(crc32_of(S("")) == 0);
}

TEST(hexadecimal_goes_both_ways)
{
    str bytes;

    assert_text(hex_encode(&scratch, S("\x00\xff\x1a")), "00ff1a");
    assert_true(hex_decode(&scratch, S("00fF1a"), &bytes));
    assert_text(bytes, "\x00\xff\x1a");
    assert_false(hex_decode(&scratch, S("0"), &bytes));
    assert_false(hex_decode(&scratch, S("0g"), &bytes));
}

TEST(base64_gives_the_examples_of_rfc_4648)
{
    static const struct {
        str plain, encoded;
    } examples[] = {{STR_INIT(""), STR_INIT("")},
                    {STR_INIT("f"), STR_INIT("Zg==")},
                    {STR_INIT("fo"), STR_INIT("Zm8=")},
                    {STR_INIT("foo"), STR_INIT("Zm9v")},
                    {STR_INIT("foob"), STR_INIT("Zm9vYg==")},
                    {STR_INIT("\xff\xfe\xfd"), STR_INIT("//79")}};
    str decoded;

    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        assert_str(base64_encode(&scratch, examples[i].plain), examples[i].encoded);
        struct text text = text_in(&scratch);
        text_add(&text, S("is "));
        base64_add(&text, examples[i].plain);
        assert_str(str_from(text_str(&text), 3), examples[i].encoded);
        assert_true(base64_decode(&scratch, examples[i].encoded, &decoded));
        assert_str(decoded, examples[i].plain);
    }
}

TEST(base64_takes_nothing_from_behind_the_text)
{
    assert_text(base64_encode(&scratch, str_head(S("f\xff\xff"), 1)), "Zg==");
    assert_text(base64_encode(&scratch, str_head(S("fo\xff"), 2)), "Zm8=");
}

TEST(careless_base64_is_refused)
{
    static const str bad[] = {STR_INIT("Zg"),   STR_INIT("Zg="),    STR_INIT("Zh=="), STR_INIT("Zm9="),
                              STR_INIT("===="), STR_INIT("Zm9v\n"), STR_INIT("Zm-v"), STR_INIT("Zg==Zg==")};
    str decoded;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base64_decode(&scratch, bad[i], &decoded));
}

TEST(base64_for_urls_goes_both_ways)
{
    static const struct {
        str plain, encoded;
    } examples[] = {{STR_INIT(""), STR_INIT("")},
                    {STR_INIT("f"), STR_INIT("Zg")},
                    {STR_INIT("fo"), STR_INIT("Zm8")},
                    {STR_INIT("foo"), STR_INIT("Zm9v")},
                    {STR_INIT("\xff\xfe\xfd"), STR_INIT("__79")},
                    {STR_INIT("\xfb\xef"), STR_INIT("--8")}};
    static const str bad[] = {STR_INIT("Z"),    STR_INIT("Zh"),  STR_INIT("Zm9"),  STR_INIT("Zg=="),
                              STR_INIT("//79"), STR_INIT("++8"), STR_INIT("Zm8="), STR_INIT("Zm9v\n")};
    str decoded;

    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        assert_str(base64url_encode(&scratch, examples[i].plain), examples[i].encoded);
        assert_true(base64url_decode(&scratch, examples[i].encoded, &decoded));
        assert_str(decoded, examples[i].plain);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base64url_decode(&scratch, bad[i], &decoded));
}

TEST(equality_in_constant_time_is_equality)
{
    assert_true(equal_in_constant_time(S("abc"), S("abc")));
    assert_false(equal_in_constant_time(S("abc"), S("abd")));
    assert_false(equal_in_constant_time(S("abc"), S("ab")));
}

TEST(a_uuid_has_its_version_and_variant)
{
    str uuid = random_uuid(&scratch);

    assert_int_equal(uuid.size, 36);
    assert_int_equal(uuid.data[14], '4');
    assert_non_null(strchr("89ab", uuid.data[19]));
    assert_false(str_equal(uuid, random_uuid(&scratch)));
}

TEST(random_text_uses_its_alphabet)
{
    str text = random_text(&scratch, S("xyz"), 100);

    assert_int_equal(text.size, 100);
    assert_int_equal(strspn(text.data, "xyz"), 100);
}

/* The order is stored on disk: these values must never change. */
TEST(keys_are_spread_by_all_but_their_last_two_bytes)
{
    assert_text(hex_encode(&scratch, spread_key(&scratch, S(""))), "89688c2b");
    assert_text(hex_encode(&scratch, spread_key(&scratch, S("ab"))), "89688c2b6162");
    assert_text(hex_encode(&scratch, str_head(spread_key(&scratch, S("order-1234")), 4)), "5aea8041");
    assert_text(hex_encode(&scratch, str_head(spread_key(&scratch, S("order-1299")), 4)), "5aea8041");
    assert_text(hex_encode(&scratch, str_head(spread_key(&scratch, S("order-1300")), 4)), "f711bbf7");
    assert_text(hex_encode(&scratch, spread_bytes(&scratch, 0x01020304)), "01020304");
}

TESTS(test(keys_are_spread_by_all_but_their_last_two_bytes), test(md5_gives_the_examples_of_rfc_1321),
      test(sha256_gives_the_examples_of_fips_180), test(hmac_gives_the_examples_of_rfc_4231),
      test(crc32_gives_its_check_value), test(hexadecimal_goes_both_ways),
      test(base64_gives_the_examples_of_rfc_4648), test(base64_takes_nothing_from_behind_the_text),
      test(careless_base64_is_refused), test(base64_for_urls_goes_both_ways),
      test(equality_in_constant_time_is_equality), test(a_uuid_has_its_version_and_variant),
      test(random_text_uses_its_alphabet))
