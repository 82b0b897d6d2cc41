/** The Maven plugin: what it does, it does in a forked JVM. */
package kiln.maven;
