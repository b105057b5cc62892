/* A dictionary: texts to small numbers, 0, 1, 2, … in order of arrival, and back.
 *
 * Each text is kept once. The numbers mean something inside one process only: in files, names are
 * written, or numbers of a dictionary that stands beside them.
 */
#ifndef RERATE_DICTIONARY_H
#define RERATE_DICTIONARY_H

#include <rerate/text.h>

struct rr_dictionary;

struct rr_dictionary *rr_dictionary_create(void);
void rr_dictionary_destroy(struct rr_dictionary *dictionary);

/* Forgets all texts; keeps the memory. */
void rr_dictionary_clear(struct rr_dictionary *dictionary);

/* Forgets all texts and gives the memory back. */
void rr_dictionary_forget(struct rr_dictionary *dictionary);

uint32_t rr_dictionary_size(const struct rr_dictionary *dictionary);
size_t rr_dictionary_bytes(const struct rr_dictionary *dictionary);

/* The hash that the dictionary goes by: XXH3-64, the same that assigns accounts to shards. */
uint64_t rr_dictionary_hash(struct rr_text text);

/* The number of a text, entered if it is new. Stops the program with exit 70 when memory or the
 * 2^32 numbers run out. */
uint32_t rr_dictionary_enter(struct rr_dictionary *dictionary, struct rr_text text, uint64_t hash);

/* The same for n texts, with the cache misses overlapped; `hash` is filled too. */
void rr_dictionary_enter_many(struct rr_dictionary *dictionary, uint32_t n,
                              const struct rr_text *text, uint64_t *hash, uint32_t *code);

/* The text lives until the next enter or clear. */
struct rr_text rr_dictionary_text(const struct rr_dictionary *dictionary, uint32_t code);
uint64_t rr_dictionary_hash_of(const struct rr_dictionary *dictionary, uint32_t code);

#endif
