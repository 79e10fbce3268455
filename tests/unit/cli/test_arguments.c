/*
 * test_arguments.c: commands and flags from a table.
 */
#include "unit.h"

#include "cli/arguments.h"

#include <stdlib.h>
#include <unistd.h>

enum { SEND = 1, LOOK = 2, MOVE = 4 };

struct values {
    int64_t count;
    const char *name;
    bool force;
    struct cli_texts labels;
};

static const struct cli_command COMMANDS[] = {
    {SEND, 1, "send", {"FILE"}, "send a file", "Sends FILE.\n"},
    {LOOK, 0, "look", {NULL}, "look around", "Looks around.\n"},
    {MOVE, 2, "move", {"FILE", "FOLDER"}, "move a file", "Moves FILE.\n"},
};
static const struct cli_flag FLAGS[] = {
    {SEND, CLI_NUMBER, "--count", "N", "how often (default 3)", offsetof(struct values, count), 1, 9, 3},
    {SEND, CLI_SWITCH, "--force", NULL, "in any case", offsetof(struct values, force), 0, 0, 0},
    {MOVE, CLI_TEXTS, "--label", "TEXT", "a label", offsetof(struct values, labels), 0, 0, 0},
    {CLI_EVERY_COMMAND, CLI_TEXT, "--name", "NAME", "who calls", offsetof(struct values, name), 0, 0, 0},
};
static const struct cli_table TABLE = {
    .program = "toy",
    .summary = "A toy.",
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .flags = FLAGS,
    .flag_count = sizeof FLAGS / sizeof *FLAGS,
    .footer = "That is all.\n",
};

static struct cli_words words;
static struct values values;
static char printed[4096];

/* Parse the arguments; what is printed to `stream` goes to `printed`. */
static enum cli_result parse_watching(FILE *stream, int argc, const char **argv)
{
    char path[] = "/tmp/orderly-arguments-XXXXXX";
    int file = mkstemp(path), saved = dup(fileno(stream));

    values = (struct values){0};
    fflush(stream);
    dup2(file, fileno(stream));
    enum cli_result result = cli_parse(&TABLE, argc, (char **)(uintptr_t)argv, &words, &values);
    fflush(stream);
    dup2(saved, fileno(stream));
    close(saved);
    ssize_t size = pread(file, printed, sizeof printed - 1, 0);
    assert_true(size >= 0);
    printed[size] = '\0';
    close(file);
    unlink(path);
    return result;
}

#define WORDS(...)                                                                                           \
    (sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[])                               \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define assert_runs(...) assert_int_equal(parse_watching(stderr, WORDS("toy", __VA_ARGS__)), CLI_RUN)
#define assert_wrong(sentence, ...)                                                                          \
    do {                                                                                                     \
        assert_int_equal(parse_watching(stderr, WORDS("toy", __VA_ARGS__)), CLI_WRONG);                      \
        assert_string_equal(printed, "orderly: " sentence "\n");                                             \
    } while (0)
#define assert_helped(text, ...)                                                                             \
    do {                                                                                                     \
        assert_int_equal(parse_watching(stdout, WORDS(__VA_ARGS__)), CLI_HELPED);                            \
        assert_string_equal(printed, text);                                                                  \
    } while (0)

TEST(flags_and_the_operand_may_stand_in_any_order)
{
    assert_runs("send", "--count", "9", "a.txt", "--name=me", "--force");
    assert_int_equal(words.command, SEND);
    assert_string_equal(words.operands[0], "a.txt");
    assert_int_equal(values.count, 9);
    assert_string_equal(values.name, "me");
    assert_true(values.force);
}

TEST(a_command_takes_two_operands)
{
    assert_runs("move", "a", "b");
    assert_string_equal(words.operands[0], "a");
    assert_string_equal(words.operands[1], "b");
    assert_wrong("FOLDER is missing. See toy move --help.", "move", "a");
    assert_wrong("FILE is missing. See toy move --help.", "move");
    assert_wrong("c is one word too many. See toy move --help.", "move", "a", "b", "c");
}

TEST(a_flag_of_texts_may_be_repeated)
{
    assert_runs("move", "--label", "x", "a", "--label=", "b", "--label=x");
    assert_int_equal(values.labels.count, 3);
    assert_string_equal(values.labels.items[0], "x");
    assert_string_equal(values.labels.items[1], "");
    assert_string_equal(values.labels.items[2], "x");
}

