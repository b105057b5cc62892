/* The book's `contracts`: deals with one or more accounts. */
#include "book_reader.h"

#include <stdlib.h>

/* Charges that the plans of all contracts may hold together: each is a copy. */
enum { MERGED_MAX = 2000000 };

/* A contract that is being read. */
struct rr_contract_draft {
    struct rr_contract *contract;
    struct rr_place key;        /* of its name */
    const struct rr_plan *base; /* NULL when it names none, or an unknown one */
    const struct rr_yaml *start_node, *end_node;
    const struct rr_yaml *accounts_node;
    struct rr_text *accounts;
    int n_accounts;
    bool plan_wrong, charges_wrong, dates_wrong, accounts_wrong;
    /* of its members, by rr_settle_contracts: */
    struct rr_text first, last;
    int n_members;
};

/* ---- one contract ---- */

static void read_plan(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    struct rr_text name;
    draft->plan_wrong = true;
    draft->contract->plan.currency[0] = '\0';
    if (!rr_read_text(reader, node, "`plan`", &name))
        return;
    int plan = rr_book_find_plan(reader->book, name);
    if (plan == RR_NO_COLUMN) {
        if (!reader->plans_wrong)
            RR_WRONG(reader, node, "plan `%.*s` is not among `plans`%s", RR_SHOW(name),
                     rr_suggest(reader, name, rr_plan_names(reader)));
        return;
    }
    draft->plan_wrong = false;
    draft->base = &reader->book->plans[plan];
    draft->contract->plan = *draft->base;
}

static void read_start(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    draft->start_node = node;
    draft->dates_wrong = !rr_read_day(reader, node, "`start`", &draft->contract->start);
    if (!draft->dates_wrong)
        rr_check_cut(reader, reader->file, node->place, "`start`", draft->contract->start);
}

/* `end:` without a value is open, as in a subscription. */
static void read_end(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    bool empty = node->kind == RR_YAML_TEXT && node->text.len == 0;
    draft->end_node = node;
    if (empty || rr_yaml_is_null(node))
        return;
    if (rr_read_day(reader, node, "`end`", &draft->contract->end))
        rr_check_cut(reader, reader->file, node->place, "`end`", draft->contract->end);
    else
        draft->dates_wrong = true;
}

static void read_accounts(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    draft->accounts_node = node;
    draft->accounts_wrong =
        !rr_read_texts(reader, node, "`accounts`", false, &draft->accounts, &draft->n_accounts);
    for (int i = 0; i < draft->n_accounts; i++) {
        if (draft->accounts[i].len == 0)
            RR_WRONG(reader, node->item[i], "an account is empty; give it a text");
    }
}

static void read_bill_to(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    rr_read_text(reader, node, "`bill_to`", &draft->contract->bill_to);
}

static void read_pool(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    rr_read_bool(reader, node, "`pool`", &draft->contract->pool);
}

static void read_charges(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    int found_before = reader->mistakes->n_found;
    rr_read_charges(reader, node, "this contract", &draft->contract->own, &draft->contract->n_own);
    draft->charges_wrong = reader->mistakes->n_found > found_before;
}

static void read_minimum(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    struct rr_plan *plan = &draft->contract->plan;
    plan->has_minimum = rr_read_money(reader, node, "`minimum`", plan, &plan->minimum);
}

static void read_discount(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract_draft *draft = into;
    rr_read_discount(reader, node, &draft->contract->discount);
}

/* ---- commit ---- */

static void read_commit_amount(struct rr_book_reader *reader, const struct rr_yaml *node,
                               void *into)
{
    struct rr_contract *contract = into;
    rr_read_money(reader, node, "`amount`", &contract->plan, &contract->commit.amount);
}

