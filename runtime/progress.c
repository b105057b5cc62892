/* Progress, as a bar, as lines, as files. */
#include "progress.h"

#include "../io/commit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECOND = 1000000000, BAR_STEP = SECOND / 5, LINE_STEP_S = 10, FILE_STEP_S = 2, WIDTH = 30 };

void rr_progress_init(struct rr_progress *p, const struct rr_comm *comm, enum rr_progress_mode mode,
                      const char *dir, const char *metrics_path)
{
    *p = (struct rr_progress){.active = comm->rank == 0, .started_ns = rr_now_ns()};
    if (!p->active)
        return;
    snprintf(p->status_path, sizeof p->status_path, "%s/state/progress.json", dir);
    if (metrics_path)
        snprintf(p->metrics_path, sizeof p->metrics_path, "%s", metrics_path);
    bool terminal = isatty(STDERR_FILENO);
    p->bar = mode == RR_PROGRESS_AUTO && terminal;
    p->times = mode == RR_PROGRESS_PLAIN;
    if (mode == RR_PROGRESS_NONE)
        p->next_draw_ns = INT64_MAX;
}

static int64_t permille(const struct rr_progress *p)
{
    if (p->total == 0)
        return 0;
    uint64_t done = p->done < p->total ? p->done : p->total;
    return (int64_t)((unsigned __int128)done * 1000 / p->total);
}

static void draw(struct rr_progress *p, int64_t now)
{
    int64_t elapsed = now - p->started_ns, part = permille(p);
    int64_t left_s = part > 0 ? elapsed / SECOND * (1000 - part) / part : -1;
    char left[32] = "";
    if (left_s >= 0)
        snprintf(left, sizeof left, ", %lld s left", (long long)left_s);
    if (!p->bar) {
        fprintf(stderr, "rerate: %s %lld.%lld %%%s\n", p->phase, (long long)(part / 10),
                (long long)(part % 10), left);
        return;
    }
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < part * WIDTH / 1000 ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r%-10s [%s] %3lld %%%s\033[K", p->phase, bar, (long long)(part / 10), left);
    fflush(stderr);
    p->drawn = true;
}

/* Failing to say how far a run is must not end it. */
static void write_files(const struct rr_progress *p, int64_t now)
{
    char text[1024];
    struct rr_error ignored;
    long long elapsed_s = (now - p->started_ns) / SECOND;
    int n = snprintf(text, sizeof text,
                     "{\"phase\": \"%s\", \"done\": %llu, \"total\": %llu, \"elapsed_s\": %lld, "
                     "\"checkpoints\": %llu, \"pid\": %ld}\n",
                     p->phase, (unsigned long long)p->done, (unsigned long long)p->total, elapsed_s,
                     (unsigned long long)p->checkpoints, (long)getpid());
    rr_commit_bytes(p->status_path, text, (size_t)n, &ignored);
    if (p->metrics_path[0] == '\0')
        return;
    n = snprintf(text, sizeof text,
                 "# TYPE rerate_progress_ratio gauge\n"
                 "rerate_progress_ratio{phase=\"%s\"} %lld.%03lld\n"
                 "# TYPE rerate_input_bytes counter\n"
                 "rerate_input_bytes_total %llu\n"
                 "# TYPE rerate_checkpoints counter\n"
                 "rerate_checkpoints_total %llu\n"
                 "# TYPE rerate_elapsed_seconds gauge\n"
                 "rerate_elapsed_seconds %lld\n"
                 "# EOF\n",
                 p->phase, (long long)(permille(p) / 1000), (long long)(permille(p) % 1000),
                 (unsigned long long)p->done, (unsigned long long)p->checkpoints, elapsed_s);
    rr_commit_bytes(p->metrics_path, text, (size_t)n, &ignored);
}

static void end_phase(const struct rr_progress *p)
{
    if (!p->times || p->phase == NULL)
        return;
    long long ms = (rr_now_ns() - p->phase_ns) / 1000000;
    fprintf(stderr, "rerate: %s took %lld.%03lld s\n", p->phase, ms / 1000, ms % 1000);
}

void rr_progress_phase(struct rr_progress *p, const char *phase, uint64_t total)
{
    if (!p->active)
        return;
    end_phase(p);
    p->phase = phase;
    p->phase_ns = rr_now_ns();
    p->done = 0;
    p->total = total;
    if (p->next_draw_ns != INT64_MAX)
        p->next_draw_ns = rr_now_ns() + (p->bar ? BAR_STEP : (int64_t)LINE_STEP_S * SECOND);
    p->next_file_ns = 0;
    rr_progress_at(p, 0);
}

void rr_progress_at(struct rr_progress *p, uint64_t done)
{
    if (!p->active)
        return;
    p->done = done;
    int64_t now = rr_now_ns();
    if (now >= p->next_draw_ns) {
        draw(p, now);
        p->next_draw_ns = now + (p->bar ? BAR_STEP : (int64_t)LINE_STEP_S * SECOND);
    }
    if (now >= p->next_file_ns) {
        write_files(p, now);
        p->next_file_ns = now + (int64_t)FILE_STEP_S * SECOND;
    }
}

void rr_progress_fini(struct rr_progress *p)
{
    if (!p->active)
        return;
    end_phase(p);
    if (p->drawn)
        fprintf(stderr, "\r\033[K");
    if (p->metrics_path[0])
        write_files(p, rr_now_ns());
    unlink(p->status_path);
}
