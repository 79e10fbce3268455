#include "aws/batch_ids.h"

enum { MAX_ENTRIES = 10, MAX_ID = 80 };

static bool is_id(str id)
{
    return id.size >= 1 && id.size <= MAX_ID && str_is_word(id, S("-_"));
}

enum batch_ids batch_ids_check(const str *ids, size_t count, size_t *index)
{
    if (count == 0)
        return BATCH_IDS_NONE;
    if (count > MAX_ENTRIES)
        return BATCH_IDS_TOO_MANY;
    for (*index = 0; *index < count; ++*index) {
        if (!is_id(ids[*index]))
            return BATCH_IDS_MALFORMED;
        if (str_is_one_of(ids[*index], ids, *index))
            return BATCH_IDS_REPEATED;
    }
    return BATCH_IDS_FINE;
}