static void read_every(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {[RR_TERM_PERIOD] = "period",
                                        [RR_TERM_QUARTER] = "quarter",
                                        [RR_TERM_YEAR] = "year",
                                        [RR_TERM_CONTRACT] = "contract",
                                        NULL};
    struct rr_contract *contract = into;
    int chosen;
    if (!rr_read_choice(reader, node, "`every`", names, &chosen))
        return;
    contract->commit.every = (enum rr_term)chosen;
    if (chosen == RR_TERM_CONTRACT && contract->end == RR_OPEN_END)
        RR_WRONG(reader, node,
                 "`every: contract` is a term that ends with the contract, which has no `end`; "
                 "give it one, or commit for each `year`");
    if (chosen == RR_TERM_QUARTER && reader->book->period == RR_YEAR)
        RR_WRONG(reader, node,
                 "a quarter is shorter than the book's `period: year`; write `year` or `period`");
}

static void read_billed(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {"arrears", "upfront", NULL};
    struct rr_contract *contract = into;
    int chosen;
    if (rr_read_choice(reader, node, "`billed`", names, &chosen))
        contract->commit.upfront = chosen == 1;
}

static void read_overage(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract *contract = into;
    contract->commit.has_overage =
        rr_read_not_negative(reader, node, "`overage`", &contract->commit.overage);
}

const struct rr_book_key rr_commit_keys[] = {
    {"amount", read_commit_amount, RR_KEY_REQUIRED},
    {"every", read_every, RR_KEY_REQUIRED},
    {"billed", read_billed, RR_KEY_OPTIONAL},
    {"overage", read_overage, RR_KEY_OPTIONAL},
    {0},
};

static void read_commit(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract *contract = ((struct rr_contract_draft *)into)->contract;
    contract->commit.given = rr_read_keys(reader, node, "`commit`", rr_commit_keys, contract);
    contract->commit.place = node->place;
}

/* ---- credits ---- */

struct credit_draft {
    struct rr_credit *credit;
    const struct rr_contract *contract;
    const struct rr_yaml *until;
};

static void read_credit_id(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct credit_draft *draft = into;
    rr_read_text(reader, node, "`id`", &draft->credit->id);
}

static void read_credit_amount(struct rr_book_reader *reader, const struct rr_yaml *node,
                               void *into)
{
    struct credit_draft *draft = into;
    rr_read_money(reader, node, "`amount`", &draft->contract->plan, &draft->credit->amount);
}

static void read_credit_from(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct credit_draft *draft = into;
    rr_read_day(reader, node, "`from`", &draft->credit->from);
}

static void read_until(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct credit_draft *draft = into;
    struct rr_credit *credit = draft->credit;
    if (rr_read_day(reader, node, "`until`", &credit->until) && credit->from != INT32_MIN &&
        credit->until <= credit->from)
        RR_WRONG(reader, node,
                 "`until` is not after `from`; it is the first day on which the credit no longer "
                 "applies");
}

static void read_priority(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct credit_draft *draft = into;
    int priority;
    if (rr_read_whole(reader, node, "`priority`", 0, 1000000000, &priority))
        draft->credit->priority = priority;
}

static void read_credit_charges(struct rr_book_reader *reader, const struct rr_yaml *node,
                                void *into)
{
    struct credit_draft *draft = into;
    struct rr_credit *credit = draft->credit;
    if (rr_read_texts(reader, node, "`charges`", false, &credit->charges, &credit->n_charges) &&
        credit->n_charges == 0)
        RR_WRONG(reader, node,
                 "`charges` is empty, so the credit takes from no line; name some, or leave it out "
                 "for all");
}

const struct rr_book_key rr_credit_keys[] = {
    {"id", read_credit_id, RR_KEY_REQUIRED},
    {"amount", read_credit_amount, RR_KEY_REQUIRED},
    {"from", read_credit_from, RR_KEY_REQUIRED},
    {"until", read_until, RR_KEY_OPTIONAL},
    {"priority", read_priority, RR_KEY_OPTIONAL},
    {"charges", read_credit_charges, RR_KEY_OPTIONAL},
    {0},
};

static int compare_credit_ids(const void *left, const void *right)
{
    const struct rr_credit *a = left, *b = right;
    int order = rr_text_compare(a->id, b->id);
    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    return order != 0 ? order
                      : (a->place.column > b->place.column) - (a->place.column < b->place.column);
}

