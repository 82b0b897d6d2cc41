package kiln.bench.index;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import kiln.artifact.Artifact;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Compat;
import kiln.artifact.FuncKey;
import kiln.artifact.FunctionIndex;

/** What compiled files have: {@link FunctionIndex}. */
final class Kiln implements Layout {
    private final FunctionIndex index;
    private final long bytes;

    Kiln(Functions f) {
        ArtifactWriter w =
                new ArtifactWriter(Compat.of("x86_64", List.of(), "bench", Map.of())).strip(ArtifactWriter.Strip.NAMES);
        w.text(Arena.ofAuto().allocate(f.textLength()));
        for (int i = 0; i < f.count(); i++) {
            w.function(FuncKey.ofRaw(f.keys()[i]), f.starts()[i], f.lengths()[i]);
        }
        byte[] file = w.toBytes();
        MemorySegment memory = Arena.ofAuto().allocate(file.length, 4096).copyFrom(MemorySegment.ofArray(file));
        Artifact artifact = Artifact.of(memory, Artifact.OpenOptions.SKIP_DIGEST);
        index = artifact.index();
        bytes = artifact.sectionBytes(".kiln.index").byteSize();
    }

    @Override
    public long find(long key) {
        int entry = index.find(key);
        return entry < 0 ? -1 : index.start(entry);
    }

    @Override
    public long keyAt(long offset) {
        int entry = index.entryAt(offset);
        return entry < 0 ? -1 : index.key(entry);
    }

    @Override
    public long bytes() {
        return bytes;
    }
}
