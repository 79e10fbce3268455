/*
 * emit_docs.c: docs/compatibility.md: for each service what is served, and what is not.
 */
#include "modelc.h"

#include <stdlib.h>

static int compare_names(const void *a, const void *b)
{
    return str_compare(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static void sort(struct names *names)
{
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
}

static struct names served_operations(const struct model *model)
{
    struct names served = {0};

    for (size_t i = 0; i < model->operations.count; i++)
        if (!model->operations.items[i].internal)
            *list_add(model->arena, &served) = (struct name){model->operations.items[i].name, 0};
    sort(&served);
    return served;
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

static void emit_refusal(const struct field *field, struct text *out)
{
    const struct names *except = &field->refusal.except;

    text_format(out, "`%.*s`", STR_ARGS(field->name));
    for (size_t i = 0; i < except->count; i++)
        text_format(out, "%s`%.*s`", i ? ", " : " other than ", STR_ARGS(except->items[i].text));
}

/* What each shape refuses, in the order of the model. */
static void emit_refusals(const struct model *model, struct text *out)
{
    bool first = true;

    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        bool begun = false;
        for (size_t k = 0; k < shape->fields.count; k++) {
            if (shape->is_group || !shape->fields.items[k].refusal.present)
                continue;
            if (!begun)
                text_format(out, "%s- `%.*s` refuses ", first ? "\n" : "", STR_ARGS(shape->name));
            else
                text_add(out, S(", "));
            emit_refusal(&shape->fields.items[k], out);
            begun = true;
            first = false;
        }
        text_add(out, begun ? S(".\n") : S(""));
    }
}

static void emit_heading(const struct model *model, size_t served, struct text *out)
{
    text_format(out, "\n## %.*s (%.*s)\n\nProtocols:", STR_ARGS(model->name), STR_ARGS(model->version));
    for (size_t i = 0; i < model->protocols.count; i++)
        text_format(out, "%s %.*s", i ? "," : "", STR_ARGS(model->protocols.items[i].text));
    text_format(out, ". Served: %zu of %zu operations.\n\n", served, served + model->also.count);
}

static void emit_not_served(const struct model *model, struct text *out)
{
    struct names also = {0};

    if (model->also.count == 0)
        return;
    for (size_t i = 0; i < model->also.count; i++)
        *list_add(model->arena, &also) = model->also.items[i];
    sort(&also);
    text_add(out, S("\nNot served:"));
    for (size_t i = 0; i < also.count; i++)
        text_format(out, "%s %.*s", i ? "," : "", STR_ARGS(also.items[i].text));
    text_add(out, S(".\n"));
    for (size_t i = 0; i < model->notes.count; i++)
        if (names_contain(&also, model->notes.items[i].subject.text))
            text_format(out, "- `%.*s`: %.*s\n", STR_ARGS(model->notes.items[i].subject.text),
                        STR_ARGS(model->notes.items[i].text));
}

static void emit_service(const struct model *model, struct text *out)
{
    struct names served = served_operations(model);

    emit_heading(model, served.count, out);
    text_add(out, S("| Served | Notes |\n|---|---|\n"));
    for (size_t i = 0; i < served.count; i++) {
        text_format(out, "| %.*s |", STR_ARGS(served.items[i].text));
        emit_operation_notes(model, served.items[i].text, out);
        text_add(out, S(" |\n"));
    }
    emit_member_notes(model, out);
    emit_refusals(model, out);
    emit_not_served(model, out);
}

int compare_models(const void *a, const void *b)
{
    return str_compare(((const struct model *)a)->name, ((const struct model *)b)->name);
}

void emit_docs(struct model *models, size_t count, struct text *out)
{
    qsort(models, count, sizeof *models, compare_models);
    text_add(out,
             S("# Compatibility\n\n"
               "<!-- Made by modelc from the models under src/services: change those. -->\n"
               "What Orderly serves of each service's API. An operation that AWS has and Orderly does not\n"
               "answers with 400 `NotImplemented`.  A request that uses what a shape refuses fails; null, "
               "false and\n"
               "empty texts, lists and maps do not count as use.\n"));
    for (size_t i = 0; i < count; i++)
        emit_service(&models[i], out);
}
