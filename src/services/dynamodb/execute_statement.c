/*
 * execute_statement.c: ExecuteStatement: one statement of PartiQL.
 *
 * A SELECT of anything but one whole key, or of a large item, is read by a worker, as its preparation: from a
 * snapshot that is newer than the request.  The handler asks for permission again, and answers with that
 * page.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
 */
#include "pages.h"
#include "partiql_run.h"

#include "base/list.h"

/* A statement, with what its preparation has done. */
struct execution {
    struct pql_run run;
    bool has_page;
    struct pql_page read;
    struct write write;
};

static struct execution execution_of(const struct dynamodb_execute_statement_input *in)
{
    return (struct execution){
        .run = {.text = in->statement,
                .return_values_on_failure = in->return_values_on_condition_check_failure,
                .parameters = in->parameters.items ? &in->parameters : NULL}};
}

static struct pql_select_request select_request(const struct dynamodb_execute_statement_input *in)
{
    return (struct pql_select_request){in->consistent_read, in->limit, in->next_token};
}

static bool selects(const struct execution *execution)
{
    return execution->run.statement.kind == STATEMENT_SELECT;
}

void dynamodb_execute_statement_prepare(const struct call *call,
                                        const struct dynamodb_execute_statement_input *in)
{
    struct execution *execution = arena_new(call->arena, struct execution);
    struct pql_select_request asked = select_request(in);

    *execution = execution_of(in);
    if (!dynamodb_pql_open(call, &execution->run))
        return;
    if (selects(execution))
        execution->has_page = dynamodb_pql_read(call, &execution->run, &asked, &execution->read);
    else if (dynamodb_pql_write(call, &execution->run, &execution->write))
        dynamodb_write_prepare(call, &execution->write);
    leave_prepared(call, execution);
}

/* ---- SELECT ---- */

/* Does the SELECT read at most one item of a table? */
static bool is_of_one_item(const struct call *call, const struct pql_run *run)
{
    struct dynamodb_attribute_map key;
    struct node_list rest;

    if (run->index)
        return false;
    enum key_result result = dynamodb_pql_key(call, run, &key, &rest);
    take_failure(call);
    return result == KEY_FOUND;
}

static enum outcome select_items(const struct call *call, const struct dynamodb_execute_statement_input *in,
                                 struct execution *execution, struct dynamodb_execute_statement_output *out)
{
    struct pql_select_request asked = select_request(in);
    struct item_page *page = &execution->read.page;

    if (!execution->has_page && !is_of_one_item(call, &execution->run) && may_move_to_worker(call))
        return move_to_worker(call);
    if (!execution->has_page && !dynamodb_pql_read(call, &execution->run, &asked, &execution->read))
        return FAILED;
    if (page->needs_worker)
        return move_to_worker(call);
    page->call = dynamodb_as_reading(call);
    page->table = execution->run.table;
    page->index = execution->run.index;
    dynamodb_count_returned(call, page->table, page->count);
    if (page->size_bytes + page->fetched_bytes > LARGE_ITEM_BYTES)
        reply_is_long(call);
    out->items = page->items;
    out->last_evaluated_key = dynamodb_page_next(page);
    out->next_token = dynamodb_pql_next(call, &execution->run, &execution->read);
    out->consumed_capacity = dynamodb_page_capacity(page, in->return_consumed_capacity);
    return DONE;
}

/* ---- writes ---- */

static enum outcome write_item(const struct call *call, const struct dynamodb_execute_statement_input *in,
                               struct execution *execution, struct dynamodb_execute_statement_output *out)
{
    struct write *write = &execution->write;

    if (str_present(in->next_token)) {
        dynamodb_refuse(call, S("NextToken does not match request"));
        return FAILED;
    }
    if (!dynamodb_pql_write_anew(call, &execution->run, write))
        return FAILED;
    enum outcome outcome = dynamodb_write_item(call, write);
    if (outcome != DONE)
        return outcome;
    struct dynamodb_attribute_map returned = dynamodb_pql_returned(call, write);
    list_make_empty(call->arena, &out->items);
    if (returned.count > 0)
        *list_add(call->arena, &out->items) = returned;
    out->consumed_capacity = dynamodb_write_capacity(call, write, in->return_consumed_capacity);
    return DONE;
}

enum outcome dynamodb_execute_statement(const struct call *call,
                                        const struct dynamodb_execute_statement_input *in,
                                        struct dynamodb_execute_statement_output *out)
{
    struct execution *left = prepared(call);
    struct execution execution = left ? *left : execution_of(in);

    if (!dynamodb_pql_open(call, &execution.run))
        return FAILED;
    return selects(&execution) ? select_items(call, in, &execution, out)
                               : write_item(call, in, &execution, out);
}
