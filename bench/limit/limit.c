/* limit: how fast the kernel lets a supervisor be. posix_spawn, one pidfd a worker, one epoll loop, no policy, no containment.
 *
 *   limit supervise     reads commands from standard input, a line each, and answers each with "done" and nanoseconds:
 *                         start COUNT PROGRAM ARGUMENT...   until posix_spawn returned for all (it returns after the exec)
 *                         stop GRACE_MS                     SIGTERM to all, SIGKILL after the grace, until all are reaped
 *                         crash TIMES                       SIGKILL to one worker until its replacement runs; one number each
 *                         pids                              the workers' pids instead of a time
 *                       the end of its input ends it and all workers
 *   limit worker MS [FIFO]   exits MS milliseconds after SIGTERM; tells its pid to the FIFO as soon as it is ready for one
 *   limit chatter RATE FIFO  writes RATE lines of 100 bytes a second (0: as fast as it can); at SIGTERM tells the FIFO how many it wrote
 *   limit burn               takes a core
 *   limit ignore        ignores SIGTERM
 *   limit sleepers N    N processes that do nothing, until the end of its input
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct worker {
  pid_t pid;
  int pidfd; /* -1 once it is reaped */
};

static struct worker *workers;
static int count, alive, loop;
static char *command[64];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A session each, as the product's workers have: with sched_autogroup a session is what the scheduler shares the cores among. */
static void spawn(int index) {
  sigset_t none;
  posix_spawnattr_t attributes;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  struct worker *w = &workers[index];
  if ((errno = posix_spawn(&w->pid, command[0], 0, &attributes, command, environ))) fail(command[0]);
  posix_spawnattr_destroy(&attributes);
  if ((w->pidfd = syscall(SYS_pidfd_open, w->pid, 0)) < 0) fail("pidfd_open");
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  if (epoll_ctl(loop, EPOLL_CTL_ADD, w->pidfd, &event)) fail("epoll_ctl");
  alive++;
}

static void signal_all(int number) {
  for (int i = 0; i < count; i++)
    if (workers[i].pidfd >= 0) syscall(SYS_pidfd_send_signal, workers[i].pidfd, number, 0, 0);
}

/* Reaps what ends within a time (-1: no bound), at least once waiting; each ended worker's index is given to the caller. */
static int reap(int milliseconds, int *ended) {
  struct epoll_event events[64];
  int ready = epoll_wait(loop, events, 64, milliseconds);
  for (int i = 0; i < ready; i++) {
    struct worker *w = &workers[ended[i] = events[i].data.u32];
    siginfo_t info;
    if (waitid(P_PIDFD, w->pidfd, &info, WEXITED)) fail("waitid");
    /* Not by its close alone: a child between clone and exec has a copy of it, and vfork's parent goes on before that one is closed. */
    epoll_ctl(loop, EPOLL_CTL_DEL, w->pidfd, 0);
    close(w->pidfd);
    w->pidfd = -1;
    alive--;
  }
  return ready;
}

static void stop(int grace) {
  int ended[64];
  long long force = now() + grace * 1000000LL;
  signal_all(SIGTERM);
  while (alive) {
    long long left = force - now();
    if (left <= 0) {
      signal_all(SIGKILL);
      force = now() + 3600 * 1000000000LL;
      continue;
    }
    reap((int)(left / 1000000) + 1, ended);
  }
}

static void crash(FILE *out, int times) {
  int ended[64];
  for (int i = 0; i < times; i++) {
    long long began = now();
    syscall(SYS_pidfd_send_signal, workers[i % count].pidfd, SIGKILL, 0, 0);
    for (int k = reap(-1, ended); k > 0; k--) spawn(ended[k - 1]);
    fprintf(out, " %lld", now() - began);
  }
}

static int supervise(void) {
  /* Workers get /dev/null: this program's own input and output are the protocol. */
  FILE *in = fdopen(fcntl(0, F_DUPFD_CLOEXEC, 3), "r"), *out = fdopen(fcntl(1, F_DUPFD_CLOEXEC, 3), "w");
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, 0);
  dup2(nothing, 1);
  fcntl(nothing, F_SETFD, FD_CLOEXEC);
  signal(SIGINT, SIG_IGN);
  loop = epoll_create1(EPOLL_CLOEXEC);
  static char line[4096];
  while (fgets(line, sizeof line, in)) {
    int words = 0;
    char *word[64];
    for (char *w = strtok(line, " \n"); w && words < 63; w = strtok(0, " \n")) word[words++] = w;
    word[words] = 0;
    if (!words) continue;
    long long began = now();
    fprintf(out, "done");
    if (!strcmp(word[0], "start") && words > 2) {
      int more = atoi(word[1]);
      for (int i = 2; i <= words; i++) command[i - 2] = word[i] ? strdup(word[i]) : 0;
      if (!alive) count = 0;
      workers = realloc(workers, (count + more) * sizeof *workers);
      for (int i = 0; i < more; i++) spawn(count++);
      fprintf(out, " %lld", now() - began);
    } else if (!strcmp(word[0], "stop") && words > 1) {
      stop(atoi(word[1]));
      fprintf(out, " %lld", now() - began);
    } else if (!strcmp(word[0], "crash") && words > 1) {
      crash(out, atoi(word[1]));
    } else if (!strcmp(word[0], "pids")) {
      for (int i = 0; i < count; i++) fprintf(out, " %d", workers[i].pid);
    } else {
      return 2;
    }
    fprintf(out, "\n");
    fflush(out);
  }
  signal_all(SIGKILL);
  for (int ended[64]; alive;) reap(-1, ended);
  return 0;
}

