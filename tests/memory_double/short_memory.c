/* SPDX-License-Identifier: Apache-2.0 */
/* short_memory MODEL MOST [--others] [SCENARIO...]
 * Runs every scenario with its n-th allocation failing, for up to MOST values of n spread over all
 * of them, each in a child of its own: cold, as the first thing that a process does with the
 * library, and warm, after the same scenario. Whatever failed, the scenario then runs again and
 * must give the right answer. It must give it, too, where the system grants no thread, or one or
 * two. With --others it is the allocations of the libraries below that fail:
 * how those cope is printed, not judged. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory_double.h"
#include "scenarios.h"

enum { kMostAllocations = 2000, kPatienceSeconds = 20, kMostShown = 6 };

/* What a child tells its parent. */
typedef struct Report {
  bool is_complete;
  bool has_failed; /* the chosen allocation */
  long allocations;
  long kept;  /* blocks of the library after the failure and two runs that succeed */
  long grown; /* how many more there are after all of that once more: a leak */
  Outcome first;
  Outcome again;
  char failed_in[128];
} Report;

/* What became of all n of a scenario. */
typedef struct Tally {
  long allocations, tried, typed, unaffected, untyped, crashes, hangs, leaks, wrong;
} Tally;

typedef struct Trial {
  const Scenario* scenario;
  const Inputs* inputs;
  enum MemoryOwner owner;
  bool is_warm;
  int granted_threads; /* -1: all */
  Report* report;
} Trial;

static Outcome run_once(const Trial* trial) {
  Outcome outcome;
  memset(&outcome, 0, sizeof outcome);
  trial->scenario->run(trial->inputs, &outcome);
  return outcome;
}

/* The scenario with the allocation of that number failing, and twice more as it should be. */
static void fail_once(const Trial* trial, long number) {
  memory_double_arm(trial->owner, number);
  run_once(trial);
  memory_double_disarm();
  run_once(trial);
  run_once(trial);
}

static void run_in_child(const Trial* trial, long number) {
  alarm(kPatienceSeconds);
  memory_double_grant_threads(trial->granted_threads);
  if (trial->is_warm) run_once(trial);
  memory_double_arm(trial->owner, number);
  trial->report->first = run_once(trial);
  trial->report->allocations = memory_double_disarm();
  trial->report->has_failed = memory_double_has_failed() != 0;
  strncpy(trial->report->failed_in, memory_double_failed_in(), sizeof trial->report->failed_in - 1);
  trial->report->again = run_once(trial);
  fail_once(trial, number); /* what a process allocates once, at its first failure, is no leak */
  trial->report->kept = memory_double_live(kMemoryOfLibrary);
  fail_once(trial, number);
  trial->report->grown = memory_double_live(kMemoryOfLibrary) - trial->report->kept;
  if (getenv("EDGEFIRST_MEMORY_DOUBLE_STACKS") != NULL) memory_double_print_live(40);
  trial->report->is_complete = true;
  _exit(0);
}

/* The status of waitpid(). */
static int try_number(const Trial* trial, long number) {
  memset(trial->report, 0, sizeof *trial->report);
  fflush(stdout);
  const pid_t child = fork();
  if (child < 0) {
    perror("fork");
    exit(2);
  }
  if (child == 0) run_in_child(trial, number);
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

static bool is_same(const Outcome* a, const Outcome* b) {
  return a->error == b->error && a->answer == b->answer;
}

static void judge(const Trial* trial, long number, int status, const Report* right, Tally* tally) {
  const Report* report = trial->report;
  const char* what = NULL;
  ++tally->tried;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    ++tally->hangs;
    what = "hangs";
  } else if (!report->is_complete) {
    ++tally->crashes;
    what = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ends early";
  } else if (!is_same(&report->again, &right->first)) {
    ++tally->wrong;
    what = "gives another answer afterwards";
  } else if (report->grown > 0) {
    ++tally->leaks;
    what = "leaks";
  } else if (is_same(&report->first, &right->first)) {
    ++tally->unaffected;
  } else if (report->first.error == ENOMEM) {
    ++tally->typed;
  } else {
    ++tally->untyped;
    what = report->first.error == 0 ? "succeeds with another answer" : "is no ENOMEM";
  }
  const long bad = tally->hangs + tally->crashes + tally->wrong + tally->leaks + tally->untyped;
  if (what == NULL || bad > kMostShown) return;
  printf("    allocation %ld%s%s: %s (errno %d, %s; then errno %d, %s)\n", number,
         report->failed_in[0] != '\0' ? " in " : "", report->failed_in, what, report->first.error,
         report->first.text, report->again.error, report->again.text);
}