static int compare_credits(const void *left, const void *right)
{
    const struct rr_credit *a = left, *b = right;
    int order = (a->priority > b->priority) - (a->priority < b->priority);
    if (order == 0)
        order = (a->until > b->until) - (a->until < b->until);
    return order != 0 ? order : rr_text_compare(a->id, b->id);
}

static void order_credits(struct rr_book_reader *reader, struct rr_credit *credits, int n)
{
    qsort(credits, (size_t)n, sizeof *credits, compare_credit_ids);
    for (int i = 1; i < n; i++) {
        if (credits[i].id.len > 0 && rr_text_equal(credits[i - 1].id, credits[i].id))
            RR_WRONG(reader, &credits[i],
                     "credit id `%.*s` stands twice in this contract, before on line %d; give one "
                     "of them another `id`",
                     RR_SHOW(credits[i].id), credits[i - 1].place.line);
    }
    qsort(credits, (size_t)n, sizeof *credits, compare_credits);
}

static void read_credits(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_contract *contract = ((struct rr_contract_draft *)into)->contract;
    if (node->kind != RR_YAML_LIST) {
        RR_WRONG(reader, node, "`credits` is a list of {id, amount, from}, not %s",
                 rr_yaml_kind_name(node->kind));
        return;
    }
    contract->credits = rr_book_alloc(reader, (size_t)node->n, sizeof *contract->credits);
    contract->n_credits = node->n;
    for (int i = 0; i < node->n; i++) {
        struct rr_credit *credit = &contract->credits[i];
        struct credit_draft draft = {.credit = credit, .contract = contract};
        *credit = (struct rr_credit){.from = INT32_MIN,
                                     .until = RR_OPEN_END,
                                     .priority = 100,
                                     .place = node->item[i]->place};
        rr_read_keys(reader, node->item[i], "a credit", rr_credit_keys, &draft);
    }
    if (node->n > 0)
        order_credits(reader, contract->credits, node->n);
}

/* In the order in which they are read: amounts are of the plan's currency, and a commitment looks
 * at the end. */
const struct rr_book_key rr_contract_keys[] = {
    {"plan", read_plan, RR_KEY_OPTIONAL},         {"accounts", read_accounts, RR_KEY_OPTIONAL},
    {"bill_to", read_bill_to, RR_KEY_OPTIONAL},   {"pool", read_pool, RR_KEY_OPTIONAL},
    {"start", read_start, RR_KEY_REQUIRED},       {"end", read_end, RR_KEY_OPTIONAL},
    {"charges", read_charges, RR_KEY_OPTIONAL},   {"minimum", read_minimum, RR_KEY_OPTIONAL},
    {"discount", read_discount, RR_KEY_OPTIONAL}, {"commit", read_commit, RR_KEY_OPTIONAL},
    {"credits", read_credits, RR_KEY_OPTIONAL},   {0},
};

/* ---- the plan with the contract's charges ---- */

static int compare_texts(const void *left, const void *right)
{
    return rr_text_compare(*(const struct rr_text *)left, *(const struct rr_text *)right);
}

static bool holds(const struct rr_text *sorted, int n, struct rr_text text)
{
    return n > 0 && bsearch(&text, sorted, (size_t)n, sizeof *sorted, compare_texts) != NULL;
}

static struct rr_text *sort_ids(struct rr_book_reader *reader, const struct rr_charge *charges,
                                int n)
{
    struct rr_text *ids = rr_book_alloc(reader, (size_t)n, sizeof *ids);
    for (int i = 0; i < n; i++)
        ids[i] = charges[i].id;
    if (n > 1)
        qsort(ids, (size_t)n, sizeof *ids, compare_texts);
    return ids;
}

/* The contract's charges take the place of those with their ids, and stand behind the others. */
static void merge_version(struct rr_book_reader *reader, const struct rr_contract *contract,
                          const struct rr_text *own_ids, struct rr_version *version)
{
    const struct rr_charge *base = version->charges;
    int n_base = version->n_charges, n = 0;
    struct rr_charge *all =
        rr_book_alloc(reader, (size_t)n_base + (size_t)contract->n_own, sizeof *all);
    for (int i = 0; i < n_base; i++) {
        if (!holds(own_ids, contract->n_own, base[i].id))
            all[n++] = base[i];
    }
    memcpy(all + n, contract->own, (size_t)contract->n_own * sizeof *all);
    version->charges = all;
    version->n_charges = n + contract->n_own;
}

