/*
 * insights_lookup.c: the command `lookup`.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Lookup.html
 *
 * The first of a table's rows with the same keys counts.  A row of the query that has none in the table keeps
 * its fields.  Contents are in the CSV's own text, where they lose their quotes when the table is made.
 */
#include "insights_lookup.h"

#include "base/list.h"
#include "lookup_csv.h"

enum { MOST_LOOKUPS = 5, MOST_KEYS = 20 };

/* ---- parsing ---- */

static bool take_name(struct insights_parser *parser, str *name)
{
    if (parser->token.kind != TOKEN_NAME)
        return logs_insights_unexpected(parser);
    *name = parser->token.text;
    logs_insights_next(parser);
    return true;
}

/* column as field, column … */
static bool parse_keys(struct insights_parser *parser, struct insights_lookup *lookup,
                       struct insights_nodes *nodes)
{
    do {
        str column = {0};
        if (lookup->keys.count == MOST_KEYS)
            return logs_insights_complain(parser, &parser->token,
                                          S("a lookup has at most 20 fields to match"));
        if (!take_name(parser, &column))
            return false;
        str field = logs_insights_alias(parser);
        if (str_present(parser->problem->message))
            return false;
        *list_add(parser->arena, &lookup->keys) = column;
        *list_add(parser->arena, nodes) =
            logs_insights_reference(parser, str_present(field) ? field : column);
    } while (logs_insights_take_symbol(parser, ","));
    return true;
}

static bool parse_outputs(struct insights_parser *parser, struct insights_lookup *lookup,
                          struct insights_columns *columns)
{
    do {
        struct insights_column column = {.stored = true};
        if (!take_name(parser, &column.name))
            return false;
        column.node = logs_insights_reference(parser, column.name);
        *list_add(parser->arena, &lookup->outputs) = column.name;
        *list_add(parser->arena, columns) = column;
    } while (logs_insights_take_symbol(parser, ","));
    return true;
}

/* table column as field, … OUTPUT column, … */
bool logs_insights_lookup(struct insights_parser *parser)
{
    struct insights_command command = {.kind = COMMAND_LOOKUP, .lookup = parser->lookups->count};
    struct insights_lookup lookup = {.start = parser->token.start, .end = parser->token.end};

    if (command.lookup == MOST_LOOKUPS)
        return logs_insights_complain(parser, &parser->token, S("a query has at most five lookups"));
    if (!take_name(parser, &lookup.table) || !parse_keys(parser, &lookup, &command.nodes))
        return false;
    if (!logs_insights_take_word(parser, "OUTPUT"))
        return logs_insights_unexpected(parser);
    if (!parse_outputs(parser, &lookup, &command.columns))
        return false;
    logs_insights_show_defaults(parser);
    for (size_t i = 0; i < command.columns.count; i++) {
        command.columns.items[i].slot = logs_insights_new_slot(parser, command.columns.items[i].name);
        logs_insights_show_name(parser, command.columns.items[i].name);
    }
    *list_add(parser->arena, parser->lookups) = lookup;
    *list_add(parser->arena, parser->program) = command;
    return true;
}

/* ---- the table ---- */

struct cell {
    uint32_t at, size; /* in the text */
};

struct entry {
    uint64_t hash;
    struct cell cells[]; /* the keys, then the outputs */
};

struct insights_lookup_table {
    const struct insights_lookup *lookup;
    const char *text;
    uint64_t basis;
    struct entry **slots;
    size_t slot_count; /* a power of two */
};

static str text_of(const struct insights_lookup_table *table, struct cell cell)
{
    return (str){table->text + cell.at, cell.size};
}

static uint64_t hash_of(uint64_t basis, const str *keys, size_t count)
{
    uint64_t hash = basis;

    for (size_t i = 0; i < count; i++)
        hash = str_hash_from(hash ^ keys[i].size, keys[i]);
    return hash;
}

/* The slot of the entry with those keys, or the one where it would be. */
static struct entry **find(const struct insights_lookup_table *table, const str *keys, uint64_t hash)
{
    size_t count = table->lookup->keys.count, same;

    for (size_t i = (size_t)hash & (table->slot_count - 1);; i = (i + 1) & (table->slot_count - 1)) {
        const struct entry *entry = table->slots[i];
        for (same = 0; entry && entry->hash == hash && same < count; same++)
            if (!str_equal(text_of(table, entry->cells[same]), keys[same]))
                break;
        if (!entry || same == count)
            return &table->slots[i];
    }
}

