/* Scans of CSV text: what all instruction sets share, and the choice between them.
 *
 * In a block, every quote is first taken for one that opens or closes a field, so that a running
 * XOR tells inside from outside. A quote that would open where no field starts is a character; it
 * is taken out and the rest looked at again. All quotes before it were right, by induction.
 */
#include "csv_scan.h"

/* Bit i speaks of byte i. */
struct block {
    uint64_t quote, comma, newline, cr;
    uint64_t odd; /* above ASCII, or NUL */
};

static inline uint64_t low_bits(unsigned n)
{
    return n < 64 ? (1ULL << n) - 1 : ~0ULL;
}

static inline void block_cut(struct block *b, unsigned n)
{
    uint64_t mask = low_bits(n);
    b->quote &= mask;
    b->comma &= mask;
    b->newline &= mask;
    b->cr &= mask;
    b->odd &= mask;
}

/* Bit i of the result is the XOR of bits 0 to i. */
static inline uint64_t running_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* The quotes of a block, told apart. */
struct quotes {
    uint64_t inside; /* bytes in quoted fields, with the opening quote, without the closing one */
    uint64_t open, close;
    uint64_t delim; /* commas and line ends outside */
};

static inline struct quotes tell_apart(const struct rr_csv_state *state, const struct block *b)
{
    uint64_t quote = b->quote;
    for (;;) {
        struct quotes q = {.inside = running_xor(quote) ^ state->inside};
        q.open = quote & q.inside;
        q.close = quote & ~q.inside;
        q.delim = (b->comma | b->newline) & ~q.inside;
        uint64_t may_open = (q.delim | q.close) << 1 | state->after_delim | state->after_close;
        uint64_t character = q.open & ~may_open;
        if (character == 0)
            return q;
        quote &= ~(character & -character);
    }
}

/* Moves the state over a block of `n` bytes in which quotes matter. */
static inline void pass_quotes(struct rr_csv_state *state, const struct quotes *q, unsigned n)
{
    unsigned last = n - 1;
    state->inside = -(q->inside >> last & 1);
    state->after_delim = q->delim >> last & 1;
    state->after_close = q->close >> last & 1;
}

static inline bool quotes_matter(const struct rr_csv_state *state, const struct block *b)
{
    return (b->quote | state->inside | state->after_close) != 0;
}

/* Notes what the index's reader must look at: doubled quotes, and anything else behind a closing
 * quote, where CR LF is fine. `next_newline` is 1 when the block behind starts with LF. */
static inline void note_quotes(struct rr_csv_index *index, const struct rr_csv_state *state,
                               const struct quotes *q, const struct block *b, uint64_t next_newline)
{
    uint64_t behind = q->close << 1 | state->after_close;
    uint64_t line_end_cr = b->cr & (b->newline >> 1 | next_newline << 63);
    index->quotes |= b->quote;
    index->doubled |= behind & q->open;
    index->stray |= behind & ~(q->open | q->delim | line_end_cr);
}

/* Counts the lines of a block that end in `newline` and are not empty. */
static inline void count_lines(struct rr_csv_count *count, uint64_t newline, uint64_t cr,
                               unsigned n)
{
    uint64_t start = newline << 1 | count->at_start;
    uint64_t cr_at_start = cr & start;
    uint64_t empty = newline & (start | cr_at_start << 1 | count->after_cr);
    count->records += (uint64_t)__builtin_popcountll(newline & ~empty);
    count->at_start = newline >> (n - 1) & 1;
    count->after_cr = cr_at_start >> (n - 1) & 1;
}

/* Writes the positions of the set bits. Up to 8 slots too many are written: no branch then for most
 * blocks. */
static inline void put_positions(uint32_t *to, uint32_t at, uint64_t bits)
{
    int n = __builtin_popcountll(bits);
    for (int done = 0; done < n; done += 8) {
        for (int i = 0; i < 8; i++) {
            to[done + i] = at + (uint32_t)__builtin_ctzll(bits | 1ULL << 63); /* defined at 0 */
            bits &= bits - 1;
        }
    }
}

/* Adds the records whose lines end in this block; false when the batch is full. */
static inline bool put_records(struct rr_csv_index *index, const char *text, uint32_t at,
                               uint64_t delim, uint64_t newline)
{
    for (; newline != 0; newline &= newline - 1) {
        uint64_t before = (newline & -newline) - 1;
        uint32_t position = at + (uint32_t)__builtin_ctzll(newline), stop = position;
        uint32_t end = index->n_ends + (uint32_t)__builtin_popcountll(delim & before);
        stop -= stop > index->next && text[stop - 1] == '\r';
        if (stop > index->next) {
            index->first[index->n] = index->next_first;
            index->stop[index->n] = stop;
            index->n_fields[index->n] = end - index->next_first + 1;
            index->n++;
        }
        index->next = position + 1;
        index->next_first = end + 1;
        if (index->n == RR_BATCH_RECORDS)
            return false;
    }
    return true;
}

