/*
 * data_identifiers.c: finds sensitive data that a pattern can tell.
 *
 * Every function looks at each byte a bounded number of times.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-managed-data-identifiers.html
 */
#include "services/sns/data_identifiers.h"

#include "services/sns/data_pattern.h"

#include "base/check.h"
#include "wire/json.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    MAX_LOCAL_PART = 64,
    MAX_DOMAIN = 255,
    MIN_TOP_DOMAIN = 2,
    MIN_CARD_DIGITS = 13,
    MAX_CARD_DIGITS = 19,
    MAX_IP = 45, /* INET6_ADDRSTRLEN without its NUL */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return char_lower(c) >= 'a' && char_lower(c) <= 'z';
}

static bool is_word(char c)
{
    return is_digit(c) || is_letter(c) || c == '_';
}

/* The byte at that position, 0 outside of the text. */
static char at(str text, size_t position)
{
    return position < text.size ? text.data[position] : 0;
}

static bool begins_word(str text, size_t position)
{
    return position == 0 || !is_word(text.data[position - 1]);
}

static void add(struct findings *findings, size_t start, size_t end)
{
    *list_add(findings->arena, findings) = (struct finding){start, end};
}

/* ---- mail addresses ---- */

static bool is_local(char c)
{
    return is_word(c) || (c && strchr(".%+-", c));
}

static bool is_domain(char c)
{
    return is_digit(c) || is_letter(c) || c == '.' || c == '-';
}

/* The length of the domain at the beginning of the text, or 0. */
static size_t domain_size(str text)
{
    size_t size = 0, top = 0;

    while (size < text.size && size <= MAX_DOMAIN && is_domain(text.data[size]))
        size++;
    while (size > 0 && !is_letter(text.data[size - 1]))
        size--;
    while (top < size && is_letter(text.data[size - 1 - top]))
        top++;
    bool dotted = top < size && text.data[size - 1 - top] == '.' && size - top > 1;
    return size <= MAX_DOMAIN && dotted && top >= MIN_TOP_DOMAIN && text.data[0] != '.' ? size : 0;
}

static void find_mail(struct findings *findings, str text)
{
    size_t from = 0; /* behind the last address */

    for (size_t i = 0; i < text.size; i++) {
        size_t start = i, domain;
        if (text.data[i] != '@')
            continue;
        while (start > from && i - start < MAX_LOCAL_PART && is_local(text.data[start - 1]))
            start--;
        domain = start < i ? domain_size(str_from(text, i + 1)) : 0;
        if (domain == 0)
            continue;
        from = i + 1 + domain;
        add(findings, start, from);
    }
}

/* ---- numbers ---- */

/* Digits with single spaces or hyphens between them. */
struct run {
    size_t end;
    size_t digits;
    bool luhn; /* the sum of the digits, every second one doubled, is a multiple of ten */
};

static struct run run_at(str text, size_t start)
{
    struct run run = {.end = start};
    int sums[2] = {0, 0}; /* with the last digit single, and doubled */

    for (size_t i = start; is_digit(at(text, i));) {
        int digit = text.data[i] - '0', twice = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        int single = sums[1] + digit, doubled = sums[0] + twice;
        sums[0] = single % 10;
        sums[1] = doubled % 10;
        run.digits++;
        run.end = ++i;
        if ((at(text, i) == ' ' || at(text, i) == '-') && is_digit(at(text, i + 1)))
            i++;
    }
    run.luhn = sums[0] == 0;
    return run;
}

static void find_cards(struct findings *findings, str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            continue;
        struct run run = run_at(text, i);
        if (begins_word(text, i) && !is_word(at(text, run.end)) && run.digits >= MIN_CARD_DIGITS &&
            run.digits <= MAX_CARD_DIGITS && run.luhn && text.data[i] >= '2' && text.data[i] <= '6')
            add(findings, i, run.end);
        i = run.end - 1;
    }
}

/* Does the text have at `start` what the pattern says?  'd' is a digit, 'D' one from 2 to 9. */
static bool has_pattern(str text, size_t start, const char *pattern)
{
    for (size_t i = 0; pattern[i]; i++) {
        char c = at(text, start + i);
        bool fits = pattern[i] == 'd'   ? is_digit(c)
                    : pattern[i] == 'D' ? c >= '2' && c <= '9'
                                        : c == pattern[i];
        if (!fits)
            return false;
    }
    return true;
}

/* Neither a word nor a hyphen with a digit goes on at that place. */
static bool ends(str text, size_t end)
{
    return !is_word(at(text, end)) && !(at(text, end) == '-' && is_digit(at(text, end + 1)));
}

