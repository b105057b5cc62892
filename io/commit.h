/* Making files appear whole or not at all: written beside, synced, renamed, directory synced. */
#ifndef IO_COMMIT_H
#define IO_COMMIT_H

#include <rerate/error.h>
#include <stdint.h>

/* Replaces `path` by these bytes. After a crash it holds the old bytes or the new. */
int rr_commit_bytes(const char *path, const void *bytes, size_t len, struct rr_error *err);

/* Forces a file, or the names in a directory, to storage. */
int rr_sync_file(const char *path, struct rr_error *err);
int rr_sync_dir(const char *path, struct rr_error *err);

/* Lets the system begin to write back what is in its cache, so that a later sync waits less. Only a
 * hint: it neither waits nor fails. */
void rr_start_writeback(int fd, uint64_t offset, uint64_t len);

/* write() until all is written; for callers that hold a descriptor. `path` is for messages. */
int rr_write_all(int fd, const void *bytes, size_t len, const char *path, struct rr_error *err);
int rr_pwrite_all(int fd, const void *bytes, size_t len, uint64_t offset, const char *path,
                  struct rr_error *err);

/* Creates the directory, and those above it, where missing. */
int rr_make_dir(const char *path, struct rr_error *err);

/* Removes a directory and the files in it, one level of directories deep. Missing is no error. */
int rr_remove_dir(const char *path, struct rr_error *err);

/* The whole file in allocated memory, with a NUL behind it; RR_EXIT_INPUT when it can't be read. */
int rr_read_file(const char *path, char **bytes, size_t *len, struct rr_error *err);

#endif
