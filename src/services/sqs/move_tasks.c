/*
 * move_tasks.c: StartMessageMoveTask and its relatives: messages of a dead-letter queue move back to the
 * queues that they came from, or to another queue.
 *
 * A task is a row; a timer of its own runs it in slices, so that it continues after a restart.  Each run
 * moves its messages in one transaction, and counts them in the row.  A queue has at most one running task,
 * its latest.
 */
#include "sqs_internal.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/text.h"
#include "wire/json.h"

#include <string.h>

enum {
    TASKS_KEPT = 10,   /* of each queue */
    MAX_RUNNING = 100, /* of each account */
    MAX_RUNNING_MS = 36 * 3600 * MS_PER_S,
    MAX_PER_SECOND = 500,
    MESSAGES_READ = 10, /* at once */
    MESSAGES_PER_RUN = 200,
    SOURCES_PAGE = 100,
};

static const str running = STR_INIT("RUNNING");

/* ---- resources ---- */

static bool arn_check(const struct call *call, const char *parameter, str text, struct queue_address *address)
{
    if (sqs_queue_arn_split(text, address))
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "You must use this format to specify the %s: "
         "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
         parameter);
    return false;
}

/* Queues of another region do not exist here. */
static bool locate(const struct call *call, const char *parameter, str arn, struct resource *found)
{
    struct queue_address address;

    if (!arn_check(call, parameter, arn, &address))
        return false;
    sqs_locate_arn(call, arn, found);
    if (!str_equal(address.region, call->region))
        found->row = NULL;
    return true;
}

bool sqs_locate_source(const struct call *call, str arn, struct resource *found)
{
    return locate(call, "SourceArn", arn, found);
}

bool sqs_locate_destination(const struct call *call, str arn, struct resource *found)
{
    return locate(call, "DestinationArn", arn, found);
}

static const struct queue *queue_at(const struct call *call, size_t index, const char *parameter)
{
    const struct queue *queue = call_resource(call, index)->row;

    if (!queue)
        fail(call, &SQS_RESOURCE_NOT_FOUND_EXCEPTION,
             "The resource that you specified for the %s parameter doesn't exist.", parameter);
    return queue;
}

/* ---- handles ---- */

static str handle_of(const struct call *call, const struct sqs_move_task_row *task)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("taskId"), task->task_id);
    json_field(&writer, S("sourceArn"), task->source_arn);
    json_close_object(&writer);
    return base64_encode(call->arena, json_written(&writer));
}

/* False: the text is no handle. */
static bool handle_read(const struct call *call, str handle, str *task_id, str *source_arn)
{
    str text;

    if (!base64_decode(call->arena, handle, &text))
        return false;
    const struct json *json = json_parse(call->arena, text, NULL);
    *task_id = json_get_str(json, S("taskId"));
    *source_arn = json_get_str(json, S("sourceArn"));
    return str_present(*task_id) && str_present(*source_arn);
}

bool sqs_locate_source_of_task(const struct call *call, const struct sqs_cancel_message_move_task_request *in,
                               struct resource *found)
{
    str task_id, source_arn;

    if (handle_read(call, in->task_handle, &task_id, &source_arn))
        return sqs_locate_source(call, source_arn, found);
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Value for parameter TaskHandle is invalid.");
    return false;
}

/* ---- start ---- */

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", sentence);
    return false;
}

static struct sqs_queue_name_rows sources_after(const struct call *call, const struct queue *queue, str after,
                                                int64_t limit)
{
    return sqs_list_sources(call->txn, &(struct sqs_list_sources_params){.account = queue->row.account,
                                                                         .region = queue->row.region,
                                                                         .dead_letter_arn = queue->arn,
                                                                         .after = after,
                                                                         .limit = limit});
}

static bool dead_letters_check(const struct call *call, const struct queue *queue)
{
    return sources_after(call, queue, S(""), 1).count > 0 ||
           refuse(call, "Source queue must be configured as a Dead Letter Queue.");
}

static bool destination_check(const struct call *call, const struct queue *queue,
                              const struct sqs_start_message_move_task_request *in)
{
    if (str_equal(in->destination_arn, in->source_arn))
        return refuse(call, "Source queue arn and destination queue arn cannot be the same.");
    const struct queue *destination = queue_at(call, 1, "DestinationArn");
    return destination &&
           (destination->row.fifo == queue->row.fifo ||
            refuse(call, "The source queue and destination queue must be of the same queue type."));
}

