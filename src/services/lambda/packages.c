/*
 * packages.c: the code of functions as it was uploaded: what is accepted, and where it is kept.
 *
 * A package is checked whole before the call that stores it, on a worker, and nothing of it is written to the
 * disk: unpacked.c does that when a sandbox starts.  So a refused request leaves nothing behind.
 */
#include "lambda_internal.h"

#include "base/hash.h"
#include "base/log.h"
#include "unzip.h"

#include <errno.h>
#include <string.h>

enum { ZIPPED_BYTES = 50 * 1024 * 1024 };

struct checked {
    str sha256;
    enum unzip_result result;
    int error; /* errno */
};

bool unzip_check_result(const struct call *call, enum unzip_result result)
{
    switch (result) {
    case UNZIP_OK:
        return true;
    case UNZIP_EMPTY:
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Uploaded file must be a non-empty zip");
        return false;
    case UNZIP_BROKEN:
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Could not unzip uploaded file. Please check your file, then try to upload again.");
        return false;
    case UNZIP_TOO_LARGE:
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Unzipped size must be smaller than %d bytes",
             UNZIPPED_BYTES);
        return false;
    case UNZIP_DISK:
        break;
    }
    log_error("cannot unpack a function error=\"%s\"", strerror(errno));
    fail(call, &LAMBDA_SERVICE_EXCEPTION, "The package could not be unpacked.");
    return false;
}

static bool size_check(const struct call *call, str zip)
{
    if (zip.size <= ZIPPED_BYTES)
        return true;
    fail(call, &LAMBDA_REQUEST_TOO_LARGE_EXCEPTION,
         "Request must be smaller than 70167211 bytes for the %s operation", call->operation->name);
    return false;
}

str package_digest(struct arena *arena, str zip)
{
    struct sha256 digest = sha256(zip);

    return hex_encode(arena, HASH_STR(digest));
}

static struct checked *check_package(const struct call *call, str zip)
{
    struct checked *checked = arena_new(call->arena, struct checked);

    checked->sha256 = package_digest(call->arena, zip);
    checked->result = unzip_check(zip, UNZIPPED_BYTES);
    checked->error = errno;
    return checked;
}

void package_prepare(const struct call *call, str zip)
{
    if (str_present(zip) && size_check(call, zip))
        leave_prepared(call, check_package(call, zip));
}

bool package_store(const struct call *call, str zip, struct function *function)
{
    const struct checked *checked = prepared(call);

    if (!size_check(call, zip))
        return false;
    if (!checked)
        checked = check_package(call, zip);
    errno = checked->error;
    if (!unzip_check_result(call, checked->result))
        return false;
    function->row.package = checked->sha256;
    function->row.package_size = (int64_t)zip.size;
    lambda_add_package(call->txn,
                       &(struct lambda_add_package_params){.sha256 = checked->sha256, .content = zip});
    return true;
}

void package_release(const struct call *call, str sha256)
{
    struct lambda_is_package_named_row found;

    lambda_remove_unused_package(call->txn, &(struct lambda_remove_unused_package_params){.sha256 = sha256});
    if (!lambda_is_package_named(call->txn, &(struct lambda_is_package_named_params){.sha256 = sha256},
                                 &found))
        unpacked_retire(call, sha256);
    else
        unpacked_clear(call);
}
