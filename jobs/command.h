/* Commands: what the program can be asked to do, as a table, and their options. */
#ifndef JOBS_COMMAND_H
#define JOBS_COMMAND_H

#include "billing.h"

enum { RR_WHAT_IF_MAX = 64 }; /* books in one pass */

/* What the command line said; every command reads its part. */
struct rr_arguments {
    struct rr_billing_options billing;
    const char *workspace;
    const char *output;
    const char *usage;
    const char *as_of;
    bool price_all;
    char *what_if[RR_WHAT_IF_MAX];
    int n_what_if;
    const char *max_delta;
    const char *closed_through, *book_in, *through; /* periods */
    const char *provider;
    const char *account, *period, *charge, *detail; /* explain: what is asked for */
    uint64_t top;
    uint64_t records, accounts, seed;
    bool has_records, has_accounts;
    bool plain_csv;
    bool need_inputs;
    char **rest; /* what is no option */
    int n_rest;
};

struct rr_command {
    const char *name;
    const char *synopsis; /* the arguments */
    const char *purpose;  /* one line */
    const char *options;  /* letters of the options it takes, see command.c */
    bool collective;      /* all ranks take part; else rank 0 alone */
    int (*run)(const struct rr_comm *comm, const struct rr_arguments *arguments,
               struct rr_error *err);
};

extern const struct rr_command rr_commands[]; /* ended by a row without a name */

/* Reads the command line. Returns 0 and the command; 1 when help or the version was asked for and
 * `*text` is to be printed (the caller frees it); -1 on error (RR_EXIT_USAGE). */
int rr_arguments_read(int argc, char **argv, const struct rr_command **command,
                      struct rr_arguments *arguments, char **text, struct rr_error *err);

int rr_command_check(const struct rr_comm *comm, const struct rr_arguments *arguments,
                     struct rr_error *err);
int rr_command_explain(const struct rr_comm *comm, const struct rr_arguments *arguments,
                       struct rr_error *err);
int rr_command_publish(const struct rr_comm *comm, const struct rr_arguments *arguments,
                       struct rr_error *err);
int rr_command_rollback(const struct rr_comm *comm, const struct rr_arguments *arguments,
                        struct rr_error *err);
int rr_command_generate(const struct rr_comm *comm, const struct rr_arguments *arguments,
                        struct rr_error *err);
int rr_command_report(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err);
int rr_command_impact(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err);
int rr_command_issue(const struct rr_comm *comm, const struct rr_arguments *arguments,
                     struct rr_error *err);
int rr_command_status(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err);
int rr_command_verify(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err);

#endif
