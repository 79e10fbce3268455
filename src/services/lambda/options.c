/*
 * options.c: what main tells Lambda.
 */
#include "lambda_internal.h"

static struct lambda_options configured; /* written once, before there are threads */

void lambda_configure(const struct lambda_options *options)
{
    configured = *options;
}

const struct lambda_options *lambda_options(void)
{
    return &configured;
}
