/* A rank outlives neither mpirun nor a daemon of the batch system: nobody would end it, and a command
 * given again would meet it. */
#ifndef RUNTIME_LAUNCHER_H
#define RUNTIME_LAUNCHER_H

/* Not collective; before MPI_Init, which can wait for a launcher that is gone. From here on this
 * process ends, whatever it does, when the process that started it has ended; one that no launcher
 * started goes on. Uses the signal SIGRTMIN. */
void rr_launcher_watch(void);

#endif
