/*
 * iam.c: `orderly iam explain ACTION RESOURCE --as PRINCIPAL`: would it be allowed, and which statement
 * decides?
 *
 * The server evaluates the policies (GET /_orderly/iam/explain); this file asks, and prints the answer.
 */
#include "commands/commands.h"

#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/run.h"
#include "client/client.h"
#include "wire/json.h"
#include "wire/percent.h"

#include <stdlib.h>

enum { EXPLAIN = 1, EXIT_DENIED = 1, COLUMNS = 100 };

struct arguments {
    struct config_flags where;
    const char *principal;
    struct cli_texts context;
    bool json;
};

static const struct cli_command COMMANDS[] = {
    {EXPLAIN,
     2,
     "explain",
     {"ACTION", "RESOURCE"},
     "say whether something is allowed, and which statement decides",
     "Says whether PRINCIPAL may do ACTION (\"sqs:SendMessage\") on RESOURCE (an ARN), and which statement\n"
     "of which policy decides. The resource's own policy and tags are looked up; other condition keys of a\n"
     "request are given with --context. The exit code is 0 when it is allowed, 1 when it is denied, 2 when\n"
     "that is not known.\n"},
};

#define AT(member) offsetof(struct arguments, member)

static const struct cli_flag FLAGS[] = {
    {EXPLAIN, CLI_TEXT, "--as", "PRINCIPAL",
     "the ARN of a user, a role or an account's root, or a service's host name (needed)", AT(principal), 0, 0,
     0},
    {EXPLAIN, CLI_TEXTS, "--context", "KEY=VALUE", "a condition key of the request; may be repeated",
     AT(context), 0, 0, 0},
    {EXPLAIN, CLI_SWITCH, "--json", NULL, "print the server's answer as JSON, for scripts", AT(json), 0, 0,
     0},
    CONFIG_FLAG_ROWS(AT(where)),
};

static const struct cli_table TABLE = {
    .program = "orderly iam",
    .summary = "What policies allow, and why.",
    .commands = COMMANDS,
    .command_count = sizeof COMMANDS / sizeof *COMMANDS,
    .flags = FLAGS,
    .flag_count = sizeof FLAGS / sizeof *FLAGS,
    .footer = COMMANDS_FOOTER,
};

/* ---- asking ---- */

static void add_field(struct arena *arena, struct text *query, const char *name, const char *value)
{
    str encoded = percent_encode(arena, str_of(value));

    text_format(query, "%s%s=%.*s", text_str(query).size ? "&" : "", name, STR_ARGS(encoded));
}

static str query_of(struct arena *arena, const struct cli_words *words, const struct arguments *arguments)
{
    struct text query = text_in(arena);

    add_field(arena, &query, "action", words->operands[0]);
    add_field(arena, &query, "resource", words->operands[1]);
    add_field(arena, &query, "as", arguments->principal);
    for (size_t i = 0; i < arguments->context.count; i++)
        add_field(arena, &query, "context", arguments->context.items[i]);
    return text_str(&query);
}

/* ---- printing ---- */

static void print_list(struct arena *arena, const struct json *answer, str member, const char *label)
{
    const struct json *list = json_get(answer, member);

    for (size_t i = 0; json_is(list, JSON_ARRAY) && i < list->count; i++)
        printf("%s%.*s", i == 0 ? label : ", ", STR_ARGS(output_text(arena, list->items[i].text)));
    if (json_is(list, JSON_ARRAY) && list->count > 0)
        putchar('\n');
}

static bool is_true(const struct json *answer, str member)
{
    const struct json *value = json_get(answer, member);

    return json_is(value, JSON_TRUE);
}

static int print(struct arena *arena, const struct json *answer)
{
    bool allowed = is_true(answer, S("allowed"));

    printf("%s: ", allowed ? "Allowed" : "Denied");
    output_print_wrapped(arena, output_text(arena, json_get_str(answer, S("reason"))), 0, COLUMNS);
    print_list(arena, answer, S("lookedAt"), "Policies looked at: ");
    print_list(arena, answer, S("unsuppliedKeys"), "Condition keys that no service here supplies: ");
    if (!is_true(answer, S("resourceFound")))
        puts("There is no such resource here now, so its own policy and tags are not known.");
    return allowed ? EXIT_SUCCESS : EXIT_DENIED;
}

/* ---- the command ---- */

static int print_reply(struct arena *arena, const struct http_reply *reply, bool as_json)
{
    const struct json *answer = json_parse(arena, reply->body, NULL);
    str message = json_get_str(answer, S("message"));

    if (reply->status != 200 || !json_is(answer, JSON_OBJECT))
        return cli_give_up(arena,
                           str_present(message)
                               ? message
                               : arena_format(arena, "the reply has the status %d; only Orderly can explain.",
                                              reply->status));
    if (!as_json)
        return print(arena, answer);
    printf("%.*s\n", STR_ARGS(reply->body));
    return is_true(answer, S("allowed")) ? EXIT_SUCCESS : EXIT_DENIED;
}

static int explain(struct arena *arena, const struct cli_words *words, const struct arguments *arguments)
{
    struct config config;
    struct failure failure = {0};
    struct http_reply reply = {0};
    str problem;

    if (!config_read(arena, &arguments->where, &config, &problem))
        return cli_give_up(arena, problem);
    if (!str_present(config_own_endpoint(&config)))
        return cli_give_up(arena,
                           S("only Orderly can explain: give --endpoint-url or set AWS_ENDPOINT_URL."));
    struct client *client = client_open(&config, cli_tell);
    bool answered = client_get(client, arena, S("/_orderly/iam/explain"), query_of(arena, words, arguments),
                               &reply, &failure);
    client_close(client);
    return answered ? print_reply(arena, &reply, arguments->json)
                    : cli_give_up(arena, failure_sentence(arena, &failure));
}

static int run(struct arena *arena, const struct cli_words *words, const void *values)
{
    const struct arguments *arguments = values;

    if (arguments->principal)
        return explain(arena, words, arguments);
    fputs("orderly: --as PRINCIPAL is missing. See orderly iam explain --help.\n", stderr);
    return CLI_EXIT_WRONG;
}

int iam_main(int argc, char **argv)
{
    struct arguments arguments = {0};

    return cli_run(&TABLE, argc, argv, &arguments, run);
}