static bool may_send_to(const struct call *call, const struct queue *queue, str name)
{
    struct resource resource = {0};

    sqs_locate_arn(call,
                   arn_build(call->arena, &(struct arn){.service = S("sqs"),
                                                        .region = queue->row.region,
                                                        .account = queue->row.account,
                                                        .resource = name}),
                   &resource);
    return authorize_action(call, S("sqs:SendMessage"), &resource);
}

/*
 * The messages may go to each queue that has this one as its dead-letter queue.  False, after fail(), with
 * the name of a queue to which they may not.
 */
static bool may_send_to_all(const struct call *call, const struct queue *queue, str *denied)
{
    struct sqs_queue_name_rows page = sources_after(call, queue, S(""), SOURCES_PAGE);

    while (page.count > 0) {
        for (size_t i = 0; i < page.count; i++)
            if (!may_send_to(call, queue, *denied = page.items[i].name))
                return false;
        page = sources_after(call, queue, page.items[page.count - 1].name, SOURCES_PAGE);
    }
    *denied = (str){0};
    return true;
}

/* What a worker has found out about the sources, and their state at that time. */
struct sources {
    struct sha256 state;
    str denied; /* one that the caller may not send to; absent: the caller may send to all */
};

static struct sha256 state_of_sources(const struct call *call, const struct queue *queue)
{
    struct text all = text_in(call->arena);
    const struct sqs_list_source_states_params params = {
        .account = queue->row.account, .region = queue->row.region, .dead_letter_arn = queue->arn};
    struct sqs_list_source_states_cursor cursor = sqs_list_source_states_open(call->txn, &params);
    struct sqs_list_source_states_row row;

    while (sqs_list_source_states_next(&cursor, &row))
        text_add(&all, (str){(const char *)&row, sizeof row});
    sqs_list_source_states_close(&cursor);
    return sha256(text_str(&all));
}

/* An account may have many sources, and each is authorized: a worker does that. */
void sqs_start_message_move_task_prepare(const struct call *call,
                                         const struct sqs_start_message_move_task_request *in)
{
    const struct queue *queue = call_resource(call, 0)->row;
    struct sources *sources = arena_new(call->arena, struct sources);

    if (!queue || !str_empty(in->destination_arn))
        return;
    sources->state = state_of_sources(call, queue);
    may_send_to_all(call, queue, &sources->denied);
    leave_prepared(call, sources);
}

static bool may_send_back(const struct call *call, const struct queue *queue)
{
    const struct sources *sources = prepared(call);
    str denied;

    if (sources && str_present(sources->denied) && !may_send_to(call, queue, sources->denied))
        return false;
    if (sources && !str_present(sources->denied)) {
        struct sha256 now = state_of_sources(call, queue);
        if (memcmp(&now, &sources->state, sizeof now) == 0)
            return true;
    }
    return may_send_to_all(call, queue, &denied);
}

static bool rate_check(const struct call *call, const int64_t *rate)
{
    return !rate || (*rate >= 1 && *rate <= MAX_PER_SECOND) ||
           refuse(call,
                  "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a "
                  "number that's between 1 and 500.");
}

static bool is_running(const struct sqs_move_task_row *task)
{
    return str_equal(task->status, running);
}

static struct sqs_move_task_rows latest_of(const struct call *call, const struct queue *queue, int64_t limit)
{
    return sqs_list_move_tasks(
        call->txn, &(struct sqs_list_move_tasks_params){.queue_id = queue->row.id, .limit = limit});
}

static bool idle_check(const struct call *call, const struct queue *queue)
{
    struct sqs_move_task_rows latest = latest_of(call, queue, 1);

    return latest.count == 0 || !is_running(&latest.items[0]) ||
           refuse(call, "There is already a task running. Only one active task is allowed for a source queue "
                        "arn at a given time.");
}

static bool number_check(const struct call *call, const struct queue *queue)
{
    struct sqs_count_running_tasks_row running_tasks = {0};

    sqs_count_running_tasks(
        call->txn, &(struct sqs_count_running_tasks_params){.account = queue->row.account}, &running_tasks);
    if (running_tasks.count < MAX_RUNNING)
        return true;
    fail(call, &SQS_UNSUPPORTED_OPERATION,
         "The account has %d active message movement tasks, which is the maximum.", MAX_RUNNING);
    return false;
}

static bool start_check(const struct call *call, const struct queue *queue,
                        const struct sqs_start_message_move_task_request *in)
{
    return dead_letters_check(call, queue) &&
           (str_empty(in->destination_arn) ? may_send_back(call, queue)
                                           : destination_check(call, queue, in)) &&
           rate_check(call, in->max_number_of_messages_per_second) && idle_check(call, queue) &&
           number_check(call, queue);
}

