/*
 * page.c: hops as records in a page, before index.c indexes them.
 *
 * A record is a head of fixed size, in this machine's memory layout, and its texts one after the other.
 */
#include "engine/trace/trace_internal.h"

#include <string.h>

enum { ABSENT = UINT16_MAX, TEXTS = 7 };

struct head {
    uint32_t bytes; /* of the whole record */
    uint8_t kind, verdict, tells_sent;
    int64_t id, at_ms, duration_ms, attempt, parent, sent_ms;
    uint16_t sizes[TEXTS];
};

static str cut(str text, size_t most)
{
    return text.size <= most ? text : str_head_whole(text, most);
}

static str whole_or_none(str text, size_t most)
{
    return text.size <= most ? text : (str){0};
}

void record_write(struct text *page, const struct trace_hop *hop, int64_t id)
{
    const str texts[TEXTS] = {
        hop->trace_id,
        cut(hop->resource_arn, LIMIT_HOP_NAME_BYTES),
        cut(hop->message_id, LIMIT_HOP_NAME_BYTES),
        cut(hop->request_id, LIMIT_HOP_NAME_BYTES),
        cut(hop->reason, LIMIT_HOP_REASON_BYTES),
        whole_or_none(hop->detail, LIMIT_HOP_DETAIL_BYTES),
        cut(hop->text, LIMIT_HOP_TEXT_BYTES),
    };
    struct head head = {
        .bytes = sizeof head,
        .kind = (uint8_t)hop->kind,
        .verdict = (uint8_t)hop->verdict,
        .tells_sent = hop->tells_sent,
        .id = id,
        .at_ms = hop->at_ms,
        .duration_ms = hop->duration_ms,
        .attempt = hop->attempt,
        .parent = hop->parent,
        .sent_ms = hop->sent_ms,
    };

    for (size_t i = 0; i < TEXTS; i++) {
        head.sizes[i] = str_present(texts[i]) ? (uint16_t)texts[i].size : ABSENT;
        head.bytes += (uint32_t)texts[i].size;
    }
    char *at = text_reserve(page, head.bytes);
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i].size > 0)
            memcpy(at, texts[i].data, texts[i].size);
        at += texts[i].size;
    }
    text_grew(page, head.bytes);
}

static bool head_read(str page, struct head *head)
{
    if (page.size < sizeof *head)
        return false;
    memcpy(head, page.data, sizeof *head);
    return head->bytes >= sizeof *head && head->bytes <= page.size && head->kind < HOP_KINDS &&
           head->verdict < VERDICTS;
}

/* False: the record is shorter than its texts. */
static bool texts_read(const struct head *head, str record, str texts[TEXTS])
{
    str rest = str_from(record, sizeof *head);

    for (size_t i = 0; i < TEXTS; i++) {
        size_t size = head->sizes[i] == ABSENT ? 0 : head->sizes[i];
        if (size > rest.size)
            return false;
        texts[i] = head->sizes[i] == ABSENT ? (str){0} : str_head(rest, size);
        rest = str_from(rest, size);
    }
    return true;
}

bool record_read(str *page, struct trace_hop *hop, int64_t *id)
{
    struct head head;
    str texts[TEXTS];

    if (!head_read(*page, &head) || !texts_read(&head, str_head(*page, head.bytes), texts))
        return false;
    *page = str_from(*page, head.bytes);
    *id = head.id;
    *hop = (struct trace_hop){
        .kind = (enum hop_kind)head.kind,
        .verdict = (enum verdict)head.verdict,
        .trace_id = texts[0],
        .resource_arn = texts[1],
        .message_id = texts[2],
        .request_id = texts[3],
        .reason = texts[4],
        .detail = texts[5],
        .text = texts[6],
        .at_ms = head.at_ms,
        .duration_ms = head.duration_ms,
        .attempt = head.attempt,
        .parent = head.parent,
        .sent_ms = head.sent_ms,
        .tells_sent = head.tells_sent,
    };
    return true;
}

str records_head(str records, size_t bytes)
{
    size_t size = 0;
    struct head head;

    while (size < bytes && head_read(str_from(records, size), &head))
        size += head.bytes;
    return str_head(records, size);
}
