/*
 * options.c: one table with every flag, its environment variable, its default and its help.
 *
 * To add an option, add a member to struct options and a line to the table.
 */
#include "options.h"
#include "variables.h"

#include "aws/arn.h"
#include "base/list.h"
#include "base/time.h"
#include "cli/output.h"
#include "wire/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option {
    const char *flag; /* NULL: LocalStack's variable for another line's option */
    const char *variable;
    const char *fallback; /* NULL: a switch, off unless given */
    const char *value, *help;
    const char *takes; /* what set() accepts, as the end of a sentence: "a whole number from 0 to 64" */
    bool (*set)(struct options *options, str value);
};

/* An IPv6 address may be written as in a URL: [::1]. */
static bool set_host(struct options *options, str value)
{
    bool bracketed = str_starts_with(value, S("[")) && str_ends_with(value, S("]"));

    options->host = bracketed ? str_from(str_head(value, value.size - 1), 1) : value;
    return !str_empty(options->host);
}

static bool read_int(str value, int64_t min, int64_t max, int *number)
{
    int64_t wide;

    if (!str_to_i64(value, &wide) || wide < min || wide > max)
        return false;
    *number = (int)wide;
    return true;
}

static bool set_port(struct options *options, str value)
{
    return read_int(value, 0, 65535, &options->port);
}

static bool set_data(struct options *options, str value)
{
    options->data = value;
    return !str_empty(value);
}

static bool set_durability(struct options *options, str value)
{
    options->durability = str_equal(value, S("relaxed")) ? DURABILITY_RELAXED : DURABILITY_FULL;
    return str_equal(value, S("relaxed")) || str_equal(value, S("full"));
}

static bool set_in_memory(struct options *options, str value)
{
    options->in_memory = str_equal(value, S("1"));
    return str_equal(value, S("1")) || str_equal(value, S("0"));
}

static bool set_auth(struct options *options, str value)
{
    options->strict_auth = str_equal(value, S("strict"));
    return str_equal(value, S("strict")) || str_equal(value, S("open"));
}

static bool set_iam(struct options *options, str value)
{
    static const str words[] = {STR_INIT("on"), STR_INIT("soft"), STR_INIT("off")};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal(value, words[i])) {
            options->enforcement = (enum enforcement)i; /* in the order of its constants */
            return true;
        }
    return false;
}

/* LocalStack's switches are 1 or 0; when unset they change nothing. */
static bool set_enforce_iam(struct options *options, str value)
{
    return str_empty(value) || (str_equal(value, S("1")) && set_iam(options, S("on"))) ||
           (str_equal(value, S("0")) && set_iam(options, S("off")));
}

static bool set_iam_soft_mode(struct options *options, str value)
{
    return str_empty(value) || str_equal(value, S("0")) ||
           (str_equal(value, S("1")) && set_iam(options, S("soft")));
}

static bool set_sqs_waits(struct options *options, str value)
{
    options->sqs_waits = str_equal(value, S("1"));
    return str_equal(value, S("1")) || str_equal(value, S("0"));
}

/* LocalStack has a switch for each of the two waits. */
static bool add_sqs_waits(struct options *options, str value)
{
    options->sqs_waits |= str_equal(value, S("1"));
    return str_equal(value, S("1")) || str_equal(value, S("0"));
}

static bool set_enforce_throughput(struct options *options, str value)
{
    options->enforces_throughput = str_equal(value, S("1"));
    return str_equal(value, S("1")) || str_equal(value, S("0"));
}

static bool set_table_delay(struct options *options, str value)
{
    int seconds;
    bool well = read_int(value, 0, 3600, &seconds);

    if (well)
        options->table_delay_ms = (int64_t)seconds * MS_PER_S;
    return well;
}

/* "a,b": added to the names from other flags and variables. */
static bool add_names(struct options *options, struct names *names, str value, bool (*valid)(str name))
{
    str name;

    while (!str_empty(value) && str_next(&value, ',', &name)) {
        if (!valid(str_trim(name)))
            return false;
        *list_add(options->arena, names) = str_trim(name);
    }
    return true;
}

static bool add_allowed_hosts(struct options *options, str value)
{
    return add_names(options, &options->allowed_hosts, value, origin_host_valid);
}

static bool add_allowed_origins(struct options *options, str value)
{
    return add_names(options, &options->allowed_origins, value, origin_valid);
}

