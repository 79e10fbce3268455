/*
 * page.c: lists in parts, for Marker and MaxItems.
 */
#include "services/iam/iam_internal.h"

enum { DEFAULT_MAX_ITEMS = 100 };

bool iam_page_open(const struct call *call, str marker, const int64_t *max_items, struct page *page)
{
    if (page_begin(call, marker, max_items ? *max_items : DEFAULT_MAX_ITEMS, page))
        return true;
    fail(call, call->operation->service->validation_error, "Invalid Marker.");
    return false;
}

bool iam_page_leaves_out(const struct page *page, str key)
{
    return page->more || page_is_past(page, key);
}

bool iam_page_takes(struct page *page, str key)
{
    return !page_is_past(page, key) && page_takes(page, key);
}

void iam_page_close(const struct call *call, const struct page *page, const bool **is_truncated, str *marker)
{
    *is_truncated = arena_bool(call->arena, page->more);
    *marker = page_end(call, page);
}
