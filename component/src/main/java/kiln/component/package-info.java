/**
 * The component model: its binary format, its types, and what makes a component valid. Component types are told apart
 * from those of core modules ({@link kiln.wasm}), which this package reads through {@code wasm}.
 */
package kiln.component;
