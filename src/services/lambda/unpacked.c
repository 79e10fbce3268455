/*
 * unpacked.c: the code of functions and layers on the disk.
 *
 * <functions folder>/<name>/code is code that sandboxes see, and node_modules beside it leads to the packages
 * that every Node.js function may import.  The name is the digest of the package, or that of a set of layers,
 * which are unpacked one over the other.  The database is authoritative: a folder is made from it when a
 * sandbox starts, may be lost at any time, and is removed when no function and no sandbox names it.
 *
 * A sandbox runs only code that has its package's digest.  Only the server's user may enter the folders, and
 * sandboxes see them read-only, so only that user, or a broken disk, can alter one. Hashing up to 250 MB at
 * each start would be too slow.  So no folder from before the server's start is trusted: at its first use it
 * is made from the database.  The results of stat() for each entry are then remembered, and must be the same
 * whenever a sandbox starts.  A folder with different results is set aside and made again.  (Errors of the
 * disk while the server runs are not noticed.)
 *
 * Unpacking, verifying and deleting take long: the prepare functions of LaunchSandbox and ClearPackages do
 * it, on workers.  The engine thread only renames a folder to ".old-<name>-…", and a worker deletes it when
 * no sandbox runs that was started with it.
 */
#include "code.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "base/folder.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "unzip.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const str new_prefix = STR_INIT(".new-"), old_prefix = STR_INIT(".old-");

/* ---- folders ---- */

static bool make_folders(struct arena *arena, str path)
{
    for (size_t i = 1; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/')
            continue;
        const char *folder = arena_cstr(arena, str_head(path, i));
        if (mkdir(folder, S_IRWXU) == 0)
            chmod(folder, S_IRWXU); /* undo the umask */
        else if (errno != EEXIST)
            return false;
    }
    return true;
}

/* The functions' folder as a path without symbolic links; NULL, with errno set, when it cannot be made. */
static const char *real_functions_folder(const struct call *call)
{
    char path[PATH_MAX];
    str folder = lambda_options()->functions_folder;

    if (!make_folders(call->arena, folder) || !realpath(arena_cstr(call->arena, folder), path))
        return NULL;
    return arena_cstr(call->arena, str_of(path));
}

static str folder_named(const struct call *call, const char *functions, str name)
{
    return arena_format(call->arena, "%s/%.*s", functions, STR_ARGS(name));
}

/* ---- what is known of the folders ---- */

/*
 * What is known of one folder.  It is never freed before the server ends: there are no more of them than
 * packages.
 */
struct known {
    bool taken; /* a thread is checking or making the folder */
    bool good;  /* this server has unpacked it, and has had no reason to doubt it since */
    struct sha256 fingerprint;
};

static struct {
    pthread_mutex_t lock; /* protects the map, and its values unless they are taken */
    pthread_cond_t changed;
    struct map folders;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* Some folders are set aside, and wait for the sandboxes that use them. */
static atomic_bool some_are_set_aside;

/* Wait until no other thread has that folder, then take it. */
static struct known *take(str folder)
{
    pthread_mutex_lock(&all.lock);
    struct known *known = map_get(&all.folders, folder);
    if (!known) {
        known = memory_take(sizeof *known);
        map_put(&all.folders, folder, known);
    }
    while (known->taken)
        pthread_cond_wait(&all.changed, &all.lock);
    known->taken = true;
    pthread_mutex_unlock(&all.lock);
    return known;
}

static void let_go(struct known *known)
{
    pthread_mutex_lock(&all.lock);
    known->taken = false;
    pthread_cond_broadcast(&all.changed);
    pthread_mutex_unlock(&all.lock);
}

/* Make the next check of the folder fail. */
static void doubt(str folder)
{
    pthread_mutex_lock(&all.lock);
    struct known *known = map_get(&all.folders, folder);
    if (known && !known->taken)
        known->good = false;
    pthread_mutex_unlock(&all.lock);
}

/* ---- making one ---- */

struct making {
    const struct call *call;
    const char *functions;
    const struct str_list *packages;
    str folder, name;
    struct known *known;
    bool made;
};

/* One package, in memory that the next one takes again. */
struct reading {
    const struct making *making;
    struct arena_mark mark;
    str sha256, *zip;
    bool good;
};

static void read_good(void *context)
{
    struct reading *reading = context;
    const struct call *call = reading->making->call;

    reading->good = lambda_package_read(call, reading->sha256, reading->zip) &&
                    str_equal(lambda_package_digest(call->arena, *reading->zip), reading->sha256);
    if (reading->good)
        return;
    log_error("the code of a function is not what its digest says", log_field("sha256", reading->sha256));
    fail(call, &LAMBDA_SERVICE_EXCEPTION, "The function's package is lost or damaged.");
}

static bool read_package(void *context, size_t number, str *zip)
{
    struct reading *reading = context;
    const struct making *making = reading->making;

    arena_rewind(making->call->arena, reading->mark);
    reading->sha256 = making->packages->items[number];
    reading->zip = zip;
    errno = ENOMEM; /* unless it comes to its end */
    if (!arena_run(making->call->arena, read_good, reading) || !reading->good)
        return false;
    if (making->call->preparing)
        read_anew(making->call);
    return true;
}

static enum unzip_result fill(const struct making *making, const char *folder)
{
    const struct call *call = making->call;
    str code = arena_format(call->arena, "%s/code", folder);
    str modules = arena_format(call->arena, "%s/node_modules", folder);
    str target =
        arena_format(call->arena, "%.*s/nodejs/node_modules", STR_ARGS(lambda_options()->runtimes_folder));
    struct reading reading = {.making = making, .mark = arena_mark(call->arena)};
    const struct unzip_source source = {read_package, &reading, making->packages->count};

