package kiln.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.Entry;
import kiln.loader.Native;
import kiln.loader.Upcalls;
import kiln.runtime.internal.ComponentAccess;
import kiln.runtime.internal.HostObjects;
import kiln.runtime.internal.Reclaimer;
import kiln.runtime.internal.StoreBlock;

/**
 * Where instances live: they, their memories, tables, globals and functions belong to one store, can be linked with
 * each other, and go away together when it is closed, or when Java collects it, because neither it nor anything in it
 * can be reached any more. Closing is better: how much native memory waits for the collector, Java does not know.
 *
 * <p>A store belongs to one thread at a time: to the first that uses it, until that thread calls {@link #release} or
 * ends. Any use by another thread is an {@link IllegalStateException}, except {@link #interrupt}.
 */
public final class Store implements AutoCloseable {
    /** Owner of a closed store: never a thread that runs. */
    private static final Thread CLOSED = Thread.ofPlatform()
            .inheritInheritableThreadLocals(false)
            .name("closed")
            .unstarted(Thread::yield);

    private static final String NO_CHECKS = "was compiled without checks for interruption, so that nothing could stop"
            + " its loops: compile it with --interruptible, or by an engine that is interruptible";

    private static final Store CLOSED_INSTANCE = new Store();
    private static final VarHandle OWNER;
    private static final VarHandle CLOSING;

    /** Nobody but the owner wants to close the store. */
    private static final int OPEN = 0;
    /** Another thread wants the owner to close the store as soon as its call is over. */
    private static final int ASKED = 1;
    /** The owner does so. */
    private static final int ENDING = 2;
    /** It has. */
    private static final int ENDED = 3;

    private static final long CLOSE_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(Store.class, "owner", Thread.class);
            CLOSING = MethodHandles.lookup().findVarHandle(Store.class, "closing", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
        Upcalls.setDispatcher(new Dispatch());
        ComponentAccess.set(new ComponentFriend());
    }

    private final Engine engine;
    private final StoreLimits limits;
    private final StoreBlock block;
    private final Caller hostCaller;
    private final References references;
    private final StoreHeap heap;
    private final List<Instance> instances = new ArrayList<>();
    private final List<Memory> memories = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();
    private final List<HostBinding> unresolved = new ArrayList<>();
    private final Map<HostAdapter, Func> hostFuncs = new IdentityHashMap<>(4);
    private final HostObjects hostObjects = new HostObjects();
    private final Watch watch;
    private final Remains remains;
    private final Reclaimer.Registration registration;

    /** Read without synchronisation: a thread that finds itself here has put itself here. */
    private Thread owner;

    /** What a thread that closes the store while its owner waits tells the owner, and is told. */
    private volatile int closing;

    /** Whether the owner waits for other threads in a call. */
    private volatile boolean waiting;

    /** First free byte of the argument area, which is a stack for calls within calls. */
    private long areaTop;

    private long memoryBytes;

    /** Whether it is given up at the end of each outermost call. */
    private boolean handOn;

    /** An instance's module without checks in loops, or null. */
    private String unstoppable;

    /** Null as long as there was neither an exception nor a place for one. */
    private ExceptionHeap exceptions;
    /** By record. Null as long as there are none. */
    private Map<Long, Tag> tags;

    /** Null as long as nobody has asked for it. */
    private Tag javaTag;

    /** Null as long as no instance has relaxed vector operations. */
    private RelaxedSimd relaxedSimd;

    /**
     * Which results relaxed vector operations have in a store.
     *
     * @param results as files record it
     * @param module the name of the first one that has such operations
     */
    record RelaxedSimd(String results, String module) {}

    /**
     * A store with the limits that the engine says, {@link StoreLimits#DEFAULT} if it says none.
     *
     * @throws IllegalStateException if the engine is closed
     * @throws OutOfMemoryError if the system has no memory left
     */
    public Store(Engine engine) {
        this(engine, engine.limits());
    }

    /**
     * A store with limits.
     *
     * @throws IllegalStateException if the engine is closed
     * @throws OutOfMemoryError if the system has no memory left
     */
    public Store(Engine engine, StoreLimits limits) {
        this.engine = Objects.requireNonNull(engine, "engine");
        this.limits = Objects.requireNonNull(limits, "limits");
        this.block = engine.takeBlock();
        this.areaTop = block.areaStart();
        this.hostCaller = new Caller(this, null);
        this.heap = new StoreHeap(this);
        this.references = new References(this);
        this.watch = new Watch(this);
        this.remains = new Remains(engine, block, hostObjects.numbers(), watch);
        this.registration = Reclaimer.register(this, remains);
    }

