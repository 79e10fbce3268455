#include "logs.h"

#include "logs_internal.h"

const struct module LOGS_MODULE = {.service = &LOGS_SERVICE, .schema = &LOGS_SCHEMA};
