/*
 * test_log_pattern_table.c: filter patterns × events → verdicts, from AWS's documentation.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html and the pages below
 * it: regex-expressions, matching-terms-unstructured-log-events, matching-terms-json-log-events,
 * matching-terms-space-delimited-log-events; the examples of API_TestMetricFilter; and the metric filters of
 * the CIS benchmark for CloudTrail.
 */
#include "unit.h"

#include "services/logs/log_pattern.h"

#include "base/text.h"

#define TRAIL                                                                                                \
    "{\"eventType\": \"UpdateTrail\", \"sourceIPAddress\": \"111.111.111.111\", \"arrayKey\": [\"value\", "  \
    "\"another value\"], \"objectList\": [{\"name\": \"a\", \"id\": 1}, {\"name\": \"b\", \"id\": 2}], "     \
    "\"SomeObject\": null, \"cluster.name\": \"c\"}"
#define USERS                                                                                                \
    "{\"user\": {\"id\": 1, \"email\": \"John.Stiles@example.com\"}, \"users\": [{\"id\": 2, \"email\": "    \
    "\"John.Doe@example.com\"}, {\"id\": 3, \"email\": \"Jane.Doe@example.com\"}], \"actions\": [\"GET\", "  \
    "\"PUT\", \"DELETE\"], \"coordinates\": [[0, 1, 2], [4, 5, 6], [7, 8, 9]]}"
#define FLAGS                                                                                                \
    "{\"ThisFlag\": true, \"ThatFlag\": false, \"latency\": 500, \"numbers\": [0.5, 2e3], \"text\": "        \
    "\"400\", "                                                                                              \
    "\"processes\": [{\"averageRuntime\": 55.5}], \"errorCode\": 400, \"big\": 9007199254740993}"
#define APACHE_200 "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 1534"
#define APACHE_500 "127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] \"GET /apache_pb.gif HTTP/1.0\" 500 5324"
#define APACHE_404 "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534"
#define CLOUDTRAIL                                                                                           \
    "{\"eventName\": \"ConsoleLogin\", \"errorCode\": \"AccessDenied\", \"userIdentity\": {\"type\": "       \
    "\"Root\"}, "                                                                                            \
    "\"eventSource\": \"iam.amazonaws.com\", \"additionalEventData\": {\"MFAUsed\": \"No\"}}"

