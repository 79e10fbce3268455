/*
 * folder.c: the folder of the database's files, and the lock that keeps other processes out.
 *
 * The files hold secrets: at each start they are made 0600 and the folder 0700, whatever their modes and the
 * umask were, and failures are logged.
 *
 * "In memory" is a private folder on a memory file system: the write-ahead log then works for readers on
 * other threads exactly as it does on disk.  A killed process leaves its folder behind, so each start removes
 * the folders of processes that have ended.
 */
#include "store/store_internal.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MEMORY_FOLDER "/dev/shm"
#define MEMORY_FOLDER_PREFIX "orderly-"

enum { MEMORY_BYTES_NEEDED = 256 * 1024 * 1024 };

static const char *const file_names[] = {"orderly.db", "orderly.db-wal", "orderly.db-shm", "lock"};

bool folder_sync(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = folder >= 0 && fsync(folder) == 0;

    if (folder >= 0)
        close(folder);
    return synced;
}

static bool make_one(char *path)
{
    char *slash = strrchr(path, '/');

    if (mkdir(path, S_IRWXU) != 0)
        return errno == EEXIST;
    if (chmod(path, S_IRWXU) != 0) /* undo the umask */
        return false;
    if (!slash)
        return folder_sync(".");
    if (slash == path)
        return folder_sync("/");
    *slash = '\0';
    bool synced = folder_sync(path);
    *slash = '/';
    return synced;
}

/* Make the folder and its parents, where they are missing. */
static bool make_folders(const char *path)
{
    char prefix[STORE_PATH_BYTES];

    snprintf(prefix, sizeof prefix, "%s", path);
    for (char *slash = strchr(prefix + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!make_one(prefix))
            return false;
        *slash = '/';
    }
    return make_one(prefix);
}

static void remove_files(const char *path)
{
    char name[STORE_PATH_BYTES];

    for (size_t i = 0; i < sizeof file_names / sizeof *file_names; i++) {
        if (snprintf(name, sizeof name, "%s/%s", path, file_names[i]) < (int)sizeof name)
            unlink(name);
    }
    rmdir(path);
}

static int take_lock(const char *folder)
{
    char name[STORE_PATH_BYTES];

    if (snprintf(name, sizeof name, "%s/lock", folder) >= (int)sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        close(lock);
        errno = why;
        return -1;
    }
    return lock;
}

/* Names are orderly-<process>-XXXXXX.  The lock guards against processes that we cannot see. */
static void remove_if_left_behind(const char *base, const char *name)
{
    char path[STORE_PATH_BYTES];
    intmax_t process = strtoimax(name + strlen(MEMORY_FOLDER_PREFIX), NULL, 10);

    if (process <= 0 || kill((pid_t)process, 0) == 0 || errno != ESRCH)
        return;
    if (snprintf(path, sizeof path, "%s/%s", base, name) >= (int)sizeof path)
        return;
    int lock = take_lock(path);
    if (lock >= 0) {
        remove_files(path);
        close(lock);
    }
}

static void remove_left_behind(const char *base)
{
    DIR *folder = opendir(base);
    const struct dirent *entry;

    if (!folder)
        return;
    while ((entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, MEMORY_FOLDER_PREFIX, strlen(MEMORY_FOLDER_PREFIX)) == 0)
            remove_if_left_behind(base, entry->d_name);
    }
    closedir(folder);
}

/*
 * /dev/shm is often very small in containers; on another file system nothing is synced, so it is nearly as
 * fast.
 */
static const char *memory_base(void)
{
    struct statvfs space;
    const char *temporary = getenv("TMPDIR");

    if (statvfs(MEMORY_FOLDER, &space) == 0 && access(MEMORY_FOLDER, W_OK) == 0 &&
        (uint64_t)space.f_bavail * space.f_frsize >= MEMORY_BYTES_NEEDED)
        return MEMORY_FOLDER;
    return temporary && *temporary ? temporary : "/tmp";
}

