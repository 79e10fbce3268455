/*
 * aws_chunked.c: a machine that reads lines ("2000;chunk-signature=…", trailers) and the data between them.
 */
#include "wire/aws_chunked.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define PAYLOAD "AWS4-HMAC-SHA256-PAYLOAD"
#define TRAILER "AWS4-HMAC-SHA256-TRAILER"
#define SIGNATURE "chunk-signature="

enum { LONGEST_LINE = 512, MOST_SIZE_DIGITS = 15, SIGNATURE_DIGITS = 2 * SHA256_SIZE };

enum state { IN_SIZE, IN_DATA, AFTER_DATA, IN_TRAILER, AT_END };

struct aws_chunked {
    struct aws_chunked_terms terms;
    struct arena arena; /* of the terms' texts; what one step needs is rewound */
    enum state state;
    enum aws_chunked_result failed; /* AWS_CHUNKED_MORE: not yet */
    char line[LONGEST_LINE];
    size_t line_size;
    uint64_t chunk_left, left; /* bytes of this chunk, and of the whole body, that are still to come */
    bool small_seen;           /* a chunk below the least size: it must be the last one */
    bool checked;              /* the trailer's checksum has come, and is right */
    bool trailer_signed;
    struct sha256_sum *chunk_hash;
    struct checksum *checksum;
    char signature[SIGNATURE_DIGITS]; /* of this chunk, as the client says */
    char previous[SIGNATURE_DIGITS];  /* of the chunk before, or of the request */
    char trailer[LONGEST_LINE];       /* "x-amz-checksum-crc32:value\n": what its signature covers */
    size_t trailer_size;
};

struct aws_chunked *aws_chunked_new(const struct aws_chunked_terms *terms)
{
    struct aws_chunked *reader = calloc(1, sizeof *reader);

    check(reader != NULL);
    reader->terms = *terms;
    reader->left = terms->size;
    if (terms->trailer != CHECKSUM_NONE)
        reader->checksum = checksum_new(terms->trailer);
    if (!terms->is_signed)
        return reader;
    reader->terms.amz_date = arena_copy(&reader->arena, terms->amz_date);
    reader->terms.scope = arena_copy(&reader->arena, terms->scope);
    check(terms->signature.size == SIGNATURE_DIGITS);
    memcpy(reader->previous, terms->signature.data, SIGNATURE_DIGITS);
    reader->chunk_hash = sha256_begin();
    return reader;
}

void aws_chunked_free(struct aws_chunked *reader)
{
    if (!reader)
        return;
    if (reader->chunk_hash)
        sha256_end(reader->chunk_hash);
    checksum_free(reader->checksum);
    arena_free(&reader->arena);
    free(reader);
}

/* ---- signatures ---- */

static str hex_of(struct arena *arena, struct sha256 hash)
{
    return hex_encode(arena, HASH_STR(hash));
}

/* Is `given` the signature of this text, after the previous signature?  Then it is the previous one. */
static bool signature_is(struct aws_chunked *reader, str given, str algorithm, str hashes)
{
    if (reader->terms.key_unknown)
        return true;
    struct arena_mark mark = arena_mark(&reader->arena);
    str to_sign = arena_format(&reader->arena, "%.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_ARGS(algorithm),
                               STR_ARGS(reader->terms.amz_date), STR_ARGS(reader->terms.scope),
                               STR_ARGS(((str){reader->previous, SIGNATURE_DIGITS})), STR_ARGS(hashes));
    str expected = hex_of(&reader->arena, hmac_sha256(HASH_STR(reader->terms.signing_key), to_sign));
    bool good = equal_in_constant_time(expected, given);

    arena_rewind(&reader->arena, mark);
    if (good)
        memcpy(reader->previous, given.data, SIGNATURE_DIGITS);
    return good;
}

