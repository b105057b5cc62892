/* The command table, and reading the command line by it. */
#include "command.h"

#include "../io/line.h"

#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_CHECKPOINT_S = 60,
    DEFAULT_SPLIT = 32 * 1024 * 1024,
    DEFAULT_TOP = 20,
    MOST_TOP = 100000,
};

static bool read_count(const char *text, uint64_t *out);

static bool read_increment(const char *text, uint32_t *out)
{
    uint64_t n;
    if (!read_count(text, &n) || n == 0 || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

static int run(const struct rr_comm *comm, const struct rr_arguments *a, struct rr_error *err)
{
    struct rr_billing_options options = a->billing;
    if (a->n_rest < 2)
        return rr_fail(err, RR_EXIT_USAGE,
                       "run wants a book and usage files; see `rerate run "
                       "--help`");
    options.reads = true;
    options.book_path = a->rest[0];
    options.inputs = a->rest + 1;
    options.n_inputs = a->n_rest - 1;
    return rr_billing_run(comm, &options, err);
}

static int rate(const struct rr_comm *comm, const struct rr_arguments *a, struct rr_error *err)
{
    struct rr_billing_options options = a->billing;
    if (a->n_rest != (a->n_what_if == 0))
        return rr_fail(err, RR_EXIT_USAGE,
                       "rate wants one book, or books behind --what-if; see `rerate rate --help`");
    if (a->n_what_if > 0 && options.stage)
        return rr_fail(err, RR_EXIT_USAGE,
                       "--stage: what is priced by --what-if can't be published");
    options.book_path = a->rest[0];
    options.what_if = a->what_if;
    options.n_what_if = a->n_what_if;
    options.carry = !a->price_all;
    if (a->as_of && !read_increment(a->as_of, &options.as_of))
        return rr_fail(
            err, RR_EXIT_USAGE,
            "--as-of %s: wants the number of an increment, from 1; `rerate status -w %s` "
            "lists them",
            a->as_of, a->workspace);
    return rr_billing_run(comm, &options, err);
}

#define BILLING "wmcqCftpzjM"

const struct rr_command rr_commands[] = {
    {"run", "-w DIR BOOK USAGE...", "read usage, aggregate, price, publish", BILLING "FSBG", true,
     run},
    {"rate", "-w DIR BOOK | --what-if BOOK...", "price again from the kept state; reads no usage",
     BILLING "AGWL", true, rate},
    {"impact", "-w DIR [OLD NEW]", "what changed between two results, to the cent", "wmXKNTj", true,
     rr_command_impact},
    {"explain", "-w DIR --account A [RESULT | OLD NEW]",
     "how the amounts of one account came to be", "wnEYVJ", false, rr_command_explain},
    {"issue", "-w DIR RESULT", "mark what goes out to customers", "wHj", false, rr_command_issue},
    {"check", "BOOK [--usage FILE]", "prove a book, and that it reads this usage", "uj", false,
     rr_command_check},
    {"status", "-w DIR", "state, results, a running job's progress", "wj", false,
     rr_command_status},
    {"report", "-w DIR [RESULT | OLD NEW] [-o FILE]",
     "one self-contained HTML page about a result or an impact", "wO", false, rr_command_report},
    {"verify", "-w DIR", "every digest and conservation law, from the files alone", "wjI", false,
     rr_command_verify},
    {"publish", "-w DIR RESULT [--max-delta AMOUNT|P%]",
     "verify a result, and let `latest` name it", "wjD", false, rr_command_publish},
    {"rollback", "-w DIR [RESULT]", "let `latest` name what it named before", "wj", false,
     rr_command_rollback},
    {"generate", "--records N --accounts N [--seed S] -o DIR",
     "a deterministic sample: book, subscriptions, usage", "rasoP", false, rr_command_generate},
    {0},
};

/* Values of options. */

static bool read_number(const char *text, const char **end, uint64_t *out)
{
    uint64_t n = 0;
    if (*text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(n, 10u, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
            return false;
    *end = text;
    *out = n;
    return true;
}

static bool read_count(const char *text, uint64_t *out)
{
    const char *end;
    return read_number(text, &end, out) && *end == '\0';
}

static bool read_unit(const char *text, const char *letters, const uint64_t *factors, uint64_t *out)
{
    const char *end;
    if (!read_number(text, &end, out))
        return false;
    if (*end == '\0')
        return true;
    const char *letter = strchr(letters, *end);
    return letter && end[1] == '\0' &&
           !__builtin_mul_overflow(*out, factors[letter - letters], out);
}

static bool read_size(const char *text, uint64_t *out)
{
    static const uint64_t factors[] = {1u << 10, 1u << 20, 1u << 30, (uint64_t)1 << 40};
    return read_unit(text, "KMGT", factors, out) && *out > 0;
}

static bool read_time(const char *text, uint64_t *out)
{
    static const uint64_t factors[] = {1, 60, 3600};
    return read_unit(text, "smh", factors, out) && *out <= INT32_MAX;
}

static bool set_workspace(struct rr_arguments *a, const char *value)
{
    a->workspace = value;
    a->billing.dir = value;
    return *value != '\0' && strlen(value) < 3000;
}

static bool set_memory(struct rr_arguments *a, const char *value)
{
    return read_size(value, &a->billing.memory);
}

static bool set_checkpoint(struct rr_arguments *a, const char *value)
{
    uint64_t seconds;
    if (!read_time(value, &seconds))
        return false;
    a->billing.checkpoint_every_s = (int64_t)seconds;
    return true;
}

static bool set_quarantine(struct rr_arguments *a, const char *value)
{
    const char *end;
    if (!read_number(value, &end, &a->billing.max_quarantine))
        return false;
    a->billing.max_quarantine_is_percent = *end == '%';
    return *end == '\0' || (end[0] == '%' && end[1] == '\0' && a->billing.max_quarantine <= 100);
}

static bool set_control(struct rr_arguments *a, const char *value)
{
    a->billing.control_path = value;
    return *value != '\0';
}

static bool set_from(struct rr_arguments *a, const char *value)
{
    a->billing.from = value;
    return true;
}

static bool set_to(struct rr_arguments *a, const char *value)
{
    a->billing.to = value;
    return true;
}

static bool set_progress(struct rr_arguments *a, const char *value)
{
    static const char *const modes[] = {"auto", "plain", "none"};
    for (int i = 0; i < 3; i++)
        if (strcmp(value, modes[i]) == 0) {
            a->billing.progress = (enum rr_progress_mode)i;
            return true;
        }
    return false;
}

static bool set_compress(struct rr_arguments *a, const char *value)
{
    a->billing.compress = strcmp(value, "zstd") == 0;
    return a->billing.compress || strcmp(value, "none") == 0;
}

static bool set_metrics(struct rr_arguments *a, const char *value)
{
    a->billing.metrics_path = value;
    return *value != '\0';
}

static bool set_json(struct rr_arguments *a, const char *value)
{
    (void)value;
    a->billing.json = true;
    return true;
}

static bool set_fresh(struct rr_arguments *a, const char *value)
{
    (void)value;
    a->billing.fresh = true;
    return true;
}

static bool set_all(struct rr_arguments *a, const char *value)
{
    (void)value;
    a->price_all = true;
    return true;
}

static bool set_stage(struct rr_arguments *a, const char *value)
{
    (void)value;
    a->billing.stage = true;
    return true;
}

static bool set_shards(struct rr_arguments *a, const char *value)
{
    uint64_t n;
    if (!read_count(value, &n) || n == 0 || n > RR_SHARDS_MAX)
        return false;
    a->billing.n_shards = (uint32_t)n;
    return true;
}

static bool set_split(struct rr_arguments *a, const char *value)
{
    return read_size(value, &a->billing.split_bytes);
}

static bool set_as_of(struct rr_arguments *a, const char *value)
{
    a->as_of = value;
    return true;
}

static bool set_max_delta(struct rr_arguments *a, const char *value)
{
    a->max_delta = value;
    return true;
}

static bool set_closed_through(struct rr_arguments *a, const char *value)
{
    a->closed_through = value;
    return *value != '\0';
}

static bool set_book_in(struct rr_arguments *a, const char *value)
{
    a->book_in = value;
    return *value != '\0';
}

static bool set_provider(struct rr_arguments *a, const char *value)
{
    a->provider = value;
    return *value != '\0';
}

static bool set_through(struct rr_arguments *a, const char *value)
{
    a->through = value;
    return *value != '\0';
}

static bool set_top(struct rr_arguments *a, const char *value)
{
    return read_count(value, &a->top) && a->top <= MOST_TOP;
}

static bool set_what_if(struct rr_arguments *a, const char *value)
{
    if (a->n_what_if == RR_WHAT_IF_MAX)
        return false;
    a->what_if[a->n_what_if++] = (char *)(uintptr_t)value;
    return *value != '\0';
}

static bool set_account(struct rr_arguments *a, const char *value)
{
    a->account = value;
    return *value != '\0';
}

static bool set_period(struct rr_arguments *a, const char *value)
{
    a->period = value;
    return *value != '\0';
}

static bool set_charge(struct rr_arguments *a, const char *value)
{
    a->charge = value;
    return *value != '\0';
}

static bool set_detail(struct rr_arguments *a, const char *value)
{
    a->detail = value;
    return true;
}

static bool set_usage(struct rr_arguments *a, const char *value)
{
    a->usage = value;
    return true;
}

static bool set_records(struct rr_arguments *a, const char *value)
{
    return a->has_records = read_count(value, &a->records);
}

static bool set_accounts(struct rr_arguments *a, const char *value)
{
    return a->has_accounts = read_count(value, &a->accounts) && a->accounts > 0;
}

static bool set_seed(struct rr_arguments *a, const char *value)
{
    return read_count(value, &a->seed);
}

static bool set_output(struct rr_arguments *a, const char *value)
{
    a->output = value;
    return *value != '\0' && strlen(value) < 3000;
}

static bool set_plain(struct rr_arguments *a, const char *value)
{
    (void)value;
    a->plain_csv = true;
    return true;
}

static bool set_inputs(struct rr_arguments *a, const char *value)
{
    (void)value;
    a->need_inputs = true;
    return true;
}

static const struct option {
    char letter; /* in rr_command.options */
    const char *name;
    const char *brief; /* "-w", or NULL */
    const char *value; /* what it takes; NULL: nothing */
    const char *help;
    bool (*set)(struct rr_arguments *a, const char *value);
} options[] = {
    {'w', "--workspace", "-w", "DIR", "the workspace", set_workspace},
    {'m', "--memory", NULL, "SIZE",
     "memory for the state of one rank (default: node memory / 2 / "
     "local ranks)",
     set_memory},
    {'c', "--checkpoint-every", NULL, "TIME", "how much work a crash may cost (default: 60s)",
     set_checkpoint},
    {'q', "--max-quarantine", NULL, "N|P%", "publish with up to so many bad records (default: 0)",
     set_quarantine},
    {'C', "--control", NULL, "FILE",
     "expected file,records,quantity totals; any difference blocks publishing", set_control},
    {'f', "--from", NULL, "P", "the first period to rate", set_from},
    {'t', "--to", NULL, "P", "the last period to rate", set_to},
    {'p', "--progress", NULL, "auto|plain|none", "a bar on a terminal, or lines in a log",
     set_progress},
    {'z', "--compress", NULL, "zstd|none", "result tables as .csv.zst (default: none)",
     set_compress},
    {'M', "--metrics", NULL, "FILE", "OpenMetrics text, rewritten while running", set_metrics},
    {'j', "--json", NULL, NULL, "the closing summary as one JSON object", set_json},
    {'J', "--json", NULL, NULL, "the explanation as one JSON object", set_json},
    {'F', "--fresh", NULL, NULL, "drop the state first", set_fresh},
    {'A', "--as-of", NULL, "N", "price the state as it was after increment N; `latest` stays",
     set_as_of},
    {'W', "--what-if", NULL, "BOOK",
     "price by this book for comparison alone; may be given up to 64 times", set_what_if},
    {'L', "--all", NULL, NULL, "price everything, not only what the changed book can touch",
     set_all},
    {'G', "--stage", NULL, NULL, "the result waits for `rerate publish`; `latest` stays",
     set_stage},
    {'X', "--closed-through", NULL, "P",
     "periods up to this one are closed: corrections are booked", set_closed_through},
    {'K', "--book-in", NULL, "P", "the open period that corrections are booked in", set_book_in},
    {'N', "--provider", NULL, "NAME", "who provides and invoices, for focus.csv (default: rerate)",
     set_provider},
    {'H', "--through", NULL, "P", "the last period that goes out (default: all of the result)",
     set_through},
    {'T', "--top", NULL, "N", "accounts to list, those that change most (default: 20)", set_top},
    {'S', "--shards", NULL, "N", "virtual shards of a new state (default: 4096)", set_shards},
    {'B', "--split", NULL, "SIZE", "cut inputs into parts of about this size (default: 32M)",
     set_split},
    {'D', "--max-delta", NULL, "AMOUNT|P%",
     "publish only if invoices move by no more in any currency, up and down counted alike",
     set_max_delta},
    {'n', "--account", NULL, "A", "the account to explain", set_account},
    {'E', "--period", NULL, "P", "this period alone", set_period},
    {'Y', "--charge", NULL, "C", "this charge alone", set_charge},
    {'V', "--detail", NULL, "D", "lines of this detail alone, as in lines.csv", set_detail},
    {'u', "--usage", NULL, "FILE", "usage to read by this book", set_usage},
    {'r', "--records", NULL, "N", "how many records", set_records},
    {'a', "--accounts", NULL, "N", "how many accounts", set_accounts},
    {'s', "--seed", NULL, "S", "another sample (default: 1)", set_seed},
    {'o', "--output", "-o", "DIR", "where to write", set_output},
    {'O', "--output", "-o", "FILE", "where to write the page (default: in the workspace)",
     set_output},
    {'I', "--inputs", NULL, NULL, "inputs that are not there are an error", set_inputs},
    {'P', "--plain", NULL, NULL, "write .csv instead of .csv.zst", set_plain},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

static const struct rr_command *find_command(const char *name)
{
    for (const struct rr_command *c = rr_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static void put(struct rr_line *text, const char *string)
{
    rr_line_put(text, string, strlen(string));
}

static void put_row(struct rr_line *text, const char *name, const char *purpose)
{
    char row[512];
    snprintf(row, sizeof row, "  %-28s %s\n", name, purpose);
    put(text, row);
}

static char *finish(struct rr_line *text)
{
    rr_line_put(text, "", 1);
    return text->bytes;
}

static char *help(void)
{
    struct rr_line text = {0};
    put(&text, "rerate " RR_VERSION " - usage to invoices, exactly, on any number of ranks\n\n"
               "  rerate COMMAND ...            alone, or under mpirun or srun\n\n");
    for (const struct rr_command *c = rr_commands; c->name; c++)
        put_row(&text, c->name, c->purpose);
    put(&text, "\n`rerate COMMAND --help` tells a command's options. Exit codes: 0 done, 64 wrong "
               "usage,\n65 data refused, 66 input missing or changed, 70 a bug, 73 workspace can't "
               "be written,\n74 read or write failed, 75 stopped with a checkpoint, 78 the book is "
               "wrong.\n");
    return finish(&text);
}

static char *command_help(const struct rr_command *command)
{
    struct rr_line text = {0};
    put(&text, "rerate ");
    put(&text, command->name);
    put(&text, " ");
    put(&text, command->synopsis);
    put(&text, "\n  ");
    put(&text, command->purpose);
    put(&text, "\n\n");
    for (int i = 0; i < OPTIONS; i++) {
        char name[64];
        if (strchr(command->options, options[i].letter) == NULL)
            continue;
        snprintf(name, sizeof name, "%s%s%s%s%s", options[i].brief ? options[i].brief : "",
                 options[i].brief ? ", " : "", options[i].name, options[i].value ? " " : "",
                 options[i].value ? options[i].value : "");
        put_row(&text, name, options[i].help);
    }
    return finish(&text);
}

/* The option that `word` is, and its value when that stands behind '='. */
static const struct option *find_option(const struct rr_command *command, const char *word,
                                        const char **value)
{
    size_t len = strcspn(word, "=");
    *value = word[len] == '=' ? word + len + 1 : NULL;
    for (int i = 0; i < OPTIONS; i++) {
        const struct option *o = &options[i];
        bool named = (strlen(o->name) == len && memcmp(o->name, word, len) == 0) ||
                     (o->brief && strlen(o->brief) == len && memcmp(o->brief, word, len) == 0);
        if (named && strchr(command->options, o->letter))
            return o;
    }
    return NULL;
}

static int read_option(const struct rr_command *command, char **argv, int argc, int *i,
                       struct rr_arguments *arguments, struct rr_error *err)
{
    const char *value, *word = argv[*i];
    const struct option *option = find_option(command, word, &value);
    if (option == NULL)
        return rr_fail(err, RR_EXIT_USAGE, "%s: no such option of %s; see `rerate %s --help`", word,
                       command->name, command->name);
    if (option->value && value == NULL) {
        if (*i + 1 >= argc)
            return rr_fail(err, RR_EXIT_USAGE, "%s wants a value: %s", option->name, option->value);
        value = argv[++*i];
    }
    if (!option->set(arguments, value))
        return rr_fail(err, RR_EXIT_USAGE, "%s %s: wants %s", option->name, value ? value : "",
                       option->value ? option->value : "no value");
    return 0;
}

static int read_words(const struct rr_command *command, int argc, char **argv,
                      struct rr_arguments *arguments, char **text, struct rr_error *err)
{
    bool options_end = false;
    arguments->rest = argv; /* words that are no options move to the front */
    for (int i = 0; i < argc; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            *text = command_help(command);
            return 1;
        } else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (read_option(command, argv, argc, &i, arguments, err) != 0)
                return -1;
        } else {
            arguments->rest[arguments->n_rest++] = argv[i];
        }
    }
    if (strchr(command->options, 'w') && arguments->workspace == NULL)
        return rr_fail(err, RR_EXIT_USAGE, "%s wants a workspace: -w DIR", command->name);
    return 0;
}

int rr_arguments_read(int argc, char **argv, const struct rr_command **command,
                      struct rr_arguments *arguments, char **text, struct rr_error *err)
{
    *arguments = (struct rr_arguments){
        .seed = 1,
        .top = DEFAULT_TOP,
        .provider = "rerate",
        .billing = {.checkpoint_every_s = DEFAULT_CHECKPOINT_S,
                    .split_bytes = DEFAULT_SPLIT,
                    .n_shards = RR_DEFAULT_SHARDS},
    };
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        *text = help();
        return 1;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        *text = strdup("rerate " RR_VERSION "\n");
        return 1;
    }
    *command = find_command(argv[1]);
    if (*command == NULL)
        return rr_fail(err, RR_EXIT_USAGE, "%s: no such command; see `rerate --help`", argv[1]);
    return read_words(*command, argc - 2, argv + 2, arguments, text, err);
}
