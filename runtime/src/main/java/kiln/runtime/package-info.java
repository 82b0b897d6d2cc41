/**
 * Runs compiled WebAssembly inside the JVM.
 *
 * <p>An {@link kiln.runtime.Engine} loads {@link kiln.runtime.CompiledModule modules}; a {@link kiln.runtime.Linker}
 * has what they import; an {@link kiln.runtime.Instance} lives in a {@link kiln.runtime.Store}, which belongs to one
 * thread at a time, and exports {@linkplain kiln.runtime.Func functions}, {@linkplain kiln.runtime.Memory memories},
 * {@linkplain kiln.runtime.Table tables} and {@linkplain kiln.runtime.Global globals}:
 *
 * <pre>{@code
 * try (Engine engine = new Engine();
 *         CompiledModule module = CompiledModule.load(engine, Path.of("app.cwasm"));
 *         Store store = new Store(engine)) {
 *     Instance instance = new Linker(engine)
 *             .func("env", "add", IntBinaryOperator.class, (a, b) -> a + b)
 *             .instantiate(store, module);
 *     System.out.println(instance.func("sum").call(2, 3));
 * }
 * }</pre>
 *
 * <p>Nothing here accepts or returns null where its documentation does not say so; null where an object is needed is a
 * {@link java.lang.NullPointerException}. What was closed answers every further use with an
 * {@link java.lang.IllegalStateException}. What WebAssembly does wrong is a {@link kiln.runtime.TrapException}, what
 * keeps a module from being instantiated a {@link kiln.runtime.LinkException}; both are
 * {@link kiln.runtime.WasmException}s.
 */
package kiln.runtime;