static bool is_folder_name(str name)
{
    return !str_empty(name);
}

static bool add_hot_reload(struct options *options, str value)
{
    return add_names(options, &options->hot_reload, value, is_folder_name);
}

static bool set_root_key(struct options *options, str value)
{
    options->root_access_key_id = value;
    return true;
}

static bool set_root_secret(struct options *options, str value)
{
    options->root_secret = value;
    return true;
}

static bool set_region(struct options *options, str value)
{
    options->region = value;
    return arn_is_region(value);
}

static bool set_account(struct options *options, str value)
{
    options->account = value;
    return arn_is_account(value);
}

static bool set_runtimes(struct options *options, str value)
{
    options->runtimes = value;
    return true;
}

static bool set_sandbox(struct options *options, str value)
{
    options->sandbox = value;
    return str_empty(value) || str_equal(value, S("required")) || str_equal(value, S("preferred")) ||
           str_equal(value, S("off"));
}

static bool set_function_network(struct options *options, str value)
{
    options->function_network = str_equal(value, S("open"));
    return str_equal(value, S("open")) || str_equal(value, S("none"));
}

static bool set_smtp(struct options *options, str value)
{
    options->smtp = value;
    return str_empty(value) || str_starts_with(value, S("smtp://")) || str_starts_with(value, S("smtps://"));
}

static bool set_threads(struct options *options, str value)
{
    return read_int(value, 0, 64, &options->threads);
}

/* "7d": a number and one of the units. */
static bool read_amount(str text, const char *const *names, const int64_t *units, int64_t *amount)
{
    for (size_t i = 0; names[i]; i++) {
        str unit = str_of(names[i]);
        if (str_ends_with(text, unit) && str_to_i64(str_head(text, text.size - unit.size), amount) &&
            *amount > 0 && *amount <= INT64_MAX / 2 / units[i]) {
            *amount *= units[i];
            return true;
        }
    }
    return false;
}

/* "7d,256MiB", either alone, or "0". */
static bool set_trace_keep(struct options *options, str value)
{
    static const char *const ages[] = {"s", "m", "h", "d", NULL}, *const sizes[] = {"KiB", "MiB", "GiB",
                                                                                    NULL};
    static const int64_t ages_ms[] = {MS_PER_S, INT64_C(60) * MS_PER_S, INT64_C(3600) * MS_PER_S,
                                      INT64_C(86400) * MS_PER_S},
                         sizes_bytes[] = {1 << 10, 1 << 20, 1 << 30};
    struct trace_keep keep = {.age_ms = 7 * ages_ms[3], .bytes = 256 * sizes_bytes[1]};
    str part;

    options->trace_keep = (struct trace_keep){0};
    if (str_equal(value, S("0")))
        return true;
    if (str_empty(value) || str_ends_with(value, S(",")))
        return false;
    while (!str_empty(value) && str_next(&value, ',', &part))
        if (!read_amount(part, ages, ages_ms, &keep.age_ms) &&
            !read_amount(part, sizes, sizes_bytes, &keep.bytes))
            return false;
    options->trace_keep = keep;
    return true;
}

static bool set_log_level(struct options *options, str value)
{
    return log_level_parse(value, &options->log_level);
}

static bool set_log_format(struct options *options, str value)
{
    return log_format_parse(value, &options->log_format);
}

#define TAKES_ORIGINS "origins in lower case without a path (http://localhost:3000)"

