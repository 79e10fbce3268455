#include "engine_test.h"

#include "dynamodb_model.h"
#include "lambda_model.h"
#include "sns_model.h"
#include "sqs_model.h"
#include "sts_model.h"

static const struct service *const services[] = {&SQS_SERVICE,      &SNS_SERVICE,    &STS_SERVICE,
                                                 &DYNAMODB_SERVICE, &LAMBDA_SERVICE, NULL};

static struct http_request request_of(str method, str path, str query)
{
    return (struct http_request){.method = method, .target = path, .path = path, .query = query};
}

static struct route form_route(str body, str signing_name)
{
    struct http_request request = request_of(S("POST"), S("/"), S(""));

    request.body = body;
    http_header_add(&scratch, &request.headers, S("Content-Type"),
                    S("application/x-www-form-urlencoded; charset=utf-8"));
    return route_find(&scratch, services, &request, signing_name);
}

static struct route target_route(str target, str content_type)
{
    struct http_request request = request_of(S("POST"), S("/"), S(""));

    http_header_add(&scratch, &request.headers, S("content-type"), content_type);
    http_header_add(&scratch, &request.headers, S("x-amz-target"), target);
    return route_find(&scratch, services, &request, (str){0});
}

TEST(a_target_names_service_and_operation)
{
    struct route route = target_route(S("AmazonSQS.SendMessage"), S("application/x-amz-json-1.0"));

    assert_ptr_equal(route.service, &SQS_SERVICE);
    assert_ptr_equal(route.operation, &SQS_SEND_MESSAGE);
    assert_int_equal(route.protocol->name, PROTOCOL_JSON_1_0);
}

TEST(an_operation_that_only_aws_has_is_told_from_one_that_nobody_has)
{
    struct route ours =
        target_route(S("DynamoDB_20120810.ExportTableToPointInTime"), S("application/x-amz-json-1.0"));
    struct route nobodys = target_route(S("DynamoDB_20120810.Frobnicate"), S("application/x-amz-json-1.0"));

    assert_ptr_equal(ours.service, &DYNAMODB_SERVICE);
    assert_null(ours.operation);
    assert_true(ours.known_to_aws);
    assert_null(nobodys.operation);
    assert_false(nobodys.known_to_aws);
    assert_text(nobodys.operation_name, "Frobnicate");
}

TEST(a_target_of_no_service_is_nobodys)
{
    struct route route = target_route(S("Nothing.At.All"), S("application/x-amz-json-1.1"));

    assert_null(route.service);
    assert_text(route.operation_name, "Nothing.At.All");
}

TEST(a_form_is_routed_by_its_version)
{
    struct route publish = form_route(S("Action=Publish&Version=2010-03-31&Message=x"), (str){0});
    struct route identity = form_route(S("Version=2011-06-15&Action=GetCallerIdentity"), (str){0});

    assert_ptr_equal(publish.operation, &SNS_PUBLISH);
    assert_int_equal(publish.protocol->name, PROTOCOL_QUERY);
    assert_ptr_equal(identity.operation, &STS_GET_CALLER_IDENTITY);
}

TEST(a_form_is_routed_by_its_signature_first)
{
    struct route route = form_route(S("Action=TagResource&Version=2010-03-31"), S("sns"));

    assert_ptr_equal(route.service, &SNS_SERVICE);
    route = form_route(S("Action=SendMessage"), S("sqs"));
    assert_ptr_equal(route.operation, &SQS_SEND_MESSAGE);
}

TEST(a_form_without_an_action_has_no_operation)
{
    struct route route = form_route(S("Message=x"), S("sns"));

    assert_ptr_equal(route.service, &SNS_SERVICE);
    assert_null(route.operation);
    assert_absent(route.operation_name);
}

TEST(an_action_may_stand_in_the_query)
{
    struct http_request request =
        request_of(S("GET"), S("/000000000000/orders"), S("Action=ReceiveMessage&Version=2012-11-05"));
    struct route route = route_find(&scratch, services, &request, (str){0});

    assert_ptr_equal(route.operation, &SQS_RECEIVE_MESSAGE);
}

TEST(a_path_names_the_operation_of_a_rest_service)
{
    struct http_request invoke =
        request_of(S("POST"), S("/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1/invocations"), S(""));
    struct http_request list = request_of(S("GET"), S("/2015-03-31/functions/"), S("MaxItems=5"));

    assert_ptr_equal(route_find(&scratch, services, &invoke, S("lambda")).operation, &LAMBDA_INVOKE);
    assert_ptr_equal(route_find(&scratch, services, &list, (str){0}).operation, &LAMBDA_LIST_FUNCTIONS);
}

TEST(a_path_of_nobody_belongs_to_the_service_it_is_signed_for)
{
    struct http_request request = request_of(S("GET"), S("/nothing/here"), S(""));
    struct route route = route_find(&scratch, services, &request, S("lambda"));

    assert_ptr_equal(route.service, &LAMBDA_SERVICE);
    assert_null(route.operation);
    assert_null(route_find(&scratch, services, &request, (str){0}).service);
}

TESTS(test(a_target_names_service_and_operation),
      test(an_operation_that_only_aws_has_is_told_from_one_that_nobody_has),
      test(a_target_of_no_service_is_nobodys), test(a_form_is_routed_by_its_version),
      test(a_form_is_routed_by_its_signature_first), test(a_form_without_an_action_has_no_operation),
      test(an_action_may_stand_in_the_query), test(a_path_names_the_operation_of_a_rest_service),
      test(a_path_of_nobody_belongs_to_the_service_it_is_signed_for))
