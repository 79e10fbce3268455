/*
 * arguments.c: help and parsing, both from the table.
 */
#include "cli/arguments.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FLAG_COLUMN = 32, NAME_COLUMNS = 8 };

/* ---- help ---- */

static void print_flags(const struct cli_table *table, int commands, bool shared)
{
    for (size_t i = 0; i < table->flag_count; i++) {
        const struct cli_flag *flag = &table->flags[i];
        if ((flag->commands == CLI_EVERY_COMMAND) != shared || !(flag->commands & commands))
            continue;
        int width = printf("  %s%s%s", flag->name, flag->value ? " " : "", flag->value ? flag->value : "");
        printf("%*s %s\n", width < FLAG_COLUMN ? FLAG_COLUMN - width : 0, "", flag->help);
    }
}

static void print_shared(const struct cli_table *table)
{
    puts("\nFlags of every command:");
    print_flags(table, CLI_EVERY_COMMAND, true);
    printf("\n%s", table->footer);
}

/* Each after a space. */
static void print_operands(const struct cli_command *command)
{
    for (size_t i = 0; i < CLI_OPERANDS && command->operands[i]; i++)
        printf(" %s", command->operands[i]);
}

/* The columns that print_operands() needs. */
static int operand_columns(const struct cli_command *command)
{
    int columns = 0;

    for (size_t i = 0; i < CLI_OPERANDS && command->operands[i]; i++)
        columns += 1 + (int)strlen(command->operands[i]);
    return columns;
}

static bool has_own_flags(const struct cli_table *table, const struct cli_command *command)
{
    for (size_t i = 0; i < table->flag_count; i++)
        if (table->flags[i].commands != CLI_EVERY_COMMAND && (table->flags[i].commands & (int)command->bit))
            return true;
    return false;
}

static void print_command_help(const struct cli_table *table, const struct cli_command *command)
{
    printf("%s %s", table->program, command->name);
    print_operands(command);
    printf(" [flags]\n\n%s", command->text);
    if (has_own_flags(table, command))
        putchar('\n');
    print_flags(table, (int)command->bit, false);
    print_shared(table);
}

static int most_columns(const struct cli_table *table)
{
    int most = 0;

    for (size_t i = 0; i < table->command_count; i++) {
        int columns = operand_columns(&table->commands[i]);
        most = columns > most ? columns : most;
    }
    return most;
}

static void print_help(const struct cli_table *table)
{
    int most = most_columns(table);

    printf("%s\n\n    %s COMMAND [flags]\n\n", table->summary, table->program);
    for (size_t i = 0; i < table->command_count; i++) {
        const struct cli_command *command = &table->commands[i];
        printf("  %-*s", NAME_COLUMNS - 1, command->name);
        print_operands(command);
        printf("%*s  %s\n", most - operand_columns(command), "", command->summary);
    }
    printf("\n`%s COMMAND --help` says more about a command.\n", table->program);
    print_shared(table);
}

static bool wants_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (wants_help(argv[i]))
            return true;
    return false;
}

/* ---- parsing ---- */

struct parse {
    const struct cli_table *table;
    const struct cli_command *command; /* NULL until the command is known */
    int argc;
    char **argv;
    struct cli_words *words;
    void *values;
};