static void run_at(const struct call *call, const struct sqs_move_task_row *task, int64_t due_ms)
{
    timer_set(call, &SQS_MOVE_MESSAGES, task->task_id, due_ms,
              &(struct sqs_move_messages_request){.task_id = task->task_id});
}

static void remove_older(const struct call *call, const struct queue *queue, int64_t kept)
{
    sqs_remove_old_move_tasks(
        call->txn, &(struct sqs_remove_old_move_tasks_params){.queue_id = queue->row.id, .kept = kept});
}

enum outcome sqs_start_message_move_task(const struct call *call,
                                         const struct sqs_start_message_move_task_request *in,
                                         struct sqs_start_message_move_task_result *out)
{
    const struct queue *queue = queue_at(call, 0, "SourceArn");

    if (!queue || !start_check(call, queue, in))
        return FAILED;
    struct sqs_move_task_row task = {
        .task_id = random_uuid(call->arena),
        .queue_id = queue->row.id,
        .source_arn = queue->arn,
        .destination_arn = str_empty(in->destination_arn) ? (str){0} : in->destination_arn,
        .max_per_second = in->max_number_of_messages_per_second,
        .status = running,
        .to_move = sqs_counts_read(call, queue).ready,
        .started_ms = call->now_ms,
        .window_ms = call->now_ms,
    };
    sqs_add_move_task(call->txn, &task);
    remove_older(call, queue, TASKS_KEPT);
    run_at(call, &task, call->now_ms);
    out->task_handle = handle_of(call, &task);
    return DONE;
}

/* ---- run ---- */

static void end(struct sqs_move_task_row *task, str status, str reason)
{
    task->status = status;
    task->failure_reason = reason;
}

/* The queue that gets the message.  NULL: the task has failed. */
static const struct queue *destination_of(const struct call *call, struct sqs_move_task_row *task,
                                          const struct queue *from, const struct sqs_visible_row *row)
{
    str arn = str_present(task->destination_arn) ? task->destination_arn : row->dead_letter_source_arn;
    struct queue *to = arena_new(call->arena, struct queue);

    if (!str_present(arn))
        end(task, S("FAILED"), S("CouldNotDetermineMessageSource"));
    else if (!sqs_queue_find_arn(call, arn, to) || to->row.fifo != from->row.fifo ||
             to->row.id == from->row.id)
        end(task, S("FAILED"), S("AWS.SimpleQueueService.NonExistentQueue"));
    return is_running(task) ? to : NULL;
}

/*
 * False: the queue takes no message of that size, and the task has failed.  The queue that the message comes
 * from had it before, though it may be larger than the queue's maximum: SNS has delivered it.
 */
static bool fits(const struct call *call, struct sqs_move_task_row *task, const struct sqs_visible_row *row,
                 const struct queue *to)
{
    if (str_equal(row->dead_letter_source_arn, to->arn) ||
        sqs_body_fits(call, row, to->row.maximum_message_size))
        return true;
    end(task, S("FAILED"), S("InvalidParameterValue"));
    return false;
}

static void move(const struct call *call, struct sqs_move_task_row *task, const struct queue *from,
                 const struct sqs_visible_row *row)
{
    if (row->sent_ms < sqs_queue_oldest_ms(call, from)) {
        sqs_message_drop(call, from, row);
        return;
    }
    const struct queue *to = destination_of(call, task, from, row);
    if (!to || !fits(call, task, row, to))
        return;
    sqs_message_move(call, from, row, to);
    task->moved++;
    task->window_moved++;
}

/* How many messages the task may move now; 0: not before its window ends. */
static int64_t allowance(const struct call *call, struct sqs_move_task_row *task)
{
    int64_t left = task->to_move - task->moved;

    if (call->now_ms >= task->window_ms + MS_PER_S) {
        task->window_ms = call->now_ms;
        task->window_moved = 0;
    }
    if (task->max_per_second && *task->max_per_second - task->window_moved < left)
        left = *task->max_per_second - task->window_moved;
    return left < MESSAGES_READ ? left : MESSAGES_READ;
}

