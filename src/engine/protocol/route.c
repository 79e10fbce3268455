/*
 * route.c: finds the operation that a request is for, before anything is decoded.
 *
 * X-Amz-Target names service and operation together; so does the path of RPC v2, which a header announces.  A
 * form names its operation in Action, and its service by Version (no two services share one) or by the
 * signature's scope.  Every other request is a path of a REST service.
 */
#include "engine/protocol/protocol_internal.h"
#include "engine/protocol/rest_path.h"

#include "wire/form.h"

#include <string.h>

static bool speaks(const struct service *service, enum protocol_name protocol)
{
    for (size_t i = 0; i < sizeof service->protocols / sizeof *service->protocols; i++)
        if (service->protocols[i] == protocol)
            return true;
    return false;
}

static bool is_named(const char *name, str text)
{
    return name && text.size > 0 && *name == *text.data && str_equal(str_of(name), text);
}

static bool any_speaks(const struct service *const *services, enum protocol_name protocol)
{
    for (; *services; services++)
        if (speaks(*services, protocol))
            return true;
    return false;
}

static const struct operation *find_operation(const struct service *service, str name)
{
    for (const struct operation *const *at = service->operations; *at; at++)
        if (is_named((*at)->name, name))
            return (*at)->flags & OPERATION_INTERNAL ? NULL : *at;
    return NULL;
}

static const struct known_operation *find_known(const struct service *service, str name)
{
    for (const struct known_operation *at = service->known_operations; at && at->name; at++)
        if (is_named(at->name, name))
            return at;
    return NULL;
}

static struct route named_route(const struct service *service, enum protocol_name protocol, str name)
{
    return (struct route){
        .service = service,
        .protocol = protocol_find(protocol),
        .operation = find_operation(service, name),
        .operation_name = name,
        .known_to_aws = find_known(service, name),
    };
}

static bool is_signed_for(const struct service *service, str signing_name)
{
    return is_named(service->signing_name, signing_name);
}

/* ---- AWS JSON ---- */

/* The client's JSON version if its content type says it, else the service's own. */
static enum protocol_name json_version(const struct service *service, str content_type)
{
    bool says_1_0 = str_starts_with(content_type, S("application/x-amz-json-1.0"));
    bool says_1_1 = str_starts_with(content_type, S("application/x-amz-json-1.1"));

    if (says_1_0 || says_1_1)
        return says_1_0 ? PROTOCOL_JSON_1_0 : PROTOCOL_JSON_1_1;
    return speaks(service, PROTOCOL_JSON_1_1) ? PROTOCOL_JSON_1_1 : PROTOCOL_JSON_1_0;
}

static struct route target_route(const struct service *const *services, const struct http_request *request,
                                 str target)
{
    str content_type = http_header(&request->headers, S("Content-Type"));
    ptrdiff_t dot = str_last_index(target, '.');
    str prefix = dot < 0 ? (str){0} : str_head(target, (size_t)dot);

    for (; *services; services++)
        if (is_named((*services)->target_prefix, prefix))
            return named_route(*services, json_version(*services, content_type),
                               str_from(target, (size_t)dot + 1));
    return (struct route){.operation_name = target};
}

/* ---- RPC v2 ---- */

/* "com.example.Toy" means "Toy". */
static const struct service *service_of_path(const struct service *const *services, str name)
{
    str last = str_from(name, (size_t)(str_last_index(name, '.') + 1));

    for (; *services; services++)
        if (speaks(*services, PROTOCOL_RPC_V2_CBOR) && is_named((*services)->target_prefix, last))
            return *services;
    return NULL;
}

/* Cut the last segment off the path. */
static str cut_segment(str *path)
{
    ptrdiff_t slash = str_last_index(*path, '/');
    str segment = str_from(*path, (size_t)(slash + 1));

    *path = slash < 0 ? (str){0} : str_head(*path, (size_t)slash);
    return segment;
}

/*
 * "/service/Toy/operation/Play", perhaps with a prefix.  A request that also names its operation in
 * X-Amz-Target is refused, as the protocol demands: a proxy might use that name and this server the path.
 */
static struct route cbor_route(const struct service *const *services, const struct http_request *request)
{
    str path = request->path, operation = cut_segment(&path), operations = cut_segment(&path);
    str service = cut_segment(&path), services_word = cut_segment(&path);
    bool well = str_equal(request->method, S("POST")) && str_equal(operations, S("operation")) &&
                str_equal(services_word, S("service")) &&
                !str_present(http_header(&request->headers, S("X-Amz-Target"))) &&
                !str_present(http_header(&request->headers, S("X-Amzn-Target")));
    const struct service *found = well ? service_of_path(services, service) : NULL;

    return found ? named_route(found, PROTOCOL_RPC_V2_CBOR, operation)
                 : (struct route){.protocol = protocol_find(PROTOCOL_RPC_V2_CBOR)};
}

/* ---- Query ---- */

struct action {
    str name, version;
};

/* Only the two fields that matter are decoded. */
static struct action find_action(struct arena *arena, str source)
{
    struct action action = {0};
    struct form form;
    str pair;

    while (str_next(&source, '&', &pair)) {
        bool names = str_starts_with(pair, S("Action="));
        bool dates = str_starts_with(pair, S("Version="));
        if (!(names || dates) || !form_parse(arena, pair, &form) || form.count == 0)
            continue;
        *(names ? &action.name : &action.version) = form.items[0].value;
    }
    return action;
}

