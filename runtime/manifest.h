/* The manifest: the one commit record of a workspace's state.
 *
 * It names the inputs and how far each was consumed, the runs with their lengths and digests, and
 * the counts that must balance. It is replaced whole; the one before is kept as a second
 * generation. It holds its own digest, so damage is noticed. Every rank has an equal copy.
 */
#ifndef RUNTIME_MANIFEST_H
#define RUNTIME_MANIFEST_H

#include "../io/csv.h"
#include "../io/digest.h"
#include "input_tally.h"

enum {
    RR_MANIFEST_FORMAT = 3,
    RR_RUN_NAME = 96,
    RR_WHEN_TEXT = 24,
    RR_SHARDS_MAX = 1 << 20,
};

enum rr_run_kind {
    RR_RUN_RECORDS,
    RR_RUN_CELLS,
    RR_RUN_QUARANTINE,
    RR_RUN_CONFLICTS,
    RR_RUN_REPAIRED,
    RR_RUN_KINDS, /* how many there are */
};

struct rr_run_entry {
    enum rr_run_kind kind;
    char name[RR_RUN_NAME]; /* below state/runs */
    uint64_t bytes;
    struct rr_digest digest;
    uint64_t items;      /* records, cells or texts */
    uint32_t first, end; /* shards */
    uint64_t low,
        high; /* upper halves of fingerprints, both in: 0 and UINT64_MAX unless a shard is cut */
    int32_t first_bucket, last_bucket; /* of cells */
    /* What it holds came with these increments: one, but for a run that others were merged into. */
    uint32_t first_increment, last_increment;
};

/* A part of an input and how far it was consumed. */
struct rr_split_entry {
    struct rr_split split;
    uint64_t next;        /* offset of the next record; 0 before the first batch */
    uint64_t next_record; /* its number */
    bool done;
};

struct rr_file_entry {
    char *path; /* empty when it was dropped before anything of it was read */
    uint64_t size;
    int64_t mtime_ns;
    bool has_digest; /* known once the file was read to its end */
    struct rr_digest digest;
    uint32_t first_split, n_splits;
    uint32_t increment; /* that it came with, from 1 */
    struct rr_input_tally tally;
};

/* What a `run` that brought new inputs added to the state. Its inputs say that it is theirs. */
struct rr_increment {
    char when[RR_WHEN_TEXT];   /* 2025-03-01T12:00:00Z, for people */
    struct rr_tally *resolved; /* of its records; NULL for nothing. Where all records are resolved
                                  again with each increment, the last has all. */
};

struct rr_manifest {
    uint64_t generation;
    uint32_t n_shards;
    char *job;        /* name of the job whose state this is */
    char *state_text; /* what the state depends on; another text can't share it */
    uint32_t n_files;
    struct rr_file_entry *files;
    uint32_t n_splits;
    struct rr_split_entry *splits;
    uint32_t n_runs;
    struct rr_run_entry *runs;
    uint32_t n_increments;
    struct rr_increment *increments; /* the first is number 1 */
    /* Sums over inputs and increments, made by rr_manifest_count; not written. */
    struct rr_tally ingested; /* read, quarantined, quantities read */
    struct rr_tally resolved; /* the rest, over the shards that cells cover */
};

struct rr_manifest *rr_manifest_create(uint32_t n_shards, const char *job, const char *state_text,
                                       int n_meters);
void rr_manifest_destroy(struct rr_manifest *manifest);

/* Adding to a manifest. The split's `file` is the index rr_manifest_add_file returned. */
uint32_t rr_manifest_add_file(struct rr_manifest *manifest, const char *path, uint64_t size,
                              int64_t mtime_ns);
/* Forgets a file of which nothing was read. Its number is never given to another: positions in runs
 * go by numbers. */
void rr_manifest_drop_file(struct rr_manifest *manifest, uint32_t file);
/* Whether nothing of a file was read. */
bool rr_manifest_file_untouched(const struct rr_manifest *manifest, uint32_t file);
void rr_manifest_add_split(struct rr_manifest *manifest, const struct rr_split *split);
void rr_manifest_add_run(struct rr_manifest *manifest, const struct rr_run_entry *run);

/* Sums the tallies of inputs and increments up, after they changed. */
void rr_manifest_count(struct rr_manifest *manifest);

/* Forgets the runs of a kind. */
void rr_manifest_drop_runs(struct rr_manifest *manifest, enum rr_run_kind kind);
/* Forgets the runs whose mark is set; marks[i] is that of run i. */
void rr_manifest_drop_marked(struct rr_manifest *manifest, const bool *marks);

bool rr_manifest_file_done(const struct rr_manifest *manifest, uint32_t file);

/* True when all inputs are consumed. */
bool rr_manifest_all_read(const struct rr_manifest *manifest);

/* True when there are no records, or all of them are in cells. */
bool rr_manifest_all_resolved(const struct rr_manifest *manifest);

/* JSON with its digest; the caller frees it. */
char *rr_manifest_format(const struct rr_manifest *manifest);

/* NULL with RR_EXIT_IO when the text is damaged, or of another format. */
struct rr_manifest *rr_manifest_parse(const char *path, const char *text, size_t len,
                                      struct rr_error *err);

const char *rr_run_kind_name(enum rr_run_kind kind);

#endif
