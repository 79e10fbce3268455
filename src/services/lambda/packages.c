/*
 * packages.c: the code of functions: in the database as it was uploaded, on the disk unpacked.
 *
 * <functions folder>/<digest>/code is what $LAMBDA_TASK_ROOT names, and node_modules beside it leads
 * to what every Node.js function may import.  The folder is made under another name and moved to its
 * own, so it is whole or not there; it is made anew when it is lost.  Only the server's user gets into the
 * folders of packages and the one above them; a function sees its code by a mount.
 */
#include "lambda_internal.h"

#include "base/folder.h"
#include "base/hash.h"
#include "base/log.h"
#include "unzip.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UNZIPPED_BYTES = 262144000, ZIPPED_BYTES = 50 * 1024 * 1024 };

/* ---- folders ---- */

static bool make_folders(struct arena *arena, str path)
{
    for (size_t i = 1; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/')
            continue;
        const char *folder = arena_cstr(arena, str_head(path, i));
        if (mkdir(folder, S_IRWXU) == 0)
            chmod(folder, S_IRWXU); /* whatever the umask has taken */
        else if (errno != EEXIST)
            return false;
    }
    return true;
}

/* Its folder without symbolic links on the way; NULL (errno) when it cannot be made. */
static const char *real_functions_folder(const struct call *call)
{
    char path[PATH_MAX];
    str folder = functions_folder(call);

    if (!make_folders(call->arena, folder) || !realpath(arena_cstr(call->arena, folder), path))
        return NULL;
    return arena_cstr(call->arena, str_of(path));
}

/* ---- unpacking ---- */

static enum unzip_result fill(const struct call *call, const char *folder, str zip)
{
    str code = arena_format(call->arena, "%s/code", folder);
    str modules = arena_format(call->arena, "%s/node_modules", folder);
    str target = arena_format(call->arena, "%.*s/nodejs/node_modules", STR_ARGS(runtimes_folder(call)));

    if (mkdir(code.data, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH) != 0 ||
        symlink(target.data, modules.data) != 0 || chmod(folder, S_IRWXU) != 0)
        return UNZIP_DISK;
    return unzip(zip, code.data, UNZIPPED_BYTES);
}

static enum unzip_result unpack(const struct call *call, const char *functions, str folder, str zip)
{
    str template = arena_format(call->arena, "%s/.new-XXXXXX", functions);
    char *made = mkdtemp((char *)(uintptr_t) template.data);

    if (!made)
        return UNZIP_DISK;
    enum unzip_result result = fill(call, made, zip);
    if (result == UNZIP_OK && rename(made, folder.data) != 0 && !folder_exists(folder.data))
        result = UNZIP_DISK;
    int error = errno;
    if (folder_exists(made))
        folder_remove(made);
    errno = error;
    return result;
}

static bool unpack_failed(const struct call *call, enum unzip_result result)
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

static str folder_named(const struct call *call, const char *functions, str sha256)
{
    return arena_format(call->arena, "%s/%.*s", functions, STR_ARGS(sha256));
}

static bool size_check(const struct call *call, str zip)
{
    if (zip.size <= ZIPPED_BYTES)
        return true;
    fail(call, &LAMBDA_REQUEST_TOO_LARGE_EXCEPTION,
         "Request must be smaller than 70167211 bytes for the %s operation", call->operation->name);
    return false;
}

/* Unless it is there already. */
static bool unpack_once(const struct call *call, str sha256, str zip)
{
    const char *functions = real_functions_folder(call);

    if (!functions)
        return unpack_failed(call, UNZIP_DISK);
    str folder = folder_named(call, functions, sha256);
    return folder_exists(folder.data) || unpack_failed(call, unpack(call, functions, folder, zip));
}

static str digest_of(const struct call *call, str zip)
{
    struct sha256 digest = sha256(zip);

    return hex_encode(call->arena, HASH_STR(digest));
}

/* What package_prepare() leaves for package_store(): a zip that cannot be unpacked is not tried twice. */
struct prepared_package {
    str digest;
    struct failure failure;
};

void package_prepare(const struct call *call, str zip)
{
    struct prepared_package *package = arena_new(call->arena, struct prepared_package);

    if (!str_present(zip) || !size_check(call, zip))
        return;
    read_anew(call);
    package->digest = digest_of(call, zip);
    if (!unpack_once(call, package->digest, zip))
        package->failure = take_failure(call);
    leave_prepared(call, package);
}

static bool prepared_check(const struct call *call, const struct prepared_package *package)
{
    if (!package->failure.error)
        return true;
    fail(call, package->failure.error, "%.*s", STR_ARGS(package->failure.message));
    return false;
}

bool package_store(const struct call *call, str zip, struct function *function)
{
    const struct prepared_package *package = prepared(call);

    if (!size_check(call, zip) || (package && !prepared_check(call, package)))
        return false;
    function->row.package = package ? package->digest : digest_of(call, zip);
    function->row.package_size = (int64_t)zip.size;
    if (!unpack_once(call, function->row.package, zip))
        return false;
    lambda_add_package(call->txn,
                       &(struct lambda_add_package_params){.sha256 = function->row.package, .content = zip});
    return true;
}

bool package_folder(const struct call *call, const struct function *function, str *folder)
{
    const char *functions = real_functions_folder(call);
    struct lambda_get_package_row package;

    if (!functions)
        return unpack_failed(call, UNZIP_DISK);
    *folder = folder_named(call, functions, function->row.package);
    if (folder_exists(folder->data))
        return true;
    return lambda_get_package(call->txn, &(struct lambda_get_package_params){.sha256 = function->row.package},
                              &package) &&
           unpack_failed(call, unpack(call, functions, *folder, package.content));
}

/* Nothing else in that folder is ours to delete. */
static bool is_package_folder(str name)
{
    bool unfinished = str_starts_with(name, S(".new-"));

    for (size_t i = 0; i < name.size; i++)
        if (!strchr("0123456789abcdef", name.data[i]))
            return unfinished;
    return unfinished || name.size == (size_t)2 * SHA256_SIZE;
}

/* Whatever its mode was before. */
static void close_to_others(const char *folder)
{
    if (chmod(folder, S_IRWXU) != 0)
        log_warn("other users may get into a folder of functions, and its mode cannot be changed path=\"%s\" "
                 "error=\"%s\"",
                 folder, strerror(errno));
}

void packages_sweep(const struct call *call)
{
    const char *functions = real_functions_folder(call);
    DIR *folder = functions ? opendir(functions) : NULL;
    struct lambda_has_package_row found;
    struct dirent *entry;
    struct arena_guard *guard = arena_hold(call->arena);

    if (functions)
        close_to_others(functions);
    while (folder && (entry = readdir(folder))) {
        str name = str_of(entry->d_name);
        const char *path = folder_named(call, functions, name).data;
        if (!is_package_folder(name))
            continue;
        if (lambda_has_package(call->txn, &(struct lambda_has_package_params){.sha256 = name}, &found))
            close_to_others(path);
        else
            folder_remove(path);
    }
    if (folder)
        closedir(folder);
    arena_let_go(call->arena, guard);
}
