/** Compilation as a part of builds. */
package kiln.build;
