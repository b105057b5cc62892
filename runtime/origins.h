/* Origins: of one account's records, how many went into each cell and how many did not count, by the file that
 * they came from.
 *
 * A record belongs to the cells that its own key and time name, whether it counts or not. So a duplicate that
 * says another time is found where it would have counted, and a cell whose records were all withdrawn has an
 * origin though it is none. A record that feeds several meters is counted in a cell of each.
 */
#ifndef RUNTIME_ORIGINS_H
#define RUNTIME_ORIGINS_H

#include "plan.h"
#include "state.h"

struct rr_record_counts {
    uint64_t counted;
    uint64_t withheld[RR_WITHHELD]; /* good ones that do not count, by the reason */
};

struct rr_origin_file {
    uint32_t file; /* its number in the manifest */
    const char *path;
    struct rr_record_counts counts;
};

struct rr_origin {
    struct rr_text key; /* the cell's */
    int meter;
    int32_t bucket;
    struct rr_record_counts counts;
    const struct rr_origin_file *files; /* in the order of paths, each with some record */
    uint32_t n_files;
};

struct rr_origins;

/* Everything is borrowed. Rows hold places of files, which are file_of[place] in the manifest. */
struct rr_origins *rr_origins_create(const struct rr_job *job, const struct rr_manifest *manifest,
                                     const struct rr_plans *plans, const uint32_t *file_of);
void rr_origins_destroy(struct rr_origins *origins);

/* Forgets all records, for another account. */
void rr_origins_clear(struct rr_origins *origins);

/* Records that count, whose keys the plans know. */
void rr_origins_count(struct rr_origins *origins, const uint8_t *rows, uint32_t n);

/* A record that does not. */
void rr_origins_withhold(struct rr_origins *origins, const uint8_t *row, enum rr_withheld withheld);

/* In the order of (key, bucket), each once. They live until the next record comes. */
const struct rr_origin *rr_origins_all(struct rr_origins *origins, uint32_t *n);

/* The one of a cell; NULL where there is none. */
const struct rr_origin *rr_origins_find(struct rr_origins *origins, struct rr_text key,
                                        int32_t bucket);

void rr_record_counts_add(struct rr_record_counts *into, const struct rr_record_counts *from);

#endif
