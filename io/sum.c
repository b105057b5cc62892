/* Sums as text, for manifests and reconciliations. */
#include <rerate/sum.h>

#include "wide.h"

#include <gmp.h>
#include <string.h>

enum { LIMBS = 3 };

static void negate(mp_limb_t limb[LIMBS])
{
    mpn_neg(limb, limb, LIMBS);
}

/* Digits of the magnitude, most significant first, at least 19 of them. */
static size_t digits_of(mp_limb_t limb[LIMBS], char digits[RR_SUM_TEXT])
{
    char reversed[RR_SUM_TEXT];
    size_t n = 0;
    while (n <= RR_DECIMAL_PLACES || !mpn_zero_p(limb, LIMBS))
        reversed[n++] = (char)('0' + mpn_divrem_1(limb, 0, limb, LIMBS, 10));
    for (size_t i = 0; i < n; i++)
        digits[i] = reversed[n - 1 - i];
    return n;
}

size_t rr_sum_format(const struct rr_sum *sum, char out[RR_SUM_TEXT])
{
    mp_limb_t limb[LIMBS] = {sum->low[0], sum->low[1], (mp_limb_t)sum->high};
    char digits[RR_SUM_TEXT];
    size_t at = 0;
    if (sum->high < 0) {
        negate(limb);
        out[at++] = '-';
    }
    size_t n = digits_of(limb, digits);
    size_t whole = n - RR_DECIMAL_PLACES;
    while (n > whole && digits[n - 1] == '0')
        n--;
    memcpy(out + at, digits, whole);
    at += whole;
    if (n > whole) {
        out[at++] = '.';
        memcpy(out + at, digits + whole, n - whole);
        at += n - whole;
    }
    out[at] = '\0';
    return at;
}

bool rr_sum_parse(const char *text, size_t len, struct rr_sum *sum)
{
    mp_limb_t limb[LIMBS] = {0};
    bool negative = len > 0 && text[0] == '-';
    size_t places = 0, digits = 0;
    bool point = false;
    for (size_t i = negative; i < len; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return false;
        mp_limb_t carry = mpn_mul_1(limb, limb, LIMBS, 10);
        carry += mpn_add_1(limb, limb, LIMBS, (mp_limb_t)(text[i] - '0'));
        if (carry)
            return false;
        digits++;
        places += point;
    }
    if (digits == places || (point && places == 0) || places > RR_DECIMAL_PLACES)
        return false;
    for (; places < RR_DECIMAL_PLACES; places++)
        if (mpn_mul_1(limb, limb, LIMBS, 10))
            return false;
    if (limb[LIMBS - 1] >> 63)
        return false;
    if (negative)
        negate(limb);
    *sum = (struct rr_sum){{limb[0], limb[1]}, (int64_t)limb[2]};
    return true;
}

bool rr_sum_divide(const struct rr_sum *sum, uint64_t n, rr_decimal *out)
{
    mp_limb_t limb[LIMBS] = {sum->low[0], sum->low[1], (mp_limb_t)sum->high};
    struct rr_wide value = {.negative = sum->high < 0}, divisor = {{n}, false};
    if (value.negative)
        negate(limb);
    memcpy(value.limb, limb, sizeof limb);
    return rr_wide_divide(&value, &divisor, RR_ROUND_HALF_EVEN, out);
}
