/* Corrections as rows of FOCUS, the FinOps Open Cost and Usage Specification (focus.finops.org), version 1.2.
 *
 * The columns are those that the specification makes mandatory, those that it recommends, and of the
 * conditional ones those whose condition holds for a biller by usage: unit prices, measured usage, sub accounts,
 * SKUs. Each row is a correction (ChargeClass) of a charge of an earlier billing period; for those, quantities
 * and unit prices may be null, and are: a difference of amounts has none. Null is an empty field.
 */
#ifndef JOBS_FOCUS_H
#define JOBS_FOCUS_H

#include "../io/line.h"
#include "../runtime/comm.h"
#include "book.h"

struct rr_correction;
struct rr_focus;

extern const char rr_focus_header[];

/* Collective. Borrows a book, of whose contracts each rank may know others, and the name of who provides and
 * invoices. */
struct rr_focus *rr_focus_create(const struct rr_comm *comm, const struct rr_book *book,
                                 const char *provider);
void rr_focus_destroy(struct rr_focus *focus);

/* Whether a line is a commitment that was paid for in advance, or what is left of it being used: its cost is that
 * of what it covers. */
bool rr_focus_is_prepaid(struct rr_focus *focus, struct rr_text charge, struct rr_text contract);

/* Appends a row. */
void rr_focus_put(struct rr_focus *focus, const struct rr_correction *correction,
                  const char *book_in, struct rr_line *row);

#endif
