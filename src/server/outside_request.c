/*
 * outside_request.c: one request to the outside: an HTTP POST, or a mail to the relay.
 *
 * Anybody who may subscribe chooses the URL.  So only http and https are spoken, redirects are not followed,
 * certificates are verified, and the address that a name resolves to is checked just before the connection:
 * link-local and EC2's instance addresses (metadata services) are out of bounds, with --auth strict also this
 * machine.
 */
#include "server/outside_internal.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_S = 5, TIMEOUT_S = 15, MAX_ANSWER_BYTES = 1024 * 1024, OK = 200, MAIL_REFUSED = 500 };

/* ---- addresses ---- */

static bool is_this_machine4(uint32_t address)
{
    return address >> 24 == 127 || address >> 24 == 0;
}

static bool is_link_local4(uint32_t address)
{
    return address >> 16 == 0xa9fe; /* 169.254 */
}

static bool may_reach4(uint32_t address, bool strict)
{
    return !is_link_local4(address) && !(strict && is_this_machine4(address));
}

/* Is it an IPv4 address in IPv6's form: mapped, or for a NAT64 gateway? */
static bool has_address4(const struct in6_addr *address)
{
    static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b};

    return IN6_IS_ADDR_V4MAPPED(address) || memcmp(address->s6_addr, nat64, sizeof nat64) == 0;
}

/* fd00:ec2::/32, where EC2 has its metadata service and other services of an instance. */
static bool is_instance6(const struct in6_addr *address)
{
    static const unsigned char instance[] = {0xfd, 0x00, 0x0e, 0xc2};

    return memcmp(address->s6_addr, instance, sizeof instance) == 0;
}

static bool may_reach6(const struct in6_addr *address, bool strict)
{
    uint32_t last;

    memcpy(&last, address->s6_addr + 12, sizeof last);
    if (has_address4(address))
        return may_reach4(ntohl(last), strict);
    return !IN6_IS_ADDR_LINKLOCAL(address) && !is_instance6(address) &&
           !(strict && (IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address)));
}

static bool may_reach(const struct sockaddr *address, bool strict)
{
    if (address->sa_family == AF_INET)
        return may_reach4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr),
                          strict);
    return address->sa_family == AF_INET6 &&
           may_reach6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, strict);
}

struct bounds {
    struct transfer *transfer;
    bool strict;
};

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct bounds *bounds = context;

    (void)purpose;
    if (may_reach(&address->addr, bounds->strict))
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    bounds->transfer->out_of_bounds = true;
    return CURL_SOCKET_BAD;
}

/* ---- options ---- */

static bool is_too_long(const struct transfer *transfer)
{
    return transfer->received > MAX_ANSWER_BYTES;
}

/* An answer may have no end: what is too long is not awaited, and its status counts. */
static size_t forget(char *bytes, size_t one, size_t size, void *context)
{
    struct transfer *transfer = context;

    (void)bytes;
    transfer->received += one * size;
    return is_too_long(transfer) ? 0 : one * size;
}

static void add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    check(longer);
    *list = longer;
}

static void prepare_any(struct transfer *transfer)
{
    CURL *curl = transfer->curl;

    curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, forget);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

/* A developer's endpoint with a certificate of its own: AWS_CA_BUNDLE names who has signed it. */
static void prepare_trust(CURL *curl)
{
    const char *authorities = getenv("AWS_CA_BUNDLE");

    if (authorities && *authorities)
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
}

static void prepare_post(struct transfer *transfer, bool strict)
{
    CURL *curl = transfer->curl;
    struct bounds *bounds = arena_new(&transfer->arena, struct bounds);

    *bounds = (struct bounds){transfer, strict};
    add_line(&transfer->headers, "Expect:");
    add_line(&transfer->headers, "Accept:");
    for (size_t i = 0; i < transfer->in.headers.count; i++)
        add_line(&transfer->headers, arena_cstr(&transfer->arena, transfer->in.headers.items[i]));
    curl_easy_setopt(curl, CURLOPT_URL, arena_cstr(&transfer->arena, transfer->in.url));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->in.body.size);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer->in.body.data);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, bounds);
    prepare_trust(curl);
}

static size_t upload(char *room, size_t one, size_t size, void *context)
{
    struct transfer *transfer = context;
    str rest = str_from(transfer->in.body, transfer->uploaded);
    size_t taken = rest.size < one * size ? rest.size : one * size;

    if (taken > 0)
        memcpy(room, rest.data, taken);
    transfer->uploaded += taken;
    return taken;
}

static void prepare_mail(struct transfer *transfer, str relay)
{
    CURL *curl = transfer->curl;

    add_line(&transfer->recipients, arena_cstr(&transfer->arena, transfer->in.recipient));
    curl_easy_setopt(curl, CURLOPT_URL, arena_cstr(&transfer->arena, relay));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_cstr(&transfer->arena, transfer->in.sender));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, transfer->recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, upload);
    curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
    prepare_trust(curl);
}

void transfer_prepare(struct transfer *transfer, const struct outside_options *options)
{
    transfer->curl = curl_easy_init();
    check(transfer->curl);
    prepare_any(transfer);
    if (str_present(transfer->in.recipient))
        prepare_mail(transfer, options->smtp);
    else
        prepare_post(transfer, options->strict);
}

/* ---- the end ---- */

/* libcurl says that it has no memory when headers are longer than it takes. */
static const char *words_for(const struct transfer *transfer, CURLcode code)
{
    if (code == CURLE_OUT_OF_MEMORY)
        return "The headers of the endpoint's answer are too long.";
    return transfer->error[0] ? transfer->error : curl_easy_strerror(code);
}

static void say_problem(struct transfer *transfer, CURLcode code, struct outside_sent *sent)
{
    sent->problem = transfer->out_of_bounds ? S("The endpoint's address is out of bounds; see SECURITY.md.")
                                            : str_of(words_for(transfer, code));
}

struct outside_sent transfer_result(struct transfer *transfer, CURLcode code)
{
    struct outside_sent sent = {.id = transfer->in.id, .context = transfer->in.context};
    bool is_mail = str_present(transfer->in.recipient);
    long status = 0;

    if (code == CURLE_WRITE_ERROR && is_too_long(transfer))
        code = CURLE_OK;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        say_problem(transfer, code, &sent);
    if (is_mail)
        sent.status = code == CURLE_OK ? OK : 0;
    else
        sent.status = code == CURLE_OK ? status : 0;
    if (transfer->out_of_bounds || code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
        (is_mail && status >= MAIL_REFUSED))
        sent.refused = arena_bool(&transfer->arena, true);
    return sent;
}
