/*
 * outside_mailbox.c: mails as files, where no relay is configured: <folder>/<recipient>/<time>-<n>.eml.
 *
 * A file is complete once it has its name.
 */
#include "server/outside_internal.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, LONGEST_NAME = 200 };

/* The recipient, with '_' for each character that a path gives a meaning. */
static str name_of(struct arena *arena, str recipient)
{
    str name = arena_copy(arena, str_head(recipient, LONGEST_NAME));

    for (size_t i = 0; i < name.size; i++)
        if (!str_is_word((str){name.data + i, 1}, S("@._+-")) || (i == 0 && name.data[0] == '.'))
            ((char *)(uintptr_t)name.data)[i] = '_';
    return name;
}

static bool make_folder(const char *path)
{
    return mkdir(path, FOLDER_MODE) == 0 || errno == EEXIST;
}

static bool write_file(const char *path, str content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    bool written = fd >= 0;

    while (written && content.size > 0) {
        ssize_t size = write(fd, content.data, content.size);
        written = size > 0 || (size < 0 && errno == EINTR);
        if (size > 0)
            content = str_from(content, (size_t)size);
    }
    if (fd >= 0 && (fsync(fd) != 0 || close(fd) != 0))
        written = false;
    return written;
}

bool mailbox_put(struct arena *arena, str folder, str recipient, str mail)
{
    static unsigned count; /* of mails since the start; one thread writes them */
    const char *root = arena_cstr(arena, folder);
    str box = arena_concat(arena, folder, S("/"), name_of(arena, recipient));
    str path = arena_format(arena, "%.*s/%lld-%06u.eml", STR_ARGS(box), (long long)wall_clock_ms(), count++);
    const char *unfinished = arena_cstr(arena, arena_join(arena, path, S(".part")));

    return make_folder(root) && make_folder(arena_cstr(arena, box)) && write_file(unfinished, mail) &&
           rename(unfinished, path.data) == 0;
}
