/*
 * test_config.c: flags win over the environment, and the environment over files.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "client/config.h"

static const struct service SQS = {.name = "sqs"}, LOGS = {.name = "logs"}, IAM = {.name = "iam"};
static char config_path[] = "/tmp/orderly-config-XXXXXX",
            credentials_path[] = "/tmp/orderly-credentials-XXXXXX";

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

/* Setup: no variable is set, and the files are empty. */
static int nothing_set(void **state)
{
    static const char *const VARIABLES[] = {
        "AWS_ACCESS_KEY_ID",    "AWS_SECRET_ACCESS_KEY",    "AWS_SESSION_TOKEN",
        "AWS_REGION",           "AWS_DEFAULT_REGION",       "AWS_PROFILE",
        "AWS_ENDPOINT_URL",     "AWS_ENDPOINT_URL_SQS",     "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_ENDPOINT_URL_SNS", "AWS_ENDPOINT_URL_DYNAMODB"};
    (void)state;

    for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++)
        unsetenv(VARIABLES[i]);
    write_file(config_path, "");
    write_file(credentials_path, "");
    return 0;
}

static int make_files(void **state)
{
    (void)state;
    close(mkstemp(config_path));
    close(mkstemp(credentials_path));
    setenv("AWS_CONFIG_FILE", config_path, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_path, 1);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(config_path);
    unlink(credentials_path);
    return 0;
}

static struct config read_config(struct config_flags flags)
{
    struct config config;
    str problem = {0};

    if (!config_read(&scratch, &flags, &config, &problem)) {
        print_error("%.*s\n", STR_ARGS(problem));
        fail();
    }
    return config;
}

static str problem_of(struct config_flags flags)
{
    struct config config;
    str problem = {0};

    assert_false(config_read(&scratch, &flags, &config, &problem));
    return problem;
}

TEST(without_anything_it_is_orderly_on_this_machine)
{
    struct config config = read_config((struct config_flags){0});

    assert_true(config.assumed);
    assert_text(config_endpoint(&scratch, &config, &SQS), "http://127.0.0.1:4566");
    assert_text(config.credentials.access_key_id, "test");
    assert_text(config.region, "us-east-1");
}

TEST(with_credentials_and_a_region_it_is_aws)
{
    setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_DEFAULT_REGION", "eu-central-1", 1);
    struct config config = read_config((struct config_flags){0});

    assert_false(config.assumed);
    assert_text(config_endpoint(&scratch, &config, &SQS), "https://sqs.eu-central-1.amazonaws.com");
    assert_text(config_endpoint(&scratch, &config, &IAM), "https://iam.amazonaws.com");
    assert_text(config_signing_region(&config, &IAM), "us-east-1");
    assert_text(config_signing_region(&config, &SQS), "eu-central-1");
    assert_absent(config.credentials.session_token);
}

TEST(aws_needs_a_region)
{
    setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    assert_text(problem_of((struct config_flags){0}), "There is no region. Set AWS_REGION, or say --region.");
}

TEST(an_endpoint_elsewhere_needs_credentials)
{
    assert_true(
        str_starts_with(problem_of((struct config_flags){.endpoint_url = "http://orders.example:4566"}),
                        S("There are no credentials.")));
}

TEST(a_local_endpoint_takes_the_test_key)
{
    struct config config = read_config((struct config_flags){.endpoint_url = "http://localhost:5000/"});

    assert_false(config.assumed);
    assert_text(config_endpoint(&scratch, &config, &SQS), "http://localhost:5000");
    assert_text(config.credentials.secret, "test");
}