static const struct option table[] = {
    {"--host", "ORDERLY_HOST", "127.0.0.1", "ADDRESS",
     "the address to listen on; any but loopback needs --auth strict", "an address", set_host},
    {"--port", "ORDERLY_PORT", "4566", "N", "the port of all services; 0: a free port",
     "a whole number from 0 to 65535", set_port},
    {"--data", "ORDERLY_DATA", "orderly-data", "FOLDER", "the folder of all data", "a folder", set_data},
    {"--durability", "ORDERLY_DURABILITY", "full", "full|relaxed",
     "full: a reply means that its data is on disk; relaxed: a crash may lose the last 100 ms",
     "full or relaxed", set_durability},
    {"--in-memory", "ORDERLY_IN_MEMORY", NULL, NULL,
     "keep data in memory only: it is gone when the server stops", "1 or 0", set_in_memory},
    {"--auth", "ORDERLY_AUTH", "open", "open|strict",
     "open: test/test is the administrator, and so is any other key until the first access key is created; "
     "strict: only known keys may call",
     "open or strict", set_auth},
    {"--iam", "ORDERLY_IAM", "on", "on|soft|off",
     "on: policies are enforced; soft: what they deny is allowed, and logged; off: no policy is evaluated; "
     "or LocalStack's ENFORCE_IAM=0 for off, IAM_SOFT_MODE=1 for soft",
     "on, soft or off", set_iam},
    {NULL, "ENFORCE_IAM", "", NULL, NULL, "1 or 0", set_enforce_iam},
    {NULL, "IAM_SOFT_MODE", "", NULL, NULL, "1 or 0", set_iam_soft_mode},
    {"--sqs-waits", "ORDERLY_SQS_WAITS", NULL, NULL,
     "AWS's minute between two purges of a queue, and before the name of a deleted queue can be used again; "
     "or LocalStack's SQS_DELAY_PURGE_RETRY=1 or SQS_DELAY_RECENTLY_DELETED=1",
     "1 or 0", set_sqs_waits},
    {NULL, "SQS_DELAY_PURGE_RETRY", "0", NULL, NULL, "1 or 0", add_sqs_waits},
    {NULL, "SQS_DELAY_RECENTLY_DELETED", "0", NULL, NULL, "1 or 0", add_sqs_waits},
    {"--enforce-throughput", "ORDERLY_ENFORCE_THROUGHPUT", NULL, NULL,
     "refuse requests beyond the throughput of DynamoDB's tables and indexes, after AWS's burst of 300 "
     "seconds",
     "1 or 0", set_enforce_throughput},
    {"--table-delay", "ORDERLY_TABLE_DELAY", "0", "SECONDS",
     "how long DynamoDB's tables are CREATING, UPDATING and DELETING", "a whole number from 0 to 3600",
     set_table_delay},
    {"--allowed-host", "ORDERLY_ALLOWED_HOST", "", "NAME,...",
     "more names by which clients may call the server (api.example.com, *.example.com), without a port; may "
     "be repeated",
     "names of hosts without a port (api.example.com, *.example.com)", add_allowed_hosts},
    {"--allowed-origin", "ORDERLY_ALLOWED_ORIGIN", "", "ORIGIN,...",
     "origins whose web pages may call the server (http://localhost:3000), in lower case and without a path; "
     "may be repeated, EXTRA_CORS_ALLOWED_ORIGINS adds more",
     TAKES_ORIGINS, add_allowed_origins},
    {NULL, "EXTRA_CORS_ALLOWED_ORIGINS", "", NULL, NULL, TAKES_ORIGINS, add_allowed_origins},
    {"--root-access-key-id", "ORDERLY_ROOT_ACCESS_KEY_ID", "", "ID",
     "the administrator's access key (test, unless --auth strict)", "an access key", set_root_key},
    {"--root-secret-access-key", "ORDERLY_ROOT_SECRET_ACCESS_KEY", "", "SECRET",
     "the administrator's secret; set it in the environment, where ps does not show it", "a secret",
     set_root_secret},
    {"--region", "ORDERLY_REGION", "us-east-1", "NAME", "the region of unsigned requests",
     "the name of a region (us-east-1)", set_region},
    {"--account", "ORDERLY_ACCOUNT", "000000000000", "ID", "the account of access keys that do not name one",
     "twelve digits", set_account},
    {"--runtimes", "ORDERLY_RUNTIMES", "", "FOLDER", "the folder with what runs functions of each language",
     "a folder", set_runtimes},
    {"--hot-reload", "ORDERLY_HOT_RELOAD", "", "FOLDER,...",
     "folders of this machine in which, or below which, code of functions may be used as it is (S3Bucket "
     "hot-reload, S3Key the folder): every user who may change functions of --account can read them; may be "
     "repeated",
     "folders", add_hot_reload},
    {"--sandbox", "ORDERLY_SANDBOX", "", "required|preferred|off",
     "required (the default with --auth strict): a function whose sandbox the kernel refuses in part does "
     "not run; preferred (the default otherwise): it runs all the same; off: functions are plain child "
     "processes",
     "required, preferred or off", set_sandbox},
    {"--function-network", "ORDERLY_FUNCTION_NETWORK", "open", "open|none",
     "open: functions reach what this machine reaches; none: only this server", "open or none",
     set_function_network},
    {"--smtp", "ORDERLY_SMTP", "", "URL",
     "the relay for mails to e-mail subscribers (smtp://user:password@host:587; set a password in the "
     "environment, where ps does not show it); without it, mails are files in the data folder's mail",
     "a URL that begins with smtp:// or smtps://", set_smtp},
    {"--threads", "ORDERLY_THREADS", "0", "N", "server threads; 0: one per core, at most 16",
     "a whole number from 0 to 64", set_threads},
    {"--trace-keep", "ORDERLY_TRACE_KEEP", "7d,256MiB", "AGE,SIZE",
     "how long the ways of messages are kept (s, m, h, d), and how much room they may take (KiB, MiB, GiB); "
     "0: nothing is traced",
     "an age, a size or both (7d,256MiB), or 0", set_trace_keep},
    {"--log-level", "ORDERLY_LOG_LEVEL", "info", "error|warn|info|debug",
     "info: a line for each request of AWS's API, at most 500 a second; debug: for each request",
     "error, warn, info or debug", set_log_level},
    {"--log-format", "ORDERLY_LOG_FORMAT", "text", "text|json",
     "text: a message and key=value pairs; json: each line is an object with time, level, message and fields",
     "text or json", set_log_format},
};
enum { OPTIONS = sizeof table / sizeof *table, HELP_INDENT = 8, HELP_COLUMNS = 100 };

