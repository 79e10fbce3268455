#include "unit.h"

#include "base/text.h"
#include "wire/aws_chunked.h"
#include "wire/sigv4.h"

/*
 * The published examples: 66560 times "a" in chunks of 64 KiB and 1 KiB, without and with a signed trailer.
 */
#define SIGNED_SEED "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
#define TRAILER_SEED "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
enum { BIG = 65536, SMALL = 1024 };

static const char *const signed_chunks[] = {
    "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"};
static const char *const trailer_chunks[] = {
    "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"};
#define CHECKSUM "x-amz-checksum-crc32c:sOO8/Q==\r\n"
#define TRAILER_SIGNATURE                                                                                    \
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"

static str times(char c, size_t count)
{
    char *bytes = arena_alloc(&scratch, count + 1);

    memset(bytes, c, count);
    return (str){bytes, count};
}

static str example(const char *const lines[3], const char *trailer)
{
    struct text text = text_in(&scratch);

    for (size_t i = 0; i < 3; i++) {
        text_format(&text, "%s\r\n", lines[i]);
        if (i < 2)
            text_format(&text, "%.*s\r\n", STR_ARGS(times('a', i ? SMALL : BIG)));
    }
    text_format(&text, "%s\r\n", trailer);
    return text_str(&text);
}

static struct aws_chunked_terms terms_of_example(const char *seed, enum checksum_kind trailer)
{
    return (struct aws_chunked_terms){.is_signed = true,
                                      .trailer = trailer,
                                      .size = BIG + SMALL,
                                      .signing_key =
                                          sigv4_signing_key(S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                                            S("20130524"), S("us-east-1"), S("s3")),
                                      .amz_date = S("20130524T000000Z"),
                                      .scope = S("20130524/us-east-1/s3/aws4_request"),
                                      .signature = str_of(seed)};
}

static struct aws_chunked_terms unsigned_terms(uint64_t size)
{
    return (struct aws_chunked_terms){.trailer = CHECKSUM_CRC32, .size = size};
}

/* Feed the encoded body in pieces of that size; the decoded body is *body. */
static enum aws_chunked_result decode(const struct aws_chunked_terms *terms, str encoded, size_t step,
                                      str *body)
{
    struct aws_chunked *reader = aws_chunked_new(terms);
    struct text text = text_in(&scratch);
    enum aws_chunked_result result = AWS_CHUNKED_MORE;
    str piece;

    for (size_t at = 0; at < encoded.size && result <= AWS_CHUNKED_END; at += step) {
        str bytes = str_head(str_from(encoded, at), step);
        do {
            result = aws_chunked_read(reader, &bytes, &piece);
            if (result == AWS_CHUNKED_PIECE)
                text_add(&text, piece);
        } while (result == AWS_CHUNKED_PIECE || (result == AWS_CHUNKED_END && bytes.size > 0));
    }
    aws_chunked_free(reader);
    *body = text_str(&text);
    return result;
}

static enum aws_chunked_result result_of(const struct aws_chunked_terms *terms, str encoded)
{
    str body;

    return decode(terms, encoded, encoded.size, &body);
}

static enum aws_chunked_result unsigned_result(uint64_t size, const char *encoded)
{
    struct aws_chunked_terms terms = unsigned_terms(size);

    return result_of(&terms, str_of(encoded));
}

TEST(the_published_examples_are_read_however_they_are_cut)
{
    static const size_t steps[] = {1, 7, 8192, 1 << 20};
    struct aws_chunked_terms plain = terms_of_example(SIGNED_SEED, CHECKSUM_NONE);
    struct aws_chunked_terms trailer = terms_of_example(TRAILER_SEED, CHECKSUM_CRC32C);

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        str body, expected = times('a', BIG + SMALL);
        assert_int_equal(decode(&plain, example(signed_chunks, ""), steps[i], &body), AWS_CHUNKED_END);
        assert_true(str_equal(body, expected));
        assert_int_equal(
            decode(&trailer, example(trailer_chunks, CHECKSUM TRAILER_SIGNATURE), steps[i], &body),
            AWS_CHUNKED_END);
        assert_true(str_equal(body, expected));
    }
}

TEST(a_changed_byte_or_signature_does_not_match)
{
    struct aws_chunked_terms terms = terms_of_example(TRAILER_SEED, CHECKSUM_CRC32C);
    str good = example(trailer_chunks, CHECKSUM TRAILER_SIGNATURE);
    static const size_t places[] = {30, 1000, BIG + 130, BIG + 500};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        str bad = arena_copy(&scratch, good);
        ((char *)bad.data)[places[i]] ^= 1;
        assert_int_equal(result_of(&terms, bad), AWS_CHUNKED_MISMATCH);
    }
    str bad = arena_copy(&scratch, good);
    ((char *)bad.data)[bad.size - 5] ^= 1; /* of the trailer's signature */
    assert_int_equal(result_of(&terms, bad), AWS_CHUNKED_MISMATCH);
    assert_int_equal(result_of(&terms, example(signed_chunks, CHECKSUM TRAILER_SIGNATURE)),
                     AWS_CHUNKED_MISMATCH);
}

