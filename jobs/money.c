/* Money as text. */
#include "money.h"

#include "currency.h"

size_t rr_money_format(const struct rr_sum *amount, struct rr_text currency, char out[RR_SUM_TEXT])
{
    rr_decimal value;
    int digits = rr_currency_digits(currency);
    if (digits < 0 || !rr_sum_decimal(amount, &value) ||
        value % (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - digits)) != 0)
        return rr_sum_format(amount, out);
    return rr_decimal_format_fixed(value, (unsigned)digits, out);
}
