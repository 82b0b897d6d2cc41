package kiln.endive;

import kiln.runtime.Func;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.V128;
import kiln.runtime.ValType;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.WasmExternRef;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Value;

/**
 * A mutable global of Kiln's in Endive's form. Endive makes it while it initialises an instance, and then says of
 * which; until then, and as long as no instance imports one of the host's, the value is kept here.
 */
@SuppressWarnings("deprecation") // the constructor that every version has
final class KilnGlobal extends GlobalInstance {
    private StoreGroup group;
    private Global global;

    /** @param group of a global of the host's, or null */
    KilnGlobal(StoreGroup group, long low, long high, run.endive.wasm.types.ValType type, MutabilityType mutability) {
        super(low, high, type, mutability);
        this.group = group;
    }

    StoreGroup group() {
        return group;
    }

    /** What an instance in {@code to} imports. */
    Global in(StoreGroup to, GlobalType type) {
        if (global == null) {
            global = Values.newGlobal(to, type, this);
            group = to;
        }
        return global;
    }

    @Override
    public void setInstance(Instance instance) {
        super.setInstance(instance);
        if (global == null && instance != null && instance.getMachine() instanceof KilnMachine m) {
            global = m.nextGlobal();
            group = m.group();
        }
    }

    private Object read() {
        try {
            return global.get();
        } finally {
            group.release();
        }
    }

    private void write(Object value) {
        try {
            global.set(value);
        } finally {
            group.release();
        }
    }

    private boolean isReference() {
        return global.type().type() instanceof ValType.Ref;
    }

    @Override
    public Instance getInstance() {
        if (global != null && global.type().type().isFunc() && read() instanceof Func f) {
            return group.place(f).instance();
        }
        return super.getInstance();
    }

    @Override
    public long getValueLow() {
        if (global == null) {
            return super.getValueLow();
        }
        Object value = read();
        return isReference() ? Values.toEndive(group, super.getInstance(), value) : Values.bits(value);
    }

    @Override
    public long getValueHigh() {
        return global != null && read() instanceof V128 v ? v.high() : super.getValueHigh();
    }

    @Override
    public long getValue() {
        return getValueLow();
    }

    @Override
    public Object getRefValue() {
        if (global == null) {
            return super.getRefValue();
        }
        return global.type().type() instanceof ValType.Ref r && Values.isObject(r) ? Values.objectOf(read()) : null;
    }

    @Override
    public void setValue(Value value) {
        super.setValue(value);
        setValueLow(value.raw());
    }

    @Override
    public void setValue(long value) {
        setValueLow(value);
    }

    @Override
    public void setValueLow(long value) {
        super.setValueLow(value);
        if (global == null) {
            return;
        }
        write(
                switch (global.type().type()) {
                    case ValType.Num n ->
                        switch (n) {
                            case I32 -> (int) value;
                            case I64 -> value;
                            case F32 -> Float.intBitsToFloat((int) value);
                            case F64 -> Double.longBitsToDouble(value);
                            case V128 -> new V128(value, getValueHigh());
                        };
                    case ValType.Ref r ->
                        Values.toKiln(
                                group,
                                r,
                                super.getInstance(),
                                value,
                                value == Value.REF_NULL_VALUE ? null : new WasmExternRef(value));
                });
    }

    @Override
    public void setValueHigh(long value) {
        super.setValueHigh(value);
        if (global != null && global.type().type() == ValType.V128) {
            write(new V128(getValueLow(), value));
        }
    }

    @Override
    public void setRefValue(Object ref) {
        super.setRefValue(ref);
        // Endive says it of every reference while it initialises, also of functions, which have numbers, and of objects
        // that it has made itself.
        if (global != null && global.type().type().isExtern()) {
            write(ref);
        } else if (global != null && Values.isI31(global.type().type())) {
            write(Values.toKiln(group, (ValType.Ref) global.type().type(), super.getInstance(), 0, ref));
        }
    }
}
