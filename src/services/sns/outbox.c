/*
 * outbox.c: what went to phones and mobile endpoints, for tests to read.
 *
 *     GET, DELETE  /_aws/sns/sms-messages                [?accountId=&region=&phoneNumber=]
 *     GET, DELETE  /_aws/sns/platform-endpoint-messages  [?accountId=&region=&endpointArn=]
 *     POST         /_aws/sns/phone-opt-outs              {"phoneNumber": "+1…", "accountId": …, "region": …}
 *
 * Paths and shapes are LocalStack's.  The outbox keeps the newest MAX_LETTERS messages, and a reply has the
 * newest of them that fit MAX_REPLY_BYTES, oldest first.
 */
#include "push.h"

#include "wire/form.h"
#include "wire/json.h"

enum { MAX_LETTERS = 1000, MAX_REPLY_BYTES = 4 * 1024 * 1024, ROWS_AT_ONCE = 50 };

/* ---- keeping ---- */

/* A field that is null when the value is absent. */
static void add_field(struct json_writer *writer, str name, str value)
{
    json_name(writer, name);
    if (str_present(value))
        json_string(writer, value);
    else
        json_null(writer);
}

/* An attribute of the message overrides the account's setting. */
static void add_settings(const struct call *call, struct json_writer *writer, const struct message *message)
{
    struct str_map settings = sns_sms_settings(call);
    str sender = sns_published_attribute(message->attributes, S("AWS.SNS.SMS.SenderID")),
        type = sns_published_attribute(message->attributes, S("AWS.SNS.SMS.SMSType"));

    add_field(writer, S("SenderID"),
              str_present(sender) ? sender : str_map_get(&settings, S("DefaultSenderID")));
    add_field(writer, S("SMSType"), str_present(type) ? type : str_map_get(&settings, S("DefaultSMSType")));
}

static str content_of(const struct call *call, const struct letter *letter)
{
    struct json_writer writer = json_writer_in(call->arena);
    const struct message *message = letter->message;
    bool sms = str_equal(letter->protocol, S("sms"));

    json_open_object(&writer);
    json_field(&writer, sms ? S("PhoneNumber") : S("TargetArn"), letter->target);
    add_field(&writer, S("TopicArn"), letter->topic_arn);
    add_field(&writer, S("SubscriptionArn"), letter->subscription_arn);
    json_field(&writer, S("MessageId"), message->id);
    json_field(&writer, S("Message"),
               sns_message_text_for(call, message, sms ? S("sms") : sns_platform_of(letter->target)));
    json_name(&writer, S("MessageAttributes"));
    json_raw(&writer, model_to_json(call->arena, &SNS_MESSAGE_ATTRIBUTE_MAP, message->attributes));
    add_field(&writer, S("MessageStructure"), message->structure);
    add_field(&writer, S("Subject"), message->subject);
    if (sms)
        add_settings(call, &writer, message);
    json_close_object(&writer);
    return json_written(&writer);
}

void sns_outbox_put(const struct call *call, const struct letter *letter)
{
    int64_t id = sns_add_outbox(call->txn, &(struct sns_add_outbox_params){
                                               .account = call->account,
                                               .region = call->region,
                                               .protocol = letter->protocol,
                                               .target = letter->target,
                                               .content = content_of(call, letter),
                                           });

    sns_remove_old_outbox(call->txn, &(struct sns_remove_old_outbox_params){.id = id - MAX_LETTERS});
}

/* ---- the doors ---- */

/* Whose messages, and to which target. */
struct selection {
    str account, region, protocol, only;
};

/* False: the query is not a form. */
static bool selection_read(const struct call *call, const struct visit *visit, str protocol, str target_name,
                           struct selection *selection)
{
    struct form form = {0};

    if (!form_parse(call->arena, visit->request->query, &form)) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: query");
        return false;
    }
    str account = form_get(&form, S("accountId")), region = form_get(&form, S("region"));
    *selection = (struct selection){
        .account = str_present(account) ? account : call->account,
        .region = str_present(region) ? region : call->region,
        .protocol = protocol,
        .only = form_get(&form, target_name),
    };
    return true;
}

/* The newest messages that fit one reply, newest first. */
struct letters {
    struct sns_list_outbox_row *items;
    size_t count;
};

