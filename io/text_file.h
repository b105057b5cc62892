/* Writing a text file from start to end: plain, or zstd when its name ends in ".zst". */
#ifndef IO_TEXT_FILE_H
#define IO_TEXT_FILE_H

#include <rerate/error.h>

struct rr_text_file;

struct rr_text_file *rr_text_file_create(const char *path, struct rr_error *err);
int rr_text_file_put(struct rr_text_file *file, const char *bytes, size_t len,
                     struct rr_error *err);

/* Writes what is left, syncs and closes. The file is gone from memory in either case. */
int rr_text_file_finish(struct rr_text_file *file, struct rr_error *err);

/* Copies a plain file; the copy is compressed when its name says so. */
int rr_text_file_copy(const char *from, const char *to, struct rr_error *err);

#endif
