/* The scans of csv_scan.c for one instruction set: included there once for each, with RR_TARGET
 * (its attribute), RR_NAME (its suffix) and its load defined. No include guard, therefore. */

/* Loads the `n` < 64 bytes at the end of a text, reading no further. */
RR_TARGET static inline struct block RR_NAME(load_rest)(const char *text, size_t n)
{
    char padded[64] = {0};
    memcpy(padded, text, n);
    struct block b = RR_NAME(load)(padded);
    block_cut(&b, (unsigned)n);
    return b;
}

RR_TARGET static void RR_NAME(index)(struct rr_csv_index *index, const char *text, uint32_t from,
                                     uint32_t to)
{
    struct rr_csv_state state = RR_CSV_START;
    index_start(index, from);
    for (uint32_t at = from; at < to; at += 64) {
        unsigned n = to - at < 64 ? to - at : 64;
        struct block b = n == 64 ? RR_NAME(load)(text + at) : RR_NAME(load_rest)(text + at, n);
        uint64_t delim = b.comma | b.newline;
        if (quotes_matter(&state, &b)) {
            struct quotes q = tell_apart(&state, &b);
            note_quotes(index, &state, &q, &b, to - at > 64 && text[at + 64] == '\n');
            pass_quotes(&state, &q, n);
            delim = q.delim;
        } else {
            state.after_delim = delim >> 63;
        }
        index->odd |= b.odd;
        put_positions(index->end + index->n_ends, at, delim);
        if (!put_records(index, text, at, delim, b.newline & delim))
            return;
        index->n_ends += (uint32_t)__builtin_popcountll(delim);
    }
    index->inside = state.inside != 0;
}

RR_TARGET static size_t RR_NAME(count)(struct rr_csv_count *count, const char *text, size_t len,
                                       bool one_line)
{
    struct rr_csv_count now = *count;
    size_t at = 0;
    while (at < len) {
        unsigned n = len - at < 64 ? (unsigned)(len - at) : 64;
        struct block b = n == 64 ? RR_NAME(load)(text + at) : RR_NAME(load_rest)(text + at, n);
        struct quotes q = {.delim = b.comma | b.newline};
        if (quotes_matter(&now.state, &b))
            q = tell_apart(&now.state, &b);
        uint64_t newline = b.newline & q.delim;
        bool stop = one_line && newline != 0;
        if (stop) {
            n = (unsigned)__builtin_ctzll(newline) + 1;
            newline &= low_bits(n);
        }
        count_lines(&now, newline, b.cr, n);
        pass_quotes(&now.state, &q, n);
        at += n;
        if (stop)
            break;
    }
    *count = now;
    return at;
}