/* The columns' numbers, of keys and of outputs.  False: the table does not have one of them. */
static bool find_columns(const struct insights_texts *names, const struct insights_texts *wanted,
                         size_t *columns)
{
    for (size_t i = 0; i < wanted->count; i++) {
        columns[i] = 0;
        while (columns[i] < names->count && !str_equal(names->items[columns[i]], wanted->items[i]))
            columns[i]++;
        if (columns[i] == names->count)
            return false;
    }
    return true;
}

/* Reads rows: the contents of all their columns. */
struct row_reader {
    struct csv_reader csv;
    char *text;
    struct insights_texts contents;
    size_t most;
};

static bool read_row(struct row_reader *reader)
{
    struct csv_field field;

    reader->contents.count = 0;
    if (!logs_csv_row(&reader->csv))
        return false;
    while (reader->contents.count < reader->most && logs_csv_field(&reader->csv, &field))
        reader->contents.items[reader->contents.count++] =
            field.doubled ? logs_csv_content(&field, reader->text + (field.raw.data - reader->text))
                          : field.raw;
    return reader->contents.count == reader->most;
}

static void add_entry(struct insights_memory *memory, struct insights_lookup_table *table,
                      const struct row_reader *reader, const size_t *columns, str *keys)
{
    size_t key_count = table->lookup->keys.count, count = key_count + table->lookup->outputs.count;

    for (size_t i = 0; i < key_count; i++)
        keys[i] = reader->contents.items[columns[i]];
    uint64_t hash = hash_of(table->basis, keys, key_count);
    struct entry **slot = find(table, keys, hash);
    if (*slot)
        return;
    struct entry *entry = logs_insights_keep(memory, sizeof *entry + count * sizeof *entry->cells);
    entry->hash = hash;
    for (size_t i = 0; i < count; i++) {
        str content = reader->contents.items[columns[i]];
        entry->cells[i] = (struct cell){(uint32_t)(content.data - table->text), (uint32_t)content.size};
    }
    *slot = entry;
}

static void make_slots(struct insights_memory *memory, struct insights_lookup_table *table, str text)
{
    size_t lines = 1;

    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    table->slot_count = 1;
    while (table->slot_count < lines + lines / 2)
        table->slot_count *= 2;
    table->slots = logs_insights_keep(memory, table->slot_count * sizeof *table->slots);
}

const struct insights_lookup_table *logs_insights_lookup_table(struct insights_memory *memory,
                                                               const struct insights_lookup *lookup,
                                                               uint64_t basis, str text, char *csv)
{
    struct insights_lookup_table *table = logs_insights_keep(memory, sizeof *table);
    size_t wanted = lookup->keys.count + lookup->outputs.count;
    size_t *columns = arena_alloc(memory->arena, wanted * sizeof *columns);
    str *keys = arena_alloc(memory->arena, lookup->keys.count * sizeof *keys), problem;
    struct csv_table shape;

    *table = (struct insights_lookup_table){.lookup = lookup, .text = csv, .basis = basis};
    if (!logs_csv_check(memory->arena, text, &shape, &problem) ||
        !find_columns(&shape.columns, &lookup->keys, columns) ||
        !find_columns(&shape.columns, &lookup->outputs, columns + lookup->keys.count))
        return NULL;
    make_slots(memory, table, text);
    struct row_reader reader = {.csv = logs_csv_begin(text), .text = csv, .most = shape.columns.count};
    reader.contents.items = arena_alloc(memory->arena, reader.most * sizeof *reader.contents.items);
    for (bool is_header = true; !memory->full && read_row(&reader); is_header = false)
        if (!is_header)
            add_entry(memory, table, &reader, columns, keys);
    return memory->full ? NULL : table;
}

/* ---- running ---- */

static const struct entry *entry_of(const struct insights_lookup_table *table,
                                    const struct insights_command *command,
                                    struct insights_evaluation *evaluation)
{
    size_t count = command->nodes.count;
    str *keys = arena_alloc(evaluation->arena, count * sizeof *keys);

    for (size_t i = 0; i < count; i++) {
        struct insights_value value = logs_insights_evaluate(evaluation, command->nodes.items[i]);
        if (value.kind == INSIGHTS_ABSENT)
            return NULL;
        keys[i] = logs_insights_show(evaluation->arena, &value);
    }
    return *find(table, keys, hash_of(table->basis, keys, count));
}

void logs_insights_look_up_row(const struct insights_lookup_table *table,
                               const struct insights_command *command, struct insights_evaluation *evaluation)
{
    const struct entry *entry = entry_of(table, command, evaluation);

    for (size_t i = 0; i < command->columns.count; i++) {
        const struct insights_column *column = &command->columns.items[i];
        evaluation->row->slots[column->slot] =
            entry ? logs_insights_text(text_of(table, entry->cells[command->nodes.count + i]))
                  : logs_insights_evaluate(evaluation, column->node);
    }
}
