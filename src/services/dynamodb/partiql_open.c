/*
 * partiql_open.c: from the text of a statement to its table: parsed, permitted, and open.
 *
 * The action depends on the statement, so the handlers ask for permission here, and not the engine before
 * them: PartiQLSelect of the index or table, PartiQLInsert, PartiQLUpdate, PartiQLDelete of the table.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
 */
#include "indexes.h"
#include "partiql_run.h"
#include "tables.h"

#include "services/tags/tags.h"

/* ---- permission ---- */

static const char *const actions[] = {
    [STATEMENT_SELECT] = "dynamodb:PartiQLSelect",
    [STATEMENT_INSERT] = "dynamodb:PartiQLInsert",
    [STATEMENT_UPDATE] = "dynamodb:PartiQLUpdate",
    [STATEMENT_DELETE] = "dynamodb:PartiQLDelete",
};

/* The leading keys: of each partition that a SELECT names, of the key or of the item of a write. */
static void add_access(const struct call *call, const struct pql_run *run, struct context_list *context)
{
    struct dynamodb_attribute_map key = {0};
    struct access access = {.expressions = &run->expressions,
                            .attributes =
                                run->statement.kind == STATEMENT_INSERT ? &run->statement.item : &key,
                            .index_name = run->statement.index_name};

    for (size_t i = 0; i < run->partitions.count; i++) {
        struct dynamodb_attribute_map_entry entry = {run->keys->items[0].name, *run->partitions.items[i]};
        key = (struct dynamodb_attribute_map){&entry, 1};
        dynamodb_access_in_context(call, run->table, &access, context);
        access.expressions = NULL;
    }
    if (run->partitions.count == 0)
        dynamodb_access_in_context(call, run->table, &access, context);
}

static void add_context(const struct call *call, const struct resource *resource,
                        struct context_list *context)
{
    const struct pql_run *run = resource->row;
    const struct statement *statement = &run->statement;

    if (run->table->row.id && !str_present(statement->index_name))
        tags_in_context(call, resource->arn, context);
    add_access(call, run, context);
    if (run->in_transaction)
        context_add(call, context, S("dynamodb:EnclosingOperation"), S("ExecuteTransaction"));
    if (statement->kind == STATEMENT_SELECT) {
        dynamodb_select_in_context(call, (str){0}, &run->expressions, statement->index_name, context);
        context_add(call, context, S("dynamodb:FullTableScan"),
                    run->partitions.count == 0 ? S("true") : S("false"));
    } else if (statement->kind != STATEMENT_INSERT) {
        dynamodb_return_values_in_context(call, statement->return_values, run->return_values_on_failure,
                                          context);
    }
}

/* ---- the table ---- */

bool dynamodb_pql_parameters_check(const struct call *call, const struct pql_run *run)
{
    str problem;

    return dynamodb_parameters_check(call->arena, run->parameters, &problem) ||
           dynamodb_refuse(call, problem);
}

bool dynamodb_pql_parse(const struct call *call, struct pql_run *run)
{
    str problem;

    if (!run->parsed &&
        !dynamodb_statement_parse(call->arena, run->text, run->parameters, &run->statement, &problem))
        return dynamodb_refuse(call, problem);
    run->parsed = true;
    run->expressions = (struct expressions){.scope = {.arena = call->arena, .resolved = true},
                                            .condition = run->statement.where,
                                            .projection = run->statement.projection,
                                            .update = run->statement.update};
    return true;
}

/* Despite what the sentence says, AWS reads the table itself and its other indexes. */
static bool index_check(const struct call *call, const struct pql_run *run)
{
    const struct key_schema *keys = run->keys;

    return !run->index || (keys->hash_count == 1 && keys->count - keys->hash_count <= 1) ||
           dynamodb_refuse(call,
                           S("PartiQL statements cannot be executed on tables with multi-attribute HASH "
                             "keys or multi-attribute RANGE keys."));
}

/* What throttles a transaction is the reason of its statement. */
static bool open_table(const struct call *call, const struct pql_run *run)
{
    if (run->in_transaction)
        return dynamodb_table_serves(call, run->table);
    return dynamodb_table_open(run->statement.kind == STATEMENT_SELECT ? dynamodb_as_reading(call) : call,
                               run->table);
}

bool dynamodb_pql_open(const struct call *call, struct pql_run *run)
{
    struct resource resource = {0};

    if ((!run->parsed && !dynamodb_pql_parameters_check(call, run)) || !dynamodb_pql_parse(call, run) ||
        !dynamodb_locate_index(call, run->statement.table_name, run->statement.index_name, &resource))
        return false;
    run->table = resource.row;
    run->index = str_present(run->statement.index_name)
                     ? dynamodb_index_named(run->table, run->statement.index_name)
                     : NULL;
    run->keys = run->index ? &run->index->keys : &run->table->keys;
    dynamodb_pql_analyse(call->arena, run);
    resource.row = run;
    resource.add_context = add_context;
    return authorize_action(call, str_of(actions[run->statement.kind]), &resource) && open_table(call, run) &&
           index_check(call, run);
}

bool dynamodb_is_select(const struct call *call)
{
    return call->operation->handler == DYNAMODB_EXECUTE_STATEMENT.handler &&
           call->operation->flags & OPERATION_READS;
}