static bool is_ssn(str text, size_t start)
{
    const char *data = text.data + start;

    return (has_pattern(text, start, "ddd-dd-dddd") || has_pattern(text, start, "ddd dd dddd")) &&
           memcmp(data, "000", 3) != 0 && memcmp(data, "666", 3) != 0 && data[0] != '9' &&
           memcmp(data + 4, "00", 2) != 0 && memcmp(data + 7, "0000", 4) != 0;
}

static void find_ssns(struct findings *findings, str text)
{
    enum { SIZE = 11 };

    for (size_t i = 0; i + SIZE <= text.size; i++)
        if (begins_word(text, i) && !(i > 0 && text.data[i - 1] == '-') && is_ssn(text, i) &&
            ends(text, i + SIZE)) {
            add(findings, i, i + SIZE);
            i += SIZE - 1;
        }
}

static const char *const phone_patterns[] = {
    "+1 (Ddd) Ddd-dddd", "+1 Ddd-Ddd-dddd", "+1-Ddd-Ddd-dddd", "+1 Ddd Ddd dddd",
    "+1.Ddd.Ddd.dddd",   "+1DddDdddddd",    "1-Ddd-Ddd-dddd",  "(Ddd) Ddd-dddd",
    "(Ddd)Ddd-dddd",     "Ddd-Ddd-dddd",    "Ddd.Ddd.dddd",    "Ddd Ddd dddd",
};

static void find_phones(struct findings *findings, str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!begins_word(text, i) || (i > 0 && text.data[i - 1] == '-'))
            continue;
        for (size_t p = 0; p < sizeof phone_patterns / sizeof *phone_patterns; p++) {
            size_t end = i + strlen(phone_patterns[p]);
            if (!has_pattern(text, i, phone_patterns[p]) || !ends(text, end))
                continue;
            add(findings, i, end);
            i = end - 1;
            break;
        }
    }
}

/* ---- addresses of machines ---- */

static bool is_address_part(char c)
{
    return is_digit(c) || (char_lower(c) >= 'a' && char_lower(c) <= 'f') || c == '.' || c == ':';
}

