package kiln.tests.bombs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntBiFunction;

/**
 * Measures work without a clock: loads Kiln's classes once more with code that counts method calls, branches and the
 * elements that the JDK's array methods walk over ({@link Work}). The counts of one piece of work are always the same,
 * and say which methods did it.
 */
public final class WorkMeter {
    private static final ClassDesc WORK = ClassDesc.of(Work.class.getName());
    private static final String TASK = CompileTask.class.getName();
    private static final MethodTypeDesc STEP = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);
    /** Static methods of {@link Work} by name and descriptor without the last parameter. */
    private static final Set<String> REPLACED = replaced();

    private final List<String> methods = new ArrayList<>();
    private final ToIntBiFunction<byte[][], String> task;
    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();

    /**
     * What was measured.
     *
     * @param work steps
     * @param allocated bytes
     * @param result of the task
     * @param steps by method, most first
     */
    public record Measure(long work, long allocated, int result, Map<String, Long> steps) {}

    public WorkMeter() {
        try {
            @SuppressWarnings("unchecked")
            ToIntBiFunction<byte[][], String> made = (ToIntBiFunction<byte[][], String>)
                    new Loader().loadClass(TASK).getDeclaredConstructor().newInstance();
            this.task = made;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs {@link CompileTask} on this thread. */
    public Measure run(byte[][] modules, String way) {
        Arrays.fill(Work.steps, 0);
        long before = threads.getCurrentThreadAllocatedBytes();
        int result = task.applyAsInt(modules, way);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        Map<String, Long> steps = new HashMap<>();
        long sum = 0;
        for (int i = 0; i < methods.size(); i++) {
            if (Work.steps[i] > 0) {
                steps.merge(methods.get(i), Work.steps[i], Long::sum);
                sum += Work.steps[i];
            }
        }
        return new Measure(sum, allocated, result, steps);
    }

    /** The methods whose steps have grown most, relative to twice the steps before, a line each. */
    public static String grown(Measure small, Measure large) {
        Comparator<Map.Entry<String, Long>> excess =
                Comparator.comparingLong(e -> 2 * small.steps().getOrDefault(e.getKey(), 0L) - e.getValue());
        StringBuilder text = new StringBuilder();
        large.steps().entrySet().stream()
                .sorted(excess)
                .limit(6)
                .forEach(e -> text.append("\n    ")
                        .append(e.getKey())
                        .append(": ")
                        .append(small.steps().getOrDefault(e.getKey(), 0L))
                        .append(" -> ")
                        .append(e.getValue()));
        return text.toString();
    }

    private static Set<String> replaced() {
        Set<String> names = new HashSet<>();
        for (var m : Work.class.getDeclaredMethods()) {
            if (!m.getName().equals("step") && !m.getName().equals("bulk")) {
                MethodTypeDesc type = MethodType.methodType(m.getReturnType(), m.getParameterTypes())
                        .describeConstable()
                        .orElseThrow();
                names.add(m.getName()
                        + type.dropParameterTypes(type.parameterCount() - 1, type.parameterCount())
                                .descriptorString());
            }
        }
        return names;
    }

    private final class Loader extends ClassLoader {
        Loader() {
            super(WorkMeter.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            boolean own = name.startsWith("kiln.") && !name.startsWith("kiln.tests.") || name.equals(TASK);
            if (!own) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> c = findLoadedClass(name);
                return c != null ? c : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] counting = count(name, in.readAllBytes());
                return defineClass(name, counting, 0, counting.length, WorkMeter.class.getProtectionDomain());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private byte[] count(String name, byte[] bytes) {
        ClassFile files = ClassFile.of();
        return files.transformClass(files.parse(bytes), (builder, element) -> {
            if (element instanceof MethodModel m && m.code().isPresent()) {
                int id = methods.size();
                methods.add(name.substring(name.indexOf('.') + 1) + "." + m.methodName());
                if (id >= Work.steps.length) {
                    Work.steps = Arrays.copyOf(Work.steps, id * 2);
                }
                builder.transformMethod(m, (to, e) -> {
                    if (e instanceof CodeModel code) {
                        to.withCode(c -> count(c, code, id));
                    } else {
                        to.with(e);
                    }
                });
            } else {
                builder.with(element);
            }
        });
    }

    private static void count(CodeBuilder to, CodeModel code, int id) {
        to.loadConstant(id).invokestatic(WORK, "step", STEP);
        for (CodeElement e : code) {
            if (e instanceof BranchInstruction) {
                to.loadConstant(id).invokestatic(WORK, "step", STEP).with(e);
            } else if (e instanceof InvokeInstruction call && call.opcode() != Opcode.INVOKESPECIAL) {
                invoke(to, call, id);
            } else {
                to.with(e);
            }
        }
    }

    private static void invoke(CodeBuilder to, InvokeInstruction call, int id) {
        MethodTypeDesc type = call.typeSymbol();
        if (call.opcode() != Opcode.INVOKESTATIC) {
            String owner = call.owner().asInternalName();
            ClassDesc receiver = owner.equals("java/util/ArrayList")
                    ? ConstantDescs.CD_List
                    : call.owner().asSymbol();
            type = type.insertParameterTypes(0, receiver);
        }
        boolean fromJdk = call.owner().asInternalName().startsWith("java/");
        if (fromJdk && REPLACED.contains(call.name().stringValue() + type.descriptorString())) {
            to.loadConstant(id)
                    .invokestatic(
                            WORK,
                            call.name().stringValue(),
                            type.insertParameterTypes(type.parameterCount(), ConstantDescs.CD_int));
        } else {
            to.with(call);
        }
    }
}
