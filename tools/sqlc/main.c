/*
 * main.c: sqlc PREFIX input.sql output.h output.c
 *
 * Compiles a schema with its named statements into typed C functions; README.md has the grammar.
 */
#include "sqlc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void source_error(const struct source *source, int line, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: error: ", source->path, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static FILE *create_file(const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void close_file(FILE *file, const char *path)
{
    bool failed = ferror(file) != 0;

    if (fclose(file) != 0 || failed) {
        perror(path);
        exit(1);
    }
}

static str base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return str_of(slash ? slash + 1 : path);
}

str source_name(const struct source *source)
{
    str name = base_name(source->path);

    return str_head(name, name.size - strlen(".sql"));
}

int main(int argc, char **argv)
{
    struct arena arena = {0};

    if (argc != 5) {
        fputs("usage: sqlc PREFIX input.sql output.h output.c\n", stderr);
        return 2;
    }

    struct source source = {.arena = &arena, .path = argv[2]};
    read_source(&source);
    check_source(&source);

    FILE *header = create_file(argv[3]);
    write_header(&source, str_of(argv[1]), header);
    close_file(header, argv[3]);

    FILE *code = create_file(argv[4]);
    write_code(&source, str_of(argv[1]), base_name(argv[3]), code);
    close_file(code, argv[4]);

    arena_free(&arena);
    return 0;
}
