/* What a published result says of itself: run.json, read back. */
#ifndef JOBS_RESULT_FACTS_H
#define JOBS_RESULT_FACTS_H

#include "../io/digest.h"
#include "../runtime/manifest.h"
#include "result.h"

#include <jansson.h>
#include <rerate/sum.h>

struct rr_result_facts {
    unsigned number;
    char dir[RR_RESULT_PATH]; /* WORKSPACE/results/NNNN */
    json_t *json;             /* run.json without its own digest, which was right */
    bool what_if;             /* it can be neither the latest nor issued */
};

/* The result that "0002", "2" or "latest" names. 0 with RR_EXIT_USAGE for what is no name, with
 * RR_EXIT_INPUT where there is no such result. */
unsigned rr_result_number(const char *workspace, const char *name, struct rr_error *err);

/* Errors: RR_EXIT_INPUT (no such result), RR_EXIT_DATA (damaged). Not collective. */
int rr_result_facts_read(const char *workspace, unsigned number, struct rr_result_facts *facts,
                         struct rr_error *err);
void rr_result_facts_fini(struct rr_result_facts *facts);

/* The path of a table, plain or compressed; false when run.json does not name it. */
bool rr_result_table(const struct rr_result_facts *facts, const char *name,
                     char path[RR_RESULT_PATH + 64]);

/* The digest of a file of the result, as run.json has it; of a table as it lies there. */
bool rr_result_file_digest(const struct rr_result_facts *facts, const char *name,
                           struct rr_digest *digest);

/* A digest that run.json has under this name: book, subscriptions, contracts, state. */
bool rr_result_digest(const struct rr_result_facts *facts, const char *name,
                      struct rr_digest *digest);

/* A sum that an object of a JSON file has under a name, as text; false where it has none. */
bool rr_sum_in(const json_t *object, const char *name, struct rr_sum *sum);

/* Who pays for the lines of a contract; empty where each account pays for its own. */
struct rr_text rr_result_payer(const struct rr_result_facts *facts, struct rr_text contract);

/* Whether two results were priced by one book with its files, and asked for the same periods. */
bool rr_result_same_book(const struct rr_result_facts *a, const struct rr_result_facts *b);

/* Whether they know the same inputs. */
bool rr_result_same_inputs(const struct rr_result_facts *a, const struct rr_result_facts *b);

/* The increment after which the state held just the inputs of this result; 0 where there is none. */
uint32_t rr_result_increment(const struct rr_result_facts *facts,
                             const struct rr_manifest *manifest);

#endif
