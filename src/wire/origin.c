/*
 * origin.c: which host names are ours, and whether a page or a program sent a request.
 *
 * Host names protect against rebinding: when the owner of rebind.example points that name to 127.0.0.1, a
 * browser takes a page of rebind.example for the same origin as the server, but its requests still carry
 * "Host: rebind.example".
 *
 * Origin and Sec-Fetch-Site tell pages from programs.  Browsers send Origin with every POST to another origin
 * and with every request whose answer a page may read; they send Sec-Fetch-Site with everything that goes to
 * a URL they trust: https, and http at loopback addresses and below "localhost".  Two kinds of requests carry
 * neither: a GET without a readable answer (an image, a link) to another name, and requests of a browser from
 * before 2020.  Such a request can only change something when its URL is signed, so a signed URL from a
 * client that calls itself a browser counts as a page's, too.
 */
#include "wire/origin.h"

#include "wire/uri.h"

#include <arpa/inet.h>
#include <string.h>

enum { ADDRESS_BYTES = 16, LONGEST_HOST = 253, LONGEST_ORIGIN = 300 };

static const str local_names[] = {STR_INIT("localhost"), STR_INIT("*.localhost"),
                                  STR_INIT("localhost.localstack.cloud"),
                                  STR_INIT("*.localhost.localstack.cloud")};
/* SDKs put these before the host for StartLiveTail, and before an address, too. */
static const str stream_prefixes[] = {STR_INIT("stream-"), STR_INIT("streaming-")};
static const str aws_names[] = {STR_INIT("*.amazonaws.com"), STR_INIT("*.amazonaws.com.cn"),
                                STR_INIT("*.api.aws"), STR_INIT("*.on.aws")};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- hosts ---- */

/* IPv4 in IPv6's mapped form, so that both ways of writing an address are equal. */
static bool read_address(str text, unsigned char address[ADDRESS_BYTES])
{
    static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char terminated[INET6_ADDRSTRLEN];

    if (text.size >= sizeof terminated || text.size == 0 || str_index(text, '\0') >= 0)
        return false;
    memcpy(terminated, text.data, text.size);
    terminated[text.size] = '\0';
    memcpy(address, mapped, sizeof mapped);
    return inet_pton(AF_INET, terminated, address + sizeof mapped) == 1 ||
           inet_pton(AF_INET6, terminated, address) == 1;
}

static bool is_loopback(const unsigned char address[ADDRESS_BYTES])
{
    static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
    static const unsigned char one[ADDRESS_BYTES] = {[ADDRESS_BYTES - 1] = 1};

    return memcmp(address, mapped, sizeof mapped) == 0 || memcmp(address, one, ADDRESS_BYTES) == 0;
}

static bool same_address(const unsigned char address[ADDRESS_BYTES], str text)
{
    unsigned char other[ADDRESS_BYTES];

    return read_address(text, other) && memcmp(address, other, ADDRESS_BYTES) == 0;
}

/* "a.example.com" fits itself and "*.example.com". */
static bool fits(str name, str pattern)
{
    if (!str_starts_with(pattern, S("*.")))
        return str_equal_nocase(name, pattern);
    str ending = str_from(pattern, 1);
    return name.size > ending.size && str_equal_nocase(str_from(name, name.size - ending.size), ending);
}

static bool fits_any(str name, const str *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fits(name, patterns[i]))
            return true;
    return false;
}

/* Non-empty labels of letters, digits, '-' and '_'. */
static bool is_name(str text)
{
    str rest = text, label;

    while (str_next(&rest, '.', &label))
        if (str_empty(label) || !str_is_word(label, S("-_")))
            return false;
    return text.size > 0 && text.size <= LONGEST_HOST;
}

static enum host_kind kind_of_address(const struct origin_rules *rules,
                                      const unsigned char address[ADDRESS_BYTES], str local_ip)
{
    bool ours = is_loopback(address) || same_address(address, local_ip);

    for (size_t i = 0; i < rules->host_count && !ours; i++)
        ours = same_address(address, rules->hosts[i]);
    return ours ? HOST_OURS : HOST_FOREIGN;
}

/* Only before names that nobody can register: the owner of a domain decides about stream-host.example. */
static bool is_local_stream(str name)
{
    for (size_t i = 0; i < COUNT(stream_prefixes); i++) {
        str host = str_from(name, stream_prefixes[i].size);
        unsigned char address[ADDRESS_BYTES];
        if (str_starts_with_nocase(name, stream_prefixes[i]) &&
            (str_equal_nocase(host, S("localhost")) || (read_address(host, address) && is_loopback(address))))
            return true;
    }
    return false;
}

static enum host_kind kind_of_host(const struct origin_rules *rules, str text, str local_ip)
{
    unsigned char address[ADDRESS_BYTES];
    struct uri uri = {0};

