#pragma once

/*
 * page.h: lists in parts.  A page has at most `limit` items, and a token from which the next page begins.
 *
 *     if (!page_begin(call, in->next_token, limit, &page))
 *         return fail(call, ...);     in the service's own words
 *     rows = sqs_list_sources(call->txn, &(...){.after = page.after, .limit = page_rows(&page)});
 *     for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++)
 *         ...
 *     out->next_token = page_end(call, &page);
 *
 * Items are listed in the order of a key.  The token is the key of a page's last item, sealed for the
 * operation.  So an item that is made or deleted between two pages does not make the next page skip or repeat
 * another item, and a token that a client made up, or got from another operation, is refused.
 */
#include "base/str.h"

struct call;

struct page {
    str after;     /* the page begins after this key; empty: at the start */
    int64_t limit; /* at least 1 */
    int64_t taken;
    str last;                       /* the key of the last item taken, or passed */
    bool more;                      /* there are more items after it */
    size_t examined, most_examined; /* by page_passes(); 0: any number */
};

/* An absent token means the first page.  False: this operation did not make the token. */
bool page_begin(const struct call *call, str token, int64_t limit, struct page *page);
/* The number of rows to read: one more than the page takes, to find out whether there are more. */
int64_t page_rows(const struct page *page);
/* In a list that is read whole: does the item belong to an earlier page?  Keys ascend, byte by byte. */
bool page_is_past(const struct page *page, str key);
/* Is there room for one more item, the one with that key? */
bool page_takes(struct page *page, str key);
/*
 * In a list that is read row by row, and of which the page has those that are selected: is this row still the
 * page's?  False: the page is full, or it has examined enough, or time is up.
 */
bool page_passes(const struct call *call, struct page *page, str key, bool selected);
/* The token of the next page; absent on the last one. */
str page_end(const struct call *call, const struct page *page);
