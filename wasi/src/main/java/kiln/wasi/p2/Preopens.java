package kiln.wasi.p2;

import java.util.ArrayList;
import java.util.List;
import kiln.wasi.host.Directory;

/** {@code wasi:filesystem/preopens}. */
final class Preopens extends HostInterface {
    private final List<Directory> folders;
    private final FileCount files;

    Preopens(List<Directory> folders, FileCount files) {
        super("wasi:filesystem/preopens", List.of(), "get-directories");
        this.folders = folders;
        this.files = files;
    }

    @Override
    Object call(String function, Object[] a) {
        if (!function.equals("get-directories")) {
            throw unknown(function);
        }
        List<Object> result = new ArrayList<>();
        for (Directory d : folders) {
            result.add(List.of(new Descriptor(new OpenFile(d, true, files)), DirectoryEntries.text(d.guestName())));
        }
        return result;
    }
}
