/** What plugins of build tools share; for the JDKs that build tools run on. */
package kiln.build.support;