static bool is_address(str text)
{
    char copy[MAX_IP + 1] = {0};
    unsigned char address[sizeof(struct in6_addr)];

    if (text.size > MAX_IP || text.size < 3)
        return false;
    memcpy(copy, text.data, text.size);
    return inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

static void find_addresses(struct findings *findings, str text)
{
    for (size_t i = 0, end; i < text.size; i = end + 1) {
        for (end = i; is_address_part(at(text, end));)
            end++;
        size_t last = end; /* a point or a colon may end the sentence */
        if (last > i &&
            (text.data[last - 1] == '.' || (text.data[last - 1] == ':' && at(text, last - 2) != ':')))
            last--;
        if (begins_word(text, i) && !is_word(at(text, end)) && is_address((str){text.data + i, last - i}))
            add(findings, i, last);
    }
}

/* ---- private keys ---- */

/* From each header to the end of its block, or of the text. */
static void find_blocks(struct findings *findings, str text, str header, str footer)
{
    ptrdiff_t found;

    for (size_t from = 0; (found = str_find(str_from(text, from), header)) >= 0;) {
        size_t start = from + (size_t)found;
        ptrdiff_t size = str_find(str_from(text, start), footer);
        from = size < 0 ? text.size : start + (size_t)size + footer.size;
        add(findings, start, from);
    }
}

static void find_openssh_keys(struct findings *findings, str text)
{
    find_blocks(findings, text, S("-----BEGIN OPENSSH PRIVATE KEY-----"),
                S("-----END OPENSSH PRIVATE KEY-----"));
}

static void find_pgp_keys(struct findings *findings, str text)
{
    find_blocks(findings, text, S("-----BEGIN PGP PRIVATE KEY BLOCK-----"),
                S("-----END PGP PRIVATE KEY BLOCK-----"));
}

static bool is_hex(char c)
{
    return is_digit(c) || (char_lower(c) >= 'a' && char_lower(c) <= 'f');
}

/* From the header to the digest behind "Private-MAC: ", or to the end of the text. */
static void find_putty_keys(struct findings *findings, str text)
{
    str header = S("PuTTY-User-Key-File-"), footer = S("Private-MAC: ");
    ptrdiff_t found;

    for (size_t from = 0; (found = str_find(str_from(text, from), header)) >= 0;) {
        size_t start = from + (size_t)found;
        ptrdiff_t size = str_find(str_from(text, start), footer);
        from = size < 0 ? text.size : start + (size_t)size + footer.size;
        while (from < text.size && is_hex(text.data[from]))
            from++;
        add(findings, start, from);
    }
}

/* A block begins with "-----BEGIN ", its label and "-----". */
static void find_pkcs_keys(struct findings *findings, str text)
{
    static const str labels[] = {STR_INIT("PRIVATE KEY-----"), STR_INIT("RSA PRIVATE KEY-----"),
                                 STR_INIT("EC PRIVATE KEY-----"), STR_INIT("ENCRYPTED PRIVATE KEY-----")};
    str begin = S("-----BEGIN "), end = S("PRIVATE KEY-----");
    ptrdiff_t found;

    for (size_t from = 0; (found = str_find(str_from(text, from), begin)) >= 0;) {
        size_t start = from + (size_t)found;
        str label = {0};
        from = start + begin.size;
        for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
            if (str_starts_with(str_from(text, from), labels[i]))
                label = labels[i];
        if (!str_present(label))
            continue;
        from += label.size;
        ptrdiff_t size = str_find(str_from(text, from), end);
        from = size < 0 ? text.size : from + (size_t)size + end.size;
        add(findings, start, from);
    }
}

/* ---- the table ---- */

static const struct {
    str name;
    void (*find)(struct findings *findings, str text);
} identifiers[] = {
    {STR_INIT("CreditCardNumber"), find_cards},
    {STR_INIT("EmailAddress"), find_mail},
    {STR_INIT("IpAddress"), find_addresses},
    {STR_INIT("OpenSshPrivateKey"), find_openssh_keys},
    {STR_INIT("PgpPrivateKey"), find_pgp_keys},
    {STR_INIT("PhoneNumber-US"), find_phones},
    {STR_INIT("PkcsPrivateKey"), find_pkcs_keys},
    {STR_INIT("PuttyPrivateKey"), find_putty_keys},
    {STR_INIT("Ssn-US"), find_ssns},
};
_Static_assert(sizeof identifiers / sizeof *identifiers == PLAIN_IDENTIFIERS,
               "each kind has a place in a scan");

/* Of a policy's own identifier, the name is all. */
str sns_data_identifier_name(str identifier)
{
    str prefix = S("arn:aws:dataprotection::aws:data-identifier/");

    return str_starts_with(identifier, prefix) ? str_from(identifier, prefix.size) : identifier;
}

/* DATA_IDENTIFIERS: unknown. */
static size_t place_of(str name)
{
    size_t place = 0;

    while (place < DATA_IDENTIFIERS &&
           !str_equal(name, place < PLAIN_IDENTIFIERS
                                ? identifiers[place].name
                                : sns_data_keyword_identifier(place - PLAIN_IDENTIFIERS)))
        place++;
    return place;
}

bool sns_data_identifier_is_managed(str name)
{
    return place_of(name) < DATA_IDENTIFIERS;
}

static bool is_arn(str identifier)
{
    return sns_data_identifier_name(identifier).size < identifier.size;
}

bool sns_data_identifier_is_known(str identifier)
{
    return is_arn(identifier) && sns_data_identifier_is_managed(sns_data_identifier_name(identifier));
}

void sns_scan_text(struct scan *scan, str text)
{
    if (!str_equal(scan->text, text))
        *scan = (struct scan){.arena = scan->arena, .text = text, .custom = scan->custom};
}

/* The index among the policy's own identifiers. */
static size_t custom_place(const struct scan *scan, str name)
{
    size_t count = scan->custom ? scan->custom->count : 0;

    for (size_t i = 0; i < count; i++)
        if (str_equal(json_get_str(&scan->custom->items[i], S("Name")), name))
            return i;
    check(false);
    return 0;
}

static void find_custom(struct scan *scan, size_t index, struct findings *findings)
{
    const struct data_pattern *pattern =
        sns_data_pattern_parse(scan->arena, json_get_str(&scan->custom->items[index], S("Regex")));

    check(pattern != NULL); /* the policy was checked when it was put */
    sns_data_pattern_find(pattern, scan->text, findings);
}

const struct findings *sns_data_find(struct scan *scan, str identifier)
{
    bool managed = is_arn(identifier);
    size_t place = managed ? place_of(sns_data_identifier_name(identifier))
                           : DATA_IDENTIFIERS + custom_place(scan, identifier);

    check(place < DATA_IDENTIFIERS + MAX_CUSTOM_IDENTIFIERS);
    if (scan->searched[place])
        return &scan->found[place];
    scan->searched[place] = true;
    scan->found[place].arena = scan->arena;
    if (place < PLAIN_IDENTIFIERS)
        identifiers[place].find(&scan->found[place], scan->text);
    else if (managed)
        sns_data_keyword_find(place - PLAIN_IDENTIFIERS, scan->text, &scan->found[place]);
    else
        find_custom(scan, place - DATA_IDENTIFIERS, &scan->found[place]);
    return &scan->found[place];
}
