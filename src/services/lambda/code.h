#pragma once

/*
 * code.h: the code of functions and layers: packages in the database, folders on the disk.
 */
#include "engine/doors.h"
#include "lambda_internal.h"
#include "unzip.h"

/* packages.c */
enum { UNZIPPED_BYTES = 262144000 }; /* the most, of a function and its layers together, as AWS has it */
struct package {
    str sha256; /* in hexadecimal */
    int64_t size, unpacked_size;
};
/* On a worker, check an uploaded package for lambda_package_check() of the same call. */
void lambda_package_prepare(const struct call *call, str zip);
/* Check the package, and describe it.  False: fail() has been called. */
bool lambda_package_check(const struct call *call, str zip, struct package *package);
/*
 * Store a package that lambda_package_check() has accepted.  PARKED: some of it is written, and the call runs
 * again to write more; the row that owns it must be written after DONE.
 */
enum outcome lambda_package_store(const struct call *call, str zip, str sha256);
/* Its size in bytes; -1 when nobody owns it: no function, no layer's version, no function with that layer. */
int64_t lambda_package_size(const struct call *call, str sha256);
/* Read from that position to the end of the piece.  False: the package is missing. */
bool lambda_package_read_piece(const struct call *call, str sha256, int64_t from, str *piece);
/* False: nobody owns it, or it is missing. */
bool lambda_package_read(const struct call *call, str sha256, str *zip);
/* Remove packages that nobody owns: after a reset, or at a start. */
void lambda_packages_forget(const struct call *call);
/* An owner or a sandbox does not name it any more: remove it unless another one does. */
void lambda_package_release(const struct call *call, str sha256);
str lambda_package_digest(struct arena *arena, str zip);
/* Fail in AWS's words, or in ours for trouble with the disk (errno).  False: fail() has been called. */
bool lambda_unzip_check_result(const struct call *call, enum unzip_result result);

/* unpacked.c */
/*
 * Make sure that the folder of that name exists, with these packages unpacked one over the other, and has
 * their digests.  It may take long.  False: fail() has been called.
 */
bool lambda_unpacked_verify(const struct call *call, str name, const struct str_list *packages);
/* The path of the folder's code.  Absent for the empty name, and on trouble. */
str lambda_unpacked_folder(const struct call *call, str name);
/* A version or a sandbox does not name that folder any more: set it aside unless another one does. */
void lambda_unpacked_release(const struct call *call, str name);
/* The names of the extensions in that folder of layers. */
struct str_list lambda_unpacked_extensions(const struct call *call, str name);
/* At a start: existing folders are not trusted. */
void lambda_unpacked_forget(const struct call *call);

/* hot_reload.c */
/* Is the code of a version a folder of this machine, not a package? */
bool lambda_code_is_hot(str package);
/* Let that folder be the function's code.  False: it may not be, and fail() has been called. */
bool lambda_hot_code_set(const struct call *call, str folder, struct function *function);
/* May a sandbox have that folder now?  Absent, with the folder's fingerprint, or the reason why not. */
str lambda_hot_code_verify(const struct call *call, str package, str *fingerprint);
/* A sandbox starts with the folder as it is by that fingerprint. */
void lambda_hot_code_launched(const struct call *call, struct function *function,
                              const struct lambda_get_sandbox_row *sandbox, str fingerprint);
/* On a worker, read the folder for lambda_hot_code_review() of the same call. */
void lambda_hot_code_prepare(const struct call *call, str package);
enum hot_review {
    HOT_CURRENT,  /* the sandbox may take the next invocation, if there is one */
    HOT_UNKNOWN,  /* a worker must read the folder: move_to_worker() */
    HOT_OUTDATED, /* the sandbox ends, and another one has the code as it is now */
};
/* Is the code of a sandbox that asks for work still what is in the folder? */
enum hot_review lambda_hot_code_review(const struct call *call, struct function *function,
                                       const struct lambda_get_sandbox_row *sandbox);

/* layers.c */
struct layer_version {
    struct lambda_layer_version_row row;
    str arn;
};
/* The version of that ARN.  False: it does not exist. */
bool lambda_layer_version_find(const struct call *call, str arn, struct layer_version *version);

/* layer_sets.c */
/* The layers of a version of a function, in their order: those of its set. */
struct lambda_layer_set_rows lambda_layer_set(const struct call *call, str id);
struct str_list lambda_layer_packages(const struct call *call, const struct lambda_layer_set_rows *layers);
/*
 * Find the layers that a request names, in its order, and name their set in the function's row.  False:
 * fail() has been called.
 */
bool lambda_layers_find(const struct call *call, const struct str_list *arns, struct function *function,
                        struct lambda_layer_set_rows *layers);
/* Are the function's code and these layers small enough together?  False: fail() has been called. */
bool lambda_function_size_check(const struct call *call, const struct function *function,
                                const struct lambda_layer_set_rows *layers);
void lambda_layer_set_store(const struct call *call, str id, const struct lambda_layer_set_rows *layers);
/* A version of a function does not name that set any more: remove it unless another one does. */
void lambda_layer_set_release(const struct call *call, str id);

/* download.c */
enum outcome lambda_package_download(const struct call *call, const struct visit *visit,
                                     struct http_reply *reply);
/* A URL of the package, which expires. */
str lambda_package_url(const struct call *call, str sha256);
