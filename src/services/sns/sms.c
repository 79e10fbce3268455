/*
 * sms.c: text messages: the account's settings, the sandbox, and numbers whose owners want no messages.
 *
 * Accounts are out of the sandbox.  Its operations work nevertheless: the one-time password of a number goes
 * to the outbox.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-phone-number-as-subscriber.html
 */
#include "push.h"

#include "base/hash.h"

enum {
    MIN_DIGITS = 4,
    MAX_DIGITS = 15,
    MAX_SENDER_ID = 11,
    PASSWORD_DIGITS = 6,
    MAX_SANDBOX_NUMBERS = 10,
    MAX_SETTING = 2048
};

bool sns_is_phone_number(str text)
{
    str digits = str_starts_with(text, S("+")) ? str_from(text, 1) : text;

    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
    return digits.size >= MIN_DIGITS && digits.size <= MAX_DIGITS;
}

static bool number_check(const struct call *call, str number)
{
    if (sns_is_phone_number(number))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: PhoneNumber Reason: input incorrectly formatted");
    return false;
}

/* ---- settings ---- */

static bool is_sender_id(str value)
{
    bool letter = false;

    for (size_t i = 0; i < value.size; i++)
        letter = letter || (char_lower(value.data[i]) >= 'a' && char_lower(value.data[i]) <= 'z');
    return letter && value.size <= MAX_SENDER_ID && str_is_word(value, S(""));
}

static bool is_type(str value)
{
    enum sns_route_type type = sns_route_type_of(value);

    return type == SNS_ROUTE_TYPE_PROMOTIONAL || type == SNS_ROUTE_TYPE_TRANSACTIONAL;
}

static bool is_rate(str value)
{
    int64_t rate;

    return str_to_i64(value, &rate) && rate >= 0 && rate <= 100;
}

static bool is_amount(str value)
{
    int64_t amount;

    return str_to_i64(value, &amount) && amount >= 0;
}

static bool is_text(str value)
{
    return value.size <= MAX_SETTING && str_is_xml_text(value);
}

static const struct {
    str name;
    bool (*check)(str value);
} settings[] = {
    {STR_INIT("DefaultSMSType"), is_type},        {STR_INIT("DefaultSenderID"), is_sender_id},
    {STR_INIT("DeliveryStatusIAMRole"), is_text}, {STR_INIT("DeliveryStatusSuccessSamplingRate"), is_rate},
    {STR_INIT("MonthlySpendLimit"), is_amount},   {STR_INIT("UsageReportS3Bucket"), is_text},
};

static bool setting_check(const struct call *call, str name, str value)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (str_equal(settings[i].name, name)) {
            if (str_empty(value) || settings[i].check(value))
                return true;
            fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %.*s is invalid",
                 STR_ARGS(name));
            return false;
        }
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %.*s is not a valid attribute",
         STR_ARGS(name));
    return false;
}

struct str_map sns_sms_settings(const struct call *call)
{
    struct sns_find_sms_settings_row row;
    struct str_map all = {0};

    if (sns_find_sms_settings(
            call->txn,
            &(struct sns_find_sms_settings_params){.account = call->account, .region = call->region}, &row))
        model_from_json(call->arena, &SNS_ATTRIBUTE_MAP, row.attributes, &all);
    return all;
}

/* An empty value removes a setting. */
enum outcome sns_set_sms_attributes(const struct call *call, const struct sns_set_sms_attributes_input *in,
                                    struct sns_set_sms_attributes_response *out)
{
    struct str_map before = sns_sms_settings(call), after = {0};

    (void)out;
    for (size_t i = 0; i < in->attributes.count; i++)
        if (!setting_check(call, in->attributes.items[i].key, in->attributes.items[i].value))
            return FAILED;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        str asked = str_map_get(&in->attributes, settings[i].name);
        str value = str_present(asked) ? asked : str_map_get(&before, settings[i].name);
        if (!str_empty(value))
            str_map_add(call->arena, &after, settings[i].name, value);
    }
    sns_put_sms_settings(call->txn,
                         &(struct sns_put_sms_settings_params){
                             .account = call->account,
                             .region = call->region,
                             .attributes = model_to_json(call->arena, &SNS_ATTRIBUTE_MAP, &after)});
    return DONE;
}

