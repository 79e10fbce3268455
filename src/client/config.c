/*
 * config.c: flags win over the environment, and the environment over files.
 * https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 *
 * Credentials that must be fetched (single sign-on, assumed roles, processes, instance metadata) are not
 * supported: `aws configure export-credentials --format env` puts them into the environment.
 */
#include "client/config.h"

#include "client/file.h"
#include "client/ini.h"

#include "base/list.h"
#include "wire/uri.h"

#include <stdlib.h>

#define DEFAULT_ENDPOINT "http://127.0.0.1:4566"
#define DEFAULT_REGION "us-east-1"

/* The services' names in AWS_ENDPOINT_URL_<ID> and in a `services` section. */
static const struct {
    const char *service, *variable;
    str id;
} SERVICES[] = {
    {"sns", "AWS_ENDPOINT_URL_SNS", STR_INIT("sns")},
    {"sqs", "AWS_ENDPOINT_URL_SQS", STR_INIT("sqs")},
    {"dynamodb", "AWS_ENDPOINT_URL_DYNAMODB", STR_INIT("dynamodb")},
    {"lambda", "AWS_ENDPOINT_URL_LAMBDA", STR_INIT("lambda")},
    {"logs", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", STR_INIT("cloudwatch_logs")},
    {"iam", "AWS_ENDPOINT_URL_IAM", STR_INIT("iam")},
    {"sts", "AWS_ENDPOINT_URL_STS", STR_INIT("sts")},
};
enum { SERVICE_COUNT = sizeof SERVICES / sizeof *SERVICES };

struct files {
    struct ini config, credentials;
    str profile;        /* "dev" */
    str config_section; /* "profile dev" */
    bool profile_is_flag;
};

/* The variable's value; the absent str when it is not set or empty. */
static str environment(const char *name)
{
    str value = str_of(getenv(name));

    return str_empty(value) ? (str){0} : value;
}

static str first_of(str a, str b)
{
    return str_present(a) ? a : b;
}

static struct ini read_ini(struct arena *arena, const char *variable, const char *name)
{
    str path = environment(variable), home = environment("HOME"), text;

    if (!str_present(path))
        path = arena_format(arena, "%.*s/.aws/%s", STR_ARGS(home), name);
    return file_read(arena, arena_cstr(arena, path), &text) ? ini_parse(arena, text) : (struct ini){0};
}

static bool read_files(struct arena *arena, const struct config_flags *flags, struct files *files,
                       str *problem)
{
    str named = first_of(str_of(flags->profile), environment("AWS_PROFILE"));

    files->config = read_ini(arena, "AWS_CONFIG_FILE", "config");
    files->credentials = read_ini(arena, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    files->profile = first_of(named, S("default"));
    files->profile_is_flag = flags->profile != NULL;
    files->config_section = arena_join(arena, S("profile "), files->profile);
    if (str_equal(files->profile, S("default")) && !ini_has(&files->config, files->config_section))
        files->config_section = files->profile;
    if (!str_present(named) || ini_has(&files->config, files->config_section) ||
        ini_has(&files->credentials, files->profile))
        return true;
    *problem =
        arena_format(arena, "The profile \"%.*s\" is neither in ~/.aws/config nor in ~/.aws/credentials.",
                     STR_ARGS(named));
    return false;
}

static str setting(const struct files *files, str key)
{
    return ini_get(&files->config, files->config_section, key);
}

/* ---- credentials ---- */

static struct sigv4_credentials credentials_of_environment(void)
{
    return (struct sigv4_credentials){environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                                      environment("AWS_SESSION_TOKEN")};
}

static struct sigv4_credentials credentials_in(const struct ini *ini, str section)
{
    return (struct sigv4_credentials){ini_get(ini, section, S("aws_access_key_id")),
                                      ini_get(ini, section, S("aws_secret_access_key")),
                                      ini_get(ini, section, S("aws_session_token"))};
}

static bool complete(const struct sigv4_credentials *credentials)
{
    return str_present(credentials->access_key_id) && str_present(credentials->secret);
}

static struct sigv4_credentials find_credentials(const struct files *files)
{
    struct sigv4_credentials credentials = {0};

    if (!files->profile_is_flag)
        credentials = credentials_of_environment();
    if (!complete(&credentials))
        credentials = credentials_in(&files->credentials, files->profile);
    if (!complete(&credentials))
        credentials = credentials_in(&files->config, files->config_section);
    return complete(&credentials) ? credentials : (struct sigv4_credentials){0};
}

/* ---- endpoints ---- */

static bool ignores_configured_endpoints(const struct files *files)
{
    str ignore = first_of(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
                          setting(files, S("ignore_configured_endpoint_urls")));

    return str_equal_nocase(ignore, S("true"));
}

static void find_service_endpoints(struct arena *arena, const struct files *files, struct config *config)
{
    str services = arena_join(arena, S("services "), first_of(setting(files, S("services")), S("")));

    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        str key = arena_join(arena, SERVICES[i].id, S(".endpoint_url"));
        str url = environment(SERVICES[i].variable);
        /* AWS_ENDPOINT_URL, for all services, wins over a service's endpoint in the files. */
        if (!str_present(url) && !str_present(environment("AWS_ENDPOINT_URL")))
            url = ini_get(&files->config, services, key);
        if (str_present(url))
            *list_add(arena, &config->service_endpoints) = (struct str_map_entry){SERVICES[i].id, url};
    }
}

static void find_endpoints(struct arena *arena, const struct config_flags *flags, const struct files *files,
                           struct config *config)
{
    config->endpoint = str_of(flags->endpoint_url);
    if (str_present(config->endpoint) || ignores_configured_endpoints(files))
        return;
    config->endpoint = first_of(environment("AWS_ENDPOINT_URL"), setting(files, S("endpoint_url")));
    find_service_endpoints(arena, files, config);
}

static bool check_url(struct arena *arena, str url, str *problem)
{
    struct uri uri;

    if (uri_parse(url, &uri) && str_present(uri.host) &&
        (str_equal(uri.scheme, S("http")) || str_equal(uri.scheme, S("https"))))
        return true;
    *problem =
        arena_format(arena, "\"%.*s\" is not an endpoint's URL, as http://127.0.0.1:4566 is.", STR_ARGS(url));
    return false;
}

static bool check_endpoints(struct arena *arena, const struct config *config, str *problem)
{
    if (str_present(config->endpoint) && !check_url(arena, config->endpoint, problem))
        return false;
    for (size_t i = 0; i < config->service_endpoints.count; i++)
        if (!check_url(arena, config->service_endpoints.items[i].value, problem))
            return false;
    return true;
}

static str without_slash(str url)
{
    while (str_ends_with(url, S("/")))
        url.size--;
    return url;
}

bool config_is_local(str endpoint)
{
    struct uri uri;

    return uri_parse(endpoint, &uri) &&
           (str_equal(uri.host, S("localhost")) || str_equal(uri.host, S("::1")) ||
            str_starts_with(uri.host, S("127.")));
}

str config_endpoint(struct arena *arena, const struct config *config, const struct service *service)
{
    str name = str_of(service->name), url = {0};

    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (str_equal(str_of(SERVICES[i].service), name))
            url = str_map_get(&config->service_endpoints, SERVICES[i].id);
    url = first_of(url, config->endpoint);
    if (str_present(url))
        return without_slash(url);
    if (str_equal(name, S("iam")))
        return S("https://iam.amazonaws.com");
    return arena_format(arena, "https://%.*s.%.*s.amazonaws.com", STR_ARGS(name), STR_ARGS(config->region));
}

str config_own_endpoint(const struct config *config)
{
    return str_present(config->endpoint) ? without_slash(config->endpoint) : (str){0};
}

str config_signing_region(const struct config *config, const struct service *service)
{
    bool global = str_equal(str_of(service->name), S("iam")) && !str_present(config->endpoint);

    return global ? S("us-east-1") : config->region;
}

/* ---- the whole configuration ---- */

/* Orderly on this machine accepts test/test, so that a newcomer needs to configure nothing. */
static bool settle_credentials(struct config *config, str *problem)
{
    if (complete(&config->credentials))
        return true;
    if (!str_present(config->endpoint) && config->service_endpoints.count == 0) {
        config->endpoint = S(DEFAULT_ENDPOINT);
        config->assumed = true;
    }
    if (!str_present(config->endpoint) || !config_is_local(config->endpoint)) {
        *problem =
            S("There are no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a --profile "
              "that has them, or run: eval \"$(aws configure export-credentials --format env)\"");
        return false;
    }
    config->credentials = (struct sigv4_credentials){S("test"), S("test"), {0}};
    return true;
}

static bool settle_region(struct config *config, str *problem)
{
    if (str_present(config->region))
        return true;
    if (str_present(config->endpoint)) {
        config->region = S(DEFAULT_REGION);
        return true;
    }
    *problem = S("There is no region. Set AWS_REGION, or say --region.");
    return false;
}

bool config_read(struct arena *arena, const struct config_flags *flags, struct config *config, str *problem)
{
    struct files files = {0};

    *config = (struct config){.read_timeout_s = flags->read_timeout_s};
    if (!read_files(arena, flags, &files, problem))
        return false;
    config->region = first_of(str_of(flags->region), environment("AWS_REGION"));
    config->region = first_of(config->region, environment("AWS_DEFAULT_REGION"));
    config->region = first_of(config->region, setting(&files, S("region")));
    config->credentials = find_credentials(&files);
    find_endpoints(arena, flags, &files, config);
    return check_endpoints(arena, config, problem) && settle_credentials(config, problem) &&
           settle_region(config, problem);
}
