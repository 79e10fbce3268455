#pragma once

/*
 * lambda.h: AWS Lambda, as main sees it: the service that clients call, and the one that functions call.
 */
#include "engine/call.h"

extern const struct module LAMBDA_MODULE;
extern const struct module RUNTIME_MODULE;

struct lambda_options {
    str functions_folder;        /* where packages are unpacked; made again when it is lost */
    str runtimes_folder;         /* what runs functions of each language */
    str endpoint;                /* the server's URL */
    str account;                 /* the server's own, which may name folders as code */
    str private_folder;          /* the server's own data */
    struct str_list hot_folders; /* real paths; the code of functions may be in them (hot_reload.c) */
};

/* Call it before the engine starts.  The texts must live as long as the engine. */
void lambda_configure(const struct lambda_options *options);
