/* Errors: one sentence in the caller's memory. */
#include <rerate/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int rr_fail(struct rr_error *err, enum rr_exit code, const char *format, ...)
{
    if (err == NULL)
        return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->code = code;
    return -1;
}

int rr_fail_errno(struct rr_error *err, enum rr_exit code, const char *path, const char *what)
{
    int cause = errno;
    return rr_fail(err, code, "%s: %s: %s", path, what, strerror(cause));
}

int rr_fail_prefix(struct rr_error *err, const char *format, ...)
{
    if (err == NULL)
        return -1;
    char old[RR_ERROR_TEXT];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    int written = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t at = written < 0 ? 0 : (size_t)written;
    if (at + 2 < sizeof err->text) {
        memcpy(err->text + at, ": ", 2);
        size_t room = sizeof err->text - 1 - (at + 2);
        size_t len = strnlen(old, room);
        memcpy(err->text + at + 2, old, len);
        err->text[at + 2 + len] = '\0';
    }
    return -1;
}
