/*
 * arguments.c: the tables of every command and every flag; src/cli parses and prints the help with them.
 *
 * To add a flag, add a member to struct arguments and a row to the table of flags.
 */
#include "orders/cli/arguments.h"

#include <stdio.h>

enum { MAX_NUMBER = 100000000 };

static const struct cli_command COMMANDS[] = {
    {COMMAND_DEPLOY,
     0,
     "deploy",
     {NULL},
     "create the order system: topic, queues, table, role, function, trigger",
     "Creates what is missing of the order system, and changes what differs from what it should be. Run it\n"
     "again at any time, also with another --function.\n"},
    {COMMAND_SUBMIT,
     0,
     "submit",
     {"[FILE|-]"},
     "publish orders, one JSON object per line",
     "Publishes the orders of FILE, or of standard input, to the topic OrderTopic. An order is a JSON\n"
     "object on one line, with the texts orderId, userId, itemName and status, a positive whole number\n"
     "quantity, and an ISO 8601 timestamp. The command checks each line first; it reports a bad line and\n"
     "does not send it.\n\n"
     "    {\"orderId\":\"O1\",\"userId\":\"U1\",\"itemName\":\"Laptop\",\"quantity\":1,"
     "\"status\":\"new\",\n     \"timestamp\":\"2025-05-03T12:00:00Z\"}    (on one line)\n"},
    {COMMAND_LIST,
     0,
     "list",
     {NULL},
     "print the orders in the table",
     "Prints the orders in the table Orders, sorted by their ids.\n"},
    {COMMAND_SHOW,
     1,
     "show",
     {"ORDER"},
     "show one order's way, step by step",
     "Shows the way of one order: when it was published, delivered to the queue, received, handled and\n"
     "stored, and why a step failed. Orderly records these steps as a trace. On AWS, the command reads the\n"
     "table, the function's log and the dead-letter queue instead.\n"},
    {COMMAND_WATCH,
     0,
     "watch",
     {NULL},
     "follow the orders as they are handled",
     "Prints a line for each order that is stored and for each step that fails, until you press Ctrl-C.\n"},
    {COMMAND_DLQ,
     0,
     "dlq",
     {NULL},
     "show the messages that could not be handled",
     "Shows the messages in the dead-letter queue OrderDLQ, and why each one is there. SQS counts this as a\n"
     "receive of each message; the command puts all of them back at once.\n"},
    {COMMAND_WAIT,
     0,
     "wait",
     {NULL},
     "wait until the orders have arrived",
     "Waits until each order of FILE is in the table, and the dead-letter queue has as many messages as\n"
     "expected. Without --file, the command waits for no orders. The exit code is 0 then, and 1 if the time\n"
     "was over before, or if an order was given up.\n"},
    {COMMAND_BURST,
     1,
     "burst",
     {"N"},
     "publish N made-up orders at full speed and time them",
     "Publishes N made-up orders as fast as it can, waits until each is in the table or in the dead-letter\n"
     "queue, and reports orders per second and how long an order took.\n"},
};

#define AT(member) offsetof(struct arguments, member)

