/*
 * page.c: lists in parts, for Marker and MaxItems.
 */
#include "lambda_internal.h"

bool lambda_page_open(const struct call *call, str marker, const int64_t *max_items, int64_t most,
                      struct page *page)
{
    if (page_begin(call, marker, max_items && *max_items < most ? *max_items : most, page))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid Marker.");
    return false;
}
