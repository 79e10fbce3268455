#pragma once

/*
 * lambda.h: AWS Lambda, as main sees it: the service that clients call, and the one that functions call.
 */
#include "engine/call.h"

extern const struct module LAMBDA_MODULE;
extern const struct module RUNTIME_MODULE;

struct lambda_options {
    str functions_folder; /* where packages are unpacked; made again when it is lost */
    str runtimes_folder;  /* the bootstraps of nodejs and python */
    str endpoint;         /* for functions, which run on this machine */
};

/* Call it before the engine starts.  The texts must live as long as the engine. */
void lambda_configure(const struct lambda_options *options);