static enum cli_result complain(const struct parse *parse, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum cli_result complain(const struct parse *parse, const char *format, ...)
{
    va_list arguments;

    fputs("orderly: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " See %s%s%s --help.\n", parse->table->program, parse->command ? " " : "",
            parse->command ? parse->command->name : "");
    return CLI_WRONG;
}

static const struct cli_command *find_command(const struct cli_table *table, const char *name)
{
    for (size_t i = 0; i < table->command_count; i++)
        if (strcmp(table->commands[i].name, name) == 0)
            return &table->commands[i];
    return NULL;
}

static const struct cli_flag *find_flag(const struct parse *parse, str name)
{
    for (size_t i = 0; i < parse->table->flag_count; i++) {
        const struct cli_flag *flag = &parse->table->flags[i];
        if ((flag->commands & (int)parse->command->bit) && str_equal(str_of(flag->name), name))
            return flag;
    }
    return NULL;
}

static enum cli_result set_number(const struct parse *parse, const struct cli_flag *flag, const char *value)
{
    int64_t number;

    if (!str_to_i64(str_of(value), &number) || number < flag->min || number > flag->max)
        return complain(parse, "%s takes a whole number from %lld to %lld, not \"%s\".", flag->name,
                        (long long)flag->min, (long long)flag->max, value);
    memcpy((char *)parse->values + flag->offset, &number, sizeof number);
    return CLI_RUN;
}

static enum cli_result set_text(const struct parse *parse, const struct cli_flag *flag, const char *value)
{
    if (*value == '\0')
        return complain(parse, "%s takes a value that is not empty: %s.", flag->name, flag->value);
    memcpy((char *)parse->values + flag->offset, &value, sizeof value);
    return CLI_RUN;
}

static enum cli_result add_text(const struct parse *parse, const struct cli_flag *flag, const char *value)
{
    struct cli_texts *texts = (void *)((char *)parse->values + flag->offset);

    if (texts->count == CLI_TEXTS_AT_MOST)
        return complain(parse, "%s may be given %d times.", flag->name, CLI_TEXTS_AT_MOST);
    texts->items[texts->count++] = value;
    return CLI_RUN;
}

static void set_fallbacks(const struct parse *parse)
{
    for (size_t i = 0; i < parse->table->flag_count; i++) {
        const struct cli_flag *flag = &parse->table->flags[i];
        if (flag->kind == CLI_NUMBER && (flag->commands & (int)parse->command->bit))
            memcpy((char *)parse->values + flag->offset, &flag->fallback, sizeof flag->fallback);
    }
}

static enum cli_result set_switch(const struct parse *parse, const struct cli_flag *flag, const char *value)
{
    if (value)
        return complain(parse, "%s takes no value.", flag->name);
    *(bool *)((char *)parse->values + flag->offset) = true;
    return CLI_RUN;
}

static enum cli_result set_value(const struct parse *parse, const struct cli_flag *flag, const char *value)
{
    static enum cli_result (*const setters[])(const struct parse *, const struct cli_flag *, const char *) = {
        [CLI_SWITCH] = set_switch,
        [CLI_TEXT] = set_text,
        [CLI_TEXTS] = add_text,
        [CLI_NUMBER] = set_number,
    };

    return setters[flag->kind](parse, flag, value);
}

/* --flag value, or --flag=value.  Moves *at to the value. */
static enum cli_result parse_flag(const struct parse *parse, int *at)
{
    const char *word = parse->argv[*at];
    str name = str_of(word);
    ptrdiff_t equals = str_index(name, '=');
    const char *value = equals >= 0 ? word + equals + 1 : NULL;
    const struct cli_flag *flag = find_flag(parse, equals >= 0 ? str_head(name, (size_t)equals) : name);

    if (!flag)
        return complain(parse, "%s is not a flag of %s.", word, parse->command->name);
    if (flag->kind != CLI_SWITCH) {
        if (!value && ++*at < parse->argc)
            value = parse->argv[*at];
        if (!value)
            return complain(parse, "%s needs a value: %s.", flag->name, flag->value);
    }
    return set_value(parse, flag, value);
}

static enum cli_result parse_words(const struct parse *parse)
{
    const struct cli_command *command = parse->command;
    size_t given = 0;

    for (int i = 2; i < parse->argc; i++) {
        const char *word = parse->argv[i];
        bool is_flag = word[0] == '-' && word[1] != '\0';
        if (is_flag && parse_flag(parse, &i) != CLI_RUN)
            return CLI_WRONG;
        if (is_flag)
            continue;
        if (given == CLI_OPERANDS || !command->operands[given])
            return complain(parse, "%s is one word too many.", word);
        parse->words->operands[given++] = word;
    }
    if (given < command->needed)
        return complain(parse, "%s is missing.", command->operands[given]);
    return CLI_RUN;
}

enum cli_result cli_parse(const struct cli_table *table, int argc, char **argv, struct cli_words *words,
                          void *values)
{
    struct parse parse = {.table = table, .argc = argc, .argv = argv, .words = words, .values = values};
    bool help_first = argc < 2 || wants_help(argv[1]) || strcmp(argv[1], "help") == 0;
    const char *name = !help_first ? argv[1] : argc > 2 ? argv[2] : NULL;

    *words = (struct cli_words){0};
    if (!name) {
        print_help(table);
        return CLI_HELPED;
    }
    parse.command = find_command(table, name);
    if (!parse.command)
        return complain(&parse, "%s is not a command.", name);
    if (help_first || asks_for_help(argc, argv)) {
        print_command_help(table, parse.command);
        return CLI_HELPED;
    }
    words->command = parse.command->bit;
    set_fallbacks(&parse);
    return parse_words(&parse);
}
