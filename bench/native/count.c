// A plugin for qemu's user-mode emulators: counts the instructions executed in code that is mapped from files whose name
// contains `match`, and writes the sum to `out` at exit. Everything else runs uncounted, so a JVM around generated code
// is neither slowed down nor measured.
//
//   qemu-aarch64 -plugin count.so,match=.cwasm,out=FILE PROGRAM
//
// The interface is that of qemu's documentation ("QEMU TCG Plugins"), version 1; only what is used is declared here, for
// distributions do not package the header.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t PluginId;
typedef struct PluginBlock PluginBlock;
typedef struct {
    const char *target_name;
    struct { int min, cur; } version;
} PluginInfo;

size_t qemu_plugin_tb_n_insns(const PluginBlock *);
uint64_t qemu_plugin_tb_vaddr(const PluginBlock *);
void qemu_plugin_register_vcpu_tb_trans_cb(PluginId, void (*)(PluginId, PluginBlock *));
void qemu_plugin_register_vcpu_tb_exec_inline(PluginBlock *, int operation, void *counter, uint64_t amount);
void qemu_plugin_register_vcpu_syscall_ret_cb(PluginId, void (*)(PluginId, unsigned, int64_t, int64_t));
void qemu_plugin_register_atexit_cb(PluginId, void (*)(PluginId, void *), void *);

enum { ADD_U64 = 0, MAX_RANGES = 64 };

int qemu_plugin_version = 1;

static struct { uint64_t start, end; } ranges[MAX_RANGES];
static int range_count;
static int maps_changed = 1;
static uint64_t executed;
static char match[256] = ".cwasm", out[4096];
static int64_t mmap_number, mprotect_number;

static void read_maps(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[8192];
    range_count = 0;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        if (strstr(line, match) && sscanf(line, "%lx-%lx", &start, &end) == 2 && range_count < MAX_RANGES) {
            ranges[range_count].start = start;
            ranges[range_count++].end = end;
        }
    }
    if (maps) {
        fclose(maps);
    }
    maps_changed = 0;
}

static void on_translation(PluginId id, PluginBlock *block) {
    if (maps_changed) {
        read_maps();
    }
    uint64_t at = qemu_plugin_tb_vaddr(block);
    for (int i = 0; i < range_count; i++) {
        if (at >= ranges[i].start && at < ranges[i].end) {
            qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
            return;
        }
    }
}

static void on_syscall_return(PluginId id, unsigned cpu, int64_t number, int64_t result) {
    if (number == mmap_number || number == mprotect_number) {
        maps_changed = 1;
    }
}

static void on_exit(PluginId id, void *unused) {
    FILE *f = fopen(out, "w");
    if (f) {
        fprintf(f, "%llu\n", (unsigned long long)executed);
        fclose(f);
    }
}

int qemu_plugin_install(PluginId id, const PluginInfo *info, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "match=", 6)) {
            snprintf(match, sizeof match, "%s", argv[i] + 6);
        } else if (!strncmp(argv[i], "out=", 4)) {
            snprintf(out, sizeof out, "%s", argv[i] + 4);
        }
    }
    int arm = !strcmp(info->target_name, "aarch64");
    mmap_number = arm ? 222 : 9;
    mprotect_number = arm ? 226 : 10;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_ret_cb(id, on_syscall_return);
    qemu_plugin_register_atexit_cb(id, on_exit, NULL);
    return 0;
}