TEST(a_flag_is_repeated_at_most_32_times)
{
    enum { FIRST = 4 };
    const char *all[FIRST + CLI_TEXTS_AT_MOST + 1] = {"toy", "move", "a", "b"};

    for (size_t i = FIRST; i < sizeof all / sizeof *all; i++)
        all[i] = "--label=x";
    assert_int_equal(parse_watching(stderr, FIRST + CLI_TEXTS_AT_MOST, all), CLI_RUN);
    assert_int_equal(values.labels.count, CLI_TEXTS_AT_MOST);
    assert_int_equal(parse_watching(stderr, FIRST + CLI_TEXTS_AT_MOST + 1, all), CLI_WRONG);
    assert_string_equal(printed, "orderly: --label may be given 32 times. See toy move --help.\n");
}

TEST(a_number_that_is_not_given_has_its_fallback)
{
    assert_runs("send", "-");
    assert_string_equal(words.operands[0], "-");
    assert_int_equal(values.count, 3);
    assert_runs("look");
    assert_int_equal(values.count, 0);
}

TEST(a_number_out_of_bounds_is_refused_with_the_bounds)
{
    assert_runs("send", "f", "--count=1");
    assert_wrong("--count takes a whole number from 1 to 9, not \"0\". See toy send --help.", "send", "f",
                 "--count=0");
    assert_wrong("--count takes a whole number from 1 to 9, not \"10\". See toy send --help.", "send", "f",
                 "--count", "10");
    assert_wrong("--count takes a whole number from 1 to 9, not \"many\". See toy send --help.", "send", "f",
                 "--count", "many");
}

TEST(wrong_words_are_named)
{
    assert_wrong("fly is not a command. See toy --help.", "fly");
    assert_wrong("fly is not a command. See toy --help.", "help", "fly");
    assert_wrong("--count=2 is not a flag of look. See toy look --help.", "look", "--count=2");
    assert_wrong("--force takes no value. See toy send --help.", "send", "f", "--force=1");
    assert_wrong("--name needs a value: NAME. See toy look --help.", "look", "--name");
    assert_wrong("--name takes a value that is not empty: NAME. See toy look --help.", "look", "--name=");
    assert_wrong("more is one word too many. See toy look --help.", "look", "more");
    assert_wrong("g is one word too many. See toy send --help.", "send", "f", "g");
    assert_wrong("FILE is missing. See toy send --help.", "send");
}

#define FLAGS_OF_ALL                                                                                         \
    "\nFlags of every command:\n"                                                                            \
    "  --name NAME                    who calls\n"                                                           \
    "\nThat is all.\n"

TEST(help_lists_the_commands)
{
    const char *text = "A toy.\n\n"
                       "    toy COMMAND [flags]\n\n"
                       "  send    FILE         send a file\n"
                       "  look                 look around\n"
                       "  move    FILE FOLDER  move a file\n"
                       "\n`toy COMMAND --help` says more about a command.\n" FLAGS_OF_ALL;

    assert_helped(text, "toy");
    assert_helped(text, "toy", "help");
    assert_helped(text, "toy", "--help");
    assert_helped(text, "toy", "-h");
}

TEST(help_of_a_command_lists_its_flags)
{
    const char *text = "toy send FILE [flags]\n\n"
                       "Sends FILE.\n\n"
                       "  --count N                      how often (default 3)\n"
                       "  --force                        in any case\n" FLAGS_OF_ALL;

    assert_helped(text, "toy", "send", "--help");
    assert_helped(text, "toy", "help", "send");
    assert_helped(text, "toy", "send", "f", "-h");
}

TEST(help_of_a_command_without_flags_has_one_blank_line_between_its_parts)
{
    assert_helped("toy look [flags]\n\nLooks around.\n" FLAGS_OF_ALL, "toy", "look", "--help");
}

TESTS(test(flags_and_the_operand_may_stand_in_any_order), test(a_command_takes_two_operands),
      test(a_flag_of_texts_may_be_repeated), test(a_flag_is_repeated_at_most_32_times),
      test(a_number_that_is_not_given_has_its_fallback),
      test(a_number_out_of_bounds_is_refused_with_the_bounds), test(wrong_words_are_named),
      test(help_lists_the_commands), test(help_of_a_command_lists_its_flags),
      test(help_of_a_command_without_flags_has_one_blank_line_between_its_parts))
