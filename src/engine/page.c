/*
 * page.c: pages of lists, and their sealed tokens.
 */
#include "engine/page.h"

#include "base/check.h"
#include "engine/call.h"

bool page_begin(const struct call *call, str token, int64_t limit, struct page *page)
{
    check(limit >= 1);
    *page = (struct page){.after = S(""), .limit = limit};
    return !str_present(token) || unseal(call, str_of(call->operation->action), token, &page->after);
}

int64_t page_rows(const struct page *page)
{
    return page->limit + 1;
}

bool page_is_past(const struct page *page, str key)
{
    return page->after.size > 0 && str_compare(key, page->after) <= 0;
}

bool page_takes(struct page *page, str key)
{
    if (page->taken == page->limit) {
        page->more = true;
        return false;
    }
    page->taken++;
    page->last = key;
    return true;
}

bool page_passes(const struct call *call, struct page *page, str key, bool selected)
{
    bool enough = page->examined > 0 && (page->examined == page->most_examined || time_is_up(call));

    page->more = enough;
    if (enough || (selected && !page_takes(page, key)))
        return false;
    page->examined++;
    page->last = key;
    return true;
}

str page_end(const struct call *call, const struct page *page)
{
    return page->more ? seal(call, str_of(call->operation->action), page->last) : (str){0};
}