static int64_t merged_charges(const struct rr_plan *plan, int n_own)
{
    int64_t n = 0;
    for (int v = 0; v < plan->n_versions; v++)
        n += plan->versions[v].n_charges + n_own;
    return n;
}

static void merge_plan(struct rr_book_reader *reader, const struct rr_contract_draft *draft)
{
    struct rr_contract *contract = draft->contract;
    struct rr_plan *plan = &contract->plan;
    if (draft->base == NULL) {
        plan->versions = rr_book_alloc(reader, 1, sizeof *plan->versions);
        plan->n_versions = 1;
        plan->versions[0] = (struct rr_version){.from = contract->start, .place = contract->place};
    }
    if (contract->n_own == 0 || plan->n_versions == 0) /* none: the plan is wrong */
        return;
    reader->n_merged += merged_charges(plan, contract->n_own);
    if (reader->n_merged > MERGED_MAX) {
        RR_WRONG(reader, contract,
                 "the plans of the contracts up to this one come to more than %d charges; put "
                 "charges that contracts share into plans",
                 MERGED_MAX);
        return;
    }
    struct rr_text *own_ids = sort_ids(reader, contract->own, contract->n_own);
    struct rr_version *versions = rr_book_alloc(reader, (size_t)plan->n_versions, sizeof *versions);
    memcpy(versions, plan->versions, (size_t)plan->n_versions * sizeof *versions);
    plan->versions = versions;
    for (int v = 0; v < plan->n_versions; v++)
        merge_version(reader, contract, own_ids, &versions[v]);
}

/* ---- what is checked when all keys are read ---- */

static void check_dates(struct rr_book_reader *reader, struct rr_contract_draft *draft)
{
    const struct rr_contract *contract = draft->contract;
    const struct rr_plan *base = draft->base;
    if (draft->start_node == NULL)
        draft->dates_wrong = true;
    if (draft->dates_wrong)
        return;
    if (contract->end <= contract->start) {
        RR_WRONG(reader, draft->end_node,
                 "`end` is not after `start`; `end` is the first day that is no longer in the "
                 "contract");
        draft->dates_wrong = true;
    }
    if (base == NULL || base->n_versions == 0 || base->versions[0].from <= contract->start)
        return;
    char day[11];
    rr_day_format(base->versions[0].from, day);
    RR_WRONG(reader, draft->start_node,
             "the contract starts before its plan `%.*s`, whose first version is from %s; start "
             "later, or give the plan an earlier version",
             RR_SHOW(base->name), day);
}

/* The ids that a credit may name, sorted; ended by NULL in `names`. */
static struct rr_text *creditable(struct rr_book_reader *reader, const struct rr_contract *contract,
                                  int *n, const char ***names)
{
    static const char *const made[] = {"minimum", "commit", "overage"};
    enum { MADE = sizeof made / sizeof *made };
    size_t room = MADE + (size_t)merged_charges(&contract->plan, 0);
    struct rr_text *ids = rr_book_alloc(reader, room, sizeof *ids);
    *n = 0;
    for (int v = 0; v < contract->plan.n_versions; v++) {
        const struct rr_version *version = &contract->plan.versions[v];
        for (int c = 0; c < version->n_charges; c++)
            ids[(*n)++] = version->charges[c].id;
    }
    for (int i = 0; i < MADE; i++)
        ids[(*n)++] = rr_text_of(made[i]);
    qsort(ids, (size_t)*n, sizeof *ids, compare_texts);
    *names = rr_book_alloc(reader, room + 1, sizeof **names);
    for (int i = 0; i < *n; i++)
        (*names)[i] = ids[i].len > 0 ? ids[i].ptr : "";
    return ids;
}

