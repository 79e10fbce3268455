/*
 * jdks.c: the Java installations of this machine.
 *
 * Several may be installed side by side, and a function gets the one that is nearest to its runtime: of that
 * version, or the next newer one.  An installation has a file `release` that tells its version, so none is
 * started.  To look in another folder, add it to the tables.
 */
#include "lambda_internal.h"
#include "runtimes.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Folders of installations. */
static const char *const of_machine[] = {"/usr/lib/jvm", "/usr/local/lib/jvm", "/usr/java", "/opt",
                                         "/opt/java"};
static const char *const of_user[] = {".sdkman/candidates/java", ".jdks"};

struct search {
    int wanted;
    struct jdk *best, *newest;
};

static void read_release(FILE *release, struct jdk *jdk)
{
    char line[1024];
    int first, second;

    while (fgets(line, sizeof line, release)) {
        int numbers = sscanf(line, "JAVA_VERSION=\"%d.%d", &first, &second);
        if (numbers >= 1)
            jdk->version = first == 1 && numbers == 2 ? second : first; /* Java 8 calls itself 1.8 */
        sscanf(line, "JAVA_RUNTIME_VERSION=\"%63[^\"/]", jdk->build);
    }
}

/* Its version stays 0 when the folder has no Java. */
static void look_at(struct jdk *jdk)
{
    char path[PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/bin/java", jdk->home);
    if (access(path, X_OK) != 0)
        return;
    snprintf(path, sizeof path, "%s/release", jdk->home);
    FILE *release = fopen(path, "re");
    if (!release)
        return;
    read_release(release, jdk);
    fclose(release);
}

static void consider(struct search *search, const char *folder)
{
    struct jdk jdk = {0};

    if (!realpath(folder, jdk.home))
        return;
    look_at(&jdk);
    if (jdk.version > search->newest->version)
        *search->newest = jdk;
    if (jdk.version >= search->wanted && (search->best->version == 0 || jdk.version < search->best->version))
        *search->best = jdk;
}

static void consider_all(struct search *search, const char *folder)
{
    char path[PATH_MAX];
    DIR *found = opendir(folder);

    for (struct dirent *entry; found && (entry = readdir(found));) {
        int size = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && size < (int)sizeof path)
            consider(search, path);
    }
    if (found)
        closedir(found);
}

/* The program on the PATH is a link, perhaps through others, to HOME/bin/java. */
static void consider_path(struct search *search)
{
    static const char program[] = "/bin/java";
    char path[PATH_MAX], real[PATH_MAX];

    if (!lambda_program_find("java", path) || !realpath(path, real))
        return;
    size_t size = strlen(real), end = sizeof program - 1;
    if (size > end && strcmp(real + size - end, program) == 0) {
        real[size - end] = '\0';
        consider(search, real);
    }
}

bool lambda_jdk_find(int version, struct jdk *best, struct jdk *newest)
{
    struct search search = {version, best, newest};
    const char *java_home = getenv("JAVA_HOME"), *home = getenv("HOME");
    char path[PATH_MAX];

    best->version = newest->version = 0;
    if (java_home)
        consider(&search, java_home);
    consider_path(&search);
    for (size_t i = 0; i < sizeof of_machine / sizeof *of_machine; i++)
        consider_all(&search, of_machine[i]);
    for (size_t i = 0; home && i < sizeof of_user / sizeof *of_user; i++) {
        snprintf(path, sizeof path, "%s/%s", home, of_user[i]);
        consider_all(&search, path);
    }
    return best->version > 0;
}
