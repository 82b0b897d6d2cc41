/** WASI 0.2 for components, on the machinery of preview 1. */
package kiln.wasi.p2;
