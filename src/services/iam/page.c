/*
 * page.c: lists in parts, for Marker and MaxItems.  A marker is the last key of the previous part, so that
 * deleting an item between two parts neither skips nor repeats another.
 */
#include "services/iam/iam_internal.h"

#include "base/hash.h"

enum { DEFAULT_MAX_ITEMS = 100 };

bool iam_page_open(const struct call *call, str marker, const int64_t *max_items, struct page *page)
{
    *page = (struct page){.after = S(""), .limit = max_items ? *max_items : DEFAULT_MAX_ITEMS};
    if (!str_present(marker) || base64_decode(call->arena, marker, &page->after))
        return true;
    fail(call, call->operation->service->validation_error, "Invalid Marker.");
    return false;
}

static bool is_before(const struct page *page, str key)
{
    return page->after.size > 0 && str_compare(key, page->after) <= 0;
}

bool iam_page_leaves_out(const struct page *page, str key)
{
    return page->truncated || is_before(page, key);
}

bool iam_page_takes(struct page *page, str key)
{
    if (is_before(page, key))
        return false;
    if (page->taken == page->limit) {
        page->truncated = true;
        return false;
    }
    page->taken++;
    page->last = key;
    return true;
}

void iam_page_close(const struct call *call, const struct page *page, const bool **is_truncated, str *marker)
{
    *is_truncated = arena_bool(call->arena, page->truncated);
    if (page->truncated)
        *marker = base64_encode(call->arena, page->last);
}
