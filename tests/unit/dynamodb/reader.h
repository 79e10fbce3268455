#pragma once

/*
 * reader.h: a service that reads streams, as Lambda's event source mappings do: Read invokes AwaitRecords and
 * tells the number of records.
 */
#include "engine/call.h"

extern const struct module READER_MODULE;
