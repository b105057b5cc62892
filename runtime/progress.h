/* Progress: how far a run is, for a person, a log, `rerate status` and a monitor. Rank 0 only; the
 * others' calls do nothing. None of it reaches a result.
 */
#ifndef RUNTIME_PROGRESS_H
#define RUNTIME_PROGRESS_H

#include "comm.h"

enum rr_progress_mode { RR_PROGRESS_AUTO, RR_PROGRESS_PLAIN, RR_PROGRESS_NONE };

struct rr_progress {
    bool active;
    bool bar; /* redraw one line on a terminal; else lines in a log */
    bool drawn;
    bool times;              /* say at the end of each phase how long it took */
    char status_path[4096];  /* state/progress.json; empty: none */
    char metrics_path[4096]; /* OpenMetrics text; empty: none */
    const char *phase;
    uint64_t done, total; /* bytes of stored input, or accounts */
    uint64_t checkpoints;
    int64_t started_ns, phase_ns, next_draw_ns, next_file_ns;
};

void rr_progress_init(struct rr_progress *progress, const struct rr_comm *comm,
                      enum rr_progress_mode mode, const char *dir, const char *metrics_path);
void rr_progress_phase(struct rr_progress *progress, const char *phase, uint64_t total);
void rr_progress_at(struct rr_progress *progress, uint64_t done);
void rr_progress_fini(struct rr_progress *progress);

#endif