    if (text.size > LONGEST_HOST + sizeof ":65535" - 1 || !uri_parse_host(text, &uri))
        return HOST_MALFORMED;
    if (read_address(uri.host, address))
        return kind_of_address(rules, address, local_ip);
    if (str_starts_with(text, S("[")) || !is_name(uri.host))
        return HOST_MALFORMED;
    if (fits_any(uri.host, local_names, COUNT(local_names)) || is_local_stream(uri.host) ||
        fits_any(uri.host, rules->hosts, rules->host_count))
        return HOST_OURS;
    return fits_any(uri.host, aws_names, COUNT(aws_names)) ? HOST_OF_AWS : HOST_FOREIGN;
}

bool origin_host_valid(str host)
{
    unsigned char address[ADDRESS_BYTES];

    return read_address(host, address) || is_name(str_starts_with(host, S("*.")) ? str_from(host, 2) : host);
}

/* ---- origins ---- */

static bool is_lower_case(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 'A' && text.data[i] <= 'Z')
            return false;
    return true;
}

/* Browsers leave out a scheme's default port, so an origin with it would match nothing. */
static bool is_default_port(str scheme, int port)
{
    return (str_equal(scheme, S("http")) && port == 80) || (str_equal(scheme, S("https")) && port == 443);
}

bool origin_valid(str origin)
{
    unsigned char address[ADDRESS_BYTES];
    struct uri uri;

    if (origin.size > LONGEST_ORIGIN || !uri_parse(origin, &uri) || !str_present(uri.scheme) ||
        str_present(uri.userinfo))
        return false;
    str authority = str_from(origin, uri.scheme.size + 3);
    for (size_t i = 0; i < authority.size; i++)
        if (authority.data[i] == '/' || authority.data[i] == '?' || authority.data[i] == '#')
            return false;
    return is_lower_case(origin) && !is_default_port(uri.scheme, uri.port) &&
           (is_name(uri.host) || read_address(uri.host, address));
}

/* ---- senders ---- */

/* The headers that tell who sent a request, found in one pass. */
struct clues {
    str host, origin, site, agent;
    size_t host_count, origin_count;
};

static struct clues find_clues(const struct http_headers *headers)
{
    struct clues clues = {0};

    for (size_t i = 0; i < headers->count; i++) {
        const struct http_header *header = &headers->items[i];
        if (str_equal_nocase(header->name, S("Host"))) {
            clues.host = header->value;
            clues.host_count++;
        } else if (str_equal_nocase(header->name, S("Origin"))) {
            clues.origin = header->value;
            clues.origin_count++;
        } else if (str_equal_nocase(header->name, S("Sec-Fetch-Site"))) {
            clues.site = header->value;
        } else if (str_equal_nocase(header->name, S("User-Agent"))) {
            clues.agent = header->value;
        }
    }
    return clues;
}

/* Another port is another origin.  TLS ends before us, so our own pages over https must be let in by name. */
static bool is_own_origin(const struct clues *clues)
{
    str http = S("http://");

    return str_starts_with(clues->origin, http) &&
           str_equal_nocase(str_from(clues->origin, http.size), clues->host);
}

static bool is_listed(str origin, const struct origin_rules *rules)
{
    for (size_t i = 0; i < rules->origin_count; i++)
        if (str_equal(origin, rules->origins[i]))
            return true;
    return false;
}

/* Sec-Fetch-Site of a page at a name of AWS's form proves nothing: other hosts have such names, too. */
static enum sender sender_of(const struct clues *clues, const struct origin_rules *rules, bool host_is_ours,
                             const struct http_request *request)
{
    if (clues->origin_count > 1)
        return SENDER_FOREIGN_PAGE;
    if (clues->origin_count == 1) {
        if (host_is_ours && is_own_origin(clues))
            return SENDER_OWN_PAGE;
        return is_listed(clues->origin, rules) ? SENDER_ALLOWED_PAGE : SENDER_FOREIGN_PAGE;
    }
    if (str_present(clues->site)) {
        if (str_equal(clues->site, S("none")))
            return SENDER_TYPED_URL;
        return host_is_ours && str_equal(clues->site, S("same-origin")) ? SENDER_OWN_PAGE
                                                                        : SENDER_FOREIGN_PAGE;
    }
    bool signed_url = str_find(request->query, S("X-Amz-Signature=")) >= 0;
    return signed_url && str_starts_with(clues->agent, S("Mozilla/")) ? SENDER_FOREIGN_PAGE : SENDER_PROGRAM;
}

struct visitor origin_visitor(const struct origin_rules *rules, const struct http_request *request,
                              str local_ip)
{
    struct clues clues = find_clues(&request->headers);
    struct visitor visitor = {.host = clues.host};

    if (clues.host_count > 1)
        visitor.host_kind = HOST_MALFORMED;
    else if (!str_empty(clues.host))
        visitor.host_kind = kind_of_host(rules, clues.host, local_ip);
    visitor.sender = sender_of(&clues, rules, visitor.host_kind == HOST_OURS, request);
    if (clues.origin_count == 1 && origin_valid(clues.origin))
        visitor.origin = clues.origin;
    return visitor;
}