static enum aws_chunked_result end_chunk(struct aws_chunked *reader)
{
    if (!reader->terms.is_signed)
        return AWS_CHUNKED_MORE;
    struct arena_mark mark = arena_mark(&reader->arena);
    str of_nothing = hex_of(&reader->arena, sha256(S("")));
    str of_data = hex_of(&reader->arena, sha256_end(reader->chunk_hash));
    str hashes = arena_concat(&reader->arena, of_nothing, S("\n"), of_data);
    bool good = signature_is(reader, (str){reader->signature, SIGNATURE_DIGITS}, S(PAYLOAD), hashes);
    arena_rewind(&reader->arena, mark);
    reader->chunk_hash = sha256_begin();
    return good ? AWS_CHUNKED_MORE : AWS_CHUNKED_MISMATCH;
}

/* ---- lines ---- */

static bool read_hex(str text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *number = *number * 16 + (uint64_t)digit;
    }
    return text.size > 0 && text.size <= MOST_SIZE_DIGITS;
}

/* "2000", or signed "2000;chunk-signature=…" */
static bool read_size_line(struct aws_chunked *reader, str line)
{
    str extension = line, size;

    str_next(&extension, ';', &size);
    if (!read_hex(size, &reader->chunk_left))
        return false;
    if (!reader->terms.is_signed)
        return !str_present(extension);
    if (!str_starts_with(extension, S(SIGNATURE)))
        return false;
    str signature = str_from(extension, sizeof SIGNATURE - 1);
    if (signature.size != SIGNATURE_DIGITS)
        return false;
    memcpy(reader->signature, signature.data, SIGNATURE_DIGITS);
    return true;
}

static enum aws_chunked_result begin_chunk(struct aws_chunked *reader, str line)
{
    if (!read_size_line(reader, line) || reader->chunk_left > reader->left)
        return AWS_CHUNKED_BAD;
    reader->state = reader->chunk_left > 0 ? IN_DATA : IN_TRAILER;
    if (reader->chunk_left == 0)
        return reader->left > 0 ? AWS_CHUNKED_BAD : end_chunk(reader);
    if (reader->small_seen)
        return AWS_CHUNKED_SMALL_CHUNK;
    reader->small_seen = reader->chunk_left < AWS_CHUNKED_LEAST_CHUNK_BYTES;
    reader->left -= reader->chunk_left;
    return AWS_CHUNKED_MORE;
}

static bool keep_trailer(struct aws_chunked *reader, str name, str value)
{
    size_t size = name.size + value.size + 2;

    if (size > sizeof reader->trailer)
        return false;
    memcpy(reader->trailer, name.data, name.size);
    reader->trailer[name.size] = ':';
    if (value.size)
        memcpy(reader->trailer + name.size + 1, value.data, value.size);
    reader->trailer[size - 1] = '\n';
    reader->trailer_size = size;
    return true;
}

static enum aws_chunked_result check_checksum(struct aws_chunked *reader, str name, str value)
{
    static const str prefix = STR_INIT("x-amz-checksum-");
    struct arena_mark mark = arena_mark(&reader->arena);

    if (reader->checked || !str_starts_with(name, prefix) ||
        checksum_kind_of(str_from(name, prefix.size)) != reader->terms.trailer ||
        !keep_trailer(reader, name, value))
        return AWS_CHUNKED_BAD_TRAILER;
    str expected = base64_encode(&reader->arena, checksum_end(&reader->arena, reader->checksum));
    reader->checked = true;
    bool good = str_equal(expected, value);
    arena_rewind(&reader->arena, mark);
    return good ? AWS_CHUNKED_MORE : AWS_CHUNKED_BAD_CHECKSUM;
}

static enum aws_chunked_result check_trailer_signature(struct aws_chunked *reader, str signature)
{
    struct arena_mark mark = arena_mark(&reader->arena);