    private Store() {
        engine = null;
        limits = StoreLimits.DEFAULT;
        block = null;
        hostCaller = null;
        references = null;
        heap = null;
        watch = null;
        remains = null;
        registration = null;
        owner = CLOSED;
    }

    /** A store that is closed: what closed objects refer to. */
    static Store closedInstance() {
        return CLOSED_INSTANCE;
    }

    /** The engine it was made with. */
    public Engine engine() {
        return engine;
    }

    /** What its instances may use. */
    public StoreLimits limits() {
        return limits;
    }

    RelaxedSimd relaxedSimd() {
        return relaxedSimd;
    }

    void setRelaxedSimd(RelaxedSimd relaxedSimd) {
        this.relaxedSimd = relaxedSimd;
    }

    StoreBlock block() {
        return block;
    }

    // ---- threads

    /** Makes the current thread the owner, if there is none. */
    void check() {
        if (owner != Thread.currentThread()) {
            claim();
        }
    }

    private void claim() {
        Thread current = Thread.currentThread();
        Thread o = (Thread) OWNER.getAcquire(this);
        if (o == CLOSED) {
            throw new IllegalStateException("the store is closed");
        }
        // A thread that has ended synchronises with the thread that finds it ended.
        if (o != null && (o.getState() == Thread.State.NEW || o.isAlive())) {
            throw wrongThread(o);
        }
        if (!OWNER.compareAndSet(this, o, current)) {
            throw wrongThread((Thread) OWNER.getAcquire(this));
        }
        if (o != null) {
            // Segments that were handed out are confined to the thread that has ended.
            for (Memory m : memories) {
                m.revokeSegments();
            }
        }
        watch.owner(current);
    }

    private static IllegalStateException wrongThread(Thread o) {
        return new IllegalStateException("this store is in use by thread \"" + (o == null ? "?" : o.getName())
                + "\", not by \"" + Thread.currentThread().getName()
                + "\": a store belongs to one thread at a time (Store.release() hands it on, after each call if"
                + " setHandOn)");
    }

    /**
     * Hands the store on to whichever thread uses it next. Segments of memories that were handed out become
     * inaccessible.
     *
     * @throws IllegalStateException if another thread owns it, or a call is running
     */
    public void release() {
        check();
        requireIdle("release");
        for (Memory m : memories) {
            m.revokeSegments();
        }
        watch.owner(null);
        OWNER.setRelease(this, null);
    }

    /**
     * Whether the store hands itself on, as instances in a pool want: a call takes it for its thread, unless a call of
     * another thread is running, and gives it up when the outermost one ends; so do accesses to memories, tables and
     * globals. Still only one thread uses it at a time, and any other finds an {@link IllegalStateException}. What
     * makes an instance available to another thread must be such that this one sees what was done before, as queues and
     * locks are. A {@linkplain Memory#segment segment} keeps the store for the thread until its next call ends, or
     * until {@link #release}.
     *
     * @throws IllegalStateException if another thread owns the store
     */
    public void setHandOn(boolean on) {
        check();
        handOn = on;
        leave();
    }

    /** Does something with the store as owner, and gives it up if it hands itself on. */
    <T> T use(Supplier<T> work) {
        check();
        try {
            return work.get();
        } finally {
            leave();
        }
    }

    /**
     * At the end of whatever came in through {@link #check}, whether it worked or not: of the store nothing is read or
     * written any more.
     */
    @SuppressWarnings("ReachabilityFenceUsage") // what throws has no access to native memory behind it
    void leave() {
        if (handOn) {
            handOn();
        }
        // Up to here nobody may collect it, though nothing but its addresses was needed for a while.
        Reference.reachabilityFence(this);
    }

    private void handOn() {
        if (areaTop != block.areaStart() || owner != Thread.currentThread()) {
            return;
        }
        for (Memory m : memories) {
            m.revokeSegments();
        }
        watch.owner(null);
        OWNER.setRelease(this, null);
    }

    private void requireIdle(String what) {
        if (areaTop != block.areaStart()) {
            throw new IllegalStateException("cannot " + what + " a store while a call into it is running");
        }
    }

    // ---- calls

    /** Room for the arguments of one call; nothing is taken until {@link #enter}. */
    long beginCall(int bytes) {
        check();
        heap.poll();
        long area = areaTop;
        if (area + bytes > block.areaEnd()) {
            throw new TrapException(TrapCode.STACK_CHECK, TrapCode.STACK_CHECK.message());
        }
        return area;
    }

