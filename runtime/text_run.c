/* Runs of texts. */
#include "text_run.h"

#include "../io/memory.h"

#include <string.h>

static void append(struct rr_texts *t, const void *bytes, size_t len)
{
    if (t->used + len > t->size) {
        t->size = (t->used + len) * 2;
        t->bytes = rr_realloc(t->bytes, t->size);
    }
    if (len > 0)
        memcpy(t->bytes + t->used, bytes, len);
    t->used += len;
}

void rr_texts_add(struct rr_texts *t, struct rr_text key, struct rr_text text)
{
    append(t, &key.len, sizeof key.len);
    append(t, &text.len, sizeof text.len);
    append(t, key.ptr, key.len);
    append(t, text.ptr, text.len);
    t->n++;
}

void rr_texts_clear(struct rr_texts *t)
{
    t->used = 0;
    t->n = 0;
}

void rr_texts_fini(struct rr_texts *t)
{
    free(t->bytes);
    *t = (struct rr_texts){0};
}

static int put_texts(struct rr_run_writer *run, const struct rr_texts *t, struct rr_error *err)
{
    int key_len = rr_run_add_column(run, "key_len", 4, false, err);
    int text_len = key_len < 0 ? -1 : rr_run_add_column(run, "text_len", 4, false, err);
    int key = text_len < 0 ? -1 : rr_run_add_column(run, "key", 1, false, err);
    int text = key < 0 ? -1 : rr_run_add_column(run, "text", 1, false, err);
    if (text < 0)
        return -1;
    for (size_t at = 0; at < t->used;) {
        uint32_t len[2];
        memcpy(len, t->bytes + at, sizeof len);
        at += sizeof len;
        if (rr_run_put(run, key_len, &len[0], 1, err) != 0 ||
            rr_run_put(run, text_len, &len[1], 1, err) != 0 ||
            rr_run_put(run, key, t->bytes + at, len[0], err) != 0 ||
            rr_run_put(run, text, t->bytes + at + len[0], len[1], err) != 0)
            return -1;
        at += (size_t)len[0] + len[1];
    }
    return 0;
}

int rr_text_run_write(const char *path, const struct rr_texts *texts, uint64_t *bytes,
                      struct rr_digest *digest, struct rr_error *err)
{
    struct rr_run_writer *run = rr_run_create(path, RR_RUN_SMALL, err);
    if (run == NULL)
        return -1;
    if (put_texts(run, texts, err) != 0) {
        rr_run_abandon(run);
        return -1;
    }
    return rr_run_finish(run, bytes, digest, err);
}

struct text_streams {
    struct rr_run_stream *key_len, *text_len, *key, *text;
};

static int read_one(struct text_streams *s, char **buffer, uint32_t len[2], struct rr_error *err)
{
    if (rr_run_stream_read(s->key_len, &len[0], 1, err) != 0 ||
        rr_run_stream_read(s->text_len, &len[1], 1, err) != 0)
        return -1;
    if (len[0] > rr_run_stream_length(s->key) || len[1] > rr_run_stream_length(s->text))
        return rr_fail(err, RR_EXIT_IO, "a run holds a text that can't be");
    *buffer = rr_realloc(*buffer, (size_t)len[0] + len[1]);
    if (rr_run_stream_read(s->key, *buffer, len[0], err) != 0)
        return -1;
    return rr_run_stream_read(s->text, *buffer + len[0], len[1], err);
}

int rr_text_run_read(const char *path,
                     int (*take)(void *self, struct rr_text key, struct rr_text text,
                                 struct rr_error *err),
                     void *self, struct rr_error *err)
{
    struct rr_run_reader *run = rr_run_open(path, err);
    if (run == NULL)
        return -1;
    struct text_streams s = {
        rr_run_stream_open(run, "key_len", 4, err), rr_run_stream_open(run, "text_len", 4, err),
        rr_run_stream_open(run, "key", 1, err), rr_run_stream_open(run, "text", 1, err)};
    char *buffer = NULL;
    int result = s.key_len && s.text_len && s.key && s.text ? 0 : -1;
    uint64_t n = result == 0 ? rr_run_stream_length(s.key_len) : 0;
    for (uint64_t i = 0; i < n && result == 0; i++) {
        uint32_t len[2];
        result = read_one(&s, &buffer, len, err);
        if (result == 0)
            result = take(self, (struct rr_text){buffer, len[0]},
                          (struct rr_text){buffer + len[0], len[1]}, err);
    }
    free(buffer);
    rr_run_stream_close(s.key_len);
    rr_run_stream_close(s.text_len);
    rr_run_stream_close(s.key);
    rr_run_stream_close(s.text);
    rr_run_close(run);
    return result;
}