TEST(a_signed_trailer_needs_its_checksum_and_its_signature)
{
    struct aws_chunked_terms terms = terms_of_example(TRAILER_SEED, CHECKSUM_CRC32C);

    assert_int_equal(result_of(&terms, example(trailer_chunks, "")), AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(result_of(&terms, example(trailer_chunks, CHECKSUM)), AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(result_of(&terms, example(trailer_chunks, TRAILER_SIGNATURE)), AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(result_of(&terms, example(trailer_chunks, CHECKSUM CHECKSUM TRAILER_SIGNATURE)),
                     AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(result_of(&terms, example(trailer_chunks, CHECKSUM TRAILER_SIGNATURE TRAILER_SIGNATURE)),
                     AWS_CHUNKED_BAD_TRAILER);
}

TEST(an_unsigned_body_has_its_checksum_behind_it)
{
    assert_int_equal(unsigned_result(9, "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n"),
                     AWS_CHUNKED_END);
    assert_int_equal(
        unsigned_result(9, "000000000000009\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n"),
        AWS_CHUNKED_END);
    assert_int_equal(unsigned_result(0, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"), AWS_CHUNKED_END);
    assert_int_equal(unsigned_result(9, "9\r\n123456788\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n"),
                     AWS_CHUNKED_BAD_CHECKSUM);
    assert_int_equal(unsigned_result(9, "9\r\n123456789\r\n0\r\n\r\n"), AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(unsigned_result(9, "9\r\n123456789\r\n0\r\nx-amz-checksum-sha1:y/Q5Jg==\r\n\r\n"),
                     AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(unsigned_result(9, "9\r\n123456789\r\n0\r\nnothing\r\n\r\n"), AWS_CHUNKED_BAD_TRAILER);
    assert_int_equal(unsigned_result(9, "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n"),
                     AWS_CHUNKED_MORE);
}

TEST(a_body_of_another_size_or_form_is_refused)
{
    static const char *const bad[] = {
        "8\r\n12345678\r\n0\r\nx-amz-checksum-crc32:mui5AA==\r\n\r\n", /* one byte less than announced */
        "a\r\n", /* one byte more: no piece of it comes out */
        "9\r\n123456789x\r\n0\r\n",
        "9 \r\n123456789\r\n0\r\n",
        "\r\n123456789",
        "g\r\n",
        "0000000000000009\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", /* sixteen digits */
        "9;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
        "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\nmore",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(unsigned_result(9, bad[i]), AWS_CHUNKED_BAD);
}

TEST(a_line_has_at_most_512_bytes)
{
    struct aws_chunked_terms terms = unsigned_terms(9);
    str head = S("0\r\nx-amz-checksum-crc32:"), start = S("9\r\n123456789\r\n");
    size_t room = 512 - (head.size - 3) - 2;

    str whole = arena_concat(&scratch, start, head, times('A', room), S("\r\n"));
    str longer = arena_concat(&scratch, start, head, times('A', room + 1), S("\r\n"));
    assert_int_equal(result_of(&terms, whole), AWS_CHUNKED_BAD_CHECKSUM);
    assert_int_equal(result_of(&terms, longer), AWS_CHUNKED_BAD);
}

TEST(only_the_last_chunk_may_have_less_than_8192_bytes)
{
    struct aws_chunked_terms terms = unsigned_terms(8192 + 1), less = unsigned_terms(8191 + 1);

    assert_int_equal(
        result_of(&terms, arena_concat(&scratch, S("2000\r\n"), times('a', 8192), S("\r\n1\r\na\r\n"))),
        AWS_CHUNKED_MORE);
    assert_int_equal(
        result_of(&less, arena_concat(&scratch, S("1fff\r\n"), times('a', 8191), S("\r\n1\r\na\r\n"))),
        AWS_CHUNKED_SMALL_CHUNK);
}

TESTS(test(the_published_examples_are_read_however_they_are_cut),
      test(a_changed_byte_or_signature_does_not_match),
      test(a_signed_trailer_needs_its_checksum_and_its_signature),
      test(an_unsigned_body_has_its_checksum_behind_it), test(a_body_of_another_size_or_form_is_refused),
      test(a_line_has_at_most_512_bytes), test(only_the_last_chunk_may_have_less_than_8192_bytes))
