/*
 * parse_service.c: the lines under `service`, each a word and its value.
 *
 * To add a setting of services, add it to parse_header(), or to the table of texts.
 */
#include "modelc.h"

static bool one_word(struct model *model, const struct line *line, str *value)
{
    if (line->count != 2)
        return complain(model, line->number, "\"%.*s\" takes exactly one word.",
                        STR_ARGS(line->items[0].text));
    *value = line->items[1].text;
    return true;
}

static void one_name(struct model *model, const struct line *line, struct name *name)
{
    if (one_word(model, line, &name->text))
        name->line = line->number;
}

static void add_names(struct model *model, const struct line *line, struct names *names)
{
    for (size_t i = 1; i < line->count; i++)
        *list_add(model->arena, names) = (struct name){line->items[i].text, line->number};
}

static void parse_listen(struct model *model, const struct line *line)
{
    str where = {0};

    if (!one_word(model, line, &where))
        return;
    if (!str_equal(where, S("private")))
        complain(model, line->number, "A service listens \"private\" or says nothing, not \"%.*s\".",
                 STR_ARGS(where));
    model->is_private = true;
}

static void parse_largest_body(struct model *model, const struct line *line)
{
    str size = {0};

    if (!one_word(model, line, &size))
        return;
    if (!str_to_i64(size, &model->largest_body_mib) || model->largest_body_mib < 1)
        complain(model, line->number, "A body's largest size is in MiB, not \"%.*s\".", STR_ARGS(size));
}

static bool parse_text(struct model *model, const struct line *line, str word)
{
    const struct {
        const char *word;
        str *value;
    } texts[] = {
        {"target", &model->target},        {"namespace", &model->xml_namespace},
        {"signing", &model->signing_name}, {"error-prefix", &model->error_prefix},
        {"dialect", &model->dialect},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (str_equal(word, str_of(texts[i].word))) {
            one_word(model, line, texts[i].value);
            return true;
        }
    }
    return false;
}

static bool parse_error_role(struct model *model, const struct line *line, str word)
{
    const struct {
        const char *word;
        struct name *name;
    } roles[] = {
        {"validation-error", &model->validation_error},
        {"access-denied", &model->access_denied},
        {"internal-error", &model->internal_error},
        {"refusal", &model->refusal},
    };

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (str_equal(word, str_of(roles[i].word))) {
            one_name(model, line, roles[i].name);
            return true;
        }
    }
    return false;
}

void parse_header(struct model *model, const struct line *line)
{
    str word = line->items[0].text;

    if (parse_text(model, line, word) || parse_error_role(model, line, word))
        return;
    if (str_equal(word, S("protocols")))
        add_names(model, line, &model->protocols);
    else if (str_equal(word, S("errors")))
        add_names(model, line, &model->common_errors);
    else if (str_equal(word, S("listen")))
        parse_listen(model, line);
    else if (str_equal(word, S("largest-body")))
        parse_largest_body(model, line);
    else
        complain(model, line->number, "A service has no \"%.*s\".", STR_ARGS(word));
}
