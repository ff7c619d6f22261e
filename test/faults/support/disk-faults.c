/*
 * Makes calls on files below a folder fail, for a process that loads this before libc (LD_PRELOAD).
 *
 *   FAULT_BELOW  the folder
 *   FAULT_AT     which call on files there is the first to fail, from 1; 0 only counts
 *   FAULT_DO     an errno; -1 ends the process with SIGKILL; -2 reads and writes one byte less than asked
 *   FAULT_LASTS  1: all later calls fail too, as on a disk that is full or gone
 *   FAULT_READS  1: only calls that read fail; 0: only calls that change something; otherwise both
 *   FAULT_TELLS  a file that says how many calls there were, at the end, or at the moment of SIGKILL
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PASS, FAIL, SHORTEN };
/* What takes no room succeeds on a full disk too. */
enum { READS, CHANGES, TIDIES };

static atomic_long calls;
static atomic_long injected;

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text == NULL ? otherwise : atol(text);
}

static void tell(void) {
  const char *path = getenv("FAULT_TELLS");
  char text[64];
  if (path == NULL) return;
  int size = snprintf(text, sizeof text, "%ld %ld", atomic_load(&calls), atomic_load(&injected));
  long file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  syscall(SYS_write, file, text, size);
  syscall(SYS_close, file);
}

__attribute__((destructor)) static void at_end(void) { tell(); }

static int is_below(const char *path) {
  const char *below = getenv("FAULT_BELOW");
  return below != NULL && path != NULL && strncmp(path, below, strlen(below)) == 0;
}

static int is_open_below(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return is_below(path);
}

/* What to do with a call; sets errno where it is to fail. */
static int judge(int concerns, int kind) {
  int error = errno;
  long reads = number("FAULT_READS", -1);
  long action = number("FAULT_DO", EIO);
  if (!concerns || (reads == 1 && kind != READS) || (reads == 0 && kind == READS) ||
      (action == ENOSPC && kind == TIDIES)) {
    errno = error;
    return PASS;
  }
  long at = number("FAULT_AT", 0), count = atomic_fetch_add(&calls, 1) + 1;
  int now = at > 0 && (count == at || (count > at && number("FAULT_LASTS", 0)));
  errno = error;
  if (!now) return PASS;
  atomic_fetch_add(&injected, 1);
  if (action == -1) {
    tell();
    syscall(SYS_kill, getpid(), SIGKILL);
  }
  if (action == -2) return SHORTEN;
  errno = (int)action;
  return FAIL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define ON_PATH(type, name, kind, path, parameters, arguments) \
  type name parameters { return judge(is_below(path), kind) == FAIL ? -1 : REAL(name) arguments; }

#define ON_FILE(type, name, kind, parameters, arguments) \
  type name parameters { return judge(is_open_below(file), kind) == FAIL ? -1 : REAL(name) arguments; }

#define ON_BYTES(name, kind, parameters, arguments) \
  ssize_t name parameters { \
    int verdict = judge(is_open_below(file), kind); \
    if (verdict == FAIL) return -1; \
    if (verdict == SHORTEN && size > 1) size -= 1; \
    return REAL(name) arguments; \
  }

#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    int kind = flags & O_CREAT ? CHANGES : READS; \
    return judge(is_below(path), kind) == FAIL ? -1 : REAL(name)(path, flags, mode); \
  }

OPENS(open)
OPENS(open64)
ON_BYTES(read, READS, (int file, void *bytes, size_t size), (file, bytes, size))
ON_BYTES(pread, READS, (int file, void *bytes, size_t size, off_t at), (file, bytes, size, at))
ON_BYTES(pread64, READS, (int file, void *bytes, size_t size, off64_t at), (file, bytes, size, at))
ON_BYTES(write, CHANGES, (int file, const void *bytes, size_t size), (file, bytes, size))
ON_BYTES(pwrite, CHANGES, (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at))
ON_BYTES(pwrite64, CHANGES, (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at))
ON_FILE(ssize_t, writev, CHANGES, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_FILE(ssize_t, pwritev, CHANGES, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
ON_FILE(int, fsync, CHANGES, (int file), (file))
ON_FILE(int, fdatasync, CHANGES, (int file), (file))
ON_FILE(int, ftruncate, TIDIES, (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, TIDIES, (int file, off64_t size), (file, size))
ON_PATH(int, rename, TIDIES, from, (const char *from, const char *to), (from, to))
ON_PATH(int, link, CHANGES, to, (const char *from, const char *to), (from, to))
ON_PATH(int, unlink, TIDIES, path, (const char *path), (path))
ON_PATH(int, rmdir, TIDIES, path, (const char *path), (path))
ON_PATH(int, mkdir, CHANGES, path, (const char *path, mode_t mode), (path, mode))
ON_PATH(int, scandir64, READS, path,
        (const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *),
         int (*compare)(const struct dirent64 **, const struct dirent64 **)),
        (path, list, filter, compare))
