/** The text format of WebAssembly: modules and the scripts of the specification's tests, to the binary format. */
package kiln.wat;
