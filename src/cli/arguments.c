/*
 * arguments.c: two tables say every command and every flag; the help is made of them.
 */
#include "cli/arguments.h"

#include <stdio.h>
#include <string.h>

enum { ALL = 255, MAX_NUMBER = 100000000, FLAG_COLUMN = 32 };

struct command_row {
    enum command command;
    bool operand_needed;
    const char *name, *operand;
    const char *summary, *text;
};

static const struct command_row COMMANDS[] = {
    {COMMAND_DEPLOY, false, "deploy", NULL,
     "make the order system: topic, queues, table, role, function, trigger",
     "Makes what is missing of the order system and changes what differs; what is there already stays.\n"
     "Run it again at any time, also with another --function.\n"},
    {COMMAND_SUBMIT, false, "submit", "[FILE|-]", "publish orders, one JSON object per line",
     "Publishes the orders of FILE, or of the standard input, to the topic OrderTopic. An order is a\n"
     "JSON object on a line of its own with the texts orderId, userId, itemName and status, a positive\n"
     "whole number quantity, and an ISO 8601 timestamp. Each line is checked first; what is wrong is\n"
     "said and not sent.\n\n"
     "    {\"orderId\":\"O1\",\"userId\":\"U1\",\"itemName\":\"Laptop\",\"quantity\":1,"
     "\"status\":\"new\",\n     \"timestamp\":\"2025-05-03T12:00:00Z\"}    (on one line)\n"},
    {COMMAND_LIST, false, "list", NULL, "the orders in the table",
     "Prints the orders that are in the table Orders, sorted by their id.\n"},
    {COMMAND_SHOW, true, "show", "ORDER", "one order's way, hop by hop",
     "Tells the way of one order, from the table, the function's log and the dead-letter queue: when it\n"
     "was published, queued, received, handled and stored, or why it was not.\n"},
    {COMMAND_WATCH, false, "watch", NULL, "follow the orders as they are handled",
     "Follows the function's log, one line for each order, until you press Ctrl-C.\n"},
    {COMMAND_DLQ, false, "dlq", NULL, "the messages that could not be handled",
     "Shows what is in the dead-letter queue OrderDLQ, and why, as far as the function's log knows.\n"
     "Looking counts as a receive there; the messages are put back at once.\n"},
    {COMMAND_WAIT, false, "wait", NULL, "wait until the orders are where they belong",
     "Waits until each order of a file is in the table and the dead-letter queue has as many messages as\n"
     "are expected there. Exit code 0 says that it is so, 1 that the time was over before.\n"},
    {COMMAND_BURST, true, "burst", "N", "publish N made-up orders at full speed and time them",
     "Publishes N made-up orders as fast as it can, waits until each is in the table or in the dead-letter\n"
     "queue, and reports orders per second and how long they took.\n"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

enum kind { SWITCH, TEXT, NUMBER };

struct flag {
    unsigned commands;
    enum kind kind;
    const char *name, *value, *help;
    size_t offset;
    int64_t min, max, fallback; /* of a number */
};

#define AT(member) offsetof(struct arguments, member)

static const struct flag FLAGS[] = {
    {COMMAND_DEPLOY, TEXT, "--function", "c|nodejs|python", "which function handles the orders (default c)",
     AT(function), 0, 0, 0},
    {COMMAND_DEPLOY, TEXT, "--zip", "FILE", "its code, instead of the one that comes with Orderly", AT(zip),
     0, 0, 0},
    {COMMAND_DEPLOY, NUMBER, "--visibility-timeout", "SECONDS",
     "until a failed order is tried again (default 30); the function may take a sixth of it",
     AT(visibility_seconds), 6, 43200, 30},
    {COMMAND_SUBMIT, TEXT, "--raw", "FILE", "publish that file as one message, as it is", AT(raw), 0, 0, 0},
    {COMMAND_SUBMIT, SWITCH, "--force", NULL, "send bad lines, too", AT(force), 0, 0, 0},
    {COMMAND_SUBMIT | COMMAND_BURST, NUMBER, "--parallel", "N",
     "requests at the same time, of ten orders each (default 8)", AT(parallel), 1, 256, 8},
    {COMMAND_WAIT, TEXT, "--file", "FILE", "the orders, one JSON object per line", AT(file), 0, 0, 0},
    {COMMAND_WAIT, NUMBER, "--dead-letters", "N", "messages expected in OrderDLQ (default 0)",
     AT(dead_letters), 0, MAX_NUMBER, 0},
    {COMMAND_WAIT, NUMBER, "--timeout", "SECONDS", "give up after that long (default 300)", AT(wait_seconds),
     0, MAX_NUMBER, 300},
    {COMMAND_LIST, NUMBER, "--limit", "N", "at most that many", AT(limit), 1, MAX_NUMBER, MAX_NUMBER},
    {COMMAND_SHOW, NUMBER, "--wait", "SECONDS", "wait that long for the order's end (default 0)",
     AT(wait_seconds), 0, MAX_NUMBER, 0},
    {COMMAND_BURST, NUMBER, "--wait", "SECONDS", "wait at most that long for the orders' end (default 120)",
     AT(wait_seconds), 0, MAX_NUMBER, 120},
    {COMMAND_WATCH, NUMBER, "--count", "N", "stop after N lines", AT(count), 1, MAX_NUMBER, MAX_NUMBER},
    {COMMAND_DLQ, SWITCH, "--redrive", NULL, "send them to OrderQueue again", AT(redrive), 0, 0, 0},
    {COMMAND_DLQ, SWITCH, "--purge", NULL, "throw them away", AT(purge), 0, 0, 0},
    {COMMAND_LIST | COMMAND_SHOW | COMMAND_DLQ | COMMAND_BURST, SWITCH, "--json", NULL, "for scripts",
     AT(json), 0, 0, 0},
    {ALL, TEXT, "--endpoint-url", "URL", "whom to call (AWS_ENDPOINT_URL, or the profile's)",
     AT(where.endpoint_url), 0, 0, 0},
    {ALL, TEXT, "--region", "NAME", "(AWS_REGION, AWS_DEFAULT_REGION, or the profile's)", AT(where.region), 0,
     0, 0},
    {ALL, TEXT, "--profile", "NAME", "of ~/.aws/config and ~/.aws/credentials (AWS_PROFILE)",
     AT(where.profile), 0, 0, 0},
};
enum { FLAG_COUNT = sizeof FLAGS / sizeof *FLAGS };

/* ---- help ---- */

static void print_flags(unsigned commands, bool shared)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag *flag = &FLAGS[i];
        if ((flag->commands == ALL) != shared || !(flag->commands & commands))
            continue;
        int width = printf("  %s%s%s", flag->name, flag->value ? " " : "", flag->value ? flag->value : "");
        printf("%*s %s\n", width < FLAG_COLUMN ? FLAG_COLUMN - width : 0, "", flag->help);
    }
}