static void on_terminate(int number) { (void)number; }

static void tell(const char *fifo, long number) {
  int to = open(fifo, O_WRONLY | O_CLOEXEC);
  if (to < 0) fail(fifo);
  dprintf(to, "%ld\n", number);
  close(to);
}

static int worker(int milliseconds, const char *fifo) {
  sigset_t terminate, before;
  struct sigaction action = {.sa_handler = on_terminate};
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  sigprocmask(SIG_BLOCK, &terminate, &before);
  sigaction(SIGTERM, &action, 0);
  if (fifo) tell(fifo, getpid());
  sigsuspend(&before);
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&left, &left)) {}
  return 0;
}

static int sleepers(int number) {
  signal(SIGINT, SIG_IGN);
  pid_t *pids = calloc(number, sizeof *pids), self = getpid();
  int asleep[2];
  char byte = 0;
  if (pipe(asleep)) fail("pipe");
  for (int i = 0; i < number; i++) {
    if ((pids[i] = fork()) < 0) fail("fork");
    if (!pids[i]) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != self || write(asleep[1], &byte, 1) != 1) _exit(0);
      for (;;) pause();
    }
  }
  for (int i = 0; i < number; i++)
    if (read(asleep[0], &byte, 1) != 1) fail("read");
  printf("done\n");
  fflush(stdout);
  while (getchar() != EOF) {}
  for (int i = 0; i < number; i++) kill(pids[i], SIGKILL);
  while (wait(0) > 0) {}
  return 0;
}

// So many numbered lines of 100 bytes, as a program writes them that knows nothing of pipes: by stdio.
static int lines(long count) {
  char line[100];
  memset(line, '0', sizeof line);
  line[99] = '\n';
  for (; count; count--) {
    fwrite(line, sizeof line, 1, stdout);
    int digit = 98;
    while (digit >= 0 && line[digit] == '9') line[digit--] = '0';
    if (digit >= 0) line[digit]++;
  }
  return fflush(stdout) ? 1 : 0;
}

static volatile sig_atomic_t asked;
static void on_asked(int number) { asked = number; }

static int chatter(long rate, const char *fifo) {
  static char block[10000];
  memset(block, 'x', sizeof block);
  for (size_t i = 99; i < sizeof block; i += 100) block[i] = '\n';
  struct sigaction action = {.sa_handler = on_asked};
  sigaction(SIGTERM, &action, 0);
  long written = 0;
  size_t part = rate ? (size_t)rate / 100 * 100 : sizeof block; /* a hundredth of a second's lines, in bytes */
  if (part < 100 || part > sizeof block) part = sizeof block;
  struct timespec pause = {0, 10000000};
  while (!asked) {
    ssize_t n = write(1, block, part);
    if (n < 0 && errno != EINTR) fail("write");
    if (n > 0) written += n;
    if (rate && !asked) nanosleep(&pause, 0);
  }
  tell(fifo, written / 100);
  return 0;
}

int main(int argc, char **argv) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  const char *verb = argc > 1 ? argv[1] : "";
  if (!strcmp(verb, "supervise")) {
    setrlimit(RLIMIT_NOFILE, &files);
    return supervise();
  }
  if (!strcmp(verb, "worker") && argc > 2) return worker(atoi(argv[2]), argc > 3 ? argv[3] : 0);
  if (!strcmp(verb, "chatter") && argc > 3) return chatter(atol(argv[2]), argv[3]);
  if (!strcmp(verb, "burn"))
    for (volatile long i = 0;; i++) {}
  if (!strcmp(verb, "lines") && argc > 2) return lines(atol(argv[2]));
  if (!strcmp(verb, "sleepers") && argc > 2) return sleepers(atoi(argv[2]));
  if (!strcmp(verb, "ignore")) {
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  fprintf(stderr, "usage: limit supervise | worker MS [FIFO] | chatter RATE FIFO | burn | ignore | lines N | sleepers N\n");
  return 2;
}