    if (mkdir(code.data, S_IRWXU) != 0 || symlink(target.data, modules.data) != 0 ||
        chmod(folder, S_IRWXU) != 0)
        return UNZIP_DISK;
    enum unzip_result result = unzip(&source, code.data, UNZIPPED_BYTES);
    if (result == UNZIP_OK && chmod(code.data, 0755) != 0) /* a sandbox has another user id */
        return UNZIP_DISK;
    return result;
}

/*
 * Move the folder out of the way, for a worker to delete.  False, with errno set: it is missing, or cannot be
 * moved.
 */
static bool set_aside(const struct call *call, const char *functions, str name)
{
    str aside = arena_format(call->arena, "%s/%.*s%.*s-%016llx", functions, STR_ARGS(old_prefix),
                             STR_ARGS(name), (unsigned long long)random_u64());

    return rename(folder_named(call, functions, name).data, aside.data) == 0;
}

/* Move the new folder to its place, instead of an old one. */
static bool put_in_place(const struct making *making, const char *made)
{
    const struct call *call = making->call;

    if (set_aside(call, making->functions, making->name)) {
        atomic_store(&some_are_set_aside, true);
        log_warn("the unpacked code of a function was altered; it is unpacked anew",
                 log_field("folder", making->folder));
    }
    return rename(made, making->folder.data) == 0 &&
           folder_fingerprint(making->folder.data, INT64_MAX, &making->known->fingerprint);
}

static void make(void *context)
{
    struct making *making = context;
    const struct call *call = making->call;
    str template = arena_format(call->arena, "%s/%.*sXXXXXX", making->functions, STR_ARGS(new_prefix));
    char *made = mkdtemp((char *)(uintptr_t) template.data);

    enum unzip_result result = made ? fill(making, made) : UNZIP_DISK;
    if (result == UNZIP_OK && !put_in_place(making, made))
        result = UNZIP_DISK;
    int error = errno;
    if (made && folder_exists(made))
        folder_remove(made);
    errno = error;
    making->made = result == UNZIP_OK;
    if (!making->made && !call->progress->failure.error)
        lambda_unzip_check_result(call, result);
}

static bool is_as_it_was(const struct known *known, str folder)
{
    struct sha256 now;

    return known->good && folder_fingerprint(folder.data, INT64_MAX, &now) &&
           str_equal(HASH_STR(now), HASH_STR(known->fingerprint));
}

bool lambda_unpacked_verify(const struct call *call, str name, const struct str_list *packages)
{
    const char *functions = real_functions_folder(call);

    if (!functions)
        return lambda_unzip_check_result(call, UNZIP_DISK);
    str folder = folder_named(call, functions, name);
    struct making making = {
        .call = call, .functions = functions, .packages = packages, .folder = folder, .name = name};
    struct known *known = making.known = take(folder);
    bool good = is_as_it_was(known, folder);
    if (!good) {
        /* Even if memory runs out, the folder must be released. */
        bool came_to_its_end = arena_run(call->arena, make, &making);
        good = known->good = came_to_its_end && making.made;
        if (!came_to_its_end) {
            errno = ENOMEM;
            lambda_unzip_check_result(call, UNZIP_DISK);
        }
    }
    let_go(known);
    return good;
}

str lambda_unpacked_folder(const struct call *call, str name)
{
    const char *functions = str_empty(name) ? NULL : real_functions_folder(call);

    return functions ? arena_join(call->arena, folder_named(call, functions, name), S("/code")) : (str){0};
}

/* ---- removing them ---- */

/* Delete the folders that were set aside, if there are any. */
static void clear(const struct call *call)
{
    if (atomic_load(&some_are_set_aside))
        spawn(call, &LAMBDA_CLEAR_PACKAGES, (str){0}, &(struct lambda_clear_packages_request){0});
}

static bool is_named(const struct call *call, str name)
{
    struct lambda_is_folder_named_row found;

    return lambda_is_folder_named(call->txn, &(struct lambda_is_folder_named_params){.name = name}, &found);
}

void lambda_unpacked_release(const struct call *call, str name)
{
    bool is_ours = !str_empty(name) && !lambda_code_is_hot(name);
    const char *functions = is_ours ? real_functions_folder(call) : NULL;

    if (functions && !is_named(call, name)) {
        doubt(folder_named(call, functions, name));
        if (set_aside(call, functions, name))
            atomic_store(&some_are_set_aside, true);
    }
    clear(call);
}

/* For ".old-<name>-…" or ".old-.new-…": does a sandbox that was started with it still run? */
static bool is_in_use(const struct call *call, str aside)
{
    struct lambda_is_folder_running_row found;
    str name = str_head(str_from(aside, old_prefix.size), (size_t)2 * SHA256_SIZE);

    return lambda_is_folder_running(call->txn, &(struct lambda_is_folder_running_params){.name = name},
                                    &found);
}

void lambda_clear_packages_prepare(const struct call *call, const struct lambda_clear_packages_request *in)
{
    const char *functions = real_functions_folder(call);
    DIR *folder = functions ? opendir(functions) : NULL;
    struct arena_guard *guard = arena_hold(call->arena); /* the folder must be closed */
    const struct dirent *entry;

    (void)in;
    atomic_store(&some_are_set_aside, false);
    while (folder && (entry = readdir(folder))) {
        str name = str_of(entry->d_name);
        if (!str_starts_with(name, old_prefix))
            continue;
        if (is_in_use(call, name))
            atomic_store(&some_are_set_aside, true);
        else
            folder_remove(folder_named(call, functions, name).data);
    }
    if (folder)
        closedir(folder);
    arena_let_go(call->arena, guard);
}

/* A worker has done the work. */
enum outcome lambda_clear_packages(const struct call *call, const struct lambda_clear_packages_request *in,
                                   struct lambda_clear_packages_output *out)
{
    (void)call, (void)in, (void)out;
    return DONE;
}

/* ---- extensions ---- */

static int is_program(const struct dirent *entry)
{
    return entry->d_type != DT_DIR;
}

struct str_list lambda_unpacked_extensions(const struct call *call, str name)
{
    str folder = lambda_unpacked_folder(call, name);
    struct dirent **entries = NULL;
    struct str_list names = {0};