    /**
     * Begins something that consists of several calls and accesses to memory, during which the store is in use.
     *
     * @param bytes at least {@link ComponentFriend#SEQUENCE_BYTES}, a multiple of 16
     * @return the address of so much room in the argument area, which calls until {@link #endSequence} leave alone
     */
    long beginSequence(int bytes) {
        areaTop = beginCall(bytes) + bytes;
        return areaTop - bytes;
    }

    /** Ends what {@link #beginSequence} began. */
    void endSequence(int bytes) {
        areaTop -= bytes;
        if (closing == OPEN || !obeyClosing()) {
            leave();
        }
    }

    boolean isClosed() {
        return (Thread) OWNER.getAcquire(this) == CLOSED;
    }

    /** Runs code of this store, with an area that is the next free one, or lies in room that a sequence has taken. */
    void enter(long vmctx, long trampoline, long code, long area, int bytes) {
        long before = areaTop;
        areaTop = Math.max(before, area + bytes);
        int status;
        try {
            status = Entry.call(block.memory(), vmctx, trampoline, code, area);
        } catch (Throwable t) {
            areaTop = before;
            leave();
            throw t;
        }
        areaTop = before;
        if (status != StoreLayout.STATUS_OK) {
            Throwable t = failure(status);
            if (closing != OPEN) {
                obeyClosing();
            }
            leave();
            throw Store.<RuntimeException>sneak(t);
        }
        if (closing != OPEN && obeyClosing()) {
            // The results went with the store.
            throw new IllegalStateException("the store was closed by another thread");
        }
    }

    /** Another thread has asked to close the store: does so if no call is left; returns whether it is closed. */
    private boolean obeyClosing() {
        if (areaTop != block.areaStart()) {
            // A host function may have kept what stopped its callee to itself; its caller is to stop, too.
            block.memory().interrupt();
            return false;
        }
        if (!CLOSING.compareAndSet(this, ASKED, ENDING)) {
            return false;
        }
        try {
            close();
            return true;
        } finally {
            closing = OWNER.getAcquire(this) == CLOSED ? ENDED : OPEN;
        }
    }

    private Throwable failure(int status) {
        if (status == StoreLayout.STATUS_TRAP) {
            return Traces.ofNative(this);
        }
        if (status == StoreLayout.STATUS_THROWN) {
            return uncaught();
        }
        Throwable t = Upcalls.takeThrown();
        if (t instanceof TrapException trap && trap.code() == TrapCode.INTERRUPTED) {
            // A host function has seen the interruption; it has done what it was for.
            block.memory().clearInterrupt();
        }
        return t != null ? t : new KilnBug("generated code unwound, but nothing was thrown (status " + status + ")");
    }

    /** The exception of Java's for one of WebAssembly's that has just left generated code. */
    private Throwable uncaught() {
        ExnRef e = exceptions().ref(Native.getLong(block.memory().address() + StoreLayout.EXCEPTION));
        Native.putLong(block.memory().address() + StoreLayout.EXCEPTION, 0);
        if (e.tag() == javaTag && e.payload().getFirst() instanceof Throwable t) {
            return t;
        }
        ThrownException known = e.thrown();
        return known != null ? known : Traces.uncaught(this, e);
    }

    /**
     * Prepares that generated code throws what a host function has thrown.
     *
     * @return false if handlers must not see it
     */
    boolean rethrow(Throwable t) {
        ExnRef e;
        if (t instanceof ThrownException thrown) {
            e = thrown.exception();
            if (e.store() != this) {
                return false;
            }
        } else if (javaTag != null
                && t instanceof Exception
                && !(t instanceof WasmException)
                && !(t instanceof Unseen)) {
            e = ExnRef.of(javaTag, t);
        } else {
            return false;
        }
        Native.putLong(block.memory().address() + StoreLayout.EXCEPTION, e.address());
        return true;
    }

    /** Calls a host function without a detour through generated code. */
    void callHost(HostAdapter host, long area, int bytes) {
        long before = areaTop;
        areaTop = Math.max(before, area + bytes);
        Throwable thrown = null;
        try {
            host.invoke(hostCaller, area);
        } catch (Throwable t) {
            thrown = t;
        } finally {
            areaTop = before;
        }
        boolean isClosed = closing != OPEN && obeyClosing();
        if (thrown != null) {
            leave();
            throw Store.<RuntimeException>sneak(thrown);
        }
        if (isClosed) {
            throw new IllegalStateException("the store was closed by another thread");
        }
    }

    @SuppressWarnings("unchecked")
    static <T extends Throwable> T sneak(Throwable t) throws T {
        throw (T) t;
    }

    // ---- exceptions

