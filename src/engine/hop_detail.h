#pragma once

/*
 * hop_detail.h: details of hops that not everybody may read who may read traces.
 *
 * To add one, define a struct hop_details with a function that asks may_call(), and name it in HOP_DETAILS of
 * main.c.
 */
#include "engine/call.h"

struct json;

/* Who may read the details of hops at a service's resources. */
struct hop_details {
    const struct service *service;
    /*
     * The permission that the caller lacks for the detail of a hop at the resource with that ARN; absent when
     * the caller may read it.  The call is in the resource's account and region, and only reads.
     */
    str (*lacks)(const struct call *call, str arn, const struct json *detail);
};

/* Would a hop of the request's own trace be kept?  For work that only a hop's detail needs. */
bool is_traced(const struct call *call);
/* Is the caller allowed that operation, with that input?  It is no use of the permission. */
bool may_call(const struct call *call, const struct operation *operation, const void *in);
