/** What compiled files say that embedders see too: reasons of traps, kinds of references, keys, errors. */
package kiln.artifact.api;
