/*
 * mail.c: mails to e-mail subscribers.
 *
 * Headers contain only printable ASCII: other subjects are encoded words, texts are base64.
 */
#include "subscription.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "outside_model.h"
#include "wire/json.h"

enum { LINE_BYTES = 76, WORD_BYTES = 45 };

static const str sender = STR_INIT("no-reply@sns.amazonaws.com");

static bool is_plain(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return false;
    return true;
}

/* RFC 2047, with a whole character at each word's end. */
static str header_text(const struct call *call, str text)
{
    struct text encoded = text_in(call->arena);

    if (is_plain(text))
        return text;
    while (!str_empty(text)) {
        str word = str_head_whole(text, WORD_BYTES);
        text_add(&encoded, encoded.size > 0 ? S("\r\n =?UTF-8?B?") : S("=?UTF-8?B?"));
        text_add(&encoded, base64_encode(call->arena, word));
        text_add(&encoded, S("?="));
        text = str_from(text, word.size);
    }
    return text_str(&encoded);
}

static void add_body(const struct call *call, struct text *mail, str body)
{
    str encoded = base64_encode(call->arena, body);

    while (!str_empty(encoded)) {
        str line = str_head(encoded, LINE_BYTES);
        text_add(mail, line);
        text_add(mail, S("\r\n"));
        encoded = str_from(encoded, line.size);
    }
}

static void add_header(struct text *mail, str name, str value)
{
    text_add(mail, name);
    text_add(mail, S(": "));
    text_add(mail, value);
    text_add(mail, S("\r\n"));
}

static str write_mail(const struct call *call, const struct sns_topic_row *topic, str recipient, str subject,
                      str body)
{
    struct text mail = text_in(call->arena);
    str name = str_present(topic->display_name) ? topic->display_name : S("AWS Notifications");

    add_header(&mail, S("From"), arena_concat(call->arena, header_text(call, name), S(" <"), sender, S(">")));
    add_header(&mail, S("To"), recipient);
    add_header(&mail, S("Subject"), header_text(call, subject));
    add_header(&mail, S("Date"), time_http_date(call->arena, call->now_ms));
    add_header(&mail, S("Message-ID"),
               arena_concat(call->arena, S("<"), random_uuid(call->arena), S("@sns.amazonaws.com>")));
    add_header(&mail, S("MIME-Version"), S("1.0"));
    add_header(&mail, S("Content-Type"), S("text/plain; charset=UTF-8"));
    add_header(&mail, S("Content-Transfer-Encoding"), S("base64"));
    text_add(&mail, S("\r\n"));
    add_body(call, &mail, body);
    return text_str(&mail);
}

static str confirmation_text(const struct call *call, const struct sns_deliver_outside_request *in, str body)
{
    str url = json_get_str(json_parse(call->arena, body, NULL), S("SubscribeURL"));

    if (str_equal(in->type, S("UnsubscribeConfirmation")))
        return arena_concat(call->arena, S("Your subscription to the topic below has been deactivated:\n"),
                            in->topic_arn,
                            S("\n\nIf this was in error, or you wish to resubscribe, click or visit the link "
                              "below:\n"),
                            url, S("\n"));
    return arena_concat(call->arena, S("You have chosen to subscribe to the topic:\n"), in->topic_arn,
                        S("\n\nTo confirm this subscription, click or visit the link below (If this was in "
                          "error no action is necessary):\n"),
                        url, S("\n"));
}

static str notification_text(const struct call *call, const struct sns_subscription_row *row, str body)
{
    return arena_concat(call->arena, body,
                        S("\n\n--\nIf you wish to stop receiving notifications from this topic, please click "
                          "or visit the link below to unsubscribe:\n"),
                        call->endpoint, S("/?Action=Unsubscribe&SubscriptionArn="), row->arn, S("\n"));
}

void sns_mail_write(const struct call *call, const struct sns_deliver_outside_request *in,
                    const struct sns_subscription_row *row, str body, struct outside_send_input *send)
{
    struct sns_topic_row topic = {0};
    bool is_notification = str_equal(in->type, S("Notification"));
    str subject = !is_notification           ? S("AWS Notification - Subscription Confirmation")
                  : str_present(in->subject) ? in->subject
                                             : S("AWS Notification Message");

    sns_find_subscribed_topic(call->txn, &(struct sns_find_subscribed_topic_params){.id = row->topic_id},
                              &topic);
    if (!is_notification)
        body = confirmation_text(call, in, body);
    else if (str_equal(row->protocol, S("email")))
        body = notification_text(call, row, body);
    send->recipient = row->endpoint;
    send->sender = sender;
    send->body = write_mail(call, &topic, row->endpoint, subject, body);
}