    if (!str_present(folder))
        return names;
    const char *path = arena_cstr(call->arena, arena_join(call->arena, folder, S("/extensions")));
    int count = scandir(path, &entries, is_program, alphasort);
    struct arena_guard *guard = arena_hold(call->arena); /* the entries must be freed */
    for (int i = 0; i < count; i++) {
        if (names.count <= MOST_EXTENSIONS) /* one too many is an error, and more are no more */
            *list_add(call->arena, &names) = arena_copy(call->arena, str_of(entries[i]->d_name));
        free(entries[i]);
    }
    arena_let_go(call->arena, guard);
    free(entries);
    return names;
}

/* ---- at start ---- */

/* Is it the name of a package's folder?  Other files in that folder are not ours to delete. */
static bool is_of_package(str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!strchr("0123456789abcdef", name.data[i]))
            return false;
    return name.size == (size_t)2 * SHA256_SIZE;
}

/* Set the mode, whatever it was before. */
static void close_to_others(const char *folder)
{
    if (chmod(folder, S_IRWXU) != 0)
        log_warn("other users may get into a folder of functions, and its mode cannot be changed",
                 log_field("path", folder), log_field("error", strerror(errno)));
}

void lambda_unpacked_forget(const struct call *call)
{
    const char *functions = real_functions_folder(call);
    DIR *folder = functions ? opendir(functions) : NULL;
    struct arena_guard *guard = arena_hold(call->arena); /* the folder must be closed */
    const struct dirent *entry;

    if (functions)
        close_to_others(functions);
    while (folder && (entry = readdir(folder))) {
        str name = str_of(entry->d_name);
        if (!is_of_package(name) && !str_starts_with(name, new_prefix))
            continue;
        doubt(folder_named(call, functions, name));
        set_aside(call, functions, name);
    }
    if (folder)
        closedir(folder);
    arena_let_go(call->arena, guard);
    atomic_store(&some_are_set_aside, true);
    clear(call);
}