static void print_option(struct arena *arena, const struct option *option)
{
    printf("  %s%s%s\n", option->flag, option->value ? " " : "", option->value ? option->value : "");
    output_print_wrapped(arena, str_of(option->help), HELP_INDENT, HELP_COLUMNS);
    printf("%*salso %s%s%s\n", HELP_INDENT, "", option->variable,
           option->fallback && *option->fallback ? ", default " : "",
           option->fallback ? option->fallback : "=1");
}

void options_print_help(void)
{
    struct arena arena = {0};

    printf("Orderly speaks SNS, SQS, Lambda, DynamoDB, IAM, STS, CloudWatch and its Logs on one port.\n\n"
           "    orderly [flags]                  start the server\n"
           "    orderly orders COMMAND [flags]   the order notification system from the command line\n"
           "    orderly iam explain …            what a policy allows, and which statement decides\n"
           "    orderly doctor                   settings that lose or repeat messages\n"
           "    orderly function watch …         deploy a folder as a function's code at each change\n"
           "    orderly help [COMMAND …]         this text, or that of a command\n"
           "    orderly version\n\n"
           "Flags of the server:\n\n");
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].flag)
            print_option(&arena, &table[i]);
    arena_free(&arena);
}

static enum options_result refuse(struct arena *arena, const struct option *option, const char *name,
                                  str value, str *problem)
{
    *problem = arena_format(arena, "%s takes %s, not \"%.*s\". See orderly help.", name, option->takes,
                            STR_ARGS(value));
    return OPTIONS_BAD;
}

/* The server, its tests, or the build of the console read these. */
static const str other_variables[] = {
    STR_INIT("ORDERLY_BINARY"),   STR_INIT("ORDERLY_RELEASE_BINARY"), STR_INIT("ORDERLY_ENDPOINT"),
    STR_INIT("ORDERLY_RERUN"),    STR_INIT("ORDERLY_SCREENSHOTS"),    STR_INIT("ORDERLY_LONG_READ_MS"),
    STR_INIT("ORDERLY_SLICE_US"),
};

/* Others set these together with ORDERLY_PORT. */
static const str link_variables[] = {
    STR_INIT("ORDERLY_SERVICE_*"),
    STR_INIT("ORDERLY_PORT_*"),
    STR_INIT("ORDERLY_NAME"),
    STR_INIT("ORDERLY_ENV_*"),
};

/* Kubernetes sets ORDERLY_PORT in the pods beside a service named orderly, and so do Docker's links. */
static bool is_link(const char *port)
{
    return port && (str_starts_with(str_of(port), S("tcp://")) || str_starts_with(str_of(port), S("udp://")));
}

static void note_link(struct arena *arena, struct names *known)
{
    const char *port = getenv("ORDERLY_PORT");

    if (!is_link(port))
        return;
    log_info("ORDERLY_PORT is no setting: it is a link to a service", log_field("value", str_of(port)));
    for (size_t i = 0; i < sizeof link_variables / sizeof *link_variables; i++)
        *list_add(arena, known) = link_variables[i];
}

