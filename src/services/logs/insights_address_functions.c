/*
 * insights_address_functions.c: functions of IP addresses.
 */
#include "insights_functions.h"

#include <arpa/inet.h>
#include <string.h>

typedef struct insights_value value;

enum { V4 = 1, V6 = 2, V4_BITS = 32, V6_BITS = 128 };

struct address {
    unsigned char bytes[16];
    int64_t bits; /* 0: it is not an address */
};

static struct address address_of(str text, int versions)
{
    struct address address = {.bits = 0};
    char terminated[INET6_ADDRSTRLEN] = {0};

    if (!text.data || text.size >= sizeof terminated || memchr(text.data, '\0', text.size))
        return address;
    memcpy(terminated, text.data, text.size);
    if (versions & V4 && inet_pton(AF_INET, terminated, address.bytes) == 1)
        address.bits = V4_BITS;
    else if (versions & V6 && inet_pton(AF_INET6, terminated, address.bytes) == 1)
        address.bits = V6_BITS;
    return address;
}

static value is_valid(struct insights_evaluation *evaluation, const value *argument, int versions)
{
    return logs_insights_boolean(address_of(logs_insights_show(evaluation->arena, argument), versions).bits >
                                 0);
}

static bool same_prefix(const struct address *a, const struct address *b, int64_t bits)
{
    size_t whole = (size_t)bits / 8;
    unsigned char mask = (unsigned char)(0xff00 >> bits % 8);

    return memcmp(a->bytes, b->bytes, whole) == 0 &&
           (bits % 8 == 0 || ((a->bytes[whole] ^ b->bytes[whole]) & mask) == 0);
}

/* The second argument is a subnet: "10.0.0.0/8". */
static value is_in(struct insights_evaluation *evaluation, const value *arguments, int versions)
{
    struct address address = address_of(logs_insights_show(evaluation->arena, &arguments[0]), versions);
    str rest = logs_insights_show(evaluation->arena, &arguments[1]), base;
    int64_t bits;

    if (!str_next(&rest, '/', &base) || !str_to_i64(rest, &bits))
        return logs_insights_boolean(false);
    struct address subnet = address_of(base, versions);
    return logs_insights_boolean(address.bits > 0 && address.bits == subnet.bits && bits >= 0 &&
                                 bits <= subnet.bits && same_prefix(&address, &subnet, bits));
}

#define OF_ADDRESS(name, test, versions)                                                                     \
    static value name(struct insights_evaluation *evaluation, const value *arguments, size_t count)          \
    {                                                                                                        \
        (void)count;                                                                                         \
        return test(evaluation, arguments, versions);                                                        \
    }
OF_ADDRESS(is_valid_any, is_valid, V4 | V6)
OF_ADDRESS(is_valid_v4, is_valid, V4)
OF_ADDRESS(is_valid_v6, is_valid, V6)
OF_ADDRESS(is_in_any, is_in, V4 | V6)
OF_ADDRESS(is_in_v4, is_in, V4)
OF_ADDRESS(is_in_v6, is_in, V6)

const struct insights_function logs_insights_address_functions[] = {
    {"isvalidip", 1, 1, is_valid_any, false},
    {"isvalidipv4", 1, 1, is_valid_v4, false},
    {"isvalidipv6", 1, 1, is_valid_v6, false},
    {"isipinsubnet", 2, 2, is_in_any, false},
    {"isipv4insubnet", 2, 2, is_in_v4, false},
    {"isipv6insubnet", 2, 2, is_in_v6, false},
    {NULL, 0, 0, NULL, false},
};
