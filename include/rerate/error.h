/* How failure travels.
 *
 * A function that can fail returns 0, or -1 after it has filled the caller's `struct rr_error`
 * with one sentence: the file, the record, the cause, and what to do. Nothing below main()
 * prints or exits. The exit code says whose fault it was (sysexits.h, and docs/commands.md).
 */
#ifndef RERATE_ERROR_H
#define RERATE_ERROR_H

#include <stddef.h>

enum rr_exit {
    RR_OK = 0,
    RR_EXIT_USAGE = 64,   /* wrong command line */
    RR_EXIT_DATA = 65,    /* data refused: quarantine, control totals, reconciliation */
    RR_EXIT_INPUT = 66,   /* an input is missing or has changed */
    RR_EXIT_BUG = 70,     /* a promise inside the program did not hold */
    RR_EXIT_CREATE = 73,  /* the workspace can't be written */
    RR_EXIT_IO = 74,      /* a read or a write failed */
    RR_EXIT_STOPPED = 75, /* stopped with a checkpoint: give the same command again */
    RR_EXIT_BOOK = 78,    /* the book is wrong */
};

enum { RR_ERROR_TEXT = 1024 };

struct rr_error {
    enum rr_exit code;
    char text[RR_ERROR_TEXT];
};

/* Fills `err` (which may be NULL) and returns -1. The text is cut at RR_ERROR_TEXT - 1 bytes. */
int rr_fail(struct rr_error *err, enum rr_exit code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call on `path`: "PATH: WHAT: strerror(errno)". */
int rr_fail_errno(struct rr_error *err, enum rr_exit code, const char *path, const char *what);

/* Puts "PREFIX: " before the text that is already there and returns -1. */
int rr_fail_prefix(struct rr_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
