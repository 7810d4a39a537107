/*
 * Loaded before the C library into a hub that is to fail (LD_PRELOAD, see inject.ts), which knows nothing of it: counts
 * writes and fsyncs of certain files or to a certain port, and at one of them kills the process, fails or waits. Moves the
 * wall clock and leaves the monotonic one alone. What to do stands in a file that the test changes while the hub runs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2 };
enum { KILL = 1, FAIL = 2, WAIT = 3 };

/* inject.ts writes the same, in this order. */
struct control {
  int64_t clock_ms;
  int32_t kinds;   /* which operations are meant, WRITE | SYNC */
  int32_t armed;
  int32_t left;    /* the operation at which it begins; 1 is the next */
  int32_t times;   /* how many in a row; below 0 all */
  int32_t act;
  int32_t value;   /* FAIL: errno; WAIT: milliseconds */
  int32_t seen;    /* counted here: operations that were meant */
  int32_t fired;   /* counted here: operations that were acted on */
  int32_t port;    /* besides files: what is sent to this port */
  char path[212];  /* files whose path contains it; empty: none */
};

static struct control *volatile control;

/* The C library's own, as `real`. */
#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FAULT_CONTROL");
  int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (shared != MAP_FAILED) control = shared;
}

static int meant(struct control *c, int fd) {
  if (c->path[0]) {
    char link[32], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
      path[length] = 0;
      if (strstr(path, c->path)) return 1;
    }
  }
  if (c->port) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_family == AF_INET && ntohs(peer.sin_port) == c->port) return 1;
  }
  return 0;
}

/* Whether the operation is to fail; errno is set then. */
static int stopped(int kind, int fd) {
  struct control *c = control;
  int before = errno;
  if (!c || !(c->kinds & kind) || !meant(c, fd)) {
    errno = before;
    return 0;
  }
  errno = before;
  __atomic_add_fetch(&c->seen, 1, __ATOMIC_SEQ_CST);
  if (!__atomic_load_n(&c->armed, __ATOMIC_SEQ_CST)) return 0;
  int32_t left = __atomic_sub_fetch(&c->left, 1, __ATOMIC_SEQ_CST);
  if (left > 0 || (c->times >= 0 && -left >= c->times)) return 0;
  __atomic_add_fetch(&c->fired, 1, __ATOMIC_SEQ_CST);
  if (c->act == KILL) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  if (c->act == WAIT) {
    usleep((useconds_t)c->value * 1000);
    return 0;
  }
  errno = c->value;
  return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  return stopped(WRITE, fd) ? -1 : real(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  return stopped(WRITE, fd) ? -1 : real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  REAL(pwrite);
  return stopped(WRITE, fd) ? -1 : real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(pwrite64);
  return stopped(WRITE, fd) ? -1 : real(fd, data, size, at);
}

int fsync(int fd) {
  REAL(fsync);
  return stopped(SYNC, fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return stopped(SYNC, fd) ? -1 : real(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int result = real(clock, now);
  if (control && result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t ms = __atomic_load_n(&control->clock_ms, __ATOMIC_SEQ_CST);
    now->tv_sec += ms / 1000;
    now->tv_nsec += (ms % 1000) * 1000000;
    if (now->tv_nsec >= 1000000000) now->tv_sec++, now->tv_nsec -= 1000000000;
    if (now->tv_nsec < 0) now->tv_sec--, now->tv_nsec += 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *kept) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (kept) *kept = precise.tv_sec;
  return precise.tv_sec;
}
