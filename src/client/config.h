#pragma once

/*
 * config.h: the endpoint and the credentials, from flags, environment, ~/.aws/config and ~/.aws/credentials,
 * in the order in which AWS's own command line reads them.
 */
#include "engine/model.h"
#include "wire/sigv4.h"

#include <stddef.h>

/* The command line's values; NULL for a flag that is not given. */
struct config_flags {
    const char *endpoint_url, *region, *profile;
    int64_t read_timeout_s; /* 0: none */
};
/*
 * The rows of these flags in a command line's table (cli/arguments.h); `offset`: where the values' struct has
 * them.
 */
#define CONFIG_FLAG(name, value, help, offset, member)                                                       \
    {                                                                                                        \
        CLI_EVERY_COMMAND, CLI_TEXT, name, value, help, (offset) + offsetof(struct config_flags, member), 0, \
            0, 0                                                                                             \
    }
#define CONFIG_FLAG_ROWS(offset)                                                                             \
    CONFIG_FLAG("--endpoint-url", "URL", "the endpoint to call (AWS_ENDPOINT_URL, or the profile's)",        \
                offset, endpoint_url),                                                                       \
        CONFIG_FLAG("--region", "NAME", "the region (AWS_REGION, AWS_DEFAULT_REGION, or the profile's)",     \
                    offset, region),                                                                         \
        CONFIG_FLAG("--profile", "NAME", "a profile of ~/.aws/config and ~/.aws/credentials (AWS_PROFILE)",  \
                    offset, profile),                                                                        \
    {                                                                                                        \
        CLI_EVERY_COMMAND, CLI_NUMBER, "--cli-read-timeout", "SECONDS",                                      \
            "give up on an endpoint that sends nothing for so long (default 60; 0: never)",                  \
            (offset) + offsetof(struct config_flags, read_timeout_s), 0, 86400, 60                           \
    }

struct config {
    str region;
    str endpoint;                     /* for every service; absent: AWS's own endpoints */
    struct str_map service_endpoints; /* for single services, by their id: "cloudwatch_logs" */
    struct sigv4_credentials credentials;
    int64_t read_timeout_s; /* an endpoint that is silent for so long is given up; 0: never */
    bool assumed;           /* nothing is configured: use Orderly on this machine */
};

/* False: *problem says what is missing or wrong, as a sentence. */
bool config_read(struct arena *arena, const struct config_flags *flags, struct config *config, str *problem);

/* "http://127.0.0.1:4566", "https://sqs.eu-central-1.amazonaws.com"; no slash at the end. */
str config_endpoint(struct arena *arena, const struct config *config, const struct service *service);
/* The configured endpoint for all services, without a slash at the end, or absent. */
str config_own_endpoint(const struct config *config);
/* The region to sign for: IAM has only one. */
str config_signing_region(const struct config *config, const struct service *service);
/* Is that endpoint on this machine? */
bool config_is_local(str endpoint);
