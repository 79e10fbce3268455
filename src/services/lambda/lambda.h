#pragma once

/*
 * lambda.h: AWS Lambda, as main wires it in: what clients call, and what functions call.
 */
#include "engine/call.h"

extern const struct module LAMBDA_MODULE;
extern const struct module RUNTIME_MODULE;