static void print_where(void)
{
    puts("\nWhere:");
    print_flags(ALL, true);
    puts("\nCredentials without an endpoint are AWS's: then AWS is called. Without either it is Orderly on\n"
         "this machine: http://127.0.0.1:4566 with the key test.");
}

static void print_command_help(const struct command_row *row)
{
    printf("orderly orders %s%s%s [flags]\n\n%s\n", row->name, row->operand ? " " : "",
           row->operand ? row->operand : "", row->text);
    print_flags(row->command, false);
    print_where();
}

static void print_help(void)
{
    puts("The order notification system: SNS -> SQS -> Lambda -> DynamoDB, on Orderly or on AWS.\n\n"
         "    orderly orders COMMAND [flags]\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-8s%-10s%s\n", COMMANDS[i].name, COMMANDS[i].operand ? COMMANDS[i].operand : "",
               COMMANDS[i].summary);
    puts("\n`orderly orders COMMAND --help` says more about each.");
    print_where();
}

/* ---- parsing ---- */

static enum arguments_result complain(const char *what, const char *why)
{
    fprintf(stderr, "orderly: %s %s. See orderly orders --help.\n", what, why);
    return ARGUMENTS_WRONG;
}

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            return &COMMANDS[i];
    return NULL;
}

static const struct flag *find_flag(enum command command, str name)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if ((FLAGS[i].commands & command) && str_equal(str_of(FLAGS[i].name), name))
            return &FLAGS[i];
    return NULL;
}

static bool set_flag(const struct flag *flag, const char *value, struct arguments *arguments)
{
    char *place = (char *)arguments + flag->offset;
    int64_t number;

    switch (flag->kind) {
    case SWITCH:
        *(bool *)place = true;
        return true;
    case TEXT:
        memcpy(place, &value, sizeof value);
        return *value != '\0';
    case NUMBER:
        if (!str_to_i64(str_of(value), &number) || number < flag->min || number > flag->max)
            return false;
        memcpy(place, &number, sizeof number);
        return true;
    }
    return false;
}

static void set_fallbacks(struct arguments *arguments)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (FLAGS[i].kind == NUMBER && (FLAGS[i].commands & arguments->command))
            memcpy((char *)arguments + FLAGS[i].offset, &FLAGS[i].fallback, sizeof FLAGS[i].fallback);
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

/* --flag value, or --flag=value. */
static enum arguments_result parse_flag(int argc, char **argv, int *at, struct arguments *arguments)
{
    const char *word = argv[*at];
    str name = str_of(word);
    ptrdiff_t equals = str_index(name, '=');
    const char *value = equals >= 0 ? word + equals + 1 : NULL;
    const struct flag *flag =
        find_flag(arguments->command, equals >= 0 ? str_head(name, (size_t)equals) : name);

    if (!flag)
        return complain(word, "is not a flag of this command");
    if (flag->kind == SWITCH && value)
        return complain(flag->name, "takes no value");
    if (flag->kind != SWITCH && !value && ++*at < argc)
        value = argv[*at];
    if (flag->kind != SWITCH && !value)
        return complain(flag->name, "needs a value");
    return set_flag(flag, value, arguments) ? ARGUMENTS_RUN
                                            : complain(flag->name, "does not take that value");
}

static enum arguments_result parse_words(int argc, char **argv, const struct command_row *row,
                                         struct arguments *arguments)
{
    for (int i = 2; i < argc; i++) {
        bool is_flag = argv[i][0] == '-' && argv[i][1] != '\0';
        if (is_flag && parse_flag(argc, argv, &i, arguments) != ARGUMENTS_RUN)
            return ARGUMENTS_WRONG;
        if (is_flag)
            continue;
        if (!row->operand || arguments->operand)
            return complain(argv[i], "is one word too many");
        arguments->operand = argv[i];
    }
    if (row->operand_needed && !arguments->operand)
        return complain(row->operand, "is missing");
    return ARGUMENTS_RUN;
}

enum arguments_result arguments_parse(int argc, char **argv, struct arguments *arguments)
{
    const struct command_row *row = argc > 1 ? find_command(argv[1]) : NULL;

    *arguments = (struct arguments){0};
    if (argc < 2 || wants_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        print_help();
        return ARGUMENTS_HELPED;
    }
    if (!row)
        return complain(argv[1], "is not a command");
    if (asks_for_help(argc, argv)) {
        print_command_help(row);
        return ARGUMENTS_HELPED;
    }
    arguments->command = row->command;
    set_fallbacks(arguments);
    return parse_words(argc, argv, row, arguments);
}
