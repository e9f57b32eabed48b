/* Loaded in front of libc into a process under test (LD_PRELOAD): a disk that fails or is slow, a clock that is wrong,
 * and a journal of everything that happens to the files of one directory, from which a power cut at any moment can be
 * computed afterwards.
 *
 *   FAULT_DIR      the directory whose files are concerned
 *   FAULT_JOURNAL  where records are appended; several processes may share it
 *   FAULT_CONTROL  a file that holds `struct control`; the test changes it while the process runs
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t clock_offset; /* seconds added to the wall clock */
    int32_t sync_errno;   /* errno of failing fsync and fdatasync; 0: they work */
    int32_t write_errno;  /* errno of failing writes; 0: they work */
    int32_t sync_delay;   /* milliseconds that a sync takes longer */
};

struct record {
    char kind; /* W write, T truncate, S synced, E sync failed, D directory synced, R renamed, U unlinked */
    char pad[3];
    uint32_t name_length;
    uint64_t inode;
    uint64_t offset;
    uint64_t length; /* of the data behind the name */
};

static const struct control calm;
static const volatile struct control *control = &calm;
static const char *directory;
static size_t directory_length;
static int journal = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void prepare(void)
{
    const char *path = getenv("FAULT_CONTROL");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        control = mapped;
    if (fd >= 0)
        close(fd);
    directory = getenv("FAULT_DIR");
    directory_length = directory ? strlen(directory) : 0;
    path = getenv("FAULT_JOURNAL");
    if (path)
        journal = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* Return the path below the directory, or NULL for a file that is not concerned. */
static const char *below(const char *path)
{
    if (!directory_length || strncmp(path, directory, directory_length) != 0)
        return NULL;
    path += directory_length;
    return *path == '/' ? path + 1 : *path == 0 ? "" : NULL;
}

static const char *name_of(int fd, char *buffer)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    if (length < 0)
        return NULL;
    buffer[length] = 0;
    return below(buffer);
}

static void note(char kind, const char *name, uint64_t inode, uint64_t offset, const void *data, size_t length)
{
    if (journal < 0)
        return;
    struct record head = {kind, {0}, strlen(name), inode, offset, length};
    size_t size = sizeof head + head.name_length + length;
    char *whole = malloc(size);
    memcpy(whole, &head, sizeof head);
    memcpy(whole + sizeof head, name, head.name_length);
    memcpy(whole + sizeof head + head.name_length, data, length);
    if (REAL(write)(journal, whole, size) != (ssize_t)size)
        abort(); /* a journal with a hole would prove nothing */
    free(whole);
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

static ssize_t written(int fd, const void *data, ssize_t count, uint64_t offset)
{
    char path[PATH_MAX];
    int kept = errno;
    const char *name = count > 0 ? name_of(fd, path) : NULL;
    if (name)
        note('W', name, inode_of(fd), offset, data, count);
    errno = kept;
    return count;
}

static int fails(int fd, int error)
{
    char path[PATH_MAX];
    if (!error || !name_of(fd, path))
        return 0;
    errno = error;
    return 1;
}

ssize_t write(int fd, const void *data, size_t count)
{
    if (fails(fd, control->write_errno))
        return -1;
    off_t offset = directory_length ? lseek(fd, 0, SEEK_CUR) : 0;
    return written(fd, data, REAL(write)(fd, data, count), offset);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset)
{
    if (fails(fd, control->write_errno))
        return -1;
    return written(fd, data, REAL(pwrite)(fd, data, count, offset), offset);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset)
{
    return pwrite(fd, data, count, offset);
}

int ftruncate(int fd, off_t length)
{
    char path[PATH_MAX];
    int result = REAL(ftruncate)(fd, length);
    const char *name = result == 0 ? name_of(fd, path) : NULL;
    if (name)
        note('T', name, inode_of(fd), length, NULL, 0);
    return result;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

/* Note which names a synced directory holds: "<inode> <name>\n" for each. */
static void note_directory(const char *path, uint64_t inode)
{
    static __thread char listing[65536];
    size_t used = 0;
    DIR *open_directory = opendir(path);
    struct dirent *entry;
    while (open_directory && (entry = readdir(open_directory)))
        used += snprintf(listing + used, sizeof listing - used, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
    if (open_directory)
        closedir(open_directory);
    note('D', "", inode, 0, listing, used);
}

static int sync_with(int (*real)(int), int fd)
{
    char path[PATH_MAX];
    const char *name = name_of(fd, path);
    if (!name)
        return real(fd);
    if (control->sync_delay)
        usleep(control->sync_delay * 1000);
    int error = control->sync_errno;
    if (!error && real(fd) != 0)
        return -1;
    if (*name == 0 && !error)
        note_directory(path, inode_of(fd));
    else
        note(error ? 'E' : 'S', name, inode_of(fd), 0, NULL, 0);
    errno = error;
    return error ? -1 : 0;
}

int fsync(int fd) { return sync_with(REAL(fsync), fd); }
int fdatasync(int fd) { return sync_with(REAL(fdatasync), fd); }

int unlink(const char *path)
{
    struct stat status;
    const char *name = below(path);
    uint64_t inode = name && lstat(path, &status) == 0 ? status.st_ino : 0;
    int result = REAL(unlink)(path);
    if (result == 0 && name)
        note('U', name, inode, 0, NULL, 0);
    return result;
}

int rename(const char *from, const char *to)
{
    struct stat status;
    const char *name = below(from) ? below(to) : NULL;
    uint64_t inode = name && lstat(from, &status) == 0 ? status.st_ino : 0;
    int result = REAL(rename)(from, to);
    if (result == 0 && name)
        note('R', name, inode, 0, below(from), strlen(below(from)));
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = REAL(clock_gettime)(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += control->clock_offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int result = REAL(gettimeofday)(now, zone);
    if (result == 0)
        now->tv_sec += control->clock_offset;
    return result;
}

time_t time(time_t *stored)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (stored)
        *stored = now.tv_sec;
    return now.tv_sec;
}
