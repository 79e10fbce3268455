/*
 * reader.c: the handler of reader.h.
 */
#include "reader.h"

#include "dynamodbstreams_model.h"
#include "reader_model.h"

enum outcome reader_read(const struct call *call, const struct reader_read_request *in,
                         struct reader_read_result *out)
{
    struct dynamodbstreams_await_records_input asked = {.shard_iterator = in->shard_iterator,
                                                        .wait_seconds = in->wait_seconds};
    struct dynamodbstreams_get_records_output found = {0};
    struct failure failure;
    enum outcome outcome =
        invoke(call, call->caller, &DYNAMODBSTREAMS_AWAIT_RECORDS, &asked, &found, &failure);

    if (outcome == FAILED)
        return fail(call, &READER_REFUSED, "%.*s", STR_ARGS(failure.message));
    out->records = arena_i64(call->arena, (int64_t)found.records.count);
    out->next = found.next_shard_iterator;
    return outcome;
}

const struct module READER_MODULE = {.service = &READER_SERVICE};