static void check_credit_charges(struct rr_book_reader *reader, const struct rr_contract *contract)
{
    int n = 0;
    const char **names = NULL;
    struct rr_text *ids = NULL;
    for (int i = 0; i < contract->n_credits; i++) {
        const struct rr_credit *credit = &contract->credits[i];
        if (credit->n_charges > 0 && ids == NULL)
            ids = creditable(reader, contract, &n, &names);
        for (int c = 0; c < credit->n_charges; c++) {
            if (!holds(ids, n, credit->charges[c]))
                RR_WRONG(reader, credit, "`charges`: the contract has no charge `%.*s`%s",
                         RR_SHOW(credit->charges[c]),
                         rr_suggest(reader, credit->charges[c], names));
        }
    }
}

/* ---- stays ---- */

static void append_stay(struct rr_book_reader *reader, const struct rr_stay *stay)
{
    struct rr_book *book = reader->book;
    if (book->n_stays == reader->stays_room) {
        int room = reader->stays_room > 0 ? reader->stays_room * 2 : 64;
        struct rr_stay *stays = rr_book_alloc(reader, (size_t)room, sizeof *stays);
        if (book->n_stays > 0)
            memcpy(stays, book->stays, (size_t)book->n_stays * sizeof *stays);
        book->stays = stays;
        reader->stays_room = room;
    }
    book->stays[book->n_stays++] = *stay;
}

void rr_add_stay(struct rr_book_reader *reader, const struct rr_stay *given)
{
    const struct rr_contract *contract = &reader->book->contracts[given->contract];
    struct rr_stay stay = *given;
    if (reader->contracts[given->contract].dates_wrong)
        return;
    if (stay.start < contract->start)
        stay.start = contract->start;
    if (stay.end > contract->end)
        stay.end = contract->end;
    if (stay.start >= stay.end)
        stay.start = stay.end = contract->start;
    append_stay(reader, &stay);
}

static void add_listed(struct rr_book_reader *reader, const struct rr_contract_draft *draft,
                       int contract)
{
    for (int i = 0; i < draft->n_accounts; i++) {
        struct rr_place place = draft->accounts_node->item[i]->place;
        struct rr_stay stay = {.account = draft->accounts[i],
                               .contract = contract,
                               .start = INT32_MIN,
                               .end = RR_OPEN_END,
                               .source = reader->file,
                               .line = place.line,
                               .column = place.column};
        rr_add_stay(reader, &stay);
    }
}

/* ---- all contracts ---- */

static void read_contract(struct rr_book_reader *reader, const struct rr_entry *entry, int index)
{
    struct rr_book *book = reader->book;
    struct rr_contract *contract = &book->contracts[index];
    struct rr_contract_draft *draft = &reader->contracts[index];
    *draft = (struct rr_contract_draft){.contract = contract, .key = entry->key->place};
    *contract = (struct rr_contract){.name = entry->name,
                                     .plan.minor_digits = book->minor_digits,
                                     .start = INT32_MIN,
                                     .end = RR_OPEN_END,
                                     .file = reader->file,
                                     .place = entry->key->place};
    memcpy(contract->plan.currency, book->currency, sizeof contract->plan.currency);
    if (!rr_read_keys(reader, entry->value, "a contract", rr_contract_keys, draft)) {
        draft->dates_wrong = draft->accounts_wrong = true;
        return;
    }
    check_dates(reader, draft);
    merge_plan(reader, draft);
    if (!draft->plan_wrong && !draft->charges_wrong)
        check_credit_charges(reader, contract);
    add_listed(reader, draft, index);
}

static void read_all(struct rr_book_reader *reader, const struct rr_yaml *node)
{
    struct rr_book *book = reader->book;
    struct rr_entry *entries;
    int n = rr_read_entries(reader, node, "`contracts`", RR_CONTRACTS_MAX, &entries);
    reader->contracts_wrong = n == 0;
    if (n == 0)
        return;
    book->contracts = rr_book_alloc(reader, (size_t)n, sizeof *book->contracts);
    book->n_contracts = n;
    reader->contracts = rr_book_alloc(reader, (size_t)n, sizeof *reader->contracts);
    for (int i = 0; i < n; i++)
        read_contract(reader, &entries[i], i);
}

