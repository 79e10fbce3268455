/*
 * bootstrap.c: starts the program with the loader and the libraries of its package.
 *
 * It is static, so that it needs nothing of the machine, and starts faster than a shell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOADER "lib/ld.so" /* both as `package` names them */
#define PROGRAM "./order-processor"

int main(void)
{
    const char *root = getenv("LAMBDA_TASK_ROOT");

    if (root && chdir(root) == 0)
        execl(LOADER, LOADER, "--inhibit-cache", "--library-path", "lib", PROGRAM, (char *)NULL);
    perror("bootstrap: " LOADER);
    return 1;
}
