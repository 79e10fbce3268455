/*
 * subscriptions.c: extensions subscribe to telemetry, by the Telemetry API or by its predecessor, the Logs
 * API.
 *
 * An extension uses one of the two; its later subscription replaces the former one.  All problems of a
 * request are reported together, as AWS does.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html
 */
#include "lambda_internal.h"
#include "reports.h"
#include "sandboxes.h"

#include "base/text.h"
#include "runtime_model.h"
#include "wire/json.h"

enum {
    MOST_BODY_BYTES = 64 * 1024,
    MOST_PATH_BYTES = 256,
    MOST_PORT = 65535,
    MOST_DIGITS = 10,
    RUNTIME_API_PORT = 9001, /* reserved, as on AWS */
};

/* A request that is being read; problems are sentences with "; " between them. */
struct reading {
    const struct call *call;
    struct text problems;
    struct telemetry_subscription *subscription;
};

static void complain(struct reading *reading, const char *problem)
{
    if (reading->problems.size > 0)
        text_add(&reading->problems, S("; "));
    text_add(&reading->problems, str_of(problem));
}

static void read_version(struct reading *reading, const struct json *body)
{
    static const char *const versions[2][3] = {{"2022-07-01", "2022-12-13", "2025-01-29"},
                                               {"2020-08-15", "2021-03-18", "2021-03-18"}};
    str version = json_get_str(body, S("schemaVersion"));

    if (!str_present(version) && reading->subscription->is_logs)
        return;
    reading->subscription->objects =
        !reading->subscription->is_logs && !str_equal(version, str_of(versions[0][0]));
    for (size_t i = 0; i < 3; i++)
        if (str_equal(version, str_of(versions[reading->subscription->is_logs][i])))
            return;
    complain(reading,
             str_present(version) ? "schemaVersion is not supported" : "schemaVersion is not provided");
}

static void read_types(struct reading *reading, const struct json *types)
{
    const struct str_list known = {(str[]){S("platform"), S("function"), S("extension")}, 3};
    struct str_list *out = &reading->subscription->types;

    if (!json_is(types, JSON_ARRAY) || types->count == 0) {
        complain(reading, "types should not be empty");
        return;
    }
    for (size_t i = 0; i < types->count; i++) {
        str type = json_is(&types->items[i], JSON_STRING) ? types->items[i].text : S("");
        if (!str_is_one_of(type, known.items, known.count)) {
            complain(reading, "types should be platform, function or extension");
            return;
        }
        if (!str_is_one_of(type, out->items, out->count))
            *list_add(reading->call->arena, out) = type;
    }
}

/* ---- where to ---- */

static void take_port(struct reading *reading, int64_t port)
{
    reading->subscription->port = port;
    if (port == 0)
        complain(reading, "URI port is not provided");
    else if (port < 1 || port > MOST_PORT)
        complain(reading, "port is out of range");
    else if (port == RUNTIME_API_PORT)
        complain(reading, "port 9001 is reserved");
}

static bool is_plain(str path)
{
    for (size_t i = 0; i < path.size; i++)
        if (path.data[i] <= ' ' || path.data[i] >= 0x7f)
            return false;
    return path.size <= MOST_PATH_BYTES;
}

/* A whole number of up to ten digits, or -1. */
static int64_t whole_number(str text)
{
    int64_t number = 0;

    if (str_empty(text) || text.size > MOST_DIGITS)
        return -1;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

static int64_t number_of(const struct json *value, int64_t otherwise)
{
    if (!value)
        return otherwise;
    return json_is(value, JSON_NUMBER) ? whole_number(value->text) : -1;
}

/* scheme://host:port/path, of which the port and the path may be missing. */
static void read_uri(struct reading *reading, str text)
{
    ptrdiff_t scheme = str_find(text, S("://"));

    if (scheme <= 0) {
        complain(reading, str_present(text) ? "URI is not valid" : "URI is not provided");
        return;
    }
    if (!str_equal(str_head(text, (size_t)scheme), S("http")))
        complain(reading, "URI scheme should be http");
    str rest = str_from(text, (size_t)scheme + 3);
    ptrdiff_t slash = str_index(rest, '/');
    str host = slash >= 0 ? str_head(rest, (size_t)slash) : rest;
    str path = slash >= 0 ? str_from(rest, (size_t)slash) : S("/");
    ptrdiff_t colon = str_index(host, ':');
    str port = colon >= 0 ? str_from(host, (size_t)colon + 1) : S("0");
    host = colon >= 0 ? str_head(host, (size_t)colon) : host;
    if (!str_equal(host, S("sandbox.localdomain")) && !str_equal(host, S("sandbox")))
        complain(reading, "URI host should be sandbox.localdomain");
    if (!is_plain(path))
        complain(reading, "URI path is not valid");
    reading->subscription->path = path;
    take_port(reading, whole_number(port));
}

/* A TCP destination has a port, or a URI with one. */
static void read_destination(struct reading *reading, const struct json *destination)
{
    str protocol = json_get_str(destination, S("protocol"));
    const struct json *port = json_get(destination, S("port"));

    if (!json_is(destination, JSON_OBJECT)) {
        complain(reading, "destination is not provided");
    } else if (str_equal(protocol, S("HTTP"))) {
        read_uri(reading, json_get_str(destination, S("URI")));
    } else if (!str_equal(protocol, S("TCP"))) {
        complain(reading, "protocol should be HTTP or TCP");
    } else {
        if (port)
            take_port(reading, number_of(port, 0));
        else
            read_uri(reading, json_get_str(destination, S("URI")));
        reading->subscription->path = (str){0};
    }
}

/* ---- how ---- */

static void read_buffering(struct reading *reading, const struct json *buffering)
{
    struct telemetry_subscription *out = reading->subscription;
    const struct {
        str name;
        int64_t *value, otherwise, least, most;
        const char *problem;
    } settings[] = {
        {S("maxItems"), &out->max_items, 10000, 1000, 10000, "maxItems should be between 1000 and 10000"},
        {S("maxBytes"), &out->max_bytes, 262144, 262144, 1048576,
         "maxBytes should be between 262144 and 1048576"},
        {S("timeoutMs"), &out->timeout_ms, 1000, 25, 30000, "timeoutMs should be between 25 and 30000"},
    };

    if (buffering && !json_is(buffering, JSON_NULL) && !json_is(buffering, JSON_OBJECT))
        complain(reading, "buffering should be an object");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        *settings[i].value = number_of(json_get(buffering, settings[i].name), settings[i].otherwise);
        if (*settings[i].value < settings[i].least || *settings[i].value > settings[i].most)
            complain(reading, settings[i].problem);
    }
}