/* Returns when to run again; INT64_MAX: the slice is over. */
static int64_t move_some(const struct call *call, struct sqs_move_task_row *task, const struct queue *from)
{
    struct slice slice = {MESSAGES_PER_RUN, INT64_MAX, false};

    if (call->now_ms - task->started_ms >= MAX_RUNNING_MS)
        end(task, S("FAILED"), S("The task has run for 36 hours"));
    while (is_running(task) && task->moved < task->to_move) {
        int64_t allowed = allowance(call, task);
        if (allowed <= 0)
            return task->window_ms + MS_PER_S;
        struct sqs_visible_rows rows = sqs_movable_list(call, from, allowed);
        if (rows.count == 0)
            break;
        for (size_t i = 0; i < rows.count && is_running(task); i++) {
            if (slice_is_spent(call, &slice))
                return INT64_MAX;
            move(call, task, from, &rows.items[i]);
            slice_spend(&slice, 1, 0);
        }
    }
    if (is_running(task))
        end(task, S("COMPLETED"), (str){0});
    return INT64_MAX;
}

enum outcome sqs_move_messages(const struct call *call, const struct sqs_move_messages_request *in,
                               struct sqs_move_messages_output *out)
{
    struct sqs_move_task_row task;
    struct queue from;

    (void)out;
    if (!sqs_find_move_task(call->txn, &(struct sqs_find_move_task_params){.task_id = in->task_id}, &task) ||
        !is_running(&task) || !sqs_queue_find_arn(call, task.source_arn, &from))
        return DONE;
    int64_t again_ms = move_some(call, &task, &from);
    sqs_update_move_task(call->txn, &task);
    if (is_running(&task) && again_ms == INT64_MAX)
        slice_again(call, &SQS_MOVE_MESSAGES, task.task_id, in);
    else if (is_running(&task))
        run_at(call, &task, again_ms);
    return DONE;
}

/* ---- list and cancel ---- */

static struct sqs_list_message_move_tasks_result_entry entry_of(const struct call *call,
                                                                const struct sqs_move_task_row *task)
{
    return (struct sqs_list_message_move_tasks_result_entry){
        .task_handle = is_running(task) ? handle_of(call, task) : (str){0},
        .status = task->status,
        .source_arn = task->source_arn,
        .destination_arn = task->destination_arn,
        .max_number_of_messages_per_second = task->max_per_second,
        .approximate_number_of_messages_moved = arena_i64(call->arena, task->moved),
        .approximate_number_of_messages_to_move = arena_i64(call->arena, task->to_move),
        .failure_reason = task->failure_reason,
        .started_timestamp = arena_i64(call->arena, task->started_ms),
    };
}

enum outcome sqs_list_message_move_tasks(const struct call *call,
                                         const struct sqs_list_message_move_tasks_request *in,
                                         struct sqs_list_message_move_tasks_result *out)
{
    const struct queue *queue = queue_at(call, 0, "SourceArn");
    int64_t limit = in->max_results ? *in->max_results : 1;

    if (!queue)
        return FAILED;
    if (limit < 1 || limit > TASKS_KEPT)
        return fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Value %lld for parameter MaxResults is invalid. Reason: Must be between 1 and 10, if "
                    "provided.",
                    (long long)limit);
    struct sqs_move_task_rows tasks = latest_of(call, queue, limit);
    for (size_t i = 0; i < tasks.count; i++)
        *list_add(call->arena, &out->results) = entry_of(call, &tasks.items[i]);
    return DONE;
}

enum outcome sqs_cancel_message_move_task(const struct call *call,
                                          const struct sqs_cancel_message_move_task_request *in,
                                          struct sqs_cancel_message_move_task_result *out)
{
    const struct queue *queue = queue_at(call, 0, "SourceArn");
    struct sqs_move_task_row task;
    str task_id, source_arn;

    if (!queue)
        return FAILED;
    if (!handle_read(call, in->task_handle, &task_id, &source_arn) ||
        !sqs_find_move_task(call->txn, &(struct sqs_find_move_task_params){.task_id = task_id}, &task) ||
        task.queue_id != queue->row.id)
        return fail(call, &SQS_RESOURCE_NOT_FOUND_EXCEPTION, "Task does not exist.");
    if (!is_running(&task))
        return fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Only active tasks can be cancelled.");
    end(&task, S("CANCELLED"), (str){0});
    sqs_update_move_task(call->txn, &task);
    timer_cancel(call, &SQS_MOVE_MESSAGES, task.task_id);
    out->approximate_number_of_messages_moved = arena_i64(call->arena, task.moved);
    return DONE;
}

void sqs_move_tasks_remove(const struct call *call, const struct queue *queue)
{
    struct sqs_move_task_rows latest = latest_of(call, queue, 1);

    if (latest.count > 0)
        timer_cancel(call, &SQS_MOVE_MESSAGES, latest.items[0].task_id);
    remove_older(call, queue, 0);
}
