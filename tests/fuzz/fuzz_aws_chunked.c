/*
 * fuzz_aws_chunked.c: for any cuts, an encoded body gives the same body and the same result, and never
 * more than was announced; the input's bytes, encoded by us, come back.
 *
 * The first byte of the input chooses the terms, the second one the announced size.
 */
#include "base/text.h"
#include "fuzz.h"
#include "wire/aws_chunked.h"

struct decoded {
    enum aws_chunked_result result;
    str body;
};

static struct decoded decode(struct arena *arena, const struct aws_chunked_terms *terms, str encoded,
                             size_t step)
{
    struct aws_chunked *reader = aws_chunked_new(terms);
    struct decoded decoded = {AWS_CHUNKED_MORE, {0}};
    struct text text = text_in(arena);
    str piece;

    while (encoded.size > 0 && decoded.result <= AWS_CHUNKED_END) {
        str bytes = str_head(encoded, step), before = bytes;
        decoded.result = aws_chunked_read(reader, &bytes, &piece);
        encoded = str_from(encoded, before.size - bytes.size);
        if (decoded.result == AWS_CHUNKED_PIECE)
            text_add(&text, piece);
    }
    aws_chunked_free(reader);
    decoded.body = text_str(&text);
    return decoded;
}

static void check_all_ways(struct arena *arena, const struct aws_chunked_terms *terms, str encoded)
{
    struct decoded whole = decode(arena, terms, encoded, encoded.size),
                   cut = decode(arena, terms, encoded, 3);

    check(whole.result == cut.result && str_equal(whole.body, cut.body));
    check(whole.body.size <= terms->size);
    check(whole.result != AWS_CHUNKED_END || whole.body.size == terms->size);
}

static void check_round_trip(struct arena *arena, str body, enum checksum_kind kind, const char *name)
{
    struct aws_chunked_terms terms = {.trailer = kind, .size = body.size};
    struct checksum *checksum = checksum_new(kind);
    struct text text = text_in(arena);

    checksum_add(checksum, body);
    str sum = base64_encode(arena, checksum_end(arena, checksum));
    checksum_free(checksum);
    if (body.size > 0)
        text_format(&text, "%zx\r\n", body.size);
    text_add(&text, body);
    text_format(&text, "%s0\r\nx-amz-checksum-%s:%.*s\r\n\r\n", body.size ? "\r\n" : "", name, STR_ARGS(sum));
    struct decoded decoded = decode(arena, &terms, text_str(&text), 5);
    check(decoded.result == AWS_CHUNKED_END && str_equal(decoded.body, body));
}

FUZZ(arena, input)
{
    static const char *const names[] = {"crc32", "crc32c", "crc64nvme", "sha1", "sha256"};

    if (input.size < 2)
        return;
    unsigned choice = (unsigned char)input.data[0];
    struct aws_chunked_terms terms = {
        .is_signed = choice & 1,
        .trailer = (enum checksum_kind)(choice / 2 % (CHECKSUM_SHA256 + 1)),
        .size = (unsigned char)input.data[1],
        .amz_date = S("20130524T000000Z"),
        .scope = S("20130524/us-east-1/s3/aws4_request"),
        .signature = S("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"),
    };
    if (!terms.is_signed && terms.trailer == CHECKSUM_NONE)
        terms.trailer = CHECKSUM_CRC32;
    check_all_ways(arena, &terms, str_from(input, 2));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_round_trip(arena, str_from(input, 2), checksum_kind_of(str_of(names[i])), names[i]);
}