static bool read_subscription(const struct call *call, str body, struct telemetry_subscription *subscription)
{
    struct reading reading = {call, text_in(call->arena), subscription};
    const struct json *object = NULL;

    if (str_present(body) && body.size <= MOST_BODY_BYTES)
        object = json_parse(call->arena, body, NULL);
    if (!json_is(object, JSON_OBJECT)) {
        fail(call, &RUNTIME_VALIDATION_ERROR, "The request body is not a JSON object");
        return false;
    }
    read_version(&reading, object);
    read_destination(&reading, json_get(object, S("destination")));
    read_types(&reading, json_get(object, S("types")));
    read_buffering(&reading, json_get(object, S("buffering")));
    if (reading.problems.size == 0)
        return true;
    fail(call, &RUNTIME_VALIDATION_ERROR, "%.*s", STR_ARGS(text_str(&reading.problems)));
    return false;
}

/* ---- subscribing ---- */

static void begin(const struct call *call, const struct function *function,
                  const struct lambda_get_sandbox_row *sandbox, const struct lambda_extension_row *extension,
                  const struct telemetry_subscription *subscription)
{
    bool objects = subscription->objects && lambda_log_is_json(function);
    struct sandbox_subscribe_input in = {
        .sandbox_id = sandbox->id,
        .name = subscription->name,
        .types = subscription->types,
        .port = subscription->port,
        .path = subscription->path,
        .logs = &subscription->is_logs,
        .objects = &objects,
        .max_items = subscription->max_items,
        .max_bytes = subscription->max_bytes,
        .timeout_ms = subscription->timeout_ms,
    };

    if (!subscription->is_logs)
        *list_add(call->arena, &in.events) = lambda_telemetry_init_start(call, function, sandbox);
    sandbox_subscribe_effect(call, &in);
    lambda_set_telemetry(call->txn, &(struct lambda_set_telemetry_params){.id = sandbox->id});
    lambda_set_extension_api(
        call->txn, &(struct lambda_set_extension_api_params){
                       .id = extension->id, .api = subscription->is_logs ? S("logs") : S("telemetry")});
    lambda_log_subscription(call, function, sandbox->id, subscription);
    lambda_telemetry_subscribed(call, function, sandbox, subscription);
}

static enum outcome subscribe(const struct call *call, const struct runtime_subscribe_request *in,
                              struct telemetry_subscription *subscription,
                              struct runtime_subscribe_response *out)
{
    struct lambda_extension_row extension;
    struct lambda_asker asker;
    str other = subscription->is_logs ? S("telemetry") : S("logs");

    answer_unsynced(call);
    if (!lambda_asker_find(call, &asker))
        return lambda_asker_leave(call);
    if (!lambda_extension_find(call, in->extension_identifier, &extension))
        return FAILED;
    if (!lambda_phase_takes_subscriptions(&asker.sandbox) && subscription->is_logs)
        return fail(call, &RUNTIME_LOGS_SUBSCRIPTION_CLOSED, "Logs API subscription is closed already");
    if (!lambda_phase_takes_subscriptions(&asker.sandbox))
        return fail(call, &RUNTIME_TELEMETRY_SUBSCRIPTION_CLOSED,
                    "Telemetry API subscription is closed already");
    if (str_equal(extension.api, other))
        return fail(call, &RUNTIME_VALIDATION_ERROR, "The extension is subscribed by the %s API already",
                    subscription->is_logs ? "Telemetry" : "Logs");
    if (!read_subscription(call, in->subscription, subscription))
        return FAILED;
    subscription->name = extension.name;
    begin(&asker.call, &asker.function, &asker.sandbox, &extension, subscription);
    out->content_type = S("application/json");
    out->result = S("\"OK\"");
    return DONE;
}

enum outcome runtime_subscribe_telemetry(const struct call *call, const struct runtime_subscribe_request *in,
                                         struct runtime_subscribe_response *out)
{
    return subscribe(call, in, &(struct telemetry_subscription){.is_logs = false}, out);
}

enum outcome runtime_subscribe_logs(const struct call *call, const struct runtime_subscribe_request *in,
                                    struct runtime_subscribe_response *out)
{
    return subscribe(call, in, &(struct telemetry_subscription){.is_logs = true}, out);
}