static bool make_memory_folder(struct folder *folder)
{
    const char *base = memory_base();

    remove_left_behind(base);
    int size = snprintf(folder->path, sizeof folder->path, "%s/%s%ld-XXXXXX", base, MEMORY_FOLDER_PREFIX,
                        (long)getpid());
    if (size >= (int)sizeof folder->path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return mkdtemp(folder->path) != NULL;
}

/* ---- modes ---- */

enum { FILE_MODE = S_IRUSR | S_IWUSR, FOLDER_MODE = S_IRWXU };

/* A missing file is fine. */
static void set_mode(const char *path, mode_t mode)
{
    struct stat status;
    char octal[8];

    if (stat(path, &status) != 0 || (status.st_mode & ALLPERMS) == mode || chmod(path, mode) == 0)
        return;
    snprintf(octal, sizeof octal, "%04o", status.st_mode & ALLPERMS);
    log_warn("other users may read what is kept here, and its mode cannot be changed",
             log_field("path", path), log_field("mode", octal), log_field("error", strerror(errno)));
}

/* Another owner's folder; hidden names and a file system's own folders (lost+found) do not count. */
static bool is_foreign_folder(const char *path, const char *name)
{
    char whole[STORE_PATH_BYTES];
    struct stat status;

    return name[0] != '.' && strcmp(name, "functions") != 0 && strcmp(name, "lost+found") != 0 &&
           snprintf(whole, sizeof whole, "%s/%s", path, name) < (int)sizeof whole &&
           lstat(whole, &status) == 0 && S_ISDIR(status.st_mode);
}

/*
 * Is the folder shared, like /tmp or /var/lib?  Changing its mode would lock others out of their own files.
 */
static bool is_shared(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    struct stat status;
    bool shared = stat(path, &status) == 0 && (status.st_mode & S_ISVTX);

    while (folder && !shared && (entry = readdir(folder)) != NULL)
        shared = is_foreign_folder(path, entry->d_name);
    if (folder)
        closedir(folder);
    return shared;
}

static void close_to_others(const struct folder *folder)
{
    char name[STORE_PATH_BYTES];
    int database = open(folder->database, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);

    if (database >= 0) /* SQLite gives the database's mode to the files beside it */
        close(database);
    for (size_t i = 0; i < sizeof file_names / sizeof *file_names; i++)
        if (snprintf(name, sizeof name, "%s/%s", folder->path, file_names[i]) < (int)sizeof name)
            set_mode(name, FILE_MODE);
    if (is_shared(folder->path))
        log_warn("the data folder holds other folders, too, so it is not closed to other users",
                 log_field("path", folder->path));
    else
        set_mode(folder->path, FOLDER_MODE);
}

/* ---- opening ---- */

static bool make_disk_folder(struct folder *folder, const char *path)
{
    if (snprintf(folder->path, sizeof folder->path, "%s", path) >= (int)sizeof folder->path) {
        errno = ENAMETOOLONG;
        return false;
    }
    return make_folders(path);
}

bool folder_open(struct folder *folder, const struct store_options *options, struct arena *arena, str *error)
{
    folder->lock = -1;
    folder->in_memory = options->in_memory;
    if (!(options->in_memory ? make_memory_folder(folder) : make_disk_folder(folder, options->folder))) {
        *error = arena_format(arena, "cannot make the folder %s: %s", folder->path, strerror(errno));
        return false;
    }
    if (snprintf(folder->database, sizeof folder->database, "%s/%s", folder->path, file_names[0]) >=
        (int)sizeof folder->database) {
        *error = arena_format(arena, "the name of the folder %s is too long", folder->path);
        return false;
    }

    folder->lock = take_lock(folder->path);
    if (folder->lock < 0 && errno == EWOULDBLOCK)
        *error = arena_format(arena, "the folder %s is in use by another orderly", folder->path);
    else if (folder->lock < 0)
        *error = arena_format(arena, "cannot lock the folder %s: %s", folder->path, strerror(errno));
    if (folder->lock < 0)
        return false;
    close_to_others(folder);
    return true;
}

void folder_close(struct folder *folder)
{
    if (folder->lock < 0)
        return;
    if (folder->in_memory)
        remove_files(folder->path);
    close(folder->lock);
}
