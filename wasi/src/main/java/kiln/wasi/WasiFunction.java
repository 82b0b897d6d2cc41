package kiln.wasi;

import kiln.runtime.FuncType;
import kiln.runtime.ValType;

/** The functions of wasi_snapshot_preview1 by their names in lower case, with their parameters: i is i32, j is i64. */
enum WasiFunction {
    ARGS_GET("ii"),
    ARGS_SIZES_GET("ii"),
    ENVIRON_GET("ii"),
    ENVIRON_SIZES_GET("ii"),
    CLOCK_RES_GET("ii"),
    CLOCK_TIME_GET("iji"),
    FD_ADVISE("ijji"),
    FD_ALLOCATE("ijj"),
    FD_CLOSE("i"),
    FD_DATASYNC("i"),
    FD_FDSTAT_GET("ii"),
    FD_FDSTAT_SET_FLAGS("ii"),
    FD_FDSTAT_SET_RIGHTS("ijj"),
    FD_FILESTAT_GET("ii"),
    FD_FILESTAT_SET_SIZE("ij"),
    FD_FILESTAT_SET_TIMES("ijji"),
    FD_PREAD("iiiji"),
    FD_PRESTAT_GET("ii"),
    FD_PRESTAT_DIR_NAME("iii"),
    FD_PWRITE("iiiji"),
    FD_READ("iiii"),
    FD_READDIR("iiiji"),
    FD_RENUMBER("ii"),
    FD_SEEK("ijii"),
    FD_SYNC("i"),
    FD_TELL("ii"),
    FD_WRITE("iiii"),
    PATH_CREATE_DIRECTORY("iii"),
    PATH_FILESTAT_GET("iiiii"),
    PATH_FILESTAT_SET_TIMES("iiiijji"),
    PATH_LINK("iiiiiii"),
    PATH_OPEN("iiiiijjii"),
    PATH_READLINK("iiiiii"),
    PATH_REMOVE_DIRECTORY("iii"),
    PATH_RENAME("iiiiii"),
    PATH_SYMLINK("iiiii"),
    PATH_UNLINK_FILE("iii"),
    POLL_ONEOFF("iiii"),
    PROC_EXIT("i"),
    PROC_RAISE("i"),
    RANDOM_GET("ii"),
    SCHED_YIELD(""),
    SOCK_ACCEPT("iii"),
    SOCK_RECV("iiiiii"),
    SOCK_SEND("iiiii"),
    SOCK_SHUTDOWN("ii");

    private final String parameters;

    WasiFunction(String parameters) {
        this.parameters = parameters;
    }

    /** Whether it works with one descriptor, its first parameter. */
    boolean isOnDescriptor() {
        return compareTo(FD_ADVISE) >= 0 && compareTo(FD_WRITE) <= 0;
    }

    /** The name under which modules import it. */
    String importName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    FuncType type() {
        ValType[] types = new ValType[parameters.length()];
        for (int i = 0; i < types.length; i++) {
            types[i] = parameters.charAt(i) == 'j' ? ValType.I64 : ValType.I32;
        }
        return this == PROC_EXIT ? FuncType.ofVoid(types) : FuncType.of(ValType.I32, types);
    }
}
