/*
 * arguments.c: the tables of every command and every flag; src/cli makes the help of them and parses by them.
 */
#include "orders/cli/arguments.h"

enum { MAX_NUMBER = 100000000 };

static const struct cli_command COMMANDS[] = {
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

#define AT(member) offsetof(struct arguments, member)

static const struct cli_flag FLAGS[] = {
    {COMMAND_DEPLOY, CLI_TEXT, "--function", "c|nodejs|python",
     "which function handles the orders (default c)", AT(function), 0, 0, 0},
    {COMMAND_DEPLOY, CLI_TEXT, "--zip", "FILE", "its code, instead of the one that comes with Orderly",
     AT(zip), 0, 0, 0},
    {COMMAND_DEPLOY, CLI_NUMBER, "--visibility-timeout", "SECONDS",
     "until a failed order is tried again (default 30); the function may take a sixth of it",
     AT(visibility_seconds), 6, 43200, 30},
    {COMMAND_SUBMIT, CLI_TEXT, "--raw", "FILE", "publish that file as one message, as it is", AT(raw), 0, 0,
     0},
    {COMMAND_SUBMIT, CLI_SWITCH, "--force", NULL, "send bad lines, too", AT(force), 0, 0, 0},
    {COMMAND_SUBMIT | COMMAND_BURST, CLI_NUMBER, "--parallel", "N",
     "requests at the same time, of ten orders each (default 8)", AT(parallel), 1, 256, 8},
    {COMMAND_WAIT, CLI_TEXT, "--file", "FILE", "the orders, one JSON object per line", AT(file), 0, 0, 0},
    {COMMAND_WAIT, CLI_NUMBER, "--dead-letters", "N", "messages expected in OrderDLQ (default 0)",
     AT(dead_letters), 0, MAX_NUMBER, 0},
    {COMMAND_WAIT, CLI_NUMBER, "--timeout", "SECONDS", "give up after that long (default 300)",
     AT(wait_seconds), 0, MAX_NUMBER, 300},
    {COMMAND_LIST, CLI_NUMBER, "--limit", "N", "at most that many", AT(limit), 1, MAX_NUMBER, MAX_NUMBER},
    {COMMAND_SHOW, CLI_NUMBER, "--wait", "SECONDS", "wait that long for the order's end (default 0)",
     AT(wait_seconds), 0, MAX_NUMBER, 0},
    {COMMAND_BURST, CLI_NUMBER, "--wait", "SECONDS",
     "wait at most that long for the orders' end (default 120)", AT(wait_seconds), 0, MAX_NUMBER, 120},
    {COMMAND_WATCH, CLI_NUMBER, "--count", "N", "stop after N lines", AT(count), 1, MAX_NUMBER, MAX_NUMBER},
    {COMMAND_DLQ, CLI_SWITCH, "--redrive", NULL, "send them to OrderQueue again", AT(redrive), 0, 0, 0},
    {COMMAND_DLQ, CLI_SWITCH, "--purge", NULL, "throw them away", AT(purge), 0, 0, 0},
    {COMMAND_LIST | COMMAND_SHOW | COMMAND_DLQ | COMMAND_BURST, CLI_SWITCH, "--json", NULL, "for scripts",
     AT(json), 0, 0, 0},
    {CLI_EVERY_COMMAND, CLI_TEXT, "--endpoint-url", "URL",
     "whom to call (AWS_ENDPOINT_URL, or the profile's)", AT(where.endpoint_url), 0, 0, 0},
    {CLI_EVERY_COMMAND, CLI_TEXT, "--region", "NAME", "(AWS_REGION, AWS_DEFAULT_REGION, or the profile's)",
     AT(where.region), 0, 0, 0},
    {CLI_EVERY_COMMAND, CLI_TEXT, "--profile", "NAME",
     "of ~/.aws/config and ~/.aws/credentials (AWS_PROFILE)", AT(where.profile), 0, 0, 0},
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

enum cli_result orders_arguments_parse(int argc, char **argv, struct arguments *arguments)
{
    struct cli_words words;

    *arguments = (struct arguments){0};
    enum cli_result result = cli_parse(&TABLE, argc, argv, &words, arguments);
    arguments->command = words.command;
    arguments->operand = words.operand;
    return result;
}
