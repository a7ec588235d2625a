/* Preloaded into a program: its wall clock is off by CLOCK_SHIFT seconds, its steady clock is as it was. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long shift;

__attribute__((constructor)) static void read_shift(void) {
  const char* seconds = getenv("CLOCK_SHIFT");
  if (seconds != NULL) shift = atol(seconds);
}

int clock_gettime(clockid_t clock, struct timespec* at) {
  const int failed = (int)syscall(SYS_clock_gettime, clock, at);
  if (!failed && clock == CLOCK_REALTIME) at->tv_sec += shift;
  return failed;
}
