/*
 * Failing disks for tests: preloaded into a process, it makes calls on files fail as a plan says.
 *
 * The plan is a file (RENKEI_FAULT_PLAN) that test and process share; shim.rs writes it. The k-th call of a
 * kind on a path fails, or that one and all after it, so that a test can go through every call that a
 * transaction makes. What is not a file of the plan is passed on untouched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, RENAME = 4, OPEN = 8, TRUNCATE = 16, READ = 32, FOLDER = 64 };
enum { PATH_BYTES = 256 };

/* The order and widths are those of shim.rs. */
struct plan {
    uint32_t armed;
    uint32_t operations;
    /* 0: the process is killed instead, before the call. */
    uint32_t error;
    /* Calls that pass before the first that fails. */
    uint32_t skip;
    uint32_t times;
    /* The first write to fail takes half of its bytes instead. */
    uint32_t partial;
    uint32_t seen;
    uint32_t fired;
    char path[PATH_BYTES];
    char last[PATH_BYTES];
};

static struct plan *plan;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("RENKEI_FAULT_PLAN");
    if (!path)
        return;
    int file = NEXT(open)(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        abort();
    void *shared = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED)
        abort();
    plan = shared;
}

/* What happens to a call: 0 it passes, 1 it fails, 2 it takes half. */
static int verdict_on_path(uint32_t operation, const char *path)
{
    if (!plan || !__atomic_load_n(&plan->armed, __ATOMIC_ACQUIRE) || !(plan->operations & operation))
        return 0;
    if (!strstr(path, plan->path))
        return 0;
    uint32_t place = __atomic_fetch_add(&plan->seen, 1, __ATOMIC_SEQ_CST);
    if (place < plan->skip || place - plan->skip >= plan->times)
        return 0;
    snprintf(plan->last, sizeof plan->last, "%u %s", operation, path);
    __atomic_fetch_add(&plan->fired, 1, __ATOMIC_SEQ_CST);
    if (plan->error == 0)
        kill(getpid(), SIGKILL);
    errno = (int)plan->error;
    return plan->partial && operation == WRITE && place == plan->skip ? 2 : 1;
}

static int verdict_on_file(uint32_t operation, int file)
{
    char link[32], path[4096];
    if (!plan || !__atomic_load_n(&plan->armed, __ATOMIC_ACQUIRE) || !(plan->operations & operation))
        return 0;
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0)
        return 0;
    path[length] = 0;
    return verdict_on_path(operation, path);
}

static size_t half(size_t length)
{
    return length > 1 ? length / 2 : length;
}

ssize_t write(int file, const void *bytes, size_t length)
{
    int verdict = verdict_on_file(WRITE, file);
    if (verdict == 1)
        return -1;
    return NEXT(write)(file, bytes, verdict == 2 ? half(length) : length);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset)
{
    int verdict = verdict_on_file(WRITE, file);
    if (verdict == 1)
        return -1;
    return NEXT(pwrite64)(file, bytes, verdict == 2 ? half(length) : length, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset)
{
    return pwrite64(file, bytes, length, offset);
}

ssize_t writev(int file, const struct iovec *vectors, int n_vectors)
{
    int verdict = verdict_on_file(WRITE, file);
    if (verdict == 1)
        return -1;
    if (verdict == 2 && n_vectors > 0)
        return NEXT(write)(file, vectors[0].iov_base, half(vectors[0].iov_len));
    return NEXT(writev)(file, vectors, n_vectors);
}

ssize_t read(int file, void *bytes, size_t length)
{
    return verdict_on_file(READ, file) ? -1 : NEXT(read)(file, bytes, length);
}

ssize_t pread64(int file, void *bytes, size_t length, off64_t offset)
{
    return verdict_on_file(READ, file) ? -1 : NEXT(pread64)(file, bytes, length, offset);
}

ssize_t pread(int file, void *bytes, size_t length, off_t offset)
{
    return pread64(file, bytes, length, offset);
}

ssize_t readv(int file, const struct iovec *vectors, int n_vectors)
{
    return verdict_on_file(READ, file) ? -1 : NEXT(readv)(file, vectors, n_vectors);
}

int fsync(int file)
{
    return verdict_on_file(SYNC, file) ? -1 : NEXT(fsync)(file);
}

int fdatasync(int file)
{
    return verdict_on_file(SYNC, file) ? -1 : NEXT(fdatasync)(file);
}

int ftruncate64(int file, off64_t length)
{
    return verdict_on_file(TRUNCATE, file) ? -1 : NEXT(ftruncate64)(file, length);
}

int ftruncate(int file, off_t length)
{
    return ftruncate64(file, length);
}

static int has_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return has_mode(flags) ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return verdict_on_path(OPEN, path) ? -1 : NEXT(open64)(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return verdict_on_path(OPEN, path) ? -1 : NEXT(open)(path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return verdict_on_path(OPEN, path) ? -1 : NEXT(openat64)(folder, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return verdict_on_path(OPEN, path) ? -1 : NEXT(openat)(folder, path, flags, mode);
}

int rename(const char *from, const char *to)
{
    return verdict_on_path(RENAME, to) ? -1 : NEXT(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return verdict_on_path(RENAME, to) ? -1 : NEXT(renameat)(from_folder, from, to_folder, to);
}

int link(const char *from, const char *to)
{
    return verdict_on_path(RENAME, to) ? -1 : NEXT(link)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return verdict_on_path(FOLDER, path) ? -1 : NEXT(mkdir)(path, mode);
}
