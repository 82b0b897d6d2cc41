// Runs a module that wasm2c made C of (with `-n program`): what benchmark programs need of WASI preview 1, with the working
// folder as the only preopened one, and the marks bench.start and bench.end. Prints the CPU nanoseconds between the marks
// (of _start where there are none). What the program writes to stdout and stderr is dropped.
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SUCCESS = 0, BADF = 8, INVAL = 28, IO = 29, NOENT = 44, NOTCAPABLE = 76, PREOPENED = 3 };

struct Z_wasi_snapshot_preview1_instance_t { int unused; };
struct Z_bench_instance_t { int unused; };
typedef struct Z_wasi_snapshot_preview1_instance_t Wasi;
typedef struct Z_bench_instance_t Bench;

static Z_program_instance_t program;
static struct timespec begin, end;
static const char *name = "program.wasm";

static u8 *at(u32 address) { return Z_programZ_memory(&program)->data + address; }
static u32 get32(u32 address) { u32 v; memcpy(&v, at(address), 4); return v; }
static void put32(u32 address, u32 v) { memcpy(at(address), &v, 4); }
static void put64(u32 address, u64 v) { memcpy(at(address), &v, 8); }
static u32 failed(void) { return errno == ENOENT ? NOENT : errno == EBADF ? BADF : errno == EINVAL ? INVAL : IO; }

static void finish(int status) {
    if (!end.tv_sec && !end.tv_nsec) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    }
    printf("%lld\n", (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec);
    exit(status);
}

void Z_benchZ_start(Bench *b) { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin); }
void Z_benchZ_end(Bench *b) { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end); }

void Z_wasi_snapshot_preview1Z_proc_exit(Wasi *w, u32 code) { finish(code); }

u32 Z_wasi_snapshot_preview1Z_args_sizes_get(Wasi *w, u32 count, u32 bytes) {
    put32(count, 1);
    put32(bytes, strlen(name) + 1);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_args_get(Wasi *w, u32 pointers, u32 bytes) {
    put32(pointers, bytes);
    memcpy(at(bytes), name, strlen(name) + 1);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_environ_sizes_get(Wasi *w, u32 count, u32 bytes) {
    put32(count, 0);
    put32(bytes, 0);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_environ_get(Wasi *w, u32 pointers, u32 bytes) { return SUCCESS; }

u32 Z_wasi_snapshot_preview1Z_clock_time_get(Wasi *w, u32 clock, u64 precision, u32 result) {
    struct timespec t;
    clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    put64(result, t.tv_sec * 1000000000ULL + t.tv_nsec);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_random_get(Wasi *w, u32 buffer, u32 length) {
    for (u32 i = 0; i < length; i++) {
        *at(buffer + i) = i * 167 + 13;
    }
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_close(Wasi *w, u32 fd) { return fd <= PREOPENED || close(fd) == 0 ? SUCCESS : BADF; }

u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(Wasi *w, u32 fd, u32 result) {
    struct stat s;
    if (fd > PREOPENED && fstat(fd, &s) != 0) {
        return BADF;
    }
    memset(at(result), 0, 24);
    *at(result) = fd < PREOPENED ? 2 : fd == PREOPENED ? 3 : 4;
    put64(result + 8, -1);
    put64(result + 16, -1);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_prestat_get(Wasi *w, u32 fd, u32 result) {
    if (fd != PREOPENED) {
        return BADF;
    }
    put32(result, 0);
    put32(result + 4, 1);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_prestat_dir_name(Wasi *w, u32 fd, u32 path, u32 length) {
    if (fd != PREOPENED || length < 1) {
        return BADF;
    }
    *at(path) = '.';
    return SUCCESS;
}

static u32 put_stat(int status, const struct stat *s, u32 result) {
    if (status != 0) {
        return failed();
    }
    memset(at(result), 0, 64);
    put64(result, s->st_dev);
    put64(result + 8, s->st_ino);
    *at(result + 16) = S_ISDIR(s->st_mode) ? 3 : 4;
    put64(result + 24, s->st_nlink);
    put64(result + 32, s->st_size);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_filestat_get(Wasi *w, u32 fd, u32 result) {
    struct stat s;
    return put_stat(fd == PREOPENED ? stat(".", &s) : fstat(fd, &s), &s, result);
}

static int guest_path(char *to, size_t size, u32 path, u32 length) {
    return length < size && (memcpy(to, at(path), length), to[length] = 0, to[0] != '/');
}

u32 Z_wasi_snapshot_preview1Z_path_filestat_get(Wasi *w, u32 fd, u32 flags, u32 path, u32 length, u32 result) {
    char p[4096];
    struct stat s;
    return guest_path(p, sizeof p, path, length) ? put_stat(stat(p, &s), &s, result) : NOTCAPABLE;
}

u32 Z_wasi_snapshot_preview1Z_path_open(Wasi *w, u32 dir, u32 lookup, u32 path, u32 length, u32 oflags, u64 rights,
                                        u64 inheriting, u32 fdflags, u32 result) {
    char p[4096];
    if (!guest_path(p, sizeof p, path, length)) {
        return NOTCAPABLE;
    }
    // Programs read their input; whatever they write goes nowhere.
    int fd = oflags & 1 ? open("/dev/null", O_RDWR) : open(p, O_RDONLY);
    if (fd < 0) {
        return failed();
    }
    if (fd == PREOPENED) {
        fd = dup(fd);
    }
    put32(result, fd);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_read(Wasi *w, u32 fd, u32 vectors, u32 count, u32 result) {
    u32 sum = 0;
    for (u32 i = 0; i < count; i++) {
        u32 length = get32(vectors + 8 * i + 4);
        ssize_t n = read(fd, at(get32(vectors + 8 * i)), length);
        if (n < 0) {
            return failed();
        }
        sum += n;
        if (n < length) {
            break;
        }
    }
    put32(result, sum);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_write(Wasi *w, u32 fd, u32 vectors, u32 count, u32 result) {
    u32 sum = 0;
    for (u32 i = 0; i < count; i++) {
        sum += get32(vectors + 8 * i + 4);
    }
    put32(result, sum);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_seek(Wasi *w, u32 fd, u64 offset, u32 whence, u32 result) {
    off_t position = lseek(fd, offset, whence == 0 ? SEEK_SET : whence == 1 ? SEEK_CUR : SEEK_END);
    if (position < 0) {
        return 70; // spipe
    }
    put64(result, position);
    return SUCCESS;
}

int main(void) {
    Wasi wasi;
    Bench bench;
    wasm_rt_init();
    Z_program_init_module();
    INSTANTIATE;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    Z_programZ__start(&program);
    finish(0);
}
