/*
 * data_keywords.c: managed data identifiers of data that only a word before it can tell.
 *
 * A word may be in any case; where it has a space, the text may have nothing, an underscore or a hyphen.  It
 * ends at most 30 characters before the data.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-managed-data-identifiers.html
 */
#include "services/sns/data_pattern.h"

#include "base/check.h"

enum { MAX_DISTANCE = 30, MAX_KEYWORDS = 13 };

static const struct kind {
    str name;
    str regex;
    size_t longest; /* data */
    str keywords[MAX_KEYWORDS];
} kinds[] = {
    {STR_INIT("AwsSecretKey"),
     STR_INIT("[A-Za-z0-9/+]{40}"),
     40,
     {STR_INIT("aws_secret_access_key"), STR_INIT("credentials"), STR_INIT("secret access key"),
      STR_INIT("secret key"), STR_INIT("set-awscredential")}},
    {STR_INIT("CepCode"),
     STR_INIT("\\d{5}-?\\d{3}"),
     9,
     {STR_INIT("cep"), STR_INIT("código de endereçamento postal"),
      STR_INIT("codigo de endereçamento postal")}},
    {STR_INIT("Cnpj"),
     STR_INIT("\\d{2}\\.?\\d{3}\\.?\\d{3}/?\\d{4}-?\\d{2}"),
     18,
     {STR_INIT("cadastro nacional da pessoa jurídica"), STR_INIT("cadastro nacional da pessoa juridica"),
      STR_INIT("cnpj")}},
    {STR_INIT("CpfCode"),
     STR_INIT("\\d{3}\\.?\\d{3}\\.?\\d{3}-?\\d{2}"),
     14,
     {STR_INIT("cadastro de pessoas fisicas"), STR_INIT("cadastro de pessoas físicas"),
      STR_INIT("cadastro de pessoa física"), STR_INIT("cadastro de pessoa fisica"), STR_INIT("cpf")}},
    {STR_INIT("CreditCardExpiration"),
     STR_INIT("[01]?\\d[/-]\\d{2}|[01]?\\d[/-]20\\d{2}"),
     7,
     {STR_INIT("exp d"), STR_INIT("exp m"), STR_INIT("exp y"), STR_INIT("expiration"), STR_INIT("expiry")}},
    {STR_INIT("CreditCardSecurityCode"),
     STR_INIT("\\d{3,4}"),
     4,
     {STR_INIT("card id"), STR_INIT("card identification code"), STR_INIT("card identification number"),
      STR_INIT("card security code"), STR_INIT("card validation code"), STR_INIT("card validation number"),
      STR_INIT("card verification data"), STR_INIT("card verification value"), STR_INIT("cvc"),
      STR_INIT("cvc2"), STR_INIT("cvv"), STR_INIT("cvv2"), STR_INIT("elo verification code")}},
    {STR_INIT("DrugEnforcementAgencyNumber"),
     STR_INIT("[A-Za-z]{2}\\d{7}"),
     9,
     {STR_INIT("dea number"), STR_INIT("dea registration")}},
};
_Static_assert(sizeof kinds / sizeof *kinds == KEYWORD_IDENTIFIERS, "each kind has a place in a scan");

str sns_data_keyword_identifier(size_t index)
{
    return kinds[index].name;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (char_lower(c) >= 'a' && char_lower(c) <= 'z');
}

/* The size of the keyword at that place of the text, or 0. */
static size_t keyword_size(str text, size_t at, str keyword)
{
    size_t from = at;

    for (size_t i = 0; i < keyword.size; i++) {
        char c = at < text.size ? text.data[at] : 0;
        if (keyword.data[i] != ' ') {
            if (char_lower(c) != keyword.data[i])
                return 0;
            at++;
        } else if (c == ' ' || c == '_' || c == '-') {
            at++;
        }
    }
    return at - from;
}

/* For each place of the text: is it in the reach of a keyword? */
static bool *reach_of(struct arena *arena, const struct kind *kind, str text)
{
    bool *reach = arena_alloc(arena, text.size + 1);
    size_t until = 0;

    for (size_t at = 0; at <= text.size; at++) {
        bool begins = at == 0 || !is_word(text.data[at - 1]);
        for (size_t k = 0; begins && k < MAX_KEYWORDS && str_present(kind->keywords[k]); k++) {
            size_t size = keyword_size(text, at, kind->keywords[k]);
            size_t end = at + size;
            if (size > 0 && !(end < text.size && is_word(text.data[end])) && end + MAX_DISTANCE + 1 > until)
                until = end + MAX_DISTANCE + 1;
        }
        reach[at] = at < until;
    }
    return reach;
}

/* Is the place a word of its own, and the expression's as a whole: not several matches that overlap? */
static bool is_data(const struct kind *kind, const struct data_pattern *pattern, str text,
                    struct arena *arena, struct finding found)
{
    bool alone = (found.start == 0 || !is_word(text.data[found.start - 1])) &&
                 (found.end == text.size || !is_word(text.data[found.end]));

    return alone && found.end - found.start <= kind->longest &&
           sns_data_pattern_matches(arena, pattern, (str){text.data + found.start, found.end - found.start});
}

void sns_data_keyword_find(size_t index, str text, struct findings *findings)
{
    const struct kind *kind = &kinds[index];
    const struct data_pattern *pattern = sns_data_pattern_parse(findings->arena, kind->regex);
    struct findings all = {.arena = findings->arena};
    const bool *reach = reach_of(findings->arena, kind, text);

    check(pattern != NULL);
    sns_data_pattern_find(pattern, text, &all);
    for (size_t i = 0; i < all.count; i++)
        if (reach[all.items[i].start] && is_data(kind, pattern, text, findings->arena, all.items[i]))
            *list_add(findings->arena, findings) = all.items[i];
}
