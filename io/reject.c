/* The names of the quarantine codes, as they stand in files. */
#include <rerate/batch.h>

#include <assert.h>

static const char *const names[RR_REJECT_CODES] = {
    [RR_ACCEPT] = "accept",
    [RR_TOO_LONG] = "too_long",
    [RR_BAD_ROW] = "bad_row",
    [RR_BAD_ENCODING] = "bad_encoding",
    [RR_MISSING_ACCOUNT] = "missing_account",
    [RR_MISSING_EVENT_ID] = "missing_event_id",
    [RR_BAD_VERSION] = "bad_version",
    [RR_BAD_VOID] = "bad_void",
    [RR_BAD_TIMESTAMP] = "bad_timestamp",
    [RR_OUT_OF_RANGE] = "out_of_range",
    [RR_UNKNOWN_METER] = "unknown_meter",
    [RR_MISSING_QUANTITY] = "missing_quantity",
    [RR_BAD_QUANTITY] = "bad_quantity",
};

const char *rr_reject_name(enum rr_reject code)
{
    assert((unsigned)code < RR_REJECT_CODES);
    return names[code];
}
