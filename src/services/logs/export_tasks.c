/*
 * export_tasks.c: exports to S3.
 *
 * There is no S3, so no bucket exists and no task: a request fails as on AWS for a bucket that does not
 * exist. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html
 */
#include "logs_internal.h"

enum outcome logs_create_export_task(const struct call *call,
                                     const struct logs_create_export_task_request *in,
                                     struct logs_create_export_task_response *out)
{
    (void)out;
    if (!logs_group_of(call))
        return FAILED;
    if (in->from >= in->to)
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The start time must be before the end time.");
    return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                "The given bucket does not exist. Please make sure the bucket is valid.");
}

enum outcome logs_describe_export_tasks(const struct call *call,
                                        const struct logs_describe_export_tasks_request *in,
                                        struct logs_describe_export_tasks_response *out)
{
    struct page page;

    if (!logs_page_open(call, in->next_token, in->limit, &page))
        return FAILED;
    list_make_empty(call->arena, &out->export_tasks);
    return DONE;
}

enum outcome logs_cancel_export_task(const struct call *call,
                                     const struct logs_cancel_export_task_request *in,
                                     struct logs_cancel_export_task_output *out)
{
    (void)in;
    (void)out;
    return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified export task does not exist.");
}