    ExceptionHeap exceptions() {
        if (exceptions == null) {
            exceptions = new ExceptionHeap(this);
            remains.setExceptions(exceptions.chunks());
        }
        return exceptions;
    }

    /** Whether there may be exceptions. */
    boolean hasExceptions() {
        return exceptions != null && !exceptions.isEmpty();
    }

    /** If a global has this type, its cell keeps what it refers to. */
    void keepWhatRefers(ValType type, long cell) {
        if (type.isException()) {
            exceptions().addGlobal(cell);
        } else if (StoreHeap.isCollected(type)) {
            heap.addGlobal(cell);
        }
    }

    void add(Tag t) {
        if (tags == null) {
            tags = new HashMap<>();
        }
        tags.put(t.record(), t);
    }

    /** The tag that has this record. */
    Tag tag(long record) {
        return tags.get(record);
    }

    Tag javaTag() {
        if (javaTag == null) {
            javaTag = Tag.of(this, FuncType.ofVoid(ValType.EXTERNREF));
        }
        return javaTag;
    }

    // ---- objects

    StoreHeap heap() {
        return heap;
    }

    /** What the store has in its garbage-collected heap. */
    public HeapUse heapUse() {
        return use(() -> heap.use());
    }

    /**
     * Collects garbage: objects of WebAssembly's that nobody reaches, and references to objects of Java's that
     * WebAssembly does not hold any more. It happens by itself when it is time.
     */
    public void collectGarbage() {
        check();
        heap.collect();
        leave();
    }

    // ---- references

    References references() {
        return references;
    }

    /**
     * The cell for a reference: 0 for null; for a {@link Func}, or any other object as externref, a number that stands
     * for it in this store, the same one every time. Objects that got a number in this way are kept until the store is
     * closed, since nobody can tell when Java forgets a number.
     *
     * @throws IllegalArgumentException if the value does not fit the type, or is a function of another store
     */
    public long toCell(ValType.Ref type, Object value) {
        return use(() -> {
            heap.poll();
            return references.cell(type, references.raw(this, type, value));
        });
    }

    /**
     * The inverse of {@link #toCell}, also for cells that came out of WebAssembly in this store. A cell of another
     * store is refused, unless 65,534 stores were made between the two; then it may stand for something of this one.
     *
     * @throws IllegalArgumentException if the cell is no reference of this store, or does not fit the type
     */
    public Object fromCell(ValType.Ref type, long cell) {
        return use(() -> references.object(type, references.raw(type, cell)));
    }

    // ---- what lives here

    /** Zeroed native memory that lasts as long as the store. */
    long allocate(long bytes) {
        return block.slab().allocate(bytes);
    }

    int newHostId(Object o) {
        return hostObjects.add(o);
    }

    void add(Instance i) {
        instances.add(i);
        remains.add(i.module());
        VMContextLayout layout = i.module().layout();
        references.addRecords(i.vmctx() + layout.funcRef(0), layout.counts().funcRefs());
    }

    List<Instance> instances() {
        return instances;
    }

    /** The object through which this store uses a shared memory. */
    Memory memory(SharedMemory shared) {
        for (Memory m : memories) {
            if (m.shared() == shared) {
                return m;
            }
        }
        return Memory.of(this, shared);
    }

    Remains remains() {
        return remains;
    }

    void add(Memory m) {
        memories.add(m);
    }

    void add(Table t) {
        tables.add(t);
    }

    int memoryCount() {
        return memories.size();
    }

    int tableCount() {
        return tables.size();
    }

    /** Whether the limits allow {@code bytes} more. */
    boolean hasMemoryBytes(long bytes) {
        return bytes <= limits.totalMemoryBytes() - memoryBytes;
    }

    /** Counts {@code bytes} more against the limits, or returns false. */
    boolean reserveMemoryBytes(long bytes) {
        if (!hasMemoryBytes(bytes)) {
            return false;
        }
        memoryBytes += bytes;
        remains.count(bytes);
        return true;
    }

    /** The function that {@code host} is in this store. */
    Func hostFunc(FuncType type, HostAdapter host) {
        check();
        Func f = hostFuncs.get(host);
        if (f == null) {
            f = Func.ofHost(this, type, host);
            hostFuncs.put(host, f);
        }
        return f;
    }

    /** The funcref record of a host function that the host itself puts somewhere. */
    long hostRecord(Func f) {
        HostBinding b = new HostBinding(f, hostCaller);
        long record = b.makeRecord(this);
        references.addRecords(record, 1);
        if (!b.resolve(this)) {
            unresolved.add(b);
        }
        return record;
    }

