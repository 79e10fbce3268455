/*
 * emit_docs.c: docs/compatibility.md, what of each service is served and what is not.
 */
#include "modelc.h"

#include <stdlib.h>

struct row {
    str name;
    bool served;
};

struct rows {
    struct row *items;
    size_t count;
};

static int compare_rows(const void *a, const void *b)
{
    return str_compare(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static struct rows sorted_operations(const struct model *model)
{
    struct rows rows = {0};

    for (size_t i = 0; i < model->operations.count; i++)
        if (!model->operations.items[i].internal)
            *list_add(model->arena, &rows) = (struct row){model->operations.items[i].name, true};
    for (size_t i = 0; i < model->also.count; i++)
        *list_add(model->arena, &rows) = (struct row){model->also.items[i].text, false};
    if (rows.count > 0)
        qsort(rows.items, rows.count, sizeof *rows.items, compare_rows);
    return rows;
}

static void emit_operation_notes(const struct model *model, str operation, struct text *out)
{
    for (size_t i = 0; i < model->notes.count; i++)
        if (str_equal(model->notes.items[i].subject.text, operation))
            text_format(out, " %.*s", STR_ARGS(model->notes.items[i].text));
}

static void emit_member_notes(const struct model *model, struct text *out)
{
    bool first = true;

    for (size_t i = 0; i < model->notes.count; i++) {
        const struct note *note = &model->notes.items[i];
        if (str_index(note->subject.text, '.') < 0)
            continue;
        if (first)
            text_add(out, S("\n"));
        first = false;
        text_format(out, "- `%.*s`: %.*s\n", STR_ARGS(note->subject.text), STR_ARGS(note->text));
    }
}

static size_t count_served(const struct rows *rows)
{
    size_t served = 0;

    for (size_t i = 0; i < rows->count; i++)
        served += rows->items[i].served;
    return served;
}

static void emit_service(const struct model *model, struct text *out)
{
    struct rows rows = sorted_operations(model);

    text_format(out, "\n## %.*s (%.*s)\n\nProtocols:", STR_ARGS(model->name), STR_ARGS(model->version));
    for (size_t i = 0; i < model->protocols.count; i++)
        text_format(out, "%s %.*s", i ? "," : "", STR_ARGS(model->protocols.items[i].text));
    text_format(out, ". Served: %zu of %zu operations.\n\n", count_served(&rows), rows.count);

    text_add(out, S("| Operation | Served | Notes |\n|---|---|---|\n"));
    for (size_t i = 0; i < rows.count; i++) {
        text_format(out, "| %.*s | %s |", STR_ARGS(rows.items[i].name), rows.items[i].served ? "yes" : "501");
        emit_operation_notes(model, rows.items[i].name, out);
        text_add(out, S(" |\n"));
    }
    emit_member_notes(model, out);
}

void emit_docs(const struct model *models, size_t count, struct text *out)
{
    text_add(out, S("# Compatibility\n\n"
                    "<!-- Made by modelc from the models under src/services: change those. -->\n"
                    "What Orderly serves of each service's API. An operation that AWS has and Orderly does not\n"
                    "answers 501 `NotImplemented`.\n"));
    for (size_t i = 0; i < count; i++)
        emit_service(&models[i], out);
}
