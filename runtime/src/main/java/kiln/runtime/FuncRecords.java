package kiln.runtime;

import kiln.artifact.FuncRefs;
import kiln.artifact.References;
import kiln.artifact.TableImage;
import kiln.artifact.VMContextLayout;
import kiln.loader.Native;

/**
 * The funcref records of instances, which are made when they are first needed: the same as the builtins FUNC_RECORD and
 * TABLE_SLOT do in generated code.
 */
final class FuncRecords {
    private FuncRecords() {}

    /** Address of the record in a funcref slot of the instance with this VMContext. */
    static long get(long vmctx, int slot) {
        long head = Native.getLong(vmctx + VMContextLayout.REFERENCES);
        long record =
                vmctx + Native.getInt(head + References.HEAD_RECORDS) + (long) slot * VMContextLayout.FUNCREF_BYTES;
        if (Native.getLong(record + VMContextLayout.FUNCREF_CODE) == 0) {
            long entry = head + References.HEAD_BYTES + (long) slot * FuncRefs.ENTRY_BYTES;
            int offset = Native.getInt(entry + FuncRefs.ENTRY_CODE);
            if (offset != FuncRefs.IMPORTED) {
                make(vmctx, head, entry, offset, record);
            }
        }
        return record;
    }

    private static void make(long vmctx, long head, long entry, int offset, long record) {
        long text = Native.getLong(vmctx + VMContextLayout.TEXT_BASE);
        long typeIds = vmctx + Native.getInt(head + References.HEAD_TYPE_IDS);
        int typeId = Native.getInt(typeIds + 4L * Native.getInt(entry + FuncRefs.ENTRY_TYPE));
        Native.putLong(
                record + VMContextLayout.FUNCREF_CODE,
                offset == FuncRefs.NO_CODE ? 0 : text + Integer.toUnsignedLong(offset));
        Native.putLong(record + VMContextLayout.FUNCREF_VMCTX, vmctx);
        Native.putInt(record + VMContextLayout.FUNCREF_TYPE, typeId);
        Native.putInt(record + VMContextLayout.FUNCREF_FUNCTION, Native.getInt(entry + FuncRefs.ENTRY_FUNCTION));
    }

    /** The reference that the image of a table, given by its record, has for an index; 0 for null. */
    static long inImage(long table, long index) {
        long image = Native.getLong(table + VMContextLayout.TABLE_IMAGE);
        if (image == 0) {
            return 0;
        }
        long at = index - Native.getInt(image + TableImage.FIRST);
        if (at < 0 || at >= Native.getInt(image + TableImage.COUNT)) {
            return 0;
        }
        int entry = Native.getInt(image + TableImage.LAZY_ENTRIES + 4 * at);
        return entry == 0 ? 0 : get(Native.getLong(table + VMContextLayout.TABLE_VMCTX), entry - 1);
    }

    /**
     * Makes all records of an instance from {@link CompiledModule#funcRefTemplate}, which is faster than one by one if
     * they are many.
     */
    static void makeAll(CompiledModule module, long vmctx) {
        long[] records = module.funcRefTemplate().clone();
        for (int i = 1; i < records.length; i += 3) {
            records[i] = vmctx;
        }
        Native.copy(records, records.length, vmctx + module.layout().funcRef(module.importedFuncs()));
    }
}
