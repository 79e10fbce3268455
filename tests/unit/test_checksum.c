#include "unit.h"

#include "base/checksum.h"
#include "base/hash.h"

static str sum(const char *name, str data, size_t piece)
{
    struct checksum *checksum = checksum_new(checksum_kind_of(str_of(name)));

    for (size_t at = 0; at < data.size; at += piece)
        checksum_add(checksum, str_head(str_from(data, at), piece));
    str bytes = hex_encode(&scratch, checksum_end(&scratch, checksum));
    checksum_free(checksum);
    return bytes;
}

/* The check values of the catalogue of CRCs, and of FIPS 180. */
TEST(each_kind_has_its_published_value_however_the_data_is_cut)
{
    static const char *const known[][3] = {
        {"crc32", "123456789", "cbf43926"},
        {"CRC32C", "123456789", "e3069283"},
        {"crc64nvme", "123456789", "ae8b14860a799888"},
        {"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (size_t piece = 1; piece < 10; piece++)
            assert_str(sum(known[i][0], str_of(known[i][1]), piece), str_of(known[i][2]));
}

TEST(nothing_has_a_checksum_too)
{
    assert_text(sum("crc32", S(""), 1), "00000000");
    assert_text(sum("crc32c", S(""), 1), "00000000");
    assert_text(sum("crc64nvme", S(""), 1), "0000000000000000");
    assert_text(sum("sha1", S(""), 1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(another_name_is_no_kind)
{
    static const char *const names[] = {"", "crc", "crc32d", "md5", "sha512"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(checksum_kind_of(str_of(names[i])), CHECKSUM_NONE);
}

TESTS(test(each_kind_has_its_published_value_however_the_data_is_cut), test(nothing_has_a_checksum_too),
      test(another_name_is_no_kind))
