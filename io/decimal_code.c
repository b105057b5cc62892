/* Decimals in few bytes: the fewest places that hold the value, then a zigzag varint. */
#include <rerate/kernel.h>

#include <string.h>

static rr_u128 zigzag(rr_decimal value)
{
    return (rr_u128)value << 1 ^ (rr_u128)(value >> 127);
}

static rr_decimal unzigzag(rr_u128 code)
{
    return (rr_decimal)(code >> 1) ^ -(rr_decimal)(code & 1);
}

/* Takes off trailing zeros; returns the places that remain. */
static unsigned shorten(rr_decimal *value)
{
    if (*value == 0)
        return 0;
    unsigned places = RR_DECIMAL_PLACES;
    if (*value % RR_DECIMAL_ONE == 0) {
        *value /= RR_DECIMAL_ONE;
        return 0;
    }
    while (places > 0 && *value % 10 == 0) {
        *value /= 10;
        places--;
    }
    return places;
}

size_t rr_decimal_encode(rr_decimal value, uint8_t *out)
{
    size_t n = 0;
    out[n++] = (uint8_t)shorten(&value);
    rr_u128 code = zigzag(value);
    for (; code >= 0x80; code >>= 7)
        out[n++] = (uint8_t)(code | 0x80);
    out[n++] = (uint8_t)code;
    return n;
}

size_t rr_decimal_decode(const uint8_t *bytes, size_t len, rr_decimal *value)
{
    if (len < 2 || bytes[0] > RR_DECIMAL_PLACES)
        return 0;
    rr_u128 code = 0;
    size_t n = 1;
    for (unsigned shift = 0;; shift += 7) {
        if (n == len || shift > 126)
            return 0;
        code |= (rr_u128)(bytes[n] & 0x7f) << shift;
        if ((bytes[n++] & 0x80) == 0)
            break;
    }
    rr_decimal number = unzigzag(code);
    rr_decimal unit = (rr_decimal)rr_pow10(RR_DECIMAL_PLACES - bytes[0]);
    if (__builtin_mul_overflow(number, unit, value) || !rr_decimal_fits(*value))
        return 0;
    uint8_t again[24];
    return rr_decimal_encode(*value, again) == n && memcmp(again, bytes, n) == 0 ? n : 0;
}