    /** Another module has come, which may have the trampolines that host functions waited for. */
    void resolveHostFunctions() {
        for (int i = unresolved.size() - 1; i >= 0; i--) {
            if (unresolved.get(i).resolve(this)) {
                unresolved.remove(i);
            }
        }
    }

    // ---- interruption

    /**
     * Asks the call that runs in this store, or the next one if none does, to stop with {@link TrapCode#INTERRUPTED}.
     * Any thread may ask. Code notices at the entry of functions, and in loops if it was compiled with interrupt
     * checks.
     */
    public void interrupt() {
        if (block != null) {
            watch.interrupt();
        }
    }

    /**
     * Whether the running call was asked to stop. Host functions that wait or take long should look every few
     * milliseconds, and throw {@code new TrapException(TrapCode.INTERRUPTED, ...)}, which takes note of the request, or
     * return early.
     */
    public boolean isInterrupted() {
        check();
        boolean interrupted = closing != OPEN || block.memory().interrupted() || watch.isOwnerInterrupted();
        leave();
        return interrupted;
    }

    private void watch(boolean on, Runnable change) {
        check();
        try {
            if (on && unstoppable != null) {
                throw new IllegalStateException(unstoppable + " " + NO_CHECKS);
            }
            change.run();
        } finally {
            leave();
        }
    }

    /**
     * Takes note that a module has no checks in loops.
     *
     * @return why it cannot be instantiated here, or null if it can
     */
    String addUnstoppable(CompiledModule m) {
        if (watch.isWatched()) {
            return "the store has a deadline, or its thread may interrupt it, but " + m + " " + NO_CHECKS;
        }
        unstoppable = m.toString();
        return null;
    }

    /** Which thread waits for others in a call of this store, or null: it is woken by an interruption. */
    void setWaiting(Thread t) {
        // The watching thread must not unpark virtual threads: they look by themselves.
        watch.waiting(t == null || t.isVirtual() ? null : t);
        waiting = t != null;
    }

    /** Forgets an interruption that nobody has noticed yet. */
    public void clearInterrupt() {
        check();
        block.memory().clearInterrupt();
        leave();
    }

    /**
     * Interrupts what runs when {@code time} from now has passed; replaces an earlier deadline. Null: no deadline.
     *
     * @throws IllegalStateException if an instance's code has no checks in loops, so that nothing could stop it
     */
    public void setDeadline(Duration time) {
        watch(time != null, () -> watch.deadline(time));
    }

    /**
     * Whether {@link Thread#interrupt} of the owner stops WebAssembly, within some ten milliseconds. The thread's
     * interrupt status stays set.
     *
     * @throws IllegalStateException if an instance's code has no checks in loops, so that nothing could stop it
     */
    public void setThreadInterruptible(boolean on) {
        watch(on, () -> watch.threadInterruptible(on));
    }

    // ---- end

    /**
     * Frees everything. All objects of this store are useless then and say so; segments of memories are inaccessible.
     * Idempotent.
     *
     * <p>Any thread may close a store whose owner waits in memory.atomic.wait. The owner's call then stops as if it
     * was interrupted, and this returns when it has ended, so the caller must hold nothing that a host function on the
     * owner's stack could need.
     *
     * @throws IllegalStateException if another thread owns the store and does not wait, or a call is running
     */
    @Override
    public void close() {
        Thread o = (Thread) OWNER.getAcquire(this);
        if (o == CLOSED) {
            return;
        }
        if (waiting && o != null && o != Thread.currentThread() && closeThrough(o)) {
            return;
        }
        check();
        requireIdle("close");
        // Whatever cannot be revoked (a segment in use by a native call) refuses here, before anything is freed.
        for (Memory m : memories) {
            m.revokeSegments();
        }
        OWNER.setVolatile(this, CLOSED);
        for (Memory m : memories) {
            m.leaveStore();
        }
        for (Table t : tables) {
            t.leaveStore();
        }
        if (exceptions != null) {
            exceptions.close();
        }
        heap.close();
        registration.free();
    }

    /** Has the owner, which waits, close the store at the end of its call; returns whether it did. */
    private boolean closeThrough(Thread o) {
        if (CLOSING.compareAndSet(this, OPEN, ASKED)) {
            // From here on the owner cannot end its call unnoticed, unless it has just been woken.
            if (!waiting && CLOSING.compareAndSet(this, ASKED, OPEN)) {
                return false;
            }
            watch.interrupt();
        }
        boolean interrupted = false;
        while (closing != ENDED && closing != OPEN && o.isAlive()) {
            LockSupport.parkNanos(this, CLOSE_POLL_NANOS);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return closing == ENDED;
    }
}