void rr_read_contracts(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)into;
    struct rr_book *book = reader->book;
    struct rr_text path;
    if (node->kind != RR_YAML_TEXT) {
        read_all(reader, node);
        return;
    }
    reader->contracts_wrong = true;
    if (!rr_read_text(reader, node, "`contracts`", &path))
        return;
    if (book->contracts_path.ptr == NULL) {
        RR_WRONG(reader, node, "`contracts`: `%.*s` was not read with the book", RR_SHOW(path));
        return;
    }
    reader->file = book->contracts_path.ptr;
    const struct rr_yaml *root =
        rr_yaml_parse(reader->file, book->contracts_source, book->arena, reader->mistakes);
    if (root != NULL)
        read_all(reader, root);
    reader->file = book->path;
}

/* ---- what is said when all rows are read ---- */

static int compare_stays(const void *left, const void *right)
{
    const struct rr_stay *a = left, *b = right;
    int order = rr_text_compare(a->account, b->account);
    if (order == 0)
        order = (a->start > b->start) - (a->start < b->start);
    if (order == 0)
        order = (a->end > b->end) - (a->end < b->end);
    if (order == 0)
        order = strcmp(a->source, b->source);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order != 0 ? order : (a->column > b->column) - (a->column < b->column);
}

/* An account is in one contract at a time. */
static void check_overlaps(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    const struct rr_stay *latest = NULL; /* the one that ends last, of this account */
    for (int i = 0; i < book->n_stays; i++) {
        const struct rr_stay *s = &book->stays[i];
        bool same = latest != NULL && rr_text_equal(latest->account, s->account);
        if (same && s->start < s->end && s->start < latest->end)
            rr_mistake_add(reader->mistakes, s->source, (struct rr_place){s->line, s->column},
                           "account `%.*s` is under two deals at once: it is in contract `%.*s` "
                           "at that time already (%s, line %d); end one before the other starts",
                           RR_SHOW(s->account), RR_SHOW(book->contracts[latest->contract].name),
                           latest->source, latest->line);
        if (!same || s->end > latest->end)
            latest = s;
    }
}

/* Stays are sorted by account: the first member met is the first by name. */
static void count_members(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    for (int i = 0; i < book->n_stays; i++) {
        const struct rr_stay *stay = &book->stays[i];
        struct rr_contract_draft *draft = &reader->contracts[stay->contract];
        if (stay->start == stay->end ||
            (draft->n_members > 0 && rr_text_equal(draft->last, stay->account)))
            continue;
        if (draft->n_members++ == 0)
            draft->first = stay->account;
        draft->last = stay->account;
    }
}

static void settle_payer(struct rr_book_reader *reader, const struct rr_contract_draft *draft)
{
    struct rr_contract *contract = draft->contract;
    bool known = !draft->accounts_wrong && !draft->dates_wrong && !reader->subscriptions_wrong;
    if (draft->n_members == 0 && known)
        rr_mistake_add(reader->mistakes, contract->file, draft->key,
                       "contract `%.*s` has no account; add `accounts`, or rows with it in the "
                       "`contract` column of the subscriptions",
                       RR_SHOW(contract->name));
    if (contract->bill_to.len > 0 || draft->n_members == 0)
        return;
    if (contract->pool || draft->n_members == 1)
        contract->bill_to = draft->first;
    else if (contract->commit.given)
        rr_mistake_add(reader->mistakes, contract->file, contract->commit.place,
                       "a commitment of several accounts needs one who pays it; add `bill_to` or "
                       "`pool: true`");
}

void rr_settle_contracts(struct rr_book_reader *reader)
{
    struct rr_book *book = reader->book;
    if (book->n_stays > 1)
        qsort(book->stays, (size_t)book->n_stays, sizeof *book->stays, compare_stays);
    check_overlaps(reader);
    count_members(reader);
    for (int i = 0; i < book->n_contracts; i++)
        settle_payer(reader, &reader->contracts[i]);
}