static const struct {
    const char *pattern, *event;
    bool matches;
} rows[] = {
    /* unstructured: terms */
    {"", "anything at all", true},
    {"ERROR", "[ERROR 400] BAD REQUEST", true},
    {"ERROR", "[ERROR 401] UNAUTHORIZED REQUEST", true},
    {"ERROR", "[ERROR 419] MISSING ARGUMENTS", true},
    {"ERROR", "Exiting with ERRORCODE: -1", true},
    {"ERROR", "[error 401] unauthorized request", false},
    {"ERROR", "[SUCCESS 200] OK", false},
    {"ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true},
    {"ERROR ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS", true},
    {"ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false},
    {"ERROR Exception", "[ERROR] Caught IllegalArgumentException", true},
    {"\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR", true},
    {"\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL ERROR OF SERVER", false},
    {"Failed to process the request", "[WARN] Failed to process the request", true},
    {"\"[ERROR]\"", "02 May 2014 00:34:16,142 [ERROR] Unhanded exception: InvalidQueryException", true},
    {"\"[ERROR]\"", "02 May 2014 00:34:12,525 [INFO] Starting the application", false},
    {"\"[ERROR]\" Exception", "02 May 2014 00:34:16,142 [ERROR] Unhanded exception: InvalidQueryException",
     true},
    {"\"[ERROR]\" Exception", "02 May 2014 00:34:16,224 [ERROR] Terminating the application", false},
    {"?ERROR ?ARGUMENTS", "[ERROR 400] BAD REQUEST", true},
    {"?ERROR ?ARGUMENTS", "[INFO] ARGUMENTS are fine", true},
    {"?ERROR ?ARGUMENTS", "[SUCCESS 200] OK", false},
    {"?ERROR ?WARN", "WARN message", true},
    {"?ERROR ?WARN", "INFO message", false},
    {"?ERROR ?WARN REQUEST", "[INFO] REQUEST FAILED", true},
    {"?ERROR ?WARN REQUEST", "[ERROR] it failed", false},
    {"ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true},
    {"ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false},
    {"\"ERROR\" -\"Exiting\"", "Exiting with ERRORCODE: -1", false},
    {"ERROR -WARN", "ERROR WARN message", false},
    {"ERROR WARN", "ERROR WARN message", true},
    {"-ERROR", "[SUCCESS 200] OK", true},
    /* regular expressions */
    {"%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true},
    {"%AUTHORIZED%", "[SUCCESS 200] AUTHORIZED REQUEST", true},
    {"%AUTHORIZED%", "[SUCCESS 200] authorized", false},
    {"%^[hc]at%", "hat", true},
    {"%^[hc]at%", "cats", true},
    {"%^[hc]at%", "the hat", false},
    {"%[hc]at$%", "the cat", true},
    {"%[hc]at$%", "hats", false},
    {"%colou?r%", "color", true},
    {"%colou?r%", "colour", true},
    {"%colou?r%", "colouur", false},
    {"%[abc]%", "xyzb", true},
    {"%[abc]%", "xyz", false},
    {"%[a-z]%", "ABCd", true},
    {"%[a-z]%", "ABC", false},
    {"%[abcx-z]%", "Y y", true},
    {"%[abcx-z]%", "def", false},
    {"%^a{3,5}$%", "aaa", true},
    {"%^a{3,5}$%", "aaaaa", true},
    {"%^a{3,5}$%", "aa", false},
    {"%^a{3,5}$%", "aaaaaa", false},
    {"%^a{2}$%", "aa", true},
    {"%^a{2,}b$%", "aaaaab", true},
    {"%^a{2,}b$%", "ab", false},
    {"%gray|grey%", "a grey cat", true},
    {"%gray|grey%", "a green cat", false},
    {"%10\\.10\\.0\\.1%", "from 10.10.0.1 on", true},
    {"%10\\.10\\.0\\.1%", "from 10a10.0.1 on", false},
    {"%ab*c%", "ac", true},
    {"%ab*c%", "abbbc", true},
    {"%ab+c%", "ac", false},
    {"%ab+c%", "abc", true},
    {"%.at%", "hat", true},
    {"%^a.b$%", "a\nb", false},
    {"%^a.b$%", "a\rb", false},
    {"%^[a-c\\-e]+$%", "a-e", true},
    {"%^[\\d-]+$%", "1-2", true},
    {"%^\\x7f$%", "\x7f", true},
    {"%^.at$%", "at", false},
    {"%^.t\\x43?$%", "xt", true},
    {"%\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}%", "client 192.168.0.1 connected", true},
    {"%\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}%", "version 1.2.3", false},
    {"%[Ee]rror|[Ff]ail%", "it Failed", true},
    {"%[Ee]rror|[Ff]ail%", "it works", false},
    {"%\\w+@\\w+%", "mail jane@example.com", true},
    {"%\\x28\\d+\\x29%", "exit code (42)", true},
    {"%a\\sb%", "a\tb", true},
    {"%a\\Sb%", "a b", false},
    {"%^\\D\\W$%", "a!", true},
    {"%[^a-z]%", "abc", false},
    {"%[^a-z]%", "ab1", true},
    {"%^n.e$%",
     "n\xc3\xa9"
     "e",
     true},
    {"%ERROR$%", "an ERROR\n", true},
    /* JSON */
    {"{ $.eventType = \"UpdateTrail\" }", TRAIL, true},
    {"{ $.eventType = UpdateTrail }", TRAIL, true},
    {"{ $.eventType = \"updatetrail\" }", TRAIL, false},
    {"{ $.eventType = *Trail }", TRAIL, true},
    {"{ $.eventType = \"Update*\" }", TRAIL, true},
    {"{ $.eventType = \"*date*\" }", TRAIL, true},
    {"{ $.eventType = \"Up*Trail\" }", TRAIL, false},
    {"{ $.eventType = \"*\" }", TRAIL, true},
    {"{ $.sourceIPAddress != 123.123.* }", TRAIL, true},
    {"{ $.sourceIPAddress != 111.111.* }", TRAIL, false},
    {"{ $.arrayKey[0] = \"value\" }", TRAIL, true},
    {"{ $.arrayKey[1] = \"value\" }", TRAIL, false},
    {"{ $.arrayKey[2] = \"value\" }", TRAIL, false},
    {"{ $.objectList[1].id = 2 }", TRAIL, true},
    {"{ $.objectList[0].id = 2 }", TRAIL, false},
    {"{ $.eventType[0] = \"U\" }", TRAIL, false},
    {"{ $.SomeObject IS NULL }", TRAIL, true},
    {"{ $.eventType IS NULL }", TRAIL, false},
    {"{ $.SomeOtherObject IS NULL }", TRAIL, false},
    {"{ $.SomeOtherObject NOT EXISTS }", TRAIL, true},
    {"{ $.SomeObject NOT EXISTS }", TRAIL, false},
    {"{ $.SomeOtherObject != \"x\" }", TRAIL, false},
    {"{ $.SomeObject != \"x\" }", TRAIL, false},
    {"{ $.arrayKey = \"value\" }", TRAIL, false},
    {"{ $.arrayKey != \"value\" }", TRAIL, false},
    {"{ $.['cluster.name'] = \"c\" }", TRAIL, true},
    {"{ $.cluster.name = \"c\" }", TRAIL, false},
    {"{ $.arrayKey[*] = \"another value\" }", TRAIL, true},
    {"{ $.objectList[*].id = 2 }", TRAIL, true},
    {"{ $.objectList[*].id = 3 }", TRAIL, false},
    {"{ $.* = \"UpdateTrail\" }", TRAIL, true},
    {"{ $.* = \"DeleteTrail\" }", TRAIL, false},
    {"{ $.eventType = %Trail% }", TRAIL, true},
    {"{ $.eventType = %^Trail% }", TRAIL, false},
    {"{ $.sourceIPAddress = %111\\.111\\.\\d+\\.111% && $.eventType != %Delete% }", TRAIL, true},
    {"{ $.ThisFlag IS TRUE }", FLAGS, true},
    {"{ $.ThisFlag IS FALSE }", FLAGS, false},
    {"{ $.ThatFlag IS FALSE }", FLAGS, true},
    {"{ $.ThisFlag = true }", FLAGS, true},
    {"{ $.latency >= 500 }", FLAGS, true},
    {"{ $.latency > 500 }", FLAGS, false},
    {"{ $.latency < +1000 }", FLAGS, true},
    {"{ $.latency > -1 }", FLAGS, true},
    {"{ $.numbers[0] < 10e3 }", FLAGS, true},
    {"{ $.numbers[0] < 10e-3 }", FLAGS, false},
    {"{ $.numbers[1] = 2000 }", FLAGS, true},
    {"{ $.processes[0].averageRuntime <= 55.5 }", FLAGS, true},
    {"{ $.processes[0].averageRuntime < 55.5 }", FLAGS, false},
    {"{ $.errorCode = 400 }", FLAGS, true},
    {"{ $.errorCode != 500 }", FLAGS, true},
    {"{ $.errorCode = 4* }", FLAGS, true},
    {"{ $.errorCode = \"400\" }", FLAGS, true},
    {"{ $.text = 400 }", FLAGS, true},
    {"{ $.big = 9007199254740993 }", FLAGS, true},
    {"{ $.big = 9007199254740992 }", FLAGS, false},
    {"{ $.latency = * }", FLAGS, true},
    {"{ $.missing = * }", FLAGS, false},
    {"{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }", USERS, true},
    {"{ ($.user.id = 2 && $.users[0].email = \"nonmatch\") || $.actions[2] = \"GET\" }", USERS, false},
    {"{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\" && $.actions[2] = "
     "\"nonmatch\" }",
     USERS, true},
    {"{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\") && $.actions[2] = "
     "\"nonmatch\" }",
     USERS, false},
    {"{ $.coordinates[0][1] = 1 }", USERS, true},
    {"{ $.users = 1 }", USERS, false},
    {"{ $.users != 1 }", USERS, false},
    {"{$.foo = bar || $.foo = baz }", "{\"foo\": \"baz\"}", true},
    {"{$.foo = bar}", "{\"foo\": \"baz\"}", false},
    {"{$.foo = bar}", "a line {\"foo\": \"bar\"}", false},
    {"{$.foo = bar}", "{\"foo\": \"bar\"", false},
    {"{$.foo = bar}", "  {\"foo\": \"bar\"}\n", true},
    {"{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }", CLOUDTRAIL, true},
    {"{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }", CLOUDTRAIL, true},
    {"{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "
     "\"AwsServiceEvent\" }",
     CLOUDTRAIL, false},
    {"{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS }", CLOUDTRAIL, true},
    {"{ $.@timestamp = 1 }", "{\"@timestamp\": 1}", true},
    {"{ $.a#b = 1 && $.c/d = 2 && $.e:f = 3 }", "{\"a#b\": 1, \"c/d\": 2, \"e:f\": 3}", true},
    {"{ $.text > 399 }", FLAGS, true},
    {"{ $.text > 400 }", FLAGS, false},
    {"{ $.eventType > 5 }", TRAIL, false},
    {"{ $.azAZ09_- = azAZ09_- }", "{\"azAZ09_-\": \"azAZ09_-\"}", true},
    {"{ $.a = \"b\\\\\" }", "{\"a\": \"b\\\\\"}", true},
    /* space-delimited */
    {"[ip, user, username, timestamp, request, status_code, bytes]", APACHE_200, true},
    {"[ip, user, username, timestamp, request, status_code]", APACHE_200, false},
    {"[ip, user, username, timestamp, request, status_code, bytes, more]", APACHE_200, false},
    {"[]", APACHE_200, true},
    {"[]", "", true},
    {"[a]", "", false},
    {"[...]", "", true},
    {"[..., status_code, bytes]", APACHE_200, true},
    {"[ip, user, ..., status_code, bytes]", APACHE_200, true},
    {"[ip, user, ...]", APACHE_200, true},
    {"[a, b, c, d, e, ..., f, g]", APACHE_200, true},
    {"[a, b, c, d, e, ..., f, g, h]", APACHE_200, false},
    {"[ip, user, username, timestamp, request, status_code, bytes > 1000]", APACHE_200, true},
    {"[ip, user, username, timestamp, request, status_code, bytes > 1534]", APACHE_200, false},
    {"[ip, user, username, timestamp, request, status_code = 200, bytes]", APACHE_200, true},
    {"[ip, user, username, timestamp, request, status_code = 200, bytes]", APACHE_500, false},
    {"[ip, user, username, timestamp, request, status_code = 4*, bytes]", APACHE_404, true},
    {"[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", APACHE_404, true},
    {"[ip, user, username, timestamp, request = *gif*, status_code = 4*, bytes]", APACHE_404, false},
    {"[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", APACHE_404,
     true},
    {"[ip, user, username, timestamp, request, status_code = 4* && status_code != 404, bytes]", APACHE_404,
     false},
    {"[..., request=*.html*, status_code=4*,]", APACHE_404, true},
    {"[..., status_code=200, size]", APACHE_500, false},
    {"[host, logName, user, timestamp, request, statusCode=%4[0-9]{2}%, size]", APACHE_404, true},
    {"[host, logName, user, timestamp, request, statusCode=%4[0-9]{2}%, size]", APACHE_200, false},
    {"[ip=%127\\.0\\.0\\.[1-9]%, ...]", APACHE_200, true},
    {"[ip, identity=\"Prod\", ...]", APACHE_404, true},
    {"[w1=ERROR, w2]", "ERROR message", true},
    {"[w1=ERROR, w2]", "ERROR WARN message", false},
    {"[w1=ERROR || w1=WARN, w2]", "WARN message", true},
    {"[w1=ERROR || w1=WARN, w2]", "INFO message", false},
    {"[w1!=ERROR&&w1!=WARN, w2]", "INFO message", true},
    {"[w1!=ERROR&&w1!=WARN, w2]", "WARN message", false},
    {"[w1=ERROR || w1=%WARN%, w2]", "xWARNx message", true},
    {"[(w1=A || w1=B) && w1!=B, w2]", "B message", false},
    {"[a, b]", "one   two\n", true},
    {"[a=\"\", b]", "\"\" two", true},
};

static bool matches(const char *text, const char *event)
{
    struct pattern pattern;
    str problem;

    if (!logs_pattern_parse(&scratch, str_of(text), &pattern, &problem))
        fail_msg("%s: %.*s", text, STR_ARGS(problem));
    return logs_pattern_matches(&pattern, str_of(event));
}

TEST(each_pattern_of_the_table_matches_as_documented)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (matches(rows[i].pattern, rows[i].event) != rows[i].matches)
            fail_msg("%s %s %s", rows[i].pattern, rows[i].matches ? "does not match" : "matches",
                     rows[i].event);
}

static const struct {
    const char *pattern, *problem;
} refused[] = {
    {"{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"},
    {"[a, b", "If a filter pattern starts with '[' it must end with ']'"},
    {"{}", "Invalid filter pattern"},
    {"{ a = 1 }", "Invalid filter pattern"},
    {"{ $ = 1 }", "Invalid filter pattern"},
    {"{ $.a }", "Invalid filter pattern"},
    {"{ $.a = }", "Invalid filter pattern"},
    {"{ $.a == 1 }", "Invalid character(s) in term '='"},
    {"{ $.a > x }", "Invalid filter pattern"},
    {"{ $.a > \"1\" }", "Invalid filter pattern"},
    {"{ $.a > %1% }", "Invalid filter pattern"},
    {"{ $.['a = 1 }", "Invalid filter pattern"},
    {"{ $.a = %x }", "Invalid filter pattern"},
    {"{ $.a = 1 && }", "Invalid filter pattern"},
    {"{ ($.a = 1 }", "Invalid filter pattern"},
    {"{ $.a = 1) }", "Invalid filter pattern"},
    {"{ $.a = 1 $.b = 2 }", "Invalid filter pattern"},
    {"{ $.a[x] = 1 }", "Invalid filter pattern"},
    {"{ $.a IS MAYBE }", "Invalid filter pattern"},
    {"{ $.a EXISTS }", "Invalid filter pattern"},
    {"{ $.*.* = 1 }", "Invalid filter pattern"},
    {"{ $.*.a = 1 && $.*.b = 1 && $.*.c = 1 && $.*.d = 1 }", "Invalid filter pattern"},
    {"{ $.a = user@example.com }", "Invalid character(s) in term 'user@example.com'"},
    {"{ $.a = \"x }", "Invalid filter pattern"},
    {"{ $.a = %x% && $.b = %y% && $.c = %z% }", "Invalid filter pattern"},
    {"[a = 1 b]", "Invalid filter pattern"},
    {"[status = 4* && bytes > 1000]", "Invalid filter pattern"},
    {"[..., a, ...]", "Invalid filter pattern"},
    {"[a = 1 IS NULL]", "Invalid filter pattern"},
    {"[a IS NULL]", "Invalid filter pattern"},
    {"[a=%x%, b=%y%, c=%z%]", "Invalid filter pattern"},
    {"%something!%", "Invalid character(s) in term 'something!'"},
    {"%a(b)%", "Invalid character(s) in term 'a(b)'"},
    {"%caf\xc3\xa9%", "Invalid character(s) in term 'caf\xc3\xa9'"},
    {"%a b%", "Invalid character(s) in term 'a b'"},
    {"%%", "Invalid character(s) in term ''"},
    {"%", "Invalid filter pattern"},
    {"%a", "Invalid filter pattern"},
    {"%a% %b%", "Invalid filter pattern"},
    {"%*a%", "Invalid filter pattern"},
    {"%a**%", "Invalid filter pattern"},
    {"%[a%", "Invalid filter pattern"},
    {"%[]%", "Invalid filter pattern"},
    {"%[z-a]%", "Invalid filter pattern"},
    {"%a{5,3}%", "Invalid filter pattern"},
    {"%a{x}%", "Invalid filter pattern"},
    {"%a{1001}%", "Invalid filter pattern"},
    {"%a{1000}b{1000}%", "Invalid filter pattern"},
    {"%a{980}b{43}%", "Invalid filter pattern"},
    {"%a^b%", "Invalid filter pattern"},
    {"%a$b%", "Invalid filter pattern"},
    {"%a\\%", "Invalid filter pattern"},
    {"%\\q%", "Invalid filter pattern"},
    {"%\\xfg%", "Invalid filter pattern"},
    {"%\\x%", "Invalid filter pattern"},
    {"%\\xa%", "Invalid filter pattern"},
    {"%\\xag%", "Invalid filter pattern"},
    {"%\\x80%", "Invalid filter pattern"},
    {"\"a\\", "Invalid filter pattern"},
    {"%\\xff%", "Invalid filter pattern"},
};

TEST(what_is_not_a_pattern_is_refused_with_a_reason)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct pattern pattern;
        str problem;
        if (logs_pattern_parse(&scratch, str_of(refused[i].pattern), &pattern, &problem))
            fail_msg("%s is taken", refused[i].pattern);
        if (!str_equal(problem, str_of(refused[i].problem)))
            fail_msg("%s: %.*s", refused[i].pattern, STR_ARGS(problem));
    }
}

static const char *extracted(const char *text, const char *event)
{
    struct pattern pattern;
    struct text shown = text_in(&scratch);
    str problem;

    assert_true(logs_pattern_parse(&scratch, str_of(text), &pattern, &problem));
    struct log_message message = {.arena = &scratch, .message = str_of(event)};
    struct log_column_values fields = logs_pattern_extract(&pattern, &message);
    for (size_t i = 0; i < fields.count; i++)
        text_format(&shown, "%s%.*s=%.*s", i ? "|" : "", STR_ARGS(fields.items[i].name),
                    STR_ARGS(fields.items[i].value));
    text_add_char(&shown, '\0');
    return shown.data;
}

TEST(fields_have_the_names_of_their_columns_or_their_numbers)
{
    assert_string_equal(
        extracted("[..., request=*.html*, status_code=4*,]", APACHE_404),
        "$1=127.0.0.1|$2=Prod|$3=frank|$4=10/Oct/2000:13:25:15 -0700|$request=GET /index.html "
        "HTTP/1.0|$status_code=404|$7=1534");
    assert_string_equal(extracted("[ip, ..., size]", APACHE_200),
                        "$ip=127.0.0.1|$2=-|$3=frank|$4=10/Oct/2000:13:25:15 -0700|$5=GET /apache_pb.gif "
                        "HTTP/1.0|$6=200|$size=1534");
    assert_string_equal(extracted("[]", "a [b c] \"d \\\" e\" [f"), "$1=a|$2=b c|$3=d \\\" e|$4=[f");
    assert_string_equal(extracted("ERROR", "ERROR"), "");
    assert_string_equal(extracted("{ $.a = 1 }", "{\"a\": 1}"), "");
}

/* "-": the pattern has no such value; "": this event lacks it. */
static const char *value(const char *text, const char *name, const char *event)
{
    struct pattern pattern;
    struct log_value_name value_name;
    struct log_message message = {.arena = &scratch, .message = str_of(event)};
    str problem;

    assert_true(logs_pattern_parse(&scratch, str_of(text), &pattern, &problem));
    if (!logs_value_name_parse(&scratch, &pattern, str_of(name), &value_name))
        return "-";
    assert_true(logs_pattern_matches_event(&pattern, &message));
    str found = logs_event_value(&pattern, &message, &value_name);
    return str_present(found) ? arena_cstr(&scratch, found) : "";
}

TEST(metrics_find_values_by_selectors_and_by_columns)
{
    static const char columns[] = "[ip, ..., size]", json[] = "{ $.a.b[1] = * }";
    static const char event[] = "{\"a\": {\"b\": [1, \"two\"]}, \"n\": null, \"t\": true, \"o\": {}}";

    assert_string_equal(value(columns, "$ip", "1 2 3"), "1");
    assert_string_equal(value(columns, "$2", "1 2 3"), "2");
    assert_string_equal(value(columns, "$size", "1 2 3"), "3");
    assert_string_equal(value(columns, "$3", "1 2 3"), "3");
    assert_string_equal(value(columns, "$4", "1 2 3"), "");
    assert_string_equal(value(columns, "$0", "1 2 3"), "-");
    assert_string_equal(value(columns, "$other", "1 2 3"), "-");
    assert_string_equal(value(columns, "ip", "1 2 3"), "-");
    assert_string_equal(value(columns, "$", "1 2 3"), "-");
    assert_string_equal(value(json, "$.a.b[1]", event), "two");
    assert_string_equal(value(json, "$.a.*", event), "");
    assert_string_equal(value(json, "$.t", event), "true");
    assert_string_equal(value(json, "$.n", event), "");
    assert_string_equal(value(json, "$.o", event), "");
    assert_string_equal(value(json, "$.a.b[1] x", event), "-");
    assert_string_equal(value(json, "$ip", event), "-");
    assert_string_equal(value("ERROR", "$.a", "ERROR"), "-");
}

TEST(a_repeated_character_may_have_a_thousand_states)
{
    struct text event = text_in(&scratch);

    for (int i = 0; i < 1000; i++)
        text_add_char(&event, 'a');
    text_add_char(&event, '\0');
    assert_true(matches("%^a{1000}$%", event.data));
    assert_false(matches("%^a{999}$%", event.data));
    assert_true(matches("%^a{0,1000}b?$%", event.data));
    assert_true(matches("%^x?a{100,1000}$%", event.data));
    assert_false(matches("%^a{0,999}$%", event.data));
    assert_true(matches("%a{980}b{0,42}$%", event.data));
}

TESTS(test(each_pattern_of_the_table_matches_as_documented),
      test(what_is_not_a_pattern_is_refused_with_a_reason),
      test(fields_have_the_names_of_their_columns_or_their_numbers),
      test(metrics_find_values_by_selectors_and_by_columns),
      test(a_repeated_character_may_have_a_thousand_states))
