/* Parties: connected accounts and contracts, by union and find. */
#include "parties.h"

#include "../io/memory.h"

#include <stdlib.h>

struct span {
    uint32_t first, n;
};

struct rr_parties {
    const struct rr_book *book;
    struct rr_text *account; /* all that contracts name, sorted, each once */
    uint32_t n_accounts;
    uint32_t *party_of;     /* each account's */
    struct rr_text *member; /* by party, then name */
    const struct rr_contract **contract;
    struct span *members, *contracts; /* of each party */
    uint32_t n;
    uint32_t *above; /* accounts, then contracts: towards the root of each tree */
};

static int compare_texts(const void *a, const void *b)
{
    return rr_text_compare(*(const struct rr_text *)a, *(const struct rr_text *)b);
}

static void list_accounts(struct rr_parties *p)
{
    const struct rr_book *book = p->book;
    size_t most = (size_t)book->n_stays + (size_t)book->n_contracts, n = 0;
    p->account = rr_malloc(most * sizeof *p->account);
    for (int i = 0; i < book->n_stays; i++)
        p->account[n++] = book->stays[i].account;
    for (int c = 0; c < book->n_contracts; c++)
        if (book->contracts[c].bill_to.len > 0)
            p->account[n++] = book->contracts[c].bill_to;
    qsort(p->account, n, sizeof *p->account, compare_texts);
    for (size_t i = 0; i < n; i++)
        if (p->n_accounts == 0 || !rr_text_equal(p->account[p->n_accounts - 1], p->account[i]))
            p->account[p->n_accounts++] = p->account[i];
}

static uint32_t find_account(const struct rr_parties *p, struct rr_text account)
{
    uint32_t low = 0, high = p->n_accounts;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rr_text_compare(p->account[middle], account) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t root(struct rr_parties *p, uint32_t node)
{
    while (p->above[node] != node) {
        p->above[node] = p->above[p->above[node]];
        node = p->above[node];
    }
    return node;
}

static void join(struct rr_parties *p, struct rr_text account, int contract)
{
    uint32_t a = root(p, find_account(p, account));
    uint32_t b = root(p, p->n_accounts + (uint32_t)contract);
    p->above[a > b ? a : b] = a > b ? b : a;
}

static void join_all(struct rr_parties *p)
{
    const struct rr_book *book = p->book;
    uint32_t nodes = p->n_accounts + (uint32_t)book->n_contracts;
    p->above = rr_malloc(nodes * sizeof *p->above);
    for (uint32_t i = 0; i < nodes; i++)
        p->above[i] = i;
    for (int i = 0; i < book->n_stays; i++)
        join(p, book->stays[i].account, book->stays[i].contract);
    for (int c = 0; c < book->n_contracts; c++)
        if (book->contracts[c].bill_to.len > 0)
            join(p, book->contracts[c].bill_to, c);
}

/* Parties by their first accounts: a root is the least node of its tree, and so an account. */
static void number_parties(struct rr_parties *p)
{
    p->party_of = rr_malloc(p->n_accounts * sizeof *p->party_of);
    p->members = rr_calloc(p->n_accounts, sizeof *p->members);
    p->contracts = rr_calloc(p->n_accounts, sizeof *p->contracts);
    for (uint32_t a = 0; a < p->n_accounts; a++) {
        uint32_t first = root(p, a);
        p->party_of[a] = first == a ? p->n++ : p->party_of[first];
        p->members[p->party_of[a]].n++;
    }
}

static uint32_t party_of_contract(struct rr_parties *p, int c)
{
    return p->party_of[root(p, p->n_accounts + (uint32_t)c)];
}

static void start_spans(struct span *span, uint32_t n)
{
    for (uint32_t i = 0, sum = 0; i < n; i++) {
        span[i].first = sum;
        sum += span[i].n;
        span[i].n = 0;
    }
}

static void list_parties(struct rr_parties *p)
{
    int n_contracts = p->book->n_contracts;
    for (int c = 0; c < n_contracts; c++)
        p->contracts[party_of_contract(p, c)].n++;
    start_spans(p->members, p->n);
    start_spans(p->contracts, p->n);
    p->member = rr_malloc(p->n_accounts * sizeof *p->member);
    p->contract = rr_malloc((size_t)n_contracts * sizeof *p->contract);
    for (uint32_t a = 0; a < p->n_accounts; a++) {
        struct span *span = &p->members[p->party_of[a]];
        p->member[span->first + span->n++] = p->account[a];
    }
    for (int c = 0; c < n_contracts; c++) {
        struct span *span = &p->contracts[party_of_contract(p, c)];
        p->contract[span->first + span->n++] = &p->book->contracts[c];
    }
}

struct rr_parties *rr_parties_create(const struct rr_book *book)
{
    struct rr_parties *p = rr_calloc(1, sizeof *p);
    p->book = book;
    if (book->n_contracts == 0)
        return p;
    list_accounts(p);
    join_all(p);
    number_parties(p);
    list_parties(p);
    return p;
}

void rr_parties_destroy(struct rr_parties *p)
{
    if (p == NULL)
        return;
    free(p->account);
    free(p->party_of);
    free(p->member);
    free(p->contract);
    free(p->members);
    free(p->contracts);
    free(p->above);
    free(p);
}

uint32_t rr_parties_size(const struct rr_parties *p)
{
    return p->n;
}

struct rr_party rr_parties_at(const struct rr_parties *p, uint32_t party)
{
    return (struct rr_party){p->member + p->members[party].first, p->members[party].n,
                             p->contract + p->contracts[party].first, p->contracts[party].n};
}

bool rr_parties_find(const struct rr_parties *p, struct rr_text account, uint32_t *party)
{
    uint32_t at = p->n_accounts > 0 ? find_account(p, account) : 0;
    if (at == p->n_accounts || !rr_text_equal(p->account[at], account))
        return false;
    *party = p->party_of[at];
    return true;
}
