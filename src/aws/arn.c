#include "aws/arn.h"

enum { ACCOUNT_DIGITS = 12 };

bool arn_parse(str text, struct arn *arn)
{
    str rest = text, prefix;

    *arn = (struct arn){0};
    if (!str_next(&rest, ':', &prefix) || !str_equal(prefix, S("arn")) ||
        !str_next(&rest, ':', &arn->partition) || !str_next(&rest, ':', &arn->service) ||
        !str_next(&rest, ':', &arn->region) || !str_next(&rest, ':', &arn->account))
        return false;
    arn->resource = rest;
    return !str_empty(rest);
}

str arn_build(struct arena *arena, const struct arn *arn)
{
    str colon = S(":");
    str partition = str_present(arn->partition) ? arn->partition : S("aws");

    return arena_concat(arena, S("arn:"), partition, colon, arn->service, colon, arn->region, colon,
                        arn->account, colon, arn->resource);
}

str arn_of_root(struct arena *arena, str account)
{
    return arn_build(arena, &(struct arn){.service = S("iam"), .account = account, .resource = S("root")});
}

str arn_account(str text)
{
    struct arn arn;

    arn_parse(text, &arn);
    return arn.account.size == ACCOUNT_DIGITS ? arn.account : (str){0};
}

str arn_region(str text)
{
    struct arn arn;

    return arn_parse(text, &arn) ? arn.region : (str){0};
}

static bool is_made_of(str text, char first, char last)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < first || text.data[i] > last)
            return false;
    return !str_empty(text);
}

bool arn_is_account(str text)
{
    return text.size == 12 && is_made_of(text, '0', '9');
}

bool arn_is_region(str text)
{
    str rest = text, part = {0};
    size_t words = 0;

    while (!str_empty(rest) && str_next(&rest, '-', &part) && is_made_of(part, 'a', 'z'))
        words++;
    return (words == 2 || words == 3) && is_made_of(part, '0', '9') && str_empty(rest) &&
           str_ends_with(text, part);
}

str arn_name(str text)
{
    return str_from(text, (size_t)(str_last_index(text, '/') + 1));
}

str arn_last(str text)
{
    return str_from(text, (size_t)(str_last_index(text, ':') + 1));
}
