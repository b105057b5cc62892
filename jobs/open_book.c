/* A book opened by all ranks. */
#include "open_book.h"

#include "kept_books.h"

#include <stdlib.h>

/* Collective. Gives every rank a file that the book may name: path and bytes, NULL where it names none. */
static void share_file(const struct rr_comm *comm, char **path, char **bytes, size_t *len)
{
    size_t path_len = *path ? strlen(*path) + 1 : 0;
    rr_comm_share(comm, path, &path_len, 0);
    rr_comm_share(comm, bytes, len, 0);
    if (path_len == 0) {
        free(*path);
        *path = NULL;
    }
}

/* The book, and where the files are that it names. */
static int read_apart(const struct rr_book_source *source, struct rr_book_files *files,
                      struct rr_error *err)
{
    struct rr_result_facts facts;
    if (source->path)
        return rr_book_read_apart(source->path, files, err);
    if (rr_result_facts_read(source->workspace, source->result, &facts, err) != 0)
        return -1;
    int result = rr_kept_book_read(source->workspace, &facts, files, err);
    rr_result_facts_fini(&facts);
    return result;
}

/* Collective. Rank 0 reads the book; all ranks read what lies beside it, in parts. */
static int read_files(struct rr_open_book *o, struct rr_error *err)
{
    struct rr_book_files *f = &o->files;
    int result = o->comm->rank == 0 ? read_apart(&o->source, f, err) : 0;
    if (rr_agree(o->comm, result, err) != 0)
        return -1;
    share_file(o->comm, &f->path, &f->book, &f->book_len);
    share_file(o->comm, &f->subscriptions_path, &f->subscriptions, &f->subscriptions_len);
    share_file(o->comm, &f->contracts_path, &f->contracts, &f->contracts_len);
    if (f->contracts_path && rr_contract_parts_read(o->comm, f, &o->parts, err) != 0)
        return -1;
    return f->subscriptions_path ? rr_subscribers_open(o->comm, f, &o->subscribers, err) : 0;
}

/* All that is wrong with the whole; 0 when nothing is. */
static int prove_whole(struct rr_book_files *files, struct rr_error *err)
{
    if ((files->subscriptions_path && rr_book_read_subscriptions(files, err) != 0) ||
        (files->contracts_path && rr_book_read_contracts(files, err) != 0))
        return -1;
    struct rr_book *book = rr_book_parse(files, NULL, err);
    rr_book_close(book);
    return book ? 0 : -1;
}

/* Rank 0. */
static int find_mistake(const struct rr_book_source *source, struct rr_error *err)
{
    struct rr_book_files files;
    if (read_apart(source, &files, err) != 0)
        return -1;
    int result = prove_whole(&files, err);
    rr_book_files_fini(&files);
    return result;
}

/* Collective. A part of the files shows a part of what is wrong: the whole is read to tell it. 0 when
 * nothing is. */
static int explain(const struct rr_open_book *o, struct rr_error *err)
{
    return rr_agree(o->comm, o->comm->rank == 0 ? find_mistake(&o->source, err) : 0, err);
}

/* Collective. Charges that stand in one rank's contracts only may need events of all. */
static void share_events(const struct rr_comm *comm, struct rr_book *book)
{
    for (int i = 0; i < book->n_meters; i++)
        book->meters[i].per_event = rr_comm_max(comm, book->meters[i].per_event) != 0;
}

/* Collective. */
static int parse(struct rr_open_book *o, struct rr_error *err)
{
    o->book = rr_book_parse(&o->files, NULL, err);
    if (rr_agree(o->comm, o->book ? 0 : -1, err) != 0) {
        explain(o, err);
        return -1;
    }
    if (o->parts)
        share_events(o->comm, o->book);
    return 0;
}

/* Collective. */
static int prove_subscribers(struct rr_open_book *o, uint64_t memory, struct rr_error *err)
{
    bool wrong;
    if (o->subscribers == NULL || o->source.is_proved)
        return 0;
    if (rr_subscribers_prove(o->subscribers, o->book, memory, &wrong, err) != 0)
        return -1;
    return wrong ? explain(o, err) : 0;
}

int rr_open_book(const struct rr_comm *comm, const struct rr_book_source *source, uint64_t memory,
                 struct rr_open_book *o, struct rr_error *err)
{
    *o = (struct rr_open_book){.comm = comm, .source = *source};
    if (read_files(o, err) != 0 || parse(o, err) != 0 || prove_subscribers(o, memory, err) != 0)
        return -1;
    o->calendar = rr_calendar_create(o->book);
    o->meters = rr_meters_create(o->book, o->calendar);
    return 0;
}

/* Collective. The book that this rank prices by: whole contracts of the parties that it rates. */
static int deal_contracts(struct rr_open_book *o, uint32_t n_shards, struct rr_error *err)
{
    struct rr_parties *parties = rr_parties_create(o->book);
    rr_contract_parts_gather(o->parts, o->comm, n_shards, parties, o->book, &o->files);
    rr_parties_destroy(parties);
    o->dealt = rr_book_parse(&o->files, NULL, err);
    return rr_agree(o->comm, o->dealt ? 0 : -1, err);
}

int rr_open_book_deal(struct rr_open_book *o, uint32_t n_shards, struct rr_error *err)
{
    if (o->parts == NULL)
        o->dealt = o->book;
    else if (deal_contracts(o, n_shards, err) != 0)
        return -1;
    o->parties = rr_parties_create(o->dealt);
    return 0;
}

void rr_open_book_close(struct rr_open_book *o)
{
    rr_parties_destroy(o->parties);
    rr_meters_destroy(o->meters);
    rr_calendar_destroy(o->calendar);
    if (o->dealt != o->book)
        rr_book_close(o->dealt);
    rr_book_close(o->book);
    rr_book_files_fini(&o->files);
    rr_contract_parts_destroy(o->parts);
    rr_subscribers_close(o->subscribers);
}
