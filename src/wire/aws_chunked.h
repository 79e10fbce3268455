#pragma once

/*
 * aws_chunked.h: bodies of Content-Encoding aws-chunked, which come piece by piece.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 *
 * Three forms, by X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD (each chunk is signed), the same
 * with -TRAILER (a signed checksum follows), and STREAMING-UNSIGNED-PAYLOAD-TRAILER (only the checksum).
 *
 * Invariant: memory is bounded, whatever the size of chunks.  So pieces come out before the signature of
 * their chunk and the checksum are known: use them only after AWS_CHUNKED_END.
 */
#include "base/checksum.h"
#include "base/hash.h"

enum { AWS_CHUNKED_LEAST_CHUNK_BYTES = 8192 }; /* of every chunk but the last */

struct aws_chunked_terms {
    bool is_signed;
    enum checksum_kind trailer; /* of the checksum that X-Amz-Trailer announces; CHECKSUM_NONE: no trailer */
    uint64_t size;              /* X-Amz-Decoded-Content-Length */
    /* when it is signed: */
    bool key_unknown; /* signatures are read, but not compared */
    struct sha256 signing_key;
    str amz_date, scope, signature; /* of the request; scope is "20260131/eu-west-1/s3/aws4_request" */
};

enum aws_chunked_result {
    AWS_CHUNKED_MORE,         /* all bytes are used */
    AWS_CHUNKED_PIECE,        /* *piece has some of the body; read on */
    AWS_CHUNKED_END,          /* the body is whole, and everything is right */
    AWS_CHUNKED_BAD,          /* no such encoding, or not of the announced size: IncompleteBody */
    AWS_CHUNKED_SMALL_CHUNK,  /* InvalidChunkSizeError */
    AWS_CHUNKED_MISMATCH,     /* SignatureDoesNotMatch */
    AWS_CHUNKED_BAD_TRAILER,  /* MalformedTrailerError */
    AWS_CHUNKED_BAD_CHECKSUM, /* BadDigest */
};

struct aws_chunked;

/* Copies the texts of the terms.  The caller frees the reader. */
struct aws_chunked *aws_chunked_new(const struct aws_chunked_terms *terms);
void aws_chunked_free(struct aws_chunked *reader);

/*
 * Take bytes from the beginning of *bytes; *piece borrows from them.  After a result from AWS_CHUNKED_BAD on
 * every further call has the same result; bytes after the end are AWS_CHUNKED_BAD, and no bytes after it are
 * AWS_CHUNKED_END again.
 */
enum aws_chunked_result aws_chunked_read(struct aws_chunked *reader, str *bytes, str *piece);