static struct letters read_letters(const struct call *call, const struct selection *selection)
{
    struct letters letters = {0};
    int64_t before = INT64_MAX;
    size_t bytes = 0;

    for (;;) {
        struct sns_list_outbox_rows rows =
            sns_list_outbox(call->txn, &(struct sns_list_outbox_params){.account = selection->account,
                                                                        .region = selection->region,
                                                                        .protocol = selection->protocol,
                                                                        .only = selection->only,
                                                                        .before = before,
                                                                        .limit = ROWS_AT_ONCE});
        for (size_t i = 0; i < rows.count; i++) {
            bytes += rows.items[i].content.size;
            if (bytes > MAX_REPLY_BYTES)
                return letters;
            *list_add(call->arena, &letters) = rows.items[i];
        }
        if (rows.count < ROWS_AT_ONCE)
            return letters;
        before = rows.items[rows.count - 1].id;
    }
}

/* Does an older letter go to the same target? */
static bool is_first(const struct letters *letters, size_t index)
{
    for (size_t i = index + 1; i < letters->count; i++)
        if (str_equal(letters->items[i].target, letters->items[index].target))
            return false;
    return true;
}

/* The target's messages, oldest first. */
static void write_target(struct json_writer *writer, const struct letters *letters, str target)
{
    json_name(writer, target);
    json_open_array(writer);
    for (size_t i = letters->count; i-- > 0;)
        if (str_equal(letters->items[i].target, target))
            json_raw(writer, letters->items[i].content);
    json_close_array(writer);
}

static void show(const struct call *call, const struct selection *selection, str name,
                 struct http_reply *reply)
{
    struct letters letters = read_letters(call, selection);
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, name);
    json_open_object(&writer);
    for (size_t i = letters.count; i-- > 0;)
        if (is_first(&letters, i))
            write_target(&writer, &letters, letters.items[i].target);
    json_close_object(&writer);
    json_field(&writer, S("region"), selection->region);
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(&writer)};
}

static enum outcome clear(const struct call *call, const struct selection *selection,
                          struct http_reply *reply)
{
    sns_clear_outbox(call->txn, &(struct sns_clear_outbox_params){.account = selection->account,
                                                                  .region = selection->region,
                                                                  .protocol = selection->protocol,
                                                                  .only = selection->only});
    *reply = (struct http_reply){.status = 204};
    return DONE;
}

enum outcome sns_outbox_show_sms(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct selection selection;

    if (!selection_read(call, visit, S("sms"), S("phoneNumber"), &selection))
        return FAILED;
    show(call, &selection, S("sms_messages"), reply);
    return DONE;
}

enum outcome sns_outbox_show_push(const struct call *call, const struct visit *visit,
                                  struct http_reply *reply)
{
    struct selection selection;

    if (!selection_read(call, visit, S("application"), S("endpointArn"), &selection))
        return FAILED;
    show(call, &selection, S("platform_endpoint_messages"), reply);
    return DONE;
}

enum outcome sns_outbox_clear_sms(const struct call *call, const struct visit *visit,
                                  struct http_reply *reply)
{
    struct selection selection;

    return selection_read(call, visit, S("sms"), S("phoneNumber"), &selection)
               ? clear(call, &selection, reply)
               : FAILED;
}

enum outcome sns_outbox_clear_push(const struct call *call, const struct visit *visit,
                                   struct http_reply *reply)
{
    struct selection selection;

    return selection_read(call, visit, S("application"), S("endpointArn"), &selection)
               ? clear(call, &selection, reply)
               : FAILED;
}

/* The owner of a phone has answered STOP. */
enum outcome sns_outbox_opt_out(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    const struct json *body = json_parse(call->arena, visit->request->body, NULL);
    str number = json_get_str(body, S("phoneNumber")), account = json_get_str(body, S("accountId")),
        region = json_get_str(body, S("region"));

    if (!sns_is_phone_number(number))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: phoneNumber");
    sns_put_opted_out(call->txn, &(struct sns_put_opted_out_params){
                                     .account = str_present(account) ? account : call->account,
                                     .region = str_present(region) ? region : call->region,
                                     .number = number});
    *reply = (struct http_reply){.status = 204};
    return DONE;
}
