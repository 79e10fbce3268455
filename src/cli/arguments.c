/*
 * arguments.c: two tables say every command and every flag; the help is made of them.
 */
#include "cli/arguments.h"

#include <stdio.h>
#include <string.h>

enum { ALL = 127, MAX_NUMBER = 100000000, FLAG_COLUMN = 32 };

struct command_row {
    enum command command;
    const char *name, *operand;
    bool operand_needed;
    const char *summary, *text;
};

static const struct command_row COMMANDS[] = {
    {COMMAND_DEPLOY, "deploy", NULL, false, "make the order system: topic, queues, table, role, function, trigger",
     "Makes what is missing of the order system and changes what differs; what is there already stays.\n"
     "Run it again at any time, also with another --function.\n"},
    {COMMAND_SUBMIT, "submit", "[FILE|-]", false, "publish orders, one JSON object per line",
     "Publishes the orders of FILE, or of the standard input, to the topic OrderTopic. An order is a JSON\n"
     "object on a line of its own with the texts orderId, userId, itemName and status, a positive whole number\n"
     "quantity, and an ISO 8601 timestamp. Each line is checked first; what is wrong is said and not sent.\n\n"
     "    {\"orderId\":\"O1\",\"userId\":\"U1\",\"itemName\":\"Laptop\",\"quantity\":1,\"status\":\"new\","
     "\"timestamp\":\"2025-05-03T12:00:00Z\"}\n"},
    {COMMAND_LIST, "list", NULL, false, "the orders in the table",
     "Prints the orders that are in the table Orders, sorted by their id.\n"},
    {COMMAND_SHOW, "show", "ORDER", true, "one order's way, hop by hop",
     "Tells the way of one order, from the table, the function's log and the dead-letter queue: when it was\n"
     "published, queued, received, handled and stored, or why it was not.\n"},
    {COMMAND_WATCH, "watch", NULL, false, "follow the orders as they are handled",
     "Follows the function's log, one line for each order, until you press Ctrl-C.\n"},
    {COMMAND_DLQ, "dlq", NULL, false, "the messages that could not be handled",
     "Shows what is in the dead-letter queue OrderDLQ, and why, as far as the function's log knows.\n"
     "Looking counts as a receive there; the messages are put back at once.\n"},
    {COMMAND_BURST, "burst", "N", true, "publish N made-up orders at full speed and time them",
     "Publishes N made-up orders as fast as it can, waits until each is in the table or in the dead-letter\n"
     "queue, and reports orders per second and how long they took.\n"},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

enum kind { SWITCH, TEXT, NUMBER };

struct flag {
    unsigned commands;
    const char *name, *value, *help;
    enum kind kind;
    size_t offset;
    int64_t min, fallback;       /* of a number */
};

#define AT(member) offsetof(struct arguments, member)

static const struct flag FLAGS[] = {
    {COMMAND_DEPLOY, "--function", "c|nodejs|python", "which function handles the orders (default c)", TEXT,
     AT(function), 0, 0},
    {COMMAND_DEPLOY, "--zip", "FILE", "its code, instead of the one that comes with Orderly", TEXT, AT(zip), 0, 0},
    {COMMAND_DEPLOY, "--visibility-timeout", "SECONDS",
     "until a failed order is tried again (default 30);\n                                 the function may take a sixth of it", NUMBER,
     AT(visibility_seconds), 6, 30},
    {COMMAND_SUBMIT, "--raw", "FILE", "publish that file as one message, as it is", TEXT, AT(raw), 0, 0},
    {COMMAND_SUBMIT, "--force", NULL, "send bad lines, too", SWITCH, AT(force), 0, 0},
    {COMMAND_SUBMIT | COMMAND_BURST, "--parallel", "N", "requests at the same time, of ten orders each (default 8)",
     NUMBER, AT(parallel), 1, 8},
    {COMMAND_LIST, "--limit", "N", "at most that many", NUMBER, AT(limit), 1, MAX_NUMBER},
    {COMMAND_SHOW, "--wait", "SECONDS", "wait that long for the order's end (default 0)", NUMBER, AT(wait_seconds),
     0, 0},
    {COMMAND_BURST, "--wait", "SECONDS", "wait at most that long for the orders' end (default 120)", NUMBER,
     AT(wait_seconds), 0, 120},
    {COMMAND_WATCH, "--count", "N", "stop after N lines", NUMBER, AT(count), 1, MAX_NUMBER},
    {COMMAND_DLQ, "--redrive", NULL, "send them to OrderQueue again", SWITCH, AT(redrive), 0, 0},
    {COMMAND_DLQ, "--purge", NULL, "throw them away", SWITCH, AT(purge), 0, 0},
    {COMMAND_LIST | COMMAND_SHOW | COMMAND_DLQ | COMMAND_BURST, "--json", NULL, "for scripts", SWITCH, AT(json), 0,
     0},
    {ALL, "--endpoint-url", "URL", "whom to call (AWS_ENDPOINT_URL, or the profile's)", TEXT, AT(where.endpoint_url),
     0, 0},
    {ALL, "--region", "NAME", "(AWS_REGION, AWS_DEFAULT_REGION, or the profile's)", TEXT, AT(where.region), 0, 0},
    {ALL, "--profile", "NAME", "of ~/.aws/config and ~/.aws/credentials (AWS_PROFILE)", TEXT, AT(where.profile), 0,
     0},
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
    puts("\nWithout an endpoint, credentials are AWS's and so is the endpoint. Without either, it is Orderly on this\n"
         "machine: http://127.0.0.1:4566 with the key test.");
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
        if (!str_to_i64(str_of(value), &number) || number < flag->min || number > MAX_NUMBER)
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
    const struct flag *flag = find_flag(arguments->command, equals >= 0 ? str_head(name, (size_t)equals) : name);

    if (!flag)
        return complain(word, "is not a flag of this command");
    if (flag->kind == SWITCH && value)
        return complain(flag->name, "takes no value");
    if (flag->kind != SWITCH && !value && ++*at < argc)
        value = argv[*at];
    if (flag->kind != SWITCH && !value)
        return complain(flag->name, "needs a value");
    return set_flag(flag, value, arguments) ? ARGUMENTS_RUN : complain(flag->name, "does not take that value");
}

static enum arguments_result parse_words(int argc, char **argv, const struct command_row *row, struct arguments *arguments)
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