TEST(flags_go_before_the_environment_and_that_before_files)
{
    write_file(config_path, "[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n");
    assert_text(read_config((struct config_flags){0}).region, "eu-west-1");
    assert_text(read_config((struct config_flags){0}).endpoint, "http://127.0.0.1:1");
    setenv("AWS_REGION", "eu-west-2", 1);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2", 1);
    assert_text(read_config((struct config_flags){0}).region, "eu-west-2");
    assert_text(read_config((struct config_flags){0}).endpoint, "http://127.0.0.1:2");
    struct config config =
        read_config((struct config_flags){.endpoint_url = "http://127.0.0.1:3", .region = "eu-west-3"});
    assert_text(config.region, "eu-west-3");
    assert_text(config.endpoint, "http://127.0.0.1:3");
}

TEST(a_profile_brings_its_credentials)
{
    write_file(config_path, "[profile dev]\nregion = eu-west-1\n");
    write_file(credentials_path,
               "[dev]\naws_access_key_id = A\naws_secret_access_key = B\naws_session_token = C\n");
    setenv("AWS_ACCESS_KEY_ID", "other", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "other", 1);
    struct config config = read_config((struct config_flags){.profile = "dev"});

    assert_text(config.credentials.access_key_id, "A");
    assert_text(config.credentials.secret, "B");
    assert_text(config.credentials.session_token, "C");
}

TEST(keys_in_the_environment_go_before_a_profile_in_the_environment)
{
    write_file(credentials_path, "[dev]\naws_access_key_id = A\naws_secret_access_key = B\n");
    setenv("AWS_PROFILE", "dev", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    assert_text(read_config((struct config_flags){0}).credentials.access_key_id, "A");
    setenv("AWS_ACCESS_KEY_ID", "mine", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "mine", 1);
    assert_text(read_config((struct config_flags){0}).credentials.access_key_id, "mine");
}

TEST(a_profile_that_is_nowhere_is_said)
{
    assert_text(problem_of((struct config_flags){.profile = "nope"}),
                "The profile \"nope\" is neither in ~/.aws/config nor in ~/.aws/credentials.");
}

TEST(single_services_may_be_elsewhere)
{
    write_file(config_path, "[default]\nservices = mine\nendpoint_url = http://127.0.0.1:1\n"
                            "[services mine]\nsqs =\n  endpoint_url = http://127.0.0.1:2\n"
                            "cloudwatch_logs =\n  endpoint_url = http://127.0.0.1:3\n");
    struct config config = read_config((struct config_flags){0});
    assert_text(config_endpoint(&scratch, &config, &SQS), "http://127.0.0.1:2");
    assert_text(config_endpoint(&scratch, &config, &LOGS), "http://127.0.0.1:3");
    assert_text(config_endpoint(&scratch, &config, &IAM), "http://127.0.0.1:1");
    setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:4", 1);
    config = read_config((struct config_flags){0});
    assert_text(config_endpoint(&scratch, &config, &SQS), "http://127.0.0.1:4");
}

TEST(configured_endpoints_can_be_ignored)
{
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2", 1);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    struct config config = read_config((struct config_flags){0});
    assert_text(config_endpoint(&scratch, &config, &SQS), "https://sqs.eu-west-1.amazonaws.com");
}

TEST(an_endpoint_is_a_url)
{
    assert_text(problem_of((struct config_flags){.endpoint_url = "localhost"}),
                "\"localhost\" is not an endpoint's URL, as http://127.0.0.1:4566 is.");
}

#define configured(name) cmocka_unit_test_setup_teardown(name, nothing_set, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        configured(without_anything_it_is_orderly_on_this_machine),
        configured(with_credentials_and_a_region_it_is_aws),
        configured(aws_needs_a_region),
        configured(an_endpoint_elsewhere_needs_credentials),
        configured(a_local_endpoint_takes_the_test_key),
        configured(flags_go_before_the_environment_and_that_before_files),
        configured(a_profile_brings_its_credentials),
        configured(keys_in_the_environment_go_before_a_profile_in_the_environment),
        configured(a_profile_that_is_nowhere_is_said),
        configured(single_services_may_be_elsewhere),
        configured(configured_endpoints_can_be_ignored),
        configured(an_endpoint_is_a_url),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