/* Whether nothing went wrong. */
static bool try_all(const Trial* trial, long most) {
  Tally tally;
  memset(&tally, 0, sizeof tally);
  const int status = try_number(trial, 0);
  const Report right = *trial->report;
  bool is_right = WIFEXITED(status) && right.is_complete && is_same(&right.first, &right.again);
  if (!is_right) {
    printf("%-18s does not work at all: errno %d, %s\n", trial->scenario->name, right.first.error,
           right.first.text);
    return false;
  }
  tally.allocations = right.allocations;
  const long last = right.allocations < kMostAllocations ? right.allocations : kMostAllocations;
  const long count = last < most ? last : most;
  const char* only = getenv("EDGEFIRST_MEMORY_DOUBLE_ONLY"); /* for a debugger: this one alone */
  for (long i = 0; i < (only == NULL ? count : 1); ++i) {
    const long number = only == NULL ? 1 + i * last / count : strtol(only, NULL, 10);
    judge(trial, number, try_number(trial, number), &right, &tally);
  }
  printf("%-18s %s %6ld %6ld %6ld %6ld %6ld %6ld %6ld %6ld %6ld\n", trial->scenario->name,
         trial->is_warm ? "warm" : "cold", tally.allocations, tally.tried, tally.typed,
         tally.unaffected, tally.untyped, tally.crashes, tally.hangs, tally.leaks, tally.wrong);
  return tally.untyped + tally.crashes + tally.hangs + tally.leaks + tally.wrong == 0;
}

/* The right answer, or nothing, whether or not the system grants threads. */
static bool try_without_threads(Trial* trial) {
  bool is_right = true;
  trial->granted_threads = -1;
  try_number(trial, 0);
  const Report right = *trial->report;
  for (int granted = 0; granted < 3; ++granted) {
    trial->granted_threads = granted;
    const int status = try_number(trial, 0);
    const Report* report = trial->report;
    const bool is_same_answer = report->is_complete && is_same(&report->first, &right.first) &&
                                is_same(&report->again, &right.first);
    if (is_same_answer) continue;
    printf("    with %d threads: status %d, errno %d, %s\n", granted, status, report->first.error,
           report->first.text);
    is_right = false;
  }
  trial->granted_threads = -1;
  return is_right;
}

static bool is_chosen(const char* name, int count, char** names) {
  bool is_named = count == 0;
  for (int i = 0; i < count; ++i) is_named = is_named || strcmp(names[i], name) == 0;
  return is_named;
}

int main(int count, char** arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: short_memory MODEL MOST [--others] [SCENARIO...]\n");
    return 2;
  }
  const long most = strtol(arguments[2], NULL, 10);
  const bool others = count > 3 && strcmp(arguments[3], "--others") == 0;
  const int first_name = others ? 4 : 3;
  Inputs inputs;
  make_inputs(&inputs, arguments[1]);
  Trial trial = {NULL, &inputs, others ? kMemoryOfOthers : kMemoryOfLibrary, false, -1, NULL};
  trial.report =
      mmap(NULL, sizeof *trial.report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  printf("%-18s %s %6s %6s %6s %6s %6s %6s %6s %6s %6s\n", "scenario", "    ", "allocs", "tried",
         "ENOMEM", "same", "other", "crash", "hang", "leak", "wrong");
  int bad = 0;
  for (int i = 0; i < kScenarioCount; ++i) {
    if (!is_chosen(kScenarios[i].name, count - first_name, arguments + first_name)) continue;
    trial.scenario = &kScenarios[i];
    for (int warm = 0; warm < 2; ++warm) {
      trial.is_warm = warm != 0;
      if (!try_all(&trial, most)) ++bad;
    }
    if (!others && !try_without_threads(&trial)) ++bad;
  }
  printf("%d of the lines above tell of something wrong\n", bad);
  return bad == 0 || others ? 0 : 1;
}
