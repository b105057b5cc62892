/* CSV beside a book (RFC 4180): records with the places of their fields, for messages. Private to those who
 * read a book's files. */
#ifndef JOBS_BOOK_CSV_H
#define JOBS_BOOK_CSV_H

#include "book_reader.h"

enum { RR_BOOK_CSV_FIELDS = 64 };

/* The columns of subscriptions. */
enum { RR_ROW_ACCOUNT, RR_ROW_PLAN, RR_ROW_START, RR_ROW_END, RR_ROW_CONTRACT, RR_ROW_COLUMNS };

extern const char *const rr_row_names[RR_ROW_COLUMNS + 1]; /* NULL ends it */

struct rr_book_csv {
    struct rr_mistakes *mistakes;
    struct rr_arena *arena; /* for fields with doubled quotes */
    const char *path;
    const char *p;
    const char *end;
    const char *line_start; /* of the line at p */
    int line;               /* of p, from 1 */
    struct rr_text field[RR_BOOK_CSV_FIELDS];
    struct rr_place place[RR_BOOK_CSV_FIELDS];
    int n_fields;
    int column[RR_ROW_COLUMNS]; /* where each stands in a record, RR_NO_COLUMN when it does not */
    int n_header;
};

/* The text that comes next, whose first line has this number. */
void rr_book_csv_start(struct rr_book_csv *csv, struct rr_text text, int line);

/* Reads the header; false after a mistake. */
bool rr_book_csv_header(struct rr_book_csv *csv);

/* The next record, empty lines passed over. False when its fields can't be told, after a mistake, and at
 * the end, where there are none. */
bool rr_book_csv_record(struct rr_book_csv *csv);

void rr_book_csv_wrong(struct rr_book_csv *csv, struct rr_place place, const char *text);

#endif
