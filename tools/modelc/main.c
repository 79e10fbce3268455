/*
 * main.c: compiles a service's model into C, and all models into the pages on compatibility and permissions.
 */
#include "modelc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool complain(struct model *model, int line, const char *format, ...)
{
    va_list args;

    model->complaints++;
    fprintf(stderr, "%.*s:%d: ", STR_ARGS(model->path), line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

static bool read_file(struct arena *arena, const char *path, str *content)
{
    struct text text = text_in(arena);
    FILE *file = fopen(path, "rb");
    size_t size;

    if (!file)
        return false;
    do {
        enum { PIECE = 16 * 1024 };
        size = fread(text_reserve(&text, PIECE), 1, PIECE, file);
        text_grew(&text, size);
    } while (size > 0);
    bool well = !ferror(file);
    fclose(file);
    *content = text_str(&text);
    return well;
}

static bool write_file(const char *path, const struct text *text)
{
    FILE *file = fopen(path, "wb");

    if (!file) {
        perror(path);
        return false;
    }
    bool well = fwrite(text->data, 1, text->size, file) == text->size;
    well = fclose(file) == 0 && well;
    if (!well)
        perror(path);
    return well;
}

static bool load(struct arena *arena, const char *path, struct model *model)
{
    *model = (struct model){.arena = arena, .path = str_of(path)};
    if (!read_file(arena, path, &model->source)) {
        perror(path);
        return false;
    }
    parse(model);
    check_model(model);
    return model->complaints == 0;
}

static str file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return str_of(slash ? slash + 1 : path);
}

static bool compile(struct arena *arena, const char *model_path, const char *header_path,
                    const char *tables_path)
{
    struct model model;
    struct text header = text_in(arena), tables = text_in(arena);

    if (!load(arena, model_path, &model))
        return false;
    emit_header(&model, &header);
    emit_tables(&model, file_name(header_path), &tables);
    return write_file(header_path, &header) && write_file(tables_path, &tables);
}

/* Write the page that `emit` makes from the models. */
static bool document(struct arena *arena, void (*emit)(struct model *, size_t, struct text *), char **paths,
                     size_t count)
{
    char **model_paths = paths + 1;
    struct model *models = arena_alloc(arena, count * sizeof *models);
    struct text page = text_in(arena);

    for (size_t i = 0; i < count; i++)
        if (!load(arena, model_paths[i], &models[i]))
            return false;
    emit(models, count, &page);
    return write_file(paths[0], &page);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    bool well;

    if (argc >= 4 && strcmp(argv[1], "--compatibility") == 0) {
        well = document(&arena, emit_docs, argv + 2, (size_t)argc - 3);
    } else if (argc >= 4 && strcmp(argv[1], "--permissions") == 0) {
        well = document(&arena, emit_permission_docs, argv + 2, (size_t)argc - 3);
    } else if (argc == 4) {
        well = compile(&arena, argv[1], argv[2], argv[3]);
    } else {
        fputs("usage: modelc X.model X_model.h X_model.c\n"
              "       modelc --compatibility compatibility.md X.model...\n"
              "       modelc --permissions permissions.md X.model...\n",
              stderr);
        well = false;
    }
    arena_free(&arena);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