static inline void index_start(struct rr_csv_index *index, uint32_t from)
{
    index->end[-1] = from - 1; /* wraps at 0, and comes back when 1 is added */
    index->n_ends = index->n = index->next_first = 0;
    index->next = from;
    index->inside = index->unclosed = false;
    index->odd = index->quotes = index->doubled = index->stray = 0;
}

void rr_csv_index_rest(struct rr_csv_index *index, uint32_t to)
{
    if (index->next == to)
        return;
    index->end[index->n_ends] = to;
    index->first[index->n] = index->next_first;
    index->stop[index->n] = to;
    index->n_fields[index->n] = index->n_ends - index->next_first + 1;
    index->n++;
    index->n_ends++;
    index->unclosed = index->inside;
    index->next = to;
    index->next_first = index->n_ends;
}

/* Each instruction set: how a block is loaded, then the scans over it. */

static inline struct block load_portable(const char *text)
{
    struct block b = {0};
    for (unsigned i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)text[i];
        b.quote |= (uint64_t)(c == '"') << i;
        b.comma |= (uint64_t)(c == ',') << i;
        b.newline |= (uint64_t)(c == '\n') << i;
        b.cr |= (uint64_t)(c == '\r') << i;
        b.odd |= (uint64_t)(c == 0 || c >= 0x80) << i;
    }
    return b;
}

#define RR_TARGET
#define RR_NAME(x) x##_portable
#include "csv_scan_kernel.h"
#undef RR_TARGET
#undef RR_NAME

#if defined(__x86_64__)
#include <immintrin.h>

static inline uint64_t equal_sse2(const __m128i v[4], char c)
{
    uint64_t bits = 0;
    __m128i wanted = _mm_set1_epi8(c);
    for (unsigned i = 0; i < 4; i++)
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted)) << 16 * i;
    return bits;
}

static inline struct block load_sse2(const char *text)
{
    __m128i v[4];
    uint64_t high = 0;
    for (unsigned i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(text + 16 * i));
        high |= (uint64_t)(uint16_t)_mm_movemask_epi8(v[i]) << 16 * i;
    }
    return (struct block){equal_sse2(v, '"'), equal_sse2(v, ','), equal_sse2(v, '\n'),
                          equal_sse2(v, '\r'), equal_sse2(v, 0) | high};
}

#define RR_TARGET
#define RR_NAME(x) x##_sse2
#include "csv_scan_kernel.h"
#undef RR_TARGET
#undef RR_NAME

#define RR_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

RR_TARGET static inline uint64_t equal_avx2(__m256i low, __m256i high, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    uint32_t l = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint32_t h = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return (uint64_t)h << 32 | l;
}

RR_TARGET static inline struct block load_avx2(const char *text)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(text + 32));
    uint64_t above =
        (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32 | (uint32_t)_mm256_movemask_epi8(low);
    return (struct block){equal_avx2(low, high, '"'), equal_avx2(low, high, ','),
                          equal_avx2(low, high, '\n'), equal_avx2(low, high, '\r'),
                          equal_avx2(low, high, 0) | above};
}

#define RR_NAME(x) x##_avx2
#include "csv_scan_kernel.h"
#undef RR_TARGET
#undef RR_NAME

#define RR_TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2,popcnt")))

RR_TARGET static inline struct block load_avx512(const char *text)
{
    __m512i v = _mm512_loadu_si512(text);
    return (struct block){_mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')),
                          _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(',')),
                          _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n')),
                          _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\r')),
                          _mm512_testn_epi8_mask(v, v) | _mm512_movepi8_mask(v)};
}

#define RR_NAME(x) x##_avx512
#include "csv_scan_kernel.h"
#undef RR_TARGET
#undef RR_NAME
#endif

#define KERNEL(set)                                                                                \
    {                                                                                              \
#set, index_##set, count_##set                                                             \
    }

static const struct rr_csv_kernel kernels[] = {
#if defined(__x86_64__)
    KERNEL(avx512),
    KERNEL(avx2),
    KERNEL(sse2),
#endif
    KERNEL(portable),
};

enum { KERNELS = sizeof kernels / sizeof *kernels };

/* How many of the fastest ones this machine lacks. */
static unsigned n_beyond_machine(void)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi"))
        return 2;
    return __builtin_cpu_supports("avx512bw") ? 0 : 1;
#else
    return 0;
#endif
}

const struct rr_csv_kernel *rr_csv_kernel(unsigned i)
{
    i += n_beyond_machine();
    return i < KERNELS ? &kernels[i] : NULL;
}