/* Without names: all that are set.  The limit of an account that has not set one is one dollar. */
enum outcome sns_get_sms_attributes(const struct call *call, const struct sns_get_sms_attributes_input *in,
                                    struct sns_get_sms_attributes_response *out)
{
    struct str_map all = sns_sms_settings(call);

    if (!str_present(str_map_get(&all, S("MonthlySpendLimit"))))
        str_map_add(call->arena, &all, S("MonthlySpendLimit"), S("1"));
    for (size_t i = 0; i < all.count; i++)
        if (in->attributes.count == 0 ||
            str_is_one_of(all.items[i].key, in->attributes.items, in->attributes.count))
            str_map_add(call->arena, &out->attributes, all.items[i].key, all.items[i].value);
    return DONE;
}

/* ---- numbers whose owners want no messages ---- */

bool sns_is_opted_out(const struct call *call, str number)
{
    struct sns_find_opted_out_row row;

    return sns_find_opted_out(call->txn,
                              &(struct sns_find_opted_out_params){
                                  .account = call->account, .region = call->region, .number = number},
                              &row);
}

enum outcome
sns_check_if_phone_number_is_opted_out(const struct call *call,
                                       const struct sns_check_if_phone_number_is_opted_out_input *in,
                                       struct sns_check_if_phone_number_is_opted_out_response *out)
{
    if (!number_check(call, in->phone_number))
        return FAILED;
    out->is_opted_out = arena_bool(call->arena, sns_is_opted_out(call, in->phone_number));
    return DONE;
}

enum outcome sns_opt_in_phone_number(const struct call *call, const struct sns_opt_in_phone_number_input *in,
                                     struct sns_opt_in_phone_number_response *out)
{
    (void)out;
    if (!number_check(call, in->phone_number))
        return FAILED;
    sns_remove_opted_out(call->txn, &(struct sns_remove_opted_out_params){.account = call->account,
                                                                          .region = call->region,
                                                                          .number = in->phone_number});
    return DONE;
}

enum outcome sns_list_phone_numbers_opted_out(const struct call *call,
                                              const struct sns_list_phone_numbers_opted_out_input *in,
                                              struct sns_list_phone_numbers_opted_out_response *out)
{
    struct page page;

    if (!sns_page_open(call, in->next_token, &page))
        return FAILED;
    struct sns_list_opted_out_rows rows =
        sns_list_opted_out(call->txn, &(struct sns_list_opted_out_params){.account = call->account,
                                                                          .region = call->region,
                                                                          .number = page.after,
                                                                          .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->phone_numbers);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].number); i++)
        *list_add(call->arena, &out->phone_numbers) = rows.items[i].number;
    out->next_token = page_end(call, &page);
    return DONE;
}

enum outcome sns_list_origination_numbers(const struct call *call,
                                          const struct sns_list_origination_numbers_request *in,
                                          struct sns_list_origination_numbers_result *out)
{
    struct page page;

    if (!sns_page_open(call, in->next_token, &page))
        return FAILED;
    list_make_empty(call->arena, &out->phone_numbers);
    return DONE;
}

/* ---- the sandbox ---- */

enum outcome sns_get_sms_sandbox_account_status(const struct call *call,
                                                const struct sns_get_sms_sandbox_account_status_input *in,
                                                struct sns_get_sms_sandbox_account_status_result *out)
{
    (void)call;
    (void)in;
    out->is_in_sandbox = false;
    return DONE;
}

static bool find_sandboxed(const struct call *call, str number, struct sns_find_sandbox_number_row *row)
{
    return sns_find_sandbox_number(call->txn,
                                   &(struct sns_find_sandbox_number_params){
                                       .account = call->account, .region = call->region, .number = number},
                                   row);
}

/* ResourceNotFound, as FAILED. */
static enum outcome fail_missing(const struct call *call)
{
    return fail(call, &SNS_RESOURCE_NOT_FOUND_EXCEPTION,
                "Phone number provided does not exist in the SMS sandbox.");
}