static const struct cli_flag FLAGS[] = {
    {COMMAND_DEPLOY, CLI_TEXT, "--function", "c|nodejs|python",
     "the function that handles the orders (default c)", AT(function), 0, 0, 0},
    {COMMAND_DEPLOY, CLI_TEXT, "--zip", "FILE", "use this package instead of the one that comes with Orderly",
     AT(zip), 0, 0, 0},
    {COMMAND_DEPLOY, CLI_NUMBER, "--visibility-timeout", "SECONDS",
     "how long until a failed order is tried again (default 30); the function may run a sixth of that",
     AT(visibility_seconds), 6, 43200, 30},
    {COMMAND_SUBMIT, CLI_TEXT, "--raw", "FILE", "publish this file as one message, unchanged", AT(raw), 0, 0,
     0},
    {COMMAND_SUBMIT, CLI_SWITCH, "--force", NULL, "also send bad lines", AT(force), 0, 0, 0},
    {COMMAND_SUBMIT | COMMAND_BURST, CLI_NUMBER, "--parallel", "N",
     "requests at the same time, ten orders each (default 8)", AT(parallel), 1, 256, 8},
    {COMMAND_WAIT, CLI_TEXT, "--file", "FILE", "the orders, one JSON object per line", AT(file), 0, 0, 0},
    {COMMAND_WAIT, CLI_NUMBER, "--dead-letters", "N", "messages expected in OrderDLQ (default 0)",
     AT(dead_letters), 0, MAX_NUMBER, 0},
    {COMMAND_WAIT, CLI_NUMBER, "--timeout", "SECONDS", "give up after this time (default 300)",
     AT(wait_seconds), 0, MAX_NUMBER, 300},
    {COMMAND_LIST, CLI_NUMBER, "--limit", "N", "print at most N orders", AT(limit), 1, MAX_NUMBER,
     MAX_NUMBER},
    {COMMAND_SHOW, CLI_NUMBER, "--wait", "SECONDS",
     "wait so long for the order to arrive or fail (default 0)", AT(wait_seconds), 0, MAX_NUMBER, 0},
    {COMMAND_BURST, CLI_NUMBER, "--wait", "SECONDS", "wait so long for the orders to arrive (default 120)",
     AT(wait_seconds), 0, MAX_NUMBER, 120},
    {COMMAND_WATCH, CLI_NUMBER, "--count", "N", "stop after N lines", AT(count), 1, MAX_NUMBER, MAX_NUMBER},
    {COMMAND_DLQ, CLI_SWITCH, "--redrive", NULL, "send the messages to OrderQueue again", AT(redrive), 0, 0,
     0},
    {COMMAND_DLQ, CLI_SWITCH, "--purge", NULL, "delete the messages", AT(purge), 0, 0, 0},
    {COMMAND_LIST | COMMAND_SHOW | COMMAND_DLQ | COMMAND_BURST, CLI_SWITCH, "--json", NULL,
     "print JSON, for scripts", AT(json), 0, 0, 0},
    CONFIG_FLAG_ROWS(AT(where)),
};

static const struct cli_table TABLE = {
    .program = "orderly orders",
    .summary = "The order notification system: SNS -> SQS -> Lambda -> DynamoDB, on Orderly or on AWS.",
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .flags = FLAGS,
    .flag_count = sizeof FLAGS / sizeof *FLAGS,
    .footer = "With credentials and without an endpoint, the commands call AWS. With neither, they call\n"
              "Orderly on this machine: http://127.0.0.1:4566, with the key test.\n",
};

/* Two of the given words that exclude each other, or NULL. */
static const char *contradiction(const struct arguments *given)
{
    if (given->redrive && given->purge)
        return "--redrive and --purge";
    if (given->json && (given->redrive || given->purge))
        return given->redrive ? "--redrive and --json" : "--purge and --json";
    if (given->raw && given->operand)
        return "FILE and --raw";
    return given->raw && given->force ? "--raw and --force" : NULL;
}

static enum cli_result check_words(const struct arguments *arguments, const char *command)
{
    const char *both = contradiction(arguments);

    if (!both)
        return CLI_RUN;
    fprintf(stderr, "orderly: %s exclude each other. See %s %s --help.\n", both, TABLE.program, command);
    return CLI_WRONG;
}

enum cli_result orders_arguments_parse(int argc, char **argv, struct arguments *arguments)
{
    struct cli_words words;

    *arguments = (struct arguments){0};
    enum cli_result result = cli_parse(&TABLE, argc, argv, &words, arguments);
    arguments->command = words.command;
    arguments->operand = words.operands[0];
    return result == CLI_RUN ? check_words(arguments, argv[1]) : result;
}
