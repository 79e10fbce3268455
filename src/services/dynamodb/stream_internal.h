#pragma once

/*
 * stream_internal.h: what the files of DynamoDB Streams share.
 *
 * A stream has shards, one of them open; records of a stream are numbered in commit order.
 */
#include "base/time.h"
#include "dynamodb_internal.h"
#include "dynamodbstreams_model.h"

enum {
    STREAM_KEPT_MS = 24 * 60 * 60 * MS_PER_S,
    STREAM_SHARD_MS = 4 * 60 * 60 * MS_PER_S,
    STREAM_ITERATOR_MS = 15 * 60 * MS_PER_S,
    STREAM_NUMBER_BITS = 40, /* of a record's id */
};

/* A place in a shard. */
struct stream_position {
    str shard;
    int64_t after; /* the number of the last record that was read */
    int64_t issued_ms;
};

/* A stream, as requests name it; its row.id is 0 when the stream does not exist. */
struct stream {
    str arn;
    struct dynamodb_stream_row row;
    struct stream_position position; /* of a request with an iterator */
};

/* streams.c */
/* The stream of the request; NULL, after fail(), when it does not exist. */
const struct stream *dynamodb_stream_of(const struct call *call, const struct stream *stream);
/* Find the stream of that ARN.  False: the text is not the ARN of a stream. */
bool dynamodb_stream_find(const struct call *call, str arn, struct stream *stream);
/* As a locator, of any region, whether the stream exists or not.  False: the text is not a stream's ARN. */
bool dynamodb_locate_stream_arn(const struct call *call, str text, struct resource *found);
/* The resource that a request about the stream needs permission for. */
struct resource dynamodb_stream_resource(const struct call *call, const struct stream *stream);
/* Records and shards older than this are trimmed. */
int64_t dynamodb_stream_horizon_ms(const struct call *call);

/* The request's limit, at most and by default `most`.  False: fail() has been called. */
bool dynamodb_stream_limit(const struct call *call, const int64_t *limit, int64_t most, int64_t *read);

/* stream_record.c */
/*
 * The id of a stream's record of that number; number 0 is below, and (stream + 1, 0) above all its records.
 */
int64_t dynamodb_record_id(int64_t stream_id, int64_t number);
int64_t dynamodb_record_number(int64_t id);
/* The number of the newest record; 0 without one. */
int64_t dynamodb_last_record(const struct call *call, int64_t stream_id);
/* The sequence number of a record. */
str dynamodb_sequence_number(struct arena *arena, const struct dynamodb_stream_row *stream, int64_t number);
/* The number of that sequence number; false when it is not of this stream. */
bool dynamodb_sequence_read(const struct dynamodb_stream_row *stream, str text, int64_t *number);
/* What readers of the stream wait for. */
str dynamodb_stream_arrivals(const struct call *call, int64_t stream_id);
/* Open a shard; `parent` may be absent. */
void dynamodb_shard_open(const struct call *call, int64_t stream_id, str parent, int64_t first_number);
/* The last number of a closed shard: without records it has one number for itself. */
int64_t dynamodb_shard_end(int64_t first_number, int64_t last_number);
/* Close the shard; returns its last number. */
int64_t dynamodb_shard_close(const struct call *call, int64_t stream_id,
                             const struct dynamodb_find_last_shard_row *shard);

/* metrics.c */
/* Count what one read of the stream has returned. */
void dynamodb_count_records(const struct call *call, const struct dynamodb_stream_row *stream,
                            int64_t records, int64_t bytes);
/* For the module: what is counted when a request has ended. */
void dynamodb_stream_request_ended(const struct call *call, int64_t took_us);
