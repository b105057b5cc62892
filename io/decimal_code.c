/* Numbers and decimals in few bytes: groups of 7 bits; a decimal is the fewest places that hold it, then
 * a zigzag number. */
#include <rerate/kernel.h>

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

/* Whether rr_decimal_encode would have written these bytes: no zero digit at the end of the number, no
 * zero byte at the end of the varint. */
static bool canonical(const uint8_t *bytes, size_t n, rr_decimal number)
{
    if (n > 2 && bytes[n - 1] == 0)
        return false;
    if (bytes[0] == 0)
        return true;
    return (int64_t)number == number ? (int64_t)number % 10 != 0 : number % 10 != 0;
}

size_t rr_decimal_decode(const uint8_t *bytes, size_t len, rr_decimal *value)
{
    if (len < 2 || bytes[0] > RR_DECIMAL_PLACES)
        return 0;
    rr_u128 code = 0;
    size_t n = 1;
    for (unsigned shift = 0;; shift += 7) {
        if (n == len || shift > 126 || (shift == 126 && bytes[n] > 3))
            return 0;
        code |= (rr_u128)(bytes[n] & 0x7f) << shift;
        if ((bytes[n++] & 0x80) == 0)
            break;
    }
    rr_decimal number = unzigzag(code);
    rr_decimal unit = (rr_decimal)rr_pow10(RR_DECIMAL_PLACES - bytes[0]);
    if (__builtin_mul_overflow(number, unit, value) || !rr_decimal_fits(*value))
        return 0;
    return canonical(bytes, n, number) ? n : 0;
}

size_t rr_varint_encode(uint64_t number, uint8_t *out)
{
    size_t n = 0;
    for (; number >= 0x80; number >>= 7)
        out[n++] = (uint8_t)(number | 0x80);
    out[n++] = (uint8_t)number;
    return n;
}

size_t rr_varint_decode(const uint8_t *bytes, size_t len, uint64_t *number)
{
    *number = 0;
    for (size_t n = 0; n < len && n < 10; n++) {
        if (n == 9 && bytes[n] > 1)
            return 0;
        *number |= (uint64_t)(bytes[n] & 0x7f) << (7 * n);
        if ((bytes[n] & 0x80) == 0)
            return n > 0 && bytes[n] == 0 ? 0 : n + 1;
    }
    return 0;
}