static const struct service *query_service(const struct service *const *services, const struct action *action,
                                           str signing_name)
{
    const struct service *of_version = NULL, *of_operation = NULL;

    for (; *services; services++) {
        if (!speaks(*services, PROTOCOL_QUERY))
            continue;
        if (is_signed_for(*services, signing_name))
            return *services;
        if (is_named((*services)->version, action->version))
            of_version = *services;
        if (find_operation(*services, action->name))
            of_operation = *services;
    }
    return of_version ? of_version : of_operation;
}

static bool has_member(const struct shape *input, str name)
{
    for (size_t i = 0; input && i < input->member_count; i++)
        if (str_equal(input->members[i].name, name))
            return true;
    return false;
}

static bool is_resource_path(const struct service *service, str path)
{
    return service->dialect->is_resource_path && service->dialect->is_resource_path(path);
}

/* Does the operation work on the resource that the path names, or find one? */
static bool fits_resource(const struct service *service, const struct operation *operation)
{
    return has_member(operation->input, str_of(service->dialect->resource_member)) ||
           str_equal(str_of(operation->name), str_of(service->dialect->resource_finder));
}

static struct route query_route(const struct service *const *services, const struct http_request *request,
                                const struct action *action, str signing_name)
{
    const struct service *service = query_service(services, action, signing_name);
    struct route route = {.operation_name = action->name};

    if (service)
        route = named_route(service, PROTOCOL_QUERY, action->name);
    if (route.operation && is_resource_path(service, request->path) &&
        !fits_resource(service, route.operation)) {
        route.operation = NULL;
        route.known_to_aws = NULL;
    }
    route.protocol = query_wants_json(request) ? &PROTOCOL_OF_QUERY_JSON : &PROTOCOL_OF_QUERY;
    return route;
}

/* A path of a Query service's resource, where a form should have named the operation. */
static bool lacks_action(const struct service *const *services, str path)
{
    for (; *services; services++)
        if (is_resource_path(*services, path))
            return true;
    return false;
}

/* ---- REST ---- */

/* PROTOCOL_NONE when the service has neither REST protocol. */
static enum protocol_name rest_protocol(const struct service *service)
{
    if (speaks(service, PROTOCOL_REST_XML))
        return PROTOCOL_REST_XML;
    return speaks(service, PROTOCOL_REST_JSON) ? PROTOCOL_REST_JSON : PROTOCOL_NONE;
}

/* The operation that fits best: a literal part wins over a label. */
static const struct operation *best_fit(const struct service *service, const struct http_request *request,
                                        const struct form *query, int *best)
{
    const struct operation *found = NULL;

    for (const struct operation *const *at = service->operations; *at; at++) {
        if (!is_named((*at)->http_method, request->method))
            continue;
        int fit = rest_path_fit(str_of((*at)->http_path), request->path, query);
        if (fit > *best) {
            *best = fit;
            found = *at;
        }
    }
    return found;
}

static struct route rest_route(struct arena *arena, const struct service *const *services,
                               const struct http_request *request, str signing_name)
{
    struct route route = {0};
    struct form query;
    int best = 0;

    if (!form_parse(arena, request->query, &query))
        query = (struct form){0};
    for (; *services; services++) {
        if (!rest_protocol(*services))
            continue;
        const struct operation *found = best_fit(*services, request, &query, &best);
        if (found || (!route.operation && is_signed_for(*services, signing_name))) {
            route.service = *services;
            route.operation = found;
        }
    }
    if (route.service)
        route.protocol = protocol_find(rest_protocol(route.service));
    if (route.operation)
        route.operation_name = str_of(route.operation->name);
    return route;
}

/*
 * The operation of a REST service is in its path, even if the body looks like a form: curl calls every body a
 * form.
 */
static bool is_signed_for_rest(const struct service *const *services, str signing_name)
{
    for (; *services; services++)
        if (is_signed_for(*services, signing_name) && rest_protocol(*services))
            return true;
    return false;
}

struct route route_find(struct arena *arena, const struct service *const *services,
                        const struct http_request *request, str signing_name)
{
    str target = http_header(&request->headers, S("X-Amz-Target"));
    str content_type = http_header(&request->headers, S("Content-Type"));
    struct action action;

    if (cbor_is_spoken(&request->headers))
        return cbor_route(services, request);
    if (str_present(target))
        return target_route(services, request, target);
    if (!any_speaks(services, PROTOCOL_QUERY) || is_signed_for_rest(services, signing_name))
        return rest_route(arena, services, request, signing_name);
    bool is_form =
        str_starts_with(content_type, S("application/x-www-form-urlencoded")) && request->body.size > 0;
    action = find_action(arena, is_form ? request->body : request->query);
    if (str_present(action.name) || is_form)
        return query_route(services, request, &action, signing_name);
    struct route route = rest_route(arena, services, request, signing_name);
    if (!route.service && lacks_action(services, request->path))
        route.protocol = &PROTOCOL_OF_QUERY;
    return route;
}

struct route route_find_by_head(struct arena *arena, const struct service *const *services,
                                const struct http_request *request, str signing_name)
{
    str content_type = http_header(&request->headers, S("Content-Type"));
    bool is_form = str_starts_with(content_type, S("application/x-www-form-urlencoded"));

    if (!is_form || cbor_is_spoken(&request->headers) ||
        str_present(http_header(&request->headers, S("X-Amz-Target"))) ||
        !any_speaks(services, PROTOCOL_QUERY) || is_signed_for_rest(services, signing_name))
        return route_find(arena, services, request, signing_name);
    struct action action = find_action(arena, request->query);
    return (struct route){.service = query_service(services, &action, signing_name),
                          .protocol = protocol_find(PROTOCOL_QUERY)};
}
