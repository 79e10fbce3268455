/*
 * test_ini.c: AWS's configuration files.
 */
#include "unit.h"

#include "client/ini.h"

static const str FILE_TEXT = STR_INIT("# mine\n"
                                      "[default]\n"
                                      "region=eu-central-1\n"
                                      "\n"
                                      "[profile dev]\r\n"
                                      "  region = eu-west-1   # near\r\n"
                                      "aws_secret_access_key = a+b/c#d=\n"
                                      "s3 =\n"
                                      "  endpoint_url = http://s3\n"
                                      "\tmax_queue_size=10\n"
                                      "output = json ; plain\n"
                                      "nonsense\n"
                                      "region = eu-west-2\n");

TEST(values_are_found_by_section_and_key)
{
    struct ini ini = ini_parse(&scratch, FILE_TEXT);

    assert_text(ini_get(&ini, S("default"), S("region")), "eu-central-1");
    assert_text(ini_get(&ini, S("profile dev"), S("output")), "json");
    assert_absent(ini_get(&ini, S("profile dev"), S("nonsense")));
    assert_absent(ini_get(&ini, S("dev"), S("output")));
}

TEST(the_last_of_two_values_counts)
{
    struct ini ini = ini_parse(&scratch, FILE_TEXT);

    assert_text(ini_get(&ini, S("profile dev"), S("region")), "eu-west-2");
}

TEST(a_hash_inside_a_value_belongs_to_it)
{
    struct ini ini = ini_parse(&scratch, FILE_TEXT);

    assert_text(ini_get(&ini, S("profile dev"), S("aws_secret_access_key")), "a+b/c#d=");
}

TEST(indented_settings_belong_to_the_one_above)
{
    struct ini ini = ini_parse(&scratch, FILE_TEXT);

    assert_text(ini_get(&ini, S("profile dev"), S("s3.endpoint_url")), "http://s3");
    assert_text(ini_get(&ini, S("profile dev"), S("s3.max_queue_size")), "10");
}

TEST(a_file_without_anything_has_nothing)
{
    struct ini ini = ini_parse(&scratch, S(""));

    assert_false(ini_has(&ini, S("default")));
    assert_absent(ini_get(&ini, S("default"), S("region")));
}

TESTS(test(values_are_found_by_section_and_key), test(the_last_of_two_values_counts),
      test(a_hash_inside_a_value_belongs_to_it), test(indented_settings_belong_to_the_one_above),
      test(a_file_without_anything_has_nothing))
