/* Currencies of ISO 4217: codes and the digits of their minor units. */
#ifndef JOBS_CURRENCY_H
#define JOBS_CURRENCY_H

#include <rerate/sum.h>
#include <rerate/text.h>

/* Digits of the minor unit (USD 2, JPY 0, KWD 3), -1 when there is no such currency. */
int rr_currency_digits(struct rr_text code);

/* An amount with all digits of the minor unit; what does not end there, or leaves the range, as it is. */
void rr_currency_format(const struct rr_sum *amount, int minor_digits, char out[RR_SUM_TEXT]);

#endif
