package kiln.wasi.host;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Stands before what calls file systems that are not ours: whatever exception one throws, the guest gets an error
 * number. By reflection, because both interfaces have many methods, and these file systems are slower than that.
 */
public final class Guarded implements InvocationHandler {
    private final Object target;

    private Guarded(Object target) {
        this.target = target;
    }

    public static DirectoryHandle directory(DirectoryHandle target) {
        return target instanceof PortableDirectory ? guard(DirectoryHandle.class, target) : target;
    }

    public static FileHandle file(FileHandle target) {
        return guard(FileHandle.class, target);
    }

    private static <T> T guard(Class<T> type, T target) {
        return type.cast(
                Proxy.newProxyInstance(Guarded.class.getClassLoader(), new Class<?>[] {type}, new Guarded(target)));
    }

    /** What is behind. */
    public static Object unwrap(Object handle) {
        return Proxy.isProxyClass(handle.getClass()) && Proxy.getInvocationHandler(handle) instanceof Guarded g
                ? g.target
                : handle;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        try {
            Object result = method.invoke(target, args);
            return result instanceof PortableDirectory p ? directory(p) : result;
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause();
            if (cause instanceof WasiError || cause instanceof StoppedException) {
                throw cause;
            } else if (cause instanceof RuntimeException r) {
                throw HostErrors.errno(r).error();
            } else if (cause instanceof IOException || cause instanceof Error) {
                throw cause;
            }
            throw Errno.IO.error();
        }
    }
}
