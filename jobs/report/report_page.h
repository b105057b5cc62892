/* The report page as it was built from page.html, page.css and page.js: what stands before the data and what
 * stands behind them. Between the two goes the text of one JSON object, written by rr_script_json. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>

extern const char rr_report_head[], rr_report_tail[];
extern const size_t rr_report_head_bytes, rr_report_tail_bytes;

#endif