static bool has_room(const struct call *call)
{
    return sns_list_sandbox_numbers(call->txn,
                                    &(struct sns_list_sandbox_numbers_params){.account = call->account,
                                                                              .region = call->region,
                                                                              .number = S(""),
                                                                              .limit = MAX_SANDBOX_NUMBERS})
               .count < MAX_SANDBOX_NUMBERS;
}

static void put_number(const struct call *call, str number, str password, bool verified)
{
    sns_put_sandbox_number(call->txn, &(struct sns_put_sandbox_number_params){.account = call->account,
                                                                              .region = call->region,
                                                                              .number = number,
                                                                              .password = password,
                                                                              .verified = verified});
}

enum outcome sns_create_sms_sandbox_phone_number(const struct call *call,
                                                 const struct sns_create_sms_sandbox_phone_number_input *in,
                                                 struct sns_create_sms_sandbox_phone_number_result *out)
{
    static const struct sns_message_attribute_map no_attributes = {0};
    str password = random_text(call->arena, S("0123456789"), PASSWORD_DIGITS);
    struct sns_find_sandbox_number_row row;

    (void)out;
    if (!number_check(call, in->phone_number))
        return FAILED;
    if (sns_is_opted_out(call, in->phone_number))
        return fail(call, &SNS_OPTED_OUT_EXCEPTION, "Phone number is opted out.");
    if (!find_sandboxed(call, in->phone_number, &row) && !has_room(call))
        return fail(call, &SNS_USER_ERROR_EXCEPTION,
                    "Maximum number of phone numbers in the SMS sandbox has been reached.");
    put_number(call, in->phone_number, password, false);
    sns_outbox_put(call, &(struct letter){
                             .protocol = S("sms"),
                             .target = in->phone_number,
                             .message = &(struct message){
                                 .id = random_uuid(call->arena),
                                 .text = arena_concat(call->arena, S("Your verification code is "), password),
                                 .attributes = &no_attributes}});
    return DONE;
}

enum outcome sns_verify_sms_sandbox_phone_number(const struct call *call,
                                                 const struct sns_verify_sms_sandbox_phone_number_input *in,
                                                 struct sns_verify_sms_sandbox_phone_number_result *out)
{
    struct sns_find_sandbox_number_row row;

    (void)out;
    if (!find_sandboxed(call, in->phone_number, &row))
        return fail_missing(call);
    if (!row.verified && !str_equal(row.password, in->one_time_password))
        return fail(call, &SNS_VERIFICATION_EXCEPTION, "The one-time password is not valid.");
    put_number(call, in->phone_number, row.password, true);
    return DONE;
}

enum outcome sns_delete_sms_sandbox_phone_number(const struct call *call,
                                                 const struct sns_delete_sms_sandbox_phone_number_input *in,
                                                 struct sns_delete_sms_sandbox_phone_number_result *out)
{
    (void)out;
    int64_t removed = sns_remove_sandbox_number(
        call->txn, &(struct sns_remove_sandbox_number_params){
                       .account = call->account, .region = call->region, .number = in->phone_number});
    return removed > 0 ? DONE : fail_missing(call);
}

enum outcome sns_list_sms_sandbox_phone_numbers(const struct call *call,
                                                const struct sns_list_sms_sandbox_phone_numbers_input *in,
                                                struct sns_list_sms_sandbox_phone_numbers_result *out)
{
    struct page page;

    if (!page_begin(call, in->next_token, in->max_results ? *in->max_results : PAGE_SIZE, &page))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: NextToken");
    struct sns_list_sandbox_numbers_rows rows = sns_list_sandbox_numbers(
        call->txn, &(struct sns_list_sandbox_numbers_params){.account = call->account,
                                                             .region = call->region,
                                                             .number = page.after,
                                                             .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->phone_numbers);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].number); i++) {
        struct sns_sms_sandbox_phone_number *one = list_add(call->arena, &out->phone_numbers);
        one->phone_number = rows.items[i].number;
        one->status = sns_sms_sandbox_phone_number_verification_status_text(
            rows.items[i].verified ? SNS_SMS_SANDBOX_PHONE_NUMBER_VERIFICATION_STATUS_VERIFIED
                                   : SNS_SMS_SANDBOX_PHONE_NUMBER_VERIFICATION_STATUS_PENDING);
    }
    out->next_token = page_end(call, &page);
    return DONE;
}