    if (!reader->checked || reader->trailer_signed || signature.size != SIGNATURE_DIGITS)
        return AWS_CHUNKED_BAD_TRAILER;
    str hash = hex_of(&reader->arena, sha256((str){reader->trailer, reader->trailer_size}));
    reader->trailer_signed = signature_is(reader, signature, S(TRAILER), hash);
    arena_rewind(&reader->arena, mark);
    return reader->trailer_signed ? AWS_CHUNKED_MORE : AWS_CHUNKED_MISMATCH;
}

static enum aws_chunked_result end_body(struct aws_chunked *reader)
{
    bool wants_checksum = reader->terms.trailer != CHECKSUM_NONE;

    reader->state = AT_END;
    if (wants_checksum && (!reader->checked || (reader->terms.is_signed && !reader->trailer_signed)))
        return AWS_CHUNKED_BAD_TRAILER;
    return AWS_CHUNKED_END;
}

static enum aws_chunked_result read_trailer(struct aws_chunked *reader, str line)
{
    str value = line, name;

    if (line.size == 0)
        return end_body(reader);
    if (reader->terms.trailer == CHECKSUM_NONE)
        return AWS_CHUNKED_BAD;
    str_next(&value, ':', &name);
    if (!str_present(value))
        return AWS_CHUNKED_BAD_TRAILER;
    value = str_trim(value);
    return reader->terms.is_signed && str_equal(name, S("x-amz-trailer-signature"))
               ? check_trailer_signature(reader, value)
               : check_checksum(reader, name, value);
}

static enum aws_chunked_result after_data(struct aws_chunked *reader, str line)
{
    reader->state = IN_SIZE;
    return line.size > 0 ? AWS_CHUNKED_BAD : end_chunk(reader);
}

/* ---- bytes ---- */

/* Take a line, but for its "\r\n", out of *bytes.  False: it is not whole yet, or too long. */
static bool take_line(struct aws_chunked *reader, str *bytes, str *line)
{
    while (bytes->size > 0 && reader->line_size < LONGEST_LINE) {
        char c = bytes->data[0];
        *bytes = str_from(*bytes, 1);
        reader->line[reader->line_size++] = c;
        if (c != '\n' || reader->line_size < 2 || reader->line[reader->line_size - 2] != '\r')
            continue;
        *line = (str){reader->line, reader->line_size - 2};
        reader->line_size = 0;
        return true;
    }
    return false;
}

static void take_data(struct aws_chunked *reader, str *bytes, str *piece)
{
    size_t size = bytes->size < reader->chunk_left ? bytes->size : (size_t)reader->chunk_left;

    *piece = str_head(*bytes, size);
    *bytes = str_from(*bytes, size);
    reader->chunk_left -= size;
    if (reader->chunk_hash)
        sha256_add(reader->chunk_hash, *piece);
    if (reader->checksum)
        checksum_add(reader->checksum, *piece);
    if (reader->chunk_left == 0)
        reader->state = AFTER_DATA;
}

static enum aws_chunked_result read_line(struct aws_chunked *reader, str line)
{
    static enum aws_chunked_result (*const readers[])(struct aws_chunked *, str) = {
        [IN_SIZE] = begin_chunk, [AFTER_DATA] = after_data, [IN_TRAILER] = read_trailer};

    return readers[reader->state](reader, line);
}

enum aws_chunked_result aws_chunked_read(struct aws_chunked *reader, str *bytes, str *piece)
{
    enum aws_chunked_result result = reader->failed;
    str line;

    while (result == AWS_CHUNKED_MORE && bytes->size > 0) {
        if (reader->state == IN_DATA) {
            take_data(reader, bytes, piece);
            return AWS_CHUNKED_PIECE;
        }
        if (reader->state == AT_END)
            result = AWS_CHUNKED_BAD;
        else if (take_line(reader, bytes, &line))
            result = read_line(reader, line);
        else if (reader->line_size == LONGEST_LINE)
            result = AWS_CHUNKED_BAD;
    }
    if (result > AWS_CHUNKED_END)
        reader->failed = result;
    return result == AWS_CHUNKED_MORE && reader->state == AT_END ? AWS_CHUNKED_END : result;
}
