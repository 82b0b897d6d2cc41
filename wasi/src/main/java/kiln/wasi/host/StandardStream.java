package kiln.wasi.host;

/** A standard stream of the guest's, which may be one of the process's. */
abstract sealed class StandardStream extends FileDescriptor permits StandardInput, StandardOutput {
    private final int processFd;

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    StandardStream(long rights, int processFd) {
        super(rights, 0, 0);
        this.processFd = processFd;
    }

    @Override
    public final FileType type() {
        return ProcessStreams.type(processFd);
    }

    @Override
    public final FileStatus status() {
        return FileStatus.ofStream(type());
    }
}