void options_warn_of_unknown_variables(struct arena *arena)
{
    struct names known = {0};

    note_link(arena, &known);
    for (size_t i = 0; i < OPTIONS; i++)
        *list_add(arena, &known) = str_of(table[i].variable);
    for (size_t i = 0; i < sizeof other_variables / sizeof *other_variables; i++)
        *list_add(arena, &known) = other_variables[i];
    variables_warn_of_unknown(arena, S("ORDERLY_"), &known);
}

static enum options_result read_environment(struct arena *arena, struct options *options, str *problem)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *given = getenv(table[i].variable);
        if (table[i].set == set_port && is_link(given))
            given = NULL;
        str value = str_of(given ? given : table[i].fallback ? table[i].fallback : "0");
        if (!table[i].set(options, value))
            return refuse(arena, &table[i], table[i].variable, value, problem);
    }
    return OPTIONS_OK;
}

static const struct option *find_option(str flag)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].flag && str_equal(flag, str_of(table[i].flag)))
            return &table[i];
    return NULL;
}

/* "--flag value" or "--flag=value". */
static enum options_result read_flag(struct arena *arena, int argc, char **argv, int *at,
                                     struct options *options, str *problem)
{
    str word = str_of(argv[*at]);
    ptrdiff_t equals = str_index(word, '=');
    const struct option *option = find_option(equals < 0 ? word : str_head(word, (size_t)equals));
    str value;

    if (!option) {
        *problem = arena_format(arena, "%.*s is not a %s. See orderly help.", STR_ARGS(word),
                                str_starts_with(word, S("-")) ? "flag" : "command");
        return OPTIONS_BAD;
    }
    if (equals >= 0)
        value = str_from(word, (size_t)equals + 1);
    else if (!option->value)
        value = S("1");
    else if (*at + 1 < argc)
        value = str_of(argv[++*at]);
    else {
        *problem =
            arena_format(arena, "%s needs a value: %s. See orderly help.", option->flag, option->takes);
        return OPTIONS_BAD;
    }
    options->data_is_flag |= option->set == set_data;
    return option->set(options, value) ? OPTIONS_OK : refuse(arena, option, option->flag, value, problem);
}

static bool is_loopback(str host)
{
    return str_starts_with(host, S("127.")) || str_equal(host, S("localhost")) || str_equal(host, S("::1"));
}

static enum options_result check_together(struct options *options, str *problem)
{
    if (!options->strict_auth && str_empty(options->root_access_key_id)) {
        options->root_access_key_id = S("test");
        options->root_secret = S("test");
    }
    if (str_empty(options->sandbox))
        options->sandbox = options->strict_auth ? S("required") : S("preferred");
    if (options->data_is_flag && options->in_memory) {
        *problem = S("--data names a folder and --in-memory keeps nothing in one: use one of them.");
        return OPTIONS_BAD;
    }
    if (!options->strict_auth && !is_loopback(options->host)) {
        *problem = S("Listening elsewhere than on loopback needs --auth strict.");
        return OPTIONS_BAD;
    }
    if (!str_empty(options->root_access_key_id) && str_empty(options->root_secret)) {
        *problem = S("--root-access-key-id needs --root-secret-access-key.");
        return OPTIONS_BAD;
    }
    if (options->strict_auth && str_empty(options->root_access_key_id)) {
        *problem = S("--auth strict needs the administrator's key, or nobody could call: set "
                     "ORDERLY_ROOT_ACCESS_KEY_ID and ORDERLY_ROOT_SECRET_ACCESS_KEY.");
        return OPTIONS_BAD;
    }
    *list_add(options->arena, &options->allowed_hosts) = options->host;
    return OPTIONS_OK;
}

enum options_result options_read(struct arena *arena, int argc, char **argv, struct options *options,
                                 str *problem)
{
    options->arena = arena;
    enum options_result result = read_environment(arena, options, problem);

    for (int i = 1; i < argc && result == OPTIONS_OK; i++) {
        if (str_equal(str_of(argv[i]), S("--help")) || str_equal(str_of(argv[i]), S("-h")))
            return OPTIONS_HELP;
        result = read_flag(arena, argc, argv, &i, options, problem);
    }
    return result == OPTIONS_OK ? check_together(options, problem) : result;
}
